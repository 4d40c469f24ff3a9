//! [`Base`]: an earlier release as a source of rows, row groups and whole parts.
//!
//! A record that it has is not held in memory or encoded again. Its parts are hashed as whole files by
//! [`super::inspect`], not here. Rows that are read one by one are also checked against their record
//! hashes.

mod rows;

use std::ops::Range;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use parquet::file::metadata::ColumnChunkMetaData;

use super::changed::Changed;
use super::inspect::Inspection;
use super::resolve_keys::{KeyEntry, Origin};
use super::validation_cache::CacheFile;
use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::{CACHE_ENTRY_BYTES, RowLocation, SortEntry, SourceSpan};
use crate::ordered_pool::{Workers, ordered_pool};
use crate::part_files::{CODEC, Format, Indexes, ParquetFile, key_hash};
use crate::record::{Cell, Fingerprint, Order, RecordHash, cell, key_text};
use crate::release::{Dataset, Manifest, Part, Release};
use crate::schema::{Columns, Schema};
use crate::storage::filesystem;

pub(super) use rows::BaseRows;

/// The run index that means the base.
pub(super) const BASE: u32 = u32::MAX;

/// An earlier release that a build reuses.
#[derive(Debug)]
pub(super) struct Base<'b> {
    release: &'b Release,
    columns: &'b Columns,
    inspection: &'b Inspection,
    parts: Vec<ParquetFile>,
    groups: Vec<BaseRowGroup>,
    /// Whether this build would encode the records of the release to the same bytes. If not, its parts and row
    /// groups are not reused, only its rows.
    has_same_encoding: bool,
}

/// A row group of the base.
#[derive(Debug, Clone, Copy)]
pub(super) struct BaseRowGroup {
    pub(super) part: usize,
    pub(super) index: usize,
    /// The index of its first row in the release.
    first: u32,
    pub(super) rows: u32,
}

/// Consecutive row groups of a part.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    part: usize,
    /// The index of its first row in the release.
    first: u32,
    /// Its rows within the part.
    rows: Range<u32>,
}

impl<'b> Base<'b> {
    /// Opens the parts of a release with these columns. `inspection` must be of the same release.
    ///
    /// # Errors
    /// [`Error::Part`] if a part cannot be read.
    pub(super) fn open(release: &'b Release, columns: &'b Columns, inspection: &'b Inspection) -> Result<Self, Error> {
        let (mut parts, mut groups, mut first) = (Vec::new(), Vec::new(), 0_u32);
        for (index, listed) in release.manifest().parts.iter().enumerate() {
            let part = listed.open(&release.location().join(&listed.path(index)), columns, Indexes::All)?;
            for group in 0..part.groups() {
                let Range { start, end } = part.group(group);
                let rows = end - start;
                groups.push(BaseRowGroup { part: index, index: group, first, rows });
                first = first.checked_add(rows).ok_or_else(|| changed(part.path()))?;
            }
            parts.push(part);
        }
        let has_same_encoding = has_same_encoding(release.manifest());
        Ok(Self { release, columns, inspection, parts, groups, has_same_encoding })
    }

    /// The inspection of its parts.
    pub(super) fn inspection(&self) -> &'b Inspection {
        self.inspection
    }

    /// The number of parts.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// A part, as a file and as the manifest lists it.
    pub(super) fn part(&self, index: usize) -> (&ParquetFile, &Part) {
        (&self.parts[index], &self.release.manifest().parts[index])
    }

    /// The index of the part with this fingerprint, if it can be reused and the file still has its listed size.
    pub(super) fn part_of(&self, fingerprint: &Fingerprint) -> Option<usize> {
        if !self.has_same_encoding {
            return None;
        }
        let listed = &self.release.manifest().parts;
        let index = listed.iter().position(|part| part.fingerprint == *fingerprint)?;
        let bytes = filesystem::size(self.parts[index].path())?;
        (bytes == listed[index].bytes).then_some(index)
    }

    /// Whether the file at `path` is the same file as an inspected part.
    pub(super) fn is_part(&self, index: usize, path: &Path) -> Result<bool, Error> {
        self.inspection.is_part(index, path)
    }

    /// The row group that starts with this row, if it can be reused.
    pub(super) fn group_at(&self, row: u32) -> Option<BaseRowGroup> {
        if !self.has_same_encoding {
            return None;
        }
        let index = self.groups.binary_search_by_key(&row, |group| group.first).ok()?;
        Some(self.groups[index])
    }

    fn group_with(&self, row: u32) -> BaseRowGroup {
        self.groups[self.groups.partition_point(|group| group.first <= row) - 1]
    }

    /// The number of records.
    pub(super) fn records(&self) -> u64 {
        self.release.manifest().records()
    }

    /// About how many bytes the outline of some row groups takes: hashes, keys and the columns of the
    /// order.
    fn outline_bytes(&self, groups: &[BaseRowGroup], order: &Order) -> usize {
        let names: Vec<&str> = order.places().iter().map(|index| self.columns.at(*index).name.as_str()).collect();
        let bytes = |group: &BaseRowGroup| {
            let chunks = self.parts[group.part].metadata().row_group(group.index).columns();
            let ordering = chunks.iter().filter(|chunk| names.contains(&chunk.column_path().parts()[0].as_str()));
            let bytes: i64 = ordering.map(ColumnChunkMetaData::uncompressed_size).sum();
            usize::try_from(bytes).unwrap_or_default() + group.rows as usize * size_of::<RecordHash>()
        };
        groups.iter().map(bytes).sum()
    }

    /// About how many bytes the outline of all records takes.
    pub(super) fn outline_size(&self, order: &Order) -> usize {
        self.outline_bytes(&self.groups, order)
    }

    /// Cuts all parts into pieces whose outlines take at most about `memory` bytes, but at least one row
    /// group each. Returns each piece with the bytes of its outline.
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
                let within = |group: &BaseRowGroup| self.parts[group.part].group(group.index);
                let rows = within(&piece[0]).start..within(&piece[count - 1]).end;
                let bytes = self.outline_bytes(piece, order);
                pieces.push((Piece { part: piece[0].part, first: piece[0].first, rows }, bytes));
                rest = behind;
            }
        }
        pieces
    }

    /// Reads the hashes of the records of some parts, and the columns of the order if one is given.
    pub(super) fn outline<'o>(
        &'o self,
        parts: Range<usize>,
        order: Option<&'o Order>,
        threads: usize,
    ) -> Result<BaseOutline<'o>, Error> {
        let mut indices = order.map(|order| order.places().to_vec()).unwrap_or_default();
        indices.sort_unstable();
        indices.push(self.columns.len());
        let first = self.groups.iter().find(|group| group.part == parts.start).map_or(0, |group| group.first);
        let (batches, ends) = (Vec::new(), vec![first]);
        let mut outline = BaseOutline { columns: self.columns, order, indices: indices.clone(), batches, ends };
        let part =
            |part: usize| -> Result<Vec<RecordBatch>, Error> { self.parts[part].batches(&indices, None)?.collect() };
        let take = |batches: Result<Vec<RecordBatch>, Error>| {
            batches?.into_iter().for_each(|batch| outline.push(batch));
            Ok(())
        };
        let produce = |give: &mut dyn FnMut(usize) -> Result<(), Error>| parts.clone().try_for_each(give);
        ordered_pool(Workers { threads, under_way: threads * 2 }, produce, part, take, || Error::Stopped)?;
        Ok(outline)
    }

    /// Returns the sort entries of the records of a piece, and the key entries of those whose key has a hash
    /// that `changed` has. Their ordinals start at `first`. The sort entries keep the cache entries that
    /// `cache` has.
    pub(super) fn entries(
        &self,
        piece: &Piece,
        order: &Order,
        (cache, changed): (Option<&CacheFile>, &Changed),
        first: u64,
    ) -> Result<(Vec<SortEntry>, Vec<KeyEntry>), Error> {
        let mut indices = order.places().to_vec();
        indices.sort_unstable();
        indices.push(self.columns.len());
        let batches = self.parts[piece.part].batches(&indices, Some(std::slice::from_ref(&piece.rows)))?;
        let (columns, order, ends) = (self.columns, Some(order), vec![piece.first]);
        let mut outline = BaseOutline { columns, order, indices, batches: Vec::new(), ends };
        for batch in batches {
            outline.push(batch?);
        }
        // Only a new layout depends on the lengths, and they take reading all columns.
        let lengths = if self.has_same_encoding { Vec::new() } else { self.lengths(piece)? };
        let (mut entries, mut key_entries) = (Vec::with_capacity(outline.rows().len()), Vec::new());
        for (index, row) in outline.rows().enumerate() {
            let length = lengths.get(index).copied().unwrap_or_default();
            let base_row = outline.row(row);
            let (hash, key, ordinal) = (base_row.hash(), base_row.key(), first + u64::from(row));
            let entry = SortEntry {
                sort_key: base_row.sort_key(),
                hash,
                cut: key_hash(&key),
                length,
                ordinal,
                location: RowLocation::Base(row),
                span: SourceSpan::default(),
                cache_entry: cache.map_or([0; CACHE_ENTRY_BYTES], |cache| cache.cache_entry(row)),
            };
            // Only eight bytes of the key are compared. A false match costs time and nothing else.
            if changed.contains(entry.cut) {
                key_entries.push(KeyEntry { key, origin: Origin::Base, rank: [0; 9], hash, ordinal, length });
            }
            entries.push(entry);
        }
        Ok((entries, key_entries))
    }
}

/// The hashes of base records, and the columns of the order and the key.
#[derive(Debug)]
pub(super) struct BaseOutline<'o> {
    columns: &'o Columns,
    order: Option<&'o Order>,
    /// The column indices of the batches, ascending.
    indices: Vec<usize>,
    batches: Vec<RecordBatch>,
    /// The first row of the first batch, and the row after each batch.
    ends: Vec<u32>,
}

impl BaseOutline<'_> {
    fn push(&mut self, batch: RecordBatch) {
        let end = u32::try_from(batch.num_rows()).ok().and_then(|rows| self.ends.last()?.checked_add(rows));
        self.ends.push(end.expect("the rows of the base were counted"));
        self.batches.push(batch);
    }

    /// The rows of the base that the outline has.
    pub(super) fn rows(&self) -> Range<u32> {
        self.ends[0]..self.ends[self.ends.len() - 1]
    }

    /// A row of the outline.
    pub(super) fn row(&self, row: u32) -> BaseRow<'_> {
        let index = self.ends.partition_point(|end| *end <= row) - 1;
        BaseRow { outline: self, batch: &self.batches[index], at: (row - self.ends[index]) as usize }
    }
}

/// A base record, with the columns that an outline has.
#[derive(Debug, Clone, Copy)]
pub(super) struct BaseRow<'o> {
    outline: &'o BaseOutline<'o>,
    batch: &'o RecordBatch,
    at: usize,
}

impl<'o> BaseRow<'o> {
    fn cell(&self, index: usize) -> Cell<'o> {
        let BaseOutline { columns, indices, .. } = self.outline;
        let array = indices.binary_search(&index).expect("the columns of the order were read");
        cell(columns.at(index), self.batch.column(array), self.at)
    }

    /// The record hash.
    pub(super) fn hash(&self) -> RecordHash {
        let hashes = self.batch.column(self.outline.indices.len() - 1).as_fixed_size_binary();
        RecordHash::from_bytes(hashes.value(self.at).try_into().expect("the type was checked to be 32 bytes wide"))
    }

    fn order(&self) -> &'o Order {
        self.outline.order.expect("only an outline with an order is asked for it")
    }

    /// The position in the order, as bytes that compare.
    pub(super) fn sort_key(&self) -> Box<[u8]> {
        self.order().sort_key(|index| self.cell(index))
    }

    /// The SHA-256 of the key as a string.
    pub(super) fn key(&self) -> Digest {
        Digest::of(key_text(&self.cell(self.order().key())).unwrap_or_default().as_bytes())
    }
}

pub(super) fn changed(path: &Path) -> Error {
    let message = "its records do not match the manifest; run `pressmark verify` for details".to_owned();
    Error::Part { action: "build on", path: path.to_owned(), message }
}

/// Whether the records of a release with this manifest can be records of this build as they are.
pub(super) fn is_alike(base: &Manifest, dataset: &Dataset, schema: &Schema) -> bool {
    base.schema.sha256 == schema.sha256()
        && base.schema.extra == dataset.policy.extra
        && base.key == dataset.key
        && base.order_by == dataset.order_by
}

/// Whether this build, with the layout of a release with this manifest, would encode its records to the same bytes.
pub(super) fn has_same_encoding(base: &Manifest) -> bool {
    base.format() == Format::NEWEST && base.writer.codec == CODEC && base.writer.settings == Format::NEWEST.settings()
}
