//! Examples: a few different changes of each column, and a few records of each other kind of change,
//! read again and clipped.

use super::canonical_arrow::Strings;
use super::chunk::Chunk;
use super::compare::{ColumnPair, Tally};
use super::report::{Example, Sample};
use super::resources::Resources;
use super::scan::{Position, Scan};
use super::text_diff::{clip, short, words};
use crate::error::Error;

/// How many examples the report has of a column, or of a kind of change.
pub(super) const SHOWN: usize = 3;
/// The most characters of a title.
const TITLE: usize = 80;
/// The most characters of a key.
pub(super) const KEY: usize = 200;
/// Columns that may hold the title of a record, the best first.
const TITLES: [&str; 5] = ["title", "headline", "name", "label", "url"];

/// Examples of the changes of one column.
pub(super) fn examples(
    (base, current): (&Scan, &Scan),
    column: &ColumnPair,
    tally: &Tally,
    resources: Resources<'_>,
) -> Result<Vec<Example>, Error> {
    let (old, new): (Vec<Position>, Vec<Position>) = tally.samples.kept().iter().copied().unzip();
    let (before, after) =
        resources.both(|| values(base, column.base, &old), || values(current, column.current, &new))?;
    let named = samples_beside(base, &old, column.base)?;
    let mut found: Vec<(Shape, Example)> = Vec::new();
    for ((Sample { key, title, .. }, before), after) in named.into_iter().zip(before).zip(after) {
        let shape = Shape::of(before.as_ref(), after.as_ref());
        found.push((shape, example((key, title), before, after)));
    }
    Ok(choose(found))
}

/// Chooses examples of different shapes first, then others, in their order.
fn choose(found: Vec<(Shape, Example)>) -> Vec<Example> {
    let mut seen: Vec<Shape> = Vec::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for (shape, example) in found {
        if seen.contains(&shape) {
            rest.push(example);
        } else {
            seen.push(shape);
            first.push(example);
        }
    }
    first.extend(rest);
    first.truncate(SHOWN);
    first
}

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    is_text: bool,
    text: String,
    /// The bytes by which it is compared, with normalised strings.
    normalised: Vec<u8>,
}

/// Whether two values differ only in white space and Unicode forms.
fn is_formatting(before: Option<&Shown>, after: Option<&Shown>) -> bool {
    before.zip(after).is_some_and(|(before, after)| before.normalised == after.normalised)
}

/// What kind of change of a value it is.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    /// Whether there is a value before and after.
    values: (bool, bool),
    formatting: bool,
    longer: std::cmp::Ordering,
    is_start: bool,
}

impl Shape {
    fn of(before: Option<&Shown>, after: Option<&Shown>) -> Self {
        let text = |value: Option<&Shown>| value.map_or(String::new(), |shown| shown.text.clone());
        let (old, new) = (text(before), text(after));
        Self {
            values: (before.is_some(), after.is_some()),
            formatting: is_formatting(before, after),
            longer: new.len().cmp(&old.len()),
            is_start: new.starts_with(&old) || old.starts_with(&new),
        }
    }
}

fn example((key, title): (String, Option<String>), before: Option<Shown>, after: Option<Shown>) -> Example {
    let formatting = is_formatting(before.as_ref(), after.as_ref());
    let both_texts =
        before.as_ref().is_some_and(|value| value.is_text) && after.as_ref().is_some_and(|value| value.is_text);
    let (before, after) = (before.map(|value| value.text), after.map(|value| value.text));
    let words = match (&before, &after) {
        (Some(old), Some(new)) if both_texts => words(old, new),
        _ => Vec::new(),
    };
    let (before, after) = match (before, after) {
        (Some(old), Some(new)) => {
            let (old, new) = clip(&old, &new);
            (Some(old), Some(new))
        }
        (before, after) => (before.map(|text| short(&text, KEY)), after.map(|text| short(&text, KEY))),
    };
    Example { key, title, before, after, words, formatting }
}

/// The values of a column in a few rows, in the order of `positions`.
fn values(table: &Scan, column: Option<usize>, positions: &[Position]) -> Result<Vec<Option<Shown>>, Error> {
    let Some(column) = column else { return Ok(vec![None; positions.len()]) };
    read_few(table, positions, &[column], |chunk, row| {
        let value = chunk.column(column).filter(|value| !value.is_null(row))?;
        let (mut text, mut normalised) = (Vec::new(), Vec::new());
        value.encode(row, Strings::Normalised, &mut normalised);
        if let Some(text) = value.text(row) {
            return Some(Shown { is_text: true, text: text.to_owned(), normalised });
        }
        value.write(row, &mut text);
        Some(Shown { is_text: false, text: String::from_utf8_lossy(&text).into_owned(), normalised })
    })
}

/// The keys of a few rows, clipped.
pub(super) fn keys(table: &Scan, positions: &[Position]) -> Result<Vec<String>, Error> {
    read_few(table, positions, table.key(), clipped_key)
}

fn clipped_key(chunk: &Chunk<'_>, row: usize) -> String {
    chunk.key_text(row).map_or_else(|| "null".to_owned(), |key| short(&key, KEY))
}

/// The columns that name a record, the best first: known names, or the first column of texts. Never one of the key,
/// and never `without`.
fn title_columns(table: &Scan, without: Option<usize>) -> Vec<usize> {
    let is_title = |index: &usize| table.columns()[*index].is_text && !table.key().contains(index);
    let mut titles: Vec<usize> = TITLES.iter().filter_map(|name| table.column(name)).filter(is_title).collect();
    if titles.is_empty() {
        titles.extend((0..table.columns().len()).find(is_title));
    }
    titles.retain(|index| Some(*index) != without);
    titles
}

/// A few records by key and title.
pub(super) fn samples(table: &Scan, positions: &[Position]) -> Result<Vec<Sample>, Error> {
    samples_beside(table, positions, None)
}

/// The same without the column that is shown beside them.
fn samples_beside(table: &Scan, positions: &[Position], without: Option<usize>) -> Result<Vec<Sample>, Error> {
    let titles = title_columns(table, without);
    let columns: Vec<usize> = table.key().iter().chain(&titles).copied().collect();
    read_few(table, positions, &columns, |chunk, row| {
        let text = |index: &usize| chunk.column(*index)?.text(row).map(|text| short(text, TITLE));
        let title = titles.iter().find_map(text);
        Sample { key: clipped_key(chunk, row), new_key: None, title, reason: None }
    })
}

/// Reads a few rows in any order and returns the results of `take` in that order.
pub(super) fn read_few<T: Clone>(
    table: &Scan,
    positions: &[Position],
    columns: &[usize],
    take: impl Fn(&Chunk<'_>, usize) -> T,
) -> Result<Vec<T>, Error> {
    let mut ascending = positions.to_vec();
    ascending.sort_unstable();
    ascending.dedup();
    let mut taken = Vec::new();
    table.read(&ascending, columns, |_, chunk| {
        taken.extend((0..chunk.positions.len()).map(|row| take(chunk, row)));
    })?;
    let found = |position: &Position| ascending.binary_search(position).ok().and_then(|at| taken.get(at).cloned());
    Ok(positions.iter().filter_map(found).collect())
}
