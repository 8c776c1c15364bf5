"""Packing: documents of any length become blocks of one length, each document followed by END.

    documents    a b c | d e | f g h i j         length 4, END = .
    blocks       a b c . | d e . f | g h i j | . + remainder

No token is lost and none is added but END and, at the very end, padding. A document may begin in one block and end in a
later one. GPT-3 (Brown et al. 2020, section 3 and appendix B, arXiv:2005.14165) packs like this and lets tokens see
across END; with `mask` they do not. Positions may restart at each document too.
Letters: n blocks, t place in a block (query), s place in a block (key).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from llm101.expect import integer, one_of
from llm101.nn.masks import causal

PADDING = -1  # the document number of padding


class Packed(NamedTuple):
    """Blocks, and for each token the document it is from."""

    ids: Tensor  # (n t) int64
    documents: Tensor  # (n t) int64, numbered from 0 in their order; PADDING = -1
    positions: Tensor  # (n t) int64, place within the document; a document goes on where it was cut


def pack(
    documents: Iterable[Sequence[int]], *, length: int, end: int, remainder: str = "pad", pad: int | None = None
) -> Packed:
    """All blocks at once; see `blocks` for a stream.

    Args:
        documents: token ids. An empty document is just an END.
        length: tokens of a block, END included.
        end: id that closes each document; it belongs to the document.
        remainder: what to do with the tokens that do not fill the last block: "pad" fills it up with `pad`,
            "drop" leaves them out.
        pad: id for padding; None = `end`. No loss may count it: mask it with `documents >= 0`.

    Raises:
        ValueError: remainder is something else.

    >>> packed = pack([[5, 6, 7], [8], []], length=4, end=0)
    >>> packed.ids.tolist(), packed.documents.tolist()
    ([[5, 6, 7, 0], [8, 0, 0, 0]], [[0, 0, 0, 0], [1, 1, 2, -1]])
    >>> packed.positions.tolist()
    [[0, 1, 2, 3], [0, 1, 0, 0]]
    """
    table = torch.tensor(
        list(blocks(documents, length=length, end=end, remainder=remainder, pad=pad)), dtype=torch.int64
    )
    return Packed(*table.reshape(-1, 3, length).unbind(1))


def blocks(
    documents: Iterable[Sequence[int]], *, length: int, end: int, remainder: str = "pad", pad: int | None = None
) -> Iterator[tuple[list[int], list[int], list[int]]]:
    """One block after the other: (ids, documents, positions), each a list of `length`. The arguments are `pack`'s.

    Memory is that of one document and one block.
    """
    length = integer("pack", "length", length, at_least=1)
    one_of("pack", "remainder", remainder, ["pad", "drop"])
    ids: list[int] = []
    numbers: list[int] = []
    positions: list[int] = []
    for number, document in enumerate(documents):
        ids += [*document, end]
        numbers += [number] * (len(document) + 1)
        positions += range(len(document) + 1)
        full = len(ids) // length * length
        for start in range(0, full, length):
            part = slice(start, start + length)
            yield ids[part], numbers[part], positions[part]
        del ids[:full], numbers[:full], positions[:full]
    missing = length - len(ids)
    if ids and remainder == "pad":
        yield ids + [end if pad is None else pad] * missing, numbers + [PADDING] * missing, positions + [0] * missing


def mask(documents: Tensor) -> Tensor:
    """Who may see whom in packed blocks: a token sees itself and what came before it in the same document.

    Args:
        documents: (n t) as in `Packed`. Padding sees itself, so that no row is empty, and nobody else sees it ... but
            other padding.

    Returns:
        (n 1 t t) bool, True = may attend; it broadcasts over heads.

    Raises:
        ValueError: documents is not two-dimensional.

    >>> mask(torch.tensor([[0, 0, 1]])).int()
    tensor([[[[1, 0, 0],
              [1, 1, 0],
              [0, 0, 1]]]], dtype=torch.int32)
    """
    if documents.ndim != 2:
        raise ValueError(
            f"mask: expected documents of shape (n t); got {tuple(documents.shape)}. Use pack(...).documents."
        )
    same = documents[:, :, None] == documents[:, None, :]  # (n t s)
    return (same & causal(documents.shape[1], device=documents.device))[:, None]  # (n 1 t s)


def unpack(packed: Packed) -> list[list[int]]:
    """The documents again, each with its END; one that was cut by "drop" is shorter, or missing.

    >>> unpack(pack([[5, 6, 7], [8], []], length=3, end=0))
    [[5, 6, 7, 0], [8, 0], [0]]
    """
    real = packed.documents >= 0
    ids, numbers = packed.ids[real], packed.documents[real]
    _, sizes = torch.unique_consecutive(numbers, return_counts=True)
    return [part.tolist() for part in ids.split(sizes.tolist())] if len(ids) else []
