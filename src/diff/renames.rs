//! Finds renamed columns: a removed and an added one of the same type and with the same values.

use std::cmp::Reverse;

use super::compare::ColumnPair;
use super::scan::{Position, Scan};
use crate::error::Error;

/// How many records are sampled.
const SAMPLED: usize = 256;

/// Joins removed with added columns if their values are equal in nine of ten records.
pub(super) fn find_renames(
    (base, current): (&Scan, &Scan),
    mut columns: Vec<ColumnPair>,
    pairs: &[(Position, Position)],
) -> Result<Vec<ColumnPair>, Error> {
    let of_one_side = |columns: &[ColumnPair], is: fn(&ColumnPair) -> bool| -> Vec<usize> {
        (0..columns.len()).filter(|at| is(&columns[*at])).collect()
    };
    let removed = of_one_side(&columns, |pair| pair.current.is_none());
    let added = of_one_side(&columns, |pair| pair.base.is_none());
    if removed.is_empty() || added.is_empty() {
        return Ok(columns);
    }
    let sampled: Vec<(Position, Position)> = pairs.iter().step_by(pairs.len().div_ceil(SAMPLED)).copied().collect();
    let old_rows: Vec<Position> = sampled.iter().map(|pair| pair.0).collect();
    let new_rows: Vec<Position> = sampled.iter().map(|pair| pair.1).collect();
    let read = |new: usize| Ok((new, sample(current, columns[new].current.unwrap_or_default(), &new_rows)?));
    let mut added = added.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for old in removed {
        let before = sample(base, columns[old].base.unwrap_or_default(), &old_rows)?;
        let equal = added.iter().enumerate().filter_map(|(at, (_, after))| Some((before.equal(after)?, Reverse(at))));
        let best = equal.max();
        if let Some((_, Reverse(at))) = best {
            joined.push((old, added.remove(at).0));
        }
    }
    for (old, new) in &joined {
        let (index, name) = (columns[*old].base, columns[*old].name.clone());
        (columns[*new].base, columns[*new].renamed_from) = (index, Some(name));
        columns[*new].ignored |= columns[*old].ignored;
    }
    let kept = columns.into_iter().enumerate().filter(|(at, _)| !joined.iter().any(|(old, _)| old == at));
    Ok(kept.map(|(_, pair)| pair).collect())
}

/// The hashes of a column's values in some rows.
struct ColumnSample<'t> {
    kind: &'t str,
    values: Vec<Option<[u8; 16]>>,
}

impl ColumnSample<'_> {
    /// The number of equal values, if this is the same column.
    fn equal(&self, other: &Self) -> Option<usize> {
        let (mut equal, mut unequal) = (0, 0);
        for (a, b) in self.values.iter().zip(&other.values).filter(|(a, b)| a.is_some() || b.is_some()) {
            *if a == b { &mut equal } else { &mut unequal } += 1;
            // Unrelated columns differ within the first few values.
            if unequal * 10 > self.values.len() {
                return None;
            }
        }
        (equal > 0 && equal >= unequal * 9 && self.kind == other.kind).then_some(equal)
    }
}

/// Samples a column in rows in any order.
fn sample<'t>(table: &'t Scan, column: usize, positions: &[Position]) -> Result<ColumnSample<'t>, Error> {
    let values = super::examples::read_few(table, positions, &[column], |chunk, row| {
        chunk.column(column)?.value_hash(row, &mut Vec::new())
    })?;
    Ok(ColumnSample { kind: &table.columns()[column].kind, values })
}
