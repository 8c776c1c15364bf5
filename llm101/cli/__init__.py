"""The command `llm101`: start | check | hint | status | doctor | grade.

Each command is a function that prints and returns the exit code: 0 all right, 1 something is wrong (with the
learner's answer, or this machine), 2 the command itself was not understood.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from llm101.cli.course import CommandError
from llm101.expect import nearest

COMMANDS = ("start", "check", "hint", "status", "doctor", "grade")


class Parser(argparse.ArgumentParser):
    """argparse with the course's voice: an unknown command names the nearest one."""

    def error(self, message: str) -> NoReturn:
        """One sentence and exit code 2."""
        raise CommandError(f"{message}\n{self.format_usage().strip()}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `llm101`. None = those of the command line.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a Windows console may not know ✓
    try:
        return _dispatch(words)
    except CommandError as e:
        print(f"llm101: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("llm101: interrupted", file=sys.stderr)
        return 130


def _dispatch(words: list[str]) -> int:
    if words[:1] == ["grade"]:  # has its own options
        return int(importlib.import_module("llm101.cli.grade").main(words[1:]) or 0)
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        known = ", ".join(COMMANDS)
        raise CommandError(f"there is no command {words[0]!r}; there are {known}.{nearest(words[0], COMMANDS)}")
    if not words:
        raise CommandError(f"which command? There are {', '.join(COMMANDS)}; `llm101 --help` says what they do")
    options = vars(_parser().parse_args(words))
    return int(options.pop("run")(**options))


def _parser() -> Parser:
    parser = Parser(prog="llm101", description="The course LLM 101 on the command line.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_start(commands)
    _add_check(commands)

    p = commands.add_parser("hint", help="the next hint of an exercise")
    p.add_argument("exercise", help="such as 03.merge")
    p.set_defaults(run=_hint)

    p = commands.add_parser("status", help="your points, lesson by lesson")
    p.set_defaults(run=_status)

    p = commands.add_parser(
        "doctor", help="what this machine has, whether it computes rightly, how long the course takes"
    )
    p.set_defaults(run=_doctor)

    commands.add_parser("grade", help="for instructors: grade submissions (llm101 grade --help)", add_help=False)
    return parser


def _add_start(commands: "argparse._SubParsersAction[Parser]") -> None:
    p = commands.add_parser("start", help="copy exercises to work/, where you solve them")
    p.add_argument("lessons", nargs="*", metavar="NN", help="such as 03; none = all")
    p.add_argument("--all", action="store_true", dest="everything", help="all lessons")
    p.add_argument("--quiet", action="store_true", help="say only what was copied or needs attention")
    p.add_argument("--force", action="store_true", help="start again; your file is kept as NAME.bak-1, .bak-2 ...")
    p.set_defaults(run=_start)


def _add_check(commands: "argparse._SubParsersAction[Parser]") -> None:
    p = commands.add_parser("check", help="run an exercise notebook and its checks")
    p.add_argument("what", help="a lesson (03), an exercise (03.merge) or a notebook (work/03_.../....ipynb)")
    p.add_argument("--notebook", metavar="PATH", help="check this notebook instead of the one in work/")
    p.add_argument("--seconds", type=float, default=300.0, help="how long it may take (default 300)")
    p.set_defaults(run=_check)


def _start(**options: bool | list[str]) -> int:
    from llm101.cli.start import start

    return start(**options)  # type: ignore[arg-type]


def _check(what: str, notebook: str | None, seconds: float) -> int:
    from llm101.cli.notebook import check_notebook

    return check_notebook(what, notebook, seconds)


def _hint(exercise: str) -> int:
    from llm101.check.core import get_exercise
    from llm101.check.show import hint

    try:
        get_exercise(exercise)
    except ValueError as e:
        raise CommandError(str(e)) from None
    print(hint(exercise))
    return 0


def _status() -> int:
    from llm101.check import progress

    print(progress())
    return 0


def _doctor() -> int:
    from llm101.cli.doctor import doctor

    return doctor()
