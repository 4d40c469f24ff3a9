//! [`IdenticalPages`]: finds equal values without decoding them. If two files have the same bytes in a page
//! of a column, the rows of these pages are equal.
//!
//! Other pages may be equal too; then the values must be decoded. The decoder also reports all errors.

use super::scan::{Position, Scan, file_of, row_of};
use crate::part_files::{Page, StoredPages};

/// Compares the stored pages of two tables. It is fastest for rows in ascending order.
pub(super) struct IdenticalPages<'t> {
    tables: [&'t Scan; 2],
    /// The file of each side that was read last.
    open: [Option<(usize, StoredPages<'t>)>; 2],
    /// The files and columns that were compared last, and whether their form is the same.
    alike: Option<([usize; 2], [usize; 2], bool)>,
    /// The pages of each leaf that were compared last.
    compared: Vec<PagePair>,
}

/// Two pages that were compared.
struct PagePair {
    leaf: usize,
    files: [usize; 2],
    pages: [Page; 2],
    same: bool,
}

impl PagePair {
    /// Whether these rows are in these pages.
    fn has(&self, leaf: usize, files: [usize; 2], rows: [u32; 2]) -> bool {
        let within = self.pages.iter().zip(rows).all(|(page, row)| page.rows.contains(&row));
        self.leaf == leaf && self.files == files && within
    }

    /// Whether two rows of these pages are equal.
    fn is_equal(&self, rows: [u32; 2]) -> bool {
        self.same && is_aligned(&self.pages, rows)
    }
}

/// Whether rows have the same index in their pages.
fn is_aligned([old, new]: &[Page; 2], rows: [u32; 2]) -> bool {
    rows[0].wrapping_sub(old.rows.start) == rows[1].wrapping_sub(new.rows.start)
}

impl<'t> IdenticalPages<'t> {
    pub(super) fn new(base: &'t Scan, current: &'t Scan) -> Self {
        Self { tables: [base, current], open: [None, None], alike: None, compared: Vec::new() }
    }

    /// Whether identical bytes prove that a column, by its index on each side, has the same value in both
    /// rows.
    pub(super) fn is_equal(&mut self, columns: [usize; 2], pair: (Position, Position)) -> bool {
        let positions = [pair.0, pair.1];
        let files = positions.map(file_of);
        let is_alike = match self.alike {
            Some((known, of, is_alike)) if known == files && of == columns => is_alike,
            _ => self.tables[0].is_alike((files[0], columns[0]), self.tables[1], (files[1], columns[1])),
        };
        self.alike = Some((files, columns, is_alike));
        if !is_alike {
            return false;
        }
        let [old, new] = [0, 1].map(|side| self.tables[side].leaves(files[side], columns[side]));
        old.len() == new.len() && old.zip(new).all(|(a, b)| self.leaf([a, b], positions).unwrap_or(false))
    }

    fn leaf(&mut self, leaves: [usize; 2], positions: [Position; 2]) -> Option<bool> {
        let (files, rows) = (positions.map(file_of), positions.map(row_of));
        if let Some(pair) = self.compared.iter().find(|pair| pair.has(leaves[0], files, rows)) {
            return Some(pair.is_equal(rows));
        }
        let page = |side: usize| self.tables[side].file(files[side]).page(leaves[side], rows[side]);
        let pages = [page(0)?, page(1)?];
        if !is_aligned(&pages, rows) {
            return Some(false);
        }
        for side in [0, 1] {
            if self.open[side].as_ref().is_none_or(|(file, _)| *file != files[side]) {
                let file = self.tables[side].file(files[side]);
                self.open[side] = Some((files[side], StoredPages::open(file).ok()?));
            }
        }
        let [Some((_, old)), Some((_, new))] = &self.open else { return None };
        let same = old.same(&pages[0], new, &pages[1]).ok()?;
        self.compared.retain(|pair| pair.leaf != leaves[0]);
        self.compared.push(PagePair { leaf: leaves[0], files, pages, same });
        Some(same)
    }
}

/// The pairs for which identical bytes prove that the key is the same.
pub(super) fn with_one_key(
    base: &Scan,
    current: &Scan,
    mut pairs: Vec<(Position, Position)>,
) -> Vec<(Position, Position)> {
    let keys: Vec<[usize; 2]> = base.key().iter().zip(current.key()).map(|(old, new)| [*old, *new]).collect();
    let mut pages = IdenticalPages::new(base, current);
    pairs.retain(|pair| keys.iter().all(|columns| pages.is_equal(*columns, *pair)));
    pairs
}
