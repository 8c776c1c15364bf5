"""The checks of lesson 07, from masks to gradients. What each wrong answer is called stands beside the value it gives."""

import math

import torch

from llm101.check import exercise
from llm101.checks.attention import oracles as o

HIDE = ("llm101.nn", "llm101.models", "llm101.viz")
ATTENTIONS = ("torch.nn.functional.scaled_dot_product_attention", "torch.nn.MultiheadAttention")
AUTOGRAD = ("autograd", "backward", "requires_grad", "requires_grad_")  # looked for in the source; torch needs its own
TIGHT = {"rtol": 1e-9, "atol": 1e-10}

# -------------------------------------------------------------------------------------------------- make_mask
ex = exercise(
    "07.make_mask",
    title="A mask for a prefix model with padding and a window",
    points=2,
    names=("make_mask",),
    mask=HIDE,
    hints=[
        "place = torch.arange(t); place[:, None] - place says how far each key lies behind each query.",
        "near = (back >= 0) & (back < width). A prefix key is one with place < n_prefix, for every query: that is a row, not a square.",
        "(near | prefix) & keep[:, None, :]: keep belongs to the keys, the last axis.",
    ],
)


@ex.check(
    "no padding, no prefix: a causal window",
    hint="back = 0 is the token itself; back = width - 1 is the last one allowed.",
)
def _(s, t):
    for size, width in ((5, 2), (7, 1), (7, 3), (3, 11)):
        keep = torch.ones(2, size, dtype=torch.bool)
        query, key = o.places(size)
        back = query - key
        want = o.mask(keep, (back >= 0) & (back < width))
        t.eq(s.make_mask(keep, 0, width), want, f"the mask with width {width}", mistakes={
            "One place too many: with width 1 a token sees itself only.": o.mask(keep, (back >= 0) & (back <= width)),
            "The window reaches into the future as well: the key must not lie behind the query (back >= 0).":
                o.mask(keep, back.abs() < width),
            "Everything that comes later is allowed: back must also be >= 0.": o.mask(keep, back < width),
            "Queries and keys are exchanged: the query is the second axis, the key the third.": want.transpose(1, 2),
            "True means MAY look; yours is turned round.": ~want,
            "The window was not used: that is the causal mask.": o.mask(keep, back >= 0),
        })  # fmt: skip


@ex.check(
    "the prefix is open to all", hint="Every query may look at the first n_prefix keys, also queries behind the prefix."
)
def _(s, t):
    keep = torch.ones(3, 7, dtype=torch.bool)
    query, key = o.places(7)
    for p, width in ((3, 2), (7, 1), (1, 3)):
        near = (query >= key) & (query - key < width)
        want = o.mask(keep, (key < p) | near)
        t.eq(s.make_mask(keep, p, width), want, f"the mask with n_prefix={p}, width={width}", mistakes={
            "The prefix is open only to queries inside it: later queries see it, too.": o.mask(keep, ((query < p) & (key < p)) | near),
            "One place too many: the prefix is the places 0 to n_prefix - 1.": o.mask(keep, (key <= p) | near),
            "Queries in the prefix were given everything; it is the KEYS in the prefix that everyone may see.":
                o.mask(keep, (query < p) | near),
            "Only what lies in the prefix AND in the window is allowed: one of the two is enough (|).": o.mask(keep, (key < p) & near),
        })  # fmt: skip


@ex.check(
    "padding is seen by nobody",
    hint="keep[:, None, :] belongs to the keys; it also holds inside the prefix and the window.",
)
def _(s, t):
    keep = torch.tensor([[True] * 7, [False, False] + [True] * 5, [True] * 4 + [False] * 3])
    query, key = o.places(7)
    near = (query >= key) & (query - key < 3)
    rule, everything = (key < 2) | near, torch.ones_like(keep)
    t.eq(s.make_mask(keep, 2, 3), o.mask(keep, rule), "the mask", mistakes={
        "Padding was not looked at: a key that is not real may never be seen.": o.mask(everything, rule),
        "`keep` was used for the queries; it says which KEYS may be seen: keep[:, None, :].": o.mask(everything, rule) & keep[:, :, None],
        "In the prefix padding may still be seen: `&` binds tighter than `|`, so use brackets.":
            o.mask(everything, key.expand(7, 7) < 2) | o.mask(keep, near),
        "Rows of padding were emptied as well: nothing special is done for queries that are padding.":
            o.mask(keep, rule) & keep[:, :, None],
    })  # fmt: skip


# ----------------------------------------------------------------------------------------------------- attend
ex = exercise(
    "07.attend",
    title="Scaled dot-product attention",
    points=3,
    names=("attend",),
    mask=HIDE,
    forbid=ATTENTIONS,
    hints=[
        "scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]); the softmax runs over the keys, the last axis.",
        "scores.masked_fill(~mask, lowest) before the softmax, where lowest is torch.finfo(scores.dtype).min: unlike -inf it "
        "never gives nan.",
        "A row without any True then has equal weights; masked_fill(~mask, 0.0) after the softmax makes them zero, and changes "
        "nothing in other rows.",
    ],
)


@ex.check(
    "without a mask", hint="Dot products, divided by the root of the width, softmax over the keys, times the values."
)
def _(s, t):
    for seed, (tq, tk, k, n) in enumerate([(3, 5, 7, 2), (1, 2, 3, 5), (5, 5, 5, 5)]):
        q, key, v = o.normal(seed, tq, k), o.normal(seed + 20, tk, k), o.normal(seed + 40, tk, n)
        raw = q @ key.T / math.sqrt(k)
        t.close(s.attend(q, key, v), o.attend(q, key, v), "the result", **TIGHT, mistakes={
            "The scores were not divided by √k.": o.attend(q, key, v, scale=1.0),
            "You divided by k; it is its root.": o.attend(q, key, v, scale=1 / k),
            "You multiplied by √k instead of dividing.": o.attend(q, key, v, scale=math.sqrt(k)),
            "You divided by the root of the number of keys; it is the WIDTH of a query that counts.":
                o.attend(q, key, v, scale=1 / math.sqrt(tk)),
            "The softmax runs over the queries (dim=-2): each ROW of weights must sum to 1, dim=-1.": raw.softmax(-2) @ v,
            "There is no softmax: these are raw scores times values.": raw @ v,
        })  # fmt: skip


@ex.check("with a mask", hint="A forbidden score becomes very small BEFORE the softmax; True = may look.")
def _(s, t):
    q, k, v = o.normal(1, 5, 3), o.normal(2, 7, 3), o.normal(3, 7, 2)
    seen = o.before(5, 7)
    raw = q @ k.T / math.sqrt(3)
    t.close(s.attend(q, k, v, seen), o.attend(q, k, v, seen), "the result", **TIGHT, mistakes={
        "The mask was not used.": o.attend(q, k, v),
        "The mask is turned round: True = may look.": o.attend(q, k, v, ~seen),
        "You masked after the softmax: the weights of a row no longer sum to 1, and forbidden scores are in the denominator.":
            (raw.softmax(-1) * seen) @ v,
        "Forbidden scores became 0; e to the 0 is 1, so they still count. They must become very small.": (raw * seen).softmax(-1) @ v,
    })  # fmt: skip


@ex.check(
    "axes in front", hint="k.transpose(-2, -1) and q.shape[-1] work for any number of axes; k.T and shape[1] do not."
)
def _(s, t):
    q, k, v = o.normal(1, 2, 3, 5, 7), o.normal(2, 2, 3, 11, 7), o.normal(3, 2, 3, 11, 2)
    seen = o.normal(4, 2, 1, 1, 11) > -0.3
    want = torch.stack([
        torch.stack([o.attend(q[i, j], k[i, j], v[i, j], seen[i, 0].expand(5, 11)) for j in range(3)]) for i in range(2)
    ])  # fmt: skip
    t.close(s.attend(q, k, v, seen), want, "the result", **TIGHT)


@ex.check(
    "a query that may look at nothing",
    hint="softmax of nothing but -inf is nan. What should a query get that sees nothing?",
)
def _(s, t):
    q, k, v = o.normal(1, 3, 2), o.normal(2, 5, 2), o.normal(3, 5, 7)
    seen = torch.tensor([[True] * 5, [False] * 5, [False, True, False, False, True]])
    got, want = s.attend(q, k, v, seen), o.attend(q, k, v, seen)
    equal = want.clone()
    equal[1] = v.mean(0)
    t.true(
        not (torch.is_tensor(got) and got.isnan().any()),
        "There is nan in the result: in the row of a query that sees nothing every score is -inf, and its softmax is 0/0.",
    )
    t.close(got, want, **TIGHT, mistakes={
        "The query that sees nothing got the mean of all values, padding and future included; it must get zeros.": equal,
    })  # fmt: skip


@ex.check("scores of 10,000", hint="exp(10,000) is infinite: use torch's softmax, or subtract each row's maximum.")
def _(s, t):
    q, k, v = o.normal(1, 3, 5, size=200.0), o.normal(2, 7, 5, size=200.0), o.normal(3, 7, 2)
    t.close(s.attend(q, k, v), o.attend(q, k, v), "the result", **TIGHT)
    t.close(s.attend(q, k, v, o.before(3, 7)), o.attend(q, k, v, o.before(3, 7)), "the result with a mask", **TIGHT)


@ex.check("scores of -10,000 that are allowed", hint="Is a forbidden score below EVERY score that is allowed?")
def _(s, t):
    k, v = torch.tensor([[-1e4], [0.0], [-9999.0]]).double(), o.normal(5, 3, 2)
    q, seen = torch.ones(1, 1).double(), torch.tensor([[True, False, True]])
    below = "A forbidden score must lie below every allowed one, and here {:g} does not: take torch.finfo(scores.dtype).min."
    for_fill: dict[str, torch.Tensor] = {}
    for fill in (-1e2, -1e3, -1e4):
        raw = torch.where(seen, q @ k.T, fill).softmax(-1)
        for_fill |= {below.format(fill): (raw * seen) @ v, below.format(fill) + " And zero the weights.": raw @ v}
    t.close(s.attend(q, k, v, seen), o.attend(q, k, v, seen), "the result", **TIGHT, mistakes=for_fill)


@ex.check(
    "nothing that you were given is changed",
    hint="masked_fill makes a new tensor, masked_fill_ and mask[...] = ... do not.",
)
def _(s, t):
    given = {"q": o.normal(1, 3, 2), "k": o.normal(2, 5, 2), "v": o.normal(3, 5, 2), "m": o.before(3, 5)}
    after = s.run("attend(q, k, v, m); result = [q, k, v, m]", **given)
    t.eq(after, list(given.values()), "q, k, v and the mask after the call")


# ---------------------------------------------------------------------------------------- attention_gradients
ex = exercise(
    "07.attention_gradients",
    title="The gradient of attention, by hand",
    points=4,
    names=("attention_gradients",),
    mask=HIDE,
    forbid=(*ATTENTIONS, *AUTOGRAD),
    hints=[
        "out = W v, so the gradient by v is Wᵀ g, and the one by W is g vᵀ: rows are queries, columns keys.",
        "By the scores, row by row: weights * (by_weights - (weights * by_weights).sum(-1, keepdim=True)).",
        "scores = q kᵀ / √k: the gradient by q is by_scores @ k / √k, the one by k is by_scores.T @ q / √k.",
    ],
)


def three(t, got):
    """The three gradients, or a message."""
    t.true(isinstance(got, (tuple, list)) and len(got) == 3, "Return three tensors: the gradients by q, by k and by v.")
    return got


def examples():
    """q, k, v, g of unequal sizes, and one where everything is square."""
    for seed, (tq, tk, k, n) in enumerate([(3, 5, 2, 7), (4, 4, 4, 4), (2, 3, 5, 1)]):
        yield o.normal(seed, tq, k), o.normal(seed + 10, tk, k), o.normal(seed + 20, tk, n), o.normal(seed + 30, tq, n)


@ex.check("by the values", hint="Value j goes into every query's result with the weight w_ij: sum over the queries.")
def _(s, t):
    for q, k, v, g in examples():
        w = o.weights(q, k)
        _, _, got = three(t, s.attention_gradients(q, k, v, g))
        square = w.shape[0] == w.shape[1]
        t.close(got, o.gradients(q, k, v, g)[2], "the gradient by v", rtol=1e-6, atol=1e-8, mistakes={
            "The weights must be transposed: value j collects from all queries i, Wᵀ g.": w @ g if square else None,
            "The scores were not divided by √k before the softmax.": o.weights(q, k, scale=1.0).T @ g,
        })  # fmt: skip


@ex.check(
    "by the queries and the keys",
    hint="Through the softmax, row by row, then through the dot product; do not forget the factor 1/√k.",
)
def _(s, t):
    for q, k, v, g in examples():
        w, by_w, scale = o.weights(q, k), g @ v.T, 1 / math.sqrt(q.shape[1])
        right = w * (by_w - (w * by_w).sum(-1, keepdim=True))
        wrong = {
            "The factor 1/√k is missing: the scores are q kᵀ / √k.": (right, 1.0),
            "A score also moves the OTHER weights of its row, so its slope is not w (1 - w) g·v: sum over the row, step 11.":
                (w * (1 - w) * by_w, scale),
            "g · o is one number a ROW: sum(-1, keepdim=True). Yours is the sum over all rows.":
                (w * (by_w - (w * by_w).sum()), scale),
            "The sum that belongs to the whole row is missing: w · (g·v - Σ w g·v).": (w * by_w, scale),
            "You subtracted the plain mean or sum of the row; it is the sum weighted by w.": (w * (by_w - by_w.sum(-1, keepdim=True)), scale),
            "You subtracted the mean over the keys; it is the sum weighted by w.": (w * (by_w - by_w.mean(-1, keepdim=True)), scale),
            "The sum runs over the keys of one query, dim=-1, not over the queries.": (w * (by_w - (w * by_w).sum(0)), scale),
            "The weights in front of the bracket are missing: w · (...).": (by_w - (w * by_w).sum(-1, keepdim=True), scale),
            "The softmax was passed over: that is the gradient by the weights, not by the scores.": (by_w, scale),
        }  # fmt: skip
        want_q, want_k, _ = o.gradients(q, k, v, g)
        got_q, got_k, _ = three(t, s.attention_gradients(q, k, v, g))
        t.close(got_q, want_q, "the gradient by q", rtol=1e-6, atol=1e-8,
                mistakes={name: scores @ k * factor for name, (scores, factor) in wrong.items()})  # fmt: skip
        square = w.shape[0] == w.shape[1]
        t.close(got_k, want_k, "the gradient by k", rtol=1e-6, atol=1e-8, mistakes={
            "Transpose: key j collects from all queries, by_scores.T @ q.": right @ q * scale if square else None,
            **{name: scores.T @ q * factor for name, (scores, factor) in wrong.items()},
        })  # fmt: skip


@ex.check("a single key", hint="One weight is always 1, so nothing depends on the score.")
def _(s, t):
    one = torch.ones(1, 1, dtype=torch.float64)
    t.close(
        list(three(t, s.attention_gradients(3 * one, one, one, one))),
        [0 * one, 0 * one, one],
        "the three gradients",
        **TIGHT,
    )
