//! `sign`: adds a signature to a release.
//!
//! A private key never comes here. [`SigningRequest::open`] verifies the release and hands out the bytes to sign;
//! the caller has them signed, as `ssh-keygen -Y sign` does; [`SigningRequest::add`] checks the signature and adds it
//! to those that are there, which stay.

use std::path::PathBuf;

use semver::Version;
use serde::Serialize;

use crate::error::{Error, SignatureFault};
use crate::progress::Progress;
use crate::release::{Format, MAX_SUMS_BYTES, Release, SIGNATURE, SUMS};
use crate::signature::{MAX_SIGNATURES_BYTES, NAMESPACE, Signature};
use crate::storage::Location;
use crate::verify::{VerifyOptions, verify};

/// A release that was found intact, and waits for a signature.
#[derive(Debug)]
pub struct SigningRequest {
    release: Release,
    sums: Vec<u8>,
}

/// A release and its new signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignReport {
    /// The folder of the release.
    pub release: PathBuf,
    /// Its version.
    pub version: Version,
    /// The fingerprint of the key, `SHA256:...`.
    pub key: String,
    /// The type of the key, such as `ssh-ed25519`.
    pub algorithm: String,
    /// Whether the signature was added. If not, the release had one by this key, and nothing was written.
    pub added: bool,
    /// The number of signatures that the release has now.
    pub signatures: usize,
}

impl SigningRequest {
    /// Opens a release to sign it, and verifies it: a signature is a promise about all of its bytes.
    ///
    /// # Errors
    /// [`Error::Signature`] if `verify` finds anything wrong, or if the release is of `pressmark/1`. Those of
    /// [`Release::open`] and [`verify`].
    pub fn open(folder: impl Into<Location>, options: &VerifyOptions, progress: &dyn Progress) -> Result<Self, Error> {
        let release = Release::open(folder)?;
        let format = release.manifest().format();
        if format < Format::V2 {
            let message = format!("its format is {}, which has no room for signatures", format.name());
            let hint = format!("sign the next release: builds write {}", Format::NEWEST.name());
            return Err(not_signed(&release, message, hint));
        }
        // Whoever signs first is not asked who has signed.
        let report = verify(release.location(), &VerifyOptions { signers: None, ..options.clone() }, progress)?;
        if !report.is_intact() {
            let found = crate::text::counted(report.findings.total(), "finding");
            let message = format!("it is damaged ({found})");
            let hint = format!("run `pressmark verify {}` to see what is wrong with it", release.folder().display());
            return Err(not_signed(&release, message, hint));
        }
        let sums = release.location().join(SUMS).read_bounded(MAX_SUMS_BYTES)?;
        let request = Self { release, sums };
        // Before anyone is asked for a passphrase.
        request.keys(request.file()?.as_deref())?;
        Ok(request)
    }

    /// The bytes to sign, for the namespace [`NAMESPACE`]: those of `SHA256SUMS`.
    pub fn bytes(&self) -> &[u8] {
        &self.sums
    }

    /// Adds a signature, which is the armored block that `ssh-keygen -Y sign` writes. The earlier signatures stay as
    /// they are. A second signature by the same key is not added.
    ///
    /// # Errors
    /// [`Error::Signature`] if the signature is not a good one of these bytes, or one that is there is not.
    /// [`Error::Io`] if the file cannot be read or written.
    pub fn add(&self, armored: &[u8]) -> Result<SignReport, Error> {
        let file = self.release.location().join(SIGNATURE);
        let signature = self.new_signature(armored)?;
        loop {
            let before = self.file()?;
            let keys = self.keys(before.as_deref())?;
            let (version, key) = (self.release.manifest().version.clone(), signature.key());
            let (release, algorithm) = (self.release.folder().to_owned(), signature.algorithm());
            let added = !keys.contains(&key);
            let signatures = keys.len() + usize::from(added);
            let report = SignReport { release, version, key, algorithm, added, signatures };
            if !added {
                return Ok(report);
            }
            let after = [before.as_deref().unwrap_or_default(), armored].concat();
            if after.len() as u64 > MAX_SIGNATURES_BYTES {
                let message = format!("{SIGNATURE} would have more than {MAX_SIGNATURES_BYTES} bytes");
                return Err(not_signed(&self.release, message, "it has more signatures than are read".to_owned()));
            }
            if before.is_none() {
                // Someone else may have signed in between. Their signature must not be lost.
                if file.put_if_absent(&after)? {
                    return Ok(report);
                }
                continue;
            }
            let mut upload = file.put()?;
            let written = std::io::Write::write_all(&mut upload, &after).and_then(|()| upload.finish());
            return written.map(|()| report).map_err(|source| file.failed("write", source));
        }
    }

    /// The bytes of the signatures that are there, if any are.
    fn file(&self) -> Result<Option<Vec<u8>>, Error> {
        let file = self.release.location().join(SIGNATURE);
        file.exists()?.then(|| file.read_bounded(MAX_SIGNATURES_BYTES)).transpose()
    }

    /// The new signature, which `verify` must be able to check.
    fn new_signature(&self, armored: &[u8]) -> Result<Signature, Error> {
        let refused = |message: String| {
            let hint =
                format!("sign the bytes of {SUMS} for the namespace `{NAMESPACE}` with an Ed25519, ECDSA or RSA key");
            not_signed(&self.release, format!("the new signature cannot be used: {message}"), hint)
        };
        let mut signatures = Signature::read_all(armored).map_err(refused)?;
        let (Some(signature), true) = (signatures.pop(), signatures.is_empty()) else {
            return Err(refused("it is more than one".to_owned()));
        };
        signature.verify(&self.sums).map_err(refused)?;
        Ok(signature)
    }

    /// The keys of the signatures that are there, all of which must be good ones.
    fn keys(&self, file: Option<&[u8]>) -> Result<Vec<String>, Error> {
        let Some(file) = file else { return Ok(Vec::new()) };
        let refused = |message: String| {
            let hint = format!("restore {SIGNATURE} from a copy of the release, or remove it and sign again");
            not_signed(&self.release, format!("{SIGNATURE}: {message}"), hint)
        };
        let signatures = Signature::read_all(file).map_err(refused)?;
        for (number, signature) in (1..).zip(&signatures) {
            signature.verify(&self.sums).map_err(|why| refused(format!("signature {number}: {why}")))?;
        }
        Ok(signatures.iter().map(Signature::key).collect())
    }
}

fn not_signed(release: &Release, message: String, hint: String) -> Error {
    Error::Signature(SignatureFault::NotSigned { release: release.folder().to_owned(), message, hint })
}
