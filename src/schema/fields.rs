//! The fields of a schema as mappings need them: names and what fits, without rules and columns.

use super::columns::{Columns, Kind, Role};
use crate::mapping::{Holds, Target};

/// The declared fields of a level, in their order.
pub(super) fn targets(columns: &Columns) -> Vec<Target> {
    let declared = columns.iter().filter(|column| column.role == Role::Declared);
    declared.map(|column| Target { name: column.name.clone(), holds: holds(&column.kind) }).collect()
}

fn holds(kind: &Kind) -> Holds {
    match kind {
        Kind::Boolean | Kind::Int64 | Kind::UInt64 | Kind::Float64 => Holds::Scalar,
        Kind::String => Holds::Text,
        Kind::Timestamp => Holds::Instant,
        Kind::Date => Holds::Day,
        Kind::Struct(_) | Kind::Map(_) => Holds::Object,
        Kind::Tuple(_) => Holds::List,
        Kind::List(element) => match element.kind {
            Kind::String | Kind::Timestamp | Kind::Date => Holds::Texts,
            Kind::Struct(_) => Holds::Objects,
            _ => Holds::List,
        },
        Kind::Json => Holds::Anything,
    }
}
