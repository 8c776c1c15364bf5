"""Mixing the estimates of all context lengths, with weights that were learnt on held-out text.

    p(w | h) = λ c(h w) / c(h) + (1 - λ) p(w | h without its first token)

h is the context (the last n - 1 tokens), c a count, v the size of the vocabulary.
Papers: Jelinek and Mercer 1980, "Interpolated estimation of Markov source parameters from sparse data"; the recursive
form is that of Chen and Goodman 1998, Harvard TR-10-98, section 2.3.
"""

from collections.abc import Iterable, Sequence
from typing import final

import numpy as np

from llm101 import expect
from llm101.lm.ngram import Counts, Gram, NGram, ngrams, tokens


@final
class JelinekMercer(NGram):
    """λn c(h w) / c(h) + (1 - λn) p(w | h without its first token), down to 1 / v for n = 0.

    Jelinek and Mercer 1980, in the form of Chen and Goodman 1998. After a context never seen the shorter one decides alone.
    Differs from the paper: one λ for each length n (there one for each class of contexts with similar counts).

    Args:
        counts, order: as for NGram.
        weights: λ1 … λorder, each in [0, 1]; None = 1/2 for all. `learn_weights` finds good ones.

    Raises:
        ValueError: there are not `order` weights, or one is not in [0, 1].

    >>> model = JelinekMercer(Counts([["a", "b"], ["a", "a"]], order=2), weights=[0.5, 0.5])
    >>> model.distribution(["b"]).round(4)   # half of [0, 0, 1], a quarter of [3, 1, 2] / 6, a quarter of 1 / 3
    array([0.2083, 0.125 , 0.6667])
    """

    def __init__(self, counts: Counts, order: int | None = None, *, weights: Sequence[float] | None = None):
        super().__init__(counts, order)
        self.weights = [0.5] * self.order if weights is None else list(weights)
        if len(self.weights) != self.order:
            raise ValueError(
                f"JelinekMercer: weights must be {self.order}, one for each order; got {len(self.weights)}."
            )
        for n, weight in enumerate(self.weights, 1):
            expect.number("JelinekMercer", f"the weight of order {n}", weight, at_least=0, at_most=1)

    def estimate(self, context: Gram) -> np.ndarray:
        v = len(self.vocab)
        shorter = self._cached(context[1:]) if context else np.full(v, 1 / v)
        counts = self.counts.after(context)
        if not counts.any():
            return shorter.copy()
        weight = self.weights[len(context)]
        return weight * counts / counts.sum() + (1 - weight) * shorter


def learn_weights(
    counts: Counts, held_out: Iterable[Sequence[str]], order: int | None = None, *, n_steps: int = 30
) -> list[float]:
    """The λs that make held-out text likely, by EM.

    Which length produced a token is not seen. E step: the probability that it was n, given the token. M step: λn is
    the share of the tokens that stop at n among those that come to n with a context that was seen; one token more of
    either kind is added, for a λ of 1 would make new words impossible. What never falls from step to step is therefore
    log2 p(held-out text) + Σ log2 λn (1 - λn).
    The text must not be the training text: there the longest context is always right, and its λ goes to 1.

    Args:
        counts: of the training text.
        held_out: other sentences, of words in the vocabulary.
        order: as for NGram.
        n_steps: EM steps, starting from 1/2.

    Returns:
        λ1 … λorder.

    Raises:
        ValueError: no sentence is held out.

    >>> counts = Counts([["a", "b"], ["a", "a"]], order=2)
    >>> [round(weight, 2) for weight in learn_weights(counts, [["a", "a"], ["b"]])]
    [0.46, 0.47]
    """
    order = counts.order if order is None else order
    p, seen = likelihoods(counts, held_out, order)  # (order + 1, tokens); length 0 is 1 / v, always seen
    weights = np.array([1.0] + [0.5] * order)
    for _ in range(n_steps):
        stop = weights[:, None] * seen
        passed = np.cumprod(1 - stop[:0:-1], axis=0)[::-1]  # passed[n]: no stop above n
        reach = np.vstack([passed, np.ones_like(p[:1])])
        share = reach * stop * p
        share /= share.sum(0)  # the E step: where did this token stop
        came = np.cumsum(share, axis=0) * seen
        weights[1:] = (share.sum(1)[1:] + 1) / (came.sum(1)[1:] + 2)
    return weights[1:].tolist()


def likelihoods(counts: Counts, held_out: Iterable[Sequence[str]], order: int) -> tuple[np.ndarray, np.ndarray]:
    """c(h w) / c(h) of every held-out token with contexts of every length, and whether that context was seen.

    Returns:
        Two arrays (order + 1, tokens): row n for n-grams of n tokens, row 0 is 1 / v and True.
    """
    grams = [gram for sentence in held_out for gram in ngrams(tokens("learn_weights", sentence), order)]
    if not grams:
        raise ValueError("learn_weights: held_out must hold at least one sentence; got 0.")
    p, seen = np.full((order + 1, len(grams)), 1 / len(counts.vocab)), np.full((order + 1, len(grams)), True)
    for n in range(1, order + 1):
        table = counts.table(n)
        totals = table.totals()
        p[n] = [table.grams.get(g[-n:], 0) / totals.get(g[-n:-1], 1) for g in grams]
        seen[n] = [g[-n:-1] in totals for g in grams]
    return p, seen
