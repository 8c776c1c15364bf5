"""In which order a graph is walked: no node before the nodes that it was computed from."""

from collections.abc import Sequence
from typing import Protocol, Self, TypeVar


class Node(Protocol):
    """Anything that knows what it was computed from: a Value, a Tensor."""

    @property
    def parents(self) -> Sequence[Self]:
        """The nodes that this one was computed from; () = it was given, not computed."""


N = TypeVar("N", bound=Node)


def topological_order(root: N) -> list[N]:
    """Every node that `root` depends on, each once, parents first; `root` comes last.

    A node is put down when the walk comes back to it, after all its parents. The walk keeps its own stack: a network
    of 10,000 steps is a chain of 10,000 nodes, and a function that called itself would reach Python's limit of 1,000.

    >>> from llm101.autograd import Value
    >>> a = Value(2.0); b = a * a; c = b + a
    >>> topological_order(c) == [a, b, c]
    True
    """
    order: list[N] = []
    seen: set[int] = set()
    stack = [(root, False)]
    while stack:
        node, back = stack.pop()
        if back:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))  # below its parents, so it is met again after them
            stack.extend((parent, False) for parent in node.parents)
    return order
