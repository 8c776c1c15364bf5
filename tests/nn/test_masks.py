"""Masks against a loop over every query and key."""

import pytest
import torch

from llm101.nn import masks


def loop(t, s, rule):
    """rule(position of the query, position of the key); the last query stands at the last key."""
    return torch.tensor([[rule(s - t + i, j) for j in range(s)] for i in range(t)])


@pytest.mark.parametrize(("t", "s"), [(5, 5), (3, 7), (1, 7), (1, 1)])
def test_every_mask_equals_its_rule(t, s):
    assert torch.equal(masks.distance(t, s), loop(t, s, lambda q, k: q - k))
    assert torch.equal(masks.causal(t, s), loop(t, s, lambda q, k: k <= q))
    assert torch.equal(masks.window(t, s, width=2), loop(t, s, lambda q, k: abs(q - k) <= 1))
    assert torch.equal(
        masks.causal(t, s) & masks.window(t, s, width=3), loop(t, s, lambda q, k: k in (q, q - 1, q - 2))
    )
    for n in range(s + 1):
        assert torch.equal(masks.prefix(n, t, s), loop(t, s, lambda q, k, n=n: k <= q or k < n))


def test_prefix_runs_from_causal_to_everything():
    assert torch.equal(masks.prefix(0, 5), masks.causal(5))
    assert masks.prefix(5, 5).all()


def test_padding_hides_keys_from_everyone():
    keep = torch.tensor([[True, True, False], [False, True, True]])
    allowed = masks.causal(3) & masks.padding(keep)
    assert allowed.shape == (2, 1, 3, 3)
    assert not allowed[0, 0, :, 2].any()
    assert not allowed[1, 0, :, 0].any()
    assert allowed[0, 0, 2].tolist() == [True, True, False]


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match=r"n_keys must be at least 5; got 3\. There are 5 queries"):
        masks.causal(5, 3)
    with pytest.raises(ValueError, match="n_queries must be at least 1; got 0"):
        masks.causal(0)
    with pytest.raises(ValueError, match="window: width must be at least 1; got 0"):
        masks.window(5, width=0)
    with pytest.raises(ValueError, match="n_prefix must be at most 7; got 8"):
        masks.prefix(8, 5, 7)
    with pytest.raises(ValueError, match=r"shape \(b s\) and dtype bool; got \(2, 3\) and torch.int64"):
        masks.padding(torch.ones(2, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"got \(3,\) and torch.bool"):
        masks.padding(torch.ones(3, dtype=torch.bool))
