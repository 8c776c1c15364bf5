"""The checks of lesson 05: eight exercises from a gradient by hand to Adam, a schedule and clipping."""

from llm101.checks.descent import gradients, reverse, steps

__all__ = ["gradients", "reverse", "steps"]  # importing them defines their exercises, in the order of the notebook
