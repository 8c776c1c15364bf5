"""Automatic differentiation from nothing, on numpy alone. Read the files in this order.

value (one number that knows where it came from) · graph (in which order to go back) · elementwise, reductions,
rearrange, matmul (what each array operation does forwards and backwards) · tensor (the same for arrays) · nn (layers,
cross-entropy, gradient descent) · gradcheck (is a gradient right?)

Reverse mode: one pass forwards, one pass back, and the derivative by every input is there, whatever their number.
Linnainmaa 1976 (BIT 16); Rumelhart, Hinton & Williams 1986 (Nature 323); Baydin et al. 2018, arXiv:1502.05767.
"""

from llm101.autograd.elementwise import unbroadcast
from llm101.autograd.gradcheck import gradcheck, largest_error
from llm101.autograd.graph import topological_order
from llm101.autograd.nn import MLP, Embedding, Linear, cross_entropy, sgd, zero_grad
from llm101.autograd.tensor import Tensor
from llm101.autograd.value import Value

__all__ = [
    "MLP",
    "Embedding",
    "Linear",
    "Tensor",
    "Value",
    "cross_entropy",
    "gradcheck",
    "largest_error",
    "sgd",
    "topological_order",
    "unbroadcast",
    "zero_grad",
]
