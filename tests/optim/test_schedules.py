"""Schedules against transformers', at the joints between their parts, and published peaks."""

import math

import pytest
import torch
import transformers

from llm101.optim import batch_ramp, constant, inverse_sqrt, linear_warmup, noam, warmup_cosine, wsd

STEPS = range(0, 140)


def rates(make):
    """What a scheduler of transformers multiplies the rate with, in each of STEPS."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, found = make(optimizer), []
    for _ in STEPS:
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize(("warmup", "final"), [(11, 0.1), (11, 0.0), (0, 0.3)])
def test_cosine_equals_transformers(warmup, final):
    expected = rates(
        lambda o: transformers.get_cosine_with_min_lr_schedule_with_warmup(o, warmup, 113, min_lr_rate=final)
    )
    ours = [warmup_cosine(step, warmup, 113, final) for step in STEPS]
    assert ours[:114] == pytest.approx(expected[:114], abs=1e-12)  # after the end transformers' would rise again
    assert ours[113:] == pytest.approx([final] * 27)


def test_the_others_equal_transformers():
    assert [linear_warmup(s, 11) for s in STEPS] == pytest.approx(
        rates(lambda o: transformers.get_constant_schedule_with_warmup(o, 11)), abs=1e-12
    )
    assert [inverse_sqrt(s, 11) for s in STEPS] == pytest.approx(
        rates(lambda o: transformers.get_inverse_sqrt_schedule(o, 11)), abs=1e-12
    )
    assert [constant(s) for s in STEPS] == [1.0] * len(STEPS)


@pytest.mark.parametrize("final", [0.0, 0.2])
def test_wsd_equals_transformers(final):
    settings = {"num_training_steps": 113, "decay_type": "linear", "min_lr_ratio": final}
    expected = rates(lambda o: transformers.get_wsd_schedule(o, 11, 37, **settings))
    ours = [wsd(step, 11, 113, 37, final) for step in STEPS]
    assert ours[11:] == pytest.approx(expected[11:], abs=1e-12)
    assert ours[:11] == pytest.approx([step / 11 for step in range(11)])  # transformers' warm-up starts at `final`


def test_at_the_joints():
    assert [warmup_cosine(s, 10, 30) for s in (0, 10, 30, 31)] == [0.0, 1.0, 0.1, 0.1]
    assert warmup_cosine(20, 10, 30) == pytest.approx(0.55)
    assert [wsd(s, 10, 30, 20) for s in (0, 10, 20, 30)] == [0.0, 1.0, 0.5, 0.0]
    assert [linear_warmup(s, 0) for s in (0, 1)] == [1.0, 1.0]
    assert warmup_cosine(0, 0, 5) == 1.0


def test_gpt3_ends_at_a_tenth():
    """Warm-up over 375 million tokens, cosine to 10 % at 260 billion, 3.2 million tokens a step."""
    warmup, total = round(375e6 / 3.2e6), round(260e9 / 3.2e6)
    assert 0.6e-4 * warmup_cosine(total, warmup, total) == pytest.approx(6e-6)
    assert 0.6e-4 * warmup_cosine(warmup, warmup, total) == 0.6e-4


def test_noam_is_the_formula_of_the_paper():
    for step in (1, 100, 3999, 4000, 4001, 100_000):
        assert noam(step, 512) == pytest.approx(512**-0.5 * min(step**-0.5, step * 4000**-1.5), rel=1e-12)
    assert noam(0, 512) == 0.0
    assert max(range(1, 9000), key=lambda step: noam(step, 512)) == 4000
    assert noam(4000, 512) == pytest.approx(1 / math.sqrt(512 * 4000))
    assert round(noam(4000, 512), 6) == 6.99e-4


def test_a_ramp_of_the_batch():
    sizes = [batch_ramp(seen, first=6, last=30, over=1000, multiple=3) for seen in range(0, 1300, 7)]
    assert sizes == sorted(sizes)
    assert set(sizes) <= {6, 9, 12, 15, 18, 21, 24, 27, 30}
    assert (sizes[0], sizes[-1]) == (6, 30)
    assert batch_ramp(999, first=6, last=30, over=1000, multiple=3) == 27
    assert batch_ramp(0, first=6, last=30, over=0, multiple=3) == 30
    assert batch_ramp(333, first=1, last=4, over=1000) == 1
    assert batch_ramp(334, first=1, last=4, over=1000) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: warmup_cosine(1, 10, 10), "warmup_cosine: total must be at least 11; got 10. It must come after .* 10 steps"),
        (lambda: warmup_cosine(1, 2, 9, 1.5), r"warmup_cosine: final must be a finite number in \[0, 1\]; got 1\.5"),
        (lambda: warmup_cosine(1, -1, 9), "warmup_cosine: warmup must be at least 0; got -1"),
        (lambda: wsd(1, 10, 30, 21), "wsd: decay must be at most 20; got 21"),
        (lambda: wsd(1, 10, 30, 0), "wsd: decay must be at least 1; got 0"),
        (lambda: inverse_sqrt(1, 0), "inverse_sqrt: warmup must be at least 1; got 0"),
        (lambda: noam(1, 0), "noam: d_model must be at least 1; got 0"),
        (lambda: noam(1, 8, 0), "noam: warmup must be at least 1; got 0"),
        (lambda: batch_ramp(1, first=5, last=30, over=9, multiple=3), r"batch_ramp: first \(5\) must be a multiple of multiple \(3\)"),
        (lambda: batch_ramp(1, first=3, last=31, over=9, multiple=3), r"batch_ramp: last \(31\) must be a multiple of multiple \(3\)"),
        (lambda: batch_ramp(1, first=0, last=30, over=9), "batch_ramp: first must be at least 1; got 0"),
        (lambda: batch_ramp(1, first=1, last=30, over=-9), "batch_ramp: over must be at least 0; got -9"),
    ],
)  # fmt: skip
def test_settings_without_sense(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()
