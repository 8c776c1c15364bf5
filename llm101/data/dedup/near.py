"""Near duplicates in a stream of any size: signatures and band keys go to disk, memory stays the same.

Pass 1 writes for each document its signature (4 bytes x n_hashes) and one record of key and number (16 bytes) for each
band, into the file that the key belongs to. Equal keys lie in one file, so the files are read and sorted one after the
other. What grows in memory is 8 bytes a document for union-find, 8 for the answer, and one file, 16 x bands / N_FILES:
18 bytes for a page of some 2,000. On disk it is 512 + 256 bytes a document with 128 hashes and 16 bands.
Pass 2 lets through the first document of each cluster.
"""

import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from llm101.data.dedup.clusters import Forest, equal_groups
from llm101.data.dedup.exact import batches
from llm101.data.dedup.lsh import band_keys
from llm101.data.dedup.minhash import MinHash
from llm101.expect import integer, number

Item = TypeVar("Item")

N_FILES = 128
BATCH = 512  # documents written at once
RECORD = np.dtype([("key", np.uint64), ("document", np.int64)])


class NearDuplicates:
    """The near duplicates among the documents added so far.

    Args:
        folder: an empty folder; what is written there is of no use afterwards.
        minhash: makes the signatures.
        bands, rows: see lsh.choose_bands.
        threshold: estimated similarity from which on two candidates are joined; None = join every candidate.
        n: words in a shingle.

    Raises:
        ValueError: the folder holds another index, the bands do not fit, or a number is out of its bounds.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     near = NearDuplicates(folder, MinHash(64), bands=16, rows=4, n=2)
    ...     near.add(["to be or not to be that is the question", "all the world is a stage"])
    ...     near.add(["to be or not to be that is our question"])
    ...     near.roots().tolist()
    [0, 1, 0]
    """

    def __init__(
        self,
        folder: str | Path,
        minhash: MinHash,
        *,
        bands: int,
        rows: int,
        threshold: float | None = None,
        n: int = 5,
    ):
        self.folder = Path(folder)
        if (self.folder / "signatures").exists():
            raise ValueError(
                f"NearDuplicates: expected an empty folder; {self.folder} holds an index. Use another one."
            )
        self.minhash, self.bands, self.rows = minhash, bands, rows
        self.threshold = (
            threshold if threshold is None else number("NearDuplicates", "threshold", threshold, at_least=0, at_most=1)
        )
        self.n = integer("NearDuplicates", "n", n, at_least=1)
        self.n_documents = 0
        self._write(minhash.table([], n))  # complains at once about bands that do not fit

    def add(self, documents: Iterable[str]) -> None:
        """Take documents in; they get the next numbers, from 0 on."""
        for batch in batches(documents, BATCH):
            self._write(self.minhash.table(batch, self.n))

    def roots(self) -> np.ndarray:
        """(n_documents,) int64: the first document of each document's cluster. As `lsh.clusters`."""
        forest = Forest(self.n_documents)
        with open(self.folder / "signatures", "rb") as file:
            for path in sorted(self.folder.glob("keys-*")):
                records = np.fromfile(path, RECORD)
                for group in equal_groups(records["key"], records["document"]):
                    forest.join_alike(group, lambda members: self._read(file, members), self.threshold)
        return forest.roots()

    def _read(self, file: BinaryIO, members: np.ndarray) -> np.ndarray:
        """(m k) rows of the table on disk. Not through a memory map, whose pages would count as ours."""
        k = self.minhash.n_hashes
        table = np.empty((len(members), k), np.uint32)
        for row, document in zip(table, members.tolist(), strict=True):
            file.seek(4 * k * document)
            row[:] = np.frombuffer(file.read(4 * k), np.uint32)
        return table

    def _write(self, signatures: np.ndarray) -> None:
        """Append signatures and keys, the keys to the files of their last bits."""
        records = np.empty((len(signatures), self.bands), RECORD)
        records["key"] = band_keys(signatures, self.bands, self.rows)
        records["document"] = np.arange(self.n_documents, self.n_documents + len(signatures))[:, None]
        flat = records.ravel()
        with open(self.folder / "signatures", "ab") as file:
            file.write(signatures.tobytes())
        which = flat["key"] % N_FILES
        for part in np.unique(which):
            with open(self.folder / f"keys-{part:03}", "ab") as file:
                file.write(flat[which == part].tobytes())
        self.n_documents += len(signatures)


def drop_near_duplicates(
    items: Iterable[Item],
    *,
    minhash: MinHash,
    bands: int,
    rows: int,
    threshold: float | None = None,
    n: int = 5,
    document: Callable[[Item], str] = str,
) -> Iterator[Item]:
    """The first item of each cluster, in their order. The stream is read once; it waits on disk for the second pass.

    Args:
        items: documents, or anything that can be pickled and that `document` can make one of.
        document: the text of an item; by default the item itself.
        minhash, bands, rows, threshold, n: see `NearDuplicates`.

    >>> texts = ["to be or not to be that is the question", "all the world", "to be or not to be that is our question"]
    >>> list(drop_near_duplicates(texts, minhash=MinHash(64), bands=16, rows=4, n=2))
    ['to be or not to be that is the question', 'all the world']
    """
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "items", "w+b") as spool:
        near = NearDuplicates(folder, minhash, bands=bands, rows=rows, threshold=threshold, n=n)

        def spooled() -> Iterator[str]:
            for item in items:
                pickle.dump(item, spool, pickle.HIGHEST_PROTOCOL)
                yield document(item)

        near.add(spooled())
        spool.seek(0)
        for place, root in enumerate(near.roots()):
            item = pickle.load(spool)
            if root == place:
                yield item
