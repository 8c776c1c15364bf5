"""Union-find: from pairs that are alike to clusters, each known by its first document.

Tarjan 1975. Differs from the textbook: the smaller number always becomes the root, instead of the larger tree, so that
the root of a cluster is its first document; halving the paths alone keeps the trees flat (O(log n) a step on average).
"""

from array import array
from collections.abc import Callable, Iterator

import numpy as np

from llm101.expect import integer

Table = Callable[[np.ndarray], np.ndarray]  # (m,) documents -> (m k) their signatures


class Forest:
    """Documents 0 to n - 1, each in a cluster of its own at first; 8 bytes a document.

    >>> forest = Forest(5)
    >>> forest.union(3, 1), forest.union(4, 3)
    (1, 1)
    >>> forest.roots().tolist()
    [0, 1, 2, 1, 1]
    """

    def __init__(self, n: int):
        self.parent = array("q", range(integer("Forest", "n", n, at_least=0)))

    def find(self, i: int) -> int:
        """The first document of i's cluster."""
        parent = self.parent
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    def union(self, i: int, j: int) -> int:
        """Make one cluster of those of i and j; its first document."""
        first, second = sorted((self.find(i), self.find(j)))
        self.parent[second] = first
        return first

    def join_alike(self, group: np.ndarray, table: Table, threshold: float | None) -> None:
        """Join the members of a group that are alike, directly or through others of the group.

        From one member on: find all that are like it, then those that are like one of these, until nobody is added.
        A group of m equal documents costs m comparisons; only one of m documents that all differ costs m (m - 1) / 2.

        Args:
            group: (m,) documents, in increasing order.
            table: group -> (m k) their signatures; not asked for if the members are in one cluster already.
            threshold: share of equal numbers from which on two are alike; None = join all.
        """
        if len({self.find(i) for i in group.tolist()}) == 1:
            return
        signatures = table(group) if threshold is not None else np.zeros((len(group), 0), np.uint32)
        rest = np.arange(len(group))
        while len(rest):
            queue, rest = [rest[0]], rest[1:]
            while queue and len(rest):
                member = queue.pop()
                equal = signatures[rest] == signatures[member]
                alike = np.ones(len(rest), bool) if threshold is None else equal.mean(axis=1) >= threshold
                for other in group[rest[alike]].tolist():
                    self.union(int(group[member]), other)
                queue += rest[alike].tolist()
                rest = rest[~alike]

    def roots(self) -> np.ndarray:
        """(n,) int64: the first document of each document's cluster."""
        n = len(self.parent)
        return np.fromiter(map(self.find, range(n)), np.int64, n)


def equal_groups(keys: np.ndarray, documents: np.ndarray) -> Iterator[np.ndarray]:
    """The documents of each key that two or more share, in increasing order.

    >>> [group.tolist() for group in equal_groups(np.array([9, 4, 9, 7, 4, 9]), np.array([5, 1, 0, 2, 3, 4]))]
    [[1, 3], [0, 4, 5]]
    """
    order = np.lexsort((documents, keys))
    keys, documents = keys[order], documents[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    ends = np.r_[starts[1:], len(keys)]
    shared = ends - starts > 1
    for start, end in zip(starts[shared], ends[shared], strict=True):
        yield documents[start:end]
