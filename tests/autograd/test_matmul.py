"""The matrix product against torch, for vectors, matrices and stacks that broadcast."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from llm101.autograd import Tensor, gradcheck

CASES = [
    ((3,), (3,)),
    ((3,), (3, 5)),
    ((2, 3), (3,)),
    ((2, 3), (3, 5)),
    ((7, 2, 3), (3,)),
    ((3,), (7, 3, 5)),
    ((7, 2, 3), (3, 5)),
    ((2, 3), (7, 3, 5)),
    ((7, 1, 2, 3), (11, 3, 5)),
    ((1, 1), (1, 1)),
    ((2, 0), (0, 5)),
]


@pytest.mark.parametrize(("a", "b"), CASES, ids=str)
def test_shapes(a, b, agrees, rng):
    agrees(lambda x, y: x @ y, lambda x, y: x @ y, rng.standard_normal(a), rng.standard_normal(b))


def test_every_stack_that_broadcasts(agrees):
    @given(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), st.integers(0, 99))
    def run(shapes, seed):
        rng = np.random.default_rng(seed)
        first, second = shapes.input_shapes
        agrees(
            lambda x, y: x @ y,
            lambda x, y: x @ y,
            rng.standard_normal((*first, 2, 5)),
            rng.standard_normal((*second, 5, 3)),
        )

    run()


@pytest.mark.parametrize(("a", "b"), CASES[:7], ids=str)
def test_gradcheck(a, b, rng):
    assert gradcheck(lambda x, y: ((x @ y) ** 2).sum(), rng.standard_normal(a), rng.standard_normal(b)) < 1e-6


def test_arrays_stand_on_either_side(rng):
    a, b = rng.standard_normal((2, 3)), rng.standard_normal((3, 5))
    assert np.array_equal((a @ Tensor(b)).data, a @ b)
    assert np.array_equal((Tensor(a) @ b).data, a @ b)


@pytest.mark.parametrize(("a", "b"), [((2, 3), (5, 7)), ((3,), (5,)), ((), (3,)), ((2, 3), (5,))], ids=str)
def test_what_does_not_fit(a, b):
    with pytest.raises(ValueError, match=r"columns of \(.*\) must be as many as the rows of \(.*\)") as e:
        Tensor(np.ones(a)) @ Tensor(np.ones(b))
    assert str(a) in str(e.value)
    assert str(b) in str(e.value)
