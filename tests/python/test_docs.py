"""What the documentation says about Python is true."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pressmark
import pytest

ROOT = Path(__file__).parents[2]
MODULES = [module.name for module in pkgutil.iter_modules(pressmark.__path__) if module.name not in ("_pressmark", "__main__")]
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
    for block in ours:
        exec(compile(block, "README.md", "exec"), {})
