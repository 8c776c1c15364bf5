"""A decision tree: questions of the form "is feature j at most t?", each chosen to sort the classes best.

The impurity of a set with class shares p is Gini's 1 - Σ p²: 0 if all are alike, larger the more they are mixed. A
question is as good as the mean impurity of the two sets that it leaves, weighted by their sizes. A tree of depth 1 is a
*decision stump*.               Breiman, Friedman, Olshen and Stone 1984; Hastie, Tibshirani and Friedman, section 9.2.3
Letters: m examples, d features, c classes.
"""

from typing import Any, NamedTuple, Self

import numpy as np

from llm101.classical.protocol import Array, labels, matrix
from llm101.expect import integer


class Question(NamedTuple):
    """Is x[feature] <= threshold?"""

    feature: int
    threshold: float
    impurity: float  # of the two sets that the question leaves, weighted by size


class Node(NamedTuple):
    """A question with the trees for yes and no; without a question it is a leaf that answers with a class."""

    answer: int
    question: Question | None = None
    yes: "Node | None" = None
    no: "Node | None" = None


def impurity(counts: Array) -> Array:
    """Gini's impurity from the numbers of each class: (... c) -> (...).

    >>> impurity(np.array([[4, 0], [2, 2]]))
    array([0. , 0.5])
    """
    shares = counts / counts.sum(axis=-1, keepdims=True)
    return 1 - np.square(shares).sum(axis=-1)


def best_question(x: Array, y: Array) -> Question | None:
    """The question that leaves the smallest impurity; None if all rows of x are equal. x (m d), y (m,) of classes.

    Thresholds lie half way between neighbouring values. Of equal questions the first feature and the smallest threshold.
    """
    found = [question for feature in range(x.shape[1]) if (question := _best_of(x[:, feature], y, feature))]
    return min(found, key=lambda question: question.impurity, default=None)


def _best_of(values: Array, y: Array, feature: int) -> Question | None:
    """The best threshold of one feature: all of them at once, by running sums over the sorted rows."""
    order = np.argsort(values, kind="stable")
    values, one_hot = values[order], np.eye(int(y.max()) + 1)[y[order]]  # (m c)
    below = one_hot.cumsum(axis=0)[:-1]  # (m-1 c): the classes of the first 1, 2, ... rows
    above = one_hot.sum(axis=0) - below
    n_below = np.arange(1, len(values))
    left = (n_below * impurity(below) + n_below[::-1] * impurity(above)) / len(values)
    middle = values[:-1] + (values[1:] - values[:-1]) / 2
    left[~((values[:-1] <= middle) & (middle < values[1:]))] = np.inf  # no border between equal values
    if not np.isfinite(left).any():
        return None
    i = int(left.argmin())
    return Question(feature, float(middle[i]), float(left[i]))


def grow(x: Array, y: Array, depth: int) -> Node:
    """A tree of at most `depth` questions from root to leaf; it stops early where all are of one class."""
    counts = np.bincount(y)
    leaf = Node(int(counts.argmax()))
    question = None if depth == 0 or (counts > 0).sum() == 1 else best_question(x, y)
    if question is None:
        return leaf
    yes = x[:, question.feature] <= question.threshold
    return leaf._replace(question=question, yes=grow(x[yes], y[yes], depth - 1), no=grow(x[~yes], y[~yes], depth - 1))


class Tree:
    """Classes by a few questions about single features.

    Args:
        depth: questions from root to leaf; 1 is a stump, 0 always answers with the most frequent class.

    After `fit`: `root`, a Node.

    >>> stump = Tree().fit([[1.0, 7.0], [2.0, 3.0], [8.0, 5.0]], [0, 0, 1])
    >>> stump.root.question
    Question(feature=0, threshold=5.0, impurity=0.0)
    >>> stump.predict([[4.0, 0.0], [6.0, 0.0]])
    array([0, 1])
    """

    def __init__(self, depth: int = 1):
        self.depth = integer("Tree", "depth", depth, at_least=0, at_most=100)
        self.root, self.n_features = Node(0), 0

    def fit(self, x: Any, y: Any) -> Self:
        """x (m d), y (m,) of classes."""
        x = matrix("Tree", x)
        self.root, self.n_features = grow(x, labels("Tree", y, len(x)), self.depth), x.shape[1]
        return self

    def predict(self, x: Any) -> Array:
        """x (m d) -> (m,) int64."""
        x = matrix("Tree", x, columns=self.n_features)
        answers = np.empty(len(x), np.int64)
        waiting = [(self.root, np.arange(len(x)))]
        while waiting:
            node, rows = waiting.pop()
            answers[rows] = node.answer
            if node.question and node.yes and node.no:
                yes = x[rows, node.question.feature] <= node.question.threshold
                waiting += [(node.yes, rows[yes]), (node.no, rows[~yes])]
        return answers
