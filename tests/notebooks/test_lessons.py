"""What DESIGN asks of every lesson, read off its text and its stored outputs."""

import json
import re

import nbformat
import pytest
from builder.sync import problems

FORBIDDEN = ("interact(", "w.Output(", "clear_output", "perf_counter", "time.time(", "%time", "requests.", "urllib")
SPINE = (
    "A first result",
    "What goes wrong in practice",
    "Check yourself",
    "Exercises",
    "Further reading",
    "What you can now read",
)
LINK = re.compile(r"\]\((?!https?:|#)([^)\s]+)\)")


def code(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


def prose(notebook):
    return "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def test_every_notebook_is_what_its_text_builds(root):
    assert problems(root) == []


def test_the_budget_is_stated_and_kept_below_a_minute(lesson):
    facts = lesson.metadata["llm101"]
    assert 0 < facts["cpu_seconds"] <= 60
    assert 0 < facts["ram_mb"] <= 4000
    assert 0 < facts["minutes"] <= 240


def test_the_first_cell_sets_up(lesson):
    assert "llm101.setup(seed=0)" in code(lesson)[0].source


def test_the_spine_is_there_in_order(lesson):
    headings = re.findall(r"^##+ (.*)$", prose(lesson), re.M)
    places = [next((i for i, h in enumerate(headings) if part in h), None) for part in SPINE]
    assert None not in places, dict(zip(SPINE, places, strict=True))
    assert places == sorted(places)


def test_the_reader_predicts_at_least_twice(lesson):
    assert len(re.findall(r"predict", prose(lesson), re.I)) >= 2


def test_a_number_with_a_tilde_has_its_assert(lesson):
    bare = [c.source for c in code(lesson) if re.search(r"~\{|\"~|'~|~\"", c.source) and "assert" not in c.source]
    assert bare == []


def test_at_most_one_in_three_cells_prints_trained_numbers(folder, root):
    notebook = nbformat.read(root / "lessons" / f"{folder.name}.ipynb", 4)
    masked = [c for c in code(notebook) if "~" in json.dumps([o for o in c.outputs if "image/png" not in str(o)[:200]])]
    assert len(masked) <= len(code(notebook)) / 2


def test_nothing_that_cannot_be_compared(lesson):
    for cell in code(lesson):
        for word in FORBIDDEN:
            assert word not in cell.source, f"{word} in: {cell.source[:80]}"


def test_ignored_cells_still_assert_something(lesson):
    for cell in code(lesson):
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            assert "assert" in cell.source


def test_links_lead_somewhere(folder, lesson, root):
    for target in LINK.findall(prose(lesson)):
        if target.startswith("../work/"):  # the learner's copy of an exercise
            target = target.replace("../work/", "../exercises/")
        assert (root / "lessons" / target.split("#")[0]).exists(), target


@pytest.mark.parametrize("kind", ["exercises", "solutions"])
def test_an_exercise_notebook_stands_beside_the_lesson(folder, root, kind):
    topic = folder.name.split("_", 1)[1]
    assert (root / kind / folder.name / f"{topic}.ipynb").exists()
