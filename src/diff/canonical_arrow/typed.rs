//! What plain files are compared by: the type and the value of anything, as bytes.
//!
//! Each value is a tag for its family and what follows from it alone; whatever has no fixed length
//! carries its length, and lists and objects end with a mark that no value starts with. So no value
//! is the start of another one, values written one after the other can be read back in one way,
//! and two different values never give the same bytes. What is hashed is hashed in this form.

use arrow_array::cast::AsArray;
use arrow_array::{Array, StructArray};

use super::scalar::Scalar;
use super::{CanonicalArrow, Kind, Texts, is_nothing, number};
use crate::diff::normalise::loose;
use crate::json::{self, Value, utf16_order};

/// The end of a list, object or map.
const END: u8 = 0;
/// What each value starts with.
const NULL: u8 = 1;
const BOOLEAN: u8 = 2;
const NUMBER: u8 = 3;
const TEXT: u8 = 4;
const BYTES: u8 = 5;
const DAY: u8 = 6;
const TIME: u8 = 7;
const INSTANT: u8 = 8;
const LOCAL: u8 = 9;
const DURATION: u8 = 10;
const LIST: u8 = 11;
/// A struct, a map of texts, and an object of JSON: members by their names.
const OBJECT: u8 = 12;
/// A map of other keys: entries in the order of their bytes.
const ENTRIES: u8 = 13;
/// A text that claims to be JSON and is not.
const NO_JSON: u8 = 14;

/// Appends an object member by member, null members left out.
pub(in crate::diff) struct ObjectEncoder<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> ObjectEncoder<'o> {
    pub(in crate::diff) fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(OBJECT);
        Self { out }
    }

    pub(in crate::diff) fn member(
        &mut self,
        name: &str,
        form: &CanonicalArrow,
        array: &dyn Array,
        row: usize,
        texts: Texts,
    ) {
        if !is_nothing(array, row) {
            bytes(TEXT, name.as_bytes(), self.out);
            form.encode(array, row, texts, self.out);
        }
    }

    pub(in crate::diff) fn close(self) {
        self.out.push(END);
    }
}

impl CanonicalArrow {
    /// Appends the type and the value in `row`.
    pub(in crate::diff) fn encode(&self, array: &dyn Array, row: usize, texts: Texts, out: &mut Vec<u8>) {
        if is_nothing(array, row) {
            return out.push(NULL);
        }
        match &self.kind {
            Kind::Plain(_) | Kind::Stored(_) => match self.scalar(array, row) {
                Some(value) => scalar(value, texts, out),
                None => out.push(NULL),
            },
            Kind::Json => json_text(array.as_string::<i32>().value(row), out),
            Kind::List(element) => {
                let elements = array.as_list::<i32>().value(row);
                out.push(LIST);
                (0..elements.len()).for_each(|at| element.encode(&elements, at, texts, out));
                out.push(END);
            }
            Kind::Struct(members) => {
                let columns = array.as_struct().columns();
                let mut object = ObjectEncoder::open(out);
                for (place, name, form) in &members.members {
                    object.member(name, form, &columns[*place], row, texts);
                }
                object.close();
            }
            Kind::Tuple(forms) => {
                let columns = array.as_struct().columns();
                out.push(LIST);
                forms.iter().zip(columns).for_each(|(form, column)| form.encode(column, row, texts, out));
                out.push(END);
            }
            Kind::Map(value) => object_of_map(value, &array.as_map().value(row), texts, out),
            Kind::Entries(forms) => entries_of_map((&forms.0, &forms.1), &array.as_map().value(row), texts, out),
        }
    }
}

/// The entries of a map of texts. A key that comes twice has its values in the order of their bytes.
fn object_of_map(value: &CanonicalArrow, entries: &StructArray, texts: Texts, out: &mut Vec<u8>) {
    let keys = entries.column(0).as_string::<i32>();
    let key = |at: usize| if keys.is_null(at) { "" } else { keys.value(at) };
    let entry = |at: usize| {
        let mut bytes_of = Vec::new();
        value.encode(entries.column(1), at, texts, &mut bytes_of);
        (keys.is_null(at), key(at), bytes_of)
    };
    let mut found: Vec<(bool, &str, Vec<u8>)> = (0..entries.len()).map(entry).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| utf16_order(a.1, b.1)).then_with(|| a.2.cmp(&b.2)));
    out.push(OBJECT);
    for (no_key, key, value) in found {
        if no_key {
            out.push(NULL);
        } else {
            bytes(TEXT, key.as_bytes(), out);
        }
        out.extend_from_slice(&value);
    }
    out.push(END);
}

fn entries_of_map(
    (key, value): (&CanonicalArrow, &CanonicalArrow),
    entries: &StructArray,
    texts: Texts,
    out: &mut Vec<u8>,
) {
    let entry = |at: usize| {
        let mut bytes_of = Vec::new();
        key.encode(entries.column(0), at, texts, &mut bytes_of);
        value.encode(entries.column(1), at, texts, &mut bytes_of);
        bytes_of
    };
    let mut found: Vec<Vec<u8>> = (0..entries.len()).map(entry).collect();
    found.sort_unstable();
    out.push(ENTRIES);
    out.extend_from_slice(&found.concat());
    out.push(END);
}

fn scalar(value: Scalar<'_>, texts: Texts, out: &mut Vec<u8>) {
    match value {
        Scalar::Boolean(value) => out.extend_from_slice(&[BOOLEAN, u8::from(value)]),
        Scalar::Integer(value) => {
            out.push(NUMBER);
            number::integer(value, out);
        }
        Scalar::Double(value) => {
            out.push(NUMBER);
            number::double(value, out);
        }
        Scalar::Decimal(value, scale) => {
            out.push(NUMBER);
            number::decimal(value, scale, out);
        }
        Scalar::Text(text) => match texts {
            Texts::Exact => bytes(TEXT, text.as_bytes(), out),
            Texts::Loose => bytes(TEXT, loose(text).as_bytes(), out),
        },
        Scalar::Bytes(value) => bytes(BYTES, value, out),
        Scalar::Day(days) => count(DAY, days.into(), out),
        Scalar::Time(nanoseconds) => count(TIME, nanoseconds, out),
        Scalar::Instant(nanoseconds, true) => count(INSTANT, nanoseconds, out),
        Scalar::Instant(nanoseconds, false) => count(LOCAL, nanoseconds, out),
        Scalar::Duration(nanoseconds) => count(DURATION, nanoseconds, out),
    }
}

fn count(tag: u8, number: i128, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&number.to_be_bytes());
}

fn bytes(tag: u8, value: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(value.len() as u64).to_be_bytes());
    out.extend_from_slice(value);
}

/// JSON is the value that it says; what is not JSON, or has numbers that no double holds, equals
/// the same text and nothing else.
fn json_text(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    if json::parse(text.as_bytes()).ok().and_then(|value| json_value(&value, out)).is_none() {
        out.truncate(start);
        bytes(NO_JSON, text.as_bytes(), out);
    }
}

/// Values of JSON are as deep as the parser lets them be.
fn json_value(value: &Value<'_>, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(value) => scalar(Scalar::Boolean(*value), Texts::Exact, out),
        Value::Number(number) => {
            let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            let value = whole.map(Scalar::Integer).or_else(|| number.exact_f64().ok().map(Scalar::Double))?;
            scalar(value, Texts::Exact, out);
        }
        Value::String(text) => scalar(Scalar::Text(text), Texts::Exact, out),
        Value::Array(elements) => {
            out.push(LIST);
            elements.iter().try_for_each(|element| json_value(element, out))?;
            out.push(END);
        }
        Value::Object(object) => {
            let mut members: Vec<(&str, &Value<'_>)> = object.iter().collect();
            members.sort_unstable_by(|a, b| utf16_order(a.0, b.0));
            out.push(OBJECT);
            for (name, value) in members {
                bytes(TEXT, name.as_bytes(), out);
                json_value(value, out)?;
            }
            out.push(END);
        }
    }
    Some(())
}
