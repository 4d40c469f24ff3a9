//! Which preset reads a sample of the inputs best?
//!
//! A sample is a few articles from the beginning of the inputs, chosen by the order of their names, so
//! that the same inputs always give the same answer. Each preset maps them, and the core fields that come
//! out are compared. Records are not validated here, and a mapping that is only slightly better is not taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::core_fields::{CoreFields, FillRates};
use super::{Holds, Mapping, Place, Preset, SourceChoice, Target};
use crate::code::{Class, Code};
use crate::error::Error;
use crate::input::{Block, Content, Limits, Names, Pointer, Reader, Recognise, Source};
use crate::json::{self, Value};
use crate::storage::filesystem;

/// How many articles are sampled, and from how many inputs.
const ARTICLES: usize = 64;
const INPUTS: usize = 32;
/// The longest article that is sampled, and how much is read at a time, in bytes.
const ARTICLE: usize = 1 << 20;
const BLOCK: usize = 1 << 16;
/// How many bytes of articles are sampled.
const BYTES: usize = 8 << 20;

/// How the source was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Chosen {
    /// It was given.
    Given,
    /// It was recognised from a sample of the articles.
    Recognised,
    /// It was not given, and no preset fits clearly better than the schema's default.
    Default,
}

/// Which source reads the articles, and whether another one would read more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceFit {
    /// The name of the mapping.
    pub name: String,
    /// How it was chosen.
    pub chosen: Chosen,
    /// How many articles were sampled to compare it with the presets.
    pub sampled: u64,
    /// The preset that would fill core fields that this source leaves empty, if there is one.
    pub better: Option<BetterSource>,
}

/// A preset that would fill core fields which the source leaves empty, in more than half of the articles or in
/// some of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BetterSource {
    /// The name of the preset.
    pub source: &'static str,
    /// The core fields that it would fill.
    pub fields: Vec<&'static str>,
    /// How many of the sampled articles look like this preset, if the others do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub articles: Option<u64>,
}

/// A mapping that was compared with the presets on a sample of the inputs.
#[derive(Debug)]
pub(crate) struct FittedMapping {
    /// The mapping: the given one, or the one that was recognised.
    pub mapping: Mapping,
    /// How well it fits.
    pub fit: SourceFit,
    /// How many of the sampled articles have each field that any has.
    pub filled: BTreeMap<String, u64>,
    /// What the sample took from standard input, for [`Reader::after`].
    pub read_ahead: Arc<[u8]>,
}

impl Mapping {
    /// Compares this mapping with the presets on a sample of `sources`, in which articles are at `places`
    /// or where they are found. If the mapping was not given (`is_given`), a preset that fits clearly
    /// better takes its place.
    ///
    /// # Errors
    /// A source that cannot be read.
    pub(crate) fn fitted(
        self,
        is_given: bool,
        sources: &[Source],
        places: &[Pointer],
        limits: Limits,
    ) -> Result<FittedMapping, Error> {
        if !self.is_comparable() {
            return Ok(self.unchanged(is_given));
        }
        let candidates = self.candidates()?;
        let sampler = Sampler { current: &self, candidates: &candidates, places, limits };
        let (sample, read_ahead) = sampler.sample(sources)?;
        if !is_given && sample.is_empty() && sampler.holds_pages(sources)? {
            let mapping = Self::open(&SourceChoice::preset("pages"), self.targets)?;
            let fit = SourceFit { name: "pages".to_owned(), chosen: Chosen::Recognised, sampled: 0, better: None };
            return Ok(FittedMapping { mapping, fit, filled: BTreeMap::new(), read_ahead });
        }
        Ok(FittedMapping { read_ahead, ..self.compared(is_given, candidates, &sample) })
    }

    /// The same for articles that were read already, such as those of a reject file.
    pub(crate) fn fitted_to(self, is_given: bool, articles: Vec<Vec<u8>>) -> Result<FittedMapping, Error> {
        if !self.is_comparable() {
            return Ok(self.unchanged(is_given));
        }
        let articles = articles.into_iter().filter(|bytes| is_object(bytes)).take(ARTICLES);
        let sample: Vec<_> = articles.map(|bytes| Sampled { bytes, names: Names::default() }).collect();
        let candidates = self.candidates()?;
        Ok(self.compared(is_given, candidates, &sample))
    }

    /// The preset that some of these articles look like, if they are a mixture: it fills several core fields
    /// that this mapping leaves empty there, in two articles or more and in a twentieth of all.
    ///
    /// # Errors
    /// Those of [`Mapping::open`].
    pub(crate) fn mixed_with(&self, sample: &[Sampled]) -> Result<Option<BetterSource>, Error> {
        if !self.is_comparable() {
            return Ok(None);
        }
        let declared = self.core_fields();
        let own = Scored::of(self, declared, sample);
        let mut best: Option<(u64, Vec<&'static str>, &'static str)> = None;
        for (name, mapping) in self.candidates()? {
            let (articles, fields) = Scored::of(&mapping, declared, sample).lookalikes(&own);
            let is_better = best.as_ref().is_none_or(|(most, of, _)| (articles, fields.len()) > (*most, of.len()));
            if articles >= 2 && articles * 20 >= sample.len() as u64 && is_better {
                best = Some((articles, fields, name));
            }
        }
        Ok(best.map(|(articles, fields, source)| BetterSource { source, fields, articles: Some(articles) }))
    }

    /// The core fields of the schema.
    fn core_fields(&self) -> CoreFields {
        CoreFields::of(|name| self.targets.iter().any(|target| target.name == name))
    }

    fn is_comparable(&self) -> bool {
        self.core_fields().len() > 0 && self.plan.pages.is_none()
    }

    fn unchanged(self, is_given: bool) -> FittedMapping {
        let chosen = if is_given { Chosen::Given } else { Chosen::Default };
        let fit = SourceFit { name: self.plan.name.clone(), chosen, sampled: 0, better: None };
        FittedMapping { mapping: self, fit, filled: BTreeMap::new(), read_ahead: Arc::default() }
    }

    fn compared(self, is_given: bool, candidates: Vec<(&'static str, Self)>, sample: &[Sampled]) -> FittedMapping {
        let (declared, sampled) = (self.core_fields(), sample.len() as u64);
        let own = Scored::of(&self, declared, sample);
        let scored: Vec<_> =
            candidates.iter().map(|(name, mapping)| (*name, Scored::of(mapping, declared, sample))).collect();
        let best = clearly_better(&own, &scored).filter(|_| !is_given);
        if let Some((best, mapping)) = candidates.into_iter().find(|(name, _)| Some(*name) == best) {
            let fit = SourceFit { name: best.to_owned(), chosen: Chosen::Recognised, sampled, better: None };
            let filled = Scored::of(&mapping, declared, sample).fields;
            return FittedMapping { mapping, fit, filled, read_ahead: Arc::default() };
        }
        let FittedMapping { mapping, fit, read_ahead, .. } = self.unchanged(is_given);
        let fit = SourceFit { sampled, better: better(&own, &scored), ..fit };
        FittedMapping { mapping, fit, filled: own.fields, read_ahead }
    }

    /// The other presets that read JSON and name fields of their own.
    fn candidates(&self) -> Result<Vec<(&'static str, Self)>, Error> {
        let others = Preset::ALL.iter().filter(|preset| preset.name() != self.plan.name);
        let open =
            |preset: &Preset| Ok((preset.name(), Self::open(&SourceChoice::Preset(*preset), self.targets.clone())?));
        let opened = others.map(open).collect::<Result<Vec<_>, Error>>()?;
        Ok(opened.into_iter().filter(|(_, mapping)| mapping.plan.pages.is_none() && mapping.plan.derive.id).collect())
    }
}

/// An article of a sample.
#[derive(Debug)]
pub(crate) struct Sampled {
    pub(crate) bytes: Vec<u8>,
    pub(crate) names: Names,
}

/// Reads a sample.
struct Sampler<'s> {
    current: &'s Mapping,
    candidates: &'s [(&'static str, Mapping)],
    places: &'s [Pointer],
    limits: Limits,
}

impl Recognise for Sampler<'_> {
    fn is_article(&self, bytes: &[u8], names: &Names) -> Option<bool> {
        json::parse(bytes).ok()?;
        let mut mappings = std::iter::once(self.current).chain(self.candidates.iter().map(|(_, mapping)| mapping));
        Some(mappings.any(|mapping| {
            let value = json::parse(bytes).unwrap_or(Value::Null);
            mapping.finds(&mapping.map(value, place_of(names)))
        }))
    }
}

impl Sampler<'_> {
    /// Samples articles, and returns with them what was read of standard input.
    fn sample(&self, sources: &[Source]) -> Result<(Vec<Sampled>, Arc<[u8]>), Error> {
        let chosen = chosen(sources)?;
        let each = ARTICLES.div_ceil(chosen.len().max(1));
        let reader = self.reader(self.current).with_places(self.places);
        let (mut sample, mut bytes, mut read_ahead) = (Vec::new(), 0, Arc::default());
        for source in chosen {
            let before = sample.len();
            let take = |block: Block| {
                for frame in &block.frames {
                    let content = block.bytes_of(frame);
                    let Content::Json { names, .. } = &frame.content else { continue };
                    if sample.len() - before < each && bytes < BYTES && is_object(content) {
                        bytes += content.len();
                        let names = names.as_deref().cloned().unwrap_or_default();
                        sample.push(Sampled { bytes: content.to_vec(), names });
                    }
                }
                let is_enough = sample.len() - before >= each || bytes >= BYTES;
                if is_enough || ends_here(&block) { Err(Error::Stopped) } else { Ok(()) }
            };
            let read = reader.peek(source, self, take)?;
            if source.path.is_none() {
                read_ahead = read.into();
            }
        }
        Ok((sample, read_ahead))
    }

    /// Whether the inputs are page dumps.
    fn holds_pages(&self, sources: &[Source]) -> Result<bool, Error> {
        let preset = Mapping::open(&SourceChoice::preset("pages"), Vec::new())?;
        let reader = self.reader(&preset);
        for source in chosen(sources)?.into_iter().filter(|source| source.path.is_some()) {
            let mut found = false;
            let take = |block: Block| {
                found |= block.frames.iter().any(|frame| matches!(frame.content, Content::Page(_)));
                Err(Error::Stopped)
            };
            reader.peek(source, self, take)?;
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn reader(&self, mapping: &Mapping) -> Reader {
        let Limits { content, .. } = self.limits;
        Reader::new(mapping.framing(), Limits { block: BLOCK, article: ARTICLE, content })
    }
}

/// The sources that are sampled: standard input, and plain files at equal distances in their order.
fn chosen(sources: &[Source]) -> Result<Vec<&Source>, Error> {
    let mut usable = Vec::new();
    for source in sources {
        let is_usable = match &source.path {
            None => true,
            Some(path) => filesystem::is_file(path)?,
        };
        if is_usable {
            usable.push(source);
        }
    }
    let step = usable.len().div_ceil(INPUTS).max(1);
    Ok(usable.into_iter().step_by(step).collect())
}

/// Whether a block says that nothing more can be read of its input.
fn ends_here(block: &Block) -> bool {
    let code = |content: &Content| match content {
        Content::Broken { code, .. } => Some(*code),
        _ => None,
    };
    let is_last = |code: Code| code.class() == Class::Input || code == Code::Ambiguous;
    block.frames.iter().any(|frame| code(&frame.content).is_some_and(is_last))
}

fn is_object(bytes: &[u8]) -> bool {
    bytes.len() <= ARTICLE && matches!(json::parse(bytes), Ok(Value::Object(_)))
}

fn place_of(names: &Names) -> Place<'_> {
    Place { key: names.key.as_deref(), group: names.group.as_deref() }
}

/// What a mapping makes of the sample.
struct Scored {
    /// The core fields that each article has.
    filled: Vec<CoreFields>,
    /// The core fields that more than half of the articles have.
    mostly: CoreFields,
    /// How many values all fields have together.
    values: usize,
    /// How many articles have each field.
    fields: BTreeMap<String, u64>,
}

impl Scored {
    fn of(mapping: &Mapping, declared: CoreFields, sample: &[Sampled]) -> Self {
        let (mut rates, mut filled, mut values) = (FillRates::new(declared), Vec::new(), 0);
        let mut fields: BTreeMap<String, u64> = BTreeMap::new();
        for article in sample {
            let value = json::parse(&article.bytes).unwrap_or(Value::Null);
            let mapped = mapping.map(value, place_of(&article.names)).article;
            let has = |target: &Target| {
                let value = mapped.as_object().and_then(|article| article.get(&target.name));
                value.is_some_and(|value| is_filled(target.holds, value))
            };
            let names: Vec<&str> =
                mapping.targets.iter().filter(|target| has(target)).map(|target| target.name.as_str()).collect();
            let core = CoreFields::of(|name| names.contains(&name));
            rates.add(core, 1);
            filled.push(core);
            values += names.len();
            for name in names {
                *fields.entry(name.to_owned()).or_default() += 1;
            }
        }
        Self { filled, mostly: rates.mostly_filled(), values, fields }
    }

    /// How many core fields all articles have together, and how many values.
    fn rank(&self) -> (u32, usize) {
        (self.filled.iter().map(|filled| filled.len()).sum(), self.values)
    }

    /// Whether this fills a core field that `other` leaves empty in at least half of the articles, and loses
    /// none that `other` mostly fills.
    fn improves(&self, other: &Self) -> bool {
        let gains = |(own, other): &(&CoreFields, &CoreFields)| own.without(**other).len() > 0;
        let improved = self.filled.iter().zip(&other.filled).filter(gains).count();
        improved > 0 && improved * 2 >= self.filled.len() && self.mostly.contains(other.mostly)
    }

    /// The core fields that this fills and `other` leaves empty, in more than half of the articles.
    fn gains(&self, other: &Self) -> Vec<&'static str> {
        let mut gained = FillRates::new(CoreFields::of(|_| true));
        for (own, other) in self.filled.iter().zip(&other.filled) {
            gained.add(own.without(*other), 1);
        }
        gained.mostly_filled().names()
    }

    /// How many articles this reads better than `other`: it fills several more core fields and loses none.
    /// With them, the fields that it adds in most of these articles. One more field may be chance.
    fn lookalikes(&self, other: &Self) -> (u64, Vec<&'static str>) {
        let mut gained = FillRates::new(CoreFields::of(|_| true));
        for (own, other) in self.filled.iter().zip(&other.filled) {
            let more = own.without(*other);
            if own.contains(*other) && more.len() >= 2 {
                gained.add(more, 1);
            }
        }
        (gained.records, gained.mostly_filled().names())
    }
}

/// The preset that fills more core fields than the default and than any other preset.
fn clearly_better(default: &Scored, presets: &[(&'static str, Scored)]) -> Option<&'static str> {
    let (name, best) = presets.iter().max_by_key(|(_, scored)| scored.rank())?;
    let is_alone = presets.iter().filter(|(_, scored)| scored.rank() == best.rank()).count() == 1;
    (is_alone && best.improves(default)).then_some(*name)
}

/// The preset that loses no core field and gains most, if any gains one.
fn better(own: &Scored, presets: &[(&'static str, Scored)]) -> Option<BetterSource> {
    let fits = presets.iter().filter(|(_, scored)| scored.mostly.contains(own.mostly));
    let gaining = fits.map(|(name, scored)| (scored.gains(own), scored.values, *name));
    // Of several that gain as much, the first.
    let (fields, _, source) = gaining.rev().max_by_key(|(fields, values, _)| (fields.len(), *values))?;
    (!fields.is_empty()).then_some(BetterSource { source, fields, articles: None })
}

/// Whether a value is one that the field can hold, and not empty.
fn is_filled(holds: Holds, value: &Value<'_>) -> bool {
    match (holds, value) {
        (_, Value::Null) => false,
        (Holds::Anything, _)
        | (Holds::Scalar, Value::Bool(_) | Value::Number(_))
        | (Holds::Object, Value::Object(_)) => true,
        (Holds::Text, Value::String(text)) => !text.trim().is_empty(),
        (Holds::Instant, Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        (Holds::Day, Value::String(text)) => text.parse::<jiff::civil::Date>().is_ok(),
        (Holds::Texts, Value::Array(elements)) => {
            !elements.is_empty() && elements.iter().all(|one| one.as_str().is_some())
        }
        (Holds::Objects | Holds::List, Value::Array(elements)) => !elements.is_empty(),
        _ => false,
    }
}
