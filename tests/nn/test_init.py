"""Starting weights have the spread that was asked for, everywhere."""

import math

import pytest
import torch
from torch.nn import functional as F

from llm101.nn.attention import Attention
from llm101.nn.blocks import PreNormBlock, Stack
from llm101.nn.embed import LearnedPositions
from llm101.nn.ffn import MLP, GatedMLP
from llm101.nn.init import gpt2_init
from llm101.nn.norms import LayerNorm


def stack(ffn=MLP):
    return Stack(lambda: PreNormBlock(Attention(96, 3), ffn(96, 128, F.relu), lambda: LayerNorm(96)), 2)


@pytest.mark.parametrize("ffn", [MLP, GatedMLP])
def test_spread_of_every_weight(ffn):
    model = stack(ffn)
    gpt2_init(model, std=0.05, n_layers=8, generator=torch.Generator().manual_seed(0))
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            expected = 0.05 / 4 if "o_proj" in name or "down" in name else 0.05
            assert weight.std().item() == pytest.approx(expected, rel=0.05), name
            assert abs(weight.mean().item()) < 4 * expected / math.sqrt(weight.numel())
        else:
            assert torch.equal(weight, torch.full_like(weight, float("norm.weight" in name))), name


def test_position_tables_are_filled_and_the_generator_decides():
    tables = []
    for seed in (0, 0, 1):
        table = LearnedPositions(50, 40)
        gpt2_init(table, std=0.3, n_layers=2, generator=torch.Generator().manual_seed(seed))
        tables.append(table.weight)
    assert tables[0].std().item() == pytest.approx(0.3, rel=0.05)
    assert torch.equal(tables[0], tables[1])
    assert not torch.equal(tables[0], tables[2])


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match=r"std must be a finite number in \[0, inf\]; got -1"):
        gpt2_init(stack(), std=-1, n_layers=2)
    with pytest.raises(ValueError, match="n_layers must be at least 1; got 0"):
        gpt2_init(stack(), n_layers=0)
