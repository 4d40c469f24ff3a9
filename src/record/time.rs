//! Timestamps and dates: RFC 3339 text to the numbers of a column and back.
//!
//! Only strings that the schema's `format` accepted get here, so all that is left to refuse is what
//! a microsecond column cannot hold. Nothing is rounded and no time zone is assumed.

use jiff::civil::Date;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::{SignedDuration, Unit};

use crate::code::Code;

static PRINTER: DateTimePrinter = DateTimePrinter::new();
const EPOCH: Date = Date::constant(1970, 1, 1);
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
const FIRST: i64 = -719_528 * DAY;
const LAST: i64 = 2_932_897 * DAY - 1;

/// Microseconds since 1970-01-01T00:00:00Z of an RFC 3339 date-time.
///
/// The timestamps of `jiff` end a day before the year 9999 does and its fractions have nine digits,
/// so only the date is parsed by `jiff`.
pub(super) fn parse_timestamp(text: &str) -> Result<i64, Code> {
    // The format has been checked: 2024-12-13T10:00:00, a fraction, then Z or +02:00.
    let number = |from: usize| text.get(from..from + 2).and_then(|digits| digits.parse::<i64>().ok());
    let (Some(hour), Some(minute), Some(second)) = (number(11), number(14), number(17)) else {
        return Err(Code::TimeRange);
    };
    if second == 60 {
        return Err(Code::Leap);
    }
    let days = i64::from(parse_date(text.get(..10).unwrap_or_default())?);
    let rest = text.get(19..).unwrap_or_default();
    let fraction = rest.strip_prefix('.').unwrap_or_default();
    let fraction = &fraction[..fraction.bytes().take_while(u8::is_ascii_digit).count()];
    let time = ((hour * 60 + minute) * 60 + second) * SECOND + microseconds(fraction)?;
    let microseconds = days * DAY + time - offset(rest) * SECOND;
    if (FIRST..=LAST).contains(&microseconds) { Ok(microseconds) } else { Err(Code::TimeRange) }
}

/// The digits behind a decimal point as microseconds, unless they are more precise.
fn microseconds(digits: &str) -> Result<i64, Code> {
    if digits.is_empty() {
        return Ok(0);
    }
    let (kept, finer) = digits.split_at(digits.len().min(6));
    if finer.bytes().any(|digit| digit != b'0') {
        return Err(Code::TimePrecision);
    }
    Ok(format!("{kept:0<6}").parse().unwrap_or(0))
}

/// The offset at the end of a date-time, in seconds east of UTC.
fn offset(text: &str) -> i64 {
    let Some(start) = text.rfind(['+', '-']) else { return 0 };
    let number = |from: usize| text.get(from..from + 2).and_then(|digits| digits.parse::<i64>().ok()).unwrap_or(0);
    let seconds = (number(start + 1) * 60 + number(start + 4)) * 60;
    if text.as_bytes()[start] == b'-' { -seconds } else { seconds }
}

/// Days since 1970-01-01 of an RFC 3339 full-date.
pub(super) fn parse_date(text: &str) -> Result<i32, Code> {
    let date: Date = text.parse().map_err(|_not_a_date| Code::TimeRange)?;
    let days = date.since((Unit::Day, EPOCH)).map_err(|_out_of_range| Code::TimeRange)?;
    Ok(days.get_days())
}

/// Writes nanoseconds since 1970 as RFC 3339, with as many fraction digits as needed, and `Z` if
/// they are `utc`. `None`, with nothing written, outside the years 0000 to 9999.
pub(super) fn write_timestamp(out: &mut Vec<u8>, nanoseconds: i128, utc: bool) -> Option<()> {
    let since = SignedDuration::try_from_nanos_i128(nanoseconds)?;
    let time = EPOCH.at(0, 0, 0, 0).checked_add(since).ok().filter(|time| time.year() >= 0)?;
    PRINTER.print_datetime(&time, &mut *out).expect("a vector takes every byte");
    out.extend(utc.then_some(b'Z'));
    Some(())
}

/// Writes days since 1970 as `YYYY-MM-DD`. `None`, with nothing written, outside the years 0000 to
/// 9999.
pub(super) fn write_date(out: &mut Vec<u8>, days: i64) -> Option<()> {
    let since = SignedDuration::try_from_hours(days.checked_mul(24)?)?;
    let date = EPOCH.checked_add(since).ok().filter(|date| date.year() >= 0)?;
    PRINTER.print_date(&date, out).expect("a vector takes every byte");
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_time(text: &str, want: Result<&str, Code>) {
        let got = parse_timestamp(text).map(|microseconds| {
            let mut out = Vec::new();
            write_timestamp(&mut out, i128::from(microseconds) * 1000, true).unwrap();
            String::from_utf8(out).unwrap()
        });
        assert_eq!(got.as_deref().map_err(|code| *code), want, "{text}");
    }

    #[test]
    fn timestamps() {
        check_time("2024-12-13T10:00:00Z", Ok("2024-12-13T10:00:00Z"));
        check_time("2024-12-13t10:00:00z", Ok("2024-12-13T10:00:00Z"));
        check_time("2024-12-13T10:00:00+02:00", Ok("2024-12-13T08:00:00Z"));
        check_time("2024-12-13T10:00:00-00:00", Ok("2024-12-13T10:00:00Z"));
        check_time("2024-12-13T10:00:00.5Z", Ok("2024-12-13T10:00:00.5Z"));
        check_time("2024-12-13T10:00:00.120000Z", Ok("2024-12-13T10:00:00.12Z"));
        check_time("2024-12-13T10:00:00.123456000000Z", Ok("2024-12-13T10:00:00.123456Z"));
        check_time("1969-12-31T23:59:59.999999Z", Ok("1969-12-31T23:59:59.999999Z"));
        check_time("0000-01-01T00:00:00Z", Ok("0000-01-01T00:00:00Z"));
        check_time("0001-02-03T04:05:06Z", Ok("0001-02-03T04:05:06Z"));
        check_time("9999-12-31T23:59:59Z", Ok("9999-12-31T23:59:59Z"));
        check_time("9999-12-31T23:59:59.999999Z", Ok("9999-12-31T23:59:59.999999Z"));
        check_time("9999-12-30T22:00:00.5-05:30", Ok("9999-12-31T03:30:00.5Z"));
        check_time("2024-01-01T00:30:00+14:00", Ok("2023-12-31T10:30:00Z"));
    }

    #[test]
    fn timestamps_that_a_microsecond_column_cannot_hold() {
        check_time("2024-12-13T10:00:00.1234567Z", Err(Code::TimePrecision));
        check_time("2016-12-31T23:59:60Z", Err(Code::Leap));
        check_time("0000-01-01T00:00:00+01:00", Err(Code::TimeRange));
        check_time("9999-12-31T23:59:59-01:00", Err(Code::TimeRange));
    }

    #[test]
    fn dates() {
        for text in ["1970-01-01", "2024-02-29", "0000-01-01", "9999-12-31", "1969-12-31"] {
            let mut out = Vec::new();
            write_date(&mut out, parse_date(text).unwrap().into()).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        assert_eq!(parse_date("1970-01-02"), Ok(1));
        assert_eq!(write_date(&mut Vec::new(), -800_000), None);
        assert_eq!(write_date(&mut Vec::new(), i64::MIN), None);
        for nanoseconds in [i128::MAX, i64::MAX.into(), -62_167_219_200_000_000_001] {
            let mut out = Vec::new();
            let fits = nanoseconds == i64::MAX.into();
            assert_eq!((write_timestamp(&mut out, nanoseconds, true).is_some(), !out.is_empty()), (fits, fits));
        }
    }
}
