//! `dataset.toml`: what a dataset is, where its articles come from and how strict it is.
//!
//! Unknown keys are refused, so that a misspelt one cannot be a silent default. Paths in the
//! file are relative to its folder.

mod card;
mod fault;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use super::about::{About, AboutFault, Creator};
use super::version_policy::VersionPolicy;
use crate::error::{Error, Excerpt};
use crate::input::{Condition, Pointer, Selection, Skip, pointers, skips};
use crate::mapping::{Mapping, SourceChoice};
use crate::schema::{BuiltIn, Extra, InvalidOptional, Schema};
use crate::storage::filesystem;
use fault::Fault;

/// The name of the file.
pub(crate) const DATASET_TOML: &str = "dataset.toml";
/// The longest `dataset.toml` that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// A dataset as its `dataset.toml` describes it.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The folder.
    pub folder: PathBuf,
    /// A short name: lower-case letters, digits and dashes.
    pub name: String,
    /// What its producer states about it; [`Dataset::load_about`] adds the card.
    pub about: About,
    /// The file with the card.
    pub card: Option<PathBuf>,
    /// Which schema judges the articles.
    pub schema: SchemaChoice,
    /// How the articles become records; `None` if it is to be recognised from the inputs.
    pub source: Option<SourceChoice>,
    /// Which objects of the inputs are articles.
    pub selection: Selection,
    /// The column that identifies a record.
    pub key: String,
    /// The columns that order the records.
    pub order_by: Vec<String>,
    /// Paths and patterns.
    pub inputs: Vec<String>,
    /// How strict it is.
    pub policy: Policy,
}

/// Which schema judges the articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaChoice {
    /// One that is part of pressmark.
    BuiltIn(BuiltIn),
    /// A file.
    File(PathBuf),
}

/// How strict a dataset is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// How many articles may be rejected before nothing is published.
    pub max_rejects: Allowance,
    /// What becomes of members that the schema does not declare.
    pub extra: Extra,
    /// What becomes of the value of an optional member that breaks a rule.
    pub invalid_optional: InvalidOptional,
    /// By which convention versions are chosen.
    pub versions: VersionPolicy,
    /// What becomes of records that share a key and differ.
    pub on_conflict: OnConflict,
    /// The column by which the newest of them is known.
    pub newest_by: Option<String>,
    /// What to do with a source that leaves core fields empty which another one would fill.
    pub misfit: MisfitPolicy,
}

/// What to do with a source that leaves core fields empty which another one would fill (`D-MISFIT`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MisfitPolicy {
    /// Publish nothing.
    #[default]
    Refuse,
    /// Publish the records as they are.
    Accept,
}

/// What becomes of records that share a key and differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// All of them are rejected.
    #[default]
    Reject,
    /// The newest counts.
    Newest,
}

/// How many of all: a count, or a share of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// At most so many.
    Count(u64),
    /// At most so many in a million.
    PerMillion(u64),
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(number) => write!(f, "{number}"),
            Self::PerMillion(share) => {
                let share = format!("{}.{:04}", share / 10_000, share % 10_000);
                write!(f, "{}%", share.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

impl Default for Allowance {
    fn default() -> Self {
        Self::Count(0)
    }
}

impl Allowance {
    /// Whether `some` of `all` is within the allowance.
    pub(crate) fn allows(self, some: u64, all: u64) -> bool {
        match self {
            Self::Count(count) => some <= count,
            Self::PerMillion(share) => u128::from(some) * 1_000_000 <= u128::from(all) * u128::from(share),
        }
    }
}

/// The text is neither a count nor a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a count such as `10` or a share such as `0.5%`")]
pub struct AllowanceError;

impl FromStr for Allowance {
    type Err = AllowanceError;

    fn from_str(text: &str) -> Result<Self, AllowanceError> {
        let Some(share) = text.strip_suffix('%') else {
            return text.parse().map(Self::Count).map_err(|_not_a_count| AllowanceError);
        };
        let (whole, fraction) = share.split_once('.').unwrap_or((share, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
            return Err(AllowanceError);
        }
        let number = |text: &str| text.parse::<u64>().map_err(|_too_long| AllowanceError);
        let per_million =
            number(whole)?.checked_mul(10_000).ok_or(AllowanceError)? + number(&format!("{fraction:0<4}"))?;
        if per_million <= 1_000_000 { Ok(Self::PerMillion(per_million)) } else { Err(AllowanceError) }
    }
}

impl<'de> Deserialize<'de> for Allowance {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Count(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Count(count) => Ok(Self::Count(count)),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    title: Option<String>,
    description: Option<String>,
    license: Option<String>,
    #[serde(default)]
    creators: Vec<Creator>,
    url: Option<String>,
    doi: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    languages: Vec<String>,
    publisher: Option<String>,
    card: Option<String>,
    #[serde(default = "article")]
    schema: String,
    source: Option<String>,
    key: Option<String>,
    order_by: Option<Vec<String>>,
    #[serde(default)]
    inputs: Vec<String>,
    #[serde(default, deserialize_with = "pointers")]
    articles: Option<Vec<Pointer>>,
    only: Option<Condition>,
    #[serde(default, deserialize_with = "skips")]
    skip: Option<Vec<Skip>>,
    #[serde(default)]
    policy: Policy,
}

fn article() -> String {
    BuiltIn::Article.name().to_owned()
}

impl Dataset {
    /// Reads `dataset.toml` in `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::Dataset`] with the line if it cannot be used.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::parse(folder, &filesystem::read_bounded(&folder.join(DATASET_TOML), MAX_BYTES)?)
    }

    /// Reads the text of the `dataset.toml` of `folder`.
    pub(crate) fn parse(folder: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let path = folder.join(DATASET_TOML);
        let fail = |at: Option<Range<usize>>, message: String, hint| {
            let line = at.as_ref().map(|at| crate::text::line_and_column(bytes, at.start).0);
            let is_on_one_line = |at: &Range<usize>| bytes.get(at.clone()).is_some_and(|bytes| !bytes.contains(&b'\n'));
            let excerpt =
                at.filter(is_on_one_line).and_then(|at| Excerpt::of(str::from_utf8(bytes).ok()?, at)).map(Box::new);
            Error::Dataset { path: path.clone(), line, message, excerpt, hint }
        };
        let text = str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            fail(Some(at..at + 1), "the text is not UTF-8".to_owned(), Some("save the file as UTF-8".to_owned()))
        })?;
        let written: Written = toml::from_str(text).map_err(|error| {
            let settings = (fault::settings_of::<Written>(), fault::settings_of::<Policy>());
            let Fault { message, hint } = fault::explain(error.message(), &settings.0, &settings.1);
            fail(error.span(), message, hint)
        })?;
        let line = |key: &str| value_at(text, key);
        if !is_name(&written.name) {
            let message = "the name may have lower-case letters, digits and single dashes".to_owned();
            return Err(fail(line("name"), message, Some("for example: name = \"my-articles\"".into())));
        }
        let schema = match BuiltIn::named(&written.schema) {
            Some(schema) => SchemaChoice::BuiltIn(schema),
            None => SchemaChoice::File(folder.join(&written.schema)),
        };
        let source = written.source.as_deref().map(|source| SourceChoice::read(source, folder)).transpose();
        let source = source.map_err(|error| fail(line("source"), error.to_string(), error.hint()))?;
        let policy = &written.policy;
        if (policy.on_conflict == OnConflict::Newest) != policy.newest_by.is_some() {
            let message = "`on_conflict = \"newest\"` and `newest_by` need each other".to_owned();
            let hint = "for example: newest_by = \"modified_at\"".to_owned();
            return Err(fail(line("on_conflict").or(line("newest_by")), message, Some(hint)));
        }
        if policy.invalid_optional == InvalidOptional::Extra && policy.extra != Extra::Keep {
            let message = "`invalid_optional = \"extra\"` needs `extra = \"keep\"`".to_owned();
            let hint = "keep undeclared members in `_extra`, where the invalid values are to go".to_owned();
            return Err(fail(line("invalid_optional"), message, Some(hint)));
        }
        let dataset = written.into_dataset(folder, schema, source);
        dataset.about.check().map_err(|AboutFault { key, message, hint }| fail(line(key), message, Some(hint)))?;
        Ok(dataset)
    }

    /// The file that describes it.
    pub fn path(&self) -> PathBuf {
        self.folder.join(DATASET_TOML)
    }

    /// What its producer states about it, with the text of the card.
    ///
    /// # Errors
    /// [`Error::Dataset`] for a card that cannot be used.
    pub fn load_about(&self) -> Result<About, Error> {
        let Some(path) = &self.card else { return Ok(self.about.clone()) };
        let about = About { card: Some(card::read(&self.path(), path)?), ..self.about.clone() };
        about.check().map_err(|AboutFault { message, hint, .. }| {
            let path = path.clone();
            Error::Dataset { path, line: None, message, excerpt: None, hint: Some(hint) }
        })?;
        Ok(about)
    }

    /// Loads the schema that the dataset names.
    pub fn load_schema(&self) -> Result<Schema, Error> {
        let Policy { extra, invalid_optional, .. } = self.policy;
        let schema = match &self.schema {
            SchemaChoice::BuiltIn(schema) => Schema::built_in(*schema, extra)?,
            SchemaChoice::File(path) => Schema::open(path, extra)?,
        };
        schema.check_invalid_optional(invalid_optional, extra)?;
        Ok(schema)
    }

    /// Loads the mapping that the dataset names, for articles of its schema; without one, the default of the
    /// schema, which `Mapping::fitted` replaces.
    pub fn load_mapping(&self, schema: &Schema) -> Result<Mapping, Error> {
        let default = || SourceChoice::default_for(matches!(self.schema, SchemaChoice::BuiltIn(_)));
        Mapping::open(&self.source.clone().unwrap_or_else(default), schema.targets())
    }
}

/// Where the value of a key is, by the first line that starts with it.
fn value_at(text: &str, key: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let is_key = line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        if let Some(equals) = line.find('=').filter(|_| is_key) {
            let value = &line[equals + 1..];
            let at = start + line.len() - value.trim_start().len();
            let value = value.trim();
            let quoted = value.strip_prefix('"').and_then(|rest| rest.find('"')).map(|end| end + 2);
            return Some(at..at + quoted.unwrap_or(value.len()));
        }
        start += line.len();
    }
    None
}

impl Written {
    fn into_dataset(self, folder: &Path, schema: SchemaChoice, source: Option<SourceChoice>) -> Dataset {
        let articles = matches!(schema, SchemaChoice::BuiltIn(_));
        let order_by = self.order_by.unwrap_or_else(|| if articles { vec!["published_at".into()] } else { Vec::new() });
        Dataset {
            folder: folder.to_owned(),
            name: self.name,
            about: About {
                title: self.title,
                description: self.description,
                license: self.license,
                creators: self.creators,
                url: self.url,
                doi: self.doi,
                keywords: self.keywords,
                languages: self.languages,
                publisher: self.publisher,
                card: None,
            },
            card: self.card.map(|card| folder.join(card)),
            schema,
            source,
            selection: Selection { articles: self.articles, only: self.only, skip: self.skip },
            key: self.key.unwrap_or_else(|| "id".into()),
            order_by,
            inputs: self.inputs,
            policy: self.policy,
        }
    }
}

/// Whether a text can name a dataset: lower-case letters and digits, in groups joined by dashes.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 100
        && name.split('-').all(|group| {
            !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Result<Allowance, AllowanceError>) {
        assert_eq!((text, text.parse::<Allowance>()), (text, want));
    }

    #[test]
    fn allowances() {
        check("0", Ok(Allowance::Count(0)));
        check("12", Ok(Allowance::Count(12)));
        check("1%", Ok(Allowance::PerMillion(10_000)));
        check("0.5%", Ok(Allowance::PerMillion(5_000)));
        check("0.0001%", Ok(Allowance::PerMillion(1)));
        for text in ["0", "17", "0%", "1%", "0.5%", "0.0001%", "12.25%", "100%"] {
            assert_eq!(text.parse::<Allowance>().unwrap().to_string(), text);
        }
        check("100%", Ok(Allowance::PerMillion(1_000_000)));
        for text in ["", "%", "-1", "1.5", "101%", "0.00001%", "1e2%", ".5%", "1.%", "99999999999999999999%"] {
            check(text, Err(AllowanceError));
        }
    }

    #[test]
    fn what_is_allowed() {
        assert!(Allowance::Count(0).allows(0, 0));
        assert!(!Allowance::Count(0).allows(1, 1_000_000));
        assert!(Allowance::PerMillion(5_000).allows(5, 1_000));
        assert!(!Allowance::PerMillion(5_000).allows(6, 1_000));
        assert!(Allowance::PerMillion(5_000).allows(0, 0));
    }

    #[test]
    fn names() {
        for name in ["a", "asharq-al-awsat", "news-2024"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-", "a-", "-a", "a--b", "A", "a b", "a/b", "..", "é"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
