"""Weights to and from transformers: the same numbers under other names.

GPT-2 there keeps q, k and v in one matrix and multiplies from the left (Conv1D), so matrices are transposed. LLaMA there
has its rotary pairs in halves, as ours (Meta's own files have them interleaved, with the rows of q and k permuted).
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from llm101.models.assemblies import CausalLM
from llm101.models.gpt2 import GPT2Config, gpt2
from llm101.models.llama import LlamaConfig, llama

# ours -> theirs, inside one block; in GPT-2 each has .weight and .bias, in LLaMA .weight
GPT2_BLOCK = {"attention_norm": "ln_1", "attention.o_proj": "attn.c_proj", "ffn_norm": "ln_2",
              "ffn.up": "mlp.c_fc", "ffn.down": "mlp.c_proj"}  # fmt: skip
GPT2_REST = {"embed.tokens.weight": "wte.weight", "embed.positions.weight": "wpe.weight",
             "stack.norm.weight": "ln_f.weight", "stack.norm.bias": "ln_f.bias"}  # fmt: skip
QKV = ("q_proj", "k_proj", "v_proj")
LLAMA_BLOCK = {"attention_norm": "input_layernorm", "attention.q_proj": "self_attn.q_proj",
               "attention.k_proj": "self_attn.k_proj", "attention.v_proj": "self_attn.v_proj",
               "attention.o_proj": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
               "ffn.gate": "mlp.gate_proj", "ffn.up": "mlp.up_proj", "ffn.down": "mlp.down_proj"}  # fmt: skip
LLAMA_REST = {"embed.tokens.weight": "model.embed_tokens.weight", "stack.norm.weight": "model.norm.weight",
              "head.weight": "lm_head.weight"}  # fmt: skip
# what ours has built in, and transformers can switch
GPT2_FIXED = {"activation_function": "gelu_new", "scale_attn_weights": True, "tie_word_embeddings": True,
              "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False}  # fmt: skip
LLAMA_FIXED = {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False,
               "tie_word_embeddings": False}  # fmt: skip


def from_transformers(model: Any) -> CausalLM:
    """A model of this package with the weights of a transformers model: the same logits.

    Args:
        model: a transformers.GPT2LMHeadModel or LlamaForCausalLM. Its weights are copied.

    Returns:
        Ours, in the same dtype, on the same device, in the same mode (training or evaluation), without dropout.

    Raises:
        TypeError: another class.
        ValueError: a switch of its configuration that ours does not have.
    """
    readers: dict[str, Callable[[Any], tuple[CausalLM, dict[str, Tensor]]]] = {
        "GPT2LMHeadModel": read_gpt2, "LlamaForCausalLM": read_llama}  # fmt: skip
    name = type(model).__name__
    if name not in readers:
        raise TypeError(f"from_transformers: expected a {' or '.join(readers)}; got {name}")
    with torch.device("meta"):  # no memory and no random numbers for weights that are replaced at once
        ours, weights = readers[name](model)
    ours.load_state_dict(weights, assign=True)
    return ours.requires_grad_(True).train(model.training)


def to_transformers(model: CausalLM) -> dict[str, Tensor]:
    """State dict for a transformers GPT2LMHeadModel or LlamaForCausalLM from one of our GPT-2s or LLaMAs.

    Returns:
        Ready for load_state_dict; what is transposed is a copy, the rest is shared.

    Raises:
        ValueError: the model's weights are those of neither family.
    """
    ours, n_layers = model.state_dict(), len(model.stack.blocks)
    for names, write in ((llama_names, write_llama), (gpt2_names, write_gpt2)):
        if set(ours) == set(names(n_layers)):
            return write(ours, n_layers)
    known = set(llama_names(n_layers)) | set(gpt2_names(n_layers))
    unknown = sorted(set(ours) - known)
    raise ValueError(
        f"to_transformers: expected the weights of a GPT-2 or a LLaMA of {n_layers} layers; "
        f"got {len(ours)}, of which unknown: {unknown[:3]}. Merge adapters first."
    )


def fixed(config: Any, expected: Mapping[str, Any]) -> None:
    """Raise ValueError if a switch is not where ours has it."""
    for name, value in expected.items():
        if getattr(config, name) != value:
            raise ValueError(f"from_transformers: {name} must be {value!r}; got {getattr(config, name)!r}")


# ---------------------------------------------------------------- GPT-2


def gpt2_names(n_layers: int) -> list[str]:
    """The names of our GPT-2's weights."""
    parts = [*GPT2_BLOCK, *(f"attention.{name}" for name in QKV)]
    blocks = [
        f"stack.blocks.{i}.{part}.{kind}" for i in range(n_layers) for part in parts for kind in ("weight", "bias")
    ]
    return [*GPT2_REST, *blocks]


def read_gpt2(model: Any) -> tuple[CausalLM, dict[str, Tensor]]:
    """A GPT-2 of ours of the same sizes, and the weights for it."""
    c = model.config
    fixed(c, GPT2_FIXED)
    ours = gpt2(GPT2Config(vocab_size=c.vocab_size, max_len=c.n_positions, d_model=c.n_embd, n_layers=c.n_layer,
                           n_heads=c.n_head, d_ff=c.n_inner, eps=c.layer_norm_epsilon))  # fmt: skip
    return ours, gpt2_from_transformers(model.transformer.state_dict(), c.n_layer)


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


def write_gpt2(ours: Mapping[str, Tensor], n_layers: int) -> dict[str, Tensor]:
    """State dict of our GPT-2 -> `transformer.*` and `lm_head.weight`."""
    theirs = {their: ours[our] for our, their in GPT2_REST.items()}
    for i in range(n_layers):
        block, h = f"stack.blocks.{i}", f"h.{i}"
        for our, their in GPT2_BLOCK.items():
            theirs[f"{h}.{their}.weight"] = ours[f"{block}.{our}.weight"].t().contiguous()
            theirs[f"{h}.{their}.bias"] = ours[f"{block}.{our}.bias"]
        for kind in ("weight", "bias"):
            parts = [ours[f"{block}.attention.{name}.{kind}"].t() for name in QKV]
            theirs[f"{h}.attn.c_attn.{kind}"] = torch.cat(parts, dim=-1)
    named = {f"transformer.{name}": weight for name, weight in theirs.items()}
    return named | {"lm_head.weight": ours["embed.tokens.weight"]}


# ---------------------------------------------------------------- LLaMA


def llama_names(n_layers: int) -> dict[str, str]:
    """Our LLaMA's weights -> theirs."""
    blocks = {f"stack.blocks.{i}.{our}.weight": f"model.layers.{i}.{their}.weight"
              for i in range(n_layers) for our, their in LLAMA_BLOCK.items()}  # fmt: skip
    return LLAMA_REST | blocks


def read_llama(model: Any) -> tuple[CausalLM, dict[str, Tensor]]:
    """A LLaMA of ours of the same sizes, and the weights for it."""
    c, theirs = model.config, model.state_dict()
    rope = dict(c.rope_parameters)
    fixed(c, LLAMA_FIXED | {"head_dim": c.hidden_size // c.num_attention_heads})
    if rope["rope_type"] not in ("default", "linear"):
        raise ValueError(f"from_transformers: rope_type must be default or linear; got {rope['rope_type']!r}")
    ours = llama(LlamaConfig(
        vocab_size=c.vocab_size, d_model=c.hidden_size, n_layers=c.num_hidden_layers, n_heads=c.num_attention_heads,
        n_kv_heads=c.num_key_value_heads, d_ff=c.intermediate_size, eps=c.rms_norm_eps, rope_base=rope["rope_theta"],
        rope_scale=rope.get("factor", 1.0)))  # fmt: skip
    return ours, {our: theirs[their].clone() for our, their in llama_names(c.num_hidden_layers).items()}


def write_llama(ours: Mapping[str, Tensor], n_layers: int) -> dict[str, Tensor]:
    """State dict of our LLaMA -> `model.*` and `lm_head.weight`."""
    return {their: ours[our] for our, their in llama_names(n_layers).items()}
