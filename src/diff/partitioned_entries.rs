//! [`PartitionedEntries`]: short facts of many rows, in slices that each fit into memory.
//!
//! A slice holds the entries whose first byte pair falls into its share, so two collections with
//! the same number of slices can be compared slice by slice. One slice stays in memory; several
//! go to temporary files without names.

use std::io::{BufReader, BufWriter, Read as _, Seek as _, Write as _};

use super::scan::Position;
use crate::error::Error;
use crate::storage::filesystem::{self, Handle};

/// How many entries a slice holds, roughly.
const SLICE_ROWS: u64 = 1 << 19;
/// How many slices there are at most; beyond that they grow.
const SLICES: u64 = 256;
/// The bytes of an entry.
const BYTES: usize = 40;
/// The buffer of a slice that is written.
const BUFFER: usize = 16 << 10;

/// What is kept of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartitionedEntry {
    /// What entries are matched by.
    pub(super) key: [u8; 16],
    /// What tells entries of one key apart.
    pub(super) value: [u8; 16],
    /// Where the row stands.
    pub(super) position: Position,
}

/// The entries of one side.
#[derive(Debug)]
pub(super) struct PartitionedEntries {
    slices: Vec<Slice>,
}

#[derive(Debug)]
enum Slice {
    Memory(Vec<PartitionedEntry>),
    File(BufWriter<Handle>),
}

/// In how many slices so many rows are held.
pub(super) fn slices(rows: u64) -> usize {
    usize::try_from(rows.div_ceil(SLICE_ROWS).clamp(1, SLICES)).unwrap_or(1)
}

impl PartitionedEntries {
    pub(super) fn new(slices: usize) -> Result<Self, Error> {
        let mut held = Vec::with_capacity(slices);
        for _ in 0..slices {
            held.push(match slices {
                1 => Slice::Memory(Vec::new()),
                _ => Slice::File(BufWriter::with_capacity(BUFFER, filesystem::scratch(&std::env::temp_dir())?)),
            });
        }
        Ok(Self { slices: held })
    }

    pub(super) fn push(&mut self, entry: PartitionedEntry) -> Result<(), Error> {
        let share = usize::from(u16::from_be_bytes([entry.key[0], entry.key[1]]));
        let slice = (share * self.slices.len()) >> 16;
        match &mut self.slices[slice] {
            Slice::Memory(entries) => entries.push(entry),
            Slice::File(file) => file.write_all(&to_bytes(&entry)).map_err(failed)?,
        }
        Ok(())
    }

    /// The slices one after the other, each in order.
    pub(super) fn into_slices(self) -> impl Iterator<Item = Result<Vec<PartitionedEntry>, Error>> {
        self.slices.into_iter().map(|slice| {
            let mut entries = match slice {
                Slice::Memory(entries) => entries,
                Slice::File(file) => read_back(file).map_err(failed)?,
            };
            entries.sort_unstable();
            Ok(entries)
        })
    }
}

fn read_back(file: BufWriter<Handle>) -> std::io::Result<Vec<PartitionedEntry>> {
    let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    let bytes = file.stream_position()?;
    file.rewind()?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut entries = Vec::new();
    let mut buffer = [0; BYTES];
    for _ in 0..bytes / BYTES as u64 {
        reader.read_exact(&mut buffer)?;
        entries.push(of_bytes(&buffer));
    }
    Ok(entries)
}

fn to_bytes(entry: &PartitionedEntry) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[..16].copy_from_slice(&entry.key);
    bytes[16..32].copy_from_slice(&entry.value);
    bytes[32..].copy_from_slice(&entry.position.to_be_bytes());
    bytes
}

fn of_bytes(bytes: &[u8; BYTES]) -> PartitionedEntry {
    let part = |from: usize| std::array::from_fn(|at| bytes[from + at]);
    let position = Position::from_be_bytes(std::array::from_fn(|at| bytes[32 + at]));
    PartitionedEntry { key: part(0), value: part(16), position }
}

fn failed(source: std::io::Error) -> Error {
    Error::io("write to a temporary file in", &std::env::temp_dir(), source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_hold_what_was_put_in_and_are_in_order() {
        for number in [1, 2, 7] {
            let mut entries = PartitionedEntries::new(number).unwrap();
            let mut want: Vec<PartitionedEntry> = (0..1000_u64)
                .map(|row| PartitionedEntry {
                    key: [(row * 37 % 256).to_be_bytes()[7]; 16],
                    value: [7; 16],
                    position: row,
                })
                .collect();
            for entry in &want {
                entries.push(*entry).unwrap();
            }
            want.sort_unstable();
            let got: Vec<PartitionedEntry> = entries.into_slices().flat_map(Result::unwrap).collect();
            assert_eq!(got, want);
        }
    }

    #[test]
    fn as_many_slices_as_rows_need() {
        assert_eq!(slices(0), 1);
        assert_eq!(slices(SLICE_ROWS), 1);
        assert_eq!(slices(SLICE_ROWS + 1), 2);
        assert_eq!(slices(u64::MAX), 256);
    }
}
