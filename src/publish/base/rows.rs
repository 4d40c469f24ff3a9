//! Reads rows of a base release, and checks each against its record hash.

use arrow_array::RecordBatch;

use super::{BASE, Base, BaseRowGroup, Piece, changed};
use crate::error::Error;
use crate::external_sort::Selection;
use crate::part_files::ParquetFile;
use crate::record::{Rows, record_hash_and_length};
use crate::schema::Columns;

impl Base<'_> {
    /// Returns a reader of the rows.
    pub(in crate::publish) fn rows(&self) -> BaseRows<'_> {
        BaseRows { base: self, current: None, batches: Vec::new(), lengths: Vec::new() }
    }

    /// The lengths of the canonical forms of the rows of a piece.
    pub(super) fn lengths(&self, piece: &Piece) -> Result<Vec<u64>, Error> {
        let part = &self.parts[piece.part];
        let (mut lengths, mut canonical) = (Vec::with_capacity(piece.rows.len()), Vec::new());
        for batch in part.batches(&part.all_columns(), Some(std::slice::from_ref(&piece.rows)))? {
            push_lengths(part, self.columns, &batch?, (&mut lengths, &mut canonical))?;
        }
        Ok(lengths)
    }
}

/// Reads rows of the base, one row group at a time, and checks the hash of each row.
#[derive(Debug)]
pub(in crate::publish) struct BaseRows<'b> {
    base: &'b Base<'b>,
    current: Option<BaseRowGroup>,
    batches: Vec<RecordBatch>,
    /// The lengths of the canonical forms of the current row group.
    lengths: Vec<u64>,
}

impl BaseRows<'_> {
    /// Selects a row and returns the length of its canonical form.
    ///
    /// # Errors
    /// [`Error::Part`] if the row group cannot be read, or a record does not have its stored hash.
    pub(in crate::publish) fn select(&mut self, row: u32, selection: &mut Selection) -> Result<u64, Error> {
        let group = match self.current {
            Some(group) if (group.first..group.first + group.rows).contains(&row) => group,
            _ => self.load(self.base.group_with(row))?,
        };
        let within = (row - group.first) as usize;
        let mut at = within;
        for (index, batch) in self.batches.iter().enumerate() {
            if at < batch.num_rows() {
                // Row groups start at different rows, so the first row identifies a row group.
                selection.add((BASE as usize, group.first as usize + index), batch, at);
                return Ok(self.lengths[within]);
            }
            at -= batch.num_rows();
        }
        Err(changed(self.base.parts[group.part].path()))
    }

    fn load(&mut self, group: BaseRowGroup) -> Result<BaseRowGroup, Error> {
        let (part, columns) = (&self.base.parts[group.part], self.base.columns);
        (self.batches, self.lengths) = (Vec::new(), Vec::new());
        let mut canonical = Vec::new();
        for batch in part.batches(&part.all_columns(), Some(&[part.group(group.index)]))? {
            let batch = batch?;
            push_lengths(part, columns, &batch, (&mut self.lengths, &mut canonical))?;
            self.batches.push(batch);
        }
        self.current = Some(group);
        Ok(group)
    }
}

/// Appends the lengths of the canonical forms of a batch of the part, and checks the hashes of its records.
fn push_lengths(
    part: &ParquetFile,
    columns: &Columns,
    batch: &RecordBatch,
    (lengths, canonical): (&mut Vec<u64>, &mut Vec<u8>),
) -> Result<(), Error> {
    let rows = Rows::new(columns, batch).ok_or_else(|| changed(part.path()))?;
    for row in 0..rows.len() {
        let (hash, length) = record_hash_and_length(columns, &rows.record(row), canonical);
        if hash != rows.stored_hash(row) {
            return Err(changed(part.path()));
        }
        lengths.push(length);
    }
    Ok(())
}
