"""Every pass over the lattice against the list of all cuts."""

import math
import random
from collections import Counter
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.tokenizers import lattice

UNKNOWN = -13.7


def all_cuts(text, scores, unknown=UNKNOWN):
    """[(pieces, score)] of every way to cut `text`, found by trying all 2^(n-1) subsets of borders."""
    found = []
    for n_borders in range(len(text)):
        for borders in combinations(range(1, len(text)), n_borders):
            pieces = [text[a:b] for a, b in pairwise([0, *borders, len(text)])]
            each = [scores.get(piece, unknown if len(piece) == 1 else None) for piece in pieces]
            if None not in each:
                found.append((pieces, sum(each)))
    return found


def cut(text, stations):
    return [text[a:b] for a, b in pairwise(stations)]


@st.composite
def models(draw):
    """A text of up to 8 letters and a vocabulary of some of its substrings; some letters may be unknown."""
    text = draw(st.text("abc", min_size=1, max_size=8))
    substrings = sorted({text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)})
    chosen = draw(st.lists(st.sampled_from(substrings), unique=True))
    return text, {piece: draw(st.floats(-9, -0.1)) for piece in chosen}


def edges(text, scores):
    return list(lattice.edges(text, scores, longest=max(map(len, scores), default=1), unknown=UNKNOWN))


@given(models())
@settings(deadline=None)
def test_viterbi_is_the_best_of_all_cuts(model):
    text, scores = model
    stations, score = lattice.viterbi(edges(text, scores))
    ways = all_cuts(text, scores)
    assert score == pytest.approx(max(s for _, s in ways), abs=1e-9)
    assert {tuple(p): s for p, s in ways}[tuple(cut(text, stations))] == pytest.approx(score, abs=1e-9)


def test_of_two_equal_cuts_viterbi_takes_the_longer_last_piece():
    scores = dict.fromkeys(["a", "aa"], -1.0)
    assert lattice.viterbi(edges("aaa", scores))[0] == [0, 1, 3]


@given(models(), st.integers(1, 200))
@settings(deadline=None)
def test_n_best_are_the_first_n_of_all_cuts_sorted(model, n):
    text, scores = model
    found = lattice.n_best(edges(text, scores), n)
    ways = all_cuts(text, scores)
    assert [s for _, s in found] == pytest.approx(sorted((s for _, s in ways), reverse=True)[:n], abs=1e-9)
    score_of = {tuple(pieces): s for pieces, s in ways}
    cuts = [tuple(cut(text, stations)) for stations, _ in found]
    assert len(set(cuts)) == len(cuts)
    assert [score_of[pieces] for pieces in cuts] == pytest.approx([s for _, s in found], abs=1e-9)


@given(models())
@settings(deadline=None)
def test_forward_and_backward_sum_all_cuts(model):
    text, scores = model
    total = math.log(sum(math.exp(s) for _, s in all_cuts(text, scores)))
    assert lattice.forward(edges(text, scores))[-1] == pytest.approx(total, abs=1e-9)
    assert lattice.backward(edges(text, scores))[0] == pytest.approx(total, abs=1e-9)


@given(models())
@settings(deadline=None)
def test_expected_counts_are_averages_over_all_cuts(model):
    text, scores = model
    ways = all_cuts(text, scores)
    total, mean = sum(math.exp(s) for _, s in ways), Counter()
    for pieces, s in ways:
        for piece in pieces:
            mean[piece] += math.exp(s) / total
    found = lattice.expected(text, edges(text, scores))
    assert {p: c for p, c in found.items() if c > 1e-9} == pytest.approx({p: c for p, c in mean.items() if c > 1e-9})


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0, 2.5])
def test_samples_come_as_often_as_their_probability_says(alpha):
    """Chi-square against the exact posterior: 15 degrees of freedom, 44.3 is passed once in 10,000 times."""
    text, scores = "abcab", {"a": -2.0, "b": -1.5, "c": -3.0, "ab": -2.2, "bc": -4.0, "abc": -4.9, "ca": -4.1}
    weight = {tuple(pieces): math.exp(alpha * s) for pieces, s in all_cuts(text, scores)}
    n, rng, lat = 20_000, random.Random(5), edges(text, scores)
    drawn = Counter(tuple(cut(text, lattice.sample(lat, rng, alpha=alpha))) for _ in range(n))
    assert set(drawn) <= set(weight)
    assert len(weight) <= 16
    expected = {pieces: n * w / sum(weight.values()) for pieces, w in weight.items()}
    assert sum((drawn[p] - e) ** 2 / e for p, e in expected.items()) < 44.3


def test_a_long_text_does_not_underflow():
    lat = edges("ab" * 3_000, {"a": -5.0, "b": -7.0, "ab": -11.0})
    assert lattice.forward(lat)[-1] == pytest.approx(3_000 * math.log(math.exp(-12) + math.exp(-11)))


def test_without_a_score_for_unknown_characters_there_is_no_cut():
    assert lattice.forward(lattice.edges("ax", {"a": -1.0}, longest=1))[-1] == -math.inf
