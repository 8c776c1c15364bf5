"""A course folder as small as can be, whose pip, JupyterLab and package are fakes, and a way to run its run.py."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKES = Path(__file__).parent / "fakes"
sys.path.insert(0, str(ROOT))  # for `from tools import ...` in the tests beside this file
TOOLS = ("environment", "notebooks", "packages", "processes", "stages", "state")


class Course:
    """A folder with run.py, tools/ and the files that decide what is installed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.log = folder.parent / "log.txt"
        (folder / "tools").mkdir(parents=True)
        shutil.copy(ROOT / "run.py", folder)
        for name in TOOLS:
            shutil.copy(ROOT / "tools" / f"{name}.py", folder / "tools")
        (folder / "requirements.txt").write_text("# pins\ntorch==7.3\nnumpy==5.3\n", encoding="utf-8")
        for name in ("requirements-dev.txt", "constraints.txt", "pyproject.toml"):
            (folder / name).write_text("", encoding="utf-8")

    def environment(self, **fakes: str) -> dict[str, str]:
        """This machine's environment with the fakes in front; FAKE_* in upper case say what is wrong."""
        keep = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("LLM101_")}
        return keep | {"PYTHONPATH": str(FAKES), "FAKE_LOG": str(self.log), "FAKE_FREE_GB": "11", **fakes}

    def run(self, *words: str, **fakes: str) -> subprocess.CompletedProcess[str]:
        """Run run.py to its end."""
        return subprocess.run(
            [sys.executable, "run.py", *words],
            check=False,
            cwd=self.folder,
            env=self.environment(**fakes),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, *words: str, **fakes: str) -> "subprocess.Popen[str]":
        """Start run.py as a terminal does, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "run.py", *words],
            cwd=self.folder,
            env=self.environment(**fakes),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def logged(self) -> list[str]:
        """What the fakes were asked to do since the last call of this method."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines

    def installed(self) -> bool:
        """Whether the set-up says that it is complete."""
        path = self.folder / ".venv/llm101.json"
        return path.exists() and json.loads(path.read_text())["stage"] == "ready"

    def wait_for(self, line: str) -> None:
        """Wait until a fake has written this line."""
        for _ in range(300):
            if self.log.exists() and line in self.log.read_text(encoding="utf-8").splitlines():
                return
            time.sleep(0.05)
        raise AssertionError(f"no fake wrote {line!r} within 15 s")


@pytest.fixture
def course(tmp_path):
    """A course that nothing was installed into yet."""
    return Course(tmp_path / "my course é")


@pytest.fixture
def sentence():
    """The one sentence that a failed run ends with; there must be no traceback before it."""

    def read(done):
        assert "Traceback" not in done.stdout + done.stderr
        found = re.fullmatch(r"\s*run\.py: (.+)\s*", done.stderr)
        assert found, done.stderr
        return found[1]

    return read


@pytest.fixture
def interrupt():
    """Send Ctrl-C to a whole process group, as a terminal does, and return the output and the exit status."""

    def send(child, number=signal.SIGINT):
        os.killpg(child.pid, number)
        return child.communicate(timeout=30)[0], child.returncode

    return send
