"""The textbook example, and that learning and applying agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.tokenizers.classic import apply_bpe, count_pairs, learn_bpe, merge

FOUR_WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}


def test_the_four_words():
    merges, states = learn_bpe(FOUR_WORDS, 10)
    assert merges == [
        ("e", "s"),  # 9
        ("es", "t"),  # 9
        ("est", "</w>"),  # 9
        ("l", "o"),  # 7
        ("lo", "w"),  # 7
        ("e", "w"),  # 6, and so on; of equal counts the first in the alphabet
        ("ew", "est</w>"),
        ("n", "ewest</w>"),
        ("low", "</w>"),  # 5
        ("d", "est</w>"),  # 3
    ]
    assert len(states) == 11
    assert states[0]["low"] == ("l", "o", "w", "</w>")
    assert states[5]["lower"] == ("low", "e", "r", "</w>")
    assert states[-1]["newest"] == ("newest</w>",)


def test_the_counts_of_the_first_round():
    pairs = count_pairs(learn_bpe(FOUR_WORDS, 0)[1][0], FOUR_WORDS)
    assert (pairs["e", "s"], pairs["l", "o"], pairs["w", "e"], pairs["r", "</w>"]) == (9, 7, 8, 2)


def test_a_new_word_is_spelled_with_old_symbols():
    merges, _ = learn_bpe(FOUR_WORDS, 5)
    assert apply_bpe("lowest", merges) == ("low", "est</w>")
    assert apply_bpe("xylo", merges) == ("x", "y", "lo", "</w>")


def test_learning_stops_when_no_pair_is_left():
    merges, states = learn_bpe({"ab": 1}, 100)
    assert merges == [("a", "b"), ("ab", "</w>")]
    assert states[-1] == {"ab": ("ab</w>",)}


def test_merge_goes_from_left_to_right():
    assert merge("aaaaa", ("a", "a")) == ("aa", "aa", "a")
    assert merge((), ("a", "a")) == ()


@given(st.dictionaries(st.text("abc", min_size=1, max_size=8), st.integers(1, 5), min_size=1, max_size=5))
def test_applying_the_merges_gives_the_last_state(word_counts):
    merges, states = learn_bpe(word_counts, 12)
    assert states[-1] == {word: apply_bpe(word, merges) for word in word_counts}
    assert all("".join(symbols) == word + "</w>" for word, symbols in states[-1].items())


def test_no_words():
    with pytest.raises(ValueError, match="word_counts must hold at least one word; got none"):
        learn_bpe({}, 3)


def test_a_negative_number_of_merges():
    with pytest.raises(ValueError, match="n_merges must be at least 0; got -1"):
        learn_bpe({"a": 1}, -1)
