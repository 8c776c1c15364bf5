"""MinHash: a short row of numbers for a text, of which two texts share about as many as they share shingles.

Put all possible shingles into a random order. The first shingle of A in that order and the first one of B are the same
exactly if the first of `A or B` lies in `A and B`: probability |A and B| / |A or B|, their Jaccard similarity J. With k
random orders the share of agreements estimates J without bias, with variance J (1 - J) / k: for k = 128 a standard
error of at most 0.044, whatever the length of the texts.
Paper: Broder 1997, "On the resemblance and containment of documents".
Differs from the paper: a random order is a x + b modulo 2**32 of a well-mixed 32-bit hash x, with a odd. Such orders are
not min-wise independent (Broder et al. 2000), but on hashed input the estimate behaves as if they were: the tests
measure its mean and its variance. 32 bits suffice up to some ten million shingles a text.
"""

from collections.abc import Iterable

import numpy as np

from llm101.data.dedup.shingles import Hashes, shingle_hashes
from llm101.expect import integer

Signature = np.ndarray  # (k,) uint32

EMPTY = np.uint32(0xFFFFFFFF)  # the minimum over no shingles
BLOCK = 1 << 15  # numbers of one intermediate table: 128 KB, so that it stays in the cache


class MinHash:
    """The k random orders.

    Args:
        n_hashes: k, the length of a signature.
        seed: signatures can be compared only if made with the same seed.

    >>> minhash = MinHash(256, seed=0)
    >>> a, b = (minhash.of(text, n=1) for text in ("a b c d e f g h", "a b c d e f g z"))
    >>> round(similarity(a, b), 2), 7 / 9  # estimated, true
    (0.75, 0.7777777777777778)
    """

    def __init__(self, n_hashes: int = 128, seed: int = 0):
        self.n_hashes = integer("MinHash", "n_hashes", n_hashes, at_least=1)
        random = np.random.default_rng(integer("MinHash", "seed", seed, at_least=0))
        self.a, self.b = random.integers(0, 1 << 32, (2, self.n_hashes), dtype=np.uint32)
        self.a |= np.uint32(1)  # odd: x -> a x + b is a permutation of the 32-bit numbers

    def signature(self, hashes: Hashes) -> Signature:
        """The least number in each order; all `EMPTY` for no shingles.

        Args:
            hashes: (n_shingles,) uint64 as `shingle_hashes` makes them; repetitions change nothing.

        Returns:
            (n_hashes,) uint32.
        """
        x = (hashes >> np.uint64(32)).astype(np.uint32)
        least = np.full(self.n_hashes, EMPTY)
        step = max(1, BLOCK // self.n_hashes)
        for start in range(0, len(x), step):
            ordered = self.a[:, None] * x[start : start + step] + self.b[:, None]  # (n_hashes, step), modulo 2**32
            np.minimum(least, ordered.min(axis=1), out=least)
        return least

    def of(self, document: str, n: int = 5) -> Signature:
        """The signature of a text by its shingles of `n` words."""
        return self.signature(shingle_hashes(document, n))

    def table(self, documents: Iterable[str], n: int = 5) -> np.ndarray:
        """(n_documents, n_hashes) uint32, one row a document."""
        rows = [self.of(document, n) for document in documents]
        return np.stack(rows) if rows else np.zeros((0, self.n_hashes), np.uint32)


def similarity(a: Signature, b: Signature) -> float:
    """The estimate of the Jaccard similarity: the share of equal places.

    Raises:
        ValueError: the signatures have different lengths.
    """
    if a.shape != b.shape:
        raise ValueError(
            f"similarity: expected two signatures of one length; got {a.shape} and {b.shape}. Use one MinHash for both."
        )
    return float((a == b).mean())


def standard_error(similarity: float, n_hashes: int) -> float:
    """How far an estimate typically is from the truth: sqrt(J (1 - J) / k).

    >>> round(standard_error(0.8, 128), 3)
    0.035
    """
    return float(np.sqrt(similarity * (1 - similarity) / n_hashes))
