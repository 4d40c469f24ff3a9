//! Numbers by their exact value, whatever type they are stored in.
//!
//! Every integer, double and decimal is `±n · 2^a · 5^b` with whole `a` and `b` and an `n` that
//! neither two nor five divides. That is one triple for each value and one value for each triple,
//! so equal numbers are equal bytes and different ones are not: 9007199254740993 is not the double
//! 9007199254740992, and a decimal 0.1 is not the double next to it.

use arrow_buffer::i256;

/// What a number starts with behind its tag.
const ZERO: u8 = 0;
const POSITIVE: u8 = 1;
const NEGATIVE: u8 = 2;
const NAN: u8 = 3;
const INFINITY: u8 = 4;
const NEGATIVE_INFINITY: u8 = 5;
/// The bits of a double's fraction, and what its exponent is counted from.
const FRACTION_BITS: u32 = 52;
const BIAS: i32 = 1075;

/// Appends an integer.
pub(super) fn integer(value: i128, out: &mut Vec<u8>) {
    small(value < 0, value.unsigned_abs(), [0, 0], out);
}

/// Appends a double; every NaN is one value, and so are both zeros.
pub(super) fn double(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.push(NAN);
    }
    if value.is_infinite() {
        return out.push(if value > 0.0 { INFINITY } else { NEGATIVE_INFINITY });
    }
    let bits = value.to_bits();
    let exponent = i32::try_from(bits >> FRACTION_BITS & 0x7ff).unwrap_or_default();
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let (mantissa, exponent) = match exponent {
        0 => (fraction, 1 - BIAS),
        exponent => (fraction | 1 << FRACTION_BITS, exponent - BIAS),
    };
    small(value < 0.0, mantissa.into(), [exponent, 0], out);
}

/// Appends `value` divided by ten to the power of `scale`.
pub(super) fn decimal(value: i256, scale: i8, out: &mut Vec<u8>) {
    let exponent = -i32::from(scale);
    if let Some(value) = value.to_i128() {
        return small(value < 0, value.unsigned_abs(), [exponent; 2], out);
    }
    // What 128 bits do not hold loses its twos and fives here, and rarely fits then.
    let (negative, [mut two, mut five]) = (value.is_negative(), [exponent; 2]);
    let [divisor_two, divisor_five] = [2, 5].map(i256::from_i128);
    let mut rest = value;
    while rest % divisor_two == i256::ZERO {
        (rest, two) = (rest / divisor_two, two + 1);
    }
    while rest % divisor_five == i256::ZERO {
        (rest, five) = (rest / divisor_five, five + 1);
    }
    // An odd number is not the smallest there is, so it has a magnitude.
    write(negative, &rest.wrapping_abs().to_le_bytes(), [two, five], out);
}

fn small(negative: bool, mut rest: u128, [mut two, mut five]: [i32; 2], out: &mut Vec<u8>) {
    if rest == 0 {
        return out.push(ZERO);
    }
    let twos = rest.trailing_zeros();
    (rest, two) = (rest >> twos, two + twos.cast_signed());
    // Division of 64 bits is many times as fast.
    if let Ok(mut short) = u64::try_from(rest) {
        while short.is_multiple_of(5) {
            (short, five) = (short / 5, five + 1);
        }
        return write(negative, &short.to_le_bytes(), [two, five], out);
    }
    while rest.is_multiple_of(5) {
        (rest, five) = (rest / 5, five + 1);
    }
    write(negative, &rest.to_le_bytes(), [two, five], out);
}

fn write(negative: bool, digits: &[u8], exponents: [i32; 2], out: &mut Vec<u8>) {
    let length = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    out.push(if negative { NEGATIVE } else { POSITIVE });
    out.extend(exponents.into_iter().flat_map(i32::to_be_bytes));
    out.push(u8::try_from(length).expect("a number has 32 bytes at most"));
    out.extend_from_slice(&digits[..length]);
}

#[cfg(test)]
mod tests {
    use super::*;

    type Write<'w> = &'w dyn Fn(&mut Vec<u8>);

    fn bytes(write: Write<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn one_value_is_one_row_of_bytes() {
        let large = i256::from_i128(10_i128.pow(38)) * i256::from_i128(10_i128.pow(30));
        // Numbers of one line are equal, those of two lines are not.
        let lines: &[&[Write<'_>]] = &[
            &[&|out| integer(0, out), &|out| double(-0.0, out), &|out| decimal(i256::ZERO, 9, out)],
            &[&|out| integer(7, out), &|out| double(7.0, out), &|out| decimal(i256::from_i128(700), 2, out)],
            &[&|out| integer(-7, out), &|out| double(-7.0, out)],
            &[&|out| integer(70, out), &|out| decimal(i256::from_i128(7), -1, out)],
            &[&|out| double(0.5, out), &|out| decimal(i256::from_i128(5), 1, out)],
            &[&|out| decimal(i256::from_i128(1), 1, out), &|out| decimal(i256::from_i128(100), 3, out)],
            &[&|out| double(0.1, out)],
            &[&|out| double(0.1_f32.into(), out)],
            &[&|out| integer(9_007_199_254_740_993, out)],
            &[&|out| integer(9_007_199_254_740_992, out), &|out| double(9_007_199_254_740_992.0, out)],
            &[&|out| integer(1 << 63, out), &|out| double(9_223_372_036_854_775_808.0, out)],
            &[&|out| integer(i128::from(u64::MAX), out)],
            &[&|out| double(f64::from_bits(1), out)],
            &[&|out| double(f64::MAX, out)],
            &[&|out| double(f64::NAN, out), &|out| double(f64::from_bits(0xfff8_0000_0000_0001), out)],
            &[&|out| double(f64::INFINITY, out)],
            &[&|out| double(f64::NEG_INFINITY, out)],
            &[&|out| decimal(large, 68, out), &|out| integer(1, out)],
            &[&|out| decimal(large, 0, out), &|out| decimal(i256::from_i128(1), -68, out)],
            &[&|out| decimal(i256::MIN, 0, out)],
            &[&|out| decimal(i256::MAX, 0, out)],
        ];
        let all: Vec<(usize, Vec<u8>)> =
            lines.iter().enumerate().flat_map(|(at, line)| line.iter().map(move |write| (at, bytes(*write)))).collect();
        for (a, ours) in &all {
            for (b, theirs) in &all {
                assert_eq!(a == b, ours == theirs, "{a} {b}");
            }
        }
    }
}
