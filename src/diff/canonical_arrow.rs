//! [`CanonicalArrow`]: what the values of one column are, as far as Arrow's type alone does not say it: which
//! texts are JSON, which structs stand for lists, which integers are durations.
//!
//! A value is written in two ways. [`CanonicalArrow::write`] gives its canonical text, which people read and
//! of which record hashes are made (`form/text.rs`). [`CanonicalArrow::encode`] gives what plain files are
//! compared by: type and value as bytes that no two different values share (`form/typed.rs`).

mod number;
mod scalar;
mod text;
mod typed;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field, Fields, TimeUnit};

use crate::json;
use crate::part_files::Meaning;
use crate::schema::{self, Column, Columns};
use scalar::Scalar;

pub(super) use text::ObjectWriter;
pub(super) use typed::ObjectEncoder;

/// Whether there is no value in `row`; a column without a type never has one.
pub(super) fn is_nothing(array: &dyn Array, row: usize) -> bool {
    array.is_null(row) || *array.data_type() == DataType::Null
}

/// How texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// As they are.
    Exact,
    /// Without what only white space and Unicode forms tell apart.
    Loose,
}

/// What the values of one column are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CanonicalArrow {
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Plain(DataType),
    /// Values that the file stores as something else.
    Stored(Meaning),
    Json,
    List(Box<CanonicalArrow>),
    Struct(Members),
    /// A struct that stands for an array of fixed entries.
    Tuple(Vec<CanonicalArrow>),
    /// A map of texts, which is an object.
    Map(Box<CanonicalArrow>),
    /// A map of other keys: its key and its value.
    Entries(Box<(CanonicalArrow, CanonicalArrow)>),
}

/// One leaf of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    /// Whether its texts are JSON, as we note in the footer.
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
        for (place, field) in fields.iter().enumerate() {
            members.push((place, field.name().clone(), CanonicalArrow::new(field, leaves)?));
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
    /// The form of a column whose leaves are these, or the type that has none.
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

    /// The form of a release's column, whose values have the type that its kind has.
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

    /// Whether the values are plain texts.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Plain(DataType::Utf8))
    }

    /// Whether the values are instants or local times of a day.
    pub(super) fn is_instant(&self) -> bool {
        matches!(self.kind, Kind::Plain(DataType::Timestamp(..)) | Kind::Stored(Meaning::Int96 | Meaning::Seconds(_)))
    }

    /// An instant in nanoseconds since 1970, whatever the unit of its column; 0 for any other value.
    pub(super) fn nanoseconds(&self, array: &dyn Array, row: usize) -> i128 {
        match self.scalar(array, row) {
            Some(Scalar::Instant(nanoseconds, _)) => nanoseconds,
            _ => 0,
        }
    }

    /// The value of a leaf in `row`, which is one.
    fn scalar<'a>(&self, array: &'a dyn Array, row: usize) -> Option<Scalar<'a>> {
        match &self.kind {
            Kind::Plain(kind) => Scalar::plain(kind, array, row),
            Kind::Stored(meaning) => Scalar::stored(*meaning, array, row),
            _ => None,
        }
    }

    /// The type in the manifest's words, where it has any.
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
                members.sort_by_key(|(place, ..)| *place);
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

/// The types without parts that can be compared.
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

/// The text of a column of plain texts.
pub(super) fn text_of(array: &dyn Array, row: usize) -> &str {
    array.as_string::<i32>().value(row)
}
