"""Which device to compute on, chosen by what it computes and not by what it claims.

A GPU back end can return nonsense without an error (Apple's MPS has done so in several projects), and a course that
trains on it teaches nonsense. So a tiny transformer block with weights from an arithmetic formula runs on the device
first; its logits and one gradient are known in float64 and written below. A second, larger run, past the tile sizes
of the usual kernels, is compared with the same computation in float64 on the CPU.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Size:
    """Sizes of the test computation."""

    tokens: int
    d_model: int
    n_heads: int
    d_ff: int
    vocab_size: int


SMALL = Size(tokens=5, d_model=6, n_heads=2, d_ff=13, vocab_size=7)
LARGE = Size(tokens=131, d_model=136, n_heads=4, d_ff=523, vocab_size=1009)
TOLERANCE = 2e-3  # of the largest known value: float32 leaves 1e-6, TF32 1e-3; nonsense is off by far more

# The last position's logits of SMALL and the gradient of its token's embedding, in float64.
KNOWN_LOGITS = (-0.6020726295, -0.3522671384, -0.6268884741, 0.1024616472, 0.3522671384, 0.6930726058, 0.2109309992)
KNOWN_GRADIENT = (0.0250402660, 0.1164198562, 0.0934503646, 0.0566710221, -0.1826273991, -0.1089541099)


class Choice(NamedTuple):
    """A device that passed, and the sentence that says why it was taken."""

    device: "torch.device"
    reason: str


@dataclass(frozen=True)
class SelfTest:
    """What testing one device showed; `detail` is a sentence, `seconds` wall time."""

    device: str
    ok: bool
    detail: str
    seconds: float


Compute = Callable[[str, Size], tuple["Tensor", "Tensor"]]


def weight(rows: int, columns: int, salt: int) -> "Tensor":
    """A (rows, columns) float64 matrix of numbers in [-1/2, 1/2] that looks random and needs no generator.

    ((7 i + 13 j + 5 i j + 11 salt) mod 17 - 8) / 16: exact in every float format, so the weights are the same everywhere.
    """
    import torch

    i, j = torch.arange(rows)[:, None], torch.arange(columns)[None]
    return ((7 * i + 13 * j + 5 * i * j + 11 * salt) % 17 - 8).double() / 16


def compute(device: str, size: Size, dtype: "torch.dtype | None" = None) -> tuple["Tensor", "Tensor"]:
    """One pre-norm transformer block forward and backward on `device`.

    Args:
        device: 'cpu', 'cuda', 'mps'.
        size: SMALL or LARGE.
        dtype: None = float32.

    Returns:
        Logits of the last position (v,) and the gradient of the embedding table's row of the last token (d,) after
        a cross entropy on every position; both float64 on the CPU.
    """
    import torch
    from torch.nn import functional as F

    def matrix(rows: int, columns: int, salt: int) -> "Tensor":
        return (weight(rows, columns, salt) * (4 / rows**0.5)).to(device=device, dtype=dtype or torch.float32)

    n, d = size.tokens, size.d_model
    ids = (torch.arange(n) * 3 % size.vocab_size).to(device)
    table = weight(size.vocab_size, d, 1).to(device=device, dtype=dtype or torch.float32).requires_grad_()
    x = F.embedding(ids, table) + matrix(n, d, 2)  # (t d)
    q, k, v = (F.layer_norm(x, (d,)) @ matrix(d, 3 * d, 3)).view(n, 3, size.n_heads, -1).permute(1, 2, 0, 3)  # (h t k)
    hidden = torch.ones(n, n, dtype=torch.bool, device=device).triu(1)
    scores = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).masked_fill(hidden, -torch.inf)  # (h t s)
    x = x + (scores.softmax(-1) @ v).transpose(0, 1).flatten(1) @ matrix(d, d, 4)  # (t d)
    x = x + F.gelu(F.layer_norm(x, (d,)) @ matrix(d, size.d_ff, 5)) @ matrix(size.d_ff, d, 6)
    logits = F.layer_norm(x, (d,)) @ table.T  # (t v)
    F.cross_entropy(logits, ids.roll(-1)).backward()
    assert table.grad is not None
    return logits[-1].detach().cpu().double(), table.grad[ids[-1]].cpu().double()


def self_test(device: str, run: Compute = compute) -> SelfTest:
    """Compute on the device and compare with what is known. Any exception counts as a failure, never passes through.

    Args:
        device: 'cpu', 'cuda', 'mps'.
        run: the computation; a test hands in a broken one.
    """
    import torch

    started = time.perf_counter()
    known = torch.tensor(KNOWN_LOGITS, dtype=torch.float64), torch.tensor(KNOWN_GRADIENT, dtype=torch.float64)
    try:
        wrong = _wrong(run(device, SMALL), known) or _wrong(run(device, LARGE), compute("cpu", LARGE, torch.float64))
    except Exception as e:  # a back end may raise anything
        wrong = f"it raised {type(e).__name__}: {str(e)[:120]}"
    seconds = time.perf_counter() - started
    return SelfTest(device, not wrong, wrong or "logits and gradients as expected", seconds)


def _wrong(got: tuple["Tensor", "Tensor"], known: tuple["Tensor", "Tensor"]) -> str:
    """What is wrong in one sentence, or ""."""
    for name, a, b in zip(("logits", "gradients"), got, known, strict=True):
        if a.shape != b.shape:
            return f"{name} have shape {tuple(a.shape)}, expected {tuple(b.shape)}"
        error = float((a - b).abs().max() / b.abs().max())
        if not error <= TOLERANCE:  # NaN too
            return f"{name} are off by {error:.2g} of the largest value (at most {TOLERANCE:g} is rounding)"
    return ""


def available_devices() -> list[str]:
    """The devices that PyTorch offers here, fastest first; 'cpu' is always last."""
    import torch

    found = ["cuda"] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def choose_device(devices: Sequence[str] | None = None, run: Compute = compute) -> Choice:
    """The first device whose results are right, with the reason; later ones are not tried.

    Args:
        devices: in order of preference. None = what PyTorch offers here.
        run: the computation; a test hands in a broken one.
    """
    return pick(self_test(name, run) for name in devices or available_devices())


def pick(tests: Iterable[SelfTest]) -> Choice:
    """The first device that passed. The CPU, if none did; the reason names every device that was passed over."""
    import torch

    refused: list[str] = []
    for test in tests:
        if test.ok:
            return Choice(torch.device(test.device), "; ".join([f"{test.device} passed its self-test", *refused]))
        refused.append(f"{test.device} computes nonsense, so it is not used: {test.detail}")
    return Choice(torch.device("cpu"), "; ".join(["no device passed its self-test: reinstall PyTorch", *refused]))
