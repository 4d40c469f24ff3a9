//! Framing JSON lines: a line is a line because byte 0x0A ends it, and for no other reason.
//!
//! Blank lines are passed over. A line beyond the limit is passed over without being held, and
//! told as a frame of its own.

use std::io::Read;
use std::sync::Arc;

use super::block::{Block, Content, Frame, Sink};
use super::reader::{Limits, Offset, Stop, fill, too_long};

/// Cuts content into blocks of lines.
pub(super) struct Lines<'p> {
    source: Arc<str>,
    limits: Limits,
    offset: &'p mut Offset,
}

impl<'p> Lines<'p> {
    pub(super) fn new(source: Arc<str>, limits: Limits, offset: &'p mut Offset) -> Self {
        Self { source, limits, offset }
    }

    /// Reads `bytes`, which were read before, and then the content.
    pub(super) fn read(mut self, mut bytes: Vec<u8>, content: &mut dyn Read, sink: Sink<'_>) -> Result<(), Stop> {
        loop {
            // A line that goes on is read in growing steps, but never far beyond the limit.
            let room = (self.limits.article + 1).saturating_sub(bytes.len()).max(1);
            let wanted = self.limits.block.max(bytes.len().min(room));
            bytes.reserve_exact(wanted);
            let (read, failure) = fill(content, &mut bytes, wanted);
            let newline = memchr::memrchr(b'\n', &bytes);
            if let Some(error) = failure {
                bytes.truncate(newline.map_or(0, |newline| newline + 1));
                self.emit(bytes, false, sink)?;
                return Err(error.into());
            }
            if read < wanted {
                return self.emit(bytes, true, sink);
            }
            match newline {
                Some(newline) => {
                    let rest = bytes.split_off(newline + 1);
                    self.emit(std::mem::replace(&mut bytes, rest), false, sink)?;
                }
                None if bytes.len() > self.limits.article => bytes = self.skip_line(content, bytes, sink)?,
                None => {}
            }
        }
    }

    /// Emits a block of whole lines; the last may lack its line end if the source ended there.
    fn emit(&mut self, bytes: Vec<u8>, last: bool, sink: Sink<'_>) -> Result<(), Stop> {
        let mut frames = Vec::new();
        let mut start = 0;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map(|length| start + length);
            let (stop, next) = end.map_or((bytes.len(), bytes.len()), |end| (end, end + 1));
            if !bytes[start..stop].iter().all(u8::is_ascii_whitespace) {
                let content = if stop - start > self.limits.article {
                    too_long(self.limits.article)
                } else {
                    Content::Json { last: last && end.is_none(), names: None }
                };
                frames.push(Frame {
                    range: start..stop,
                    line: self.offset.line,
                    column: 1,
                    byte: self.offset.byte + start as u64,
                    length: (stop - start) as u64,
                    content,
                });
            }
            self.offset.line += u64::from(end.is_some());
            start = next;
        }
        self.offset.byte += bytes.len() as u64;
        pass_on(Block { source: self.source.clone(), bytes, frames }, sink)
    }

    /// Passes over a line that is beyond the limit. Returns what was read after it.
    fn skip_line(&mut self, content: &mut dyn Read, mut bytes: Vec<u8>, sink: Sink<'_>) -> Result<Vec<u8>, Stop> {
        let Offset { line, byte } = *self.offset;
        let mut length = bytes.len() as u64;
        loop {
            bytes.clear();
            let (read, failure) = fill(content, &mut bytes, self.limits.block);
            let newline = memchr::memchr(b'\n', &bytes);
            length += newline.unwrap_or(read) as u64;
            if newline.is_none() && failure.is_none() && read == self.limits.block {
                continue;
            }
            let rest = newline.map_or_else(Vec::new, |newline| bytes.split_off(newline + 1));
            self.offset.byte += length + u64::from(newline.is_some());
            self.offset.line += u64::from(newline.is_some());
            let content = too_long(self.limits.article);
            let frame = Frame { range: 0..0, line, column: 1, byte, length, content };
            pass_on(Block { source: self.source.clone(), bytes: Vec::new(), frames: vec![frame] }, sink)?;
            return failure.map_or(Ok(rest), |error| Err(error.into()));
        }
    }
}

fn pass_on(block: Block, sink: Sink<'_>) -> Result<(), Stop> {
    if block.frames.is_empty() { Ok(()) } else { sink(block).map_err(|error| Stop::Sink(Box::new(error))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames `text` with tiny blocks and prints `line@byte+length` and the content of each frame.
    fn frames(text: &str, block: usize, article: usize) -> String {
        let mut offset = Offset { line: 1, byte: 0 };
        let limits = Limits { block, article, ..Limits::default() };
        let mut out = Vec::new();
        let mut sink = |block: Block| {
            for frame in &block.frames {
                let bytes = String::from_utf8_lossy(block.bytes_of(frame)).into_owned();
                let what = match &frame.content {
                    Content::Json { last, .. } => format!("{bytes:?}{}", if *last { " last" } else { "" }),
                    Content::Broken { code, .. } => code.to_string(),
                    Content::Page(_) => "page".into(),
                };
                out.push(format!("{}@{}+{} {what}", frame.line, frame.byte, frame.length));
            }
            Ok(())
        };
        assert!(Lines::new("in".into(), limits, &mut offset).read(Vec::new(), &mut text.as_bytes(), &mut sink).is_ok());
        out.join("; ")
    }

    #[track_caller]
    fn check(text: &str, want: &str) {
        for block in [1, 2, 3, 7, 64] {
            assert_eq!(frames(text, block, 8), want, "in blocks of {block}");
        }
    }

    #[test]
    fn lines_are_framed_whatever_the_block_size() {
        check("", "");
        check("ab\ncd\n", "1@0+2 \"ab\"; 2@3+2 \"cd\"");
        check("ab\r\n\n \ncd", "1@0+3 \"ab\\r\"; 4@7+2 \"cd\" last");
        check("\u{2028}\n", "1@0+3 \"\\u{2028}\"");
        check("\u{85}a\nb\n", "1@0+3 \"\\u{85}a\"; 2@4+1 \"b\"");
    }

    #[test]
    fn a_line_beyond_the_limit_is_told_and_the_next_ones_arrive() {
        let text = "a\n0123456789012345678901234567890123456789\nb\n";
        for block in [1, 2, 3, 7, 16] {
            let got = frames(text, block, 8);
            assert_eq!(got, "1@0+1 \"a\"; 2@2+40 F-TOO-LONG; 3@43+1 \"b\"", "in blocks of {block}");
        }
        assert_eq!(frames("0123456789", 2, 8), "1@0+10 F-TOO-LONG");
    }
}
