"""All the ways to cut a text into pieces, and the sums and maxima over them.

Read a text of n characters as n + 1 stations, 0 before the first character and n after the last. A piece text[i:j] of
the vocabulary is a train from i to j whose score is its log-probability; a way to cut the text is a journey from 0 to
n. There are up to 2^(n-1) journeys, yet each question below takes one pass over the stations:

    viterbi     the best journey             max over the trains into each station
    n_best      the n best journeys          the n largest instead of one
    forward     log of the sum of all        log Σ exp instead of max
    expected    how often is each piece used, on average over all journeys (forward and backward)
    sample      a journey at random, each with its probability

Scores are natural logarithms. Every function takes what `edges` gives, so the vocabulary is looked up in one place.

Papers: Kudo 2018, arXiv:1804.10959, sections 3.2-3.3 (the model, its n best); the passes are those of hidden Markov
models: Viterbi 1967; Rabiner 1989, "A tutorial on hidden Markov models", sections III.A-III.C.
"""

import heapq
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

Arcs = list[tuple[int, float]]  # (start, score) of each piece that ends at one station, the longest piece first


def edges(text: str, scores: Mapping[str, float], *, longest: int, unknown: float = -math.inf) -> Iterator[Arcs]:
    """For each end 1..n: the pieces of the vocabulary that end there.

    Args:
        text: n characters.
        scores: piece -> log-probability.
        longest: characters in the longest piece.
        unknown: the score of a single character that is no piece itself; without it such a text has no cut at all.

    >>> list(edges("ab", {"a": -1.0, "b": -2.0, "ab": -3.0}, longest=2))
    [[(0, -1.0)], [(0, -3.0), (1, -2.0)]]
    """
    score_of = scores.get
    for end in range(1, len(text) + 1):
        first = end - longest if end > longest else 0
        arcs = [(start, score) for start in range(first, end) if (score := score_of(text[start:end])) is not None]
        if not arcs or arcs[-1][0] != end - 1:
            arcs.append((end - 1, unknown))
        yield arcs


def viterbi(lattice: Iterable[Arcs]) -> tuple[list[int], float]:
    """The stations of the best journey and its score. Of two equal ones, the one whose last piece is longer.

    >>> viterbi(edges("ab", {"a": -1.0, "b": -2.0, "ab": -2.5}, longest=2))
    ([0, 2], -2.5)
    """
    best, came_from = [0.0], [0]
    for arcs in lattice:
        top, origin = -math.inf, arcs[0][0]
        for start, score in arcs:
            if best[start] + score > top:
                top, origin = best[start] + score, start
        best.append(top)
        came_from.append(origin)
    stations = [len(best) - 1]
    while stations[-1]:
        stations.append(came_from[stations[-1]])
    return stations[::-1], best[-1]


def n_best(lattice: Iterable[Arcs], n: int) -> list[tuple[list[int], float]]:
    """The n best journeys with their scores, best first; all of them if there are fewer. Exact, no beam.

    Why n per station are enough: if a journey is among the n best, each of its beginnings is among the n best there.
    """
    best: list[list[tuple[float, int, int]]] = [[(0.0, 0, 0)]]  # a station's n best: (score, start, which of start's n)
    for arcs in lattice:
        longer = ((best[i][k][0] + score, i, k) for i, score in arcs for k in range(len(best[i])))
        best.append(heapq.nlargest(n, longer, key=lambda way: way[0]))
    return [(_walk_back(best, rank), way[0]) for rank, way in enumerate(best[-1])]


def _walk_back(best: Sequence[Sequence[tuple[float, int, int]]], rank: int) -> list[int]:
    """The stations of the journey that is number `rank` at the last station."""
    stations = [len(best) - 1]
    while stations[-1]:
        _, start, rank = best[stations[-1]][rank]
        stations.append(start)
    return stations[::-1]


def forward(lattice: Iterable[Arcs]) -> list[float]:
    """For each station, log of the summed probability of all ways to get there; the last is log P(text)."""
    alpha = [0.0]
    for arcs in lattice:
        alpha.append(_log_sum_exp([alpha[start] + score for start, score in arcs]))
    return alpha


def backward(lattice: Sequence[Arcs]) -> list[float]:
    """For each station, log of the summed probability of all ways from there to the end; the first is log P(text)."""
    out: list[list[float]] = [[] for _ in range(len(lattice) + 1)]
    out[-1], beta = [0.0], [0.0] * (len(lattice) + 1)
    for end in range(len(lattice), -1, -1):
        beta[end] = _log_sum_exp(out[end])
        for start, score in lattice[end - 1] if end else []:
            out[start].append(score + beta[end])
    return beta


def expected(text: str, lattice: Sequence[Arcs]) -> dict[str, float]:
    """How often each piece is used, on average over all journeys weighted by their probability.

    E[count of x] = Σ over the trains i -> j of x:  exp(alpha_i + score(x) + beta_j) / P(text)
    """
    alpha, beta = forward(lattice), backward(lattice)
    counts: dict[str, float] = {}
    for end, arcs in enumerate(lattice, start=1):
        for start, score in arcs:
            share = math.exp(alpha[start] + score + beta[end] - alpha[-1])
            counts[text[start:end]] = counts.get(text[start:end], 0.0) + share
    return counts


def sample(lattice: Sequence[Arcs], rng: random.Random, *, alpha: float = 1.0) -> list[int]:
    """The stations of one journey, drawn with probability proportional to P(journey)^alpha.

    Forward filtering, backward sampling: the last train into a station is chosen in proportion to all the journeys
    that end with it, then the same again from where it started. Kudo 2018, section 3.2, equation 8, over all
    journeys rather than the n best.

    Args:
        alpha: 1 = the model's own probabilities, 0 = each journey alike, large = nearly always the best.
    """
    scaled = [[(start, alpha * score) for start, score in arcs] for arcs in lattice]
    ways, stations = forward(scaled), [len(scaled)]
    while stations[-1]:
        arcs = scaled[stations[-1] - 1]
        weights = [math.exp(ways[start] + score - ways[stations[-1]]) for start, score in arcs]
        stations.append(rng.choices([start for start, _ in arcs], weights)[0])
    return stations[::-1]


def _log_sum_exp(terms: Sequence[float]) -> float:
    """log Σ exp(term) without overflow; -inf if there is nothing to add."""
    top = max(terms, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(term - top) for term in terms))
