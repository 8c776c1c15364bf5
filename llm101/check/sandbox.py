"""Where a stranger's code runs: the command line of a throw-away sandbox.

On Linux bubblewrap (bwrap) builds an empty file system with the system's libraries, this Python and the package,
read-only; no network, no other processes, no environment; as a user who owns nothing. Elsewhere a container does
(container.py). Where neither works grading is refused, unless the instructor says `unsafe`.
"""

import functools
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from llm101.check import container

BOX = "/box"  # the submission's only writable folder, in memory
FIRST_UID, UIDS = 61_000, 4_000
SYSTEM: tuple[str, ...] = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec")
SYSTEM += ("/usr/local/bin", "/usr/local/lib", "/usr/local/lib64", "/usr/share/zoneinfo", "/usr/share/fonts")
SYSTEM += ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/etc/alternatives")
ENVIRONMENT = {"HOME": BOX, "TMPDIR": BOX, "MPLCONFIGDIR": BOX, "MPLBACKEND": "Agg", "LANG": "C.UTF-8"}
ENVIRONMENT |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
ENVIRONMENT |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


class NoSandboxError(RuntimeError):
    """There is no way to run a stranger's code safely on this machine."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Bytes, seconds of CPU, counts."""

    memory: int = 2 << 30
    disk: int = 256 << 20
    cpu_seconds: int = 120
    processes: int = 64
    files: int = 256

    def of_a_process(self) -> dict[str, int]:
        """Names and values for the resource module; torch reserves 0.8 GB of addresses more than it uses."""
        limits = {"CPU": self.cpu_seconds, "FSIZE": self.disk, "NOFILE": self.files, "CORE": 0}
        if sys.platform != "linux":
            return limits  # macOS knows the names but refuses the others
        return limits | {"DATA": self.memory, "AS": self.memory + (2 << 30), "NPROC": self.processes}


@dataclass(frozen=True)
class Launch:
    """A command line; `env` None inherits nothing but what the command sets; `after` removes what a kill leaves."""

    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    after: list[str] | None = None


def backend(*, unsafe: bool = False) -> str:
    """'bwrap', 'docker' or 'podman', whichever works here; 'none' only if `unsafe`.

    The environment variable LLM101_SANDBOX chooses one of them; it cannot choose 'none' alone.

    Raises:
        NoSandboxError: nothing works here, with what to do about it.
    """
    wanted = os.environ.get("LLM101_SANDBOX", "auto")
    for name, works in (("bwrap", bwrap_works), ("docker", container.works), ("podman", container.works)):
        if wanted in ("auto", name) and works(name):
            return name
    if unsafe and wanted in ("auto", "none"):
        return "none"
    raise NoSandboxError(
        f"no sandbox works here (LLM101_SANDBOX={wanted}), so no stranger's code is run. On Linux: apt install "
        "bubblewrap, and allow user namespaces or run as root. Elsewhere: build the container image of GRADING.md. "
        "--unsafe runs the submissions with your own rights: files, network and all."
    )


@functools.cache
def bwrap_works(program: str = "bwrap") -> bool:
    """True if the very command line used for submissions starts here."""
    if not shutil.which(program) or not shutil.which("setpriv"):
        return False
    try:
        argv = bwrap(["true"], Limits(), read_only=(), hide=(), uid=FIRST_UID)
        return subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def launch(
    argv: list[str], limits: Limits, *, read_only: Sequence[Path], hide: Sequence[Path], uid: int, unsafe: bool
) -> Launch:
    """The command that runs `argv` in the sandbox of this machine.

    Args:
        argv: a Python command.
        limits: memory and disk that the file system of the sandbox may take.
        read_only: folders to show, besides the system and Python.
        hide: files and folders of these that are replaced by nothing.
        uid: the user to become, where we are root; different for sandboxes that run at the same time.
        unsafe: allow no sandbox at all.
    """
    kind = backend(unsafe=unsafe)
    if kind == "bwrap":
        return Launch(bwrap(argv, limits, read_only=read_only, hide=hide, uid=uid))
    if kind == "none":
        return Launch(argv, {"PATH": os.environ.get("PATH", os.defpath), **ENVIRONMENT, "HOME": "/", "TMPDIR": "/tmp"})
    named = container.command(kind, argv, limits.memory, limits.disk, limits.processes, ENVIRONMENT, read_only, hide)
    return Launch(named.argv, dict(os.environ), named.remove)


def bwrap(argv: list[str], limits: Limits, *, read_only: Sequence[Path], hide: Sequence[Path], uid: int) -> list[str]:
    """The bubblewrap command line. What is not named here does not exist inside."""
    shown = [*_python_folders(), *read_only]
    words = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv", *_user_namespace()]
    words += [*_parents([*map(Path, SYSTEM), *shown]), *_system()]
    for path in shown:
        words += ["--ro-bind", str(path), str(path)]
    for path in hide:
        if path.exists() and any(path.is_relative_to(s) for s in shown):
            words += ["--tmpfs", str(path)] if path.is_dir() else ["--ro-bind", "/dev/null", str(path)]
    words += ["--proc", "/proc", "--dev", "/dev", *_memory_folder("/dev/shm", 64 << 20), "--remount-ro", "/dev"]
    words += [*_memory_folder(BOX, limits.disk), "--remount-ro", "/", "--chdir", BOX]
    for name, value in {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", **ENVIRONMENT}.items():
        words += ["--setenv", name, value]
    return [*words, "--", *_become(uid), *argv]


def _user_namespace() -> list[str]:
    """An ordinary user needs a namespace of his own; root drops its rights later, in `_become`."""
    if os.geteuid() == 0:
        return []
    return ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]


def _become(uid: int) -> list[str]:
    if os.geteuid() != 0:
        return []
    rights = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    return ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", *rights]


def _memory_folder(path: str, size: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size), "--tmpfs", path]


def _system() -> Iterator[str]:
    """Programs and libraries; not /usr/share or /usr/local/share, where nbgrader keeps its exchange."""
    for path in SYSTEM:
        if os.path.exists(path):
            yield from ("--ro-bind", path, path)
    for path in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.exists(path):
            yield from ("--ro-bind", path, path)


def _python_folders() -> list[Path]:
    """This Python and its virtual environment, where the system's folders do not hold them already."""
    real = Path(os.path.realpath(sys.executable)).parent.parent
    folders = {Path(sys.prefix), Path(sys.base_prefix), real}
    return sorted(p for p in folders if p.exists() and p not in (Path("/usr"), Path("/usr/local"), Path("/")))


def _parents(paths: Iterable[Path]) -> Iterator[str]:
    """bwrap makes missing parents for root alone (0700); make them for everybody, first."""
    parents = {parent for path in paths for parent in path.parents}
    for parent in sorted(parents):
        if str(parent) not in ("/", "/usr/lib"):
            yield from ("--perms", "0755", "--dir", str(parent))


@contextmanager
def leased_uid() -> Iterator[int]:
    """A user id that no other sandbox on this machine uses now.

    The limit on processes counts a user's processes on the whole machine, so two submissions with one id would
    starve each other. The lease is a name in the kernel's socket table: it ends with this process, whatever happens.
    """
    with socket.socket(socket.AF_UNIX) as claim:
        yield _claim(claim)


def _claim(claim: socket.socket) -> int:
    if sys.platform != "linux":
        return FIRST_UID
    start = random.SystemRandom().randrange(UIDS or 1)  # not the one just freed: its last processes may still be dying
    for uid in (FIRST_UID + (start + n) % UIDS for n in range(UIDS)):
        try:
            claim.bind(f"\0llm101-uid-{uid}")
            return uid
        except OSError:
            continue
    raise NoSandboxError(f"all {UIDS:,} user ids from {FIRST_UID} on are in use by other sandboxes")
