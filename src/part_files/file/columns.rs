//! Checks whether a part has the columns of its release's schema. It does not read values.

use arrow_schema::{Field, Fields};

use crate::part_files::read_error::PartError;
use crate::record::arrow_schema;
use crate::schema::Columns;

/// Checks that these are the columns, in order, followed by `record_sha256`.
pub(super) fn check(found: &Fields, columns: &Columns) -> Result<(), PartError> {
    let want = arrow_schema(columns);
    let describe = |field: &Field| {
        let optional = if field.is_nullable() { "optional" } else { "required" };
        format!("{optional} `{}` {}", crate::text::one_line(field.name(), 60), field.data_type())
    };
    for (index, want) in want.fields().iter().enumerate() {
        match found.get(index) {
            Some(found)
                if found.name() == want.name()
                    && found.is_nullable() == want.is_nullable()
                    && found.data_type().equals_datatype(want.data_type()) => {}
            Some(found) => {
                let (want, found) = (describe(want), describe(found));
                return Err(PartError::Columns(format!("column {}: expected {want}, found {found}", index + 1)));
            }
            None => return Err(PartError::Columns(format!("column {}: {} is missing", index + 1, describe(want)))),
        }
    }
    match found.get(want.fields().len()) {
        Some(more) => Err(PartError::Columns(format!("an unexpected column: {}", describe(more)))),
        None => Ok(()),
    }
}
