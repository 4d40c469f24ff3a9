//! [`Number`]: a JSON number as its exact text.
//!
//! Nothing is rounded unless the caller asks for a double, and the caller can check whether the double has
//! the same value. There is no arithmetic and no big-integer type: all results come from the digits and
//! the exponent, so `1e999999999` costs no more than `1`.

use std::borrow::Cow;

use thiserror::Error;

/// A number as RFC 8259 section 6 allows it, held as its exact text.
///
/// Two numbers are `==` when their texts are the same; `1` and `1.0` are not. Use
/// `as_i64` and its siblings to compare values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number<'a> {
    text: Cow<'a, str>,
}

/// Why no double has the value of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Inexact {
    /// The magnitude is beyond the largest finite double.
    #[error("number is too large for a double")]
    Overflow,
    /// The nearest double has another value.
    #[error("number would be rounded as a double")]
    Rounded,
}

impl<'a> Number<'a> {
    /// Takes `text` as a number if the whole of it matches the grammar of RFC 8259 section 6.
    pub fn parse(text: &'a str) -> Option<Self> {
        (scan(text.as_bytes()) == Ok(text.len())).then(|| Self::from_scanned(text))
    }

    /// Wraps text that [`scan`] has already accepted in full.
    pub(super) fn from_scanned(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text) }
    }

    /// The number `value`, written as decimal digits.
    pub(crate) fn from_i64(value: i64) -> Self {
        Self { text: Cow::Owned(value.to_string()) }
    }

    /// The number `value`, written as decimal digits.
    pub(crate) fn from_u64(value: u64) -> Self {
        Self { text: Cow::Owned(value.to_string()) }
    }

    /// The text as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The same number, owning its text.
    pub(crate) fn into_owned(self) -> Number<'static> {
        Number { text: Cow::Owned(self.text.into_owned()) }
    }

    /// Whether the value is a whole number, however it is written: `1.0`, `1e3` and `-0` are,
    /// `1.5` and `1e-1` are not. This is what JSON Schema 2020-12 calls an integer.
    pub(crate) fn is_integer(&self) -> bool {
        self.is_plain() || self.decimal().is_integer()
    }

    /// The exact value if it is whole and fits: `1.0` is 1, `1e3` is 1000, `-0` is 0.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        if self.is_plain() {
            return self.text.parse().ok();
        }
        let decimal = self.decimal();
        let magnitude = decimal.magnitude()?;
        if decimal.negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
    }

    /// The exact value if it is whole, not negative and fits; `-0` is 0.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        if self.is_plain() && !self.text.starts_with('-') {
            return self.text.parse().ok();
        }
        let decimal = self.decimal();
        (!decimal.negative).then(|| decimal.magnitude())?
    }

    /// The nearest double, or `None` when that would be infinite, as for `1e400`.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        self.text.parse().ok().filter(|double: &f64| double.is_finite())
    }

    /// The nearest double, provided that nothing is lost by keeping only the double.
    ///
    /// Nothing is lost if the shortest digits that read back as the double are the digits of this number
    /// (`0.1`, `1.50`, `1e22`). So two different numbers never have the same double.
    ///
    /// # Errors
    ///
    /// [`Inexact::Overflow`] beyond the doubles; [`Inexact::Rounded`] when the double has
    /// another value, as for `9007199254740993`, `1e-400` or `18446744073709551616`, whose
    /// double is written as `18446744073709552000`.
    pub(crate) fn exact_f64(&self) -> Result<f64, Inexact> {
        let double = self.as_f64().ok_or(Inexact::Overflow)?;
        let decimal = self.decimal();
        let mut buffer = zmij::Buffer::new();
        if decimal == Decimal::of(buffer.format_finite(double)) { Ok(double) } else { Err(Inexact::Rounded) }
    }

    /// The nearest number `serde_json` can hold; see [`Value::to_serde`](super::Value::to_serde).
    pub(crate) fn to_serde(&self) -> serde_json::Number {
        let whole = self.as_u64().map(serde_json::Number::from).or_else(|| self.as_i64().map(serde_json::Number::from));
        whole.unwrap_or_else(|| {
            let limit = f64::MAX.copysign(if self.decimal().negative { -1.0 } else { 1.0 });
            let double = self.as_f64().unwrap_or(limit);
            // Only infinities and NaN have no JSON form, and `as_f64` returns neither.
            serde_json::Number::from_f64(double).unwrap_or_else(|| 0.into())
        })
    }

    /// Whether the number is written as an optional minus and digits only.
    fn is_plain(&self) -> bool {
        let digits = self.text.strip_prefix('-').unwrap_or(&self.text);
        digits.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The value behind the text.
    pub(crate) fn decimal(&self) -> Decimal<'_> {
        Decimal::of(&self.text)
    }
}

/// The value of a number: `0.DIGITS` times ten to the power of `point`, where the digits neither
/// start nor end with a zero. Zero has no digits, no sign and point 0, so equal values are equal
/// field by field and digit by digit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decimal<'a> {
    pub(crate) negative: bool,
    /// The significant digits are these two runs, one after the other.
    whole: &'a str,
    fraction: &'a str,
    pub(crate) point: i64,
}

/// Exponents are cut here. No input is long enough to bring such a number back within reach of a
/// double or an integer, and sums of two such exponents still fit an `i64`.
const EXPONENT_LIMIT: i64 = 1 << 60;

impl<'a> Decimal<'a> {
    /// Reads text that follows the number grammar; anything else gives a meaningless value.
    pub(crate) fn of(text: &'a str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        Self::normal(negative, whole, fraction, exponent)
    }

    /// Strips the zeros that carry no value.
    fn normal(negative: bool, whole: &'a str, fraction: &'a str, exponent: i64) -> Self {
        let mut whole = whole.trim_start_matches('0');
        let mut fraction = fraction.trim_end_matches('0');
        let mut point = signed(whole.len()) + exponent;
        if whole.is_empty() {
            let leading = fraction.len();
            fraction = fraction.trim_start_matches('0');
            point -= signed(leading - fraction.len());
        }
        if fraction.is_empty() {
            whole = whole.trim_end_matches('0');
        }
        let zero = whole.is_empty() && fraction.is_empty();
        Self { negative: negative && !zero, whole, fraction, point: if zero { 0 } else { point } }
    }

    /// The significant digits as ASCII, most significant first; none for zero.
    pub(crate) fn digits(&self) -> impl Iterator<Item = u8> + use<'a> {
        self.whole.bytes().chain(self.fraction.bytes())
    }

    /// How many significant digits there are.
    pub(crate) fn len(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    /// Whether there are no digits after the decimal point.
    fn is_integer(&self) -> bool {
        signed(self.len()) <= self.point || self.len() == 0
    }

    /// The value without its sign, if it is whole and fits.
    fn magnitude(&self) -> Option<u64> {
        /// As many digits as the largest `u64` has; also bounds the loop below.
        const MOST_DIGITS: i64 = 20;
        if !self.is_integer() || self.point > MOST_DIGITS {
            return None;
        }
        let zeros = self.point - signed(self.len());
        let padding = (0..zeros).map(|_| b'0');
        self.digits()
            .chain(padding)
            .try_fold(0_u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.negative == other.negative
            && self.point == other.point
            && self.len() == other.len()
            && self.digits().eq(other.digits())
    }
}

/// A length as a signed number; no slice is longer than `i64::MAX` bytes.
fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Reads an optional sign and digits, cut at [`EXPONENT_LIMIT`] either way.
fn read_exponent(text: &str) -> i64 {
    let digits = text.trim_start_matches(['+', '-']);
    let magnitude = digits
        .bytes()
        .fold(0_i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit.wrapping_sub(b'0'))))
        .min(EXPONENT_LIMIT);
    if text.starts_with('-') { -magnitude } else { magnitude }
}

/// Where a number breaks the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScanError {
    /// A byte that is not allowed at its position.
    Malformed,
    /// The bytes end where a digit must follow.
    CutShort,
}

/// The length of the number at the start of `bytes`, by the grammar of RFC 8259 section 6.
///
/// The next byte must not look like part of a number, so `01`, `1.2.3` and `0x1F` are malformed as a whole,
/// and not a valid number followed by other data.
pub(super) fn scan(bytes: &[u8]) -> Result<usize, ScanError> {
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    if bytes.get(at) == Some(&b'0') {
        at += 1;
    } else {
        at = scan_digits(bytes, at)?;
    }
    if bytes.get(at) == Some(&b'.') {
        at = scan_digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = scan_digits(bytes, at + 1 + usize::from(signed))?;
    }
    match bytes.get(at) {
        Some(byte) if byte.is_ascii_alphanumeric() || b".+-_".contains(byte) => Err(ScanError::Malformed),
        _ => Ok(at),
    }
}

/// The position after the digits at `start`. There must be at least one digit.
fn scan_digits(bytes: &[u8], start: usize) -> Result<usize, ScanError> {
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    if at > start {
        Ok(at)
    } else if at >= bytes.len() {
        Err(ScanError::CutShort)
    } else {
        Err(ScanError::Malformed)
    }
}

#[cfg(test)]
mod tests;
