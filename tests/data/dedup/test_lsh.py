"""Bands and rows: the S-curve against counting, the choice and the candidates against datasketch."""

import datasketch
import numpy as np
import pytest
from datasketch.lsh import _false_negative_probability, _false_positive_probability, _optimal_param
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from llm101.data.dedup import lsh
from llm101.data.dedup.minhash import MinHash, similarity
from llm101.data.dedup.shingles import jaccard, shingles


@pytest.mark.parametrize(("bands", "rows"), [(5, 3), (16, 2), (3, 7)])
@pytest.mark.parametrize("similar", [0.3, 0.7])
def test_signatures_become_candidates_as_often_as_the_curve_says(bands, rows, similar):
    rng = np.random.default_rng(0)
    n = 4_001
    a = rng.integers(0, 2**32, (n, bands * rows), dtype=np.uint32)
    b = np.where(rng.random(a.shape) < similar, a, rng.integers(0, 2**32, a.shape, dtype=np.uint32))
    hit = (lsh.band_keys(a, bands, rows) == lsh.band_keys(b, bands, rows)).any(1).mean()
    expected = lsh.candidate_probability(similar, bands, rows)
    assert hit == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / n))


def test_the_curve_is_steep_at_its_threshold():
    s = np.linspace(0, 1, 10_001)
    for bands, rows in ((20, 5), (9, 13), (450, 20)):
        curve = lsh.candidate_probability(s, bands, rows)
        steepest = s[np.diff(curve).argmax()]
        assert curve[0] == 0
        assert curve[-1] == 1
        assert steepest == pytest.approx(((rows - 1) / (rows * bands - 1)) ** (1 / rows), abs=2e-4)
        assert lsh.threshold_of(bands, rows) == pytest.approx(steepest, abs=0.03)


@pytest.mark.parametrize(
    ("k", "threshold", "weight"), [(128, 0.8, 0.5), (61, 0.5, 0.5), (128, 0.7, 0.9), (31, 0.9, 0.2)]
)
def test_bands_are_chosen_as_datasketch_does(k, threshold, weight):
    def error(bands, rows):
        return (1 - weight) * _false_positive_probability(
            threshold, bands, rows
        ) + weight * _false_negative_probability(threshold, bands, rows)

    ours, theirs = lsh.choose_bands(k, threshold, miss_weight=weight), _optimal_param(threshold, k, 1 - weight, weight)
    assert error(*ours) == pytest.approx(error(*theirs), abs=1e-6)
    assert ours == theirs


def test_lee_et_al_find_nearly_every_pair_at_their_threshold():
    assert lsh.candidate_probability(0.8, 450, 20) == pytest.approx(0.9946, abs=1e-4)
    assert lsh.candidate_probability(0.5, 450, 20) < 0.001


@pytest.mark.parametrize(("bands", "rows"), [(16, 4), (7, 9), (32, 2)])
def test_the_candidates_are_those_of_datasketch_given_the_same_signatures(corpus, bands, rows):
    table = MinHash(64, seed=1).table(corpus)
    index = datasketch.MinHashLSH(num_perm=64, params=(bands, rows))
    made = [datasketch.MinHash(hashvalues=row, scheme="affine32") for row in table]
    for i, minhash in enumerate(made):
        index.insert(i, minhash)
    theirs = {(j, i) for i, minhash in enumerate(made) for j in index.query(minhash) if j < i}
    assert lsh.candidate_pairs(lsh.band_keys(table, bands, rows)) == theirs
    assert len(theirs) > 10


def test_recall_and_precision_on_planted_copies(corpus):
    """Every pair is compared for the truth; recall against the S-curve at the true similarities."""
    sets = [shingles(text) for text in corpus]
    true = {(i, j): jaccard(sets[i], sets[j]) for j in range(len(sets)) for i in range(j)}
    alike = {pair for pair, s in true.items() if s >= 0.6}
    table = MinHash(128, seed=3).table(corpus)
    found = lsh.candidate_pairs(lsh.band_keys(table, 32, 4))
    expected = sum(lsh.candidate_probability(true[pair], 32, 4) for pair in alike)
    assert len(alike) > 30
    assert (
        len(found & alike)
        >= expected - 4 * np.sqrt(expected - sum(lsh.candidate_probability(true[p], 32, 4) ** 2 for p in alike)) - 1e-9
    )
    kept = {(i, j) for i, j in found if similarity(table[i], table[j]) >= 0.6}
    assert all(true[pair] > 0.6 - 4 * 0.0434 for pair in kept)


def test_bands_do_not_meet_each_other():
    table = np.tile(np.array([[5, 7]], np.uint32), (1, 3))  # three bands with the same content
    assert len(np.unique(lsh.band_keys(table, 3, 2))) == 3
    swapped = table[:, ::-1]
    assert not np.isin(lsh.band_keys(swapped, 3, 2), lsh.band_keys(table, 3, 2)).any()


def test_clusters_join_chains_and_keep_the_first(corpus):
    signatures = np.array([[1, 1, 1, 1], [9, 9, 9, 9], [1, 1, 1, 2], [8, 9, 9, 9], [7, 7, 1, 2]], np.uint32)
    assert lsh.clusters(signatures, 2, 2).tolist() == [0, 1, 0, 1, 0]
    assert lsh.clusters(signatures, 2, 2, threshold=0.75).tolist() == [0, 1, 0, 1, 4]
    assert lsh.clusters(signatures, 2, 2, threshold=0.8).tolist() == [0, 1, 2, 3, 4]
    assert lsh.clusters(np.zeros((0, 4), np.uint32), 2, 2).tolist() == []


@pytest.mark.parametrize("threshold", [0.3, 0.7, 0.9])
def test_clusters_are_the_connected_parts_of_the_graph_of_alike_candidates(corpus, threshold):
    table = MinHash(64, seed=1).table(corpus)
    pairs = lsh.candidate_pairs(lsh.band_keys(table, 32, 2))
    alike = [(i, j) for i, j in pairs if similarity(table[i], table[j]) >= threshold]
    n = len(corpus)
    _, labels = connected_components(
        coo_array((np.ones(len(alike)), tuple(zip(*alike, strict=True))), shape=(n, n)), False
    )
    assert lsh.clusters(table, 32, 2, threshold=threshold).tolist() == [labels.tolist().index(x) for x in labels]


def test_errors():
    with pytest.raises(ValueError, match="5 bands of 3 rows need signatures of 15 numbers; got 14"):
        lsh.band_keys(np.zeros((2, 14), np.uint32), 5, 3)
    with pytest.raises(ValueError, match=r"threshold must be a finite number in \[0, 1\]; got 1.5"):
        lsh.choose_bands(7, 1.5)
    with pytest.raises(ValueError, match="n_hashes must be at least 1; got 0"):
        lsh.choose_bands(0, 0.5)
    with pytest.raises(ValueError, match="miss_weight must be a finite number"):
        lsh.choose_bands(7, 0.5, miss_weight=2)
