//! [`IdenticalPages`]: rows that are told equal without decoding them. Where two files hold a page of a
//! column in the same bytes, the rows of one are those of the other.
//!
//! What bytes do not tell is left to the decoder, and so is every error.

use super::scan::{Position, Scan, file_of, row_of};
use crate::part_files::{Page, StoredPages};

/// Compares the stored pages of two tables, best asked for rows in their order.
pub(super) struct IdenticalPages<'t> {
    tables: [&'t Scan; 2],
    /// The file of each side that was read last.
    open: [Option<(usize, StoredPages)>; 2],
    /// Whether the columns of two files that were asked for last are of one form.
    alike: Option<([usize; 2], [usize; 2], bool)>,
    /// The pages that were compared last, of each leaf that was asked for.
    known: Vec<Known>,
}

/// Two pages that were compared.
struct Known {
    leaf: usize,
    files: [usize; 2],
    pages: [Page; 2],
    same: bool,
}

impl Known {
    /// Whether it tells of these rows.
    fn holds(&self, leaf: usize, files: [usize; 2], rows: [u32; 2]) -> bool {
        let within = self.pages.iter().zip(rows).all(|(page, row)| page.rows.contains(&row));
        self.leaf == leaf && self.files == files && within
    }

    /// Whether two rows in these pages stand at the same place of them, and the pages are the same.
    fn tells(&self, rows: [u32; 2]) -> bool {
        self.same && is_abreast(&self.pages, rows)
    }
}

/// Whether rows stand at the same place of their pages.
fn is_abreast([ours, theirs]: &[Page; 2], rows: [u32; 2]) -> bool {
    rows[0].wrapping_sub(ours.rows.start) == rows[1].wrapping_sub(theirs.rows.start)
}

impl<'t> IdenticalPages<'t> {
    pub(super) fn new(base: &'t Scan, current: &'t Scan) -> Self {
        Self { tables: [base, current], open: [None, None], alike: None, known: Vec::new() }
    }

    /// Whether stored bytes say that a column, by its place on each side, has one value in both
    /// rows.
    pub(super) fn tell(&mut self, columns: [usize; 2], pair: (Position, Position)) -> bool {
        let places = [pair.0, pair.1];
        let files = places.map(file_of);
        let is_alike = match self.alike {
            Some((known, of, is_alike)) if known == files && of == columns => is_alike,
            _ => self.tables[0].is_alike((files[0], columns[0]), self.tables[1], (files[1], columns[1])),
        };
        self.alike = Some((files, columns, is_alike));
        if !is_alike {
            return false;
        }
        let [ours, theirs] = [0, 1].map(|side| self.tables[side].leaves(file_of(places[side]), columns[side]));
        ours.len() == theirs.len() && ours.zip(theirs).all(|(a, b)| self.leaf([a, b], places).unwrap_or(false))
    }

    fn leaf(&mut self, leaves: [usize; 2], places: [Position; 2]) -> Option<bool> {
        let (files, rows) = (places.map(file_of), places.map(row_of));
        if let Some(known) = self.known.iter().find(|known| known.holds(leaves[0], files, rows)) {
            return Some(known.tells(rows));
        }
        let page = |side: usize| self.tables[side].file(files[side]).page(leaves[side], rows[side]);
        let pages = [page(0)?, page(1)?];
        if !is_abreast(&pages, rows) {
            return Some(false);
        }
        for side in [0, 1] {
            if self.open[side].as_ref().is_none_or(|(file, _)| *file != files[side]) {
                let file = self.tables[side].file(files[side]);
                self.open[side] = Some((files[side], StoredPages::open(file).ok()?));
            }
        }
        let [(_, ours), (_, theirs)] =
            self.open.each_ref().map(Option::as_ref).map(|open| open.expect("both are open"));
        let same = ours.same(&pages[0], theirs, &pages[1]).ok()?;
        self.known.retain(|known| known.leaf != leaves[0]);
        self.known.push(Known { leaf: leaves[0], files, pages, same });
        Some(same)
    }
}

/// Which of these pairs have one key, as far as bytes tell.
pub(super) fn with_one_key(
    base: &Scan,
    current: &Scan,
    mut pairs: Vec<(Position, Position)>,
) -> Vec<(Position, Position)> {
    let keys: Vec<[usize; 2]> = base.key().iter().zip(current.key()).map(|(ours, theirs)| [*ours, *theirs]).collect();
    let mut twins = IdenticalPages::new(base, current);
    pairs.retain(|pair| keys.iter().all(|columns| twins.tell(*columns, *pair)));
    pairs
}
