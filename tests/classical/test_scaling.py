"""Against scikit-learn, constant columns included."""

import numpy as np

from llm101.classical import Standardiser


def test_equals_scikit_learn(x, rng):
    from sklearn.preprocessing import StandardScaler

    x = np.column_stack([x, np.full(101, 0.1)])  # 0.1 has no exact float: its mean is off by a last bit
    ours, theirs = Standardiser().fit(x), StandardScaler().fit(x)
    other = rng.normal(size=(13, 4))
    assert np.allclose(ours.transform(x), theirs.transform(x), rtol=0, atol=1e-10)
    assert np.allclose(ours.transform(other), theirs.transform(other), rtol=0, atol=1e-10)
    assert np.array_equal(ours.transform(x)[:, 3].round(12), np.zeros(101))


def test_the_training_rows_get_mean_0_and_deviation_1_and_others_do_not(x):
    scale = Standardiser().fit(x[:53])
    z, rest = scale.transform(x[:53]), scale.transform(x[53:])
    assert np.allclose(z.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(z.std(axis=0), 1, atol=1e-12)
    assert np.abs(rest.mean(axis=0)).max() > 0.01
    assert np.allclose(scale.restore(rest), x[53:], rtol=0, atol=1e-12)
