"""The checks of lesson 01: eight exercises from shapes to a bandit."""

from llm101.checks.machine_learning import fitting, judging, learning

__all__ = ["fitting", "judging", "learning"]  # importing them defines their exercises, in the order of the notebook
