"""Take only the answers out of a submission: the released notebook with the student's cell sources in it.

A notebook file holds more than answers: tags that make a grader skip a cell, points, outputs with scripts, kernels to
start, links beside it. None of it survives here, so none of it can do harm later, whatever grades the result.
"""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from llm101.check.marking import MAX_CELLS, nbgrader_of, read_notebook, text_of

MAX_SOURCE = 200_000  # characters a cell
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( ?[A-Z]{1,5}| ?[+-]\d\d:?\d\d)?")


def transplant(release: dict[str, Any], submission: dict[str, Any]) -> dict[str, Any]:
    """A copy of `release` with the answers of `submission`.

    The first cell with an answer cell's grade_id or id gives that answer. Cells that the student added stay, as plain code
    or text, after the cell they followed.

    Args:
        release: the notebook that was handed out, as JSON.
        submission: what came back, as JSON; any nonsense is tolerated.

    >>> cell = {"cell_type": "code", "id": "a", "metadata": {"nbgrader": {"grade_id": "f", "solution": True}}, "source": ""}
    >>> handed_in = {"cells": [{**cell, "source": "def f(): ...", "outputs": ["<script>"]}]}
    >>> transplant({"cells": [cell]}, handed_in)["cells"][0]["source"]
    'def f(): ...'
    """
    fresh = copy.deepcopy(release)
    answers = {n: c for n, c in enumerate(fresh["cells"]) if nbgrader_of(c).get("solution")}
    place_of = {key: n for n, c in enumerate(fresh["cells"]) for key in _keys(c)}
    added: dict[int, list[dict[str, Any]]] = {}
    place, count = -1, 0
    for cell in _cells(submission):
        known = [place_of[key] for key in _keys(cell) if key in place_of]
        if known and known[0] in answers:
            answers.pop(known[0])["source"] = _source(cell)
        elif not known and _source(cell).strip():
            added.setdefault(place, []).append(_plain_cell(cell, count))
            count += 1
        place = known[0] if known else place
    fresh["cells"] = [*added.get(-1, []), *(x for n, c in enumerate(fresh["cells"]) for x in (c, *added.get(n, [])))]
    return fresh


def _cells(submission: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for cell in submission["cells"][:MAX_CELLS]:
        if isinstance(cell, dict) and cell.get("cell_type") in ("code", "markdown", "raw"):
            yield cell


def _keys(cell: dict[str, Any]) -> list[tuple[str, str]]:
    """What a cell may be known by: its grade_id, then its id. Strings only: a list cannot be looked up."""
    found = [("grade_id", nbgrader_of(cell).get("grade_id")), ("id", cell.get("id"))]
    return [(kind, key) for kind, key in found if isinstance(key, str)]


def _source(cell: dict[str, Any]) -> str:
    return text_of(cell)[:MAX_SOURCE].encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written


def _plain_cell(cell: dict[str, Any], number: int) -> dict[str, Any]:
    kind = "code" if cell["cell_type"] == "code" else "markdown"
    made = {"cell_type": kind, "id": f"added-{number}", "metadata": {}, "source": _source(cell)}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


class Collected(NamedTuple):
    """What became of one submission; `problem` is empty if it was taken."""

    student: str
    assignment: str
    notebook: str
    problem: str


def collect(release_dir: Path, incoming: Path, submitted: Path) -> Iterator[Collected]:
    """incoming/<student>/<assignment>/<notebook>.ipynb becomes submitted/<same path>, transplanted.

    Links, other files and notebooks that were not handed out stay behind; timestamp.txt comes along if it holds a
    time, for late penalties.

    Raises:
        FileNotFoundError: incoming is not a folder, or nothing in it is named like a released assignment.
    """
    if not incoming.is_dir():
        raise FileNotFoundError(f"collect: {incoming} is not a folder; it holds a folder a student")
    releases = sorted(release_dir.glob("*/*.ipynb"))
    students = sorted(p for p in incoming.iterdir() if p.is_dir() and not p.is_symlink())
    found = False
    for student in students:
        for release in releases:
            folder = student / release.parent.name
            if folder.is_dir() and not folder.is_symlink():
                found = True
                yield _take(release, folder, submitted / student.name / folder.name, student.name)
    if not found:
        raise FileNotFoundError(
            f"collect: nothing to take from {incoming}. Expected {incoming}/<student>/<assignment>/<notebook>.ipynb with "
            f"an assignment of {release_dir}: {', '.join(sorted({r.parent.name for r in releases})) or 'it is empty'}."
        )


def _take(release: Path, folder: Path, to: Path, student: str) -> Collected:
    try:
        submission = read_notebook(folder / release.name)
        fresh = transplant(json.loads(release.read_text(encoding="utf-8")), submission)
    except FileNotFoundError:
        return Collected(student, folder.name, release.name, "not handed in")
    except (ValueError, OSError) as e:
        return Collected(student, folder.name, release.name, str(e))
    to.mkdir(parents=True, exist_ok=True)
    (to / release.name).write_text(json.dumps(fresh, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if stamp := _timestamp(folder / "timestamp.txt"):
        (to / "timestamp.txt").write_text(stamp, encoding="utf-8")
    return Collected(student, folder.name, release.name, "")


def _timestamp(path: Path) -> str:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > 100:
        return ""
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    return text if TIMESTAMP.fullmatch(text) else ""
