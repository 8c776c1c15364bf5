"""One token after another: run the model on what is new, choose, append. The cache holds the rest.

A prompt that does not fit the context together with the new tokens is refused, not cropped: dropping its beginning would
change what the model answers without a word, and would make the cache useless.
Letters: b batch, t time, s all tokens so far, v vocabulary.
"""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from llm101.expect import integer
from llm101.generate.pick import Pick, greedy, sampler

__all__ = ["LanguageModel", "Pick", "extend", "generate", "greedy", "left_pad"]


class LanguageModel(Protocol):
    """What generation needs; llm101.models.CausalLM has it, and an EncoderDecoder `given` a source."""

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
    min_p: float | None = None,
    repetition_penalty: float = 1.0,
    generator: torch.Generator | None = None,
    stop: int | Collection[int] | None = None,
    keep: Tensor | None = None,
) -> Tensor:
    """Continue each row of ids. Rules apply in this order: repetition penalty, temperature, top-k, top-p, min-p.

    Args:
        model: a language model. It is put into evaluation mode meanwhile.
        ids: (b t) prompts of one length, at least one token; for several lengths see `left_pad`.
        max_new_tokens: at least 0.
        temperature: 0 = greedy, the most likely token each time; 1 = the model's own distribution.
        top_k: draw from the k most likely only; None = all.
        top_p: draw from the nucleus of this probability only; None = all.
        min_p: draw only from tokens at least so many times as likely as the likeliest; None = all.
        repetition_penalty: logits of tokens that have occurred, in the prompt too, are divided by it; 1 = none.
        generator: source of randomness; None = torch's global one.
        stop: id or ids after which a row is finished; the rest of the row repeats that id. None = never.
        keep: (b t) bool, True = a real token; pad on the left. None = all are real.

    Returns:
        (b t+n), prompt included; n is max_new_tokens, or less if every row has stopped.

    Raises:
        ValueError: the prompt and the new tokens together exceed the model's context, or a number is out of range.
    """
    pick = sampler(
        temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, repetition_penalty=repetition_penalty,
        generator=generator,
    )  # fmt: skip
    return extend(model, ids, max_new_tokens, pick, keep=keep, stop=stop)


@torch.no_grad()
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
        pick: (logits (b v), ids so far (b s), where -1 is padding) -> next ids (b). See `greedy` and `sampler`.
        keep: (b s) bool, True = a real token, counting cached ones; pad on the left. None = all are real.
        caches: a filled prefix, left as it was; None = none.

    Returns:
        (b t+n), prompt included.

    Raises:
        ValueError: as `generate`; or keep is not (b s), or a row of it ends in padding.
    """
    n_new = integer("generate", "max_new_tokens", max_new_tokens, at_least=0)
    caches = model.new_caches() if caches is None else [cache.copy() for cache in caches]
    n_cached = len(caches[0]) if caches else 0
    check(model, ids, n_new, n_cached, keep)
    t = ids.shape[1]
    for cache in caches:
        cache.reserve(n_cached + t + n_new)
    text, keep = F.pad(ids, (0, n_new)), None if keep is None else F.pad(keep, (0, n_new), value=True)
    seen = text if keep is None else text.masked_fill(~keep[:, n_cached:], -1)  # (b s), what pick may look at
    stops, done = stop_ids(stop, ids.device), torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
    new, was_training = ids, model.training
    model.train(False)
    try:
        for s in range(t, t + n_new):
            logits = next_logits(model, new, None if keep is None else keep[:, : n_cached + s], caches)  # (b v)
            new = pick(logits, seen[:, :s])[:, None]  # (b 1)
            new = torch.where(done[:, None], text[:, s - 1 : s], new) if len(stops) else new
            text[:, s : s + 1] = new
            if keep is not None:
                seen[:, s : s + 1] = new
            if len(stops):
                done = done | torch.isin(new[:, 0], stops)
                if done.all():
                    return text[:, : s + 1].contiguous()
    finally:
        model.train(was_training)
    return text


def next_logits(model: LanguageModel, new: Tensor, keep: Tensor | None, caches: Sequence) -> Tensor:
    """What the model says after the last of the new tokens (b t): logits (b v).

    Inference mode saves torch the notes it keeps for gradients. Its tensors could never be trained on, so the logits
    are copied out of it, and the caches must be nobody else's. FSDP would keep such tensors as its weights.
    """
    shared = torch.distributed.is_available() and torch.distributed.is_initialized()
    with torch.no_grad() if shared else torch.inference_mode():  # inference_mode(False) would record gradients
        logits = model(new, mask=keep, caches=caches)[:, -1]
    return logits.clone()


def left_pad(prompts: Sequence[Sequence[int]], pad: int = 0) -> tuple[Tensor, Tensor]:
    """Prompts of several lengths as one batch, padded in front so that all end together.

    Args:
        prompts: lists of ids, each with at least one.
        pad: the id put in front; any valid id, it is never seen.

    Returns:
        ids (b t) int64 and keep (b t) bool, for `generate(model, ids, n, keep=keep)`.

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
    several = () if stop is None else stop if isinstance(stop, Collection) else (stop,)
    ids = sorted(integer("generate", "stop", i, at_least=0, hint="It is a token's id.") for i in several)
    return torch.tensor(ids, dtype=torch.int64, device=device)


def check(model: LanguageModel, ids: Tensor, n_new: int, n_cached: int, keep: Tensor | None) -> None:
    """Raise before the first step, not after an hour."""
    if not isinstance(ids, Tensor) or ids.ndim != 2 or not ids.numel() or ids.dtype not in (torch.int64, torch.int32):
        what = f"{tuple(ids.shape)} {ids.dtype}" if isinstance(ids, Tensor) else f"a {type(ids).__name__}"
        raise ValueError(
            f"generate: ids must be a tensor of integers of shape (b t) with at least one token; got {what}. "
            "For one prompt write torch.tensor([prompt])."
        )
    n_prompt = n_cached + ids.shape[1]
    if model.max_len is not None and n_prompt + n_new > model.max_len:
        raise ValueError(
            f"generate: {n_prompt} + {n_new} new tokens do not fit the context of {model.max_len}; ask for at most "
            f"{max(0, model.max_len - n_prompt)} new tokens, or drop the oldest ones: ids[:, -n:]."
        )
    if keep is None:
        return
    if keep.shape != (len(ids), n_prompt) or keep.dtype != torch.bool:
        raise ValueError(
            f"generate: keep must be bool of shape (b s) = ({len(ids)}, {n_prompt}), cached tokens counted in; got "
            f"{tuple(keep.shape)} {keep.dtype}. left_pad() makes it."
        )
    if not keep[:, -1].all():
        row = int((~keep[:, -1]).nonzero()[0])
        raise ValueError(f"generate: row {row} ends in padding; pad on the left, see left_pad().")
