"""The graph of tensors: what is kept, what adds up, what is refused, and what cannot happen in place."""

import numpy as np
import pytest
import torch

from llm101.autograd import Tensor, topological_order


def leaf(*shape, dtype=np.float64):
    return Tensor(np.arange(1, 1 + np.prod(shape, dtype=int)).reshape(shape).astype(dtype), requires_grad=True)


def test_gradients_add_up_over_uses_and_over_calls():
    x = leaf(2, 3)
    y = (x * x + x).sum()
    y.backward()
    assert np.array_equal(x.grad, 2 * x.data + 1)
    y.backward()
    assert np.array_equal(x.grad, 4 * x.data + 2)


def test_two_leaves_never_share_one_gradient():
    """a + b sends the same array to both; clipping one in place must not touch the other."""
    a, b = leaf(3), leaf(3)
    (a + b).backward(np.ones(3))
    a.grad *= 7
    assert b.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_constant_keeps_no_gradient_and_no_graph():
    x, c = leaf(3), Tensor(np.ones(3))
    y = x * c
    assert y.parents == (x,)
    assert (c * c).parents == ()
    assert not (c * c).requires_grad
    y.sum().backward()
    assert c.grad is None
    assert (y.op, x.op) == ("multiply", "")


def test_only_tensors_made_by_hand_keep_a_gradient():
    x = leaf(3)
    y = x * 2
    y.sum().backward()
    assert y.grad is None
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_a_leaf_by_itself():
    x = leaf()
    x.backward()
    assert x.grad == 1.0


def test_detach_cuts_the_graph():
    x = leaf(3)
    (x * x.detach()).sum().backward()
    assert np.array_equal(x.grad, x.data)


def test_a_chain_of_10_000_nodes():
    x = leaf()
    y = x
    for _ in range(10_000):
        y = y * 1.0001
    y.backward()
    assert x.grad == pytest.approx(1.0001**10_000, rel=1e-10)
    del y


def test_a_ladder_of_diamonds(agrees):
    def ladder(x):
        for _ in range(40):  # 2**40 paths
            x = x * 0.5 + x * 0.25
        return x

    agrees(ladder, ladder, np.array([1.0, 2.0]))


# ------------------------------------------------------------------------------------------------- kinds of numbers


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(dtype):
    x = leaf(2, 3, dtype=dtype)
    ids = np.array([1, 1, 0])
    y = (1 + x * 2 / 3 - 1) ** 2 @ x.T
    y = y[ids].tanh().sigmoid().softmax().log_softmax().max(1).mean() + x.sum() * np.int64(3) + (x * ids).mean()
    assert y.dtype == dtype
    y.backward()
    assert x.grad.dtype == dtype
    for node in topological_order(y):  # on the way back too
        assert [pull(np.ones_like(node.data)).dtype for pull in node.pulls] == [dtype] * len(node.pulls)


@pytest.mark.parametrize(
    ("data", "dtype"),
    [(1, "float64"), ([1, 2], "float64"), (np.float32(1), "float32"), (np.ones(2, np.float16), "float64"),
     (np.array([True, False]), "float64"), (np.ones(2, np.float32), "float32")],
)  # fmt: skip
def test_what_becomes_of_data(data, dtype):
    assert Tensor(data).dtype == dtype


def test_float32_and_float64_mix_as_in_torch():
    a, b = leaf(3, dtype=np.float32), leaf(3)
    (a * b).sum().backward()
    assert (a * b).dtype == np.float64
    assert (a.grad.dtype, b.grad.dtype) == (np.float32, np.float64)


def test_numpy_leaves_the_operation_to_the_tensor():
    x = leaf(3)
    for y in (np.ones(3) + x, np.ones(3) - x, np.ones(3) * x, np.ones(3) / x, np.float64(2) * x):
        assert isinstance(y, Tensor)
        assert y.parents == (x,)


def test_item_numpy_and_repr():
    assert Tensor([[2.5]]).item() == 2.5
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert repr(leaf(2)) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(leaf(2) * 2) == "Tensor([2., 4.], op='multiply')"
    x = leaf(2)
    x.numpy()[0] = 99.0
    assert x.data.tolist() == [1.0, 2.0]
    assert (len(leaf(5, 2)), leaf(5, 2).ndim) == (5, 2)


# ------------------------------------------------------------------------------------------------- nothing in place


def test_the_callers_array_is_copied_and_stays_writable():
    array = np.ones(3)
    x = Tensor(array, requires_grad=True)
    y = (x * x).sum()
    array[:] = 100.0
    y.backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("make", [lambda x: x, lambda x: x * 2, lambda x: x.T, lambda x: x[0], lambda x: x.detach()])
def test_arrays_inside_of_tensors_are_read_only(make):
    with pytest.raises(ValueError, match="read-only"):
        make(leaf(2, 3)).data[0] = 7.0


def test_a_new_array_leaves_older_graphs_right():
    x = leaf(3)
    y = (x**2).sum()
    x.data = x.data * 100
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]  # of x as it was


def test_a_new_array_has_the_old_shape_and_dtype():
    x = leaf(2, 3, dtype=np.float32)
    x.data = np.ones((2, 3))
    assert x.dtype == np.float32
    with pytest.raises(ValueError, match=r"expected an array of shape \(2, 3\); got \(3,\)"):
        x.data = np.ones(3)
    mine = np.zeros((2, 3), np.float32)
    x.data = mine
    mine[0, 0] = 5.0  # still mine
    assert x.data[0, 0] == 0.0


# ------------------------------------------------------------------------------------------------- refusals


def test_backward_wants_a_scalar_or_a_gradient():
    with pytest.raises(ValueError, match=r"expected a scalar; got shape \(2, 3\)"):
        (leaf(2, 3) * 2).backward()
    with pytest.raises(ValueError, match=r"expected a gradient of shape \(2, 3\); got \(3,\)"):
        (leaf(2, 3) * 2).backward(np.ones(3))
    with pytest.raises(ValueError, match="requires_grad=True"):
        Tensor(3.0).backward()


def test_a_gradient_given_by_hand_weighs_the_entries():
    x, t = leaf(2, 3), torch.arange(1.0, 7.0, dtype=torch.float64).reshape(2, 3).requires_grad_()
    weights = [[1, 2, 3], [0, -1, 5]]
    (x**2).backward(weights)
    (t**2).backward(torch.tensor(weights, dtype=torch.float64))
    assert np.array_equal(x.grad, t.grad.numpy())


def test_item_wants_one_number():
    with pytest.raises(ValueError, match=r"expected one number; got shape \(2, 3\)"):
        leaf(2, 3).item()


@pytest.mark.parametrize("data", ["three", None, [1j], ["a", "b"]])
def test_what_is_no_number(data):
    with pytest.raises(TypeError, match=rf"expected real numbers; got .*\({type(data).__name__}\)"):
        Tensor(data)


def test_the_exponent_is_a_number():
    with pytest.raises(TypeError, match=r"exponent must be a number; got Tensor\(\[2\.\]\)"):
        leaf(1) ** Tensor([2.0])
