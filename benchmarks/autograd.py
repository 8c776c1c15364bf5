"""Speed of llm101's autograd (numpy) beside torch: the same small network, one thread each.

    python benchmarks/autograd.py [--repeat 9] [--check]

A network of 32 inputs, two hidden layers of equal width (tanh) and 10 classes; 64 rows a step; a step is forward,
cross-entropy, backward and plain gradient descent. Both start from the same weights and see the same rows. The
contestants take turns, so that a busy machine slows them all, and each turn takes enough steps for a tenth of a second.
Times are CPU time a step: the least and the median over the turns. There is no target for speed: the engine is
written to be read. `--check` exits with 1 if the two trainings do not give the same losses.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import torch
from torch.nn import functional as F

from llm101.autograd import MLP, cross_entropy, sgd, zero_grad

WIDTHS = (16, 64, 256, 1024)
ROWS, INPUTS, CLASSES, LR = 64, 32, 10, 0.1
TURN = 0.1  # seconds
COMPARED = 20  # steps after which the losses of both must agree
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)

Step = Callable[[], float]


def task(width: int, dtype: str) -> tuple[MLP, np.ndarray, np.ndarray]:
    """A network that has not learnt anything yet, rows and their classes; the same at each call."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, INPUTS)).astype(dtype)
    return MLP([INPUTS, width, width, CLASSES], rng, dtype=dtype), x, rng.integers(0, CLASSES, ROWS)


def llm101(width: int, dtype: str) -> Step:
    model, x, y = task(width, dtype)
    parameters = model.parameters()

    def step() -> float:
        zero_grad(parameters)
        loss = cross_entropy(model(x), y)
        loss.backward()
        sgd(parameters, LR)
        return loss.item()

    return step


def with_torch(width: int, dtype: str) -> Step:
    ours, x, y = task(width, dtype)
    kind = getattr(torch, dtype)
    layers = [torch.nn.Linear(*layer.weight.shape[::-1], dtype=kind) for layer in ours.layers]
    for layer, given in zip(layers, ours.layers, strict=True):
        layer.load_state_dict({"weight": torch.tensor(given.weight.numpy()), "bias": torch.tensor(given.bias.numpy())})
    model = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    rows, targets = torch.tensor(x), torch.tensor(y)

    def step() -> float:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(rows), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


CONTESTANTS = {"llm101": llm101, "torch": with_torch}


def difference(width: int, dtype: str) -> float:
    """The largest difference between the losses of the two, over the first steps."""
    steps = [make(width, dtype) for make in CONTESTANTS.values()]
    losses = np.array([[step() for step in steps] for _ in range(COMPARED)])
    return float(np.abs(losses[:, 0] - losses[:, 1]).max())


def turn(step: Step, n: int) -> float:
    """CPU seconds a step, over n steps."""
    start = time.process_time()
    for _ in range(n):
        step()
    return (time.process_time() - start) / n


def race(width: int, repeat: int) -> Iterator[tuple[str, str, list[float]]]:
    """Every contestant once, then all again, `repeat` times: dtype, name, seconds a step of each turn."""
    steps = {(dtype, name): make(width, dtype) for dtype in TOLERANCE for name, make in CONTESTANTS.items()}
    enough = {key: max(1, int(TURN / turn(step, 5))) for key, step in steps.items()}
    times: dict[tuple[str, str], list[float]] = {key: [] for key in steps}
    for _ in range(repeat):
        for key, step in steps.items():
            times[key].append(turn(step, enough[key]))
    for (dtype, name), measured in times.items():
        yield dtype, name, measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=9, help="turns of each contestant (default 9)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if the losses differ")
    options = parser.parse_args()
    if not ONE_THREAD.items() <= os.environ.items():  # numpy reads them once, when it is imported
        return subprocess.call([sys.executable, __file__, *sys.argv[1:]], env={**os.environ, **ONE_THREAD})
    torch.set_num_threads(1)
    print(f"{ROWS} rows, {INPUTS} inputs, 2 hidden layers, {CLASSES} classes; times in microseconds a step")
    print(f"numpy {np.__version__}, torch {torch.__version__}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    agree = True
    for width in WIDTHS:
        print(f"\n{f'width {width}':18}{'least':>9}{'median':>9}{'x torch':>9}{'largest difference of losses':>32}")
        races = {(dtype, name): measured for dtype, name, measured in race(width, options.repeat)}
        for (dtype, name), measured in races.items():
            middle = median(measured)
            times = f"{min(measured) * 1e6:9.0f}{middle * 1e6:9.0f}{middle / median(races[dtype, 'torch']):9.2f}"
            gap = difference(width, dtype) if name == "llm101" else 0.0
            agree = agree and gap <= TOLERANCE[dtype]
            print(f"{f'{name} {dtype}':18}{times}" + (f"{gap:32.1e}" if name == "llm101" else ""))
    print(f"\nThe two give the same losses in the first {COMPARED} steps: {'yes' if agree else 'NO'}")
    return int(options.check and not agree)


if __name__ == "__main__":
    sys.exit(main())
