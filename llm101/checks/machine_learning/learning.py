"""The checks of lesson 01, third part: k-means, a bandit."""

from collections.abc import Callable
from typing import Any

import numpy as np

from llm101.check import exercise
from llm101.checks.machine_learning.fitting import HIDE, listed

# ------------------------------------------------------------------------------------------------ kmeans_step
ex = exercise(
    "01.kmeans_step",
    title="One turn of k-means",
    points=3,
    names=("kmeans_step",),
    mask=HIDE,
    hints=[
        "x[:, None, :] - centres[None] has shape M x k x d: every point minus every centre.",
        "Square, sum over the last axis: M x k squared distances. argmin along the right axis says who belongs where.",
        "Copy the centres; for each k with (group == k).any() put the mean of x[group == k] there.",
    ],
)


def turn(x: Any, centres: Any) -> tuple[list[int], Any]:
    """The slow, obvious step."""
    group = [min(range(len(centres)), key=lambda k: float(((row - centres[k]) ** 2).sum())) for row in x]
    moved = centres.copy()
    for k in set(group):
        moved[k] = np.mean([row for row, g in zip(x, group, strict=True) if g == k], axis=0)
    return group, moved


@ex.check(
    "every point joins its nearest centre",
    hint="The distance counts all columns: sum the squared differences over the last axis.",
)
def _(s, t):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, centres = rng.normal(size=(13, 2)) * [1, 3], rng.normal(size=(5, 2)) * [1, 3]
        apart = x[:, None] - centres[None]
        group, _ = s.kmeans_step(x, centres)
        want, moved = turn(x, centres)
        t.eq(listed(group), want, "the group of each point", mistakes={
            "The two results are swapped: first the group of each point, then the new centres.": moved.tolist(),
            "Those are the groups by the NEW centres: return the groups from which the new centres were computed.": turn(x, moved)[0],
            "Those are the farthest centres: argmin, not argmax.": np.square(apart).sum(2).argmax(1).tolist(),
            "Only the first column was compared: sum over all columns.": np.square(apart)[..., 0].argmin(1).tolist(),
            "You summed the differences without squaring them: opposite signs cancel.": apart.sum(2).argmin(1).tolist(),
            "You summed absolute differences; Euclidean distance sums squares.": np.abs(apart).sum(2).argmin(1).tolist(),
            "For each centre you found its nearest point: take the argmin along the other axis.": np.square(apart).sum(2).argmin(0).tolist(),
        })  # fmt: skip


@ex.check("of equally near centres the first", hint="argmin returns the first of equal values.")
def _(s, t):
    group, _ = s.kmeans_step(np.array([[1.0], [0.0]]), np.array([[0.0], [2.0]]))
    t.eq(listed(group), [0, 0], "the group of the points 1 and 0 with the centres 0 and 2", mistakes={
        "Of equally near centres you took the last.": [1, 0],
    })  # fmt: skip


@ex.check("every centre moves to the mean of its points", hint="x[group == k].mean(axis=0): one number a column.")
def _(s, t):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(17, 3))
        centres = x[:3] + 0.01
        group, moved = turn(x, centres)
        sizes = np.bincount(group, minlength=3)[:, None]
        _, got = s.kmeans_step(x, centres)
        overall = np.array([x[np.array(group) == k].mean() for k in range(3)])
        t.close(got, moved, "the matrix of new centres", mistakes={
            "One mean for all columns of a group: mean(axis=0) gives each column its own.": overall[:, None] + np.zeros((3, 3)),
            "One number a centre: mean(axis=0) gives each column its own mean.": overall,
            "The centres did not move.": centres,
            "Those are sums: divide by the number of points of each group.": moved * sizes,
            "You divided by the number of ALL points.": moved * sizes / 17,
            "Those are medians; k-means takes means.": np.stack([np.median(x[np.array(group) == k], axis=0) for k in range(3)]),
        })  # fmt: skip


@ex.check(
    "a centre without points stays",
    hint="The mean of nothing is NaN: keep the old centre where (group == k) is never true.",
)
def _(s, t):
    x, centres = np.array([[0.0, 1.0], [2.0, 1.0], [9.0, 7.0]]), np.array([[1.0, 1.0], [50.0, 60.0], [8.0, 7.0]])
    with np.errstate(all="ignore"):
        group, got = s.run(
            "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    result = kmeans_step(x, centres)",
            x=x,
            centres=centres,
        )
    want = np.array([[1.0, 1.0], [50.0, 60.0], [9.0, 7.0]])
    empty = want.copy()
    empty[1] = np.nan
    t.eq(listed(group), [0, 0, 2], "the group of each point")
    t.close(got, want, "the matrix of new centres", mistakes={
        "The centre without points became NaN, the mean of nothing: leave it where it is.": empty,
        "The centre without points went to the origin: leave it where it is.": np.nan_to_num(empty),
        "The centre without points is gone: there must be as many centres as before.": want[[0, 2]],
    })  # fmt: skip


@ex.check("the arguments stay as they were", hint="Work on centres.copy().")
def _(s, t):
    x, centres = np.array([[0.0], [2.0], [9.0]]), np.array([[1.0], [8.0]])
    kept = s.run("kmeans_step(x, centres); result = [x, centres]", x=x, centres=centres)
    t.close(kept[0], x, "`x` after the call")
    t.close(kept[1], centres, "`centres` after the call")


# --------------------------------------------------------------------------------------------- epsilon_greedy
ex = exercise(
    "01.epsilon_greedy",
    title="Epsilon-greedy",
    points=4,
    names=("epsilon_greedy",),
    mask=HIDE,
    hints=[
        "Keep two lists: the estimate of each arm, and how often it was pulled. Choose, look at ONE reward, update that arm.",
        "The running mean: count += 1, then estimate += (reward - estimate) / count.",
        "arm = pick if coin < epsilon else estimates.index(max(estimates)); the regret grows by max(means) - means[arm].",
    ],
)


def play(
    rewards: Any, means: Any, epsilon: float, coins: Any, picks: Any, *, last: bool = False, swapped: bool = False,
    at_most: bool = False, cheat: bool = False, share: Callable[[int, int], float] | None = None,
) -> tuple[list[int], list[float], float]:  # fmt: skip
    """The right answer, or with one switch a wrong one that has a name. `share` (pulls, steps) is the weight of a reward."""
    estimates, counts, arms = [0.0] * len(means), [0] * len(means), []
    for t, (paid, coin, pick) in enumerate(zip(rewards, coins, picks, strict=True), start=1):
        known = list(paid) if cheat else estimates
        best = [arm for arm, value in enumerate(known) if value == max(known)]
        explores = (coin <= epsilon if at_most else coin < epsilon) != swapped
        arm = pick if explores else best[-1 if last else 0]
        counts[arm] += 1
        estimates[arm] += (paid[arm] - estimates[arm]) * (share(counts[arm], t) if share else 1 / counts[arm])
        arms.append(arm)
    return arms, estimates, sum((max(means) - means[arm] for arm in arms), 0.0)


def game(seed: int, steps: int = 23, n_arms: int = 5) -> dict[str, Any]:
    """Rewards in quarters, so that ties and means are exact; coins in tenths, never 0, so that some equal epsilon 0.3."""
    rng = np.random.default_rng(seed)
    means = (rng.integers(-4, 8, size=n_arms) / 4).tolist()
    noise = rng.integers(-8, 9, size=(steps, n_arms)) / 4
    coins, picks = (rng.integers(1, 10, size=steps) / 10).tolist(), rng.integers(n_arms, size=steps).tolist()
    return {"rewards": (means + noise).tolist(), "means": means, "epsilon": 0.3, "coins": coins, "picks": picks}


def sums(rewards: Any, arms: Any) -> list[float]:
    """What each of five arms has paid in all."""
    return [sum(paid[arm] for paid, arm in zip(rewards, arms, strict=True) if arm == k) for k in range(5)]


@ex.check("explores: epsilon 1", hint="Every coin is below 1, so every arm is the one in picks.")
def _(s, t):
    for seed in range(3):
        g = game(seed) | {"epsilon": 1.0}
        arms, _, _ = s.epsilon_greedy(**g)
        never = play(**g | {"epsilon": 0.0})[0]
        t.eq(listed(arms), g["picks"], "the list of pulled arms with epsilon = 1", mistakes={
            "You never explored, though every coin is below 1. Perhaps the comparison is the wrong way round?": never,
        })  # fmt: skip


@ex.check("estimates are means of what the arm paid", hint="Divide by how often THIS arm was pulled, explored or not.")
def _(s, t):
    for seed in range(5):  # with epsilon 1 the arms are known, whatever the estimates are
        g = game(seed) | {"epsilon": 1.0}
        arms, estimates, _ = play(**g)
        total = sums(g["rewards"], arms)
        _, got, _ = s.epsilon_greedy(**g)
        t.close(listed(got), estimates, "the list of estimates with epsilon = 1", mistakes={
            "Those are sums: divide by how often the arm was pulled.": total,
            "You divided by the number of all steps, not by the pulls of this arm.": [v / len(arms) for v in total],
            "You divided by the steps so far, not by the pulls of this arm.": play(**g, share=lambda n, step: 1 / step)[1],
            "You divided by one pull too many: count the pull once, then divide by the count.": play(**g, share=lambda n, step: 1 / (n + 1))[1],
            "You divided the sum by one pull too many.": [v / (arms.count(k) + 1) for k, v in enumerate(total)],
            "The estimates do not change when you explore: a reward counts, whatever the reason for the pull.": [0.0] * 5,
            "That is the last reward of each arm: every reward counts the same.": play(**g, share=lambda n, step: 1.0)[1],
        })  # fmt: skip


@ex.check(
    "greedy: epsilon 0",
    hint="Follow the estimates by hand for three steps: which is highest, and of equal ones the first?",
)
def _(s, t):
    for seed in range(5):
        g = game(seed) | {"epsilon": 0.0}
        want = play(**g)
        arms, _, _ = s.epsilon_greedy(**g)
        t.eq(listed(arms), want[0], "the list of pulled arms with epsilon = 0", mistakes={
            "Of equal estimates you took the last arm; the first one wins.": play(**g, last=True)[0],
            "You looked at the rewards of arms that you did not pull.": play(**g, cheat=True)[0],
        })  # fmt: skip


@ex.check("explores where the coin is below epsilon", hint="coins[t] < epsilon: pull picks[t]; else the best so far.")
def _(s, t):
    for seed in range(5):
        g = game(seed)
        arms, _, _ = s.epsilon_greedy(**g)
        t.eq(listed(arms), play(**g)[0], "the list of pulled arms with epsilon = 0.3", mistakes={
            "A coin that equals epsilon does not explore: coin < epsilon, not <=.": play(**g, at_most=True)[0],
            "You explored where the coin is NOT below epsilon.": play(**g, swapped=True)[0],
            "You always explored.": g["picks"],
        })  # fmt: skip


@ex.check("the regret", hint="True means, not rewards: the sum of max(means) - means[arm] over all steps.")
def _(s, t):
    for seed in range(5):
        g = game(seed) | {"epsilon": 1.0}
        arms, _, regret = play(**g)
        paid = sum(sums(g["rewards"], arms))
        best = max(g["means"])
        _, _, got = s.epsilon_greedy(**g)
        t.close(got, regret, "the regret with epsilon = 1", mistakes={
            "You used the rewards that were paid, with their noise: regret compares true means.": len(arms) * best - paid,
            "You compared with the best reward of each step: nobody could have known it.": sum(max(r) for r in g["rewards"]) - paid,
            "That is the mean a step; the regret is the sum.": regret / len(arms),
            "The sign is the wrong way round: regret is never negative.": -regret,
        })  # fmt: skip
