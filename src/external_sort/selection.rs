//! [`Selection`]: rows picked from many batches, on their way to becoming batches of their own.
//!
//! Picking keeps the batches alive and copies nothing. Whoever encodes the rows has them put
//! together on its own thread, where texts still stay where they are ([`Selection::columns`]).

use std::collections::HashMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::BinaryViewBuilder;
use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{ArrowError, DataType};
use arrow_select::interleave::{interleave, interleave_record_batch};

use super::spill::{self, BUFFER};
use crate::error::Error;
use crate::filesystem::{self, Handle};

/// Names one batch among all that are selected from: its run, and its place there.
pub type BatchId = (usize, usize);

/// Rows of several batches, in the order in which they were picked.
#[derive(Debug, Default)]
pub struct Selection {
    batches: Vec<RecordBatch>,
    known: HashMap<BatchId, usize>,
    rows: Vec<(usize, usize)>,
}

impl Selection {
    /// Picks a row of a batch.
    pub fn add(&mut self, id: BatchId, batch: &RecordBatch, row: usize) {
        let place = *self.known.entry(id).or_insert_with(|| {
            self.batches.push(batch.clone());
            self.batches.len() - 1
        });
        self.rows.push((place, row));
    }

    /// How many rows were picked.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All rows as one batch; they must hold less than 2 GiB of text.
    pub fn batch(&self) -> RecordBatch {
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        interleave_record_batch(&batches, &self.rows).expect("batches of one schema, with less than 2 GiB of text")
    }

    /// One row as a batch.
    pub fn row(&self, row: usize) -> RecordBatch {
        let (batch, row) = self.rows[row];
        self.batches[batch].slice(row, 1)
    }

    /// All rows, column by column; the texts in lists must be less than 2 GiB. A column of texts
    /// becomes one of byte views into the batches: most of a record is text, and copying that is
    /// what putting rows together would cost.
    pub fn columns(&self) -> Vec<ArrayRef> {
        let columns = 0..self.batches.first().map_or(0, RecordBatch::num_columns);
        let column = |place: usize| {
            let arrays: Vec<&dyn Array> = self.batches.iter().map(|batch| batch.column(place).as_ref()).collect();
            match arrays[0].data_type() {
                DataType::Utf8 => self.texts(&arrays),
                _ => interleave(&arrays, &self.rows).expect("arrays of one type, with less than 2 GiB of text"),
            }
        };
        columns.map(column).collect()
    }

    fn texts(&self, arrays: &[&dyn Array]) -> ArrayRef {
        let arrays: Vec<&StringArray> = arrays.iter().map(|array| array.as_string::<i32>()).collect();
        let mut views = BinaryViewBuilder::with_capacity(self.rows.len());
        let blocks: Vec<u32> = arrays.iter().map(|array| views.append_block(array.values().clone())).collect();
        for (batch, row) in &self.rows {
            let (array, block) = (arrays[*batch], blocks[*batch]);
            if array.is_null(*row) {
                views.append_null();
                continue;
            }
            let start = array.value_offsets()[*row].cast_unsigned();
            let length = array.value_length(*row).cast_unsigned();
            views.try_append_view(block, start, length).expect("a text lies within its array");
        }
        Arc::new(views.finish())
    }
}

/// The rows of one run.
#[derive(Debug)]
pub(super) enum RunBatches {
    /// In memory.
    Held(RecordBatch),
    /// On the disk.
    Spilled(Box<SpilledRows>),
}

/// The rows of a run on the disk: forwards only, one batch at a time.
#[derive(Debug)]
pub(super) struct SpilledRows {
    /// The same file as the stream reads, to start again.
    file: Handle,
    batches: StreamReader<BufReader<Handle>>,
    current: RecordBatch,
    /// The place of the current batch, and the number of its first row.
    place: usize,
    first: usize,
    folder: PathBuf,
}

impl SpilledRows {
    pub(super) fn open(file: Handle, folder: &Path) -> Result<Self, Error> {
        let failed = |error: ArrowError| spill::failed("read", folder, error);
        let file = filesystem::rewound(file, folder)?;
        let stream = file.try_clone().map_err(|error| failed(error.into()))?;
        let batches = StreamReader::try_new(BufReader::with_capacity(BUFFER, stream), None).map_err(failed)?;
        let current = RecordBatch::new_empty(batches.schema());
        Ok(Self { file, batches, current, place: 0, first: 0, folder: folder.to_owned() })
    }

    /// Goes on to the batch with a row that is not before those asked for earlier.
    fn seek(&mut self, row: usize) -> Result<(), Error> {
        while row >= self.first + self.current.num_rows() {
            let next = self.batches.next().unwrap_or_else(|| Err(ArrowError::IpcError("it ends too early".into())));
            let next = next.map_err(|error| spill::failed("read", &self.folder, error))?;
            self.first += std::mem::replace(&mut self.current, next).num_rows();
            self.place += 1;
        }
        Ok(())
    }
}

/// The rows of all runs.
#[derive(Debug)]
pub struct RunRows(Vec<RunBatches>);

impl RunRows {
    pub(super) fn new(runs: Vec<RunBatches>) -> Self {
        Self(runs)
    }

    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.0.len()
    }

    /// Picks a row of a run. Rows of one run must be asked for in ascending order.
    ///
    /// # Errors
    /// [`Error::Io`] if the run cannot be read back.
    pub fn select(&mut self, run: usize, row: u32, selection: &mut Selection) -> Result<(), Error> {
        let row = row as usize;
        match &mut self.0[run] {
            RunBatches::Held(batch) => selection.add((run, 0), batch, row),
            RunBatches::Spilled(rows) => {
                rows.seek(row)?;
                selection.add((run, rows.place), &rows.current, row - rows.first);
            }
        }
        Ok(())
    }

    /// The same rows, to be asked for from the first again.
    ///
    /// # Errors
    /// [`Error::Io`] if a run cannot be read back.
    pub fn rewound(self) -> Result<Self, Error> {
        let rewound = |rows| match rows {
            RunBatches::Held(batch) => Ok(RunBatches::Held(batch)),
            RunBatches::Spilled(rows) => {
                SpilledRows::open(rows.file, &rows.folder).map(|rows| RunBatches::Spilled(Box::new(rows)))
            }
        };
        self.0.into_iter().map(rewound).collect::<Result<_, _>>().map(Self)
    }
}
