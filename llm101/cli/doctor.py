"""llm101 doctor: what this machine has, whether its devices compute rightly, and how long the course takes on it."""

import os
import platform
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from llm101.cli.course import CommandError, course_root
from llm101.cli.speed import Estimate, estimate, speed_ratio
from llm101.device import available_devices, pick, self_test

PACKAGES = ("llm101", "torch", "numpy", "jupyterlab", "ipywidgets", "matplotlib", "tiktoken")
GB = 1e9  # bytes
NEEDED_MEMORY = 4 * GB
NEEDED_DISK = 1 * GB


def doctor() -> int:
    """Print the report; 0 unless something needed is missing or the CPU itself fails its self-test."""
    bad = False
    for label, text, ok in examine():
        bad |= not ok
        print(f"{'✓' if ok else '✗'} {label:<12} {text}")
    print("something needs your attention: see the lines with ✗" if bad else "all right")
    return int(bad)


def examine() -> Iterator[tuple[str, str, bool]]:
    """(label, text, all right?) one line at a time, quick ones first."""
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}", True
    for name in PACKAGES:
        yield package_line(name)
    yield from hardware()
    yield "sandbox", *sandbox_line()
    tests = [self_test(name) for name in available_devices()]
    for test in tests:
        yield "self-test", f"{test.device}: {test.detail} ({test.seconds:.1f} s)", test.ok
    yield "device", pick(tests).reason, any(test.ok for test in tests)
    yield "run time", run_time_line(), True


def package_line(name: str) -> tuple[str, str, bool]:
    """The installed version of a package."""
    try:
        return name, metadata.version(name), True
    except metadata.PackageNotFoundError:
        return name, "not installed: run `python run.py` in the course's folder", False


def hardware() -> Iterator[tuple[str, str, bool]]:
    """Cores, memory and disk."""
    import psutil

    memory = psutil.virtual_memory()
    yield "cores", f"{psutil.cpu_count(logical=False) or os.cpu_count()} ({os.cpu_count()} threads)", True
    free = f"{memory.available / GB:.1f} of {memory.total / GB:.1f} GB free"
    enough = memory.total >= NEEDED_MEMORY
    yield "memory", free if enough else f"{free}; the course needs {NEEDED_MEMORY / GB:g} GB", enough
    folder = Path.cwd()
    disk = shutil.disk_usage(folder)
    enough = disk.free >= NEEDED_DISK
    free = f"{disk.free / GB:.1f} of {disk.total / GB:.1f} GB free"
    yield "disk", free if enough else f"{free}; the course needs {NEEDED_DISK / GB:g} GB", enough


def sandbox_line() -> tuple[str, bool]:
    """Whether strangers' submissions can be graded here; only an instructor needs it, so it is never an error."""
    try:
        from llm101.check.sandbox import backend

        found = backend()
    except Exception as e:  # not on this system
        return f"none ({e}); needed only to grade other people's notebooks", True
    return f"{found}; for grading other people's notebooks", True


def run_time_line() -> str:
    """How long all lessons take here, from the times they were built with."""
    try:
        guess = estimate(course_root() / "lessons", speed_ratio())
    except CommandError as e:
        return f"unknown: {e}"
    return describe(guess)


def describe(guess: Estimate) -> str:
    """The estimate as a sentence."""
    if not guess.lessons:
        return "unknown: no lesson carries its time yet"
    minutes = guess.seconds / 60
    amount = f"{minutes:.0f} minutes" if minutes >= 2 else f"{guess.seconds:.0f} seconds"
    speed = f"{guess.ratio:.1f} times the time of the machine it was measured on"
    return f"about {amount} for {guess.lessons} lessons ({speed})"
