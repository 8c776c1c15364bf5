# ---
# title: "Exercises 07: attention"
# minutes: 120
# cpu_seconds: 20
# ram_mb: 900
# ---

# %% [markdown]
# # Exercises 07: attention
#
# Seven functions, from a mask to an induction head that you make by hand, and one question in words. Everything you need stands in
# [lesson 07](../../lessons/07_attention.ipynb). About 120 minutes; each exercise says how hard it is
# (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time. Stuck? Run `hint("07.make_mask")` in a cell of your own: every call reveals one more hint.
# torch's and the package's own attention, and masks made by the package, are not allowed: you are writing them.

# %%
import math

import llm101
import torch
from llm101.check import check, hint
from torch import Tensor

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · A mask for a prefix model with padding and a window
#
# ★ · 10 minutes · *Why it matters: one wrong `<` here, and a model reads the answer that it is trained to predict.*
#
# `keep` is a bool tensor (b, t), True = a real token. Return a bool tensor (b, t, t), True = query (second axis) may look at key (third axis).
# A key may be looked at if it is a real token **and** one of these holds:
#
# - it is among the first `n_prefix` places (the query may be anywhere);
# - it is the query's own place or one of the `width - 1` places before it.
#
# Rows of queries that are padding follow the same rule: nothing special is done for them.
#
# ```python
# make_mask(torch.tensor([[True, True, True, True]]), n_prefix=1, width=2)[0].int()
# # [[1, 0, 0, 0],
# #  [1, 1, 0, 0],
# #  [1, 1, 1, 0],
# #  [1, 0, 1, 1]]
# ```


# %%
def make_mask(keep: Tensor, n_prefix: int, width: int) -> Tensor:
    ### BEGIN SOLUTION
    place = torch.arange(keep.shape[1])
    back = place[:, None] - place  # how far the key lies behind the query
    near = (back >= 0) & (back < width)
    return (near | (place < n_prefix)) & keep[:, None, :]
    ### END SOLUTION


# %%
check("07.make_mask")

# %% [markdown]
# ## 2 · Scaled dot-product attention
#
# ★★ · 15 minutes · *Why it matters: these few lines are the heart of every model in the rest of the course.*
#
# `q` is (..., t, k), `k` is (..., s, k), `v` is (..., s, n), with any number of axes in front; `mask` is bool, broadcastable to (..., t, s), True = may look, or
# None = everything. Return softmax(q kᵀ / √k) v, (..., t, n). A query that may look at **nothing** gets zeros. Scores go from -10,000 to 10,000. Do
# not change the tensors that you are given.
#
# ```python
# attend(torch.zeros(2, 3), torch.zeros(2, 3), torch.tensor([[2.0], [4.0]]), torch.tensor([[True, False], [True, True]]))
# # [[2.], [3.]]
# ```


# %%
def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    ### BEGIN SOLUTION
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ v
    lowest = torch.finfo(scores.dtype).min
    weights = scores.masked_fill(~mask, lowest).softmax(-1).masked_fill(~mask, 0.0)
    return weights @ v
    ### END SOLUTION


# %%
check("07.attend")

# %% [markdown]
# ## 3 · Its gradient, by hand
#
# ★★★ · 25 minutes · *Why it matters: the backward pass of FlashAttention is this formula, cut into tiles.*
#
# For `q` (t, k), `k` (s, k), `v` (s, n), without a mask, and `g` (t, n), the gradient of a loss by the output of attention: return the gradients by
# `q`, by `k` and by `v`. No autograd. Step 11 of the lesson has the rules for one query; here all queries come at once, and `weights` (t, s) has one row each. The way
# back in four steps, each of one line:
#
# 1. by `v`: $\partial \ell / \partial v_j = \sum_i w_{ij}\, g_i$. Which matrix product is that?
# 2. by the weights: $\partial \ell / \partial w_{ij} = g_i \cdot v_j$, a table (t, s);
# 3. by the scores: the rule of step 11, row by row;
# 4. by `q` and `k`: a score is $q_i \cdot k_j$ times `scale`. Key $j$ collects from all queries, as value $j$ does.
#
# (Advice: work with $g_i \cdot v_j$ for two queries and three keys on paper, and write the shape beside each product.)
#
# ```python
# one = torch.ones(1, 1)
# attention_gradients(one, one, one, one)      # zeros, zeros, ones: a single weight is 1 whatever the score
# ```


# %%
def attention_gradients(
    q: Tensor, k: Tensor, v: Tensor, g: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    scale = 1 / math.sqrt(q.shape[-1])
    weights = (q @ k.T * scale).softmax(-1)  # (t s), as on the way forward
    ### BEGIN SOLUTION
    by_weights = g @ v.T
    by_scores = weights * (by_weights - (weights * by_weights).sum(-1, keepdim=True))
    return by_scores @ k * scale, by_scores.T @ q * scale, weights.T @ g
    ### END SOLUTION


# %%
check("07.attention_gradients")

# %% [markdown]
# ## 4 · Many heads, few keys
#
# ★★ · 15 minutes · *Why it matters: MHA, MQA and GQA are the same ten lines, and cutting the wrong axis raises no error.*
#
# `x` is (b, t, d). `w_q` is (d, h·k), `w_k` and `w_v` are (d, g·k), `w_o` is (h·k, d); there are `n_heads` = h query heads and `n_kv_heads` = g key heads, h a multiple of
# g. Columns 0 to k-1 belong to head 0, the next k to head 1, and so on. Query head $i$ uses key head $i \,//\, (h/g)$: with h = 6 and g = 2, heads 0, 1, 2 use key head 0.
# Attention is causal. Join the heads' results in order and multiply by `w_o`. You may use your `attend`.


# %%
def multi_head(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, n_heads: int, n_kv_heads: int
) -> Tensor:
    ### BEGIN SOLUTION
    q = (x @ w_q).unflatten(-1, (n_heads, -1)).transpose(1, 2)
    k = (x @ w_k).unflatten(-1, (n_kv_heads, -1)).transpose(1, 2)
    v = (x @ w_v).unflatten(-1, (n_kv_heads, -1)).transpose(1, 2)
    k, v = (y.repeat_interleave(n_heads // n_kv_heads, dim=1) for y in (k, v))
    causal = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    return attend(q, k, v, causal).transpose(1, 2).flatten(2) @ w_o
    ### END SOLUTION


# %%
check("07.multi_head")

# %% [markdown]
# ## 5 · The KV cache
#
# ★★ · 15 minutes · *Why it matters: without it, every word that a chat program writes costs as much as all before it together.*
#
# One causal head of width k. `x` (n, d) are **new** tokens; `cache` is None at the start, then whatever your function returned before. Return the results (n, k) for the new tokens, and the
# new cache: a tuple of the keys (s, k) and the values (s, k) of all tokens so far. Several new tokens may come at once; each sees everything in the cache, the new ones before it, and itself. The old cache must stay as it is: a second
# continuation may start from it.
#
# ```python
# first, cache = extend(x[:5], None, w_q, w_k, w_v)
# rest, cache = extend(x[5:], cache, w_q, w_k, w_v)     # first and rest together = all of x at once
# ```


# %%
def extend(
    x: Tensor, cache: tuple[Tensor, Tensor] | None, w_q: Tensor, w_k: Tensor, w_v: Tensor
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    ### BEGIN SOLUTION
    k, v = x @ w_k, x @ w_v
    if cache is not None:
        k, v = torch.cat([cache[0], k]), torch.cat([cache[1], v])
    n, s = len(x), len(k)
    causal = torch.ones(n, s, dtype=torch.bool).tril(diagonal=s - n)
    return attend(x @ w_q, k, v, causal), (k, v)
    ### END SOLUTION


# %%
check("07.extend")

# %% [markdown]
# ## 6 · Attention in tiles
#
# ★★★ · 15 minutes · *Why it matters: this is how a context of 100,000 tokens fits into memory at all.*
#
# The same as `attend` without a mask, for `q` (t, k), `k` (s, k), `v` (s, n), but go through the **keys** `tile` at a time and keep only running results: for each query the largest score so far, the sum of
# exponentials so far, and the mix of values so far (step 11). Their first values are given. The last tile may be smaller. No tensor with t · s numbers may ever exist: the check watches. Scores may be as large as
# 10,000, and in any order.


# %%
def tiled_attention(q: Tensor, k: Tensor, v: Tensor, tile: int) -> Tensor:
    largest = torch.full_like(q[:, :1], -math.inf)  # (t 1)
    total = torch.zeros_like(largest)  # (t 1)
    mixed = q.new_zeros(len(q), v.shape[1])  # (t n)
    ### BEGIN SOLUTION
    for start in range(0, len(k), tile):
        scores = q @ k[start : start + tile].T / math.sqrt(q.shape[1])
        larger = torch.maximum(largest, scores.amax(-1, keepdim=True))
        weights, shrink = (scores - larger).exp(), (largest - larger).exp()
        total = total * shrink + weights.sum(-1, keepdim=True)
        mixed = mixed * shrink + weights @ v[start : start + tile]
        largest = larger
    return mixed / total
    ### END SOLUTION


# %%
check("07.tiled_attention")

# %% [markdown]
# ## 7 · An induction head, by hand
#
# ★★★ · 15 minutes · *Why it matters: what you can build, you understand; this is the mechanism that step 12 of the lesson found in a trained model.*
#
# Two layers of attention with weights that *you* write, none of them trained. `ids` (t,) are tokens from 0 to n_tokens - 1. Return a tensor (t, n_tokens) of probabilities for the token that comes next:
#
# - if the token at place t occurred before, all probability goes to the token that followed it there. If it occurred several times, the probability is shared equally between those occurrences;
# - otherwise every token has the same probability, 1 / n_tokens.
#
# How: the vector of a token is its one-hot row, `onehot` (t, n_tokens). **Layer 0** moves each token's one-hot row one place to the right: attention with weight 1 on the place before (place 0 gets zeros). The result is
# `before`: "who stands in front of me". This layer is given. **Layer 1** has queries `onehot` ("who am I?"), keys `before`, and values `onehot`; it is causal, and it looks only at keys that match. So its weights must be 0 where query and key do not match and equal where they do. You may use your `attend`
# with a suitable mask, or make the scores large. Float64 in, float64 out: `onehot` as given below.
#
# ```python
# induction(torch.tensor([2, 0, 2]), 3)
# # [[1/3, 1/3, 1/3],      2 is new
# #  [1/3, 1/3, 1/3],      0 is new
# #  [1,   0,   0  ]]      2 was followed by 0
# ```


# %%
def induction(ids: Tensor, n_tokens: int) -> Tensor:
    onehot = torch.nn.functional.one_hot(ids, n_tokens).double()
    place = torch.arange(len(ids))
    one_back = place[:, None] - place == 1  # layer 0: True at (t, t - 1) only
    before = attend(onehot, onehot, onehot, one_back)
    ### BEGIN SOLUTION
    match = (place[:, None] >= place) & (onehot @ before.T > 0.5)
    copied = attend(onehot, before, onehot, match)
    nothing = ~match.any(-1, keepdim=True)
    return torch.where(nothing, torch.full_like(copied, 1 / n_tokens), copied)
    ### END SOLUTION


# %%
check("07.induction")

# %% [markdown]
# ## 8 · In your own words
#
# ★★ · 10 minutes · 4 points: what the picture shows, why the conclusion does not follow, what test would.
#
# A colleague trains a classifier of film reviews. For the review "not a good film" she draws the attention of one head: 0.8 of the last token's weight lies on "good". "So the model ignores *not*," she says, and wants to remove that head. In four or five sentences: name two reasons why
# her conclusion does not follow from the map, say which experiment would tell, and what result would prove each of her two claims (the model ignores *not*; the head can go). (Write below. An instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 4 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point each for two of these: after the first layer the vector at "good" need not mean only "good", since it may already hold "not" (attention mixes); other heads and the residual stream may carry "not"; different weights can give the same output, so a weight is no
# measure of influence; the value may be small or be ignored by what follows. 1 point: an intervention, for example take the head away (or change "not" to "quite") and compare the predictions, over many reviews with and without negation. 1 point: she is right only if the prediction does not
# change when "not" is removed or replaced; and removing the head is safe only if accuracy does not fall without it.
# === END MARK SCHEME ===
