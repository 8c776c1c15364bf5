"""The builder on a tiny course: same bytes twice, text without a run, broken cells, and what `--check` must catch."""

import nbformat
import pytest
from builder import execute, source
from builder.cli import build_lesson
from builder.execute import BuildError, build
from builder.source import Lesson, SourceError, lessons, read, read_solution
from builder.sync import problems

HEADER = "# ---\n# title: Tiny\n# cpu_seconds: 5\n# ram_mb: 300\n# ---\n\n"
TEXT = HEADER + "# %% [markdown]\n# # Tiny\n\n# %%\nx = 6\nprint(x * 7)\n\n# %%\nprint('~1.234')\n"
EXERCISES = HEADER + (
    "# %% [markdown]\n# Double it.\n\n# %%\ndef double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n\n\n"
    "# %%\nassert double(7) == 14\n\n"
    "# %% [markdown]\n# === POINTS 3 ===\n# Your words.\n#\n# === BEGIN MARK SCHEME ===\n# because\n# === END MARK SCHEME ===\n"
)
CONFIG = 'c = get_config()\nc.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}\n'


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "course" / "07_tiny"
    folder.mkdir(parents=True)
    (folder / "lesson.py").write_text(TEXT)
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    return tmp_path


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.slow
def test_two_builds_give_the_same_bytes_and_a_paragraph_runs_nothing(course):
    (course / "course/07_tiny/exercises.py").write_text(EXERCISES)
    (lesson,) = lessons(root=course)
    build_lesson(lesson, course)
    assert problems(course) == []
    files = sorted(p for p in course.rglob("*.ipynb"))
    assert [p.relative_to(course).parts[0] for p in files] == ["exercises", "lessons", "solutions"]
    first = {p: p.read_bytes() for p in files}
    for path in files:
        path.unlink()
    build_lesson(lesson, course, force=True)
    assert {p: p.read_bytes() for p in files} == first

    text, target = lesson.folder / "lesson.py", course / "lessons/07_tiny.ipynb"
    edit(text, "# # Tiny", "# # Tiny, but better")
    assert build(read(text), target, text) is False
    assert nbformat.read(target, 4).cells[1].outputs[0].text == "42\n"
    edit(text, "x * 7", "x * 8")
    assert build(read(text), target, text) is True
    assert nbformat.read(target, 4).cells[1].outputs[0].text == "48\n"

    exercise = (course / "exercises/07_tiny/tiny.ipynb").read_text()
    assert "raise NotImplementedError" in exercise
    assert "return 2 * x" not in exercise
    assert "because" not in exercise
    assert "BEGIN" not in exercise


@pytest.mark.slow
def test_a_broken_cell_names_its_line_and_leaves_the_old_notebook(course):
    (lesson,) = lessons(root=course)
    build_lesson(lesson, course)
    target, text = course / "lessons/07_tiny.ipynb", lesson.folder / "lesson.py"
    before = target.read_bytes()
    edit(text, "print(x * 7)", "y = 1\nprint(x / 0)")
    line = text.read_text().splitlines().index("print(x / 0)") + 1
    with pytest.raises(BuildError, match=rf"lesson\.py:{line}: cell 2 failed(.|\n)*ZeroDivisionError"):
        build_lesson(lesson, course)
    assert target.read_bytes() == before


@pytest.mark.slow
def test_what_a_cell_writes_to_stderr_stops_the_build(course):
    (lesson,) = lessons(root=course)
    edit(lesson.folder / "lesson.py", "x = 6", "import sys; x = 6; print('oops', file=sys.stderr)")
    with pytest.raises(BuildError, match=r"lesson\.py:10: a cell wrote to stderr(.|\n)*oops"):
        build_lesson(lesson, course)


@pytest.fixture
def built(course):
    """A notebook as a build would have written it, without running a kernel."""
    notebook = read(course / "course/07_tiny/lesson.py")
    for n, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        cell.execution_count = n + 1
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="42\n")]
    for cell in notebook.cells:
        del cell.metadata["line"]
    (course / "lessons").mkdir()
    nbformat.write(notebook, course / "lessons/07_tiny.ipynb")
    return course


def change(root, work):
    path = root / "lessons/07_tiny.ipynb"
    notebook = nbformat.read(path, 4)
    work(notebook)
    nbformat.write(notebook, path)
    return problems(root)


def test_in_sync_is_quiet(built):
    assert problems(built) == []


def test_check_catches_an_edited_notebook(built):
    found = change(built, lambda nb: nb.cells[1].update(source="x = 5"))
    assert len(found) == 1
    assert "its text in course/ or its checks differ; run python run.py build 07" in found[0]


def test_check_catches_a_cell_that_was_never_run(built):
    found = change(built, lambda nb: nb.cells[1].update(execution_count=None))
    assert "not run once from top to bottom" in found[0]


def test_check_catches_stored_errors_and_stderr(built):
    error = nbformat.v4.new_output("error", ename="KeyError", evalue="", traceback=[])
    warning = nbformat.v4.new_output("stream", name="stderr", text="careful")
    found = change(built, lambda nb: nb.cells[1].update(outputs=[error, warning]))
    assert any("stores an error, KeyError" in line for line in found)
    assert any("stores stderr" in line for line in found)


def test_check_catches_orphans_and_missing_notebooks(built):
    (built / "lessons/99_gone.ipynb").write_text("{}")
    (built / "lessons/07_tiny.ipynb").unlink()
    found = problems(built)
    assert any("not built; run python run.py build 07" in line for line in found)
    assert any("99_gone.ipynb: no text" in line for line in found)


def test_a_header_must_state_the_budget(course):
    text = course / "course/07_tiny/lesson.py"
    edit(text, "# ram_mb: 300\n", "")
    with pytest.raises(SourceError, match=r"line 1: the header lacks ram_mb"):
        read(text)


def test_text_before_the_first_cell_is_refused(course):
    text = course / "course/07_tiny/lesson.py"
    edit(text, HEADER, HEADER + "x = 1\n\n")
    with pytest.raises(SourceError, match="3 '# %%' markers but 4 cells"):
        read(text)


def test_equal_cells_get_different_ids_that_do_not_change(course):
    text = course / "course/07_tiny/lesson.py"
    text.write_text(HEADER + "# %%\nx = 1\n\n# %%\nx = 1\n")
    first, second = (c.id for c in read(text).cells)
    assert first != second
    assert [c.id for c in read(text).cells] == [first, second]


def test_a_written_answer_states_its_points(course):
    text = course / "course/07_tiny/exercises.py"
    text.write_text(EXERCISES.replace("# === POINTS 3 ===\n", ""))
    with pytest.raises(SourceError, match=r"exercises\.py:20: a written answer starts with '=== POINTS n ==='"):
        read_solution(text)


def test_an_unknown_lesson_is_answered_with_the_known_ones(course):
    with pytest.raises(SourceError, match="no lesson starts with '08'; there are: 07_tiny"):
        lessons(["08"], root=course)
    assert Lesson(course / "course/07_tiny").topic == "tiny"


def test_a_changed_check_is_seen(course, monkeypatch):
    """Else the stored reports of a solution would be those of other checks."""
    text = course / "course/07_tiny/exercises.py"
    text.write_text(EXERCISES)
    before = read_solution(text)
    checks = course / "llm101" / "checks"
    (checks / "tiny").mkdir(parents=True)
    monkeypatch.setattr(source, "ROOT", course)
    digests = [read_solution(text).metadata["llm101"]["checks"]]
    for path in (checks / "l07_tiny.py", checks / "tiny" / "part.py"):
        path.write_text("# a check")
        digests.append(read_solution(text).metadata["llm101"]["checks"])
    (checks / "l08_other.py").write_text("# of another lesson")
    assert read_solution(text).metadata["llm101"]["checks"] == digests[-1]
    assert len(set(digests)) == 3
    assert execute.checks(before) == before.metadata["llm101"]["checks"]
