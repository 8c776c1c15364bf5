import random

import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from llm101.data.clean.judge import Judgement, judge


def test_against_scikit_learn():
    rng = random.Random(1)
    pairs = [(rng.random() < 0.3, rng.random() < 0.4) for _ in range(97)]
    found = judge(iter(pairs))
    out, bad = zip(*pairs, strict=True)
    assert found.precision == pytest.approx(precision_score(bad, out))
    assert found.recall == pytest.approx(recall_score(bad, out))
    assert found.f1 == pytest.approx(f1_score(bad, out))
    assert found.wrongly == pytest.approx(1 - recall_score(bad, out, pos_label=False))
    assert sum(found) == 97


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "wrongly", "f1"),
    [
        ((0, 0, 0, 0), 1, 1, 0, 1),
        ((0, 0, 3, 2), 1, 0, 0, 0),
        ((0, 5, 0, 2), 0, 1, 5 / 7, 0),
        ((3, 0, 0, 0), 1, 1, 0, 1),
    ],
)
def test_the_empty_cases(counts, precision, recall, wrongly, f1):
    found = Judgement(*counts)
    assert (found.precision, found.recall, found.wrongly, found.f1) == (precision, recall, wrongly, f1)
