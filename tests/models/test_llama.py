"""LLaMA's own choices: sizes, starting weights, names. Its numbers are checked in tests/parity."""

import pytest
import torch

from llm101.models import LlamaConfig, llama
from llm101.models.llama import LLAMA2_7B, LLAMA2_13B, LLAMA2_70B, LLAMA_7B, LLAMA_13B, LLAMA_33B, LLAMA_65B
from llm101.models.sizes import published

TINY = LlamaConfig(vocab_size=101, d_model=60, n_layers=3, n_heads=15, n_kv_heads=5, d_ff=97)


@pytest.mark.parametrize(
    ("config", "name"),
    [(LLAMA_7B, "LLaMA-7B"), (LLAMA_13B, "LLaMA-13B"), (LLAMA_33B, "LLaMA-33B"), (LLAMA_65B, "LLaMA-65B"),
     (LLAMA2_7B, "LLaMA-7B"), (LLAMA2_13B, "LLaMA-13B"), (LLAMA2_70B, "LLaMA-2-70B")],
)  # fmt: skip
def test_parameters_equal_the_published_counts(config, name):
    with torch.device("meta"):
        model = llama(config)
    assert sum(weight.numel() for weight in model.parameters()) == published(name).counted


def test_widths_of_the_gated_mlp():
    with torch.device("meta"):
        widths = [llama(c).stack.blocks[0].ffn.up.out_features for c in (LLAMA_7B, LLAMA_13B, LLAMA_33B, LLAMA_65B)]
    assert widths == [11008, 13824, 17920, 22016]


def test_names_of_the_weights():
    block = [f"{name}.weight" for name in ("attention_norm", *(f"attention.{n}_proj" for n in "qkvo"), "ffn_norm",
                                           "ffn.gate", "ffn.up", "ffn.down")]  # fmt: skip
    expected = ["embed.tokens.weight", *(f"stack.blocks.{i}.{name}" for i in range(3) for name in block)]
    assert list(llama(TINY).state_dict()) == [*expected, "stack.norm.weight", "head.weight"]


def test_the_head_is_its_own_and_there_is_no_last_place():
    model, ids = llama(TINY), torch.tensor([[1, 2, 3]])
    hidden = model.stack(model.embed(ids))
    assert torch.allclose(model(ids), hidden @ model.head.weight.T, atol=1e-6)
    assert model.max_len is None
    assert [len(cache) for cache in model.new_caches()] == [0] * 3


@pytest.mark.parametrize("std", [0.02, 0.08])
def test_starting_weights(std):
    config = LlamaConfig(**vars(TINY) | {"init_std": std})
    one, two = (llama(config, generator=torch.Generator().manual_seed(3)).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    for name, weight in one.items():
        if weight.ndim == 2:
            assert weight.std().item() == pytest.approx(std, rel=0.08), name
        else:
            assert torch.equal(weight, torch.ones(60)), name


def test_rope_settings_reach_the_stack():
    position = llama(LlamaConfig(**vars(TINY) | {"rope_base": 77.0, "rope_scale": 2.0})).stack.position
    assert (position.n_channels, position.base, position.scale, position.interleaved) == (4, 77.0, 2.0, False)


def test_bad_sizes_are_explained():
    with pytest.raises(ValueError, match=r"d_model \(60\) must be a multiple of n_heads \(7\)"):
        llama(LlamaConfig(d_model=60, n_heads=7))
    with pytest.raises(ValueError, match=r"Rotary: n_channels must be even.*got 3"):
        llama(LlamaConfig(d_model=60, n_heads=20))
    with pytest.raises(ValueError, match=r"n_heads \(15\) must be a multiple of n_kv_heads \(4\)"):
        llama(LlamaConfig(d_model=60, n_heads=15, n_kv_heads=4))
