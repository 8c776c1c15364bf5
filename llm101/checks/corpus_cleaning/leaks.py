"""The checks of lesson 02, part 3: test items that training has seen."""

import random

from llm101.check import exercise
from llm101.checks.corpus_cleaning import oracles as o
from llm101.checks.corpus_cleaning.filters import HIDE

ex = exercise(
    "02.leaked",
    title="Has the test leaked?",
    points=3,
    names=("leaked",),
    mask=HIDE,
    hints=[
        "Write a function ngrams(text) first; training documents and test items both go through it.",
        "Collect the n-grams of all training documents in one set, document by document, as tuples.",
        "For each item: sum(gram in known for gram in grams) / len(grams), and 0.0 if there are none.",
    ],
)


@ex.check(
    "the share of n-grams that training has",
    hint="The first item has three runs of three words; which of them stand in the training text?",
)
def _(s, t):
    train, test = ["the cat sat on a mat today"], ["a cat sat on a", "the cat sat", "no cat here at all"]
    t.close(s.leaked(train, test, 3), [2 / 3, 1.0, 0.0], "the shares", mistakes={
        "You divided by the number of training n-grams: the share is of the item's own.": [2 / 5, 1 / 5, 0.0],
        "You counted single words: compare runs of n words.": [1.0, 1.0, 0.2],
        "You returned how many n-grams are shared, not the share.": [2, 1, 0],
        "You said yes or no for each item; the share was asked.": [True, True, False],
        "Its last n-gram is missing: a text of m words has m - n + 1.": [1 / 2, 0.0, 0.0],
    })  # fmt: skip


@ex.check("case and signs do not count", hint="Lower case, split, then strip the signs from both ends of each word.")
def _(s, t):
    train, test = ["He said the CAT sat down"], ["the Cat sat down", "cat sat up"]
    t.close(s.leaked(train, test, 3), [1.0, 0.0], "the shares", mistakes={
        "Capital letters made a difference: lower() the text.": o.leaked(train, test, 3, lower=False),
    })  # fmt: skip
    train, test = ['he said: "the cat sat down."'], ["the cat (sat) down!", "said the - cat", "said ... the cat"]
    t.close(s.leaked(train, test, 3), [1.0, 0.0, 1.0], "the shares", mistakes={
        "Signs made a difference: strip them from both ends of each word.": o.leaked(train, test, 3, strip=False),
        "A word of which nothing is left after stripping (`...`) still counts with you: leave it out.": [1.0, 0.0, 0.0],
        "You removed signs that are not in the list (`-`): strip only those of the task.": [1.0, 1.0, 1.0],
    })  # fmt: skip


@ex.check("an n-gram is a run of whole words", hint="'the cat' stands in 'bathe cats' as letters, not as two words.")
def _(s, t):
    t.close(s.leaked(["bathe cats"], ["the cat"], 2), [0.0], "the shares", mistakes={
        "You found the letters of an n-gram inside other words (`the cat` in `bathe cats`): compare runs of whole words.": [1.0],
    })  # fmt: skip


@ex.check(
    "no n-gram reaches into the next document",
    hint="Make the n-grams of each training document by itself, not of all of them joined.",
)
def _(s, t):
    train, test = ["it was late and the cat", "sat down at once"], ["the cat sat down", "and the cat"]
    t.close(s.leaked(train, test, 3), [0.0, 1.0], "the shares", mistakes={
        "You joined the training documents: a run across their border is in none of them.": o.leaked(train, test, 3, joined=True),
    })  # fmt: skip


@ex.check(
    "repetitions, and items that are too short",
    hint="An n-gram that stands twice in the item counts twice. No n-gram: 0.0.",
)
def _(s, t):
    train, test = ["a b"], ["a b a b a c", "a", ""]
    t.close(s.leaked(train, test, 2), [2 / 5, 0.0, 0.0], "the shares", mistakes={
        "An n-gram that stands twice in the item must count twice: no set there.": o.leaked(train, test, 2, distinct=True),
        "A short item counts as leaked with you; it has no n-gram, so its share is 0.0.": [2 / 5, 1.0, 1.0],
    })  # fmt: skip
    t.eq(s.leaked([], ["a b c"], 2), [0.0], "the shares without training documents")
    t.eq(s.leaked(["a b"], [], 2), [], "the shares without test items")


@ex.check("random texts", hint="Follow the first item of the call by hand.")
def _(s, t):
    rng = random.Random(13)
    for n in (1, 2, 3, 4):
        train = [o.random_text(rng, rng.randint(0, 9)) for _ in range(7)]
        test = [o.random_text(rng, rng.randint(0, 9)) for _ in range(5)]
        t.close(s.leaked(train, test, n), o.leaked(train, test, n), "the shares")


@ex.check(
    "fast enough for 400 documents",
    hint="`gram in known` must not walk through a list: collect the training n-grams in a set, once, before the loop over the items.",
)
def _(s, t):
    seconds, n = s.run("""
import time
train = [" ".join(f"w{(i * 61 + j * j) % 4001}" for j in range(60)) for i in range(400)]
test = [" ".join(f"w{(i * 7 + j * j + 3) % 4001}" for j in range(60)) for i in range(100)]
start = time.process_time()
shares = leaked(train, test, 5)
result = [time.process_time() - start, len(shares)]
""")
    t.eq(n, 100, "the number of shares")
    t.true(seconds < 1.0, "100 items against 400 documents took more than a second; with a set it is a tenth of that")
