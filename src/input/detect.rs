//! Detects the kind of content from its first bytes and the extension of its name.
//!
//! Only the outermost form is detected here. [`super::envelope`] decides whether a single object is an
//! article or an envelope.

use std::path::Path;

use super::stream::{Ending, Scan};
use crate::code::Code;

/// The outermost form of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Only white space.
    Empty,
    /// One JSON text on each line.
    Lines,
    /// JSON texts one after another.
    Values,
    /// An array at the top.
    Array,
    /// An object is first; [`FirstObject`] says what follows it.
    Object,
    /// Page dumps.
    Pages,
}

/// Why a source cannot have articles.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// What the first bytes say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detected {
    /// How many bytes at the start are no content (a byte order mark).
    pub(super) skip: usize,
    pub(super) form: Result<Form, Fault>,
}

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// How a Git LFS pointer starts (Git LFS specification, "The Pointer").
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
/// The first bytes of formats that are easily mistaken for articles, and their names.
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
/// The offset and text that identify a tar archive (POSIX, ustar).
const TAR: (usize, &[u8]) = (257, b"ustar");
/// The first bytes of compressed content. Within compressed content, it was compressed twice.
const COMPRESSED: &[(&[u8], &str)] = &[(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd")];
/// How many lines are read to recognise a format.
const LINES: usize = 16;

/// What a source is declared to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    /// Nothing.
    No,
    /// JSON Lines, by its name or by the caller.
    Lines,
    /// Page dumps.
    Pages,
}

/// Whether a file's name says that it holds JSON Lines.
pub(super) fn names_lines(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    [".jsonl", ".ndjson"].iter().any(|ending| name.ends_with(ending))
}

/// Detects the form from the first bytes. `whole` says that there are no more.
pub(super) fn detect(head: &[u8], whole: bool, declared: Declared) -> Detected {
    let skip = if head.starts_with(BOM) { BOM.len() } else { 0 };
    Detected { skip, form: form(&head[skip..], whole, declared) }
}

fn form(content: &[u8], whole: bool, declared: Declared) -> Result<Form, Fault> {
    if is_utf16(content) {
        return fault(Code::Utf16, "this is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8");
    }
    let Some(start) = content.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return Ok(if whole { Form::Empty } else { Form::Lines });
    };
    let start = &content[start..];
    if start.starts_with(LFS) {
        return fault(Code::LfsPointer, "this is a Git LFS pointer and not the file; fetch it with: git lfs pull");
    }
    other_format(content)?;
    if declared == Declared::Pages {
        return Ok(Form::Pages);
    }
    if start[0] == b'<' {
        return fault(Code::Html, "this is HTML or XML; run a parser on it, and check or build from its output");
    }
    text_format(start)?;
    match start[0] {
        _ if declared == Declared::Lines => Ok(Form::Lines),
        b'[' => Ok(array(start)),
        b'{' => Ok(Form::Object),
        _ => Ok(Form::Lines),
    }
}

fn fault<T>(code: Code, message: &str) -> Result<T, Fault> {
    Err(Fault { code, message: message.to_owned(), help: None })
}

fn other(what: &str, help: &str) -> Result<(), Fault> {
    let message = format!("this is {what}, which pressmark does not read; articles must be JSON or page dumps");
    Err(Fault { code: Code::OtherFormat, message, help: (!help.is_empty()).then(|| help.to_owned()) })
}

/// Refuses binary formats.
fn other_format(content: &[u8]) -> Result<(), Fault> {
    if let Some((_, name)) = COMPRESSED.iter().find(|(magic, _)| content.starts_with(magic)) {
        let help = format!(
            "unpack it once, with `{}`, and name the result",
            if *name == "gzip" { "gunzip" } else { "unzstd" }
        );
        return other(&format!("compressed twice ({name} within compressed data)"), &help);
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| content.starts_with(magic)) {
        return other(name, "");
    }
    // The name before it is filled up with NUL, which no text has.
    if content.split_at_checked(TAR.0).is_some_and(|(name, rest)| name.contains(&0) && rest.starts_with(TAR.1)) {
        return fault(Code::OtherFormat, "this is a tar archive; unpack it, and name the files in it");
    }
    Ok(())
}

/// Refuses formats of text that hold no JSON lines: where one of the first lines is JSON, the others are
/// reported one by one.
fn text_format(start: &[u8]) -> Result<(), Fault> {
    if start[0] == 0x1e {
        let help = "remove the separators with: tr -d '\\036'";
        return other("a JSON text sequence (RFC 7464)", help);
    }
    if start.starts_with(b"WARC/") {
        return other("a WARC file", "extract its pages, for example with warcio, and give them to a parser first");
    }
    let lines: Vec<&[u8]> = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).take(LINES).collect();
    let lines: Vec<&[u8]> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    if lines.iter().any(|line| line.starts_with(b"{") || line.starts_with(b"[")) {
        return Ok(());
    }
    let help = "convert it to JSON lines, for example with Python: json.dumps(article)";
    if lines[0] == b"---" || lines[0].starts_with(b"%YAML") || lines.len() > 1 && lines.iter().all(|line| is_yaml(line))
    {
        return other("YAML", help);
    }
    let separators = [(b',', "CSV"), (b'\t', "a table of tab-separated values"), (b';', "CSV")];
    let columns = |line: &[u8], separator: u8| line.split(|byte| *byte == separator).count();
    let is_table = |separator: u8| {
        lines.len() > 1 && lines[..2].iter().all(|line| columns(line, separator) > 1) && is_header(lines[0], separator)
    };
    match separators.iter().find(|(separator, _)| is_table(*separator)) {
        Some((_, name)) => other(name, help),
        None => Ok(()),
    }
}

/// Whether a line of a document is one of YAML: `key: value`, `- element`, or a comment.
fn is_yaml(line: &[u8]) -> bool {
    let is_key = |key: &[u8]| key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(byte));
    let key = line.strip_prefix(b"- ").unwrap_or(line);
    let colon = memchr::memchr(b':', key);
    line.starts_with(b"#")
        || colon.is_some_and(|at| at > 0 && is_key(&key[..at]) && matches!(key.get(at + 1), None | Some(b' ')))
}

/// Whether a line is a list of plain names, as above a table.
fn is_header(line: &[u8], separator: u8) -> bool {
    let is_name = |cell: &[u8]| {
        let cell = cell.trim_ascii();
        let cell = cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")).unwrap_or(cell);
        cell.first().is_none_or(u8::is_ascii_alphabetic)
            && cell.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(byte))
    };
    line.split(|byte| *byte == separator).all(is_name)
}

/// Byte order marks of UTF-16 and UTF-32, or a JSON bracket beside a NUL.
fn is_utf16(content: &[u8]) -> bool {
    matches!(
        content,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..] | [0, 0, 0xfe, 0xff, ..]
    ) || matches!(content, [0, 0, 0, b'{' | b'[', ..])
}

/// An array of articles; lines that happen to hold arrays are lines.
fn array(start: &[u8]) -> Form {
    let first = start[1..].iter().find(|byte| !byte.is_ascii_whitespace());
    let articles = matches!(first, None | Some(b'{' | b']' | b','));
    let more = match Scan::default().run(start) {
        (end, Some(Ending::Whole)) => start[end..].iter().any(|byte| !byte.is_ascii_whitespace()),
        _ => false,
    };
    if articles || !more { Form::Array } else { Form::Lines }
}

/// Reads to the end of the first object of a source, and on to what follows it.
#[derive(Debug, Default)]
pub(super) struct FirstObject {
    scan: Scan,
    scanned: usize,
    end: Option<usize>,
}

/// What the first object of a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// The only text there is, and it ends here.
    Alone(usize),
    /// One of several texts, or of lines that are broken.
    OneOf(Form),
    /// It has no end.
    BreaksOff,
}

impl FirstObject {
    /// Decides from the content from the object's start on, of which more was seen than the last time;
    /// `whole` says that there is no more. None if it is not decided yet.
    pub(super) fn decide(&mut self, start: &[u8], whole: bool) -> Option<First> {
        let end = if let Some(end) = self.end {
            end
        } else {
            let (taken, ending) = self.scan.run(&start[self.scanned..]);
            self.scanned += taken;
            match ending {
                Some(Ending::Whole) => *self.end.insert(self.scanned),
                // A line end within a string: whatever it is, it is lines.
                Some(Ending::RawLineEnd | Ending::BreaksOff) => return Some(First::OneOf(Form::Lines)),
                None => return whole.then_some(First::BreaksOff),
            }
        };
        if start[end..].iter().any(|byte| !byte.is_ascii_whitespace()) {
            return Some(First::OneOf(form_of(&start[..end])));
        }
        whole.then_some(First::Alone(end))
    }

    /// Whether the object is all there.
    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }
}

/// The form of a text: a line, if it is on one.
pub(super) fn form_of(text: &[u8]) -> Form {
    if text.contains(&b'\n') { Form::Values } else { Form::Lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, want: &str) {
        check_declared(head, Declared::No, want);
    }

    #[track_caller]
    fn check_declared(head: &str, declared: Declared, want: &str) {
        let Detected { skip, form } = detect(head.as_bytes(), true, declared);
        let got = match form {
            Ok(Form::Object) => format!("{:?}", FirstObject::default().decide(&head.as_bytes()[skip..], true).unwrap()),
            Ok(form) => format!("{form:?}"),
            Err(fault) => fault.code.to_string(),
        };
        assert_eq!(got, want, "{head}");
    }

    #[test]
    fn lines() {
        check("", "Empty");
        check(" \n\n", "Empty");
        check("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "OneOf(Lines)");
        check("{\"text\":\"lost quote}\n{\"text\":\"b\"}\n", "OneOf(Lines)");
        check("[1,2]\n[3,4]\n", "Lines");
        check("42\n", "Lines");
        check("\u{feff}{}\n{}", "OneOf(Lines)");
        check_declared("{\"articles\":[]}", Declared::Lines, "Lines");
        check_declared("[{}]", Declared::Lines, "Lines");
    }

    #[test]
    fn values_and_arrays() {
        check("{\n \"text\": \"a\"\n}\n", "Alone(16)");
        check("{\"text\":\"a\"}\n", "Alone(12)");
        check("{\"text\":\"cut", "BreaksOff");
        check("{\n \"text\": \"a\"\n}\n{\n \"text\": \"b\"\n}", "OneOf(Values)");
        check("[]", "Array");
        check("[\n{\"text\":\"a\"}, {}\n]", "Array");
        check("[{\"text\":\"a\"},]{\"text\":\"b\"}]", "Array");
        check("[{\"text\":\"a\"}", "Array");
        check("[1,2]", "Array");
    }

    #[test]
    fn names_of_lines() {
        for name in ["a.jsonl", "b/a.NDJSON", "a.jsonl.gz", "a.ndjson.zst", ".jsonl"] {
            assert!(names_lines(Path::new(name)), "{name}");
        }
        for name in ["a.json", "a.jsonl.txt", "a.json.gz", "jsonl", "a.jsonl.gz.gz"] {
            assert!(!names_lines(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn other_formats() {
        check("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "I-LFS-POINTER");
        check("<!DOCTYPE html>\n<html>", "I-HTML");
        for text in [
            "id,title,text\n1,One,Two\n",
            "id\ttitle\n1\tOne\n",
            "\"id\";\"title\"\n1;One\n",
            "---\ntitle: One\n",
            "title: One\ntext: Two\n",
            "- title: One\n  text: Two\n",
            "\u{1e}{\"id\":1}\n",
            "WARC/1.0\r\nWARC-Type: warcinfo\r\n",
        ] {
            check(text, "I-OTHER-FORMAT");
        }
        for text in ["not json\n{}\n", "a, b\n{}\n", "One, two.\n", "\"a\"\n\"b\"\n", "Well, no.\nOr: yes.\n"] {
            check(text, "Lines");
        }
        let code = |bytes: &[u8]| detect(bytes, true, Declared::Lines).form.unwrap_err().code;
        assert_eq!(code(b"\xff\xfe{\0"), Code::Utf16);
        assert_eq!(code(b"{\0\"\0"), Code::Utf16);
        assert_eq!(code(b"\x1f\x8b\x08\0"), Code::OtherFormat);
    }
}
