import math

import numpy as np
import pytest
import torch
from torch import nn

from llm101.corpora.grammar import END
from llm101.lm.network import PAD, NetworkLM, evaluating, next_token_nats, vocabulary
from llm101.lm.neural import BengioMLP
from llm101.lm.ngram import Counts
from llm101.lm.smoothing import AddK

TEXT = [["so", "it", "goes"], ["it"], [], ["so", "so", "so", "it", "goes", "so"]]


class Bigram(nn.Module):
    """A network that is a table: logits that depend on the last word alone."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, ids):
        return self.logits[ids]


@pytest.fixture
def counts():
    return Counts(TEXT, order=2)


@pytest.fixture
def twins(counts):
    """The same language model twice: as a table of counts, and as a network."""
    table = AddK(counts, k=0.5)
    logits = torch.stack(
        [torch.tensor(np.log(table.distribution([word] if word != END else []))) for word in counts.vocab]
    )
    return table, NetworkLM(Bigram(logits), counts.vocab)


def test_bits_are_those_of_the_n_gram_protocol(twins):
    table, network = twins
    assert network.bits(TEXT) == pytest.approx(table.bits(TEXT), abs=1e-12)
    assert network.bits(TEXT, batch_size=3) == pytest.approx(table.bits(TEXT), abs=1e-12)
    assert network.perplexity(TEXT) == pytest.approx(table.perplexity(TEXT), abs=1e-10)


@pytest.mark.parametrize("context", [[], ["so"], ["so", "it"]])
def test_distributions_are_too(twins, context):
    table, network = twins
    assert network.distribution(context) == pytest.approx(table.distribution(context), abs=1e-12)
    assert network.distribution(context).sum() == pytest.approx(1)
    assert network.probability("goes", context) == pytest.approx(table.probability("goes", context))


def test_bits_are_the_chain_of_distributions():
    torch.manual_seed(0)
    model = NetworkLM(BengioMLP(4, n_context=3, d_model=5, d_hidden=7).double(), vocabulary(TEXT))
    bits, n = 0.0, 0
    for sentence in TEXT:
        for i, word in enumerate([*sentence, END]):
            bits -= math.log2(model.distribution(sentence[:i])[model.index[word]])
            n += 1
    assert n == model.count(model.rows(TEXT)) == 14
    assert model.bits(TEXT) == pytest.approx(bits / n, abs=1e-10)


def test_rows_and_vocabulary(counts):
    model = NetworkLM(nn.Identity(), counts.vocab)
    assert vocabulary(TEXT) == counts.vocab == ["goes", "it", "so", END]
    assert model.rows([["it"], ["so", "goes"]]).tolist() == [[3, 1, 3, PAD], [3, 2, 0, 3]]


def test_padding_costs_nothing():
    logits = torch.randn(2, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[1, 4, PAD], [2, PAD, PAD]])
    p = logits.softmax(-1)
    expected = -(p[0, 0, 1].log() + p[0, 1, 4].log() + p[1, 0, 2].log())
    assert next_token_nats(logits, targets) == pytest.approx(expected.item(), abs=1e-12)


def test_dropout_is_off_while_measuring():
    network = nn.Sequential(nn.Embedding(4, 6), nn.Dropout(0.5), nn.Linear(6, 4))
    model = NetworkLM(network, vocabulary(TEXT))
    assert model.bits(TEXT) == model.bits(TEXT)
    assert network.training
    network.eval()
    with evaluating(network):
        pass
    assert not network.training


def test_wrong_arguments(counts):
    with pytest.raises(ValueError, match=r"got 2 words, 2 of them distinct, the last \['b'\]"):
        NetworkLM(nn.Identity(), ["a", "b"])
    with pytest.raises(ValueError, match=r"got 3 words, 2 of them distinct"):
        NetworkLM(nn.Identity(), ["a", "a", END])
    model = NetworkLM(nn.Identity(), counts.vocab)
    with pytest.raises(ValueError, match=r"one of the 4 in the vocabulary; got 'gose'. Did you mean 'goes'\?"):
        model.bits([["gose"]])
    with pytest.raises(ValueError, match=r"at least one sentence; got 0"):
        model.rows([])
    with pytest.raises(TypeError, match=r"got the string 'so it'. Use 'so it'.split\(\)"):
        model.rows(["so it"])
    with pytest.raises(ValueError, match=r"comes without '<end>'"):
        vocabulary([["so", END]])
    with pytest.raises(ValueError, match=r"batch_size must be at least 1; got 0"):
        model.bits(TEXT, batch_size=0)
