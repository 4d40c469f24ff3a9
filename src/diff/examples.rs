//! Examples: a few changes of each column that differ from one another, and a few records of
//! each other kind of change, read back and clipped.

use super::canonical_arrow::Texts;
use super::compare::{ColumnPair, Tally, both};
use super::report::{Example, Sample};
use super::scan::{Position, Scan};
use super::text_diff::{clip, short, words};
use crate::error::Error;

/// How many examples are shown of a column, or of a kind of change.
pub(super) const SHOWN: usize = 3;
/// How many characters of a title are shown.
const TITLE: usize = 80;
/// How many characters of a key are shown.
pub(super) const KEY: usize = 200;
/// Columns that name a record, the best first.
const TITLES: [&str; 5] = ["title", "headline", "name", "label", "url"];

/// Examples of the changes of one column.
pub(super) fn examples(
    (base, current): (&Scan, &Scan),
    column: &ColumnPair,
    tally: &Tally,
) -> Result<Vec<Example>, Error> {
    let pairs = tally.samples.kept();
    let before = || values(base, column.base, pairs.iter().map(|pair| pair.0));
    let after = || values(current, column.current, pairs.iter().map(|pair| pair.1));
    let (before, after) = both(before, after)?;
    let positions: Vec<Position> = pairs.iter().map(|pair| pair.0).collect();
    let named = samples(base, &positions)?;
    let is_title = column.base.is_some() && title_column(base) == column.base;
    let mut found: Vec<(Shape, Example)> = Vec::new();
    for ((Sample { key, title, .. }, before), after) in named.into_iter().zip(before).zip(after) {
        let title = title.filter(|_| !is_title);
        let shape = Shape::of(before.as_ref(), after.as_ref());
        found.push((shape, example((key, title), before, after)));
    }
    Ok(choose(found))
}

/// Takes examples of different shapes first, then the others, in their order.
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

/// A value that was read back: whether it is a plain text, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    is_text: bool,
    text: String,
    /// What it is compared by, without what white space and Unicode forms tell apart.
    loose: Vec<u8>,
}

/// Whether two values differ in white space and Unicode forms alone.
fn is_loose(before: Option<&Shown>, after: Option<&Shown>) -> bool {
    before.zip(after).is_some_and(|(before, after)| before.loose == after.loose)
}

/// What sort of change it is.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    /// Whether there was a value, and is one.
    values: (bool, bool),
    loose: bool,
    longer: std::cmp::Ordering,
    is_start: bool,
}

impl Shape {
    fn of(before: Option<&Shown>, after: Option<&Shown>) -> Self {
        let text = |value: Option<&Shown>| value.map_or(String::new(), |shown| shown.text.clone());
        let (old, new) = (text(before), text(after));
        Self {
            values: (before.is_some(), after.is_some()),
            loose: is_loose(before, after),
            longer: new.len().cmp(&old.len()),
            is_start: new.starts_with(&old) || old.starts_with(&new),
        }
    }
}

fn example((key, title): (String, Option<String>), before: Option<Shown>, after: Option<Shown>) -> Example {
    let formatting = is_loose(before.as_ref(), after.as_ref());
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

/// The values of a column in a few rows, in the order of `places`.
fn values(
    table: &Scan,
    column: Option<usize>,
    places: impl Iterator<Item = Position>,
) -> Result<Vec<Option<Shown>>, Error> {
    let places: Vec<Position> = places.collect();
    let Some(column) = column else { return Ok(vec![None; places.len()]) };
    read_few(table, &places, &[column], |chunk, row| {
        let value = chunk.column(column).filter(|value| !value.is_nothing(row))?;
        let (mut text, mut loose) = (Vec::new(), Vec::new());
        value.encode(row, Texts::Loose, &mut loose);
        if let Some(text) = value.text(row) {
            return Some(Shown { is_text: true, text: text.to_owned(), loose });
        }
        value.write(row, &mut text);
        Some(Shown { is_text: false, text: String::from_utf8_lossy(&text).into_owned(), loose })
    })
}

/// The keys of a few rows, clipped.
pub(super) fn keys(table: &Scan, places: impl Iterator<Item = Position>) -> Result<Vec<String>, Error> {
    let places: Vec<Position> = places.collect();
    read_few(table, &places, table.key(), |chunk, row| {
        chunk.key_text(row).map_or_else(|| "null".to_owned(), |key| short(&key, KEY))
    })
}

/// The column that names a record: a known name, or the first column of texts. Never one of the key.
fn title_column(table: &Scan) -> Option<usize> {
    let is_title = |index: &usize| table.columns()[*index].is_text && !table.key().contains(index);
    let known = TITLES.iter().filter_map(|name| table.column(name)).find(is_title);
    known.or_else(|| (0..table.columns().len()).find(is_title))
}

/// A few records by key and title.
pub(super) fn samples(table: &Scan, places: &[Position]) -> Result<Vec<Sample>, Error> {
    let title = title_column(table);
    let columns: Vec<usize> = table.key().iter().copied().chain(title).collect();
    read_few(table, places, &columns, |chunk, row| {
        let key = chunk.key_text(row).map_or_else(|| "null".to_owned(), |key| short(&key, KEY));
        let title = title.and_then(|place| chunk.column(place)?.text(row).map(|text| short(text, TITLE)));
        Sample { key, new_key: None, title, reason: None }
    })
}

/// Reads a few rows in any order and gives what `take` makes of them in that order.
pub(super) fn read_few<T: Clone>(
    table: &Scan,
    places: &[Position],
    columns: &[usize],
    take: impl Fn(&super::chunk::Chunk<'_>, usize) -> T,
) -> Result<Vec<T>, Error> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|at| places[*at]);
    let mut ascending: Vec<Position> = order.iter().map(|at| places[*at]).collect();
    ascending.dedup();
    let mut taken = Vec::new();
    table.read(&ascending, columns, |_, chunk| {
        taken.extend((0..chunk.positions.len()).map(|row| take(chunk, row)));
    })?;
    let found = |place: &Position| ascending.binary_search(place).ok().and_then(|at| taken.get(at).cloned());
    Ok(places.iter().filter_map(found).collect())
}
