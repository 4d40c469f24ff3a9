"""Progress of an operation: a callback, or a bar of tqdm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from ._errors import ArgumentError, MissingPackage

Callback: TypeAlias = Callable[[str, int, "int | None"], object]
Progress: TypeAlias = "Callback | bool | None"

_UNITS = {"read": "B", "verify": "B", "write": " records", "match": " records", "compare": " pairs"}


@contextmanager
def watching(progress: Progress) -> Iterator[Callback | None]:
    """The callback for an operation, for as long as it runs."""
    if progress is None or progress is False:
        yield None
    elif progress is True:
        bar = _Bar()
        try:
            yield bar
        finally:
            bar.close()
    elif callable(progress):
        yield progress
    else:
        raise ArgumentError(
            f"progress={progress!r} cannot be called",
            hint="pass True for a tqdm bar, or a function of (stage, done, total)",
        )


class _Bar:
    """A bar of tqdm for each stage."""

    def __init__(self) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            raise MissingPackage(
                "progress=True needs tqdm", hint="run: pip install tqdm; or pass a function of (stage, done, total)"
            ) from None
        self._tqdm: Any = tqdm
        self._bar: Any = None
        self._stage: str | None = None

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if stage != self._stage:
            self.close()
            unit = _UNITS.get(stage, "")
            self._bar = self._tqdm(total=total, desc=stage, unit=unit, unit_scale=unit == "B", leave=False)
            self._stage = stage
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
