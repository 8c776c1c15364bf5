"""One token after another: run the model on what is new, choose, append. The cache holds the rest.

A prompt that does not fit the context together with the new tokens is refused, not cropped: dropping its beginning would
change what the model answers without a word, and would make the cache useless.
Letters: b batch, t time, s all tokens so far, v vocabulary.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from llm101.expect import integer, number
from llm101.generate import logits as rules

Pick = Callable[[Tensor, Tensor], Tensor]  # logits (b v) and ids so far (b s) -> the next ids (b)


class LanguageModel(Protocol):
    """What generation needs; llm101.models.CausalLM has it."""

    training: bool

    @property
    def max_len(self) -> int | None: ...
    def new_caches(self) -> list: ...
    def train(self, mode: bool = True) -> Any: ...
    def __call__(self, ids: Tensor, *, mask: Tensor | None = None, caches: Sequence | None = None) -> Tensor: ...


def generate(
    model: LanguageModel,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop: int | Collection[int] | None = None,
) -> Tensor:
    """Continue each row of ids. Rules apply in this order: temperature, top-k, top-p.

    Args:
        model: a language model. It is put into evaluation mode meanwhile.
        ids: (b t) prompts of one length, at least one token; for several lengths see `extend` and `left_pad`.
        max_new_tokens: at least 0.
        temperature: 0 = greedy, the most likely token each time; 1 = the model's own distribution.
        top_k: draw from the k most likely only; None = all.
        top_p: draw from the nucleus of this probability only; None = all.
        generator: source of randomness; None = torch's global one.
        stop: id or ids after which a row is finished; the rest of the row repeats that id. None = never.

    Returns:
        (b t+n), prompt included; n is max_new_tokens, or less if every row has stopped.

    Raises:
        ValueError: the prompt and the new tokens together exceed the model's context, or a number is out of range.
    """
    if number("generate", "temperature", temperature, at_least=0) == 0:
        return extend(model, ids, max_new_tokens, greedy, stop=stop)

    def pick(logits: Tensor, ids: Tensor) -> Tensor:
        logits = rules.with_temperature(logits, temperature)
        logits = logits if top_k is None else rules.keep_top_k(logits, top_k)
        logits = logits if top_p is None else rules.keep_top_p(logits, top_p)
        return rules.draw(logits, generator)

    return extend(model, ids, max_new_tokens, pick, stop=stop)


@torch.no_grad()  # not inference_mode: its tensors could not be trained on afterwards
def extend(
    model: LanguageModel,
    ids: Tensor,
    max_new_tokens: int,
    pick: Pick,
    *,
    keep: Tensor | None = None,
    stop: int | Collection[int] | None = None,
    caches: Sequence | None = None,
) -> Tensor:
    """Continue each row of ids with whatever `pick` chooses.

    Args:
        model, ids, max_new_tokens, stop: as in `generate`.
        pick: (logits (b v), ids so far (b s)) -> next ids (b).
        keep: (b s) bool, True = a real token, counting cached ones; pad on the left. None = all are real.
        caches: a filled prefix, left as it was; None = none.

    Returns:
        (b t+n), prompt included.

    Raises:
        ValueError: as `generate`; or a row of keep ends in padding.
    """
    n_new = integer("generate", "max_new_tokens", max_new_tokens, at_least=0)
    caches = model.new_caches() if caches is None else [cache.copy() for cache in caches]
    check(model, ids, n_new, len(caches[0]) if caches else 0, keep)
    stops = stop_ids(stop, ids.device)
    done = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)  # (b)
    new, was_training = ids, model.training
    model.train(False)
    try:
        for _ in range(n_new):
            logits = model(new, mask=keep, caches=caches)[:, -1]  # (b v)
            new = torch.where(done, ids[:, -1], pick(logits, ids))[:, None]  # (b 1)
            ids = torch.cat([ids, new], dim=1)  # (b s)
            keep = None if keep is None else F.pad(keep, (0, 1), value=True)
            done = done | torch.isin(new[:, 0], stops)
            if len(stops) and done.all():
                break
    finally:
        model.train(was_training)
    return ids


def greedy(logits: Tensor, ids: Tensor) -> Tensor:
    """The most likely token of each row (b v) -> (b); of equals the first."""
    return logits.argmax(-1)  # (b)


def left_pad(prompts: Sequence[Sequence[int]], pad: int = 0) -> tuple[Tensor, Tensor]:
    """Prompts of several lengths as one batch, padded in front so that all end together.

    Args:
        prompts: lists of ids, each with at least one.
        pad: the id put in front; any valid id, it is never seen.

    Returns:
        ids (b t) int64 and keep (b t) bool, for `extend(model, ids, n, pick, keep=keep)`.

    Raises:
        ValueError: no prompts, or an empty one.

    >>> left_pad([[5], [7, 8]])[0]
    tensor([[0, 5],
            [7, 8]])
    """
    empty = [i for i, prompt in enumerate(prompts) if not len(prompt)]
    if not len(prompts) or empty:
        raise ValueError(
            f"left_pad: expected prompts of at least one token; got {len(prompts)} prompts, empty: {empty}. "
            "Start an empty one with the tokenizer's start token."
        )
    t = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[pad] * (t - len(prompt)) + list(prompt) for prompt in prompts])  # (b t)
    lengths = torch.tensor([len(prompt) for prompt in prompts])  # (b)
    return ids, torch.arange(t) >= t - lengths[:, None]


def stop_ids(stop: int | Collection[int] | None, device: torch.device) -> Tensor:
    """One id, several or none, as an int64 tensor."""
    several = [stop] if isinstance(stop, int) else sorted(stop or ())
    return torch.tensor(several, dtype=torch.int64, device=device)


def check(model: LanguageModel, ids: Tensor, n_new: int, n_cached: int, keep: Tensor | None) -> None:
    """Raise before the first step, not after an hour."""
    if ids.ndim != 2 or not ids.shape[1] or ids.dtype not in (torch.int64, torch.int32):
        raise ValueError(
            f"generate: ids must be integers of shape (b t) with at least one token; got {tuple(ids.shape)} {ids.dtype}. "
            "For one prompt write torch.tensor([prompt])."
        )
    n_prompt = n_cached + ids.shape[1]
    if model.max_len is not None and n_prompt + n_new > model.max_len:
        raise ValueError(
            f"generate: {n_prompt} + {n_new} new tokens do not fit the context of {model.max_len}; ask for at most "
            f"{max(0, model.max_len - n_prompt)} new tokens, or drop the oldest ones: ids[:, -n:]."
        )
    if keep is not None and not keep[:, -1].all():
        row = int((~keep[:, -1]).nonzero()[0])
        raise ValueError(f"generate: row {row} ends in padding; pad on the left, see left_pad().")
