//! Licenses: SPDX identifiers, and what the Hub, Croissant and others call them.
//!
//! A license that is not an SPDX identifier stays what the producer wrote. It is never guessed. The list of
//! identifiers is a file of ours and not a library's: documents of old releases must not change with it.

use crate::release::is_web_url;

/// The identifiers of the SPDX License List 3.29.0.
const SPDX: &str = include_str!("../../schema/licenses/spdx-3.29.0.txt");

/// Identifiers of licenses that the Hub lists, by their SPDX identifier in lower case where both differ.
/// Source: the Hub's documentation on repository licenses.
const HUB: [(&str, &str); 10] = [
    ("odc-by-1.0", "odc-by"),
    ("odbl-1.0", "odbl"),
    ("pddl-1.0", "pddl"),
    ("gpl-2.0-only", "gpl-2.0"),
    ("gpl-3.0-only", "gpl-3.0"),
    ("agpl-3.0-only", "agpl-3.0"),
    ("lgpl-2.1-only", "lgpl-2.1"),
    ("lgpl-3.0-only", "lgpl-3.0"),
    ("gfdl-1.3-only", "gfdl"),
    ("c-uda-1.0", "c-uda"),
];

/// Identifiers of licenses that the Hub lists and that are SPDX identifiers in lower case.
const HUB_ALIKE: [&str; 31] = [
    "apache-2.0",
    "mit",
    "artistic-2.0",
    "bsl-1.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "cc0-1.0",
    "cc-by-2.0",
    "cc-by-2.5",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-2.0",
    "cc-by-nc-3.0",
    "cc-by-nc-4.0",
    "cc-by-nd-4.0",
    "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0",
    "cdla-sharing-1.0",
    "cdla-permissive-1.0",
    "cdla-permissive-2.0",
    "etalab-2.0",
    "eupl-1.1",
    "eupl-1.2",
    "isc",
    "mpl-2.0",
    "unlicense",
];

/// How alike an identifier must be for a suggestion, from 0 (not at all) to 1 (equal).
const ALIKE: f64 = 0.75;

/// A license as the producer wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum License<'t> {
    /// An SPDX identifier, in the letter case of the SPDX list.
    Spdx(&'static str),
    /// The address of its terms.
    Url(&'t str),
    /// Anything else.
    Words(&'t str),
}

impl<'t> License<'t> {
    /// Reads what the producer wrote.
    pub(super) fn of(text: &'t str) -> Self {
        let text = text.trim();
        match SPDX.lines().find(|id| id.eq_ignore_ascii_case(text)) {
            Some(id) => Self::Spdx(id),
            None if is_web_url(text) => Self::Url(text),
            None => Self::Words(text),
        }
    }

    /// The address of its terms, if it has one.
    pub(super) fn url(self) -> Option<String> {
        match self {
            Self::Spdx(id) => Some(format!("https://spdx.org/licenses/{id}.html")),
            Self::Url(url) => Some(url.to_owned()),
            Self::Words(_) => None,
        }
    }

    /// What the Hub calls it, if it lists it.
    pub(super) fn on_the_hub(self) -> Option<&'static str> {
        let Self::Spdx(id) = self else { return None };
        let id = id.to_ascii_lowercase();
        let other = HUB.iter().find(|(spdx, _)| *spdx == id).map(|(_, hub)| *hub);
        other.or_else(|| HUB_ALIKE.iter().find(|hub| **hub == id).copied())
    }
}

/// Whether a text is an SPDX expression of several licenses: `MIT OR Apache-2.0`.
pub(super) fn is_expression(text: &str) -> bool {
    let words = text.split([' ', '(', ')']).filter(|word| !word.is_empty());
    let (mut after_with, mut is_operand) = (false, true);
    for word in words {
        let is_operator = matches!(word, "AND" | "OR" | "WITH");
        let id = word.strip_suffix('+').unwrap_or(word);
        let is_known = after_with || id.starts_with("LicenseRef-") || matches!(License::of(id), License::Spdx(_));
        if is_operator == is_operand || !(is_operator || is_known) {
            return false;
        }
        (after_with, is_operand) = (word == "WITH", is_operator);
    }
    !is_operand
}

/// The identifier that was probably meant, for a suggestion.
pub(super) fn nearest(text: &str) -> Option<&'static str> {
    let plain = |text: &str| -> String {
        text.chars().take(60).filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let text = plain(text);
    let alike = |id: &str| strsim::normalized_damerau_levenshtein(&text, &plain(id));
    let nearest = SPDX.lines().map(|id| (alike(id), id)).max_by(|(a, _), (b, _)| a.total_cmp(b));
    nearest.filter(|(alike, _)| *alike >= ALIKE).map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::{License, is_expression, nearest};

    #[test]
    fn expressions() {
        for text in
            ["MIT OR Apache-2.0", "(MIT AND BSD-3-Clause) OR LicenseRef-ours", "GPL-2.0+ WITH Classpath-exception-2.0"]
        {
            assert!(is_expression(text), "{text}");
        }
        for text in ["", "MIT OR", "OR MIT", "MIT Apache-2.0", "MIT OR mine", "AND", "all rights reserved"] {
            assert!(!is_expression(text), "{text}");
        }
    }

    #[test]
    fn suggestions() {
        for (text, want) in [
            ("CC BY 4.0", Some("CC-BY-4.0")),
            ("Apache 2", Some("Apache-2.0")),
            ("odbl 1.0", Some("ODbL-1.0")),
            ("all rights reserved", None),
            ("", None),
        ] {
            assert_eq!(nearest(text), want, "{text}");
        }
    }

    #[test]
    fn licenses_are_recognised_and_never_guessed() {
        for (text, expected, hub) in [
            ("CC-BY-4.0", License::Spdx("CC-BY-4.0"), Some("cc-by-4.0")),
            ("cc-by-4.0", License::Spdx("CC-BY-4.0"), Some("cc-by-4.0")),
            (" ODbL-1.0 ", License::Spdx("ODbL-1.0"), Some("odbl")),
            ("AFL-3.0", License::Spdx("AFL-3.0"), None),
            ("CC BY 4.0", License::Words("CC BY 4.0"), None),
            ("proprietary", License::Words("proprietary"), None),
            ("https://example.org/terms", License::Url("https://example.org/terms"), None),
            ("ftp://example.org/terms", License::Words("ftp://example.org/terms"), None),
            ("NOASSERTION", License::Words("NOASSERTION"), None),
        ] {
            assert_eq!(License::of(text), expected, "{text}");
            assert_eq!(License::of(text).on_the_hub(), hub, "{text}");
        }
    }
}
