//! [`Effects`]: what an article that becomes a record leaves in the counts.
//!
//! Few differ, so an article is told to have left one of them, and each is written out once.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::moved::Moved;
use crate::mapping::{Changes, Mapping};
use crate::release::Normalised;
use crate::schema::EXTRA;

/// What an article that became a record left in the counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effects {
    /// What was changed in it.
    pub normalised: Normalised,
    /// Whether its text ends where its source cut it.
    pub cut: bool,
}

/// The trace of one article, not yet written out.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum EffectsKey {
    /// It was judged.
    Validated { changes: Changes, dropped: u64, moved: Vec<Moved>, cut: bool },
    /// It was recalled with the trace of this number.
    Cached(u16),
}

/// The traces that articles left, and how many left each.
#[derive(Debug, Default)]
pub(super) struct EffectCounts {
    indices: HashMap<EffectsKey, usize>,
    times: Vec<u64>,
}

impl EffectCounts {
    /// Counts a trace and gives its place among them.
    pub(super) fn add(&mut self, key: EffectsKey) -> usize {
        let next = self.times.len();
        let index = *self.indices.entry(key).or_insert(next);
        if index == next {
            self.times.push(0);
        }
        self.times[index] += 1;
        index
    }

    /// All of them, written out, each with how many articles left it.
    pub(super) fn finish<'t>(self, mapping: &Mapping, cached: impl Fn(u16) -> &'t Effects) -> Vec<(Effects, u64)> {
        let mut effects = vec![(Effects::default(), 0); self.times.len()];
        #[expect(clippy::iter_over_hash_type, reason = "each goes to its own index")]
        for (key, index) in self.indices {
            let written = match key {
                EffectsKey::Cached(number) => cached(number).clone(),
                EffectsKey::Validated { changes, dropped, moved, cut } => {
                    Effects { normalised: named(mapping, &changes, dropped, &moved), cut }
                }
            };
            effects[index] = (written, self.times[index]);
        }
        effects
    }
}

fn named(mapping: &Mapping, changes: &Changes, dropped: u64, moved: &[Moved]) -> Normalised {
    let mut normalised = Normalised::new();
    let mut count = |field: &str, rule: &str, times| {
        *normalised.entry(field.to_owned()).or_default().entry(rule.to_owned()).or_default() += times;
    };
    for (changed, rule) in changes {
        count(mapping.name_of(*changed), rule, 1);
    }
    for one in moved {
        count(&one.field, &one.rule(), 1);
    }
    if dropped > 0 {
        count(EXTRA, "dropped", dropped);
    }
    normalised
}
