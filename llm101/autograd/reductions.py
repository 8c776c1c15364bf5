"""Operations that look along an axis: sums, means, maxima, softmax. Values and pulls as in elementwise.py.

`axis` is an int, a tuple of ints, or None for all. A sum keeps no axis unless `keepdims`; its gradient has to be
spread over the axis again, which is broadcasting, and the pull of broadcasting was a sum: the two are each other's.
"""

from math import prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from llm101.autograd.elementwise import Array, Result

Axis = int | tuple[int, ...] | None


def axes_of(a: Array, axis: Axis) -> tuple[int, ...]:
    """`axis` as a tuple of numbers from 0 on.

    >>> axes_of(np.zeros((2, 3, 5)), -1), axes_of(np.zeros((2, 3, 5)), None)
    ((2,), (0, 1, 2))
    """
    if axis is None:
        return tuple(range(a.ndim))
    return normalize_axis_tuple(axis, a.ndim, "axis")


def spread(g: Array, like: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Copy a gradient along the axes that a reduction took away, so that it has the shape of `like` again."""
    return np.broadcast_to(g if keepdims else np.expand_dims(g, axes), like.shape)


def total(a: Array, axis: Axis, keepdims: bool) -> Result:
    """The sum: every entry gets the whole gradient."""
    axes = axes_of(a, axis)
    return a.sum(axis=axes, keepdims=keepdims), (lambda g: spread(g, a, axes, keepdims),)


def mean(a: Array, axis: Axis, keepdims: bool) -> Result:
    """The mean of n numbers: every entry gets an n-th of the gradient."""
    axes = axes_of(a, axis)
    n = prod(a.shape[i] for i in axes)
    if n == 0:
        raise ValueError(f"Tensor.mean: expected at least one number along axis {axis}; got shape {a.shape}")
    return a.mean(axis=axes, keepdims=keepdims), (lambda g: spread(g / n, a, axes, keepdims),)


def largest(a: Array, axis: Axis, keepdims: bool) -> Result:
    """The maximum: the gradient goes to the entry that won; entries that tie share it, as in torch.amax."""
    axes = axes_of(a, axis)
    top = a.max(axis=axes, keepdims=True)
    share = (a == top) / (a == top).sum(axis=axes, keepdims=True, dtype=a.dtype)
    value = top if keepdims else top.squeeze(axes)
    return value, (lambda g: spread(g, a, axes, keepdims) * share,)


def log_softmax(a: Array, axis: int) -> Result:
    """a - log(sum(exp(a))) along `axis`. The largest entry is taken off first, so that exp cannot overflow."""
    shifted = a - a.max(axis=axis, keepdims=True)
    value = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return value, (lambda g: g - np.exp(value) * g.sum(axis=axis, keepdims=True),)


def softmax(a: Array, axis: int) -> Result:
    """exp(a) / sum(exp(a)) along `axis`: positive numbers that sum to 1."""
    powers = np.exp(a - a.max(axis=axis, keepdims=True))
    p = powers / powers.sum(axis=axis, keepdims=True)
    return p, (lambda g: p * (g - (g * p).sum(axis=axis, keepdims=True)),)
