"""Words, shingles and their numbers."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.data.dedup import shingles as sh

TEXTS = st.lists(st.sampled_from(["a", "b", "ab", "c", "我", "9"]), max_size=23).map(" ".join)


@given(TEXTS, st.integers(1, 7))
def test_equal_shingles_and_only_they_have_equal_numbers(text, n):
    found = sh.words(text)
    size = min(n, max(len(found), 1))
    windows = [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]
    hashes = sh.shingle_hashes(text, n).tolist()
    assert len(hashes) == len(windows)
    assert set(windows) == sh.shingles(text, n)
    assert len(set(zip(windows, hashes, strict=True))) == len(set(windows)) == len(set(hashes))


def test_windows_do_not_reach_over_a_short_text_but_a_text_is_at_least_one_shingle():
    assert sh.window_hashes(["a", "b"], 3).tolist() == []
    assert sh.shingles("a b", 3) == {("a", "b")}
    assert len(sh.shingle_hashes("a b", 3)) == 1
    assert sh.shingles("...", 3) == set()
    assert len(sh.shingle_hashes("", 3)) == 0


def test_order_counts_and_the_place_in_the_text_does_not():
    assert sh.shingle_hashes("a b", 2) != sh.shingle_hashes("b a", 2)
    assert sh.shingle_hashes("z a b", 2)[1] == sh.shingle_hashes("a b", 2)[0]


def test_case_and_punctuation_do_not_count():
    assert sh.shingle_hashes("To be, OR not!", 2).tolist() == sh.shingle_hashes("to be or not", 2).tolist()


def test_a_chinese_text_without_spaces_has_shingles():
    assert sh.words("我是人。I am") == ["我", "是", "人", "i", "am"]


def test_long_words_and_broken_characters_have_numbers_too():
    assert sh.unit_hash("x" * 33) != sh.unit_hash("x" * 34)
    assert len(sh.shingle_hashes("\ud83d a", 1)) == 1  # half a character is no word
    assert sh.unit_hash("\ud83d") != sh.unit_hash("\ud83e")


def test_numbers_are_the_same_in_every_process():
    code = "from llm101.data.dedup.shingles import shingle_hashes as s; print(s('to be or not', 3).tolist())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{sh.shingle_hashes('to be or not', 3).tolist()}\n"}


def test_mixing_spreads_neighbours_over_all_bits():
    mixed = sh.mix(np.arange(10_007, dtype=np.uint64))
    assert len(np.unique(mixed)) == 10_007
    bits = np.unpackbits(mixed.view(np.uint8)).reshape(-1, 64).mean(0)
    assert abs(bits - 0.5).max() < 5 * 0.5 / np.sqrt(10_007)


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_jaccard_counts_both_and_either(a, b):
    both = sum(x in a and x in b for x in range(10))
    either = sum(x in a or x in b for x in range(10))
    assert sh.jaccard(a, b) == sh.jaccard(b, a) == (both / either if either else 1.0)


def test_errors():
    with pytest.raises(ValueError, match="n must be at least 1; got 0"):
        sh.shingles("a", 0)
    with pytest.raises(ValueError, match="n must be at least 1; got -2"):
        sh.shingle_hashes("a", -2)
    with pytest.raises(TypeError, match="document must be a str; got bytes"):
        sh.words(b"a")
