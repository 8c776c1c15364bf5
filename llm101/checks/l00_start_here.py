"""The checks of lesson 00: five short functions before take-off. Wrong answers with a name are computed beside the right ones."""

import math
import random

from llm101.check import exercise

# ---------------------------------------------------------------------------------------------- product_shape
ex = exercise(
    "00.product_shape",
    title="Will these two matrices multiply?",
    points=1,
    names=("product_shape",),
    hints=[
        "Entry (i, j) of the product is row i of A times column j of B. So what do the rows of A have to be as long as?",
        "The inner numbers must agree: a[1] == b[0]. The outer ones remain.",
        "if a[1] != b[0]: raise ValueError(f'{a[1]} columns do not meet {b[0]} rows'); else return (a[0], b[1])",
    ],
)


@ex.check("the outer numbers remain", hint="(2, 3) times (3, 5) has 2 rows, from A, and 5 columns, from B.")
def _(s, t):
    for a, b in [((2, 3), (3, 5)), ((7, 1), (1, 11)), ((1, 5), (5, 1)), ((13, 13), (13, 13))]:
        t.eq(s.product_shape(a, b), (a[0], b[1]), f"the shape of {a} times {b}", mistakes={
            "You returned the inner numbers; those are summed over and vanish.": (a[1], b[0]),
            "You multiplied number by number, as for `*`; the product of matrices sums over the inner number.":
                (a[0] * b[0], a[1] * b[1]),
            "Rows and columns are swapped: rows come from A, columns from B.": (b[1], a[0]),
        })  # fmt: skip


@ex.check(
    "what does not fit raises",
    hint="Where the inner numbers differ write `raise ValueError(...)` with both of them in its text: do not return, print or assert it.",
)
def _(s, t):
    for a, b in [((2, 3), (7, 2)), ((5, 11), (5, 13))]:
        for number in (a[1], b[0]):  # in any order
            t.raises("ValueError", s.product_shape, a, b, match=str(number))


# ---------------------------------------------------------------------------------------------------- softmax
ex = exercise(
    "00.softmax",
    title="From scores to probabilities",
    points=2,
    names=("softmax",),
    hints=[
        "Write the formula first, without caring about large numbers, until softmax([0, ln 3]) gives [0.25, 0.75].",
        "Replace every z by z - max(z). Top and bottom of the fraction are both divided by e**max, so nothing changes.",
        "powers = [math.exp(z - max(scores)) for z in scores]; then divide each by sum(powers).",
    ],
)


def soft(scores: list[float], sign: float = 1.0) -> list[float]:
    """Softmax, slow and stable; sign = -1 is the mistake of a minus too many."""
    return [1 / sum(math.exp(min(sign * (other - z), 700.0)) for other in scores) for z in scores]


@ex.check("small scores", hint="All results are positive and sum to 1; a larger score has a larger probability.")
def _(s, t):
    for scores in ([0.0, math.log(3)], [1.0, 2.0, 3.0], [-1.0, 0.5, 0.5, 2.0, -3.0], [5.0]):
        powers = [math.exp(z) for z in scores]
        t.close(s.softmax(scores), soft(scores), f"softmax({[round(z, 3) for z in scores]})", mistakes={
            "They do not sum to 1: divide by the sum of all powers.": powers,
            "They do not sum to 1: divide by the sum of all powers (you subtracted the largest, which is good).":
                [p / max(powers) for p in powers],
            "You divided by the sum of the scores: take the powers first, then divide by THEIR sum.":
                [p / (sum(scores) or 1.0) for p in powers],
            "You divided the scores themselves by their sum: the powers are missing.":
                [z / (sum(scores) or 1.0) for z in scores],
            "A minus too many: the largest score must get the largest probability.": soft(scores, -1.0),
        })  # fmt: skip


@ex.check("large scores", hint="Subtract the largest score from all of them before you take powers.")
def _(s, t):
    try:
        t.close(s.softmax([1000.0, 1000.0]), [0.5, 0.5], "softmax([1000, 1000])")
    except OverflowError:
        t.true(False, "math.exp(1000) is too large for a float: subtract the largest score first")
    t.close(s.softmax([1000.0, 1000.0 + math.log(3)]), [0.25, 0.75], "softmax([1000, 1000 + ln 3])")


@ex.check(
    "small and far apart", hint="After subtracting the LARGEST score, the largest power is 1 and the sum cannot be 0."
)
def _(s, t):
    for scores in ([-1000.0, -1000.0, -1000.0], [-1000.0, 0.0, 800.0]):
        try:
            t.close(s.softmax(scores), soft(scores), f"softmax({scores})")
        except (ZeroDivisionError, OverflowError):
            t.true(False, "subtract the LARGEST score (not the smallest, the mean or a fixed number)")


@ex.check("the argument stays as it was", hint="Build a new list; do not write into scores[i].")
def _(s, t):
    code = "scores = [2.0, -1.0, 5.0]\nsoftmax(scores)\nresult = scores"
    t.eq(s.run(code), [2.0, -1.0, 5.0], "the caller's list after the call")


# -------------------------------------------------------------------------------------------------- text_bits
ex = exercise(
    "00.text_bits",
    title="What does a text cost?",
    points=2,
    names=("text_bits",),
    hints=[
        "The logarithm of a product is the sum of the logarithms.",
        "math.log2(p) is negative for p < 1; the cost is its negative. math.log2(0) is an error: look for 0 first.",
        "if 0 in probabilities: return math.inf; otherwise add up -math.log2(p).",
    ],
)


@ex.check(
    "adds up bits", hint="A probability of 1/2 costs one bit, 1/4 two bits, 1 nothing. The whole text, not the mean."
)
def _(s, t):
    for ps in ([0.5, 0.25], [1.0, 0.125, 0.5], [0.3, 0.9, 0.07, 0.5, 0.11]):
        bits = [-math.log2(p) for p in ps]
        t.close(s.text_bits(ps), sum(bits), f"text_bits({ps})", mistakes={
            "That is in nats: use math.log2, or divide by ln 2.": sum(bits) * math.log(2),
            "That is the mean per word; the cost of the whole text is the sum.": sum(bits) / len(bits),
            "The sign: a cost is positive, the logarithm of a probability is not.": -sum(bits),
            "You added the probabilities; the words' probabilities multiply.": -math.log2(sum(ps)),
            "That is the probability itself; its cost is -log2 of it.": math.prod(ps),
        })  # fmt: skip


@ex.check("no words, certain words", hint="The empty product is 1, and 1 costs nothing.")
def _(s, t):
    t.close(s.text_bits([]), 0.0, "text_bits([])")
    t.close(s.text_bits([1.0, 1.0, 1.0]), 0.0, "text_bits([1, 1, 1])")


@ex.check("a long text", hint="0.1 to the power 2,000 is 0 for a float. Take the logarithm of each, then add.")
def _(s, t):
    try:
        t.close(s.text_bits([0.1] * 2000), 2000 * math.log2(10), "the cost of 2,000 words of probability 0.1", mistakes={
            "The product became 0: add logarithms, do not multiply probabilities.": math.inf,
        })  # fmt: skip
    except ValueError:
        t.true(False, "the product became 0 and 0 has no logarithm: add logarithms, do not multiply probabilities")


@ex.check("an impossible word", hint="Look for a 0 before taking logarithms; return math.inf then.")
def _(s, t):
    try:
        t.eq(s.text_bits([0.5, 0.0, 0.5]), math.inf, "text_bits([0.5, 0, 0.5])", mistakes={
            "You left the impossible word out; a model that says 0 and is wrong pays without limit.": 2.0,
        })  # fmt: skip
    except ValueError:
        t.true(False, "math.log2(0) raises ValueError: look for a 0 first")


# ------------------------------------------------------------------------------------------------------ slope
ex = exercise(
    "00.slope",
    title="The slope of a function",
    points=2,
    names=("slope",),
    hints=[
        "You need f at two points that differ from x in one entry only.",
        "Make two copies with list(x); add h to entry i of one and subtract h from entry i of the other.",
        "(f(up) - f(down)) / (2 * h): the two points lie 2h apart.",
    ],
)
BOWL = "f = lambda v: v[0] ** 2 + 7 * v[1] + v[0] * v[2]\n"


@ex.check(
    "a bowl",
    hint="Two copies of x, each made with list(x); entry i up by h in one, down in the other; (f(up) - f(down)) / (2 * h) with the brackets.",
)
def _(s, t):
    for i, want in enumerate([8.0, 7.0, 3.0]):
        got = s.run(BOWL + "result = slope(f, [3.0, 1.0, 2.0], i)", i=i)
        t.close(got, want, f"the slope along entry {i}", mistakes={
            "The two points lie 2h apart: divide by 2h, not by h.": 2 * want,
            "All entries moved: only entry i may.": 18.0,
            "The sign: up minus down, not down minus up.": -want,
            "You divided by 2 but not by h.": want * 1e-4,
            "`/ 2 * h` divides by 2 and then MULTIPLIES by h: write `/ (2 * h)`.": want * 1e-8,
        })  # fmt: skip


@ex.check(
    "central, with the given h",
    hint="Use the argument h, and go the same way up and down: for v³ at 1 with h = 0.5 that gives 3.25.",
)
def _(s, t):
    got = s.run("result = slope(lambda v: v[0] ** 3, [1.0], 0, 0.5)")
    t.close(got, 3.25, "the central difference of v³ at 1 with h = 0.5", mistakes={
        "That is the forward difference (f(x + h) - f(x)) / h; go down by h as well, its error is much smaller.": 4.75,
        "That is the backward difference (f(x) - f(x - h)) / h; go up by h as well.": 1.75,
        "You did not use the argument h.": 3.00000001,
        "The two points lie 2h apart: divide by 2h, not by h.": 6.5,
    })  # fmt: skip
    got = s.run("result = slope(lambda v: v[0] ** 2, [0.123456], 0)")
    t.close(got, 0.246912, "the slope of v² at 0.123456", mistakes={
        "You rounded the result: return the number as it is.": 0.247,
    })  # fmt: skip


@ex.check("x stays as it was", hint="x[i] += h changes the caller's list. Work on a copy: list(x).")
def _(s, t):
    code = "x = [3.0, 1.0]\nslope(lambda v: v[0] * v[1], x, 1)\nresult = x"
    t.eq(s.run(code), [3.0, 1.0], "the caller's x after the call")


# ----------------------------------------------------------------------------------------------------- greedy
ex = exercise(
    "00.greedy",
    title="Write with a table of counts",
    points=3,
    names=("greedy",),
    hints=[
        "Keep a list of words, at first [start]; look at its last word, find the best follower, append, repeat.",
        "counts.get(words[-1], {}) is empty where nothing was ever seen: stop there.",
        "min(followers, key=lambda word: (-followers[word], word)) is the most frequent, and of equals the first in order.",
    ],
)
CATS = {
    "the": {"cat": 5, "mat": 3},
    "cat": {"sat": 2, "is": 1},
    "sat": {"on": 7},
    "on": {"the": 4, "a": 1},
    "a": {"mat": 1},
}


def walk(
    counts: dict, start: str, n: int, *, last: bool = False, first_seen: bool = False, rarest: bool = False
) -> list[str]:
    """The right answer, or with one switch a wrong one that has a name."""
    words = [start]
    while len(words) <= n and counts.get(words[-1]):
        followers = counts[words[-1]]
        best = (min if rarest else max)(followers.values())
        tied = [word for word in followers if followers[word] == best]
        words.append(tied[0] if first_seen else sorted(tied)[-1 if last else 0])
    return words


@ex.check(
    "follows the most frequent word", hint="After 'the' comes 'cat' (5 times), after 'cat' comes 'sat' (2 times)."
)
def _(s, t):
    want = walk(CATS, "the", 5)
    t.eq(s.greedy(CATS, "the", 5), want, "greedy(counts, 'the', 5)", mistakes={
        "You returned n words in all; n words are ADDED to the start.": want[:-1],
        "The start is missing: return it too.": want[1:],
        "You took the rarest word.": walk(CATS, "the", 5, rarest=True),
        "You went on from the start each time, not from the word added last.": ["the", *["cat"] * 5],
        "Return a list of words, not one text.": " ".join(want),
    })  # fmt: skip
    t.eq(s.greedy(CATS, "the", 0), ["the"], "greedy(counts, 'the', 0)")


@ex.check(
    "stops where nothing follows",
    hint="Nothing was ever seen after that word: stop. It may be missing from counts, or have an empty dict.",
)
def _(s, t):
    table = {"the": {"cat": 2, "mat": 1}, "cat": {"sat": 1}, "dog": {}}
    try:
        t.eq(s.greedy(table, "the", 7), ["the", "cat", "sat"], "greedy(counts, 'the', 7)")
        t.eq(s.greedy(table, "dog", 3), ["dog"], "the result for a word with an empty dict")
        t.eq(s.greedy({}, "the", 3), ["the"], "the result for an empty table")
    except (KeyError, ValueError):
        t.true(False, "nothing was ever seen after that word: stop and return what you have")


@ex.check(
    "equals: the first in order",
    hint="Of words with the same count the one that sorts first wins: min with the key (-count, word).",
)
def _(s, t):
    table = {"a": {"c": 2, "d": 2, "b": 2, "e": 1}, "b": {"z": 3, "y": 3}}
    t.eq(s.greedy(table, "a", 2), ["a", "b", "y"], "greedy(counts, 'a', 2)", mistakes={
        "Of equals you took the one that was counted first: max() keeps the first it meets. Sort them.":
            walk(table, "a", 2, first_seen=True),
        "Of equals you took the last in order: max over (count, word) prefers the later word.": walk(table, "a", 2, last=True),
    })  # fmt: skip


@ex.check("random tables", hint="Look at the last word of the list each time, and count the words that were added.")
def _(s, t):
    for seed in range(5):
        rng = random.Random(seed)
        table = {w: {f: rng.randrange(1, 4) for f in rng.sample("abcdefg", 3)} for w in rng.sample("abcdefg", 5)}
        t.eq(s.greedy(table, "a", 11), walk(table, "a", 11))
