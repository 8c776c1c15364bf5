"""Position schemes against transformers, over more places than any threshold."""

import pytest
import torch

from llm101.nn.positions import ALiBi, T5Bias, alibi_slopes, t5_bucket
from llm101.nn.rotary import Rotary, ntk_base

transformers = pytest.importorskip("transformers")


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize(("n_buckets", "max_distance"), [(32, 128), (32, 100), (16, 20), (6, 1000)])
def test_t5_buckets(both_ways, n_buckets, max_distance):
    from transformers.models.t5.modeling_t5 import T5Attention

    distance = torch.arange(-1500, 1501)
    expected = T5Attention._relative_position_bucket(
        -distance, bidirectional=both_ways, num_buckets=n_buckets, max_distance=max_distance
    )
    got = t5_bucket(distance, n_buckets=n_buckets, max_distance=max_distance, both_ways=both_ways)
    assert torch.equal(got, expected)
    assert (int(got.min()), int(got.max())) == (0, n_buckets - 1)


def test_t5_bias_goes_to_the_right_score():
    from transformers.models.t5.modeling_t5 import T5Attention

    for both_ways in (False, True):
        config = transformers.T5Config(d_model=6, d_kv=2, num_heads=3, is_decoder=not both_ways)
        theirs = T5Attention(config, has_relative_attention_bias=True)
        ours = T5Bias(3, both_ways=both_ways)
        ours.load_state_dict({"weight": theirs.relative_attention_bias.weight.detach()})
        places = torch.arange(211)
        torch.testing.assert_close(ours.bias(places[60:], places), theirs.compute_bias(211, 211)[0, :, 60:])


@pytest.mark.parametrize("n_heads", [1, 2, 3, 5, 8, 11, 16, 31, 71, 112])
def test_alibi(n_heads):
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor

    keep = torch.ones(1, 31, dtype=torch.int64)
    theirs = build_alibi_tensor(keep, n_heads, torch.float32)  # (heads 1 s): slope · place of the key
    places = torch.arange(31)
    ours = ALiBi(n_heads).bias(places, places)
    seen = places[:, None] >= places
    shifted = theirs - theirs.transpose(1, 2)  # each row less its value on the diagonal, as softmax allows
    torch.testing.assert_close(ours[:, seen], shifted[:, seen], atol=2e-6, rtol=2e-6)
    torch.testing.assert_close(torch.tensor(alibi_slopes(n_heads)), theirs[:, 0, 1], atol=1e-7, rtol=1e-6)


def their_rotation(x, places, **rope):
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    config = transformers.LlamaConfig(
        hidden_size=5 * x.shape[-1], num_attention_heads=5, max_position_embeddings=100,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"} | rope)  # fmt: skip
    cos, sin = LlamaRotaryEmbedding(config)(x, places[None])
    return apply_rotary_pos_emb(x, x, cos, sin)[0]


@pytest.mark.parametrize("k", [2, 6, 64])
@pytest.mark.parametrize(
    ("rope", "ours"),
    [({}, {}), ({"rope_theta": 500.0}, {"base": 500.0}), ({"rope_type": "linear", "factor": 2.5}, {"scale": 2.5})],
)
def test_rotary_halves(wide, k, rope, ours):
    x, places = torch.randn(2, 5, 300, k, dtype=torch.float64), torch.arange(300)
    expected = their_rotation(x, places, **rope)
    torch.testing.assert_close(Rotary(k, **ours).rotate(x, places), expected, atol=1e-10, rtol=0)


@pytest.mark.parametrize("k", [6, 64])
def test_ntk_aware_base(wide, k):
    """Theirs grows with the length: for 300 of 100 trained tokens and a factor of 2 it is ours with 2 · 3 - 1."""
    x, places = torch.randn(2, 5, 300, k, dtype=torch.float64), torch.arange(300)
    expected = their_rotation(x, places, rope_type="dynamic", factor=2.0)  # which takes the length in float32
    ours = Rotary(k, base=ntk_base(10000.0, 5.0, k)).rotate(x, places)
    torch.testing.assert_close(ours, expected, atol=2e-6, rtol=0)
    assert not torch.allclose(Rotary(k).rotate(x, places), expected, atol=0.1)


def test_rotary_in_float32_and_half_precision():
    x, places = torch.randn(2, 5, 300, 64), torch.arange(300)
    torch.testing.assert_close(Rotary(64).rotate(x, places), their_rotation(x, places), atol=1e-6, rtol=0)
    half = Rotary(64).rotate(x.bfloat16(), places)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), Rotary(64).rotate(x, places), atol=0.05, rtol=0.02)


def test_rotary_interleaved_on_part_of_the_channels():
    from transformers.models.glm.modeling_glm import GlmRotaryEmbedding, apply_rotary_pos_emb

    x, places = torch.randn(2, 5, 300, 24), torch.arange(300)
    config = transformers.GlmConfig(hidden_size=120, num_attention_heads=5, head_dim=24)
    cos, sin = GlmRotaryEmbedding(config)(x, places[None])
    expected = apply_rotary_pos_emb(x, x, cos, sin)[0]
    torch.testing.assert_close(Rotary(12, interleaved=True).rotate(x, places), expected, atol=1e-5, rtol=0)
    assert torch.equal(Rotary(12, interleaved=True).rotate(x, places)[..., 12:], x[..., 12:])
