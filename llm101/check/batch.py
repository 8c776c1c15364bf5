"""Mark a folder of submissions, several at a time, or one share of it on each of many machines.

    FOLDER/<student>/<NN_lesson>/<notebook>.ipynb

Marking is stateless, so any engine that starts one command n times will do: a Kubernetes indexed job, a Slurm array,
a CI matrix, each with its own `--shard i/n`.
"""

import csv
import json
import os
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

from llm101.check.core import lesson_exercises, load_checks
from llm101.check.marking import SECONDS, mark, printable, read_cells
from llm101.expect import integer


@dataclass
class Row:
    """One submission. `points` is empty and `failed` says why when it could not be marked: that is not a zero."""

    student: str
    notebook: str
    points: dict[str, float] = field(default_factory=dict)  # exercise id -> points
    notes: list[str] = field(default_factory=list)  # cells that raised, forbidden names
    failed: str = ""
    seconds: float = 0.0


def parse_shard(text: str) -> tuple[int, int]:
    """ "2/5" as (2, 5): the second of five shares.

    Raises:
        ValueError: not i/n with 1 <= i <= n.
    """
    i, slash, n = text.partition("/")
    if not (slash and i.isdigit() and n.isdigit() and 1 <= int(i) <= int(n)):
        raise ValueError(f"--shard must be i/n with 1 <= i <= n, such as 2/5; got {text!r}")
    return int(i), int(n)


def submissions(folder: Path, lesson: str, shard: tuple[int, int] = (1, 1)) -> list[Path]:
    """The notebooks to mark, without following links; a student's all fall into one shard, the same on every machine.

    Raises:
        FileNotFoundError: no such folder, or nothing in it looks like a submission of this lesson.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder of submissions")
    pattern = f"*/{lesson}_*/*.ipynb"
    found = [f for f in sorted(folder.glob(pattern)) if not any(p.is_symlink() for p in (f, f.parent, f.parent.parent))]
    if not found:
        raise FileNotFoundError(
            f"no submission matches {folder}/{pattern}: a folder a student, in it a folder a lesson"
        )
    i, n = shard
    return [f for f in found if zlib.crc32(student_of(f).encode()) % n == i - 1]


def student_of(notebook: Path) -> str:
    """The name of the student's folder."""
    return notebook.parent.parent.name


def mark_one(path: Path, lesson: str, *, seconds: float = SECONDS, unsafe: bool = False) -> Row:
    """Mark one notebook; whatever goes wrong is in the row, so that one submission cannot stop a batch."""
    row, started = Row(student_of(path), path.name), time.monotonic()
    try:
        marks = mark(read_cells(path), lesson_exercises(lesson), seconds=seconds, unsafe=unsafe)
        row.points = marks.points()
        row.notes = [f"cell {e.id}: {e.message}" for e in marks.errors]
        row.notes += [f"{id}: uses {', '.join(names)}" for id, names in marks.forbidden.items()]
    except Exception as e:
        row.failed = f"{type(e).__name__}: {e}"
    row.seconds = time.monotonic() - started
    return row


def mark_folder(
    folder: Path,
    lesson: str,
    *,
    hidden_dir: Path | None = None,
    jobs: int = 1,
    shard: tuple[int, int] = (1, 1),
    seconds: float = SECONDS,
    unsafe: bool = False,
) -> Iterator[Row]:
    """Mark every submission of a lesson, in the order of the students' names.

    Args:
        folder: see `submissions`.
        lesson: two digits.
        hidden_dir: the instructor's private checks.
        jobs: how many at the same time. Each is a process, and each starts one sandbox after the other.
        shard: (i, n) marks the i-th of n shares of the students.
        seconds: wall time of one submission.
        unsafe: mark even where there is no sandbox.
    """
    integer("mark_folder", "jobs", jobs, at_least=1)
    work = partial(mark_one, lesson=lesson, seconds=seconds, unsafe=unsafe)
    files = submissions(folder, lesson, shard)
    if jobs == 1 or len(files) < 2:
        load_checks(lesson, hidden_dir)
        yield from map(work, files)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _load, (lesson, hidden_dir, sys.path)) as pool:
        yield from pool.map(work, files)


def _load(lesson: str, hidden_dir: Path | None, path: list[str]) -> None:
    sys.path[:] = path
    load_checks(lesson, hidden_dir)


def write_csv(rows: Iterable[Row], to: TextIO) -> Iterator[Row]:
    """Write a line a submission, at once as it is marked; hand the rows on."""
    writer = csv.writer(to)
    writer.writerow(["student", "notebook", "points", "by exercise", "notes", "not marked because", "seconds"])
    for row in rows:
        total = "" if row.failed else f"{sum(row.points.values()):.4g}"
        line = [row.student, row.notebook, total, json.dumps(row.points), "; ".join(row.notes)[:1000], row.failed]
        writer.writerow([*map(_harmless, line), f"{row.seconds:.1f}"])
        to.flush()
        yield row


def _harmless(text: str) -> str:
    """Spreadsheets run cells that begin with = + - @ as formulas; an apostrophe makes them text."""
    text = printable(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def default_jobs() -> int:
    """One a core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
