"""Every loss against torch.nn.functional in float64: value and gradient, three reductions, extremes, ignored ids."""

import math

import pytest
import torch
from torch.nn import functional as F

from llm101.nn import losses

inf = torch.inf
GENERATOR = torch.Generator().manual_seed(0)
X = 3 * torch.randn(3, 5, generator=GENERATOR, dtype=torch.float64)
Y = 3 * torch.randn(3, 5, generator=GENERATOR, dtype=torch.float64)
SIGNS = torch.where(Y > 0, 1.0, -1.0).double()
CHANCES = torch.rand(3, 5, generator=GENERATOR, dtype=torch.float64)
LOGITS = 2 * torch.randn(3, 5, 7, generator=GENERATOR, dtype=torch.float64)
IDS = torch.tensor([[0, 6, 3, -100, 2], [1, 1, 5, 4, -100], [-100, 0, 6, 2, 3]])
PROBS = F.softmax(torch.randn(3, 5, 7, generator=GENERATOR, dtype=torch.float64), -1)

# ours(x, reduction), torch's(x, reduction), where
PAIRS = {
    "mse": (lambda x, r: losses.mse(x, Y, reduction=r), lambda x, r: F.mse_loss(x, Y, reduction=r), X),
    "mae": (lambda x, r: losses.mae(x, Y, reduction=r), lambda x, r: F.l1_loss(x, Y, reduction=r), X),
    "huber": (
        lambda x, r: losses.huber(x, Y, delta=1.3, reduction=r),
        lambda x, r: F.huber_loss(x, Y, delta=1.3, reduction=r),
        X,
    ),
    "hinge": (
        lambda x, r: losses.hinge(x, SIGNS, margin=1.7, reduction=r),
        lambda x, r: F.margin_ranking_loss(x, torch.zeros_like(x), SIGNS, margin=1.7, reduction=r),
        X,
    ),
    "margin_ranking": (
        lambda x, r: losses.margin_ranking(x, Y, margin=0.7, reduction=r),
        lambda x, r: F.margin_ranking_loss(x, Y, torch.ones_like(Y), margin=0.7, reduction=r),
        X,
    ),
    "binary_cross_entropy": (
        lambda x, r: losses.binary_cross_entropy(x, CHANCES, reduction=r),
        lambda x, r: F.binary_cross_entropy_with_logits(x, CHANCES, reduction=r),
        X,
    ),
    "soft_cross_entropy": (
        lambda x, r: losses.soft_cross_entropy(x, PROBS, reduction=r),
        lambda x, r: F.cross_entropy(x.movedim(-1, 1), PROBS.movedim(-1, 1), reduction=r),
        LOGITS,
    ),
    "cross_entropy": (
        lambda x, r: losses.cross_entropy(x, IDS, reduction=r),
        lambda x, r: F.cross_entropy(x.movedim(-1, 1), IDS, reduction=r),
        LOGITS,
    ),
    "smoothed": (
        lambda x, r: losses.cross_entropy(x, IDS, label_smoothing=0.1, reduction=r),
        lambda x, r: F.cross_entropy(x.movedim(-1, 1), IDS, label_smoothing=0.1, reduction=r),
        LOGITS,
    ),
    "focal": (
        lambda x, r: losses.focal(x, IDS, gamma=1.5, reduction=r),
        lambda x, r: focal_by_formula(x, 1.5, r),
        LOGITS,
    ),
}


def focal_by_formula(x, gamma, reduction):
    nll = F.cross_entropy(x.movedim(-1, 1), IDS, reduction="none")
    per_item = (1 - torch.exp(-nll)) ** gamma * nll
    mean = per_item.sum() / (IDS != -100).sum()
    return {"none": per_item, "sum": per_item.sum(), "mean": mean}[reduction]


def value_and_gradient(function, x):
    x = x.clone().requires_grad_()
    y = function(x)
    (y * torch.arange(1, y.numel() + 1).view(y.shape)).sum().backward()  # items weighed differently
    return y.detach(), x.grad


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", PAIRS)
def test_value_and_gradient_equal_torch(name, reduction):
    ours, theirs, x = PAIRS[name]
    for a, b in zip(
        value_and_gradient(lambda t: ours(t, reduction), x),
        value_and_gradient(lambda t: theirs(t, reduction), x),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("name", PAIRS)
def test_any_split_gives_the_same_sum(name):
    ours = PAIRS[name][0]
    x = PAIRS[name][2]
    per_item = ours(x, "none")
    torch.testing.assert_close(per_item[:1].sum() + per_item[1:].sum(), ours(x, "sum"), rtol=1e-12, atol=1e-10)
    assert per_item.shape == (3, 5)


EXTREME = torch.tensor(
    [[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [88.0, 89.0, 1e4], [0.0, -inf, 2.0], [0.0, 0.0, 0.0]], dtype=torch.float64
)


@pytest.mark.parametrize("ids", [[0, 1, 2, 2, 1], [2, 0, 0, 0, 2]])
def test_cross_entropy_and_focal_at_extremes(ids):
    ids = torch.tensor(ids)
    value, gradient = value_and_gradient(lambda x: losses.cross_entropy(x, ids, reduction="none"), EXTREME)
    want, wanted = value_and_gradient(lambda x: F.cross_entropy(x, ids, reduction="none"), EXTREME)
    torch.testing.assert_close(value, want, rtol=1e-12, atol=1e-10)
    torch.testing.assert_close(gradient, wanted, rtol=1e-12, atol=1e-10)
    for gamma in (0, 0.5, 2):
        value, gradient = value_and_gradient(
            lambda x, g=gamma: losses.focal(x, ids, gamma=g, reduction="none"), EXTREME
        )
        assert value.isfinite().all()
        assert gradient.isfinite().all()


def test_binary_cross_entropy_at_extremes_and_exactly_zero():
    z = torch.tensor([1e4, -1e4, 1e4, -1e4, 0.0, 0.0, 40.0, -40.0], dtype=torch.float64)
    y = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0], dtype=torch.float64)
    value, gradient = value_and_gradient(lambda t: losses.binary_cross_entropy(t, y, reduction="none"), z)
    want, wanted = value_and_gradient(lambda t: F.binary_cross_entropy_with_logits(t, y, reduction="none"), z)
    torch.testing.assert_close(value, want, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradient, wanted, rtol=1e-10, atol=1e-15)
    assert value[6].item() == pytest.approx(math.exp(-40), rel=1e-10)  # and not 0


def test_masked_classes_cost_nothing_in_a_soft_target():
    logits = torch.tensor([[0.0, -inf, 1.0]], dtype=torch.float64)
    probs = torch.tensor([[0.25, 0.0, 0.75]], dtype=torch.float64)
    value, gradient = value_and_gradient(lambda x: losses.soft_cross_entropy(x, probs), logits)
    want = -0.25 * math.log(1 / (1 + math.e)) - 0.75 * math.log(math.e / (1 + math.e))
    assert value.item() == pytest.approx(want, abs=1e-12)
    torch.testing.assert_close(gradient, F.softmax(logits, -1) - probs, rtol=0, atol=1e-12)


def test_focal_without_gamma_is_cross_entropy_and_two_classes_are_the_papers():
    assert torch.equal(losses.focal(LOGITS, IDS, gamma=0), losses.cross_entropy(LOGITS, IDS))
    z = torch.tensor([0.7, -2.0], dtype=torch.float64)
    p = torch.sigmoid(z)
    two = losses.focal(torch.stack([torch.zeros_like(z), z], -1), torch.tensor([1, 1]), reduction="none")
    torch.testing.assert_close(two, -((1 - p) ** 2) * p.log(), rtol=1e-12, atol=1e-12)


def test_another_ignored_id_and_nothing_kept():
    ids = torch.tensor([4, 2, 4])
    want = F.cross_entropy(LOGITS[0, :3], ids, ignore_index=4)
    torch.testing.assert_close(losses.cross_entropy(LOGITS[0, :3], ids, ignore_index=4), want, rtol=0, atol=1e-12)
    assert losses.cross_entropy(LOGITS[0, :2], torch.tensor([-100, -100])).isnan()
    assert losses.cross_entropy(LOGITS[0, :2], torch.tensor([-100, -100]), reduction="sum") == 0


def test_half_precision_comes_back_as_float32():
    logits = torch.zeros(2, 3, dtype=torch.bfloat16)
    assert losses.cross_entropy(logits, torch.tensor([0, 1])).dtype == torch.float32
    for loss in (losses.mse, losses.mae, losses.huber, losses.hinge, losses.margin_ranking):
        assert loss(logits, logits).dtype == torch.float32


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "hinge", "margin_ranking", "binary_cross_entropy"])
def test_nothing_is_broadcast_in_silence(name):
    with pytest.raises(ValueError, match=rf"{name}: .* must have the same shape; got \(3,\) and \(3, 1\)"):
        getattr(losses, name)(torch.zeros(3), torch.zeros(3, 1))
    with pytest.raises(ValueError, match=f"{name}: reduction must be one of mean, sum, none; got 'avg'"):
        getattr(losses, name)(torch.zeros(3), torch.zeros(3), reduction="avg")


def test_bad_arguments_are_explained():
    zeros, ids = torch.zeros(2, 3), torch.tensor([0, 1])
    with pytest.raises(ValueError, match=r"soft_cross_entropy: logits and probs .* got \(2, 3\) and \(2,\)"):
        losses.soft_cross_entropy(zeros, ids)
    with pytest.raises(ValueError, match="soft_cross_entropy: reduction must be one of"):
        losses.soft_cross_entropy(zeros, zeros, reduction="")
    with pytest.raises(ValueError, match="huber: delta must be more than 0; got 0"):
        losses.huber(zeros, zeros, delta=0)
    with pytest.raises(ValueError, match=r"delta must be a finite number in \[0, inf\]; got -2"):
        losses.huber(zeros, zeros, delta=-2)
    with pytest.raises(ValueError, match=r"gamma must be a finite number in \[0, inf\]; got -1"):
        losses.focal(zeros, ids, gamma=-1)
    with pytest.raises(ValueError, match=r"label_smoothing must be a finite number in \[0, 1\]; got 1.5"):
        losses.cross_entropy(zeros, ids, label_smoothing=1.5)
    for name in ("cross_entropy", "focal"):
        loss = getattr(losses, name)
        with pytest.raises(ValueError, match=f"{name}: ids must be whole numbers; got torch.float32"):
            loss(zeros, ids.float())
        with pytest.raises(ValueError, match=f"{name}: ids must be whole numbers; got torch.bool"):
            loss(zeros, ids.bool())
        with pytest.raises(ValueError, match=rf"{name}: ids must have the shape .*, \(2,\); got \(3,\)"):
            loss(zeros, torch.tensor([0, 1, 2]))
        with pytest.raises(ValueError, match=f"{name}: reduction must be one of mean, sum, none; got 'x'"):
            loss(zeros, ids, reduction="x")
        with pytest.raises(TypeError, match=f"{name}: ignore_index must be an integer; got None"):
            loss(zeros, ids, ignore_index=None)
        with pytest.raises(RuntimeError, match="index 3 is out of bounds for dimension 1 with size 3"):
            loss(zeros, torch.tensor([0, 3]))
