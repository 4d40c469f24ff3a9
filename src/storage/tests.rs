//! What every storage does, tested on each.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::thread;

use super::filesystem::UNFINISHED;
use super::*;
use crate::digest::Digest;

/// Runs a test on every storage.
pub(crate) fn on_each(test: impl Fn(Arc<dyn Storage>)) {
    let folder = tempfile::tempdir().unwrap();
    test(Arc::new(LocalStorage::new(folder.path())));
    test(Arc::new(MemoryStorage::new()));
}

fn write(storage: &dyn Storage, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut upload = storage.put(name)?;
    upload.write_all(bytes)?;
    upload.finish()
}

fn read(storage: &dyn Storage, name: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    storage.open(name)?.reader().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn names(storage: &dyn Storage, folder: &str) -> Vec<(String, EntryKind)> {
    storage.list(folder).unwrap().into_iter().map(|entry| (entry.name, entry.kind)).collect()
}

#[test]
fn a_file_is_written_read_listed_copied_and_deleted() {
    on_each(|storage| {
        let storage = &*storage;
        write(storage, "a/b/c", b"0123456789").unwrap();
        write(storage, "a/b/c", b"abcdefghij").unwrap();
        write(storage, "a/d", b"").unwrap();
        assert_eq!(storage.head("a/b/c").unwrap(), Some(Head { kind: EntryKind::File, bytes: 10 }));
        assert_eq!(storage.head("a/b").unwrap(), Some(Head { kind: EntryKind::Folder, bytes: 0 }));
        assert_eq!(storage.head("a/x").unwrap(), None);
        let file = storage.open("a/b/c").unwrap();
        assert_eq!((file.size(), &*file.read(2..5).unwrap()), (10, b"cde".as_slice()));
        assert_eq!(file.read(10..10).unwrap().len(), 0);
        let mut rest = String::new();
        file.reader_at(7).read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "hij");
        let reversed = std::ops::Range { start: 5, end: 4 };
        for range in [8..11, 11..11, reversed] {
            assert_eq!(file.read(range).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
        assert_eq!(names(storage, "a"), [("b".to_owned(), EntryKind::Folder), ("d".to_owned(), EntryKind::File)]);
        assert_eq!(names(storage, "a/b"), [("c".to_owned(), EntryKind::File)]);
        storage.copy("a/b/c", "a/d").unwrap();
        assert_eq!(read(storage, "a/d").unwrap(), b"abcdefghij");
        storage.delete("a/d").unwrap();
        storage.delete("a/d").unwrap();
        assert_eq!(storage.open("a/d").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(storage.list("x").unwrap_err().kind(), io::ErrorKind::NotFound);
    });
}

#[test]
fn an_unfinished_upload_leaves_nothing() {
    on_each(|storage| {
        let mut upload = storage.put("a").unwrap();
        upload.write_all(b"half").unwrap();
        assert_eq!(storage.head("a").unwrap(), None);
        drop(upload);
        assert_eq!(names(&*storage, ""), []);
    });
}

#[test]
fn of_several_writers_of_an_absent_file_one_wins() {
    on_each(|storage| {
        for round in 0..20 {
            let name = format!("a/{round}");
            let put = |bytes: u8| storage.put_if_absent(&name, &[bytes]).unwrap();
            let won: Vec<bool> = thread::scope(|scope| {
                let writers: Vec<_> = (0..4).map(|writer| scope.spawn(move || put(writer))).collect();
                writers.into_iter().map(|writer| writer.join().unwrap()).collect()
            });
            assert_eq!(won.iter().filter(|won| **won).count(), 1);
            let winner = won.iter().position(|won| *won).unwrap();
            assert_eq!(read(&*storage, &name).unwrap(), [u8::try_from(winner).unwrap()]);
            assert!(!storage.put_if_absent(&name, b"late").unwrap());
        }
        assert!(names(&*storage, "a").iter().all(|(name, _)| !name.starts_with(UNFINISHED)));
    });
}

#[test]
fn names_stay_within_the_storage() {
    on_each(|storage| {
        for name in ["/a", "a/", "../a", "a/../b", ".", "a//b"] {
            assert_eq!(storage.open(name).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
            assert_eq!(storage.put(name).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
            assert_eq!(storage.delete(name).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
        }
    });
}

#[test]
fn a_file_is_whole_or_absent_whatever_fails() {
    for fault in [Fault::Error, Fault::Full, Fault::Short, Fault::Crash] {
        on_each(|storage| {
            for at in 1.. {
                let name = format!("a{at}");
                let (result, is_reached) = with_fault(at, fault, || write(&*storage, &name, b"whole"));
                let found = read(&*storage, &name);
                match found {
                    Ok(bytes) => assert_eq!(bytes, b"whole", "{fault:?} at {at}"),
                    Err(error) => {
                        assert!(result.is_err() && error.kind() == io::ErrorKind::NotFound, "{fault:?} at {at}");
                    }
                }
                if !is_reached {
                    assert!(result.is_ok() && at > 3, "{fault:?} at {at}");
                    break;
                }
            }
        });
    }
}

#[test]
fn a_location_names_the_path_and_the_action() {
    let memory = Location::new(Arc::new(MemoryStorage::new()), "set");
    let message = |error: crate::error::Error| error.to_string();
    assert_eq!(message(memory.join("a").open().unwrap_err()), "cannot read `memory:/set/a`");
    assert!(memory.join("a").put_if_absent(b"12345").unwrap());
    assert_eq!(message(memory.join("a").read_bounded(4).unwrap_err()), "cannot read `memory:/set/a`");
    assert_eq!(memory.join("a").hash().unwrap(), (5, Digest::of(b"12345")));
    let sizes = ["a", "b"].map(|name| memory.join(name).size().unwrap());
    assert_eq!((memory.is_folder().unwrap(), sizes), (true, [Some(5), None]));
    // An error is not the same as nothing.
    for at in 1..=2 {
        let (results, _) =
            with_fault(at, Fault::Error, || (memory.is_folder().is_err(), memory.join("a").size().is_err()));
        assert_eq!(results, (at == 1, at == 2));
    }
    assert_eq!((memory.local_path(), Location::from(std::path::Path::new("x")).local_path()), (None, Some("x".into())));
}
