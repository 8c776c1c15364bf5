"""Is a gradient right? Move every input number up and down a little, and compare.

    df/dx ≈ (f(x + eps) - f(x - eps)) / 2 eps        off by eps² f'''/6, and by rounding, about 1e-16 |f| / eps

With eps = 1e-6 both parts are small in float64: of a right gradient eight digits or more agree. In float32 rounding
alone is near 0.1 |f|, so float32 is refused.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from llm101.autograd.elementwise import Array
from llm101.autograd.tensor import Tensor
from llm101.expect import number

FLOOR = 1e-3  # share of the largest number in play below which a slope is not compared digit by digit


class GradientError(NamedTuple):
    """The worst entry that `largest_error` found. `str` says it in one line."""

    error: float  # relative
    input: int  # which argument of f
    entry: tuple[int, ...]  # which of its entries
    backward: float
    difference: float

    def __str__(self) -> str:
        found = f"backward says {self.backward:.9g}, the difference {self.difference:.9g}"
        return f"relative error {self.error:.2g} at input {self.input}, entry {self.entry}: {found}"


def gradcheck(f: Callable[..., Tensor], *inputs: Any, eps: float = 1e-6) -> float:
    """The largest relative error of the gradient of f; below 1e-6 means right. `largest_error` says where it is.

    >>> gradcheck(lambda a, b: (a * b).sum(), np.array([1.0, 2.0]), np.array([3.0, 4.0])) < 1e-8
    True
    """
    return largest_error(f, *inputs, eps=eps).error


def largest_error(f: Callable[..., Tensor], *inputs: Any, eps: float = 1e-6) -> GradientError:
    """Compare `backward` with central differences at every entry of every input; the worst.

    The error of an entry is |backward - difference| / max(|backward|, |difference|, floor). The floor is a thousandth
    of the largest slope or of |f|, whichever is larger: differences cannot see slopes that are tiny beside those.

    Args:
        f: takes as many Tensors as there are inputs, returns a scalar Tensor, the same one each time.
        inputs: Tensors or arrays of float64; copied.
        eps: how far each number is moved.

    Raises:
        ValueError: no inputs; an input is not float64; f returns no scalar.
    """
    number("gradcheck", "eps", eps, at_least=1e-12)
    arrays = [checked(i, x) for i, x in enumerate(inputs)]
    value, slopes = backward_slopes(f, arrays)
    differences = [central_differences(f, arrays, i, eps) for i in range(len(arrays))]
    top = max([abs(value), *(float(np.fmax.reduce(np.abs(d), axis=None, initial=0)) for d in (*slopes, *differences))])
    worst = GradientError(0.0, 0, (), 0.0, 0.0)
    for i, (slope, difference) in enumerate(zip(slopes, differences, strict=True)):
        for j in np.ndindex(slope.shape):
            a, b = float(slope[j]), float(difference[j])
            error = abs(a - b) / (max(abs(a), abs(b), FLOOR * top) or 1.0)
            if not error <= worst.error and worst.error == worst.error:  # nothing is worse than NaN
                worst = GradientError(error, i, j, a, b)
    return worst


def checked(i: int, x: Any) -> Array:
    """Input i as an array of its own."""
    array = x.numpy() if isinstance(x, Tensor) else np.array(x)
    if array.dtype != np.float64:
        raise ValueError(f"gradcheck: input {i} must be float64; got {array.dtype}. Use .astype(np.float64)")
    return array


def backward_slopes(f: Callable[..., Tensor], arrays: list[Array]) -> tuple[float, list[Array]]:
    """f and its gradient by every input, from `backward`; an input that f does not use has zeros."""
    tensors = [Tensor(x, requires_grad=True) for x in arrays]
    result = f(*tensors)
    if not tensors or result.shape != ():
        raise ValueError(f"gradcheck: expected inputs and a scalar; got {len(tensors)} inputs, shape {result.shape}")
    if result.requires_grad:
        result.backward()
    return result.item(), [np.zeros(t.shape) if t.grad is None else t.grad for t in tensors]


def central_differences(f: Callable[..., Tensor], arrays: list[Array], i: int, eps: float) -> Array:
    """The slope of f by every entry of arrays[i], two calls of f each."""
    slopes = np.zeros_like(arrays[i])
    for j in np.ndindex(slopes.shape):
        values = []
        for move in (eps, -eps):
            moved = [x.copy() for x in arrays]
            moved[i][j] += move
            values.append(f(*map(Tensor, moved)).item())
        slopes[j] = (values[0] - values[1]) / (2 * eps)
    return slopes
