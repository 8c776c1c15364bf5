"""Parameter counts against instantiated models, and against a table computed elsewhere."""

import pytest
import torch

from llm101.models import counts
from llm101.models.sizes import PUBLISHED, published

EXACT = {
    "Transformer base": 63_045_632, "Transformer big": 214_171_648, "ELMo": 93_600_864, "GPT-1": 116_534_784,
    "BERT-base": 109_482_240, "BERT-large": 335_141_888, "XLM": 667_088_896, "GPT-2 small": 124_439_808,
    "GPT-2 medium": 354_823_168, "GPT-2 large": 774_030_080, "GPT-2 XL": 1_557_611_200,
    "RoBERTa-large": 355_359_744, "ALBERT-base": 11_683_584, "DistilBERT": 66_362_880, "T5-small": 60_506_624,
    "T5-base": 222_903_552, "T5-large": 737_668_096, "T5-3B": 2_851_598_336, "T5-11B": 11_307_321_344,
    "GPT-3 Small": 125_226_240, "GPT-3 Medium": 355_871_744, "GPT-3 Large": 760_300_032, "GPT-3 XL": 1_315_723_264,
    "GPT-3 2.7B": 2_651_553_280, "GPT-3 6.7B": 6_658_404_352, "GPT-3 13B": 12_853_386_240, "GPT-3": 174_604_259_328,
    "OPT-175B": 174_604_468_224, "BLOOM": 176_247_271_424, "LLaMA-7B": 6_738_415_616, "LLaMA-13B": 13_015_864_320,
    "LLaMA-33B": 32_528_943_616, "LLaMA-65B": 65_285_660_672, "Falcon-7B": 6_921_720_704,
    "Falcon-40B": 41_303_293_952, "ChatGLM2-6B": 6_243_584_000, "LLaMA-2-70B": 68_976_648_192,
    "Baichuan2-7B": 7_505_973_248, "Baichuan2-13B": 13_896_668_160,
}  # fmt: skip
ROUNDED = {
    "Megatron-LM": 8.31e9, "Turing-NLG": 17.17e9, "MT-NLG": 529.5e9, "Gopher": 279.7e9, "Chinchilla": 70.06e9,
    "LaMDA": 137.70e9, "PaLM": 540.35e9, "GLM-130B": 128.69e9,
}  # fmt: skip


def test_counts_equal_the_table():
    counted = {model.name: model.counted for model in PUBLISHED if model.counted and model.exact}
    assert counted == EXACT
    for name, expected in ROUNDED.items():
        assert published(name).counted == pytest.approx(expected, rel=6e-4)
        assert not published(name).exact
    assert {m.name for m in PUBLISHED if not m.exact} == set(ROUNDED)
    assert {m.name for m in PUBLISHED if m.counted is None} == {"PanGu-α", "ERNIE 3.0 Titan", "Yuan 1.0"}


def test_variants_the_remarks_speak_of():
    assert counts.gpt(n_layers=40, d_model=5140, vocab_size=50257, max_len=2048) == 12_952_938_780
    base = published("BERT-base").counted
    assert base + counts.bert_heads(d_model=768, vocab_size=30522) == 110_106_428
    assert 12 * 96 * 12288**2 == 173_946_175_488
    gopher_without = 12 * 80 * 16384**2
    assert gopher_without / 280e9 < 0.93  # the thirteenth d² is needed
    assert "12,952,938,780" in published("GPT-3 13B").remark


def n_parameters(model):
    """Tied weights once."""
    return sum({id(w): w.numel() for w in model.parameters()}.values())


def from_transformers(config_name, model_name, **sizes):
    import transformers

    with torch.device("meta"):
        return n_parameters(getattr(transformers, model_name)(getattr(transformers, config_name)(**sizes)))


@pytest.mark.parametrize(
    ("name", "config", "model", "sizes"),
    [
        ("GPT-2 XL", "GPT2Config", "GPT2LMHeadModel", {"n_layer": 48, "n_embd": 1600, "n_head": 25}),
        ("BERT-base", "BertConfig", "BertModel", {}),
        ("DistilBERT", "DistilBertConfig", "DistilBertModel", {}),
        ("T5-small", "T5Config", "T5ForConditionalGeneration", {"vocab_size": 32128}),
        ("LLaMA-7B", "LlamaConfig", "LlamaForCausalLM", {"vocab_size": 32000}),
        ("Falcon-7B", "FalconConfig", "FalconForCausalLM",
         {"hidden_size": 4544, "num_attention_heads": 71, "num_hidden_layers": 32, "vocab_size": 65024}),
        ("ALBERT-base", "AlbertConfig", "AlbertModel",
         {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30000}),
    ],
)  # fmt: skip
def test_counts_equal_instantiated_models(name, config, model, sizes):
    assert from_transformers(config, model, **sizes) == published(name).counted


@pytest.mark.parametrize(
    ("count", "config", "model", "sizes"),
    [
        (counts.bloom(n_layers=3, d_model=40, vocab_size=101), "BloomConfig", "BloomForCausalLM",
         {"n_layer": 3, "hidden_size": 40, "n_head": 5, "vocab_size": 101}),
        (counts.gpt(n_layers=3, d_model=40, vocab_size=101, max_len=31), "OPTConfig", "OPTForCausalLM",
         {"num_hidden_layers": 3, "hidden_size": 40, "ffn_dim": 160, "num_attention_heads": 5, "vocab_size": 101,
          "max_position_embeddings": 29, "word_embed_proj_dim": 40}),
        (counts.llama(n_layers=3, d_model=40, d_ff=53, vocab_size=101, kv_inner=8), "LlamaConfig", "LlamaForCausalLM",
         {"num_hidden_layers": 3, "hidden_size": 40, "intermediate_size": 53, "num_attention_heads": 10,
          "num_key_value_heads": 2, "vocab_size": 101}),
        (counts.t5(n_layers=3, d_model=40, n_heads=5, head_dim=7, d_ff=53, vocab_size=101), "T5Config",
         "T5ForConditionalGeneration",
         {"num_layers": 3, "d_model": 40, "num_heads": 5, "d_kv": 7, "d_ff": 53, "vocab_size": 101}),
        (counts.bert(n_layers=3, d_model=40, vocab_size=101, max_len=31, n_segments=1), "RobertaConfig", "RobertaModel",
         {"num_hidden_layers": 3, "hidden_size": 40, "num_attention_heads": 5, "intermediate_size": 160,
          "vocab_size": 101, "max_position_embeddings": 31, "type_vocab_size": 1}),
        (counts.gpt(n_layers=3, d_model=40, vocab_size=101, max_len=31, final_norm=False), "OpenAIGPTConfig",
         "OpenAIGPTLMHeadModel", {"n_layer": 3, "n_embd": 40, "n_head": 5, "n_positions": 31, "vocab_size": 101}),
    ],
)  # fmt: skip
def test_forms_equal_instantiated_models_at_odd_sizes(count, config, model, sizes):
    assert from_transformers(config, model, **sizes) == count


def test_the_transformer_of_2017_equals_torchs_minus_its_attention_biases():
    torchs = torch.nn.Transformer(40, 4, 3, 3, 53, batch_first=True)
    final_norms, attention_biases = 2 * 2 * 40, 3 * 3 * 4 * 40
    expected = n_parameters(torchs) - final_norms - attention_biases + 101 * 40
    assert counts.transformer(n_layers=3, d_model=40, d_ff=53, vocab_size=101) == expected


def test_elmo_equals_its_lstms_instantiated():
    with torch.device("meta"):
        both_ways = torch.nn.ModuleList(torch.nn.LSTM(512, 4096, 2, proj_size=512) for _ in range(2))
    second_biases = 2 * 2 * 4 * 4096  # torch has two vectors of biases a layer where one would do
    assert counts.elmo() - (n_parameters(both_ways) - second_biases) == 262 * 16 + 199_168 + 2 * 8_392_704 + 1_049_088
