//! [`WholePart`]: checks a part that is read as a whole against the values that the manifest declares.
//!
//! It uses the columns that are read anyway and hashes no record.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use serde_json::{Map, Value};

use super::Scan;
use crate::part_files::PartError;
use crate::record::{Fingerprint, RecordHash, cell, cell_json};
use crate::release::Part;

/// What was read of a part.
#[derive(Debug)]
pub(super) struct WholePart {
    rows: u64,
    hashes: Vec<RecordHash>,
    /// The position of `record_sha256` in the batches, if it is read.
    hash_column: Option<usize>,
    /// The positions of the columns of the order, if all of them are read.
    order: Option<Vec<usize>>,
}

impl WholePart {
    /// Starts with no row.
    pub(super) fn new(scan: &Scan) -> Self {
        let position = |index: &usize| scan.projection.position(*index);
        let order = scan.order.places().iter().map(position).collect();
        Self { rows: 0, hashes: Vec::new(), hash_column: position(&scan.columns.len()), order }
    }

    /// Adds the next batch of the part, and checks it if it has the first or the last row.
    pub(super) fn check(&mut self, scan: &Scan, listed: &Part, batch: &RecordBatch) -> Result<(), PartError> {
        let Some(last) = batch.num_rows().checked_sub(1) else { return Ok(()) };
        if self.rows == 0 && self.end(scan, batch, 0).is_some_and(|found| found != listed.first) {
            return Err(differs("first record"));
        }
        if let Some(column) = self.hash_column {
            let hashes = batch.column(column).as_fixed_size_binary();
            let hash = |bytes: &[u8]| bytes.try_into().ok().map(RecordHash::from_bytes);
            self.hashes.extend(hashes.iter().flatten().filter_map(hash));
        }
        self.rows += batch.num_rows() as u64;
        if self.rows != listed.rows {
            return Ok(());
        }
        if self.end(scan, batch, last).is_some_and(|found| found != listed.last) {
            return Err(differs("last record"));
        }
        if self.hash_column.is_some() && Fingerprint::of(&mut self.hashes) != listed.fingerprint {
            return Err(differs("fingerprint"));
        }
        Ok(())
    }

    /// The ordering columns and the key of a record, as the manifest has them.
    fn end(&self, scan: &Scan, batch: &RecordBatch, row: usize) -> Option<Map<String, Value>> {
        let value = |(index, position): (&usize, &usize)| {
            let column = scan.columns.at(*index);
            (column.name.clone(), cell_json(column, &cell(column, batch.column(*position), row)))
        };
        Some(scan.order.places().iter().zip(self.order.as_ref()?).map(value).collect())
    }
}

fn differs(what: &str) -> PartError {
    PartError::Unreadable(format!("its {what} does not match the manifest; run `pressmark verify` for details"))
}
