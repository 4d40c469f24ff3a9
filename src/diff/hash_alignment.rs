//! Walks the record hashes of two releases in step to find the rows that only one side has.
//!
//! Releases have the same order, so most rows of a new release are where they were before, a few rows
//! further on. The walk uses hashes only and stops if too much differs. It does not look at keys.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow_array::{Array, FixedSizeBinaryArray};

use super::entries::join;
use super::scan::{Position, Scan, position};
use crate::error::Error;
use crate::progress::Progress;

/// A record hash.
pub(super) type Hash = [u8; 32];
/// How many blocks of hashes are read ahead.
const WAITING: usize = 8;
/// How many rows the walk looks ahead for the next equal pair, at first and if that is not enough.
const NEAR: usize = 48;
const FAR: usize = 8192;

/// A row and its hash.
pub(super) type Row = (Hash, Position);

/// Rows that only one side has.
pub(super) struct Unpaired {
    /// Of the base and of the current side, in their order.
    pub(super) rows: [Vec<Row>; 2],
    /// Pairs of them at the same place between equal rows: probably one record before and after.
    pub(super) beside: Vec<(Position, Position)>,
}

/// The rows of these files that only one side has. `None` if there are more than `limit`.
pub(super) fn walk(
    (base, base_files): (&Scan, &[usize]),
    (current, current_files): (&Scan, &[usize]),
    limit: usize,
    progress: &dyn Progress,
) -> Result<Option<Unpaired>, Error> {
    std::thread::scope(|scope| {
        let (to_base, from_base) = sync_channel(WAITING);
        let (to_current, from_current) = sync_channel(WAITING);
        scope.spawn(move || send(base, base_files, &to_base));
        scope.spawn(move || send(current, current_files, &to_current));
        let mut sides = [Stream::new(from_base, base, base_files), Stream::new(from_current, current, current_files)];
        let beside = step_all(&mut sides, limit, progress)?;
        let rows = sides.map(|side| side.alone);
        beside.map(|beside| Ok(Unpaired::new(cancel(rows)?, beside))).transpose()
    })
}

impl Unpaired {
    fn new(rows: [Vec<Row>; 2], mut beside: Vec<(Position, Position)>) -> Self {
        let is_alone = |side: usize, row: Position| rows[side].binary_search_by_key(&row, |row| row.1).is_ok();
        beside.retain(|(base, current)| is_alone(0, *base) && is_alone(1, *current));
        Self { rows, beside }
    }

    /// The rows without those in `pairs`, which are sorted.
    pub(super) fn without(self, pairs: &[(Position, Position)]) -> [Vec<Row>; 2] {
        let [mut base, mut current] = self.rows;
        base.retain(|row| pairs.binary_search_by_key(&row.1, |pair| pair.0).is_err());
        current.retain(|row| pairs.binary_search_by_key(&row.1, |pair| pair.1).is_err());
        [base, current]
    }
}

/// Sends all hashes of a side, or the error that stopped it.
fn send(table: &Scan, files: &[usize], to: &SyncSender<Result<FixedSizeBinaryArray, Error>>) {
    for file in files {
        // The receiver is dropped as soon as too much differs.
        let mut listens = true;
        let result = table.scan(*file, &[], true, None, |chunk| {
            listens = to.send(Ok(chunk.stored_hashes().clone())).is_ok();
            listens
        });
        if !listens {
            return;
        }
        if let Err(error) = result {
            let _receiver_is_gone = to.send(Err(error));
            return;
        }
    }
}

/// Walks until both sides end, and returns the pairs of rows at the same place between equal rows.
/// `None` if more than `limit` rows have no equal.
fn step_all(
    sides: &mut [Stream; 2],
    limit: usize,
    progress: &dyn Progress,
) -> Result<Option<Vec<(Position, Position)>>, Error> {
    let mut beside = Vec::new();
    loop {
        for side in sides.iter_mut() {
            side.fill(FAR)?;
        }
        let [base, current] = sides;
        let equal = base.rest().iter().zip(current.rest()).take_while(|(a, b)| a == b).count();
        base.pass(equal);
        current.pass(equal);
        progress.step(2 * equal as u64)?;
        if base.is_done() && current.is_done() {
            return Ok(Some(beside));
        }
        // The equals of the next rows may not have been read yet.
        if equal > 0 {
            continue;
        }
        let near = near_pair(&base.ahead(NEAR), &current.ahead(NEAR));
        let (a, b) = near.unwrap_or_else(|| far_pair(&base.ahead(FAR), &current.ahead(FAR)));
        base.leave(a);
        current.leave(b);
        if a == b {
            let last = |side: &Stream| side.alone[side.alone.len() - a..].iter().map(|row| row.1).collect::<Vec<_>>();
            beside.extend(last(base).into_iter().zip(last(current)));
        }
        if base.alone.len() + current.alone.len() > limit {
            return Ok(None);
        }
    }
}

/// The number of rows on each side before the next equal pair, if it is near.
fn near_pair(base: &[Hash], current: &[Hash]) -> Option<(usize, usize)> {
    (1..base.len() + current.len()).find_map(|sum| {
        let equal = |a: &usize| base.get(*a).is_some_and(|hash| Some(hash) == current.get(sum - a));
        (0..=sum).find(equal).map(|a| (a, sum - a))
    })
}

/// The same if it is not near; all rows if there is no such pair.
fn far_pair(base: &[Hash], current: &[Hash]) -> (usize, usize) {
    let known: HashMap<&Hash, usize> = base.iter().enumerate().rev().map(|(at, hash)| (hash, at)).collect();
    let found = current.iter().enumerate().find_map(|(b, hash)| known.get(hash).map(|a| (*a, b)));
    found.unwrap_or((base.len(), current.len()))
}

/// Removes rows that are on both sides, at other positions.
fn cancel(sides: [Vec<Row>; 2]) -> Result<[Vec<Row>; 2], Error> {
    let mut left = [Vec::new(), Vec::new()];
    let [base, current] = sides.map(|mut rows| {
        rows.sort_unstable();
        rows.into_iter().map(Ok)
    });
    join(
        base,
        current,
        |(hash, _)| *hash,
        |old, new| {
            if old.is_none() || new.is_none() {
                left[0].extend(old);
                left[1].extend(new);
            }
            Ok(())
        },
    )?;
    for rows in &mut left {
        rows.sort_unstable_by_key(|(_, position)| *position);
    }
    Ok(left)
}

/// The hashes of one side as they are read.
struct Stream {
    from: Receiver<Result<FixedSizeBinaryArray, Error>>,
    /// The blocks that have been read and not passed; in parts, a block is a page.
    blocks: VecDeque<FixedSizeBinaryArray>,
    /// How many rows of the first block have been passed, and how many rows in all have not.
    at: usize,
    ahead: usize,
    /// How many rows have been passed in all.
    passed: u64,
    ended: bool,
    /// The files, each with the number of rows up to its end.
    files: Vec<(usize, u64)>,
    alone: Vec<Row>,
}

impl Stream {
    fn new(from: Receiver<Result<FixedSizeBinaryArray, Error>>, table: &Scan, files: &[usize]) -> Self {
        let mut end = 0;
        let files = files.iter().map(|file| {
            end += u64::from(table.rows_of(*file));
            (*file, end)
        });
        let files = files.collect();
        let (blocks, alone) = (VecDeque::new(), Vec::new());
        Self { from, blocks, at: 0, ahead: 0, passed: 0, ended: false, files, alone }
    }

    /// Reads until this many hashes are ahead, or all that are left.
    fn fill(&mut self, number: usize) -> Result<(), Error> {
        while !self.ended && self.ahead < number {
            match self.from.recv() {
                Ok(block) => {
                    let block = block?;
                    self.ahead += block.len();
                    self.blocks.push_back(block);
                }
                Err(_all_is_sent) => self.ended = true,
            }
        }
        Ok(())
    }

    /// Whether every row has been passed.
    fn is_done(&self) -> bool {
        self.ended && self.ahead == 0
    }

    /// The next hashes in one block.
    fn rest(&self) -> &[Hash] {
        self.blocks.front().map_or(&[], |block| &hashes(block)[self.at..])
    }

    /// At most this many of the next hashes.
    fn ahead(&self, number: usize) -> Vec<Hash> {
        let blocks = self.blocks.iter().flat_map(hashes);
        blocks.skip(self.at).take(number).copied().collect()
    }

    fn pass(&mut self, number: usize) {
        self.at += number;
        self.passed += number as u64;
        self.ahead -= number;
        while let Some(first) = self.blocks.front().map(Array::len).filter(|length| *length <= self.at) {
            self.at -= first;
            self.blocks.pop_front();
        }
    }

    /// Passes rows without an equal on the other side.
    fn leave(&mut self, number: usize) {
        for _ in 0..number {
            let row = (self.rest()[0], self.position());
            self.alone.push(row);
            self.pass(1);
        }
    }

    /// The position of the next row.
    fn position(&self) -> Position {
        let file = self.files.partition_point(|(_, end)| *end <= self.passed);
        let start = if file == 0 { 0 } else { self.files[file - 1].1 };
        position(self.files[file].0, u32::try_from(self.passed - start).unwrap_or(u32::MAX))
    }
}

fn hashes(block: &FixedSizeBinaryArray) -> &[Hash] {
    let (hashes, _) = block.value_data().as_chunks();
    &hashes[block.offset()..block.offset() + block.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(text: &str) -> Vec<Hash> {
        text.bytes().map(|byte| [byte; 32]).collect()
    }

    #[track_caller]
    fn check(base: &str, current: &str, want: (usize, usize)) {
        let (base, current) = (repeated(base), repeated(current));
        let found = near_pair(&base, &current).unwrap_or_else(|| far_pair(&base, &current));
        assert_eq!(found, want);
    }

    #[test]
    fn the_next_equal_pair_is_the_nearest() {
        check("abc", "xbc", (1, 1));
        check("abc", "bc", (1, 0));
        check("bc", "abc", (0, 1));
        check("abcd", "xyd", (3, 2));
        check("ab", "xy", (2, 2));
        check("", "xy", (0, 2));
        let long = "x".repeat(100);
        check(&format!("{long}a"), "a", (100, 0));
    }

    #[test]
    fn moved_rows_are_on_both_sides() {
        let rows = |text: &str| repeated(text).into_iter().zip(0..).collect::<Vec<Row>>();
        let [left, right] = cancel([rows("abb"), rows("bxa")]).unwrap();
        let text = |rows: Vec<Row>| rows.into_iter().map(|(hash, position)| (hash[0], position)).collect::<Vec<_>>();
        assert_eq!((text(left), text(right)), (vec![(b'b', 2)], vec![(b'x', 1)]));
    }
}
