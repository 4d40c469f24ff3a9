"""Reads a release with pandas, Polars and DuckDB, given its folder: each finds the records and no other file."""
import sys

import duckdb
import pandas
import polars
import pyarrow.dataset

release, records = sys.argv[1], int(sys.argv[2])
data = f"{release}/data"
assert len(pandas.read_parquet(data)) == records
assert polars.read_parquet(data).height == polars.scan_parquet(f"{data}/*.parquet").collect().height == records
assert duckdb.sql(f"SELECT count(*) FROM '{data}/*.parquet'").fetchall() == [(records,)]
# Only Parquet files end in .parquet, so a pattern over the whole folder finds no other file.
assert duckdb.sql(f"SELECT count(*) FROM '{release}/**/*.parquet'").fetchall() == [(records,)]
assert pyarrow.dataset.dataset(data, format="parquet").count_rows() == records
