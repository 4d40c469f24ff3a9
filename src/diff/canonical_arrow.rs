//! The canonical text of any Parquet value: JSON as `schema/FORMAT.md` section 6 writes it, and
//! by the same spirit for the types that our own releases never hold.
//!
//! So a release and a plain file compare by what values are and not by how a writer stored
//! them: an `int32` 7, an `int64` 7 and a `decimal` 7.00 are the same text. What is done with the
//! texts is for the other files here.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, StructArray};
use arrow_schema::{DataType, Field, Fields, TimeUnit};

use super::normalise::loose;
use crate::json;
use crate::record::{write_date, write_timestamp};
use crate::schema::{self, Column, Columns};

/// Whether there is no value in `row`; a column without a type never has one.
pub(super) fn is_nothing(array: &dyn Array, row: usize) -> bool {
    array.is_null(row) || *array.data_type() == DataType::Null
}

/// How texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// As they are.
    Exact,
    /// Without what only white space and Unicode forms tell apart.
    Loose,
}

/// How the values of one column are written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CanonicalArrow {
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Plain(DataType),
    Json,
    List(Box<CanonicalArrow>),
    Struct(Members),
    /// A struct that stands for an array of fixed entries.
    Tuple(Vec<CanonicalArrow>),
    /// A map of texts, written as an object.
    Map(Box<CanonicalArrow>),
    /// A map of other keys, written as a list of its entries.
    Entries(Members),
}

/// The leaves of a file that hold JSON: their dotted Parquet paths.
pub(super) type JsonPaths<'p> = [&'p str];

/// The members of an object, in the order in which they are written.
#[derive(Debug, PartialEq, Eq)]
struct Members {
    members: Vec<(usize, String, CanonicalArrow)>,
}

impl Members {
    fn new(fields: &Fields, path: &str, json: &JsonPaths<'_>) -> Result<Self, String> {
        let mut members = Vec::new();
        for (place, field) in fields.iter().enumerate() {
            members.push((place, field.name().clone(), CanonicalArrow::within(field, path, json)?));
        }
        Ok(Self::sorted(members))
    }

    fn of(columns: &Columns, fields: &Fields) -> Self {
        let members = columns.iter().zip(fields).enumerate();
        let form = |column: &Column, field: &Field| CanonicalArrow::of(column, field.data_type());
        Self::sorted(members.map(|(at, (column, field))| (at, column.name.clone(), form(column, field))).collect())
    }

    fn sorted(mut members: Vec<(usize, String, CanonicalArrow)>) -> Self {
        members.sort_by(|a, b| json::utf16_order(&a.1, &b.1));
        Self { members }
    }

    fn write(&self, columns: &[arrow_array::ArrayRef], row: usize, texts: Texts, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        for (place, name, form) in &self.members {
            object.member(name, form, &columns[*place], row, texts);
        }
        object.close();
    }
}

/// Writes an object member by member, null members left out.
pub(super) struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> ObjectWriter<'o> {
    pub(super) fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    pub(super) fn member(&mut self, name: &str, form: &CanonicalArrow, array: &dyn Array, row: usize, texts: Texts) {
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

    /// Ends the object; whether it has no member.
    pub(super) fn close(self) -> bool {
        self.out.push(b'}');
        self.first
    }
}

impl CanonicalArrow {
    /// The form of a column's values, or the type that has none. `json` names the leaves of its
    /// file that hold JSON.
    pub(super) fn new(field: &Field, json: &JsonPaths<'_>) -> Result<Self, String> {
        Self::within(field, "", json)
    }

    fn within(field: &Field, path: &str, json: &JsonPaths<'_>) -> Result<Self, String> {
        let path = if path.is_empty() { field.name().clone() } else { format!("{path}.{}", field.name()) };
        let kind = match field.data_type() {
            DataType::Utf8 if json.contains(&path.as_str()) => Kind::Json,
            DataType::List(element) => Kind::List(Box::new(Self::within(element, &format!("{path}.list"), json)?)),
            DataType::Struct(fields) => Kind::Struct(Members::new(fields, &path, json)?),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 && *fields[0].data_type() == DataType::Utf8 => {
                    Kind::Map(Box::new(Self::within(&fields[1], &format!("{path}.{}", entries.name()), json)?))
                }
                DataType::Struct(fields) => Kind::Entries(Members::new(fields, &path, json)?),
                other => return Err(other.to_string()),
            },
            plain if is_plain(plain) => Kind::Plain(plain.clone()),
            other => return Err(other.to_string()),
        };
        Ok(Self { kind })
    }

    /// The form of a release's column, whose values have the type that its kind has.
    pub(super) fn of(column: &Column, kind: &DataType) -> Self {
        let element = |field: &Field, column: &Column| Box::new(Self::of(column, field.data_type()));
        let kind = match (&column.kind, kind) {
            (schema::Kind::Json, _) => Kind::Json,
            (schema::Kind::List(inner), DataType::List(field)) => Kind::List(element(field, inner)),
            (schema::Kind::Struct(columns), DataType::Struct(fields)) => Kind::Struct(Members::of(columns, fields)),
            (schema::Kind::Tuple(columns), DataType::Struct(fields)) => {
                Kind::Tuple(columns.iter().zip(fields).map(|(column, field)| *element(field, column)).collect())
            }
            (schema::Kind::Map(value), DataType::Map(entries, _)) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => Kind::Map(element(&fields[1], value)),
                other => Kind::Plain(other.clone()),
            },
            (_, kind) => Kind::Plain(kind.clone()),
        };
        Self { kind }
    }

    /// Appends the canonical text of the value in `row`; `null` for none.
    pub(super) fn write(&self, array: &dyn Array, row: usize, texts: Texts, out: &mut Vec<u8>) {
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
            Kind::Plain(kind) => write_plain(kind, array, row, out),
            Kind::Json => write_json(array.as_string::<i32>().value(row), out),
            Kind::List(element) => element.write_all(&array.as_list::<i32>().value(row), texts, out),
            Kind::Struct(members) => members.write(array.as_struct().columns(), row, texts, out),
            Kind::Tuple(forms) => {
                let columns = array.as_struct().columns();
                write_list(forms.len(), out, |at, out| forms[at].write(&columns[at], row, texts, out));
            }
            Kind::Map(value) => write_map(value, &array.as_map().value(row), texts, out),
            Kind::Entries(members) => {
                let entries = array.as_map().value(row);
                write_list(entries.len(), out, |at, out| members.write(entries.columns(), at, texts, out));
            }
        }
    }

    fn write_all(&self, elements: &dyn Array, texts: Texts, out: &mut Vec<u8>) {
        write_list(elements.len(), out, |at, out| self.write(elements, at, texts, out));
    }

    /// Whether the values are plain texts.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Plain(DataType::Utf8))
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

/// The types without parts that have a text. 32-bit times are milliseconds, 64-bit ones are not.
fn is_plain(kind: &DataType) -> bool {
    use DataType as T;
    match kind {
        T::Time32(unit) => *unit == TimeUnit::Millisecond,
        T::Timestamp(unit, _) => *unit != TimeUnit::Second,
        T::Null | T::Boolean | T::Utf8 | T::Binary | T::FixedSizeBinary(_) | T::Date32 | T::Time64(_) => true,
        other => other.is_numeric(),
    }
}

fn write_plain(kind: &DataType, array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    use DataType as T;
    match kind {
        T::Boolean if array.as_boolean().value(row) => out.extend_from_slice(b"true"),
        T::Boolean => out.extend_from_slice(b"false"),
        T::Int8 => json::write_i64(out, array.as_primitive::<Int8Type>().value(row).into()),
        T::Int16 => json::write_i64(out, array.as_primitive::<Int16Type>().value(row).into()),
        T::Int32 => json::write_i64(out, array.as_primitive::<Int32Type>().value(row).into()),
        T::Int64 => json::write_i64(out, array.as_primitive::<Int64Type>().value(row)),
        T::UInt8 => json::write_u64(out, array.as_primitive::<UInt8Type>().value(row).into()),
        T::UInt16 => json::write_u64(out, array.as_primitive::<UInt16Type>().value(row).into()),
        T::UInt32 => json::write_u64(out, array.as_primitive::<UInt32Type>().value(row).into()),
        T::UInt64 => json::write_u64(out, array.as_primitive::<UInt64Type>().value(row)),
        T::Float16 => write_double(array.as_primitive::<Float16Type>().value(row).into(), out),
        T::Float32 => write_double(array.as_primitive::<Float32Type>().value(row).into(), out),
        T::Float64 => write_double(array.as_primitive::<Float64Type>().value(row), out),
        T::Binary => write_bytes(array.as_binary::<i32>().value(row), out),
        T::FixedSizeBinary(_) => write_bytes(array.as_fixed_size_binary().value(row), out),
        T::Date32 => write_day(array.as_primitive::<Date32Type>().value(row), out),
        T::Decimal32(..) => write_decimal(&array.as_primitive::<Decimal32Type>().value_as_string(row), out),
        T::Decimal64(..) => write_decimal(&array.as_primitive::<Decimal64Type>().value_as_string(row), out),
        T::Decimal128(..) => write_decimal(&array.as_primitive::<Decimal128Type>().value_as_string(row), out),
        T::Decimal256(..) => write_decimal(&array.as_primitive::<Decimal256Type>().value_as_string(row), out),
        T::Time32(_) => {
            let value = array.as_primitive::<Time32MillisecondType>().value(row);
            write_time(i128::from(value) * 1_000_000, out);
        }
        T::Time64(TimeUnit::Nanosecond) => {
            write_time(array.as_primitive::<Time64NanosecondType>().value(row).into(), out);
        }
        T::Time64(_) => {
            write_time(i128::from(array.as_primitive::<Time64MicrosecondType>().value(row)) * 1000, out);
        }
        T::Timestamp(_, zone) => write_instant(nanoseconds(array, row), zone.is_some(), out),
        _ => out.extend_from_slice(b"null"),
    }
}

/// An instant in nanoseconds since 1970, whatever the unit of its column.
pub(super) fn nanoseconds(array: &dyn Array, row: usize) -> i128 {
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            i128::from(array.as_primitive::<TimestampMillisecondType>().value(row)) * 1_000_000
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            i128::from(array.as_primitive::<TimestampMicrosecondType>().value(row)) * 1000
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            array.as_primitive::<TimestampNanosecondType>().value(row).into()
        }
        _ => 0,
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
fn write_day(days: i32, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'"');
    if write_date(out, days).is_none() {
        out.truncate(start);
        return json::write_i64(out, days.into());
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

    use super::*;

    #[track_caller]
    fn check(array: &dyn Array, want: &[&str]) {
        let form = CanonicalArrow::new(&Field::new("x", array.data_type().clone(), true), &[]).unwrap();
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
