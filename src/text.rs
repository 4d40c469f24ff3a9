//! Makes foreign text safe for a message: one line, bounded, without control characters.
//!
//! All text from an article, a schema, an argument or a file name passes through here before it is shown:
//! through [`one_line`] or [`printable`] for terminals and logs, through [`printable_json`] as JSON.
//! Continuous integration runs some lines of its logs as commands; these are escaped. Stored data is never
//! changed.

/// `text` as at most `limit` characters on one line. Control characters, characters that are invisible or
/// change the reading direction, and the start of commands in logs are escaped. An ellipsis marks a cut.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for (count, (at, character)) in text.char_indices().enumerate() {
        if count == limit {
            line.push('…');
            break;
        }
        push_printable(&mut line, text, at, character);
    }
    line
}

/// `text` on one line of any length.
pub fn printable(text: &str) -> String {
    one_line(text, usize::MAX)
}

/// The pieces of one line, each as it is shown in the line.
pub(crate) fn printable_pieces(pieces: [&str; 3]) -> [String; 3] {
    let whole = pieces.concat();
    let ends = [pieces[0].len(), pieces[0].len() + pieces[1].len()];
    let mut shown = [const { String::new() }; 3];
    for (at, character) in whole.char_indices() {
        let piece = &mut shown[usize::from(at >= ends[0]) + usize::from(at >= ends[1])];
        push_printable(piece, &whole, at, character);
    }
    shown
}

fn push_printable(line: &mut String, text: &str, at: usize, character: char) {
    if is_unsafe(character) || starts_command(text, at) {
        line.extend(character.escape_unicode());
    } else {
        line.push(character);
    }
}

/// JSON text with the same meaning and without unsafe characters except line breaks.
pub(crate) fn printable_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for (at, character) in json.char_indices() {
        let is_joiner = matches!(character, '\u{200c}' | '\u{200d}');
        if character != '\n' && (is_unsafe(character) || is_joiner || starts_command(json, at)) {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Whether a command starts at `at`: `::error::` at the start of a line (GitHub), `##[error]` and `##vso[`
/// anywhere (Azure, and formerly GitHub).
fn starts_command(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at(at);
    if rest.starts_with("::") {
        return before.chars().all(char::is_whitespace);
    }
    let continues = |name: &str| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    before.ends_with('#') && (continues("#[") || continues("#vso["))
}

/// Invisible format characters (Unicode category Cf), including the bidirectional controls of Unicode
/// Standard Annex 9, which can change how a line reads. The joiners, which some languages need, and
/// characters that are visible signs are not listed.
const INVISIBLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200b}'),
    ('\u{200e}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e007f}'),
];

/// Whether it is a control character (escape sequences start with one), invisible, or a noncharacter, which
/// XML cannot hold.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff)
        || INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// A count with commas: `1,204`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// A count with commas and its noun: `1 record`, `2,000 records`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A word of a command line, quoted for a shell where that is needed. Control characters are escaped.
pub(crate) fn shell_word(text: &str) -> String {
    let shown = printable(text);
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:,@%+~".contains(letter);
    if !shown.is_empty() && shown.chars().all(is_plain) { shown } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

/// What a TOML library says of a syntax error, without words that only its specification has.
pub(crate) fn toml_syntax(message: &str) -> &str {
    let is_open = message.starts_with("invalid basic string") || message.starts_with("invalid literal string");
    if is_open { "a string has no closing quote" } else { message }
}

/// How alike two names must be for a suggestion, from 0 (not at all) to 1 (equal).
const ALIKE: f64 = 0.6;

/// A suggestion in front of a list of known names: "did you mean `title`? ", or nothing if no name is alike.
pub(crate) fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let start: String = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let alike = |known: &str| {
        let known: String = known.chars().take(64).flat_map(char::to_lowercase).collect();
        strsim::normalized_damerau_levenshtein(&start, &known)
    };
    let near = known.into_iter().map(|known| (alike(known), known)).filter(|(alike, _)| *alike >= ALIKE);
    let nearest = near.max_by(|(a, _), (b, _)| a.total_cmp(b));
    nearest.map_or_else(String::new, |(_, known)| format!("did you mean `{}`? ", one_line(known, 60)))
}

/// A number and its noun: `1 character`, `2 characters`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The line and column of a byte in `bytes`, both from 1. The column counts characters.
pub(crate) fn line_and_column(bytes: &[u8], offset: usize) -> (usize, usize) {
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
        check("می\u{200c}خواهم 👩\u{200d}👩", 20, "می\u{200c}خواهم 👩\u{200d}👩");
        check("\u{feff}a\u{ad}\u{e0041}", 20, "\\u{feff}a\\u{ad}\\u{e0041}");
    }

    #[test]
    fn commands_are_escaped() {
        check("::error::x", 20, "\\u{3a}:error::x");
        check("  ::error::x", 20, "  \\u{3a}:error::x");
        check("a::b", 20, "a::b");
        check("a ##[error]", 20, "a #\\u{23}[error]");
        check("##VSO[task]", 20, "#\\u{23}VSO[task]");
        check("## heading #[a] ###", 20, "## heading #[a] ###");
        assert_eq!(printable_json("{\"a\":\"##[error]\"}"), "{\"a\":\"#\\u0023[error]\"}");
    }

    /// All control and format characters of Unicode are escaped in JSON, except visible signs.
    #[test]
    fn invisible_characters() {
        let class = regex::Regex::new(
            r"^[\p{Cc}\p{Cf}--\x{600}-\x{605}\x{6dd}\x{70f}\x{890}-\x{891}\x{8e2}\x{110bd}\x{110cd}]$",
        );
        let class = class.unwrap();
        for character in ('\0'..=char::MAX).filter(|character| *character != '\n') {
            let text = character.to_string();
            if class.is_match(&text) {
                assert_ne!(printable_json(&text), text, "{character:?}");
            }
        }
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
    fn lines_and_columns() {
        assert_eq!(line_and_column(b"ab\ncd", 0), (1, 1));
        assert_eq!(line_and_column(b"ab\ncd", 4), (2, 2));
        assert_eq!(line_and_column("é\né!".as_bytes(), 5), (2, 2));
        assert_eq!(line_and_column(b"", 9), (1, 1));
    }

    #[test]
    fn words_of_commands() {
        assert_eq!(shell_word("a/b-1.json"), "a/b-1.json");
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word("$(x)"), "'$(x)'");
        assert_eq!(shell_word(""), "''");
    }
}
