"""The exceptions of pressmark.

Each has the code that ``pressmark explain`` describes, if there is one, and a hint that says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from ._reports import BuildReport, CheckReport, VerifyReport
    from ._validator import Reject, Violation

_P = ParamSpec("_P")
_T = TypeVar("_T")
_FLAG = re.compile(r"`--([a-z-]+)(?: ([^`]+))?`")
_NAMES = {"date": "released"}
_SWITCHES = {"allow-understated", "allow-backdated", "readmit"}


def _argument(flag: re.Match[str]) -> str:
    """A flag of the command line as an argument of Python."""
    name, value = flag.group(1), flag.group(2)
    word = _NAMES.get(name, name.replace("-", "_"))
    if name in _SWITCHES:
        return f"`{word}=True`"
    if value is None:
        return f"`{word}`"
    return f'`{word}="{value.split("|")[0]}"`'


class PressmarkError(Exception):
    """pressmark could not do its job. The base of all exceptions of this module."""

    code: str | None
    """A stable code such as ``S-META``, which ``pressmark explain`` describes."""
    hint: str | None
    """What to do about it."""
    message: str
    """What is wrong."""

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = None if hint is None else _FLAG.sub(_argument, hint)

    def __str__(self) -> str:
        code = "" if self.code is None else f" [{self.code}]"
        hint = "" if self.hint is None else f"\nhint: {self.hint}"
        return f"{self.message}{code}{hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (type(self), self.message, self.__dict__))


def called(function: Callable[_P, _T], *arguments: _P.args, **names: _P.kwargs) -> _T:
    """Call the extension module. An argument that has a type which it does not take is an error of ours."""
    try:
        return function(*arguments, **names)
    except (TypeError, OverflowError) as error:
        trace = error.__traceback__
        # What a callback raised has frames of its own.
        if isinstance(error, PressmarkError) or trace is None or trace.tb_next is not None:
            raise
        # The name of the argument is a note since Python 3.11.
        message = "; ".join([str(error), *getattr(error, "__notes__", [])])
        raise ArgumentError(message, hint="pass a value of the type that the documentation names") from None


def _restored(kind: type[PressmarkError], message: str, attributes: dict[str, Any]) -> PressmarkError:
    error = kind.__new__(kind, message)
    error.args = (message,)
    error.__dict__.update(attributes)
    return error


class DatasetError(PressmarkError):
    """``dataset.toml``, its source or its inputs cannot be used."""


class SchemaError(PressmarkError):
    """A JSON Schema cannot be used."""


class InputError(PressmarkError):
    """Inputs or reject files cannot be read."""


class ReleaseError(PressmarkError):
    """A release is not there, or it is damaged."""


class VersionError(PressmarkError):
    """A release cannot be published under this version or date."""


class StorageError(PressmarkError, OSError):
    """The operating system refused an action on a file."""


class ArgumentError(PressmarkError, ValueError, TypeError):
    """An argument cannot be used."""


class ConversionError(PressmarkError, ValueError):
    """A Python value has no form in JSON. ``path`` is the JSON Pointer to it."""

    path: str


class MissingPackage(PressmarkError, ImportError):
    """A package that a conversion needs is not installed."""


class Cancelled(PressmarkError):
    """The operation was cancelled. Nothing was published."""


class Rejected(PressmarkError):
    """An article breaks the schema."""

    reject: Reject
    """The article with its violations."""

    @property
    def violations(self) -> list[Violation]:
        """The rules that the article breaks."""
        return self.reject.violations

    @classmethod
    def _of(cls, reject: Reject) -> Rejected:
        first = reject.violations[0]
        more = reject.violations_total - 1
        others = "" if more < 1 else f", and {more} more violation{'s' if more > 1 else ''}"
        at = f" at {first.pointer}" if first.pointer else ""
        error = cls(f"{first.message}{at}{others}", code=first.code, hint=first.help)
        error.reject = reject
        return error


class Skipped(PressmarkError):
    """A setting of the source or the dataset says that the object is not an article."""


class TooManyRejects(PressmarkError):
    """More articles were rejected than allowed. Nothing was published."""

    report: CheckReport | BuildReport
    """The report, with the causes."""


class DamagedRelease(PressmarkError):
    """A release is not as it was published."""

    report: VerifyReport
    """The report, with the findings."""
