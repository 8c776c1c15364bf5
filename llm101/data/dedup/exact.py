"""Documents that are the same: remember a hash of each, and drop what has come before.

Hashes instead of texts make the memory small and the comparison blind to length. With b bits and N different
documents, N**2 / 2**(b + 1) pairs fall together by chance: see `chance_pairs` for what 64 and 128 bits buy. The streams
here use 64: a billion documents lose none by chance (0.03 pairs expected), a hundred billion some 270.
CCNet (Wenzek et al. 2020, arXiv:1911.00359) drops paragraphs by 64 bits of a SHA-1 of the normalised text.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np

from llm101.data.dedup.seen import InMemory, Seen
from llm101.expect import one_of, text

Item = TypeVar("Item")

BATCH = 256  # documents looked up at once


def squeeze(document: str) -> str:
    """Lower case, and one space for every run of white space: what must be equal for two documents to be the same.

    >>> squeeze(" To  be\\n or NOT")
    'to be or not'
    """
    return " ".join(document.lower().split())


def fingerprint(document: str, bits: int = 64) -> int:
    """BLAKE2b of the text as an integer of 64 or 128 bits. The text is taken as it is; `squeeze` it before.

    Raises:
        ValueError: bits is neither 64 nor 128.

    >>> fingerprint("to be") == fingerprint("to be"), fingerprint("to be", 128).bit_length() > 64
    (True, True)
    """
    one_of("fingerprint", "bits", str(bits), ["64", "128"])
    data = text("fingerprint", "document", document).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=bits // 8).digest(), "little")


def chance_pairs(n_documents: int, bits: int = 64) -> float:
    """How many pairs of different documents have the same fingerprint, on average: N (N - 1) / 2**(bits + 1).

    >>> f"{chance_pairs(10**9):.3f} {chance_pairs(10**11):.0f} {chance_pairs(10**11, 128):.0e}"
    '0.027 271 1e-17'
    """
    return n_documents * (n_documents - 1) / 2 ** (bits + 1)


def drop_repeats(
    items: Iterable[Item],
    *,
    seen: Seen | None = None,
    document: Callable[[Item], str] = str,
    normalise: Callable[[str], str] = squeeze,
) -> Iterator[Item]:
    """The items whose document has not come before, in their order: the first of each stays.

    Args:
        items: documents, or anything that `document` can make one of.
        seen: what counts as seen already, and is added to; None = a new set in memory. `Bloom` or `OnDisk` keep the
            memory constant.
        document: the text of an item; by default the item itself.
        normalise: what must be equal; `str` for the exact text.

    >>> list(drop_repeats(["To be", "or not", "to  be"]))
    ['To be', 'or not']
    """
    seen = InMemory() if seen is None else seen
    for batch in batches(items, BATCH):
        keys = np.array([fingerprint(normalise(document(item))) for item in batch], np.uint64)
        for item, new in zip(batch, seen.add(keys), strict=True):
            if new:
                yield item


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`, the last one shorter.

    >>> list(batches("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
