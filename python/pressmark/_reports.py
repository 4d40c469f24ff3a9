"""The reports of operations: counts as attributes, details as objects, everything as a ``dict``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import _html
from ._arrow import needed
from ._errors import DamagedRelease, TooManyRejects

if TYPE_CHECKING:
    import pyarrow


class Report:
    """A report. ``to_dict()`` has all that the command line writes with ``--format json``."""

    def __init__(self, text: str | bytes) -> None:
        self._data: dict[str, Any] = json.loads(text)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return json.loads(json.dumps(self._data))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Report) and other._data == self._data

    __hash__ = None  # type: ignore[assignment]


class Cause:
    """One rule that articles broke."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.code: str = data["code"]
        """A stable code such as ``V-REQUIRED``."""
        self.schema: str = data["schema"]
        """JSON Pointer to the rule in the schema."""
        self.articles: int = data["articles"]
        """How many articles broke it."""
        self.violations: int = data["violations"]
        """How many times it was broken."""
        self.examples: list[dict[str, Any]] = data["examples"]
        """The first articles that broke it: source, line, pointer, message and a snippet."""

    @property
    def message(self) -> str:
        """What is wrong with the first article."""
        return self.examples[0]["message"] if self.examples else ""

    def __repr__(self) -> str:
        return f"<Cause {self.code}: {self.message}, {self.articles} articles>"


class CheckReport(Report):
    """What a check found."""

    @property
    def ok(self) -> bool:
        """Whether no input is damaged and no more articles were rejected than allowed."""
        return self._data["ok"]

    @property
    def articles(self) -> int:
        """How many articles were read."""
        return self._data["articles"]

    @property
    def admitted(self) -> int:
        """How many of them are valid."""
        return self._data["admitted"]

    @property
    def rejected(self) -> int:
        """How many of them are not."""
        return self._data["rejected"]

    @property
    def rejected_by_code(self) -> dict[str, int]:
        """The rejected articles by the code of their first violation."""
        return dict(self._data["rejected_by_code"])

    @property
    def rejects_file(self) -> str | None:
        """The file with the rejected articles, which :meth:`Dataset.retry` reads."""
        return self._data["rejects_file"]

    @property
    def causes(self) -> list[Cause]:
        """Why articles were rejected, the most frequent cause first."""
        return [Cause(cause) for cause in self._data["causes"]]

    @property
    def filled(self) -> dict[str, Any]:
        """How many articles have each core field."""
        return self._data["filled"]

    def table(self) -> pyarrow.Table:
        """The causes as an Arrow table."""
        rows = [
            {"code": cause.code, "schema": cause.schema, "articles": cause.articles, "message": cause.message}
            for cause in self.causes
        ]
        schema = {"code": "string", "schema": "string", "articles": "uint64", "message": "string"}
        return _table(rows, schema)

    def raise_for_rejects(self) -> None:
        """Raise :class:`TooManyRejects` unless ``ok``."""
        if not self.ok:
            raise _too_many(self, self)

    def __repr__(self) -> str:
        verdict = "ok" if self.ok else "failed"
        return f"<CheckReport {verdict}: {self.articles} articles, {self.rejected} rejected>"

    def _repr_html_(self) -> str:
        facts = [
            ("articles", self.articles),
            ("admitted", self.admitted),
            ("rejected", self.rejected),
            ("allowed", self._data["allowed"]),
        ]
        rows = [(cause.code, cause.articles, cause.message) for cause in self.causes]
        table = _html.table("rejected because", ["code", "articles", "example"], rows)
        return _html.page("check: " + ("ok" if self.ok else "failed"), facts, table)


class BuildReport(Report):
    """What a build did."""

    @property
    def ok(self) -> bool:
        """Whether there is a release with these records."""
        return self.outcome != "refused"

    @property
    def outcome(self) -> str:
        """``published``, ``unchanged``, ``dry run`` or ``refused``."""
        return self._data["outcome"]

    @property
    def version(self) -> str:
        """The version of the release."""
        return self._data["version"]

    @property
    def path(self) -> str | None:
        """The folder of the release."""
        return self._data["release"]

    @property
    def records(self) -> int:
        """How many records the release has."""
        return self._data["records"]

    @property
    def parts(self) -> int:
        """How many Parquet files the release has."""
        return self._data["parts"]

    @property
    def reused_parts(self) -> int:
        """How many of them are those of an earlier release."""
        return self._data["reused_parts"]

    @property
    def changes(self) -> dict[str, Any] | None:
        """How many records changed since the previous release, by kind of change."""
        return self._data["changes"]

    @property
    def check(self) -> CheckReport:
        """What was read and rejected."""
        report = CheckReport.__new__(CheckReport)
        report._data = self._data["check"]
        return report

    def __repr__(self) -> str:
        return f"<BuildReport {self.outcome}: {self.version}, {self.records} records>"

    def _repr_html_(self) -> str:
        facts = [
            ("version", self.version),
            ("records", self.records),
            ("parts", self.parts),
            ("reused parts", self.reused_parts),
            ("rejected", self.check.rejected),
            ("folder", self.path),
        ]
        return _html.page(f"build: {self.outcome}", facts)


class Finding:
    """One thing that is wrong with a release."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.code: str = data["code"]
        """A stable code such as ``R-FILE-HASH``."""
        self.file: str = data["file"]
        """The file, relative to the release."""
        self.message: str = data["message"]
        """What is wrong."""
        self.row: int | None = data.get("row")
        """The row within the file, from 1."""
        self.column: str | None = data.get("column")
        """The column."""
        self.key: str | None = data.get("key")
        """The key of the row's record."""

    def __repr__(self) -> str:
        return f"<Finding {self.code}: {self.file}: {self.message}>"


class VerifyReport(Report):
    """Whether a release is as it was published."""

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return self._data["intact"]

    @property
    def records(self) -> int:
        """How many records were hashed."""
        return self._data["records"]

    @property
    def files(self) -> int:
        """How many files were hashed."""
        return self._data["files"]

    @property
    def counts(self) -> dict[str, int]:
        """The number of findings by code."""
        return dict(self._data["counts"])

    @property
    def findings(self) -> list[Finding]:
        """What is wrong: the first findings of each code."""
        return [Finding(finding) for finding in self._data["findings"]]

    def table(self) -> pyarrow.Table:
        """The findings as an Arrow table."""
        schema = {"code": "string", "file": "string", "row": "uint64", "column": "string", "key": "string"}
        rows = [{name: getattr(one, name) for name in [*schema, "message"]} for one in self.findings]
        return _table(rows, {**schema, "message": "string"})

    def raise_for_findings(self) -> None:
        """Raise :class:`DamagedRelease` unless ``intact``."""
        if self.intact:
            return
        first, total = self.findings[0], sum(self.counts.values())
        more = "" if total == 1 else f", and {total - 1} more"
        message = f"`{self._data['release']}` is damaged: {first.file}: {first.message}{more}"
        error = DamagedRelease(message, code=first.code, hint="restore the files from a copy of the release")
        error.report = self
        raise error

    def __repr__(self) -> str:
        if self.intact:
            return f"<VerifyReport intact: {self.files} files, {self.records} records>"
        return f"<VerifyReport damaged: {sum(self.counts.values())} findings>"

    def _repr_html_(self) -> str:
        facts = [
            ("release", self._data["release"]),
            ("fingerprint", self._data["fingerprint"]),
            ("files", self.files),
            ("records", self.records),
        ]
        rows = [(one.code, one.file, one.row, one.message) for one in self.findings]
        table = _html.table("findings", ["code", "file", "row", "message"], rows)
        return _html.page("verify: " + ("intact" if self.intact else "damaged"), facts, table)


class ExportReport(Report):
    """What was exported."""

    @property
    def records(self) -> int:
        """How many records were written."""
        return self._data["records"]

    @property
    def missing(self) -> list[str]:
        """The keys that no record has."""
        return list(self._data["missing"])

    def __repr__(self) -> str:
        return f"<ExportReport {self.records} records, {len(self.missing)} keys missing>"


class RetryReport(Report):
    """What became of rejected articles."""

    @property
    def validated(self) -> int:
        """How many articles were validated."""
        return self._data["validated"]

    @property
    def passed(self) -> int:
        """How many of them pass now."""
        return self._data["passed"]

    @property
    def causes(self) -> list[Cause]:
        """Why the others were rejected again."""
        return [Cause(cause) for cause in self._data["rejects"]["causes"]]

    def __repr__(self) -> str:
        return f"<RetryReport {self.passed} of {self.validated} articles pass>"


def _too_many(report: CheckReport | BuildReport, check: CheckReport) -> TooManyRejects:
    causes = check.causes
    first = f": {causes[0].message} ({causes[0].articles} articles)" if causes else ""
    error = TooManyRejects(
        f"{check.rejected} of {check.articles} articles were rejected{first}",
        code=causes[0].code if causes else None,
        hint="see `report` of this exception; correct the articles or the source, or allow some with max_rejects",
    )
    error.report = report
    return error


def _table(rows: list[dict[str, Any]], schema: dict[str, str]) -> pyarrow.Table:
    pyarrow = needed("pyarrow", "table()")
    fields = [(name, pyarrow.string() if kind == "string" else pyarrow.uint64()) for name, kind in schema.items()]
    return pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(fields))
