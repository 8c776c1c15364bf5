import math

import pytest
import torch
from torch import nn

from llm101.corpora.grammar import END
from llm101.lm.contextual import BiLM, BiLSTM, ScalarMix, mirrored, reversed_rows
from llm101.lm.fitting import fit
from llm101.lm.network import PAD, NetworkLM, vocabulary

TEXT = [["so", "it", "goes", "on"], ["it"], ["on", "and", "on", "it", "goes"]]
D = 7


@pytest.fixture
def bilm():
    torch.manual_seed(0)
    return BiLM(BiLSTM(6, D, n_layers=2).double(), vocabulary(TEXT))


def with_torch(bilm, sentence, layers):
    """States over one sentence, read from left to right, with the formula of the paper and no batching."""
    ids = torch.tensor([[bilm.index[END], *(bilm.index[word] for word in sentence)]])
    found = [bilm.network.vectors(ids)]
    found.append(layers[0](found[0])[0])
    found.append(layers[1](found[1])[0] + found[1])
    return [states[0, 1:] for states in found]


def test_the_layers_are_both_directions_side_by_side(bilm):
    found = bilm.layers(TEXT)
    assert found.shape == (3, 3, 5, 2 * D)
    for b, sentence in enumerate(TEXT):
        ahead = with_torch(bilm, sentence, bilm.network.ahead)
        back = with_torch(bilm, sentence[::-1], bilm.network.back)
        for j in range(3):
            expected = torch.cat([ahead[j], back[j].flip(0)], dim=-1)
            assert torch.allclose(found[j, b, : len(sentence)], expected, atol=1e-12)
        assert (found[:, b, len(sentence) :] == 0).all()


def test_layer_zero_knows_the_word_only(bilm):
    found = bilm.layers([["it", "goes"], ["on", "it"]])
    assert torch.equal(found[0, 0, 0], found[0, 1, 1])
    assert not torch.allclose(found[1, 0, 0], found[1, 1, 1])


def test_each_half_looks_to_its_own_side(bilm):
    one = bilm.layers([["so", "it", "goes", "on"]])[1:, 0, 1]
    other_end = bilm.layers([["so", "it", "goes", "so"]])[1:, 0, 1]
    other_start = bilm.layers([["and", "it", "goes", "on"]])[1:, 0, 1]
    assert torch.equal(one[:, :D], other_end[:, :D])
    assert not torch.allclose(one[:, D:], other_end[:, D:])
    assert torch.equal(one[:, D:], other_start[:, D:])
    assert not torch.allclose(one[:, :D], other_start[:, :D])


def test_the_loss_is_both_language_models(bilm):
    rows = bilm.rows(TEXT)
    n_tokens = sum(len(sentence) + 1 for sentence in TEXT)
    assert bilm.count(rows) == 2 * n_tokens
    both = (bilm.bits(TEXT) + bilm.backward_bits(TEXT)) * n_tokens * math.log(2)
    assert bilm.sum(rows).item() == pytest.approx(both, abs=1e-10)


def test_bits_are_those_of_the_forward_half(bilm):
    assert bilm.bits(TEXT) == pytest.approx(NetworkLM(bilm.network, bilm.vocab).bits(TEXT), abs=1e-12)
    swapped = BiLSTM(6, D).double()
    swapped.load_state_dict(bilm.network.state_dict())
    swapped.ahead, swapped.back = swapped.back, swapped.ahead
    turned = [sentence[::-1] for sentence in TEXT]
    assert bilm.backward_bits(TEXT) == pytest.approx(NetworkLM(swapped, bilm.vocab).bits(turned), abs=1e-12)


def test_both_halves_learn():
    torch.manual_seed(1)
    bilm = BiLM(BiLSTM(6, 11), vocabulary(TEXT))
    before = bilm.bits(TEXT), bilm.backward_bits(TEXT)
    fit(bilm, TEXT, steps=60, lr=0.02, batch_size=13)
    assert bilm.bits(TEXT) < 0.4 * before[0]
    assert bilm.backward_bits(TEXT) < 0.4 * before[1]


def test_layers_carry_no_gradient(bilm):
    """Frozen: a task model on top cannot change the biLM."""
    mix = ScalarMix(3).double()
    mix(bilm.layers(TEXT)).sum().backward()
    assert mix.w.grad is not None
    assert all(p.grad is None for p in bilm.network.parameters())


def test_the_mix_is_equation_one():
    torch.manual_seed(2)
    mix, layers = ScalarMix(3).double(), torch.randn(3, 2, 5, dtype=torch.float64)
    with torch.no_grad():
        mix.w.copy_(torch.tensor([0.3, -1.0, 2.0]))
        mix.gamma.fill_(1.7)
    weights = [math.exp(x) for x in (0.3, -1.0, 2.0)]
    expected = 1.7 * sum(w / sum(weights) * layer for w, layer in zip(weights, layers, strict=True))
    assert torch.allclose(mix(layers), expected, atol=1e-12)
    assert mix.shares.sum().item() == pytest.approx(1)
    assert [name for name, _ in mix.named_parameters()] == ["w", "gamma"]


def test_it_starts_as_the_mean():
    layers = torch.randn(4, 3)
    assert torch.allclose(ScalarMix(4)(layers), layers.mean(0), atol=1e-6)


def test_mirrored_turns_each_row_in_its_own_length():
    x = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [7, 0, 0, 0]])
    assert mirrored(x, torch.tensor([4, 2, 1])).tolist() == [[4, 3, 2, 1], [6, 5, 0, 0], [7, 0, 0, 0]]
    rows = torch.tensor([[9, 1, 2, 9], [9, 3, 9, PAD]])
    assert reversed_rows(rows).tolist() == [[9, 2, 1, 9], [9, 3, 9, PAD]]
    assert torch.equal(reversed_rows(reversed_rows(rows)), rows)


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"expected 3 layers on the first axis; got \(2, 5\)"):
        ScalarMix(3)(torch.zeros(2, 5))
    with pytest.raises(ValueError, match=r"n_layers must be at least 1; got 0"):
        ScalarMix(0)
    with pytest.raises(ValueError, match=r"BiLSTM: n_layers must be at least 1; got 0"):
        BiLSTM(6, D, n_layers=0)
    assert isinstance(BiLSTM(6, D, n_layers=1), nn.Module)
