"""The Transformer of 2017 against torch.nn.Transformer: the same weights, outputs and gradients."""

import math

import pytest
import torch
from torch import nn

from llm101.models import TransformerConfig, transformer
from llm101.nn import masks
from llm101.nn.attention import Attention, Sight, scaled_dot_product
from llm101.nn.cross import PostNormDecoderBlock, PreNormDecoderBlock
from llm101.nn.ffn import MLP
from llm101.nn.flash import flash
from llm101.nn.norms import LayerNorm

B, N, T, V, D, H, FF, L = 2, 13, 11, 29, 30, 5, 53, 3


def small(**changes):
    sizes = {"vocab_size": V, "d_model": D, "n_layers": L, "n_heads": H, "d_ff": FF, "dropout": 0.0}
    return transformer(TransformerConfig(**sizes | changes))


def attention_names(ours, theirs):
    """Their packed matrix is ours on top of each other; ours has no biases, theirs are set to 0."""
    parts = {f"{ours}.{n}_proj.weight": (f"{theirs}.in_proj_weight", at) for at, n in enumerate("qkv")}
    return parts | {f"{ours}.o_proj.weight": (f"{theirs}.out_proj.weight", None)}


def names():
    found = {}
    for side, cross in (("encoder", []), ("decoder", ["cross"])):
        for i in range(L):
            ours, theirs = f"{side}.blocks.{i}", f"{side}.layers.{i}"
            found |= attention_names(f"{ours}.attention", f"{theirs}.self_attn")
            for name in cross:
                found |= attention_names(f"{ours}.{name}", f"{theirs}.multihead_attn")
            norms = ["attention_norm", *(f"{name}_norm" for name in cross), "ffn_norm"]
            pairs = {norm: f"norm{at}" for at, norm in enumerate(norms, start=1)}
            for our, their in (pairs | {"ffn.up": "linear1", "ffn.down": "linear2"}).items():
                for kind in ("weight", "bias"):
                    found[f"{ours}.{our}.{kind}"] = f"{theirs}.{their}.{kind}", None
    return found


def part(weight, at):
    return weight if at is None else weight.chunk(3)[at]


@pytest.fixture
def pair(random_weights):
    """Ours and torch's with ours' weights, which are random everywhere."""
    ours = random_weights(small())
    layer = nn.TransformerEncoderLayer(D, H, FF, 0.0, layer_norm_eps=1e-6, batch_first=True)
    encoder = nn.TransformerEncoder(layer, L, enable_nested_tensor=False)
    sizes = {"num_decoder_layers": L, "dim_feedforward": FF, "dropout": 0.0, "layer_norm_eps": 1e-6}
    twin = nn.Transformer(D, H, custom_encoder=encoder, batch_first=True, **sizes).double()
    twin.decoder.norm = None  # torch adds a last norm that the paper does not have
    with torch.no_grad():
        for name, weight in ours.named_parameters():
            weight += name.endswith("norm.weight")  # gains around 1, or six post-norms in a row leave no gradient
        for weight in twin.parameters():
            weight.zero_()
        for our, (their, at) in names().items():
            part(twin.get_parameter(their), at).copy_(ours.get_parameter(our))
    return ours, twin.train()


def torch_logits(ours, twin, source, target, source_mask, target_mask):
    def embed(ids):
        places = torch.arange(ids.shape[1])[:, None]
        angles = places * 10000.0 ** -(torch.arange(0, D, 2).double() / D)
        waves = torch.zeros(ids.shape[1], D, dtype=torch.float64)
        waves[:, 0::2], waves[:, 1::2] = angles.sin(), angles.cos()
        return ours.embed.tokens.weight[ids] * math.sqrt(D) + waves

    out = twin(embed(source), embed(target), tgt_mask=~masks.causal(T), src_key_padding_mask=~source_mask,
               memory_key_padding_mask=~source_mask, tgt_key_padding_mask=~target_mask)  # fmt: skip
    return out @ ours.embed.tokens.weight.T


def batch():
    source = torch.randint(V, (B, N), generator=torch.Generator().manual_seed(1))
    target = torch.randint(V, (B, T), generator=torch.Generator().manual_seed(2))
    source_mask, target_mask = torch.ones(B, N, dtype=torch.bool), torch.ones(B, T, dtype=torch.bool)
    source_mask[1, -4:], target_mask[1, -3:] = False, False
    return source, target, source_mask, target_mask


@pytest.mark.parametrize("attend", [None, scaled_dot_product, flash])
def test_same_logits_and_gradients(pair, attend):
    ours, twin = pair
    for module in ours.modules():
        if attend and isinstance(module, Attention):
            module.attend = attend
    source, target, source_mask, target_mask = batch()
    expected = torch_logits(ours, twin, source, target, source_mask, target_mask)[target_mask]
    table, expected_table = ours.embed.tokens.weight, None
    expected.sin().sum().backward()
    expected_table, table.grad = table.grad, None
    logits = ours(source, target, source_mask=source_mask, target_mask=target_mask)[target_mask]
    torch.testing.assert_close(logits, expected, atol=1e-10, rtol=0)
    logits.sin().sum().backward()
    torch.testing.assert_close(table.grad, expected_table, atol=1e-9, rtol=1e-9)
    assert set(names()) | {"embed.tokens.weight"} == {name for name, _ in ours.named_parameters()}
    for our, (their, at) in names().items():
        gradient = ours.get_parameter(our).grad
        assert gradient.abs().max() > 1e-6, our
        torch.testing.assert_close(gradient, part(twin.get_parameter(their).grad, at), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("kind", [PreNormDecoderBlock, PostNormDecoderBlock])
def test_decoder_blocks_with_all_biases(random_weights, kind):
    norm = lambda: LayerNorm(D, eps=1e-3)  # noqa: E731
    block = random_weights(kind(Attention(D, H), Attention(D, H), MLP(D, FF, torch.relu), norm))
    first = kind is PreNormDecoderBlock
    twin = nn.TransformerDecoderLayer(D, H, FF, 0.0, layer_norm_eps=1e-3, batch_first=True, norm_first=first).double()
    state = {}
    for theirs, ours in (("self_attn", block.attention), ("multihead_attn", block.cross)):
        for kind_ in ("weight", "bias"):
            packed = [getattr(getattr(ours, f"{n}_proj"), kind_) for n in "qkv"]
            state[f"{theirs}.in_proj_{kind_}"] = torch.cat(packed)
            state[f"{theirs}.out_proj.{kind_}"] = getattr(ours.o_proj, kind_)
    pairs = {"norm1": block.attention_norm, "norm2": block.cross_norm, "norm3": block.ffn_norm,
             "linear1": block.ffn.up, "linear2": block.ffn.down}  # fmt: skip
    state |= {f"{theirs}.{k}": getattr(ours, k) for theirs, ours in pairs.items() for k in ("weight", "bias")}
    twin.load_state_dict(state)
    source = torch.Generator().manual_seed(3)
    x, memory = (torch.randn(B, n, D, dtype=torch.float64, generator=source) for n in (T, N))
    keep = batch()[2]
    expected = twin(x, memory, tgt_mask=~masks.causal(T), memory_key_padding_mask=~keep)
    got = block(x, Sight(causal=True), None, memory, Sight(masks.padding(keep)))
    torch.testing.assert_close(got, expected, atol=1e-10, rtol=0)


def test_the_tables_of_two_vocabularies(random_weights):
    """A target with a table of its own: the same logits where the two tables agree, and no other weights."""
    shared, ours = random_weights(small()), random_weights(small(target_vocab_size=17))
    state = shared.state_dict()
    ours.load_state_dict(state | {"target_embed.tokens.weight": state["embed.tokens.weight"][:17]})
    source, target, source_mask, _ = batch()
    expected = shared(source, target % 17, source_mask=source_mask)
    logits = ours(source, target % 17, source_mask=source_mask)
    assert logits.shape == (B, T, 17)
    torch.testing.assert_close(logits, expected[..., :17], atol=1e-12, rtol=0)
    with torch.no_grad():
        ours.embed.tokens.weight += 1.0
    assert not torch.allclose(ours(source, target % 17, source_mask=source_mask), logits)
