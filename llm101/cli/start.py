"""llm101 start: the learner's own copy of the exercises.

Learners work on copies in work/, which git ignores, because opening a notebook changes it.
"""

import filecmp
import shutil
from pathlib import Path

from llm101.cli.course import CommandError, course_root, lesson_folders, lesson_number


def start(lessons: list[str], *, everything: bool = False, quiet: bool = False, force: bool = False) -> int:
    """Copy exercises/NN_name/ to work/NN_name/, file by file; what is there already stays as it is.

    Args:
        lessons: numbers or names. [] = all.
        everything: all, whatever `lessons` says.
        quiet: do not mention files that are there already.
        force: replace changed files; each old one is kept beside it as NAME.bak-1, .bak-2 ...

    Raises:
        CommandError: no such lesson, or the course has no exercises.
    """
    root = course_root()
    known = lesson_folders(root / "exercises")
    if not known:
        raise CommandError(f"{root / 'exercises'} holds no exercises: build them with `python run.py build`")
    numbers = list(known) if everything or not lessons else [lesson_number(word, known) for word in lessons]
    for number in numbers:
        source = known[number]
        for file in sorted(f for f in source.rglob("*") if f.is_file()):
            said = place(file, root / "work" / source.name / file.relative_to(source), force=force)
            if not (quiet and said.startswith("kept")):
                print(
                    f"{(root / 'work' / source.name / file.relative_to(source)).relative_to(root).as_posix()}: {said}"
                )
    return 0


def place(source: Path, target: Path, *, force: bool) -> str:
    """Copy one file unless it is there; says what was done."""
    if not target.exists():
        _copy(source, target)
        return "copied"
    if filecmp.cmp(source, target, shallow=False):
        return "kept: there already, not changed yet"
    if not force:
        return "kept: there already, with your work in it (--force starts it again and keeps a backup)"
    backup = next(b for n in range(1, 10_000) if not (b := target.with_name(f"{target.name}.bak-{n}")).exists())
    target.rename(backup)
    _copy(source, target)
    return f"started again; your work is in {backup.name}"


def _copy(source: Path, target: Path) -> None:
    """In one step, so that an interrupted copy is not taken for the learner's work later."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".part")
    shutil.copyfile(source, partial)
    partial.replace(target)
