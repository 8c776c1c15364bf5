"""The rules by hand, and against transformers' processors."""

import pytest
import torch

from llm101.generate.logits import draw, keep_min_p, keep_top_k, keep_top_p, penalize_repeats, with_temperature

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
    assert left(keep_min_p(LOG, 0.31)) == [[1, 1, 0, 0]]
    assert left(keep_min_p(LOG, 0.29)) == [[1, 1, 1, 0]]
    assert left(keep_min_p(LOG, 0)) == [[1, 1, 1, 1]]
    assert left(keep_min_p(torch.tensor([[1.0, 2.0, 2.0, 1.9]]), 1)) == [[0, 1, 1, 0]]
    assert left(keep_min_p(LOG.masked_fill(LOG.max() == LOG, -torch.inf), 0.4)) == [[0, 1, 1, 0]]  # 0.3 is the top now


def test_repeats_lose_whatever_their_sign_and_number():
    logits = torch.tensor([[3.0, -3.0, 0.0, 5.0], [3.0, -3.0, 0.0, 5.0]])
    ids = torch.tensor([[0, 1, 1, 1, 2], [-1, -1, 3, 3, -1]])  # -1 is padding, not the last token
    expected = torch.tensor([[1.5, -6.0, 0.0, 5.0], [3.0, -3.0, 0.0, 2.5]])
    assert torch.equal(penalize_repeats(logits, ids, 2.0), expected)
    assert torch.equal(penalize_repeats(logits, ids.int(), 2.0), expected)
    assert torch.equal(penalize_repeats(logits, ids, 1.0), logits)
    assert torch.equal(penalize_repeats(logits, ids[:, :0], 2.0), logits)


def test_against_transformers():
    from transformers import (
        MinPLogitsWarper,
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    logits = torch.randn(7, 53, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3
    for k in (1, 5, 52, 53):
        assert torch.equal(keep_top_k(logits, k), TopKLogitsWarper(k)(None, logits))
    for p in (0.01, 0.3, 0.9, 0.999):
        assert torch.equal(keep_top_p(logits, p), TopPLogitsWarper(p)(None, logits))
    for p in (0.0, 0.01, 0.3, 1.0):
        assert torch.equal(keep_min_p(logits, p), MinPLogitsWarper(p)(None, logits))
    assert torch.equal(with_temperature(logits, 0.7), TemperatureLogitsWarper(0.7)(None, logits))
    ids = torch.randint(53, (7, 31), generator=torch.Generator().manual_seed(1))
    for penalty in (0.5, 1.2, 5.0):
        theirs = RepetitionPenaltyLogitsProcessor(penalty)(ids, logits.clone())
        assert torch.equal(penalize_repeats(logits, ids, penalty), theirs)
    n_padding = torch.arange(7)
    padded = ids.masked_fill(torch.arange(31) < n_padding[:, None], -1)
    theirs = RepetitionPenaltyLogitsProcessor(1.3, prompt_ignore_length=n_padding)(ids, logits.clone())
    assert torch.equal(penalize_repeats(logits, padded, 1.3), theirs)
    assert not torch.equal(penalize_repeats(logits, ids, 1.3), theirs)


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
    with pytest.raises(ValueError, match=r"min_p must be a finite number in \[0, 1\]; got -0.5"):
        keep_min_p(LOG, -0.5)
    with pytest.raises(ValueError, match="repetition_penalty must be above 0; got 0"):
        penalize_repeats(LOG, torch.zeros(1, 1).long(), 0)
