"""What every optimizer of the package keeps: adding one adds lines to MEMBERS.

The oracle is torch.optim, for Adafactor also transformers, and for Lion its paper's algorithm, one number at a time.
Everything in float64 on a net with parameters of 0, 1, 2 and 3 dimensions and one that never has a gradient.
"""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from transformers.optimization import Adafactor as TransformersAdafactor

import llm101.optim
from llm101.optim import SGD, Adafactor, Adagrad, Adam, AdamW, Lion, RMSProp


class SlowLion:
    """arXiv:2302.06675, Algorithm 2, for one number after the other."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        self.params, self.lr, self.betas, self.decay = list(params), lr, betas, weight_decay
        self.means = [[0.0] * p.numel() for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, mean in zip(self.params, self.means, strict=True):
            if p.grad is None:
                continue
            values, grads = p.flatten().tolist(), p.grad.flatten().tolist()
            for i, (theta, g) in enumerate(zip(values, grads, strict=True)):
                update = self.betas[0] * mean[i] + (1 - self.betas[0]) * g
                sign = (update > 0) - (update < 0)
                values[i] = theta - self.lr * (sign + self.decay * theta)
                mean[i] = self.betas[1] * mean[i] + (1 - self.betas[1]) * g
            p.copy_(torch.tensor(values, dtype=p.dtype).view_as(p))


HF = {"scale_parameter": False, "relative_step": False}
LARGE_EPS = {"eps": 0.3}  # so large that its place in the formula shows
T = torch.optim
MEMBERS = {  # name -> ours, the oracle, what both are given
    "sgd": (SGD, T.SGD, {"lr": 0.1}),
    "sgd with L2": (SGD, T.SGD, {"lr": 0.1, "weight_decay": 0.3}),
    "momentum": (SGD, T.SGD, {"lr": 0.1, "momentum": 0.7, "weight_decay": 0.3}),
    "nesterov": (SGD, T.SGD, {"lr": 0.1, "momentum": 0.7, "nesterov": True, "weight_decay": 0.3}),
    "adagrad": (Adagrad, T.Adagrad, {"lr": 0.1}),
    "adagrad, all settings": (Adagrad, T.Adagrad, {"lr": 0.1, "weight_decay": 0.3, **LARGE_EPS}),
    "rmsprop": (RMSProp, T.RMSprop, {"lr": 0.01}),
    "rmsprop, all settings": (RMSProp, T.RMSprop, {"lr": 0.1, "alpha": 0.6, "weight_decay": 0.3, **LARGE_EPS}),
    "adam": (Adam, T.Adam, {"lr": 0.1}),
    "adam, all settings": (Adam, T.Adam, {"lr": 0.1, "betas": (0.7, 0.9), "weight_decay": 0.3, **LARGE_EPS}),
    "adamw": (AdamW, T.AdamW, {"lr": 0.1}),
    "adamw, all settings": (AdamW, T.AdamW, {"lr": 0.1, "betas": (0.7, 0.9), "weight_decay": 0.3, **LARGE_EPS}),
    "adafactor as in torch": (Adafactor, T.Adafactor, {}),
    "adafactor": (Adafactor, TransformersAdafactor, {}),
    "adafactor, clipped": (Adafactor, TransformersAdafactor, {"clip_threshold": 0.2, "weight_decay": 0.3}),
    "adafactor, large eps": (Adafactor, TransformersAdafactor, {"eps": (0.3, 5.0)}),
    "adafactor, rate of one's own": (
        lambda params, **s: Adafactor(params, scale_parameter=False, **s),
        lambda params, **s: TransformersAdafactor(params, **HF, **s),
        {"lr": 0.1, "weight_decay": 0.3},
    ),
    "adafactor, rate and scale": (
        Adafactor,
        lambda params, **s: TransformersAdafactor(params, relative_step=False, **s),
        {"lr": 0.1},
    ),
    "adafactor, other decay": (
        lambda params: Adafactor(params, decay=0.5),
        lambda params: TransformersAdafactor(params, decay_rate=-0.5),
        {},
    ),
    "lion": (Lion, SlowLion, {}),
    "lion, all settings": (Lion, SlowLion, {"lr": 0.1, "betas": (0.7, 0.6), "weight_decay": 0.3}),
}


class Net(nn.Module):
    """Three dimensions, two, one and none; `never` has no gradient, `rare` only in every third step."""

    def __init__(self):
        super().__init__()
        make = torch.Generator().manual_seed(0)
        for name, shape in {
            "bank": (2, 3, 5),
            "matrix": (5, 7),
            "bias": (7,),
            "gain": (),
            "rare": (7,),
            "never": (3,),
        }.items():
            setattr(self, name, nn.Parameter(torch.randn(shape, generator=make, dtype=torch.float64)))

    def forward(self, x, step):
        hidden = torch.einsum("hik,bi->bhk", self.bank, x).tanh().sum(1)
        out = self.gain * (hidden @ self.matrix + self.bias).tanh()
        return out * self.rare if step % 3 == 2 else out


def train(net, optimizer, steps, after=lambda: None):
    for step in steps:
        x = torch.randn(11, 3, generator=torch.Generator().manual_seed(step), dtype=torch.float64)
        net.zero_grad(set_to_none=True)
        (net(x, step) - x.sum(1, keepdim=True)).square().mean().backward()
        optimizer.step()
        after()
    return net


def make(name, params):
    ours, _, settings = MEMBERS[name]
    return ours(params, **settings)


def difference(a, b):
    return max((x - y).abs().max().item() for x, y in zip(a.parameters(), b.parameters(), strict=True))


def with_a_rate():
    """Names of those that are given a rate."""
    return [name for name, (_, _, settings) in MEMBERS.items() if "lr" in settings]


@pytest.fixture(params=MEMBERS)
def name(request):
    return request.param


def test_ten_steps_equal_the_oracle(name):
    ours, oracle, settings = MEMBERS[name]
    mine, theirs, start = Net(), Net(), Net()
    train(mine, ours(mine.parameters(), **settings), range(10))
    train(theirs, oracle(theirs.parameters(), **settings), range(10))
    assert difference(mine, theirs) < 1e-10
    moved = {n: not torch.equal(p, dict(start.named_parameters())[n]) for n, p in mine.named_parameters()}
    assert moved == {"bank": True, "matrix": True, "bias": True, "gain": True, "rare": True, "never": False}


@pytest.mark.parametrize("name", with_a_rate())
def test_a_group_has_its_own_rate(name):
    """Two groups with two rates equal two optimizers with one each."""
    ours, _, settings = MEMBERS[name]
    one, two = Net(), Net()
    groups = [{"params": [one.bank], "lr": 0.03}, {"params": [one.matrix, one.bias]}]
    train(one, ours(groups, **settings), range(5))
    pair = [ours([two.bank], **{**settings, "lr": 0.03}), ours([two.matrix, two.bias], **settings)]
    train(two, SimpleNamespace(step=lambda: [optimizer.step() for optimizer in pair]), range(5))
    assert difference(one, two) == 0.0
    plain = Net()
    train(plain, ours([plain.bank, plain.matrix, plain.bias], **settings), range(5))
    assert difference(one, plain) > 1e-3


@pytest.mark.parametrize("name", with_a_rate())
def test_a_changed_rate_counts_from_the_next_step(name):
    net = Net()
    optimizer = make(name, net.parameters())
    train(net, optimizer, range(3))
    optimizer.param_groups[0]["lr"] = 0.0
    before = copy.deepcopy(net)
    train(net, optimizer, range(3, 6))
    assert difference(net, before) == 0.0


@pytest.mark.parametrize("name", [name for name in with_a_rate() if MEMBERS[name][1] is not SlowLion])
def test_a_scheduler_of_torch_drives_it(name):
    ours, oracle, settings = MEMBERS[name]
    nets = [Net(), Net()]
    for net, kind in zip(nets, (ours, oracle), strict=True):
        optimizer = kind(net.parameters(), **settings)
        schedule = LambdaLR(optimizer, lambda step: [0.5, 1.0, 0.25][step % 3])
        train(net, optimizer, range(7), after=schedule.step)
    assert difference(*nets) < 1e-10


def test_resumed_equals_straight(name, tmp_path):
    straight = Net()
    train(straight, make(name, straight.parameters()), range(7))
    first = Net()
    optimizer = make(name, first.parameters())
    train(first, optimizer, range(4))
    torch.save({"net": first.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "file.pt")
    saved = torch.load(tmp_path / "file.pt", weights_only=True)
    second = Net()
    second.load_state_dict(saved["net"])
    optimizer = make(name, second.parameters())
    optimizer.load_state_dict(saved["optimizer"])
    train(second, optimizer, range(4, 7))
    assert difference(straight, second) == 0.0


def test_state_dict_round_trip(name):
    net = Net()
    optimizer = make(name, net.parameters())
    train(net, optimizer, range(3))
    saved = copy.deepcopy(optimizer.state_dict())
    again = make(name, net.parameters())
    again.load_state_dict(saved)
    loaded = again.state_dict()
    assert loaded["param_groups"] == saved["param_groups"]
    assert loaded["state"].keys() == saved["state"].keys()
    for number, state in saved["state"].items():
        for key, value in state.items():
            found = loaded["state"][number][key]
            assert torch.equal(found, value) if isinstance(value, torch.Tensor) else found == value


def test_a_parameter_without_gradient_has_no_state(name):
    net = Net()
    optimizer = make(name, net.parameters())
    train(net, optimizer, range(2))
    assert not optimizer.state.get(net.never)
    assert not optimizer.state.get(net.rare)


@pytest.mark.parametrize("name", [name for name in MEMBERS if "adafactor" not in name])
def test_the_shape_of_a_parameter_does_not_matter(name):
    """Adafactor, which looks at rows and columns, is the exception."""
    grads = [torch.randn(30, generator=torch.Generator().manual_seed(s), dtype=torch.float64) for s in range(5)]
    ends = []
    for shape in [(30,), (5, 6), (2, 3, 5)]:
        p = torch.linspace(-1, 1, 30, dtype=torch.float64).view(shape).clone().requires_grad_()
        optimizer = make(name, [p])
        for g in grads:
            p.grad = g.view(shape).clone()
            optimizer.step()
        ends.append(p.detach().flatten())
    assert torch.equal(ends[0], ends[1])
    assert torch.equal(ends[0], ends[2])


def test_the_gradient_is_left_alone(name):
    p = torch.linspace(-1, 1, 6, dtype=torch.float64).view(2, 3).requires_grad_()
    optimizer = make(name, [p])
    for _ in range(3):
        p.grad = torch.arange(6, dtype=torch.float64).view(2, 3) - 2.5
        optimizer.step()
        assert torch.equal(p.grad, torch.arange(6, dtype=torch.float64).view(2, 3) - 2.5)


def test_a_closure_is_called_with_gradients_on(name):
    p = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    optimizer = make(name, [p])

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        assert optimizer.step(closure).item() == 6.0
    assert (p < 1).all()


def test_sparse_gradients_are_refused(name):
    table = nn.Embedding(5, 3, sparse=True)
    table(torch.tensor([1, 4])).sum().backward()
    optimizer = make(name, table.parameters())
    with pytest.raises(ValueError, match=r"^\w+: expected dense gradients; got one of shape \(5, 3\).*sparse=False"):
        optimizer.step()


def test_float32_follows_float64(name):
    """Five steps in float32 stay near those in float64, and nothing is silently wider than its parameter."""
    nets = [Net(), Net().float()]
    starts = torch.randn(11, 3, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    optimizers = [make(name, net.parameters()) for net in nets]
    for _ in range(5):
        for net, optimizer, dtype in zip(nets, optimizers, (torch.float64, torch.float32), strict=True):
            net.zero_grad()
            net(starts.to(dtype), 0).square().mean().backward()
            optimizer.step()
    assert max((a - b).abs().max().item() for a, b in zip(*[list(n.parameters()) for n in nets], strict=True)) < 2e-3
    for state in optimizers[1].state.values():
        assert {v.dtype for v in state.values() if isinstance(v, torch.Tensor)} <= {torch.float32}


def test_a_copy_goes_on_by_itself(name):
    net = Net()
    optimizer = make(name, net.parameters())
    train(net, optimizer, range(2))
    other_net, other = copy.deepcopy((net, optimizer))
    train(net, optimizer, range(2, 4))
    assert difference(net, train(other_net, other, range(2, 4))) == 0.0


def test_the_names_are_public():
    kinds = {ours.__name__ for ours, _, _ in MEMBERS.values() if isinstance(ours, type)}
    assert kinds == {"SGD", "Adagrad", "RMSProp", "Adam", "AdamW", "Adafactor", "Lion"}
    assert kinds <= set(llm101.optim.__all__)
    assert all(hasattr(llm101.optim, name) for name in llm101.optim.__all__)
