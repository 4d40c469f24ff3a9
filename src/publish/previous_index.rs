//! [`PreviousIndex`]: finds the records of the previous release by record hash and by article digest.
//!
//! A record that is found is not held in memory or encoded again. An article that is found is not
//! validated again. A record or article that is not found takes more time, but the release is the same.
//! The index does not check the previous release for damage; [`super::inspect`] does.

use std::collections::HashMap;
use std::thread;

use super::base::{Base, BaseOutline, BaseRow};
use super::validation_cache;
use super::validation_cache::CacheFile;
use crate::error::Error;
use crate::record::{Order, RecordHash};
use crate::validate::{ArticleDigest, Effects, Rank, ValidationCache};

/// About how many bytes of memory the index takes for each record hash.
const ROW_BYTES: usize = 72;
/// About how many bytes the index takes in addition for each article, without its key.
const ARTICLE_BYTES: usize = 112;

/// The rows of the previous release, by hash and by article.
#[derive(Debug, Default)]
pub(super) struct PreviousIndex<'k> {
    /// Rows by the first bytes of their hashes. Of rows with the same first bytes only one is found.
    rows: HashMap<u64, u32>,
    outline: Option<BaseOutline<'k>>,
    cache: Option<CacheFile>,
    /// Rows by the first bytes of their article digests, with the same restriction.
    articles: HashMap<u64, u32>,
}

impl<'k> PreviousIndex<'k> {
    /// Reads the index of the base. `None` if the hashes do not fit in about `memory` bytes. Articles are
    /// only indexed if there is a `cache` and they fit too. The index must only be used if the base is
    /// intact.
    ///
    /// # Errors
    /// [`Error::Part`] if the hashes cannot be read.
    pub(super) fn read(
        base: &'k Base<'_>,
        order: &'k Order,
        cache: Option<CacheFile>,
        memory: usize,
        threads: usize,
    ) -> Result<Option<Self>, Error> {
        let records = base.records();
        if records > (memory / ROW_BYTES) as u64 {
            return Ok(None);
        }
        let keys = base.outline_size(order);
        let cache =
            cache.filter(|_| keys <= memory && records <= ((memory - keys) / (ROW_BYTES + ARTICLE_BYTES)) as u64);
        if let Some(index) = cache.and_then(|cache| Self::with_cache(base, order, cache, threads)) {
            return Ok(Some(index));
        }
        let outline = base.outline(0..base.len(), None, threads)?;
        Ok(Some(Self { rows: rows(&outline), outline: Some(outline), ..Self::default() }))
    }

    fn with_cache(base: &'k Base<'_>, order: &'k Order, cache: CacheFile, threads: usize) -> Option<Self> {
        let outline = base.outline(0..base.len(), Some(order), threads).ok()?;
        let (rows, articles) = thread::scope(|scope| {
            let rows = scope.spawn(|| rows(&outline));
            let articles = cache.rows();
            (rows.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), articles)
        });
        Some(Self { rows, outline: Some(outline), cache: Some(cache), articles })
    }

    /// The row of the record with this hash.
    pub(super) fn row(&self, hash: &RecordHash) -> Option<u32> {
        let row = *self.rows.get(&validation_cache::start(hash.as_bytes()))?;
        (self.outline.as_ref()?.row(row).hash() == *hash).then_some(row)
    }

    /// The row of a cached article.
    pub(super) fn base_row(&self, row: u32) -> BaseRow<'_> {
        self.outline.as_ref().expect("only a found article has a row").row(row)
    }

    /// The rank of the row of a cached article.
    pub(super) fn rank(&self, row: u32) -> Rank {
        self.cache.as_ref().map_or([0; 9], |cache| cache.rank(row))
    }
}

/// Rows by the first eight bytes of their record hashes. The caller compares the whole hash.
fn rows(outline: &BaseOutline<'_>) -> HashMap<u64, u32> {
    outline.rows().map(|row| (validation_cache::start(outline.row(row).hash().as_bytes()), row)).collect()
}

impl ValidationCache for PreviousIndex<'_> {
    fn find(&self, digest: &ArticleDigest) -> Option<(u32, u16)> {
        let row = *self.articles.get(&validation_cache::start(digest.as_bytes()))?;
        Some((row, self.cache.as_ref()?.effects_index(row, digest)?))
    }

    fn effects(&self, number: u16) -> &Effects {
        let cache = self.cache.as_ref().expect("only a found article has a row");
        &cache.effects()[usize::from(number)]
    }
}
