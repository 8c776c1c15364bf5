"""The ground that every attack is tried on: secrets to read, things to break, and a witness of both.

An attack is a submission to lesson 91 or 92. It is marked like any other, in the sandbox; then the witness looks:
are the marks those that were earned, did a secret get out, is anything left, did it take too long, and does the
honest submission marked after it still have its marks?
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

CANARY = "canary-7f3a91"  # stands in every secret; no attack's source holds it


def processes() -> set[int]:
    """Processes of sandbox users."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and 61_000 <= entry.stat().st_uid < 65_000:
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def groups() -> set[Path]:
    """Control groups made by this process."""
    return set(Path("/sys/fs/cgroup").glob(f"**/llm101-{os.getpid()}-*"))


def files(root: Path) -> dict[str, bytes]:
    """Every file below root and what it holds."""
    return {str(p): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


class Ground:
    """Secrets with known addresses, and what to look at afterwards."""

    def __init__(self, course):
        self.course = course
        self.paths = {"course": str(course.root)}
        course.write("grading/gradebook.db", f"hidden tests and marks: {CANARY}")
        course.write("incoming/victim/91_lists/lists.ipynb", f'{{"cells": [], "answer": "{CANARY}"}}')
        self.key = course.write("home/.ssh/id_ed25519", CANARY)
        for path in [course.root, *course.root.rglob("*")]:  # the sandbox must do without file permissions
            path.chmod(0o777 if path.is_dir() else 0o666)
        self.contacted = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.paths["port"] = str(self.listener.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.contacted.set()
            connection.close()

    def fill(self, source: str) -> str:
        """An attack's source with the addresses of this ground: @course@, @port@."""
        for name, value in self.paths.items():
            source = source.replace(f"@{name}@", value)
        return source

    def look(self) -> dict:
        return {"files": files(self.course.root), "processes": processes(), "groups": groups()}


@pytest.fixture(scope="module")
def ground(small_course) -> Iterator[Ground]:
    """The course of the grader's tests, with secrets in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLM101_CANARY", CANARY)
        ground = Ground(small_course)
        yield ground
        ground.listener.shutdown(socket.SHUT_RDWR)
        ground.listener.close()


@pytest.fixture
def canary() -> str:
    return CANARY


@pytest.fixture
def settled():
    """settled(look): what `look` sees once dying processes are gone; a kill is not instant."""

    def wait(look, before, seconds=5.0):
        end = time.monotonic() + seconds
        while (now := look()) != before and time.monotonic() < end:
            time.sleep(0.05)
        return now

    return wait
