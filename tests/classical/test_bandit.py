"""Running means against plain means, limits that are known exactly, and the figure of Sutton and Barto."""

import numpy as np
import pytest

from llm101.classical.bandit import epsilon_greedy, problems, regret, update


def test_running_means_are_means(rng):
    means = problems(7, 3, rng)
    play = epsilon_greedy(means, 53, 0.5, rng)
    for problem in range(7):
        for arm in range(3):
            paid = play.rewards[problem][play.arms[problem] == arm]
            want = paid.mean() if len(paid) else 0.0
            assert np.isclose(play.estimates[problem, arm], want, rtol=0, atol=1e-12)


def test_update_is_the_running_mean(rng):
    rewards, estimates, counts = rng.normal(size=11), np.zeros(3), np.zeros(3)
    for reward in rewards:
        update(estimates, counts, 2, reward)
    assert np.allclose(estimates, [0, 0, rewards.mean()], rtol=0, atol=1e-12)
    assert counts.tolist() == [0, 0, 11]


def test_without_noise_greedy_stays_with_the_first_arm_that_pays():
    """Means 1 and 2, both positive: whichever arm is drawn first is never left."""
    play = epsilon_greedy(np.tile([1.0, 2.0], (2003, 1)), 13, 0.0, np.random.default_rng(3), noise=0.0)
    assert (play.arms == play.arms[:, :1]).all()
    assert abs(play.arms[:, 0].mean() - 0.5) < 4 * 0.5 / np.sqrt(2003), "ties are broken at random"


def test_without_noise_greedy_leaves_arms_that_cost():
    play = epsilon_greedy([[-1.0, -2.0, -3.0, 5.0]] * 101, 7, 0.0, np.random.default_rng(3), noise=0.0)
    assert (play.arms[:, -1] == 3).all()


def test_epsilon_1_draws_all_arms_alike():
    play = epsilon_greedy(np.tile([0.0, 0.0, 9.0, 0.0, 0.0], (101, 1)), 101, 1.0, np.random.default_rng(3))
    share = np.bincount(play.arms.ravel(), minlength=5) / play.arms.size
    assert np.abs(share - 0.2).max() < 0.02


def test_the_best_arm_is_pulled_with_1_minus_epsilon_plus_its_part():
    """Once the estimates are right: 1 - 0.3 + 0.3 / 2 = 0.85."""
    play = epsilon_greedy(np.tile([0.0, 9.0], (499, 1)), 211, 0.3, np.random.default_rng(3))
    assert abs(play.arms[:, 50:].mean() - 0.85) < 0.01


def test_rewards_have_the_mean_of_their_arm():
    play = epsilon_greedy(np.tile([3.0, -2.0], (499, 1)), 101, 1.0, np.random.default_rng(3), noise=0.5)
    for arm, mean in ((0, 3.0), (1, -2.0)):
        paid = play.rewards[play.arms == arm]
        assert abs(paid.mean() - mean) < 0.02
        assert abs(paid.std() - 0.5) < 0.02


def test_regret_by_hand():
    lost = regret([[1.0, 4.0], [7.0, 2.0]], [[0, 1, 0], [0, 0, 1]])
    assert lost.tolist() == [[3.0, 3.0, 6.0], [0.0, 0.0, 5.0]]


@pytest.mark.slow
def test_the_figure_of_sutton_and_barto():
    """Section 2.3: the best mean is about 1.54, greedy earns about 1 and ends on the best arm in about a third."""
    rng = np.random.default_rng(3)
    means = problems(2000, 10, rng)
    assert abs(means.max(axis=1).mean() - 1.539) < 0.06
    greedy, curious = (epsilon_greedy(means, 1000, epsilon, rng) for epsilon in (0.0, 0.1))
    on_best = [(play.arms[:, -1] == means.argmax(axis=1)).mean() for play in (greedy, curious)]
    assert abs(greedy.rewards[:, -100:].mean() - 1.0) < 0.1
    assert abs(on_best[0] - 1 / 3) < 0.07
    assert 0.7 < on_best[1] < 0.91


def test_errors():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"epsilon must be .* got 1.5"):
        epsilon_greedy([[1.0, 2.0]], 3, 1.5, rng)
    with pytest.raises(ValueError, match=r"two axes.*got shape \(2,\)"):
        epsilon_greedy([1.0, 2.0], 3, 0.5, rng)
    with pytest.raises(ValueError, match="n_arms must be at least 1; got 0"):
        problems(3, 0, rng)
