"""Entry by entry against torch, over every shape that broadcasts; unbroadcast against the definition."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from llm101.autograd import Tensor, gradcheck, unbroadcast

BINARY = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 0.5),
}
UNARY = {  # name -> function, smallest x, largest x
    "negate": (lambda x: -x, -3, 3),
    "square": (lambda x: x**2, -3, 3),
    "cube": (lambda x: x**3, -3, 3),
    "inverse": (lambda x: x**-1, 0.5, 3),
    "root": (lambda x: x**0.5, 0.5, 3),
    "constant": (lambda x: x**0 * x, -3, 3),
    "exp": (lambda x: x.exp(), -3, 3),
    "log": (lambda x: x.log(), 0.1, 9),
    "sqrt": (lambda x: x.sqrt(), 0.1, 9),
    "tanh": (lambda x: x.tanh(), -5, 5),
    "sigmoid": (lambda x: x.sigmoid(), -50, 50),
    "relu": (lambda x: x.relu(), -3, 3),
    "r+": (lambda x: 3 + x, -3, 3),
    "r-": (lambda x: 3 - x, -3, 3),
    "r*": (lambda x: 3 * x, -3, 3),
    "r/": (lambda x: 3 / x, 0.5, 3),
}
SHAPES = [(), (1,), (3,), (2, 3), (5, 1, 2), (0, 3)]


def stretched(grad, shape):
    """The definition, slowly: each entry of the small array collects from every place that it was copied to."""
    places = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), grad.shape)
    return np.array([grad[places == i].sum() for i in range(int(np.prod(shape)))]).reshape(shape)


@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=5, min_side=0), st.integers(0, 99))
def test_unbroadcast_collects_from_every_copy(shapes, seed):
    grad = np.random.default_rng(seed).standard_normal(shapes.result_shape)
    for shape in shapes.input_shapes:
        back = unbroadcast(grad, shape)
        assert back.shape == shape
        assert np.allclose(back, stretched(grad, shape), atol=1e-12)


@pytest.mark.parametrize("name", BINARY)
def test_every_shape_that_broadcasts(name, agrees):
    @given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=5, min_side=0), st.integers(0, 99))
    def run(shapes, seed):
        rng = np.random.default_rng(seed)
        agrees(BINARY[name], BINARY[name], *(rng.standard_normal(shape) for shape in shapes.input_shapes))

    run()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", UNARY)
def test_one_operand(name, shape, agrees, rng):
    f, low, high = UNARY[name]
    agrees(f, f, rng.uniform(low, high, shape))


@pytest.mark.parametrize("name", UNARY)
def test_gradcheck_of_one_operand(name, rng):
    f, low, high = UNARY[name]
    x = rng.uniform(max(low, -5), min(high, 5), (3, 5))
    assert gradcheck(lambda x: (f(x) * np.arange(1, 16).reshape(3, 5)).sum(), x) < 1e-6


@pytest.mark.parametrize("name", BINARY)
def test_gradcheck_of_two_operands(name, rng):
    a, b = rng.standard_normal((3, 1, 5)), rng.standard_normal((2, 5))
    assert gradcheck(lambda a, b: (BINARY[name](a, b) ** 2).sum(), a, b) < 1e-6


def test_sigmoid_keeps_its_digits_far_out():
    x = Tensor(np.array([-700.0, -40.0, 40.0, 800.0]), requires_grad=True)
    y = x.sigmoid()
    assert np.allclose(y.data, torch.sigmoid(torch.tensor(x.data.copy())).numpy(), rtol=1e-12, atol=0)
    y.sum().backward()
    assert np.allclose(x.grad[:2], np.exp([-700.0, -40.0]), rtol=1e-12, atol=0)


def test_relu_and_a_power_of_0_at_0_are_flat():
    x = Tensor(np.zeros(3), requires_grad=True)
    (x.relu() + x**0).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("shape", [(2,), (5, 2, 3), (3, 1), (1, 2, 3)], ids=str)
def test_unbroadcast_refuses_shapes_that_do_not_fit(shape):
    with pytest.raises(ValueError, match=rf"shape \({shape[0]}.*does not broadcast to the gradient's shape \(2, 3\)"):
        unbroadcast(np.ones((2, 3)), shape)
