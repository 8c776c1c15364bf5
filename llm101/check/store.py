"""What the learner has done so far: one small JSON file, and the table that shows it.

    {"03.count_pairs": {"best": 2.0, "last": 1.5, "max": 2.0, "attempts": 3, "hints": 1}, ...}

The file is $LLM101_PROGRESS or ~/.llm101/progress.json. Two kernels may write at once: a lock serialises them, and
the new file replaces the old one in one step, so a crash leaves the old one whole. A damaged file is set aside as
progress.json.bad and never deleted. On a read-only disk the feedback works and nothing is kept.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NUMBERS = ("best", "last", "max", "attempts", "hints")
EMPTY = {"best": 0.0, "last": 0.0, "max": 0.0, "attempts": 0, "hints": 0}

Store = dict[str, dict[str, Any]]


def progress_path() -> Path:
    """Where progress is kept: $LLM101_PROGRESS, else ~/.llm101/progress.json."""
    chosen = os.environ.get("LLM101_PROGRESS")
    return Path(chosen) if chosen else Path.home() / ".llm101" / "progress.json"


def read_progress() -> Store:
    """Everything recorded so far; {} if there is nothing. A damaged file is set aside."""
    path = progress_path()
    with _locked(path):
        return _read(path)


def record_points(id: str, points: float, max_points: float) -> Store:
    """Note one run of the checks; returns the whole store with it, even where it could not be written.

    Shares of points add up to 1.9999999999999998 of 2: rounded to six digits.
    """
    points = round(points, 6)

    def note(entry: dict[str, Any]) -> None:
        entry["best"] = max(entry["best"], points)
        entry["last"], entry["max"] = points, max_points
        entry["attempts"] += 1

    return _update(id, note)


def count_hint(id: str, tiers: int) -> int:
    """Note that the next hint was asked for; returns its number from 1, or tiers + 1 when all were shown."""

    def note(entry: dict[str, Any]) -> None:
        entry["hints"] = min(int(entry["hints"]) + 1, tiers + 1)

    return int(_update(id, note)[id]["hints"])


def _update(id: str, change: Callable[[dict[str, Any]], None]) -> Store:
    path = progress_path()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        store = _read(path)
        change(store.setdefault(id, dict(EMPTY)))
        with contextlib.suppress(OSError):  # a read-only disk
            _replace(path, json.dumps(store, indent=1, sort_keys=True) + "\n")
    return store


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _read(path: Path) -> Store:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = ""  # not JSON either: set aside below
    except OSError:
        return {}
    try:
        return _validated(json.loads(text))
    except (ValueError, RecursionError):
        _set_aside(path)
        return {}


def _validated(store: Any) -> Store:
    """The store with every number filled in.

    Raises:
        ValueError: its shape is not the one described at the top of this file.
    """
    if not isinstance(store, dict):
        raise ValueError(f"progress: expected an object, got {type(store).__name__}")
    for id, entry in store.items():
        if not isinstance(entry, dict):
            raise ValueError(f"progress: {id!r} should hold an object, got {type(entry).__name__}")
        for name in NUMBERS:
            value = entry.setdefault(name, EMPTY[name])
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
                raise ValueError(f"progress: {name} of {id!r} should be a number of at least 0, got {value!r}")
    return store


def _set_aside(path: Path) -> None:
    """progress.json -> progress.json.bad, or .bad-2, .bad-3 ... where that exists already."""
    names = (path.with_name(f"{path.name}.bad{'' if n == 1 else f'-{n}'}") for n in range(1, 1000))
    with contextlib.suppress(OSError, StopIteration):
        os.rename(path, next(name for name in names if not name.exists()))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock file beside `path`; where it cannot be made (read-only disk), go on without.

    The operating system drops the lock when its holder dies, so nothing stale is ever left.
    """
    try:
        handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            _lock(handle)
        yield
    finally:
        os.close(handle)  # releases it


def _lock(handle: int) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
