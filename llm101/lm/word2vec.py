"""word2vec: a vector for every word, learnt by guessing which words stand near which.

Mikolov et al. 2013a, arXiv:1301.3781 (skip-gram, CBOW, analogies); 2013b, arXiv:1310.4546 (negative sampling,
subsampling of frequent words).

Reading order: the three losses, Word2Vec, train; then word2vec_windows.py (who is a neighbour of whom).
Letters: b pairs, k noise words, d width, v vocabulary.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer, nearest, one_of
from llm101.lm.word2vec_windows import Stream


def negative_sampling_loss(hidden: Tensor, target: Tensor, noise: Tensor) -> Tensor:
    """Tell the true word from k words of noise: one yes and k noes of logistic regression a pair.

        - log σ(target · hidden) - Σ_k log σ(- noise_k · hidden)              arXiv:1310.4546, equation 4

    Args:
        hidden: (b d), the input vector that guesses.
        target: (b d), output vectors of the words to be guessed.
        noise: (b k d), output vectors of words that were drawn at random.

    Returns:
        The mean over the pairs, in nats (of the yes-no questions, not of words: it is no cross-entropy of a text).
    """
    yes = (hidden * target).sum(-1)  # (b)
    no = torch.einsum("bd,bkd->bk", hidden, noise)  # (b k)
    return -(F.logsigmoid(yes) + F.logsigmoid(-no).sum(-1)).mean()


def skip_gram_loss(centre: Tensor, neighbour: Tensor, noise: Tensor) -> Tensor:
    """Skip-gram: the word in the middle guesses one of its neighbours. arXiv:1301.3781, section 3.2.

    Args:
        centre: (b d) input vectors of the words in the middle.
        neighbour: (b d) output vectors of a neighbour of each.
        noise: (b k d) output vectors of noise words.
    """
    return negative_sampling_loss(centre, neighbour, noise)


def cbow_loss(neighbours: Tensor, keep: Tensor, centre: Tensor, noise: Tensor) -> Tensor:
    """Continuous bag of words: the mean of the neighbours guesses the word in the middle. arXiv:1301.3781, section 3.1.

    Args:
        neighbours: (b w d) input vectors of the places around each word.
        keep: (b w) bool, True = there is a neighbour at that place; at least one a row.
        centre: (b d) output vectors of the words in the middle.
        noise: (b k d) output vectors of noise words.
    """
    n_neighbours = keep.sum(1, keepdim=True)
    mean = (neighbours * keep[..., None]).sum(1) / n_neighbours  # (b d)
    return negative_sampling_loss(mean, centre, noise)


class Settings(NamedTuple):
    """How to learn.

    Args:
        d_model: d, numbers in a vector.
        window: the farthest neighbour; for each word in each pass the reach is drawn from 1 to this.
        n_noise: k, noise words a pair. 5 to 20 for small texts, says 1310.4546.
        subsample: t; of a word with the share f of all tokens 1 - sqrt(t / f) are left out. None = none.
        epochs: passes over the text.
        batch_size: b; in words for CBOW.
        lr: of Adam, falling to zero in a straight line.
    """

    d_model: int = 32
    window: int = 5
    n_noise: int = 5
    subsample: float | None = 1e-3
    epochs: int = 8
    batch_size: int = 1024
    lr: float = 0.02


class Word2Vec:
    """Words with their vectors.

    Args:
        words: distinct.
        vectors: (v d), the input vectors, one a word.

    Raises:
        ValueError: not as many vectors as words.

    >>> model = Word2Vec(["man", "woman", "king", "queen"], [[0.0, 1], [1, 1], [0, 2], [1, 2]])
    >>> model.analogy("man", "woman", "king")[0][0]
    'queen'
    """

    def __init__(self, words: Sequence[str], vectors: Tensor | Sequence[Sequence[float]]):
        self.words = tuple(words)
        self.index = {word: i for i, word in enumerate(self.words)}
        self.vectors = torch.as_tensor(vectors, dtype=torch.get_default_dtype()).detach()
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.words):
            raise ValueError(
                f"Word2Vec: expected one vector for each of the {len(self.words)} words; got {tuple(self.vectors.shape)}"
            )
        self.units = F.normalize(self.vectors, dim=1)

    @classmethod
    def train(
        cls,
        sentences: Iterable[Sequence[str]],
        settings: Settings | None = None,
        *,
        method: str = "skip-gram",
        seed: int = 0,
        on_epoch: Callable[[int, float, "Word2Vec"], None] | None = None,
    ) -> "Word2Vec":
        """Learn vectors from sentences.

        Differs from the paper: Adam on batches in place of one pair after the other with SGD.

        Args:
            sentences: each a sequence of tokens; no window crosses from one into the next.
            settings: None = the defaults.
            method: "skip-gram" or "cbow".
            seed: of everything that is drawn. The global generators are not touched.
            on_epoch: called with (passes made, mean loss of the pass, the vectors so far); 0 passes first.

        Raises:
            TypeError: a sentence is one string.
            ValueError: the method is unknown, or no sentence has two words.
        """
        method = one_of("Word2Vec", "method", method, LOSSES)
        chosen = settings or Settings()
        generator = torch.Generator().manual_seed(integer("Word2Vec", "seed", seed))
        stream = Stream(sentences, chosen.window, chosen.subsample, generator)
        start = (torch.rand(len(stream.words), chosen.d_model, generator=generator) - 0.5) / chosen.d_model
        inputs, outputs = nn.Parameter(start), nn.Parameter(torch.zeros_like(start))
        optimizer = torch.optim.Adam([inputs, outputs], lr=chosen.lr)
        report = on_epoch or (lambda epoch, loss, model: None)
        report(0, float("nan"), cls(stream.words, inputs.detach().clone()))
        for epoch in range(chosen.epochs):
            loss = one_pass(epoch, stream, inputs, outputs, optimizer, chosen, LOSSES[method])
            report(epoch + 1, loss, cls(stream.words, inputs.detach().clone()))
        return cls(stream.words, inputs.detach())

    def vector(self, word: str) -> Tensor:
        """(d), the vector of a word.

        Raises:
            ValueError: the word has none; names the nearest word that has.
        """
        return self.vectors[self._number(word)]

    def similarity(self, one: str, other: str) -> float:
        """The cosine of the angle between two words' vectors: 1 = same direction, 0 = unrelated."""
        return float(self.units[self._number(one)] @ self.units[self._number(other)])

    def most_similar(self, query: str | Tensor, n: int = 5, *, without: Iterable[str] = ()) -> list[tuple[str, float]]:
        """The n words whose vectors point most nearly in the same direction, with their cosines.

        Args:
            query: a word (which is then left out itself), or a vector (d).
            n: how many.
            without: words that are left out.

        Raises:
            ValueError: a word has no vector.
        """
        left_out = [query, *without] if isinstance(query, str) else list(without)
        direction = self.vector(query) if isinstance(query, str) else query
        cosines = self.units @ F.normalize(direction, dim=0)
        cosines[[self._number(word) for word in left_out]] = -2.0  # below every cosine
        best = cosines.topk(min(n, len(self.words) - len(set(left_out))))
        return [(self.words[i], float(c)) for c, i in zip(best.values, best.indices, strict=True)]

    def analogy(self, a: str, b: str, c: str, n: int = 1) -> list[tuple[str, float]]:
        """What is to c as b is to a? The nearest words to b - a + c, of unit vectors; a, b and c themselves are left out.

        arXiv:1301.3781, section 4. Without leaving the three out, the answer would very often be b or c.

        >>> Word2Vec("abcd", [[1.0, 0], [1, 1], [-1, 0], [-1, 1]]).analogy("a", "b", "c")[0][0]
        'd'
        """
        one, two, three = (self.units[self._number(word)] for word in (a, b, c))
        return self.most_similar(two - one + three, n, without=(a, b, c))

    def accuracy(self, questions: Iterable[Sequence[str]]) -> float:
        """The share of the analogies (a, b, c, d) whose first answer is d.

        Raises:
            ValueError: there is no question.
        """
        right = [self.analogy(a, b, c)[0][0] == d for a, b, c, d in questions]
        if not right:
            raise ValueError("Word2Vec.accuracy: expected at least one question (a, b, c, d); got 0")
        return sum(right) / len(right)

    def _number(self, word: str) -> int:
        if word not in self.index:
            raise ValueError(
                f"Word2Vec: none of the {len(self.words)} words is {word!r}.{nearest(word, self.words)} "
                "A word that training has not seen has no vector."
            )
        return self.index[word]


def skip_gram_batches(stream: Stream, inputs: Tensor, outputs: Tensor, chosen: Settings) -> Iterable[Tensor]:
    """The loss of each batch of one pass with skip-gram."""
    for centre, neighbour in stream.pairs(chosen.batch_size):
        noise = stream.noise(len(centre), chosen.n_noise)
        yield skip_gram_loss(inputs[centre], outputs[neighbour], outputs[noise])


def cbow_batches(stream: Stream, inputs: Tensor, outputs: Tensor, chosen: Settings) -> Iterable[Tensor]:
    """The loss of each batch of one pass with CBOW."""
    for centre, neighbours, keep in stream.bags(chosen.batch_size):
        noise = stream.noise(len(centre), chosen.n_noise)
        yield cbow_loss(inputs[neighbours], keep, outputs[centre], outputs[noise])


LOSSES = {"skip-gram": skip_gram_batches, "cbow": cbow_batches}


def one_pass(
    epoch: int,
    stream: Stream,
    inputs: nn.Parameter,
    outputs: nn.Parameter,
    optimizer: torch.optim.Optimizer,
    chosen: Settings,
    batches: Callable[[Stream, Tensor, Tensor, Settings], Iterable[Tensor]],
) -> float:
    """One pass over the text; returns the mean loss of its batches."""
    for group in optimizer.param_groups:
        group["lr"] = chosen.lr * (1 - epoch / chosen.epochs)
    losses = []
    for loss in batches(stream, inputs, outputs, chosen):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return float(torch.stack(losses).mean())
