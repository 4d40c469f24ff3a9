//! Comparing the rows of one key, a column at a time: which columns changed, how often, and
//! whether more than white space and Unicode forms.
//!
//! Where stored bytes say that a column is the same nothing is decoded (`twins`). Else each value
//! is kept as a short hash, so that long texts never gather in memory. Whole values are read again
//! only for what is shown.

use super::canonical_arrow::Texts;
use super::identical_pages::IdenticalPages;
use super::scan::{Position, Scan, half};
use crate::digest::Digest;
use crate::error::Error;
use crate::ordered_pool::{Workers, ordered_pool};
use crate::progress::Progress;

/// About how many bytes of records, and at most how many pairs, one thread compares at a time: so
/// few that several threads share what stands together, so many that few pages are read twice.
const LOT_BYTES: u64 = 4 << 20;
const LOT: usize = 1 << 14;
/// How many threads compare at most; each holds a batch of either side.
const THREADS: usize = 8;

/// A column of both sides.
#[derive(Debug, Clone)]
pub(super) struct ColumnPair {
    /// Its name; on the current side if it was renamed.
    pub(super) name: String,
    /// Its name on the base side, if it was renamed.
    pub(super) renamed_from: Option<String>,
    /// Its place in the base table.
    pub(super) base: Option<usize>,
    /// Its place in the current table.
    pub(super) current: Option<usize>,
    /// Whether its changes do not count.
    pub(super) ignored: bool,
}

/// What was seen of one column.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// In how many records it changed.
    pub(super) changed: u64,
    /// In how many of these only white space or Unicode forms did.
    pub(super) loose: u64,
    /// In how many records it alone changed.
    pub(super) alone: u64,
    /// Some of the records, spread over all.
    pub(super) samples: Spread,
    /// By how much instants moved, in nanoseconds, and how often; nothing where that varies.
    pub(super) shifts: Shifts,
}

/// A few of many values, spread evenly over all that came.
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
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
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
            Some(place) => self.counts[place].1 += 1,
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
    /// In how many columns that count, and in the last of them.
    columns: u32,
    last: usize,
    /// Whether in more than white space and Unicode forms.
    hard: bool,
    /// Whether in columns that do not count.
    ignored: bool,
}

/// What became of the pairs that were compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// Pairs that differ in a column that counts.
    pub(super) changed: u64,
    /// Those of them that differ in white space or Unicode forms only.
    pub(super) loose: u64,
    /// Pairs that differ in ignored columns only.
    pub(super) ignored: u64,
    /// Pairs without another different value: columns came or went, or their names or types changed.
    pub(super) bare: u64,
}

/// A value, short: halves of SHA-256 of what it is compared by, one value each. No value by default,
/// which is the half of no SHA-256 that is known.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Mark {
    exact: [u8; 16],
    /// Of what is left without white space and Unicode forms; of an instant, its nanoseconds.
    loose: [u8; 16],
}

/// How the two sides of a lot are read.
#[derive(Clone, Copy)]
enum Sides {
    /// On two threads.
    AtOnce,
    /// On one, which spares the second what it knows of the first.
    InTurn,
}

/// A column that differs in a pair of rows.
struct Change {
    /// Which pair of its lot it is.
    at: usize,
    /// Whether only white space or Unicode forms differ.
    loose: bool,
    /// By how much an instant moved, in nanoseconds.
    shift: Option<i128>,
}

/// Compares pairs of rows, which are sorted by their base rows, and adds to `tallies`.
pub(super) fn compare(
    tables: (&Scan, &Scan),
    columns: &[ColumnPair],
    pairs: &[(Position, Position)],
    tallies: &mut [Tally],
    progress: &dyn Progress,
) -> Result<Compared, Error> {
    let mut compared = Compared::default();
    if columns.is_empty() {
        compared.bare = pairs.len() as u64;
        return Ok(compared);
    }
    let threads = threads();
    let lot = usize::try_from(LOT_BYTES / tables.0.mean_bytes()).map_or(LOT, |pairs| pairs.clamp(1, LOT));
    let group = |pair: &(Position, Position)| tables.0.group_of(pair.0);
    let groups = pairs.chunk_by(|a, b| group(a) == group(b));
    let lots: Vec<&[(Position, Position)]> = groups.flat_map(|pairs| pairs.chunks(lot)).collect();
    // What stands together is one lot, and the longest column of it would keep one thread busy.
    let sides = if lots.len() < threads { Sides::AtOnce } else { Sides::InTurn };
    let mut differences = Vec::new();
    // One column takes most of the time, and nobody should wait for it: as many lots may be under way
    // as there are threads, with all their columns.
    ordered_pool(
        Workers { threads, under_way: threads * (columns.len() + 1) },
        |give| lots.iter().flat_map(|lot| (0..columns.len()).map(move |number| (*lot, number))).try_for_each(give),
        |(lot, number)| (lot, number, differing(tables, &columns[number], lot, sides)),
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
                progress.step(lot.len() as u64)?;
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
    tally.loose += u64::from(change.loose);
    tally.samples.add(pair);
    // The values of a column that came or went are a change of the schema and not of the record.
    if column.base.is_none() || column.current.is_none() {
        return;
    }
    if let Some(shift) = change.shift {
        tally.shifts.add(shift);
    }
    difference.columns += 1;
    difference.last = number;
    difference.hard |= !change.loose;
}

/// In which of these pairs a column differs.
fn differing(
    (base, current): (&Scan, &Scan),
    column: &ColumnPair,
    pairs: &[(Position, Position)],
    sides: Sides,
) -> Result<Vec<Change>, Error> {
    let places = column.base.zip(column.current);
    let mut twins = IdenticalPages::new(base, current);
    let is_told = |pair| places.is_some_and(|(ours, theirs)| twins.tell([ours, theirs], pair));
    let told: Vec<bool> = pairs.iter().copied().map(is_told).collect();
    let left: Vec<usize> = (0..pairs.len()).filter(|at| !told[*at]).collect();
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<(Position, Position)> = left.iter().map(|at| pairs[*at]).collect();
    let is_instant = places.map(|(ours, theirs)| [(base, ours), (current, theirs)].map(Scan::is_instant));
    let instants = is_instant == Some([true, true]);
    let texts = is_instant == Some([false, false]);
    let rows: Vec<Position> = pairs.iter().map(|(place, _)| *place).collect();
    let (other_rows, order) = by_current(&pairs);
    let of_base = || marks(base, column.base, (&rows, &[]), &[]);
    let of_current = |ours: &[Mark]| marks(current, column.current, (&other_rows, &order), ours);
    let (ours, theirs) = match sides {
        Sides::AtOnce => both(of_base, || of_current(&[]))?,
        Sides::InTurn => {
            let ours = of_base()?;
            let theirs = of_current(&ours)?;
            (ours, theirs)
        }
    };
    let both = left.into_iter().zip(ours.iter().zip(&theirs)).filter(|(_, (a, b))| a.exact != b.exact);
    let change = |(at, (a, b)): (usize, (&Mark, &Mark))| {
        let is_there = *a != Mark::default() && *b != Mark::default();
        let shift =
            (instants && is_there).then(|| i128::from_be_bytes(b.loose).wrapping_sub(i128::from_be_bytes(a.loose)));
        Change { at, loose: texts && is_there && a.loose == b.loose, shift }
    };
    Ok(both.map(change).collect())
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
                Difference { columns: 0, .. } => self.bare += 1,
                Difference { hard, .. } => {
                    self.changed += 1;
                    self.loose += u64::from(!hard);
                }
            }
        }
    }
}

/// The current rows in their own order, and of which pair each is.
pub(super) fn by_current(pairs: &[(Position, Position)]) -> (Vec<Position>, Vec<u32>) {
    let mut order: Vec<u32> = (0_u32..).take(pairs.len()).collect();
    order.sort_unstable_by_key(|pair| pairs[*pair as usize].1);
    (order.iter().map(|pair| pairs[*pair as usize].1).collect(), order)
}

/// The values of a column in the rows at `places`; that of the nth row goes to place `order[n]`,
/// or to n if there is no order. One that is the same as among the `others` is marked as it is there.
fn marks(
    table: &Scan,
    column: Option<usize>,
    (places, order): (&[Position], &[u32]),
    others: &[Mark],
) -> Result<Vec<Mark>, Error> {
    let mut marks = vec![Mark::default(); places.len()];
    let Some(place) = column else { return Ok(marks) };
    let is_instant = table.columns()[place].is_instant;
    let (mut value, mut loose_value) = (Vec::new(), Vec::new());
    table.read(places, &[place], |start, chunk| {
        let Some(column) = chunk.column(place) else { return };
        for row in 0..chunk.positions.len() {
            if column.is_nothing(row) {
                continue;
            }
            value.clear();
            column.encode(row, Texts::Exact, &mut value);
            let exact = half(&Digest::of(&value));
            let at = order.get(start + row).map_or(start + row, |pair| *pair as usize);
            if let Some(same) = others.get(at).filter(|other| other.exact == exact) {
                marks[at] = *same;
                continue;
            }
            let loose = if is_instant {
                column.nanoseconds(row).to_be_bytes()
            } else {
                loose_value.clear();
                column.encode(row, Texts::Loose, &mut loose_value);
                if loose_value == value { exact } else { half(&Digest::of(&loose_value)) }
            };
            marks[at] = Mark { exact, loose };
        }
    })?;
    Ok(marks)
}

/// How many threads work.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get().min(THREADS))
}

/// Does two things at once.
pub(super) fn both<A: Send, B>(
    first: impl FnOnce() -> Result<A, Error> + Send,
    second: impl FnOnce() -> Result<B, Error>,
) -> Result<(A, B), Error> {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        let first = first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((first?, second?))
    })
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
