"""How far the set-up of .venv has come, written down so that any kill can be repaired at the next start.

The file .venv/llm101.json has a stage, and the folder it was written for:
    making      .venv is being made           -> cut short: make it anew
    made        a Python with pip, and whole packages or none
    unpacking   pip may be writing packages   -> cut short: make it anew, half a package cannot be told from a whole one
    ready       with the fingerprints of what was installed; nothing left to do
"""

import contextlib
import hashlib
import json
import os
import subprocess
from typing import Any

from tools.processes import PY, ROOT, VENV, Stop

STATE = VENV / "llm101.json"
OLDEST, NEWEST = (3, 11), (3, 14)  # the Pythons that every pinned package has wheels for
FILES = {"course": ["requirements.txt"], "proof": ["requirements.txt", "requirements-dev.txt"]}
PROBE = "import sys, pip; print(*sys.version_info[:3], sys.prefix)"


def read() -> dict[str, Any]:
    """What was written last; empty when there is nothing, or nothing readable."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write(stage: str, **more: str) -> None:
    """Replace the state in one step: a kill leaves the old one or the new one."""
    fresh = STATE.with_suffix(".new")
    fresh.write_text(json.dumps({"stage": stage, "root": str(ROOT), **more}), encoding="utf-8")
    os.replace(fresh, STATE)


def fingerprint(level: str) -> str:
    """A hash of every file that decides what is installed at `level`, "course" or "proof".

    Raises:
        Stop: one of the files is missing.
    """
    digest = hashlib.sha256(level.encode())
    for name in [*FILES[level], "constraints.txt", "pyproject.toml"]:
        if not (ROOT / name).is_file():
            raise Stop(f"{name} is missing, so this folder is not the whole course: clone or unpack it again.")
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def probe() -> str:
    """Version and folder of the Python in .venv in its own words; empty when it does not run or has no pip."""
    command = [str(PY), "-I", "-c", PROBE]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace", timeout=60)
        return done.stdout.strip() if done.returncode == 0 else ""
    return ""


def ready(level: str, state: dict[str, Any]) -> bool:
    """Whether nothing is left to do: same folder, same pins, and the same Python, which runs."""
    want = fingerprint(level)  # first: a folder that is not whole is told so, whatever .venv looks like
    if state.get("stage") != "ready" or state.get(level) != want:
        return False
    return state.get("python") == (probe() or "none")  # its folder is part of what it says


def usable(state: dict[str, Any]) -> bool:
    """Whether .venv can be built upon: nothing was cut short, the folder was not moved (the scripts in .venv carry
    its path), and its Python runs and is one that the packages have wheels for. One made by hand is welcome."""
    settled = state.get("stage", "made") in ("made", "ready") and state.get("root", str(ROOT)) == str(ROOT)
    version = tuple(int(n) for n in probe().split(" ")[:2] if n.isdigit())
    return settled and OLDEST <= version <= NEWEST
