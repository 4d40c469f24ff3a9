//! `pressmark sign`: has `ssh-keygen` sign a release.
//!
//! OpenSSH holds the keys, as it does for Git: it reads key files, asks for passphrases, and knows agents and
//! hardware. No private key and no passphrase comes into this process.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Error;
use crate::error::SignatureFault;
use crate::release::SUMS;
use crate::sign::{SignReport, SigningRequest};
use crate::signature::NAMESPACE;
use crate::storage::filesystem;
use crate::text::{counted, printable};
use crate::verify::VerifyOptions;

use crate::cli::args::{SignArguments, threads};
use crate::cli::outcome::Outcome;
use crate::cli::paint::BOLD_GREEN;
use crate::cli::progress::Bar;
use crate::cli::{locate, terminal};

/// The longest signature that is read, in bytes. The longest of a supported key has about 1500.
const MAX_SIGNATURE_BYTES: u64 = 16 << 10;

pub(crate) fn run(arguments: &SignArguments) -> Result<Outcome, Error> {
    let release = locate::release(arguments.release.as_deref())?;
    let refused = |message: String, hint: String| {
        Error::Signature(SignatureFault::NotSigned { release: release.clone(), message, hint })
    };
    if !filesystem::is_file(&arguments.key).unwrap_or(false) {
        let message = format!("there is no key `{}`", printable(&arguments.key.display().to_string()));
        return Err(refused(message, "to make one, run: ssh-keygen -t ed25519".to_owned()));
    }
    let (threads, scratch) = (threads(arguments.threads), std::env::temp_dir());
    let options = VerifyOptions { quick: false, threads, scratch, signers: None };
    let bar = Bar::new();
    let request = SigningRequest::open(&release, &options, &bar)?;
    // Its line is where a passphrase is asked for.
    drop(bar);
    let signature = signed(request.bytes(), &arguments.key, refused)?;
    let report = request.add(&signature)?;
    if !terminal::is_quiet() {
        return terminal::print(&described(&report), Outcome::Yes);
    }
    Ok(Outcome::Yes)
}

/// The signature of `ssh-keygen`, which writes it beside a copy of the bytes. It needs standard input for itself: it
/// asks for a passphrase only if that is a terminal.
fn signed(bytes: &[u8], key: &Path, refused: impl Fn(String, String) -> Error) -> Result<Vec<u8>, Error> {
    let folder =
        tempfile::tempdir().map_err(|source| Error::io("create a folder in", &std::env::temp_dir(), source))?;
    let copy = folder.path().join(SUMS);
    filesystem::write_new(&copy, bytes)?;
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key).arg(&copy).stdout(Stdio::null());
    let status = command.status().map_err(|error| {
        let hint = "install OpenSSH 8.1 or later: apt-get install openssh-client, apk add openssh-keygen; macOS and \
                    Windows have it";
        refused(format!("`ssh-keygen` cannot be run: {error}"), hint.to_owned())
    })?;
    if !status.success() {
        let key = printable(&key.display().to_string());
        let hint = format!(
            "if the key has a passphrase, run `ssh-add {key}` first, or sign in a terminal; the key of a `.pub` file \
             must be in the agent"
        );
        return Err(refused(format!("`ssh-keygen` could not sign with `{key}`"), hint));
    }
    filesystem::read_bounded(&folder.path().join(format!("{SUMS}.sig")), MAX_SIGNATURE_BYTES)
}

fn described(report: &SignReport) -> String {
    let SignReport { key, algorithm, added, signatures, .. } = report;
    let release = printable(&report.release.display().to_string());
    let number = counted(*signatures as u64, "signature");
    if *added {
        format!("{BOLD_GREEN}signed{BOLD_GREEN:#} {release} with the {algorithm} key {key}; it has {number} now\n")
    } else {
        format!(
            "{BOLD_GREEN}ok{BOLD_GREEN:#} {release} was signed with the {algorithm} key {key} before; it has {number}\n"
        )
    }
}
