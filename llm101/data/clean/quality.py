"""A classifier that was shown good pages and web pages, and what to do with its score.

Features: counts of words and pairs of words, hashed into 2**bits places, each row scaled to length 1. Model: logistic
regression with a penalty on the weights,

    minimise  mean over pages of log(1 + exp(-y (w·x + b))) + penalty / 2 · |w|²        y = +1 good, -1 not

GPT-3 (Brown et al. 2020, appendix A, arXiv:2005.14165) did the same with Spark's HashingTF, WebText, Wikipedia and web
books against unfiltered Common Crawl, and kept a page if a Pareto number exceeded 1 - score. Differs from the paper:
pairs of words beside words; rows of length 1, of which the paper does not speak.
"""

import random
import zlib
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from llm101.data.clean.perplexity import tokens
from llm101.data.clean.pipeline import Stage, dropping
from llm101.expect import integer, number

ALPHA = 9  # GPT-3's


def features(document: str, bits: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """The page as a sparse row: places (sorted, int64) and values, a vector of length 1 (or none for no words).

    >>> features("no no", bits=4)
    (array([ 4, 15]), array([0.4472136 , 0.89442719]))
    """
    words = tokens(document)
    found = Counter(words) + Counter(f"{a} {b}" for a, b in pairwise(words))
    row: Counter[int] = Counter()
    for gram, times in found.items():
        row[zlib.crc32(gram.encode("utf-8", "surrogatepass")) % (1 << bits)] += times
    places = np.array(sorted(row), np.int64)
    values = np.array([row[place] for place in places.tolist()], float)
    return places, values / max(float(np.linalg.norm(values)), 1.0)  # a count is at least 1, so 1 is for no words only


class QualityClassifier:
    """score(page) = 1 / (1 + exp(-(w·x + b))), made by `QualityClassifier.train`.

    Args:
        weights: (2**bits,).
        bias: b.
    """

    def __init__(self, weights: np.ndarray, bias: float):
        self.weights, self.bias = weights, bias
        self.bits = len(weights).bit_length() - 1

    @classmethod
    def train(
        cls, good: Iterable[str], other: Iterable[str], *, bits: int = 14, penalty: float = 1e-3, steps: int = 300
    ) -> "QualityClassifier":
        """Fit by gradient descent with Nesterov's momentum, in float64 and without any chance.

        Args:
            good: pages to keep, such as an encyclopedia.
            other: pages of the web as they come.
            bits: of the hash; 2**bits weights.
            penalty: on the weights, at least 1e-9.
            steps: of the descent; the error of the weights falls by about exp(-sqrt(2 penalty)) with each, so the
                defaults leave a few millionths of it.

        Memory goes with the pages to learn from (16 bytes for each of their features); scoring needs the weights only.

        Raises:
            TypeError: a number is none, or a page is no str.
            ValueError: one of the two has no page, or a number is out of its bounds.
        """
        bits = integer("QualityClassifier", "bits", bits, at_least=1, at_most=24)
        penalty = number("QualityClassifier", "penalty", penalty, at_least=1e-9)
        steps = integer("QualityClassifier", "steps", steps, at_least=1)
        rows: list[tuple[np.ndarray, np.ndarray]] = []
        labels: list[float] = []
        for label, pages in ((1.0, good), (-1.0, other)):
            rows += [features(page, bits) for page in pages]
            labels += [label] * (len(rows) - len(labels))
        if not 0 < labels.count(1.0) < len(labels):
            raise ValueError(
                f"QualityClassifier: expected good and other pages; got {labels.count(1.0)} good, {labels.count(-1.0)} other. "
                "It learns from the difference."
            )
        return cls(*fit(rows, np.array(labels), 1 << bits, penalty, steps))

    def logit(self, document: str) -> float:
        """w·x + b: above 0 for what looks good."""
        places, values = features(document, self.bits)
        return float(self.weights[places] @ values + self.bias)

    def score(self, document: str) -> float:
        """The probability that a page is one of the good ones, if half of them were."""
        return float(1 / (1 + np.exp(-self.logit(document))))


def fit(
    rows: list[tuple[np.ndarray, np.ndarray]], labels: np.ndarray, size: int, penalty: float, steps: int
) -> tuple[np.ndarray, float]:
    """Weights and bias of the minimum. The step is 1 / L: no second derivative exceeds L = 1/2 + penalty here.

    (|x| = 1 and the constant 1 for the bias give |(x, 1)|² = 2, times 1/4, the greatest slope of the logistic curve.)
    The momentum is Nesterov's for the least second derivative along the weights, penalty, and the greatest, L.
    """
    places = np.concatenate([p for p, _ in rows])
    values = np.concatenate([v for _, v in rows])
    row_of = np.repeat(np.arange(len(rows)), [len(p) for p, _ in rows])
    w, before = np.zeros(size + 1), np.zeros(size + 1)  # the last one is the bias, which has no penalty
    root = (penalty / (0.5 + penalty)) ** 0.5
    momentum = (1 - root) / (1 + root)
    for _ in range(steps):
        look = w + momentum * (w - before)
        logits = np.bincount(row_of, values * look[places], len(rows)) + look[-1]
        pull = labels / (1 + np.exp(labels * logits)) / len(rows)
        gradient = penalty * look
        gradient[-1] = -pull.sum()
        gradient[:-1] -= np.bincount(places, values * pull[row_of], size)
        before, w = w, look - gradient / (0.5 + penalty)
    return w[:-1], float(w[-1])


def keep_probability(score: float, alpha: float = ALPHA) -> float:
    """How likely GPT-3's rule keeps a page: P(Pareto > 1 - score) = (2 - score) ** -alpha.

    NumPy's "pareto" begins at 0: P(X > x) = (1 + x) ** -alpha. So a perfect score stays always, and even a score of 0
    stays once in 2**alpha times (512 for 9).

    Raises:
        TypeError, ValueError: score is not a number between 0 and 1, or alpha not one above 0.

    >>> keep_probability(1.0), 1 / keep_probability(0.0)
    (1.0, 512.0)
    """
    alpha = number("keep_probability", "alpha", alpha, at_least=1e-9)
    return (2 - number("keep_probability", "score", score, at_least=0, at_most=1)) ** -alpha


def sampled(classifier: QualityClassifier, *, alpha: float = ALPHA, seed: int = 0) -> Stage:
    """GPT-3's rule as a stage: a page is kept by chance, the more likely the better its score.

    The draws follow each other: which pages stay depends on the seed and on the order of the pages.
    """
    rng = random.Random(integer("quality.sampled", "seed", seed))
    alpha = number("quality.sampled", "alpha", alpha, at_least=1e-9)
    return dropping(lambda page: "" if rng.random() < keep_probability(classifier.score(page), alpha) else "drawn out")


def above(classifier: QualityClassifier, threshold: float) -> Stage:
    """A stage that keeps scores of at least the threshold, which lies between 0 and 1."""
    threshold = number("quality.above", "threshold", threshold, at_least=0, at_most=1)
    return dropping(lambda page: "" if classifier.score(page) >= threshold else "low score")
