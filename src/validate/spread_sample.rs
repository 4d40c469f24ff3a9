//! [`SpreadSample`]: a few articles from all over the inputs, to see whether they are of one kind.
//!
//! Which articles it keeps depends on the names of the inputs and the places of the articles in them, so
//! neither threads nor blocks change it. What the articles look like is not decided here.

use std::collections::BTreeMap;

use crate::input::{Block, Content, Frame};
use crate::mapping::Sampled;

/// How many articles are kept, and the longest one, in bytes.
const ARTICLES: usize = 64;
const LONGEST: usize = 1 << 17;

/// The articles with the smallest hashes of their positions: each article is as likely as any other.
#[derive(Debug, Default)]
pub(crate) struct SpreadSample {
    kept: BTreeMap<(u64, u64), Sampled>,
}

impl SpreadSample {
    /// The sample of one block.
    pub(super) fn of(block: &Block) -> Self {
        let mut sample = Self::default();
        let source = block.source.bytes().fold(0, |hash, byte| mixed(hash ^ u64::from(byte)));
        for frame in &block.frames {
            sample.offer(block, frame, source);
        }
        sample
    }

    fn offer(&mut self, block: &Block, frame: &Frame, source: u64) {
        let Content::Json { names, .. } = &frame.content else { return };
        let at = (mixed(source ^ frame.byte), frame.byte);
        let is_wanted = self.kept.len() < ARTICLES || self.kept.last_key_value().is_some_and(|(last, _)| at < *last);
        if is_wanted && frame.range.len() <= LONGEST {
            let names = names.as_deref().cloned().unwrap_or_default();
            self.keep(at, Sampled { bytes: block.bytes_of(frame).to_vec(), names });
        }
    }

    fn keep(&mut self, at: (u64, u64), article: Sampled) {
        self.kept.insert(at, article);
        if self.kept.len() > ARTICLES {
            self.kept.pop_last();
        }
    }

    /// Adds the sample of another block.
    pub(super) fn add(&mut self, other: Self) {
        other.kept.into_iter().for_each(|(at, article)| self.keep(at, article));
    }

    /// The articles, in an order that only depends on their positions.
    pub(super) fn into_articles(self) -> Vec<Sampled> {
        self.kept.into_values().collect()
    }
}

/// The finaliser of `SplitMix64`: every bit of the number changes every bit of the result.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
