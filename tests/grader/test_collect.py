"""What comes out of a submission is its answers and nothing else."""

import json

import pytest

from llm101.check.collect import collect, transplant


def sources(nb):
    return [c["source"] for c in nb["cells"]]


def test_an_untouched_notebook_comes_back_as_it_was_handed_out(small_course):
    nb = small_course.released()
    assert transplant(nb, nb) == nb


def test_answers_come_and_nothing_else(small_course):
    hostile = small_course.honest()
    for c in hostile["cells"]:
        c["metadata"] |= {"tags": ["skip-execution"], "evil": 1}
        c["metadata"].setdefault("nbgrader", {})["points"] = 999
        if c["cell_type"] == "code":
            c["outputs"] = [{"output_type": "display_data", "data": {"text/html": "<script>"}, "metadata": {}}]
    hostile["cells"][2]["source"] = "pass  # no check"
    hostile["metadata"] = {"widgets": "</script>", "kernelspec": {"name": "evil"}}
    assert transplant(small_course.released(), hostile) == small_course.honest()


def test_added_cells_keep_their_place_as_plain_cells(small_course, make_cell):
    nb = small_course.honest()
    extra = make_cell("code", "mine", "import math", solution=True, points=5)
    nb["cells"].insert(1, {**extra, "outputs": ["<script>"]})
    nb["cells"].insert(0, make_cell("markdown", "note", "A note."))
    nb["cells"].append(make_cell("raw", "last", "<b>raw</b>"))
    nb["cells"].append(make_cell("code", "empty", "  "))
    got = transplant(small_course.released(), nb)
    assert sources(got)[:3] == ["A note.", "from llm101.check import check, hint", "import math"]
    assert sources(got)[-1] == "<b>raw</b>"
    added = [c for c in got["cells"] if c["id"].startswith("added-")]
    assert [c["cell_type"] for c in added] == ["markdown", "code", "markdown"]
    assert all(c["metadata"] == {} and not c.get("outputs") for c in added)


def test_of_two_cells_with_one_grade_id_the_first_counts(small_course):
    nb = small_course.honest()
    again = {**nb["cells"][1], "id": "again", "source": "def merge(): return 'second'"}
    got = transplant(small_course.released(), {**nb, "cells": [*nb["cells"], again]})
    assert "second" not in sources(got)[1]


NONSENSE = [
    {"cells": []},
    {"cells": [None, 3, "x", [], {"cell_type": "widget"}, {"cell_type": "code"}]},
    {"cells": [{"cell_type": "code", "source": 5, "metadata": {"nbgrader": {"grade_id": ["a"]}}}]},
    {"cells": [{"cell_type": "code", "source": [1, None], "metadata": [], "id": {}}]},
    {"cells": [{"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"grade_id": {}}}, "id": ["a"]}] * 2000},
    {"cells": [{"cell_type": "markdown", "source": "\ud800 half", "metadata": {"nbgrader": 5}}]},
]


@pytest.mark.parametrize("submission", NONSENSE)
def test_any_nonsense_gives_a_notebook_that_can_be_written(small_course, submission):
    got = transplant(small_course.released(), submission)
    assert [c for c in got["cells"] if not c["id"].startswith("added")] == small_course.released()["cells"]
    json.dumps(got, ensure_ascii=False).encode()


def take(course, **kwargs):
    return {c.student: c.problem for c in collect(course.root / "exercises", course.incoming, course.root / "taken")}


def test_a_folder_is_collected(small_course):
    nb = json.dumps(small_course.honest())
    for student in ("ann", "bob", "chen"):
        small_course.write(f"incoming/{student}/91_lists/lists.ipynb", nb)
    small_course.write("incoming/ann/91_lists/timestamp.txt", "2026-02-03 04:05:06 UTC\n")
    small_course.write("incoming/bob/91_lists/timestamp.txt", "x" * 5000)
    small_course.write("incoming/bob/91_lists/torch.py", "evil = True")
    small_course.write("incoming/dora/91_lists/other.ipynb", nb)
    small_course.write("incoming/eve/91_lists/lists.ipynb", "[]")
    small_course.write("incoming/frank/91_lists/lists.ipynb", "x" * (5 * 2**20 + 1))
    small_course.write("incoming/gil/91_lists/lists.ipynb", "[" * 100_000)
    secret = small_course.write("secret", nb)
    (small_course.incoming / "hal" / "91_lists").mkdir(parents=True)
    (small_course.incoming / "hal" / "91_lists" / "lists.ipynb").symlink_to(secret)
    (small_course.incoming / "ida").symlink_to(small_course.incoming / "ann")
    problems = take(small_course)
    assert {s for s, p in problems.items() if not p} == {"ann", "bob", "chen"}
    assert problems["dora"] == "not handed in"
    assert "not a notebook" in problems["eve"]
    assert "5,242,881 bytes; a submission has at most 5,242,880" in problems["frank"]
    assert "not a notebook" in problems["gil"]
    assert "refused, a link or special file" in problems["hal"]
    taken = small_course.root / "taken"
    assert sorted(p.relative_to(taken).as_posix() for p in taken.rglob("*") if p.is_file()) == [
        "ann/91_lists/lists.ipynb",
        "ann/91_lists/timestamp.txt",
        "bob/91_lists/lists.ipynb",
        "chen/91_lists/lists.ipynb",
    ]


def test_a_wrong_folder_is_an_error(small_course, tmp_path):
    with pytest.raises(FileNotFoundError, match="missing is not a folder"):
        list(collect(small_course.root / "exercises", tmp_path / "missing", tmp_path))
    with pytest.raises(FileNotFoundError, match=r"nothing to take .* assignment of .*: 91_lists, 92_tensors"):
        list(collect(small_course.root / "exercises", tmp_path, tmp_path))
    with pytest.raises(FileNotFoundError, match="it is empty"):
        list(collect(tmp_path, tmp_path, tmp_path))
