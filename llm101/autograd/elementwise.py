"""Operations on each entry of an array: what they give, and how a gradient goes back through them.

An operation returns its value and one `pull` for each array that it was given. A pull takes g, the gradient of the
loss by the value, and returns the gradient of the loss by that array. It is the many-number form of the slope in
value.py: there g is multiplied by a number, here by a whole matrix of derivatives that nobody ever writes down.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Pull = Callable[[Array], Array]
Result = tuple[Array, tuple[Pull, ...]]


def unbroadcast(grad: Array, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting in a gradient: sum it over the axes along which an array of `shape` was copied.

    An entry that was used five times moves the loss along five ways; their gradients add up.

    Args:
        grad: gradient by the copied array, of any shape that `shape` broadcasts to.
        shape: of the array before it was copied.

    Raises:
        ValueError: an array of `shape` cannot become one of the shape of `grad`.

    >>> unbroadcast(np.ones((5, 3)), (3,)), unbroadcast(np.ones((5, 3)), (5, 1)).shape
    (array([5., 5., 5.]), (5, 1))
    """
    if grad.shape == shape:
        return grad
    new = grad.ndim - len(shape)  # axes that broadcasting put in front
    if new < 0 or any(n not in (1, m) for n, m in zip(shape, grad.shape[new:], strict=True)):
        raise ValueError(f"unbroadcast: shape {shape} does not broadcast to the gradient's shape {grad.shape}")
    stretched = tuple(axis for axis in range(grad.ndim) if axis < new or shape[axis - new] == 1)
    return grad.sum(axis=stretched).reshape(shape)


def add(a: Array, b: Array) -> Result:
    """a + b: the gradient goes to both as it is."""
    return a + b, (lambda g: unbroadcast(g, a.shape), lambda g: unbroadcast(g, b.shape))


def subtract(a: Array, b: Array) -> Result:
    """a - b."""
    return a - b, (lambda g: unbroadcast(g, a.shape), lambda g: unbroadcast(-g, b.shape))


def multiply(a: Array, b: Array) -> Result:
    """a · b, entry by entry: each gets the gradient times the other."""
    return a * b, (lambda g: unbroadcast(g * b, a.shape), lambda g: unbroadcast(g * a, b.shape))


def divide(a: Array, b: Array) -> Result:
    """a / b."""
    quotient = a / b
    return quotient, (lambda g: unbroadcast(g / b, a.shape), lambda g: unbroadcast(-g * quotient / b, b.shape))


def negate(a: Array) -> Result:
    """-a."""
    return -a, (lambda g: -g,)


def power(a: Array, exponent: float) -> Result:
    """a to a fixed power."""
    slope = exponent * a ** (exponent - 1) if exponent else np.zeros_like(a)
    return a**exponent, (lambda g: g * slope,)


def exp(a: Array) -> Result:
    """e to the power a: its own derivative."""
    value = np.exp(a)
    return value, (lambda g: g * value,)


def log(a: Array) -> Result:
    """The natural logarithm."""
    return np.log(a), (lambda g: g / a,)


def sqrt(a: Array) -> Result:
    """The square root; its slope at 0 is infinite."""
    value = np.sqrt(a)
    return value, (lambda g: g / (2 * value),)


def tanh(a: Array) -> Result:
    """The hyperbolic tangent."""
    value = np.tanh(a)
    return value, (lambda g: g * (1 - value**2),)


def sigmoid(a: Array) -> Result:
    """1 / (1 + exp(-a)), by way of log(exp(0) + exp(-a)), which does not overflow."""
    value = np.exp(-np.logaddexp(0, -a))
    return value, (lambda g: g * value * (1 - value),)


def relu(a: Array) -> Result:
    """a where positive, else 0. The slope at 0 is taken as 0, as in torch."""
    return np.maximum(a, 0), (lambda g: g * (a > 0),)
