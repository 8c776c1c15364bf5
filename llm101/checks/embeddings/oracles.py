"""Slow, obvious versions of the exercises of lesson 04, and the wrong answers that have a name.

Everything here is written to be read, not to be fast, and shares no code with llm101.lm.
"""

import math
import random
from fractions import Fraction

import torch

START, END = "<start>", "<end>"
Gram = tuple[str, ...]

TEXT = [
    "anna took the key",
    "ben took the hat",
    "anna saw ben",
    "the hat was red",
    "where is the key",
    "the key was old",
]
SENTENCES = [line.split() for line in TEXT]


def count_ngrams(
    sentences: list[list[str]], n: int, *, starts: int | None = None, end: bool = True, once: bool = False
) -> dict[Gram, int]:
    """n-grams of padded sentences; another number of `starts`, no `end` and `once` a sentence are classic mistakes."""
    counts: dict[Gram, int] = {}
    for sentence in sentences:
        padded = [START] * (n - 1 if starts is None else starts) + sentence + [END] * end
        grams = [tuple(padded[i : i + n]) for i in range(len(padded) - n + 1)]
        for gram in dict.fromkeys(grams) if once else grams:
            counts[gram] = counts.get(gram, 0) + 1
    return counts


def ngrams_across(sentences: list[list[str]], n: int) -> dict[Gram, int]:
    """A mistake: the padded sentences are one long row."""
    row = [word for sentence in sentences for word in [*[START] * (n - 1), *sentence, END]]
    counts: dict[Gram, int] = {}
    for i in range(len(row) - n + 1):
        counts[tuple(row[i : i + n])] = counts.get(tuple(row[i : i + n]), 0) + 1
    return counts


def random_sentences(seed: int, letters: str = "abcd", n: int = 11) -> list[list[str]]:
    """Sentences over a few words; one of them is empty now and then."""
    rng = random.Random(seed)
    return [rng.choices(letters, k=rng.randint(0, 7)) for _ in range(n)]


def vocabulary(sentences: list[list[str]]) -> list[str]:
    """The words in order, END last."""
    return [*sorted({word for sentence in sentences for word in sentence}), END]


def add_k(
    ngrams: dict[Gram, int], context: Gram, vocab: list[str], k: float, *, share: str = "vocab", joint: bool = False
) -> dict[str, float]:
    """(c + k) / (total + k v). Another `share` of k in the denominator, and the `joint` total, are classic mistakes."""
    counts = [ngrams.get((*context, word), 0) for word in vocab]
    total = sum(ngrams.values()) if joint else sum(counts)
    times = {"vocab": len(vocab), "once": 1, "seen": sum(c > 0 for c in counts), "none": 0}[share]
    bottom = total + k * times
    return {word: (c + k) / bottom if bottom else 0.0 for word, c in zip(vocab, counts, strict=True)}


def bits_per_token(probs: list[list[float]]) -> tuple[float, float]:
    """The mean of -log2 p over all tokens, and 2 to its power."""
    flat = [p for sentence in probs for p in sentence]
    if 0 in flat:
        return math.inf, math.inf
    bits = -math.fsum(math.log2(p) for p in flat) / len(flat)
    return bits, 2.0**bits


def mean_of_means(probs: list[list[float]]) -> tuple[float, float]:
    """A mistake: the mean of each sentence, then the mean of the sentences."""
    bits = sum(bits_per_token([sentence])[0] for sentence in probs) / len(probs)
    return bits, 2.0**bits


def good_turing(counts: dict[str, int]) -> tuple[dict[int, float], float]:
    """r* = (r + 1) N_{r+1} / N_r for every r that occurs, and N_1 / N, in exact fractions."""
    values = list(counts.values())
    adjusted = {r: float(Fraction((r + 1) * values.count(r + 1), values.count(r))) for r in values}
    return adjusted, float(Fraction(values.count(1), sum(values)))


def turing_with(counts: dict[str, int], formula) -> dict[int, float]:
    """A mistake: another formula (r, N_r, N_{r+1}) -> r*."""
    values = list(counts.values())
    return {r: float(formula(r, values.count(r), values.count(r + 1))) for r in values}


def random_counts(seed: int, n: int = 23) -> dict[str, int]:
    """Words with small counts, many of them 1."""
    rng = random.Random(seed)
    return {f"w{i}": min(rng.randint(1, 7), rng.randint(1, 7), rng.randint(1, 7)) for i in range(n)}


def kneser_ney(
    bigrams: dict[Gram, int], context: str, vocab: list[str], discount: float,
    *, lower: str = "types", weight: str = "types", clip: bool = True,
) -> dict[str, float]:  # fmt: skip
    """Interpolated Kneser-Ney for bigrams.

    Classic mistakes: `lower` "counts" (plain frequencies) or "words" (divided by the number of words), `weight` "once"
    (not times the number of words that follow) or "tokens", `clip` False (unseen bigrams go below zero).
    """
    tokens = {w: sum(n for (_, b), n in bigrams.items() if b == w) for w in vocab}
    types = {w: sum(1 for _, b in bigrams if b == w) for w in vocab}
    bottom = {"types": len(bigrams), "counts": sum(bigrams.values()), "words": len(vocab)}[lower]
    shorter = {w: (tokens if lower == "counts" else types)[w] / bottom for w in vocab}
    after = {w: bigrams.get((context, w), 0) for w in vocab}
    total, n_types = sum(after.values()), sum(n > 0 for n in after.values())
    if total == 0:
        return shorter
    mass = discount * {"types": n_types, "once": 1, "tokens": total, "none": 0}[weight] / total
    kept = {w: max(n - discount, 0.0) if clip else n - discount for w, n in after.items()}
    return {w: kept[w] / total + mass * shorter[w] for w in vocab}


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    """1 / (1 + e^-x)."""
    return 1 / (1 + torch.exp(-x))


LSTMParts = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def lstm_parts(seed: int, b: int, i: int, n: int) -> LSTMParts:
    """x, h, c, w, u and bias at random."""
    x, h, c, w, u, bias = vectors(seed, (b, i), (b, n), (b, n), (4 * n, i), (4 * n, n), (4 * n,))
    return x, h, c, w, u, bias


def lstm_step(parts: LSTMParts, *, order: str = "ifgo", slip: str = "") -> tuple[torch.Tensor, torch.Tensor]:
    """One number after the other. Another `order` of the blocks and the `slip`s below are classic mistakes."""
    x, h, c, w, u, bias = parts
    new_h, new_c = torch.zeros_like(h), torch.zeros_like(c)
    n = h.shape[1]
    for row in range(len(x)):
        for k in range(n):
            z = {}
            for block, name in enumerate(order):
                j = block * n + k
                z[name] = (
                    w[j] @ x[row] + (0 if slip == "no h" else u[j] @ h[row]) + (0 if slip == "no bias" else bias[j])
                )
            gate = {name: sigmoid(z[name]) for name in "ifo"}
            proposal = sigmoid(z["g"]) if slip == "sigmoid g" else torch.tanh(z["g"])
            let_in = {"no i": torch.ones(()), "1 - f": 1 - gate["f"]}.get(slip, gate["i"])
            cell = gate["f"] * c[row, k] + let_in * proposal
            shown = {"no tanh": cell, "old c": torch.tanh(c[row, k])}.get(slip, torch.tanh(cell))
            new_c[row, k], new_h[row, k] = cell, gate["o"] * shown
    return new_h, new_c


def negative_sampling(hidden: torch.Tensor, target: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The loss and its gradients with respect to the three, by autograd in float64."""
    h, t, n = (x.double().requires_grad_() for x in (hidden, target, noise))
    loss = torch.nn.functional.softplus(-(h @ t)) + torch.nn.functional.softplus(n @ h).sum()
    loss.backward()
    return tuple(x.detach().to(hidden.dtype) for x in (loss, h.grad, t.grad, n.grad) if x is not None)


def vectors(seed: int, *shapes: tuple[int, ...]) -> list[torch.Tensor]:
    """Random tensors."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def nearest(
    table: torch.Tensor, direction: torch.Tensor, left_out: tuple[int, ...] = (), measure: str = "cosine"
) -> int:
    """The row that is most like `direction`, one row after the other."""
    best, found = -math.inf, -1
    for i, row in enumerate(table):
        score = {
            "cosine": float(row @ direction / row.norm()),
            "dot": float(row @ direction),
            "distance": -float((row - direction).norm()),
        }[measure]
        if i not in left_out and score > best:
            best, found = score, i
    return found


def analogy(table: torch.Tensor, a: int, b: int, c: int) -> int:
    """What is to c as b is to a."""
    unit = torch.stack([row / row.norm() for row in table])
    return nearest(unit, unit[b] - unit[a] + unit[c], (a, b, c))
