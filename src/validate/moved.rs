//! One bad optional value does not cost an article: where the policy asks for it, it moves to `_extra`.
//!
//! Which values may move is decided by where a rule is broken and by nothing else; whether the article
//! is valid without them is for the schema to say again.

use crate::code::Code;
use crate::json::{Object, Value};
use crate::schema::{Columns, EXTRA, Role, Violation};

/// What a value is kept under if `_extra` has its name already.
const ALIKE: &str = ":invalid";

/// A value that moved: its field, and the first rule that it broke.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Moved {
    pub(super) field: String,
    pub(super) code: Code,
}

impl Moved {
    /// The rule that it is counted under.
    pub(super) fn rule(&self) -> String {
        format!("invalid:{}", self.code)
    }
}

/// The article with the values of the declared members in which these rules are broken in `_extra`
/// instead, and which these are. `None` if a rule is broken that does not lie within one of them, or if
/// a value cannot move without another being lost.
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

/// The declared member of the article in which a pointer lies.
fn field(columns: &Columns, pointer: &str) -> Option<String> {
    let name = pointer.strip_prefix('/')?.split('/').next()?.replace("~1", "/").replace("~0", "~");
    let declared = columns.iter().any(|column| column.role == Role::Declared && column.name == name);
    let omitted = || columns.omitted().iter().any(|omitted| omitted.name == name);
    (declared || omitted()).then_some(name)
}
