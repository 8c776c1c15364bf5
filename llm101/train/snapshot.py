"""Model and optimizer as named tensors and plain numbers, and back: what a checkpoint holds.

The names and shapes are those of the whole model, whatever the strategy, so a run may stop under FSDP on eight GPUs and
go on in one process.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from llm101.train.distributed import bare, drop_gathered, rank, shared_like, whole

SEPARATOR = "|"  # between the name of a parameter and that of an optimizer's tensor: "embed.tokens.weight|m"


class Snapshot(NamedTuple):
    """All of it on the CPU. On ranks other than 0 everything is empty."""

    model: dict[str, Tensor]  # the state_dict
    optimizer: dict[str, Tensor]  # "parameter|name" -> tensor
    numbers: dict[str, dict[str, Any]]  # parameter -> name -> int, float, bool or None
    groups: list[dict[str, Any]]  # settings, and the names of the parameters


def take(model: nn.Module, optimizer: Optimizer) -> Snapshot:
    """A copy of everything. All ranks must call it; rank 0 gets the result."""
    drop_gathered(model)
    model = bare(model)
    names = parameter_names(model)
    weights, tensors, numbers = {}, {}, {}
    for name, value in model.state_dict().items():
        weights[name] = copied(value)
    for parameter, state in optimizer.state.items():
        name = names[parameter]
        numbers[name] = {key: value for key, value in state.items() if not isinstance(value, Tensor)}
        for key, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"{name}{SEPARATOR}{key}"] = copied(value)
    groups = [group | {"params": [names[p] for p in group["params"]]} for group in optimizer.param_groups]
    return Snapshot(weights, tensors, numbers, groups) if rank() == 0 else Snapshot({}, {}, {}, [])


def copied(x: Tensor) -> Tensor:
    """The whole tensor on the CPU, sharing memory with nothing; nothing on ranks other than 0."""
    x = whole(x.detach())
    return x.cpu().contiguous().clone() if rank() == 0 else torch.empty(0)


@torch.no_grad()
def restore(snapshot: Snapshot, model: nn.Module, optimizer: Optimizer) -> None:
    """Put everything back, in place. Settings of the groups too, the learning rate among them.

    Args:
        snapshot: whole on every rank.
        model, optimizer: made like those that `take` was given, under any strategy.

    Raises:
        ValueError: names or shapes of the weights, or the parameters in the groups, are not the same.
    """
    drop_gathered(model)
    model = bare(model)
    own, names = model.state_dict(), parameter_names(model)
    same_weights(own, snapshot.model)
    for name, value in own.items():
        value.copy_(shared_like(snapshot.model[name], value))
    found = [[names[p] for p in group["params"]] for group in optimizer.param_groups]
    if found != [group["params"] for group in snapshot.groups]:
        raise ValueError(
            f"restore: the checkpoint's optimizer has groups of {[len(g['params']) for g in snapshot.groups]} parameters; "
            f"this one has {[len(g) for g in found]}, or others. Make the optimizer as it was made then."
        )
    parameters = {name: parameter for parameter, name in names.items()}
    optimizer.load_state_dict(as_torch_has_it(snapshot, parameters))


def as_torch_has_it(snapshot: Snapshot, parameters: dict[str, Tensor]) -> dict[str, Any]:
    """The state_dict of an optimizer, in which parameters are called by numbers."""
    number = {name: i for i, name in enumerate(name for group in snapshot.groups for name in group["params"])}
    state = {number[name]: dict(values) for name, values in snapshot.numbers.items()}
    for full_name, value in snapshot.optimizer.items():
        name, key = full_name.rsplit(SEPARATOR, 1)
        like = parameters[name]
        state[number[name]][key] = shared_like(value, like) if value.shape == like.shape else value
    groups = [
        {key: as_before(value) for key, value in group.items()} | {"params": [number[name] for name in group["params"]]}
        for group in snapshot.groups
    ]
    return {"state": state, "param_groups": groups}


def parameter_names(model: nn.Module) -> dict[Tensor, str]:
    """Each parameter's name; one that has two is called by the first."""
    return {parameter: name for name, parameter in model.named_parameters()}


def as_before(value: Any) -> Any:
    """JSON has no tuples; `betas` was one."""
    return tuple(value) if isinstance(value, list) else value


def same_weights(own: dict[str, Tensor], saved: dict[str, Tensor]) -> None:
    """Raise ValueError unless names and shapes agree."""
    for name in [*own, *saved]:
        here, there = (tuple(d[name].shape) if name in d else None for d in (own, saved))
        if here != there:
            raise ValueError(
                f"restore: the weight {name} has shape {here} in this model and {there} in the checkpoint "
                "(None = it is not there). Build the model with the sizes of the checkpoint."
            )
