//! Reads a [`Scalar`] from an Arrow array of any type that Parquet has.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};

use crate::part_files::Meaning;
use crate::record::Scalar;

/// Nanoseconds in a day, and the Julian day of 1970-01-01, which int96 counts from.
const DAY: i128 = 86_400_000_000_000;
const EPOCH: i128 = 2_440_588;
const DAY_MILLISECONDS: i64 = 86_400_000;

/// A value of a type that says what it is.
pub(super) fn plain<'a>(kind: &DataType, array: &'a dyn Array, row: usize) -> Option<Scalar<'a>> {
    use DataType as T;
    Some(match kind {
        T::Boolean => Scalar::Boolean(array.as_boolean().value(row)),
        T::Int8 => Scalar::Integer(array.as_primitive::<Int8Type>().value(row).into()),
        T::Int16 => Scalar::Integer(array.as_primitive::<Int16Type>().value(row).into()),
        T::Int32 => Scalar::Integer(array.as_primitive::<Int32Type>().value(row).into()),
        T::Int64 => Scalar::Integer(array.as_primitive::<Int64Type>().value(row).into()),
        T::UInt8 => Scalar::Integer(array.as_primitive::<UInt8Type>().value(row).into()),
        T::UInt16 => Scalar::Integer(array.as_primitive::<UInt16Type>().value(row).into()),
        T::UInt32 => Scalar::Integer(array.as_primitive::<UInt32Type>().value(row).into()),
        T::UInt64 => Scalar::Integer(array.as_primitive::<UInt64Type>().value(row).into()),
        T::Float16 => Scalar::Double(array.as_primitive::<Float16Type>().value(row).into()),
        T::Float32 => Scalar::Double(array.as_primitive::<Float32Type>().value(row).into()),
        T::Float64 => Scalar::Double(array.as_primitive::<Float64Type>().value(row)),
        T::Decimal32(_, scale) => Scalar::Decimal(array.as_primitive::<Decimal32Type>().value(row).into(), *scale),
        T::Decimal64(_, scale) => Scalar::Decimal(array.as_primitive::<Decimal64Type>().value(row).into(), *scale),
        T::Decimal128(_, scale) => {
            Scalar::Decimal(i256::from_i128(array.as_primitive::<Decimal128Type>().value(row)), *scale)
        }
        T::Decimal256(_, scale) => Scalar::Decimal(array.as_primitive::<Decimal256Type>().value(row), *scale),
        T::Utf8 => Scalar::String(array.as_string::<i32>().value(row)),
        T::Binary => Scalar::Bytes(array.as_binary::<i32>().value(row)),
        T::FixedSizeBinary(_) => Scalar::Bytes(array.as_fixed_size_binary().value(row)),
        T::Date32 => Scalar::Date(array.as_primitive::<Date32Type>().value(row).into()),
        T::Time32(_) => Scalar::Time(i128::from(array.as_primitive::<Time32MillisecondType>().value(row)) * 1_000_000),
        T::Time64(TimeUnit::Nanosecond) => Scalar::Time(array.as_primitive::<Time64NanosecondType>().value(row).into()),
        T::Time64(_) => Scalar::Time(i128::from(array.as_primitive::<Time64MicrosecondType>().value(row)) * 1000),
        T::Timestamp(unit, zone) => Scalar::Timestamp(timestamp(*unit, array, row), zone.is_some()),
        _ => return None,
    })
}

/// A value that is stored as another type: an integer, or the twelve bytes of an int96.
pub(super) fn stored(meaning: Meaning, array: &dyn Array, row: usize) -> Option<Scalar<'_>> {
    let number = || match array.data_type() {
        DataType::Int32 => Some(i64::from(array.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => Some(array.as_primitive::<Int64Type>().value(row)),
        _ => None,
    };
    Some(match meaning {
        Meaning::AsTyped => return None,
        Meaning::Int96 => Scalar::Timestamp(int96(array.as_fixed_size_binary_opt()?.value(row))?, false),
        Meaning::Duration(unit) => Scalar::Duration(i128::from(number()?) * nanoseconds_of(unit)),
        Meaning::Seconds(zone) => Scalar::Timestamp(i128::from(number()?) * 1_000_000_000, zone),
        Meaning::TimeSeconds => Scalar::Time(i128::from(number()?) * 1_000_000_000),
        Meaning::DayMilliseconds => match number()? {
            milliseconds if milliseconds % DAY_MILLISECONDS == 0 => Scalar::Date(milliseconds / DAY_MILLISECONDS),
            milliseconds => Scalar::Timestamp(i128::from(milliseconds) * 1_000_000, false),
        },
    })
}
fn timestamp(unit: TimeUnit, array: &dyn Array, row: usize) -> i128 {
    let number = match unit {
        TimeUnit::Second => 0, // Parquet has none
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
    };
    i128::from(number) * nanoseconds_of(unit)
}

fn nanoseconds_of(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1000,
        TimeUnit::Nanosecond => 1,
    }
}

/// Nanoseconds since 1970 of an int96: nanoseconds since midnight in eight bytes, then the Julian
/// day in four. No day makes them exceed 128 bits.
fn int96(bytes: &[u8]) -> Option<i128> {
    let (nanoseconds, day) = bytes.split_first_chunk::<8>()?;
    let day = i32::from_le_bytes(day.try_into().ok()?);
    Some((i128::from(day) - EPOCH) * DAY + i128::from(i64::from_le_bytes(*nanoseconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int96_over_its_range() {
        let bytes = |nanoseconds: i64, day: i32| [&nanoseconds.to_le_bytes()[..], &day.to_le_bytes()].concat();
        for (nanoseconds, day, want) in [
            (0, 2_440_588, 0),
            (1, 2_440_587, 1 - DAY),
            // 0001-01-01, 9999-12-31, and the ends of the type.
            (0, 1_721_426, -719_162 * DAY),
            (5, 5_373_484, 2_932_896 * DAY + 5),
            (i64::MAX, i32::MAX, (i128::from(i32::MAX) - EPOCH) * DAY + i128::from(i64::MAX)),
            (i64::MIN, i32::MIN, (i128::from(i32::MIN) - EPOCH) * DAY + i128::from(i64::MIN)),
        ] {
            assert_eq!(int96(&bytes(nanoseconds, day)), Some(want));
        }
        assert_eq!(int96(&[0; 11]), None);
    }
}
