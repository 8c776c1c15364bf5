"""Contextual vectors, the idea of ELMo: the vector of a word depends on the sentence that it stands in.

    BiLM        two language models that share word vectors and softmax, one reads forwards, one backwards
    layers      for each token the word vector and the states of both, layer by layer
    ScalarMix   a learned weighted sum of the layers, for one task

Peters et al. 2018, arXiv:1802.05365. The biLM is trained on text alone, then usually frozen; a task learns the mix and
a model of its own on top (the paper also fine-tunes the biLM as a language model on the text of some tasks).
Letters: b sentences, t time, d width, l layers, v vocabulary.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from llm101.expect import integer
from llm101.lm.network import PAD, NetworkLM, evaluating, next_token_nats


class BiLSTM(nn.Module):
    """The network of a biLM: `l` LSTM layers forwards and as many backwards; from the second on with a skip connection.

    Differs from the paper: words are looked up (there: a convolution over their characters), and the LSTMs have no
    projection. As there, the two directions share word vectors and softmax and nothing else.

    Args:
        vocab_size: v.
        d_model: d, of the vectors and of each LSTM.
        n_layers: l.
    """

    def __init__(self, vocab_size: int, d_model: int, *, n_layers: int = 2):
        super().__init__()
        self.n_layers = integer("BiLSTM", "n_layers", n_layers, at_least=1)
        self.vectors = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.vectors.weight, std=0.5)
        self.ahead = nn.ModuleList(nn.LSTM(d_model, d_model, batch_first=True) for _ in range(n_layers))
        self.back = nn.ModuleList(nn.LSTM(d_model, d_model, batch_first=True) for _ in range(n_layers))
        self.out = nn.Linear(d_model, vocab_size)

    def states(self, ids: Tensor, layers: nn.ModuleList) -> list[Tensor]:
        """The word vectors and every layer's outputs over ids read from left to right: l + 1 times (b t d)."""
        found = [self.vectors(ids)]
        for i, layer in enumerate(layers):
            output = layer(found[-1])[0]
            found.append(output if i == 0 else output + found[-1])
        return found

    def forward(self, ids: Tensor) -> Tensor:
        """Logits of the next word from the forward half alone: ids (b t) -> (b t v). A language model like any other."""
        return self.out(self.states(ids, self.ahead)[-1])


class BiLM(NetworkLM):
    """A bidirectional language model. `bits` is that of its forward half; `backward_bits` is the other one's.

    Args:
        network: a BiLSTM.
        vocab: words, END last.
    """

    network: BiLSTM

    def sum(self, rows: Tensor) -> Tensor:
        """Nats of both directions together: Σ - log p(t_k | before) - log p(t_k | after). Section 3.1 of the paper."""
        mirrored = reversed_rows(rows)
        behind = self.network.out(self.network.states(mirrored[:, :-1].clamp(min=0), self.network.back)[-1])
        return super().sum(rows) + next_token_nats(behind, mirrored[:, 1:])

    def count(self, rows: Tensor) -> int:
        """Predictions: every token twice, once from each side."""
        return 2 * super().count(rows)

    @torch.no_grad()
    def bits(self, sentences: Iterable[Sequence[str]], *, batch_size: int = 256) -> float:
        """Bits per token of the forward half, comparable with every other model."""
        return NetworkLM(self.network, self.vocab).bits(sentences, batch_size=batch_size)

    @torch.no_grad()
    def backward_bits(self, sentences: Iterable[Sequence[str]], *, batch_size: int = 256) -> float:
        """Bits per token of the backward half, which reads each sentence from its end: the start counts as END did."""
        turned = [list(sentence)[::-1] for sentence in sentences]
        return NetworkLM(Backwards(self.network), self.vocab).bits(turned, batch_size=batch_size)

    @torch.no_grad()
    def layers(self, sentences: Sequence[Sequence[str]]) -> Tensor:
        """The vectors of every token, layer by layer: (l+1 b t 2d), zeros where a sentence has ended.

        Layer 0 is the word vector twice, [x; x]; layer j is [forward state; backward state] at that token. The forward
        state has read the tokens up to and with this one, the backward state this one and those after it.
        """
        rows = self.rows(sentences)
        lengths = (rows != PAD).sum(1) - 2
        with evaluating(self.network):
            ahead = self.network.states(rows[:, :-1].clamp(min=0), self.network.ahead)
            back = self.network.states(reversed_rows(rows)[:, :-1].clamp(min=0), self.network.back)
        inside = torch.arange(rows.shape[1] - 2) < lengths[:, None]  # (b t)
        both = [
            torch.cat([one[:, 1:], mirrored(other[:, 1:], lengths)], dim=-1)
            for one, other in zip(ahead, back, strict=True)
        ]
        return torch.stack(both) * inside[..., None]  # (l+1 b t 2d)


class Backwards(nn.Module):
    """The backward half of a BiLSTM as a network of its own, for text that is reversed already."""

    def __init__(self, network: BiLSTM):
        super().__init__()
        self.both = network

    def forward(self, ids: Tensor) -> Tensor:
        """Reversed ids (b t) to logits (b t v)."""
        return self.both.out(self.both.states(ids, self.both.back)[-1])


class ScalarMix(nn.Module):
    """One weighted sum of the layers, the weights learnt with the task.

        γ Σ_j s_j h_j,    s = softmax(w)                             Peters et al. 2018, equation 1

    Starts with equal weights and γ = 1.

    Args:
        n_layers: layers to mix, the word vectors counted: l + 1.

    >>> ScalarMix(2)(torch.tensor([[1.0, 2.0], [3.0, 6.0]])).tolist()
    [2.0, 4.0]
    """

    def __init__(self, n_layers: int):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(integer("ScalarMix", "n_layers", n_layers, at_least=1)))
        self.gamma = nn.Parameter(torch.ones(()))

    @property
    def shares(self) -> Tensor:
        """s: how much each layer counts; sums to one."""
        return self.w.softmax(0)

    def forward(self, layers: Tensor) -> Tensor:
        """(l+1 …) -> (…).

        Raises:
            ValueError: another number of layers than was said.
        """
        if len(layers) != len(self.w):
            raise ValueError(f"ScalarMix: expected {len(self.w)} layers on the first axis; got {tuple(layers.shape)}")
        return self.gamma * torch.tensordot(self.shares, layers, dims=1)


def reversed_rows(rows: Tensor) -> Tensor:
    """Each row (b t+1) turned round inside its own length; PAD stays at the end."""
    return mirrored(rows, (rows != PAD).sum(1))


def mirrored(x: Tensor, lengths: Tensor) -> Tensor:
    """The first `lengths[b]` places of each row in reverse order, the rest left alone: (b t …) -> (b t …)."""
    t = torch.arange(x.shape[1])
    places = torch.where(t < lengths[:, None], lengths[:, None] - 1 - t, t)  # (b t)
    return x[torch.arange(len(x))[:, None], places]
