//! [`Changed`]: the keys of the records that a build upserts or withdraws.
//!
//! Only base records with such a key have to be resolved; resolving others does no harm. So the answer
//! may be a false yes, and the memory does not depend on the number of keys. It is not an exact set.

/// A folded set has about this many bits for each key.
const SPARSE: usize = 64;

/// A set of key hashes that may report a hash it does not have.
#[derive(Debug)]
pub(super) struct Changed {
    bits: Vec<u64>,
}

impl Changed {
    /// Creates an empty set of about `memory` bytes.
    pub(super) fn new(memory: usize) -> Self {
        // A power of two, so that the low bits of a hash are the index of a bit.
        Self { bits: vec![0; 1 << (memory / 8).max(1).ilog2()] }
    }

    /// Adds the key with this [`key_hash`](crate::part_files::key_hash).
    pub(super) fn insert(&mut self, key_hash: u64) {
        let (word, bit) = self.index(key_hash);
        self.bits[word] |= bit;
    }

    /// The same keys in less memory, which the caches of a processor hold: a look-up for each record of a large
    /// base would otherwise wait for the memory each time.
    pub(super) fn folded(mut self) -> Self {
        let keys: usize = self.bits.iter().map(|word| word.count_ones() as usize).sum();
        while self.bits.len() > 1 && self.bits.len() * 64 / SPARSE / 2 >= keys {
            // The index of a key is the low bits of its hash, so both halves have the same indices.
            let upper = self.bits.split_off(self.bits.len() / 2);
            self.bits.iter_mut().zip(upper).for_each(|(word, other)| *word |= other);
        }
        self.bits.shrink_to_fit();
        self
    }

    /// Whether the set may have a key with this hash.
    pub(super) fn contains(&self, key_hash: u64) -> bool {
        let (word, bit) = self.index(key_hash);
        self.bits[word] & bit != 0
    }

    fn index(&self, key_hash: u64) -> (usize, u64) {
        let bits = self.bits.len() as u64 * 64;
        let index = key_hash & (bits - 1);
        (usize::try_from(index / 64).expect("it is less than the number of words"), 1 << (index % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_keys_are_found_and_few_others() {
        let hash = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17);
        for memory in [0, 1 << 20] {
            let mut changed = Changed::new(memory);
            assert!(!changed.contains(hash(0)));
            (0..1000).for_each(|number| changed.insert(hash(number)));
            assert!((0..1000).all(|number| changed.contains(hash(number))));
            let others = (1000..2000).filter(|number| changed.contains(hash(*number))).count();
            assert!(memory == 0 || others < 20, "{others}");
            let folded = changed.folded();
            assert!(memory == 0 || folded.bits.len() <= 2048, "{}", folded.bits.len());
            assert!((0..1000).all(|number| folded.contains(hash(number))));
            let others = (1000..2000).filter(|number| folded.contains(hash(*number))).count();
            assert!(memory == 0 || others < 50, "{others}");
        }
    }
}
