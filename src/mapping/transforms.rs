//! What is done to the value of one field, step by step, each change noted.
//!
//! A rule for texts leaves other values alone: whether they may stand there is the schema's to
//! say. The order of the steps is fixed: join, split, clean, parse, list, unique.

use std::borrow::Cow;
use std::collections::HashSet;

use super::datetime::{Clock, DateTimeText};
use super::plan::{Members, Parse, Plan};
use super::{clean_text, url};
use crate::json::Value;

/// The rules of one source, and where changes are noted.
pub(super) struct Transform<'t> {
    pub(super) plan: &'t Plan,
    pub(super) members: &'t Members,
    pub(super) note: &'t mut dyn FnMut(&'static str),
}

impl Transform<'_> {
    /// The treated value, or none if nothing is left of it.
    pub(super) fn run<'a>(&mut self, value: Value<'a>) -> Option<Value<'a>> {
        let value = self.join(value)?;
        let value = self.split(self.members, value);
        let value = match value {
            Value::String(text) => Value::String(self.text(text)?),
            Value::Array(elements) => Value::Array(elements.into_iter().filter_map(|one| self.element(one)).collect()),
            other => other,
        };
        let value = match value {
            value @ Value::Array(_) => value,
            value if self.members.list => {
                (self.note)("list");
                Value::Array(vec![value])
            }
            value => value,
        };
        Some(self.unique(value))
    }

    /// All texts of a list or object as one text, in the order in which they stand.
    fn join<'a>(&mut self, value: Value<'a>) -> Option<Value<'a>> {
        let Some(glue) = self.members.join.as_ref().filter(|_| matches!(value, Value::Array(_) | Value::Object(_)))
        else {
            return Some(value);
        };
        let mut texts = Vec::new();
        collect(&value, &mut texts);
        texts.retain(|text| !self.plan.is_null(text));
        (self.note)("join");
        (!texts.is_empty()).then(|| Value::String(texts.join(glue).into()))
    }

    fn split<'a>(&mut self, members: &Members, value: Value<'a>) -> Value<'a> {
        let Some(separator) = &members.split else { return value };
        let mut cut = |text: &str, parts: &mut Vec<Value<'a>>| {
            (self.note)("split");
            let pieces = text.split(separator.as_str()).map(str::trim).filter(|part| !part.is_empty());
            parts.extend(pieces.map(|part| Value::String(part.to_owned().into())));
        };
        let mut parts = Vec::new();
        match value {
            Value::String(text) => cut(&text, &mut parts),
            Value::Array(elements) => {
                for element in elements {
                    match element {
                        Value::String(text) if text.contains(separator.as_str()) => cut(&text, &mut parts),
                        element => parts.push(element),
                    }
                }
            }
            other => return other,
        }
        Value::Array(parts)
    }

    fn element<'a>(&mut self, element: Value<'a>) -> Option<Value<'a>> {
        match element {
            Value::String(text) => self.text(text).map(Value::String),
            other => Some(other),
        }
    }

    fn text<'a>(&mut self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let mut text = text;
        for rule in &self.members.clean {
            if let Some(clean) = rule.apply(&text) {
                (self.note)(rule.name());
                text = Cow::Owned(clean);
            }
        }
        if self.plan.is_null(&text) {
            (self.note)("null");
            return None;
        }
        match self.members.parse {
            Some(parse) => self.parse(parse, text),
            None => Some(text),
        }
    }

    fn parse<'a>(&mut self, parse: Parse, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let (parsed, rule) = match parse {
            Parse::Instant => instant(&text),
            Parse::Date => date(&text),
            Parse::Language => (Some(clean_text::language(&text).unwrap_or_else(|| text.to_string())), "language"),
            Parse::Url => (url::canonical(&text).is_ok().then(|| text.to_string()), "not-a-url"),
        };
        if parsed.as_deref() != Some(&text) {
            (self.note)(rule);
            return parsed.map(Cow::Owned);
        }
        Some(text)
    }

    /// Leaves out texts that stand further up in the list.
    fn unique<'a>(&mut self, value: Value<'a>) -> Value<'a> {
        let Value::Array(elements) = value else { return value };
        if !self.members.unique {
            return Value::Array(elements);
        }
        let mut known: HashSet<String> = HashSet::new();
        let mut kept = Vec::with_capacity(elements.len());
        for element in elements {
            if element.as_str().is_some_and(|text| !known.insert(text.to_owned())) {
                (self.note)("unique");
            } else {
                kept.push(element);
            }
        }
        Value::Array(kept)
    }
}

fn collect<'v>(value: &'v Value<'_>, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, texts)),
        Value::Object(object) => object.iter().for_each(|(_, value)| collect(value, texts)),
        _ => {}
    }
}

/// An instant as RFC 3339; none where no offset was given.
fn instant(text: &str) -> (Option<String>, &'static str) {
    match DateTimeText::read(text) {
        None => (None, "unreadable-time"),
        Some(moment) => match moment.instant() {
            Some(instant) if is_rfc_3339(text, &instant) => (Some(text.to_owned()), "instant"),
            Some(instant) => (Some(instant), "instant"),
            None => (None, "no-offset"),
        },
    }
}

/// Whether a text says an instant already as RFC 3339 does, if with other letter case.
fn is_rfc_3339(text: &str, instant: &str) -> bool {
    text.len() == instant.len() && text.as_bytes().get(10).is_some_and(|byte| matches!(byte, b'T' | b't'))
}

/// The calendar day that a text names, where it was written.
fn date(text: &str) -> (Option<String>, &'static str) {
    match DateTimeText::read(text) {
        None => (None, "unreadable-date"),
        Some(moment) => {
            let rule = match moment.clock() {
                Clock::None => "date",
                Clock::Midnight => "day-of-naive-midnight",
                Clock::Naive => "day-of-naive-time",
                Clock::Known => "day-of-instant",
            };
            (moment.local_day(), rule)
        }
    }
}
