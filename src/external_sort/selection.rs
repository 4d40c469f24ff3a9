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
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, new_null_array};
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

    /// All rows as one batch; they must hold less than 2 GiB of text. Rows that follow each other in
    /// one batch are not copied.
    pub fn batch(&self) -> RecordBatch {
        if let ([batch], [(_, first), ..]) = (self.batches.as_slice(), self.rows.as_slice())
            && self.rows.iter().zip(*first..).all(|((_, row), next)| *row == next)
        {
            return batch.slice(*first, self.rows.len());
        }
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        interleave_record_batch(&batches, &self.rows).expect("batches of one schema, with less than 2 GiB of text")
    }

    /// One row as a batch.
    pub fn row(&self, row: usize) -> RecordBatch {
        let (batch, row) = self.rows[row];
        self.batches[batch].slice(row, 1)
    }

    /// All rows, column by column; the texts in lists must be less than 2 GiB. A column is made when it
    /// is asked for, and what it was made of is let go. A column of texts becomes one of byte views into
    /// the batches: most of a record is text, and copying that is what putting rows together would cost.
    pub fn into_columns(self) -> impl Iterator<Item = ArrayRef> {
        let Self { batches, rows, .. } = self;
        let columns = batches.first().map_or(0, RecordBatch::num_columns);
        let mut batches: Vec<_> = batches.into_iter().map(|batch| batch.columns().to_vec().into_iter()).collect();
        (0..columns).map(move |_| {
            let arrays: Vec<ArrayRef> = batches.iter_mut().filter_map(Iterator::next).collect();
            let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            match arrays[0].data_type() {
                DataType::Utf8 => Self::texts(&arrays, &rows),
                _ => interleave(&arrays, &rows).expect("arrays of one type, with less than 2 GiB of text"),
            }
        })
    }

    fn texts(arrays: &[&dyn Array], rows: &[(usize, usize)]) -> ArrayRef {
        let arrays: Vec<&StringArray> = arrays.iter().map(|array| array.as_string::<i32>()).collect();
        let mut views = BinaryViewBuilder::with_capacity(rows.len());
        let blocks: Vec<u32> = arrays.iter().map(|array| views.append_block(array.values().clone())).collect();
        for (batch, row) in rows {
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
    /// The place of the current batch, the number of its first row, and how many rows it has.
    place: usize,
    first: usize,
    rows: usize,
    /// Columns without values.
    nulls: Nulls,
    folder: PathBuf,
}

impl SpilledRows {
    pub(super) fn open(file: Handle, folder: &Path) -> Result<Self, Error> {
        let failed = |error: ArrowError| spill::failed("read", folder, error);
        let file = filesystem::rewound(file, folder)?;
        let stream = file.try_clone().map_err(|error| failed(error.into()))?;
        let batches = StreamReader::try_new(BufReader::with_capacity(BUFFER, stream), None).map_err(failed)?;
        let current = RecordBatch::new_empty(batches.schema());
        Ok(Self {
            file,
            batches,
            current,
            place: 0,
            first: 0,
            rows: 0,
            nulls: Nulls::default(),
            folder: folder.to_owned(),
        })
    }

    /// Goes on to the batch with a row that is not before those asked for earlier.
    fn seek(&mut self, row: usize) -> Result<(), Error> {
        while row >= self.first + self.rows {
            self.release();
            let next = self.batches.next().unwrap_or_else(|| Err(ArrowError::IpcError("it ends too early".into())));
            let next = next.map_err(|error| spill::failed("read", &self.folder, error))?;
            self.current = self.nulls.shared(next);
            self.first += std::mem::replace(&mut self.rows, self.current.num_rows());
            self.place += 1;
        }
        Ok(())
    }

    /// Lets go of the current batch: none of its rows will be asked for.
    fn release(&mut self) {
        self.current = RecordBatch::new_empty(self.batches.schema());
    }
}

/// How many bytes a small column of a large record has at most.
const SMALL: usize = 1 << 20;

/// The columns without values of a batch, for others of so many rows to share: of many columns most
/// have none in few rows, and each array takes memory of its own.
#[derive(Debug, Default)]
struct Nulls(Vec<Option<ArrayRef>>);

impl Nulls {
    /// The batch, with columns that others have as well. Small columns of a large record are copied: a
    /// column may be a slice of all that was read, and would keep the rest of it.
    fn shared(&mut self, batch: RecordBatch) -> RecordBatch {
        self.0.resize(batch.num_columns(), None);
        let is_alone = batch.num_rows() == 1;
        let share = |(column, known): (&ArrayRef, &mut Option<ArrayRef>)| {
            if column.null_count() < column.len() {
                let is_small = column.to_data().get_slice_memory_size().is_ok_and(|bytes| bytes < SMALL);
                let copy = (is_alone && is_small).then(|| interleave(&[column.as_ref()], &[(0, 0)]).ok()).flatten();
                return copy.unwrap_or_else(|| column.clone());
            }
            if known.as_ref().is_none_or(|known| known.len() != column.len()) {
                *known = Some(new_null_array(column.data_type(), column.len()));
            }
            known.clone().unwrap_or_else(|| column.clone())
        };
        let columns = batch.columns().iter().zip(&mut self.0).map(share).collect();
        RecordBatch::try_new(batch.schema(), columns).unwrap_or(batch)
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
                let within = row - rows.first;
                selection.add((run, rows.place), &rows.current, within);
                // A large record is alone in its batch: it must not stay until the next one is asked for.
                if within + 1 == rows.rows {
                    rows.release();
                }
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
