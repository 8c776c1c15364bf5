"""Several processes: the only file that knows about torch.distributed. Alone, every function here does next to nothing.

torchrun starts n processes (ranks) with the same program. Each has its share of the batch and computes its own
gradient; then the gradients are averaged.

    none   one process
    ddp    every rank has the whole model and optimizer             Li et al. 2020, arXiv:2006.15704
    fsdp   every rank has 1/n of each weight, gradient and optimizer state; a block's weights are gathered just before
           it computes and dropped after it                         Rajbhandari et al. 2019 (ZeRO, stage 3), arXiv:1910.02054;
                                                                    Zhao et al. 2023, arXiv:2304.11277; here: FSDP2
"""

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from llm101.expect import one_of

STRATEGIES = ("none", "ddp", "fsdp")


def rank() -> int:
    """This process's number, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def n_ranks() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def launched() -> bool:
    """Whether torchrun started this process."""
    return "WORLD_SIZE" in os.environ and "RANK" in os.environ


@contextmanager
def process_group(device_type: str):
    """Join the other processes that torchrun started, and leave them at the end; alone, do nothing.

    Yields:
        The device of this rank: GPU number LOCAL_RANK, or the CPU.
    """
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device(device_type, local) if device_type == "cuda" else torch.device(device_type)
    if not launched():
        yield device
        return
    if device_type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device_type == "cuda" else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


def wrap(model: nn.Module, strategy: str, blocks: Iterable[nn.Module] = ()) -> nn.Module:
    """Make the model ready for several ranks. Before the optimizer is made: FSDP replaces the parameters.

    Args:
        model: on its device, with the same weights on every rank.
        strategy: "none", "ddp" or "fsdp".
        blocks: the parts that fsdp gathers one at a time, usually the layers; what is left is gathered with the model.

    Returns:
        What to call. `bare(...)` is the model again.

    Raises:
        ValueError: another strategy, or none with several ranks, or several ranks without a process group.
    """
    one_of("wrap", "strategy", strategy, STRATEGIES)
    if strategy == "none" and n_ranks() > 1:
        raise ValueError(f"wrap: {n_ranks()} ranks need the strategy ddp or fsdp; got none, so each would train alone.")
    if strategy == "none":
        return model
    if not dist.is_initialized():
        raise ValueError(f"wrap: {strategy} needs a process group; got one lone process. Start with torchrun.")
    if strategy == "ddp":
        return nn.parallel.DistributedDataParallel(model)
    from torch.distributed.fsdp import fully_shard

    mesh = dist.init_device_mesh(next(model.parameters()).device.type, (n_ranks(),))
    for block in blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)  # in place
    return model


def bare(model: nn.Module) -> nn.Module:
    """The model inside the wrapper of DDP; fsdp changes a model in place."""
    return model.module if isinstance(model, nn.parallel.DistributedDataParallel) else model


def sync_only_if(model: nn.Module, last: bool) -> AbstractContextManager[None]:
    """Around forward and backward of a micro-batch: gradients are averaged over ranks after the last one only."""
    if isinstance(model, nn.parallel.DistributedDataParallel):
        return nullcontext() if last else model.no_sync()
    if (cut := as_fsdp(model)) is not None:
        cut.set_requires_gradient_sync(last)
    return nullcontext()


def as_fsdp(model: nn.Module) -> Any:
    """The model if fsdp has cut it, else None."""
    if not dist.is_initialized():
        return None
    from torch.distributed.fsdp import FSDPModule

    return model if isinstance(model, FSDPModule) else None


def drop_gathered(model: nn.Module) -> None:
    """Back to the parts: after a forward pass without a backward pass fsdp keeps the model's own weights gathered."""
    if (cut := as_fsdp(model)) is not None:
        cut.reshard()


def sum_over_ranks(x: Tensor) -> Tensor:
    """The sum of every rank's x, on every rank; x itself may be changed."""
    if n_ranks() > 1:
        dist.all_reduce(x)
    return x


def count_over_ranks(n: int, device: torch.device) -> int:
    """The sum of every rank's n."""
    return int(sum_over_ranks(torch.tensor(n, device=device))) if n_ranks() > 1 else n


def any_rank(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set on some rank: all answer alike, so all stop in the same step."""
    return count_over_ranks(int(flag), device) > 0


def from_first(value: Any) -> Any:
    """What rank 0 has, on every rank."""
    box = [value]
    if n_ranks() > 1:
        dist.broadcast_object_list(box)
    return box[0]


def is_cut(x: Tensor) -> bool:
    """Whether fsdp holds only a part of this tensor here."""
    if not dist.is_initialized():
        return False
    from torch.distributed.tensor import DTensor

    return isinstance(x, DTensor)


def whole(x: Tensor) -> Tensor:
    """A tensor that fsdp has cut, gathered again on every rank; others as they are. All ranks must call it."""
    return x.full_tensor() if is_cut(x) else x  # type: ignore[attr-defined]


def shared_like(x: Tensor, example: Tensor) -> Tensor:
    """The whole x, on the device of `example` and cut over the ranks as it is; the opposite of `whole`."""
    x = x.to(example.device)
    if not is_cut(example):
        return x
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(x, example.device_mesh, example.placements)  # type: ignore[attr-defined]
