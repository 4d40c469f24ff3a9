//! [`CacheFile`]: which articles the records of the release that was built last came from, by their
//! very bytes, so that the next build need not judge them again.
//!
//! It is a cache in the user's own cache folder, where nobody else can put one: a build trusts what it
//! says of an article that it recognises by the first 24 bytes of its SHA-256. It is used only if it
//! is whole and was written by this version of the tool, under the same rules, for the very release
//! that is built upon, every part of which is hashed before a record is recalled from it
//! ([`super::inspect`]); else it is passed over without a word. A build without it gives the same
//! release and takes longer. What it recalls is put together by [`super::previous_index`].

use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::key_state::Rank;
use super::memory::Memory;
use crate::digest::{Digest, Hashing};
use crate::error::Error;
use crate::external_sort::{CACHE_ENTRY_BYTES, SortEntry};
use crate::filesystem::{self, Spooled};
use crate::input::Selection;
use crate::mapping::Mapping;
use crate::release::Dataset;
use crate::schema::Schema;
use crate::validate::{ArticleDigest, Effects};

/// What the file starts with.
const FORMAT: &[u8] = b"pressmark-memo/2\n";
/// How many different traces are told apart. Few differ; articles that leave more are judged again.
const TRACES: usize = 1 << 14;
/// Where the number of the trace and the rank stand in a cache_entry, behind what the article is known by.
const TRACE: usize = ArticleDigest::LENGTH;
const RANK: usize = TRACE + 2;
const _: () = assert!(RANK + size_of::<Rank>() == CACHE_ENTRY_BYTES, "a cache_entry is as long as what it is made of");

/// What is remembered of one article. All zeros: nothing.
pub(super) type CacheEntry = [u8; CACHE_ENTRY_BYTES];

/// The cache_entry of an article whose trace is at this place among those of its block.
pub(super) fn cache_entry(seen: &ArticleDigest, trace: usize, rank: &Rank) -> CacheEntry {
    let mut cache_entry = [0; CACHE_ENTRY_BYTES];
    if let Ok(number) = u16::try_from(trace + 1) {
        cache_entry[..TRACE].copy_from_slice(seen.as_bytes());
        cache_entry[TRACE..RANK].copy_from_slice(&number.to_le_bytes());
        cache_entry[RANK..].copy_from_slice(rank);
    }
    cache_entry
}

/// The place of a cache_entry's trace, and none if nothing is remembered.
fn trace_of(cache_entry: &[u8]) -> Option<u16> {
    u16::from_le_bytes([cache_entry[TRACE], cache_entry[TRACE + 1]]).checked_sub(1)
}

/// The traces of all articles, each once.
#[derive(Debug, Default)]
pub(super) struct EffectsTable(HashMap<Effects, u16>);

impl EffectsTable {
    /// The places of these traces among all; none if there are too many.
    pub(super) fn places<'t>(&mut self, traces: impl Iterator<Item = &'t Effects>) -> Vec<Option<u16>> {
        let place = |trace: &Effects| {
            if let Some(place) = self.0.get(trace) {
                return Some(*place);
            }
            let place = u16::try_from(self.0.len()).ok().filter(|place| usize::from(*place) < TRACES)?;
            self.0.insert(trace.clone(), place);
            Some(place)
        };
        traces.map(place).collect()
    }

    /// Gives a cache_entry the place of its trace among all, from those of its block.
    pub(super) fn renumber(cache_entry: &mut CacheEntry, places: &[Option<u16>]) {
        if let Some(own) = trace_of(cache_entry) {
            let number = places[usize::from(own)].map_or(0, |place| place + 1);
            cache_entry[TRACE..RANK].copy_from_slice(&number.to_le_bytes());
        }
    }

    fn in_order(&self) -> Vec<&Effects> {
        let mut traces: Vec<(&Effects, &u16)> = self.0.iter().collect();
        traces.sort_unstable_by_key(|(_, place)| **place);
        traces.into_iter().map(|(trace, _)| trace).collect()
    }
}

/// All that decides what becomes of an article, but for its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct CacheIdentity {
    sha256: Digest,
    /// How many bytes of a cache_entry are kept: the rank only where records have one.
    width: usize,
}

impl CacheIdentity {
    pub(super) fn of(dataset: &Dataset, selection: &Selection, schema: &Schema, mapping: &Mapping) -> Self {
        // Where articles are does not change what becomes of one.
        let selected = format!("{:?}", (&selection.only, &selection.skip));
        let rules = json!([
            env!("CARGO_PKG_VERSION"),
            schema.sha256(),
            dataset.policy.extra,
            dataset.policy.invalid_optional,
            mapping.sha256(),
            dataset.key,
            dataset.order_by,
            dataset.policy.newest_by,
            selected,
        ]);
        let width = if dataset.policy.newest_by.is_some() { CACHE_ENTRY_BYTES } else { RANK };
        Self { sha256: Digest::of(rules.to_string().as_bytes()), width }
    }

    /// What a memo must say to be one of these rules and of the release with this manifest.
    fn of_release(&self, manifest: &Digest) -> Digest {
        Digest::of(&[*self.sha256.as_bytes(), *manifest.as_bytes()].concat())
    }
}

/// The memo of the releases that stand in one folder. Memos of other datasets have other names, and
/// one file is kept for each dataset, however often its rules change. Whoever has the lock of the
/// folder is the only one who writes it.
///
/// `None` if the cache folder cannot be made, or others may write to it.
pub(super) fn file(cache: &Path, releases: &Path, dataset: &Dataset) -> Option<PathBuf> {
    filesystem::private_folder(cache).ok()?;
    let releases = filesystem::resolved(releases).ok()?;
    // A name of a dataset holds no zero byte, so that no other name and path give these bytes.
    let identity = [dataset.name.as_bytes(), &[0], releases.as_os_str().as_encoded_bytes()].concat();
    Some(cache.join(format!("{}.memo", Digest::of(&identity))))
}

/// The cache_entries of a release in the making, in the order of its records.
#[derive(Debug)]
pub(super) struct CacheWriter {
    rules: CacheIdentity,
    /// Where they are to be kept; without a place nothing is remembered.
    file: Option<PathBuf>,
    out: BufWriter<Spooled>,
    any: bool,
    folder: PathBuf,
}

impl CacheWriter {
    pub(super) fn new(rules: CacheIdentity, file: Option<PathBuf>, folder: &Path, memory: Memory) -> Self {
        let out = BufWriter::new(filesystem::spooled(folder, memory.cache_entries()));
        Self { rules, file, out, any: false, folder: folder.to_owned() }
    }

    /// Adds that of the next record.
    pub(super) fn push(&mut self, entry: &SortEntry) -> Result<(), Error> {
        if self.file.is_none() {
            return Ok(());
        }
        self.any |= trace_of(&entry.cache_entry).is_some();
        let kept = &entry.cache_entry[..self.rules.width];
        self.out.write_all(kept).map_err(|source| Error::io("write a scratch file in", &self.folder, source))
    }

    /// Writes the memo of the release with this manifest to its place, over the one before, or
    /// none if nothing is remembered.
    ///
    /// # Errors
    /// [`Error::Io`]; what stands there then does not fit, or is the one before.
    pub(super) fn write(self, traces: &EffectsTable, manifest: &Digest) -> Result<(), Error> {
        let Some(path) = self.file else { return Ok(()) };
        if !self.any {
            return filesystem::remove_file(&path);
        }
        let failed = |source| Error::io("write", &path, source);
        let traces = serde_json::to_vec(&traces.in_order()).expect("traces are texts and numbers");
        let length = u32::try_from(traces.len()).map_err(io::Error::other).map_err(failed)?;
        let mut cache_entries = self.out.into_inner().map_err(|error| failed(error.into_error()))?;
        cache_entries.seek(SeekFrom::Start(0)).map_err(failed)?;
        let (staged, file) = filesystem::stage_file_at(&path.with_extension("staging"))?;
        let mut out = Hashing::new(BufWriter::with_capacity(1 << 16, file));
        let fits = self.rules.of_release(manifest);
        let head = [FORMAT, fits.as_bytes(), &length.to_le_bytes(), &traces].concat();
        out.write_all(&head).map_err(failed)?;
        io::copy(&mut BufReader::with_capacity(1 << 16, cache_entries), &mut out).map_err(failed)?;
        let (mut file, _, sha256) = out.finish();
        file.write_all(sha256.as_bytes()).map_err(failed)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        filesystem::publish_unsynced((staged, file), &path)
    }
}

/// What is remembered of a release.
#[derive(Debug)]
pub(super) struct CacheFile {
    traces: Vec<Effects>,
    cache_entries: Vec<u8>,
    width: usize,
}

impl CacheFile {
    /// The memo at `path`, if it is whole, of these rules, of the release with this manifest and
    /// so many records, and not larger than `limit` bytes.
    pub(super) fn open(
        path: &Path,
        rules: CacheIdentity,
        (manifest, records): (&Digest, u64),
        limit: usize,
    ) -> Option<Self> {
        filesystem::size(path).filter(|size| *size <= limit as u64)?;
        let bytes = filesystem::read_bounded(path, limit as u64).ok()?;
        let memo = Self::parse(bytes, &rules.of_release(manifest), rules.width)?;
        (memo.cache_entries.len() as u64 == records.checked_mul(rules.width as u64)?).then_some(memo)
    }

    fn parse(mut bytes: Vec<u8>, fits: &Digest, width: usize) -> Option<Self> {
        let (all, sha256) = bytes.split_last_chunk::<32>()?;
        let (told, rest) = all.strip_prefix(FORMAT)?.split_first_chunk::<32>()?;
        // The fit first: reading the rest of one that does not fit would be for nothing.
        if told != fits.as_bytes() || sha256 != Digest::of(all).as_bytes() {
            return None;
        }
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (traces, cache_entries) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let traces: Vec<Effects> = serde_json::from_slice(traces).ok()?;
        let (start, end) = (all.len() - cache_entries.len(), all.len());
        let known = |cache_entry: &[u8]| trace_of(cache_entry).is_none_or(|place| usize::from(place) < traces.len());
        if !cache_entries.chunks_exact(width).all(known) {
            return None;
        }
        bytes.truncate(end);
        bytes.drain(..start);
        Some(Self { traces, cache_entries: bytes, width })
    }

    /// All traces.
    pub(super) fn traces(&self) -> &[Effects] {
        &self.traces
    }

    /// The cache_entry of the record in this row. A damaged release may have more rows than it had.
    pub(super) fn cache_entry(&self, row: u32) -> CacheEntry {
        let mut cache_entry = [0; CACHE_ENTRY_BYTES];
        if let Some(kept) = self.cache_entries.chunks_exact(self.width).nth(row as usize) {
            cache_entry[..self.width].copy_from_slice(kept);
        }
        cache_entry
    }

    /// The place of the trace that the article of a row left, if it is this article.
    pub(super) fn trace_of(&self, row: u32, seen: &ArticleDigest) -> Option<u16> {
        let cache_entry = &self.cache_entries[row as usize * self.width..][..self.width];
        (cache_entry[..TRACE] == *seen.as_bytes()).then(|| trace_of(cache_entry)).flatten()
    }

    /// The rank of the record in this row.
    pub(super) fn rank(&self, row: u32) -> Rank {
        *self.cache_entry(row).last_chunk().expect("a rank is shorter than a cache_entry")
    }

    /// The rows whose articles are remembered, by the start of what these are known by.
    pub(super) fn rows(&self) -> HashMap<u64, u32> {
        let cache_entries = (0..).zip(self.cache_entries.chunks_exact(self.width));
        cache_entries
            .filter(|(_, cache_entry)| trace_of(cache_entry).is_some())
            .map(|(row, cache_entry)| (start(cache_entry), row))
            .collect()
    }
}

/// The first bytes of a cache_entry, or of what an article is known by.
pub(super) fn start(seen: &[u8]) -> u64 {
    u64::from_le_bytes(*seen.first_chunk().expect("it has more bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external_sort::{RowLocation, SourceSpan};
    use crate::record::RecordHash;

    fn trace(cut: bool) -> Effects {
        Effects { cut, ..Effects::default() }
    }

    #[test]
    fn what_is_written_is_read_where_it_fits() {
        for (width, kept) in [(RANK, [0; 9]), (CACHE_ENTRY_BYTES, [7; 9])] {
            let folder = tempfile::tempdir().unwrap();
            let rules = CacheIdentity { sha256: Digest::of(b"rules"), width };
            let path = folder.path().join("a.memo");
            let mut cache_entries = CacheWriter::new(rules, Some(path.clone()), folder.path(), Memory::LEAST);
            let seen = [b"a", b"b"].map(|article| ArticleDigest::of(article));
            for (row, cache_entry) in (0..).zip([
                cache_entry(&seen[0], 1, &[7; 9]),
                [0; CACHE_ENTRY_BYTES],
                cache_entry(&seen[1], 0, &[7; 9]),
            ]) {
                let (sort_key, hash) = (Box::from([1, 2]), RecordHash::new(Digest::of(b"record")));
                let (location, span) = (RowLocation::Run(row), SourceSpan::default());
                let entry = SortEntry {
                    sort_key,
                    hash,
                    cut: 0,
                    length: 1,
                    ordinal: u64::from(row),
                    location,
                    span,
                    cache_entry,
                };
                cache_entries.push(&entry).unwrap();
            }
            let mut traces = EffectsTable::default();
            assert_eq!(traces.places([trace(false), trace(true)].iter()), [Some(0), Some(1)]);
            let (manifest, another) = (Digest::of(b"manifest"), Digest::of(b"another"));
            cache_entries.write(&traces, &manifest).unwrap();
            let open = |rules, manifest, records, limit| CacheFile::open(&path, rules, (manifest, records), limit);
            let memo = open(rules, &manifest, 3, 1 << 20).unwrap();
            assert_eq!(memo.traces(), [trace(false), trace(true)]);
            assert_eq!([0, 1, 2].map(|row| memo.trace_of(row, &seen[0])), [Some(1), None, None]);
            assert_eq!((memo.trace_of(2, &seen[1]), memo.rank(2)), (Some(0), kept));
            assert_eq!((memo.rows().len(), memo.cache_entry(3)), (2, [0; CACHE_ENTRY_BYTES]));
            let other = CacheIdentity { sha256: Digest::of(b"others"), width };
            assert!(open(other, &manifest, 3, 1 << 20).is_none());
            assert!(open(rules, &another, 3, 1 << 20).is_none());
            assert!(open(rules, &manifest, 2, 1 << 20).is_none());
            assert!(open(rules, &manifest, 3, 100).is_none());
        }
    }

    #[test]
    fn more_traces_than_can_be_told_apart_are_forgotten() {
        let many = (0..=TRACES).map(|number| Effects {
            normalised: [(number.to_string(), [("trim".to_owned(), 1)].into())].into(),
            cut: false,
        });
        let many: Vec<Effects> = many.collect();
        let mut traces = EffectsTable::default();
        let places = traces.places(many.iter());
        assert_eq!(places[TRACES - 1..], [Some(16_383), None]);
        assert_eq!(traces.places(many[5..6].iter()), [Some(5)]);
        let mut cache_entries = [TRACES - 1, TRACES].map(|place| cache_entry(&ArticleDigest::of(b"a"), place, &[0; 9]));
        for cache_entry in &mut cache_entries {
            EffectsTable::renumber(cache_entry, &places);
        }
        assert_eq!(cache_entries.map(|cache_entry| trace_of(&cache_entry)), [Some(16_383), None]);
    }
}
