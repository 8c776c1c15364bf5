"""Every norm against torch's, value and gradients; and what each of them does not see."""

from functools import partial

import pytest
import torch
from torch import nn

from llm101.nn.norms import BatchNorm, LayerNorm, RMSNorm

B, T, D = 3, 5, 7
NORMS = {
    "LayerNorm": (LayerNorm, nn.LayerNorm),
    "LayerNorm without bias": (partial(LayerNorm, bias=False), partial(nn.LayerNorm, bias=False)),
    "RMSNorm": (RMSNorm, nn.RMSNorm),
    "BatchNorm": (BatchNorm, nn.BatchNorm1d),
}
EACH_TOKEN_ALONE = [name for name in NORMS if name != "BatchNorm"]


def noise(seed=0):
    source = torch.Generator().manual_seed(seed)
    return 3 + 2 * torch.randn(B, T, D, dtype=torch.float64, generator=source)


def pair(name, eps):
    """Ours and torch's with the same random gain and offset."""
    ours, theirs = (make(D, eps=eps).double() for make in NORMS[name])
    with torch.no_grad():
        for seed, weight in enumerate(ours.parameters()):
            weight.copy_(torch.randn(D, generator=torch.Generator().manual_seed(seed)))
    theirs.load_state_dict(ours.state_dict(), strict=name != "BatchNorm")
    return ours, theirs


def flat(name, norm):
    """torch's BatchNorm1d wants (tokens, channels)."""
    return (lambda x: norm(x.flatten(0, 1)).view_as(x)) if name == "BatchNorm" else norm


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("eps", [1e-12, 1e-5, 0.3])
def test_equal_to_torchs_with_gradients(name, eps):
    ours, theirs = pair(name, eps)
    results = []
    for norm, run in ((ours, ours), (theirs, flat(name, theirs))):
        x = noise().requires_grad_()
        y = run(x)
        y.sin().sum().backward()
        results.append([y, x.grad, *(weight.grad for weight in norm.parameters())])
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, atol=1e-10, rtol=0)


@pytest.mark.parametrize("name", EACH_TOKEN_ALONE)
def test_a_token_does_not_depend_on_the_others(name):
    ours, _ = pair(name, 1e-5)
    x = noise()
    other = torch.cat([x[:1], noise(1)[1:]])
    assert torch.equal(ours(other)[0], ours(x)[0])
    assert torch.equal(ours(x[:, :2]), ours(x)[:, :2])
    assert torch.equal(ours.eval()(x), ours.train()(x))


@pytest.mark.parametrize("name", NORMS)
def test_what_is_taken_away(name):
    """Scale and shift of a token (LayerNorm), its scale only (RMSNorm), or those of a channel (BatchNorm)."""
    ours, x = pair(name, 1e-14)[0], noise()
    same = partial(torch.allclose, atol=1e-9)
    scales, shifts = torch.linspace(0.5, 3, B * T).view(B, T, 1).double(), torch.linspace(-3, 4, B * T).view(B, T, 1)
    by_channel = torch.linspace(0.5, 3, D).double()
    assert same(ours(x * scales), ours(x)) == (name != "BatchNorm")
    assert same(ours(x + shifts), ours(x)) == name.startswith("LayerNorm")
    assert same(ours(x * by_channel + by_channel), ours(x)) == (name == "BatchNorm")


def test_rms_norm_equals_layer_norm_where_the_mean_is_zero():
    x = noise()
    x = x - x.mean(-1, keepdim=True)
    torch.testing.assert_close(RMSNorm(D, eps=1e-5).double()(x), LayerNorm(D, eps=1e-5).double()(x))


def test_what_is_wrong_with_batch_norm_for_text():
    """Same token, other batch mates or padding: another output. And training differs from evaluation."""
    ours, x = pair("BatchNorm", 1e-5)[0], noise()
    alone = ours(x)[0]
    assert not torch.allclose(ours(torch.cat([x[:1], noise(1)[1:]]))[0], alone, atol=0.1)
    padding = torch.zeros(B, 4, D, dtype=torch.float64)
    assert not torch.allclose(ours(torch.cat([x, padding], dim=1))[0, :T], alone, atol=0.1)
    fresh = pair("BatchNorm", 1e-5)[0]
    trained = fresh(x)
    assert not torch.allclose(fresh.eval()(x), trained, atol=0.1)


def test_batch_norms_running_averages_are_torchs():
    ours, theirs = pair("BatchNorm", 1e-5)
    for seed in range(4):
        ours(noise(seed))
        flat("BatchNorm", theirs)(noise(seed))
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    x = noise(9)
    torch.testing.assert_close(ours.eval()(x), flat("BatchNorm", theirs.eval())(x), atol=1e-10, rtol=0)
    assert torch.equal(ours(x)[:1], ours(x[:1]))  # in evaluation a token is alone again
