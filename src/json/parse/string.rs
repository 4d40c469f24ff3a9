//! Reading strings: plain runs many bytes at a time, escapes one by one.

use std::borrow::Cow;

use super::{Parser, SyntaxError, SyntaxErrorKind};

impl<'a> Parser<'a> {
    /// Reads a string; its opening quote is next.
    pub(in crate::json) fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        self.step();
        let run = self.plain_run();
        match self.peek() {
            Some(b'"') => {
                self.step();
                Ok(Cow::Borrowed(run))
            }
            Some(b'\\') => self.escaped_string(run).map(Cow::Owned),
            Some(control) => Err(self.fault(SyntaxErrorKind::ControlCharacter(control))),
            None => Err(self.fault(SyntaxErrorKind::UnexpectedEnd)),
        }
    }

    /// Reads the rest of a string that begins with `run`; a backslash is next.
    fn escaped_string(&mut self, run: &str) -> Result<String, SyntaxError> {
        let mut text = String::with_capacity(run.len() * 2 + 16);
        text.push_str(run);
        loop {
            match self.peek() {
                Some(b'\\') => text.push(self.escape()?),
                Some(b'"') => {
                    self.step();
                    return Ok(text);
                }
                Some(0x20..) => text.push_str(self.plain_run()),
                Some(control) => return Err(self.fault(SyntaxErrorKind::ControlCharacter(control))),
                None => return Err(self.fault(SyntaxErrorKind::UnexpectedEnd)),
            }
        }
    }

    /// Steps over text up to the next quote, backslash or control character, or the end.
    fn plain_run(&mut self) -> &'a str {
        let start = self.at;
        self.at += plain_length(&self.bytes[start..]);
        // Both ends touch an ASCII byte or the end of the text, so no character is split.
        &self.text[start..self.at]
    }

    /// Reads one escape, or two that form a surrogate pair; the backslash is next.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        let Some(&letter) = self.bytes.get(start + 1) else {
            return Err(self.fault_at(SyntaxErrorKind::UnexpectedEnd, self.bytes.len()));
        };
        let character = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.fault(SyntaxErrorKind::Escape)),
        };
        self.at = start + 2;
        Ok(character)
    }

    /// Reads `\uXXXX`, and its second half if it is the first half of a surrogate pair.
    fn unicode_escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        let unit = self.hex_unit(start)?;
        self.at = start + 6;
        if let Some(character) = char::from_u32(unit) {
            return Ok(character);
        }
        // The rest of a pair may be missing only because the input is.
        let rest = &self.bytes[self.at..];
        if (0xd800..0xdc00).contains(&unit) {
            if rest.starts_with(b"\\u") {
                let low = self.hex_unit(self.at)?;
                if (0xdc00..0xe000).contains(&low) {
                    self.at += 6;
                    let pair = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    return char::from_u32(pair).ok_or_else(|| self.fault_at(SyntaxErrorKind::Surrogate, start));
                }
            } else if rest.is_empty() || rest == b"\\" {
                return Err(self.fault_at(SyntaxErrorKind::UnexpectedEnd, self.bytes.len()));
            }
        }
        Err(self.fault_at(SyntaxErrorKind::Surrogate, start))
    }

    /// The UTF-16 code unit of the `\uXXXX` at `start`.
    fn hex_unit(&self, start: usize) -> Result<u32, SyntaxError> {
        let digits = self.bytes[start + 2..].iter().take(4);
        if digits.len() < 4 && digits.clone().all(u8::is_ascii_hexdigit) {
            return Err(self.fault_at(SyntaxErrorKind::UnexpectedEnd, self.bytes.len()));
        }
        let mut unit = 0;
        for &byte in digits {
            let digit = HEX_DIGIT[usize::from(byte)];
            if digit == NOT_HEX {
                return Err(self.fault_at(SyntaxErrorKind::Escape, start));
            }
            unit = unit << 4 | u32::from(digit);
        }
        Ok(unit)
    }
}

/// Marks a byte that is no hexadecimal digit in [`HEX_DIGIT`].
const NOT_HEX: u8 = 0xff;

/// The value of every byte as a hexadecimal digit.
const HEX_DIGIT: [u8; 256] = {
    let mut table = [NOT_HEX; 256];
    let mut digit = 0;
    while digit < 16 {
        table[b"0123456789abcdef"[digit as usize] as usize] = digit;
        table[b"0123456789ABCDEF"[digit as usize] as usize] = digit;
        digit += 1;
    }
    table
};

/// How many bytes from the start are neither a quote, a backslash nor below 0x20. Those are the
/// bytes a string cannot hold as they are, so the writer uses this as well.
pub(in crate::json) fn plain_length(bytes: &[u8]) -> usize {
    let (blocks, tail) = bytes.as_chunks::<32>();
    let mut length = 0;
    for block in blocks {
        // One branch per 32 bytes; the loop over its words has none and compiles to vector code.
        let (words, _) = block.as_chunks::<8>();
        if words.iter().fold(0, |all, word| all | marks(*word)) != 0 {
            return length + plain_in_words(words);
        }
        length += block.len();
    }
    let (words, rest) = tail.as_chunks::<8>();
    let plain = plain_in_words(words);
    if plain < words.len() * 8 {
        return length + plain;
    }
    length + plain + rest.iter().position(|&byte| ends_run(byte)).unwrap_or(rest.len())
}

/// [`plain_length`] over whole words.
fn plain_in_words(words: &[[u8; 8]]) -> usize {
    for (index, word) in words.iter().enumerate() {
        let marks = marks(*word);
        if marks != 0 {
            return index * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8
}

/// Whether a byte ends a run of plain text in a string.
pub(super) fn ends_run(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// Sets the high bit of the first byte (in memory order) for which [`ends_run`] holds; bits of
/// later bytes may be wrong, bits of earlier ones are not. Zero if there is no such byte.
///
/// Subtracting a limit from every byte at once borrows into the high bit exactly where a byte was
/// below it. A borrow can spill over into the next higher byte, but only from a true match, and
/// the lowest match is all the callers look at. Bytes above 0x7f are masked out: they belong to
/// characters beyond ASCII.
fn marks(word: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let word = u64::from_le_bytes(word);
    let quote = word ^ (ONES * u64::from(b'"'));
    let backslash = word ^ (ONES * u64::from(b'\\'));
    let below = word.wrapping_sub(ONES * 0x20) & !word;
    (below | quote.wrapping_sub(ONES) & !quote | backslash.wrapping_sub(ONES) & !backslash) & HIGH
}
