# ---
# title: "Exercises 00: before take-off"
# minutes: 40
# cpu_seconds: 5
# ram_mb: 600
# ---

# %% [markdown]
# # Exercises 00: before take-off
#
# Five short functions: the little mathematics that every later lesson uses. They also show how exercises work here, so
# take your time with the first one. About 40 minutes (★ warm-up, ★★ needs a moment). Everything you need stands in
# [lesson 00](../../lessons/00_start_here.ipynb) or below.
#
# **How it works.** Write your code where it says `raise NotImplementedError`, run the cell (Shift + Enter), then run
# the check below it. Grey means "not tried yet", red shows one problem at a time, green earns the points; you may try
# as often as you like and your best result counts. Stuck? Run `hint("00.product_shape")` in a cell of your own: each
# call reveals one hint more. A check never stops the notebook.
#
# If one of these exercises stays dark, read up on that one topic (matrix product, logarithm, derivative) before you go
# on, and on nothing else: first know what a thing is for, then how it is computed.

# %%
import math

import llm101
from llm101.check import check, hint

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · Will these two matrices multiply?
#
# ★ · 5 minutes · *Why it matters: most errors that you will ever see from a neural network are errors of shape.*
#
# `a` and `b` are the shapes of two matrices, each (rows, columns). Return the shape of the product $AB$. When they do
# not fit, raise a `ValueError` whose message contains both inner numbers, the columns of `a` and the rows of `b`.
#
# ```python
# product_shape((2, 3), (3, 5))   # (2, 5)
# product_shape((2, 3), (7, 5))   # ValueError: 3 columns do not meet 7 rows
# ```


# %%
def product_shape(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    ### BEGIN SOLUTION
    if a[1] != b[0]:
        raise ValueError(f"{a[1]} columns do not meet {b[0]} rows")
    return (a[0], b[1])
    ### END SOLUTION


# %%
check("00.product_shape")

# %% [markdown]
# ## 2 · From scores to probabilities
#
# ★★ · 10 minutes · *Why it matters: every language model ends in this function, and so does every attention head.*
#
# Return $p_i = e^{z_i} / \sum_j e^{z_j}$ as a list. Scores can be as large as 1,000, where `math.exp` overflows, so
# subtract the largest score first: that changes no $p_i$ (why?). Use only `math`, and do not change the list you got.
#
# ```python
# softmax([0.0, math.log(3)])   # [0.25, 0.75]
# softmax([1000.0, 1000.0])     # [0.5, 0.5]
# ```


# %%
def softmax(scores: list[float]) -> list[float]:
    ### BEGIN SOLUTION
    largest = max(scores)
    powers = [math.exp(score - largest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
    ### END SOLUTION


# %%
check("00.softmax")

# %% [markdown]
# ## 3 · What does a text cost?
#
# ★ · 5 minutes · *Why it matters: this number, averaged, is the loss of every language model in the course.*
#
# A model gave the words of a text the probabilities in `probabilities`, each given the words before it. The
# probability of the text is their product; its cost is $-\log_2$ of that product, in **bits**. Return the cost of the
# whole text. A probability of 0 costs `math.inf` (the model said "impossible" and it happened). Texts can be
# thousands of words long: their product is too small for a float, so take logarithms first and add.
#
# ```python
# text_bits([0.5, 0.25])   # 3.0
# text_bits([])            # 0.0
# ```


# %%
def text_bits(probabilities: list[float]) -> float:
    ### BEGIN SOLUTION
    if 0 in probabilities:
        return math.inf
    return sum((-math.log2(p) for p in probabilities), 0.0)
    ### END SOLUTION


# %%
check("00.text_bits")

# %% [markdown]
# ## 4 · The slope of a function
#
# ★★ · 10 minutes · *Why it matters: training is walking downhill, and this is how you check that a gradient is right.*
#
# `f` takes a list of numbers and returns a number. How fast does it grow when only `x[i]` grows? Return the *central
# difference* for the partial derivative, $\frac{f(x + h e_i) - f(x - h e_i)}{2h}$: move entry `i` up by `h`, then
# down by `h`, and leave the other entries alone. `x` must be the same after the call as before.
#
# ```python
# slope(lambda v: v[0] ** 2 + 7 * v[1], [3.0, 1.0], 0)   # about 6
# slope(lambda v: v[0] ** 2 + 7 * v[1], [3.0, 1.0], 1)   # about 7
# ```


# %%
def slope(f, x: list[float], i: int, h: float = 1e-4) -> float:
    ### BEGIN SOLUTION
    up, down = list(x), list(x)
    up[i] += h
    down[i] -= h
    return (f(up) - f(down)) / (2 * h)
    ### END SOLUTION


# %%
check("00.slope")

# %% [markdown]
# ## 5 · Write with a table of counts
#
# ★★ · 10 minutes · *Why it matters: it is the smallest language model there is, and a GPT writes with the same loop.*
#
# `counts["the"]["cat"]` says how often `cat` followed `the`. Start with the word `start` and add the most frequent
# next word, then the most frequent one after that, and so on, until `n` words have been added. **Of equally frequent
# words take the one that sorts first.** Stop early at a word after which nothing was ever seen. Return all words as a
# list, `start` included. Always taking the likeliest word is called *greedy* decoding.
#
# ```python
# counts = {"the": {"cat": 2, "mat": 1}, "cat": {"sat": 1}}
# greedy(counts, "the", 1)   # ["the", "cat"]
# greedy(counts, "the", 9)   # ["the", "cat", "sat"]
# ```


# %%
def greedy(counts: dict[str, dict[str, int]], start: str, n: int) -> list[str]:
    ### BEGIN SOLUTION
    words = [start]
    for _ in range(n):
        followers = counts.get(words[-1], {})
        if not followers:
            break
        words.append(min(followers, key=lambda word: (-followers[word], word)))
    return words
    ### END SOLUTION


# %%
check("00.greedy")

# %% [markdown]
# ## 6 · In your own words
#
# A friend reports: "My model reaches 0.70 on the stories, and their entropy is 0.884 bits a word. I have beaten the
# limit!" Name two different mistakes that would explain the number, and say for each how you would find out. (Write
# below. An instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 2 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point for each of two, with its test. *Unit*: 0.70 may be in nats, which is 1.01 bits: divide by ln 2 = 0.693.
# *Leak*: the model may see the word that it is to guess (no causal mask, targets not shifted): change a later word and
# see whether an earlier prediction changes. *Training text*: the number may come from stories that it learnt by heart:
# measure on new ones. (*Other average*: padding or end tokens, which are easy, counted among the words.)
# === END MARK SCHEME ===
