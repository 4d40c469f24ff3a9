"""pressmark turns parsed news articles into dataset releases that people can trust.

It validates articles against a JSON Schema, publishes them as immutable, versioned releases of Parquet files, verifies
a release, and reports what changed between two.

>>> import pressmark
>>> dataset = pressmark.Dataset("news")
>>> dataset.check().ok
True
>>> release = dataset.build()
>>> release.version, len(release)
('1.0.0', 3)
>>> release.verify().intact
True
>>> release.to_polars(columns=["id", "title"]).height
3
"""

# Neither `typing` nor anything else is imported at run time: names are, when they are used, so `import pressmark` takes
# next to no time. Type checkers know this name.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from ._arrow import Table as Table
    from ._dataset import Dataset as Dataset, build as build, check as check
    from ._diff import Diff as Diff, diff as diff
    from ._errors import (
        ArgumentError as ArgumentError,
        Cancelled as Cancelled,
        ConversionError as ConversionError,
        DamagedRelease as DamagedRelease,
        DatasetError as DatasetError,
        InputError as InputError,
        MissingPackage as MissingPackage,
        PressmarkError as PressmarkError,
        Rejected as Rejected,
        ReleaseError as ReleaseError,
        SchemaError as SchemaError,
        Skipped as Skipped,
        StorageError as StorageError,
        TooManyRejects as TooManyRejects,
        VersionError as VersionError,
    )
    from ._release import Release as Release, export as export, open as open, verify as verify
    from ._reports import (
        BuildReport as BuildReport,
        Cause as Cause,
        CheckReport as CheckReport,
        ExportReport as ExportReport,
        Finding as Finding,
        RetryReport as RetryReport,
        VerifyReport as VerifyReport,
    )
    from ._validator import (
        Batch as Batch,
        Record as Record,
        Reject as Reject,
        Validator as Validator,
        Violation as Violation,
    )

    __version__: str

# The module of each name.
_MODULES = {
    "_arrow": ["Table"],
    "_dataset": ["Dataset", "build", "check"],
    "_diff": ["Diff", "diff"],
    "_errors": [
        "ArgumentError",
        "Cancelled",
        "ConversionError",
        "DamagedRelease",
        "DatasetError",
        "InputError",
        "MissingPackage",
        "PressmarkError",
        "Rejected",
        "ReleaseError",
        "SchemaError",
        "Skipped",
        "StorageError",
        "TooManyRejects",
        "VersionError",
    ],
    "_release": ["Release", "export", "open", "verify"],
    "_reports": [
        "BuildReport",
        "Cause",
        "CheckReport",
        "ExportReport",
        "Finding",
        "RetryReport",
        "VerifyReport",
    ],
    "_validator": ["Batch", "Record", "Reject", "Validator", "Violation"],
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ArgumentError",
    "Batch",
    "BuildReport",
    "Cancelled",
    "Cause",
    "CheckReport",
    "ConversionError",
    "DamagedRelease",
    "Dataset",
    "DatasetError",
    "Diff",
    "ExportReport",
    "Finding",
    "InputError",
    "MissingPackage",
    "PressmarkError",
    "Record",
    "Reject",
    "Rejected",
    "Release",
    "ReleaseError",
    "RetryReport",
    "SchemaError",
    "Skipped",
    "StorageError",
    "Table",
    "TooManyRejects",
    "Validator",
    "VerifyReport",
    "VersionError",
    "Violation",
    "__version__",
    "build",
    "check",
    "diff",
    "export",
    "open",
    "verify",
]


def __getattr__(name: str) -> object:
    import importlib

    if name == "__version__":
        value: object = importlib.import_module("._pressmark", __name__).VERSION
    elif name in _HOMES:
        value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    else:
        raise AttributeError(f"module 'pressmark' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
