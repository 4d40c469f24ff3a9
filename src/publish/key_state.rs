//! [`KeyState`]: decides which record of one key a release keeps, in constant size.
//!
//! States merge in any order and grouping, so several machines can process the records of a key. This
//! module does not group records by key or look up their rows; the caller does both.

use crate::record::RecordHash;
use crate::validate::Rank;

/// Where an article is among all inputs. The first of several identical records is kept.
pub(crate) type ArticlePosition = (u64, u64);

/// The state of one key: a summary of the records that share it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeyState {
    is_withdrawn: bool,
    /// The record of the base release.
    base: Option<RecordHash>,
    newest: Option<NewRecords>,
    superseded: u64,
}

/// The records of this build with the highest rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct NewRecords {
    rank: Rank,
    /// The least and the greatest hash. They differ if any two hashes do.
    least: RecordHash,
    greatest: RecordHash,
    first: ArticlePosition,
    count: u64,
}

/// Which record of a key a release has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyChoice {
    /// None: the key is withdrawn, or its records contradict each other.
    Nothing,
    /// The record of the base release.
    Base,
    /// The record of this build at this position.
    New(ArticlePosition),
}

/// What becomes of the records of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the questions are independent")]
pub struct KeyResolution {
    /// The record that the release has.
    pub choice: KeyChoice,
    /// Whether the newest records differ from each other, so that all of them are rejected.
    pub is_conflict: bool,
    /// How many identical repeats are left out.
    pub duplicates: u64,
    /// How many records give way to a newer one.
    pub superseded: u64,
    /// Whether a new record replaces the one of the base.
    pub is_replaced: bool,
    /// Whether the base already has the new record.
    pub is_unchanged: bool,
    /// Whether the base has the record that is withdrawn.
    pub is_withdrawn: bool,
    /// Whether the key is withdrawn and among the new records too. Such a build fails.
    pub is_contradicted: bool,
}

impl KeyState {
    /// A key that is withdrawn.
    pub(crate) fn withdrawn() -> Self {
        Self { is_withdrawn: true, ..Self::default() }
    }

    /// A record of the base release.
    pub(crate) fn base(hash: RecordHash) -> Self {
        Self { base: Some(hash), ..Self::default() }
    }

    /// A record of this build.
    pub(crate) fn new_record(hash: RecordHash, rank: Rank, first: ArticlePosition) -> Self {
        let newest = NewRecords { rank, least: hash, greatest: hash, first, count: 1 };
        Self { newest: Some(newest), ..Self::default() }
    }

    /// Merges the state with another state of the same key.
    #[must_use]
    pub(crate) fn merge(self, other: Self) -> Self {
        let (newest, newly_superseded) = match (self.newest, other.newest) {
            (Some(a), Some(b)) => a.merge(b),
            (a, b) => (a.or(b), 0),
        };
        Self {
            is_withdrawn: self.is_withdrawn || other.is_withdrawn,
            base: self.base.or(other.base),
            newest,
            superseded: self.superseded + other.superseded + newly_superseded,
        }
    }

    /// What becomes of the records.
    pub(crate) fn resolve(&self) -> KeyResolution {
        let nothing = KeyResolution {
            choice: KeyChoice::Nothing,
            is_conflict: false,
            duplicates: 0,
            superseded: self.superseded,
            is_replaced: false,
            is_unchanged: false,
            is_withdrawn: false,
            is_contradicted: false,
        };
        let kept = if self.base.is_some() { KeyChoice::Base } else { KeyChoice::Nothing };
        match self.newest {
            newest if self.is_withdrawn => {
                KeyResolution { is_withdrawn: self.base.is_some(), is_contradicted: newest.is_some(), ..nothing }
            }
            None => KeyResolution { choice: kept, ..nothing },
            Some(newest) if newest.least != newest.greatest => {
                KeyResolution { choice: kept, is_conflict: true, ..nothing }
            }
            Some(newest) => {
                let is_unchanged = self.base == Some(newest.least);
                KeyResolution {
                    choice: if is_unchanged { KeyChoice::Base } else { KeyChoice::New(newest.first) },
                    duplicates: newest.count - 1,
                    is_replaced: self.base.is_some() && !is_unchanged,
                    is_unchanged,
                    ..nothing
                }
            }
        }
    }
}

impl NewRecords {
    /// Returns the newest records of both, and how many records are superseded.
    fn merge(self, other: Self) -> (Option<Self>, u64) {
        let newest = match self.rank.cmp(&other.rank) {
            std::cmp::Ordering::Greater => return (Some(self), other.count),
            std::cmp::Ordering::Less => return (Some(other), self.count),
            std::cmp::Ordering::Equal => Self {
                rank: self.rank,
                least: self.least.min(other.least),
                greatest: self.greatest.max(other.greatest),
                first: self.first.min(other.first),
                count: self.count + other.count,
            },
        };
        (Some(newest), 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::Digest;

    fn hash(content: u8) -> RecordHash {
        RecordHash::new(Digest::of(&[content]))
    }

    fn new_record(content: u8, rank: u8, position: u64) -> KeyState {
        KeyState::new_record(hash(content), [rank; 9], (0, position))
    }

    #[track_caller]
    fn check(states: &[KeyState], choice: KeyChoice, want: impl Fn(&KeyResolution) -> bool) {
        let merged = states.iter().copied().fold(KeyState::default(), KeyState::merge).resolve();
        assert_eq!(merged.choice, choice);
        assert!(want(&merged), "{merged:?}");
    }

    #[test]
    fn one_record_of_a_key_is_kept() {
        let kept = |position| KeyChoice::New((0, position));
        let base = KeyState::base(hash(1));
        check(&[new_record(1, 0, 5), new_record(1, 0, 3)], kept(3), |key| key.duplicates == 1);
        check(&[new_record(1, 0, 5), new_record(2, 0, 3)], KeyChoice::Nothing, |key| key.is_conflict);
        check(&[new_record(1, 1, 5), new_record(2, 2, 7)], kept(7), |key| key.superseded == 1 && !key.is_conflict);
        check(&[base], KeyChoice::Base, |key| !key.is_unchanged && !key.is_replaced);
        check(&[base, new_record(1, 0, 1), new_record(1, 0, 2)], KeyChoice::Base, |key| {
            key.is_unchanged && key.duplicates == 1
        });
        check(&[base, new_record(2, 0, 1)], kept(1), |key| key.is_replaced);
        check(&[base, new_record(2, 0, 1), new_record(3, 0, 2)], KeyChoice::Base, |key| {
            key.is_conflict && !key.is_replaced
        });
        check(&[base, KeyState::withdrawn()], KeyChoice::Nothing, |key| key.is_withdrawn);
        check(&[KeyState::withdrawn()], KeyChoice::Nothing, |key| !key.is_withdrawn && !key.is_contradicted);
        check(&[KeyState::withdrawn(), new_record(1, 0, 1)], KeyChoice::Nothing, |key| key.is_contradicted);
    }

    fn states() -> impl Strategy<Value = Vec<KeyState>> {
        let new = (0_u8..3, 0_u8..3).prop_map(|(content, rank)| Some((content, rank)));
        let records = prop::collection::vec(new, 0..8);
        (records, any::<bool>(), prop::option::of(0_u8..3)).prop_map(|(records, withdrawn, base)| {
            let new = (0..).zip(records.into_iter().flatten());
            let new = new.map(|(position, (content, rank))| new_record(content, rank, position));
            let withdrawn = withdrawn.then(KeyState::withdrawn);
            new.chain(withdrawn).chain(base.map(|content| KeyState::base(hash(content)))).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// Merging any split of the records in any order gives the state of all of them.
        #[test]
        fn any_split_gives_the_state_of_the_whole(states in states(), split in any::<prop::sample::Index>(), seed in any::<u64>()) {
            let merge = |states: &[KeyState]| states.iter().copied().fold(KeyState::default(), KeyState::merge);
            let whole = merge(&states);
            let mut shuffled = states.clone();
            shuffled.sort_by_key(|state| Digest::of(format!("{seed} {state:?}").as_bytes()).to_string());
            let split = split.index(states.len() + 1);
            let (a, b) = shuffled.split_at(split);
            prop_assert_eq!(merge(a).merge(merge(b)), whole);
        }
    }
}
