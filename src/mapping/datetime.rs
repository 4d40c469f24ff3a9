//! Reading the dates that sources write: ISO 8601, RFC 2822 (and RFC 822, which it replaced), the
//! forms of C, JavaScript and Twitter, and numbers that count from 1970.
//!
//! A text gives a right value or nothing. A time without an offset gives a day and never an instant,
//! and so does a time in a zone whose offset no standard fixes (`CET`). Fractions of a second are
//! kept digit by digit. Texts in the words of a language (`June 15, 2022`) are not read.

mod epoch;
mod iso;
mod mail;
mod zone;

use jiff::civil::Date;

pub(super) use epoch::{from_epoch, from_struct_time};
use zone::Offset;

/// What a text says about a point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateTimeText {
    date: Date,
    time: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Time {
    hour: u8,
    minute: u8,
    /// 60 in a leap second.
    second: u8,
    /// Digits behind the decimal point; empty if there are none.
    fraction: String,
    offset: Option<Offset>,
}

/// What a moment has for an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// A day alone.
    None,
    /// 00:00:00 without an offset, which parsers write where they know a day alone.
    Midnight,
    /// A time without a known offset.
    Naive,
    /// A time with its offset.
    Known,
}

/// Why a moment is no instant. The name is what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoInstant {
    /// It has no time, or no known offset.
    Offset,
    /// It is a leap second, which a count of seconds has no place for.
    Leap,
    /// It is finer than a microsecond.
    Finer,
    /// In UTC its year has not four digits.
    Year,
}

impl NoInstant {
    /// The name in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Offset => "no-offset",
            Self::Leap => "leap-second",
            Self::Finer => "finer-than-microseconds",
            Self::Year => "year-out-of-range",
        }
    }
}

impl DateTimeText {
    /// Reads a text in one of the known forms; white space around it does not matter.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_year = |text: &[u8]| text.len() >= 4 && text[..4].iter().all(u8::is_ascii_digit);
        if is_year(text.as_bytes()) { iso::read(text) } else { mail::read(text) }
    }

    /// The same moment, of which its source says that a time without an offset is UTC. A zone that is
    /// named and not known stays unknown.
    pub(super) fn or_utc(mut self) -> Self {
        if let Some(time) = &mut self.time {
            time.offset.get_or_insert(Offset::Utc);
        }
        self
    }

    /// What is known of the time of day.
    pub(super) fn clock(&self) -> Clock {
        match &self.time {
            None => Clock::None,
            Some(Time { offset: Some(Offset::Utc | Offset::Unknown | Offset::Minutes(_)), .. }) => Clock::Known,
            Some(Time { hour: 0, minute: 0, second: 0, fraction, .. }) if is_zero(fraction) => Clock::Midnight,
            Some(_) => Clock::Naive,
        }
    }

    /// RFC 3339, if the offset is known and a column of microseconds can hold the instant.
    pub(super) fn instant(&self) -> Result<String, NoInstant> {
        let Some((time, offset)) = self.time.as_ref().and_then(|time| Some((time, time.offset?))) else {
            return Err(NoInstant::Offset);
        };
        let minutes = offset.minutes().ok_or(NoInstant::Offset)?;
        if time.second == 60 {
            return Err(NoInstant::Leap);
        }
        if time.fraction.get(6..).is_some_and(|finer| !is_zero(finer)) {
            return Err(NoInstant::Finer);
        }
        let (year, month, day) = (self.date.year(), self.date.month(), self.date.day());
        // In UTC an edge of the years that have four digits may be crossed.
        let of_day = i32::from(time.hour) * 60 + i32::from(time.minute) - i32::from(minutes);
        let before = of_day < 0 && (year, month, day) == (0, 1, 1);
        let after = of_day >= 24 * 60 && (year, month, day) == (9999, 12, 31);
        if before || after {
            return Err(NoInstant::Year);
        }
        let Time { hour, minute, second, fraction, .. } = time;
        let point = if fraction.is_empty() { "" } else { "." };
        Ok(format!("{}T{hour:02}:{minute:02}:{second:02}{point}{fraction}{offset}", self.day()))
    }

    /// The calendar day where it was written, as `YYYY-MM-DD`; none where the offset is known to be
    /// unknown.
    pub(super) fn local_day(&self) -> Option<String> {
        match self.time {
            Some(Time { offset: Some(Offset::Unknown), .. }) => None,
            _ => Some(self.day()),
        }
    }

    fn day(&self) -> String {
        let (year, month, day) = (self.date.year(), self.date.month(), self.date.day());
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// What stands for something else than a time.
#[derive(Debug, Clone, Copy)]
struct Unread;

/// A day of a year from 0 to 9999.
fn date(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|digit| digit == b'0')
}

/// Digits and nothing else.
fn digits(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
