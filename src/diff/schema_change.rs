//! [`SchemaChange`]: what changed in columns, key and rules between two sides.
//!
//! Columns are compared by name and type; which of them were renamed the content of their
//! records has said before. What changed in the rules, and what that does, is found out by
//! [`compare_rules`]; members of records that came or went are told as columns alone.

use arrow_schema::{DataType, Field, TimeUnit};
use serde::Serialize;
use serde_json::{Map, Value};

use super::compare::ColumnPair;
use super::side::Side;
use super::table::Table;
use crate::release::VersionCause;
use crate::schema::{Effect, RuleChange, compare_rules};
use crate::text::one_line;

/// How many characters of a rule are told.
const TOLD: usize = 200;

/// One change of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum SchemaChange {
    /// A column came.
    ColumnAdded {
        /// Its name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A column went.
    ColumnRemoved {
        /// Its name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A column has another name, as its values tell.
    ColumnRenamed {
        /// The old name.
        before: String,
        /// The new name.
        column: String,
    },
    /// A column has another type.
    ColumnRetyped {
        /// Its name.
        column: String,
        /// The old type.
        before: String,
        /// The new type.
        after: String,
    },
    /// A column may be null and could not, or the other way round.
    Nullability {
        /// Its name.
        column: String,
        /// Whether every record has a value now.
        required: bool,
    },
    /// Another column identifies records.
    Key {
        /// The old column.
        before: String,
        /// The new column.
        after: String,
    },
    /// Other columns order the records.
    Order {
        /// The old columns.
        before: Vec<String>,
        /// The new columns.
        after: Vec<String>,
    },
    /// A rule of the JSON Schema.
    Rule {
        /// Where it stands: a JSON Pointer into the schema.
        pointer: String,
        /// What it said, as JSON; none if it was not there.
        before: Option<String>,
        /// What it says.
        after: Option<String>,
        /// What the changes at this place do there.
        effect: Effect,
    },
    /// What all changed rules do together to the records that are accepted.
    Accepts {
        /// What that is.
        effect: Effect,
    },
}

impl SchemaChange {
    /// What it means for versions, if it does.
    pub(super) fn cause(&self) -> Option<VersionCause> {
        Some(match self {
            Self::ColumnAdded { .. } => VersionCause::ColumnAdded,
            Self::ColumnRemoved { .. }
            | Self::ColumnRenamed { .. }
            | Self::ColumnRetyped { .. }
            | Self::Nullability { required: false, .. }
            | Self::Key { .. } => VersionCause::ColumnBroken,
            Self::Nullability { required: true, .. } => VersionCause::RuleTightened,
            Self::Order { .. } => VersionCause::Packaging,
            // A rule may stand below a `not`, so only all of them together tell.
            Self::Rule { .. } => return None,
            Self::Accepts { effect } => match effect {
                Effect::Tightened | Effect::Changed | Effect::NotProved => VersionCause::RuleTightened,
                Effect::Loosened => VersionCause::RuleLoosened,
                Effect::Same => VersionCause::Packaging,
            },
        })
    }
}

/// All changes between two sides.
pub(super) fn schema_changes(
    (base_side, base): (&Side, &Table),
    (current_side, current): (&Side, &Table),
    columns: &[ColumnPair],
) -> Vec<SchemaChange> {
    let mut changes = Vec::new();
    for pair in columns.iter().filter(|pair| !pair.ignored) {
        changes.extend(column_changes(base, current, pair));
    }
    let keys = [(base, base_side), (current, current_side)].map(|(table, side)| (table.column(&side.key), table));
    if let [(Some(a), base), (Some(b), current)] = keys
        && base_side.key == current_side.key
    {
        let pair = ColumnPair {
            name: base_side.key.clone(),
            renamed_from: None,
            base: Some(a),
            current: Some(b),
            ignored: false,
        };
        changes.extend(column_changes(base, current, &pair));
    }
    if base_side.key != current_side.key {
        changes.push(SchemaChange::Key { before: base_side.key.clone(), after: current_side.key.clone() });
    }
    if let (Some(before), Some(after)) = (&base_side.release, &current_side.release) {
        let (old, new) = (&before.manifest.order_by, &after.manifest.order_by);
        if old != new {
            changes.push(SchemaChange::Order { before: old.clone(), after: new.clone() });
        }
        changes.extend(rule_changes(&before.schema, &after.schema));
    }
    changes
}

/// What changed in the rules. A member of records that only one schema declares is a column that
/// came or went, and may be anything here.
fn rule_changes(before: &Value, after: &Value) -> Vec<SchemaChange> {
    let (mut before, mut after) = (before.clone(), after.clone());
    if let [Some(old), Some(new)] = [&mut before, &mut after].map(properties) {
        let differing = |a: &Map<String, Value>, b: &Map<String, Value>| {
            a.keys().filter(|name| !b.contains_key(*name)).cloned().collect::<Vec<_>>()
        };
        for name in [differing(old, new), differing(new, old)].concat() {
            old.insert(name.clone(), Value::Bool(true));
            new.insert(name, Value::Bool(true));
        }
    }
    let (rules, effect) = compare_rules(&before, &after);
    let mut changes: Vec<SchemaChange> = rules.iter().flat_map(rule).collect();
    changes.extend((!rules.is_empty()).then_some(SchemaChange::Accepts { effect }));
    changes
}

fn properties(schema: &mut Value) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut()
}

fn rule(RuleChange { pointer, keywords, effect }: &RuleChange) -> impl Iterator<Item = SchemaChange> {
    let told = |value: &Option<Value>| value.as_ref().map(|value| one_line(&value.to_string(), TOLD));
    keywords.iter().map(move |change| {
        let at = if change.keyword.is_empty() { String::new() } else { format!("/{}", change.keyword) };
        SchemaChange::Rule {
            pointer: format!("{pointer}{at}"),
            before: told(&change.before),
            after: told(&change.after),
            effect: *effect,
        }
    })
}

fn column_changes(base: &Table, current: &Table, pair: &ColumnPair) -> Vec<SchemaChange> {
    let column = pair.name.clone();
    let (before, after) = match (pair.base, pair.current) {
        (Some(before), Some(after)) => (&base.columns()[before].field, &current.columns()[after].field),
        (Some(before), None) => {
            return vec![SchemaChange::ColumnRemoved { column, kind: kind(&base.columns()[before].field) }];
        }
        (None, Some(after)) => {
            return vec![SchemaChange::ColumnAdded { column, kind: kind(&current.columns()[after].field) }];
        }
        (None, None) => return Vec::new(),
    };
    let mut changes = Vec::new();
    if let Some(before) = &pair.renamed_from {
        changes.push(SchemaChange::ColumnRenamed { before: before.clone(), column: column.clone() });
    }
    let (old, new) = (kind(before), kind(after));
    if old != new {
        changes.push(SchemaChange::ColumnRetyped { column: column.clone(), before: old, after: new });
    }
    if before.is_nullable() != after.is_nullable() {
        changes.push(SchemaChange::Nullability { column, required: before.is_nullable() });
    }
    changes
}

/// The type of a column in the manifest's words, where it has any.
fn kind(field: &Field) -> String {
    match field.data_type() {
        DataType::Utf8 => "string".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(unit, zone) => {
            let unit = match unit {
                TimeUnit::Second => "s",
                TimeUnit::Millisecond => "ms",
                TimeUnit::Microsecond => "us",
                TimeUnit::Nanosecond => "ns",
            };
            zone.as_ref().map_or_else(|| format!("timestamp[{unit}]"), |zone| format!("timestamp[{unit}, {zone}]"))
        }
        DataType::List(element) => format!("list<{}>", kind(element)),
        DataType::Struct(fields) => {
            let members: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.name(), kind(field))).collect();
            format!("struct<{}>", members.join(", "))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => {
                format!("map<{}>", fields.iter().map(|field| kind(field)).collect::<Vec<_>>().join(", "))
            }
            other => other.to_string(),
        },
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn kinds_in_the_words_of_the_manifest() {
        let field = |name: &str, kind: DataType| Field::new(name, kind, true);
        let check = |data_type: DataType, want: &str| assert_eq!(kind(&field("x", data_type)), want);
        let entry = DataType::Struct([field("key", DataType::Utf8), field("value", DataType::Date32)].to_vec().into());
        check(DataType::Map(Arc::new(field("key_value", entry.clone())), false), "map<string, date>");
        check(DataType::List(Arc::new(field("element", entry))), "list<struct<key: string, value: date>>");
        check(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), "timestamp[us, UTC]");
        check(DataType::UInt64, "uint64");
    }
}
