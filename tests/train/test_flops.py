"""FLOPs by counting matrix products, and the published utilisation."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from llm101.models import GPT2Config, gpt2
from llm101.nn.attention import scaled_dot_product
from llm101.train import flops_per_token, utilisation

PALM = {"n_layers": 118, "width": 48 * 256, "context": 2048}


def test_the_formula_is_what_torch_counts():
    """Oracle: torch counts the FLOPs of every matrix product, forward and backward, of a whole batch."""
    config = GPT2Config(vocab_size=101, max_len=64, d_model=48, n_layers=3, n_heads=4)
    model = gpt2(config, attend=scaled_dot_product)
    ids = torch.randint(101, (2, 64))
    with FlopCounterMode(display=False) as counter:
        model(ids).sum().backward()
    n = sum(p.numel() for p in model.parameters())
    ours = flops_per_token(n, n_layers=3, width=48, context=64)
    assert counter.get_total_flops() / ids.numel() == pytest.approx(ours, rel=0.05)
    products = sum(p.numel() for name, p in model.named_parameters() if p.ndim > 1 and "positions" not in name)
    exact = flops_per_token(products, n_layers=3, width=48, context=64)
    assert counter.get_total_flops() / ids.numel() == pytest.approx(exact, rel=1e-9)


def test_palm_reported_46_per_cent_and_45_7_without_attention():
    """Chowdhery et al. 2022, section 4: 238.3 thousand tokens a second on 6,144 chips of 275 TFLOP/s."""
    with_attention = flops_per_token(540_350_000_000, **PALM)
    without = flops_per_token(540_350_000_000, n_layers=118, width=48 * 256, context=0)
    shares = [utilisation(238_300, f, peak=275e12, n_devices=6144) for f in (with_attention, without)]
    assert [round(100 * share, 1) for share in shares] == [46.2, 45.7]


def test_a_peak_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"^utilisation: peak must be above 0 FLOPs a second; got 0"):
        utilisation(1.0, 1.0, peak=0)
