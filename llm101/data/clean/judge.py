"""How good a filter is, when the truth is known: precision and recall.

precision  of what the filter took out, how much was bad?
recall     of what was bad, how much did the filter take out?
wrongly    of what was good, how much did the filter take out? (the false-positive rate)
"""

from collections.abc import Iterable
from typing import NamedTuple


class Judgement(NamedTuple):
    """Four counts; a document is bad or good, and was taken out or not."""

    bad_out: int = 0
    good_out: int = 0
    bad_in: int = 0
    good_in: int = 0

    @property
    def precision(self) -> float:
        """bad_out / all that were taken out; 1 if nothing was (nothing was taken out wrongly)."""
        out = self.bad_out + self.good_out
        return self.bad_out / out if out else 1.0

    @property
    def recall(self) -> float:
        """bad_out / all bad ones; 1 if there were none."""
        bad = self.bad_out + self.bad_in
        return self.bad_out / bad if bad else 1.0

    @property
    def wrongly(self) -> float:
        """good_out / all good ones; 0 if there were none."""
        good = self.good_out + self.good_in
        return self.good_out / good if good else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def judge(pairs: Iterable[tuple[bool, bool]]) -> Judgement:
    """The counts of a stream of (was it taken out?, is it bad?).

    >>> judge([(True, True), (True, False), (False, True), (False, False), (False, False)])
    Judgement(bad_out=1, good_out=1, bad_in=1, good_in=2)
    >>> judge([(True, True), (True, False)]).precision
    0.5
    """
    counts = [0, 0, 0, 0]
    for out, bad in pairs:
        counts[2 * (not out) + (not bad)] += 1
    return Judgement(*counts)
