"""GPT-2's own choices: sizes, starting weights, names, tying. Its numbers are checked in tests/parity."""

import math

import pytest
import torch

from llm101.models import GPT2Config, counts, gpt2
from llm101.models.gpt2 import GPT2_LARGE, GPT2_MEDIUM, GPT2_SMALL, GPT2_XL

TINY = GPT2Config(vocab_size=101, max_len=37, d_model=60, n_layers=3, n_heads=5)


@pytest.mark.parametrize("config", [TINY, GPT2_SMALL, GPT2_MEDIUM, GPT2_LARGE, GPT2_XL])
def test_parameters_equal_the_closed_form(config):
    with torch.device("meta"):
        model = gpt2(config)
    c = config
    expected = counts.gpt(n_layers=c.n_layers, d_model=c.d_model, vocab_size=c.vocab_size, max_len=c.max_len)
    assert sum(w.numel() for w in model.parameters()) == expected


def test_names_of_the_weights():
    block = [f"attention_norm.{k}" for k in ("weight", "bias")]
    block += [f"attention.{n}_proj.{k}" for n in "qkvo" for k in ("weight", "bias")]
    block += [f"{n}.{k}" for n in ("ffn_norm", "ffn.up", "ffn.down") for k in ("weight", "bias")]
    expected = ["embed.tokens.weight", "embed.positions.weight"]
    expected += [f"stack.blocks.{i}.{name}" for i in range(3) for name in block]
    assert list(gpt2(TINY).state_dict()) == [*expected, "stack.norm.weight", "stack.norm.bias"]


def test_the_head_is_the_embedding():
    model, ids = gpt2(TINY), torch.tensor([[1, 2, 3]])
    hidden = model.stack(model.embed(ids))
    assert torch.allclose(model(ids), hidden @ model.embed.tokens.weight.T, atol=1e-6)
    model(ids)[0, 0, 100].backward()  # token 100 was not read, only scored
    assert model.embed.tokens.weight.grad[100].abs().sum() > 0


@pytest.mark.parametrize("std", [0.02, 0.08])
def test_starting_weights(std):
    model = gpt2(GPT2Config(**{**vars(TINY), "init_std": std}), generator=torch.Generator().manual_seed(0))
    state = model.state_dict()
    for name in ("embed.tokens", "embed.positions", "stack.blocks.1.ffn.up", "stack.blocks.2.attention.q_proj"):
        assert state[f"{name}.weight"].std().item() == pytest.approx(std, rel=0.06)
    for name in ("attention.o_proj", "ffn.down"):
        small = state[f"stack.blocks.1.{name}.weight"].std().item()
        assert small == pytest.approx(std / math.sqrt(2 * 3), rel=0.06)


def test_a_generator_makes_it_repeatable():
    one, two = (gpt2(TINY, generator=torch.Generator().manual_seed(3)).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_dropout_in_training_only():
    model, ids = gpt2(GPT2Config(**{**vars(TINY), "dropout": 0.5})), torch.tensor([[1, 2, 3]])
    places = [model.embed.dropout, *(block.dropout for block in model.stack.blocks)]
    for only in places:  # each of them alone already changes the result
        for dropout in places:
            dropout.p = 0.5 if dropout is only else 0.0
        assert not torch.equal(model(ids), model(ids))
    model.eval()
    assert torch.equal(model(ids), model(ids))


def test_dropout_is_where_the_config_says():
    model = gpt2(GPT2Config(**{**vars(TINY), "dropout": 0.3}))
    assert [model.embed.dropout.p, *(block.dropout.p for block in model.stack.blocks)] == [0.3] * 4


def test_it_learns_to_repeat():
    """Sixteen random tokens, twice: the second half becomes predictable only through attention."""
    torch.manual_seed(0)
    model = gpt2(GPT2Config(vocab_size=13, max_len=16, d_model=32, n_layers=2, n_heads=2, init_std=0.11))
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3)
    for _ in range(150):
        half = torch.randint(13, (64, 8))
        ids = torch.cat([half, half], dim=1)
        losses = torch.nn.functional.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:], reduction="none")
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()
    assert losses[:, :7].mean() > 0.97 * math.log(13)
    assert losses[:, 8:].mean() < 0.1


def test_bad_sizes_are_explained():
    with pytest.raises(
        ValueError, match=r"d_model \(60\) must be a multiple of n_heads \(7\); use n_heads in \[4, 5, 6\]"
    ):
        gpt2(GPT2Config(d_model=60, n_heads=7))
