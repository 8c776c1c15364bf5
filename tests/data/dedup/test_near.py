"""The stream on disk gives what the table in memory gives, in memory that does not grow."""

import subprocess
import sys

import pytest

from llm101.data.dedup import lsh
from llm101.data.dedup.minhash import MinHash
from llm101.data.dedup.near import BATCH, NearDuplicates, drop_near_duplicates

SETTINGS = {"bands": 16, "rows": 4}


@pytest.mark.parametrize("threshold", [None, 0.7])
def test_on_disk_as_in_memory(corpus, tmp_path, threshold):
    texts = corpus * 2 + corpus[:97]  # two batches
    assert len(texts) > BATCH
    minhash = MinHash(67, seed=5)
    near = NearDuplicates(tmp_path, minhash, **SETTINGS, threshold=threshold)
    near.add(texts[:11])
    near.add(iter(texts[11:]))
    expected = lsh.clusters(minhash.table(texts), **SETTINGS, threshold=threshold)
    assert near.roots().tolist() == expected.tolist()
    assert near.roots().tolist() == expected.tolist()  # it can go on
    assert 200 < len(set(expected.tolist())) < 300


def test_the_first_of_each_cluster_comes_through_in_order(corpus):
    minhash = MinHash(64)
    kept = list(drop_near_duplicates(iter(corpus), minhash=minhash, **SETTINGS, threshold=0.6))
    roots = lsh.clusters(minhash.table(corpus), **SETTINGS, threshold=0.6)
    assert kept == [text for n, text in enumerate(corpus) if roots[n] == n]


def test_items_can_be_anything():
    pages = [("A", "to be or not to be"), ("B", "\ud83d all the world"), ("C", "to be or not to be")]
    found = drop_near_duplicates(pages, minhash=MinHash(16), bands=4, rows=4, document=lambda page: page[1])
    assert list(found) == pages[:2]
    assert list(drop_near_duplicates([], minhash=MinHash(16), bands=4, rows=4)) == []


def test_bands_that_do_not_fit_are_refused_before_the_stream_is_read(tmp_path):
    with pytest.raises(ValueError, match="5 bands of 4 rows need signatures of 20 numbers; got 16"):
        NearDuplicates(tmp_path, MinHash(16), bands=5, rows=4)


def test_errors(tmp_path):
    settings = {"bands": 4, "rows": 4}
    with pytest.raises(ValueError, match=r"threshold must be a finite number in \[0, 1\]; got 70"):
        NearDuplicates(tmp_path, MinHash(16), **settings, threshold=70)
    with pytest.raises(ValueError, match="n must be at least 1; got 0"):
        NearDuplicates(tmp_path, MinHash(16), **settings, n=0)
    NearDuplicates(tmp_path, MinHash(16), **settings)
    with pytest.raises(ValueError, match=r"expected an empty folder; .* holds an index"):
        NearDuplicates(tmp_path, MinHash(16), **settings)


MEMORY = """
import random, resource, sys, tempfile
from llm101.data.dedup.minhash import MinHash
from llm101.data.dedup.near import NearDuplicates, drop_near_duplicates
def texts(n):
    rng = random.Random(0)
    vocabulary = [f"word{i}" for i in range(10_000)]
    for _ in range(n):
        yield " ".join(rng.choices(vocabulary, k=150))
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
settings = dict(minhash=MinHash(64), bands=8, rows=8)
few = sum(1 for _ in drop_near_duplicates(texts(1_500), **settings))
before = peak()
many = sum(1 for _ in drop_near_duplicates(texts(12_000), **settings))
print(few, many, before, peak())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is POSIX only")
def test_eight_times_the_stream_takes_no_more_memory():
    """14 MB of text, 3 MB of signatures, 1.5 MB of keys; what may grow is 120 KB and the heap's own holes."""
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    few, many, before, after = map(float, done.stdout.split())
    assert (few, many) == (1_500, 12_000)
    assert after - before < 3.0, f"{before} MB, then {after} MB"
