# ---
# title: "Exercises 05: gradient descent"
# minutes: 120
# cpu_seconds: 20
# ram_mb: 900
# ---

# %% [markdown]
# # Exercises 05: gradient descent
#
# Eight small functions: a gradient by hand, one by machine, and what is done with it afterwards. Everything you need
# stands in [lesson 05](../../lessons/05_gradient_descent.ipynb). About 120 minutes; each exercise says how hard it is
# (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time. Stuck? Run `hint("05.gd_step")` in a cell of your own: every call reveals one more hint.
#
# Arguments are numpy arrays. Answer with numpy arrays or with torch tensors, as you like; loops are allowed
# everywhere. Leave the arguments as they are: an array that is changed in place is changed for whoever passed it in.

# %%
import math

import llm101
import numpy as np
import torch
from llm101.check import check, hint

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · A gradient by hand, and a step
#
# ★ · 10 minutes · *Why it matters: every training run of this course is this function, with a harder gradient.*
#
# Linear regression predicts `x @ theta`. Its loss over m examples (the rows of `x`) is
#
# $$L(\theta) = \frac{1}{2m} \sum_{i=1}^m (x_i \cdot \theta - y_i)^2 .$$
#
# Derive the gradient on paper, then return two arrays: the gradient at `theta`, and the new theta after one step of
# gradient descent with the rate `lr`. No autograd here.
#
# ```python
# gd_step(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1.0, 2.0]), np.array([0.0, 0.0]), lr=0.5)
# # (array([-0.5, -2. ]), array([0.25, 1.  ]))
# ```


# %%
def gd_step(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, lr: float
) -> tuple[np.ndarray, np.ndarray]:
    ### BEGIN SOLUTION
    gradient = x.T @ (x @ theta - y) / len(y)
    return gradient, theta - lr * gradient
    ### END SOLUTION


# %%
check("05.gd_step")

# %% [markdown]
# ## 2 · The gradient by differences
#
# ★ · 10 minutes · *Why it matters: it is slow but hard to get wrong, so it finds the errors in clever gradients.*
#
# `f` takes an array and returns a number. Return an array of floats of the shape of `x` with the central difference
# for every entry: one entry moves up and down by `h`, all others stay.
#
# $$\frac{\partial f}{\partial x_j} \approx \frac{f(x + h e_j) - f(x - h e_j)}{2h}$$
#
# `x` has any shape, and it may be an array of whole numbers.
#
# ```python
# numerical_gradient(lambda v: (v**2).sum(), np.array([[1.0, -3.0]]))   # array([[ 2., -6.]]), up to rounding
# ```


# %%
def numerical_gradient(f, x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    ### BEGIN SOLUTION
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.astype(float), x.astype(float)
        up[place] += h
        down[place] -= h
        slopes[place] = (f(up) - f(down)) / (2 * h)
    return slopes
    ### END SOLUTION


# %%
check("05.numerical_gradient")

# %% [markdown]
# ## 3 · Backwards through a graph
#
# ★★★ · 25 minutes · *Why it matters: this loop is what `loss.backward()` does, in every framework.*
#
# `graph` maps the name of each node to its parents, as a list of pairs (parent, slope): the slope is the derivative of
# the node by that parent. A node that uses a parent twice lists it twice. A node that was given has the empty list.
# Return a dict with d root / d node for **every** node of the graph: 1.0 for the root, 0.0 for nodes on which the root
# does not depend.
#
# Three traps: the nodes of the dict come in **any** order; a chain may have 5,000 nodes, and Python stops a function
# that calls itself some 1,000 times; and there may be 2⁵⁰ paths from the root to a node, so each node gets one turn.
#
# ```python
# graph = {"a": [], "b": [("a", 2.0)], "c": [("a", 3.0), ("b", 5.0)]}
# backward(graph, "c")      # {"a": 13.0, "b": 5.0, "c": 1.0}, because 3 + 5 · 2 = 13
# ```


# %%
def backward(graph: dict[str, list[tuple[str, float]]], root: str) -> dict[str, float]:
    ### BEGIN SOLUTION
    users = dict.fromkeys(graph, 0)  # edges that will bring something
    met, waiting = {root}, [root]
    while waiting:
        for parent, _ in graph[waiting.pop()]:
            users[parent] += 1
            if parent not in met:
                met.add(parent)
                waiting.append(parent)

    gradients = dict.fromkeys(graph, 0.0)
    gradients[root] = 1.0
    ready = [root]
    while ready:
        node = ready.pop()
        for parent, slope in graph[node]:
            gradients[parent] += gradients[node] * slope
            users[parent] -= 1
            if users[parent] == 0:
                ready.append(parent)
    return gradients
    ### END SOLUTION


# %%
check("05.backward")

# %% [markdown]
# ## 4 · Undo broadcasting
#
# ★★ · 10 minutes · *Why it matters: without it no bias could be trained, because a bias is added to every row.*
#
# numpy copied an array of `shape` to the shape of `grad` (new axes in front, axes of length 1 stretched). `grad` is the
# gradient by the copy. Return the gradient by the array: of `shape`, each entry with the sum over its copies.
#
# ```python
# unbroadcast(np.ones((5, 3)), (3,))       # array([5., 5., 5.])
# unbroadcast(np.ones((2, 3)), (2, 1))     # array([[3.], [3.]])
# ```


# %%
def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    ### BEGIN SOLUTION
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad
    ### END SOLUTION


# %%
check("05.unbroadcast")

# %% [markdown]
# ## 5 · Backpropagation by hand
#
# ★★★ · 20 minutes · *Why it matters: once by hand, and no framework is magic any more.*
#
# A network with one hidden layer, for m examples (the rows of `x` and `y`):
#
# $$a = x w_1 + b_1, \qquad h = \tanh(a), \qquad p = h w_2 + b_2, \qquad L = \frac{1}{2m} \sum_{i,j} (p_{ij} - y_{ij})^2$$
#
# Return the loss and its gradients: `(loss, dw1, db1, dw2, db2)`, each of the shape of what it belongs to. No autograd;
# check yourself with `numerical_gradient`. `x` is (m, d), `w1` (d, n), `b1` (n,), `w2` (n, k), `b2` (k,), `y` (m, k).
#
# ```python
# zero, one = np.zeros((1, 1)), np.ones((1, 1))
# network_gradients(one, one, zero, np.zeros(1), one, np.zeros(1))
# # (0.5, array([[-1.]]), array([-1.]), array([[0.]]), array([-1.]))       from x = y = w2 = 1 and w1 = b1 = b2 = 0
# ```


# %%
def network_gradients(x, y, w1, b1, w2, b2) -> tuple:
    ### BEGIN SOLUTION
    m = len(x)
    h = np.tanh(x @ w1 + b1)
    p = h @ w2 + b2
    loss = ((p - y) ** 2).sum() / (2 * m)

    dp = (p - y) / m
    da = (dp @ w2.T) * (1 - h**2)
    return loss, x.T @ da, da.sum(axis=0), h.T @ dp, dp.sum(axis=0)
    ### END SOLUTION


# %%
check("05.network_gradients")

# %% [markdown]
# ## 6 · A step of Adam
#
# ★★ · 15 minutes · *Why it matters: most large language models were trained with these five lines, or with AdamW, which adds one.*
#
# Given the gradient `g`, the running means `m` and `v`, and the number `t` of this step (1 in the first), compute
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2, \qquad
# \hat m = \frac{m}{1-\beta_1^t}, \qquad \hat v = \frac{v}{1-\beta_2^t}, \qquad
# \theta \leftarrow \theta - \mathrm{lr}\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}$$
#
# and return the new `(theta, m, v)`, as new arrays. One check compares ten steps with `torch.optim.Adam`.
#
# ```python
# g, zeros = np.array([100.0, -0.01]), np.zeros(2)
# adam_step(zeros, g, zeros, zeros, t=1, lr=0.5)[0]      # array([-0.5,  0.5]), up to eps: the size of g does not matter
# ```


# %%
def adam_step(
    theta: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
    ### END SOLUTION


# %%
check("05.adam_step")

# %% [markdown]
# ## 7 · Warm-up and cosine
#
# ★★ · 10 minutes · *Why it matters: GPT-3, Gopher and LLaMA all used this curve, down to 10 % of the peak.*
#
# Return the learning rate of a step (0, 1, 2, ...): straight from 0 at step 0 to `peak` at step `warmup`, then half a
# cosine down to `final * peak` at step `total`, and `final * peak` ever after (`final` is a share of the peak, no rate).
# `warmup` may be 0.
#
# ```python
# [learning_rate(step, 2.0, 10, 110) for step in (0, 5, 10, 60, 110, 500)]    # [0.0, 1.0, 2.0, 1.1, 0.2, 0.2], up to rounding
# ```


# %%
def learning_rate(step: int, peak: float, warmup: int, total: int, final: float = 0.1) -> float:
    ### BEGIN SOLUTION
    if step < warmup:
        return peak * step / warmup
    p = min(1.0, (step - warmup) / (total - warmup))
    return peak * (final + (1 - final) * (1 + math.cos(math.pi * p)) / 2)
    ### END SOLUTION


# %%
check("05.learning_rate")

# %% [markdown]
# ## 8 · Clip by the global norm
#
# ★★ · 10 minutes · *Why it matters: one strange batch must not undo a week of training.*
#
# `gradients` is a list of arrays, one for each parameter. The **global norm** is the length of all their numbers taken
# as one long vector. When it is greater than `max_norm`, multiply every array by `max_norm / norm`; otherwise leave
# them as they are. Return the list of (new) arrays and the norm as it was before.
#
# ```python
# clip_gradients([np.array([3.0]), np.array([[4.0]])], max_norm=1.0)   # ([array([0.6]), array([[0.8]])], 5.0)
# ```


# %%
def clip_gradients(gradients: list[np.ndarray], max_norm: float) -> tuple[list[np.ndarray], float]:
    ### BEGIN SOLUTION
    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
    factor = max_norm / norm if norm > max_norm else 1.0
    return [g * factor for g in gradients], norm
    ### END SOLUTION


# %%
check("05.clip_gradients")

# %% [markdown]
# ## 9 · In your own words
#
# ★★ · 10 minutes · 3 points: what a fixed rate does at a saddle, how long it takes, what adaptive methods are for.
#
# Some lecture notes say: "Gradient descent with a fixed learning rate cannot leave a saddle point. That is why adaptive
# methods such as Adam were invented." Take f(x, y) = x² − y² with the rate 0.1. In four or five sentences: where does
# gradient descent go from (1, 0), and where from (1, 10⁻⁶)? After about how many steps is |y| greater than 1 in the
# second case? What is wrong with the sentence in the notes, and what is right in it? What do adaptive methods really
# offer? (Write below. An instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: a step is x ← 0.8 x, y ← 1.2 y. From (1, 0) it ends at the saddle, because y is exactly 0; from (1, 10⁻⁶) it
# leaves, because y grows in every step. Only the starts on the line y = 0 are caught, and a start picked at random lies
# there with probability 0; noise in the gradient, as of mini-batches, pushes it off the line. 1 point: 10⁻⁶ · 1.2ⁿ > 1
# needs n > 6 ln 10 / ln 1.2 ≈ 75.8, so 76 steps: it can leave, but near the saddle it is slow, and the closer to the
# line and the weaker the curvature, the slower. "Slow" is what is right in the sentence, "cannot" is wrong.
# 1 point: adaptive methods give every parameter a rate of its own, divided by the size of its recent gradients;
# that helps where gradients differ much in size between parameters, and it also shortens the stay at a saddle, since a
# small gradient still gives a step of about lr. Leaving saddles is a side effect and not what they were made for.
# === END MARK SCHEME ===
