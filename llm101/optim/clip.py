"""Clipping: a gradient that is too long is shortened, its direction kept.

Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, Algorithm 1. GPT-3, PaLM and LLaMA clip at 1.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from llm101.expect import number


def grad_norm(parameters: Iterable[Tensor]) -> Tensor:
    """Euclidean length of all gradients together, as if they were one long vector; those that are None count as 0.

    Returns:
        A tensor without dimensions.

    >>> weights = [torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)]
    >>> (weights[0].sum() * 2 + weights[1].sum()).backward()
    >>> grad_norm(weights)  # √(2² + 2² + 1²)
    tensor(3.)
    """
    norms = [torch.linalg.vector_norm(p.grad) for p in parameters if p.grad is not None]
    return (
        torch.linalg.vector_norm(torch.stack([norm.to(norms[0].device) for norm in norms]))
        if norms
        else torch.zeros(())
    )


@torch.no_grad()
def clip_grad_norm(parameters: Iterable[Tensor], max_norm: float) -> Tensor:
    """Multiply all gradients by min(1, max_norm / (norm + 1e-6)), in place. Call it between backward() and step().

    The 1e-6 is torch's; the paper has none. A norm of NaN or infinity spoils every gradient, so look at what is returned.
    With a GradScaler, unscale first.

    Args:
        parameters: all that share one norm, usually the whole model.
        max_norm: longest gradient that is left alone.

    Returns:
        The length before clipping, a tensor without dimensions: log it.

    Raises:
        ValueError: max_norm is not a positive number.
    """
    parameters = list(parameters)
    if number("clip_grad_norm", "max_norm", max_norm, at_least=0) == 0:
        raise ValueError("clip_grad_norm: max_norm must be above 0, or no gradient would be left; got 0")
    norm = grad_norm(parameters)
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    for p in parameters:
        if p.grad is not None:
            p.grad *= factor.to(p.grad.device)
    return norm
