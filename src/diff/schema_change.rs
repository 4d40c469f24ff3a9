//! [`SchemaChange`]: what changed in columns, key and rules between two sides.
//!
//! Columns are compared by name and type; renamed columns have already been found by their values.
//! [`compare_rules`] finds what changed in the rules and its effect. Added and removed columns are reported
//! as such only.

use serde::Serialize;
use serde_json::Value;

use super::compare::ColumnPair;
use super::input::DiffInput;
use super::scan::Scan;
use crate::release::VersionCause;
use crate::schema::{
    Change, Class, Column, ColumnChange, Columns, Effect, KeywordChange, RuleChange, RuleComparison, compare_column,
    compare_rules,
};
use crate::text::one_line;

/// The most characters of a rule.
const RULE: usize = 200;

/// One change of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum SchemaChange {
    /// A column was added.
    ColumnAdded {
        /// Its name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A column was removed.
    ColumnRemoved {
        /// Its name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A column has another name and the same values.
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
    /// A column became optional or required.
    Nullability {
        /// Its name.
        column: String,
        /// Whether it is required now.
        required: bool,
    },
    /// The key changed.
    Key {
        /// The old columns, with commas.
        before: String,
        /// The new columns, with commas.
        after: String,
    },
    /// The order of records changed.
    Order {
        /// The old columns.
        before: Vec<String>,
        /// The new columns.
        after: Vec<String>,
    },
    /// The rules at one position of the JSON Schema changed.
    Rule {
        /// The position: a JSON Pointer into the schema.
        pointer: String,
        /// The keywords that differ there.
        keywords: Vec<Keyword>,
        /// Their combined effect there.
        effect: Effect,
    },
    /// The combined effect of all changed rules on the accepted records.
    Accepts {
        /// The effect.
        effect: Effect,
        /// Whether the effect does not cover added and removed columns.
        columns_aside: bool,
    },
}

/// A keyword of the JSON Schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Keyword {
    /// Its name, with the path if it is an added or removed member.
    pub keyword: String,
    /// Its old value as JSON; `None` if it was absent.
    pub before: Option<String>,
    /// Its new value.
    pub after: Option<String>,
}

impl SchemaChange {
    /// A change of a declared column, or of a member within one.
    fn of_column(ColumnChange { path: column, change, before, after, .. }: ColumnChange) -> Self {
        let [before, after] = [before, after].map(Option::unwrap_or_default);
        match change {
            Change::Added => Self::ColumnAdded { column, kind: after },
            Change::Removed => Self::ColumnRemoved { column, kind: before },
            Change::Renamed => Self::ColumnRenamed { before, column },
            Change::Retyped => Self::ColumnRetyped { column, before, after },
            Change::MadeRequired => Self::Nullability { column, required: true },
            Change::MadeOptional => Self::Nullability { column, required: false },
        }
    }

    /// Its cause for a new version, if it has one.
    pub(super) fn cause(&self) -> Option<VersionCause> {
        Some(match self {
            Self::ColumnAdded { .. } => VersionCause::ColumnAdded,
            Self::ColumnRemoved { .. } | Self::ColumnRenamed { .. } | Self::ColumnRetyped { .. } | Self::Key { .. } => {
                VersionCause::ColumnBroken
            }
            // The same classes as in `schema diff`. Tightened and loosened rules are separate causes.
            Self::Nullability { required, .. } => match Class::of_nullability(*required) {
                Class::Safe => VersionCause::Packaging,
                Class::ReaderVisible => VersionCause::RuleLoosened,
                Class::Breaking => VersionCause::ColumnBroken,
            },
            Self::Order { .. } => VersionCause::Packaging,
            // A rule may be inside a `not`, so only the combined effect counts.
            Self::Rule { .. } => return None,
            Self::Accepts { effect, .. } => match effect {
                Effect::Tightened | Effect::Changed | Effect::NotProved => VersionCause::RuleTightened,
                Effect::Loosened => VersionCause::RuleLoosened,
                Effect::Same => VersionCause::Packaging,
            },
        })
    }
}

/// All changes between two sides.
pub(super) fn schema_changes(
    (base_side, base): (&DiffInput, &Scan),
    (current_side, current): (&DiffInput, &Scan),
    columns: &[ColumnPair],
) -> Vec<SchemaChange> {
    let mut changes = Vec::new();
    let releases = base_side.release.as_ref().zip(current_side.release.as_ref());
    let typed_base = Typed { table: base, schema: releases.map(|(release, _)| (&release.columns, &release.schema)) };
    let typed_current =
        Typed { table: current, schema: releases.map(|(_, release)| (&release.columns, &release.schema)) };
    for pair in columns.iter().filter(|pair| !pair.ignored) {
        changes.extend(column_changes(typed_base, typed_current, pair));
    }
    let [old_key, new_key] = [base, current].map(Scan::key_names);
    if old_key == new_key {
        for (name, (old, new)) in new_key.into_iter().zip(base.key().iter().zip(current.key())) {
            let (base, current) = (Some(*old), Some(*new));
            let pair = ColumnPair { name, renamed_from: None, base, current, ignored: false };
            changes.extend(column_changes(typed_base, typed_current, &pair));
        }
    } else {
        changes.push(SchemaChange::Key { before: old_key.join(", "), after: new_key.join(", ") });
    }
    if let Some((before, after)) = releases {
        let (old, new) = (&before.manifest.order_by, &after.manifest.order_by);
        if old != new {
            changes.push(SchemaChange::Order { before: old.clone(), after: new.clone() });
        }
        changes.extend(rule_changes(&before.schema, &after.schema, columns));
    }
    changes
}

/// What changed in the rules, except for added and removed columns.
fn rule_changes(before: &Value, after: &Value, columns: &[ColumnPair]) -> Vec<SchemaChange> {
    let of_one_side =
        columns.iter().filter(|pair| pair.base.is_none() || pair.current.is_none() || pair.renamed_from.is_some());
    let names: Vec<&str> =
        of_one_side.flat_map(|pair| pair.renamed_from.as_deref().into_iter().chain([pair.name.as_str()])).collect();
    let RuleComparison { rules, accepts, aside } = compare_rules(before, after, &names);
    let is_changed = !rules.is_empty();
    let mut changes: Vec<SchemaChange> = rules.into_iter().map(rule).collect();
    changes.extend(is_changed.then_some(SchemaChange::Accepts { effect: accepts, columns_aside: aside }));
    changes
}

fn rule(RuleChange { pointer, keywords, effect }: RuleChange) -> SchemaChange {
    let text = |value: Option<Value>| value.map(|value| one_line(&value.to_string(), RULE));
    let keyword = |change: KeywordChange| Keyword {
        keyword: change.keyword,
        before: text(change.before),
        after: text(change.after),
    };
    SchemaChange::Rule { pointer, keywords: keywords.into_iter().map(keyword).collect(), effect }
}

fn column_changes(base: Typed<'_>, current: Typed<'_>, pair: &ColumnPair) -> Vec<SchemaChange> {
    let column = pair.name.clone();
    let (before, after) = match (pair.base, pair.current) {
        (Some(before), Some(after)) => (before, after),
        (Some(before), None) => return vec![SchemaChange::ColumnRemoved { column, kind: base.kind(before) }],
        (None, Some(after)) => return vec![SchemaChange::ColumnAdded { column, kind: current.kind(after) }],
        (None, None) => return Vec::new(),
    };
    let mut changes = Vec::new();
    if let Some(before) = &pair.renamed_from {
        changes.push(SchemaChange::ColumnRenamed { before: before.clone(), column: column.clone() });
    }
    if let (Some(old), Some(new)) = (base.declared(before), current.declared(after)) {
        let is_same = |old: &Column, new: &Column| {
            let subschema = base.subschema(old);
            subschema.is_some() && subschema == current.subschema(new)
        };
        let nested = compare_column(old, new, &column, &is_same);
        changes.extend(nested.into_iter().map(SchemaChange::of_column));
        return changes;
    }
    let (old, new) = (base.kind(before), current.kind(after));
    if old != new && !are_local_times(&old, &new) {
        changes.push(SchemaChange::ColumnRetyped { column: column.clone(), before: old, after: new });
    }
    let [was_nullable, is_nullable] = [(base, before), (current, after)].map(|(side, index)| side.is_nullable(index));
    if was_nullable != is_nullable {
        changes.push(SchemaChange::Nullability { column, required: was_nullable });
    }
    changes
}

/// Whether one type is int96 and the other a timestamp without a zone: int96 is an older encoding
/// of the same values, and readers give both the same type.
fn are_local_times(old: &str, new: &str) -> bool {
    const INT96: &str = "int96";
    let is_local = |kind: &str| kind == INT96 || kind.starts_with("timestamp[") && !kind.contains(',');
    (old == INT96 || new == INT96) && is_local(old) && is_local(new)
}

/// The types of one side's columns.
#[derive(Clone, Copy)]
struct Typed<'t> {
    table: &'t Scan,
    /// The columns that the schema declares, and the schema, where both sides have one.
    schema: Option<(&'t Columns, &'t Value)>,
}

impl<'t> Typed<'t> {
    /// The column as the schema declares it, where both sides have a schema.
    fn declared(self, index: usize) -> Option<&'t Column> {
        let (columns, _) = self.schema?;
        Some(columns.at(columns.position(&self.table.columns()[index].name)?))
    }

    fn subschema(self, column: &Column) -> Option<&'t Value> {
        self.schema?.1.pointer(&column.pointer)
    }

    fn kind(self, index: usize) -> String {
        let column = &self.table.columns()[index];
        self.declared(index).map_or_else(|| column.kind.clone(), |column| column.kind.describe())
    }

    fn is_nullable(self, index: usize) -> bool {
        self.table.columns()[index].is_nullable
    }
}
