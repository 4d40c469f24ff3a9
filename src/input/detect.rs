//! What kind of content is this? Decided from its first bytes, named in reports, never guessed
//! from a file's name.
//!
//! Only the outermost shape is looked at. Where a shape could be two things the plainer one
//! wins: lines before a container, an article before a collection.

use std::fmt;

use super::stream::{Ending, Scan};
use crate::code::Code;

/// How the articles of a source stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Container {
    /// There is nothing but white space.
    Empty,
    /// JSON lines: one value a line.
    Lines,
    /// JSON values one after another, over as many lines as they like; often only one.
    Values,
    /// The elements of an array, at the top or in a member of an envelope.
    Array {
        /// The envelope's member.
        member: Option<String>,
    },
    /// The values of an object, whose names are the articles' keys.
    Map {
        /// The envelope's member.
        member: Option<String>,
    },
    /// The elements of the arrays in an object, whose names are publishers or the like.
    Groups,
    /// Text copied from news pages.
    Pages,
    /// None that holds articles.
    Unknown,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, member) = match self {
            Self::Empty => ("empty", &None),
            Self::Lines => ("JSON lines", &None),
            Self::Values => ("JSON values", &None),
            Self::Array { member } => ("a JSON array", member),
            Self::Map { member } => ("a JSON object of articles by key", member),
            Self::Groups => ("a JSON object of arrays of articles", &None),
            Self::Pages => ("a page dump", &None),
            Self::Unknown => ("no articles", &None),
        };
        match member {
            None => f.write_str(what),
            Some(member) => write!(f, "{what} in the member `{}`", crate::text::one_line(member, 60)),
        }
    }
}

/// What the first bytes say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detected {
    pub(super) container: Container,
    /// How many bytes at the start are no content (a byte order mark).
    pub(super) skip: usize,
    /// Why there can be no articles.
    pub(super) fault: Option<(Code, String)>,
}

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// How a Git LFS pointer starts (Git LFS specification, "The Pointer").
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
/// What files of formats start with that are easily taken for articles, and what they are.
const MAGIC: &[(&[u8], &str)] = &[
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF-", "a PDF file"),
    (b"\0\0\0\0", "binary"),
];
/// Where a tar archive says what it is (POSIX, ustar).
const TAR: (usize, &[u8]) = (257, b"ustar");
/// Members of an envelope that hold its articles.
const ENVELOPE: &[&str] =
    &["articles", "output", "items", "data", "results", "docs", "documents", "records", "entries", "news", "response"];
/// Members that only an article has: its text, in the words of the parsers.
const TEXT: &[&str] =
    &["text", "maintext", "articleBody", "cleaned_text", "textContent", "content", "body", "bodies", "raw_text"];

/// Members of which every article has one.
const ARTICLE: &[&str] = &["title", "headline", "url", "uri"];

/// Decides from the first bytes; `whole` says that there are no more, `pages` that the source
/// is declared to hold page dumps.
pub(super) fn detect(head: &[u8], whole: bool, pages: bool) -> Detected {
    let skip = if head.starts_with(BOM) { BOM.len() } else { 0 };
    let content = &head[skip..];
    let found = |container| Detected { container, skip, fault: None };
    let fault = |code: Code, message: &str| Detected {
        container: Container::Unknown,
        skip,
        fault: Some((code, message.to_owned())),
    };
    if is_utf16(content) {
        return fault(Code::Utf16, "this is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8");
    }
    let Some(start) = content.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return found(if whole { Container::Empty } else { Container::Lines });
    };
    let start = &content[start..];
    if start.starts_with(LFS) {
        return fault(Code::LfsPointer, "this is a Git LFS pointer and not the file; fetch it with: git lfs pull");
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| content.starts_with(magic)) {
        return fault(
            Code::OtherFormat,
            &format!("this is {name}, which is not read; articles are JSON, or page dumps"),
        );
    }
    // The name before it is filled up with NUL, which no text has.
    if content.split_at_checked(TAR.0).is_some_and(|(name, rest)| name.contains(&0) && rest.starts_with(TAR.1)) {
        return fault(Code::OtherFormat, "this is a tar archive; unpack it, and name the files in it");
    }
    if pages {
        return found(Container::Pages);
    }
    match start[0] {
        b'<' => fault(Code::Html, "this is HTML or XML; pressmark takes what a parser made of it"),
        b'[' => found(array(start)),
        b'{' => found(object(start, whole)),
        _ => found(Container::Lines),
    }
}

/// Byte order marks of UTF-16 and UTF-32, or a JSON bracket beside a NUL.
fn is_utf16(content: &[u8]) -> bool {
    matches!(
        content,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..] | [0, 0, 0xfe, 0xff, ..]
    ) || matches!(content, [0, 0, 0, b'{' | b'[', ..])
}

/// An array of articles; lines that happen to hold arrays are lines.
fn array(start: &[u8]) -> Container {
    let first = start[1..].iter().find(|byte| !byte.is_ascii_whitespace());
    let articles = matches!(first, None | Some(b'{' | b']'));
    let more = match Scan::default().run(start) {
        (end, Some(Ending::Whole)) => start[end..].iter().any(|byte| !byte.is_ascii_whitespace()),
        _ => false,
    };
    if articles || !more { Container::Array { member: None } } else { Container::Lines }
}

fn object(start: &[u8], whole: bool) -> Container {
    match Scan::default().run(start) {
        (end, Some(Ending::Whole)) => {
            let one_line = !start[..end].contains(&b'\n');
            let more = start[end..].iter().any(|byte| !byte.is_ascii_whitespace());
            match (one_line, more || !whole) {
                (true, true) => Container::Lines,
                (false, true) => Container::Values,
                (_, false) => collection(start).unwrap_or(if one_line { Container::Lines } else { Container::Values }),
            }
        }
        // A line end within a string: whatever it is, it is lines.
        (_, Some(Ending::RawLineEnd | Ending::BreaksOff)) => Container::Lines,
        (_, None) if whole => Container::Lines,
        (_, None) => {
            let one_line = !start.contains(&b'\n');
            collection(start).unwrap_or(if one_line { Container::Lines } else { Container::Values })
        }
    }
}

/// The kind of a member's value, and of the first value within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Scalar,
    Objects,
    Object,
    Array,
}

/// Which collection an object is, if it is one. `start` may be only its beginning.
fn collection(start: &[u8]) -> Option<Container> {
    let members = members(start);
    if members.is_empty() || members.iter().any(|(name, _)| TEXT.contains(&name.as_str())) {
        return None;
    }
    let all = |shapes: &[Shape]| members.iter().all(|(_, shape)| shapes.contains(shape));
    let envelope = members.iter().find(|(name, _)| ENVELOPE.contains(&name.as_str()));
    match envelope {
        Some((name, Shape::Array)) => return Some(Container::Array { member: Some(name.clone()) }),
        Some((name, Shape::Objects)) => return Some(Container::Map { member: Some(name.clone()) }),
        _ => {}
    }
    if all(&[Shape::Array]) {
        Some(Container::Groups)
    } else if all(&[Shape::Object, Shape::Objects]) && first_is_article(start) {
        Some(Container::Map { member: None })
    } else {
        None
    }
}

/// Whether the first member of the object at `start` is an object with the members of an article.
fn first_is_article(start: &[u8]) -> bool {
    let Some(inner) = start[1..].iter().position(|byte| *byte == b'{') else { return false };
    let members = members(&start[inner + 1..]);
    members.iter().any(|(name, _)| TEXT.contains(&name.as_str()) || ARTICLE.contains(&name.as_str()))
}

/// The members of the object at `start`, as far as they can be seen.
fn members(start: &[u8]) -> Vec<(String, Shape)> {
    let mut members = Vec::new();
    let mut rest = &start[1..];
    while let Some(b'"') = token(&mut rest) {
        let (end, Some(Ending::Whole)) = Scan::default().run(rest) else { break };
        let name = String::from_utf8_lossy(&rest[1..end - 1]).into_owned();
        rest = &rest[end..];
        if token(&mut rest) != Some(b':') {
            break;
        }
        rest = &rest[1..];
        let Some(shape) = shape(&mut rest) else { break };
        members.push((name, shape));
        let (end, ending) = Scan::default().run(rest);
        rest = &rest[end..];
        if ending != Some(Ending::Whole) || token(&mut rest) != Some(b',') {
            break;
        }
        rest = &rest[1..];
    }
    members
}

/// Skips white space; the byte that is next.
fn token(rest: &mut &[u8]) -> Option<u8> {
    let start = rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len());
    *rest = &rest[start..];
    rest.first().copied()
}

fn shape(rest: &mut &[u8]) -> Option<Shape> {
    let inner = |rest: &[u8]| token(&mut &rest[1..]);
    Some(match token(rest)? {
        b'[' if matches!(inner(rest), None | Some(b'{' | b']')) => Shape::Array,
        b'{' => {
            let objects = members(rest).iter().all(|(_, shape)| matches!(shape, Shape::Object | Shape::Objects));
            if objects && inner(rest) != Some(b'}') { Shape::Objects } else { Shape::Object }
        }
        _ => Shape::Scalar,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, want: &str) {
        let detected = detect(head.as_bytes(), true, false);
        let got = detected.fault.map_or_else(|| detected.container.to_string(), |(code, _)| code.to_string());
        assert_eq!(got, want, "{head}");
    }

    #[test]
    fn lines() {
        check("", "empty");
        check(" \n\n", "empty");
        check("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "JSON lines");
        check("{\"text\":\"a\"}\n", "JSON lines");
        check("{\"meta\":{\"a\":1},\"title\":\"x\"}\n", "JSON lines");
        check("{\"text\":\"lost quote}\n{\"text\":\"b\"}\n", "JSON lines");
        check("{\"text\":\"cut", "JSON lines");
        check("[1,2]\n[3,4]\n", "JSON lines");
        check("42\n", "JSON lines");
        check("\u{feff}{}\n{}", "JSON lines");
        check("{\"dep\":{\"x\":1}}\n", "JSON lines");
        check("{\"a\":{\"text\":1}}\n{\"b\":{\"text\":1}}\n", "JSON lines");
    }

    #[test]
    fn values_and_arrays() {
        check("{\n \"text\": \"a\"\n}\n", "JSON values");
        check("{\n \"text\": \"a\"\n}\n{\n \"text\": \"b\"\n}", "JSON values");
        check("[]", "a JSON array");
        check("[\n{\"text\":\"a\"}, {}\n]", "a JSON array");
        check("[{\"text\":\"a\"},]{\"text\":\"b\"}]", "a JSON array");
        check("[{\"text\":\"a\"}", "a JSON array");
        check("[1,2]", "a JSON array");
    }

    #[test]
    fn collections_within_an_object() {
        check("{\"x1\":{\"text\":\"a\"},\"x2\":{\"text\":\"b\"}}", "a JSON object of articles by key");
        check("{\"AP\":[{\"text\":\"a\"}],\"AFP\":[]}", "a JSON object of arrays of articles");
        check("{\"articles\":[{\"text\":\"a\"}]}", "a JSON array in the member `articles`");
        check("{\"total\":2,\"articles\":[]}", "a JSON array in the member `articles`");
        check("{\"version\":\"1\",\"output\":{\"x\":{}}}", "a JSON object of articles by key in the member `output`");
    }

    #[test]
    fn what_is_no_collection_of_articles() {
        check("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "I-LFS-POINTER");
        check("<!DOCTYPE html>\n<html>", "I-HTML");
        assert_eq!(detect(b"\xff\xfe{\0", true, false).fault.unwrap().0, Code::Utf16);
        assert_eq!(detect(b"{\0\"\0", true, false).fault.unwrap().0, Code::Utf16);
    }
}
