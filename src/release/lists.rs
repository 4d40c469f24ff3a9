//! The lists of a release that grow with the work: its inputs and its withdrawals.
//!
//! In `pressmark/2` each list is a file of JSON lines, and the manifest has its totals and its SHA-256; an empty
//! list has no file. In `pressmark/1` the manifest contains both lists. [`Release::inputs`] and
//! [`Release::withdrawn`] read them in either format. Whether the totals are right is for
//! [`crate::verify`](mod@crate::verify) to find out.

use std::io::{self, BufRead as _, BufReader, Read as _};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::documents::{MAX_METADATA_BYTES, ReleaseFiles};
use super::manifest::{Input, InputTotals, Lists, Manifest, Withdrawn};
use super::open::RESTORE;
use super::{Format, INPUTS, METADATA, Release, SCHEMA, WITHDRAWN};
use crate::digest::{Digest, Hashing};
use crate::error::Error;
use crate::json;
use crate::schema::MAX_SCHEMA_BYTES;
use crate::storage::{FileReader, Location};

/// The longest line of `inputs.jsonl`, in bytes without its line feed.
pub(crate) const MAX_INPUT_BYTES: u64 = 1 << 20;
/// The longest `withdrawn.jsonl` that is read, in bytes.
pub(crate) const MAX_WITHDRAWN_BYTES: u64 = 64 << 20;

/// Both lists of a release as files, and what its manifest says of them.
#[derive(Debug, Clone)]
pub struct ListFiles {
    inputs: Vec<u8>,
    withdrawn: Vec<u8>,
    lists: Lists,
}

impl ListFiles {
    /// Writes both lists. `withdrawn` is sorted by key.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for a list that no reader would read.
    pub fn new(
        inputs: impl IntoIterator<Item = Input>,
        withdrawn: impl IntoIterator<Item = Withdrawn>,
    ) -> Result<Self, Error> {
        let (mut input_lines, mut totals) = (Vec::new(), InputTotals::default());
        for input in inputs {
            let start = input_lines.len();
            write_line(&input, &mut input_lines);
            let bytes = (input_lines.len() - start) as u64 - 1;
            if bytes > MAX_INPUT_BYTES {
                let hint = "an input has a name that is too long; rename it or its folders";
                return Err(too_large(INPUTS, bytes, MAX_INPUT_BYTES, hint));
            }
            let sums = totals.checked_add(&input);
            totals = sums.ok_or_else(|| too_large(INPUTS, u64::MAX, u64::MAX, "sums must fit into 64 bits"))?;
        }
        let (mut withdrawn_lines, mut count) = (Vec::new(), 0);
        for record in withdrawn {
            write_line(&record, &mut withdrawn_lines);
            count += 1;
        }
        let bytes = withdrawn_lines.len() as u64;
        if bytes > MAX_WITHDRAWN_BYTES {
            return Err(too_large(WITHDRAWN, bytes, MAX_WITHDRAWN_BYTES, "withdraw in several releases"));
        }
        let lists = Lists::Files {
            inputs: totals,
            inputs_sha256: Digest::of(&input_lines),
            withdrawn: count,
            withdrawn_sha256: Digest::of(&withdrawn_lines),
        };
        Ok(Self { inputs: input_lines, withdrawn: withdrawn_lines, lists })
    }

    /// What the manifest says of the lists.
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The files, by name.
    pub(super) fn into_files(self) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        [(INPUTS, self.inputs), (WITHDRAWN, self.withdrawn)].into_iter().filter(|(_, bytes)| !bytes.is_empty())
    }
}

/// Appends a line: the canonical form of the entry. Its type declares the members in the order of their names.
fn write_line(entry: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, entry).expect("text and numbers are JSON");
    out.push(b'\n');
}

/// Reads a line without its line feed. Only the form that [`write_line`] writes is accepted.
fn parse_line<T: Serialize + DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    let entry: T = serde_json::from_slice(line).map_err(|error| json::fault::reason(&error))?;
    let mut again = Vec::with_capacity(line.len() + 1);
    write_line(&entry, &mut again);
    if again.strip_suffix(b"\n") == Some(line) {
        Ok(entry)
    } else {
        Err("it is not in the form that the format requires".to_owned())
    }
}

/// A line of a list, or what is wrong with it.
pub(crate) struct Line<T> {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// What it holds.
    pub(crate) entry: Result<T, String>,
}

/// Reads a list file line by line, and hashes its bytes.
#[derive(Debug)]
pub(crate) struct ListLines {
    reader: BufReader<Hashing<FileReader>>,
    longest: u64,
    number: u64,
    line: Vec<u8>,
}

impl ListLines {
    /// Opens a list file whose lines have at most so many bytes.
    pub(crate) fn open(location: &Location, longest: u64) -> Result<Self, Error> {
        let reader = BufReader::new(Hashing::new(location.open()?.reader()));
        Ok(Self { reader, longest, number: 0, line: Vec::new() })
    }

    /// The next line. `None` after the last one. A line that is too long is returned in pieces, each of them a fault.
    pub(crate) fn next_line<T: Serialize + DeserializeOwned>(&mut self) -> io::Result<Option<Line<T>>> {
        self.line.clear();
        self.reader.by_ref().take(self.longest + 1).read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let entry = match self.line.strip_suffix(b"\n") {
            Some(line) => parse_line(line),
            None if self.line.len() as u64 > self.longest => Err(format!("it is longer than {} bytes", self.longest)),
            None => Err("it does not end with a line feed".to_owned()),
        };
        Ok(Some(Line { number: self.number, entry }))
    }

    /// The SHA-256 of the lines that were read: after the last one, that of the file.
    pub(crate) fn sha256(self) -> Digest {
        self.reader.into_inner().finish().2
    }
}

/// The inputs of a release, in their order.
#[derive(Debug)]
pub struct Inputs<'r>(InputsFrom<'r>);

#[derive(Debug)]
enum InputsFrom<'r> {
    Manifest(std::slice::Iter<'r, Input>),
    File(Box<InputFile>),
    Ended,
}

/// `inputs.jsonl`, and its SHA-256 according to the manifest.
#[derive(Debug)]
struct InputFile {
    file: Location,
    lines: ListLines,
    sha256: Digest,
}

impl InputsFrom<'_> {
    fn next_input(&mut self) -> Result<Option<Input>, Error> {
        let Self::File(input_file) = self else { return Ok(None) };
        let InputFile { file, lines, .. } = &mut **input_file;
        if let Some(line) = lines.next_line().map_err(|source| file.failed("read", source))? {
            return line.entry.map(Some).map_err(|message| damaged(file, &format!("line {}: {message}", line.number)));
        }
        match std::mem::replace(self, Self::Ended) {
            Self::File(input_file) => {
                let InputFile { file, lines, sha256 } = *input_file;
                if lines.sha256() == sha256 { Ok(None) } else { Err(differs(&file)) }
            }
            Self::Manifest(_) | Self::Ended => Ok(None),
        }
    }
}

impl Iterator for Inputs<'_> {
    type Item = Result<Input, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let InputsFrom::Manifest(inputs) = &mut self.0 {
            return inputs.next().cloned().map(Ok);
        }
        let next = self.0.next_input();
        if next.is_err() {
            self.0 = InputsFrom::Ended;
        }
        next.transpose()
    }
}

impl Release {
    /// Reads the inputs that the release was made from, in their order and one at a time.
    ///
    /// # Errors
    /// [`Error::Io`] if their list cannot be read, and [`Error::Damaged`] if it is not the one in the manifest.
    /// The iterator ends after an error.
    ///
    /// # Examples
    /// ```
    /// use std::path::Path;
    /// use pressmark::release::Release;
    ///
    /// let release = Release::open(Path::new("datasets/asharq-al-awsat/1.1.0"))?;
    /// let inputs = release.inputs()?.collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(inputs.len() as u64, release.manifest().inputs().count);
    /// assert_eq!(inputs[0].admitted, 2);
    /// # Ok::<(), pressmark::Error>(())
    /// ```
    pub fn inputs(&self) -> Result<Inputs<'_>, Error> {
        Ok(Inputs(match &self.manifest().lists {
            Lists::Embedded { inputs, .. } => InputsFrom::Manifest(inputs.iter()),
            Lists::Files { inputs, .. } if inputs.count == 0 => InputsFrom::Ended,
            Lists::Files { inputs_sha256, .. } => {
                let file = self.location().join(INPUTS);
                let lines = ListLines::open(&file, MAX_INPUT_BYTES)?;
                InputsFrom::File(Box::new(InputFile { file, lines, sha256: *inputs_sha256 }))
            }
        }))
    }

    /// Reads the files of the release beside its parts, to publish it again elsewhere: see
    /// [`Draft::commit`](super::Draft::commit).
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be read, and [`Error::Damaged`] if a list is not the one in the manifest.
    pub fn files(&self) -> Result<ReleaseFiles, Error> {
        let files = ReleaseFiles::new(&self.location().join(SCHEMA).read_bounded(MAX_SCHEMA_BYTES)?);
        if self.manifest().format() == Format::V1 {
            return Ok(files);
        }
        let lists = ListFiles::new(self.inputs()?.collect::<Result<Vec<_>, _>>()?, self.withdrawn()?)?;
        let mut metadata = Vec::new();
        for name in METADATA {
            let file = self.location().join(name);
            if file.exists()? {
                metadata.push((name, file.read_bounded(MAX_METADATA_BYTES)?));
            }
        }
        Ok(files.with_lists(lists).with_metadata(metadata))
    }

    /// Reads the records that the release withdrew, sorted by key.
    ///
    /// # Errors
    /// [`Error::Io`] if their list cannot be read, and [`Error::Damaged`] if it is not the one in the manifest.
    pub fn withdrawn(&self) -> Result<Vec<Withdrawn>, Error> {
        self.manifest().read_withdrawn(self.location())
    }
}

impl Manifest {
    /// Reads the withdrawals of the release in `folder`, which has this manifest.
    pub(crate) fn read_withdrawn(&self, folder: &Location) -> Result<Vec<Withdrawn>, Error> {
        let sha256 = match &self.lists {
            Lists::Embedded { withdrawn, .. } => return Ok(withdrawn.clone()),
            Lists::Files { withdrawn: 0, .. } => return Ok(Vec::new()),
            Lists::Files { withdrawn_sha256, .. } => withdrawn_sha256,
        };
        let file = folder.join(WITHDRAWN);
        let bytes = file.read_bounded(MAX_WITHDRAWN_BYTES)?;
        if Digest::of(&bytes) != *sha256 {
            return Err(differs(&file));
        }
        let lines = (1_u64..).zip(bytes.strip_suffix(b"\n").unwrap_or(&bytes).split(|byte| *byte == b'\n'));
        let entry = |(number, line): (u64, &[u8])| {
            parse_line(line).map_err(|message| damaged(&file, &format!("line {number}: {message}")))
        };
        lines.map(entry).collect()
    }
}

fn too_large(name: &'static str, bytes: u64, limit: u64, hint: &str) -> Error {
    Error::TooLarge { name, bytes, limit, hint: hint.to_owned() }
}

fn differs(file: &Location) -> Error {
    damaged(file, "its SHA-256 differs from the manifest")
}

fn damaged(file: &Location, message: &str) -> Error {
    Error::Damaged { path: file.path(), message: message.to_owned(), hint: RESTORE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str) -> Input {
        Input { admitted: 2, articles: 3, bytes: 7, name: name.to_owned(), rejected: 1, sha256: Digest::of(b"") }
    }

    #[test]
    fn lines_are_canonical() {
        let mut line = Vec::new();
        write_line(&Withdrawn { key: "ä\"\\\u{1f}\n\u{7f}".to_owned(), reason: "asked for".to_owned() }, &mut line);
        let text = String::from_utf8(line).unwrap();
        assert_eq!(text, "{\"key\":\"ä\\\"\\\\\\u001f\\n\u{7f}\",\"reason\":\"asked for\"}\n");
        assert!(parse_line::<Withdrawn>(text.trim_end_matches('\n').as_bytes()).is_ok());
        for other in [
            "{\"reason\":\"r\",\"key\":\"k\"}",
            "{\"key\":\"k\", \"reason\":\"r\"}",
            "{\"key\":\"\\u006b\",\"reason\":\"r\"}",
            "{\"key\":\"k\",\"key\":\"k\",\"reason\":\"r\"}",
            "{\"key\":\"k\",\"reason\":\"r\",\"more\":1}",
            "{\"key\":\"k\"}",
            "{\"key\":\"k\",\"reason\":\"r\"}\r",
            "",
        ] {
            assert!(parse_line::<Withdrawn>(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn totals_follow_from_the_lines() {
        let files = ListFiles::new([input("a"), input("b")], []).unwrap();
        let Lists::Files { inputs, withdrawn, .. } = files.lists() else { panic!("new lists are files") };
        assert_eq!((inputs.count, inputs.bytes, inputs.articles, inputs.admitted, inputs.rejected), (2, 14, 6, 4, 2));
        assert_eq!(*withdrawn, 0);
        let files: Vec<_> = files.into_files().collect();
        assert_eq!(files.len(), 1, "a list without entries has no file");
        assert_eq!((files[0].0, files[0].1.iter().filter(|byte| **byte == b'\n').count()), (INPUTS, 2));
    }

    #[test]
    fn lists_that_no_reader_reads_are_not_written() {
        let name = "n".repeat(1 << 20);
        assert!(matches!(ListFiles::new([input(&name)], []), Err(Error::TooLarge { name: INPUTS, .. })));
        let withdrawn = Withdrawn { key: "k".to_owned(), reason: "r".repeat(64 << 20) };
        assert!(matches!(ListFiles::new([], [withdrawn]), Err(Error::TooLarge { name: WITHDRAWN, .. })));
    }
}
