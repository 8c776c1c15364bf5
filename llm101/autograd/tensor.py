"""Arrays that know where they came from: reverse-mode automatic differentiation over numpy.

`Tensor` is `Value` with arrays for numbers: `parents` as there, and a `pull` where a slope was (see elementwise.py).
What each operation does, forwards and backwards, stands in elementwise, reductions, rearrange and matmul; this file
remembers it (`apply`) and walks back (`Tensor.backward`).

Changing numbers in place is the classic way to a wrong gradient: a pull remembers the arrays that it was made with,
and whoever overwrites one between the pass forwards and the pass back gets another function's gradient, in silence.
Here the arrays inside of tensors are read-only, so numpy raises an error instead. To change a parameter give it a new
array: `p.data = p.data - 0.1 * p.grad`; graphs made before that keep the old one and stay right.
"""

from collections.abc import Callable
from numbers import Real
from typing import Any, Union

import numpy as np

from llm101.autograd import elementwise, rearrange, reductions
from llm101.autograd.elementwise import Array, Pull, Result
from llm101.autograd.graph import topological_order
from llm101.autograd.matmul import matmul
from llm101.autograd.reductions import Axis

Operand = Union["Tensor", Array, float]


class Tensor:
    """An array with a gradient.

    Args:
        data: numbers, copied. float32 stays float32, everything else becomes float64.
        requires_grad: True = `backward` shall leave a gradient in `.grad`.

    Attributes:
        grad: array of the shape of data: d root / d this, added up over every `root.backward()` so far. None before
            the first. Only tensors made by hand keep one, not those that were computed.
        parents: the tensors it was computed from, as far as they require a gradient. () = made by hand.
        pulls: one function a parent: gradient by this -> gradient by the parent.
        op: the name of the operation. "" = made by hand.

    Raises:
        TypeError: data is not made of real numbers.

    >>> w = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> loss = ((w * 2 - 1) ** 2).sum()
    >>> loss.backward()
    >>> loss.item(), w.grad                 # 2 · (2w - 1) · 2
    (35.0, array([ 4., 12., 20.]))
    """

    __array_ufunc__ = None  # numpy leaves `array * tensor` to us

    def __init__(self, data: Any, requires_grad: bool = False):
        self._data = frozen(floats(data).copy())
        self.requires_grad = requires_grad
        self.grad: Array | None = None
        self.parents: tuple[Tensor, ...] = ()
        self.pulls: tuple[Pull, ...] = ()
        self.op = ""

    def __repr__(self) -> str:
        made = f", op={self.op!r}" if self.op else ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({np.array2string(self.data, prefix='Tensor(', separator=', ')}{made})"

    @property
    def data(self) -> Array:
        """The numbers, read-only. Assign a new array of the same shape to change them."""
        return self._data

    @data.setter
    def data(self, new: Any) -> None:
        array = floats(new, self.dtype).astype(self.dtype)
        if array.shape != self.shape:
            raise ValueError(f"Tensor.data: expected an array of shape {self.shape}; got {array.shape}")
        self._data = frozen(array)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of every axis."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def dtype(self) -> np.dtype:
        """float64 or float32."""
        return self._data.dtype

    def __len__(self) -> int:
        return len(self._data)

    def item(self) -> float:
        """The number in a tensor of one entry.

        Raises:
            ValueError: there is not exactly one.
        """
        if self._data.size != 1:
            raise ValueError(f"Tensor.item: expected one number; got shape {self.shape}. Use .numpy() for an array")
        return float(self._data.reshape(()))

    def numpy(self) -> Array:
        """A copy of the numbers that may be written to."""
        return self._data.copy()

    def detach(self) -> "Tensor":
        """The same numbers as a constant: nothing goes back through it."""
        return Tensor(self._data)

    # ------------------------------------------------------------------------------------------ operations

    def __add__(self, other: Operand) -> "Tensor":
        return apply(elementwise.add, self, like(self, other))

    def __sub__(self, other: Operand) -> "Tensor":
        return apply(elementwise.subtract, self, like(self, other))

    def __mul__(self, other: Operand) -> "Tensor":
        return apply(elementwise.multiply, self, like(self, other))

    def __truediv__(self, other: Operand) -> "Tensor":
        return apply(elementwise.divide, self, like(self, other))

    def __matmul__(self, other: Operand) -> "Tensor":
        return apply(matmul, self, like(self, other))

    def __pow__(self, exponent: float) -> "Tensor":
        if not isinstance(exponent, Real):
            raise TypeError(f"Tensor: the exponent must be a number; got {exponent!r}. Write (b * a.log()).exp()")
        return apply(elementwise.power, self, exponent=exponent)

    def __neg__(self) -> "Tensor":
        return apply(elementwise.negate, self)

    def __radd__(self, other: Operand) -> "Tensor":
        return like(self, other) + self

    def __rsub__(self, other: Operand) -> "Tensor":
        return like(self, other) - self

    def __rmul__(self, other: Operand) -> "Tensor":
        return like(self, other) * self

    def __rtruediv__(self, other: Operand) -> "Tensor":
        return like(self, other) / self

    def __rmatmul__(self, other: Operand) -> "Tensor":
        return like(self, other) @ self

    def __getitem__(self, where: Any) -> "Tensor":
        return apply(rearrange.index, self, where=where)

    def exp(self) -> "Tensor":
        """e to the power of each entry."""
        return apply(elementwise.exp, self)

    def log(self) -> "Tensor":
        """The natural logarithm of each entry."""
        return apply(elementwise.log, self)

    def sqrt(self) -> "Tensor":
        """The square root of each entry."""
        return apply(elementwise.sqrt, self)

    def tanh(self) -> "Tensor":
        """The hyperbolic tangent of each entry."""
        return apply(elementwise.tanh, self)

    def sigmoid(self) -> "Tensor":
        """1 / (1 + exp(-x)) of each entry."""
        return apply(elementwise.sigmoid, self)

    def relu(self) -> "Tensor":
        """Each entry if positive, else 0."""
        return apply(elementwise.relu, self)

    def sum(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """The sum along `axis` (None = of all entries)."""
        return apply(reductions.total, self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """The mean along `axis` (None = of all entries)."""
        return apply(reductions.mean, self, axis=axis, keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """The maximum along `axis` (None = of all entries)."""
        return apply(reductions.largest, self, axis=axis, keepdims=keepdims)

    def softmax(self, axis: int = -1) -> "Tensor":
        """Positive numbers that sum to 1 along `axis`."""
        return apply(reductions.softmax, self, axis=axis)

    def log_softmax(self, axis: int = -1) -> "Tensor":
        """The logarithm of softmax, right even where softmax is too small for a float."""
        return apply(reductions.log_softmax, self, axis=axis)

    def reshape(self, *shape: int) -> "Tensor":
        """The same numbers in the same order, in another shape: `x.reshape(2, -1)`."""
        return apply(rearrange.reshape, self, shape=shape)

    def transpose(self, *axes: int) -> "Tensor":
        """Axis `axes[i]` becomes axis i, as in numpy: `x.transpose(0, 2, 1)`. None given = all turned round."""
        return apply(rearrange.transpose, self, axes=axes)

    @property
    def T(self) -> "Tensor":  # noqa: N802
        """All axes in reverse order; of a matrix, its transpose."""
        return self.transpose()

    # ------------------------------------------------------------------------------------------ the way back

    def backward(self, gradient: Any = None) -> None:
        """Add d this / d leaf to `leaf.grad` for every leaf that requires a gradient.

        Args:
            gradient: the gradient by this tensor to start from, of its shape. None = 1, which only a scalar allows.

        Raises:
            ValueError: nothing that this was computed from requires a gradient; it is no scalar and no gradient was
                given; the gradient has another shape.
        """
        arrived = {self: first_gradient(self, gradient)}
        for node in reversed(topological_order(self)):
            g = arrived.pop(node)
            if not node.parents:
                node.grad = g.astype(node.dtype) if node.grad is None else node.grad + g.astype(node.dtype)
            for parent, pull in zip(node.parents, node.pulls, strict=True):
                arrived[parent] = arrived[parent] + pull(g) if parent in arrived else pull(g)


def apply(operation: Callable[..., Result], *inputs: Tensor, **settings: Any) -> Tensor:
    """Compute with arrays, and remember the way back: the parents that require a gradient, and their pulls."""
    value, pulls = operation(*(x.data for x in inputs), **settings)
    result = Tensor.__new__(Tensor)
    result._data, result.grad, result.op = frozen(np.asarray(value)), None, operation.__name__
    kept = [(x, pull) for x, pull in zip(inputs, pulls, strict=True) if x.requires_grad]
    result.parents = tuple(x for x, _ in kept)
    result.pulls = tuple(pull for _, pull in kept)
    result.requires_grad = bool(kept)
    return result


def first_gradient(root: Tensor, gradient: Any) -> Array:
    """What `backward` starts from; all its errors."""
    if not root.requires_grad:
        raise ValueError("Tensor.backward: nothing this was computed from has requires_grad=True")
    if gradient is None and root.data.size != 1:
        raise ValueError(
            f"Tensor.backward: expected a scalar; got shape {root.shape}. Take .sum() or .mean(), or pass a gradient"
        )
    start = np.ones_like(root.data) if gradient is None else floats(gradient, root.dtype)
    if start.shape != root.shape:
        raise ValueError(f"Tensor.backward: expected a gradient of shape {root.shape}; got {start.shape}")
    return start


def like(a: Tensor, b: Operand) -> Tensor:
    """b as a tensor; whole numbers and Python's own take the dtype of a."""
    return b if isinstance(b, Tensor) else Tensor(floats(b, a.dtype))


def floats(data: Any, default: Any = np.float64) -> Array:
    """`data` as an array of float32 or float64; Python numbers and integers become `default`."""
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"Tensor: expected real numbers; got {array.dtype} ({type(data).__name__})")
    given = array.dtype in (np.float32, np.float64) and hasattr(data, "dtype")
    return array if given else array.astype(default)


def frozen(array: Array) -> Array:
    """The array, marked as read-only."""
    array.flags.writeable = False
    return array
