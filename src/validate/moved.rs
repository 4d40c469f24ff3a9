//! Moves invalid values of optional members to `_extra`, if the policy asks for it, so that one invalid
//! value does not reject an article.
//!
//! Only the location of a violation decides which value moves. This module does not check whether the
//! article is valid without it; the caller validates the article again.

use crate::code::Code;
use crate::json::{Object, Value};
use crate::schema::{Columns, EXTRA, Role, Violation};

/// The suffix of a name in `_extra`, if the name itself is already used.
const ALIKE: &str = ":invalid";

/// A value that moved: its field, and the code of its first violation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Moved {
    pub(super) field: String,
    pub(super) code: Code,
}

impl Moved {
    /// The rule under which the value is counted.
    pub(super) fn rule(&self) -> String {
        format!("invalid:{}", self.code)
    }
}

/// Returns the article with the declared members that have these violations moved to `_extra`, and the
/// moved values. `None` if a violation is not within a declared member, or if a value cannot move
/// without overwriting another.
pub(super) fn without_invalid<'a>(
    columns: &Columns,
    article: &Value<'a>,
    violations: &[Violation],
) -> Option<(Value<'a>, Vec<Moved>)> {
    let mut moved: Vec<Moved> = Vec::new();
    for violation in violations {
        let field = field(columns, &violation.pointer)?;
        if !moved.iter().any(|one| one.field == field) {
            moved.push(Moved { field, code: violation.code });
        }
    }
    let mut members = article.as_object()?.clone();
    let mut extra = match members.remove(EXTRA) {
        None => Object::new(),
        Some(Value::Object(extra)) => extra,
        Some(other) => Object::of_unique([(EXTRA.into(), other)]),
    };
    for Moved { field, .. } in &moved {
        let value = members.remove(field)?;
        let is_free = |name: &str| extra.get(name).is_none() && members.get(name).is_none();
        let other = format!("{field}{ALIKE}");
        let name = if is_free(field) { field.clone() } else { Some(other).filter(|other| is_free(other))? };
        extra.insert(name, value);
    }
    members.insert(EXTRA, Value::Object(extra));
    Some((Value::Object(members), moved))
}

/// The declared member of the article that a pointer leads into.
fn field(columns: &Columns, pointer: &str) -> Option<String> {
    let name = pointer.strip_prefix('/')?.split('/').next()?.replace("~1", "/").replace("~0", "~");
    let declared = columns.iter().any(|column| column.role == Role::Declared && column.name == name);
    let omitted = || columns.omitted().iter().any(|omitted| omitted.name == name);
    (declared || omitted()).then_some(name)
}
