//! All parts of a release on several threads: bytes hashed, footers held against the format, row
//! groups looked through, and what came of it taken in order.

use std::path::Path;
use std::sync::Arc;

use super::files::Files;
use super::finding::{Finding, Findings};
use super::rows::{Facts, Rules, Task, unreadable};
use super::sequence::Sequence;
use crate::code::Code;
use crate::digest::Digest;
use crate::error::Error;
use crate::ordered_pool::{Workers, ordered_pool};
use crate::part_files::{ParquetFile, PartError};
use crate::progress::Progress;
use crate::release::{Manifest, Part};
use crate::schema::Columns;
use crate::storage::Location;

/// The most rows a row group has under any layout. One that claims more is not read, so that
/// what is known of its rows has a bound.
const GROUP_ROWS: usize = 1 << 17;

/// The parts of a release, and what is looked for in them.
#[derive(Debug)]
pub(super) struct Parts<'r> {
    pub(super) folder: &'r Location,
    pub(super) manifest: &'r Manifest,
    /// What rows are held against; without it, only bytes are looked at.
    pub(super) rules: Option<&'r Rules<'r>>,
    pub(super) files: &'r Files,
    /// Where scratch files lie.
    pub(super) scratch: &'r Path,
}

/// What was done with parts.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// How many were hashed.
    pub(super) hashed: u64,
    /// How many records were hashed.
    pub(super) records: u64,
}

/// A step that can be taken by itself.
enum Step {
    Hash {
        place: usize,
    },
    /// There is nothing to read, and the findings say why, unless it was told before.
    Skip {
        findings: Findings,
    },
    Start {
        place: usize,
        findings: Findings,
    },
    Group {
        place: usize,
        group: usize,
        file: Arc<ParquetFile>,
    },
    End {
        place: usize,
    },
}

/// What came of a step.
enum Taken<'r> {
    Hashed { place: usize, result: Result<Digest, Error> },
    Skipped { findings: Findings },
    Started { place: usize, findings: Findings },
    Looked { place: usize, group: usize, bytes: u64, facts: Box<Facts<'r>> },
    Ended { place: usize },
}

impl<'r> Parts<'r> {
    /// Looks at the footers alone.
    pub(super) fn footers(&self, progress: &dyn Progress, findings: &mut Findings) {
        for (place, part) in self.manifest.parts.iter().enumerate() {
            if let Some(rules) = self.rules.filter(|_| self.files.is_here(&part.path(place))) {
                let name = part.path(place);
                match self.open(ParquetFile::part, rules, &name, findings) {
                    Some(file) if u64::from(file.rows()) != part.rows => {
                        let message = format!("expected {} rows, the footer says {}", part.rows, file.rows());
                        findings.add(Finding::new(Code::RowCount, &name, &message));
                    }
                    _ => {}
                }
            }
            progress.advance(part.bytes);
        }
    }

    /// Hashes every part and looks at every row.
    pub(super) fn all(&self, threads: usize, progress: &dyn Progress, findings: &mut Findings) -> Result<Done, Error> {
        let mut done = Done::default();
        let mut sequence = self.rules.map(|rules| Sequence::new(rules, self.manifest, self.scratch));
        let take = |taken: Taken<'r>| {
            match (taken, &mut sequence) {
                (Taken::Hashed { place, result }, _) => {
                    done.hashed += 1;
                    self.compare(place, result, findings);
                }
                (Taken::Skipped { findings: more }, sequence) => {
                    findings.merge(more);
                    sequence.iter_mut().for_each(Sequence::skip);
                }
                (Taken::Started { place, findings: more }, Some(sequence)) => {
                    findings.merge(more);
                    sequence.start(place);
                }
                (Taken::Looked { place, group, bytes, facts }, Some(sequence)) => {
                    progress.advance(bytes);
                    return sequence.group(&self.part(place).path(place), group, *facts, findings);
                }
                (Taken::Ended { place }, Some(sequence)) => {
                    sequence.end(&self.part(place).path(place), place, findings);
                }
                // Without rules no part is opened.
                (Taken::Started { .. } | Taken::Looked { .. } | Taken::Ended { .. }, None) => {}
            }
            Ok(())
        };
        let workers = Workers { threads, under_way: threads * 4 };
        ordered_pool(workers, |give| self.steps(give), |step| self.work(step), take, || Error::Stopped)?;
        if let Some(sequence) = sequence {
            done.records = sequence.finish(self.folder, findings)?;
        }
        Ok(done)
    }

    fn part(&self, place: usize) -> &'r Part {
        &self.manifest.parts[place]
    }

    fn steps(&self, give: &mut dyn FnMut(Step) -> Result<(), Error>) -> Result<(), Error> {
        for (place, part) in self.manifest.parts.iter().enumerate() {
            let (name, mut findings) = (part.path(place), Findings::default());
            if !self.files.is_here(&name) {
                give(Step::Skip { findings })?;
                continue;
            }
            if self.files.has_its_size(&name) {
                give(Step::Hash { place })?;
            }
            let Some(rules) = self.rules else { continue };
            match self.open(ParquetFile::whole_part, rules, &name, &mut findings) {
                None => give(Step::Skip { findings })?,
                Some(file) => groups(place, &Arc::new(file), findings, give)?,
            }
        }
        Ok(())
    }

    /// Opens a part and reports what is wrong with its footer. `None` if its rows are not to be
    /// read.
    fn open(
        &self,
        open: fn(Location, &Columns) -> Result<ParquetFile, PartError>,
        rules: &Rules<'_>,
        name: &str,
        findings: &mut Findings,
    ) -> Option<ParquetFile> {
        let file = match open(self.folder.join(name), rules.columns()) {
            Ok(file) => file,
            Err(error) => {
                findings.add(unreadable(name, &error));
                return None;
            }
        };
        rules.footer.faults(file.metadata(), &mut |fault| {
            let mut finding = Finding::new(Code::PartSettings, name, &fault.message);
            finding = fault.group.map_or(finding.clone(), |group| finding.in_group(group));
            finding = fault.column.map_or(finding.clone(), |column| finding.in_column(&column));
            findings.add(finding);
        });
        if u64::from(file.rows()) > self.manifest.layout.target_rows * 4 {
            let message = format!("{} rows are more than a part can have; they were not read", file.rows());
            findings.add(Finding::new(Code::Cut, name, &message));
            return None;
        }
        if let Some(group) = (0..file.groups()).find(|group| file.group(*group).len() > GROUP_ROWS) {
            let message = "the row group has too many rows; the part was not read";
            findings.add(Finding::new(Code::RowGroup, name, message).in_group(group));
            return None;
        }
        Some(file)
    }

    fn work(&self, step: Step) -> Taken<'r> {
        match step {
            Step::Hash { place } => {
                let result = self.folder.join(&self.part(place).path(place)).hash();
                Taken::Hashed { place, result: result.map(|(_bytes, digest)| digest) }
            }
            Step::Skip { findings } => Taken::Skipped { findings },
            Step::Start { place, findings } => Taken::Started { place, findings },
            Step::End { place } => Taken::Ended { place },
            Step::Group { place, group, file } => {
                let name = self.part(place).path(place);
                let task = Task { file: &file, name: &name, group };
                let rules = self.rules.expect("row groups are looked at only by rules");
                let bytes = u64::try_from(file.metadata().row_group(group).compressed_size()).unwrap_or_default();
                Taken::Looked { place, group, bytes, facts: Box::new(Facts::of(rules, &task)) }
            }
        }
    }

    fn compare(&self, place: usize, result: Result<Digest, Error>, findings: &mut Findings) {
        let part = self.part(place);
        let name = part.path(place);
        match result {
            Ok(found) if found == part.sha256 => {}
            Ok(found) => {
                let message = format!("expected {}, found {found}", part.sha256);
                findings.add(Finding::new(Code::FileHash, &name, &message));
            }
            Err(error) => findings.add(Finding::unreadable(&name, &error)),
        }
    }
}

fn groups(
    place: usize,
    file: &Arc<ParquetFile>,
    findings: Findings,
    give: &mut dyn FnMut(Step) -> Result<(), Error>,
) -> Result<(), Error> {
    give(Step::Start { place, findings })?;
    for group in 0..file.groups() {
        give(Step::Group { place, group, file: file.clone() })?;
    }
    give(Step::End { place })
}
