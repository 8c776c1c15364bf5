"""What has come before: three sets of 64-bit numbers with one question, "is this new?", and three prices.

    class      memory                                    disk          time     an answer can be wrong
    InMemory   85 bytes an item, growing                 -             0.5 us   no
    Bloom      fixed: 1.44 log2(1/error) bits an item    -             1 us     yes: "seen" for a new item
    OnDisk     fixed: the cache of sqlite3, 8 MB         14 bytes      4 us     no

(A million items, one core; 1.44 log2(1/error) is 10 bits at 1 %, 29 at one in a million.)

A wrong "seen" loses a good document, a wrong "new" would keep a duplicate; no set here ever says a wrong "new".
Bloom is the one for a stream of unknown origin whose size one can bound; OnDisk where no loss is allowed.
Papers: Bloom 1970; two hashes are enough for all places: Kirsch and Mitzenmacher 2006.
"""

import math
import os
import sqlite3
from typing import Protocol

import numpy as np

from llm101.data.dedup.shingles import Hashes, mix
from llm101.expect import integer, number

BYTE = 8
CACHE_KB = 8_192


class Seen(Protocol):
    """A set that only grows."""

    def add(self, keys: Hashes) -> np.ndarray:
        """Take the keys in; which of them are new? A key twice in `keys` is new once, at its first place."""


def first_places(keys: Hashes) -> np.ndarray:
    """(n,) bool: is this the first place of its key?

    >>> first_places(np.array([7, 5, 7, 5, 3], np.uint64)).tolist()
    [True, True, False, False, True]
    """
    first = np.zeros(len(keys), bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return first


class InMemory:
    """A Python set."""

    def __init__(self) -> None:
        self.keys: set[int] = set()

    def add(self, keys: Hashes) -> np.ndarray:
        """See `Seen.add`.

        >>> InMemory().add(np.array([7, 5, 7], np.uint64)).tolist()
        [True, True, False]
        """
        new = np.zeros(len(keys), bool)
        for place, key in enumerate(keys.tolist()):
            new[place] = key not in self.keys
            self.keys.add(key)
        return new


class Bloom:
    """A table of bits: a key sets `n_places` bits, and is "seen" if all of its bits are set already.

    bits = -items ln(error) / ln(2)**2, places = bits / items ln(2). With more than `n_items` keys the errors grow:
    twice as many make 1 % into 16 %; `expected_error()` says what they are by now.

    Args:
        n_items: how many different keys will come, at most.
        error: share of new keys that are called seen when `n_items` keys are in.

    >>> bloom = Bloom(1_000, error=0.01)
    >>> bloom.n_bits, bloom.n_places, bloom.add(np.array([7, 5, 7], np.uint64)).tolist()
    (9586, 7, [True, True, False])
    """

    def __init__(self, n_items: int, *, error: float = 1e-6):
        n_items = integer("Bloom", "n_items", n_items, at_least=1)
        error = number("Bloom", "error", error, at_least=1e-12, at_most=0.5)
        self.n_bits = math.ceil(-n_items * math.log(error) / math.log(2) ** 2)
        self.n_places = max(1, round(self.n_bits / n_items * math.log(2)))
        self.bits = np.zeros(-(-self.n_bits // BYTE), np.uint8)

    def places(self, keys: Hashes) -> np.ndarray:
        """(n_places, n) the bits of each key: h1 + i h2, modulo the size of the table."""
        step = mix(keys ^ np.uint64(0x5851F42D4C957F2D)) | np.uint64(1)
        return (keys + np.arange(self.n_places, dtype=np.uint64)[:, None] * step) % np.uint64(self.n_bits)

    def add(self, keys: Hashes) -> np.ndarray:
        """See `Seen.add`."""
        places = self.places(mix(np.asarray(keys, np.uint64)))
        byte, bit = places // BYTE, np.uint8(1) << (places % BYTE).astype(np.uint8)
        new = ((self.bits[byte] & bit) == 0).any(axis=0) & first_places(keys)
        np.bitwise_or.at(self.bits, byte, bit)
        return new

    def expected_error(self) -> float:
        """The share of new keys that would be called seen now: (share of set bits) ** places."""
        return float((np.bitwise_count(self.bits).sum() / self.n_bits) ** self.n_places)


class OnDisk:
    """A table of sqlite3: exact, and memory stays the same; each key costs a walk down a tree of pages.

    Args:
        path: the file; it is made if it is not there, and what is in it counts as seen.

    Use it in a `with` block, or call `close()`: keys are safe on disk only then.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, OnDisk(f"{folder}/seen.db") as seen:
    ...     seen.add(np.array([7, 5, 7], np.uint64)).tolist()
    [True, True, False]
    """

    def __init__(self, path: str | os.PathLike):
        self.connection = sqlite3.connect(path)
        self.connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        self.connection.execute("PRAGMA synchronous = OFF")  # a crash of the machine loses the table: start again
        self.connection.execute("CREATE TABLE IF NOT EXISTS seen (key INTEGER PRIMARY KEY) WITHOUT ROWID")

    def add(self, keys: Hashes) -> np.ndarray:
        """See `Seen.add`."""
        signed = np.asarray(keys, np.uint64).view(np.int64).tolist()  # sqlite3 has no unsigned integers
        insert = "INSERT OR IGNORE INTO seen VALUES (?)"
        return np.array([self.connection.execute(insert, (key,)).rowcount == 1 for key in signed], bool)

    def close(self) -> None:
        """Write everything and let go of the file."""
        self.connection.commit()
        self.connection.close()

    def __enter__(self) -> "OnDisk":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
