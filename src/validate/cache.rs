//! [`ValidationCache`]: what is known of articles before they are judged, by their very bytes.
//!
//! Here is what judging needs of it; where it is kept, and whether it may be trusted, is for
//! those who keep it.

use std::fmt::Debug;

use super::Effects;
use crate::digest::Digest;

/// Identifies an article seen in an earlier build: the first 24 bytes of its SHA-256.
///
/// Whoever finds two articles with one of these can have the second taken for the first. That
/// takes about 2^96 hashes; half the length, 2^64, would be within reach of those who have money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArticleDigest([u8; ArticleDigest::LENGTH]);

impl ArticleDigest {
    /// How many bytes it has.
    pub const LENGTH: usize = 24;

    /// What an article with these bytes is known by.
    pub fn of(article: &[u8]) -> Self {
        let digest = Digest::of(article);
        Self(*digest.as_bytes().first_chunk().expect("a digest has 32 bytes"))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// Articles that were judged before, by the same rules.
pub trait ValidationCache: Sync + Debug {
    /// The row of the record that an article became, and the number of its trace.
    fn find(&self, seen: &ArticleDigest) -> Option<(u32, u16)>;

    /// The trace with this number.
    fn trace(&self, number: u16) -> &Effects;
}
