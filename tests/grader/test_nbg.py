"""nbgrader keeps the books: hand out, collect, grade, return, in a course of its own."""

import csv
import json
import re
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from llm101.check.marking import printable
from llm101.check.nbg import SandboxedChecks, Sanitize, exercise_id
from llm101.check.nbtools import environment
from llm101.cli import grade

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def graded(small_course):
    """ann: everything right; bob: half of one exercise, and a written answer; chen: nothing."""
    small_course.hand_in("ann", small_course.honest())
    two = "def merge(ids, pair, new): return [5, 6, 99, 9, 1]"
    small_course.hand_in("bob", small_course.answer({"merge": two, "why": "<b>why</b> not"}))
    small_course.hand_in("chen", small_course.released())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(small_course.root)
        for words in (["collect", "incoming"], ["autograde", "91"], ["feedback", "91"], ["export"]):
            assert grade.main(words) == 0, words
    return small_course


def autograded(course, student):
    path = course.root / "grading" / "autograded" / student / "91_lists" / "lists.ipynb"
    return nbformat.read(path, as_version=4)


def test_marks_are_in_the_gradebook(graded):
    with Gradebook(f"sqlite:///{graded.root}/grading/gradebook.db") as book:
        found = {}
        for student in ("ann", "bob", "chen"):
            submission = book.find_submission_notebook("lists", "91_lists", student)
            found[student] = {g.name: (g.auto_score, g.needs_manual_grade) for g in submission.grades}
    assert found["ann"] == {"check-merge": (4, False), "check-pairs": (2, False), "why": (None, True)}
    assert found["bob"] == {"check-merge": (2, False), "check-pairs": (0, False), "why": (None, True)}
    assert found["chen"] == {"check-merge": (0, False), "check-pairs": (0, False), "why": (0, False)}


def test_a_written_answer_gets_its_points_by_hand_and_keeps_them(graded, monkeypatch):
    with Gradebook(f"sqlite:///{graded.root}/grading/gradebook.db") as book:
        mark = book.find_grade("why", "lists", "91_lists", "ann")
        mark.manual_score, mark.needs_manual_grade = 2.5, False
        book.db.commit()
        assert book.find_submission("91_lists", "ann").score == 8.5
    monkeypatch.chdir(graded.root)
    assert grade.main(["autograde", "91", "--student", "ann"]) == 0
    with Gradebook(f"sqlite:///{graded.root}/grading/gradebook.db") as book:
        assert book.find_submission("91_lists", "ann").score == 8.5


def test_the_export_lists_everybody(graded):
    lines = list(csv.DictReader((graded.root / "grading" / "marks.csv").read_text(encoding="utf-8").splitlines()))
    scores = {line["student_id"]: float(line["score"]) for line in lines if line["assignment"] == "91_lists"}
    assert scores == {"ann": 6, "bob": 2, "chen": 0}


def test_the_feedback_page_says_why(graded):
    pages = {
        s: (graded.root / f"grading/feedback/{s}/91_lists/lists.html").read_text(encoding="utf-8")
        for s in ("ann", "bob")
    }
    assert "pairs do not overlap" in pages["bob"]
    assert "Merge" in pages["ann"]
    assert "pairs do not overlap" in pages["ann"]
    for page in pages.values():
        assert "<script" not in page
        assert "Content-Security-Policy" in page
        assert not re.search(r"(src|href)\s*=\s*[\"'](https?:)?//", page)


def test_outputs_are_ours(graded):
    nb = autograded(graded, "bob")
    cells = {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in nb.cells}
    (output,) = cells["check-merge"].outputs
    assert output.data["text/plain"] == "2.0"
    assert "<b>" in cells["why"].source, "harmless markup stays"


def test_the_release_that_was_handed_out_must_be_the_one_that_is_graded(graded, capsys, monkeypatch):
    monkeypatch.chdir(graded.root)
    path = graded.root / "exercises" / "92_tensors" / "tensors.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + " ", encoding="utf-8")
    assert grade.main(["autograde", "92"]) == 1
    assert "exercises/92_tensors is not what solutions/92_tensors gives (tensors.ipynb)" in capsys.readouterr().err
    path.write_text(text, encoding="utf-8")


def test_a_broken_configuration_stops_nbgrader(graded, capsys, monkeypatch):
    broken = graded.root / "broken"
    (broken / "solutions" / "91_lists").mkdir(parents=True)
    (broken / "nbgrader_config.py").write_text("c = get_config()\nraise RuntimeError('slip')\n", encoding="utf-8")
    monkeypatch.chdir(broken)
    assert grade.main(["feedback", "91"]) == 1
    assert "nbgrader generate_feedback ended with code" in capsys.readouterr().err


def test_alembic_is_on_the_path():
    path = environment()["PATH"]
    program = "import shutil; print(shutil.which('alembic'))"
    found = subprocess.run(
        [sys.executable, "-c", program], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert "alembic" in found.stdout


def run(course, nb):
    return SandboxedChecks().preprocess(nbformat.from_dict(nb), {})[0]


def test_a_grade_cell_that_is_no_check_gets_nothing(small_course):
    from nbgrader.utils import determine_grade

    nb = small_course.honest()
    nb["cells"][2]["source"] = "print('nothing to see')"
    cell = run(small_course, nb).cells[2]
    assert determine_grade(cell) == (0, 4)
    assert "not check(...)" in cell.outputs[0].evalue


def test_an_unknown_exercise_stops_the_grading(small_course):
    nb = small_course.honest()
    nb["cells"][2]["source"] = 'check("91.merg")'
    with pytest.raises(ValueError, match=r"there is no exercise '91.merg'.*Did you mean '91.merge'"):
        run(small_course, nb)


def test_a_missing_folder_of_private_checks_stops_the_grading(small_course):
    with pytest.raises(FileNotFoundError, match="/nowhere is not a folder"):
        SandboxedChecks(hidden_dir="/nowhere").preprocess(nbformat.from_dict(small_course.honest()), {})


@pytest.mark.parametrize(("source", "id"), [
    ('check("03.merge")', "03.merge"), ("# marks\n check( '03.merge' ) ;\n", "03.merge"),
    ('check("03.merge") or 4', ""), ("print(1)", ""), ('x = check("03.merge")', ""),
])  # fmt: skip
def test_which_exercise_a_cell_checks(source, id):
    assert exercise_id(source) == id


def test_printable():
    assert printable("a\x1b[2J\ud800\u00a0三\n\tb") == "a\ufffd[2J\ufffd\u00a0三\n\tb"


def test_sanitize_is_on_and_leaves_only_what_is_known(make_cell):
    evil = "<script>1</script><img src=x onerror=2><a href='javascript:three()'>x</a>"
    nb = nbformat.from_dict({
        "cells": [make_cell("markdown", "a", evil), make_cell("raw", "b", evil), make_cell("code", "c", "1")],
        "metadata": {"widgets": evil, "title": evil, "language_info": {"name": evil}}, "nbformat": 4, "nbformat_minor": 5,
    })  # fmt: skip
    nb.cells[0].attachments = {"a.svg": {"image/svg+xml": evil}}
    nb.cells[2].outputs = [
        nbformat.v4.new_output("display_data", data={"text/html": evil, "application/javascript": "4"})
    ]
    text = json.dumps(Sanitize()(nb, {})[0])
    assert Sanitize().enabled
    for bad in ("<script", "<img", "javascript:", "application/javascript", "svg", "widgets"):
        assert bad not in text
