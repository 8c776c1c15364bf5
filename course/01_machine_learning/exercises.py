# ---
# title: "Exercises 01: machine learning"
# minutes: 120
# cpu_seconds: 10
# ram_mb: 700
# ---

# %% [markdown]
# # Exercises 01: machine learning
#
# Eight small functions, from following shapes to a player of slot machines, and a question in words. Everything you
# need stands in [lesson 01](../../lessons/01_machine_learning.ipynb). About two hours; each exercise says how hard it
# is (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time. Stuck? Run `hint("01.layer_shapes")` in a cell of your own: every call reveals one more hint.

# %%
from math import comb

import llm101
import numpy as np
from llm101.check import check, hint

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · Follow the shapes
#
# ★ · 5 minutes · *Why it matters: whoever knows the shape of everything finds most mistakes before they run.*
#
# A network has the layer sizes `sizes`: `[86, 16, 2]` means 86 inputs, a hidden layer of 16, 2 outputs. Each layer is
# $XW + b$. A batch of `m` examples goes through it. Return two things: the list of the shapes that the batch has, from
# the input to the output, each as a tuple; and the number of parameters, all weights and biases together.
#
# ```python
# layer_shapes(7, [86, 16, 2])   # ([(7, 86), (7, 16), (7, 2)], 1426)
# ```


# %%
def layer_shapes(m: int, sizes: list[int]) -> tuple[list[tuple[int, int]], int]:
    ### BEGIN SOLUTION
    shapes = [(m, size) for size in sizes]
    n_parameters = sum(n_in * n_out + n_out for n_in, n_out in zip(sizes, sizes[1:]))
    return shapes, n_parameters
    ### END SOLUTION


# %%
check("01.layer_shapes")

# %% [markdown]
# ## 2 · XOR by hand
#
# ★★ · 10 minutes · *Why it matters: the smallest case in which a hidden layer does what no single neuron can.*
#
# Choose the weights of a network with two inputs, **two hidden neurons and one output neuron** that fires exactly when
# one of its inputs is 1 and the other 0. Every neuron fires (gives 1) if its weighted sum plus bias is **greater than
# 0**, else it gives 0. Return `(w_hidden, b_hidden, w_out, b_out)`: two rows of two weights (a row a neuron), two
# biases, two weights, one bias. Many answers are right, but not the one of the lesson: **here the hidden neurons may
# not be OR and NAND** (in either order). Any other pair will do.
#
# ```python
# # a network that computes AND of the inputs would be, for example:
# ([[1.0, 1.0], [0.0, 0.0]], [-1.5, 0.0], [1.0, 0.0], -0.5)
# ```


# %%
def xor_network() -> tuple[list[list[float]], list[float], list[float], float]:
    ### BEGIN SOLUTION
    # the first but not the second; the second but not the first; then: at least one of these
    return [[1.0, -1.0], [-1.0, 1.0]], [-0.5, -0.5], [1.0, 1.0], -0.5
    ### END SOLUTION


# %%
check("01.xor_network")

# %% [markdown]
# ## 3 · Standardise without a leak
#
# ★★ · 10 minutes · *Why it matters: the most common leak of all is a mean that was taken over the test rows too.*
#
# Return both matrices with each **column** moved to mean 0 and divided by its standard deviation (`np.std`), where mean
# and deviation come from the **training rows only**. A column that is constant in training is only moved, not
# divided. Do not change the arrays that you were given.
#
# ```python
# standardise(np.array([[0.0, 5.0], [2.0, 5.0]]), np.array([[4.0, 7.0]]))
# # (array([[-1., 0.], [1., 0.]]), array([[3., 2.]]))
# ```


# %%
def standardise(train: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ### BEGIN SOLUTION
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation = np.where(deviation == 0, 1.0, deviation)
    return (train - mean) / deviation, (other - mean) / deviation
    ### END SOLUTION


# %%
check("01.standardise")

# %% [markdown]
# ## 4 · A line in closed form
#
# ★★ · 15 minutes · *Why it matters: it is the one model of this course whose best parameters have a formula.*
#
# Find the weights and the bias with the smallest mean squared error of $\hat y = Xw + b$. `x` is $M \times d$, `y` has
# $M$ numbers. Return the weights (an array of $d$ numbers) and the bias (a float). Sometimes a column of `x` is a copy of
# another, so $X^\top X$ has no inverse: `np.linalg.lstsq(a, y)[0]` solves such problems too, and takes the shortest of the
# best solutions. (A column of ones makes the bias one more weight.)
#
# ```python
# fit_linear(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]))   # (array([2.]), 1.0)
# ```


# %%
def fit_linear(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    ### BEGIN SOLUTION
    ones = np.column_stack([np.ones(len(x)), x])
    solution = np.linalg.lstsq(ones, y)[0]
    return solution[1:], float(solution[0])
    ### END SOLUTION


# %%
check("01.fit_linear")

# %% [markdown]
# ## 5 · Choose a degree, then report
#
# ★★ · 15 minutes · *Why it matters: this is the discipline of step 6 in one function.*
#
# `train`, `validation` and `test` are pairs `(x, y)` of arrays with one number an example. For each degree from 1 to
# `largest` fit a polynomial to the training points (`np.polyfit(x, y, degree)` gives its coefficients,
# `np.polyval(coefficients, x)` its values). Choose the degree with the smallest mean squared error on the
# **validation** points. Return that degree, and the chosen polynomial's mean squared
# error on the **test** points.


# %%
def choose_degree(train: tuple, validation: tuple, test: tuple, largest: int) -> tuple[int, float]:
    ### BEGIN SOLUTION
    def error(degree, part):
        coefficients = np.polyfit(*train, degree)
        return float(((np.polyval(coefficients, part[0]) - part[1]) ** 2).mean())

    chosen = min(range(1, largest + 1), key=lambda degree: error(degree, validation))
    return chosen, error(chosen, test)
    ### END SOLUTION


# %%
check("01.choose_degree")

# %% [markdown]
# ## 6 · What the best of many is worth
#
# ★★★ · 20 minutes · *Why it matters: step 6 showed the lie in 200 experiments; here you compute it without any, for the
# sixty trials of a team that you will meet in the last exercise.*
#
# `k` models are **equally good**: each answers any example rightly with probability `p`. All are tested on `n`
# examples, and only the best result is reported. Return the share of right answers that it shows **on average**,
# computed exactly, without random numbers. (Suppose that models and examples are independent of each other. Real models
# err on the same examples, and then the effect is smaller.) `n` is at most 500.
#
# The number of right answers of one model is binomial: it is $x$ with probability $\binom{n}{x} p^x (1-p)^{n-x}$, and
# `math.comb(n, x)` is $\binom{n}{x}$. The best of $k$ has $x$ *or fewer* right exactly if all $k$ have.
#
# ```python
# expected_best(1, 200, 0.9)    # 0.9       one model, one look: no lie
# expected_best(2, 1, 0.5)      # 0.75      two coins: the better one shows heads in three cases of four
# expected_best(60, 200, 0.9)   # 0.9458
# ```


# %%
def expected_best(k: int, n: int, p: float) -> float:
    ### BEGIN SOLUTION
    total, at_most, before = 0.0, 0.0, 0.0
    for x in range(n + 1):
        at_most += comb(n, x) * p**x * (1 - p) ** (n - x)  # one model has x or fewer right
        total += x * (at_most**k - before)  # the best has exactly x right
        before = at_most**k
    return total / n
    ### END SOLUTION


# %%
check("01.expected_best")

# %% [markdown]
# ## 7 · One turn of k-means
#
# ★★ · 15 minutes · *Why it matters: the same two half-steps, who belongs where and then what is the middle, come back
# in the training of tokenizers (lesson 03) and of mixtures.*
#
# `x` is $M \times d$, `centres` is $k \times d$. First every point joins its nearest centre (Euclidean distance; of
# equally near ones the first). Then every centre moves to the mean of its points. **A centre without points stays
# where it is.** Return the group of each point (integers, $M$) and the new centres ($k \times d$); leave the
# arguments as they are.
#
# ```python
# kmeans_step(np.array([[0.0], [2.0], [9.0]]), np.array([[1.0], [8.0], [50.0]]))
# # (array([0, 0, 1]), array([[1.], [9.], [50.]]))
# ```


# %%
def kmeans_step(x: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ### BEGIN SOLUTION
    distance = ((x[:, None, :] - centres[None]) ** 2).sum(axis=2)  # M x k
    group = distance.argmin(axis=1)
    moved = centres.copy()
    for k in range(len(centres)):
        if (group == k).any():
            moved[k] = x[group == k].mean(axis=0)
    return group, moved
    ### END SOLUTION


# %%
check("01.kmeans_step")

# %% [markdown]
# ## 8 · Epsilon-greedy
#
# ★★★ · 20 minutes · *Why it matters: to learn from rewards one has to try what one does not yet know; lesson 22 trains a
# language model that way.*
#
# Play a bandit and return what you did and what it cost. So that the result can be checked, the dice are thrown before:
#
# - `rewards[t][arm]` is what `arm` pays at step `t`, if you pull it then. You may look only at the one that you pull.
# - At step `t`: if `coins[t] < epsilon` (not if they are equal), explore: pull arm `picks[t]`. Else pull the arm with the highest estimate;
#   **of equal ones the first**.
# - Every estimate starts at 0 and is the **mean of the rewards that this arm has paid so far**.
#
# Return three things: the list of the pulled arms; the list of the final estimates; and the **regret**: with the
# arms' true means `means`, the sum over all steps of (best true mean - true mean of the pulled arm).
#
# ```python
# epsilon_greedy([[1.0, 5.0], [3.0, 5.0], [2.0, 4.0], [0.0, 6.0]], [2.0, 5.0],
#                epsilon=0.5, coins=[0.9, 0.1, 0.9, 0.8], picks=[0, 1, 0, 0])
# # ([0, 1, 1, 1], [1.0, 5.0], 3.0)
# ```
#
# (Step 0: both estimates are 0, so arm 0, which pays 1. Step 1 explores arm 1, which pays 5. Then arm 1 is best.)


# %%
def epsilon_greedy(
    rewards: list[list[float]],
    means: list[float],
    epsilon: float,
    coins: list[float],
    picks: list[int],
) -> tuple[list[int], list[float], float]:
    ### BEGIN SOLUTION
    estimates, counts = [0.0] * len(means), [0] * len(means)
    arms, regret = [], 0.0
    for paid, coin, pick in zip(rewards, coins, picks):
        arm = pick if coin < epsilon else estimates.index(max(estimates))
        counts[arm] += 1
        estimates[arm] += (paid[arm] - estimates[arm]) / counts[arm]
        arms.append(arm)
        regret += max(means) - means[arm]
    return arms, estimates, regret
    ### END SOLUTION


# %%
check("01.epsilon_greedy")

# %% [markdown]
# ## 9 · In your own words
#
# ★★ · 10 minutes · 3 points: why the number is too good, what should have been done, what can be done now.
#
# A team has 1,000 labelled examples: 800 to train, 200 to test. They try 60 combinations of learning rate and size, measure each on
# the 200 test examples, and write: "Our best model is right in 94 % of unseen cases." In three or four sentences: why should you
# expect less than 94 % on new examples? How should they have dealt the 1,000? And now that it has happened, what
# would give an honest number? (Write below. An instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: the 200 were used to choose; the best of 60 measurements is best partly by luck (each has a standard error of
# about √(0.94 · 0.06 / 200) = 1.7 %; sixty models that are all right in 90 % would show 94.6 %, exercise 6), so the true accuracy
# of the winner is probably lower. 1 point: three parts, for example
# 600 / 200 / 200: choose among the 60 on validation (or by cross-validation on the 800), and test only the chosen one,
# once. 1 point: now only new labelled examples, which took no part in any choice, give an honest number for the chosen model.
# === END MARK SCHEME ===
