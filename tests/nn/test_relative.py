"""Shaw's and Transformer-XL's attention against loops over every score, as their equations have it."""

import math

import pytest
import torch

from llm101.nn.absolute import sinusoids
from llm101.nn.attention import Attention, scaled_dot_product
from llm101.nn.relative import ShawRelative, XLRelative, relative_shift

B, H, K, D = 2, 3, 4, 12
SHAPES = pytest.mark.parametrize(("t", "s"), [(5, 5), (3, 7), (1, 7), (1, 1)])


def qkv(t, s, g=H):
    source = torch.Generator().manual_seed(t + s)
    shapes = [(B, H, t, K), (B, g, s, K), (B, g, s, K)]
    return [torch.randn(shape, dtype=torch.float64, generator=source) for shape in shapes]


def randomized(module):
    source = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_(generator=source)
    return module.double()


@torch.no_grad()
def loop(q, k, v, score, extra_value, *, causal):
    """score(n, h, i, j) of the query at i and the key at j, counted from the first key."""
    t, s = q.shape[2], k.shape[2]
    out = torch.zeros_like(q)
    for n in range(B):
        for h in range(H):
            for i in range(t):
                at = s - t + i
                seen = [j for j in range(s) if j <= at or not causal]
                scores = [float(score(n, h, i, j)) for j in seen]
                powers = [math.exp(x - max(scores)) for x in scores]
                for j, power in zip(seen, powers, strict=True):
                    out[n, h, i] += power / sum(powers) * (v[n, h, j] + extra_value(at, j))
    return out


@SHAPES
@pytest.mark.parametrize("causal", [True, False])
def test_shaw_equals_equations_3_and_4(t, s, causal):
    shaw, (q, k, v) = randomized(ShawRelative(K, max_distance=2)), qkv(t, s)

    def at(table, i, j):
        return table[min(max(j - i, -2), 2) + 2]

    expected = loop(
        q, k, v, lambda n, h, i, j: q[n, h, i] @ (k[n, h, j] + at(shaw.keys, s - t + i, j)) * 0.3,
        lambda i, j: at(shaw.values, i, j), causal=causal,
    )  # fmt: skip
    torch.testing.assert_close(shaw(q, k, v, causal=causal, scale=0.3), expected, atol=1e-10, rtol=0)


@SHAPES
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("attend", [None, scaled_dot_product])
def test_transformer_xl_equals_its_four_terms(t, s, causal, attend):
    xl = randomized(XLRelative(D, H, **({"attend": attend} if attend else {})))
    q, k, v = qkv(t, s)

    def score(n, h, i, j):
        r = (xl.r_proj.weight @ sinusoids(torch.tensor(s - t + i - j), D)).view(H, K)[h]
        content, place = q[n, h, i] @ k[n, h, j], q[n, h, i] @ r  # (a) and (b)
        return (content + place + xl.u[h] @ k[n, h, j] + xl.v[h] @ r) * K**-0.5  # and (c) and (d)

    expected = loop(q, k, v, score, lambda i, j: 0.0, causal=causal)
    torch.testing.assert_close(xl(q, k, v, causal=causal), expected, atol=1e-10, rtol=0)


@SHAPES
def test_relative_shift_equals_the_naive_loop(t, s):
    scores = torch.randn(B, H, t, s + t - 1)
    got = relative_shift(scores, s)
    assert got.shape == (B, H, t, s)
    for i in range(t):
        for j in range(s):
            distance = s - t + i - j
            assert torch.equal(got[:, :, i, j], scores[:, :, i, s - 1 - distance])


@pytest.mark.parametrize("make", [lambda: ShawRelative(K, max_distance=2), lambda: XLRelative(D, H, head_dim=K)])
def test_shared_key_heads(make):
    kernel, (q, k, v) = randomized(make()), qkv(5, 5, g=1)
    expected = kernel(q, k.expand(-1, H, -1, -1), v.expand(-1, H, -1, -1), causal=True)
    torch.testing.assert_close(kernel(q, k, v, causal=True), expected, atol=1e-12, rtol=0)


def test_their_weights_belong_to_the_attention():
    shaw = Attention(D, H, attend=ShawRelative(K, max_distance=2))
    sizes = {name: tuple(weight.shape) for name, weight in shaw.state_dict().items() if "attend" in name}
    assert sizes == {"attend.keys": (5, K), "attend.values": (5, K)}
    xl = Attention(D, H, attend=XLRelative(D, H))
    sizes = {name: tuple(weight.shape) for name, weight in xl.state_dict().items() if "attend" in name}
    assert sizes == {"attend.u": (H, K), "attend.v": (H, K), "attend.r_proj.weight": (D, D)}  # one more d² a layer


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match="ShawRelative: max_distance must be at least 0; got -1"):
        ShawRelative(K, max_distance=-1)
    with pytest.raises(ValueError, match=r"XLRelative: d_model must be even.*got 15"):
        XLRelative(15, 3)
