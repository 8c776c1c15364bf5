"""The checks of lesson 05, gradients: by hand and by differences. Mistakes stand beside the values that they give."""

import numpy as np

from llm101.check import exercise
from llm101.checks.descent import oracles as o

HIDE = ("llm101.autograd", "llm101.optim")
BY_HAND = ("torch.autograd", "Tensor.backward", "torch.func")

# ---------------------------------------------------------------------------------------------------- gd_step
ex = exercise(
    "05.gd_step",
    title="A gradient by hand, and a step",
    points=2,
    names=("gd_step",),
    mask=HIDE,
    forbid=BY_HAND,
    hints=[
        "Write the loss of one example, (x·θ - y)² / 2. Its derivative by θ_j is (x·θ - y) · x_j. Then the mean over the rows.",
        "error = x @ theta - y has one number a row. For entry j: the sum over the rows of error · x[:, j], divided by m.",
        "gradient = x.T @ (x @ theta - y) / len(y); the step goes AGAINST it: theta - lr * gradient.",
    ],
)


@ex.check(
    "the gradient", hint="Compute the gradient of the example in the text on paper, entry by entry, and print yours."
)
def _(s, t):
    for seed, (m, d) in enumerate([(7, 3), (2, 5), (1, 1), (11, 2)]):
        x, y, theta = o.regression_data(seed, m, d)
        want = o.regression_gradient(x, y, theta)
        gradient, _ = o.parts(t, s.gd_step(x, y, theta, 0.1), ("gradient", "new theta"))
        t.close(gradient, want, "the gradient", rtol=1e-8, atol=1e-10, mistakes={
            "The sum over the examples has to become a mean: divide by m, the number of rows.": m * want,
            "Twice too large: the loss is divided by 2m, and that 2 takes away the 2 of the square.": 2 * want,
            "The sign: with the error x @ theta - y it is right, with y - x @ theta it is turned round.": -want,
            "You divided by the number of columns; m is the number of examples, the rows.": want * m / d,
            "You divided by 2m: the 2 of the square has cancelled that 2.": want / 2,
        })  # fmt: skip


@ex.check("the step", hint="New theta is theta minus lr times the gradient.")
def _(s, t):
    for seed in range(3):
        x, y, theta = o.regression_data(seed, 7, 3)
        step = 0.3 * o.regression_gradient(x, y, theta)
        _, new = o.parts(t, s.gd_step(x, y, theta, 0.3), ("gradient", "new theta"))
        t.close(new, theta - step, "the new theta", rtol=1e-8, atol=1e-10, mistakes={
            "You went uphill: the gradient points to where the loss grows, so subtract it.": theta + step,
            "The learning rate is missing: theta - lr * gradient.": theta - step / 0.3,
            "That is only the step; add it to theta.": -step,
            "theta did not move.": theta,
        })  # fmt: skip


@ex.check("many steps arrive", hint="Every call starts from the theta that it is given: nothing may be remembered.")
def _(s, t):
    x, y, theta = o.regression_data(7, 13, 3)
    lr = float(1 / np.linalg.eigvalsh(x.T @ x / 13).max())
    for _ in range(300):
        _, theta = o.parts(t, s.gd_step(x, y, theta, lr), ("gradient", "new theta"))
    t.close(
        theta, np.linalg.lstsq(x, y, rcond=None)[0], "theta after 300 steps (the solution of least squares)", rtol=1e-6
    )


@ex.check("right again, and theta is left alone", hint="theta -= ... changes the caller's array. Write theta - ... .")
def _(s, t):
    x, y, theta = o.regression_data(5, 5, 2)
    got, *kept = s.run("result = [gd_step(x, y, theta, 0.5), x, y, theta]", x=x, y=y, theta=theta)
    t.close(o.parts(t, got, ("gradient", "new theta"))[0], o.regression_gradient(x, y, theta), "the gradient")
    t.eq([o.array(x) for x in kept], [x, y, theta], "[x, y, theta] after the call")


# ----------------------------------------------------------------------------------------- numerical_gradient
ex = exercise(
    "05.numerical_gradient",
    title="The gradient by differences",
    points=2,
    names=("numerical_gradient",),
    mask=HIDE,
    forbid=("torch.autograd", "Tensor.backward", "torch.func"),
    hints=[
        "For each entry you need f at two points that differ from x in that entry only.",
        "for place in np.ndindex(x.shape): walks over every entry of an array of any shape, and x[place] is that entry.",
        "up, down = x.astype(float), x.astype(float) are two copies; up[place] += h; down[place] -= h; then (f(up) - f(down)) / (2 * h).",
    ],
)
BOWL = "f = lambda v: float((v**2).sum() + v.reshape(-1)[0] * v.reshape(-1)[-1])\n"


def bowl_slope(x: np.ndarray) -> np.ndarray:
    """The gradient of BOWL."""
    slope = 2.0 * x
    slope.reshape(-1)[0] += x.reshape(-1)[-1]
    slope.reshape(-1)[-1] += x.reshape(-1)[0]
    return slope


@ex.check(
    "arrays of any shape",
    hint="Only one entry moves at a time; the next one starts from x again; the result has the shape of x.",
)
def _(s, t):
    rng = np.random.default_rng(0)
    for shape in [(3,), (2, 3), (2, 1, 5), (1,)]:
        x = rng.standard_normal(shape)
        want = bowl_slope(x)
        got = o.array(s.run(BOWL + "result = numerical_gradient(f, x)", x=x))
        t.close(got, want, f"the gradient at an array of shape {shape}", rtol=1e-4, atol=1e-4, mistakes={
            "The two points lie 2h apart: divide by 2h, not by h.": 2 * want,
            "The sign: up minus down.": -want,
            "`/ 2 * h` divides by 2 and then multiplies by h: write / (2 * h).": want * 1e-10,
            "All entries moved at once: only one may, all others stay.": np.full(shape, want.sum()),
            "The result must have the shape of x: put each slope at its place.": want.reshape(-1),
            "The result must have the shape of x, as an array: put each slope at its place.": want.reshape(-1).tolist(),
        })  # fmt: skip


@ex.check("central, with the given h", hint="Up and down by h: for v³ at 1 with h = 0.5 that gives 3.25.")
def _(s, t):
    got = o.array(s.run("result = numerical_gradient(lambda v: float((v**3).sum()), x, 0.5)", x=np.array([1.0, 2.0])))
    t.close(got, np.array([3.25, 12.25]), "the differences of v³ at 1 and 2 with h = 0.5", mistakes={
        "That is the forward difference; go down by h as well: its error is much smaller.": np.array([4.75, 15.25]),
        "That is the backward difference; go up by h as well.": np.array([1.75, 9.25]),
        "You did not use the argument h.": np.array([3.0, 12.0]),
    })  # fmt: skip


@ex.check(
    "right again, and x is left alone",
    hint="x[place] += h writes into the caller's array, and even `- 2 * h` and `+ h` afterwards do not bring back every digit: work on copies.",
)
def _(s, t):
    x = np.array([[0.1, 0.7, -1.3], [2.2, 5.1, 0.3]])
    got, kept = s.run(BOWL + "result = [numerical_gradient(f, x), x]", x=x)
    t.close(o.array(got), bowl_slope(x), "the gradient", rtol=1e-4, atol=1e-4)
    t.eq(o.array(kept), x, "the caller's x after the call")


@ex.check(
    "whole numbers",
    hint="An array of integers cannot hold 3.00001: it becomes 3. Make the copies with x.astype(float).",
)
def _(s, t):
    got = o.array(s.run("result = numerical_gradient(lambda v: float((v**2).sum()), x)", x=np.array([3, -2])))
    t.close(got, np.array([6.0, -4.0]), "the gradient at array([3, -2])", rtol=1e-5, mistakes={
        "An array of integers cannot hold 3.00001, so the moved entry was cut to a whole number: x.astype(float) is a copy that can.": np.array([250000.0, -150000.0]),
    })  # fmt: skip
