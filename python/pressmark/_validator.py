"""Validating the articles of a running program."""

from __future__ import annotations

import base64
import json
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from . import _html
from ._arrow import Table
from ._dataset import SchemaLike, schema_of
from ._errors import ArgumentError, Rejected, Skipped, called
from ._release import PathLike, path_of

if TYPE_CHECKING:
    from types import TracebackType

    from . import _pressmark



class ArrowTable(Protocol):
    """A table of any library with support for Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


Article: TypeAlias = "Mapping[str, Any] | str | bytes | bytearray"


# The key column, and the names of all columns.
_Columns: TypeAlias = "tuple[str, list[str]]"


class Violation:
    """One rule that an article breaks."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.code: str = data["code"]
        """A stable code such as ``V-REQUIRED``."""
        self.pointer: str = data["pointer"]
        """JSON Pointer to the value in the article."""
        self.message: str = data["message"]
        """What is wrong."""
        self.expected: str | None = data.get("expected")
        """What the rule asks for."""
        self.actual: str | None = data.get("actual")
        """What was found."""
        self.help: str | None = data.get("help")
        """What probably mends it."""

    def __repr__(self) -> str:
        at = f" at {self.pointer}" if self.pointer else ""
        return f"<Violation {self.code}{at}: {self.message}>"


class Reject:
    """An article that was not admitted."""

    def __init__(self, line: bytes) -> None:
        self._data: dict[str, Any] = json.loads(line)

    @property
    def source(self) -> str:
        """The name of its source."""
        return self._data["source"]

    @property
    def line(self) -> int:
        """Its line in the source, or its number among the articles of a validator, from 1."""
        return self._data["line"]

    @property
    def raw(self) -> bytes | None:
        """Its bytes. ``None`` if it is too large to be stored."""
        raw, encoding = self._data["raw"], self._data["encoding"]
        if raw is None:
            return None
        return base64.b64decode(raw) if encoding == "base64" else raw.encode()

    @property
    def violations(self) -> list[Violation]:
        """The rules that it breaks, at most a hundred."""
        return [Violation(violation) for violation in self._data["violations"]]

    @property
    def violations_total(self) -> int:
        """How many rules it breaks."""
        return self._data["violations_total"]

    @property
    def code(self) -> str:
        """The code of its first violation."""
        return self._data["violations"][0]["code"]

    def __repr__(self) -> str:
        return f"<Reject {self.source}:{self.line}: {self.violations[0]!r}>"


class Record(Mapping[str, Any]):
    """An admitted article, as it would be in a release. Values are those of JSON; times are text."""

    def __init__(self, line: bytes, columns: _Columns) -> None:
        values: dict[str, Any] = json.loads(line)
        self._sha256: str = values["record_sha256"]
        self._key, names = columns
        self._data: dict[str, Any] = {name: values.get(name) for name in names}

    @property
    def key(self) -> str | int:
        """The value that identifies it."""
        return self._data[self._key]

    @property
    def sha256(self) -> str:
        """The record hash: SHA-256 of its canonical form."""
        return self._sha256

    def to_dict(self) -> dict[str, Any]:
        """Its values, as a ``dict`` of its own."""
        return json.loads(json.dumps(self._data))

    def __getitem__(self, name: str) -> Any:
        return self._data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"<Record {self.key}>"


class Batch(Table):
    """What became of some articles. As a table, it has the records."""

    __slots__ = ("_columns", "_inner")

    def __init__(self, inner: _pressmark.Batch, columns: _Columns) -> None:
        self._inner = inner
        self._columns = columns

    @property
    def articles(self) -> int:
        """How many articles were validated."""
        return self._inner.counts()[0]

    @property
    def admitted(self) -> int:
        """How many of them are records."""
        return self._inner.counts()[1]

    @property
    def rejected(self) -> int:
        """How many of them are rejects."""
        return self._inner.counts()[2]

    @property
    def records(self) -> list[Record]:
        """The records, in the order of the articles."""
        return [Record(line, self._columns) for _, line in self._inner.records()]

    @property
    def rejects(self) -> list[Reject]:
        """The rejects, in the order of the articles."""
        return [Reject(line) for _, line in self._inner.rejects()]

    @property
    def normalised(self) -> dict[str, Any]:
        """The changes of admitted articles before validation, counted by field and rule."""
        return json.loads(self._inner.normalised())

    def __iter__(self) -> Iterator[Record | Reject]:
        """Records and rejects in the order of the articles."""
        both: list[tuple[int, bool, bytes]] = [(number, True, line) for number, line in self._inner.records()]
        both += [(number, False, line) for number, line in self._inner.rejects()]
        for _, admitted, line in sorted(both, key=lambda one: one[0]):
            yield Record(line, self._columns) if admitted else Reject(line)

    def _stream(self) -> _pressmark.Stream:
        return self._inner.stream()

    def __repr__(self) -> str:
        return f"<Batch {self.articles} articles: {self.admitted} records, {self.rejected} rejects>"

    def _repr_html_(self) -> str:
        facts = [("articles", self.articles), ("records", self.admitted), ("rejects", self.rejected)]
        rows = [(one.line, one.code, one.violations[0].message) for one in self.rejects[:10]]
        return _html.page("validated", facts, _html.table("rejects", ["article", "code", "message"], rows))


class Validator:
    """Validates articles one by one, inside a crawler or a notebook.

    ``schema`` is a built-in schema, a file, or a JSON Schema as a ``dict``. ``source`` is a preset such as
    ``"trafilatura"`` or a mapping file; without it, articles must have the members of the schema. ``rejects`` is a file
    that rejected articles are added to, such as ``"rejects.jsonl.zst"``, for :meth:`Dataset.retry`. Any number of
    threads may share a validator.

    >>> import pressmark
    >>> validate = pressmark.Validator("article")
    >>> record = validate({"id": "a1", "title": "The bridge", "text": "It is open."})
    >>> record.key, record["title"]
    ('a1', 'The bridge')
    >>> try:
    ...     validate({"id": "a2", "title": "No text", "text": 7})
    ... except pressmark.Rejected as rejected:
    ...     print(rejected.violations)
    [<Violation V-TYPE at /text: ...>]
    """

    def __init__(
        self,
        schema: SchemaLike = "article",
        *,
        source: str | None = None,
        extra: str | None = None,
        invalid_optional: str | None = None,
        key: str | None = None,
        rejects: PathLike | None = None,
        name: str = "python",
    ) -> None:
        self._start(None, (schema_of(schema), source, extra, invalid_optional), key, rejects, name)

    @classmethod
    def _of_dataset(cls, path: str, rejects: PathLike | None, name: str) -> Validator:
        validator = cls.__new__(cls)
        validator._start(path, (None, None, None, None), None, rejects, name)
        return validator

    def _start(
        self,
        dataset: str | None,
        rules: tuple[str | bytes | None, str | None, str | None, str | None],
        key: str | None,
        rejects: PathLike | None,
        name: str,
    ) -> None:
        from . import _pressmark

        target = None if rejects is None else path_of(rejects, "rejects")
        self._inner = called(_pressmark.Validator, dataset, rules, key, target, name)
        self._columns = (self._inner.key(), self._inner.columns())
        # Also when the program ends.
        weakref.finalize(self, self._inner.flush)

    def __call__(self, article: Article) -> Record:
        """Validate one article: a mapping, or its JSON text. Raises :class:`Rejected` with the violations."""
        inner = self._inner.validate([article])
        for _, line in inner.records():
            return Record(line, self._columns)
        for _, line in inner.rejects():
            raise Rejected._of(Reject(line))
        raise Skipped("the object is not an article", hint="see `only` and `skip` of the source or the dataset")

    def validate(self, articles: Iterable[Article] | bytes | str | ArrowTable, *, name: str | None = None) -> Batch:
        """Validate many articles at once.

        Bytes or text are a whole source, such as the content of a file of JSON Lines, which ``name`` names in rejects.
        The rows of a table of pandas, Polars or pyarrow are articles, without the members that are null.

        >>> import pressmark
        >>> pressmark.Validator("article").validate([{"id": "a1", "text": "One."}, {"id": 7}])
        <Batch 2 articles: 1 records, 1 rejects>
        """
        if isinstance(articles, str):
            articles = articles.encode()
        if isinstance(articles, bytes):
            return Batch(self._inner.validate_source("python" if name is None else name, articles), self._columns)
        if hasattr(articles, "__arrow_c_stream__"):
            return Batch(self._inner.validate_table(articles), self._columns)
        if isinstance(articles, Mapping) or not isinstance(articles, Iterable):
            raise ArgumentError(
                f"articles: expected an iterable of articles, not {type(articles).__name__}",
                hint="call the validator itself with a single article",
            )
        return Batch(self._inner.validate(list(articles)), self._columns)

    def stream(self, articles: Iterable[Article], *, batch: int = 1) -> Iterator[Record | Reject]:
        """Validate articles as they come, and yield a :class:`Record` or a :class:`Reject` for each.

        A larger ``batch`` is faster and yields later.

        >>> import pressmark
        >>> validator = pressmark.Validator("article")
        >>> [type(one).__name__ for one in validator.stream([{"id": "a1", "text": "One."}, {"id": 7}])]
        ['Record', 'Reject']
        """
        if not isinstance(batch, int) or batch < 1:
            raise ArgumentError(f"batch={batch!r} is not a number of articles", hint="use 1 or more")
        waiting: list[Article] = []
        for article in articles:
            waiting.append(article)
            if len(waiting) >= batch:
                ready, waiting = waiting, []
                yield from Batch(self._inner.validate(ready), self._columns)
        if waiting:
            yield from Batch(self._inner.validate(waiting), self._columns)

    def flush(self) -> None:
        """Write the rejects that are still in memory to their file."""
        self._inner.flush()

    close = flush

    def __enter__(self) -> Validator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()

    def __repr__(self) -> str:
        return "<Validator>"
