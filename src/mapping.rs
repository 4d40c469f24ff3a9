//! From what a source writes to an article in the schema's shape, every change counted.
//!
//! A [`Mapping`] is data: a file with a closed set of rules (`docs/sources.md`), built in or written by the
//! user. It renames, moves and derives. It does not validate the result: the schema does. It changes
//! nothing that the file does not declare, and reports each change as a field and a rule.

mod apply;
mod change;
mod clean_text;
mod core_fields;
mod datetime;
mod fields;
mod file;
mod fit_check;
mod html;
pub mod id;
mod language;
mod pages;
mod plan;
mod pointer;
mod preset;
mod readable;
mod recognise;
mod transforms;
pub mod url;

use crate::digest::Digest;
use crate::error::{Error, Excerpt};
use crate::input::{Framing, Selection, pages::Page};
use crate::json::{Object, Value};
use crate::storage::filesystem;

use self::file::{Fault, Fields};
use self::plan::{Path as Pointer, Plan, Source, Unmapped};

pub(crate) use apply::Place;
pub(crate) use change::{Changed, Changes};
pub(crate) use core_fields::CoreFields;
pub use core_fields::FillRates;
pub use fields::{Holds, Target};
pub use fit_check::{FitCheck, Misfit};
pub(crate) use fit_check::{Lacks, is_cut};
pub(crate) use language::tag as language_tag;
pub use preset::{Preset, SourceChoice};
pub use recognise::{BetterSource, Chosen, SourceFit};
pub(crate) use recognise::{FittedMapping, Sampled};

/// The longest mapping file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Converts the articles of a source to articles in the schema's shape.
#[derive(Debug, Clone)]
pub struct Mapping {
    plan: Plan,
    targets: Vec<Target>,
    /// No member is moved, so an article only needs what is derived.
    in_place: bool,
    has_text: bool,
    has_id: bool,
    sha256: Digest,
}

/// An article in the schema's shape, and what was done to it.
#[derive(Debug)]
pub(crate) struct Mapped<'a> {
    /// The article.
    pub article: Value<'a>,
    /// Every change; [`Mapping::name_of`] gives the name it is reported under.
    pub changes: Changes,
}

impl Mapping {
    /// The mapping of this choice, for articles with these fields.
    ///
    /// A preset skips fields that the schema does not have. In a file such a field is an error, because it
    /// is probably misspelt.
    ///
    /// # Errors
    /// A file that cannot be read, or [`Error::Mapping`] with the line that cannot be used.
    pub fn open(source: &SourceChoice, targets: Vec<Target>) -> Result<Self, Error> {
        match source {
            SourceChoice::Preset(preset) => Self::read(preset.name(), preset.text().as_bytes(), targets, true),
            SourceChoice::File(path) => {
                let bytes = filesystem::read_bounded(path, MAX_BYTES)?;
                Self::read(&path.display().to_string(), &bytes, targets, false)
            }
        }
    }

    /// The mapping in the text of a mapping file, for articles with these fields. Errors call it `name`.
    ///
    /// # Errors
    /// [`Error::Mapping`] with the line that cannot be used.
    pub fn parse(name: &str, text: &str, targets: Vec<Target>) -> Result<Self, Error> {
        Self::read(name, text.as_bytes(), targets, false)
    }

    fn read(name: &str, bytes: &[u8], targets: Vec<Target>, lenient: bool) -> Result<Self, Error> {
        let refuse = |fault: Fault| {
            let line = crate::text::line_and_column(bytes, fault.at).0;
            let excerpt = str::from_utf8(bytes).ok().and_then(|text| Excerpt::of_word(text, fault.at)).map(Box::new);
            Error::Mapping { name: name.to_owned(), line, message: fault.message, excerpt, hint: fault.hint }
        };
        let text = str::from_utf8(bytes).map_err(|error| {
            refuse(Fault { at: error.valid_up_to(), message: "the file is not UTF-8".to_owned(), hint: None })
        })?;
        let plan = file::read(text, Fields { targets: &targets, lenient }).map_err(refuse)?;
        let has = |name: &str| targets.iter().any(|target| target.name == name);
        Ok(Self {
            in_place: plan.fields.is_empty() && plan.drop.is_empty() && plan.unmapped == Unmapped::Pass,
            has_text: has("text"),
            has_id: has("id"),
            sha256: Digest::of(bytes),
            plan,
            targets,
        })
    }

    /// SHA-256 of the mapping file's bytes.
    pub(crate) fn sha256(&self) -> Digest {
        self.sha256
    }

    /// How the articles of this source are framed in their inputs.
    pub(crate) fn framing(&self) -> Framing {
        match &self.plan.pages {
            None => Framing::Json,
            Some(rules) => Framing::Pages(rules.clone()),
        }
    }

    /// Which objects of its inputs are articles, as far as the mapping says.
    pub(crate) fn selection(&self) -> &Selection {
        &self.plan.selection
    }

    /// Which objects are articles, by these settings and by the mapping for what they leave open.
    ///
    /// # Errors
    /// [`Error::Mapping`] if something is selected and the inputs are page dumps.
    pub(crate) fn select(&self, settings: Selection) -> Result<Selection, Error> {
        let selection = settings.or(&self.plan.selection);
        if self.plan.pages.is_none() || selection == Selection::default() {
            return Ok(selection);
        }
        let message = "page dumps are not JSON, so `articles`, `only` and `skip` do not apply".to_owned();
        let hint = Some("leave these settings out".to_owned());
        Err(Error::Mapping { name: self.plan.name.clone(), line: 1, message, excerpt: None, hint })
    }

    /// Whether the mapped article has a text, or an id that was not derived.
    pub(crate) fn finds(&self, mapped: &Mapped<'_>) -> bool {
        let Some(article) = mapped.article.as_object() else { return false };
        let lacks = self.lacks(article);
        let is_derived = || mapped.changes.iter().any(|(changed, _)| *changed == Changed::Named("id"));
        self.has_text && !lacks.text || self.has_id && !lacks.id && !is_derived()
    }

    /// Maps a JSON value. A value that is not an object is not changed.
    pub(crate) fn map<'a>(&self, value: Value<'a>, place: Place<'_>) -> Mapped<'a> {
        match value {
            Value::Object(object) => self.complete(object, place, Changes::new()),
            article => Mapped { article, changes: Changes::new() },
        }
    }

    /// Maps a page of a page dump.
    pub(crate) fn map_page(&self, page: &Page) -> Mapped<'static> {
        let (object, changes) = pages::article(page);
        self.complete(object, Place::default(), changes)
    }

    fn complete<'a>(&self, object: Object<'a>, place: Place<'_>, mut changes: Changes) -> Mapped<'a> {
        let mut article = if self.in_place { object } else { apply::apply(&self.plan, object, place, &mut changes) };
        if self.plan.derive.domain {
            derive_domain(&mut article, &mut changes);
        }
        if self.plan.derive.id {
            derive_id(&mut article, &mut changes);
        }
        Mapped { article: Value::Object(article), changes }
    }

    /// The name that a change is reported under: a field or a member.
    pub(crate) fn name_of(&self, changed: Changed) -> &str {
        match changed {
            Changed::Field(number) => &self.plan.fields[number].name,
            Changed::Drop(number) => &self.plan.drop[number].name,
            Changed::Named(name) => name,
        }
    }

    /// Which of text and id a mapped article lacks.
    pub(crate) fn lacks(&self, article: &Object<'_>) -> Lacks {
        let missing = |name| matches!(article.get(name), None | Some(Value::Null));
        Lacks { text: self.has_text && missing("text"), id: self.has_id && missing("id") }
    }

    /// Whether a rule fills this field.
    pub(crate) fn makes(&self, field: &str) -> bool {
        self.plan.fields.iter().any(|one| one.name == field)
    }

    /// Whether a field has this name or is filled from a member of this name.
    pub(crate) fn reads(&self, name: &str) -> bool {
        let is_read = |target: &Target| target.name == name || self.plan.members(&target.name).any(|one| one == name);
        self.targets.iter().any(is_read)
    }

    /// Whether values may be at another place than in the input.
    pub(crate) fn moves(&self) -> bool {
        !self.in_place
    }

    /// The place in the input of the value at `pointer` in the mapped article; a pointer that leads nowhere
    /// if the mapping made the value.
    pub(crate) fn origin(&self, pointer: &str, input: &Value<'_>) -> String {
        let Some(tail) = pointer.strip_prefix('/').filter(|_| !self.in_place) else { return pointer.to_owned() };
        let (name, below) = tail.split_once('/').map_or((tail, ""), |(name, _)| (name, &tail[name.len()..]));
        if name == "_extra" && !below.is_empty() {
            return below.to_owned();
        }
        let Some(field) = self.plan.fields.iter().find(|field| field.name == name) else { return pointer.to_owned() };
        for source in &field.sources {
            let Source::Members(members) = source else { continue };
            for path in members.from.iter().filter(|path| matches!(path, Pointer::Pointer(_))) {
                if let Some(found) = pointer::first_pointer(input, path, &members.only) {
                    return if members.keeps_shape() { found + below } else { found };
                }
            }
        }
        pointer.to_owned()
    }
}

fn text<'o>(article: &'o Object<'_>, name: &str) -> Option<&'o str> {
    article.get(name).and_then(Value::as_str)
}

fn is_missing(article: &Object<'_>, name: &str) -> bool {
    matches!(article.get(name), None | Some(Value::Null))
}

/// Adds the host of the url where no domain is given.
fn derive_domain(article: &mut Object<'_>, changes: &mut Changes) {
    if is_missing(article, "domain")
        && let Some(host) = text(article, "url").and_then(url::host)
    {
        article.insert("domain", Value::String(host.into()));
        changes.push((Changed::Named("domain"), "host-of-url"));
    }
}

/// Adds an id where none is given.
fn derive_id(article: &mut Object<'_>, changes: &mut Changes) {
    if !is_missing(article, "id") {
        return;
    }
    let facts = id::Facts {
        url: text(article, "url"),
        publisher: text(article, "publisher"),
        domain: text(article, "domain"),
        title: text(article, "title"),
        published_date: text(article, "published_date"),
        text: text(article, "text"),
    };
    if let Some(id) = id::derive(&facts) {
        let rule = match id.get(..2) {
            Some("u1") => "derived-u1",
            Some("t1") => "derived-t1",
            _ => "derived-c1",
        };
        changes.push((Changed::Named("id"), rule));
        article.insert("id", Value::String(id.into()));
    }
}

#[cfg(test)]
mod tests;
