//! The size of the batches that are read.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{DictionaryArray, Int32Array, StringArray};
use parquet::arrow::ArrowWriter;

use super::*;

/// Each row takes few bytes in the file and half a mebibyte in memory, so a batch must not have all.
#[test]
fn repeated_long_strings_make_small_batches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let long = StringArray::from(vec!["x".repeat(1 << 19)]);
    let texts = DictionaryArray::<Int32Type>::try_new(Int32Array::from(vec![0; 1000]), Arc::new(long)).unwrap();
    let batch = RecordBatch::try_from_iter([("a", Arc::new(texts) as _)]).unwrap();
    let file = crate::storage::filesystem::create_new(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let file = ParquetFile::open(&path).unwrap();
    let first = file.read(&[0], None).unwrap().next().unwrap().unwrap();
    assert_eq!(first.num_rows(), 128);
}
