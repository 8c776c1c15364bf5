"""Contamination: test items whose text lies in the training data, found by n-grams of words that both have.

GPT-3 (Brown et al. 2020, appendix C, arXiv:2005.14165) compares 13-grams of lower-case words without punctuation. The
training text around a hit is cut out, not the whole document: an article may quote one line of a book. N-grams that lie
in more than 10 training documents are phrases everybody uses, and do not count.
Reading order: overlap (which test items are touched) · decontaminate (the training text without them).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from llm101.data.dedup.shingles import WORD, window_hashes, words
from llm101.expect import integer

SHORTEST_N, LONGEST_N = 8, 13
EXAMPLES = 3


class Overlap(NamedTuple):
    """What a test item shares with the training documents."""

    test: int  # the number of the item
    shared: int  # its n-grams that some training document has
    total: int  # its n-grams (different ones)
    covered: float  # share of its words that lie in a shared n-gram
    train: tuple[int, ...]  # the first training documents that have one, three at most


def choose_n(test: Sequence[str]) -> int:
    """GPT-3's n for a data set: the length in words that 5 % of its items are shorter than, but 8 to 13.

    >>> choose_n(["a b c d e f g h i"] * 20), choose_n(["to be"]), choose_n(["w " * 99])
    (9, 8, 13)
    """
    lengths = [len(words(item)) for item in test] or [LONGEST_N]
    return int(np.clip(np.percentile(lengths, 5), SHORTEST_N, LONGEST_N))


def overlap(train: Iterable[str], test: Sequence[str], n: int = 13, *, most_documents: int = 10) -> list[Overlap]:
    """The test items that share an n-gram of words with the training data, by their numbers.

    The training documents are read once, as a stream; memory goes with the size of the test set. An item of fewer than
    `n` words has no n-gram and is never found: lower `n` for it (see `choose_n`).

    Args:
        train: training documents.
        test: test items.
        n: words.
        most_documents: an n-gram in more training documents than this is ignored; 0 = ignore none.

    >>> train = ["We know: the quick brown fox jumps over the lazy dog.", "Nothing here."]
    >>> overlap(train, ["the quick brown fox jumps", "a slow brown dog sleeps"], n=4)
    [Overlap(test=0, shared=2, total=2, covered=1.0, train=(0,))]
    """
    index = _Index(test, n)
    for number, document in enumerate(train):
        index.read(number, document)
    return index.overlaps(most_documents)


class _Index:
    """The n-grams of the test items, and how many training documents have each."""

    def __init__(self, test: Sequence[str], n: int):
        self.n = integer("overlap", "n", n, at_least=1)
        self.items = [window_hashes(words(item), self.n) for item in test]
        self.keys = np.unique(np.concatenate([*self.items, np.zeros(0, np.uint64)]))
        self.n_documents = np.zeros(len(self.keys), np.int64)
        self.examples: dict[int, list[int]] = {}  # place of the key -> the first documents

    def hits(self, hashes: np.ndarray) -> np.ndarray:
        """For each window: the place of its key, or -1."""
        if not len(self.keys):
            return np.full(len(hashes), -1)
        places = np.searchsorted(self.keys, hashes).clip(max=len(self.keys) - 1)
        return np.where(self.keys[places] == hashes, places, -1)

    def read(self, number: int, document: str) -> None:
        found = np.unique(self.hits(window_hashes(words(document), self.n)))
        found = found[found >= 0]
        self.n_documents[found] += 1
        for place in found.tolist():
            examples = self.examples.setdefault(place, [])
            if len(examples) < EXAMPLES:
                examples.append(number)

    def counts(self, most_documents: int) -> np.ndarray:
        """For each key: does it count as shared?"""
        few = (self.n_documents <= most_documents) | (most_documents == 0)
        return (self.n_documents > 0) & few

    def overlaps(self, most_documents: int) -> list[Overlap]:
        shared = self.counts(most_documents)
        found = []
        for item, hashes in enumerate(self.items):
            places = self.hits(hashes)
            touched = shared[places] if len(places) else np.zeros(0, bool)
            if touched.any():
                train = sorted({d for place in places[touched].tolist() for d in self.examples[place]})[:EXAMPLES]
                kinds = len(np.unique(places[touched])), len(np.unique(places))
                found.append(Overlap(item, *kinds, float(_cover(touched, self.n).mean()), tuple(train)))
        return found


def _cover(touched: np.ndarray, n: int) -> np.ndarray:
    """(n_words,) bool: words in a touched window, from (n_windows,) bool."""
    return np.convolve(touched, np.ones(n, int)) > 0


def decontaminate(
    train: Sequence[str],
    test: Sequence[str],
    n: int = 13,
    *,
    window: int = 200,
    shortest: int = 200,
    most_pieces: int = 10,
    most_documents: int = 10,
) -> Iterator[str]:
    """The training text without what it shares with the test set, as pieces.

    Each shared n-gram goes with `window` characters on both sides; pieces shorter than `shortest` characters go; a
    document that falls into more than `most_pieces` goes whole. A document without a hit comes back as it is, however
    short. The training data are read twice, hence a sequence.
    Differs from the paper: it says "a 200 character window around" the hit; we take 200 on each side. It does not say
    whether pieces are counted before or after the short ones go; we count before.

    >>> text = "One two three. The quick brown fox jumps! Seven eight."
    >>> list(decontaminate([text], ["quick brown fox"], n=3, window=4, shortest=1))
    ['One two three. ', 'ps! Seven eight.']
    """
    index = _Index(test, n)
    for number, document in enumerate(train):
        index.read(number, document)
    shared = index.counts(most_documents)
    for document in train:
        places = list(WORD.finditer(document))
        hits = index.hits(window_hashes([word[0].lower() for word in places], n))
        touched = [i for i, place in enumerate(hits.tolist()) if place >= 0 and shared[place]]
        cuts = [(places[i].start() - window, places[i + n - 1].end() + window) for i in touched]
        pieces = _pieces(document, cuts)
        if not cuts:
            yield document
        elif len(pieces) <= most_pieces:
            yield from (piece for piece in pieces if len(piece) >= shortest)


def _pieces(document: str, cuts: list[tuple[int, int]]) -> list[str]:
    """What is left between the cuts (start, end), in the order of their starts and of their ends."""
    pieces, done = [], 0
    for start, end in cuts:
        if start > done:
            pieces.append(document[done:start])
        done = end
    return [piece for piece in [*pieces, document[done:]] if piece]
