//! Rejects records that share a key and differ.
//!
//! When a conflict is found, the bytes of the articles are not in memory any more. So the reject has the
//! canonical form of the record, and the position of the article in its input. This module does not find
//! conflicts; [`super::resolve_keys`] does.

use std::sync::Arc;

use super::base::{Base, BaseRows};
use crate::code::Code;
use crate::error::Error;
use crate::external_sort::{RowLocation, RunRows, Selection, SortEntry};
use crate::input::Position;
use crate::record::{Rows, canonical_form, key_text};
use crate::reject::{Placed, Reject};
use crate::schema::{Columns, Violation};
use crate::text::one_line;

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
        Self { columns, key, base: base.map(Base::rows), rows, sources, each, any: false }
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
        let position = Position { source, line, byte };
        (self.each)(&Reject::new(position, entry.span.length, Some(&canonical), vec![placed]))
    }

    /// Returns the rows of all runs, to be read from the first.
    pub(super) fn finish(self) -> Result<RunRows, Error> {
        if self.any { self.rows.rewound() } else { Ok(self.rows) }
    }
}
