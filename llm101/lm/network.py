"""Any network as a language model that speaks the language of the n-gram models: words in, probabilities and bits out.

    NetworkLM(network, vocab).bits(sentences)         bits per token, END counted, as NGram.bits

A network is anything that turns ids (b t) into logits (b t v), where row t may depend on the tokens 0 … t only:
Bengio's (neural.py), an RNN (recurrent.py), a GPT. Then fitting.py trains it.

Letters: b sentences, t time, v vocabulary (END is its last word; it also stands before a sentence).
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from llm101.corpora.grammar import END
from llm101.expect import integer, nearest

PAD = -1  # fills short rows; never an id, so it cannot be mistaken for a word


def next_token_nats(logits: Tensor, targets: Tensor) -> Tensor:
    """What the network pays for the tokens that came, summed: Σ - log softmax(logits)[target], in nats.

    Args:
        logits: (b t v).
        targets: (b t) ids; PAD costs nothing.
    """
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD, reduction="sum")


class NetworkLM:
    """A network and its vocabulary.

    Args:
        network: ids (b t) to logits (b t v). It is used as it is; training changes it in place.
        vocab: the words in the order of the ids, END last, as `Counts.vocab` of the n-grams.

    Raises:
        ValueError: END is not the last word of the vocabulary, or a word comes twice.
    """

    def __init__(self, network: nn.Module, vocab: Sequence[str]):
        self.network, self.vocab = network, list(vocab)
        self.index = {word: i for i, word in enumerate(self.vocab)}
        if len(self.index) != len(self.vocab) or not self.vocab or self.vocab[-1] != END:
            raise ValueError(
                f"NetworkLM: vocab must be distinct words with {END!r} last; got {len(self.vocab)} words, "
                f"{len(self.index)} of them distinct, the last {self.vocab[-1:]}. Use vocabulary(sentences)."
            )

    def rows(self, sentences: Iterable[Sequence[str]]) -> Tensor:
        """Sentences as ids, END before and after each, filled up with PAD at the end: (b t+1).

        Raises:
            TypeError: a sentence is one string.
            ValueError: a word is not in the vocabulary, or there is no sentence.
        """
        end = self.index[END]
        ids = [torch.tensor([end, *map(self._id, words_of(sentence)), end]) for sentence in sentences]
        if not ids:
            raise ValueError("NetworkLM: sentences must hold at least one sentence; got 0")
        return pad_sequence(ids, batch_first=True, padding_value=PAD)  # (b t+1)

    def count(self, rows: Tensor) -> int:
        """How many tokens of these rows (b t+1) are predicted."""
        return int((rows[:, 1:] != PAD).sum())

    def sum(self, rows: Tensor) -> Tensor:
        """What the network pays for them all, in nats."""
        return next_token_nats(self.network(rows[:, :-1].clamp(min=0)), rows[:, 1:])

    @torch.no_grad()
    def distribution(self, context: Sequence[str]) -> np.ndarray:
        """The probability of every word of `vocab` as the next token of a sentence that begins with `context`: (v)."""
        ids = torch.tensor([[self.index[END], *map(self._id, words_of(context))]])  # (1 t)
        with evaluating(self.network):
            p = self.network(ids)[0, -1].double().softmax(0)  # (v)
        return p.numpy()

    def probability(self, word: str, context: Sequence[str]) -> float:
        """p(word | context).

        Raises:
            ValueError: the word is not in the vocabulary.
        """
        return float(self.distribution(context)[self._id(word)])

    @torch.no_grad()
    def bits(self, sentences: Iterable[Sequence[str]], *, batch_size: int = 256) -> float:
        """Cross-entropy in bits per token, END counted as one: what `NGram.bits` measures."""
        rows = self.rows(sentences)
        with evaluating(self.network):
            nats = sum(
                float(self.sum(trimmed(some)))
                for some in rows.split(integer("NetworkLM", "batch_size", batch_size, at_least=1))
            )
        return nats / self.count(rows) / math.log(2)

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> float:
        """2 ** bits."""
        return 2 ** self.bits(sentences)

    def _id(self, word: str) -> int:
        if word not in self.index:
            raise ValueError(
                f"NetworkLM: every word must be one of the {len(self.vocab)} in the vocabulary; got {word!r}."
                f"{nearest(word, self.vocab)}"
            )
        return self.index[word]


def vocabulary(sentences: Iterable[Sequence[str]]) -> list[str]:
    """The distinct words in alphabetical order, END last: the same list that `Counts` makes.

    >>> vocabulary([["b", "a"], ["a"]])
    ['a', 'b', '<end>']
    """
    return [*sorted({word for sentence in sentences for word in words_of(sentence)}), END]


def words_of(sentence: Sequence[str]) -> Sequence[str]:
    """The sentence; one string is refused, because its letters would be taken for words, and so is an END inside."""
    if isinstance(sentence, str):
        raise TypeError(f"NetworkLM: expected a list of tokens; got the string {sentence!r}. Use {sentence!r}.split()")
    if END in sentence:
        raise ValueError(f"NetworkLM: a sentence comes without {END!r}, which is added here; got {list(sentence)!r}")
    return sentence


def trimmed(rows: Tensor) -> Tensor:
    """Rows without the columns that are PAD in all of them."""
    return rows[:, : int((rows != PAD).sum(1).max())]


class evaluating:  # noqa: N801  a context manager, used like a function
    """`with evaluating(network):` dropout is off inside; afterwards the mode is what it was."""

    def __init__(self, network: nn.Module):
        self.network = network

    def __enter__(self) -> None:
        self.was_training = self.network.training
        self.network.eval()

    def __exit__(self, *_: object) -> None:
        self.network.train(self.was_training)
