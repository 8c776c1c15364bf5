"""The words, the alphabet and the seeds of Unigram's training."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.tokenizers import seeds
from llm101.tokenizers.patterns import GPT2_PATTERN


@given(st.dictionaries(st.text("abc", min_size=1, max_size=9), st.integers(1, 3), min_size=1, max_size=7))
@settings(deadline=None)
def test_seeds_are_all_characters_and_the_substrings_that_occur_twice(words):
    counts = Counter()
    for word, n in words.items():
        for i in range(len(word)):
            for j in range(i + 1, min(len(word), i + 5) + 1):
                counts[word[i:j]] += n
    expected = {s: n for s, n in counts.items() if len(s) == 1 or n >= 2}
    assert seeds.seed_pieces(words, longest=5, limit=10**6) == expected


def test_a_limit_keeps_every_character_and_the_largest_count_times_length():
    found = seeds.seed_pieces({"abcab": 3, "xyz": 2}, longest=5, limit=8)
    assert found == {"a": 6, "b": 6, "c": 3, "x": 2, "y": 2, "z": 2, "abcab": 3, "ab": 6}


def test_a_reserved_name_is_no_seed():
    assert "<s>" in seeds.seed_pieces({"<s>": 9}, longest=5, limit=99)
    assert "<s>" not in seeds.seed_pieces({"<s>": 9}, longest=5, limit=99, reserved=["<s>"])


def test_words_are_pre_tokens_with_a_space_in_front_of_the_text():
    assert seeds.training_words(["to be to be", "to be"], GPT2_PATTERN, 1.0) == {" to": 3, " be": 3}


def test_rare_characters_and_a_literal_block_cut_the_words():
    text = "abcab" * 11 + "!"
    assert seeds.training_words(["xy▁yx"], ".+", 1.0) == {" xy": 1, "yx": 1}
    assert seeds.training_words([text], "(?s).+", 0.97) == {" " + text[:-1]: 1}  # 56 of 57 characters, and one for `!`
    assert seeds.alphabet_of({"aaab": 1}, 0.75) == {"a"}
    assert seeds.alphabet_of({"aaab": 1}, 0.76) == {"a", "b"}


def test_a_very_long_word_is_cut():
    words = seeds.training_words(["x" * 600], "(?s).+", 1.0)
    assert dict(words) == {" " + "x" * 255: 1, "x" * 256: 1, "x" * 89: 1}
    with pytest.raises(ValueError, match="at least one character"):
        seeds.training_words(["", ""], GPT2_PATTERN, 1.0)
