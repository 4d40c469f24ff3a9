"""Interrupts, threads, forks, abandoned readers, files that are gone, leaks."""

import gc
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pressmark
import pyarrow as pa
import pytest

from conftest import BRIDGE, write


def many(number):
    return [{**BRIDGE, "id": f"x{one}", "url": f"https://example.org/{one}"} for one in range(number)]


def test_ctrl_c_stops_a_build(new_dataset):
    write(Path("many.jsonl"), many(60_000))
    # The signal comes from another thread, while the main thread waits for the build.
    script = """
import os, pressmark, signal, threading
started = threading.Event()
threading.Thread(target=lambda: (started.wait(), os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()
try:
    pressmark.Dataset("news").build("many.jsonl", progress=lambda *step: started.set())
except KeyboardInterrupt:
    print("interrupted")
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ran.stdout == "interrupted\n", ran.stderr
    left = [path.name for path in Path("news").iterdir() if not path.name.startswith(".")]
    assert sorted(left) == ["dataset.toml", "in.jsonl"]
    assert len(new_dataset.build()) == 3


def test_other_threads_run_during_a_build(new_dataset):
    write(Path("many.jsonl"), many(30_000))
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(1)
            time.sleep(0.005)

    ticker = threading.Thread(target=tick)
    ticker.start()
    new_dataset.build("many.jsonl")
    done.set()
    ticker.join()
    assert len(ticks) > 10


def test_threads_share_a_release(dataset):
    release, counts = pressmark.open("news"), []
    work = lambda: counts.append(release.to_arrow().num_rows + sum(1 for _ in release))  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert counts == [8] * 8


def test_a_stream_is_read_once(release):
    stream = release._stream()
    assert pa.table(stream).num_rows == 3
    with pytest.raises(pressmark.ArgumentError, match="read already"):
        pa.table(stream)


def _in_child(release, stream, queue):
    try:
        fresh = release.to_arrow().num_rows
        try:
            pa.RecordBatchReader.from_stream(stream).read_all()
            old = "read"
        except pa.ArrowException as error:
            old = str(error)
        queue.put((fresh, old))
    except BaseException as error:
        queue.put(repr(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_after_a_fork(release):
    context = multiprocessing.get_context("fork")
    queue, stream = context.Queue(), release._stream()
    child = context.Process(target=_in_child, args=(release, stream, queue))
    child.start()
    fresh, old = queue.get(timeout=60)
    child.join(60)
    assert fresh == 3
    assert "before the process was forked" in old
    assert child.exitcode == 0
    assert pa.table(stream).num_rows == 3


def test_generators_are_left_in_the_middle(dataset):
    release = pressmark.open("news")
    before = threading.active_count()
    for _ in range(200):
        for _record in release.records():
            break
        for _batch in release.batches():
            break
        next(iter(pressmark.Validator("article").stream([BRIDGE, BRIDGE])))
    gc.collect()
    assert threading.active_count() == before


def test_files_that_are_gone(release):
    records, batches = release.records(), release.select(["id"])
    next(records)
    shutil.rmtree("news/1.0.0")
    assert len(release) == 3 and release.version == "1.0.0"
    for attempt in [
        lambda: release.to_arrow(),
        lambda: release.to_polars(),
        lambda: release.to_pandas(),
        lambda: list(batches.batches()),
        lambda: list(release.records()),
        lambda: release.schema,
        lambda: release.verify(),
        lambda: release.export("out.jsonl"),
        lambda: pressmark.open("news/1.0.0"),
    ]:
        with pytest.raises(pressmark.PressmarkError):
            attempt()


def test_damage_found_while_reading(release):
    part = next(Path("news/1.0.0/data").iterdir())
    os.chmod(part, 0o644)
    content = part.read_bytes()
    part.write_bytes(content[:40] + bytes(len(content) // 3) + content[40 + len(content) // 3 :])
    for attempt in [release.to_arrow, release.to_polars, release.to_pandas, lambda: list(release.records())]:
        with pytest.raises(pressmark.ReleaseError) as raised:
            attempt()
        assert "part" in str(raised.value)


def test_nothing_leaks(dataset):
    """The memory of the process does not grow with the number of opens."""

    def use(times):
        for _ in range(times):
            release = pressmark.open("news@1.0.0")
            pa.table(release.select(["id"], {"id": ["a1"]}))
            next(release.records(["id"]))
        gc.collect()
        return resident()

    use(300)
    before = use(300)
    after = use(int(os.environ.get("PRESSMARK_OPENS", "1500")))
    assert after - before < 16 << 20


def resident():
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_signals_of_python_are_left_alone(new_dataset):
    """Using the module, unlike the command line, installs no handler."""
    before = signal.getsignal(signal.SIGINT)
    new_dataset.build()
    assert signal.getsignal(signal.SIGINT) is before
