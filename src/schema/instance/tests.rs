//! The contract of the validator's trait, and each keyword on values parsed by this crate.

use super::*;
use crate::json;
use jsonschema::json::conformance;

#[test]
fn the_contract_of_the_validator_is_met() {
    let text = conformance::document().to_string();
    let value = json::parse(text.as_bytes()).expect("valid JSON");
    conformance::assert_conformance::<Instance>(&&value);
}

#[track_caller]
fn check(schema: &str, instance: &str, valid: bool) {
    let schema = serde_json::from_str(schema).expect("a JSON schema");
    let validator = jsonschema::options_for::<Instance>().build(&schema).expect("a valid schema");
    let value = json::parse(instance.as_bytes()).expect("valid JSON");
    assert_eq!(validator.is_valid(&value), valid, "{schema} {instance}");
    assert_eq!(validator.iter_errors(&value).next().is_none(), valid, "{schema} {instance}");
}

#[test]
fn types() {
    for (instance, kind) in [
        ("null", "null"),
        ("true", "boolean"),
        ("1.5", "number"),
        ("\"\"", "string"),
        ("[]", "array"),
        ("{}", "object"),
    ] {
        for other in ["null", "boolean", "number", "string", "array", "object"] {
            check(&format!(r#"{{"type":"{other}"}}"#), instance, kind == other);
        }
    }
}

#[test]
fn whole_numbers_are_integers() {
    for text in ["1", "-0", "1.0", "1e3", "1e999", "123456789012345678901234567890", "1.5e1"] {
        check(r#"{"type":"integer"}"#, text, true);
    }
    for text in ["1.5", "1e-1", "9007199254740993.5", "1e-999"] {
        check(r#"{"type":"integer"}"#, text, false);
    }
}

#[test]
fn bounds_are_exact_for_integers() {
    check(r#"{"maximum":9007199254740992}"#, "9007199254740993", false);
    check(r#"{"maximum":9223372036854775807}"#, "9223372036854775807", true);
    check(r#"{"maximum":9223372036854775807}"#, "9223372036854775808", false);
    check(r#"{"minimum":-9223372036854775808}"#, "-9223372036854775808.0", true);
    check(r#"{"exclusiveMinimum":0}"#, "0.0", false);
    check(r#"{"maximum":1}"#, "1e400", false);
    check(r#"{"minimum":1}"#, "-1e400", false);
    check(r#"{"minimum":1}"#, "1e400", true);
}

#[test]
fn multiples() {
    check(r#"{"multipleOf":0.01}"#, "19.99", true);
    check(r#"{"multipleOf":0.01}"#, "19.999", false);
    check(r#"{"multipleOf":3}"#, "9e0", true);
    check(r#"{"multipleOf":2}"#, "9007199254740993", false);
}

#[test]
fn lengths_count_characters() {
    for (instance, valid) in [
        ("\"\"", false),
        ("\"a\"", false),
        ("\"é\"", false),
        ("\"ab\"", true),
        ("\"éé\"", true),
        ("\"😀😀😀\"", true),
        ("\"\\ud83d\\ude00\"", false),
        ("\"abcd\"", false),
        ("\"😀😀😀😀\"", false),
        ("5", true),
    ] {
        check(r#"{"minLength":2,"maxLength":3}"#, instance, valid);
    }
}

#[test]
fn constants_are_compared_by_value() {
    check(r#"{"const":1}"#, "1.0", true);
    check(r#"{"const":1.0}"#, "1", true);
    check(r#"{"const":0.1}"#, "0.10", true);
    // A bare number in `const` is compared as a double by the validator itself.
    check(r#"{"const":[0.1]}"#, "[0.1000000000000000055511151231257827]", false);
    check(r#"{"const":9007199254740992}"#, "9007199254740993", false);
    check(r#"{"const":1e20}"#, "100000000000000000000", true);
    check(r#"{"const":-0.0}"#, "0", true);
    check(r#"{"const":true}"#, "1", false);
    check(r#"{"const":{"a":[1,null],"b":"x"}}"#, r#"{"b":"x","a":[1e0,null]}"#, true);
    check(r#"{"const":{"a":1}}"#, r#"{"a":1,"b":2}"#, false);
    check(r#"{"const":[1,2]}"#, "[2,1]", false);
    check(r#"{"enum":["a",2,null]}"#, "null", true);
    check(r#"{"enum":["a",2,null]}"#, "\"b\"", false);
}

#[test]
fn unique_items_are_compared_by_value() {
    let unique = r#"{"uniqueItems":true}"#;
    check(unique, r#"["a","b","A"]"#, true);
    check(unique, r#"["a","b","\u0061"]"#, false);
    check(unique, r#"[1,"1",true,null,[1],{"1":1}]"#, true);
    check(unique, "[1,1.00]", false);
    check(unique, "[0,-0.0]", false);
    check(unique, "[18446744073709551616,18446744073709551617]", true);
    check(unique, "[1e400,1e401]", true);
    check(unique, r#"[{"a":1,"b":2},{"b":2,"a":1.0}]"#, false);
    check(unique, r#"[["a"],["a",""],[["a"]],["a,"]]"#, true);
    check(unique, "[[12],[1,2]]", true);
}

#[test]
fn members() {
    let closed = r#"{"properties":{"a":{},"b":{"type":"string"}},"required":["a"],"additionalProperties":false}"#;
    check(closed, r#"{"a":1}"#, true);
    check(closed, r#"{"b":"x","a":null}"#, true);
    check(closed, r#"{"b":1,"a":null}"#, false);
    check(closed, r#"{"b":"x"}"#, false);
    check(closed, r#"{"a":1,"c":2}"#, false);
    check(r#"{"propertyNames":{"pattern":"^[a-z]+$","maxLength":3}}"#, r#"{"abc":1,"de":2}"#, true);
    check(r#"{"propertyNames":{"pattern":"^[a-z]+$","maxLength":3}}"#, r#"{"abc":1,"D":2}"#, false);
    check(r#"{"patternProperties":{"^x-":{"type":"string"}}}"#, r#"{"x-a":1}"#, false);
    check(r#"{"minProperties":1,"maxProperties":2}"#, r#"{"a":1,"b":2,"c":3}"#, false);
    check(r#"{"dependentRequired":{"a":["b"]}}"#, r#"{"a":1}"#, false);
    check(r#"{"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false}"#, r#"{"a":1,"b":2}"#, false);
    check(r#"{"required":["a","b","c","d","e"]}"#, r#"{"e":1,"d":1,"c":1,"b":1,"a":1}"#, true);
    check(r#"{"required":["a","b","c","d","e"]}"#, r#"{"e":1,"d":1,"c":1,"b":1,"f":1}"#, false);
}

#[test]
fn elements() {
    let tuple =
        r#"{"prefixItems":[{"type":"string"}],"items":{"type":"number"},"contains":{"const":2},"maxContains":1}"#;
    check(tuple, r#"["a",1,2]"#, true);
    check(tuple, r#"["a",2,2.0]"#, false);
    check(tuple, "[1,2]", false);
    check(r#"{"minItems":2}"#, "[1]", false);
    check(r#"{"prefixItems":[true],"unevaluatedItems":false}"#, "[1,2]", false);
}

#[test]
fn references_recurse() {
    let tree = r##"{"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"},"v":{"type":"integer"}}}},"$ref":"#/$defs/n"}"##;
    check(tree, r#"{"v":1,"next":{"v":2,"next":{"v":3}}}"#, true);
    check(tree, r#"{"v":1,"next":{"v":2,"next":{"v":"x"}}}"#, false);
    let deep = r#"{"next":"#.repeat(json::MAX_DEPTH) + "1" + &"}".repeat(json::MAX_DEPTH);
    check(tree, &deep, false);
}

#[test]
fn choices() {
    let choice = r#"{"oneOf":[{"type":"integer"},{"minimum":2}],"not":{"const":7}}"#;
    check(choice, "1", true);
    check(choice, "2.5", true);
    check(choice, "3", false);
    check(r#"{"if":{"required":["a"]},"then":{"required":["b"]},"else":false}"#, r#"{"a":1,"b":1}"#, true);
    check(r#"{"if":{"required":["a"]},"then":{"required":["b"]},"else":false}"#, "{}", false);
}

#[test]
fn errors_carry_the_instance_and_its_place() {
    let schema = serde_json::json!({"properties": {"a": {"items": {"type": "string"}}}});
    let validator = jsonschema::options_for::<Instance>().build(&schema).expect("a valid schema");
    let value = json::parse(br#"{"a":["x",2.50]}"#).expect("valid JSON");
    let error = validator.validate(&value).expect_err("a number where a string must be");
    assert_eq!(error.instance_path().as_str(), "/a/1");
    assert_eq!(Excerpt::from_value(error.instance()), Excerpt::Plain(serde_json::json!(2.5)));
}

proptest::proptest! {
    #[test]
    fn equality_agrees_with_the_reference_representation(
        a in json::tests::any_json(),
        b in json::tests::any_json(),
    ) {
        for other in [&a, &b] {
            let text = other.to_string();
            let value = json::parse(text.as_bytes()).expect("valid JSON");
            proptest::prop_assert_eq!((&value).equals_value(&a), other == &a);
        }
    }
}

#[test]
fn an_error_holds_of_a_list_or_object_its_size_alone() {
    let schema = serde_json::json!({ "type": "string" });
    let validator = jsonschema::options_for::<Instance>().build(&schema).expect("a valid schema");
    let found = |text: &str| {
        let value = json::parse(text.as_bytes()).expect("valid JSON");
        let error = validator.iter_errors(&value).next().expect("it is no text");
        Excerpt::from_value(error.instance())
    };
    assert_eq!(found(&format!("[[{}0]]", "0,".repeat(99))), Excerpt::Array(1));
    assert_eq!(found(r#"{"a":{"b":[]},"":1,"c":2}"#), Excerpt::Object(3));
    assert_eq!(found("17"), Excerpt::Plain(17.into()));
    let validator = jsonschema::options_for::<Instance>().build(&serde_json::json!(false)).expect("a valid schema");
    let text = format!("\"{}\"", "é".repeat(5000));
    let value = json::parse(text.as_bytes()).expect("valid JSON");
    let error = validator.iter_errors(&value).next().expect("nothing is valid");
    assert_eq!(Excerpt::from_value(error.instance()), Excerpt::Text("é".repeat(100), 5000));
}
