"""Estimates against true similarities: their mean, their variance, and those of datasketch."""

import datasketch
import numpy as np
import pytest

from llm101.data.dedup.minhash import EMPTY, MinHash, similarity, standard_error
from llm101.data.dedup.shingles import jaccard, mix, shingles

K = 61


def pair_of_sets(n, similar):
    """Two sets of n hashes with as near as possible this similarity; and their true one."""
    shared = round(2 * n * similar / (1 + similar))
    keys = mix(np.arange(2 * n, dtype=np.uint64))
    a, b = keys[:n], keys[n - shared : 2 * n - shared]
    return a, b, jaccard(set(a.tolist()), set(b.tolist()))


def ours(a, b, seed, k=K):
    minhash = MinHash(k, seed)
    return similarity(minhash.signature(a), minhash.signature(b))


def theirs(a, b, seed, k=K):
    made = []
    for keys in (a, b):
        minhash = datasketch.MinHash(k, seed=seed + 1, hashfunc=lambda key: key >> 32)
        minhash.update_batch(keys.tolist())
        made.append(minhash)
    return made[0].jaccard(made[1])


@pytest.mark.parametrize("n", [7, 211])
@pytest.mark.parametrize("wanted", [0.1, 0.5, 0.9])
def test_unbiased_with_variance_j_times_1_minus_j_over_k(n, wanted):
    a, b, true = pair_of_sets(n, wanted)
    estimates = np.array([ours(a, b, seed) for seed in range(1_009)])
    variance = true * (1 - true) / K
    assert estimates.mean() == pytest.approx(true, abs=4 * np.sqrt(variance / 1_009))
    assert estimates.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / 1_009))
    assert standard_error(true, K) == pytest.approx(np.sqrt(variance))


def test_estimates_are_distributed_as_those_of_datasketch():
    a, b, _ = pair_of_sets(113, 0.6)
    first, second = (np.array([estimate(a, b, seed) for seed in range(401)]) for estimate in (ours, theirs))
    both = np.sqrt((first.var() + second.var()) / 401)
    assert abs(first.mean() - second.mean()) < 4 * both
    assert first.var() / second.var() == pytest.approx(1, abs=4 * np.sqrt(4 / 401))


def test_with_the_orders_of_datasketch_the_signature_is_its_signature():
    """Ours a x + b with a odd, modulo 2**32, is theirs: given their hash and their orders nothing differs."""
    from datasketch.minhash import _fmix

    a, _, _ = pair_of_sets(307, 0.5)
    theirs = datasketch.MinHash(53, seed=3, hashfunc=lambda key: key)
    theirs.update_batch((a >> np.uint64(32)).tolist())
    minhash = MinHash(53)
    minhash.a, minhash.b = theirs.permutations
    hashed = _fmix((a >> np.uint64(32)).astype(np.uint32), 32).astype(np.uint64) << np.uint64(32)
    assert minhash.signature(hashed).tolist() == theirs.hashvalues.tolist()


def test_a_text_longer_than_a_block_has_the_signature_of_its_parts():
    keys = mix(np.arange(3_011, dtype=np.uint64))
    minhash = MinHash(K)
    parts = [minhash.signature(part) for part in np.array_split(keys, 7)]
    naive = [
        min((a * (x >> 32) + b) % 2**32 for x in keys.tolist())
        for a, b in zip(minhash.a.tolist(), minhash.b.tolist(), strict=True)
    ]
    assert minhash.signature(keys).tolist() == np.minimum.reduce(parts).tolist() == naive


def test_order_and_repetition_of_shingles_change_nothing():
    keys = mix(np.arange(11, dtype=np.uint64))
    minhash = MinHash(K)
    assert (minhash.signature(np.r_[keys, keys][::-1]) == minhash.signature(keys)).all()


def test_texts(make_text, edit):
    import random

    rng = random.Random(5)
    text = make_text(rng, 503)
    for share in (0, 0.01, 0.1):
        other = edit(rng, text, share)
        minhash = MinHash(1_024, seed=2)
        true = jaccard(shingles(text), shingles(other))
        estimate = similarity(minhash.of(text), minhash.of(other))
        assert estimate == pytest.approx(true, abs=4 * standard_error(true, 1_024) + 1e-12)


def test_no_shingles():
    minhash = MinHash(5)
    assert minhash.of("...").tolist() == [EMPTY] * 5
    assert similarity(minhash.of(""), minhash.of("?")) == 1
    assert minhash.table([]).shape == (0, 5)
    assert minhash.table(["a", "b", "c"]).shape == (3, 5)


def test_every_order_is_a_permutation():
    """a x + b modulo 2**32 takes no two numbers to one place if a is odd; with an even a half of all places are lost."""
    minhash = MinHash(1_009, seed=4)
    assert (minhash.a % 2 == 1).all()
    assert minhash.a.dtype == minhash.b.dtype == np.uint32


def test_the_seed_decides():
    assert (MinHash(7, seed=1).of("a b") == MinHash(7, seed=1).of("a b")).all()
    assert (MinHash(7, seed=1).of("a b") != MinHash(7, seed=2).of("a b")).all()


def test_errors():
    with pytest.raises(ValueError, match="n_hashes must be at least 1; got 0"):
        MinHash(0)
    with pytest.raises(ValueError, match="seed must be at least 0; got -1"):
        MinHash(3, seed=-1)
    with pytest.raises(ValueError, match=r"got \(3,\) and \(5,\)"):
        similarity(MinHash(3).of("a"), MinHash(5).of("a"))
