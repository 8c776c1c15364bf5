"""How tensors and numpy arrays are compared; numpy.testing and torch.testing are the oracles."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from llm101.check.arrays import array_difference
from llm101.check.plain import plain

arrays = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.bool_, np.complex128]),
    hnp.array_shapes(max_dims=3, max_side=5),
)


def message(got, want, rtol=0.0, atol=0.0):
    """What array_difference says; None if nothing."""
    failed = array_difference(plain(got), plain(want), "the result", rtol, atol)
    return failed.message if failed else None


@given(arrays)
def test_an_array_equals_itself(x):
    """NaN and infinities included, exactly and with a tolerance."""
    assert message(x, x.copy()) is None
    assert message(x, x.copy(), 1e-4, 1e-5) is None
    assert message(torch.from_numpy(x.copy()), torch.from_numpy(x.copy())) is None


few = st.sampled_from([0.0, 1.0, np.nan, np.inf])


@given(
    hnp.arrays(np.float64, (2, 3), elements=few),
    hnp.arrays(np.float64, st.sampled_from([(2, 3), (3, 2)]), elements=few),
)
def test_it_agrees_with_numpy(x, y):
    """Values differ exactly when numpy says so."""
    try:
        np.testing.assert_array_equal(x, y, strict=True)
        equal = True
    except AssertionError:
        equal = False
    assert (message(x, y) is None) == equal


@given(
    hnp.arrays(np.float64, (3, 5), elements=st.floats(-10, 10)),
    hnp.arrays(np.float64, (3, 5), elements=st.floats(-10, 10)),
)
def test_it_agrees_with_torch(x, y):
    """The tolerance means what torch.testing.assert_close means by it."""
    a, b = torch.from_numpy(x), torch.from_numpy(y)
    a = b + (a - b) * 1e-5
    assert (message(a, b, 1e-6, 1e-5) is None) == torch.allclose(a, b, rtol=1e-6, atol=1e-5)


ROW = torch.tensor([[1.0, 2, 3, 4, 5], [7, 11, 13, 17, 19], [2, 2, 3, 5, 8]])


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        (ROW[:2], ROW, "the result has the wrong shape"),
        (ROW.T, ROW, "the result has the wrong shape: the axes are in another order"),
        (ROW[:, None], ROW, "an axis of size 1 is too much or missing"),
        (ROW.repeat(2, 1, 1), ROW, "one axis too many (was a sum or a mean over it meant?)"),
        (ROW.double(), ROW, "the result has the wrong dtype"),
        (ROW + torch.eye(3, 5), ROW, "3 of 15 values of the result differ; the first at [0, 0]"),
        (ROW * 2, ROW, "; every value is 2 times the expected one"),
        (-ROW, ROW, "; every value is -1 times the expected one"),
        (ROW - 3, ROW, "; every value is 3 too small"),
        (ROW + 0.5, ROW, "; every value is 0.5 too large"),
        (ROW[:, :3].T.contiguous(), ROW[:, :3], "; the axes are in another order: .permute(1, 0) of it would be right"),
        (ROW / 0, ROW, "; 15 are infinite"),
        (ROW * torch.nan, ROW, "15 of 15 values of the result differ; the first at [0, 0]; 15 are nan"),
        (None, ROW, "the result is None, expected a tensor: is a `return` missing?"),
        (np.ones(3, dtype=np.float32), np.ones(3), "the result has the wrong dtype"),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), "1 of 2 values of the result differ; the first at [1]"),
        (torch.tensor([True]), torch.tensor([False]), "1 of 1 values"),
    ],
)
def test_each_message(got, want, said):
    """Every sentence, with its numbers."""
    assert said in message(got, want, 1e-4, 1e-5)


def test_a_rounding_is_called_a_rounding():
    """Values that float32 explains are not "axes in another order" or "1 times the expected one"."""
    x = torch.linspace(1, 2, 15, dtype=torch.float64).reshape(3, 5)
    said = message(x + 2e-7, x, 1e-12, 0.0)
    assert said.endswith("; they nearly agree (at most 2e-07 apart): was a part computed in float32, or an ε left out?")
    assert "nearly" not in message(x * 1.0001, x, 1e-6, 0.0)
    assert "nearly" not in message(torch.tensor([10**9 + 1]), torch.tensor([10**9]), 0.0, 0.0)


def test_the_shapes_and_values_are_shown():
    """expected and got hold what a learner compares."""
    failed = array_difference(plain(ROW[:2]), plain(ROW), "it", 0.0, 0.0)
    assert (failed.expected, failed.got) == ("(3, 5)", "(2, 5)")
    failed = array_difference(torch.tensor([1.0, 2.5]), torch.tensor([1.0, 2.0]), "it", 0.0, 0.0)
    assert failed.expected == "2  (tensor (2,) float32 [1, 2])"
    assert failed.got == "2.5  (tensor (2,) float32 [1, 2.5])"


def test_half_precision_and_scalars():
    """numpy knows no bfloat16; a number may stand for a tensor without dimensions."""
    assert message(torch.ones(3, dtype=torch.bfloat16), torch.ones(3, dtype=torch.bfloat16)) is None
    assert message(2.0, torch.tensor(2.0)) is None
    assert message(2.0, np.array(2.0)) is None
    assert message(3, torch.tensor(2)) == "1 of 1 values of the result differ; the first at []"


def test_nan_where_nan_is_expected():
    """NaN equals NaN, as in a mask that leaves nothing."""
    x = torch.tensor([1.0, torch.nan])
    assert message(x, x.clone(), 1e-4, 1e-5) is None
    assert message(torch.tensor([1.0, 2.0]), x) == "1 of 2 values of the result differ; the first at [1]"
