"""Training a unigram language model: seed pieces, expectation-maximisation, pruning.

The model says that a text is a row of pieces drawn independently: P(x1 … xm) = Π p(xi). How it was cut is not seen, so

    seed      start with far too many pieces: every substring that occurs at least twice
    E step    how often is each piece used, averaged over all ways to cut each word      (lattice.py explains the sums)
    M step    p(x) = count(x) / Σ count: the log-likelihood cannot fall
    prune     drop the quarter of the pieces whose loss costs the least; repeat until the vocabulary is small enough

`Lattices` does lattice.py's forward and backward pass for all words at once, a numpy call for each position in a word
instead of a Python loop for each piece; a test holds the two against each other.

Papers: Kudo 2018, "Subword Regularization", arXiv:1804.10959, section 3.2; Dempster, Laird and Rubin 1977 (EM).
Differs from SentencePiece: plain EM (there: a variational step, exp(digamma(count)), which favours few pieces, and
pieces with an expected count below 0.5 are dropped on the way); the loss counts expected uses (there: uses in the best
cut) and every changed term (there: those of the piece itself); pruning goes down to the exact size (there: to 1.1 times
the size, then the best scores).
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from llm101.tokenizers import lattice

FLOOR = 1e-12  # no piece becomes less probable: it may be needed again once another one has been pruned


class Step(NamedTuple):
    """One turn of EM, as training reports it."""

    log_likelihood: float  # of the whole text in nats, under the scores this step began with
    n_pieces: int  # in the vocabulary during the step
    scores: Mapping[str, float]  # piece -> log-probability after it
    pruned: Sequence[tuple[str, float]]  # (piece, loss in nats), least loss first; empty unless pruning follows


class Lattices:
    """The lattices of all words, laid end to end: station numbers run on from word to word.

    An arc is a column of (distance, origin, target, piece, word): `forth` goes from starts to ends, in order of the
    distance of the end from the start of the word; `back` has the same arcs the other way round, in order of the
    distance from the end of the word. So all arcs of one distance lie together, and those to one target as well.

    Args:
        words: word -> how often it occurs.
        pieces: the vocabulary; every character of the words must be in it.
    """

    def __init__(self, words: Mapping[str, int], pieces: Sequence[str]):
        number = {piece: n for n, piece in enumerate(pieces)}
        longest, station = max(map(len, pieces)), 0
        arcs = array("i")  # rows of (distance of the end, distance of the start from the end, start, end, piece, word)
        for w, word in enumerate(words):
            for end in range(1, len(word) + 1):
                for start in range(max(0, end - longest), end):
                    if (piece := number.get(word[start:end])) is not None:
                        arcs.extend((end, len(word) - start, station + start, station + end, piece, w))
            station += len(word) + 1
        rows = np.frombuffer(arcs, dtype=np.int32).reshape(-1, 6).T
        self.forth = rows[:, np.lexsort((rows[3], rows[0]))][[0, 2, 3, 4, 5]]
        self.back = rows[:, np.lexsort((rows[2], rows[1]))][[1, 3, 2, 4, 5]]
        self.n_pieces, self.n_stations = len(pieces), station
        lengths = np.array([len(word) for word in words])
        self.last = np.cumsum(lengths + 1) - 1  # the last station of each word
        self.first = self.last - lengths
        self.frequency = np.array(list(words.values()), dtype=float)

    def keep(self, kept: np.ndarray) -> None:
        """Leave only the pieces where `kept` is True, renumbered in their order."""
        renumbered = np.cumsum(kept) - 1
        self.forth, self.back = (arcs[:, kept[arcs[3]]] for arcs in (self.forth, self.back))
        self.forth[3], self.back[3] = renumbered[self.forth[3]], renumbered[self.back[3]]
        self.n_pieces = int(kept.sum())

    def expected(self, scores: np.ndarray) -> tuple[float, np.ndarray]:
        """The E step: the log-likelihood of all words, and the expected count of each piece."""
        alpha = self._sweep(self.forth, scores, begin=self.first)
        beta = self._sweep(self.back, scores, begin=self.last)
        _, start, end, piece, word = self.forth
        log_p = alpha[self.last]
        share = np.exp(alpha[start] + scores[piece] + beta[end] - log_p[word])
        counts = np.bincount(piece, share * self.frequency[word], minlength=self.n_pieces)
        return float(log_p @ self.frequency), counts

    def _sweep(self, arcs: np.ndarray, scores: np.ndarray, *, begin: np.ndarray) -> np.ndarray:
        """log of the summed probability of all ways between `begin` and each station, one distance after another."""
        ways = np.full(self.n_stations, -np.inf)
        ways[begin] = 0.0
        borders = np.flatnonzero(np.diff(arcs[0], prepend=-1, append=-1))
        for low, high in pairwise(borders):
            _, origin, target, piece, _ = arcs[:, low:high]
            groups = np.flatnonzero(np.diff(target, prepend=-1))
            ways[target[groups]] = np.logaddexp.reduceat(ways[origin] + scores[piece], groups)
        return ways


def m_step(counts: np.ndarray) -> np.ndarray:
    """The scores log p(x) that make the expected log-likelihood Σ count(x) log p(x) largest, with every p >= FLOOR."""
    p = counts / counts.sum()
    low = p < FLOOR
    while True:
        p[~low] = counts[~low] / counts[~low].sum() * (1 - FLOOR * low.sum())
        p[low] = FLOOR
        if not (below := p < FLOOR).any():
            return np.log(p)
        low |= below


def losses(pieces: Sequence[str], scores: np.ndarray, counts: np.ndarray) -> dict[int, float]:
    """For each piece of two or more characters: the log-likelihood that is lost without it, in nats.

    Written without x, every use of x becomes the best other way y1 … ym to cut it, so count(x) moves to the yi. The
    best log-likelihood of pieces with counts c is G(c) = Σ c log c - S log S with S = Σ c; the loss is G before minus
    G after. Kudo 2018, section 3.2, step 2 (b): "how likely the likelihood is reduced when x is removed".
    """
    score_of = dict(zip(pieces, scores.tolist(), strict=True))
    number = {piece: n for n, piece in enumerate(pieces)}
    total, count = float(counts.sum()), counts.tolist()
    lost = {}
    for n, piece in enumerate(pieces):
        if len(piece) > 1:
            others = Counter(number[other] for other in other_way(piece, score_of))
            moved = sum(_clog(count[y] + k * count[n]) - _clog(count[y]) for y, k in others.items())
            total_after = total + count[n] * (others.total() - 1)
            lost[n] = _clog(count[n]) - moved - _clog(total) + _clog(total_after)
    return lost


def other_way(piece: str, scores: Mapping[str, float]) -> list[str]:
    """The best way to cut `piece` into two or more pieces."""
    ways = list(lattice.edges(piece, scores, longest=len(piece)))
    ways[-1] = [(start, score) for start, score in ways[-1] if start > 0]
    stations, _ = lattice.viterbi(ways)
    return [piece[start:end] for start, end in pairwise(stations)]


def _clog(count: float) -> float:
    """c log c, with 0 log 0 = 0."""
    return count * math.log(count) if count > 0 else 0.0


def learn(
    words: Mapping[str, int], seeds: Mapping[str, int], n_pieces: int, *, shrinking: float = 0.75, em_steps: int = 2
) -> Iterator[Step]:
    """Train; yields every EM step. The scores of the last one have `n_pieces` pieces.

    Args:
        words: word -> how often it occurs.
        seeds: piece -> count, every character among them; at least `n_pieces`.
        n_pieces: how many pieces to end with; no fewer than there are characters.
        shrinking: the share of the pieces that survives each pruning, in (0, 1).
        em_steps: EM steps before each pruning, and after the last.
    """
    pieces = list(seeds)
    lattices = Lattices(words, pieces)
    scores = m_step(np.array([seeds[piece] * len(piece) for piece in pieces], dtype=float))
    while True:
        for n in range(em_steps):
            log_likelihood, counts = lattices.expected(scores)
            scores = m_step(counts)
            pruned = []
            if n == em_steps - 1 and len(pieces) > n_pieces:
                target = max(n_pieces, int(shrinking * len(pieces)))
                lost = losses(pieces, scores, counts)
                pruned = sorted(lost.items(), key=lambda item: (item[1], pieces[item[0]]))[: len(pieces) - target]
            score_of = dict(zip(pieces, scores.tolist(), strict=True))
            yield Step(log_likelihood, len(pieces), score_of, [(pieces[i], loss) for i, loss in pruned])
        if not pruned:
            return
        kept = np.ones(len(pieces), dtype=bool)
        kept[[i for i, _ in pruned]] = False
        lattices.keep(kept)
        pieces = [piece for piece, k in zip(pieces, kept, strict=True) if k]
        scores = m_step(np.exp(scores[kept]))
