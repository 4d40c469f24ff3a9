//! From a record back to an article that it may have been: what another schema is asked about.
//!
//! A record does not tell missing from null, so there are two such articles; whoever judges takes
//! the kinder one. The bytes an article had, its order of members and spelling, are gone.

use std::borrow::Cow;

use super::cell::{Cell, Record};
use super::time;
use crate::json::{self, Number, Object, Value};
use crate::schema::{Column, Columns, Kind, Role};

/// What a null of a record is in the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// No member at all.
    Missing,
    /// A member that is null.
    Written,
}

/// An article whose record under these columns is `record`. `None` if a JSON column holds no
/// JSON, as only a foreign or damaged part has it.
pub fn article(columns: &Columns, record: &Record<'_>, nulls: Nulls) -> Option<Value<'static>> {
    object(columns, record.cells(), nulls)
}

fn object(columns: &Columns, cells: &[Cell<'_>], nulls: Nulls) -> Option<Value<'static>> {
    let mut members: Vec<(Cow<'static, str>, Value<'static>)> = Vec::new();
    for (column, cell) in columns.iter().zip(cells) {
        match (column.role, value(column, cell, nulls)?) {
            (Role::Extra, Value::Object(undeclared)) => {
                let undeclared = undeclared.members().iter();
                members.extend(undeclared.map(|(name, value)| (name.clone(), value.clone())));
            }
            (Role::Extra, _) => {}
            (Role::Declared, Value::Null) if nulls == Nulls::Missing => {}
            (Role::Declared, value) => members.push((Cow::Owned(column.name.clone()), value)),
        }
    }
    Some(Value::Object(Object::of_unique(members)))
}

fn value(column: &Column, cell: &Cell<'_>, nulls: Nulls) -> Option<Value<'static>> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok().map(|text| Value::String(Cow::Owned(text)));
    Some(match (cell, &column.kind) {
        (Cell::Boolean(truth), _) => Value::Bool(*truth),
        (Cell::Int64(integer), _) => Value::Number(Number::from_i64(*integer)),
        (Cell::UInt64(integer), _) => Value::Number(Number::from_u64(*integer)),
        (Cell::Float64(double), _) => {
            let mut digits = Vec::new();
            json::write_f64(&mut digits, *double);
            json::parse(&digits).ok()?.into_owned()
        }
        (Cell::String(text), _) => Value::String(Cow::Owned(text.clone().into_owned())),
        (Cell::Json(text), _) => json::parse(text.as_bytes()).ok()?.into_owned(),
        (Cell::Timestamp(microseconds), _) => {
            let mut written = Vec::new();
            time::write_timestamp(&mut written, *microseconds)?;
            text(written)?
        }
        (Cell::Date(days), _) => {
            let mut written = Vec::new();
            time::write_date(&mut written, *days)?;
            text(written)?
        }
        (Cell::List(cells), Kind::List(element)) => {
            Value::Array(cells.iter().map(|cell| value(element, cell, nulls)).collect::<Option<_>>()?)
        }
        (Cell::Struct(cells), Kind::Tuple(entries)) => {
            let entries = entries.iter().zip(cells);
            Value::Array(entries.map(|(entry, cell)| value(entry, cell, nulls)).collect::<Option<_>>()?)
        }
        (Cell::Struct(cells), Kind::Struct(columns)) => object(columns, cells, nulls)?,
        (Cell::Map(entries), Kind::Map(of)) => {
            let entries = entries
                .iter()
                .map(|(name, cell)| Some((Cow::Owned(name.clone().into_owned()), value(of, cell, nulls)?)));
            Value::Object(Object::of_unique(entries.collect::<Option<Vec<_>>>()?))
        }
        (Cell::Null | Cell::List(_) | Cell::Struct(_) | Cell::Map(_), _) => Value::Null,
    })
}
