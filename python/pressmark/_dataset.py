"""Datasets: checking inputs and building releases."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

from ._diff import Diff
from ._errors import ArgumentError, ReleaseError, called
from ._progress import Progress, watching
from ._release import PathLike, Release, path_of, texts_of
from ._reports import BuildReport, CheckReport, RetryReport, _too_many

if TYPE_CHECKING:
    from ._validator import Validator

Inputs: TypeAlias = "PathLike | Iterable[PathLike] | None"
SchemaLike: TypeAlias = "PathLike | Mapping[str, Any]"


def inputs_of(inputs: Inputs) -> list[str] | None:
    """Paths and patterns as a list of texts."""
    if inputs is None:
        return None
    if isinstance(inputs, (str, os.PathLike)):
        return [path_of(inputs, "inputs")]
    if not isinstance(inputs, Iterable):
        raise ArgumentError(f"inputs={inputs!r} is not a path", hint="pass a path, a pattern or a list of them")
    return [path_of(one, "inputs") for one in inputs]


def schema_of(schema: SchemaLike | None) -> str | bytes | None:
    """A schema as its name, its path or its document."""
    if schema is None:
        return None
    if isinstance(schema, Mapping):
        try:
            return json.dumps(schema, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"schema: {error}", hint="pass a JSON Schema as plain dicts, lists and values") from None
    return path_of(schema, "schema")


def _share(max_rejects: int | str | None) -> str | None:
    return None if max_rejects is None else str(max_rejects)


def _articles(articles: str | Iterable[str] | None) -> list[str] | None:
    return None if articles is None else texts_of(articles, "articles")


class Dataset:
    """A folder with ``dataset.toml`` and the releases built from its inputs.

    The folder may also be one inside the dataset.

    >>> import pressmark
    >>> dataset = pressmark.Dataset("news")
    >>> dataset
    <Dataset news>
    >>> dataset.check()
    <CheckReport ok: 4 articles, 0 rejected>
    >>> [release.version for release in dataset.releases]
    ['1.0.0', '2.0.0']
    """

    def __init__(self, path: PathLike = ".") -> None:
        from . import _pressmark

        self._name, folder = called(_pressmark.dataset, path_of(path, "path"))
        self._path = str(folder)

    @classmethod
    def create(
        cls,
        path: PathLike,
        inputs: Inputs = None,
        *,
        name: str | None = None,
        schema: PathLike = "article",
        source: str | None = None,
        key: str | None = None,
        order_by: Iterable[str] = (),
        examples: Inputs = None,
    ) -> Dataset:
        """Write a commented ``dataset.toml`` into a folder.

        ``inputs`` are relative to the folder. ``examples`` are articles to look at, relative to the working directory,
        to choose a source.
        """
        from . import _pressmark

        folder = path_of(path, "path")
        called(
            _pressmark.init,
            folder,
            name,
            path_of(schema, "schema"),
            source,
            key,
            texts_of(order_by, "order_by"),
            inputs_of(inputs) or [],
            inputs_of(examples) or [],
        )
        return cls(folder)

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def path(self) -> str:
        """The folder."""
        return self._path

    @property
    def releases(self) -> list[Release]:
        """All releases, oldest first."""
        from . import _pressmark

        return [Release(folder) for folder in called(_pressmark.releases, self._path)]

    @property
    def newest(self) -> Release:
        """The newest release."""
        return Release(self._path)

    def release(self, version: str) -> Release:
        """The release with this version."""
        return Release(f"{self._path}@{version}")

    def check(
        self,
        inputs: Inputs = None,
        *,
        articles: str | Iterable[str] | None = None,
        max_rejects: int | str | None = None,
        rejects: PathLike | None = None,
        examples: int = 3,
        threads: int | None = None,
        progress: Progress = None,
    ) -> CheckReport:
        """Validate the dataset's inputs, or other ``inputs``, and publish nothing.

        ``articles`` are JSON Pointers with ``*`` to the articles in the inputs. ``rejects`` is a file for the rejected
        articles, such as ``"rejects.jsonl.zst"``.
        """
        return _check(
            self._path, inputs, (None, None, None, None), articles, max_rejects, rejects, examples, threads, progress
        )

    def build(
        self,
        inputs: Inputs = None,
        *,
        version: str | None = None,
        bump: str | None = None,
        base: str | None = None,
        withdraw: Mapping[str, str] | PathLike | None = None,
        output: PathLike | None = None,
        released: date | str | None = None,
        articles: str | Iterable[str] | None = None,
        max_rejects: int | str | None = None,
        allow_understated: bool = False,
        allow_backdated: bool = False,
        readmit: bool = False,
        cache: bool = True,
        memory: int = 1 << 30,
        examples: int = 3,
        threads: int | None = None,
        progress: Progress = None,
    ) -> Release:
        """Build a release from the dataset's inputs, or from other ``inputs``, and return it.

        The first release is 1.0.0. For a later one give ``version``, or ``bump``: ``"auto"``, ``"major"``, ``"minor"``
        or ``"patch"``. If there is already a release with exactly these records, that one is returned.

        With ``base``, the version of a release, ``inputs`` are only what is new: each record replaces the one with its
        key, or is added. ``withdraw`` maps keys to reasons, or is a file of them; those records are left out.

        The report is :attr:`Release.report`. If more articles are rejected than allowed, :class:`TooManyRejects` is
        raised with the report, and nothing is published.
        """
        with _withdrawals(withdraw) as list_of_keys:
            report = self._build(
                inputs, base, list_of_keys, version, bump, output, released,
                (allow_understated, readmit, allow_backdated), articles, max_rejects,
                False, cache, memory, examples, threads, progress,
            )  # fmt: skip
        if report.path is None:
            raise _too_many(report, report.check)
        release = Release(report.path)
        release._report = report
        return release

    def dry_run(
        self,
        inputs: Inputs = None,
        *,
        version: str | None = None,
        bump: str | None = "auto",
        max_rejects: int | str | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> BuildReport:
        """Do everything that :meth:`build` does, except publishing."""
        if version is not None:
            bump = None
        return self._build(
            inputs, None, None, version, bump, None, None, (False, False, False), None, max_rejects,
            True, True, 1 << 30, 3, threads, progress,
        )  # fmt: skip

    def _build(
        self,
        inputs: Inputs,
        base: str | None,
        withdraw: str | None,
        version: str | None,
        bump: str | None,
        output: PathLike | None,
        released: date | str | None,
        permissions: tuple[bool, bool, bool],
        articles: str | Iterable[str] | None,
        max_rejects: int | str | None,
        dry_run: bool,
        cache: bool,
        memory: int,
        examples: int,
        threads: int | None,
        progress: Progress,
    ) -> BuildReport:
        from . import _pressmark

        day = datetime.now(timezone.utc).date() if released is None else released
        target = None if output is None else path_of(output, "output")
        with watching(progress) as callback:
            report = called(
                _pressmark.build,
                self._path, inputs_of(inputs), base, withdraw, version, bump, target, str(day), permissions,
                _articles(articles), _share(max_rejects), dry_run, cache, memory, examples, threads, callback,
            )  # fmt: skip
        return BuildReport(report)

    def diff(self, base: str | None = None, current: str | None = None, **options: Any) -> Diff:
        """Compare two versions: without arguments the two newest, with one that version and the newest.

        The options are those of :func:`pressmark.diff`.
        """
        if base is None:
            releases = self.releases
            if len(releases) < 2:
                raise ReleaseError(f"the dataset `{self._path}` has fewer than two releases", hint="build the next one")
            return Diff(releases[-2], releases[-1], **options)
        return Diff(self.release(base), self.newest if current is None else self.release(current), **options)

    def validator(self, *, rejects: PathLike | None = None, name: str = "python") -> Validator:
        """A :class:`Validator` with the settings of this dataset."""
        from ._validator import Validator

        return Validator._of_dataset(self._path, rejects, name)

    def retry(
        self,
        rejects: Inputs,
        output: PathLike,
        *,
        again: PathLike | None = None,
        examples: int = 3,
        progress: Progress = None,
    ) -> RetryReport:
        """Validate the articles of reject files again, after the schema or the source was changed.

        Articles that pass are written to ``output`` as they were in their source, ready for :meth:`build`. The others
        go to ``again``, if it is given.
        """
        from . import _pressmark

        with watching(progress) as callback:
            report = called(
                _pressmark.retry,
                inputs_of(rejects) or [],
                path_of(output, "output"),
                self._path,
                (None, None, None, None),
                None if again is None else path_of(again, "again"),
                examples,
                callback,
            )
        return RetryReport(report)

    def __repr__(self) -> str:
        return f"<Dataset {self._name}>"


@contextlib.contextmanager
def _withdrawals(withdraw: Mapping[str, str] | PathLike | None) -> Iterator[str | None]:
    """The file that lists the records to withdraw."""
    if withdraw is None:
        yield None
    elif isinstance(withdraw, Mapping):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "withdraw.jsonl")
            with open(path, "w", encoding="utf-8") as file:
                for key, reason in withdraw.items():
                    file.write(json.dumps({"key": str(key), "reason": reason}) + "\n")
            yield path
    else:
        yield path_of(withdraw, "withdraw")


def check(
    inputs: Inputs,
    schema: SchemaLike = "article",
    *,
    source: str | None = None,
    extra: str | None = None,
    invalid_optional: str | None = None,
    articles: str | Iterable[str] | None = None,
    max_rejects: int | str | None = None,
    rejects: PathLike | None = None,
    examples: int = 3,
    threads: int | None = None,
    progress: Progress = None,
) -> CheckReport:
    """Validate articles in files without a dataset.

    ``schema`` is a built-in schema, a file, or a JSON Schema as a ``dict``. ``source`` is a preset such as
    ``"trafilatura"`` or a mapping file; without it, the source is recognised.

    >>> import pressmark
    >>> pressmark.check("news/*.jsonl", source="article")
    <CheckReport ok: 4 articles, 0 rejected>
    """
    rules = (schema_of(schema), source, extra, invalid_optional)
    return _check(None, inputs, rules, articles, max_rejects, rejects, examples, threads, progress)


def build(dataset: PathLike | Dataset, inputs: Inputs = None, **options: Any) -> Release:
    """Build a release of a dataset. See :meth:`Dataset.build`."""
    opened = dataset if isinstance(dataset, Dataset) else Dataset(dataset)
    return opened.build(inputs, **options)


def _check(
    dataset: str | None,
    inputs: Inputs,
    rules: tuple[str | bytes | None, str | None, str | None, str | None],
    articles: str | Iterable[str] | None,
    max_rejects: int | str | None,
    rejects: PathLike | None,
    examples: int,
    threads: int | None,
    progress: Progress,
) -> CheckReport:
    from . import _pressmark

    target = None if rejects is None else path_of(rejects, "rejects")
    with watching(progress) as callback:
        report = called(
            _pressmark.check,
            dataset, inputs_of(inputs), rules, _articles(articles), _share(max_rejects), target, examples, threads,
            callback,
        )  # fmt: skip
    return CheckReport(report)
