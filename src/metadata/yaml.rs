//! Strings in YAML 1.1 and 1.2.

use std::fmt::Write as _;

use crate::text::is_unsafe;

/// A string as a double-quoted YAML scalar. It is on one line and holds printable characters only, so that no
/// content can end the scalar or the document.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        // Writing into a string cannot fail.
        let _infallible = match character {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\t' => out.write_str("\\t"),
            ' '..='~' => out.write_char(character),
            // Not printable in YAML 1.1 (section 5.1), or a line break there (section 5.4).
            '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => escaped(&mut out, character),
            '\u{a1}'.. if !is_unsafe(character) => out.write_char(character),
            _ => escaped(&mut out, character),
        };
    }
    out.push('"');
    out
}

fn escaped(out: &mut String, character: char) -> std::fmt::Result {
    match u32::from(character) {
        code @ ..=0xffff => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_ends_a_scalar() {
        for (text, expected) in [
            ("plain: text", r#""plain: text""#),
            ("a \"b\" \\ c", r#""a \"b\" \\ c""#),
            ("---\n- x: *y", r#""---\n- x: *y""#),
            ("\u{0}\u{7f}\u{85}\u{a0}\u{2028}\u{feff}", r#""\u0000\u007f\u0085\u00a0\u2028\ufeff""#),
            ("Zürich 新 🗞", "\"Zürich 新 🗞\""),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
