"""Score biases by their formulas; parity with transformers is in tests/parity, shift invariance in tests/contracts."""

import pytest
import torch

from llm101.nn.positions import ALiBi, NoPosition, T5Bias, alibi_slopes, t5_bucket


def test_alibi_by_a_loop():
    got = ALiBi(3, dtype=torch.float64).bias(torch.arange(2, 7), torch.arange(7))
    assert got.shape == (3, 5, 7)
    for head, slope in enumerate([2**-4, 2**-8, 2**-2]):
        for i in range(5):
            for j in range(7):
                assert got[head, i, j].item() == pytest.approx(-slope * abs(i + 2 - j), abs=1e-15)


def test_slopes_of_the_paper():
    assert alibi_slopes(8) == [2.0**-i for i in range(1, 9)]
    assert alibi_slopes(16)[:2] == [2**-0.5, 2**-1]
    assert alibi_slopes(12) == alibi_slopes(8) + alibi_slopes(16)[0:8:2]
    with pytest.raises(ValueError, match="alibi_slopes: n_heads must be at least 1; got 0"):
        alibi_slopes(0)


def test_buckets_of_the_paper():
    """32 buckets, the first 16 exact, the last from 128 on; in an encoder 16 each way."""
    far = torch.arange(1000)
    decoder = t5_bucket(far, both_ways=False)
    assert decoder[:16].tolist() == list(range(16))
    assert (decoder.diff() >= 0).all()
    assert (decoder[113:] == 31).all()
    assert decoder[112] == 30
    assert t5_bucket(-far, both_ways=False).tolist() == [0] * 1000
    encoder = t5_bucket(torch.cat([far, -far]), both_ways=True)
    assert torch.equal(encoder[1001:], encoder[1:1000] + 16)
    assert encoder[:9].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert encoder[:1000].max() == 15


def test_t5_bias_is_a_look_up():
    position = T5Bias(5, both_ways=True, n_buckets=8, max_distance=11)
    assert {k: tuple(v.shape) for k, v in position.state_dict().items()} == {"weight": (8, 5)}
    with torch.no_grad():
        position.weight.normal_()
    got = position.bias(torch.arange(3, 20), torch.arange(20))
    for i, j in ((0, 0), (3, 16), (16, 2), (5, 8)):
        bucket = int(t5_bucket(torch.tensor(i + 3 - j), n_buckets=8, max_distance=11, both_ways=True))
        assert torch.equal(got[:, i, j], position.weight[bucket])


@pytest.mark.parametrize("position", [NoPosition(), ALiBi(3), T5Bias(3, both_ways=True)])
def test_biases_do_not_rotate(position):
    x = torch.randn(2, 3, 5, 7)
    assert position.rotate(x, torch.arange(5)) is x


def test_no_position_has_no_bias():
    assert NoPosition().bias(torch.arange(3), torch.arange(3)) is None
