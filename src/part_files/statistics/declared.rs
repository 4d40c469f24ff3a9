//! Compares the statistics of a leaf column, in the footer and in the column index, with its rows.
//!
//! Statistics cut long strings, so such an extreme is only a bound. This module does not read rows;
//! [`super`] does.

use parquet::basic::BoundaryOrder;
use parquet::file::page_index::column_index::{ByteArrayColumnIndex, ColumnIndexMetaData, PrimitiveColumnIndex};
use parquet::file::statistics::Statistics;

use super::{Facts, Scalar};
use crate::part_files::settings::STATISTICS_BYTES;
use crate::schema::Kind;

/// The statistics of a leaf column of a row group, from the footer.
pub(super) struct DeclaredChunk<'t> {
    pub(super) kind: &'t Kind,
    pub(super) statistics: &'t Statistics,
}

impl DeclaredChunk<'_> {
    /// Returns how the statistics differ from the rows, if they do.
    pub(super) fn difference(&self, found: &Facts) -> Option<String> {
        let Self { kind, statistics } = self;
        let extreme = |bytes: Option<&[u8]>, exact| Some(Extreme { value: scalar(kind, bytes?)?, exact });
        DeclaredPage {
            nulls: statistics.null_count_opt(),
            least: extreme(statistics.min_bytes_opt(), statistics.min_is_exact()),
            greatest: extreme(statistics.max_bytes_opt(), statistics.max_is_exact()),
        }
        .difference(found)
        .map(|what| format!("its statistics {what}"))
    }
}

/// The statistics of the pages of a leaf column, from the column index.
pub(super) struct DeclaredPages<'t> {
    pub(super) kind: &'t Kind,
    pub(super) index: &'t ColumnIndexMetaData,
}

impl DeclaredPages<'_> {
    /// Returns how the statistics differ from the rows of the pages, if they do.
    pub(super) fn difference(&self, found: &[Facts]) -> Option<String> {
        if self.index.num_pages() != found.len() as u64 {
            return Some(format!("its column index has {} pages, it has {}", self.index.num_pages(), found.len()));
        }
        let differences = found
            .iter()
            .enumerate()
            .filter_map(|(page, facts)| self.page_difference(page, facts).map(|what| (page + 1, what)));
        let mut differences = differences.fuse();
        if let Some((page, what)) = differences.next() {
            let more = differences.count();
            let more = if more == 0 { String::new() } else { format!(" ({more} more pages are wrong too)") };
            return Some(format!("the statistics of its page {page} {what}{more}"));
        }
        (!self.is_ordered(found)).then(|| "its pages are not in the order that its column index declares".to_owned())
    }

    fn page_difference(&self, page: usize, found: &Facts) -> Option<String> {
        // The library declares a page empty if it has as many nulls as rows. In lists and maps it may still
        // have values (`schema/FORMAT.md` section 4).
        let is_empty = found.nulls == found.rows;
        match (self.index.is_null_page(page), is_empty) {
            (true, false) => Some("say that it has no value".to_owned()),
            (false, true) => Some("say that it has a value".to_owned()),
            (true, true) => self.page(page, found).difference(&Facts { extremes: None, ..found.clone() }),
            (false, false) => self.page(page, found).difference(found),
        }
    }

    fn page(&self, page: usize, found: &Facts) -> DeclaredPage {
        let bounds = self.bounds(page);
        // The index does not say which strings are cut.
        let extreme = |declared: Scalar, found: Option<&Scalar>| {
            let exact = match (&declared, found) {
                (Scalar::Text(declared), Some(Scalar::Text(found))) => declared.len() >= found.len(),
                _ => true,
            };
            Extreme { value: declared, exact }
        };
        let (least, greatest) = bounds.unzip();
        DeclaredPage {
            nulls: self.index.null_count(page).and_then(|count| u64::try_from(count).ok()),
            least: least.map(|declared| extreme(declared, found.extremes.as_ref().map(|(least, _)| least))),
            greatest: greatest.map(|declared| extreme(declared, found.extremes.as_ref().map(|(_, greatest)| greatest))),
        }
    }

    /// The extremes of a page. `None` if the index says that it has no value.
    fn bounds(&self, page: usize) -> Option<(Scalar, Scalar)> {
        use ColumnIndexMetaData as Index;
        fn pair<T>(
            index: &PrimitiveColumnIndex<T>,
            page: usize,
            scalar: impl Fn(&T) -> Scalar,
        ) -> Option<(Scalar, Scalar)> {
            Some((scalar(index.min_value(page)?), scalar(index.max_value(page)?)))
        }
        let texts = |index: &ByteArrayColumnIndex| {
            Some((Scalar::Text(index.min_value(page)?.to_vec()), Scalar::Text(index.max_value(page)?.to_vec())))
        };
        match (self.index, self.kind) {
            (Index::BOOLEAN(index), _) => pair(index, page, |value| Scalar::Boolean(*value)),
            (Index::INT32(index), _) => pair(index, page, |value| Scalar::Int((*value).into())),
            (Index::INT64(index), Kind::UInt64) => pair(index, page, |value| Scalar::UInt(value.cast_unsigned())),
            (Index::INT64(index), _) => pair(index, page, |value| Scalar::Int(*value)),
            (Index::DOUBLE(index), _) => pair(index, page, |value| Scalar::Float(*value)),
            (Index::BYTE_ARRAY(index), _) => texts(index),
            _ => None,
        }
    }

    /// Whether the pages that have values are in the declared order.
    fn is_ordered(&self, found: &[Facts]) -> bool {
        let bounds: Vec<_> = (0..found.len()).filter_map(|page| self.bounds(page)).collect();
        let ascend = |a: &(Scalar, Scalar), b: &(Scalar, Scalar)| a.0.cmp(&b.0).is_le() && a.1.cmp(&b.1).is_le();
        match self.index.get_boundary_order() {
            Some(BoundaryOrder::ASCENDING) => bounds.is_sorted_by(ascend),
            Some(BoundaryOrder::DESCENDING) => bounds.is_sorted_by(|a, b| ascend(b, a)),
            _ => true,
        }
    }
}

/// The declared statistics of some rows of a leaf column.
struct DeclaredPage {
    nulls: Option<u64>,
    least: Option<Extreme>,
    greatest: Option<Extreme>,
}

/// A smallest or largest value, or only a bound of it if it is not exact.
struct Extreme {
    value: Scalar,
    exact: bool,
}

impl DeclaredPage {
    fn difference(&self, found: &Facts) -> Option<String> {
        if self.nulls != Some(found.nulls) {
            let declared = self.nulls.map_or("no".to_owned(), |count| count.to_string());
            return Some(format!("count {declared} nulls, the rows have {}", found.nulls));
        }
        let declared = [&self.least, &self.greatest].into_iter().flatten();
        if declared.into_iter().any(|declared| !declared.is_short_text()) {
            return Some(format!("have a string that is not UTF-8, or longer than {STATISTICS_BYTES} bytes"));
        }
        match (&found.extremes, &self.least, &self.greatest) {
            (None, None, None) => None,
            (None, ..) => Some("have values, but no row has one".to_owned()),
            (Some((found, _)), declared, _) if !declared.as_ref().is_some_and(|declared| declared.is_least(found)) => {
                Some("have another smallest value than the rows".to_owned())
            }
            (Some((_, found)), _, declared)
                if !declared.as_ref().is_some_and(|declared| declared.is_greatest(found)) =>
            {
                Some("have another largest value than the rows".to_owned())
            }
            (Some(_), ..) => None,
        }
    }
}

impl Extreme {
    fn is_short_text(&self) -> bool {
        match &self.value {
            Scalar::Text(declared) => {
                declared.len() <= STATISTICS_BYTES && simdutf8::basic::from_utf8(declared).is_ok()
            }
            _ => true,
        }
    }

    fn is_least(&self, found: &Scalar) -> bool {
        match (&self.value, found) {
            (Scalar::Text(declared), Scalar::Text(found)) if !self.exact => found.starts_with(declared),
            (declared, found) => declared == found,
        }
    }

    fn is_greatest(&self, found: &Scalar) -> bool {
        match (&self.value, found) {
            (Scalar::Text(declared), Scalar::Text(found)) if !self.exact => declared > found,
            // A zero is written with the sign that bounds both zeros. Both compare as equal.
            (declared, found) => declared == found,
        }
    }
}

/// Reads a value of a leaf column from its form in the footer.
fn scalar(kind: &Kind, bytes: &[u8]) -> Option<Scalar> {
    match kind {
        Kind::Boolean => Some(Scalar::Boolean(bytes == [1])),
        Kind::UInt64 => bytes.try_into().ok().map(|bytes| Scalar::UInt(u64::from_le_bytes(bytes))),
        Kind::Float64 => bytes.try_into().ok().map(|bytes| Scalar::Float(f64::from_le_bytes(bytes))),
        Kind::Date => bytes.try_into().ok().map(|bytes| Scalar::Int(i32::from_le_bytes(bytes).into())),
        Kind::String | Kind::Json => Some(Scalar::Text(bytes.to_vec())),
        _ => bytes.try_into().ok().map(|bytes| Scalar::Int(i64::from_le_bytes(bytes))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks whether bytes of the footer are accepted as the smallest and as the largest value.
    #[track_caller]
    fn check(kind: &Kind, declared: &[u8], found: &Scalar, exact: bool, want: (bool, bool)) {
        let extreme = scalar(kind, declared).map(|value| Extreme { value, exact });
        let is = |of: fn(&Extreme, &Scalar) -> bool| extreme.as_ref().is_some_and(|extreme| of(extreme, found));
        assert_eq!((is(Extreme::is_least), is(Extreme::is_greatest)), want, "{declared:?} {found:?}");
    }

    #[test]
    fn exact_values_are_compared() {
        check(&Kind::Int64, &(-2_i64).to_le_bytes(), &Scalar::Int(-2), true, (true, true));
        check(&Kind::Int64, &2_i64.to_le_bytes(), &Scalar::Int(-2), true, (false, false));
        check(&Kind::Int64, &2_i32.to_le_bytes(), &Scalar::Int(2), true, (false, false));
        check(&Kind::Date, &(-2_i32).to_le_bytes(), &Scalar::Int(-2), true, (true, true));
        check(&Kind::UInt64, &u64::MAX.to_le_bytes(), &Scalar::UInt(u64::MAX), true, (true, true));
        check(&Kind::Boolean, &[1], &Scalar::Boolean(true), true, (true, true));
        // A zero is written with the sign that bounds both.
        check(&Kind::Float64, &(-0.0_f64).to_le_bytes(), &Scalar::Float(0.0), true, (true, true));
        check(&Kind::Float64, &1.5_f64.to_le_bytes(), &Scalar::Float(0.5), true, (false, false));
    }

    #[test]
    fn truncated_strings_are_bounds() {
        let long = Scalar::Text(b"abcd".to_vec());
        check(&Kind::String, b"abcd", &long, true, (true, true));
        check(&Kind::String, b"abc", &long, true, (false, false));
        check(&Kind::String, b"abc", &long, false, (true, false));
        check(&Kind::String, b"abd", &long, false, (false, true));
        check(&Kind::String, b"b", &long, false, (false, true));
        check(&Kind::String, b"", &long, false, (true, false));
    }

    #[test]
    fn strings_that_statistics_cannot_have() {
        let is_short =
            |declared: &[u8]| Extreme { value: Scalar::Text(declared.to_vec()), exact: false }.is_short_text();
        assert!(is_short(&[b'a'; 64]) && is_short("ä".as_bytes()));
        assert!(!is_short(&[b'a'; 65]) && !is_short(&[0xff; 8]));
    }
}
