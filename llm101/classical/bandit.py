"""The k-armed bandit: learn by trying which of several arms pays best.     Sutton and Barto 2018, chapter 2

Nobody shows the right answer; there is only a reward for what was tried. To *exploit* is to pull the arm that has paid
best so far, to *explore* is to pull another one, to learn. Epsilon-greedy explores with probability epsilon:

    with probability epsilon    any arm, all alike
    otherwise                   the arm with the highest estimate, ties broken at random
    then                        Q[arm] += (reward - Q[arm]) / n[arm]          the running mean; their equation 2.3

Regret is what was lost against always pulling the best arm. Many problems are played side by side: an axis of their own.
Letters: r problems, a arms, t steps.
"""

from typing import Any, NamedTuple

import numpy as np

from llm101.classical.protocol import Array, matrix
from llm101.expect import integer, number


class Play(NamedTuple):
    """What was done and what it brought."""

    arms: Array  # (r t) int64
    rewards: Array  # (r t)
    estimates: Array  # (r a): the running means at the end


def problems(r: int, n_arms: int, rng: np.random.Generator) -> Array:
    """The true mean rewards of r problems, drawn from a standard normal: (r a). Their section 2.3, with 10 arms."""
    return rng.normal(size=(integer("problems", "r", r, at_least=1), integer("problems", "n_arms", n_arms, at_least=1)))


def update(estimates: Array, counts: Array, arm: int, reward: float) -> None:
    """One running mean, in place: estimates (a,) and counts (a,) of one problem.

    >>> q, n = np.zeros(2), np.zeros(2)
    >>> for reward in (3.0, 5.0, 4.0): update(q, n, 1, reward)
    >>> q
    array([0., 4.])
    """
    counts[arm] += 1
    estimates[arm] += (reward - estimates[arm]) / counts[arm]


def epsilon_greedy(means: Any, steps: int, epsilon: float, rng: np.random.Generator, *, noise: float = 1.0) -> Play:
    """Play every problem for `steps` steps; all estimates begin at 0.

    Args:
        means: true mean rewards (r a); the player sees only rewards, the mean of the pulled arm plus noise.
        steps: pulls a problem.
        epsilon: probability of a random arm, from 0 (greedy) to 1. A random arm may be the best one.
        rng: source of the rewards and of the choices.
        noise: standard deviation of a reward.

    Raises:
        ValueError: means have no two axes, or a number is out of bounds.
    """
    means = matrix("epsilon_greedy", means)
    number("epsilon_greedy", "epsilon", epsilon, at_least=0, at_most=1)
    number("epsilon_greedy", "noise", noise, at_least=0)
    shape = (len(means), integer("epsilon_greedy", "steps", steps, at_least=0))
    arms, rewards = np.zeros(shape, np.int64), np.zeros(shape)
    estimates, counts, every = np.zeros_like(means), np.zeros_like(means), np.arange(len(means))
    for t in range(steps):
        best = estimates == estimates.max(axis=1, keepdims=True)
        greedy = np.where(best, rng.random(means.shape), -1.0).argmax(axis=1)  # a random one of the best
        explore = rng.random(len(means)) < epsilon
        arm = np.where(explore, rng.integers(means.shape[1], size=len(means)), greedy)  # (r,)
        reward = means[every, arm] + noise * rng.normal(size=len(means))
        counts[every, arm] += 1
        estimates[every, arm] += (reward - estimates[every, arm]) / counts[every, arm]
        arms[:, t], rewards[:, t] = arm, reward
    return Play(arms, rewards, estimates)


def regret(means: Any, arms: Any) -> Array:
    """Lost so far after each step, in expectation: Σ (best mean - mean of the pulled arm). (r a), (r t) -> (r t).

    >>> regret([[1.0, 3.0]], [[1, 0, 0]])
    array([[0., 2., 4.]])
    """
    means = matrix("regret", means)
    lost = means.max(axis=1, keepdims=True) - np.take_along_axis(means, np.asarray(arms), axis=1)
    return lost.cumsum(axis=1)
