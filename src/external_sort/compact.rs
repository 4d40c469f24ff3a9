//! [`CompactRows`]: rows in the form of their values, without nulls and without their batches.
//!
//! Where a schema has thousands of columns, most values of a record are null, and each array of each batch
//! takes memory even so. In this form rows take about as much memory as their values. Only
//! [`super::Selection`] uses it, for rows that wait to be encoded.

use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;

use super::selection::string_views;

/// The values of a column are in at most this many arrays.
const PIECES: usize = 8;

/// Rows without their nulls.
#[derive(Debug, Default)]
pub(super) struct CompactRows {
    schema: Option<SchemaRef>,
    rows: usize,
    columns: Vec<CompactColumn>,
}

/// The values of a column.
#[derive(Debug, Default)]
struct CompactColumn {
    /// The row of each value, ascending.
    rows: Vec<usize>,
    values: Vec<ArrayRef>,
}

impl CompactRows {
    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Adds rows, each given as the index of a batch and of a row in it.
    pub(super) fn add(&mut self, batches: &[RecordBatch], rows: &[(usize, usize)]) {
        let Some(first) = batches.first() else { return };
        let schema = self.schema.get_or_insert_with(|| first.schema());
        self.columns.resize_with(schema.fields().len(), CompactColumn::default);
        for (index, column) in self.columns.iter_mut().enumerate() {
            let arrays: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(index).as_ref()).collect();
            column.add(&arrays, rows, self.rows);
        }
        self.rows += rows.len();
    }

    /// Returns the rows, column by column, in the form of [`super::Selection::into_columns`].
    pub(super) fn into_columns(self) -> impl Iterator<Item = ArrayRef> {
        let Self { schema, rows, columns } = self;
        let columns = columns.into_iter().enumerate();
        columns.map(move |(index, column)| {
            let schema = schema.as_ref().expect("rows with columns have a schema");
            column.expand(schema.field(index).data_type(), rows)
        })
    }
}

impl CompactColumn {
    fn add(&mut self, arrays: &[&dyn Array], rows: &[(usize, usize)], first: usize) {
        if arrays.iter().all(|array| array.null_count() == array.len()) {
            return;
        }
        let values = (first..).zip(rows).filter(|(_, (batch, row))| !arrays[*batch].is_null(*row));
        let (places, values): (Vec<usize>, Vec<(usize, usize)>) = values.unzip();
        if values.is_empty() {
            return;
        }
        self.rows.extend(places);
        self.values.push(interleave(arrays, &values).expect("arrays of one type, with less than 2 GiB of text"));
        if self.values.len() > PIECES {
            self.values = vec![self.joined()];
        }
    }

    /// The values as one array.
    fn joined(&self) -> ArrayRef {
        let pieces: Vec<&dyn Array> = self.values.iter().map(AsRef::as_ref).collect();
        concat(&pieces).expect("arrays of one type, with less than 2 GiB of text")
    }

    /// The values in their rows, and nulls in the others.
    fn expand(self, kind: &DataType, rows: usize) -> ArrayRef {
        const NULL: (usize, usize) = (1, 0);
        let null = new_null_array(kind, 1);
        let values = if self.values.is_empty() { null.slice(0, 0) } else { self.joined() };
        let mut places = vec![NULL; rows];
        for (value, row) in self.rows.iter().enumerate() {
            places[*row] = (0, value);
        }
        drop(self);
        let arrays: &[&dyn Array] = if places.contains(&NULL) { &[&values, &null] } else { &[&values] };
        match kind {
            DataType::Utf8 => string_views(arrays, &places),
            _ => interleave(arrays, &places).expect("arrays of one type, with less than 2 GiB of text"),
        }
    }
}
