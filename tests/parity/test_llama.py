"""LLaMA here and in transformers: the same weights, logits, gradients and words."""

import pytest
import torch

from llm101.generate import extend, generate, left_pad
from llm101.generate.decode import greedy
from llm101.models import LlamaConfig, llama
from llm101.models.names import from_transformers, to_transformers
from llm101.nn.attention import scaled_dot_product
from llm101.nn.flash import flash

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.usefixtures("wide")
V, D, FF, P, T = 101, 30, 53, 43, 71  # longer than the context it says it was trained on


def make(seed=0, **changes):
    """Random weights everywhere, norm gains too, in float64."""
    sizes = {"vocab_size": V, "hidden_size": D, "intermediate_size": FF, "num_hidden_layers": 3,
             "num_attention_heads": 5, "max_position_embeddings": P, "rms_norm_eps": 1e-3}  # fmt: skip
    config = transformers.LlamaConfig(**sizes | {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0} | changes)
    torch.manual_seed(seed)
    model = transformers.LlamaForCausalLM(config).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.4)
    return model


VARIANTS = {
    "MHA": {}, "GQA": {"num_attention_heads": 15, "num_key_value_heads": 5}, "MQA": {"num_key_value_heads": 1},
    "another base": {"rope_parameters": {"rope_type": "default", "rope_theta": 77.0}},
    "longer context": {"rope_parameters": {"rope_type": "linear", "factor": 2.5, "rope_theta": 10000.0}},
}  # fmt: skip


@pytest.fixture(params=VARIANTS)
def theirs(request, wide):
    return make(**VARIANTS[request.param])


@pytest.fixture
def ours(theirs):
    return from_transformers(theirs)


@pytest.fixture
def ids():
    return torch.randint(V, (2, T), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("attend", [None, scaled_dot_product, flash])
def test_same_logits(theirs, ours, ids, attend):
    for block in ours.stack.blocks if attend else []:
        block.attention.attend = attend
    torch.testing.assert_close(ours(ids), theirs(ids).logits, atol=1e-10, rtol=0)


def test_same_gradients(theirs, ours, ids, hold_against):
    """Through `to_transformers`, so that the names are checked too."""
    names = {name: name for name in to_transformers(ours)}
    assert set(names) == set(theirs.state_dict())
    theirs(ids).logits.sin().sum().backward()
    ours(ids).sin().sum().backward()
    twin = from_transformers(theirs)
    with torch.no_grad():
        for weight, source in zip(twin.parameters(), ours.parameters(), strict=True):
            weight.copy_(source.grad)
    got = to_transformers(twin)
    for name, weight in theirs.named_parameters():
        assert weight.grad.abs().max() > 1e-6
        torch.testing.assert_close(got[name], weight.grad, atol=1e-9, rtol=1e-9)


def test_padded_on_the_left(theirs, ours):
    ids, keep = left_pad([list(range(1, 8)), list(range(9, 20)), [5]], pad=77)
    expected = theirs(ids, attention_mask=keep.long()).logits
    torch.testing.assert_close(ours(ids, mask=keep)[keep], expected[keep], atol=1e-10, rtol=0)


def test_there_and_back(theirs, ours, ids):
    twin = make(seed=9, **{k: v for k, v in theirs.config.to_dict().items() if k in ("num_attention_heads",
                "num_key_value_heads", "rope_parameters")})  # fmt: skip
    assert not torch.allclose(twin(ids).logits, theirs(ids).logits)
    twin.load_state_dict(to_transformers(ours))
    assert torch.equal(twin(ids).logits, theirs(ids).logits)


def test_same_words(theirs, ours, ids):
    expected = theirs.generate(ids[:, :7], max_new_tokens=50, do_sample=False, eos_token_id=None)
    assert torch.equal(generate(ours, ids[:, :7], 50, temperature=0), expected)
    prompts, keep = left_pad([[3, 1, 4, 1, 5], [9, 2], [6]])
    expected = theirs.generate(prompts, attention_mask=keep.long(), max_new_tokens=20, do_sample=False,
                               eos_token_id=None)  # fmt: skip
    assert torch.equal(extend(ours, prompts, 20, greedy, keep=keep), expected)


def test_float32_as_it_is_shipped(monkeypatch, ids):
    """Without widening anything: angles, norms and softmax in float32 on both sides."""
    monkeypatch.undo()
    theirs = make().float()
    torch.testing.assert_close(from_transformers(theirs)(ids), theirs(ids).logits, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_act": "gelu"}, "hidden_act must be 'silu'; got 'gelu'"),
        ({"attention_bias": True}, "attention_bias must be False; got True"),
        ({"mlp_bias": True}, "mlp_bias must be False; got True"),
        ({"tie_word_embeddings": True}, "tie_word_embeddings must be False; got True"),
        ({"head_dim": 8}, "head_dim must be 6; got 8"),
        ({"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}},
         "rope_type must be default or linear; got 'dynamic'"),
    ],
)  # fmt: skip
def test_switches_ours_does_not_have_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        from_transformers(make(**changes))


def test_models_of_no_known_family_are_refused():
    tiny = llama(LlamaConfig(vocab_size=V, d_model=D, n_layers=2, n_heads=5, d_ff=FF))
    tiny.stack.blocks[0].ffn.extra = torch.nn.Linear(2, 3)
    with pytest.raises(ValueError, match=r"of 2 layers; got 23, of which unknown: .*ffn\.extra\.bias"):
        to_transformers(tiny)
