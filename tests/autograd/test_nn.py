"""Layers and training against torch: ten steps of the same two models from the same weights."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from llm101.autograd import MLP, Embedding, Linear, Tensor, cross_entropy, gradcheck, sgd, zero_grad


def copied(parameters):
    return [torch.tensor(p.numpy(), requires_grad=True) for p in parameters]


def gap(ours, theirs):
    return max(float(np.abs(p.data - q.detach().numpy()).max()) for p, q in zip(ours, theirs, strict=True))


def torch_mlp(x, weights, activation):
    for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = activation(F.linear(x, weight, bias))
    return F.linear(x, weights[-2], weights[-1])


@pytest.mark.parametrize(
    ("ours", "theirs"), [(Tensor.tanh, torch.tanh), (Tensor.relu, torch.relu), (Tensor.sigmoid, torch.sigmoid)]
)
def test_a_small_mlp_trains_as_in_torch(ours, theirs, rng):
    x, y = rng.standard_normal((17, 3)), rng.standard_normal((17, 2))
    model = MLP([3, 7, 5, 2], rng, activation=ours)
    weights = copied(model.parameters())
    optimizer = torch.optim.SGD(weights, lr=0.1)
    for _ in range(10):
        zero_grad(model.parameters())
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        sgd(model.parameters(), 0.1)
        optimizer.zero_grad()
        expected = F.mse_loss(torch_mlp(torch.tensor(x), weights, theirs), torch.tensor(y))
        expected.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(expected.item(), abs=1e-10)
    assert gap(model.parameters(), weights) < 1e-10


def test_a_small_language_model_trains_as_in_torch(rng):
    """Two ids in, the third out: an embedding, one hidden layer, cross-entropy. Ids repeat in every batch."""
    ids = rng.integers(0, 11, (23, 3))
    context, target = ids[:, :2], ids[:, 2]
    table, mlp = Embedding(11, 5, rng), MLP([10, 13, 11], rng)
    parameters = table.parameters() + mlp.parameters()
    weights = copied(parameters)
    optimizer = torch.optim.SGD(weights, lr=0.5)
    for _ in range(10):
        zero_grad(parameters)
        loss = cross_entropy(mlp(table(context).reshape(-1, 10)), target)
        loss.backward()
        sgd(parameters, 0.5)
        optimizer.zero_grad()
        rows = F.embedding(torch.tensor(context), weights[0]).reshape(-1, 10)
        expected = F.cross_entropy(torch_mlp(rows, weights[1:], torch.tanh), torch.tensor(target))
        expected.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(expected.item(), abs=1e-10)
    assert gap(parameters, weights) < 1e-10


def test_cross_entropy_in_any_number_of_axes(agrees, rng):
    for shape in [(7,), (2, 7), (2, 3, 7)]:
        targets = rng.integers(0, 7, shape[:-1])
        agrees(
            lambda x, t=targets: cross_entropy(x, t),
            lambda x, t=targets: F.cross_entropy(x.reshape(-1, 7), torch.tensor(t).reshape(-1)),
            5 * rng.standard_normal(shape),
        )


def test_the_gradient_of_cross_entropy_is_p_minus_y(rng):
    logits = Tensor(rng.standard_normal((5, 3)), requires_grad=True)
    targets = np.array([0, 2, 2, 1, 0])
    cross_entropy(logits, targets).backward()
    assert np.abs(logits.grad - (logits.softmax().data - np.eye(3)[targets]) / 5).max() < 1e-15


def test_cross_entropy_survives_logits_of_ten_thousand():
    logits = Tensor(np.array([[1e4, 0.0, -1e4]]), requires_grad=True)
    loss = cross_entropy(logits, [2])
    assert loss.item() == 2e4
    loss.backward()
    assert logits.grad.tolist() == [[1.0, 0.0, -1.0]]


def test_a_whole_network_passes_gradcheck(rng):
    model = MLP([3, 5, 2], rng)
    x, targets = rng.standard_normal((7, 3)), rng.integers(0, 2, 7)
    start = [p.numpy() for p in model.parameters()]

    def loss(*parameters):
        hidden = (x @ parameters[0].T + parameters[1]).tanh()
        return cross_entropy(hidden @ parameters[2].T + parameters[3], targets)

    assert gradcheck(loss, *start) < 1e-6


def test_layers_start_as_in_torch(rng):
    layer = Linear(400, 300, rng)
    assert np.abs(layer.weight.data).max() <= 0.05
    assert layer.weight.data.std() == pytest.approx(0.05 / 3**0.5, rel=0.02)
    assert np.abs(layer.bias.data).max() <= 0.05
    assert Embedding(300, 400, rng).table.data.std() == pytest.approx(1.0, rel=0.02)
    assert [p.shape for p in Linear(3, 5, rng, bias=False).parameters()] == [(5, 3)]
    assert {p.dtype for p in MLP([3, 5, 2], rng, dtype=np.float32).parameters()} == {np.dtype("float32")}
    assert Embedding(3, 5, rng, dtype=np.float32).table.dtype == np.float32


def test_sgd_passes_over_what_has_no_gradient(rng):
    used, unused = Linear(3, 2, rng), Linear(3, 2, rng)
    before = unused.weight.numpy()
    used(np.ones((5, 3))).sum().backward()
    sgd(used.parameters() + unused.parameters(), lr=0.5)
    assert np.array_equal(unused.weight.data, before)
    assert unused.weight.grad is None


def test_sgd_without_any_gradient(rng):
    with pytest.raises(ValueError, match=r"expected parameters with a gradient; got none. Call loss.backward\(\)"):
        sgd(Linear(3, 2, rng).parameters(), lr=0.1)


def test_ids_are_checked(rng):
    table = Embedding(5, 2, rng)
    with pytest.raises(ValueError, match=r"Embedding: ids must lie in \[0, 5\); got 0 to 5"):
        table([[0, 5]])
    with pytest.raises(ValueError, match=r"got -1 to 3"):
        table([-1, 3])
    with pytest.raises(TypeError, match="Embedding: ids must be integers; got float64"):
        table([0.5])
    with pytest.raises(ValueError, match=r"cross_entropy: targets must lie in \[0, 3\); got 0 to 3"):
        cross_entropy(Tensor(np.ones((2, 3))), [0, 3])
    with pytest.raises(ValueError, match=r"expected targets of shape \(2,\); got \(3,\)"):
        cross_entropy(Tensor(np.ones((2, 3))), [0, 1, 2])


def test_sizes_are_checked(rng):
    with pytest.raises(ValueError, match=r"at least 2 sizes, input and output; got \[3\]"):
        MLP([3], rng)
    with pytest.raises(ValueError, match="Linear: n_in must be at least 1; got 0"):
        Linear(0, 2, rng)
