"""NaN and infinity: the weights stay good, and the batch is kept."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from llm101.optim import SGD, AdamW
from llm101.train import FitConfig, NotFiniteError, Tokens, fit
from llm101.train.guard import named


class Ratio:
    """mean of model(x) / y: infinite where y is 0, NaN where both are."""

    def count(self, batch):
        return len(batch["x"])

    def sum(self, model, batch):
        return (model(batch["x"]) / batch["y"]).sum()


def batches(step):
    x = torch.arange(6.0).reshape(2, 3) + step
    good = {"x": x, "y": torch.ones(2, 1)}
    return [good, {"x": x, "y": torch.tensor([[1.0], [0.0 if step == 2 else 1.0]])}]


def test_the_run_stops_at_the_step_and_keeps_its_batch(tmp_path):
    model, reports = nn.Linear(3, 1), []
    optimizer = AdamW(model.parameters(), lr=0.1)
    weights = []
    config = FitConfig(steps=9, bad_batches=tmp_path / "bad")

    def hook(step):
        reports.append(step)
        weights.append(model.weight.detach().clone())

    with pytest.raises(NotFiniteError, match=r"got loss (inf|-inf|nan) and gradient norm .* in step 2\.") as caught:
        fit(model, optimizer, batches, Ratio(), config, on_step=hook)
    error = caught.value
    assert (error.step, len(reports)) == (2, 2)
    assert torch.equal(model.weight, weights[-1])
    assert error.path == tmp_path / "bad/step-00000002-rank-0.safetensors"
    tensors = load_file(error.path)
    assert sorted(tensors) == ["0/x", "0/y", "1/x", "1/y"]
    assert torch.equal(tensors["1/y"], batches(2)[1]["y"])
    facts = json.loads(error.path.with_suffix(".json").read_text())
    assert facts["step"] == 2
    assert facts["loss"] in ("inf", "-inf", "nan")
    assert facts["n_micro_batches"] == 2
    again = [{"x": tensors[f"{i}/x"], "y": tensors[f"{i}/y"]} for i in range(2)]
    assert not torch.isfinite(sum(Ratio().sum(model, batch) for batch in again))


class Root:
    """The root of |model(x)|: finite at 0, but its gradient is not."""

    def count(self, batch):
        return 1

    def sum(self, model, batch):
        return model(batch).abs().sqrt().sum()


def test_a_finite_loss_with_an_infinite_gradient_stops_too():
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    with pytest.raises(NotFiniteError, match=r"got loss 0 and gradient norm (inf|nan) in step 0") as caught:
        fit(model, SGD(model.parameters(), 0.1), lambda s: [torch.ones(1, 2)], Root(), FitConfig(steps=1))
    assert caught.value.path is None
    assert torch.equal(caught.value.batches[0], torch.ones(1, 2))
    assert torch.equal(model.weight, torch.zeros(1, 2))


def test_names_say_where_a_tensor_was():
    nested = [Tokens(torch.ones(1), torch.ones(2)), (torch.ones(3), {"k": torch.ones(4)}), "text"]
    assert [(name, len(t)) for name, t in named(nested)] == [("0/ids", 1), ("0/targets", 2), ("1/0", 3), ("1/1/k", 4)]
    assert named(torch.ones(2))[0][0] == "tensor"
