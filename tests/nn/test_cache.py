"""The cache remembers everything in order, and never changes what it was given."""

import pytest
import torch

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


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match=r"same shape; got \(2, 3, 4, 5\) and None"):
        KVCache(part(4)[0])
    cache = KVCache(*part(4))
    with pytest.raises(ValueError, match="holds a batch of 2 and was given a batch of 3"):
        cache.update(*part(1, b=3))
