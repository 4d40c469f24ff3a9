//! [`KeyColumns`]: which columns identify, sort and rank the records of a dataset. [`RecordKey`] has the
//! values of one record. Keys are not compared here.

use crate::digest::Digest;
use crate::record::{Cell, Order, OrderError, Record, RecordHash, key_text, record_hash_and_length};
use crate::schema::{Columns, Kind};

/// The recency of a record among those with its key: the greater, the newer. Equal if a dataset does not
/// rank its records.
pub(crate) type Rank = [u8; 9];

/// The columns that identify, sort and rank records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyColumns {
    order: Order,
    newest_by: Option<usize>,
}

/// A setting names a column that does not exist or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyColumns {
    /// The setting is `key` or `order_by`.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The setting is `newest_by`, and no column has the name.
    #[error("`newest_by` names `{name}`, which the schema does not declare")]
    NoColumn {
        /// The name.
        name: String,
    },
    /// The setting is `newest_by`, and the column's values cannot rank records.
    #[error("`newest_by` names `{name}`, which holds no times or integers ({kind})")]
    NoRank {
        /// The name.
        name: String,
        /// Its kind.
        kind: String,
    },
}

/// What identifies, sorts and ranks one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordKey {
    /// The position of the record in a release, as bytes that compare. They are comparable within one
    /// version of pressmark only.
    pub sort_key: Box<[u8]>,
    /// The SHA-256 of the record's key as a string.
    pub key: Digest,
    /// Its recency among the records with the same key.
    pub rank: Rank,
    /// Its record hash.
    pub hash: RecordHash,
    /// The length of its canonical form in bytes.
    pub length: u64,
}

impl KeyColumns {
    /// Sorts records by `order_by` and then by `key`, which identifies them. Of several records with the
    /// same key, the one with the greatest value of `newest_by` is the newest.
    ///
    /// # Errors
    /// If a column does not exist, or its values cannot be used in this way.
    pub fn new(
        columns: &Columns,
        order_by: &[String],
        key: &str,
        newest_by: Option<&str>,
    ) -> Result<Self, InvalidKeyColumns> {
        let order = Order::new(columns, order_by, key)?;
        let newest_by = newest_by.map(|name| ranked(columns, name)).transpose()?;
        Ok(Self { order, newest_by })
    }

    /// The order of the records.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The rank of a record. A record without a value is the oldest.
    pub(crate) fn rank(&self, cells: &[Cell<'_>]) -> Rank {
        const SIGN: u64 = 1 << 63;
        let Some(index) = self.newest_by else { return [0; 9] };
        let number = match cells[index] {
            Cell::Timestamp(value) | Cell::Int64(value) => value.cast_unsigned() ^ SIGN,
            Cell::Date(value) => i64::from(value).cast_unsigned() ^ SIGN,
            Cell::UInt64(value) => value,
            _ => return [0; 9],
        };
        let mut rank = [1; 9];
        rank[1..].copy_from_slice(&number.to_be_bytes());
        rank
    }

    /// The SHA-256 of the record's key as a string. Keys are compared as strings. This is safe, because all keys of
    /// a dataset have one type.
    pub(crate) fn key_digest(&self, record: &Record<'_>) -> Digest {
        Digest::of(key_text(&record.cells()[self.order.key()]).unwrap_or_default().as_bytes())
    }

    /// What identifies and sorts a record of these columns. `canonical` is a buffer for its canonical form.
    pub(crate) fn of(&self, columns: &Columns, record: &Record<'_>, canonical: &mut Vec<u8>) -> RecordKey {
        let cells = record.cells();
        let (hash, length) = record_hash_and_length(columns, record, canonical);
        let key = self.key_digest(record);
        RecordKey { sort_key: self.order.sort_key(|column| &cells[column]), key, rank: self.rank(cells), hash, length }
    }
}

/// The index of the column `newest_by`.
fn ranked(columns: &Columns, name: &str) -> Result<usize, InvalidKeyColumns> {
    let index = columns.position(name).ok_or_else(|| InvalidKeyColumns::NoColumn { name: name.to_owned() })?;
    match &columns.at(index).kind {
        Kind::Timestamp | Kind::Date | Kind::Int64 | Kind::UInt64 => Ok(index),
        kind => Err(InvalidKeyColumns::NoRank { name: name.to_owned(), kind: kind.describe() }),
    }
}
