"""Bound all processes of one submission together: memory and their number.

A limit a process (setrlimit) is not enough: 64 processes may take 2 GB each, and shared memory counts for nobody.
The kernel's control groups count the whole family. Root makes one group a worker (version 1 or 2 of the interface);
without root, systemd can; where neither works, only the limits a process hold, and `describe` says so.
"""

import functools
import itertools
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
EMPTY_WITHIN = 5.0  # seconds for killed processes to disappear
_numbers = itertools.count()


class Cgroup:
    """One group; without permission it has no folders and does nothing.

    Args:
        memory: bytes for all processes together, swap included.
        processes: their number, threads counted.
        root: where the kernel's control groups are mounted.
    """

    def __init__(self, memory: int, processes: int, *, root: Path = ROOT):
        self.folders: list[Path] = []
        self.limits = {"memory": memory, "processes": processes}
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            return
        try:
            self._make(root, f"llm101-{os.getpid()}-{next(_numbers)}", memory, processes)
        except OSError:  # no such controller, or a container without the right
            self.close()

    def _make(self, root: Path, name: str, memory: int, processes: int) -> None:
        if (root / "cgroup.controllers").exists():
            _enable_controllers(root)
            self._add(root / name, {"memory.max": memory, "pids.max": processes}, {"memory.swap.max": 0})
        else:
            swap = {"memory.memsw.limit_in_bytes": memory}
            self._add(root / "memory" / name, {"memory.limit_in_bytes": memory}, swap)
            self._add(root / "pids" / name, {"pids.max": processes}, {})

    def _add(self, folder: Path, needed: dict[str, int], wanted: dict[str, int]) -> None:
        folder.mkdir()
        self.folders.append(folder)
        for file, value in needed.items():
            (folder / file).write_text(str(value))
        for file, value in wanted.items():
            if (folder / file).exists():
                (folder / file).write_text(str(value))

    def wrap(self, argv: list[str]) -> list[str]:
        """The command that joins the group, then becomes `argv`."""
        if self.folders:
            join = "".join(f"echo $$ > {folder}/cgroup.procs && " for folder in self.folders)
            return ["sh", "-c", join + 'exec "$@"', "sh", *argv]
        return systemd_scope(**self.limits) + argv if systemd_works() else argv

    def close(self) -> None:
        """Kill what is left and wait until it is gone: a dying fork bomb must not starve the next submission."""
        end = time.monotonic() + EMPTY_WITHIN
        for folder in self.folders:
            while (pids := _members(folder)) and time.monotonic() < end:
                for pid in pids:
                    _kill(pid)
                time.sleep(0.005)
            _remove(folder, end)
        self.folders = []


def systemd_scope(memory: int, processes: int) -> list[str]:
    """The prefix that makes systemd bound a command of an ordinary user."""
    limits = [f"MemoryMax={memory}", "MemorySwapMax=0", f"TasksMax={processes}"]
    options = [word for limit in limits for word in ("-p", limit)]
    return ["systemd-run", "--user", "--scope", "--quiet", "--collect", *options, "--"]


@functools.cache
def systemd_works() -> bool:
    """True where an ordinary user may start such a scope."""
    if not shutil.which("systemd-run") or os.geteuid() == 0:
        return False
    try:
        scope = [*systemd_scope(1 << 28, 8), "true"]
        return subprocess.run(scope, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@functools.cache
def describe() -> str:
    """What bounds the family of processes here, in a few words."""
    group = Cgroup(1 << 28, 8)
    made = bool(group.folders)
    group.close()
    if made:
        return "control groups"
    if systemd_works():
        return "systemd scopes"
    return "limits for each process only: several processes, or shared memory, may take more than the limit"


def _enable_controllers(root: Path) -> None:
    with suppress(OSError):  # enabled already, or not ours to enable: writing memory.max will tell
        (root / "cgroup.subtree_control").write_text("+memory +pids")


def _members(folder: Path) -> list[int]:
    try:
        return [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _remove(folder: Path, end: float) -> None:
    """rmdir, again while the kernel still counts a dead process as a member."""
    while True:
        try:
            folder.rmdir()
            return
        except OSError:
            if time.monotonic() > end:
                return
            time.sleep(0.005)
