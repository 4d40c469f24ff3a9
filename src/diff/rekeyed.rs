//! Records with a new key: among those that came and those that went, equal but for the key.

use super::canonical_arrow::Strings;
use super::compare::{ColumnPair, both};
use super::matching::{Matched, equal_contents};
use super::partitioned_entries::{PartitionedEntries, PartitionedEntry, slices};
use super::row_set::RowSet;
use super::rows::lot;
use super::scan::{Position, Scan, half};
use crate::digest::Digest;
use crate::error::Error;

/// Takes rekeyed records out of the added and removed ones and hands them to `each`, in lots.
pub(super) fn rekeyed(
    (base, current): (&Scan, &Scan),
    columns: &[ColumnPair],
    matched: &mut Matched,
    mut each: impl FnMut(&[(Position, Position)]) -> Result<(), Error>,
) -> Result<(), Error> {
    if matched.removed.is_empty() || matched.added.is_empty() {
        return Ok(());
    }
    // Renamed columns are one column, whatever their names.
    let places = |place: fn(&ColumnPair) -> Option<usize>| -> Vec<Option<usize>> {
        columns.iter().filter(|column| !column.ignored).map(place).collect()
    };
    let number = slices(matched.removed.len().max(matched.added.len()));
    let (old, new) = both(
        || contents(base, &matched.removed, &places(|column| column.base), number),
        || contents(current, &matched.added, &places(|column| column.current), number),
    )?;
    for (old, new) in old.into_slices().zip(new.into_slices()) {
        let mut pairs = equal_contents(&old?, &new?);
        pairs.sort_unstable();
        for (before, after) in &pairs {
            matched.removed.remove(*before);
            matched.added.remove(*after);
        }
        each(&pairs)?;
    }
    Ok(())
}

/// Hashes of the values of records in these columns, but for the key. Records without any are left
/// out: they would equal each other by chance.
///
/// What is hashed is the number of each column in four bytes, the length of its value in eight, and
/// the value as it is compared. Where one value ends follows from its length, so two records share
/// their bytes only if they have the same values in the same columns.
fn contents(
    table: &Scan,
    marks: &RowSet,
    columns: &[Option<usize>],
    slices: usize,
) -> Result<PartitionedEntries, Error> {
    let columns: Vec<(usize, usize)> = (0..columns.len())
        .filter_map(|number| Some((number, columns[number]?)))
        .filter(|(_, place)| !table.key().contains(place))
        .collect();
    let mut entries = PartitionedEntries::new(slices)?;
    let (mut content, mut value) = (Vec::new(), Vec::new());
    marks.chunks(lot(table, table), |places| {
        let mut found = Vec::with_capacity(places.len());
        table.read(places, &table.all_columns(), |_, chunk| {
            for (row, position) in chunk.positions.iter().enumerate() {
                content.clear();
                for (number, place) in &columns {
                    let Some(column) = chunk.column(*place).filter(|column| !column.is_null(row)) else { continue };
                    value.clear();
                    column.encode(row, Strings::Exact, &mut value);
                    content.extend_from_slice(&u32::try_from(*number).unwrap_or(u32::MAX).to_be_bytes());
                    content.extend_from_slice(&(value.len() as u64).to_be_bytes());
                    content.extend_from_slice(&value);
                }
                if !content.is_empty() {
                    found.push(PartitionedEntry {
                        key: half(&Digest::of(&content)),
                        value: [0; 16],
                        position: *position,
                    });
                }
            }
        })?;
        found.into_iter().try_for_each(|entry| entries.push(entry))
    })?;
    Ok(entries)
}
