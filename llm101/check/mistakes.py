"""The classic mistakes of every exercise, and answers that are different but right.

course/03_tokenization/mistakes.py is plain Python:

    from llm101.check.mistakes import right, wrong

    @wrong("03.count_pairs", "adjacent")          # the report must say so (a substring of its message or hint)
    def count_pairs(ids): ...

    @right("03.count_pairs", "a loop instead of zip")
    def count_pairs(ids): ...

A test replaces this one name in the namespace of the solutions and runs the checks: a right answer earns
everything, a wrong one fails and is told why.
"""

import linecache
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm101.check.student import Student

COLLECTED = "__llm101_attempts__"  # where a mistakes file keeps what its decorators saw


@dataclass(frozen=True)
class Attempt:
    """One answer to one exercise.

    Args:
        exercise_id: '03.count_pairs'.
        kind: 'wrong' or 'right'.
        text: of a wrong one, what the report must say; of a right one, how it differs from the solution.
        function: the function or class; its `__name__` is the name it replaces.
    """

    exercise_id: str
    kind: str
    text: str
    function: Any

    @property
    def name(self) -> str:
        """The name that the learner would define."""
        return str(self.function.__name__)


def wrong(exercise_id: str, text: str) -> Callable[[Any], Any]:
    """Decorator: a wrong answer, and the explanation that the first failing check must show."""
    return _collect(exercise_id, "wrong", text)


def right(exercise_id: str, text: str) -> Callable[[Any], Any]:
    """Decorator: a right answer, and how it differs from the solution."""
    return _collect(exercise_id, "right", text)


def _collect(exercise_id: str, kind: str, text: str) -> Callable[[Any], Any]:
    if not text.strip():
        raise ValueError(f"@{kind}({exercise_id!r}, ...): expected a text that says what is {kind}; got {text!r}")
    namespace = sys._getframe(2).f_globals

    def add(function: Any) -> Any:
        namespace.setdefault(COLLECTED, []).append(Attempt(exercise_id, kind, text, function))
        # The name keeps its first meaning, so that a later attempt does not call an earlier, wrong one.
        return namespace.get(function.__name__, function)

    return add


def load_mistakes(path: str | Path, given: Mapping[str, Any] | None = None) -> list[Attempt]:
    """Run a mistakes file and return its attempts in order.

    Args:
        path: course/NN_name/mistakes.py.
        given: names that the file may use without defining them, such as those of the solutions.

    Raises:
        ValueError: the file holds no attempt.
    """
    path = Path(path)
    source = path.read_text(encoding="utf-8")
    namespace: dict[str, Any] = {**(given or {}), "__name__": "mistakes", "__file__": str(path)}
    linecache.checkcache(str(path))
    exec(compile(source, str(path), "exec"), namespace)
    attempts = namespace.get(COLLECTED, [])
    if not attempts:
        raise ValueError(f"{path.name}: expected functions decorated with @wrong(...) or @right(...); found none")
    return list(attempts)


@contextmanager
def attempted(solutions: MutableMapping[str, Any], attempt: Attempt) -> Iterator[Student]:
    """The learner who solved everything, except that `attempt` stands in for its name; put back afterwards.

    Args:
        solutions: the namespace in which the solution notebook was run. Its own functions see the attempt too.

    Raises:
        ValueError: the solutions define no such name.
    """
    if attempt.name not in solutions:
        raise ValueError(
            f"{attempt.exercise_id}: the attempt is named {attempt.name!r}, which the solutions do not define"
        )
    original = solutions[attempt.name]
    solutions[attempt.name] = attempt.function
    try:
        yield Student(solutions)
    finally:
        solutions[attempt.name] = original
