"""How many parameters a model has, from its sizes alone: a closed form for each family, as a sum of its parts.

The number of heads does not matter as long as heads · head_dim = d_model; where it does, the functions say so.
Letters: d model width, f ffn width, k width of all heads together, v vocabulary, p longest context, l layers.
All results are exact integers.
"""


def linear(n_in: int, n_out: int, *, bias: bool = True) -> int:
    """A matrix, and one number for each output if there is a bias."""
    return n_in * n_out + bias * n_out


def norm(d: int, *, bias: bool = True) -> int:
    """Gain and offset of a LayerNorm: 2 d; without offset (RMSNorm, PaLM): d."""
    return d + bias * d


def attention(d: int, *, inner: int | None = None, kv_inner: int | None = None, bias: bool = True) -> int:
    """Projections to queries, keys, values and back: 4 d² + 4 d when everything is d wide.

    Args:
        d: d_model.
        inner: query heads · head_dim; None = d.
        kv_inner: key heads · head_dim; None = inner. Smaller for GQA and MQA.
        bias: whether each projection has one.
    """
    inner = inner or d
    kv_inner = kv_inner or inner
    return linear(d, inner, bias=bias) + 2 * linear(d, kv_inner, bias=bias) + linear(inner, d, bias=bias)


def mlp(d: int, f: int, *, bias: bool = True) -> int:
    """Two layers: 2 d f, and f + d biases."""
    return linear(d, f, bias=bias) + linear(f, d, bias=bias)


def gated_mlp(d: int, f: int) -> int:
    """Three layers without bias: 3 d f."""
    return 3 * d * f


def gpt(
    *, n_layers: int, d_model: int, vocab_size: int, max_len: int, d_ff: int | None = None, final_norm: bool = True
) -> int:
    """GPT-1, 2, 3, OPT, Megatron: v d + p d + l (12 d² + 13 d) + 2 d, with f = 4 d and a tied head.

    Args:
        n_layers, d_model, vocab_size, max_len: l, d, v, p.
        d_ff: f; None = 4 d.
        final_norm: GPT-1, with its norms after each branch, has none at the end.

    >>> gpt(n_layers=12, d_model=768, vocab_size=50257, max_len=1024)
    124439808
    """
    d = d_model
    block = attention(d) + mlp(d, d_ff or 4 * d) + 2 * norm(d)
    return (vocab_size + max_len) * d + n_layers * block + final_norm * norm(d)


def bert(
    *, n_layers: int, d_model: int, vocab_size: int, max_len: int = 512, n_segments: int = 2, pooler: bool = True,
    d_embed: int | None = None, share_layers: bool = False,
) -> int:  # fmt: skip
    """BERT and its relatives, without a task's head: (v + p + segments) e + 2 e + l (12 d² + 13 d) + d² + d.

    Args:
        n_layers, d_model, vocab_size, max_len: l, d, v, p.
        n_segments: BERT 2, RoBERTa 1, DistilBERT and XLM 0.
        pooler: whether the first token passes one more layer.
        d_embed: e, width of the tables, then projected to d; None = d. ALBERT has 128.
        share_layers: True = one block used l times (ALBERT).
    """
    d, e = d_model, d_embed or d_model
    block = attention(d) + mlp(d, 4 * d) + 2 * norm(d)
    embedding = (vocab_size + max_len + n_segments) * e + norm(e) + (e != d) * linear(e, d)
    return embedding + (1 if share_layers else n_layers) * block + pooler * linear(d, d)


def bert_heads(*, d_model: int, vocab_size: int) -> int:
    """What BERT's two training tasks add: a layer, a norm and v offsets for masked words; 2 scores for next sentence."""
    return linear(d_model, d_model) + norm(d_model) + vocab_size + linear(d_model, 2)


def t5(*, n_layers: int, d_model: int, n_heads: int, head_dim: int, d_ff: int, vocab_size: int = 32128) -> int:
    """T5 version 1.0: no biases, RMSNorm, tied head, one table of 32 distances a head and stack.

    v d + l (4 d k + 2 d f + 2 d) + l (8 d k + 2 d f + 3 d) + 2 d + 2 · 32 · heads

    Args:
        n_layers: of the encoder; the decoder has as many.
        n_heads, head_dim: their product, k, may differ from d.
    """
    d, inner = d_model, n_heads * head_dim
    one_attention, one_mlp, one_norm = (
        attention(d, inner=inner, bias=False),
        mlp(d, d_ff, bias=False),
        norm(d, bias=False),
    )
    encoder = n_layers * (one_attention + one_mlp + 2 * one_norm) + one_norm + 32 * n_heads
    decoder = n_layers * (2 * one_attention + one_mlp + 3 * one_norm) + one_norm + 32 * n_heads
    return vocab_size * d + encoder + decoder


def transformer(*, n_layers: int, d_model: int, d_ff: int, vocab_size: int) -> int:
    """The model of 2017: one table for both languages and the head, no biases in attention, sinusoids cost nothing."""
    d = d_model
    encoder = attention(d, bias=False) + mlp(d, d_ff) + 2 * norm(d)
    decoder = 2 * attention(d, bias=False) + mlp(d, d_ff) + 3 * norm(d)
    return vocab_size * d + n_layers * (encoder + decoder)


def llama(
    *, n_layers: int, d_model: int, d_ff: int, vocab_size: int, kv_inner: int | None = None, qkv_bias: bool = False
) -> int:
    """LLaMA, Baichuan, ChatGLM2: 2 v d + l (2 d² + 2 d kv + 3 d f + 2 d) + d. Head untied, RMSNorm, gated MLP.

    Args:
        kv_inner: key heads · head_dim; None = d (no sharing).
        qkv_bias: ChatGLM2 has one on queries, keys and values only.
    """
    d, kv = d_model, kv_inner or d_model
    block = attention(d, kv_inner=kv, bias=False) + qkv_bias * (d + 2 * kv) + gated_mlp(d, d_ff) + 2 * d
    return 2 * vocab_size * d + n_layers * block + d


def bloom(*, n_layers: int, d_model: int, vocab_size: int) -> int:
    """BLOOM: a GPT without position vectors (ALiBi) and with a norm after the embedding."""
    return gpt(n_layers=n_layers, d_model=d_model, vocab_size=vocab_size, max_len=0) + norm(d_model)


def falcon(*, n_layers: int, d_model: int, vocab_size: int, kv_inner: int, n_norms: int) -> int:
    """Falcon: parallel blocks with 1 (7B) or 2 (40B) norms, no biases but the norms', tied head."""
    d = d_model
    block = attention(d, kv_inner=kv_inner, bias=False) + mlp(d, 4 * d, bias=False) + n_norms * norm(d)
    return vocab_size * d + n_layers * block + norm(d)


def gated(*, n_layers: int, d_model: int, d_ff: int, vocab_size: int, inner: int, kv_inner: int | None = None) -> int:
    """PaLM, LaMDA, GLM-130B: attention and gated MLP, tied table; norms and biases left out (below 0.1 %)."""
    block = attention(d_model, inner=inner, kv_inner=kv_inner, bias=False) + gated_mlp(d_model, d_ff)
    return vocab_size * d_model + n_layers * block


def gopher(*, n_layers: int, d_model: int, vocab_size: int) -> int:
    """Gopher, Chinchilla: 13 d² a layer, not 12; the thirteenth d² projects Transformer-XL's relative positions.

    Dai et al. 2019, arXiv:1901.02860. Norms and biases left out.
    """
    return vocab_size * d_model + n_layers * 13 * d_model**2


def elmo() -> int:
    """ELMo, 2 x 4096 with projections to 512: characters, convolutions, two highway layers, two LSTM layers each way.

    Peters et al. 2018, arXiv:1802.05365; sizes from the published options file.
    """
    widths = {1: 32, 2: 32, 3: 64, 4: 128, 5: 256, 6: 512, 7: 1024}  # characters seen -> filters
    convolutions = sum(linear(16 * width, n_filters) for width, n_filters in widths.items())
    total = sum(widths.values())
    words = 262 * 16 + convolutions + 2 * linear(total, 2 * total) + linear(total, 512)
    lstm = linear(512 + 512, 4 * 4096) + linear(4096, 512, bias=False)
    return words + 2 * 2 * lstm
