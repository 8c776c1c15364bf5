"""Norms: the formula as a function, then a module that calls torch's kernel for it (a test keeps the two equal).

Blocks and stacks take a norm as a factory, `partial(LayerNorm, d_model, eps=1e-5)`, because they need several.
Both work in float32 inside and cast back. Letters: b batch, t time, d model.

Ba, Kiros & Hinton 2016, arXiv:1607.06450 (LayerNorm); Zhang & Sennrich 2019, arXiv:1910.07467 (RMSNorm).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Norm = Callable[[], nn.Module]


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, eps: float = 1e-5) -> Tensor:
    """Each token's vector to mean 0 and variance 1, then a gain and an offset a channel.

        (x - mean(x)) / sqrt(var(x) + eps) · weight + bias         arXiv:1607.06450, equations 3 and 4

    Args:
        x: (b t d). The variance divides by d, not d - 1.
        weight: (d), the gain.
        bias: (d), the offset; None = none (PaLM).
        eps: inside the root, in units of x squared.

    Returns:
        (b t d) in the dtype of x.
    """
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    centred = wide - wide.mean(-1, keepdim=True)
    normed = centred * (centred.square().mean(-1, keepdim=True) + eps).rsqrt() * weight
    return (normed if bias is None else normed + bias).to(x.dtype)


def rms_norm(x: Tensor, weight: Tensor, *, eps: float = 1e-6) -> Tensor:
    """Each token's vector to mean square 1, then a gain a channel; the mean is left where it is.

        x / sqrt(mean(x²) + eps) · weight                          arXiv:1910.07467, equation 4

    Args:
        x: (b t d).
        weight: (d), the gain.
        eps: inside the root, in units of x squared. The paper has none; LLaMA uses 1e-6, LLaMA-2 1e-5.

    Returns:
        (b t d) in the dtype of x.
    """
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    return (wide * (wide.square().mean(-1, keepdim=True) + eps).rsqrt() * weight).to(x.dtype)


class LayerNorm(nn.Module):
    """`layer_norm` with its gain and offset. BERT uses eps 1e-12, GPT-2 1e-5; PaLM has no bias.

    Args:
        d_model: d.
        eps: inside the root.
        bias: whether there is an offset.
    """

    def __init__(self, d_model: int, *, eps: float = 1e-5, bias: bool = True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """(b t d) -> (b t d)."""
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class RMSNorm(nn.Module):
    """`rms_norm` with its gain: T5, LLaMA.

    Args:
        d_model: d.
        eps: inside the root.
    """

    def __init__(self, d_model: int, *, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Tensor) -> Tensor:
        """(b t d) -> (b t d)."""
        return F.rms_norm(x, self.weight.shape, self.weight, self.eps)
