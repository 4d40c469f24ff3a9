//! Compares rows with the same key, one column at a time: which columns changed, how often, and
//! whether in more than white space and Unicode forms.
//!
//! Pages with identical bytes are not decoded (`identical_pages`). Other values are kept as short hashes,
//! so that long texts do not accumulate in memory. Only values that the report shows are read again.

use super::canonical_arrow::Strings;
use super::identical_pages::IdenticalPages;
use super::resources::Resources;
use super::scan::{Position, Scan, half};
use crate::digest::Digest;
use crate::error::Error;
use crate::ordered_pool::{Workers, ordered_pool};
use crate::progress::Progress;

/// About how many bytes of records, and at most how many pairs, one thread compares at a time: few
/// enough for several threads to share a row group, and enough to read few pages twice.
const LOT_BYTES: u64 = 4 << 20;
const LOT: usize = 1 << 14;

/// A column of both sides.
#[derive(Debug, Clone)]
pub(super) struct ColumnPair {
    /// Its name; on the current side if it was renamed.
    pub(super) name: String,
    /// Its name on the base side, if it was renamed.
    pub(super) renamed_from: Option<String>,
    /// Its index in the base table.
    pub(super) base: Option<usize>,
    /// Its index in the current table.
    pub(super) current: Option<usize>,
    /// Whether its changes do not count.
    pub(super) ignored: bool,
}

/// The changes of one column.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// The number of records in which it changed.
    pub(super) changed: u64,
    /// How many of these changed only in white space or Unicode forms.
    pub(super) formatting: u64,
    /// The number of records in which no other column changed.
    pub(super) alone: u64,
    /// Some of the records, spread over all.
    pub(super) samples: Spread,
    /// By how much timestamps moved, in nanoseconds, and how often.
    pub(super) shifts: Shifts,
}

/// A few of many pairs, spread evenly.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    kept: Vec<(Position, Position)>,
    stride: u64,
    seen: u64,
}

impl Default for Spread {
    fn default() -> Self {
        Self { kept: Vec::new(), stride: 1, seen: 0 }
    }
}

impl Spread {
    const MOST: usize = 6;

    pub(super) fn add(&mut self, pair: (Position, Position)) {
        if self.seen.is_multiple_of(self.stride) {
            if self.kept.len() == Self::MOST {
                self.kept = self.kept.iter().step_by(2).copied().collect();
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.kept.push(pair);
            }
        }
        self.seen += 1;
    }

    pub(super) fn kept(&self) -> &[(Position, Position)] {
        &self.kept
    }
}

/// How often values moved by the same amount.
#[derive(Debug, Clone, Default)]
pub(super) struct Shifts {
    counts: Vec<(i128, u64)>,
}

impl Shifts {
    const MOST: usize = 16;

    fn add(&mut self, shift: i128) {
        match self.counts.iter().position(|(known, _)| *known == shift) {
            Some(index) => self.counts[index].1 += 1,
            None if self.counts.len() < Self::MOST => self.counts.push((shift, 1)),
            None => {}
        }
    }

    /// The most frequent shift.
    pub(super) fn most(&self) -> Option<(i128, u64)> {
        self.counts.iter().copied().max_by_key(|(shift, count)| (*count, std::cmp::Reverse(*shift)))
    }
}

/// How a pair of rows differs.
#[derive(Debug, Clone, Copy, Default)]
struct Difference {
    /// The number of columns that count and differ, and the last of them.
    columns: u32,
    last: usize,
    /// Whether more than white space and Unicode forms differ.
    content: bool,
    /// Whether ignored columns differ.
    ignored: bool,
}

/// How many pairs differ, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// Pairs that differ in a column that counts.
    pub(super) changed: u64,
    /// Those of them that differ in white space or Unicode forms only.
    pub(super) formatting: u64,
    /// Pairs that differ in ignored columns only.
    pub(super) ignored: u64,
    /// Pairs with equal values: columns were added, removed, renamed or retyped.
    pub(super) schema_only: u64,
}

/// Halves of SHA-256 of the bytes by which a value is compared. All zero, which is half of no known
/// SHA-256, if there is no value.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct ValueHash {
    exact: [u8; 16],
    /// With normalised strings; for a timestamp, its nanoseconds.
    normalised: [u8; 16],
}

/// How the two sides of a lot are read.
#[derive(Clone, Copy)]
enum Sides {
    /// On two threads.
    AtOnce,
    /// On one thread, which need not normalise values that the first side has too.
    InTurn,
}

/// A column that differs in a pair of rows.
struct Change {
    /// The index of the pair in its lot.
    at: usize,
    /// Whether only white space or Unicode forms differ.
    formatting: bool,
    /// By how much a timestamp moved, in nanoseconds.
    shift: Option<i128>,
}

/// Compares pairs of rows, which are sorted by their base rows, and adds to `tallies`.
pub(super) fn compare(
    tables: (&Scan, &Scan),
    columns: &[ColumnPair],
    pairs: &[(Position, Position)],
    tallies: &mut [Tally],
    (resources, progress): (Resources<'_>, &dyn Progress),
) -> Result<Compared, Error> {
    let mut compared = Compared::default();
    if columns.is_empty() {
        compared.schema_only = pairs.len() as u64;
        return Ok(compared);
    }
    let threads = resources.threads;
    let lot = usize::try_from(LOT_BYTES / tables.0.mean_bytes()).map_or(LOT, |pairs| pairs.clamp(1, LOT));
    let group = |pair: &(Position, Position)| tables.0.group_of(pair.0);
    let groups = pairs.chunk_by(|a, b| group(a) == group(b));
    let lots: Vec<&[(Position, Position)]> = groups.flat_map(|pairs| pairs.chunks(lot)).collect();
    // With few lots, one long column could keep a single thread busy.
    let sides = if lots.len() < threads { Sides::AtOnce } else { Sides::InTurn };
    let mut differences = Vec::new();
    // One column takes most of the time. So that no thread waits for it, as many lots as there are
    // threads may be in progress, with all their columns.
    ordered_pool(
        Workers { threads, under_way: threads * (columns.len() + 1) },
        |give| lots.iter().flat_map(|lot| (0..columns.len()).map(move |number| (*lot, number))).try_for_each(give),
        |(lot, number)| (lot, number, differing(tables, &columns[number], lot, (resources, sides))),
        |(lot, number, changes): (&[_], usize, Result<Vec<_>, Error>)| {
            if number == 0 {
                differences = vec![Difference::default(); lot.len()];
            }
            for change in changes? {
                count(
                    &columns[number],
                    number,
                    lot[change.at],
                    &change,
                    (&mut differences[change.at], &mut tallies[number]),
                );
            }
            if number + 1 == columns.len() {
                count_alone(&differences, tallies);
                compared.add(&differences);
                progress.advance(lot.len() as u64);
            }
            Ok(())
        },
        || Error::Stopped,
    )?;
    Ok(compared)
}

fn count(
    column: &ColumnPair,
    number: usize,
    pair: (Position, Position),
    change: &Change,
    (difference, tally): (&mut Difference, &mut Tally),
) {
    if column.ignored {
        difference.ignored = true;
        return;
    }
    tally.changed += 1;
    tally.formatting += u64::from(change.formatting);
    tally.samples.add(pair);
    // The values of an added or removed column are a change of the schema, not of the record.
    if column.base.is_none() || column.current.is_none() {
        return;
    }
    if let Some(shift) = change.shift {
        tally.shifts.add(shift);
    }
    difference.columns += 1;
    difference.last = number;
    difference.content |= !change.formatting;
}

/// Finds the pairs in which a column differs.
fn differing(
    (base, current): (&Scan, &Scan),
    column: &ColumnPair,
    pairs: &[(Position, Position)],
    (resources, sides): (Resources<'_>, Sides),
) -> Result<Vec<Change>, Error> {
    let indices = column.base.zip(column.current);
    let mut pages = IdenticalPages::new(base, current);
    let mut may_differ = |at: &usize| !indices.is_some_and(|(old, new)| pages.is_equal([old, new], pairs[*at]));
    let left: Vec<usize> = (0..pairs.len()).filter(|at| may_differ(at)).collect();
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<(Position, Position)> = left.iter().map(|at| pairs[*at]).collect();
    let is_instant = indices.map(|(old, new)| [(base, old), (current, new)].map(Scan::is_instant));
    let are_timestamps = is_instant == Some([true, true]);
    let are_others = is_instant == Some([false, false]);
    let old_rows: Vec<Position> = pairs.iter().map(|(position, _)| *position).collect();
    let (new_rows, order) = by_current(&pairs);
    let of_base = || hashes(base, column.base, (&old_rows, &[]), &[]);
    let of_current = |old: &[ValueHash]| hashes(current, column.current, (&new_rows, &order), old);
    let (old, new) = match sides {
        Sides::AtOnce => resources.both(of_base, || of_current(&[]))?,
        Sides::InTurn => {
            let old = of_base()?;
            let new = of_current(&old)?;
            (old, new)
        }
    };
    let differ = left.into_iter().zip(old.iter().zip(&new)).filter(|(_, (a, b))| a.exact != b.exact);
    let change = |(at, (a, b)): (usize, (&ValueHash, &ValueHash))| {
        let have_values = *a != ValueHash::default() && *b != ValueHash::default();
        let [before, after] = [a, b].map(|hash| i128::from_be_bytes(hash.normalised));
        let shift = (are_timestamps && have_values).then(|| after.wrapping_sub(before));
        Change { at, formatting: are_others && have_values && before == after, shift }
    };
    Ok(differ.map(change).collect())
}

fn count_alone(differences: &[Difference], tallies: &mut [Tally]) {
    for difference in differences.iter().filter(|difference| difference.columns == 1) {
        tallies[difference.last].alone += 1;
    }
}

impl Compared {
    fn add(&mut self, differences: &[Difference]) {
        for difference in differences {
            match difference {
                Difference { columns: 0, ignored: true, .. } => self.ignored += 1,
                Difference { columns: 0, .. } => self.schema_only += 1,
                Difference { content, .. } => {
                    self.changed += 1;
                    self.formatting += u64::from(!content);
                }
            }
        }
    }
}

/// The rows of the current side in ascending order, and the index of the pair of each.
pub(super) fn by_current(pairs: &[(Position, Position)]) -> (Vec<Position>, Vec<u32>) {
    let mut order: Vec<u32> = (0_u32..).take(pairs.len()).collect();
    order.sort_unstable_by_key(|pair| pairs[*pair as usize].1);
    (order.iter().map(|pair| pairs[*pair as usize].1).collect(), order)
}

/// Hashes the values of a column in rows at ascending positions. The hash of the nth row goes to index
/// `order[n]`, or to n if there is no order. A value that the `others` have at the same index is not
/// normalised again.
fn hashes(
    table: &Scan,
    column: Option<usize>,
    (positions, order): (&[Position], &[u32]),
    others: &[ValueHash],
) -> Result<Vec<ValueHash>, Error> {
    let mut hashes = vec![ValueHash::default(); positions.len()];
    let Some(index) = column else { return Ok(hashes) };
    let is_instant = table.columns()[index].is_instant;
    let (mut value, mut normal) = (Vec::new(), Vec::new());
    table.read(positions, &[index], |start, chunk| {
        let Some(column) = chunk.column(index) else { return };
        for row in 0..chunk.positions.len() {
            let Some(exact) = column.value_hash(row, &mut value) else { continue };
            let at = order.get(start + row).map_or(start + row, |pair| *pair as usize);
            if let Some(same) = others.get(at).filter(|other| other.exact == exact) {
                hashes[at] = *same;
                continue;
            }
            let normalised = if is_instant {
                column.nanoseconds(row).to_be_bytes()
            } else {
                normal.clear();
                column.encode(row, Strings::Normalised, &mut normal);
                if normal == value { exact } else { half(&Digest::of(&normal)) }
            };
            hashes[at] = ValueHash { exact, normalised };
        }
    })?;
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_spread_over_all() {
        let mut spread = Spread::default();
        (0..1000).for_each(|number| spread.add((number, number)));
        assert_eq!(spread.kept().iter().map(|pair| pair.0).collect::<Vec<_>>(), [0, 256, 512, 768]);
    }
}
