//! Reading and judging all sources of a build.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use crate::error::Error;
use crate::input::{Limits, Reader, Source};
use crate::judge::{Entry, Judge, Judged};
use crate::record::Order;
use crate::reject::RejectLog;
use crate::release::{Dataset, Input, Normalised};
use crate::schema::Schema;

/// What was read: the records of every block, and what is to be reported.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The records, block by block.
    pub(super) batches: Vec<RecordBatch>,
    /// What is known of them, block by block.
    pub(super) entries: Vec<Vec<Entry>>,
    /// The rest.
    pub(super) read: Read,
}

/// What is to be reported of the reading.
#[derive(Debug)]
pub(super) struct Read {
    /// The sources.
    pub(super) inputs: Vec<Input>,
    /// What was kept out.
    pub(super) rejects: RejectLog,
    /// What was changed before validation.
    pub(super) normalised: Normalised,
    /// How many identical repeats were left out.
    pub(super) duplicates: u64,
}

/// Reads and judges every source.
///
/// # Errors
/// A source that cannot be read, or no article at all.
pub(super) fn gather(
    dataset: &Dataset,
    schema: &Schema,
    order: &Order,
    sources: &[Source],
    rejects: RejectLog,
) -> Result<Gathered, Error> {
    let judge = Judge::new(schema, dataset.source, dataset.policy.extra, order);
    let reader = Reader::new(dataset.source.framing(), Limits::default());
    let read = Read { inputs: Vec::new(), rejects, normalised: BTreeMap::new(), duplicates: 0 };
    let mut gathered = Gathered { batches: Vec::new(), entries: Vec::new(), read };
    for source in sources {
        let (mut articles, mut rejected) = (0, 0);
        let tally = reader.read(source, &mut |block| {
            let judged = judge.judge(&block);
            articles += judged.articles;
            rejected += judged.rejects.len() as u64;
            gathered.take(judged)
        })?;
        gathered.read.inputs.push(Input {
            name: source.name.to_string(),
            bytes: tally.bytes,
            sha256: tally.sha256,
            articles,
            admitted: articles - rejected,
            rejected,
        });
    }
    if gathered.read.inputs.iter().all(|input| input.articles == 0) {
        let names: Vec<String> = sources.iter().map(|source| format!("`{}`", source.name)).collect();
        return Err(Error::NoArticles { names: names.join(", ") });
    }
    Ok(gathered)
}

impl Gathered {
    fn take(&mut self, judged: Judged) -> Result<(), Error> {
        for reject in &judged.rejects {
            self.read.rejects.add(reject)?;
        }
        for ((field, rule), count) in judged.normalised {
            *self.read.normalised.entry(field.to_owned()).or_default().entry(rule.to_owned()).or_default() += count;
        }
        if judged.batch.num_rows() > 0 {
            self.batches.push(judged.batch);
            self.entries.push(judged.entries);
        }
        Ok(())
    }
}
