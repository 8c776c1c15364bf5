"""nbgrader with strangers' notebooks: two steps of `nbgrader autograde`, named in nbgrader_config.py.

`SandboxedChecks` takes the place of nbgrader's `Execute`, which runs a submission with the instructor's rights.
`Sanitize` comes after the marks are saved: what the instructor's browser then opens holds no scripts. nbgrader keeps
the books: students, marks, manual grading, late penalties, feedback.
"""

import re
from collections.abc import Sequence
from typing import Any

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, Float, Unicode

from llm101.check.core import get_exercise, load_checks
from llm101.check.marking import Cell, Marks, mark, printable
from llm101.check.show import Report

CHECK = re.compile(r"""^\s*check\(\s*["'](\d\d\.\w+)["']\s*\)\s*;?\s*$""", re.MULTILINE)
KEPT_METADATA = ("kernelspec", "nbgrader")


class SandboxedChecks(NbGraderPreprocessor):
    """Marks every cell `check("NN.name")` with its exercise's share of the cell's points."""

    hidden_dir = Unicode("", help="folder with the instructor's private checks; empty: none").tag(config=True)
    seconds = Float(60.0, help="wall time for one submission").tag(config=True)
    unsafe = Bool(False, help="run submissions even where there is no sandbox").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """nbgrader has restored the locked cells from its database before this step."""
        checks = {n: exercise_id(c.source) for n, c in enumerate(nb.cells) if c.cell_type == "code" and _automatic(c)}
        ids = [id for id in checks.values() if id]
        for lesson in sorted({id[:2] for id in ids}):
            load_checks(lesson, self.hidden_dir or None)
        code = [(n, c) for n, c in enumerate(nb.cells) if c.cell_type == "code"]
        for _, cell in code:
            cell.outputs, cell.execution_count = [], None
        answers = [Cell(str(c.get("id", n)), c.source) for n, c in code if n not in checks]
        marks = mark(answers, [get_exercise(id) for id in ids], seconds=self.seconds, unsafe=self.unsafe)
        for n, id in checks.items():
            nb.cells[n].outputs = [report_output(id, float(nb.cells[n].metadata.nbgrader.points), marks)]
        _show_what_happened([c for n, c in code if n not in checks], marks)
        for id, names in marks.forbidden.items():
            self.log.warning("%s uses %s, which the exercise forbids", id, ", ".join(names))
        return nb, resources


def exercise_id(source: str) -> str:
    """The exercise that a cell checks; "" if it does not."""
    found = CHECK.search(source)
    return found[1] if found else ""


def report_output(id: str, points: float, marks: Marks) -> NotebookNode:
    """The output from which nbgrader reads a cell's mark: a number, shown as the report.

    A cell that is graded but is no check() gets nothing: for nbgrader a cell without output has full marks.
    """
    if not id:
        text = "this cell is graded automatically, but it is not check(...)"
        return new_output("error", ename="NotGraded", evalue=text, traceback=[text])
    earned = marks.points()
    report = Report(get_exercise(id), marks.results[id], {i: {"best": p} for i, p in earned.items()})
    share = earned[id] / report.max_points if report.max_points else 0.0
    data = {"text/plain": repr(round(points * share, 4)), "text/html": printable(report._repr_html_())}
    return new_output("execute_result", data=data, execution_count=1)


def _automatic(cell: NotebookNode) -> bool:
    """Graded by machine; a cell that is also a solution is graded by a person."""
    return bool(is_grade(cell)) and not is_solution(cell)


def _show_what_happened(cells: Sequence[NotebookNode], marks: Marks) -> None:
    """Put errors under their cells, and everything that was printed under the first, as text."""
    by_id = {str(c.get("id", "")): c for c in cells}
    for error in marks.errors:
        if error.id in by_id:
            by_id[error.id].outputs.append(new_output("stream", name="stdout", text=printable(error.message)))
    if marks.printed and cells:
        cells[0].outputs.append(new_output("stream", name="stdout", text=printable(marks.printed)))


class Sanitize(SanitizeHTML):
    """Takes scripts and event handlers out of what the student wrote; our own reports stay as they are."""

    enabled = Bool(True).tag(config=True)  # nbconvert's steps are off unless told otherwise, without a word

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Cells first, then the notebook's metadata: a page may print its widgets' state and its title."""
        nb, resources = super().preprocess(nb, resources)
        kept = {key: nb.metadata[key] for key in KEPT_METADATA if key in nb.metadata}
        nb.metadata = NotebookNode({**kept, "language_info": NotebookNode({"name": "python"})})
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        cell.pop("attachments", None)
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata})
        if cell.cell_type == "code" and _automatic(cell):
            return cell, resources
        return super().preprocess_cell(cell, resources, index)
