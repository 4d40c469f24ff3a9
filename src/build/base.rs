//! [`Base`]: an earlier release as a source of rows and whole parts.
//!
//! A record that stands there already need not be held or encoded again. Whatever is taken over
//! row by row is checked against its hash on the way, so damage cannot spread.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;

use super::settle::{Entry, Era};
use crate::digest::Digest;
use crate::error::Error;
use crate::filesystem;
use crate::parts::{At, CODEC, Fact, Layout, Place, PublishedPart, SETTINGS, Selection, key_hash};
use crate::record::{Fingerprint, Order, RecordHash, Rows, cell, key_text, record_hash};
use crate::release::{Dataset, Manifest, Part, Release};
use crate::schema::{Columns, Schema};

/// The number that stands for the base where runs are numbered.
pub(super) const BASE: usize = u32::MAX as usize;
/// About how many bytes a known hash takes in memory.
const KNOWN: usize = 64;

/// An earlier release, to be built upon.
#[derive(Debug)]
pub(super) struct Base<'b> {
    release: &'b Release,
    columns: &'b Columns,
    parts: Vec<PublishedPart>,
    groups: Vec<Group>,
}

/// A row group of the base.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) part: usize,
    pub(super) place: usize,
    /// The number of its first row in the release.
    first: u32,
    pub(super) rows: u32,
}

impl<'b> Base<'b> {
    /// Opens the parts of a release whose columns are these.
    ///
    /// # Errors
    /// [`Error::Part`] if one cannot be read.
    pub(super) fn open(release: &'b Release, columns: &'b Columns) -> Result<Self, Error> {
        let (mut parts, mut groups, mut first) = (Vec::new(), Vec::new(), 0_u32);
        for (place, listed) in release.manifest().parts.iter().enumerate() {
            let part = PublishedPart::open(release.folder().join(listed.path(place)), columns)?;
            for group in 0..part.groups() {
                let damaged = |_too_many| changed(part.path());
                let rows = u32::try_from(part.rows_of(group)).map_err(damaged)?;
                groups.push(Group { part: place, place: group, first, rows });
                first = first.checked_add(rows).ok_or_else(|| changed(part.path()))?;
            }
            parts.push(part);
        }
        Ok(Self { release, columns, parts, groups })
    }

    /// How many parts it has.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// A part, as a file and as it is listed.
    pub(super) fn part(&self, place: usize) -> (&PublishedPart, &Part) {
        (&self.parts[place], &self.release.manifest().parts[place])
    }

    /// The part with this fingerprint, if it is still as large as it was.
    pub(super) fn part_of(&self, fingerprint: &Fingerprint) -> Option<usize> {
        let listed = &self.release.manifest().parts;
        let place = listed.iter().position(|part| part.fingerprint == *fingerprint)?;
        let bytes = filesystem::size(self.parts[place].path())?;
        (bytes == listed[place].bytes).then_some(place)
    }

    /// The row group that starts with this row.
    pub(super) fn group_at(&self, row: u32) -> Option<Group> {
        let place = self.groups.binary_search_by_key(&row, |group| group.first).ok()?;
        Some(self.groups[place])
    }

    fn group_with(&self, row: u32) -> Group {
        self.groups[self.groups.partition_point(|group| group.first <= row) - 1]
    }

    /// The hashes of all records with their rows, if about `memory` bytes hold them.
    pub(super) fn known(&self, memory: usize) -> Result<Option<Known>, Error> {
        let records: u64 = self.release.manifest().parts.iter().map(|part| part.rows).sum();
        if records > (memory / KNOWN) as u64 {
            return Ok(None);
        }
        let mut known = HashMap::new();
        let mut row = 0;
        for part in &self.parts {
            for batch in part.read(0..part.groups(), Some(&[self.columns.len()]))? {
                for hash in hashes(&batch?) {
                    known.insert(hash, row);
                    row += 1;
                }
            }
        }
        Ok(Some(Known(known)))
    }

    /// The facts of one part's records and what there is to settle about them. Their ordinals
    /// follow `first`.
    pub(super) fn facts(&self, place: usize, order: &Order, first: u64) -> Result<Vec<(Fact, Entry)>, Error> {
        let part = &self.parts[place];
        let first_row = self.groups.iter().find(|group| group.part == place).map_or(0, |group| group.first);
        let mut places = order.places().to_vec();
        places.push(self.columns.len());
        let mut facts = Vec::new();
        for batch in part.read(0..part.groups(), Some(&places))? {
            let batch = batch?;
            let column = |place: usize| {
                let column = self.columns.at(place);
                (column, batch.column_by_name(&column.name).expect("the columns were checked and asked for"))
            };
            for (at, hash) in hashes(&batch).enumerate() {
                let cell = |place| {
                    let (column, array) = column(place);
                    cell(column, array, at)
                };
                let key_cell = cell(order.key());
                let key = Digest::of(key_text(&key_cell).unwrap_or_default().as_bytes());
                let row = u32::try_from(facts.len()).map_err(|_too_many| changed(part.path()))? + first_row;
                let ordinal = first + u64::from(row);
                let (at, place) = (At::Base(row), Place::default());
                let sort_key = order.sort_key(cell);
                let fact = Fact { sort_key, hash, cut: key_hash(&key), length: 0, ordinal, at, place };
                facts.push((fact, Entry { key, era: Era::Base, rank: [0; 9], hash, ordinal, length: 0 }));
            }
        }
        Ok(facts)
    }

    /// Its rows, to be read in order.
    pub(super) fn rows(&self) -> BaseRows<'_> {
        BaseRows { base: self, current: None, batches: Vec::new(), lengths: Vec::new() }
    }
}

fn hashes(batch: &RecordBatch) -> impl Iterator<Item = RecordHash> {
    let hashes = batch.columns().last().map(AsArray::as_fixed_size_binary);
    let hash =
        |bytes: &[u8]| RecordHash::from_bytes(bytes.try_into().expect("the type was checked to be 32 bytes wide"));
    hashes.into_iter().flat_map(|hashes| hashes.iter().flatten()).map(hash)
}

/// The records of the base by their hash.
#[derive(Debug)]
pub(super) struct Known(HashMap<RecordHash, u32>);

impl Known {
    /// The row of the record with this hash.
    pub(super) fn row(&self, hash: &RecordHash) -> Option<u32> {
        self.0.get(hash).copied()
    }
}

/// Rows of the base: a row group at a time, each row checked.
#[derive(Debug)]
pub(super) struct BaseRows<'b> {
    base: &'b Base<'b>,
    current: Option<Group>,
    batches: Vec<RecordBatch>,
    /// The lengths of the canonical forms of the current row group.
    lengths: Vec<u64>,
}

impl BaseRows<'_> {
    /// Picks a row and gives the length of its canonical form.
    ///
    /// # Errors
    /// [`Error::Part`] if the row group cannot be read or a record in it has another hash.
    pub(super) fn select(&mut self, row: u32, selection: &mut Selection) -> Result<u64, Error> {
        let group = match self.current {
            Some(group) if (group.first..group.first + group.rows).contains(&row) => group,
            _ => self.load(self.base.group_with(row))?,
        };
        let within = (row - group.first) as usize;
        let mut at = within;
        for (place, batch) in self.batches.iter().enumerate() {
            if at < batch.num_rows() {
                // Row groups start at different rows, so the first row names one.
                selection.add((BASE, group.first as usize + place), batch, at);
                return Ok(self.lengths[within]);
            }
            at -= batch.num_rows();
        }
        Err(changed(self.base.parts[group.part].path()))
    }

    fn load(&mut self, group: Group) -> Result<Group, Error> {
        let (part, columns) = (&self.base.parts[group.part], self.base.columns);
        (self.batches, self.lengths) = (Vec::new(), Vec::new());
        let mut canonical = Vec::new();
        for batch in part.read(group.place..group.place + 1, None)? {
            let batch = batch?;
            let rows = Rows::new(columns, &batch).ok_or_else(|| changed(part.path()))?;
            for row in 0..rows.len() {
                if record_hash(columns, &rows.record(row), &mut canonical) != rows.stored_hash(row) {
                    return Err(changed(part.path()));
                }
                self.lengths.push(canonical.len() as u64);
            }
            self.batches.push(batch);
        }
        self.current = Some(group);
        Ok(group)
    }
}

fn changed(path: &std::path::Path) -> Error {
    let message = "its records are not those it was published with; `pressmark verify` tells more".to_owned();
    Error::Part { action: "build on", path: path.to_owned(), message }
}

/// Whether records of a release with this manifest would be encoded in the same way now, so that
/// its parts can be taken over.
pub(super) fn is_alike(base: &Manifest, dataset: &Dataset, schema: &Schema, layout: &Layout) -> bool {
    base.schema.sha256 == schema.sha256()
        && base.schema.extra == dataset.policy.extra
        && base.key == dataset.key
        && base.order_by == dataset.order_by
        && base.layout == *layout
        && base.writer.codec == CODEC
        && base.writer.settings == SETTINGS
}
