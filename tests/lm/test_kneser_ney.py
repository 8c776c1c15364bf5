"""Kneser-Ney against the papers' formulas written out, with sets of neighbours instead of tables."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.corpora.stories import stories
from llm101.lm.kneser_ney import KneserNey, three_discounts
from llm101.lm.ngram import END, START, Counts
from llm101.lm.smoothing import AddK

corpora = st.lists(st.lists(st.sampled_from("abcd"), max_size=7), min_size=1, max_size=13)
contexts = st.lists(st.sampled_from("abcdx"), max_size=4)


class ByDefinition:
    """Chen and Goodman's interpolated formula: plain counts for the longest n-grams, N1+ counts below them."""

    def __init__(self, corpus, order, vocab, modified):
        self.order, self.vocab = order, vocab
        rows = [[START] * order + list(sentence) + [END] for sentence in corpus]
        self.plain = Counter(tuple(row[i - order + 1 : i + 1]) for row in rows for i in range(order, len(row)))
        self.left = {}
        for row in rows:
            for i in range(order, len(row)):
                for n in range(1, order):
                    self.left.setdefault(tuple(row[i - n + 1 : i + 1]), set()).add(row[i - n])
        self.taken = {n: self.discounts(n, modified) for n in range(1, order + 1)}

    def count(self, gram):
        return self.plain[gram] if len(gram) == self.order else len(self.left.get(gram, ()))

    def discounts(self, n, modified):
        values = self.plain.values() if n == self.order else [len(x) for g, x in self.left.items() if len(g) == n]
        n1, n2, n3, n4 = (sum(value == r for value in values) for r in (1, 2, 3, 4))
        y = n1 / (n1 + 2 * n2) if n1 and n2 else 0.5
        if modified and n1 and n2 and n3 and n4:
            d = {1: 1 - 2 * y * n2 / n1, 2: 2 - 3 * y * n3 / n2, 3: 3 - 4 * y * n4 / n3}
            if all(0 <= d[r] <= r for r in d):
                return d
        return {1: y, 2: y, 3: y}

    def p(self, word, h):
        lower = self.p(word, h[1:]) if h else 1 / len(self.vocab)
        total = sum(self.count((*h, w)) for w in self.vocab)
        if total == 0:
            return lower
        d, c = self.taken[len(h) + 1], self.count((*h, word))
        n = [sum(min(self.count((*h, w)), 3) == r for w in self.vocab) for r in (1, 2, 3)]
        gamma = sum(d[r] * n[r - 1] for r in (1, 2, 3)) / total
        return (c - (d[min(c, 3)] if c else 0)) / total + gamma * lower


@pytest.mark.parametrize("modified", [False, True])
@given(corpus=corpora, context=contexts, order=st.integers(1, 4))
def test_it_is_the_formula(modified, corpus, context, order):
    model = KneserNey(Counts(corpus, order, vocab="x"), modified=modified)
    slow = ByDefinition(corpus, order, model.vocab, modified)
    h = ((START,) * order + tuple(context))[len(context) + 1 :]
    np.testing.assert_allclose(model.distribution(context), [slow.p(w, h) for w in model.vocab], atol=1e-13)


@pytest.mark.parametrize("modified", [False, True])
def test_it_is_the_formula_on_a_real_text(modified):
    """Enough text that every discount has counts behind it."""
    corpus = [story.split() for story in stories(60)]
    model = KneserNey(Counts(corpus, 4), modified=modified)
    slow = ByDefinition(corpus, 4, model.vocab, modified)
    if modified:
        assert len(set(model.discounts[3].tolist())) == 4
    for story in corpus[:3]:
        for i in range(0, len(story), 5):
            h = ((START,) * 4 + tuple(story[:i]))[i + 1 :]
            p = model.distribution(story[:i])
            for word in model.vocab[::7]:
                assert p[model.index[word]] == pytest.approx(slow.p(word, h), abs=1e-13)


def test_by_hand():
    """Bigrams START a 2, a a 1, a b 1, a END 1, b END 1: D = 4 / (4 + 2 · 1). Left neighbours: a 2, b 1, END 2; D = 1 / 5."""
    model = KneserNey(Counts([["a", "b"], ["a", "a"]], 2))
    unigram = {"a": (2 - 0.2 + 0.6 / 3) / 5, "b": (1 - 0.2 + 0.6 / 3) / 5, END: (2 - 0.2 + 0.6 / 3) / 5}
    d = 2 / 3
    assert model.distribution(["b"]).tolist() == pytest.approx(
        [d * unigram["a"], d * unigram["b"], 1 - d + d * unigram[END]]
    )
    assert model.distribution([]).tolist() == pytest.approx([1 - d / 2 + d / 2 * 0.4, d / 2 * 0.2, d / 2 * 0.4])


def test_the_word_with_one_neighbour_is_not_expected_elsewhere():
    """`francisco` is the most frequent word, and after a new context less likely than one seen twice in two places."""
    corpus = [["san", "francisco"]] * 7 + [["red", "hat"], ["old", "hat"], ["a", "b"], ["b", "a"]]
    counts = Counts(corpus, 2, vocab=["new"])
    kneser_ney, add_k = KneserNey(counts), AddK(counts, 1)
    assert kneser_ney.probability("hat", ["new"]) > kneser_ney.probability("francisco", ["new"])
    assert add_k.probability("hat", ["new"]) < add_k.probability("francisco", ["new"])
    assert kneser_ney.probability("francisco", ["san"]) > 0.8


@pytest.mark.parametrize(
    ("table", "want"),
    [
        ({1: 100, 2: 40, 3: 20, 4: 12}, (5 / 9, 2 - 3 * 5 / 9 * 0.5, 3 - 4 * 5 / 9 * 0.6)),
        ({1: 100, 2: 40, 3: 20}, (5 / 9,) * 3),  # nothing four times
        ({1: 100, 2: 40, 3: 90, 4: 12}, (5 / 9,) * 3),  # D_2 would be below 0
        ({1: 7}, (0.5,) * 3),
    ],
)
def test_the_three_discounts(table, want):
    assert three_discounts(table) == pytest.approx(want)
