"""Mixtures: how often each source is drawn, and how often it is read from end to end.

A source of n tokens with the weight w is read w x budget / n times. Weights in proportion to size read everything
equally often; published mixtures read the best sources several times and the web less than once.
Reading order: Source, Mixture and the published tables · by_size (weights from sizes) · Sampler (what comes at step t).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from llm101.expect import integer, number

BILLION = 10**9


class Source(NamedTuple):
    """One row of a table: what was published, and nothing else."""

    name: str
    weight: float  # per cent of the training data
    tokens: float | None = None  # in the source; None = not published
    epochs: float | None = None  # as published
    gigabytes: float | None = None  # on disk


class Mixture(NamedTuple):
    """A published mixture."""

    budget: float  # tokens of training that the table is about
    sources: tuple[Source, ...]
    where: str


GPT3 = Mixture(
    300 * BILLION,
    (
        Source("Common Crawl (filtered)", 60, 410 * BILLION, 0.44),
        Source("WebText2", 22, 19 * BILLION, 2.9),
        Source("Books1", 8, 12 * BILLION, 1.9),
        Source("Books2", 8, 55 * BILLION, 0.43),
        Source("Wikipedia", 3, 3 * BILLION, 3.4),
    ),
    "Brown et al. 2020, table 2.2, arXiv:2005.14165",
)
PALM = Mixture(
    780 * BILLION,
    (
        Source("Social media conversations (multilingual)", 50),
        Source("Filtered webpages (multilingual)", 27),
        Source("Books (English)", 13),
        Source("GitHub (code)", 5),
        Source("Wikipedia (multilingual)", 4),
        Source("News (English)", 1),
    ),
    "Chowdhery et al. 2022, table 2, arXiv:2204.02311",
)
LLAMA = Mixture(
    1_400 * BILLION,
    (
        Source("CommonCrawl", 67.0, epochs=1.10, gigabytes=3_300),
        Source("C4", 15.0, epochs=1.06, gigabytes=783),
        Source("GitHub", 4.5, epochs=0.64, gigabytes=328),
        Source("Wikipedia", 4.5, epochs=2.45, gigabytes=83),
        Source("Books", 4.5, epochs=2.23, gigabytes=85),
        Source("ArXiv", 2.5, epochs=1.06, gigabytes=92),
        Source("StackExchange", 2.0, epochs=1.03, gigabytes=78),
    ),
    "Touvron et al. 2023, table 1, arXiv:2302.13971",
)


def shares(weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """The weights divided by their sum: GPT-3's published ones sum to 101 %.

    Raises:
        ValueError: a weight is negative or not finite, or all are zero.

    >>> shares([3, 1]).tolist()
    [0.75, 0.25]
    """
    array = np.asarray(weights, np.float64)
    if array.ndim != 1 or not np.isfinite(array).all() or (array < 0).any() or not array.sum() > 0:
        raise ValueError(f"shares: expected weights of at least 0, not all 0; got {list(weights)}. Check the table.")
    return array / array.sum()


def epochs(weights: Sequence[float], tokens: Sequence[float], budget: float) -> np.ndarray:
    """How often each source is read: share x budget / tokens.

    Args:
        weights: any scale; they are divided by their sum.
        tokens: size of each source.
        budget: tokens of training.

    >>> epochs([1, 1], [100, 400], 1_000).tolist()
    [5.0, 1.25]
    """
    sizes = np.array([number("epochs", "tokens", size, at_least=1) for size in tokens])
    if len(sizes) != len(weights):
        raise ValueError(f"epochs: expected as many sizes as weights ({len(weights)}); got {len(sizes)}.")
    return shares(weights) * number("epochs", "budget", budget, at_least=0) / sizes


def by_size(tokens: Sequence[float], alpha: float = 1.0) -> np.ndarray:
    """Weights in proportion to size ** alpha: 1 = every token equally often, 0 = every source equally often.

    Between them small sources (languages, say) gain. The temperature T of T5 and mT5 is 1 / alpha.
    mT5: alpha = 0.3 (Xue et al. 2020, arXiv:2010.11934); XLM: alpha = 0.5 (Lample and Conneau 2019, arXiv:1901.07291).

    >>> by_size([900, 100], alpha=0.5).tolist()
    [0.75, 0.25]
    """
    alpha = number("by_size", "alpha", alpha, at_least=0)
    sizes = np.array([number("by_size", "tokens", size, at_least=1) for size in tokens])
    return shares(sizes**alpha)


def quotas(weights: Sequence[float], total: int) -> np.ndarray:
    """`total` draws divided by weight, in whole numbers, none further than 1 from its share (largest remainders).

    >>> quotas([60, 22, 8, 8, 3], 100).tolist()  # of 101
    [59, 22, 8, 8, 3]
    """
    exact = shares(weights) * integer("quotas", "total", total, at_least=0)
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")  # largest remainder first, earlier source first
    whole[order[: total - whole.sum()]] += 1
    return whole


class Sampler:
    """Which document comes at step t: a function of (seed, t) alone, so that a run can stop and go on anywhere.

    Steps come in rounds of `round_steps`; in each round every source has its quota, in an order of that round. A source
    is read in a new order in every epoch, and no document comes again before all of its source have come.
    Weights are realised to 1 / round_steps: a source with less gets nothing, so it is refused.

    Args:
        weights: of the sources.
        sizes: documents in each source.
        seed: another seed, another order.
        round_steps: length of a round.

    >>> sampler = Sampler([3, 1], sizes=[4, 5], seed=0, round_steps=8)
    >>> [sampler.at(step) for step in (0, 1, 2, 10**9)] == [sampler.at(step) for step in (0, 1, 2, 10**9)]
    True
    >>> sorted(sampler.at(step)[0] for step in range(8))
    [0, 0, 0, 0, 0, 0, 1, 1]
    """

    def __init__(self, weights: Sequence[float], sizes: Sequence[int], *, seed: int = 0, round_steps: int = 1_000):
        self.sizes = [integer("Sampler", "size", size, at_least=1) for size in sizes]
        self.seed = integer("Sampler", "seed", seed, at_least=0)
        self.round_steps = integer("Sampler", "round_steps", round_steps, at_least=1)
        self.quota = quotas(weights, self.round_steps)
        if len(self.quota) != len(self.sizes):
            raise ValueError(f"Sampler: expected as many sizes as weights ({len(self.quota)}); got {len(self.sizes)}.")
        starved = [i for i, (n, share) in enumerate(zip(self.quota, shares(weights), strict=True)) if share > 0 == n]
        if starved:
            raise ValueError(
                f"Sampler: sources {starved} have a weight but no step in a round of {round_steps}; raise round_steps."
            )

    def at(self, step: int) -> tuple[int, int]:
        """(source, document) at this step, counted from 0."""
        rounds, place = divmod(integer("Sampler", "step", step, at_least=0), self.round_steps)
        source, rank = self._order(rounds)[place]
        epoch, position = divmod(rounds * int(self.quota[source]) + rank, self.sizes[source])
        return source, int(_permutation(self.sizes[source], self.seed, 1, source, epoch)[position])

    def _order(self, rounds: int) -> list[tuple[int, int]]:
        """For each place in a round: its source, and how many of that source come before it in the round."""
        slots = np.repeat(np.arange(len(self.quota)), self.quota)
        order = slots[_permutation(self.round_steps, self.seed, 0, rounds)]
        seen = [0] * len(self.quota)
        ranked = []
        for source in order.tolist():
            ranked.append((source, seen[source]))
            seen[source] += 1
        return ranked


@lru_cache(maxsize=64)
def _permutation(n: int, *key: int) -> np.ndarray:
    return np.random.default_rng(key).permutation(n)
