//! Reading a mapping file: TOML to a [`Plan`], everything that cannot work refused with its place.
//!
//! The keys are a closed set (`docs/sources.md` lists them), so that a misspelt rule is never a
//! silent default. What rules do is not known here.

mod field;
mod table;

use self::table::Table;
use super::fields::Target;
use super::plan::{Derive, Dropped, Plan, Unmapped};
use crate::input::Selection;
use crate::input::pages::Rules;
use crate::text::{one_line, toml_syntax};

/// What is wrong with a mapping file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The byte of the file at fault, from 0.
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// What the fields of a mapping are held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'t> {
    pub(super) targets: &'t [Target],
    /// Fields that the schema does not have are passed over, as in a mapping that was written for
    /// another schema.
    pub(super) lenient: bool,
}

/// Reads the text of a mapping file.
pub(super) fn read(text: &str, fields: Fields<'_>) -> Result<Plan, Fault> {
    let document = toml::de::DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Fault::new(at, one_line(toml_syntax(error.message()), 300))
    })?;
    let top = Table::new(document.get_ref(), 0);
    top.knows(&[
        "name",
        "about",
        "unmapped",
        "derive",
        "drop",
        "drop_copies",
        "nulls",
        "pages",
        "fields",
        "articles",
        "only",
        "skip",
    ])?;
    let name =
        top.text("name")?.ok_or_else(|| Fault::new(0, "the mapping has no name").hint("add: name = \"my-parser\""))?;
    top.text("about")?;
    let pages = pages(&top)?;
    // The members of a page are named like fields by us.
    let unmapped = top.choice("unmapped", &[("pass", Unmapped::Pass), ("extra", Unmapped::Extra)])?;
    let mut plan = Plan {
        name: name.to_owned(),
        fields: Vec::new(),
        nulls: nulls(&top)?,
        drop: dropped(&top)?,
        unmapped: unmapped.unwrap_or(if pages.is_some() { Unmapped::Pass } else { Unmapped::Extra }),
        derive: derive(&top, fields)?,
        selection: selection(text)?,
        pages,
        declared: fields.targets.iter().map(|target| target.name.clone()).collect(),
    };
    if let Some(table) = top.table("fields")? {
        plan.fields = field::fields(&table, fields)?;
    }
    Ok(plan)
}

/// Which objects are articles: the settings that `dataset.toml` has as well.
fn selection(text: &str) -> Result<Selection, Fault> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let is_only = error.message().starts_with("invalid type: ");
        let only = "`only` is a table of members and their values, such as { kind = \"news\" }";
        Fault::new(at, one_line(if is_only { only } else { error.message() }, 300))
    })
}

fn dropped(top: &Table<'_, '_>) -> Result<Vec<Dropped>, Fault> {
    let mut dropped = Vec::new();
    for (key, only_copy) in [("drop", false), ("drop_copies", true)] {
        let names = top.texts(key)?.unwrap_or_default();
        dropped.extend(names.into_iter().map(|name| Dropped { name, only_copy }));
    }
    Ok(dropped)
}

fn nulls(top: &Table<'_, '_>) -> Result<Vec<String>, Fault> {
    let Some(nulls) = top.table("nulls")? else { return Ok(Vec::new()) };
    nulls.knows(&["strings"])?;
    Ok(nulls.texts("strings")?.unwrap_or_default())
}

fn derive(top: &Table<'_, '_>, fields: Fields<'_>) -> Result<Derive, Fault> {
    let mut derive = Derive::default();
    for name in top.texts("derive")?.unwrap_or_default() {
        let has = fields.targets.iter().any(|target| target.name == name);
        match name.as_str() {
            "domain" | "id" if !has && !fields.lenient => {
                return Err(Fault::new(top.at("derive"), format!("the schema has no field `{name}` to derive")));
            }
            "domain" => derive.domain = has,
            "id" => derive.id = has,
            name => {
                let message = format!("`{}` cannot be derived", one_line(name, 60));
                return Err(Fault::new(top.at("derive"), message).hint("only `domain` and `id` can"));
            }
        }
    }
    Ok(derive)
}

fn pages(top: &Table<'_, '_>) -> Result<Option<Rules>, Fault> {
    let Some(pages) = top.table("pages")? else { return Ok(None) };
    pages.knows(&["anchors", "companions"])?;
    let lines = |key: &'static str| match pages.texts(key)? {
        Some(lines)
            if lines.iter().any(|line| line.trim().is_empty() || line.trim() != line || line.contains('\n')) =>
        {
            let message = format!("`{key}` lists whole lines, without white space around them");
            Err(Fault::new(pages.at(key), message))
        }
        lines => Ok(lines),
    };
    let known = Rules::default();
    let anchors = lines("anchors")?.unwrap_or(known.anchors);
    if anchors.is_empty() {
        return Err(Fault::new(pages.at("anchors"), "without an anchor no page can be found"));
    }
    Ok(Some(Rules { anchors, companions: lines("companions")?.unwrap_or(known.companions) }))
}
