"""The checks of lesson 03: eight exercises from counting pairs to a Viterbi segmenter and padding."""

from llm101.checks.tokenization import bpe, segmentation

__all__ = ["bpe", "segmentation"]  # importing them defines their exercises, in the order of the notebook
