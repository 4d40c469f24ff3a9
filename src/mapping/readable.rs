//! What of a value the rules for texts can read, and taking exactly that out of the input.
//!
//! [`read`] and [`take`] walk a value alike: what the one gives to a field, the other takes away, and
//! everything else stays where it is. So an object in the place of a text is never lost and never
//! passed on to be rejected. In lists a text that cannot be parsed is none of those that are read;
//! [`Transform::is_usable`] says so. A single one is parsed by the field itself.

use std::borrow::Cow;

use super::plan::{Members, Parse};
use super::transforms::Transform;
use crate::json::{Number, Object, Value};

/// The part of a value that the rules read: a text, or a list of texts where the field may hold
/// several. `None` if there is none.
pub(super) fn read<'a>(treatment: &mut Transform<'_>, value: &Value<'a>) -> Option<Value<'a>> {
    let members = treatment.members;
    if members.join.is_some() {
        return (matches!(value, Value::String(_)) || has_text(value)).then(|| value.clone());
    }
    if let Some(text) = text(members, value) {
        if members.number && matches!(value, Value::Number(_)) {
            (treatment.note)("number");
        }
        return (!members.many || treatment.is_usable(&text)).then_some(Value::String(text));
    }
    match value {
        Value::Object(object) => read(treatment, part(members, object)?.1),
        Value::Array(elements) if members.many => {
            let mut texts = Vec::with_capacity(elements.len());
            for element in elements {
                match read(treatment, element) {
                    Some(Value::Array(inner)) => texts.extend(inner),
                    Some(text) => texts.push(text),
                    None => {}
                }
            }
            (elements.is_empty() || !texts.is_empty()).then_some(Value::Array(texts))
        }
        _ => None,
    }
}

/// Takes out what [`read`] gave. Gives whether nothing is left of the value.
pub(super) fn take(treatment: &mut Transform<'_>, value: &mut Value<'_>) -> bool {
    let members = treatment.members;
    if members.join.is_some() {
        return take_texts(value);
    }
    if let Some(text) = text(members, value) {
        return !members.many || treatment.is_usable(&text);
    }
    match value {
        Value::Object(object) => {
            let Some(name) = part(members, object).map(|(name, _)| name.to_owned()) else { return false };
            let gone = object.get_mut(&name).is_some_and(|part| take(treatment, part));
            gone && object.remove(&name).is_some() && object.is_empty()
        }
        Value::Array(elements) if members.many => {
            elements.retain_mut(|element| !(matches!(element, Value::Null) || take(treatment, element)));
            elements.is_empty()
        }
        _ => false,
    }
}

/// The member of an object that it stands for: the first of those named that the rules can read.
fn part<'o, 'a>(members: &'o Members, object: &'o Object<'a>) -> Option<(&'o str, &'o Value<'a>)> {
    let named = members.member.iter().filter_map(|name| Some((name.as_str(), object.get(name)?)));
    // An object within the object is another thing.
    let plain = |value: &Value<'a>| match value {
        Value::Array(elements) => members.many && elements.iter().any(|element| text(members, element).is_some()),
        value => text(members, value).is_some(),
    };
    named.into_iter().find(|(_, value)| plain(value))
}

/// A value as a text, if it is one for these rules.
fn text<'a>(members: &Members, value: &Value<'a>) -> Option<Cow<'a, str>> {
    match (members.parse, value) {
        (Some(Parse::StructTime), Value::Array(numbers)) => {
            let number =
                |value: &Value<'_>| value.as_number().and_then(Number::as_i64).map(|number| number.to_string());
            let numbers: Vec<String> = numbers.iter().map(number).collect::<Option<_>>()?;
            (numbers.len() == 9).then(|| numbers.join(" ").into())
        }
        (Some(Parse::StructTime), _) => None,
        (_, Value::String(text)) => Some(text.clone()),
        (Some(Parse::EpochSeconds | Parse::EpochMilliseconds), Value::Number(number)) => {
            Some(whole(number).unwrap_or_else(|| number.text().to_owned()).into())
        }
        (_, Value::Number(number)) if members.number => whole(number).map(Cow::Owned),
        _ => None,
    }
}

/// The digits of a whole number, however it is written.
fn whole(number: &Number<'_>) -> Option<String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let signed = number.as_i64().map(|whole| whole.to_string());
    let unsigned = || number.as_u64().map(|whole| whole.to_string());
    signed.or_else(unsigned).or_else(|| digits(number.text()).then(|| number.text().to_owned()))
}

fn has_text(value: &Value<'_>) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(elements) => elements.iter().any(has_text),
        Value::Object(object) => object.iter().any(|(_, value)| has_text(value)),
        _ => false,
    }
}

/// Takes the texts out of lists and objects, and what is empty then.
fn take_texts(value: &mut Value<'_>) -> bool {
    match value {
        Value::String(_) | Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::Array(elements) => {
            elements.retain_mut(|element| !take_texts(element));
            elements.is_empty()
        }
        Value::Object(object) => {
            let kept = std::mem::take(object).into_members().filter_map(|(name, mut value)| {
                let gone = take_texts(&mut value);
                (!gone).then_some((name, value))
            });
            *object = Object::of_unique(kept);
            object.is_empty()
        }
    }
}
