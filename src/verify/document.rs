//! Checks that the manifest is valid, that its counts add up, and that it follows the previous release. Only
//! the manifest of the previous release is read, nothing else of it.

use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::error::Error;
use crate::json;
use crate::release::{
    Format, Input, InputTotals, Lists, MANIFEST, MAX_MANIFEST_BYTES, Manifest, ManifestError, Release, releases,
};
use crate::schema::DocumentKind;
use crate::storage::{EntryKind, Location};

/// Reads the manifest of the release in `folder`. `None`, with findings, if nothing else can be checked.
pub(super) fn read(folder: &Location, findings: &mut Findings) -> Result<Option<Release>, Error> {
    let invalid = |message: &str| Finding::new(Code::ManifestInvalid, MANIFEST, message);
    let bytes = match folder.join(MANIFEST).read_bounded(MAX_MANIFEST_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            findings.add_unreadable(MANIFEST, error)?;
            return Ok(None);
        }
    };
    let opened = Release::of(folder.clone(), &bytes);
    if let Err(error @ ManifestError::UnknownFormat(_)) = &opened {
        findings.add(invalid(&error.to_string()));
        return Ok(None);
    }
    let is_sound = !json::holds_more_values(&bytes, Manifest::most_values(bytes.len()));
    let value = is_sound.then(|| json::parse(&bytes).ok()).flatten();
    let named = value.as_ref().and_then(|value| value.pointer("/format")?.as_str().and_then(Format::named));
    let format = named.unwrap_or(Format::NEWEST);
    let kind = if format == Format::V1 { DocumentKind::manifest_v1() } else { DocumentKind::manifest_v2() };
    let broken = value.map(|value| kind.validate(&value)).unwrap_or_default();
    for violation in &broken {
        let at = if violation.pointer.is_empty() { String::new() } else { format!("{}: ", violation.pointer) };
        findings.add(invalid(&format!("{at}{}", violation.message)));
    }
    Ok(match opened {
        Ok(release) => {
            let written = release.manifest().to_bytes();
            if bytes != written {
                let line = first_difference(&bytes, &written);
                findings.add(invalid(&format!("line {line} is not in the form that the format requires")));
            }
            Some(release)
        }
        Err(error) => {
            if broken.is_empty() {
                findings.add(invalid(&error.to_string()));
            }
            None
        }
    })
}

/// The number of the first line that differs.
pub(super) fn first_difference(a: &[u8], b: &[u8]) -> usize {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    1 + memchr::memchr_iter(b'\n', &a[..same]).count()
}

/// Checks that the counts of articles, rejects and records add up.
pub(super) fn check_counts(manifest: &Manifest, findings: &mut Findings) {
    let totals = match &manifest.lists {
        Lists::Embedded { inputs, .. } => {
            for input in inputs {
                check_input(input, MANIFEST, findings);
            }
            InputTotals::checked_sum(inputs)
        }
        Lists::Files { inputs, .. } => {
            let InputTotals { articles, admitted, rejected, .. } = *inputs;
            check_articles("inputs", [articles, admitted, rejected], MANIFEST, findings);
            Some(*inputs)
        }
    };
    let mut report = |message: String| findings.add(Finding::new(Code::Counts, MANIFEST, &message));
    let rejected = manifest.rejected.values().try_fold(0_u64, |sum, count| sum.checked_add(*count));
    if rejected.is_none() || rejected != totals.map(|totals| totals.rejected) {
        report("the sum of `rejected` differs from that of the inputs".to_owned());
    }
    // A release that builds on another also has its records.
    let left_out = manifest.duplicates.checked_add(manifest.superseded);
    let kept = left_out.and_then(|left_out| totals?.admitted.checked_sub(left_out));
    if manifest.base.is_none() && kept != Some(manifest.records()) {
        report(format!("{} records do not equal the admitted articles minus those left out", manifest.records()));
    }
    if manifest.base.is_none() && manifest.withdrawn() > 0 {
        report("records were withdrawn, but the manifest names no base".to_owned());
    }
}

/// Checks that the counts of an input add up. `file` is the file that lists it.
pub(super) fn check_input(input: &Input, file: &str, findings: &mut Findings) {
    check_articles(&input.name, [input.articles, input.admitted, input.rejected], file, findings);
}

fn check_articles(name: &str, [articles, admitted, rejected]: [u64; 3], file: &str, findings: &mut Findings) {
    if admitted.checked_add(rejected) != Some(articles) {
        let message =
            format!("`{name}`: {articles} articles do not equal {admitted} admitted plus {rejected} rejected");
        findings.add(Finding::new(Code::Counts, file, &message));
    }
}

/// Checks that the version matches the folder, and that the release follows the previous one. A release whose
/// folder is not named by a version has no others beside it. With `hash`, the previous manifest must have
/// the listed SHA-256.
pub(super) fn check_chain(release: &Release, hash: bool, findings: &mut Findings) -> Result<(), Error> {
    let manifest = release.manifest();
    let Some((dataset, name)) = release.location().split()? else { return Ok(()) };
    let Ok(named) = name.parse::<semver::Version>() else { return Ok(()) };
    if named != manifest.version {
        let message = format!("the folder name is {named}, but the version in the manifest is {}", manifest.version);
        findings.add(Finding::new(Code::Version, MANIFEST, &message));
        return Ok(());
    }
    let mut report = |message: String| findings.add(Finding::new(Code::Chain, MANIFEST, &message));
    let before = manifest.previous.as_ref().map(|previous| &previous.version);
    if let Some(before) = before.into_iter().chain(&manifest.base).find(|before| **before >= manifest.version) {
        report(format!("the manifest names {before} as an earlier release"));
        return Ok(());
    }
    let beside = releases(dataset)?.into_iter().rfind(|(version, _)| *version < manifest.version);
    let Some((version, folder)) = beside else { return Ok(()) };
    match before {
        Some(before) if *before == version => {}
        Some(before) if *before > version => return Ok(()), // the previous release is not here
        _ => {
            let named = before.map_or("none".to_owned(), ToString::to_string);
            report(format!("the previous release is {version}, but the manifest names {named}"));
            return Ok(());
        }
    }
    match previous(&folder) {
        Err(message) => report(format!("previous release {version}: {message}")),
        Ok(other) => {
            let listed = manifest.previous.as_ref();
            if listed.is_some_and(|listed| hash && listed.manifest_sha256 != other.manifest_sha256()) {
                report(format!("the manifest of the previous release, {version}, has a different SHA-256"));
            }
            if listed.is_some_and(|listed| listed.fingerprint != other.manifest().fingerprint) {
                report(format!("the previous release, {version}, has a different fingerprint"));
            }
        }
    }
    Ok(())
}

/// Opens the previous release. Its manifest must be a file: a link could lead out of its folder.
fn previous(folder: &Location) -> Result<Release, String> {
    let entries = folder.list().map_err(|error| error.to_string())?;
    if !entries.iter().any(|entry| entry.kind == EntryKind::File && entry.name == MANIFEST) {
        return Err(format!("its {MANIFEST} is not a file"));
    }
    Release::open(folder).map_err(|error| error.to_string())
}
