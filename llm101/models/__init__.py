"""Model families: a frozen config, the published sizes, and a builder of about ten lines each.

assemblies (what a model is) · gpt2 · transformer · llama · names (weights from transformers) · counts, sizes, timeline
(the published models)
"""

from llm101.models.assemblies import CausalLM, Encoder, EncoderDecoder
from llm101.models.gpt2 import GPT2Config, gpt2
from llm101.models.llama import LlamaConfig, llama
from llm101.models.transformer import TransformerConfig, transformer

__all__ = [
    "CausalLM",
    "Encoder",
    "EncoderDecoder",
    "GPT2Config",
    "LlamaConfig",
    "TransformerConfig",
    "gpt2",
    "llama",
    "transformer",
]
