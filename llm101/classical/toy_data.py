"""Small data sets in the plane, on which one can see what a model can do and what not.

    blobs   two heaps: a straight border is enough
    xor     four heaps, the opposite ones alike: no straight border, no single question
    moons   two half circles, one inside the other's bend
    rings   a disc inside a ring
    curve   y = sin(pi x) plus noise, for regression; `truth` is the curve without noise

Randomness comes from the numpy Generator that is handed in, so the same seed gives the same points.
Letters: m examples.
"""

from typing import NamedTuple

import numpy as np

from llm101.classical.protocol import Array
from llm101.expect import integer, number

Rng = np.random.Generator


class Points(NamedTuple):
    """Inputs and targets."""

    x: Array  # (m 2), or (m 1) for the curve
    y: Array  # (m,): int64 classes 0 and 1, or float64 numbers for the curve


def _sizes(owner: str, m: int, noise: float) -> tuple[int, float]:
    """Both arguments, checked."""
    return integer(owner, "m", m, at_least=2), number(owner, "noise", noise, at_least=0)


def _classes(m: int, rng: Rng) -> Array:
    """Half zeros, half ones (one more 0 if m is odd), in random order."""
    return rng.permutation(np.arange(m) % 2)


def blobs(m: int, rng: Rng, *, noise: float = 0.6) -> Points:
    """Two round heaps around (-1, -0.5) and (1, 0.5).

    Args:
        m: number of points, half of each class.
        rng: source of randomness.
        noise: standard deviation of a heap.

    >>> blobs(5, np.random.default_rng(0)).x.shape
    (5, 2)
    """
    m, noise = _sizes("blobs", m, noise)
    y = _classes(m, rng)
    middle = np.where(y == 1, 1.0, -1.0)[:, None] * np.array([1.0, 0.5])  # (m 2)
    return Points(middle + noise * rng.normal(size=(m, 2)), y)


def xor(m: int, rng: Rng, *, noise: float = 0.35) -> Points:
    """Four heaps around (±1, ±1); class 1 where the two signs differ. Arguments as for `blobs`."""
    m, noise = _sizes("xor", m, noise)
    y = _classes(m, rng)
    first = rng.integers(2, size=m)
    corner = 2.0 * np.stack([first, first ^ y], axis=1) - 1  # (m 2)
    return Points(corner + noise * rng.normal(size=(m, 2)), y)


def moons(m: int, rng: Rng, *, noise: float = 0.15) -> Points:
    """Two half circles of radius 1, interleaved: class 0 the upper one, class 1 the lower. Arguments as for `blobs`.

    The shape of scikit-learn's make_moons: (cos t, sin t) and (1 - cos t, 1/2 - sin t), here shifted to the middle.
    """
    m, noise = _sizes("moons", m, noise)
    y = _classes(m, rng)
    t = rng.uniform(0, np.pi, size=m)
    upper = np.stack([np.cos(t) - 0.5, np.sin(t) - 0.25], axis=1)
    lower = np.stack([0.5 - np.cos(t), 0.25 - np.sin(t)], axis=1)
    return Points(np.where(y[:, None] == 1, lower, upper) + noise * rng.normal(size=(m, 2)), y)


def rings(m: int, rng: Rng, *, noise: float = 0.15) -> Points:
    """Class 0 on a circle of radius 0.5, class 1 on one of radius 1.5, both around the origin. Arguments as for `blobs`."""
    m, noise = _sizes("rings", m, noise)
    y = _classes(m, rng)
    angle = rng.uniform(0, 2 * np.pi, size=m)
    on_circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (0.5 + y)[:, None]
    return Points(on_circle + noise * rng.normal(size=(m, 2)), y)


def truth(x: Array) -> Array:
    """sin(pi x): what `curve` would be without noise. Any shape.

    >>> float(truth(np.array(0.5)))
    1.0
    """
    return np.sin(np.pi * np.asarray(x, dtype=np.float64))


def curve(m: int, rng: Rng, *, noise: float = 0.3) -> Points:
    """One feature between -1 and 1, and y = sin(pi x) + noise: x (m 1), y (m,) float64.

    Args:
        m: number of points.
        rng: source of randomness.
        noise: standard deviation of what is added to y; the mean squared error of the best possible model is noise².
    """
    m, noise = _sizes("curve", m, noise)
    x = rng.uniform(-1, 1, size=m)
    return Points(x[:, None], truth(x) + noise * rng.normal(size=m))
