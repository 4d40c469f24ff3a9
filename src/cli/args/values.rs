//! Values that several commands take, and their defaults.

use std::num::NonZeroUsize;
use std::str::FromStr;

use crate::input::{Limits, Pointer};
use jiff::civil::Date;
use semver::Version;

/// A number of bytes: `4096`, `500MB`, `2GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ERROR: &str = "expected a size such as 4096, 500MB or 2GiB";
        const UNITS: [(&str, u64); 7] = [
            ("", 1),
            ("KB", 1_000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
        ];
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = UNITS.iter().find(|(name, _)| *name == unit.trim_start()).ok_or(ERROR)?.1;
        let number: u64 = number.parse().map_err(|_no_number| ERROR)?;
        number.checked_mul(unit).map(Self).ok_or(ERROR)
    }
}

/// The limits of reading, with this limit on the content of one input.
pub(crate) fn limits(content: Option<Size>) -> Limits {
    let default = Limits::default();
    Limits { content: content.map_or(default.content, |Size(bytes)| bytes), ..default }
}

/// The pointers to articles, if any were given.
pub(crate) fn places(typed: &[Pointer]) -> Option<Vec<Pointer>> {
    (!typed.is_empty()).then(|| typed.to_vec())
}

/// The largest accepted number of threads.
const MOST_THREADS: usize = 1024;

/// A number of threads.
pub(crate) fn thread_count(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MOST_THREADS);
    number.ok_or_else(|| format!("expected a number from 1 to {MOST_THREADS}"))
}

/// A number of examples.
pub(crate) fn example_count(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|number| *number <= 100).ok_or("expected a number from 0 to 100")
}

/// The values of lists with commas; a comma that belongs to a value is written `\,`.
pub(crate) fn list(typed: &[String]) -> Vec<String> {
    let mut values = Vec::new();
    for text in typed {
        let mut value = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if letters.next_if_eq(&',').is_some() => value.push(','),
                ',' => values.push(std::mem::take(&mut value)),
                letter => value.push(letter),
            }
        }
        values.push(value);
    }
    values
}

/// The version of a release.
pub(crate) fn release_version(text: &str) -> Result<Version, &'static str> {
    text.parse().map_err(|_library| "expected a version of three numbers, such as 1.2.0")
}

/// The date of a release.
pub(crate) fn release_date(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_library| "expected a date in the form YYYY-MM-DD, such as 2024-12-31")
}

/// The given number of threads, or one per processor.
pub(crate) fn threads(asked: Option<NonZeroUsize>) -> usize {
    let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    asked.unwrap_or_else(processors).get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<u64>) {
        assert_eq!(text.parse::<Size>().ok(), want.map(Size), "{text}");
    }

    #[test]
    fn lists() {
        let check = |typed: &[&str], want: &[&str]| {
            assert_eq!(list(&typed.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()), want);
        };
        check(&[], &[]);
        check(&["a,b", "c"], &["a", "b", "c"]);
        check(&["a\\,b,c\\d"], &["a,b", "c\\d"]);
        check(&[""], &[""]);
    }

    #[test]
    fn sizes() {
        check("0", Some(0));
        check("4096", Some(4096));
        check("500MB", Some(500_000_000));
        check("2 GiB", Some(2 << 30));
        for text in ["", "MB", "-1", "1.5GB", "1mb", "1TBX", "99999999999999999999", "99999999999GiB"] {
            check(text, None);
        }
    }
}
