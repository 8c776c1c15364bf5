import itertools
from collections import Counter

import pytest
import torch

from llm101.lm.word2vec_windows import Stream, keep_chance, noise_chance

TEXT = [["a", "b", "c", "d", "e"], ["f"], [], ["g", "h", "b"]]


def stream(text, window, subsample=None, seed=0):
    return Stream(text, window, subsample, torch.Generator().manual_seed(seed))


def named(source, numbers):
    return [source.words[i] for i in numbers.tolist()]


def gathered(source):
    """All pairs of one pass, as words."""
    found = Counter()
    for centre, neighbour in source.pairs(3):
        found.update(zip(named(source, centre), named(source, neighbour), strict=True))
    return found


def test_with_a_window_of_one_the_pairs_are_the_neighbours():
    expected = Counter()
    for sentence in TEXT:
        for left, right in itertools.pairwise(sentence):
            expected.update([(left, right), (right, left)])
    assert gathered(stream(TEXT, 1)) == expected


def test_windows_by_brute_force():
    """The same reaches as drawn inside, then a loop over words."""
    source = stream(TEXT, 3, seed=5)
    generator = torch.Generator().manual_seed(5)
    torch.rand(9, generator=generator, dtype=torch.float64)  # what thinning draws
    reach = iter(torch.randint(1, 4, (9, 1), generator=generator)[:, 0].tolist())
    expected = Counter()
    for sentence in TEXT:
        for i, word in enumerate(sentence):
            r = next(reach)
            expected.update((word, sentence[j]) for j in range(max(0, i - r), min(len(sentence), i + r + 1)) if j != i)
    assert gathered(source) == expected


def test_near_neighbours_come_more_often():
    """Reach even in 1 … 4: a neighbour at distance o is kept with chance (5 - o) / 4."""
    text = [[str(i) for i in range(50)]]
    distances, source = Counter(), stream(text, 4)
    for _ in range(200):
        for (one, other), n in gathered(source).items():
            distances[abs(int(one) - int(other))] += n
    assert set(distances) == {1, 2, 3, 4}
    for o in (2, 3, 4):
        assert distances[o] / distances[1] == pytest.approx((5 - o) / 4 * (50 - o) / 49, abs=0.03)


def test_bags_hold_the_same_neighbours_as_pairs():
    pairs, bags = gathered(stream(TEXT, 3, seed=2)), Counter()
    source = stream(TEXT, 3, seed=2)
    for centre, neighbours, keep in source.bags(2):
        for word, row, mask in zip(named(source, centre), neighbours, keep, strict=True):
            bags.update((word, other) for other in named(source, row[mask]))
    assert bags == pairs
    assert not any(word == "f" for word, _ in bags)  # alone in its sentence


def test_words_are_sorted_by_count():
    assert stream(TEXT, 1).words[0] == "b"
    assert stream(TEXT, 1).words[1:] == tuple("acdefgh")


def test_noise_follows_the_three_quarter_power():
    counts = {"a": 1, "b": 16, "c": 81}
    text = [[word] * n for word, n in counts.items()]
    drawn = torch.bincount(stream(text, 1).noise(3001, 7).flatten(), minlength=3) / (3001 * 7)
    assert drawn.tolist() == pytest.approx([27 / 36, 8 / 36, 1 / 36], abs=0.01)  # c, b, a
    assert noise_chance(torch.tensor([81.0, 16.0, 1.0])).tolist() == pytest.approx([27 / 36, 8 / 36, 1 / 36])


def test_frequent_words_are_thinned_out():
    assert keep_chance(torch.tensor([1.0, 9.0, 90.0]), 0.01).tolist() == pytest.approx([1, 1 / 3, 1 / 9**0.5 / 10**0.5])
    text = [["rare"], *[["often"] * 3] * 333]
    source = stream(text, 1, subsample=0.04)
    kept = [Counter(source.thinned()[0].tolist()) for _ in range(50)]
    assert all(k[1] == 1 for k in kept)
    assert sum(k[0] for k in kept) / 50 / 999 == pytest.approx((0.04 / 0.999) ** 0.5, abs=0.01)


def test_windows_reach_over_words_that_were_left_out():
    text = [["x", *["the"] * 8, "y"]] * 1000
    assert gathered(stream(text, 1))["x", "y"] == 0
    assert gathered(stream(text, 1, subsample=0.05))["x", "y"] > 0
