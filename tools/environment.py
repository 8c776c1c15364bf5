"""Makes .venv and fills it: `setup("course")` for the lessons, `setup("proof")` for the tests too.

Standard library only; whatever stops it half way, the next call goes on or begins anew. `state.py` says how far it is.
"""

import contextlib
import errno
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO

from tools import packages, state
from tools.processes import ROOT, VENV, Stop, say

GIGABYTES = 3.0  # .venv has 1.3 GB with the CPU build of torch, 2 GB with all that the tests need; and the downloads
LAB_SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def setup(level: str) -> None:
    """Bring .venv to `level`. Costs 0.1 s and no network when it is there already.

    Raises:
        Stop: it cannot be done; the sentence says why and what to do.
    """
    if state.ready(level, state.read()):
        return
    with lock() as held:
        now = state.read()  # whoever held the lock before may have done it all
        if state.ready(level, now):
            return
        begin = time.monotonic()
        check_disk()
        if not state.usable(now):
            make()
        fill(level, held)
        levels = ["course", "proof"] if level == "proof" else ["course"]
        state.write("ready", python=state.probe(), **{name: state.fingerprint(name) for name in levels})
        say(f"Installed in {time.monotonic() - begin:.0f} s.")


def check_disk() -> None:
    """Refuse to begin what cannot end."""
    begun = [*VENV.glob("lib/python3*/site-packages/torch"), *VENV.glob("Lib/site-packages/torch")]
    need, free = 0.5 if begun else GIGABYTES, shutil.disk_usage(ROOT).free / 1e9
    if free < need:
        raise Stop(
            f"the disk has {free:.1f} GB left, and the course needs {need:.1f} GB (on Linux up to 9 GB where pip brings "
            "PyTorch with CUDA). Make room and start again."
        )


@contextlib.contextmanager
def lock() -> Iterator[int]:
    """One set-up at a time in this folder. Gives the lock's file descriptor, for pip to inherit: should this process
    be killed, the next one waits until pip has ended too."""
    with open(ROOT / ".run.lock", "a+") as file:
        waiting = False
        while not locked(file):
            if not waiting:
                say("Another run.py is setting up this folder; waiting for it (Ctrl-C gives up).")
            waiting = True
            time.sleep(0.2)
        yield file.fileno()


def locked(file: IO[str]) -> bool:
    """Try to lock an open file. True also where the file system knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        return e.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True


def make() -> None:
    """A new, empty .venv in place of whatever is there."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
            raise Stop(
                f"this Python cannot make virtual environments, it has no module {module}. On Debian or Ubuntu run "
                f"`sudo apt install {python}-venv`, elsewhere install a complete Python, and start again."
            )
    if os.path.lexists(VENV):
        say("The folder .venv is incomplete, moved or broken; making it anew.")
        VENV.unlink() if VENV.is_symlink() or VENV.is_file() else shutil.rmtree(VENV)
    VENV.mkdir()
    state.write("making")
    command = [sys.executable, "-m", "venv", str(VENV)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, errors="replace")
    if done.returncode or not state.probe():
        raise Stop(f"`python -m venv .venv` failed: {packages.explain(done.stdout + done.stderr)}")
    state.write("made")


def fill(level: str, held: int) -> None:
    """torch first and alone, then every other pin, then the course's own package; then Lab's settings."""
    pin = re.search(r"^torch==\S+", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    if not pin:
        raise Stop("requirements.txt has no line `torch==VERSION`: clone or unpack the course again.")
    version = ".".join(state.probe().split(" ")[:3])
    say(f"Installing packages into .venv (Python {version}); this happens once and takes a few minutes.")
    pinned = [word for name in state.FILES[level] for word in ("-r", name)]
    steps = {
        "PyTorch": ["-c", "constraints.txt", pin.group()],
        "all other packages": ["-c", "constraints.txt", *pinned],
        "the course's own package": ["--no-deps", "--no-build-isolation", "-e", "."],
    }
    for title, words in steps.items():
        packages.install(words, title, keep=[held])
    settings = VENV / "share/jupyter/lab/settings/overrides.json"  # else the first start asks about news
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(LAB_SETTINGS), encoding="utf-8")
