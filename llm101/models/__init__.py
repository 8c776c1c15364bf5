"""Model families: a frozen config, the published sizes, and a builder of about ten lines each.

assemblies (what a model is) · gpt2 · names (weights from transformers) · counts, sizes, timeline (the published models)
"""

from llm101.models.assemblies import CausalLM
from llm101.models.gpt2 import GPT2Config, gpt2

__all__ = ["CausalLM", "GPT2Config", "gpt2"]
