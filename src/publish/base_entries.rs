//! Adds the records of a base release to those that were read. Only their sort entries and hashes are read.

use super::base::{Base, Piece};
use super::changed::Changed;
use super::context::BuildContext;
use super::ingest::Ingested;
use super::resolve_keys::KeyEntry;
use super::validation_cache::{CacheFile, EffectsTable};
use crate::error::Error;
use crate::external_sort::{SortEntry, SortedChunk};
use crate::ordered_pool::{Room, Share, Workers, ordered_pool};

/// The memory of an outline while its sort entries are created, as a multiple of its bytes.
const OUTLINE_COPIES: usize = 3;

impl BuildContext<'_> {
    /// Adds the sort entries of all records of the base, and the key entries of those whose key may be
    /// upserted or withdrawn.
    pub(super) fn add_base(
        &self,
        base: &Base<'_>,
        cache: Option<&CacheFile>,
        ingested: &mut Ingested<'_>,
    ) -> Result<(), Error> {
        let effects = cache.map(CacheFile::effects).unwrap_or_default();
        let effects_indices = ingested.effects.indices(effects.iter());
        let first = ingested.sorter.records;
        let changed = std::mem::replace(&mut ingested.changed, Changed::new(0));
        let (threads, memory, order) = (self.options.threads, self.options.memory, self.keys.order());
        let pieces = base.pieces(order, memory.outlines() / 4);
        let largest = pieces.iter().map(|(_, bytes)| bytes * OUTLINE_COPIES).max().unwrap_or_default();
        if largest > memory.outlines() {
            ingested.sorter.runs.hold(memory.records_beside(largest))?;
        }
        let room = Room::new(memory.outlines());
        let produce = |give: &mut dyn FnMut((Piece, Share)) -> Result<(), Error>| {
            pieces.into_iter().try_for_each(|(piece, bytes)| give((piece, room.take(bytes * OUTLINE_COPIES))))
        };
        let work = |(piece, share)| -> Result<(Vec<SortEntry>, Vec<KeyEntry>, Share), Error> {
            let (mut entries, key_entries) = base.entries(&piece, order, (cache, &changed), first)?;
            for entry in &mut entries {
                EffectsTable::renumber(&mut entry.cache_entry, &effects_indices);
            }
            Ok((entries, key_entries, share))
        };
        let take = |result: Result<(Vec<SortEntry>, Vec<KeyEntry>, Share), Error>| {
            let (entries, key_entries, _share) = result?;
            self.progress.step(0)?;
            ingested.sorter.records += entries.len() as u64;
            ingested.sorter.bytes += entries.iter().map(|entry| entry.length).sum::<u64>();
            key_entries.into_iter().try_for_each(|key_entry| ingested.sorter.key_entries.push(key_entry))?;
            ingested.sorter.runs.push(SortedChunk { rows: ingested.sorter.runs.no_rows(), entries })
        };
        ordered_pool(Workers { threads, under_way: threads }, produce, work, take, || Error::Stopped)
    }
}
