//! Turns a syntax error into a violation, and says what the input probably is instead of JSON.

use crate::code::Code;
use crate::input::Frame;
use crate::json::{SyntaxError, SyntaxErrorKind};
use crate::reject::Placed;
use crate::schema::Violation;
use crate::text;

/// The violation for a syntax error in the bytes of a frame. `last` is whether the input ends after them.
pub(super) fn syntax(bytes: &[u8], frame: &Frame, error: &SyntaxError, last: bool) -> Placed {
    let code = match &error.kind {
        SyntaxErrorKind::UnexpectedEnd if last => Code::LastTruncated,
        SyntaxErrorKind::Utf8 => Code::Utf8,
        SyntaxErrorKind::ControlCharacter(_) => Code::ControlCharacter,
        SyntaxErrorKind::Number => Code::Number,
        SyntaxErrorKind::Depth => Code::Depth,
        SyntaxErrorKind::Surrogate => Code::Surrogate,
        SyntaxErrorKind::DuplicateKey { .. } => Code::DuplicateKey,
        SyntaxErrorKind::TrailingData => Code::TrailingData,
        SyntaxErrorKind::UnexpectedEnd | SyntaxErrorKind::Syntax { .. } | SyntaxErrorKind::Escape => Code::Syntax,
    };
    let range = error.offset..(error.offset + 1).min(bytes.len()).max(error.offset);
    let (message, help) = match foreign(bytes, error) {
        Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
        None => (text::one_line(&error.kind.to_string(), 200), help(bytes, error)),
    };
    let violation = Violation::plain(code, String::new(), message);
    Placed::within(bytes, frame, range, Violation { help, ..violation })
}

fn help(bytes: &[u8], error: &SyntaxError) -> Option<String> {
    if error.kind != SyntaxErrorKind::TrailingData {
        return goes_on(bytes);
    }
    let help = match bytes.get(error.offset..).unwrap_or_default().trim_ascii() {
        [b',', ..] => "JSON Lines have no commas between articles; remove those at the ends of lines",
        [b'{' | b'[', ..] => "put each article on a line of its own",
        _ => "remove what follows the article on its line",
    };
    Some(help.to_owned())
}

/// The help for a line that only opens an object or list.
fn goes_on(line: &[u8]) -> Option<String> {
    let help =
        "each line of JSON Lines must be a whole article; give a file with indented JSON another name than .jsonl";
    matches!(line.trim_ascii(), b"{" | b"[" | b"[{").then(|| help.to_owned())
}

/// What the input probably is, if it is not JSON from the error on, and what to do with it.
fn foreign(bytes: &[u8], error: &SyntaxError) -> Option<(&'static str, &'static str)> {
    // The parser takes `None` for a misspelt `NaN`, which is a number error.
    if !matches!(error.kind, SyntaxErrorKind::Syntax { .. } | SyntaxErrorKind::Number) {
        return None;
    }
    let rest = &bytes[error.offset..];
    let python =
        ["'", "None", "True", "False", "b'", "u'", "datetime."].iter().any(|word| rest.starts_with(word.as_bytes()));
    if rest.starts_with("\u{feff}".as_bytes()) {
        let message = "a byte order mark (U+FEFF) precedes the article";
        Some((message, "files with byte order marks were joined; remove the mark from all but the first"))
    } else if rest.starts_with(b"\x1e") {
        let message = "a record separator (U+001E) precedes the article";
        Some((message, "this is a JSON text sequence (RFC 7464); remove the separators with: tr -d '\\036'"))
    } else if python && bytes.trim_ascii_start().starts_with(b"{") {
        Some(("this is the repr of a Python value, not JSON", "write articles with json.dumps(article)"))
    } else {
        None
    }
}
