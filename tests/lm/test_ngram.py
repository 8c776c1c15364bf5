"""Counting, against counting by hand and against a slow loop."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.lm.ngram import END, START, Counts, ngrams

corpora = st.lists(st.lists(st.sampled_from("abcd"), max_size=7), min_size=1, max_size=11)
S, E = START, END


def slow_count(corpus, gram):
    """How often `gram` ends at a predicted token, found by sliding a window over each padded sentence."""
    n, found = len(gram), 0
    for sentence in corpus:
        row = [START] * n + list(sentence) + [END]
        found += sum(row[i - n + 1 : i + 1] == list(gram) for i in range(n, len(row)))
    return found


def test_every_token_and_the_end_has_one_ngram():
    assert list(ngrams(["a", "b"], 3)) == [(S, S, "a"), (S, "a", "b"), ("a", "b", E)]
    assert list(ngrams([], 2)) == [(S, E)]
    assert list(ngrams(["a"], 1)) == [("a",), (E,)]


def test_a_tiny_corpus_by_hand():
    counts = Counts([["a", "b"], ["a", "a"], ["b"]], 2, vocab=["z"])
    assert counts.vocab == ["a", "b", "z", E]
    assert counts.n_tokens == 8
    assert counts.after([]).tolist() == [3, 2, 0, 3]
    assert counts.after([S]).tolist() == [2, 1, 0, 0]
    assert counts.after(["a"]).tolist() == [1, 1, 0, 1]
    assert counts.after(["b"]).tolist() == [0, 0, 0, 2]
    assert counts.after(["z"]).tolist() == [0, 0, 0, 0]
    assert counts.table(2).of_counts() == {2: 2, 1: 4}
    assert counts.table(2).totals() == {(S,): 3, ("a",): 3, ("b",): 2}
    assert counts.continuations(1).after(()).tolist() == [
        2,
        2,
        0,
        2,
    ]  # a after START, a; b after START, a; END after a, b


@given(corpora, st.lists(st.sampled_from([S, *"abcd", "x"]), max_size=3))
def test_counts_equal_a_slow_search(corpus, context):
    counts = Counts(corpus, 4)
    want = [slow_count(corpus, (*context, word)) for word in counts.vocab]
    np.testing.assert_array_equal(counts.after(context), want)


@given(corpora, st.integers(1, 3))
def test_longer_ngrams_add_up_to_shorter_ones(corpus, n):
    counts = Counts(corpus, 4)
    sums = Counter()
    for gram, count in counts.table(n + 1).grams.items():
        sums[gram[1:]] += count
    assert sums == counts.table(n).grams
    assert sum(sums.values()) == counts.n_tokens == sum(len(s) + 1 for s in corpus)


@given(corpora, st.integers(1, 3))
def test_continuations_are_different_left_neighbours(corpus, n):
    counts = Counts(corpus, n + 1)
    left = {}
    for sentence in corpus:
        row = [S] * n + list(sentence) + [E]
        for i in range(n, len(row)):
            left.setdefault(tuple(row[i - n + 1 : i + 1]), set()).add(row[i - n])
    assert counts.continuations(n).grams == {gram: len(tokens) for gram, tokens in left.items()}


def test_francisco_continues_one_word_only():
    corpus = [["san", "francisco"]] * 5 + [["red", "hat"], ["old", "hat"]]
    counts = Counts(corpus, 2)
    francisco, hat = counts.vocab.index("francisco"), counts.vocab.index("hat")
    assert counts.after([])[[francisco, hat]].tolist() == [5, 2]
    assert counts.continuations(1).after(())[[francisco, hat]].tolist() == [1, 2]


def test_what_is_unseen():
    counts = Counts([["a", "b", "a"]], 2)
    assert counts.unseen([["a", "b"], ["c"]], 1) == pytest.approx(1 / 5)  # c of a, b, END, c, END
    assert counts.unseen([["a", "b"], ["c"]], 2) == pytest.approx(3 / 5)  # b END, START c, c END
    assert counts.unseen([["a", "b", "a"]], 2) == 0


def test_what_is_handed_out_is_a_copy():
    counts = Counts([["a"]], 1)
    counts.after([])[0] = 7
    assert counts.after([])[0] == 1


def test_sentences_may_come_once():
    assert Counts(iter([["a"], ["b"]]), 3).n_tokens == 4


def test_wrong_arguments():
    with pytest.raises(ValueError, match="at least one sentence; got 0"):
        Counts([], 2)
    with pytest.raises(ValueError, match="order must be at least 1; got 0"):
        Counts([["a"]], 0)
    with pytest.raises(TypeError, match=r"got the string 'a b'. Use 'a b'.split\(\)"):
        Counts(["a b"], 2)
    with pytest.raises(ValueError, match=f"without '{E}', which is added here; got"):
        Counts([["a", E]], 2)
    with pytest.raises(ValueError, match=f"without '{S}'"):
        Counts([["a"]], 2, vocab=[S])
    with pytest.raises(ValueError, match="n must be at most 2; got 3"):
        Counts([["a"]], 2).after(["a", "b"])
    with pytest.raises(ValueError, match="n must be at most 2; got 3"):
        Counts([["a"]], 2).continuations(2)
