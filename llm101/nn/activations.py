"""Activations: what makes a stack of layers more than one matrix. Each by its formula; torch has faster kernels.

Bounded: sigmoid, tanh · half-lines: relu, leaky_relu, elu, softplus · smooth gates: silu, gelu and its two
approximations · a distribution: softmax · gated units, two tensors in, one out: glu, bilinear, reglu, geglu, swiglu.

What they are for is the bend, not "normalising", and not the gradient: a saturated unit passes none on (sigmoid's
slope is at most 1/4). That is the work of initialisation, residuals and norms.

Hendrycks & Gimpel 2016 (GELU, SiLU), arXiv:1606.08415; Clevert et al. 2015 (ELU), arXiv:1511.07289;
Ramachandran et al. 2017 (Swish), arXiv:1710.05941; Dauphin et al. 2016 (GLU), arXiv:1612.08083;
Shazeer 2020 (the GLU family), arXiv:2002.05202.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from llm101.nn.log_probs import log_softmax


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x)), in (0, 1). Slope σ(1 - σ), at most 1/4, at 0.

    Written as exp(-softplus(-x)): the gradient of the plain formula is NaN where exp(-x) overflows.
    """
    return (-softplus(-x)).exp()


def tanh(x: Tensor) -> Tensor:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)) = 2 σ(2x) - 1, in (-1, 1). Slope 1 - tanh², at most 1, at 0."""
    return x.tanh()


def relu(x: Tensor) -> Tensor:
    """max(0, x). Slope 0 or 1; at 0 it is taken to be 0. A unit that is negative for all data no longer learns."""
    return x.masked_fill(x <= 0, 0.0)


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """x if positive, else slope · x: a dead unit can come back."""
    return torch.where(x > 0, x, slope * x)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x if positive, else alpha (exp(x) - 1): runs smoothly into -alpha."""
    return torch.where(x > 0, x, alpha * x.clamp(max=0).expm1())


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)), a rounded relu; its slope is the sigmoid.

    Differs from torch.nn.functional.softplus, which returns x itself above 20 (2e-9 too little).
    """
    return torch.logaddexp(x, torch.zeros_like(x))


def silu(x: Tensor) -> Tensor:
    """x σ(x), also called Swish: relu with a soft gate. Smallest value -0.27846, at x = -1.27846."""
    return x * sigmoid(x)


def gelu(x: Tensor) -> Tensor:
    """x Φ(x), Φ the normal distribution function: the mean of x times a coin that shows 1 with probability Φ(x).

    Smallest value -0.16997, at x = -0.7518. BERT uses this form, GPT-1 and GPT-2 the tanh one; arXiv:1606.08415, section 2.
    """
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x: Tensor) -> Tensor:
    """GELU by its tanh approximation, at most 4.8e-4 off: what GPT-2 was trained with. One kernel of torch.

    0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x³)))      arXiv:1606.08415, section 2
    """
    return F.gelu(x, approximate="tanh")


def gelu_sigmoid(x: Tensor) -> Tensor:
    """x σ(1.702 x): the other approximation of the paper, at most 2.1e-2 off. arXiv:1606.08415, section 2."""
    return x * sigmoid(1.702 * x)


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """exp(x) / Σ exp(x): scores to probabilities, through `log_softmax`, in the dtype of x.

    Args:
        x: scores; -inf = probability 0.
        dim: the axis that sums to 1.

    >>> softmax(torch.tensor([1e4, 1e4, -1e4]))
    tensor([0.5000, 0.5000, 0.0000])
    """
    return log_softmax(x, dim).exp().to(x.dtype)


def glu(gate: Tensor, value: Tensor) -> Tensor:
    """σ(gate) · value, with gate = xW + b and value = xV + c: not bilinear, because of σ. arXiv:2002.05202, eq. 4.

    >>> glu(torch.tensor([0.0]), torch.tensor([3.0]))
    tensor([1.5000])
    """
    return sigmoid(gate) * value


def bilinear(gate: Tensor, value: Tensor) -> Tensor:
    """gate · value: GLU without an activation, linear in each of the two. arXiv:2002.05202, eq. 4."""
    return gate * value


def reglu(gate: Tensor, value: Tensor) -> Tensor:
    """relu(gate) · value. arXiv:2002.05202, eq. 5."""
    return relu(gate) * value


def geglu(gate: Tensor, value: Tensor) -> Tensor:
    """gelu(gate) · value: T5 v1.1, GLM-130B. arXiv:2002.05202, eq. 5."""
    return gelu(gate) * value


def swiglu(gate: Tensor, value: Tensor) -> Tensor:
    """silu(gate) · value: LLaMA, PaLM. A gate of Swish, and no GELU in it. arXiv:2002.05202, eq. 5, beta = 1."""
    return silu(gate) * value
