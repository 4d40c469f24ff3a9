//! How the articles of a source are framed: decided once, from its beginning.
//!
//! A setting comes first, then the form of the file, then what is taken for an article. An object is
//! looked at whole, as long as it may be an article; of a longer one the beginning decides, and the rest
//! is watched while it is read.

use std::io::{self, Read};
use std::ops::Range;

use super::{Reader, State, fill};
use crate::input::block::{Block, Frame};
use crate::input::container::Container;
use crate::input::detect::{self, First, FirstObject, Form};
use crate::input::elements::ambiguous;
use crate::input::envelope::{Places, Shape, probable_place, shape};
use crate::input::pointer::Pointer;
use crate::text;

/// A file of fewer bytes is small.
const SMALL: usize = 1 << 14;

/// The beginning of content, as far as it was read to decide what it is.
#[derive(Default)]
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    /// Whether there is no more.
    pub(super) whole: bool,
    /// Why there is no more, if it is not its end.
    pub(super) failure: Option<io::Error>,
}

impl Head {
    pub(super) fn fill(&mut self, content: &mut dyn Read, wanted: usize) {
        // Most of many files are small, and each would wait in memory for a full block.
        let first = if self.bytes.is_empty() { wanted.min(SMALL) } else { wanted };
        self.bytes.reserve_exact(first);
        let (mut read, mut failure) = fill(content, &mut self.bytes, first);
        if read == first && first < wanted && failure.is_none() {
            self.bytes.reserve_exact(wanted - first);
            let more;
            (more, failure) = fill(content, &mut self.bytes, wanted - first);
            read += more;
        }
        self.whole = read < wanted;
        self.failure = failure;
    }
}

/// How the articles of a source are framed.
pub(super) struct Plan {
    pub(super) form: Form,
    /// Where they are in each text; none if the texts are articles themselves.
    pub(super) places: Vec<Pointer>,
    /// Whether there is a single text.
    alone: bool,
    /// Whether what is beside them must be looked through.
    pub(super) watched: bool,
}

impl Plan {
    pub(super) fn container(&self) -> Container {
        let of = match self.form {
            Form::Empty => Container::Empty,
            Form::Lines => Container::Lines,
            Form::Values | Form::Object => Container::Values,
            Form::Array => Container::Array,
            Form::Pages => Container::Pages,
        };
        match self.places.clone() {
            places if places.is_empty() || self.form == Form::Empty => of,
            places if self.alone => Container::envelope(places),
            places => Container::Texts { of: Box::new(of), places },
        }
    }
}

impl Reader {
    /// How the articles of a source are to be framed, or what is reported instead.
    pub(super) fn plan(
        &self,
        form: Form,
        head: &mut Head,
        content: &mut dyn Read,
        state: &State<'_>,
    ) -> Result<Plan, (Container, Block)> {
        // What leads to the whole text needs no walk.
        let places = if self.places.iter().any(Pointer::is_whole) { &[] } else { self.places.as_slice() };
        let plan = |form, places: &[Pointer]| Plan { form, places: places.to_vec(), alone: false, watched: false };
        if form != Form::Object {
            return Ok(plan(form, if form == Form::Pages { &[] } else { places }));
        }
        let start = head.bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
        let first = self.first_object(head, start, content);
        let object = &head.bytes[start..];
        let (end, first) = match first {
            First::OneOf(form) => return Ok(plan(form, places)),
            First::Alone(end) => (end, first),
            First::BreaksOff => (object.len(), first),
        };
        // What breaks off may be lines of which the first is broken.
        let is_cut = first == First::BreaksOff && head.whole;
        let own = if is_cut { Form::Lines } else { detect::form_of(&object[..end]) };
        if !self.places.is_empty() {
            let is_lines = is_cut && head.failure.is_none() && object.contains(&b'\n');
            return Ok(match places {
                [] => plan(own, places),
                _ if is_lines => plan(Form::Lines, places),
                _ => Plan { alone: first != First::BreaksOff, ..plan(Form::Values, places) },
            });
        }
        let may_be_article = first != First::BreaksOff || head.whole;
        let found = match shape(&object[..end], may_be_article, state.recognise) {
            Shape::Article => return Ok(plan(own, &[])),
            Shape::Envelope(found) => found,
        };
        if found.len() > 1 {
            return Err((Container::Ambiguous, several(state, &head.bytes, start..start + end, found)));
        }
        let probable = || probable_place(&object[..end]).filter(|_| !is_cut);
        let watched = first == First::BreaksOff;
        Ok(match found.into_keys().next().or_else(probable) {
            Some(place) => Plan { form: Form::Object, places: vec![place], alone: true, watched },
            None => plan(own, &[]),
        })
    }

    /// Reads on until it is clear what the first object is, or it is longer than any article.
    fn first_object(&self, head: &mut Head, start: usize, content: &mut dyn Read) -> First {
        let mut object = FirstObject::default();
        loop {
            if let Some(first) = object.decide(&head.bytes[start..], head.whole) {
                return first;
            }
            if head.bytes.len() - start > self.limits.article {
                let form = || detect::form_of(head.bytes[start..].trim_ascii_end());
                return if object.has_ended() { First::OneOf(form()) } else { First::BreaksOff };
            }
            // Twice as much each time, but not far beyond the limit.
            let room = (self.limits.article + 1).saturating_sub(head.bytes.len()).max(self.limits.block);
            head.fill(content, head.bytes.len().max(self.limits.block).min(room));
        }
    }
}

/// A frame for an object in which several places hold articles.
fn several(state: &State<'_>, head: &[u8], object: Range<usize>, places: Places) -> Block {
    let content = ambiguous(places.into_iter().map(|(place, objects)| (place, Some(objects))));
    let (line, column) = text::line_and_column(head, object.start);
    let bytes = head[object.clone()].to_vec();
    let frame = Frame {
        range: 0..bytes.len(),
        line: line as u64,
        column: column as u64,
        byte: state.offset.byte + object.start as u64,
        length: bytes.len() as u64,
        content,
    };
    Block { source: state.source.name.clone(), bytes, frames: vec![frame] }
}
