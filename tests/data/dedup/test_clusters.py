"""Union-find against the connected components of scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from llm101.data.dedup.clusters import Forest, equal_groups

EDGES = st.lists(st.tuples(st.integers(0, 22), st.integers(0, 22)), max_size=31)


@given(EDGES)
def test_clusters_are_the_connected_components_named_by_their_first_member(edges):
    forest = Forest(23)
    for i, j in edges:
        assert forest.union(i, j) == forest.find(i) == forest.find(j)
    rows, columns = zip(*edges, strict=True) if edges else ((), ())
    _, labels = connected_components(coo_array((np.ones(len(edges)), (rows, columns)), shape=(23, 23)), directed=False)
    assert forest.roots().tolist() == [labels.tolist().index(label) for label in labels]


def test_long_chains_stay_cheap():
    forest = Forest(100_003)
    for i in reversed(range(100_002)):
        forest.union(i, i + 1)
    assert not forest.roots().any()


@given(st.lists(st.integers(0, 5), max_size=29))
def test_groups_are_the_documents_that_share_a_key(keys):
    documents = np.random.default_rng(0).permutation(len(keys))
    found = {tuple(group.tolist()) for group in equal_groups(np.array(keys, np.uint64), documents)}
    expected = {tuple(sorted(documents[np.array(keys) == key].tolist())) for key in set(keys) if keys.count(key) > 1}
    assert found == expected


def test_alike_is_passed_on_within_a_group_and_known_groups_are_not_looked_up():
    signatures = np.array([[1, 1, 1], [1, 1, 5], [7, 7, 7], [1, 6, 5], [7, 7, 8]])
    asked = []

    def table(group):
        asked.append(group.tolist())
        return signatures[group]

    group = np.arange(5)
    forest = Forest(5)
    forest.join_alike(group, table, 0.6)
    assert forest.roots().tolist() == [0, 0, 2, 0, 2]  # 3 is like 1 and not like 0
    forest.join_alike(group[[0, 1, 3]], table, 0.6)
    assert asked == [[0, 1, 2, 3, 4]]
    forest.join_alike(group[[1, 2]], table, None)
    assert forest.roots().tolist() == [0] * 5
    assert len(asked) == 1


def test_errors():
    with pytest.raises(ValueError, match="n must be at least 0; got -1"):
        Forest(-1)
