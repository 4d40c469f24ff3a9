//! The rules that change one text: what each does, and nothing else.
//!
//! Every rule returns `None` where it changes nothing, so that only changes are counted and
//! nothing is copied in vain.

use std::borrow::Cow;

use super::{html, url};

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

/// Whether an address cannot have the character as it is.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// An absolute `http` or `https` address without white space and control characters: as a browser reads it, those
/// at its ends and line ends within are left out, and the others are escaped. `None` for what is no such address.
pub(super) fn url(text: &str) -> Option<String> {
    let canonical = url::canonical(text).ok()?;
    let trimmed = text.trim_matches(|end: char| end.is_whitespace() || end < ' ');
    if !trimmed.contains(is_blank) {
        return is_written(trimmed).then(|| trimmed.to_owned());
    }
    let mut out = String::with_capacity(trimmed.len());
    for character in trimmed.chars() {
        match character {
            '\t' | '\n' | '\r' => {}
            blank if is_blank(blank) => {
                let mut bytes = [0; 4];
                blank.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
            }
            other => out.push(other),
        }
    }
    // It must name the same page, or a blank stood where none may.
    (is_written(&out) && url::canonical(&out).as_deref() == Ok(canonical.as_str())).then_some(out)
}

/// Whether the scheme is written in full: browsers also read `https:host` and `https:\\host`.
fn is_written(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
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
    fn addresses() {
        let check = |text: &str, want: Option<&str>| assert_eq!(url(text).as_deref(), want, "{text:?}");
        for same in ["https://a.example/b", "HTTP://A.example/%20?q=ä#f"] {
            check(same, Some(same));
        }
        check(" https://a.example/b\n", Some("https://a.example/b"));
        check("https://a.example/a b?c d", Some("https://a.example/a%20b?c%20d"));
        check("https://a.example/a\n\t b", Some("https://a.example/a%20b"));
        check("https://a.example/a\u{a0}b", Some("https://a.example/a%C2%A0b"));
        check("\u{1}https://a.example/\u{1b}[31m\u{7}b\u{7f}\u{0}", Some("https://a.example/%1B[31m%07b%7F"));
        for none in
            ["", "/b", "a.example/b", "https://a b.example/", "mailto:a@a.example", "https:a.example", "https:/a"]
        {
            check(none, None);
        }
    }
}
