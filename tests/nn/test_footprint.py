"""The count of bytes against cases that can be counted by hand."""

import torch

from llm101.nn.footprint import footprint

X = torch.ones(100, 5)  # 2,000 bytes


def test_what_was_there_before_is_not_counted():
    assert footprint(lambda: X.T[3:].reshape(-1)[:7].shape) == (2 * 100 * 4, 2 * 100 * 4)  # the copy of two columns
    assert footprint(lambda: X.view(500).add_(0.0)) == (0, 0)
    assert footprint(lambda: None) == (0, 0)


def test_what_is_dropped_is_no_longer_counted():
    def chain():
        y = X + 1
        for _ in range(10):
            y = y * 2

    def hoard():
        return [X + i for i in range(10)]

    assert footprint(chain) == (4000, 2000)
    assert footprint(hoard) == (20000, 2000)


def test_backward_is_watched_and_saved_tensors_count():
    w = torch.ones(100, 5, requires_grad=True)

    def loss():
        (w.exp().exp() * X).sum().backward()  # exp keeps its result: two of 2,000, and one being made

    peak, largest = footprint(loss)
    assert largest == 2000
    assert 3 * 2000 <= peak <= 5 * 2000
    assert footprint(lambda: X.double())[0] == 4000


def test_the_same_number_every_time():
    def work():
        return torch.relu(X @ torch.ones(5, 7)).softmax(-1).sum()

    assert len({footprint(work) for _ in range(3)}) == 1
