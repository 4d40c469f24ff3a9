//! Instants as numbers: seconds or milliseconds since 1970, and the lists of numbers in which Python
//! writes a `time.struct_time`. Which of them a member holds is for its mapping to say.

use jiff::Timestamp;

use super::{NoInstant, digits, is_zero};

/// The instant that so many units of `10^-scale` seconds after 1970-01-01T00:00:00Z is, as RFC 3339.
/// The inner error says why it is none; `None` stands for something that is no such number.
pub(in crate::mapping) fn from_epoch(text: &str, scale: usize) -> Option<Result<String, NoInstant>> {
    let text = text.trim();
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let (kept, finer) = fraction.split_at(fraction.len().min(6 - scale));
    if !is_zero(finer) {
        return Some(Err(NoInstant::Finer));
    }
    let Ok(microseconds) = format!("{whole}{kept:0<width$}", width = 6 - scale).parse::<i64>() else {
        return Some(Err(NoInstant::Year));
    };
    let instant = Timestamp::from_microsecond(if negative { -microseconds } else { microseconds });
    let text = instant.ok().map(|instant| instant.to_string()).filter(|text| text.as_bytes()[0].is_ascii_digit());
    Some(text.ok_or(NoInstant::Year))
}

/// The instant that the numbers of a `time.struct_time` say in UTC: year, month, day, hour, minute,
/// second, and three that follow from these.
pub(in crate::mapping) fn from_struct_time(numbers: &[i64]) -> Option<Result<String, NoInstant>> {
    let [year, month, day, hour, minute, second, _weekday, _day_of_year, _dst] = *numbers else { return None };
    let part = |number: i64, limit: i64| (0..limit).contains(&number).then_some(number);
    let unsigned = |number: i64| digits(&number.to_string());
    let date = super::date(unsigned(year)?, unsigned(month)?, unsigned(day)?)?;
    let (hour, minute, second) = (part(hour, 24)?, part(minute, 60)?, part(second, 62)?);
    if second > 59 {
        return Some(Err(NoInstant::Leap));
    }
    Some(Ok(format!("{date}T{hour:02}:{minute:02}:{second:02}Z")))
}
