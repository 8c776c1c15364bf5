"""Who is a neighbour of whom: dynamic windows, frequent words thinned out, and noise; for word2vec.py.

All sentences lie one after the other in one long tensor of ids, beside a tensor that says which sentence each token
belongs to. Looking `o` places ahead is then a shift by o, and two tokens are neighbours if their sentences are equal:
no Python loop over words. Letters: n tokens, b pairs in a batch, w places in a window, v vocabulary.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from llm101.expect import integer, number

NOISE_POWER = 0.75  # arXiv:1310.4546, section 2.2: U(w) to the power 3/4 "outperformed significantly"


def keep_chance(counts: Tensor, threshold: float) -> Tensor:
    """How likely a token of each word is kept: sqrt(t / f), at most 1, for a word with the share f of all tokens.

    arXiv:1310.4546, equation 5, gives the chance to be dropped, 1 - sqrt(t / f).
    Differs from the authors' program, which has sqrt(t / f) + t / f.

    >>> keep_chance(torch.tensor([1.0, 99.0]), threshold=0.01)
    tensor([1.0000, 0.1005])
    """
    share = counts / counts.sum()
    return (threshold / share).sqrt().clamp(max=1.0)


def noise_chance(counts: Tensor) -> Tensor:
    """How likely each word is drawn as noise: its count to the power 3/4, scaled to sum to one. (v)

    >>> noise_chance(torch.tensor([1.0, 16.0]))
    tensor([0.1111, 0.8889])
    """
    raised = counts**NOISE_POWER
    return raised / raised.sum()


class Stream:
    """The text as numbers, and the draws of one training.

    Args:
        sentences: each a sequence of tokens.
        window: the farthest neighbour, in tokens.
        subsample: threshold t of `keep_chance`; None = keep all.
        generator: of every draw.

    Attributes:
        words: most frequent first, equals in alphabetical order.

    Raises:
        TypeError: a sentence is one string.
        ValueError: no sentence has two words, the window is below 1, or the threshold is not above 0.
    """

    def __init__(
        self, sentences: Iterable[Sequence[str]], window: int, subsample: float | None, generator: torch.Generator
    ):
        texts = [listed(sentence) for sentence in sentences]
        if max(map(len, texts), default=0) < 2:
            raise ValueError(
                f"Word2Vec: expected a sentence of at least two words; got {len(texts)} sentences, all shorter"
            )
        counts = Counter(word for text in texts for word in text)
        self.words = tuple(sorted(counts, key=lambda word: (-counts[word], word)))
        self.window = integer("Word2Vec", "window", window, at_least=1)
        self.generator = generator
        index = {word: i for i, word in enumerate(self.words)}
        self.ids = torch.tensor([index[word] for text in texts for word in text])  # (n)
        self.sentence = torch.repeat_interleave(torch.tensor([len(text) for text in texts]))  # (n)
        often = torch.tensor([counts[word] for word in self.words], dtype=torch.float64)  # (v)
        self.below = noise_chance(often).cumsum(0)  # (v)
        self.kept = torch.ones(len(self.words), dtype=torch.float64)
        if subsample is not None:
            if number("Word2Vec", "subsample", subsample, at_least=0) == 0:
                raise ValueError("Word2Vec: subsample must be above 0; got 0. Use None to keep every token.")
            self.kept = keep_chance(often, subsample)

    def noise(self, b: int, k: int) -> Tensor:
        """Ids of k noise words for each of b pairs (b k). One may be the true word; the authors' program leaves those out."""
        drawn = torch.rand(b, k, generator=self.generator, dtype=torch.float64)
        return torch.searchsorted(self.below, drawn).clamp(max=len(self.words) - 1)

    def thinned(self) -> tuple[Tensor, Tensor]:
        """Ids and sentence numbers of the tokens that are kept in this pass; windows then reach over the gaps."""
        drawn = torch.rand(len(self.ids), generator=self.generator, dtype=torch.float64)
        keep = drawn < self.kept[self.ids]
        return self.ids[keep], self.sentence[keep]

    def windows(self) -> tuple[Tensor, Tensor, Tensor]:
        """Every token with the places around it, for one pass.

        Returns:
            ids (n); places (n 2w), the positions of its neighbours; keep (n 2w), True = there is one within reach.
            The reach of each token is drawn evenly from 1 to w, so near neighbours count more.
        """
        ids, sentence = self.thinned()
        n, w = len(ids), self.window
        offsets = torch.cat([torch.arange(-w, 0), torch.arange(1, w + 1)])  # (2w)
        places = torch.arange(n)[:, None] + offsets
        inside = (places >= 0) & (places < n)
        places = places.clamp(0, max(n - 1, 0))
        reach = torch.randint(1, w + 1, (n, 1), generator=self.generator)
        keep = inside & (sentence[places] == sentence[:, None]) & (offsets.abs() <= reach)
        return ids, places, keep

    def pairs(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """One pass for skip-gram, shuffled: (word in the middle (b), one of its neighbours (b))."""
        ids, places, keep = self.windows()
        middle, which = keep.nonzero(as_tuple=True)
        order = torch.randperm(len(middle), generator=self.generator)
        for some in order.split(batch_size):
            yield ids[middle[some]], ids[places[middle[some], which[some]]]

    def bags(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """One pass for CBOW, shuffled: (word in the middle (b), neighbours (b 2w), keep (b 2w)); lone words are left out."""
        ids, places, keep = self.windows()
        with_neighbours = keep.any(1).nonzero()[:, 0]
        order = with_neighbours[torch.randperm(len(with_neighbours), generator=self.generator)]
        for some in order.split(batch_size):
            yield ids[some], ids[places[some]], keep[some]


def listed(sentence: Sequence[str]) -> list[str]:
    """The sentence as a list; one string is refused, because its letters would be taken for words."""
    if isinstance(sentence, str):
        raise TypeError(f"Word2Vec: expected a list of tokens; got the string {sentence!r}. Use {sentence!r}.split()")
    return list(sentence)
