"""How the weights start. The scale matters: 0.02 suits width 768 and leaves a width of 64 on a plateau.

glorot_ and he_ fill one matrix so that signals neither grow nor shrink from layer to layer. Whole models: gpt2_init,
transformer_init (2017), deepnorm_init, normal_init (LLaMA in transformers).

Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks";
He et al. 2015, arXiv:1502.01852. Radford et al. 2019 (GPT-2), section 2.3: "We scale the weights of residual layers at
initialization by a factor of 1/√N where N is the number of residual layers." Two a block: attention and feed-forward.
"""

import math

import torch
from torch import Tensor, nn

from llm101.expect import integer, number
from llm101.nn.absolute import LearnedPositions

ENDS_OF_BRANCHES = ("o_proj", "down")  # what each residual branch of a block ends in
SHRUNK_BY_DEEPNORM = ("v_proj", "o_proj", "up", "gate", "down")  # not the queries and keys


def fans(weight: Tensor) -> tuple[int, int]:
    """Inputs and outputs of a layer: a Linear's weight is (n_out n_in); a convolution's further axes multiply both.

    Raises:
        ValueError: the weight has fewer than two axes.

    >>> fans(torch.zeros(7, 3))
    (3, 7)
    """
    if weight.ndim < 2:
        raise ValueError(f"fans: weight must have at least 2 axes; got {weight.ndim}. Biases start at 0.")
    field = weight[0, 0].numel()
    return weight.shape[1] * field, weight.shape[0] * field


@torch.no_grad()
def glorot_(
    weight: Tensor, *, gain: float = 1.0, uniform: bool = False, generator: torch.Generator | None = None
) -> Tensor:
    """Fill with variance gain² · 2 / (n_in + n_out), in place: a compromise between forward and backward.

    Made for units with slope 1 at 0 (tanh). Xavier Glorot & Yoshua Bengio 2010, equations 12 and 16.

    Args:
        weight: (n_out n_in), or a convolution's.
        gain: factor on the standard deviation; 0 or more.
        uniform: False = normal; True = evenly between ±sqrt(3 variance), as in the paper.
        generator: source of randomness; None = torch's global one.

    Returns:
        weight.

    Raises:
        ValueError: fewer than two axes, or a negative gain.

    >>> glorot_(torch.empty(2, 3)).shape
    torch.Size([2, 3])
    """
    n_in, n_out = fans(weight)
    return fill(weight, number("glorot_", "gain", gain, at_least=0) * math.sqrt(2 / (n_in + n_out)), uniform, generator)


@torch.no_grad()
def he_(
    weight: Tensor, *, gain: float = math.sqrt(2), uniform: bool = False, generator: torch.Generator | None = None
) -> Tensor:
    """Fill with variance gain² / n_in, in place. The gain √2 makes up for relu, which halves the mean square.

    He et al. 2015, equation 10, arXiv:1502.01852 ("Kaiming", after Kaiming He). gain 1 is LeCun's rule.

    Args, Returns, Raises:
        as `glorot_`.

    >>> he_(torch.empty(2, 3)).shape
    torch.Size([2, 3])
    """
    n_in, _ = fans(weight)
    return fill(weight, number("he_", "gain", gain, at_least=0) / math.sqrt(n_in), uniform, generator)


def fill(weight: Tensor, std: float, uniform: bool, generator: torch.Generator | None) -> Tensor:
    """Normal, or uniform, with mean 0 and this standard deviation; in place."""
    if uniform:
        return weight.uniform_(-math.sqrt(3) * std, math.sqrt(3) * std, generator=generator)
    return weight.normal_(0.0, std, generator=generator)


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
    fill_normal(model, std, std / math.sqrt(n_branches), generator)


def normal_init(model: nn.Module, *, std: float = 0.02, generator: torch.Generator | None = None) -> None:
    """Every matrix normal with one spread, biases zero, norms left. In place.

    What transformers does for LLaMA, whose paper does not say; BERT and T5 have rules of their own.

    Args:
        model, std, generator: as in `gpt2_init`.
    """
    std = number("normal_init", "std", std, at_least=0)
    fill_normal(model, std, std, generator)


@torch.no_grad()
def fill_normal(model: nn.Module, std: float, std_at_ends: float, generator: torch.Generator | None) -> None:
    """Normal matrices, with another spread at the ends of branches, and zero biases; in place."""
    for name, weight in model.named_parameters():
        owner = name.split(".")[-2] if "." in name else ""
        if weight.ndim > 1:
            nn.init.normal_(weight, std=std_at_ends if owner in ENDS_OF_BRANCHES else std, generator=generator)
        elif name.endswith("bias"):
            nn.init.zeros_(weight)


@torch.no_grad()
def transformer_init(model: nn.Module, *, gain: float = 1.0, generator: torch.Generator | None = None) -> None:
    """Every matrix by Glorot (uniform), embedding tables normal with 1/sqrt(d), biases zero, norms left. In place.

    The paper of 2017 does not say how its weights started. Glorot is what torch.nn.Transformer and the Annotated
    Transformer do; the embedding is tensor2tensor's: times sqrt(d), as the model has it, it starts at variance 1.

    Args:
        model: its Linear, Embedding and bare position tables are filled.
        gain: factor on the matrices that DeepNorm shrinks (all but queries and keys); see `deepnorm_init`.
        generator: as in `gpt2_init`.
    """
    tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding | LearnedPositions)}
    for name, weight in model.named_parameters():
        owner = name.split(".")[-2] if "." in name else ""
        if id(weight) in tables:
            nn.init.normal_(weight, std=weight.shape[1] ** -0.5, generator=generator)
        elif weight.ndim > 1:
            glorot_(weight, gain=gain if owner in SHRUNK_BY_DEEPNORM else 1.0, uniform=True, generator=generator)
        elif name.endswith("bias"):
            nn.init.zeros_(weight)


def deepnorm_init(model: nn.Module, *, beta: float, generator: torch.Generator | None = None) -> None:
    """`transformer_init` with the values, outputs and feed-forward layers times beta. arXiv:2203.00555, figure 2.

    Differs from the paper, which draws from a normal distribution: here uniform with the same variance.

    Args:
        model, generator: as in `transformer_init`.
        beta: from `deepnorm(n_layers)`, in llm101.nn.norms; goes with PostNormBlock(alpha=...).
    """
    transformer_init(model, gain=number("deepnorm_init", "beta", beta, at_least=0), generator=generator)
