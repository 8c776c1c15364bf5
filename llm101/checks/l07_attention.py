"""The checks of lesson 07: seven exercises from a mask to an induction head made by hand."""

from llm101.checks.attention import heads, lookup, tiles

__all__ = ["heads", "lookup", "tiles"]  # importing them defines their exercises, in the order of the notebook
