"""Mark one submission: its cells run in a sandbox, the checks run here.

cells = read_cells(Path("incoming/ann/03_tokenization/tokenization.ipynb"))
marks = mark(cells, lesson_exercises("03"))
marks.points()                                                # {"03.count_pairs": 2.0, ...}
"""

import json
import re
import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from llm101.check.core import Exercise, Result, run_exercise
from llm101.check.masks import hidden_paths
from llm101.check.remote import PRINTED_KEPT, Remote, RemoteError, Worker, WorkerStartError
from llm101.check.sandbox import Limits
from llm101.check.scan import forbidden_names, without_magics

SECONDS = 60.0  # wall time of one submission, all its exercises together
MAX_BYTES = 5 << 20  # of a notebook file
MAX_CELLS = 1000


UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """A stranger's text without what commands a terminal (control characters) or cannot be written (half pairs)."""
    return UNPRINTABLE.sub("\ufffd", text)


class Cell(NamedTuple):
    """A code cell of a submission."""

    id: str
    source: str


class CellError(NamedTuple):
    """A cell that raised: its id and `Type: text`."""

    id: str
    message: str


@dataclass
class Marks:
    """What came of one submission."""

    results: dict[str, list[Result]] = field(default_factory=dict)  # exercise id -> one a check
    errors: list[CellError] = field(default_factory=list)
    forbidden: dict[str, list[str]] = field(default_factory=dict)  # exercise id -> names it may not use
    printed: str = ""

    def points(self) -> dict[str, float]:
        """Exercise id -> points."""
        return {id: sum(r.points for r in results) for id, results in self.results.items()}


def read_notebook(path: Path) -> dict[str, Any]:
    """A stranger's notebook file as JSON.

    Raises:
        ValueError: a link, not an ordinary file, larger than 5 MB, or not a notebook.
    """
    info = path.lstat()
    if not stat.S_ISREG(info.st_mode):
        raise ValueError(f"{path.name}: refused, a link or special file (a submission is an ordinary .ipynb file)")
    if info.st_size > MAX_BYTES:
        raise ValueError(f"{path.name}: {info.st_size:,} bytes; a submission has at most {MAX_BYTES:,}")
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as e:
        raise ValueError(f"{path.name}: not a notebook: {str(e)[:200]}") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError(f"{path.name}: not a notebook: it has no list of cells")
    return notebook


def read_cells(path: Path) -> list[Cell]:
    """The code cells of a stranger's notebook, without those that hold checks.

    Raises:
        ValueError: see read_notebook.
    """
    cells = [
        c for c in read_notebook(path)["cells"][:MAX_CELLS] if isinstance(c, dict) and c.get("cell_type") == "code"
    ]
    return [Cell(str(c.get("id", n)), text_of(c)) for n, c in enumerate(cells) if not nbgrader_of(c).get("grade")]


def text_of(cell: dict[str, Any]) -> str:
    """A cell's source; a notebook may hold it as one string or as a list of lines."""
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def nbgrader_of(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell's nbgrader metadata; empty if it has none, or nonsense."""
    metadata = cell.get("metadata")
    found = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def mark(
    cells: Sequence[Cell],
    exercises: Iterable[Exercise],
    *,
    hidden: bool = True,
    seconds: float = SECONDS,
    limits: Limits | None = None,
    unsafe: bool = False,
) -> Marks:
    """Run the submission and its checks.

    Args:
        cells: the submission, in order.
        exercises: what to mark.
        hidden: the instructor's private checks too.
        seconds: wall time for everything; a submission that hangs costs its own marks and this long.
        limits: memory, disk and so on.
        unsafe: run it even where there is no sandbox.

    Raises:
        WorkerStartError: twice no sandbox started. Not the submission's fault, and not a mark.
        NoSandboxError: this machine has none and unsafe is False.
    """
    return _Marking(cells, list(exercises), time.monotonic() + seconds, limits, unsafe).run(hidden)


class _Marking:
    """One submission, with as many workers as it kills; an exercise that hangs must not cost the next one's marks."""

    def __init__(
        self, cells: Sequence[Cell], exercises: list[Exercise], end: float, limits: Limits | None, unsafe: bool
    ):
        self.cells = [Cell(c.id, without_magics(c.source)) for c in cells]
        self.exercises, self.end, self.limits, self.unsafe = exercises, end, limits, unsafe
        self.hide = hidden_paths(name for e in exercises for name in e.mask)
        self.marks = Marks()

    def run(self, hidden: bool) -> Marks:
        worker = self.start()
        try:
            self.marks.errors = self.execute_cells(worker)
            survived = worker.alive
            for ex in self.exercises:
                if survived and not worker.alive and time.monotonic() < self.end:
                    self.keep_printed(worker)
                    worker = self.start()
                    self.execute_cells(worker)
                self.marks.results[ex.id] = self.mark_exercise(ex, worker, hidden)
        finally:
            self.keep_printed(worker)
            worker.close()
        return self.marks

    def start(self) -> Worker:
        left = max(1.0, self.end - time.monotonic())
        try:
            return Worker(hide=self.hide, limits=self.limits, seconds=left, unsafe=self.unsafe)
        except WorkerStartError:
            time.sleep(1.0)  # a machine short of processes for a moment
            return Worker(hide=self.hide, limits=self.limits, seconds=left, unsafe=self.unsafe)

    def execute_cells(self, worker: Worker) -> list[CellError]:
        """Run the cells; one that raises does not stop the next, as in a notebook run cell by cell."""
        errors = []
        try:
            for path in sorted({name for e in self.exercises for name in e.forbid if "." in name}):
                worker.ask("close_off", path)
            for cell in self.cells:
                try:
                    worker.execute(cell.id, cell.source)
                except (RemoteError, NameError, TimeoutError) as e:
                    errors.append(CellError(cell.id, f"{type(e).__name__}: {e}"[:2000]))
                if not worker.alive:
                    break
        except (RemoteError, NameError, TimeoutError) as e:
            errors.append(CellError("", f"{type(e).__name__}: {e}"[:2000]))
        return errors

    def mark_exercise(self, ex: Exercise, worker: Worker, hidden: bool) -> list[Result]:
        found = forbidden_names((c.source for c in self.cells), ex.names, ex.forbid)
        if found:
            self.marks.forbidden[ex.id] = found
            text = f"uses {', '.join(found)}, which this exercise asks you to write yourself"
            return [Result("own implementation", "fail", 0.0, ex.points, text)]
        return run_exercise(ex, Remote(worker), hidden=hidden, timeout=None)

    def keep_printed(self, worker: Worker) -> None:
        self.marks.printed = (self.marks.printed + worker.printed)[:PRINTED_KEPT]
