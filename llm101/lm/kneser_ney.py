"""Kneser-Ney: a word is likely in a new context if it was seen in many different ones, however often it was seen.

    p(w | h) = (c(h w) - D) / c(h) + D n(h) / c(h) · p(w | h without its first token)

n(h) is how many different words follow h. For the longest n-grams c counts; for all shorter ones c(h w) is the number of
different tokens that stand before h w (Counts.continuations). `francisco` is frequent, but after `san` only.

Papers: Kneser and Ney 1995, "Improved backing-off for M-gram language modeling", ICASSP; the interpolated form and
three discounts: Chen and Goodman 1998, Harvard TR-10-98.
"""

from collections.abc import Mapping
from typing import final

import numpy as np

from llm101.lm.katz import absolute_discount
from llm101.lm.ngram import Counts, Gram, NGram


def three_discounts(counts_of_counts: Mapping[int, int]) -> tuple[float, float, float]:
    """What modified Kneser-Ney takes from a count of 1, of 2, and of 3 or more.

        Y = N_1 / (N_1 + 2 N_2)     D_1 = 1 - 2 Y N_2 / N_1     D_2 = 2 - 3 Y N_3 / N_2     D_3 = 3 - 4 Y N_4 / N_3

    On little or regular text an N is 0 or a D_r is not in [0, r]; then all three are Y (`absolute_discount`).

    >>> three_discounts({1: 100, 2: 40, 3: 20, 4: 12})
    (0.5555555555555556, 1.1666666666666665, 1.6666666666666665)
    """
    y = absolute_discount(counts_of_counts)
    n = [counts_of_counts.get(r, 0) for r in range(5)]
    if all(n[1:]):
        d = [r - (r + 1) * y * n[r + 1] / n[r] for r in (1, 2, 3)]
        if all(0 <= d_r <= r for r, d_r in enumerate(d, 1)):
            return d[0], d[1], d[2]
    return y, y, y


@final
class KneserNey(NGram):
    """Interpolated Kneser-Ney with one discount for each n-gram length, or modified with three.

    Differs from the papers: the unigrams are interpolated with the uniform distribution (as in KenLM), so that words
    handed in with the vocabulary get something. N-grams that begin with START have one left neighbour like any other
    count of 1 (KenLM and SRILM keep their plain counts).

    Args:
        counts, order: as for NGram.
        modified: True = discounts D_1, D_2 and D_3 for counts of 1, 2, and 3 or more.

    Attributes:
        discounts: for each n-gram length 1 … order the vector 0, D_1, D_2, D_3.

    >>> model = KneserNey(Counts([["a", "b"], ["a", "a"]], order=2))
    >>> model.discounts[1].round(3)   # five bigrams: four seen once, one twice: D = 4 / (4 + 2)
    array([0.   , 0.667, 0.667, 0.667])
    >>> model.distribution(["b"]).round(3)   # END: 1 - 2/3, and two thirds of (2 - 1/5 + 3/5 · 1/3) / 5
    array([0.267, 0.133, 0.6  ])
    """

    def __init__(self, counts: Counts, order: int | None = None, *, modified: bool = False):
        super().__init__(counts, order)
        self.modified = modified
        lower = [counts.continuations(n) for n in range(1, self.order)]
        self._tables = [*lower, counts.table(self.order)]
        self.discounts = [self._discount(table.of_counts()) for table in self._tables]

    def _discount(self, counts_of_counts: Mapping[int, int]) -> np.ndarray:
        y = absolute_discount(counts_of_counts)
        return np.array([0.0, *(three_discounts(counts_of_counts) if self.modified else (y, y, y))])

    def estimate(self, context: Gram) -> np.ndarray:
        counts = self._tables[len(context)].after(context)
        shorter = self._cached(context[1:]) if context else np.full(len(counts), 1 / len(counts))
        if not counts.any():
            return shorter.copy()
        taken = self.discounts[len(context)][np.minimum(counts, 3).astype(int)]
        return (counts - taken + taken.sum() * shorter) / counts.sum()
