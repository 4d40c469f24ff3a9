//! [`ReadAhead`]: reads a scan on several threads, a little ahead of the reader, in the order of the release.

use std::fmt;
use std::thread;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use crossbeam_channel::{Receiver, bounded};

use super::{Scan, ScanBatches, ScanPart};
use crate::error::Error;
use crate::ordered_pool::{Workers, ordered_pool};

type Slice = Result<Vec<RecordBatch>, Error>;

/// The batches of a scan, in the order of the release. The iterator ends after an error. Dropping it stops the
/// threads.
pub struct ReadAhead {
    schema: SchemaRef,
    from: From,
    ready: std::vec::IntoIter<RecordBatch>,
}

enum From {
    /// Nothing was asked for yet. Some readers open a stream only for its schema.
    Start(Box<Scan>, usize),
    /// The thread that asks also reads.
    Scan(Box<ScanBatches>),
    /// Other threads read slices.
    Threads(Receiver<Slice>),
    /// Nothing is left to read.
    Nothing,
}

impl Scan {
    /// Like [`Scan::batches`], on several threads. They read slices of parts, of about 8 MiB, so the first and the
    /// last record and the fingerprint of a part are not compared with the manifest. With one thread, nothing is
    /// read ahead.
    pub fn batches_on(self, threads: usize) -> ReadAhead {
        let schema = self.schema();
        ReadAhead { schema, from: From::Start(Box::new(self), threads), ready: Vec::new().into_iter() }
    }
}

fn read_ahead(scan: Scan, threads: usize) -> From {
    let (sender, receiver) = bounded::<Slice>(1);
    thread::spawn(move || {
        let parts = scan.split();
        let ended = ordered_pool(
            Workers { threads, under_way: threads + 2 },
            |give| parts.iter().try_for_each(|part| part.slices()?.into_iter().try_for_each(&mut *give)),
            |slice: ScanPart| slice.batches()?.collect::<Slice>(),
            |slice: Slice| {
                let is_error = slice.is_err();
                // A reader that left needs nothing more, and one that got an error has all it needs.
                if sender.send(slice).is_err() || is_error { Err(Error::Stopped) } else { Ok(()) }
            },
            || Error::Stopped,
        );
        if let Err(error) = ended
            && !matches!(error, Error::Stopped)
        {
            drop(sender.send(Err(error)));
        }
    });
    From::Threads(receiver)
}

impl ReadAhead {
    /// The Arrow schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, Error> {
        loop {
            if let Some(batch) = self.ready.next() {
                return Ok(Some(batch));
            }
            match &mut self.from {
                From::Start(scan, threads) => {
                    let (scan, threads) = (Scan::clone(scan), *threads);
                    self.from =
                        if threads > 1 { read_ahead(scan, threads) } else { From::Scan(Box::new(scan.batches())) };
                }
                From::Scan(batches) => return batches.next().transpose(),
                From::Threads(slices) => match slices.recv() {
                    Ok(slice) => self.ready = slice?.into_iter(),
                    Err(_all_are_read) => return Ok(None),
                },
                From::Nothing => return Ok(None),
            }
        }
    }
}

impl Iterator for ReadAhead {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.next_batch();
        if !matches!(batch, Ok(Some(_))) {
            self.from = From::Nothing;
        }
        batch.transpose()
    }
}

impl fmt::Debug for ReadAhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadAhead").field("schema", &self.schema).finish_non_exhaustive()
    }
}
