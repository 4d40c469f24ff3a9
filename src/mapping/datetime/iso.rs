//! ISO 8601 as it is met in the wild: extended and basic, with a space for the `T`, with a comma
//! before the fraction, with a zone behind a space or in brackets (RFC 9557), days by week or by their
//! number in the year, and the fourteen digits of web archives.
//!
//! The library reads dates, times and offsets. It makes a leap second the second before it and
//! counts nine digits of a fraction, so both are looked at here.

use std::borrow::Cow;

use jiff::civil::{Date, ISOWeekDate};
use jiff::fmt::temporal::{Pieces, PiecesOffset};

use super::zone::{self, Offset};
use super::{DateTimeText, Time, Unread, digits};

/// A text that starts with a year of four digits.
pub(super) fn read(text: &str) -> Option<DateTimeText> {
    let text = match text.len() {
        14 if digits_only(text) => Cow::Owned(format!("{}T{}", &text[..8], &text[8..])),
        _ => Cow::Borrowed(text),
    };
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim_start())),
        None => (text.as_ref(), None),
    };
    match (day(date), rest) {
        (Some(date), None) => Some(DateTimeText { date, time: None }),
        (Some(date), Some(rest)) => Some(DateTimeText { date, time: Some(time(rest)?) }),
        // A day with an offset, as XML Schema writes it.
        (None, None) => {
            let (date, offset) = date.split_at_checked(10)?;
            let is_offset = !matches!(zone::any(offset)?, Offset::Unread);
            is_offset.then_some(DateTimeText { date: day(date)?, time: None })
        }
        (None, Some(_)) => None,
    }
}

fn digits_only(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `2024-12-13`, `20241213`, `2024-W50-5`, `2024W505`, `2024-348`. Seven digits may be any number.
fn day(text: &str) -> Option<Date> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match (text.len(), text.as_bytes().get(4)?) {
        (8, b'W') | (10, b'-') if !plain => Some(text.parse::<ISOWeekDate>().ok()?.date()),
        (10, b'-') | (8, b'0'..=b'9') if plain => text.parse().ok(),
        (8, b'-') => {
            let (year, number) = (digits(text.get(..4)?)?, digits(text.get(5..)?)?);
            let first = Date::new(i16::try_from(year).ok()?, 1, 1).ok()?;
            first.with().day_of_year(i16::try_from(number).ok()?).build().ok()
        }
        _ => None,
    }
}

/// `10`, `10:00`, `10:00:00.123`, `100000,123`, then perhaps an offset.
fn time(text: &str) -> Option<Time> {
    let (clock, zone) = match text.find(|next: char| next.is_ascii_whitespace()) {
        Some(at) => (&text[..at], text[at..].trim_start()),
        None => (text, ""),
    };
    let (clock, fraction, behind) = match clock.find(['.', ',']) {
        None => (clock, "", ""),
        Some(at) => {
            let length = clock[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, behind) = clock[at + 1..].split_at(length);
            // Of hours and minutes there are no fractions here.
            let whole = clock[..at].bytes().filter(u8::is_ascii_digit).count() == 6;
            if length == 0 || !whole {
                return None;
            }
            (&clock[..at], fraction, behind)
        }
    };
    // The day does not matter.
    let whole = format!("2000-01-01T{clock}{behind}");
    let pieces = Pieces::parse(&whole).ok()?;
    let parsed = pieces.time()?;
    let offset = match (offset(&pieces).ok()?, zone) {
        (offset, "") => offset,
        (None, zone) => Some(zone::any(zone)?),
        (Some(_), _) => return None,
    };
    let part = |part: i8| u8::try_from(part).ok();
    let second = if is_leap(clock) { 60 } else { part(parsed.second())? };
    let (hour, minute) = (part(parsed.hour())?, part(parsed.minute())?);
    Some(Time { hour, minute, second, fraction: fraction.to_owned(), offset })
}

/// The offset that was written, if one was that RFC 3339 can write.
fn offset(pieces: &Pieces<'_>) -> Result<Option<Offset>, Unread> {
    Ok(match pieces.offset() {
        // The zone's name alone says an offset only by a table that changes.
        None => pieces.time_zone_annotation().map(|_name| Offset::Unread),
        Some(PiecesOffset::Zulu) => Some(Offset::Utc),
        Some(PiecesOffset::Numeric(numeric)) => {
            let seconds = numeric.offset().seconds();
            if seconds % 60 != 0 || seconds.abs() >= 86_400 {
                return Err(Unread);
            }
            let minutes = i16::try_from(seconds.abs() / 60).map_err(|_too_many| Unread)?;
            Some(Offset::of_minutes(numeric.is_negative(), minutes))
        }
        Some(_) => return Err(Unread),
    })
}

/// Whether a time says the sixtieth second: `10:00:60`, `100060`.
fn is_leap(clock: &str) -> bool {
    let mut digits =
        clock.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b':').filter(|byte| *byte != b':');
    digits.nth(4) == Some(b'6') && digits.next() == Some(b'0')
}
