//! [`Parts`]: checks all parts of a release on several threads. It hashes their bytes, compares footers with
//! the format, checks each row group ([`super::rows`]), and passes the results in order to [`Sequence`].

use std::collections::HashSet;
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
use crate::part_files::{Indexes, ParquetFile};
use crate::progress::Progress;
use crate::release::{Manifest, Part};
use crate::storage::Location;

/// The most rows of a row group under any layout. A row group that claims more is not read, so that memory is
/// bounded.
const GROUP_ROWS: usize = 1 << 17;

/// The parts of a release, and the rules for them.
#[derive(Debug)]
pub(super) struct Parts<'r> {
    pub(super) folder: &'r Location,
    pub(super) manifest: &'r Manifest,
    /// The rules for rows. Without them, only bytes are checked.
    pub(super) rules: Option<&'r Rules<'r>>,
    /// The keys of withdrawn records.
    pub(super) withdrawn: &'r HashSet<String>,
    pub(super) files: &'r Files,
    /// The folder for scratch files.
    pub(super) scratch: &'r Path,
}

/// How much was checked.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// The number of hashed parts.
    pub(super) hashed: u64,
    /// The number of hashed records.
    pub(super) records: u64,
}

/// A step that any thread can do.
enum Step {
    Hash {
        index: usize,
    },
    /// The part is not read. The findings say why, unless that was reported before.
    Skip {
        findings: Findings,
    },
    Start {
        index: usize,
        findings: Findings,
    },
    Group {
        index: usize,
        group: usize,
        file: Arc<ParquetFile>,
    },
    End {
        index: usize,
    },
}

/// The result of a step.
enum StepResult<'r> {
    Hashed { index: usize, result: Result<Digest, Error> },
    Skipped { findings: Findings },
    Started { index: usize, findings: Findings },
    Group { index: usize, group: usize, bytes: u64, facts: Box<Facts<'r>> },
    Ended { index: usize },
}

impl<'r> Parts<'r> {
    /// Checks only footers.
    pub(super) fn footers(&self, progress: &dyn Progress, findings: &mut Findings) -> Result<(), Error> {
        for (index, part) in self.manifest.parts.iter().enumerate() {
            if let Some(rules) = self.rules.filter(|_| self.files.has(&part.path(index))) {
                let name = part.path(index);
                match self.open(Indexes::Pages, rules, &name, findings) {
                    Some(file) if u64::from(file.rows()) != part.rows => {
                        let message = format!("expected {} rows, the footer says {}", part.rows, file.rows());
                        findings.add(Finding::new(Code::RowCount, &name, &message));
                    }
                    _ => {}
                }
            }
            progress.step(part.bytes)?;
        }
        Ok(())
    }

    /// Hashes every part and checks every row.
    pub(super) fn all(
        &self,
        threads: usize,
        progress: &dyn Progress,
        findings: &mut Findings,
    ) -> Result<Checked, Error> {
        let mut checked = Checked::default();
        let mut sequence = self.rules.map(|rules| Sequence::new(rules, self.manifest, self.withdrawn, self.scratch));
        let take = |result: StepResult<'r>| {
            match (result, &mut sequence) {
                (StepResult::Hashed { index, result }, _) => {
                    progress.step(0)?;
                    checked.hashed += 1;
                    self.compare(index, result, findings);
                }
                (StepResult::Skipped { findings: more }, sequence) => {
                    findings.merge(more);
                    sequence.iter_mut().for_each(Sequence::skip);
                }
                (StepResult::Started { index, findings: more }, Some(sequence)) => {
                    findings.merge(more);
                    sequence.start(index);
                }
                (StepResult::Group { index, group, bytes, facts }, Some(sequence)) => {
                    progress.step(bytes)?;
                    return sequence.group(&self.part(index).path(index), group, *facts, findings);
                }
                (StepResult::Ended { index }, Some(sequence)) => {
                    sequence.end(&self.part(index).path(index), index, findings);
                }
                // Without rules, no part is opened.
                (StepResult::Started { .. } | StepResult::Group { .. } | StepResult::Ended { .. }, None) => {}
            }
            Ok(())
        };
        let workers = Workers { threads, under_way: threads * 4 };
        ordered_pool(workers, |give| self.steps(give), |step| self.work(step), take, || Error::Stopped)?;
        if let Some(sequence) = sequence {
            checked.records = sequence.finish(self.folder, findings)?;
        }
        Ok(checked)
    }

    fn part(&self, index: usize) -> &'r Part {
        &self.manifest.parts[index]
    }

    fn steps(&self, give: &mut dyn FnMut(Step) -> Result<(), Error>) -> Result<(), Error> {
        for (index, part) in self.manifest.parts.iter().enumerate() {
            let (name, mut findings) = (part.path(index), Findings::default());
            if !self.files.has(&name) {
                give(Step::Skip { findings })?;
                continue;
            }
            if self.files.has_listed_size(&name) {
                give(Step::Hash { index })?;
            }
            let Some(rules) = self.rules else { continue };
            match self.open(Indexes::All, rules, &name, &mut findings) {
                None => give(Step::Skip { findings })?,
                Some(file) => groups(index, &Arc::new(file), findings, give)?,
            }
        }
        Ok(())
    }

    /// Opens a part and reports what is wrong with its footer. `None` if its rows must not be read.
    fn open(&self, indexes: Indexes, rules: &Rules<'_>, name: &str, findings: &mut Findings) -> Option<ParquetFile> {
        let file = match ParquetFile::part(self.folder.join(name), rules.columns(), indexes) {
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

    fn work(&self, step: Step) -> StepResult<'r> {
        match step {
            Step::Hash { index } => {
                let result = self.folder.join(&self.part(index).path(index)).hash();
                StepResult::Hashed { index, result: result.map(|(_bytes, digest)| digest) }
            }
            Step::Skip { findings } => StepResult::Skipped { findings },
            Step::Start { index, findings } => StepResult::Started { index, findings },
            Step::End { index } => StepResult::Ended { index },
            Step::Group { index, group, file } => {
                let name = self.part(index).path(index);
                let task = Task { file: &file, name: &name, group };
                let rules = self.rules.expect("row groups are checked only with rules");
                let bytes = u64::try_from(file.metadata().row_group(group).compressed_size()).unwrap_or_default();
                StepResult::Group { index, group, bytes, facts: Box::new(Facts::of(rules, &task)) }
            }
        }
    }

    fn compare(&self, index: usize, result: Result<Digest, Error>, findings: &mut Findings) {
        let part = self.part(index);
        let name = part.path(index);
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
    index: usize,
    file: &Arc<ParquetFile>,
    findings: Findings,
    give: &mut dyn FnMut(Step) -> Result<(), Error>,
) -> Result<(), Error> {
    give(Step::Start { index, findings })?;
    for group in 0..file.groups() {
        give(Step::Group { index, group, file: file.clone() })?;
    }
    give(Step::End { index })
}
