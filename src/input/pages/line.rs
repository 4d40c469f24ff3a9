//! The lines of a dump, cut once and then only looked at.
//!
//! Lone carriage returns and the rarer Unicode line separators end no line.

use std::ops::Range;

use super::Lines;

#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: u64,
    /// The bytes of the dump, line ending included.
    pub(super) bytes: Range<usize>,
    /// The line as it stands, without the line ending.
    pub(super) text: &'a str,
    /// The text without the whitespace around it: what lines are compared by.
    pub(super) key: &'a str,
}

impl Line<'_> {
    pub(super) fn is_blank(&self) -> bool {
        self.key.is_empty()
    }
}

/// All lines of the dump; the last may lack its line ending.
pub(super) fn cut(dump: &str) -> Vec<Line<'_>> {
    let mut end = 0;
    let lines = dump.split_inclusive('\n').zip(1..).map(|(whole, number)| {
        let start = end;
        end += whole.len();
        let text = whole.strip_suffix('\n').map_or(whole, |text| text.strip_suffix('\r').unwrap_or(text));
        Line { number, bytes: start..end, text, key: text.trim() }
    });
    lines.collect()
}

/// The numbers and the bytes of lines that follow each other; there must be one at least.
pub(super) fn extent(lines: &[Line<'_>]) -> (Lines, Range<usize>) {
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    (Lines { first: first.number, last: last.number }, first.bytes.start..last.bytes.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dump: &str, expected: &[(&str, Range<usize>)]) {
        let lines = cut(dump);
        let found: Vec<_> = lines.iter().map(|line| (line.text, line.bytes.clone())).collect();
        assert_eq!(found, expected);
        assert!(lines.iter().map(|line| line.number).eq(1..=expected.len() as u64));
    }

    #[test]
    fn lines_end_with_lf_or_crlf() {
        check("", &[]);
        check("a", &[("a", 0..1)]);
        check("a\n", &[("a", 0..2)]);
        check("a\r\n\r\nb\n\n", &[("a", 0..3), ("", 3..5), ("b", 5..7), ("", 7..8)]);
    }

    #[test]
    fn other_separators_are_text() {
        check("a\rb\r\r\nc\r", &[("a\rb\r", 0..6), ("c\r", 6..8)]);
        check("a\u{2028}b\n", &[("a\u{2028}b", 0..6)]);
    }
}
