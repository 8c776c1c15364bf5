"""How much memory a piece of code holds at its worst moment, counted tensor by tensor: the same number every time.

Measured from outside (resident memory of the process) it would depend on the allocator and on what ran before.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Footprint(TorchDispatchMode):
    """Watches every operation and keeps count of the storages that are alive."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = self.largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation, then look at what it made."""
        given = {x.untyped_storage()._cdata for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)}
        result = func(*args, **(kwargs or {}))
        for made in tree_leaves(result):
            if isinstance(made, torch.Tensor) and made.untyped_storage()._cdata not in given:
                storage = made.untyped_storage()
                self.alive[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
                self.largest = max(self.largest, storage.nbytes())
        self.alive = {at: entry for at, entry in self.alive.items() if not entry[0].expired()}
        self.peak = max(self.peak, sum(size for _, size in self.alive.values()))
        return result


def footprint(run: Callable[[], object]) -> tuple[int, int]:
    """Bytes that `run()` holds in tensors it made: all together at the worst moment, and the largest single one.

    Not counted: what was there before, and what a fused kernel of torch uses inside. For the CPU: on another device the
    backward pass runs in a thread that is not watched.

    Args:
        run: called once; what it returns is dropped.

    >>> x = torch.ones(1000)  # 4,000 bytes
    >>> footprint(lambda: (x + 1) * 2 + 3)  # two at a time: an argument and a result
    (8000, 4000)
    """
    with _Footprint() as seen:
        run()
    return seen.peak, seen.largest
