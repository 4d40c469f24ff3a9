//! [`Container`]: how the articles of a source are held in it, and [`LeftOut`]: what is beside them.

use std::collections::BTreeMap;
use std::fmt;

use super::pointer::{Pointer, listed};

/// How the articles of a source are held in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Container {
    /// There is nothing but white space.
    Empty,
    /// JSON lines: one value a line.
    Lines,
    /// JSON values one after another, over as many lines as they like; often only one.
    Values,
    /// The elements of an array at the top.
    Array,
    /// The values of an object, whose names are the articles' keys.
    Map,
    /// The elements of the arrays in an object, whose names are publishers or the like.
    Groups,
    /// At these places of one object.
    Envelope(Vec<Pointer>),
    /// At these places of each of several texts.
    Texts {
        /// How the texts are held.
        of: Box<Container>,
        /// Where articles are in each.
        places: Vec<Pointer>,
    },
    /// At several places of one object, of which none was chosen.
    Ambiguous,
    /// Text copied from news pages.
    Pages,
    /// None that holds articles.
    Unknown,
}

impl Container {
    /// The container of an object that holds articles at these places.
    pub(super) fn envelope(places: Vec<Pointer>) -> Self {
        let shown: Vec<String> = places.iter().map(ToString::to_string).collect();
        match shown.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["/*"] => Self::Map,
            ["/*/*"] => Self::Groups,
            _ => Self::Envelope(places),
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Lines => "JSON lines",
            Self::Values => "JSON values",
            Self::Array => "a JSON array",
            Self::Map => "a JSON object of articles by key",
            Self::Groups => "a JSON object of arrays of articles",
            Self::Envelope(places) => return write!(f, "envelope, articles at {}", listed(places)),
            Self::Texts { of, places } => return write!(f, "{of}, articles at {}", listed(places)),
            Self::Ambiguous => "articles at several places",
            Self::Pages => "a page dump",
            Self::Unknown => "no articles",
        })
    }
}

/// How many members that were left out are told apart. Data chooses their names.
const MEMBERS: usize = 64;

/// What was passed over beside the articles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The members that came first, by their places.
    pub members: BTreeMap<Pointer, Left>,
    /// How often others came.
    pub others: u64,
    /// How many objects there are in all of these.
    pub objects: u64,
}

/// Nothing was passed over.
pub(super) static NOTHING: LeftOut = LeftOut { members: BTreeMap::new(), others: 0, objects: 0 };

/// What was passed over at one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// How often something was.
    pub times: u64,
    /// How many objects were in it, itself among them.
    pub objects: u64,
}

impl LeftOut {
    /// Counts a value that was passed over.
    pub(super) fn note(&mut self, place: Pointer, objects: u64) {
        self.count(place, Left { times: 1, objects });
        self.objects += objects;
    }

    /// Adds what was passed over elsewhere.
    pub(super) fn add(&mut self, other: Self) {
        other.members.into_iter().for_each(|(place, left)| self.count(place, left));
        self.others += other.others;
        self.objects += other.objects;
    }

    fn count(&mut self, place: Pointer, left: Left) {
        if let Some(known) = self.members.get_mut(&place) {
            known.times += left.times;
            known.objects += left.objects;
        } else if self.members.len() < MEMBERS {
            self.members.insert(place, left);
        } else {
            self.others += left.times;
        }
    }
}
