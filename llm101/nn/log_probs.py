"""Probabilities kept as logarithms, because exp overflows above 88.7 in float32 and small products vanish.

log_sum_exp and log_softmax turn scores (logits) into log-probabilities; entropy, kl_divergence and perplexity measure
them. All in nats, along the last axis (v, the classes or the vocabulary). Half precision is computed in float32.

Shannon 1948 (entropy); Kullback & Leibler 1951 (divergence); Jelinek et al. 1977 (perplexity).
"""

import torch
from torch import Tensor

from llm101.expect import one_of

REDUCTIONS = ("mean", "sum", "none")


def log_sum_exp(x: Tensor, dim: int = -1, *, keepdim: bool = False) -> Tensor:
    """log Σ exp(x) without overflow: the largest entry is taken out first and put back afterwards.

        m + log Σ exp(x - m),    m = max x

    Differs from torch.logsumexp: where every entry is -inf the gradient is 0, not NaN; the value is -inf in both.

    Args:
        x: any shape; -inf is allowed and counts as probability 0.
        dim: the axis that is summed away.
        keepdim: True = leave that axis with size 1.

    Returns:
        x without `dim`, in at least float32.

    >>> log_sum_exp(torch.tensor([1e4, 1e4])).item() - 1e4 < 1
    True
    """
    x = widen(x)
    top = x.detach().amax(dim, keepdim=True)
    top = top.masked_fill(top.isinf(), 0.0)  # inf - inf would be NaN
    total = (x - top).exp().sum(dim, keepdim=True)
    empty = total == 0
    result = (total.masked_fill(empty, 1.0).log() + top).masked_fill(empty, -torch.inf)
    return result if keepdim else result.squeeze(dim)


def log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    """Scores to log-probabilities: x - log Σ exp(x), finite for any finite scores.

    The largest entry is subtracted first: with scores near 1e4 the other order would lose five digits.

    Args:
        x: scores (logits), any shape; -inf = impossible, and stays -inf.
        dim: the axis of the classes.

    Returns:
        The shape of x, in at least float32. NaN where every score is -inf, as in torch.

    >>> log_softmax(torch.tensor([0.0, 0.0])).exp()
    tensor([0.5000, 0.5000])
    """
    x = widen(x)
    shifted = x - x.detach().amax(dim, keepdim=True)
    return shifted - log_sum_exp(shifted, dim, keepdim=True)


def entropy(log_p: Tensor, *, reduction: str = "mean") -> Tensor:
    """-Σ p log p: nats that a perfect code needs for one item; 0 if certain, log v if all are alike.

    Args:
        log_p: log-probabilities (... v); -inf counts as 0.
        reduction: "mean" or "sum" over the items (...), or "none".

    Returns:
        One number, or (...) for "none".

    Raises:
        ValueError: `reduction` is another word.

    >>> round(entropy(torch.tensor([0.5, 0.5]).log()).item(), 4)
    0.6931
    """
    p = log_p.exp()
    finite = log_p.masked_fill(p == 0, 0.0)  # 0 log 0 = 0, also in the gradient
    return reduce("entropy", -(p * finite).sum(-1), reduction)


def kl_divergence(log_p: Tensor, log_q: Tensor, *, reduction: str = "mean") -> Tensor:
    """KL(p ‖ q) = Σ p (log p - log q): nats lost by coding p with a code made for q. Not symmetric; 0 only if p = q.

    Differs from torch.nn.functional.kl_div: p comes first, the sum over v is always taken, and 0 log 0 is 0.

    Args:
        log_p: log-probabilities (... v) of what is true; -inf counts as 0.
        log_q: log-probabilities (... v) of the model; -inf where p is positive makes the result inf.
        reduction: "mean" or "sum" over the items (...), or "none".

    Returns:
        One number, or (...) for "none".

    Raises:
        ValueError: the shapes differ, or `reduction` is another word.

    >>> round(kl_divergence(torch.tensor([1.0, 0.0]).log(), torch.tensor([0.5, 0.5]).log()).item(), 4)
    0.6931
    """
    same_shape("kl_divergence", log_p=log_p, log_q=log_q)
    p = log_p.exp()
    gap = log_p.masked_fill(p == 0, 0.0) - log_q.masked_fill(p == 0, 0.0)
    return reduce("kl_divergence", (p * gap).sum(-1), reduction)


def perplexity(nll: Tensor) -> Tensor:
    """exp(mean nll): the number of equally likely tokens among which the model might as well have guessed.

    Args:
        nll: -log p of each token, in nats, any shape. Pass every token, not means of sentences: a mean of means
            weighs the tokens of short sentences more.

    Returns:
        One number from 1 (certain and right) up; a uniform model over v tokens has v.

    >>> round(perplexity(torch.tensor([0.25, 0.25, 0.25]).log().neg()).item(), 4)
    4.0
    """
    return widen(nll).mean().exp()


def widen(x: Tensor) -> Tensor:
    """x in float32 if it was narrower, else as it is."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def reduce(owner: str, per_item: Tensor, reduction: str) -> Tensor:
    """The mean, the sum, or the values themselves."""
    one_of(owner, "reduction", reduction, REDUCTIONS)
    return per_item if reduction == "none" else per_item.sum() if reduction == "sum" else per_item.mean()


def same_shape(owner: str, **tensors: Tensor) -> None:
    """Raise ValueError unless both tensors have one shape: broadcasting (n) against (n 1) is a silent n by n."""
    (a, x), (b, y) = tensors.items()
    if x.shape != y.shape:
        raise ValueError(
            f"{owner}: {a} and {b} must have the same shape; got {tuple(x.shape)} and {tuple(y.shape)}. "
            "Reshape one of them; nothing is broadcast here."
        )
