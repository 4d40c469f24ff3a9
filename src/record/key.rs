//! [`Key`]: the value that identifies a record, with its type.
//!
//! A key column holds strings or integers. A string never matches an integer: `"7"` and `7` are different keys.

use std::borrow::Cow;
use std::fmt;

use super::cell::Cell;
use super::order::key_text;
use crate::schema::Kind;

/// The key of a record. Keys of one type compare as records do: strings by their UTF-8 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A signed integer.
    Int64(i64),
    /// An unsigned integer.
    UInt64(u64),
    /// A string.
    String(String),
}

impl Key {
    /// The key of a column of this kind whose text is `text`. `None` if no key of the column has the text.
    pub(crate) fn parse(kind: &Kind, text: &str) -> Option<Self> {
        let key = match kind {
            Kind::String => Self::String(text.to_owned()),
            Kind::Int64 => Self::Int64(text.parse().ok()?),
            Kind::UInt64 => Self::UInt64(text.parse().ok()?),
            _ => return None,
        };
        // `+1` and `01` are numbers, but not the text of a key.
        (key.to_string() == text).then_some(key)
    }

    /// The key of a column of this kind from its JSON value in a manifest.
    pub(crate) fn from_json(kind: &Kind, value: &serde_json::Value) -> Option<Self> {
        match kind {
            Kind::String => value.as_str().map(|text| Self::String(text.to_owned())),
            Kind::Int64 => value.as_i64().map(Self::Int64),
            Kind::UInt64 => value.as_u64().map(Self::UInt64),
            _ => None,
        }
    }

    /// The key as a column of this kind has it. `None` for an integer that the column cannot hold.
    ///
    /// # Errors
    /// Returns the key if it is a string and the column holds integers, or the other way round.
    pub(crate) fn for_column(self, kind: &Kind) -> Result<Option<Self>, Self> {
        Ok(match (kind, self) {
            (Kind::String, key @ Self::String(_))
            | (Kind::Int64, key @ Self::Int64(_))
            | (Kind::UInt64, key @ Self::UInt64(_)) => Some(key),
            (Kind::Int64, Self::UInt64(number)) => number.try_into().ok().map(Self::Int64),
            (Kind::UInt64, Self::Int64(number)) => number.try_into().ok().map(Self::UInt64),
            (_, key) => return Err(key),
        })
    }

    /// The key as a cell of its column.
    pub(crate) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Int64(number) => Cell::Int64(*number),
            Self::UInt64(number) => Cell::UInt64(*number),
            Self::String(text) => Cell::String(Cow::Borrowed(text)),
        }
    }
}

/// The text of the key: a string as it is, an integer in decimal digits.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&key_text(&self.cell()).unwrap_or_default())
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<i32> for Key {
    fn from(number: i32) -> Self {
        Self::Int64(number.into())
    }
}

impl From<i64> for Key {
    fn from(number: i64) -> Self {
        Self::Int64(number)
    }
}

impl From<u64> for Key {
    fn from(number: u64) -> Self {
        Self::UInt64(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_keys_of_their_column() {
        assert_eq!(Key::parse(&Kind::String, "01"), Some("01".into()));
        assert_eq!(Key::parse(&Kind::Int64, "-1"), Some(Key::Int64(-1)));
        assert_eq!(Key::parse(&Kind::UInt64, "18446744073709551615"), Some(Key::UInt64(u64::MAX)));
        for text in ["", "01", "+1", "-0", "1.0", "a", "9223372036854775808"] {
            assert_eq!(Key::parse(&Kind::Int64, text), None, "{text}");
        }
    }

    #[test]
    fn integers_take_the_type_of_the_column() {
        assert_eq!(Key::from(7).for_column(&Kind::UInt64), Ok(Some(Key::UInt64(7))));
        assert_eq!(Key::UInt64(7).for_column(&Kind::Int64), Ok(Some(Key::Int64(7))));
        assert_eq!(Key::from(-7).for_column(&Kind::UInt64), Ok(None));
        assert_eq!(Key::UInt64(u64::MAX).for_column(&Kind::Int64), Ok(None));
        assert_eq!(Key::from(7).for_column(&Kind::String), Err(Key::Int64(7)));
        assert_eq!(Key::from("7").for_column(&Kind::Int64), Err("7".into()));
    }

    #[test]
    fn keys_compare_as_records_do() {
        assert!(Key::from("Z") < Key::from("a") && Key::from("z") < Key::from("é"));
        assert!(Key::Int64(-1) < Key::Int64(0) && Key::UInt64(1 << 63) < Key::UInt64(u64::MAX));
    }
}
