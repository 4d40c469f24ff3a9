//! Strict JSON: reading it, holding it, and writing its canonical form.
//!
//! Articles come from any source, so the parser follows RFC 8259 strictly and refuses what others repair
//! silently: duplicate names, lone surrogates, invalid UTF-8. Numbers keep their exact text, because the
//! schema decides about rounding, not the parser.
//!
//! This module does not deal with files, lines, byte order marks or schemas. It gets the bytes of one value
//! and returns a [`Value`], or an error with its position.

mod canonical;
pub(crate) mod fault;
mod locate;
mod number;
mod parse;
mod value;

pub use canonical::{InexactAt, write_f64, write_value};
pub(crate) use canonical::{utf16_order, write_escaped, write_i64, write_string, write_u64};
pub(crate) use locate::{locate, locate_name};
pub use number::{Inexact, Number};
pub(crate) use parse::{MAX_DEPTH, parse_without_elements};
pub use parse::{SyntaxError, SyntaxErrorKind, parse};
pub(crate) use value::escape_token;
pub use value::{Kind, Object, Value};

/// Whether a JSON text has more than this many values, judged by its commas and brackets. A value of one
/// or two bytes takes dozens of bytes once it is parsed.
pub(crate) fn holds_more_values(text: &[u8], most: usize) -> bool {
    let (mut values, mut rest) = (1, text);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b',' | b'[' | b'{' => values += 1,
            b'"' => rest = after_string(rest),
            _ => {}
        }
        if values > most {
            return true;
        }
    }
    false
}

/// The bytes after the string that these bytes start in.
fn after_string(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let escape = rest[at] == b'\\';
        rest = rest.get(at + 1 + usize::from(escape)..).unwrap_or_default();
        if !escape {
            return rest;
        }
    }
    &[]
}

#[cfg(test)]
pub(crate) mod tests {
    //! Shared by the tests of several files, and properties of the whole module.

    use proptest::prelude::*;

    use super::{Value, holds_more_values, parse, parse_without_elements};

    /// Any JSON value that `serde_json` can hold, with text that sometimes needs escapes.
    pub(crate) fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let text = || "[a-z\"\\\\/~\n\u{0}\u{1f}é€\u{e000}😀 ]{0,40}";
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<u64>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            text().prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(5, 80, 50, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..10).prop_map(serde_json::Value::from),
                prop::collection::btree_map(text(), inner, 0..45)
                    .prop_map(|members| members.into_iter().collect::<serde_json::Value>()),
            ]
        })
    }

    /// Whether both have the same meaning: like `==`, but `1`, `1.0` and `1e0` are one number.
    pub(crate) fn same(ours: &Value<'_>, theirs: &serde_json::Value) -> bool {
        use serde_json::Value as Theirs;
        match (ours, theirs) {
            (Value::Number(ours), Theirs::Number(theirs)) if theirs.is_f64() => ours.as_f64() == theirs.as_f64(),
            (Value::Number(ours), Theirs::Number(theirs)) => {
                (ours.as_i64(), ours.as_u64()) == (theirs.as_i64(), theirs.as_u64())
            }
            (Value::Array(ours), Theirs::Array(theirs)) => {
                ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
            }
            (Value::Object(ours), Theirs::Object(theirs)) => {
                let found = |(name, ours)| theirs.get(name).is_some_and(|theirs| same(ours, theirs));
                ours.len() == theirs.len() && ours.iter().all(found)
            }
            _ => ours.to_serde() == *theirs,
        }
    }

    #[test]
    fn values_are_counted_before_they_are_parsed() {
        let check = |text: &str, values: usize| {
            assert!(holds_more_values(text.as_bytes(), values - 1), "{text} {values}");
            assert!(!holds_more_values(text.as_bytes(), values), "{text} {values}");
        };
        check("1", 1);
        check("[1,2,3]", 4);
        check(r#"{"a":1,"b":[{}]}"#, 5);
        check(r#""[,{\",[\\""#, 1);
        check(r#"["a\\",1]"#, 3);
        check("\"[[", 1);
        check("\"\\", 1);
    }

    proptest! {
        #[test]
        fn reading_agrees_with_serde_json(value in any_json(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let read = parse(text.as_bytes()).expect("serde_json writes valid JSON");
            prop_assert!(same(&read, &value), "{text}");
            prop_assert_eq!(read.clone().into_owned(), read);
        }

        #[test]
        fn checking_agrees_with_parsing(value in any_json(), cut in 0_usize..200) {
            let text = value.to_string();
            let text = &text.as_bytes()[..text.len().saturating_sub(cut / 2)];
            let whole = parse(text);
            let without = parse_without_elements(text);
            prop_assert_eq!(without.as_ref().err(), whole.as_ref().err());
            if let (Ok(Value::Object(whole)), Ok(Value::Object(without))) = (&whole, &without) {
                for ((name, whole), (other, without)) in whole.iter().zip(without.iter()) {
                    prop_assert_eq!(name, other);
                    let is_empty = |list: &[Value<'_>]| list.is_empty();
                    prop_assert!(without.as_array().map_or(whole.as_array().is_none(), is_empty));
                    prop_assert!(whole.as_array().is_some() || whole.as_object().is_some() || whole == without);
                }
            }
        }

        #[test]
        fn escaping_everything_changes_nothing(text in "[a-zé€\u{e000}😀\n\"]{0,60}") {
            let escaped = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<Vec<_>>().concat();
            let read = parse(format!("\"{escaped}\"").as_bytes()).map(Value::into_owned);
            prop_assert_eq!(read, Ok(Value::String(text.into())));
        }
    }
}
