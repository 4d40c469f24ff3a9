//! Makes a record of an article: every member goes to its column or is refused.
//!
//! The schema has accepted the article before; this module checks whether the columns can hold it. It
//! never rounds, truncates or converts a value.

use std::borrow::Cow;

use super::cell::{Cell, Record};
use super::time;
use crate::code::Code;
use crate::json::{self, Inexact, MAX_DEPTH, Object, Value, escape_token};
use crate::schema::{Column, Columns, EXTRA, Extra, Kind, Role, Violation};
use crate::text;

/// A record, and the number of members that were dropped.
#[derive(Debug)]
pub struct Admission<'a> {
    /// The record.
    pub record: Record<'a>,
    /// The number of undeclared members that the policy dropped.
    pub dropped: u64,
}

/// Makes the record of an article that the schema accepted.
///
/// # Errors
/// The values that no column can hold.
pub fn admit<'a>(columns: &Columns, extra: Extra, article: &Value<'a>) -> Result<Admission<'a>, Vec<Violation>> {
    let mut admitter = Admitter { extra, path: Vec::new(), violations: Vec::new(), dropped: 0 };
    let cells = match article {
        Value::Object(object) => admitter.members(columns, object),
        other => {
            admitter.refuse(Code::NotObject, "", format!("expected an object, found {}", other.kind()));
            Vec::new()
        }
    };
    if admitter.violations.is_empty() {
        Ok(Admission { record: Record::new(cells), dropped: admitter.dropped })
    } else {
        Err(admitter.violations)
    }
}

struct Admitter<'c> {
    extra: Extra,
    /// The current position. It is written out only for a violation.
    path: Vec<Step<'c>>,
    violations: Vec<Violation>,
    dropped: u64,
}

/// A step from a value to one within it.
enum Step<'c> {
    Member(&'c str),
    Key(String),
    Element(usize),
}

impl<'c> Admitter<'c> {
    fn members<'a>(&mut self, columns: &'c Columns, object: &Object<'a>) -> Vec<Cell<'a>> {
        let mut cells = Vec::with_capacity(columns.len());
        let mut found = 0;
        for column in columns {
            let cell = match column.role {
                Role::Declared => match object.get(&column.name) {
                    Some(value) => {
                        found += 1;
                        self.below(Step::Member(&column.name), |admitter| admitter.cell(column, value))
                    }
                    None => self.absent(column),
                },
                Role::Extra if found == object.len() => Cell::Null,
                Role::Extra => self.undeclared(columns, object),
            };
            cells.push(cell);
        }
        let kept = columns.iter().any(|column| column.role == Role::Extra);
        if !kept && found < object.len() {
            self.leave_out(columns, object);
        }
        cells
    }

    /// Runs `inner` one step further down.
    fn below<T>(&mut self, step: Step<'c>, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let result = inner(self);
        self.path.pop();
        result
    }

    /// The JSON Pointer of the current position.
    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            pointer.push('/');
            match step {
                Step::Member(name) => pointer.push_str(&escape_token(name)),
                Step::Key(name) => pointer.push_str(&escape_token(name)),
                Step::Element(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }

    fn absent<'a>(&mut self, column: &Column) -> Cell<'a> {
        if !column.nullable {
            self.refuse(Code::NoColumn, &column.pointer, format!("the column `{}` needs a value", column.name));
        }
        Cell::Null
    }

    fn cell<'a>(&mut self, column: &'c Column, value: &Value<'a>) -> Cell<'a> {
        match (&column.kind, value) {
            (Kind::Json, value) => self.json(column, value),
            (_, Value::Null) => self.absent(column),
            (Kind::Boolean, Value::Bool(value)) => Cell::Boolean(*value),
            (Kind::Int64, Value::Number(number)) => match number.as_i64() {
                Some(value) => Cell::Int64(value),
                None => self.refuse_integer(column, number),
            },
            (Kind::UInt64, Value::Number(number)) => match number.as_u64() {
                Some(value) => Cell::UInt64(value),
                None => self.refuse_integer(column, number),
            },
            (Kind::Float64, Value::Number(number)) => match number.exact_f64() {
                // -0 and 0 are one value, so they must have one form.
                Ok(value) => Cell::Float64(if value == 0.0 { 0.0 } else { value }),
                Err(inexact) => self.refuse_number(column, inexact),
            },
            (Kind::String, Value::String(text)) => Cell::String(text.clone()),
            (Kind::Timestamp, Value::String(text)) => match time::parse_timestamp(text) {
                Ok(microseconds) => Cell::Timestamp(microseconds),
                Err(code) => self.refuse_plain(column, code),
            },
            (Kind::Date, Value::String(text)) => match time::parse_date(text) {
                Ok(days) => Cell::Date(days),
                Err(code) => self.refuse_plain(column, code),
            },
            (Kind::List(element), Value::Array(values)) => Cell::List(
                values
                    .iter()
                    .enumerate()
                    .map(|(index, value)| self.below(Step::Element(index), |admitter| admitter.cell(element, value)))
                    .collect(),
            ),
            (Kind::Struct(columns), Value::Object(object)) => Cell::Struct(self.members(columns, object)),
            (Kind::Tuple(columns), Value::Array(values)) if values.len() == columns.len() => Cell::Struct(
                columns
                    .iter()
                    .zip(values)
                    .enumerate()
                    .map(|(index, (column, value))| {
                        self.below(Step::Element(index), |admitter| admitter.cell(column, value))
                    })
                    .collect(),
            ),
            (Kind::Map(column), Value::Object(object)) => self.map(column, object),
            (kind, value) => {
                let message = format!("a {} column cannot hold {}", kind.describe(), value.kind());
                self.refuse(Code::NoColumn, &column.pointer, message)
            }
        }
    }

    /// The entries of a map in canonical order, so that the order of the input has no effect.
    fn map<'a>(&mut self, column: &'c Column, object: &Object<'a>) -> Cell<'a> {
        let mut members: Vec<_> = object.members().iter().collect();
        members.sort_by(|a, b| json::utf16_order(&a.0, &b.0));
        let entries = members.into_iter().map(|(name, value)| {
            let step = Step::Key(name.to_string());
            (name.clone(), self.below(step, |admitter| admitter.cell(column, value)))
        });
        Cell::Map(entries.collect())
    }

    fn json<'a>(&mut self, column: &Column, value: &Value<'_>) -> Cell<'a> {
        if matches!(value, Value::Null) && column.nullable {
            return Cell::Null;
        }
        self.canonical(&column.pointer, value)
    }

    /// The canonical form of a JSON value; refuses numbers that no double holds.
    fn canonical<'a>(&mut self, schema: &str, value: &Value<'_>) -> Cell<'a> {
        let mut text = Vec::new();
        match json::write_value(&mut text, value) {
            Ok(()) => Cell::Json(Cow::Owned(into_string(text))),
            Err(at) => {
                let code = code_of(at.reason);
                let violation = Violation::plain(code, self.pointer() + &at.pointer, code.meaning().to_owned());
                self.violations.push(Violation { schema: schema.to_owned(), ..violation });
                Cell::Null
            }
        }
    }

    /// The members that no column declares, as one JSON object. An article in canonical form already has
    /// some of them in `_extra`.
    fn undeclared<'a>(&mut self, columns: &Columns, object: &Object<'_>) -> Cell<'a> {
        let mut found = undeclared(columns, object).peekable();
        if found.peek().is_none() {
            return Cell::Null;
        }
        let mut rest: Vec<(&str, &Value<'_>)> = Vec::new();
        for (name, value) in found {
            match value {
                Value::Object(members) if name == EXTRA => rest.extend(members.iter()),
                value => rest.push((name, value)),
            }
        }
        rest.sort_by_key(|(name, _)| *name);
        if let Some(pair) = rest.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let message = format!("`{}` is both in `{EXTRA}` and next to it", text::one_line(pair[0].0, 60));
            return self.refuse(Code::NoColumn, "", message);
        }
        // In the record, a value is inside `_extra`, its object, and the levels around it.
        let room = MAX_DEPTH.saturating_sub(self.path.len() + 2);
        if let Some((name, _)) = rest.iter().find(|(_, value)| value.is_deeper_than(room)) {
            let message =
                format!("`{}` would be nested more than {MAX_DEPTH} deep in `{EXTRA}`", text::one_line(name, 60));
            return self.refuse(Code::Depth, "", message);
        }
        let members = rest.into_iter().map(|(name, value)| (Cow::Borrowed(name), value.clone()));
        self.canonical("", &Value::Object(Object::of_unique(members)))
    }

    /// Applies the policy to undeclared members without a column.
    fn leave_out(&mut self, columns: &Columns, object: &Object<'_>) {
        for (name, _) in undeclared(columns, object) {
            let shown = text::one_line(name, 60);
            let (code, message) = match self.extra {
                Extra::Drop => {
                    self.dropped += 1;
                    continue;
                }
                Extra::Reject => (Code::Additional, format!("undeclared member `{shown}`")),
                // If the schema allows undeclared members, there is a column for them. If the columns come
                // from an alternative that allows none, another alternative may allow one.
                Extra::Keep => (Code::NoColumn, format!("the member `{shown}` has no column")),
            };
            let pointer = format!("{}/{}", self.pointer(), escape_token(name));
            self.violations.push(Violation::plain(code, pointer, message));
        }
    }

    fn refuse_integer<'a>(&mut self, column: &Column, number: &json::Number<'_>) -> Cell<'a> {
        let code = if number.is_integer() { Code::IntRange } else { Code::NoColumn };
        self.refuse_plain(column, code)
    }

    fn refuse_number<'a>(&mut self, column: &Column, inexact: Inexact) -> Cell<'a> {
        self.refuse_plain(column, code_of(inexact))
    }

    fn refuse_plain<'a>(&mut self, column: &Column, code: Code) -> Cell<'a> {
        self.refuse(code, &column.pointer, code.meaning().to_owned())
    }

    fn refuse<'a>(&mut self, code: Code, schema: &str, message: String) -> Cell<'a> {
        let violation = Violation::plain(code, self.pointer(), message);
        self.violations.push(Violation { schema: schema.to_owned(), ..violation });
        Cell::Null
    }
}

/// The members that no column declares. A member that is declared without a column counts as missing if it
/// is null, and as undeclared if an alternative allows another value.
fn undeclared<'o>(columns: &Columns, object: &'o Object<'_>) -> impl Iterator<Item = (&'o str, &'o Value<'o>)> {
    let has_column = |name: &str, value: &Value<'_>| {
        columns.iter().any(|column| column.role == Role::Declared && column.name == name)
            || matches!(value, Value::Null) && columns.omitted().iter().any(|omitted| omitted.name == name)
    };
    object.iter().filter(move |(name, value)| !has_column(name, value))
}

fn code_of(inexact: Inexact) -> Code {
    match inexact {
        Inexact::Overflow => Code::FloatRange,
        Inexact::Rounded => Code::FloatPrecision,
    }
}

fn into_string(canonical: Vec<u8>) -> String {
    String::from_utf8(canonical).expect("the canonical writer writes UTF-8")
}
