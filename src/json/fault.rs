//! Rewrites the errors of `serde_json` in terms of JSON.
//!
//! They mention fields and types of Rust; the authors of documents know members and values.

use serde_json::error::Category;

use crate::text::one_line;

/// What is wrong with a document, with line and column.
pub(crate) fn explain(error: &serde_json::Error) -> String {
    format!("line {} column {}: {}", error.line(), error.column(), reason(error))
}

/// What is wrong with a document of one line.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Io | Category::Eof => "the JSON ends too early".to_owned(),
        Category::Syntax => "this is not JSON".to_owned(),
        Category::Data => of_data(&error.to_string()),
    }
}

fn of_data(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _place)| message);
    let first = message.split('`').nth(1).map(|name| one_line(name, 60)).unwrap_or_default();
    if message.starts_with("missing field ") {
        return format!("the member `{first}` is missing");
    }
    if message.starts_with("unknown field ") {
        return format!("unknown member `{first}`");
    }
    if message.starts_with("duplicate field ") {
        return format!("the member `{first}` is repeated");
    }
    if message.starts_with("unknown variant ") {
        return format!("`{first}` is not an allowed value of the member");
    }
    let found = ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start));
    match found.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, expected)) => format!("expected {}, found {}", kind(expected), one_line(shown(found), 100)),
        // The project's own types name what they expect.
        None => one_line(message, 200),
    }
}

/// A value as JSON writes it: the library puts its own name for the type before it.
pub(crate) fn shown(found: &str) -> &str {
    match found {
        "map" => "an object",
        "sequence" => "an array",
        "null" | "unit value" | "Option value" => "null",
        _ => {
            let names = ["integer ", "floating point ", "boolean ", "string ", "character "];
            let value = names.iter().find_map(|name| found.strip_prefix(name)).unwrap_or(found);
            value.strip_prefix('`').and_then(|value| value.strip_suffix('`')).unwrap_or(value)
        }
    }
}

/// The name of a Rust type in JSON.
fn kind(expected: &str) -> &str {
    match expected {
        "a string" | "a borrowed string" => "a string",
        "a sequence" => "an array",
        "a map" => "an object",
        "a boolean" => "true or false",
        integer if ["u8", "u16", "u32", "u64", "usize"].contains(&integer) => "a whole number that is not negative",
        integer if ["i8", "i16", "i32", "i64", "isize"].contains(&integer) => "a whole number",
        "f64" => "a number",
        named if named.starts_with("struct ") || named.starts_with("internally tagged") => "an object",
        named => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Wire {
        name: String,
        count: u64,
        parts: Vec<Wire>,
    }

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(explain(&serde_json::from_str::<Wire>(text).unwrap_err()), want, "{text}");
    }

    #[test]
    fn messages() {
        check("{", "line 1 column 1: the JSON ends too early");
        check("{]", "line 1 column 2: this is not JSON");
        check("{}", "line 1 column 2: the member `name` is missing");
        check(r#"{"x":1}"#, "line 1 column 4: unknown member `x`");
        check(r#"{"name":"","name":""}"#, "line 1 column 17: the member `name` is repeated");
        check(r#"{"name":1}"#, "line 1 column 9: expected a string, found 1");
        check(r#"{"count":-1}"#, "line 1 column 11: expected a whole number that is not negative, found -1");
        check(r#"{"parts":{}}"#, "line 1 column 9: expected an array, found an object");
        check(r#"{"parts":[1]}"#, "line 1 column 11: expected an object, found 1");
    }
}
