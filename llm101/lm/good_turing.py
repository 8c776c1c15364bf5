"""Good-Turing: what was seen r times should count as r* < r times, and that pays for what was never seen.

    r* = (r + 1) N_{r+1} / N_r          N_r: how many things were seen exactly r times
    p0 = N_1 / N                        the probability that the next thing is a new one; N = Σ r N_r things seen

Papers: Good 1953, "The Population Frequencies of Species", Biometrika 40, who had it from Turing; Gale and Sampson 1995,
"Good-Turing Frequency Estimation Without Tears", Journal of Quantitative Linguistics 2, for the line through the N_r.
"""

import math
from collections.abc import Mapping
from typing import final

import numpy as np

from llm101 import expect
from llm101.lm.ngram import Counts, Gram, NGram

Adjusted = tuple[dict[int, float], float]  # (r -> r*, p0)


def good_turing(counts_of_counts: Mapping[int, int]) -> Adjusted:
    """Turing's estimate as it stands. r* is 0 where nothing was seen r + 1 times: the gaps that smoothing must close.

    Args:
        counts_of_counts: r -> N_r for r >= 1.

    Returns:
        (r -> r*, p0). Exactly: Σ N_r r* + p0 N = N, if there are no gaps up to the largest r.

    Raises:
        ValueError: an r or N_r is not a positive integer, or nothing was seen.

    >>> adjusted, p0 = good_turing({1: 3, 2: 1, 3: 1})    # carp carp carp perch perch trout salmon eel
    >>> adjusted[1], adjusted[2], p0                      # 2 · 1 / 3, 3 · 1 / 1, 3 / 8
    (0.6666666666666666, 3.0, 0.375)
    """
    n = checked("good_turing", counts_of_counts)
    total = sum(r * count for r, count in n.items())
    return {r: (r + 1) * n.get(r + 1, 0) / n[r] for r in n}, n.get(1, 0) / total


def simple_good_turing(counts_of_counts: Mapping[int, int], *, z: float = 1.65) -> Adjusted:
    """Good-Turing with N_r replaced by a straight line in log-log space wherever Turing's estimate is unsure.

    1. Z_r = N_r / ((next r - previous r) / 2): where counts are sparse, one N_r stands for a whole stretch.
    2. Fit log Z = a + b log r by least squares; the line's estimate is r* = (r + 1) (1 + 1 / r)^b.
    3. From r = 1 up take Turing's estimate, until it is within z standard deviations of the line's; then the line's.
    4. Scale all r* so that the seen have 1 - N_1 / N together.

    Gale and Sampson 1995. Differs from the programme published with the paper: z is the paper's 1.65, the
    programme has 1.96. The line makes sense for b < -1 (then r* < r).

    Args:
        counts_of_counts: r -> N_r, for at least two different r.
        z: how many standard deviations of Turing's estimate count as a real difference.

    Raises:
        ValueError: as for good_turing, or there are fewer than two different counts.

    >>> adjusted, p0 = simple_good_turing({1: 3, 2: 1, 3: 1})
    >>> round(adjusted[1] * 3 + adjusted[2] + adjusted[3], 6), p0
    (5.0, 0.375)
    """
    turing, p0 = good_turing(counts_of_counts)
    if len(turing) < 2:
        raise ValueError(
            f"simple_good_turing: counts_of_counts must hold at least 2 different counts; got {len(turing)}. "
            "One point makes no line."
        )
    n = dict(sorted(counts_of_counts.items()))
    b, adjusted, sure = slope(n), {}, True
    for r, n_r in n.items():
        line = (r + 1) * (1 + 1 / r) ** b
        if sure := sure and r + 1 in n:
            deviation = turing[r] * math.sqrt(1 / n[r + 1] + 1 / n_r)
            sure = abs(turing[r] - line) > z * deviation
        adjusted[r] = turing[r] if sure else line
    total = sum(r * count for r, count in n.items())
    scale = (1 - p0) * total / sum(adjusted[r] * count for r, count in n.items())
    return {r: value * scale for r, value in adjusted.items()}, p0


def slope(n: Mapping[int, int]) -> float:
    """b of the line log Z_r = a + b log r through the averaged counts of counts; n sorted by r."""
    r = np.array(list(n), dtype=float)
    before, after = np.concatenate([[0], r[:-1]]), np.concatenate([r[1:], [0]])
    after[-1] = 2 * r[-1] - before[-1]
    y, x = np.log(np.array(list(n.values())) / ((after - before) / 2)), np.log(r)
    return float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())


def checked(owner: str, counts_of_counts: Mapping[int, int]) -> dict[int, int]:
    """The counts of counts, if they are such."""
    if not counts_of_counts:
        raise ValueError(f"{owner}: counts_of_counts must hold at least one count; got 0.")
    return {
        expect.integer(owner, "r", r, at_least=1): expect.integer(owner, f"N_{r}", n, at_least=1)
        for r, n in counts_of_counts.items()
    }


@final
class GoodTuring(NGram):
    """p(w | h) in proportion to the adjusted count of the whole n-gram h w, unseen ones sharing N_1 equally.

    0* = N_1 / N_0, where N_0 is the number of n-grams that are possible (v words after every context) and were not seen.
    Church and Gale 1991 do so for bigrams ("basic Good-Turing"; theirs then goes further). Uniform after a context never
    seen: it knows no shorter context, as AddK. It is the ingredient of Katz, here alone so that one can see what it does.

    Raises:
        ValueError: as for simple_good_turing, on the counts of the n-grams of `order` tokens.

    >>> model = GoodTuring(Counts([["a", "b"], ["a", "a"]], order=2))
    >>> round(model.adjusted[0], 3)             # 4 bigrams seen once; 3 words after START, a, b less 5 seen: 4 unseen
    1.0
    >>> float(model.distribution(["b"]).sum())
    1.0
    """

    def __init__(self, counts: Counts, order: int | None = None):
        super().__init__(counts, order)
        of_counts = counts.table(self.order).of_counts()
        v, n_seen = len(self.vocab), sum(of_counts.values())
        possible = v * sum((v - 1) ** m for m in range(self.order))  # START … START followed by m words
        self.adjusted, _ = simple_good_turing(of_counts)
        self.adjusted[0] = of_counts[1] / max(possible - n_seen, 1)

    def estimate(self, context: Gram) -> np.ndarray:
        adjusted = np.array([self.adjusted[int(count)] for count in self.counts.after(context)])
        return adjusted / adjusted.sum() if adjusted.any() else np.full(len(adjusted), 1 / len(adjusted))
