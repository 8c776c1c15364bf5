"""Weights to and from transformers: the same numbers under other names.

GPT-2 there keeps q, k and v in one matrix and multiplies from the left (Conv1D), so matrices are transposed.
"""

from typing import Any

import torch
from torch import Tensor

from llm101.models.assemblies import CausalLM
from llm101.models.gpt2 import GPT2Config, gpt2

# ours -> theirs, inside one GPT-2 block; each has .weight and .bias
GPT2_BLOCK = {"attention_norm": "ln_1", "attention.o_proj": "attn.c_proj", "ffn_norm": "ln_2",
              "ffn.up": "mlp.c_fc", "ffn.down": "mlp.c_proj"}  # fmt: skip
GPT2_REST = {"embed.tokens.weight": "wte.weight", "embed.positions.weight": "wpe.weight",
             "stack.norm.weight": "ln_f.weight", "stack.norm.bias": "ln_f.bias"}  # fmt: skip
QKV = ("q_proj", "k_proj", "v_proj")
# what our GPT-2 has built in, and transformers can switch off
GPT2_FIXED = {"activation_function": "gelu_new", "scale_attn_weights": True, "tie_word_embeddings": True,
              "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False}  # fmt: skip


def from_transformers(model: Any) -> CausalLM:
    """A model of this package with the weights of a transformers model: the same logits.

    Args:
        model: a transformers.GPT2LMHeadModel. Its weights are copied.

    Returns:
        Ours, in the same dtype, on the same device, in the same mode (training or evaluation), without dropout.

    Raises:
        TypeError: another class.
        ValueError: a switch of its configuration that ours does not have.
    """
    if type(model).__name__ != "GPT2LMHeadModel":
        raise TypeError(f"from_transformers: expected a GPT2LMHeadModel; got {type(model).__name__}")
    c = model.config
    for name, expected in GPT2_FIXED.items():
        if getattr(c, name) != expected:
            raise ValueError(f"from_transformers: {name} must be {expected!r}; got {getattr(c, name)!r}")
    weights = gpt2_from_transformers(model.transformer.state_dict(), c.n_layer)
    with torch.device("meta"):  # no memory and no random numbers for weights that are replaced at once
        ours = gpt2(GPT2Config(vocab_size=c.vocab_size, max_len=c.n_positions, d_model=c.n_embd, n_layers=c.n_layer,
                               n_heads=c.n_head, d_ff=c.n_inner, eps=c.layer_norm_epsilon))  # fmt: skip
    ours.load_state_dict(weights, assign=True)
    return ours.requires_grad_(True).train(model.training)


def gpt2_from_transformers(theirs: dict[str, Tensor], n_layers: int) -> dict[str, Tensor]:
    """State dict of a transformers GPT2Model -> state dict of ours; the tensors are copies."""
    ours = {our: theirs[their].clone() for our, their in GPT2_REST.items()}
    for i in range(n_layers):
        block, h = f"stack.blocks.{i}", f"h.{i}"
        for our, their in GPT2_BLOCK.items():
            ours[f"{block}.{our}.weight"] = (
                theirs[f"{h}.{their}.weight"].t().clone(memory_format=torch.contiguous_format)
            )
            ours[f"{block}.{our}.bias"] = theirs[f"{h}.{their}.bias"].clone()
        for kind in ("weight", "bias"):
            for name, part in zip(QKV, theirs[f"{h}.attn.c_attn.{kind}"].chunk(3, dim=-1), strict=True):
                ours[f"{block}.attention.{name}.{kind}"] = part.t().clone(memory_format=torch.contiguous_format)
    return ours


def to_transformers(model: CausalLM) -> dict[str, Tensor]:
    """State dict for a transformers GPT2LMHeadModel from one of our GPT-2s.

    Returns:
        `transformer.*` and `lm_head.weight`, ready for load_state_dict; matrices are copies, the rest is shared.
    """
    ours = model.state_dict()
    theirs = {their: ours[our] for our, their in GPT2_REST.items()}
    for i in range(len(model.stack.blocks)):
        block, h = f"stack.blocks.{i}", f"h.{i}"
        for our, their in GPT2_BLOCK.items():
            theirs[f"{h}.{their}.weight"] = ours[f"{block}.{our}.weight"].t().contiguous()
            theirs[f"{h}.{their}.bias"] = ours[f"{block}.{our}.bias"]
        for kind in ("weight", "bias"):
            parts = [ours[f"{block}.attention.{name}.{kind}"].t() for name in QKV]
            theirs[f"{h}.attn.c_attn.{kind}"] = torch.cat(parts, dim=-1)
    named = {f"transformer.{name}": weight for name, weight in theirs.items()}
    return named | {"lm_head.weight": ours["embed.tokens.weight"]}
