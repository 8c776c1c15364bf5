# ---
# title: "Exercises 04: embeddings"
# minutes: 120
# cpu_seconds: 20
# ram_mb: 900
# ---

# %% [markdown]
# # Exercises 04: embeddings
#
# Eight functions: from n-grams and their smoothing over a step of an LSTM to the loss and the analogies of word2vec.
# Everything you need stands in [lesson 04](../../lessons/04_embeddings.ipynb). About 120 minutes; each exercise says
# how hard it is (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time. Stuck? Run `hint("04.add_k")` in a cell of your own: every call reveals one more hint.

# %%
import math
from collections import Counter

import llm101
import torch
from llm101.check import check, hint

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · Count n-grams
#
# ★ · 10 minutes · *Why it matters: for decades the language model in a speech recogniser was a table of such counts.*
#
# Put `n - 1` times `"<start>"` before each sentence and one `"<end>"` after it. Return a dict from each n-gram, a tuple
# of n tokens, to how often it occurs. So every word, and the end, is predicted once, and `"<start>"` never.
#
# ```python
# count_ngrams([["so", "it", "goes"]], 2)
# # {("<start>", "so"): 1, ("so", "it"): 1, ("it", "goes"): 1, ("goes", "<end>"): 1}
# ```


# %%
def count_ngrams(sentences: list[list[str]], n: int) -> dict[tuple[str, ...], int]:
    ### BEGIN SOLUTION
    counts = Counter()
    for sentence in sentences:
        padded = ["<start>"] * (n - 1) + sentence + ["<end>"]
        counts.update(tuple(padded[i : i + n]) for i in range(len(padded) - n + 1))
    return dict(counts)
    ### END SOLUTION


# %%
check("04.count_ngrams")

# %% [markdown]
# ## 2 · A distribution with add-k
#
# ★★ · 10 minutes · *Why it matters: one zero makes a whole text impossible, so nothing may get the probability 0.*
#
# `ngrams` are counts as in exercise 1, `context` is the n - 1 tokens before the next one (a tuple, empty for unigrams),
# `vocab` lists every word that can come, `"<end>"` among them. Return a dict with the probability of each of them,
# when each gets `k` counts for nothing. It sums to one after every context, also after one that was never seen.
#
# ```python
# add_k({("a", "b"): 2, ("a", "c"): 1}, ("a",), ["b", "c", "d"], 1.0)
# # {"b": 0.5, "c": 0.333…, "d": 0.166…}
# ```


# %%
def add_k(
    ngrams: dict[tuple[str, ...], int], context: tuple[str, ...], vocab: list[str], k: float
) -> dict[str, float]:
    ### BEGIN SOLUTION
    counts = {word: ngrams.get((*context, word), 0) for word in vocab}
    total = sum(counts.values()) + k * len(vocab)
    return {word: (count + k) / total for word, count in counts.items()}
    ### END SOLUTION


# %%
check("04.add_k")

# %% [markdown]
# ## 3 · Bits per token and perplexity
#
# ★★ · 10 minutes · *Why it matters: every comparison of language models ends in this number, and two averages look
# alike here and are not.*
#
# `probs` has one list a sentence: the probability that the model gave to each token that came, the last of them
# `"<end>"`. Return (bits, perplexity): the mean of `-log2 p` over **all tokens**, and 2 to that power. If a
# probability is 0, both are `math.inf`. A text may have thousands of tokens.
#
# ```python
# bits_per_token([[0.5, 0.25], [0.125]])   # (2.0, 4.0)
# ```


# %%
def bits_per_token(probs: list[list[float]]) -> tuple[float, float]:
    ### BEGIN SOLUTION
    flat = [p for sentence in probs for p in sentence]
    if min(flat) == 0:
        return math.inf, math.inf
    bits = -sum(math.log2(p) for p in flat) / len(flat)
    return bits, 2**bits
    ### END SOLUTION


# %%
check("04.bits_per_token")

# %% [markdown]
# ## 4 · Good-Turing's adjusted counts
#
# ★★ · 10 minutes · *Why it matters: it says how much you have not seen, from nothing but what you have.*
#
# `counts` says how often each kind of thing was seen. With $N_r$ the number of kinds that were seen exactly $r$ times and
# $N$ the number of things, return a dict with $r^* = (r + 1)\,N_{r+1} / N_r$ for every $r$ that occurs, and
# $p_0 = N_1 / N$, the probability that the next thing is of a new kind.
#
# ```python
# good_turing({"carp": 3, "perch": 2, "trout": 1, "salmon": 1, "eel": 1})
# # {3: 0.0, 2: 3.0, 1: 0.666…}, 0.375
# ```
#
# Eight fish are too few: $2^*$ is more than 2 and $3^*$ is 0. That is why the lesson draws a line through
# the $N_r$ before it divides.


# %%
def good_turing(counts: dict[str, int]) -> tuple[dict[int, float], float]:
    ### BEGIN SOLUTION
    n = Counter(counts.values())
    adjusted = {r: (r + 1) * n[r + 1] / n[r] for r in list(n)}
    return adjusted, n[1] / sum(counts.values())
    ### END SOLUTION


# %%
check("04.good_turing")

# %% [markdown]
# ## 5 · Kneser-Ney for bigrams
#
# ★★★ · 25 minutes · *Why it matters: in the comparison of Chen and Goodman (1998) only a refinement of it was better.
# The idea is simple: a word that follows many different words is likely to follow a new one too.*
#
# $$p(w \mid h) = \frac{\max(c(h\,w) - D,\; 0)}{c(h)} \;+\; \frac{D \cdot n(h)}{c(h)} \cdot
# \frac{\text{number of different words before } w}{\text{number of different bigrams}}$$
#
# $c$ is a count in `bigrams`, $c(h)$ the sum of the counts of all bigrams that begin with the context $h$, $n(h)$ how
# many different ones these are, $D$ the `discount`. Return the probability of every word of `vocab`. After a context
# that was never seen only the last fraction is left, without anything before it. (A word that ends no bigram gets 0
# here; the package mixes in a uniform distribution at the end.) The last check reproduces the claim: on new stories your
# model needs fewer bits a token than adding one, and fewer than with plain frequencies in place of the last fraction.
#
# ```python
# kneser_ney({("a", "b"): 2, ("c", "b"): 1, ("c", "d"): 1}, "a", ["b", "d"], 0.5)
# # {"b": 1.5 / 2 + 0.25 * 2 / 3, "d": 0.25 * 1 / 3} = {"b": 0.9166…, "d": 0.0833…}
# ```


# %%
def kneser_ney(
    bigrams: dict[tuple[str, str], int], context: str, vocab: list[str], discount: float
) -> dict[str, float]:
    ### BEGIN SOLUTION
    words_before = Counter(word for _, word in bigrams)
    continuation = {word: words_before[word] / len(bigrams) for word in vocab}
    after = {word: count for (first, word), count in bigrams.items() if first == context}
    if not after:
        return continuation
    total = sum(after.values())
    freed = discount * len(after) / total
    return {
        word: max(after.get(word, 0) - discount, 0) / total + freed * continuation[word]
        for word in vocab
    }
    ### END SOLUTION


# %%
check("04.kneser_ney")

# %% [markdown]
# ## 6 · One step of an LSTM
#
# ★★ · 10 minutes · *Why it matters: two decades of speech recognition and translation ran on these five lines, and gates
# are still in use.*
#
# `x` (b, i) is what is read, `h` and `c` (b, n) are the state and the cell before; `w` (4n, i), `u` (4n, n) and `bias` (4n)
# hold the weights of the four parts, one block of n rows for each, in the order $i, f, g, o$:
#
# $$ i, f, o = \sigma(W x + U h + b), \quad g = \tanh(W x + U h + b), \quad c' = f \circ c + i \circ g, \quad
# h' = o \circ \tanh(c') $$
#
# (each with its own rows of $W$, $U$ and $b$). Return $h'$ and $c'$. Do not use `torch.nn.LSTM` or `torch.nn.LSTMCell`.
#
# ```python
# # all weights 0: every gate is half open, and nothing new comes in
# lstm_step(torch.zeros(1, 3), torch.zeros(1, 1), torch.tensor([[2.]]), torch.zeros(4, 3), torch.zeros(4, 1), torch.zeros(4))
# # (tensor([[0.3808]]), tensor([[1.]])): half of the cell is left, and h' = 0.5 * tanh(1)
# ```


# %%
def lstm_step(
    x: torch.Tensor,
    h: torch.Tensor,
    c: torch.Tensor,
    w: torch.Tensor,
    u: torch.Tensor,
    bias: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    ### BEGIN SOLUTION
    i, f, g, o = (x @ w.T + h @ u.T + bias).chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
    ### END SOLUTION


# %%
check("04.lstm_step")

# %% [markdown]
# ## 7 · Negative sampling and its gradient
#
# ★★★ · 25 minutes · *Why it matters: word2vec does this for every pair of neighbours in its text. To learn by telling the
# real thing from noise is an idea that you will meet again.*
#
# `hidden` (d) is the vector of the word in the middle, `target` (d) that of a true neighbour, `noise` (k, d) those of k
# words that were drawn at random. The loss is
#
# $$L = -\log \sigma(\text{hidden} \cdot \text{target}) - \sum_{i=1}^{k} \log \sigma(-\,\text{hidden} \cdot \text{noise}_i)$$
#
# Return L (a tensor without axes) and its derivatives with respect to `hidden`, `target` and `noise`, each in the shape of
# its own. Derive them on paper: $\frac{d}{dx} \log \sigma(x) = 1 - \sigma(x)$; the derivative of a dot product $a \cdot b$ with
# respect to $a$ is $b$; and if a vector occurs in several terms, their derivatives add up. No autograd. Scores may be as large as
# ±1000, where $\sigma$ is 0 in floating point and its logarithm would be -inf: `torch.nn.functional.logsigmoid` is safe.
#
# ```python
# negative_sampling(torch.tensor([1., 0.]), torch.tensor([0., 2.]), torch.tensor([[0., 5.]]))
# # (tensor(1.3863), tensor([0.0000, 1.5000]), tensor([-0.5000, 0.0000]), tensor([[0.5000, 0.0000]]))
# ```


# %%
def negative_sampling(
    hidden: torch.Tensor, target: torch.Tensor, noise: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    ### BEGIN SOLUTION
    yes, no = hidden @ target, noise @ hidden
    log_sigmoid = torch.nn.functional.logsigmoid
    loss = -log_sigmoid(yes) - log_sigmoid(-no).sum()
    pull = torch.sigmoid(yes) - 1
    push = torch.sigmoid(no)
    return loss, pull * target + push @ noise, pull * hidden, push[:, None] * hidden
    ### END SOLUTION


# %%
check("04.negative_sampling")

# %% [markdown]
# ## 8 · Analogies by cosine
#
# ★★ · 10 minutes · *Why it matters: the best-known result about word vectors, and the best-known way to fool oneself
# with it.*
#
# *a* is to *b* as *c* is to what? `table` (v, d) has one vector a word. Make every vector one long, form b − a + c of
# these, and return the number of the word whose vector has the largest cosine with it. The three words of the question
# are not allowed as the answer: without this rule it would mostly be b or c itself. Return an `int`.
#
# ```python
# table = torch.tensor([[1., 0.], [1., 1.], [-3., 0.], [-2., 2.], [0., -1.]])
# analogy(table, 0, 1, 2)   # 3: from row 0 to row 1 it goes up, and so from row 2 to row 3
# ```


# %%
def analogy(table: torch.Tensor, a: int, b: int, c: int) -> int:
    ### BEGIN SOLUTION
    unit = table / table.norm(dim=1, keepdim=True)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = -math.inf
    return scores.argmax().item()
    ### END SOLUTION


# %%
check("04.analogy")

# %% [markdown]
# ## 9 · In your own words
#
# ★★ · 10 minutes · 3 points: one for each answer.
#
# Three people report on the same held-out text. Anna: "Kneser-Ney trigrams, 50,000 words, perplexity 140." Ben: "The same,
# but words that occurred less than five times became `<unk>` in training and test, which leaves 8,000 words, perplexity
# 95." Clara: "Stupid backoff, 50,000 words, perplexity 60." (1) Why does it not follow that Ben's model is better than
# Anna's? (2) Why is Clara's number no perplexity at all? (3) What should Anna and Ben measure to be compared? Two or three
# sentences each. (Write below. An instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: Ben's model never has to say which rare word comes: it only says `<unk>`, one easy guess for a whole class of
# words, so it answers an easier question. A perplexity belongs to its vocabulary (in the extreme, with `<unk>` alone for
# every word it is close to 1). 1 point: the scores of stupid backoff do not sum to one after a context; nothing is
# taken from the seen words to pay for the unseen ones. 2 to the mean of minus log2 of them can be made as small as one likes
# by multiplying the scores. 1 point: the same closed vocabulary for both on the same text; or both models must spell
# out the unknown words (for example a letter model for what is in `<unk>`, its probability multiplied in), and then bits per
# character or byte of the same text.
# === END MARK SCHEME ===
