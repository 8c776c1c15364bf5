"""The checks of lesson 01, second part: choosing on validation, and what the best of many is worth."""

from itertools import product
from math import comb, prod
from typing import Any

import numpy as np

from llm101.check import exercise
from llm101.checks.machine_learning.fitting import HIDE

# ---------------------------------------------------------------------------------------------- choose_degree
ex = exercise(
    "01.choose_degree",
    title="Choose a degree, then report",
    points=3,
    names=("choose_degree",),
    mask=HIDE,
    hints=[
        "Which of the three parts may each of these use: the coefficients, the choice, the number that you report?",
        "np.polyfit(*train, degree) for every degree from 1 to largest; compare the errors on validation; report on test.",
        "min(range(1, largest + 1), key=validation_error) chooses; a small inner function error(degree, part) serves both.",
    ],
)


def parts(seed: int, noise: float = 0.3) -> tuple:
    """Three parts of a noisy curve, 23, 17 and 13 points."""
    rng = np.random.default_rng(seed)
    found = []
    for m in (23, 17, 13):
        x = rng.uniform(-1, 1, size=m)
        found.append((x, np.sin(np.pi * x) + noise * rng.normal(size=m)))
    return tuple(found)


def errors(fitted: Any, part: Any, largest: int) -> list[float]:
    """Mean squared error on `part` of each degree from 1 to `largest`."""
    return [
        float(((np.polyval(np.polyfit(fitted[0], fitted[1], d), part[0]) - part[1]) ** 2).mean())
        for d in range(1, largest + 1)
    ]


def telling(largest: int) -> tuple[tuple, list[list[float]]]:
    """Parts on which every wrong way to choose finds another degree than every other way; and their errors."""
    for seed in range(1000):
        data = parts(seed)
        found = [errors(data[0], part, largest) for part in data]
        best = [int(np.argmin(e)) for e in found]
        if len({*best, best[1] - 1, int(np.argmax(found[1]))}) == 5:
            return data, found
    raise AssertionError("no such data")


@ex.check(
    "the degree is chosen on validation",
    hint="Fit on train, compare on validation. The test points take no part in the choice.",
)
def _(s, t):
    for largest in (5, 7):
        data, (on_train, on_validation, on_test) = telling(largest)
        degree, _ = s.choose_degree(*data, largest)
        t.eq(degree, int(np.argmin(on_validation)) + 1, f"the degree chosen from 1 to {largest}", mistakes={
            "You chose by the training error: it always prefers the largest degree.": int(np.argmin(on_train)) + 1,
            "You chose by the TEST error: then the number that you report is too good.": int(np.argmin(on_test)) + 1,
            "Counted from 0: the first degree is 1.": int(np.argmin(on_validation)),
            "You took the degree with the largest error.": int(np.argmax(on_validation)) + 1,
        })  # fmt: skip


@ex.check("the largest degree counts too", hint="range(1, largest) ends before largest.")
def _(s, t):
    x = np.linspace(-1, 1, 29)
    cubic = (x, x**3 - x / 2)
    degree, error = s.choose_degree(cubic, (x[::2] + 0.01, (x[::2] + 0.01) ** 3 - (x[::2] + 0.01) / 2), cubic, 3)
    t.eq(degree, 3, "the degree chosen from 1 to 3 for points of a cubic", mistakes={
        "Degree 3 was never tried: range(1, largest) ends before it.": 2,
        "Degree 3 was never tried: range(1, largest) ends before it, and odd degrees fit best.": 1,
    })  # fmt: skip
    t.close(error, 0.0, "the test error")


@ex.check("the smallest degree is 1", hint="range(largest + 1) begins at 0: begin at 1.")
def _(s, t):
    x = np.linspace(-1, 1, 11)
    flat = (x, np.zeros(11))
    degree, error = s.choose_degree((x, x), flat, flat, 1)
    t.eq(degree, 1, "the degree chosen from 1 to 1, where a constant would fit better", mistakes={
        "Degree 0, a constant, was tried too: the first degree is 1.": 0,
    })  # fmt: skip
    t.close(error, float((x**2).mean()), "the test error")


@ex.check(
    "the report is the error on the test points",
    hint="The polynomial of the chosen degree, fitted on train, measured on test.",
)
def _(s, t):
    data, (on_train, on_validation, on_test) = telling(7)
    chosen = int(np.argmin(on_validation))
    both = tuple(np.concatenate(pair) for pair in zip(*data[:2], strict=True))
    _, error = s.choose_degree(*data, 7)
    t.close(error, on_test[chosen], "the reported error", mistakes={
        "That is the validation error: it helped to choose, so it is too good.": on_validation[chosen],
        "That is the training error.": on_train[chosen],
        "That is the smallest test error of all degrees: report the one of the chosen degree.": min(on_test),
        "That is the root of the mean squared error.": on_test[chosen] ** 0.5,
        "You fitted again on training and validation points together. People do, but the task wants the fit on train.": errors(both, data[2], 7)[chosen],
    })  # fmt: skip


# ---------------------------------------------------------------------------------------------- expected_best
ex = exercise(
    "01.expected_best",
    title="What the best of many is worth",
    points=3,
    names=("expected_best",),
    mask=HIDE,
    hints=[
        "Begin with one model: how likely is it that it gets x or fewer right? Add up P(0) to P(x).",
        "The best of k gets x or fewer right only if every one of the k does: that probability to the power k.",
        "P(best is x) = F(x)**k - F(x - 1)**k, where F(x) is one model's P(x or fewer) and F(-1) = 0. Sum x times that, divide by n.",
    ],
)
TRIALS = [(2, 2, 0.4), (3, 5, 0.7), (60, 200, 0.9), (7, 11, 0.95), (1000, 31, 0.5)]


def chances(n: int, p: float) -> list[float]:
    """P(x right of n) for x = 0 to n: binomial."""
    return [comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1)]


def by_cases(k: int, n: int, p: float) -> float:
    """The expected best share by going through all (n + 1)^k ways in which k models can fare: slow and obvious."""
    found, every = chances(n, p), product(range(n + 1), repeat=k)
    return sum(max(case) * prod(found[x] for x in case) for case in every) / n


def best_of(k: int, n: int, p: float) -> float:
    """The same, as the sum of P(best > x) = 1 - F(x)^k over x = 0 to n - 1."""
    return float((1 - np.cumsum(chances(n, p))[:-1] ** k).sum() / n)


def worst_of(k: int, n: int, p: float) -> float:
    """A wrong answer that has a name: the sum of P(worst > x) = (1 - F(x))^k."""
    return float(((1 - np.cumsum(chances(n, p))[:-1]) ** k).sum() / n)


def powered(k: int, n: int, p: float) -> float:
    """A wrong answer that has a name: P(exactly x)^k for P(best is x), made to sum to 1."""
    weights = np.array(chances(n, p)) ** k
    return float((np.arange(n + 1) * weights).sum() / weights.sum() / n)


def undivided(k: int, n: int, p: float) -> float:
    """A wrong answer that has a name: P(best is x or fewer) where P(best is exactly x) belongs."""
    return float((np.arange(n + 1) * np.cumsum(chances(n, p)) ** k).sum() / n)


UNDIVIDED = "You weighted x with P(x or fewer): P(exactly x) is the difference F(x)^k - F(x - 1)^k."


@ex.check("one model", hint="The best of one is that model: p on average, and exactly so: no random numbers.")
def _(s, t):
    for n, p in [(7, 0.3), (1, 0.5), (200, 0.9)]:
        t.close(s.expected_best(1, n, p), p, f"the result for k = 1, n = {n}, p = {p}", rtol=1e-9, atol=1e-9, mistakes={
            "That is the number of right answers; divide by n.": n * p,
            "That is too high by 1/n: P(best > x) is 1 - F(x)^k, and F(x) includes x itself.": p + 1 / n,
            "The case that all n are right is missing: x runs from 0 to n, n included.": p - p**n,
            UNDIVIDED: undivided(1, n, p),
        })  # fmt: skip


@ex.check("few models and examples, all cases counted", hint="For k = 2, n = 2 go through all nine cases on paper.")
def _(s, t):
    for k, n, p in TRIALS[:2]:
        t.close(s.expected_best(k, n, p), by_cases(k, n, p), f"the result for k = {k}, n = {n}, p = {p}", rtol=1e-9, atol=1e-9, mistakes={
            "That is what one model scores on average: the best of k does better by luck.": p,
            "That is the WORST of k: all of them above x, instead of not all at x or below.": worst_of(k, n, p),
            "The case that the best gets all n right is missing: x runs from 0 to n, n included.": by_cases(k, n, p) - (1 - (1 - p**n) ** k),
            UNDIVIDED: undivided(k, n, p),
            "You raised P(exactly x) to the power k: it is P(x or fewer) that every one of the k must meet.": powered(k, n, p),
        })  # fmt: skip


@ex.check("many models", hint="P(best is at most x) is F(x)^k. Is every sum from 0 to n complete?")
def _(s, t):
    for k, n, p in TRIALS[2:]:
        t.close(s.expected_best(k, n, p), best_of(k, n, p), f"the result for k = {k}, n = {n}, p = {p}", rtol=1e-6, atol=1e-6, mistakes={
            "That is what one model scores on average: the best of k does better by luck.": p,
            "That is the WORST of k.": worst_of(k, n, p),
        })  # fmt: skip
