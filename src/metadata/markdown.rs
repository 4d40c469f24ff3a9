//! Text in Markdown that stays text: no markup, no HTML, no link.

use crate::text::is_unsafe;

/// Text on one line, for headings and table cells.
pub(super) fn line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Paragraphs. Blank lines separate them, and other line breaks become blanks.
pub(super) fn paragraphs(text: &str) -> String {
    let mut paragraphs: Vec<String> = vec![String::new()];
    for text in text.lines() {
        match (text.trim().is_empty(), paragraphs.last_mut()) {
            (false, Some(last)) => {
                last.push(' ');
                last.push_str(text);
            }
            _ => paragraphs.push(String::new()),
        }
    }
    let filled: Vec<String> = paragraphs.iter().map(|text| line(text)).filter(|text| !text.is_empty()).collect();
    filled.join("\n\n")
}

/// Escapes what `CommonMark` 0.31 and its GitHub extensions give a meaning, by backslashes (section 2.4) and
/// character references. A digit and a dot or bracket begin a list only at the start of a line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    for (index, character) in text.chars().enumerate() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '!' | '~' | '$' | '@' => {
                out.push('\\');
                out.push(character);
            }
            '-' | '+' | '=' | ':' if index == 0 => {
                out.push('\\');
                out.push(character);
            }
            '.' | ')' if digits > 0 && index == digits => {
                out.push('\\');
                out.push(character);
            }
            // They could show another text than there is.
            _ if is_unsafe(character) => {}
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{line, paragraphs};

    #[test]
    fn markup_stays_text() {
        for (text, expected) in [
            ("plain, text.", "plain, text."),
            ("a  b\nc", "a b c"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("[x](javascript:y) ![z](w)", "\\[x\\](javascript:y) \\!\\[z\\](w)"),
            ("# Heading", "\\# Heading"),
            ("---", "\\---"),
            ("1. list", "1\\. list"),
            ("2026. a year", "2026\\. a year"),
            ("a | b", "a \\| b"),
            ("&lt;", "&amp;lt;"),
        ] {
            assert_eq!(line(text), expected);
        }
        assert_eq!(paragraphs("one\ntwo\n\n\n- three\n"), "one two\n\n\\- three");
    }
}
