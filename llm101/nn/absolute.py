"""Absolute positions: a vector for each place, added to the token's vector by the Embedder.

Learned (a table: GPT, BERT) · sinusoidal (a formula: the Transformer of 2017) · learned in two dimensions (GLM).
Letters: b batch, t time, d model, p longest context.

Vaswani et al. 2017, section 3.5, arXiv:1706.03762; Du et al. 2021 (GLM), section 2.1 and figure 2, arXiv:2103.10360.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer


class LearnedPositions(nn.Module):
    """One trained vector for each place: GPT, BERT. There is no place after the last, so the context is limited.

    Args:
        max_len: p, places.
        d_model: d.
    """

    def __init__(self, max_len: int, d_model: int):
        super().__init__()
        self.max_len = integer("LearnedPositions", "max_len", max_len, at_least=1)
        self.weight = nn.Parameter(torch.empty(max_len, d_model))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, places: Tensor) -> Tensor:
        """Places (t) or (b t), from 0 -> vectors (t d) or (b t d)."""
        return F.embedding(places, self.weight)


def sinusoids(places: Tensor, d_model: int, *, base: float = 10000.0) -> Tensor:
    """Waves of many lengths, read off at each place: a step to the right turns every pair by a fixed angle.

        PE(p, 2i) = sin(p / base^(2i/d)),  PE(p, 2i+1) = cos(p / base^(2i/d))        arXiv:1706.03762, section 3.5

    In float64: near place 10,000 an angle in float32 is off by up to 0.0008.

    Args:
        places: any shape; integers, also negative ones (Transformer-XL).
        d_model: d, even.
        base: the longest wave is 2π · base places.

    Returns:
        (..., d) float64. Each vector has length sqrt(d / 2).

    Raises:
        ValueError: d is odd.

    >>> sinusoids(torch.tensor([0]), 4)
    tensor([[0., 1., 0., 1.]], dtype=torch.float64)
    """
    even("sinusoids", d_model)
    exponents = torch.arange(0, d_model, 2, device=places.device, dtype=torch.float64) / d_model
    angles = places[..., None] * base**-exponents
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def even(owner: str, d_model: int) -> int:
    """d_model if it is even and at least 2."""
    if integer(owner, "d_model", d_model, at_least=2) % 2:
        raise ValueError(f"{owner}: d_model must be even, a sine and a cosine for each wave; got {d_model}")
    return d_model


class SinusoidalPositions(nn.Module):
    """`sinusoids` as a part: nothing to train, and no last place.

    Args:
        d_model: d, even.
    """

    max_len = None

    def __init__(self, d_model: int):
        super().__init__()
        self.d_model = even("SinusoidalPositions", d_model)

    def forward(self, places: Tensor) -> Tensor:
        """Places (t) or (b t) -> vectors (t d) or (b t d)."""
        return sinusoids(places, self.d_model)


class SpanPositions(nn.Module):
    """GLM's two dimensions: the place in the text, and the place inside a blanked span; a table for each, added.

    A span's tokens all stand at the place of their [MASK] and are counted in the second dimension, so that the model
    does not know the span's length beforehand. GLM-130B dropped the second dimension and turns (rotary) instead.

    Args:
        max_len: p, places in the text.
        d_model: d.
        max_span: places inside a span, not counting 0, which means "not in a span"; None = max_len.
    """

    def __init__(self, max_len: int, d_model: int, *, max_span: int | None = None):
        super().__init__()
        self.max_len = max_len
        self.text = LearnedPositions(max_len, d_model)
        self.span = LearnedPositions((max_len if max_span is None else max_span) + 1, d_model)

    def forward(self, places: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        """Places (t) or (b t), or a pair of them as from `span_places` -> vectors (t d) or (b t d)."""
        text, span = (places, torch.zeros_like(places)) if isinstance(places, Tensor) else places
        return self.text(text) + self.span(span)


def span_places(n_text: int, spans: Sequence[tuple[int, int]]) -> tuple[Tensor, Tensor]:
    """GLM's two ids of every token: first the text with its [MASK]s, then the spans that were cut out.

    arXiv:2103.10360, figure 2. Differs from it: the text is counted from 0 and not from 1.

    Args:
        n_text: tokens of the text with the spans replaced by one [MASK] each.
        spans: for each, in their order behind the text: place of its [MASK], tokens with its start token.

    Returns:
        Two tensors (t) int64, t = n_text and all spans: place in the text, and place in the span (0 = text).

    Raises:
        ValueError: a [MASK] is not in the text.

    >>> [ids.tolist() for ids in span_places(5, [(4, 3), (2, 2)])]
    [[0, 1, 2, 3, 4, 4, 4, 4, 2, 2], [0, 0, 0, 0, 0, 1, 2, 3, 1, 2]]
    """
    for place, _ in spans:
        integer("span_places", "place of a [MASK]", place, at_least=0, at_most=n_text - 1)
    text = [torch.arange(n_text), *(torch.full((n,), place) for place, n in spans)]
    span = [torch.zeros(n_text, dtype=torch.int64), *(torch.arange(1, n + 1) for _, n in spans)]
    return torch.cat(text), torch.cat(span)
