"""What the benchmarks of generation and training share: taking turns, ratios with their spread, and peak memory."""

import argparse
import ctypes
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import psutil
import torch

Act = Callable[[], object]


class Ratio(NamedTuple):
    """Of two contestants, turn by turn: the median, and the quartiles around it."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f} to {self.high:.2f})"


def options(doc: str, repeat: int) -> argparse.Namespace:
    """What the command line says: repeat, threads (set at once), check, and peak, the contestant of a child of `peaks`.

    Args:
        doc: of the benchmark; its first line describes it.
        repeat: turns of each contestant, unless the reader says otherwise.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=repeat, help=f"turns of each contestant (default {repeat})")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch (default 2)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    said = parser.parse_args()
    torch.set_num_threads(said.threads)
    return said


def turns(acts: dict[str, Act], repeat: int) -> dict[str, list[float]]:
    """Wall seconds of each act: all once to warm up, then all in turn, `repeat` times, each round begun by another."""
    for act in acts.values():
        act()
    seconds: dict[str, list[float]] = {name: [] for name in acts}
    names = list(acts)
    for i in range(repeat):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            start = time.perf_counter()
            acts[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(above: list[float], below: list[float]) -> Ratio:
    """above / below, of each round."""
    each = [a / b for a, b in zip(above, below, strict=True)]
    low, middle, high = quantiles(each, n=4) if len(each) > 1 else each * 3
    return Ratio(middle, low, high)


def peak_of(act: Act) -> float:
    """How far this process's memory rises, in MB, while act runs: the system's own highest mark above what is held now.

    The mark is the highest of the whole life of the process, so act must need more than everything before it did.
    """
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # what was freed goes back to the system, and is not counted as held
    held = psutil.Process().memory_info().rss
    act()
    return (highest() - held) / 1e6


def highest() -> int:
    """The most bytes that were ever resident in this process. Linux's ru_maxrss would count those of its parent too."""
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: bytes


def peaks(file: str, names: list[str], threads: int, repeat: int) -> dict[str, float]:
    """Median of what `python file --peak NAME` prints, a number as JSON; a process each time, taken in turns."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(repeat):
        for name in names:
            command = [sys.executable, file, "--peak", name, "--threads", str(threads)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[name].append(float(json.loads(out.splitlines()[-1])))
    return {name: median(values) for name, values in found.items()}


def where(threads: int) -> str:
    """Versions, threads and load, in one line."""
    return (
        f"{threads} threads; Python {platform.python_version()}, torch {torch.__version__}, "
        f"transformers {version('transformers')}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


def verdict(targets: list[tuple[str, float, str, float]]) -> bool:
    """Print what was wanted and what came, and say whether all of it was reached: (what, reached, "<=" or ">=", bound)."""
    fine = True
    print(f"\n{'target':58}{'reached':>9}{'bound':>10}")
    for what, reached, sign, bound in targets:
        met = reached <= bound if sign == "<=" else reached >= bound
        fine = fine and met
        print(f"{what:58}{reached:9.2f}{f'{sign} {bound:g}':>10}{'' if met else '   MISSED'}")
    return fine
