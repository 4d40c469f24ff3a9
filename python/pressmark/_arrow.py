"""Records as tables of other libraries, through the Arrow PyCapsule interface."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from ._errors import MissingPackage, PressmarkError

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars
    import pyarrow

    from ._pressmark import Stream


def needed(name: str, what: str) -> ModuleType:
    """Import a package that is needed for something."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingPackage(f"{what} needs {name}", hint=f"run: pip install {name}") from None


class Table:
    """Records that any library with support for Arrow can read, as often as it likes.

    pyarrow, Polars, pandas and DuckDB take it as it is: ``pyarrow.table(table)``, ``polars.DataFrame(table)``,
    ``pandas.DataFrame.from_arrow(table)``, ``duckdb.from_arrow(table)``. Values are read as they are asked for.
    """

    __slots__ = ("__weakref__",)

    def _stream(self) -> Stream:
        raise NotImplementedError

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._stream().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._stream().__arrow_c_schema__()

    def to_arrow(self) -> pyarrow.Table:
        """The records as a ``pyarrow.Table``."""
        pyarrow = needed("pyarrow", "to_arrow()")
        with reading(self._stream()) as stream:
            return pyarrow.RecordBatchReader.from_stream(stream).read_all()

    def to_pandas(self) -> pandas.DataFrame:
        """The records as a ``pandas.DataFrame`` with Arrow types, so integers, lists and nulls stay what they are."""
        pandas = needed("pandas", "to_pandas()")
        needed("pyarrow", "to_pandas()")
        return Table.to_arrow(self).to_pandas(types_mapper=pandas.ArrowDtype)

    def to_polars(self) -> polars.DataFrame:
        """The records as a ``polars.DataFrame``."""
        polars = needed("polars", "to_polars()")
        with reading(self._stream()) as stream:
            return polars.DataFrame(stream)

    def to_duckdb(self, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
        """The records as a relation of DuckDB, which reads them when it is executed."""
        duckdb = needed("duckdb", "to_duckdb()")
        return (duckdb if connection is None else connection).from_arrow(self)

    def batches(self) -> Iterator[pyarrow.RecordBatch]:
        """The records as ``pyarrow.RecordBatch``, a few thousand at a time."""
        pyarrow = needed("pyarrow", "batches()")
        with reading(self._stream()) as stream:
            yield from pyarrow.RecordBatchReader.from_stream(stream)


class reading:
    """Raises the error that ended a stream instead of what a library made of it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __enter__(self) -> Stream:
        return self._stream

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None and not isinstance(error, (PressmarkError, GeneratorExit)):
            self._stream.raise_failure()
