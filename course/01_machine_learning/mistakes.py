"""Wrong answers that people really give to the exercises of lesson 01, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

from math import comb

import numpy as np
from llm101.check.mistakes import right, wrong

# -------------------------------------------------------------------------------------------- 1 layer_shapes


@wrong("01.layer_shapes", "The biases are missing")
def layer_shapes(m, sizes):
    return [(m, n) for n in sizes], sum(a * b for a, b in zip(sizes, sizes[1:]))


@wrong("01.layer_shapes", "not to each input")
def layer_shapes(m, sizes):
    return [(m, n) for n in sizes], sum(a * b + a for a, b in zip(sizes, sizes[1:]))


@wrong("01.layer_shapes", "Those are the shapes of the weight matrices")
def layer_shapes(m, sizes):
    shapes = list(zip(sizes, sizes[1:]))
    return shapes, sum(a * b + b for a, b in shapes)


@wrong("01.layer_shapes", "The input's own shape is missing")
def layer_shapes(m, sizes):
    shapes, n = [], 0
    for a, b in zip(sizes, sizes[1:]):
        shapes.append((m, b))
        n += a * b + b
    return shapes, n


@wrong("01.layer_shapes", "One bias a layer is too few")
def layer_shapes(m, sizes):
    return [(m, n) for n in sizes], sum(a * b + 1 for a, b in zip(sizes, sizes[1:]))


@right("01.layer_shapes", "with torch's own layers")
def layer_shapes(m, sizes):
    import torch

    layers = [torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]
    batch, shapes = torch.zeros(m, sizes[0]), [(m, sizes[0])]
    for layer in layers:
        batch = layer(batch)
        shapes.append(tuple(batch.shape))
    return shapes, sum(p.numel() for layer in layers for p in layer.parameters())


# --------------------------------------------------------------------------------------------- 2 xor_network


@wrong("01.xor_network", "as in the lesson; find another pair")
def xor_network():
    return [[1.0, 1.0], [-1.0, -1.0]], [-0.5, 1.5], [1.0, 1.0], -1.5


@wrong("01.xor_network", "a sum of exactly 0 does not fire")
def xor_network():
    return [[1.0, -1.0], [-1.0, 1.0]], [-1.0, -1.0], [1.0, 1.0], -1.0


@wrong("01.xor_network", "That is OR")
def xor_network():
    return [[1.0, 0.0], [0.0, 1.0]], [-0.5, -0.5], [1.0, 1.0], -0.5


@wrong("01.xor_network", "the opposite of XOR")
def xor_network():
    return [[1.0, -1.0], [-1.0, 1.0]], [-0.5, -0.5], [-1.0, -1.0], 0.5


@wrong("01.xor_network", "The output never fires")
def xor_network():
    return [[1.0, -1.0], [-1.0, 1.0]], [-0.5, -0.5], [1.0, 1.0], -1.5


@right("01.xor_network", "OR, and not AND, as arrays")
def xor_network():
    return np.array([[2.0, 2.0], [1.0, 1.0]]), np.array([-1.0, -1.5]), np.array([1.0, -2.0]), -0.5


@right("01.xor_network", "neither, and both: then neither of these")
def xor_network():
    return [[-1, -1], [1, 1]], [0.5, -1.5], [-1, -1], 0.5


# --------------------------------------------------------------------------------------------- 3 standardise


def _safe(deviation):
    return np.where(deviation == 0, 1.0, deviation)


@wrong("01.standardise", "that is the leak")
def standardise(train, other):
    both = np.concatenate([train, other])
    mean, deviation = both.mean(axis=0), _safe(both.std(axis=0))
    return (train - mean) / deviation, (other - mean) / deviation


@wrong("01.standardise", "by their own mean and deviation")
def standardise(train, other):
    return tuple((x - x.mean(axis=0)) / _safe(x.std(axis=0)) for x in (train, other))


@wrong("01.standardise", "One mean for the whole matrix")
def standardise(train, other):
    mean, deviation = train.mean(), train.std()
    return (train - mean) / deviation, (other - mean) / deviation


@wrong("01.standardise", "ddof=1")
def standardise(train, other):
    mean, deviation = train.mean(axis=0), _safe(train.std(axis=0, ddof=1))
    return (train - mean) / deviation, (other - mean) / deviation


@wrong("01.standardise", "0 / 0 is NaN")
def standardise(train, other):
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    with np.errstate(all="ignore"):
        return (train - mean) / deviation, (other - mean) / deviation


@wrong("01.standardise", "changes the caller's array")
def standardise(train, other):
    mean, deviation = train.mean(axis=0), _safe(train.std(axis=0))
    train -= mean
    other -= mean
    return train / deviation, other / deviation


@right("01.standardise", "column by column")
def standardise(train, other):
    out = [np.empty(train.shape), np.empty(other.shape)]
    for j in range(train.shape[1]):
        deviation = np.std(train[:, j]) or 1.0
        for x, z in zip((train, other), out):
            z[:, j] = (x[:, j] - np.mean(train[:, j])) / deviation
    return out


# ---------------------------------------------------------------------------------------------- 4 fit_linear


@wrong("01.fit_linear", "There is no bias in your model")
def fit_linear(x, y):
    return np.linalg.lstsq(x, y)[0], 0.0


@wrong("01.fit_linear", "failed where two columns of x are equal")
def fit_linear(x, y):
    ones = np.column_stack([np.ones(len(x)), x])
    if np.linalg.matrix_rank(ones) < ones.shape[1]:
        raise np.linalg.LinAlgError("Singular matrix")  # what solve says, on every machine
    solution = np.linalg.solve(ones.T @ ones, ones.T @ y)
    return solution[1:], float(solution[0])


@wrong("01.fit_linear", "The last entry was taken for the bias")
def fit_linear(x, y):
    solution = np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), y)[0]
    return solution[:-1], float(solution[-1])


@wrong("01.fit_linear", "the mean of x times the weights has to be taken off")
def fit_linear(x, y):
    weights = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean())[0]
    return weights, float(y.mean())


@wrong("01.fit_linear", "The bias is among the weights")
def fit_linear(x, y):
    solution = np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), y)[0]
    return solution, float(solution[0])


@wrong("01.fit_linear", "your ones stand in the last column")
def fit_linear(x, y):
    solution = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y)[0]
    return solution[1:], float(solution[0])


@right("01.fit_linear", "means subtracted, no column of ones")
def fit_linear(x, y):
    weights = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean())[0]
    return weights, float(y.mean() - x.mean(axis=0) @ weights)


@right("01.fit_linear", "ones behind x, and the pseudo-inverse")
def fit_linear(x, y):
    solution = np.linalg.pinv(np.hstack([x, np.ones((len(x), 1))])) @ y
    return solution[:-1], solution[-1]


# ------------------------------------------------------------------------------------------- 5 choose_degree


def _error(fitted, part, degree):
    return float(np.mean((np.polyval(np.polyfit(*fitted, degree), part[0]) - part[1]) ** 2))


@wrong("01.choose_degree", "You chose by the TEST error")
def choose_degree(train, validation, test, largest):
    best = min(range(1, largest + 1), key=lambda d: _error(train, test, d))
    return best, _error(train, test, best)


@wrong("01.choose_degree", "That is the validation error")
def choose_degree(train, validation, test, largest):
    best = min(range(1, largest + 1), key=lambda d: _error(train, validation, d))
    return best, _error(train, validation, best)


@wrong("01.choose_degree", "range(1, largest) ends before")
def choose_degree(train, validation, test, largest):
    best = min(range(1, largest), key=lambda d: _error(train, validation, d))
    return best, _error(train, test, best)


@wrong("01.choose_degree", "That is the smallest test error of all degrees")
def choose_degree(train, validation, test, largest):
    best = min(range(1, largest + 1), key=lambda d: _error(train, validation, d))
    return best, min(_error(train, test, d) for d in range(1, largest + 1))


@wrong("01.choose_degree", "Counted from 0")
def choose_degree(train, validation, test, largest):
    found = [_error(train, validation, d) for d in range(1, largest + 1)]
    return int(np.argmin(found)), _error(train, test, int(np.argmin(found)) + 1)


@wrong("01.choose_degree", "the first degree is 1")
def choose_degree(train, validation, test, largest):
    best = min(range(largest + 1), key=lambda d: _error(train, validation, d))
    return best, _error(train, test, best)


@right("01.choose_degree", "a loop that keeps the best")
def choose_degree(train, validation, test, largest):
    best = None
    for degree in range(1, largest + 1):
        found = _error(train, validation, degree)
        if best is None or found < best[0]:
            best = found, degree
    return best[1], np.float64(_error(train, test, best[1]))


# ------------------------------------------------------------------------------------------- 6 expected_best


def _binomial(n, p):
    """P(x right of n), x = 0 to n."""
    return np.array([comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1)])


@wrong("01.expected_best", "what one model scores on average")
def expected_best(k, n, p):
    return float(np.arange(n + 1) @ _binomial(n, p) / n)


@wrong("01.expected_best", "the WORST of k")
def expected_best(k, n, p):
    return float(((1 - _binomial(n, p).cumsum()[:-1]) ** k).sum() / n)


@wrong("01.expected_best", "You raised P(exactly x) to the power k")
def expected_best(k, n, p):
    powered = _binomial(n, p) ** k
    return float(np.arange(n + 1) @ powered / powered.sum() / n)


@wrong("01.expected_best", "too high by 1/n")
def expected_best(k, n, p):
    fewer = np.concatenate([[0.0], _binomial(n, p).cumsum()[:-1]])  # fewer than x, not x or fewer
    return float((1 - fewer**k).sum() / n)


@wrong("01.expected_best", "n included")
def expected_best(k, n, p):
    below = np.concatenate([[0.0], _binomial(n, p).cumsum()]) ** k
    return float(sum(x * (below[x + 1] - below[x]) for x in range(n)) / n)


@wrong("01.expected_best", "You weighted x with P(x or fewer)")
def expected_best(k, n, p):
    return float(np.arange(n + 1) @ _binomial(n, p).cumsum() ** k / n)


@right("01.expected_best", "1 - F(x)^k, added up")
def expected_best(k, n, p):
    return (1 - _binomial(n, p).cumsum()[:-1] ** k).sum() / n


# --------------------------------------------------------------------------------------------- 7 kmeans_step


def _groups(x, centres):
    return ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)


@wrong("01.kmeans_step", "became NaN, the mean of nothing")
def kmeans_step(x, centres):
    group = _groups(x, centres)
    sizes = np.array([(group == k).sum() for k in range(len(centres))])
    sums = np.array([x[group == k].sum(axis=0) for k in range(len(centres))])
    with np.errstate(all="ignore"):
        return group, sums / sizes[:, None]


@wrong("01.kmeans_step", "take the argmin along the other axis")
def kmeans_step(x, centres):
    distance = ((x[:, None] - centres) ** 2).sum(axis=2)
    return distance.argmin(axis=0), centres


@wrong("01.kmeans_step", "Work on centres.copy()")
def kmeans_step(x, centres):
    group = _groups(x, centres)
    for k in set(group.tolist()):
        centres[k] = x[group == k].mean(axis=0)
    return group, centres


def _moved(x, centres, group):
    """The new centres, those without points where they were."""
    moved = centres.copy()
    for k in set(group.tolist()):
        moved[k] = x[group == k].mean(axis=0)
    return moved


@wrong("01.kmeans_step", "the groups by the NEW centres")
def kmeans_step(x, centres):
    moved = _moved(x, centres, _groups(x, centres))
    return _groups(x, moved), moved


@wrong("01.kmeans_step", "The two results are swapped")
def kmeans_step(x, centres):
    group = _groups(x, centres)
    return _moved(x, centres, group), group


@wrong("01.kmeans_step", "mean(axis=0) gives each column its own")
def kmeans_step(x, centres):
    group, moved = _groups(x, centres), centres.copy()
    for k in set(group.tolist()):
        moved[k] = x[group == k].mean()
    return group, moved


@right("01.kmeans_step", "two plain loops")
def kmeans_step(x, centres):
    group = []
    for row in x:
        distances = [np.linalg.norm(row - centre) for centre in centres]
        group.append(distances.index(min(distances)))
    moved = []
    for k, centre in enumerate(centres):
        members = [row for row, g in zip(x, group) if g == k]
        moved.append(np.mean(members, axis=0) if members else centre)
    return np.array(group), np.array(moved)


# ------------------------------------------------------------------------------------------ 8 epsilon_greedy


def _play(rewards, means, epsilon, coins, picks, explores=None, update=None):
    """The right loop with replaceable parts."""
    explores = explores or (lambda coin: coin < epsilon)
    update = update or (lambda old, reward, n, t: old + (reward - old) / n)
    estimates, counts, arms = [0.0] * len(means), [0] * len(means), []
    for t, paid in enumerate(rewards):
        arm = picks[t] if explores(coins[t]) else estimates.index(max(estimates))
        counts[arm] += 1
        estimates[arm] = update(estimates[arm], paid[arm], counts[arm], t)
        arms.append(arm)
    return arms, estimates, sum((max(means) - means[arm] for arm in arms), 0.0)


@wrong("01.epsilon_greedy", "the comparison is the wrong way round")
def epsilon_greedy(rewards, means, epsilon, coins, picks):
    return _play(rewards, means, epsilon, coins, picks, explores=lambda coin: coin >= epsilon)


@wrong("01.epsilon_greedy", "regret compares true means")
def epsilon_greedy(rewards, means, epsilon, coins, picks):
    arms, estimates, _ = _play(rewards, means, epsilon, coins, picks)
    return (
        arms,
        estimates,
        sum(max(means) - paid[arm] for paid, arm in zip(rewards, arms, strict=True)),
    )


@wrong("01.epsilon_greedy", "by the steps so far")
def epsilon_greedy(rewards, means, epsilon, coins, picks):
    over_steps = lambda old, reward, n, t: old + (reward - old) / (t + 1)
    return _play(rewards, means, epsilon, coins, picks, update=over_steps)


@wrong("01.epsilon_greedy", "Those are sums")
def epsilon_greedy(rewards, means, epsilon, coins, picks):
    return _play(
        rewards, means, epsilon, coins, picks, update=lambda old, reward, n, t: old + reward
    )


@wrong("01.epsilon_greedy", "do not change when you explore")
def epsilon_greedy(rewards, means, epsilon, coins, picks):
    greedy_only = lambda old, reward, n, t: old if coins[t] < epsilon else old + (reward - old) / n
    return _play(rewards, means, epsilon, coins, picks, update=greedy_only)


@wrong("01.epsilon_greedy", "A coin that equals epsilon does not explore")
def epsilon_greedy(rewards, means, epsilon, coins, picks):
    return _play(rewards, means, epsilon, coins, picks, explores=lambda coin: coin <= epsilon)


@right("01.epsilon_greedy", "all rewards of an arm kept, numpy at the end")
def epsilon_greedy(rewards, means, epsilon, coins, picks):
    paid = [[] for _ in means]
    arms = []
    for t in range(len(rewards)):
        estimates = [float(np.mean(p)) if p else 0.0 for p in paid]
        arm = picks[t] if coins[t] < epsilon else int(np.argmax(estimates))
        paid[arm].append(rewards[t][arm])
        arms.append(arm)
    estimates = np.array([np.mean(p) if p else 0.0 for p in paid])
    return arms, estimates, float(np.max(means) * len(arms) - np.array(means)[arms].sum())
