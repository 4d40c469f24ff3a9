"""What changed between two releases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import _html
from ._arrow import Table
from ._errors import ArgumentError, called
from ._progress import Progress, watching
from ._release import PathLike, Release, path_of, texts_of

if TYPE_CHECKING:
    from . import _pressmark

_KINDS = ["added", "removed", "withdrawn", "changed", "rekeyed"]


def diff(
    base: PathLike | Release,
    current: PathLike | Release,
    *,
    key: str | Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    memory: int = 1 << 30,
    threads: int | None = None,
    progress: Progress = None,
) -> Diff:
    """Compare two releases, or any two Parquet files or folders with a ``key``.

    Changes of the columns in ``ignore`` do not count.

    >>> import pressmark
    >>> changes = pressmark.diff("news@1.0.0", "news@2.0.0")
    >>> changes.counts["changed"], changes.counts["added"]
    (1, 1)
    >>> changes.changes().to_arrow()["change"].to_pylist()
    ['changed', 'added']
    """
    return Diff(base, current, key=key, ignore=ignore, memory=memory, threads=threads, progress=progress)


class Diff:
    """What changed from ``base`` to ``current``."""

    def __init__(
        self,
        base: PathLike | Release,
        current: PathLike | Release,
        *,
        key: str | Iterable[str] | None = None,
        ignore: Iterable[str] = (),
        memory: int = 1 << 30,
        threads: int | None = None,
        progress: Progress = None,
    ) -> None:
        from . import _pressmark

        def side(value: PathLike | Release, name: str) -> str:
            return value.path if isinstance(value, Release) else path_of(value, name)

        if not isinstance(memory, int) or memory < 1 << 20:
            raise ArgumentError(f"memory={memory!r} is too little", hint="give bytes, such as 1 << 30")
        keys = [] if key is None else texts_of(key, "key")
        ignored = texts_of(ignore, "ignore")
        with watching(progress) as callback:
            self._inner = called(
                _pressmark.Diff,
                side(base, "base"), side(current, "current"), keys, ignored, memory, threads, callback
            )
        self._data: dict[str, Any] = json.loads(self._inner.report())

    @property
    def same(self) -> bool:
        """Whether no record and no column differs."""
        return self._inner.is_same()

    @property
    def counts(self) -> dict[str, Any]:
        """The number of records by kind of change."""
        return dict(self._data["counts"])

    @property
    def columns(self) -> list[dict[str, Any]]:
        """The columns whose values changed, each with its count and examples."""
        return list(self._data["columns"])

    def suggested_version(self, policy: str = "datapackage") -> str | None:
        """The version that the changes require of ``current``; ``None`` if nothing changed."""
        return called(self._inner.suggestion, policy)[1]

    def changes(self) -> Changes:
        """Every changed record as a table.

        Its columns are ``change``, ``key``, ``previous_key``, ``columns`` (a list of those that changed), ``before``
        and ``after`` (the records as canonical JSON). The sides are compared again while it is read.
        """
        return Changes(self)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return json.loads(self._inner.report())

    def to_markdown(self) -> str:
        """The report in Markdown, for pull requests."""
        return self._inner.markdown()

    def __repr__(self) -> str:
        if self.same:
            return "<Diff same>"
        counts = ", ".join(f"{self.counts[kind]} {kind}" for kind in _KINDS if self.counts[kind])
        return f"<Diff {counts or 'of columns or files'}>"

    def _repr_html_(self) -> str:
        base, current = self._data["base"], self._data["current"]
        facts = [(kind, self.counts[kind]) for kind in [*_KINDS, "same"]]
        columns = [(column["name"], column["changed"], _example(column)) for column in self.columns]
        added = [(one["key"], one.get("title")) for one in self._data["added"]]
        removed = [(one["key"], one.get("title")) for one in self._data["removed"]]
        verdict = "same" if self.same else "differs"
        title = f"{verdict}: {_side(base)} to {_side(current)}"
        tables = [
            _html.table("changed columns", ["column", "records", "example"], columns),
            _html.table("added, for example", ["key", "title"], added),
            _html.table("removed, for example", ["key", "title"], removed),
        ]
        return _html.page(title, facts, *tables)


def _side(side: dict[str, Any]) -> str:
    return f"{side['dataset']} {side['version']}" if side.get("version") else side["path"]


def _example(column: dict[str, Any]) -> str:
    for example in column["examples"]:
        return f"{example['key']}: {example.get('before')} → {example.get('after')}"
    return ""


class Changes(Table):
    """The changed records of a :class:`Diff`."""

    __slots__ = ("_diff",)

    def __init__(self, diff: Diff) -> None:
        self._diff = diff

    def _stream(self) -> _pressmark.Stream:
        return self._diff._inner.changes()

    def __repr__(self) -> str:
        return f"<Changes of {self._diff!r}>"
