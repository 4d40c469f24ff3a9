//! [`Value`]: a JSON value that borrows from its input if possible.
//!
//! It keeps the order of members and the text of numbers, so it can be shown as it was written. It is not a
//! document model: it cannot be edited by path. Equality (`==`) compares text, so `1` is not `1.0`, and the
//! order of members matters.

use std::{borrow::Cow, fmt};

use super::Number;

/// One JSON value (RFC 8259 section 3).
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its exact text.
    Number(Number<'a>),
    /// A string with its escapes resolved.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// The six kinds of JSON value; displays as the word JSON Schema uses for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// Any number, whole or not.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        })
    }
}

impl<'a> Value<'a> {
    /// Whether it has more than `levels` levels of arrays and objects.
    pub(crate) fn is_deeper_than(&self, levels: usize) -> bool {
        let below = |value: &Self| value.is_deeper_than(levels - 1);
        match self {
            Self::Array(elements) => levels == 0 || elements.iter().any(below),
            Self::Object(object) => levels == 0 || object.iter().any(|(_, value)| below(value)),
            _ => false,
        }
    }

    /// Which of the six kinds this is.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Boolean,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }

    /// The value, if this is a boolean.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub(crate) fn as_number(&self) -> Option<&Number<'a>> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members, if this is an object.
    pub(crate) fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub(crate) fn as_array(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The value at a JSON Pointer (RFC 6901); the empty pointer is this value itself.
    ///
    /// `None` if there is no value or the pointer is malformed. Array indices are digits without leading
    /// zeros; `-` never leads to a value.
    pub fn pointer(&self, pointer: &str) -> Option<&Value<'a>> {
        tokens(pointer)?.try_fold(self, |value, token| match value {
            Value::Object(object) => object.get(&token),
            Value::Array(elements) => elements.get(array_index(&token)?),
            _ => None,
        })
    }

    /// The same value, without borrowing from its input.
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number.into_owned()),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Array(elements) => Value::Array(elements.into_iter().map(Value::into_owned).collect()),
            Self::Object(object) => Value::Object(object.into_owned()),
        }
    }

    /// The number of values in it, including itself, counted up to `most`.
    pub(crate) fn parts(&self, most: usize) -> usize {
        let below = |left: usize, value: &Value<'_>| left.saturating_sub(value.parts(left));
        let left = most.saturating_sub(1);
        let left = match self {
            _ if left == 0 => 0,
            Self::Array(elements) => elements.iter().fold(left, below),
            Self::Object(object) => object.iter().map(|(_, value)| value).fold(left, below),
            _ => left,
        };
        most - left
    }

    /// A `serde_json` copy, for messages and other cold paths.
    ///
    /// Numbers that fit no 64-bit integer become the nearest finite double, so do not validate or store
    /// this copy.
    pub fn to_serde(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => serde_json::Value::Bool(*value),
            Self::Number(number) => serde_json::Value::Number(number.to_serde()),
            Self::String(text) => serde_json::Value::String(text.clone().into_owned()),
            Self::Array(elements) => elements.iter().map(Value::to_serde).collect(),
            Self::Object(object) => object.iter().map(|(name, value)| (name, value.to_serde())).collect(),
        }
    }
}

/// The members of a JSON object, in their written order, each name once.
///
/// Lookups scan the members, which is faster than hashing for the tens of members of an article. To look up
/// many names in an object of unknown size, iterate instead.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// An object without members.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// An object of members with unique names; the caller has checked them.
    pub(super) fn from_unique(members: Vec<(Cow<'a, str>, Value<'a>)>) -> Self {
        Self { members }
    }

    /// The number of members.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The value of the member `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.position(name).map(|at| &self.members[at].1)
    }

    /// The value of the member `name`, mutable.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value<'a>> {
        self.position(name).map(|at| &mut self.members[at].1)
    }

    /// Appends members with new and unique names, in linear time; the caller has checked them.
    pub(crate) fn append_unique(&mut self, members: Vec<(Cow<'a, str>, Value<'a>)>) {
        self.members.extend(members);
    }

    /// Names and values, in the order they were written.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The members as they are stored.
    pub(crate) fn members(&self) -> &[(Cow<'a, str>, Value<'a>)] {
        &self.members
    }

    /// The members, in the order they were written.
    pub(crate) fn into_members(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> {
        self.members.into_iter()
    }

    /// An object of members with unique names, in linear time; the caller has checked them.
    pub(crate) fn of_unique(members: impl IntoIterator<Item = (Cow<'a, str>, Value<'a>)>) -> Self {
        Self { members: members.into_iter().collect() }
    }

    /// Sets the member `name` and returns its previous value. A new member becomes the last one.
    pub(crate) fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: Value<'a>) -> Option<Value<'a>> {
        let name = name.into();
        if let Some(at) = self.position(&name) {
            return Some(std::mem::replace(&mut self.members[at].1, value));
        }
        self.members.push((name, value));
        None
    }

    /// Removes the member `name` and returns its value; the others keep their order.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Value<'a>> {
        self.position(name).map(|at| self.members.remove(at).1)
    }

    /// The same members, without borrowing from their input.
    pub(crate) fn into_owned(self) -> Object<'static> {
        let own = |(name, value): (Cow<'_, str>, Value<'_>)| (Cow::Owned(name.into_owned()), value.into_owned());
        Object { members: self.members.into_iter().map(own).collect() }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(other, _)| other == name)
    }
}

impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

/// The reference tokens of a JSON Pointer with `~1` and `~0` resolved (RFC 6901 section 4), or
/// `None` if it neither is empty nor starts with a slash.
pub(super) fn tokens(pointer: &str) -> Option<impl Iterator<Item = Cow<'_, str>>> {
    let tail = match pointer.strip_prefix('/') {
        Some(tail) => Some(tail),
        None if pointer.is_empty() => None,
        None => return None,
    };
    Some(tail.into_iter().flat_map(|tail| tail.split('/')).map(|token| {
        if token.contains('~') {
            // The order matters: `~01` is `~1`, not a slash.
            Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
        } else {
            Cow::Borrowed(token)
        }
    }))
}

/// Escapes a reference token of a JSON Pointer (RFC 6901 section 3).
pub(crate) fn escape_token(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// Reads an array index (RFC 6901 section 4): digits without leading zeros.
pub(super) fn array_index(token: &str) -> Option<usize> {
    let plain = token == "0" || !token.starts_with(['0', '+']);
    if plain { token.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    const RFC_6901: &str = r#"{"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "~1": 9, " ": 7, "n": {"": 5}}"#;

    #[track_caller]
    fn check_pointer(pointer: &str, expected: Option<&str>) {
        let document = parse(RFC_6901.as_bytes()).expect("valid JSON");
        let found = document.pointer(pointer).map(|value| value.to_serde().to_string());
        assert_eq!(found.as_deref(), expected, "{pointer:?}");
    }

    #[test]
    fn pointers_follow_rfc_6901() {
        check_pointer("/foo", Some(r#"["bar","baz"]"#));
        check_pointer("/foo/0", Some(r#""bar""#));
        check_pointer("/", Some("0"));
        check_pointer("/a~1b", Some("1"));
        check_pointer("/m~0n", Some("8"));
        check_pointer("/~01", Some("9"));
        check_pointer("/ ", Some("7"));
        check_pointer("/n/", Some("5"));
        check_pointer("/foo/2", None);
        check_pointer("/foo/-", None);
        check_pointer("/foo/00", None);
        check_pointer("/foo/+1", None);
        check_pointer("/foo/0/x", None);
        check_pointer("foo", None);
        check_pointer("/absent", None);
    }

    #[test]
    fn the_empty_pointer_is_the_whole_value() {
        let value = Value::Bool(true);
        assert_eq!(value.pointer(""), Some(&value));
    }

    #[test]
    fn an_object_keeps_names_unique_and_in_order() {
        let mut object = Object::new();
        assert_eq!(object.insert("b", Value::Null), None);
        assert_eq!(object.insert("a", Value::Bool(true)), None);
        assert_eq!(object.insert("b", Value::Bool(false)), Some(Value::Null));
        assert_eq!(object.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(object.get("b"), Some(&Value::Bool(false)));
        assert_eq!(object.remove("b"), Some(Value::Bool(false)));
        assert_eq!(object.remove("b"), None);
        assert_eq!((object.len(), object.is_empty()), (1, false));
    }

    #[test]
    fn kinds_display_as_schema_words() {
        let value = parse(br#"[null, true, 1, "", [], {}]"#).expect("valid JSON");
        let kinds: Vec<_> = value.as_array().expect("an array").iter().map(|v| v.kind().to_string()).collect();
        assert_eq!(kinds, ["null", "boolean", "number", "string", "array", "object"]);
    }

    #[test]
    fn an_owned_copy_is_equal() {
        let value = parse(RFC_6901.as_bytes()).expect("valid JSON");
        assert_eq!(value.clone().into_owned(), value);
    }
}
