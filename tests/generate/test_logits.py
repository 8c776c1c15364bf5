"""The rules by hand, and against transformers' processors."""

import pytest
import torch

from llm101.generate.logits import draw, keep_top_k, keep_top_p, with_temperature

LOG = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()


def left(logits):
    return torch.isfinite(logits).int().tolist()


def test_by_hand():
    assert left(keep_top_k(LOG, 2)) == [[1, 1, 0, 0]]
    assert left(keep_top_k(LOG, 99)) == [[1, 1, 1, 1]]
    assert left(keep_top_p(LOG, 0.45)) == [[1, 0, 0, 0]]
    assert left(keep_top_p(LOG, 0.79)) == [[1, 1, 0, 0]]
    assert left(keep_top_p(LOG, 0.81)) == [[1, 1, 1, 0]]
    assert left(keep_top_p(LOG, 0)) == [[1, 0, 0, 0]]
    assert left(keep_top_p(LOG, 1)) == [[1, 1, 1, 1]]
    assert left(keep_top_k(torch.tensor([[1.0, 2.0, 1.0, 0.0]]), 2)) == [[1, 1, 1, 0]]
    assert left(keep_top_p(torch.zeros(1, 4), 0.5)) == [[1, 1, 0, 0]]
    assert torch.equal(with_temperature(LOG, 0.5), 2 * LOG)


def test_against_transformers():
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    logits = torch.randn(7, 53, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3
    for k in (1, 5, 52, 53):
        assert torch.equal(keep_top_k(logits, k), TopKLogitsWarper(k)(None, logits))
    for p in (0.01, 0.3, 0.9, 0.999):
        assert torch.equal(keep_top_p(logits, p), TopPLogitsWarper(p)(None, logits))
    assert torch.equal(with_temperature(logits, 0.7), TemperatureLogitsWarper(0.7)(None, logits))


def test_draws_follow_the_probabilities():
    drawn = draw(LOG.expand(20_000, -1), torch.Generator().manual_seed(0))
    shares = drawn.bincount(minlength=4) / 20_000
    assert torch.allclose(shares, LOG.exp()[0], atol=0.012)  # three standard errors
    again = draw(LOG.expand(20_000, -1), torch.Generator().manual_seed(0))
    assert torch.equal(drawn, again)


def test_bad_numbers_are_explained():
    with pytest.raises(ValueError, match="temperature must be above 0; got 0"):
        with_temperature(LOG, 0)
    with pytest.raises(ValueError, match=r"temperature must be a finite number in \[0, inf\]; got -1"):
        with_temperature(LOG, -1)
    with pytest.raises(ValueError, match="top_k must be at least 1; got 0"):
        keep_top_k(LOG, 0)
    with pytest.raises(ValueError, match=r"top_p must be a finite number in \[0, 1\]; got 1.5"):
        keep_top_p(LOG, 1.5)
