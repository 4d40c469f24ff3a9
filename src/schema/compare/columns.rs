//! The one comparison of columns, by name and at every level: which were added, removed, renamed,
//! or have another type. `schema diff`, `diff` and `build --bump` all use it. Values are not compared.

use super::{Change, Class, ColumnChange};
use crate::schema::columns::{Column, Columns, Kind, Role};
use crate::schema::load::Schema;

/// Whether two columns of different names have the very same subschema.
type IsSame<'s> = &'s dyn Fn(&Column, &Column) -> bool;

pub(super) fn compare(base: &Schema, current: &Schema) -> Vec<ColumnChange> {
    let is_same = |before: &Column, after: &Column| {
        let (base, current) = (base.graph(), current.graph());
        let nodes = base.node_at(&before.pointer).zip(current.node_at(&after.pointer));
        nodes.is_some_and(|(before, after)| base.is_same(before, current, after))
    };
    let mut walk = Walk { is_same: &is_same, changes: Vec::new() };
    walk.level(base.columns(), current.columns(), "", Class::Safe);
    walk.changes
}

/// What changed in one column that both sides have, and in its members, elements and values. Their
/// paths start with `path`.
pub(crate) fn compare_column(base: &Column, current: &Column, path: &str, is_same: IsSame<'_>) -> Vec<ColumnChange> {
    let mut walk = Walk { is_same, changes: Vec::new() };
    walk.column(base, current, path);
    walk.changes
}

struct Walk<'s> {
    is_same: IsSame<'s>,
    changes: Vec<ColumnChange>,
}

impl Walk<'_> {
    /// Compares the columns of one level. `added` is the class of a new column: at the top level it
    /// changes no query; in a struct it changes the type of the struct.
    fn level(&mut self, base: &Columns, current: &Columns, prefix: &str, added: Class) {
        let gone: Vec<&Column> = base.iter().filter(|column| current.position(&column.name).is_none()).collect();
        let new: Vec<&Column> = current.iter().filter(|column| base.position(&column.name).is_none()).collect();
        let renamed = self.renamed(&gone, &new);
        for column in current {
            let path = format!("{prefix}{}", column.name);
            if let Some(index) = base.position(&column.name) {
                self.column(base.at(index), column, &path);
            } else if let Some((before, _)) = renamed.iter().find(|(_, after)| after.name == column.name) {
                let before = Some(format!("{prefix}{}", before.name));
                self.add(&path, Change::Renamed, Class::Breaking, before, None);
                self.column(renamed_from(&renamed, column), column, &path);
            } else {
                self.add(&path, Change::Added, added, None, Some(column.kind.describe()));
            }
        }
        for column in gone {
            if !renamed.iter().any(|(before, _)| before.name == column.name) {
                let path = format!("{prefix}{}", column.name);
                self.add(&path, Change::Removed, Class::Breaking, Some(column.kind.describe()), None);
            }
        }
    }

    fn column(&mut self, base: &Column, current: &Column, path: &str) {
        match (base.nullable, current.nullable) {
            (false, true) => self.add(path, Change::MadeOptional, Class::of_nullability(false), None, None),
            (true, false) => self.add(path, Change::MadeRequired, Class::of_nullability(true), None, None),
            _ => {}
        }
        match (&base.kind, &current.kind) {
            (Kind::List(base), Kind::List(current)) => self.column(base, current, &format!("{path}[]")),
            (Kind::Map(base), Kind::Map(current)) => self.column(base, current, &format!("{path}{{}}")),
            (Kind::Struct(base), Kind::Struct(current)) => {
                self.level(base, current, &format!("{path}."), Class::ReaderVisible);
            }
            (base, current) if base.describe() != current.describe() => {
                let (before, after) = (Some(base.describe()), Some(current.describe()));
                self.add(path, Change::Retyped, Class::Breaking, before, after);
            }
            _ => {}
        }
    }

    fn add(&mut self, path: &str, change: Change, class: Class, before: Option<String>, after: Option<String>) {
        self.changes.push(ColumnChange { path: path.to_owned(), change, class, before, after });
    }

    /// Columns that went and came with the very same subschema, if nothing else matches either.
    fn renamed<'c>(&self, gone: &[&'c Column], new: &[&'c Column]) -> Vec<(&'c Column, &'c Column)> {
        let declared = |column: &Column| column.role == Role::Declared;
        let same =
            |before: &Column, after: &Column| declared(before) && declared(after) && (self.is_same)(before, after);
        let mut pairs = Vec::new();
        for before in gone {
            let matches: Vec<_> = new.iter().filter(|after| same(before, after)).collect();
            if let [after] = matches[..]
                && gone.iter().filter(|other| same(other, after)).count() == 1
            {
                pairs.push((*before, *after));
            }
        }
        pairs
    }
}

fn renamed_from<'c>(renamed: &[(&'c Column, &'c Column)], after: &'c Column) -> &'c Column {
    renamed.iter().find(|(_, current)| current.name == after.name).map_or(after, |(before, _)| *before)
}
