"""The colours stand where the answers are, and pictures are images."""

import base64
import io

import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np
import pytest

from llm101.viz.planes import FINE, picture, points, regions

X, Y = np.array([[0.0, 1.0], [2.0, -1.0], [1.0, 3.0]]), np.array([0, 1, 0])


@pytest.fixture
def axis():
    fig, axis = plt.subplots()
    yield axis
    plt.close(fig)


def test_the_plane_is_coloured_by_the_answers(axis):
    """Class 1 where the second coordinate is above 1: the upper half, not the right one, not the lower one."""
    regions(axis, lambda x: (x[:, 1] > 1).astype(int), X, Y, span=(-1.0, 4.0), title="half")
    (image,) = axis.get_images()
    answers = image.get_array()
    heights = np.linspace(-1, 4, FINE)
    assert np.array_equal(answers, np.repeat((heights > 1)[:, None].astype(int), FINE, axis=1))
    assert image.origin == "lower"
    assert image.get_extent() == [-1.0, 4.0, -1.0, 4.0]
    assert axis.get_title() == "half"


def test_without_a_span_all_points_are_inside(axis):
    regions(axis, lambda x: np.zeros(len(x), int), X, Y)
    low, high = axis.get_xlim()
    assert low < X.min()
    assert high > X.max()
    assert axis.get_ylim() == (low, high)


def test_every_class_has_its_own_colour_and_shape(axis):
    points(axis, X, Y)
    first, second = axis.collections
    assert np.array_equal(first.get_offsets(), X[[0, 2]])
    assert np.array_equal(second.get_offsets(), X[[1]])
    assert not np.array_equal(first.get_facecolor(), second.get_facecolor())
    assert len(first.get_paths()[0]) != len(second.get_paths()[0])


def test_a_picture_is_an_image_of_its_size_and_leaves_no_figure():
    seen = []
    before = plt.get_fignums()
    html = picture(lambda *axes: seen.extend(axes), columns=3, width=5.0, height=2.0)
    assert len(seen) == 3
    assert plt.get_fignums() == before
    data = html.split("base64,")[1].split('"')[0]
    assert matplotlib.image.imread(io.BytesIO(base64.b64decode(data))).shape[:2] == (200, 500)
