"""Reverse-mode automatic differentiation of single numbers.

Every operation writes down two things: what it was computed from (`parents`), and by how much the result would move
if one of them moved (`slopes`, the local derivatives, plain numbers). `backward` then multiplies slopes along every
path and adds up the paths: that is the chain rule, and all of backpropagation.

    a --slope da--> c = a · b      d root / d a  =  sum over every c that used a of  (d root / d c) · (d c / d a)
"""

import math
from collections import defaultdict
from numbers import Real
from typing import Union

from llm101.autograd.graph import topological_order

Operand = Union["Value", float]


class Value:
    """A number that remembers how it was made.

    Args:
        data: the number.
        name: for pictures of the graph. "" = none.

    Attributes:
        grad: d root / d this, added up over every `root.backward()` so far; 0.0 before the first.
        parents: the Values that it was computed from. () = a leaf, given by hand.
        slopes: d this / d parent, one number a parent.
        op: how it was computed: "+", "*", "exp". "" = a leaf.

    Raises:
        TypeError: data is not a real number.

    >>> x, w = Value(3.0), Value(-2.0)
    >>> loss = (x * w + 1) ** 2
    >>> loss.backward()
    >>> loss.data, x.grad, w.grad           # d/dx (xw + 1)² = 2 (xw + 1) w
    (25.0, 20.0, -30.0)
    """

    __array_ufunc__ = None  # numpy numbers leave `number * Value` to us

    def __init__(self, data: float, name: str = ""):
        if not isinstance(data, Real):
            raise TypeError(f"Value: data must be a real number; got {data!r} ({type(data).__name__})")
        self.data: float = float(data)
        self.name = name
        self.grad: float = 0.0
        self.parents: tuple[Value, ...] = ()
        self.slopes: tuple[float, ...] = ()
        self.op: str = ""

    def __repr__(self) -> str:
        return f"Value({self.data:g}, grad={self.grad:g})"

    def __add__(self, other: Operand) -> "Value":
        other = as_value(other)
        return computed("+", self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other: Operand) -> "Value":
        other = as_value(other)
        return computed("*", self.data * other.data, (self, other.data), (other, self.data))

    def __sub__(self, other: Operand) -> "Value":
        other = as_value(other)
        return computed("-", self.data - other.data, (self, 1.0), (other, -1.0))

    def __truediv__(self, other: Operand) -> "Value":
        other = as_value(other)
        quotient = self.data / other.data
        return computed("/", quotient, (self, 1 / other.data), (other, -quotient / other.data))

    def __pow__(self, exponent: float) -> "Value":
        if not isinstance(exponent, Real):
            raise TypeError(f"Value: the exponent must be a number; got {exponent!r}. Write (b * a.log()).exp()")
        if self.data < 0 and exponent != int(exponent):
            raise ValueError(f"Value: {self.data:g} to the power {exponent:g} is not a real number")
        slope = exponent * self.data ** (exponent - 1) if exponent else 0.0
        return computed(f"**{exponent:g}", self.data**exponent, (self, slope))

    def __neg__(self) -> "Value":
        return computed("neg", -self.data, (self, -1.0))

    def __radd__(self, other: float) -> "Value":
        return as_value(other) + self

    def __rmul__(self, other: float) -> "Value":
        return as_value(other) * self

    def __rsub__(self, other: float) -> "Value":
        return as_value(other) - self

    def __rtruediv__(self, other: float) -> "Value":
        return as_value(other) / self

    def __rpow__(self, base: float) -> "Value":
        return (self * as_value(base).log().data).exp()

    def exp(self) -> "Value":
        """e to the power of this; its own derivative."""
        power = math.exp(self.data)
        return computed("exp", power, (self, power))

    def log(self) -> "Value":
        """The natural logarithm.

        Raises:
            ValueError: this is not positive.
        """
        if not self.data > 0:
            raise ValueError(f"Value.log: expected a positive number; got {self.data:g}")
        return computed("log", math.log(self.data), (self, 1 / self.data))

    def tanh(self) -> "Value":
        """The hyperbolic tangent, between -1 and 1."""
        y = math.tanh(self.data)
        return computed("tanh", y, (self, 1 - y * y))

    def relu(self) -> "Value":
        """This if positive, else 0. At 0 there is no derivative; 0 is taken, as in torch."""
        return computed("relu", max(self.data, 0.0), (self, float(self.data > 0)))

    def backward(self) -> None:
        """Add d this / d node to `node.grad`, for every node that this was computed from (and 1 to its own).

        From the last node to the first: when a node's turn comes, everything that used it has had its turn.
        """
        arrived: dict[Value, float] = defaultdict(float, {self: 1.0})
        for node in reversed(topological_order(self)):
            node.grad += arrived[node]
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                arrived[parent] += arrived[node] * slope


def as_value(x: Operand) -> Value:
    """x itself if it is a Value, else a new leaf."""
    return x if isinstance(x, Value) else Value(x)


def computed(op: str, data: float, *edges: tuple[Value, float]) -> Value:
    """A Value made by `op`, with one (parent, slope) for each number that it was computed from."""
    result = Value(data)
    result.op = op
    result.parents = tuple(parent for parent, _ in edges)
    result.slopes = tuple(slope for _, slope in edges)
    return result
