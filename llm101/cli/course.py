"""Where the course lies and which lessons it has."""

import re
from pathlib import Path

from llm101.expect import nearest

PACKAGE = Path(__file__).resolve().parents[1]


class CommandError(Exception):
    """A command that cannot be carried out as given; its text is for the learner. Exit code 2."""


def course_root(start: Path | None = None) -> Path:
    """The course's folder: the nearest one upwards from `start` with course/ and llm101/, else that of the package.

    Args:
        start: None = the current folder.

    Raises:
        CommandError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, PACKAGE.parent):
        if (folder / "course").is_dir() and (folder / "llm101").is_dir():
            return folder
    raise CommandError(
        f"no course found in {here} or above: run this inside the course's folder (it holds course/ and llm101/)"
    )


def lesson_folders(parent: Path) -> dict[str, Path]:
    """Lesson number -> its folder NN_name in `parent`, in order; {} where `parent` does not exist."""
    found = sorted(p for p in parent.glob("[0-9][0-9]_*") if p.is_dir())
    return {p.name[:2]: p for p in found}


def lesson_number(word: str, known: dict[str, Path]) -> str:
    """'3', '03', '03_tokenization' or 'tokenization' -> '03'.

    Raises:
        CommandError: none of the known lessons; names the nearest.
    """
    by_name = {folder.name[3:]: number for number, folder in known.items()}
    number = by_name.get(word) or (m[1].zfill(2) if (m := re.match(r"(\d{1,2})(?:_\w*)?/?$", word)) else "")
    if number in known:
        return number
    names = [folder.name for folder in known.values()]
    listed = ", ".join(names) or "none yet"
    raise CommandError(
        f"there is no lesson {word!r} with exercises; there are {listed}.{nearest(word, [*known, *by_name, *names])}"
    )
