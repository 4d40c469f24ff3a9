//! [`RowSet`]: a set of rows of one table, with one bit per row.

use fixedbitset::FixedBitSet;

use super::scan::{Position, Scan, file_of, position, row_of};

#[derive(Debug)]
pub(super) struct RowSet {
    /// The rows of each file, up to the last one in the set.
    files: Vec<FixedBitSet>,
    count: u64,
}

impl RowSet {
    /// No rows of `table`.
    pub(super) fn new(table: &Scan) -> Self {
        Self { files: vec![FixedBitSet::new(); table.all_files().len()], count: 0 }
    }

    pub(super) fn len(&self) -> u64 {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn insert(&mut self, at: Position) {
        let (rows, row) = (&mut self.files[file_of(at)], row_of(at) as usize);
        self.count += u64::from(!rows.contains(row));
        rows.grow_and_insert(row);
    }

    pub(super) fn remove(&mut self, at: Position) {
        let (rows, row) = (&mut self.files[file_of(at)], row_of(at) as usize);
        if rows.contains(row) {
            rows.remove(row);
            self.count -= 1;
        }
    }

    /// The rows in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Position> {
        self.files
            .iter()
            .enumerate()
            .flat_map(|(file, rows)| rows.ones().map(move |row| position(file, u32::try_from(row).unwrap_or(u32::MAX))))
    }

    /// Calls `each` with the rows, at most `size` at a time.
    pub(super) fn chunks<E>(&self, size: usize, mut each: impl FnMut(&[Position]) -> Result<(), E>) -> Result<(), E> {
        let mut rows = self.iter().peekable();
        while rows.peek().is_some() {
            each(&rows.by_ref().take(size).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}
