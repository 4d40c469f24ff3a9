//! The canonical text of JSON values: RFC 8785 (JCS), but with exact 64-bit integers.
//!
//! Record hashes cover these bytes, so they must never change. JCS only has doubles and would round a
//! 64-bit identifier; here every integer that fits `i64` or `u64` is written in full. Other numbers that no
//! double holds are refused, not rounded. Null members of a JSON value are data and are kept.

use std::cmp::Ordering;

use thiserror::Error;

use super::{Inexact, Number, Value, number::Decimal, parse::plain_length, value::escape_token};

/// A number inside a value that cannot be written without loss.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason} at {pointer:?}")]
pub struct InexactAt {
    /// The position of the number in the value, as a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What would be lost.
    pub reason: Inexact,
}

/// Writes `value` in canonical form: no whitespace, members sorted by UTF-16 code units (RFC 8785 section 3.2.3), integers of
/// 64 bits in digits however they were written (`1.0` and `1e0` are `1`), other numbers as
/// [`write_f64`] writes their double.
///
/// # Errors
///
/// The first number, in canonical order, that no double holds (`Number::exact_f64`). `out` is then
/// unchanged.
pub fn write_value(out: &mut Vec<u8>, value: &Value<'_>) -> Result<(), InexactAt> {
    let start = out.len();
    let result = write_any(out, value);
    if result.is_err() {
        out.truncate(start);
    }
    result
}

fn write_any(out: &mut Vec<u8>, value: &Value<'_>) -> Result<(), InexactAt> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            write_number(out, number).map_err(|reason| InexactAt { pointer: String::new(), reason })?;
        }
        Value::String(text) => write_string(out, text),
        Value::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_any(out, element).map_err(|inner| inner.inside(&index.to_string()))?;
            }
            out.push(b']');
        }
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_unstable_by(|a, b| utf16_order(a.0, b.0));
            out.push(b'{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(out, name);
                out.push(b':');
                write_any(out, value).map_err(|inner| inner.inside(name))?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

impl InexactAt {
    /// The same error, with the pointer extended by the container's `token`.
    fn inside(self, token: &str) -> Self {
        Self { pointer: format!("/{}{}", escape_token(token), self.pointer), ..self }
    }
}

fn write_number(out: &mut Vec<u8>, number: &Number<'_>) -> Result<(), Inexact> {
    if let Some(integer) = number.as_i64() {
        write_i64(out, integer);
    } else if let Some(integer) = number.as_u64() {
        write_u64(out, integer);
    } else {
        write_f64(out, number.exact_f64()?);
    }
    Ok(())
}

/// Writes a string with its quotes as in RFC 8785 section 3.2.2.2: two-letter escapes where JSON has
/// them, `\u00xx` for other bytes below 0x20, and everything else as it is.
pub(crate) fn write_string(out: &mut Vec<u8>, s: &str) {
    out.reserve(s.len() + 2);
    out.push(b'"');
    write_escaped(out, s.as_bytes());
    out.push(b'"');
}

/// Writes the content of a string without its quotes, or a piece of it.
pub(crate) fn write_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        let (run, tail) = rest.split_at(plain_length(rest));
        out.extend_from_slice(run);
        let Some((&byte, tail)) = tail.split_first() else {
            break;
        };
        write_escape(out, byte);
        rest = tail;
    }
}

fn write_escape(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
            out.extend_from_slice(b"\\u00");
            out.extend([digit(byte >> 4), digit(byte & 0xf)]);
            return;
        }
    };
    out.extend([b'\\', letter]);
}

/// Writes an integer in decimal digits.
pub(crate) fn write_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    write_u64(out, value.unsigned_abs());
}

/// Writes an integer in decimal digits.
pub(crate) fn write_u64(out: &mut Vec<u8>, value: u64) {
    // The largest value has twenty digits. They are computed from last to first.
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = value;
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Writes a finite double as ECMAScript's `Number::toString` does (RFC 8785 section 3.2.2.3): the
/// shortest digits that read back as the same double, plain from 1e-6 up to below 1e21 and with an
/// exponent elsewhere, and `-0` as `0`.
///
/// JSON has no text for infinities and NaN; callers must not pass them.
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    debug_assert!(value.is_finite(), "JSON has no infinities and no NaN");
    let mut buffer = zmij::Buffer::new();
    let shortest = Decimal::of(buffer.format_finite(value));
    if shortest.negative {
        out.push(b'-');
    }
    write_shortest(out, &shortest);
}

/// Writes digits as in ECMA-262, section 6.1.6.1.20. Its `n` is `point` here, and its `k` is the number of
/// digits.
fn write_shortest(out: &mut Vec<u8>, shortest: &Decimal<'_>) {
    let count = shortest.len();
    let mut digits = shortest.digits();
    match usize::try_from(shortest.point) {
        Ok(0) if count == 0 => out.push(b'0'),
        Ok(point @ 1..=21) => {
            out.extend(digits.by_ref().take(point));
            if point < count {
                out.push(b'.');
                out.extend(digits);
            } else {
                out.extend(std::iter::repeat_n(b'0', point - count));
            }
        }
        _ if (-5..=0).contains(&shortest.point) => {
            out.extend_from_slice(b"0.");
            out.extend((shortest.point..0).map(|_| b'0'));
            out.extend(digits);
        }
        _ => {
            out.extend(digits.by_ref().take(1));
            if count > 1 {
                out.push(b'.');
                out.extend(digits);
            }
            let exponent = shortest.point - 1;
            out.extend_from_slice(if exponent < 0 { b"e" } else { b"e+" });
            write_i64(out, exponent);
        }
    }
}

/// Compares two names by their UTF-16 code units, as RFC 8785 section 3.2.3 sorts members.
///
/// This is the order of the UTF-8 bytes but for one case: characters from U+10000 up are written
/// with surrogates (0xD800 to 0xDFFF) in UTF-16 and so come before U+E000 to U+FFFF. In UTF-8 the
/// former start with 0xF0 or more and the latter with 0xEE or 0xEF, and no other byte is as high.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    let differing = a.bytes().zip(b.bytes()).find(|(a, b)| a != b);
    match differing {
        None => a.len().cmp(&b.len()),
        Some((a, b)) if a >= 0xee && b >= 0xee && (a >= 0xf0) != (b >= 0xf0) => b.cmp(&a),
        Some((a, b)) => a.cmp(&b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, tests::any_json};

    #[track_caller]
    fn check(input: &str, expected: &str) {
        let mut out = Vec::new();
        write_value(&mut out, &json::parse(input.as_bytes()).expect(input)).expect(input);
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
    }

    #[track_caller]
    fn check_inexact(input: &str, pointer: &str, reason: Inexact) {
        let mut out = b"kept".to_vec();
        let error = write_value(&mut out, &json::parse(input.as_bytes()).expect(input)).expect_err(input);
        assert_eq!((error.pointer.as_str(), error.reason), (pointer, reason));
        assert_eq!(out, b"kept", "a refused value writes nothing");
    }

    #[track_caller]
    fn check_double(bits: u64, expected: &str) {
        let mut out = Vec::new();
        write_f64(&mut out, f64::from_bits(bits));
        assert_eq!(String::from_utf8_lossy(&out), expected, "{bits:016x}");
    }

    /// RFC 8785, appendix B, without the two that are not JSON numbers.
    #[test]
    fn doubles_are_written_as_in_rfc_8785() {
        check_double(0x0000_0000_0000_0000, "0");
        check_double(0x8000_0000_0000_0000, "0");
        check_double(0x0000_0000_0000_0001, "5e-324");
        check_double(0x8000_0000_0000_0001, "-5e-324");
        check_double(0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308");
        check_double(0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308");
        check_double(0x4340_0000_0000_0000, "9007199254740992");
        check_double(0xc340_0000_0000_0000, "-9007199254740992");
        check_double(0x4430_0000_0000_0000, "295147905179352830000");
        check_double(0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22");
        check_double(0x44b5_2d02_c7e1_4af6, "1e+23");
        check_double(0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23");
        check_double(0x444b_1ae4_d6e2_ef4e, "999999999999999700000");
        check_double(0x444b_1ae4_d6e2_ef4f, "999999999999999900000");
        check_double(0x444b_1ae4_d6e2_ef50, "1e+21");
        check_double(0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7");
        check_double(0x3eb0_c6f7_a0b5_ed8d, "0.000001");
        check_double(0x41b3_de43_5555_5553, "333333333.3333332");
        check_double(0x41b3_de43_5555_5554, "333333333.33333325");
        check_double(0x41b3_de43_5555_5555, "333333333.3333333");
        check_double(0x41b3_de43_5555_5556, "333333333.3333334");
        check_double(0x41b3_de43_5555_5557, "333333333.33333343");
        check_double(0xbecb_f647_612f_3696, "-0.0000033333333333333333");
        check_double(0x4314_3ff3_c1cb_0959, "1424953923781206.2");
    }

    #[test]
    fn numbers_are_written_by_value() {
        check("[1.0,1e3,-0,-0.0,0.10,1E-7,123e20]", "[1,1000,0,0,0.1,1e-7,1.23e+22]");
        check("[9007199254740993,-9223372036854775808]", "[9007199254740993,-9223372036854775808]");
        check("[18446744073709551615,18446744073709552000]", "[18446744073709551615,18446744073709552000]");
    }

    #[test]
    fn numbers_that_would_be_rounded_are_refused_with_their_position() {
        check_inexact("1e400", "", Inexact::Overflow);
        check_inexact("[18446744073709551616]", "/0", Inexact::Rounded);
        check_inexact(r#"{"a":[0,{"b/~":18446744073709551617}]}"#, "/a/1/b~1~0", Inexact::Rounded);
    }

    #[test]
    fn strings_escape_only_what_they_must() {
        check(
            r#""\u0000\b\t\n\u000b\f\r\u001f\u007f\"\\\/é\u2028😀""#,
            "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\u{7f}\\\"\\\\/é\u{2028}😀\"",
        );
        check("\"\"", "\"\"");
    }

    /// RFC 8785, section 3.2.3: the order of its example.
    #[test]
    fn members_are_sorted_by_utf_16_code_units() {
        check(
            r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7,"":null}"#,
            "{\"\":null,\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}",
        );
    }

    proptest::proptest! {
        #[test]
        fn names_are_ordered_as_their_utf_16(a in "[a\u{e000}\u{ffff}\u{d7ff}\u{10000}\u{10ffff}é]{0,4}", b in "[a\u{e000}\u{ffff}\u{d7ff}\u{10000}\u{10ffff}é]{0,4}") {
            proptest::prop_assert_eq!(utf16_order(&a, &b), a.encode_utf16().cmp(b.encode_utf16()));
        }

        #[test]
        fn doubles_read_back_as_themselves(double in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            let mut out = Vec::new();
            write_f64(&mut out, double);
            let text = String::from_utf8(out).expect("UTF-8");
            let read = Number::parse(&text).and_then(|number| number.as_f64());
            proptest::prop_assert_eq!(read, Some(double));
        }

        #[test]
        fn integers_are_written_like_the_standard_library_does(signed: i64, unsigned: u64) {
            let mut out = Vec::new();
            write_i64(&mut out, signed);
            out.push(b' ');
            write_u64(&mut out, unsigned);
            proptest::prop_assert_eq!(out, format!("{signed} {unsigned}").into_bytes());
        }

        #[test]
        fn canonical_text_means_the_same_and_is_its_own_canonical_text(value in any_json()) {
            let text = value.to_string();
            let mut first = Vec::new();
            write_value(&mut first, &json::parse(text.as_bytes()).expect("valid JSON")).expect("doubles only");
            let read = json::parse(&first).expect("valid JSON");
            proptest::prop_assert!(json::tests::same(&read, &value));
            let mut second = Vec::new();
            write_value(&mut second, &read).expect("doubles only");
            proptest::prop_assert_eq!(first, second);
        }
    }
}
