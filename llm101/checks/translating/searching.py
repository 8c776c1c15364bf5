"""The checks of lesson 10, second half: searching for a translation, and judging it."""

import math
from collections.abc import Callable
from functools import cache

from llm101.check import exercise
from llm101.checks.translating import oracles as o
from llm101.checks.translating.machine import HIDE

START, END = 0, 6
# Seeds of `language` with which rare slips show; course/10_transformer/mistakes.py proves that they do.
CLOSE_CALLS = ((67, 0.6), (11, 0.6), (14, 0.6), (261, 0.6), (319, 0.6))  # and alpha: a penalty off by one word
NARROWER = (42, 52, 53, 54, 79, 124)  # n = 2, alpha = 2: finished texts replaced in the beam

# ----------------------------------------------------------------------------------------------------- greedy
ex = exercise(
    "10.greedy",
    title="The likeliest word, again and again",
    points=1,
    names=("greedy",),
    mask=HIDE,
    hints=[
        "The row log_p[text[-1]] holds the log-probability of every next word. Which word has the largest?",
        "row.index(max(row)) is the first of the likeliest. Append it, and stop if it is `end`.",
        "text = [start]; max_new times: append the index of the largest number of log_p[text[-1]]; break behind `end`.",
    ],
)


@ex.check("random languages of seven words", hint="At most max_new words behind the start; stop behind the first end.")
def _(s, t):
    for seed in range(12):
        for max_new in (1, 3, 9):
            log_p = o.language(seed)
            want = o.greedy(log_p, START, END, max_new)
            longer = o.greedy(log_p, START, -1, max_new)
            t.eq(s.greedy(log_p, START, END, max_new), want, mistakes={
                "It went on behind the end: stop there.": longer if longer != want else None,
                "The start token belongs to the text.": want[1:],
                "The end token belongs to the text.": want[:-1] if want[-1] == END else None,
                "One word too many: max_new counts the words behind the start.": o.greedy(log_p, START, END, max_new + 1),
                "One word too few: max_new counts the words behind the start.": o.greedy(log_p, START, END, max_new - 1),
            })  # fmt: skip


# ------------------------------------------------------------------------------------------------------- beam
ex = exercise(
    "10.beam",
    title="Beam search with a length penalty",
    points=4,
    names=("beam",),
    mask=HIDE,
    hints=[
        "Keep a list of (log-probability, ids), at first [(0.0, [start])], and an empty list of finished texts.",
        "In each step make every continuation of every beam, sort them by log-probability, keep the first n. Those that end in `end` are finished.",
        "A finished text's score is its log-probability divided by ((5 + m) / 6) ** alpha, where m counts the words behind the start, `end` too. "
        "After max_new steps those still open count as finished. Return the ids with the highest score.",
    ],
)


@ex.check("one beam is greedy search", hint="With n = 1 only the likeliest continuation lives on.")
def _(s, t):
    for seed in range(8):
        log_p = o.language(seed)
        want = o.greedy(log_p, START, END, 6)
        t.eq(s.beam(log_p, START, END, 1, 6, 0.6), want, mistakes={
            "The start token belongs to the text.": want[1:],
        })  # fmt: skip


@ex.check(
    "a first word is taken back",
    hint="Compare the continuations of all beams with one another, and not each beam's with its own.",
)
def _(s, t):
    for log_p, end in backtracking():
        want = o.beam(log_p, 0, end, 2, 3, 0.0)
        t.eq(s.beam(log_p, 0, end, 2, 3, 0.0), want, mistakes={
            "That is the greedy text: keep n beginnings, not one.": o.greedy(log_p, 0, end, 3),
        })  # fmt: skip


def backtracking() -> list[tuple[o.Table, int]]:
    """The lesson's two beginnings, with other numbers: a likely first word that leads nowhere."""
    found = []
    for p in (0.6, 0.55, 0.65):
        last = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
        likely_first, likely_after = [0.0, p, 1 - p, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.03, 0.97, 0.0]
        rows = [likely_first, [0.0, 0.0, 0.0, 0.52, 0.48, 0.0], likely_after, last, last, last]
        found.append(([[math.log(x) if x else -math.inf for x in row] for row in rows], 5))
    return found


@ex.check(
    "several beams",
    hint="Write the beams down for one step by hand; the best n of all continuations go on or are finished.",
)
def _(s, t):
    for seed in range(20):
        for n in (2, 3, 4):
            log_p = o.language(seed)
            want = o.beam(log_p, START, END, n, 5, 0.0)
            t.eq(s.beam(log_p, START, END, n, 5, 0.0), want, mistakes={
                "The search stopped too early: go on until there is no beam or max_new words are written.": o.beam(log_p, START, END, n, 4, 0.0),
            })  # fmt: skip


@cache
def telling() -> list[tuple[o.Table, float, dict[str, list[int]]]]:
    """Languages and alphas for which dividing, not dividing and multiplying find three different texts.

    The slips of the next two checks find the right one.
    """
    found = []
    for seed in range(250):
        log_p = o.language(seed)
        for alpha in (1.0, 2.0):
            texts = {name: o.beam(log_p, START, END, 4, 8, a) for name, a in (("/", alpha), ("", 0.0), ("*", -alpha))}
            same = o.beam(log_p, START, END, 4, 8, alpha, replace=True) == texts["/"]
            slips = any(miscounted(log_p, alpha).values())
            if len({tuple(text) for text in texts.values()}) == 3 and same and not slips:
                found.append((log_p, alpha, texts))
    return found[:20]


def miscounted(log_p: o.Table, alpha: float) -> dict[str, list[int] | None]:
    """What each wrong m finds; None = the right text all the same."""
    right = o.beam(log_p, START, END, 4, 8, alpha)
    lengths: dict[str, Callable[[list[int]], int]] = {
        "m is one too large: `start` does not count.": len,
        "m is one too small: it counts the words behind `start`, `end` too.": lambda ids: len(ids) - 2,
        "m lacks `end`: count it, too.": lambda ids: len(ids) - 1 - (ids[-1] == END),
    }
    found = {name: o.beam(log_p, START, END, 4, 8, alpha, length=length) for name, length in lengths.items()}
    return {name: text if text != right else None for name, text in found.items()}


@ex.check(
    "the length penalty decides",
    hint="alpha = 0: the log-probability as it is. The larger alpha, the longer the text that wins.",
)
def _(s, t):
    for log_p, alpha, texts in telling():
        t.eq(s.beam(log_p, START, END, 4, 8, alpha), texts["/"], mistakes={
            "The length penalty is missing: divide the log-probability by ((5 + m) / 6) ** alpha.": texts[""],
            "Divide by the penalty; log-probabilities are negative, so multiplying favours short texts.": texts["*"],
        })  # fmt: skip


@ex.check("the length is counted to the word", hint="m counts the words behind `start`, `end` included: len(ids) - 1.")
def _(s, t):
    for seed, alpha in CLOSE_CALLS:
        log_p = o.language(seed)
        t.eq(
            s.beam(log_p, START, END, 4, 8, alpha),
            o.beam(log_p, START, END, 4, 8, alpha),
            mistakes=miscounted(log_p, alpha),
        )


@ex.check(
    "a finished text leaves its place empty",
    hint="Take the best n of all continuations; those of them that end leave the beam, and nobody moves up.",
)
def _(s, t):
    for seed in NARROWER:
        log_p = o.language(seed)
        t.eq(s.beam(log_p, START, END, 2, 8, 2.0), o.beam(log_p, START, END, 2, 8, 2.0), mistakes={
            "Finished texts are not replaced: when one of n ends, n - 1 go on.": o.beam(log_p, START, END, 2, 8, 2.0, replace=True),
        })  # fmt: skip


# ------------------------------------------------------------------------------------------------------- bleu
ex = exercise(
    "10.bleu",
    title="BLEU",
    points=3,
    names=("bleu_score",),
    mask=HIDE,
    hints=[
        "For each n from 1 to 4 sum the matches and the n-grams of the hypotheses over all sentences, then divide.",
        "collections.Counter: (ours & theirs) takes the smaller of two counts. That is the clipping.",
        "100 * min(1, exp(1 - r / c)) * (p1 * p2 * p3 * p4) ** 0.25, and 0 if one of them is 0.",
    ],
)


@ex.check(
    "equal, and nothing alike",
    hint="The same text: 100. An order without any match: 0, also where there is no run of that length at all.",
)
def _(s, t):
    same = [["the", "girl", "is", "reading", "a", "book", "."]]
    t.close(s.bleu_score(same, same), 100.0, rtol=1e-9, atol=1e-9, mistakes={"Count to 100, not to 1.": 1.0})
    t.close(s.bleu_score([list("abcde")], [list("vwxyz")]), 0.0, rtol=0, atol=1e-9)
    short = [["a", "b", "c"]]
    t.close(s.bleu_score(short, short), 0.0, rtol=0, atol=1e-9, what="of a text without a run of four words", mistakes={
        "An order without a run was passed over; it has no match, so it is 0.": 100.0,
        "That is the arithmetic mean of the precisions; BLEU takes the geometric one.": 75.0,
    })  # fmt: skip
    t.close(s.bleu_score([[]], same), 0.0, rtol=0, atol=1e-9, what="of an empty text")


@ex.check("four precisions, one number", hint="The geometric mean: the fourth root of their product.")
def _(s, t):
    for one, other in (("a b c d e f", "a b c d e g"), ("h a b c d e f g", "i a b c d e f g")):
        ours, theirs = one.split(), other.split()
        p = [len({*o.grams(ours, n)} & {*o.grams(theirs, n)}) / (len(ours) - n + 1) for n in (1, 2, 3, 4)]
        t.close(s.bleu_score([ours], [theirs]), o.bleu([ours], [theirs]), rtol=1e-9, atol=1e-9, mistakes={
            "That is the arithmetic mean of the precisions; BLEU takes the geometric one.": 100 * sum(p) / 4,
            "The root is missing: (p1 p2 p3 p4) ** 0.25.": 100 * math.prod(p),
            "Only the runs of four words were counted.": 100 * p[3],
            "Only single words were counted.": 100 * p[0],
        })  # fmt: skip


@ex.check("clipping", hint="A run counts at most as often as the reference has it.")
def _(s, t):
    for one, other in (("a b c d a b c d", "a b c d e f g h"), ("x x x x x x y z", "x x x x y z w v")):
        pair = [one.split()], [other.split()]
        t.close(s.bleu_score(*pair), o.bleu(*pair), rtol=1e-9, atol=1e-9, mistakes={
            "A run was counted each time it occurs: at most as often as the reference has it.": o.bleu(*pair, clip=False),
        })  # fmt: skip


@ex.check("too short", hint="c tokens of the hypotheses, r of the references: exp(1 - r / c) if c is below r.")
def _(s, t):
    short, long = [["a", "b", "c", "d", "e"]], [["a", "b", "c", "d", "e", "f", "g"]]
    want = o.bleu(long, short)
    t.close(s.bleu_score(long, short), want, rtol=1e-9, atol=1e-9, what="of a text that is too long", mistakes={
        "A long text is not rewarded: the penalty is at most 1.": want * math.exp(1 - 5 / 7),
        "r and c are turned round in the penalty: a long text was punished.": want * math.exp(1 - 7 / 5),
    })  # fmt: skip
    t.close(s.bleu_score(short, long), o.bleu(short, long), rtol=1e-9, atol=1e-9, what="of a text that is too short", mistakes={
        "The penalty for brevity is missing.": 100.0,
    })  # fmt: skip


@ex.check("many sentences", hint="Counts are summed over all sentences before anything is divided.")
def _(s, t):
    for seed in range(6):
        hypotheses, references = o.texts(seed)
        each = [o.bleu([h], [r]) for h, r in zip(hypotheses, references, strict=True)]
        t.close(s.bleu_score(hypotheses, references), o.bleu(hypotheses, references), rtol=1e-9, atol=1e-9, mistakes={
            "That is the mean of the sentences' scores; sum the counts first, and divide once.": sum(each) / len(each),
        })  # fmt: skip
