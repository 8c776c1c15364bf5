"""Every number moves by the same length, and the momentum that is kept is not the one that is used."""

import torch

from llm101.optim.lion import lion


def test_every_step_has_the_same_length():
    make = torch.Generator().manual_seed(0)
    p, state = torch.zeros(7, dtype=torch.float64), {}
    for _ in range(9):
        before = p.clone()
        lion(p, 10 * torch.randn(7, generator=make, dtype=torch.float64), state, lr=0.25)
        assert torch.allclose((p - before).abs(), torch.full((7,), 0.25, dtype=torch.float64), atol=1e-12)


def test_the_two_shares_are_not_mixed_up():
    """m after two steps uses β₂ alone; the sign of the second step uses β₁."""
    p, state = torch.zeros(1, dtype=torch.float64), {}
    lion(p, torch.tensor([1.0], dtype=torch.float64), state, lr=0.5, betas=(0.9, 0.5))
    lion(p, torch.tensor([-3.0], dtype=torch.float64), state, lr=0.5, betas=(0.9, 0.5))
    assert torch.allclose(state["m"], torch.tensor([-1.25], dtype=torch.float64))  # 0.5·0.5 - 0.5·3
    assert p.item() == -1.0  # c = 0.9·0.5 - 0.1·3 > 0: on in the old direction


def test_decay_is_outside_of_the_sign():
    p = torch.tensor([2.0, -4.0], dtype=torch.float64)
    lion(p, torch.zeros(2, dtype=torch.float64), {}, lr=0.1, weight_decay=0.5)
    assert torch.allclose(p, torch.tensor([1.9, -3.8], dtype=torch.float64), atol=1e-14)
