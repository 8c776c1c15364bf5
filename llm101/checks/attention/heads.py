"""The checks of lesson 07: many heads, and the cache."""

import math

import torch

from llm101.check import exercise
from llm101.checks.attention import oracles as o
from llm101.checks.attention.lookup import ATTENTIONS, HIDE, TIGHT

# ------------------------------------------------------------------------------------------------- multi_head
ex = exercise(
    "07.multi_head",
    title="Many heads, few keys",
    points=3,
    names=("multi_head",),
    mask=HIDE,
    forbid=ATTENTIONS,
    hints=[
        "(x @ w_q).unflatten(-1, (n_heads, -1)).transpose(1, 2) is (b, h, t, k); the keys have n_kv_heads in its place.",
        "repeat_interleave(n_heads // n_kv_heads, dim=1) gives heads 0, 0, 0, 1, 1, 1; `repeat` gives 0, 1, 0, 1, 0, 1.",
        "Back: .transpose(1, 2).flatten(2), in this order, then @ w_o.",
    ],
)


def layer(seed, b, t, d, h, g, k):
    """x and the four matrices."""
    shapes = [(b, t, d), (d, h * k), (d, g * k), (d, g * k), (h * k, d)]
    x, *parts = [o.normal(7 * seed + i, *shape) for i, shape in enumerate(shapes)]
    return x, tuple(parts)


@ex.check(
    "as many key heads as query heads",
    hint="Cut the last axis into (heads, width), then swap heads and tokens. If the error arises inside your attend, "
    "mend that first: its check 'axes in front'.",
)
def _(s, t):
    for seed, (b, n, d, h, k) in enumerate([(2, 5, 7, 3, 2), (1, 3, 5, 2, 11), (2, 4, 8, 4, 2)]):
        x, parts = layer(seed, b, n, d, h, h, k)
        want = o.multi_head(x, parts, h, h)
        w_q, w_k, w_v, w_o = parts
        q, key, v = ((x @ w).reshape(b, h, n, k) for w in (w_q, w_k, w_v))
        seen = o.before(n)
        cut = [[o.attend(q[i, j], key[i, j], v[i, j], seen) for j in range(h)] for i in range(b)]
        uncut = torch.stack([torch.cat(row, dim=0).reshape(n, h * k) for row in cut]) @ w_o
        right_heads = [
            [o.attend((row @ w_q)[:, j * k : (j + 1) * k], (row @ w_k)[:, j * k : (j + 1) * k], (row @ w_v)[:, j * k : (j + 1) * k], seen)
             for j in range(h)] for row in x
        ]  # fmt: skip
        joined_wrong = torch.stack([torch.cat(row, dim=0).reshape(n, h * k) for row in right_heads]) @ w_o
        joined_late = torch.stack([torch.cat(row, dim=1) for row in cut]) @ w_o
        t.close(s.multi_head(x, *parts, h, h), want, "the result", **TIGHT, mistakes={
            "A bare reshape to (b, h, t, k) mixes tokens: cut the last axis first, unflatten(-1, (h, -1)), then transpose(1, 2).": uncut,
            "The heads were cut with a bare reshape, which mixes tokens: unflatten(-1, (h, -1)), then transpose(1, 2).": joined_late,
            "The heads were joined without swapping back: transpose(1, 2) first, then flatten(2).": joined_wrong,
            "There is no causal mask: each token sees itself and what came before.": o.multi_head(x, parts, h, h, causal=False),
            "w_o is missing.": o.multi_head(x, parts, h, h, output=False),
            "The root is that of the width of ONE head, k, not of all together.": o.multi_head(x, parts, h, h, scale=1 / math.sqrt(h * k)),
            "The root is that of the width of a head, k, not of x.": o.multi_head(x, parts, h, h, scale=1 / math.sqrt(d)),
        })  # fmt: skip


@ex.check("fewer key heads", hint="Query head i uses key head i // (h / g): each key head is repeated next to itself.")
def _(s, t):
    for seed, (h, g) in enumerate([(6, 2), (6, 3), (5, 1)]):
        x, parts = layer(20 + seed, 2, 5, 7, h, g, 3)
        want = o.multi_head(x, parts, h, g)
        t.close(s.multi_head(x, *parts, h, g), want, f"the result for {h} query heads and {g} key heads", **TIGHT, mistakes={
            "The key heads are dealt out in turn, 0, 1, 0, 1 …; heads of a GROUP are neighbours: 0, 0, 0, 1, 1, 1 (repeat_interleave).":
                o.multi_head(x, parts, h, g, key_heads=[i % g for i in range(h)]),
            "All query heads use key head 0.": o.multi_head(x, parts, h, g, key_heads=[0] * h),
        })  # fmt: skip


@ex.check("later tokens change nothing", hint="Change the last token: only the last result may move.")
def _(s, t):
    x, parts = layer(40, 1, 7, 5, 4, 2, 3)
    other = x.clone()
    other[:, -1] += 1
    one, two = s.multi_head(x, *parts, 4, 2), s.multi_head(other, *parts, 4, 2)
    t.close(two[:, :-1], one[:, :-1], "the results of the first six tokens, after the seventh was changed", **TIGHT)


# ----------------------------------------------------------------------------------------------------- extend
ex = exercise(
    "07.extend",
    title="The KV cache",
    points=3,
    names=("extend",),
    mask=HIDE,
    forbid=ATTENTIONS,
    hints=[
        "Keys and values of the new tokens go BEHIND those of the cache: torch.cat([old, new]).",
        "n new queries, s keys in all: query i stands at place s - n + i and may see the keys up to there.",
        "torch.ones(n, s, dtype=torch.bool).tril(diagonal=s - n) is that mask; return (results, (keys, values)).",
    ],
)

CHUNKS = """
results, cache = [], None
for piece in pieces:
    out, cache = extend(piece, cache, w_q, w_k, w_v)
    results.append(out)
result = [torch.cat(results), cache[0], cache[1]]
"""


def tokens(seed, n, d=5, k=3):
    """x and three matrices."""
    return o.normal(seed, n, d), [o.normal(seed + 1 + i, d, k) for i in range(3)]


def in_pieces(s, x, w, sizes):
    """The results and the last cache, when x comes in pieces."""
    named = dict(zip(("w_q", "w_k", "w_v"), w, strict=True))
    return s.run("import torch\n" + CHUNKS, pieces=list(x.split(sizes)), **named)


@ex.check("all at once", hint="With cache None this is causal attention of one head.")
def _(s, t):
    for seed, n in ((1, 7), (2, 1), (3, 3)):
        x, (w_q, w_k, w_v) = tokens(seed, n)
        q, k, v = x @ w_q, x @ w_k, x @ w_v
        out, cache = s.extend(x, None, w_q, w_k, w_v)
        t.close(out, o.attend(q, k, v, o.before(n)), "the results", **TIGHT, mistakes={
            "There is no causal mask: a new token may not see the new ones behind it.": o.attend(q, k, v),
        })  # fmt: skip
        t.close(list(cache), [k, v], "the cache (keys, values)", **TIGHT, mistakes={
            "The two are exchanged: first the keys, then the values.": [v, k],
            "The cache holds the tokens' vectors x; it is there to save the projections: keep keys and values.": [x, x],
        })  # fmt: skip


@ex.check("token by token", hint="One new query sees everything in the cache and itself.")
def _(s, t):
    x, (w_q, w_k, w_v) = tokens(5, 7)
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    got, keys, values = in_pieces(s, x, (w_q, w_k, w_v), [1] * 7)
    first_only = v[:1].expand(7, 3)  # the only key that it may see is the first
    t.close(keys, k, "the keys in the cache after 7 tokens", **TIGHT, mistakes={
        "Only the newest key is kept: append it to the old ones.": k[-1:],
        "New keys stand in front of the old ones: torch.cat([old, new]).": k.flip(0),
    })  # fmt: skip
    t.close(values, v, "the values in the cache after 7 tokens", **TIGHT)
    t.close(got, o.attend(q, k, v, o.before(7)), "the results", **TIGHT, mistakes={
        "The mask starts at the first key: with a cache the new query stands at the LAST key, tril(diagonal=s - n).": first_only,
    })  # fmt: skip


@ex.check(
    "in pieces of several tokens", hint="Two new tokens after five: they see 6 and 7 keys. Which diagonal is that?"
)
def _(s, t):
    x, (w_q, w_k, w_v) = tokens(9, 11)
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    for sizes in ([5, 6], [3, 1, 7], [10, 1], [2, 2, 2, 5]):
        got, keys, values = in_pieces(s, x, (w_q, w_k, w_v), sizes)
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        spans = list(zip(starts, sizes, strict=True))

        def joined(masks, spans=spans):
            return torch.cat(
                [o.attend(q[a : a + n], k[: a + n], v[: a + n], m) for (a, n), m in zip(spans, masks, strict=True)]
            )

        ones = [torch.ones(n, a + n, dtype=torch.bool) for a, n in spans]
        t.close([keys, values], [k, v], f"the cache after pieces of {sizes}", **TIGHT)
        t.close(got, o.attend(q, k, v, o.before(11)), f"the results for pieces of {sizes}", **TIGHT, mistakes={
            "New tokens see the new ones behind them: within a piece the mask is causal, too.": joined([o.before(sizes[0])] + [None] * (len(sizes) - 1)),
            "The mask starts at the first key: the new queries stand at the LAST keys, tril(diagonal=s - n).":
                joined([one.tril() for one in ones]),
            "One key too many: query i of n stands at place s - n + i.":
                joined([one.tril(a + 1) for one, (a, _) in zip(ones, spans, strict=True)]),
        })  # fmt: skip


@ex.check(
    "two continuations of one cache", hint="torch.cat makes new tensors; list.append and resize change the old cache."
)
def _(s, t):
    x, (w_q, w_k, w_v) = tokens(13, 7)
    named = {"w_q": w_q, "w_k": w_k, "w_v": w_v}
    code = "_, old = extend(x[:4], None, w_q, w_k, w_v)\nextend(x[4:6], old, w_q, w_k, w_v)\nresult = [old[0], old[1]]"
    t.close(s.run(code, x=x, **named), [x[:4] @ w_k, x[:4] @ w_v], "the old cache after it was continued", **TIGHT, mistakes={
        "The old cache has grown: return a new one and leave the old as it is.": [x[:6] @ w_k, x[:6] @ w_v],
    })  # fmt: skip
