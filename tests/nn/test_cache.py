"""The cache remembers everything in order, and never changes what it was given."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from llm101.nn.cache import DecoderCache, KVCache


def part(n, b=2):
    return torch.randn(b, 3, n, 5), torch.randn(b, 3, n, 5)


def test_it_grows_in_order():
    cache, parts = KVCache(), [part(n) for n in (4, 1, 7)]
    assert len(cache) == 0
    for k, v in parts:
        keys, values = cache.update(k, v)
    assert len(cache) == 12
    assert torch.equal(keys, torch.cat([k for k, _ in parts], dim=2))
    assert torch.equal(values, torch.cat([v for _, v in parts], dim=2))


def test_a_copy_grows_on_its_own_and_gradients_flow_to_a_prefix():
    keys, values = (x.requires_grad_() for x in part(3, b=1))
    prefix = KVCache(keys, values)
    branch = prefix.copy()
    all_keys, _ = branch.update(*part(2, b=7))
    assert (len(prefix), len(branch), all_keys.shape) == (3, 5, (7, 3, 5, 5))
    all_keys.sum().backward()
    assert torch.equal(keys.grad, torch.full_like(keys, 7.0))


def test_contents_are_what_was_put_in():
    keys, values = part(3)
    assert [torch.equal(a, b) for a, b in zip(KVCache(keys, values).contents(), (keys, values), strict=True)] == [
        True
    ] * 2
    with pytest.raises(ValueError, match=r"it is empty \(0 tokens\)"):
        KVCache().contents()


def test_a_decoders_cache_counts_its_own_tokens_and_copies_both():
    cache = DecoderCache(memory=KVCache(*part(7)))
    assert len(cache) == 0
    cache.own.update(*part(3))
    branch = cache.copy()
    branch.own.update(*part(2))
    assert (len(cache), len(branch), len(branch.memory)) == (3, 5, 7)
    assert branch.memory is not cache.memory


PIECES = (4, 1, 1, 1, 7, 1, 1, 1, 1, 1, 1, 3, 1, 1, 29, 1, 1)


@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_what_was_returned_stays_as_it_was(mode):
    """Through several doublings of the room, and without one, where gradients may be recorded."""
    parts = [part(n) for n in PIECES]
    cache, returned = KVCache(), []
    with mode():
        for k, v in parts:
            returned.append(cache.update(k, v))
            assert [torch.equal(a, b) for a, b in zip(cache.contents(), returned[-1], strict=True)] == [True] * 2
    for i, (keys, values) in enumerate(returned, 1):
        assert torch.equal(keys, torch.cat([k for k, _ in parts[:i]], dim=2))
        assert torch.equal(values, torch.cat([v for _, v in parts[:i]], dim=2))
    assert len(cache) == sum(PIECES)


@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("n_first", [1, 2, 5])
def test_copies_and_the_original_never_disturb_each_other(mode, n_first):
    """Wherever the copy is made: before there is room, or with room left that both might write to."""
    with mode():
        cache = KVCache()
        first = [part(1) for _ in range(n_first)]
        for k, v in first:
            cache.update(k, v)
        branches = [cache, cache.copy(), cache.copy().copy()]
        parts = [[part(1) for _ in range(9)] for _ in branches]
        for step in range(9):
            for branch, new in zip(branches, parts, strict=True):
                branch.update(*new[step])
        for branch, new in zip(branches, parts, strict=True):
            for i, kept in enumerate(branch.contents()):
                assert torch.equal(kept, torch.cat([pair[i] for pair in [*first, *new]], dim=2))


def test_a_prefix_is_widened_and_left_alone():
    prefix = KVCache(*part(3, b=1))
    before = [x.clone() for x in prefix.contents()]
    with torch.no_grad():
        branch = prefix.copy()
        new = [part(1, b=7) for _ in range(5)]
        for k, v in new:
            keys, _ = branch.update(k, v)
    assert torch.equal(keys[:, :, :3], before[0].expand(7, -1, -1, -1))
    assert torch.equal(keys[:, :, 3:], torch.cat([k for k, _ in new], dim=2))
    assert [torch.equal(a, b) for a, b in zip(prefix.contents(), before, strict=True)] == [True] * 2


def test_room_that_was_reserved_is_made_once():
    for n in (5, 1000):
        cache = KVCache()
        cache.reserve(n)
        parts = [part(1, b=1) for _ in range(n)]
        with torch.no_grad(), CountCopied() as count:
            places = [cache.update(k, v)[0].data_ptr() for k, v in parts]
        assert len(set(places)) == 2  # what came first, and the room
        assert count.numbers == (n - 1 + 1) * 30
        with torch.no_grad():
            keys, _ = cache.update(*part(1, b=1))  # more than was said
        assert torch.equal(keys[:, :, :n], torch.cat([k for k, _ in parts], dim=2))
    both = DecoderCache()
    both.reserve(7)
    with torch.no_grad():
        places = [both.own.update(*part(1))[0].data_ptr() for _ in range(7)]
    assert len(set(places)) == 2


def test_rows_are_reordered_and_go_on():
    parts, rows = [part(n, b=3) for n in (2, 1, 1)], torch.tensor([2, 0, 0, 1, 2])
    with torch.no_grad():
        cache = KVCache()
        for k, v in parts:
            cache.update(k, v)
        old = cache.contents()
        was = [x.clone() for x in old]
        cache.reorder(rows)
        new = [part(1, b=5) for _ in range(6)]
        for k, v in new:
            keys, values = cache.update(k, v)
    expected = torch.cat([torch.cat([k for k, _ in parts], dim=2)[rows], *(k for k, _ in new)], dim=2)
    assert torch.equal(keys, expected)
    assert torch.equal(values[:, :, :4], torch.cat([v for _, v in parts], dim=2)[rows])
    assert [torch.equal(a, b) for a, b in zip(old, was, strict=True)] == [True] * 2
    KVCache().reorder(rows)  # nothing to do
    both = DecoderCache(own=KVCache(*part(2, b=3)), memory=KVCache(*part(7, b=3)))
    read = both.memory.contents()[0][rows]
    both.reorder(rows)
    assert torch.equal(both.memory.contents()[0], read)
    assert (len(both), both.own.contents()[1].shape[0]) == (2, 5)


def test_reordered_rows_may_be_trained_on():
    """A cache with room, whose rows are chosen while gradients are recorded, and which grows while they are not."""
    q, cache = torch.randn(3, 3, 1, 5, requires_grad=True), KVCache()
    with torch.no_grad():
        for n in (2, 1):
            cache.update(*part(n))
    cache.reorder(torch.tensor([1, 0, 1]))
    out = torch.nn.functional.scaled_dot_product_attention(q, *cache.contents())
    with torch.no_grad():
        cache.update(*part(1, b=3))
    out.sum().backward()
    assert q.grad.abs().sum() > 0


def test_gradients_flow_in_pieces():
    """What an earlier piece saved for its gradient is not overwritten by a later one, even if only queries are trained."""
    q = torch.randn(2, 3, 1, 5, requires_grad=True)
    cache = KVCache()
    with torch.no_grad():
        cache.update(*part(4))
        cache.update(*part(1))  # now there is room
    outs = []
    for _ in range(4):
        keys, values = cache.update(*part(1))
        outs.append(torch.nn.functional.scaled_dot_product_attention(q, keys, values))
    torch.stack(outs).sum().backward()
    assert q.grad.abs().sum() > 0


def test_other_modes_and_dtypes_in_between():
    parts = [part(1) for _ in range(15)]
    cache, modes = KVCache(), (torch.inference_mode, torch.no_grad, torch.enable_grad)
    for (k, v), mode in zip(parts, (0, 0, 0, 1, 1, 0, 0, 1, 2, 0, 0, 2, 1, 1, 0), strict=True):
        with modes[mode]():
            keys, _ = cache.update(k, v)
    assert torch.equal(keys, torch.cat([k for k, _ in parts], dim=2))
    with torch.no_grad():
        assert cache.update(*(x.double() for x in part(1)))[0].dtype == torch.float64
        keys, _ = cache.update(*part(1))
    assert keys.dtype == torch.float64
    assert len(cache) == 17


class CountCopied(TorchDispatchMode):
    """How many numbers are written by operations that only move them."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **kwargs or {})
        if func.overloadpacket.__name__ in ("cat", "copy_", "clone", "index_select", "constant_pad_nd"):
            self.numbers += out.numel()
        return out


def copied(n):
    """Numbers written while n tokens come one at a time; each has 2 · 3 · 5 of its own."""
    cache, parts = KVCache(), [part(1, b=1) for _ in range(n)]
    with torch.no_grad(), CountCopied() as count:
        for k, v in parts:
            cache.update(k, v)
    return count.numbers


def test_a_token_costs_the_same_however_many_came_before():
    """With torch.cat each of 1,000 tokens would move 500 others on average; here it moves fewer than two and itself."""
    for n in (10, 100, 1000, 1025, 2000):
        assert copied(n) <= 3 * n * 30
    assert copied(1000) > 0.9 * 1000 * 30  # the counter counts


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match=r"same shape; got \(2, 3, 4, 5\) and None"):
        KVCache(part(4)[0])
    cache = KVCache(*part(4))
    with pytest.raises(ValueError, match="holds a batch of 2 and was given a batch of 3"):
        cache.update(*part(1, b=3))
    for mode in (torch.no_grad, torch.enable_grad):
        for shape in ((2, 1, 1, 5), (2, 3, 1, 1)):
            with (
                mode(),
                pytest.raises(ValueError, match=rf"3 heads of 5 channels and was given {shape[1]} of {shape[3]}"),
            ):
                cache.update(torch.ones(shape), torch.ones(shape))
    with torch.no_grad():
        cache.update(*part(1))  # now there is room to write to
        with pytest.raises(ValueError, match="3 heads of 5 channels and was given 1 of 5"):
            cache.update(torch.ones(2, 1, 1, 5), torch.ones(2, 1, 1, 5))
        with pytest.raises(ValueError, match="holds a batch of 2 and was given a batch of 1"):
            cache.update(*part(1, b=1))
    assert len(cache) == 5
