"""The checks of lesson 06: eight exercises from a stable log-softmax to an initialisation for any activation."""

from llm101.checks.losses import likelihood, training

__all__ = ["likelihood", "training"]  # importing them defines their exercises, in the order of the notebook
