"""A submission in its sandbox, seen from outside: start it, ask it, end it.

    with Worker(hide=hidden_paths(["llm101.tokenizers"])) as worker:
        worker.execute("cell-1", "def double(x): return 2 * x")
        Remote(worker).double(21)                                  # 42

`Remote` has the face of `Student` (student.py), so that a check cannot tell which of the two it is given.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from llm101.check import values, wire
from llm101.check.cgroup import Cgroup
from llm101.check.masks import PACKAGE
from llm101.check.sandbox import Launch, Limits, launch, leased_uid

START_SECONDS = 60.0
CALL_SECONDS = 20.0
PRINTED_KEPT = 8_000  # characters a submission

# An empty llm101.check whose path leads to the real one: the worker needs three of its files, not their neighbours.
BOOT = """
import sys, types
sys.path.insert(0, {course!r})
check = sys.modules["llm101.check"] = types.ModuleType("llm101.check")
check.__path__ = [{check!r}]
from llm101.check.worker import main
main({limits!r})
"""


class WorkerStartError(RuntimeError):
    """The sandbox did not start. The submission was not graded; this is never a mark of zero."""


class RemoteError(Exception):
    """An exception that the submission raised; `where` is the line of the learner's notebook."""

    where = ""


class ProcessEndedError(RemoteError):
    """The submission's process is gone."""


class BadAnswerError(RemoteError):
    """The submission's process broke the protocol, and was ended for it."""


class Worker:
    """One submission's process.

    Args:
        hide: paths that the submission must not see.
        limits: what it may use.
        seconds: wall time for everything it does. A cell may take all of it (`import torch` on a busy machine, a
            training run); one call from a check at most 20.
        unsafe: run it even where there is no sandbox.

    Raises:
        WorkerStartError: it did not come up within 60 seconds.
        NoSandboxError: there is none here and unsafe is False.
    """

    def __init__(
        self, *, hide: Sequence[Path] = (), limits: Limits | None = None, seconds: float = 60.0, unsafe: bool = False
    ):
        limits = limits or Limits()
        self.printed = ""
        self.after: list[str] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.resources = ExitStack()
        uid = self.resources.enter_context(leased_uid())
        group = Cgroup(limits.memory, limits.processes + 8)  # bwrap and its helpers count too
        self.resources.callback(group.close)
        boot = BOOT.format(course=str(PACKAGE.parent), check=str(PACKAGE / "check"), limits=limits.of_a_process())
        argv = [sys.executable, "-I", "-c", boot]
        try:
            self._start(launch(argv, limits, read_only=[PACKAGE], hide=hide, uid=uid, unsafe=unsafe), group)
        except BaseException:
            self.close()
            raise
        self.deadline = time.monotonic() + seconds

    def _start(self, command: Launch, group: Cgroup) -> None:
        self.after = command.after
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            group.wrap(command.argv),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=command.env,
            start_new_session=True,
            cwd="/",
        )
        assert self.process.stdout is not None
        try:
            head, _ = wire.receive(self.process.stdout.fileno(), deadline=time.monotonic() + START_SECONDS)
        except (EOFError, TimeoutError, ValueError) as e:
            raise WorkerStartError(f"the sandbox did not start: {e}. {self._complaint()}".rstrip()) from None
        if head != {"ready": 1}:
            raise WorkerStartError(f"the sandbox did not start: it said {str(head)[:200]}")

    def _complaint(self) -> str:
        """What the sandbox's own programs wrote before they gave up."""
        assert self.process is not None
        _kill_group(self.process)
        return self.process.communicate()[1].decode(errors="replace").strip()[:500]

    @property
    def alive(self) -> bool:
        """False once the submission has ended, hung or broken the protocol."""
        return self.process is not None

    def execute(self, id: str, source: str) -> None:
        """Run one cell of the notebook."""
        self.ask("execute", id, source)

    def ask(self, op: str, *given: Any) -> Any:
        """One request (see worker.Submission) and its answer.

        Raises:
            NameError: the submission has no such name, or used one.
            TimeoutError: it hung; its process has been ended.
            RemoteError: it raised something else, died, or answered nonsense.
        """
        if self.process is None:
            raise ProcessEndedError("the submission's process ended earlier")
        blobs: list[bytes] = []
        head = {"op": op, "given": values.pack(list(given), blobs)}
        try:
            answer, blob = self._exchange(head, blobs)
            return self._read(answer, blob)
        except TimeoutError:
            self.close()
            raise
        except (EOFError, OSError):
            self.close()
            raise ProcessEndedError("the submission's process ended") from None
        except (ValueError, TypeError, KeyError) as e:
            self.close()
            raise BadAnswerError(f"the submission's process sent nonsense: {str(e)[:200]}") from None

    def _exchange(self, head: dict[str, Any], blobs: list[bytes]) -> tuple[dict[str, Any], bytearray]:
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        at_most = self.deadline if head["op"] == "execute" else time.monotonic() + CALL_SECONDS
        end = min(self.deadline, at_most)
        wire.send(self.process.stdin.fileno(), head, blobs, deadline=end)
        return wire.receive(self.process.stdout.fileno(), deadline=end)

    def _read(self, answer: dict[str, Any], blob: bytearray) -> Any:
        self.printed = (self.printed + str(answer.get("printed", "")))[:PRINTED_KEPT]
        if "error" in answer:
            raise _error(answer["error"])
        if "object" in answer:
            index, type_name = answer["object"]
            return remote_object(self, int(index), str(type_name))
        return values.unpack(answer["ok"], blob)

    def close(self) -> None:
        """Kill the process and everything it started; wait until it is gone."""
        if self.process is not None:
            _kill_group(self.process)
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                assert stream is not None
                stream.close()
            self.process = None
        if self.after is not None:
            subprocess.run(self.after, capture_output=True, timeout=60, check=False)
            self.after = None
        self.resources.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _error(sent: Any) -> Exception:
    """The exception that a frame describes, of a type with the same name and the same parents' names."""
    names, text, where, name = sent
    if names[0] == "NameError":
        return NameError(str(text)[:300], name=str(name) or None)
    kind: type[RemoteError] = RemoteError
    for parent in reversed(names[:10]):
        kind = type(_identifier(parent), (kind,), {})
    error = kind(str(text)[:1000])
    error.where = str(where)[:300]
    return error


def _identifier(name: Any) -> str:
    return str(name)[:80] if str(name).isidentifier() else "object"


class Remote:
    """The submission's namespace: `remote.merge(ids, pair)` calls its function `merge` there."""

    def __init__(self, worker: Worker):
        self._worker = worker

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._worker.ask("call", name, list(args), kwargs)

    def run(self, code: str, **inputs: Any) -> Any:
        """Run a snippet beside the submission's names; the value of its `result`."""
        return self._worker.ask("run", code, inputs)


class RemoteObject(values.Handle):
    """An object that is not plain data, such as an instance of the learner's class: its methods can be called.

    For an attribute, use `run("result = make().attribute")`.
    """

    def __init__(self, worker: Worker, index: int):
        super().__init__(index)
        self._worker = worker

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._worker.ask("method", self.index, name, list(args), kwargs)


def remote_object(worker: Worker, index: int, type_name: str) -> RemoteObject:
    """A RemoteObject whose type bears the name of the type there, so that messages can name it."""
    made: RemoteObject = type(_identifier(type_name), (RemoteObject,), {})(worker, index)
    return made
