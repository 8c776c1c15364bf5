"""Interpolation against the recursion written out, learnt weights against a search over a grid."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.corpora.stories import stories
from llm101.lm.interpolation import JelinekMercer, learn_weights
from llm101.lm.ngram import END, START, Counts

corpora = st.lists(st.lists(st.sampled_from("abcd"), max_size=7), min_size=1, max_size=11)
contexts = st.lists(st.sampled_from("abcdx"), max_size=4)
TEXT = [story.split() for story in stories(70, seed=5)]
COUNTS = Counts(TEXT[:23], 3, vocab={w for s in TEXT for w in s})
HELD_OUT = TEXT[23:53]


def grams(corpus, n):
    for sentence in corpus:
        row = [START] * (n - 1) + list(sentence) + [END]
        yield from (tuple(row[i : i + n]) for i in range(len(row) - n + 1))


def recursion(corpus, vocab, word, h, weights):
    """The recursion of Chen and Goodman; `weights` by n-gram length."""
    n = len(h) + 1
    shorter = recursion(corpus, vocab, word, h[1:], weights) if h else 1 / len(vocab)
    same = [gram for gram in grams(corpus, n) if gram[:-1] == h]
    if not same:
        return shorter
    return weights[n - 1] * same.count((*h, word)) / len(same) + (1 - weights[n - 1]) * shorter


@given(corpora, contexts, st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_it_is_the_recursion(corpus, context, weights):
    n = len(weights)
    model = JelinekMercer(Counts(corpus, n, vocab="x"), weights=weights)
    h = ((START,) * n + tuple(context))[len(context) + 1 :]
    want = [recursion(corpus, model.vocab, w, h, weights) for w in model.vocab]
    np.testing.assert_allclose(model.distribution(context), want, atol=1e-13)


def test_by_hand():
    model = JelinekMercer(Counts([["a", "b"], ["a", "a"]], 2), weights=[0.6, 0.9])
    unigram = [0.6 * c / 6 + 0.4 / 3 for c in (3, 1, 2)]
    assert model.distribution(["b"]).tolist() == pytest.approx(
        [0.1 * u + 0.9 * c for u, c in zip(unigram, (0, 0, 1), strict=True)]
    )


def objective(weights, order=3):
    """log2 of the held-out text and of one token more of either kind for each weight."""
    n_tokens = sum(len(sentence) + 1 for sentence in HELD_OUT)
    extra = sum(math.log2(weight * (1 - weight)) for weight in weights)
    return extra - n_tokens * JelinekMercer(COUNTS, order, weights=weights).bits(HELD_OUT)


def test_the_objective_rises_with_every_step():
    values = [objective(learn_weights(COUNTS, HELD_OUT, n_steps=n)) for n in range(13)]
    assert all(later >= before - 1e-9 for before, later in itertools.pairwise(values))
    assert values[-1] > values[0] + 100
    assert learn_weights(COUNTS, HELD_OUT, n_steps=0) == [0.5] * 3


def test_no_weights_on_a_grid_are_better():
    weights = learn_weights(COUNTS, HELD_OUT, 2, n_steps=500)
    ticks = np.linspace(0, 1, 22)[1:-1]
    grid = {w: objective(w, 2) for w in itertools.product(ticks, ticks)}
    assert objective(weights, 2) >= max(grid.values())
    assert np.abs(np.array(max(grid, key=grid.get)) - weights).max() <= 1 / 21


def test_a_weight_is_never_one():
    """Here every held-out bigram was seen. With a weight of 1 for bigrams the next new one would be impossible."""
    weights = learn_weights(Counts([["a", "b"], ["b", "a"]], 2), [["a", "b"]] * 50, n_steps=500)
    assert max(weights) < 1
    assert math.isfinite(JelinekMercer(Counts([["a", "b"], ["b", "a"]], 2), weights=weights).bits([["a", "a"]]))


def test_training_text_must_not_be_held_out():
    """On the training text the longest context is always right, and the next text pays for the belief."""
    fooled = learn_weights(COUNTS, TEXT[:23])
    assert fooled[-1] > 0.99
    honest = learn_weights(COUNTS, HELD_OUT)
    bits = [JelinekMercer(COUNTS, weights=w).bits(TEXT[53:]) for w in (fooled, honest)]
    assert bits[1] < bits[0] - 0.05


def test_wrong_arguments():
    with pytest.raises(ValueError, match="weights must be 3, one for each order; got 2"):
        JelinekMercer(COUNTS, weights=[0.5, 0.5])
    with pytest.raises(ValueError, match=r"the weight of order 2 must be a finite number in \[0, 1\]; got 1.5"):
        JelinekMercer(COUNTS, 2, weights=[0.5, 1.5])
    with pytest.raises(ValueError, match="held_out must hold at least one sentence; got 0"):
        learn_weights(COUNTS, [])
    assert math.isfinite(JelinekMercer(COUNTS).bits(HELD_OUT))
