"""Graders that can be trusted: the solution passes, the stub is "to do", each classic mistake fails with its own
explanation, and each different but right answer earns everything."""

import contextlib
import io
from collections import Counter
from functools import cache
from pathlib import Path

import nbformat
import pytest
from builder import source

from llm101.check.core import get_exercise, lesson_exercises, run_exercise
from llm101.check.mistakes import load_mistakes
from llm101.check.student import Student

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [lesson.folder for lesson in source.lessons(root=ROOT) if (lesson.folder / "exercises.py").exists()]
EXERCISES = [ex.id for folder in FOLDERS for ex in lesson_exercises(folder.name[:2])]
ATTEMPTS = [(folder, attempt) for folder in FOLDERS for attempt in load_mistakes(folder / "mistakes.py")]


@cache
def namespace(kind, lesson):
    """What the cells of a notebook define, its check cells left out."""
    (path,) = (ROOT / kind).glob(f"{lesson}_*/*.ipynb")
    defined = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade"):
                exec(compile(cell.source, str(path), "exec"), defined)
    return defined


def results(exercise_id, defined):
    return run_exercise(get_exercise(exercise_id), Student(defined), hidden=True)


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_solution_earns_everything(exercise_id):
    assert [r for r in results(exercise_id, namespace("solutions", exercise_id[:2])) if r.status != "pass"] == []


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_stub_is_to_do_and_earns_nothing(exercise_id):
    found = results(exercise_id, namespace("exercises", exercise_id[:2]))
    assert {r.status for r in found} == {"todo"}
    assert sum(r.points for r in found) == 0


@pytest.mark.parametrize(("folder", "attempt"), ATTEMPTS, ids=[f"{a.exercise_id}-{a.text[:40]}" for _, a in ATTEMPTS])
def test_mistakes_are_named_and_other_right_answers_pass(folder, attempt):
    defined = {**namespace("solutions", folder.name[:2]), attempt.function.__name__: attempt.function}
    found = results(attempt.exercise_id, defined)
    first = next((r for r in found if r.status != "pass"), None)
    if attempt.kind == "right":
        assert first is None, f"{first.name}: {first.message}"
    else:
        assert first is not None, "a wrong answer passed"
        assert attempt.text in f"{first.message} {first.hint}", f"{first.name}: {first.message}; hint: {first.hint}"
        assert sum(r.points for r in found) < get_exercise(attempt.exercise_id).points


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_every_exercise_has_its_classic_mistakes_and_hints(exercise_id):
    kinds = Counter(a.kind for _, a in ATTEMPTS if a.exercise_id == exercise_id)
    assert kinds["wrong"] >= 3
    assert kinds["right"] >= 1
    exercise = get_exercise(exercise_id)
    assert len(exercise.hints) >= 2
    assert exercise.title
    assert all(check.hints for check in exercise.checks)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_notebook_grades_exactly_the_exercises_of_its_checks(folder):
    (path,) = (ROOT / "exercises" / folder.name).glob("*.ipynb")
    cells = [c.source.strip() for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    graded = [c for c in cells if c.startswith("check(")]
    assert graded == [f'check("{ex.id}")' for ex in lesson_exercises(folder.name[:2])]
    assert 4 <= len(graded) <= 8
    text = path.read_text("utf-8")
    assert "BEGIN SOLUTION" not in text
    assert "MARK SCHEME" not in text
