//! Following pointers to the articles of a JSON text, and counting what is passed over on the way.

use std::sync::Arc;

use super::{Elements, Lost, whole};
use crate::code::Code;
use crate::input::block::{Block, Content, Frame, Sink};
use crate::input::container::LeftOut;
use crate::input::envelope::{Places, Recognise, places_below};
use crate::input::pointer::{Pointer, Step, listed};
use crate::input::reader::{Limits, Offset, Stop};
use crate::input::stream::Taken;

/// The way to the articles of a source.
pub(in crate::input) struct Route<'w> {
    /// Where they are in each text.
    pub(in crate::input) places: &'w [Pointer],
    /// Looks at what is passed over, where the places were not set and not all of a text has been seen.
    pub(in crate::input) progress: Option<&'w dyn Recognise>,
    /// What was passed over.
    pub(in crate::input) left_out: &'w mut LeftOut,
}

/// One walk through one text.
struct Walk<'w, 'r> {
    route: &'w mut Route<'r>,
    path: Vec<Step>,
    /// Whether the text has one of the places.
    reached: bool,
}

impl Elements<'_> {
    /// Frames the articles of texts one after another.
    pub(in crate::input) fn follow(self, route: &mut Route<'_>, sink: Sink<'_>) -> Result<(), Stop> {
        self.read(sink, |elements, sink| elements.texts(route, sink))
    }

    fn texts(&mut self, route: &mut Route<'_>, sink: Sink<'_>) -> Result<(), Lost> {
        while self.stream.token()?.is_some() {
            let place = self.stream.place();
            let mut walk = Walk { route, path: Vec::new(), reached: false };
            let steps: Vec<&[Step]> = walk.route.places.iter().map(Pointer::steps).collect();
            walk.visit(self, &steps, None, sink)?;
            if !walk.reached {
                self.broken_at(place, not_there(walk.route.places));
            }
            self.group = None;
        }
        Ok(())
    }
}

impl Walk<'_, '_> {
    /// Goes on along these remaining steps, in the value that is next.
    fn visit(
        &mut self,
        elements: &mut Elements<'_>,
        active: &[&[Step]],
        key: Option<&str>,
        sink: Sink<'_>,
    ) -> Result<(), Lost> {
        let next = elements.stream.token()?;
        let is_end = active.iter().any(|steps| steps.is_empty());
        self.reached |= is_end || next == Some(b'[');
        match next {
            // The elements of a list are its articles.
            Some(b'[') if is_end => {
                let group = key.map(Into::into).or(elements.group.take());
                elements.group = group;
                elements.list(sink, |elements, _, sink| elements.element(None, sink))
            }
            _ if is_end => elements.element(key, sink),
            Some(b'{') => {
                self.reached |= active.iter().any(|steps| steps[0] == Step::Each);
                elements.members(sink, |elements, name, sink| self.child(elements, active, (name, true), sink))
            }
            Some(b'[') => elements
                .list(sink, |elements, number, sink| self.child(elements, active, (&number.to_string(), false), sink)),
            _ => {
                // Null is how some write that there are none.
                self.reached |= next == Some(b'n');
                self.leave_out(elements)
            }
        }
    }

    fn child(
        &mut self,
        elements: &mut Elements<'_>,
        active: &[&[Step]],
        (name, is_member): (&str, bool),
        sink: Sink<'_>,
    ) -> Result<(), Lost> {
        let leads = active.iter().filter(|steps| steps[0].leads_to(name));
        let is_each = leads.clone().any(|steps| steps[0] == Step::Each);
        let below: Vec<&[Step]> = leads.map(|steps| &steps[1..]).collect();
        self.path.push(if is_each || !is_member { Step::Each } else { Step::Name(name.to_owned()) });
        let done = if below.is_empty() {
            self.leave_out(elements)
        } else {
            let is_key = is_each && is_member && below.iter().any(|steps| steps.is_empty());
            if is_each && is_member && !is_key {
                elements.group = Some(name.into());
            }
            self.visit(elements, &below, is_key.then_some(name), sink)
        };
        self.path.pop();
        done
    }

    /// Passes over the value that is next, and counts it.
    fn leave_out(&mut self, elements: &mut Elements<'_>) -> Result<(), Lost> {
        elements.stream.token()?;
        let place = elements.stream.place();
        let mut bytes = Vec::new();
        let limit = if self.route.progress.is_some() { elements.limits.article } else { 0 };
        let Taken { ending, objects, held, length } = elements.stream.value(&mut bytes, limit)?;
        whole(ending)?;
        if length == 0 {
            return Err(Lost::Here("expected a value".into()));
        }
        let pointer = Pointer::of(&self.path);
        if let Some(recognise) = self.route.progress {
            let places = match held {
                true => places_below(&bytes, &self.path, recognise),
                // What is too long to be looked through may hold articles.
                false if objects > 0 => Places::from([(pointer.clone(), objects)]),
                false => Places::new(),
            };
            if !places.is_empty() {
                let chosen = self.route.places.iter().map(|place| (place.clone(), None));
                let others = places.into_iter().map(|(place, objects)| (place, Some(objects)));
                elements.broken_at(place, ambiguous(chosen.chain(others)));
                // Said once, it fails the run.
                self.route.progress = None;
            }
        }
        self.route.left_out.note(pointer, objects);
        Ok(())
    }
}

/// What is reported of a text that has none of the places that are set.
fn not_there(places: &[Pointer]) -> Content {
    Content::Broken {
        code: Code::NotThere,
        message: format!("nothing is at {} in this text", listed(places)),
        help: Some("`articles` says where articles are; `skip` declares texts that hold none".to_owned()),
    }
}

/// How many places are named.
const NAMED: usize = 5;

/// What is reported where several places hold articles, each with the number of objects in it where
/// that is known.
pub(in crate::input) fn ambiguous(places: impl Iterator<Item = (Pointer, Option<u64>)>) -> Content {
    let mut places: Vec<(Pointer, Option<u64>)> = places.collect();
    let more = places.len().saturating_sub(NAMED);
    places.truncate(NAMED);
    let named = places.iter().map(|(place, objects)| {
        let place = listed(std::slice::from_ref(place));
        match objects {
            None => place,
            Some(1) => format!("{place} (1 object)"),
            Some(objects) => format!("{place} ({objects} objects)"),
        }
    });
    let mut named: Vec<String> = named.collect();
    if more > 0 {
        named.push(format!("{more} more places"));
    }
    let quoted: Vec<String> =
        places.iter().map(|(place, _)| format!("\"{}\"", listed(std::slice::from_ref(place)))).collect();
    Content::Broken {
        code: Code::Ambiguous,
        message: format!("several places may hold the articles: {}", named.join(", ")),
        help: Some(format!(
            "set those that are meant, in dataset.toml or by --articles, such as: articles = [{}]",
            quoted.join(", ")
        )),
    }
}

/// The articles in each line of a block, at these places. A line that makes no sense stays whole, for
/// parsing to say why.
pub(in crate::input) fn from_lines(block: &Block, places: &[Pointer], left_out: &mut LeftOut) -> Block {
    let mut found = Block { source: block.source.clone(), bytes: Vec::new(), frames: Vec::new() };
    for frame in &block.frames {
        let bytes = block.bytes_of(frame);
        let walked = matches!(frame.content, Content::Json { .. })
            .then(|| from_line(block.source.clone(), frame, bytes, places))
            .flatten();
        let start = found.bytes.len();
        let Some((line, left)) = walked else {
            found.bytes.extend_from_slice(bytes);
            found.frames.push(Frame { range: start..found.bytes.len(), ..whole_line(frame) });
            continue;
        };
        left_out.add(left);
        found.bytes.extend_from_slice(&line.bytes);
        let moved = line.frames.into_iter().map(|frame| {
            let range = frame.range.start + start..frame.range.end + start;
            Frame { range, ..frame }
        });
        found.frames.extend(moved);
    }
    found
}

fn whole_line(frame: &Frame) -> Frame {
    let content = match &frame.content {
        Content::Json { last, .. } => Content::Json { last: *last, names: None },
        Content::Broken { code, message, help } => {
            Content::Broken { code: *code, message: message.clone(), help: help.clone() }
        }
        Content::Page(page) => Content::Page(page.clone()),
    };
    Frame { range: 0..0, line: frame.line, column: frame.column, byte: frame.byte, length: frame.length, content }
}

/// The articles in one line, and what was passed over; none if it makes no sense.
fn from_line(source: Arc<str>, frame: &Frame, line: &[u8], places: &[Pointer]) -> Option<(Block, LeftOut)> {
    let mut offset = Offset { line: frame.line, byte: frame.byte };
    let limits = Limits { block: usize::MAX, article: line.len(), content: u64::MAX };
    let mut content = line;
    let mut left_out = LeftOut::default();
    let mut route = Route { places, progress: None, left_out: &mut left_out };
    let mut elements = Elements::new(source.clone(), limits, &mut offset, &mut content);
    let walked = elements.texts(&mut route, &mut |_block| Ok(()));
    let (bytes, mut frames) = (std::mem::take(&mut elements.bytes), std::mem::take(&mut elements.frames));
    walked.ok()?;
    let is_broken = |frame: &Frame| matches!(frame.content, Content::Broken { .. });
    if frames.iter().any(is_broken) && crate::json::parse(line).is_err() {
        return None;
    }
    // A text without the place is kept whole.
    if let [Frame { content: Content::Broken { code: Code::NotThere, .. }, .. }] = frames.as_slice() {
        let only = frames.remove(0);
        let frame = Frame { range: 0..line.len(), length: line.len() as u64, ..only };
        return Some((Block { source, bytes: line.to_vec(), frames: vec![frame] }, LeftOut::default()));
    }
    Some((Block { source, bytes, frames }, left_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in `text` at these places, and what is left out.
    #[track_caller]
    fn check(places: &[&str], text: &str, want: &str) {
        let places: Vec<Pointer> = places.iter().map(|place| place.parse().unwrap()).collect();
        let mut left_out = LeftOut::default();
        let mut told = Vec::new();
        let mut sink = |block: Block| {
            for frame in &block.frames {
                let bytes = str::from_utf8(block.bytes_of(frame)).unwrap();
                told.push(match &frame.content {
                    Content::Json { names: Some(names), .. } => {
                        format!(
                            "{bytes}@{}/{}",
                            names.key.as_deref().unwrap_or("-"),
                            names.group.as_deref().unwrap_or("-")
                        )
                    }
                    Content::Broken { code, .. } => code.to_string(),
                    _ => bytes.to_owned(),
                });
            }
            Ok(())
        };
        let mut offset = Offset { line: 1, byte: 0 };
        let mut content = text.as_bytes();
        let elements = Elements::new("in".into(), Limits::default(), &mut offset, &mut content);
        let mut route = Route { places: &places, progress: None, left_out: &mut left_out };
        assert!(elements.follow(&mut route, &mut sink).is_ok());
        let left =
            left_out.members.iter().map(|(pointer, left)| format!("-{pointer} x{} {}", left.times, left.objects));
        told.extend(left);
        assert_eq!(told.join(" "), want, "{text}");
    }

    #[test]
    fn places() {
        check(&["/o/*"], r#"{"n":{"o":[3]},"o":[{},{"a":1}],"m":1}"#, r#"{} {"a":1} -/m x1 0 -/n x1 1"#);
        check(&["/o"], r#"{"o":[{},{"a":1}]}"#, r#"{} {"a":1}"#);
        check(&["/o/*"], r#"{"v":1,"o":{"k":{}}}"#, "{}@k/- -/v x1 0");
        check(&["/*"], r#"{"k":{},"l": {}}"#, "{}@k/- {}@l/-");
        check(&["/*/*"], r#"{"p":[{}],"q":[]}"#, "{}@-/p");
        check(
            &["/hits/hits/*/_source"],
            r#"{"hits":{"hits":[{"_source":{},"_id":1},{"_id":2}]}}"#,
            "{} -/hits/hits/*/_id x2 0",
        );
        check(&["/a/*", "/b/*"], r#"{"b":[{"x":1}],"a":[{}],"c":[{},{}]}"#, r#"{"x":1} {} -/c x1 2"#);
        check(&["/a/1"], r#"{"a":[{},{"x":1}]}"#, r#"{"x":1} -/a/* x1 1"#);
        check(&[""], r#"{"a":[{}]} {}"#, r#"{"a":[{}]} {}"#);
        check(&["/*/o/*"], r#"[{"o":[{}]},{"o":[{}]}]"#, "{} {}");
    }

    #[test]
    fn texts_without_the_place() {
        check(&["/o/*"], r#"{"o":[]} {"o":null} {"p":1} {"o":3}"#, "F-NOT-THERE F-NOT-THERE -/o x2 0 -/p x1 0");
        check(&["/o/*"], "3", "F-NOT-THERE - x1 0");
    }

    #[test]
    fn texts_that_make_no_sense() {
        check(&["/o/*"], r#"{"o" [{}]}"#, "I-CONTAINER");
        check(&["/*"], r#"{"k":{},}"#, "{}@k/- I-CONTAINER");
    }
}
