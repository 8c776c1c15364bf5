"""Good-Turing against the paper's own table, against the formulas, and against a truth that is known: Zipf's law."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.lm.good_turing import GoodTuring, good_turing, simple_good_turing
from llm101.lm.ngram import Counts

counts_of_counts = st.dictionaries(st.integers(1, 30), st.integers(1, 50), min_size=2, max_size=11)

# Gale and Sampson 1995, the "prosody" data, r -> N_r, and what the authors' own programme makes of it.
PROSODY = {
    1: 120, 2: 40, 3: 24, 4: 13, 5: 15, 6: 5, 7: 11, 8: 2, 9: 2, 10: 1, 12: 3, 14: 2, 15: 1, 16: 1, 17: 3, 19: 1, 20: 3,
    21: 2, 23: 3, 24: 3, 25: 3, 26: 2, 27: 2, 28: 1, 31: 2, 32: 2, 33: 1, 34: 2, 36: 2, 41: 3, 43: 1, 45: 3, 46: 1, 47: 1,
    50: 1, 71: 1, 84: 1, 101: 1, 105: 1, 121: 1, 124: 1, 146: 1, 162: 1, 193: 1, 199: 1, 224: 1, 226: 1, 254: 1, 257: 1,
    339: 1, 421: 1, 456: 1, 481: 1, 483: 1, 1140: 1, 1256: 1, 1322: 1, 1530: 1, 2131: 1, 2395: 1, 6925: 1, 7846: 1,
}  # fmt: skip
ADJUSTED = {
    1: 0.7628079, 2: 1.706448, 3: 2.679796, 4: 3.663988, 5: 4.653366, 6: 5.645628, 7: 6.63966, 10: 9.627446,
    12: 11.62182, 28: 27.59639, 50: 49.57351, 193: 192.4472, 1140: 1138.636, 2395: 2392.562, 7846: 7838.899,
}  # fmt: skip


def test_the_fish_of_the_textbook():
    """Jurafsky and Martin: carp 10, perch 3, whitefish 2, and trout, salmon, eel once each; 18 fish."""
    adjusted, p0 = good_turing({10: 1, 3: 1, 2: 1, 1: 3})
    assert p0 == 3 / 18
    assert adjusted == {1: 2 * 1 / 3, 2: 3 * 1 / 1, 3: 0, 10: 0}


@given(st.lists(st.integers(1, 50), min_size=1, max_size=11))
def test_turing_takes_from_the_seen_what_it_gives_to_the_unseen(n):
    """Without gaps Σ N_r r* telescopes to N - N_1."""
    table = dict(enumerate(n, 1))
    adjusted, p0 = good_turing(table)
    total = sum(r * n_r for r, n_r in table.items())
    assert sum(table[r] * adjusted[r] for r in table) / total + p0 == pytest.approx(1, abs=1e-12)


def test_the_prosody_table_of_the_paper():
    adjusted, p0 = simple_good_turing(PROSODY)
    assert sum(r * n for r, n in PROSODY.items()) == 30902
    assert p0 == pytest.approx(0.003883244, abs=1e-9)
    assert {r: adjusted[r] for r in ADJUSTED} == pytest.approx(ADJUSTED, rel=1e-6)


def by_the_book(table, z):
    """The paper, step by step, with numpy's least squares."""
    r = sorted(table)
    total = sum(k * table[k] for k in r)
    averaged = []
    for i, k in enumerate(r):
        q = r[i - 1] if i else 0
        t = r[i + 1] if i + 1 < len(r) else 2 * k - q
        averaged.append(table[k] / (0.5 * (t - q)))
    b, _ = np.polyfit(np.log(r), np.log(averaged), 1)
    line = {k: k * (1 + 1 / k) ** (b + 1) for k in r}
    chosen, switched = {}, False
    for k in r:
        if k + 1 not in table:
            switched = True
        if not switched:
            turing = (k + 1) * table[k + 1] / table[k]
            variance = (k + 1) ** 2 * table[k + 1] / table[k] ** 2 * (1 + table[k + 1] / table[k])
            switched = abs(turing - line[k]) <= z * math.sqrt(variance)
        chosen[k] = line[k] if switched else turing
    seen = sum(table[k] * chosen[k] for k in r)
    p0 = table.get(1, 0) / total
    return {k: (1 - p0) * total * chosen[k] / seen for k in r}, p0


@given(counts_of_counts, st.sampled_from([0.3, 1.65, 1.96]))
def test_simple_good_turing_is_the_paper_step_by_step(table, z):
    adjusted, p0 = simple_good_turing(table, z=z)
    want, want_p0 = by_the_book(table, z)
    assert adjusted == pytest.approx(want, rel=1e-9)
    assert p0 == want_p0
    total = sum(r * n for r, n in table.items())
    assert sum(table[r] * adjusted[r] for r in table) == pytest.approx((1 - p0) * total)


def test_turing_is_kept_where_it_is_sure():
    """N_1 is far above the line through the rest, and so many that this is no chance."""
    table = {1: 100_000, 2: 10_000, 3: 5_000, 4: 3_000, 5: 2_000, 6: 1_400, 7: 1_050, 8: 800, 13: 250, 29: 37}
    turing, line = simple_good_turing(table, z=0)[0], simple_good_turing(table, z=1e9)[0]
    plain = good_turing(table)[0]
    assert turing[1] / turing[2] == pytest.approx(plain[1] / plain[2])
    assert line[1] / line[2] > 1.5 * plain[1] / plain[2]


def zipf_sample(seed, n_types=20_000, n=30_000):
    """What was drawn from a Zipf distribution, and the true probability of all that was not."""
    p = 1 / np.arange(1, n_types + 1)
    p /= p.sum()
    counts = np.random.default_rng(seed).multinomial(n, p)
    return counts, p


def test_the_unseen_mass_is_that_of_the_truth():
    """Seven samples: N_1 / N is 0.99 of the true mass of what was not drawn, with a standard deviation of 0.01."""
    for seed in range(7):
        counts, p = zipf_sample(seed)
        _, p0 = good_turing(Counter(counts[counts > 0].tolist()))
        assert p0 == pytest.approx(p[counts == 0].sum(), rel=0.05)
        assert 0.1 < p0 < 0.2


def test_adjusted_counts_are_those_of_the_truth():
    """What was seen r times has on average the true probability r* / N; r / N is far too much for r = 1 and 2."""
    true, adjusted = [], []
    for seed in range(7):
        counts, p = zipf_sample(seed)
        of_counts = Counter(counts[counts > 0].tolist())
        true.append([p[counts == r].mean() * counts.sum() for r in (1, 2, 3, 5, 7)])
        adjusted.append([simple_good_turing(of_counts)[0][r] for r in (1, 2, 3, 5, 7)])
    np.testing.assert_allclose(np.mean(adjusted, axis=0), np.mean(true, axis=0), rtol=0.1)
    assert np.mean(true, axis=0)[0] < 0.6
    assert np.mean(true, axis=0)[1] < 1.2


def test_the_model_is_in_proportion_to_the_adjusted_counts():
    corpus = [["a", "b"], ["a", "a"], ["b", "a", "a"], ["c"]]
    model = GoodTuring(Counts(corpus, 2))
    grams = Counter()
    for sentence in corpus:
        row = ["<start>", *sentence, "<end>"]
        grams.update(pairwise(row))
    adjusted, p0 = simple_good_turing(Counter(grams.values()))
    n_possible = 4 * 4  # START, a, b, c before a, b, c, END
    unseen = p0 * grams.total() / (n_possible - len(grams))
    for context in ("<start>", "a", "b", "c"):
        weights = [adjusted.get(grams[context, word], unseen) for word in model.vocab]
        got = model.distribution([context] if context != "<start>" else [])
        np.testing.assert_allclose(got, np.array(weights) / sum(weights), atol=1e-14)
    assert model.distribution(["x"]).tolist() == [0.25] * 4


def test_wrong_arguments():
    with pytest.raises(ValueError, match="at least one count; got 0"):
        good_turing({})
    with pytest.raises(ValueError, match="r must be at least 1; got 0"):
        good_turing({0: 3})
    with pytest.raises(ValueError, match="N_2 must be at least 1; got 0"):
        good_turing({1: 3, 2: 0})
    with pytest.raises(ValueError, match="at least 2 different counts; got 1"):
        simple_good_turing({3: 7})
    with pytest.raises(ValueError, match="at least 2 different counts; got 1"):
        GoodTuring(Counts([["a", "b"]], 2))
