"""What others do with the same articles: read JSON lines, sort by (published_at, id), write Parquet with zstd 3.

Each is told the types, as pressmark is by the schema, so that nobody spends time guessing, and is
used as its documentation proposes. None of them validates or hashes anything. `floor` only
compresses: the input's bytes in blocks of 1 MiB, on every core.

    contenders.py NAME INPUT OUTPUT     do it
    contenders.py count OUTPUT          say how many rows a Parquet file or folder has, and whether they are in order
    contenders.py ratio INPUT           say how far zstd 3 compresses blocks of 1 MiB of a file
"""

import os
import sys

TEXTS = "id url domain publisher title published_date published_raw language description section license source_ref text"
INSTANTS = "published_at modified_at retrieved_at"
LISTS = "authors tags"
STRUCTS = {"parser": "name version"}
LISTS_OF_STRUCTS = {"images": "url caption credit alt"}
BLOCK = 1 << 20


def duckdb(source, target):
    import duckdb

    # VARCHAR sorts as text; a TIMESTAMPTZ is what a consumer needs of an instant.
    columns = {name: "VARCHAR" for name in TEXTS.split()}
    columns |= {name: "TIMESTAMPTZ" for name in INSTANTS.split()}
    columns |= {name: "VARCHAR[]" for name in LISTS.split()}
    struct = lambda members: "STRUCT(" + ", ".join(f"{name} VARCHAR" for name in members.split()) + ")"  # noqa: E731
    columns |= {name: struct(members) for name, members in STRUCTS.items()}
    columns |= {name: struct(members) + "[]" for name, members in LISTS_OF_STRUCTS.items()}
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        f"COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited', columns = {columns}) "
        f"ORDER BY published_at, id) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)"
    )


def polars(source, target):
    import polars

    struct = lambda members: polars.Struct({name: polars.String for name in members.split()})  # noqa: E731
    schema = {name: polars.String for name in (TEXTS + " " + INSTANTS).split()}
    schema |= {name: polars.List(polars.String) for name in LISTS.split()}
    schema |= {name: struct(members) for name, members in STRUCTS.items()}
    schema |= {name: polars.List(struct(members)) for name, members in LISTS_OF_STRUCTS.items()}
    instants = polars.col(INSTANTS.split()).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
    articles = polars.scan_ndjson(source, schema=schema).with_columns(instants).sort("published_at", "id")
    articles.sink_parquet(target, compression="zstd", compression_level=3)


def pyarrow(source, target):
    import pyarrow
    from pyarrow import json, parquet

    struct = lambda members: pyarrow.struct([(name, pyarrow.string()) for name in members.split()])  # noqa: E731
    fields = [(name, pyarrow.string()) for name in TEXTS.split()]
    fields += [(name, pyarrow.timestamp("us", "UTC")) for name in INSTANTS.split()]
    fields += [(name, pyarrow.list_(pyarrow.string())) for name in LISTS.split()]
    fields += [(name, struct(members)) for name, members in STRUCTS.items()]
    fields += [(name, pyarrow.list_(struct(members))) for name, members in LISTS_OF_STRUCTS.items()]
    # The largest article must fit into a block.
    read = json.ReadOptions(block_size=8 * BLOCK)
    table = json.read_json(source, read, json.ParseOptions(explicit_schema=pyarrow.schema(fields)))
    table = table.sort_by([("published_at", "ascending"), ("id", "ascending")])
    parquet.write_table(table, target, compression="zstd", compression_level=3)


def pandas(source, target):
    import pandas

    articles = pandas.read_json(source, lines=True, dtype_backend="pyarrow", engine="pyarrow")
    articles.sort_values(["published_at", "id"]).to_parquet(target, compression="zstd", compression_level=3, index=False)


def compressed(source):
    """The blocks of a file, compressed on every core, in order."""
    import concurrent.futures
    import threading

    import zstandard

    local = threading.local()

    def compress(at):
        if not hasattr(local, "compressor"):
            local.compressor = zstandard.ZstdCompressor(level=3)
        return local.compressor.compress(os.pread(file, BLOCK, at))

    file = os.open(source, os.O_RDONLY)
    size = os.fstat(file).st_size
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        # A few at a time: map() would hand out the whole file at once.
        for first in range(0, size, 64 * BLOCK):
            yield from pool.map(compress, range(first, min(size, first + 64 * BLOCK), BLOCK))


def floor(source, target):
    with open(target, "wb") as file:
        file.writelines(compressed(source))


def count(target):
    from pyarrow import dataset

    folder = os.path.join(target, "data") if os.path.isdir(target) else target
    rows, last, ordered = 0, None, True
    for batch in dataset.dataset(folder, format="parquet").scanner(columns=["published_at", "id"], use_threads=False).to_batches():
        rows += batch.num_rows
        # As text, an instant in UTC sorts as it does in time.
        for pair in zip(batch["published_at"].cast("int64" if hasattr(batch["published_at"].type, "unit") else "string").to_pylist(), batch["id"].to_pylist()):
            ordered &= last is None or last <= pair
            last = pair
    print(rows, "ordered" if ordered else "not ordered")


def ratio(source):
    print(os.path.getsize(source) / sum(map(len, compressed(source))))


if __name__ == "__main__":
    {made.__name__: made for made in (duckdb, polars, pyarrow, pandas, floor, count, ratio)}[sys.argv[1]](*sys.argv[2:])
