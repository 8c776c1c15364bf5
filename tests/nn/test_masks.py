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
        sees = loop(t, s, lambda q, k, n=n: abs(q - k) <= 1 or k < n or q < n)
        assert torch.equal(masks.with_global(n, t, s, width=2), sees)
    for n in (1, 2, 3, 5):
        assert torch.equal(
            masks.strided(t, s, stride=n), loop(t, s, lambda q, k, n=n: abs(q - k) <= n or (q - k) % n == 0)
        )
        assert torch.equal(masks.blocks(t, s, size=n), loop(t, s, lambda q, k, n=n: q // n == k // n))
        for c in range(n + 1):
            sees = loop(t, s, lambda q, k, n=n, c=c: q // n == k // n or k % n in range(n - c, n))
            assert torch.equal(masks.fixed(t, s, size=n, n_last=c), sees)


def test_prefix_runs_from_causal_to_everything():
    assert torch.equal(masks.prefix(0, 5), masks.causal(5))
    assert masks.prefix(5, 5).all()


@pytest.mark.parametrize("name", ["strided", "fixed"])
def test_sparse_patterns_reach_everything_in_two_layers_at_the_cost_of_a_root(name):
    """256 tokens, stride 16: any token reaches any earlier one in two layers, through at most 3 · 16 keys in one."""
    pattern = masks.strided(256, stride=16) if name == "strided" else masks.fixed(256, size=16)
    allowed = (masks.causal(256) & pattern).double()
    assert ((allowed @ allowed > 0) == masks.causal(256)).all()
    assert 16 <= allowed.sum(1).max() <= 3 * 16
    window = (masks.causal(256) & masks.window(256, width=16)).double()
    assert not ((window @ window > 0) == masks.causal(256)).all()


def test_combinations():
    """Longformer as a decoder, with padding: nobody sees the future or the padding, all else as by the parts."""
    keep = torch.tensor([[True] * 5 + [False], [True] * 6])
    allowed = masks.causal(6) & masks.with_global(1, 6, width=2) & masks.padding(keep)
    assert allowed.dtype == torch.bool
    assert allowed[0, 0].int().tolist() == [
        [1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0],
        [1, 0, 1, 1, 0, 0], [1, 0, 0, 1, 1, 0], [1, 0, 0, 0, 1, 0],
    ]  # fmt: skip
    assert torch.equal(allowed[1, 0, :, :5], allowed[0, 0, :, :5])
    assert torch.equal(masks.blocks(6, size=3) | masks.causal(6), masks.causal(6) | masks.blocks(6, size=3))


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
    with pytest.raises(ValueError, match="strided: stride must be at least 1; got 0"):
        masks.strided(5, stride=0)
    with pytest.raises(ValueError, match="blocks: size must be at least 1; got 0"):
        masks.fixed(5, size=0)
    with pytest.raises(ValueError, match="fixed: n_last must be at most 3; got 4"):
        masks.fixed(5, size=3, n_last=4)
    with pytest.raises(ValueError, match="with_global: n_global must be at most 7; got 8"):
        masks.with_global(8, 5, 7, width=2)
    with pytest.raises(ValueError, match=r"shape \(b s\) and dtype bool; got \(2, 3\) and torch.int64"):
        masks.padding(torch.ones(2, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"got \(3,\) and torch.bool"):
        masks.padding(torch.ones(3, dtype=torch.bool))
