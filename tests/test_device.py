"""The device's self-test: right on the CPU, and it catches every kind of nonsense that a device could return."""

import math

import numpy as np
import pytest
import torch

from llm101 import device
from llm101.device import LARGE, SMALL, SelfTest, available_devices, choose_device, compute, pick, self_test


def weight(rows, columns, salt):
    """The weights by the formula, number by number."""
    return np.array(
        [[((7 * i + 13 * j + 5 * i * j + 11 * salt) % 17 - 8) / 16 for j in range(columns)] for i in range(rows)]
    )


def by_hand(size, table):
    """Token ids and logits (t v) by numpy alone, one head and one row at a time: the independent oracle."""

    def norm(x):
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)

    def matrix(rows, columns, salt):
        return weight(rows, columns, salt) * 4 / math.sqrt(rows)

    n, d, h = size.tokens, size.d_model, size.n_heads
    ids = [3 * i % size.vocab_size for i in range(n)]
    x = np.array([table[i] for i in ids]) + matrix(n, d, 2)
    qkv = norm(x) @ matrix(d, 3 * d, 3)
    heads = []
    for part in range(h):
        q, k, v = (qkv[:, s * d + part * d // h : s * d + (part + 1) * d // h] for s in range(3))
        mixed = np.zeros_like(v)
        for t in range(n):
            w = np.exp(q[t] @ k[: t + 1].T / math.sqrt(d // h))
            mixed[t] = w @ v[: t + 1] / w.sum()
        heads.append(mixed)
    x = x + np.concatenate(heads, -1) @ matrix(d, d, 4)
    hidden = norm(x) @ matrix(d, size.d_ff, 5)
    hidden = hidden * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2))) / 2
    return ids, norm(x + hidden @ matrix(size.d_ff, d, 6)) @ table.T


def loss(size, table):
    """Mean cross entropy; the target of each token is the next one, of the last the first."""
    ids, logits = by_hand(size, table)
    targets = [*ids[1:], ids[0]]
    return np.mean([np.log(np.exp(row).sum()) - row[i] for row, i in zip(logits, targets, strict=True)])


def test_the_stored_logits_are_right():
    """Against numpy, to all ten digits that are stored; the larger computation too."""
    for size, known in ((SMALL, device.KNOWN_LOGITS), (LARGE, compute("cpu", LARGE, torch.float64)[0])):
        np.testing.assert_allclose(known, by_hand(size, weight(size.vocab_size, size.d_model, 1))[1][-1], atol=1e-9)


def test_the_stored_gradient_is_right():
    """Against central differences of the loss in numpy, for the row of the last token."""
    table = weight(SMALL.vocab_size, SMALL.d_model, 1)
    last = 3 * (SMALL.tokens - 1) % SMALL.vocab_size
    slope = []
    for j in range(SMALL.d_model):
        step = np.zeros_like(table)
        step[last, j] = 1e-5
        slope.append((loss(SMALL, table + step) - loss(SMALL, table - step)) / 2e-5)
    np.testing.assert_allclose(device.KNOWN_GRADIENT, slope, atol=1e-8)


def test_every_weight_is_exact_in_half_precision():
    """So that the weights are the same on every device."""
    w = device.weight(37, 41, 3)
    assert torch.equal(w.half().double(), w)
    assert w.unique().numel() == 17


def test_this_machines_devices_are_right():
    """The CPU passes in well under five seconds."""
    for name in available_devices():
        result = self_test(name)
        assert result.ok, result.detail
        assert result.seconds < 5
    assert available_devices()[-1] == "cpu"


def broken(spoil):
    """A computation whose logits and gradient go through `spoil` on the device 'cuda' only."""

    def run(name, size):
        result = compute("cpu", size)
        return spoil(*result, size) if name == "cuda" else result

    return run


def raising(*_):
    """A driver that fails."""
    raise RuntimeError("CUDA error: no kernel image is available")


NONSENSE = {
    "zeros": lambda y, g, size: (y * 0, g),
    "nan": lambda y, g, size: (y * math.nan, g),
    "one value off by 1 %": lambda y, g, size: (y + 0.01 * y.abs().max() * torch.eye(len(y))[2], g),
    "gradient only": lambda y, g, size: (y, -g),
    "large sizes only": lambda y, g, size: (y.flip(0), g) if size is LARGE else (y, g),
    "wrong shape": lambda y, g, size: (y[:3], g),
    "an exception": raising,
}


@pytest.mark.parametrize("spoil", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_falls_back_to_the_cpu(spoil):
    """Each is found out, named, and not used."""
    choice = choose_device(["cuda", "cpu"], broken(spoil))
    assert choice.device == torch.device("cpu")
    assert choice.reason.startswith("cpu passed its self-test; cuda computes nonsense, so it is not used: ")


def test_what_is_wrong_is_said_with_numbers():
    """Size of the error, shape, or the exception's text."""
    said = {name: self_test("cuda", broken(spoil)).detail for name, spoil in NONSENSE.items()}
    assert said["zeros"] == "logits are off by 1 of the largest value (at most 0.002 is rounding)"
    assert said["nan"].startswith("logits are off by nan")
    assert said["gradient only"] == "gradients are off by 2 of the largest value (at most 0.002 is rounding)"
    assert said["wrong shape"] == "logits have shape (3,), expected (7,)"
    assert said["an exception"] == "it raised RuntimeError: CUDA error: no kernel image is available"


def test_rounding_is_not_nonsense():
    """TF32 keeps ten bits of each product's factors."""
    rounded = broken(lambda y, g, size: (y * (1 + 2**-11), g * (1 - 2**-11)))
    assert choose_device(["cuda"], rounded).device == torch.device("cuda")


def test_the_first_right_device_is_taken_and_no_other_is_tried():
    """A slow CPU test is not run when the GPU passed."""
    tried = []

    def run(name, size):
        tried.append(name)
        return compute("cpu", size)

    assert choose_device(["cuda", "cpu"], run) == (torch.device("cuda"), "cuda passed its self-test")
    assert set(tried) == {"cuda"}


def test_if_nothing_passes_it_says_so():
    """Still a device, and what to do."""
    choice = pick([SelfTest("cpu", ok=False, detail="off", seconds=0.0)])
    assert choice.device == torch.device("cpu")
    assert choice.reason.startswith("no device passed its self-test: reinstall PyTorch; cpu computes nonsense")
    assert choose_device(["no-such-device", "cpu"]).device == torch.device("cpu")
