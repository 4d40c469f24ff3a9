//! gzip and zstd inputs, recognised by their first bytes and never by the file's name, and the
//! guard against inputs that unpack into more than anyone asked for.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::code::Code;

/// The first bytes of a gzip member (RFC 1952 section 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The first bytes of a zstd frame (RFC 8878 section 3.1.1).
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// How many times its stored size content may have.
const RATIO: u64 = 1000;
/// How much content is let through before its ratio counts, in bytes.
const FREE: u64 = 64 << 20;

/// The content of `reader`: decompressed if it is gzip (all members) or zstd (all frames), as it
/// is otherwise. More than `limit` bytes of content are a failure.
pub(super) fn decompress<'r>(mut reader: impl Read + Send + 'r, limit: u64) -> io::Result<Box<dyn Read + Send + 'r>> {
    let mut start = Vec::with_capacity(ZSTD.len());
    (&mut reader).take(ZSTD.len() as u64).read_to_end(&mut start)?;
    let (gzip, zstd) = (start.starts_with(GZIP), start == ZSTD);
    let stored = Arc::new(AtomicU64::new(0));
    let whole = Counting { inner: Cursor::new(start).chain(reader), count: stored.clone() };
    let ratio = if gzip || zstd { Some(stored) } else { None };
    let content: Box<dyn Read + Send + 'r> = if gzip {
        let buffered = BufReader::with_capacity(1 << 16, whole);
        Box::new(Naming { inner: flate2::bufread::MultiGzDecoder::new(buffered), code: Code::Gzip })
    } else if zstd {
        Box::new(Naming { inner: zstd::Decoder::new(whole)?, code: Code::Zstd })
    } else {
        Box::new(whole)
    };
    Ok(Box::new(Guarded { inner: content, stored: ratio, limit, content: 0 }))
}

/// The code and words for a failure that lies in the content and not in the system.
pub(super) fn damage(error: &io::Error) -> Option<(Code, String)> {
    let damage = error.get_ref()?.downcast_ref::<Damage>()?;
    Some((damage.0, damage.1.clone()))
}

/// What is wrong with compressed content, carried through `io::Error`.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
struct Damage(Code, String);

/// Turns the failures of a decompressor into [`Damage`].
struct Naming<R> {
    inner: R,
    code: Code,
}

impl<R: Read> Read for Naming<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
            let message = match error.kind() {
                UnexpectedEof => "the compressed data ends too early".to_owned(),
                InvalidData | InvalidInput | Other => format!("the compressed data is damaged: {error}"),
                _ => return error,
            };
            io::Error::other(Damage(self.code, message))
        })
    }
}

struct Counting<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Fails when content outgrows the limit, or its stored size by more than [`RATIO`].
struct Guarded<R> {
    inner: R,
    stored: Option<Arc<AtomicU64>>,
    limit: u64,
    content: u64,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.content += read as u64;
        let stored = self.stored.as_ref().map(|stored| stored.load(Ordering::Relaxed));
        let bomb = stored.is_some_and(|stored| self.content > FREE && self.content / RATIO > stored);
        let (code, message) = if bomb {
            (Code::Ratio, format!("it expands to more than {RATIO} times its size"))
        } else if self.content > self.limit {
            (Code::TooLarge, format!("it holds more than {} bytes", self.limit))
        } else {
            return Ok(read);
        };
        Err(io::Error::other(Damage(code, message)))
    }
}
