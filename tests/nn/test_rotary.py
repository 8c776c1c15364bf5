"""Rotary positions against complex numbers; parity with transformers is in tests/parity."""

import math

import pytest
import torch

from llm101.nn.rotary import Rotary, ntk_base

K, T = 10, 7


def data():
    return torch.randn(2, 3, T, K, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def by_complex_numbers(x, places, *, r, base=10000.0):
    """Interleaved pairs as complex numbers times exp(i · angle), one at a time."""
    out = x.clone()
    for at, place in enumerate(places.tolist()):
        for pair in range(r // 2):
            angle = place * base ** (-2 * pair / r)
            a, b = x[..., at, 2 * pair], x[..., at, 2 * pair + 1]
            turned = torch.complex(a, b) * complex(math.cos(angle), math.sin(angle))
            out[..., at, 2 * pair], out[..., at, 2 * pair + 1] = turned.real, turned.imag
    return out


@pytest.mark.parametrize("r", [2, 4, 10])
@pytest.mark.parametrize("base", [10000.0, 7.0])
def test_interleaved_is_multiplication_of_complex_numbers(r, base):
    places = torch.tensor([0, 1, 2, 3, 50, 51, 4000])
    got = Rotary(r, base=base, interleaved=True).rotate(data(), places)
    torch.testing.assert_close(got, by_complex_numbers(data(), places, r=r, base=base), atol=1e-10, rtol=0)


def test_halves_are_a_permutation_of_interleaved():
    order = torch.cat([torch.arange(0, K, 2), torch.arange(1, K, 2)])
    places = torch.arange(T)
    halves = Rotary(K).rotate(data()[..., order], places)
    torch.testing.assert_close(halves, Rotary(K, interleaved=True).rotate(data(), places)[..., order])
    assert not torch.allclose(Rotary(K).rotate(data(), places), Rotary(K, interleaved=True).rotate(data(), places))


@pytest.mark.parametrize("interleaved", [False, True])
def test_lengths_stay_and_place_zero_does_nothing(interleaved):
    rotary = Rotary(K, interleaved=interleaved)
    turned = rotary.rotate(data(), torch.arange(100, 100 + T))
    torch.testing.assert_close(turned.norm(dim=-1), data().norm(dim=-1))
    torch.testing.assert_close(rotary.rotate(data(), torch.zeros(T, dtype=torch.int64)), data())
    assert rotary.bias(torch.arange(3), torch.arange(3)) is None


def test_channels_beyond_n_channels_pass():
    turned = Rotary(4).rotate(data(), torch.arange(1, T + 1))
    assert torch.equal(turned[..., 4:], data()[..., 4:])
    assert (turned[..., :4] != data()[..., :4]).all()


def test_scaling():
    """Linear: place 12 of 4 times the context is place 3. NTK-aware: the slowest pair likewise, the fastest as before."""
    places = torch.arange(50.0).double()
    plain, linear = Rotary(K).angles(places, torch.float64), Rotary(K, scale=4.0).angles(places, torch.float64)
    ntk = Rotary(K, base=ntk_base(10000.0, 4.0, K)).angles(places, torch.float64)
    torch.testing.assert_close(linear, plain / 4)
    torch.testing.assert_close(ntk[:, 0], plain[:, 0])
    torch.testing.assert_close(ntk[:, -1], plain[:, -1] / 4)
    assert ((ntk < plain) & (ntk > linear))[1:, 1:-1].all()
    assert ntk_base(10000.0, 1.0, K) == 10000.0


def test_bad_arguments_are_explained():
    for n in (0, 5):
        with pytest.raises(ValueError, match=f"Rotary: n_channels must be even.*got {n}"):
            Rotary(n)
    with pytest.raises(ValueError, match=r"Rotary: base must be a finite number in \[1, inf\]; got 0"):
        Rotary(4, base=0)
    with pytest.raises(ValueError, match=r"Rotary: scale must be a finite number in \[1e-06, inf\]; got 0"):
        Rotary(4, scale=0)
    with pytest.raises(ValueError, match="ntk_base: n_channels must be at least 4; got 2"):
        ntk_base(10000.0, 2.0, 2)
    with pytest.raises(ValueError, match=r"ntk_base: factor must be a finite number in \[1, inf\]; got 0.5"):
        ntk_base(10000.0, 0.5, 8)
