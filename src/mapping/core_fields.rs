//! [`CoreFields`]: the fields that nearly every article has, so that an empty one shows that the source
//! was read with the wrong mapping. What an empty field means is not decided here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The core fields: the name in reports, and the fields of the schema of which one is enough.
const CORE: [(&str, &[&str]); 5] = [
    ("url", &["url"]),
    ("title", &["title"]),
    ("authors", &["authors"]),
    ("date", &["published_at", "published_date"]),
    ("text", &["text"]),
];

/// A set of core fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct CoreFields(u8);

impl CoreFields {
    /// The core fields of which `is_filled` holds for a field of the schema.
    pub(crate) fn of(is_filled: impl Fn(&str) -> bool) -> Self {
        let bit =
            |(at, (_, names)): (usize, &(&str, &[&str]))| u8::from(names.iter().any(|name| is_filled(name))) << at;
        Self(CORE.iter().enumerate().map(bit).sum())
    }

    /// The names, in a fixed order.
    pub(crate) fn names(self) -> Vec<&'static str> {
        CORE.iter().enumerate().filter(|(at, _)| self.has(*at)).map(|(_, (name, _))| *name).collect()
    }

    pub(super) fn len(self) -> u32 {
        self.0.count_ones()
    }

    pub(super) fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn has(self, at: usize) -> bool {
        self.0 >> at & 1 == 1
    }
}

/// How many records have each core field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FillRates {
    /// The number of records.
    pub records: u64,
    /// How many of them have the field, for each core field that the schema declares.
    pub fields: BTreeMap<&'static str, u64>,
}

impl FillRates {
    /// Starts counting the core fields of a schema that declares these.
    pub(crate) fn new(declared: CoreFields) -> Self {
        Self { records: 0, fields: declared.names().into_iter().map(|name| (name, 0)).collect() }
    }

    /// Adds this many records that have these fields.
    pub(crate) fn add(&mut self, filled: CoreFields, times: u64) {
        self.records += times;
        for name in filled.names() {
            if let Some(count) = self.fields.get_mut(name) {
                *count += times;
            }
        }
    }

    /// Whether at most half of the records have the field.
    pub(crate) fn is_mostly_empty(&self, field: &str) -> bool {
        self.fields.get(field).is_none_or(|count| count * 2 <= self.records)
    }

    /// The fields that more than half of the records have.
    pub(super) fn mostly_filled(&self) -> CoreFields {
        let is_filled = |(_, (name, _)): &(usize, &(&str, &[&str]))| !self.is_mostly_empty(name);
        CoreFields(CORE.iter().enumerate().filter(is_filled).map(|(at, _)| 1 << at).sum())
    }

    /// The declared core fields in their order, each with the number of records that have it.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CORE.iter().filter_map(|(name, _)| Some((*name, *self.fields.get(name)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let both = CoreFields::of(|name| ["url", "published_date"].contains(&name));
        assert_eq!(both.names(), ["url", "date"]);
        let mut rates = FillRates::new(CoreFields::of(|name| name != "text"));
        rates.add(both, 2);
        rates.add(CoreFields::of(|name| name == "url"), 1);
        rates.add(CoreFields::default(), 1);
        assert_eq!(rates.in_order().collect::<Vec<_>>(), [("url", 3), ("title", 0), ("authors", 0), ("date", 2)]);
        assert_eq!(rates.mostly_filled().names(), ["url"]);
        assert!(rates.is_mostly_empty("date") && rates.is_mostly_empty("text"));
    }
}
