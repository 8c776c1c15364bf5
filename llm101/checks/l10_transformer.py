"""The checks of lesson 10: seven exercises from the shifted target to beam search."""

from llm101.checks.translating import machine, searching

__all__ = ["machine", "searching"]  # importing them defines their exercises, in the order of the notebook
