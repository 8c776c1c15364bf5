"""How good is a text? bleu (n-grams shared with a reference)."""

from llm101.evaluate.bleu import Bleu, bleu, sentence_bleu

__all__ = ["Bleu", "bleu", "sentence_bleu"]
