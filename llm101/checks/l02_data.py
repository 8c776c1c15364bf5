"""The checks of lesson 02: eight exercises from C4's rules to packing."""

from llm101.checks.corpus_cleaning import duplicates, filters, leaks, mixing

__all__ = ["duplicates", "filters", "leaks", "mixing"]  # importing them defines their exercises
