"""Add-k and maximum likelihood against their formulas; stupid backoff against a recursion, and no distribution."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.lm.ngram import END, START, Counts
from llm101.lm.smoothing import AddK, MaximumLikelihood, StupidBackoff

corpora = st.lists(st.lists(st.sampled_from("abcd"), max_size=7), min_size=1, max_size=11)
contexts = st.lists(st.sampled_from("abcdx"), max_size=4)
CORPUS = [["a", "b"], ["a", "a"], ["b"]]


def count(corpus, gram):
    """Windows of the padded sentences that equal `gram`."""
    n, found = len(gram), 0
    for sentence in corpus:
        row = [START] * n + list(sentence) + [END]
        found += sum(tuple(row[i - n + 1 : i + 1]) == tuple(gram) for i in range(n, len(row)))
    return found


def last(context, order):
    return ((START,) * order + tuple(context))[len(context) + 1 :]


def test_maximum_likelihood_by_hand():
    model = MaximumLikelihood(Counts(CORPUS, 2))
    assert model.distribution([]).tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert model.distribution(["b"]).tolist() == [0, 0, 1]
    assert model.distribution(["x"]).tolist() == pytest.approx([3 / 8, 2 / 8, 3 / 8])  # never seen: the unigrams
    assert model.bits([["a", "b"]]) == pytest.approx(-(math.log2(2 / 3) + math.log2(1 / 3)) / 3)
    assert model.bits([["b", "a"]]) == model.perplexity([["b", "a"]]) == math.inf


def test_add_k_by_hand():
    model = AddK(Counts(CORPUS, 2, vocab=["z"]), k=0.5)
    assert model.distribution(["b"]).tolist() == pytest.approx([0.5 / 4, 0.5 / 4, 0.5 / 4, 2.5 / 4])
    assert model.distribution(["x"]).tolist() == [0.25] * 4


@given(corpora, contexts, st.integers(1, 3), st.sampled_from([0.01, 0.7, 3.0]))
def test_add_k_is_its_formula(corpus, context, order, k):
    model = AddK(Counts(corpus, order, vocab="x"), k=k)
    h = last(context, order)
    total = sum(count(corpus, (*h, w)) for w in model.vocab)
    want = [(count(corpus, (*h, w)) + k) / (total + k * len(model.vocab)) for w in model.vocab]
    np.testing.assert_allclose(model.distribution(context), want, atol=1e-14)


@given(corpora, contexts, st.integers(1, 3))
def test_maximum_likelihood_is_its_formula(corpus, context, order):
    model, h = MaximumLikelihood(Counts(corpus, order)), last(context, order)
    while sum(count(corpus, (*h, w)) for w in model.vocab) == 0:
        h = h[1:]
    total = sum(count(corpus, (*h, w)) for w in model.vocab)
    np.testing.assert_allclose(model.distribution(context), [count(corpus, (*h, w)) / total for w in model.vocab])


def brants(corpus, vocab, word, h, factor):
    """S(w | h) as Brants et al. 2007 have it."""
    if count(corpus, (*h, word)) > 0:
        return count(corpus, (*h, word)) / sum(count(corpus, (*h, w)) for w in vocab)
    return factor * brants(corpus, vocab, word, h[1:], factor) if h else 0.0


@given(corpora, contexts, st.integers(1, 3), st.sampled_from([0.4, 1.0]))
def test_stupid_backoff_is_its_formula(corpus, context, order, factor):
    model, h = StupidBackoff(Counts(corpus, order, vocab="x"), factor=factor), last(context, order)
    want = [brants(corpus, model.vocab, w, h, factor) for w in model.vocab]
    np.testing.assert_allclose(model.scores(context), want, atol=1e-14)


def test_stupid_backoff_is_no_distribution():
    model = StupidBackoff(Counts(CORPUS, 2))
    assert model.scores(["b"]).sum() == pytest.approx(1 + 0.4 * (3 + 2) / 8)
    assert not hasattr(model, "bits")
    assert not hasattr(model, "distribution")


def test_wrong_arguments():
    counts = Counts(CORPUS, 2)
    with pytest.raises(ValueError, match="k must be above 0; got 0"):
        AddK(counts, k=0)
    with pytest.raises(ValueError, match=r"k must be a finite number in \[0, inf\]; got -1"):
        AddK(counts, k=-1)
    with pytest.raises(ValueError, match=r"factor must be a finite number in \[0, 1\]; got 1.5"):
        StupidBackoff(counts, factor=1.5)
    with pytest.raises(ValueError, match="order must be at most 2; got 3"):
        StupidBackoff(counts, 3)
    with pytest.raises(TypeError, match="got the string 'b'"):
        StupidBackoff(counts).scores("b")
