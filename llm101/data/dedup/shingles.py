"""A text as the set of its word n-grams ("shingles"), and as one 64-bit number for each of them.

Two texts are near duplicates when their sets of shingles overlap: their Jaccard similarity |A and B| / |A or B| is
high. Sets are what one explains with; the numbers are what one computes with.
Paper: Broder 1997, "On the resemblance and containment of documents". Lee et al. 2022, arXiv:2107.06499, use n = 5.
"""

import hashlib
import re
from collections.abc import Sequence, Set
from functools import lru_cache

import numpy as np

from llm101.expect import integer, text

Hashes = np.ndarray  # (n_windows,) uint64, one for each window of the text, in its order, repetitions kept

WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")  # each Chinese character is a word: there are no spaces
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no bit is lost; 2**64 over the golden ratio
CACHED_WORDS = 1 << 16  # bounds the memory: 15 MB, however long the stream
LONGEST_CACHED = 32  # characters: lines and sentences seldom come again


def words(document: str) -> list[str]:
    """The words in lower case, without punctuation.

    >>> words("Don't stop: 3.5 我们")
    ['don', 't', 'stop', '3', '5', '我', '们']
    """
    if text("words", "document", document).isascii():
        return WORD.findall(document.lower())
    return [word.lower() for word in WORD.findall(document)]  # `İ` in lower case is two characters, and no word


def shingles(document: str, n: int = 5) -> set[tuple[str, ...]]:
    """The set of the runs of `n` words. A shorter document is one shingle, an empty one has none.

    >>> sorted(shingles("to be or not to be", 2))
    [('be', 'or'), ('not', 'to'), ('or', 'not'), ('to', 'be')]
    """
    n = integer("shingles", "n", n, at_least=1)
    found = words(document)
    return {tuple(found[i : i + n]) for i in range(max(len(found) - n + 1, min(len(found), 1)))}


def jaccard(a: Set, b: Set) -> float:
    """How alike two sets are: |a and b| / |a or b|, from 0 to 1; two empty sets are the same: 1.

    >>> jaccard({1, 2, 3}, {2, 3, 4})
    0.5
    """
    return len(a & b) / len(a | b) if a or b else 1.0


def shingle_hashes(document: str, n: int = 5) -> Hashes:
    """One number for each shingle; equal shingles have equal numbers, in every process and on every machine.

    Two of the shingles of a corpus with m different ones get the same number with probability about m**2 / 2**65:
    for a billion, 3 in a hundred.

    >>> len(shingle_hashes("to be or not to be", 2)), len(set(shingle_hashes("to be or not to be", 2).tolist()))
    (5, 4)
    """
    n = integer("shingles", "n", n, at_least=1)
    found = words(document)
    return window_hashes(found, min(n, max(len(found), 1)))


def window_hashes(units: Sequence[str], n: int) -> Hashes:
    """One number for each run of `n` neighbouring units (words, lines, sentences); none if there are fewer.

    The hash of a window is the sum over j of FACTOR**(n-1-j) x hash(unit j), mixed: all windows at once, none is built.
    """
    n_windows = max(len(units) - n + 1, 0)
    short = max(map(len, units), default=0) <= LONGEST_CACHED
    single = np.fromiter(map(_cached_hash if short else unit_hash, units), np.uint64, len(units))
    total = np.zeros(n_windows, np.uint64)
    for j in range(n):
        total = total * FACTOR + single[j : j + n_windows]
    return mix(total)


def unit_hash(unit: str) -> int:
    """64 bits of BLAKE2b. Python's own `hash` of a str differs from process to process."""
    return _cached_hash(unit) if len(unit) <= LONGEST_CACHED else _hash(unit)


def _hash(unit: str) -> int:
    return int.from_bytes(hashlib.blake2b(unit.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


_cached_hash = lru_cache(maxsize=CACHED_WORDS)(_hash)


def mix(numbers: Hashes) -> Hashes:
    """Spread each number over all 64 bits; a bijection (the end of SplitMix64, Steele et al. 2014).

    >>> mix(np.array([1, 2], np.uint64)).tolist()
    [6238072747940578789, 15839785061582574730]
    """
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
