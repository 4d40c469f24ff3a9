//! `init`: a commented `dataset.toml` to start from.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::mapping::{Preset, SourceChoice};
use crate::release::{DATASET_TOML, is_name};
use crate::schema::{BuiltIn, Column, Extra, Kind, Schema};
use crate::storage::filesystem;

/// What to write.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The dataset's name; the folder's if none is said.
    pub name: Option<String>,
    /// `article`, or the path of a schema file relative to the folder.
    pub schema: String,
    /// The name of a source or the path of a mapping file relative to the folder, if one is said.
    pub source: Option<String>,
}

/// Writes `dataset.toml` into `folder`, which is made if need be. Returns the file's path.
///
/// # Errors
/// [`Error::Exists`] if there is one already, [`Error::Dataset`] if a name cannot be used, and a schema
/// file that is there and cannot be.
pub fn init(folder: &Path, options: &InitOptions) -> Result<PathBuf, Error> {
    let path = folder.join(DATASET_TOML);
    let fail = |message: String, hint: &str| {
        Err(Error::Dataset { path: path.clone(), line: None, message, hint: Some(hint.to_owned()) })
    };
    let own_name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let name = options.name.clone().or(own_name).unwrap_or_default();
    if !is_name(&name) {
        let shown = crate::text::one_line(&name, 60);
        return fail(
            format!("`{shown}` cannot name a dataset"),
            "say --name with lower-case letters, digits and single dashes",
        );
    }
    if let Some(source) = &options.source {
        SourceChoice::read(source, folder)?;
    }
    if path.exists() {
        return Err(Error::Exists { path });
    }
    let key = key(folder, &options.schema)?;
    filesystem::create_folder(folder)?;
    filesystem::write_new(&path, text(&name, &key, options).as_bytes())?;
    Ok(path)
}

/// What is said of the key. Which column it is nobody but the producer knows.
fn key(folder: &Path, schema: &str) -> Result<String, Error> {
    let path = folder.join(schema);
    if BuiltIn::named(schema).is_some() {
        return Ok("# key = \"id\"".to_owned());
    }
    if !path.exists() {
        return Ok("key = \"id\"".to_owned());
    }
    let schema = Schema::open(&path, Extra::Keep)?;
    let may_be =
        |column: &&Column| !column.nullable && matches!(column.kind, Kind::String | Kind::Int64 | Kind::UInt64);
    let names: Vec<String> = schema.columns().iter().filter(may_be).map(|column| column.name.clone()).collect();
    let quoted = |name: &String| toml::Value::String(name.clone()).to_string();
    Ok(match names.iter().find(|name| *name == "id") {
        Some(id) => format!("key = {}", quoted(id)),
        None if names.is_empty() => {
            "# key = \"\" # the schema requires no text or whole number that could be one".to_owned()
        }
        None => format!("# key = \"\" # one of {}", names.iter().map(quoted).collect::<Vec<_>>().join(", ")),
    })
}

fn text(name: &str, key: &str, options: &InitOptions) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let schema = quoted(&options.schema);
    let source = match &options.source {
        Some(source) => format!("source = {}", quoted(source)),
        None => "# source = \"article\"".to_owned(),
    };
    let line = |preset: &Preset| format!("#   {:<12} {}\n", preset.name(), preset.about());
    let presets: String = Preset::ALL.iter().map(line).collect();
    let pattern = if options.source.as_deref() == Some("pages") { "sources/*.txt" } else { "sources/*.jsonl*" };
    let is_own = BuiltIn::named(&options.schema).is_none();
    // Parsers take what pages hold; one long keyword is no reason to lose an article.
    let is_parser = options.source.as_deref().is_some_and(|source| !["article", "pages", "verbatim"].contains(&source));
    let invalid_optional =
        if is_parser && !is_own { "invalid_optional = \"extra\"" } else { "# invalid_optional = \"reject\"" };
    let order_by = if is_own { "# order_by = []" } else { "# order_by = [\"published_at\"]" };
    format!(
        "\
# A pressmark dataset. Build a release of it with: pressmark build <this folder>

name = \"{name}\"
# title = \"What readers see first\"
# description = \"Where the articles come from, what was left out and why.\"
# license = \"CC-BY-4.0\"
# creators = [{{ name = \"Your name\", url = \"https://orcid.org/...\" }}]

# The JSON Schema (2020-12) that decides what a record is: \"article\", or a file.
schema = {schema}

# What the inputs look like: a mapping file of your own, such as \"./mine.toml\", or one of
{presets}{source}

# What identifies a record, and what orders records.
{key}
{order_by}

# Files, folders and patterns, relative to this folder.
inputs = [\"{pattern}\"]
# Where articles are in each JSON text of the inputs, and which objects there are not articles.
# articles = \"/response/results/*\"
# skip = [\"/error\"]

[policy]
# How many articles may be rejected before nothing is published: a count or a share.
max_rejects = 0
# Members that the schema does not declare: \"keep\" (in the column _extra), \"reject\" or \"drop\".
extra = \"keep\"
# The value of an optional member that breaks a rule: \"reject\" its article, or move it to \"extra\".
{invalid_optional}
"
    )
}
