import random
import zlib

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from llm101.data.clean import quality
from llm101.data.clean.quality import QualityClassifier, features, keep_probability

GOOD = ["the church was built in the tenth century", "it lies on the river", "most people work in farming"]
OTHER = ["buy cheap watches now", "click the link below now", "buy buy buy", "free cheap offer on the web", "free now"]


def dense(texts, bits):
    rows = np.zeros((len(texts), 1 << bits))
    for row, text in zip(rows, texts, strict=True):
        places, values = features(text, bits)
        row[places] = values
    return rows


def newton(texts, labels, bits, penalty):
    """The oracle; Newton's method finds the minimum to the last digits."""
    model = LogisticRegression(C=1 / (penalty * len(labels)), solver="newton-cholesky", tol=1e-14, max_iter=1000)
    return model.fit(dense(texts, bits), labels)


@pytest.mark.parametrize("penalty", [1e-1, 1e-2])
def test_the_same_minimum_as_scikit_learn(penalty):
    bits = 7
    ours = QualityClassifier.train(GOOD, OTHER, bits=bits, penalty=penalty, steps=3000)
    labels = [1] * len(GOOD) + [0] * len(OTHER)
    theirs = newton(GOOD + OTHER, labels, bits, penalty)
    np.testing.assert_allclose(ours.weights, theirs.coef_[0], atol=1e-10)
    assert ours.bias == pytest.approx(theirs.intercept_[0], abs=1e-10)
    assert ours.score(GOOD[0]) == pytest.approx(theirs.predict_proba(dense(GOOD[:1], bits))[0, 1], abs=1e-10)


def test_the_defaults_leave_a_few_millionths_of_the_error(other_web):
    good = [page.clean for page in other_web if page.kind == "article"]
    other = [page.text for page in other_web]
    ours = QualityClassifier.train(good, other, bits=9)
    theirs = newton(good + other, [1] * len(good) + [0] * len(other), 9, 1e-3).coef_[0]
    assert np.linalg.norm(ours.weights - theirs) < 1e-5 * np.linalg.norm(theirs)


def test_no_step_from_the_minimum_is_downhill():
    """The formula of the module, written down once more."""
    bits, penalty = 5, 0.03
    model = QualityClassifier.train(GOOD, OTHER, bits=bits, penalty=penalty, steps=2000)
    x, y = dense(GOOD + OTHER, bits), np.array([1.0] * 3 + [-1.0] * 5)

    def loss(w, b):
        return np.log1p(np.exp(-y * (x @ w + b))).mean() + penalty / 2 * w @ w

    best = loss(model.weights, model.bias)
    rng = np.random.default_rng(0)
    for _ in range(13):
        step = rng.normal(size=33) * 1e-3
        assert loss(model.weights + step[:32], model.bias + step[32]) > best


def test_features_are_hashed_counts_of_length_one():
    places, values = features("a b a", 10)
    grams = {"a": 2, "b": 1, "a b": 1, "b a": 1}
    expected = np.zeros(1 << 10)
    for gram, times in grams.items():
        expected[zlib.crc32(gram.encode()) % 1024] += times
    np.testing.assert_allclose(values, expected[places] / np.linalg.norm(expected), atol=1e-15)
    assert len(features("", 10)[0]) == len(features("", 10)[1]) == 0


@pytest.mark.parametrize("bits", [1, 3, 24])
def test_features_are_sorted_and_of_length_one_for_every_size(bits):
    places, values = features("the church was built in the tenth century", bits)
    assert places.dtype == np.int64
    assert (np.diff(places) > 0).all()
    assert places[-1] < 1 << bits
    assert np.linalg.norm(values) == pytest.approx(1, abs=1e-15)


def test_an_empty_page_has_the_score_of_the_bias():
    model = QualityClassifier.train(GOOD, OTHER, bits=8)
    assert model.score("") == pytest.approx(1 / (1 + np.exp(-model.bias)))


def test_training_is_without_chance():
    one, two = (QualityClassifier.train(iter(GOOD), iter(OTHER), bits=9) for _ in range(2))
    assert np.array_equal(one.weights, two.weights)


@pytest.mark.parametrize(("score", "alpha"), [(0.0, 9), (0.3, 9), (0.9, 9), (0.5, 2)])
def test_the_chance_to_stay_is_that_of_numpy_pareto(score, alpha):
    draws = np.random.default_rng(3).pareto(alpha, size=400_000) > 1 - score
    p = keep_probability(score, alpha)
    assert draws.mean() == pytest.approx(p, abs=4 * (p * (1 - p) / 400_000) ** 0.5)


def test_the_ends_of_the_rule():
    assert keep_probability(1) == 1
    assert keep_probability(0) == 1 / 512
    assert keep_probability(0.5) < keep_probability(0.6)


def test_sampled_keeps_as_often_as_the_rule_says():
    model = QualityClassifier(np.zeros(2), 0.0)  # every page has the score 1/2
    stage = quality.sampled(model, alpha=2, seed=5)
    kept = sum(stage("x").text is not None for _ in range(3000))
    p = 1.5**-2
    assert abs(kept / 3000 - p) < 4 * (p * (1 - p) / 3000) ** 0.5
    again = quality.sampled(model, alpha=2, seed=5)
    assert sum(again("x").text is not None for _ in range(3000)) == kept


def test_above_keeps_from_the_threshold_on():
    model = QualityClassifier(np.zeros(2), 0.0)
    assert quality.above(model, 0.5)("x").text == "x"
    assert quality.above(model, 0.51)("x").reason == "low score"


def test_known_pages_and_the_bias_against_a_dialect(web, other_web):
    """What a classifier that never saw the dialect does to it: a fact about classifiers, not about dialects."""
    good = [page.clean for page in other_web if page.kind == "article" and page.karma >= 3]
    model = QualityClassifier.train(good, [page.text for page in other_web])
    scores = {
        kind: [model.score(p.clean or p.text) for p in web if p.kind == kind] for kind in ("article", "dialect", "spam")
    }
    border = sorted(scores["article"])[len(scores["article"]) // 20]  # loses one article in twenty
    assert sum(s < border for s in scores["spam"]) > 0.95 * len(scores["spam"])
    assert sum(s < border for s in scores["dialect"]) > 0.4 * len(scores["dialect"])


def test_a_random_page_is_no_error():
    rng = random.Random(0)
    text = "".join(chr(rng.randrange(32, 0x2FFF)) for _ in range(997))
    assert 0 < QualityClassifier.train(GOOD, OTHER, bits=4).score(text) < 1


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="expected good and other pages; got 0 good, 5 other"):
        QualityClassifier.train([], OTHER)
    with pytest.raises(ValueError, match="got 3 good, 0 other"):
        QualityClassifier.train(GOOD, [])
    with pytest.raises(ValueError, match="bits must be at most 24; got 25"):
        QualityClassifier.train(GOOD, OTHER, bits=25)
    with pytest.raises(ValueError, match="steps must be at least 1; got 0"):
        QualityClassifier.train(GOOD, OTHER, steps=0)
    with pytest.raises(ValueError, match="penalty must be a finite number"):
        QualityClassifier.train(GOOD, OTHER, penalty=0)
    with pytest.raises(ValueError, match=r"alpha must be a finite number in .*; got -9"):
        keep_probability(0.5, -9)
    with pytest.raises(ValueError, match=r"quality.sampled: alpha must be .*; got 0"):
        quality.sampled(QualityClassifier(np.zeros(2), 0.0), alpha=0)
    with pytest.raises(TypeError, match=r"seed must be an integer; got 0\.5"):
        quality.sampled(QualityClassifier(np.zeros(2), 0.0), seed=0.5)
    with pytest.raises(ValueError, match=r"score must be a finite number in \[0, 1\]; got 1.2"):
        keep_probability(1.2)
    with pytest.raises(ValueError, match=r"threshold must be a finite number in \[0, 1\]; got -1"):
        quality.above(QualityClassifier(np.zeros(2), 0.0), -1)
