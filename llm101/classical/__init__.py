"""The basic models of machine learning, each as small as it can be, in numpy alone.

    LinearRegression, DescentRegression, PolynomialRegression    predict a number
    Perceptron, LogisticRegression, SoftmaxRegression            predict a class, with straight borders
    NearestNeighbours, Tree                                      predict a class, with bent or stepped borders
    KMeans, PCA                                                  find structure without labels
    bandit                                                       learn by trying, from rewards

All of them have `fit(x, y)` and `predict(x)` (see protocol.Model), but for PCA, which has `transform`, and the bandit,
which has no examples. Reading order: protocol, toy_data, splits, scaling; descent, linear, polynomial, logistic;
perceptron, neighbours, tree; kmeans, pca; bandit.

One table of letters, used in the comments behind the lines:

    m examples (rows)    d features (columns)    c classes    k clusters, components
    r problems played side by side    a arms    t steps
"""

from llm101.classical.kmeans import KMeans
from llm101.classical.linear import DescentRegression, LinearRegression
from llm101.classical.logistic import LogisticRegression, SoftmaxRegression
from llm101.classical.neighbours import NearestNeighbours, NeighboursRegression
from llm101.classical.pca import PCA
from llm101.classical.perceptron import Perceptron
from llm101.classical.polynomial import PolynomialRegression
from llm101.classical.protocol import Model, accuracy, mean_squared_error
from llm101.classical.scaling import Standardiser
from llm101.classical.splits import folds, split
from llm101.classical.tree import Tree

__all__ = [
    "PCA",
    "DescentRegression",
    "KMeans",
    "LinearRegression",
    "LogisticRegression",
    "Model",
    "NearestNeighbours",
    "NeighboursRegression",
    "Perceptron",
    "PolynomialRegression",
    "SoftmaxRegression",
    "Standardiser",
    "Tree",
    "accuracy",
    "folds",
    "mean_squared_error",
    "split",
]
