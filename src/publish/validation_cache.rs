//! [`CacheFile`]: which articles the records of the last release came from, so that the next build does
//! not validate the same bytes again.
//!
//! The file is in the user's cache folder, which other users cannot write to. A build trusts it for every
//! article whose SHA-256 starts with the same 24 bytes. The file is used only if it is complete and was
//! written by this version of pressmark, under the same rules, for the same release; all parts of that
//! release are hashed before a record is reused ([`super::inspect`]). Otherwise it is ignored without a
//! message. A build without the file creates the same release and takes longer. This module does not look
//! up rows; [`super::previous_index`] does.

use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::memory::Memory;
use crate::digest::{Digest, Hashing};
use crate::error::Error;
use crate::external_sort::{CACHE_ENTRY_BYTES, SortEntry};
use crate::input::Selection;
use crate::mapping::Mapping;
use crate::release::Dataset;
use crate::schema::Schema;
use crate::storage::filesystem::{self, Handle, Spooled, StagedFile};
use crate::validate::{ArticleDigest, Effects, Rank};

/// What the file starts with.
const FORMAT: &[u8] = b"pressmark-memo/3\n";
/// The most different effects in a cache. Few differ in practice; articles beyond it are validated again.
const MAX_EFFECTS: usize = 1 << 14;
/// The offsets of the effects number and the rank in a cache entry. The article digest is before them.
const EFFECTS_AT: usize = ArticleDigest::LENGTH;
const RANK_AT: usize = EFFECTS_AT + 2;
const _: () = assert!(RANK_AT + size_of::<Rank>() == CACHE_ENTRY_BYTES, "a cache entry is as long as its fields");

/// What the cache keeps of one article: digest, effects number and rank. All zeros mean no entry.
pub(super) type CacheEntry = [u8; CACHE_ENTRY_BYTES];

/// Creates the entry of an article whose effects have this index in their block.
pub(super) fn cache_entry(digest: &ArticleDigest, effects: usize, rank: &Rank) -> CacheEntry {
    let mut cache_entry = [0; CACHE_ENTRY_BYTES];
    if let Ok(number) = u16::try_from(effects + 1) {
        cache_entry[..EFFECTS_AT].copy_from_slice(digest.as_bytes());
        cache_entry[EFFECTS_AT..RANK_AT].copy_from_slice(&number.to_le_bytes());
        cache_entry[RANK_AT..].copy_from_slice(rank);
    }
    cache_entry
}

/// The index of the effects in a cache entry. `None` if the entry is empty.
fn effects_index(cache_entry: &[u8]) -> Option<u16> {
    u16::from_le_bytes([cache_entry[EFFECTS_AT], cache_entry[EFFECTS_AT + 1]]).checked_sub(1)
}

/// The distinct effects of all articles, with their indices.
#[derive(Debug, Default)]
pub(super) struct EffectsTable(HashMap<Effects, u16>);

impl EffectsTable {
    /// Adds these effects and returns their indices. `None` for those that exceed [`MAX_EFFECTS`].
    pub(super) fn indices<'t>(&mut self, effects: impl Iterator<Item = &'t Effects>) -> Vec<Option<u16>> {
        let index = |effects: &Effects| {
            if let Some(index) = self.0.get(effects) {
                return Some(*index);
            }
            let index = u16::try_from(self.0.len()).ok().filter(|index| usize::from(*index) < MAX_EFFECTS)?;
            self.0.insert(effects.clone(), index);
            Some(index)
        };
        effects.map(index).collect()
    }

    /// Replaces the effects index of a block in a cache entry by that of the table.
    pub(super) fn renumber(cache_entry: &mut CacheEntry, indices: &[Option<u16>]) {
        if let Some(own) = effects_index(cache_entry) {
            let number = indices[usize::from(own)].map_or(0, |index| index + 1);
            cache_entry[EFFECTS_AT..RANK_AT].copy_from_slice(&number.to_le_bytes());
        }
    }

    fn in_order(&self) -> Vec<&Effects> {
        let mut effects: Vec<(&Effects, &u16)> = self.0.iter().collect();
        effects.sort_unstable_by_key(|(_, index)| **index);
        effects.into_iter().map(|(effects, _)| effects).collect()
    }
}

/// The rules that, with its bytes, decide how an article is validated.
#[derive(Debug, Clone, Copy)]
pub(super) struct CacheIdentity {
    sha256: Digest,
    /// How many bytes of a cache entry are written. The rank is only written if the dataset ranks records.
    width: usize,
}

impl CacheIdentity {
    pub(super) fn of(dataset: &Dataset, selection: &Selection, schema: &Schema, mapping: &Mapping) -> Self {
        // Where articles are in an input does not change the validation of one.
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
        let width = if dataset.policy.newest_by.is_some() { CACHE_ENTRY_BYTES } else { RANK_AT };
        Self { sha256: Digest::of(rules.to_string().as_bytes()), width }
    }

    /// The digest in the head of a cache of these rules for the release with this manifest.
    fn of_release(&self, manifest: &Digest) -> Digest {
        Digest::of(&[*self.sha256.as_bytes(), *manifest.as_bytes()].concat())
    }
}

/// The path of the cache of one dataset and one folder of releases. Each pair has one file, even if its
/// rules change. Only the holder of the folder's lock writes it.
///
/// `None` if the cache folder cannot be created, or other users may write to it.
pub(super) fn file(cache: &Path, releases: &Path, dataset: &Dataset) -> Option<PathBuf> {
    filesystem::private_folder(cache).ok()?;
    let releases = filesystem::resolved(releases).ok()?;
    // The name of a dataset contains no zero byte, so no other name and path give the same bytes.
    let identity = [dataset.name.as_bytes(), &[0], releases.as_os_str().as_encoded_bytes()].concat();
    Some(cache.join(format!("{}.memo", Digest::of(&identity))))
}

/// Collects the cache entries of a new release, in the order of its records.
#[derive(Debug)]
pub(super) struct CacheWriter {
    rules: CacheIdentity,
    /// The path of the cache. Without one nothing is collected.
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

    /// Adds the cache entry of the next record.
    pub(super) fn push(&mut self, entry: &SortEntry) -> Result<(), Error> {
        if self.file.is_none() {
            return Ok(());
        }
        self.any |= effects_index(&entry.cache_entry).is_some();
        let kept = &entry.cache_entry[..self.rules.width];
        self.out.write_all(kept).map_err(|source| Error::io("write a scratch file in", &self.folder, source))
    }

    /// Writes the cache of the release with this manifest beside the previous one.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn stage(self, effects: &EffectsTable, manifest: &Digest) -> Result<StagedCache, Error> {
        let Some(path) = self.file else { return Ok(StagedCache::Nothing) };
        if !self.any {
            return Ok(StagedCache::Empty(path));
        }
        let failed = |source| Error::io("write", &path, source);
        let effects = serde_json::to_vec(&effects.in_order()).expect("effects are strings and numbers");
        let length = u32::try_from(effects.len()).map_err(io::Error::other).map_err(failed)?;
        let mut entries = self.out.into_inner().map_err(|error| failed(error.into_error()))?;
        entries.seek(SeekFrom::Start(0)).map_err(failed)?;
        let (staged, file) = filesystem::stage_file_at(&path.with_extension("staging"))?;
        let mut out = Hashing::new(BufWriter::with_capacity(1 << 16, file));
        let identity = self.rules.of_release(manifest);
        let head = [FORMAT, identity.as_bytes(), &length.to_le_bytes(), &effects].concat();
        out.write_all(&head).map_err(failed)?;
        io::copy(&mut BufReader::with_capacity(1 << 16, entries), &mut out).map_err(failed)?;
        let (mut file, _, sha256) = out.finish();
        file.write_all(sha256.as_bytes()).map_err(failed)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        Ok(StagedCache::Written(staged, file, path))
    }
}

/// A cache that was written and has not replaced the previous one.
#[derive(Debug)]
pub(super) enum StagedCache {
    /// The build uses no cache.
    Nothing,
    /// The cache at this path would have no entry.
    Empty(PathBuf),
    /// The file, and the path of the cache.
    Written(StagedFile, Handle, PathBuf),
}

impl StagedCache {
    /// Replaces the previous cache. Removes it if there is no entry.
    ///
    /// # Errors
    /// [`Error::Io`]. The previous file may remain; it does not match the new release and is ignored.
    pub(super) fn publish(self) -> Result<(), Error> {
        match self {
            Self::Nothing => Ok(()),
            Self::Empty(path) => filesystem::remove_file(&path),
            Self::Written(staged, file, path) => filesystem::publish_unsynced((staged, file), &path),
        }
    }
}

/// The validation cache of a release.
#[derive(Debug)]
pub(super) struct CacheFile {
    effects: Vec<Effects>,
    entries: Vec<u8>,
    width: usize,
}

impl CacheFile {
    /// Opens the cache at `path`. `None` if it is not complete, is larger than `limit` bytes, or has other
    /// rules, another manifest or another number of records.
    pub(super) fn open(
        path: &Path,
        rules: CacheIdentity,
        (manifest, records): (&Digest, u64),
        limit: usize,
    ) -> Option<Self> {
        filesystem::size(path).filter(|size| *size <= limit as u64)?;
        let bytes = filesystem::read_bounded(path, limit as u64).ok()?;
        let cache = Self::parse(bytes, &rules.of_release(manifest), rules.width)?;
        (cache.entries.len() as u64 == records.checked_mul(rules.width as u64)?).then_some(cache)
    }

    fn parse(mut bytes: Vec<u8>, identity: &Digest, width: usize) -> Option<Self> {
        let (all, sha256) = bytes.split_last_chunk::<32>()?;
        let (found, rest) = all.strip_prefix(FORMAT)?.split_first_chunk::<32>()?;
        // The identity is compared first, because hashing the rest takes longer.
        if found != identity.as_bytes() || sha256 != Digest::of(all).as_bytes() {
            return None;
        }
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (effects, entries) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let effects: Vec<Effects> = serde_json::from_slice(effects).ok()?;
        let (start, end) = (all.len() - entries.len(), all.len());
        let is_valid =
            |cache_entry: &[u8]| effects_index(cache_entry).is_none_or(|index| usize::from(index) < effects.len());
        if !entries.chunks_exact(width).all(is_valid) {
            return None;
        }
        bytes.truncate(end);
        bytes.drain(..start);
        Some(Self { effects, entries: bytes, width })
    }

    /// The distinct effects of all articles.
    pub(super) fn effects(&self) -> &[Effects] {
        &self.effects
    }

    /// The cache entry of a row. It is empty for rows beyond the end, which a damaged release may have.
    pub(super) fn cache_entry(&self, row: u32) -> CacheEntry {
        let mut cache_entry = [0; CACHE_ENTRY_BYTES];
        if let Some(kept) = self.entries.chunks_exact(self.width).nth(row as usize) {
            cache_entry[..self.width].copy_from_slice(kept);
        }
        cache_entry
    }

    /// The index of the effects of a row, if the row came from this article.
    pub(super) fn effects_index(&self, row: u32, digest: &ArticleDigest) -> Option<u16> {
        let cache_entry = &self.entries[row as usize * self.width..][..self.width];
        (cache_entry[..EFFECTS_AT] == *digest.as_bytes()).then(|| effects_index(cache_entry)).flatten()
    }

    /// The rank of the record of a row.
    pub(super) fn rank(&self, row: u32) -> Rank {
        *self.cache_entry(row).last_chunk().expect("a rank is shorter than a cache entry")
    }

    /// The rows that have a cache entry, by the first bytes of their article digests.
    pub(super) fn rows(&self) -> HashMap<u64, u32> {
        let entries = (0..).zip(self.entries.chunks_exact(self.width));
        entries
            .filter(|(_, cache_entry)| effects_index(cache_entry).is_some())
            .map(|(row, cache_entry)| (start(cache_entry), row))
            .collect()
    }
}

/// The first bytes of an article digest, a record hash or a cache entry, as a number.
pub(super) fn start(digest: &[u8]) -> u64 {
    u64::from_le_bytes(*digest.first_chunk().expect("it has more bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external_sort::{RowLocation, SourceSpan};
    use crate::record::RecordHash;

    fn effects_with(cut: bool) -> Effects {
        Effects { cut, ..Effects::default() }
    }

    #[test]
    fn a_written_cache_is_read_for_the_same_release_and_rules() {
        for (width, kept) in [(RANK_AT, [0; 9]), (CACHE_ENTRY_BYTES, [7; 9])] {
            let folder = tempfile::tempdir().unwrap();
            let rules = CacheIdentity { sha256: Digest::of(b"rules"), width };
            let path = folder.path().join("a.memo");
            let mut writer = CacheWriter::new(rules, Some(path.clone()), folder.path(), Memory::LEAST);
            let digests = [b"a", b"b"].map(|article| ArticleDigest::of(article));
            for (row, cache_entry) in (0..).zip([
                cache_entry(&digests[0], 1, &[7; 9]),
                [0; CACHE_ENTRY_BYTES],
                cache_entry(&digests[1], 0, &[7; 9]),
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
                writer.push(&entry).unwrap();
            }
            let mut effects = EffectsTable::default();
            assert_eq!(effects.indices([effects_with(false), effects_with(true)].iter()), [Some(0), Some(1)]);
            let (manifest, another) = (Digest::of(b"manifest"), Digest::of(b"another"));
            writer.stage(&effects, &manifest).unwrap().publish().unwrap();
            let open = |rules, manifest, records, limit| CacheFile::open(&path, rules, (manifest, records), limit);
            let cache = open(rules, &manifest, 3, 1 << 20).unwrap();
            assert_eq!(cache.effects(), [effects_with(false), effects_with(true)]);
            assert_eq!([0, 1, 2].map(|row| cache.effects_index(row, &digests[0])), [Some(1), None, None]);
            assert_eq!((cache.effects_index(2, &digests[1]), cache.rank(2)), (Some(0), kept));
            assert_eq!((cache.rows().len(), cache.cache_entry(3)), (2, [0; CACHE_ENTRY_BYTES]));
            let other = CacheIdentity { sha256: Digest::of(b"others"), width };
            assert!(open(other, &manifest, 3, 1 << 20).is_none());
            assert!(open(rules, &another, 3, 1 << 20).is_none());
            assert!(open(rules, &manifest, 2, 1 << 20).is_none());
            assert!(open(rules, &manifest, 3, 100).is_none());
        }
    }

    #[test]
    fn effects_beyond_the_limit_are_not_cached() {
        let many = (0..=MAX_EFFECTS).map(|number| Effects {
            normalised: [(number.to_string(), [("trim".to_owned(), 1)].into())].into(),
            ..Effects::default()
        });
        let many: Vec<Effects> = many.collect();
        let mut effects = EffectsTable::default();
        let indices = effects.indices(many.iter());
        assert_eq!(indices[MAX_EFFECTS - 1..], [Some(16_383), None]);
        assert_eq!(effects.indices(many[5..6].iter()), [Some(5)]);
        let mut entries =
            [MAX_EFFECTS - 1, MAX_EFFECTS].map(|index| cache_entry(&ArticleDigest::of(b"a"), index, &[0; 9]));
        for cache_entry in &mut entries {
            EffectsTable::renumber(cache_entry, &indices);
        }
        assert_eq!(entries.map(|cache_entry| effects_index(&cache_entry)), [Some(16_383), None]);
    }
}
