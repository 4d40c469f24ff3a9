//! Time zones in texts: offsets from UTC, and the few names whose offsets a standard fixes.

use std::fmt;

use super::digits;

/// How far local time is ahead of UTC, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offset {
    Utc,
    /// UTC, and the local time is not known (`-00:00`, RFC 3339 section 4.3).
    Unknown,
    Minutes(i16),
    /// A zone is named, and no standard says which offset it has.
    Unread,
}

impl Offset {
    /// The minutes, if they are known.
    pub(super) fn minutes(self) -> Option<i16> {
        match self {
            Self::Utc | Self::Unknown => Some(0),
            Self::Minutes(minutes) => Some(minutes),
            Self::Unread => None,
        }
    }

    /// An offset of so many minutes, as it was signed.
    pub(super) fn of_minutes(negative: bool, minutes: i16) -> Self {
        match (negative, minutes) {
            (true, 0) => Self::Unknown,
            (true, minutes) => Self::Minutes(-minutes),
            (false, minutes) => Self::Minutes(minutes),
        }
    }
}

/// As RFC 3339 writes it.
impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Utc => f.write_str("Z"),
            Self::Unknown => f.write_str("-00:00"),
            Self::Minutes(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
            Self::Unread => Ok(()),
        }
    }
}

/// The zones of North America in RFC 2822 section 4.3, in hours. Elsewhere these names may mean
/// something else.
const OF_MAIL: [(&str, i16); 8] =
    [("EST", -5), ("EDT", -4), ("CST", -6), ("CDT", -5), ("MST", -7), ("MDT", -6), ("PST", -8), ("PDT", -7)];

/// A zone as mail has it: also by the names of RFC 2822 section 4.3.
///
/// The library's parser of RFC 2822 is not used: it reads a zone that it does not know as UTC, as that
/// section allows for mail. A military letter and any other name have no known offset here.
pub(super) fn of_mail(text: &str) -> Option<Offset> {
    let known = OF_MAIL.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
    known.map(|(_, hours)| Offset::Minutes(hours * 60)).or_else(|| any(text))
}

/// `Z`, `UTC`, `+02:00`, `GMT+0200`, or another name. `None` if it is no zone at all.
pub(super) fn any(text: &str) -> Option<Offset> {
    if ["z", "utc", "gmt", "ut"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return Some(Offset::Utc);
    }
    let behind = ["utc", "gmt"].iter().find_map(|name| {
        let (front, rest) = text.split_at_checked(3)?;
        front.eq_ignore_ascii_case(name).then_some(rest)
    });
    let text = behind.unwrap_or(text);
    let negative = match text.as_bytes().first()? {
        b'+' => false,
        b'-' => true,
        _ if text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) => return Some(Offset::Unread),
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
    Some(Offset::of_minutes(negative, i16::try_from(hours * 60 + minutes).ok()?))
}
