"""Do the texts and the notebooks agree? Seconds, no kernel: what `python run.py check` and a test call."""

from pathlib import Path

import nbformat

from builder.execute import RAISES
from builder.release import release
from builder.source import ROOT, Lesson, lessons, read, read_solution, strip_lines


def problems(root: Path = ROOT) -> list[str]:
    """One line for everything that a build would change or that no build would have written."""
    found = [line for lesson in lessons(root=root) for line in of_lesson(lesson, root)]
    expected = {path for lesson in lessons(root=root) for path in lesson.targets(root).values()}
    for folder in ("lessons", "exercises", "solutions"):
        for path in sorted((root / folder).rglob("*.ipynb")):
            if path not in expected and ".ipynb_checkpoints" not in path.parts:
                found.append(f"{path.relative_to(root)}: no text in course/ builds this notebook; delete it")
    return found


def of_lesson(lesson: Lesson, root: Path) -> list[str]:
    targets = lesson.targets(root)
    missing = [
        f"{p.relative_to(root)}: not built; run python run.py build {lesson.number}"
        for p in targets.values()
        if not p.exists()
    ]
    if missing:
        return missing
    found = compare(read(lesson.folder / "lesson.py"), targets["lesson"], root, lesson.number)
    if "solution" in targets:
        found += compare(read_solution(lesson.folder / "exercises.py"), targets["solution"], root, lesson.number)
        cut = nbformat.writes(release(nbformat.read(targets["solution"], 4), root)).rstrip("\n") + "\n"
        if cut != targets["exercise"].read_text("utf-8"):
            found.append(
                f"{targets['exercise'].relative_to(root)}: differs from its solution; run python run.py build {lesson.number}"
            )
    return found


def inputs(notebook: nbformat.NotebookNode) -> list[tuple]:
    return [(c.id, c.cell_type, c.source, dict(c.metadata)) for c in notebook.cells]


def compare(fresh: nbformat.NotebookNode, target: Path, root: Path, number: str) -> list[str]:
    """What differs between a text and the notebook built from it, and what no build would have stored."""
    stored, name = nbformat.read(target, 4), target.relative_to(root)
    found = []
    if inputs(strip_lines(fresh)) != inputs(stored) or fresh.metadata["llm101"] != stored.metadata.get("llm101"):
        found.append(f"{name}: its text in course/ or its checks differ; run python run.py build {number}")
    cells = [c for c in stored.cells if c.cell_type == "code"]
    if [c.execution_count for c in cells] != list(range(1, len(cells) + 1)):
        found.append(f"{name}: not run once from top to bottom (nbval would pass such a cell unseen)")
    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error" and not RAISES & set(cell.metadata.get("tags", [])):
                found.append(f"{name}: cell {cell.id} stores an error, {output.ename}")
            if output.get("name") == "stderr":
                found.append(f"{name}: cell {cell.id} stores stderr output")
    return found
