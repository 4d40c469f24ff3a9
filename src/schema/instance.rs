//! Lets the `jsonschema` crate validate a [`Value`] in place, without copying it.
//!
//! Numbers are compared by their exact text and strings are never copied; a `serde_json` copy is
//! made only for an error that the validator reports, and of an array or object only its size. Each
//! look at a part takes a step (`step_budget`). Which schema applies is not known here.

use std::{borrow::Cow, collections::HashSet};

use jsonschema::{
    JsonType,
    json::{Array, Json, JsonNumber, Node, NodeIdentity, Object as JsonObject},
};

use jsonschema_value::LazyInstance;

use super::step_budget;
use crate::json::{Number, Object, Value, write_i64, write_string};

/// What an error keeps of the value that it is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Excerpt {
    /// A value without parts.
    Plain(serde_json::Value),
    /// The start of a string, and its length in characters.
    Text(String, u64),
    /// An array of so many elements.
    Array(u64),
    /// An object of so many members.
    Object(u64),
    /// Nothing: the error was made when no step was left, and is not valid.
    Nothing,
}

/// How many characters of a string are kept.
const START: usize = 100;

impl Excerpt {
    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Array(elements) => Self::Array(elements.len() as u64),
            Value::Object(object) => Self::Object(object.len() as u64),
            Value::String(text) => Self::Text(text.chars().take(START).collect(), text.chars().count() as u64),
            plain => Self::Plain(plain.to_serde()),
        }
    }

    /// As an error can hold it: wrapped in an array or object.
    fn to_value(&self) -> serde_json::Value {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Text(start, length) => serde_json::json!([start, length]),
            Self::Array(length) => serde_json::json!([length]),
            Self::Object(length) => serde_json::json!({ "": length }),
            Self::Nothing => serde_json::json!([]),
        }
    }

    /// What an error holds.
    pub(super) fn from_value(value: &serde_json::Value) -> Self {
        let size = |value: Option<&serde_json::Value>| value.and_then(serde_json::Value::as_u64).unwrap_or_default();
        match value {
            serde_json::Value::Array(parts) => match parts.as_slice() {
                [] => Self::Nothing,
                [serde_json::Value::String(start), length] => Self::Text(start.clone(), size(Some(length))),
                parts => Self::Array(size(parts.first())),
            },
            serde_json::Value::Object(members) => Self::Object(size(members.get(""))),
            plain => Self::Plain(plain.clone()),
        }
    }

    /// Of a value in a schema.
    pub(super) fn of_serde(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Array(elements) => Self::Array(elements.len() as u64),
            serde_json::Value::Object(members) => Self::Object(members.len() as u64),
            serde_json::Value::String(text) => {
                Self::Text(text.chars().take(START).collect(), text.chars().count() as u64)
            }
            plain => Self::Plain(plain.clone()),
        }
    }
}

/// Names [`Value`] as the representation a validator is built for.
#[derive(Debug)]
pub(crate) struct Instance;

impl Json for Instance {
    type Node<'a> = &'a Value<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    // A lookup walks half the members on average, so one walk over all of them costs two lookups.
    const KEYS_PER_LOOKUP: usize = 2;
    // Values own their parts.
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(Self::Node<'_>) -> T) -> T {
        f(&Value::String(Cow::Borrowed(string)))
    }
}

impl<'a> Node<'a, Instance> for &'a Value<'a> {
    type Object = &'a Object<'a>;
    type Array = Elements<'a>;
    type Number = &'a Number<'a>;

    fn as_object(&self) -> Option<&'a Object<'a>> {
        Value::as_object(self)
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        Value::as_array(self).map(Elements)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        let text = self.as_str()?;
        step_budget::take(text.len() as u64 / BYTES_FOR_STEP);
        Some(Cow::Borrowed(text))
    }

    fn as_number(&self) -> Option<&'a Number<'a>> {
        Value::as_number(self)
    }

    fn as_boolean(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    fn is_string(&self) -> bool {
        matches!(self, Value::String(_))
    }

    fn json_type(&self) -> JsonType {
        match self {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Array(_) => JsonType::Array,
            Value::Object(_) => JsonType::Object,
        }
    }

    fn string_length_within(&self, min: u64, max: u64) -> Option<bool> {
        let text = self.as_str()?;
        // A character takes one to four bytes; most limits are decided without counting.
        let most = text.len() as u64;
        let fewest = most.div_ceil(4);
        step_budget::take(most / BYTES_FOR_STEP);
        if most < min || fewest > max {
            return Some(false);
        }
        if min <= fewest && most <= max {
            return Some(true);
        }
        Some((min..=max).contains(&(text.chars().count() as u64)))
    }

    fn equals_value(&self, expected: &serde_json::Value) -> bool {
        equal(self, expected)
    }

    fn to_value(&self) -> Cow<'a, serde_json::Value> {
        if step_budget::is_listing() {
            // It goes into an error of an internal keyword, which has counted itself.
            step_budget::take(1);
            return Cow::Owned(excerpt(self).to_value());
        }
        Cow::Owned(self.to_serde())
    }

    // Every error holds the value that it is about. Copies of a whole object, one for each of its
    // members, would take any amount of memory.
    fn lazy_value(&self) -> LazyInstance<'a> {
        let excerpt = excerpt(self);
        step_budget::count_error();
        LazyInstance::Ready(Cow::Owned(excerpt.to_value()))
    }

    // A value does not move while it is validated, so its address identifies it.
    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref::<Value<'_>>(self) as usize))
    }
}

/// How many bytes of a string are read in the time of a step.
const BYTES_FOR_STEP: u64 = 256;

/// What an error that is made now keeps of a value.
fn excerpt(value: &Value<'_>) -> Excerpt {
    if step_budget::is_spent() { Excerpt::Nothing } else { Excerpt::of(value) }
}

impl JsonNumber for &Number<'_> {
    fn as_u64(&self) -> Option<u64> {
        Number::as_u64(self)
    }

    fn as_i64(&self) -> Option<i64> {
        Number::as_i64(self)
    }

    fn as_f64(&self) -> Option<f64> {
        Number::as_f64(self)
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.text())
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        Cow::Owned(self.to_serde())
    }

    fn is_integer(&self) -> bool {
        Number::is_integer(self)
    }
}

impl<'a> JsonObject<'a, Instance> for &'a Object<'a> {
    type Node = &'a Value<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        Object::len(self)
    }

    fn get(&self, key: &String) -> Option<&'a Value<'a>> {
        step_budget::take(1 + Object::len(self) as u64 / NAMES_FOR_STEP);
        if step_budget::is_spent() { None } else { Object::get(self, key) }
    }

    fn members(&self) -> Members<'a> {
        Members(Object::members(self).iter())
    }
}

/// The members of an object, as the validator reads them.
#[derive(Debug)]
pub(crate) struct Members<'a>(std::slice::Iter<'a, (Cow<'a, str>, Value<'a>)>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, &'a Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        step_budget::take(1);
        let (name, value) = self.0.next().filter(|_| !step_budget::is_spent())?;
        Some((name.as_ref(), value))
    }
}

/// How many names are compared in the time of a step.
const NAMES_FOR_STEP: u64 = 32;

/// The elements of an array, as the validator reads them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elements<'a>(&'a [Value<'a>]);

/// One after the other, as long as there are steps.
#[derive(Debug)]
pub(crate) struct EachElement<'a>(std::slice::Iter<'a, Value<'a>>);

impl<'a> Iterator for EachElement<'a> {
    type Item = &'a Value<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        step_budget::take(1);
        self.0.next().filter(|_| !step_budget::is_spent())
    }
}

impl<'a> Array<'a, Instance> for Elements<'a> {
    type Node = &'a Value<'a>;
    type ElementsIter = EachElement<'a>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> EachElement<'a> {
        EachElement(self.0.iter())
    }

    fn is_unique(&self) -> bool {
        // Lists of strings (authors, tags) are the common case and need no keys made.
        if let Some(strings) = self.0.iter().map(Value::as_str).collect::<Option<Vec<_>>>() {
            step_budget::take(strings.iter().map(|text| 1 + text.len() as u64 / BYTES_FOR_STEP).sum());
            return all_new(strings);
        }
        let keys = self.elements().map(|element| {
            let mut key = Vec::new();
            write_key(&mut key, element);
            step_budget::take(key.len() as u64 / 16);
            key
        });
        all_new(keys)
    }
}

/// Whether no item equals an earlier one.
fn all_new<T: std::hash::Hash + Eq>(items: impl IntoIterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    items.into_iter().all(|item| seen.insert(item))
}

/// Equality as JSON Schema 2020-12 core, section 4.2.2 has it: numbers by value, objects without
/// regard to order.
///
/// `expected` comes from a schema, where numbers beyond 64-bit integers are doubles already, so
/// such a number equals the one double that means the same, and no double if there is none.
fn equal(value: &Value<'_>, expected: &serde_json::Value) -> bool {
    use serde_json::Value as Expected;
    step_budget::take(1);
    if step_budget::is_spent() {
        return false;
    }
    match (value, expected) {
        (Value::Null, Expected::Null) => true,
        (Value::Bool(a), Expected::Bool(b)) => a == b,
        (Value::Number(a), Expected::Number(b)) => equal_numbers(a, b),
        (Value::String(a), Expected::String(b)) => a == b,
        (Value::Array(a), Expected::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Expected::Object(b)) => {
            let in_b = |(name, value)| b.get(name).is_some_and(|expected| equal(value, expected));
            a.len() == b.len() && a.iter().all(in_b)
        }
        _ => false,
    }
}

fn equal_numbers(number: &Number<'_>, expected: &serde_json::Number) -> bool {
    if let Some(expected) = expected.as_u64() {
        number.as_u64() == Some(expected)
    } else if let Some(expected) = expected.as_i64() {
        number.as_i64() == Some(expected)
    } else {
        number.exact_f64().is_ok_and(|double| expected.as_f64() == Some(double))
    }
}

/// Writes a key that two values share exactly when JSON Schema calls them equal. Unlike the
/// canonical form it exists for every value, also for numbers that no double holds.
fn write_key(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Null => out.push(b'n'),
        Value::Bool(truth) => out.push(if *truth { b't' } else { b'f' }),
        Value::Number(number) => {
            let decimal = number.decimal();
            out.push(if decimal.negative { b'-' } else { b'+' });
            out.extend(decimal.digits());
            out.push(b'e');
            write_i64(out, decimal.point);
        }
        Value::String(text) => write_string(out, text),
        Value::Array(elements) => {
            out.push(b'[');
            for element in elements {
                write_key(out, element);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (name, value) in members {
                write_string(out, name);
                write_key(out, value);
                out.push(b',');
            }
            out.push(b'}');
        }
    }
}

#[cfg(test)]
mod tests;
