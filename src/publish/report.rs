//! The JSON form of a [`BuildReport`], as `pressmark build --format json` prints it. The names of
//! members are published.

use serde::{Serialize, Serializer};

use super::{BuildReport, DamagedFile, DatasetCard, KeyConflicts, Outcome};
use crate::metadata::Remark;
use crate::release::Format;
use crate::validate::ValidationReport;

#[derive(Serialize)]
struct Built<'r> {
    format: &'static str,
    outcome: &'static str,
    version: String,
    release: Option<String>,
    records: u64,
    duplicates: u64,
    superseded: u64,
    base: Option<BaseJson>,
    release_format: Format,
    previous_format: Option<Format>,
    parts: usize,
    reused_parts: usize,
    damaged: Vec<DamagedJson>,
    key_conflicts: &'r KeyConflicts,
    changelog_left: Option<String>,
    card: Option<&'static str>,
    card_left: Option<String>,
    remarks: &'r [Remark],
    check: ValidationReport<'r>,
}

#[derive(Serialize)]
struct DamagedJson {
    release: String,
    path: String,
    message: String,
}

#[derive(Serialize)]
struct BaseJson {
    version: String,
    replaced: u64,
    unchanged: u64,
    withdrawn: u64,
}

fn damaged_json(damaged: &DamagedFile) -> DamagedJson {
    DamagedJson {
        release: damaged.version.to_string(),
        path: damaged.path.display().to_string(),
        message: damaged.message.clone(),
    }
}

impl Serialize for BuildReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (outcome, release) = match &self.outcome {
            Outcome::Published(folder) => ("published", Some(folder.display().to_string())),
            Outcome::Unchanged(folder) => ("unchanged", Some(folder.display().to_string())),
            Outcome::DryRun(folder) => ("dry run", Some(folder.display().to_string())),
            Outcome::Refused => ("refused", None),
        };
        let (card, card_left) = match &self.card {
            DatasetCard::Unchanged => (None, None),
            DatasetCard::Written => (Some("written"), None),
            DatasetCard::Own => (Some("own"), None),
            DatasetCard::Left(left) => (Some("left"), Some(left.reason.clone())),
        };
        let ok = self.outcome != Outcome::Refused;
        Built {
            format: "pressmark-build/1",
            outcome,
            version: self.version.to_string(),
            release,
            records: self.records,
            duplicates: self.duplicates,
            superseded: self.superseded,
            base: self.upsert.as_ref().map(|base| BaseJson {
                version: base.version.to_string(),
                replaced: base.replaced,
                unchanged: base.unchanged,
                withdrawn: base.withdrawn,
            }),
            release_format: Format::NEWEST,
            previous_format: self.previous_format,
            parts: self.parts,
            reused_parts: self.reused,
            damaged: self.damaged.iter().map(damaged_json).collect(),
            key_conflicts: &self.conflicts,
            changelog_left: self.changelog_left.as_ref().map(|left| left.reason.clone()),
            card,
            card_left,
            remarks: &self.remarks,
            check: ValidationReport::new(&self.read, self.allowance, ok),
        }
        .serialize(serializer)
    }
}
