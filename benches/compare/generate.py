"""Makes the corpora that `run` measures with: articles in the shape of schema/article.schema.json.

Everything follows from a seed and the number of articles, on any number of processes. Texts are
made of words drawn by Zipf's law from a vocabulary for each language, so that they compress about
as news does; `run` checks that they do. Records stand in no order: neither of `published_at` nor
of `id`. It writes no other shapes and nothing that the schema refuses.

    generate.py articles FOLDER N     articles.jsonl, articles2.jsonl and changed.jsonl (release 2:
                                      the latest 1 % changed; all of them, and those alone)
    generate.py large FOLDER N        large.jsonl: more of the same
    generate.py short FOLDER N        short.jsonl: records of about 200 bytes
    generate.py long FOLDER N         long.jsonl: records of about 100 KB
"""

import hashlib
import json
import multiprocessing
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy

SEED = 20241213
# Articles made at a time, from random numbers of their own.
BLOCK = 500
# Random numbers are looked up in a table of this size to draw a word.
TABLE = 1 << 20
START = datetime(2019, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=6 * 365)
# Words and turns of phrase of a language, and the exponent of their frequency.
WORDS = 50_000
ZIPF = 1.3
# One in so many is changed in release 2.
CHANGED = 100

LATIN = "etaoinshrdlucmfwypvbgkjqxz"
# The language, its share in percent, its letters by frequency, what stands between words, and by
# how much its words are shorter than English ones.
LANGUAGES = [
    ("en", 56, LATIN, " ", 1.0),
    ("de", 9, "enisratdhulcgmobwfkzüväpöjß", " ", 1.15),
    ("fr", 9, "esaitnrulodcmpévqfbghjàxèêzç", " ", 1.0),
    ("ru", 9, "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф", " ", 1.05),
    ("ar", 9, "اليمونرتبةعدسفهكقأحجشطصخضذثزغظئ", " ", 0.85),
    ("zh-Hans", 8, "".join(chr(0x4E00 + 7 * place) for place in range(2400)), "", 0.32),
]
SECTIONS = ["world", "politics", "economy", "culture", "science", "sport", "opinion", "local"]
PARSERS = [("trafilatura", "2.0.0"), ("news-please", "1.6.13"), ("fundus", "0.5.1")]


class Vocabulary:
    """The words of one language and a way to draw many of them at once."""

    def __init__(self, place):
        _, _, letters, self.space, scale = LANGUAGES[place]
        random = numpy.random.default_rng([SEED, 1, place])
        weights = 1.0 / (numpy.arange(len(letters)) + 2.0)
        words = {}
        while len(words) < WORDS:
            # Rare words are longer.
            rank = numpy.log2(len(words) + 2.0)
            length = max(1, round(scale * (0.9 + 0.42 * rank + random.normal(0.0, 1.1))))
            letters_drawn = random.choice(len(letters), size=(200, length), p=weights / weights.sum())
            for row in letters_drawn[: max(1, len(words) // 40)]:
                words["".join(letters[at] for at in row)] = None
        words = list(words)[:WORDS]
        # Some words come together again and again, as names and turns of phrase do.
        for at in range(60, WORDS, 2):
            parts = random.integers(0, at // 2, size=2 + at // 2 % 4).tolist()
            words[at] = self.space.join(words[2 * part + 1] for part in parts)
        self.words = numpy.array(words, dtype=object)
        share = 1.0 / (numpy.arange(len(self.words)) + 2.7) ** ZIPF
        steps = (numpy.arange(TABLE) + 0.5) / TABLE
        self.table = numpy.searchsorted(numpy.cumsum(share / share.sum()), steps).astype(numpy.uint16)
        self.mean_bytes = float(sum(len(word.encode()) for word in self.words[self.table[::64]])) / (TABLE // 64)
        self.mean_bytes += len(self.space)

    def draw(self, random, count):
        return self.words[self.table[random.integers(0, TABLE, size=count, dtype=numpy.uint32)]].tolist()

    def line(self, random, count):
        """A few words, without white space at the ends."""
        return self.space.join(self.draw(random, count))

    def text(self, random, wanted_bytes):
        """Sentences in paragraphs, of about so many bytes."""
        words = self.draw(random, max(4, int(wanted_bytes / self.mean_bytes)))
        stop, pause = ("。", "") if self.space == "" else (".", " ")
        lengths = random.integers(7, 30, size=len(words) // 7 + 1).tolist()
        pieces, at = [], 0
        for number, length in enumerate(lengths):
            if at >= len(words):
                break
            sentence = self.space.join(words[at : at + length])
            at += length
            sentence = sentence[0].upper() + sentence[1:]
            if length == 9:
                sentence = f"\"{sentence}\""
            pieces.append(sentence + stop + ("\n\n" if number % 4 == 3 else pause))
        return "".join(pieces).strip()


def instant(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def article(number, total, random, vocabulary, language):
    """The article with this number: the higher the number, the later it was published."""
    step = SPAN / total
    published = START + step * (number + float(random.random()))
    outlet = int(random.integers(0, 160))
    domain = f"www.outlet-{outlet}.example"
    slug = "-".join(f"{part:x}" for part in random.integers(0, 1 << 32, size=2).tolist())
    url = f"https://{domain}/{published.year}/{published.month:02}/{slug}"
    modified = published + timedelta(seconds=int(random.integers(60, 400_000)))
    count = lambda low, high: int(random.integers(low, high))  # noqa: E731
    image = lambda place: {  # noqa: E731
        "url": f"https://media.{domain}/{slug}-{place}.jpg",
        "caption": vocabulary.line(random, count(6, 25)),
        "credit": f"{vocabulary.words[count(100, 2000)]} / {vocabulary.words[count(100, 300)]}" if count(0, 3) else None,
        "alt": vocabulary.line(random, count(3, 9)) if count(0, 2) else None,
    }
    parser = PARSERS[outlet % len(PARSERS)]
    authors = [f"{vocabulary.words[at]} {vocabulary.words[at * 7 % WORDS]}" for at in random.integers(50, 4000, size=count(0, 4)).tolist()]
    return {
        "id": "u1-" + hashlib.sha256(url.encode()).hexdigest()[:32],
        "url": url,
        "domain": domain,
        "publisher": f"The Outlet {outlet}",
        "title": vocabulary.line(random, count(5, 14)),
        "authors": list(dict.fromkeys(authors)),
        "published_at": instant(published),
        "published_date": str(date(published.year, published.month, published.day)),
        "published_raw": published.strftime("%d %B %Y %H:%M"),
        "modified_at": None if random.random() < 0.45 else instant(modified),
        "retrieved_at": instant(published + timedelta(days=count(1, 90))),
        "language": language,
        "description": vocabulary.line(random, count(15, 40)) if count(0, 4) else None,
        "section": SECTIONS[count(0, len(SECTIONS))],
        "tags": list(dict.fromkeys(vocabulary.draw(random, count(0, 7)))),
        "images": [image(place) for place in range(count(0, 4))],
        "license": None,
        "parser": {"name": parser[0], "version": parser[1]},
        "source_ref": f"warc-{number // 3000:05}",
        "text": vocabulary.text(random, float(random.lognormal(7.72, 0.62))),
    }


def short(number, total, random, vocabulary, language):
    published = START + SPAN / total * (number + float(random.random()))
    return {
        "id": f"{int(random.integers(0, 1 << 62)):013x}",
        "published_at": instant(published),
        "language": language,
        "text": vocabulary.text(random, 111.0),
    }


def long(number, total, random, vocabulary, language):
    whole = article(number, total, random, vocabulary, language)
    return whole | {"text": vocabulary.text(random, float(random.lognormal(11.36, 0.5)))}


def changed(whole):
    """The same article in release 2."""
    text = whole["text"] + f"\n\nCorrection: {whole['id'][3:19]}."
    return whole | {"text": text, "modified_at": "2025-01-02T08:00:00Z"}


SHAPES = {"articles": article, "large": article, "short": short, "long": long}
VOCABULARIES = {}


def block(task):
    """The lines of one block: of release 1, of release 2, and of what differs."""
    shape, total, first, numbers = task
    of = list(SHAPES).index(shape)
    random = numpy.random.default_rng([SEED, 3 + of, first])
    shares = [language[1] / 100 for language in LANGUAGES]
    lines, lines2, others = [], [], []
    for number, place in zip(numbers, random.choice(len(LANGUAGES), size=len(numbers), p=shares).tolist()):
        if place not in VOCABULARIES:
            VOCABULARIES[place] = Vocabulary(place)
        made = SHAPES[shape](number, total, random, VOCABULARIES[place], LANGUAGES[place][0])
        line = json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"
        lines.append(line)
        if number >= total - total // CHANGED:
            line = json.dumps(changed(made), ensure_ascii=False, separators=(",", ":")) + "\n"
            others.append(line)
        lines2.append(line)
    return tuple("".join(part).encode() for part in (lines, lines2 if shape == "articles" else [], others))


def main():
    shape, folder, total = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    numbers = numpy.random.default_rng([SEED, 0]).permutation(total).tolist()
    tasks = ((shape, total, first, numbers[first : first + BLOCK]) for first in range(0, total, BLOCK))
    names = [f"{shape}.jsonl"] + (["articles2.jsonl", "changed.jsonl"] if shape == "articles" else [])
    # Written beside and renamed, so that a corpus that stands is whole.
    files = [open(folder / f"{name}.part", "wb") for name in names]
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for made in pool.imap(block, tasks):
            for file, lines in zip(files, made):
                file.write(lines)
    for file, name in zip(files, names):
        file.close()
        os.replace(folder / f"{name}.part", folder / name)


if __name__ == "__main__":
    main()
