"""GPT-2 here and in transformers: the same weights, logits, gradients and words."""

import pytest
import torch

from llm101.generate import extend, generate, left_pad
from llm101.generate.decode import greedy
from llm101.models.names import from_transformers, to_transformers
from llm101.nn.attention import scaled_dot_product

transformers = pytest.importorskip("transformers")
V, P, D, T = 101, 43, 30, 41


def make(seed=0, **changes):
    """Random weights everywhere, norm gains and biases too, in float64."""
    sizes = {"vocab_size": V, "n_positions": P, "n_embd": D, "n_layer": 3, "n_head": 5, "n_inner": 53}
    config = transformers.GPT2Config(**sizes | {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0} | changes)
    torch.manual_seed(seed)
    model = transformers.GPT2LMHeadModel(config).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.4)
    return model


@pytest.fixture(scope="module")
def theirs():
    return make()


@pytest.fixture
def ours(theirs):
    return from_transformers(theirs)


@pytest.fixture
def ids():
    return torch.randint(V, (2, T), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("attend", ["fused", "written out"])
def test_same_logits(theirs, ours, ids, attend):
    for block in ours.stack.blocks if attend == "written out" else []:
        block.attention.attend = scaled_dot_product
    assert torch.allclose(ours(ids), theirs(ids).logits, atol=1e-10, rtol=0)


def test_the_norms_eps_is_taken_over(ids):
    """Embeddings near zero make the first norm depend on its eps."""
    for eps in (1e-5, 1e-3):
        theirs = make(layer_norm_epsilon=eps)
        with torch.no_grad():
            theirs.transformer.wte.weight *= 1e-2
            theirs.transformer.wpe.weight *= 1e-2
        assert torch.allclose(from_transformers(theirs)(ids), theirs(ids).logits, atol=1e-10, rtol=0)


def test_same_gradients(theirs, ours, ids):
    theirs.zero_grad()
    theirs(ids).logits.sin().sum().backward()
    ours(ids).sin().sum().backward()
    expected = {name: weight.grad for name, weight in theirs.named_parameters()}
    twin = from_transformers(theirs)
    with torch.no_grad():
        for weight, source in zip(twin.parameters(), ours.parameters(), strict=True):
            weight.copy_(source.grad)
    got = to_transformers(twin)
    assert set(expected) | {"lm_head.weight"} == set(got)
    for name, gradient in expected.items():
        assert torch.allclose(got[name], gradient, atol=1e-9, rtol=1e-9), name
    theirs.zero_grad()


def test_padded_on_the_left(theirs, ours):
    ids, keep = left_pad([list(range(1, 8)), list(range(9, 20)), [5]], pad=77)
    positions = (keep.cumsum(1) - 1).clamp(min=0)
    expected = theirs(ids, attention_mask=keep.long(), position_ids=positions).logits
    assert torch.allclose(ours(ids, mask=keep)[keep], expected[keep], atol=1e-10, rtol=0)


def test_there_and_back(theirs, ours, ids):
    twin = make(seed=9)
    assert not torch.allclose(twin(ids).logits, theirs(ids).logits)
    twin.load_state_dict(to_transformers(ours))
    assert torch.equal(twin(ids).logits, theirs(ids).logits)
    assert twin.lm_head.weight is twin.transformer.wte.weight


def test_the_copy_is_a_copy(theirs, ours, ids):
    before = theirs(ids).logits
    with torch.no_grad():
        for weight in ours.parameters():
            weight.zero_()
    assert torch.equal(theirs(ids).logits, before)
    assert all(weight.requires_grad and weight.is_contiguous() for weight in ours.parameters())
    assert not ours.training
    assert from_transformers(make().float().train()).training


def test_same_words_greedily(theirs, ours, ids):
    for n in (1, 7, 29):
        expected = theirs.generate(ids[:, :n], max_new_tokens=P - n, do_sample=False, eos_token_id=None)
        assert torch.equal(generate(ours, ids[:, :n], P - n, temperature=0), expected)


def test_same_words_with_padding_and_a_stop(theirs, ours):
    prompts, keep = left_pad([[3, 1, 4, 1, 5], [9, 2], [6]])
    free = extend(ours, prompts, 20, greedy, keep=keep)
    stop = int(free[1, 11])
    expected = theirs.generate(prompts, attention_mask=keep.long(), max_new_tokens=20, do_sample=False,
                               eos_token_id=stop, pad_token_id=stop)  # fmt: skip
    assert torch.equal(extend(ours, prompts, 20, greedy, keep=keep, stop=stop), expected)


def test_same_distribution_after_the_rules(theirs, ours, ids):
    """Temperature, top-k and top-p in transformers' order; the draw itself is torch.multinomial in both."""
    rules = {"temperature": 0.7, "top_k": 23, "top_p": 0.8}
    torch.manual_seed(5)
    expected = theirs.generate(ids[:, :7], max_new_tokens=30, do_sample=True, eos_token_id=None, **rules)
    torch.manual_seed(5)
    assert torch.equal(generate(ours, ids[:, :7], 30, **rules), expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [("activation_function", "gelu"), ("scale_attn_weights", False), ("tie_word_embeddings", False),
     ("scale_attn_by_inverse_layer_idx", True), ("add_cross_attention", True)],
)  # fmt: skip
def test_switches_ours_does_not_have_are_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name} must be .*; got {value!r}"):
        from_transformers(make(**{name: value}))


def test_other_classes_are_refused(theirs):
    with pytest.raises(TypeError, match="expected a GPT2LMHeadModel or LlamaForCausalLM; got GPT2Model"):
        from_transformers(theirs.transformer)
