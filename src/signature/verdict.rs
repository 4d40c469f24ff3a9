//! [`Signature`]: one signature of `SHA256SUMS.sig`, and the [`Verdict`] on it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::Serialize;
use ssh_key::{HashAlg, PublicKey, SshSig};

use super::armor::blocks;
use super::signers::Signers;
use super::{NAMESPACE, unsupported};
use crate::text::one_line;

/// Where the strings of a signature start: after `SSHSIG` and the version.
const START: usize = 10;
/// How many bytes a hardware key adds to its signature: flags and a counter.
const SK_TRAILER: usize = 5;

/// A signature that can be read. Whether it is good was not checked.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    ssh: SshSig,
}

/// One signature of a release, and the verdict on it. It serialises to an entry of `signatures.checked` in
/// `schema/verify-report.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureCheck {
    /// The fingerprint of the key, as `ssh-keygen -l` prints it: `SHA256:...`.
    pub key: String,
    /// The type of the key, such as `ssh-ed25519`.
    pub algorithm: String,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What a check of a signature found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Verdict {
    /// The signature is good, and its key is one of the allowed signers.
    Good {
        /// The principals of the key, as in the file of signers. Not escaped for terminals.
        signer: String,
    },
    /// The signature is good, but its key is not allowed.
    UnknownSigner {
        /// Why.
        message: String,
    },
    /// It is not a signature of these bytes for this purpose.
    Bad {
        /// Why.
        message: String,
    },
}

impl Signature {
    /// Reads the signatures of a file, at least one.
    ///
    /// # Errors
    /// Why the file, or one of its signatures, cannot be read.
    pub(crate) fn read_all(bytes: &[u8]) -> Result<Vec<Self>, String> {
        let read = |(number, block)| Self::read(block).map_err(|why| format!("signature {number}: {why}"));
        (1_usize..).zip(blocks(bytes)?).map(read).collect()
    }

    fn read(block: &str) -> Result<Self, String> {
        let unreadable = || "it is damaged, or made with a key type that is not supported".to_owned();
        let ssh = SshSig::from_pem(block).map_err(|_error| unreadable())?;
        if ssh.version() != SshSig::VERSION {
            return Err(format!("its format has the version {}, which is not supported", ssh.version()));
        }
        if let Some(why) = unsupported(ssh.public_key()) {
            return Err(why);
        }
        is_exact(block, &ssh).ok_or_else(unreadable)?;
        Ok(Self { ssh })
    }

    /// The fingerprint of its key, `SHA256:...`.
    pub(crate) fn key(&self) -> String {
        self.ssh.public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// The type of its key.
    pub(crate) fn algorithm(&self) -> String {
        self.ssh.public_key().algorithm().to_string()
    }

    /// Checks that it is a signature of these bytes as those of a release, by the key that it names.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) fn verify(&self, message: &[u8]) -> Result<(), String> {
        let namespace = self.ssh.namespace();
        if namespace != NAMESPACE {
            let namespace = one_line(namespace, 40);
            return Err(format!("it was made for the namespace `{namespace}`, not for `{NAMESPACE}`"));
        }
        let key = PublicKey::new(self.ssh.public_key().clone(), "");
        key.verify(NAMESPACE, message, &self.ssh).map_err(|_error| {
            "it is not over this SHA256SUMS: the file was changed after it was signed, or the signature is damaged"
                .to_owned()
        })
    }

    /// Checks it against the signers that are allowed for a release of this date.
    pub(crate) fn check(&self, message: &[u8], signers: &Signers, released: Date) -> SignatureCheck {
        let verdict = match self.verify(message) {
            Err(message) => Verdict::Bad { message },
            Ok(()) => match signers.allow(self.ssh.public_key(), released) {
                Ok(signer) => Verdict::Good { signer: signer.to_owned() },
                Err(message) => Verdict::UnknownSigner { message },
            },
        };
        SignatureCheck { key: self.key(), algorithm: self.algorithm(), verdict }
    }
}

/// Whether all lengths in a block are those of their contents, which `ssh_key` does not check: a signature has one
/// form, so that a changed byte never goes unnoticed.
fn is_exact(block: &str, ssh: &SshSig) -> Option<()> {
    let base64: String = block.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = STANDARD.decode(base64).ok()?;
    let mut rest = bytes.get(START..)?;
    let key = string(&mut rest)?;
    let _signed: [&[u8]; 3] = [string(&mut rest)?, string(&mut rest)?, string(&mut rest)?];
    let mut signature = string(&mut rest)?;
    let algorithm = string(&mut signature)?;
    let _checked = string(&mut signature)?;
    let trailer = if algorithm.starts_with(b"sk-") { SK_TRAILER } else { 0 };
    let same_key = PublicKey::new(ssh.public_key().clone(), "").to_bytes().is_ok_and(|bytes| bytes == key);
    (same_key && rest.is_empty() && signature.len() == trailer).then_some(())
}

/// The next string of the SSH wire format: a length and as many bytes.
fn string<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (string, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *bytes = rest;
    Some(string)
}

#[cfg(test)]
mod tests;
