# ---
# title: "Exercises 02: data"
# minutes: 95
# cpu_seconds: 10
# ram_mb: 700
# ---

# %% [markdown]
# # Exercises 02: data
#
# Eight functions that turn a crawl into training data: filter, judge the filter, find near duplicates, find leaked
# test items, mix, pack. Everything you need stands in [lesson 02](../../lessons/02_data.ipynb) or below. About 95
# minutes; each exercise says how hard it is (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time. Stuck? Run `hint("02.c4_lines")` in a cell of your own: every call reveals one more hint.

# %%
import llm101
import torch
from llm101.check import check, hint

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · Which lines are prose?
#
# ★ · 10 minutes · *Why it matters: rules as simple as these made C4, the text that T5 learnt from.*
#
# Return the lines of `page` worth keeping, joined by `"\n"`. A line is kept if all three hold (spaces at its two ends
# do not count, and go):
#
# - it ends in `.`, `!`, `?` or `"` (so a line that ends in `...` stays: the paper's rule; the lesson's function, like
#   the authors' code, is stricter);
# - it has at least five words, counted between spaces;
# - it does not contain `javascript`, in any case.
#
# But the whole page becomes `""` if it contains `{` anywhere, or a word of `bad_words` (given in lower case) as a
# **whole word**, in any case. To find the words of a page, split it at white space and strip `.,!?;:"'()` from both ends
# of each.
#
# ```python
# c4_lines("Home | Contact\nThe old harbour is quiet today.\nWow!", set())   # "The old harbour is quiet today."
# ```


# %%
def c4_lines(page: str, bad_words: set[str]) -> str:
    ### BEGIN SOLUTION
    words = {word.strip(".,!?;:\"'()").lower() for word in page.split()}
    if "{" in page or words & bad_words:
        return ""
    kept = []
    for line in page.split("\n"):
        line = line.strip()
        prose = line.endswith((".", "!", "?", '"')) and len(line.split()) >= 5
        if prose and "javascript" not in line.lower():
            kept.append(line)
    return "\n".join(kept)
    ### END SOLUTION


# %%
check("02.c4_lines")

# %% [markdown]
# ## 2 · How good is a filter?
#
# ★ · 5 minutes · *Why it matters: a filter that drops everything drops all the spam; one number is never enough.*
#
# `dropped[i]` says whether the filter dropped page i, `bad[i]` whether it is a bad page. Return three numbers:
#
# - **precision**: of the dropped pages, the share that is bad (1.0 if none was dropped);
# - **recall**: of the bad pages, the share that was dropped (1.0 if there is none);
# - **wrongly**: of the good pages, the share that was dropped (0.0 if there is none).
#
# ```python
# judge([True, True, False, False, False], [True, False, True, False, False])   # (0.5, 0.5, 0.333...)
# ```


# %%
def judge(dropped: list[bool], bad: list[bool]) -> tuple[float, float, float]:
    ### BEGIN SOLUTION
    bad_out = sum(d and b for d, b in zip(dropped, bad))
    good_out = sum(d and not b for d, b in zip(dropped, bad))
    n_bad, n_good = sum(bad), len(bad) - sum(bad)
    precision = bad_out / (bad_out + good_out) if bad_out + good_out else 1.0
    recall = bad_out / n_bad if n_bad else 1.0
    wrongly = good_out / n_good if n_good else 0.0
    return precision, recall, wrongly
    ### END SOLUTION


# %%
check("02.judge")

# %% [markdown]
# ## 3 · How alike are two pages?
#
# ★ · 10 minutes · *Why it matters: "near duplicate" means nothing until this number says how near.*
#
# The *shingles* of a text are the **set** of its runs of `n` neighbouring words (lower case, split at white space). A
# text with fewer than `n` words, but at least one, has one shingle: all of it. Return the Jaccard similarity of the two
# sets of shingles: the number in both divided by the number in at least one. Two texts without words: 1.0.
#
# ```python
# jaccard("to be or not to be", "to be or not", 2)   # 0.75: {to be, be or, or not} of {to be, be or, or not, not to}
# ```


# %%
def jaccard(a: str, b: str, n: int) -> float:
    ### BEGIN SOLUTION
    def shingles(text):
        words = text.lower().split()
        if len(words) < n:
            return {tuple(words)} if words else set()
        return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}

    first, second = shingles(a), shingles(b)
    union = first | second
    return len(first & second) / len(union) if union else 1.0
    ### END SOLUTION


# %%
check("02.jaccard")

# %% [markdown]
# ## 4 · MinHash
#
# ★★ · 10 minutes · *Why it matters: a page shrinks to a few hundred numbers that still know whom it is like.*
#
# `items` is a set of whole numbers (the hashes of a page's shingles). `orders` is a list of pairs (a, b); each stands
# for one random order, in which item x has the place `(a * x + b) % prime`. `signature` returns, for each order, the
# smallest place of any item. `estimate` takes two signatures of one length and returns the share of positions in which
# they agree. For enough orders that share comes near the Jaccard similarity of the two sets.
#
# ```python
# signature({1, 4}, [(1, 0), (3, 2)], 7)   # [1, 0]: places 1 and 4; then 5 and 14 % 7 = 0
# estimate([1, 0, 3], [1, 2, 3])           # 0.666...
# ```


# %%
def signature(items: set[int], orders: list[tuple[int, int]], prime: int) -> list[int]:
    ### BEGIN SOLUTION
    return [min((a * x + b) % prime for x in items) for a, b in orders]
    ### END SOLUTION


def estimate(first: list[int], second: list[int]) -> float:
    ### BEGIN SOLUTION
    return sum(x == y for x, y in zip(first, second)) / len(first)
    ### END SOLUTION


# %%
check("02.minhash")

# %% [markdown]
# ## 5 · How many bands?
#
# ★★★ · 15 minutes · *Why it matters: this choice decides which duplicates of a billion pages are ever looked at.*
#
# A signature of `k` numbers is cut into `bands` bands of `rows` numbers. Two pages are compared only if they agree in
# **all** rows of **at least one** band. Each number agrees with probability `s`, their similarity, independently.
#
# `found(s, bands, rows)`: the probability that two pages of similarity `s` are compared.
#
# `choose_bands(k, s, recall)`: among all (bands, rows) with `bands * rows == k` exactly, those are good enough for which
# pairs of similarity `s` are found with probability `recall` or more. Return the one with the **most rows** (it compares
# the fewest pairs in vain), or `None` if none is good enough.
#
# ```python
# found(0.5, 2, 1)               # 0.75
# choose_bands(12, 0.8, 0.9)     # (4, 3): found with probability 0.943; (3, 4) only with 0.794
# ```


# %%
def found(s: float, bands: int, rows: int) -> float:
    ### BEGIN SOLUTION
    return 1 - (1 - s**rows) ** bands
    ### END SOLUTION


def choose_bands(k: int, s: float, recall: float) -> tuple[int, int] | None:
    ### BEGIN SOLUTION
    for rows in range(k, 0, -1):
        if k % rows == 0 and found(s, k // rows, rows) >= recall:
            return k // rows, rows
    return None
    ### END SOLUTION


# %%
check("02.choose_bands")

# %% [markdown]
# ## 6 · Has the test leaked?
#
# ★★ · 15 minutes · *Why it matters: a model that has read the test is not good, it is well informed.*
#
# For each item of `test` return the share of its n-grams of words that occur in some document of `train`. Words are in
# lower case, split at white space, with `.,!?;:"'()` stripped from both ends; words of which nothing is left do not count.
# An n-gram that stands twice in the item counts twice. An item of fewer than `n` words has no n-gram: 0.0. An n-gram
# lies within one document, it never reaches into the next. Hundreds of documents must take a fraction of a
# second, so look n-grams up in a set.
#
# ```python
# leaked(["Note: the cat sat down."], ["The cat sat up", "a dog"], 3)   # [0.5, 0.0]
# ```


# %%
def leaked(train: list[str], test: list[str], n: int) -> list[float]:
    ### BEGIN SOLUTION
    def ngrams(text):
        words = [word.strip(".,!?;:\"'()") for word in text.lower().split()]
        words = [word for word in words if word]
        return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]

    known = {gram for document in train for gram in ngrams(document)}
    shares = []
    for item in test:
        grams = ngrams(item)
        shares.append(sum(gram in known for gram in grams) / len(grams) if grams else 0.0)
    return shares
    ### END SOLUTION


# %%
check("02.leaked")

# %% [markdown]
# ## 7 · How often is each source read?
#
# ★ · 5 minutes · *Why it matters: GPT-3 read Wikipedia three times and Common Crawl less than once; here is why.*
#
# `weights` says how often each source is drawn, on any scale: divide by their sum (the published ones of GPT-3 sum to
# 101). `tokens` says how large each source is. Return how often each source is read from end to end (its *epochs*) when
# training takes `budget` tokens in all. `by_size` returns the weights for which all sources are read equally often,
# summing to 1.
#
# ```python
# epochs({"web": 3, "books": 1}, {"web": 600, "books": 50}, 400)   # {"web": 0.5, "books": 2.0}
# by_size({"web": 600, "books": 200})                              # {"web": 0.75, "books": 0.25}
# ```


# %%
def epochs(weights: dict[str, float], tokens: dict[str, float], budget: float) -> dict[str, float]:
    ### BEGIN SOLUTION
    total = sum(weights.values())
    return {name: weight / total * budget / tokens[name] for name, weight in weights.items()}
    ### END SOLUTION


def by_size(tokens: dict[str, float]) -> dict[str, float]:
    ### BEGIN SOLUTION
    total = sum(tokens.values())
    return {name: size / total for name, size in tokens.items()}
    ### END SOLUTION


# %%
check("02.epochs")

# %% [markdown]
# ## 8 · Pack documents into blocks
#
# ★★ · 15 minutes · *Why it matters: this is the last step before training, and a token lost here is lost in silence.*
#
# Put `end` behind **every** document (an empty one is just an `end`), join all of them into one long row, and cut it
# into blocks of `length`. If the last block is not full, fill it up with `end`. Return two int64 tensors of shape
# (blocks, length): `ids`, and `source`, the number of the document that each token is from, counted from 0. The `end`
# behind a document belongs to it; the filling has source -1. Without documents the shape is (0, length). Do not change
# the lists you got. `torch.tensor(row, dtype=torch.int64).reshape(-1, length)` turns one long list into blocks.
#
# ```python
# pack([[5, 6, 7], [8]], length=4, end=0)
# # tensor([[5, 6, 7, 0],      tensor([[ 0,  0,  0,  0],
# #         [8, 0, 0, 0]])             [ 1,  1, -1, -1]])
# ```


# %%
def pack(documents: list[list[int]], length: int, end: int) -> tuple[torch.Tensor, torch.Tensor]:
    ### BEGIN SOLUTION
    ids, source = [], []
    for number, document in enumerate(documents):
        ids += [*document, end]
        source += [number] * (len(document) + 1)
    missing = -len(ids) % length
    ids += [end] * missing
    source += [-1] * missing
    make = lambda row: torch.tensor(row, dtype=torch.int64).reshape(-1, length)
    return make(ids), make(source)
    ### END SOLUTION


# %%
check("02.pack")

# %% [markdown]
# ## 9 · In your own words
#
# ★★ · 10 minutes · 3 points: what went wrong, the right order, what is still not found.
#
# A team crawls ten million pages, puts a random tenth of them aside as the test set, and then removes exact duplicates
# within the training set and within the test set. Its model does much better on that test set than on pages crawled a
# month later. In three or four sentences: why is the test score too good, in which order should the steps have come,
# and what would still not be found if only exact duplicates were removed? (The three points are about the test set. That
# newer pages may be harder for reasons of their own is true too, but earns none. Write below. An instructor marks this
# one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: a page and its copy fell on different sides of the split; removing duplicates on each side alone leaves the
# pair across the border, so part of the test set was learnt by heart (contamination). 1 point: remove duplicates over
# the whole crawl first and split afterwards, or at least remove from training whatever is in the test set (and split
# whole clusters of copies, or by site or by date, instead of single pages). 1 point: near duplicates (the same text with
# another date, name or footer) and long passages that two different pages share; they need MinHash with a threshold, or
# n-gram overlap. (True, but no point of its own: pages of a month later differ in topic too, so not all of the gap is
# leakage.)
# === END MARK SCHEME ===
