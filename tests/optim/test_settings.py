"""Settings out of range are refused by every optimizer, with the number that came."""

import pytest
import torch

from llm101.optim import SGD, Adafactor, Adagrad, Adam, AdamW, Lion, RMSProp

WRONG = [
    (SGD, {"lr": -0.1}, r"SGD: lr must be a finite number in \[0, inf\]; got -0.1"),
    (SGD, {"lr": float("nan")}, r"SGD: lr must be a finite number in \[0, inf\]; got nan"),
    (SGD, {"lr": 0.1, "momentum": 1.0}, "SGD: momentum must be below 1, or nothing new would ever count; got 1"),
    (
        SGD,
        {"lr": 0.1, "nesterov": True},
        r"SGD: nesterov=True needs a momentum above 0, for example 0\.9; got momentum 0",
    ),
    (Adagrad, {"eps": -1e-10}, "Adagrad: eps must be .* got -1e-10"),
    (RMSProp, {"alpha": 1.5}, r"RMSProp: alpha must be below 1, .* got 1\.5"),
    (Adam, {"betas": (0.9, 1.0)}, "Adam: betas must be below 1, .* got 1"),
    (Adam, {"betas": (-0.1, 0.9)}, r"Adam: betas must be a finite number in \[0, inf\]; got -0\.1"),
    (AdamW, {"weight_decay": -1}, "AdamW: weight_decay must be .* got -1"),
    (Adafactor, {"eps": (-1.0, 1e-3)}, "Adafactor: eps must be .* got -1"),
    (Adafactor, {"clip_threshold": -2}, "Adafactor: clip_threshold must be .* got -2"),
    (Lion, {"betas": (0.9, 2)}, "Lion: betas must be below 1, .* got 2"),
]


@pytest.mark.parametrize(("kind", "settings", "message"), WRONG)
def test_settings_are_checked(kind, settings, message):
    weight = torch.zeros(1, requires_grad=True)
    with pytest.raises(ValueError, match=f"^{message}"):
        kind([weight], **settings)
    fine = kind([weight], **({"lr": 0.1} if kind is SGD else {}))
    with pytest.raises(ValueError, match=f"^{message}"):
        fine.add_param_group({"params": [torch.zeros(1, requires_grad=True)], **settings})
    assert len(fine.param_groups) == 1


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (Adam, {"betas": 0.9}, r"Adam: betas must be two numbers; got 0\.9"),
        (Lion, {"betas": (0.9, 0.99, 0.999)}, r"Lion: betas must be two numbers; got \(0\.9, 0\.99, 0\.999\)"),
        (Adafactor, {"eps": (1e-30,)}, r"Adafactor: eps must be two numbers; got \(1e-30,\)"),
        (Adam, {"lr": "fast"}, r"Adam: lr must be a number; got 'fast' \(str\)"),
    ],
)
def test_settings_of_the_wrong_kind(kind, settings, message):
    with pytest.raises(TypeError, match=f"^{message}"):
        kind([torch.zeros(1, requires_grad=True)], **settings)
