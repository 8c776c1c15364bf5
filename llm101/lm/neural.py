"""The neural probabilistic language model: a vector for each of the last words, one hidden layer, a softmax.

Bengio, Ducharme, Vincent and Jauvin 2003, "A Neural Probabilistic Language Model", JMLR 3, pages 1137-1155.
Two words with similar vectors get similar predictions, so a sentence that was never seen profits from those that were:
that is the answer to sparse counts. Letters: b sentences, t time, n words that are looked at, d width, f hidden units,
v vocabulary.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer


def bengio(x: Tensor, hidden: nn.Linear, out: nn.Linear, direct: nn.Linear | None = None) -> Tensor:
    """The logits of the next word.

        y = b + W x + U tanh(d + H x)                                         Bengio et al. 2003, equation 1

    Args:
        x: (… n·d), the vectors of the last n words one behind the other.
        hidden: H and d, (n·d) to (f).
        out: U and b, (f) to (v).
        direct: W without an offset, (n·d) to (v); None = W is zero.

    Returns:
        (… v).
    """
    y = out(torch.tanh(hidden(x)))
    return y if direct is None else y + direct(x)


def windows(ids: Tensor, n: int, fill: int) -> Tensor:
    """Each token with the n - 1 before it: (b t) -> (b t n); before the start of a row stands `fill`.

    >>> windows(torch.tensor([[3, 1, 4]]), 2, fill=9)
    tensor([[[9, 3],
             [3, 1],
             [1, 4]]])
    """
    return F.pad(ids, (n - 1, 0), value=fill).unfold(1, n, 1)  # (b t n)


class BengioMLP(nn.Module):
    """A network that predicts each next word from the n words before it.

    Differs from the paper: the vectors start at standard deviation 1/sqrt(d) and all is trained by whatever optimizer
    is handed to it. What stands before a sentence is END, like the END of the sentence before.

    Args:
        vocab_size: v; the last id is END.
        n_context: n, words that are looked at.
        d_model: d, numbers in the vector of a word.
        d_hidden: f, hidden units.
        direct: whether the vectors also reach the output directly (W). The paper had both: with W training is
            faster, without it the model generalised slightly better.

    >>> network = BengioMLP(vocab_size=11, n_context=3, d_model=5, d_hidden=7)
    >>> network(torch.tensor([[10, 4, 2, 8]])).shape
    torch.Size([1, 4, 11])
    """

    def __init__(
        self, vocab_size: int, *, n_context: int = 4, d_model: int = 32, d_hidden: int = 64, direct: bool = False
    ):
        super().__init__()
        self.n_context = integer("BengioMLP", "n_context", n_context, at_least=1)
        self.vocab_size = integer("BengioMLP", "vocab_size", vocab_size, at_least=1)
        self.vectors = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.vectors.weight, std=d_model**-0.5)
        self.hidden = nn.Linear(n_context * d_model, d_hidden)
        self.out = nn.Linear(d_hidden, vocab_size)
        self.direct = nn.Linear(n_context * d_model, vocab_size, bias=False) if direct else None

    def forward(self, ids: Tensor) -> Tensor:
        """Ids (b t) to the logits of what follows each of them (b t v)."""
        seen = windows(ids, self.n_context, fill=self.vocab_size - 1)  # (b t n)
        x = self.vectors(seen).flatten(2)  # (b t n·d)
        return bengio(x, self.hidden, self.out, self.direct)  # (b t v)
