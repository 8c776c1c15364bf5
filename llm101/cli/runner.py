"""The process in which `llm101 check` runs a notebook: python -m llm101.cli.runner NOTEBOOK ANSWER [EXERCISE].

Executes the code cells in one namespace, as the kernel would with Run All, then the checks. After every step the
answer file says how far it came, so that a crash or an endless loop can be reported with its place.
"""

import ast
import json
import linecache
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

from llm101.check.compare import exception_text
from llm101.check.core import lesson_exercises
from llm101.check.finding import known_lessons
from llm101.check.outcome import where
from llm101.check.show import Report, check

OURS = ("check", "hint", "progress")  # calls that are ours to make, after all cells


def main(notebook: str, answer: str, only: str = "") -> None:
    """Run the notebook and write {"at": where it is, "errors": [...], "reports": [{"id", "text", "ok"}]}."""
    outcome: dict[str, Any] = {"at": "the start", "errors": [], "reports": []}
    namespace: dict[str, Any] = {"__name__": "__main__"}
    asked: list[str] = []
    for number, source in enumerate(code_cells(notebook), start=1):
        save(answer, outcome, f"code cell {number}")
        error, ids = run_cell(f"<cell {number}>", source, namespace)
        asked += ids
        if error:
            outcome["errors"].append(f"code cell {number}: {error}")
    for id in [only] if only else asked or lesson_ids(Path(notebook)):
        save(answer, outcome, f"check({id!r})")
        report = check(id, namespace)
        outcome["reports"].append({"id": id, "text": repr(report), "ok": isinstance(report, Report) and report.ok})
    save(answer, outcome, "the end")


def save(answer: str, outcome: dict[str, Any], at: str) -> None:
    """Write the outcome so far, in one step."""
    outcome["at"] = at
    partial = Path(answer + ".part")
    partial.write_text(json.dumps(outcome), encoding="utf-8")
    os.replace(partial, answer)


def code_cells(notebook: str) -> list[str]:
    """The sources of the code cells, without IPython's magics."""
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    return [without_magics("".join(c["source"])) for c in cells if c["cell_type"] == "code"]


def without_magics(source: str) -> str:
    """Lines that start with % or !, or end with ?, become `pass`; a cell of another language (%%) becomes nothing.

    >>> without_magics("%matplotlib inline\\nx = 7 % 5")
    'pass\\nx = 7 % 5'
    """
    if source.lstrip().startswith("%%"):
        return ""
    try:
        ast.parse(source)
        return source  # Python as it stands: a % or ! in it belongs to a string
    except SyntaxError:
        return re.sub(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", r"\1pass", source, flags=re.MULTILINE)


def run_cell(name: str, source: str, namespace: dict[str, Any]) -> tuple[str, list[str]]:
    """Run one cell without its check(...), hint(...) and progress() lines.

    Returns:
        What went wrong ("" if nothing; a stub's NotImplementedError is nothing), and the ids that check() was asked for.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as e:
        return f"{type(e).__name__}: {e}", []
    ids = [id for node in tree.body if (id := asked_id(node))]
    tree.body = [node for node in tree.body if asked_id(node) is None]
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    try:
        exec(compile(tree, name, "exec"), namespace)
    except NotImplementedError:
        pass  # an exercise that is still to do
    except BaseException as e:  # SystemExit too
        place = where(e) or (
            traceback.format_exception_only(type(e), e)[-1].strip() if isinstance(e, SyntaxError) else ""
        )
        return f"{type(e).__name__}: {exception_text(e)}" + (f" ({place})" if place else ""), ids
    return "", ids


def asked_id(node: ast.stmt) -> str | None:
    """For a line `check("03.merge")`, the id; for `hint(...)` and `progress()`, ""; for any other line, None."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    call = node.value
    if not isinstance(call.func, ast.Name) or call.func.id not in OURS:
        return None
    first = call.args[0] if call.args else None
    return str(first.value) if call.func.id == "check" and isinstance(first, ast.Constant) else ""


def lesson_ids(notebook: Path) -> list[str]:
    """The exercises of the lesson in whose folder NN_name the notebook lies; [] if it lies elsewhere."""
    lesson = notebook.resolve().parent.name[:2]
    return [e.id for e in lesson_exercises(lesson)] if lesson in known_lessons() else []


if __name__ == "__main__":
    main(*sys.argv[1:])
