import pytest
import torch

from llm101.lm.fitting import fit
from llm101.lm.network import NetworkLM, vocabulary
from llm101.lm.neural import BengioMLP

TEXT = [["so", "it", "goes"], ["it", "goes", "on", "and", "on"], ["so"], []]


def fresh(seed=0):
    torch.manual_seed(seed)
    return NetworkLM(BengioMLP(6, n_context=3, d_model=7, d_hidden=11), vocabulary(TEXT))


def test_a_small_text_is_learnt_by_heart():
    """Four texts, equally likely: what is left is the choice of the text, 2 bits for 13 tokens."""
    model = fresh()
    assert model.bits(TEXT) > 2
    fit(model, TEXT, steps=250, lr=0.02, batch_size=29)
    assert 2 / 3.25 / 4 < model.bits(TEXT) < 2 / 3.25 / 4 * 4 + 0.1


def test_the_loss_is_a_mean_over_tokens_not_over_sentences():
    model, losses = fresh(), []
    before = model.bits(TEXT) * 0.6931471805599453
    fit(model, TEXT, steps=1, lr=1e-3, batch_size=4001, on_step=lambda step, loss: losses.append((step, loss)))
    assert losses == [(1, pytest.approx(before, rel=0.02))]


def test_the_rate_is_constant_and_then_falls(monkeypatch):
    rates, step = [], torch.optim.AdamW.step
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: (rates.append(self.param_groups[0]["lr"]), step(self)))
    fit(fresh(), TEXT, steps=10, lr=0.1)
    assert rates == pytest.approx([0.1] * 6 + [0.08, 0.06, 0.04, 0.02])


def test_a_seed_decides_the_order():
    def trained(seed):
        model = fresh()
        fit(model, TEXT, steps=5, lr=0.01, batch_size=2, seed=seed)
        return model.network.out.weight

    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))


def test_the_gradient_is_clipped(monkeypatch):
    norms = []

    def spy(parameters, longest):
        norms.append((len(list(parameters)), longest))

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", spy)
    fit(fresh(), TEXT, steps=2, lr=0.01, clip=0.7)
    assert norms == [(5, 0.7)] * 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": 0}, r"steps must be at least 1; got 0"),
        ({"batch_size": 0}, r"batch_size must be at least 1; got 0"),
        ({"lr": 0.0}, r"fit: lr must be above 0; got 0"),
        ({"clip": 0.0}, r"fit: clip must be above 0; got 0"),
        ({"lr": -0.1}, r"fit: lr must be a finite number in \[0, inf\]; got -0.1"),
    ],
)
def test_wrong_arguments(wrong, message):
    with pytest.raises(ValueError, match=message):
        fit(fresh(), TEXT, **{"steps": 1, "lr": 0.1, **wrong})
