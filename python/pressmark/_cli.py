"""The console script: the command line of pressmark, from the same library as the module."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line with the arguments of this process and return its exit code."""
    from . import _pressmark

    return _pressmark.main(["pressmark", *sys.argv[1:]])
