"""A small dataset for every test, in a folder of its own."""

import json
import os
from pathlib import Path

import pressmark
import pytest

BRIDGE = {
    "id": "a1",
    "url": "https://example.org/bridge",
    "title": "The bridge",
    "text": "The bridge is open.",
    "published_at": "2024-03-01T10:00:00Z",
    "tags": ["bridge", "river"],
}
FAIR = {"id": "a2", "url": "https://example.org/fair", "title": "The fair", "text": "The fair is over."}
ROAD = {"id": "a3", "url": "https://example.org/road", "title": "The road", "text": "The road is long.", "mood": 7}
TOWER = {"id": "a4", "url": "https://example.org/tower", "title": "The tower", "text": "The tower is high."}


def write(path: Path, articles: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(article) + "\n" for article in articles), encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory of the test. Nothing is cached outside of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESSMARK_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def new_dataset(folder):
    """A dataset without a release."""
    write(folder / "news" / "in.jsonl", [BRIDGE, FAIR, ROAD])
    settings = 'name = "news"\nsource = "article"\ninputs = ["in.jsonl"]\n'
    (folder / "news" / "dataset.toml").write_text(settings)
    return pressmark.Dataset("news")


@pytest.fixture
def dataset(folder, new_dataset):
    """A dataset with the releases 1.0.0 and 2.0.0: one record changed, one added."""
    new_dataset.build(released="2024-12-24")
    write(folder / "news" / "in.jsonl", [BRIDGE, {**FAIR, "title": "The big fair"}, ROAD, TOWER])
    new_dataset.build(version="2.0.0", released="2024-12-25")
    return new_dataset


@pytest.fixture
def release(dataset):
    return dataset.release("1.0.0")


def damage(path: Path) -> None:
    """Change one byte in the middle of a file that is read-only."""
    os.chmod(path, 0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
