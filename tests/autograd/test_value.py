"""Scalars with a gradient against torch, on single operations and on random graphs."""

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm101.autograd import Value

BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
UNARY = {
    "neg": lambda a: -a,
    "square": lambda a: a**2,
    "cube": lambda a: a**3.0,
    "inverse": lambda a: a**-1,
    "constant": lambda a: a**0,
    "exp": lambda a: a.exp(),
    "log": lambda a: (a * a + 0.5).log(),
    "root": lambda a: (a * a + 0.5) ** 0.5,
    "tanh": lambda a: a.tanh(),
    "relu": lambda a: a.relu(),
    "r+": lambda a: 3 + a,
    "r-": lambda a: 3 - a,
    "r*": lambda a: 3 * a,
    "r/": lambda a: 3 / a,
    "r**": lambda a: 3**a,
    "+number": lambda a: a + 3,
    "-number": lambda a: a - 3,
    "*number": lambda a: a * 3,
    "/number": lambda a: a / 3,
}


def torch_leaf(x):
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", BINARY)
def test_two_operands(name):
    a, b, ta, tb = Value(-1.7), Value(2.3), torch_leaf(-1.7), torch_leaf(2.3)
    ours, theirs = BINARY[name](a, b), BINARY[name](ta, tb)
    ours.backward()
    theirs.backward()
    assert ours.data == pytest.approx(theirs.item(), abs=1e-12)
    assert (a.grad, b.grad) == pytest.approx((ta.grad.item(), tb.grad.item()), abs=1e-12)
    assert ours.op == name
    assert ours.parents == (a, b)


@pytest.mark.parametrize("x", [-1.3, 0.7, 2.9])
@pytest.mark.parametrize("name", UNARY)
def test_one_operand(name, x):
    a, ta = Value(x), torch_leaf(x)
    ours, theirs = UNARY[name](a), UNARY[name](ta)
    ours.backward()
    theirs.backward()
    assert ours.data == pytest.approx(theirs.item(), rel=1e-12)
    assert a.grad == pytest.approx(ta.grad.item(), rel=1e-12)


def grown(leaves, seed, of_torch):
    """A random graph over the leaves; every number stays moderate, because tanh closes each step."""
    rng, nodes = random.Random(seed), list(leaves)
    for _ in range(13):
        a, b = rng.choice(nodes), rng.choice(nodes)
        new = rng.choice([a + b, a - b, a * b, a / (b * b + 1), (a * b).relu() - b, (a**2 + 1).log() * b, a.exp() - b])
        nodes.append(new.tanh())
    total = nodes[0] * 0
    for node in nodes:
        total = total + node
    return total


@given(st.integers(0, 10**6))
def test_random_graphs(seed):
    numbers = [random.Random(seed).uniform(-2, 2) for _ in range(3)]
    ours, theirs = [Value(x) for x in numbers], [torch_leaf(x) for x in numbers]
    root, oracle = grown(ours, seed, False), grown(theirs, seed, True)
    root.backward()
    oracle.backward()
    assert root.data == pytest.approx(oracle.item(), rel=1e-10, abs=1e-10)
    assert [v.grad for v in ours] == pytest.approx([t.grad.item() for t in theirs], rel=1e-10, abs=1e-10)


def test_gradients_add_up_over_uses_and_over_calls():
    x = Value(3.0)
    y = x * x + x
    y.backward()
    assert x.grad == 7.0
    y.backward()  # twice the same: exactly twice the gradient, on inner nodes too
    assert x.grad == 14.0
    assert y.grad == 2.0
    assert y.parents[0].grad == 2.0


def test_every_node_of_the_graph_gets_its_gradient_and_shows_its_slopes():
    a, b = Value(2.0, name="a"), Value(-3.0, name="b")
    product = a * b
    (product + 1).tanh().backward()
    assert product.slopes == (-3.0, 2.0)
    assert product.grad == pytest.approx(1 - math.tanh(-5.0) ** 2, abs=1e-15)
    assert a.grad == pytest.approx(-3 * product.grad, abs=1e-15)
    assert (a.name, a.op, a.parents) == ("a", "", ())
    assert repr(a * b) == "Value(-6, grad=0)"


def test_a_chain_of_10_000_nodes_does_not_reach_the_recursion_limit():
    x = Value(1.0)
    y = x
    for _ in range(10_000):
        y = y * 1.0001
    y.backward()
    assert x.grad == pytest.approx(1.0001**10_000, rel=1e-10)
    del y  # and taking it apart does not either


def test_numbers_of_numpy_stand_on_either_side():
    x = Value(2.0)
    assert (np.float64(3.0) * x).data == (x * np.float32(3.0)).data == 6.0
    assert sum([x, x, x]).data == 6.0


def test_relu_has_slope_0_at_0_and_a_power_of_0_is_flat_there():
    x = Value(0.0)
    (x.relu() + x**0 + x**1).backward()
    assert x.grad == 1.0


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match=r"data must be a real number; got 'three' \(str\)"):
        Value("three")
    with pytest.raises(TypeError, match="got 'three'"):
        Value(1.0) + "three"
    with pytest.raises(TypeError, match=r"exponent must be a number; got Value\(2, grad=0\)"):
        Value(3.0) ** Value(2.0)


def test_what_is_not_real_is_refused():
    with pytest.raises(ValueError, match=r"Value: -8 to the power 0.5 is not a real number"):
        Value(-8.0) ** 0.5
    with pytest.raises(ValueError, match=r"expected a positive number; got -0.25"):
        Value(-0.25).log()
    with pytest.raises(ValueError, match="got 0"):
        0 ** Value(2.0)
