"""The package itself: its version, its names, its command line."""

import importlib.metadata
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pressmark
import pytest

ROOT = Path(__file__).parents[2]


def test_one_version():
    root = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
    assert pressmark.__version__ == root == importlib.metadata.version("pressmark")


def test_names():
    assert set(pressmark.__all__) == set(dir(pressmark))
    for name in pressmark.__all__:
        assert getattr(pressmark, name) is not None
        if name != "__version__":
            assert getattr(pressmark, name).__doc__, f"{name} has no documentation"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pressmark.nothing


def test_every_public_member_is_documented():
    for name in pressmark.__all__:
        kind = getattr(pressmark, name)
        if isinstance(kind, type):
            for member, value in vars(kind).items():
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    assert value.__doc__, f"{name}.{member} has no documentation"


def test_importing_is_fast():
    """Nothing is imported but the package; its parts and other libraries come when they are used."""
    script = "import sys; before = set(sys.modules); import pressmark; print(*sorted(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["pressmark"]
    script = "import sys; import pressmark; pressmark.Release; print(*{'numpy', 'pyarrow', 'pandas'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def script() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "pressmark")


@pytest.mark.parametrize("command", [[script()], [sys.executable, "-m", "pressmark"]])
def test_the_command_line(new_dataset, command):
    def run(*arguments):
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)

    version = run("--version")
    assert (version.stdout, version.returncode) == (f"pressmark {pressmark.__version__}\n", 0)
    assert run("check", "news").returncode == 0
    wrong = run("verify", "nowhere")
    assert (wrong.returncode, wrong.stdout) == (2, "") and "no such folder" in wrong.stderr
    Path("bad.jsonl").write_text("{}\n[1]\n")
    bad = run("check", "bad.jsonl")
    assert bad.returncode == 1
    # The command to copy is the one that was typed.
    assert "pressmark check bad.jsonl --rejects" in bad.stdout + bad.stderr


def test_output_without_a_line_end_arrives(new_dataset):
    new_dataset.build()
    ran = subprocess.run([script(), "export", "news", "--columns", "id"], capture_output=True, text=True, check=True)
    assert [line for line in ran.stdout.splitlines() if "a1" in line]
