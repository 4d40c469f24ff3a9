//! [`Effects`]: what an article that becomes a record adds to the counts of the report.
//!
//! Few articles have different effects, so each distinct one is written out once and articles refer to it
//! by index. Rejected articles have no effects.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::moved::Moved;
use super::undeclared::Kept;
use crate::mapping::{Changes, CoreFields, Mapping};
use crate::release::Normalised;
use crate::schema::EXTRA;

/// What an article that became a record adds to the counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Effects {
    /// The changes before validation, by field and rule.
    pub(crate) normalised: Normalised,
    /// Whether the source cut its text.
    pub(crate) cut: bool,
    /// The core fields that its record has.
    pub(crate) filled: CoreFields,
    /// What its record keeps in `_extra`.
    pub(crate) kept: Kept,
}

/// The effects of one article, not yet written out.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum EffectsKey {
    /// The article was validated.
    Validated { changes: Changes, dropped: u64, moved: Vec<Moved>, cut: bool, filled: CoreFields, kept: Kept },
    /// The cache has the article, with the effects of this number.
    Cached(u16),
}

/// The distinct effects of articles, and how many articles have each.
#[derive(Debug, Default)]
pub(super) struct EffectCounts {
    indices: HashMap<EffectsKey, usize>,
    times: Vec<u64>,
}

impl EffectCounts {
    /// Counts the effects of an article and returns their index.
    pub(super) fn add(&mut self, key: EffectsKey) -> usize {
        let next = self.times.len();
        let index = *self.indices.entry(key).or_insert(next);
        if index == next {
            self.times.push(0);
        }
        self.times[index] += 1;
        index
    }

    /// Writes out all effects, each with the number of articles that have it.
    pub(super) fn finish<'t>(self, mapping: &Mapping, cached: impl Fn(u16) -> &'t Effects) -> Vec<(Effects, u64)> {
        let mut effects = vec![(Effects::default(), 0); self.times.len()];
        #[expect(clippy::iter_over_hash_type, reason = "each goes to its own index")]
        for (key, index) in self.indices {
            let written = match key {
                EffectsKey::Cached(number) => cached(number).clone(),
                EffectsKey::Validated { changes, dropped, moved, cut, filled, kept } => {
                    Effects { normalised: named(mapping, &changes, dropped, &moved), cut, filled, kept }
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

/// Adds the effects of this many articles to the counts.
pub(super) fn add(normalised: &mut Normalised, effects: &Effects, times: u64) {
    for (field, rules) in &effects.normalised {
        let of_field = normalised.entry(field.clone()).or_default();
        for (rule, count) in rules {
            let total = of_field.entry(rule.clone()).or_default();
            *total = total.saturating_add(count.saturating_mul(times));
        }
    }
}
