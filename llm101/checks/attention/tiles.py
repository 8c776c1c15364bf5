"""The checks of lesson 07: attention in tiles, and an induction head made by hand."""

import torch

from llm101.check import exercise
from llm101.checks.attention import oracles as o
from llm101.checks.attention.lookup import ATTENTIONS, HIDE, TIGHT

# -------------------------------------------------------------------------------------------- tiled_attention
ex = exercise(
    "07.tiled_attention",
    title="Attention in tiles",
    points=4,
    names=("tiled_attention",),
    mask=HIDE,
    forbid=ATTENTIONS,
    hints=[
        "For each query keep three things: the largest score so far, the total of exponentials, the mix. Go through range(0, len(k), tile).",
        "A tile brings scores (t, tile). larger = maximum(largest, scores.amax(-1, keepdim=True)); shrink = exp(largest - larger).",
        "total = total * shrink + weights.sum(-1, keepdim=True); mixed = mixed * shrink + weights @ v_tile; at the end mixed / total.",
    ],
)

WATCH = """
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

class Watch(TorchDispatchMode):
    largest = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        sizes = [x.numel() for x in tree_leaves(out) if isinstance(x, torch.Tensor)]
        self.largest = max([self.largest, *sizes])
        return out

with Watch() as seen:
    tiled_attention(q, k, v, tile)
result = seen.largest
"""


@ex.check(
    "the same numbers",
    hint="Print largest, total and mixed after each tile for one query, and compare with the table of step 11.",
)
def _(s, t):
    for seed, (tq, tk, k, n, tile) in enumerate([(3, 12, 5, 2, 4), (5, 6, 2, 7, 1), (2, 6, 3, 3, 6)]):
        q, key, v = o.normal(seed, tq, k), o.normal(seed + 20, tk, k, size=3.0), o.normal(seed + 40, tk, n)
        parts = [(key[a : a + tile], v[a : a + tile]) for a in range(0, tk, tile)]
        each = torch.stack([o.attend(q, *part) for part in parts])
        many = len(parts) > 1
        t.close(s.tiled_attention(q, key, v, tile), o.attend(q, key, v), f"the result with tiles of {tile}", **TIGHT, mistakes={
            "Each tile has a softmax of its own, and the tiles were averaged: tiles with larger scores must count more.": each.mean(0) if many else None,
            "Each tile has a softmax of its own, and the tiles were added up.": each.sum(0) if many else None,
            "The mix so far was not scaled down when a larger score came.": o.tiles_forgetting(q, key, v, tile, total_too=True, mixed_too=False),
            "The sum so far was not scaled down when a larger score came.": o.tiles_forgetting(q, key, v, tile, total_too=False, mixed_too=True),
            "Nothing was scaled down when a larger score came: multiply sum and mix by exp(old largest - new largest).":
                o.tiles_forgetting(q, key, v, tile, total_too=False, mixed_too=False),
            "Each tile subtracted its OWN maximum: all tiles need the same one, the largest so far, and what was summed before is scaled to it.":
                o.tiles_forgetting(q, key, v, tile, total_too=False, mixed_too=False, own=True),
            "That is the last tile alone.": each[-1] if many else None,
            "The scores were not divided by √k.": o.attend(q, key, v, scale=1.0),
        })  # fmt: skip


@ex.check(
    "a last tile that is smaller", hint="range(0, len(k), tile) with k[start : start + tile] takes the rest as well."
)
def _(s, t):
    for seed, (tk, tile) in enumerate([(7, 3), (11, 5), (2, 3), (5, 11)]):
        q, k, v = o.normal(seed, 3, 5), o.normal(seed + 20, tk, 5), o.normal(seed + 40, tk, 2)
        full = tk - tk % tile
        without_rest = o.attend(q, k[:full], v[:full]) if full else torch.full((3, 2), torch.nan).double()
        t.close(s.tiled_attention(q, k, v, tile), o.attend(q, k, v), f"the result for {tk} keys in tiles of {tile}", **TIGHT, mistakes={
            "The keys of the last, smaller tile were left out.": without_rest,
        })  # fmt: skip


@ex.check("large scores, in any order", hint="Subtract the largest score so far before exp; exp of 10,000 is infinite.")
def _(s, t):
    v = o.normal(3, 6, 2)
    q = torch.ones(1, 1, dtype=torch.float64)
    for order in ([1e4, 0.0, -1e4, 5.0, 9999.0, 3.0], [-1e4, 0.0, 3.0, 5.0, 9999.0, 1e4], [-1e4] * 6):
        k = torch.tensor(order, dtype=torch.float64)[:, None]
        got = s.tiled_attention(q, k, v, 2)
        t.true(
            not (torch.is_tensor(got) and not got.isfinite().all()),
            "There is nan or inf in the result: subtract the largest score so far, so that exp never sees a positive number.",
        )
        t.close(got, o.attend(q, k, v), f"the result for scores {order}", **TIGHT)


@ex.check(
    "no table of all scores",
    hint="Only k[start : start + tile] may be multiplied with q; torch.softmax over all keys needs them all.",
)
def _(s, t):
    q, k, v = o.normal(1, 64, 2), o.normal(2, 96, 2), o.normal(3, 96, 3)
    largest = s.run(WATCH, q=q, k=k, v=v, tile=8)
    t.true(
        isinstance(largest, int) and largest <= 64 * 8 * 3,
        f"Your function made a tensor of {largest} numbers. For 64 queries, 96 keys and tiles of 8, none needs more than 64 · 8 = 512 "
        "(64 · 96 = 6144 would be the whole table): work on one tile of keys at a time and keep only running results.",
    )


# -------------------------------------------------------------------------------------------------- induction
ex = exercise(
    "07.induction",
    title="An induction head, by hand",
    points=4,
    names=("induction",),
    mask=HIDE,
    forbid=ATTENTIONS,
    hints=[
        "before[s] is the one-hot row of the token in front of place s; row 0 is zeros, for its mask has no True.",
        "onehot @ before.T is 1 where the query's token equals the token in front of the key, else 0. Masked causally, that is layer 1's mask.",
        "attend(onehot, before, onehot, match): all matching scores are equal, so the weights are, too. Rows without a match become 1 / n_tokens.",
    ],
)

SONGS = [([2, 0, 2], 3), ([4, 1, 4, 3, 4, 1, 0, 4], 5), ([3, 3, 3, 1, 3], 7), ([0], 2), ([5, 2, 0, 5, 2, 0, 5], 11), ([1, 1, 0, 1], 2)]  # fmt: skip


@ex.check(
    "what followed last time",
    hint="For each place, find earlier places with the same token; which tokens stand right behind them?",
)
def _(s, t):
    for ids, n in SONGS:
        found = o.behind(ids)
        wrap = [([0] if ids[-1] == ids[i] else []) + found[i] for i in range(len(ids))]
        everywhere = [[p + 1 for p in range(len(ids) - 1) if ids[p] == ids[i]] for i in range(len(ids))]
        same = [[p for p in range(i + 1) if ids[p] == ids[i]] for i in range(len(ids))]
        so_far = torch.stack(
            [torch.nn.functional.one_hot(torch.tensor(ids[: i + 1]), n).double().mean(0) for i in range(len(ids))]
        )
        want = o.follow(ids, n, found)
        blank = torch.tensor([not places for places in found])[:, None]
        t.close(s.induction(torch.tensor(ids), n), want, f"the probabilities for {ids}", **TIGHT, mistakes={
            "Tokens that are new got zeros: they get 1 / n_tokens for every token.": o.follow(ids, n, found, unknown=0.0),
            "Tokens that are new got the mean of what stands before them (a softmax over equal scores): they get 1 / n_tokens each.":
                torch.where(blank, so_far, want),
            "The token itself was copied: the KEY is the token in front (`before`), so that the value is the one that followed.":
                o.follow(ids, n, same),
            "Only the last occurrence was used: all earlier ones share the probability.":
                o.follow(ids, n, [places[-1:] for places in found]),
            "Only the first occurrence was used: all earlier ones share the probability.":
                o.follow(ids, n, [places[:1] for places in found]),
            "Place 0 has nobody in front of it; in yours the last token stands there (roll wraps around).": o.follow(ids, n, wrap),
            "The future was seen: keys behind the query must be masked.": o.follow(ids, n, everywhere),
            "A token that follows itself was left out: in 3 3 the second 3 followed the first, so its own place is a match, too.":
                o.follow(ids, n, [[p for p in places if p != i] for i, places in enumerate(found)]),
        })  # fmt: skip


@ex.check(
    "songs of the lesson", hint="8 to 16 different tokens, repeated: from the second round on the answer is certain."
)
def _(s, t):
    for seed in range(3):
        order = torch.randperm(32, generator=torch.Generator().manual_seed(seed))[: 9 + seed].tolist()
        ids = (order * 4)[:32]
        got = s.induction(torch.tensor(ids), 32)
        t.close(got, o.follow(ids, 32, o.behind(ids)), "the probabilities", **TIGHT)
        right = sum(got[i].argmax() == ids[i + 1] for i in range(len(order), 31))
        t.eq(int(right), 31 - len(order), "next tokens foretold in the repeated part")
