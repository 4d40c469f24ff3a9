"""The examples run: against local files, never against the network."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pressmark
import pytest

ROOT = Path(__file__).parents[2]


def page(title: str, body: str) -> str:
    return (
        f'<html><head><link rel="canonical" href="https://example.org/{title.lower().replace(" ", "-")}"></head>'
        f'<body><h1>{title}</h1><time datetime="2024-03-01T10:00:00Z"></time><article>{body}</article></body></html>'
    )


def test_scrapy(folder):
    pytest.importorskip("scrapy")
    site = folder / "site"
    site.mkdir()
    (site / "index.html").write_text('<a class="article" href="one.html">1</a><a class="article" href="two.html">2</a>')
    (site / "one.html").write_text(page("The bridge", "<p>It is open.</p><p>At last.</p>"))
    (site / "two.html").write_text(page("No date", "<p>Text.</p>").replace("2024-03-01T10:00:00Z", "some day"))
    pressmark.Dataset.create("news", "articles/*.jsonl", source="article")
    command = [sys.executable, "-m", "scrapy", "runspider", str(ROOT / "examples" / "scrapy_pipeline.py")]
    settings = ["-s", "PRESSMARK_DATASET=news", "-s", "TELNETCONSOLE_ENABLED=False", "-s", "ROBOTSTXT_OBEY=False"]
    ran = subprocess.run(
        [*command, "-a", f"start={(site / 'index.html').as_uri()}", *settings],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    release = pressmark.open("news")
    assert [(record["title"], record["text"]) for record in release] == [("The bridge", "It is open.\n\nAt last.")]
    assert "V-FORMAT" in ran.stderr
    report = pressmark.Dataset("news").retry("news/rejects.jsonl.zst", "again.jsonl")
    assert (report.validated, report.passed) == (1, 0)


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Courier</title>
<item><title>The bridge</title><link>https://example.org/bridge</link><description>It is open.</description>
<pubDate>Fri, 01 Mar 2024 10:00:00 +0100</pubDate></item>
<item><title>The fair</title><link>https://example.org/fair</link><description>It is over.</description></item>
{more}</channel></rss>"""
MORE = "<item><title>The tower</title><link>https://example.org/tower</link><description>It is high.</description></item>"


def test_feeds(folder):
    pytest.importorskip("feedparser")
    found = importlib.util.spec_from_file_location("feed_reader", ROOT / "examples" / "feed_reader.py")
    reader = importlib.util.module_from_spec(found)
    found.loader.exec_module(reader)
    (folder / "feed.xml").write_text(FEED.format(more=""))
    release = reader.main("news", ["feed.xml"])
    records = {record["title"]: record for record in release}
    assert records["The bridge"]["published_at"] == "2024-03-01T09:00:00Z"
    assert records["The fair"]["publisher"] == "The Courier"
    # The next run finds the same entries and one more.
    (folder / "feed.xml").write_text(FEED.format(more=MORE))
    release = reader.main("news", ["feed.xml"])
    assert len(release) == 3
    assert pressmark.Dataset("news").diff().counts["added"] == 1


def test_the_notebook(folder, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
    notebook = nbformat.read(ROOT / "examples" / "releases.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "the committed notebook has no outputs"
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    for words in ["check: failed", "V-TYPE", "differs: town 1.0.0", "verify: intact", "Trams from 2027"]:
        assert words in shown, words
