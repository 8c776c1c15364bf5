"""Which lessons have checks: one file a lesson, llm101/checks/l<NN>_<name>.py, found by its name."""

import importlib
import importlib.util
from pathlib import Path

from llm101.expect import nearest


def known_lessons() -> dict[str, str]:
    """Lesson number -> name, such as {'03': 'tokenization'}, in order."""
    package = importlib.import_module("llm101.checks")
    files = [f for folder in package.__path__ for f in Path(folder).glob("l[0-9][0-9]_*.py")]
    return {f.stem[1:3]: f.stem[4:] for f in sorted(files, key=lambda f: f.stem)}


def import_lesson(lesson: str) -> None:
    """Import the checks of one lesson ('03').

    Raises:
        ValueError: no file for that lesson; names the lessons there are.
    """
    lessons = known_lessons()
    if lesson not in lessons:
        listed = ", ".join(f"{n} {name}" for n, name in lessons.items()) or "none yet"
        raise ValueError(f"no checks for lesson {lesson!r}; lessons with checks: {listed}.{nearest(lesson, lessons)}")
    importlib.import_module(f"llm101.checks.l{lesson}_{lessons[lesson]}")


def run_private(lesson: str, folder: str | Path) -> None:
    """Run an instructor's private files l<lesson>*.py, which add hidden checks to exercises already defined.

    Raises:
        FileNotFoundError: the folder does not exist (a typing error there would cost every student the hidden points).
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"hidden checks: {folder} is not a folder")
    for file in sorted(folder.glob(f"l{lesson}*.py")):
        spec = importlib.util.spec_from_file_location(f"_hidden_{file.stem}", file)
        if spec is None or spec.loader is None:
            raise ImportError(f"hidden checks: {file} cannot be loaded")
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
