# ---
# title: "Exercises 06: losses and regularisation"
# minutes: 110
# cpu_seconds: 20
# ram_mb: 900
# ---

# %% [markdown]
# # Exercises 06: losses, regularisation, activations
#
# Eight small functions, from a softmax that does not overflow to an initialisation that keeps thirty layers alive.
# Everything you need stands in [lesson 06](../../lessons/06_losses.ipynb). A little under two hours; each exercise says how hard it is
# (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time. Stuck? Run `hint("06.log_softmax")` in a cell of your own: every call reveals one more hint.

# %%
import math

import llm101
import torch
from llm101.check import check, hint
from torch import Tensor

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · Log-softmax that survives
#
# ★ · 10 minutes · *Why it matters: one infinite exponential, and every weight of the model is `nan` a step later.*
#
# `logits` holds scores, any shape; the classes stand on the last axis. Return the log-probabilities, same shape. Scores
# of 10,000 must work; a score of `-inf` (a forbidden class) gives the log-probability `-inf` and must leave the others intact.
# Write it with `exp`, `log`, `max` and `sum`, without torch's `softmax`, `log_softmax` or `logsumexp`.
#
# ```python
# log_softmax(torch.tensor([0.0, 0.0]))          # tensor([-0.6931, -0.6931])
# log_softmax(torch.tensor([10000.0, 0.0]))      # tensor([     0., -10000.])
# ```


# %%
def log_softmax(logits: Tensor) -> Tensor:
    ### BEGIN SOLUTION
    shifted = logits - logits.amax(-1, keepdim=True)
    return shifted - shifted.exp().sum(-1, keepdim=True).log()
    ### END SOLUTION


# %%
check("06.log_softmax")

# %% [markdown]
# ## 2 · The loss of a language model
#
# ★★ · 15 minutes · *Why it matters: every model of this course is trained on this number.*
#
# `logits` is (n, v), `ids` is (n) and holds the right class of each row. An id of -100 marks padding: its row costs nothing and
# does not count. Return the **mean** over the other rows of the cross-entropy with the smoothed target: $1 - \varepsilon +
# \varepsilon/v$ for the right class and $\varepsilon/v$ for every other one. `smoothing` is $\varepsilon$. Use your
# `log_softmax`; no torch loss.
#
# ```python
# token_loss(torch.zeros(3, 4), torch.tensor([2, -100, 0]))      # tensor(1.3863), which is ln 4
# ```


# %%
def token_loss(logits: Tensor, ids: Tensor, smoothing: float = 0.0) -> Tensor:
    ### BEGIN SOLUTION
    keep = ids != -100
    log_p = log_softmax(logits[keep])
    right = log_p.gather(1, ids[keep][:, None])[:, 0]
    return -((1 - smoothing) * right + smoothing * log_p.mean(1)).mean()
    ### END SOLUTION


# %%
check("06.token_loss")

# %% [markdown]
# ## 3 · Its gradient, by hand
#
# ★★ · 10 minutes · *Why it matters: p − y is the sentence that a classifier hears at every step.*
#
# Return the derivative of the mean cross-entropy (no smoothing, no padding) by the logits: the same shape, (n, v). No
# `backward`, no `autograd`; `torch.softmax` is allowed here.
#
# ```python
# loss_gradient(torch.zeros(1, 2), torch.tensor([1]))      # tensor([[ 0.5000, -0.5000]])
# ```


# %%
def loss_gradient(logits: Tensor, ids: Tensor) -> Tensor:
    ### BEGIN SOLUTION
    gradient = torch.softmax(logits, -1)
    gradient[torch.arange(len(ids)), ids] -= 1
    return gradient / len(ids)
    ### END SOLUTION


# %%
check("06.loss_gradient")

# %% [markdown]
# ## 4 · Count, and compare two distributions
#
# ★★ · 10 minutes · *Why it matters: counting is maximum likelihood, and KL is what the loss can still lose.*
#
# Two functions. `fit_categorical(ids, v)`: the maximum-likelihood probabilities of the classes 0 to v - 1, a tensor of v
# float64 numbers; `ids` is a non-empty list of classes. `kl(p, q)`: the divergence $\text{KL}(p \,\|\, q)$ in nats, a float,
# of two tensors of v probabilities. A class with $p = 0$ adds 0; a class with $p > 0$ and $q = 0$ makes it `math.inf`.
#
# ```python
# fit_categorical([0, 2, 0, 2], 3)                          # tensor([0.5000, 0.0000, 0.5000], dtype=torch.float64)
# kl(torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5]))    # 0.6931..., ln 2
# kl(torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0]))    # inf
# ```


# %%
def fit_categorical(ids: list[int], v: int) -> Tensor:
    ### BEGIN SOLUTION
    counts = torch.bincount(torch.tensor(ids), minlength=v)
    return counts.double() / len(ids)
    ### END SOLUTION


def kl(p: Tensor, q: Tensor) -> float:
    ### BEGIN SOLUTION
    pairs = zip(p.tolist(), q.tolist())
    return sum(
        (math.inf if q_k == 0 else p_k * math.log(p_k / q_k)) for p_k, q_k in pairs if p_k > 0
    )
    ### END SOLUTION


# %%
check("06.categorical")

# %% [markdown]
# ## 5 · Inverted dropout
#
# ★★ · 10 minutes · *Why it matters: forget the scale or the switch, and training and use see two different models.*
#
# `noise` has the shape of `x`, its entries are drawn evenly from 0 to 1 (handing them in makes the function checkable).
# In training an entry is dropped where `noise < p` (not where it equals `p`); what is kept is scaled so that the expected value stays `x`. Outside of
# training `x` comes back as it is. `p` is below 1. Do not change `x` in place.
#
# ```python
# inverted_dropout(torch.tensor([3.0, 3.0]), 0.25, torch.tensor([0.1, 0.9]), training=True)      # tensor([0., 4.])
# ```


# %%
def inverted_dropout(x: Tensor, p: float, noise: Tensor, training: bool) -> Tensor:
    ### BEGIN SOLUTION
    if not training:
        return x
    return x * (noise >= p) / (1 - p)
    ### END SOLUTION


# %%
check("06.inverted_dropout")

# %% [markdown]
# ## 6 · When to stop
#
# ★★ · 10 minutes · *Why it matters: the cheapest regulariser there is, and an off-by-one is easily made.*
#
# `losses` are validation losses, one an epoch, in order. Training stops **after** the first epoch that makes `patience` epochs
# in a row without a new best; a loss that only equals the best is no new best. If that never happens it runs to the end. Return
# the number of the best epoch *seen until then*, and the number of the last epoch that ran, both counted from 0. `losses` is not
# empty, `patience` is at least 1.
#
# ```python
# when_to_stop([5.0, 3.0, 4.0, 4.0, 1.0], patience=2)      # (1, 3): the 1.0 of epoch 4 is never seen
# when_to_stop([5.0, 3.0, 4.0, 2.0], patience=2)           # (3, 3)
# ```


# %%
def when_to_stop(losses: list[float], patience: int) -> tuple[int, int]:
    ### BEGIN SOLUTION
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best, epoch
    ### END SOLUTION


# %%
check("06.when_to_stop")

# %% [markdown]
# ## 7 · GELU and its slope
#
# ★★ · 10 minutes · *Why it matters: this is the bend in BERT and GPT; its slope is what training sees of it.*
#
# Return two tensors of the shape of `x`: $\text{GELU}(x) = x\,\Phi(x)$, exact, and its derivative. $\Phi$ is the distribution function
# of the standard normal, $\Phi(x) = \frac12\bigl(1 + \operatorname{erf}(x / \sqrt2)\bigr)$ with `torch.erf`; its derivative is the density
# $\varphi(x) = e^{-x^2/2} / \sqrt{2\pi}$. Derive with the product rule. No `gelu`, no `autograd`.
#
# ```python
# gelu_and_slope(torch.tensor([0.0, 1.0]))      # (tensor([0.0000, 0.8413]), tensor([0.5000, 1.0833]))
# ```


# %%
def gelu_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
    ### BEGIN SOLUTION
    below = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
    density = torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return x * below, below + x * density
    ### END SOLUTION


# %%
check("06.gelu_and_slope")

# %% [markdown]
# ## 8 · An initialisation for any activation
#
# ★★★ · 25 minutes · *Why it matters: He et al. did this for ReLU, and thirty layers began to learn. You do it for all.*
#
# A layer computes $z = \sum_{i=1}^{n} w_i a_i$ with independent weights of mean 0 and standard deviation $s$; the inputs
# $a_i = f(z_i')$ come out of the activation of the layer below, whose $z_i'$ are standard normal. Return the $s$ with which $z$ has
# variance 1 again, a float. `f` maps a tensor to a tensor of the same shape; `n_in` is $n$.
#
# On paper first: what is the variance of $z$, in terms of $s$, $n$ and an expected value over a standard normal number? (Mind that
# $f(z')$ may have a mean other than 0.) Then compute that expected value in float64, to six digits, for example as a sum over a fine grid
# from -10 to 10 (`dtype=torch.float64`), each point weighted by the density $\varphi$ times the distance of the points. Random numbers are
# not precise enough.
#
# ```python
# weight_std(torch.relu, 50)                # 0.2, which is sqrt(2 / 50): He's rule
# weight_std(lambda z: z, 100)              # 0.1
# ```


# %%
def weight_std(f, n_in: int) -> float:
    ### BEGIN SOLUTION
    z = torch.linspace(-10, 10, 20_001, dtype=torch.float64)
    density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    mean_square = (f(z) ** 2 * density).sum().item() * (20 / 20_000)
    return 1 / math.sqrt(n_in * mean_square)
    ### END SOLUTION


# %%
check("06.weight_std")

# %% [markdown]
# ## 9 · In your own words
#
# ★★ · 10 minutes · 3 points: what is wrong with the reason, what to look at, what to change.
#
# A colleague builds a network of 24 fully connected layers for a problem with ten classes. "I took sigmoid after every layer," he says,
# "because activations normalise the values and avoid vanishing gradients." The training loss has stood at 2.30 for an hour.
# In four or five sentences: what is wrong with his reason, which measurement would show what happens (and what does 2.30 tell
# you), and what would you change? (Write below. An instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: activations are there for the bend, without which 24 layers are one matrix; they do not normalise, and a saturating one
# causes vanishing gradients: sigmoid's slope is at most 1/4, so 24 layers pass on at most 4⁻²⁴, about 10⁻¹⁴, times what the weights add.
# 1 point: 2.30 is ln 10, the loss of guessing among ten classes: nothing has been learnt. Measure the size of the gradient (or of the
# change of the weights) layer by layer, on a logarithmic scale; it falls by a constant factor a layer towards the input.
# 1 point: an activation of slope near 1 with the initialisation that fits it (ReLU or GELU with He, tanh with Glorot), and/or
# residual connections and norms. (A smaller or larger learning rate alone, or longer training, earns nothing.)
# === END MARK SCHEME ===
