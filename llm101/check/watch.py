"""Which call went wrong? A student, local or in the sandbox, that remembers what it was last asked."""

from typing import Any

from llm101.check.short import clip, short

ARGUMENT, CALL = 100, 240  # characters shown of one argument, and of the whole call


class Watched:
    """Passes everything on to `student` and keeps the last call, so that a report can show it.

    >>> from llm101.check.student import Student
    >>> s = Watched(Student({"double": lambda x: 2 * x}))
    >>> s.double(21), s._shown()
    (42, 'double(21)')
    """

    def __init__(self, student: Any):
        self._student = student
        self._last: tuple[str, tuple, dict] | None = None

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._student, name)
        if not callable(value):
            return value

        def call(*args: Any, **named: Any) -> Any:
            self._last = (name, args, named)
            return value(*args, **named)

        return call

    def run(self, code: str, **inputs: Any) -> Any:
        """A snippet of the check's own: there is no single call to show."""
        self._last = None
        return self._student.run(code, **inputs)

    def _shown(self) -> str:
        """The last call as one would type it, '' if there was none."""
        if self._last is None:
            return ""
        name, args, named = self._last
        words = [short(a, ARGUMENT) for a in args] + [f"{k}={short(v, ARGUMENT)}" for k, v in named.items()]
        return clip(f"{name}({', '.join(words)})", CALL)
