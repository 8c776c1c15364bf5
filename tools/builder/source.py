"""Text to cells: read course/NN_name/lesson.py or exercises.py into a notebook without outputs.

The text is jupytext's py:percent. It starts with a header between two `# ---` lines:

    # ---
    # title: Tokenization
    # minutes: 90
    # cpu_seconds: 40
    # ram_mb: 900
    # ---

Of a cell's metadata only its tags count: those of nbval, and `hide-input`, which folds the code away in JupyterLab.
"""

import ast
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[2]
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
HEADER = re.compile(r"\A# ---\n(.*?)# ---\n\s*", re.S)
MARKER = re.compile(r"^# %%")
CHECK = re.compile(r"""check\(["'](?P<id>\d\d\.\w+)["']\)""")
POINTS = re.compile(r"^=== POINTS (?P<points>\d+) ===\n", re.M)
BUDGET = ("cpu_seconds", "ram_mb")


class SourceError(Exception):
    """A text that cannot become a notebook; the message names the file and the line."""


@dataclass(frozen=True)
class Lesson:
    """One folder of course/ and the places of what is built from it."""

    folder: Path

    @property
    def name(self) -> str:  # '03_tokenization'
        return self.folder.name

    @property
    def number(self) -> str:  # '03'
        return self.name.split("_")[0]

    @property
    def topic(self) -> str:  # 'tokenization'
        return self.name.split("_", 1)[1]

    def targets(self, root: Path = ROOT) -> dict[str, Path]:
        """Where the built notebooks lie, for the texts that exist."""
        targets = {"lesson": root / "lessons" / f"{self.name}.ipynb"}
        if (self.folder / "exercises.py").exists():
            targets["solution"] = root / "solutions" / self.name / f"{self.topic}.ipynb"
            targets["exercise"] = root / "exercises" / self.name / f"{self.topic}.ipynb"
        return targets


def lessons(words: list[str] | None = None, root: Path = ROOT) -> list[Lesson]:
    """The lessons whose folder name starts with one of `words`; all of them without words."""
    every = [Lesson(p.parent) for p in sorted((root / "course").glob("[0-9][0-9]_*/lesson.py"))]
    if not words:
        return every
    for word in words:
        if not any(lesson.name.startswith(word) for lesson in every):
            known = ", ".join(lesson.name for lesson in every)
            raise SourceError(f"no lesson starts with {word!r}; there are: {known}")
    return [lesson for lesson in every if lesson.name.startswith(tuple(words))]


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook that the text describes: sources, tags and ids, no outputs.

    Every cell carries `metadata.line`, the line of its `# %%` marker in the text; `strip_lines` takes it away.
    """
    text = path.read_text("utf-8")
    lines = [i for i, line in enumerate(text.splitlines(), 1) if MARKER.match(line)]
    notebook = jupytext.reads(HEADER.sub("", text), fmt="py:percent")
    if len(notebook.cells) != len(lines):
        raise SourceError(
            f"{path}: {len(lines)} '# %%' markers but {len(notebook.cells)} cells; the text must be a header "
            "between two '# ---' lines and then cells that each start with '# %%'"
        )
    notebook.metadata = nbformat.from_dict({**KERNEL, "llm101": header(text, path)})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: set[str] = set()
    for cell, line in zip(notebook.cells, lines, strict=True):
        tags = cell.metadata.get("tags", [])
        folded = {"jupyter": {"source_hidden": True}} if "hide-input" in tags else {}
        cell.metadata = nbformat.from_dict({**({"tags": tags} if tags else {}), **folded, "line": line})
        cell.id = fresh_id(f"{cell.cell_type}{cell.source}", seen)
    return notebook


def header(text: str, path: Path) -> dict:
    """The facts between the two `# ---` lines; the budget must be there."""
    match = HEADER.match(text)
    facts = yaml.safe_load(re.sub(r"^# ?", "", match[1], flags=re.M)) if match else {}
    missing = [key for key in ("title", *BUDGET) if key not in facts]
    if missing:
        raise SourceError(f"{path}: line 1: the header lacks {', '.join(missing)}")
    return facts


def fresh_id(text: str, seen: set[str]) -> str:
    """An id made from the cell's own text; the second cell of the same text gets another one."""
    for n in range(1000):
        name = hashlib.sha256(f"{text}{n or ''}".encode()).hexdigest()[:8]
        if name not in seen:
            seen.add(name)
            return name
    raise SourceError(f"a thousand cells have the same text: {text[:50]!r}")


def strip_lines(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    for cell in notebook.cells:
        cell.metadata.pop("line", None)
    return notebook


def read_solution(path: Path) -> nbformat.NotebookNode:
    """The solved exercises with nbgrader's metadata; ids are fixed from the grade ids.

    A code cell with `### BEGIN SOLUTION` is what the learner writes, named after the function it defines. A cell
    that is `check("03.merge")` is its grade cell. A markdown cell with `=== BEGIN MARK SCHEME ===` is a written
    answer; its first line `=== POINTS n ===` says what it is worth.

    The metadata hold a digest of the checks: a changed check is seen, and runs the notebook again.
    """
    notebook = read(path)
    notebook.metadata["llm101"]["checks"] = digest_of_checks(path.parent.name)
    seen: set[str] = set()
    for cell in notebook.cells:
        marks = grader_metadata(cell, path)
        if marks:
            cell.metadata["nbgrader"] = nbformat.from_dict(marks)
            cell.id = marks["grade_id"]
        if cell.id in seen:
            raise SourceError(f"{path}:{cell.metadata.line}: a second cell is called {cell.id!r}")
        seen.add(cell.id)
    return notebook


def digest_of_checks(name: str) -> str:
    """Of the text of a lesson's checks: llm101/checks/l03_*.py and, if there is one, llm101/checks/tokenization/."""
    number, topic = name.split("_", 1)
    folder = ROOT / "llm101" / "checks"
    files = [*sorted(folder.glob(f"l{number}_*.py")), *sorted((folder / topic).glob("*.py"))]
    return hashlib.sha256("".join(file.read_text("utf-8") for file in files).encode()).hexdigest()[:16]


def grader_metadata(cell: nbformat.NotebookNode, path: Path) -> dict | None:
    base = {"schema_version": 3, "task": False}
    source, where = cell.source, f"{path}:{cell.metadata.line}"
    if cell.cell_type == "markdown" and "=== BEGIN MARK SCHEME ===" in source:
        points = POINTS.match(source)
        if not points:
            raise SourceError(f"{where}: a written answer starts with '=== POINTS n ==='")
        cell.source = POINTS.sub("", source)
        name = "answer-" + hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        return {
            **base,
            "grade": True,
            "solution": True,
            "locked": False,
            "grade_id": name,
            "points": int(points["points"]),
        }
    if cell.cell_type == "code" and "### BEGIN SOLUTION" in source:
        names = [n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        if not names:
            raise SourceError(f"{where}: a solution cell defines the function or class that the learner writes")
        return {**base, "grade": False, "solution": True, "locked": False, "grade_id": names[-1]}
    check = CHECK.fullmatch(source.strip()) if cell.cell_type == "code" else None
    if check:
        from llm101.check import core

        exercise = core.get_exercise(check["id"])
        name = "check-" + check["id"].split(".")[1]
        return {**base, "grade": True, "solution": False, "locked": True, "grade_id": name, "points": exercise.points}
    return None
