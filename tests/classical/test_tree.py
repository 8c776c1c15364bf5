"""Against scikit-learn's trees, against all questions one by one, and by hand."""

import numpy as np
import pytest

from llm101.classical import Tree
from llm101.classical.tree import Node, best_question, impurity


def obvious_best(x, y):
    """The smallest weighted impurity over every feature and every border, one by one."""
    best = np.inf
    for j in range(x.shape[1]):
        values = np.unique(x[:, j])
        for threshold in (values[:-1] + values[1:]) / 2:
            sides = [y[x[:, j] <= threshold], y[x[:, j] > threshold]]
            gini = [1 - sum((np.mean(side == c)) ** 2 for c in set(side.tolist())) for side in sides]
            best = min(best, sum(len(side) * g for side, g in zip(sides, gini, strict=True)) / len(y))
    return best


def test_the_best_question_is_the_best_of_all(x, classes):
    question = best_question(x, classes)
    assert np.isclose(question.impurity, obvious_best(x, classes), rtol=0, atol=1e-12)
    rounded = x.round()  # many equal values
    assert np.isclose(best_question(rounded, classes).impurity, obvious_best(rounded, classes), rtol=0, atol=1e-12)


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 100])
def test_equals_scikit_learn(x, classes, rng, depth):
    from sklearn.tree import DecisionTreeClassifier

    x = x.astype(np.float32).astype(np.float64)  # scikit-learn's trees compute with float32
    ours = Tree(depth).fit(x, classes)
    if depth == 0:
        assert set(ours.predict(x)) == {np.bincount(classes).argmax()}
        return
    theirs = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(x, classes)
    assert ours.root.question.feature == theirs.tree_.feature[0]
    assert np.isclose(ours.root.question.threshold, theirs.tree_.threshold[0], rtol=0, atol=1e-10)
    assert np.mean(ours.predict(x) == classes) == theirs.score(x, classes)
    if depth <= 2:  # deeper down there are ties, which scikit-learn breaks at random
        asked = rng.normal(size=(53, 3)) * [1.0, 3.0, 0.2] + [0.5, -2.0, 1.0]
        assert np.array_equal(ours.predict(asked), theirs.predict(asked))


def test_a_deep_tree_knows_its_training_rows_by_heart(x, rng):
    noise = rng.integers(3, size=101)
    assert np.array_equal(Tree(100).fit(x, noise).predict(x), noise)


def test_a_stump_cannot_do_xor_and_two_questions_can(rng):
    x = np.array([[0.0, 0.1], [0.1, 1.0], [0.9, 0.0], [1.0, 0.9], [0.2, 0.2]])
    y = [0, 1, 1, 0, 0]
    assert np.mean(Tree(1).fit(x, y).predict(x) == y) < 1
    assert np.mean(Tree(3).fit(x, y).predict(x) == y) == 1


def test_neighbouring_floats_are_still_separated():
    """Half way between two neighbouring floats there is no float: the lower one must do."""
    x = np.array([[1.0], [np.nextafter(1.0, 2.0)]])
    assert Tree(1).fit(x, [0, 1]).predict(x).tolist() == [0, 1]


def test_equal_rows_and_a_single_class_make_a_leaf():
    assert Tree(5).fit([[1.0], [1.0], [1.0]], [0, 2, 2]).root == Node(2)
    assert Tree(5).fit([[1.0], [2.0]], [1, 1]).root == Node(1)


def test_impurity_by_hand():
    assert np.allclose(impurity(np.array([[3, 1], [5, 0]])), [1 - 9 / 16 - 1 / 16, 0.0], atol=1e-15)


def test_errors():
    with pytest.raises(ValueError, match="Tree: depth must be at least 0; got -1"):
        Tree(-1)
