"""The checks of lesson 09: the two norms, and how alike tokens are."""

import torch
from torch.nn import functional as F

from llm101.check import exercise
from llm101.checks.norms_blocks import oracles as o

HIDE = ("llm101.nn",)
TIGHT = {"rtol": 1e-9, "atol": 1e-10}

# ------------------------------------------------------------------------------------------------- layer_norm
ex = exercise(
    "09.layer_norm",
    title="LayerNorm",
    points=2,
    names=("layer_norm",),
    mask=HIDE,
    forbid=("torch.layer_norm", "torch.nn.LayerNorm", "torch.nn.functional.layer_norm"),
    hints=[
        "mean and variance of each token: over the last axis, with keepdim=True.",
        "The variance divides by d: (x - mean).square().mean(-1, keepdim=True), or var(correction=0).",
        "(x - mean) / (variance + eps).sqrt() * weight + bias.",
    ],
)


@ex.check(
    "mean 0 and variance 1 for each token", hint="Mean and variance of EACH token: over the last axis, keepdim=True."
)
def _(s, t):
    for seed, shape in enumerate([(2, 3, 7), (1, 5, 3), (11, 2, 5)]):
        x, eps = o.numbers(seed, *shape, shift=1.5), 0.1
        one, zero = torch.ones(shape[-1], dtype=torch.float64), torch.zeros(shape[-1], dtype=torch.float64)
        centred = x - x.mean(-1, keepdim=True)
        flat = x.reshape(-1, shape[-1])
        variance = centred.square().mean(-1, keepdim=True)
        t.close(s.layer_norm(x, one, zero, eps), o.layer_norm(x, eps), f"layer_norm of x {shape}", **TIGHT, mistakes={
            "The variance divided by d - 1; it is the mean square, divided by d.": o.layer_norm(x, eps, below=1),
            "That is batch norm: mean and variance belong to a token, over the last axis.":
                ((flat - flat.mean(0)) / (flat.var(0, correction=0) + eps).sqrt()).reshape(shape),
            "The mean ran over the tokens of a text as well; it belongs to one token, over the last axis.":
                F.layer_norm(x, x.shape[1:], eps=eps),
            "Mean and variance ran over everything; they belong to one token, over the last axis.":
                F.layer_norm(x, x.shape, eps=eps),
            "That is RMSNorm: the mean was left in.": x / (x.square().mean(-1, keepdim=True) + eps).sqrt(),
            "eps stands outside of the root; it belongs inside.": centred / (variance.sqrt() + eps),
            "eps is missing: a token of equal numbers would be divided by 0.": centred / variance.sqrt(),
            "Divided by the variance; divide by its root.": centred / (variance + eps),
        })  # fmt: skip


@ex.check("gain and offset, a channel each", hint="times weight first, then plus bias; both have one entry a channel.")
def _(s, t):
    x, g, b = o.numbers(7, 2, 3, 5), o.numbers(8, 5), o.numbers(9, 5)
    plain = o.layer_norm(x)
    t.close(s.layer_norm(x, g, b, 1e-5), plain * g + b, "layer_norm with gain and offset", **TIGHT, mistakes={
        "The gain was added to the offset as well: times weight first, then plus bias.": (plain + b) * g,
        "The gain is missing.": plain + b,
        "The offset is missing.": plain * g,
    })  # fmt: skip
    t.close(s.layer_norm(x, g, b), plain * g + b, "layer_norm with the eps it has by itself, 1e-5", **TIGHT)


# --------------------------------------------------------------------------------------------------- rms_norm
ex = exercise(
    "09.rms_norm",
    title="RMSNorm in 16 bits",
    points=2,
    names=("rms_norm",),
    mask=HIDE,
    forbid=("torch.rms_norm", "torch.nn.RMSNorm", "torch.nn.functional.rms_norm"),
    hints=[
        "x / sqrt(mean of x² + eps) * weight, over the last axis.",
        "300 squared is more than float16 can hold. Square in a wider type.",
        "Float16: wide = x.float(), compute, and .to(x.dtype) at the end. Leave float64 as it is.",
    ],
)


@ex.check(
    "mean square 1 for each token, times the gain",
    hint="x / sqrt(mean of x² + eps) * weight, over the last axis; float64 stays float64.",
)
def _(s, t):
    for seed, shape in enumerate([(2, 3, 7), (5, 1, 3)]):
        x, g, eps = o.numbers(seed, *shape, shift=1.0), o.numbers(seed + 5, shape[-1]), 0.1
        t.close(s.rms_norm(x, g, eps), o.rms_norm(x, g, eps), f"rms_norm of x {shape}", **TIGHT, mistakes={
            "That is LayerNorm: RMSNorm leaves the mean where it is.": o.layer_norm(x, eps) * g,
            "The SUM of the squares; it is their mean.": x / (x.square().sum(-1, keepdim=True) + eps).sqrt() * g,
            "The gain is missing.": o.rms_norm(x, torch.ones_like(g), eps),
            "eps stands outside of the root; it belongs inside.":
                x / (x.square().mean(-1, keepdim=True).sqrt() + eps) * g,
            "The mean ran over all tokens; each token has its own size.": x / (x.square().mean() + eps).sqrt() * g,
        })  # fmt: skip
        t.close(s.rms_norm(x, g), o.rms_norm(x, g, 1e-6), "rms_norm with the eps it has by itself, 1e-6", **TIGHT)


@ex.check("float16 with large numbers", hint="Its squares do not fit into float16: compute in float32, cast back.")
def _(s, t):
    x = torch.tensor([[300.0, 1.0, -2.0, 4.0], [0.5, -0.25, 0.125, 1.0]]).half()
    code = "y = rms_norm(x, g, 1e-6); result = (str(y.dtype), y.float())"
    dtype, got = s.run(code, x=x, g=torch.ones(4).half())
    t.true(
        got[0].abs().max() > 0.1,
        "The token with 300 in it became 0: a square became infinite in float16. Square in float32.",
    )
    t.eq(dtype, "torch.float16", "the dtype of the result for a float16 x", mistakes={
        "The result stayed in float32; cast it back to the dtype of x.": "torch.float32",
        "The result became float64; cast it back to the dtype of x.": "torch.float64",
    })  # fmt: skip
    want = o.rms_norm(x, torch.ones(4), 1e-6).half().float()
    t.close(got, want, "rms_norm of a float16 x", rtol=2e-3, atol=1e-3, mistakes={
        "A square became infinite in float16: square in float32.": torch.zeros(2, 4),
    })  # fmt: skip


# --------------------------------------------------------------------------------------------- token_likeness
ex = exercise(
    "09.token_likeness",
    title="How alike are the tokens?",
    points=2,
    names=("token_likeness",),
    mask=HIDE,
    hints=[
        "Divide each token by its length; then u @ u.transpose(-2, -1) holds all cosines of a text (b t t).",
        "On the diagonal stands each token with itself, t ones a text. They do not count.",
        "(sum of all cosines - b t) / (b t (t - 1)).",
    ],
)


@ex.check("mean cosine of different tokens", hint="Pairs within one text only, and no token with itself.")
def _(s, t):
    for seed, shape in enumerate([(1, 3, 5), (3, 2, 7), (2, 7, 3)]):
        x = o.numbers(seed, *shape, shift=1.0)
        b, n, _ = shape
        want = o.likeness(x)
        unit = x / x.norm(dim=-1, keepdim=True)
        everyone = unit.flatten(0, 1)
        m = b * n
        t.close(s.token_likeness(x), want, f"token_likeness of x {shape}", **TIGHT, mistakes={
            "Each token's cosine with itself, always 1, was counted.": (want * (n - 1) + 1) / n,
            "Tokens of different texts were compared, too.": ((everyone @ everyone.T).sum() - m).item() / (m * (m - 1)),
            "These are dot products: divide each token by its length first.":
                ((x @ x.mT).sum() - x.square().sum()).item() / (b * n * (n - 1)),
            "A cosine is at most 1: divide by the number of texts, too.": want * b if b > 1 else None,
            "The sum over pairs has to be divided by t (t - 1) a text, not by t².": want * (n - 1) / n,
        })  # fmt: skip


@ex.check("the two ends of the scale", hint="All tokens alike: 1. Two opposite tokens: -1.")
def _(s, t):
    one = o.numbers(3, 1, 1, 5)
    t.close(s.token_likeness(torch.cat([one, 3 * one, 2 * one], 1)), 1.0, "token_likeness of three parallel tokens")
    t.close(s.token_likeness(torch.cat([one, -one], 1)), -1.0, "token_likeness of two opposite tokens")
