"""Learning WordPiece: merge the pair that raises the likelihood of the text most.

A word is spelled in characters, all but the first marked as a continuation: `hug` = `h ##u ##g`. Each step joins the
pair of neighbours with the highest score

    score(a, b) = f(ab) / (f(a) f(b))            Schuster and Nakajima 2012, section 3; Hugging Face's course, chapter 6

Why: if every neighbour ab is written as one token, the text's log-likelihood under a unigram model changes, per
occurrence, by log p(ab) - log p(a) - log p(b), the logarithm of that score up to a constant: it is the pair's pointwise
mutual information. BPE takes the pair with the largest f(ab) instead. So BPE starts with what is frequent (`th`),
WordPiece with what is seldom apart (`qu`), and at first joins mere rarities; `min_frequency` keeps those out.

Differs from Hugging Face: `tokenizers`' WordPieceTrainer learns BPE merges and only spells them with `##`; Google never
published its trainer. This one follows the formula; ties go to the more frequent, then to the alphabetically first pair.
"""

from array import array
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

CONTINUATION = "##"


class Merge(NamedTuple):
    """One step: `left` and `right` became `piece`."""

    left: str
    right: str
    piece: str
    frequency: int  # how often they were neighbours, f(ab)
    score: float  # f(ab) / (f(a) f(b))


def spell(word: str) -> list[str]:
    """The characters of `word`, all but the first marked.

    >>> spell("hug")
    ['h', '##u', '##g']
    """
    return [char if n == 0 else CONTINUATION + char for n, char in enumerate(word)]


def join(left: str, right: str) -> str:
    """The piece that two neighbours make: `h` + `##u` = `hu`."""
    return left + right.removeprefix(CONTINUATION)


def learn_merges(words: Mapping[str, int], *, min_frequency: int = 1) -> Iterator[Merge]:
    """The merges, best first, until no two neighbours are left; take as many as you need.

    Args:
        words: word -> how often it occurs.
        min_frequency: pairs seen less often are never joined.

    >>> words = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
    >>> [(m.left, m.right, round(m.score, 3)) for m, _ in zip(learn_merges(words), range(2))]
    [('##g', '##s', 0.05), ('p', '##u', 0.028)]
    """
    corpus = _Corpus(words)
    while (pair := corpus.best_pair(min_frequency)) is not None:
        yield corpus.merge(pair)


class _Corpus:
    """The words as rows of pieces, with counts of pieces and of neighbours that are kept up to date.

    Pieces and pairs have numbers. Counts live in growing arrays, so that numpy can score all pairs at once: a merge of
    (a, b) changes the score of every pair that has an a or a b, too many to keep in a priority queue.
    """

    def __init__(self, words: Mapping[str, int]):
        self.pieces: list[str] = []
        self.number: dict[str, int] = {}  # piece -> its number
        self.piece_count = array("q")
        self.pairs: dict[tuple[int, int], int] = {}  # (left, right) -> its number
        self.left, self.right, self.pair_count = array("q"), array("q"), array("q")
        self.where: list[set[int]] = []  # for each pair, the words it is in, or was in
        self.frequency = list(words.values())
        self.rows = [[self._piece(piece) for piece in spell(word)] for word in words]
        for w in range(len(self.rows)):
            self._count(w, +1)

    def best_pair(self, min_frequency: int) -> int | None:
        """The number of the pair to merge next."""
        count, f = np.frombuffer(self.pair_count, np.int64), np.frombuffer(self.piece_count, np.int64).astype(float)
        alive = np.flatnonzero(count >= max(1, min_frequency))
        if not alive.size:
            return None
        left, right = np.frombuffer(self.left, np.int64), np.frombuffer(self.right, np.int64)
        score = count[alive] / (f[left[alive]] * f[right[alive]])
        ties = alive[score == score.max()]
        ties = ties[count[ties] == count[ties].max()]
        return min(ties.tolist(), key=lambda pair: (self.pieces[left[pair]], self.pieces[right[pair]]))

    def merge(self, pair: int) -> Merge:
        """Join the two pieces wherever they are neighbours."""
        a, b, count = self.left[pair], self.right[pair], self.pair_count[pair]
        score = count / (self.piece_count[a] * self.piece_count[b])
        new = self._piece(join(self.pieces[a], self.pieces[b]))
        for w in self.where[pair]:
            self._count(w, -1)
            self.rows[w] = _joined(self.rows[w], a, b, new)
            self._count(w, +1)
        return Merge(self.pieces[a], self.pieces[b], self.pieces[new], count, score)

    def _count(self, w: int, sign: int) -> None:
        """Add (+1) or take away (-1) what word `w` contributes."""
        row, n = self.rows[w], sign * self.frequency[w]
        for piece in row:
            self.piece_count[piece] += n
        for neighbours in pairwise(row):
            pair = self._pair(neighbours)
            self.pair_count[pair] += n
            if sign > 0:
                self.where[pair].add(w)

    def _piece(self, piece: str) -> int:
        """The number of a piece, a new one if need be."""
        if piece not in self.number:
            self.number[piece] = len(self.pieces)
            self.pieces.append(piece)
            self.piece_count.append(0)
        return self.number[piece]

    def _pair(self, neighbours: tuple[int, int]) -> int:
        """The number of a pair, a new one if need be."""
        if neighbours not in self.pairs:
            self.pairs[neighbours] = len(self.where)
            self.where.append(set())
            self.left.append(neighbours[0])
            self.right.append(neighbours[1])
            self.pair_count.append(0)
        return self.pairs[neighbours]


def _joined(row: list[int], a: int, b: int, new: int) -> list[int]:
    """`row` with each a b replaced by `new`, from left to right."""
    out: list[int] = []
    n = 0
    while n < len(row):
        pair_here = row[n] == a and n + 1 < len(row) and row[n + 1] == b
        out.append(new if pair_here else row[n])
        n += 2 if pair_here else 1
    return out


def learn_vocabulary(
    words: Mapping[str, int], n_pieces: int, *, min_frequency: int = 1, reserved: Collection[str] = ()
) -> list[str]:
    """The characters in order of the alphabet, then the pieces in order of learning; fewer than `n_pieces` if the text
    has no more to join. Pieces spelled like one of the `reserved` names are left out."""
    alphabet = {piece for word in words for piece in spell(word)}
    pieces = dict.fromkeys(sorted(alphabet - set(reserved)))
    merges = learn_merges(words, min_frequency=min_frequency)
    while len(pieces) < n_pieces and (merge := next(merges, None)) is not None:
        if merge.piece not in reserved:
            pieces[merge.piece] = None  # perhaps not new: ab + ##c and a + ##bc make one piece
    return list(pieces)
