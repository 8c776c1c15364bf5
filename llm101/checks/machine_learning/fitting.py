"""The checks of lesson 01, first part: shapes, XOR, scales, a line."""

from itertools import pairwise
from typing import Any

import numpy as np

from llm101.check import exercise

HIDE = ("llm101.classical",)


def listed(x: Any) -> Any:
    """An array or a tuple as a list: the exercises do not quarrel about that."""
    return x.tolist() if isinstance(x, np.ndarray) else list(x) if isinstance(x, tuple) else x


# ----------------------------------------------------------------------------------------------- layer_shapes
ex = exercise(
    "01.layer_shapes",
    title="Follow the shapes",
    points=1,
    names=("layer_shapes",),
    mask=HIDE,
    hints=[
        "The number of rows never changes. What is the number of columns after each layer?",
        "A layer from n_in to n_out has a matrix of n_in times n_out weights, and n_out biases.",
        "[(m, size) for size in sizes]; and for the parameters zip(sizes, sizes[1:]) gives (n_in, n_out) of every layer.",
    ],
)


@ex.check("the shapes of the batch", hint="One shape a layer size, the input included: (m, size).")
def _(s, t):
    for m, sizes in [(7, [86, 16, 2]), (1, [3, 5]), (11, [2, 3, 5, 13]), (5, [7])]:
        got, _ = s.layer_shapes(m, sizes)
        t.eq([tuple(shape) for shape in got], [(m, n) for n in sizes], f"the shapes for m = {m}, sizes = {sizes}", mistakes={
            "Those are the shapes of the weight matrices; asked are the shapes of the batch.": list(pairwise(sizes)),
            "The input's own shape is missing: it comes first.": [(m, n) for n in sizes[1:]],
            "Rows and columns are swapped: rows are examples.": [(n, m) for n in sizes],
        })  # fmt: skip


@ex.check("the number of parameters", hint="Weights n_in · n_out and biases n_out, added over all layers.")
def _(s, t):
    for m, sizes in [(7, [86, 16, 2]), (1, [3, 5]), (11, [2, 3, 5, 13]), (5, [7])]:
        pairs = list(pairwise(sizes))
        _, got = s.layer_shapes(m, sizes)
        t.eq(got, sum(a * b + b for a, b in pairs), f"the number of parameters for sizes = {sizes}", mistakes={
            "The biases are missing: one for each output of a layer.": sum(a * b for a, b in pairs),
            "A bias belongs to each output of a layer, not to each input.": sum(a * b + a for a, b in pairs),
            "One bias a layer is too few: each output has its own.": sum(a * b + 1 for a, b in pairs),
            "The number of examples does not matter: every row uses the same parameters.": sum(a * b + m * b for a, b in pairs),
        })  # fmt: skip


# ------------------------------------------------------------------------------------------------ xor_network
ex = exercise(
    "01.xor_network",
    title="XOR by hand",
    points=2,
    names=("xor_network",),
    mask=HIDE,
    hints=[
        "Say in words which two yes-or-no questions about (x1, x2) the hidden neurons could answer, so that the rest is easy.",
        "'The first but not the second' and 'the second but not the first': XOR is when at least one of these is true.",
        "'The first but not the second' is x1 - x2 > 0.5: weights [1, -1], bias -0.5.",
    ],
)
INPUTS = [(0, 0), (0, 1), (1, 0), (1, 1)]
XOR, OR, AND, NAND = [0, 1, 1, 0], [0, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 0]


def answers(network: Any, *, at_zero: int = 0) -> tuple[list[list[int]], list[int]]:
    """What the hidden neurons and the output answer to the four inputs; a sum of exactly 0 gives `at_zero`."""
    w_hidden, b_hidden, w_out, b_out = network

    def fires(inputs: Any, weights: Any, bias: float) -> int:
        total = sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias
        return int(total > 0) if total else at_zero

    hidden = [[fires(x, w, b) for w, b in zip(w_hidden, b_hidden, strict=True)] for x in INPUTS]
    return [list(column) for column in zip(*hidden, strict=True)], [fires(h, w_out, b_out) for h in hidden]


def network_of(s: Any, t: Any) -> list[Any]:
    """The learner's four parts as lists, if they have the right sizes."""
    parts = s.xor_network()
    t.true(
        isinstance(parts, tuple | list) and len(parts) == 4, "return four things: (w_hidden, b_hidden, w_out, b_out)"
    )
    w_hidden, b_hidden, w_out, b_out = (listed(part) for part in parts)
    rows = [len(listed(row)) for row in w_hidden]
    t.eq(rows, [2, 2], "the number of weights of each hidden neuron")
    t.eq([len(b_hidden), len(w_out)], [2, 2], "the numbers of hidden biases and of output weights")
    return [[listed(row) for row in w_hidden], b_hidden, w_out, b_out]


@ex.check(
    "computes XOR", hint="Work out both hidden neurons for all four inputs, then the output. A sum of 0 does not fire."
)
def _(s, t):
    network = network_of(s, t)
    _, output = answers(network)
    if output != XOR and answers(network, at_zero=1)[1] == XOR:
        t.true(False, "a sum of exactly 0 does not fire here (> 0, not >= 0): move a bias by 0.5")
    t.eq(output, XOR, "the output for (0,0), (0,1), (1,0), (1,1)", mistakes={
        "That is OR: (1, 1) must give 0.": OR,
        "That is AND.": AND,
        "That is NAND, 'not both': (0, 0) must give 0.": NAND,
        "That is 'both alike', the opposite of XOR: turn the signs of the output neuron round.": [1, 0, 0, 1],
        "The output never fires: is its bias too low?": [0, 0, 0, 0],
        "The output always fires: is its bias too high?": [1, 1, 1, 1],
    })  # fmt: skip


@ex.check(
    "not the pair of the lesson", hint="Find two other questions: which single inputs could a hidden neuron pick out?"
)
def _(s, t):
    hidden, output = answers(network_of(s, t))
    t.eq(output, XOR, "the output for (0,0), (0,1), (1,0), (1,1)")
    t.true(
        sorted(hidden) != sorted([OR, NAND]),
        "the hidden neurons are OR and NAND, as in the lesson; find another pair",
    )


# ------------------------------------------------------------------------------------------------ standardise
ex = exercise(
    "01.standardise",
    title="Standardise without a leak",
    points=2,
    names=("standardise",),
    mask=HIDE,
    hints=[
        "Two numbers for each column, learnt from `train`, used on both.",
        "train.mean(axis=0) and train.std(axis=0) have one entry a column; both matrices use them.",
        "np.where(deviation == 0, 1.0, deviation) replaces the zeros of constant columns.",
    ],
)


def scaled(train: Any, other: Any, by: Any, *, axis: int | None = 0, ddof: int = 0) -> tuple[Any, Any]:
    """Both, with mean and deviation of `by`."""
    mean, deviation = by.mean(axis=axis), by.std(axis=axis, ddof=ddof)
    return (train - mean) / deviation, (other - mean) / deviation


@ex.check(
    "both matrices, by the training rows", hint="Mean and deviation come from `train` alone, a pair for each column."
)
def _(s, t):
    rng = np.random.default_rng(3)
    train, other = (
        rng.normal(size=(11, 3)) * [1, 5, 0.1] + [0, 7, -3],
        rng.normal(size=(5, 3)) * [2, 3, 0.2] + [1, 5, -2],
    )
    everything, both = np.concatenate([train, other]), s.standardise(train, other)
    t.true(isinstance(both, tuple | list) and len(both) == 2, "return two matrices: `train` and `other`, standardised")
    for got, right, leak, flat, other_ddof, name in zip(
        both,
        scaled(train, other, train),
        scaled(train, other, everything),
        scaled(train, other, train, axis=None),
        scaled(train, other, train, ddof=1),
        ("train", "other"),
        strict=True,
    ):
        t.close(got, right, f"the standardised `{name}`", mistakes={
            "Mean and deviation were taken over training AND other rows: that is the leak.": leak,
            "The other rows were standardised by their own mean and deviation: use those of the training rows.": scaled(train, other, other)[1],
            "One mean for the whole matrix: every column has its own (axis=0).": flat,
            "You divided by n - 1 in the deviation (ddof=1, as pandas does): use np.std.": other_ddof,
            "You only subtracted the mean: divide by the deviation as well.": (train if name == "train" else other) - train.mean(axis=0),
        })  # fmt: skip


@ex.check("a constant column", hint="Its deviation is 0: subtract the mean, and divide by 1 instead.")
def _(s, t):
    train, other = np.array([[0.0, 5.0], [2.0, 5.0], [4.0, 5.0]]), np.array([[2.0, 7.0]])
    with np.errstate(all="ignore"):
        first, second = s.standardise(train, other)
    t.close(first[:, 1], np.zeros(3), "the constant column of `train`", mistakes={
        "0 / 0 is NaN: a constant column must not be divided by its deviation.": np.full(3, np.nan),
    })  # fmt: skip
    t.close(second[:, 1], np.array([2.0]), "that column of `other`", mistakes={
        "2 / 0 is infinite: a constant column must not be divided by its deviation.": np.array([np.inf]),
        "The column became 0: it is moved by the mean of `train`, and 7 - 5 is 2.": np.array([0.0]),
    }, rtol=1e-3)  # fmt: skip


@ex.check("the arguments stay as they were", hint="train -= mean changes the caller's array: write train - mean.")
def _(s, t):
    train, other = np.array([[0.0], [2.0]]), np.array([[4.0]])
    kept = s.run("standardise(train, other); result = [train, other]", train=train, other=other)
    t.close(kept[0], train, "`train` after the call")
    t.close(kept[1], other, "`other` after the call")


# ------------------------------------------------------------------------------------------------- fit_linear
ex = exercise(
    "01.fit_linear",
    title="A line in closed form",
    points=2,
    names=("fit_linear",),
    mask=HIDE,
    hints=[
        "With a column of ones in front of x the bias is one more weight.",
        "np.column_stack([np.ones(len(x)), x]) has shape (M, d + 1); least squares on it gives d + 1 numbers.",
        "solution = np.linalg.lstsq(ones_and_x, y)[0]; the bias is solution[0], the weights solution[1:].",
    ],
)


def with_ones(x: Any) -> Any:
    """A column of ones in front of the columns of x."""
    return np.column_stack([np.ones(len(x)), x])


@ex.check("weights and bias", hint="Put a column of ones in front of x; return (weights, bias), the bias as a float.")
def _(s, t):
    rng = np.random.default_rng(5)
    for m, d in [(13, 3), (29, 5), (7, 1)]:  # with d = 1 two of the mistakes look alike
        x, y = rng.normal(size=(m, d)) + 2, rng.normal(size=m) + 5
        solution = np.linalg.lstsq(with_ones(x), y, rcond=None)[0]
        weights, bias = s.fit_linear(x, y)
        t.close(weights, solution[1:], f"the array of weights for x of shape {(m, d)}", mistakes={
            "There is no bias in your model: put a column of ones in front of x.": np.linalg.lstsq(x, y, rcond=None)[0],
            "The bias is among the weights: return it separately, as the second value.": solution,
            "The last entry was taken for the bias; your ones stand in the first column.": solution[:-1],
            "The first entry was taken for the bias; your ones stand in the last column: the bias belongs to the ones.": np.roll(solution, -1)[1:],
        })  # fmt: skip
        t.close(bias, float(solution[0]), "the bias", mistakes={
            "The bias is not the mean of y: the mean of x times the weights has to be taken off.": float(y.mean()),
        })  # fmt: skip


@ex.check(
    "a column that is a copy of another",
    hint="The inverse does not exist: use np.linalg.lstsq instead of inv or solve.",
)
def _(s, t):
    rng = np.random.default_rng(7)
    x = rng.integers(-3, 4, size=(11, 2)).astype(float)
    x, y = np.column_stack([x, x[:, 0]]), x @ [2.0, -1.0] + 3
    try:
        weights, bias = s.fit_linear(x, y)
    except Exception as e:
        told = "fit_linear failed where two columns of x are equal (X^T X has no inverse): np.linalg.lstsq can do it"
        t.true("ingular" not in str(e), told)
        raise
    t.close(
        weights, np.array([1.0, -1.0, 1.0]), "the array of weights (the shortest of the best)", rtol=1e-6, atol=1e-6
    )
    t.close(bias, 3.0, "the bias", rtol=1e-6, atol=1e-6)
