//! `SHA256SUMS`: what `sha256sum -c` reads, written and parsed.

use std::collections::BTreeMap;

use crate::digest::Digest;

/// The longest `SHA256SUMS` that is read, in bytes.
pub(crate) const MAX_SUMS_BYTES: u64 = 64 << 20;

/// The files of a release by path, with their digests.
pub(crate) type Sums = BTreeMap<String, Digest>;

/// The bytes of `SHA256SUMS`: a line a file, sorted by path.
pub(crate) fn write_sums(sums: &Sums) -> Vec<u8> {
    let mut text = String::new();
    for (path, digest) in sums {
        text.push_str(&format!("{digest}  {path}\n"));
    }
    text.into_bytes()
}

/// Reads the bytes of `SHA256SUMS`. `None` if a line is not a digest, two spaces and a path, or
/// a path comes twice.
pub(crate) fn parse_sums(bytes: &[u8]) -> Option<Sums> {
    let mut sums = Sums::new();
    for line in str::from_utf8(bytes).ok()?.lines() {
        let (digest, path) = line.split_once("  ")?;
        if sums.insert(path.to_owned(), digest.parse().ok()?).is_some() {
            return None;
        }
    }
    Some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let sums = Sums::from([("b".to_owned(), Digest::of(b"b")), ("a/a".to_owned(), Digest::of(b"a"))]);
        let bytes = write_sums(&sums);
        assert!(bytes.starts_with(Digest::of(b"a").to_string().as_bytes()));
        assert_eq!(parse_sums(&bytes), Some(sums));
        for bad in ["x  a\n", "\n", &format!("{} a\n", Digest::of(b"")), &format!("{0}  a\n{0}  a\n", Digest::of(b""))]
        {
            assert_eq!(parse_sums(bad.as_bytes()), None, "{bad}");
        }
    }
}
