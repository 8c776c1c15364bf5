"""Cleaning and deduplication of a stream: its memory, its speed and what it finds, MinHash beside `datasketch`.

    python benchmarks/dedup.py [--repeat 3] [--check]

Part 1, memory: pages of llm101.corpora.webpages, made while they are read, through C4's rules, Gopher's rules, language
identification, the quality classifier, the n-gram model, the scrubber of personal data, exact deduplication (a Bloom
filter) and MinHash with LSH (on disk), for streams of 10, 50 and 100 MB. Part 2, speed and recall: MinHash with LSH alone on one list of pages, raw
as they are, 128 hashes, 16 bands of 8, runs of five words, one thread; `datasketch` with its own SHA-1 of each run of
words, and once more with llm101's numbers for them, which spares it the hashing. All make signatures, look up
candidates, compare the signatures of each and count the first document of each cluster. Every measurement is a process
of its own; the contestants take turns, so that a busy machine slows them all. Times are CPU seconds.
`--check` exits with 1 if a target is missed.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SIZES_MB = (10, 50, 100)
RACE_MB = 20
N_HASHES, BANDS, ROWS, THRESHOLD, WORDS = 128, 16, 8, 0.7, 5
SEED = 1
BINS = ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0), (1.0, 1.1))  # of the true similarity
TARGETS = {"memory of 100 MB above 10 MB, MB": 5.0, "time, share of datasketch": 1.0, "recall below datasketch": 0.02}


def stream(megabytes: float) -> Iterator[Any]:
    """Pages of so many bytes of text together."""
    from llm101.corpora.webpages import page

    number, missing = 0, int(megabytes * 1_000_000)
    while missing > 0:
        found = page(number, seed=SEED)
        missing -= len(found.text.encode())
        number += 1
        yield found


def peak() -> float:
    """Peak memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def stages() -> dict[str, Callable]:
    """Every rule and model of llm101.data.clean; the models learn from pages of another seed."""
    from llm101.corpora.webpages import pages
    from llm101.data.clean import c4, gopher, language, perplexity, pii, quality
    from llm101.data.clean.pipeline import rewriting

    learnt = list(pages(700, seed=SEED + 1))
    good = [page.clean for page in learnt if page.kind == "article"]
    texts = {name: [page.text for page in learnt if page.language == name] for name in ("en", "de", "fr", "es", "zh")}
    classifier = quality.QualityClassifier.train(good, [page.text for page in learnt])
    return {
        "C4": c4.c4(),
        "Gopher": gopher.gopher(),
        "English": language.only(language.LanguageID.train(texts), "en"),
        "quality": quality.above(classifier, 0.2),
        "perplexity": perplexity.unsurprising(perplexity.NGramModel.train(good), at_most=100),
        "personal data": rewriting(pii.scrub),
    }


def pipeline(megabytes: float) -> dict:
    """Part 1, in this process."""
    from llm101.data.clean.pipeline import clean
    from llm101.data.dedup.exact import drop_repeats
    from llm101.data.dedup.minhash import MinHash
    from llm101.data.dedup.near import drop_near_duplicates
    from llm101.data.dedup.seen import Bloom

    counts = {"read": 0, "clean": 0, "exact": 0, "near": 0}

    def counted(items: Iterator, name: str) -> Iterator:
        for item in items:
            counts[name] += 1
            yield item

    rules = stages()
    start = time.process_time()
    pages = counted(clean(counted(stream(megabytes), "read"), rules), "clean")
    distinct = counted(drop_repeats(pages, seen=Bloom(1_000_000), document=lambda page: page.text), "exact")
    settings = {"minhash": MinHash(N_HASHES), "bands": BANDS, "rows": ROWS, "threshold": THRESHOLD, "n": WORDS}
    kept = counted(drop_near_duplicates(distinct, document=lambda page: page.text, **settings), "near")
    for _ in kept:
        pass
    return {"seconds": time.process_time() - start, "megabytes": peak(), **counts}


def making(megabytes: float) -> dict:
    """What the pages themselves take."""
    start = time.process_time()
    n = sum(1 for _ in stream(megabytes))
    return {"seconds": time.process_time() - start, "megabytes": peak(), "read": n}


def llm101_in_memory(texts: list[str]) -> list[int]:
    from llm101.data.dedup.lsh import clusters
    from llm101.data.dedup.minhash import MinHash

    return clusters(MinHash(N_HASHES).table(texts, WORDS), BANDS, ROWS, threshold=THRESHOLD).tolist()


def llm101_on_disk(texts: list[str]) -> list[int]:
    from llm101.data.dedup.minhash import MinHash
    from llm101.data.dedup.near import NearDuplicates

    with tempfile.TemporaryDirectory() as folder:
        near = NearDuplicates(folder, MinHash(N_HASHES), bands=BANDS, rows=ROWS, threshold=THRESHOLD, n=WORDS)
        near.add(texts)
        return near.roots().tolist()


def datasketch_default(texts: list[str]) -> list[int]:
    """As its documentation does it: the SHA-1 of each shingle."""
    from llm101.data.dedup.shingles import words

    def shingles(text: str) -> set[bytes]:
        found = words(text)
        last = max(len(found) - WORDS, 0)
        return {" ".join(found[i : i + WORDS]).encode() for i in range(last + 1)} if found else set()

    return datasketch_clusters(map(shingles, texts), None)


def datasketch_our_shingles(texts: list[str]) -> list[int]:
    from llm101.data.dedup.shingles import shingle_hashes

    hashes = ((shingle_hashes(text, WORDS) >> 32).tolist() for text in texts)
    return datasketch_clusters(hashes, int)


def datasketch_clusters(shingles: Iterator, hashfunc: Callable | None) -> list[int]:
    """Each document joins the first earlier ones that are like it."""
    from datasketch import MinHash, MinHashLSH

    from llm101.data.dedup.clusters import Forest

    index = MinHashLSH(num_perm=N_HASHES, params=(BANDS, ROWS))
    empty = MinHash(N_HASHES, hashfunc=hashfunc)
    made: list[MinHash] = []
    joined: list[tuple[int, int]] = []
    for number, found in enumerate(shingles):
        minhash = empty.copy()
        minhash.update_batch(found)
        joined += [(number, other) for other in index.query(minhash) if minhash.jaccard(made[other]) >= THRESHOLD]
        index.insert(number, minhash, check_duplication=False)
        made.append(minhash)
    forest = Forest(len(made))
    for pair in joined:
        forest.union(*pair)
    return forest.roots().tolist()


CONTESTANTS = (llm101_in_memory, llm101_on_disk, datasketch_default, datasketch_our_shingles)
STEPS = {step.__name__: step for step in (pipeline, making, *CONTESTANTS)}


def compete(step: Callable, megabytes: float) -> dict:
    """One contestant in this process, with what it found."""
    pages = list(stream(megabytes))
    texts = [page.text for page in pages]
    before = peak()
    start = time.process_time()
    roots = step(texts)
    seconds = time.process_time() - start
    return {"seconds": seconds, "megabytes": peak() - before, "read": len(texts), **findings(pages, roots)}


def findings(pages: list, roots: list[int]) -> dict:
    """Recall on the planted copies by their true similarity, and the pages joined to something they are not from."""
    from llm101.data.dedup.shingles import jaccard, shingles

    similar: dict[str, list[int]] = {f"{low:.1f}": [] for low, _ in BINS}
    expected: dict[str, list[float]] = {f"{low:.1f}": [] for low, _ in BINS}
    others = {"joined": 0, "truly alike": 0}
    for page in pages:
        original = pages[page.source]
        if page.source != page.number:
            true = jaccard(shingles(page.text, WORDS), shingles(original.text, WORDS))
            for low, high in BINS:
                if low <= true < high:
                    similar[f"{low:.1f}"].append(int(roots[page.number] == roots[original.number]))
                    expected[f"{low:.1f}"].append(1 - (1 - true**ROWS) ** BANDS)
        elif roots[page.number] != page.number:  # original, and yet somebody's copy?
            first = pages[roots[page.number]]
            others["joined"] += 1
            others["truly alike"] += jaccard(shingles(page.text, WORDS), shingles(first.text, WORDS)) >= THRESHOLD
    return {"found": similar, "expected": expected, "others": others, "kept": len(set(roots))}


def measure(name: str, megabytes: float) -> dict:
    """A step in a process of its own."""
    command = [sys.executable, __file__, "--step", name, "--megabytes", str(megabytes)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **ONE_THREAD})
    return json.loads(done.stdout)


def report_memory() -> float:
    """Part 1; how much more memory the longest stream takes than the shortest, MB."""
    print(
        f"\n{'stream':>8}{'pages':>9}{'clean':>8}{'distinct':>10}{'kept':>8}{'CPU s':>8}{'of which making':>17}{'peak, MB':>10}"
    )
    peaks = []
    for size in SIZES_MB:
        made, run = measure("making", size), measure("pipeline", size)
        peaks.append(run["megabytes"])
        counts = f"{run['read']:9,}{run['clean']:8,}{run['exact']:10,}{run['near']:8,}"
        print(f"{size:5} MB{counts}{run['seconds']:8.1f}{made['seconds']:17.1f}{run['megabytes']:10.1f}")
    return peaks[-1] - peaks[0]


def report_race(repeat: int) -> dict[str, list[dict]]:
    """Part 2: each contestant once, then all again."""
    runs: dict[str, list[dict]] = {step.__name__: [] for step in CONTESTANTS}
    for _ in range(repeat):
        for name, found in runs.items():
            found.append(measure(name, RACE_MB))
    n = runs["llm101_in_memory"][0]["read"]
    print(
        f"\n{n:,} pages, {RACE_MB} MB\n{'':26}{'least, s':>9}{'median, s':>11}{'pages/s':>9}{'memory, MB':>12}{'kept':>8}{'others joined':>15}"
    )
    for name, found in runs.items():
        times = [run["seconds"] for run in found]
        memory, others = max(run["megabytes"] for run in found), found[0]["others"]
        print(f"{name:26}{min(times):9.2f}{median(times):11.2f}{n / median(times):9,.0f}{memory:12.0f}{found[0]['kept']:8,}"
              f"{others['joined']:8} ({others['truly alike']})")  # fmt: skip
    return runs


def recall(run: dict, least: float) -> float:
    """Share of the planted copies of at least this similarity that were found."""
    found = [hit for low, hits in run["found"].items() if float(low) >= least for hit in hits]
    return sum(found) / len(found)


def report_recall(runs: dict[str, list[dict]]) -> None:
    """By true similarity: how many were planted, what each found, what the S-curve says of a comparison without error."""
    first = runs["llm101_in_memory"][0]
    shown = ("llm101_in_memory", "datasketch_default")
    print(
        f"\n{'true Jaccard':14}{'planted':>9}"
        + "".join(f"{name:>20}" for name in shown)
        + f"{'candidates by S-curve':>23}"
    )
    for low, high in BINS:
        key = f"{low:.1f}"
        n = len(first["found"][key])
        label = f"{low:.1f} to {high:.1f}" if low < 1 else "1"
        shares = "".join(f"{sum(runs[name][0]['found'][key]) / n:20.3f}" for name in shown)
        print(f"{label:14}{n:9,}{shares}{sum(first['expected'][key]) / n:23.3f}")


def compare(repeat: int) -> dict[str, float]:
    """Run and print everything; what the targets are about, by name."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    growth = report_memory()
    runs = report_race(repeat)
    report_recall(runs)
    times = {name: median(run["seconds"] for run in found) for name, found in runs.items()}
    best = min(seconds for name, seconds in times.items() if name.startswith("datasketch"))
    return {
        "memory of 100 MB above 10 MB, MB": growth,
        "time, share of datasketch": times["llm101_on_disk"] / best,
        "recall below datasketch": recall(runs["datasketch_default"][0], 0.8) - recall(runs["llm101_on_disk"][0], 0.8),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="repetitions, taken in turns (default 3)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--megabytes", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step = STEPS[options.step]
        done = compete(step, options.megabytes) if step in CONTESTANTS else step(options.megabytes)
        print(json.dumps(done))
        return 0
    reached = compare(options.repeat)
    print("\nTargets (time of llm101 on disk, beside datasketch at its fastest; recall at true Jaccard 0.8 and more)")
    for name, target in TARGETS.items():
        print(f"{name:36}{reached[name]:9.3f}   at most {target:g}: {'yes' if reached[name] <= target else 'NO'}")
    return int(options.check and any(reached[name] > target for name, target in TARGETS.items()))


if __name__ == "__main__":
    sys.exit(main())
