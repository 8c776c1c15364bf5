"""Calls nbgrader's commands for this course, with the settings it needs to be safe."""

import os
import subprocess
import sys
from pathlib import Path

CONFIG = "nbgrader_config.py"


class GradeError(RuntimeError):
    """A sub-step that cannot go on; the message is for the instructor."""


def course_root() -> Path:
    """The folder with the instructor's set-up: where we are.

    Raises:
        GradeError: no nbgrader_config.py here.
    """
    here = Path.cwd()
    if not (here / CONFIG).is_file():
        raise GradeError(f"there is no {CONFIG} in {here}: run this in the course's folder")
    return here


def assignment_of(root: Path, lesson: str) -> str:
    """The folder name of a lesson's exercises: "03" or "03_tokenization" gives "03_tokenization".

    Raises:
        GradeError: no such lesson in solutions/; names those there are.
    """
    names = sorted(p.name for p in (root / "solutions").glob("[0-9][0-9]_*") if p.is_dir())
    for name in names:
        if lesson in (name, name[:2]):
            return name
    raise GradeError(f"no exercises for lesson {lesson!r}; solutions/ has {', '.join(names) or 'none yet'}")


def nbgrader(root: Path, *words: str) -> None:
    """Run one nbgrader command in the course's folder; its messages go to the terminal.

    Raises:
        GradeError: nbgrader is not installed, or the command failed.
    """
    try:
        import nbgrader as installed  # noqa: F401
    except ImportError:
        raise GradeError("nbgrader is not installed: pip install 'llm101[instructor]'") from None
    code = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words], cwd=root, env=environment(), check=False
    ).returncode
    if code != 0:
        raise GradeError(f"nbgrader {words[0]} ended with code {code}; its messages are above")


def environment() -> dict[str, str]:
    """nbgrader goes on with unsafe defaults after an error in its configuration unless told to stop; and it looks for
    `alembic` on the PATH, which is there only in an activated environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1"}


def generate(root: Path, assignment: str) -> None:
    """Tell the gradebook what the assignment is, and make sure that it is what was handed out.

    Raises:
        GradeError: exercises/ differs from what solutions/ gives.
    """
    release = root / "grading" / "release"
    nbgrader(root, "generate_assignment", assignment, "--force", f"--CourseDirectory.release_directory={release}")
    changed = differences(release / assignment, root / "exercises" / assignment)
    if changed:
        raise GradeError(
            f"exercises/{assignment} is not what solutions/{assignment} gives ({', '.join(changed)}): the students got "
            "other cells than would be graded. Rebuild with `python run.py build`, or check out what you handed out."
        )


def differences(one: Path, other: Path) -> list[str]:
    """Names of notebooks that are not byte for byte the same in both folders."""
    names = {p.name for folder in (one, other) for p in folder.glob("*.ipynb")}
    return sorted(n for n in names if _bytes(one / n) != _bytes(other / n))


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
