"""What the documentation says about Python is true."""

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pressmark
import pytest

ROOT = Path(__file__).parents[2]
MODULES = [module.name for module in pkgutil.iter_modules(pressmark.__path__) if module.name not in ("_pressmark", "__main__")]
# Makes everything else look as if it were not installed.
ALONE = "import sys\nfor name in ('numpy', 'pandas', 'pyarrow', 'polars', 'duckdb', 'tqdm'):\n    sys.modules[name] = None\n"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run(module) -> int:
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, module.__name__):
        if test.examples:
            runner.run(test)
    assert runner.failures == 0
    return runner.tries


def test_the_example_of_the_package(new_dataset):
    assert run(pressmark) > 3


@pytest.mark.parametrize("name", MODULES)
def test_examples(dataset, name):
    run(importlib.import_module(f"pressmark.{name}"))


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_guide(dataset, folder):
    """The blocks of the guide run one after another, with the dataset `news` at hand."""
    names: dict = {}
    for block in blocks(ROOT / "docs" / "python.md"):
        exec(compile(block, "docs/python.md", "exec"), names)


def test_the_readme(new_dataset, folder):
    ours = [block for block in blocks(ROOT / "README.md") if "import pressmark" in block]
    assert ours
    # With nothing installed but the wheel.
    for block in ours:
        Path("readme.py").write_text(ALONE + block, encoding="utf-8")
        ran = subprocess.run([sys.executable, "-X", "utf8", "readme.py"], capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", ["to_pandas", "to_polars", "to_arrow", "to_duckdb", "batches"])
def test_a_missing_package_is_named(dataset, name):
    script = f"""
import pressmark
try:
    list(pressmark.open("news").{name}())
except pressmark.MissingPackage as error:
    print(error.hint)
"""
    ran = subprocess.run([sys.executable, "-c", ALONE + script], capture_output=True, text=True, timeout=60)
    assert ran.stdout.startswith("run: pip install "), ran.stderr
