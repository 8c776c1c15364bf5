"""llm101 check: run the learner's notebook in a process of its own, then its checks, and print the reports."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from llm101.check.core import get_exercise
from llm101.check.markup import tidy
from llm101.cli.course import PACKAGE, CommandError, course_root, lesson_folders, lesson_number
from llm101.cli.runner import code_cells

EXERCISE = re.compile(r"\d\d\.\w+")


def check_notebook(what: str, notebook: str | None = None, seconds: float = 300.0) -> int:
    """Run a notebook's cells and the checks of its exercises.

    Args:
        what: a lesson ('03'), an exercise ('03.merge'), or a notebook's path.
        notebook: check this file instead of the one in work/.
        seconds: of wall time for all of it.

    Returns:
        0 if every check passed, else 1.

    Raises:
        CommandError: no such lesson, exercise or notebook.
    """
    only = what if EXERCISE.fullmatch(what) else ""
    if only:
        try:
            get_exercise(only)
        except ValueError as e:
            raise CommandError(str(e)) from None
    path = Path(notebook or what) if notebook or what.endswith(".ipynb") else work_notebook(what.partition(".")[0])
    if not path.is_file():
        raise CommandError(f"there is no notebook {path}")
    try:
        code_cells(str(path))
    except (ValueError, KeyError, TypeError) as e:
        raise CommandError(f"{path} is not a notebook: {type(e).__name__}: {str(e)[:100]}") from None
    outcome, ended = run_apart(path.resolve(), only, seconds)
    return print_outcome(outcome, ended)


def work_notebook(lesson: str) -> Path:
    """The one notebook in work/NN_name/.

    Raises:
        CommandError: none yet, or several.
    """
    root = course_root()
    known = lesson_folders(root / "exercises") | lesson_folders(root / "work")
    number = lesson_number(lesson, known)
    found = sorted((root / "work" / known[number].name).glob("*.ipynb"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(f"there is no notebook in work/{known[number].name}/: run `llm101 start {number}` first")
    raise CommandError(
        f"work/{known[number].name}/ holds {', '.join(f.name for f in found)}: say which with --notebook PATH"
    )


def run_apart(path: Path, only: str, seconds: float) -> tuple[dict[str, Any], str]:
    """Run `llm101.cli.runner` on the notebook; returns what it wrote and, if it did not finish, why."""
    env = {k: v for k, v in os.environ.items() if k not in ("LLM101_STRICT", "NBGRADER_EXECUTION")}
    env["PYTHONPATH"] = os.pathsep.join(p for p in (str(PACKAGE.parent), env.get("PYTHONPATH")) if p)
    env["MPLBACKEND"] = "Agg"
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        argv = [sys.executable, "-m", "llm101.cli.runner", str(path), str(answer), only]
        quiet = subprocess.DEVNULL
        try:
            code = subprocess.run(
                argv, cwd=path.parent, env=env, stdin=quiet, stdout=quiet, stderr=quiet, timeout=seconds, check=False
            ).returncode
            ended = _death(code)
        except subprocess.TimeoutExpired:
            ended = f"did not end within {seconds:g} s: is there an infinite loop outside of a function?"
        outcome = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {"at": "the start"}
    return outcome, ended


def _death(code: int) -> str:
    """Why a process ended, or "" if all is well."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}" if code else ""


def print_outcome(outcome: dict[str, Any], ended: str) -> int:
    """Print cell errors, reports and the sum; the exit code."""
    for line in outcome.get("errors", []):
        print(f"! {tidy(line)}")
    reports = outcome.get("reports", [])
    for report in reports:
        print(report["text"])
    if ended:
        print(f"! the notebook's process {ended} (at {tidy(outcome['at'], 80)})")
    elif not reports:
        print("! the notebook holds no check(...) cell and belongs to no lesson with exercises")
    passed = sum(r["ok"] for r in reports)
    print(f"{passed} of {len(reports)} exercises complete")
    return 0 if reports and passed == len(reports) and not ended else 1
