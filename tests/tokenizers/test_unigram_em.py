"""EM against lattice.py, against what is provable about it, and pruning against recounting."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.tokenizers import lattice, unigram_em
from llm101.tokenizers.seeds import seed_pieces

corpora = st.dictionaries(st.text("abcd", min_size=1, max_size=11), st.integers(1, 30), min_size=1, max_size=13)


def start(words, limit=10**6):
    seeds = seed_pieces(words, longest=7, limit=limit)
    counts = np.array([n * len(piece) for piece, n in seeds.items()], dtype=float)
    return list(seeds), unigram_em.m_step(counts)


@given(corpora)
@settings(deadline=None)
def test_one_e_step_equals_the_written_out_passes_word_by_word(words):
    pieces, scores = start(words)
    score_of = dict(zip(pieces, scores, strict=True))
    total, mean = 0.0, Counter()
    for word, n in words.items():
        lat = list(lattice.edges(word, score_of, longest=7))
        total += n * lattice.forward(lat)[-1]
        for piece, count in lattice.expected(word, lat).items():
            mean[piece] += n * count
    log_likelihood, counts = unigram_em.Lattices(words, pieces).expected(scores)
    assert log_likelihood == pytest.approx(total, rel=1e-12)
    assert dict(zip(pieces, counts, strict=True)) == pytest.approx({p: mean[p] for p in pieces}, abs=1e-9)


@given(corpora, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_keeping_some_pieces_equals_starting_with_them(words, rng):
    pieces, scores = start(words)
    kept = np.array([len(piece) == 1 or rng.random() < 0.5 for piece in pieces])
    some = unigram_em.Lattices(words, pieces)
    some.keep(kept)
    fresh = unigram_em.Lattices(words, [p for p, k in zip(pieces, kept, strict=True) if k])
    for a, b in zip(some.expected(scores[kept]), fresh.expected(scores[kept]), strict=True):
        assert a == pytest.approx(b, rel=1e-12)


@given(corpora)
@settings(max_examples=50, deadline=None)
def test_the_log_likelihood_never_falls(words):
    pieces, scores = start(words)
    lattices, path = unigram_em.Lattices(words, pieces), []
    for _ in range(23):
        log_likelihood, counts = lattices.expected(scores)
        scores = unigram_em.m_step(counts)
        path.append(log_likelihood)
    assert all(after >= before - 1e-9 * abs(before) for before, after in pairwise(path))
    assert path[-1] <= 0


def test_em_climbs_by_the_amount_worked_out_by_hand():
    """One word `ab`, p(a) = p(b) = p(ab) = 1/3: cuts 1/9 and 1/3, so counts 1/4, 1/4, 3/4 and p = 1/5, 1/5, 3/5."""
    lattices = unigram_em.Lattices({"ab": 1}, ["a", "b", "ab"])
    log_likelihood, counts = lattices.expected(np.log([1 / 3, 1 / 3, 1 / 3]))
    assert log_likelihood == pytest.approx(math.log(4 / 9))
    assert counts == pytest.approx([1 / 4, 1 / 4, 3 / 4])
    assert np.exp(unigram_em.m_step(counts)) == pytest.approx([1 / 5, 1 / 5, 3 / 5])


def test_the_m_step_is_the_best_distribution_above_the_floor():
    counts = np.array([5.0, 0.0, 3.0, 1e-20, 2.0])
    p = np.exp(unigram_em.m_step(counts))
    assert p.sum() == pytest.approx(1, abs=1e-15)
    assert p[[1, 3]] == pytest.approx([unigram_em.FLOOR] * 2)
    assert p[[0, 2, 4]] == pytest.approx([0.5, 0.3, 0.2])


def complete_log_likelihood(counts):
    """Σ c log(c / S): the log-likelihood of pieces with these counts under their own frequencies."""
    total = sum(counts.values())
    return sum(c * math.log(c / total) for c in counts.values() if c > 0)


@given(corpora)
@settings(deadline=None)
def test_a_loss_equals_recounting_with_every_use_of_the_piece_written_the_other_way(words):
    pieces, scores = start(words)
    _, counts = unigram_em.Lattices(words, pieces).expected(scores)
    before = Counter(dict(zip(pieces, counts.tolist(), strict=True)))
    score_of = dict(zip(pieces, scores.tolist(), strict=True))
    lost = unigram_em.losses(pieces, scores, counts)
    assert {pieces[n] for n in lost} == {piece for piece in pieces if len(piece) > 1}
    for n, loss in lost.items():
        rest = {p: s for p, s in score_of.items() if p != pieces[n]}
        stations, _ = lattice.viterbi(lattice.edges(pieces[n], rest, longest=7))
        after = before.copy()
        del after[pieces[n]]
        for a, b in pairwise(stations):
            after[pieces[n][a:b]] += before[pieces[n]]
        assert loss == pytest.approx(complete_log_likelihood(before) - complete_log_likelihood(after), abs=1e-6)


WORDS = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5, "puns": 3, "hugging": 7, "punning": 2, "sunning": 11}


def test_training_prunes_the_least_loss_first_and_never_a_character():
    seeds = seed_pieces(WORDS, longest=16, limit=100)
    n_chars = len(set("".join(WORDS)))
    steps = list(unigram_em.learn(WORDS, seeds, n_chars + 5, shrinking=0.75, em_steps=2))
    assert [s.n_pieces for s in steps[::2]] == [s.n_pieces for s in steps[1::2]]
    assert steps[0].n_pieces == len(seeds)
    assert len(steps[-1].scores) == steps[-1].n_pieces == n_chars + 5
    for now, later in pairwise(steps[1::2]):
        assert later.n_pieces == max(n_chars + 5, int(0.75 * now.n_pieces)) == now.n_pieces - len(now.pruned)
        losses = [loss for _, loss in now.pruned]
        assert losses == sorted(losses)
        assert set(now.scores) - set(later.scores) == {piece for piece, _ in now.pruned}
        assert all(len(piece) > 1 for piece, _ in now.pruned)
    assert all(not step.pruned for step in steps[::2])
    assert all(b.log_likelihood >= a.log_likelihood for a, b in zip(steps[::2], steps[1::2], strict=True))


def test_what_is_pruned_costs_less_than_what_is_kept():
    """The point of the loss: refit without the pruned pieces, and without as many others, and compare."""
    seeds = seed_pieces(WORDS, longest=16, limit=100)
    pieces, scores = start(WORDS)
    for _ in range(2):
        _, counts = unigram_em.Lattices(WORDS, pieces).expected(scores)
        scores = unigram_em.m_step(counts)
    lost = unigram_em.losses(pieces, scores, counts)
    order = sorted(lost, key=lost.__getitem__)

    def refitted(without):
        kept = np.array([n not in without for n in range(len(pieces))])
        lattices = unigram_em.Lattices(WORDS, [p for p, k in zip(pieces, kept, strict=True) if k])
        s = unigram_em.m_step(np.exp(scores[kept]))
        for _ in range(50):
            log_likelihood, c = lattices.expected(s)
            s = unigram_em.m_step(c)
        return log_likelihood

    rng, few = np.random.default_rng(7), len(order) // 4
    assert len(seeds) > 30
    best = refitted(set(order[:few]))
    others = [refitted(set(rng.choice(order, few, replace=False).tolist())) for _ in range(30)]
    assert best >= max(others) - 1e-6
    assert refitted(set(order[-few:])) < best - 10
