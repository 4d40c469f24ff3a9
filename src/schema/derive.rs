//! From a JSON Schema to its columns: a pure function of the schema and the `extra` policy.
//!
//! Each subschema is classified by the values that it accepts ([`Shape`]), never by data. If it
//! accepts values of several types, or of one that has no column type, the column holds JSON text:
//! no accepted value is forced into a narrower type. Each column records why it has its type, and
//! which values it cannot hold.

use super::columns::{Column, Columns, EXTRA, Extra, Kind, Omitted, Presence, RECORD_SHA256, Refusal, Role};
use super::fault::SchemaFault;
use super::graph::Graph;
use super::types::{Arrays, Form, Note, Numbers, Objects, Reader, Rest, Shape};
use crate::code::Code;
use crate::text::one_line;

/// How deep values are followed before a level becomes a JSON column.
pub(super) const MAX_DEPTH: usize = 16;
/// How many entries an array may have to become a struct.
const MAX_ENTRIES: usize = 16;

type Result<T> = std::result::Result<T, SchemaFault>;

/// The columns of a record.
pub(super) fn derive(graph: &Graph, extra: Extra) -> Result<Columns> {
    let shape = Reader::new(graph).root()?;
    let fault = |pointer: &str, message: String| Err(SchemaFault::new(Code::SchemaColumns, pointer, message));
    let objects = match &shape.object {
        Some(objects) if shape.types().len() == 1 && !objects.members.is_empty() => objects,
        None if !shape.types().is_empty() => return fault("", "does not describe an object".to_owned()),
        _ => {
            let message = "articles are objects: the schema needs \"type\": \"object\" and \"properties\"";
            return fault("", message.to_owned());
        }
    };
    let columns = Deriver { extra }.members(objects, "", 0)?;
    if columns.iter().all(|column| column.role == Role::Extra) {
        return fault("", "no declared member can hold a value, so there are no columns".to_owned());
    }
    // Readers such as DuckDB ignore the case of names.
    match columns.iter().find(|column| column.name.eq_ignore_ascii_case(RECORD_SHA256)) {
        Some(column) => {
            fault(&column.pointer, format!("the column name `{RECORD_SHA256}` is reserved for the record hash"))
        }
        None => Ok(columns),
    }
}

struct Deriver {
    extra: Extra,
}

/// A kind, with its explanation.
struct Typed {
    kind: Kind,
    why: String,
    refuses: Vec<Refusal>,
}

impl Typed {
    fn new(kind: Kind, why: impl Into<String>, refuses: &[Refusal]) -> Self {
        Self { kind, why: why.into(), refuses: refuses.to_vec() }
    }

    fn json(why: impl Into<String>) -> Self {
        Self::new(Kind::Json, why, NUMBERS)
    }
}

const FLOAT_RANGE: Refusal = Refusal { code: Code::FloatRange, what: "numbers beyond 1.8e308" };
const FLOAT_DIGITS: Refusal =
    Refusal { code: Code::FloatPrecision, what: "numbers with more digits than a double holds" };
/// What doubles cannot hold.
const DOUBLES: &[Refusal] = &[FLOAT_RANGE, FLOAT_DIGITS];
/// What JSON text cannot hold: 64-bit integers stay exact in it.
const NUMBERS: &[Refusal] = &[
    FLOAT_RANGE,
    Refusal { code: Code::FloatPrecision, what: "numbers that neither a 64-bit integer nor a double holds exactly" },
];
const INSTANTS: &[Refusal] = &[
    Refusal { code: Code::TimePrecision, what: "times finer than a microsecond" },
    Refusal { code: Code::TimeRange, what: "times outside the years 0000 to 9999 in UTC" },
    Refusal { code: Code::Leap, what: "leap seconds" },
];
const OPEN_ELSEWHERE: Refusal =
    Refusal { code: Code::NoColumn, what: "other values that the alternatives which do not declare it accept" };
const TWICE: Refusal = Refusal { code: Code::NoColumn, what: "a name that is both in `_extra` and beside it" };

impl Deriver {
    /// The columns of an object's members: the declared ones, then `_extra` if undeclared members
    /// are allowed and kept.
    fn members(&self, objects: &Objects, pointer: &str, depth: usize) -> Result<Columns> {
        let (mut columns, mut omitted) = (Vec::new(), Vec::new());
        for (name, shape) in &objects.members {
            let required = objects.required.contains(name);
            if let Some(why) = omission(name, shape, required)? {
                omitted.push(Omitted { name: name.clone(), pointer: shape.pointer.clone(), why });
                continue;
            }
            check_name(name, &columns, &shape.pointer)?;
            columns.push(self.column(name, shape, required, depth)?);
        }
        if objects.rest != Rest::Closed && self.extra == Extra::Keep && !columns.is_empty() {
            columns.push(Column {
                name: EXTRA.into(),
                kind: Kind::Json,
                nullable: true,
                presence: Presence::MayBeMissing,
                short: false,
                pointer: pointer.to_owned(),
                role: Role::Extra,
                why: "members that the schema neither declares nor forbids".into(),
                refuses: NUMBERS.iter().chain([&TWICE]).copied().collect(),
            });
        }
        Ok(Columns::new(columns, omitted))
    }

    /// The column of a member, an element, an entry or a map's values.
    fn column(&self, name: &str, shape: &Shape, required: bool, depth: usize) -> Result<Column> {
        let Typed { kind, why, mut refuses } = self.kind(shape, depth + 1)?;
        if shape.notes.contains(&Note::OpenElsewhere) && kind != Kind::Json {
            refuses.push(OPEN_ELSEWHERE);
        }
        let presence = match (shape.null, required) {
            (true, true) => Presence::MayBeNull,
            (true, false) => Presence::MayBeMissingOrNull,
            (false, false) => Presence::MayBeMissing,
            (false, true) => Presence::Required,
        };
        Ok(Column {
            name: name.to_owned(),
            nullable: shape.null || !required,
            presence,
            short: kind == Kind::String && shape.text.as_ref().is_some_and(|texts| texts.short),
            pointer: shape.pointer.clone(),
            role: Role::Declared,
            why,
            refuses,
            kind,
        })
    }

    fn kind(&self, shape: &Shape, depth: usize) -> Result<Typed> {
        let types = shape.types();
        if depth > MAX_DEPTH {
            return Ok(Typed::json("values lie too deep for columns of their own"));
        }
        if types.len() != 1 {
            return Ok(Typed::json(why_json(shape, &types)));
        }
        if let Some(why) = cut(&shape.notes)
            && shape.object.as_ref().is_some_and(|objects| objects.members.is_empty())
        {
            return Ok(Typed::json(why));
        }
        let joined = if shape.notes.contains(&Note::Alternatives) { ", in every alternative" } else { "" };
        let single = if let Some(numbers) = &shape.number {
            number(numbers)
        } else if let Some(texts) = &shape.text {
            match texts.form {
                Form::DateTime => Typed::new(Kind::Timestamp, "text with the format date-time", INSTANTS),
                Form::Date => Typed::new(Kind::Date, "text with the format date", &[]),
                Form::Plain => Typed::new(Kind::String, "text", &[]),
            }
        } else if let Some(arrays) = &shape.array {
            self.array(arrays, depth)?
        } else if let Some(objects) = &shape.object {
            self.object(objects, &shape.pointer, depth)?
        } else {
            Typed::new(Kind::Boolean, "true or false", &[])
        };
        Ok(Typed { why: format!("{}{joined}", single.why), ..single })
    }

    fn array(&self, arrays: &Arrays, depth: usize) -> Result<Typed> {
        let most = arrays.most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let prefix = &arrays.prefix[..arrays.prefix.len().min(most)];
        let ends = arrays.rest == Rest::Closed || most <= prefix.len();
        let rest = match &arrays.rest {
            _ if ends => None,
            Rest::Typed(shape) => Some((**shape).clone()),
            _ => Some(Shape::anything("")),
        };
        let Some(shape) = prefix.iter().cloned().chain(rest).reduce(Shape::join) else {
            return self.list(&Shape::nothing(""), "an array that is always empty", depth);
        };
        if prefix.is_empty() {
            return self.list(&shape, "an array", depth);
        }
        if shape.types().len() == 1 {
            return self.list(&shape, "an array whose entries are of one type", depth);
        }
        if !ends || prefix.len() > MAX_ENTRIES {
            return self.list(&shape, "an array of entries of several types, of any number", depth);
        }
        if arrays.least < prefix.len() as u64 {
            let why =
                format!("entries of several types that may be missing (minItems {} would end that)", prefix.len());
            return self.list(&shape, &why, depth);
        }
        let columns = prefix.iter().enumerate().map(|(index, entry)| {
            let entry = if entry.is_nothing() { &shape } else { entry };
            self.column(&format!("_{index}"), entry, true, depth)
        });
        let columns = Columns::new(columns.collect::<Result<_>>()?, Vec::new());
        Ok(Typed::new(Kind::Tuple(columns), format!("an array of exactly {} entries", prefix.len()), &[]))
    }

    fn list(&self, element: &Shape, why: &str, depth: usize) -> Result<Typed> {
        Ok(Typed::new(Kind::List(Box::new(self.column("element", element, true, depth)?)), why, &[]))
    }

    fn object(&self, objects: &Objects, pointer: &str, depth: usize) -> Result<Typed> {
        let columns = self.members(objects, pointer, depth)?;
        if !columns.is_empty() {
            return Ok(Typed::new(Kind::Struct(columns), "an object with declared members", &[]));
        }
        match &objects.rest {
            Rest::Typed(shape) => {
                let value = self.column("value", shape, true, depth)?;
                Ok(Typed::new(Kind::Map(Box::new(value)), "an object of any names and values of one schema", &[]))
            }
            Rest::Closed => Ok(Typed::json("an object that is always empty")),
            Rest::Open | Rest::Stated => Ok(Typed::json("an object without declared members")),
        }
    }
}

/// Why a member has no column, if it has none. It is an error of the schema if its rules contradict
/// each other and leave no value.
fn omission(name: &str, shape: &Shape, required: bool) -> Result<Option<String>> {
    if !shape.is_nothing() {
        return Ok(shape.types().is_empty().then(|| "it can only be null".to_owned()));
    }
    let meant = shape.notes.iter().any(|note| matches!(note, Note::False | Note::ClosedElsewhere));
    let name = one_line(name, 60);
    if meant && !required {
        let closed = shape.notes.contains(&Note::ClosedElsewhere);
        let why =
            if closed { "another part of the schema allows no such member" } else { "the schema allows nothing here" };
        return Ok(Some(why.to_owned()));
    }
    let message = if meant {
        format!("`{name}` is required, and no value is allowed there, so no article can match")
    } else {
        format!("the rules for `{name}` contradict each other: no value can match them all")
    };
    Err(SchemaFault::new(Code::SchemaColumns, &shape.pointer, message))
}

/// Signed, unless the schema excludes negative numbers and accepts numbers above the signed range.
fn number(numbers: &Numbers) -> Typed {
    if !numbers.whole {
        let bounded = numbers.least.is_some() && numbers.greatest.is_some();
        return Typed::new(Kind::Float64, "numbers", if bounded { &DOUBLES[1..] } else { DOUBLES });
    }
    let least_from = |limit: i128| numbers.least.is_some_and(|least| least >= limit);
    let most_to = |limit: i128| numbers.greatest.is_some_and(|greatest| greatest <= limit);
    let large = numbers.greatest.is_some_and(|greatest| greatest > i128::from(i64::MAX));
    let range = |what| Refusal { code: Code::IntRange, what };
    if least_from(0) && large {
        let all =
            if most_to(i128::from(u64::MAX)) { vec![] } else { vec![range("integers above 18446744073709551615")] };
        return Typed { kind: Kind::UInt64, why: "integers from 0 to beyond 2^63".into(), refuses: all };
    }
    let fits = least_from(i128::from(i64::MIN)) && most_to(i128::from(i64::MAX));
    let all = if fits { vec![] } else { vec![range("integers beyond 64 bits")] };
    Typed { kind: Kind::Int64, why: "integers".into(), refuses: all }
}

/// Why the derivation stops here, if it does.
fn cut(notes: &[Note]) -> Option<String> {
    notes.iter().find_map(|note| match note {
        Note::Recursion(pointer) if pointer.is_empty() => {
            Some("refers back to the schema itself: a column cannot contain itself".to_owned())
        }
        Note::Recursion(pointer) => {
            Some(format!("refers back to {}: a column cannot contain itself", one_line(pointer, 80)))
        }
        Note::Unfollowed(reference) => Some(format!("`{reference}` is left to the validator")),
        Note::Deep => Some("values lie too deep for columns of their own".to_owned()),
        _ => None,
    })
}

/// Why no one type holds the values of a shape.
fn why_json(shape: &Shape, types: &[&str]) -> String {
    if let Some(why) = cut(&shape.notes) {
        return why;
    }
    match types {
        [] => "nothing but null".to_owned(),
        _ if shape.is_anything() => "anything is allowed".to_owned(),
        _ if types.len() == 5 => "no `type` is given, so values of every type are allowed".to_owned(),
        [first @ .., last] => format!("no one type holds {} and {last}", first.join(", ")),
    }
}

fn check_name(name: &str, before: &[Column], pointer: &str) -> Result<()> {
    let shown = one_line(name, 60);
    let message = if name.is_empty() {
        "a column needs a name".to_owned()
    } else if name.eq_ignore_ascii_case(EXTRA) {
        format!("the column name `{EXTRA}` is reserved for undeclared members")
    } else if name.strip_prefix('_').is_some_and(|index| !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()))
    {
        format!("the column name `{shown}` is reserved for the entries of arrays")
    } else if name.chars().any(char::is_control) {
        format!("the column name `{shown}` contains a control character")
    } else if let Some(other) = before.iter().find(|column| column.name.to_lowercase() == name.to_lowercase()) {
        format!("the columns `{}` and `{shown}` differ in case only", one_line(&other.name, 60))
    } else {
        return Ok(());
    };
    Err(SchemaFault::new(Code::SchemaColumns, pointer, message))
}

#[cfg(test)]
mod tests;
