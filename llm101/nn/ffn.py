"""The feed-forward half of a block: every token on its own, wide and back.

The activation is handed in: `F.relu` (Transformer, T5), `F.gelu` (BERT), `gelu_tanh` (GPT-2), `F.silu` (LLaMA).
Letters: b batch, t time, d model, f ffn width.

Vaswani et al. 2017, equation 2, arXiv:1706.03762; Hendrycks & Gimpel 2016 (GELU), arXiv:1606.08415;
Shazeer 2020 (GeGLU, SwiGLU), arXiv:2002.05202.
"""

from collections.abc import Callable

from torch import Tensor, nn

from llm101.nn.activations import gelu_tanh

__all__ = ["MLP", "Activation", "GatedMLP", "gelu_tanh"]

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
    """down(activation(gate(x)) · up(x)): one half says how much of the other passes. SwiGLU with silu, GeGLU with gelu.

    Three matrices instead of two, so LLaMA takes f near 8 d / 3 to stay at the same size.

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
