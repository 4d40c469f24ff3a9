//! Checks the signatures of a release against the signers whom the reader trusts.
//!
//! A signature is over `SHA256SUMS`, whose lines are compared with the files elsewhere. A bad signature is always a
//! finding; one by another signer only if there is none by an allowed one.

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::files::Files;
use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::release::{Format, MAX_SUMS_BYTES, Release, SIGNATURE, SUMS};
use crate::signature::{MAX_SIGNATURES_BYTES, Signature, SignatureCheck, Signers, Verdict};

/// The signatures of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signatures {
    /// There are none, and none were asked for.
    None,
    /// There is a file of signatures. It was not read, because no signers were given.
    NotChecked,
    /// They were checked against the signers that were given. Empty if there are none that can be read.
    Checked(Vec<SignatureCheck>),
}

impl Signatures {
    /// The principals of the allowed signers who have signed, as in the file of signers. Not escaped for terminals.
    pub fn signers(&self) -> impl Iterator<Item = &str> {
        let checks = if let Self::Checked(checks) = self { checks.as_slice() } else { &[] };
        checks.iter().filter_map(|check| match &check.verdict {
            Verdict::Good { signer } => Some(signer.as_str()),
            Verdict::UnknownSigner { .. } | Verdict::Bad { .. } => None,
        })
    }
}

impl Serialize for Signatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut signatures = serializer.serialize_struct("Signatures", 2)?;
        signatures.serialize_field("checked", &matches!(self, Self::Checked(_)))?;
        match self {
            Self::Checked(checks) => signatures.serialize_field("found", checks)?,
            Self::None | Self::NotChecked => signatures.skip_field("found")?,
        }
        signatures.end()
    }
}

/// Checks the signatures of a release. Without signers, only whether there is a file of signatures.
pub(super) fn check(
    release: &Release,
    files: &Files,
    signers: Option<&Signers>,
    findings: &mut Findings,
) -> Signatures {
    let Some(signers) = signers else {
        return if is_signed(release, files) { Signatures::NotChecked } else { Signatures::None };
    };
    let (signatures, sums) = match read(release, files) {
        Ok(read) => read,
        Err(finding) => {
            findings.add(*finding);
            return Signatures::Checked(Vec::new());
        }
    };
    let released = release.manifest().released;
    let checks: Vec<_> = signatures.iter().map(|signature| signature.check(&sums, signers, released)).collect();
    report(&checks, findings);
    Signatures::Checked(checks)
}

/// Whether there is a file of signatures. In a release of `pressmark/1` a file of that name is a stray one.
fn is_signed(release: &Release, files: &Files) -> bool {
    release.manifest().format() > Format::V1 && files.has(SIGNATURE)
}

/// The signatures, at least one, and the bytes that they should be over. If either cannot be read, the release is not
/// signed, so there is always a finding.
fn read(release: &Release, files: &Files) -> Result<(Vec<Signature>, Vec<u8>), Box<Finding>> {
    if !is_signed(release, files) {
        return Err(Finding::new(Code::SignatureMissing, SIGNATURE, Code::SignatureMissing.meaning()).into());
    }
    let bytes = release.location().join(SIGNATURE).read_bounded(MAX_SIGNATURES_BYTES);
    let bytes = bytes.map_err(|error| Finding::unreadable(SIGNATURE, &error))?;
    let unreadable = |message: String| Box::new(Finding::new(Code::SignatureUnreadable, SIGNATURE, &message));
    let signatures = Signature::read_all(&bytes).map_err(unreadable)?;
    let sums = release.location().join(SUMS).read_bounded(MAX_SUMS_BYTES);
    sums.map(|sums| (signatures, sums)).map_err(|error| Finding::unreadable(SUMS, &error).into())
}

fn report(checks: &[SignatureCheck], findings: &mut Findings) {
    let is_signed = checks.iter().any(|check| matches!(check.verdict, Verdict::Good { .. }));
    for (number, SignatureCheck { key, algorithm, verdict }) in (1..).zip(checks) {
        let named = format!("signature {number} ({algorithm} {key})");
        match verdict {
            Verdict::Bad { message } => {
                findings.add(Finding::new(Code::SignatureBad, SIGNATURE, &format!("{named}: {message}")));
            }
            Verdict::UnknownSigner { message } if !is_signed => {
                findings.add(Finding::new(Code::SignerUnknown, SIGNATURE, &format!("{named}: {message}")));
            }
            Verdict::UnknownSigner { .. } | Verdict::Good { .. } => {}
        }
    }
}
