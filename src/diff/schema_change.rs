//! [`SchemaChange`]: what changed in columns, key and rules between two sides.
//!
//! Columns are compared by name and type; which of them were renamed the content of their
//! records has said before. What changed in the rules, and what that does, is found out by
//! [`compare_rules`]; columns that came or went are told as such alone.

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
        /// The old column; the names of several, with commas.
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
    /// The rules at one place of the JSON Schema.
    Rule {
        /// Which place: a JSON Pointer into the schema.
        pointer: String,
        /// The keywords that differ there.
        keywords: Vec<Keyword>,
        /// What they do together, there.
        effect: Effect,
    },
    /// What all changed rules do together to the records that are accepted.
    Accepts {
        /// What that is.
        effect: Effect,
        /// Whether it was left aside that columns which came or went could be anything before or can now.
        columns_aside: bool,
    },
}

/// A keyword of the JSON Schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Keyword {
    /// Its name; of a member that came or went, with its path.
    pub keyword: String,
    /// What it said, as JSON; none if it was not there.
    pub before: Option<String>,
    /// What it says.
    pub after: Option<String>,
}

impl SchemaChange {
    /// A change of a column that a schema declares, or of a member within one.
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

    /// What it means for versions, if it does.
    pub(super) fn cause(&self) -> Option<VersionCause> {
        Some(match self {
            Self::ColumnAdded { .. } => VersionCause::ColumnAdded,
            Self::ColumnRemoved { .. } | Self::ColumnRenamed { .. } | Self::ColumnRetyped { .. } | Self::Key { .. } => {
                VersionCause::ColumnBroken
            }
            // One rule with `schema diff`. Rules that became tighter or looser are causes of their own.
            Self::Nullability { required, .. } => match Class::of_nullability(*required) {
                Class::Safe => VersionCause::Packaging,
                Class::ReaderVisible => VersionCause::RuleLoosened,
                Class::Breaking => VersionCause::ColumnBroken,
            },
            Self::Order { .. } => VersionCause::Packaging,
            // A rule may stand below a `not`, so only all of them together tell.
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

/// What changed in the rules, columns that came or went aside.
fn rule_changes(before: &Value, after: &Value, columns: &[ColumnPair]) -> Vec<SchemaChange> {
    let lonely =
        columns.iter().filter(|pair| pair.base.is_none() || pair.current.is_none() || pair.renamed_from.is_some());
    let names: Vec<&str> =
        lonely.flat_map(|pair| pair.renamed_from.as_deref().into_iter().chain([pair.name.as_str()])).collect();
    let RuleComparison { rules, accepts, aside } = compare_rules(before, after, &names);
    let is_changed = !rules.is_empty();
    let mut changes: Vec<SchemaChange> = rules.into_iter().map(rule).collect();
    changes.extend(is_changed.then_some(SchemaChange::Accepts { effect: accepts, columns_aside: aside }));
    changes
}

fn rule(RuleChange { pointer, keywords, effect }: RuleChange) -> SchemaChange {
    let told = |value: Option<Value>| value.map(|value| one_line(&value.to_string(), TOLD));
    let keyword = |change: KeywordChange| Keyword {
        keyword: change.keyword,
        before: told(change.before),
        after: told(change.after),
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
    let [was_nullable, is_nullable] = [(base, before), (current, after)].map(|(side, place)| side.is_nullable(place));
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
    fn declared(self, place: usize) -> Option<&'t Column> {
        let (columns, _) = self.schema?;
        Some(columns.at(columns.position(&self.table.columns()[place].name)?))
    }

    fn subschema(self, column: &Column) -> Option<&'t Value> {
        self.schema?.1.pointer(&column.pointer)
    }

    fn kind(self, place: usize) -> String {
        let column = &self.table.columns()[place];
        self.declared(place).map_or_else(|| column.kind.clone(), |column| column.kind.describe())
    }

    fn is_nullable(self, place: usize) -> bool {
        self.table.columns()[place].is_nullable
    }
}
