"""Attention against a loop over every number, and against torch's own."""

import itertools
import math
from functools import partial

import pytest
import torch

from llm101.nn import masks
from llm101.nn.attention import Attention, Sight, attention_weights, fused, scaled_dot_product
from llm101.nn.cache import KVCache
from llm101.nn.flash import flash

B, T, S, K = 2, 3, 5, 7
KERNELS = pytest.mark.parametrize(
    "attend", [scaled_dot_product, fused, partial(flash, tile=2)], ids=["plain", "fused", "flash"]
)


def qkv(h=6, g=6, t=T, s=S, dtype=torch.float64, seed=0):
    rng = torch.Generator().manual_seed(seed)
    shapes = [(B, h, t, K), (B, g, s, K), (B, g, s, K)]
    return [torch.randn(shape, generator=rng, dtype=dtype) for shape in shapes]


def slow(q, k, v, mask=None, bias=None, *, causal=False, scale=None):
    """One output number at a time, in Python floats."""
    (b, h, t, d), g, s = q.shape, k.shape[1], k.shape[2]
    scale = 1 / math.sqrt(d) if scale is None else scale
    allowed = torch.ones(b, h, t, s, dtype=torch.bool) if mask is None else mask.expand(b, h, t, s)
    out = torch.zeros_like(q)
    for n, i, a in itertools.product(range(b), range(h), range(t)):
        j = i // (h // g)
        seen = [c for c in range(s) if allowed[n, i, a, c] and not (causal and c > s - t + a)]
        scores = [
            float(q[n, i, a] @ k[n, j, c]) * scale + (0.0 if bias is None else float(bias[i, a, c])) for c in seen
        ]
        weights = [math.exp(x - max(scores)) for x in scores]
        for c, w in zip(seen, weights, strict=True):
            out[n, i, a] += w / sum(weights) * v[n, j, c]
    return out


@KERNELS
@pytest.mark.parametrize("t", [1, 3, 5])
@pytest.mark.parametrize("g", [1, 2, 6])
@pytest.mark.parametrize(("masked", "biased", "causal"), list(itertools.product([False, True], repeat=3)))
def test_equals_the_loop(attend, t, g, masked, biased, causal):
    q, k, v = qkv(g=g, t=t)
    mask = torch.rand(B, 1, t, S, generator=torch.Generator().manual_seed(1)) < 0.6 if masked else None
    bias = torch.randn(6, t, S, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) if biased else None
    expected = slow(q, k, v, mask, bias, causal=causal, scale=0.3)
    assert torch.allclose(attend(q, k, v, mask, bias, causal=causal, scale=0.3), expected, atol=1e-12)


@KERNELS
def test_default_scale_is_one_over_root_of_the_head_dim(attend):
    q, k, v = qkv()
    assert torch.allclose(attend(q, k, v), attend(q, k, v, scale=7**-0.5), atol=1e-14)
    assert not torch.allclose(attend(q, k, v), attend(q, k, v, scale=1.0), atol=1e-3)


@KERNELS
@pytest.mark.parametrize("bias", [None, torch.ones(6, T, S)])
def test_a_row_that_sees_nothing_gives_zeros_and_finite_gradients(attend, bias):
    q, k, v = (x.requires_grad_() for x in qkv(dtype=torch.float32))
    mask = torch.ones(T, S, dtype=torch.bool)
    mask[1] = False
    out = attend(q, k, v, mask, bias)
    out.square().sum().backward()
    assert torch.equal(out[:, :, 1], torch.zeros(B, 6, K))
    assert (out[:, :, [0, 2]].abs() > 0).all()
    assert all(torch.isfinite(x.grad).all() for x in (q, k, v))
    assert torch.equal(q.grad[:, :, 1], torch.zeros(B, 6, K))


@pytest.mark.parametrize("g", [2, 6])
def test_both_kernels_have_the_same_gradients(g):
    for seed, mask in enumerate([None, masks.causal(T, S), masks.padding(torch.tensor([[True] * 4 + [False]] * B))]):
        grads = []
        for attend in (scaled_dot_product, fused):
            parts = [x.requires_grad_() for x in qkv(g=g, seed=seed)]
            attend(*parts, mask).sin().sum().backward()
            grads.append([x.grad for x in parts])
        assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(*grads, strict=True))


@KERNELS
def test_half_precision_stays_half_and_is_close(attend):
    q, k, v = qkv(dtype=torch.float32)
    half = attend(q.bfloat16(), k.bfloat16(), v.bfloat16(), masks.causal(T, S), torch.zeros(6, T, S))
    assert half.dtype == torch.bfloat16
    assert torch.allclose(half.float(), attend(q, k, v, masks.causal(T, S)), atol=0.03)


def test_softmax_is_taken_in_float32():
    """Two scores that bfloat16 cannot tell apart (256 and 257) must still get different weights."""
    q = torch.tensor([[[[1.0]]]], dtype=torch.bfloat16)
    k, v = torch.tensor([[[[256.0], [256.0]]]]).bfloat16(), torch.tensor([[[[0.0], [1.0]]]]).bfloat16()
    bias = torch.tensor([[[0.0, 1.0]]]).bfloat16()
    assert float(scaled_dot_product(q, k, v, bias=bias, scale=1.0)) == pytest.approx(math.e / (1 + math.e), abs=4e-3)


@KERNELS
def test_bad_masks_and_heads_are_explained(attend):
    q, k, v = qkv()
    with pytest.raises(ValueError, match=r"mask \(2, 5\) must broadcast to \(b h t s\) = \(2, 6, 3, 5\)"):
        attend(q, k, v, torch.ones(2, 5, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"mask must be bool.*got torch.float32"):
        attend(q, k, v, torch.ones(3, 5))
    with pytest.raises(ValueError, match=r"6 query heads must be a multiple of 4 key heads"):
        attend(q, *qkv(g=4)[1:])


def with_random_biases(module):
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_()
    return module.double()


def torch_twin(ours):
    """torch.nn.MultiheadAttention with the same weights."""
    d = ours.o_proj.out_features
    twin = torch.nn.MultiheadAttention(d, ours.n_heads, batch_first=True).double()
    projections = (ours.q_proj, ours.k_proj, ours.v_proj)
    with torch.no_grad():
        twin.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
        twin.in_proj_bias.copy_(torch.cat([p.bias for p in projections]))
        twin.out_proj.load_state_dict(ours.o_proj.state_dict())
    return twin


@KERNELS
def test_module_equals_torch_multihead_attention(attend):
    ours = with_random_biases(Attention(21, 3, attend=attend))
    x, memory = torch.randn(B, T, 21, dtype=torch.float64), torch.randn(B, S, 21, dtype=torch.float64)
    twin = torch_twin(ours)
    assert torch.allclose(ours(x), twin(x, x, x)[0], atol=1e-12)
    assert torch.allclose(ours(x, memory=memory), twin(x, memory, memory)[0], atol=1e-12)
    causal = twin(x, x, x, attn_mask=~masks.causal(T))[0]
    assert torch.allclose(ours(x, Sight(causal=True)), causal, atol=1e-12)
    assert torch.allclose(ours(x, Sight(mask=masks.causal(T))), causal, atol=1e-12)


@pytest.mark.parametrize("g", [1, 2, 3])
def test_grouped_heads_equal_full_attention_with_repeated_heads(g):
    grouped = with_random_biases(Attention(12, 6, n_kv_heads=g, head_dim=5))
    full = Attention(12, 6, head_dim=5).double()
    state = grouped.state_dict()
    for name in ("k_proj", "v_proj"):
        for kind in ("weight", "bias"):
            heads = state[f"{name}.{kind}"].unflatten(0, (g, 5))
            state[f"{name}.{kind}"] = heads.repeat_interleave(6 // g, dim=0).flatten(0, 1)
    full.load_state_dict(state)
    x = torch.randn(B, T, 12, dtype=torch.float64)
    assert torch.allclose(grouped(x, Sight(causal=True)), full(x, Sight(causal=True)), atol=1e-12)


@pytest.mark.parametrize("autocast", [False, True])
def test_training_in_16_bits_on_a_cpu_computes_in_float32(monkeypatch, autocast):
    """The numbers are those of float32, rounded once; without gradients the kernel stays in 16 bits."""
    used, kernel = [], torch.nn.functional.scaled_dot_product_attention
    monkeypatch.setattr(
        torch.nn.functional,
        "scaled_dot_product_attention",
        lambda q, *a, **k: used.append(q.dtype) or kernel(q, *a, **k),
    )
    halves = [x.bfloat16().requires_grad_() for x in qkv(g=2, t=S)]
    wides = [x.detach().float().requires_grad_() for x in halves]
    bias = torch.randn(6, S, S, generator=torch.Generator().manual_seed(2))
    expected = fused(*wides, bias=bias, causal=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        mixed = fused(*halves, bias=bias, causal=True)
        fused(*(x.detach() for x in halves), causal=True)
    assert mixed.dtype == torch.bfloat16
    assert torch.equal(mixed, expected.bfloat16())
    assert used == [torch.float32, torch.float32, torch.bfloat16]
    weight = torch.randn(mixed.shape, generator=torch.Generator().manual_seed(3)).bfloat16()
    mixed.backward(weight)
    expected.backward(weight.float())
    for half, wide in zip(halves, wides, strict=True):
        assert torch.equal(half.grad, wide.grad.bfloat16())


def test_rotation_is_applied_to_new_queries_and_keys_once():
    attention = with_random_biases(Attention(12, 3))
    x = torch.randn(B, T, 12, dtype=torch.float64)
    turned = Attention(12, 3).double()
    turned.load_state_dict({k: -v if k[0] in "qk" else v for k, v in attention.state_dict().items()})
    doubled = attention(x, Sight(rotate=lambda q: 2 * q))
    by_hand = attention(x, Sight())  # (2q)·(2k) = 4 q·k
    assert not torch.allclose(doubled, by_hand)
    attention.scale = 4 * 4**-0.5
    assert torch.allclose(doubled, attention(x), atol=1e-12)
    cache = KVCache()
    attention(x, Sight(rotate=lambda q: q + 1), cache)
    assert torch.allclose(cache.keys, (attention.k_proj(x).unflatten(-1, (3, 4)).transpose(1, 2) + 1))


def test_weights_are_a_distribution_over_what_is_seen():
    q, k, v = qkv(g=2)
    mask = masks.window(T, S, width=3)
    weights = attention_weights(q, k, mask, causal=True)
    assert torch.allclose(weights.sum(-1), torch.ones(B, 6, T, dtype=torch.float64))
    assert ((weights > 0) == (mask & masks.causal(T, S))).all()
    expected = weights @ v.repeat_interleave(3, dim=1)
    assert torch.allclose(scaled_dot_product(q, k, v, mask, causal=True), expected, atol=1e-14)


def test_a_memory_is_read_once():
    """The second call finds keys and values in the cache, whatever memory it is given; none is added."""
    attention, cache = with_random_biases(Attention(12, 3)), KVCache()
    x, memory = torch.randn(B, T, 12, dtype=torch.float64), torch.randn(B, S, 12, dtype=torch.float64)
    first = attention(x, cache=cache, memory=memory)
    assert torch.allclose(first, attention(x, memory=memory), atol=1e-14)
    for _ in range(2):
        again = attention(x[:, 1:], cache=cache, memory=torch.zeros_like(memory))
        assert torch.allclose(again, first[:, 1:], atol=1e-14)
    assert len(cache) == S


def test_widths_biases_and_keys():
    attention = Attention(12, 6, n_kv_heads=2, head_dim=5, bias=True, out_bias=False)
    assert {k: tuple(v.shape) for k, v in attention.state_dict().items()} == {
        "q_proj.weight": (30, 12), "q_proj.bias": (30,), "k_proj.weight": (10, 12), "k_proj.bias": (10,),
        "v_proj.weight": (10, 12), "v_proj.bias": (10,), "o_proj.weight": (12, 30),
    }  # fmt: skip
    assert list(Attention(12, 6, bias=False).state_dict()) == [f"{n}_proj.weight" for n in "qkvo"]


def test_bad_sizes_are_explained():
    with pytest.raises(
        ValueError, match=r"d_model \(48\) must be a multiple of n_heads \(5\); use n_heads in \[3, 4, 6\]"
    ):
        Attention(48, 5)
    with pytest.raises(ValueError, match=r"n_heads \(6\) must be a multiple of n_kv_heads \(4\)"):
        Attention(48, 6, n_kv_heads=4)
    with pytest.raises(ValueError, match="n_heads must be at least 1; got 0"):
        Attention(48, 0)
    with pytest.raises(ValueError, match="n_kv_heads must be at least 1; got 0"):
        Attention(48, 6, n_kv_heads=0)
