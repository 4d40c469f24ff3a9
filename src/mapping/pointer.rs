//! Walking an article along the pointers of a plan: finding values, telling where one stood, and
//! taking out what was used, so that exactly the rest is unmapped.

use super::plan::{Path, Token};
use crate::json::Value;

/// The conditions on elements: a member, and its text or that it is missing.
pub(super) type Only = [(String, Option<String>)];

/// Hands every value at the end of `tokens` to `found` until that says `false`. Gives `false` if
/// it was stopped.
pub(super) fn find<'v, 'a>(
    value: &'v Value<'a>,
    tokens: &[Token],
    only: &Only,
    found: &mut impl FnMut(&'v Value<'a>) -> bool,
) -> bool {
    let Some((token, rest)) = tokens.split_first() else { return found(value) };
    match (token, value) {
        (Token::Name(name), Value::Object(object)) => {
            object.get(name).is_none_or(|value| find(value, rest, only, found))
        }
        (Token::Name(name), Value::Array(elements)) => {
            index(name).and_then(|at| elements.get(at)).is_none_or(|value| find(value, rest, only, found))
        }
        (Token::Each, Value::Array(elements)) => {
            elements.iter().filter(|element| fits(element, only)).all(|element| find(element, rest, only, found))
        }
        _ => true,
    }
}

/// Takes out the values at the end of `tokens` that `used` agrees to, and what is empty then.
/// Gives whether nothing is left of `value`.
pub(super) fn take<'a>(
    value: &mut Value<'a>,
    tokens: &[Token],
    only: &Only,
    used: &mut impl FnMut(&mut Value<'a>) -> bool,
) -> bool {
    let Some((token, rest)) = tokens.split_first() else { return used(value) };
    match (token, value) {
        (Token::Name(name), Value::Object(object)) => {
            let gone = object.get_mut(name).is_some_and(|value| take(value, rest, only, used));
            gone && object.remove(name).is_some() && object.is_empty()
        }
        (Token::Name(name), Value::Array(elements)) => {
            let at = index(name).filter(|at| *at < elements.len());
            let gone = at.filter(|at| take(&mut elements[*at], rest, only, used));
            gone.is_some_and(|at| {
                elements.remove(at);
                elements.is_empty()
            })
        }
        (Token::Each, Value::Array(elements)) => {
            let before = elements.len();
            elements.retain_mut(|element| !(fits(element, only) && take(element, rest, only, used)));
            before > 0 && elements.is_empty()
        }
        _ => false,
    }
}

/// The JSON Pointer of the first value along `path` that is not null.
pub(super) fn first_pointer(value: &Value<'_>, path: &Path, only: &Only) -> Option<String> {
    let Path::Pointer(tokens) = path else { return None };
    let mut pointer = String::new();
    pointer_below(value, tokens, only, &mut pointer).then_some(pointer)
}

fn pointer_below(value: &Value<'_>, tokens: &[Token], only: &Only, pointer: &mut String) -> bool {
    let Some((token, rest)) = tokens.split_first() else { return !matches!(value, Value::Null) };
    let length = pointer.len();
    let mut down = |value: &Value<'_>, token: &str| {
        pointer.truncate(length);
        pointer.push('/');
        pointer.push_str(&crate::json::escape_token(token));
        pointer_below(value, rest, only, pointer)
    };
    match (token, value) {
        (Token::Name(name), Value::Object(object)) => object.get(name).is_some_and(|value| down(value, name)),
        (Token::Name(name), Value::Array(elements)) => {
            index(name).and_then(|at| elements.get(at)).is_some_and(|value| down(value, name))
        }
        (Token::Each, Value::Array(elements)) => {
            elements.iter().enumerate().any(|(at, element)| fits(element, only) && down(element, &at.to_string()))
        }
        _ => false,
    }
}

fn fits(element: &Value<'_>, only: &Only) -> bool {
    only.iter().all(|(member, text)| match (text, element.as_object().map(|object| object.get(member))) {
        (Some(text), Some(Some(found))) => found.as_str() == Some(text),
        (None, Some(found)) => matches!(found, None | Some(Value::Null)),
        _ => false,
    })
}

fn index(token: &str) -> Option<usize> {
    if token == "0" || !token.starts_with(['0', '+']) { token.parse().ok() } else { None }
}
