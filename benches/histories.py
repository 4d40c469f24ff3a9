#!/usr/bin/env python3
"""What a second release costs: extra disk, time and files, for datasets of several sizes.

Makes articles of about 4 KB from a seed, builds a release of them, changes 1 % and builds the next release from all
inputs, once with the latest articles changed and once with articles all over. A part that both releases have costs
nothing, because it is a link to the same file. Sizes are exact; times depend on the machine and the build.

    benches/histories.py [--binary target/release/pressmark] [--seeds 1] [--megabytes 50 350 800]

It needs nothing but Python 3.11, and about four times the largest size on disk.
"""

import argparse
import json
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

# The mean length of an article in bytes.
MEAN = 4000
# One in so many articles is changed.
CHANGED = 100
WORDS = 4000
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
SETTINGS = 'name = "history"\nschema = "article"\norder_by = ["published_at"]\ninputs = ["articles.jsonl"]\n'


def vocabulary(dice):
    weights = [1 / (place + 2) for place in range(len(LETTERS))]
    return ["".join(dice.choices(LETTERS, weights, k=2 + rank.bit_length() // 2)) for rank in range(WORDS)]


class Corpus:
    """Articles by number: the higher the number, the later they were published."""

    def __init__(self, megabytes, seed):
        self.seed, self.count = seed, megabytes * 1_000_000 // MEAN
        self.words = vocabulary(random.Random(seed))
        self.weights = [1 / (rank + 3) for rank in range(WORDS)]

    def line(self, number, edition):
        dice = random.Random(f"{self.seed} {number}")
        length = int(dice.lognormvariate(0, 0.7) * MEAN * 0.78)
        text = " ".join(dice.choices(self.words, self.weights, k=max(4, length * 10 // 47)))
        day, rest = divmod(number * 2000 * 86_400 // self.count, 86_400)
        month, day = divmod(day, 28)
        published = f"{2019 + month // 12}-{month % 12 + 1:02}-{day + 1:02}T{rest // 3600:02}:{rest // 60 % 60:02}:00Z"
        article = {
            "id": f"a-{random.Random(number).getrandbits(64):016x}",
            "title": text[:60].strip(),
            "published_at": published,
            "tags": dice.sample(self.words[:200], 3),
            "text": text + " Corrected." * edition,
        }
        return json.dumps(article) + "\n"

    def write(self, path, changed):
        with open(path, "w", encoding="utf-8") as file:
            for number in range(self.count):
                file.write(self.line(number, int(number in changed)))

    def latest(self):
        return set(range(self.count - self.count // CHANGED, self.count))

    def all_over(self):
        return set(random.Random(f"{self.seed} changed").sample(range(self.count), self.count // CHANGED))


def build(binary, folder, version, output):
    environment = {"PRESSMARK_CACHE_DIR": str(output.parent / "cache")}
    start = time.monotonic()
    command = [binary, "build", folder, "--version", version, "--output", output, "--date", "2026-11-29", "--allow-understated"]
    subprocess.run([*map(str, command), "--quiet"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start, json.loads((output / version / "manifest.json").read_bytes())


def measure(binary, megabytes, seed, folder):
    corpus = Corpus(megabytes, seed)
    (folder / "dataset.toml").write_text(SETTINGS)
    corpus.write(folder / "articles.jsonl", set())
    first_time, first = build(binary, folder, "1.0.0", folder / "out")
    parts = {part["sha256"] for part in first["parts"]}
    total = sum(part["bytes"] for part in first["parts"])
    cache = folder / "cache"
    shutil.copytree(cache, folder / "cache of 1.0.0")
    for what, changed in (("latest", corpus.latest()), ("all over", corpus.all_over())):
        corpus.write(folder / "articles.jsonl", changed)
        shutil.rmtree(cache)
        shutil.copytree(folder / "cache of 1.0.0", cache)
        second_time, second = build(binary, folder, "2.0.0", folder / "out")
        new = [part["bytes"] for part in second["parts"] if part["sha256"] not in parts]
        shutil.rmtree(folder / "out/2.0.0")
        yield what, len(first["parts"]), first["layout"], 100 * sum(new) / total, second_time / first_time, total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/pressmark"))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[50, 350, 800])
    arguments = parser.parse_args()
    print("| MB | seed | files | target rows | release 1, MB | changed | extra disk | of the time |")
    print("|--:|--:|--:|--:|--:|---|--:|--:|")
    for megabytes in arguments.megabytes:
        for seed in range(arguments.seeds):
            with tempfile.TemporaryDirectory(prefix="pressmark-histories-") as folder:
                for what, files, layout, extra, times, total in measure(arguments.binary.resolve(), megabytes, seed, Path(folder)):
                    rows = layout["target_rows"]
                    print(f"| {megabytes} | {seed} | {files} | {rows:,} | {total / 1e6:.1f} | {what} | {extra:.1f} % | {times:.2f} |", flush=True)


if __name__ == "__main__":
    main()
