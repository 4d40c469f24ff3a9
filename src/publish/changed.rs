//! [`Changed`]: which keys records come with that are put on top of a release.
//!
//! Of the release's own records only those with such a key need be settled; of others it does no
//! harm. So the answer may be "perhaps", and memory is fixed, however many keys there are.

/// Keys by their hashes.
#[derive(Debug)]
pub(super) struct Changed {
    bits: Vec<u64>,
}

impl Changed {
    /// No key yet; about `memory` bytes tell keys apart.
    pub(super) fn new(memory: usize) -> Self {
        // A power of two, so that the low bits of a hash name a bit.
        Self { bits: vec![0; 1 << (memory / 8).max(1).ilog2()] }
    }

    /// Adds the key with this [`key_hash`](crate::part_files::key_hash).
    pub(super) fn insert(&mut self, key_hash: u64) {
        let (word, bit) = self.index(key_hash);
        self.bits[word] |= bit;
    }

    /// Whether a key with this hash may be among them.
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
    fn what_was_added_is_contained_and_little_else() {
        let hash = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17);
        for memory in [0, 1 << 20] {
            let mut changed = Changed::new(memory);
            assert!(!changed.contains(hash(0)));
            (0..1000).for_each(|number| changed.insert(hash(number)));
            assert!((0..1000).all(|number| changed.contains(hash(number))));
            let others = (1000..2000).filter(|number| changed.contains(hash(*number))).count();
            assert!(memory == 0 || others < 20, "{others}");
        }
    }
}
