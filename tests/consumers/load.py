"""Loads a release as its readers do and checks that all of them see the same records.

Usage: python load.py RELEASE [RECORDS.jsonl]

DuckDB, pandas, PyArrow, Polars and Hugging Face datasets each read the Parquet files by their ordinary calls. Compared
are the number of rows, the type of every column with what manifest.json says, and every value;
with RECORDS.jsonl (one canonical form a line, in the order of the release) every value is also
compared with it. The SQL line of schema/FORMAT.md must give the manifest's fingerprint. Exits
with 0 if all is well and with 1 and a message at the first thing that is not.

Hashes, order and cuts are left to fingerprint.py.
"""

import datetime
import glob
import hashlib
import json
import os
import sys
import tempfile

# Nothing is fetched and nothing kept; the library looks at these when it is imported.
CACHE = tempfile.TemporaryDirectory()
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HOME=CACHE.name)

import datasets
import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq

FINGERPRINT = """
SELECT sha256(string_agg(lower(hex(record_sha256)) || chr(10), '' ORDER BY record_sha256)) FROM '{}'
"""
STREAMED = """
COPY (SELECT lower(hex(record_sha256)) FROM '{}' ORDER BY record_sha256) TO '{}' (FORMAT csv, HEADER false)
"""
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
INSTANT = "timestamp[us, UTC]"


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: expected {str(wanted)[:400]}, found {str(found)[:400]}")


# Types, in the words of the manifest. A reader's type that has no word there stays as it is
# and so differs.


def arrow_type(kind, path="", json_paths=()):
    """The words for an Arrow type; the Parquet path tells JSON from other texts, if it is given."""
    plain = {pa.string(): "string", pa.bool_(): "boolean", pa.float64(): "float64", pa.date32(): "date"}
    inner = lambda kind, name: arrow_type(kind, path and f"{path}.{name}", json_paths)
    if path in json_paths:
        expect("the type of a JSON column", kind, pa.string())
        return "json"
    if pa.types.is_list(kind):
        # As it stands in the file; elsewhere readers have names of their own.
        expect("the name of a list's child", kind.value_field.name, "element" if path else kind.value_field.name)
        return f"list<{inner(kind.value_type, 'list.element')}>"
    if pa.types.is_map(kind):
        expect("the type of a map's keys", kind.key_type, pa.string())
        return f"map<string, {inner(kind.item_type, 'key_value.value')}>"
    if pa.types.is_struct(kind):
        members = (kind.field(i) for i in range(kind.num_fields))
        return "struct<" + ", ".join(f"{member.name}: {inner(member.type, member.name)}" for member in members) + ">"
    return {pa.timestamp("us", "UTC"): INSTANT, **plain}.get(kind, str(kind))


def duckdb_type(kind):
    if kind.id == "list":
        return f"list<{duckdb_type(kind.children[0][1])}>"
    if kind.id == "map":
        return "map<" + ", ".join(duckdb_type(child) for _, child in kind.children) + ">"
    if kind.id == "struct":
        return "struct<" + ", ".join(f"{name}: {duckdb_type(member)}" for name, member in kind.children) + ">"
    words = {"varchar": "string", "bigint": "int64", "ubigint": "uint64", "double": "float64"}
    return {"timestamp with time zone": INSTANT, **words}.get(kind.id, kind.id)


def polars_type(kind):
    if isinstance(kind, polars.Map):
        return f"map<{polars_type(kind.key)}, {polars_type(kind.value)}>"
    if isinstance(kind, polars.List):
        return f"list<{polars_type(kind.inner)}>"
    if isinstance(kind, polars.Struct):
        return "struct<" + ", ".join(f"{member.name}: {polars_type(member.dtype)}" for member in kind.fields) + ">"
    plain = {polars.String: "string", polars.Boolean: "boolean", polars.Float64: "float64", polars.Date: "date"}
    numbers = {polars.Int64: "int64", polars.UInt64: "uint64"}
    return {polars.Datetime("us", "UTC"): INSTANT, **plain, **numbers}.get(kind, str(kind))


# Values, in one form: bytes of texts as text, instants in microseconds, days in days.


def plain(value, kind=None):
    # Plain pandas marks a missing text with a NaN; no record holds one.
    if value is None or value is pandas.NA or value is pandas.NaT or isinstance(value, float) and value != value:
        return None
    if kind is not None and pa.types.is_map(kind):
        entries = value.items() if isinstance(value, dict) else value
        # A pair, or an object of `key` and `value`.
        entries = [tuple(entry.values()) if isinstance(entry, dict) else entry for entry in entries]
        return [[key, plain(member, kind.item_type)] for key, member in entries]
    if kind is not None and pa.types.is_list(kind):
        return [plain(element, kind.value_type) for element in value]
    if kind is not None and pa.types.is_struct(kind):
        return {name: plain(value[name], kind.field(name).type) for name in value}
    if isinstance(value, datetime.datetime):
        return ("instant", (value - EPOCH) // datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date):
        return ("day", (value - EPOCH.date()).days)
    # repr tells True from 1 and 1 from 1.0, and a double by its shortest digits.
    return value if isinstance(value, str) else repr(value.item() if hasattr(value, "item") else value)


def typed(value, kind, path, json_paths):
    """A value of a canonical form, as the column of Arrow type `kind` holds it."""
    inner = lambda value, kind, name: typed(value, kind, f"{path}.{name}", json_paths)
    if value is None:
        return None
    if path in json_paths:
        return ("json", value)
    if pa.types.is_list(kind):
        return [inner(element, kind.value_type, "list.element") for element in value]
    if pa.types.is_map(kind):
        return [[key, inner(value[key], kind.item_type, "key_value.value")] for key in value]
    if pa.types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        if isinstance(value, list):
            expect("entries of an array", len(value), len(fields))
            value = {f"_{place}": entry for place, entry in enumerate(value)}
        expect("undeclared members of a canonical form", set(value) - {field.name for field in fields}, set())
        return {field.name: inner(value.get(field.name), field.type, field.name) for field in fields}
    if pa.types.is_timestamp(kind):
        return plain(datetime.datetime.fromisoformat(value))
    if pa.types.is_date32(kind):
        return plain(datetime.date.fromisoformat(value))
    return plain(float(value) if pa.types.is_float64(kind) else value)


def parsed(value, kind, path, json_paths):
    """A loaded value with its JSON columns parsed, to be compared with `typed`."""
    inner = lambda value, kind, name: parsed(value, kind, f"{path}.{name}", json_paths)
    if value is None:
        return None
    if path in json_paths:
        return ("json", json.loads(value))
    if pa.types.is_list(kind):
        return [inner(element, kind.value_type, "list.element") for element in value]
    if pa.types.is_map(kind):
        return [[key, inner(member, kind.item_type, "key_value.value")] for key, member in value]
    if pa.types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        return {field.name: inner(value[field.name], field.type, field.name) for field in fields}
    return value


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python load.py RELEASE [RECORDS.jsonl]")
    release = sys.argv[1]
    with open(os.path.join(release, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    names = [column["name"] for column in manifest["columns"]]
    kinds = {column["name"]: column["type"] for column in manifest["columns"]}
    data, pattern = os.path.join(release, "data"), os.path.join(release, "data", "*.parquet")
    paths = sorted(glob.glob(pattern))
    expect("parts", [os.path.basename(path) for path in paths], [os.path.basename(p["path"]) for p in manifest["parts"]])

    arrow = pq.read_table(data)
    schema = arrow.schema
    expect("PyArrow: columns", schema.names, [*names, "record_sha256"])
    json_paths = set(pq.read_metadata(paths[0]).metadata.get(b"pressmark.json", b"").decode().split("\n")) - {""}
    found = {name: arrow_type(schema.field(name).type, name, json_paths) for name in names}
    expect("PyArrow: types", found, kinds)
    # To everybody else JSON is text.
    kinds = {name: arrow_type(schema.field(name).type) for name in names}
    expect("PyArrow: record_sha256", schema.field("record_sha256").type, pa.binary(32))
    expect("PyArrow: rows", arrow.num_rows, manifest["records"])

    database = duckdb.connect()
    database.execute("SET TimeZone='UTC'")
    found = database.execute(FINGERPRINT.format(pattern.replace("'", "''"))).fetchall()
    expect("DuckDB: fingerprint by SQL", found, [(manifest["fingerprint"],)])
    with tempfile.TemporaryDirectory() as folder:
        hashes = os.path.join(folder, "hashes")
        database.execute(STREAMED.format(pattern.replace("'", "''"), hashes))
        with open(hashes, "rb") as file:
            streamed = hashlib.file_digest(file, "sha256").hexdigest()
    expect("DuckDB: fingerprint of a stream", streamed, manifest["fingerprint"])
    # By file and row, so that all readers have one order; DuckDB keeps it within one file.
    relations = [database.read_parquet(path) for path in paths]
    for relation in relations:
        expect("DuckDB: columns", relation.columns, [*names, "record_sha256"])
        types = dict(zip(relation.columns, relation.types))
        expect("DuckDB: record_sha256", str(types.pop("record_sha256")), "BLOB")
        expect("DuckDB: types", {name: duckdb_type(kind) for name, kind in types.items()}, kinds)
    duck = [row for relation in relations for row in relation.fetchall()]
    duck = {name: [row[place] for row in duck] for place, name in enumerate([*names, "record_sha256"])}

    # The nullable backend, as plain pandas turns integers with nulls into doubles.
    panda = pandas.read_parquet(data, dtype_backend="pyarrow")
    expect("pandas: columns", list(panda.columns), [*names, "record_sha256"])
    for name in names:
        expect(f"pandas: type of {name}", arrow_type(panda[name].dtype.pyarrow_dtype), kinds[name])
    expect("pandas: record_sha256", panda["record_sha256"].dtype.pyarrow_dtype, pa.binary(32))
    plain_panda = pandas.read_parquet(data)
    expect("pandas (plain): rows", len(plain_panda), manifest["records"])
    for name in names:
        if kinds[name] == INSTANT:
            expect(f"pandas (plain): type of {name}", str(plain_panda[name].dtype), "datetime64[us, UTC]")

    bear = polars.read_parquet(pattern)
    expect("Polars: columns", bear.columns, [*names, "record_sha256"])
    expect("Polars: types", {name: polars_type(bear.schema[name]) for name in names}, kinds)
    expect("Polars: record_sha256", bear.schema["record_sha256"], polars.Binary)

    datasets.disable_progress_bars()
    load = lambda: datasets.load_dataset("parquet", data_files=paths, split="train", cache_dir=CACHE.name)
    try:
        face = load()
        expect("datasets: columns", face.column_names, [*names, "record_sha256"])
        found = {name: arrow_type(face.features.arrow_schema.field(name).type) for name in names}
        expect("datasets: types", found, kinds)
    except ValueError as error:
        # As schema/FORMAT.md says of it: it has no maps, and nothing else is in its way.
        if not any("map<" in kind for kind in kinds.values()) or "Arrow type map" not in str(error):
            raise
        face = None

    readers = {
        "DuckDB": lambda name: duck[name],
        "pandas": lambda name: panda[name].tolist(),
        "pandas (plain)": lambda name: plain_panda[name].tolist(),
        "Polars": lambda name: bear[name].to_list(),
    }
    if face is not None:
        readers["datasets"] = lambda name: face.data.column(name).to_pylist()
    columns = {}
    for name in names:
        kind = schema.field(name).type
        columns[name] = [plain(value, kind) for value in arrow[name].to_pylist()]
        for reader, read in readers.items():
            if reader == "pandas (plain)" and kinds[name] != "string":
                continue
            values = [plain(value, kind) for value in read(name)]
            expect(f"{reader}: rows of {name}", len(values), manifest["records"])
            for row, (value, wanted) in enumerate(zip(values, columns[name]), 1):
                expect(f"{reader}: {name} in row {row}, against PyArrow", value, wanted)
    hashes = arrow["record_sha256"].to_pylist()
    expect("bytes of record_sha256", {len(digest) for digest in hashes}, {32})
    for reader, read in readers.items():
        expect(f"{reader}: record_sha256", [bytes(digest) for digest in read("record_sha256")], hashes)

    if len(sys.argv) == 3:
        with open(sys.argv[2], encoding="utf-8", newline="\n") as file:
            records = [json.loads(line) for line in file.read().split("\n")[:-1]]
        expect("lines of records", len(records), manifest["records"])
        for row, record in enumerate(records):
            expect(f"undeclared members in line {row + 1}", set(record) - set(names), set())
            for name in names:
                kind = schema.field(name).type
                wanted = typed(record.get(name), kind, name, json_paths)
                found = parsed(columns[name][row], kind, name, json_paths)
                expect(f"{name} in row {row + 1}, against its canonical form", found, wanted)
    print(f"{manifest['records']} records load alike in {', '.join(['PyArrow', *readers])}")


if __name__ == "__main__":
    main()
