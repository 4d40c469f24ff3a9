//! Releases that are signed and verified, with the real `ssh-keygen` on the other side: it accepts what `sign` writes,
//! and `verify --signers` accepts what it writes. Without `ssh-keygen` these tests say that they were skipped, except
//! where `CI` is set.

#![expect(clippy::print_stdout, reason = "a test that was skipped must say so")]

use std::env;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use pressmark::digest::Digest;
use serde_json::{Value, json};

use crate::support::{Test, articles};

/// The kinds of keys that `ssh-keygen` makes without hardware.
const KINDS: [&str; 6] = ["ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa-2048", "rsa-4096"];

/// A release `set/1.0.0` to sign, and keys beside it. `None` if there is no `ssh-keygen`.
fn story(kinds: &[&str]) -> Option<Test> {
    let found = Command::new("ssh-keygen").arg("-?").stderr(Stdio::null()).status();
    if let Err(error) = found {
        assert!(env::var_os("CI").is_none(), "CI needs ssh-keygen (Debian: openssh-client): {error}");
        println!("skipped: ssh-keygen cannot be run ({error})");
        return None;
    }
    let test = Test::set("", articles(&["a", "b", "c"]));
    test.build("").check();
    for kind in kinds {
        key(&test, kind, "");
    }
    Some(test)
}

/// Makes the key `KIND` of `KIND@example.org`.
#[track_caller]
fn key(test: &Test, kind: &str, passphrase: &str) {
    let (algorithm, bits) = kind.split_once('-').unwrap_or((kind, "256"));
    let comment = format!("{kind}@example.org");
    ssh_keygen(test, &["-q", "-t", algorithm, "-b", bits, "-N", passphrase, "-C", &comment, "-f", kind], None);
}

/// Runs `ssh-keygen` in the folder of the test. Returns what it says.
#[track_caller]
fn ssh_keygen(test: &Test, arguments: &[&str], stdin: Option<&str>) -> String {
    let stdin = stdin.map_or_else(Stdio::null, |name| File::open(test.path(name)).unwrap().into());
    let output = Command::new("ssh-keygen").args(arguments).current_dir(test.path("")).stdin(stdin).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "ssh-keygen {arguments:?}: {said}");
    said
}

/// A line of allowed signers for `KIND@example.org`.
fn line(test: &Test, kind: &str, options: &str) -> String {
    let public = String::from_utf8(test.read(&format!("{kind}.pub"))).unwrap();
    let words: Vec<&str> = public.split_whitespace().collect();
    format!("{kind}@example.org {options} {} {}\n", words[0], words[1])
}

/// Writes the file `signers` for these kinds of keys.
fn allow(test: &Test, kinds: &[&str]) {
    test.write("signers", kinds.iter().map(|kind| line(test, kind, "")).collect::<String>());
}

/// The fingerprint of a key.
fn fingerprint(test: &Test, kind: &str) -> String {
    let said = ssh_keygen(test, &["-l", "-f", &format!("{kind}.pub")], None);
    said.split_whitespace().nth(1).unwrap().to_owned()
}

/// Lets `ssh-keygen` sign the release, as the docs say.
#[track_caller]
fn sign_by_hand(test: &Test, kind: &str, namespace: &str) {
    ssh_keygen(test, &["-q", "-Y", "sign", "-n", namespace, "-f", kind, "set/1.0.0/SHA256SUMS"], None);
}

/// Lets `ssh-keygen` verify a file of signatures of the release, as the docs say.
#[track_caller]
fn verify_by_hand(test: &Test, kind: &str, signatures: &str) {
    let who = format!("{kind}@example.org");
    let arguments = ["-Y", "verify", "-f", "signers", "-I", &who, "-n", "pressmark", "-s", signatures];
    let said = ssh_keygen(test, &arguments, Some("set/1.0.0/SHA256SUMS"));
    assert!(said.contains(&format!("Good \"pressmark\" signature for {who} with")), "{said}");
}

/// The report of `verify --signers signers` on the release.
#[track_caller]
fn verify(test: &Test, code: i32) -> Value {
    let report = test.run("verify set/1.0.0 --signers signers --format json").code(code).leaves_nothing().json();
    let schema: Value = serde_json::from_str(include_str!("../schema/verify-report.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &report), "{report:#}");
    report["releases"][0].clone()
}

/// The findings of `verify --signers signers` on a release that has some: code and message of each.
#[track_caller]
fn findings(test: &Test) -> Vec<(String, String)> {
    let report = verify(test, 1);
    let member = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| (member(finding, "code"), member(finding, "message"))).collect()
}

#[track_caller]
fn check_findings(test: &Test, want: &[(&str, &str)]) {
    let found = findings(test);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, message)| (code.as_str(), message.as_str())).collect();
    assert_eq!(found, want);
}

/// A line of allowed signers.
const SIGNER: &str = concat!("a@b ", include_str!("signatures/ed25519.pub"));
const SIG: &str = "set/1.0.0/SHA256SUMS.sig";
const DAMAGED: &str =
    "it is not over this SHA256SUMS: the file was changed after it was signed, or the signature is damaged";

#[test]
fn ssh_keygen_accepts_what_sign_writes() {
    let Some(test) = story(&KINDS) else { return };
    allow(&test, &KINDS);
    for kind in KINDS {
        let words = test.run(&format!("sign set --key {kind}")).check();
        let name = fingerprint(&test, kind);
        let algorithm = line(&test, kind, "").split_whitespace().nth(1).unwrap().to_owned();
        let signed = format!("signed set/1.0.0 with the {algorithm} key {name}; it has 1 signature now\n");
        assert_eq!(words, signed);
        verify_by_hand(&test, kind, SIG);
        let want =
            json!([{ "key": name, "algorithm": algorithm, "status": "good", "signer": format!("{kind}@example.org") }]);
        assert_eq!(verify(&test, 0)["signatures"], json!({ "checked": true, "found": want }));
        test.remove(SIG);
    }
}

#[test]
fn verify_accepts_what_ssh_keygen_writes() {
    let Some(test) = story(&KINDS) else { return };
    allow(&test, &KINDS);
    for kind in KINDS {
        sign_by_hand(&test, kind, "pressmark");
        let said = test.run("verify set/1.0.0 --signers signers").leaves_nothing().check();
        assert!(said.contains(&format!("; signed by {kind}@example.org; fingerprint ")), "{said}");
        test.remove(SIG);
    }
}

#[test]
fn two_people_sign() {
    let Some(test) = story(&["ed25519", "rsa-2048", "ecdsa-256"]) else { return };
    allow(&test, &["ed25519", "rsa-2048"]);
    test.run("sign set/1.0.0 --key ed25519").check();
    let first = test.read(SIG);
    test.run("sign set/1.0.0 --key rsa-2048").stdout_has("; it has 2 signatures now\n").check();
    let both = test.read(SIG);
    assert!(both.starts_with(&first) && both.len() > first.len());
    let said = test.run("verify set/1.0.0 --signers signers").check();
    assert!(said.contains("; signed by ed25519@example.org, rsa-2048@example.org; "), "{said}");
    // By hand, each block is a file of its own.
    test.write("second.sig", &both[first.len()..]);
    verify_by_hand(&test, "ed25519", SIG);
    verify_by_hand(&test, "rsa-2048", "second.sig");
    // Again with the same key: nothing is added.
    let ok = format!(
        "ok set/1.0.0 was signed with the ssh-ed25519 key {} before; it has 2 signatures\n",
        fingerprint(&test, "ed25519")
    );
    test.run("sign set/1.0.0 --key ed25519").stdout(ok).leaves_nothing().check();
    // One of them is enough, and a third one whom this reader does not know does no harm.
    test.run("sign set/1.0.0 --key ecdsa-256").check();
    allow(&test, &["rsa-2048"]);
    let report = verify(&test, 0);
    let status: Vec<_> =
        report["signatures"]["found"].as_array().unwrap().iter().map(|found| &found["status"]).collect();
    assert_eq!(status, ["unknown-signer", "good", "unknown-signer"]);
}

#[test]
fn without_signers_a_signature_is_reported() {
    let Some(test) = story(&["ed25519"]) else { return };
    let report = |test: &Test| test.run("verify set/1.0.0 --format json").json()["releases"][0].clone();
    assert_eq!(report(&test).get("signatures"), None);
    test.run("sign set/1.0.0 --key ed25519").check();
    assert_eq!(report(&test)["signatures"], json!({ "checked": false }));
    for arguments in ["", "--quick"] {
        let said = test.run(&format!("verify set/1.0.0 {arguments}")).check();
        assert!(said.contains("; signed, not checked (use --signers FILE)"), "{said}");
    }
    test.run("verify set/1.0.0 --quick --signers signers").code(2).stderr_has("cannot be used with").check();
}

#[test]
fn findings_have_codes() {
    let Some(test) = story(&["ed25519", "rsa-2048"]) else { return };
    allow(&test, &["rsa-2048"]);
    check_findings(&test, &[("R-SIGNATURE-MISSING", "the release is not signed")]);
    // An unknown signer.
    let named = format!("signature 1 (ssh-ed25519 {})", fingerprint(&test, "ed25519"));
    sign_by_hand(&test, "ed25519", "pressmark");
    let message = format!("{named}: the key is not among the allowed signers");
    check_findings(&test, &[("R-SIGNER-UNKNOWN", &message)]);
    // A signature for another purpose.
    test.remove(SIG);
    allow(&test, &["ed25519", "rsa-2048"]);
    sign_by_hand(&test, "ed25519", "file");
    let message = format!("{named}: it was made for the namespace `file`, not for `pressmark`");
    check_findings(&test, &[("R-SIGNATURE-BAD", &message)]);
    // A signature over other bytes.
    test.write("SHA256SUMS", "other bytes\n");
    ssh_keygen(&test, &["-q", "-Y", "sign", "-n", "pressmark", "-f", "ed25519", "SHA256SUMS"], None);
    let other = test.read("SHA256SUMS.sig");
    test.write(SIG, &other);
    let message = format!("{named}: {DAMAGED}");
    check_findings(&test, &[("R-SIGNATURE-BAD", &message)]);
    // One of two is bad.
    test.remove(SIG);
    sign_by_hand(&test, "rsa-2048", "pressmark");
    test.write(SIG, [other, test.read(SIG)].concat());
    check_findings(&test, &[("R-SIGNATURE-BAD", &message)]);
    // No list of hashes to compare with.
    let sums = test.read("set/1.0.0/SHA256SUMS");
    test.remove("set/1.0.0/SHA256SUMS");
    let codes: Vec<String> = findings(&test).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["R-FILE-MISSING", "R-FILE-UNREADABLE"]);
    test.write("set/1.0.0/SHA256SUMS", sums);
    // No signature at all, and one that is too large.
    test.write(SIG, "signed by me\n");
    let message = "line 1: expected `-----BEGIN SSH SIGNATURE-----`";
    check_findings(&test, &[("R-SIGNATURE-UNREADABLE", message)]);
    test.write(SIG, vec![b'-'; (64 << 10) + 1]);
    check_findings(&test, &[("R-FILE-UNREADABLE", "cannot read `set/1.0.0/SHA256SUMS.sig`: larger than 65536 bytes")]);
}

#[test]
fn options_of_signers() {
    let Some(test) = story(&["ed25519"]) else { return };
    sign_by_hand(&test, "ed25519", "pressmark");
    for options in ["namespaces=\"git,press*\"", "valid-after=\"20241231\"", "valid-before=\"202412312359Z\""] {
        test.write("signers", line(&test, "ed25519", options));
        verify(&test, 0);
    }
    let named = format!("signature 1 (ssh-ed25519 {}): the key of ed25519@example.org", fingerprint(&test, "ed25519"));
    for (options, why) in [
        ("namespaces=\"git\"", "is not allowed for the namespace `pressmark`, only for \"git\""),
        ("valid-after=\"20250101\"", "is valid from 2025-01-01, and the release is dated 2024-12-31"),
        ("valid-before=\"20241230\"", "is valid until 2024-12-30, and the release is dated 2024-12-31"),
    ] {
        test.write("signers", line(&test, "ed25519", options));
        check_findings(&test, &[("R-SIGNER-UNKNOWN", &format!("{named} {why}"))]);
    }
}

#[test]
fn signers_that_cannot_be_used() {
    let Some(test) = story(&["ed25519"]) else { return };
    sign_by_hand(&test, "ed25519", "pressmark");
    let help = "  help: each line is `PRINCIPALS [OPTIONS] KEYTYPE KEY`; see ALLOWED SIGNERS in `man ssh-keygen`\n";
    let refused = |file: &[u8], want: &str| {
        test.write("signers", file);
        let run = test.run("verify set/1.0.0 --signers signers").code(2).leaves_nothing();
        run.stdout("").stderr(format!("error: `signers`{want}\n{help}")).check();
    };
    refused(b"", ": the file lists no signer");
    let ca = line(&test, "ed25519", "cert-authority");
    refused(ca.as_bytes(), " line 1: `cert-authority` is not supported; list the key of each signer");
    let escapes = b"# signers\na@b \x1b[31m\n";
    refused(escapes, " line 2: unknown option `\\u{1b}[31m`");
    refused(b"a@b ssh-ed25519 AAAA", " line 1: the key is not a public key of OpenSSH, such as `ssh-ed25519 AAAA..`");
    refused(b"\xff\xfe", " line 1: the line is not UTF-8");
    test.write("signers", vec![b'\n'; (1 << 20) + 1]);
    let run = test.run("verify set/1.0.0 --signers signers").code(2).leaves_nothing();
    run.stderr("error: cannot read `signers`\n  caused by: larger than 1048576 bytes\n").check();
    test.run("verify set/1.0.0 --signers absent").code(2).stderr_has("error: cannot read `absent`\n").check();
}

/// Names of signers are from a file of someone else: they reach no terminal as they are.
#[test]
fn hostile_principals_are_escaped() {
    let Some(test) = story(&["ed25519"]) else { return };
    sign_by_hand(&test, "ed25519", "pressmark");
    test.write("signers", format!("\u{1b}[31m{}", line(&test, "ed25519", "")));
    let said = test.run("verify set/1.0.0 --signers signers").check();
    assert!(said.contains("; signed by \\u{1b}[31med25519@example.org; "), "{said}");
    let said = test.run("verify set/1.0.0 --signers signers --format json").check();
    assert!(!said.contains('\u{1b}'), "{said}");
}

/// A release that was changed after it was signed, with `SHA256SUMS` made to agree: only the signature tells.
#[test]
fn a_release_that_was_sealed_again() {
    let Some(test) = story(&["ed25519"]) else { return };
    allow(&test, &["ed25519"]);
    test.run("sign set/1.0.0 --key ed25519").check();
    let names = ["set/1.0.0/manifest.json", "set/1.0.0/SHA256SUMS"];
    let [manifest, sums] = names.map(|name| String::from_utf8(test.read(name)).unwrap());
    let changed = manifest.replace("\"released\": \"2024-12-31\"", "\"released\": \"2024-12-30\"");
    let digest = |text: &str| Digest::of(text.as_bytes()).to_string();
    test.write(names[0], &changed);
    test.write(names[1], sums.replace(&digest(&manifest), &digest(&changed)));
    let codes: Vec<String> = findings(&test).into_iter().map(|(code, _)| code).collect();
    assert!(codes.contains(&"R-SIGNATURE-BAD".to_owned()), "{codes:?}");
}

/// Any changed byte of any file is found, of the signature too: bytes all over each file, and its last one.
#[test]
fn every_byte_is_signed() {
    let Some(test) = story(&["ed25519"]) else { return };
    allow(&test, &["ed25519"]);
    test.run("sign set/1.0.0 --key ed25519").check();
    verify(&test, 0);
    let signers = pressmark::signature::Signers::parse(Path::new("signers"), &test.read("signers")).unwrap();
    let options =
        pressmark::verify::VerifyOptions { quick: false, threads: 2, scratch: env::temp_dir(), signers: Some(signers) };
    let release = test.path("set/1.0.0");
    let intact = || {
        let report = pressmark::verify::verify(&release, &options, &pressmark::progress::NoProgress).unwrap();
        report.is_intact() && report.signatures.signers().count() == 1
    };
    assert!(intact());
    for (name, bytes) in crate::support::files(&release) {
        let step = (bytes.len() / 20).max(1);
        for at in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            test.write(&format!("set/1.0.0/{name}"), &changed);
            assert!(!intact(), "{name}: byte {at}");
        }
        test.write(&format!("set/1.0.0/{name}"), &bytes);
    }
    assert!(intact());
}

#[test]
fn what_is_not_signed() {
    let Some(test) = story(&["ed25519", "rsa-1024"]) else { return };
    let refused = |arguments: &str, want: &str| {
        let said = test.run(&format!("sign set/1.0.0 {arguments}")).code(2).leaves_nothing().stdout("").told_any();
        assert!(said.ends_with(want), "{said}");
    };
    refused(
        "--key absent",
        "error: cannot sign `set/1.0.0`: there is no key `absent`\n  help: to make one, run: ssh-keygen -t ed25519\n",
    );
    refused(
        "--key rsa-1024",
        "error: cannot sign `set/1.0.0`: the new signature cannot be used: signature 1: an RSA key must have 2048 to \
         4096 bits, this one has 1024\n  help: sign the bytes of SHA256SUMS for the namespace `pressmark` with an \
         Ed25519, ECDSA or RSA key\n",
    );
    // The private key is not beside its public key, and there is no agent.
    test.write("lonely.pub", test.read("ed25519.pub"));
    let help = |key: &str| {
        format!(
            "error: cannot sign `set/1.0.0`: `ssh-keygen` could not sign with `{key}`\n  help: if the key has a \
             passphrase, run `ssh-add {key}` first, or sign in a terminal; the key of a `.pub` file must be in the agent\n"
        )
    };
    refused("--key lonely.pub", &help("lonely.pub"));
    key(&test, "ecdsa-256", "secret");
    refused("--key ecdsa-256", &help("ecdsa-256"));
    // A bad signature stays for someone to look at.
    test.write(SIG, "signed by me\n");
    refused(
        "--key ed25519",
        "error: cannot sign `set/1.0.0`: SHA256SUMS.sig: line 1: expected `-----BEGIN SSH SIGNATURE-----`\n  help: \
         restore SHA256SUMS.sig from a copy of the release, or remove it and sign again\n",
    );
    test.write(SIG, "");
    refused(
        "--key ed25519",
        "error: cannot sign `set/1.0.0`: SHA256SUMS.sig: the file is empty\n  help: restore SHA256SUMS.sig from a copy of \
         the release, or remove it and sign again\n",
    );
    test.remove(SIG);
    test.write("set/1.0.0/schema.json", "{}");
    let said = test.run("sign set/1.0.0 --key ed25519").code(2).leaves_nothing().told_any();
    assert!(
        said.starts_with("error: cannot sign `set/1.0.0`: it is damaged (2 findings)\n  help: run `pressmark verify "),
        "{said}"
    );
}

/// A signature would be a stray file in a release of `pressmark/1`.
#[test]
fn releases_of_the_first_format_take_no_signature() {
    let test = Test::new().file("key", "").file("signers", SIGNER);
    let release = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/asharq-al-awsat/1.0.0");
    for (name, bytes) in crate::support::files(&release) {
        test.write(&format!("old/{name}"), bytes);
    }
    let refused = "error: cannot sign `old`: its format is pressmark/1, which has no room for signatures\n  help: sign the \
                   next release: builds write pressmark/2\n";
    test.run("sign old --key key").code(2).leaves_nothing().stdout("").stderr(refused).check();
    let said = test.run("verify old --signers signers").code(1).check();
    assert!(said.ends_with("  R-SIGNATURE-MISSING SHA256SUMS.sig: the release is not signed\n"), "{said}");
    test.write("old/SHA256SUMS.sig", include_str!("signatures/ed25519.sig"));
    let said = test.run("verify old").code(1).check();
    assert!(said.contains("R-FILE-EXTRA SHA256SUMS.sig") && !said.contains("signed"), "{said}");
}

/// An agent has the key, and the file only its public half. The agent is asked too for a key with a passphrase.
#[cfg(unix)]
#[test]
fn agents() {
    let Some(test) = story(&["ed25519", "rsa-2048"]) else { return };
    allow(&test, &["ed25519", "rsa-2048"]);
    let socket: &'static str = test.path("agent").display().to_string().leak();
    let agent = Command::new("ssh-agent").args(["-D", "-a", socket]).stdout(Stdio::null()).spawn();
    let mut agent = Stopped(agent.unwrap());
    let start = std::time::Instant::now();
    while !test.path("agent").exists() {
        assert!(start.elapsed().as_secs() < 60, "ssh-agent does not start");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    for kind in ["ed25519", "rsa-2048"] {
        let added =
            Command::new("ssh-add").args(["-q", kind]).env("SSH_AUTH_SOCK", socket).current_dir(test.path("")).status();
        assert!(added.unwrap().success());
    }
    test.write("public/ed25519.pub", test.read("ed25519.pub"));
    test.run("sign set/1.0.0 --key public/ed25519.pub").variable("SSH_AUTH_SOCK", socket).check();
    // Now the file has a passphrase.
    ssh_keygen(&test, &["-q", "-p", "-P", "", "-N", "secret", "-f", "rsa-2048"], None);
    test.run("sign set/1.0.0 --key rsa-2048").variable("SSH_AUTH_SOCK", socket).check();
    let said = test.run("verify set/1.0.0 --signers signers").check();
    assert!(said.contains("; signed by ed25519@example.org, rsa-2048@example.org; "), "{said}");
    agent.0.kill().unwrap();
    fs::remove_file(socket).unwrap_or_default();
}

/// A process that ends with the test.
#[cfg(unix)]
struct Stopped(std::process::Child);

#[cfg(unix)]
impl Drop for Stopped {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// A signature does not name a release: the same bytes elsewhere are signed too.
#[test]
fn signatures_travel_with_copies() {
    let Some(test) = story(&["ed25519"]) else { return };
    allow(&test, &["ed25519"]);
    test.run("sign set/1.0.0 --key ed25519").check();
    for (name, bytes) in crate::support::files(&test.path("set/1.0.0")) {
        test.write(&format!("copy/{name}"), bytes);
    }
    let said = test.run("verify copy --signers signers").check();
    assert!(said.contains("; signed by ed25519@example.org; "), "{said}");
    assert_eq!(Digest::of(&test.read("copy/SHA256SUMS.sig")), Digest::of(&test.read(SIG)));
}
