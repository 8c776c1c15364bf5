"""Text from a model: logits (which tokens are still possible) · pick (how one is chosen) · decode (one token after
another, cached) · beam (several beginnings at once).

Each can be had alone: a pick goes into `extend`, a rule into a pick.
"""

from llm101.generate.beam import Hypotheses, beam_search
from llm101.generate.decode import extend, generate, left_pad
from llm101.generate.pick import greedy, sampler

__all__ = ["Hypotheses", "beam_search", "extend", "generate", "greedy", "left_pad", "sampler"]
