//! [`Selection`]: which objects of an input are articles, as the settings say.
//!
//! The three settings are the same in `dataset.toml` and in mapping files. The reader follows `articles`,
//! the places of articles. Validation applies `only` and `skip` to each object there. What they leave out is
//! counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::pointer::{Pointer, Step};
use crate::json::{Number, Value};

/// Which objects are articles. A setting that is `None` decides nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// Where articles are in each JSON text of an input.
    #[serde(deserialize_with = "pointers")]
    pub articles: Option<Vec<Pointer>>,
    /// An object is an article only if each of these members has one of its values.
    pub only: Option<Condition>,
    /// An object that meets one of these is not an article.
    #[serde(deserialize_with = "skips")]
    pub skip: Option<Vec<Skip>>,
}

/// Members, and the values of which each must have one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Values>")]
pub struct Condition(BTreeMap<String, Values>);

/// Why an object is not an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// It has something there.
    Has(Pointer),
    /// It meets the condition.
    Is(Condition),
}

/// One value or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Values {
    One(Wanted),
    Several(Vec<Wanted>),
}

/// A value that a member is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Wanted {
    Boolean(bool),
    Integer(i64),
    Text(String),
}

impl Selection {
    /// These settings, and those of `other` for what is not set here.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            articles: self.articles.or_else(|| other.articles.clone()),
            only: self.only.or_else(|| other.only.clone()),
            skip: self.skip.or_else(|| other.skip.clone()),
        }
    }

    /// Where articles are, if that is set.
    pub(crate) fn places(&self) -> &[Pointer] {
        self.articles.as_deref().unwrap_or_default()
    }

    /// The setting that says that this object is not an article, if one does: `skip /index`. What is
    /// not an object is left to validation.
    pub(crate) fn leaves_out(&self, value: &Value<'_>) -> Option<String> {
        value.as_object()?;
        let only = self.only.as_ref().filter(|only| !only.holds(value));
        self.skips(value).or_else(|| only.map(|only| format!("only {}", only.names())))
    }

    /// The same for `skip` alone.
    pub(crate) fn skips(&self, value: &Value<'_>) -> Option<String> {
        let skip = self.skip.iter().flatten().find(|skip| match skip {
            Skip::Has(pointer) => is_there(value, pointer.steps()),
            Skip::Is(condition) => condition.holds(value),
        })?;
        Some(match skip {
            Skip::Has(pointer) => format!("skip {pointer}"),
            Skip::Is(condition) => format!("skip {}", condition.names()),
        })
    }
}

impl TryFrom<BTreeMap<String, Values>> for Condition {
    type Error = &'static str;

    fn try_from(members: BTreeMap<String, Values>) -> Result<Self, Self::Error> {
        if members.is_empty() { Err("a condition names at least one member and its values") } else { Ok(Self(members)) }
    }
}

impl Condition {
    /// Whether each member has one of its values; a list has them if an element is one.
    fn holds(&self, value: &Value<'_>) -> bool {
        let member = |name: &str| value.as_object().and_then(|object| object.get(name));
        self.0.iter().all(|(name, values)| member(name).is_some_and(|found| values.have(found)))
    }

    fn names(&self) -> String {
        self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl Values {
    fn have(&self, found: &Value<'_>) -> bool {
        let is = |found: &Value<'_>| match self {
            Self::One(wanted) => wanted.is(found),
            Self::Several(wanted) => wanted.iter().any(|wanted| wanted.is(found)),
        };
        match found {
            Value::Array(elements) => elements.iter().any(is),
            one => is(one),
        }
    }
}

impl Wanted {
    fn is(&self, found: &Value<'_>) -> bool {
        match self {
            Self::Boolean(wanted) => found.as_bool() == Some(*wanted),
            Self::Integer(wanted) => found.as_number().and_then(Number::as_i64) == Some(*wanted),
            Self::Text(wanted) => found.as_str() == Some(wanted),
        }
    }
}

/// Whether a pointer leads to something.
fn is_there(value: &Value<'_>, steps: &[Step]) -> bool {
    let Some((step, steps)) = steps.split_first() else { return true };
    match value {
        Value::Object(object) => match step {
            Step::Name(name) => object.get(name).is_some_and(|value| is_there(value, steps)),
            Step::Each => object.iter().any(|(_, value)| is_there(value, steps)),
        },
        Value::Array(elements) => {
            let leads =
                |(place, value): (usize, &Value<'_>)| step.leads_to(&place.to_string()) && is_there(value, steps);
            elements.iter().enumerate().any(leads)
        }
        _ => false,
    }
}

/// One pointer or a list of them.
pub(crate) fn pointers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Pointer>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Several(Vec<String>),
    }
    let written = match Written::deserialize(deserializer) {
        Ok(Written::One(one)) => vec![one],
        Ok(Written::Several(several)) => several,
        Err(_) => return Err(serde::de::Error::custom("`articles` is a pointer such as \"/articles/*\", or a list")),
    };
    let pointers: Result<_, _> = written.iter().map(|text| text.parse()).collect();
    pointers.map(Some).map_err(serde::de::Error::custom)
}

/// A list of pointers and conditions.
pub(crate) fn skips<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Skip>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Has(String),
        Is(BTreeMap<String, Values>),
    }
    let Ok(written) = Vec::<Written>::deserialize(deserializer) else {
        let message = "`skip` is a list of pointers such as \"/index\" and tables such as { kind = \"ad\" }";
        return Err(serde::de::Error::custom(message));
    };
    let skip = |written| match written {
        Written::Has(text) => match text.parse::<Pointer>() {
            Ok(pointer) if pointer.is_whole() => Err("`skip` with the pointer \"\" would skip everything".to_owned()),
            pointer => pointer.map(Skip::Has).map_err(|error| error.to_string()),
        },
        Written::Is(members) => Condition::try_from(members).map(Skip::Is).map_err(str::to_owned),
    };
    let skips: Result<_, _> = written.into_iter().map(skip).collect();
    skips.map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(settings: &str, object: &str, want: Option<&str>) {
        let selection: Selection = toml::from_str(settings).unwrap();
        let value = crate::json::parse(object.as_bytes()).unwrap();
        assert_eq!(selection.leaves_out(&value).as_deref(), want, "{settings}: {object}");
    }

    #[test]
    fn what_is_left_out() {
        let only = r#"only = { "@type" = ["NewsArticle", "Article"] }"#;
        check(only, r#"{"@type":"Article"}"#, None);
        check(only, r#"{"@type":["Thing","NewsArticle"]}"#, None);
        check(only, r#"{"@type":"Person"}"#, Some("only @type"));
        check(only, r#"{"@type":["Person"]}"#, Some("only @type"));
        check(only, "{}", Some("only @type"));
        check(only, "[]", None);
        check(r#"skip = ["/index"]"#, r#"{"index":null}"#, Some("skip /index"));
        check(r#"skip = ["/index"]"#, r#"{"a":{"index":1}}"#, None);
        check(r#"skip = ["/a/*/b"]"#, r#"{"a":[{},{"b":1}]}"#, Some("skip /a/*/b"));
        check("skip = [{ namespace = [1, 2] }]", r#"{"namespace":2}"#, Some("skip namespace"));
        check("skip = [{ namespace = [1, 2] }]", r#"{"namespace":"2"}"#, None);
        check("skip = [{ kind = \"ad\", live = true }]", r#"{"kind":"ad","live":true}"#, Some("skip kind, live"));
        check("skip = [{ kind = \"ad\", live = true }]", r#"{"kind":"ad"}"#, None);
        check("", "{}", None);
    }

    #[test]
    fn what_is_set_wins() {
        let read = |text: &str| toml::from_str::<Selection>(text).unwrap();
        let (own, preset) = (read("articles = \"/a/*\""), read("articles = [\"\"]\nskip = [\"/b\"]"));
        let both = own.or(&preset);
        assert_eq!((both.places()[0].to_string(), both.skip.is_some()), ("/a/*".into(), true));
        assert_eq!(read("articles = []").or(&preset).places(), []);
        assert!(toml::from_str::<Selection>("articles = \"a\"").is_err());
        for wrong in
            ["skip = \"/a\"", "skip = [\"\"]", "skip = [{}]", "only = {}", "only = [\"a\"]", "skip = [{ a = {} }]"]
        {
            assert!(toml::from_str::<Selection>(wrong).is_err(), "{wrong}");
        }
    }
}
