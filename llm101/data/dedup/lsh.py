"""Locality-sensitive hashing: compare only the pairs that are likely to be alike.

N signatures have N (N - 1) / 2 pairs, too many. Cut each signature into b bands of r rows; two documents are candidates
if they agree in all rows of some band. A pair of similarity s becomes one with probability 1 - (1 - s**r)**b, which
rises steeply near s = (1 / b)**(1 / r): an S-curve whose place and slope one chooses.
Source: Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3 (after Indyk and Motwani 1998).
Lee et al. 2022, arXiv:2107.06499, use 450 bands of 20 rows for a threshold of 0.8.
"""

from itertools import combinations

import numpy as np

from llm101.data.dedup.clusters import Forest, equal_groups
from llm101.data.dedup.shingles import FACTOR, mix
from llm101.expect import integer, number


def candidate_probability(similarity: float | np.ndarray, bands: int, rows: int) -> float | np.ndarray:
    """1 - (1 - s**r)**b: how likely a pair of similarity s agrees in at least one band.

    >>> [round(candidate_probability(s, 16, 8), 3) for s in (0.5, 0.7, 0.9)]
    [0.061, 0.613, 1.0]
    """
    return 1 - (1 - similarity**rows) ** bands


def threshold_of(bands: int, rows: int) -> float:
    """(1 / b)**(1 / r): about where the S-curve is steepest; there the probability is 1 - (1 - 1/b)**b, near 0.64.

    >>> round(threshold_of(16, 8), 3)
    0.707
    """
    return float((1 / bands) ** (1 / rows))


def choose_bands(n_hashes: int, threshold: float, *, miss_weight: float = 0.5) -> tuple[int, int]:
    """The (bands, rows) with bands x rows <= n_hashes whose S-curve is nearest to a step at `threshold`.

    Minimises (1 - w) x (area under the curve below the threshold: false candidates) + w x (area over it above:
    misses), similarities being equally likely. Every candidate is compared afterwards, so a miss costs more than a
    false candidate: raise `miss_weight` towards 1 and pay with comparisons.

    Args:
        n_hashes: length of the signatures.
        threshold: similarity from which on a pair is wanted, between 0 and 1.
        miss_weight: w, between 0 and 1.

    >>> choose_bands(128, 0.8), choose_bands(128, 0.8, miss_weight=0.95)
    ((9, 13), (16, 8))
    """
    n_hashes = integer("choose_bands", "n_hashes", n_hashes, at_least=1)
    threshold = number("choose_bands", "threshold", threshold, at_least=0, at_most=1)
    weight = number("choose_bands", "miss_weight", miss_weight, at_least=0, at_most=1)
    below, above = np.linspace(0.0, threshold, 2_001), np.linspace(threshold, 1.0, 2_001)

    def error(shape: tuple[int, int]) -> float:
        false = np.trapezoid(candidate_probability(below, *shape), below)
        missed = np.trapezoid(1 - candidate_probability(above, *shape), above)
        return float((1 - weight) * false + weight * missed)

    return min(((b, r) for b in range(1, n_hashes + 1) for r in range(1, n_hashes // b + 1)), key=error)


def band_keys(signatures: np.ndarray, bands: int, rows: int) -> np.ndarray:
    """One 64-bit number for each band of each document; equal rows of one band give equal numbers.

    The number of the band goes in, so that band 3 of one document never meets band 4 of another.

    Args:
        signatures: (n k) uint32, with k at least bands x rows; what is left over is not used.

    Returns:
        (n bands) uint64.

    Raises:
        ValueError: the signatures are too short.
    """
    n, k = signatures.shape
    if bands * rows > k:
        raise ValueError(
            f"band_keys: {bands} bands of {rows} rows need signatures of {bands * rows} numbers; got {k}. "
            "Use fewer bands or rows, or MinHash with more hashes."
        )
    banded = signatures[:, : bands * rows].reshape(n, bands, rows).astype(np.uint64)
    total = np.broadcast_to(np.arange(1, bands + 1, dtype=np.uint64), (n, bands))
    for row in range(rows):
        total = mix(total * FACTOR + banded[:, :, row])
    return total


def candidate_pairs(keys: np.ndarray) -> set[tuple[int, int]]:
    """All pairs (i, j), i < j, that share a key. For a few thousand documents: a group of m gives m (m - 1) / 2 pairs.

    >>> sorted(candidate_pairs(np.array([[1, 5], [1, 6], [2, 6]], np.uint64)))
    [(0, 1), (1, 2)]
    """
    documents = np.repeat(np.arange(len(keys)), keys.shape[1])
    return {pair for group in equal_groups(keys.ravel(), documents) for pair in combinations(group.tolist(), 2)}


def clusters(signatures: np.ndarray, bands: int, rows: int, *, threshold: float | None = None) -> np.ndarray:
    """The first document of each document's cluster, all in memory; `near.NearDuplicates` does it on disk.

    Clusters are the connected parts of the graph of all candidates whose estimated similarity is at least
    `threshold`: a chain of small changes is one cluster, though its ends may have little in common.

    Args:
        signatures: (n k) uint32.
        threshold: None = join every candidate.

    Returns:
        (n,) int64. Keep the documents with `roots == np.arange(n)`.
    """
    forest = Forest(len(signatures))
    keys = band_keys(signatures, bands, rows)
    documents = np.repeat(np.arange(len(keys)), bands)
    for group in equal_groups(keys.ravel(), documents):
        forest.join_alike(group, lambda members: signatures[members], threshold)
    return forest.roots()
