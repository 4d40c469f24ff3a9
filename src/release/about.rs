//! [`About`]: what the producer states about a dataset, for readers and catalogues.
//!
//! The values come from `dataset.toml`, and a manifest carries them, so that every document about a release
//! follows from its manifest and schema. Nothing here reads a file.

use std::sync::LazyLock;

use regex::Regex;

use crate::mapping::language_tag;
use crate::text::{counted, one_line, printable};

/// The longest card, in bytes.
pub(crate) const MAX_CARD_BYTES: u64 = 1 << 18;

/// Invisible characters that a card may have: a tab, and marks that some scripts need.
const ALLOWED: [char; 6] = ['\t', '\u{ad}', '\u{61c}', '\u{200b}', '\u{200e}', '\u{200f}'];

/// What the producer states about a dataset. Every value is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What readers see first.
    pub title: Option<String>,
    /// Where the records come from and what was left out, at any length.
    pub description: Option<String>,
    /// The terms of use: an SPDX identifier, a URL, or words.
    pub license: Option<String>,
    /// Who made the dataset.
    pub creators: Vec<Creator>,
    /// The address of the dataset's page.
    pub url: Option<String>,
    /// The DOI of the dataset, for all its versions: `10.5281/zenodo.1234`.
    pub doi: Option<String>,
    /// Words by which the dataset is found.
    pub keywords: Vec<String>,
    /// The languages of the texts, as BCP 47 tags.
    pub languages: Vec<String>,
    /// Who publishes the dataset.
    pub publisher: Option<String>,
    /// Prose for the dataset card, in Markdown.
    pub card: Option<String>,
}

/// Who made a dataset.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Creator {
    /// The name of the person or organisation.
    pub name: String,
    /// A URL that identifies them: ORCID, ROR, or a home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A value that a dataset cannot state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AboutFault {
    /// The key in `dataset.toml`.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub hint: String,
}

impl About {
    /// Finds the first value that documents could not carry.
    ///
    /// # Errors
    /// [`AboutFault`], with its key.
    pub(crate) fn check(&self) -> Result<(), AboutFault> {
        let blank = |text: &str| text.trim().is_empty();
        if self.creators.iter().any(|creator| blank(&creator.name)) {
            return fault("creators", "a creator has no name", "for example: creators = [{ name = \"Ada Writer\" }]");
        }
        if self.publisher.as_deref().is_some_and(blank) {
            return fault("publisher", "`publisher` is blank", "name the publisher, or remove the line");
        }
        if let Some(url) = self.url.as_deref().filter(|url| !is_web_url(url)) {
            let message = format!("`{}` is not an absolute http or https URL", one_line(url, 60));
            return fault("url", &message, "for example: url = \"https://data.example/city-news\"");
        }
        if let Some(doi) = self.doi.as_deref().filter(|doi| !is_doi(doi)) {
            let hint = match doi.find("10.").map(|at| &doi[at..]).filter(|doi| is_doi(doi)) {
                Some(bare) => format!("leave out what is before it: doi = \"{bare}\""),
                None => "for example: doi = \"10.5281/zenodo.1234567\"".to_owned(),
            };
            return fault("doi", &format!("`{}` is not a DOI", one_line(doi, 60)), &hint);
        }
        if let Some(keyword) = self.keywords.iter().find(|word| blank(word) || word.contains(char::is_control)) {
            let message = format!("`{}` is not a keyword", one_line(keyword, 60));
            return fault("keywords", &message, "a keyword is on one line and not blank");
        }
        let is_tag = |language: &&String| language_tag(language).as_ref() == Some(*language);
        if let Some(language) = self.languages.iter().find(|language| !is_tag(language)) {
            let message = format!("`{}` is not a language tag (BCP 47)", one_line(language, 60));
            let tag = language_tag(language).unwrap_or_else(|| "en".to_owned());
            return fault("languages", &message, &format!("for example: languages = [\"{tag}\"]"));
        }
        self.card.as_deref().map_or(Ok(()), check_card)
    }
}

fn fault(key: &'static str, message: &str, hint: &str) -> Result<(), AboutFault> {
    Err(AboutFault { key, message: message.to_owned(), hint: hint.to_owned() })
}

fn check_card(card: &str) -> Result<(), AboutFault> {
    if card.len() as u64 > MAX_CARD_BYTES {
        let [found, limit] = [card.len() as u64, MAX_CARD_BYTES].map(|bytes| counted(bytes, "byte"));
        let message = format!("the card has {found}, more than the limit of {limit}");
        return fault("card", &message, "keep the card short and link to longer texts");
    }
    // `show` prints the card, so it must be as safe as any other text.
    let is_safe = |line: &str| {
        let plain: String = line.chars().filter(|character| !ALLOWED.contains(character)).collect();
        printable(&plain) == plain
    };
    match card.split('\n').position(|line| !is_safe(line)) {
        None => Ok(()),
        Some(index) => {
            let message =
                format!("line {} of the card has invisible characters, or a command of a CI system", index + 1);
            fault("card", &message, "remove them from the line")
        }
    }
}

/// Whether a text is an absolute http or https URL in characters that every standard takes (RFC 3986).
pub(crate) fn is_web_url(text: &str) -> bool {
    // Documents are compared byte for byte with later versions', so this does not follow a URL library.
    static URL: LazyLock<Regex> = LazyLock::new(|| {
        let host = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?";
        let rest = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*";
        Regex::new(&format!("^https?://{host}(?:[/?]{rest})?(?:#{rest})?$")).expect("the pattern is valid")
    });
    URL.is_match(text)
}

/// Whether a text is a DOI that needs no escaping in a URL.
pub(crate) fn is_doi(text: &str) -> bool {
    static DOI: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^10\.[0-9]{4,9}(?:\.[0-9]+)*/[A-Za-z0-9._;()/:-]+$").expect("the pattern is valid")
    });
    text.len() <= 200 && DOI.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for text in [
            "https://data.example",
            "http://a/",
            "https://a.example:8080/x?y=z&w=%20#top",
            "https://[2001:db8::1]/x",
            "https://orcid.org/0000-0002-1825-0097",
        ] {
            assert!(is_web_url(text), "{text}");
        }
        for text in [
            "",
            "data.example",
            "ftp://a.example",
            "https://",
            "https:///x",
            "https://a b",
            "https://a.example/\"",
            "https://a.example/<",
            "https://a.example/%2",
            "https://a.example/#a#b",
            "https://user@a.example/",
            "https://a.example\n",
            "javascript:alert(1)//https://a.example",
            "https://zürich.example/",
        ] {
            assert!(!is_web_url(text), "{text}");
        }
    }

    #[track_caller]
    fn check(about: &About, want: Option<(&str, &str, &str)>) {
        let found = about.check().err();
        let found = found.as_ref().map(|fault| (fault.key, fault.message.as_str(), fault.hint.as_str()));
        assert_eq!(found, want);
    }

    #[test]
    fn faults() {
        let about = About::default;
        check(&about(), None);
        check(&About { doi: Some("10.5281/zenodo.1".into()), ..about() }, None);
        check(
            &About { doi: Some("https://doi.org/10.5281/zenodo.1".into()), ..about() },
            Some((
                "doi",
                "`https://doi.org/10.5281/zenodo.1` is not a DOI",
                "leave out what is before it: doi = \"10.5281/zenodo.1\"",
            )),
        );
        check(&About { languages: vec!["en".into(), "zh-Hant".into()], ..about() }, None);
        check(
            &About { languages: vec!["EN_us".into()], ..about() },
            Some(("languages", "`EN_us` is not a language tag (BCP 47)", "for example: languages = [\"en-US\"]")),
        );
        check(
            &About { keywords: vec!["a\nb".into()], ..about() },
            Some(("keywords", "`a\\u{a}b` is not a keyword", "a keyword is on one line and not blank")),
        );
        check(
            &About { creators: vec![Creator { name: " ".into(), url: None }], ..about() },
            Some(("creators", "a creator has no name", "for example: creators = [{ name = \"Ada Writer\" }]")),
        );
        check(&About { card: Some("one\n\ttwo\n".into()), ..about() }, None);
        check(
            &About { card: Some("one\ntwo\u{1b}[31m".into()), ..about() },
            Some((
                "card",
                "line 2 of the card has invisible characters, or a command of a CI system",
                "remove them from the line",
            )),
        );
        for text in ["a\u{202e}b", "a\r\n", "::error::x", "##[group]", "a\u{2028}b"] {
            assert_eq!(About { card: Some(text.into()), ..about() }.check().unwrap_err().key, "card", "{text:?}");
        }
        check(&About { card: Some("\u{200f}النص\n\n<b>bold</b> :: x".into()), ..about() }, None);
        let long = "x".repeat(usize::try_from(MAX_CARD_BYTES).unwrap() + 1);
        assert_eq!(About { card: Some(long), ..about() }.check().unwrap_err().key, "card");
    }
}
