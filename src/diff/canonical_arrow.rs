//! [`CanonicalArrow`]: what the values of one column are, where the Arrow type does not say it: which
//! strings are JSON, which structs are tuples, which integers are durations.
//!
//! An [`ArrowValue`] can be written as canonical text, which people read and record hashes are made
//! of, or as [`TypedBytes`], by which plain files are compared.

mod number;
mod scalar;
mod typed;

use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field, Fields, TimeUnit};

use super::normalise::normalised;
use crate::json;
use crate::part_files::Meaning;
use crate::record::{CanonicalValue, Form, Scalar};
use crate::schema::{self, Column, Columns};

pub(super) use typed::TypedBytes;

/// How strings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strings {
    Exact,
    /// With white space and Unicode forms normalised.
    Normalised,
}

/// The value of a column in one row.
#[derive(Clone, Copy)]
pub(super) struct ArrowValue<'v> {
    pub(super) form: &'v CanonicalArrow,
    pub(super) array: &'v dyn Array,
    pub(super) row: usize,
    pub(super) strings: Strings,
}

/// What the values of one column are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CanonicalArrow {
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Plain(DataType),
    /// Values that the file stores as another type.
    Stored(Meaning),
    Json,
    List(Box<CanonicalArrow>),
    Struct(Members),
    /// A struct that is a JSON array of a fixed length.
    Tuple(Vec<CanonicalArrow>),
    /// A map with string keys, which is an object.
    Map(Box<CanonicalArrow>),
    /// A map with other keys: its key and its value.
    Entries(Box<(CanonicalArrow, CanonicalArrow)>),
}

/// One leaf of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    /// Whether its strings are JSON, according to the note in the footer.
    pub(super) is_json: bool,
    pub(super) meaning: Meaning,
}

/// The members of an object, in the order in which they are written.
#[derive(Debug, PartialEq, Eq)]
struct Members {
    members: Vec<(usize, String, CanonicalArrow)>,
}

impl Members {
    fn new(fields: &Fields, leaves: &mut dyn Iterator<Item = Leaf>) -> Result<Self, String> {
        let mut members = Vec::new();
        for (index, field) in fields.iter().enumerate() {
            members.push((index, field.name().clone(), CanonicalArrow::new(field, leaves)?));
        }
        Ok(Self::sorted(members))
    }

    fn of(columns: &Columns, fields: &Fields) -> Self {
        let members = columns.iter().zip(fields).enumerate();
        let form = |column: &Column, field: &Field| CanonicalArrow::of(column, field.data_type());
        Self::sorted(members.map(|(at, (column, field))| (at, column.name.clone(), form(column, field))).collect())
    }

    fn sorted(mut members: Vec<(usize, String, CanonicalArrow)>) -> Self {
        members.sort_by(|a, b| json::utf16_order(&a.1, &b.1));
        Self { members }
    }
}

impl CanonicalArrow {
    /// The form of a column with these leaves.
    ///
    /// # Errors
    /// The type that cannot be compared.
    pub(super) fn new(field: &Field, leaves: &mut dyn Iterator<Item = Leaf>) -> Result<Self, String> {
        let kind = match field.data_type() {
            DataType::List(element) => Kind::List(Box::new(Self::new(element, leaves)?)),
            DataType::Struct(fields) => Kind::Struct(Members::new(fields, leaves)?),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => {
                    let (key, value) = (Self::new(&fields[0], leaves)?, Self::new(&fields[1], leaves)?);
                    if key.is_text() { Kind::Map(Box::new(value)) } else { Kind::Entries(Box::new((key, value))) }
                }
                other => return Err(other.to_string()),
            },
            plain => Self::leaf(plain, leaves.next())?,
        };
        Ok(Self { kind })
    }

    fn leaf(plain: &DataType, leaf: Option<Leaf>) -> Result<Kind, String> {
        match (plain, leaf) {
            (DataType::Utf8, Some(Leaf { is_json: true, .. })) => Ok(Kind::Json),
            (_, Some(Leaf { meaning, .. })) if meaning != Meaning::AsTyped => Ok(Kind::Stored(meaning)),
            _ if is_plain(plain) => Ok(Kind::Plain(plain.clone())),
            _ => Err(plain.to_string()),
        }
    }

    /// The form of a release's column, whose values have the type of its kind.
    pub(super) fn of(column: &Column, kind: &DataType) -> Self {
        let element = |field: &Field, column: &Column| Box::new(Self::of(column, field.data_type()));
        let kind = match (&column.kind, kind) {
            (schema::Kind::Json, _) => Kind::Json,
            (schema::Kind::List(inner), DataType::List(field)) => Kind::List(element(field, inner)),
            (schema::Kind::Struct(columns), DataType::Struct(fields)) => Kind::Struct(Members::of(columns, fields)),
            (schema::Kind::Tuple(columns), DataType::Struct(fields)) => {
                Kind::Tuple(columns.iter().zip(fields).map(|(column, field)| *element(field, column)).collect())
            }
            (schema::Kind::Map(value), DataType::Map(entries, _)) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => Kind::Map(element(&fields[1], value)),
                other => Kind::Plain(other.clone()),
            },
            (_, kind) => Kind::Plain(kind.clone()),
        };
        Self { kind }
    }

    /// Whether the values are plain strings.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Plain(DataType::Utf8))
    }

    /// Whether the values are timestamps, with or without a time zone.
    pub(super) fn is_instant(&self) -> bool {
        matches!(self.kind, Kind::Plain(DataType::Timestamp(..)) | Kind::Stored(Meaning::Int96 | Meaning::Seconds(_)))
    }

    /// A timestamp in nanoseconds since 1970; 0 for any other value.
    pub(super) fn nanoseconds(&self, array: &dyn Array, row: usize) -> i128 {
        match self.scalar(array, row) {
            Some(Scalar::Timestamp(nanoseconds, _)) => nanoseconds,
            _ => 0,
        }
    }

    /// The value in `row` of a column without elements or members.
    fn scalar<'a>(&self, array: &'a dyn Array, row: usize) -> Option<Scalar<'a>> {
        match &self.kind {
            Kind::Plain(kind) => scalar::plain(kind, array, row),
            Kind::Stored(meaning) => scalar::stored(*meaning, array, row),
            _ => None,
        }
    }

    /// The type, named as in manifests if possible.
    pub(super) fn describe(&self, kind: &DataType) -> String {
        match (&self.kind, kind) {
            (Kind::Stored(meaning), _) => match meaning {
                Meaning::AsTyped => plain_word(kind),
                Meaning::Int96 => "int96".to_owned(),
                Meaning::Duration(unit) => format!("duration[{}]", unit_word(*unit)),
                Meaning::Seconds(zone) => format!("timestamp[s{}]", if *zone { ", UTC" } else { "" }),
                Meaning::TimeSeconds => "time[s]".to_owned(),
                Meaning::DayMilliseconds => "date64".to_owned(),
            },
            (Kind::List(form), DataType::List(element)) => format!("list<{}>", form.describe(element.data_type())),
            (Kind::Struct(Members { members }), DataType::Struct(fields)) => {
                let mut members: Vec<&(usize, String, Self)> = members.iter().collect();
                members.sort_by_key(|(index, ..)| *index);
                let words = members
                    .iter()
                    .map(|(at, name, form)| format!("{name}: {}", form.describe(fields[*at].data_type())));
                format!("struct<{}>", words.collect::<Vec<_>>().join(", "))
            }
            (Kind::Map(_) | Kind::Entries(_), DataType::Map(entries, _)) => match (&self.kind, entries.data_type()) {
                (Kind::Map(value), DataType::Struct(fields)) if fields.len() == 2 => {
                    format!("map<string, {}>", value.describe(fields[1].data_type()))
                }
                (Kind::Entries(forms), DataType::Struct(fields)) if fields.len() == 2 => {
                    let (key, value) = (&forms.0, &forms.1);
                    format!("map<{}, {}>", key.describe(fields[0].data_type()), value.describe(fields[1].data_type()))
                }
                (_, other) => plain_word(other),
            },
            (_, kind) => plain_word(kind),
        }
    }
}

impl<'v> ArrowValue<'v> {
    fn at(self, form: &'v CanonicalArrow, array: &'v dyn Array, row: usize) -> Self {
        Self { form, array, row, ..self }
    }

    /// The positions of the elements of a list or map in the array of all elements.
    fn range(self, offsets: &[i32]) -> Range<usize> {
        let position = |offset: i32| usize::try_from(offset).expect("Arrow checks that offsets are not negative");
        position(offsets[self.row])..position(offsets[self.row + 1])
    }
}

impl CanonicalValue for ArrowValue<'_> {
    /// A column without a type has no values.
    fn is_null(&self) -> bool {
        self.array.is_null(self.row) || *self.array.data_type() == DataType::Null
    }

    fn write<F: Form>(&self, to: &mut F) {
        let Self { array, row, .. } = *self;
        if self.is_null() {
            return to.null();
        }
        match &self.form.kind {
            Kind::Plain(_) | Kind::Stored(_) => match self.form.scalar(array, row) {
                Some(Scalar::String(text)) if self.strings == Strings::Normalised => {
                    to.scalar(Scalar::String(&normalised(text)));
                }
                Some(value) => to.scalar(value),
                None => to.null(),
            },
            Kind::Json => to.json(array.as_string::<i32>().value(row)),
            Kind::List(element) => {
                let list = array.as_list::<i32>();
                to.list(self.range(list.value_offsets()).map(|row| self.at(element, list.values(), row)));
            }
            Kind::Struct(Members { members }) => {
                let columns = array.as_struct().columns();
                to.object(members.iter().map(|(at, name, form)| (name.as_str(), self.at(form, &columns[*at], row))));
            }
            Kind::Tuple(forms) => {
                let columns = array.as_struct().columns();
                to.list(forms.iter().zip(columns).map(|(form, column)| self.at(form, column, row)));
            }
            Kind::Map(value) => {
                let map = array.as_map();
                let keys = map.keys().as_string::<i32>();
                let entry = |row| (keys.is_valid(row).then(|| keys.value(row)), self.at(value, map.values(), row));
                to.map(self.range(map.value_offsets()).map(entry));
            }
            Kind::Entries(forms) => {
                let map = array.as_map();
                let entry = |row| [self.at(&forms.0, map.keys(), row), self.at(&forms.1, map.values(), row)];
                to.entries(self.range(map.value_offsets()).map(entry));
            }
        }
    }
}

/// Whether a type without elements or members can be compared.
fn is_plain(kind: &DataType) -> bool {
    use DataType as T;
    match kind {
        T::Time32(unit) => *unit == TimeUnit::Millisecond,
        T::Timestamp(unit, _) => *unit != TimeUnit::Second,
        T::Null | T::Boolean | T::Utf8 | T::Binary | T::FixedSizeBinary(_) | T::Date32 | T::Time64(_) => true,
        other => other.is_numeric(),
    }
}

fn unit_word(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

fn plain_word(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 => "string".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(unit, zone) => {
            let unit = unit_word(*unit);
            zone.as_ref().map_or_else(|| format!("timestamp[{unit}]"), |zone| format!("timestamp[{unit}, {zone}]"))
        }
        other => other.to_string().to_lowercase(),
    }
}
