"""The checks of lesson 04, what was never seen: Good-Turing's counts and Kneser-Ney."""

from functools import cache
from typing import Any

from llm101.check import exercise
from llm101.checks.embeddings import oracles as o
from llm101.corpora.stories import stories

HIDE = ("llm101.lm",)

# ------------------------------------------------------------------------------------------------ good_turing
ex = exercise(
    "04.good_turing",
    title="Good-Turing's adjusted counts",
    points=2,
    names=("good_turing",),
    mask=HIDE,
    hints=[
        "You need the counts of the counts: N_r is how many things occur exactly r times.",
        "Counter(counts.values()) has them; a Counter gives 0 for what it does not have, so N_{r+1} may be asked for.",
        "adjusted = {r: (r + 1) * n[r + 1] / n[r] for r in n}; p0 = n[1] / (the number of all things seen).",
    ],
)

FISH = {"carp": 3, "perch": 2, "trout": 1, "salmon": 1, "eel": 1}


@ex.check("eight fish", hint="N_1 = 3, N_2 = 1, N_3 = 1, and 3 + 2 + 1 + 1 + 1 fish were caught.")
def _(s, t):
    adjusted, p0 = s.good_turing(FISH)
    t.close(p0, 3 / 8, "p0", mistakes={
        "You divided by the number of kinds; p0 is N_1 over the number of fish, the sum of the counts.": 3 / 5,
        "That is N_1 itself; a probability is N_1 over the number of fish.": 3,
        "That is the share of what was seen more than once; the unseen get the share of what was seen once.": 5 / 8,
    })  # fmt: skip
    t.close(adjusted, o.good_turing(FISH)[0], "the dict of adjusted counts", mistakes={
        "The factor r + 1 became r.": o.turing_with(FISH, lambda r, n, m: r * m / n),
        "The factor r + 1 is missing.": o.turing_with(FISH, lambda r, n, m: m / n),
        "The keys are the fish; wanted is one entry for each count r.":
            {fish: o.good_turing(FISH)[0][r] for fish, r in FISH.items()},
        "Where nothing was seen r + 1 times r* is 0 by the formula; you left r out.": {1: 2 / 3, 2: 3.0},
        "Where nothing was seen r + 1 times r* is 0 by the formula; you kept r.": {1: 2 / 3, 2: 3.0, 3: 3.0},
        "These are probabilities: you divided by N. An adjusted count stands in the place of a count.":
            {r: x / 8 for r, x in o.good_turing(FISH)[0].items()},
    })  # fmt: skip


@ex.check("counts with gaps", hint="N_{r+1} is 0 where there is a gap: r* is 0 there, and r + 1 has no entry.")
def _(s, t):
    counts = {"a": 1, "b": 1, "c": 4, "d": 2, "e": 2, "f": 2, "g": 11}
    adjusted, p0 = s.good_turing(counts)
    t.close(adjusted, o.good_turing(counts)[0], "the dict of adjusted counts", mistakes={
        "N_{r+1} / N_r is upside down.": o.turing_with(counts, lambda r, n, m: (r + 1) * n / m if m else 0.0),
        "Only what occurs has an adjusted count: leave out the r for which N_r is 0.":
            {r: (r + 1) * [*counts.values()].count(r + 1) / max([*counts.values()].count(r), 1) for r in range(1, 12)},
    })  # fmt: skip
    t.close(p0, 2 / 23, "p0")
    t.close(s.good_turing({"a": 2, "b": 5})[1], 0.0, "p0 where nothing occurs once")


@ex.check("random counts", hint="Make N_r by hand for the counts of the call.")
def _(s, t):
    for seed in range(7):
        counts = o.random_counts(seed)
        t.close(s.good_turing(counts), o.good_turing(counts), "the pair (adjusted counts, p0)")


# ------------------------------------------------------------------------------------------------- kneser_ney
ex = exercise(
    "04.kneser_ney",
    title="Kneser-Ney for bigrams",
    points=4,
    names=("kneser_ney",),
    mask=HIDE,
    hints=[
        "Three numbers for each context: the sum of its counts, how many different words follow, and so what is freed.",
        "continuation[w] = how many different bigrams end with w, divided by how many different bigrams there are.",
        "p(w) = max(c - D, 0) / total + D * n_types / total * continuation[w]; after an unseen context continuation alone.",
    ],
)

TINY: dict[o.Gram, int] = {("a", "b"): 2, ("c", "b"): 1, ("c", "d"): 1}
FRANCISCO: dict[o.Gram, int] = {
    ("san", "francisco"): 7,
    ("red", "hat"): 1,
    ("old", "hat"): 1,
    ("new", "car"): 1,
    ("new", "hat"): 2,
}
CITY = ["francisco", "hat", "car"]

NAMED: dict[str, dict[str, Any]] = {
    "The shorter model must count in how many different contexts a word stands, not how often it stands.": {"lower": "counts"},
    "Divide the number of contexts of a word by the number of different bigrams, so that the shorter model sums to one.":
        {"lower": "words"},
    "What is freed is D for EACH different word that follows the context: D times their number, over the total.":
        {"weight": "once"},
    "What is freed is D for each DIFFERENT word that follows; you took it for every occurrence.": {"weight": "tokens"},
    "The discount was taken and not given to anybody: the probabilities sum to less than one.": {"weight": "none"},
    "A word that never followed the context has count 0, and 0 - D is below zero: take max(count - D, 0).": {"clip": False},
}  # fmt: skip


def named(bigrams: dict[o.Gram, int], context: str, vocab: list[str], discount: float) -> dict[str, dict[str, float]]:
    """The wrong distributions that have a name."""
    return {text: o.kneser_ney(bigrams, context, vocab, discount, **how) for text, how in NAMED.items()}


@ex.check("the example", hint="After 'a': total 2, one word follows. Continuations: b ends 2 of 3 bigrams, d 1 of 3.")
def _(s, t):
    t.close(
        s.kneser_ney(TINY, "a", ["b", "d"], 0.5), {"b": 1.5 / 2 + 0.25 * 2 / 3, "d": 0.25 / 3}, "after 'a'",
        mistakes=named(TINY, "a", ["b", "d"], 0.5),
    )  # fmt: skip


@ex.check("a frequent word with one neighbour", hint="'francisco' is seen most often, 'hat' after the most words.")
def _(s, t):
    for context in ("new", "red", "san"):
        got, want = s.kneser_ney(FRANCISCO, context, CITY, 0.75), o.kneser_ney(FRANCISCO, context, CITY, 0.75)
        t.close(got, want, f"after {context!r}", mistakes=named(FRANCISCO, context, CITY, 0.75))


@ex.check("a context that was never seen", hint="There is no count to discount: the answer is the continuation alone.")
def _(s, t):
    want = o.kneser_ney(FRANCISCO, "blue", CITY, 0.75)
    t.close(s.kneser_ney(FRANCISCO, "blue", CITY, 0.75), want, "after 'blue'", mistakes={
        "Zero for every word is no distribution: use the shorter model.": dict.fromkeys(CITY, 0.0),
        "All words alike? The shorter model knows more than that.": dict.fromkeys(CITY, 1 / 3),
        **named(FRANCISCO, "blue", CITY, 0.75),
    })  # fmt: skip


@ex.check("it sums to one, always", hint="Every word of vocab gets a value, for every context.")
def _(s, t):
    for seed in range(5):
        bigrams = o.count_ngrams(o.random_sentences(seed), 2)
        vocab = [*"abcd", o.END]
        for context in ("a", "b", o.START, "x"):
            want = o.kneser_ney(bigrams, context, vocab, 0.4)
            t.close(s.kneser_ney(bigrams, context, vocab, 0.4), want, f"after {context!r}")


@cache
def corpus() -> tuple[dict[o.Gram, int], list[str], list[o.Gram]]:
    """The bigrams of 150 stories, the vocabulary, and the bigrams of 30 other stories, one for each token.

    A word that ends no bigram of the first has probability 0 by the formula of the exercise; such a token is left out.
    """
    texts = [story.split() for story in stories(180)]
    bigrams = o.count_ngrams(texts[:150], 2)
    seen = {word for _, word in bigrams}
    new = [gram for gram, n in o.count_ngrams(texts[150:], 2).items() for _ in range(n) if gram[1] in seen]
    return bigrams, o.vocabulary(texts), new


@ex.check(
    "the claim: fewer bits than add-one and than plain frequencies on new stories",
    hint="Add up your probabilities after one context; then ask what the shorter model counts.",
)
def _(s, t):
    bigrams, vocab, new = corpus()
    contexts = sorted({first for first, _ in new})
    yours = {first: s.kneser_ney(bigrams, first, vocab, 0.7) for first in contexts}
    for first, row in yours.items():
        t.close(sum(row.values()), 1.0, f"the sum of all probabilities after {first!r}")
    add_one = {first: o.add_k(bigrams, (first,), vocab, 1.0) for first in contexts}
    plain = {first: o.kneser_ney(bigrams, first, vocab, 0.7, lower="counts") for first in contexts}
    got, other, below = (
        o.bits_per_token([[rows[first][word] for first, word in new]])[0] for rows in (yours, add_one, plain)
    )
    t.true(
        got < other - 0.3, f"your model needs {got:.3f} bits a token, add-one {other:.3f}: expected at least 0.3 less"
    )
    t.true(
        got < below - 0.01,
        f"your model needs {got:.3f} bits a token, with plain frequencies below it would be {below:.3f}: "
        "expected at least 0.01 less",
    )
