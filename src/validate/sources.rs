//! Reading and judging whole sources.

use std::collections::BTreeMap;

use super::RejectSink;
use super::queue::{Queue, Queued};
use super::{Effects, ValidatedBlock, Validator};
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::input::pages::DroppedLine;
use crate::input::{Block, Reader, Source, Tally};
use crate::mapping::{FitCheck, Misfit};
use crate::ordered_pool::{Share, Workers, ordered_pool};
use crate::progress::{Progress, Stage};
use crate::release::{Allowance, Normalised};

/// One source and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputCounts {
    /// Its name: a path, or `-`.
    pub name: String,
    /// How it was stored, and how its articles stood in it.
    pub tally: Tally,
    /// How many articles it holds.
    pub articles: u64,
    /// How many of them were rejected.
    pub rejected: u64,
    /// How many objects were left out because a setting says that they are not articles, by setting.
    pub skipped: BTreeMap<String, u64>,
    /// How many texts end where their source cut them.
    pub cut: u64,
    /// Lines of a page dump that were left out of records, the first [`MAX_DROPS`] runs.
    pub drops: Vec<DroppedLine>,
    /// How many such runs there are.
    pub drops_total: u64,
}

/// What a manifest counts objects of inputs under that are not articles: the name of no field, which
/// none can have.
const INPUT: &str = "_input";

/// How many runs of dropped lines are held for one source.
pub const MAX_DROPS: usize = 1000;

/// What was read and what came of it.
#[derive(Debug)]
pub struct InputSummary {
    /// The sources, by name.
    pub inputs: Vec<InputCounts>,
    /// What was kept out.
    pub rejects: RejectSink,
    /// What was changed before validation.
    pub normalised: Normalised,
    /// Invalid values of optional members that were moved to `_extra`, as causes with examples.
    pub moved: Diagnostics,
    /// Set if the mapping fits badly.
    pub misfit: Option<Misfit>,
}

impl InputSummary {
    /// How many articles were read.
    pub fn articles(&self) -> u64 {
        self.inputs.iter().map(|input| input.articles).sum()
    }

    /// How many objects of the inputs were passed over beside articles, and how many a setting skipped.
    pub fn left_out(&self) -> (u64, u64) {
        let beside = self.inputs.iter().map(|input| input.tally.left_out.objects).sum();
        (beside, self.inputs.iter().flat_map(|input| input.skipped.values()).sum())
    }

    /// What a manifest says of changes: those before validation, and what inputs hold beside articles.
    pub fn recorded(&self) -> Normalised {
        let mut recorded = self.normalised.clone();
        let (beside, skipped) = self.left_out();
        for (rule, times) in [("left-out", beside), ("skipped", skipped)] {
            if times > 0 {
                recorded.entry(INPUT.to_owned()).or_default().insert(rule.to_owned(), times);
            }
        }
        recorded
    }

    /// Whether so few articles were rejected that the others may pass. Damaged inputs are never
    /// allowed: nobody has seen what is missing.
    pub fn is_allowed(&self, allowance: Allowance) -> bool {
        !self.rejects.has_damage() && allowance.allows(self.rejects.total(), self.articles())
    }
}

/// What to read, and how.
#[derive(Debug)]
pub struct SourceValidation<'s> {
    /// Judges the articles.
    pub validator: Validator<'s>,
    /// Reads the sources.
    pub reader: Reader,
    /// What to read.
    pub sources: &'s [Source],
    /// How many threads judge.
    pub threads: usize,
    /// About how many bytes the articles may take that threads have under way.
    pub memory: usize,
    /// Is told how far the reading is.
    pub progress: &'s dyn Progress,
}

/// What came of a step of the reading.
#[derive(Debug)]
pub enum Step<T> {
    /// What was made of a block.
    Made(T),
    /// A block of so many bytes comes next, more than there is memory for beside others. What can
    /// wait on the disk should wait there now.
    Large(usize),
}

/// What was done with what was queued, and its share of the memory.
type Done<T> = (Step<(usize, (ValidatedBlock, T))>, Share);

/// What came of one source.
#[derive(Debug, Clone, Default)]
struct Counts {
    articles: u64,
    rejected: u64,
    skipped: BTreeMap<String, u64>,
    cut: u64,
    drops: Vec<DroppedLine>,
    drops_total: u64,
}

impl Counts {
    fn add(&mut self, validated: &ValidatedBlock) {
        self.articles += validated.articles;
        self.rejected += validated.rejects.len() as u64;
        self.cut += validated.fit.cut;
        for (setting, times) in &validated.skipped {
            *self.skipped.entry(setting.clone()).or_default() += times;
        }
        self.drops_total += validated.drops.len() as u64;
        let room = MAX_DROPS - self.drops.len();
        self.drops.extend(validated.drops.iter().take(room));
    }
}

/// Reads and judges every source. `work` judges a block on one of several threads; `take` is
/// given what else it made of it, in the order of the input, and is told before a large block.
///
/// # Errors
/// A source that cannot be read, a reject that cannot be written, no article at all
/// ([`Error::NoArticles`]), or the first error of `take`.
pub fn validate_sources<T: Send>(
    validate_sources: &SourceValidation<'_>,
    mut rejects: RejectSink,
    work: impl Fn(&Validator<'_>, &Block) -> (ValidatedBlock, T) + Sync,
    mut take: impl FnMut(Step<T>) -> Result<(), Error>,
) -> Result<InputSummary, Error> {
    let SourceValidation { validator, reader, sources, threads, memory, progress } = validate_sources;
    progress.start(Stage::Read, sources.iter().map(Source::bytes).sum());
    let mut counts = vec![Counts::default(); sources.len()];
    let mut normalised: Normalised = BTreeMap::new();
    let (mut fit, mut moved) = (FitCheck::default(), Diagnostics::default());
    let queue = Queue::new(*memory, validator.columns());
    let produce = |give: &mut dyn FnMut(Queued) -> Result<(), Error>| {
        let mut tallies = Vec::with_capacity(sources.len());
        for (index, source) in sources.iter().enumerate() {
            tallies.push(reader.read(source, validator, *progress, &mut |block| queue.give(index, block, give))?);
        }
        Ok(tallies)
    };
    let take = |(done, _share): Done<T>| {
        let (index, (validated, output)) = match done {
            Step::Large(bytes) => return take(Step::Large(bytes)),
            Step::Made(output) => output,
        };
        counts[index].add(&validated);
        validated.rejects.iter().try_for_each(|reject| rejects.add(reject))?;
        validated.effects.iter().for_each(|(effects, times)| add(&mut normalised, effects, *times));
        fit.add(&validated.fit);
        moved.merge(&validated.moved);
        take(Step::Made(output))
    };
    let work = |(step, share): Queued| match step {
        Step::Large(bytes) => (Step::Large(bytes), share),
        Step::Made((index, block)) => (Step::Made((index, work(validator, &block))), share),
    };
    let tallies =
        ordered_pool(Workers { threads: *threads, under_way: threads * 4 }, produce, work, take, || Error::Stopped)?;
    if counts.iter().all(|counts| counts.articles == 0) {
        let names: Vec<String> = sources.iter().map(|source| format!("`{}`", source.name)).collect();
        return Err(Error::NoArticles { names: names.join(", ") });
    }
    let input = |((source, tally), counts): ((&Source, Tally), Counts)| InputCounts {
        name: source.name.to_string(),
        tally,
        articles: counts.articles,
        rejected: counts.rejected,
        skipped: counts.skipped,
        cut: counts.cut,
        drops: counts.drops,
        drops_total: counts.drops_total,
    };
    let inputs = sources.iter().zip(tallies).zip(counts).map(input).collect();
    Ok(InputSummary { inputs, rejects, normalised, moved, misfit: validator.misfit(&fit) })
}

/// Adds what so many articles left in the counts.
fn add(normalised: &mut Normalised, effects: &Effects, times: u64) {
    for (field, rules) in &effects.normalised {
        let of_field = normalised.entry(field.clone()).or_default();
        for (rule, count) in rules {
            let total = of_field.entry(rule.clone()).or_default();
            *total = total.saturating_add(count.saturating_mul(times));
        }
    }
}
