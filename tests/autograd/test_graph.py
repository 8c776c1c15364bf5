"""The order in which a graph is walked."""

import random
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from llm101.autograd.graph import topological_order


@dataclass(eq=False)
class Node:
    parents: list = field(default_factory=list)


@given(st.integers(1, 30), st.integers(0, 10_000))
def test_parents_come_before_children_and_nobody_twice(n, seed):
    rng = random.Random(seed)
    nodes = []
    for _ in range(n):
        nodes.append(Node(rng.choices(nodes, k=rng.randrange(4)) if nodes else []))
    order = topological_order(nodes[-1])
    place = {id(node): i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is nodes[-1]
    assert all(place[id(p)] < place[id(node)] for node in order for p in node.parents)
    assert len(order) == len(reached(nodes[-1]))


def reached(node):
    found, waiting = set(), [node]
    while waiting:
        node = waiting.pop()
        found.add(id(node))
        waiting += node.parents
    return found


def test_a_ladder_of_diamonds_takes_linear_time():
    """2**100 paths lead from the last node to the first."""
    node = Node()
    for _ in range(100):
        node = Node([node, node])
    assert len(topological_order(node)) == 101
