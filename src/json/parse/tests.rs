//! What the strict parser accepts, and the error and its byte for what it refuses.

use super::string::ends_run;
use super::*;
use SyntaxErrorKind::{
    ControlCharacter, Depth, DuplicateKey, Escape, Number as BadNumber, Surrogate, Syntax, TrailingData, UnexpectedEnd,
    Utf8,
};

#[track_caller]
fn check(input: impl AsRef<[u8]>, kind: SyntaxErrorKind, offset: usize) {
    let input = input.as_ref();
    let shown = String::from_utf8_lossy(&input[..input.len().min(200)]);
    assert_eq!(parse(input), Err(SyntaxError { kind, offset }), "{shown}");
}

#[track_caller]
fn check_string(input: &str, expected: &str) {
    assert_eq!(parse(input.as_bytes()), Ok(Value::String(expected.into())), "{input}");
}

#[track_caller]
fn check_like_serde(input: &str) {
    let expected: serde_json::Value = serde_json::from_str(input).expect("valid JSON");
    assert_eq!(parse(input.as_bytes()).expect(input).to_serde(), expected, "{input}");
}

#[test]
fn values_of_every_kind_are_read() {
    check_like_serde(r#" {"a" : [ ] , "b":{ },"c":[1,-2.5,1e-7,true,false,null,"x"]} "#);
    check_like_serde("\t\r\n null \n");
    check_like_serde("[[[[]]],{\"\":{\"\":0}}]");
}

#[test]
fn strings_without_escapes_and_numbers_are_borrowed() {
    let Ok(Value::Array(elements)) = parse(r#"["é", 1.50, "\n"]"#.as_bytes()) else {
        panic!("a valid array");
    };
    assert!(matches!(elements[0], Value::String(Cow::Borrowed("é"))));
    assert!(matches!(&elements[1], Value::Number(number) if number.text() == "1.50"));
    assert!(matches!(elements[2], Value::String(Cow::Owned(_))));
}

#[test]
fn escapes_are_resolved() {
    check_string(r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t");
    check_string(r#""a\u00e9b\u20ACc\ud83d\uDE00d\u0000""#, "aéb€c😀d\0");
    check_string("\"\u{7f}\u{85}\u{2028}\"", "\u{7f}\u{85}\u{2028}");
    check_string(r#""\ue000\uffff\ud7ff\udbff\udfff""#, "\u{e000}\u{ffff}\u{d7ff}\u{10ffff}");
}

#[test]
fn faulty_escapes_are_named_at_their_backslash() {
    check(r#""ab\x""#, Escape, 3);
    check(r#""\u12g4""#, Escape, 1);
    check(r#""\u123""#, Escape, 1);
    check(r#""é\U0041""#, Escape, 3);
    check(r#""a\ud800b""#, Surrogate, 2);
    check(r#""a\ud800\n""#, Surrogate, 2);
    check(r#""a\ud800\ud800""#, Surrogate, 2);
    check(r#""\udc00\ud800""#, Surrogate, 1);
    check(r#""\ud800\u12x4""#, Escape, 7);
}

#[test]
fn raw_control_characters_are_refused_everywhere() {
    for length in 0..70 {
        for byte in [0, 1, b'\t', b'\n', 0x1f] {
            let mut input = format!("\"{}", "é".repeat(length)).into_bytes();
            input.push(byte);
            input.extend_from_slice(&b"x".repeat(length));
            check(&input, ControlCharacter(byte), 1 + 2 * length);
            input.insert(1, b'\\');
            input.insert(2, b'n');
            check(&input, ControlCharacter(byte), 3 + 2 * length);
        }
    }
}

#[test]
fn numbers_outside_the_grammar_are_refused_where_they_start() {
    for number in ["01", "-", "+1", "1.", ".5", "1e", "1.e5", "-x", "NaN", "Infinity", "-Infinity", "0x1F", "1f"] {
        check(number, BadNumber, 0);
        check(format!("[ {number} ]"), BadNumber, 2);
    }
    check("nan", Syntax { expected: "`null`" }, 0);
}

#[test]
fn errors_say_what_is_expected() {
    check("[1 2]", Syntax { expected: "`,` or `]`" }, 3);
    check("[1,]", Syntax { expected: "a value" }, 3);
    check(r#"{"a":1,}"#, Syntax { expected: "a name in double quotes" }, 7);
    check("{a:1}", Syntax { expected: "a name in double quotes" }, 1);
    check(r#"{"a" 1}"#, Syntax { expected: "`:`" }, 5);
    check(r#"{"a":1 "b":2}"#, Syntax { expected: "`,` or `}`" }, 7);
    check("[trUe]", Syntax { expected: "`true`" }, 1);
    check("'a'", Syntax { expected: "a value" }, 0);
    check("\u{feff}1", Syntax { expected: "a value" }, 0);
    check("[1]\u{a0}", TrailingData, 3);
}

#[test]
fn every_cut_of_a_container_ends_too_early() {
    let whole = r#" {"a\n":[-1.5e+7,true,"é\ud83d\ude00"],"b":null}"#.as_bytes();
    assert!(parse(whole).is_ok());
    for length in 0..whole.len() {
        let cut = &whole[..length];
        if std::str::from_utf8(cut).is_ok() {
            check(cut, UnexpectedEnd, length);
        }
    }
}

#[test]
fn only_whitespace_may_follow() {
    check("{}{}", TrailingData, 2);
    check("null \n x", TrailingData, 7);
    check("\"a\"\0", TrailingData, 3);
}

#[test]
fn invalid_utf8_is_refused_before_anything_else() {
    check(b"[\"a\xff\"]", Utf8, 3);
    check(b"[01, \"\xc3", Utf8, 6);
    check(b"\"\xed\xa0\x80\"", Utf8, 1);
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
    check(deep(MAX_DEPTH + 1), Depth, MAX_DEPTH);
    check(r#"{"a":"#.repeat(1_000_000), Depth, 5 * MAX_DEPTH);
    check("[".repeat(1_000_000), Depth, MAX_DEPTH);
    // Depth is about what is open, not about how many containers there are.
    assert!(parse(format!("[{}[]]", "[],".repeat(1000)).as_bytes()).is_ok());
}

#[test]
fn a_repeated_name_is_refused_where_it_repeats() {
    check(r#"{"a":1,"b":{"a":2},"a":3}"#, DuplicateKey { name: "a".into() }, 19);
    check(r#"{"\u0061":1, "a":2}"#, DuplicateKey { name: "a".into() }, 13);
    check(r#"{"":1,"":2"#, DuplicateKey { name: String::new() }, 6);
    let long = "é".repeat(100);
    check(format!(r#"{{"{long}":1,"{long}":2}}"#), DuplicateKey { name: "é".repeat(80) }, 206);
}

#[test]
fn a_repeated_name_is_found_in_objects_of_every_size() {
    for size in 1..100 {
        for repeated in [0, size / 2, size - 1] {
            let members = (0..size).map(|name| format!("\"{name}\":0,")).collect::<Vec<_>>().concat();
            let input = format!("{{{members}\"{repeated}\":0}}");
            check(&input, DuplicateKey { name: repeated.to_string() }, 1 + members.len());
        }
    }
}

#[test]
fn wide_objects_take_linear_time() {
    let members: Vec<_> = (0..200_000).map(|name| format!("\"\\u0061{name}\":0")).collect();
    let value = parse(format!("{{{}}}", members.join(",")).as_bytes()).map(Value::into_owned);
    assert_eq!(value.expect("valid JSON").as_object().map(Object::len), Some(200_000));
}

#[test]
fn messages_are_plain_and_harmless() {
    let error = parse(b"{\"\\u001b[1m\":1,\"\\u001b[1m\":2}").expect_err("a repeated name");
    assert_eq!(error.to_string(), "name \"\\u{1b}[1m\" appears twice in one object at byte 15");
}

proptest::proptest! {
    #[test]
    fn a_plain_run_ends_where_a_bytewise_search_ends(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        kept in 0_u8..=255,
    ) {
        // Few bytes end a run, so let most of them be harmless.
        let bytes: Vec<u8> = bytes.into_iter().map(|b| if b < kept { b | 0xa0 } else { b }).collect();
        let expected = bytes.iter().position(|&byte| ends_run(byte)).unwrap_or(bytes.len());
        proptest::prop_assert_eq!(plain_length(&bytes), expected);
    }

    #[test]
    fn serde_json_accepts_the_same_texts(text in r#"[\[\]{}:,"\\ntu019eE.+\- a]{0,24}"#) {
        let ours = parse(text.as_bytes());
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                proptest::prop_assert!(crate::json::tests::same(&ours, &theirs));
            }
            (Err(_), Err(_)) => {}
            (Err(error), Ok(_)) => {
                proptest::prop_assert!(matches!(error.kind, DuplicateKey { .. }), "{error}");
            }
            (Ok(value), Err(error)) => {
                proptest::prop_assert!(error.to_string().contains("out of range"), "{value:?} {error}");
            }
        }
    }
}
