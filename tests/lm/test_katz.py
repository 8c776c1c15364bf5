"""Katz against his recursion written out word by word, and what the discounts must fulfil."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.lm.katz import Katz, absolute_discount, katz_discounts
from llm101.lm.ngram import END, START, Counts

corpora = st.lists(st.lists(st.sampled_from("abcd"), max_size=7), min_size=1, max_size=13)
contexts = st.lists(st.sampled_from("abcdx"), max_size=4)


def grams(corpus, n):
    found = Counter()
    for sentence in corpus:
        row = [START] * (n - 1) + list(sentence) + [END]
        found.update(tuple(row[i : i + n]) for i in range(len(row) - n + 1))
    return found


def backoff(tables, ratios, vocab, word, h):
    """p(word | h) by the definition; `tables` and `ratios` by n-gram length from 1."""
    if not (seen := {w: tables[len(h)][(*h, w)] for w in vocab if tables[len(h)][(*h, w)]}):
        return backoff(tables, ratios, vocab, word, h[1:]) if h else 1 / len(vocab)

    def lower(w):
        return backoff(tables, ratios, vocab, w, h[1:]) if h else 1 / len(vocab)

    unseen_mass = sum(lower(w) for w in vocab if w not in seen)
    total = sum(seen.values())
    if unseen_mass == 0:
        return seen.get(word, 0) / total
    ratio = ratios[len(h)]
    if all(c >= len(ratio) for c in seen.values()):
        total += 1
    kept = {w: (ratio[c] if c < len(ratio) else 1) * c / total for w, c in seen.items()}
    return kept[word] if word in kept else (1 - sum(kept.values())) / unseen_mass * lower(word)


@given(corpora, contexts, st.integers(1, 3), st.sampled_from([1, 2, 5]))
def test_it_is_the_recursion(corpus, context, order, cutoff):
    model = Katz(Counts(corpus, order, vocab="x"), cutoff=cutoff)
    tables = [grams(corpus, n) for n in range(1, order + 1)]
    ratios = [katz_discounts(Counter(table.values()), cutoff) for table in tables]
    h = ((START,) * order + tuple(context))[len(context) + 1 :]
    want = [backoff(tables, ratios, model.vocab, w, h) for w in model.vocab]
    np.testing.assert_allclose(model.distribution(context), want, atol=1e-13)


def test_discounts_by_hand():
    """N = 100, 40, 20, 12 and k = 3: A = 4 · 12 / 100; d_1 = (0.8 - A) / (1 - A) and so on."""
    a = 0.48
    want = [1, (0.8 - a) / (1 - a), (3 * 20 / 40 / 2 - a) / (1 - a), (4 * 12 / 20 / 3 - a) / (1 - a)]
    assert katz_discounts({1: 100, 2: 40, 3: 20, 4: 12}, 3).tolist() == pytest.approx(want)


@given(st.lists(st.integers(1, 300), min_size=6, max_size=6).map(lambda n: sorted(n, reverse=True)))
def test_what_is_taken_is_what_good_turing_gives_to_the_unseen(n):
    """Katz's two conditions: Σ N_r (1 - d_r) r = N_1, and 1 - d_r is in proportion to 1 - r*/r."""
    table = dict(enumerate(n, 1))
    d = katz_discounts(table, 5)
    assert ((d > 0) & (d <= 1)).all()
    if d[1:].tolist() == pytest.approx((1 - absolute_discount(table) / np.arange(1, len(d))).tolist()):
        return
    k = len(d) - 1
    assert sum(table[r] * (1 - d[r]) * r for r in range(1, k + 1)) == pytest.approx(table[1])
    shares = [(1 - d[r]) / (1 - (r + 1) * table[r + 1] / table[r] / r) for r in range(1, k + 1) if d[r] < 1 - 1e-9]
    assert shares == pytest.approx([shares[0]] * len(shares))


@pytest.mark.parametrize(
    ("table", "k", "why"),
    [
        ({1: 100, 2: 40, 3: 20, 4: 12, 5: 8, 6: 6}, 5, "as asked"),
        ({1: 100, 2: 40, 3: 20, 4: 12, 5: 8}, 4, "nothing six times"),
        ({1: 100, 2: 40, 3: 20, 4: 12, 5: 30, 6: 25}, 3, "five times is more frequent than four times"),
    ],
)
def test_the_cutoff_goes_down_until_the_discounts_make_sense(table, k, why):
    assert len(katz_discounts(table, 5)) == k + 1, why


def test_without_good_turing_a_constant_is_taken():
    for table in ({1: 6, 2: 10, 3: 10, 4: 6}, {1: 7, 2: 1}):
        d = absolute_discount(table)
        assert katz_discounts(table, 3).tolist() == pytest.approx([1, 1 - d, 1 - d / 2, 1 - d / 3])


@pytest.mark.parametrize(
    ("table", "want"), [({1: 6, 2: 1}, 0.75), ({1: 2, 2: 7}, 0.125), ({1: 5}, 0.5), ({2: 5}, 0.5), ({}, 0.5)]
)
def test_the_absolute_discount(table, want):
    assert absolute_discount(table) == want


def test_a_context_with_large_counts_leaves_something_too():
    model = Katz(Counts([["a", "b"]] * 9 + [["c"], ["d"], ["d"]], 2), cutoff=2)
    assert model.distribution(["a"])[model.index["b"]] == pytest.approx(9 / 10)
    assert model.distribution(["a"]).min() > 0


def test_wrong_arguments():
    with pytest.raises(ValueError, match="cutoff must be at least 1; got 0"):
        Katz(Counts([["a"]], 1), cutoff=0)
