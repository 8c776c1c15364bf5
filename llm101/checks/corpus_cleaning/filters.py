"""The checks of lesson 02, part 1: rules that filter pages, and how good a filter is."""

import random

from llm101.check import exercise
from llm101.checks.corpus_cleaning import oracles as o

HIDE = ("llm101.data", "llm101.corpora.webpages", "llm101.corpora.webpages_planted")

# --------------------------------------------------------------------------------------------------- c4_lines
ex = exercise(
    "02.c4_lines",
    title="Which lines are prose?",
    points=2,
    names=("c4_lines",),
    mask=HIDE,
    hints=[
        "Two kinds of rules: some decide about a line, two decide about the whole page. Which come first?",
        "For each line of page.split('\\n'): strip it, then three questions: how does it end, how many words has line.split(), is 'javascript' in line.lower()?",
        "words = {word.strip('.,!?;:\"\\'()').lower() for word in page.split()}; if words & bad_words or '{' in page the answer is ''.",
    ],
)


@ex.check("lines that end like sentences", hint="str.endswith takes a tuple of endings. Which of the four are missing?")
def _(s, t):
    lines = [
        "Read all our terms of use",
        "The sun is out again today.",
        "What a fine day this is!",
        "Is it not a nice one?",
    ]
    page = "\n".join([*lines, 'She said "we are all home now"', "one, two, three, four, five, six,"])
    t.eq(s.c4_lines(page, set()), o.c4_lines(page, set()), mistakes={
        "You dropped the lines that you should keep, and kept the others.": "Read all our terms of use\none, two, three, four, five, six,",
        "You kept only lines that end in a full stop: `!`, `?` and `\"` end sentences too.": o.c4_lines(page, set(), ends=(".",)),
        "A line may end in a closing quotation mark.": o.c4_lines(page, set(), ends=(".", "!", "?")),
        "You kept a line that ends in another sign, such as a comma or a letter.": page,
        "You returned a list of lines: join them with a line break.": o.c4_lines(page, set()).split("\n"),
        "You joined the lines with a space: join them with a line break.": o.c4_lines(page, set()).replace("\n", " "),
    })  # fmt: skip
    line = "And then the tide came in ..."
    t.eq(s.c4_lines(line, set()), line, "the result for a line that ends in `...`", mistakes={
        "A line that ends in `...` ends in a full stop, and stays here: you wrote the lesson's stricter rule.": "",
    })  # fmt: skip


@ex.check("at least five words", hint="Count len(line.split()). Five are enough, four are not.")
def _(s, t):
    page = "Wow!\nIt has five words now.\nOnly four words here.\nAnd this one even has six."
    t.eq(s.c4_lines(page, set()), o.c4_lines(page, set()), mistakes={
        "Five words are enough: use >=, not >.": o.c4_lines(page, set(), least=6),
        "Lines of fewer than five words came through.": o.c4_lines(page, set(), least=0),
        "Lines of four words came through: use >= 5.": o.c4_lines(page, set(), least=4),
    })  # fmt: skip


@ex.check(
    "javascript in any case, spaces at the ends",
    hint="Compare line.lower(); strip the line before you look at its end.",
)
def _(s, t):
    page = "Please turn on JavaScript to go on.\n\n   The tide comes in at noon.  \nThis javascript is old and slow."
    t.eq(s.c4_lines(page, set()), o.c4_lines(page, set()), mistakes={
        "`javascript` counts in any case: compare the line in lower case.": "Please turn on JavaScript to go on.\nThe tide comes in at noon.",
        "Lines with `javascript` came through.": o.c4_lines(page, set(), javascript=False),
        "Spaces at the end of a line hid its full stop: strip the line first.": o.c4_lines(page, set(), strip=False),
        "The spaces at the two ends of a kept line must go.": "   The tide comes in at noon.  ",
        "You returned the lines in lower case: lower() is for the comparison only.": "the tide comes in at noon.",
    })  # fmt: skip


@ex.check(
    "a bracket or a bad word condemns the page", hint="Look at the whole page before the lines, dropped lines included."
)
def _(s, t):
    prose = "The sun is out again today."
    t.eq(s.c4_lines(prose + "\nif (x) {", set()), "", "the result for a page with `{`", mistakes={
        "Only the line with `{` was dropped; the whole page must become ''.": prose,
    })  # fmt: skip
    page = f"{prose}\nWhat a DARN, nice day it is."
    t.eq(s.c4_lines(page, {"darn", "heck"}), "", "the result for a page with the bad word `DARN,`", mistakes={
        "Only the line with the bad word was dropped; the whole page must become ''.": prose,
        "The word was not found: compare in lower case and without the comma behind it.": page,
    })  # fmt: skip


@ex.check("a bad word is a whole word", hint="`heck` is not in the words of 'Check it twice', though the letters are.")
def _(s, t):
    page = "Please check this bottleneck and darning again."
    t.eq(s.c4_lines(page, {"heck", "darn"}), page, mistakes={
        "You found a bad word inside another word (`heck` in `check`): compare whole words.": "",
    })  # fmt: skip
    t.eq(s.c4_lines("", {"heck"}), "", "the result for an empty page")


@ex.check("random pages", hint="Take one line of the page in the call and ask the three questions in turn.")
def _(s, t):
    rng = random.Random(2)
    for _ in range(11):
        lines = [o.random_text(rng, rng.randint(0, 8), ("sun", "javascript", "is", "out", "heck")) for _ in range(7)]
        page, bad = "\n".join(lines), rng.choice([set(), {"heck"}, {"hec"}])
        t.eq(s.c4_lines(page, bad), o.c4_lines(page, bad))


# ------------------------------------------------------------------------------------------------------ judge
ex = exercise(
    "02.judge",
    title="How good is a filter?",
    points=2,
    names=("judge",),
    mask=HIDE,
    hints=[
        "Four kinds of pages: bad and dropped, good and dropped, bad and kept, good and kept. Count the first two.",
        "precision divides by the number of dropped pages, recall by the number of bad ones, wrongly by the number of good ones.",
        "sum(d and b for d, b in zip(dropped, bad)) counts the bad pages that were dropped. Mind the three divisions by zero.",
    ],
)

DROPPED = [True] * 5 + [False] * 6
BAD = [True] * 3 + [False] * 2 + [True] * 1 + [False] * 5


@ex.check(
    "three shares of eleven pages", hint="3 bad ones dropped, 2 good ones dropped, 1 bad one kept, 5 good ones kept."
)
def _(s, t):
    t.close(s.judge(DROPPED, BAD), (3 / 5, 3 / 4, 2 / 7), "(precision, recall, wrongly)", mistakes={
        "Precision and recall are the wrong way round: precision is about the dropped pages, recall about the bad ones.": (3 / 4, 3 / 5, 2 / 7),
        "`wrongly` divides by the good pages, not by the dropped ones.": (3 / 5, 3 / 4, 2 / 5),
        "`wrongly` divides by the good pages, not by all pages.": (3 / 5, 3 / 4, 2 / 11),
        "You judged the pages that were kept: the question is about those that were dropped.": (5 / 6, 5 / 7, 1 / 4),
        "The first number is the share of right decisions (accuracy), not the precision.": (8 / 11, 3 / 4, 2 / 7),
        "You divided by the number of all pages.": (3 / 11, 3 / 11, 2 / 11),
        "You rounded: return the shares as they are.": (0.6, 0.75, 0.29),
    })  # fmt: skip


@ex.check(
    "nothing dropped, nothing bad, nothing good",
    hint="Look at each of the three denominators: when is it 0, and what does the task say then?",
)
def _(s, t):
    t.close(s.judge([False, False, False], [True, False, False]), (1.0, 0.0, 0.0), "the result when nothing was dropped", mistakes={
        "Nothing dropped: nothing was dropped wrongly, so the precision is 1.0 by agreement.": (0.0, 0.0, 0.0),
    })  # fmt: skip
    t.close(s.judge([True, False], [False, False]), (0.0, 1.0, 0.5), "the result when no page is bad", mistakes={
        "No bad page: none was missed, so the recall is 1.0 by agreement.": (0.0, 0.0, 0.5),
    })  # fmt: skip
    t.close(s.judge([True, False], [True, True]), (1.0, 0.5, 0.0), "the result when no page is good")
    t.close(s.judge([], []), (1.0, 1.0, 0.0), "the result for no pages")


@ex.check("random filters", hint="Is every one of the four kinds of pages counted by the right rule?")
def _(s, t):
    rng = random.Random(3)
    for _ in range(11):
        dropped, bad = ([rng.random() < rng.choice([0.2, 0.8]) for _ in range(23)] for _ in range(2))
        t.close(s.judge(dropped, bad), o.judge(dropped, bad), "(precision, recall, wrongly)")
