"""The checks of lesson 02, part 4: mixtures and packing."""

import torch

from llm101.check import exercise
from llm101.checks.corpus_cleaning import oracles as o
from llm101.checks.corpus_cleaning.filters import HIDE

# ----------------------------------------------------------------------------------------------------- epochs
ex = exercise(
    "02.epochs",
    title="How often is each source read?",
    points=2,
    names=("epochs", "by_size"),
    mask=HIDE,
    hints=[
        "How many tokens of the budget does a source get? And how many does it have?",
        "Its share of the budget is weight / sum of all weights. Divide the tokens it gets by the tokens it has.",
        "weight / total * budget / tokens[name]. Every source is read equally often if its weight is its share of all tokens.",
    ],
)

# Brown et al. 2020, table 2.2, arXiv:2005.14165: per cent, and billions of tokens
WEIGHTS: dict[str, float] = {"Common Crawl": 60, "WebText2": 22, "Books1": 8, "Books2": 8, "Wikipedia": 3}
TOKENS: dict[str, float] = {"Common Crawl": 410, "WebText2": 19, "Books1": 12, "Books2": 55, "Wikipedia": 3}


@ex.check("tokens drawn over tokens there are", hint="web gets 3 of 4 parts of 400 tokens, that is 300, and has 600.")
def _(s, t):
    weights, tokens = {"web": 3.0, "books": 1.0}, {"web": 600.0, "books": 50.0}
    t.close(s.epochs(weights, tokens, 400), {"web": 0.5, "books": 2.0}, "the epochs", mistakes={
        "Weights are on any scale: divide by their sum first.": {"web": 2.0, "books": 8.0},
        "You read the weights as per cent: divide by their sum instead of 100.": {"web": 0.02, "books": 0.08},
        "That is upside down: tokens drawn over tokens there are.": {"web": 2.0, "books": 0.5},
        "You returned the tokens drawn; divide by the size of the source.": {"web": 300.0, "books": 100.0},
        "You left out the weights: that is how often the budget would read each source alone.": {"web": 400 / 600, "books": 8.0},
        "You left out the budget.": {"web": 0.75 / 600, "books": 0.25 / 50},
        "You multiplied the weights by the sizes; a weight already says how often the source is drawn.": {"web": 400 * 3 / 1850, "books": 400 / 1850},
    })  # fmt: skip


@ex.check(
    "the table of GPT-3", hint="The published weights sum to 101: divide by their sum, not by 100, and do not round."
)
def _(s, t):
    want = o.epochs(WEIGHTS, TOKENS, 300)
    t.close(s.epochs(WEIGHTS, TOKENS, 300), want, "the epochs of GPT-3's sources", mistakes={
        "You divided by 100, but the weights sum to 101: divide by their sum.": {name: want[name] * 1.01 for name in want},
        "You rounded: return the numbers as they are.": {name: round(value, 2) for name, value in want.items()},
    })  # fmt: skip
    t.close(
        s.epochs({"a": 1, "b": 0}, {"a": 7, "b": 5}, 14), {"a": 2.0, "b": 0.0}, "the epochs of a source without weight"
    )


@ex.check("read equally often", hint="Twice the size, twice the weight. What must they sum to?")
def _(s, t):
    t.close(s.by_size({"web": 600, "books": 200}), {"web": 0.75, "books": 0.25}, "the weights", mistakes={
        "The weights must sum to 1.": {"web": 600, "books": 200},
        "That gives every source the same weight: then small sources are read more often.": {"web": 0.5, "books": 0.5},
        "That is the wrong way round: the larger source needs the larger weight.": {"web": 0.25, "books": 0.75},
    })  # fmt: skip
    t.close(
        s.run("result = list(epochs(by_size(tokens), tokens, 998.0).values())", tokens=TOKENS),
        [2.0] * 5,
        "the epochs by your by_size weights of 499 tokens with a budget of 998",
    )


# ------------------------------------------------------------------------------------------------------- pack
ex = exercise(
    "02.pack",
    title="Pack documents into blocks",
    points=3,
    names=("pack",),
    mask=HIDE,
    hints=[
        "Make two long lists side by side, one of tokens and one of document numbers, and only then cut.",
        "How many tokens are missing to a multiple of length? -len(ids) % length is 0 if none are.",
        "ids += [*document, end]; source += [number] * (len(document) + 1). At the end fill both, then torch.tensor(..., dtype=torch.int64).reshape(-1, length).",
    ],
)

DOCUMENTS = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14]]


@ex.check(
    "every document is followed by end, and nothing is lost",
    hint="Compare your ids with the long row 5 6 7 end 8 end 9 10 ... 14 end, from the left.",
)
def _(s, t):
    ids, _source = s.pack(DOCUMENTS, 5, 0)
    t.close(ids, o.pack(DOCUMENTS, 5, 0)[0], "ids", mistakes={
        "`end` stands in front of each document; it belongs behind it.": torch.tensor([[0, 5, 6, 7, 0], [8, 0, 9, 10, 11], [12, 13, 14, 0, 0]]),
        "No `end` stands between the documents.": torch.tensor([[5, 6, 7, 8, 9], [10, 11, 12, 13, 14]]),
        "The tokens that did not fill the last block are lost: fill it up.": o.pack(DOCUMENTS, 5, 0)[0][:2],
        "Every document began a new block, and what was too long was cut off.": torch.tensor([[5, 6, 7, 0, 0], [8, 0, 0, 0, 0], [9, 10, 11, 12, 13]]),
        "Every document began a new block; documents follow each other without a gap.": torch.tensor([[5, 6, 7, 0, 0], [8, 0, 0, 0, 0], [9, 10, 11, 12, 13], [14, 0, 0, 0, 0]]),
    })  # fmt: skip
    full = [[1, 2], [3, 4, 5]]
    t.close(s.pack(full, 7, 9)[0], torch.tensor([[1, 2, 9, 3, 4, 5, 9]]), "ids of exactly one block", mistakes={
        "A block of nothing but filling came: if the last block is full nothing is missing.": torch.tensor([[1, 2, 9, 3, 4, 5, 9], [9] * 7]),
    })  # fmt: skip
    over = [[1, 2], [3, 4, 5, 6]]
    t.close(s.pack(over, 7, 9)[0], torch.tensor([[1, 2, 9, 3, 4, 5, 6], [9] * 7]), "ids of one block and an end", mistakes={
        "The last document has no `end` behind it.": torch.tensor([[1, 2, 9, 3, 4, 5, 6]]),
    })  # fmt: skip


@ex.check("each token knows its document", hint="The end behind a document has its number; the filling has -1.")
def _(s, t):
    source = s.pack(DOCUMENTS, 5, 0)[1]
    want = torch.tensor([[0, 0, 0, 0, 1], [1, 2, 2, 2, 2], [2, 2, 2, -1, -1]])
    t.close(source, want, "source", mistakes={
        "Documents are counted from 0.": torch.where(want >= 0, want + 1, want),
        "The filling belongs to no document: its source is -1.": o.pack(DOCUMENTS, 5, 0, fill=2)[1],
        "The filling's source must be -1; 0 is the first document.": o.pack(DOCUMENTS, 5, 0, fill=0)[1],
        "The `end` behind a document belongs to that document.": torch.tensor([[0, 0, 0, -1, 1], [-1, 2, 2, 2, 2], [2, 2, -1, -1, -1]]),
        "The numbers begin anew in each block; they go on through all blocks.": torch.tensor([[0, 0, 0, 0, 1], [0, 1, 1, 1, 1], [0, 0, 0, -1, -1]]),
    })  # fmt: skip


@ex.check(
    "a real token may equal end",
    hint="Do not find the borders by looking for `end` in the ids: count documents while you join them.",
)
def _(s, t):
    ids, source = s.pack([[3, 3], [], [5]], 3, 3)
    t.close(ids, torch.tensor([[3, 3, 3], [3, 5, 3]]), "ids", mistakes={
        "An empty document vanished; it is just an `end`.": torch.tensor([[3, 3, 3], [5, 3, 3]]),
    })  # fmt: skip
    t.close(source, torch.tensor([[0, 0, 0], [1, 2, 2]]), "source", mistakes={
        "You found the borders by looking for `end`, but it stands inside a document too.": torch.tensor([[0, 1, 2], [3, 4, 4]]),
        "The filling was recognised by its id, but a real token may have it.": torch.tensor([[-1, -1, -1], [-1, 2, -1]]),
    })  # fmt: skip


@ex.check(
    "no documents, and the caller's lists",
    hint="torch.tensor([], dtype=torch.int64).reshape(-1, length) has the shape (0, length). Do not append to the lists you got.",
)
def _(s, t):
    ids, source = s.pack([], 7, 0)
    t.close(ids, torch.zeros(0, 7, dtype=torch.int64), "ids without documents", mistakes={
        "torch.tensor([]) cannot know that you mean whole numbers, it is float32: say dtype=torch.int64.": torch.zeros(0, 7),
        "No documents, no blocks: the shape is (0, length).": torch.zeros(1, 7, dtype=torch.int64),
    })  # fmt: skip
    t.close(source, torch.zeros(0, 7, dtype=torch.int64), "source without documents")
    kept = s.run("mine = [[2, 3], [5]]; pack(mine, 4, 0); result = mine")
    t.eq(kept, [[2, 3], [5]], "the list of documents after the call", mistakes={
        "You appended `end` to the caller's own lists: build new ones.": [[2, 3, 0], [5, 0]],
    })  # fmt: skip


@ex.check(
    "random documents",
    hint="Join first, then cut. Is every length from 1 up handled, and a length longer than everything?",
)
def _(s, t):
    for seed, length in enumerate((1, 2, 3, 5, 7, 61)):
        documents = o.random_documents(seed)
        ids, source = o.pack(documents, length, 97)
        got = s.pack(documents, length, 97)
        t.close(got[0], ids, f"ids in blocks of {length}")
        t.close(got[1], source, f"source in blocks of {length}")
