"""The explorer shows the head that was chosen, and its buttons find the best one."""

import matplotlib.pyplot as plt
import pytest
import torch

from llm101.viz.head_explorer import head_explorer, head_grid, heat_map, looks_at

TOKENS = ["a", "<b>", "c"]


@pytest.fixture
def maps():
    """Two layers of five heads over three tokens; head 3 of layer 1 looks one back."""
    maps = torch.zeros(2, 5, 3, 3)
    maps[:] = torch.eye(3)
    maps[1, 3] = torch.tensor([[1.0, 0.0, 0.0], [0.875, 0.125, 0.0], [0.25, 0.75, 0.0]])
    return maps


@pytest.fixture
def score():
    score = torch.zeros(2, 5)
    score[1, 3], score[0, 4] = 0.8125, 0.25
    return score


def test_a_map_draws_every_weight_and_says_it(maps):
    svg = heat_map(maps[1, 3], TOKENS, row=2)
    assert svg.count("<title>") == 5  # zeros are not drawn
    assert "&lt;b&gt; → a: 0.88" in svg
    assert "c → &lt;b&gt;: 0.75" in svg
    assert "<b>" not in svg
    assert svg.count('stroke-width="2"') == 1
    assert heat_map(maps[1, 3], TOKENS).count('stroke-width="2"') == 0


def test_a_map_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"weights \(3, 3\) for 3 tokens; got \(3, 2\)"):
        heat_map(torch.zeros(3, 2), TOKENS)


def test_where_a_query_looks_in_words(maps):
    said = looks_at(maps[1, 3], TOKENS, 2)
    assert said.index("&lt;b&gt; (1 back) 0.75") < said.index("a (2 back) 0.25")
    assert "0 back" not in said
    assert "nothing" in looks_at(torch.zeros(3, 3), TOKENS, 0)


def test_the_buttons_choose_layer_head_and_query(maps, score):
    layer, head, asks, buttons, view = head_explorer(maps, TOKENS, {"one back": score}).children
    assert "one back: 0.00" in view.value
    assert "<b>c</b> (place 2) looks at: c (0 back) 1.00" in view.value
    head.value = 4
    assert "one back: 0.25" in view.value
    buttons.children[0].click()
    assert (layer.value, head.value) == (1, 3)
    assert "one back: 0.81" in view.value
    asks.value = 1
    assert "looks at: a (1 back) 0.88" in view.value


def test_each_button_has_its_own_score(maps, score):
    other = torch.zeros(2, 5)
    other[0, 2] = 1.0
    layer, head, _, buttons, _ = head_explorer(maps, TOKENS, {"first": score, "second": other}).children
    buttons.children[1].click()
    assert (layer.value, head.value) == (0, 2)
    buttons.children[0].click()
    assert (layer.value, head.value) == (1, 3)


def test_a_score_of_another_shape_is_refused(maps):
    with pytest.raises(ValueError, match=r"'one' must have shape \(2, 5\).*got \(5, 2\)"):
        head_explorer(maps, TOKENS, {"one": torch.zeros(5, 2)})
    with pytest.raises(ValueError, match=r"head_grid: score 'two' must have shape \(2, 5\).*got \(2, 3\)"):
        head_grid(maps, {"two": torch.zeros(2, 3)})


def test_the_grid_draws_all_heads_a_row_a_layer(maps, score):
    fig = head_grid(maps, {"back": score, "on": 1 - score})
    assert len(fig.axes) == 10
    assert torch.equal(torch.as_tensor(fig.axes[8].get_images()[0].get_array()), maps[1, 3])
    assert fig.axes[8].get_title() == "layer 1, head 3\nback 0.81\non 0.19"
    fig.canvas.draw()
    heights = [axis.get_position().y0 for axis in fig.axes]
    assert len({round(y, 3) for y in heights[:5]}) == 1
    assert heights[5] < heights[0]
    plt.close(fig)
