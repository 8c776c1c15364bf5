"""Against numpy.polyfit and scikit-learn's PolynomialFeatures."""

import numpy as np
import pytest

from llm101.classical import PolynomialRegression
from llm101.classical.polynomial import polynomial_features
from llm101.classical.toy_data import curve


@pytest.mark.parametrize("degree", [1, 4, 15])
def test_equals_polyfit(degree):
    x, y = curve(29, np.random.default_rng(2))
    asked = np.linspace(x.min(), x.max(), 53)
    ours = PolynomialRegression(degree).fit(x, y).predict(asked[:, None])
    assert np.allclose(ours, np.polyval(np.polyfit(x[:, 0], y, degree), asked), rtol=1e-7, atol=1e-7)


def test_moving_the_features_changes_nothing():
    """Years near 2000 to the power of 5 would lose all digits without it."""
    x, y = curve(29, np.random.default_rng(2))
    plain, moved = PolynomialRegression(5).fit(x, y), PolynomialRegression(5).fit(2000 + 10 * x, y)
    assert np.allclose(plain.predict(x), moved.predict(2000 + 10 * x), rtol=0, atol=1e-8)


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_products_equal_scikit_learn(x, degree):
    from sklearn.preprocessing import PolynomialFeatures

    theirs = PolynomialFeatures(degree, include_bias=False).fit_transform(x)
    assert np.allclose(polynomial_features(x, degree), theirs, rtol=1e-12, atol=0)


def test_several_features_with_ridge_equal_scikit_learn(x, y):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures

    theirs = make_pipeline(MinMaxScaler((-1, 1)), PolynomialFeatures(3, include_bias=False), Ridge(0.5, solver="svd"))
    theirs.fit(x, y)
    ours = PolynomialRegression(3, ridge=0.5).fit(x, y)
    assert np.allclose(ours.predict(x[:11] + 0.1), theirs.predict(x[:11] + 0.1), rtol=0, atol=1e-9)


def test_a_constant_column_is_no_division_by_zero(y):
    x = np.column_stack([np.linspace(0, 1, 101), np.full(101, 3.0)])
    assert np.isfinite(PolynomialRegression(2).fit(x, y).predict(x)).all()


def test_errors():
    with pytest.raises(ValueError, match="degree must be at least 1; got 0"):
        PolynomialRegression(0)
    with pytest.raises(ValueError, match="17 features in degree 11 have 21474179 products; at most 10000"):
        polynomial_features(np.ones((2, 17)), 11)
