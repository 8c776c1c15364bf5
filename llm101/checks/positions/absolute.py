"""The checks of lesson 08: sinusoids, and GLM's two dimensions. What each wrong answer is called stands beside its value."""

import torch

from llm101.check import exercise
from llm101.checks.positions import oracles as o

HIDE = ("llm101.nn", "llm101.models", "llm101.lm", "llm101.viz")
TIGHT = {"rtol": 1e-9, "atol": 1e-10}
IN_FLOAT32 = "That was computed in float32: make the speeds float64 (torch.arange(..., dtype=torch.float64)) before anything else."

# -------------------------------------------------------------------------------------------------- sinusoids
ex = exercise(
    "08.sinusoids",
    title="A clock with many hands",
    points=3,
    names=("sinusoids", "shifted"),
    mask=HIDE,
    hints=[
        "places[:, None] * speeds is (t, d/2): the angle of every hand at every place. speeds = 10000 ** (-arange(0, d, 2) / d), in float64.",
        "torch.stack([angles.sin(), angles.cos()], dim=-1) is (t, d/2, 2); flatten(1) lays the pairs next to each other.",
        "For shifted: sin(a + b) = sin a cos b + cos a sin b, cos(a + b) = cos a cos b - sin a sin b, and sin a and cos a are given.",
    ],
)
PLACES = ([0, 1, 2, 3, 4], [7, 2, 11], [1, 100, 3, 5, 19, 2, 1023])


@ex.check(
    "small places",
    hint="d/2 hands; hand i turns by 10000^(-2i/d) a place; its sine stands in column 2i, its cosine in column 2i + 1. For float64 "
    "give arange dtype=torch.float64.",
)
def _(s, t):
    for places, d in zip(PLACES, (6, 4, 14), strict=True):
        at = torch.tensor(places)
        t.close(s.sinusoids(at, d), o.sinusoids(places, d), f"the result for d = {d}", **TIGHT, mistakes={
            "All sines stand first, then all cosines: the paper puts sine and cosine of a hand next to each other (stack, then flatten).":
                o.sinusoids_apart(places, d),
            "Sine and cosine are exchanged: the sine stands in the even column.": o.sinusoids_swapped(places, d),
            "The exponent is i/d and must be 2i/d, with i the number of the PAIR: the speeds go down to nearly 1/10000, not to 1/100.":
                o.sinusoids(places, d, lambda i, d: o.speed(i / 2, d)),
            "The exponent was doubled twice: arange(0, d, 2) already counts 2i.": o.sinusoids(places, d, lambda i, d: o.speed(2 * i, d)),
            "Every channel has its own speed: the two channels of a pair share one.": o.sinusoids_each(places, d),
            "The later hands turn FASTER: the exponent is negative (or: divide by 10000^(2i/d)).":
                o.sinusoids(places, d, lambda i, d: o.speed(-i, d)),
            "The places were counted from 1.": o.sinusoids([p + 1 for p in places], d),
            "The places given were not used, only their number: they need not be 0, 1, 2, …": o.sinusoids(range(len(places)), d),
        })  # fmt: skip


@ex.check("far and negative places", hint=IN_FLOAT32)
def _(s, t):
    for places, d in (([1_000_003, 65_537], 10), ([-3, -211, 0], 6)):
        single = 10000 ** (-torch.arange(0, d, 2) / d)  # float32
        late = torch.tensor(places)[:, None] * single.double()
        t.close(s.sinusoids(torch.tensor(places), d), o.sinusoids(places, d), f"the result for the places {places}", **TIGHT, mistakes={
            IN_FLOAT32: torch.stack([late.sin(), late.cos()], -1).flatten(1),
            "The sign of the place was lost: sin(-x) = -sin x.": o.sinusoids([abs(p) for p in places], d),
        })  # fmt: skip


def rolled(vectors, k):
    """A mistake: the rows move, not the hands."""
    return vectors.roll(-k, 0)


def with_new_sine(places, d, k):
    """A mistake: the sine is overwritten before the cosine is computed from it."""
    out = o.sinusoids(places, d)
    turn = o.sinusoids([k], d)[0]
    for i in range(0, d, 2):
        out[:, i] = out[:, i] * turn[i + 1] + out[:, i + 1] * turn[i]
        out[:, i + 1] = out[:, i + 1] * turn[i + 1] - out[:, i] * turn[i]
    return out


@ex.check(
    "shifted: the vectors further on",
    hint="Each pair (sin a, cos a) becomes (sin(a + b), cos(a + b)) with b = k · 10000^(-2i/d); the place a belongs to is not needed.",
    weight=2.0,
)
def _(s, t):
    for places, d, k in (([5, 30, 2], 6, 3), ([0, 1, 2, 3, 4], 10, -7), ([11, 400], 4, 101)):
        vectors, want = o.sinusoids(places, d), o.sinusoids([p + k for p in places], d)
        t.close(s.shifted(vectors, k), want, f"the result for the vectors of {places} and k = {k}", **TIGHT, mistakes={
            "You turned backwards: these are the vectors of p - k. Look at the signs.": o.sinusoids([p - k for p in places], d),
            "The vectors of the places 0, 1, 2, … were assumed: the rows may belong to any places.":
                o.sinusoids([i + k for i in range(len(places))], d),
            "The vector of place k was added: the ANGLES add up, not their sines.": vectors + o.sinusoids([k], d),
            "The new sine was already in place when you computed the cosine: keep the old one.": with_new_sine(places, d, k),
            "The rows were moved: each vector stays in its row and is turned.": rolled(vectors, k),
            "All pairs turned by the same angle, k: each has its own speed.": o.rotate(vectors, [-k] * len(places), True, speed_of=lambda i, d: 1.0),
        })  # fmt: skip


# ------------------------------------------------------------------------------------------------ span_places
ex = exercise(
    "08.span_places",
    title="GLM's two dimensions",
    points=2,
    names=("span_places",),
    mask=HIDE,
    hints=[
        "How long is the text with its masks? Every span of length n leaves one mask, so it loses n - 1 tokens.",
        "The mask of a span that began at `start` moves to the left by n - 1 for every span BEFORE IT IN THE TEXT, wherever that one stands in the list.",
        "For each span in the order of the list: the mask's place, 1 + length times; and the numbers 1, 2, …, 1 + length.",
    ],
)
CASES: tuple[tuple[int, list[tuple[int, int]]], ...] = (
    (6, [(4, 2), (2, 1)]),
    (5, [(1, 3)]),
    (13, [(2, 3), (7, 2), (11, 1)]),
    (13, [(11, 2), (0, 5), (6, 3)]),
    (7, []),
)


@ex.check(
    "spans in the order of the text, or one",
    hint="Write the row of tokens down first, masks and [S] included, then number it.",
)
def _(s, t):
    for n, spans in (CASES[1], CASES[2]):
        compare(s, t, n, spans)


@ex.check(
    "spans in another order",
    hint="The order of the list is that of generation; where a mask stands depends on the text alone.",
)
def _(s, t):
    for n, spans in (CASES[0], CASES[3]):
        compare(s, t, n, spans)


@ex.check("no span at all", hint="Then the input is the text: places 0 to n - 1, and zeros.", weight=0.5)
def _(s, t):
    compare(s, t, *CASES[4])


def compare(s, t, n, spans):
    """One case against all the mistakes that have a name."""
    text, span = o.span_places(n, spans)
    counts_on = list(range(1, 1 + sum(length + 1 for _, length in spans)))
    masks = n - sum(length - 1 for _, length in spans)
    t.eq(s.span_places(n, spans), (text, span), f"for n={n}, spans={spans}: result", mistakes={
        "A mask's place is counted in the text WITH its masks: each span before it has shrunk to one token.":
            o.span_places(n, spans, collapse="never"),
        "Which spans stand before it? Those with a smaller start, and not those that come earlier in the list.":
            o.span_places(n, spans, collapse="in the list"),
        "The masks themselves take a place each: a span of n tokens shrinks to 1, so later ones move by n - 1 and not by n.":
            o.span_places(n, spans, collapse="without masks"),
        "[S] has number 1 in the span; 0 says 'not in a span'.": o.span_places(n, spans, first=0),
        "The start token [S] is missing: a span of n tokens has n + 1 entries.": o.span_places(n, spans, start_token=0),
        "The place in the text grows inside a span, and so tells its length: all of it stands at the place of the mask.":
            o.span_places(n, spans, grow=1),
        "The number in the span runs on from span to span: each begins with 1 again.": (text, [0] * masks + counts_on),
        "The spans were sorted: they stand behind the text in the order of the list.": o.span_places(n, sorted(spans)),
        "The text still has all of its tokens: each span is replaced by one [MASK].":
            (list(range(n)) + text[masks:], [0] * n + span[masks:]),
        "The two lists are exchanged: first the place in the text, then the place in the span.": (span, text),
    })  # fmt: skip
