//! Rejects records that share a key and differ.
//!
//! When a conflict is found, the bytes of the articles are not in memory any more. So the reject has the
//! canonical form of the record, and the position of the article in its input. This module does not find
//! conflicts; [`super::resolve_keys`] does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::base::{Base, BaseRows};
use crate::code::Code;
use crate::error::Error;
use crate::external_sort::{RowLocation, RunRows, Selection, SortEntry};
use crate::input::Position;
use crate::record::{Rows, canonical_form, key_text};
use crate::reject::{Placed, Reject};
use crate::schema::{Columns, Violation};
use crate::text::one_line;

/// The maximum number of keys that are reported one by one.
const KEYS: usize = 20;
/// The maximum number of articles that are reported of one key.
const ARTICLES: usize = 10;

/// Articles that were rejected because they share a key and differ, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeyConflicts {
    /// How many keys there are.
    pub total: u64,
    /// Some of them.
    pub keys: Vec<KeyConflict>,
}

/// A key that several different articles have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyConflict {
    /// The key, for display.
    pub key: String,
    /// The columns that differ, for display.
    pub differ: Vec<String>,
    /// How many articles have the key.
    pub total: u64,
    /// Some of them, in the order of the release.
    pub articles: Vec<ConflictingArticle>,
}

/// The position of an article.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ConflictingArticle {
    /// The input, for display.
    pub source: String,
    /// The line, from 1.
    pub line: u64,
}

/// What is known of a key so far.
struct Group {
    first: serde_json::Map<String, serde_json::Value>,
    differ: BTreeSet<String>,
    total: u64,
    articles: Vec<ConflictingArticle>,
}

impl Group {
    fn new(first: serde_json::Map<String, serde_json::Value>) -> Self {
        Self { first, differ: BTreeSet::new(), total: 0, articles: Vec::new() }
    }

    fn add(&mut self, record: &serde_json::Map<String, serde_json::Value>, article: ConflictingArticle) {
        let names = self.first.keys().chain(record.keys());
        let differ = names.filter(|name| self.first.get(*name) != record.get(*name));
        self.differ.extend(differ.map(|name| one_line(name, 60)));
        self.total += 1;
        if self.articles.len() < ARTICLES {
            self.articles.push(article);
        }
    }
}

/// Rejects records. They must come in the order of the release.
pub(super) struct Conflicts<'c> {
    columns: &'c Columns,
    /// The column index of the key.
    key: usize,
    base: Option<BaseRows<'c>>,
    rows: RunRows,
    sources: &'c [Arc<str>],
    each: &'c mut dyn FnMut(&Reject) -> Result<(), Error>,
    any: bool,
    /// The first keys, as text.
    groups: BTreeMap<String, Group>,
}

impl<'c> Conflicts<'c> {
    /// Calls `each` with every reject.
    pub(super) fn new(
        (columns, key): (&'c Columns, usize),
        base: Option<&'c Base<'_>>,
        rows: RunRows,
        sources: &'c [Arc<str>],
        each: &'c mut dyn FnMut(&Reject) -> Result<(), Error>,
    ) -> Self {
        Self { columns, key, base: base.map(Base::rows), rows, sources, each, any: false, groups: BTreeMap::new() }
    }

    /// Rejects a record.
    pub(super) fn reject(&mut self, run: usize, entry: &SortEntry) -> Result<(), Error> {
        self.any = true;
        let mut row = Selection::default();
        match (entry.location, &mut self.base) {
            (RowLocation::Run(at), _) => self.rows.select(run, at, &mut row)?,
            (RowLocation::Base(at), Some(base)) => base.select(at, &mut row).map(drop)?,
            (RowLocation::Base(_), None) => {}
        }
        let batch = row.batch();
        let (mut canonical, mut key) = (Vec::new(), String::new());
        if let Some(rows) = Rows::new(self.columns, &batch) {
            canonical_form(self.columns, &rows.record(0), &mut canonical);
            key = key_text(&rows.cell(0, self.key)).unwrap_or_default().into_owned();
        }
        let code = Code::DuplicateRecord;
        let message = format!("{}: `{}`", code.meaning(), one_line(&key, 130));
        let violation = Violation::plain(code, String::new(), message);
        let (line, byte) = (entry.span.line, entry.span.byte);
        let placed = Placed { violation, line, column: 1, byte, length: 0 };
        let source = self.sources[entry.span.source as usize].clone();
        self.group(key, &canonical, ConflictingArticle { source: one_line(&source, 200), line });
        let position = Position { source, line, byte };
        (self.each)(&Reject::new(position, entry.span.length, Some(&canonical), vec![placed]))
    }

    /// Adds an article to the report of its key.
    fn group(&mut self, key: String, canonical: &[u8], article: ConflictingArticle) {
        if self.groups.len() >= KEYS && !self.groups.contains_key(&key) {
            return;
        }
        let Ok(record) = serde_json::from_slice::<serde_json::Map<_, _>>(canonical) else { return };
        self.groups.entry(key).or_insert_with(|| Group::new(record.clone())).add(&record, article);
    }

    /// Returns the rows of all runs, to be read from the first, and the conflicts by key, of which there
    /// are `total`.
    pub(super) fn finish(self, total: u64) -> Result<(RunRows, KeyConflicts), Error> {
        let key = |(key, group): (String, Group)| KeyConflict {
            key: one_line(&key, 130),
            differ: group.differ.into_iter().collect(),
            total: group.total,
            articles: group.articles,
        };
        let conflicts = KeyConflicts { total, keys: self.groups.into_iter().map(key).collect() };
        let rows = if self.any { self.rows.rewound()? } else { self.rows };
        Ok((rows, conflicts))
    }
}
