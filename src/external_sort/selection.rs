//! [`Selection`]: rows of many batches, selected in an order, to be written as one batch.
//!
//! A selection keeps its batches alive and copies nothing. The thread that encodes the rows builds the
//! columns ([`Selection::into_columns`]); even then strings are not copied.

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

use super::compact::CompactRows;
use super::spill::{self, BUFFER};
use crate::error::Error;
use crate::storage::filesystem::{self, Handle};

/// Identifies a batch: the index of its run, and its index within the run.
pub(crate) type BatchId = (usize, usize);

/// Rows of several batches, in the order in which they were selected.
#[derive(Debug, Default)]
pub struct Selection {
    batches: Vec<RecordBatch>,
    indices: HashMap<BatchId, usize>,
    rows: Vec<(usize, usize)>,
    /// The most bytes that nulls and arrays of batches may take before the rows are compacted, and what they
    /// take.
    limit: Option<usize>,
    overhead: usize,
    /// The rows before those of `rows`, if they were compacted, and the first of them.
    compact: CompactRows,
    first: Option<RecordBatch>,
}

impl Selection {
    /// Creates an empty selection that keeps about `limit` bytes of nulls. Beyond it, rows are kept without
    /// nulls, which takes time.
    pub(crate) fn compacting(limit: usize) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }

    /// Selects a row of a batch that only this selection keeps in memory. Its nulls and arrays take about
    /// `overhead` bytes.
    fn add_owned(&mut self, id: BatchId, batch: &RecordBatch, row: usize, overhead: usize) {
        if !self.indices.contains_key(&id) {
            if self.limit.is_some_and(|limit| self.overhead + overhead > limit) && !self.rows.is_empty() {
                self.compact();
            }
            self.overhead += overhead;
        }
        self.add(id, batch, row);
    }

    fn compact(&mut self) {
        self.first = Some(self.first());
        self.compact.add(&self.batches, &self.rows);
        self.overhead = 0;
        self.batches.clear();
        self.indices.clear();
        self.rows.clear();
    }

    /// Selects a row of a batch.
    pub fn add(&mut self, id: BatchId, batch: &RecordBatch, row: usize) {
        let index = *self.indices.entry(id).or_insert_with(|| {
            self.batches.push(batch.clone());
            self.batches.len() - 1
        });
        self.rows.push((index, row));
    }

    /// The number of selected rows.
    pub(crate) fn len(&self) -> usize {
        self.compact.len() + self.rows.len()
    }

    /// Whether no row was selected.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all rows as one batch. The selection must not be a compacting one. Their strings must take less than 2 GiB. Consecutive rows of one
    /// batch are not copied.
    pub(crate) fn batch(&self) -> RecordBatch {
        if let ([batch], [(_, first), ..]) = (self.batches.as_slice(), self.rows.as_slice())
            && self.rows.iter().zip(*first..).all(|((_, row), next)| *row == next)
        {
            return batch.slice(*first, self.rows.len());
        }
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        interleave_record_batch(&batches, &self.rows).expect("batches of one schema, with less than 2 GiB of text")
    }

    /// Returns the first row as a batch. There must be one.
    pub(crate) fn first(&self) -> RecordBatch {
        self.first.clone().unwrap_or_else(|| self.row(self.rows[0]))
    }

    /// Returns the last row as a batch. There must be one.
    pub(crate) fn last(&self) -> RecordBatch {
        self.row(self.rows[self.rows.len() - 1])
    }

    fn row(&self, (batch, row): (usize, usize)) -> RecordBatch {
        self.batches[batch].slice(row, 1)
    }

    /// Returns all rows, column by column. The strings of a list column must take less than 2 GiB. Each
    /// step builds one column and frees the arrays it was built from. A string column becomes byte views
    /// into the batches: strings are most of a record, and copying them would be most of the cost.
    pub(crate) fn into_columns(mut self) -> Box<dyn Iterator<Item = ArrayRef>> {
        if self.compact.len() > 0 {
            self.compact();
            return Box::new(self.compact.into_columns());
        }
        let Self { batches, rows, .. } = self;
        let columns = batches.first().map_or(0, RecordBatch::num_columns);
        let mut batches: Vec<_> = batches.into_iter().map(|batch| batch.columns().to_vec().into_iter()).collect();
        Box::new((0..columns).map(move |_| {
            let arrays: Vec<ArrayRef> = batches.iter_mut().filter_map(Iterator::next).collect();
            let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            match arrays[0].data_type() {
                DataType::Utf8 => string_views(&arrays, &rows),
                _ => interleave(&arrays, &rows).expect("arrays of one type, with less than 2 GiB of text"),
            }
        }))
    }
}

/// Returns strings as byte views. Each is given as the index of an array and of a string in it.
pub(super) fn string_views(arrays: &[&dyn Array], rows: &[(usize, usize)]) -> ArrayRef {
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

/// The rows of one run.
#[derive(Debug)]
pub(super) enum RunBatches {
    /// In memory.
    Held(RecordBatch),
    /// In a scratch file.
    Spilled(Box<SpilledRows>),
}

/// The rows of a run on disk. They are read forwards, one batch at a time.
#[derive(Debug)]
pub(super) struct SpilledRows {
    /// The file that the stream reads, kept to read it again.
    file: Handle,
    batches: StreamReader<BufReader<Handle>>,
    current: RecordBatch,
    /// About how many bytes the arrays and nulls of the current batch take.
    overhead: usize,
    /// The index of the current batch, the index of its first row, and its number of rows.
    index: usize,
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
            overhead: 0,
            index: 0,
            first: 0,
            rows: 0,
            nulls: Nulls::default(),
            folder: folder.to_owned(),
        })
    }

    /// Reads on to the batch with this row. It must not be before a row that was requested earlier.
    fn seek(&mut self, row: usize) -> Result<(), Error> {
        while row >= self.first + self.rows {
            self.release();
            let next = self.batches.next().unwrap_or_else(|| Err(ArrowError::IpcError("it ends too early".into())));
            let next = next.map_err(|error| spill::failed("read", &self.folder, error))?;
            let own = next.columns().iter().filter(|column| column.null_count() < column.len());
            let fixed = |column: &ArrayRef| spill::fixed(column.data_type()) + next.num_rows() * spill::SLOT;
            self.overhead = own.map(fixed).sum();
            self.current = self.nulls.shared(next);
            self.first += std::mem::replace(&mut self.rows, self.current.num_rows());
            self.index += 1;
        }
        Ok(())
    }

    /// Frees the current batch. None of its rows is requested again.
    fn release(&mut self) {
        self.current = RecordBatch::new_empty(self.batches.schema());
    }
}

/// A column of a large record is small below this many bytes.
const SMALL: usize = 1 << 20;

/// All-null columns that batches of the same length share. Where a schema has many columns, most of
/// them are null in a small batch, and each array would take memory.
#[derive(Debug, Default)]
struct Nulls(Vec<Option<ArrayRef>>);

impl Nulls {
    /// Returns the batch with shared all-null columns. Small columns of a large record are copied,
    /// because a column may be a slice of everything that was read and would keep all of it alive.
    fn shared(&mut self, batch: RecordBatch) -> RecordBatch {
        self.0.resize(batch.num_columns(), None);
        let is_alone = batch.num_rows() == 1;
        let share = |(column, nulls): (&ArrayRef, &mut Option<ArrayRef>)| {
            if column.null_count() < column.len() {
                let is_small = column.to_data().get_slice_memory_size().is_ok_and(|bytes| bytes < SMALL);
                let copy = (is_alone && is_small).then(|| interleave(&[column.as_ref()], &[(0, 0)]).ok()).flatten();
                return copy.unwrap_or_else(|| column.clone());
            }
            if nulls.as_ref().is_none_or(|nulls| nulls.len() != column.len()) {
                *nulls = Some(new_null_array(column.data_type(), column.len()));
            }
            nulls.clone().unwrap_or_else(|| column.clone())
        };
        let columns = batch.columns().iter().zip(&mut self.0).map(share).collect();
        RecordBatch::try_new(batch.schema(), columns).unwrap_or(batch)
    }
}

/// The rows of all runs.
#[derive(Debug)]
pub(crate) struct RunRows(Vec<RunBatches>);

impl RunRows {
    pub(super) fn new(runs: Vec<RunBatches>) -> Self {
        Self(runs)
    }

    /// Selects a row of a run. The rows of a run must be requested in ascending order.
    ///
    /// # Errors
    /// [`Error::Io`] if the run cannot be read.
    pub(crate) fn select(&mut self, run: usize, row: u32, selection: &mut Selection) -> Result<(), Error> {
        let row = row as usize;
        match &mut self.0[run] {
            RunBatches::Held(batch) => selection.add((run, 0), batch, row),
            RunBatches::Spilled(rows) => {
                rows.seek(row)?;
                let within = row - rows.first;
                selection.add_owned((run, rows.index), &rows.current, within, rows.overhead);
                // A large record has a batch for itself, which must not stay until the next request.
                if within + 1 == rows.rows {
                    rows.release();
                }
            }
        }
        Ok(())
    }

    /// Returns the same rows, to be read again from the first.
    ///
    /// # Errors
    /// [`Error::Io`] if a run cannot be read.
    pub(crate) fn rewound(self) -> Result<Self, Error> {
        let rewound = |rows| match rows {
            RunBatches::Held(batch) => Ok(RunBatches::Held(batch)),
            RunBatches::Spilled(rows) => {
                SpilledRows::open(rows.file, &rows.folder).map(|rows| RunBatches::Spilled(Box::new(rows)))
            }
        };
        self.0.into_iter().map(rewound).collect::<Result<_, _>>().map(Self)
    }
}
