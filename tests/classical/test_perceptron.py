"""Rosenblatt's rule against scikit-learn, step by step; Novikoff's bound; torch.nn.Linear as the neuron."""

import numpy as np
import pytest
import torch

from llm101.classical import Perceptron
from llm101.classical.perceptron import fires, novikoff_bound
from llm101.classical.toy_data import blobs

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_equals_scikit_learn_after_any_number_of_passes(x, binary):
    from sklearn.linear_model import Perceptron as Theirs

    start = int(binary.argmax())  # at 0 the two rules differ about class 0, so begin with class 1
    x, y = np.roll(x, -start, axis=0), np.roll(binary, -start)
    for epochs in (1, 2, 5):
        ours = Perceptron(max_epochs=epochs).fit(x, y)
        theirs = Theirs(shuffle=False, tol=None, max_iter=epochs).fit(x, y)
        assert np.allclose(ours.weights, theirs.coef_[0], rtol=0, atol=1e-10)
        assert ours.bias == theirs.intercept_[0]
        assert np.array_equal(ours.predict(x), theirs.predict(x))


@pytest.mark.parametrize(("name", "y"), [("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]), ("NAND", [1, 1, 1, 0])])
def test_it_learns_what_a_line_can_do(name, y):
    model = Perceptron().fit(CORNERS, y)
    assert model.mistakes[-1] == 0
    assert model.predict(CORNERS).tolist() == y


def test_it_never_rests_on_xor():
    model = Perceptron(max_epochs=97).fit(CORNERS, [0, 1, 1, 0])
    assert len(model.mistakes) == 97
    assert min(model.mistakes) > 0


def test_by_hand():
    """(1), 0: silent and right. (2), 1: silent, so w = 2, b = 1. (-3), 0: silent and right. (1) in pass 2: fires, wrong."""
    model = Perceptron(max_epochs=1).fit([[1.0], [2.0], [-3.0]], [0, 1, 0])
    assert (model.weights.tolist(), model.bias, model.mistakes) == ([2.0], 1.0, [1])
    model = Perceptron(max_epochs=2).fit([[1.0], [2.0], [-3.0]], [0, 1, 0])
    assert (model.weights.tolist(), model.bias, model.mistakes) == ([1.0], 0.0, [1, 1])


def test_mistakes_stay_below_novikoffs_bound():
    for seed in range(11):
        x, y = blobs(101, np.random.default_rng(seed), noise=0.3)
        keep = np.abs(x @ [2.0, 1.0]) > 0.5  # a gap along the line that runs between the heaps
        x, y = x[keep], (x[keep] @ [2.0, 1.0] > 0).astype(int)
        model = Perceptron(max_epochs=1009).fit(x, y)
        assert model.mistakes[-1] == 0
        assert 0 < sum(model.mistakes) <= novikoff_bound(x, y, [2.0, 1.0], 0.0)


def test_the_bound_by_hand():
    """Rows (1, 3) and (1, -3): R² = 10; the line (0, 1) has margin 3: 10/9. With bias 1: margin 2/√2, so 5."""
    assert np.isclose(novikoff_bound([[3.0], [-3.0]], [1, 0], [1.0], 0.0), 10 / 9)
    assert np.isclose(novikoff_bound([[3.0], [-3.0]], [1, 0], [1.0], 1.0), 5.0)


def test_a_line_that_does_not_separate():
    with pytest.raises(ValueError, match="must separate the rows; 2 are on the wrong side"):
        novikoff_bound(CORNERS, [0, 1, 1, 0], [1.0, 1.0], -2.5)


def test_the_neuron_equals_torch(x, rng):
    weights, bias = rng.normal(size=3), 0.3
    layer = torch.nn.Linear(3, 1, dtype=torch.float64)
    with torch.no_grad():
        layer.weight[:], layer.bias[:] = torch.tensor(weights), bias
        want = (layer(torch.tensor(x))[:, 0] > 0).long().numpy()
    assert np.array_equal(fires(x, weights, bias), want)
    assert 0 < want.mean() < 1
    assert fires([[1.0]], [1.0], -1.0).tolist() == [0], "at zero it is silent"


def test_weights_of_another_length():
    with pytest.raises(ValueError, match=r"fires: weights must have shape \(2,\), one a column of x; got \(3,\)"):
        fires(CORNERS, [1.0, 2.0, 3.0], 0.0)
    with pytest.raises(ValueError, match=r"novikoff_bound: weights must have shape \(2,\).*got \(1,\)"):
        novikoff_bound(CORNERS, [0, 0, 0, 1], [1.0], 0.0)
