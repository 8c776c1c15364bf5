"""The blocks against transformers' families: outputs and every gradient in float64, lengths past every threshold."""

import pytest
import torch

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.usefixtures("wide")
B, T, N = 2, 149, 163  # past the last of T5's buckets (128) in both texts
V, D, H, FF, L, P = 29, 40, 5, 53, 2, 211  # as in conftest.py


def ids(n=T, seed=1):
    return torch.randint(1, V, (B, n), generator=torch.Generator().manual_seed(seed))


def keep(n=T):
    real = torch.ones(B, n, dtype=torch.bool)
    real[1, n // 2 :] = False
    return real


def both(our, their, kinds=("weight", "bias")):
    return {f"{our}.{kind}": f"{their}.{kind}" for kind in kinds}


def layers(names, ours="stack.blocks", theirs="layers", kinds=("weight", "bias")):
    """names, our part -> theirs or (theirs, kinds), for every layer."""
    found = {}
    for i in range(L):
        for our, their in names.items():
            their, some = their if isinstance(their, tuple) else (their, kinds)
            found |= both(f"{ours}.{i}.{our}", f"{theirs}.{i}.{their}", some)
    return found


def rows(pick):
    """A part of a matrix with everything in it, by its first axis."""
    return lambda w: pick(w).flatten(0, -2) if w.ndim > 1 else pick(w[:, None]).flatten()


def fused_qkv(theirs, picks, kinds=("weight", "bias")):
    return {
        f"stack.blocks.{i}.attention.{name}_proj.{kind}": (f"{theirs}.{i}.self_attention.query_key_value.{kind}", rows(pick))
        for i in range(L) for name, pick in picks.items() for kind in kinds
    }  # fmt: skip


def causal_outputs(theirs):
    return theirs(ids(), attention_mask=keep().long(), use_cache=False).logits[keep()]


def causal_ours(ours):
    return ours(ids(), mask=keep())[keep()]


WEIGHT = ("weight",)


def test_bert(families, random_weights, hold_against):
    theirs = random_weights(transformers.BertModel(transformers.BertConfig(
        vocab_size=V, hidden_size=D, num_hidden_layers=L, num_attention_heads=H, intermediate_size=FF,
        max_position_embeddings=P), add_pooling_layer=False), seed=1)  # fmt: skip
    names = {"embed.tokens.weight": "embeddings.word_embeddings.weight",
             "embed.positions.weight": "embeddings.position_embeddings.weight",
             "embed.segments.weight": "embeddings.token_type_embeddings.weight"}  # fmt: skip
    names |= both("embed.norm", "embeddings.LayerNorm")
    names |= layers(
        {"attention.q_proj": "attention.self.query", "attention.k_proj": "attention.self.key",
         "attention.v_proj": "attention.self.value", "attention.o_proj": "attention.output.dense",
         "attention_norm": "attention.output.LayerNorm", "ffn.up": "intermediate.dense", "ffn.down": "output.dense",
         "ffn_norm": "output.LayerNorm"}, theirs="encoder.layer")  # fmt: skip
    segments = (torch.arange(T) > 60).long().expand(B, -1)
    hold_against(
        families["BERT"](), theirs, names,
        lambda ours: ours(ids(), mask=keep(), segments=segments)[keep()],
        lambda peer: peer(ids(), attention_mask=keep().long(), token_type_ids=segments).last_hidden_state[keep()],
    )  # fmt: skip


def test_berts_eps(families, random_weights, wide):
    """Vectors so small that 1e-12 matters: a wrong eps is off by more than 1e-3 here, and by 2e-6 at ordinary sizes."""
    norm = families["BERT"]().embed.norm
    x = 1e-6 * torch.randn(3, 5, D, dtype=torch.float64)
    theirs = random_weights(torch.nn.LayerNorm(D, eps=1e-12))
    norm.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(norm(x), theirs(x), atol=1e-10, rtol=0)


def t5_names(gated):
    block = {"attention_norm": "layer.0.layer_norm", "ffn_norm": "layer.{last}.layer_norm"}
    block |= {f"attention.{n}_proj": f"layer.0.SelfAttention.{n}" for n in "qkvo"}
    parts = {"gate": "wi_0", "up": "wi_1", "down": "wo"} if gated else {"up": "wi", "down": "wo"}
    block |= {f"ffn.{our}": f"layer.{{last}}.DenseReluDense.{their}" for our, their in parts.items()}
    cross = {"cross_norm": "layer.1.layer_norm"} | {f"cross.{n}_proj": f"layer.1.EncDecAttention.{n}" for n in "qkvo"}
    names = {"embed.tokens.weight": "shared.weight"}
    for side, last, more in (("encoder", 1, {}), ("decoder", 2, cross)):
        named = {our: their.format(last=last) for our, their in (block | more).items()}
        names |= layers(named, ours=f"{side}.blocks", theirs=f"{side}.block", kinds=WEIGHT)
        names[f"{side}.norm.weight"] = f"{side}.final_layer_norm.weight"
        names[f"{side}.position.weight"] = f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    return names | ({"head.weight": "lm_head.weight"} if gated else {})


@pytest.mark.parametrize("name", ["T5", "T5 v1.1"])
def test_t5(families, random_weights, hold_against, name):
    gated = name == "T5 v1.1"
    theirs = transformers.T5ForConditionalGeneration(transformers.T5Config(
        vocab_size=V, d_model=D, d_kv=7, d_ff=FF, num_layers=L, num_heads=H, dropout_rate=0.0,
        feed_forward_proj="gated-gelu" if gated else "relu", tie_word_embeddings=not gated))  # fmt: skip
    if gated:
        theirs.lm_head.weight = torch.nn.Parameter(torch.empty(V, D))
    random_weights(theirs, seed=1)
    source, target = ids(N, 2), ids()
    hold_against(
        families[name](), theirs, t5_names(gated),
        lambda ours: ours(source, target, source_mask=keep(N)),
        lambda peer: peer(input_ids=source, attention_mask=keep(N).long(), decoder_input_ids=target,
                          use_cache=False).logits,
    )  # fmt: skip


def test_gpt1(families, random_weights, hold_against):
    theirs = random_weights(transformers.OpenAIGPTLMHeadModel(transformers.OpenAIGPTConfig(
        vocab_size=V, n_positions=P, n_embd=D, n_layer=L, n_head=H)), seed=1)  # fmt: skip
    ours = families["GPT-1"]()
    for block in ours.stack.blocks:  # its width cannot be chosen there
        block.ffn.up, block.ffn.down = torch.nn.Linear(D, 4 * D).double(), torch.nn.Linear(4 * D, D).double()
    names = {"embed.tokens.weight": "transformer.tokens_embed.weight",
             "embed.positions.weight": "transformer.positions_embed.weight"}  # fmt: skip
    turned = {"attention.o_proj": "attn.c_proj", "ffn.up": "mlp.c_fc", "ffn.down": "mlp.c_proj"}
    for i in range(L):
        block, h = f"stack.blocks.{i}", f"transformer.h.{i}"
        names |= both(f"{block}.attention_norm", f"{h}.ln_1") | both(f"{block}.ffn_norm", f"{h}.ln_2")
        names |= {f"{block}.{our}.bias": f"{h}.{their}.bias" for our, their in turned.items()}
        names |= {f"{block}.{our}.weight": (f"{h}.{their}.weight", torch.t) for our, their in turned.items()}
        for at, name in enumerate("qkv"):
            for kind in ("weight", "bias"):
                pick = (f"{h}.attn.c_attn.{kind}", lambda w, at=at: w.chunk(3, dim=-1)[at].t())
                names[f"{block}.attention.{name}_proj.{kind}"] = pick
    hold_against(ours, theirs, names, lambda ours: ours(ids()), lambda peer: peer(ids()).logits)


def test_bloom(families, random_weights, hold_against, monkeypatch):
    theirs = random_weights(transformers.BloomForCausalLM(transformers.BloomConfig(
        vocab_size=V, hidden_size=D, n_layer=L, n_head=H, hidden_dropout=0.0)), seed=1)  # fmt: skip
    for block in theirs.transformer.h:  # theirs has sqrt(2/pi) to eight digits only
        monkeypatch.setattr(block.mlp, "gelu_impl", torch.nn.GELU(approximate="tanh"))
    names = {"embed.tokens.weight": "transformer.word_embeddings.weight"}
    names |= both("embed.norm", "transformer.word_embeddings_layernorm") | both("stack.norm", "transformer.ln_f")
    names |= layers(
        {"attention_norm": "input_layernorm", "attention.o_proj": "self_attention.dense",
         "ffn_norm": "post_attention_layernorm", "ffn.up": "mlp.dense_h_to_4h", "ffn.down": "mlp.dense_4h_to_h"},
        theirs="transformer.h")  # fmt: skip
    picks = {n: lambda w, at=at: w.view(H, 3, D // H, -1)[:, at] for at, n in enumerate("qkv")}
    names |= fused_qkv("transformer.h", picks)
    hold_against(families["BLOOM"](), theirs, names, causal_ours, causal_outputs)


@pytest.mark.parametrize("name", ["Falcon 7B", "Falcon 40B"])
def test_falcon(families, random_weights, hold_against, name):
    new = name == "Falcon 40B"
    h, g = (10, 2) if new else (H, 1)
    theirs = random_weights(transformers.FalconForCausalLM(transformers.FalconConfig(
        vocab_size=V, hidden_size=D, num_hidden_layers=L, num_attention_heads=h, num_kv_heads=g,
        new_decoder_architecture=new, hidden_dropout=0.0)), seed=1)  # fmt: skip
    names = {"embed.tokens.weight": "transformer.word_embeddings.weight"} | both("stack.norm", "transformer.ln_f")
    norms = {"attention_norm": "ln_attn", "ffn_norm": "ln_mlp"} if new else {"attention_norm": "input_layernorm"}
    names |= layers(norms, theirs="transformer.h")
    names |= layers(
        {"attention.o_proj": "self_attention.dense", "ffn.up": "mlp.dense_h_to_4h", "ffn.down": "mlp.dense_4h_to_h"},
        theirs="transformer.h", kinds=WEIGHT)  # fmt: skip
    cuts = {"q": slice(None, -2), "k": slice(-2, -1), "v": slice(-1, None)}
    picks = {n: lambda w, at=at: w.view(g, h // g + 2, D // h, -1)[:, at].flatten(0, 1) for n, at in cuts.items()}
    names |= fused_qkv("transformer.h", picks, WEIGHT)
    hold_against(families[name](), theirs, names, causal_ours, causal_outputs)


def test_glm4(families, random_weights, hold_against):
    """ChatGLM2's row; transformers has its successor with the same blocks."""
    theirs = transformers.GlmForCausalLM(transformers.GlmConfig(
        vocab_size=V, hidden_size=D, intermediate_size=FF, num_hidden_layers=L, num_attention_heads=10,
        num_key_value_heads=2, head_dim=8, attention_bias=True, rms_norm_eps=1e-6, pad_token_id=0))  # fmt: skip
    random_weights(theirs, seed=1)
    names = {"embed.tokens.weight": "model.embed_tokens.weight", "stack.norm.weight": "model.norm.weight",
             "head.weight": "lm_head.weight"}  # fmt: skip
    names |= layers(
        {"attention_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "ffn.down": "mlp.down_proj",
         "attention.o_proj": "self_attn.o_proj"}, theirs="model.layers", kinds=WEIGHT)  # fmt: skip
    names |= layers({f"attention.{n}_proj": f"self_attn.{n}_proj" for n in "qkv"}, theirs="model.layers")
    for i in range(L):
        for at, name in enumerate(("gate", "up")):
            pick = (f"model.layers.{i}.mlp.gate_up_proj.weight", lambda w, at=at: w.chunk(2)[at])
            names[f"stack.blocks.{i}.ffn.{name}.weight"] = pick
    hold_against(families["ChatGLM2"](), theirs, names, causal_ours, causal_outputs)
