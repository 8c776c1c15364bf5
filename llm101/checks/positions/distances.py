"""The checks of lesson 08: Shaw's vectors and Transformer-XL's shift. What each wrong answer is called stands beside its value."""

import math

from llm101.check import exercise
from llm101.checks.positions import oracles as o
from llm101.checks.positions.absolute import HIDE, TIGHT

# ------------------------------------------------------------------------------------------------ shaw_scores
ex = exercise(
    "08.shaw_scores",
    title="A vector for each distance",
    points=2,
    names=("shaw_scores",),
    mask=HIDE,
    hints=[
        "j - i runs from 1 - t to t - 1. Clip it to -m … m, then add m: now it is a row of the table, 0 … 2m.",
        "m is (len(table) - 1) // 2. torch.arange(t) - torch.arange(t)[:, None] is j - i for all pairs.",
        "table[which] is (t, t, k): a vector for each pair. Or score all 2m + 1 distances at once, q @ table.T, and gather.",
    ],
)


def data(seed, n, width, m):
    """q, keys, table."""
    return o.normal(seed, n, width), o.normal(seed + 50, n, width), o.normal(seed + 99, 2 * m + 1, width)


def named(q, keys, table):
    """What usually goes wrong, with its value."""
    root, m = math.sqrt(q.shape[1]), (len(table) - 1) // 2
    content, nothing = o.shaw(q, keys, 0 * table), 0 * keys
    far = lambda ahead, m: max(-m, min(m, ahead))  # noqa: E731
    return {
        "The offset is missing: distance -m is row 0, so add m. (A negative index is no error in Python: it counts from the end.)":
            o.shaw(q, keys, table, far),
        "The distance has the wrong sign: it is j - i, key minus query.": o.shaw(q, keys, table, lambda ahead, m: far(-ahead, m) + m),
        "The offset came before the clip to -m … m: clip first, then add m (or clip to 0 … 2m).":
            o.shaw(q, keys, table, lambda ahead, m: max(-m, min(m, ahead + m))),
        "Distances were taken modulo the size of the table: far ones must be clipped.":
            o.shaw(q, keys, table, lambda ahead, m: (ahead + m) % (2 * m + 1)),
        "Distances to both sides share their vectors: before and after are not the same.":
            o.shaw(q, keys, table, lambda ahead, m: min(m, abs(ahead)) + m),
        "The root divides only the content: it divides the whole sum, q · (k + a).":
            content + root * o.shaw(q, nothing, table),
        "The root is missing.": root * o.shaw(q, keys, table),
        "The vectors of the distances were not used.": content,
        "The table's vectors are added to the keys, and the keys are missing from your scores.": o.shaw(q, nothing, table),
        f"The table has 2m + 1 rows, so here m is {m}, and you clipped one too early.":
            o.shaw(q, keys, table, lambda ahead, m: max(1 - m, min(m - 1, ahead)) + m),
    }  # fmt: skip


@ex.check(
    "short texts, nothing to clip",
    hint="Which row of the table is distance 0? Row m, the middle one. Do the indices stay between 0 and 2m?",
)
def _(s, t):
    for seed, (n, width, m) in enumerate([(3, 5, 2), (2, 7, 5)]):
        q, keys, table = data(seed, n, width, m)
        t.close(
            s.shaw_scores(q, keys, table), o.shaw(q, keys, table), "the scores", **TIGHT, mistakes=named(q, keys, table)
        )


@ex.check(
    "texts longer than the table",
    hint="Beyond -m and m all distances share the outermost vector: clamp(-m, m). An index out of range says that a distance was not clipped.",
)
def _(s, t):
    for seed, (n, width, m) in enumerate([(7, 3, 2), (11, 5, 3), (5, 2, 1)]):
        q, keys, table = data(seed + 7, n, width, m)
        t.close(
            s.shaw_scores(q, keys, table), o.shaw(q, keys, table), "the scores", **TIGHT, mistakes=named(q, keys, table)
        )


@ex.check("a table of one vector", hint="m = 0: all distances share one vector, and all is clipped to 0.", weight=0.5)
def _(s, t):
    q, keys, table = data(20, 5, 3, 0)
    t.close(s.shaw_scores(q, keys, table), o.shaw(q, keys, table), "the scores with m = 0", **TIGHT)


# ------------------------------------------------------------------------------------------------------ slide
ex = exercise(
    "08.slide",
    title="From distances to keys",
    points=3,
    names=("slide",),
    mask=HIDE,
    hints=[
        "Draw t = 3, s = 4: the columns are the distances 3, 2, 1, 0, -1, -2. Where does row 0 find its key 0, and where row 1? How far does it move from row to row?",
        "Column c of every row is distance s - 1 - c. Query i and key j are (s - t + i) - j apart. Set the two equal: c = t - 1 - i + j.",
        "torch.arange(s) + (t - 1 - torch.arange(t))[:, None] is that column for all pairs; by_distance.gather(1, column) reads it.",
        "The trick: pad each row by one at the right, flatten, start at t - 1, and cut into rows of m again: each row slides by one.",
    ],
)
SIZES = ((3, 5), (2, 7), (5, 5), (1, 3), (7, 11))

COUNT = """
from torch.overrides import TorchFunctionMode

class Counting(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.calls = 0
    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.calls += 1
        return function(*args, **(kwargs or {}))

result = []
for x in (few, many):
    with Counting() as counting:
        slid = slide(x)
    result += [counting.calls, slid]
"""


@ex.check(
    "every query and key at their distance",
    hint="Take by_distance = the distances themselves, tensor([[2, 1, 0, -1], [2, 1, 0, -1]]): query 0 stands at place 1, query 1 at place 2. "
    "An index out of range: is t different from s? The result has s columns, s = m - t + 1.",
    weight=2.0,
)
def _(s, t):
    for seed, (n, keys) in enumerate(SIZES):
        x = o.normal(seed, n, keys + n - 1)
        found = {
            "The rows do not slide: query i begins t - 1 - i columns from the left.": o.slide(x, lambda i, j, t, s: j),
            "The rows slide the wrong way: a LATER query begins further to the left, since its keys are further back.":
                o.slide(x, lambda i, j, t, s: i + j),
            "Off by one: the last query begins in column 0, so query i in column t - 1 - i. (In the trick: start at t - 1, not at t.)":
                o.slide(x, lambda i, j, t, s: t - i + j),
            "Off by one: the last query begins in column 0; yours begins one too far to the left.":
                o.slide(x, lambda i, j, t, s: t - 2 - i + j),
            "The distances run the wrong way: the first column holds the LARGEST distance back, s - 1.":
                o.slide(x, lambda i, j, t, s: (s - t + i) - j + t - 1),
            "The queries are the LAST t of the s tokens: query i stands at place s - t + i, not at place i.":
                o.slide(x, lambda i, j, t, s: s - 1 - i + j),
        }  # fmt: skip
        if n == 1:  # a single row cannot slide: most mistakes are right there
            found = {}
        t.close(s.slide(x), o.slide(x), f"the result for t = {n}, s = {keys}", **TIGHT, mistakes=found)


@ex.check(
    "without a loop over the rows",
    hint="One gather with a (t, s) index, or pad, flatten, cut: a fixed number of torch calls, however many rows there are.",
)
def _(s, t):
    small, large = o.normal(1, 3, 7), o.normal(2, 31, 41)
    n_small, got_small, n_large, got_large = s.run(COUNT, few=small, many=large)
    t.close([got_small, got_large], [o.slide(small), o.slide(large)], "the results for 3 and 31 rows", **TIGHT)
    t.true(
        n_small == n_large,
        f"With 3 rows torch was called {n_small} times and with 31 rows {n_large} times: there is a loop over the rows. Find one call for all.",
    )


@ex.check("the input stays as it was", hint="Do not write into by_distance.", weight=0)
def _(s, t):
    x = o.normal(3, 5, 11)
    after = s.run("slide(x)\nresult = x", x=x)
    t.close(after, x, "by_distance after the call", rtol=0, atol=0)
