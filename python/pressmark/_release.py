"""Releases: opening, reading, verifying and exporting them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from . import _html
from ._arrow import Table
from ._errors import ArgumentError, called
from ._progress import Progress, watching
from ._reports import BuildReport, ExportReport, VerifyReport

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars
    import pyarrow

    from . import _pressmark

PathLike: TypeAlias = "str | os.PathLike[str]"
Where: TypeAlias = "Mapping[str, Iterable[str | int] | str | int] | None"
Keys: TypeAlias = "tuple[str, list[str | int]] | None"


def path_of(value: PathLike, name: str) -> str:
    """A path as text."""
    try:
        path = os.fspath(value)
    except TypeError:
        path = None
    if not isinstance(path, str) or "\0" in path:
        raise ArgumentError(f"{name}={value!r} is not a path", hint="pass text or a pathlib.Path")
    return path


def texts_of(values: str | Iterable[str], name: str) -> list[str]:
    """One text or several as a list."""
    texts = [values] if isinstance(values, str) else values
    if not isinstance(texts, Iterable):
        raise ArgumentError(f"{name}={values!r} is not a list", hint="pass text or a list of texts")
    texts = list(texts)
    for text in texts:
        if not isinstance(text, str):
            raise ArgumentError(f"{name}: {text!r} is not text", hint="pass text or a list of texts")
    return texts


def names_of(columns: Iterable[str] | None) -> list[str] | None:
    """The names of columns as a list."""
    return None if columns is None else texts_of(columns, "columns")


def keys_of(where: Where) -> Keys:
    """The column and the keys of ``where={"id": [...]}``."""
    if where is None:
        return None
    if not isinstance(where, Mapping) or len(where) != 1:
        raise ArgumentError(f"where={where!r} does not name one column", hint='pass a dict such as {"id": ["a1", "b2"]}')
    [(column, values)] = where.items()
    if isinstance(values, (str, int)):
        values = [values]
    # Arrow arrays hand out scalars of their own otherwise.
    to_list = getattr(values, "to_pylist", None)
    values = values if to_list is None else to_list()
    if not isinstance(values, Iterable):
        raise ArgumentError(f"where: {values!r} cannot be a key", hint="keys are text or integers")
    keys: list[str | int] = []
    for key in values:
        if isinstance(key, bool) or not (isinstance(key, str) or hasattr(key, "__index__")):
            raise ArgumentError(f"where: {key!r} cannot be a key", hint="keys are text or integers")
        if not isinstance(key, str) and not -(2**63) <= key < 2**64:
            continue  # no column can hold it, so no record has it
        keys.append(key)
    return column, keys


def open(release: PathLike) -> Release:
    """Open a release: a folder, a dataset's newest release, or ``"DATASET@VERSION"``.

    Inside a dataset a version alone is enough.

    >>> import pressmark
    >>> pressmark.open("news").version
    '2.0.0'
    >>> pressmark.open("news@1.0.0").version
    '1.0.0'
    """
    return Release(release)


class Release(Table):
    """A published release. It never changes, so whatever it returns stays true.

    >>> import pressmark
    >>> release = pressmark.open("news@1.0.0")
    >>> release
    <Release news 1.0.0: 3 records>
    >>> [record["title"] for record in release.records(where={"id": ["a1"]})]
    ['The bridge']
    >>> release.to_arrow(columns=["id", "title"], where={"id": ["a1", "a2"]}).num_rows
    2
    """

    __slots__ = ("_inner", "_report")
    _inner: _pressmark.Release

    def __init__(self, release: PathLike) -> None:
        from . import _pressmark

        self._inner = called(_pressmark.Release, path_of(release, "release"))
        self._report: BuildReport | None = None

    @property
    def path(self) -> str:
        """The folder."""
        return str(self._inner.path())

    @property
    def dataset(self) -> str:
        """The name of the dataset."""
        return self._inner.dataset()

    @property
    def version(self) -> str:
        """The version."""
        return self._inner.version()

    @property
    def fingerprint(self) -> str:
        """The hash of the set of records: equal for equal records, whatever their files are."""
        return self._inner.fingerprint()

    @property
    def released(self) -> str:
        """The release date."""
        return self._inner.released()

    @property
    def key(self) -> str:
        """The column that identifies a record."""
        return self._inner.key()

    @property
    def columns(self) -> list[str]:
        """The names of the columns, without ``record_sha256``, which every release has as the last one."""
        return [name for name, _, _ in self._inner.columns()]

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the records. ``pyarrow.schema(release)`` is their Arrow schema."""
        return json.loads(self._inner.schema())

    @property
    def manifest(self) -> dict[str, Any]:
        """``manifest.json``: what the release is made of."""
        manifest: dict[str, Any] = json.loads(self._inner.manifest())
        return manifest

    @property
    def report(self) -> BuildReport | None:
        """The report of the build that returned this object."""
        return self._report

    def __len__(self) -> int:
        return self._inner.records()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self.records()

    def records(self, columns: Iterable[str] | None = None, where: Where = None) -> Iterator[dict[str, Any]]:
        """Each record as a ``dict`` of JSON values, in the order of the release. Times are text.

        ``columns`` and ``where`` are as in :meth:`select`.
        """
        names = names_of(columns)
        lines = called(self._inner.lines, names, keys_of(where))
        names = self.columns if names is None else names
        for batch in lines:
            for line in batch:
                record = json.loads(line)
                yield {name: record.get(name) for name in names}

    def select(self, columns: Iterable[str] | None = None, where: Where = None) -> Selection:
        """Some columns, or the records with some keys, as a table. Nothing is read yet.

        ``where={"id": [...]}`` names the key column and the keys. Only the pages of the files that may have them are
        read. Keys that no record has are ignored.
        """
        return Selection(self, names_of(columns), keys_of(where))

    def to_arrow(self, columns: Iterable[str] | None = None, where: Where = None) -> pyarrow.Table:
        """The records as a ``pyarrow.Table``."""
        return self.select(columns, where).to_arrow()

    def to_pandas(self, columns: Iterable[str] | None = None, where: Where = None) -> pandas.DataFrame:
        """The records as a ``pandas.DataFrame`` with Arrow types, so integers, lists and nulls stay what they are."""
        return self.select(columns, where).to_pandas()

    def to_polars(self, columns: Iterable[str] | None = None, where: Where = None) -> polars.DataFrame:
        """The records as a ``polars.DataFrame``."""
        return self.select(columns, where).to_polars()

    def to_duckdb(
        self,
        connection: duckdb.DuckDBPyConnection | None = None,
        columns: Iterable[str] | None = None,
        where: Where = None,
    ) -> duckdb.DuckDBPyRelation:
        """The records as a relation of DuckDB, which reads them when it is executed."""
        return self.select(columns, where).to_duckdb(connection)

    def batches(self, columns: Iterable[str] | None = None, where: Where = None) -> Iterator[pyarrow.RecordBatch]:
        """The records as ``pyarrow.RecordBatch``, a few thousand at a time."""
        return self.select(columns, where).batches()

    def verify(
        self,
        *,
        quick: bool = False,
        signers: PathLike | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> VerifyReport:
        """Hash every file and every record again. See :func:`pressmark.verify`."""
        return verify(self.path, quick=quick, signers=signers, threads=threads, progress=progress)

    def export(
        self,
        target: PathLike,
        *,
        format: str | None = None,
        columns: Iterable[str] | None = None,
        where: Where = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> ExportReport:
        """Write the records to a file: ``"jsonl"`` (canonical JSON lines) or ``"csv"``.

        Without ``format``, the ending of the file says it. The file appears whole or not at all.
        """
        path = path_of(target, "target")
        if format is None:
            format = "csv" if path.lower().endswith(".csv") else "jsonl"
        if format not in ("csv", "jsonl"):
            raise ArgumentError(f"format={format!r} is not known", hint='use "jsonl" or "csv"')
        keys = keys_of(where)
        if keys is not None and keys[0] != self.key:
            called(self._inner.lines, None, keys)  # raises the error for a column that is not the key
        texts = None if keys is None else [str(key) for key in keys[1]]
        with watching(progress) as callback:
            report = called(self._inner.export, path, format == "csv", names_of(columns), texts, threads, callback)
        return ExportReport(report)

    def _stream(self) -> _pressmark.Stream:
        return called(self._inner.stream, None, None, None)

    def __arrow_c_schema__(self) -> object:
        return self._inner.__arrow_c_schema__()

    def __reduce__(self) -> tuple[Any, ...]:
        return (Release, (os.path.abspath(self.path),))

    def __repr__(self) -> str:
        return f"<Release {self.dataset} {self.version}: {len(self)} records>"

    def _repr_html_(self) -> str:
        facts = [
            ("records", len(self)),
            ("released", self.released),
            ("fingerprint", self.fingerprint),
            ("folder", self.path),
        ]
        table = _html.table("columns", ["name", "type", "nulls"], self._inner.columns())
        return _html.page(f"{self.dataset} {self.version}", facts, table)


class Selection(Table):
    """Some columns or records of a release."""

    __slots__ = ("_columns", "_keys", "_release")

    def __init__(self, release: Release, columns: list[str] | None, keys: Keys) -> None:
        self._release = release
        self._columns = columns
        self._keys = keys

    def _stream(self) -> _pressmark.Stream:
        return called(self._release._inner.stream, self._columns, self._keys, None)

    def __repr__(self) -> str:
        columns = "all columns" if self._columns is None else ", ".join(self._columns)
        keys = "" if self._keys is None else f", {len(self._keys[1])} keys"
        return f"<Selection of {self._release!r}: {columns}{keys}>"


def verify(
    release: PathLike | Release,
    *,
    quick: bool = False,
    signers: PathLike | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> VerifyReport:
    """Verify a release: hash every file and every record again. ``quick`` checks only sizes and footers.

    With ``signers``, a file of allowed signers as ``ssh-keygen`` reads it, one of them must have signed the release.

    Damage is not an exception but a finding of the report; :meth:`VerifyReport.raise_for_findings` raises it.

    >>> import pressmark
    >>> pressmark.verify("news@1.0.0")
    <VerifyReport intact: ... files, 3 records>
    """
    from . import _pressmark

    path = release.path if isinstance(release, Release) else path_of(release, "release")
    with watching(progress) as callback:
        allowed = None if signers is None else path_of(signers, "signers")
        return VerifyReport(called(_pressmark.verify, path, quick, allowed, threads, callback))


def export(release: PathLike | Release, target: PathLike, **options: Any) -> ExportReport:
    """Write the records of a release to a file. See :meth:`Release.export`."""
    opened = release if isinstance(release, Release) else Release(release)
    return opened.export(target, **options)
