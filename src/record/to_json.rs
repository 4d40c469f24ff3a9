//! Converts a record back to an article, to validate it again with its own schema or another.
//!
//! A record does not distinguish missing from null, so there are two such articles ([`Nulls`]), and one of
//! them must be valid. The original bytes and the order of members are not restored. Strings are
//! borrowed. A cell of a damaged part may have a value that no record has; that is an [`InvalidCell`].

use std::borrow::Cow;

use super::cell::{Cell, Record};
use super::time;
use crate::json::{self, Number, Object, Value};
use crate::schema::{Column, Columns, EXTRA, Kind, Role};

/// A value that its column must not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCell<'c> {
    /// The column, or the innermost member, that has it.
    pub column: &'c str,
    /// What is wrong with it.
    pub message: &'static str,
}

/// How the nulls of a record are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// They are left out, unless the schema requires the member.
    Missing,
    /// As null, if the schema allows it.
    Written,
}

/// An article from which the record may have been made.
///
/// # Errors
/// The first value that no record has: NaN or an infinity, a time outside the years 0000 to 9999, or a
/// JSON column whose text is not canonical JSON.
pub fn to_json<'c, 'a>(columns: &'c Columns, record: &'a Record<'a>, nulls: Nulls) -> Result<Value<'a>, InvalidCell<'c>>
where
    'c: 'a,
{
    members(columns, record.cells(), nulls)
}

fn members<'c: 'a, 'a>(
    columns: &'c Columns,
    cells: &'a [Cell<'a>],
    nulls: Nulls,
) -> Result<Value<'a>, InvalidCell<'c>> {
    let mut members = Vec::with_capacity(cells.len());
    for (column, cell) in columns.iter().zip(cells) {
        match (cell, column.role) {
            (Cell::Null, _) if !is_written(column, nulls) => {}
            (Cell::Json(text), Role::Extra) => members.extend(extra(columns, column, text)?),
            _ => members.push((Cow::Borrowed(column.name.as_str()), value(column, cell, nulls)?)),
        }
    }
    Ok(Value::Object(Object::of_unique(members)))
}

/// Whether a null of this column is written.
fn is_written(column: &Column, nulls: Nulls) -> bool {
    column.presence.is_required() || column.presence.admits_null() && nulls == Nulls::Written
}

/// The undeclared members of a level.
fn extra<'c: 'a, 'a>(
    columns: &'c Columns,
    column: &'c Column,
    text: &'a str,
) -> Result<Vec<(Cow<'a, str>, Value<'a>)>, InvalidCell<'c>> {
    let invalid = |message| InvalidCell { column: &column.name, message };
    let Value::Object(object) = canonical(column, text)? else {
        return Err(invalid("it is not an object of undeclared members"));
    };
    let members: Vec<_> = object.into_members().collect();
    let declared = |name: &str| columns.position(name).is_some_and(|index| columns.at(index).role == Role::Declared);
    if members.iter().any(|(name, _)| declared(name)) {
        // The source has a member with the name of a field that the mapping fills from another member.
        return Ok(vec![(Cow::Borrowed(EXTRA), Value::Object(Object::of_unique(members)))]);
    }
    Ok(members)
}

fn value<'c: 'a, 'a>(column: &'c Column, cell: &'a Cell<'a>, nulls: Nulls) -> Result<Value<'a>, InvalidCell<'c>> {
    let invalid = |message| InvalidCell { column: &column.name, message };
    Ok(match (cell, &column.kind) {
        (Cell::Boolean(value), _) => Value::Bool(*value),
        (Cell::Int64(value), _) => Value::Number(Number::from_i64(*value)),
        (Cell::UInt64(value), _) => Value::Number(Number::from_u64(*value)),
        (Cell::Float64(value), _) => double(*value).map(Value::Number).ok_or(invalid("it is not a number in JSON"))?,
        (Cell::String(text), _) => Value::String(Cow::Borrowed(text)),
        (Cell::Json(text), _) => canonical(column, text)?,
        (Cell::Timestamp(value), _) => {
            written(|out| time::write_timestamp(out, i128::from(*value) * 1000, true)).ok_or(invalid(YEARS))?
        }
        (Cell::Date(value), _) => written(|out| time::write_date(out, (*value).into())).ok_or(invalid(YEARS))?,
        (Cell::List(cells), Kind::List(element)) => {
            Value::Array(cells.iter().map(|cell| value(element, cell, nulls)).collect::<Result<_, _>>()?)
        }
        (Cell::Struct(cells), Kind::Struct(columns)) => members(columns, cells, nulls)?,
        (Cell::Struct(cells), Kind::Tuple(entries)) => {
            let entries = entries.iter().zip(cells);
            Value::Array(entries.map(|(entry, cell)| value(entry, cell, nulls)).collect::<Result<_, _>>()?)
        }
        (Cell::Map(entries), Kind::Map(of)) => {
            if !entries.is_sorted_by(|(a, _), (b, _)| json::utf16_order(a, b).is_lt()) {
                return Err(invalid("its names are repeated or not in canonical order"));
            }
            let entries =
                entries.iter().map(|(name, cell)| Ok((Cow::Borrowed(name.as_ref()), value(of, cell, nulls)?)));
            Value::Object(Object::of_unique(entries.collect::<Result<Vec<_>, _>>()?))
        }
        // A null that the schema requires, or a null element.
        (Cell::Null | Cell::List(_) | Cell::Struct(_) | Cell::Map(_), _) => Value::Null,
    })
}

const YEARS: &str = "it is outside the years 0000 to 9999";

fn double(value: f64) -> Option<Number<'static>> {
    if !value.is_finite() || (value == 0.0 && value.is_sign_negative()) {
        return None;
    }
    let mut text = Vec::new();
    json::write_f64(&mut text, value);
    str::from_utf8(&text).ok().and_then(Number::parse).map(Number::into_owned)
}

fn written<'a>(write: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> Option<Value<'a>> {
    let mut text = Vec::new();
    write(&mut text)?;
    String::from_utf8(text).ok().map(|text| Value::String(Cow::Owned(text)))
}

/// Parses text that must be canonical JSON.
fn canonical<'c, 'a>(column: &'c Column, text: &'a str) -> Result<Value<'a>, InvalidCell<'c>> {
    let invalid = |message| InvalidCell { column: &column.name, message };
    let value = json::parse(text.as_bytes()).map_err(|_not_json| invalid("its text is not JSON"))?;
    let mut again = Vec::with_capacity(text.len());
    match json::write_value(&mut again, &value) {
        Ok(()) if again == text.as_bytes() => Ok(value),
        _ => Err(invalid("its text is not the canonical form of its value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::admit;
    use crate::schema::{Extra, Schema};

    const SCHEMA: &str = r#"{"type":"object","required":["id","n"],"properties":{
        "id":{"type":"string"},"n":{"type":["integer","null"]},"x":{"type":"number"},"d":{"type":"string","format":"date"},
        "t":{"type":"string","format":"date-time"},"l":{"type":"array","items":{"type":["string","null"]}},"j":{}}}"#;

    fn schema() -> Schema {
        Schema::compile("test".into(), SCHEMA.into(), Extra::Keep).unwrap()
    }

    #[track_caller]
    fn check(text: &str) {
        let schema = schema();
        let value = json::parse(text.as_bytes()).unwrap();
        let record = admit(schema.columns(), Extra::Keep, &value).unwrap().record;
        let back = to_json(schema.columns(), &record, Nulls::Missing).unwrap();
        assert_eq!(back.to_serde(), value.to_serde());
        assert!(schema.validate(&back).is_empty());
    }

    #[test]
    fn articles_are_restored() {
        check(r#"{"id":"a","n":null}"#);
        check(r#"{"id":"a","n":-1,"x":0.5,"d":"2024-02-29","t":"2024-02-29T10:00:00.5Z","l":["a",null,""],"j":[{}]}"#);
        check(r#"{"id":"a","n":1,"more":{"b":null},"x y":1}"#);
    }

    #[test]
    fn nulls_are_written_if_the_schema_allows_them() {
        let columns = r#"{"type":"object","required":["id"],"properties":{"id":{"type":"string"},
            "a":{"type":["string","null"]},"b":{"type":"string"}}}"#;
        let schema = Schema::compile("test".into(), columns.into(), Extra::Keep).unwrap();
        let value = json::parse(br#"{"id":"i","_extra":{"b":1}}"#).unwrap();
        let record = admit(schema.columns(), Extra::Keep, &value).unwrap().record;
        let back = |nulls| to_json(schema.columns(), &record, nulls).unwrap().to_serde();
        assert_eq!(back(Nulls::Missing), serde_json::json!({"id": "i", "_extra": {"b": 1}}));
        assert_eq!(back(Nulls::Written), serde_json::json!({"id": "i", "a": null, "_extra": {"b": 1}}));
    }

    #[track_caller]
    fn check_invalid(name: &str, cell: Cell<'static>, message: &str) {
        let schema = schema();
        let columns = schema.columns();
        let mut cells = vec![Cell::Null; columns.len()];
        cells[columns.position(name).unwrap()] = cell;
        let invalid = to_json(columns, &Record::new(cells.clone()), Nulls::Missing).unwrap_err();
        assert_eq!((invalid.column, invalid.message), (name, message));
    }

    #[test]
    fn values_that_no_record_has_are_refused() {
        let json = |text: &'static str| Cell::Json(Cow::Borrowed(text));
        for double in [f64::NAN, f64::INFINITY, -0.0] {
            check_invalid("x", Cell::Float64(double), "it is not a number in JSON");
        }
        check_invalid("d", Cell::Date(i32::MAX), YEARS);
        check_invalid("t", Cell::Timestamp(i64::MIN), YEARS);
        check_invalid("j", json("{"), "its text is not JSON");
        check_invalid("j", json("[1, 2]"), "its text is not the canonical form of its value");
        check_invalid("_extra", json("[]"), "it is not an object of undeclared members");
    }

    #[test]
    fn names_of_maps_are_in_order() {
        let schema =
            r#"{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"integer"}}}}"#;
        let schema = Schema::compile("test".into(), schema.into(), Extra::Drop).unwrap();
        let restored = |names: &[&'static str]| {
            let entries = names.iter().map(|name| (Cow::Borrowed(*name), Cell::Int64(1)));
            let record = Record::new(vec![Cell::Map(entries.collect())]);
            to_json(schema.columns(), &record, Nulls::Missing).is_ok()
        };
        assert!(restored(&[]) && restored(&["a", "b", "ä"]) && restored(&["", "Z", "a"]));
        assert!(!restored(&["b", "a"]) && !restored(&["a", "a"]));
    }
}
