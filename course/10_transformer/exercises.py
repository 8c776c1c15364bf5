# ---
# title: "Exercises 10: the Transformer"
# minutes: 120
# cpu_seconds: 20
# ram_mb: 900
# ---

# %% [markdown]
# # Exercises 10: the Transformer
#
# Seven functions, from what the decoder reads to beam search and BLEU. Everything you need stands in
# [lesson 10](../../lessons/10_transformer.ipynb). Up to two hours (less, if lesson 07 is fresh); each exercise says how hard it is
# (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time. Stuck? Run `hint("10.shifted")` in a cell of your own: every call reveals one more hint.

# %%
import math
from collections import Counter

import llm101
import torch
from llm101.check import check, hint
from torch import Tensor

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · What the decoder reads
#
# ★ · 10 minutes · *Why it matters: forget the shift, and the loss falls to 0 while the model learns nothing.*
#
# `sentences` are lists of ids, without `<s>` (1) and `</s>` (2). Return two integer tensors (b, longest + 1): what the decoder reads,
# and what it shall say at each place. Fill the first with 0 and the second with -100, at the right. (The lesson's slice `target[:, :-1]` leaves the `</s>` of shorter sentences in what is read. That is harmless,
# as nothing is to be said there; here the decoder reads 0.)
#
# ```python
# shifted([[5, 6], [7]])
# # (tensor([[1, 5, 6], [1, 7, 0]]), tensor([[5, 6, 2], [7, 2, -100]]))
# ```


# %%
def shifted(sentences: list[list[int]]) -> tuple[Tensor, Tensor]:
    ### BEGIN SOLUTION
    longest = max(len(ids) for ids in sentences)
    inputs = [[1, *ids] + [0] * (longest - len(ids)) for ids in sentences]
    labels = [[*ids, 2] + [-100] * (longest - len(ids)) for ids in sentences]
    return torch.tensor(inputs), torch.tensor(labels)
    ### END SOLUTION


# %%
check("10.shifted")

# %% [markdown]
# ## 2 · Count it
#
# ★ · 10 minutes · *Why it matters: who can count a model knows how it is built.*
#
# Return the number of parameters of a Transformer with `n` encoder and `n` decoder layers, width `d`, feed-forward layers that are `f`
# wide, and one shared table of `v` tokens (no output matrix of its own). Attentions have no bias, feed-forward layers have; a norm has a gain and a
# bias; there is no norm behind the last layer. Sinusoids cost nothing.
#
# ```python
# count_parameters(37000, 512, 6, 2048)      # 63045632
# ```


# %%
def count_parameters(v: int, d: int, n: int, f: int) -> int:
    ### BEGIN SOLUTION
    attention, feed_forward, norm = 4 * d * d, 2 * d * f + f + d, 2 * d
    return v * d + n * (3 * attention + 2 * feed_forward + 5 * norm)
    ### END SOLUTION


# %%
check("10.parameters")

# %% [markdown]
# ## 3 · Up, then down
#
# ★ · 5 minutes · *Why it matters: the most copied schedule of the field, in one line.*
#
# The learning rate of the paper's equation 3 at `step` (1, 2, ...), for the width `d`.
#
# ```python
# noam_rate(4000, 512, 4000)      # 0.000698771...
# ```


# %%
def noam_rate(step: int, d: int, warmup: int) -> float:
    ### BEGIN SOLUTION
    return d**-0.5 * min(step**-0.5, step * warmup**-1.5)
    ### END SOLUTION


# %%
check("10.noam")

# %% [markdown]
# ## 4 · The bridge
#
# ★★ · 25 minutes · *Why it matters: this is the only way from the source to the target.*
#
# Multi-head cross-attention. `x` (b t d) comes from the decoder, `memory` (b n d) from the encoder; `w` holds four matrices (d d) under the names "q", "k",
# "v", "o", to be multiplied from the right: `x @ w["q"]`. There are `n_heads` heads; head 0 has the first d / n_heads columns, and so on. `keep` (b n) is bool, True = a real word.
# Return (b t d). No torch attention.


# %%
def cross_attention(
    x: Tensor, memory: Tensor, w: dict[str, Tensor], n_heads: int, keep: Tensor
) -> Tensor:
    ### BEGIN SOLUTION
    q, k, v = x @ w["q"], memory @ w["k"], memory @ w["v"]
    q, k, v = (y.unflatten(-1, (n_heads, -1)).transpose(1, 2) for y in (q, k, v))  # (b h . k)
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (b h t n)
    weights = scores.masked_fill(~keep[:, None, None, :], -math.inf).softmax(-1)
    return (weights @ v).transpose(1, 2).flatten(2) @ w["o"]
    ### END SOLUTION


# %%
check("10.cross")

# %% [markdown]
# ## 5 · The likeliest word, again and again
#
# ★ · 10 minutes · *Why it matters: the simplest way to get a text out of a model, and what beam search is compared with.*
#
# `log_p` is a language model as a table: `log_p[i][j]` is the log-probability that word `j` follows word `i`. Begin with `[start]` and append the likeliest word (of
# equals the first) until it is `end` or `max_new` words are written. Return the list with `start`, and with `end` if it came.


# %%
def greedy(log_p: list[list[float]], start: int, end: int, max_new: int) -> list[int]:
    ### BEGIN SOLUTION
    text = [start]
    for _ in range(max_new):
        row = log_p[text[-1]]
        text.append(row.index(max(row)))
        if text[-1] == end:
            break
    return text
    ### END SOLUTION


# %%
check("10.greedy")

# %% [markdown]
# ## 6 · Beam search with a length penalty
#
# ★★★ · 30 minutes · *Why it matters: the paper's results were searched with four beams and α = 0.6.*
#
# The same table. Keep `n` beginnings, at first `[start]` alone. In each step take all continuations of all of them by every word whose log-probability is above `-math.inf`, and keep the `n` with the highest
# log-probability. Those of them that end in `end` are **finished** and leave the beam (they are not replaced). Stop when no beginning is left, or after `max_new` steps: then what is still open counts as
# finished too. The score of a finished text is its log-probability divided by $((5 + m)/6)^\alpha$, where $m$ counts the words behind `start`, `end` included. Return the ids of the best.


# %%
def beam(
    log_p: list[list[float]], start: int, end: int, n: int, max_new: int, alpha: float
) -> list[int]:
    ### BEGIN SOLUTION
    beams, finished = [(0.0, [start])], []
    for m in range(1, max_new + 1):
        longer = [
            (score + p, [*ids, word])
            for score, ids in beams
            for word, p in enumerate(log_p[ids[-1]])
            if p > -math.inf
        ]
        longer = sorted(longer, reverse=True)[:n]
        ended = [(score, ids) for score, ids in longer if ids[-1] == end or m == max_new]
        finished += [(score / ((5 + m) / 6) ** alpha, ids) for score, ids in ended]
        beams = [pair for pair in longer if pair[1][-1] != end]
        if not beams:
            break
    return max(finished)[1]
    ### END SOLUTION


# %%
check("10.beam")

# %% [markdown]
# **Reproduce the claim.** In how many of 200 random languages does your beam of four find a likelier text than greedy search? (No score here; run it and look. If it is never less likely, that is no proof
# that it cannot be: step 10 of the lesson says how.)

# %%
import random

likelier = equal = less = 0
for seed in range(200):
    rng, table = random.Random(seed), []
    for _ in range(7):
        weights = [0.0, *(rng.random() ** 3 + 0.01 for _ in range(6))]
        table.append([math.log(w / sum(weights)) if w else -math.inf for w in weights])
    try:
        texts = greedy(table, 0, 6, 8), beam(table, 0, 6, 4, 8, 0.0)
    except NotImplementedError:
        break
    one, other = (sum(table[a][b] for a, b in zip(text, text[1:])) for text in texts)
    likelier, equal, less = (
        likelier + (other > one),
        equal + (other == one),
        less + (other < one),
    )
print(f"beam likelier: {likelier}, equal: {equal}, less likely: {less}")

# %% [markdown]
# ## 7 · BLEU
#
# ★★ · 20 minutes · *Why it matters: for two decades papers on translation were compared by this number.*
#
# `hypotheses` and `references` are lists of sentences, each a list of words, one reference for each hypothesis. Return BLEU from 0 to 100: the geometric mean of the clipped precisions of runs of
# 1, 2, 3 and 4 words (counts summed over all sentences first), times $\min(1, e^{1 - r/c})$ with $c$ words in the hypotheses and $r$ in the references. If an order has no match, it is 0,
# also when the texts are too short for such a run, or empty.
#
# ```python
# bleu_score(["the cat sat on the mat".split()], ["the cat sat on a mat".split()])      # 53.7284...
# ```


# %%
def bleu_score(hypotheses: list[list[str]], references: list[list[str]]) -> float:
    ### BEGIN SOLUTION
    product = 1.0
    for n in (1, 2, 3, 4):
        hits = total = 0
        for ours, theirs in zip(hypotheses, references):
            one, other = (Counter(zip(*(side[i:] for i in range(n)))) for side in (ours, theirs))
            hits += (one & other).total()
            total += one.total()
        product *= hits / total if total else 0.0
    c, r = (sum(len(side) for side in sides) for sides in (hypotheses, references))
    brevity = 1.0 if c >= r else math.exp(1 - r / c) if c else 0.0
    return 100 * brevity * product**0.25
    ### END SOLUTION


# %%
check("10.bleu")

# %% [markdown]
# ## 8 · In your own words
#
# ★★ · 10 minutes · 3 points.
#
# A colleague trains a Transformer to translate. The training loss falls smoothly to 0.9 nats with label smoothing 0.1 (307 tokens), and the share of words that are right with the true beginning is 98 %. "Then a sentence of 30 words
# is right in 98 % of cases," she says, "and the loss of 0.9 shows that the model is still bad." In four or five sentences: what is wrong with both conclusions, and what would you measure instead?

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: a sentence needs all its words: 0.98³⁰ is about 0.55, if errors were independent; and behind its first error the model reads what it never saw in training (exposure), so the rest of a wrong sentence is worse than 98 %, too.
# 1 point: a smoothed loss has a floor above 0, the entropy of the smoothed target (which grows with the vocabulary); 0.9 must be compared with that floor, or the loss measured without smoothing.
# 1 point: measure on held-out sentences, without the teacher: exact match or BLEU of generated translations (greedy or beam), and the unsmoothed loss or perplexity.
# === END MARK SCHEME ===
