"""How the weights start. The scale matters: 0.02 suits width 768 and leaves a width of 64 on a plateau.

Radford et al. 2019 (GPT-2), section 2.3: "We scale the weights of residual layers at initialization by a factor of
1/√N where N is the number of residual layers." Two of them a block: attention and feed-forward.
"""

import math

import torch
from torch import nn

from llm101.expect import integer, number

ENDS_OF_BRANCHES = ("o_proj", "down")  # what each residual branch of a block ends in


@torch.no_grad()
def gpt2_init(model: nn.Module, *, std: float = 0.02, n_layers: int, generator: torch.Generator | None = None) -> None:
    """Normal weights, zero biases; the last layer of each residual branch smaller by 1/sqrt(2 n_layers). In place.

    Norms are left as they were made (gain 1, offset 0).
    Differs from the paper: position vectors take `std` too, as in transformers (OpenAI's code has 0.01 for them).

    Args:
        model: its Linear, Embedding and bare position tables are filled.
        std: standard deviation. GPT-2: 0.02. For a width d below about 256 take about 0.64 / sqrt(d).
        n_layers: blocks, l.
        generator: source of randomness; None = torch's global one.
    """
    std = number("gpt2_init", "std", std, at_least=0)
    n_branches = 2 * integer("gpt2_init", "n_layers", n_layers, at_least=1)
    for name, weight in model.named_parameters():
        owner = name.split(".")[-2] if "." in name else ""
        if weight.ndim > 1:
            small = owner in ENDS_OF_BRANCHES
            nn.init.normal_(weight, std=std / math.sqrt(n_branches) if small else std, generator=generator)
        elif name.endswith("bias"):
            nn.init.zeros_(weight)
