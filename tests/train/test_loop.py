"""fit: the right gradient from any split of the batch, the same bits after a resume, and who is told what."""

import copy
import inspect
import math
from functools import partial

import pytest
import torch
from torch import nn

from llm101 import optim
from llm101.models import GPT2Config, gpt2
from llm101.optim.schedules import warmup_cosine
from llm101.train import IGNORED, FitConfig, State, TokenLoss, Tokens, fit
from llm101.train.loop import backward, step_seed
from llm101.train.precision import grad_scaler

SIZES = GPT2Config(vocab_size=11, max_len=7, d_model=6, n_layers=2, n_heads=3, init_std=0.3)
CPU = torch.device("cpu")


def model(dropout=0.0, dtype=torch.float64):
    config = GPT2Config(**{**vars(SIZES), "dropout": dropout})
    return gpt2(config, generator=torch.Generator().manual_seed(5)).to(dtype)


def ragged(step=0, rows=5):
    """Rows with 1, 2, 3, ... targets."""
    generator = torch.Generator().manual_seed(100 + step)
    ids = torch.randint(11, (rows, 8), generator=generator)
    targets = ids[:, 1:].clone()
    for i in range(rows):
        targets[i, i + 1 :] = IGNORED
    return Tokens(ids[:, :-1], targets)


def split(batch, sizes):
    return [Tokens(*parts) for parts in zip(batch.ids.split(sizes), batch.targets.split(sizes), strict=True)]


def gradients(batches, m):
    mean, count = backward(m, batches, TokenLoss(), grad_scaler("fp32", CPU), "fp32")
    return mean, count, torch.cat([p.grad.flatten() for p in m.parameters()])


@pytest.mark.parametrize("sizes", [[5], [1, 1, 1, 1, 1], [2, 3], [4, 1]])
def test_any_split_of_a_ragged_batch_gives_the_gradient_of_the_whole(sizes):
    """Oracle: autograd on the mean over all targets at once."""
    batch, m = ragged(), model()
    expected = nn.functional.cross_entropy(m(batch.ids).flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORED)
    oracle = torch.cat([g.flatten() for g in torch.autograd.grad(expected, list(m.parameters()))])
    mean, count, gradient = gradients(split(batch, sizes), m)
    assert count == 15
    torch.testing.assert_close(mean, expected.detach(), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(gradient, oracle, rtol=1e-10, atol=1e-10)


def test_the_mean_of_means_is_another_gradient():
    """What a loop without counts would do, on the same rows."""
    batch, m = ragged(), model()
    parts = split(batch, [1] * 5)
    means = [TokenLoss().sum(m, part) / TokenLoss().count(part) for part in parts]
    wrong = torch.autograd.grad(torch.stack(means).mean(), list(m.parameters()))
    wrong = torch.cat([g.flatten() for g in wrong])
    *_, right = gradients(parts, m)
    assert (wrong - right).norm() / right.norm() > 0.1


def test_fit_is_a_plain_loop_written_out():
    """Oracle: the same five steps by hand, with torch's optimizer, clipping and scheduler."""
    ours, theirs = model(), model()
    theirs.load_state_dict(ours.state_dict())
    reports, rate = [], partial(warmup_cosine, warmup=2, total=5)
    config = FitConfig(steps=5, max_norm=0.3, schedule=rate)
    batch_at = lambda step: split(ragged(step), [2, 3])  # noqa: E731
    fit(ours, optim.AdamW(ours.parameters(), lr=0.02), batch_at, TokenLoss(), config, on_step=reports.append)
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=0.02)
    for step in range(5):
        batch = ragged(step)
        optimizer.param_groups[0]["lr"] = 0.02 * rate(step + 1)
        loss = nn.functional.cross_entropy(theirs(batch.ids).flatten(0, 1), batch.targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(theirs.parameters(), 0.3)
        optimizer.step()
        report = reports[step]
        assert (report.step, report.n_targets) == (step + 1, 15)
        assert (report.loss, report.grad_norm) == pytest.approx((loss.item(), norm.item()), rel=1e-9)
        assert report.lr == pytest.approx(0.02 * rate(step + 1), rel=1e-12)
        assert report.seconds > 0
        assert report.targets_per_second == report.n_targets / report.seconds
    assert max(r.grad_norm for r in reports) > 0.3  # something was clipped
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


def test_a_run_in_two_parts_has_the_same_bits_dropout_included():
    """Same machine, same threads. Without the seed of the step the masks of the second part would differ."""

    def run(stops):
        m = model(dropout=0.3, dtype=torch.float32)
        optimizer, state, losses = optim.AdamW(m.parameters(), lr=0.01), State(), []
        for stop in stops:
            torch.rand(7)  # somebody else draws in between
            config = FitConfig(steps=stop, seed=2)
            state = fit(m, optimizer, lambda s: split(ragged(s), [2, 3]), TokenLoss(), config, state, losses.append)
        return torch.cat([p.flatten() for p in m.parameters()]), [s.loss for s in losses], state

    straight, losses, state = run([7])
    parts, losses_of_parts, state_of_parts = run([3, 7])
    assert torch.equal(straight, parts)
    assert losses == losses_of_parts
    assert (state.step, state.n_targets) == (state_of_parts.step, state_of_parts.n_targets) == (7, 7 * 15)
    assert run([2])[1] == losses[:2]


def test_dropout_is_on_and_another_seed_gives_other_masks():
    def first_loss(seed, dropout):
        m, losses = model(dropout=dropout), []
        config = FitConfig(steps=1, seed=seed)
        fit(m, optim.SGD(m.parameters(), 0.1), lambda s: [ragged()], TokenLoss(), config, on_step=losses.append)
        return losses[0].loss

    assert first_loss(0, 0.3) != first_loss(1, 0.3)
    assert first_loss(0, 0.0) == first_loss(1, 0.0)


def test_a_hook_may_change_the_mode_and_stop_the_run():
    m, state = model(dropout=0.5), State()

    def hook(step):
        assert m.training
        m.eval()
        if step.step == 3:
            state.stop = "enough"

    got = fit(m, optim.SGD(m.parameters(), 0.1), lambda s: [ragged(s)], TokenLoss(), FitConfig(steps=9), state, hook)
    assert got is state
    assert state.step == 3


def test_every_group_follows_the_schedule_from_its_own_peak():
    m = model()
    optimizer = optim.SGD([{"params": [p], "lr": lr} for p, lr in zip(m.parameters(), (0.5, 0.2), strict=False)], 1.0)
    config = FitConfig(steps=2, schedule=lambda step: step / 8)
    fit(m, optimizer, lambda s: [ragged(s)], TokenLoss(), config)
    assert [group["lr"] for group in optimizer.param_groups] == [0.125, 0.05]


def test_adafactor_keeps_its_own_rate():
    m, reports = model(), []
    fit(
        m,
        optim.Adafactor(m.parameters()),
        lambda s: [ragged(s)],
        TokenLoss(),
        FitConfig(steps=2),
        on_step=reports.append,
    )
    assert [r.lr for r in reports] == [0.0, 0.0]


def test_without_a_limit_the_gradient_is_measured_and_left_alone():
    one, two = model(), model()
    reports = []
    for m, limit in ((one, None), (two, 1e9)):
        optimizer = optim.SGD(m.parameters(), 0.1)
        fit(
            m, optimizer, lambda s: [ragged(s)], TokenLoss(), FitConfig(steps=2, max_norm=limit), on_step=reports.append
        )
    assert torch.equal(*(torch.cat([p.flatten() for p in m.parameters()]) for m in (one, two)))
    assert reports[0].grad_norm == reports[2].grad_norm > 0


def test_nothing_to_learn_from_is_an_error():
    m = model()
    empty = Tokens(torch.zeros(2, 3, dtype=torch.int64), torch.full((2, 3), IGNORED))
    with pytest.raises(ValueError, match=r"^fit: a step needs at least 1 target; got 0 in 2 micro-batches"):
        fit(m, optim.SGD(m.parameters(), 0.1), lambda s: [empty, empty], TokenLoss(), FitConfig(steps=1))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"steps": -1}, ValueError, "FitConfig: steps must be at least 0; got -1"),
        ({"steps": 1.5}, TypeError, "FitConfig: steps must be an integer; got 1.5"),
        ({"steps": 1, "seed": "x"}, TypeError, "FitConfig: seed must be an integer; got 'x'"),
        (
            {"steps": 1, "precision": "fp8"},
            ValueError,
            "FitConfig: precision must be one of fp32, bf16, fp16; got 'fp8'",
        ),
    ],
)
def test_settings_without_sense(settings, error, message):
    with pytest.raises(error, match=f"^{message}"):
        FitConfig(**settings)


def test_a_gradient_that_was_there_before_does_not_count():
    one, two = model(), model()
    sum(p.sum() for p in two.parameters()).backward()
    for m in (one, two):
        fit(m, optim.SGD(m.parameters(), 0.1), lambda s: [ragged(s)], TokenLoss(), FitConfig(steps=1))
    assert torch.equal(*(torch.cat([p.flatten() for p in m.parameters()]) for m in (one, two)))


def test_no_steps_change_nothing():
    m = model()
    before = copy.deepcopy(m.state_dict())
    fit(m, optim.SGD(m.parameters(), 0.1), lambda s: [ragged(s)], TokenLoss(), FitConfig(steps=0))
    assert all(torch.equal(before[name], value) for name, value in m.state_dict().items())


def test_seeds_of_steps_differ():
    seeds = {step_seed(seed, step, place) for seed in range(5) for step in range(7) for place in range(3)}
    assert len(seeds) == 5 * 7 * 3
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_the_loop_can_be_read_at_one_glance():
    source = inspect.getsource(fit)
    assert source[source.index('"""', source.index('"""') + 3) :].count("\n") <= 45


def test_it_learns():
    m, reports = model(dtype=torch.float32), []
    optimizer = optim.AdamW(m.parameters(), lr=0.01)
    fit(m, optimizer, lambda s: [ragged(0)], TokenLoss(), FitConfig(steps=60), on_step=reports.append)
    assert reports[0].loss == pytest.approx(math.log(11), abs=1.0)
    assert reports[-1].loss < 0.5 * reports[0].loss
