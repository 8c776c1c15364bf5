"""The checks of lesson 05, what is done with a gradient: Adam, a schedule, clipping. Mistakes stand beside their values."""

import math

import numpy as np

from llm101.check import exercise
from llm101.checks.descent import oracles as o

HIDE = ("llm101.autograd", "llm101.optim")
ADAM = ("the new theta", "the new m", "the new v")

# -------------------------------------------------------------------------------------------------- adam_step
ex = exercise(
    "05.adam_step",
    title="A step of Adam",
    points=3,
    names=("adam_step",),
    mask=HIDE,
    forbid=("torch.optim",),
    hints=[
        "Five lines, in the order of the formulas: new m, new v, m̂, v̂, new theta. m̂ and v̂ are used once and not returned.",
        "m starts at 0, so after the first step it is only (1 - beta1) g; dividing by 1 - beta1 ** t makes g of it. In the first step t is 1.",
        "theta - lr * m_hat / (np.sqrt(v_hat) + eps): eps stands outside of the root, beside it.",
    ],
)


def adam_data(seed: int, n: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """theta, and n gradients of very different sizes."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(5), [rng.standard_normal(5) * 10.0 ** rng.integers(-3, 3, 5) for _ in range(n)]


@ex.check(
    "the first step",
    hint="With t = 1, m̂ is g and v̂ is g², so every entry moves by lr, whatever the size of its gradient.",
)
def _(s, t):
    theta, g = np.arange(5.0), np.array([100.0, -0.5, 3.0, -20.0, 1.5])
    zero = np.zeros(5)
    new, m, v = o.parts(t, s.adam_step(theta, g, zero, zero, 1, lr=0.1), ADAM)
    right, m1, v1 = theta - 0.1 * np.sign(g), 0.1 * g, 0.001 * g**2
    t.close(m, m1, "the new m", rtol=1e-8, atol=1e-14, mistakes={
        "Return m as it is, for the next step; m̂, the corrected one, is used in this step only.": g,
        "beta1 is the share of the OLD m that stays; the gradient comes in with 1 - beta1.": 0.9 * g,
        "beta1 * m + g forgets 1 - beta1: m is a mean, not a sum.": g.copy(),
    })  # fmt: skip
    t.close(v, v1, "the new v", rtol=1e-8, atol=1e-14, mistakes={
        "v is the mean of the SQUARED gradient.": 0.001 * g,
        "Return v as it is, for the next step; v̂, the corrected one, is used in this step only.": g**2,
        "beta2 is the share of the OLD v that stays; g² comes in with 1 - beta2.": 0.999 * g**2,
        "v has the share 1 - beta2 of g², not 1 - beta1.": 0.1 * g**2,
    })  # fmt: skip
    t.close(new, right, "the new theta", rtol=1e-4, atol=1e-6, mistakes={
        "The bias correction is missing: m and v started at 0; use m̂ = m / (1 - beta1**t) and v̂ = v / (1 - beta2**t).": theta - 0.1 * m1 / (np.sqrt(v1) + 1e-8),
        "The correction of v is missing: v̂ = v / (1 - beta2**t).": theta - 0.1 * g / (np.sqrt(v1) + 1e-8),
        "The correction of m is missing: m̂ = m / (1 - beta1**t).": theta - 0.1 * m1 / (np.abs(g) + 1e-8),
        "The root is missing: divide by √v̂.": theta - 0.1 * g / (g**2 + 1e-8),
        "You went uphill: subtract the step.": theta + 0.1 * np.sign(g),
        "t counts from 1 and is handed in; the correction with t + 1 is one step late.": theta - 0.1 * (m1 / 0.19) / (np.sqrt(v1 / (1 - 0.999**2)) + 1e-8),
    })  # fmt: skip


@ex.check(
    "eps stands outside of the root", hint="√v̂ + eps. With eps = 0.1 and a small gradient the difference is plain."
)
def _(s, t):
    theta, g, zero = np.zeros(2), np.array([0.02, -3.0]), np.zeros(2)
    new, _, _ = o.parts(t, s.adam_step(theta, g, zero, zero, 1, lr=0.1, eps=0.1), ADAM)
    (want,) = o.adam(theta, [g], lr=0.1, eps=0.1)
    t.close(new, want, "the new theta with eps = 0.1", rtol=1e-8, mistakes={
        "eps went inside the root: √v̂ + eps, not √(v̂ + eps).": -0.1 * g / np.sqrt(g**2 + 0.1),
        "eps was added to √v before the correction: correct v first, √v̂ + eps.": -0.1 * g / (np.sqrt(0.001 * g**2) + 0.1) * math.sqrt(0.001),
        "You did not use the argument eps.": -0.1 * g / (np.abs(g) + 1e-8),
        "eps is missing: √v̂ + eps.": -0.1 * np.sign(g),
    })  # fmt: skip


@ex.check(
    "ten steps, as torch.optim.Adam takes them",
    hint="From the second step on the old m and v matter, and the correction shrinks with t: 1 - beta1**t.",
)
def _(s, t):
    for seed, settings in enumerate([{"lr": 0.01}, {"lr": 0.1, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3}]):
        theta, gradients = adam_data(seed, 10)
        want = o.adam(theta, gradients, **settings)
        m, v = np.zeros(5), np.zeros(5)
        for i, g in enumerate(gradients):
            theta, m, v = o.parts(t, s.adam_step(theta, g, m, v, i + 1, **settings), ADAM)
            t.close(theta, want[i], f"theta after step {i + 1}", rtol=1e-8, atol=1e-10)


@ex.check(
    "right again, and the arguments are left alone",
    hint="m *= beta1 writes into the caller's array; m = beta1 * m + ... makes a new one.",
)
def _(s, t):
    data = dict(zip(("theta", "g", "m", "v"), np.arange(1.0, 13.0).reshape(4, 3), strict=True))
    got, *kept = s.run("result = [adam_step(theta, g, m, v, 3), theta, g, m, v]", **data)
    t.close(o.parts(t, got, ADAM)[1], 0.9 * data["m"] + 0.1 * data["g"], "the new m")
    t.eq([o.array(x) for x in kept], list(data.values()), "[theta, g, m, v] after the call")


# ---------------------------------------------------------------------------------------------- learning_rate
ex = exercise(
    "05.learning_rate",
    title="Warm-up and cosine",
    points=2,
    names=("learning_rate",),
    mask=HIDE,
    forbid=("torch.optim", "lr_scheduler"),
    hints=[
        "Three parts: step < warmup, up to total, and after it. Write each as a line of its own.",
        "In the second part let p go from 0 at warmup to 1 at total. (1 + cos(π p)) / 2 then falls from 1 to 0.",
        "From 1 to 0 becomes from 1 to final by final + (1 - final) * (1 + math.cos(math.pi * p)) / 2. After the end p stays 1: min(p, 1).",
    ],
)


@ex.check("the warm-up", hint="0 at step 0, half the peak half way to step warmup.")
def _(s, t):
    for step in (0, 5, 9):
        want = 3e-4 * step / 10
        t.close(s.learning_rate(step, 3e-4, 10, 110), want, f"the rate at step {step}, with 10 steps of warm-up", rtol=1e-9, atol=1e-12, mistakes={
            "That is one step ahead: step 0 has rate 0.": 3e-4 * (step + 1) / 10,
            "The rate already falls during the warm-up: there it is peak * step / warmup and no more.": want * o.learning_rate(step, 1, 0, 110, 0.1),
            "The warm-up is missing.": o.learning_rate(step, 3e-4, 0, 110, 0.1),
            "That is the share of the peak: multiply it by the peak.": step / 10,
        })  # fmt: skip


@ex.check(
    "the cosine",
    hint="It begins at step warmup, not at 0, and half way between warmup and total it has fallen half way.",
)
def _(s, t):
    for step in (110, 10, 35, 60, 73, 109):  # a fall to 0 shows at the end, a cosine cut off before it
        p = (step - 10) / 100
        t.close(s.learning_rate(step, 2.0, 10, 110), o.learning_rate(step, 2.0, 10, 110, 0.1), f"the rate at step {step} of 110, with 10 of warm-up and a peak of 2", rtol=1e-9, mistakes={
            "The cosine runs from step 0; it has to begin where the warm-up ends: (step - warmup) / (total - warmup).": o.learning_rate(step, 2.0, 0, 110, 0.1),
            "You cut a cosine to 0 off at `final`: the whole curve has to fit between 1 and final.": max(0.2, 1 + math.cos(math.pi * p)),
            "`final` is a share of the peak and no rate: the curve ends at final * peak.": 0.1 + 1.9 * (1 + math.cos(math.pi * p)) / 2,
            "It falls to 0; it has to end at `final` times the peak: final + (1 - final) * ... .": 1 + math.cos(math.pi * p),
            "That is a straight line; a cosine was asked for.": 2 * (1 - 0.9 * p),
            "That is a whole period; from the peak to the end it is half of one, cos(π p).": 2 * (0.1 + 0.9 * (1 + math.cos(2 * math.pi * p)) / 2),
            "You divide by total; the cosine has total - warmup steps.": o.learning_rate(step, 2.0, 10, 120, 0.1),
            "`final` is added on top: the curve above it has only 1 - final of the height.": 2 * (0.1 + (1 + math.cos(math.pi * p)) / 2),
        })  # fmt: skip


@ex.check("after the end", hint="A cosine rises again after half a period: let p be at most 1.")
def _(s, t):
    for step in (111, 160, 1000):
        t.close(s.learning_rate(step, 2.0, 10, 110), 0.2, f"the rate at step {step} of 110", rtol=1e-9, mistakes={
            "The cosine goes on after the end and rises again: p may be at most 1.": 2 * (0.1 + 0.9 * (1 + math.cos(math.pi * (step - 10) / 100)) / 2),
            "`final` is a share of the peak and no rate: the curve ends at final * peak.": 0.1,
            "After the end the rate stays at final * peak, it does not become 0.": 0.0,
            "After the end the rate stays at final * peak, not at the peak.": 2.0,
        })  # fmt: skip


@ex.check(
    "other settings, and no warm-up", hint="With warmup = 0 the first step has the peak; step / 0 must not happen."
)
def _(s, t):
    try:
        t.close(s.learning_rate(0, 0.5, 0, 7), 0.5, "the rate at step 0 without warm-up", mistakes={
            "Without warm-up the first step has the peak already.": 0.0,
        })  # fmt: skip
    except ZeroDivisionError:
        t.true(False, "step / warmup divides by 0 when there is no warm-up: ask `step < warmup` first")
    for peak, warmup, total, final in [(3.0, 7, 29, 0.0), (1e-3, 0, 13, 0.5), (2.0, 5, 6, 1.0)]:
        for step in range(0, total + 5, 3):
            want = o.learning_rate(step, peak, warmup, total, final)
            t.close(s.learning_rate(step, peak, warmup, total, final), want, f"the rate at step {step}", rtol=1e-9, atol=1e-12, mistakes={
                "You did not use the argument final.": o.learning_rate(step, peak, warmup, total, 0.1),
            })  # fmt: skip


# --------------------------------------------------------------------------------------------- clip_gradients
ex = exercise(
    "05.clip_gradients",
    title="Clip by the global norm",
    points=2,
    names=("clip_gradients",),
    mask=HIDE,
    forbid=("utils.clip_grad_norm_", "utils.clip_grad"),
    hints=[
        "Think of all gradients as ONE long vector. What is its length? What happens to its direction if only some parts shrink?",
        "norm = square root of the sum of all squares, over all arrays. When it is at most max_norm nothing changes.",
        "factor = 1.0 if norm <= max_norm else max_norm / norm; every array times this one factor, as a new array.",
    ],
)
CLIP = ("the clipped gradients", "the norm before clipping")


def clip_data() -> list[np.ndarray]:
    """Norm 13: the parts have 3, 4 and 12."""
    return [np.array([[1.0, -2.0], [2.0, 0.0]]), np.array([4.0]), np.array([8.0, -8.0, 4.0])]


@ex.check("the norm", hint="√(3² + 4² + 12²) = 13: squares first, over all arrays, then one root.")
def _(s, t):
    _, norm = o.parts(t, s.clip_gradients(clip_data(), 1.0), CLIP)
    t.close(norm, 13.0, "the norm of three gradients of length 3, 4 and 12", mistakes={
        "You added the lengths; take the root of the sum of all squares.": 19.0,
        "The root is missing.": 169.0,
        "That is the largest entry, not the length.": 8.0,
        "Return the norm BEFORE clipping: it tells whether training is healthy.": 1.0,
        "You returned a norm for each array; all the numbers together make one vector.": [3.0, 4.0, 12.0],
    })  # fmt: skip


@ex.check("long gradients are shortened", hint="One factor, max_norm / norm, for all arrays.")
def _(s, t):
    g = clip_data()
    clipped, _ = o.parts(t, s.clip_gradients(g, 6.5), CLIP)
    wanted = {
        "": [x / 2 for x in g],
        "Each array was clipped by itself, which turns the direction: one norm and one factor for all.": [g[0], g[1], g[2] * 6.5 / 12],
        "You cut off each number, which turns the direction: shorten all by one factor.": [np.clip(x, -6.5, 6.5) for x in g],
        "You divided by the norm: the result has to be max_norm long, not 1.": [x / 13 for x in g],
        "Nothing was shortened, though the norm of 13 is above 6.5.": g,
    }  # fmt: skip
    same(t, clipped, wanted)


def same(t, clipped, wanted):
    """`clipped` is the list wanted[""]; the other lists are named mistakes."""
    right = wanted.pop("")
    t.true(
        isinstance(clipped, list | tuple),
        "return the clipped gradients as a list of arrays, in the order in which they came",
    )
    t.close([o.array(x) for x in clipped], right, "the clipped gradients", rtol=1e-5, mistakes=wanted)


@ex.check("short gradients stay as they are", hint="Clipping only ever shortens: the factor is at most 1.")
def _(s, t):
    g = clip_data()
    clipped, _ = o.parts(t, s.clip_gradients(g, 26.0), CLIP)
    same(t, clipped, {
        "": g,
        "A short gradient was stretched to max_norm: the factor may be at most 1.": [2 * x for x in g],
    })  # fmt: skip


@ex.check(
    "zeros, random gradients, nothing in place",
    hint="The norm of zeros is 0: do not divide by it. And g *= factor changes the caller's array.",
)
def _(s, t):
    zeros = [np.zeros(3), np.zeros((2, 2))]
    clipped, norm = o.parts(t, s.clip_gradients(zeros, 1.0), CLIP)
    t.close(norm, 0.0, "the norm of zeros")
    same(
        t,
        clipped,
        {
            "": zeros,
            "0 / 0: look whether the norm is above max_norm before you divide by it.": [x * np.nan for x in zeros],
        },
    )
    rng = np.random.default_rng(0)
    g = [rng.standard_normal(shape) for shape in [(2, 3), (5,), (1, 7, 1)]]
    for max_norm in (0.1, 1.0, 100.0):
        clipped, norm = o.parts(t, s.clip_gradients(g, max_norm), CLIP)
        t.close(norm, o.norm_of(g), "the norm", rtol=1e-6)
        same(t, clipped, {"": [x * min(1.0, max_norm / o.norm_of(g)) for x in g]})
    kept = s.run("clip_gradients(g, 0.5)\nresult = g", g=g)
    t.eq([o.array(x) for x in kept], g, "the caller's gradients after the call")
