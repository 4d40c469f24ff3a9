//! Instants and days: RFC 3339 text to the numbers of a column and back.
//!
//! Only text that the schema's `format` let through comes here, so what remains to be refused is
//! what a microsecond column cannot hold. Nothing is rounded and no time zone is assumed.

use std::io::Write as _;

use jiff::civil::Date;
use jiff::{Timestamp, Unit};

use crate::code::Code;

/// Microseconds since 1970-01-01T00:00:00Z of an RFC 3339 date-time.
pub(super) fn parse_timestamp(text: &str) -> Result<i64, Code> {
    if text.as_bytes().get(17..19) == Some(b"60") {
        return Err(Code::Leap);
    }
    let text = drop_zero_digits(text).ok_or(Code::TimePrecision)?;
    let timestamp: Timestamp = text.parse().map_err(|_out_of_range| Code::TimeRange)?;
    let year = timestamp.to_zoned(jiff::tz::TimeZone::UTC).year();
    if !(0..=9999).contains(&year) {
        return Err(Code::TimeRange);
    }
    Ok(timestamp.as_microsecond())
}

/// The text with its fraction cut to six digits; `None` if that would lose something.
fn drop_zero_digits(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    let Some(point) = text.find('.') else { return Some(text.into()) };
    let digits = text[point + 1..].bytes().take_while(u8::is_ascii_digit).count();
    if digits <= 6 {
        return Some(text.into());
    }
    let (kept, rest) = text.split_at(point + 1 + 6);
    let (dropped, offset) = rest.split_at(digits - 6);
    dropped.bytes().all(|digit| digit == b'0').then(|| format!("{kept}{offset}").into())
}

/// Days since 1970-01-01 of an RFC 3339 full-date.
pub(super) fn parse_date(text: &str) -> Result<i32, Code> {
    let date: Date = text.parse().map_err(|_not_a_day| Code::TimeRange)?;
    let days = date.since((Unit::Day, epoch())).map_err(|_out_of_range| Code::TimeRange)?;
    Ok(days.get_days())
}

fn epoch() -> Date {
    Date::constant(1970, 1, 1)
}

/// Writes an instant as RFC 3339 in UTC with `Z` and as many fraction digits as it needs.
/// `None`, with nothing written, if it lies outside the years 0000 to 9999.
pub(super) fn write_timestamp(out: &mut Vec<u8>, microseconds: i64) -> Option<()> {
    let timestamp = Timestamp::from_microsecond(microseconds).ok()?;
    let time = timestamp.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    write_date_of(out, time.date())?;
    let written = write!(out, "T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    written.expect("a vector takes every byte");
    let micros = time.subsec_nanosecond() / 1000;
    if micros != 0 {
        let digits = format!("{micros:06}");
        out.push(b'.');
        out.extend_from_slice(digits.trim_end_matches('0').as_bytes());
    }
    out.push(b'Z');
    Some(())
}

/// Writes a day as `YYYY-MM-DD`. `None`, with nothing written, outside the years 0000 to 9999.
pub(super) fn write_date(out: &mut Vec<u8>, days: i32) -> Option<()> {
    let date = epoch().checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    write_date_of(out, date)
}

fn write_date_of(out: &mut Vec<u8>, date: Date) -> Option<()> {
    if date.year() < 0 {
        return None;
    }
    write!(out, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day()).expect("a vector takes every byte");
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_time(text: &str, want: Result<&str, Code>) {
        let got = parse_timestamp(text).map(|microseconds| {
            let mut out = Vec::new();
            write_timestamp(&mut out, microseconds).unwrap();
            String::from_utf8(out).unwrap()
        });
        assert_eq!(got.as_deref().map_err(|code| *code), want, "{text}");
    }

    #[test]
    fn instants() {
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
    }

    #[test]
    fn what_a_microsecond_column_cannot_hold() {
        check_time("2024-12-13T10:00:00.1234567Z", Err(Code::TimePrecision));
        check_time("2016-12-31T23:59:60Z", Err(Code::Leap));
        check_time("0000-01-01T00:00:00+01:00", Err(Code::TimeRange));
        check_time("9999-12-31T23:59:59-01:00", Err(Code::TimeRange));
    }

    #[test]
    fn days() {
        for text in ["1970-01-01", "2024-02-29", "0000-01-01", "9999-12-31", "1969-12-31"] {
            let mut out = Vec::new();
            write_date(&mut out, parse_date(text).unwrap()).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        assert_eq!(parse_date("1970-01-02"), Ok(1));
        assert_eq!(write_date(&mut Vec::new(), -800_000), None);
        assert_eq!(write_timestamp(&mut Vec::new(), i64::MAX), None);
    }
}
