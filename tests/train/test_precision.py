"""bf16 and fp16: what is computed in 16 bits, and what a step that overflows does."""

import pytest
import torch
from torch import nn

from llm101.optim import SGD
from llm101.train import FitConfig, NotFiniteError, State, fit, precision
from llm101.train.precision import autocast, grad_scaler, supported

CPU = torch.device("cpu")


class Recorded(nn.Module):
    """A linear layer that remembers what it gave, and can be made to overflow in fp16."""

    def __init__(self):
        super().__init__()
        self.layer, self.dtypes = nn.Linear(3, 2), []

    def forward(self, x):
        y = self.layer(x)
        self.dtypes.append(y.dtype)
        return y


class SumLoss:
    def count(self, batch):
        return len(batch)

    def sum(self, model, batch):
        return model(batch).float().square().sum()


def run(name, scale=1.0, steps=3, state=None):
    torch.manual_seed(0)
    model, reports = Recorded(), []
    x = torch.arange(15.0).reshape(5, 3) / 15 * scale
    config = FitConfig(steps=steps, precision=name, max_norm=None)
    state = fit(
        model, SGD(model.parameters(), 0.05 / scale**2), lambda step: [x], SumLoss(), config, state, reports.append
    )
    return model, reports, state


@pytest.mark.parametrize(("name", "dtype", "error"), [("bf16", torch.bfloat16, 0.02), ("fp16", torch.float16, 2e-3)])
def test_products_are_in_16_bits_and_weights_in_32(name, dtype, error):
    (exact, known, _), (half, reports, _) = run("fp32"), run(name)
    assert [r.skipped for r in reports] == [False] * 3
    assert [r.grad_norm for r in reports] == pytest.approx([r.grad_norm for r in known], rel=0.02)  # the scale is out
    assert set(exact.dtypes) == {torch.float32}
    assert set(half.dtypes) == {dtype}
    assert half.layer.weight.dtype == torch.float32
    difference = (half.layer.weight - exact.layer.weight).abs().max()
    assert 0 < difference < error


def test_a_gradient_that_overflows_skips_the_step_and_halves_the_scale():
    """The scale begins at 65,536; the sum of squares here times that is beyond float16."""
    model, reports, state = run("fp16", scale=30.0, steps=20)
    assert reports[0].skipped is True
    assert False in [r.skipped for r in reports]
    n_skipped = sum(r.skipped for r in reports)
    assert state.scaler["scale"] == 65536 * 0.5**n_skipped
    assert torch.isfinite(model.layer.weight).all()
    still, *_ = run("fp16", scale=30.0, steps=1)
    torch.manual_seed(0)
    assert torch.equal(still.layer.weight, Recorded().layer.weight)


class Root:
    """The root of |y|: its gradient at 0 is infinite whatever the scale."""

    def count(self, batch):
        return 1

    def sum(self, model, batch):
        return (model(batch) * 0).float().abs().sqrt().sum()


def test_a_gradient_that_is_infinite_at_any_scale_stops_the_run():
    """65,536 is halved 17 times to 0.5; then it is no overflow any more."""
    model, reports = Recorded(), []
    config = FitConfig(steps=99, precision="fp16")
    with pytest.raises(NotFiniteError, match=r"in step 17"):
        fit(model, SGD(model.parameters(), 0.1), lambda s: [torch.ones(2, 3)], Root(), config, on_step=reports.append)
    assert [r.skipped for r in reports] == [True] * 17


def test_the_scale_is_part_of_the_state():
    *_, straight = run("fp16", scale=30.0, steps=6)
    state = State(scaler={**straight.scaler, "scale": 4.0})
    _, reports, state = run("fp16", scale=30.0, steps=1, state=state)
    assert not reports[0].skipped
    assert state.scaler["scale"] == 4.0


def test_without_fp16_there_is_no_scale():
    scaler = grad_scaler("bf16", CPU)
    assert not scaler.is_enabled()
    assert run("bf16")[2].scaler == {}


def test_a_loss_beyond_float16_is_no_matter_of_scaling():
    with pytest.raises(NotFiniteError, match=r"in step 0"):
        run("fp16", scale=1e30, steps=1)


def test_a_device_that_cannot_says_so_and_what_to_use(monkeypatch):
    def broken(name, device):
        raise RuntimeError("\"addmm_impl_cpu_\" not implemented for 'Half'")

    monkeypatch.setattr(precision, "product", broken)
    with pytest.raises(ValueError, match=r"^fit: precision 'fp16' needs .* cpu .*not implemented for 'Half'.* or bf16"):
        grad_scaler("fp16", CPU)
    with pytest.raises(ValueError, match=r"Use precision='fp32'.$"):
        supported("bf16", CPU)
    supported("fp32", CPU)


def test_a_gpu_without_bf16_units_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Old Card")
    with pytest.raises(ValueError, match=r"^fit: Old Card has no bf16 units. Use precision='fp16'"):
        supported("bf16", torch.device("cuda"))


def test_the_name_must_be_known():
    with pytest.raises(ValueError, match=r"precision must be one of fp32, bf16, fp16; got 'bf61'. Did you mean 'bf16'"):
        grad_scaler("bf61", CPU)


def test_off_is_off():
    with autocast("fp32", CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
