"""Losses: how wrong is a prediction? Pure functions of tensors, each by its formula and its gradient.

Numbers: mse, mae, huber · yes or no: binary_cross_entropy, hinge · one of v: cross_entropy, soft_cross_entropy, focal ·
order: margin_ranking · distributions: entropy, kl_divergence, perplexity (log_probs.py).

Every loss takes `reduction`: "mean" (default), "sum", or "none" = one value an item; nothing is averaged twice, so a
loop may sum over ragged batches and divide once. Logits go in, never probabilities. Classes stand on the last axis (v)
(torch has them on axis 1). Half precision is computed, and returned, in float32.
"""

import torch
from torch import Tensor

from llm101.expect import integer, number, one_of
from llm101.nn.activations import relu, softplus
from llm101.nn.log_probs import (
    REDUCTIONS,
    entropy,
    kl_divergence,
    log_softmax,
    log_sum_exp,
    perplexity,
    reduce,
    same_shape,
    widen,
)

__all__ = [
    "binary_cross_entropy",
    "cross_entropy",
    "entropy",
    "focal",
    "hinge",
    "huber",
    "kl_divergence",
    "log_softmax",
    "log_sum_exp",
    "mae",
    "margin_ranking",
    "mse",
    "perplexity",
    "soft_cross_entropy",
]


def mse(x: Tensor, y: Tensor, *, reduction: str = "mean") -> Tensor:
    """Squared error (x - y)². Best constant: the mean. Gradient 2 (x - y): far points pull hardest.

    It is the negative log-likelihood of Gaussian noise of fixed variance, times 2 variance, less a constant.

    Args:
        x, y: predictions and targets, same shape.
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: the shapes differ, or `reduction` is another word.

    >>> mse(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.0]))
    tensor(5.)
    """
    same_shape("mse", x=x, y=y)
    return reduce("mse", (widen(x) - y).square(), reduction)


def mae(x: Tensor, y: Tensor, *, reduction: str = "mean") -> Tensor:
    """Absolute error |x - y|. Best constant: the median. Gradient ±1 (0 at 0): far points pull like near ones.

    Args, Raises:
        as `mse`.

    >>> mae(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.0]))
    tensor(2.)
    """
    same_shape("mae", x=x, y=y)
    return reduce("mae", (widen(x) - y).abs(), reduction)


def huber(x: Tensor, y: Tensor, *, delta: float = 1.0, reduction: str = "mean") -> Tensor:
    """Squared near 0, straight beyond `delta`: smooth like `mse`, calm about outliers like `mae`.

        e²/2 if |e| <= delta, else delta (|e| - delta/2),   e = x - y                Huber 1964

    Args:
        x, y: as in `mse`.
        delta: where the parabola ends, in units of x; more than 0.
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: the shapes differ, delta is not positive, or `reduction` is another word.

    >>> huber(torch.tensor([0.5, 3.0]), torch.tensor([0.0, 0.0]), reduction="none")
    tensor([0.1250, 2.5000])
    """
    same_shape("huber", x=x, y=y)
    if number("huber", "delta", delta, at_least=0) == 0:
        raise ValueError("huber: delta must be more than 0; got 0. Use mae for a loss that is straight everywhere.")
    size = (widen(x) - y).abs()
    near = size.clamp(max=delta)
    return reduce("huber", near * (size - near / 2), reduction)


def hinge(scores: Tensor, signs: Tensor, *, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """max(0, margin - sign · score): nothing to pay once the score is on the right side by `margin` (SVM).

    Args:
        scores: real numbers, any shape.
        signs: +1 or -1, same shape.
        margin: in units of the scores.
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: the shapes differ, or `reduction` is another word.

    >>> hinge(torch.tensor([2.0, 0.5]), torch.tensor([1.0, -1.0]), reduction="none")
    tensor([0.0000, 1.5000])
    """
    same_shape("hinge", scores=scores, signs=signs)
    return reduce("hinge", relu(margin - signs * widen(scores)), reduction)


def margin_ranking(better: Tensor, worse: Tensor, *, margin: float = 0.0, reduction: str = "mean") -> Tensor:
    """max(0, margin - (better - worse)): two scores in the right order, at least `margin` apart, cost nothing.

    Differs from torch.nn.functional.margin_ranking_loss: no third tensor of signs; say which one is better.

    Args:
        better, worse: scores of the item that should win and of the one that should not, same shape.
        margin: how far apart they should be, in units of the scores.
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: the shapes differ, or `reduction` is another word.

    >>> margin_ranking(torch.tensor([2.0, 1.0]), torch.tensor([0.0, 0.9]), margin=1.0, reduction="none")
    tensor([0.0000, 0.9000])
    """
    same_shape("margin_ranking", better=better, worse=worse)
    return reduce("margin_ranking", relu(margin - (widen(better) - worse)), reduction)


def binary_cross_entropy(logits: Tensor, targets: Tensor, *, reduction: str = "mean") -> Tensor:
    """-y log σ(z) - (1 - y) log(1 - σ(z)), from the logit z; gradient σ(z) - y.

    Written with softplus, log(1 + exp(z)), so that a confident logit neither overflows nor loses its digits.

    Args:
        logits: z, any shape.
        targets: y, probabilities of "yes" (often 0 or 1), same shape.
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: the shapes differ, or `reduction` is another word.

    >>> binary_cross_entropy(torch.tensor([1e4, -1e4]), torch.tensor([1.0, 1.0]), reduction="none")
    tensor([    0., 10000.])
    """
    same_shape("binary_cross_entropy", logits=logits, targets=targets)
    z = widen(logits)
    return reduce("binary_cross_entropy", targets * softplus(-z) + (1 - targets) * softplus(z), reduction)


def cross_entropy(
    logits: Tensor, ids: Tensor, *, ignore_index: int = -100, label_smoothing: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """-log softmax(z)[id], the negative log-likelihood of the right class; gradient softmax(z) - one_hot(id).

    With smoothing ε the target is (1 - ε) one_hot + ε / v (Szegedy et al. 2016, section 7, arXiv:1512.00567).

    Args:
        logits: (... v); -inf = impossible.
        ids: (...), whole numbers from 0 to v - 1, or `ignore_index`.
        ignore_index: an id that costs nothing and does not count in the mean: padding.
        label_smoothing: ε from 0 to 1.
        reduction: "mean" over the ids that are not ignored, "sum", or "none" = (...), 0 where ignored.

    Returns:
        Nats. "mean" over nothing but ignored ids is NaN, as in torch.

    Raises:
        ValueError: ids do not have the shape of logits without v, are not whole numbers, ε is outside [0, 1], or
            `reduction` is another word.
        RuntimeError: an id is not below v (raised by torch).

    >>> cross_entropy(torch.zeros(2, 4), torch.tensor([3, -100])).exp()
    tensor(4.)
    """
    number("cross_entropy", "label_smoothing", label_smoothing, at_least=0, at_most=1)
    one_of("cross_entropy", "reduction", reduction, REDUCTIONS)
    log_p, keep, right = pick("cross_entropy", logits, ids, ignore_index)
    per_item = -right
    if label_smoothing:
        per_item = (1 - label_smoothing) * per_item - label_smoothing * log_p.mean(-1)
    return over_kept(per_item, keep, reduction)


def soft_cross_entropy(logits: Tensor, probs: Tensor, *, reduction: str = "mean") -> Tensor:
    """-Σ y log softmax(z) = H(y) + KL(y ‖ softmax(z)): the target y is a distribution; gradient softmax(z) - y.

    Args:
        logits: (... v).
        probs: (... v), each row sums to 1.
        reduction: "mean" or "sum" over the items (...), or "none".

    Raises:
        ValueError: the shapes differ, or `reduction` is another word.

    >>> soft_cross_entropy(torch.zeros(4), torch.tensor([0.7, 0.1, 0.1, 0.1])).exp()
    tensor(4.)
    """
    same_shape("soft_cross_entropy", logits=logits, probs=probs)
    log_p = log_softmax(logits).masked_fill(probs == 0, 0.0)  # 0 · -inf = 0
    return reduce("soft_cross_entropy", -(probs * log_p).sum(-1), reduction)


def focal(
    logits: Tensor, ids: Tensor, *, gamma: float = 2.0, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """-(1 - p)^gamma log p with p = softmax(z)[id]: cross-entropy that cares less about what is right already.

    Lin et al. 2017, equation 4, arXiv:1708.02002. Differs from the paper: softmax over v classes instead of one sigmoid
    (the same for two classes), no class weights (alpha).

    Args:
        logits, ids, ignore_index, reduction: as in `cross_entropy`.
        gamma: 0 = cross-entropy; the paper takes 2.

    Raises:
        ValueError: gamma is negative, or as in `cross_entropy`.

    >>> focal(torch.zeros(1, 2), torch.tensor([0])) / cross_entropy(torch.zeros(1, 2), torch.tensor([0]))
    tensor(0.2500)
    """
    number("focal", "gamma", gamma, at_least=0)
    one_of("focal", "reduction", reduction, REDUCTIONS)
    log_p, keep, right = pick("focal", logits, ids, ignore_index)
    is_right = torch.zeros_like(log_p, dtype=torch.bool).scatter(-1, ids.masked_fill(~keep, 0).long()[..., None], True)
    # log(1 - p) from the other classes: 1 - p itself would be 0 as soon as p rounds to 1.
    log_miss = log_sum_exp(log_p.masked_fill(is_right, -torch.inf))
    weight = (gamma * log_miss).exp() if gamma else 1.0
    return over_kept(-weight * right, keep, reduction)


def pick(owner: str, logits: Tensor, ids: Tensor, ignore_index: int) -> tuple[Tensor, Tensor, Tensor]:
    """Log-probabilities (... v), which items count (...), and the log-probability of each item's id (...)."""
    integer(owner, "ignore_index", ignore_index)
    if ids.is_floating_point() or ids.dtype == torch.bool:
        raise ValueError(f"{owner}: ids must be whole numbers; got {ids.dtype}. For distributions: soft_cross_entropy.")
    if logits.shape[:-1] != ids.shape:
        raise ValueError(
            f"{owner}: ids must have the shape of logits without the last axis, {tuple(logits.shape[:-1])}; "
            f"got {tuple(ids.shape)}. Classes stand last."
        )
    log_p, keep = log_softmax(logits), ids != ignore_index
    right = log_p.gather(-1, ids.masked_fill(~keep, 0).long().unsqueeze(-1)).squeeze(-1)
    return log_p, keep, right


def over_kept(per_item: Tensor, keep: Tensor, reduction: str) -> Tensor:
    """0 where not kept; the mean divides by the number kept."""
    per_item = per_item.masked_fill(~keep, 0.0)
    if reduction == "none":
        return per_item
    return per_item.sum() / keep.sum() if reduction == "mean" else per_item.sum()
