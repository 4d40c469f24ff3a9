//! [`private_folder`]: a folder that only its owner writes to.

use std::fs::DirBuilder;
use std::path::Path;

use crate::error::Error;
use crate::storage::fault::{Operation, pass};

/// Makes a folder, and the ones above it, that only its owner can enter. One that is there already
/// must belong to the user and be closed to the writing of others.
///
/// # Errors
/// [`Error::Io`] if it cannot be made, or others may write to it.
pub(crate) fn private_folder(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::io("create", path, source);
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    pass(Operation::Fill).and_then(|()| builder.create(path)).map_err(failed)?;
    check_owner(path)
}

#[cfg(unix)]
fn check_owner(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = pass(Operation::Look).and_then(|()| std::fs::metadata(path));
    let metadata = metadata.map_err(|source| Error::io("read", path, source))?;
    let is_own = metadata.uid() == rustix::process::geteuid().as_raw();
    if metadata.is_dir() && is_own && metadata.mode() & 0o022 == 0 {
        return Ok(());
    }
    let source = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "others may write to this folder");
    Err(Error::io("use", path, source))
}

/// Folders of a user are closed to others on this system.
#[cfg(not(unix))]
fn check_owner(_path: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        private_folder(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        private_folder(&path).unwrap();
        for (mode, is_private) in [(0o755, true), (0o770, false), (0o707, false), (0o720, false), (0o700, true)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(private_folder(&path).is_ok(), is_private, "{mode:o}");
        }
    }
}
