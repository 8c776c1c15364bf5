"""The checks of lesson 08: RoPE, and how it is stretched. What each wrong answer is called stands beside its value."""

import math

import torch

from llm101.check import exercise
from llm101.checks.positions import oracles as o
from llm101.checks.positions.absolute import HIDE, IN_FLOAT32, TIGHT

ATTENTIONS = ("torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention")

# ------------------------------------------------------------------------------------------------------- rope
ex = exercise(
    "08.rope",
    title="Turn queries and keys",
    points=4,
    names=("rotate", "rope_attention"),
    mask=HIDE,
    forbid=ATTENTIONS,
    hints=[
        "Neighbours: a = x[:, 0::2], b = x[:, 1::2]. Halves: a, b = x.chunk(2, dim=1). Either way (t, k/2), and pair i is column i of both.",
        "Put the pairs back as you took them: torch.stack([a2, b2], -1).flatten(1) for neighbours, torch.cat([a2, b2], 1) for halves.",
        "In rope_attention the queries stand at the places s - t … s - 1; only q and k are turned, v stays; then mask, root, softmax, @ v.",
    ],
)


def layout_mistakes(x, places, interleaved):
    """What goes wrong in either layout."""
    return {
        "That is the other layout: interleaved=True means neighbours (0 1), (2 3), …; False means halves (0 k/2), (1 k/2 + 1), …":
            o.rotate(x, places, not interleaved),
        "The turned pairs were not put back where they stood: neighbours go back by stack and flatten, halves by cat.":
            o.rotate(x, places, interleaved, to=not interleaved),
        "Angles of one layout, partners of the other: for neighbours the angles are repeated 0 0 1 1 2 2, not 0 1 2 0 1 2.":
            o.rotate_mixed(x, places),
        "You turned backwards: the new first channel is a cos φ - b sin φ, the new second one a sin φ + b cos φ.":
            o.rotate(x, places, interleaved, sign=-1),
        "The exponent is 2i/k with i the number of the PAIR; yours is i/k.":
            o.rotate(x, places, interleaved, speed_of=lambda i, k: o.speed(i / 2, k)),
        "The exponent was doubled twice: arange(0, k, 2) already counts 2i.":
            o.rotate(x, places, interleaved, speed_of=lambda i, k: o.speed(2 * i, k)),
        "Pairs count from 0, so the first turns by one radian a place.": o.rotate(x, places, interleaved, speed_of=lambda i, k: o.speed(i + 1, k)),
        "All pairs turn by the same angle: pair i has the speed 10000^(-2i/k).": o.rotate(x, places, interleaved, speed_of=lambda i, k: 1.0),
        "The places given were not used, only their number.": o.rotate(x, range(len(x)), interleaved),
        "The angles add to the vector instead of turning it: multiply by cosine and sine.":
            x + (o.sinusoids(places, x.shape[1]) if interleaved else o.sinusoids_apart(places, x.shape[1])),
    }  # fmt: skip


def rotations(s, t, interleaved):
    """Three sizes of one layout."""
    for seed, (places, width) in enumerate([([0, 1, 2, 3, 4], 6), ([11, 3, 101], 10), ([7, 70, 2], 4)]):
        x = o.normal(seed, len(places), width)
        got = s.rotate(x, torch.tensor(places), interleaved)
        shown = f"the result for interleaved={interleaved}, k = {width}"
        t.close(got, o.rotate(x, places, interleaved), shown, **TIGHT, mistakes=layout_mistakes(x, places, interleaved))


@ex.check(
    "neighbours",
    hint="One row, two channels, place 1: (1, 0) becomes (cos 1, sin 1). Then mind which channels are a pair.",
)
def _(s, t):
    rotations(s, t, True)


@ex.check(
    "halves",
    hint="Channel 0 and channel k/2 are pair 0. torch.cat puts halves back, torch.stack and flatten neighbours.",
)
def _(s, t):
    rotations(s, t, False)


@ex.check("products depend on distances, far away too", hint=IN_FLOAT32)
def _(s, t):
    q, k = o.normal(31, 1, 6), o.normal(32, 1, 6)
    for interleaved in (True, False):
        scores = []
        for shift in (0, 13, 5003, 100_003):
            turned = (s.rotate(x, torch.tensor([at + shift]), interleaved) for x, at in ((q, 7), (k, 4)))
            one, two = turned
            scores.append((one * two).sum().item())
        right = (o.rotate(q, [7], interleaved) * o.rotate(k, [4], interleaved)).sum().item()
        t.close(scores[0], right, "the product of a query at place 7 and a key at place 4", **TIGHT)
        far = max(abs(x - scores[0]) for x in scores)
        t.true(
            far < 1e-8,
            f"The product of places 7 and 4 must be that of 100,010 and 100,007; they are {far:.2g} apart. {IN_FLOAT32}",
        )


def attention_mistakes(q, k, v):
    """Names and values."""
    wide = 1 / math.sqrt(len(k))
    return {
        "v was turned too: the values are not compared with anything, only q and k are turned.": o.rope_attention(q, k, v, turn="qkv"),
        "The queries count from 0: they are the LAST t tokens, at the places s - t to s - 1.": o.rope_attention(q, k, v, from_zero=True),
        "The mask lets query i see the keys 0 … i: it stands at place s - t + i and sees all up to there.":
            o.rope_attention(q, k, v, first_seen=0),
        "The queries count from 0, for the angles and for the mask: they stand at the places s - t to s - 1.":
            o.rope_attention(q, k, v, from_zero=True, first_seen=0),
        "There is no causal mask: with t > 1 the earlier queries see later keys.": o.rope_attention(q, k, v, causal=False),
        "The keys were not turned.": o.rope_attention(q, k, v, turn="q"),
        "The queries were not turned.": o.rope_attention(q, k, v, turn="k"),
        "Nothing was turned.": o.rope_attention(q, k, v, turn=""),
        "That is the layout of neighbours; here halves are asked for, interleaved=False.": o.rope_attention(q, k, v, interleaved=True),
        "The root of k, the number of channels, is missing.": o.rope_attention(q, k, v, scale=1.0),
        "The root is that of the number of channels, not of tokens.": o.rope_attention(q, k, v, scale=wide),
    }  # fmt: skip


@ex.check(
    "attention, all tokens at once",
    hint="Turn q and k with their places, leave v; scores over the root of k; mask; softmax; @ v.",
    weight=1.5,
)
def _(s, t):
    for seed, (n, width) in enumerate([(5, 4), (7, 6), (3, 10)]):
        q, k, v = (3 * o.normal(10 * seed + i, n, width) for i in range(3))
        t.close(
            s.rope_attention(q, k, v),
            o.rope_attention(q, k, v),
            "the result",
            **TIGHT,
            mistakes=attention_mistakes(q, k, v),
        )


@ex.check(
    "attention, the last tokens with a cache",
    hint="With s keys and t queries the first query stands at place s - t: for its angle AND for the mask.",
    weight=1.5,
)
def _(s, t):
    for seed, (n, keys, width) in enumerate([(3, 11, 6), (1, 7, 4), (2, 5, 10)]):
        q, k, v = (3 * o.normal(50 + 10 * seed + i, n if i == 0 else keys, width) for i in range(3))
        want = o.rope_attention(q, k, v)
        shown = f"the result of {n} queries and {keys} keys"
        t.close(s.rope_attention(q, k, v), want, shown, **TIGHT, mistakes=attention_mistakes(q, k, v))


# ---------------------------------------------------------------------------------------------------- stretch
ex = exercise(
    "08.stretch",
    title="Longer than trained",
    points=2,
    names=("stretched_angles",),
    mask=HIDE,
    hints=[
        "Linear: the same angles for places / factor.",
        "NTK: the last pair's speed is base^(-(r - 2) / r). It must become that divided by factor.",
        "(base · factor^x)^(-(r - 2) / r) = base^(-(r - 2) / r) / factor gives x · (r - 2) / r = 1.",
    ],
)


def stretches(places, r, factor, how):
    """The right angles, and what usually goes wrong."""
    base = 10000.0
    power = lambda x: o.angles(places, r, base=base * factor**x)  # noqa: E731
    plain = o.angles(places, r)
    if how == "none":
        return plain, {
            "The exponent is i/r and must be 2i/r, i the number of the pair.": double_speed(places, r, 0.5),
            "The exponent was doubled twice: arange(0, r, 2) already counts 2i.": double_speed(places, r, 2),
            "`factor` was used, but nothing is stretched here.": o.angles(places, r, divide=factor),
        }  # fmt: skip
    if how == "linear":
        return o.angles(places, r, divide=factor), {
            "You multiplied: the places come closer together, so DIVIDE by factor.": o.angles(places, r, divide=1 / factor),
            "Nothing was stretched.": plain,
            "The base was multiplied: that slows the pairs by different amounts; here all are slowed by factor.": power(1),
        }  # fmt: skip
    return power(r / (r - 2)), {
        "The exponent is upside down: r/(r - 2), a little more than 1.": power((r - 2) / r),
        "The base was multiplied by factor alone: then the last pair is slowed by a little less than factor.": power(1),
        "The base was made smaller: slower pairs need a larger one.": power(-r / (r - 2)),
        "The exponent is off by one: the last pair is i = r/2 - 1, so 2i/r = (r - 2)/r, and x is r/(r - 2).": power(r / (r - 1)),
        "r is the number of CHANNELS; you used the number of pairs in the exponent.": power((r / 2) / (r / 2 - 2) if r > 4 else 1),
        "The base was changed AND the places divided: NTK changes the base alone.": o.angles(places, r, base=base * factor ** (r / (r - 2)), divide=factor),
        "All pairs were slowed by factor: that is linear scaling; NTK leaves the fastest pair as it is.": o.angles(places, r, divide=factor),
        "Nothing was stretched.": plain,
    }  # fmt: skip


def double_speed(places, r, times):
    """A mistake: the exponent is `times` what it should be."""
    return o.double([[p * o.speed(times * i, r) for i in range(r // 2)] for p in places])


def compare(s, t, how):
    """Three sizes of one method."""
    for places, r, factor in (([0, 1, 7, 13], 6, 4.0), ([3, 1009], 10, 2.5), ([5, 2, 11], 22, 8.0)):
        want, found = stretches(places, r, factor, how)
        got = s.stretched_angles(torch.tensor(places), r, factor, how)
        t.close(got, want, f"the result for {how!r}, r = {r}, factor {factor:g}", **TIGHT, mistakes=found)


@ex.check(
    "as trained", hint="places[:, None] times 10000^(-2i/r) for i = 0 … r/2 - 1, in float64 from the start.", weight=0.5
)
def _(s, t):
    compare(s, t, "none")


@ex.check("linear", hint="Place factor · p must turn as place p did.")
def _(s, t):
    compare(s, t, "linear")


@ex.check("NTK", hint="Test with r = 4, factor 4: the first column as trained, the second four times slower.")
def _(s, t):
    compare(s, t, "ntk")
    one, factor = torch.tensor([1]), 7.0
    for r in (4, 14):
        ratio = s.stretched_angles(one, r, 1.0, "none") / s.stretched_angles(one, r, factor, "ntk")
        ends = [ratio[0, 0].item(), ratio[0, -1].item()]
        t.close(
            ends, [1.0, factor], f"(r = {r}) how many times slower the first and last pair turn", rtol=1e-9, atol=1e-9
        )


@ex.check("another method", hint="raise ValueError(f'… {how!r}') for what is none of the three.", weight=0.5)
def _(s, t):
    t.raises("ValueError", s.stretched_angles, torch.tensor([3]), 4, 2.0, "yarn", match="yarn")
