//! [`SortEntry`]: what sorting and cutting need from a record, without its columns.
//!
//! Sort entries are small, so order, cuts and fingerprints of any number of records can be computed
//! without reading the rows. On disk they only exist in scratch files: their form is not a format.

use std::io::{self, Read, Write};

use crate::record::RecordHash;

/// A record without its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortEntry {
    /// Its position in the order, as bytes that compare (`Order::sort_key`).
    pub(crate) sort_key: Box<[u8]>,
    /// Its record hash.
    pub(crate) hash: RecordHash,
    /// The first eight bytes, big endian, of the SHA-256 of its key. Cuts depend on it.
    pub(crate) cut: u64,
    /// The length of its canonical form in bytes; 0 if it is not known yet.
    pub(crate) length: u64,
    /// A number that is unique among all entries that are sorted together.
    pub(crate) ordinal: u64,
    /// Where its row is.
    pub(crate) location: RowLocation,
    /// Where its article is in the inputs.
    pub(crate) span: SourceSpan,
    /// What the validation cache keeps of its article. The sort does not interpret it.
    pub(crate) cache_entry: [u8; CACHE_ENTRY_BYTES],
}

/// The number of bytes that the validation cache keeps of an article.
pub(crate) const CACHE_ENTRY_BYTES: usize = 35;

/// Where the row of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowLocation {
    /// At this index in its run.
    Run(u32),
    /// At this index in the base release.
    Base(u32),
}

/// Where an article is in the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SourceSpan {
    /// The index of the source.
    pub(crate) source: u32,
    /// The line of its first byte, from 1.
    pub(crate) line: u64,
    /// The offset of its first byte, from 0.
    pub(crate) byte: u64,
    /// Its length in bytes.
    pub(crate) length: u64,
}

impl SortEntry {
    /// Sorts the entries of a chunk. Entries with equal sort keys sort by ordinal.
    pub(crate) fn sort(entries: &mut Vec<Self>) {
        entries.sort_unstable_by(|a, b| (&a.sort_key, a.ordinal).cmp(&(&b.sort_key, b.ordinal)));
        entries.shrink_to_fit();
    }

    /// About how many bytes of memory it takes, including the overhead of the allocator.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>() + self.sort_key.len() + 64
    }

    /// Writes it to a scratch file.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let (base, row) = match self.location {
            RowLocation::Run(row) => (0, row),
            RowLocation::Base(row) => (1, row),
        };
        let length = u32::try_from(self.sort_key.len()).map_err(io::Error::other)?;
        let SourceSpan { source, line, byte, length: bytes } = self.span;
        for number in [self.cut, self.length, self.ordinal, line, byte, bytes] {
            out.write_all(&number.to_le_bytes())?;
        }
        for number in [base, row, source, length] {
            out.write_all(&number.to_le_bytes())?;
        }
        out.write_all(self.hash.as_bytes())?;
        out.write_all(&self.cache_entry)?;
        out.write_all(&self.sort_key)
    }

    /// Reads what [`SortEntry::write`] wrote.
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
        let mut cache_entry = [0; CACHE_ENTRY_BYTES];
        from.read_exact(&mut cache_entry)?;
        let mut sort_key = vec![0; key_length as usize];
        from.read_exact(&mut sort_key)?;
        Ok(Self {
            sort_key: sort_key.into_boxed_slice(),
            hash: RecordHash::from_bytes(hash),
            cut,
            length,
            ordinal,
            location: if base == 0 { RowLocation::Run(row) } else { RowLocation::Base(row) },
            span: SourceSpan { source, line, byte, length: bytes },
            cache_entry,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn a_written_entry_is_read() {
        for location in [RowLocation::Run(7), RowLocation::Base(u32::MAX)] {
            let span = SourceSpan { source: 1, line: 2, byte: 3, length: 4 };
            let hash = RecordHash::new(Digest::of(b"a"));
            let (sort_key, cache_entry) = (Box::from(*b"key"), [8; CACHE_ENTRY_BYTES]);
            let entry = SortEntry { sort_key, hash, cut: 5, length: 6, ordinal: 7, location, span, cache_entry };
            let mut bytes = Vec::new();
            entry.write(&mut bytes).unwrap();
            assert_eq!(SortEntry::read(&mut bytes.as_slice()).unwrap(), entry);
            assert!(SortEntry::read(&mut &bytes[..bytes.len() - 1]).is_err());
        }
    }
}
