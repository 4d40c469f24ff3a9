//! gzip and zstd inputs, recognised by their first bytes and never by the file's name.

use std::io::{self, BufReader, Cursor, Read};

/// The first bytes of a gzip member (RFC 1952 section 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The first bytes of a zstd frame (RFC 8878 section 3.1.1).
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The content of `reader`: decompressed if it is gzip (all members) or zstd (all frames), as it
/// is otherwise.
pub(super) fn decompress<'r>(mut reader: impl Read + Send + 'r) -> io::Result<Box<dyn Read + Send + 'r>> {
    let mut start = Vec::with_capacity(ZSTD.len());
    (&mut reader).take(ZSTD.len() as u64).read_to_end(&mut start)?;
    let kind = (start.starts_with(GZIP), start == ZSTD);
    let whole = Cursor::new(start).chain(reader);
    Ok(match kind {
        (true, _) => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole))),
        (_, true) => Box::new(zstd::Decoder::new(whole)?),
        _ => Box::new(whole),
    })
}
