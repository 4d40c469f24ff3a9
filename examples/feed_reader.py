"""Reads feeds with feedparser, and adds what is new to a dataset: one release for each run with news.

    python feed_reader.py news https://example.org/feed.xml https://example.net/rss

The first run makes the dataset. Each entry is validated at once; one that breaks the schema is kept, with its reasons,
in ``news/rejects.jsonl.zst``.
"""

import calendar
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import feedparser
import pressmark


def article(entry: feedparser.FeedParserDict, publisher: str | None) -> dict:
    """An entry with the members of the article schema."""
    # feedparser gives times as UTC, without saying so.
    published = entry.get("published_parsed")
    content = entry.get("content") or [{"value": entry.get("summary")}]
    return {
        "url": entry.get("link"),
        "title": entry.get("title"),
        "text": content[0]["value"],
        "published_at": published and datetime.fromtimestamp(calendar.timegm(published), timezone.utc).isoformat(),
        "authors": [author["name"] for author in entry.get("authors", []) if author.get("name")],
        "publisher": publisher,
    }


def main(folder: str, feeds: list[str]) -> pressmark.Release:
    if not Path(folder, "dataset.toml").exists():
        pressmark.Dataset.create(folder, "articles/*.jsonl", source="article")
    dataset = pressmark.Dataset(folder)
    inputs = Path(folder, "articles")
    inputs.mkdir(exist_ok=True)
    admitted = 0
    with dataset.validator(rejects=Path(folder, "rejects.jsonl.zst"), name="feeds") as validator:
        with open(inputs / "feeds.jsonl", "a", encoding="utf-8") as file:
            for feed in feeds:
                parsed = feedparser.parse(feed)
                articles = [article(entry, parsed.feed.get("title")) for entry in parsed.entries]
                for one, verdict in zip(articles, validator.stream(articles)):
                    if isinstance(verdict, pressmark.Reject):
                        print(f"{feed}: {verdict.violations}", file=sys.stderr)
                        continue
                    file.write(json.dumps(one, ensure_ascii=False) + "\n")
                    admitted += 1
    print(f"{admitted} entries admitted", file=sys.stderr)
    # An entry that is read again is the same record, and one that was edited replaces it or is rejected, as
    # `on_conflict` in dataset.toml says.
    return dataset.build(bump="auto")


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2:]))
