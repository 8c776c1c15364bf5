"""What every position scheme keeps. The relative ones: moving all tokens together changes nothing."""

from functools import partial

import pytest
import torch

from llm101.nn import masks
from llm101.nn.absolute import LearnedPositions, SinusoidalPositions, SpanPositions
from llm101.nn.attention import Attention, fused, scaled_dot_product
from llm101.nn.blocks import PreNormBlock, Stack
from llm101.nn.cache import KVCache
from llm101.nn.ffn import MLP
from llm101.nn.norms import LayerNorm
from llm101.nn.positions import ALiBi, NoPosition, T5Bias
from llm101.nn.relative import ShawRelative, XLRelative
from llm101.nn.rotary import Rotary, ntk_base

D, H, K, T, P = 24, 3, 8, 13, 500

HOOKS = {  # both hooks, owned by the stack
    "rotary, halves": lambda: Rotary(K),
    "rotary, interleaved": lambda: Rotary(K, interleaved=True),
    "rotary on half the channels": lambda: Rotary(K // 2, base=100.0),
    "rotary, linear scaling": lambda: Rotary(K, scale=4.0),
    "rotary, NTK-aware": lambda: Rotary(K, base=ntk_base(10000.0, 4.0, K)),
    "ALiBi": lambda: ALiBi(H, dtype=torch.float64),
    "T5, both ways": lambda: T5Bias(H, both_ways=True, n_buckets=8, max_distance=11),
    "T5, decoder": lambda: T5Bias(H, both_ways=False, n_buckets=8, max_distance=11),
}
KERNELS = {  # they look at the query: a kernel in every layer
    "Shaw": lambda: ShawRelative(K, max_distance=4),
    "Transformer-XL": lambda: XLRelative(D, H),
}
ABSOLUTE = {
    "learned": lambda: LearnedPositions(P, D),
    "sinusoidal": lambda: SinusoidalPositions(D),
    "GLM": lambda: SpanPositions(P, D),
}
RELATIVE = [*HOOKS, *KERNELS]


def noise(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def randomized(module):
    source = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(0.5 * torch.randn(weight.shape, generator=source))
    return module.double()


def make(name, *, causal=True, position=None):
    """Two layers with this scheme."""
    position = HOOKS[name]() if name in HOOKS else position

    def block():
        attend = KERNELS[name]() if name in KERNELS else fused
        return PreNormBlock(Attention(D, H, attend=attend), MLP(D, 7, torch.tanh), partial(LayerNorm, D))

    return randomized(Stack(block, 2, position=position, causal=causal))


def close(a, b, atol=1e-10):
    return torch.allclose(a, b, atol=atol, rtol=0)


@pytest.mark.parametrize("name", RELATIVE)
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("shift", [1, 6, 200])
def test_relative_schemes_are_shift_invariant(name, causal, shift):
    """Tokens that nobody sees are put in front: the others stand further to the right and must not notice."""
    stack, x = make(name, causal=causal), noise(2, T, D)
    seen = torch.arange(shift + T) >= shift
    mask = masks.padding(seen.expand(2, -1))
    mask = mask & masks.causal(shift + T) if causal else mask
    moved = stack(torch.cat([noise(2, shift, D, seed=1), x], dim=1), mask)[:, shift:]
    assert close(moved, stack(x))


@pytest.mark.parametrize("name", HOOKS)
def test_the_hooks_themselves_are_shift_invariant(name):
    position = randomized(HOOKS[name]()) if name.startswith("T5") else HOOKS[name]()
    queries, keys = torch.arange(9, 14), torch.arange(17)
    q, k = noise(2, H, 5, K, seed=2), noise(2, H, 17, K, seed=3)

    def scores(shift):
        product = position.rotate(q, queries + shift) @ position.rotate(k, keys + shift).transpose(-2, -1)
        bias = position.bias(queries + shift, keys + shift)
        return product if bias is None else product + bias

    for shift in (1, 7, 1000):
        assert close(scores(shift), scores(0))
    assert not close(scores(0), q @ k.transpose(-2, -1), atol=0.1)  # and they do something
    assert scores(0).dtype == torch.float64


@pytest.mark.parametrize("name", RELATIVE)
def test_order_matters(name):
    """Without a scheme (and without a mask) attention cannot tell orders apart; with one it can."""
    x, order = noise(2, T, D), torch.randperm(T, generator=torch.Generator().manual_seed(7))
    back = order.argsort()
    blind = make("none", causal=False, position=NoPosition())
    assert close(blind(x[:, order])[:, back], blind(x))
    stack = make(name, causal=False)
    assert not close(stack(x[:, order])[:, back], stack(x), atol=1e-3)


@pytest.mark.parametrize("name", RELATIVE)
def test_through_a_cache_equals_at_once(name):
    stack, x = make(name), noise(2, T, D)
    for pieces in ([1] * T, [5, 1, 7]):
        caches = [KVCache(), KVCache()]
        parts = [stack(piece, caches=caches) for piece in x.split(pieces, dim=1)]
        assert close(torch.cat(parts, dim=1), stack(x))


@pytest.mark.parametrize("name", RELATIVE)
def test_there_is_no_last_place(name):
    out = make(name)(noise(1, 300, D))
    assert torch.isfinite(out).all()


@pytest.mark.parametrize("name", [name for name in RELATIVE if name.startswith(("T5", "Shaw", "Transformer"))])
def test_trained_ones_get_gradients(name):
    stack = make(name)
    own = {n: w for n, w in stack.named_parameters() if "position" in n or ".attend." in n}
    assert own
    stack(noise(2, T, D)).sin().sum().backward()
    assert all(weight.grad.abs().max() > 1e-4 for weight in own.values())


@pytest.mark.parametrize("name", ABSOLUTE)
def test_absolute_schemes_depend_on_the_place(name):
    vectors = randomized(ABSOLUTE[name]())
    places = torch.arange(T)
    assert vectors(places).shape == (T, D)
    assert vectors(places.expand(2, -1)).shape == (2, T, D)
    assert close(vectors(places.expand(2, -1))[1], vectors(places))
    assert not close(vectors(places + 1), vectors(places), atol=0.1)
    assert vectors.max_len == (None if name == "sinusoidal" else P)
    rows = {tuple(row.tolist()) for row in vectors(torch.arange(P)).detach()}
    assert len(rows) == P  # no two places alike


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_take_masks_biases_and_scales_like_the_plain_one(name):
    """With their own weights at zero they are scaled dot product attention."""
    kernel = KERNELS[name]().double()
    with torch.no_grad():
        for weight in kernel.parameters():
            weight.zero_()
    q, k, v = noise(2, H, 5, K), noise(2, H, 7, K, seed=1), noise(2, H, 7, K, seed=2)
    mask, bias = noise(2, 1, 5, 7, seed=3) < 1, noise(H, 5, 7, seed=4)
    for options in ({}, {"mask": mask}, {"bias": bias}, {"mask": mask, "bias": bias, "causal": True, "scale": 0.7}):
        assert close(kernel(q, k, v, **options), scaled_dot_product(q, k, v, **options))
