"""The checks of lesson 02, part 2: near duplicates."""

import random

from llm101.check import exercise
from llm101.checks.corpus_cleaning import oracles as o
from llm101.checks.corpus_cleaning.filters import HIDE

# ---------------------------------------------------------------------------------------------------- jaccard
ex = exercise(
    "02.jaccard",
    title="How alike are two pages?",
    points=2,
    names=("jaccard",),
    mask=HIDE,
    hints=[
        "A text of m words has m - n + 1 runs of n. Put them into a set, as tuples: a list cannot be in a set.",
        "For sets, a & b is what is in both and a | b what is in at least one.",
        "{tuple(words[i : i + n]) for i in range(len(words) - n + 1)}, and {tuple(words)} if there are fewer than n words.",
    ],
)


@ex.check(
    "shared over all", hint="Write down the two sets of pairs of words, then those in both and those in at least one."
)
def _(s, t):
    # shingles: {ab, bc, cd, de, ef} and {xb, bc, cd}: 2 shared, 6 in all
    t.close(s.jaccard("a b c d e f", "x b c d", 2), 2 / 6, mistakes={
        "You divided by the shingles of both texts together, shared ones twice: a union counts each once.": 2 / 8,
        "You divided by the smaller set: that says how much of it lies in the other, not how alike they are.": 2 / 3,
        "You divided by the first set; divide by the shingles in at least one.": 2 / 5,
        "You counted single words, not runs of n.": 3 / 7,
        "A run is missing at the end of each text: there are len(words) - n + 1 of them.": 1 / 5,
        "That is 2 × shared / (both sizes), the Dice coefficient: related, but not Jaccard's.": 4 / 8,
        "You counted runs of n characters, not of n words.": jaccard_of_characters("a b c d e f", "x b c d", 2),
        "You returned how many shingles they share.": 2,
    })  # fmt: skip


def jaccard_of_characters(a: str, b: str, n: int) -> float:
    """A mistake: runs of characters."""
    first, second = ({text[i : i + n] for i in range(len(text) - n + 1)} for text in (a, b))
    return len(first & second) / len(first | second)


@ex.check("a shingle counts once", hint="'to be' stands twice in the first text, and once in the set.")
def _(s, t):
    t.close(s.jaccard("to be or not to be", "to be or not", 2), 3 / 4, mistakes={
        "You counted a repeated shingle twice: use sets.": 3 / 5,
    })  # fmt: skip
    t.close(s.jaccard("To BE or", "to be OR", 2), 1.0, "the result for texts that differ in case", mistakes={
        "Capital letters made a difference: lower() the texts.": 0.0,
    })  # fmt: skip


@ex.check("short and empty texts", hint="Fewer than n words: the one shingle is tuple(words). No words: no shingle.")
def _(s, t):
    t.close(s.jaccard("a b", "a b", 5), 1.0, "the result for two equal texts of 2 words, n = 5", mistakes={
        "A text of fewer than n words has one shingle, all of it.": 0.0,
    })  # fmt: skip
    t.close(s.jaccard("a b", "a c", 5), 0.0, "the result for 'a b' and 'a c', n = 5", mistakes={
        "Two different short texts became equal: each has one shingle, all of its words.": 1.0,
    })  # fmt: skip
    t.close(s.jaccard("", "  ", 3), 1.0, "the result for two texts without words")
    t.close(s.jaccard("", "a", 3), 0.0, "the result for a text without words and one with a word")


@ex.check("random texts", hint="Compare with a count by hand for the two texts of the call.")
def _(s, t):
    rng = random.Random(5)
    for n in (1, 2, 3, 5):
        a, b = (" ".join(rng.choices("abc", k=13)) for _ in range(2))
        t.close(s.jaccard(a, b, n), o.jaccard(a, b, n))


# ---------------------------------------------------------------------------------------------------- minhash
ex = exercise(
    "02.minhash",
    title="MinHash",
    points=3,
    names=("signature", "estimate"),
    mask=HIDE,
    hints=[
        "One order at a time: what place does each item have in it, and which place is the smallest?",
        "The smallest PLACE, not the place of the smallest item; and not the item that has it.",
        "[min((a * x + b) % prime for x in items) for a, b in orders]; estimate counts equal positions and divides by the length.",
    ],
)

PRIME = 10_007


@ex.check("the smallest place in each order", hint="For the first order write down the place of every item.")
def _(s, t):
    items, orders = {1, 4, 6}, [(1, 0), (3, 2), (5, 6), (2, 3)]
    t.eq(s.signature(items, orders, 7), o.signature(items, orders, 7), "the signature", mistakes={
        "You forgot `% prime`: without it these are not orders at random.": [min(a * x + b for x in items) for a, b in orders],
        "You took the largest place.": [max((a * x + b) % 7 for x in items) for a, b in orders],
        "You returned the item that comes first, not its place.": [first_item(items, a, b, 7) for a, b in orders],
        "You took the place of the smallest item; another item may come first.": [(a * min(items) + b) % 7 for a, b in orders],
        "One number came for each item, not one for each order.": [min((a * x + b) % 7 for a, b in orders) for x in sorted(items)],
        "You took `% prime` of a * x only: (a * x + b) % prime.": [min(a * x % 7 + b for x in items) for a, b in orders],
    })  # fmt: skip


def first_item(items: set[int], a: int, b: int, prime: int) -> int:
    """A mistake: the item, not its place."""
    return min(items, key=lambda x: (a * x + b) % prime)


@ex.check("the share of equal positions", hint="Compare position by position: zip(first, second).")
def _(s, t):
    first, second = [5, 3, 3, 8, 1], [5, 1, 3, 9, 3]
    t.close(s.estimate(first, second), 2 / 5, "the estimate", mistakes={
        "You compared the sets of numbers: only equal numbers at the same position count.": len(set(first) & set(second)) / len(set(first) | set(second)),
        "You returned how many agree, not the share.": 2.0,
        "That is the share of positions that differ.": 3 / 5,
    })  # fmt: skip
    t.close(s.estimate([7], [7]), 1.0, "the estimate of [7] and [7]")


@ex.check(
    "the estimate comes near the truth",
    hint="With 1,009 orders it is off by more than 0.07 once in a hundred thousand times.",
)
def _(s, t):
    orders = o.random_orders(0, 1_009, PRIME)
    rng = random.Random(7)
    for shared in (11, 53, 97):
        pool = rng.sample(range(PRIME), 211 - shared)
        middle = (211 + shared) // 2 - shared
        a, b = set(pool[: middle + shared]), set(pool[middle:])
        true = len(a & b) / len(a | b)
        got = s.estimate(s.signature(a, orders, PRIME), s.signature(b, orders, PRIME))
        t.close(got, true, f"the estimate of a Jaccard similarity of {true:.3f}", rtol=0, atol=0.07)


@ex.check(
    "against places sorted by hand",
    hint="Follow one order of the call: sort the places of all items; the first one counts.",
)
def _(s, t):
    rng = random.Random(11)
    for seed in range(5):
        items, orders = set(rng.sample(range(97), 13)), o.random_orders(seed, 17, 101)
        t.eq(s.signature(items, orders, 101), o.signature(items, orders, 101), "the signature")


# ----------------------------------------------------------------------------------------------- choose_bands
ex = exercise(
    "02.choose_bands",
    title="How many bands?",
    points=3,
    names=("found", "choose_bands"),
    mask=HIDE,
    hints=[
        "All rows of one band agree: probability s ** rows. This band does not agree: 1 minus that. No band agrees: ...",
        "From one band to all of them: P(no band agrees) is P(this band does not agree) to a power; which? Then at least one. For choose_bands go through the divisors of k.",
        "found = 1 - (1 - s ** rows) ** bands. for rows in range(k, 0, -1): if k % rows == 0 and found(s, k // rows, rows) >= recall: return (k // rows, rows). After the loop: None.",
    ],
)


@ex.check(
    "at least one band agrees",
    hint="Work from the inside: one row, all rows of a band, not this band, none of the bands, at least one.",
)
def _(s, t):
    want = 1 - (1 - 0.8 * 0.8 * 0.8) ** 2  # two bands of three rows
    t.close(s.found(0.8, 2, 3), want, "found(0.8, 2, 3)", mistakes={
        "Rows and bands are the wrong way round: rows is the exponent of s.": o.found(0.8, 3, 2),
        "That is the probability that NO band agrees: take 1 minus it.": 1 - want,
        "That is the probability that all rows of all bands agree.": 0.8**6,
        "That is the probability of a single band.": 0.8**3,
        "You multiplied the probability of one band by the number of bands; two bands may both agree.": 2 * 0.8**3,
    })  # fmt: skip
    t.close(s.found(0.5, 2, 1), 0.75, "found(0.5, 2, 1)", mistakes={
        "That is the probability that NO band agrees: take 1 minus it.": 0.25,
        "You multiplied the probability of one band by the number of bands; two bands may both agree.": 1.0,
        "That is the probability of a single band.": 0.5,
    })  # fmt: skip
    want = o.found(0.7, 5, 3)
    t.close(s.found(0.7, 5, 3), want, "found(0.7, 5, 3)", mistakes={
        "Rows and bands are the wrong way round: rows is the exponent of s.": o.found(0.7, 3, 5),
        "That is the probability that NO band agrees: take 1 minus it.": 1 - want,
        "That is the probability that all rows of all bands agree.": 0.7**15,
        "You multiplied the probability of one band by the number of bands; two bands may both agree.": 5 * 0.7**3,
    })  # fmt: skip
    t.close(s.found(1.0, 7, 11), 1.0, "found(1.0, 7, 11)")
    t.close(s.found(0.0, 7, 11), 0.0, "found(0.0, 7, 11)")


@ex.check(
    "the most rows that are good enough",
    hint="List the six shapes of 12 with their probabilities: which are at least 0.9, and which of these has the most rows?",
)
def _(s, t):
    t.eq(s.choose_bands(12, 0.8, 0.9), (4, 3), "choose_bands(12, 0.8, 0.9)", mistakes={
        "The order is (bands, rows).": (3, 4),
        "That shape finds the most pairs; wanted is the one with the most rows that is good enough.": (12, 1),
        "That shape has the most rows, but finds pairs of this similarity too seldom.": (1, 12),
    })  # fmt: skip
    t.eq(s.choose_bands(7, 0.8, 0.75), (7, 1), "choose_bands(7, 0.8, 0.75) (7 is prime: two shapes)", mistakes={
        "bands * rows must be exactly k: a shape with numbers left over is not allowed.": (2, 3),
    })  # fmt: skip


@ex.check(
    "none is good enough", hint="With one row a band the probability is greatest; if that is not enough nothing is."
)
def _(s, t):
    t.eq(s.choose_bands(5, 0.1, 0.9), None, "choose_bands(5, 0.1, 0.9)")
    t.eq(s.choose_bands(8, 1.0, 1.0), (1, 8), "choose_bands(8, 1.0, 1.0)", mistakes={
        "`recall` or more: use >=, not >.": None,
    })  # fmt: skip


@ex.check(
    "what Lee et al. 2022 used",
    hint="They have 9,000 numbers in 450 bands of 20 rows; pairs of similarity 0.8 are found with probability 0.9946.",
)
def _(s, t):
    t.close(s.found(0.8, 450, 20), 0.99459, "found(0.8, 450, 20)")
    t.eq(s.choose_bands(9_000, 0.8, 0.99), (450, 20), "choose_bands(9000, 0.8, 0.99)", mistakes={
        "The order is (bands, rows).": (20, 450),
    })  # fmt: skip
    for k, similar, recall in ((30, 0.7, 0.8), (128, 0.8, 0.95), (61, 0.5, 0.999), (64, 0.9, 0.5), (36, 0.3, 0.9)):
        t.eq(
            s.choose_bands(k, similar, recall),
            o.choose_bands(k, similar, recall),
            f"choose_bands({k}, {similar}, {recall})",
        )
