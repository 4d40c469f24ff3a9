//! The way through a diff: which rows differ, which of them belong together, and what is to be
//! counted and shown of them.

use std::collections::BTreeMap;

use super::compare::{ColumnPair, Compared, Tally, both, compare, threads};
use super::examples::{KEY, SHOWN, examples, keys, samples};
use super::hash_alignment::{Row, walk};
use super::identical_pages::with_one_key;
use super::matching::{Matched, NO_KEY};
use super::partitioned_entries::{PartitionedEntries, PartitionedEntry, slices};
use super::rekeyed::rekeyed;
use super::renames::find_renames;
use super::report::{ColumnChange, Counts, KeyFaults, Sample};
use super::row_set::RowSet;
use super::rows::{Change, EachRow, tell_marked, tell_pairs};
use super::scan::{Position, Scan, half};
use super::text_diff::short;
use crate::digest::Digest;
use crate::error::Error;
use crate::ordered_pool::{Workers, ordered_pool};
use crate::progress::{Progress, Stage};

/// How many rows may differ before all keys are looked at instead.
const FEW: usize = 1 << 18;
/// How many pairs of rows are compared at a time.
const PAIRS: usize = 1 << 19;
/// How many withdrawn keys are read at a time.
const KEYS: usize = 8192;

/// What was found.
pub(super) struct Found {
    pub(super) counts: Counts,
    pub(super) columns: Vec<ColumnPair>,
    pub(super) tallies: Vec<Tally>,
    pub(super) changes: Vec<ColumnChange>,
    /// Added, removed, withdrawn, rekeyed.
    pub(super) samples: [Vec<Sample>; 4],
    pub(super) keys: KeyFaults,
}

/// Two tables that are being compared.
pub(super) struct Pipeline<'d, 'e> {
    base: &'d Scan,
    current: &'d Scan,
    files: [Vec<usize>; 2],
    columns: Vec<ColumnPair>,
    tallies: Vec<Tally>,
    compared: Compared,
    matched: Matched,
    /// Whether renamed columns were looked for.
    paired: bool,
    each: Option<&'d mut EachRow<'e>>,
    progress: &'d dyn Progress,
}

/// The columns of both sides by name, without the key.
pub(super) fn column_pairs(base: &Scan, current: &Scan, ignore: &[String]) -> Result<Vec<ColumnPair>, Error> {
    let mut pairs: Vec<ColumnPair> = Vec::new();
    let gone = base.columns().iter().filter(|column| current.column(&column.name).is_none());
    for name in current.columns().iter().chain(gone).map(|column| &column.name) {
        let (old, new) = (base.column(name), current.column(name));
        let place_in_key =
            |table: &Scan, column: Option<usize>| table.key().iter().position(|held| Some(*held) == column);
        let is_key = place_in_key(base, old).is_some() && place_in_key(base, old) == place_in_key(current, new);
        if !is_key {
            let ignored = ignore.contains(name);
            pairs.push(ColumnPair { name: name.clone(), renamed_from: None, base: old, current: new, ignored });
        }
    }
    for name in ignore {
        if !pairs.iter().any(|pair| pair.name == *name) {
            let columns = pairs.iter().map(|pair| pair.name.clone()).collect();
            return Err(Error::UnknownColumn { name: name.clone(), columns });
        }
    }
    Ok(pairs)
}

impl<'d, 'e> Pipeline<'d, 'e> {
    pub(super) fn new(
        (base, base_files): (&'d Scan, Vec<usize>),
        (current, current_files): (&'d Scan, Vec<usize>),
        columns: Vec<ColumnPair>,
        each: Option<&'d mut EachRow<'e>>,
        progress: &'d dyn Progress,
    ) -> Self {
        Self {
            base,
            current,
            files: [base_files, current_files],
            tallies: vec![Tally::default(); columns.len()],
            columns,
            compared: Compared::default(),
            matched: Matched::new(base, current),
            paired: false,
            each,
            progress,
        }
    }

    /// Finds and compares all rows that differ.
    pub(super) fn run(&mut self) -> Result<(), Error> {
        let hashed = self.base.has_hashes() && self.current.has_hashes();
        let [base_files, current_files] = &self.files;
        let rows = |table: &Scan, files: &[usize]| files.iter().map(|file| u64::from(table.rows_of(*file))).sum();
        let [base_rows, current_rows]: [u64; 2] = [rows(self.base, base_files), rows(self.current, current_files)];
        self.progress.start(Stage::Match, Some(base_rows + current_rows));
        let sides = ((self.base, base_files.as_slice()), (self.current, current_files.as_slice()));
        let few = if hashed { walk(sides.0, sides.1, FEW, self.progress)? } else { None };
        if let Some(alone) = few {
            // No key of a release comes twice, so a pair of one key is all there is of it.
            let pairs = with_one_key(self.base, self.current, alone.beside.clone());
            let [base, current] = alone.without(&pairs);
            self.matched.pairs = pairs;
            let (mut base, mut current) = both(|| with_keys(self.base, &base), || with_keys(self.current, &current))?;
            base.sort_unstable();
            current.sort_unstable();
            self.matched.take(&base, &current);
            self.progress.start(Stage::Compare, Some(self.matched.pairs.len() as u64));
            return self.compare_pairs();
        }
        let number = slices(u64::max(base_rows, current_rows));
        let progress = self.progress;
        let (base, current) =
            both(|| all_entries(sides.0, hashed, number, progress), || all_entries(sides.1, hashed, number, progress))?;
        self.progress.start(Stage::Compare, None);
        for (base, current) in base.into_slices().zip(current.into_slices()) {
            self.progress.step(0)?;
            self.matched.take(&base?, &current?);
            if self.matched.pairs.len() >= PAIRS / 2 {
                self.compare_pairs()?;
            }
        }
        self.compare_pairs()
    }

    fn compare_pairs(&mut self) -> Result<(), Error> {
        let mut pairs = std::mem::take(&mut self.matched.pairs);
        pairs.sort_unstable();
        let tables = (self.base, self.current);
        if !self.paired && !pairs.is_empty() {
            self.paired = true;
            self.columns = find_renames(tables, std::mem::take(&mut self.columns), &pairs)?;
            self.tallies.truncate(self.columns.len());
        }
        for pairs in pairs.chunks(PAIRS) {
            let Compared { changed, loose, ignored, bare } =
                compare(tables, &self.columns, pairs, &mut self.tallies, self.progress)?;
            self.compared.changed += changed;
            self.compared.loose += loose;
            self.compared.ignored += ignored;
            self.compared.bare += bare;
            if let Some(each) = &mut self.each {
                tell_pairs(tables, &self.columns, pairs, Change::Changed, each)?;
            }
        }
        Ok(())
    }

    /// Looks for new keys and withdrawn records, and reads back what is shown.
    pub(super) fn finish(mut self, withdrawn: &BTreeMap<&str, &str>) -> Result<Found, Error> {
        let (base, current) = (self.base, self.current);
        let mut rekeyed_count = 0;
        let mut rekeyed_samples = Vec::new();
        let (columns, each) = (&self.columns, &mut self.each);
        rekeyed((base, current), columns, &mut self.matched, |pairs| {
            if rekeyed_samples.len() < SHOWN {
                let shown = pairs.iter().take(SHOWN - rekeyed_samples.len()).copied();
                rekeyed_samples.extend(rekeyed_sample(base, current, shown.collect())?);
            }
            rekeyed_count += pairs.len() as u64;
            each.as_mut().map_or(Ok(()), |each| tell_pairs((base, current), columns, pairs, Change::Rekeyed, each))
        })?;
        let (taken_back, withdrawn_samples) = self.withdrawn(withdrawn)?;
        let Matched { removed, added, unmatched, ambiguous, .. } = &self.matched;
        if let Some(each) = &mut self.each {
            tell_marked(base, removed, (Change::Removed, false), each)?;
            tell_marked(base, &taken_back, (Change::Withdrawn, false), each)?;
            tell_marked(current, added, (Change::Added, true), each)?;
            tell_marked(base, &unmatched[0], (Change::Unmatched, false), each)?;
            tell_marked(current, &unmatched[1], (Change::Unmatched, true), each)?;
        }
        let counts = Counts {
            same: 0,
            added: added.len(),
            removed: removed.len(),
            withdrawn: taken_back.len(),
            changed: self.compared.changed,
            formatting: self.compared.loose,
            rekeyed: rekeyed_count,
            ignored: self.compared.ignored,
            schema_only: self.compared.bare,
            unmatched: [unmatched[0].len(), unmatched[1].len()],
        };
        let mut repeated = Vec::new();
        for (side, place) in &ambiguous.examples {
            repeated.extend(keys([base, current][*side], std::iter::once(*place))?);
        }
        let keys = KeyFaults { repeated: ambiguous.repeated, missing: ambiguous.missing, examples: repeated };
        let first = |marks: &RowSet| marks.iter().take(SHOWN).collect::<Vec<Position>>();
        let samples =
            [samples(current, &first(added))?, samples(base, &first(removed))?, withdrawn_samples, rekeyed_samples];
        let changes = self.changes()?;
        Ok(Found { counts, columns: self.columns, tallies: self.tallies, changes, samples, keys })
    }

    /// Separates removed records that the current release lists as taken back.
    fn withdrawn(&mut self, listed: &BTreeMap<&str, &str>) -> Result<(RowSet, Vec<Sample>), Error> {
        let mut marks = RowSet::new(self.base);
        let mut shown = Vec::new();
        if listed.is_empty() {
            return Ok((marks, shown));
        }
        let key = self.base.key();
        self.matched.removed.chunks(KEYS, |places| {
            self.base.read(places, key, |_, chunk| {
                for (row, place) in chunk.positions.iter().enumerate() {
                    let text = chunk.key_text(row).unwrap_or_default();
                    let Some(reason) = listed.get(text.as_str()) else { continue };
                    marks.insert(*place);
                    if shown.len() < SHOWN {
                        let reason = Some(short(reason, KEY));
                        shown.push(Sample { key: short(&text, KEY), new_key: None, title: None, reason });
                    }
                }
            })
        })?;
        marks.iter().for_each(|place| self.matched.removed.remove(place));
        Ok((marks, shown))
    }

    /// The columns that changed, most changes first, each with examples.
    fn changes(&self) -> Result<Vec<ColumnChange>, Error> {
        let tables = (self.base, self.current);
        let changed = self.columns.iter().zip(&self.tallies).filter(|(_, tally)| tally.changed > 0);
        let change = |(column, tally): (&ColumnPair, &Tally)| {
            Ok(ColumnChange {
                name: column.name.clone(),
                renamed_from: column.renamed_from.clone(),
                changed: tally.changed,
                formatting: tally.loose,
                examples: examples(tables, column, tally)?,
            })
        };
        let mut found = Vec::new();
        let take = |change: Result<_, Error>| change.map(|change| found.push(change));
        let workers = Workers { threads: threads(), under_way: threads() };
        ordered_pool(workers, |give| changed.into_iter().try_for_each(give), change, take, || Error::Stopped)?;
        found.sort_by_key(|change: &ColumnChange| std::cmp::Reverse(change.changed));
        Ok(found)
    }
}

fn rekeyed_sample(base: &Scan, current: &Scan, pairs: Vec<(Position, Position)>) -> Result<Vec<Sample>, Error> {
    let old: Vec<Position> = pairs.iter().map(|pair| pair.0).collect();
    let new_keys = keys(current, pairs.into_iter().map(|pair| pair.1))?;
    let found = samples(base, &old)?.into_iter().zip(new_keys);
    Ok(found.map(|(sample, key)| Sample { new_key: Some(key), ..sample }).collect())
}

/// Rows that stand alone, with their keys.
fn with_keys(table: &Scan, rows: &[Row]) -> Result<Vec<PartitionedEntry>, Error> {
    let places: Vec<Position> = rows.iter().map(|(_, place)| *place).collect();
    let mut entries = Vec::with_capacity(rows.len());
    let mut scratch = Vec::new();
    table.read(&places, table.key(), |start, chunk| {
        for (at, position) in chunk.positions.iter().enumerate() {
            let key = chunk.key_hash(at, &mut scratch).unwrap_or(NO_KEY);
            let value = half(&Digest::from_bytes(rows[start + at].0));
            entries.push(PartitionedEntry { key, value, position: *position });
        }
    })?;
    Ok(entries)
}

/// All rows of some files by key, with hashes of their contents: the stored ones, or computed.
fn all_entries(
    (table, files): (&Scan, &[usize]),
    stored: bool,
    slices: usize,
    progress: &dyn Progress,
) -> Result<PartitionedEntries, Error> {
    let mut entries = PartitionedEntries::new(slices)?;
    let columns = if stored { table.key().to_vec() } else { table.all_columns() };
    let mut scratch = Vec::new();
    for file in files {
        let mut failed = None;
        table.scan(*file, &columns, stored, None, |chunk| {
            if let Err(error) = progress.step(chunk.positions.len() as u64) {
                failed = Some(error);
                return false;
            }
            for (at, position) in chunk.positions.iter().enumerate() {
                let digest = chunk.content_hash(at, stored, &mut scratch);
                let key = chunk.key_hash(at, &mut scratch).unwrap_or(NO_KEY);
                if let Err(error) = entries.push(PartitionedEntry { key, value: half(&digest), position: *position }) {
                    failed = Some(error);
                    return false;
                }
            }
            true
        })?;
        failed.map_or(Ok(()), Err)?;
    }
    Ok(entries)
}
