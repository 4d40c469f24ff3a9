//! A TOML table whose keys are known and whose values have the type they should have, or a fault
//! with its place.

use toml::de::{DeTable, DeValue};

use super::Fault;
use crate::text::one_line;

/// A table and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'t, 'i> {
    table: &'t DeTable<'i>,
    start: usize,
}

impl<'t, 'i> Table<'t, 'i> {
    pub(super) fn new(table: &'t DeTable<'i>, start: usize) -> Self {
        Self { table, start }
    }

    /// Where the table stands.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Where a key stands, or else the table.
    pub(super) fn at(&self, key: &str) -> usize {
        self.table.get_key_value(key).map_or(self.start, |(key, _)| key.span().start)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Its keys with their places, and the values.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'t str, usize, &'t DeValue<'i>)> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value.get_ref()))
    }

    /// Refuses keys that are none of these.
    pub(super) fn knows(&self, keys: &[&str]) -> Result<(), Fault> {
        match self.entries().find(|(key, ..)| !keys.contains(key)) {
            Some((key, at, _)) => {
                let fault = Fault::new(at, format!("unknown rule `{}`", one_line(key, 60)));
                Err(fault.hint(
                    nearest(key, keys.iter().copied()).unwrap_or_else(|| format!("known here: {}", keys.join(", "))),
                ))
            }
            None => Ok(()),
        }
    }

    pub(super) fn value(&self, key: &str) -> Option<&'t DeValue<'i>> {
        self.table.get(key).map(toml::Spanned::get_ref)
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'t str>, Fault> {
        match self.value(key) {
            None => Ok(None),
            Some(DeValue::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.not(key, "a string", other)),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, Fault> {
        match self.value(key) {
            None => Ok(false),
            Some(DeValue::Boolean(flag)) => Ok(*flag),
            Some(other) => Err(self.not(key, "true or false", other)),
        }
    }

    pub(super) fn table(&self, key: &str) -> Result<Option<Table<'t, 'i>>, Fault> {
        match self.value(key) {
            None => Ok(None),
            Some(DeValue::Table(table)) => Ok(Some(Table::new(table, self.at(key)))),
            Some(other) => Err(self.not(key, "a table", other)),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, Fault> {
        let elements = match self.value(key) {
            None => return Ok(None),
            Some(DeValue::Array(elements)) => elements,
            Some(other) => return Err(self.not(key, "a list of strings", other)),
        };
        let text = |element: &DeValue<'i>| match element {
            DeValue::String(text) => Ok(text.to_string()),
            other => Err(self.not(key, "a list of strings", other)),
        };
        elements.iter().map(|element| text(element.get_ref())).collect::<Result<_, _>>().map(Some)
    }

    /// A text, or a list of texts.
    pub(super) fn one_or_more(&self, key: &str) -> Result<Option<Vec<String>>, Fault> {
        match self.value(key) {
            Some(DeValue::String(text)) => Ok(Some(vec![text.to_string()])),
            _ => self.texts(key),
        }
    }

    /// One of the named choices.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<Option<T>, Fault> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        self.named(key, text, choices).map(Some)
    }

    /// A list of named choices.
    pub(super) fn choices<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<Vec<T>, Fault> {
        let texts = self.texts(key)?.unwrap_or_default();
        texts.iter().map(|text| self.named(key, text, choices)).collect()
    }

    fn named<T: Copy>(&self, key: &str, text: &str, choices: &[(&str, T)]) -> Result<T, Fault> {
        choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice).ok_or_else(|| {
            let names = || choices.iter().map(|(name, _)| *name);
            let known = || format!("known here: {}", names().collect::<Vec<_>>().join(", "));
            let fault = Fault::new(self.at(key), format!("unknown rule `{key} = \"{}\"`", one_line(text, 60)));
            fault.hint(nearest(text, names()).unwrap_or_else(known))
        })
    }

    fn not(&self, key: &str, wanted: &str, found: &DeValue<'_>) -> Fault {
        Fault::new(self.at(key), format!("`{key}` is {wanted}, not {}", found.type_str()))
    }
}

/// The known name that was probably meant, as a hint.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let name = name.get(..100).unwrap_or(name);
    let near = known.map(|known| (strsim::damerau_levenshtein(name, known), known));
    near.filter(|(distance, known)| *distance <= 1.max(known.len() / 3))
        .min()
        .map(|(_, known)| format!("did you mean `{known}`?"))
}
