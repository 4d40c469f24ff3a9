//! The local file system: scratch files, staged files, locks and caches. Every error names the action and the
//! path, every write can be made durable, and only [`publish`] makes something visible.
//!
//! Nothing here decides what is written where; [`crate::release`] does.
#![expect(clippy::disallowed_methods, reason = "this is the file that the others are sent to")]

mod handle;
mod private;
mod regular;
mod staged;
mod stamp;

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::SpooledTempFile;

use super::fault::{Operation, pass};
use crate::digest::{Digest, Hashing};
use crate::error::Error;

pub(crate) use super::EntryKind;
pub(crate) use handle::{Handle, Spooled};
pub(crate) use private::private_folder;
pub(crate) use staged::{
    STAGING, StagedFile, StagedFolder, UNFINISHED, publish_file, publish_if_absent, publish_unsynced, stage_file,
    stage_file_at, stage_folder,
};
pub(crate) use stamp::Stamp;

/// The size of the buffers between files and code, in bytes.
pub(super) const BUFFER: usize = 1 << 20;
/// The size of the buffer of what is only hashed: it stays in the processor's cache.
const HASH_BUFFER: usize = 1 << 18;

/// Opens a regular file for reading by a library that wants the system's own handle.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    pass(Operation::Look).and_then(|()| regular::open(path)).map_err(|source| Error::io("read", path, source))
}

/// Opens a regular file for reading.
pub(crate) fn read(path: &Path) -> Result<Handle, Error> {
    open(path).map(Handle)
}

/// Opens an input, which may be a pipe or device: a shell names so what another command writes.
pub(crate) fn read_input(path: &Path) -> Result<Handle, Error> {
    let file = pass(Operation::Look).and_then(|()| File::open(path));
    file.map(Handle).map_err(|source| Error::io("read", path, source))
}

/// The folder that a path lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads a regular file that must not be larger than `limit` bytes.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    bounded(read(path)?, path, limit)
}

/// Reads an input that must not be larger than `limit` bytes; it may be a pipe.
pub(crate) fn read_input_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    bounded(read_input(path)?, path, limit)
}

fn bounded(file: Handle, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|source| Error::io("read", path, source))?;
    if bytes.len() as u64 > limit {
        let message = format!("larger than {limit} bytes");
        return Err(Error::io("read", path, io::Error::new(io::ErrorKind::FileTooLarge, message)));
    }
    Ok(bytes)
}

/// Makes `new` another name of the file `old`, or a copy of it where the file system has no such
/// names. Returns the SHA-256 of what was copied, or none if nothing was.
pub(crate) fn link_or_copy(old: &Path, new: &Path) -> Result<Option<Digest>, Error> {
    if pass(Operation::Fill).and_then(|()| fs::hard_link(old, new)).is_ok() {
        return Ok(None);
    }
    let mut from = read(old)?;
    let mut to = Hashing::new(create_new(new)?);
    io::copy(&mut from, &mut to).map_err(|source| Error::io("write", new, source))?;
    let (to, _bytes, sha256) = to.finish();
    sync(&to, new)?;
    Ok(Some(sha256))
}

/// The SHA-256 of an open file from its start, read to its end unless `stop` becomes true on the
/// way; then none.
pub(crate) fn hash_open(file: &File, path: &Path, stop: &AtomicBool) -> Result<Option<Digest>, Error> {
    let mut hashing = Hashing::new(io::sink());
    let mut buffer = vec![0; HASH_BUFFER];
    let mut file = file;
    while !stop.load(Ordering::Relaxed) {
        let read = pass(Operation::Look).and_then(|()| file.read(&mut buffer));
        match read.map_err(|source| Error::io("read", path, source))? {
            0 => return Ok(Some(hashing.finish().2)),
            length => hashing.write_all(&buffer[..length]).map_err(|source| Error::io("read", path, source))?,
        }
    }
    Ok(None)
}

/// The path from the root on, links left as they are.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    // `..` and `.` at the end name no folder by themselves.
    let named = path.file_name().is_some();
    let absolute = if named { std::path::absolute(path) } else { fs::canonicalize(path) };
    absolute.map_err(|source| Error::io("read", path, source))
}

/// The size of a regular file in bytes, where the system tells it.
pub(crate) fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len())
}

/// Whether a file stands there, links followed.
pub(crate) fn is_file(path: &Path) -> Result<bool, Error> {
    let metadata = pass(Operation::Look).and_then(|()| fs::metadata(path));
    metadata.map(|metadata| metadata.is_file()).map_err(|source| Error::io("read", path, source))
}

/// Creates a file that must not exist yet.
pub(crate) fn create_new(path: &Path) -> Result<Handle, Error> {
    let file = pass(Operation::Fill).and_then(|()| OpenOptions::new().write(true).create_new(true).open(path));
    file.map(Handle).map_err(|source| Error::io("create", path, source))
}

/// Opens a file to write at its end, and creates it if it is not there. A device or pipe is not opened.
pub(crate) fn append(path: &Path) -> Result<Handle, Error> {
    let open = || {
        pass(Operation::Fill)?;
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        if file.metadata()?.is_file() { Ok(Handle(file)) } else { Err(io::Error::other("it is not a regular file")) }
    };
    open().map_err(|source| Error::io("write", path, source))
}

/// Creates an empty file with a new name that starts and ends so.
pub(crate) fn create_named(folder: &Path, start: &str, end: &str) -> Result<PathBuf, Error> {
    let create = || {
        pass(Operation::Fill)?;
        let file = tempfile::Builder::new().prefix(start).suffix(end).tempfile_in(folder)?;
        file.keep().map(|(_file, path)| path).map_err(|error| error.error)
    };
    create().map_err(|source| Error::io("create a file in", folder, source))
}

/// The name of this host. Empty where the system has none.
#[cfg(unix)]
pub(crate) fn host_name() -> Vec<u8> {
    rustix::system::uname().nodename().to_bytes().to_owned()
}

/// The name of this host is not known on this system.
#[cfg(not(unix))]
pub(crate) fn host_name() -> Vec<u8> {
    Vec::new()
}

/// A file without a name in `folder`, to write to and read back; it vanishes with its handle,
/// whatever becomes of the process.
pub(crate) fn scratch(folder: &Path) -> Result<Handle, Error> {
    let file = pass(Operation::Fill).and_then(|()| tempfile::tempfile_in(folder));
    file.map(Handle).map_err(|source| Error::io("create a scratch file in", folder, source))
}

/// A buffer that holds up to `memory` bytes and is a scratch file beyond.
pub(crate) fn spooled(folder: &Path, memory: usize) -> Spooled {
    Spooled(SpooledTempFile::new_in(memory, folder))
}

/// The scratch file, to be read from its start.
pub(crate) fn rewound(mut file: Handle, folder: &Path) -> Result<Handle, Error> {
    file.rewind().map_err(|source| Error::io("read a scratch file in", folder, source))?;
    Ok(file)
}

/// Opens a device or pipe for writing.
pub(crate) fn open_device(path: &Path) -> Result<Handle, Error> {
    let file = pass(Operation::Look).and_then(|()| OpenOptions::new().write(true).open(path));
    file.map(Handle).map_err(|source| Error::io("write", path, source))
}

/// The path of what is there from the root on, links followed.
pub(crate) fn resolved(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::io("read", path, source))
}

/// Whether a file or folder is another one or lies in it, links followed. Both must be there.
pub(crate) fn is_within(folder: &Path, other: &Path) -> Result<bool, Error> {
    Ok(resolved(folder)?.starts_with(resolved(other)?))
}

/// Opens a lock file, creating it if need be, and locks it; what it holds is left alone. None if
/// another process has locked it.
pub(crate) fn lock(path: &Path) -> Result<Option<File>, Error> {
    let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = pass(Operation::Fill).and_then(|()| open()).map_err(|source| Error::io("create", path, source))?;
    match pass(Operation::Look).map_err(TryLockError::Error).and_then(|()| file.try_lock()) {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(Error::io("lock", path, source)),
    }
}

/// Writes a file that must not exist yet and waits until it is on the disk.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = create_new(path)?;
    file.write_all(bytes).map_err(|source| Error::io("write", path, source))?;
    sync(&file, path)
}

/// Replaces a file in one step, or creates it. The name of the staged file starts with `prefix`.
pub(crate) fn replace(path: &Path, bytes: &[u8], prefix: &str) -> Result<(), Error> {
    let (staged, mut file) = stage_file(folder_of(path), prefix)?;
    file.write_all(bytes).map_err(|source| Error::io("write", path, source))?;
    publish_file((staged, file), path)
}

/// Waits until a file is on the disk.
pub(crate) fn sync(file: &Handle, path: &Path) -> Result<(), Error> {
    pass(Operation::Look).and_then(|()| file.0.sync_all()).map_err(|source| Error::io("write", path, source))
}

/// Waits until the entries of a folder are on the disk.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    sync(&read(path)?, path)
}

/// Makes a folder and the ones above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    pass(Operation::Fill).and_then(|()| fs::create_dir_all(path)).map_err(|source| Error::io("create", path, source))
}

/// Removes a folder with all that is in it; one that is not there is fine.
pub(crate) fn remove_folder(path: &Path) -> Result<(), Error> {
    match pass(Operation::Look).and_then(|()| fs::remove_dir_all(path)) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path, source)),
        _ => Ok(()),
    }
}

/// Removes a file; one that is not there is fine.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    match pass(Operation::Look).and_then(|()| fs::remove_file(path)) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path, source)),
        _ => Ok(()),
    }
}

/// Removes a folder if nothing is in it.
pub(crate) fn remove_empty_folder(path: &Path) {
    // A folder in use stays; that is what was asked for.
    let _in_use = pass(Operation::Look).and_then(|()| fs::remove_dir(path));
}

/// Takes the right to write a file from everyone.
pub(crate) fn make_read_only(path: &Path) -> Result<(), Error> {
    let refuse = |source| Error::io("protect", path, source);
    let mut permissions: Permissions =
        pass(Operation::Look).and_then(|()| fs::metadata(path)).map_err(refuse)?.permissions();
    permissions.set_readonly(true);
    fs::set_permissions(path, permissions).map_err(refuse)
}

/// The permissions of the file at a path, links followed; none if there is no file.
fn permissions(path: &Path) -> Result<Option<Permissions>, Error> {
    match pass(Operation::Look).and_then(|()| fs::metadata(path)) {
        Ok(metadata) => Ok(metadata.is_file().then(|| metadata.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::io("read", path, source)),
    }
}

fn set_permissions(path: &Path, permissions: Permissions) -> Result<(), Error> {
    let set = pass(Operation::Look).and_then(|()| fs::set_permissions(path, permissions));
    set.map_err(|source| Error::io("protect", path, source))
}

/// Where a file that is asked for at `path` is to be written: behind a link, which stays, if a file is there.
pub(crate) fn behind_links(path: &Path) -> Result<PathBuf, Error> {
    if path.is_symlink() && path.is_file() { resolved(path) } else { Ok(path.to_owned()) }
}

/// Why a file of a person cannot be replaced by one that differs from it in its content alone; none
/// if it can, or is not there. A link must have been followed.
#[cfg(unix)]
pub(crate) fn kept_from_replacing(path: &Path) -> Result<Option<&'static str>, Error> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = match pass(Operation::Look).and_then(|()| fs::metadata(path)) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::io("read", path, source)),
    };
    Ok(if !metadata.is_file() {
        Some("it is not a file")
    } else if metadata.permissions().readonly() {
        Some("it is read-only")
    } else if metadata.nlink() > 1 {
        Some("the file has a second name")
    } else if metadata.uid() != rustix::process::geteuid().as_raw() {
        Some("it belongs to another user")
    } else {
        None
    })
}

/// Why a file of a person cannot be replaced by one that differs from it in its content alone; none
/// if it can, or is not there. A link must have been followed.
#[cfg(not(unix))]
pub(crate) fn kept_from_replacing(path: &Path) -> Result<Option<&'static str>, Error> {
    let metadata = match pass(Operation::Look).and_then(|()| fs::metadata(path)) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::io("read", path, source)),
    };
    Ok(if !metadata.is_file() {
        Some("it is not a file")
    } else if metadata.permissions().readonly() {
        Some("it is read-only")
    } else {
        None
    })
}

/// Makes `staged` visible as `target` in one step, and durable. Both lie in one folder, whose
/// entry for the new name is on the disk when this returns.
pub(crate) fn publish(staged: &Path, target: &Path) -> Result<(), Error> {
    rename(staged, target)?;
    sync_folder(folder_of(target))
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    let renamed = pass(Operation::Fill).and_then(|()| fs::rename(from, to));
    renamed.map_err(|source| Error::io("create", to, source))
}

/// Whether `path` still leads to the open `file`. Where the system cannot tell, it says yes.
#[cfg(unix)]
pub(crate) fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), pass(Operation::Look).and_then(|()| fs::metadata(path))) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Whether `path` still leads to the open `file`. An open file cannot be removed on this system.
#[cfg(not(unix))]
pub(crate) fn is_same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// Lets everyone read a folder that was made for its owner alone.
#[cfg(unix)]
pub(crate) fn share_folder(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let shared = pass(Operation::Look).and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o755)));
    shared.map_err(|source| Error::io("share", path, source))
}

/// Lets everyone read a file that was made for its owner alone.
#[cfg(unix)]
pub(crate) fn share_file(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let shared = pass(Operation::Look).and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o644)));
    shared.map_err(|source| Error::io("share", path, source))
}

/// Lets everyone read a file; nothing needs to be done on this system.
#[cfg(not(unix))]
pub(crate) fn share_file(_path: &Path) -> Result<(), Error> {
    Ok(())
}

/// Lets everyone read a folder; nothing needs to be done on this system.
#[cfg(not(unix))]
pub(crate) fn share_folder(_path: &Path) -> Result<(), Error> {
    Ok(())
}

/// The entries of a folder, by name.
pub(crate) fn list(path: &Path) -> Result<Vec<(PathBuf, EntryKind)>, Error> {
    let refuse = |source| Error::io("read", path, source);
    let mut entries = Vec::new();
    for entry in pass(Operation::Look).and_then(|()| fs::read_dir(path)).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let kind = entry.file_type().map_err(refuse)?;
        entries.push((entry.path(), EntryKind::of(kind)));
    }
    entries.sort();
    Ok(entries)
}
