"""The commands of tools/build.py."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from builder.execute import BuildError, build, write
from builder.release import release
from builder.source import ROOT, Lesson, SourceError, lessons, read, read_solution
from builder.sync import problems


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="build.py", description="course/ -> lessons/, exercises/, solutions/")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="numbers or names of lessons; all without")
    parser.add_argument("--check", action="store_true", help="only say what differs (no kernel)")
    parser.add_argument("--force", action="store_true", help="execute even when no code cell changed")
    options = parser.parse_args(argv)
    try:
        if options.check:
            found = problems()
            print("\n".join(found) or f"{len(lessons())} lessons agree with their notebooks")
            return bool(found)
        for lesson in lessons(options.lessons):
            build_lesson(lesson, force=options.force)
    except (BuildError, SourceError) as e:
        print(e)
        return 1
    return 0


def build_lesson(lesson: Lesson, root: Path = ROOT, *, force: bool = False) -> None:
    """Build what the folder describes and say what was run."""
    targets, text = lesson.targets(root), lesson.folder / "lesson.py"
    report("lesson", lesson, lambda: build(read(text), targets["lesson"], text, force=force))
    if "solution" in targets:
        solved = lesson.folder / "exercises.py"
        report("solution", lesson, lambda: build(read_solution(solved), targets["solution"], solved, force=force))
        write(release(nbformat.read(targets["solution"], 4), root), targets["exercise"])


def report(kind: str, lesson: Lesson, work: Callable[[], bool]) -> None:
    start = time.perf_counter()
    executed = work()
    how = "executed" if executed else "text only"
    print(f"{lesson.name:24} {kind:9} {how:10} {time.perf_counter() - start:6.1f} s", flush=True)
