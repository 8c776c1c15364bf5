"""Mixed precision: matrix products in 16 bits, weights and optimizer in 32.

bf16 has the range of float32 and needs nothing else. fp16 has more digits and a small range: gradients below 6e-8 would
vanish, so the loss is multiplied by a large scale before backward() and the gradient divided by it afterwards; a step
that overflows is skipped and the scale halved. Micikevicius et al. 2018, arXiv:1710.03740, section 3.2.

A switched-off autocast or scaler does nothing at all, so the loop needs no branches.
"""

from typing import Any

import torch

from llm101.expect import one_of

PRECISIONS = ("fp32", "bf16", "fp16")
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context in which a forward pass computes.

    >>> with autocast("bf16", torch.device("cpu")):
    ...     print((torch.ones(2, 3) @ torch.ones(3, 2)).dtype)
    torch.bfloat16
    """
    return torch.autocast(device.type, dtype=DTYPES.get(precision), enabled=precision in DTYPES)


def grad_scaler(precision: str, device: torch.device, state: dict[str, Any] | None = None) -> torch.amp.GradScaler:
    """The scaler of fp16 with its state of before, if any; for the other precisions one that does nothing.

    Raises:
        ValueError: this device cannot compute in that precision.
    """
    supported(precision, device)
    scaler = torch.amp.GradScaler(device.type, enabled=precision == "fp16")
    if state:
        scaler.load_state_dict(state)
    return scaler


def supported(precision: str, device: torch.device) -> None:
    """Ask the device itself, with a product of two numbers forward and backward.

    Raises:
        ValueError: it cannot; the error says what to use.
    """
    one_of("fit", "precision", precision, PRECISIONS)
    if precision == "fp32":
        return
    if device.type == "cuda" and precision == "bf16" and not torch.cuda.is_bf16_supported():
        raise ValueError(f"fit: {torch.cuda.get_device_name(device)} has no bf16 units. Use precision='fp16'.")
    try:
        product(precision, device)
    except (RuntimeError, NotImplementedError) as error:
        raise ValueError(
            f"fit: precision {precision!r} needs matrix products in 16 bits; {device.type} in torch {torch.__version__} "
            f"answered: {str(error)[:200]}. Use precision='fp32'{' or bf16' if precision == 'fp16' else ''}."
        ) from error


def product(precision: str, device: torch.device) -> None:
    """One small matrix product, forward and backward."""
    x = torch.ones(2, 2, device=device, requires_grad=True)
    with autocast(precision, device):
        y = x @ x
    y.float().sum().backward()
