//! The rules that change one text: what each does, and nothing else.
//!
//! Every rule returns `None` where it changes nothing, so that only changes are counted and
//! nothing is copied in vain.

use std::borrow::Cow;

use super::html;

/// A rule for texts. The set is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clean {
    /// White space at both ends goes.
    Trim,
    /// Every run of white space becomes one space, at both ends none.
    Space,
    /// Line ends become LF, lines lose white space at their ends, several blank lines become one,
    /// at both ends none.
    Lines,
    /// Where no line is blank, every line becomes a paragraph of its own.
    Paragraphs,
    /// HTML becomes plain text.
    Html,
    /// The word "by" in front goes, with the colon behind it; then as [`Clean::Space`].
    Byline,
}

impl Clean {
    /// The rules by name.
    pub(super) const NAMED: &[(&str, Self)] = &[
        ("trim", Self::Trim),
        ("space", Self::Space),
        ("lines", Self::Lines),
        ("paragraphs", Self::Paragraphs),
        ("html", Self::Html),
        ("byline", Self::Byline),
    ];

    /// The name in mapping files and reports.
    pub(super) fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, rule)| *rule == self).map_or("", |(name, _)| name)
    }

    /// The changed text, if the rule changes it.
    pub(super) fn apply(self, text: &str) -> Option<String> {
        let changed = match self {
            Self::Trim => Cow::Borrowed(text.trim()),
            Self::Space => space(text),
            Self::Lines => lines(text),
            Self::Paragraphs => paragraphs(text),
            Self::Html => Cow::Owned(html::to_text(text)),
            Self::Byline => byline(text),
        };
        (changed != text).then(|| changed.into_owned())
    }
}

fn space(text: &str) -> Cow<'_, str> {
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return Cow::Borrowed("") };
    let mut out = String::with_capacity(text.len());
    out.push_str(first);
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
    Cow::Owned(out)
}

fn lines(text: &str) -> Cow<'_, str> {
    let text = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.split('\n').map(str::trim) {
        if line.is_empty() {
            blank = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        out.push_str(line);
    }
    Cow::Owned(out)
}

fn paragraphs(text: &str) -> Cow<'_, str> {
    let is_blank = |line: &str| line.trim().is_empty();
    let inner = text.trim();
    if !inner.contains('\n') || inner.split('\n').any(is_blank) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('\n', "\n\n"))
}

fn byline(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let behind = text.get(..2).filter(|word| word.eq_ignore_ascii_case("by")).map(|_| &text[2..]);
    let name = match behind {
        Some(rest) if rest.starts_with(|next: char| next == ':' || next.is_whitespace()) => {
            rest.strip_prefix(':').unwrap_or(rest)
        }
        _ => text,
    };
    space(name)
}

/// A language tag in the letter case that BCP 47 (RFC 5646 section 2.1.1) recommends, with `-`
/// between its parts. `None` if it is that already, or is no tag at all.
pub(super) fn language(text: &str) -> Option<String> {
    let tag = text.trim();
    let fits = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut parts = tag.split(['-', '_']);
    let first = parts.next().filter(|first| (2..=3).contains(&first.len()) && fits(first))?;
    let mut out = first.to_ascii_lowercase();
    let mut behind_single = false;
    for part in parts {
        if !fits(part) {
            return None;
        }
        out.push('-');
        let lower = part.to_ascii_lowercase();
        match part.len() {
            2 if !behind_single => out.push_str(&part.to_ascii_uppercase()),
            4 if !behind_single && !part.as_bytes()[0].is_ascii_digit() => {
                out.push_str(&lower[..1].to_ascii_uppercase());
                out.push_str(&lower[1..]);
            }
            _ => out.push_str(&lower),
        }
        behind_single |= part.len() == 1;
    }
    (out != text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: Clean, text: &str, want: Option<&str>) {
        assert_eq!(rule.apply(text).as_deref(), want, "{rule:?} of {text:?}");
    }

    #[test]
    fn ends() {
        check(Clean::Trim, "\u{a0} a  b\n", Some("a  b"));
        check(Clean::Trim, "a", None);
        check(Clean::Trim, " ", Some(""));
        check(Clean::Space, " a \n\t b\u{a0}c ", Some("a b c"));
        check(Clean::Space, "a b", None);
        check(Clean::Space, "", None);
    }

    #[test]
    fn whole_texts() {
        check(Clean::Lines, "a\r\nb\rc", Some("a\nb\nc"));
        check(Clean::Lines, "\n  a  \n\t\n \n\n b\n", Some("a\n\nb"));
        check(Clean::Lines, "a\n\nb\nc", None);
        check(Clean::Paragraphs, "a\nb", Some("a\n\nb"));
        check(Clean::Paragraphs, "a\n\nb\nc", None);
        check(Clean::Paragraphs, "a", None);
    }

    #[test]
    fn bylines() {
        check(Clean::Byline, "By\n\t\t\tA. Writer", Some("A. Writer"));
        check(Clean::Byline, "by: A. Writer", Some("A. Writer"));
        check(Clean::Byline, "BY  A. Writer  and B. Writer", Some("A. Writer and B. Writer"));
        check(Clean::Byline, "Byron Writer", None);
        check(Clean::Byline, "By", None);
        check(Clean::Byline, "日", None);
    }

    #[test]
    fn languages() {
        let check = |text: &str, want: Option<&str>| assert_eq!(language(text).as_deref(), want, "{text}");
        check("en", None);
        check("EN", Some("en"));
        check("en_us", Some("en-US"));
        check("zh-hant-tw", Some("zh-Hant-TW"));
        check("de-CH-1901", None);
        check("en-x-AA", Some("en-x-aa"));
        for text in ["", "e", "English", "en-", "en us", "日本"] {
            check(text, None);
        }
    }
}
