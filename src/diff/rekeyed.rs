//! Finds records with a new key: an added and a removed one that are equal except for the key.

use super::canonical_arrow::Strings;
use super::compare::ColumnPair;
use super::entries::{Entries, Entry, join};
use super::matching::Matched;
use super::resources::Resources;
use super::row_set::RowSet;
use super::rows::lot;
use super::scan::{Position, Scan, half};
use crate::digest::Digest;
use crate::error::Error;

/// The most pairs that are passed on at a time.
const PAIRS: usize = 1 << 18;

/// Removes rekeyed records from the added and removed ones and passes them to `each`, many at a time.
pub(super) fn rekeyed(
    (base, current): (&Scan, &Scan),
    columns: &[ColumnPair],
    matched: &mut Matched,
    resources: Resources<'_>,
    mut each: impl FnMut(&[(Position, Position)]) -> Result<(), Error>,
) -> Result<(), Error> {
    if matched.removed.is_empty() || matched.added.is_empty() {
        return Ok(());
    }
    // A renamed column is one column with two names.
    let indices = |index: fn(&ColumnPair) -> Option<usize>| -> Vec<Option<usize>> {
        columns.iter().filter(|column| !column.ignored).map(index).collect()
    };
    let (old, new) = resources.both(
        || contents(base, &matched.removed, &indices(|column| column.base), resources),
        || contents(current, &matched.added, &indices(|column| column.current), resources),
    )?;
    let mut pairs = Vec::new();
    let mut flush = |pairs: &mut Vec<(Position, Position)>| {
        pairs.sort_unstable();
        for (before, after) in pairs.iter() {
            matched.removed.remove(*before);
            matched.added.remove(*after);
        }
        each(pairs)?;
        pairs.clear();
        Ok(())
    };
    join(
        old.sorted()?,
        new.sorted()?,
        |entry| entry.key,
        |old, new| {
            pairs.extend(old.zip(new).map(|(old, new)| (old.position, new.position)));
            if pairs.len() == PAIRS { flush(&mut pairs) } else { Ok(()) }
        },
    )?;
    flush(&mut pairs)
}

/// Hashes of the values of records in these columns, without the key. Records without values are left
/// out, because they would be equal by chance.
///
/// The hash covers the number of each column in four bytes, the length of its value in eight, and the
/// value as it is compared. So only records with the same values in the same columns have equal bytes.
fn contents(
    table: &Scan,
    rows: &RowSet,
    columns: &[Option<usize>],
    resources: Resources<'_>,
) -> Result<Entries, Error> {
    let columns: Vec<(usize, usize)> = (0..columns.len())
        .filter_map(|number| Some((number, columns[number]?)))
        .filter(|(_, index)| !table.key().contains(index))
        .collect();
    let mut entries = Entries::new(resources);
    let (mut content, mut value) = (Vec::new(), Vec::new());
    rows.chunks(lot(table, table), |positions| {
        let mut found = Vec::with_capacity(positions.len());
        table.read(positions, &table.all_columns(), |_, chunk| {
            for (row, position) in chunk.positions.iter().enumerate() {
                content.clear();
                for (number, index) in &columns {
                    let Some(column) = chunk.column(*index).filter(|column| !column.is_null(row)) else { continue };
                    value.clear();
                    column.encode(row, Strings::Exact, &mut value);
                    content.extend_from_slice(&u32::try_from(*number).unwrap_or(u32::MAX).to_be_bytes());
                    content.extend_from_slice(&(value.len() as u64).to_be_bytes());
                    content.extend_from_slice(&value);
                }
                if !content.is_empty() {
                    let key = half(&Digest::of(&content));
                    found.push(Entry { key, value: [0; 16], position: *position });
                }
            }
        })?;
        found.into_iter().try_for_each(|entry| entries.push(entry))
    })?;
    Ok(entries)
}
