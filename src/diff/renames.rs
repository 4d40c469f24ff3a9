//! Renamed columns: one that went and one that came, of one type and with the same values.

use std::cmp::Reverse;

use super::compare::ColumnPair;
use super::scan::{Position, Scan};
use crate::error::Error;

/// How many records are asked.
const ASKED: usize = 256;

/// Joins columns that went with columns that came where nine in ten records say that they are
/// the same.
pub(super) fn find_renames(
    (base, current): (&Scan, &Scan),
    mut columns: Vec<ColumnPair>,
    pairs: &[(Position, Position)],
) -> Result<Vec<ColumnPair>, Error> {
    let lonely = |columns: &[ColumnPair], is: fn(&ColumnPair) -> bool| -> Vec<usize> {
        (0..columns.len()).filter(|at| is(&columns[*at])).collect()
    };
    let went = lonely(&columns, |pair| pair.current.is_none());
    let came = lonely(&columns, |pair| pair.base.is_none());
    if went.is_empty() || came.is_empty() {
        return Ok(columns);
    }
    let asked: Vec<(Position, Position)> = pairs.iter().step_by(pairs.len().div_ceil(ASKED)).copied().collect();
    let old_rows: Vec<Position> = asked.iter().map(|pair| pair.0).collect();
    let new_rows: Vec<Position> = asked.iter().map(|pair| pair.1).collect();
    let read = |new: usize| Ok((new, marks(current, columns[new].current.unwrap_or_default(), &new_rows)?));
    let mut came = came.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for old in went {
        let before = marks(base, columns[old].base.unwrap_or_default(), &old_rows)?;
        let equal = came.iter().enumerate().filter_map(|(at, (_, after))| Some((before.equal(after)?, Reverse(at))));
        let best = equal.max();
        if let Some((_, Reverse(at))) = best {
            joined.push((old, came.remove(at).0));
        }
    }
    for (old, new) in &joined {
        let (place, name) = (columns[*old].base, columns[*old].name.clone());
        (columns[*new].base, columns[*new].renamed_from) = (place, Some(name));
        columns[*new].ignored |= columns[*old].ignored;
    }
    let mut at = 0;
    columns.retain(|_| {
        at += 1;
        !joined.iter().any(|(old, _)| *old == at - 1)
    });
    Ok(columns)
}

/// The values of a column in some rows: halves of SHA-256 of what each is compared by.
struct Marked<'t> {
    kind: &'t str,
    values: Vec<Option<[u8; 16]>>,
}

impl Marked<'_> {
    /// How many values are the same, if these are the same column.
    fn equal(&self, other: &Self) -> Option<usize> {
        let (mut equal, mut unequal) = (0, 0);
        for (a, b) in self.values.iter().zip(&other.values).filter(|(a, b)| a.is_some() || b.is_some()) {
            *if a == b { &mut equal } else { &mut unequal } += 1;
            // Of columns that have nothing to do with each other the first few values tell.
            if unequal * 10 > self.values.len() {
                return None;
            }
        }
        (equal > 0 && equal >= unequal * 9 && self.kind == other.kind).then_some(equal)
    }
}

/// The values of a column, for rows in any order.
fn marks<'t>(table: &'t Scan, column: usize, places: &[Position]) -> Result<Marked<'t>, Error> {
    let values = super::examples::read_few(table, places, &[column], |chunk, row| {
        chunk.column(column)?.value_hash(row, &mut Vec::new())
    })?;
    Ok(Marked { kind: &table.columns()[column].kind, values })
}
