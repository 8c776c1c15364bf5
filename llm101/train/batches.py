"""Which tokens a step sees: a function of (seed, step, rank), so nothing of the order goes into a checkpoint.

    tokens     t0 t1 t2 t3 t4 t5 t6 t7 t8 ...             one long row, documents one after the other
    blocks     [t0 t1 t2 t3] [t4 t5 t6 t7] ...            `context` tokens each; the targets are one token further
    epoch      every block once, in an order of its own

A global batch is the next `batch_size` blocks of that order. Each rank takes its part and cuts it into micro-batches, so
a batch holds the same blocks on one process and on sixteen.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
import torch

from llm101.expect import integer
from llm101.train.distributed import n_ranks, rank
from llm101.train.losses import Tokens


class Blocks:
    """`batch_at` over one long row of tokens.

    Args:
        tokens: (n,) integers, an array or a memory map (see token_file.py); n must be above `context`.
        context: tokens of a block, t.
        batch_size: blocks in a step, all ranks together; a multiple of the number of ranks.
        micro_batch: blocks that go through the model at a time, on one rank; None = this rank's part at once.
        seed: of the order.
        shuffled: False = in the order of the file, in every epoch (for evaluation).
        vocab_size: ids must be below it; None = not checked.

    Raises:
        ValueError: too few tokens for one block, a batch that the ranks cannot share, or, when it is read, an id that
            is not below vocab_size.

    >>> batch_at = Blocks(np.arange(13), context=3, batch_size=2, shuffled=False)
    >>> batch_at(0)[0].ids.tolist(), batch_at(0)[0].targets.tolist()
    ([[0, 1, 2], [3, 4, 5]], [[1, 2, 3], [4, 5, 6]])
    """

    def __init__(
        self,
        tokens: np.ndarray,
        *,
        context: int,
        batch_size: int,
        micro_batch: int | None = None,
        seed: int = 0,
        shuffled: bool = True,
        vocab_size: int | None = None,
    ):
        self.tokens, self.seed, self.shuffled, self.vocab_size = tokens, seed, shuffled, vocab_size
        self.context = integer("Blocks", "context", context, at_least=1)
        self.batch_size = integer("Blocks", "batch_size", batch_size, at_least=1)
        self.n_blocks = (len(tokens) - 1) // self.context
        if self.n_blocks < 1:
            raise ValueError(f"Blocks: a block of {context} needs {context + 1} tokens; got {len(tokens)} in all.")
        self.share, rest = divmod(batch_size, n_ranks())
        if rest:
            raise ValueError(f"Blocks: batch_size ({batch_size}) must be a multiple of the ranks ({n_ranks()}).")
        self.micro_batch = (
            self.share if micro_batch is None else integer("Blocks", "micro_batch", micro_batch, at_least=1)
        )

    def __call__(self, step: int) -> list[Tokens]:
        """This rank's micro-batches of a step, counted from 0."""
        first = integer("Blocks", "step", step, at_least=0) * self.batch_size + rank() * self.share
        rows = np.stack([self.row(place) for place in range(first, first + self.share)])  # (b t+1)
        if self.vocab_size is not None and (top := int(rows.max())) >= self.vocab_size:
            raise ValueError(
                f"Blocks: ids must be below vocab_size ({self.vocab_size}); got {top} in step {step}. "
                "Were the tokens written with another tokenizer, or as another dtype?"
            )
        parts = torch.from_numpy(rows).split(self.micro_batch)
        return [Tokens(part[:, :-1].contiguous(), part[:, 1:].contiguous()) for part in parts]

    def row(self, place: int) -> np.ndarray:
        """The block at a place of the endless order, and the token after it: (t+1,) int64."""
        epoch, place = divmod(place, self.n_blocks)
        block = int(permutation(self.n_blocks, self.seed, epoch)[place]) if self.shuffled else place
        start = block * self.context
        return np.asarray(self.tokens[start : start + self.context + 1], dtype=np.int64)

    def whole(self, n_steps: int) -> list[Tokens]:
        """The micro-batches of the first steps, but of no more than one epoch (and at least one step)."""
        n = min(n_steps, max(1, self.n_blocks // self.batch_size))
        return [batch for step in range(n) for batch in self(step)]


@lru_cache(maxsize=2)
def permutation(n: int, seed: int, epoch: int) -> np.ndarray:
    """The order of n blocks in an epoch; 8 n bytes."""
    return np.random.default_rng((seed % 2**64, epoch)).permutation(n)


def joined(documents: Iterable[Sequence[int]], end: int) -> np.ndarray:
    """All documents as one row, `end` after each.

    >>> joined([[5, 6], [7]], end=0)
    array([5, 6, 0, 7, 0])
    """
    return np.fromiter((token for document in documents for token in (*document, end)), dtype=np.int64)


BatchAt = Callable[[int], list[Tokens]]
