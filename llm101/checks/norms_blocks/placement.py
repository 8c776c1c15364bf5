"""The checks of lesson 09: where the norm stands, how weights start, the gated layer."""

import math

import torch
from torch.nn import functional as F

from llm101.check import exercise
from llm101.checks.norms_blocks import oracles as o

HIDE = ("llm101.nn",)
TIGHT = {"rtol": 1e-9, "atol": 1e-10}

# ----------------------------------------------------------------------------------------------------- branch
ex = exercise(
    "09.branch",
    title="Four places for a norm",
    points=2,
    names=("branch",),
    mask=HIDE,
    hints=[
        "Four formulas, four ifs; the table of step 5 has three of them, step 7 the fourth.",
        "pre: x + f(norm(x)). sandwich: x + norm(f(norm(x))).",
        "post: norm(x + f(x)). deepnorm: norm(alpha * x + f(x)).",
    ],
)
CALL = """
import torch
def f(v):
    return torch.tanh(v @ weight) + 0.5
def norm(v):
    return torch.nn.functional.layer_norm(v, v.shape[-1:], eps=1e-5)
result = branch(x, f, norm, placement, alpha)
"""


@ex.check(
    "each placement has its formula",
    hint="Post norms the sum; pre norms what f reads; a sandwich norms what f reads and what it gives.",
)
def _(s, t):
    x, weight, alpha = o.numbers(0, 2, 3, 5, shift=1.0), o.numbers(1, 5, 5), 2.5

    def f(v):
        return torch.tanh(v @ weight) + 0.5

    n = o.layer_norm
    pre, post, deep = x + f(n(x)), n(x + f(x)), n(alpha * x + f(x))
    sandwich = x + n(f(n(x)))
    names = {
        "This is the pre-norm formula.": pre,
        "This is the post-norm formula.": post,
        "This is the sandwich.": sandwich,
        "This is DeepNorm.": deep,
        "The residual is missing: the input has to be added.": f(n(x)),
        "The residual was normed, too: in pre-norm the stream itself is left alone.": n(x) + f(n(x)),
        "alpha belongs to the stream x, not to the branch.": n(x + alpha * f(x)),
        "alpha counts inside the norm: norm(alpha * x + f(x)).": alpha * x + n(f(x)),
        "The last norm stands around the sum; a sandwich has it around f: x + norm(f(norm(x))).": n(x + f(n(x))),
        "Only the output of the branch was normed; a sandwich norms its input as well.": x + n(f(x)),
    }
    for placement, want in (("post", post), ("pre", pre), ("sandwich", sandwich), ("deepnorm", deep)):
        got = s.run(CALL, x=x, weight=weight, placement=placement, alpha=alpha)
        others = {text: value for text, value in names.items() if not torch.allclose(value, want)}
        t.close(got, want, f"branch(..., {placement!r})", mistakes=others, **TIGHT)
    got = s.run(CALL.replace(", alpha)", ")"), x=x, weight=weight, placement="deepnorm")
    t.close(got, n(x + f(x)), "branch(..., 'deepnorm') with the alpha it has by itself, 1", **TIGHT)


@ex.check("an unknown placement is refused", hint="End with raise ValueError(...), and name what came.")
def _(s, t):
    x, weight = o.numbers(0, 1, 2, 3), o.numbers(1, 3, 3)
    t.raises("ValueError", s.run, CALL, x=x, weight=weight, placement="middle", alpha=1.0, match="middle")


# -------------------------------------------------------------------------------------------------- start_std
ex = exercise(
    "09.start_std",
    title="How large at the start?",
    points=2,
    names=("start_std",),
    mask=HIDE,
    hints=[
        "Two cases: the last matrix of a branch (o_proj, down), and all others.",
        "The base is 0.64 / sqrt(d_model).",
        "At the end of a branch it is divided by sqrt(2 * n_layers): two branches a block.",
    ],
)


@ex.check("width and depth", hint="0.64 / sqrt(d_model), and at the ends of branches 1 / sqrt(2 n_layers) of it.")
def _(s, t):
    for name, d, layers in (
        ("stack.blocks.0.attention.q_proj.weight", 64, 2),
        ("embed.tokens.weight", 256, 48),
        ("stack.blocks.3.ffn.up.weight", 49, 7),
        ("stack.blocks.3.ffn.down.weight", 49, 8),
        ("stack.blocks.11.attention.o_proj.weight", 64, 2),
        ("stack.blocks.1.attention.k_proj.weight", 121, 1),
        ("downstream.proj.weight", 100, 3),
    ):
        base = 0.64 / math.sqrt(d)
        last = name.split(".")[-2] in ("o_proj", "down")
        want = base / math.sqrt(2 * layers) if last else base
        t.close(s.start_std(name, d, layers), want, f"start_std of {name}, d_model {d}, n_layers {layers}", mistakes={
            "0.02 suits GPT-2's width; here the width decides.": 0.02,
            "The ends of branches (o_proj, down) start smaller.": base if last else None,
            "Only the ends of branches (o_proj, down) are divided by sqrt(2 n_layers).": base / math.sqrt(2 * layers),
            "A block has TWO branches: divide by sqrt(2 n_layers).": base / math.sqrt(layers),
            "Divide by the ROOT of the number of branches.": base / (2 * layers),
            "0.64 is divided by the ROOT of the width.": 0.64 / d,
        })  # fmt: skip


# ------------------------------------------------------------------------------------------------- gated layer
ex = exercise(
    "09.swiglu_layer",
    title="SwiGLU at equal parameters",
    points=3,
    names=("swiglu_layer", "fair_width"),
    mask=HIDE,
    hints=[
        "F.silu of the gate, times up, then down. Weights are stored (n_out n_in), as in nn.Linear: x @ weight.T.",
        "fair_width: two thirds of d_ff in whole numbers (rounded down), then up to the next multiple.",
        "width = 2 * d_ff // 3, then multiple_of * ceil(width / multiple_of).",
    ],
)


@ex.check("the layer", hint="down(silu(gate(x)) * up(x)); each weight is (n_out n_in).")
def _(s, t):
    x, gate, up, down = o.numbers(0, 2, 3, 5), o.numbers(1, 7, 5), o.numbers(2, 7, 5), o.numbers(3, 5, 7)
    a, b = x @ gate.T, x @ up.T
    t.close(s.swiglu_layer(x, gate, up, down), (F.silu(a) * b) @ down.T, "swiglu_layer", **TIGHT, mistakes={
        "Gate and up are exchanged: the silu belongs to the gate.": (a * F.silu(b)) @ down.T,
        "That gate is a sigmoid (GLU); SwiGLU has silu, x · sigmoid(x).": (torch.sigmoid(a) * b) @ down.T,
        "There is no GELU in SwiGLU: the gate is silu.": (F.gelu(a) * b) @ down.T,
        "The gate has no activation: that is the bilinear layer.": (a * b) @ down.T,
        "Both were added; a gate multiplies.": (F.silu(a) + b) @ down.T,
        "silu came behind the product; it belongs to the gate alone.": F.silu(a * b) @ down.T,
    })  # fmt: skip


@ex.check("the fair width", hint="Two thirds of d_ff, then UP to a multiple: LLaMA's 11008 = fair_width(16384, 256).")
def _(s, t):
    for d_ff, multiple in (
        (16384, 256),
        (20480, 256),
        (26624, 256),
        (32768, 256),
        (192, 1),
        (100, 7),
        (36, 8),
        (16, 1),
    ):
        width = 2 * d_ff // 3
        want = -(-width // multiple) * multiple
        t.eq(s.fair_width(d_ff, multiple), want, f"fair_width({d_ff}, {multiple})", mistakes={
            "Rounded down to the multiple; LLaMA rounds up.": width // multiple * multiple,
            "Rounded to the nearest multiple; LLaMA rounds up.": round(width / multiple) * multiple,
            "Two thirds come first, rounded DOWN to a whole number: 10.67 becomes 10.":
                math.ceil(2 * d_ff / 3 / multiple) * multiple,
            "Two thirds is missing: the layer has three matrices.": -(-d_ff // multiple) * multiple,
            "Always one multiple more: 8 is a multiple of 8 already.": (width // multiple + 1) * multiple,
            "The multiple was not looked at.": width,
        })  # fmt: skip
    t.eq(s.fair_width(101), 67, "fair_width(101), any whole number will do")
