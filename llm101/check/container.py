"""The sandbox of machines without bubblewrap (macOS, Windows under WSL2): a Docker or Podman container.

The command lines are tested; they have not been run against a Docker daemon by the project's own tests, so try the
attack suite (`pytest tests/attacks`) with LLM101_SANDBOX=docker before you trust it with marks.
"""

import functools
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = "python3"
MOUNT = Path("/opt/llm101")  # the package lies at /opt/llm101/llm101 in there


def image() -> str:
    """The image with torch and the package's libraries; GRADING.md has its Dockerfile."""
    return os.environ.get("LLM101_IMAGE", "llm101-grader")


@functools.cache
def works(program: str) -> bool:
    """True if the program's daemon answers and has the image."""
    if not shutil.which(program):
        return False
    try:
        words = [program, "image", "inspect", image()]
        return subprocess.run(words, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@dataclass(frozen=True)
class Named:
    """The command, and the one that removes the container: killing the client does not."""

    argv: list[str]
    remove: list[str]


def inside(path: Path, shown: Sequence[Path]) -> Path | None:
    """Where a file of the package lies in the container; None if it is not shown there."""
    for folder in shown:
        if path.is_relative_to(folder):
            return MOUNT / path.relative_to(folder.parent)
    return None


def command(
    program: str,
    argv: Sequence[str],
    memory: int,
    disk: int,
    processes: int,
    environment: Mapping[str, str],
    read_only: Sequence[Path],
    hide: Sequence[Path],
) -> Named:
    """The container's command line: no network, no rights, nothing writable but /box.

    Args:
        program: docker or podman.
        argv: a Python command; its first word becomes the image's Python, paths of `read_only` are translated.
        memory, disk: bytes.
        processes: their number.
        environment: variables inside.
        read_only, hide: as in sandbox.launch.
    """
    name = f"llm101-{uuid.uuid4().hex[:12]}"
    words = [program, "run", "--interactive", "--rm", "--name", name, "--network", "none", "--read-only"]
    words += ["--memory", str(memory), "--memory-swap", str(memory), "--pids-limit", str(processes)]
    words += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65534:65534", "--ipc", "none"]
    words += ["--tmpfs", f"/box:rw,size={disk},mode=1777", "--workdir", "/box", "--hostname", "sandbox"]
    for key, value in environment.items():
        words += ["--env", f"{key}={value}"]
    for folder in read_only:
        words += ["--volume", f"{folder}:{inside(folder, read_only)}:ro"]
    for path in hide:
        target = inside(path, read_only)
        if target and path.exists():
            words += ["--tmpfs", f"{target}:ro,size=4k"] if path.is_dir() else ["--volume", f"/dev/null:{target}:ro"]
    translated = [_translate(word, read_only) for word in argv[1:]]
    return Named([*words, image(), PYTHON, *translated], [program, "rm", "--force", name])


def _translate(text: str, read_only: Sequence[Path]) -> str:
    for folder in read_only:
        text = text.replace(str(folder.parent), str(MOUNT))
    return text
