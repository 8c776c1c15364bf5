"""The published models of the course: when, by whom, how large they say they are, and what their sizes add up to.

Months are those of the arXiv number or, without one, of the first public announcement. A remark says where a paper
disagrees with itself, and what could not be looked up.
"""

from dataclasses import dataclass

from llm101.expect import one_of
from llm101.models import counts


@dataclass(frozen=True)
class Published:
    """One model.

    Args:
        name: with its size where there are several.
        by: who made it.
        date: year and month it became public, "2018-10".
        says: parameters as its authors state them.
        arxiv: number of its paper; None = not on arXiv.
        counted: parameters computed from its published configuration; None = no configuration is public.
        exact: whether `counted` includes every last bias; otherwise it is right to 0.5 %.
        remark: what a reader should know.
    """

    name: str
    by: str
    date: str
    says: float
    arxiv: str | None
    counted: int | None = None
    exact: bool = True
    remark: str = ""


def gpt3(n_layers: int, d_model: int) -> int:
    """GPT-2's vocabulary, a context of 2,048."""
    return counts.gpt(n_layers=n_layers, d_model=d_model, vocab_size=50257, max_len=2048)


def gpt2(n_layers: int, d_model: int) -> int:
    """50,257 tokens, a context of 1,024."""
    return counts.gpt(n_layers=n_layers, d_model=d_model, vocab_size=50257, max_len=1024)


def t5(n_layers: int, d_model: int, n_heads: int, head_dim: int, d_ff: int) -> int:
    """A vocabulary of 32,128."""
    return counts.t5(n_layers=n_layers, d_model=d_model, n_heads=n_heads, head_dim=head_dim, d_ff=d_ff)


def llama(n_layers: int, d_model: int, d_ff: int, vocab_size: int = 32000, kv_inner: int | None = None) -> int:
    """A vocabulary of 32,000 unless said otherwise."""
    return counts.llama(n_layers=n_layers, d_model=d_model, d_ff=d_ff, vocab_size=vocab_size, kv_inner=kv_inner)


def megatron(n_layers: int, d_model: int) -> int:
    """The leading terms only, with GPT-2's vocabulary: 12 l d² + v d."""
    return 12 * n_layers * d_model**2 + 50257 * d_model


ROUGH_HEADS = "table 2.1 gives 24 heads of 128 for a width of 2048; counted with 16"
WIDTH_5140 = "table 2.1 gives width 5140 for 40 heads of 128; counted with 5120, 12,952,938,780 with 5140"
LEADING = "norms, biases and position tables left out"

PUBLISHED = (
    Published("Transformer base", "Google", "2017-06", 65e6, "1706.03762",
              counts.transformer(n_layers=6, d_model=512, d_ff=2048, vocab_size=37000),
              remark="about 37,000 shared tokens"),
    Published("Transformer big", "Google", "2017-06", 213e6, "1706.03762",
              counts.transformer(n_layers=6, d_model=1024, d_ff=4096, vocab_size=37000)),
    Published("ELMo", "AI2", "2018-02", 93.6e6, "1802.05365", counts.elmo()),
    Published("GPT-1", "OpenAI", "2018-06", 117e6, None,
              counts.gpt(n_layers=12, d_model=768, vocab_size=40478, max_len=512, final_norm=False),
              remark="the paper gives no number; 117M is from the GPT-2 paper"),
    Published("BERT-base", "Google", "2018-10", 110e6, "1810.04805",
              counts.bert(n_layers=12, d_model=768, vocab_size=30522)),
    Published("BERT-large", "Google", "2018-10", 340e6, "1810.04805",
              counts.bert(n_layers=24, d_model=1024, vocab_size=30522)),
    Published("XLM", "Facebook", "2019-01", 665e6, "1901.07291",
              counts.bert(n_layers=12, d_model=2048, vocab_size=30145, n_segments=0, pooler=False),
              remark="the English model of width 2048; 665M is quoted from memory (DistilBERT, figure 1)"),
    Published("GPT-2 small", "OpenAI", "2019-02", 117e6, None, gpt2(12, 768), remark="later corrected to 124M"),
    Published("GPT-2 medium", "OpenAI", "2019-02", 345e6, None, gpt2(24, 1024), remark="later corrected to 355M"),
    Published("GPT-2 large", "OpenAI", "2019-02", 762e6, None, gpt2(36, 1280), remark="later corrected to 774M"),
    Published("GPT-2 XL", "OpenAI", "2019-02", 1542e6, None, gpt2(48, 1600), remark="later corrected to 1558M"),
    Published("RoBERTa-large", "Facebook", "2019-07", 355e6, "1907.11692",
              counts.bert(n_layers=24, d_model=1024, vocab_size=50265, max_len=514, n_segments=1)),
    Published("Megatron-LM", "NVIDIA", "2019-09", 8.3e9, "1909.08053", megatron(72, 3072),
              exact=False, remark=LEADING),
    Published("ALBERT-base", "Google", "2019-09", 12e6, "1909.11942",
              counts.bert(n_layers=12, d_model=768, vocab_size=30000, d_embed=128, share_layers=True)),
    Published("DistilBERT", "Hugging Face", "2019-10", 66e6, "1910.01108",
              counts.bert(n_layers=6, d_model=768, vocab_size=30522, n_segments=0, pooler=False)),
    Published("T5-small", "Google", "2019-10", 60e6, "1910.10683", t5(6, 512, 8, 64, 2048)),
    Published("T5-base", "Google", "2019-10", 220e6, "1910.10683", t5(12, 768, 12, 64, 3072)),
    Published("T5-large", "Google", "2019-10", 770e6, "1910.10683", t5(24, 1024, 16, 64, 4096)),
    Published("T5-3B", "Google", "2019-10", 3e9, "1910.10683", t5(24, 1024, 32, 128, 16384)),
    Published("T5-11B", "Google", "2019-10", 11e9, "1910.10683", t5(24, 1024, 128, 128, 65536)),
    Published("Turing-NLG", "Microsoft", "2020-02", 17e9, None, megatron(78, 4256), exact=False,
              remark=LEADING),
    Published("GPT-3 Small", "OpenAI", "2020-05", 125e6, "2005.14165", gpt3(12, 768)),
    Published("GPT-3 Medium", "OpenAI", "2020-05", 350e6, "2005.14165", gpt3(24, 1024)),
    Published("GPT-3 Large", "OpenAI", "2020-05", 760e6, "2005.14165", gpt3(24, 1536)),
    Published("GPT-3 XL", "OpenAI", "2020-05", 1.3e9, "2005.14165", gpt3(24, 2048), remark=ROUGH_HEADS),
    Published("GPT-3 2.7B", "OpenAI", "2020-05", 2.7e9, "2005.14165", gpt3(32, 2560)),
    Published("GPT-3 6.7B", "OpenAI", "2020-05", 6.7e9, "2005.14165", gpt3(32, 4096)),
    Published("GPT-3 13B", "OpenAI", "2020-05", 13e9, "2005.14165", gpt3(40, 5120), remark=WIDTH_5140),
    Published("GPT-3", "OpenAI", "2020-05", 175e9, "2005.14165", gpt3(96, 12288)),
    Published("PanGu-α", "Huawei", "2021-04", 200e9, "2104.12369"),
    Published("MT-NLG", "Microsoft, NVIDIA", "2021-10", 530e9, "2201.11990", megatron(105, 20480),
              exact=False, remark="announced in October 2021, paper in January 2022; " + LEADING),
    Published("Yuan 1.0", "Inspur", "2021-10", 245e9, "2110.04725"),
    Published("Gopher", "DeepMind", "2021-12", 280e9, "2112.11446",
              counts.gopher(n_layers=80, d_model=16384, vocab_size=32000), exact=False, remark=LEADING),
    Published("ERNIE 3.0 Titan", "Baidu", "2021-12", 260e9, "2112.12731"),
    Published("LaMDA", "Google", "2022-01", 137e9, "2201.08239",
              counts.gated(n_layers=64, d_model=8192, d_ff=65536, vocab_size=32000, inner=128 * 128), exact=False,
              remark="announced without a size in May 2021; " + LEADING),
    Published("Chinchilla", "DeepMind", "2022-03", 70e9, "2203.15556",
              counts.gopher(n_layers=80, d_model=8192, vocab_size=32000), exact=False, remark=LEADING),
    Published("PaLM", "Google", "2022-04", 540e9, "2204.02311",
              counts.gated(n_layers=118, d_model=18432, d_ff=4 * 18432, vocab_size=256000, inner=48 * 256, kv_inner=256),
              exact=False, remark=LEADING),
    Published("OPT-175B", "Meta", "2022-05", 175e9, "2205.01068",
              counts.gpt(n_layers=96, d_model=12288, vocab_size=50272, max_len=2050),
              remark="the position table has two rows more than the context"),
    Published("GLM-130B", "Tsinghua, Zhipu", "2022-10", 130e9, "2210.02414",
              counts.gated(n_layers=70, d_model=12288, d_ff=32768, vocab_size=150528, inner=12288), exact=False,
              remark=LEADING),
    Published("BLOOM", "BigScience", "2022-11", 176e9, "2211.05100",
              counts.bloom(n_layers=70, d_model=14336, vocab_size=250880)),
    Published("LLaMA-7B", "Meta", "2023-02", 6.7e9, "2302.13971", llama(32, 4096, 11008)),
    Published("LLaMA-13B", "Meta", "2023-02", 13e9, "2302.13971", llama(40, 5120, 13824)),
    Published("LLaMA-33B", "Meta", "2023-02", 32.5e9, "2302.13971", llama(60, 6656, 17920)),
    Published("LLaMA-65B", "Meta", "2023-02", 65.2e9, "2302.13971", llama(80, 8192, 22016)),
    Published("Falcon-7B", "TII", "2023-05", 7e9, "2311.16867",
              counts.falcon(n_layers=32, d_model=4544, vocab_size=65024, kv_inner=64, n_norms=1),
              remark="released in May 2023, paper in November"),
    Published("Falcon-40B", "TII", "2023-05", 40e9, "2311.16867",
              counts.falcon(n_layers=60, d_model=8192, vocab_size=65024, kv_inner=8 * 64, n_norms=2),
              remark="released in May 2023, paper in November"),
    Published("ChatGLM2-6B", "Tsinghua, Zhipu", "2023-06", 6e9, None,
              counts.llama(n_layers=28, d_model=4096, d_ff=13696, vocab_size=65024, kv_inner=2 * 128, qkv_bias=True),
              remark="the month is from memory"),
    Published("LLaMA-2-70B", "Meta", "2023-07", 70e9, "2307.09288", llama(80, 8192, 28672, kv_inner=8 * 128)),
    Published("Baichuan2-7B", "Baichuan", "2023-09", 7e9, "2309.10305", llama(32, 4096, 11008, 125696)),
    Published("Baichuan2-13B", "Baichuan", "2023-09", 13e9, "2309.10305", llama(40, 5120, 13696, 125696)),
)  # fmt: skip


def published(name: str) -> Published:
    """The model of that name.

    Raises:
        ValueError: there is none; the nearest name is suggested.

    >>> published("BERT-base").counted
    109482240
    """
    names = [model.name for model in PUBLISHED]
    return PUBLISHED[names.index(one_of("published", "name", name, names))]
