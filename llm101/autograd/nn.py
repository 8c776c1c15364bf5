"""Layers, the loss of classification and one step of gradient descent, on the tensors of tensor.py.

A layer is a class with `__call__` and `parameters()`. Weights lie as in torch, (n_out, n_in), and start as there:
uniform between -1/sqrt(n_in) and 1/sqrt(n_in); embeddings start from the normal distribution.
Letters: n rows, v classes (or vocabulary).
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from llm101.autograd.elementwise import Array
from llm101.autograd.tensor import Tensor
from llm101.expect import integer


class Linear:
    """x @ weight.T + bias.

    Args:
        n_in, n_out: lengths of the last axis, before and after.
        rng: where the first weights come from.
        bias: False leaves it out.
        dtype: np.float64 or np.float32.

    >>> layer = Linear(3, 5, np.random.default_rng(0))
    >>> layer(np.ones((2, 3))).shape, [p.shape for p in layer.parameters()]
    ((2, 5), [(5, 3), (5,)])
    """

    def __init__(self, n_in: int, n_out: int, rng: np.random.Generator, *, bias: bool = True, dtype: Any = np.float64):
        bound = 1 / integer("Linear", "n_in", n_in, at_least=1) ** 0.5
        shape = (integer("Linear", "n_out", n_out, at_least=1), n_in)
        self.weight = Tensor(rng.uniform(-bound, bound, shape).astype(dtype), requires_grad=True)
        self.bias = Tensor(rng.uniform(-bound, bound, n_out).astype(dtype), requires_grad=True) if bias else None

    def __call__(self, x: Tensor | Array) -> Tensor:
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias

    def parameters(self) -> list[Tensor]:
        """The weight and, if there is one, the bias."""
        return [self.weight] if self.bias is None else [self.weight, self.bias]


class Embedding:
    """One row of numbers for each id: `table[ids]`.

    Args:
        n_ids: number of rows.
        width: length of a row.
        rng, dtype: as in Linear.

    >>> Embedding(7, 2, np.random.default_rng(0))(np.array([[3, 3, 5]])).shape
    (1, 3, 2)
    """

    def __init__(self, n_ids: int, width: int, rng: np.random.Generator, *, dtype: Any = np.float64):
        shape = (integer("Embedding", "n_ids", n_ids, at_least=1), integer("Embedding", "width", width, at_least=1))
        self.table = Tensor(rng.standard_normal(shape).astype(dtype), requires_grad=True)

    def __call__(self, ids: Any) -> Tensor:
        return self.table[checked_ids("Embedding", "ids", ids, len(self.table))]

    def parameters(self) -> list[Tensor]:
        """The table."""
        return [self.table]


class MLP:
    """Linear layers with an activation between them: `MLP([2, 16, 1], rng)` has two layers.

    Args:
        sizes: length of the input, of each hidden layer, of the output.
        rng, dtype: as in Linear.
        activation: a function of one tensor, such as Tensor.relu.

    Raises:
        ValueError: fewer than two sizes.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        rng: np.random.Generator,
        *,
        activation: Callable[[Tensor], Tensor] = Tensor.tanh,
        dtype: Any = np.float64,
    ):
        if len(sizes) < 2:
            raise ValueError(f"MLP: expected at least 2 sizes, input and output; got {list(sizes)}")
        self.layers = [Linear(n_in, n_out, rng, dtype=dtype) for n_in, n_out in pairwise(sizes)]
        self.activation = activation

    def __call__(self, x: Tensor | Array) -> Tensor:
        y = self.layers[0](x)
        for layer in self.layers[1:]:
            y = layer(self.activation(y))
        return y

    def parameters(self) -> list[Tensor]:
        """Those of the first layer, the second, and so on."""
        return [p for layer in self.layers for p in layer.parameters()]


def cross_entropy(logits: Tensor, targets: Any) -> Tensor:
    """The mean of -log softmax(logits)[target], in nats.

    Args:
        logits: (... v), any real numbers.
        targets: ids of the right classes, integers in [0, v), one a row of logits: shape (...).

    Raises:
        TypeError: targets are not integers.
        ValueError: they lie outside [0, v), or are not one a row.

    >>> round(cross_entropy(Tensor([[0.0, 0.0, 0.0, 0.0]]), [2]).item(), 4)       # ln 4
    1.3863
    """
    n_classes = logits.shape[-1]
    ids = checked_ids("cross_entropy", "targets", targets, n_classes)
    if ids.shape != logits.shape[:-1]:
        raise ValueError(f"cross_entropy: expected targets of shape {logits.shape[:-1]}; got {ids.shape}")
    logs = logits.reshape(-1, n_classes).log_softmax()  # (n v)
    return -logs[np.arange(ids.size), ids.reshape(-1)].mean()


def checked_ids(owner: str, name: str, ids: Any, n: int) -> Array:
    """Integers in [0, n) as an array; numpy would take -1 for the last row, in silence."""
    array = np.asarray(ids)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{owner}: {name} must be integers; got {array.dtype}")
    if array.size and not 0 <= array.min() <= array.max() < n:
        raise ValueError(f"{owner}: {name} must lie in [0, {n}); got {array.min()} to {array.max()}")
    return array


def sgd(parameters: Iterable[Tensor], lr: float) -> None:
    """One step of gradient descent: p <- p - lr · grad. Parameters without a gradient stay as they are.

    Raises:
        ValueError: none of them has a gradient.
    """
    ready = [(p, p.grad) for p in parameters if p.grad is not None]
    if not ready:
        raise ValueError("sgd: expected parameters with a gradient; got none. Call loss.backward() before")
    for p, grad in ready:
        p.data = p.data - lr * grad


def zero_grad(parameters: Iterable[Tensor]) -> None:
    """Forget the gradients, because `backward` adds to what is there."""
    for p in parameters:
        p.grad = None
