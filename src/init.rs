//! `init`: a commented `dataset.toml` that builds, from options or from a look at the inputs.
//!
//! What is written was loaded first, so the next command never fails because of it. Articles are sampled to
//! choose a source, and are not validated.

mod template;

use std::path::{Component, Path, PathBuf};

use crate::code::Class;
use crate::error::Error;
use crate::input::{Anything, Block, Content, Limits, Reader, Source, resolve};
use crate::mapping::{FittedMapping, Mapping, SourceChoice, SourceFit};
use crate::record::Order;
use crate::release::{DATASET_TOML, Dataset, MANIFEST, SUMS, is_name};
use crate::schema::{BuiltIn, Column, Extra, InvalidOptional, Kind, Schema};
use crate::storage::{Location, filesystem};
use crate::text::{did_you_mean, one_line};

/// How many blocks of each input are looked at for what cannot be read.
const LOOKED_AT: usize = 8;

/// What to write.
#[derive(Debug, Clone, Default)]
pub struct InitOptions {
    /// The dataset's name. `None` takes the name of the folder.
    pub name: Option<String>,
    /// The name of a built-in schema, or the path of a schema file relative to the folder.
    pub schema: String,
    /// The name of a preset, or the path of a mapping file relative to the folder.
    pub source: Option<String>,
    /// The column that identifies a record. `None` chooses one.
    pub key: Option<String>,
    /// The columns that order the records. Empty chooses one.
    pub order_by: Vec<String>,
    /// Paths and patterns for `inputs`, relative to the folder.
    pub inputs: Vec<String>,
    /// Paths and patterns of articles to look at, relative to the working directory, to choose a source.
    pub from: Vec<String>,
}

/// What was written.
#[derive(Debug)]
pub struct InitReport {
    /// The path of `dataset.toml`.
    pub path: PathBuf,
    /// The source, if articles were looked at.
    pub source: Option<SourceFit>,
    /// The key.
    pub key: String,
    /// The columns that order the records.
    pub order_by: Vec<String>,
}

/// Writes `dataset.toml` into `folder`, which is created if it does not exist, and beside it the schema of
/// that file for editors, `.gitignore` and `.gitattributes`. A file that exists is kept.
///
/// # Errors
/// [`Error::Exists`] if there is a `dataset.toml`, [`Error::Dataset`] if what would be written could not be
/// used, and the errors of a schema, source or input that cannot be read.
pub fn init(folder: &Path, options: &InitOptions) -> Result<InitReport, Error> {
    let path = folder.join(DATASET_TOML);
    let name = name(folder, options)?;
    if path.exists() {
        return Err(Error::Exists { path });
    }
    // A release never changes, so a dataset cannot be inside of one.
    let is_release = |folder: &Path| folder.join(MANIFEST).is_file() && folder.join(SUMS).is_file();
    if folder.exists() && filesystem::resolved(folder)?.ancestors().any(is_release) {
        let message = "is part of a release, which never changes".to_owned();
        return Err(Error::Target { path, message });
    }
    let schema = match BuiltIn::named(&options.schema) {
        Some(schema) => Schema::built_in(schema, Extra::Keep)?,
        None => Schema::open(&joined(folder, &options.schema)?, Extra::Keep)?,
    };
    let is_article = BuiltIn::named(&options.schema).is_some();
    let given = options.source.as_deref().map(|source| SourceChoice::read(source, folder)).transpose()?;
    let given = match (given, &options.source) {
        (Some(SourceChoice::File(_)), Some(source)) => Some(SourceChoice::File(joined(folder, source)?)),
        (given, _) => given,
    };
    let is_given = given.is_some();
    let choice = given.unwrap_or_else(|| SourceChoice::default_for(is_article));
    let mapping = Mapping::open(&choice, schema.targets())?;
    let sources = sources(&options.from)?;
    let fitted = mapping.fitted(is_given, &sources, &[], Limits::default())?;
    readable(&fitted.mapping, &sources)?;
    let (key, mut other_keys) = key(&schema, options.key.as_deref())?;
    if is_article {
        other_keys.clear();
    }
    let order_by = order_by(&schema, &fitted, options);
    let source = options.source.clone().or_else(|| (!sources.is_empty()).then(|| fitted.fit.name.clone()));
    let is_extra = schema.check_invalid_optional(InvalidOptional::Extra, Extra::Keep).is_ok();
    let text = template::dataset(&template::Settings {
        name: &name,
        schema: &options.schema,
        key: &key,
        other_keys: &other_keys,
        order_by: &order_by,
        inputs: &inputs(options, source.as_deref()),
        invalid_optional: source.as_deref().is_some_and(is_parser) && is_extra,
        source: source.as_deref(),
    });
    check(folder, &text, &schema)?;
    filesystem::create_folder(folder)?;
    filesystem::write_new(&path, text.as_bytes())?;
    for (name, text) in template::BESIDE {
        let beside = folder.join(name);
        if !Location::from(&*beside).exists()? {
            filesystem::write_new(&beside, text.as_bytes())?;
        }
    }
    let source = (!sources.is_empty()).then_some(fitted.fit);
    Ok(InitReport { path, source, key, order_by })
}

/// The path of a file that is relative to a folder, which may not exist yet.
fn joined(folder: &Path, file: &str) -> Result<PathBuf, Error> {
    let goes_up = Path::new(file).components().any(|part| part == Component::ParentDir);
    if folder.exists() || !goes_up {
        return Ok(folder.join(file));
    }
    let mut path = filesystem::absolute(folder)?;
    for part in Path::new(file).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    Ok(path)
}

/// Loads what would be written as `build` does.
fn check(folder: &Path, text: &str, schema: &Schema) -> Result<(), Error> {
    let dataset = Dataset::parse(folder, text.as_bytes())?;
    Order::new(schema.columns(), &dataset.order_by, &dataset.key).map(drop).map_err(|error| {
        let hint = "choose other columns with `--key` and `--order-by`".to_owned();
        Error::Argument { message: error.to_string(), hint: Some(hint) }
    })
}

/// The given name, or one made of the folder's.
fn name(folder: &Path, options: &InitOptions) -> Result<String, Error> {
    const NAMES: &str = "lower-case letters, digits and single dashes";
    let refuse = |message: String, hint: String| Err(Error::Argument { message, hint: Some(hint) });
    if let Some(name) = &options.name {
        let message = format!("`{}` cannot name a dataset", one_line(name, 60));
        return if is_name(name) { Ok(name.clone()) } else { refuse(message, format!("set `--name` to {NAMES}")) };
    }
    let folder = filesystem::resolved(folder).or_else(|_not_there| filesystem::absolute(folder))?;
    let own = folder.file_name().unwrap_or_default().to_string_lossy();
    let lower = own.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    if is_name(&name) {
        return Ok(name);
    }
    let message = format!("no name for the dataset can be made of the folder's name, `{}`", one_line(&own, 60));
    refuse(message, format!("choose one with `--name`: {NAMES}"))
}

fn sources(from: &[String]) -> Result<Vec<Source>, Error> {
    if from.is_empty() { Ok(Vec::new()) } else { resolve(Path::new(""), Path::new(""), from) }
}

/// Refuses inputs whose beginning shows that no build could read them.
fn readable(mapping: &Mapping, sources: &[Source]) -> Result<(), Error> {
    let reader = Reader::new(mapping.framing(), Limits::default());
    for source in sources.iter().filter(|source| source.path.is_some()) {
        let (mut blocks, mut refused) = (0, None);
        let take = |block: Block| {
            blocks += 1;
            refused =
                refused.take().or_else(|| block.frames.iter().find_map(|frame| unreadable(source, &frame.content)));
            if blocks >= LOOKED_AT || refused.is_some() { Err(Error::Stopped) } else { Ok(()) }
        };
        reader.peek(source, &Anything, take)?;
        if let Some(error) = refused {
            return Err(error);
        }
    }
    Ok(())
}

fn unreadable(source: &Source, content: &Content) -> Option<Error> {
    let Content::Broken { code, message, help } = content else { return None };
    let input = one_line(&source.name, 200);
    let error = Error::Unreadable { code: *code, input, message: one_line(message, 300), hint: help.clone() };
    (code.class() == Class::Input).then_some(error)
}

fn inputs(options: &InitOptions, source: Option<&str>) -> Vec<String> {
    if !options.inputs.is_empty() {
        return options.inputs.clone();
    }
    vec![if source == Some("pages") { "sources/*.txt" } else { "sources/*.json*" }.to_owned()]
}

/// The key, and the other columns that could be one.
fn key(schema: &Schema, given: Option<&str>) -> Result<(String, Vec<String>), Error> {
    let refuse = |message: String, hint: String| Err(Error::Argument { message, hint: Some(hint) });
    let may_be =
        |column: &&Column| !column.nullable && matches!(column.kind, Kind::String | Kind::Int64 | Kind::UInt64);
    let mut names: Vec<String> = schema.columns().iter().filter(may_be).map(|column| column.name.clone()).collect();
    if let Some(given) = given {
        if names.iter().any(|name| name == given) {
            return Ok((given.to_owned(), Vec::new()));
        }
        let given_shown = one_line(given, 60);
        if given.contains(',') {
            let message = format!("the key is one column, and `{given_shown}` names several");
            return refuse(message, "choose one of them; `--order-by` takes several".to_owned());
        }
        let message = format!("`{given_shown}` cannot be the key: no required string or integer has this name");
        let meant = did_you_mean(given, names.iter().map(String::as_str));
        return refuse(message, format!("{meant}columns that can be the key: {}", one_line(&names.join(", "), 300)));
    }
    let is_id = |name: &str| {
        let name = name.to_lowercase();
        ["id", "uri", "url", "key", "uuid", "guid"].iter().any(|end| name == *end || name.ends_with(&format!("_{end}")))
    };
    let chosen = names.iter().position(|name| name == "id").or_else(|| names.iter().position(|name| is_id(name)));
    if names.is_empty() {
        let message = "the schema requires no string or integer, so no column can be the key".to_owned();
        return refuse(message, "add a column that identifies a record to `required` in the schema".to_owned());
    }
    let chosen = names.remove(chosen.unwrap_or(0));
    Ok((chosen, names))
}

/// The given order, or a date that the source fills.
fn order_by(schema: &Schema, fitted: &FittedMapping, options: &InitOptions) -> Vec<String> {
    if !options.order_by.is_empty() {
        return options.order_by.clone();
    }
    let has = |name: &str| schema.columns().position(name).is_some();
    let filled = |name: &str| fitted.filled.get(name).copied().unwrap_or_default();
    let by = match (has("published_at"), has("published_date")) {
        // A day is known of every time, and many sources give no more.
        (true, true) if filled("published_date") > filled("published_at") => "published_date",
        (true, true) if filled("published_at") == 0 && fitted.mapping.makes("published_date") => "published_date",
        (true, _) => "published_at",
        (false, true) => "published_date",
        (false, false) => {
            let is_time = |column: &&Column| !column.nullable && matches!(column.kind, Kind::Timestamp | Kind::Date);
            return schema.columns().iter().find(is_time).map(|column| column.name.clone()).into_iter().collect();
        }
    };
    vec![by.to_owned()]
}

/// Whether a source is a parser: it takes what pages hold, and one long keyword is no reason to reject an
/// article.
fn is_parser(source: &str) -> bool {
    !["article", "pages", "verbatim"].contains(&source)
}
