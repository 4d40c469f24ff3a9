//! Making foreign text fit for a message: one line, bounded, without control characters.
//!
//! Whatever comes from an article, a schema or a file name passes through here before it is
//! shown; nothing here changes data that is stored.

/// `text` as at most `limit` characters on one line: control characters and the characters that
/// change reading direction are written as escapes, what is cut is marked by an ellipsis.
pub fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == limit {
            line.push('…');
            break;
        }
        if is_unsafe(character) { line.extend(character.escape_unicode()) } else { line.push(character) }
    }
    line
}

/// `text` with line breaks kept and every other unsafe character escaped.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && is_unsafe(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// JSON text that means the same and holds no unsafe character but line breaks.
pub fn printable_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_unsafe(character) {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Control characters (escape sequences start with one), the bidirectional controls of Unicode
/// Standard Annex 9, which can make a line read as something else, and what is no character at all,
/// which XML cannot hold.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff)
        || matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The line and column of a byte within `bytes`, both from 1; the column counts characters.
pub fn line_and_column(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, limit: usize, want: &str) {
        assert_eq!(one_line(text, limit), want);
    }

    #[test]
    fn escape_sequences_are_disarmed() {
        check("plain", 10, "plain");
        check("\u{1b}[31mred", 20, "\\u{1b}[31mred");
        check("two\nlines", 20, "two\\u{a}lines");
        check("right\u{202e}left", 20, "right\\u{202e}left");
        check("Ünïcode 新聞", 20, "Ünïcode 新聞");
    }

    #[test]
    fn json_keeps_its_meaning() {
        assert_eq!(printable_json("{\"a\":\"\u{9b}0m \u{202e}é\"}\n"), "{\"a\":\"\\u009b0m \\u202eé\"}\n");
    }

    #[test]
    fn long_text_is_cut() {
        check("abcdef", 3, "abc…");
        check("abc", 3, "abc");
        check("新聞紙", 2, "新聞…");
    }

    #[test]
    fn places() {
        assert_eq!(line_and_column(b"ab\ncd", 0), (1, 1));
        assert_eq!(line_and_column(b"ab\ncd", 4), (2, 2));
        assert_eq!(line_and_column("é\né!".as_bytes(), 5), (2, 2));
        assert_eq!(line_and_column(b"", 9), (1, 1));
    }
}
