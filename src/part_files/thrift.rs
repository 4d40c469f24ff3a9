//! Walks Thrift's compact protocol before the Parquet library reads it.
//!
//! The library trusts the length of a list, and a list of booleans takes no bytes in it. So a dozen bytes
//! could keep it busy for minutes, or make it request more memory than there is. A walk builds nothing, and
//! every step takes bytes, so it ends. It does not interpret values; callers ask for numbers by path.

use super::read_error::PartError;

/// The deepest nesting of structures. Those of Parquet are eight deep.
const DEPTH: usize = 24;

/// Types of the compact protocol that are not a single number.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

/// The field of a column index (`ColumnIndex` in parquet.thrift) that is a list of booleans.
/// The library reads this one correctly, so its elements take bytes.
const NULL_PAGES: i64 = 1;

/// The list of a footer's columns (`FileMetaData.schema` in parquet.thrift), and how many members each
/// of its elements has.
const SCHEMA: i64 = 2;
const CHILDREN: i64 = 5;
/// The deepest nesting of columns. The library recurses for each level.
const SCHEMA_DEPTH: usize = 128;

/// Walks a footer. Its columns must also not be nested too deep.
pub(super) fn walk_footer(bytes: &[u8]) -> Result<(), PartError> {
    let mut walker =
        Walker { bytes, at: 0, path: Vec::new(), lists: 0, booleans: None, nesting: Some(Nesting::default()) };
    match walker.structure(&mut |_, _| {}) {
        Some(()) => Ok(()),
        None if walker.nesting.is_some_and(|nesting| nesting.open.len() > SCHEMA_DEPTH) => {
            Err(PartError::Unreadable(format!("its columns are nested more than {SCHEMA_DEPTH} deep")))
        }
        None => Err(invalid()),
    }
}

/// Walks the structure at the start of `bytes`. Calls `seen` for each number outside of lists, with its path
/// of field numbers. Returns the length of the structure.
pub(super) fn walk(bytes: &[u8], seen: &mut dyn FnMut(&[i64], i64)) -> Result<usize, PartError> {
    let mut walker = Walker { bytes, at: 0, path: Vec::new(), lists: 0, booleans: None, nesting: None };
    walker.structure(seen).map(|()| walker.at).ok_or_else(invalid)
}

/// Walks a column index, which starts with a list of booleans.
pub(super) fn walk_values(bytes: &[u8]) -> Result<(), PartError> {
    let mut walker = Walker { bytes, at: 0, path: Vec::new(), lists: 0, booleans: Some(NULL_PAGES), nesting: None };
    walker.structure(&mut |_, _| {}).ok_or_else(invalid)
}

fn invalid() -> PartError {
    PartError::Unreadable("a structure of the file is not Parquet".into())
}

struct Walker<'b> {
    bytes: &'b [u8],
    at: usize,
    path: Vec<i64>,
    /// The number of open lists.
    lists: usize,
    /// The only field that may be a list of booleans.
    booleans: Option<i64>,
    /// The nesting of the columns, if this is a footer.
    nesting: Option<Nesting>,
}

/// The nesting of the columns of a schema. They are listed one after another, each before its members.
#[derive(Debug, Default)]
struct Nesting {
    /// The remaining members of each open column.
    open: Vec<i64>,
    /// How many the last column has.
    children: i64,
}

impl Nesting {
    /// Adds a column. `None` if it is nested too deep.
    fn column(&mut self) -> Option<()> {
        while self.open.pop_if(|left| *left == 0).is_some() {}
        if let Some(left) = self.open.last_mut() {
            *left -= 1;
        }
        let children = std::mem::take(&mut self.children);
        if children > 0 {
            self.open.push(children);
        }
        (self.open.len() <= SCHEMA_DEPTH).then_some(())
    }
}

impl Walker<'_> {
    fn structure(&mut self, seen: &mut dyn FnMut(&[i64], i64)) -> Option<()> {
        if self.path.len() + self.lists >= DEPTH {
            return None;
        }
        self.path.push(0);
        loop {
            let header = self.byte()?;
            if header == 0 {
                self.path.pop();
                return Some(());
            }
            let delta = i64::from(header >> 4);
            let last = self.path.last_mut()?;
            *last = if delta == 0 { 0 } else { last.checked_add(delta)? };
            if delta == 0 {
                let number = self.zigzag()?;
                *self.path.last_mut()? = number;
            }
            self.check_column(header & 0x0f)?;
            match header & 0x0f {
                TRUE | FALSE => {}
                kind => self.value(kind, seen)?,
            }
        }
    }

    /// The library reads a field by its number, whatever type it claims to be.
    fn check_column(&self, kind: u8) -> Option<()> {
        let is_right = match (self.nesting.is_some(), self.path.as_slice()) {
            (true, [SCHEMA]) => kind == LIST,
            (true, [SCHEMA, CHILDREN]) => matches!(kind, 4..=6),
            _ => true,
        };
        is_right.then_some(())
    }

    fn value(&mut self, kind: u8, seen: &mut dyn FnMut(&[i64], i64)) -> Option<()> {
        match kind {
            BYTE => self.skip(1),
            // 16, 32 and 64 bits.
            4..=6 => {
                let number = self.zigzag()?;
                if self.lists == 0 {
                    seen(&self.path, number);
                }
                if let Some(nesting) = self.nesting.as_mut().filter(|_| self.path.as_slice() == [SCHEMA, CHILDREN]) {
                    nesting.children = number;
                }
                Some(())
            }
            DOUBLE => self.skip(8),
            BINARY => {
                let length = self.varint()?;
                self.skip(usize::try_from(length).ok()?)
            }
            LIST | SET => self.list(seen),
            STRUCT => self.structure(seen),
            // Maps and booleans in lists, which no footer or header has.
            _ => None,
        }
    }

    fn list(&mut self, seen: &mut dyn FnMut(&[i64], i64)) -> Option<()> {
        let header = self.byte()?;
        let (short, kind) = (header >> 4, header & 0x0f);
        let count = if short == 15 { self.varint()? } else { u64::from(short) };
        // Each element takes a byte or more.
        if count > (self.bytes.len() - self.at) as u64 || self.lists >= DEPTH {
            return None;
        }
        if matches!(kind, TRUE | FALSE) && self.lists == 0 && self.path.as_slice() == self.booleans.as_slice() {
            return self.skip(usize::try_from(count).ok()?);
        }
        let is_schema = self.lists == 0 && self.path.as_slice() == [SCHEMA];
        if let Some(nesting) = self.nesting.as_mut().filter(|_| is_schema) {
            *nesting = Nesting::default();
        }
        self.lists += 1;
        for _ in 0..count {
            self.value(kind, seen)?;
            if let Some(nesting) = self.nesting.as_mut().filter(|_| is_schema) {
                nesting.column()?;
            }
        }
        self.lists -= 1;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at)?;
        self.at += 1;
        Some(*byte)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let number = self.varint()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a walk, and the numbers that it finds.
    type Walked<'w> = (usize, &'w [(&'w [i64], i64)]);

    #[track_caller]
    fn check(bytes: &[u8], want: Option<Walked<'_>>) {
        let mut seen = Vec::new();
        let walked = walk(bytes, &mut |path, number| seen.push((path.to_vec(), number))).ok();
        let want = want.map(|(length, numbers)| {
            assert_eq!(seen, numbers.iter().map(|(path, number)| (path.to_vec(), *number)).collect::<Vec<_>>());
            length
        });
        assert_eq!(walked, want, "{bytes:?}");
    }

    #[test]
    fn structures() {
        check(&[0], Some((1, &[])));
        check(&[0x15, 4, 0x25, 1, 0, 9], Some((5, &[(&[1], 2), (&[3], -1)])));
        check(&[0x1c, 0x15, 4, 0, 0], Some((5, &[(&[1, 1], 2)])));
        check(&[0x05, 0x20, 4, 0], Some((4, &[(&[16], 2)])));
        check(&[0x11, 0x12, 0x18, 2, b'a', b'b', 0], Some((7, &[])));
        check(&[0x19, 0x25, 2, 4, 0], Some((5, &[])));
        check(&[0x19, 0x1c, 0x15, 4, 0, 0], Some((6, &[])));
    }

    #[test]
    fn lists_of_booleans_are_allowed_in_one_field() {
        assert!(walk_values(&[0x19, 0x21, 1, 2, 0]).is_ok());
        assert!(walk_values(&[0x19, 0xf1, 0xff, 0xff, 0x7f, 1, 0]).is_err());
        assert!(walk_values(&[0x29, 0x21, 1, 2, 0]).is_err());
        assert!(walk_values(&[0x19, 0x19, 0x21, 1, 2, 0]).is_err());
    }

    #[test]
    fn nesting_of_columns_is_limited() {
        let group = [0x35, 2, 0x18, 1, b'g', 0x15, 2, 0];
        let footer = |depth: usize| {
            let leaf = [0x15, 2, 0x25, 2, 0x18, 1, b'x', 0];
            let number = u8::try_from(depth + 1).unwrap();
            [&[0x29, 0xfc, number | 0x80, 1][..], &group.repeat(depth), &leaf, &[0]].concat()
        };
        assert!(walk_footer(&footer(SCHEMA_DEPTH)).is_ok());
        let refused = walk_footer(&footer(SCHEMA_DEPTH + 1)).unwrap_err().to_string();
        assert_eq!(refused, "its columns are nested more than 128 deep");
        // The number of members as another type, and the columns as no list.
        assert!(walk_footer(&[0x29, 0x1c, 0x53, 2, 0, 0]).is_err());
        assert!(walk_footer(&[0x25, 2, 0]).is_err());
    }

    #[test]
    fn structures_that_do_not_end_or_take_no_bytes_are_refused() {
        check(&[], None);
        check(&[0x15], None);
        check(&[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0], None);
        check(&[0x18, 9, b'a', 0], None);
        check(&[0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0], None);
        check(&[0x19, 0xf1, 0x01, 0], None);
        check(&[0x1b, 1, 0x55, 2, 2, 0], None);
        check(&[0x1c; 100], None);
        check(&[0x19; 100], None);
    }
}
