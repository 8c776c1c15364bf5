"""Documents that are the same."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.data.dedup import exact
from llm101.data.dedup.seen import Bloom, InMemory, OnDisk


@given(st.lists(st.text("aB \n", max_size=3), max_size=600))
def test_the_first_of_each_document_stays(texts):
    kept = {}
    for text in texts:
        kept.setdefault(" ".join(text.lower().split()), text)
    assert list(exact.drop_repeats(texts)) == list(kept.values())


@pytest.mark.parametrize("make", [InMemory, lambda: Bloom(1_009), lambda: OnDisk(":memory:")])
def test_what_is_seen_already_goes_too(make):
    seen = make()
    texts = [f"text {random.Random(n).randrange(101)}" for n in range(557)]  # three batches
    assert list(exact.drop_repeats(texts, seen=seen)) == list(dict.fromkeys(texts))
    assert list(exact.drop_repeats(["text 0", "another"], seen=seen)) == ["another"]


def test_items_can_be_anything_and_equality_can_be_exact():
    pages = [{"text": "A"}, {"text": "a"}, {"text": "A"}]
    document = lambda page: page["text"]  # noqa: E731
    assert list(exact.drop_repeats(pages, document=document)) == pages[:1]
    assert list(exact.drop_repeats(pages, document=document, normalise=str)) == pages[:2]


def test_a_stream_is_not_read_ahead_further_than_a_batch():
    taken = []
    stream = (taken.append(n) or f"text {n}" for n in range(10_000))
    assert next(exact.drop_repeats(stream)) == "text 0"
    assert len(taken) == exact.BATCH


def test_fingerprints_have_their_bits_and_few_of_them_fall_together():
    found = {bits: {exact.fingerprint(f"text {n}", bits) for n in range(3_001)} for bits in (64, 128)}
    for bits, numbers in found.items():
        assert len(numbers) == 3_001
        assert 2 ** (bits - 1) < max(numbers) < 2**bits
    assert exact.chance_pairs(3_001) < 1e-12


def test_the_number_of_chance_pairs_is_that_of_throwing_balls():
    rng = random.Random(0)
    counts = []
    for _ in range(2_003):
        balls = [rng.getrandbits(11) for _ in range(61)]
        counts.append(sum(balls[i] == balls[j] for i in range(61) for j in range(i)))
    expected = exact.chance_pairs(61, 11)
    assert sum(counts) / 2_003 == pytest.approx(expected, abs=4 * math.sqrt(expected / 2_003))


def test_errors():
    with pytest.raises(ValueError, match="bits must be one of 64, 128; got '32'"):
        exact.fingerprint("a", 32)
    with pytest.raises(TypeError, match="document must be a str; got int"):
        exact.fingerprint(7)
