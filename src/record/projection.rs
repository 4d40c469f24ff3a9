//! [`Projection`]: some columns of the records of a release, in a chosen order.
//!
//! `record_sha256` is a column like any other; as a cell it is a string of 64 digits. This module does not
//! read files.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{FieldRef, Schema as ArrowSchema, SchemaRef};

use super::arrow::arrow_schema;
use super::canonical::canonical_form;
use super::cell::{Cell, Record};
use super::rows::cell;
use crate::digest::Digest;
use crate::schema::{Column, Columns, Kind, Presence, RECORD_SHA256, Role};

/// The columns to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    columns: Columns,
    schema: SchemaRef,
    /// The index of each column in a part.
    indices: Vec<usize>,
    /// The same indices, ascending.
    ascending: Vec<usize>,
}

/// Why columns cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProjectionError {
    /// No column has the name.
    #[error("there is no column `{0}`")]
    NoColumn(String),
    /// The name was given twice.
    #[error("the column `{0}` is requested twice")]
    Twice(String),
}

impl Projection {
    /// All columns of a part, with `record_sha256`, in their order.
    pub fn all(columns: &Columns) -> Self {
        Self::of_indices(columns, (0..=columns.len()).collect())
    }

    /// The columns with these names, in the order of the names.
    pub(crate) fn named<S: AsRef<str>>(
        columns: &Columns,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, ProjectionError> {
        let mut indices = Vec::new();
        for name in names {
            let name = name.as_ref();
            let hash = (name == RECORD_SHA256).then_some(columns.len());
            let index = columns.position(name).or(hash);
            let index = index.ok_or_else(|| ProjectionError::NoColumn(name.to_owned()))?;
            if indices.contains(&index) {
                return Err(ProjectionError::Twice(name.to_owned()));
            }
            indices.push(index);
        }
        Ok(Self::of_indices(columns, indices))
    }

    fn of_indices(columns: &Columns, indices: Vec<usize>) -> Self {
        let schema = arrow_schema(columns);
        let fields: Vec<FieldRef> = indices.iter().map(|index| schema.fields()[*index].clone()).collect();
        let column = |index: &usize| if *index < columns.len() { columns.at(*index).clone() } else { hash_column() };
        let mut ascending = indices.clone();
        ascending.sort_unstable();
        let columns = Columns::new(indices.iter().map(column).collect(), Vec::new());
        Self { columns, schema: Arc::new(ArrowSchema::new(fields)), indices, ascending }
    }

    /// The columns, in their order.
    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The Arrow schema of the columns.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The indices of the columns in a part, ascending: the order in which they are read.
    pub(crate) fn ascending(&self) -> &[usize] {
        &self.ascending
    }

    /// The position of a column of the part among these columns.
    pub(crate) fn position(&self, index: usize) -> Option<usize> {
        self.indices.iter().position(|other| *other == index)
    }

    /// Puts the columns of a batch, which were read in ascending order, into the order of the projection.
    /// `None` if their types differ.
    pub(crate) fn arrange(&self, batch: &RecordBatch) -> Option<RecordBatch> {
        let array = |index: &usize| batch.columns().get(self.ascending.binary_search(index).ok()?).cloned();
        let arrays: Option<Vec<ArrayRef>> = self.indices.iter().map(array).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let is_same = batch.num_columns() == self.ascending.len();
        RecordBatch::try_new_with_options(self.schema.clone(), arrays.filter(|_| is_same)?, &options).ok()
    }

    /// Appends the canonical form of a record of an arranged batch: one JSON object, without a line end.
    pub fn write_json(&self, batch: &RecordBatch, row: usize, out: &mut Vec<u8>) {
        canonical_form(&self.columns, &self.record(batch, row), out);
    }

    /// A record of an arranged batch.
    pub(crate) fn record<'a>(&self, batch: &'a RecordBatch, row: usize) -> Record<'a> {
        let columns = self.columns.iter().zip(batch.columns());
        Record::new(columns.map(|(column, array)| cell_or_hash(column, array, row)).collect())
    }
}

/// Record hashes as a column of strings.
fn hash_column() -> Column {
    Column {
        name: RECORD_SHA256.to_owned(),
        kind: Kind::String,
        nullable: false,
        presence: Presence::Required,
        short: true,
        pointer: String::new(),
        role: Role::Declared,
        why: "every record has a hash".to_owned(),
        refuses: Vec::new(),
    }
}

fn cell_or_hash<'a>(column: &Column, array: &'a ArrayRef, row: usize) -> Cell<'a> {
    match array.as_fixed_size_binary_opt() {
        Some(hashes) => {
            let bytes = hashes.value(row).try_into().expect("the type was checked to be 32 bytes wide");
            Cell::String(Cow::Owned(Digest::from_bytes(bytes).to_string()))
        }
        None => cell(column, array, row),
    }
}
