"""Loads a release with Hugging Face datasets, whole and streaming, given nothing but its folder."""
import glob
import os
import sys

import datasets
import pyarrow.parquet

folder = sys.argv[1]
table = pyarrow.parquet.read_table(sorted(glob.glob(f"{folder}/data/*.parquet")))
loaded = datasets.load_dataset(folder, split="train")
assert loaded.column_names == table.column_names, loaded.column_names
assert loaded.num_rows == table.num_rows
expected = table.to_pylist()
for row, value in zip(loaded, expected):
    assert row["record_sha256"] == value["record_sha256"]
    for name, cell in value.items():
        assert row[name] == cell, (name, row[name], cell)
streamed = list(datasets.load_dataset(folder, split="train", streaming=True))
assert [row["record_sha256"] for row in streamed] == [row["record_sha256"] for row in expected]
print(loaded.num_rows, flush=True)
# Threads of the reader can abort the interpreter while it shuts down, after everything was compared.
os._exit(0)
