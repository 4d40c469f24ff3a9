//! Finds the position of a value in the bytes of a document, so that an error can point to it.
//!
//! The parser keeps no positions, because nearly every article is valid; the few others are searched here
//! again. The bytes must have been accepted by [`parse`](super::parse()). For other bytes the result is
//! `None` or any range within them.

use std::ops::Range;

use super::{
    parse::Parser,
    value::{array_index, tokens},
};

/// The bytes of the value at a JSON Pointer (RFC 6901), without whitespace around it.
///
/// `None` if there is no value or the pointer is malformed.
pub(crate) fn locate(bytes: &[u8], pointer: &str) -> Option<Range<usize>> {
    Some(find(bytes, pointer)?.value)
}

/// The bytes of the name, quotes included, of the member a JSON Pointer (RFC 6901) leads to.
///
/// `None` if there is no value, or if it has no name, like the whole document and array elements.
pub(crate) fn locate_name(bytes: &[u8], pointer: &str) -> Option<Range<usize>> {
    find(bytes, pointer)?.name
}

/// The positions of a value and its name.
struct Found {
    name: Option<Range<usize>>,
    value: Range<usize>,
}

fn find(bytes: &[u8], pointer: &str) -> Option<Found> {
    let mut parser = Parser::new(std::str::from_utf8(bytes).ok()?);
    let mut name = None;
    parser.skip_whitespace();
    for token in tokens(pointer)? {
        name = match parser.peek()? {
            b'{' => Some(enter_object(&mut parser, &token)?),
            b'[' => {
                enter_array(&mut parser, array_index(&token)?)?;
                None
            }
            _ => return None,
        };
        parser.skip_whitespace();
    }
    let start = parser.at();
    skip_value(&mut parser)?;
    let value = start..parser.at();
    Some(Found { name, value })
}

/// Moves from an object's opening brace to the value of the member `wanted`, and returns the position of
/// its name.
fn enter_object(parser: &mut Parser<'_>, wanted: &str) -> Option<Range<usize>> {
    loop {
        // Skips the brace at first and a comma later. No name follows a closing brace.
        parser.step();
        parser.skip_whitespace();
        if parser.peek()? != b'"' {
            return None;
        }
        let start = parser.at();
        let name = parser.string().ok()?;
        let end = parser.at();
        parser.skip_whitespace();
        // Skips the colon.
        parser.step();
        if name == wanted {
            return Some(start..end);
        }
        skip_to_comma(parser)?;
    }
}

/// Moves from an array's opening bracket to the element at `index`.
fn enter_array(parser: &mut Parser<'_>, index: usize) -> Option<()> {
    parser.step();
    for _ in 0..index {
        skip_to_comma(parser)?;
        parser.step();
    }
    parser.skip_whitespace();
    (parser.peek()? != b']').then_some(())
}

/// Skips a value; `None` if it is the last one of its container.
fn skip_to_comma(parser: &mut Parser<'_>) -> Option<()> {
    parser.skip_whitespace();
    skip_value(parser)?;
    parser.skip_whitespace();
    (parser.peek()? == b',').then_some(())
}

/// Skips one value. Only brackets are counted, as the bytes are known to be well formed.
fn skip_value(parser: &mut Parser<'_>) -> Option<()> {
    let mut open = 0_usize;
    loop {
        match parser.peek()? {
            b'"' => drop(parser.string().ok()?),
            b'{' | b'[' => {
                open += 1;
                parser.step();
            }
            b'}' | b']' => {
                open = open.checked_sub(1)?;
                parser.step();
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => parser.step(),
            _ => skip_word(parser),
        }
        if open == 0 {
            return Some(());
        }
    }
}

/// Skips a number or a literal.
fn skip_word(parser: &mut Parser<'_>) {
    parser.step();
    while let Some(b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.') = parser.peek() {
        parser.step();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Value, tests::any_json};

    const TEXT: &str = r#" {"a" : [10, {"b\u002f" : "x]}"} ,[ ], -1.5e+3], "é":null,"o":{}} "#;

    #[track_caller]
    fn check(pointer: &str, name: Option<&str>, value: Option<&str>) {
        let text = |range: Option<Range<usize>>| range.map(|range| &TEXT[range]);
        assert_eq!(text(locate(TEXT.as_bytes(), pointer)), value, "{pointer:?}");
        assert_eq!(text(locate_name(TEXT.as_bytes(), pointer)), name, "{pointer:?}");
    }

    #[test]
    fn values_and_names_are_found() {
        check("", None, Some(TEXT.trim()));
        check("/a/0", None, Some("10"));
        check("/a/1", None, Some(r#"{"b\u002f" : "x]}"}"#));
        check("/a/1/b~1", Some(r#""b\u002f""#), Some(r#""x]}""#));
        check("/a/2", None, Some("[ ]"));
        check("/a/3", None, Some("-1.5e+3"));
        check("/é", Some("\"é\""), Some("null"));
        check("/o", Some("\"o\""), Some("{}"));
    }

    #[test]
    fn missing_values_are_not_found() {
        for pointer in ["/b", "/a/4", "/a/-", "/a/2/0", "/o/x", "/é/x", "a", "/a/0/0", "/a/01"] {
            check(pointer, None, None);
        }
    }

    /// Pointers to everything inside a value, and the value itself.
    fn places<'v>(value: &'v Value<'v>, pointer: &str, out: &mut Vec<(String, &'v Value<'v>)>) {
        out.push((pointer.to_owned(), value));
        if let Some(object) = value.as_object() {
            for (name, value) in object.iter() {
                places(value, &format!("{pointer}/{}", json::escape_token(name)), out);
            }
        }
        for (index, value) in value.as_array().into_iter().flatten().enumerate() {
            places(value, &format!("{pointer}/{index}"), out);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_value_is_found_where_it_was_parsed(value in any_json(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let parsed = json::parse(text.as_bytes()).expect("valid JSON");
            let mut all = Vec::new();
            places(&parsed, "", &mut all);
            for (pointer, value) in all {
                proptest::prop_assert_eq!(parsed.pointer(&pointer), Some(value));
                let range = locate(text.as_bytes(), &pointer).expect("the pointer leads to a value");
                let here = json::parse(&text.as_bytes()[range]).expect("one whole value");
                proptest::prop_assert_eq!(&here, value);
            }
        }

        #[test]
        fn bytes_that_are_not_json_do_no_harm(text in "[\\[\\]{}:,\"\\\\u01 aé]{0,24}", pointer in "(/[01a]?){0,3}") {
            if let Some(range) = locate(text.as_bytes(), &pointer) {
                proptest::prop_assert!(text.as_bytes().get(range).is_some());
            }
        }
    }
}
