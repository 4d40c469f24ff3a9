//! A mapping file after it was read and checked: plain values that [`super::apply`] runs.
//!
//! [`super::file`] makes a plan and refuses rules that cannot work.

use crate::input::Selection;
use crate::input::pages::Rules;
use crate::json::Value;

use super::clean_text::Clean;

/// A mapping, ready to run.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    /// Strings that mean null.
    pub(super) nulls: Vec<String>,
    /// Members that are dropped, and counted.
    pub(super) drop: Vec<Dropped>,
    pub(super) unmapped: Unmapped,
    pub(super) derive: Derive,
    /// Which objects of the inputs are articles.
    pub(super) selection: Selection,
    /// The control lines, if the inputs are page dumps.
    pub(super) pages: Option<Rules>,
    /// The fields of the schema. An unmapped member of the same name does not fill one.
    pub(super) declared: Vec<String>,
}

/// A member that is dropped if no field takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) name: String,
    /// It is kept unless the text of the article holds all that it says.
    pub(super) only_copy: bool,
}

/// What to do with members that no field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmapped {
    /// They keep their names; one with the name of a field fills that field.
    Pass,
    /// They go to `_extra`.
    Extra,
}

/// What is derived where it is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Derive {
    pub(super) domain: bool,
    pub(super) id: bool,
}

/// A field and where its value comes from: the first source that has one.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) sources: Vec<Source>,
}

/// One place that a value may come from, and what is done to it.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// The same value for every article.
    Constant(Value<'static>),
    /// Members of the article.
    Members(Members),
}

/// Values of an article and the rules they pass, in the order of the members of this type.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule that a field has or has not")]
pub(super) struct Members {
    pub(super) from: Vec<Path>,
    /// Every value, as one list, and not only the first.
    pub(super) all: bool,
    /// Elements are taken only if these members of theirs are these texts, or missing.
    pub(super) only: Vec<(String, Option<String>)>,
    /// The members whose string replaces an object.
    pub(super) member: Vec<String>,
    /// A whole number counts as the text of its digits.
    pub(super) number: bool,
    pub(super) join: Option<String>,
    /// For each of `from`, the separators that split its strings; empty if they are not split.
    pub(super) split: Vec<Vec<String>>,
    pub(super) clean: Vec<Clean>,
    pub(super) parse: Option<Parse>,
    /// A time without an offset is UTC by its source's definition.
    pub(super) utc: bool,
    pub(super) list: bool,
    pub(super) unique: bool,
    pub(super) each: Vec<Field>,
    /// Whether the field may hold several texts.
    pub(super) many: bool,
}

impl Source {
    /// Whether its path with this number leads to the whole of what it is given.
    pub(super) fn is_whole(&self, path: usize) -> bool {
        let Self::Members(members) = self else { return false };
        matches!(members.from.get(path), Some(Path::Pointer(tokens)) if tokens.is_empty())
    }
}

impl Members {
    /// Whether what stands below the value is where it was.
    pub(super) fn keeps_shape(&self) -> bool {
        !self.all
            && self.join.is_none()
            && !self.splits()
            && !self.list
            && !self.unique
            && self.each.is_empty()
            && !self.is_for_texts()
    }

    /// Whether a rule is among them that reads texts, and so takes nothing else.
    pub(super) fn is_for_texts(&self) -> bool {
        self.join.is_some()
            || self.number
            || self.parse.is_some()
            || self.splits()
            || !(self.member.is_empty() && self.clean.is_empty())
    }

    /// Whether any strings are split.
    pub(super) fn splits(&self) -> bool {
        self.split.iter().any(|at| !at.is_empty())
    }
}

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parse {
    Instant,
    Date,
    Language,
    Url,
    EpochSeconds,
    EpochMilliseconds,
    StructTime,
}

impl Parse {
    /// The rules by name.
    pub(super) const NAMED: &[(&str, Self)] = &[
        ("instant", Self::Instant),
        ("date", Self::Date),
        ("language", Self::Language),
        ("url", Self::Url),
        ("epoch-seconds", Self::EpochSeconds),
        ("epoch-milliseconds", Self::EpochMilliseconds),
        ("struct-time", Self::StructTime),
    ];

    /// Whether it gives an instant.
    pub(super) fn is_instant(self) -> bool {
        matches!(self, Self::Instant | Self::EpochSeconds | Self::EpochMilliseconds | Self::StructTime)
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Path {
    /// The name under which a container holds the article.
    Key,
    /// The name under which a container holds the article's list.
    Group,
    /// A JSON Pointer in which `*` stands for every element of a list.
    Pointer(Vec<Token>),
}

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A member, or an element if it stands in a list and is a number.
    Name(String),
    /// Every element of a list.
    Each,
}

impl Path {
    /// The member of the article that it starts in.
    pub(super) fn member(&self) -> Option<&str> {
        match self {
            Self::Pointer(tokens) => match tokens.first()? {
                Token::Name(name) => Some(name),
                Token::Each => None,
            },
            Self::Key | Self::Group => None,
        }
    }
}

impl Plan {
    /// Whether a string means null.
    pub(super) fn is_null(&self, text: &str) -> bool {
        self.nulls.iter().any(|null| null == text)
    }

    /// The members of articles that a field is read from.
    pub(super) fn members<'p>(&'p self, field: &str) -> impl Iterator<Item = &'p str> {
        let paths = |source: &'p Source| match source {
            Source::Constant(_) => &[],
            Source::Members(members) => members.from.as_slice(),
        };
        let field = self.fields.iter().find(|one| one.name == field);
        field.into_iter().flat_map(|field| &field.sources).flat_map(paths).filter_map(Path::member)
    }
}
