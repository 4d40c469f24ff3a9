//! Framing the articles within JSON that is a list, several values, or an envelope, one at a time and
//! in constant memory.
//!
//! The brackets, commas and names around articles are walked here; an article's bytes are only
//! measured. Where the walk loses its way, the rest is reported as one frame. [`walk`] follows pointers
//! to the articles of an envelope, and counts what it passes over.

mod walk;

use std::io::Read;
use std::sync::Arc;

use super::block::{Block, Content, Frame, Names, Sink};
use super::reader::{Limits, Offset, Stop, too_long};
use super::stream::{Ending, Stream};
use crate::code::Code;

pub(super) use walk::{Route, ambiguous, from_lines};

/// The longest member name that is compared, in bytes.
const MAX_NAME: usize = 1 << 16;

/// Walks through the JSON of one source.
pub(super) struct Elements<'r> {
    source: Arc<str>,
    limits: Limits,
    stream: Stream<'r>,
    bytes: Vec<u8>,
    frames: Vec<Frame>,
    /// How many bytes the names of these frames have.
    named: usize,
    group: Option<Arc<str>>,
    comma_before_end: bool,
}

/// Why a walk ended early: the reader's reasons, or JSON that makes no sense from here.
enum Lost {
    Stop(Stop),
    Here(String),
}

impl From<std::io::Error> for Lost {
    fn from(error: std::io::Error) -> Self {
        Self::Stop(error.into())
    }
}

impl<'r> Elements<'r> {
    pub(super) fn new(source: Arc<str>, limits: Limits, offset: &'r mut Offset, content: &'r mut dyn Read) -> Self {
        Self {
            source,
            limits,
            stream: Stream::new(content, offset),
            bytes: Vec::new(),
            frames: Vec::new(),
            named: 0,
            group: None,
            comma_before_end: false,
        }
    }

    /// Frames values one after another.
    pub(super) fn values(self, sink: Sink<'_>) -> Result<(), Stop> {
        self.read(sink, |elements, sink| {
            while elements.stream.token()?.is_some() {
                elements.element(None, sink)?;
            }
            Ok(())
        })
    }

    /// Frames the elements of a list at the top. Lists that were glued together by hand or by program
    /// are reported, and their elements still arrive.
    pub(super) fn array(self, sink: Sink<'_>) -> Result<(), Stop> {
        self.read(sink, |elements, sink| {
            elements.list(sink, |elements, _, sink| elements.element(None, sink))?;
            if elements.stream.token()?.is_some() && !elements.comma_before_end {
                let message = "the array goes on after its end: several outputs were written to one file";
                elements.broken(Code::GluedArrays, message.to_owned());
            }
            loop {
                match elements.stream.token()? {
                    Some(b'{') => elements.element(None, sink)?,
                    Some(b',' | b'[' | b']') => elements.stream.skip_token(),
                    None => return Ok(()),
                    Some(_) => return Err(Lost::Here("expected an article".into())),
                }
            }
        })
    }

    fn read(mut self, sink: Sink<'_>, walk: impl FnOnce(&mut Self, Sink<'_>) -> Result<(), Lost>) -> Result<(), Stop> {
        match walk(&mut self, sink) {
            Ok(()) => {}
            Err(Lost::Stop(Stop::Read(error))) => {
                self.flush(sink)?;
                return Err(Stop::Read(error));
            }
            Err(Lost::Stop(stop)) => return Err(stop),
            Err(Lost::Here(message)) => self.give_up(message)?,
        }
        self.flush(sink)
    }

    /// Walks the elements of a list; `each` takes an element, which has a number from 0.
    fn list(
        &mut self,
        sink: Sink<'_>,
        mut each: impl FnMut(&mut Self, u64, Sink<'_>) -> Result<(), Lost>,
    ) -> Result<(), Lost> {
        self.expect(b'[', "the start of an array")?;
        let mut number = 0;
        loop {
            match self.stream.token()? {
                Some(b']') => {
                    if number > 0 {
                        self.broken(Code::GluedArrays, "the array has a comma before its end".to_owned());
                        self.comma_before_end = true;
                    }
                    self.stream.skip_token();
                    return Ok(());
                }
                Some(b',') => {
                    self.broken(Code::Syntax, "a comma has no article before it".to_owned());
                    while self.stream.token()? == Some(b',') {
                        self.stream.skip_token();
                    }
                    continue;
                }
                _ => each(self, number, sink)?,
            }
            number += 1;
            match self.stream.token()? {
                Some(b',') => self.stream.skip_token(),
                Some(b']') => {
                    self.stream.skip_token();
                    return Ok(());
                }
                Some(b'{') => self.broken(Code::Syntax, "a comma is missing between two articles".to_owned()),
                Some(_) => return Err(Lost::Here("expected a comma or the end of the array".into())),
                None => return Err(Lost::Here("the array breaks off".into())),
            }
        }
    }

    /// Walks the members of an object; `each` takes a member's value.
    fn members(
        &mut self,
        sink: Sink<'_>,
        mut each: impl FnMut(&mut Self, &str, Sink<'_>) -> Result<(), Lost>,
    ) -> Result<(), Lost> {
        self.expect(b'{', "the start of an object")?;
        let mut first = true;
        loop {
            match self.stream.token()? {
                Some(b'"') => first = false,
                Some(b'}') if first => {
                    self.stream.skip_token();
                    return Ok(());
                }
                _ => return Err(Lost::Here("expected a member's name".into())),
            }
            let mut name = Vec::new();
            whole(self.stream.value(&mut name, MAX_NAME)?.ending)?;
            self.expect(b':', "a colon")?;
            let name = crate::json::parse(&name).ok().and_then(|name| name.as_str().map(str::to_owned));
            each(self, name.as_deref().unwrap_or_default(), sink)?;
            match self.stream.token()? {
                Some(b',') => self.stream.skip_token(),
                Some(b'}') => {
                    self.stream.skip_token();
                    return Ok(());
                }
                Some(_) => return Err(Lost::Here("expected a comma or the end of the object".into())),
                None => return Err(Lost::Here("the object breaks off".into())),
            }
        }
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), Lost> {
        if self.stream.token()? != Some(byte) {
            return Err(Lost::Here(format!("expected {what}")));
        }
        self.stream.skip_token();
        Ok(())
    }

    /// Frames the value that is next, which its container may hold under a name of its own.
    fn element(&mut self, key: Option<&str>, sink: Sink<'_>) -> Result<(), Lost> {
        self.stream.token()?;
        let (line, column, byte) = self.stream.place();
        let start = self.bytes.len();
        let taken = self.stream.value(&mut self.bytes, self.limits.article)?;
        if taken.length == 0 {
            return Err(Lost::Here("expected an article".into()));
        }
        let last = taken.ending == Ending::BreaksOff;
        let names = (key.is_some() || self.group.is_some())
            .then(|| Box::new(Names { key: key.map(str::to_owned), group: self.group.clone() }));
        self.named += key.map_or(0, str::len);
        let content = if taken.held { Content::Json { last, names } } else { too_long(self.limits.article) };
        self.frames.push(Frame { range: start..self.bytes.len(), line, column, byte, length: taken.length, content });
        if self.bytes.len() + self.named >= self.limits.block {
            self.flush(sink).map_err(Lost::Stop)?;
        }
        if taken.ending == Ending::RawLineEnd {
            return Err(Lost::Here("a string is not closed before its line ends".into()));
        }
        Ok(())
    }

    /// Tells that the rest of the source cannot be framed.
    fn give_up(&mut self, message: String) -> Result<(), Stop> {
        let (line, column, byte) = self.stream.place();
        let length = self.stream.rest()?;
        let range = self.bytes.len()..self.bytes.len();
        let content = Content::Broken { code: Code::Container, message, help: None };
        self.frames.push(Frame { range, line, column, byte, length, content });
        Ok(())
    }

    fn broken(&mut self, code: Code, message: String) {
        self.broken_at(self.stream.place(), Content::Broken { code, message, help: None });
    }

    fn broken_at(&mut self, (line, column, byte): (u64, u64, u64), content: Content) {
        let range = self.bytes.len()..self.bytes.len();
        self.frames.push(Frame { range, line, column, byte, length: 1, content });
    }

    fn flush(&mut self, sink: Sink<'_>) -> Result<(), Stop> {
        let (bytes, frames) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.frames));
        self.named = 0;
        if frames.is_empty() {
            return Ok(());
        }
        sink(Block { source: self.source.clone(), bytes, frames }).map_err(|error| Stop::Sink(Box::new(error)))
    }
}

fn whole(ending: Ending) -> Result<(), Lost> {
    match ending {
        Ending::Whole => Ok(()),
        Ending::BreaksOff => Err(Lost::Here("the content breaks off".into())),
        Ending::RawLineEnd => Err(Lost::Here("a string is not closed before its line ends".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Way = for<'a> fn(Elements<'a>, Sink<'_>) -> Result<(), Stop>;

    /// Frames `text` this way and prints `line:column@byte` and the content of each frame.
    #[track_caller]
    fn check(way: Way, text: &str, want: &[&str]) {
        for block in [1, 1 << 20] {
            let mut offset = Offset { line: 1, byte: 0 };
            let limits = Limits { block, article: 16, ..Limits::default() };
            let mut out = Vec::new();
            let mut sink = |block: Block| {
                for frame in &block.frames {
                    let what = match &frame.content {
                        Content::Broken { code, .. } => code.to_string(),
                        _ => String::from_utf8_lossy(block.bytes_of(frame)).into_owned(),
                    };
                    out.push(format!("{}:{}@{} {what}", frame.line, frame.column, frame.byte));
                }
                Ok(())
            };
            let mut content = text.as_bytes();
            let elements = Elements::new("in".into(), limits, &mut offset, &mut content);
            assert!(way(elements, &mut sink).is_ok());
            assert_eq!(out, want, "{text} in blocks of {block}");
        }
    }

    #[test]
    fn arrays() {
        let array: Way = |elements, sink| elements.array(sink);
        check(array, "[]", &[]);
        check(array, "[{\"a\":1}, {}]\n", &["1:2@1 {\"a\":1}", "1:11@10 {}"]);
        check(array, "[\n  {\n\"a\":1},\n {} ]", &["2:3@4 {\n\"a\":1}", "4:2@15 {}"]);
        check(array, "[1, \"x\"]", &["1:2@1 1", "1:5@4 \"x\""]);
        check(array, "[{\"a\":\"0123456789\"},{}]", &["1:2@1 F-TOO-LONG", "1:21@20 {}"]);
    }

    #[test]
    fn values() {
        check(|elements, sink| elements.values(sink), "{}\n{\n}", &["1:1@0 {}", "2:1@3 {\n}"]);
    }

    #[test]
    fn what_is_lost_is_told() {
        let array: Way = |elements, sink| elements.array(sink);
        check(array, "[{},]{}]", &["1:2@1 {}", "1:5@4 F-GLUED-ARRAYS", "1:6@5 {}"]);
        check(array, "[{}][{}]", &["1:2@1 {}", "1:5@4 F-GLUED-ARRAYS", "1:6@5 {}"]);
        check(array, "[{}]],", &["1:2@1 {}", "1:5@4 F-GLUED-ARRAYS"]);
        check(array, "[{},]", &["1:2@1 {}", "1:5@4 F-GLUED-ARRAYS"]);
        check(array, "[{} {}]", &["1:2@1 {}", "1:5@4 P-SYNTAX", "1:5@4 {}"]);
        check(array, "[,{},,{}]", &["1:2@1 P-SYNTAX", "1:3@2 {}", "1:6@5 P-SYNTAX", "1:7@6 {}"]);
        check(array, "[{} x, {}]", &["1:2@1 {}", "1:5@4 I-CONTAINER"]);
        check(array, "[{},", &["1:2@1 {}", "1:5@4 I-CONTAINER"]);
        check(array, "[{\"a\n\"}]", &["1:2@1 {\"a", "1:5@4 I-CONTAINER"]);
    }
}
