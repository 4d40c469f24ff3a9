//! [`Excerpt`]: the line of a file at which an error is, with the place marked. How it is shown is the
//! command line's to decide.

use std::ops::Range;

use super::Error;
use crate::text::printable_pieces;

/// The most characters of a line before the place, and from the place on.
const BEFORE: usize = 80;
const AFTER: usize = 40;

/// A line of a file in three pieces, fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// What is before the place.
    pub before: String,
    /// The place.
    pub marked: String,
    /// What is behind it.
    pub after: String,
}

impl Excerpt {
    /// The line of `text` at which `span` starts, as far as it is on that line. `None` if the place is far
    /// to the right.
    pub(crate) fn of(text: &str, span: Range<usize>) -> Option<Self> {
        let start = span.start.min(text.len());
        let before = text.get(..start)?.rsplit('\n').next()?;
        let rest = text.get(start..)?.lines().next().unwrap_or_default();
        if before.chars().count() > BEFORE {
            return None;
        }
        let rest: String = rest.chars().take(AFTER).collect();
        let length = span.end.saturating_sub(start).clamp(rest.chars().next().map_or(0, char::len_utf8), rest.len());
        let (marked, after) = rest.split_at_checked(length).unwrap_or((rest.as_str(), ""));
        let [before, marked, after] = printable_pieces([before, marked, after]);
        Some(Self { before, marked, after })
    }

    /// The same for a place without an end: a word.
    pub(crate) fn of_word(text: &str, start: usize) -> Option<Self> {
        let rest = text.get(start..)?;
        let is_end = |c: char| c.is_whitespace() || matches!(c, '=' | ',' | ']' | '}');
        let quoted = |rest: &str| rest.strip_prefix('"')?.find('"').map(|end| end + 2);
        let length = quoted(rest).or_else(|| rest.find(is_end)).unwrap_or(rest.len());
        Self::of(text, start..start + length.max(1))
    }
}

impl Error {
    /// The line of the file at fault, where it is known.
    pub(crate) fn excerpt(&self) -> Option<&Excerpt> {
        match self {
            Self::Dataset { excerpt, .. } | Self::Mapping { excerpt, .. } => excerpt.as_deref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, span: Range<usize>, want: [&str; 3]) {
        let Excerpt { before, marked, after } = Excerpt::of(text, span).unwrap();
        assert_eq!([before.as_str(), &marked, &after], want, "{text}");
    }

    #[test]
    fn places() {
        check("a = 1\nkey = 5\n", 12..13, ["key = ", "5", ""]);
        check("key = [\n1]\n", 6..10, ["key = ", "[", ""]);
        check("é = ü x", 5..7, ["é = ", "ü", " x"]);
        check("a", 1..1, ["a", "", ""]);
        check("a", 9..12, ["a", "", ""]);
        check("\u{1b}=1", 1..2, ["\\u{1b}", "=", "1"]);
        assert_eq!(Excerpt::of(&" ".repeat(200), 150..151), None);
        assert_eq!(Excerpt::of_word("a = \"b c\" # d", 4).unwrap().marked, "\"b c\"");
        assert_eq!(Excerpt::of_word("nmae = 1", 0).unwrap().marked, "nmae");
    }
}
