"""Every model keeps the protocol, and says what is wrong with its arguments in one voice."""

import numpy as np
import pytest

from llm101.classical import (
    PCA,
    DescentRegression,
    KMeans,
    LinearRegression,
    LogisticRegression,
    NearestNeighbours,
    NeighboursRegression,
    Perceptron,
    PolynomialRegression,
    SoftmaxRegression,
    Standardiser,
    Tree,
    accuracy,
    mean_squared_error,
)
from llm101.classical.protocol import labels, matrix

REGRESSORS = {
    "linear": LinearRegression,
    "descent": lambda: DescentRegression(steps=13),
    "polynomial": lambda: PolynomialRegression(2),
    "neighbours": lambda: NeighboursRegression(3),
}
CLASSIFIERS = {
    "logistic": lambda: LogisticRegression(steps=13),
    "softmax": lambda: SoftmaxRegression(steps=13),
    "perceptron": lambda: Perceptron(max_epochs=3),
    "neighbours": lambda: NearestNeighbours(3),
    "tree": lambda: Tree(2),
    "k-means": lambda: KMeans(3),
}
MAKERS = {**{f"{name} r": make for name, make in REGRESSORS.items()}, **CLASSIFIERS}


@pytest.fixture(params=MAKERS, ids=str)
def make(request):
    return MAKERS[request.param]


def test_fit_returns_the_model_and_predict_one_answer_a_row(make, x, binary):
    model = make()
    assert model.fit(x, binary) is model
    answers = model.predict(x[:17])
    assert answers.shape == (17,)
    assert answers.dtype == (np.int64 if make in CLASSIFIERS.values() else np.float64)


def test_inputs_stay_as_they_are_and_fitting_twice_forgets_the_first(make, x, binary):
    kept, kept_y = x.copy(), binary.copy()
    model = make().fit(x[:53], binary[:53])
    model.fit(x, binary)
    assert np.array_equal(x, kept)
    assert np.array_equal(binary, kept_y)
    assert np.array_equal(model.predict(x), make().fit(x, binary).predict(x))


def test_rows_are_judged_one_by_one(make, x, binary):
    """A prediction does not depend on which other rows are asked about."""
    model = make().fit(x, binary)
    together = model.predict(x[:11])
    alone = [model.predict(row[None])[0] for row in x[:11]]
    assert np.allclose(together, alone, rtol=0, atol=1e-12)


def test_later_changes_of_the_data_do_not_reach_the_model(make, x, binary):
    model = make().fit(x, binary)
    asked = x[:7].copy()
    before = model.predict(asked)
    x += 100.0
    binary[:] = 0
    assert np.array_equal(model.predict(asked), before)


def test_predict_before_fit(make):
    with pytest.raises(ValueError, match=r"expected fit\(x, y\) before anything else"):
        make().predict([[1.0, 2.0, 3.0]])


def test_other_columns_than_at_fit(make, x, binary):
    with pytest.raises(ValueError, match="x must have 3 columns as at fit; got 2"):
        make().fit(x, binary).predict(x[:, :2])


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "k-means"])  # it does not look at targets
def test_targets_of_another_length(name, x, binary):
    make = MAKERS[name]
    with pytest.raises(ValueError, match=r"y must have shape \(101,\), one target a row of x; got \(97,\)"):
        make().fit(x, binary[:97])
    with pytest.raises(ValueError, match=r"got \(101, 1\)"):
        make().fit(x, binary[:, None])


@pytest.mark.parametrize("make", [lambda: PCA(1), Standardiser], ids=["PCA", "Standardiser"])
def test_transformers_check_too(make, x):
    for use in ("transform", "restore"):
        with pytest.raises(ValueError, match=r"expected fit|must have 1 columns as at fit; got 3"):
            getattr(make(), use)(x)
    with pytest.raises(ValueError, match="3 columns as at fit; got 2"):
        make().fit(x).transform(x[:, :2])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1.0, 2.0], r"two axes, \(examples, features\); got shape \(2,\)"),
        (np.zeros((0, 3)), r"at least one row and one column; got shape \(0, 3\)"),
        ([[1.0, 2.0], [3.0, np.nan]], "finite; got nan in row 1, column 1"),
    ],
)
def test_a_matrix_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        matrix("X", value)


def test_targets_are_refused():
    with pytest.raises(ValueError, match="y must be finite; got inf in row 2"):
        LinearRegression().fit([[1.0], [2.0], [3.0]], [1.0, 2.0, np.inf])
    with pytest.raises(TypeError, match="classes, integers from 0; got float64"):
        Tree().fit([[1.0], [2.0]], [0.0, 1.0])
    with pytest.raises(ValueError, match="count from 0; got -1"):
        Tree().fit([[1.0], [2.0]], [-1, 1])
    with pytest.raises(ValueError, match="below 2; got 2"):
        LogisticRegression().fit([[1.0], [2.0]], [0, 2])
    assert labels("X", [True, False], 2).tolist() == [1, 0]


def test_scores():
    assert mean_squared_error([1, 2, 3], [1, 2, 6]) == 3.0
    assert accuracy([1, 2, 3], [1, 0, 3]) == 2 / 3
    with pytest.raises(ValueError, match=r"y must have shape \(3,\).*got \(3, 1\)"):
        mean_squared_error([1.0, 2.0, 3.0], [[1.0], [2.0], [3.0]])
    with pytest.raises(ValueError, match=r"predictions have shape \(3, 1\), targets \(3,\)"):
        mean_squared_error([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"predictions have shape \(2,\), targets \(3,\)"):
        accuracy([1, 2], [1, 2, 3])
