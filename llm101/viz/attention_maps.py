"""What every head of a trained model looks at, and how to find a head by what it does.

A score is the mean weight that a head puts where it should if it did a certain job: `previous` for a head that looks
one token back, `after_last_time` for an induction head, which looks at what came after the token the last times.
A pattern is not yet a cause: to know what a head is good for, take it away (`without_head`).

Letters: l layers, b batch, h heads, t query time, s key time (here as long as t).
Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits" (no arXiv number); Olsson et al. 2022,
arXiv:2209.11895 (the score of induction heads there is called prefix matching).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from llm101.expect import integer
from llm101.nn.attention import Attention, attention_weights, share_heads
from llm101.nn.masks import distance


def attentions(model: nn.Module) -> list[Attention]:
    """The attentions of a model, first layer first.

    Raises:
        ValueError: there is none, or one has a kernel with weights of its own (ShawRelative, XLRelative).
    """
    found = [module for module in model.modules() if isinstance(module, Attention)]
    own = sum(isinstance(layer.attend, nn.Module) for layer in found)
    if not found or own:
        raise ValueError(
            f"attention_maps: expected a model with Attention layers whose kernel is a function; got {len(found)} "
            f"layers, {own} of them with a kernel that has weights. Use attend=fused or scaled_dot_product."
        )
    return found


@torch.no_grad()
def attention_maps(model: nn.Module, ids: Tensor) -> Tensor:
    """The attention weights of every layer and head while the model reads; afterwards it is as it was.

    Args:
        model: with one stack of `Attention` layers, called `model(ids)`.
        ids: (b t).

    Returns:
        (l b h t s); every row sums to 1.

    Raises:
        ValueError: see `attentions`.
    """
    maps: list[Tensor] = []

    def recording(
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None = None,
        bias: Tensor | None = None,
        *,
        causal: bool = False,
        scale: float | None = None,
    ) -> Tensor:
        weights = attention_weights(q, k, mask, bias, causal=causal, scale=scale)  # (b h t s)
        maps.append(weights)
        return weights.to(v.dtype) @ share_heads(v, q.shape[1])  # (b h t k)

    layers = attentions(model)
    kernels = [layer.attend for layer in layers]
    try:
        for layer in layers:
            layer.attend = recording
        model(ids)
    finally:
        for layer, kernel in zip(layers, kernels, strict=True):
            layer.attend = kernel
    return torch.stack(maps)  # (l b h t s)


def previous(ids: Tensor) -> Tensor:
    """Where a head looks that looks one token back: (b t s) bool.

    >>> previous(torch.tensor([[7, 5, 7]])).int().tolist()
    [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]]
    """
    b, t = ids.shape
    return (distance(t, device=ids.device) == 1).expand(b, t, t)  # (b t s)


def after_last_time(ids: Tensor) -> Tensor:
    """Where an induction head looks: every key that stands right behind an earlier occurrence of the query's token.

    Args:
        ids: (b t).

    Returns:
        (b t s) bool; a row is all False where the token is new.

    >>> after_last_time(torch.tensor([[7, 5, 7]])).int().tolist()  # the second 7 looks at the 5
    [[[0, 0, 0], [0, 0, 0], [0, 1, 0]]]
    """
    same = (ids[:, :, None] == ids[:, None, :]).tril(-1)  # (b t s): an earlier token equals this one
    return nn.functional.pad(same[:, :, :-1], (1, 0))  # (b t s): one key further on


def head_scores(maps: Tensor, targets: Tensor) -> Tensor:
    """The mean weight that each head puts on the targets, over all queries that have one.

    Args:
        maps: (l b h t s), from `attention_maps`.
        targets: (b t s) bool, from `previous` or `after_last_time` of the same ids.

    Returns:
        (l h), from 0 to 1.

    Raises:
        ValueError: no query has a target.
    """
    asking = targets.any(-1)  # (b t)
    if not asking.any():
        raise ValueError(f"head_scores: none of the {asking.numel()} queries has a target; give longer or other texts")
    on_target = (maps * targets[:, None]).sum(-1).movedim(2, 1)  # (l h b t)
    return on_target[..., asking].mean(-1)  # (l h)


@contextmanager
def without_head(model: nn.Module, layer: int, head: int) -> Iterator[None]:
    """Inside this context the head says nothing: its columns of the output projection are 0. Counted from 0.

    Raises:
        ValueError: there is no such layer or head.
    """
    layers = attentions(model)
    integer("without_head", "layer", layer, at_least=0, at_most=len(layers) - 1)
    attention = layers[layer]
    integer("without_head", "head", head, at_least=0, at_most=attention.n_heads - 1)
    weight = attention.o_proj.weight
    columns = slice(head * attention.head_dim, (head + 1) * attention.head_dim)
    kept = weight.detach()[:, columns].clone()
    try:
        weight.data[:, columns] = 0
        yield
    finally:
        weight.data[:, columns] = kept
