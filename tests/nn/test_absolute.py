"""Absolute positions by their formulas and by GLM's figure."""

import math

import pytest
import torch

from llm101.nn.absolute import LearnedPositions, SinusoidalPositions, SpanPositions, sinusoids, span_places

D = 10


def test_sinusoids_by_the_formula():
    places = [0, 1, 2, 7, 511, 9999]
    got = sinusoids(torch.tensor(places), D)
    for row, p in zip(got, places, strict=True):
        for i in range(D // 2):
            angle = p / 10000 ** (2 * i / D)
            assert row[2 * i].item() == pytest.approx(math.sin(angle), abs=1e-12)
            assert row[2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-12)


def test_a_shift_is_a_rotation_that_does_not_depend_on_the_place():
    """PE(p + k) = R(k) PE(p): one block-diagonal matrix for every p. The length is sqrt(d/2)."""
    places, shift = torch.arange(40), 7
    before, after = sinusoids(places, D), sinusoids(places + shift, D)
    rotation = torch.zeros(D, D, dtype=torch.float64)
    for i in range(D // 2):
        angle = shift / 10000 ** (2 * i / D)
        c, s = math.cos(angle), math.sin(angle)
        rotation[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
    torch.testing.assert_close(before @ rotation.T, after, atol=1e-12, rtol=0)
    torch.testing.assert_close(before.norm(dim=-1), torch.full((40,), math.sqrt(D / 2), dtype=torch.float64))


def test_sinusoids_take_negative_places_and_batches():
    places = torch.tensor([[-3, 0, 5], [2, 1, -700]])
    assert torch.equal(SinusoidalPositions(D)(places), sinusoids(places, D))
    assert torch.equal(sinusoids(-places, D)[..., 0::2], -sinusoids(places, D)[..., 0::2])
    assert torch.equal(sinusoids(-places, D)[..., 1::2], sinusoids(places, D)[..., 1::2])
    assert not list(SinusoidalPositions(D).state_dict())


def test_learned_positions_are_rows_of_a_table():
    table = LearnedPositions(11, D)
    assert torch.equal(table(torch.tensor([[3, 3], [0, 10]])), table.weight[torch.tensor([[3, 3], [0, 10]])])


def test_span_places_are_those_of_glms_figure():
    """Figure 2: x1 x2 [M] x4 [M] | [S] x5 x6 | [S] x3, with position 1 counted from 1 there."""
    text, span = span_places(5, [(4, 3), (2, 2)])
    assert (text + 1).tolist() == [1, 2, 3, 4, 5, 5, 5, 5, 3, 3]
    assert span.tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 1, 2]
    assert [x.tolist() for x in span_places(3, [])] == [[0, 1, 2], [0, 0, 0]]


def test_span_positions_add_two_tables():
    both = SpanPositions(11, D, max_span=4)
    assert {k: tuple(v.shape) for k, v in both.state_dict().items()} == {"text.weight": (11, D), "span.weight": (5, D)}
    text, span = span_places(5, [(4, 3), (2, 2)])
    assert torch.equal(both((text, span)), both.text.weight[text] + both.span.weight[span])
    assert torch.equal(both(torch.arange(7)), both.text.weight[:7] + both.span.weight[0])
    assert SpanPositions(11, D).span.weight.shape == (12, D)
    assert both.max_len == 11


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match=r"sinusoids: d_model must be even.*got 7"):
        sinusoids(torch.arange(3), 7)
    with pytest.raises(ValueError, match="SinusoidalPositions: d_model must be at least 2; got 0"):
        SinusoidalPositions(0)
    with pytest.raises(ValueError, match=r"span_places: place of a \[MASK\] must be at most 4; got 5"):
        span_places(5, [(5, 2)])
