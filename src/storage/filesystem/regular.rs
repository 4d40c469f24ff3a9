//! Opening what must be a regular file. A pipe, socket or device in its place would keep its reader
//! waiting without end, so it is refused: by what was opened, not by what the path led to before.

use std::fs::{self, File, FileType, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a regular file, or a folder, for reading. Never waits for a writer.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // Opening alone may do something to a device, or fail without a reason that says much.
    if let Ok(metadata) = fs::metadata(path) {
        refuse_special(metadata.file_type())?;
    }
    let file = without_waiting().open(path)?;
    refuse_special(file.metadata()?.file_type())?;
    Ok(file)
}

fn refuse_special(kind: FileType) -> io::Result<()> {
    match special(kind) {
        None => Ok(()),
        Some(name) => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {name}, not a file"))),
    }
}

#[cfg(unix)]
fn without_waiting() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    // All flags of a system fit into its own type; of a regular file this one changes nothing.
    options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    options
}

/// There are no pipes among the files of this system.
#[cfg(not(unix))]
fn without_waiting() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

/// What is neither a file nor a folder.
#[cfg(unix)]
fn special(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("a device")
    } else {
        None
    }
}

#[cfg(not(unix))]
fn special(_kind: FileType) -> Option<&'static str> {
    None
}
