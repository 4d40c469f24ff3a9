//! [`Base`]: an earlier release as a source of rows and whole parts.
//!
//! A record that stands there already need not be held or encoded again. Its parts are hashed as
//! whole files ([`super::inspect`]); what is taken over row by row is checked against its record hash
//! on the way as well.

use std::ops::Range;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use parquet::file::metadata::ColumnChunkMetaData;

use super::inspect::Inspection;
use super::resolve_keys::{KeyEntry, Origin};
use super::validation_cache::CacheFile;
use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::{MARK, RowLocation, Selection, SortEntry, SourceSpan};
use crate::filesystem;
use crate::ordered_pool::{Workers, ordered_pool};
use crate::part_files::{CODEC, Layout, ParquetFile, SETTINGS, key_hash};
use crate::record::{Cell, Fingerprint, Order, RecordHash, Rows, cell, key_text, record_hash};
use crate::release::{Dataset, Manifest, Part, Release};
use crate::schema::{Columns, Schema};

/// The number that stands for the base where runs are numbered.
pub(super) const BASE: u32 = u32::MAX;

/// An earlier release, to be built upon.
#[derive(Debug)]
pub(super) struct Base<'b> {
    release: &'b Release,
    columns: &'b Columns,
    inspection: &'b Inspection,
    parts: Vec<ParquetFile>,
    groups: Vec<BaseRowGroup>,
}

/// A row group of the base.
#[derive(Debug, Clone, Copy)]
pub(super) struct BaseRowGroup {
    pub(super) part: usize,
    pub(super) place: usize,
    /// The number of its first row in the release.
    first: u32,
    pub(super) rows: u32,
}

/// Some row groups of a part that follow each other.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    part: usize,
    /// The number of its first row in the release.
    first: u32,
    /// Its rows within the part.
    rows: Range<u32>,
}

impl<'b> Base<'b> {
    /// Opens the parts of a release whose columns are these and which is being inspected.
    ///
    /// # Errors
    /// [`Error::Part`] if one cannot be read.
    pub(super) fn open(release: &'b Release, columns: &'b Columns, inspection: &'b Inspection) -> Result<Self, Error> {
        let (mut parts, mut groups, mut first) = (Vec::new(), Vec::new(), 0_u32);
        for (place, listed) in release.manifest().parts.iter().enumerate() {
            let path = release.folder().join(listed.path(place));
            let part = ParquetFile::whole_part(&path, columns).map_err(|error| error.at(&path))?;
            for group in 0..part.groups() {
                let Range { start, end } = part.group(group);
                let rows = end - start;
                groups.push(BaseRowGroup { part: place, place: group, first, rows });
                first = first.checked_add(rows).ok_or_else(|| changed(part.path()))?;
            }
            parts.push(part);
        }
        Ok(Self { release, columns, inspection, parts, groups })
    }

    /// The inspection of its parts.
    pub(super) fn inspection(&self) -> &'b Inspection {
        self.inspection
    }

    /// How many parts it has.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// A part, as a file and as it is listed.
    pub(super) fn part(&self, place: usize) -> (&ParquetFile, &Part) {
        (&self.parts[place], &self.release.manifest().parts[place])
    }

    /// The part with this fingerprint, if it is still as large as it was.
    pub(super) fn part_of(&self, fingerprint: &Fingerprint) -> Option<usize> {
        let listed = &self.release.manifest().parts;
        let place = listed.iter().position(|part| part.fingerprint == *fingerprint)?;
        let bytes = filesystem::size(self.parts[place].path())?;
        (bytes == listed[place].bytes).then_some(place)
    }

    /// Whether the file at `path` is the very file of a part that is inspected.
    pub(super) fn is_part(&self, place: usize, path: &Path) -> Result<bool, Error> {
        self.inspection.is_part(place, path)
    }

    /// The row group that starts with this row.
    pub(super) fn group_at(&self, row: u32) -> Option<BaseRowGroup> {
        let place = self.groups.binary_search_by_key(&row, |group| group.first).ok()?;
        Some(self.groups[place])
    }

    fn group_with(&self, row: u32) -> BaseRowGroup {
        self.groups[self.groups.partition_point(|group| group.first <= row) - 1]
    }

    /// How many records it has.
    pub(super) fn records(&self) -> u64 {
        self.release.manifest().records()
    }

    /// About how many bytes an outline of some row groups takes: their hashes and keys, and what else
    /// orders them.
    fn outline_bytes(&self, groups: &[BaseRowGroup], order: &Order) -> usize {
        let names: Vec<&str> = order.places().iter().map(|place| self.columns.at(*place).name.as_str()).collect();
        let bytes = |group: &BaseRowGroup| {
            let chunks = self.parts[group.part].metadata().row_group(group.place).columns();
            let ordering = chunks.iter().filter(|chunk| names.contains(&chunk.column_path().parts()[0].as_str()));
            let bytes: i64 = ordering.map(ColumnChunkMetaData::uncompressed_size).sum();
            usize::try_from(bytes).unwrap_or_default() + group.rows as usize * size_of::<RecordHash>()
        };
        groups.iter().map(bytes).sum()
    }

    /// About how many bytes what orders and identifies all records takes.
    pub(super) fn outline_size(&self, order: &Order) -> usize {
        self.outline_bytes(&self.groups, order)
    }

    /// All parts, cut into pieces whose outlines take about `memory` bytes or are of one row group, and
    /// what each takes.
    pub(super) fn pieces(&self, order: &Order, memory: usize) -> Vec<(Piece, usize)> {
        let mut pieces = Vec::new();
        for groups in self.groups.chunk_by(|a, b| a.part == b.part) {
            let mut rest = groups;
            while !rest.is_empty() {
                let fits = |count: &usize| *count == 1 || self.outline_bytes(&rest[..*count], order) <= memory;
                let count = if self.outline_bytes(rest, order) <= memory {
                    rest.len()
                } else {
                    (1..=rest.len()).take_while(fits).last().unwrap_or(1)
                };
                let (piece, behind) = rest.split_at(count);
                let within = |group: &BaseRowGroup| self.parts[group.part].group(group.place);
                let rows = within(&piece[0]).start..within(&piece[count - 1]).end;
                let bytes = self.outline_bytes(piece, order);
                pieces.push((Piece { part: piece[0].part, first: piece[0].first, rows }, bytes));
                rest = behind;
            }
        }
        pieces
    }

    /// The hashes of the records of some parts, and what places them in an order if one is given.
    pub(super) fn outline<'o>(
        &'o self,
        parts: Range<usize>,
        order: Option<&'o Order>,
        threads: usize,
    ) -> Result<BaseOutline<'o>, Error> {
        let mut places = order.map(|order| order.places().to_vec()).unwrap_or_default();
        places.sort_unstable();
        places.push(self.columns.len());
        let first = self.groups.iter().find(|group| group.part == parts.start).map_or(0, |group| group.first);
        let (batches, ends) = (Vec::new(), vec![first]);
        let mut outline = BaseOutline { columns: self.columns, order, places: places.clone(), batches, ends };
        let part =
            |part: usize| -> Result<Vec<RecordBatch>, Error> { read(&self.parts[part], &places, None)?.collect() };
        let take = |batches: Result<Vec<RecordBatch>, Error>| {
            batches?.into_iter().for_each(|batch| outline.push(batch));
            Ok(())
        };
        let produce = |give: &mut dyn FnMut(usize) -> Result<(), Error>| parts.clone().try_for_each(give);
        ordered_pool(Workers { threads, under_way: threads * 2 }, produce, part, take, || Error::Stopped)?;
        Ok(outline)
    }

    /// The facts of the records of a piece and what there is to settle about them. Their ordinals
    /// follow `first`; what `memo` remembers of them stays.
    pub(super) fn facts(
        &self,
        piece: &Piece,
        order: &Order,
        memo: Option<&CacheFile>,
        first: u64,
    ) -> Result<Vec<(SortEntry, KeyEntry)>, Error> {
        let mut places = order.places().to_vec();
        places.sort_unstable();
        places.push(self.columns.len());
        let batches = read(&self.parts[piece.part], &places, Some(std::slice::from_ref(&piece.rows)))?;
        let (columns, order, ends) = (self.columns, Some(order), vec![piece.first]);
        let mut outline = BaseOutline { columns, order, places, batches: Vec::new(), ends };
        for batch in batches {
            outline.push(batch?);
        }
        let fact = |row| {
            let standing = outline.row(row);
            let (hash, key, ordinal) = (standing.hash(), standing.key(), first + u64::from(row));
            let fact = SortEntry {
                sort_key: standing.sort_key(),
                hash,
                cut: key_hash(&key),
                length: 0,
                ordinal,
                at: RowLocation::Base(row),
                place: SourceSpan::default(),
                mark: memo.map_or([0; MARK], |memo| memo.mark(row)),
            };
            (fact, KeyEntry { key, origin: Origin::Base, rank: [0; 9], hash, ordinal, length: 0 })
        };
        Ok(outline.rows().map(fact).collect())
    }

    /// Its rows, to be read in order.
    pub(super) fn rows(&self) -> BaseRows<'_> {
        BaseRows { base: self, current: None, batches: Vec::new(), lengths: Vec::new() }
    }
}

/// Reads a part, and tells an error with its path.
fn read<'p>(
    part: &'p ParquetFile,
    columns: &[usize],
    rows: Option<&[Range<u32>]>,
) -> Result<impl Iterator<Item = Result<RecordBatch, Error>> + use<'p>, Error> {
    let batches = part.read(columns, rows).map_err(|error| error.at(part.path()))?;
    Ok(batches.map(|batch| batch.map_err(|error| error.at(part.path()))))
}

/// The hashes of records of the base, and the columns that order and identify them.
#[derive(Debug)]
pub(super) struct BaseOutline<'o> {
    columns: &'o Columns,
    order: Option<&'o Order>,
    /// The places of the columns in the batches, ascending.
    places: Vec<usize>,
    batches: Vec<RecordBatch>,
    /// The row of the base that follows each batch, and before them the first row.
    ends: Vec<u32>,
}

impl BaseOutline<'_> {
    fn push(&mut self, batch: RecordBatch) {
        let end = u32::try_from(batch.num_rows()).ok().and_then(|rows| self.ends.last()?.checked_add(rows));
        self.ends.push(end.expect("the rows of the base were counted"));
        self.batches.push(batch);
    }

    /// The rows of the base that it has.
    pub(super) fn rows(&self) -> Range<u32> {
        self.ends[0]..self.ends[self.ends.len() - 1]
    }

    /// What it has of a row.
    pub(super) fn row(&self, row: u32) -> BaseRow<'_> {
        let place = self.ends.partition_point(|end| *end <= row) - 1;
        BaseRow { outline: self, batch: &self.batches[place], at: (row - self.ends[place]) as usize }
    }
}

/// A record of the base, as far as an outline has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct BaseRow<'o> {
    outline: &'o BaseOutline<'o>,
    batch: &'o RecordBatch,
    at: usize,
}

impl<'o> BaseRow<'o> {
    fn cell(&self, place: usize) -> Cell<'o> {
        let BaseOutline { columns, places, .. } = self.outline;
        let array = places.binary_search(&place).expect("the columns of the order were read");
        cell(columns.at(place), self.batch.column(array), self.at)
    }

    /// Its record hash.
    pub(super) fn hash(&self) -> RecordHash {
        let hashes = self.batch.column(self.outline.places.len() - 1).as_fixed_size_binary();
        RecordHash::from_bytes(hashes.value(self.at).try_into().expect("the type was checked to be 32 bytes wide"))
    }

    fn order(&self) -> &'o Order {
        self.outline.order.expect("only an outline with an order is asked for it")
    }

    /// Its place in the order.
    pub(super) fn sort_key(&self) -> Box<[u8]> {
        self.order().sort_key(|place| self.cell(place))
    }

    /// SHA-256 of the text of its key.
    pub(super) fn key(&self) -> Digest {
        Digest::of(key_text(&self.cell(self.order().key())).unwrap_or_default().as_bytes())
    }
}

/// Rows of the base: a row group at a time, each row checked.
#[derive(Debug)]
pub(super) struct BaseRows<'b> {
    base: &'b Base<'b>,
    current: Option<BaseRowGroup>,
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
                selection.add((BASE as usize, group.first as usize + place), batch, at);
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
        for batch in read(part, &part.all_columns(), Some(&[part.group(group.place)]))? {
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

fn changed(path: &Path) -> Error {
    let message = "its records do not match the manifest; run `pressmark verify` for details".to_owned();
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
