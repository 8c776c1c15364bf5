"""When the numbers go wrong: stop before the update, and keep the batch that did it.

A NaN that gets into the weights never leaves them, and a log that says "loss: nan" a thousand steps later helps nobody.
The batch on disk can be loaded again:

    from safetensors.torch import load_file
    tensors = load_file("bad/step-00000123-rank-0.safetensors")      # "0/ids", "0/targets", "1/ids", ...
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from llm101.train.distributed import rank


class NotFiniteError(RuntimeError):
    """The loss or its gradient is NaN or infinite.

    Attributes:
        step: updates made before; the step that went wrong is this one, counted from 0.
        loss, grad_norm: what came out.
        batches: this rank's micro-batches.
        path: where they were written; None = nowhere.
    """

    def __init__(self, step: int, loss: float, grad_norm: float, batches: Sequence[Any], path: Path | None):
        self.step, self.loss, self.grad_norm, self.batches, self.path = step, loss, grad_norm, batches, path
        where = f"The batch is in {path}." if path else "The batch is in the error's `batches`."
        super().__init__(
            f"fit: expected a finite loss and gradient; got loss {loss:g} and gradient norm {grad_norm:g} in step {step}. "
            f"The weights are those before it. {where} Lower the learning rate, clip, or look for bad data."
        )


def refuse_nonsense(
    step: int, loss: float, grad_norm: float, batches: Sequence[Any], *, scaled: bool, folder: Path | None
) -> None:
    """Raise NotFiniteError if the loss or the gradient is NaN or infinite, after writing the batches.

    Args:
        step: the step, counted from 0.
        loss, grad_norm: of all ranks together, so that every rank decides alike.
        batches: this rank's micro-batches.
        scaled: fp16 with a scale that can still be halved. An infinite gradient is then part of finding the scale.
        folder: where to write; None = nowhere.
    """
    if math.isfinite(loss) and (scaled or math.isfinite(grad_norm)):
        return
    path = None if folder is None else keep(folder, step, loss, grad_norm, batches)
    raise NotFiniteError(step, loss, grad_norm, batches, path)


def keep(folder: Path, step: int, loss: float, grad_norm: float, batches: Sequence[Any]) -> Path:
    """Write this rank's micro-batches as safetensors, and step and loss as JSON beside them; the path of the tensors."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:08d}-rank-{rank()}.safetensors"
    save_file({name: tensor.detach().cpu().contiguous().clone() for name, tensor in named(batches)}, path)
    facts = {"step": step, "loss": repr(loss), "grad_norm": repr(grad_norm), "n_micro_batches": len(batches)}
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    return path


def named(value: Any, name: str = "") -> list[tuple[str, Tensor]]:
    """Every tensor in nested tuples, lists and dicts, with the way to it.

    >>> import torch
    >>> named([{"ids": torch.ones(2)}])
    [('0/ids', tensor([1., 1.]))]
    """
    if isinstance(value, Tensor):
        return [(name or "tensor", value)]
    if hasattr(value, "_asdict"):
        value = value._asdict()
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    return [found for key, part in pairs for found in named(part, f"{name}/{key}" if name else str(key))]
