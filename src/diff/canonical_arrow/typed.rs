//! [`TypedBytes`]: type and value of anything as bytes. Plain files are compared by them.
//!
//! Each value is a tag for its family and its content; content without a fixed length starts with its
//! length, and lists and objects end with a byte that no value starts with. So no value is a prefix
//! of another, a sequence of values can be read back in one way only, and two different values never
//! have the same bytes.

use super::number;
use crate::json::{self, Value, utf16_order};
use crate::record::{CanonicalValue, Form, Scalar};

/// The end of a list, object or map.
const END: u8 = 0;
/// The tag of each family.
const NULL: u8 = 1;
const BOOLEAN: u8 = 2;
const NUMBER: u8 = 3;
const STRING: u8 = 4;
const BYTES: u8 = 5;
const DATE: u8 = 6;
const TIME: u8 = 7;
const TIMESTAMP: u8 = 8;
const LOCAL: u8 = 9;
const DURATION: u8 = 10;
const LIST: u8 = 11;
/// A struct, a map with string keys, or a JSON object.
const OBJECT: u8 = 12;
/// A map with other keys: its entries in the order of their bytes.
const ENTRIES: u8 = 13;
/// A string that is supposed to be JSON, but is not.
const NO_JSON: u8 = 14;

/// Appends values as bytes to a buffer.
pub(in crate::diff) struct TypedBytes<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> TypedBytes<'o> {
    pub(in crate::diff) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }
}

impl Form for TypedBytes<'_> {
    fn null(&mut self) {
        self.out.push(NULL);
    }

    fn scalar(&mut self, value: Scalar<'_>) {
        scalar(value, self.out);
    }

    /// JSON is compared by its value. A string that is not JSON, or has numbers that no double holds,
    /// equals the same string and nothing else.
    fn json(&mut self, text: &str) {
        let start = self.out.len();
        if json::parse(text.as_bytes()).ok().and_then(|value| json_value(&value, self.out)).is_none() {
            self.out.truncate(start);
            bytes(NO_JSON, text.as_bytes(), self.out);
        }
    }

    fn list<V: CanonicalValue>(&mut self, elements: impl Iterator<Item = V>) {
        self.out.push(LIST);
        elements.for_each(|element| element.write(self));
        self.out.push(END);
    }

    fn object<'n, V: CanonicalValue>(&mut self, members: impl Iterator<Item = (&'n str, V)>) {
        self.out.push(OBJECT);
        for (name, value) in members.filter(|(_, value)| !value.is_null()) {
            bytes(STRING, name.as_bytes(), self.out);
            value.write(self);
        }
        self.out.push(END);
    }

    /// The values of a repeated key come in the order of their bytes.
    fn map<'n, V: CanonicalValue>(&mut self, entries: impl Iterator<Item = (Option<&'n str>, V)>) {
        let mut sorted: Vec<_> = entries.map(|(key, value)| (key, bytes_of(&[value]))).collect();
        let of = |key: Option<&'n str>| key.unwrap_or_default();
        sorted.sort_by(|a, b| {
            let by_key = a.0.is_none().cmp(&b.0.is_none()).then_with(|| utf16_order(of(a.0), of(b.0)));
            by_key.then_with(|| a.1.cmp(&b.1))
        });
        self.out.push(OBJECT);
        for (key, value) in sorted {
            match key {
                Some(key) => bytes(STRING, key.as_bytes(), self.out),
                None => self.null(),
            }
            self.out.extend_from_slice(&value);
        }
        self.out.push(END);
    }

    fn entries<V: CanonicalValue>(&mut self, entries: impl Iterator<Item = [V; 2]>) {
        let mut sorted: Vec<Vec<u8>> = entries.map(|entry| bytes_of(&entry)).collect();
        sorted.sort_unstable();
        self.out.push(ENTRIES);
        self.out.extend_from_slice(&sorted.concat());
        self.out.push(END);
    }
}

fn bytes_of<V: CanonicalValue>(values: &[V]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        value.write(&mut TypedBytes::new(&mut out));
    }
    out
}

fn scalar(value: Scalar<'_>, out: &mut Vec<u8>) {
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
        Scalar::String(text) => bytes(STRING, text.as_bytes(), out),
        Scalar::Bytes(value) => bytes(BYTES, value, out),
        Scalar::Date(days) => count(DATE, days.into(), out),
        Scalar::Time(nanoseconds) => count(TIME, nanoseconds, out),
        Scalar::Timestamp(nanoseconds, true) => count(TIMESTAMP, nanoseconds, out),
        Scalar::Timestamp(nanoseconds, false) => count(LOCAL, nanoseconds, out),
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

/// Appends a JSON value. The parser bounds its depth.
fn json_value(value: &Value<'_>, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(value) => scalar(Scalar::Boolean(*value), out),
        Value::Number(number) => {
            let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            let value = whole.map(Scalar::Integer).or_else(|| number.exact_f64().ok().map(Scalar::Double))?;
            scalar(value, out);
        }
        Value::String(text) => scalar(Scalar::String(text), out),
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
                bytes(STRING, name.as_bytes(), out);
                json_value(value, out)?;
            }
            out.push(END);
        }
    }
    Some(())
}
