//! Writes and reads one line of a reject file of format `pressmark-reject/1`, byte for byte
//! (`schema/reject.schema.json`).

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::{Placed, Reject};
use crate::code::Code;

const FORMAT: &str = "pressmark-reject/1";

#[derive(Serialize)]
struct RejectV1<'a> {
    format: &'static str,
    source: &'a str,
    line: u64,
    byte: u64,
    length: u64,
    encoding: Encoding,
    raw: Option<Cow<'a, str>>,
    violations_total: u64,
    violations: &'a [Placed],
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "base64")]
    Base64,
    #[serde(rename = "omitted")]
    Omitted,
}

pub(super) fn write(reject: &Reject) -> Vec<u8> {
    let (encoding, raw) = match reject.raw.as_deref().map(|raw| (raw, str::from_utf8(raw))) {
        None => (Encoding::Omitted, None),
        Some((_, Ok(text))) => (Encoding::Utf8, Some(text.into())),
        Some((raw, Err(_))) => (Encoding::Base64, Some(BASE64_STANDARD.encode(raw).into())),
    };
    let wire = RejectV1 {
        format: FORMAT,
        source: &reject.position.source,
        line: reject.position.line,
        byte: reject.position.byte,
        length: reject.length,
        encoding,
        raw,
        violations_total: reject.violations_total,
        violations: &reject.violations,
    };
    let mut line = serde_json::to_vec(&wire).expect("text and numbers are JSON");
    line.push(b'\n');
    line
}

/// What a reject file stores of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The name of its source.
    pub source: String,
    /// Its first line there, from 1.
    pub line: u64,
    /// Its first byte there, from 0.
    pub byte: u64,
    /// Its length there, in bytes.
    pub length: u64,
    /// Its bytes. `None` if it is too large to be stored.
    pub raw: Option<Vec<u8>>,
    /// Whether it is a valid record that shares its key with a different one. `raw` is then its canonical form.
    pub is_record: bool,
}

/// The line is not a line of a reject file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoredError {
    /// It is not JSON, or does not have the members of a reject.
    #[error("not a reject: {0}")]
    Unreadable(String),
    /// It has another format.
    #[error("format `{0}` is not known to this version of pressmark, which reads {FORMAT}")]
    UnknownFormat(String),
}

#[derive(Deserialize)]
struct StoredV1 {
    format: String,
    source: String,
    line: u64,
    byte: u64,
    length: u64,
    encoding: Encoding,
    raw: Option<String>,
    #[serde(default)]
    violations: Vec<StoredViolation>,
}

#[derive(Deserialize)]
struct StoredViolation {
    code: String,
}

impl Stored {
    /// Reads one line of a reject file.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, StoredError> {
        let unreadable = |message: String| StoredError::Unreadable(crate::text::one_line(&message, 200));
        let wire: StoredV1 =
            serde_json::from_slice(line).map_err(|error| unreadable(crate::json::fault::reason(&error)))?;
        if wire.format != FORMAT {
            return Err(StoredError::UnknownFormat(crate::text::one_line(&wire.format, 60)));
        }
        let raw = match (wire.encoding, wire.raw) {
            (Encoding::Utf8, Some(text)) => Some(text.into_bytes()),
            (Encoding::Base64, Some(text)) => {
                Some(BASE64_STANDARD.decode(text).map_err(|_library| unreadable("`raw` is not Base64".to_owned()))?)
            }
            (Encoding::Omitted, None) => None,
            _ => return Err(unreadable("`encoding` and `raw` contradict each other".to_owned())),
        };
        let StoredV1 { source, line, byte, length, violations, .. } = wire;
        let is_record = violations.first().is_some_and(|first| first.code == Code::DuplicateRecord.name());
        Ok(Self { source, line, byte, length, raw, is_record })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Position;

    #[track_caller]
    fn check(raw: Option<&[u8]>) {
        let position = Position { source: "a.jsonl".into(), line: 3, byte: 90 };
        let reject = Reject::new(position, 7, raw, Vec::new());
        let stored = Stored::parse(&write(&reject)).unwrap();
        let raw = raw.map(<[u8]>::to_vec);
        let want = Stored { source: "a.jsonl".into(), line: 3, byte: 90, length: 7, raw, is_record: false };
        assert_eq!(stored, want);
    }

    #[test]
    fn what_is_written_is_read() {
        check(Some(b"{\"text\": 1}"));
        check(Some(b"\xff\xfe broken"));
        check(None);
    }

    #[test]
    fn other_lines_are_refused() {
        assert!(matches!(Stored::parse(b"{}"), Err(StoredError::Unreadable(_))));
        let other = br#"{"format":"x/2","source":"","line":1,"byte":0,"length":0,"encoding":"omitted","raw":null}"#;
        assert_eq!(Stored::parse(other), Err(StoredError::UnknownFormat("x/2".into())));
    }
}
