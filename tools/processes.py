"""Where things are, and how a child process is started: what run.py and the rest of tools/ share.

Standard library only: read before anything is installed.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PY = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Stop(Exception):  # noqa: N818 - it is the end, not always an error
    """The end of a run, told in one sentence that says what to do."""


class Terminated(KeyboardInterrupt):
    """SIGTERM or a closed terminal: like Ctrl-C, but the children have not heard it."""


def say(text: str, end: str = "\n") -> None:
    """Print at once, so that the lines of this process and of its children keep their order."""
    print(text, end=end, flush=True)


def environment() -> dict[str, str]:
    """The environment of every child: .venv first, UTF-8 everywhere, nothing of another Python leaking in."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return env | {
        "VIRTUAL_ENV": str(VENV),
        "PATH": str(PY.parent) + os.pathsep + env.get("PATH", ""),
        "PYTHONUTF8": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",  # a kernel of the user's own must not shadow the one in .venv
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else every kernel warns about frozen modules
    }


def hear_signals() -> None:
    """From now on SIGTERM and a closed terminal raise `Terminated`, so that no child outlives this process."""

    def terminate(number: int, frame: object) -> None:
        raise Terminated

    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), terminate)


def call(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> int:
    """Run a child in the course's folder until it ends.

    Ctrl-C reaches the child by itself (JupyterLab then asks whether to stop), so this only waits on; a SIGTERM is
    handed on.

    Returns:
        The child's exit status, or 130 if it ended with another than 0 after a Ctrl-C or a SIGTERM.
    """
    interrupted = False
    with subprocess.Popen([str(word) for word in command], cwd=ROOT, env={**environment(), **(env or {})}) as child:
        while True:
            try:
                code = child.wait()
                return 130 if interrupted and code else code
            except KeyboardInterrupt as e:
                interrupted = True
                if isinstance(e, Terminated):
                    child.terminate()


@contextlib.contextmanager
def ended(child: subprocess.Popen[str]) -> Iterator[None]:
    """Leave no child behind: if the block fails, the child is asked to end and, 10 s later, made to."""
    try:
        yield
    except BaseException:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
        raise
