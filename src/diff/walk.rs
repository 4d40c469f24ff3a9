//! Walking the record hashes of two releases side by side: which rows stand on one side only?
//!
//! Releases are sorted alike, so nearly all rows of a new release stand where they stood before,
//! a few places on. The walk looks at hashes alone and gives up when too much differs; keys are
//! compared elsewhere.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::table::{Position, Table, position};
use crate::error::Error;

/// A record hash.
pub(super) type Hash = [u8; 32];
/// How many hashes travel at a time.
const BLOCK: usize = 8192;
/// How many blocks wait for the walk.
const WAITING: usize = 8;
/// How far the walk looks ahead for the next equal pair, first and if that is not enough.
const NEAR: usize = 48;
const FAR: usize = BLOCK;

/// A row and its hash.
pub(super) type Row = (Hash, Position);

/// The rows of the given files that stand on one side only, by their hashes. None if there are
/// more than `limit` of them.
pub(super) fn walk(
    (base, base_files): (&Table, &[usize]),
    (current, current_files): (&Table, &[usize]),
    limit: usize,
) -> Result<Option<[Vec<Row>; 2]>, Error> {
    std::thread::scope(|scope| {
        let (to_base, from_base) = sync_channel(WAITING);
        let (to_current, from_current) = sync_channel(WAITING);
        scope.spawn(move || send(base, base_files, &to_base));
        scope.spawn(move || send(current, current_files, &to_current));
        let mut sides = [Stream::new(from_base, base, base_files), Stream::new(from_current, current, current_files)];
        let finished = step_all(&mut sides, limit)?;
        let [base, current] = sides.map(|side| side.alone);
        Ok(finished.then(|| cancel(base, current)))
    })
}

/// Sends all hashes of a side, then what kept it from going on.
fn send(table: &Table, files: &[usize], to: &SyncSender<Result<Vec<u8>, Error>>) {
    for file in files {
        let mut block = Vec::new();
        // The other end is gone as soon as too much differs.
        let result = table.scan(*file, &[], true, None, |chunk| {
            block.extend_from_slice(chunk.stored_hashes());
            block.len() < BLOCK * 32 || to.send(Ok(std::mem::take(&mut block))).is_ok()
        });
        let last = result.map(|()| block);
        let failed = last.is_err();
        if to.send(last).is_err() || failed {
            return;
        }
    }
}

/// Walks until both sides end; whether no more than `limit` rows stand alone.
fn step_all(sides: &mut [Stream; 2], limit: usize) -> Result<bool, Error> {
    loop {
        for side in sides.iter_mut() {
            side.fill(FAR)?;
        }
        let [base, current] = sides;
        let equal = base.rest().iter().zip(current.rest()).take_while(|(a, b)| a == b).count();
        base.pass(equal);
        current.pass(equal);
        if base.is_done() && current.is_done() {
            return Ok(true);
        }
        // What equals the next rows may not be here yet.
        if equal > 0 {
            continue;
        }
        let (a, b) = next_pair(base.rest(), current.rest());
        base.leave(a);
        current.leave(b);
        if base.alone.len() + current.alone.len() > limit {
            return Ok(false);
        }
    }
}

/// How many rows stand alone on each side before the next equal pair, or all that can be seen.
fn next_pair(base: &[Hash], current: &[Hash]) -> (usize, usize) {
    let (near_base, near_current) = (&base[..base.len().min(NEAR)], &current[..current.len().min(NEAR)]);
    for sum in 1..near_base.len() + near_current.len() {
        for a in 0..=sum {
            if let (Some(x), Some(y)) = (near_base.get(a), near_current.get(sum - a))
                && x == y
            {
                return (a, sum - a);
            }
        }
    }
    let (far_base, far_current) = (&base[..base.len().min(FAR)], &current[..current.len().min(FAR)]);
    let places: HashMap<&Hash, usize> = far_base.iter().enumerate().rev().map(|(at, hash)| (hash, at)).collect();
    let found = far_current.iter().enumerate().find_map(|(b, hash)| places.get(hash).map(|a| (*a, b)));
    found.unwrap_or((far_base.len(), far_current.len()))
}

/// Takes out what stands on both sides, only elsewhere.
fn cancel(mut base: Vec<Row>, mut current: Vec<Row>) -> [Vec<Row>; 2] {
    base.sort_unstable();
    current.sort_unstable();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (mut a, mut b) = (base.iter().peekable(), current.iter().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x.0 == y.0 => {
                a.next();
                b.next();
            }
            (Some(x), Some(y)) if x.0 < y.0 => left.extend(a.next().copied()),
            (Some(_), Some(_)) => right.extend(b.next().copied()),
            _ => break,
        }
    }
    left.extend(a.copied());
    right.extend(b.copied());
    left.sort_unstable_by_key(|(_, place)| *place);
    right.sort_unstable_by_key(|(_, place)| *place);
    [left, right]
}

/// One side as it comes in.
struct Stream {
    from: Receiver<Result<Vec<u8>, Error>>,
    hashes: Vec<Hash>,
    /// How many of `hashes` are behind us.
    at: usize,
    /// How many rows are behind us in all.
    passed: u64,
    ended: bool,
    /// The files and the number of the row behind the last of each.
    files: Vec<(usize, u64)>,
    alone: Vec<Row>,
}

impl Stream {
    fn new(from: Receiver<Result<Vec<u8>, Error>>, table: &Table, files: &[usize]) -> Self {
        let mut end = 0;
        let files = files.iter().map(|file| {
            end += u64::from(table.rows_of(*file));
            (*file, end)
        });
        let files = files.collect();
        Self { from, hashes: Vec::new(), at: 0, passed: 0, ended: false, files, alone: Vec::new() }
    }

    /// Has at least so many hashes ready, or all there are.
    fn fill(&mut self, number: usize) -> Result<(), Error> {
        while !self.ended && self.hashes.len() - self.at < number {
            match self.from.recv() {
                Ok(block) => {
                    let block = block?;
                    self.hashes.drain(..self.at);
                    self.at = 0;
                    self.hashes
                        .extend(block.chunks_exact(32).map(|hash| -> Hash { std::array::from_fn(|at| hash[at]) }));
                }
                Err(_all_is_sent) => self.ended = true,
            }
        }
        Ok(())
    }

    /// Whether every row is behind us.
    fn is_done(&self) -> bool {
        self.ended && self.rest().is_empty()
    }

    fn rest(&self) -> &[Hash] {
        &self.hashes[self.at..]
    }

    fn pass(&mut self, number: usize) {
        self.at += number;
        self.passed += number as u64;
    }

    /// Passes rows that have no equal here on the other side.
    fn leave(&mut self, number: usize) {
        for _ in 0..number {
            let place = self.place();
            self.alone.push((self.hashes[self.at], place));
            self.pass(1);
        }
    }

    /// Where the next row stands.
    fn place(&self) -> Position {
        let file = self.files.partition_point(|(_, end)| *end <= self.passed);
        let start = if file == 0 { 0 } else { self.files[file - 1].1 };
        position(self.files[file].0, u32::try_from(self.passed - start).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<Hash> {
        text.bytes().map(|byte| [byte; 32]).collect()
    }

    #[track_caller]
    fn check(base: &str, current: &str, want: (usize, usize)) {
        assert_eq!(next_pair(&hashes(base), &hashes(current)), want);
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
    fn what_moved_is_on_both_sides() {
        let rows = |text: &str| hashes(text).into_iter().zip(0..).collect::<Vec<Row>>();
        let [left, right] = cancel(rows("abb"), rows("bxa"));
        let text = |rows: Vec<Row>| rows.into_iter().map(|(hash, place)| (hash[0], place)).collect::<Vec<_>>();
        assert_eq!((text(left), text(right)), (vec![(b'b', 2)], vec![(b'x', 1)]));
    }
}
