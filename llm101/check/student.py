"""The learner's side in the learner's own kernel: their namespace, copies of arguments, a time limit.

The grader has the same interface over a pipe (`Remote`), so one check function serves both.
"""

import builtins
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from llm101.check.plain import is_array, is_tensor


class Student:
    """What a check function calls: `s.merge(ids, pair)` runs the learner's `merge` on copies of the arguments.

    >>> Student({"double": lambda x: 2 * x}).double(21)
    42
    """

    def __init__(self, namespace: Mapping[str, Any]):
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._namespace:
            raise NameError(f"name {name!r} is not defined", name=name)
        value = self._namespace[name]
        if not callable(value):
            return value
        return lambda *args, **named: value(*copy_in(args), **copy_in(named))

    def run(self, code: str, **inputs: Any) -> Any:
        """Run `code` among the learner's names plus copies of `inputs`; what it leaves in `result` comes back.

        A learner's variable called `sum` or `max` does not get in the way of the check's own code.
        """
        scope = {k: v for k, v in self._namespace.items() if k not in vars(builtins)}
        scope |= {k: copy_in(v) for k, v in inputs.items()}
        exec(compile(code, "<check>", "exec"), scope)
        return scope.get("result")


def copy_in(x: Any) -> Any:
    """A deep copy of plain data, tensors (detached) and arrays; anything else is handed on as it is.

    Without it a function that changes its argument would change the check's own expected value.
    """
    if is_tensor(x):
        return x.detach().clone()
    if is_array(x) or type(x) is bytearray:
        return x.copy()
    if type(x) in (list, tuple, set):
        return type(x)([copy_in(v) for v in x])
    if type(x) is dict:
        return {k: copy_in(v) for k, v in x.items()}
    return x


class _OutOfTime(BaseException):
    """Not an Exception, so that `except Exception: pass` inside the learner's loop does not swallow it."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Stop the block after `seconds` of wall time. None or 0 = no limit.

    Works on the main thread of a POSIX system, between two Python instructions; elsewhere (Windows, a thread)
    the block simply runs, and the learner interrupts the kernel. An outer alarm is put back with its time left.

    Raises:
        TimeoutError: the block was stopped.
    """
    if not seconds or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise _OutOfTime

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, stop)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)  # again and again: a bare except catches one
    try:
        yield
    except _OutOfTime:
        raise TimeoutError(f"no result after {seconds:g} s: is there an infinite loop?") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - started), 1e-3), interval)
