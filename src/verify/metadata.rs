//! Checks that the files of metadata follow from the manifest and the schema: each is made again and compared.

use super::document::first_difference;
use super::files::Files;
use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::metadata::release_files;
use crate::release::{MANIFEST, Manifest};
use crate::schema::Schema;
use crate::storage::Location;

/// Compares each file of metadata that exists. Missing ones are reported elsewhere, and `pressmark/1` has none.
pub(super) fn check(folder: &Location, manifest: &Manifest, schema: &Schema, files: &Files, findings: &mut Findings) {
    let settings = manifest.format().metadata();
    if manifest.writer.metadata.as_deref() != settings {
        let message = "this version cannot make the files of metadata that `writer.metadata` names";
        findings.add(Finding::new(Code::Metadata, MANIFEST, message));
        return;
    }
    // Of another schema, the files would differ as well, which says nothing new.
    if schema.sha256() != manifest.schema.sha256 {
        return;
    }
    for (name, expected) in release_files(manifest, schema.columns(), schema.bytes()) {
        let file = folder.join(name);
        let size = expected.len() as u64;
        if !files.has(name) {
            continue;
        }
        // A file of another size is not read beyond the expected one.
        match file
            .size()
            .and_then(|found| if found == Some(size) { file.read_bounded(size).map(Some) } else { Ok(None) })
        {
            Ok(Some(found)) if found == expected => {}
            Ok(Some(found)) => {
                let message = format!(
                    "line {} does not follow from the manifest and the schema",
                    first_difference(&found, &expected)
                );
                findings.add(Finding::new(Code::Metadata, name, &message));
            }
            Ok(None) => {
                let message = format!("it does not have the {size} bytes that follow from the manifest and the schema");
                findings.add(Finding::new(Code::Metadata, name, &message));
            }
            Err(error) => findings.add(Finding::unreadable(name, &error)),
        }
    }
}
