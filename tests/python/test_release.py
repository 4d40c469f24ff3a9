"""Releases as tables of other libraries."""

import datetime
import json
import pickle
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pressmark
import pytest

from conftest import damage

UTC = datetime.timezone.utc


def test_facts(release):
    assert (release.dataset, release.version, len(release)) == ("news", "1.0.0", 3)
    assert release.key == "id"
    assert release.released == "2024-12-24"
    manifest = json.loads(Path("news/1.0.0/manifest.json").read_text())
    assert release.manifest == manifest
    assert release.fingerprint == manifest["fingerprint"]
    assert release.schema == json.loads(Path("news/1.0.0/schema.json").read_text())
    assert release.columns[:2] == [column["name"] for column in manifest["columns"]][:2]
    assert "record_sha256" not in release.columns
    assert repr(release) == "<Release news 1.0.0: 3 records>"
    assert release.report is None


def test_a_name_means_one_release(dataset, monkeypatch):
    assert pressmark.open("news").version == "2.0.0"
    assert pressmark.open("news@1.0.0").version == "1.0.0"
    assert pressmark.open(Path("news/1.0.0")).version == "1.0.0"
    monkeypatch.chdir("news")
    assert pressmark.open("1.0.0").version == "1.0.0"
    assert pressmark.open(".").version == "2.0.0"


def test_arrow_is_what_the_files_have(release):
    files = pq.read_table("news/1.0.0/data")
    table = release.to_arrow()
    assert table.schema.names == files.schema.names
    assert table.to_pylist() == files.to_pylist()
    assert table.schema == pa.schema(release)
    assert pa.table(release) == table
    assert table["published_at"].to_pylist()[0] in (None, datetime.datetime(2024, 3, 1, 10, tzinfo=UTC))
    assert all(len(hash) == 32 for hash in table["record_sha256"].to_pylist())
    assert ["bridge", "river"] in table["tags"].to_pylist()


def test_columns_and_keys(release):
    table = release.to_arrow(columns=["title", "id"], where={"id": ["a1", "a3", "nobody"]})
    assert sorted(table.to_pylist(), key=lambda row: row["id"]) == [
        {"title": "The bridge", "id": "a1"},
        {"title": "The road", "id": "a3"},
    ]
    assert release.to_arrow(where={"id": "a2"})["id"].to_pylist() == ["a2"]
    assert release.to_arrow(where={"id": pa.array(["a2"])}).num_rows == 1
    assert release.to_arrow(where={"id": pl.Series(["a2"])}).num_rows == 1
    assert release.to_arrow(where={"id": pd.Series(["a2"])}).num_rows == 1
    assert release.to_arrow(where={"id": []}).num_rows == 0
    assert release.to_arrow(columns=["record_sha256"]).schema.names == ["record_sha256"]


def test_pandas(release):
    frame = release.to_pandas()
    assert len(frame) == 3
    assert str(frame.dtypes["published_at"]) == "timestamp[us, tz=UTC][pyarrow]"
    row = frame[frame["id"] == "a1"].iloc[0]
    assert row["published_at"] == pd.Timestamp("2024-03-01T10:00:00Z")
    assert list(row["tags"]) == ["bridge", "river"]
    assert frame[frame["id"] == "a2"].iloc[0]["published_at"] is pd.NA
    assert len(release.to_pandas(columns=["id"]).columns) == 1
    assert len(pd.DataFrame.from_arrow(release)) == 3


def test_polars(release):
    frame = release.to_polars()
    assert frame.height == 3
    assert frame.schema["published_at"] == pl.Datetime("us", "UTC")
    assert frame.schema["tags"] == pl.List(pl.String)
    row = frame.filter(pl.col("id") == "a1").to_dicts()[0]
    assert row["published_at"] == datetime.datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert row["tags"] == ["bridge", "river"]
    assert pl.DataFrame(release).equals(frame)


def test_duckdb(release):
    relation = release.to_duckdb(columns=["id", "tags"])
    # A relation can be executed again.
    for _ in range(2):
        assert relation.filter("id = 'a1'").fetchall() == [("a1", ["bridge", "river"])]
    connection = duckdb.connect()
    assert release.to_duckdb(connection=connection).aggregate("count(*)").fetchall() == [(3,)]
    assert connection.sql("SELECT count(*) FROM release").fetchall() == [(3,)]


def test_datasets_takes_the_arrow_table(release):
    batches = list(release.batches(columns=["id"]))
    assert sum(batch.num_rows for batch in batches) == 3
    assert all(isinstance(batch, pa.RecordBatch) for batch in batches)


def test_records(release):
    records = {record["id"]: record for record in release}
    assert records["a1"]["title"] == "The bridge"
    assert records["a1"]["published_at"] == "2024-03-01T10:00:00Z"
    assert records["a2"]["published_at"] is None
    assert set(records["a1"]) == set(release.columns)
    assert list(release.records(columns=["title"], where={"id": ["a3"]})) == [{"title": "The road"}]


def test_selection_is_a_table(release):
    selection = release.select(["id"], {"id": ["a1"]})
    assert selection.to_polars().to_dicts() == [{"id": "a1"}]
    assert pa.table(selection).num_rows == pa.table(selection).num_rows == 1
    assert repr(selection) == "<Selection of <Release news 1.0.0: 3 records>: id, 1 keys>"


def test_verify(release):
    report = release.verify()
    assert report.intact and report.records == 3 and report.findings == []
    report.raise_for_findings()
    assert release.verify(quick=True).records == 0
    assert report.table().num_rows == 0
    part = next(Path("news/1.0.0/data").iterdir())
    damage(part)
    report = pressmark.verify("news@1.0.0")
    assert not report.intact
    assert report.findings[0].code in report.counts
    assert report.table().num_rows == len(report.findings)
    with pytest.raises(pressmark.DamagedRelease) as raised:
        report.raise_for_findings()
    assert raised.value.report is report
    assert raised.value.code.startswith("R-")


def test_export(release):
    report = release.export("out.jsonl")
    assert report.records == 3
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [record["id"] for record in release]
    report = pressmark.export("news@1.0.0", "out.csv", columns=["id", "title"], where={"id": ["a1", "no"]})
    assert report.missing == ["no"]
    assert Path("out.csv").read_bytes() == b"id,title\r\na1,The bridge\r\n"


def test_a_release_goes_to_other_processes(release):
    again = pickle.loads(pickle.dumps(release))
    assert again.fingerprint == release.fingerprint


@pytest.mark.parametrize(
    ("attempt", "kind", "words"),
    [
        (lambda r: pressmark.open("nowhere"), pressmark.ReleaseError, "no such folder"),
        (lambda r: pressmark.open("news@9.0.0"), pressmark.ReleaseError, "2.0.0, 1.0.0"),
        (lambda r: pressmark.open(7), pressmark.ArgumentError, "is not a path"),
        (lambda r: pressmark.open("a\0b"), pressmark.ArgumentError, "is not a path"),
        (lambda r: r.to_arrow(columns=["titel"]), pressmark.ArgumentError, "did you mean `title`"),
        (lambda r: r.to_arrow(columns=["id", "id"]), pressmark.ArgumentError, "requested twice"),
        (lambda r: r.to_arrow(columns=[1]), pressmark.ArgumentError, "is not text"),
        (lambda r: r.to_arrow(where={"title": ["x"]}), pressmark.ArgumentError, "by their key only, which is `id`"),
        (lambda r: r.export("o.jsonl", where={"title": ["x"]}), pressmark.ArgumentError, "by their key only"),
        (lambda r: r.to_arrow(where={"id": [7]}), pressmark.ArgumentError, "holds strings"),
        (lambda r: r.to_arrow(where={"id": [True]}), pressmark.ArgumentError, "cannot be a key"),
        (lambda r: r.to_arrow(where={"id": [2.5]}), pressmark.ArgumentError, "cannot be a key"),
        (lambda r: r.to_arrow(where=["a1"]), pressmark.ArgumentError, "does not name one column"),
        (lambda r: r.export("o", format="xml"), pressmark.ArgumentError, 'use "jsonl" or "csv"'),
        (lambda r: r.export("no/such/folder.jsonl"), pressmark.PressmarkError, "folder"),
        (lambda r: r.to_arrow(columns=7), pressmark.ArgumentError, "is not a list"),
        (lambda r: r.to_arrow(where={"id": 2.5}), pressmark.ArgumentError, "cannot be a key"),
        (lambda r: r.verify(threads="two"), pressmark.ArgumentError, "threads"),
        (lambda r: r.verify(threads=-1), pressmark.ArgumentError, "negative"),
        (lambda r: pressmark.diff(r, r, ignore=7), pressmark.ArgumentError, "ignore=7"),
        (lambda r: pressmark.diff(r, r, memory="much"), pressmark.ArgumentError, "memory"),
        (lambda r: r.verify(progress=7), pressmark.ArgumentError, "cannot be called"),
    ],
)
def test_errors_are_ours_and_say_what_to_do(release, attempt, kind, words):
    with pytest.raises(kind) as raised:
        attempt(release)
    assert isinstance(raised.value, pressmark.PressmarkError)
    assert words in str(raised.value)
    assert raised.value.hint
    assert "`--" not in raised.value.hint
