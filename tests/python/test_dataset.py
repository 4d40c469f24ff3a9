"""Datasets: check, build, retry and what goes wrong."""

import json
from pathlib import Path

import pressmark
import pytest

from conftest import BRIDGE, FAIR, TOWER, write


def test_check(new_dataset):
    report = new_dataset.check()
    assert report.ok and (report.articles, report.admitted, report.rejected) == (3, 3, 0)
    report.raise_for_rejects()
    assert report.to_dict()["format"] == "pressmark-check/1"
    assert report.causes == [] and report.table().num_rows == 0


def test_rejects_have_causes(new_dataset):
    write(Path("more.jsonl"), [BRIDGE, {"id": "b", "text": 7}, {"id": "c", "text": 8}])
    report = new_dataset.check("more.jsonl", rejects="rejects.jsonl.zst")
    assert not report.ok and report.rejected == 2
    assert report.rejected_by_code == {"V-TYPE": 2}
    [cause] = report.causes
    assert (cause.code, cause.articles) == ("V-TYPE", 2)
    assert cause.examples[0]["line"] == 2
    assert report.table().to_pylist()[0]["articles"] == 2
    assert report.rejects_file == "rejects.jsonl.zst"
    with pytest.raises(pressmark.TooManyRejects) as raised:
        report.raise_for_rejects()
    assert raised.value.report is report and raised.value.code == "V-TYPE"
    assert new_dataset.check("more.jsonl", max_rejects=2).ok
    assert new_dataset.check("more.jsonl", max_rejects="70%").ok


def test_check_without_a_dataset():
    write(Path("a.jsonl"), [{"id": 1, "n": 2}, {"id": 2, "n": "x"}])
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "n": {"type": "integer"}},
    }
    report = pressmark.check(["a.jsonl"], schema)
    assert (report.admitted, report.rejected) == (1, 1)
    Path("s.json").write_text(json.dumps(schema))
    assert pressmark.check("a.jsonl", Path("s.json")) == report


def test_build(new_dataset):
    release = new_dataset.build()
    assert (release.version, len(release)) == ("1.0.0", 3)
    assert release.report.outcome == "published" and release.report.records == 3
    assert new_dataset.build(bump="auto").report.outcome == "unchanged"
    assert new_dataset.newest.version == "1.0.0"
    assert [release.version for release in new_dataset.releases] == ["1.0.0"]


def test_upsert_and_withdraw(new_dataset):
    new_dataset.build()
    write(Path("new.jsonl"), [TOWER])
    plan = new_dataset.dry_run(["new.jsonl"])
    assert plan.outcome == "dry run" and plan.records == 1
    release = new_dataset.build("new.jsonl", base="1.0.0", bump="auto", withdraw={"a2": "asked for"})
    assert sorted(record["id"] for record in release) == ["a1", "a3", "a4"]
    assert release.report.changes["added"] == 1
    changes = new_dataset.diff()
    assert changes.counts["withdrawn"] == 1 and changes.counts["added"] == 1


def test_create(folder):
    write(folder / "made" / "in.jsonl", [BRIDGE, FAIR])
    made = pressmark.Dataset.create("made", "in.jsonl", name="made", source="article")
    assert made.name == "made" and len(made.build()) == 2
    with pytest.raises(pressmark.DatasetError, match="already exists"):
        pressmark.Dataset.create("made", "in.jsonl")


def test_rejected_articles_are_tried_again(new_dataset):
    bad = {**FAIR, "language": 7}
    write(Path("more.jsonl"), [BRIDGE, bad])
    with pytest.raises(pressmark.TooManyRejects) as raised:
        new_dataset.build("more.jsonl")
    report = raised.value.report
    assert report.outcome == "refused" and not report.ok and report.check.rejected == 1
    assert not Path("news/1.0.0").exists()
    again = new_dataset.retry(report.check.rejects_file, "fixed.jsonl")
    assert (again.validated, again.passed) == (1, 0)
    toml = Path("news/dataset.toml")
    toml.write_text(toml.read_text() + '[policy]\ninvalid_optional = "extra"\n')
    again = new_dataset.retry(report.check.rejects_file, "fixed.jsonl")
    assert (again.validated, again.passed) == (1, 1)
    assert json.loads(Path("fixed.jsonl").read_text()) == bad


def test_progress_is_reported(new_dataset):
    seen = []
    # A short run may end before anyone asks, so this one is asked often.
    write(Path("many.jsonl"), [{**BRIDGE, "id": f"x{number}"} for number in range(30_000)])
    new_dataset.build("many.jsonl", progress=lambda *step: seen.append(step))
    assert seen and {step[0] for step in seen} <= {"read", "write", "verify", "match", "compare"}
    assert all(done <= total for _, done, total in seen if total is not None)
    new_dataset.check("many.jsonl", progress=True)


def test_an_exception_of_a_callback_stops_the_build(new_dataset):
    write(Path("many.jsonl"), [{**BRIDGE, "id": f"x{number}"} for number in range(30_000)])

    def stop(stage, done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        new_dataset.build("many.jsonl", progress=stop)
    assert not Path("news/1.0.0").exists()
    assert sorted(path.name for path in Path("news").iterdir() if not path.name.startswith(".")) == [
        "dataset.toml",
        "in.jsonl",
    ]


@pytest.mark.parametrize(
    ("attempt", "kind", "words"),
    [
        (lambda d: pressmark.Dataset("/"), pressmark.DatasetError, "no dataset.toml"),
        (lambda d: d.check("nothing.jsonl"), pressmark.InputError, "no input matches"),
        (lambda d: d.build(bump="huge"), pressmark.ArgumentError, 'use "auto"'),
        (lambda d: d.build(bump="auto", version="1.0.0"), pressmark.ArgumentError, "give one of them"),
        (lambda d: d.build(version="one"), pressmark.ArgumentError, "is not a version"),
        (lambda d: d.build(released="yesterday"), pressmark.ArgumentError, "is not a date"),
        (lambda d: d.build(max_rejects="many"), pressmark.ArgumentError, "max_rejects"),
        (lambda d: d.build(withdraw={"a": "b"}), pressmark.ArgumentError, "withdraw needs base"),
        (lambda d: d.build(base="7.0.0"), pressmark.ReleaseError, "7.0.0"),
        (lambda d: d.check(articles="no-slash"), pressmark.ArgumentError, "starts with a slash"),
        (lambda d: d.check(7), pressmark.ArgumentError, "inputs=7"),
        (lambda d: d.check(threads="two"), pressmark.ArgumentError, "threads"),
        (lambda d: d.newest, pressmark.ReleaseError, "no releases yet"),
        (lambda d: d.diff(), pressmark.ReleaseError, "fewer than two"),
        (lambda d: pressmark.check("x", "no-schema"), pressmark.SchemaError, "unknown schema"),
        (lambda d: pressmark.check("news/in.jsonl", {"type": {1}}), pressmark.ArgumentError, "JSON Schema"),
        (lambda d: pressmark.check("x", source="trafilatur"), pressmark.DatasetError, "did you mean `trafilatura`"),
        (lambda d: pressmark.check("x", extra="all"), pressmark.ArgumentError, 'use "keep"'),
        (lambda d: pressmark.check("x", {"type": 7}), pressmark.SchemaError, "schema"),
        (lambda d: d.retry("news/in.jsonl", "out.jsonl"), pressmark.InputError, "reject"),
    ],
)
def test_errors_are_ours_and_say_what_to_do(new_dataset, attempt, kind, words):
    with pytest.raises(kind) as raised:
        attempt(new_dataset)
    assert words in str(raised.value)
    if kind is not pressmark.SchemaError:
        assert raised.value.hint or raised.value.code or kind is pressmark.ArgumentError


def test_hints_name_arguments(dataset):
    with pytest.raises(pressmark.VersionError) as raised:
        dataset.build()
    assert raised.value.hint == 'add `version="V"` or `bump="auto"`'
    with pytest.raises(pressmark.VersionError) as raised:
        dataset.build(bump="auto", inputs="news/in.jsonl", released="1999-01-01", base=None)
    assert "allow_backdated=True" in raised.value.hint


def test_errors_survive_other_processes(new_dataset):
    import pickle

    with pytest.raises(pressmark.InputError) as raised:
        new_dataset.check("nothing.jsonl")
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value) and again.hint == raised.value.hint
