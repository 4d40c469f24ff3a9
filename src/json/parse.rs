//! The strict parser: it reads exactly one JSON value and returns a [`Value`] or the first error.
//!
//! It follows RFC 8259 and two rules of RFC 7493 (I-JSON): unique names and no lone surrogates. It never
//! repairs, skips or guesses, and has no options. The caller handles byte order marks and anything around
//! the value. Time and memory are linear in the input, and [`MAX_DEPTH`] bounds the stack.

mod string;

use std::{borrow::Cow, collections::HashSet, fmt};

use super::{
    Number, Object, Value,
    number::{ScanError, scan},
};

pub(super) use string::plain_length;

/// The most levels of arrays and objects. RFC 8259 section 9 allows such a limit; all recursion over values
/// in this crate relies on it.
pub(crate) const MAX_DEPTH: usize = 128;

/// In objects up to this size, a name is compared with every earlier one. Larger objects have a hash set,
/// so that the check is never quadratic.
const LINEAR_MEMBERS: usize = 32;

/// The most characters of a repeated name in an error.
const NAME_LIMIT: usize = 80;

/// What is wrong with an input, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// The position of the error in bytes, from 0; the length of the input if it ends too early.
    pub offset: usize,
}

/// Why an input is not one JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The input is not UTF-8 (RFC 8259 section 8.1).
    Utf8,
    /// A byte is not allowed at its position.
    Syntax {
        /// What is expected instead.
        expected: &'static str,
    },
    /// A raw byte below 0x20 inside a string (RFC 8259 section 7); the offset is that byte.
    ControlCharacter(u8),
    /// A number outside the grammar of RFC 8259 section 6, such as `NaN`, `01`, `+1`, `1.` or
    /// `.5`; the offset is where it starts.
    Number,
    /// More than `MAX_DEPTH` levels of arrays and objects; the offset is the bracket that opens the
    /// first level too many.
    Depth,
    /// A `\u` escape with one half of a surrogate pair (RFC 8259 section 8.2); the offset is its
    /// backslash.
    Surrogate,
    /// An unknown escape (RFC 8259 section 7); the offset is its backslash.
    Escape,
    /// A repeated name in an object; the offset is the opening quote of the second one.
    DuplicateKey {
        /// The name with its escapes resolved, cut to 80 characters.
        name: String,
    },
    /// Something other than whitespace follows the value.
    TrailingData,
    /// The input ends before the value does.
    UnexpectedEnd,
}

impl fmt::Display for SyntaxErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("input is not UTF-8"),
            Self::Syntax { expected } => write!(f, "expected {expected}"),
            Self::ControlCharacter(byte) => {
                write!(f, "raw control character 0x{byte:02x} inside a string")
            }
            Self::Number => f.write_str("number is not written as JSON allows"),
            Self::Depth => write!(f, "more than {MAX_DEPTH} arrays and objects inside one another"),
            Self::Surrogate => f.write_str("escape stands for half of a surrogate pair"),
            Self::Escape => f.write_str("unknown escape"),
            // Debug quotes the name and escapes what could disturb a terminal.
            Self::DuplicateKey { name } => write!(f, "name {name:?} appears twice in one object"),
            Self::TrailingData => f.write_str("data after the end of the value"),
            Self::UnexpectedEnd => f.write_str("input ends before the value does"),
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl std::error::Error for SyntaxError {}

/// Reads exactly one JSON value; JSON whitespace may surround it.
///
/// Strings without escapes, and all numbers, borrow from `bytes`.
///
/// # Errors
///
/// The first fault in byte order, except that the whole input is checked to be UTF-8 first.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, SyntaxError> {
    Parser::new(utf8(bytes)?).document()
}

/// Checks a JSON value as [`parse`] does, and returns it with empty arrays. A document whose length is in its
/// arrays takes little memory then.
///
/// # Errors
/// Those of [`parse`].
pub(crate) fn parse_without_elements(bytes: &[u8]) -> Result<Value<'_>, SyntaxError> {
    Parser { drops_elements: true, ..Parser::new(utf8(bytes)?) }.document()
}

/// The input as text. The vectorised check does not return the position of an error; the standard library
/// finds it.
fn utf8(bytes: &[u8]) -> Result<&str, SyntaxError> {
    simdutf8::basic::from_utf8(bytes).map_err(|_verdict| SyntaxError {
        kind: SyntaxErrorKind::Utf8,
        offset: std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len),
    })
}

/// Reads JSON from a position in a text.
pub(super) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// The number of open containers.
    depth: usize,
    /// Whether the elements of arrays are read but not kept.
    drops_elements: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, depth: 0, drops_elements: false }
    }

    /// Reads one value and nothing else.
    fn document(mut self) -> Result<Value<'a>, SyntaxError> {
        let value = self.value()?;
        self.skip_whitespace();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(self.fault(SyntaxErrorKind::TrailingData)),
        }
    }

    /// The position of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next byte, without moving.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Skips one byte.
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    pub(super) fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// An error at the current byte, or at the end of the input.
    fn fault(&self, kind: SyntaxErrorKind) -> SyntaxError {
        if self.at < self.bytes.len() {
            self.fault_at(kind, self.at)
        } else {
            self.fault_at(SyntaxErrorKind::UnexpectedEnd, self.bytes.len())
        }
    }

    #[cold]
    fn fault_at(&self, kind: SyntaxErrorKind, offset: usize) -> SyntaxError {
        debug_assert!(offset <= self.bytes.len(), "a fault lies within the input");
        SyntaxError { kind, offset }
    }

    #[cold]
    fn expected(&self, expected: &'static str) -> SyntaxError {
        self.fault(SyntaxErrorKind::Syntax { expected })
    }

    /// Reads one value, with whitespace before it.
    fn value(&mut self) -> Result<Value<'a>, SyntaxError> {
        self.skip_whitespace();
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", "`true`", Value::Bool(true)),
            Some(b'f') => self.literal("false", "`false`", Value::Bool(false)),
            Some(b'n') => self.literal("null", "`null`", Value::Null),
            // NaN, Infinity, +1 and .5 start like this; the error says that they are not numbers.
            Some(b'N' | b'I' | b'+' | b'.') => Err(self.fault(SyntaxErrorKind::Number)),
            _ => Err(self.expected("a value")),
        }
    }

    /// Reads a container, whose opening bracket is the next byte.
    fn nested(&mut self, read: fn(&mut Self) -> Result<Value<'a>, SyntaxError>) -> Result<Value<'a>, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(self.fault(SyntaxErrorKind::Depth));
        }
        self.depth += 1;
        self.step();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Value<'a>, SyntaxError> {
        let mut elements = Vec::new();
        self.skip_whitespace();
        if self.peek() == Some(b']') {
            self.step();
            return Ok(Value::Array(elements));
        }
        loop {
            let element = self.value()?;
            if !self.drops_elements {
                elements.push(element);
            }
            self.skip_whitespace();
            match self.peek() {
                Some(b',') => self.step(),
                Some(b']') => {
                    self.step();
                    return Ok(Value::Array(elements));
                }
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
    }

    fn object(&mut self) -> Result<Value<'a>, SyntaxError> {
        let mut members = Members::default();
        self.skip_whitespace();
        if self.peek() == Some(b'}') {
            self.step();
            return Ok(Value::Object(Object::new()));
        }
        loop {
            let start = self.at;
            let name = self.name()?;
            if members.has(&name) {
                return Err(self.duplicate(&name, start));
            }
            let value = self.value()?;
            members.push(name, value);
            self.skip_whitespace();
            match self.peek() {
                Some(b',') => self.step(),
                Some(b'}') => {
                    self.step();
                    return Ok(Value::Object(Object::from_unique(members.list)));
                }
                _ => return Err(self.expected("`,` or `}`")),
            }
            self.skip_whitespace();
        }
    }

    /// Reads a member's name and the colon after it.
    pub(super) fn name(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a name in double quotes"));
        }
        let name = self.string()?;
        self.skip_whitespace();
        if self.peek() != Some(b':') {
            return Err(self.expected("`:`"));
        }
        self.step();
        Ok(name)
    }

    #[cold]
    fn duplicate(&self, name: &str, start: usize) -> SyntaxError {
        let name = name.chars().take(NAME_LIMIT).collect();
        self.fault_at(SyntaxErrorKind::DuplicateKey { name }, start)
    }

    fn literal(
        &mut self,
        word: &'static str,
        expected: &'static str,
        value: Value<'a>,
    ) -> Result<Value<'a>, SyntaxError> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else if word.as_bytes().starts_with(rest) {
            Err(self.fault_at(SyntaxErrorKind::UnexpectedEnd, self.bytes.len()))
        } else {
            Err(self.expected(expected))
        }
    }

    fn number(&mut self) -> Result<Value<'a>, SyntaxError> {
        let start = self.at;
        match scan(&self.bytes[start..]) {
            Ok(length) => {
                self.at += length;
                let text = &self.text[start..self.at];
                Ok(Value::Number(Number::from_scanned(text)))
            }
            // With an open bracket, the input ends too early and the number may be correct.
            Err(ScanError::CutShort) if self.depth > 0 => {
                Err(self.fault_at(SyntaxErrorKind::UnexpectedEnd, self.bytes.len()))
            }
            Err(_) => Err(self.fault(SyntaxErrorKind::Number)),
        }
    }
}

/// The members of an object while it is read, with a check for repeated names.
#[derive(Default)]
struct Members<'a> {
    list: Vec<(Cow<'a, str>, Value<'a>)>,
    /// The names in `list`, if there are more than [`LINEAR_MEMBERS`]. Borrowed names are
    /// shared, names with escapes are copied.
    names: Option<HashSet<Cow<'a, str>>>,
}

impl<'a> Members<'a> {
    fn has(&self, name: &str) -> bool {
        match &self.names {
            Some(names) => names.contains(name),
            None => self.list.iter().any(|(other, _)| other == name),
        }
    }

    fn push(&mut self, name: Cow<'a, str>, value: Value<'a>) {
        if self.list.len() == LINEAR_MEMBERS {
            self.names = Some(self.list.iter().map(|(name, _)| name.clone()).collect());
        }
        if let Some(names) = &mut self.names {
            names.insert(name.clone());
        }
        self.list.push((name, value));
    }
}

#[cfg(test)]
mod tests;
