//! Applies a plan to one article: fills fields by their rules, and keeps the rest.
//!
//! What a field used is removed from the input once all fields are filled, so several fields can read one
//! member, and exactly what no field read remains. [`super::transforms`] changes the values.

use super::change::{Changed, Changes};
use super::plan::{Dropped, Field, Members, Path, Plan, Source, Unmapped};
use super::transforms::Transform;
use super::{html, pointer, readable};
use crate::json::{Object, Value};

/// The member that keeps what the schema does not declare.
const EXTRA: &str = "_extra";

/// The names under which a container holds an article.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place<'p> {
    /// The name under which its container holds it.
    pub key: Option<&'p str>,
    /// The name under which its container holds the list that it is in.
    pub group: Option<&'p str>,
}

/// Fills the fields of `plan` from `object`, and adds the rest of it.
pub(super) fn apply<'a>(plan: &Plan, object: Object<'a>, place: Place<'_>, changes: &mut Changes) -> Object<'a> {
    let mut input = Value::Object(object);
    let mut article = Object::new();
    let mut used = Vec::with_capacity(plan.fields.len());
    for (number, field) in plan.fields.iter().enumerate() {
        let mut filler = Filler { plan, place, changes, field: number };
        let found = filler.fill(&field.sources, &input);
        if let Some(value) = found.value {
            article.insert(field.name.clone(), value);
        }
        used.push(found.used);
    }
    for (field, used) in plan.fields.iter().zip(&used) {
        for used in used {
            take(plan, &field.sources[used.source], used, &mut input);
        }
    }
    let Value::Object(mut rest) = input else { return article };
    for (number, Dropped { name, only_copy }) in plan.drop.iter().enumerate() {
        let is_kept = *only_copy && rest.get(name).is_some_and(|value| !is_copy(value, &article));
        if !is_kept && rest.remove(name).is_some() {
            changes.push((Changed::Drop(number), "dropped"));
        }
    }
    add_rest(plan, &mut article, rest);
    article
}

/// Whether the text of the article holds all that a value says, whatever its white space and markup.
fn is_copy(value: &Value<'_>, article: &Object<'_>) -> bool {
    let Some(copy) = value.as_str() else { return *value == Value::Null };
    let text = article.get("text").and_then(Value::as_str).unwrap_or_default();
    let inked = |text: &str| text.split_whitespace().collect::<String>();
    let (copy, text) =
        (if copy.trim_start().starts_with('<') { html::to_text(copy) } else { copy.to_owned() }, inked(text));
    text.contains(&inked(&copy))
}

/// Adds the members that no field took. One with the name of a field goes to `_extra` at once; the others
/// go there later if the schema does not declare them.
fn add_rest<'a>(plan: &Plan, article: &mut Object<'a>, rest: Object<'a>) {
    let is_field = |name: &str| plan.declared.iter().any(|field| *field == name);
    let (mut kept, mut extra) = (Vec::with_capacity(rest.len()), Vec::new());
    for (name, value) in rest {
        match value {
            Value::Object(members) if name == EXTRA && !members.is_empty() => extra.extend(members),
            value if plan.unmapped == Unmapped::Extra && is_field(&name) => extra.push((name, value)),
            value if article.get(&name).is_some() => extra.push((name, value)),
            value => kept.push((name, value)),
        }
    }
    if !extra.is_empty() {
        extra.extend(kept.extract_if(.., |(name, _)| name == EXTRA));
    }
    article.append_unique(kept);
    if !extra.is_empty() {
        // A name that is there twice is refused where columns are filled.
        article.insert(EXTRA, Value::Object(Object::of_unique(extra)));
    }
}

/// What was found for a field.
struct Filled<'a> {
    value: Option<Value<'a>>,
    used: Vec<Used>,
}

/// How much of a source was read.
#[derive(Debug, Clone, Copy)]
struct Used {
    source: usize,
    /// How many of its paths.
    paths: usize,
    /// How many values at the last of them could not be read.
    passed: usize,
    /// Whether the last of them gave the value. Otherwise none did.
    won: bool,
}

/// Fills one field.
struct Filler<'r> {
    plan: &'r Plan,
    place: Place<'r>,
    changes: &'r mut Changes,
    field: usize,
}

impl Filler<'_> {
    /// The first value that one of the sources has.
    fn fill<'a>(&mut self, sources: &[Source], input: &Value<'a>) -> Filled<'a> {
        let mut used = Vec::new();
        for (number, source) in sources.iter().enumerate() {
            match source {
                Source::Constant(value) => {
                    self.note("constant");
                    return Filled { value: Some(value.clone()), used };
                }
                Source::Members(members) => {
                    let (value, last) = if members.all { self.all(members, input) } else { self.first(members, input) };
                    used.push(Used { source: number, won: value.is_some(), ..last });
                    if value.is_some() {
                        return Filled { value, used };
                    }
                }
            }
        }
        Filled { value: None, used }
    }

    /// The first value that can be read, and what was read to find it.
    fn first<'a>(&mut self, members: &Members, input: &Value<'a>) -> (Option<Value<'a>>, Used) {
        let mut used = Used { source: 0, paths: 0, passed: 0, won: false };
        for (number, path) in members.from.iter().enumerate() {
            used.paths = number + 1;
            used.passed = 0;
            let mut won = None;
            self.find(path, members, input, &mut |filler, value| {
                won = filler.readable(members, number, value);
                used.passed += usize::from(won.is_none());
                won.is_none()
            });
            if won.is_some() {
                return (won, used);
            }
        }
        (None, used)
    }

    /// All values that can be read, as one list.
    fn all<'a>(&mut self, members: &Members, input: &Value<'a>) -> (Option<Value<'a>>, Used) {
        let mut values = Vec::new();
        let mut any = false;
        for (number, path) in members.from.iter().enumerate() {
            self.find(path, members, input, &mut |filler, value| {
                let value = filler.read(members, number, value);
                any |= value.is_some();
                match value.map(|value| filler.treatment(members, number, |treatment| treatment.split(value))) {
                    Some(Value::Array(elements)) => values.extend(elements),
                    Some(value) => values.push(value),
                    None => {}
                }
                true
            });
        }
        // The values were split already.
        let value = if any { self.treat(members, usize::MAX, Value::Array(values)) } else { None };
        let value = value.and_then(|value| self.objects(members, value));
        (value, Used { source: 0, paths: members.from.len(), passed: 0, won: false })
    }

    /// Passes the values of a path that are not null to `found` until it returns `false`.
    fn find<'a>(
        &mut self,
        path: &Path,
        members: &Members,
        input: &Value<'a>,
        found: &mut impl FnMut(&mut Self, &Value<'a>) -> bool,
    ) {
        let tokens = match path {
            Path::Pointer(tokens) => tokens,
            Path::Key | Path::Group => {
                let name = if *path == Path::Key { self.place.key } else { self.place.group };
                if let Some(name) = name {
                    found(self, &Value::String(name.to_owned().into()));
                }
                return;
            }
        };
        pointer::find(input, tokens, &members.only, &mut |value| match value {
            Value::Null => true,
            Value::String(text) if self.plan.is_null(text) => {
                self.note("null");
                true
            }
            value => found(self, value),
        });
    }

    /// The value of the field, if its rules can read this value.
    fn readable<'a>(&mut self, members: &Members, path: usize, value: &Value<'a>) -> Option<Value<'a>> {
        let value = self.read(members, path, value)?;
        let value = self.treat(members, path, value)?;
        self.objects(members, value)
    }

    fn objects<'a>(&mut self, members: &Members, value: Value<'a>) -> Option<Value<'a>> {
        if members.each.is_empty() { Some(value) } else { self.each(&members.each, value) }
    }

    fn read<'a>(&mut self, members: &Members, path: usize, value: &Value<'a>) -> Option<Value<'a>> {
        if !members.is_for_texts() {
            return Some(value.clone());
        }
        self.treatment(members, path, |treatment| readable::read(treatment, value))
    }

    fn treat<'a>(&mut self, members: &Members, path: usize, value: Value<'a>) -> Option<Value<'a>> {
        self.treatment(members, path, |treatment| treatment.run(value))
    }

    fn treatment<T>(&mut self, members: &Members, path: usize, run: impl FnOnce(&mut Transform<'_>) -> T) -> T {
        let (plan, split) = (self.plan, members.split.get(path).map(Vec::as_slice).unwrap_or_default());
        run(&mut Transform { plan, members, split, note: &mut |rule| self.note(rule) })
    }

    /// An object for every element that has one of the members.
    fn each<'a>(&mut self, fields: &[Field], value: Value<'a>) -> Option<Value<'a>> {
        let elements = match value {
            Value::Array(elements) => elements,
            value => vec![value],
        };
        let mut objects = Vec::with_capacity(elements.len());
        for element in &elements {
            let mut object = Object::new();
            for field in fields {
                if let Some(value) = self.fill(&field.sources, element).value {
                    object.insert(field.name.clone(), value);
                }
            }
            if !object.is_empty() {
                objects.push(Value::Object(object));
            }
        }
        (!objects.is_empty()).then_some(Value::Array(objects))
    }

    fn note(&mut self, rule: &'static str) {
        self.changes.push((Changed::Field(self.field), rule));
    }
}

/// Removes from the input what a source gave to its field, and the nulls before it.
fn take(plan: &Plan, source: &Source, used: &Used, input: &mut Value<'_>) {
    let Source::Members(members) = source else { return };
    for (number, path) in members.from[..used.paths].iter().enumerate() {
        let Path::Pointer(tokens) = path else { continue };
        let mut state = match number + 1 == used.paths {
            _ if members.all && used.won => Take::All,
            true if used.won => Take::Behind(used.passed),
            _ => Take::Nulls,
        };
        pointer::take(input, tokens, &members.only, &mut |value| match (value, state) {
            (_, Take::Done) => false,
            (Value::Null, _) => true,
            (Value::String(text), _) if plan.is_null(text) => true,
            (_, Take::Nulls) => false,
            (value, Take::All) => take_whole(plan, members, number, value),
            (value, Take::Behind(0)) => {
                state = Take::Done;
                take_whole(plan, members, number, value)
            }
            (_, Take::Behind(passed)) => {
                state = Take::Behind(passed - 1);
                false
            }
        });
    }
}

/// Which values of a path are removed.
#[derive(Debug, Clone, Copy)]
enum Take {
    /// Only nulls: no value could be read.
    Nulls,
    /// Everything that can be read.
    All,
    /// The value after this many that could not be read, and nulls before it.
    Behind(usize),
    /// No more.
    Done,
}

/// Returns whether nothing is left of a value after its field took it.
fn take_whole(plan: &Plan, members: &Members, path: usize, value: &mut Value<'_>) -> bool {
    if members.is_for_texts() {
        let split = members.split.get(path).map(Vec::as_slice).unwrap_or_default();
        let mut treatment = Transform { plan, members, split, note: &mut |_rule| {} };
        return readable::take(&mut treatment, value);
    }
    if members.each.is_empty() {
        return true;
    }
    match value {
        Value::Array(elements) => {
            elements.retain_mut(|element| !take_each(plan, &members.each, element));
            elements.is_empty()
        }
        element => take_each(plan, &members.each, element),
    }
}

fn take_each(plan: &Plan, fields: &[Field], element: &mut Value<'_>) -> bool {
    let mut filler = Filler { plan, place: Place::default(), changes: &mut Changes::new(), field: 0 };
    let used: Vec<_> = fields.iter().map(|field| filler.fill(&field.sources, element).used).collect();
    let mut gone = false;
    for (field, used) in fields.iter().zip(&used) {
        for used in used {
            let source = &field.sources[used.source];
            gone |= used.won && source.is_whole(used.paths - 1);
            take(plan, source, used, element);
        }
    }
    gone || element.as_object().is_some_and(Object::is_empty)
}
