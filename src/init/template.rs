//! The texts that `init` writes. Nothing is chosen here.

use crate::mapping::Preset;

/// The files beside `dataset.toml`, which are kept if they exist.
pub(super) const BESIDE: [(&str, &str); 3] = [
    (".dataset.schema.json", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/dataset.schema.json"))),
    (
        ".gitattributes",
        "# Releases are hashed byte by byte: Git must not change line endings.\n*/** -text\n*.parquet binary\n",
    ),
    (
        ".gitignore",
        "# Rejects and working files of builds are not part of the dataset.\n/rejects/\n/.lock\n/.staging-*\n",
    ),
];

/// What `dataset.toml` says.
pub(super) struct Settings<'s> {
    pub(super) name: &'s str,
    pub(super) schema: &'s str,
    pub(super) source: Option<&'s str>,
    pub(super) key: &'s str,
    pub(super) other_keys: &'s [String],
    pub(super) order_by: &'s [String],
    pub(super) inputs: &'s [String],
    pub(super) invalid_optional: bool,
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// The text of `dataset.toml`.
pub(super) fn dataset(settings: &Settings<'_>) -> String {
    let Settings { name, schema, source, key, other_keys, order_by, inputs, invalid_optional } = settings;
    let source = match source {
        Some(source) => format!("source = {}", quoted(source)),
        None => "# source = \"trafilatura\"".to_owned(),
    };
    let line = |preset: &Preset| format!("#   {:<12} {}\n", preset.name(), preset.about());
    let presets: String = Preset::ALL.iter().map(line).collect();
    let others = match other_keys {
        [] => String::new(),
        others => format!(" # or {}", others.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
    };
    let invalid_optional =
        if *invalid_optional { "invalid_optional = \"extra\"" } else { "# invalid_optional = \"reject\"" };
    format!(
        "\
#:schema ./.dataset.schema.json
# A pressmark dataset. To build a release of it: pressmark build <this folder>

name = \"{name}\"
# title = \"What readers see first\"
# description = \"Where the articles come from, what was left out and why.\"
# license = \"CC-BY-4.0\"
# creators = [{{ name = \"Your name\", url = \"https://orcid.org/...\" }}]

# The JSON Schema (2020-12) that records must match: \"article\", \"article-strict\", or a file.
schema = {schema}

# What wrote the inputs: a mapping file, such as \"./mine.toml\", or one of
{presets}# Without it, the source is recognised from a sample of the inputs at each build.
{source}

# The column that identifies a record, and the columns that order records.
key = {key}{others}
order_by = {order_by}

# Files, folders and patterns, relative to this folder.
inputs = {inputs}
# Where articles are in each JSON text of the inputs, and which objects there are not articles.
# articles = \"/response/results/*\"
# skip = [\"/error\"]

[policy]
# How many articles may be rejected before nothing is published: a count, or a share such as \"0.5%\".
max_rejects = 0
# What to do with members that the schema does not declare: \"keep\" (in the column _extra), \"reject\", \"drop\".
extra = \"keep\"
# What to do with an invalid value of an optional member: \"reject\" the article, or move it to _extra (\"extra\").
{invalid_optional}
",
        schema = quoted(schema),
        key = quoted(key),
        order_by = list(order_by),
        inputs = list(inputs),
    )
}
