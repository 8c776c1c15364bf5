"""Exercises and their checks: define them, find them, run them.

    ex = exercise("03.count_pairs", points=2, names=("count_pairs",))

    @ex.check("counts adjacent pairs", hint="Look at zip(ids, ids[1:]).")
    def _(s, t):
        t.eq(s.count_pairs([1, 2, 3, 1, 2]), {(1, 2): 2, (2, 3): 1, (3, 1): 1})

The same functions run in the learner's notebook (s = Student), in CI, and in the grader (s = Remote, a pipe to the
process that runs the submission). Running an exercise never raises for what the learner did; it returns Results.
"""

import re
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from llm101.check import finding
from llm101.check.compare import T
from llm101.check.outcome import Result, Tail, explain
from llm101.check.student import time_limit
from llm101.check.watch import Watched
from llm101.expect import nearest, number

__all__ = [
    "REGISTRY",
    "Check",
    "Exercise",
    "Result",
    "exercise",
    "get_exercise",
    "lesson_exercises",
    "load_checks",
    "run_exercise",
]

REGISTRY: dict[str, "Exercise"] = {}  # exercise id -> Exercise; filled by importing llm101/checks/l*.py


@dataclass(frozen=True)
class Check:
    """One named check: `function(s, t)` returns nothing or raises CheckFailed."""

    name: str
    function: Callable[[Any, T], None]
    hints: tuple[str, ...]
    weight: float
    hidden: bool


@dataclass
class Exercise:
    """One gradable exercise.

    Args:
        id: '<lesson>.<name>', for example '03.merge'.
        points: of the whole exercise, shared among its checks by weight.
        names: what the learner must define; while one is missing the exercise is "to do".
        title: for reports. "" = the id.
        hints: tiers of hint(id), from a nudge to nearly there.
        forbid: names the answer may not use (found by reading its source).
        mask: modules hidden from a sandboxed submission, such as 'llm101.tokenizers'.
    """

    id: str
    points: float
    names: tuple[str, ...] = ()
    title: str = ""
    hints: Sequence[str] = ()
    forbid: tuple[str, ...] = ()
    mask: tuple[str, ...] = ()
    checks: list[Check] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d\d\.\w+", self.id):
            raise ValueError(f"exercise: id must be '<two digits>.<name>', such as '03.merge'; got {self.id!r}")
        self.points = number("exercise", "points", self.points, at_least=0)
        self.hints = (self.hints,) if isinstance(self.hints, str) else tuple(self.hints)

    @property
    def lesson(self) -> str:
        """The two digits: '03'."""
        return self.id[:2]

    def check(
        self, name: str, *, hint: str | Sequence[str] = (), weight: float = 1.0, hidden: bool = False
    ) -> Callable[[Callable], Callable]:
        """Decorator that adds a check; one of the same name is replaced, so loading a file twice is harmless.

        Args:
            name: what is checked, in a few words, unique within the exercise.
            hint: shown when this check is the first to fail; of several, the later ones on later attempts.
            weight: share of the exercise's points; 0 for what an empty answer would pass too.
            hidden: True = only the grader runs it, and its report says no more than that it failed.
        """
        number("check", "weight", weight, at_least=0)
        hints = (hint,) if isinstance(hint, str) else tuple(hint)

        def add(function: Callable) -> Callable:
            kept = [c for c in self.checks if c.name != name]
            self.checks = [*kept, Check(name, function, hints, weight, hidden)]
            return function

        return add


def exercise(id: str, **settings: Any) -> Exercise:
    """Define an exercise (arguments as for Exercise); an earlier one of the same id is replaced.

    Raises:
        ValueError: the id is not '<two digits>.<name>', or points are negative.
    """
    REGISTRY[id] = Exercise(id, **settings)
    return REGISTRY[id]


def load_checks(lesson: str, hidden_dir: Any = None) -> None:
    """Import llm101/checks/l<lesson>_*.py, then the instructor's private l<lesson>*.py in hidden_dir, if any.

    Raises:
        ValueError: the course has no such lesson; names those it has.
    """
    finding.import_lesson(lesson)
    if hidden_dir:
        finding.run_private(lesson, hidden_dir)


def get_exercise(id: str) -> Exercise:
    """The exercise of that id; the checks of its lesson are loaded at need.

    Raises:
        ValueError: there is no such exercise; names the nearest.
    """
    if id not in REGISTRY:
        lesson, dot, _ = str(id).partition(".")
        if not dot:
            raise ValueError(f"an exercise id looks like '03.merge'; got {id!r}")
        load_checks(lesson)
    if id not in REGISTRY:
        known = [e.id for e in lesson_exercises(lesson)]
        raise ValueError(
            f"there is no exercise {id!r}; lesson {lesson} has {', '.join(known) or 'none'}.{nearest(id, known)}"
        )
    return REGISTRY[id]


def lesson_exercises(lesson: str) -> list[Exercise]:
    """The exercises of a lesson in the order of its file.

    Raises:
        ValueError: the course has no such lesson.
    """
    if lesson in finding.known_lessons() or not any(e.lesson == lesson for e in REGISTRY.values()):
        load_checks(lesson)
    return [e for e in REGISTRY.values() if e.lesson == lesson]


def run_exercise(
    ex: Exercise, student: Any, *, hidden: bool = False, attempt: int = 1, timeout: float | None = 20.0
) -> list[Result]:
    """Run the checks of `ex` in order; what the learner's code does ends up in the Results, never as an exception.

    Args:
        ex: the exercise.
        student: Student (this process) or Remote (the sandbox).
        hidden: True = the private checks too.
        attempt: counted from 1; chooses among a check's hints.
        timeout: seconds a check. After one that did not end, the rest is not run. None = no limit.
    """
    checks = [c for c in ex.checks if hidden or not c.hidden]
    total = sum(c.weight for c in checks) or 1.0
    results: list[Result] = []
    stuck = False
    for c in checks:
        result = Result(c.name, "pass", 0.0, ex.points * c.weight / total, hidden=c.hidden)
        if stuck:
            result.status, result.message = "error", "not run, because the check before it did not end"
        else:
            stuck = _run_check(ex, c, student, result, attempt, timeout)
        results.append(result)
    return results


def _run_check(ex: Exercise, c: Check, student: Any, result: Result, attempt: int, timeout: float | None) -> bool:
    """Fill in `result`; True if the check ran out of time."""
    started, printed, stuck, watched = time.perf_counter(), Tail(), False, Watched(student)
    try:
        with warnings.catch_warnings(), time_limit(timeout), redirect_stdout(printed), redirect_stderr(printed):
            warnings.simplefilter("ignore")  # torch's name paths of the machine that built it
            c.function(watched, T())
    except KeyboardInterrupt:
        raise  # the learner pressed stop
    except BaseException as e:  # their code may raise anything, SystemExit included
        stuck = isinstance(e, TimeoutError)
        hint = c.hints[min(attempt, len(c.hints)) - 1] if c.hints else ""
        explain(e, result, ex.names, hint)
        result.call = watched._shown() if result.status != "todo" else ""
    if result.status == "pass":
        result.points = result.max_points
    result.printed, result.seconds = printed.text, time.perf_counter() - started
    if c.hidden:
        result.call = result.expected = result.got = result.printed = ""
    return stuck
