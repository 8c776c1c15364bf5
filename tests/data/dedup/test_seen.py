"""Three sets that answer "is this new?": against a Python set, and the errors of Bloom's against its formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.data.dedup import seen

BATCHES = st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=11), max_size=7)


def expected(batches):
    """The same answers, one key at a time."""
    known, answers = set(), []
    for batch in batches:
        answers.append([not (key in known or known.add(key)) for key in batch])
    return answers


@given(BATCHES)
@pytest.mark.parametrize(
    "make", [seen.InMemory, lambda: seen.Bloom(1_009, error=1e-9), lambda: seen.OnDisk(":memory:")]
)
def test_a_key_is_new_once(make, batches):
    kind = make()
    answers = [kind.add(np.array(batch, np.uint64)).tolist() for batch in batches]
    assert answers == expected(batches)


def test_a_bloom_filter_errs_as_often_as_its_formula_says():
    keys = np.random.default_rng(0).permutation(70_001).astype(np.uint64)  # neighbours: hashing is the filter's work
    inside, outside = keys[:20_011], keys[20_011:]
    bloom = seen.Bloom(20_011, error=0.01)
    assert bloom.expected_error() == 0
    wrong = sum((~bloom.add(part)).sum() for part in np.array_split(inside, 100))
    assert 0 < wrong < 0.01 * 20_011 / 2  # while it fills up it errs less often
    assert bloom.expected_error() == pytest.approx(0.01, rel=0.05)
    assert not bloom.add(inside).any()  # it never forgets
    called_seen = 0
    for part in np.array_split(outside, 1_000):  # a copy each: asking is adding
        copy = seen.Bloom(20_011, error=0.01)
        copy.bits = bloom.bits.copy()
        called_seen += (~copy.add(part)).sum()
    assert called_seen / len(outside) == pytest.approx(0.01, abs=4 * np.sqrt(0.01 * 0.99 / len(outside)))


def test_twice_as_many_keys_as_planned_make_one_per_cent_into_sixteen():
    bloom = seen.Bloom(5_003, error=0.01)
    bloom.add(np.arange(10_006, dtype=np.uint64))
    assert bloom.expected_error() == pytest.approx(0.158, abs=0.01)


@pytest.mark.parametrize(("error", "bits"), [(0.01, 9.585), (1e-6, 28.755)])
def test_the_size_of_a_bloom_filter(error, bits):
    bloom = seen.Bloom(10_007, error=error)
    assert bloom.n_bits / 10_007 == pytest.approx(bits, abs=0.001)
    assert bloom.bits.nbytes == -(-bloom.n_bits // 8)


def test_a_table_on_disk_is_there_the_next_time(tmp_path):
    with seen.OnDisk(tmp_path / "seen.db") as first:
        assert first.add(np.array([2**64 - 1, 3], np.uint64)).all()
    with seen.OnDisk(str(tmp_path / "seen.db")) as second:
        assert second.add(np.array([3, 2**63, 2**64 - 1], np.uint64)).tolist() == [False, True, False]


def test_errors():
    with pytest.raises(ValueError, match="n_items must be at least 1; got 0"):
        seen.Bloom(0)
    with pytest.raises(ValueError, match=r"error must be a finite number in \[1e-12, 0.5\]; got 0.7"):
        seen.Bloom(7, error=0.7)
