"""Operations that move numbers and change none: reshape, transpose, index. Values and pulls as in elementwise.py."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from llm101.autograd.elementwise import Array, Result


def reshape(a: Array, shape: tuple[int, ...]) -> Result:
    """The same numbers in the same order, in another shape."""
    return a.reshape(shape), (lambda g: g.reshape(a.shape),)


def transpose(a: Array, axes: tuple[int, ...]) -> Result:
    """Axis `axes[i]` becomes axis i, as in numpy. () turns the order of all axes round."""
    axes = normalize_axis_tuple(axes or range(a.ndim)[::-1], a.ndim, "axes")
    return a.transpose(axes), (lambda g: g.transpose(np.argsort(axes)),)


def index(a: Array, where: Any) -> Result:
    """a[where], with slices, integers, or arrays of them. A row that was taken three times gets three gradients.

    `grad[where] += g` would keep only one of the three: numpy reads, adds and writes each place once. `np.add.at`
    adds them one after the other.
    """

    def pull(g: Array) -> Array:
        grad = np.zeros_like(a, dtype=g.dtype)
        np.add.at(grad, where, g)
        return grad

    return a[where], (pull,)
