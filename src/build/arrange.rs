//! Putting records in order, each key once.
//!
//! Identical repeats collapse into one and are counted. Records that share a key and differ are
//! all rejected: which of them is right is not for a tool to guess.

use std::ops::Range;

use arrow_array::RecordBatch;
use arrow_row::Rows as SortKeys;
use arrow_select::interleave::interleave_record_batch;

use super::gather::{Entry, Gathered};
use crate::code::Code;
use crate::error::Error;
use crate::input::Position;
use crate::judge::Read;
use crate::record::{Order, RecordHash, Rows, cell_json, key_text};
use crate::reject::{Placed, Reject};
use crate::schema::{Columns, Violation};

/// The records of a release, in order.
#[derive(Debug)]
pub(super) struct Arranged {
    batches: Vec<RecordBatch>,
    entries: Vec<Vec<Entry>>,
    places: Vec<Place>,
}

/// A row of one of the batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    batch: u32,
    row: u32,
}

/// Puts what was gathered in order. Gives the report of the reading back, with the rejects that
/// came up here, and the number of repeats.
pub(super) fn arrange(columns: &Columns, order: &Order, gathered: Gathered) -> Result<(Arranged, Read, u64), Error> {
    let Gathered { batches, entries, mut read } = gathered;
    let mut arranged = Arranged { batches, entries, places: Vec::new() };
    arranged.places = (0_u32..)
        .zip(&arranged.batches)
        .flat_map(|(batch, rows)| (0..).take(rows.num_rows()).map(move |row| Place { batch, row }))
        .collect();
    let duplicates = arranged.settle_keys(columns, &mut read)?;
    arranged.sort(columns, order);
    Ok((arranged, read, duplicates))
}

impl Arranged {
    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The length of a record's canonical form in bytes.
    pub(super) fn bytes(&self, index: usize) -> u64 {
        self.entry(self.places[index]).bytes
    }

    /// The hash of a record.
    pub(super) fn hash(&self, index: usize) -> RecordHash {
        self.entry(self.places[index]).hash
    }

    /// The key of a record as text.
    pub(super) fn key(&self, columns: &Columns, order: &Order, index: usize) -> String {
        let place = self.places[index];
        let rows = Rows::new(columns, &self.batches[place.batch as usize]);
        rows.and_then(|rows| key_text(&rows.cell(place.row as usize, order.key()))).unwrap_or_default()
    }

    /// The ordering columns and key of a record, as JSON.
    pub(super) fn order_values(
        &self,
        columns: &Columns,
        order: &Order,
        index: usize,
    ) -> serde_json::Map<String, serde_json::Value> {
        let place = self.places[index];
        let Some(rows) = Rows::new(columns, &self.batches[place.batch as usize]) else { return serde_json::Map::new() };
        let value = |at: &usize| {
            let column = columns.at(*at);
            (column.name.clone(), cell_json(column, &rows.cell(place.row as usize, *at)))
        };
        order.places().iter().map(value).collect()
    }

    /// The records of a range, as one batch.
    pub(super) fn batch(&self, range: Range<usize>) -> RecordBatch {
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let rows: Vec<(usize, usize)> =
            self.places[range].iter().map(|place| (place.batch as usize, place.row as usize)).collect();
        interleave_record_batch(&batches, &rows).expect("batches of one schema, in runs below 2 GiB")
    }

    fn entry(&self, place: Place) -> &Entry {
        &self.entries[place.batch as usize][place.row as usize]
    }

    /// Makes every key unique: repeats collapse, conflicts are rejected. Returns the number of
    /// repeats.
    fn settle_keys(&mut self, columns: &Columns, read: &mut Read) -> Result<u64, Error> {
        let mut places = std::mem::take(&mut self.places);
        // Stable, so that of identical repeats the first in the input stays.
        places.sort_by_key(|place| (self.entry(*place).key, self.entry(*place).hash));
        let (mut conflicts, mut repeats) = (Vec::new(), 0);
        let mut unique = Vec::with_capacity(places.len());
        for group in places.chunk_by(|a, b| self.entry(*a).key == self.entry(*b).key) {
            if group.iter().all(|place| self.entry(*place).hash == self.entry(group[0]).hash) {
                repeats += group.len() as u64 - 1;
                unique.push(group[0]);
            } else {
                conflicts.extend_from_slice(group);
            }
        }
        self.places = unique;
        conflicts.sort_by_key(|place| (place.batch, place.row));
        for place in conflicts {
            self.reject(columns, place, read)?;
        }
        Ok(repeats)
    }

    fn reject(&self, columns: &Columns, place: Place, read: &mut Read) -> Result<(), Error> {
        let entry = self.entry(place);
        let mut canonical = Vec::new();
        if let Some(rows) = Rows::new(columns, &self.batches[place.batch as usize]) {
            crate::record::canonical_form(columns, &rows.record(place.row as usize), &mut canonical);
        }
        let code = Code::DuplicateRecord;
        let violation = Violation::plain(code, String::new(), code.meaning().to_owned());
        let Position { line, byte, .. } = entry.position;
        let placed = Placed { violation, line, column: 1, byte, length: 0 };
        // The article's own bytes are gone by now; its canonical form says the same.
        let reject = Reject::new(entry.position.clone(), entry.length, Some(&canonical), vec![placed]);
        // Inputs from outside the dataset may share a name; their sums are right all the same.
        let name = &*entry.position.source;
        let input = read.inputs.iter_mut().find(|input| input.name == name && input.rejected < input.articles);
        if let Some(input) = input {
            input.rejected += 1;
        }
        read.rejects.add(&reject)
    }

    fn sort(&mut self, columns: &Columns, order: &Order) {
        let converter = order.converter(columns);
        let keys: Vec<SortKeys> = self
            .batches
            .iter()
            .map(|batch| order.sort_keys(&converter, batch).expect("the converter was made for these columns"))
            .collect();
        let key = |place: &Place| keys[place.batch as usize].row(place.row as usize);
        self.places.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    }
}
