# ---
# title: "Exercises 09: norms and blocks"
# minutes: 115
# cpu_seconds: 15
# ram_mb: 900
# ---

# %% [markdown]
# # Exercises 09: norms and blocks
#
# Eight small functions, from a norm by hand to a router with capacity. Everything you need stands in [lesson
# 09](../../lessons/09_norms_and_blocks.ipynb). A little under two hours; each exercise says how hard it is (★ warm-up, ★★ needs a
# moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows one problem
# at a time. Stuck? Run `hint("09.layer_norm")` in a cell of your own: every call reveals one more hint.

# %%
import math

import llm101
import torch
from llm101.check import check, hint
from torch import Tensor
from torch.nn import functional as F

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · LayerNorm
#
# ★ · 10 minutes · *Why it matters: it stands twice in every block of GPT-2, BERT and the first Transformer.*
#
# `x` is (b, t, d), `weight` and `bias` are (d). Give each token mean 0 and variance 1 over its d numbers (`eps` is added to the
# variance, inside the root; the variance divides by d), then multiply by `weight` and add `bias`. Without torch's `layer_norm`.
#
# ```python
# layer_norm(torch.tensor([[[1.0, 3.0]]]), torch.ones(2), torch.zeros(2), eps=0)      # [[[-1., 1.]]]
# ```


# %%
def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    ### BEGIN SOLUTION
    centred = x - x.mean(-1, keepdim=True)
    variance = centred.square().mean(-1, keepdim=True)
    return centred / (variance + eps).sqrt() * weight + bias
    ### END SOLUTION


# %%
check("09.layer_norm")

# %% [markdown]
# ## 2 · RMSNorm, in 16 bits too
#
# ★ · 10 minutes · *Why it matters: in float16 the formula, typed as it stands, answers 0 and nobody notices.*
#
# $x / \sqrt{\text{mean}(x^2) + \varepsilon}$ times `weight`, over the last axis. `x` may be float16 with numbers above 256, whose
# squares do not fit. So compute in float32 (or wider, if `x` is), and return the dtype of `x`. Without torch's `rms_norm`.
#
# ```python
# rms_norm(torch.tensor([[[300.0, 0.0, 0.0, 0.0]]]).half(), torch.ones(4).half())      # [[[2., 0., 0., 0.]]]
# ```


# %%
def rms_norm(x: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    ### BEGIN SOLUTION
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    size = (wide.square().mean(-1, keepdim=True) + eps).sqrt()
    return (wide / size * weight).to(x.dtype)
    ### END SOLUTION


# %%
check("09.rms_norm")

# %% [markdown]
# ## 3 · How alike are the tokens?
#
# ★★ · 15 minutes · *Why it matters: this one number told us why 48 post-norm layers cannot learn where to look.*
#
# `x` is (b, t, d). Return the mean cosine between two *different* tokens of the same text, over all pairs and all texts, as a
# float or a tensor with one number. (The cosine of two vectors is their dot product divided by both lengths.)
#
# ```python
# token_likeness(torch.tensor([[[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]]))      # 1/3: the pairs have 1, 0, 0
# ```


# %%
def token_likeness(x: Tensor) -> Tensor:
    ### BEGIN SOLUTION
    b, t, _ = x.shape
    unit = x / x.norm(dim=-1, keepdim=True)
    cosines = unit @ unit.transpose(-2, -1)  # (b t t)
    return (cosines.sum() - b * t) / (b * t * (t - 1))
    ### END SOLUTION


# %%
check("09.token_likeness")

# %% [markdown]
# ## 4 · Four places for a norm
#
# ★★ · 15 minutes · *Why it matters: three of the four differ by the place of one bracket, and by whether the model trains.*
#
# `f` is a branch (attention or feed-forward layer), `norm` a norm; both take a tensor and return one. Return the stream after
# this branch, for `placement` "post", "pre", "sandwich" or "deepnorm". `alpha` counts for "deepnorm" only. Any other placement: a
# `ValueError` that names it.
#
# ```python
# branch(x, f, norm, "pre")      # x + f(norm(x))
# ```


# %%
def branch(x: Tensor, f, norm, placement: str, alpha: float = 1.0) -> Tensor:
    ### BEGIN SOLUTION
    if placement == "post":
        return norm(x + f(x))
    if placement == "pre":
        return x + f(norm(x))
    if placement == "sandwich":
        return x + norm(f(norm(x)))
    if placement == "deepnorm":
        return norm(alpha * x + f(x))
    raise ValueError(f"branch: expected post, pre, sandwich or deepnorm; got {placement!r}")
    ### END SOLUTION


# %%
check("09.branch")

# %% [markdown]
# ## 5 · How large at the start?
#
# ★★ · 10 minutes · *Why it matters: `std=0.02`, copied from a model of another width, is a common reason for a model that hardly
# learns.*
#
# Return the standard deviation with which a matrix should start. `name` is its name in `model.named_parameters()`; its layer is
# the last part but one. The rule of thumb (the lesson measured it at width 64): $0.64/\sqrt{d}$, and for the last matrix of each branch (the layers called `o_proj` and `down`)
# that divided by $\sqrt{2L}$, the root of the number of branches in $L$ blocks.
#
# ```python
# start_std("stack.blocks.0.ffn.up.weight", 64, 2)        # 0.08
# start_std("stack.blocks.0.ffn.down.weight", 64, 2)      # 0.04
# ```


# %%
def start_std(name: str, d_model: int, n_layers: int) -> float:
    ### BEGIN SOLUTION
    std = 0.64 / math.sqrt(d_model)
    at_the_end = name.split(".")[-2] in ("o_proj", "down")
    return std / math.sqrt(2 * n_layers) if at_the_end else std
    ### END SOLUTION


# %%
check("09.start_std")

# %% [markdown]
# ## 6 · SwiGLU at equal parameters
#
# ★★ · 15 minutes · *Why it matters: it is the feed-forward layer of LLaMA, and 11,008 is the most puzzled-over number in its
# configuration.*
#
# Two functions. `swiglu_layer`: `gate` and `up` are (f, d), `down` is (d, f), each used as in `nn.Linear` (`x @ weight.T`);
# return the layer's result for `x` (b, t, d). `fair_width`: the width at which this layer has as many weights as a plain one of
# width `d_ff`: two thirds, rounded down to a whole number, then up to the next multiple of `multiple_of`.
#
# ```python
# fair_width(4 * 4096, 256)      # 11008
# ```


# %%
def swiglu_layer(x: Tensor, gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
    ### BEGIN SOLUTION
    return (F.silu(x @ gate.T) * (x @ up.T)) @ down.T
    ### END SOLUTION


def fair_width(d_ff: int, multiple_of: int = 1) -> int:
    ### BEGIN SOLUTION
    width = 2 * d_ff // 3
    return math.ceil(width / multiple_of) * multiple_of
    ### END SOLUTION


# %%
check("09.swiglu_layer")

# %% [markdown]
# ## 7 · A router with capacity
#
# ★★★ · 20 minutes · *Why it matters: on real machines every expert has a fixed number of seats.*
#
# `logits` is (m, e): the router's scores of e experts for m tokens. Each token goes to its best expert. Return three tensors of
# length m: the experts (ids), the gates (the probability of that expert, by softmax over the experts), and kept: True if the
# expert had fewer than `capacity` tokens before this one. Tokens come in order.
#
# ```python
# route(torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0]]), 1)
# # experts [0, 0, 1] · gates [0.88, 0.73, 0.95] · kept [True, False, True]
# ```


# %%
def route(logits: Tensor, capacity: int) -> tuple[Tensor, Tensor, Tensor]:
    ### BEGIN SOLUTION
    gates, experts = logits.softmax(-1).max(-1)
    queue = F.one_hot(experts, logits.shape[1])  # (m e)
    place = (queue.cumsum(0) * queue).sum(-1)  # 1 for the first token of an expert
    return experts, gates, place <= capacity
    ### END SOLUTION


# %%
check("09.route")

# %% [markdown]
# ## 8 · The balance loss
#
# ★★ · 10 minutes · *Why it matters: without it one expert gets nearly everything, and you pay for eight.*
#
# `probabilities` is (m, e), `experts` (m) holds the chosen ids. Return $e \sum_i f_i P_i$: $f_i$ the share of tokens that chose
# expert $i$, $P_i$ its mean probability. The result must have a gradient by the probabilities.
#
# ```python
# balance(torch.tensor([[0.75, 0.25], [0.25, 0.75]]), torch.tensor([0, 1]))      # 1.0: even
# balance(torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.tensor([0, 0]))      # 1.5: 2 · (1 · 0.75 + 0 · 0.25)
# ```


# %%
def balance(probabilities: Tensor, experts: Tensor) -> Tensor:
    ### BEGIN SOLUTION
    m, e = probabilities.shape
    shares = torch.bincount(experts, minlength=e) / m
    return e * (shares * probabilities.mean(0)).sum()
    ### END SOLUTION


# %%
check("09.balance")

# %% [markdown]
# ## 9 · In your own words
#
# ★★ · 10 minutes · 3 points: what is wrong with the reason, what to measure, what to change.
#
# A colleague trains a language model of 40 post-norm blocks at a rate of 0.006. The loss has stood for an hour at the entropy of
# the word frequencies. "The Transformer uses batch norm," she says, "so I shall try a larger batch." In four or five sentences:
# what is wrong with her reason, which measurement *before the first step* would show what happens, and what would you change? (An
# instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: the Transformer uses layer norm, whose statistics are those of one token and do not depend on the batch at all; a
# larger batch changes nothing about the norm. 1 point: the likeness of the tokens (mean cosine) by depth, or the gradient of
# queries and keys by depth: after a dozen post-norm blocks all tokens are nearly the same vector, and queries and keys get next
# to no gradient. (That the loss stands at the entropy of the frequencies fits: nothing about the context gets through.) 1 point:
# pre-norm (with a last norm), or DeepNorm with its alpha and its smaller start, or a sandwich; fewer blocks count, too. (Warm-up
# or a smaller rate alone earns half a point: they are the usual advice for shallower post-norm models. With the 16 blocks of the
# lesson a warm-up changed nothing in 50 steps, nor did rates of 0.003, 0.001 and 0.0003 in 200.)
# === END MARK SCHEME ===
