"""Slow, obvious answers to the exercises of lesson 10, written without the package."""

import math
import random
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

Table = list[list[float]]  # log-probability of each next word (column) after each word (row)


def shifted(sentences: list[list[int]], start: int = 1, end: int = 2, pad: int = 0) -> tuple[Tensor, Tensor]:
    """Decoder inputs and labels."""
    longest = max(len(sentence) for sentence in sentences) + 1
    rows = [[start, *ids] + [pad] * (longest - len(ids) - 1) for ids in sentences]
    labels = [[*ids, end] + [-100] * (longest - len(ids) - 1) for ids in sentences]
    return torch.tensor(rows), torch.tensor(labels)


def parameters(v: int, d: int, n: int, f: int) -> int:
    """Added up matrix by matrix."""
    encoder = decoder = 0
    for _ in range(n):
        encoder += 4 * d * d + (d * f + f) + (f * d + d) + 2 * 2 * d
        decoder += 8 * d * d + (d * f + f) + (f * d + d) + 3 * 2 * d
    return v * d + encoder + decoder


def cross(x: Tensor, memory: Tensor, w: dict[str, Tensor], h: int, keep: Tensor) -> Tensor:
    """Cross-attention with loops over sentences, heads and places."""
    b, t, d = x.shape
    k, out = d // h, torch.zeros_like(x)
    for row in range(b):
        q, keys, values = x[row] @ w["q"], memory[row] @ w["k"], memory[row] @ w["v"]
        for head in range(h):
            part = slice(head * k, (head + 1) * k)
            for i in range(t):
                scores = [float(q[i, part] @ keys[j, part]) / math.sqrt(k) for j in range(memory.shape[1])]
                weights = [math.exp(s - max(scores)) * bool(keep[row, j]) for j, s in enumerate(scores)]
                for j, weight in enumerate(weights):
                    out[row, i, part] += weight / sum(weights) * values[j, part]
    return out @ w["o"]


def random_cross(seed: int, b: int = 2, t: int = 3, n: int = 5, h: int = 2, k: int = 7) -> dict:
    """Arguments of `cross` with the last words of some sentences padded."""
    generator = torch.Generator().manual_seed(seed)
    d = h * k

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    keep = torch.ones(b, n, dtype=torch.bool)
    keep[1:, n - 2 :] = False
    w = {name: draw(d, d) / math.sqrt(d) for name in "qkvo"}
    return {"x": draw(b, t, d), "memory": draw(b, n, d), "w": w, "n_heads": h, "keep": keep}


def noam(step: int, d: int, warmup: int) -> float:
    """Two branches that meet at the warm-up."""
    return step / (d**0.5 * warmup**1.5) if step < warmup else 1 / math.sqrt(d * step)


def language(seed: int, v: int = 7) -> Table:
    """A random bigram model: 0 is the start, v - 1 the end. Nobody goes back to the start."""
    rng = random.Random(seed)
    table = []
    for _ in range(v):
        weights = [0.0, *(rng.random() ** 3 + 0.01 for _ in range(v - 1))]
        total = sum(weights)
        table.append([math.log(w / total) if w else -math.inf for w in weights])
    return table


def greedy(log_p: Table, start: int, end: int, max_new: int) -> list[int]:
    """The likeliest word each time."""
    text = [start]
    while len(text) <= max_new and text[-1] != end:
        row = log_p[text[-1]]
        text.append(row.index(max(row)))
    return text


def beam(
    log_p: Table,
    start: int,
    end: int,
    n: int,
    max_new: int,
    alpha: float,
    *,
    length: Callable[[list[int]], int] = lambda ids: len(ids) - 1,
    replace: bool = False,
) -> list[int]:
    """The exercise's beam search, and two kinds of mistakes.

    Args:
        length: m of a finished text's ids; another function than this one = a mistake.
        replace: True = a mistake: the place of a finished text in the beam goes to the next best.
    """
    beams: list[tuple[float, list[int]]] = [(0.0, [start])]
    done: list[tuple[float, list[int]]] = []
    for step in range(1, max_new + 1):
        every = [(s + p, [*ids, w]) for s, ids in beams for w, p in enumerate(log_p[ids[-1]]) if p > -math.inf]
        every.sort(key=lambda item: -item[0])
        best = every[:n]
        beams = [item for item in (every if replace else best) if item[1][-1] != end][:n]
        over = best if step == max_new else [item for item in best if item[1][-1] == end]
        done += [(s / ((5 + length(ids)) / 6) ** alpha, ids) for s, ids in over]
        if not beams:
            break
    return max(done, key=lambda item: item[0])[1]


def likelihood(log_p: Table, text: list[int]) -> float:
    """Log-probability of a text behind its start."""
    return sum(log_p[a][b] for a, b in pairwise(text))


def grams(tokens: list[str], n: int) -> list[tuple[str, ...]]:
    """Every run of n tokens."""
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def bleu(hypotheses: list[list[str]], references: list[list[str]], *, clip: bool = True, brevity: bool = True) -> float:
    """One reference a sentence; 0 to 100. Without `clip` and `brevity`: the mistakes of that name."""
    logs = 0.0
    for n in range(1, 5):
        hits = total = 0
        for one, other in zip(hypotheses, references, strict=True):
            ours, theirs = grams(one, n), grams(other, n)
            total += len(ours)
            for gram in set(ours):
                count = ours.count(gram)
                hits += min(count, theirs.count(gram)) if clip else count * (gram in theirs)
        if not hits:
            return 0.0
        logs += math.log(hits / total) / 4
    c, r = sum(map(len, hypotheses)), sum(map(len, references))
    return 100 * math.exp(logs) * (math.exp(min(0.0, 1 - r / c)) if brevity else 1)


def texts(seed: int, n: int = 5) -> tuple[list[list[str]], list[list[str]]]:
    """Hypotheses and references with some runs in common, some longer, some shorter."""
    rng = random.Random(seed)
    references = [[rng.choice("abcd") for _ in range(rng.randint(7, 13))] for _ in range(n)]
    hypotheses = [[w if rng.random() < 0.85 else rng.choice("abcd") for w in ref] for ref in references]
    return [h[: len(h) - rng.randint(0, 2)] for h in hypotheses], references
