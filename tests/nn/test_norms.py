"""The formulas against numpy in float64, the modules against the formulas."""

import numpy as np
import pytest
import torch

from llm101.nn.norms import (
    BatchNorm,
    LayerNorm,
    RMSNorm,
    batch_norm,
    deepnorm,
    deepnorm_encoder,
    layer_norm,
    rms_norm,
)


def data():
    rng = np.random.default_rng(0)
    return rng.normal(3, 2, (2, 3, 5)), rng.normal(size=5), rng.normal(size=5)


@pytest.mark.parametrize("eps", [1e-12, 1e-5, 0.3])
def test_formulas(eps):
    x, gain, offset = data()
    normed = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
    scaled = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    tx, tg, to = (torch.tensor(a) for a in (x, gain, offset))
    assert np.allclose(layer_norm(tx, tg, to, eps=eps), normed * gain + offset, atol=1e-12)
    assert np.allclose(layer_norm(tx, tg, eps=eps), normed * gain, atol=1e-12)
    assert np.allclose(rms_norm(tx, tg, eps=eps), scaled * gain, atol=1e-12)
    over_tokens = (x - x.mean((0, 1))) / np.sqrt(x.var((0, 1)) + eps)
    assert np.allclose(batch_norm(tx, tg, to, eps=eps), over_tokens * gain + offset, atol=1e-12)


def test_batch_norm_module_equals_its_formula_in_training():
    x, gain, offset = (torch.tensor(a) for a in data())
    module = BatchNorm(5, eps=0.3).double()
    module.load_state_dict({"weight": gain, "bias": offset}, strict=False)
    assert torch.allclose(module(x), batch_norm(x, gain, offset, eps=0.3), atol=1e-12)
    assert batch_norm(x.half(), gain.half(), offset.half()).dtype == torch.float16


def test_deepnorms_numbers():
    """arXiv:2203.00555, figure 2; the values for one stack of 12, 24 and 70 layers are those of the table of numbers."""
    for n, alpha, beta in ((12, 2.213, 0.3195), (24, 2.632, 0.2686), (70, 3.440, 0.2056)):
        assert deepnorm(n) == pytest.approx((alpha, beta), abs=5e-4)
    assert deepnorm(18, over_encoder=True) == pytest.approx((54**0.25, 216**-0.25))
    alpha, beta = deepnorm_encoder(18, 6)
    assert (alpha / 0.81) ** 16 == pytest.approx(18**4 * 6)
    assert alpha * beta == pytest.approx(0.81 * 0.87)
    with pytest.raises(ValueError, match="deepnorm: n_layers must be at least 1; got 0"):
        deepnorm(0)
    with pytest.raises(ValueError, match="deepnorm_encoder: n_layers must be at least 1; got 0"):
        deepnorm_encoder(0, 3)
    with pytest.raises(ValueError, match="deepnorm_encoder: n_decoder_layers must be at least 1; got 0"):
        deepnorm_encoder(3, 0)


@pytest.mark.parametrize("make", [LayerNorm, RMSNorm, lambda d, eps: LayerNorm(d, eps=eps, bias=False)])
def test_modules_equal_formulas_with_gradients(make):
    x, gain, offset = (torch.tensor(a) for a in data())
    module = make(5, eps=0.3).double()
    with torch.no_grad():
        module.weight.copy_(gain)
        for bias in [b for n, b in module.named_parameters() if n == "bias"]:
            bias.copy_(offset)
    by_formula = rms_norm if isinstance(module, RMSNorm) else layer_norm
    grads = []
    for f in (module, lambda y: by_formula(y, *module.parameters(), eps=0.3)):
        y = x.clone().requires_grad_()
        out = f(y)
        out.sin().sum().backward()
        grads.append((out, y.grad))
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(*grads, strict=True))


@pytest.mark.parametrize("make", [LayerNorm, RMSNorm])
def test_half_precision_is_normed_in_float32(make):
    """Squares of 300 overflow float16 (65,504); the mean of them is still right."""
    x = torch.tensor([300.0, -300.0, 299.0, 301.0]).half()
    module = make(4)
    out = module.half()(x)
    formula = rms_norm if make is RMSNorm else layer_norm
    assert out.dtype == formula(x, torch.ones(4).half()).dtype == torch.float16
    assert torch.allclose(out.float(), make(4)(x.float()), atol=2e-3)
    assert torch.allclose(formula(x, torch.ones(4)).float(), make(4)(x.float()), atol=2e-3)


def test_defaults_and_keys():
    assert (LayerNorm(3).eps, RMSNorm(3).eps) == (1e-5, 1e-6)
    assert list(LayerNorm(3).state_dict()) == ["weight", "bias"]
    assert list(RMSNorm(3).state_dict()) == list(LayerNorm(3, bias=False).state_dict()) == ["weight"]
