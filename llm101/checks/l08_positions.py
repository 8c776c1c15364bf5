"""The checks of lesson 08: eight exercises from the hands of a clock to a RoPE for longer texts."""

from llm101.checks.positions import absolute, distances, penalties, turning

__all__ = ["absolute", "distances", "penalties", "turning"]  # importing them defines their exercises, in this order
