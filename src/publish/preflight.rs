//! Checks, before a release is published, that every command can read it.
//!
//! The checks use the code and the limits of the readers. A release that a reader refuses could never be
//! mended, because releases do not change. `schema/FORMAT.md` section 11 lists the limits. Hashes are not
//! checked here.

use std::path::Path;

use super::base::Base;
use crate::error::Error;
use crate::part_files::Indexes;
use crate::release::Release;
use crate::schema::Columns;
use crate::storage::Location;

/// Opens the sealed release in `staged` as a reader does, and returns it. Parts of the base are skipped: they
/// were read before.
///
/// # Errors
/// Those of the reader.
pub(super) fn check(staged: &Path, columns: &Columns, base: Option<&Base<'_>>) -> Result<Release, Error> {
    let release = Release::open_intact(staged)?;
    for (index, part) in release.manifest().parts.iter().enumerate() {
        if base.is_some_and(|base| base.part_of(&part.fingerprint).is_some()) {
            continue;
        }
        let path = staged.join(part.path(index));
        part.open(&Location::from(&*path), columns, Indexes::All)?.preflight().map_err(|error| error.at(&path))?;
    }
    Ok(release)
}
