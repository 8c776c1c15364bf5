"""The feed-forward half of a block: every token on its own, wide and back.

The activation is handed in: `F.relu` (Transformer, T5), `F.gelu` (BERT), `gelu_tanh` (GPT-2), `F.silu` (LLaMA).
Letters: b batch, t time, d model, f ffn width.

Vaswani et al. 2017, equation 2, arXiv:1706.03762; Hendrycks & Gimpel 2016 (GELU), arXiv:1606.08415;
Shazeer 2020 (GeGLU, SwiGLU), arXiv:2002.05202.
"""

from collections.abc import Callable

from torch import Tensor, nn

from llm101.expect import integer
from llm101.nn.activations import gelu_tanh

__all__ = ["MLP", "Activation", "GatedMLP", "gated_width", "gelu_tanh"]

Activation = Callable[[Tensor], Tensor]


class MLP(nn.Module):
    """down(activation(up(x))).

    Args:
        d_model: d, width of x.
        d_ff: f, width between; 4 d in GPT and BERT.
        activation: a function of one tensor.
        bias: whether both layers have one; T5 has none.
    """

    def __init__(self, d_model: int, d_ff: int, activation: Activation, *, bias: bool = True):
        super().__init__()
        self.activation = activation
        self.up = nn.Linear(d_model, d_ff, bias=bias)
        self.down = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """(b t d) -> (b t d)."""
        wide = self.activation(self.up(x))  # (b t f)
        return self.down(wide)  # (b t d)


class GatedMLP(nn.Module):
    """down(activation(gate(x)) · up(x)): one half says how much of the other passes.

    SwiGLU with silu, GeGLU with gelu, ReGLU with relu, GLU with sigmoid. Three matrices instead of two, so at the same
    size f is smaller: see `gated_width`.

    Args:
        d_model, d_ff, activation: as in MLP.
        bias: whether the three layers have one; LLaMA and T5 have none.
    """

    def __init__(self, d_model: int, d_ff: int, activation: Activation, *, bias: bool = False):
        super().__init__()
        self.activation = activation
        self.gate = nn.Linear(d_model, d_ff, bias=bias)
        self.up = nn.Linear(d_model, d_ff, bias=bias)
        self.down = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """(b t d) -> (b t d)."""
        wide = self.activation(self.gate(x)) * self.up(x)  # (b t f)
        return self.down(wide)  # (b t d)


def gated_width(d_ff: int, *, multiple_of: int = 1) -> int:
    """The width at which a GatedMLP is as large as an MLP of width d_ff: two thirds, rounded up.

    LLaMA: gated_width(4 d, multiple_of=256), which is where its 11,008 comes from.

    Args:
        d_ff: width of the MLP.
        multiple_of: matrices whose sides are multiples of a power of two run faster on a GPU.

    >>> [gated_width(4 * d, multiple_of=256) for d in (4096, 5120, 6656, 8192)]
    [11008, 13824, 17920, 22016]
    """
    width = 2 * integer("gated_width", "d_ff", d_ff, at_least=1) // 3
    return multiple_of * -(-width // multiple_of)
