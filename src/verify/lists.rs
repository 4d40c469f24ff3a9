//! Checks the lists of a release, `inputs.jsonl` and `withdrawn.jsonl`: their lines, totals and hashes. In
//! `pressmark/1` the manifest contains both lists, and [`super::document`] checks them.

use std::collections::HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::document::check_input;
use super::files::Files;
use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::digest::Digest;
use crate::release::{
    INPUTS, Input, InputTotals, ListLines, Lists, MANIFEST, MAX_INPUT_BYTES, MAX_WITHDRAWN_BYTES, Manifest, WITHDRAWN,
    Withdrawn,
};
use crate::storage::Location;

/// What was found in the lists.
#[derive(Debug, Default)]
pub(super) struct CheckedLists {
    /// The number of hashed files.
    pub(super) hashed: u64,
    /// The keys of withdrawn records.
    pub(super) withdrawn: HashSet<String>,
}

/// Checks both lists.
pub(super) fn check(folder: &Location, manifest: &Manifest, files: &Files, findings: &mut Findings) -> CheckedLists {
    let mut checked = CheckedLists::default();
    let (totals, inputs_sha256, withdrawn, withdrawn_sha256) = match &manifest.lists {
        Lists::Embedded { withdrawn, .. } => {
            checked.withdrawn = withdrawn.iter().map(|record| record.key.clone()).collect();
            return checked;
        }
        Lists::Files { inputs, inputs_sha256, withdrawn, withdrawn_sha256 } => {
            (inputs, inputs_sha256, withdrawn, withdrawn_sha256)
        }
    };
    if totals.count > 0 && files.has(INPUTS) {
        let mut sums = Some(InputTotals::default());
        let list = List { folder, name: INPUTS, sha256: inputs_sha256, longest: MAX_INPUT_BYTES };
        let is_read = list.read(findings, |_number, input: Input, findings| {
            check_input(&input, INPUTS, findings);
            sums = sums.and_then(|sums| sums.checked_add(&input));
        });
        checked.hashed += u64::from(is_read);
        if is_read && sums != Some(*totals) {
            let message = format!("`inputs` does not have the totals of {INPUTS}");
            findings.add(Finding::new(Code::Counts, MANIFEST, &message));
        }
    }
    if *withdrawn > 0 && is_bounded(folder, files, findings) {
        let (mut last, mut count) = (None, 0);
        let list = List { folder, name: WITHDRAWN, sha256: withdrawn_sha256, longest: MAX_WITHDRAWN_BYTES };
        let is_read = list.read(findings, |number, record: Withdrawn, findings| {
            if last.as_ref().is_some_and(|last| *last >= record.key) {
                let message = format!("line {number}: its key does not follow that of the line before");
                findings.add(Finding::new(Code::List, WITHDRAWN, &message));
            }
            count += 1;
            checked.withdrawn.insert(record.key.clone());
            last = Some(record.key);
        });
        checked.hashed += u64::from(is_read);
        if is_read && count != *withdrawn {
            let message = format!("`withdrawn` counts {withdrawn} records, {WITHDRAWN} has {count}");
            findings.add(Finding::new(Code::Counts, MANIFEST, &message));
        }
    }
    checked
}

/// Whether there is a list of withdrawals that may be read into memory.
fn is_bounded(folder: &Location, files: &Files, findings: &mut Findings) -> bool {
    let is_too_large = |size: Option<u64>| size.is_some_and(|size| size > MAX_WITHDRAWN_BYTES);
    let is_bounded = files.has(WITHDRAWN) && !folder.join(WITHDRAWN).size().is_ok_and(is_too_large);
    if files.has(WITHDRAWN) && !is_bounded {
        let message = format!("larger than {MAX_WITHDRAWN_BYTES} bytes");
        findings.add(Finding::new(Code::FileUnreadable, WITHDRAWN, &message));
    }
    is_bounded
}

/// A list file, and its SHA-256 according to the manifest.
struct List<'l> {
    folder: &'l Location,
    name: &'static str,
    sha256: &'l Digest,
    longest: u64,
}

impl List<'_> {
    /// Passes each line to `each`, with its number. Returns whether the file was read to its end.
    fn read<T: Serialize + DeserializeOwned>(
        &self,
        findings: &mut Findings,
        mut each: impl FnMut(u64, T, &mut Findings),
    ) -> bool {
        let file = self.folder.join(self.name);
        let opened = ListLines::open(&file, self.longest);
        let mut lines = match opened {
            Ok(lines) => lines,
            Err(error) => {
                findings.add(Finding::unreadable(self.name, &error));
                return false;
            }
        };
        loop {
            match lines.next_line::<T>() {
                Ok(None) => break,
                Ok(Some(line)) => match line.entry {
                    Ok(entry) => each(line.number, entry, findings),
                    Err(message) => {
                        let message = format!("line {}: {message}", line.number);
                        findings.add(Finding::new(Code::List, self.name, &message));
                    }
                },
                Err(source) => {
                    findings.add(Finding::unreadable(self.name, &file.failed("read", source)));
                    return false;
                }
            }
        }
        let found = lines.sha256();
        if found != *self.sha256 {
            let message = format!("expected {}, found {found}", self.sha256);
            findings.add(Finding::new(Code::FileHash, self.name, &message));
        }
        true
    }
}
