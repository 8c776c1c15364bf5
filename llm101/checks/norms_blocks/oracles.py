"""Slow, obvious versions of the exercises of lesson 09. Plain loops, sharing no code with llm101.nn."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def numbers(seed: int, *shape: int, size: float = 2.0, shift: float = 0.0) -> Tensor:
    """Random float64 numbers."""
    source = torch.Generator().manual_seed(seed)
    return size * torch.randn(*shape, generator=source, dtype=torch.float64) + shift


def layer_norm_row(row: Sequence[float], eps: float, *, below: int = 0) -> list[float]:
    """One token; the variance divides by its length less `below`."""
    mean = math.fsum(row) / len(row)
    variance = math.fsum((v - mean) ** 2 for v in row) / (len(row) - below)
    return [(v - mean) / math.sqrt(variance + eps) for v in row]


def layer_norm(x: Tensor, eps: float = 1e-5, *, below: int = 0) -> Tensor:
    """Token by token, without gain and offset."""
    rows = [layer_norm_row(row, eps, below=below) for row in x.reshape(-1, x.shape[-1]).tolist()]
    return torch.tensor(rows, dtype=torch.float64).reshape(x.shape)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Token by token, in float64."""
    rows = []
    for row in x.double().reshape(-1, x.shape[-1]).tolist():
        size = math.sqrt(math.fsum(v * v for v in row) / len(row) + eps)
        rows.append([g * v / size for g, v in zip(weight.double().tolist(), row, strict=True)])
    return torch.tensor(rows, dtype=torch.float64).reshape(x.shape)


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Of the angle between two vectors."""
    dot = math.fsum(u * v for u, v in zip(a, b, strict=True))
    return dot / math.sqrt(math.fsum(u * u for u in a) * math.fsum(v * v for v in b))


def likeness(x: Tensor) -> float:
    """Mean cosine between different tokens of one text, over all texts."""
    cosines = [cosine(a, b) for text in x.tolist() for i, a in enumerate(text) for j, b in enumerate(text) if i != j]
    return math.fsum(cosines) / len(cosines)


def route(logits: Tensor, capacity: int) -> tuple[list[int], list[float], list[bool]]:
    """Expert, gate and whether there was room, token by token in order."""
    experts, gates, kept, taken = [], [], [], [0] * logits.shape[1]
    for row in logits.tolist():
        total = math.fsum(math.exp(z - max(row)) for z in row)
        best = row.index(max(row))
        experts.append(best)
        gates.append(1 / total)
        kept.append(taken[best] < capacity)
        taken[best] += kept[-1]
    return experts, gates, kept


def balance(probabilities: Tensor, experts: Sequence[int]) -> float:
    """e · Σ f P."""
    rows, n = probabilities.tolist(), probabilities.shape[1]
    shares = [list(experts).count(i) / len(rows) for i in range(n)]
    means = [math.fsum(row[i] for row in rows) / len(rows) for i in range(n)]
    return n * math.fsum(f * p for f, p in zip(shares, means, strict=True))
