//! The JSON form of a [`VerifyReport`]: one element of `releases` in `schema/verify-report.schema.json`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{Finding, VerifyReport};

#[derive(Serialize)]
struct Verified<'r> {
    release: String,
    intact: bool,
    quick: bool,
    version: Option<String>,
    fingerprint: Option<String>,
    files: u64,
    records: u64,
    counts: BTreeMap<&'static str, u64>,
    findings: &'r [Finding],
}

impl Serialize for VerifyReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Verified {
            release: self.folder.display().to_string(),
            intact: self.is_intact(),
            quick: self.quick,
            version: self.manifest.as_ref().map(|manifest| manifest.version.to_string()),
            fingerprint: self.manifest.as_ref().map(|manifest| manifest.fingerprint.to_string()),
            files: self.files,
            records: self.records,
            counts: self.findings.counts().iter().map(|(code, count)| (code.name(), *count)).collect(),
            findings: self.findings.kept(),
        }
        .serialize(serializer)
    }
}
