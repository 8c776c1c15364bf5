"""Attacks by notebook: tags, metadata, missing cells, links, scripts. One batch through nbgrader, as an instructor runs it.

Numbers 08 (as a page), 24, 30-38, 42, 43. Each student below is one attack; `honest` sits beside them.
"""

import copy
import json
import os

import nbformat
import pytest
from nbgrader.api import Gradebook

from llm101.cli import grade

pytestmark = pytest.mark.sandbox

SCRIPT = "<script>window.owned = 1; document.title = 'owned'</script><img src='x' onerror=\"document.title = 'owned'\">"
EVIL = f"def merge(ids, pair, new):\n    print({SCRIPT!r})\n    return {SCRIPT!r}\ndef pairs(ids): raise ValueError({SCRIPT!r})\nprint({SCRIPT!r})"


def grade_cells(nb):
    return [c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade") and c["cell_type"] == "code"]


def flood(nb, course):
    nb["cells"][0]["source"] += "\nfor _ in range(80): print('x' * 1_000_000)"


def ship_torch(nb, course):
    course.write("incoming/a24/91_lists/torch.py", "raise SystemExit")
    course.write("incoming/a24/91_lists/lists_files/x.py", "1")


def skip_execution(nb, course):
    for c in grade_cells(nb):
        c["metadata"]["tags"] = ["skip-execution", "nbgrader-skip"]


def edit_points(nb, course):
    for c in grade_cells(nb):
        c["metadata"]["nbgrader"]["points"] = 999


def delete_tests(nb, course):
    nb["cells"] = [c for c in nb["cells"] if c not in grade_cells(nb)]


def edit_tests(nb, course):
    for c in grade_cells(nb):
        c["source"] = "4.0"


def move_grade_id(nb, course):
    for c in grade_cells(nb):
        moved = copy.deepcopy(c) | {"id": c["id"] + "-x", "source": "4.0"}
        c["metadata"] = {}
        nb["cells"].append(moved)


def test_as_solution(nb, course):
    for c in grade_cells(nb):
        c["metadata"]["nbgrader"] |= {"solution": True, "locked": False}
        c["source"] = "4.0"


def test_as_text(nb, course):
    for c in grade_cells(nb):
        c["cell_type"], c["source"] = "markdown", "all right"
        del c["outputs"], c["execution_count"]


def drop_metadata(nb, course):
    for c in nb["cells"]:
        c["metadata"] = {}


def other_kernel(nb, course):
    nb["metadata"] = {
        "kernelspec": {"name": "bash", "display_name": "sh", "language": "bash"},
        "language_info": {"name": SCRIPT},
    }


def scripts(nb, course):
    nb["cells"][1]["source"] = EVIL
    nb["cells"][-1]["source"] = (
        f"My answer {SCRIPT} <a href='javascript:alert(1)' onclick='alert(2)'>x</a> <svg onload=alert(3)>"
    )
    nb["cells"].append(
        {
            "cell_type": "markdown",
            "id": "more",
            "metadata": {},
            "source": SCRIPT + "\n\n$$\\href{javascript:alert(1)}{x}$$",
        }
    )
    nb["cells"].append({"cell_type": "raw", "id": "raw", "metadata": {"format": "text/html"}, "source": SCRIPT})
    nb["metadata"] |= {
        "title": SCRIPT,
        "widgets": {"application/vnd.jupyter.widget-state+json": {"x": "</script>" + SCRIPT}},
    }


def link(nb, course):
    target = course.write("home/.ssh/id_rsa", "canary-7f3a91")
    folder = course.incoming / "a43" / "91_lists"
    folder.mkdir(parents=True)
    os.symlink(target, folder / "data.txt")


test_as_solution.__test__ = test_as_text.__test__ = False  # type: ignore[attr-defined]
ATTACKS = {
    "a08": flood, "a24": ship_torch, "a30": skip_execution, "a31": edit_points, "a32": delete_tests, "a33": edit_tests,
    "a34": move_grade_id, "a35": test_as_solution, "a36": test_as_text, "a37": drop_metadata, "a38": other_kernel,
    "a42": scripts, "a43": link,
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(small_course):
    """Everything collected, graded and returned in one go."""
    small_course.hand_in("honest", small_course.honest())
    small_course.hand_in("zoe", small_course.honest())
    for student, attack in ATTACKS.items():
        nb = small_course.released()
        attack(nb, small_course)
        small_course.hand_in(student, nb)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(small_course.root)
        patch.setenv("LLM101_CANARY", "canary-7f3a91")
        for words in (["collect", "incoming"], ["autograde", "91"], ["feedback", "91"], ["export"]):
            assert grade.main(words) == 0, words
    return small_course


def marks(course, student):
    with Gradebook(f"sqlite:///{course.root}/grading/gradebook.db") as book:
        grades = book.find_submission_notebook("lists", "91_lists", student).grades
        return {g.name: g.auto_score for g in grades}


def page(course, student):
    return (course.root / f"grading/feedback/{student}/91_lists/lists.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("student", ["honest", "zoe"])
def test_the_honest_keep_their_marks(graded, student):
    assert marks(graded, student) == {"check-merge": 4, "check-pairs": 2, "why": None}


@pytest.mark.parametrize("student", ATTACKS)
def test_no_attack_earns_or_crashes(graded, student):
    earned = marks(graded, student)
    assert {k: v for k, v in earned.items() if k != "why"} == {"check-merge": 0, "check-pairs": 0}
    assert page(graded, student)


def test_nothing_but_notebooks_was_taken(graded):
    taken = [
        p for p in (graded.root / "grading").rglob("*") if p.is_symlink() or p.suffix == ".py" or p.name == "data.txt"
    ]
    assert taken == []


def test_no_secret_is_in_any_page(graded):
    for student in ATTACKS:
        assert "canary-7f3a91" not in page(graded, student)


def test_a_flood_stays_small(graded):
    path = graded.root / "grading/autograded/a08/91_lists/lists.ipynb"
    assert path.stat().st_size < 100_000


def test_every_kernel_is_the_courses(graded):
    nb = nbformat.read(graded.root / "grading/autograded/a38/91_lists/lists.ipynb", as_version=4)
    assert nb.metadata.kernelspec.name == "python3"
    assert "owned" not in json.dumps(nb.metadata)


def sanitized(graded, path):
    """The notebook that formgrader shows, as a page made with nbconvert's own exporter: no policy, all its scripts."""
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter(template_name="classic").from_notebook_node(nbformat.read(path, as_version=4))
    return body


@pytest.mark.browser
def test_no_script_runs_in_a_browser(graded, tmp_path):
    """Four pages in Chromium. Only the first, the submission as it came, does what its author wanted."""
    from playwright.sync_api import sync_playwright

    raw = tmp_path / "raw.ipynb"
    nb = nbformat.read(graded.incoming / "a42/91_lists/lists.ipynb", as_version=4)
    raw.write_text(nbformat.writes(nb), encoding="utf-8")
    clean = graded.root / "grading/autograded/a42/91_lists/lists.ipynb"
    taken = graded.root / "grading/submitted/a42/91_lists/lists.ipynb"
    pages = {
        "as it came": sanitized(graded, raw),
        "collected only": sanitized(graded, taken),
        "graded": sanitized(graded, clean),
        "feedback": page(graded, "a42"),
    }
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    owned, outside = {}, {}
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=flags)
        for name, html in pages.items():
            tab = browser.new_page()
            asked = outside.setdefault(name, [])
            tab.route("http*://**", lambda route, asked=asked: (asked.append(route.request.url), route.abort()))
            file = tmp_path / f"{name}.html"
            file.write_text(html, encoding="utf-8")
            tab.goto(file.as_uri())
            tab.wait_for_timeout(500)
            owned[name] = tab.title() == "owned" or tab.evaluate("window.owned === 1")
            tab.close()
        browser.close()
    assert owned == {"as it came": True, "collected only": True, "graded": False, "feedback": False}
    assert outside["feedback"] == []
