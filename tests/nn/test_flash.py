"""FlashAttention is exact attention: values, gradients, and memory that grows with t."""

import itertools

import pytest
import torch

from llm101.nn import masks
from llm101.nn.attention import Attention, Sight, scaled_dot_product
from llm101.nn.flash import flash
from llm101.nn.footprint import footprint

B, H, K = 2, 6, 7


def noise(*shape, seed=0, dtype=torch.float64):
    source = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=source, dtype=dtype).requires_grad_()


def qkv(t, s, g=H, dtype=torch.float64):
    return [
        noise(B, H, t, K, dtype=dtype),
        noise(B, g, s, K, seed=1, dtype=dtype),
        noise(B, g, s, K, seed=2, dtype=dtype),
    ]


def outputs_and_gradients(attend, inputs, **options):
    tensors = [x for x in inputs if isinstance(x, torch.Tensor) and x.requires_grad]
    out = attend(*inputs, **options)
    return [out, *torch.autograd.grad(out.sin().sum(), tensors)]


def assert_same(inputs, tile, **options):
    got = outputs_and_gradients(flash, inputs, tile=tile, **options)
    expected = outputs_and_gradients(scaled_dot_product, inputs, **options)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, atol=1e-10, rtol=0)


@pytest.mark.parametrize("tile", [1, 4, 5, 64])
@pytest.mark.parametrize(("t", "s"), [(13, 13), (5, 13), (1, 13), (1, 1), (12, 12)])
@pytest.mark.parametrize(("causal", "g"), list(itertools.product([False, True], [1, 2, H])))
def test_equals_the_naive_form(tile, t, s, causal, g):
    assert_same(qkv(t, s, g), tile, causal=causal, scale=0.3)


MASKS = {
    "padding": lambda: masks.padding(torch.arange(13) < torch.tensor([[13], [4]])),
    "padding in front": lambda: masks.padding(torch.arange(13) >= torch.tensor([[0], [6]])),
    "window": lambda: masks.window(11, 13, width=3),
    "random, some rows empty": lambda: torch.rand(B, 1, 11, 13, generator=torch.Generator().manual_seed(3)) < 0.1,
    "nothing": lambda: torch.zeros(1, 1, dtype=torch.bool),
}


@pytest.mark.parametrize("tile", [1, 4, 64])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("causal", [False, True])
def test_masks(tile, mask, causal):
    assert_same([*qkv(11, 13, 2), MASKS[mask]()], tile, causal=causal)


@pytest.mark.parametrize("tile", [4, 64])
@pytest.mark.parametrize("shape", [(H, 11, 13), (B, H, 11, 13), (1, 1, 11, 1), (13,), (H, 1, 13)])
def test_a_bias_and_its_gradient(tile, shape):
    assert_same([*qkv(11, 13), MASKS["window"](), noise(*shape, seed=4)], tile, causal=True)


def test_large_scores_do_not_overflow_and_come_in_any_order():
    """Scores of ± 1000, the largest in the last tile, then in the first: the running maximum has to move, or not."""
    q, k, v = (x.detach() for x in qkv(7, 13))
    for order in (slice(None), range(12, -1, -1)):
        k_ordered = (k * torch.arange(13.0)[:, None] * 100)[:, :, order]
        out = flash(q, k_ordered, v, tile=3)
        assert torch.isfinite(out).all()
        torch.testing.assert_close(out, scaled_dot_product(q, k_ordered, v), atol=1e-10, rtol=0)


def test_gradcheck():
    q, k, v = (x[:1, :2].detach().requires_grad_() for x in qkv(5, 7))
    bias, mask = noise(2, 5, 7, seed=4), masks.window(5, 7, width=4)
    assert torch.autograd.gradcheck(lambda *x: flash(*x[:3], mask, x[3], causal=True, tile=3), (q, k, v, bias))


def test_only_what_needs_a_gradient_gets_one():
    q, k, v = (x.detach() for x in qkv(5, 7))
    assert not flash(q, k, v).requires_grad
    v.requires_grad_()
    flash(q, k, v, tile=3).sum().backward()
    assert (q.grad, k.grad) == (None, None)
    assert v.grad.abs().sum() > 0


def test_half_precision_is_summed_in_float32():
    q, k, v = qkv(11, 130, dtype=torch.float32)
    out = flash(q.bfloat16(), k.bfloat16(), v.bfloat16(), tile=4)
    assert out.dtype == torch.bfloat16
    exact = scaled_dot_product(q.bfloat16().float(), k.bfloat16().float(), v.bfloat16().float())
    torch.testing.assert_close(out.float(), exact, atol=2e-3, rtol=2**-7)  # one rounding at the end
    out.float().sum().backward()
    assert q.grad.dtype == torch.float32


def test_as_the_kernel_of_a_module():
    module = Attention(12, 3, attend=flash).double()
    plain = Attention(12, 3, attend=scaled_dot_product).double()
    plain.load_state_dict(module.state_dict())
    x = noise(2, 150, 12)  # more than two tiles
    torch.testing.assert_close(module(x, Sight(causal=True)), plain(x, Sight(causal=True)), atol=1e-10, rtol=0)


def attention_memory(attend, t, **options):
    """Bytes beyond the inputs, forward and backward, (all at the worst moment, largest tensor)."""
    q, k, v = (torch.randn(1, 2, t, 8, requires_grad=True) for _ in range(3))
    return footprint(lambda: attend(q, k, v, causal=True, **options).sum().backward())


def test_memory_grows_linearly_and_the_naive_forms_quadratically():
    """t doubled three times: each step adds twice (a straight line), not four times, what the one before added."""
    sizes = (64, 128, 256, 512)
    naive = [attention_memory(scaled_dot_product, t) for t in sizes]
    tiled = [attention_memory(flash, t, tile=16) for t in sizes]
    assert [largest for _, largest in naive] == [2 * t * t * 4 for t in sizes]  # the scores
    assert [largest for _, largest in tiled] == [max(2 * t * 8, 2 * 16 * 16) * 4 for t in sizes]  # q, or one tile
    assert naive[-1][0] / naive[-2][0] == pytest.approx(4, abs=0.1)
    steps = [after - before for (before, _), (after, _) in itertools.pairwise(tiled)]
    assert [steps[1] / steps[0], steps[2] / steps[1]] == pytest.approx([2, 2], abs=0.3)
    assert tiled[-1][0] < naive[-1][0] / 20


def test_bad_arguments_are_explained():
    q, k, v = qkv(3, 5)
    with pytest.raises(ValueError, match="flash: tile must be at least 1; got 0"):
        flash(q, k, v, tile=0)
    with pytest.raises(ValueError, match=r"mask must be bool.*got torch.float64"):
        flash(q, k, v, torch.ones(3, 5, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"6 query heads must be a multiple of 4 key heads"):
        flash(q, *qkv(3, 5, g=4)[1:])
