"""Slow, obvious versions of the exercises of lesson 02, with the classic mistakes as switches.

Everything here is written to be read, not to be fast, and shares no code with llm101.data.
"""

import random
from collections.abc import Sequence

import torch

STRIPPED = ".,!?;:\"'()"

Pair = tuple[int, int]


def c4_lines(
    page: str,
    bad_words: set[str],
    *,
    ends: tuple[str, ...] = (".", "!", "?", '"'),
    least: int = 5,
    javascript: bool = True,
    strip: bool = True,
) -> str:
    """The lines worth keeping."""
    if "{" in page:
        return ""
    words = [word.strip(STRIPPED) for word in page.lower().split()]
    if any(bad in words for bad in bad_words):
        return ""
    kept = []
    for line in page.split("\n"):
        line = line.strip() if strip else line
        script = javascript and "javascript" in line.lower()
        if any(line.endswith(end) for end in ends) and len(line.split()) >= least and not script:
            kept.append(line)
    return "\n".join(kept)


def judge(dropped: Sequence[bool], bad: Sequence[bool]) -> tuple[float, float, float]:
    """(precision, recall, wrongly) by making lists of pages."""
    out = {i for i, d in enumerate(dropped) if d}
    worse = {i for i, b in enumerate(bad) if b}
    good = set(range(len(bad))) - worse
    return (
        len(out & worse) / len(out) if out else 1.0,
        len(out & worse) / len(worse) if worse else 1.0,
        len(out & good) / len(good) if good else 0.0,
    )


def runs(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """The runs of n neighbouring words, in order."""
    return [tuple(words[i : i + n]) for i in range(len(words)) if i + n <= len(words)]


def shingles(text: str, n: int) -> set[tuple[str, ...]]:
    """The set of runs; a short text is one."""
    words = text.lower().split()
    return set(runs(words, min(n, len(words)))) if words else set()


def jaccard(a: str, b: str, n: int) -> float:
    """Shared shingles over all shingles, by counting."""
    first, second = shingles(a, n), shingles(b, n)
    everything = first.union(second)
    return sum(x in first and x in second for x in everything) / len(everything) if everything else 1.0


def signature(items: set[int], orders: list[Pair], prime: int) -> list[int]:
    """The first place of any item in each order."""
    return [sorted((a * item + b) % prime for item in items)[0] for a, b in orders]


def random_orders(seed: int, n: int, prime: int) -> list[Pair]:
    """n random orders."""
    rng = random.Random(seed)
    return [(rng.randrange(1, prime), rng.randrange(prime)) for _ in range(n)]


def found(s: float, bands: int, rows: int) -> float:
    """The probability of the complement of "no band agrees", one band after the other."""
    none = 1.0
    for _ in range(bands):
        none *= 1.0 - s**rows
    return 1.0 - none


def choose_bands(k: int, s: float, recall: float) -> Pair | None:
    """All shapes, the good ones, the one with the most rows."""
    shapes = [(bands, k // bands) for bands in range(1, k + 1) if k % bands == 0]
    good = [shape for shape in shapes if found(s, *shape) >= recall]
    return max(good, key=lambda shape: shape[1]) if good else None


def plain_words(text: str, *, lower: bool = True, strip: bool = True) -> list[str]:
    """Words without signs at their ends."""
    words = (text.lower() if lower else text).split()
    return [word for word in (w.strip(STRIPPED) if strip else w for w in words) if word]


def leaked(
    train: list[str],
    test: list[str],
    n: int,
    *,
    joined: bool = False,
    lower: bool = True,
    strip: bool = True,
    distinct: bool = False,
) -> list[float]:
    """For each item the share of its n-grams that some training document has."""
    documents = [" ".join(train)] if joined else train
    known = {gram for text in documents for gram in runs(plain_words(text, lower=lower, strip=strip), n)}
    shares = []
    for item in test:
        grams = runs(plain_words(item, lower=lower, strip=strip), n)
        grams = sorted(set(grams)) if distinct else grams
        shares.append(len([gram for gram in grams if gram in known]) / len(grams) if grams else 0.0)
    return shares


def epochs(weights: dict[str, float], tokens: dict[str, float], budget: float) -> dict[str, float]:
    """Tokens drawn from each source, over its size."""
    whole = sum(weights.values())
    drawn = {name: budget * weight / whole for name, weight in weights.items()}
    return {name: drawn[name] / tokens[name] for name in drawn}


def pack(documents: list[list[int]], length: int, end: int, fill: int = -1) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and sources, token by token; `fill` is the source of the filling."""
    tokens = [(t, number) for number, document in enumerate(documents) for t in [*document, end]]
    while len(tokens) % length:
        tokens.append((end, fill))
    ids = [token for token, _ in tokens]
    source = [number for _, number in tokens]
    return tuple(torch.tensor(row, dtype=torch.int64).reshape(-1, length) for row in (ids, source))  # type: ignore[return-value]


def random_text(rng: random.Random, n_words: int, vocabulary: Sequence[str] = ("a", "b", "c", "d")) -> str:
    """Words with capitals and signs here and there."""
    return " ".join(
        rng.choice(["", "", '"', "("])
        + (rng.choice(vocabulary).title() if rng.random() < 0.5 else rng.choice(vocabulary))
        + rng.choice(["", ",", "."])
        for _ in range(n_words)
    )


def random_documents(seed: int, n: int = 5, longest: int = 7) -> list[list[int]]:
    """Documents of 0 to `longest` tokens."""
    rng = random.Random(seed)
    return [[rng.randint(1, 96) for _ in range(rng.randint(0, longest))] for _ in range(n)]
