//! Reads and validates whole sources on several threads. It does not keep records: the caller gets them
//! block by block, in the order of the input.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::article::{ArticleValidator, ValidatedBlock};
use super::effects;
use super::queue::{Queue, Queued};
use super::spread_sample::SpreadSample;
use super::{RejectSink, Undeclared};
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::input::pages::DroppedLine;
use crate::input::{Block, Reader, Source, Tally};
use crate::mapping::{BetterSource, FillRates, FitCheck, Misfit, SourceFit};
use crate::ordered_pool::{Share, Workers, ordered_pool};
use crate::progress::{Progress, Stage};
use crate::reject::Reject;
use crate::release::{Allowance, MisfitPolicy, Normalised};

/// The counts of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputCounts {
    /// The name of the source: a path, or `-`.
    pub name: Arc<str>,
    /// The form, size and digest of the input.
    pub tally: Tally,
    /// How many articles it has.
    pub articles: u64,
    /// How many of them were rejected.
    pub rejected: u64,
    notes: Option<Box<InputNotes>>,
}

/// What is counted of few sources only. A build may have hundreds of thousands of sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputNotes {
    /// How many objects were skipped because a setting says that they are not articles, by setting.
    pub skipped: BTreeMap<String, u64>,
    /// How many texts the source cut.
    pub cut: u64,
    /// Runs of lines of a page dump that are not in the records, at most `MAX_DROPS`.
    pub drops: Vec<DroppedLine>,
    /// The number of such runs.
    pub drops_total: u64,
}

impl InputCounts {
    /// What is counted of few sources only.
    pub fn notes(&self) -> &InputNotes {
        static NONE: InputNotes = InputNotes { skipped: BTreeMap::new(), cut: 0, drops: Vec::new(), drops_total: 0 };
        self.notes.as_deref().unwrap_or(&NONE)
    }
}

/// The name under which a manifest counts objects that are not articles. No field can have this name.
const INPUT: &str = "_input";

/// The most runs of dropped lines that are kept for one source.
pub(crate) const MAX_DROPS: usize = 1000;

/// The result of reading and validating sources.
#[derive(Debug)]
pub struct InputSummary {
    /// The sources, by name.
    pub inputs: Vec<InputCounts>,
    /// The rejects.
    pub rejects: RejectSink,
    /// The changes before validation, by field and rule.
    pub normalised: Normalised,
    /// Invalid values of optional members that were moved to `_extra`, as causes with examples.
    pub moved: Diagnostics,
    /// How the mapping fails to fit the articles, if it does.
    pub misfit: Option<Misfit>,
    /// Objects that are probably no articles: how many, and a member that all of them have.
    pub strangers: Option<(u64, String)>,
    /// Which source read the articles. `None` if nothing was read.
    pub source: Option<SourceFit>,
    /// Whether a source that another one would improve is accepted.
    pub misfit_policy: MisfitPolicy,
    /// How many records have each core field.
    pub fill: FillRates,
    /// The members that records keep in `_extra`.
    pub undeclared: Undeclared,
}

impl InputSummary {
    /// The summary of no input.
    pub(crate) fn nothing(rejects: RejectSink) -> Self {
        Self {
            inputs: Vec::new(),
            rejects,
            normalised: Normalised::new(),
            moved: Diagnostics::default(),
            misfit: None,
            strangers: None,
            source: None,
            misfit_policy: MisfitPolicy::default(),
            fill: FillRates::default(),
            undeclared: Undeclared::default(),
        }
    }

    /// The number of articles that were read.
    pub(crate) fn articles(&self) -> u64 {
        self.inputs.iter().map(|input| input.articles).sum()
    }

    /// The number of objects that were ignored beside articles, and of those that a setting skipped.
    pub(crate) fn left_out(&self) -> (u64, u64) {
        let beside = self.inputs.iter().map(|input| input.tally.left_out().objects).sum();
        (beside, self.inputs.iter().flat_map(|input| input.notes().skipped.values()).sum())
    }

    /// The counts for the manifest: changes before validation, and objects that are not articles.
    pub(crate) fn recorded(&self) -> Normalised {
        let mut recorded = self.normalised.clone();
        let (beside, skipped) = self.left_out();
        for (rule, times) in [("left-out", beside), ("skipped", skipped)] {
            if times > 0 {
                recorded.entry(INPUT.to_owned()).or_default().insert(rule.to_owned(), times);
            }
        }
        recorded
    }

    /// Gives inputs the names by which a report shows them, where `shown` has one.
    pub(crate) fn rename(&mut self, shown: &BTreeMap<String, String>) {
        for input in &mut self.inputs {
            if let Some(name) = shown.get(&*input.name) {
                input.name = name.as_str().into();
            }
        }
        self.rejects.rename(shown);
        self.moved.rename(shown);
    }

    /// Adds the reject of an article that was counted as admitted.
    pub(crate) fn reject_admitted(&mut self, reject: &Reject) -> Result<(), Error> {
        // Inputs from outside the dataset may share a name. Their total is still correct.
        let is_of =
            |input: &&mut InputCounts| *input.name == *reject.position.source && input.rejected < input.articles;
        if let Some(input) = self.inputs.iter_mut().find(is_of) {
            input.rejected += 1;
        }
        self.rejects.add(reject)
    }

    /// The source that leaves core fields empty which another one would fill, if that is a reason to refuse
    /// the articles (`D-MISFIT`).
    pub(crate) fn refused_source(&self) -> Option<(&SourceFit, &BetterSource)> {
        let source = self.source.as_ref().filter(|_| self.misfit_policy == MisfitPolicy::Refuse)?;
        Some((source, source.better.as_ref()?))
    }

    /// The members that most records keep in `_extra`, if most records have none of the core fields but the text: the
    /// articles have them under other names, or are no news articles.
    pub(crate) fn strange_members(&self) -> Vec<&str> {
        let core: Vec<&str> = self.fill.in_order().map(|(name, _)| name).filter(|name| *name != "text").collect();
        let is_empty = core.len() > 1 && core.iter().all(|name| self.fill.is_mostly_empty(name));
        let is_explained = self.source.as_ref().is_none_or(|source| source.better.is_some());
        if !is_empty || is_explained || self.misfit.is_some() || self.misfit_policy == MisfitPolicy::Accept {
            return Vec::new();
        }
        let is_common = |(_, times): &(&String, &u64)| **times * 2 > self.fill.records;
        self.undeclared.names.iter().filter(is_common).map(|(name, _)| name.as_str()).collect()
    }

    /// Whether the source fits and the rejects are within the allowance. Damaged inputs never are, because
    /// it is not known what is missing.
    pub(crate) fn is_allowed(&self, allowance: Allowance) -> bool {
        self.refused_source().is_none()
            && !self.rejects.has_damage()
            && allowance.allows(self.rejects.total(), self.articles())
    }
}

/// The inputs and settings of validation.
#[derive(Debug)]
pub(crate) struct SourceValidation<'s> {
    /// Validates the articles.
    pub(crate) validator: ArticleValidator<'s>,
    /// How well the source fits a sample of the articles.
    pub(crate) fit: SourceFit,
    /// What to do with a source that leaves core fields empty which another one would fill.
    pub(crate) misfit_policy: MisfitPolicy,
    /// Reads the sources.
    pub(crate) reader: Reader,
    /// The sources to read.
    pub(crate) sources: &'s [Source],
    /// The number of threads that validate.
    pub(crate) threads: usize,
    /// About how many bytes the articles may take that threads process at the same time.
    pub(crate) memory: usize,
    /// Receives the progress of reading.
    pub(crate) progress: &'s dyn Progress,
}

/// A step of validating sources.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// The output of a block.
    Output(T),
    /// The next block takes this many bytes, which exceeds the memory for articles. The caller should spill
    /// what it can to disk now.
    LargeBlock(usize),
}

/// The result of a queued step, and its share of the memory.
type Done<T> = (Step<(usize, (ValidatedBlock, T))>, Share);

/// The counts of one source while it is validated.
#[derive(Debug, Clone, Default)]
struct Counts {
    articles: u64,
    rejected: u64,
    notes: Option<Box<InputNotes>>,
}

impl Counts {
    fn add(&mut self, validated: &ValidatedBlock) {
        self.articles += validated.articles;
        self.rejected += validated.rejects.len() as u64;
        let ValidatedBlock { skipped, fit, drops, .. } = validated;
        if skipped.is_empty() && fit.cut == 0 && drops.is_empty() {
            return;
        }
        let notes = self.notes.get_or_insert_default();
        notes.cut += fit.cut;
        for (setting, times) in skipped {
            *notes.skipped.entry(setting.clone()).or_default() += times;
        }
        notes.drops_total += drops.len() as u64;
        let room = MAX_DROPS - notes.drops.len();
        notes.drops.extend(drops.iter().take(room));
    }
}

/// Reads and validates every source. `work` validates a block on one of several threads. `take` gets the
/// output of `work` in the order of the input, and [`Step::LargeBlock`] before a large block.
///
/// # Errors
/// A source that cannot be read, a reject that cannot be written, no article at all
/// ([`Error::NoArticles`]), or the first error of `take`.
pub(crate) fn validate_sources<T: Send>(
    validate_sources: &SourceValidation<'_>,
    mut rejects: RejectSink,
    work: impl Fn(&ArticleValidator<'_>, &Block) -> (ValidatedBlock, T) + Sync,
    mut take: impl FnMut(Step<T>) -> Result<(), Error>,
) -> Result<InputSummary, Error> {
    let SourceValidation { validator, reader, sources, threads, memory, progress, .. } = validate_sources;
    progress.start(Stage::Read, sources.iter().map(Source::bytes).sum());
    let mut sums = Sums::new(validator, sources.len());
    let queue = Queue::new(*memory, validator.columns().leaves());
    let produce = |give: &mut dyn FnMut(Queued) -> Result<(), Error>| {
        let mut tallies = Vec::with_capacity(sources.len());
        for (index, source) in sources.iter().enumerate() {
            tallies.push(reader.read(source, validator, *progress, &mut |block| queue.give(index, block, give))?);
        }
        Ok(tallies)
    };
    let take = |(done, _share): Done<T>| {
        let (index, (validated, output)) = match done {
            Step::LargeBlock(bytes) => return take(Step::LargeBlock(bytes)),
            Step::Output(output) => output,
        };
        validated.rejects.iter().try_for_each(|reject| rejects.add(reject))?;
        sums.add(index, validated);
        take(Step::Output(output))
    };
    let work = |(step, share): Queued| match step {
        Step::LargeBlock(bytes) => (Step::LargeBlock(bytes), share),
        Step::Output((index, block)) => (Step::Output((index, work(validator, &block))), share),
    };
    let tallies =
        ordered_pool(Workers { threads: *threads, under_way: threads * 4 }, produce, work, take, || Error::Stopped)?;
    sums.summary(validate_sources, tallies, rejects)
}

/// What is added up over the blocks of all sources.
struct Sums {
    /// Of each source.
    counts: Vec<Counts>,
    normalised: Normalised,
    fit: FitCheck,
    moved: Diagnostics,
    fill: FillRates,
    undeclared: Undeclared,
    bytes: (u64, u64),
    sample: SpreadSample,
}

impl Sums {
    fn new(validator: &ArticleValidator<'_>, sources: usize) -> Self {
        Self {
            counts: vec![Counts::default(); sources],
            normalised: BTreeMap::new(),
            fit: FitCheck::default(),
            moved: Diagnostics::default(),
            fill: FillRates::new(validator.core_fields()),
            undeclared: Undeclared::default(),
            bytes: (0, 0),
            sample: SpreadSample::default(),
        }
    }

    /// Adds a block of the source with this index.
    fn add(&mut self, index: usize, validated: ValidatedBlock) {
        self.counts[index].add(&validated);
        for (one, times) in &validated.effects {
            effects::add(&mut self.normalised, one, *times);
            self.fill.add(one.filled, *times);
            self.undeclared.add(&one.kept, *times);
        }
        self.bytes = (self.bytes.0 + validated.bytes.0, self.bytes.1.saturating_add(validated.bytes.1));
        self.fit.add(&validated.fit);
        self.moved.merge(&validated.moved);
        self.sample.add(validated.sample);
    }

    /// The summary of all sources, which are in the order of `tallies`.
    fn summary(
        mut self,
        SourceValidation { validator, sources, fit: source, misfit_policy, .. }: &SourceValidation<'_>,
        tallies: Vec<Tally>,
        rejects: RejectSink,
    ) -> Result<InputSummary, Error> {
        if self.counts.iter().all(|counts| counts.articles == 0) {
            let names: Vec<String> = sources.iter().map(|source| format!("`{}`", source.name)).collect();
            return Err(Error::NoArticles { names: names.join(", ") });
        }
        let input = |((source, tally), counts): ((&Source, Tally), Counts)| InputCounts {
            name: source.name.clone(),
            tally,
            articles: counts.articles,
            rejected: counts.rejected,
            notes: counts.notes,
        };
        let inputs = sources.iter().zip(tallies).zip(self.counts).map(input).collect();
        let mut source = confirmed(source.clone(), &self.fill);
        if source.better.is_none()
            && let (sampled, Some(mixed)) = validator.mixed_with(self.sample)?
        {
            (source.sampled, source.better) = (sampled, Some(mixed));
        }
        let misfit = validator.misfit(&self.fit);
        let strangers = self.fit.strangers().map(|(number, name)| (number, name.to_owned()));
        (self.undeclared.of_bytes, self.undeclared.bytes) = (self.bytes.0, self.bytes.1 / 1000);
        let (source, misfit_policy) = (Some(source), *misfit_policy);
        let Self { normalised, moved, fill, undeclared, .. } = self;
        Ok(InputSummary {
            inputs,
            rejects,
            normalised,
            moved,
            misfit,
            strangers,
            source,
            misfit_policy,
            fill,
            undeclared,
        })
    }
}

/// The fit of a source, with only the fields of a better one that all records together mostly lack.
fn confirmed(mut source: SourceFit, fill: &FillRates) -> SourceFit {
    if let Some(better) = &mut source.better {
        better.fields.retain(|field| fill.is_mostly_empty(field));
    }
    source.better = source.better.filter(|better| !better.fields.is_empty());
    source
}
