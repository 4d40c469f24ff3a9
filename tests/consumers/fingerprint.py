"""Checks a release from its Parquet files alone, without pressmark.

Usage: python fingerprint.py RELEASE

Recomputes, by the rules of schema/FORMAT.md, the canonical form and hash of every record, the
order of the records, the places where they are cut into parts and row groups, the fingerprint of
every part and of the release, the counts, and the SHA-256 of every file, and compares them with
manifest.json, SHA256SUMS and the column record_sha256. Exits with 0 if all agree and with 1 and a
line for each disagreement if not.

It shares no code with pressmark on purpose, needs only pyarrow, and favours plainness over speed:
a part is held in memory as a whole. It does not validate records against schema.json.
"""

import hashlib
import json
import math
import os
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

ESCAPES = json.encoder.JSONEncoder(ensure_ascii=False)


def string(text):
    """A JSON string as RFC 8785 writes it, which is also how Python writes it."""
    return ESCAPES.encode(text)


def double(value):
    """A double as ECMAScript's Number::toString writes it; Python finds the same digits."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" and not exponent else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def members(pairs):
    """An object: names in the order of their UTF-16 code units."""
    pairs = sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{string(name)}:{text}" for name, text in pairs) + "}"


def value(of):
    """Any parsed JSON value. Null members of a JSON value are data and stay."""
    if of is None or isinstance(of, bool):
        return json.dumps(of)
    if isinstance(of, str):
        return string(of)
    if isinstance(of, int):
        return str(of) if -(2**63) <= of < 2**64 else double(float(of))
    if isinstance(of, float):
        return double(of)
    if isinstance(of, list):
        return "[" + ",".join(map(value, of)) + "]"
    return members((name, value(inner)) for name, inner in of.items())


def day(days):
    """YYYY-MM-DD in the proleptic Gregorian calendar; Python's own dates lack the year 0000."""
    days += 719_468  # counted from 0000-03-01, so that a leap day ends its year
    era, of_era = divmod(days, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = era * 400 + year_of_era + (month <= 2)
    return f"{year:04}-{month:02}-{of_year - (153 * shifted + 2) // 5 + 1:02}"


def instant(microseconds):
    """RFC 3339 in UTC, with as many digits of a second as it needs."""
    days, rest = divmod(microseconds, 86_400_000_000)
    seconds, micros = divmod(rest, 1_000_000)
    fraction = f".{micros:06}".rstrip("0") if micros else ""
    return f"{day(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}Z"


def is_entries(kind):
    """Whether a struct holds the entries of an array: its members are called _0, _1 and so on."""
    return [kind.field(i).name for i in range(kind.num_fields)] == [f"_{i}" for i in range(kind.num_fields)]


def canonical(array, path, json_paths):
    """The canonical text of every value of an Arrow array; None where it is null."""
    kind = array.type
    or_null = lambda text: "null" if text is None else text
    if path in json_paths:
        return [value_of_json(text) for text in array.to_pylist()]
    if pa.types.is_struct(kind):
        names = [kind.field(i).name for i in range(kind.num_fields)]
        columns = [canonical(array.field(i), f"{path}.{name}", json_paths) for i, name in enumerate(names)]
        rows = ([column[row] for column in columns] for row in range(len(array)))
        if is_entries(kind):
            texts = ["[" + ",".join(map(or_null, row)) + "]" for row in rows]
        else:
            texts = [members(pair for pair in zip(names, row) if pair[1] is not None) for row in rows]
        return [text if valid else None for text, valid in zip(texts, array.is_valid().to_pylist())]
    if pa.types.is_list(kind) or pa.types.is_map(kind):
        ends = array.offsets.to_pylist()
        ranges = list(zip(ends, ends[1:], array.is_valid().to_pylist()))
    if pa.types.is_list(kind):
        elements = [or_null(text) for text in canonical(array.values, f"{path}.list.element", json_paths)]
        return ["[" + ",".join(elements[a:b]) + "]" if ok else None for a, b, ok in ranges]
    if pa.types.is_map(kind):
        # Null values of a map are data, as those of a JSON value are.
        values = [or_null(text) for text in canonical(array.items, f"{path}.key_value.value", json_paths)]
        pairs = list(zip(array.keys.to_pylist(), values))
        return [members(pairs[a:b]) if ok else None for a, b, ok in ranges]
    if pa.types.is_timestamp(kind):
        if (kind.unit, kind.tz) != ("us", "UTC"):
            raise ValueError(f"an instant column is {kind}")
        return [None if us is None else string(instant(us)) for us in array.cast(pa.int64()).to_pylist()]
    if pa.types.is_date32(kind):
        return [None if days is None else string(day(days)) for days in array.cast(pa.int32()).to_pylist()]
    write = {pa.string(): string, pa.float64(): double, pa.bool_(): json.dumps, pa.int64(): str, pa.uint64(): str}
    return [None if of is None else write[kind](of) for of in array.to_pylist()]


def described(kind, path, json_paths):
    """A type in the words of the manifest, which tell JSON from other texts."""
    inner = lambda kind, *names: described(kind, ".".join((path, *names)), json_paths)
    if path in json_paths:
        return "json"
    if pa.types.is_list(kind):
        return f"list<{inner(kind.value_type, 'list', 'element')}>"
    if pa.types.is_map(kind):
        return f"map<string, {inner(kind.item_type, 'key_value', 'value')}>"
    if pa.types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        return "struct<" + ", ".join(f"{field.name}: {inner(field.type, field.name)}" for field in fields) + ">"
    words = {pa.bool_(): "boolean", pa.float64(): "float64", pa.date32(): "date", pa.timestamp("us", "UTC"): "timestamp[us, UTC]"}
    return words.get(kind, str(kind))


def value_of_json(text):
    """A JSON column holds the canonical form of its value; that is proved by forming it anew."""
    if text is None:
        return None
    again = value(json.loads(text))
    if again != text:
        raise ValueError(f"a JSON column holds a text that is not canonical: {text[:80]!r}")
    return again


def sort_value(of):
    """A value of an ordering column: by type, nulls last, texts by their UTF-8 bytes."""
    if of is None:
        return (1, 0)
    if isinstance(of, float):  # by IEEE 754 total order: -0 before 0
        bits = struct.unpack(">q", struct.pack(">d", of))[0]
        return (0, bits if bits >= 0 else bits ^ 0x7FFF_FFFF_FFFF_FFFF)
    return (0, of.encode() if isinstance(of, str) else of)


def ordering(array):
    numbers = {pa.timestamp("us", "UTC"): pa.int64(), pa.date32(): pa.int32()}
    kind = numbers.get(array.type)
    return [sort_value(of) for of in (array.cast(kind) if kind else array).to_pylist()]


def fingerprint(hashes):
    return hashlib.sha256("".join(f"{digest}\n" for digest in sorted(hashes)).encode()).hexdigest()


def file_sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ends_part(key, rows, target):
    """The cut rule key-fastcdc/1: whether a part of so many rows ends after the row with this key."""
    if rows < target // 4:
        return False
    if rows >= target * 4:
        return True
    bits = target.bit_length() - 1
    bits += 2 if rows < target else -2
    head = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    return head >> (64 - bits) == 0


def fitting(rows, least, most):
    """The largest power of two that is not above `rows`, within bounds."""
    return min(max(1 << (max(rows, 1).bit_length() - 1), least), most)


# The files of metadata of a release of pressmark/2.
METADATA = ("CITATION.cff", "README.md", "croissant.json", "datapackage.json")


class Check:
    def __init__(self, release):
        self.release = release
        self.faults = []
        self.bytes = 0  # of all canonical forms
        with open(os.path.join(release, "manifest.json"), encoding="utf-8") as file:
            self.manifest = json.load(file)
        self.number = {"pressmark/1": 1, "pressmark/2": 2}.get(self.manifest["format"])
        self.inputs, self.withdrawn = self.manifest["inputs"], self.manifest["withdrawn"]
        if self.number == 2:
            self.inputs, self.withdrawn = self.list("inputs"), self.list("withdrawn")

    def same(self, what, found, told):
        if found != told:
            self.faults.append(f"{what}: recorded {told}, recomputed {found}")

    def list(self, name):
        """A list that is a file: every line is the canonical form of its entry, and the manifest has its hash."""
        path, told = os.path.join(self.release, name + ".jsonl"), self.manifest[name]
        data = b""
        if told["count"]:
            with open(path, "rb") as file:
                data = file.read()
        self.same(f"sha256 of {name}.jsonl", hashlib.sha256(data).hexdigest(), told["sha256"])
        entries = [json.loads(line) for line in data.decode().split("\n")[:-1]]
        again = "".join(value(entry) + "\n" for entry in entries)
        self.same(f"form of {name}.jsonl", again.encode() == data, True)
        self.same(f"count of {name}", len(entries), told["count"])
        for total in set(told) - {"count", "sha256"}:
            self.same(f"{total} of {name}", sum(entry[total] for entry in entries), told[total])
        return entries

    def beside(self):
        """The files of the release beside its parts, its manifest and SHA256SUMS."""
        lists = [name + ".jsonl" for name in ("inputs", "withdrawn") if self.number == 2 and self.manifest[name]["count"]]
        return {"schema.json", *lists, *(METADATA if self.number == 2 else ())}

    def files(self):
        """Exactly the listed files are there, and each has its hash."""
        found = set()
        for folder, _, names in os.walk(self.release):
            found |= {os.path.relpath(os.path.join(folder, name), self.release).replace(os.sep, "/") for name in names}
        with open(os.path.join(self.release, "SHA256SUMS"), encoding="utf-8") as file:
            sums = dict(reversed(line.rstrip("\n").split("  ", 1)) for line in file)
        parts = {part["path"]: part for part in self.manifest["parts"]}
        found -= {"SHA256SUMS", *(["SHA256SUMS.sig"] if self.number == 2 else [])}
        self.same("files", sorted(found), sorted({"manifest.json", *self.beside(), *parts}))
        self.same("SHA256SUMS", list(sums), sorted(found))
        for name, told in sums.items():
            self.same(f"sha256 of {name}", file_sha256(os.path.join(self.release, name)), told)
        for name, part in parts.items():
            self.same(f"sha256 of {name}", sums.get(name), part["sha256"])
            self.same(f"bytes of {name}", os.path.getsize(os.path.join(self.release, name)), part["bytes"])
        self.same("sha256 of the schema", sums.get("schema.json"), self.manifest["schema"]["sha256"])

    def groups(self, path, name, lengths):
        """Row groups end by count or by size, and the footer says what it is to say."""
        footer, full = pq.read_metadata(path), self.manifest["layout"]["row_group_rows"]
        rows = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
        told, size = [0], 0
        for length in lengths:
            if told[-1] == full or size >= 64 << 20:
                told, size = told + [0], 0
            told[-1], size = told[-1] + 1, size + length
        self.same(f"row groups of {name}", rows, told)
        created_by = f"pressmark version {self.number}.0.0 (build pressmark/{self.number})"
        self.same(f"created_by of {name}", footer.created_by, created_by)
        pairs = {
            b"pressmark.format": self.manifest["format"].encode(),
            b"pressmark.schema_sha256": self.manifest["schema"]["sha256"].encode(),
        }
        found = dict(footer.metadata)
        found.pop(b"pressmark.json", None)
        self.same(f"metadata of {name}", found, pairs)
        if self.number > 1:
            inside = [leaf for leaf in range(len(footer.schema)) if footer.schema.column(leaf).max_repetition_level]
            groups = [footer.row_group(group) for group in range(footer.num_row_groups)]
            indexed = [group.column(leaf).has_column_index for group in groups for leaf in inside]
            self.same(f"column indexes inside lists and maps of {name}", any(indexed), False)

    def json_paths(self, path, name):
        """The leaves that the footer calls JSON; whether they are is told by the types."""
        footer = pq.read_metadata(path)
        told = footer.metadata.get(b"pressmark.json")
        found = told.decode().split("\n") if told is not None else []
        leaves = [footer.schema.column(leaf).path for leaf in range(len(footer.schema))]
        self.same(f"pressmark.json of {name}", found, [path for path in leaves if path in found])
        return found

    def counts(self):
        """What the manifest says of articles adds up."""
        total = lambda name: sum(of[name] for of in self.inputs)
        for of in self.inputs:
            self.same(f"articles of {of['name']}", of["admitted"] + of["rejected"], of["articles"])
        if self.manifest["base"] is None:
            left_out = self.manifest["duplicates"] + self.manifest["superseded"]
            self.same("admitted", self.manifest["records"] + left_out, total("admitted"))
        self.same("rejected", sum(self.manifest["rejected"].values()), total("rejected"))
        keys = [of["key"].encode() for of in self.withdrawn]
        self.same("order of withdrawals", keys, sorted(set(keys)))

    def part(self, place, part):
        """One part: its records' hashes, fingerprint, ends and cut. Returns its hashes and places."""
        name, manifest = part["path"], self.manifest
        path = os.path.join(self.release, name)
        json_paths = self.json_paths(path, name)
        table = pq.read_table(path, partitioning=None).combine_chunks()
        chunk = lambda column: pa.concat_arrays(table[column].chunks)
        columns = [column for column in table.column_names if column != "record_sha256"]
        self.same(f"columns of {name}", columns, [column["name"] for column in manifest["columns"]])
        types = [described(table.schema.field(column).type, column, json_paths) for column in columns]
        self.same(f"types of {name}", types, [column["type"] for column in manifest["columns"]])
        texts = {column: canonical(chunk(column), column, json_paths) for column in columns}
        stored = [digest.hex() for digest in table["record_sha256"].to_pylist()]
        hashes, lengths = [], []
        for row in range(table.num_rows):
            text = members((column, texts[column][row]) for column in columns if texts[column][row] is not None)
            lengths.append(len(text.encode()))
            hashes.append(hashlib.sha256(text.encode()).hexdigest())
            self.same(f"record hash in row {row + 1} of {name}", hashes[row], stored[row])
        self.groups(path, name, lengths)
        self.bytes += sum(lengths)
        self.same(f"rows of {name}", table.num_rows, part["rows"])
        self.same(f"fingerprint of {name}", fingerprint(hashes), part["fingerprint"])
        self.same("path", name, f"data/part-{place:05}-{part['fingerprint'][:8]}.parquet")
        order = list(dict.fromkeys([*manifest["order_by"], manifest["key"]]))
        for end, row in (("first", 0), ("last", -1)):
            told = {column: json.loads(texts[column][row] or "null") for column in order}
            self.same(f"`{end}` of {name}", told, part[end])
        keys = [str(key) for key in table[manifest["key"]].to_pylist()]
        target, is_last = manifest["layout"]["target_rows"], place + 1 == len(manifest["parts"])
        for row, key in enumerate(keys, 1):
            at_end = row == len(keys)
            if ends_part(key, row, target) != at_end and not (at_end and is_last):
                self.faults.append(f"{name}: by the cut rule it should {'not ' * at_end}end after row {row}")
        nulls = {column: sum(text is None for text in texts[column]) for column in columns}
        return hashes, list(zip(*(ordering(chunk(column)) for column in order))), keys, nulls

    def run(self):
        manifest = self.manifest
        if self.number is None:
            raise ValueError(f"the format {manifest['format']} is not known")
        layout = {"cut": "key-fastcdc/1", **manifest["layout"]}
        if self.number == 1:
            layout["row_group_rows"] = layout["target_rows"] // 8
        self.same("layout", manifest["layout"], layout)
        for name in ("target_rows", "row_group_rows"):
            self.same(f"{name} is a power of two", layout[name] & (layout[name] - 1), 0)
        self.same("settings", manifest["writer"]["settings"], f"parts/{self.number}")
        self.files()
        self.counts()
        hashes, places, keys = [], [], []
        nulls = {column["name"]: 0 for column in manifest["columns"]}
        for place, part in enumerate(manifest["parts"]):
            of_part = self.part(place, part)
            hashes += of_part[0]
            places += of_part[1]
            keys += of_part[2]
            nulls = {column: count + of_part[3][column] for column, count in nulls.items()}
        for row, (before, after) in enumerate(zip(places, places[1:]), 2):
            if before >= after:
                self.faults.append(f"row {row} of the release belongs before the row above it")
        self.same("number of different keys", len(set(keys)), len(keys))
        self.same("records", len(hashes), manifest["records"])
        if self.number > 1 and manifest["previous"] is None:
            mean = max(self.bytes // len(hashes), 1)
            told = [
                fitting(min(max(self.bytes // 32, 4 << 20), 256 << 20) // mean, 16, 1 << 20),
                fitting((16 << 20) // mean, 2, 1 << 17),
            ]
            self.same("layout of a first release", [manifest["layout"][f"{of}_rows"] for of in ("target", "row_group")], told)
        self.same("fingerprint of the release", fingerprint(hashes), manifest["fingerprint"])
        self.same("nulls", nulls, {column["name"]: column["nulls"] for column in manifest["columns"]})


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python fingerprint.py RELEASE")
    check = Check(sys.argv[1])
    try:
        check.run()
    except (ValueError, KeyError, OSError, pa.ArrowException) as error:
        check.faults.append(f"cannot go on: {type(error).__name__}: {error}")
    for fault in check.faults[:50]:
        print(fault)
    if check.faults:
        sys.exit(1)
    manifest = check.manifest
    print(f"{manifest['records']} records in {len(manifest['parts'])} parts agree; fingerprint {manifest['fingerprint']}")


if __name__ == "__main__":
    main()
