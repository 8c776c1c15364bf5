"""Norms: the formula as a function, then a module that calls torch's kernel for it (a test keeps the two equal).

Blocks and stacks take a norm as a factory, `partial(LayerNorm, d_model, eps=1e-5)`, because they need several.
They work in float32 inside and cast back. Letters: b batch, t time, d model.

Ba, Kiros & Hinton 2016, arXiv:1607.06450 (LayerNorm); Zhang & Sennrich 2019, arXiv:1910.07467 (RMSNorm);
Ioffe & Szegedy 2015, arXiv:1502.03167 (BatchNorm); Wang et al. 2022, arXiv:2203.00555 (DeepNorm: not a norm of its own
but LayerNorm(alpha x + f(x)), which is PostNormBlock(alpha=...), and a smaller start, deepnorm_init).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer

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


def batch_norm(x: Tensor, weight: Tensor, bias: Tensor, *, eps: float = 1e-5) -> Tensor:
    """Each channel to mean 0 and variance 1 over all tokens of the batch: a token's result depends on the others.

    Args:
        x: (b t d). Padding counts like any other token; the variance divides by b t.
        weight, bias: (d), gain and offset.
        eps: inside the root.

    Returns:
        (b t d) in the dtype of x.
    """
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    centred = wide - wide.mean((0, 1))
    return (centred * (centred.square().mean((0, 1)) + eps).rsqrt() * weight + bias).to(x.dtype)


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


class BatchNorm(nn.Module):
    """`batch_norm` in training; afterwards with running averages of mean and variance. Here for comparison only.

    The Transformer of 2017 has layer norm, not this. What is wrong with it for text: a token's output changes with its
    batch mates and with padding, training and evaluation differ, and in generation there is one token at a time.

    Args:
        d_model: d.
        eps: inside the root.
        momentum: weight of the newest batch in the running averages.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, d_model: int, *, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        self.register_buffer("running_mean", torch.zeros(d_model))
        self.register_buffer("running_var", torch.ones(d_model))

    def forward(self, x: Tensor) -> Tensor:
        """(b t d) -> (b t d)."""
        flat = F.batch_norm(
            x.flatten(0, 1), self.running_mean, self.running_var, self.weight, self.bias, self.training,
            self.momentum, self.eps,
        )  # fmt: skip
        return flat.view_as(x)


def deepnorm(n_layers: int, *, over_encoder: bool = False) -> tuple[float, float]:
    """DeepNorm's two numbers for a stack: alpha, the weight of the residual, and beta, the gain of the starting weights.

        one stack of N:      alpha = (2N)^(1/4),           beta = (8N)^(-1/4)
        decoder of M over an encoder:    (3M)^(1/4),              (12M)^(-1/4)        arXiv:2203.00555, figure 2

    GLM-130B has one stack of 70 and took alpha = (2N)^(1/2) and beta = (2N)^(-1/2) instead.

    Args:
        n_layers: N, or M for a decoder.
        over_encoder: whether there is an encoder below.

    >>> [round(x, 3) for x in deepnorm(12)]
    [2.213, 0.319]
    """
    n = integer("deepnorm", "n_layers", n_layers, at_least=1)
    return ((3 * n) ** 0.25, (12 * n) ** -0.25) if over_encoder else ((2 * n) ** 0.25, (8 * n) ** -0.25)


def deepnorm_encoder(n_layers: int, n_decoder_layers: int) -> tuple[float, float]:
    """The same for an encoder below a decoder: 0.81 (N⁴ M)^(1/16) and 0.87 (N⁴ M)^(-1/16).

    Args:
        n_layers, n_decoder_layers: N and M.

    >>> [round(x, 3) for x in deepnorm_encoder(6, 6)]
    [1.418, 0.497]
    """
    n = integer("deepnorm_encoder", "n_layers", n_layers, at_least=1)
    m = integer("deepnorm_encoder", "n_decoder_layers", n_decoder_layers, at_least=1)
    return 0.81 * (n**4 * m) ** (1 / 16), 0.87 * (n**4 * m) ** (-1 / 16)
