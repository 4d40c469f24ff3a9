"""Validating articles one by one, and the reject file."""

import datetime
import decimal
import json
import math
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pressmark
import pytest

from conftest import BRIDGE, FAIR

UTC = datetime.timezone.utc
EAST = datetime.timezone(datetime.timedelta(hours=3))
SCHEMA = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "n": {"type": "integer"},
        "x": {"type": "number"},
        "at": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.fixture
def validate():
    return pressmark.Validator(SCHEMA)


def test_one_article(new_dataset):
    validate = pressmark.Validator("article")
    record = validate(BRIDGE)
    assert record.key == "a1" and record["title"] == "The bridge"
    assert validate(json.dumps(BRIDGE)).to_dict() == validate(json.dumps(BRIDGE).encode()).to_dict() == record.to_dict()
    # The hash is that of the record in a release.
    in_release = new_dataset.build().to_arrow(["record_sha256"], {"id": ["a1"]})["record_sha256"][0].as_py()
    assert record.sha256 == in_release.hex()


def test_a_rejected_article_has_violations(validate):
    with pytest.raises(pressmark.Rejected) as raised:
        validate({"id": "a", "n": "7", "tags": [1]})
    codes = [(violation.code, violation.pointer) for violation in raised.value.violations]
    assert sorted(codes) == [("V-TYPE", "/n"), ("V-TYPE", "/tags/0")]
    assert raised.value.code == "V-TYPE"
    assert json.loads(raised.value.reject.raw) == {"id": "a", "n": "7", "tags": [1]}
    with pytest.raises(pressmark.Rejected) as raised:
        validate(b"{broken")
    assert raised.value.code == "P-SYNTAX"


def test_batches(validate):
    batch = validate.validate([{"id": "a"}, b'{"id": 7}', '{"id": "c"}'])
    assert (batch.articles, batch.admitted, batch.rejected) == (3, 2, 1)
    assert [record.key for record in batch.records] == ["a", "c"]
    assert [reject.line for reject in batch.rejects] == [2]
    assert [type(one).__name__ for one in batch] == ["Record", "Reject", "Record"]
    assert batch.to_arrow()["id"].to_pylist() == ["a", "c"]
    assert batch.to_polars().height == batch.to_polars().height == 2


def test_a_whole_source(validate):
    batch = validate.validate(b'{"id": "a"}\n{"id": 7}\n', name="crawl.jsonl")
    assert (batch.admitted, batch.rejects[0].source, batch.rejects[0].line) == (1, "crawl.jsonl", 2)
    assert validate.validate('[{"id": "a"}, {"id": "b"}]').admitted == 2


def test_a_stream(validate):
    def articles():
        for number in range(5):
            yield {"id": str(number)} if number != 3 else {"id": number}

    for batch in [1, 2, 100]:
        kinds = [type(one).__name__ for one in validate.stream(articles(), batch=batch)]
        assert kinds == ["Record", "Record", "Record", "Reject", "Record"]


def test_a_source_maps_what_its_parser_writes():
    validate = pressmark.Validator(source="trafilatura")
    record = validate({"title": "A", "author": "Ann; Bob", "text": "Words.", "url": "https://example.org/a"})
    assert record["authors"] == ["Ann", "Bob"]
    batch = validate.validate([{"title": "A", "author": "Ann; Bob", "text": "Words."}])
    assert batch.normalised["authors"]


def test_rejects_go_to_a_file_that_retry_reads(new_dataset):
    with new_dataset.validator(rejects="rejects.jsonl.zst", name="crawler") as validate:
        assert validate(BRIDGE).key == "a1"
        bad = {**FAIR, "language": 7}
        with pytest.raises(pressmark.Rejected):
            validate(bad)
    # A second run adds to the file.
    with new_dataset.validator(rejects="rejects.jsonl.zst", name="crawler") as validate:
        assert validate.validate([bad, BRIDGE]).rejected == 1
    report = new_dataset.retry("rejects.jsonl.zst", "fixed.jsonl")
    assert (report.validated, report.passed) == (2, 0)
    assert report.causes[0].code == "V-TYPE"
    toml = Path("news/dataset.toml")
    toml.write_text(toml.read_text() + '[policy]\ninvalid_optional = "extra"\n')
    report = new_dataset.retry("rejects.jsonl.zst", "fixed.jsonl")
    assert report.passed == 2
    assert [json.loads(line) for line in Path("fixed.jsonl").read_text().splitlines()] == [bad, bad]


def test_rows_of_tables(validate):
    import polars as pl
    import pyarrow as pa

    times = [datetime.datetime(2024, 3, 1, 10, tzinfo=UTC), None]
    columns = {"id": ["a", "b"], "n": [1, None], "x": [0.5, 2.0], "at": times, "tags": [["t", "u"], None]}
    tables = [pa.table(columns), pl.DataFrame(columns), pd.DataFrame({**columns, "n": pd.array([1, None], "Int64")})]
    for table in tables:
        batch = validate.validate(table)
        assert [reject.violations for reject in batch.rejects] == []
        first, second = batch.records
        assert (first["n"], first["x"], first["at"], first["tags"]) == (1, 0.5, "2024-03-01T10:00:00Z", ["t", "u"])
        assert (second["n"], second["at"], second["tags"]) == (None, None, None)
    again = validate.validate(validate.validate(tables[0]).to_arrow().drop_columns(["record_sha256", "_extra"]))
    assert again.admitted == 2


def test_cells_without_a_form_are_refused(validate):
    import pyarrow as pa

    for column, words in [(pa.array([b"x"]), "Binary"), (pa.array([math.nan]), "NaN"), (pa.array([1], pa.time64("us")), "Time")]:
        with pytest.raises(pressmark.ConversionError, match=words) as raised:
            validate.validate(pa.table({"id": ["a"], "c": column}))
        assert raised.value.path == "/c"


def test_many_threads_share_a_validator(validate):
    records = []

    def work(start):
        for number in range(start, start + 200):
            records.append(validate({"id": str(number), "n": number}).key)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 800, 200)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(map(int, records)) == list(range(800))



@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (-(2**70), "-1180591620717411303424"),
        (0.1, "0.1"),
        (1e300, "1e300"),
        ("é\n", '"é\\n"'),
        ([1, (2, [])], "[1,[2,[]]]"),
        ({"a": {"b": None}}, '{"a":{"b":null}}'),
        (decimal.Decimal("1.50"), "1.50"),
        (decimal.Decimal("1E+3"), "1E+3"),
        (datetime.datetime(2024, 3, 1, 10, tzinfo=UTC), '"2024-03-01T10:00:00+00:00"'),
        (datetime.datetime(2024, 3, 1, 10, tzinfo=EAST), '"2024-03-01T10:00:00+03:00"'),
        (datetime.datetime(2024, 3, 1, 10), '"2024-03-01T10:00:00"'),
        (datetime.date(2024, 3, 1), '"2024-03-01"'),
        (pd.Timestamp("2024-03-01T10:00:00.123456789Z"), '"2024-03-01T10:00:00.123456789+00:00"'),
        (np.int64(7), "7"),
        (np.uint64(2**63), "9223372036854775808"),
        (np.float32(0.5), "0.5"),
        (np.bool_(True), "true"),
        (np.str_("a"), '"a"'),
        (np.array([[1, 2], [3, 4]]), "[[1,2],[3,4]]"),
        (np.array(["a", None], dtype=object), '["a",null]'),
        (np.datetime64("2024-03-01T10:00:00", "us"), '"2024-03-01T10:00:00"'),
        (np.datetime64("2024-03-01", "D"), '"2024-03-01"'),
    ],
)
def test_values_are_converted(value, text):
    """The raw bytes of a reject show what a value became."""
    validate = pressmark.Validator({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "v": False}})
    with pytest.raises(pressmark.Rejected) as raised:
        validate({"v": value})
    assert raised.value.reject.raw.decode() == '{"v":' + text + "}"


class Loop(dict):
    pass


def circle():
    loop = {}
    loop["again"] = loop
    return loop


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (math.nan, "NaN"),
        (math.inf, "infinity"),
        (np.float64("nan"), "NaN"),
        (np.float32("inf"), "infinity"),
        ({1, 2}, "set"),
        (frozenset(), "set"),
        (b"bytes", "encoding"),
        (bytearray(b"bytes"), "encoding"),
        (memoryview(b"bytes"), "encoding"),
        (np.bytes_(b"a"), "encoding"),
        ({1: "a"}, "not text: 1"),
        ({None: "a"}, "not text: None"),
        ({("a", "b"): 1}, "not text"),
        (decimal.Decimal("NaN"), "NaN"),
        (decimal.Decimal("Infinity"), "Infinity"),
        (datetime.time(10), "no form in JSON"),
        (datetime.timedelta(1), "no form in JSON"),
        (object(), "`object`"),
        (1j, "`complex`"),
        (pd.NaT, "NaT"),
        (pd.NA, "no form in JSON"),
        (np.datetime64("NaT"), "no exact value"),
        (np.datetime64("2024-03-01T10:00:00", "ns"), "no exact value"),
        (np.longdouble("0.1"), "no exact value"),
        ("\ud800", "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        pytest.param(10**5000, "too many digits", id="digits"),
        pytest.param(circle(), "contains itself", id="circle"),
    ],
)
def test_values_are_refused_with_their_path(validate, value, words):
    with pytest.raises(pressmark.ConversionError) as raised:
        validate({"id": "a", "list": [0, {"a/b": value}]})
    assert words in raised.value.message
    assert raised.value.path.startswith("/list/1/a~1b")
    assert isinstance(raised.value, ValueError)


def test_dates_mean_the_same_as_text(validate):
    aware = datetime.datetime(2024, 3, 1, 13, tzinfo=EAST)
    assert validate({"id": "a", "at": aware})["at"] == "2024-03-01T10:00:00Z"
    assert validate({"id": "a", "day": datetime.date(2024, 3, 1)})["day"] == "2024-03-01"
    # A time without a zone is for the schema to judge.
    with pytest.raises(pressmark.Rejected) as raised:
        validate({"id": "a", "at": datetime.datetime(2024, 3, 1, 13)})
    assert raised.value.violations[0].pointer == "/at"


@pytest.mark.parametrize("article", [None, 7, [1], {1}, object()])
def test_other_things_are_no_articles(validate, article):
    with pytest.raises(pressmark.ConversionError, match="an article is a mapping, bytes or text"):
        validate(article)


def test_mappings_of_other_types(validate):
    import collections
    import types

    assert validate(collections.OrderedDict(id="a")).key == "a"
    assert validate(types.MappingProxyType({"id": "a"})).key == "a"
    assert validate(collections.UserDict(id="a")).key == "a"
    assert validate(Loop(id="a")).key == "a"


def test_wrong_arguments(validate):
    with pytest.raises(pressmark.ArgumentError, match="call the validator itself"):
        validate.validate({"id": "a"})
    with pytest.raises(pressmark.ArgumentError, match="batch=0"):
        list(validate.stream([], batch=0))
    with pytest.raises(pressmark.ArgumentError, match="does not declare"):
        pressmark.Validator(SCHEMA, key="nothing")
    with pytest.raises(pressmark.SchemaError):
        pressmark.Validator({"type": "strange"})
    with pytest.raises(pressmark.SchemaError, match="_extra"):
        pressmark.Validator(SCHEMA, extra="reject", invalid_optional="extra")
    with pytest.raises(pressmark.StorageError):
        pressmark.Validator(SCHEMA, rejects="no/such/folder/rejects.jsonl.zst")
