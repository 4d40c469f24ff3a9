//! Framing the articles within a JSON container, one at a time and in constant memory.
//!
//! The container's own brackets, commas and names are walked here; an article's bytes are only
//! measured. Where the walk loses its way, the rest is told as one frame. The members of an
//! envelope beside its articles describe the collection and are passed over.

use std::io::Read;
use std::sync::Arc;

use super::block::{Block, Content, Frame, Names, Sink};
use super::detect::Container;
use super::reader::{Limits, Offset, Stop, too_long};
use super::stream::{Ending, Stream, Taken};
use crate::code::Code;

/// The longest member name that is compared, in bytes.
const MAX_NAME: usize = 1 << 16;

/// Walks through one container.
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

/// Why a walk ended early: the reader's reasons, or a container that makes no sense from here.
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

    pub(super) fn read(mut self, container: &Container, sink: Sink<'_>) -> Result<(), Stop> {
        let walked = match container {
            Container::Array { member: None } => self.top_array(sink),
            Container::Array { member: Some(member) } => self.envelope(member, Self::array, sink),
            Container::Map { member: None } => self.map(sink),
            Container::Map { member: Some(member) } => self.envelope(member, Self::map, sink),
            Container::Groups => self.members(sink, |elements, name, sink| {
                elements.group = Some(name.into());
                elements.array(sink)
            }),
            _ => self.values(sink),
        };
        match walked.and_then(|()| self.ended()) {
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

    fn values(&mut self, sink: Sink<'_>) -> Result<(), Lost> {
        while self.stream.token()?.is_some() {
            self.element(None, sink)?;
        }
        Ok(())
    }

    /// An array at the top. Arrays that were glued together by hand or by program are told, and
    /// their elements still arrive.
    fn top_array(&mut self, sink: Sink<'_>) -> Result<(), Lost> {
        self.array(sink)?;
        if self.stream.token()?.is_some() && !self.comma_before_end {
            let message = "the array goes on after its end: several outputs were written to one file";
            self.broken(Code::GluedArrays, message.to_owned());
        }
        loop {
            match self.stream.token()? {
                Some(b'{') => self.element(None, sink)?,
                Some(b',' | b'[' | b']') => self.stream.skip_token(),
                None => return Ok(()),
                Some(_) => return Err(Lost::Here("expected an article".into())),
            }
        }
    }

    fn array(&mut self, sink: Sink<'_>) -> Result<(), Lost> {
        self.expect(b'[', "the start of an array")?;
        if self.stream.token()? == Some(b']') {
            self.stream.skip_token();
            return Ok(());
        }
        loop {
            self.element(None, sink)?;
            match self.stream.token()? {
                Some(b',') => self.stream.skip_token(),
                Some(b']') => {
                    self.stream.skip_token();
                    return Ok(());
                }
                Some(_) => return Err(Lost::Here("expected a comma or the end of the array".into())),
                None => return Err(Lost::Here("the array breaks off".into())),
            }
            if self.stream.token()? == Some(b']') {
                self.broken(Code::GluedArrays, "the array has a comma before its end".to_owned());
                self.comma_before_end = true;
                self.stream.skip_token();
                return Ok(());
            }
        }
    }

    fn map(&mut self, sink: Sink<'_>) -> Result<(), Lost> {
        self.members(sink, |elements, name, sink| elements.element(Some(name), sink))
    }

    fn envelope(
        &mut self,
        member: &str,
        articles: fn(&mut Self, Sink<'_>) -> Result<(), Lost>,
        sink: Sink<'_>,
    ) -> Result<(), Lost> {
        self.members(sink, |elements, name, sink| {
            if name == member {
                return articles(elements, sink);
            }
            elements.stream.token()?;
            let Taken { ending, .. } = elements.stream.value(&mut Vec::new(), 0)?;
            whole(ending)
        })
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

    /// Frames the value that is next, which may be held under a name of its own.
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

    /// Nothing but white space may follow.
    fn ended(&mut self) -> Result<(), Lost> {
        match self.stream.token()? {
            None => Ok(()),
            Some(_) => Err(Lost::Here("something follows the end of the collection".into())),
        }
    }

    /// Tells that the rest of the source cannot be framed.
    fn give_up(&mut self, message: String) -> Result<(), Stop> {
        let (line, column, byte) = self.stream.place();
        let length = self.stream.rest()?;
        let range = self.bytes.len()..self.bytes.len();
        let content = Content::Broken { code: Code::Container, message };
        self.frames.push(Frame { range, line, column, byte, length, content });
        Ok(())
    }

    fn broken(&mut self, code: Code, message: String) {
        let (line, column, byte) = self.stream.place();
        let range = self.bytes.len()..self.bytes.len();
        self.frames.push(Frame { range, line, column, byte, length: 1, content: Content::Broken { code, message } });
    }

    fn flush(&mut self, sink: Sink<'_>) -> Result<(), Stop> {
        let (bytes, frames) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.frames));
        self.named = 0;
        if frames.is_empty() {
            return Ok(());
        }
        sink(Block { source: self.source.clone(), bytes, frames }).map_err(Stop::Sink)
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

    /// Frames `text` as `container` and prints `line:column@byte` and the content of each frame.
    #[track_caller]
    fn check(container: &Container, text: &str, want: &[&str]) {
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
            assert!(elements.read(container, &mut sink).is_ok());
            assert_eq!(out, want, "{text} in blocks of {block}");
        }
    }

    #[test]
    fn arrays() {
        let array = Container::Array { member: None };
        check(&array, "[]", &[]);
        check(&array, "[{\"a\":1}, {}]\n", &["1:2@1 {\"a\":1}", "1:11@10 {}"]);
        check(&array, "[\n  {\n\"a\":1},\n {} ]", &["2:3@4 {\n\"a\":1}", "4:2@15 {}"]);
        check(&array, "[1, \"x\"]", &["1:2@1 1", "1:5@4 \"x\""]);
        check(&array, "[{\"a\":\"0123456789\"},{}]", &["1:2@1 F-TOO-LONG", "1:21@20 {}"]);
    }

    #[test]
    fn other_containers() {
        let member = || Some("o".to_owned());
        check(&Container::Values, "{}\n{\n}", &["1:1@0 {}", "2:1@3 {\n}"]);
        check(&Container::Map { member: None }, "{\"k\":{},\"l\": {}}", &["1:6@5 {}", "1:14@13 {}"]);
        check(&Container::Groups, "{\"p\":[{}],\"q\":[]}", &["1:7@6 {}"]);
        check(&Container::Array { member: member() }, "{\"n\":{\"o\":[3]},\"o\":[{}],\"m\":1}", &["1:21@20 {}"]);
        check(&Container::Map { member: member() }, "{\"v\":1,\"o\":{\"k\":{}}}", &["1:17@16 {}"]);
    }

    #[test]
    fn what_is_lost_is_told() {
        let array = Container::Array { member: None };
        check(&array, "[{},]{}]", &["1:2@1 {}", "1:5@4 F-GLUED-ARRAYS", "1:6@5 {}"]);
        check(&array, "[{}][{}]", &["1:2@1 {}", "1:5@4 F-GLUED-ARRAYS", "1:6@5 {}"]);
        check(&array, "[{}]],", &["1:2@1 {}", "1:5@4 F-GLUED-ARRAYS"]);
        check(&array, "[{},]", &["1:2@1 {}", "1:5@4 F-GLUED-ARRAYS"]);
        check(&array, "[{} {}]", &["1:2@1 {}", "1:5@4 I-CONTAINER"]);
        check(&array, "[{},", &["1:2@1 {}", "1:5@4 I-CONTAINER"]);
        check(&array, "[{\"a\n\"}]", &["1:2@1 {\"a", "1:5@4 I-CONTAINER"]);
        check(&Container::Map { member: None }, "{\"k\" {}}", &["1:6@5 I-CONTAINER"]);
        check(&Container::Map { member: None }, "{\"k\":{},}", &["1:6@5 {}", "1:9@8 I-CONTAINER"]);
    }
}
