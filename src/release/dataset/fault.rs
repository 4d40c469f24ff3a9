//! What is wrong with a `dataset.toml`, in words for those who wrote it.
//!
//! The libraries that read the file speak of fields, variants and structs of ours. Which settings
//! there are is theirs to say, so that it is said once.

use serde::de::DeserializeOwned;

use crate::text::{one_line, toml_syntax};

/// How alike two names must be, from 0 (not at all) to 1 (equal).
const ALIKE: f64 = 0.7;

/// What is wrong, and the way out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    fn new(message: String, hint: impl Into<Option<String>>) -> Self {
        Self { message, hint: hint.into() }
    }
}

/// The names of the settings of a table.
pub(super) fn settings_of<T: DeserializeOwned>() -> Vec<String> {
    // No setting has this name, so the answer lists those that there are.
    match toml::from_str::<T>("\"?\" = 0") {
        Err(error) => quoted(error.message()).split_off(1),
        Ok(_) => Vec::new(),
    }
}

/// The names in backquotes.
fn quoted(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What the library's message means, of a file with these settings at its top and in its policy.
pub(super) fn explain(message: &str, top: &[String], policy: &[String]) -> Fault {
    if message.starts_with("unknown field ") {
        return unknown_setting(&quoted(message), top, policy);
    }
    if message.starts_with("unknown variant ") {
        return unknown_value(&quoted(message));
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        let name = name.trim_matches('`');
        let hint = format!("write it: {name} = \"...\"");
        return Fault::new(format!("`{}` is missing", one_line(name, 60)), hint);
    }
    if message.starts_with("data did not match any variant") {
        let message = "expected a count such as `10` or a share such as `\"0.5%\"`".to_owned();
        return Fault::new(message, None);
    }
    if let Some((found, expected)) = found_and_expected(message) {
        return Fault::new(format!("expected {expected}, found {}", one_line(shown(found), 100)), None);
    }
    // What is no TOML is said in terms of TOML, and one of our own types names itself.
    Fault::new(one_line(toml_syntax(message), 300), None)
}

fn unknown_setting(names: &[String], top: &[String], policy: &[String]) -> Fault {
    let Some((name, here)) = names.split_first() else {
        return Fault::new("a setting is not known".to_owned(), None);
    };
    let shown = one_line(name, 60);
    let is_policy = |names: &[String]| names == policy;
    if policy.contains(name) && !is_policy(here) {
        let hint = format!("put it below a line `[policy]`: {shown} = ...");
        return Fault::new(format!("`{shown}` belongs under `[policy]`"), hint);
    }
    if top.contains(name) && here != top {
        let hint = "a line such as `[policy]` starts a table, to which all settings below it belong".to_owned();
        return Fault::new(format!("`{shown}` belongs at the top of the file, above every table"), hint);
    }
    let message = format!("there is no setting `{shown}`");
    if let Some(meant) = nearest(name, here) {
        return Fault::new(message, format!("did you mean `{meant}`?"));
    }
    // One that belongs elsewhere may be misspelt too.
    match nearest(name, policy).filter(|_| !is_policy(here)) {
        Some(meant) => Fault::new(message, format!("did you mean `{meant}`, which belongs under `[policy]`?")),
        None => Fault::new(message, format!("the settings here are {}", here.join(", "))),
    }
}

fn unknown_value(names: &[String]) -> Fault {
    let Some((value, known)) = names.split_first() else {
        return Fault::new("the value is not known".to_owned(), None);
    };
    let message = format!("`{}` is not a value of this setting", one_line(value, 60));
    let all = known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ");
    let meant = nearest(value, known).map(|meant| format!("did you mean \"{meant}\"? "));
    Fault::new(message, format!("{}it is {all}", meant.unwrap_or_default()))
}

/// Of `invalid type: integer `5`, expected a string`, both in other words.
fn found_and_expected(message: &str) -> Option<(&str, &str)> {
    let (found, expected) = message.strip_prefix("invalid type: ")?.split_once(", expected ")?;
    Some((
        found,
        match expected.trim() {
            "a string" => "a string in quotes",
            "a sequence" => "a list in brackets: [\"...\"]",
            "a boolean" => "true or false",
            "a map" => "a table",
            "struct Creator" => "a table such as { name = \"...\" }",
            named if named.starts_with("struct ") => "a table",
            other => other,
        },
    ))
}

/// A value as TOML writes it.
fn shown(found: &str) -> &str {
    match found {
        "map" => "a table",
        "sequence" => "a list",
        other => crate::json::fault::shown(other),
    }
}

fn nearest<'n>(name: &str, known: &'n [String]) -> Option<&'n str> {
    let start: String = name.to_lowercase().chars().take(60).collect();
    let alike = |known: &&String| strsim::normalized_damerau_levenshtein(&start, known);
    let nearest = known.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(&nearest) >= ALIKE).then_some(nearest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, want: &str, hint: &str) {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let Fault { message, hint: got } =
            explain(message, &names(&["name", "key", "policy"]), &names(&["extra", "max"]));
        assert_eq!((message.as_str(), got.as_deref().unwrap_or_default()), (want, hint));
    }

    #[test]
    fn words_of_the_library() {
        check(
            "unknown field `extra`, expected one of `name`, `key`, `policy`",
            "`extra` belongs under `[policy]`",
            "put it below a line `[policy]`: extra = ...",
        );
        check(
            "unknown field `max`, expected `name` or `url`",
            "`max` belongs under `[policy]`",
            "put it below a line `[policy]`: max = ...",
        );
        check(
            "unknown field `key`, expected `extra` or `max`",
            "`key` belongs at the top of the file, above every table",
            "a line such as `[policy]` starts a table, to which all settings below it belong",
        );
        check(
            "unknown field `nmae`, expected one of `name`, `key`, `policy`",
            "there is no setting `nmae`",
            "did you mean `name`?",
        );
        check(
            "unknown field `Extra`, expected one of `name`, `key`, `policy`",
            "there is no setting `Extra`",
            "did you mean `extra`, which belongs under `[policy]`?",
        );
        check(
            "unknown field `x`, expected `extra` or `max`",
            "there is no setting `x`",
            "the settings here are extra, max",
        );
        check(
            "unknown variant `drop`, expected `keep` or `reject`",
            "`drop` is not a value of this setting",
            "it is \"keep\" or \"reject\"",
        );
        check(
            "unknown variant `Keep`, expected `keep` or `reject`",
            "`Keep` is not a value of this setting",
            "did you mean \"keep\"? it is \"keep\" or \"reject\"",
        );
        check("missing field `name`", "`name` is missing", "write it: name = \"...\"");
        check("invalid type: integer `5`, expected a string", "expected a string in quotes, found 5", "");
        check(
            "invalid type: string \"x\", expected struct Creator",
            "expected a table such as { name = \"...\" }, found \"x\"",
            "",
        );
    }
}
