"""Gradient descent, the plain kind: go a small step against the slope, again and again. Lesson 05 is about the rest.

w  <-  w - rate · gradient(w)            Cauchy 1847; Bottou, Curtis and Nocedal 2018, section 2, arXiv:1606.04838
"""

from collections.abc import Callable, Iterator

import numpy as np

from llm101.classical.protocol import Array
from llm101.expect import integer, number

Gradient = Callable[[Array], Array]


def descend(gradient: Gradient, start: Array, *, rate: float, steps: int) -> Iterator[Array]:
    """The start and every point after it: `steps` + 1 arrays of the shape of `start`.

    Args:
        gradient: w -> the gradient of the loss at w, of the same shape.
        start: where to begin.
        rate: length of a step for a gradient of length 1, the "learning rate".
        steps: how many.

    Raises:
        ValueError: the rate is negative, or so large that the point runs off to infinity; says at which step.

    >>> [float(w) for w in descend(lambda w: 2 * w, np.array(8.0), rate=0.25, steps=3)]
    [8.0, 4.0, 2.0, 1.0]
    """
    number("descend", "rate", rate, at_least=0)
    at = np.asarray(start, dtype=np.float64)
    yield at
    for step in range(1, integer("descend", "steps", steps, at_least=0) + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            at = at - rate * gradient(at)
        if not np.isfinite(at).all():
            raise ValueError(f"descend: not finite after step {step}; try a smaller rate than {rate:g}")
        yield at


def arrive(gradient: Gradient, start: Array, *, rate: float, steps: int) -> Array:
    """The last point of `descend`."""
    for at in descend(gradient, start, rate=rate, steps=steps):
        last = at
    return last


def safe_rate(x: Array, curvature: float) -> float:
    """A rate at which gradient descent cannot diverge: 1 / L, where no second derivative is larger than L.

    L = curvature · (largest eigenvalue of xᵀx / m), for a loss that is the mean over m rows of some f(x_i · w).

    Args:
        x: inputs with the column of ones, if there is one (m d).
        curvature: the largest f'': 2 for squared error, 1/4 for the logistic loss, 1/2 for softmax
            (Böhning 1992, "Multinomial logistic regression algorithm", gives the last bound).
    """
    return float(len(x) / (curvature * np.linalg.norm(x, 2) ** 2))
