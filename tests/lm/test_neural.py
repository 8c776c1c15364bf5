import pytest
import torch
from torch import nn

from llm101.lm.neural import BengioMLP, bengio, windows


def test_equation_one_with_plain_matrices():
    n, d, f, v = 3, 5, 7, 11
    torch.manual_seed(0)
    network = BengioMLP(v, n_context=n, d_model=d, d_hidden=f, direct=True).double()
    ids = torch.tensor([[10, 4, 2, 8, 8], [10, 1, 0, 3, 9]])
    c, h, u, w = network.vectors.weight, network.hidden.weight, network.out.weight, network.direct.weight
    for b in range(2):
        for t in range(5):
            seen = [10] * max(0, n - 1 - t) + ids[b, max(0, t - n + 1) : t + 1].tolist()
            x = torch.cat([c[i] for i in seen])
            y = network.out.bias + w @ x + u @ torch.tanh(network.hidden.bias + h @ x)
            assert torch.allclose(network(ids)[b, t], y, atol=1e-12)


def test_without_direct_connections():
    hidden, out, direct = nn.Linear(5, 7), nn.Linear(7, 11), nn.Linear(5, 11, bias=False)
    x = torch.randn(2, 5)
    assert torch.allclose(bengio(x, hidden, out, direct) - bengio(x, hidden, out), direct(x), atol=1e-6)
    assert BengioMLP(11).direct is None
    n_direct = sum(p.numel() for p in BengioMLP(11, direct=True).parameters()) - sum(
        p.numel() for p in BengioMLP(11).parameters()
    )
    assert n_direct == 4 * 32 * 11


def test_the_number_of_parameters():
    """v·d + (n·d + 1) f + (f + 1) v, as in the paper without W."""
    network = BengioMLP(11, n_context=3, d_model=5, d_hidden=7)
    assert sum(p.numel() for p in network.parameters()) == 11 * 5 + (15 + 1) * 7 + (7 + 1) * 11


def test_it_sees_n_words_and_no_more():
    torch.manual_seed(1)
    network = BengioMLP(11, n_context=3, d_model=5, d_hidden=7)
    ids = torch.tensor([[10, 1, 2, 3, 4, 5]])
    for changed in range(6):
        other = ids.clone()
        other[0, changed] = 7
        differs = (network(ids) != network(other)).any(-1)[0]
        assert differs.tolist() == [changed <= t < changed + 3 for t in range(6)]


def test_windows():
    assert windows(torch.tensor([[1, 2]]), 1, fill=9).tolist() == [[[1], [2]]]
    assert windows(torch.tensor([[1, 2], [3, 4]]), 3, fill=9).tolist() == [
        [[9, 9, 1], [9, 1, 2]],
        [[9, 9, 3], [9, 3, 4]],
    ]


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"n_context must be at least 1; got 0"):
        BengioMLP(11, n_context=0)
    with pytest.raises(ValueError, match=r"vocab_size must be at least 1; got 0"):
        BengioMLP(0)
