"""Starting weights have the spread that was asked for, everywhere."""

import math

import pytest
import torch
from torch.nn import functional as F

from llm101.nn.absolute import SpanPositions
from llm101.nn.attention import Attention
from llm101.nn.blocks import PreNormBlock, Stack
from llm101.nn.embed import Embedder, LearnedPositions
from llm101.nn.ffn import MLP, GatedMLP
from llm101.nn.init import deepnorm_init, fans, glorot_, gpt2_init, he_, normal_init, transformer_init
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


@pytest.mark.parametrize("shape", [(7, 3), (5, 3, 2, 11)])
@pytest.mark.parametrize("uniform", [False, True])
def test_glorot_and_he_equal_torch_draw_for_draw(shape, uniform):
    kind = "uniform_" if uniform else "normal_"
    draws = [torch.empty(shape, dtype=torch.float64) for _ in range(4)]
    sources = [torch.Generator().manual_seed(2) for _ in range(4)]
    glorot_(draws[0], gain=1.7, uniform=uniform, generator=sources[0])
    getattr(torch.nn.init, f"xavier_{kind}")(draws[1], gain=1.7, generator=sources[1])
    he_(draws[2], uniform=uniform, generator=sources[2])
    getattr(torch.nn.init, f"kaiming_{kind}")(draws[3], nonlinearity="relu", generator=sources[3])
    torch.testing.assert_close(draws[0], draws[1], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(draws[2], draws[3], rtol=1e-12, atol=1e-12)


def test_variances_are_those_of_the_formulas():
    weight = torch.empty(211, 503)
    assert glorot_(weight, generator=torch.Generator().manual_seed(0)) is weight
    assert weight.var().item() == pytest.approx(2 / (211 + 503), rel=0.03)
    assert he_(weight, generator=torch.Generator().manual_seed(0)).var().item() == pytest.approx(2 / 503, rel=0.03)
    assert he_(weight, gain=1, uniform=True).var().item() == pytest.approx(1 / 503, rel=0.03)
    assert fans(torch.empty(5, 3, 2, 11)) == (66, 110)
    parameter = torch.nn.Parameter(torch.empty(2, 3))
    assert he_(parameter).requires_grad


def test_he_keeps_the_mean_square_through_thirty_relu_layers_and_glorot_halves_it():
    kept = {}
    for fill, name in ((he_, "he"), (glorot_, "glorot")):
        source = torch.Generator().manual_seed(0)
        x = torch.randn(101, 307, generator=source, dtype=torch.float64)
        for _ in range(30):
            x = F.relu(x @ fill(torch.empty(307, 307, dtype=torch.float64), generator=source).T)
        kept[name] = x.square().mean().item()
    assert 0.1 < kept["he"] < 3
    assert kept["glorot"] / kept["he"] == pytest.approx(2**-30, rel=1e-6)  # the same draws, each layer 1/√2 of it


def test_bad_weights_and_gains_are_explained():
    with pytest.raises(ValueError, match="fans: weight must have at least 2 axes; got 1"):
        he_(torch.zeros(3))
    with pytest.raises(ValueError, match=r"glorot_: gain must be a finite number in \[0, inf\]; got -1"):
        glorot_(torch.zeros(3, 2), gain=-1)
    with pytest.raises(ValueError, match=r"he_: gain must be a finite number in \[0, inf\]; got -1"):
        he_(torch.zeros(3, 2), gain=-1)


def model():
    embed = Embedder(211, 96, positions=SpanPositions(31, 96), n_segments=2)
    return torch.nn.ModuleDict({"embed": embed, "stack": stack(GatedMLP)})


def test_normal_init_makes_no_difference_between_matrices():
    made = model()
    normal_init(made, std=0.05, generator=torch.Generator().manual_seed(0))
    for name, weight in made.named_parameters():
        if weight.ndim == 2 and weight.numel() > 1000:
            assert weight.std().item() == pytest.approx(0.05, rel=0.05), name
    with pytest.raises(ValueError, match=r"normal_init: std must be a finite number in \[0, inf\]; got -1"):
        normal_init(made, std=-1)


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_transformer_and_deepnorm_init(beta):
    """Glorot's uniform bound for matrices, 1/sqrt(d) for tables; DeepNorm shrinks all but queries and keys."""
    made, plain = model(), model()
    deepnorm_init(made, beta=beta, generator=torch.Generator().manual_seed(0))
    transformer_init(plain, generator=torch.Generator().manual_seed(0))
    for (name, weight), same in zip(made.named_parameters(), plain.parameters(), strict=True):
        if name.startswith("embed") and weight.numel() > 1000:
            assert weight.std().item() == pytest.approx(96**-0.5, rel=0.05), name
        elif weight.ndim == 2 and weight.numel() > 1000:
            gain = 1.0 if "q_proj" in name or "k_proj" in name else beta
            bound = gain * math.sqrt(6 / sum(weight.shape))
            assert 0.98 * bound < weight.abs().max().item() <= bound, name
            assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05), name
            torch.testing.assert_close(weight, gain * same)
        elif weight.ndim == 1:
            assert torch.equal(weight, torch.full_like(weight, float(name.endswith("norm.weight")))), name
    with pytest.raises(ValueError, match=r"deepnorm_init: beta must be a finite number in \[0, inf\]; got -1"):
        deepnorm_init(made, beta=-1)


def test_every_initialisation_is_decided_by_its_generator():
    for fill in (normal_init, transformer_init, lambda m, **kw: deepnorm_init(m, beta=0.5, **kw)):
        made = []
        for seed in (0, 0, 1):
            made.append(model())
            fill(made[-1], generator=torch.Generator().manual_seed(seed))
        first, same, other = (torch.cat([w.flatten() for w in m.parameters() if w.ndim > 1]) for m in made)
        assert torch.equal(first, same)
        assert (first != other).all()
