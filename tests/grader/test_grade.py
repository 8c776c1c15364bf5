"""`llm101 grade run`: a folder of submissions becomes a table."""

import csv
import functools
import io
import json
import operator

import pytest

from llm101.check.batch import Row, mark_folder, parse_shard, submissions, write_csv
from llm101.check.sandbox import NoSandboxError
from llm101.cli import grade

STUDENTS = ["ann", "bob", "chen", "dora", "eve"]


@pytest.fixture(scope="module")
def course(small_course):
    small_course.hand_in("ann", small_course.honest())
    half = small_course.answer({"merge": small_course.honest()["cells"][1]["source"]})
    small_course.hand_in("bob", half)
    small_course.hand_in("chen", small_course.released())
    small_course.hand_in("dora", small_course.answer({"merge": "def merge(ids, pair, new): return [2, 1]"}))
    small_course.write("incoming/eve/91_lists/lists.ipynb", "not json")
    return small_course


def rows(course, **options):
    return {row.student: row for row in mark_folder(course.incoming, "91", **options)}


@pytest.mark.sandbox
def test_marks(course):
    got = rows(course)
    assert got["ann"].points == {"91.merge": 4, "91.pairs": 2}
    assert got["bob"].points == {"91.merge": 4, "91.pairs": 0}
    assert got["chen"].points == {"91.merge": 0, "91.pairs": 0}
    assert got["dora"].points == {"91.merge": 2, "91.pairs": 0}
    assert got["eve"].points == {}
    assert "not a notebook" in got["eve"].failed


@pytest.mark.sandbox
def test_private_checks_count(course):
    got = rows(course, hidden_dir=course.hidden)
    assert got["ann"].points == {"91.merge": 4, "91.pairs": 2}
    assert got["dora"].points["91.merge"] == 1
    from llm101.check.core import REGISTRY

    assert len(REGISTRY["91.merge"].checks) == 3
    rows(course, hidden_dir=course.hidden)
    assert len(REGISTRY["91.merge"].checks) == 3, "loaded twice, counted twice"
    REGISTRY["91.merge"].checks.pop()


def test_shards_are_a_partition(course):
    shards = [submissions(course.incoming, "91", (i, 3)) for i in (1, 2, 3)]
    assert sorted(functools.reduce(operator.iadd, shards, [])) == submissions(course.incoming, "91")
    assert all(shards[:2])


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/2/3"])
def test_a_bad_shard_is_named(text):
    with pytest.raises(ValueError, match=f"--shard must be i/n .*; got '{text}'"):
        parse_shard(text)


def test_where_there_is_nothing(course, tmp_path):
    with pytest.raises(FileNotFoundError, match="missing is not a folder"):
        submissions(tmp_path / "missing", "91")
    with pytest.raises(FileNotFoundError, match=r"no submission matches .*\*/93_\*/\*.ipynb"):
        submissions(course.incoming, "93")
    with pytest.raises(ValueError, match="jobs must be at least 1; got 0"):
        list(mark_folder(course.incoming, "91", jobs=0))


def test_the_table_is_harmless_and_can_always_be_written():
    evil = Row("=cmd()", "a.ipynb", {"91.x": 1.5}, ["\x1b[31mred\ud800"])
    out = io.StringIO()
    list(write_csv([evil, Row("-b", "a.ipynb", failed="@why")], out))
    out.getvalue().encode()
    assert "\x1b" not in out.getvalue()
    lines = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert [line["student"] for line in lines] == ["'=cmd()", "'-b"]
    assert [line["points"] for line in lines] == ["1.5", ""]
    assert lines[1]["not marked because"] == "'@why"


@pytest.mark.sandbox
def test_run_writes_a_table(course, capsys):
    target = course.root / "marks.csv"
    code = grade.main(["run", "91_lists", str(course.incoming), "--jobs", "1", "--csv", str(target)])
    assert code == 1, "eve was not marked"
    lines = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert [line["student"] for line in lines] == STUDENTS
    assert [line["points"] for line in lines] == ["6", "4", "0", "2", ""]
    assert json.loads(lines[0]["by exercise"]) == {"91.merge": 4, "91.pairs": 2}
    err = capsys.readouterr().err
    assert "sandbox: " in err
    assert "4 marked; not marked: eve" in err


@pytest.mark.sandbox
@pytest.mark.slow
def test_jobs_are_processes_with_the_same_marks(course, monkeypatch):
    single = {s: r.points for s, r in rows(course).items()}
    site = course.write(
        "site/sitecustomize.py", f"import llm101.checks\nllm101.checks.__path__.append({str(course.checks)!r})\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site.parent))
    assert {s: r.points for s, r in rows(course, jobs=2).items()} == single


def test_a_missing_sandbox_is_said_once_and_clearly(course, capsys, monkeypatch):
    def refuse(*, unsafe=False):
        raise NoSandboxError("no sandbox works here")

    monkeypatch.setattr(grade, "backend", refuse)
    assert grade.main(["run", "91", str(course.incoming)]) == 1
    assert capsys.readouterr().err == "llm101 grade run: no sandbox works here\n"


def test_unsafe_warns(course, capsys, monkeypatch):
    monkeypatch.setenv("LLM101_SANDBOX", "none")
    code = grade.main(
        ["run", "91", str(course.incoming), "--unsafe", "--jobs", "1", "--csv", str(course.root / "u.csv")]
    )
    assert code == 1, "eve was not marked"
    err = capsys.readouterr().err
    assert "WARNING: --unsafe runs strangers' code with your rights" in err
    assert "sandbox: none" in err
    assert (course.root / "u.csv").read_text().splitlines()[1].split(",")[2] == "6"


@pytest.mark.parametrize(("argv", "message"), [
    (["colect"], "there is no step 'colect'; there are collect, run, .* Did you mean 'collect'?"),
    ([], "required: collect|run"),
    (["run", "91"], "required: folder"),
    (["run", "91", "x", "--jobs", "two"], "invalid int value: 'two'"),
])  # fmt: skip
def test_a_wrong_command_line(argv, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        grade.main(argv)
    import re

    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize(("argv", "message"), [
    (["run", "91", "/nowhere"], "/nowhere is not a folder"),
    (["run", "91", ".", "--shard", "9/3"], "--shard must be i/n"),
    (["collect", "."], "there is no nbgrader_config.py in "),
    (["autograde", "91"], "there is no nbgrader_config.py in "),
])  # fmt: skip
def test_a_wrong_place(argv, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(grade, "backend", lambda **_: "bwrap")
    assert grade.main(argv) == 1
    assert message in capsys.readouterr().err


def test_an_unknown_lesson(course, capsys, monkeypatch):
    monkeypatch.chdir(course.root)
    assert grade.main(["feedback", "44"]) == 1
    assert "no exercises for lesson '44'; solutions/ has 91_lists, 92_tensors" in capsys.readouterr().err
