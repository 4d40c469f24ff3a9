//! [`SortEntry`]: what sorting and cutting need to know of a record, apart from its columns.
//!
//! Facts are small, so that order, cuts and fingerprints of any number of records are found
//! without touching their texts. On disk they only stand in scratch files.

use std::io::{self, Read, Write};

use crate::record::RecordHash;

/// What is known of a record beside its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortEntry {
    /// Its place in the order (`Order::sort_key`).
    pub sort_key: Box<[u8]>,
    /// Its record hash.
    pub hash: RecordHash,
    /// The first eight bytes, big endian, of SHA-256 of its key's text: what cuts are made by.
    pub cut: u64,
    /// The length of its canonical form in bytes; 0 where it is not known yet.
    pub length: u64,
    /// A number of its own among all that are sorted together.
    pub ordinal: u64,
    /// Where its columns are.
    pub at: RowLocation,
    /// Where its article stood.
    pub place: SourceSpan,
    /// What is to be remembered of its article. Only whoever wrote it can read it.
    pub mark: [u8; MARK],
}

/// How many bytes are remembered of an article.
pub const MARK: usize = 35;

/// Where a record's columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowLocation {
    /// In this row of its run.
    Run(u32),
    /// In this row of the release that is built upon.
    Base(u32),
}

/// Where an article stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceSpan {
    /// The number of the source.
    pub source: u32,
    /// The line of its first byte, from 1.
    pub line: u64,
    /// The offset of its first byte, from 0.
    pub byte: u64,
    /// How many bytes it had.
    pub length: u64,
}

impl SortEntry {
    /// About how many bytes of memory it takes, with what an allocator adds and keeps.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.sort_key.len() + 64
    }

    /// Writes it to a scratch file.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let (base, row) = match self.at {
            RowLocation::Run(row) => (0, row),
            RowLocation::Base(row) => (1, row),
        };
        let length = u32::try_from(self.sort_key.len()).map_err(io::Error::other)?;
        let SourceSpan { source, line, byte, length: bytes } = self.place;
        for number in [self.cut, self.length, self.ordinal, line, byte, bytes] {
            out.write_all(&number.to_le_bytes())?;
        }
        for number in [base, row, source, length] {
            out.write_all(&number.to_le_bytes())?;
        }
        out.write_all(self.hash.as_bytes())?;
        out.write_all(&self.mark)?;
        out.write_all(&self.sort_key)
    }

    /// Reads back what [`SortEntry::write`] wrote.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut long = || -> io::Result<u64> {
            let mut bytes = [0; 8];
            from.read_exact(&mut bytes)?;
            Ok(u64::from_le_bytes(bytes))
        };
        let [cut, length, ordinal, line, byte, bytes] = [long()?, long()?, long()?, long()?, long()?, long()?];
        let mut short = || -> io::Result<u32> {
            let mut bytes = [0; 4];
            from.read_exact(&mut bytes)?;
            Ok(u32::from_le_bytes(bytes))
        };
        let [base, row, source, key_length] = [short()?, short()?, short()?, short()?];
        let mut hash = [0; 32];
        from.read_exact(&mut hash)?;
        let mut mark = [0; MARK];
        from.read_exact(&mut mark)?;
        let mut sort_key = vec![0; key_length as usize];
        from.read_exact(&mut sort_key)?;
        Ok(Self {
            sort_key: sort_key.into_boxed_slice(),
            hash: RecordHash::from_bytes(hash),
            cut,
            length,
            ordinal,
            at: if base == 0 { RowLocation::Run(row) } else { RowLocation::Base(row) },
            place: SourceSpan { source, line, byte, length: bytes },
            mark,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn what_is_written_is_read() {
        for at in [RowLocation::Run(7), RowLocation::Base(u32::MAX)] {
            let place = SourceSpan { source: 1, line: 2, byte: 3, length: 4 };
            let hash = RecordHash::new(Digest::of(b"a"));
            let (sort_key, mark) = (Box::from(*b"key"), [8; MARK]);
            let fact = SortEntry { sort_key, hash, cut: 5, length: 6, ordinal: 7, at, place, mark };
            let mut bytes = Vec::new();
            fact.write(&mut bytes).unwrap();
            assert_eq!(SortEntry::read(&mut bytes.as_slice()).unwrap(), fact);
            assert!(SortEntry::read(&mut &bytes[..bytes.len() - 1]).is_err());
        }
    }
}
