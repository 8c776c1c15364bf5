"""gradcheck finds planted mistakes, says where they are, and leaves right gradients alone."""

import numpy as np
import pytest
import torch

from llm101.autograd import Tensor, gradcheck, largest_error
from llm101.autograd.tensor import apply


def planted(entry, factor):
    """The square of each entry, with a wrong pull at one of them."""

    def square(a):
        def pull(g):
            slope = 2 * a
            slope[entry] *= factor
            return g * slope

        return a * a, (pull,)

    return square


@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1.001])
def test_one_wrong_entry_is_found(factor):
    a, b = np.ones((2, 3)), np.arange(1.0, 6.0)
    worst = largest_error(lambda a, b: a.sum() + apply(planted((3,), factor), b).sum(), a, b)
    assert (worst.input, worst.entry) == (1, (3,))
    assert worst.backward == pytest.approx(8 * factor)
    assert worst.difference == pytest.approx(8, abs=1e-6)
    assert worst.error == pytest.approx(abs(factor - 1) / max(1, abs(factor)), abs=1e-6)
    assert "at input 1, entry (3,): backward says" in str(worst)


def test_nan_is_the_worst_error():
    assert np.isnan(gradcheck(lambda b: apply(planted((1,), np.nan), b).sum(), np.ones(3)))


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_the_error_does_not_depend_on_units(scale):
    x = np.array([0.3, -0.7, 1.1])
    assert gradcheck(lambda x: (x.tanh() * scale).sum(), x) < 1e-8
    assert gradcheck(lambda x: (apply(planted((0,), 1.01), x) * scale).sum(), x) == pytest.approx(0.01, rel=0.02)


def test_a_gradient_of_zero_is_no_error():
    assert gradcheck(lambda x: x.softmax().sum(), np.array([1.0, 2.0, 3.0])) < 1e-6
    assert gradcheck(lambda x, y: x.sum(), np.ones(2), np.ones(3)) < 1e-6  # y is not used
    assert gradcheck(lambda x: x.detach().sum() * 0, np.ones(2)) == 0.0


def test_the_differences_are_those_of_torch():
    x = np.random.default_rng(0).standard_normal((3, 5))
    assert gradcheck(lambda x: (x.exp() * x).sum(), x) < 1e-7
    assert torch.autograd.gradcheck(lambda x: (x.exp() * x).sum(), torch.tensor(x, requires_grad=True))


def test_tensors_are_copied_and_keep_their_gradient():
    x = Tensor(np.ones(3), requires_grad=True)
    assert gradcheck(lambda x: (x * x).sum(), x) < 1e-8
    assert x.grad is None
    assert x.data.tolist() == [1.0, 1.0, 1.0]


def test_refusals():
    with pytest.raises(ValueError, match="input 1 must be float64; got float32"):
        gradcheck(lambda a, b: (a + b).sum(), np.ones(2), np.ones(2, np.float32))
    with pytest.raises(ValueError, match=r"expected inputs and a scalar; got 1 inputs, shape \(3,\)"):
        gradcheck(lambda x: x * 2, np.ones(3))
    with pytest.raises(ValueError, match=r"expected inputs and a scalar; got 0 inputs"):
        gradcheck(lambda: Tensor(1.0))
    with pytest.raises(ValueError, match=r"eps must be a finite number in \[1e-12, inf\]; got 0"):
        gradcheck(lambda x: x.sum(), np.ones(3), eps=0)
