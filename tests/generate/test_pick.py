"""How rules become a pick: their order, which matters, and what is refused before a prompt is read."""

import pytest
import torch

from llm101.generate import greedy, sampler
from llm101.generate import logits as rules

V, B = 53, 7


@pytest.fixture
def logits():
    return torch.randn(B, V, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3


@pytest.fixture
def ids():
    return torch.randint(-1, V, (B, 11), generator=torch.Generator().manual_seed(1))


SETTINGS = {"repetition_penalty": 1.7, "temperature": 2.5, "top_k": 13, "top_p": 0.8, "min_p": 0.11}
STEPS = {
    "repetition_penalty": lambda x, ids: rules.penalize_repeats(x, ids, 1.7),
    "temperature": lambda x, ids: rules.with_temperature(x, 2.5), "top_k": lambda x, ids: rules.keep_top_k(x, 13),
    "top_p": lambda x, ids: rules.keep_top_p(x, 0.8), "min_p": lambda x, ids: rules.keep_min_p(x, 0.11),
}  # fmt: skip


def test_rules_come_in_the_order_that_is_written_down(logits, ids):
    expected = logits
    for name in ("repetition_penalty", "temperature", "top_k", "top_p", "min_p"):
        expected = STEPS[name](expected, ids)
    sources = [torch.Generator().manual_seed(3) for _ in range(2)]
    pick = sampler(**SETTINGS, generator=sources[0])
    got = torch.stack([pick(logits, ids) for _ in range(40)])
    assert torch.equal(got, torch.stack([rules.draw(expected, sources[1]) for _ in range(40)]))
    last_first = logits
    for name in ("min_p", "top_p", "top_k", "temperature", "repetition_penalty"):
        last_first = STEPS[name](last_first, ids)
    assert not torch.equal(last_first.isfinite(), expected.isfinite())  # the order is no matter of taste


@pytest.mark.parametrize("name", SETTINGS)
def test_each_rule_alone(logits, ids, name):
    sources = [torch.Generator().manual_seed(3) for _ in range(2)]
    pick = sampler(**{name: SETTINGS[name]}, generator=sources[0])
    expected = STEPS[name](logits, ids)
    for _ in range(40):
        assert torch.equal(pick(logits, ids), rules.draw(expected, sources[1]))


def test_at_temperature_0_only_the_repetition_penalty_counts(logits, ids):
    before = torch.get_rng_state()
    assert torch.equal(sampler(temperature=0)(logits, ids), greedy(logits, ids))
    assert torch.equal(sampler(temperature=0, top_k=3, top_p=0.1, min_p=0.9)(logits, ids), logits.argmax(-1))
    top = logits.argmax(-1, keepdim=True)
    punished = sampler(temperature=0, repetition_penalty=1e6)(logits, top)
    assert torch.equal(punished, logits.topk(2).indices[:, 1])
    assert torch.equal(torch.get_rng_state(), before)  # nothing was drawn


def test_logits_and_ids_are_left_as_they_were(logits, ids):
    was = logits.clone(), ids.clone()
    sampler(**SETTINGS)(logits, ids)
    assert torch.equal(logits, was[0])
    assert torch.equal(ids, was[1])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("temperature", -0.5, r"temperature must be a finite number in \[0, inf\]; got -0.5"),
     ("top_k", 0, "top_k must be at least 1; got 0"), ("top_p", 1.5, r"top_p must be .* in \[0, 1\]; got 1.5"),
     ("min_p", -0.1, r"min_p must be .* in \[0, 1\]; got -0.1"),
     ("repetition_penalty", 0, "repetition_penalty must be above 0; got 0"),
     ("repetition_penalty", -2, r"repetition_penalty must be .* in \[0, inf\]; got -2")],
)  # fmt: skip
def test_bad_numbers_are_refused_at_once(name, value, message):
    with pytest.raises(ValueError, match=message):
        sampler(**{name: value})
