"""The checks of lesson 08: T5's buckets and ALiBi's slopes. What each wrong answer is called stands beside its value."""

import math

from llm101.check import exercise
from llm101.checks.positions import oracles as o
from llm101.checks.positions.absolute import HIDE, TIGHT

# -------------------------------------------------------------------------------------------------- t5_bucket
ex = exercise(
    "08.t5_bucket",
    title="Buckets",
    points=3,
    names=("t5_bucket",),
    mask=HIDE,
    hints=[
        "Begin with one direction: a function of a distance >= 0 and of n that gives far itself below n // 2, else the formula, at most n - 1.",
        "Decoder: that function of max(back, 0), with all buckets. Encoder: of abs(back), with half of them, plus that half if back < 0.",
        "math.log(far / e) / math.log(max_distance / e) goes from 0 to 1 between e and max_distance; times (n - e), rounded down, plus e.",
    ],
)
ALL = "result = {x: t5_bucket(x, n_buckets, max_distance, both_ways) for x in backs}"


def logarithmic(far, n, longest, *, fit=int, from_one=False, steps=None, last=None):
    """One direction by the formula; the keywords are for mistakes."""
    e = n // 2
    if far < e:
        return far
    growth = math.log(far) / math.log(longest) if from_one else math.log(far / e) / math.log(longest / e)
    return min(e + fit(growth * (n - e if steps is None else steps)), n - 1 if last is None else last)


def evenly(far, n, longest):
    """One direction without a logarithm: equal steps up to the longest distance."""
    e = n // 2
    return far if far < e else min(e + (far - e) * (n - e) // (longest - e), n - 1)


def one_way_mistakes(backs, n, longest):
    """Names and values for a decoder."""
    past = [max(x, 0) for x in backs]
    return {
        "There is no logarithmic half: beyond n // 2 the buckets grow; you gave each distance its own until they ran out.":
            [min(x, n - 1) for x in past],
        "The second half has equal steps: it must grow with the LOGARITHM of the distance.": [evenly(x, n, longest) for x in past],
        "Off by one: the logarithm is rounded DOWN.": [logarithmic(x, n, longest, fit=math.ceil) for x in past],
        "Off by one: the logarithm is rounded DOWN, not to the nearest number.": [logarithmic(x, n, longest, fit=round) for x in past],
        "Divide by e inside BOTH logarithms: at distance e the second half must begin with 0.":
            [logarithmic(x, n, longest, from_one=True) for x in past],
        "The second half has n - e buckets, with e = n // 2: multiply by n - e.": [logarithmic(x, n, longest, steps=n) for x in past],
        "There is no upper end: far beyond max_distance the bucket stays n - 1 (min).":
            [logarithmic(x, n, longest, last=10**9) for x in past],
        "Never above n - 1: that is the last bucket.": [logarithmic(x, n, longest, last=n) for x in past],
        "The exact half was built for 'less than or equal' e - 1: it holds e distances, 0 to e - 1.":
            [x if x < n // 2 - 1 else logarithmic(max(x, n // 2), n, longest) for x in past],
        "A decoder never sees later keys: they are all in bucket 0, as if at distance 0; you treated both directions alike.":
            [o.t5_half(abs(x), n, longest) for x in backs],
        "The sign is turned round: `back` is positive when the key came BEFORE.": [o.t5_half(max(-x, 0), n, longest) for x in backs],
        "A decoder has ALL buckets for the past; you halved them.": [o.t5_half(x, n // 2, longest) for x in past],
    }  # fmt: skip


def both_ways_mistakes(backs, n, longest):
    """Names and values for an encoder."""
    half = n // 2
    bucket = lambda x, n=half: o.t5_half(abs(x), n, longest)  # noqa: E731
    return {
        "The halves are exchanged: from n on are the buckets of LATER keys, where back < 0.":
            [bucket(x) + (half if x > 0 else 0) for x in backs],
        "Both directions share their buckets: later keys have the second half.": [bucket(x) for x in backs],
        "Distance 0 belongs to the first half: only back < 0 is later.": [bucket(x) + (half if x <= 0 else 0) for x in backs],
        "Each direction has HALF of the buckets: n = n_buckets // 2 everywhere in the formula.":
            [bucket(x, n) + (half if x < 0 else 0) for x in backs],
        "There is no upper end: far beyond max_distance the bucket of a direction stays n - 1 (min), before n is added for later keys.":
            [logarithmic(abs(x), half, longest, last=10**9) + (half if x < 0 else 0) for x in backs],
        "There is no logarithmic half: e is half of the buckets of ONE direction, n // 2 and not n_buckets // 2.":
            [min(abs(x), half - 1) + (half if x < 0 else 0) for x in backs],
        "Later keys are kept apart in an encoder; you put them all into one bucket.": [o.t5_half(max(x, 0), half, longest) for x in backs],
        "That is a decoder's bucket: with both_ways each direction has its own half.": [o.t5_half(max(x, 0), n, longest) for x in backs],
    }  # fmt: skip


def compare(s, t, backs, n, longest, both_ways, mistakes):
    """All distances at once, except those on which a logarithm could fall on either side."""
    one = n // 2 if both_ways else n
    backs = [x for x in backs if not o.on_an_edge(abs(x), one, longest)]
    want = {x: o.t5_bucket(x, n, longest, both_ways) for x in backs}
    got = s.run(ALL, backs=backs, n_buckets=n, max_distance=longest, both_ways=both_ways)
    found = {name: dict(zip(backs, wrong, strict=True)) for name, wrong in mistakes(backs, n, longest).items()}
    t.eq(got, want, f"for n_buckets={n}, max_distance={longest}, both_ways={both_ways}: bucket", mistakes=found)


@ex.check(
    "a decoder, keys before the query",
    hint="Below n // 2 the bucket is the distance. At n // 2 the logarithm is 0. Far beyond max_distance the bucket is n - 1.",
    weight=2.0,
)
def _(s, t):
    for n, longest in ((32, 128), (16, 67), (7, 61)):
        compare(s, t, list(range(0, 211)), n, longest, False, one_way_mistakes)


@ex.check("a decoder, keys behind the query", hint="A negative `back` counts as 0: bucket 0.", weight=0.5)
def _(s, t):
    for n, longest in ((32, 128), (16, 67)):
        compare(s, t, list(range(-150, 41)), n, longest, False, one_way_mistakes)


@ex.check(
    "an encoder",
    hint="n = n_buckets // 2 for each direction, e = n // 2; `back` < 0 adds n; then abs(back) as in a decoder with n buckets.",
    weight=1.5,
)
def _(s, t):
    for n, longest in ((32, 128), (22, 97), (8, 19)):
        compare(s, t, list(range(-150, 151)), n, longest, True, both_ways_mistakes)


# ------------------------------------------------------------------------------------------------------ alibi
ex = exercise(
    "08.alibi",
    title="Slopes",
    points=2,
    names=("alibi",),
    mask=HIDE,
    hints=[
        "at[:, None] - at is i - j for all pairs, (t, t); slopes[:, None, None] * that is (h, t, t). Minus it.",
        "The power of two below h: 2 ** (h.bit_length() - 1), or 2 ** int(math.log2(h)).",
        "above = the slopes of twice that power; above[::2] is every other one from the first; as many as are missing. masked_fill(later, -math.inf).",
    ],
)


def of_power(n):
    """n slopes, n a power of two (or not: a mistake)."""
    return [2.0 ** (-8 * i / n) for i in range(1, n + 1)]


def named(h, n):
    """What usually goes wrong, with its value."""
    right, below = o.slopes(h), 2 ** (h.bit_length() - 1)
    other = [m for m in of_power(2 * below) if m not in of_power(below)][: h - below]
    return {
        "The sign is turned round: a key further BACK loses, slope · (j - i) is 0 or negative.": o.alibi(right, n, sign=1),
        "There is no causal mask: later keys get -inf.": o.alibi(right, n, mask="none"),
        "A token may look at itself: the diagonal is 0.": o.alibi(right, n, mask="diagonal"),
        "The mask is upside down: keys with j > i are hidden.": o.alibi(right, n, mask="earlier"),
        "The slopes begin at 2^(-8/h), not at 1.": o.alibi([2.0 ** (-8 * i / h) for i in range(h)], n),
        "The slopes 1/2, 1/4, 1/8, … are those of 8 heads; in general 2^(-8i/h).": o.alibi([2.0**-i for i in range(1, h + 1)], n),
        "2^(-8i/h) holds for powers of two; other numbers of heads take the power below, and fill up from the one above.":
            o.alibi(of_power(h), n),
        "These are the first h slopes of the power of two above: take those of the power BELOW first.":
            o.alibi(of_power(2 * below)[:h], n),
        "From the power above take the first, third, fifth, …: [::2]. The others you have already.":
            o.alibi(of_power(below) + of_power(2 * below)[1::2][: h - below], n),
        "From the power above take every OTHER slope, not the first ones in a row.":
            o.alibi(of_power(below) + of_power(2 * below)[: h - below], n),
        "The slopes were sorted: those of the power below come first, then the others.":
            o.alibi(sorted(of_power(below) + other, reverse=True), n),
        "All heads have the same slope.": o.alibi(right[:1] * h, n),
    }  # fmt: skip


@ex.check(
    "a power of two",
    hint="Head 0 of 8 heads: 0 on the diagonal, -1/2 one to the left of it, -inf to the right. float64. "
    "Is there a nan? 0 · inf is nan: set -inf with masked_fill, do not multiply by it.",
)
def _(s, t):
    for h, n in ((8, 5), (2, 7), (4, 3), (16, 2), (1, 3)):
        t.close(s.alibi(h, n), o.alibi(o.slopes(h), n), f"the bias of {h} heads", **TIGHT, mistakes=named(h, n))


@ex.check(
    "other numbers of heads",
    hint="12 heads: the eight slopes of 8 heads, then the first, third, fifth and seventh of 16 heads.",
)
def _(s, t):
    for h, n in ((3, 5), (12, 3), (7, 2), (5, 7), (20, 3)):
        t.close(s.alibi(h, n), o.alibi(o.slopes(h), n), f"the bias of {h} heads", **TIGHT, mistakes=named(h, n))
