//! [`RecordHash`] and [`Fingerprint`]: are these the same records?
//!
//! A fingerprint does not depend on the order of records, the parts, the codec or the version of
//! pressmark. `sort` and `sha256sum`, or one line of SQL, can recompute it (`schema/FORMAT.md`).

use std::fmt;

use sha2::digest::common::hazmat::{SerializableState as _, SerializedState};
use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

/// SHA-256 of a record's canonical form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RecordHash(Digest);

impl RecordHash {
    /// A hash that was computed from a canonical form, or read from a part.
    pub fn new(digest: Digest) -> Self {
        Self(digest)
    }

    /// A hash from its 32 bytes.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// The 32 bytes, as the column `record_sha256` holds them.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Display for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The hash of a set of records: SHA-256 over their record hashes in lower-case hexadecimal,
/// sorted, each followed by a newline. Each record takes 65 bytes, so different sets of records have
/// different bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(Digest);

impl Fingerprint {
    /// The fingerprint of the records with these hashes, in any order. Sorts them in place.
    pub fn of(hashes: &mut [RecordHash]) -> Self {
        hashes.sort_unstable();
        let mut all = Fingerprinting::default();
        for hash in hashes {
            all.add(hash);
        }
        all.finish()
    }

    /// The first eight hexadecimal digits, which name a part's file.
    pub fn short(&self) -> String {
        self.0.to_string()[..8].to_owned()
    }
}

/// Computes the fingerprint of records whose hashes come in ascending order.
#[derive(Debug, Default, Clone)]
pub struct Fingerprinting(Sha256);

impl Fingerprinting {
    /// Adds a hash that is not less than the previous one.
    pub(crate) fn add(&mut self, hash: &RecordHash) {
        let mut line = [b'\n'; 65];
        line[..64].copy_from_slice(&hash.0.hex());
        self.0.update(line);
    }

    /// The state so far, as bytes, so that another process can continue with the hashes that follow. Only
    /// the same minor version of pressmark can read it.
    pub fn state(&self) -> Vec<u8> {
        self.0.serialize().to_vec()
    }

    /// Continues from a [`Fingerprinting::state`].
    ///
    /// # Errors
    /// [`StateError`] if the bytes are not such a state.
    pub fn resume(state: &[u8]) -> Result<Self, StateError> {
        let state = SerializedState::<Sha256>::try_from(state).map_err(|_other_length| StateError)?;
        Sha256::deserialize(&state).map(Self).map_err(|_contradiction| StateError)
    }

    /// The fingerprint of the records whose hashes were added.
    pub fn finish(self) -> Fingerprint {
        Fingerprint(Digest::from_bytes(self.0.finalize().into()))
    }
}

/// The bytes are not a state of a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not the state of a fingerprint")]
pub struct StateError;

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_no_records_have_a_fingerprint() {
        let hash = |text: &str| RecordHash::new(Digest::of(text.as_bytes()));
        let forwards = Fingerprint::of(&mut [hash("a"), hash("b")]);
        assert_eq!(forwards, Fingerprint::of(&mut [hash("b"), hash("a")]));
        assert_ne!(forwards, Fingerprint::of(&mut [hash("a")]));
        let text = format!("{}\n{}\n", hash("b"), hash("a"));
        assert_eq!(forwards.to_string(), Digest::of(text.as_bytes()).to_string());
        assert_eq!(Fingerprint::of(&mut []).to_string(), Digest::of(b"").to_string());
    }

    #[test]
    fn a_state_continues_after_any_number_of_hashes() {
        let mut hashes: Vec<RecordHash> = (0_u8..9).map(|number| RecordHash::new(Digest::of(&[number]))).collect();
        let whole = Fingerprint::of(&mut hashes);
        for split in 0..=hashes.len() {
            let mut first = Fingerprinting::default();
            hashes[..split].iter().for_each(|hash| first.add(hash));
            let mut second = Fingerprinting::resume(&first.state()).unwrap();
            hashes[split..].iter().for_each(|hash| second.add(hash));
            assert_eq!(second.finish(), whole, "after {split}");
        }
    }

    #[test]
    fn invalid_states_are_refused() {
        let state = Fingerprinting::default().state();
        for bytes in [&state[1..], &[], &[0xff; 105][..state.len()]] {
            assert_eq!(Fingerprinting::resume(bytes).err(), Some(StateError));
        }
    }
}
