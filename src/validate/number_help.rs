//! The help for a number where a field holds strings: the rule that a mapping has for it. Whether numbers are read as
//! text is for the mapping to say.

use crate::code::Code;
use crate::schema::Violation;

/// The violation of a field that holds strings and got a whole number, with the rule that a mapping has for it.
/// `from` is the place of the number in the input.
pub(super) fn with_number_help(violation: Violation, from: &str) -> Violation {
    let is_whole = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    let wants_text = violation.code == Code::Type
        && violation.expected.as_ref().is_some_and(|expected| expected.contains("string"))
        && violation.actual.as_ref().is_some_and(is_whole);
    let field = violation.pointer.strip_prefix('/').filter(|name| wants_text && !name.contains('/'));
    let Some(field) = field else { return violation };
    let rule = format!("{field} = {{ from = \"{from}\", number = \"text\" }}");
    Violation { help: Some(format!("a mapping can read numbers as text: {rule}")), ..violation }
}
