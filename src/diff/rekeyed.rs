//! Records with a new key: among those that came and those that went, equal but for the key.

use super::compare::{ColumnPair, both};
use super::entries::{Entries, Entry, slices};
use super::marks::Marks;
use super::matching::{Matched, equal_contents};
use super::rows::lot;
use super::table::{Position, Table, half};
use crate::digest::Digest;
use crate::error::Error;

/// Takes rekeyed records out of the added and removed ones and hands them to `each`, in lots.
pub(super) fn rekeyed(
    (base, current): (&Table, &Table),
    columns: &[ColumnPair],
    matched: &mut Matched,
    mut each: impl FnMut(&[(Position, Position)]) -> Result<(), Error>,
) -> Result<(), Error> {
    if matched.removed.is_empty() || matched.added.is_empty() {
        return Ok(());
    }
    let ignored = |place: fn(&ColumnPair) -> Option<usize>| -> Vec<usize> {
        columns.iter().filter(|column| column.ignored).filter_map(place).collect()
    };
    let number = slices(matched.removed.len().max(matched.added.len()));
    let (old, new) = both(
        || contents(base, &matched.removed, &ignored(|column| column.base), number),
        || contents(current, &matched.added, &ignored(|column| column.current), number),
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

/// Hashes of whole records but for the key and the ignored columns. Records without any other
/// value are left out: they would equal each other by chance.
fn contents(table: &Table, marks: &Marks, ignored: &[usize], slices: usize) -> Result<Entries, Error> {
    let mut entries = Entries::new(slices)?;
    let mut text = Vec::new();
    marks.chunks(lot(table, table), |places| {
        let mut found = Vec::with_capacity(places.len());
        table.read(places, &table.all_columns(), |_, chunk| {
            for (row, position) in chunk.positions.iter().enumerate() {
                text.clear();
                let without = |place: usize| place == table.key() || ignored.contains(&place);
                if !table.write_row(chunk, row, without, &mut text) {
                    found.push(Entry { key: half(&Digest::of(&text)), value: [0; 16], position: *position });
                }
            }
        })?;
        found.into_iter().try_for_each(|entry| entries.push(entry))
    })?;
    Ok(entries)
}
