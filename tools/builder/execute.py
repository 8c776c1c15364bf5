"""Run a notebook and keep what did not change.

Editing a paragraph runs nothing: when the code cells are the ones that were run before, their outputs move over.
Editing code runs the whole notebook in a fresh kernel.
"""

import json
import os
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from builder.source import ROOT, strip_lines
from builder.widgets import stable_ids

RULES = re.findall(r"^regex: (.*)$\n^replace: (.*)$", (ROOT / "nbval_sanitize.cfg").read_text("utf-8"), re.M)
RAISES = {"raises-exception", "nbval-raises-exception"}
SECONDS_A_CELL = 300


class BuildError(Exception):
    """A cell that fails; the message names the cell, the line of the text, and the traceback."""


def build(fresh: nbformat.NotebookNode, target: Path, text: Path, *, force: bool = False) -> bool:
    """Execute `fresh` (or take over the outputs of `target`) and write it. True when it was executed."""
    old = nbformat.read(target, 4) if target.exists() else None
    if old is not None and not force and code(old) == code(fresh) and checks(old) == checks(fresh):
        move_outputs(fresh, old)
        executed = False
    else:
        executed = True
        run(fresh, text, cwd=target.parent)
        facts = {key: fresh.metadata[key] for key in ("kernelspec", "language_info", "llm101")}
        facts["language_info"] = {"name": "python"}
        widgets = {"widgets": fresh.metadata["widgets"]} if fresh.metadata.get("widgets") else {}
        fresh.metadata = nbformat.from_dict({**facts, **widgets})
        fresh = stable_ids(fresh, target.stem)
        if old is not None:
            keep_equal_outputs(fresh, old)
    write(strip_lines(fresh), target)
    return executed


def code(notebook: nbformat.NotebookNode) -> list[tuple[str, list[str]]]:
    return [(c.source, c.metadata.get("tags", [])) for c in notebook.cells if c.cell_type == "code"]


def checks(notebook: nbformat.NotebookNode) -> str | None:
    return notebook.metadata.get("llm101", {}).get("checks")


def move_outputs(fresh: nbformat.NotebookNode, old: nbformat.NotebookNode) -> None:
    before = [c for c in old.cells if c.cell_type == "code"]
    after = [c for c in fresh.cells if c.cell_type == "code"]
    for cell, stored in zip(after, before, strict=True):
        cell.outputs, cell.execution_count = stored.outputs, stored.execution_count
    if "widgets" in old.metadata:
        fresh.metadata["widgets"] = old.metadata["widgets"]


def keep_equal_outputs(fresh: nbformat.NotebookNode, old: nbformat.NotebookNode) -> None:
    """Keep the stored bytes up to the first cell that has other code or prints something else under nbval's rules.

    No noise in a diff; and from that cell on all numbers with a tilde are those of one run, so that a table agrees with
    the cell that its numbers come from.
    """
    stored = {c.id: c for c in old.cells if c.cell_type == "code"}
    for cell in (c for c in fresh.cells if c.cell_type == "code"):
        before = stored.get(cell.id)
        if before is None or before.source != cell.source or sanitized(before.outputs) != sanitized(cell.outputs):
            return
        cell.outputs = before.outputs
    if sanitized(fresh.metadata.get("widgets")) == sanitized(old.metadata.get("widgets")) and "widgets" in old.metadata:
        fresh.metadata["widgets"] = old.metadata["widgets"]


def sanitized(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    return text


def run(notebook: nbformat.NotebookNode, text: Path, cwd: Path) -> None:
    """Execute in a fresh kernel with an empty progress file; a failing cell raises BuildError."""
    cwd.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # ipykernel warns of its own loopback port at every start
        resources={"metadata": {"path": str(cwd)}},
    )
    with tempfile.TemporaryDirectory() as scratch:
        env = dict(os.environ, LLM101_PROGRESS=str(Path(scratch) / "progress.json"), PYTHONHASHSEED="0")
        try:
            client.execute(env=env)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as e:
            raise BuildError(explain(notebook, text, e)) from None
    stderr = [c for c in notebook.cells for o in c.get("outputs", []) if o.get("name") == "stderr"]
    if stderr:
        cell = stderr[0]
        words = "".join(o.text for o in cell.outputs if o.get("name") == "stderr")
        raise BuildError(f"{text}:{cell.metadata.line}: a cell wrote to stderr, which no reader should see:\n{words}")


def explain(notebook: nbformat.NotebookNode, text: Path, error: Exception) -> str:
    """Cell, line of the text, and the traceback without colours."""
    done = [c for c in notebook.cells if c.cell_type == "code" and (c.get("execution_count") or c.get("outputs"))]
    failed = [c for c in done if any(o.output_type == "error" for o in c.outputs)] or done[-1:]
    if not failed:
        return f"{text}: {type(error).__name__}: {error}"
    cell = failed[-1]
    number = notebook.cells.index(cell) + 1
    trace = "\n".join(line for o in cell.outputs if o.output_type == "error" for line in o.traceback)
    trace = re.sub(r"\x1b\[[0-9;]*m", "", trace)
    inside = re.findall(r"(?:Cell In\[\d+\], line |^-+> )(\d+)", trace, re.M)
    line = cell.metadata.line + (int(inside[0]) if inside else 1)
    return f"{text}:{line}: cell {number} failed\n{trace or error}"


def write(notebook: nbformat.NotebookNode, target: Path) -> None:
    """Write beside the target and rename: a broken build leaves the old notebook in place."""
    nbformat.validate(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", "utf-8", newline="\n")
    os.replace(part, target)
