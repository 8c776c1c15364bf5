"""Time and memory of a step of llm101's Adam beside the three ways of torch.optim.Adam, one thread each.

    python benchmarks/adam.py [--repeat 5] [--size "large tensors"]

The parameters are those of two GPT-2s of twelve layers, width 128 and width 512, in float32 with random gradients. Every
measurement is a process of its own, and the contestants take turns, so that a busy machine slows them all. Times are
CPU seconds a step (with one thread that is the time on an idle machine), after two steps that are not counted: the least
and the median of the repetitions. Memory is the peak of the process above what it held with parameters and gradients,
so it is the optimizer's state and what a step needs for a moment. The distance is that of every 97th number from where
torch's plain loop took it, as a share of the way that these went. There is no target: the package's Adam is written to
be read.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

SIZES = {  # d_model, n_layers, vocabulary, context; steps that are timed
    "small tensors": (128, 12, 5_000, 256, 40),
    "large tensors": (512, 12, 20_000, 1_024, 8),
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Run(NamedTuple):
    """One measurement: CPU seconds a step, and MB above parameters and gradients."""

    seconds: float
    megabytes: float


def llm101(params: list) -> Any:
    from llm101.optim import Adam

    return Adam(params, lr=1e-3)


def torch_loop(params: list) -> Any:
    from torch.optim import Adam

    return Adam(params, lr=1e-3, foreach=False, fused=False)


def torch_foreach(params: list) -> Any:
    from torch.optim import Adam

    return Adam(params, lr=1e-3, foreach=True)


def torch_fused(params: list) -> Any:
    from torch.optim import Adam

    return Adam(params, lr=1e-3, fused=True)


CONTESTANTS: dict[str, Callable[[list], Any]] = {
    make.__name__: make for make in (llm101, torch_loop, torch_foreach, torch_fused)
}


def parameters(size: str) -> list:
    """Those of a GPT-2 with gradients, the same numbers for everybody."""
    import torch

    from llm101.models import GPT2Config, gpt2

    d, layers, vocabulary, context, _ = SIZES[size]
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=vocabulary, max_len=context, d_model=d, n_layers=layers, n_heads=d // 64)
    params = list(gpt2(config).parameters())
    for p in params:
        p.grad = torch.randn_like(p)
    return params


class Peak:
    """Highest resident memory of this process while the block runs, in MB, looked at every millisecond."""

    def __enter__(self) -> "Peak":
        import psutil

        self.process, self.done = psutil.Process(), threading.Event()
        self.start = self.most = self.process.memory_info().rss / 1e6
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()
        return self

    def watch(self) -> None:
        while not self.done.wait(0.001):
            self.most = max(self.most, self.process.memory_info().rss / 1e6)

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.watcher.join()


def measure_here(name: str, size: str, ends: Path) -> Run:
    """Step in this process; where the parameters end goes to a file."""
    import torch

    torch.set_num_threads(1)
    params = parameters(size)
    optimizer, steps = CONTESTANTS[name](params), SIZES[size][-1]
    with Peak() as peak:
        for _ in range(2):
            optimizer.step()
    start = time.process_time()
    for _ in range(steps):
        optimizer.step()
    seconds = (time.process_time() - start) / steps
    torch.save(sample(params), ends / f"{name}.pt")
    return Run(seconds, peak.most - peak.start)


def measure(name: str, size: str, ends: Path) -> Run:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--step", name, "--size", size, "--ends", str(ends)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **ONE_THREAD})
    return Run(*json.loads(done.stdout))


def sample(params: list) -> Any:
    """Every 97th number of each tensor, as one vector in float64."""
    import torch

    return torch.cat([p.detach().flatten()[::97].double() for p in params])


def distances(size: str, ends: Path) -> dict[str, float]:
    """Name -> distance from torch's loop, as a share of the way from the start."""
    import torch

    reference = torch.load(ends / "torch_loop.pt")
    way = (reference - sample(parameters(size))).norm()
    return {name: float((torch.load(ends / f"{name}.pt") - reference).norm() / way) for name in CONTESTANTS}


def race(size: str, repeat: int, ends: Path) -> None:
    """Each contestant once, then all again, `repeat` times; print the table."""
    params = parameters(size)
    print(f"\n{size}: {sum(p.numel() for p in params):,} parameters in {len(params)} tensors")
    del params
    runs: dict[str, list[Run]] = {name: [] for name in CONTESTANTS}
    for _ in range(repeat):
        for name, found in runs.items():
            found.append(measure(name, size, ends))
    apart = distances(size, ends)
    ours = median(run.seconds for run in runs["llm101"])
    print(f"{'':16}{'least, ms':>11}{'median, ms':>12}{'x llm101':>10}{'memory, MB':>12}{'distance':>11}")
    for name, found in runs.items():
        times = [run.seconds for run in found]
        memory = median(run.megabytes for run in found)
        row = f"{1e3 * min(times):11.2f}{1e3 * median(times):12.2f}{median(times) / ours:10.2f}{memory:12.0f}"
        print(f"{name:16}{row}{apart[name]:11.1e}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5, help="repetitions, taken in turns (default 5)")
    parser.add_argument("--check", action="store_true", help="accepted and ignored: there is no target")
    parser.add_argument("--size", choices=SIZES, help="only these parameters")
    for hidden in ("--step", "--ends"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(measure_here(options.step, options.size, Path(options.ends))))
        return 0
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        for size in [options.size] if options.size else SIZES:
            race(size, options.repeat, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
