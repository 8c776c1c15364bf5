"""The two ways to apply merges against each other and against the rule written out."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.tokenizers import bpe_encode
from llm101.tokenizers.bpe_encode import WordCache, merge_long, merge_short
from llm101.tokenizers.bpe_train import byte_ids, learn_merges, replace_pair

MERGES = learn_merges({"abababab": 3, "aaaaaaa": 2, "abcabc": 5, "bcbca": 2}, 23)
RANKS = {pair: rank for rank, pair in enumerate(MERGES)}
NEW_IDS = [256 + rank for rank in range(len(MERGES))]


def by_the_rule(ids):
    """Replay all merges in their order, as training did."""
    for pair, new_id in zip(MERGES, NEW_IDS, strict=True):
        ids = replace_pair(ids, pair, new_id)
    return ids


@settings(max_examples=500, deadline=None)
@given(st.text("abc", max_size=50))
def test_short_and_long_follow_the_rule(word):
    expected = by_the_rule(byte_ids(word))
    assert merge_short(byte_ids(word), RANKS, NEW_IDS) == expected
    assert merge_long(byte_ids(word), RANKS, NEW_IDS) == expected


@pytest.mark.parametrize("length", [0, 1, 2, 3, 1_000, 5_003])
def test_short_and_long_agree_on_long_words(length):
    rng = random.Random(length)
    for word in ("a" * length, "ab" * (length // 2), "".join(rng.choices("abc", k=length))):
        assert merge_short(byte_ids(word), RANKS, NEW_IDS) == merge_long(byte_ids(word), RANKS, NEW_IDS)


@pytest.mark.parametrize("alphabet", ["a", "ab", "abc"])
def test_a_megabyte_in_bounded_time(alphabet):
    ids = byte_ids("".join(random.Random(0).choices(alphabet, k=1_000_000)))
    start = time.process_time()
    merge_long(ids, RANKS, NEW_IDS)
    assert time.process_time() - start < 10  # 1 s measured; (length)² would take days


def new_cache():
    return WordCache([byte_ids(chr(byte))[0] if byte < 128 else 200 for byte in range(256)], RANKS, NEW_IDS)


def test_cache_remembers_words_but_no_long_ones():
    cache = new_cache()
    assert cache["abab"] == cache["abab"] == tuple(by_the_rule(byte_ids("abab")))
    assert list(cache) == ["abab"]
    long = "abc" * 100
    assert cache[long] == tuple(by_the_rule(byte_ids(long)))
    assert list(cache) == ["abab"]


def test_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(bpe_encode, "CACHE_SIZE", 5)
    cache = new_cache()
    for n in range(23):
        assert cache[f"a{n}"] == tuple(byte_ids(f"a{n}"))
        assert len(cache) <= 5
