//! [`ValidationCache`]: the results of earlier validations, by the bytes of the article.
//!
//! This is the interface that validation needs. It does not store a cache or decide whether one can be
//! trusted; the implementation does both.

use std::fmt::Debug;

use super::Effects;
use crate::digest::Digest;

/// Identifies an article seen in an earlier build: the first 24 bytes of its SHA-256.
///
/// An attacker who finds two articles with the same digest can make a build take one for the other. That
/// takes about 2^96 hashes. With 16 bytes it would take 2^64, which is affordable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArticleDigest([u8; ArticleDigest::LENGTH]);

impl ArticleDigest {
    /// The length of the digest in bytes.
    pub(crate) const LENGTH: usize = 24;

    /// The digest of an article with these bytes.
    pub(crate) fn of(article: &[u8]) -> Self {
        let digest = Digest::of(article);
        Self(*digest.as_bytes().first_chunk().expect("a digest has 32 bytes"))
    }

    /// The bytes of the digest.
    pub(crate) fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// Articles that were validated before, with the same rules.
pub(crate) trait ValidationCache: Sync + Debug {
    /// The row of the record of this article, and the number of its effects.
    fn find(&self, digest: &ArticleDigest) -> Option<(u32, u16)>;

    /// The effects with this number.
    fn effects(&self, number: u16) -> &Effects;
}
