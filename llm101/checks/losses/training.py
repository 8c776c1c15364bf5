"""The checks of lesson 06, dropout to initialisation. What each wrong answer is called stands beside its value."""

import math
from collections.abc import Callable

import torch

from llm101.check import exercise
from llm101.checks.losses import oracles as o

HIDE = ("llm101.nn",)
TIGHT = {"rtol": 1e-9, "atol": 1e-10}

# ------------------------------------------------------------------------------------------- inverted_dropout
ex = exercise(
    "06.inverted_dropout",
    title="Inverted dropout",
    points=2,
    names=("inverted_dropout",),
    mask=HIDE,
    forbid=("torch.dropout", "torch.Dropout"),
    hints=[
        "noise >= p is True with probability 1 - p: a mask of what stays.",
        "Of the mean of x a share of 1 - p is left. By what must the rest be divided so that the mean is x again?",
        "x * (noise >= p) / (1 - p) in training, x otherwise.",
    ],
)


@ex.check("dropped where noise < p, the rest scaled", hint="With p = 0.25 three of four stay, each 4/3 as large.")
def _(s, t):
    for seed, (p, shape) in enumerate([(0.25, (2, 7)), (0.1, (11,)), (0.6, (3, 5))]):
        x = o.scores(seed, *shape)
        noise = torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        keep = (noise >= p).double()
        want = x * keep / (1 - p)
        t.close(s.inverted_dropout(x, p, noise, True), want, f"x after dropout with p = {p}", **TIGHT, mistakes={
            "What is kept has to grow: divide by 1 - p, or the mean shrinks.": x * keep,
            "You kept what should be dropped: an entry goes where noise < p.": x * (1 - keep) / (1 - p),
            "You kept what should be dropped, and scaled for it: an entry goes where noise < p.": x * (1 - keep) / p,
            "Multiplied by 1 - p instead of divided: what is kept must grow.": x * keep * (1 - p),
            "Divided by p: the share that is KEPT is 1 - p.": x * keep / p,
            "Scaled by the share that this mask happens to keep; the scale is 1 / (1 - p), the same for every mask.":
                x * keep * keep.numel() / keep.sum(),
        })  # fmt: skip


@ex.check("noise that equals p", hint="Dropped where noise < p, so an entry whose noise is exactly p stays.")
def _(s, t):
    x, edge = o.scores(2, 4), torch.tensor([0.25, 0.0, 0.75, 0.125], dtype=torch.float64)
    for p, stays in ((0.25, [1, 0, 1, 0]), (0.0, [1, 1, 1, 1])):
        want = x * torch.tensor(stays) / (1 - p)
        t.close(s.inverted_dropout(x, p, edge, True), want, f"x after dropout with p = {p}", **TIGHT, mistakes={
            "You dropped where noise <= p; it is noise < p. torch.rand can return exactly 0, and p = 0 must drop nothing.":
                x * (edge > p) / (1 - p),
        })  # fmt: skip


@ex.check("outside of training nothing happens", hint="training=False returns x, neither dropped nor scaled.")
def _(s, t):
    x, noise = o.scores(3, 5, 3), torch.rand(5, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    t.close(s.inverted_dropout(x, 0.4, noise, False), x, "x outside of training", rtol=0, atol=0, mistakes={
        "Outside of training x was scaled: inverted dropout does all its scaling in training.": x * 0.6,
        "Outside of training x was scaled up: it comes back as it is.": x / 0.6,
        "The switch `training` was not looked at.": x * (noise >= 0.4) / 0.6,
    })  # fmt: skip
    t.close(s.inverted_dropout(x, 0.0, noise, True), x, "x with p = 0", **TIGHT)


@ex.check("x stays as it was", hint="x[mask] = 0 and x *= ... change the caller's tensor; make a new one.")
def _(s, t):
    x = o.scores(5, 7)
    noise = torch.linspace(0, 0.9, 7, dtype=torch.float64).expand_as(x).clone()
    after = s.run("inverted_dropout(x, 0.5, noise, True); result = x", x=x, noise=noise)
    t.close(after, x, "x after the call", rtol=0, atol=0)


# ----------------------------------------------------------------------------------------------- when_to_stop
ex = exercise(
    "06.when_to_stop",
    title="When to stop",
    points=2,
    names=("when_to_stop",),
    mask=HIDE,
    hints=[
        "Walk through the epochs and remember the best one so far. How long ago was it?",
        "A new best is strictly smaller than the best so far, not smaller than the epoch before.",
        "After epoch e: if e - best >= patience, stop; the answer is (best, e).",
    ],
)

CURVES = [
    ([5.0, 3.0, 4.0, 4.0, 4.0, 4.0, 1.0], 2),
    ([5.0, 3.0, 4.0, 4.0, 1.0], 2),
    ([5.0, 3.0, 4.0, 2.0], 2),
    ([3.0, 5.0, 4.0, 3.5, 3.2, 3.1], 3),
    ([4.0, 5.0, 3.0, 4.0, 2.0, 3.0, 1.0, 9.0, 9.0, 9.0], 3),
    ([7.0], 1),
    ([3.0, 2.0, 1.0], 1),
]


@ex.check(
    "stops when its patience is over",
    hint="Count on paper: after which epoch has there been no new best for `patience` epochs?",
)
def _(s, t):
    for losses, patience in CURVES:
        want = o.stop(losses, patience)
        t.eq(s.when_to_stop(losses, patience), want, f"(best, last) of {losses} with patience {patience}", mistakes={
            "You waited one epoch too long: stop as soon as `patience` epochs in a row brought no new best.": o.stop(losses, patience, late=1),
            "You stopped one epoch too early: only the epochs after the best one count.": o.stop(losses, max(patience - 1, 1)),
            "Each loss was compared with the one before it: compare with the best so far.": o.stop_against_previous(losses, patience),
            "Epochs without a new best were counted in all; a new best starts the count again.": o.stop_in_all(losses, patience),
            "That is the minimum of all losses: what comes after the stop is never seen.":
                (losses.index(min(losses)), want[1]),
            "You looked at epochs after the stop: the best epoch is the best of those that have run so far.":
                o.stop_foreseen(losses, patience),
            "The two numbers are swapped: first the best epoch, then the last one.": want[::-1],
            "That is the best loss; the number of its epoch is wanted.": (losses[want[0]], want[1]),
        })  # fmt: skip


@ex.check("an equal loss is no new best", hint="Use <, not <=.")
def _(s, t):
    losses = [2.0, 2.0, 2.0, 2.0, 1.0]
    t.eq(s.when_to_stop(losses, 3), (0, 3), f"(best, last) of {losses} with patience 3", mistakes={
        "An equal loss counted as a new best: it must be smaller.": o.stop(losses, 3, equal_counts=True),
    })  # fmt: skip


@ex.check("random curves", hint="Follow the call by hand: best so far, and how long ago.")
def _(s, t):
    for seed in range(7):
        losses = [float(v) for v in torch.randint(1, 13, (17,), generator=torch.Generator().manual_seed(seed))]
        patience = 2 + seed % 4
        t.eq(s.when_to_stop(losses, patience), o.stop(losses, patience), f"(best, last) with patience {patience}", mistakes={
            "An equal loss counted as a new best: it must be smaller.": o.stop(losses, patience, equal_counts=True),
        })  # fmt: skip


# --------------------------------------------------------------------------------------------- gelu_and_slope
ex = exercise(
    "06.gelu_and_slope",
    title="GELU and its slope",
    points=3,
    names=("gelu_and_slope",),
    mask=HIDE,
    forbid=("torch.gelu", "torch.GELU", "torch.autograd", "torch.backward", "torch.func"),
    hints=[
        "Φ(x) = 0.5 · (1 + erf(x / √2)): torch.erf, and math.sqrt(2).",
        "Product rule: (x · Φ(x))' = 1 · Φ(x) + x · Φ'(x), and Φ' is the density φ.",
        "density = torch.exp(-x * x / 2) / math.sqrt(2 * math.pi); slope = Φ + x · density.",
    ],
)

POINTS = torch.tensor([-5.0, -2.0, -0.7, 0.0, 0.3, 1.0, 2.5, 7.0], dtype=torch.float64)


def two(t, got):
    """The pair, or a message."""
    t.true(isinstance(got, (tuple, list)) and len(got) == 2, "Return two tensors: the value and the slope.")
    return got


@ex.check("the value", hint="GELU(1) is 0.841345; print yours.")
def _(s, t):
    want = o.at(lambda x: x * o.below(x), POINTS)
    value, _ = two(t, s.gelu_and_slope(POINTS))
    t.close(value, want, "GELU", rtol=1e-7, atol=1e-8, mistakes={
        "erf takes x / √2, not x.": o.at(lambda x: 0.5 * x * (1 + math.erf(x)), POINTS),
        "That is the tanh approximation (up to 4.7e-4 off): the exact one is asked for.": o.at(o.gelu_tanh, POINTS),
        "That is x · σ(1.702 x), an approximation: the exact one has erf.": o.at(lambda x: x / (1 + math.exp(-1.702 * x)), POINTS),
        "That is SiLU, x · σ(x): GELU has the normal distribution instead of the sigmoid.": o.at(lambda x: x / (1 + math.exp(-x)), POINTS),
        "That is Φ(x) alone: multiply by x.": o.at(o.below, POINTS),
        "The factor 1/2 is missing: Φ runs from 0 to 1.": 2 * want,
        "x was multiplied by the density φ; it takes the distribution function Φ.": o.at(lambda x: x * o.density(x), POINTS),
    })  # fmt: skip


@ex.check("the slope", hint="At 0 it is 0.5, at 1 it is 1.0833, far left 0 and far right 1.")
def _(s, t):
    want = o.at(lambda x: o.below(x) + x * o.density(x), POINTS)
    _, slope = two(t, s.gelu_and_slope(POINTS))
    t.close(slope, want, "the slope", rtol=1e-7, atol=1e-8, mistakes={
        "Φ(x) is only half of it: by the product rule x · φ(x) is added.": o.at(o.below, POINTS),
        "φ must be multiplied by x: (x Φ)' = Φ + x φ.": o.at(lambda x: o.below(x) + o.density(x), POINTS),
        "The density is not normalised: divide by √(2π).": o.at(lambda x: o.below(x) + x * math.exp(-x * x / 2), POINTS),
        "The exponent of the density is -x²/2; the half is missing.":
            o.at(lambda x: o.below(x) + x * math.exp(-x * x) / math.sqrt(2 * math.pi), POINTS),
        "That is x · φ(x) alone: Φ(x) is missing.": o.at(lambda x: x * o.density(x), POINTS),
        "The density was divided by 2π: the constant is √(2π).":
            o.at(lambda x: o.below(x) + x * math.exp(-x * x / 2) / (2 * math.pi), POINTS),
    })  # fmt: skip


@ex.check("any shape", hint="Work on the whole tensor; no loop over rows is needed.")
def _(s, t):
    x = o.scores(3, 2, 3, 5)
    value, slope = two(t, s.gelu_and_slope(x))
    t.close(value, o.at(lambda v: v * o.below(v), x), "GELU", rtol=1e-7, atol=1e-8)
    t.close(slope, o.at(lambda v: o.below(v) + v * o.density(v), x), "the slope", rtol=1e-7, atol=1e-8)


# ------------------------------------------------------------------------------------------------- weight_std
ex = exercise(
    "06.weight_std",
    title="An initialisation for any activation",
    points=4,
    names=("weight_std",),
    mask=HIDE,
    forbid=("torch.kaiming_normal_", "torch.calculate_gain"),
    hints=[
        "The weights have mean 0 and are independent, so Var(z) is n · s² · E[f(z')²]: the mean SQUARE, mean and all.",
        "Set it to 1: s = 1 / sqrt(n · E[f(z')²]).",
        "z = torch.linspace(-10, 10, 20_001, dtype=torch.float64); E is the sum of f(z)² · φ(z) · 0.001.",
    ],
)

STEPS = (0.001, 0.01, 0.005, 0.002, 0.0001)  # distances of the points of grids that people take

KNOWN: dict[str, Callable[[float], float]] = {
    "torch.relu": lambda z: max(z, 0.0),
    "torch.tanh": math.tanh,
    "torch.sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "torch.nn.functional.gelu": lambda z: z * o.below(z),
}


def run(s, name, n):
    """weight_std of a function, which is named rather than handed over a pipe."""
    return s.run(f"import torch\nresult = float(weight_std({name}, n))", n=n)


@ex.check("no activation: 1 / √n", hint="f(z) = z has mean square 1, so n s² = 1.")
def _(s, t):
    t.true(
        run(s, "(lambda z: z)", 7) == run(s, "(lambda z: z)", 7),
        "Two calls give two results: random numbers are not precise enough here; sum over a fine grid.",
    )
    for n in (7, 100):
        want = 1 / math.sqrt(n)
        t.close(run(s, "(lambda z: z)", n), want, f"the standard deviation for n = {n}", rtol=1e-3, mistakes={
            "That is the variance: take the square root.": want**2,
            "Turned round: with more inputs each weight must be smaller, 1 / √n.": 1 / want,
            "The integral is not weighted by the density: each point counts as often as a normal number falls there.":
                1 / math.sqrt(n * o.moment(lambda z: z, 2, normal=False)),
            "That has nothing of n in it: the sum has n terms.": 1.0,
            **{f"The sum must be multiplied by the distance of the points: × {step:g} is missing.": want * math.sqrt(step)
               for step in STEPS},
            "That is the mean over the points of the grid; the integral is their sum times their distance.":
                want * math.sqrt(20),
            "The grid ends too early: beyond ±3 there is still 3 % of E[z²]. Go to ±10.":
                1 / math.sqrt(n * o.moment(lambda z: z if abs(z) <= 3 else 0.0, 2)),
        })  # fmt: skip


@ex.check(
    "ReLU gives He's rule, and the others theirs",
    hint="ReLU: E[f²] is 1/2. Sigmoid: its mean is 0.5, so its mean square is far from its variance.",
)
def _(s, t):
    for name, f in KNOWN.items():
        n, square, mean, absolute = 53, o.moment(f, 2), o.moment(f, 1), o.moment(f, 1, size=True)
        want = 1 / math.sqrt(n * square)
        t.close(run(s, name, n), want, f"the standard deviation for {name.split('.')[-1]}, n = {n}", rtol=1e-3, mistakes={
            "You took the variance of f(z); the mean square is needed, because a mean other than 0 adds to z's variance too.":
                1 / math.sqrt(n * (square - mean**2)),
            "You took the mean of |f(z)|, not of its square.": 1 / math.sqrt(n * absolute),
            "That is 1 / √n for every activation: E[f(z)²] is missing.": 1 / math.sqrt(n),
            "That is He's √(2/n) for every activation: compute E[f(z)²] for the f that comes.": math.sqrt(2 / n),
            "That is the variance: take the square root.": want**2,
            "E[f(z)] was squared; the mean of the SQUARES is needed.": 1 / math.sqrt(n) / abs(mean) if mean else None,
        })  # fmt: skip


@ex.check(
    "precise to six digits", hint="Take more points, or a grid that reaches further; from -10 to 10 20,001 will do."
)
def _(s, t):
    got, want = run(s, "torch.relu", 50), math.sqrt(2 / 50)
    t.true(
        abs(got / want - 1) < 1e-6,
        f"For relu and n = 50 it is 0.2; yours is {got:.7f}. A tensor is float32 unless you say otherwise, and z[1] - z[0] of such a grid "
        "has only three or four right digits: say dtype=torch.float64 in linspace. If you did: more points, and as far as ±10.",
    )


@ex.check("thirty layers stay alive", hint="The variance of z must be 1 after every layer, not only after the first.")
def _(s, t):
    for name, f in (("torch.relu", torch.relu), ("torch.tanh", torch.tanh), ("torch.sigmoid", torch.sigmoid)):
        std, source = run(s, name, 256), torch.Generator().manual_seed(0)
        z = torch.randn(64, 256, generator=source, dtype=torch.float64)
        for _ in range(30):
            z = f(z) @ (std * torch.randn(256, 256, generator=source, dtype=torch.float64))
        size = z.square().mean().item()
        t.true(0.02 < size < 50, f"After 30 layers of {name} the mean square of z is {size:.2g}; it began at 1.")
