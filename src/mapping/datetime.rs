//! Reading the dates that parsers write: ISO 8601 as it is met in the wild, and RFC 2822.
//!
//! Nothing is invented: a time without an offset gives a day and never an instant, and a text in
//! any other form gives neither. Fractions of a second are kept digit by digit.

use jiff::civil::Date;

/// Months as RFC 2822 writes them, in any letter case.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What a text says about a point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateTimeText<'t> {
    date: Date,
    time: Option<Time<'t>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Time<'t> {
    hour: u8,
    minute: u8,
    second: u8,
    /// Digits behind the decimal point; empty if there are none.
    fraction: &'t str,
    offset: Option<Offset>,
}

/// How far local time is ahead of UTC, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offset {
    Utc,
    /// UTC, and nobody knows the local time (`-00:00`, RFC 3339 section 4.3).
    Unknown,
    Minutes(i16),
}

/// What a moment has for an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// A day alone.
    None,
    /// 00:00:00 without an offset, which parsers write where they know a day alone.
    Midnight,
    /// A time without an offset.
    Naive,
    /// A time with its offset.
    Known,
}

impl<'t> DateTimeText<'t> {
    /// Reads a text in one of the known forms; white space around it does not matter.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let text = text.trim();
        if text.as_bytes().first().is_some_and(u8::is_ascii_digit) && text.as_bytes().get(4) == Some(&b'-') {
            iso(text)
        } else {
            mail(text)
        }
    }

    /// What is known of the time of day.
    pub(super) fn clock(&self) -> Clock {
        match &self.time {
            None => Clock::None,
            Some(Time { offset: Some(_), .. }) => Clock::Known,
            Some(Time { hour: 0, minute: 0, second: 0, fraction, .. })
                if fraction.bytes().all(|digit| digit == b'0') =>
            {
                Clock::Midnight
            }
            Some(_) => Clock::Naive,
        }
    }

    /// RFC 3339, if the offset is known.
    pub(super) fn instant(&self) -> Option<String> {
        let time = self.time.as_ref()?;
        let offset = match time.offset? {
            Offset::Utc => "Z".to_owned(),
            Offset::Unknown => "-00:00".to_owned(),
            Offset::Minutes(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        };
        let Time { hour, minute, second, fraction, .. } = time;
        let point = if fraction.is_empty() { "" } else { "." };
        Some(format!("{}T{hour:02}:{minute:02}:{second:02}{point}{fraction}{offset}", self.day()?))
    }

    /// The calendar day where it was written, as `YYYY-MM-DD`; none where the offset is known to be
    /// unknown.
    pub(super) fn local_day(&self) -> Option<String> {
        match self.time {
            Some(Time { offset: Some(Offset::Unknown), .. }) => None,
            _ => self.day(),
        }
    }

    fn day(&self) -> Option<String> {
        let (year, month, day) = (self.date.year(), self.date.month(), self.date.day());
        (year >= 0).then(|| format!("{year:04}-{month:02}-{day:02}"))
    }
}

/// `2024-12-13`, then perhaps `T` or a space, a time and an offset.
fn iso(text: &str) -> Option<DateTimeText<'_>> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| digits(text.get(from..to)?);
    if bytes.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let date = date(year, month, day)?;
    let time = match bytes.get(10) {
        None => None,
        Some(b'T' | b't' | b' ') => Some(time(text.get(11..)?.trim_start())?),
        Some(_) => return None,
    };
    Some(DateTimeText { date, time })
}

/// `Thu, 21 Mar 2019 17:10:00 +0000`, the name of the day left out or not (RFC 2822 section 3.3).
fn mail(text: &str) -> Option<DateTimeText<'_>> {
    let text = text.split_once(',').map_or(text, |(_day, rest)| rest.trim_start());
    let (day, rest) = text.split_once(' ')?;
    let (month, rest) = rest.trim_start().split_once(' ')?;
    let (year, rest) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
    let month = MONTHS.iter().position(|name| month.eq_ignore_ascii_case(name))? + 1;
    if year.len() != 4 || day.len() > 2 {
        return None;
    }
    let date = date(digits(year)?, u32::try_from(month).ok()?, digits(day)?)?;
    let time = if rest.trim().is_empty() { None } else { Some(time(rest.trim_start())?) };
    Some(DateTimeText { date, time })
}

fn date(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `10:00`, `10:00:00`, `10:00:00.123`, then perhaps an offset.
fn time(text: &str) -> Option<Time<'_>> {
    let number = |from: usize, limit: u32| {
        let value = digits(text.get(from..from + 2)?).filter(|value| *value < limit)?;
        u8::try_from(value).ok()
    };
    let bytes = text.as_bytes();
    if bytes.get(2) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (number(0, 24)?, number(3, 60)?);
    let (second, rest) = match bytes.get(5) {
        Some(b':') => (number(6, 61)?, text.get(8..)?),
        _ => (0, text.get(5..)?),
    };
    let (fraction, rest) = match rest.strip_prefix(['.', ',']).filter(|_| bytes.get(5) == Some(&b':')) {
        Some(rest) => match rest.bytes().take_while(u8::is_ascii_digit).count() {
            0 => return None,
            digits => rest.split_at(digits),
        },
        None => ("", rest),
    };
    let offset = match rest.trim_start() {
        "" => None,
        rest => Some(offset(rest)?),
    };
    Some(Time { hour, minute, second, fraction, offset })
}

fn offset(text: &str) -> Option<Offset> {
    if ["z", "utc", "gmt"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return Some(Offset::Utc);
    }
    let negative = match text.as_bytes().first()? {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    let rest = &text[1..];
    let (hours, minutes) = match (rest.len(), rest.as_bytes().get(2)) {
        (2, _) => (rest, "00"),
        (4, _) => rest.split_at_checked(2)?,
        (5, Some(b':')) => (rest.get(..2)?, rest.get(3..)?),
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let minutes = i16::try_from(hours * 60 + minutes).ok()?;
    Some(match (negative, minutes) {
        (true, 0) => Offset::Unknown,
        (true, minutes) => Offset::Minutes(-minutes),
        (false, minutes) => Offset::Minutes(minutes),
    })
}

/// Digits and nothing else.
fn digits(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, instant: Option<&str>, day: Option<&str>, clock: Clock) {
        let moment = DateTimeText::read(text).unwrap_or_else(|| panic!("{text} is not read"));
        assert_eq!((moment.instant().as_deref(), moment.local_day().as_deref()), (instant, day), "{text}");
        assert_eq!(moment.clock(), clock, "{text}");
    }

    #[test]
    fn instants_have_an_offset() {
        let day = Some("2024-12-13");
        check("2024-12-13T10:00:00Z", Some("2024-12-13T10:00:00Z"), day, Clock::Known);
        check("2024-12-13 23:30:00+02:00", Some("2024-12-13T23:30:00+02:00"), day, Clock::Known);
        check("2024-12-13T10:00:00.120500+0100", Some("2024-12-13T10:00:00.120500+01:00"), day, Clock::Known);
        check("2024-12-13T10:00-05", Some("2024-12-13T10:00:00-05:00"), day, Clock::Known);
        check("2024-12-13 10:00:00 UTC", Some("2024-12-13T10:00:00Z"), day, Clock::Known);
        check("2024-12-13T00:00:00+05:30", Some("2024-12-13T00:00:00+05:30"), day, Clock::Known);
        check("Fri, 13 Dec 2024 10:00:00 +0000", Some("2024-12-13T10:00:00+00:00"), day, Clock::Known);
        check("13 Dec 2024 10:00 GMT", Some("2024-12-13T10:00:00Z"), day, Clock::Known);
    }

    #[test]
    fn no_offset_no_instant() {
        let day = Some("2024-12-13");
        check("2024-12-13", None, day, Clock::None);
        check("2024-12-13T00:00:00", None, day, Clock::Midnight);
        check("2024-12-13 00:00:00.000000", None, day, Clock::Midnight);
        check("2024-12-13 10:00:00", None, day, Clock::Naive);
        check("2024-12-13T06:00", None, day, Clock::Naive);
        check(" 2024-12-13T00:00:01 ", None, day, Clock::Naive);
        check("Fri, 13 Dec 2024 10:00:00", None, day, Clock::Naive);
        check("0001-02-03", None, Some("0001-02-03"), Clock::None);
    }

    #[test]
    fn no_local_time_no_day() {
        check("2024-12-13T23:00:00-00:00", Some("2024-12-13T23:00:00-00:00"), None, Clock::Known);
        check("Fri, 13 Dec 2024 23:00:00 -0000", Some("2024-12-13T23:00:00-00:00"), None, Clock::Known);
    }

    #[test]
    fn everything_else_is_not_read() {
        for text in [
            "",
            "-",
            "2024",
            "2024-12",
            "2024-13-01",
            "2024-02-30",
            "2024-12-13T",
            "2024-12-13T1",
            "2024-12-13T10",
            "2024-12-13T24:00:00Z",
            "2024-12-13T10:60:00Z",
            "2024-12-13T10:00:00+24:00",
            "2024-12-13T10:00:00 EST",
            "2024-12-13T10:00:00.Z",
            "2024-12-13T10:00.5Z",
            "2024-12-13x",
            "13/12/2024",
            "20241213",
            "1734084000",
            "Published on June 15, 2022",
            "Dec. 21, 2024",
            "Fri, 13 Dez 2024 10:00:00 +0000",
            "13 Dec 24",
            "+024-12-13",
            "２０２４-12-13",
            "2024-12-13T10:00:00+1é",
        ] {
            assert_eq!(DateTimeText::read(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[0-9TZ:+. -]{0,30}|\\PC{0,30}") {
            if let Some(moment) = DateTimeText::read(&text) {
                let day = moment.day().expect("years have four digits");
                proptest::prop_assert!(text.contains(&day[..4]));
            }
        }
    }
}
