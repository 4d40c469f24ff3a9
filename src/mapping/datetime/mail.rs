//! Dates with the names of months: RFC 2822 with what RFC 822 allowed before it, and the forms that
//! C (`asctime`), JavaScript (`Date.prototype.toString`) and Twitter write.

use super::zone::{self, Offset};
use super::{DateTimeText, Time, Unread, date, digits};

/// Months as RFC 2822 writes them, in any letter case.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A text that does not start with a year.
pub(super) fn read(text: &str) -> Option<DateTimeText> {
    let text = without_comment(text);
    // The name of the day may be any: RFC 850 wrote it out.
    let text = text.split_once(',').map_or(text, |(_day, rest)| rest.trim_start());
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    match words.as_slice() {
        [day, month, day_number, rest @ ..] if DAYS.iter().any(|name| day.eq_ignore_ascii_case(name)) => {
            month_first(month, day_number, rest)
        }
        [day, month, year, rest @ ..] => day_first(day, month, year, rest),
        _ => None,
    }
}

/// A comment at the end, in which JavaScript names the zone once more, is left out.
fn without_comment(text: &str) -> &str {
    let inner = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    inner.map_or(text, |(before, _comment)| before.trim_end())
}

/// `21 Mar 2019 17:10:00 +0000` (RFC 2822 section 3.3). A year of two or three digits is read as
/// section 4.3 says, with a time behind it.
fn day_first(day: &str, month: &str, year: &str, rest: &[&str]) -> Option<DateTimeText> {
    let time = time(rest).ok()?;
    let number = digits(year)?;
    let year = match year.len() {
        4 => number,
        2 if time.is_some() && number < 50 => number + 2000,
        2 | 3 if time.is_some() => number + 1900,
        _ => return None,
    };
    moment(year, month, day, time)
}

/// `Mar 21 2019 17:10:00 GMT+0000`, `Mar 21 17:10:00 2019`, `Mar 21 17:10:00 +0000 2019`.
fn month_first(month: &str, day: &str, rest: &[&str]) -> Option<DateTimeText> {
    let is_year = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let (year, rest) = match rest {
        [year, rest @ ..] if is_year(year) => (*year, rest),
        [rest @ .., year] if is_year(year) => (*year, rest),
        _ => return None,
    };
    moment(digits(year)?, month, day, time(rest).ok()?)
}

fn moment(year: u32, month: &str, day: &str, time: Option<Time>) -> Option<DateTimeText> {
    let month = MONTHS.iter().position(|name| month.eq_ignore_ascii_case(name))? + 1;
    if day.len() > 2 {
        return None;
    }
    Some(DateTimeText { date: date(year, u32::try_from(month).ok()?, digits(day)?)?, time })
}

/// A time and perhaps a zone, or nothing at all.
fn time(words: &[&str]) -> Result<Option<Time>, Unread> {
    let (clock, zone) = match words {
        [] => return Ok(None),
        [clock] => clock.split_at(clock.find(['+', '-']).unwrap_or(clock.len())),
        [clock, zone] => (*clock, *zone),
        _ => return Err(Unread),
    };
    let offset = if zone.is_empty() { None } else { Some(zone::of_mail(zone).ok_or(Unread)?) };
    clock_time(clock, offset).map(Some).ok_or(Unread)
}

/// `10:00`, `10:00:00`, `10:00:00.123`.
fn clock_time(text: &str, offset: Option<Offset>) -> Option<Time> {
    let number = |text: &str, limit: u32| {
        let value = digits(text).filter(|value| text.len() == 2 && *value < limit)?;
        u8::try_from(value).ok()
    };
    let mut parts = text.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 24)?, number(parts.next()?, 60)?);
    let (second, fraction) = match parts.next() {
        None => (0, ""),
        Some(rest) => match rest.split_once('.') {
            None => (number(rest, 61)?, ""),
            Some((second, fraction)) if !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
                (number(second, 61)?, fraction)
            }
            Some(_) => return None,
        },
    };
    Some(Time { hour, minute, second, fraction: fraction.to_owned(), offset })
}
