"""`llm101 grade`: the instructor's commands. GRADING.md tells the whole story.

llm101 grade collect INCOMING      take the answers out of what came in -> grading/submitted
llm101 grade autograde 03          run and mark them with nbgrader      -> grading/autograded, gradebook
llm101 grade feedback 03           pages for the students               -> grading/feedback
llm101 grade export                the gradebook as a table             -> grading/marks.csv
llm101 grade run 03 FOLDER         marks without nbgrader, on many cores or machines
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from llm101.check.batch import default_jobs, mark_folder, parse_shard, write_csv
from llm101.check.cgroup import describe
from llm101.check.collect import collect
from llm101.check.marking import printable
from llm101.check.nbtools import GradeError, assignment_of, course_root, generate, nbgrader
from llm101.check.sandbox import NoSandboxError, backend
from llm101.expect import nearest

STEPS = ("collect", "run", "autograde", "feedback", "export")
WARNING = (
    "WARNING: --unsafe runs strangers' code with your rights. It can read your files, use your network and change "
    "your gradebook. Do this only with code that you have read, or on a machine that holds nothing else."
)


class _Parser(argparse.ArgumentParser):
    """Names the nearest step when one is mistyped."""

    def error(self, message: str) -> NoReturn:
        if "invalid choice: '" in message:
            given = message.partition("invalid choice: '")[2].partition("'")[0]
            message = f"there is no step {given!r}; there are {', '.join(STEPS)}.{nearest(given, STEPS)}"
        super().error(message)


def parser() -> argparse.ArgumentParser:
    """The command line of `llm101 grade`."""
    main_parser = _Parser(
        prog="llm101 grade", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = main_parser.add_subparsers(dest="step", required=True, metavar="|".join(STEPS))
    step = steps.add_parser("collect", help="take the answers out of what came in")
    step.add_argument("incoming", type=Path, help="folder: <student>/<assignment>/<notebook>.ipynb")
    step = steps.add_parser("run", help="mark a folder of submissions without nbgrader")
    step.add_argument("lesson", help="two digits, such as 03")
    step.add_argument("folder", type=Path, help="folder: <student>/<assignment>/<notebook>.ipynb")
    step.add_argument("--jobs", type=int, default=default_jobs(), help="how many at the same time (default: cores)")
    step.add_argument("--shard", default="1/1", metavar="i/n", help="mark only the i-th of n shares of the students")
    step.add_argument("--hidden", type=Path, metavar="DIR", help="folder with your private checks")
    step.add_argument("--csv", type=Path, metavar="FILE", help="write the table here (default: the terminal)")
    step.add_argument("--unsafe", action="store_true", help="mark even where there is no sandbox")
    for name, what in (("autograde", "run and mark with nbgrader"), ("feedback", "make the students' pages")):
        step = steps.add_parser(name, help=what)
        step.add_argument("lesson", help="two digits, such as 03")
        step.add_argument("--student", default="*", help="only this one")
        if name == "autograde":
            step.add_argument("--unsafe", action="store_true", help="grade even where there is no sandbox")
    step = steps.add_parser("export", help="the gradebook as a table")
    step.add_argument("--to", type=Path, default=Path("grading/marks.csv"), metavar="FILE")
    return main_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one step; 0 = everything was done, 1 = something was not, with one clear sentence on stderr."""
    args = parser().parse_args(argv)
    step = {"collect": _collect, "run": _run, "autograde": _autograde, "feedback": _feedback, "export": _export}[
        args.step
    ]
    try:
        return step(args)
    except (GradeError, NoSandboxError, OSError, ValueError) as e:
        print(f"llm101 grade {args.step}: {e}", file=sys.stderr)
        return 1


def _collect(args: argparse.Namespace) -> int:
    root = course_root()
    problems = taken = 0
    for one in collect(root / "exercises", args.incoming, root / "grading" / "submitted"):
        taken += not one.problem
        problems += bool(one.problem)
        if one.problem:
            print(printable(f"{one.student}/{one.assignment}/{one.notebook}: {one.problem}"), file=sys.stderr)
    print(f"{taken} notebooks taken, {problems} with a problem")
    return 1 if problems else 0


def _run(args: argparse.Namespace) -> int:
    if args.unsafe:
        print(WARNING, file=sys.stderr)
    print(f"sandbox: {backend(unsafe=args.unsafe)}; bounded by {describe()}", file=sys.stderr)
    shard, lesson = parse_shard(args.shard), args.lesson[:2]
    rows = mark_folder(args.folder, lesson, hidden_dir=args.hidden, jobs=args.jobs, shard=shard, unsafe=args.unsafe)
    if args.csv is None:
        marked = list(write_csv(rows, sys.stdout))
    else:
        with args.csv.open("w", newline="", encoding="utf-8") as file:
            marked = list(write_csv(rows, file))
    failed = [row.student for row in marked if row.failed]
    print(f"{len(marked) - len(failed)} marked; not marked: {', '.join(failed) or 'none'}", file=sys.stderr)
    return 1 if failed else 0


def _autograde(args: argparse.Namespace) -> int:
    root = course_root()
    assignment = assignment_of(root, args.lesson)
    backend(unsafe=args.unsafe)  # say it now, not once a student
    if args.unsafe:
        print(WARNING, file=sys.stderr)
    generate(root, assignment)
    unsafe = ["--SandboxedChecks.unsafe=True"] if args.unsafe else []
    nbgrader(root, "autograde", assignment, "--force", f"--student={args.student}", *unsafe)
    print(f"graded: grading/autograded/*/{assignment}; written answers: open formgrader (GRADING.md)")
    return 0


def _feedback(args: argparse.Namespace) -> int:
    root = course_root()
    assignment = assignment_of(root, args.lesson)
    nbgrader(root, "generate_feedback", assignment, "--force", f"--student={args.student}")
    print(f"pages: grading/feedback/<student>/{assignment}/")
    return 0


def _export(args: argparse.Namespace) -> int:
    root = course_root()
    target = args.to.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    nbgrader(root, "export", f"--to={target}")
    print(f"marks: {args.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
