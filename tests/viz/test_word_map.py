import re

import pytest
import torch

from llm101.lm.word2vec import Word2Vec
from llm101.viz.word_map import label_places, plane, score_axes, word_map, word_map_stepper

PAIRS = [("a", "b"), ("c", "<d>")]


def model(scale=1.0):
    vectors = torch.tensor([[3.0, 0, 0.1], [3, scale, 0], [-3, 0, 0], [-3, scale, 0.1]])
    return Word2Vec(["a", "b", "c", "<d>"], vectors)


def test_the_plane_is_that_of_the_covariance():
    """Oracle: the eigenvectors of the covariance matrix."""
    x = torch.randn(31, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * torch.arange(1, 6)
    directions = plane(x)
    values, vectors = torch.linalg.eigh(torch.cov(x.T))
    assert torch.allclose((directions @ vectors[:, [-1, -2]]).abs(), torch.eye(2, dtype=torch.float64), atol=1e-8)
    assert values[-1] > values[-2]


def test_the_picture_shows_every_word_where_it_is():
    drawn = word_map(model(), PAIRS, torch.eye(3)[:2], reach=1.0)
    assert re.findall(r">([^<]+)</text>", drawn) == ["a", "b", "c", "&lt;d&gt;"]
    x = [int(value) for value in re.findall(r'cx="(\d+)"', drawn)]
    y = [int(value) for value in re.findall(r'cy="(\d+)"', drawn)]
    assert min(x[:2]) > 360 > max(x[2:])  # a and b to the right
    assert y[1] < y[0]  # b above a: the second axis points up
    assert y[3] < y[2]
    assert drawn.count("<polyline") == 2


def test_what_lies_outside_is_drawn_at_the_edge():
    drawn = word_map(model(), PAIRS, torch.eye(3)[:2], reach=0.01)
    x = {int(value) for value in re.findall(r'cx="(\d+)"', drawn)}
    assert x == {60, 660}


def test_the_slider_starts_at_the_end_and_moves():
    box = word_map_stepper([model(0.1), model(2.0), model(5.0)], PAIRS, torch.eye(3)[:2], reach=1.0)
    slider, view = box.children[0].children[1], box.children[1]
    assert slider.value == slider.max == 2
    assert "after 2 passes" in view.value
    last = view.value
    slider.value = 0
    assert "after 0 passes" in view.value
    assert view.value != last


def test_an_unknown_word():
    with pytest.raises(KeyError, match="x"):
        word_map(model(), [("a", "x")], torch.eye(3)[:2], reach=1.0)


def boxes(words, places):
    """Left, top, right, bottom of each name, at 7 pixels a letter and 13 a line."""
    return [(x, y - 10, x + 7 * len(word), y + 3) for word, (x, y) in zip(words, places, strict=True)]


def disjoint(one, other):
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_names_of_near_points_do_not_cover_each_other_or_a_point():
    words, spots = ["germany", "italy", "hungary"], [(300.0, 200.0), (310.0, 205.0), (303.0, 211.0)]
    found = boxes(words, label_places(words, spots))
    points = [(x - 4, y - 4, x + 4, y + 4) for x, y in spots]
    for i, box in enumerate(found):
        assert all(disjoint(box, other) for other in found[i + 1 :] + points)


def test_a_name_at_the_edge_stays_inside():
    words, spots = ["egypt", "japan"], [(700.0, 5.0), (3.0, 415.0)]
    for left, top, right, bottom in boxes(words, label_places(words, spots)):
        assert left >= 0
        assert top >= 0
        assert right <= 720
        assert bottom <= 420


def test_a_lonely_name_stands_to_the_right_of_its_point():
    assert list(label_places(["word"], [(100.0, 50.0)])) == [(107.0, 46.0)]


def test_the_score_is_ridge_regression_with_a_free_offset():
    """Oracle: least squares on the rows, a row of zeros for each number of the ridge, and a column of ones."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(31, 5, generator=generator, dtype=torch.float64)
    labels = torch.randint(2, (31,), generator=generator)
    rows = torch.cat([torch.cat([x, torch.ones(31, 1)], 1), 3**0.5 * torch.eye(5, 6, dtype=torch.float64)])
    answers = torch.cat([2.0 * labels - 1, torch.zeros(5)]).double()
    fitted = torch.linalg.lstsq(rows, answers).solution
    new = torch.randn(7, 5, generator=generator, dtype=torch.float64)
    score, across = score_axes(x, labels, ridge=3.0)(new)
    # the offset of the oracle is free because only the first five columns carry a ridge
    assert torch.allclose(score, new @ fitted[:5] + fitted[5], atol=1e-10)
    direction = score_axes(x, labels, ridge=3.0)(x.mean(0) + torch.eye(5, dtype=torch.float64))[1]
    assert abs(float(direction @ fitted[:5])) < 1e-6  # at right angles to the score
    assert abs(float(direction.norm()) - 1) < 1e-10
    assert across.shape == (7,)


def test_the_widest_direction_across_is_found():
    x = torch.tensor([[-1.0, 5, 0], [1, 5, 0.1], [-1, -5, 0], [1, -5, -0.1]])
    _, across = score_axes(x, torch.tensor([0, 1, 0, 1]))(x)
    assert torch.allclose(across.abs(), torch.full((4,), 5.0), atol=0.1)
