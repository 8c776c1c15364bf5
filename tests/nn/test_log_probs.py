"""Log-probabilities against torch in float64, with gradients, at ordinary, extreme and masked scores."""

import math

import pytest
import torch
from torch.nn import functional as F

from llm101.nn.log_probs import entropy, kl_divergence, log_softmax, log_sum_exp, perplexity

inf = torch.inf
ORDINARY = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
EXTREME = torch.tensor([[1e4, -1e4, 0.0], [1e4, 1e4 - 1, 1e4 - 2], [-1e4, -1e4, -1e4]], dtype=torch.float64)
MASKED = torch.tensor([[0.3, -inf, 2.0], [-inf, -inf, 1e4], [-inf, 5.0, -inf]], dtype=torch.float64)


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-10)


def value_and_gradient(function, x, weights=None):
    x = x.clone().requires_grad_()
    y = function(x)
    finite = torch.where(y.isfinite(), y, 0.0)
    (finite * (torch.ones_like(y) if weights is None else weights)).sum().backward()
    return y.detach(), x.grad


@pytest.mark.parametrize("x", [ORDINARY, EXTREME, MASKED])
@pytest.mark.parametrize("dim", [-1, 0])
def test_log_sum_exp_equals_torch(x, dim):
    if x is MASKED and dim == 0:
        x = torch.cat([MASKED, torch.zeros(1, 3, dtype=torch.float64)])  # no column of nothing but -inf
    for ours, theirs in zip(
        value_and_gradient(lambda t: log_sum_exp(t, dim), x),
        value_and_gradient(lambda t: torch.logsumexp(t, dim), x),
        strict=True,
    ):
        close(ours, theirs)
    assert log_sum_exp(x, dim, keepdim=True).shape == torch.logsumexp(x, dim, keepdim=True).shape


@pytest.mark.parametrize("x", [ORDINARY, EXTREME, MASKED])
def test_log_softmax_equals_torch(x):
    weights = torch.linspace(-1, 2, x.numel(), dtype=torch.float64).view(x.shape)
    for ours, theirs in zip(
        value_and_gradient(log_softmax, x, weights),
        value_and_gradient(lambda t: F.log_softmax(t, -1), x, weights),
        strict=True,
    ):
        close(ours, theirs)


def test_nothing_but_masked_scores():
    value, gradient = value_and_gradient(log_sum_exp, torch.full((2, 3), -inf))
    assert torch.equal(value, torch.full((2,), -inf))
    assert torch.equal(gradient, torch.zeros(2, 3))
    assert log_softmax(torch.full((3,), -inf)).isnan().all()
    assert log_sum_exp(torch.tensor([1.0, inf])) == inf


def test_float32_is_kept_and_narrower_is_widened():
    for dtype, expected in ((torch.float64, torch.float64), (torch.bfloat16, torch.float32)):
        assert log_softmax(torch.zeros(2, 3, dtype=dtype)).dtype == expected
        assert log_sum_exp(torch.zeros(2, 3, dtype=dtype)).dtype == expected
        assert perplexity(torch.zeros(3, dtype=dtype)).dtype == expected
    near = torch.tensor([1e4, 1e4 + 1], dtype=torch.float32)  # adding 1e4 first would lose the digits
    close(log_softmax(near), F.log_softmax(torch.tensor([0.0, 1.0]), -1))


def test_entropy_by_a_loop_and_with_zeros():
    p = F.softmax(ORDINARY, -1)
    by_hand = -sum(v * math.log(v) for v in p[2, 3].tolist())
    close(entropy(p.log(), reduction="none")[2, 3], torch.tensor(by_hand, dtype=torch.float64))
    close(entropy(p.log()), entropy(p.log(), reduction="sum") / 15)
    value, gradient = value_and_gradient(entropy, torch.tensor([0.0, -inf]))
    assert value == 0
    assert gradient.isfinite().all()


def test_kl_equals_torch_and_is_not_symmetric():
    log_p, log_q = F.log_softmax(ORDINARY, -1), F.log_softmax(ORDINARY.flip(0), -1)
    want = F.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1)
    close(kl_divergence(log_p, log_q, reduction="none"), want)
    close(kl_divergence(log_p, log_q), want.mean())
    close(kl_divergence(log_p, log_q, reduction="sum"), want.sum())
    assert (want >= 0).all()
    assert (kl_divergence(log_q[0, 0], log_p[0, 0]) - kl_divergence(log_p[0, 0], log_q[0, 0])).abs() > 1e-3
    ours = value_and_gradient(lambda t: kl_divergence(log_p, F.log_softmax(t, -1)), ORDINARY)[1]
    theirs = value_and_gradient(
        lambda t: F.kl_div(F.log_softmax(t, -1), log_p, reduction="sum", log_target=True) / 15, ORDINARY
    )[1]
    close(ours, theirs)


def test_kl_where_probabilities_are_zero():
    certain, fair = torch.tensor([0.0, -inf]), torch.tensor([0.5, 0.5]).log()
    close(kl_divergence(certain, fair), torch.tensor(math.log(2)))
    assert kl_divergence(fair, certain) == inf
    assert kl_divergence(certain, certain) == 0


def test_cross_entropy_is_entropy_plus_divergence():
    log_p, log_q = F.log_softmax(ORDINARY, -1), F.log_softmax(ORDINARY.flip(1), -1)
    crossed = -(log_p.exp() * log_q).sum(-1)
    close(crossed, entropy(log_p, reduction="none") + kl_divergence(log_p, log_q, reduction="none"))


def test_perplexity_counts_tokens_not_sentences():
    long, short = torch.full((7,), 1.0), torch.full((1,), 3.0)
    assert perplexity(torch.cat([long, short])).item() == pytest.approx(math.exp(10 / 8))
    assert perplexity(torch.full((2, 3), math.log(11))).item() == pytest.approx(11)


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match=r"kl_divergence: log_p and log_q must have the same shape; got \(3,\) and \("):
        kl_divergence(torch.zeros(3), torch.zeros(3, 1))
    for function in (entropy, lambda x, **named: kl_divergence(x, x, **named)):
        with pytest.raises(
            ValueError, match=r"reduction must be one of mean, sum, none; got 'meen'\. Did you mean 'mean'"
        ):
            function(torch.zeros(2, 3), reduction="meen")
