"""How fast this machine is, and so how long the course takes on it.

    estimate = sum of the lessons' cpu_seconds * speed_ratio
    speed_ratio = sqrt(matmul here / matmul there * loop here / loop there)

`there` is the machine on which the lessons were timed; its two figures stand below. The lessons are half tensor
work and half Python, so the geometric mean of the two serves; expect it to be right within a factor of two.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

REFERENCE_MATMUL = 0.0026  # seconds, one thread: see matmul()
REFERENCE_LOOP = 0.0169  # seconds: see loop()


class Estimate(NamedTuple):
    """Seconds for all `lessons` that carry their time; `ratio` > 1 = slower than the reference machine."""

    seconds: float
    lessons: int
    ratio: float


def matmul() -> None:
    """Eight products of 256 x 256 float32 matrices: 268 million multiply-adds."""
    import torch

    x = torch.ones(256, 256)
    for _ in range(8):
        torch.mm(x, x)


def loop() -> None:
    """A quarter of a million dictionary updates, as counting pairs does."""
    counts: dict[int, int] = {}
    for i in range(250_000):
        counts[i & 255] = counts.get(i & 255, 0) + 1


def best_time(work: Callable[[], None], repeats: int = 9, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of the fastest of `repeats` runs: the one that nothing disturbed."""
    times = []
    for _ in range(repeats):
        started = clock()
        work()
        times.append(clock() - started)
    return max(min(times), 1e-6)


def speed_ratio() -> float:
    """How many times slower this machine is than the one the lessons were timed on."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return ((best_time(matmul) / REFERENCE_MATMUL) * (best_time(loop) / REFERENCE_LOOP)) ** 0.5
    finally:
        torch.set_num_threads(threads)


def lesson_seconds(lessons: Path) -> list[float]:
    """metadata.llm101.cpu_seconds of every notebook in the folder that has it."""
    found = []
    for file in sorted(lessons.glob("*.ipynb")):
        try:
            found.append(float(json.loads(file.read_text(encoding="utf-8"))["metadata"]["llm101"]["cpu_seconds"]))
        except (KeyError, TypeError, ValueError, OSError):
            continue  # not timed yet
    return found


def estimate(lessons: Path, ratio: float) -> Estimate:
    """The run time of all timed lessons on a machine that is `ratio` times slower than the reference."""
    seconds = lesson_seconds(lessons)
    return Estimate(sum(seconds) * ratio, len(seconds), ratio)
