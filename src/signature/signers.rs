//! [`Signers`]: the keys that a reader trusts, from a file as `ssh-keygen(1)` describes it under ALLOWED SIGNERS.
//!
//! The file decides what is trusted, so a line that is not understood is an error, never skipped. Certificates are
//! not supported: a line with `cert-authority` is refused.

use std::path::Path;

use jiff::civil::Date;
use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use super::pattern_list::matches_list;
use super::{MAX_SIGNERS_BYTES, NAMESPACE, unsupported};
use crate::error::{Error, SignatureFault};
use crate::storage::filesystem;
use crate::text::one_line;

/// The keys that a reader trusts, each with the principals it belongs to.
///
/// ```
/// use std::path::Path;
/// use pressmark::signature::Signers;
///
/// let file = "alice@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOgKfCN5JgsGIDHz6q8IZwDj4YqaPoCrGfnGzimHNTpF\n";
/// assert!(Signers::parse(Path::new("allowed_signers"), file.as_bytes()).is_ok());
/// let error = Signers::parse(Path::new("allowed_signers"), b"alice@example.org").unwrap_err();
/// assert_eq!(error.to_string(), "`allowed_signers` line 1: there is no key after the principals");
/// ```
#[derive(Debug, Clone)]
pub struct Signers {
    lines: Vec<AllowedSigner>,
}

/// One line of the file.
#[derive(Debug, Clone)]
struct AllowedSigner {
    /// As in the file.
    principals: String,
    key: KeyData,
    limits: Limits,
}

/// The options of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Limits {
    /// A list of patterns.
    namespaces: Option<String>,
    valid_after: Option<Date>,
    valid_before: Option<Date>,
}

impl Signers {
    /// Reads a file of allowed signers, of at most 1 MiB.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::TooLarge`], and those of [`Signers::parse`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::parse(path, &filesystem::read_input_bounded(path, MAX_SIGNERS_BYTES)?)
    }

    /// Parses a file of allowed signers. `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Signature`] with the line that cannot be used, or if the file lists no key.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let fault = |line, message| Error::Signature(SignatureFault::Signers { path: path.to_owned(), line, message });
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let line =
                str::from_utf8(line).map_err(|_not_utf8| fault(Some(number), "the line is not UTF-8".to_owned()))?;
            let line = line.trim_matches([' ', '\t', '\r']);
            if !line.is_empty() && !line.starts_with('#') {
                lines.push(AllowedSigner::parse(line).map_err(|message| fault(Some(number), message))?);
            }
        }
        if lines.is_empty() {
            return Err(fault(None, "the file lists no signer".to_owned()));
        }
        Ok(Self { lines })
    }

    /// The principals of the first line that allows this key for releases of this date.
    ///
    /// # Errors
    /// Why no line does.
    pub(super) fn allow(&self, key: &KeyData, released: Date) -> Result<&str, String> {
        let mut why = None;
        for line in self.lines.iter().filter(|line| line.key == *key) {
            match line.limits.refuse(released) {
                None => return Ok(&line.principals),
                Some(reason) => why = Some(format!("the key of {} {reason}", one_line(&line.principals, 100))),
            }
        }
        Err(why.unwrap_or_else(|| "the key is not among the allowed signers".to_owned()))
    }
}

impl AllowedSigner {
    fn parse(line: &str) -> Result<Self, String> {
        let (principals, rest) = principals(line)?;
        let missing = || "there is no key after the principals".to_owned();
        let first = rest.split([' ', '\t']).next().filter(|first| !first.is_empty()).ok_or_else(missing)?;
        let (limits, key) = if is_key_type(first) {
            (Limits::default(), rest)
        } else {
            let (options, key) = rest.split_at(end_of_options(rest));
            (Limits::parse(options)?, key.trim_start_matches([' ', '\t']))
        };
        if key.is_empty() {
            return Err("there is no key after the options".to_owned());
        }
        Ok(Self { principals: principals.to_owned(), key: public_key(key)?, limits })
    }
}

/// The principals at the start of a line, which may be quoted, and the rest.
fn principals(line: &str) -> Result<(&str, &str), String> {
    let (principals, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("the quote of the principals does not end")?,
        None => line.split_at(line.find([' ', '\t']).unwrap_or(line.len())),
    };
    if principals.is_empty() {
        return Err("there are no principals".to_owned());
    }
    Ok((principals, rest.trim_start_matches([' ', '\t'])))
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"].iter().any(|start| word.starts_with(start))
}

/// Where the options end: at the first blank outside of quotes.
fn end_of_options(text: &str) -> usize {
    let mut is_quoted = false;
    let mut before = '\0';
    for (at, character) in text.char_indices() {
        match character {
            '"' if before != '\\' => is_quoted = !is_quoted,
            ' ' | '\t' if !is_quoted => return at,
            _ => {}
        }
        before = character;
    }
    text.len()
}

fn public_key(text: &str) -> Result<KeyData, String> {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let (kind, data) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if kind.contains("-cert-v0") {
        return Err("certificates are not supported; list the key itself".to_owned());
    }
    let key = PublicKey::from_openssh(&format!("{kind} {data}"));
    let key =
        key.map_err(|_error| "the key is not a public key of OpenSSH, such as `ssh-ed25519 AAAA..`".to_owned())?;
    match unsupported(key.key_data()) {
        Some(why) => Err(why),
        None => Ok(key.key_data().clone()),
    }
}

impl Limits {
    fn parse(mut text: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        loop {
            let end = text.find(['=', ',']).unwrap_or(text.len());
            let (name, rest) = text.split_at(end);
            let name = name.to_ascii_lowercase();
            let shown = one_line(&name, 40);
            if name == "cert-authority" {
                return Err("`cert-authority` is not supported; list the key of each signer".to_owned());
            }
            if !["namespaces", "valid-after", "valid-before"].contains(&name.as_str()) {
                return Err(format!("unknown option `{shown}`"));
            }
            let quoted = rest.strip_prefix("=\"").and_then(|rest| rest.split_once('"'));
            let (value, rest) = quoted.ok_or_else(|| format!("`{shown}` needs a value in quotes: {shown}=\"..\""))?;
            limits.set(&name, value)?;
            match rest.strip_prefix(',') {
                Some(more) => text = more,
                None if rest.is_empty() => return Ok(limits),
                None => return Err(format!("there is more after the value of `{shown}`")),
            }
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let is_first = match name {
            "namespaces" => self.namespaces.replace(value.to_owned()).is_none(),
            "valid-after" => self.valid_after.replace(date(value)?).is_none(),
            _ => self.valid_before.replace(date(value)?).is_none(),
        };
        if is_first { Ok(()) } else { Err(format!("`{name}` is there twice")) }
    }

    /// Why a signature of a release of this date is not allowed.
    fn refuse(&self, released: Date) -> Option<String> {
        if let Some(list) = self.namespaces.as_ref().filter(|list| !matches_list(NAMESPACE, list)) {
            return Some(format!(
                "is not allowed for the namespace `{NAMESPACE}`, only for \"{}\"",
                one_line(list, 100)
            ));
        }
        let late = self.valid_after.filter(|after| released < *after).map(|after| format!("is valid from {after}"));
        let early = self.valid_before.filter(|before| released > *before);
        let wrong = late.or(early.map(|before| format!("is valid until {before}")))?;
        Some(format!("{wrong}, and the release is dated {released}"))
    }
}

/// The date of a timestamp: `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, each with an optional `Z`.
fn date(text: &str) -> Result<Date, String> {
    let wrong = || format!("`{}` is not a time such as 20240131 or 202401311200Z", one_line(text, 40));
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || ![8, 12, 14].contains(&digits.len()) {
        return Err(wrong());
    }
    let number = |from: usize, to: usize| digits[from..to].parse::<i16>().map_err(|_error| wrong());
    let small = |from: usize| number(from, from + 2).and_then(|number| i8::try_from(number).map_err(|_error| wrong()));
    let is_time =
        (8..digits.len()).step_by(2).zip([23, 59, 60]).all(|(at, last)| small(at).is_ok_and(|part| part <= last));
    if !is_time {
        return Err(wrong());
    }
    Date::new(number(0, 4)?, small(4)?, small(6)?).map_err(|_error| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOgKfCN5JgsGIDHz6q8IZwDj4YqaPoCrGfnGzimHNTpF";

    /// The error of a file, with `KEY` for a key.
    #[track_caller]
    fn refused(file: &str, want: &str) {
        let error = Signers::parse(Path::new("s"), file.replace("KEY", KEY).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), want, "{file}");
    }

    /// The principals that a file allows the key for a release of 15 June 2024.
    #[track_caller]
    fn allowed(file: &str, want: Result<&str, &str>) {
        let signers = Signers::parse(Path::new("s"), file.replace("KEY", KEY).as_bytes()).unwrap();
        let key = public_key(KEY).unwrap();
        let found = signers.allow(&key, jiff::civil::date(2024, 6, 15));
        assert_eq!(found.as_ref().map(|found| *found).map_err(String::as_str), want, "{file}");
    }

    #[test]
    fn lines() {
        for file in [
            "a@b KEY",
            "a@b KEY with a comment",
            "# comment\n\n  \t\na@b\tKEY\r\n",
            "  a@b   namespaces=\"pressmark\"   KEY",
            "a@b NAMESPACES=\"git,press*\",valid-after=\"20240615\" KEY",
            "a@b valid-after=\"202406150000Z\",valid-before=\"20240615235960\" KEY",
            "x@y namespaces=\"git\" KEY\na@b KEY",
            "a@b namespaces=\"a b,*\" KEY",
        ] {
            allowed(file, Ok("a@b"));
        }
        allowed("\"a b,*@c\" KEY", Ok("a b,*@c"));
        allowed("a@b KEY\nc@d KEY", Ok("a@b"));
    }

    #[test]
    fn limits() {
        let none = "the key is not among the allowed signers";
        let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICM0uRnzf7Y8yzLSVUWyVAvPTFSqGzpYhYxW5kX6cR6t";
        allowed(&format!("a@b {other}"), Err(none));
        let refused = "the key of a@b is not allowed for the namespace `pressmark`, only for \"git,!press*\"";
        allowed("a@b namespaces=\"git,!press*\" KEY", Err(refused));
        let refused = "the key of a@b is valid from 2024-06-16, and the release is dated 2024-06-15";
        allowed("a@b valid-after=\"20240616\" KEY", Err(refused));
        let refused = "the key of a@b is valid until 2024-06-14, and the release is dated 2024-06-15";
        allowed("a@b valid-before=\"20240614235959Z\" KEY", Err(refused));
    }

    #[test]
    fn files_that_cannot_be_used() {
        for file in ["", "\n\n", "# a@b KEY\n"] {
            refused(file, "`s`: the file lists no signer");
        }
        let key = "the key is not a public key of OpenSSH, such as `ssh-ed25519 AAAA..`";
        for (line, want) in [
            ("a@b", "there is no key after the principals"),
            ("\"\" KEY", "there are no principals"),
            ("\"a KEY", "the quote of the principals does not end"),
            ("a@b namespaces=\"pressmark\"", "there is no key after the options"),
            ("a@b cert-authority KEY", "`cert-authority` is not supported; list the key of each signer"),
            (
                "a@b namespaces=\"x\",Cert-Authority KEY",
                "`cert-authority` is not supported; list the key of each signer",
            ),
            ("a@b no-touch-required KEY", "unknown option `no-touch-required`"),
            ("a@b b@c KEY", "unknown option `b@c`"),
            ("a@b namespaces=pressmark KEY", "`namespaces` needs a value in quotes: namespaces=\"..\""),
            ("a@b namespaces=\"pressmark KEY", "`namespaces` needs a value in quotes: namespaces=\"..\""),
            ("a@b namespaces KEY", "`namespaces` needs a value in quotes: namespaces=\"..\""),
            ("a@b namespaces=\"x\"y KEY", "there is more after the value of `namespaces`"),
            ("a@b namespaces=\"x\", KEY", "unknown option ``"),
            ("a@b namespaces=\"x\",namespaces=\"y\" KEY", "`namespaces` is there twice"),
            ("a@b valid-after=\"20240230\" KEY", "`20240230` is not a time such as 20240131 or 202401311200Z"),
            ("a@b valid-after=\"202402012400\" KEY", "`202402012400` is not a time such as 20240131 or 202401311200Z"),
            ("a@b valid-after=\"2024-02-01\" KEY", "`2024-02-01` is not a time such as 20240131 or 202401311200Z"),
            ("a@b ssh-ed25519 AAAA", key),
            ("a@b ssh-ed25519", key),
            ("a@b ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOgKfCN5JgsGIDHz6q8IZwDj4YqaPoCrGfnGzimHNTpF", key),
            ("a@b ssh-ed25519-cert-v01@openssh.com AAAA", "certificates are not supported; list the key itself"),
            (
                "a@b ssh-dss AAAAB3NzaC1kc3MAAAABAQAAAAEBAAAAAQEAAAABAQ==",
                "keys of the type `ssh-dss` are not supported",
            ),
            ("a@b ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQc=", "an RSA key must have 2048 to 4096 bits, this one has 3"),
            ("a\u{1b}[31m", "there is no key after the principals"),
        ] {
            refused(&format!("# first\n{line}\na@b KEY\n"), &format!("`s` line 2: {want}"));
        }
    }

    #[test]
    fn files_that_are_not_text() {
        let error = Signers::parse(Path::new("s"), b"a@b\n\xff").unwrap_err().to_string();
        assert_eq!(error, "`s` line 1: there is no key after the principals");
        let error = Signers::parse(Path::new("s"), b"\n\xff").unwrap_err().to_string();
        assert_eq!(error, "`s` line 2: the line is not UTF-8");
    }

    /// Any change of a line is an error or another signer, never a crash.
    #[test]
    fn lines_that_are_cut_or_changed() {
        let line = format!("a@b namespaces=\"pressmark\",valid-after=\"20240101\" {KEY}");
        for at in 0..line.len() {
            let _any = Signers::parse(Path::new("s"), &line.as_bytes()[..at]);
            for byte in [0, b'"', b' ', b',', b'=', 0xff] {
                let mut changed = line.clone().into_bytes();
                changed[at] = byte;
                let _any = Signers::parse(Path::new("s"), &changed);
            }
        }
    }
}
