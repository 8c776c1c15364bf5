"""Slow, obvious versions of the exercises of lesson 06, and the wrong answers that have a name.

Plain Python floats and loops, sharing no code with llm101.nn.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

inf = math.inf


def scores(seed: int, *shape: int, size: float = 3.0) -> Tensor:
    """Random float64 logits."""
    return size * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def classes(seed: int, n: int, v: int) -> Tensor:
    """Random ids."""
    return torch.randint(v, (n,), generator=torch.Generator().manual_seed(seed))


def log_softmax_row(row: Sequence[float]) -> list[float]:
    """Log-probabilities of one row; the exact sum of exponentials of differences."""
    top = max(row)
    total = math.log(math.fsum(math.exp(z - top) for z in row))
    return [z - top - total for z in row]


def log_softmax(logits: Tensor) -> Tensor:
    """Row by row, over the last axis."""
    rows = logits.reshape(-1, logits.shape[-1]).tolist()
    return torch.tensor([log_softmax_row(row) for row in rows], dtype=torch.float64).reshape(logits.shape)


def one_maximum(logits: Tensor) -> Tensor:
    """A mistake: the largest score of the whole tensor is subtracted; rows far below it underflow."""
    shifted = logits - logits.max()
    return shifted - shifted.exp().sum(-1, keepdim=True).log()


def row_losses(logits: Tensor, ids: Tensor, smoothing: float = 0.0, *, others_only: bool = False) -> list[float]:
    """The loss of every row, padding taken as class v - 1; `others_only` spreads ε over the other v - 1 classes."""
    out = []
    for row, right in zip(log_softmax(logits).tolist(), ids.tolist(), strict=True):
        v, c = len(row), right % len(row)
        rest = smoothing / (v - 1) if others_only else smoothing / v
        target = [rest] * v
        target[c] = 1 - smoothing if others_only else 1 - smoothing + rest
        out.append(-math.fsum(y * z for y, z in zip(target, row, strict=True) if y))
    return out


def token_loss(logits: Tensor, ids: Tensor, smoothing: float = 0.0, *, others_only: bool = False) -> Tensor:
    """Mean over the rows that are not padding."""
    each = row_losses(logits, ids, smoothing, others_only=others_only)
    kept = [x for x, c in zip(each, ids.tolist(), strict=True) if c != -100]
    return torch.tensor(math.fsum(kept) / len(kept), dtype=torch.float64)


def gradient(logits: Tensor, ids: Tensor) -> Tensor:
    """(p - y) / n, entry by entry."""
    p = log_softmax(logits).exp().tolist()
    n = len(p)
    rows = [[(p_k - (k == c)) / n for k, p_k in enumerate(row)] for row, c in zip(p, ids.tolist(), strict=True)]
    return torch.tensor(rows, dtype=torch.float64)


def all_rows_changed(logits: Tensor, ids: Tensor) -> Tensor:
    """A mistake: gradient[:, ids] -= 1 takes 1 from every row at every id."""
    p = log_softmax(logits).exp()
    p[:, ids] -= 1
    return p / len(ids)


def shares(ids: Sequence[int], v: int, extra: int = 0) -> Tensor:
    """Counts over their sum, with `extra` added to every count."""
    counts = [ids.count(k) + extra for k in range(v)]
    return torch.tensor([n / sum(counts) for n in counts], dtype=torch.float64)


def kl(p: Tensor, q: Tensor) -> float:
    """Sum of p log(p / q) over the classes with p > 0."""
    total = 0.0
    for p_k, q_k in zip(p.tolist(), q.tolist(), strict=True):
        if p_k > 0:
            total += inf if q_k == 0 else p_k * math.log(p_k / q_k)
    return total


def distribution(seed: int, v: int) -> Tensor:
    """A random distribution without zeros."""
    return log_softmax(scores(seed, v, size=1.0)).exp()


def stop(losses: Sequence[float], patience: int, *, equal_counts: bool = False, late: int = 0) -> tuple[int, int]:
    """Best epoch and last epoch; `equal_counts` and `late` are classic mistakes."""
    best = waited = 0
    for epoch in range(1, len(losses)):
        better = losses[epoch] <= losses[best] if equal_counts else losses[epoch] < losses[best]
        best, waited = (epoch, 0) if better else (best, waited + 1)
        if waited >= patience + late:
            return best, epoch
    return best, len(losses) - 1


def stop_foreseen(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """A mistake: the best of ALL epochs is known from the start, and the patience is counted from there."""
    best = losses.index(min(losses))
    return best, min(best + patience, len(losses) - 1)


def stop_against_previous(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """A mistake: each loss is compared with the one before it."""
    waited = 0
    for epoch in range(1, len(losses)):
        waited = 0 if losses[epoch] < losses[epoch - 1] else waited + 1
        if waited >= patience:
            return losses.index(min(losses[: epoch + 1])), epoch
    return losses.index(min(losses)), len(losses) - 1


def stop_in_all(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """A mistake: epochs without a new best are counted in all, not in a row."""
    best = waited = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            waited += 1
        if waited >= patience:
            return best, epoch
    return best, len(losses) - 1


def below(x: float) -> float:
    """The normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def density(x: float) -> float:
    """The normal density."""
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def at(function: Callable[[float], float], x: Tensor) -> Tensor:
    """The function of every entry."""
    return torch.tensor([function(v) for v in x.flatten().tolist()], dtype=torch.float64).reshape(x.shape)


def gelu_tanh(x: float) -> float:
    """The tanh approximation."""
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def moment(f: Callable[[float], float], power: int, *, normal: bool = True, size: bool = False) -> float:
    """E[f(z)^power] for standard normal z (`size`: E|f(z)|) by Simpson's rule, in two halves because of the kink at 0."""
    total, n = 0.0, 2000
    for left in (-10.0, 0.0):
        h = 10.0 / n
        for i in range(n + 1):
            z = left + i * h
            weight = (1 if i in (0, n) else 4 if i % 2 else 2) * h / 3
            value = abs(f(z)) if size else f(z) ** power
            total += weight * value * (density(z) if normal else 1.0)
    return total
