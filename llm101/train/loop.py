"""The training loop: one function, for every model, loss and optimizer, on one process or on many.

What happens in a step, in the order of `fit`: seed, batch, loss and gradient, clipping, update, report.
Everything random in it is a function of (seed, step, rank), and so is the batch: a run that stops after any step and
goes on from its checkpoint makes the same numbers as one that never stopped.

Reading order of the package: loop, losses, precision, guard; batches, token_file; snapshot, checkpoint; distributed;
log, progress, flops; settings, config, build, run, __main__.
"""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from llm101.expect import integer, one_of
from llm101.optim.clip import clip_grad_norm, grad_norm
from llm101.optim.schedules import constant
from llm101.train.distributed import count_over_ranks, n_ranks, rank, sum_over_ranks, sync_only_if, whole
from llm101.train.guard import refuse_nonsense
from llm101.train.losses import Loss, moved
from llm101.train.precision import PRECISIONS, autocast, grad_scaler


@dataclass(frozen=True)
class FitConfig:
    """How to train; what is trained, on what and with which loss are arguments of `fit`.

    Args:
        steps: updates in all, those before a resume counted in.
        seed: of all that is random in a step (dropout); the order of the data is the affair of `batch_at`.
        max_norm: longest gradient that is left alone; None = no clipping.
        precision: "fp32", "bf16" or "fp16": what matrix products are computed in. Weights and optimizer stay as they are.
        schedule: step (counted from 1) -> factor on the learning rate that the optimizer was made with.
        bad_batches: folder for the batch of a step that went wrong; None = it is only attached to the error.
    """

    steps: int
    seed: int = 0
    max_norm: float | None = 1.0
    precision: str = "fp32"
    schedule: Callable[[int], float] = constant
    bad_batches: Path | None = None

    def __post_init__(self) -> None:
        integer("FitConfig", "steps", self.steps, at_least=0)
        integer("FitConfig", "seed", self.seed)
        one_of("FitConfig", "precision", self.precision, PRECISIONS)


@dataclass
class State:
    """How far a run has come. With the weights and the optimizer it is all that a resume needs.

    Args:
        step: updates made.
        n_targets: what the loss has counted so far (tokens), on all ranks.
        scaler: of fp16, see precision.py; {} otherwise.
        stop: why to stop after this step; "" = go on. A hook may set it. Not stored.
    """

    step: int = 0
    n_targets: int = 0
    scaler: dict[str, Any] = field(default_factory=dict)
    stop: str = ""


@dataclass(frozen=True)
class Step:
    """What `fit` reports after each update. The sizes are those of all ranks together.

    Args:
        step: updates made, this one counted in.
        loss: mean over all targets of this step, before the update.
        lr: learning rate of the first parameter group.
        grad_norm: length of the gradient before clipping.
        n_targets: targets in this step.
        seconds: wall time of this step, without hooks.
        skipped: True = fp16 found an overflow and left the weights alone.
    """

    step: int
    loss: float
    lr: float
    grad_norm: float
    n_targets: int
    seconds: float
    skipped: bool = False

    @property
    def targets_per_second(self) -> float:
        """Speed, on all ranks together."""
        return self.n_targets / self.seconds


def fit(
    model: nn.Module,
    optimizer: Optimizer,
    batch_at: Callable[[int], Sequence[Any]],
    loss: Loss,
    config: FitConfig,
    state: State | None = None,
    on_step: Callable[[Step], None] = lambda step: None,
) -> State:
    """Train until `config.steps` updates are made, or somebody sets `state.stop`.

    Args:
        model: called by `loss`; on its device, and already wrapped if there are several ranks (distributed.wrap).
        optimizer: of the model's parameters; its learning rates are the peaks of the schedule.
        batch_at: step, from 0 -> this rank's micro-batches, one or more; their gradients are added up. It must give the
            same for the same step. Tensors may be on any device.
        loss: `count` and `sum`, see losses.py. The loop adds both over micro-batches and ranks, and divides once.
        config: see FitConfig.
        state: where to go on, changed in place; None = from the beginning.
        on_step: called after each update: logging, evaluation, checkpoints. It may leave the model in any mode.

    Returns:
        state.

    Raises:
        NotFiniteError: the loss is NaN or infinite, or the gradient is (in fp16 such a step is only skipped). The weights
            are those before the step.
        ValueError: a step without targets.

    Sets the seed of torch's global generator in each step.
    """
    state = State() if state is None else state
    device = device_of(model)
    scaler = grad_scaler(config.precision, device, state.scaler)
    while state.step < config.steps and not state.stop:
        begin = time.perf_counter()
        torch.manual_seed(step_seed(config.seed, state.step, rank()))
        model.train()
        batches = batch_at(state.step)
        lr = set_rates(optimizer, config.schedule(state.step + 1))
        optimizer.zero_grad()
        mean, n_targets = backward(model, batches, loss, scaler, config.precision)
        scaler.unscale_(optimizer)
        norm = clipped(model, config.max_norm)
        value, length = torch.stack([mean, norm.to(mean)]).tolist()  # the only wait for a GPU in a step
        scaled = scaler.is_enabled() and scaler.get_scale() >= 1  # else it is no overflow that a smaller scale mends
        refuse_nonsense(state.step, value, length, batches, scaled=scaled, folder=config.bad_batches)
        scaler.step(optimizer)
        scaler.update()
        state.step, state.n_targets = state.step + 1, state.n_targets + n_targets
        state.scaler = scaler.state_dict()
        skipped = scaler.is_enabled() and not math.isfinite(length)
        on_step(Step(state.step, value, lr, length, n_targets, time.perf_counter() - begin, skipped))
    return state


def backward(
    model: nn.Module, batches: Sequence[Any], loss: Loss, scaler: torch.amp.GradScaler, precision: str
) -> tuple[Tensor, int]:
    """Add up the gradient of  Σ sum(batch) / Σ count(batch)  over all micro-batches of all ranks.

    The mean of the micro-batches' means is something else as soon as their counts differ: a token of a short
    micro-batch would weigh more. The number of ranks is put in because DDP and FSDP average the ranks' gradients.

    Returns:
        The mean loss (a tensor without dimensions, on the model's device) and the number of targets.
    """
    device = device_of(model)
    count = count_over_ranks(sum(loss.count(batch) for batch in batches), device)
    if count == 0:
        raise ValueError(f"fit: a step needs at least 1 target; got 0 in {len(batches)} micro-batches. See batch_at.")
    parts = []
    for i, batch in enumerate(batches):
        with sync_only_if(model, i == len(batches) - 1):
            with autocast(precision, device):
                part = loss.sum(model, moved(batch, device)) / count
            scaler.scale(part * n_ranks()).backward()
        parts.append(part.detach())
    return sum_over_ranks(torch.stack(parts).sum()), count


def clipped(model: nn.Module, max_norm: float | None) -> Tensor:
    """Clip the gradient if there is a limit; its length before that."""
    parameters = list(model.parameters())
    norm = grad_norm(parameters) if max_norm is None else clip_grad_norm(parameters, max_norm)
    return whole(norm)


def set_rates(optimizer: Optimizer, factor: float) -> float:
    """Set every group's learning rate to factor · its peak, which is remembered as `initial_lr` (torch's name for it)."""
    for group in optimizer.param_groups:
        if group["lr"] is not None:  # Adafactor's own rate
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * factor
    return float(optimizer.param_groups[0]["lr"] or 0.0)


def step_seed(seed: int, step: int, place: int) -> int:
    """A number of 63 bits that is another one for every seed, step and rank.

    >>> step_seed(0, 7, 0) == step_seed(0, 7, 0) != step_seed(0, 7, 1)
    True
    """
    return int.from_bytes(hashlib.blake2b(f"{seed} {step} {place}".encode(), digest_size=8).digest(), "big") >> 1


def device_of(model: nn.Module) -> torch.device:
    """Where the model's first parameter is."""
    return next(model.parameters()).device
