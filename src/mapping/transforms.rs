//! What is done to the value of one field, step by step, each change noted.
//!
//! What comes here a rule can read: [`super::readable`] sees to that. The order of the steps is fixed:
//! join, split, clean, parse, list, unique.

use std::borrow::Cow;
use std::collections::HashSet;

use super::datetime;
use super::datetime::{Clock, DateTimeText, NoInstant};
use super::plan::{Members, Parse, Plan};
use super::{clean_text, language};
use crate::json::Value;

/// The rules of one source, and where changes are noted.
pub(super) struct Transform<'t> {
    pub(super) plan: &'t Plan,
    pub(super) members: &'t Members,
    /// What parts texts; nothing if they are not parted.
    pub(super) split: &'t [String],
    pub(super) note: &'t mut dyn FnMut(&'static str),
}

impl Transform<'_> {
    /// The treated value, or none if nothing is left of it.
    pub(super) fn run<'a>(&mut self, value: Value<'a>) -> Option<Value<'a>> {
        let value = self.join(value)?;
        let value = self.split(value);
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

    pub(super) fn split<'a>(&mut self, value: Value<'a>) -> Value<'a> {
        let at = self.split;
        if at.is_empty() {
            return value;
        }
        let mut parts = Vec::new();
        let mut cut = |text: &str, parts: &mut Vec<Value<'a>>| {
            (self.note)("split");
            let pieces = pieces(at, text).map(|part| Value::String(part.to_owned().into()));
            parts.extend(pieces);
        };
        match value {
            Value::String(text) => cut(&text, &mut parts),
            Value::Array(elements) => {
                for element in elements {
                    match element {
                        Value::String(text) if at.iter().any(|at| text.contains(at.as_str())) => {
                            cut(&text, &mut parts);
                        }
                        element => parts.push(element),
                    }
                }
            }
            other => return other,
        }
        Value::Array(parts)
    }

    /// Whether a text of a list is one that can be read. A text that stands for null is: as nothing.
    pub(super) fn is_usable(&mut self, text: &str) -> bool {
        if self.members.parse.is_none() {
            return true;
        }
        if self.split.is_empty() {
            self.is_parsed(text)
        } else {
            pieces(self.split, text).all(|part| self.is_parsed(part))
        }
    }

    fn is_parsed(&mut self, text: &str) -> bool {
        let mut text = Cow::Borrowed(text);
        for rule in &self.members.clean {
            text = rule.apply(&text).map_or(text, Cow::Owned);
        }
        if self.plan.is_null(&text) {
            return true;
        }
        let parsed = self.parse_text(&text);
        if let Err(rule) = parsed {
            (self.note)(rule);
        }
        parsed.is_ok()
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
        if self.members.parse.is_none() {
            return Some(text);
        }
        match self.parse_text(&text) {
            Ok((parsed, _)) if parsed == *text => Some(text),
            Ok((parsed, rule)) => {
                (self.note)(rule);
                Some(Cow::Owned(parsed))
            }
            Err(rule) => {
                (self.note)(rule);
                None
            }
        }
    }

    /// What a text says and the rule that it is counted under if that is written otherwise, or why it
    /// says nothing.
    fn parse_text(&self, text: &str) -> Result<(String, &'static str), &'static str> {
        let epoch = |scale| {
            let instant = datetime::from_epoch(text, scale).ok_or("unreadable-time")?;
            Ok((instant.map_err(NoInstant::name)?, "epoch"))
        };
        match self.members.parse {
            None => Ok((text.to_owned(), "")),
            Some(Parse::Instant) => instant(text, self.members.utc),
            Some(Parse::Date) => date(text),
            Some(Parse::EpochSeconds) => epoch(0),
            Some(Parse::EpochMilliseconds) => epoch(3),
            Some(Parse::StructTime) => {
                let numbers: Option<Vec<i64>> = text.split(' ').map(|number| number.parse().ok()).collect();
                let instant =
                    numbers.and_then(|numbers| datetime::from_struct_time(&numbers)).ok_or("unreadable-time")?;
                Ok((instant.map_err(NoInstant::name)?, "struct-time"))
            }
            Some(Parse::Language) => language::tag(text).map(|tag| (tag, "language")).ok_or("not-a-language"),
            Some(Parse::Url) => clean_text::url(text).map(|url| (url, "url")).ok_or("not-a-url"),
        }
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

/// The parts of a text between any of these.
fn pieces<'t>(at: &'t [String], text: &'t str) -> impl Iterator<Item = &'t str> {
    let mut parts = vec![text];
    for at in at {
        parts = parts.into_iter().flat_map(|part| part.split(at.as_str())).collect();
    }
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty())
}

/// An instant as RFC 3339.
fn instant(text: &str, utc: bool) -> Result<(String, &'static str), &'static str> {
    let moment = DateTimeText::read(text).ok_or("unreadable-time")?;
    let of_source = utc && matches!(moment.clock(), Clock::Naive | Clock::Midnight);
    let moment = if utc { moment.or_utc() } else { moment };
    let instant = moment.instant().map_err(NoInstant::name)?;
    // One that RFC 3339 writes already stays as it is, if with other letter case.
    let instant = if text.eq_ignore_ascii_case(&instant) { text.to_owned() } else { instant };
    Ok((instant, if of_source { "utc-by-definition" } else { "instant" }))
}

/// The calendar day that a text names, where it was written.
fn date(text: &str) -> Result<(String, &'static str), &'static str> {
    let moment = DateTimeText::read(text).ok_or("unreadable-date")?;
    let rule = match moment.clock() {
        Clock::None => "date",
        Clock::Midnight => "day-of-naive-midnight",
        Clock::Naive => "day-of-naive-time",
        Clock::Known => "day-of-instant",
    };
    moment.local_day().map(|day| (day, rule)).ok_or(rule)
}
