"""Runs inside the sandbox: executes the learner's cells, then answers calls from the checks.

Nothing in this process is trusted once the first cell has run: the learner's code may replace anything here. It can
then return wrong values or none, and that is all it can do, because the checks are in another process.

While grading, `from llm101.check import check, hint` gives functions that do nothing (the grader asks the questions
itself), and numpy and torch are not imported before the submission or an argument needs them: a submission in pure
Python costs a tenth of a CPU second, `import torch` alone a whole one.
"""

import builtins
import io
import linecache
import os
import pkgutil
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

from llm101.check import values, wire
from llm101.check.plain import CheckFailed, plain

KEPT = 4000  # characters of printed text a call


class Printed(io.TextIOBase):
    """Keeps the first 4,000 characters that are printed."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, s: str) -> int:
        self.text += str(s)[: KEPT - len(self.text)]
        return len(s)


class Submission:
    """The learner's namespace and the objects that calls have left in it."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__", "display": _nothing, "get_ipython": _nothing}
        self.kept: list[Any] = []
        self.actions: dict[str, Callable[..., Any]] = {"execute": self.execute, "close_off": close_off}
        self.actions |= {"call": self.call, "method": self.method, "run": self.run}

    def execute(self, id: str, source: str) -> None:
        """Run one cell."""
        file = f"<cell {id}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        exec(compile(source, file, "exec"), self.names)

    def call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call what the learner named so."""
        if name not in self.names:
            raise NameError(f"name {name!r} is not defined", name=name)
        return self.names[name](*args, **kwargs)

    def method(self, index: int, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call a method of an object that stayed here."""
        return getattr(self.kept[index], name)(*args, **kwargs)

    def run(self, source: str, inputs: dict[str, Any]) -> Any:
        """Run a check's snippet beside the learner's names; its `result` is the answer."""
        own = {k: v for k, v in self.names.items() if k not in vars(builtins)}  # a learner's `sum` stays out of the way
        names = {**own, **inputs}
        exec(compile(source, "<check>", "exec"), names)
        return names.get("result")

    def answer(self, head: dict[str, Any], blob: bytearray) -> tuple[dict[str, Any], list[bytes]]:
        """Do one request; the answer as a frame."""
        given = values.unpack(head["given"], blob, self.kept)
        result, blobs = self.actions[head["op"]](*given), list[bytes]()
        try:
            return {"ok": values.pack(plain(result), blobs)}, blobs
        except CheckFailed:  # not plain data: it stays here and gets a number
            self.kept.append(result)
            return {"object": [len(self.kept) - 1, type(result).__name__]}, []


def close_off(path: str) -> None:
    """Replace what an exercise forbids, such as "torch.nn.functional.relu", by a function that refuses.

    A fence, not a wall: the learner's code shares this process and may dig the original out again.
    """

    def refused(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{path} is not allowed in this exercise: write it yourself")

    owner, _, name = path.rpartition(".")
    try:
        target = pkgutil.resolve_name(owner)
        getattr(target, name)
        setattr(target, name, refused)
    except (ImportError, ValueError, AttributeError, TypeError):
        return  # no such module here, or a built-in type: the scan of the source is what remains


def failure(e: BaseException) -> dict[str, Any]:
    """An exception as a frame: its type and parents, text, the learner's line, and the missing name of a NameError."""
    frames = [f for f in traceback.extract_tb(e.__traceback__) if f.filename.startswith("<cell")]
    where = f"in {frames[-1].name}, line {frames[-1].lineno}: {frames[-1].line}" if frames else ""
    name = getattr(e, "name", None) if isinstance(e, NameError) else None
    kinds = [c.__name__ for c in type(e).__mro__[:10]]
    return {"error": [kinds, str(e)[:1000], where[:300], name if isinstance(name, str) else ""]}


def serve(reading: int, writing: int) -> None:
    """Answer requests until the grader hangs up."""
    submission = Submission()
    wire.send(writing, {"ready": 1})
    while True:
        try:
            head, blob = wire.receive(reading)
        except EOFError:
            return
        sys.stdout = sys.stderr = printed = Printed()
        try:
            answer, blobs = submission.answer(head, blob)
        except BaseException as e:
            answer, blobs = failure(e), []
        wire.send(writing, {**answer, "printed": printed.text}, blobs)


def main(limits: dict[str, int]) -> None:
    """Lower this process's limits for good, keep the two pipes for the protocol, serve.

    Args:
        limits: names of the resource module without RLIMIT_, such as {"CPU": 120}; hard limits.
    """
    import resource

    for name, most in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    reading, writing = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # what the submission prints past sys.stdout goes nowhere
        os.dup2(nowhere, standard)
    warnings.simplefilter("ignore")  # as in the notebook
    for name in ("check", "hint", "progress"):
        setattr(sys.modules["llm101.check"], name, _nothing)
    serve(reading, writing)


def _nothing(*args: Any, **kwargs: Any) -> None:
    """What check(), hint() and display() are while grading."""
