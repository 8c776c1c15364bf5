"""Rotary positions (RoPE): turn every pair of channels of a query or key by an angle that grows with its place.

The product of a query turned by m and a key turned by n depends on m - n only: absolute in form, relative in effect.
Letters: b batch, t time, h heads, k head dim.

Su et al. 2021, arXiv:2104.09864; Chen et al. 2023 (position interpolation), arXiv:2306.15595;
Peng et al. 2023 (YaRN; section 3.1 has the "NTK-aware" change of base), arXiv:2309.00071.
"""

import torch
from torch import Tensor

from llm101.expect import number


class Rotary:
    """Pair i turns by position · base^(-2i/r) radians: fast pairs tell neighbours apart, slow ones far places.

        (a, b) -> (a cos φ - b sin φ, a sin φ + b cos φ)              arXiv:2104.09864, equations 13 and 34

    Which channels are a pair is a convention, and weights are made for one of them: a permutation of the channels of
    W_q and W_k leads from one to the other. Computed in float32 at least, then cast back.

    Args:
        n_channels: r, the first channels of each head, which are turned; even. The rest passes (ChatGLM2: half).
        base: how slow the slowest pair is.
        interleaved: True = neighbours are a pair, (0 1), (2 3), ...: the paper, GPT-J, ChatGLM2; False = halves,
            (0 r/2), (1 r/2+1), ...: GPT-NeoX, Falcon, and LLaMA as transformers has it.
        scale: positions are divided by it (position interpolation): with 2, a model trained on 2,048 places meets no
            angle beyond those it knows up to place 4,096. For the NTK-aware change see `ntk_base`.

    Raises:
        ValueError: n_channels is odd; base or scale is not positive.

    >>> Rotary(2).rotate(torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]]), torch.tensor([0, 1]))
    tensor([[[[1.0000, 0.0000],
              [0.5403, 0.8415]]]])
    """

    def __init__(self, n_channels: int, *, base: float = 10000.0, interleaved: bool = False, scale: float = 1.0):
        if n_channels < 2 or n_channels % 2:
            raise ValueError(f"Rotary: n_channels must be even, they turn in pairs, and at least 2; got {n_channels}")
        self.n_channels = n_channels
        self.base = number("Rotary", "base", base, at_least=1)
        self.scale = number("Rotary", "scale", scale, at_least=1e-6)
        self.interleaved = interleaved

    def rotate(self, x: Tensor, positions: Tensor) -> Tensor:
        """Queries or keys (b h t k) standing at positions (t) -> the same shape, the same lengths."""
        angles = self.angles(positions, torch.promote_types(x.dtype, torch.float32))
        cos, sin = angles.cos(), angles.sin()
        turning, rest = x[..., : self.n_channels], x[..., self.n_channels :]
        pairs = turning.unflatten(-1, (-1, 2) if self.interleaved else (2, -1))
        a, b = pairs.unbind(-1 if self.interleaved else -2)
        turned = torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1 if self.interleaved else -2).flatten(-2)
        return torch.cat([turned.to(x.dtype), rest], dim=-1) if rest.shape[-1] else turned.to(x.dtype)

    def angles(self, positions: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Positions (t) -> radians (t r/2)."""
        r = self.n_channels
        frequencies = 1.0 / self.base ** (torch.arange(0, r, 2, device=positions.device).to(dtype) / r)
        return positions[:, None].to(dtype) * (frequencies / self.scale)

    def bias(self, q_positions: Tensor, k_positions: Tensor) -> Tensor | None:
        """None."""
        return None


def ntk_base(base: float, factor: float, n_channels: int) -> float:
    """The base for a context `factor` times as long: the slowest pair is slowed by factor, the fastest not at all.

        base · factor^(r / (r - 2))                                          arXiv:2309.00071, section 3.1

    Where `scale` blurs neighbours as much as it stretches the context, this keeps them apart; no training is needed
    for moderate factors.

    Args:
        base: the model's own.
        factor: 1 = no change.
        n_channels: r, as in Rotary; at least 4.

    Raises:
        ValueError: n_channels is below 4: a single pair has no slowest and fastest.

    >>> round(ntk_base(10000.0, 2.0, 128))
    20221
    """
    if n_channels < 4:
        raise ValueError(
            f"ntk_base: n_channels must be at least 4; got {n_channels}. One pair is fast and slow at once."
        )
    return base * number("ntk_base", "factor", factor, at_least=1) ** (n_channels / (n_channels - 2))
