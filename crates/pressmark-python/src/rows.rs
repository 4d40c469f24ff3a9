//! Rows of Arrow tables as JSON articles: what pandas, Polars, pyarrow and `DuckDB` hand over.
//!
//! The rules are those of [`crate::convert`]. A null is left out, as if the member were missing, because a column has
//! no other way to say that; a null in a list stays. A type without a form in JSON is refused.

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::types::{
    ArrowDictionaryKeyType, Date32Type, Date64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_pyarrow::FromPyArrow;
use arrow_schema::{DataType, TimeUnit};
use pyo3::prelude::*;

use crate::convert::{Refused, Written, at, double, write_text};
use crate::errors;

/// The rows of a table as JSON texts.
pub(crate) fn articles(py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<Vec<Vec<u8>>> {
    let reader = RecordBatchStreamReader::from_pyarrow_bound(table).map_err(|error| {
        errors::argument(py, &format!("the table cannot be read: {error}"), Some("pass a table of Arrow, or dicts"))
    })?;
    let read = || -> Result<Vec<Vec<u8>>, Result<Box<Refused>, String>> {
        let mut articles = Vec::new();
        for batch in reader {
            let batch = batch.map_err(|error| Err(error.to_string()))?;
            for row in 0..batch.num_rows() {
                articles.push(article(&batch, row).map_err(Ok)?);
            }
        }
        Ok(articles)
    };
    py.detach(read).map_err(|error| match error {
        Ok(refused) => refused.raised(py),
        Err(message) => errors::argument(py, &format!("the table cannot be read: {message}"), None),
    })
}

fn article(batch: &RecordBatch, row: usize) -> Result<Vec<u8>, Box<Refused>> {
    let mut out = Vec::with_capacity(1024);
    let schema = batch.schema_ref();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    members(names.zip(batch.columns().iter().map(AsRef::as_ref)), row, &mut out)?;
    Ok(out)
}

fn members<'a>(columns: impl Iterator<Item = (&'a str, &'a dyn Array)>, row: usize, out: &mut Vec<u8>) -> Written {
    out.push(b'{');
    let mut is_first = true;
    for (name, array) in columns.filter(|(_, array)| !is_null(*array, row)) {
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        write_text(name, out);
        out.push(b':');
        value(array, row, out).map_err(at(|| name.to_owned()))?;
    }
    out.push(b'}');
    Ok(())
}

fn elements(list: &dyn Array, out: &mut Vec<u8>) -> Written {
    out.push(b'[');
    for index in 0..list.len() {
        if index > 0 {
            out.push(b',');
        }
        value(list, index, out).map_err(at(|| index.to_string()))?;
    }
    out.push(b']');
    Ok(())
}

fn is_null(array: &dyn Array, row: usize) -> bool {
    *array.data_type() == DataType::Null || array.is_null(row)
}

/// Writes the display of a value of a primitive column.
macro_rules! number {
    ($array:ident, $row:ident, $out:ident, $kind:ty) => {{
        $out.extend_from_slice($array.as_primitive::<$kind>().value($row).to_string().as_bytes());
        Ok(())
    }};
}

fn value(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Written {
    if is_null(array, row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Boolean => {
            out.extend_from_slice(if array.as_boolean().value(row) { b"true" } else { b"false" });
            Ok(())
        }
        DataType::Int8 => number!(array, row, out, Int8Type),
        DataType::Int16 => number!(array, row, out, Int16Type),
        DataType::Int32 => number!(array, row, out, Int32Type),
        DataType::Int64 => number!(array, row, out, Int64Type),
        DataType::UInt8 => number!(array, row, out, UInt8Type),
        DataType::UInt16 => number!(array, row, out, UInt16Type),
        DataType::UInt32 => number!(array, row, out, UInt32Type),
        DataType::UInt64 => number!(array, row, out, UInt64Type),
        DataType::Float16 => double(array.as_primitive::<Float16Type>().value(row).to_f64(), out),
        DataType::Float32 => double(array.as_primitive::<Float32Type>().value(row).into(), out),
        DataType::Float64 => double(array.as_primitive::<Float64Type>().value(row), out),
        DataType::Decimal128(..) => digits(&array.as_primitive::<Decimal128Type>().value_as_string(row), out),
        DataType::Decimal256(..) => digits(&array.as_primitive::<Decimal256Type>().value_as_string(row), out),
        DataType::Utf8 => text(array.as_string::<i32>().value(row), out),
        DataType::LargeUtf8 => text(array.as_string::<i64>().value(row), out),
        DataType::Utf8View => text(array.as_string_view().value(row), out),
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => time(array, row, out),
        DataType::List(_) => elements(&array.as_list::<i32>().value(row), out),
        DataType::LargeList(_) => elements(&array.as_list::<i64>().value(row), out),
        DataType::FixedSizeList(..) => elements(&array.as_fixed_size_list().value(row), out),
        DataType::Struct(_) => {
            let object = array.as_struct();
            let columns = object.columns().iter().map(AsRef::as_ref);
            members(object.column_names().into_iter().zip(columns), row, out)
        }
        DataType::Map(..) => map(array, row, out),
        DataType::Dictionary(key, _) => dictionary(array, key, row, out),
        other => Err(unsupported(other)),
    }
}

fn unsupported(kind: &DataType) -> Box<Refused> {
    Refused::new(format!("the Arrow type {kind} has no form in JSON"), Some("cast the column, or leave it out"))
}

#[expect(clippy::unnecessary_wraps, reason = "as the other kinds")]
fn text(text: &str, out: &mut Vec<u8>) -> Written {
    write_text(text, out);
    Ok(())
}

/// Digits that are a number in JSON.
#[expect(clippy::unnecessary_wraps, reason = "as the other kinds")]
fn digits(digits: &str, out: &mut Vec<u8>) -> Written {
    out.extend_from_slice(digits.as_bytes());
    Ok(())
}

/// ISO 8601; with `Z` if the column has a time zone, because its values are then instants in UTC.
fn time(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Written {
    let shown = match array.data_type() {
        DataType::Date32 => array.as_primitive::<Date32Type>().value_as_date(row).map(|date| format!("{date:?}")),
        DataType::Date64 => array.as_primitive::<Date64Type>().value_as_date(row).map(|date| format!("{date:?}")),
        DataType::Timestamp(unit, zone) => {
            let time = match unit {
                TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value_as_datetime(row),
                TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value_as_datetime(row),
                TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value_as_datetime(row),
                TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value_as_datetime(row),
            };
            time.map(|time| format!("{time:?}{}", if zone.is_some() { "Z" } else { "" }))
        }
        other => return Err(unsupported(other)),
    };
    text(&shown.ok_or_else(|| Refused::new("the time is out of range", None))?, out)
}

fn map(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Written {
    let entries = array.as_map().value(row);
    let (names, values) = (entries.column(0), entries.column(1));
    let Some(names) = names.as_string_opt::<i32>() else { return Err(unsupported(array.data_type())) };
    out.push(b'{');
    for index in 0..entries.len() {
        if index > 0 {
            out.push(b',');
        }
        write_text(names.value(index), out);
        out.push(b':');
        value(values, index, out).map_err(at(|| names.value(index).to_owned()))?;
    }
    out.push(b'}');
    Ok(())
}

fn dictionary(array: &dyn Array, key: &DataType, row: usize, out: &mut Vec<u8>) -> Written {
    fn of<K: ArrowDictionaryKeyType>(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Written {
        let dictionary = array.as_dictionary::<K>();
        // A null was seen before.
        value(dictionary.values(), dictionary.key(row).unwrap_or_default(), out)
    }
    match key {
        DataType::Int8 => of::<Int8Type>(array, row, out),
        DataType::Int16 => of::<Int16Type>(array, row, out),
        DataType::Int32 => of::<Int32Type>(array, row, out),
        DataType::Int64 => of::<Int64Type>(array, row, out),
        DataType::UInt8 => of::<UInt8Type>(array, row, out),
        DataType::UInt16 => of::<UInt16Type>(array, row, out),
        DataType::UInt32 => of::<UInt32Type>(array, row, out),
        DataType::UInt64 => of::<UInt64Type>(array, row, out),
        other => Err(unsupported(other)),
    }
}
