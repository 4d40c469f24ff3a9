//! SSH signatures over `SHA256SUMS`: reads the blocks of `SHA256SUMS.sig`, reads a file of allowed signers, and
//! decides which signatures are good and whose they are.
//!
//! Bytes in, verdicts out: nothing here opens a file, knows a clock or holds a private key. Signing is left to
//! OpenSSH, which knows every kind of key, agents and hardware ([`crate::sign`]).

mod armor;
mod pattern_list;
mod signers;
mod verdict;

pub use signers::Signers;
pub use verdict::{SignatureCheck, Verdict};

pub(crate) use verdict::Signature;

/// The namespace of signatures of releases. A signature for another purpose, such as a Git commit, does not count.
pub const NAMESPACE: &str = "pressmark";
/// The longest `SHA256SUMS.sig` that is read, in bytes: over two hundred signatures of Ed25519.
pub(crate) const MAX_SIGNATURES_BYTES: u64 = 64 << 10;
/// The longest file of allowed signers that is read, in bytes.
pub(crate) const MAX_SIGNERS_BYTES: u64 = 1 << 20;

/// What keeps a public key from being used.
fn unsupported(key: &ssh_key::public::KeyData) -> Option<String> {
    use ssh_key::public::KeyData;

    match key {
        KeyData::Ed25519(_) | KeyData::Ecdsa(_) | KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => None,
        KeyData::Rsa(rsa) => {
            let bits = rsa.n.as_positive_bytes().map_or(0, bits);
            let is_usable = (2048..=4096).contains(&bits);
            (!is_usable).then(|| format!("an RSA key must have 2048 to 4096 bits, this one has {bits}"))
        }
        key => Some(format!("keys of the type `{}` are not supported", key.algorithm())),
    }
}

/// The bits of a number, big-endian without leading zeros.
fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
