"""Fast training against the naive loop, and the counts it starts from."""

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.corpora import pydocs
from llm101.tokenizers.bpe_train import byte_ids, count_words, learn_merges, learn_merges_naive, replace_pair
from llm101.tokenizers.patterns import GPT4_PATTERN

WORDS = st.dictionaries(st.text("ab", min_size=1, max_size=13), st.integers(1, 5), min_size=1, max_size=7)


@settings(max_examples=300, deadline=None)
@given(WORDS, st.integers(1, 3))
def test_fast_equals_naive_where_ties_and_overlaps_abound(words, min_frequency):
    assert learn_merges(words, 30, min_frequency=min_frequency) == learn_merges_naive(
        words, 30, min_frequency=min_frequency
    )


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=7), st.integers(1, 5), min_size=1, max_size=7))
def test_fast_equals_naive_on_any_text(words):
    assert learn_merges(words, 30) == learn_merges_naive(words, 30)


def test_fast_equals_naive_on_python_sources():
    words = count_words(pydocs.sources(30_000))
    assert learn_merges(words, 150) == learn_merges_naive(words, 150)


def test_byte_ids_are_in_the_order_of_gpt2():
    assert byte_ids("!~ é\n") == [0, 93, 220, 127, 102, 198]


def test_count_words_joins_texts_and_repairs_half_characters():
    assert count_words(["a b", " b\ud83d", ""]) == Counter({" b": 2, "a": 1, "\ufffd": 1})


def test_count_words_uses_the_pattern():
    assert count_words(["12345"], GPT4_PATTERN) == Counter({"123": 1, "45": 1})


def test_replace_pair_goes_from_left_to_right():
    assert replace_pair([2, 2, 2, 2, 2, 3], (2, 2), 256) == [256, 256, 2, 3]
    assert replace_pair([], (2, 2), 256) == []


def test_of_equal_counts_the_smaller_ids_win():
    assert learn_merges({"ba": 1, "ab": 1, "bc": 1}, 3) == [(64, 65), (65, 64), (65, 66)]


@pytest.mark.parametrize("n_merges", [0, 1, 100])
def test_no_more_merges_than_asked_and_than_there_are_pairs(n_merges):
    assert len(learn_merges({"abcd": 2}, n_merges)) == min(n_merges, 3)


def test_a_word_of_a_million_letters_is_learnt_in_bounded_time():
    start = time.process_time()
    merges = learn_merges({"a" * 1_000_000: 1}, 40)
    assert time.process_time() - start < 10
    assert merges[:3] == [(64, 64), (256, 256), (257, 257)]
    assert len(merges) == 25  # the word is 500,000 twos, 250,000 fours, ..., and at last one token
