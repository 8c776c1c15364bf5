"""Katz's back-off: trust what was seen, a little less than its count says; ask the shorter context for the rest only.

    p(w | h) = d(c) c / c(h)                      if c = c(h w) > 0
             = α(h) p(w | h without its first token)   otherwise, α(h) such that all sums to one

c counts, h is the context (the last n - 1 tokens). The discounts d come from Good-Turing's r*.
Papers: Katz 1987, "Estimation of Probabilities from Sparse Data for the Language Model Component of a Speech
Recognizer", IEEE ASSP 35(3); the notation is that of Chen and Goodman 1998, Harvard TR-10-98, section 2.4.
"""

from collections.abc import Mapping
from typing import final

import numpy as np

from llm101 import expect
from llm101.lm.ngram import Counts, Gram, NGram


def katz_discounts(counts_of_counts: Mapping[int, int], cutoff: int = 5) -> np.ndarray:
    """d_1 … d_k: what share of a count r <= k is kept; counts above k are kept whole.

        d_r = (r*/r - A) / (1 - A)     A = (k + 1) N_{k+1} / N_1     r* = (r + 1) N_{r+1} / N_r

    So that d_r is in proportion to Good-Turing's discount and Σ N_r (1 - d_r) r = N_1: the unseen n-grams get together
    what Good-Turing gives them. On little or regular text some d_r is not in (0, 1]. Then the next smaller k that works
    is taken; if there is none, d_r = 1 - D / r with the D of `absolute_discount` (the paper does not say what to do).

    Args:
        counts_of_counts: r -> N_r of the n-grams of one length.
        cutoff: k, at least 1; Katz has 5.

    Returns:
        (k + 1), with d_0 = 1 in front so that d[r] is d_r.

    >>> katz_discounts({1: 100, 2: 40, 3: 20, 4: 12}, cutoff=3).round(3)
    array([1.   , 0.615, 0.519, 0.615])
    """
    n = counts_of_counts
    for k in range(expect.integer("katz_discounts", "cutoff", cutoff, at_least=1), 1, -1):
        if all(n.get(r, 0) > 0 for r in range(1, k + 2)):
            common = (k + 1) * n[k + 1] / n[1]
            shares = [(r + 1) * n[r + 1] / n[r] / r for r in range(1, k + 1)]  # r* / r
            if common < 1 and all(common < share <= 1 for share in shares):
                return np.array([1.0, *((share - common) / (1 - common) for share in shares)])
    return np.array([1.0, *(1 - absolute_discount(n) / r for r in range(1, cutoff + 1))])


def absolute_discount(counts_of_counts: Mapping[int, int]) -> float:
    """D = N_1 / (N_1 + 2 N_2): how much to take from every count; 1/2 if nothing occurs once or nothing twice.

    Ney, Essen and Kneser 1994, "On structuring probabilistic dependences in stochastic language modelling". 1/2 is KenLM's fallback too.

    >>> absolute_discount({1: 6, 2: 1})
    0.75
    """
    once, twice = counts_of_counts.get(1, 0), counts_of_counts.get(2, 0)
    return once / (once + 2 * twice) if once and twice else 0.5


@final
class Katz(NGram):
    """Back-off with Good-Turing discounts.

    Differs from the paper where it leaves a gap: unigrams are discounted too and back off to the uniform distribution,
    so that words handed in with the vocabulary get something; a context whose counts are all above the cutoff would have
    nothing left for unseen words, so its total is raised by one (SRILM does that); where every word was seen there is
    nobody to give anything to, so nothing is taken.

    Args:
        counts, order: as for NGram.
        cutoff: k of `katz_discounts`.

    Attributes:
        discounts: for each n-gram length 1 … order, what `katz_discounts` returned.

    >>> model = Katz(Counts([["a", "b"], ["a", "a"]], order=2))
    >>> model.distribution(["b"]).round(3)   # END seen once, a third of it kept; the rest as the unigrams a : b = 3 : 1
    array([0.5  , 0.167, 0.333])
    """

    def __init__(self, counts: Counts, order: int | None = None, *, cutoff: int = 5):
        super().__init__(counts, order)
        self.discounts = [katz_discounts(counts.table(n).of_counts(), cutoff) for n in range(1, self.order + 1)]

    def estimate(self, context: Gram) -> np.ndarray:
        counts = self.counts.after(context)
        shorter = self._cached(context[1:]) if context else np.full(len(counts), 1 / len(counts))
        unseen = np.where(counts == 0, shorter, 0.0)
        if not counts.any():
            return shorter.copy()
        if not unseen.any():
            return counts / counts.sum()
        kept = self._discounted(counts, self.discounts[len(context)])
        return kept + (1 - kept.sum()) / unseen.sum() * unseen

    def _discounted(self, counts: np.ndarray, d: np.ndarray) -> np.ndarray:
        """d(c) c / c(h), (v); the sum is below one."""
        if counts[counts > 0].min() >= len(d):
            return counts / (counts.sum() + 1)
        share = np.append(d, 1.0)[np.minimum(counts, len(d)).astype(int)]
        return share * counts / counts.sum()
