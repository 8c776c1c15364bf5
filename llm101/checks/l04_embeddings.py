"""The checks of lesson 04: eight exercises from n-grams and their smoothing over an LSTM to word2vec."""

from llm101.checks.embeddings import basics, unseen, vectors

__all__ = ["basics", "unseen", "vectors"]  # importing them defines their exercises, in the order of the notebook
