//! Some columns of the records of a part, in an order of one's own: what is exported and looked up.
//!
//! `record_sha256` can be asked for like any other column and then is a text of 64 digits. The
//! batches come from parts: their types are checked before a row is read.

use std::borrow::Cow;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use super::arrow::arrow_schema;
use super::cell::{Cell, Record};
use super::rows::cell;
use crate::digest::Digest;
use crate::schema::{Column, Columns, Kind, Presence, RECORD_SHA256, Role};

/// Which columns are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    columns: Columns,
    /// For each column, which of a batch's arrays holds it.
    arrays: Vec<usize>,
    /// The places of the columns in a part, ascending.
    places: Vec<usize>,
    /// The Arrow types at these places.
    types: Vec<DataType>,
}

/// Why columns cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// No column has the name.
    #[error("there is no column `{0}`")]
    NoColumn(String),
    /// The name was given twice.
    #[error("the column `{0}` is asked for twice")]
    Twice(String),
}

impl Projection {
    /// All columns of a part but `record_sha256`, in their order.
    pub fn all(columns: &Columns) -> Self {
        Self::of_places(columns, &(0..columns.len()).collect::<Vec<_>>())
    }

    /// The columns with these names, in their order.
    pub fn named<S: AsRef<str>>(columns: &Columns, names: &[S]) -> Result<Self, ProjectionError> {
        let mut wanted = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            let hash = (name == RECORD_SHA256).then_some(columns.len());
            let place = columns.position(name).or(hash);
            let place = place.ok_or_else(|| ProjectionError::NoColumn(name.to_owned()))?;
            if wanted.contains(&place) {
                return Err(ProjectionError::Twice(name.to_owned()));
            }
            wanted.push(place);
        }
        Ok(Self::of_places(columns, &wanted))
    }

    fn of_places(columns: &Columns, wanted: &[usize]) -> Self {
        let mut places = wanted.to_vec();
        places.sort_unstable();
        let schema = arrow_schema(columns);
        let types = places.iter().map(|place| schema.field(*place).data_type().clone()).collect();
        let arrays = wanted.iter().map(|place| places.partition_point(|before| before < place)).collect();
        let column = |place: &usize| if *place < columns.len() { columns.at(*place).clone() } else { hash_column() };
        Self { columns: Columns::new(wanted.iter().map(column).collect(), Vec::new()), arrays, places, types }
    }

    /// The wanted columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Their places in a part, ascending.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Views a batch that holds the columns at [`Projection::places`] and no others as records.
    /// `None` if their types are others.
    pub fn select<'a>(&'a self, batch: &'a RecordBatch) -> Option<Selected<'a>> {
        let found = batch.columns().iter().map(Array::data_type);
        let same = batch.num_columns() == self.types.len()
            && self.types.iter().zip(found).all(|(want, found)| want.equals_datatype(found));
        same.then(|| Selected { projection: self, arrays: batch.columns(), rows: batch.num_rows() })
    }
}

/// Record hashes as a column of texts.
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

/// The wanted columns of the records of one batch.
#[derive(Debug)]
pub struct Selected<'a> {
    projection: &'a Projection,
    arrays: &'a [ArrayRef],
    rows: usize,
}

impl<'a> Selected<'a> {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The wanted columns of the record in row `row`, from 0.
    pub fn record(&self, row: usize) -> Record<'a> {
        let columns = self.projection.columns.iter().zip(&self.projection.arrays);
        Record::new(columns.map(|(column, array)| wanted_cell(column, &self.arrays[*array], row)).collect())
    }
}

fn wanted_cell<'a>(column: &Column, array: &'a ArrayRef, row: usize) -> Cell<'a> {
    match array.as_fixed_size_binary_opt() {
        Some(hashes) => {
            let bytes = hashes.value(row).try_into().expect("the type was checked to be 32 bytes wide");
            Cell::String(Cow::Owned(Digest::from_bytes(bytes).to_string()))
        }
        None => cell(column, array, row),
    }
}
