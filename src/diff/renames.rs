//! Renamed columns: one that went and one that came, of one type and with the same values.

use super::compare::ColumnPair;
use super::form::{Texts, is_nothing};
use super::table::{Position, Table};
use crate::error::Error;

/// How many records are asked.
const ASKED: usize = 256;

/// Joins columns that went with columns that came where nine in ten records say that they are
/// the same.
pub(super) fn find_renames(
    (base, current): (&Table, &Table),
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
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for old in went {
        let old_place = columns[old].base.unwrap_or_default();
        let before = texts(base, old_place, asked.iter().map(|pair| pair.0))?;
        let mut best: Option<(usize, usize)> = None;
        for new in came.iter().filter(|new| !joined.iter().any(|(_, taken)| taken == *new)) {
            let new_place = columns[*new].current.unwrap_or_default();
            let kinds = (base.columns()[old_place].field.data_type(), current.columns()[new_place].field.data_type());
            if !kinds.0.equals_datatype(kinds.1) {
                continue;
            }
            let after = texts(current, new_place, asked.iter().map(|pair| pair.1))?;
            let told = before.iter().zip(&after).filter(|(a, b)| a.is_some() || b.is_some()).count();
            let equal = before.iter().zip(&after).filter(|(a, b)| a.is_some() && a == b).count();
            if equal > 0 && equal * 10 >= told * 9 && best.is_none_or(|(_, most)| equal > most) {
                best = Some((*new, equal));
            }
        }
        joined.extend(best.map(|(new, _)| (old, new)));
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

/// The values of a column as texts, for rows in any order.
fn texts(table: &Table, column: usize, places: impl Iterator<Item = Position>) -> Result<Vec<Option<Vec<u8>>>, Error> {
    super::examples::read_few(table, &places.collect::<Vec<_>>(), &[column], |chunk, row| {
        let array = chunk.array(column);
        let mut text = Vec::new();
        table.columns()[column].form.write(array, row, Texts::Exact, &mut text);
        (!is_nothing(array, row)).then_some(text)
    })
}
