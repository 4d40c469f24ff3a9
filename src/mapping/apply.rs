//! Running a plan over one article: fields filled by their rules, the rest left over.
//!
//! What a field used is taken out of the input once all fields are filled, so that several may
//! read one member, and what remains is exactly what nobody read. What is done to a value is
//! [`super::transforms`]'s.

use super::change::{Changed, Changes};
use super::plan::{Field, Members, Path, Plan, Source, Unmapped};
use super::pointer;
use super::transforms::Transform;
use crate::json::{Object, Value};

/// The name under which members are kept that the schema does not declare.
const EXTRA: &str = "_extra";

/// What is known of an article beside its own members.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'p> {
    /// The name under which its container holds it.
    pub key: Option<&'p str>,
    /// The name under which its container holds the list that it is in.
    pub group: Option<&'p str>,
}

/// Fills the fields of `plan` from `object` and adds what is left of it.
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
    for (number, name) in plan.drop.iter().enumerate() {
        if rest.remove(name).is_some() {
            changes.push((Changed::Drop(number), "dropped"));
        }
    }
    add_rest(plan, &mut article, rest);
    article
}

/// Adds the members that no field took. One that is named like a field and is none goes to
/// `_extra` at once; the others will, where the schema does not declare them.
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

/// How far a source was looked at.
#[derive(Debug, Clone, Copy)]
struct Used {
    source: usize,
    /// How many of its paths.
    paths: usize,
    /// Whether the last of them gave the value; else all of them held null.
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
                    let (value, paths) =
                        if members.all { self.all(members, input) } else { self.first(members, input) };
                    used.push(Used { source: number, paths, won: value.is_some() });
                    if value.is_some() {
                        return Filled { value, used };
                    }
                }
            }
        }
        Filled { value: None, used }
    }

    /// The first value that is not null, and how many paths were looked at for it.
    fn first<'a>(&mut self, members: &Members, input: &Value<'a>) -> (Option<Value<'a>>, usize) {
        for (number, path) in members.from.iter().enumerate() {
            let mut found = None;
            self.find(path, members, input, &mut |value| {
                found = Some(value);
                false
            });
            if let Some(value) = found {
                return (self.treat(members, value), number + 1);
            }
        }
        (None, members.from.len())
    }

    /// All values that are not null, as one list.
    fn all<'a>(&mut self, members: &Members, input: &Value<'a>) -> (Option<Value<'a>>, usize) {
        let mut values = Vec::new();
        let mut any = false;
        for path in &members.from {
            self.find(path, members, input, &mut |value| {
                any = true;
                match value {
                    Value::Array(elements) => values.extend(elements),
                    value => values.push(value),
                }
                true
            });
        }
        let value = if any { self.treat(members, Value::Array(values)) } else { None };
        (value, members.from.len())
    }

    /// Hands the values of a path that are not null to `found` until that says `false`.
    fn find<'a>(
        &mut self,
        path: &Path,
        members: &Members,
        input: &Value<'a>,
        found: &mut impl FnMut(Value<'a>) -> bool,
    ) {
        let tokens = match path {
            Path::Pointer(tokens) => tokens,
            Path::Key | Path::Group => {
                let name = if *path == Path::Key { self.place.key } else { self.place.group };
                if let Some(name) = name {
                    found(Value::String(name.to_owned().into()));
                }
                return;
            }
        };
        let plan = self.plan;
        pointer::find(input, tokens, &members.only, &mut |value| match value {
            Value::Null => true,
            // What cannot be read as text stays where it is.
            Value::Bool(_) | Value::Number(_) | Value::Object(_) if members.parse.is_some() => true,
            Value::String(text) if plan.is_null(text) => {
                self.note("null");
                true
            }
            value => found(value.clone()),
        });
    }

    fn treat<'a>(&mut self, members: &Members, value: Value<'a>) -> Option<Value<'a>> {
        let mut treatment = Transform { plan: self.plan, members, note: &mut |rule| self.note(rule) };
        let value = treatment.run(value)?;
        if members.each.is_empty() { Some(value) } else { self.each(&members.each, value) }
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

/// Takes out of the input what a source gave to its field, and the nulls it passed on the way.
fn take(plan: &Plan, source: &Source, used: &Used, input: &mut Value<'_>) {
    let Source::Members(members) = source else { return };
    for (number, path) in members.from[..used.paths].iter().enumerate() {
        let Path::Pointer(tokens) = path else { continue };
        let mut open = used.won && (members.all || number + 1 == used.paths);
        pointer::take(input, tokens, &members.only, &mut |value| match value {
            Value::Null => true,
            Value::Bool(_) | Value::Number(_) | Value::Object(_) if members.parse.is_some() => false,
            Value::String(text) if plan.is_null(text) => true,
            _ if !open => false,
            value => {
                open = members.all;
                take_whole(plan, members, value)
            }
        });
    }
}

/// Gives whether nothing is left of a value once its field has it.
fn take_whole(plan: &Plan, members: &Members, value: &mut Value<'_>) -> bool {
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
