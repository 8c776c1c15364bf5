"""Four routes to one line: the formula, least squares, gradient descent, and the oracles torch and scikit-learn."""

import numpy as np
import pytest
import torch

from llm101.classical import DescentRegression, LinearRegression
from llm101.classical.linear import least_squares, normal_equations, squared_gradient, with_ones


def test_the_closed_form_equals_torch(x, y):
    ones = with_ones(x)
    oracle = torch.linalg.lstsq(torch.tensor(ones), torch.tensor(y)[:, None]).solution[:, 0].numpy()
    model = LinearRegression().fit(x, y)
    for found in (normal_equations(ones, y), least_squares(ones, y), np.array([model.bias, *model.weights])):
        assert np.allclose(found, oracle, rtol=0, atol=1e-10)


@pytest.mark.parametrize("ridge", [0.0, 0.7, 13.0])
def test_ridge_equals_scikit_learn_and_spares_the_bias(x, y, ridge):
    from sklearn.linear_model import Ridge

    ours, theirs = LinearRegression(ridge=ridge).fit(x, y), Ridge(alpha=ridge, solver="svd").fit(x, y)
    assert np.allclose(ours.weights, theirs.coef_, rtol=0, atol=1e-10)
    assert np.isclose(ours.bias, theirs.intercept_, rtol=0, atol=1e-10)
    assert np.allclose(ours.predict(x[:7]), theirs.predict(x[:7]), rtol=0, atol=1e-10)


def test_more_columns_than_rows_give_the_shortest_solution(rng):
    x, y = rng.normal(size=(5, 11)), rng.normal(size=5)
    found = least_squares(x, y)
    assert np.allclose(x @ found, y, atol=1e-10)
    assert np.allclose(found, np.linalg.pinv(x) @ y, rtol=0, atol=1e-10)


def test_dependent_columns_are_named(x, y):
    with pytest.raises(ValueError, match="the 2 columns of x must be independent"):
        normal_equations(np.ones((101, 2)), y)


def test_the_gradient_equals_autograd_and_vanishes_at_the_solution(x, y):
    ones, w = with_ones(x), np.array([0.5, -1.0, 2.0, 3.0])
    at = torch.tensor(w, requires_grad=True)
    torch.nn.functional.mse_loss(torch.tensor(ones) @ at, torch.tensor(y)).backward()
    assert np.allclose(squared_gradient(ones, y, w), at.grad.numpy(), rtol=0, atol=1e-10)
    assert np.abs(squared_gradient(ones, y, least_squares(ones, y))).max() < 1e-10


def test_descent_arrives_where_the_formula_is(x, y):
    scaled = (x - x.mean(0)) / x.std(0)
    line, walked = LinearRegression().fit(scaled, y), DescentRegression(steps=3001).fit(scaled, y)
    assert np.allclose(walked.path[-1], [line.bias, *line.weights], rtol=0, atol=1e-10)
    assert np.allclose(walked.predict(scaled[:5]), line.predict(scaled[:5]), rtol=0, atol=1e-9)
    assert walked.path.shape == (3002, 4)
    assert not walked.path[0].any()


def test_descent_takes_a_rate(x, y):
    slow = DescentRegression(steps=1, rate=0.001).fit(x, y)
    assert np.allclose(slow.path[1], -0.001 * squared_gradient(with_ones(x), y, np.zeros(4)), rtol=0, atol=1e-12)


def test_a_negative_penalty():
    with pytest.raises(ValueError, match=r"ridge must be .* got -1"):
        LinearRegression(ridge=-1)
