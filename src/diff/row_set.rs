//! [`RowSet`]: a set of rows of one table, a bit for each.

use super::scan::{Position, Scan, file_of, position};

/// A set of rows.
#[derive(Debug)]
pub(super) struct RowSet {
    /// For each file 64 rows a word; nothing where none is marked.
    files: Vec<Vec<u64>>,
    count: u64,
}

impl RowSet {
    /// No rows of `table`.
    pub(super) fn new(table: &Scan) -> Self {
        Self { files: vec![Vec::new(); table.all_files().len()], count: 0 }
    }

    pub(super) fn len(&self) -> u64 {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn insert(&mut self, place: Position) {
        let (words, word, bit) = self.slot(place);
        if words.len() <= word {
            words.resize(word + 1, 0);
        }
        let is_new = words[word] & bit == 0;
        words[word] |= bit;
        self.count += u64::from(is_new);
    }

    pub(super) fn remove(&mut self, place: Position) {
        let (words, word, bit) = self.slot(place);
        if let Some(held) = words.get_mut(word).filter(|held| **held & bit != 0) {
            *held &= !bit;
            self.count -= 1;
        }
    }

    fn slot(&mut self, place: Position) -> (&mut Vec<u64>, usize, u64) {
        let row = place & u64::from(u32::MAX);
        (&mut self.files[file_of(place)], usize::try_from(row / 64).unwrap_or(usize::MAX), 1 << (row % 64))
    }

    /// The rows in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Position> {
        self.files.iter().enumerate().flat_map(|(file, words)| {
            let words = (0_u32..).zip(words).filter(|(_, word)| **word != 0);
            words.flat_map(move |(at, word)| {
                (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| position(file, at * 64 + bit))
            })
        })
    }

    /// Calls `each` with the rows, at most `size` at a time.
    pub(super) fn chunks<E>(&self, size: usize, mut each: impl FnMut(&[Position]) -> Result<(), E>) -> Result<(), E> {
        let mut chunk = Vec::new();
        for place in self.iter() {
            chunk.push(place);
            if chunk.len() >= size {
                each(&chunk)?;
                chunk.clear();
            }
        }
        if chunk.is_empty() { Ok(()) } else { each(&chunk) }
    }
}
