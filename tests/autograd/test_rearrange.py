"""Reshape, transpose and indexing against torch."""

import itertools

import numpy as np
import pytest

from llm101.autograd import Tensor, gradcheck

ROWS = np.array([[2, 0, 2], [2, 1, 4]])
INDICES = [
    3,
    -1,
    (1, 2),
    slice(1, 4),
    slice(None, None, 2),
    (slice(None), 1),
    (slice(None), None, slice(0, 2)),
    (..., 1),
    None,
    ROWS,
    (ROWS, 1),
    (ROWS, slice(None), 2),
    (np.array([0, 0, 0]), np.array([1, 1, 2]), np.array([6, 6, 6])),
    np.array([True, False, True, False, True]),
]


@pytest.mark.parametrize("where", INDICES, ids=str)
def test_index(where, agrees, rng):
    agrees(lambda x: x[where], lambda x: x[where], rng.standard_normal((5, 3, 7)))


def test_a_row_that_is_taken_three_times_gets_three_gradients():
    table = Tensor(np.zeros((5, 2)), requires_grad=True)
    table[np.array([3, 1, 3, 3])].sum().backward()
    assert table.grad.tolist() == [[0, 0], [1, 1], [0, 0], [3, 3], [0, 0]]


@pytest.mark.parametrize("shape", [(30,), (6, 5), (5, 3, 2), (-1,), (3, -1), (1, 30, 1)], ids=str)
def test_reshape(shape, agrees, rng):
    agrees(lambda x: x.reshape(*shape), lambda x: x.reshape(*shape), rng.standard_normal((2, 3, 5)))


@pytest.mark.parametrize("axes", list(itertools.permutations((0, 1, -1))), ids=str)
def test_transpose(axes, agrees, rng):
    agrees(lambda x: x.transpose(*axes), lambda x: x.permute(*axes), rng.standard_normal((2, 3, 5)))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 5)], ids=str)
def test_all_axes_turned_round(shape, agrees, rng):
    order = tuple(reversed(range(len(shape))))
    agrees(lambda x: x.T, lambda x: x.permute(order), rng.standard_normal(shape))


def test_gradcheck(rng):
    x = rng.standard_normal((3, 5))
    weights = rng.standard_normal((2, 3, 5))
    assert gradcheck(lambda x: (x[ROWS % 3] * weights[:, :, :5]).sum(), x) < 1e-6
    assert gradcheck(lambda x: (x.T.reshape(3, 5) * weights[0]).sum(), x) < 1e-6


def test_transposing_an_axis_that_is_not_there():
    with pytest.raises(np.exceptions.AxisError, match="2 is out of bounds for array of dimension 2"):
        Tensor(np.ones((2, 3))).transpose(0, 2)
