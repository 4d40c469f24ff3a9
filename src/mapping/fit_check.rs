//! [`FitCheck`]: counts articles that have no text or no id after mapping, and collects the names of their
//! members, in bounded memory. [`FitCheck::misfit`] draws the conclusion.
//!
//! This does not decide whether an article is admitted, or whether a preset fills more fields
//! ([`super::recognise`]).

use std::collections::{BTreeMap, BTreeSet};

use super::Mapping;
use super::fields::Target;
use super::file::{self, Fields};
use super::plan::{Plan, Unmapped};
use super::preset::Preset;
use crate::json::{Object, Value};
use crate::text::one_line;

/// How many names are collected, and from how many articles of a block.
const NAMES: usize = 64;
const SAMPLES: u64 = 16;
/// How many names are reported.
const TOLD: usize = 12;

/// How many places are reported, and how many levels are searched.
const PLACES: usize = 3;
const LEVELS: usize = 4;
/// How many elements of a list, and members of an object, are searched.
const LOOKED_AT: usize = 16;

/// How well a mapping fits the articles seen so far.
#[derive(Debug, Clone, Default)]
pub struct FitCheck {
    /// How many articles were mapped.
    articles: u64,
    without_text: u64,
    without_id: u64,
    /// How many have neither or lack one of them.
    lacking: u64,
    members: BTreeMap<String, u64>,
    /// Places of further objects in them, and how many articles have something there.
    places: BTreeMap<String, u64>,
    /// How many texts end where their source cut them.
    pub cut: u64,
    /// How many have neither text nor id, by the names of their members if these are few.
    strangers: BTreeMap<Vec<String>, u64>,
}

/// The most members of an object that is no article, and how many kinds of such objects are told apart.
const STRANGER: usize = 3;
const STRANGERS: usize = 16;

/// Whether a text ends as sources end those that they cut: trafilatura with an ellipsis as the
/// ten-thousandth character, news services with `[+6746 chars]`.
pub(crate) fn is_cut(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let counted = |text: &str| text.rsplit_once("[+").is_some_and(|(_, number)| digits(number));
    text.strip_suffix(" chars]").is_some_and(counted) || text.ends_with('…') && text.chars().count() == 10_000
}

/// A mapping fits badly: more than half of the articles have no text, or no id, after it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Misfit {
    /// The mapping's name.
    pub source: String,
    /// How many articles were mapped.
    pub articles: u64,
    /// How many of them have no text then.
    pub without_text: u64,
    /// How many have no id and nothing that one could be derived from.
    pub without_id: u64,
    /// Names of members that these have, the most frequent first.
    pub members: Vec<String>,
    /// Where these hold lists of objects, as pointers for the setting `articles`, the most frequent first.
    pub places: Vec<String>,
    /// The preset that reads most of these members.
    pub better: Option<&'static str>,
}

impl FitCheck {
    /// Counts a mapped article. Returns whether the members of its input are needed, for [`FitCheck::saw`].
    pub(crate) fn count(&mut self, lacks: Lacks) -> bool {
        self.articles += 1;
        self.without_text += u64::from(lacks.text);
        self.without_id += u64::from(lacks.id);
        if !lacks.any() {
            return false;
        }
        self.lacking += 1;
        self.lacking <= SAMPLES
    }

    /// Counts an object with neither text nor id. `is_field` tells the names that the mapping or the schema knows.
    pub(crate) fn saw_stranger(&mut self, input: &Object<'_>, is_field: impl Fn(&str) -> bool) {
        let names: Vec<String> = input.iter().take(STRANGER + 1).map(|(name, _)| one_line(name, 60)).collect();
        let is_strange = (1..=STRANGER).contains(&names.len()) && !input.iter().any(|(name, _)| is_field(name));
        let has_room = self.strangers.len() < STRANGERS || self.strangers.contains_key(&names);
        if is_strange && has_room {
            *self.strangers.entry(names).or_default() += 1;
        }
    }

    /// Objects that are probably no articles: how many, and a member that all of them have.
    pub(crate) fn strangers(&self) -> Option<(u64, &str)> {
        let (names, number) = self.strangers.iter().max_by_key(|(_, number)| **number)?;
        Some((*number, names.first()?))
    }

    /// Notes the members of an article that lacks something.
    pub(crate) fn saw(&mut self, input: &Object<'_>) {
        for (name, value) in input.iter() {
            note(&mut self.members, &one_line(name, 60), 1);
            let mut places = BTreeSet::new();
            lists(value, &format!("/{}", crate::json::escape_token(name)), LEVELS, &mut places);
            for place in &places {
                note(&mut self.places, place, 1);
            }
        }
    }

    /// Adds what was seen elsewhere.
    pub(crate) fn add(&mut self, other: &Self) {
        self.articles += other.articles;
        self.without_text += other.without_text;
        self.without_id += other.without_id;
        self.lacking += other.lacking;
        self.cut += other.cut;
        for (names, number) in &other.strangers {
            if self.strangers.len() < STRANGERS || self.strangers.contains_key(names) {
                *self.strangers.entry(names.clone()).or_default() += number;
            }
        }
        other.members.iter().for_each(|(name, count)| note(&mut self.members, name, *count));
        other.places.iter().for_each(|(place, count)| note(&mut self.places, place, *count));
    }

    /// The conclusion, if the mapping fits badly.
    pub(crate) fn misfit(&self, mapping: &Mapping) -> Option<Misfit> {
        if self.lacking * 2 <= self.articles {
            return None;
        }
        let frequent = |names: &BTreeMap<String, u64>, most: usize| {
            let mut names: Vec<(&String, &u64)> = names.iter().collect();
            names.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            names.into_iter().take(most).map(|(name, _)| name.clone()).collect()
        };
        Some(Misfit {
            source: one_line(&mapping.plan.name, 60),
            articles: self.articles,
            without_text: self.without_text,
            without_id: self.without_id,
            members: frequent(&self.members, TOLD),
            places: frequent(&self.places, PLACES),
            better: self.better(mapping),
        })
    }

    /// The other preset that finds a text among the members, and the most fields.
    fn better(&self, mapping: &Mapping) -> Option<&'static str> {
        let others = Preset::ALL.iter().filter(|preset| preset.name() != mapping.plan.name);
        let scored = others.filter_map(|preset| {
            let fields = Fields { targets: &mapping.targets, lenient: true };
            let plan = file::read(preset.text(), fields).ok().filter(|plan| plan.pages.is_none())?;
            Some((self.score(&plan, &mapping.targets)?, preset.name()))
        });
        let own = self.score(&mapping.plan, &mapping.targets).unwrap_or_default();
        // The first of several that read as much.
        scored.rev().filter(|(score, _)| *score > own).max_by_key(|(score, _)| *score).map(|(_, name)| name)
    }

    /// How many fields find a member; none if there is no text or nothing is derived.
    fn score(&self, plan: &Plan, targets: &[Target]) -> Option<usize> {
        let finds = |field: &str| {
            let passed = plan.unmapped == Unmapped::Pass && self.members.contains_key(field);
            passed || plan.members(field).any(|member| self.members.contains_key(member))
        };
        let found = targets.iter().filter(|target| finds(&target.name)).count();
        (plan.derive.id && finds("text")).then_some(found)
    }
}

fn note(names: &mut BTreeMap<String, u64>, name: &str, times: u64) {
    if let Some(count) = names.get_mut(name) {
        *count += times;
    } else if names.len() < NAMES {
        names.insert(name.to_owned(), times);
    }
}

/// Adds the places in a value that hold lists of objects: `/a/b/*`.
fn lists(value: &Value<'_>, at: &str, levels: usize, found: &mut BTreeSet<String>) {
    if levels == 0 || at.len() > 100 {
        return;
    }
    match value {
        Value::Array(elements) if elements.iter().take(LOOKED_AT).any(|one| one.as_object().is_some()) => {
            found.insert(one_line(&format!("{at}/*"), 120));
        }
        Value::Object(object) => {
            for (name, value) in object.iter().take(LOOKED_AT) {
                lists(value, &format!("{at}/{}", crate::json::escape_token(name)), levels - 1, found);
            }
        }
        _ => {}
    }
}

/// What an article lacks after mapping.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lacks {
    pub(super) text: bool,
    pub(super) id: bool,
}

impl Lacks {
    /// Whether it lacks both.
    pub(crate) fn both(self) -> bool {
        self.text && self.id
    }

    /// Whether it lacks anything.
    pub(crate) fn any(self) -> bool {
        self.text || self.id
    }
}
