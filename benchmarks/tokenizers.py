"""Speed and memory of llm101's BPE beside `tokenizers` (Rust) and tiktoken (Rust), in one run, one thread each.

    python benchmarks/tokenizers.py [--repeat 5] [--check]

Text: the sources of the standard library, 4.7 MB, the same list of documents for everybody; 8,192 tokens, GPT-2's
pattern. The contestants take turns, so that a busy machine slows them all; times are CPU seconds of the process (with
one thread that is the time on an idle machine), the least and the median of the repetitions. Every encoder starts
with an empty cache. `--check` exits with 1 if a target is missed. The plot goes to benchmarks/tokenizers_scaling.png.
"""

import argparse
import os
import resource
import string
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ |= {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
HERE = Path(__file__).resolve().parent
sys.path = [folder for folder in sys.path if Path(folder or ".").resolve() != HERE]  # this file is named like a library

import regex  # noqa: E402
import tokenizers  # noqa: E402
from tokenizers import models, pre_tokenizers, trainers  # noqa: E402

from llm101.corpora import pydocs  # noqa: E402
from llm101.tokenizers import BPE  # noqa: E402

TEXT_BYTES = 4_700_000
VOCAB_SIZE = 8_192
SIZES_MB = (1, 5, 25)
ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase)
TARGETS = {"training time": 1.0, "encoding time": 0.5, "training memory, MB": 400, "encoders with other ids": 0}


def train_ours(texts: list[str]) -> BPE:
    return BPE.train(texts, VOCAB_SIZE)


def train_theirs(texts: list[str]) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCAB_SIZE, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


TRAINERS = {"llm101": train_ours, "tokenizers": train_theirs}


def encoders(bpe: BPE) -> dict[str, Callable[[list[str]], list[list[int]]]]:
    """Name -> a function from texts to ids, each with an empty cache."""
    ours = BPE.from_merges(bpe.merges)
    one, batch, fast = (tokenizers.Tokenizer.from_str(bpe.to_tokenizers().to_str()) for _ in range(3))
    tiktoken = bpe.to_tiktoken()
    return {
        "llm101": lambda texts: [ours.encode(text) for text in texts],
        "tokenizers encode": lambda texts: [one.encode(text).ids for text in texts],
        "tokenizers encode_batch": lambda texts: [found.ids for found in batch.encode_batch(texts)],
        "tokenizers encode_batch_fast": lambda texts: [found.ids for found in fast.encode_batch_fast(texts)],
        "tiktoken": lambda texts: [tiktoken.encode_ordinary(text) for text in texts],
    }


def cpu_seconds(function: Callable, argument) -> tuple[float, object]:
    start = time.process_time()
    result = function(argument)
    return time.process_time() - start, result


def race(make: Callable[[], dict[str, Callable]], texts: list[str], repeat: int) -> tuple[dict[str, list[float]], dict]:
    """Each contestant once, then all again, `repeat` times: (name -> seconds, name -> last result)."""
    times: dict[str, list[float]] = {}
    results = {}
    for _ in range(repeat):
        for name, function in make().items():
            seconds, results[name] = cpu_seconds(function, texts)
            times.setdefault(name, []).append(seconds)
    return times, results


def report(title: str, times: dict[str, list[float]]) -> None:
    print(f"\n{title}\n{'':30}{'least, s':>10}{'median, s':>11}{'x llm101':>10}")
    ours = median(times["llm101"])
    for name, seconds in times.items():
        print(f"{name:30}{min(seconds):10.2f}{median(seconds):11.2f}{median(seconds) / ours:10.2f}")


def peak_megabytes(who: str) -> float:
    """The largest resident memory of a process that reads the text, trains and ends.

    To be asked before this process grows: on Linux a child starts with its parent's peak.
    """
    output = subprocess.run([sys.executable, __file__, "--memory", who], capture_output=True, text=True, check=True)
    return float(output.stdout)


def varied(megabytes: int) -> list[str]:
    """Text of that size: the sources, and copies of them in which words of seven letters or more are other words."""
    texts: list[str] = []
    missing = megabytes * 1_000_000
    for copy in range(26):
        table = str.maketrans("".join(ALPHABETS), "".join(letters[copy:] + letters[:copy] for letters in ALPHABETS))
        for text in pydocs.sources(missing):
            texts.append(regex.sub("[A-Za-z]{7,}", lambda word, table=table: word[0].translate(table), text))
            missing -= len(text.encode())
        if missing < 10_000:  # less than a file is left: `sources` cuts at a line
            break
    return texts


def scaling(repeat: int) -> dict[str, list[float]]:
    """Name -> least CPU seconds of training at each of SIZES_MB."""
    found: dict[str, list[float]] = {"llm101": [], "tokenizers": []}
    print(f"\nTraining time against size of the text\n{'':10}{'llm101, s':>12}{'tokenizers, s':>15}")
    for megabytes in SIZES_MB:
        times, _ = race(lambda: TRAINERS, varied(megabytes), repeat)
        for name, seconds in times.items():
            found[name].append(min(seconds))
        print(f"{megabytes:7} MB{found['llm101'][-1]:12.2f}{found['tokenizers'][-1]:15.2f}")
    return found


def plot(found: dict[str, list[float]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for (name, seconds), style in zip(found.items(), ("o-", "s--"), strict=True):
        axes.plot(SIZES_MB, seconds, style, label=f"{name} ({'Python' if name == 'llm101' else 'Rust'})")
    axes.set(xscale="log", yscale="log", xlabel="size of the text (MB)", ylabel="CPU time of training (s)")
    axes.set_xticks(SIZES_MB, [str(size) for size in SIZES_MB])
    axes.set_title(f"Learning {VOCAB_SIZE:,} tokens from Python sources, one thread")
    axes.grid(which="both", alpha=0.3)
    axes.legend()
    figure.savefig(HERE / "tokenizers_scaling.png", dpi=120, metadata={"Software": None})


def strange_texts(bpe: BPE) -> None:
    print("\nOne word of a megabyte (CPU s)")
    for name, text in {"a" * 3: "a" * 1_000_000, "===": "=" * 1_000_000, "spaces": " " * 1_000_000}.items():
        print(f"{name:30}{cpu_seconds(BPE.from_merges(bpe.merges).encode, text)[0]:10.2f}")


def compare(repeat: int) -> dict[str, float]:
    """Run and print everything; what the targets are about, by name."""
    memory = {who: peak_megabytes(who) for who in TRAINERS}
    texts = list(pydocs.sources(TEXT_BYTES))
    size = sum(len(text.encode()) for text in texts)
    print(f"{len(texts)} files, {size / 1e6:.2f} MB; {VOCAB_SIZE:,} tokens; tokenizers {tokenizers.__version__}")
    print("\nPeak memory of a process that trains (MB)")
    for who, megabytes in memory.items():
        print(f"{who:30}{megabytes:10.0f}")
    training, trained = race(lambda: TRAINERS, texts, repeat)
    report("Training", training)
    bpe = trained["llm101"]
    encoding, ids = race(lambda: encoders(bpe), texts, repeat)
    report("Encoding, text to ids, cold caches", encoding)
    n_tokens = sum(map(len, ids["llm101"]))
    differing = [name for name, found in ids.items() if found != ids["llm101"]]
    print(f"{n_tokens:,} tokens of {size / n_tokens:.2f} bytes; other ids: {', '.join(differing) or 'none'}")
    strange_texts(bpe)
    plot(scaling(min(3, repeat)))
    best = min(median(seconds) for name, seconds in encoding.items() if name.startswith("tokenizers"))
    return {
        "training time": median(training["llm101"]) / median(training["tokenizers"]),
        "encoding time": median(encoding["llm101"]) / best,
        "training memory, MB": memory["llm101"],
        "encoders with other ids": len(differing),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5, help="repetitions, taken in turns (default 5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--memory", choices=TRAINERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        TRAINERS[options.memory](list(pydocs.sources(TEXT_BYTES)))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6)
        return 0
    reached = compare(options.repeat)
    print("\nTargets (times as a share of the time of `tokenizers`, in its best way)")
    for name, target in TARGETS.items():
        print(f"{name:30}{reached[name]:10.2f}   at most {target:g}: {'yes' if reached[name] <= target else 'NO'}")
    return int(options.check and any(reached[name] > target for name, target in TARGETS.items()))


if __name__ == "__main__":
    sys.exit(main())
