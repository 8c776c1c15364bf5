"""Optimizers, each a function of about ten lines and a `torch.optim.Optimizer` around it. Read them in this order.

rule (what they share) · sgd · adagrad (and RMSProp) · adam (and AdamW) · adafactor · lion · schedules · clip

>>> weight = torch.tensor([3.0], requires_grad=True)
>>> optimizer = Adam([weight], lr=0.5)
>>> for _ in range(100):
...     optimizer.zero_grad()
...     (weight - 1).square().sum().backward()
...     optimizer.step()
>>> abs(weight.item() - 1) < 0.01
True
"""

from llm101.optim.adafactor import Adafactor
from llm101.optim.adagrad import Adagrad, RMSProp
from llm101.optim.adam import Adam, AdamW
from llm101.optim.clip import clip_grad_norm, grad_norm
from llm101.optim.lion import Lion
from llm101.optim.schedules import batch_ramp, constant, inverse_sqrt, linear_warmup, noam, warmup_cosine, wsd
from llm101.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Lion",
    "RMSProp",
    "batch_ramp",
    "clip_grad_norm",
    "constant",
    "grad_norm",
    "inverse_sqrt",
    "linear_warmup",
    "noam",
    "warmup_cosine",
    "wsd",
]
