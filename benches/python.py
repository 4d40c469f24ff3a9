"""The goals of the Python module, side by side with the libraries themselves.

    python benches/python.py [RECORDS]

Needs a wheel built with the release profile, and pandas, pyarrow, polars, duckdb and jsonschema. Everything is made in a
temporary folder. Each time is the best of several; each line ends with the goal.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pressmark

RECORDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
WORDS = "the of a bridge river council vote market fair school road train year people said".split()


def article(number: int, words: random.Random) -> dict:
    text = " ".join(words.choices(WORDS, k=words.randrange(80, 500)))
    day = f"20{words.randrange(10, 25)}-{words.randrange(1, 13):02}-{words.randrange(1, 29):02}"
    return {
        "id": f"a{number:07}",
        "url": f"https://example.org/{number}",
        "title": text[:60].strip(),
        "text": text,
        "published_at": f"{day}T10:00:00Z",
        "tags": words.sample(WORDS, k=3),
        "language": "en",
    }


def best(work, times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def line(what: str, ours: float, theirs: float, goal: str) -> None:
    print(f"{what:<44} {ours * 1000:10.1f} ms {theirs * 1000:10.1f} ms  {ours / theirs:6.2f}x  goal {goal}")


def main() -> None:
    import duckdb
    import jsonschema
    import pandas as pd
    import polars as pl
    import pyarrow.parquet as pq

    os.chdir(tempfile.mkdtemp())
    words = random.Random(7)
    with open("in.jsonl", "w") as file:
        for number in range(RECORDS):
            file.write(json.dumps(article(number, words)) + "\n")
    Path("dataset.toml").write_text('name = "bench"\nsource = "article"\ninputs = ["in.jsonl"]\norder_by = ["published_at"]\n')
    release = pressmark.Dataset(".").build(cache=False)
    data = "1.0.0/data"
    print(f"{len(release)} records in {release.report.parts} parts; {'':>10} ours, theirs")

    line(
        "pandas",
        best(release.to_pandas),
        best(lambda: pd.read_parquet(data, dtype_backend="pyarrow")),
        "<= 1.1",
    )
    line("pyarrow", best(release.to_arrow), best(lambda: pq.read_table(data)), "<= 1.1")
    line("Polars", best(release.to_polars), best(lambda: pl.read_parquet(f"{data}/*.parquet")), "<= 1.1")
    line(
        "DuckDB",
        best(lambda: release.to_duckdb().fetch_arrow_table()),
        best(lambda: duckdb.sql(f"SELECT * FROM '{data}/*.parquet'").fetch_arrow_table()),
        "<= 1.1",
    )
    columns = ["id", "title", "published_at"]
    line(
        "pandas, three columns",
        best(lambda: release.to_pandas(columns)),
        best(lambda: pd.read_parquet(data, columns=columns, dtype_backend="pyarrow")),
        "<= 1.1",
    )

    keys = [f"a{words.randrange(RECORDS):07}" for _ in range(100)]
    ours = best(lambda: release.to_arrow(where={"id": keys}))
    listed = ", ".join(f"'{key}'" for key in keys)
    line("100 keys, pyarrow", ours, best(lambda: pq.read_table(data, filters=[("id", "in", keys)]), 3), "<= 0.05")
    scan = pl.scan_parquet(f"{data}/*.parquet").filter(pl.col("id").is_in(keys))
    line("100 keys, Polars", ours, best(scan.collect, 3), "<= 0.05")
    query = f"SELECT * FROM '{data}/*.parquet' WHERE id IN ({listed})"
    line("100 keys, DuckDB", ours, best(lambda: duckdb.sql(query).fetch_arrow_table(), 3), "<= 0.05")

    some = Path("in.jsonl").read_bytes().splitlines()[:20_000]
    Path("some.jsonl").write_bytes(b"\n".join(some) + b"\n")
    validator = pressmark.Validator("article", source="article")
    check = best(lambda: pressmark.check("some.jsonl", source="article", threads=1), 3)
    line("Validator on bytes, check on one thread", best(lambda: validator.validate(some), 3), check, "<= 1.67")
    dicts = [json.loads(one) for one in some[:2_000]]
    theirs = jsonschema.Draft202012Validator(release.schema, format_checker=jsonschema.FormatChecker())

    def one_by_one() -> None:
        for one in dicts:
            validator(one)

    line(
        "Validator on dicts, jsonschema for Python",
        best(one_by_one, 3),
        best(lambda: [list(theirs.iter_errors(one)) for one in dicts], 3),
        "<= 0.1",
    )

    def imported() -> None:
        subprocess.run([sys.executable, "-I", "-c", "import pressmark; pressmark.Release"], check=True)

    def bare() -> None:
        subprocess.run([sys.executable, "-I", "-c", ""], check=True)

    print(f"import and first use: {(best(imported) - best(bare)) * 1000:.1f} ms, goal < 50")


if __name__ == "__main__":
    main()
