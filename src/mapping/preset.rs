//! The known sources and what each does to an article.

use std::str::FromStr;

use super::{id, pages, url};
use crate::input::{Framing, pages::Page, pages::Rules};
use crate::json::{Object, Value};

/// A source that articles come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Articles in the shape of `schema/article.schema.json` already. A missing `id` is derived
    /// by the recipes of [`id`], a missing `domain` from `url`.
    Article,
    /// Text copied from news pages (page dumps).
    Pages,
    /// Any shape; nothing is changed.
    Verbatim,
}

/// No source has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no source called `{}`", crate::text::one_line(.0, 60))]
pub struct UnknownPreset(String);

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        match name {
            "article" => Ok(Self::Article),
            "pages" => Ok(Self::Pages),
            "verbatim" => Ok(Self::Verbatim),
            _ => Err(UnknownPreset(name.to_owned())),
        }
    }
}

/// An article in the schema's shape, and what was done to it.
#[derive(Debug)]
pub struct Mapped<'a> {
    /// The article.
    pub article: Value<'a>,
    /// Field and rule of every change, once for each time it was made.
    pub normalised: Vec<(&'static str, &'static str)>,
}

impl Preset {
    /// The names that [`Preset::from_str`] knows.
    pub const NAMES: &[&str] = &["article", "pages", "verbatim"];

    /// How articles of this source stand in their inputs.
    pub fn framing(self) -> Framing {
        match self {
            Self::Article | Self::Verbatim => Framing::Json,
            Self::Pages => Framing::Pages(Rules::default()),
        }
    }

    /// Maps what a JSON input holds.
    pub fn map(self, value: Value<'_>) -> Mapped<'_> {
        match (self, value) {
            (Self::Article | Self::Pages, Value::Object(object)) => complete(object, Vec::new()),
            (_, article) => Mapped { article, normalised: Vec::new() },
        }
    }

    /// Maps a page of a page dump.
    pub fn map_page(self, page: &Page) -> Mapped<'static> {
        let (object, normalised) = pages::article(page);
        complete(object, normalised)
    }
}

/// Adds what can be derived and is missing: the host of the url, and an id.
fn complete<'a>(mut article: Object<'a>, mut normalised: Vec<(&'static str, &'static str)>) -> Mapped<'a> {
    let text = |article: &Object<'a>, name| article.get(name).and_then(Value::as_str).map(str::to_owned);
    let missing = |article: &Object<'a>, name| matches!(article.get(name), None | Some(Value::Null));
    if missing(&article, "domain")
        && let Some(host) = text(&article, "url").and_then(|url| url::host(&url))
    {
        article.insert("domain", Value::String(host.into()));
        normalised.push(("domain", "host-of-url"));
    }
    if missing(&article, "id") {
        let fact = |name| article.get(name).and_then(Value::as_str);
        let facts = id::Facts {
            url: fact("url"),
            publisher: fact("publisher"),
            domain: fact("domain"),
            title: fact("title"),
            published_date: fact("published_date"),
            text: fact("text"),
        };
        if let Some(id) = id::derive(&facts) {
            normalised.push(("id", rule_of(&id)));
            article.insert("id", Value::String(id.into()));
        }
    }
    Mapped { article: Value::Object(article), normalised }
}

/// The recipe that an id's prefix names.
fn rule_of(id: &str) -> &'static str {
    match id.get(..2) {
        Some("u1") => "derived-u1",
        Some("t1") => "derived-t1",
        _ => "derived-c1",
    }
}
