"""The simplest ways from counts to numbers; interpolation.py, katz.py and kneser_ney.py have the better ones.

    MaximumLikelihood   c(h w) / c(h)                  what was not seen is impossible
    AddK                (c(h w) + k) / (c(h) + k v)    every word gets k for nothing
    StupidBackoff       0.4 for each step back         a score, no probability

h is the context (the last n - 1 tokens), c a count, v the size of the vocabulary.
Source of names and formulas: Chen and Goodman 1998, "An Empirical Study of Smoothing Techniques for Language Modeling",
Harvard TR-10-98, section 2 (the journal version of 1999 has the same formulas).
"""

from collections.abc import Sequence
from typing import final

import numpy as np

from llm101 import expect
from llm101.lm.ngram import START, Counts, Gram, NGram, tokens


@final
class MaximumLikelihood(NGram):
    """c(h w) / c(h): best for the training text, infinitely bad for any text with a new n-gram.

    After a context that was never seen the longest end of it that was seen is used: there is nothing else to divide by.

    >>> model = MaximumLikelihood(Counts([["a", "b"], ["a", "a"]], order=2))
    >>> model.distribution(["a"]).round(3), model.bits([["b"]])
    (array([0.333, 0.333, 0.333]), inf)
    """

    def estimate(self, context: Gram) -> np.ndarray:
        counts = self.counts.after(context)
        return counts / counts.sum() if counts.any() else self._cached(context[1:])


@final
class AddK(NGram):
    """(c(h w) + k) / (c(h) + k v). Lidstone 1920; k = 1 is Laplace's rule. Uniform after a context never seen.

    Args:
        counts, order: as for NGram.
        k: what every word gets for nothing, above 0.

    Raises:
        ValueError: k is not above 0 (MaximumLikelihood is k = 0).

    >>> model = AddK(Counts([["a", "b"], ["a", "a"]], order=2), k=1)
    >>> model.distribution(["b"])
    array([0.25, 0.25, 0.5 ])
    """

    def __init__(self, counts: Counts, order: int | None = None, *, k: float = 1.0):
        super().__init__(counts, order)
        self.k = expect.number("AddK", "k", k, at_least=0)
        if self.k == 0:
            raise ValueError("AddK: k must be above 0; got 0. Use MaximumLikelihood for no smoothing.")

    def estimate(self, context: Gram) -> np.ndarray:
        counts = self.counts.after(context)
        return (counts + self.k) / (counts.sum() + self.k * len(self.vocab))


@final
class StupidBackoff:
    """c(h w) / c(h) if h w was seen, else 0.4 times the score after the shorter context; at the end c(w) / N.

    Brants et al. 2007, "Large Language Models in Machine Translation", section 4. Scores, not probabilities: nothing
    is taken from the seen words to pay for the unseen ones, so after most contexts they sum to more than one. So there
    is no perplexity. It needs nothing but counts, which made it possible for two trillion tokens.

    Args:
        counts, order: as for NGram.
        factor: what each step back costs, in (0, 1].

    >>> model = StupidBackoff(Counts([["a", "b"], ["a", "a"]], order=2))
    >>> model.scores(["b"]).round(3)   # END was seen after b; the others pay 0.4
    array([0.2  , 0.067, 1.   ])
    """

    def __init__(self, counts: Counts, order: int | None = None, *, factor: float = 0.4):
        self.order = expect.integer(
            "StupidBackoff", "order", counts.order if order is None else order, at_least=1, at_most=counts.order
        )
        self.factor = expect.number("StupidBackoff", "factor", factor, at_least=0, at_most=1)
        self.counts, self.vocab = counts, counts.vocab

    def scores(self, context: Sequence[str]) -> np.ndarray:
        """The score of every word of `vocab` after `context`, (v)."""
        padded = (START,) * (self.order - 1) + tuple(tokens("StupidBackoff", context))
        h = padded[len(padded) - self.order + 1 :]
        scores = np.zeros(len(self.vocab))
        for n in range(len(h) + 1):
            counts = self.counts.after(h[n:])
            new = (scores == 0) & (counts > 0)
            scores[new] = self.factor**n * (counts / max(counts.sum(), 1))[new]
        return scores
