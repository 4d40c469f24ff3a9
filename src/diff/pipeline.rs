//! [`Pipeline`]: the steps of a diff. It finds the rows that differ, matches and compares them, and
//! collects what the report shows.

use std::collections::BTreeMap;

use super::compare::{ColumnPair, Compared, Tally, compare};
use super::entries::{Entries, Entry, join};
use super::examples::{KEY, SHOWN, examples, keys, samples};
use super::hash_alignment::{Row, walk};
use super::identical_pages::with_one_key;
use super::matching::{Matched, NO_KEY};
use super::rekeyed::rekeyed;
use super::renames::find_renames;
use super::report::{ColumnChange, Counts, KeyFaults, Sample};
use super::resources::Resources;
use super::row_set::RowSet;
use super::rows::{Change, EachRow, each_of_pairs, each_of_set};
use super::scan::{Position, Scan, half};
use super::text_diff::short;
use crate::digest::Digest;
use crate::error::Error;
use crate::ordered_pool::{Workers, ordered_pool};
use crate::progress::{Progress, Stage};
use crate::text::one_line;

/// If more rows than this differ, all keys are matched instead.
const FEW: usize = 1 << 18;
/// How many pairs of rows are compared at a time. The order of changed records depends on it, so it does
/// not follow the memory.
const PAIRS: usize = 1 << 18;
/// How many removed keys are read at a time.
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
    /// Whether renamed columns have been searched for.
    renames_found: bool,
    each: Option<&'d mut EachRow<'e>>,
    resources: Resources<'d>,
    progress: &'d dyn Progress,
}

/// The columns of both sides by name, without the key.
pub(super) fn column_pairs(base: &Scan, current: &Scan, ignore: &[String]) -> Result<Vec<ColumnPair>, Error> {
    let mut pairs: Vec<ColumnPair> = Vec::new();
    let gone = base.columns().iter().filter(|column| current.column(&column.name).is_none());
    for name in current.columns().iter().chain(gone).map(|column| &column.name) {
        let (old, new) = (base.column(name), current.column(name));
        let index_in_key =
            |table: &Scan, column: Option<usize>| table.key().iter().position(|held| Some(*held) == column);
        let is_key = index_in_key(base, old).is_some() && index_in_key(base, old) == index_in_key(current, new);
        if !is_key {
            let ignored = ignore.contains(name);
            pairs.push(ColumnPair { name: name.clone(), renamed_from: None, base: old, current: new, ignored });
        }
    }
    for name in ignore {
        if base.key_names().contains(name) || current.key_names().contains(name) {
            let message = format!("cannot ignore `{}`: it is the key, which identifies a record", one_line(name, 60));
            let hint = "`diff` reports records that have a new key and are otherwise equal".to_owned();
            return Err(Error::Argument { message, hint: Some(hint) });
        }
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
        (resources, progress): (Resources<'d>, &'d dyn Progress),
    ) -> Self {
        Self {
            base,
            current,
            files: [base_files, current_files],
            tallies: vec![Tally::default(); columns.len()],
            columns,
            compared: Compared::default(),
            matched: Matched::new(base, current),
            renames_found: false,
            each,
            resources,
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
        let (resources, progress) = (self.resources, self.progress);
        if let Some(unpaired) = few {
            // The keys of a release are unique, so a pair with the same key is complete.
            let pairs = with_one_key(self.base, self.current, unpaired.beside.clone());
            let [old, new] = unpaired.without(&pairs);
            self.matched.pairs = pairs;
            let (old, new) = resources.both(|| with_keys(self.base, &old), || with_keys(self.current, &new))?;
            self.match_rows(old.into_iter().map(Ok), new.into_iter().map(Ok), usize::MAX)?;
            progress.start(Stage::Compare, Some(self.matched.pairs.len() as u64));
            return self.compare_pairs();
        }
        let entries = |side| all_entries(side, hashed, resources, progress)?.sorted();
        let (base, current) = resources.both(|| entries(sides.0), || entries(sides.1))?;
        progress.start(Stage::Compare, None);
        self.match_rows(base, current, PAIRS)?;
        self.compare_pairs()
    }

    /// Matches sorted entries, and compares pairs whenever there are `limit` of them.
    fn match_rows(
        &mut self,
        base: impl Iterator<Item = Result<Entry, Error>>,
        current: impl Iterator<Item = Result<Entry, Error>>,
        limit: usize,
    ) -> Result<(), Error> {
        join(
            base,
            current,
            |entry| (entry.key, entry.value),
            |old, new| {
                self.matched.add(old, new);
                if self.matched.pairs.len() >= limit { self.compare_pairs() } else { Ok(()) }
            },
        )?;
        self.matched.finish_key();
        Ok(())
    }

    fn compare_pairs(&mut self) -> Result<(), Error> {
        let mut pairs = std::mem::take(&mut self.matched.pairs);
        pairs.sort_unstable();
        let tables = (self.base, self.current);
        if !self.renames_found && !pairs.is_empty() {
            self.renames_found = true;
            self.columns = find_renames(tables, std::mem::take(&mut self.columns), &pairs)?;
            self.tallies.truncate(self.columns.len());
        }
        for pairs in pairs.chunks(PAIRS) {
            let Compared { changed, formatting, ignored, schema_only } =
                compare(tables, &self.columns, pairs, &mut self.tallies, (self.resources, self.progress))?;
            self.compared.changed += changed;
            self.compared.formatting += formatting;
            self.compared.ignored += ignored;
            self.compared.schema_only += schema_only;
            if let Some(each) = &mut self.each {
                each_of_pairs(tables, &self.columns, pairs, Change::Changed, (self.resources, each))?;
            }
        }
        Ok(())
    }

    /// Finds new keys and withdrawn records, and reads the records that the report shows.
    pub(super) fn finish(mut self, listed: &BTreeMap<&str, &str>) -> Result<Found, Error> {
        let (base, current) = (self.base, self.current);
        let mut rekeyed_count = 0;
        let mut rekeyed_samples = Vec::new();
        let (columns, each) = (&self.columns, &mut self.each);
        let resources = self.resources;
        rekeyed((base, current), columns, &mut self.matched, resources, |pairs| {
            if rekeyed_samples.len() < SHOWN {
                let shown = pairs.iter().take(SHOWN - rekeyed_samples.len()).copied();
                rekeyed_samples.extend(rekeyed_sample(base, current, &shown.collect::<Vec<_>>())?);
            }
            rekeyed_count += pairs.len() as u64;
            let Some(each) = each else { return Ok(()) };
            each_of_pairs((base, current), columns, pairs, Change::Rekeyed, (resources, each))
        })?;
        let (withdrawn, withdrawn_samples) = self.withdrawn(listed)?;
        let Matched { removed, added, unmatched, ambiguous, .. } = &self.matched;
        if let Some(each) = &mut self.each {
            each_of_set(base, removed, (Change::Removed, false), each)?;
            each_of_set(base, &withdrawn, (Change::Withdrawn, false), each)?;
            each_of_set(current, added, (Change::Added, true), each)?;
            each_of_set(base, &unmatched[0], (Change::Unmatched, false), each)?;
            each_of_set(current, &unmatched[1], (Change::Unmatched, true), each)?;
        }
        let counts = Counts {
            same: 0,
            added: added.len(),
            removed: removed.len(),
            withdrawn: withdrawn.len(),
            changed: self.compared.changed,
            formatting: self.compared.formatting,
            rekeyed: rekeyed_count,
            ignored: self.compared.ignored,
            schema_only: self.compared.schema_only,
            unmatched: [unmatched[0].len(), unmatched[1].len()],
        };
        let mut repeated = Vec::new();
        for (side, position) in &ambiguous.examples {
            repeated.extend(keys([base, current][*side], &[*position])?);
        }
        let keys = KeyFaults { repeated: ambiguous.repeated, missing: ambiguous.missing, examples: repeated };
        let first = |rows: &RowSet| rows.iter().take(SHOWN).collect::<Vec<Position>>();
        let samples =
            [samples(current, &first(added))?, samples(base, &first(removed))?, withdrawn_samples, rekeyed_samples];
        let changes = self.changes()?;
        Ok(Found { counts, columns: self.columns, tallies: self.tallies, changes, samples, keys })
    }

    /// Moves removed records that the current release lists as withdrawn to a set of their own.
    fn withdrawn(&mut self, listed: &BTreeMap<&str, &str>) -> Result<(RowSet, Vec<Sample>), Error> {
        let mut withdrawn = RowSet::new(self.base);
        let mut shown = Vec::new();
        if listed.is_empty() {
            return Ok((withdrawn, shown));
        }
        let key = self.base.key();
        self.matched.removed.chunks(KEYS, |positions| {
            self.base.read(positions, key, |_, chunk| {
                for (row, position) in chunk.positions.iter().enumerate() {
                    let text = chunk.key_text(row).unwrap_or_default();
                    let Some(reason) = listed.get(text.as_str()) else { continue };
                    withdrawn.insert(*position);
                    if shown.len() < SHOWN {
                        let reason = Some(short(reason, KEY));
                        shown.push(Sample { key: short(&text, KEY), new_key: None, title: None, reason });
                    }
                }
            })
        })?;
        withdrawn.iter().for_each(|position| self.matched.removed.remove(position));
        Ok((withdrawn, shown))
    }

    /// The columns that changed, most changes first, each with examples.
    fn changes(&self) -> Result<Vec<ColumnChange>, Error> {
        let (tables, resources) = ((self.base, self.current), self.resources);
        let changed = self.columns.iter().zip(&self.tallies).filter(|(_, tally)| tally.changed > 0);
        let change = |(column, tally): (&ColumnPair, &Tally)| {
            Ok(ColumnChange {
                name: column.name.clone(),
                renamed_from: column.renamed_from.clone(),
                changed: tally.changed,
                formatting: tally.formatting,
                examples: examples(tables, column, tally, resources)?,
            })
        };
        let mut found = Vec::new();
        let take = |change: Result<_, Error>| change.map(|change| found.push(change));
        let threads = resources.threads;
        let workers = Workers { threads, under_way: threads };
        ordered_pool(workers, |give| changed.into_iter().try_for_each(give), change, take, || Error::Stopped)?;
        found.sort_by_key(|change: &ColumnChange| std::cmp::Reverse(change.changed));
        Ok(found)
    }
}

fn rekeyed_sample(base: &Scan, current: &Scan, pairs: &[(Position, Position)]) -> Result<Vec<Sample>, Error> {
    let old: Vec<Position> = pairs.iter().map(|pair| pair.0).collect();
    let new: Vec<Position> = pairs.iter().map(|pair| pair.1).collect();
    let found = samples(base, &old)?.into_iter().zip(keys(current, &new)?);
    Ok(found.map(|(sample, key)| Sample { new_key: Some(key), ..sample }).collect())
}

/// Rows without an equal, sorted by their keys.
fn with_keys(table: &Scan, rows: &[Row]) -> Result<Vec<Entry>, Error> {
    let positions: Vec<Position> = rows.iter().map(|(_, position)| *position).collect();
    let mut entries = Vec::with_capacity(rows.len());
    let mut scratch = Vec::new();
    table.read(&positions, table.key(), |start, chunk| {
        for (at, position) in chunk.positions.iter().enumerate() {
            let key = chunk.key_hash(at, &mut scratch).unwrap_or(NO_KEY);
            let value = half(&Digest::from_bytes(rows[start + at].0));
            entries.push(Entry { key, value, position: *position });
        }
    })?;
    entries.sort_unstable();
    Ok(entries)
}

/// All rows of some files by key, with the hashes of their contents, stored or computed.
fn all_entries(
    (table, files): (&Scan, &[usize]),
    stored: bool,
    resources: Resources<'_>,
    progress: &dyn Progress,
) -> Result<Entries, Error> {
    let mut entries = Entries::new(resources);
    let columns = if stored { table.key().to_vec() } else { table.all_columns() };
    let mut scratch = Vec::new();
    for file in files {
        let mut added = Ok(());
        table.scan(*file, &columns, stored, None, |chunk| {
            added = progress.step(chunk.positions.len() as u64).and_then(|()| {
                chunk.positions.iter().enumerate().try_for_each(|(row, position)| {
                    let value = half(&chunk.content_hash(row, stored, &mut scratch));
                    let key = chunk.key_hash(row, &mut scratch).unwrap_or(NO_KEY);
                    entries.push(Entry { key, value, position: *position })
                })
            });
            added.is_ok()
        })?;
        added?;
    }
    Ok(entries)
}
