//! The fields of a mapping file: where each value comes from, which rules it passes, and whether
//! what comes out fits the field.

use toml::de::DeValue;

use super::table::{Table, nearest};
use super::{Fault, Fields};
use crate::json::{self, Value};
use crate::mapping::clean_text::Clean;
use crate::mapping::fields::{Holds, Target};
use crate::mapping::plan::{Field, Members, Parse, Path, Source, Token};
use crate::text::one_line;

/// The keys of a source.
const KEYS: &[&str] = &[
    "from", "take", "only", "member", "number", "join", "split", "clean", "parse", "zone", "list", "unique", "each",
    "value",
];
/// The keys that may stand beside `each`.
const BESIDE_EACH: &[&str] = &["from", "take", "only", "each"];

/// The fields of the table `[fields]`.
pub(super) fn fields(table: &Table<'_, '_>, fields: Fields<'_>) -> Result<Vec<Field>, Fault> {
    let mut found = Vec::new();
    for (name, at, value) in table.entries() {
        let (mut field, made) = field(name, at, value, false)?;
        match fields.targets.iter().find(|target| target.name == name) {
            Some(target) => {
                fits(target, &made)?;
                let several = !matches!(target.holds, Holds::Text | Holds::Instant | Holds::Day | Holds::Scalar);
                for source in &mut field.sources {
                    if let Source::Members(members) = source {
                        members.many |= several;
                    }
                }
                found.push(field);
            }
            None if fields.lenient => {}
            None => return Err(unknown(name, at, fields.targets)),
        }
    }
    Ok(found)
}

fn unknown(name: &str, at: usize, targets: &[Target]) -> Fault {
    let names = || targets.iter().map(|target| target.name.as_str());
    let known = || one_line(&format!("its fields: {}", names().collect::<Vec<_>>().join(", ")), 300);
    let fault = Fault::new(at, format!("the schema has no field `{}`", one_line(name, 60)));
    fault.hint(nearest(name, names()).unwrap_or_else(known))
}

/// Refuses what does not fit the field.
fn fits(target: &Target, made: &[(usize, Holds)]) -> Result<(), Fault> {
    match made.iter().find(|(_, made)| !target.holds.takes(*made)) {
        Some((at, made)) => {
            let message = format!("`{}` is {}, and this makes {made}", target.name, target.holds);
            Err(Fault::new(*at, message))
        }
        None => Ok(()),
    }
}

/// A field, and what each of its sources makes.
fn field(name: &str, at: usize, value: &DeValue<'_>, inner: bool) -> Result<(Field, Vec<(usize, Holds)>), Fault> {
    let sources = match value {
        DeValue::Array(elements) if !elements.is_empty() => {
            let one =
                |element: &toml::Spanned<DeValue<'_>>| source(name, element.span().start, element.get_ref(), inner);
            elements.iter().map(one).collect::<Result<Vec<_>, _>>()?
        }
        value => vec![source(name, at, value, inner)?],
    };
    let made: Vec<_> = sources.iter().map(|(_, at, made)| (*at, *made)).collect();
    if let Some(pair) = made.windows(2).find(|pair| !agree(pair[0].1, pair[1].1)) {
        let message = format!(
            "the sources of `{}` disagree: one makes {}, this one {}",
            one_line(name, 60),
            pair[0].1,
            pair[1].1
        );
        return Err(Fault::new(pair[1].0, message).hint("give every source of a field rules that make the same type"));
    }
    let sources = sources.into_iter().map(|(source, ..)| source).collect();
    Ok((Field { name: name.to_owned(), sources }, made))
}

fn agree(one: Holds, other: Holds) -> bool {
    one.takes(other) || other.takes(one)
}

fn source(name: &str, at: usize, value: &DeValue<'_>, inner: bool) -> Result<(Source, usize, Holds), Fault> {
    let table = match value {
        DeValue::Table(table) => Table::new(table, at),
        DeValue::String(pointer) => {
            let members = Members { from: vec![path(pointer, at, inner)?], ..nothing() };
            return Ok((Source::Members(members), at, Holds::Anything));
        }
        other => {
            let message =
                format!("`{}` is a pointer or a table of rules, not {}", one_line(name, 60), other.type_str());
            return Err(Fault::new(at, message));
        }
    };
    table.knows(KEYS)?;
    if let Some(value) = table.value("value") {
        if let Some(other) = KEYS.iter().find(|key| **key != "value" && table.has(key)) {
            return Err(Fault::new(table.at(other), format!("`{other}` cannot be used with `value`")));
        }
        let (value, holds) = constant(value, table.at("value"))?;
        return Ok((Source::Constant(value), at, holds));
    }
    let members = members(&table, inner)?;
    let makes = makes(&members);
    Ok((Source::Members(members), at, makes))
}

fn nothing() -> Members {
    Members {
        from: Vec::new(),
        all: false,
        only: Vec::new(),
        member: Vec::new(),
        number: false,
        join: None,
        split: Vec::new(),
        clean: Vec::new(),
        parse: None,
        utc: false,
        list: false,
        unique: false,
        each: Vec::new(),
        many: false,
    }
}

fn members(table: &Table<'_, '_>, inner: bool) -> Result<Members, Fault> {
    let at = table.at("from");
    let pointers = match table.value("from") {
        None => return Err(Fault::new(table.start(), "a rule needs `from` or `value`")),
        Some(DeValue::String(pointer)) => vec![pointer.to_string()],
        Some(_) => table.texts("from")?.unwrap_or_default(),
    };
    if pointers.is_empty() {
        return Err(Fault::new(at, "`from` names no pointer"));
    }
    let mut each = Vec::new();
    if let Some(inner_fields) = table.table("each")? {
        if let Some(other) = KEYS.iter().find(|key| !BESIDE_EACH.contains(key) && table.has(key)) {
            return Err(Fault::new(table.at(other), format!("`{other}` cannot be used with `each`")));
        }
        for (name, at, value) in inner_fields.entries() {
            each.push(field(name, at, value, true)?.0);
        }
        if each.is_empty() || inner {
            return Err(Fault::new(
                table.at("each"),
                "`each` must name the members of the objects, and cannot be nested",
            ));
        }
    }
    let all = table.choice("take", &[("first", false), ("all", true)])?.unwrap_or(false);
    let split = split(table, &pointers)?;
    let (list, unique) = (table.flag("list")?, table.flag("unique")?);
    let members = Members {
        from: pointers.iter().map(|pointer| path(pointer, at, inner)).collect::<Result<_, _>>()?,
        all,
        only: only(table)?,
        member: table.one_or_more("member")?.unwrap_or_default(),
        number: table.choice("number", &[("text", true)])?.unwrap_or(false),
        join: table.text("join")?.map(str::to_owned),
        many: all || list || unique || split.iter().any(|at| !at.is_empty()),
        split,
        clean: table.choices("clean", Clean::NAMED)?,
        parse: table.choice("parse", Parse::NAMED)?,
        utc: table.choice("zone", &[("utc", true)])?.unwrap_or(false),
        list,
        unique,
        each,
    };
    zone(table, &members)?;
    let elements = |path: &Path| matches!(path, Path::Pointer(tokens) if tokens.contains(&Token::Each));
    if !members.only.is_empty() && !members.from.iter().any(elements) {
        return Err(Fault::new(
            table.at("only"),
            "`only` chooses among the elements of a list, and no pointer has a `*`",
        ));
    }
    Ok(members)
}

/// For each of the pointers, what parts its texts: the same for all, or a table by pointer.
fn split(table: &Table<'_, '_>, pointers: &[String]) -> Result<Vec<Vec<String>>, Fault> {
    let split = match table.value("split") {
        Some(DeValue::Table(by_pointer)) => {
            let by_pointer = Table::new(by_pointer, table.at("split"));
            if let Some((other, at, _)) =
                by_pointer.entries().find(|(name, ..)| !pointers.iter().any(|one| one == name))
            {
                let message = format!("`split` names `{}`, and `from` does not", one_line(other, 60));
                return Err(Fault::new(at, message));
            }
            pointers.iter().map(|pointer| by_pointer.one_or_more(pointer)).collect::<Result<Vec<_>, _>>()?
        }
        _ => vec![table.one_or_more("split")?; pointers.len()],
    };
    if split.iter().flatten().any(|at| at.is_empty() || at.iter().any(String::is_empty)) {
        return Err(Fault::new(table.at("split"), "`split` needs something to split at"));
    }
    Ok(split.into_iter().map(Option::unwrap_or_default).collect())
}

/// Refuses a zone for what is no time, and a time that needs one to be told.
fn zone(table: &Table<'_, '_>, members: &Members) -> Result<(), Fault> {
    match members.parse {
        Some(Parse::StructTime) if !members.utc => {
            let fault = Fault::new(table.at("parse"), "the numbers of a `struct-time` do not say their zone");
            Err(fault.hint("where the source defines them as UTC, as feedparser does: zone = \"utc\""))
        }
        Some(Parse::Instant | Parse::StructTime) => Ok(()),
        _ if members.utc => Err(Fault::new(table.at("zone"), "`zone` says what `parse = \"instant\"` cannot read")),
        _ => Ok(()),
    }
}

fn only(table: &Table<'_, '_>) -> Result<Vec<(String, Option<String>)>, Fault> {
    let Some(only) = table.table("only")? else { return Ok(Vec::new()) };
    let text = |(name, at, value): (&str, usize, &DeValue<'_>)| match value {
        DeValue::String(text) => Ok((name.to_owned(), Some(text.to_string()))),
        DeValue::Boolean(false) => Ok((name.to_owned(), None)),
        _ => Err(Fault::new(at, "`only` compares members with strings, and `false` means a missing one")),
    };
    only.entries().map(text).collect()
}

/// What comes out of the rules.
fn makes(members: &Members) -> Holds {
    let one = match members.parse {
        Some(parse) if parse.is_instant() => Holds::Instant,
        Some(Parse::Date) => Holds::Day,
        Some(_) => Holds::Text,
        None if members.join.is_some() || members.clean.contains(&Clean::Html) => Holds::Text,
        None => Holds::Anything,
    };
    let many = members.all || members.list || members.splits() || members.unique;
    match (many, one) {
        _ if !members.each.is_empty() => Holds::Objects,
        (true, Holds::Anything) if !members.splits() => Holds::List,
        (true, _) => Holds::Texts,
        (false, one) => one,
    }
}

fn path(pointer: &str, at: usize, inner: bool) -> Result<Path, Fault> {
    let shown = one_line(pointer, 60);
    match pointer {
        "@key" => return Ok(Path::Key),
        "@group" => return Ok(Path::Group),
        "" if inner => return Ok(Path::Pointer(Vec::new())),
        _ => {}
    }
    if pointer.starts_with('@') {
        return Err(Fault::new(at, format!("unknown pointer `{shown}`")).hint("there are `@key` and `@group`"));
    }
    let Some(tokens) = pointer.strip_prefix('/') else {
        return Err(Fault::new(at, format!("`{shown}` is not a pointer"))
            .hint(format!("a pointer starts with a slash: \"/{shown}\"")));
    };
    let token = |token: &str| {
        let escaped = token.split('~').skip(1).all(|behind| behind.starts_with(['0', '1']));
        match token {
            "*" => Ok(Token::Each),
            // This order matters: `~01` stands for `~1`, not for a slash.
            token if escaped => Ok(Token::Name(token.replace("~1", "/").replace("~0", "~"))),
            _ => Err(Fault::new(at, format!("`{shown}` is not a pointer"))
                .hint("write `~` as `~0` and `/` in a name as `~1`")),
        }
    };
    let tokens = tokens.split('/').map(token).collect::<Result<Vec<_>, _>>()?;
    if tokens.len() > json::MAX_DEPTH {
        return Err(Fault::new(at, format!("`{shown}` is deeper than any article")));
    }
    Ok(Path::Pointer(tokens))
}

/// A value of TOML as one of JSON.
fn constant(value: &DeValue<'_>, at: usize) -> Result<(Value<'static>, Holds), Fault> {
    let text = |text: &str| Value::String(text.to_owned().into());
    let number = |digits: String| {
        let parsed = json::parse(digits.as_bytes()).map(Value::into_owned);
        parsed.map_err(|_no_json| Fault::new(at, "write the number as in JSON"))
    };
    Ok(match value {
        DeValue::String(string) => (text(string), Holds::Text),
        DeValue::Integer(integer) => (number(integer.to_string())?, Holds::Scalar),
        DeValue::Float(float) => (number(float.to_string())?, Holds::Scalar),
        DeValue::Boolean(flag) => (Value::Bool(*flag), Holds::Scalar),
        DeValue::Datetime(moment) => match (moment.date, moment.time, moment.offset) {
            (Some(_), None, None) => (text(&moment.to_string()), Holds::Day),
            (Some(_), Some(_), Some(_)) => (text(&moment.to_string()), Holds::Instant),
            _ => return Err(Fault::new(at, "a time needs a date and an offset")),
        },
        DeValue::Array(elements) => {
            let constants =
                elements.iter().map(|element| constant(element.get_ref(), at)).collect::<Result<Vec<_>, _>>()?;
            let all = |holds| constants.iter().all(|(_, one)| *one == holds);
            let holds = if all(Holds::Text) {
                Holds::Texts
            } else if all(Holds::Object) {
                Holds::Objects
            } else {
                Holds::List
            };
            (Value::Array(constants.into_iter().map(|(value, _)| value).collect()), holds)
        }
        DeValue::Table(table) => {
            let table = Table::new(table, at);
            let member =
                |(name, at, value): (&str, usize, &DeValue<'_>)| Ok((name.to_owned().into(), constant(value, at)?.0));
            let members = table.entries().map(member).collect::<Result<Vec<_>, Fault>>()?;
            (Value::Object(json::Object::of_unique(members)), Holds::Object)
        }
    })
}
