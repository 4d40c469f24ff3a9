//! [`CanonicalText`]: writes any value as JSON, as `schema/FORMAT.md` section 6 defines it, and in
//! the same spirit for types that releases never have.
//!
//! People read this text, and record hashes are SHA-256 of it. Two values of different types may
//! have the same text, so plain files are not compared by it. Within one schema no two values of a
//! column have the same text.

use std::io::{self, Write as _};

use arrow_array::types::{Decimal256Type, DecimalType as _};

use super::super::time;
use super::{CanonicalValue, Form, Scalar};
use crate::digest::Hashing;
use crate::json;

/// Text is hashed in pieces of about this size, in bytes.
pub(super) const LARGE: usize = 1 << 20;
/// The most digits of a decimal.
const DIGITS: u8 = 76;
const SECOND: i128 = 1_000_000_000;

/// Appends canonical JSON to a buffer.
pub(crate) struct CanonicalText<'o> {
    out: &'o mut Vec<u8>,
    /// Takes what is in the buffer whenever it becomes large.
    hashing: Option<&'o mut Hashing<io::Sink>>,
}

impl<'o> CanonicalText<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, hashing: None }
    }

    pub(super) fn hashed(scratch: &'o mut Vec<u8>, hashing: &'o mut Hashing<io::Sink>) -> Self {
        Self { out: scratch, hashing: Some(hashing) }
    }

    /// Hashes what is in the buffer and clears it.
    pub(super) fn flush(&mut self) {
        if let Some(hashing) = &mut self.hashing {
            hashing.write_all(self.out).expect("a sink takes everything");
            self.out.clear();
        }
    }

    /// Writes a long text piece by piece.
    fn pieces(&mut self, text: &str, write: impl Fn(&mut Vec<u8>, &[u8])) {
        for piece in text.as_bytes().chunks(LARGE) {
            if self.out.len() + piece.len() > LARGE {
                self.flush();
            }
            write(self.out, piece);
        }
    }

    fn string(&mut self, text: &str) {
        if self.out.len() > LARGE {
            self.flush();
        }
        if text.len() < LARGE {
            return json::write_string(self.out, text);
        }
        self.out.push(b'"');
        self.pieces(text, json::write_escaped);
        self.out.push(b'"');
    }

    /// Writes items between brackets, with commas between them.
    fn items<T>(&mut self, [open, close]: [u8; 2], items: impl Iterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.out.push(open);
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            write(self, item);
        }
        self.out.push(close);
    }

    fn member<V: CanonicalValue>(&mut self, (name, value): (&str, V)) {
        json::write_string(self.out, name);
        self.out.push(b':');
        value.write(self);
    }
}

impl Form for CanonicalText<'_> {
    fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    fn scalar(&mut self, value: Scalar<'_>) {
        let out = &mut *self.out;
        match value {
            Scalar::Boolean(true) => out.extend_from_slice(b"true"),
            Scalar::Boolean(false) => out.extend_from_slice(b"false"),
            Scalar::Integer(value) => write_integer(value, out),
            Scalar::Double(value) if value.is_finite() => json::write_f64(out, value),
            // JSON has no infinities and no NaN.
            Scalar::Double(value) => json::write_string(out, &value.to_string()),
            Scalar::Decimal(value, scale) => write_decimal(&Decimal256Type::format_decimal(value, DIGITS, scale), out),
            Scalar::String(text) => self.string(text),
            Scalar::Bytes(bytes) => write_bytes(bytes, out),
            Scalar::Date(days) => or_number(days.into(), out, |out| time::write_date(out, days)),
            Scalar::Time(nanoseconds) => write_time(nanoseconds, out),
            Scalar::Timestamp(nanoseconds, utc) => {
                or_number(nanoseconds, out, |out| time::write_timestamp(out, nanoseconds, utc));
            }
            Scalar::Duration(nanoseconds) => write_duration(nanoseconds, out),
        }
    }

    /// Writes JSON in its canonical form, and what is not JSON as a string.
    fn json(&mut self, text: &str) {
        let written = json::parse(text.as_bytes()).is_ok_and(|value| json::write_value(self.out, &value).is_ok());
        if !written {
            self.string(text);
        }
    }

    fn canonical_json(&mut self, text: &str) {
        self.pieces(text, Vec::extend_from_slice);
    }

    fn list<V: CanonicalValue>(&mut self, elements: impl Iterator<Item = V>) {
        self.items(*b"[]", elements, |text, element| element.write(text));
    }

    fn object<'n, V: CanonicalValue>(&mut self, members: impl Iterator<Item = (&'n str, V)>) {
        self.items(*b"{}", members.filter(|(_, value)| !value.is_null()), Self::member);
    }

    fn map<'n, V: CanonicalValue>(&mut self, entries: impl Iterator<Item = (Option<&'n str>, V)>) {
        let mut sorted: Vec<(&str, V)> = entries.map(|(key, value)| (key.unwrap_or_default(), value)).collect();
        sorted.sort_by(|a, b| json::utf16_order(a.0, b.0));
        self.items(*b"{}", sorted.into_iter(), Self::member);
    }

    /// Writes a list of objects with the members `key` and `value`, in the order of their text.
    fn entries<V: CanonicalValue>(&mut self, entries: impl Iterator<Item = [V; 2]>) {
        let entry = |[key, value]: [V; 2]| {
            let mut text = Vec::new();
            CanonicalText::new(&mut text).object([("key", key), ("value", value)].into_iter());
            text
        };
        let mut sorted: Vec<Vec<u8>> = entries.map(entry).collect();
        sorted.sort_unstable();
        self.items(*b"[]", sorted.into_iter(), |text, entry| text.out.extend_from_slice(&entry));
    }
}

fn write_integer(value: i128, out: &mut Vec<u8>) {
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(value), _) => json::write_i64(out, value),
        (_, Ok(value)) => json::write_u64(out, value),
        _ => out.extend_from_slice(value.to_string().as_bytes()),
    }
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    out.push(b'"');
    out.extend(digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    out.push(b'"');
}

fn write_decimal(text: &str, out: &mut Vec<u8>) {
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    out.extend_from_slice(if text == "-0" { "0" } else { text }.as_bytes());
}

/// Writes a date or timestamp in quotes, or as its number if it is outside the years 0000 to 9999.
/// A column of a release never holds such a value: in a damaged part its record hash does not match.
fn or_number(number: i128, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Option<()>) {
    out.push(b'"');
    if write(out).is_some() {
        out.push(b'"');
    } else {
        out.pop();
        out.extend_from_slice(number.to_string().as_bytes());
    }
}

fn write_time(nanoseconds: i128, out: &mut Vec<u8>) {
    let seconds = nanoseconds.div_euclid(SECOND);
    let fraction = fraction(nanoseconds.rem_euclid(SECOND));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    out.extend_from_slice(format!("\"{hours:02}:{minutes:02}:{seconds:02}{fraction}\"").as_bytes());
}

/// Writes ISO 8601 in seconds.
fn write_duration(nanoseconds: i128, out: &mut Vec<u8>) {
    let (sign, size) = (if nanoseconds < 0 { "-" } else { "" }, nanoseconds.abs());
    out.extend_from_slice(format!("\"{sign}PT{}{}S\"", size / SECOND, fraction(size % SECOND)).as_bytes());
}

fn fraction(nanoseconds: i128) -> String {
    match nanoseconds {
        0 => String::new(),
        fraction => format!(".{fraction:09}").trim_end_matches('0').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Scalar<'_>, want: &str) {
        let mut out = Vec::new();
        CanonicalText::new(&mut out).scalar(value);
        assert_eq!(std::str::from_utf8(&out).unwrap(), want);
    }

    #[test]
    fn scalars_of_every_family() {
        check(Scalar::Boolean(true), "true");
        check(Scalar::Integer(-7), "-7");
        check(Scalar::Integer(u64::MAX.into()), "18446744073709551615");
        check(Scalar::String("a\"\n"), r#""a\"\n""#);
        check(Scalar::Double(1e21), "1e+21");
        check(Scalar::Double(-0.0), "0");
        check(Scalar::Double(f64::NAN), "\"NaN\"");
        check(Scalar::Bytes(b"\x00\xff"), "\"00ff\"");
        check(Scalar::Date(0), "\"1970-01-01\"");
        check(Scalar::Date(i32::MAX.into()), "2147483647");
        check(Scalar::Date(i64::MIN), "-9223372036854775808");
        for (unscaled, want) in [(150, "1.5"), (-1, "-0.01"), (0, "0"), (700, "7")] {
            check(Scalar::Decimal(arrow_buffer::i256::from_i128(unscaled), 2), want);
        }
        check(Scalar::Time(3_600_000_001_000), "\"01:00:00.000001\"");
        check(Scalar::Timestamp(0, true), "\"1970-01-01T00:00:00Z\"");
        check(Scalar::Timestamp(1_500_000_000, true), "\"1970-01-01T00:00:01.5Z\"");
        check(Scalar::Timestamp(-1_000_000, true), "\"1969-12-31T23:59:59.999Z\"");
        check(Scalar::Timestamp(1, false), "\"1970-01-01T00:00:00.000000001\"");
        check(Scalar::Timestamp(i128::MAX, false), &i128::MAX.to_string());
        check(Scalar::Duration(-1_500_000_000), "\"-PT1.5S\"");
    }
}
