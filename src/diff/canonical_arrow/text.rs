//! The canonical text of any Parquet value: JSON as `schema/FORMAT.md` section 6 writes it, and by
//! the same spirit for the types that our own releases never hold.
//!
//! People read these texts, and record hashes are SHA-256 of them. Two values of different types
//! may have one text, so plain files are not compared by it but by `typed.rs`. The columns of a
//! release tell its values apart: within one schema no two values of a column have the same text.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal256Type, DecimalType};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::DataType;

use super::scalar::Scalar;
use super::{CanonicalArrow, Kind, Members, Texts, is_nothing};
use crate::diff::normalise::loose;
use crate::json;
use crate::record::{write_date, write_timestamp};

/// The most digits of a decimal.
const DIGITS: u8 = 76;

impl Members {
    fn write(&self, columns: &[ArrayRef], row: usize, texts: Texts, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        for (place, name, form) in &self.members {
            object.member(name, form, &columns[*place], row, texts);
        }
        object.close();
    }
}

/// Writes an object member by member, null members left out.
pub(in crate::diff) struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> ObjectWriter<'o> {
    pub(in crate::diff) fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    pub(in crate::diff) fn member(
        &mut self,
        name: &str,
        form: &CanonicalArrow,
        array: &dyn Array,
        row: usize,
        texts: Texts,
    ) {
        if is_nothing(array, row) {
            return;
        }
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        json::write_string(self.out, name);
        self.out.push(b':');
        form.write(array, row, texts, self.out);
    }

    pub(in crate::diff) fn close(self) {
        self.out.push(b'}');
    }
}

impl CanonicalArrow {
    /// Appends the canonical text of the value in `row`; `null` for none.
    pub(in crate::diff) fn write(&self, array: &dyn Array, row: usize, texts: Texts, out: &mut Vec<u8>) {
        if is_nothing(array, row) {
            return out.extend_from_slice(b"null");
        }
        match &self.kind {
            Kind::Plain(DataType::Utf8) => {
                let text = array.as_string::<i32>().value(row);
                match texts {
                    Texts::Exact => json::write_string(out, text),
                    Texts::Loose => json::write_string(out, &loose(text)),
                }
            }
            Kind::Plain(_) | Kind::Stored(_) => match self.scalar(array, row) {
                Some(value) => write_scalar(value, out),
                None => out.extend_from_slice(b"null"),
            },
            Kind::Json => write_json(array.as_string::<i32>().value(row), out),
            Kind::List(element) => {
                let elements = array.as_list::<i32>().value(row);
                write_list(elements.len(), out, |at, out| element.write(&elements, at, texts, out));
            }
            Kind::Struct(members) => members.write(array.as_struct().columns(), row, texts, out),
            Kind::Tuple(forms) => {
                let columns = array.as_struct().columns();
                write_list(forms.len(), out, |at, out| forms[at].write(&columns[at], row, texts, out));
            }
            Kind::Map(value) => write_map(value, &array.as_map().value(row), texts, out),
            Kind::Entries(forms) => write_entries((&forms.0, &forms.1), &array.as_map().value(row), texts, out),
        }
    }
}

/// The entries of a map of texts as an object, in canonical order.
fn write_map(value: &CanonicalArrow, entries: &StructArray, texts: Texts, out: &mut Vec<u8>) {
    let keys = entries.column(0).as_string::<i32>();
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|a, b| json::utf16_order(keys.value(*a), keys.value(*b)));
    out.push(b'{');
    for (place, at) in order.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        json::write_string(out, keys.value(at));
        out.push(b':');
        value.write(entries.column(1), at, texts, out);
    }
    out.push(b'}');
}

/// The entries of a map of other keys as a list of objects, in the order of their texts.
fn write_entries(
    (key, value): (&CanonicalArrow, &CanonicalArrow),
    entries: &StructArray,
    texts: Texts,
    out: &mut Vec<u8>,
) {
    let entry = |at: usize| {
        let mut text = Vec::new();
        let mut object = ObjectWriter::open(&mut text);
        object.member("key", key, entries.column(0), at, texts);
        object.member("value", value, entries.column(1), at, texts);
        object.close();
        text
    };
    let mut found: Vec<Vec<u8>> = (0..entries.len()).map(entry).collect();
    found.sort_unstable();
    write_list(found.len(), out, |at, out| out.extend_from_slice(&found[at]));
}

fn write_list(length: usize, out: &mut Vec<u8>, mut write: impl FnMut(usize, &mut Vec<u8>)) {
    out.push(b'[');
    for at in 0..length {
        if at > 0 {
            out.push(b',');
        }
        write(at, out);
    }
    out.push(b']');
}

fn write_scalar(value: Scalar<'_>, out: &mut Vec<u8>) {
    match value {
        Scalar::Boolean(true) => out.extend_from_slice(b"true"),
        Scalar::Boolean(false) => out.extend_from_slice(b"false"),
        Scalar::Integer(value) => write_integer(value, out),
        Scalar::Double(value) => write_double(value, out),
        Scalar::Decimal(value, scale) => write_decimal(&Decimal256Type::format_decimal(value, DIGITS, scale), out),
        Scalar::Text(text) => json::write_string(out, text),
        Scalar::Bytes(bytes) => write_bytes(bytes, out),
        Scalar::Day(days) => write_day(days, out),
        Scalar::Time(nanoseconds) => write_time(nanoseconds, out),
        Scalar::Instant(nanoseconds, zone) => write_instant(nanoseconds, zone, out),
        Scalar::Duration(nanoseconds) => write_duration(nanoseconds, out),
    }
}

fn write_integer(value: i128, out: &mut Vec<u8>) {
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(value), _) => json::write_i64(out, value),
        (_, Ok(value)) => json::write_u64(out, value),
        _ => out.extend_from_slice(value.to_string().as_bytes()),
    }
}

/// JSON has no word for what is not finite; a text stands for it.
fn write_double(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() { json::write_f64(out, value) } else { json::write_string(out, &value.to_string()) }
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

/// A day outside the years 0000 to 9999 is written as its number.
fn write_day(days: i64, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'"');
    if i32::try_from(days).ok().and_then(|days| write_date(out, days)).is_none() {
        out.truncate(start);
        return out.extend_from_slice(days.to_string().as_bytes());
    }
    out.push(b'"');
}

fn write_time(nanoseconds: i128, out: &mut Vec<u8>) {
    let (seconds, fraction) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    out.extend_from_slice(format!("\"{hours:02}:{minutes:02}:{seconds:02}{}\"", fraction_text(fraction)).as_bytes());
}

/// RFC 3339 with `Z` for an instant, without for a local time; out of range, its nanoseconds.
fn write_instant(nanoseconds: i128, zone: bool, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'"');
    let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000) * 1_000_000).ok();
    if seconds.and_then(|seconds| write_timestamp(out, seconds)).is_none() {
        out.truncate(start);
        return out.extend_from_slice(nanoseconds.to_string().as_bytes());
    }
    out.pop(); // the Z of whole seconds
    out.extend_from_slice(fraction_text(nanoseconds.rem_euclid(1_000_000_000)).as_bytes());
    out.extend_from_slice(if zone { b"Z\"" } else { b"\"" });
}

/// ISO 8601, in seconds.
fn write_duration(nanoseconds: i128, out: &mut Vec<u8>) {
    let (sign, size) = (if nanoseconds < 0 { "-" } else { "" }, nanoseconds.abs());
    let (seconds, fraction) = (size / 1_000_000_000, fraction_text(size % 1_000_000_000));
    out.extend_from_slice(format!("\"{sign}PT{seconds}{fraction}S\"").as_bytes());
}

fn fraction_text(nanoseconds: i128) -> String {
    match nanoseconds {
        0 => String::new(),
        fraction => format!(".{fraction:09}").trim_end_matches('0').to_owned(),
    }
}

/// JSON in its canonical form; what only claims to be JSON is a text.
fn write_json(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    let written = json::parse(text.as_bytes()).is_ok_and(|value| json::write_value(out, &value).is_ok());
    if !written {
        out.truncate(start);
        json::write_string(out, text);
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, NullArray, StringArray,
        Time64MicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    };

    use arrow_schema::Field;

    use super::*;

    #[track_caller]
    fn check(array: &dyn Array, want: &[&str]) {
        let form =
            CanonicalArrow::new(&Field::new("x", array.data_type().clone(), true), &mut std::iter::empty()).unwrap();
        for (row, want) in want.iter().enumerate() {
            let mut out = Vec::new();
            form.write(array, row, Texts::Exact, &mut out);
            assert_eq!(std::str::from_utf8(&out).unwrap(), *want);
        }
    }

    #[test]
    fn values_of_every_kind() {
        check(&BooleanArray::from(vec![Some(true), None]), &["true", "null"]);
        check(&Int32Array::from(vec![-7]), &["-7"]);
        check(&NullArray::new(1), &["null"]);
        check(&StringArray::from(vec!["a\"\n"]), &[r#""a\"\n""#]);
        check(&Float64Array::from(vec![1e21, -0.0, f64::NAN]), &["1e+21", "0", "\"NaN\""]);
        check(&BinaryArray::from(vec![&b"\x00\xff"[..]]), &["\"00ff\""]);
        check(&Date32Array::from(vec![0, i32::MAX]), &["\"1970-01-01\"", "2147483647"]);
        let decimals = Decimal128Array::from(vec![150, -1, 0, 700]).with_precision_and_scale(9, 2).unwrap();
        check(&decimals, &["1.5", "-0.01", "0", "7"]);
        check(&Time64MicrosecondArray::from(vec![3_600_000_001]), &["\"01:00:00.000001\""]);
        let times = [0, 1500, -1, i64::MAX];
        let zoned = TimestampMillisecondArray::from(times.to_vec()).with_timezone("UTC");
        let want = ["\"1970-01-01T00:00:00Z\"", "\"1970-01-01T00:00:01.5Z\"", "\"1969-12-31T23:59:59.999Z\""];
        check(&zoned, &[want[0], want[1], want[2], "9223372036854775807000000"]);
        check(&TimestampNanosecondArray::from(vec![1]), &["\"1970-01-01T00:00:00.000000001\""]);
    }
}
