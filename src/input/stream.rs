//! Walking through JSON text without parsing it: where does a value end?
//!
//! Only brackets and strings matter for that, so a value is framed at memory speed and in
//! constant memory; whether it is JSON is found out when it is parsed.

use std::io::{self, Read};

use super::reader::Offset;

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// At the end of the value.
    Whole,
    /// At a line end within a string, where a value has lost its way.
    RawLineEnd,
    /// At the end of the content, with the value open.
    BreaksOff,
}

/// The state of a scan through one value.
#[derive(Debug, Default)]
pub(super) struct Scan {
    depth: u64,
    /// How many objects have started.
    objects: u64,
    scalar: bool,
    string: bool,
    escaped: bool,
}

impl Scan {
    /// Goes on through `bytes`. Returns how many of them belong to the value, and how the scan
    /// ended; `None` if it goes on after them.
    pub(super) fn run(&mut self, bytes: &[u8]) -> (usize, Option<Ending>) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.string {
                match self.string_end(bytes, &mut at) {
                    Some(Ending::Whole) if self.depth == 0 => return (at, Some(Ending::Whole)),
                    Some(Ending::RawLineEnd) => return (at, Some(Ending::RawLineEnd)),
                    _ => continue,
                }
            }
            match byte {
                b'"' => self.string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.objects += u64::from(byte == b'{');
                }
                b'}' | b']' if self.depth == 0 => return (at, Some(Ending::Whole)),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, Some(Ending::Whole));
                    }
                }
                b',' | b' ' | b'\t' | b'\r' | b'\n' if self.scalar && self.depth == 0 => {
                    return (at, Some(Ending::Whole));
                }
                _ => self.scalar |= !byte.is_ascii_whitespace() && self.depth == 0,
            }
            at += 1;
        }
        (at, None)
    }

    /// Goes on through a string. [`Ending::Whole`] if its closing quote was passed.
    fn string_end(&mut self, bytes: &[u8], at: &mut usize) -> Option<Ending> {
        if std::mem::take(&mut self.escaped) {
            *at += 1;
        }
        let rest = bytes.get(*at..)?;
        let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
            *at = bytes.len();
            return None;
        };
        *at += found + 1;
        match rest[found] {
            b'"' => {
                self.string = false;
                Some(Ending::Whole)
            }
            b'\\' => {
                self.escaped = true;
                None
            }
            _ => {
                *at -= 1;
                Some(Ending::RawLineEnd)
            }
        }
    }

    /// How many objects were met so far: the value itself and those within it.
    pub(super) fn objects(&self) -> u64 {
        self.objects
    }

    /// Whether the content may end here: a number or a word needs nothing to end it.
    fn may_end(&self) -> bool {
        self.scalar && self.depth == 0 && !self.string
    }
}

/// How one value was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) length: u64,
    /// How many objects it holds, itself among them.
    pub(super) objects: u64,
    /// Whether its bytes were kept; not so if there were too many.
    pub(super) held: bool,
    pub(super) ending: Ending,
}

/// Content as a stream of bytes that knows its place.
pub(super) struct Stream<'r> {
    content: &'r mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    column: u64,
    offset: &'r mut Offset,
}

/// How much is read at a time, in bytes.
const BUFFER: usize = 1 << 16;

impl<'r> Stream<'r> {
    pub(super) fn new(content: &'r mut dyn Read, offset: &'r mut Offset) -> Self {
        Self { content, buffer: vec![0; BUFFER], start: 0, end: 0, column: 1, offset }
    }

    /// Line and column (in characters), from 1, and byte, from 0, of what is next.
    pub(super) fn place(&self) -> (u64, u64, u64) {
        (self.offset.line, self.column, self.offset.byte)
    }

    /// Skips white space. The byte that is next, if there is one.
    pub(super) fn token(&mut self) -> io::Result<Option<u8>> {
        loop {
            let unread = self.unread()?;
            if unread.is_empty() {
                return Ok(None);
            }
            let space = unread.iter().position(|byte| !byte.is_ascii_whitespace());
            let next = space.map(|at| unread[at]);
            let skip = space.unwrap_or(unread.len());
            self.pass(skip);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    /// Passes the byte that [`Stream::token`] gave.
    pub(super) fn skip_token(&mut self) {
        self.pass(1);
    }

    /// Takes the value that is next, appending its bytes to `out` unless there are more than
    /// `limit`.
    pub(super) fn value(&mut self, out: &mut Vec<u8>, limit: usize) -> io::Result<Taken> {
        let mut scan = Scan::default();
        let (before, mut length, mut held) = (out.len(), 0, true);
        loop {
            let unread = self.unread()?;
            if unread.is_empty() {
                let ending = if scan.may_end() { Ending::Whole } else { Ending::BreaksOff };
                return Ok(Taken { length, objects: scan.objects(), held, ending });
            }
            let (taken, ending) = scan.run(unread);
            length += taken as u64;
            held = held && length <= limit as u64;
            if held {
                out.extend_from_slice(&unread[..taken]);
            } else {
                out.truncate(before);
            }
            self.pass(taken);
            if let Some(ending) = ending {
                return Ok(Taken { length, objects: scan.objects(), held, ending });
            }
        }
    }

    /// Passes everything that is left; how many bytes that was.
    pub(super) fn rest(&mut self) -> io::Result<u64> {
        let mut length = 0;
        loop {
            let unread = self.unread()?.len();
            if unread == 0 {
                return Ok(length);
            }
            length += unread as u64;
            self.pass(unread);
        }
    }

    fn unread(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = loop {
                match self.content.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read?,
                }
            };
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn pass(&mut self, bytes: usize) {
        let passed = &self.buffer[self.start..self.start + bytes];
        let lines = memchr::memchr_iter(b'\n', passed).count();
        let characters = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u64;
        self.column = match memchr::memrchr(b'\n', passed) {
            Some(last) => 1 + characters(&passed[last + 1..]),
            None => self.column + characters(passed),
        };
        self.offset.line += lines as u64;
        self.offset.byte += bytes as u64;
        self.start += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: (usize, Option<Ending>)) {
        assert_eq!(Scan::default().run(text.as_bytes()), want, "{text}");
        // The same, a byte at a time.
        let (mut scan, mut at) = (Scan::default(), 0);
        let ending = text.as_bytes().chunks(1).find_map(|byte| {
            let (taken, ending) = scan.run(byte);
            at += taken;
            ending
        });
        assert_eq!((at, ending), want, "{text}, a byte at a time");
    }

    #[test]
    fn where_values_end() {
        let whole = |end| (end, Some(Ending::Whole));
        check("{}", whole(2));
        check("{\"a\":[1,{}]},", whole(12));
        check("[\"]\"]x", whole(5));
        check(r#""a\"b" "#, whole(6));
        check(r#""\\" "#, whole(4));
        check("12,", whole(2));
        check("true]", whole(4));
        check("{\"a", (3, None));
        check("12", (2, None));
        check("{\"a\nb\"}", (3, Some(Ending::RawLineEnd)));
    }
}
