# ---
# title: "Exercises 08: positions"
# minutes: 120
# cpu_seconds: 20
# ram_mb: 900
# ---

# %% [markdown]
# # Exercises 08: positions
#
# Eight ways to tell a model where a token stands, from the hands of a clock to a RoPE for texts longer than those of the
# training. Everything you need stands in [lesson 08](../../lessons/08_positions.ipynb). About two hours; each
# exercise says how hard it is (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time; where several lines fail, mend the first, since the others often have the same cause. Stuck? Run `hint("08.sinusoids")` in a cell of your own: every call reveals one more hint.
#
# The letters are those of the lesson: t tokens that ask (queries), s tokens that are looked at (keys), h heads, k channels of
# a head, d the width of the model. Places count from 0. The checks work in float64: where a function makes numbers
# from places, which are integers, it returns float64.

# %%
import math

import llm101
import torch
from llm101.check import check, hint
from torch import Tensor

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · A clock with many hands
#
# ★ · 15 minutes · *Why it matters: RoPE turns by these very angles, so what goes wrong here goes wrong there too.*
#
# Two functions. `sinusoids(places, d)`: `places` holds t integers, the result is (t, d) float64, with $d$ even and the
# layout of the 2017 paper, in which sine and cosine of one hand stand **next to each other**:
#
# $$ PE(p, 2i) = \sin(p\,\omega_i), \qquad PE(p, 2i+1) = \cos(p\,\omega_i), \qquad \omega_i = 10000^{-2i/d}. $$
#
# `shifted(vectors, k)`: gets such vectors (t, d) but **not** their places, and returns the vectors that stand $k$ places
# further on ($k$ may be negative). The lesson says why this can be done: a shift is a rotation of each pair.
#
# ```python
# sinusoids(torch.tensor([0, 1]), 4)                        # [[0, 1, 0, 1], [0.8415, 0.5403, 0.0100, 0.9999...]]
# shifted(sinusoids(torch.tensor([5, 30]), 4), 2)           # the same as sinusoids(torch.tensor([7, 32]), 4)
# ```


# %%
def sinusoids(places: Tensor, d: int) -> Tensor:
    ### BEGIN SOLUTION
    speeds = 10000.0 ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)  # (d/2)
    angles = places[:, None] * speeds  # (t d/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
    ### END SOLUTION


def shifted(vectors: Tensor, k: int) -> Tensor:
    ### BEGIN SOLUTION
    d = vectors.shape[1]
    turn = k * 10000.0 ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    sin, cos = vectors[:, 0::2], vectors[:, 1::2]
    new_sin = sin * turn.cos() + cos * turn.sin()
    new_cos = cos * turn.cos() - sin * turn.sin()
    return torch.stack([new_sin, new_cos], dim=-1).flatten(1)
    ### END SOLUTION


# %%
check("08.sinusoids")

# %% [markdown]
# ## 2 · GLM's two dimensions
#
# ★★ · 10 minutes · *Why it matters: the places must not tell the model how long the answer is going to be.*
#
# A text of `n` tokens, numbered from 0, loses some spans. `spans` lists them as `(start, length)`, **in the order in
# which they are to be generated**, which need not be the order in the text; they do not overlap, and every length is at
# least 1. The input of the model is then: the text, in which every span is replaced by *one* `[MASK]`, and behind it each
# span, a start token `[S]` first and then its tokens.
#
# Return two lists of integers, one entry for each token of this input. The first: the place in the text **with its
# masks**, counted from 0; a span's tokens and its `[S]` all stand at the place of their mask. The second: 0 for the text;
# 1 for an `[S]`, and 2, 3, ... for the tokens behind it. (The package's function of this name, in the lesson, was told where
# the masks are; yours finds out, so its arguments are others.)
#
# The paper's example, counted from 0: from $x_0 \ldots x_5$ the spans $x_4 x_5$ and $x_2$ are cut, and generated in this order.
#
# ```python
# span_places(6, [(4, 2), (2, 1)])
# # input:    x0 x1 [M] x3 [M]   [S] x4 x5   [S] x2
# # ([0, 1, 2, 3, 4, 4, 4, 4, 2, 2], [0, 0, 0, 0, 0, 1, 2, 3, 1, 2])
# ```


# %%
def span_places(n: int, spans: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    ### BEGIN SOLUTION
    n_text = n - sum(length - 1 for _, length in spans)
    in_text, in_span = list(range(n_text)), [0] * n_text
    for start, length in spans:
        before = sum(other - 1 for place, other in spans if place < start)
        in_text += [start - before] * (length + 1)
        in_span += range(1, length + 2)
    return in_text, in_span
    ### END SOLUTION


# %%
check("08.span_places")

# %% [markdown]
# ## 3 · A vector for each distance
#
# ★★ · 10 minutes · *Why it matters: in Python a negative index is no error, and a distance can be negative.*
#
# Shaw's scores for one head, before mask and softmax. `q` is (t, k), `keys` (t, k): the same t tokens ask and are looked
# at. `table` is (2m + 1, k) and holds the vectors of the distances $j - i$ from $-m$ to $m$, **in this order**;
# everything further away counts as $-m$ or $m$. Return (t, t):
#
# $$ \text{score}(i, j) = \frac{q_i \cdot (k_j + a_{j-i})}{\sqrt{k}} $$
#
# You may use a loop or not.
#
# ```python
# one, none = torch.ones(3, 1), torch.zeros(3, 1)
# shaw_scores(one, none, torch.tensor([[10.0], [20.0], [30.0]]))
# # [[20, 30, 30], [10, 20, 30], [10, 10, 20]]
# ```


# %%
def shaw_scores(q: Tensor, keys: Tensor, table: Tensor) -> Tensor:
    ### BEGIN SOLUTION
    m = len(table) // 2
    at = torch.arange(len(q))
    which = (at - at[:, None]).clamp(-m, m) + m  # (t t)
    by_distance = q @ table.T  # (t 2m+1)
    return (q @ keys.T + by_distance.gather(1, which)) / math.sqrt(q.shape[1])
    ### END SOLUTION


# %%
check("08.shaw_scores")

# %% [markdown]
# ## 4 · From distances to keys
#
# ★★★ · 20 minutes · *Why it matters: Transformer-XL scores t + s - 1 distances and not t · s pairs; this is what makes it
# cheap.*
#
# `by_distance` is (t, m) with m = s + t - 1: row $i$ holds the score of query $i$ for every distance back, from s - 1
# down to 1 - t (a negative distance means that the key comes later). The queries are the **last** t of the s tokens:
# query $i$ stands at place $s - t + i$, key $j$ at place $j$. Return (t, s): for each query and key the score of their
# distance.
#
# No loop over the rows (also none in disguise, as a `torch.stack` of rows): a check counts the calls of torch, and their
# number must not grow with t. Draw it for t = 3, s = 4 first. In which column does row 0 find its key 0, and row 1? Then
# either build an index, or play the trick of the paper: pad each row, lay all rows behind one another, and cut anew.
#
# ```python
# slide(torch.tensor([[2, 1, 0, -1], [2, 1, 0, -1]]))      # [[1, 0, -1], [2, 1, 0]]: the distances themselves
# ```


# %%
def slide(by_distance: Tensor) -> Tensor:
    ### BEGIN SOLUTION
    t, m = by_distance.shape
    s = m - t + 1
    column = torch.arange(s) + (t - 1 - torch.arange(t))[:, None]  # (t s)
    return by_distance.gather(1, column)
    ### END SOLUTION


# %%
check("08.slide")

# %% [markdown]
# ## 5 · Buckets
#
# ★★ · 15 minutes · *Why it matters: a bucket that is off by one reads trained numbers at the wrong distance, without any
# error.*
#
# T5's bucket of **one** distance, an integer. `back` is the place of the query minus that of the key: positive if the key
# came before.
#
# A decoder (`both_ways=False`) has all `n_buckets` for the past. With $e$ = n_buckets // 2: the distances 0 to $e - 1$
# have a bucket each, and from $e$ on the bucket is
#
# $$ e + \Bigl\lfloor \frac{\ln (\text{back} / e)}{\ln (\text{max\_distance} / e)} \cdot (n - e) \Bigr\rfloor, $$
#
# with n = n_buckets, and never above $n - 1$. Later keys, which it never sees, are in bucket 0.
#
# An encoder (`both_ways=True`) does the same in each direction with half of the buckets: n = n_buckets // 2 and
# e = n // 2. The buckets from 0 are for the past and for distance 0, those from n on for **later** keys.
#
# ```python
# [t5_bucket(x, 32, 128, both_ways=False) for x in (-3, 0, 3, 15, 16, 40, 9999)]      # [0, 0, 3, 15, 16, 23, 31]
# [t5_bucket(x, 32, 128, both_ways=True) for x in (-9, -1, 0, 1, 9)]                  # [24, 17, 0, 1, 8]
# ```


# %%
def t5_bucket(back: int, n_buckets: int, max_distance: int, both_ways: bool) -> int:
    ### BEGIN SOLUTION
    n = n_buckets // 2 if both_ways else n_buckets
    first = n if both_ways and back < 0 else 0
    far = abs(back) if both_ways else max(back, 0)
    exact = n // 2
    if far < exact:
        return first + far
    growth = math.log(far / exact) / math.log(max_distance / exact)
    return first + min(exact + int(growth * (n - exact)), n - 1)
    ### END SOLUTION


# %%
check("08.t5_bucket")

# %% [markdown]
# ## 6 · Slopes
#
# ★★ · 10 minutes · *Why it matters: no weights, three lines, and a sign that turns the model round.*
#
# Return what ALiBi adds to the scores of h heads and t tokens, with the causal mask in it: (h, t, t) float64,
# $-m_h (i - j)$ for the keys $j \le i$ and `-math.inf` for later ones.
#
# If h is a power of two, the slopes are $2^{-8/h}, 2^{-16/h}, \ldots, 2^{-8}$. If not, take the slopes of the power of
# two **below**, all of them, and then the first, third, fifth, ... slope of the power of two **above**, until there are
# h. So 3 heads have the two of 2 heads, 1/16 and 1/256, and the first of 4 heads, 1/4.
#
# ```python
# alibi(8, 3)[0]      # [[0, -inf, -inf], [-0.5, 0, -inf], [-1, -0.5, 0]]
# ```


# %%
def alibi(h: int, t: int) -> Tensor:
    ### BEGIN SOLUTION
    def power_slopes(n):
        return [2 ** (-8 * (i + 1) / n) for i in range(n)]

    below = 2 ** (h.bit_length() - 1)
    slopes = power_slopes(below) + power_slopes(2 * below)[::2][: h - below]
    at = torch.arange(t, dtype=torch.float64)
    back = at[:, None] - at  # (t t)
    bias = -torch.tensor(slopes, dtype=torch.float64)[:, None, None] * back
    return bias.masked_fill(back < 0, -math.inf)
    ### END SOLUTION


# %%
check("08.alibi")

# %% [markdown]
# ## 7 · Turn queries and keys
#
# ★★★ · 20 minutes · *Why it matters: most open models since LLaMA do this, in one of two layouts, and the wrong one gives
# nonsense without an error.*
#
# Two functions. `rotate(x, places, interleaved)`: `x` is (t, k), k even; row $n$ stands at `places[n]`. Turn pair $i$ of
# each row by the angle $\varphi = p \cdot 10000^{-2i/k}$:
#
# $$ (a, b) \;\to\; (a \cos\varphi - b \sin\varphi,\; a \sin\varphi + b \cos\varphi). $$
#
# With `interleaved=True` the pairs are neighbours, (0, 1), (2, 3), ...; with `False` they are halves, (0, k/2),
# (1, k/2 + 1), .... Every channel comes back in the place where it stood.
#
# `rope_attention(q, k, v)`: causal attention of one head with RoPE in the layout of halves. `k` and `v` are (s, k) and
# stand at the places 0 to s - 1. `q` is (t, k) with t ≤ s: the queries are the **last** t tokens, as with a cache. Return
# (t, k). Use your `rotate`; `torch.softmax` is allowed, the finished attention is not.
#
# ```python
# rotate(torch.tensor([[1.0, 0.0]]), torch.tensor([1]), True)                      # [[0.5403, 0.8415]]
# rotate(torch.tensor([[1.0, 2.0, 0.0, 0.0]]), torch.tensor([1]), False)           # [[0.5403, 1.9999, 0.8415, 0.0200]]
# ```


# %%
def rotate(x: Tensor, places: Tensor, interleaved: bool) -> Tensor:
    ### BEGIN SOLUTION
    width = x.shape[1]
    speeds = 10000.0 ** (-torch.arange(0, width, 2, dtype=x.dtype) / width)
    angles = places[:, None] * speeds  # (t k/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = (x[:, 0::2], x[:, 1::2]) if interleaved else x.chunk(2, dim=1)
    turned = a * cos - b * sin, a * sin + b * cos
    return torch.stack(turned, dim=-1).flatten(1) if interleaved else torch.cat(turned, dim=1)
    ### END SOLUTION


def rope_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    ### BEGIN SOLUTION
    at_k = torch.arange(len(k))
    at_q = at_k[len(k) - len(q) :]
    scores = rotate(q, at_q, False) @ rotate(k, at_k, False).T / math.sqrt(q.shape[1])
    scores = scores.masked_fill(at_k > at_q[:, None], -math.inf)
    return scores.softmax(-1) @ v
    ### END SOLUTION


# %%
check("08.rope")

# %% [markdown]
# ## 8 · Longer than trained
#
# ★★ · 10 minutes · *Why it matters: the linear way is how LLaMA, trained on 2,048 tokens, came to read 32,768 (Chen et al. 2023).*
#
# Return the angles by which RoPE turns the r/2 pairs of channels at each of the t places, (t, r/2) float64, for a context
# that is `factor` times as long as the trained one. `how` names the method:
#
# - `"none"`: as trained, $p \cdot 10000^{-2i/r}$ (r is `r`, the number of channels that turn);
# - `"linear"`: position interpolation. Place `factor * p` now turns as place `p` did;
# - `"ntk"`: another base, the same for all pairs, chosen so that the **fastest** pair turns as before and the
#   **slowest** one turns `factor` times slower. Find the exponent on paper: with base $\cdot$ factor$^x$, what must $x$
#   be for the last pair, $i = r/2 - 1$? (The lesson says what comes out.) $r$ is at least 4.
#
# Any other `how` is a `ValueError` that names it.
#
# ```python
# stretched_angles(torch.tensor([8]), 4, 4.0, "none")        # [[8.00, 0.08]]
# stretched_angles(torch.tensor([8]), 4, 4.0, "linear")      # [[2.00, 0.02]]
# stretched_angles(torch.tensor([8]), 4, 4.0, "ntk")         # [[8.00, 0.02]]
# ```


# %%
def stretched_angles(places: Tensor, r: int, factor: float, how: str) -> Tensor:
    ### BEGIN SOLUTION
    if how not in ("none", "linear", "ntk"):
        raise ValueError(f"stretched_angles: how must be none, linear or ntk; got {how!r}")
    base = 10000.0 * factor ** (r / (r - 2)) if how == "ntk" else 10000.0
    speeds = base ** (-torch.arange(0, r, 2, dtype=torch.float64) / r)
    return places[:, None] * speeds / (factor if how == "linear" else 1)
    ### END SOLUTION


# %%
check("08.stretch")

# %% [markdown]
# ## 9 · In your own words
#
# ★★ · 10 minutes · 3 points: why it breaks, what would show it, what to do.
#
# A colleague has trained a small model on texts of 2,048 tokens and wants to use it on 16,384. "It will work," she says.
# "I use RoPE, and RoPE sees only distances. And even if I had taken sinusoids: they are defined for every place." The
# model runs without an error, and its answers on long texts are bad. In five or six sentences: why does neither reason
# help, which measurement would show where it breaks (mind which tokens are compared), and what would you do? (Write
# below. An instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: to be defined is not to be trained. The matrices have met the sinusoids of 2,048 places only. RoPE has met only
# the distances below 2,048, so its slow pairs, which have not made a full turn by then, reach angles that no training
# step has seen. That scores depend on distances alone says that a *shift* changes nothing; it says nothing of *larger*
# distances.
# 1 point: the loss on the *same* last tokens of the same texts, with 1,024, 2,048, 4,096, ... tokens of context before
# them, compared with the loss at 2,048. (A mean over all tokens of texts of different lengths compares other tokens and
# earns half; that the program raises no error measures nothing.)
# 1 point: one remedy with its price: position interpolation (divide the places by 8) or a larger base (NTK), with a
# short training on long texts, after which the loss on short texts is measured too; or a scheme with a penalty on
# distance, ALiBi, trained anew, which holds by looking mainly at what is near; or cutting texts to 2,048 tokens.
# === END MARK SCHEME ===
