"""Text from a model: logits (which tokens are still possible) · decode (one token after another, cached)."""

from llm101.generate.decode import extend, generate, left_pad

__all__ = ["extend", "generate", "left_pad"]
