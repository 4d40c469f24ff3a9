//! Record ids for articles that bring none: the recipes `u1`, `t1` and `c1`.
//!
//! The prefix names the recipe, so that a changed recipe shows as such and not as a release full of
//! new records. The facts are hashed as they are given: nothing is trimmed, folded or normalised
//! here except the URL, whose canonical form is [`url::canonical`]. It does not decide whether an
//! article's own id is to be used, and it does not look for collisions: two articles with the same
//! facts get the same id, which is what duplicate keys are found by.

use crate::digest::Digest;
use crate::mapping::url;

/// What is known about an article. An empty text counts as not known, else all articles with
/// nothing in a field would share an id.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The article's address, in any spelling.
    pub url: Option<&'a str>,
    /// The publisher's name.
    pub publisher: Option<&'a str>,
    /// The host the article came from; stands in for a missing publisher.
    pub domain: Option<&'a str>,
    /// The headline.
    pub title: Option<&'a str>,
    /// The calendar day of publication, `YYYY-MM-DD`.
    pub published_date: Option<&'a str>,
    /// The article's whole text.
    pub text: Option<&'a str>,
}

/// Hexadecimal digits of the SHA-256 that an id keeps: 128 bits, enough that no two articles meet
/// by chance. To make two on purpose takes 2^64 trials. Articles with one id and different content are
/// rejected as duplicates, so none is lost in silence.
const DIGITS: usize = 32;

/// The id of an article: a prefix and the first 32 lower-case hexadecimal digits of a SHA-256 over
/// UTF-8 bytes.
///
/// The first recipe whose facts are all there is used:
///
/// | prefix | hashed |
/// |---|---|
/// | `u1-` | the canonical URL, version 1 |
/// | `t1-` | publisher (or else domain), title and published date, joined by newlines |
/// | `c1-` | the text |
///
/// Of `t1`, a publisher "A" with the title "B, newline, C" and a publisher "A, newline, B" with the
/// title "C" of one day have one id: the recipe is published and stays what it is. They differ in
/// content, so both are rejected as duplicates.
///
/// A URL without a canonical form counts as not known. `None` when no recipe has its facts.
pub fn derive(facts: &Facts<'_>) -> Option<String> {
    if let Some(canonical) = known(facts.url).and_then(|url| url::canonical(url).ok()) {
        return Some(id("u1", &canonical));
    }
    let publisher = known(facts.publisher).or(known(facts.domain));
    if let (Some(publisher), Some(title), Some(date)) = (publisher, known(facts.title), known(facts.published_date)) {
        return Some(id("t1", &[publisher, title, date].join("\n")));
    }
    known(facts.text).map(|text| id("c1", text))
}

fn known(fact: Option<&str>) -> Option<&str> {
    fact.filter(|fact| !fact.is_empty())
}

fn id(recipe: &str, hashed: &str) -> String {
    let mut digits = Digest::of(hashed.as_bytes()).to_string();
    digits.truncate(DIGITS);
    format!("{recipe}-{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Facts<'static> = Facts {
        url: Some("HTTPS://News.example:443/a?utm_source=x#top"),
        publisher: Some("The Example"),
        domain: Some("news.example"),
        title: Some("Rain in Zürich"),
        published_date: Some("2024-12-13"),
        text: Some("It rained.\n\nIt stopped."),
    };

    #[track_caller]
    fn check(facts: Facts<'_>, expected: Option<&str>) {
        assert_eq!(derive(&facts).as_deref(), expected, "{facts:?}");
    }

    #[test]
    fn the_url_comes_first_in_any_spelling() {
        // SHA-256 of "https://news.example/a".
        let expected = Some("u1-95bbca1f9b4bae7d73e89dc2c1be3dbe");
        check(ALL, expected);
        check(Facts { url: Some("https://news.example/a"), ..Facts::default() }, expected);
        check(Facts { url: Some("https://news.example/a/"), ..ALL }, Some("u1-1d80405effd760fb283c6ff81a13a157"));
    }

    #[test]
    fn the_headline_stands_in_for_a_url() {
        // SHA-256 of "The Example\nRain in Zürich\n2024-12-13", and with "news.example" for the
        // publisher.
        let publisher = Some("t1-71446e442f53713e5abf0a0b28201689");
        let domain = Some("t1-eff1678dcbef40f4dd0d4f46c31d1cdf");
        check(Facts { url: None, ..ALL }, publisher);
        check(Facts { url: Some("/a"), ..ALL }, publisher);
        check(Facts { url: Some(""), domain: None, text: None, ..ALL }, publisher);
        check(Facts { url: None, publisher: None, ..ALL }, domain);
        check(Facts { url: None, publisher: Some(""), ..ALL }, domain);
    }

    #[test]
    fn the_text_is_used_when_a_part_of_the_headline_recipe_is_missing() {
        // SHA-256 of "It rained.\n\nIt stopped.".
        let expected = Some("c1-dd8408ed1013e556386be0c7a87e1171");
        check(Facts { url: None, title: None, ..ALL }, expected);
        check(Facts { url: None, published_date: None, ..ALL }, expected);
        check(Facts { url: None, publisher: None, domain: None, ..ALL }, expected);
        check(Facts { text: ALL.text, ..Facts::default() }, expected);
    }

    #[test]
    fn every_byte_of_a_fact_counts() {
        check(Facts { text: Some(" "), ..Facts::default() }, Some("c1-36a9e7f1c95b82ffb99743e0c5c4ce95"));
        check(
            Facts { text: Some("It rained.\n\nIt stopped.\n"), ..Facts::default() },
            Some("c1-9484ef8c906e7d91781bdaa07dbd5f49"),
        );
    }

    #[test]
    fn nothing_known_gives_no_id() {
        check(Facts::default(), None);
        check(Facts { text: Some(""), ..Facts::default() }, None);
        check(Facts { title: Some("Rain"), published_date: Some("2024-12-13"), ..Facts::default() }, None);
    }
}
