"""Parts are disjoint and together everything, for any sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.classical import folds, split


@given(m=st.integers(7, 200), validation=st.floats(0, 0.45), test=st.floats(0, 0.4), seed=st.integers(0, 5))
def test_three_parts_are_disjoint_and_together_everything(m, validation, test, seed):
    parts = split(m, np.random.default_rng(seed), validation=validation, test=test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(m))
    assert len(parts.validation) == round(m * validation)
    assert len(parts.test) == round(m * test)
    assert len(parts.train) > 0


def test_the_rows_are_shuffled_with_the_generator():
    first, again, other = (split(1009, np.random.default_rng(seed)) for seed in (2, 2, 3))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.test, other.test)
    assert all(200 < part.mean() < 800 for part in first), "no part is the beginning or the end of the data"


@given(m=st.integers(2, 60), k=st.integers(2, 60))
def test_folds_hold_out_every_row_once(m, k):
    if k > m:
        with pytest.raises(ValueError, match=rf"folds: k must be at most {m}; got {k}. There are {m} rows"):
            list(folds(m, k, np.random.default_rng(0)))
        return
    pairs = list(folds(m, k, np.random.default_rng(0)))
    assert len(pairs) == k
    assert sorted(np.concatenate([held for _, held in pairs]).tolist()) == list(range(m))
    for train, held in pairs:
        assert sorted([*train.tolist(), *held.tolist()]) == list(range(m))


def test_folds_have_the_sizes_of_scikit_learn():
    from sklearn.model_selection import KFold

    ours = [len(held) for _, held in folds(101, 7, np.random.default_rng(0))]
    assert ours == [len(held) for _, held in KFold(7).split(np.zeros(101))]


def test_errors():
    with pytest.raises(ValueError, match=r"validation \(7\) and test \(4\) rows leave none of 11"):
        split(11, np.random.default_rng(0), validation=0.6, test=0.4)
    with pytest.raises(ValueError, match=r"split: test must be .* got -0.1"):
        split(11, np.random.default_rng(0), test=-0.1)
    with pytest.raises(ValueError, match="k must be at least 2; got 1"):
        list(folds(11, 1, np.random.default_rng(0)))
