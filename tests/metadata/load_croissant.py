"""Loads every record of a release through croissant.json and compares it with the Parquet files themselves."""
import glob
import json
import sys

import mlcroissant
import pyarrow.parquet

folder = sys.argv[1]
dataset = mlcroissant.Dataset(f"{folder}/croissant.json")
assert not dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.report()
records = list(dataset.records("records"))
table = pyarrow.parquet.read_table(sorted(glob.glob(f"{folder}/data/*.parquet")))
described = {field["name"]: field["@id"] for field in json.load(open(f"{folder}/croissant.json"))["recordSet"][0]["field"]}
assert len(records) == table.num_rows, (len(records), table.num_rows)
assert set(described) == set(table.column_names) - set(sys.argv[2:]), set(described) ^ set(table.column_names)
for name, field in described.items():
    for record, value in zip(records, table.column(name).to_pylist()):
        loaded = record.get(field)
        # Structs load with the ids of their members, and are compared where the types are simple.
        if isinstance(value, str):
            assert loaded == value.encode(), (name, loaded, value)
        elif isinstance(value, (bool, bytes)):
            assert loaded == value, (name, loaded, value)
        elif isinstance(value, int):
            assert abs(int(loaded) - value) <= abs(value) / 2**52, (name, loaded, value)
        elif value is None:
            assert loaded is None or isinstance(loaded, (list, dict)), (name, loaded)
        else:
            assert loaded is not None, (name, value)
print(len(records))
