"""llm101: the reference implementations behind the course.

Reading order: corpora and tokenizers (text and its pieces), nn (parts), models (families), generate, check.
"""

import os
import random

__version__ = "0.1.0"
__all__ = ["preset", "setup", "show"]

from llm101.show import show


def setup(seed: int = 0) -> None:
    """First line of every lesson: seed Python, numpy and torch, and use one thread.

    One thread, because two trainings at once on two cores take seven times as long with two threads each,
    and because the same thread count gives the same bits on one machine.

    Args:
        seed: any integer; the lessons use 0 unless they say otherwise.
    """
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True, warn_only=True)


def preset() -> str:
    """`"gpu"` if LLM101_PRESET says so, else `"cpu"`. A lesson reads its sizes from a dict with these two keys.

    Raises:
        ValueError: LLM101_PRESET is neither.
    """
    from llm101.expect import one_of

    return one_of("LLM101_PRESET", "preset", os.environ.get("LLM101_PRESET", "cpu"), ["cpu", "gpu"])
