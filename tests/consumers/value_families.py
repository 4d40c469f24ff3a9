"""Parquet files with one value of each type, and which of them are equal by type and value.

Usage: value_families.py FOLDER. Writes FOLDER/base and FOLDER/current, a file for each value, and
prints a line of JSON for each value: whether it is null, and to which of all values it is equal. Equality is
found from what PyArrow reads back, by rules written down here a second time: families of types,
numbers as fractions, instants and durations as whole nanoseconds.
"""

import json
import math
import sys
from datetime import date, datetime, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

UNIT = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
INT96 = {"use_deprecated_int96_timestamps": True}


def number(text):
    return Decimal(text)


def values():
    """Each value as an array of one, with the options of its writer."""
    for kind in [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]:
        yield pa.array([7], kind), {}
    yield pa.array([-(2**63)], pa.int64()), {}
    yield pa.array([2**53 + 1], pa.int64()), {}
    yield pa.array([2**53], pa.int64()), {}
    yield pa.array([2**64 - 1], pa.uint64()), {}
    yield pa.array([0], pa.int32()), {}
    for double in [7.0, -0.0, 0.1, float(2**53), -float(2**63), math.nan, math.inf, -math.inf, 5e-324]:
        yield pa.array([double], pa.float64()), {}
    for single in [7.0, 0.1, math.nan, math.inf]:
        yield pa.array([single], pa.float32()), {}
        yield pa.array([np.float16(single)], pa.float16()), {}
    yield pa.array([number("7.00")], pa.decimal128(9, 2)), {}
    yield pa.array([number("7")], pa.decimal32(5, 0)), {}
    yield pa.array([number("7.0")], pa.decimal64(12, 1)), {}
    yield pa.array([number("7.000")], pa.decimal256(60, 3)), {}
    yield pa.array([number("0.1")], pa.decimal128(9, 2)), {}
    yield pa.array([number("0.100")], pa.decimal256(50, 3)), {}
    yield pa.array([number("9" * 60)], pa.decimal256(76, 0)), {}
    yield pa.array([number("9007199254740993")], pa.decimal128(38, 0)), {}
    for text in ["7", "NaN", "inf", "true", "6162", "ab", "2024-05-05", '"ab"', ""]:
        yield pa.array([text], pa.string()), {}
    yield pa.array(["ab"], pa.large_string()), {}
    yield pa.array(["ab"], pa.string_view()), {}
    yield pa.array(["ab"]).dictionary_encode(), {}
    yield pa.array([b"ab"], pa.binary()), {}
    yield pa.array([b"ab"], pa.large_binary()), {}
    yield pa.array([b"ab"], pa.binary(2)), {}
    yield pa.array([b""], pa.binary()), {}
    yield pa.array([True]), {}
    yield pa.array([False]), {}
    yield pa.nulls(1), {}
    yield pa.array([None], pa.string()), {}
    yield pa.array([None], pa.int64()), {}
    yield pa.array([date(2024, 5, 5)], pa.date32()), {}
    yield pa.array([date(2024, 5, 5)], pa.date64()), {}
    yield pa.array([2_147_483_647], pa.int32()), {}
    yield pa.array([2_147_483_647], pa.int32()).view(pa.date32()), {}
    for kind, count in [("s", 61), ("ms", 61_000)]:
        yield pa.array([count], pa.int32()).view(pa.time32(kind)), {}
    for kind, count in [("us", 61_000_000), ("ns", 61_000_000_000)]:
        yield pa.array([count], pa.int64()).view(pa.time64(kind)), {}
    for instant in [datetime(2024, 5, 5, 1, 2, 3), datetime(1, 1, 1), datetime(9999, 12, 31)]:
        units = ["s", "ms", "us"] + (["ns"] if instant.year == 2024 else [])
        for unit in units:
            yield pa.array([instant], pa.timestamp(unit)), {}
            yield pa.array([instant.replace(tzinfo=timezone.utc)], pa.timestamp(unit, "UTC")), {}
        if instant.year == 2024:
            yield pa.array([instant.replace(tzinfo=timezone.utc)], pa.timestamp("us", "Europe/Berlin")), {}
        yield pa.array([instant], pa.timestamp("us")), INT96
    for unit, count in [("s", 5), ("ms", 5000), ("us", 5_000_000), ("ns", 5_000_000_000), ("ms", 5)]:
        yield pa.array([count], pa.int64()).view(pa.duration(unit)), {}
    yield pa.array([5000], pa.int64()), {}
    yield pa.array([[1, None]], pa.list_(pa.int32())), {}
    yield pa.array([[1, None]], pa.large_list(pa.float64())), {}
    yield pa.array([[1]], pa.list_(pa.int32())), {}
    yield pa.array([[1, 2]], pa.list_(pa.int32(), 2)), {}
    yield pa.array([[[1], [2]]], pa.list_(pa.list_(pa.int64()))), {}
    yield pa.array([[[1, 2]]], pa.list_(pa.list_(pa.int64()))), {}
    yield pa.array([[]], pa.list_(pa.int32())), {}
    yield pa.array([{"a": 1, "b": None}], pa.struct([("a", pa.int32()), ("b", pa.string())])), {}
    yield pa.array([{"b": None, "a": 1}], pa.struct([("b", pa.string()), ("a", pa.int64())])), {}
    yield pa.array([{"a": 1}], pa.struct([("a", pa.int32())])), {}
    yield pa.array([{"b": 1}], pa.struct([("b", pa.int32())])), {}
    entries = [("x", 1), ("y", 2)]
    for kind in [pa.map_(pa.string(), pa.int32()), pa.map_(pa.string(), pa.float64())]:
        yield pa.array([entries], kind), {}
        yield pa.array([entries[::-1]], kind), {}
    yield pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())), {}
    for key in [pa.int32(), pa.int64(), pa.float64()]:
        yield pa.array([[(1, "x"), (2, "y")]], pa.map_(key, pa.string())), {}
        yield pa.array([[(2, "y"), (1, "x")]], pa.map_(key, pa.string())), {}
    yield pa.array([[(1, "y"), (2, "x")]], pa.map_(pa.int32(), pa.string())), {}
    yield pa.array([[(b"x", 1), (b"y", 2)]], pa.map_(pa.binary(), pa.int32())), {}
    yield pa.array([[(date(2024, 5, 5), [1.5])]], pa.map_(pa.date32(), pa.list_(pa.float32()))), {}
    yield pa.array([[(date(2024, 5, 5), [1.5])]], pa.map_(pa.date32(), pa.list_(pa.float64()))), {}
    yield pa.array([[datetime(9999, 12, 31)]], pa.list_(pa.timestamp("us"))), INT96
    yield pa.array([[datetime(9999, 12, 31)]], pa.list_(pa.timestamp("ms"))), {}
    yield pa.array([{"t": 5}], pa.struct([("t", pa.int64())])), {}
    yield pa.array([5], pa.int64()).view(pa.duration("s")), {}


def fraction(value):
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if math.isnan(value):
            return "nan"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
    return str(Fraction(value))


def canonical(scalar):
    """A value as a tree of texts that is equal for equal values and no others."""
    kind = scalar.type
    if not scalar.is_valid:
        return None
    if pa.types.is_dictionary(kind):
        return canonical(scalar.dictionary[scalar.index.as_py()])
    if pa.types.is_boolean(kind):
        return ["boolean", str(scalar.as_py())]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ["number", fraction(scalar.as_py())]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return ["text", scalar.as_py()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return ["bytes", scalar.as_py().hex()]
    if pa.types.is_date32(kind):
        return ["day", str(scalar.value)]
    if pa.types.is_date64(kind):
        return ["day", str(Fraction(scalar.value, 86_400_000))]
    if pa.types.is_time(kind):
        return ["time", str(scalar.value * UNIT[kind.unit])]
    if pa.types.is_timestamp(kind):
        return ["local" if kind.tz is None else "instant", str(scalar.value * UNIT[kind.unit])]
    if pa.types.is_duration(kind):
        return ["duration", str(scalar.value * UNIT[kind.unit])]
    if pa.types.is_map(kind):
        entries = [(canonical(entry["key"]), canonical(entry["value"])) for entry in scalar.values]
        if pa.types.is_string(kind.key_type):
            return ["object", sorted([key[1], value] for key, value in entries)]
        return ["entries", sorted(entries, key=json.dumps)]
    if pa.types.is_struct(kind):
        members = [[field.name, canonical(scalar[field.name])] for field in kind]
        return ["object", sorted(member for member in members if member[1] is not None)]
    return ["list", [canonical(element) for element in scalar.values]]


def main():
    folder = Path(sys.argv[1])
    every = list(values())
    read = []
    for side in ["base", "current"]:
        (folder / side).mkdir(parents=True)
        for number, (array, options) in enumerate(every):
            others = range(len(every))
            pairs = [f"{number}:{other}" if side == "base" else f"{other}:{number}" for other in others]
            table = pa.table(
                {
                    "pair": pairs,
                    "row": [f"{side} {pair}" for pair in pairs],
                    "v": pa.concat_arrays([array] * len(every)),
                }
            )
            path = folder / side / f"{number:03}.parquet"
            pq.write_table(table, path, **options)
            if side == "base":
                found = pq.read_table(path, coerce_int96_timestamp_unit="us")["v"]
                read.append(canonical(found[0]))
    for ours in read:
        print(json.dumps({"null": ours is None, "equal": [ours == theirs for theirs in read]}))


main()
