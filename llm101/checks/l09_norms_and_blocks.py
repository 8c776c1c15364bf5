"""The checks of lesson 09: eight exercises from a norm by hand to a router with capacity."""

from llm101.checks.norms_blocks import norms, placement, routing

__all__ = ["norms", "placement", "routing"]  # importing them defines their exercises, in the order of the notebook
