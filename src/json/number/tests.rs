//! The grammar of numbers, exact integers, and doubles that are exact or not.

use super::*;

#[track_caller]
fn number(text: &str) -> Number<'_> {
    Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
}

#[test]
fn the_grammar_is_that_of_rfc_8259() {
    for text in ["0", "-0", "10", "0.0", "-1.50", "1e3", "1E+3", "1e-03", "0e0", "1.5e999999999999"] {
        assert_eq!(number(text).text(), text);
    }
    for text in [
        "",
        "-",
        "+1",
        "01",
        "-01",
        "1.",
        ".5",
        "1.e3",
        "1e",
        "1e+",
        "0x10",
        "1_0",
        "1.2.3",
        " 1",
        "1 ",
        "NaN",
        "-Infinity",
        "1f",
        "١",
    ] {
        assert_eq!(Number::parse(text), None, "{text:?}");
    }
}

#[track_caller]
fn check_integer(text: &str, whole: bool, signed: Option<i64>, unsigned: Option<u64>) {
    let number = number(text);
    assert_eq!((number.is_integer(), number.as_i64(), number.as_u64()), (whole, signed, unsigned), "{text}");
}

#[test]
fn integers_are_read_by_value() {
    check_integer("0", true, Some(0), Some(0));
    check_integer("-0", true, Some(0), Some(0));
    check_integer("-0.0e7", true, Some(0), Some(0));
    check_integer("1.0", true, Some(1), Some(1));
    check_integer("1e3", true, Some(1000), Some(1000));
    check_integer("1200e-2", true, Some(12), Some(12));
    check_integer("0.0012e4", true, Some(12), Some(12));
    check_integer("-7.000", true, Some(-7), None);
    check_integer("1.5", false, None, None);
    check_integer("1e-1", false, None, None);
    check_integer("0.1e0", false, None, None);
}

#[test]
fn integers_end_at_their_range() {
    check_integer("9223372036854775807", true, Some(i64::MAX), Some(9_223_372_036_854_775_807));
    check_integer("9223372036854775808.0", true, None, Some(9_223_372_036_854_775_808));
    check_integer("-9223372036854775808.0", true, Some(i64::MIN), None);
    check_integer("-9223372036854775809", true, None, None);
    check_integer("18446744073709551615e0", true, None, Some(u64::MAX));
    check_integer("18446744073709551616", true, None, None);
    check_integer("100000000000000000000", true, None, None);
}

#[test]
fn absurd_exponents_cost_nothing() {
    check_integer("1e999999999", true, None, None);
    check_integer("-1e999999999999999999999999999999", true, None, None);
    check_integer("1e-999999999999999999999999999999", false, None, None);
    check_integer("0e999999999999999999999999999999", true, Some(0), Some(0));
}

#[track_caller]
fn check_exact(text: &str, expected: Result<f64, Inexact>) {
    assert_eq!(number(text).exact_f64(), expected, "{text}");
}

#[test]
fn a_double_is_exact_if_its_shortest_text_has_the_same_value() {
    check_exact("0.1", Ok(0.1));
    check_exact("1.50", Ok(1.5));
    check_exact("15e-1", Ok(1.5));
    check_exact("-0.0", Ok(-0.0));
    check_exact("5e-324", Ok(5e-324));
    check_exact("1.7976931348623157e308", Ok(f64::MAX));
    check_exact("0.1234567890123456789012", Err(Inexact::Rounded));
    // The full expansion of the double 0.1 is not the number 0.1.
    check_exact("0.1000000000000000055511151231257827", Err(Inexact::Rounded));
    check_exact("1e-400", Err(Inexact::Rounded));
    check_exact("1e400", Err(Inexact::Overflow));
    check_exact("-1e999999999999999999999", Err(Inexact::Overflow));
}

#[test]
fn a_double_is_exact_for_one_integer_only() {
    check_exact("9007199254740992", Ok(9_007_199_254_740_992.0));
    check_exact("9007199254740993", Err(Inexact::Rounded));
    // The double is that very integer, but it is written with fewer digits.
    check_exact("18446744073709551616", Err(Inexact::Rounded));
    check_exact("18446744073709552000", Ok(18_446_744_073_709_551_616.0));
    check_exact("18446744073709551617", Err(Inexact::Rounded));
    check_exact("1606938044258990275541962092341162602522202993782792835301376", Err(Inexact::Rounded));
    check_exact("1e22", Ok(1e22));
}

#[test]
fn doubles_are_nearest_or_absent() {
    assert_eq!(number("9007199254740993").as_f64(), Some(9_007_199_254_740_992.0));
    assert_eq!(number("1e-400").as_f64(), Some(0.0));
    assert_eq!(number("1e400").as_f64(), None);
}

#[test]
fn the_serde_copy_is_always_finite() {
    assert_eq!(number("1.0").to_serde(), 1.into());
    assert_eq!(number("-1e400").to_serde(), serde_json::Number::from_f64(f64::MIN).expect("finite"));
}
