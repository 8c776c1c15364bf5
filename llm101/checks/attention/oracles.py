"""Slow, obvious versions of the exercises of lesson 07, and the wrong answers that have a name.

Python loops over places, sharing no code with llm101.nn.
"""

import math

import torch
from torch import Tensor


def normal(seed: int, *shape: int, size: float = 1.0) -> Tensor:
    """Random float64 numbers."""
    return size * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def places(t: int) -> tuple[Tensor, Tensor]:
    """Query (t 1) and key (1 t) of every cell of a mask."""
    return torch.arange(t)[:, None], torch.arange(t)[None]


def mask(keep: Tensor, allowed: Tensor) -> Tensor:
    """(b t t): allowed (t t), and the key is real."""
    return torch.stack([torch.stack([row & real for row in allowed]) for real in keep])


def softmax(scores: list[float]) -> list[float]:
    """Of one row; -inf is allowed, a row of nothing else gives zeros."""
    top = max(scores)
    if top == -math.inf:
        return [0.0] * len(scores)
    powers = [math.exp(s - top) for s in scores]
    total = math.fsum(powers)
    return [p / total for p in powers]


def weights(q: Tensor, k: Tensor, seen: Tensor | None = None, *, scale: float | None = None) -> Tensor:
    """(t s) for q (t k), k (s k); `seen` (t s) bool."""
    scale = 1 / math.sqrt(q.shape[1]) if scale is None else scale
    rows = []
    for i, query in enumerate(q.tolist()):
        scores = [scale * math.fsum(a * b for a, b in zip(query, key, strict=True)) for key in k.tolist()]
        if seen is not None:
            scores = [s if ok else -math.inf for s, ok in zip(scores, seen[i].tolist(), strict=True)]
        rows.append(softmax(scores))
    return torch.tensor(rows, dtype=torch.float64)


def attend(q: Tensor, k: Tensor, v: Tensor, seen: Tensor | None = None, *, scale: float | None = None) -> Tensor:
    """(t n) for q (t k), k (s k), v (s n)."""
    return weights(q, k, seen, scale=scale) @ v


def gradients(q: Tensor, k: Tensor, v: Tensor, g: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """By nudging every number: central differences of sum(g · out), right to about 9 digits."""
    results, step = [], 1e-5
    for which in range(3):
        parts = [q, k, v]
        slope = torch.zeros_like(parts[which])
        for place in range(parts[which].numel()):
            up, down = parts[which].clone(), parts[which].clone()
            up.view(-1)[place] += step
            down.view(-1)[place] -= step
            higher = [up if i == which else x for i, x in enumerate(parts)]
            lower = [down if i == which else x for i, x in enumerate(parts)]
            slope.view(-1)[place] = ((attend(*higher) - attend(*lower)) * g).sum() / (2 * step)
        results.append(slope)
    return results[0], results[1], results[2]


def before(t: int, s: int | None = None) -> Tensor:
    """Causal (t s), the last query at the last key."""
    s = t if s is None else s
    return torch.tensor([[j <= i + s - t for j in range(s)] for i in range(t)])


def multi_head(
    x: Tensor, parts: tuple[Tensor, Tensor, Tensor, Tensor], h: int, g: int, *,
    key_heads: list[int] | None = None, causal: bool = True, scale: float | None = None, output: bool = True,
) -> Tensor:  # fmt: skip
    """One text and one head at a time. Other `key_heads`, no `causal`, another `scale`, no `output` are mistakes."""
    w_q, w_k, w_v, w_o = parts
    width, texts = w_q.shape[1] // h, []
    for text in x:
        pieces = []
        for i in range(h):
            j = i // (h // g) if key_heads is None else key_heads[i]
            mine, theirs = slice(i * width, (i + 1) * width), slice(j * width, (j + 1) * width)
            q, k, v = text @ w_q[:, mine], text @ w_k[:, theirs], text @ w_v[:, theirs]
            pieces.append(attend(q, k, v, before(len(text)) if causal else None, scale=scale))
        joined = torch.cat(pieces, dim=1)
        texts.append(joined @ w_o if output else joined)
    return torch.stack(texts)


def tiles_forgetting(
    q: Tensor, k: Tensor, v: Tensor, tile: int, *, total_too: bool, mixed_too: bool, own: bool = False
) -> Tensor:
    """Online softmax that forgets to scale down the sum, or the mix; `own`: each tile subtracts its own maximum."""
    out = []
    for query in q.tolist():
        largest, total, mixed = -math.inf, 0.0, torch.zeros(v.shape[1], dtype=torch.float64)
        for start in range(0, len(k), tile):
            pairs = list(zip(k[start : start + tile].tolist(), v[start : start + tile], strict=True))
            scores = [sum(a * b for a, b in zip(query, key, strict=True)) / math.sqrt(q.shape[1]) for key, _ in pairs]
            larger = max(scores) if own else max(largest, *scores)
            shrink = math.exp(largest - larger)
            total, mixed = total * (shrink if total_too else 1), mixed * (shrink if mixed_too else 1)
            for score, (_, value) in zip(scores, pairs, strict=True):
                total += math.exp(score - larger)
                mixed = mixed + math.exp(score - larger) * value
            largest = larger
        out.append(mixed / total)
    return torch.stack(out)


def follow(ids: list[int], n: int, places: list[list[int]], *, unknown: float | None = None) -> Tensor:
    """(t n): probability shared by the tokens at places[t]; no places = `unknown` for each token (None = 1/n)."""
    rows = []
    for found in places:
        row = [0.0 if found else (1 / n if unknown is None else unknown)] * n
        for place in found:
            row[ids[place]] += 1 / len(found)
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64)


def behind(ids: list[int]) -> list[list[int]]:
    """For each place: the places right behind an earlier occurrence of its token."""
    return [[s + 1 for s in range(t) if ids[s] == ids[t]] for t in range(len(ids))]
