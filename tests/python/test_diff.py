"""What changed between two releases."""

import json

import pressmark
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def test_counts(dataset):
    changes = pressmark.diff("news@1.0.0", "news@2.0.0")
    assert not changes.same
    assert (changes.counts["added"], changes.counts["changed"], changes.counts["same"]) == (1, 1, 2)
    assert [column["name"] for column in changes.columns] == ["title"]
    assert repr(changes) == "<Diff 1 added, 1 changed>"
    assert changes.suggested_version() is not None
    assert "The <ins>big </ins>fair" in changes.to_markdown()
    assert dataset.diff().counts == dataset.diff("1.0.0").counts == changes.counts
    assert dataset.diff("1.0.0", "1.0.0").same


def test_changes_as_arrow(dataset):
    changes = dataset.diff().changes()
    # As often as one likes.
    assert changes.to_arrow() == pa.table(changes)
    rows = {row["change"]: row for row in changes.to_arrow().to_pylist()}
    assert set(rows) == {"added", "changed"}
    assert rows["changed"]["key"] == "a2" and rows["changed"]["columns"] == ["title"]
    assert json.loads(rows["changed"]["before"])["title"] == "The fair"
    assert json.loads(rows["changed"]["after"])["title"] == "The big fair"
    assert rows["added"]["before"] is None
    assert changes.to_polars().height == 2 and len(changes.to_pandas()) == 2


def test_ignored_columns(dataset):
    assert dataset.diff(ignore=["title"]).counts["changed"] == 0
    assert dataset.diff(ignore="title").counts["ignored"] == 1


def test_any_parquet_files(folder):
    pq.write_table(pa.table({"id": [1, 2], "n": [1, 2]}), "old.parquet")
    pq.write_table(pa.table({"id": [2, 3], "n": [5, 3]}), "new.parquet")
    changes = pressmark.diff("old.parquet", "new.parquet", key="id")
    assert (changes.counts["added"], changes.counts["removed"], changes.counts["changed"]) == (1, 1, 1)
    assert sorted(changes.changes().to_arrow()["key"].to_pylist()) == ["1", "2", "3"]
    with pytest.raises(pressmark.ArgumentError) as raised:
        pressmark.diff("old.parquet", "new.parquet")
    assert raised.value.hint == 'add `key="COLUMN"` with the column that identifies a record'


def test_wrong_arguments(dataset):
    with pytest.raises(pressmark.ArgumentError, match="no such column"):
        dataset.diff(ignore=["titel"])
    with pytest.raises(pressmark.ArgumentError, match="policy"):
        dataset.diff().suggested_version("any")
    with pytest.raises(pressmark.ReleaseError):
        pressmark.diff("news@1.0.0", "news@9.9.9")


def test_a_reader_may_leave(folder):
    """A reader that stops in the middle stops the thread that compares."""
    import threading

    ids = [f"{number:06}" for number in range(50_000)]
    pq.write_table(pa.table({"id": ids, "n": [0] * len(ids)}), "old.parquet")
    pq.write_table(pa.table({"id": ids, "n": [1] * len(ids)}), "new.parquet")
    changes = pressmark.diff("old.parquet", "new.parquet", key="id").changes()
    before = threading.active_count()
    batches = changes.batches()
    assert next(batches).num_rows > 0
    batches.close()
    assert threading.active_count() == before


def test_html_escapes_data(folder, new_dataset):
    from conftest import BRIDGE, write

    new_dataset.build()
    evil = {**BRIDGE, "title": "<script>alert(1)</script>\u202e"}
    write(folder / "news" / "in.jsonl", [evil])
    new_dataset.build(version="2.0.0")
    html = new_dataset.diff()._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "\u202e" not in html
    for one in [new_dataset.newest, new_dataset.newest.verify(), new_dataset.check()]:
        shown = one._repr_html_()
        assert shown.startswith("<div><strong>") and "<script>" not in shown
