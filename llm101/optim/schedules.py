"""Learning-rate schedules: pure functions of the step, counted from 0.

All but `noam` return a *factor* of the peak rate, in [0, 1]; put one on an optimizer whose lr is the peak:

>>> from llm101.optim import AdamW
>>> from torch.optim.lr_scheduler import LambdaLR
>>> optimizer = AdamW([torch.zeros(1, requires_grad=True)], lr=0.5)
>>> scheduler = LambdaLR(optimizer, lambda step: warmup_cosine(step, warmup=2, total=10))
>>> rates = []
>>> for step in range(4):
...     rates.append(optimizer.param_groups[0]["lr"])
...     optimizer.step()
...     scheduler.step()
>>> [round(rate, 3) for rate in rates]
[0.0, 0.25, 0.5, 0.483]

As here and in transformers, a warm-up starts at 0, so the very first update changes nothing. Call a schedule with
step + 1 if you want it to.
"""

import math

from llm101.expect import integer, number


def constant(step: int) -> float:
    """1, always."""
    return 1.0


def linear_warmup(step: int, warmup: int) -> float:
    """From 0 to 1 in `warmup` steps, then 1. Goyal et al. 2017, arXiv:1706.02677, section 2.2.

    >>> [linear_warmup(step, 4) for step in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    """
    return min(1.0, step / warmup) if warmup else 1.0


def warmup_cosine(step: int, warmup: int, total: int, final: float = 0.1) -> float:
    """Linear to 1, then half a cosine down to `final` at step `total`, and `final` after it.

    Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5 (without restarts). GPT-3, Gopher, LLaMA: final 0.1.

    Args:
        step: 0, 1, ...
        warmup: steps of the warm-up; 0 = none.
        total: where the cosine ends; after `warmup`.
        final: factor at the end.

    Raises:
        ValueError: total is not after warmup, or final is not in [0, 1].

    >>> [round(warmup_cosine(step, 10, 110), 3) for step in (0, 5, 10, 60, 110, 500)]
    [0.0, 0.5, 1.0, 0.55, 0.1, 0.1]
    """
    _in_order("warmup_cosine", warmup, total, final)
    if step < warmup:
        return step / warmup
    progress = min(1.0, (step - warmup) / (total - warmup))
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))


def inverse_sqrt(step: int, warmup: int) -> float:
    """Linear to 1, then √(warmup / step).

    T5 and PaLM have no warm-up but a first part that is constant: a *rate* of 1/√max(step, 10000).

    >>> [inverse_sqrt(step, 100) for step in (0, 50, 100, 400, 10_000)]
    [0.0, 0.5, 1.0, 0.5, 0.1]
    """
    warmup = integer("inverse_sqrt", "warmup", warmup, at_least=1)
    return min(step / warmup, math.sqrt(warmup / max(step, 1)))


def noam(step: int, d_model: int, warmup: int = 4000) -> float:
    """The *rate* (not a factor) of the 2017 Transformer, arXiv:1706.03762, equation 3; use it with lr=1.

        d_model^-0.5 · min(step^-0.5, step · warmup^-1.5)          the peak, at step = warmup: (d_model · warmup)^-0.5

    Differs from the paper: step 0 has rate 0.

    >>> round(noam(4000, 512), 6)
    0.000699
    """
    warmup = integer("noam", "warmup", warmup, at_least=1)
    d_model = integer("noam", "d_model", d_model, at_least=1)
    return d_model**-0.5 * min(max(step, 1) ** -0.5, step * warmup**-1.5)


def wsd(step: int, warmup: int, total: int, decay: int, final: float = 0.0) -> float:
    """Warm-up, stable, decay: linear to 1, then 1, and in the last `decay` of `total` steps linear to `final`.

    The stable part can go on for as long as there is data; a decay from any of its steps gives a finished model.
    Hu et al. 2024 (MiniCPM), arXiv:2404.06395, section 4. Differs from the paper: linear (it decays exponentially);
    Hägele et al. 2024, arXiv:2405.18392, compare the shapes.

    Args:
        step, warmup, final: as in `warmup_cosine`.
        total: steps in all.
        decay: steps of the last part; with the warm-up no more than total.

    Raises:
        ValueError: the parts are longer than the whole, or final is not in [0, 1].

    >>> [wsd(step, 10, 100, 20) for step in (0, 5, 10, 80, 90, 100, 150)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0]
    """
    _in_order("wsd", warmup, total, final)
    decay = integer("wsd", "decay", decay, at_least=1, at_most=total - warmup, hint="It is the last part of total.")
    if step < warmup:
        return step / warmup
    left = max(0.0, min(1.0, (total - step) / decay))
    return final + (1 - final) * left


def batch_ramp(seen: int, *, first: int, last: int, over: int, multiple: int = 1) -> int:
    """Batch size after `seen` tokens: linear in them from `first` to `last`, rounded down to a multiple.

    GPT-3, arXiv:2005.14165, appendix B: from 32k tokens to the full batch over the first 4 to 12 billion tokens.

    Args:
        seen: tokens (or sequences) so far.
        first, last: size of the first and of the full batch, in the unit you like, multiples of `multiple`.
        over: the number of tokens after which the batch is full.
        multiple: what the size must be a multiple of (devices times micro-batch).

    Returns:
        An int between first and last.

    Raises:
        ValueError: first, last or multiple is below 1, over is negative, or a size is no multiple.

    >>> [batch_ramp(seen, first=8, last=64, over=1000, multiple=8) for seen in (0, 500, 999, 1000, 5000)]
    [8, 32, 56, 64, 64]
    """
    multiple = integer("batch_ramp", "multiple", multiple, at_least=1)
    for name, size in (("first", first), ("last", last)):
        if integer("batch_ramp", name, size, at_least=1) % multiple:
            raise ValueError(f"batch_ramp: {name} ({size}) must be a multiple of multiple ({multiple})")
    if seen >= integer("batch_ramp", "over", over, at_least=0):
        return last
    return (first * over + (last - first) * seen) // over // multiple * multiple


def _in_order(owner: str, warmup: int, total: int, final: float) -> None:
    warmup = integer(owner, "warmup", warmup, at_least=0)
    integer(owner, "total", total, at_least=warmup + 1, hint=f"It must come after the warm-up of {warmup} steps.")
    number(owner, "final", final, at_least=0, at_most=1, hint="It is a share of the peak.")
