//! The files in `tests/signatures` were made with `ssh-keygen`, and for `sk-` keys by the same rules without hardware.

use std::path::Path;

use super::*;

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("../../../tests/signatures/", $name))
    };
}

const MESSAGE: &[u8] = file!("SHA256SUMS").as_bytes();

/// Each kind of key: its name, its public key, its signature.
const KINDS: [(&str, &str, &str); 8] = [
    ("ssh-ed25519", file!("ed25519.pub"), file!("ed25519.sig")),
    ("ecdsa-sha2-nistp256", file!("ecdsa-256.pub"), file!("ecdsa-256.sig")),
    ("ecdsa-sha2-nistp384", file!("ecdsa-384.pub"), file!("ecdsa-384.sig")),
    ("ecdsa-sha2-nistp521", file!("ecdsa-521.pub"), file!("ecdsa-521.sig")),
    ("ssh-rsa", file!("rsa-2048.pub"), file!("rsa-2048.sig")),
    ("ssh-rsa", file!("rsa-4096.pub"), file!("rsa-4096.sig")),
    ("sk-ssh-ed25519@openssh.com", file!("sk-ed25519.pub"), file!("sk-ed25519.sig")),
    ("sk-ecdsa-sha2-nistp256@openssh.com", file!("sk-ecdsa.pub"), file!("sk-ecdsa.sig")),
];

fn signers(lines: &[&str]) -> Signers {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let file = lines.join("\n");
    Signers::parse(Path::new("signers"), file.as_bytes()).unwrap()
}

/// The verdicts on a file of signatures over `message`.
#[track_caller]
fn verdicts(file: &str, message: &[u8], signers: &Signers) -> Vec<Verdict> {
    let signatures = Signature::read_all(file.as_bytes()).unwrap();
    let date = jiff::civil::date(2024, 6, 15);
    signatures.iter().map(|signature| signature.check(message, signers, date).verdict).collect()
}

fn good(signer: &str) -> Verdict {
    Verdict::Good { signer: signer.to_owned() }
}

fn bad() -> Verdict {
    let message =
        "it is not over this SHA256SUMS: the file was changed after it was signed, or the signature is damaged";
    Verdict::Bad { message: message.to_owned() }
}

fn unknown() -> Verdict {
    Verdict::UnknownSigner { message: "the key is not among the allowed signers".to_owned() }
}

#[test]
fn every_kind_of_key() {
    for (algorithm, key, signature) in KINDS {
        let line = format!("a@b {key}");
        let signers = signers(&[&line]);
        let checked = Signature::read_all(signature.as_bytes()).unwrap()[0].check(
            MESSAGE,
            &signers,
            jiff::civil::date(2024, 6, 15),
        );
        assert_eq!((checked.algorithm.as_str(), checked.verdict), (algorithm, good("a@b")));
        assert_eq!(verdicts(signature, b"other bytes", &signers), [bad()], "{algorithm}");
    }
}

#[test]
fn the_fingerprint_is_that_of_ssh_keygen() {
    let signature = &Signature::read_all(file!("ed25519.sig").as_bytes()).unwrap()[0];
    assert_eq!(signature.key(), "SHA256:DIfQv902p6RV3eBVu3jgUHpN6DtmgPJGZ8gkpb2nc8s");
}

#[test]
fn several_signatures() {
    let lines = [format!("a@b {}", file!("ed25519.pub")), format!("c@d {}", file!("rsa-2048.pub"))];
    let [both, first] = [signers(&[&lines[0], &lines[1]]), signers(&[&lines[0]])];
    let file = [file!("ed25519.sig"), file!("rsa-2048.sig")].concat();
    assert_eq!(verdicts(&file, MESSAGE, &both), [good("a@b"), good("c@d")]);
    assert_eq!(verdicts(&file, MESSAGE, &first), [good("a@b"), unknown()]);
    let file = [file!("other-bytes.sig"), file!("rsa-2048.sig")].concat();
    assert_eq!(verdicts(&file, MESSAGE, &both), [bad(), good("c@d")]);
}

#[test]
fn other_hashes_and_namespaces() {
    let signers = signers(&[&format!("a@b {}", file!("ed25519.pub"))]);
    assert_eq!(verdicts(file!("sha256.sig"), MESSAGE, &signers), [good("a@b")]);
    assert_eq!(verdicts(file!("other-bytes.sig"), b"other\n", &signers), [good("a@b")]);
    let message = "it was made for the namespace `file`, not for `pressmark`".to_owned();
    assert_eq!(verdicts(file!("namespace.sig"), MESSAGE, &signers), [Verdict::Bad { message }]);
}

#[test]
fn signatures_that_cannot_be_read() {
    #[track_caller]
    fn check(file: &str, want: &str) {
        assert_eq!(Signature::read_all(file.as_bytes()).unwrap_err(), want);
    }
    let kind = "signature 1: it is damaged, or made with a key type that is not supported";
    check(file!("certificate.sig"), kind);
    check(file!("rsa-1024.sig"), "signature 1: an RSA key must have 2048 to 4096 bits, this one has 1024");
    let version = file!("ed25519.sig").replacen("U1NIU0lHAAAAAQ", "U1NIU0lHAAAAAA", 1);
    check(&version, "signature 1: its format has the version 0, which is not supported");
    check(&file!("ed25519.sig").replacen("U1NIU0lHAAAAAQ", "U1NIU0lHAAAAAg", 1), kind);
    check(
        &[file!("ed25519.sig"), &version].concat(),
        "signature 2: its format has the version 0, which is not supported",
    );
    check("-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", kind);
}

/// One changed byte never leaves a signature of the same signer, and never crashes.
#[test]
fn every_byte_counts() {
    for (algorithm, key, signature) in KINDS {
        let line = format!("a@b {key}");
        let signers = signers(&[&line]);
        // The slow kinds: some of their bytes.
        let step = if algorithm == "ssh-ed25519" { 1 } else { 41 };
        for at in (0..signature.len()).step_by(step) {
            for flip in [1, 2, 32, 128] {
                let mut changed = signature.as_bytes().to_vec();
                changed[at] ^= flip;
                let read = Signature::read_all(&changed).unwrap_or_default();
                let date = jiff::civil::date(2024, 6, 15);
                let verdicts = read.iter().map(|signature| signature.check(MESSAGE, &signers, date).verdict);
                let goods = verdicts.filter(|verdict| matches!(verdict, Verdict::Good { .. })).count();
                assert_eq!(goods, 0, "{algorithm}: byte {at} changed by {flip}");
            }
        }
    }
}
