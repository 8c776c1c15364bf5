"""Speed and memory of llm101's BPE beside `tokenizers` (Rust) and tiktoken (Rust), one thread each.

    python benchmarks/bpe.py [--repeat 5] [--check]

Text: the sources of the standard library, 4.7 MB, the same list of documents for everybody; 8,192 tokens, GPT-2's
pattern. Every measurement is a process of its own, so that all start with empty caches and a fresh heap; the
contestants take turns, so that a busy machine slows them all. Times are CPU seconds of the step alone (with one thread
that is the time on an idle machine): the least and the median of the repetitions. Memory is the peak of the process.
`--check` exits with 1 if a target is missed. The plot goes to benchmarks/bpe_scaling.png.
"""

import argparse
import hashlib
import json
import os
import resource
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
TEXT_MB = 4.7
VOCAB_SIZE = 8_192
SIZES_MB = (1, 5, 25)
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)  # s
ONE_THREAD = {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase)
TARGETS = {"training time": 1.0, "encoding time": 0.5, "training memory, MB": 400, "encoders with other ids": 0}

Step = Callable[[list[str]], Any]


class Run(NamedTuple):
    """One measurement: CPU seconds, peak memory in MB, number of tokens, and a hash of their ids."""

    seconds: float
    megabytes: float
    n_tokens: int
    ids: str


def save_llm101(model: Path) -> Step:
    """Not raced: makes the model that all encoders use."""
    from llm101.tokenizers import BPE

    return lambda texts: BPE.train(texts, VOCAB_SIZE).save(model)


def train_llm101(model: Path) -> Step:
    from llm101.tokenizers import BPE

    return lambda texts: BPE.train(texts, VOCAB_SIZE)


def train_tokenizers(model: Path) -> Step:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCAB_SIZE, initial_alphabet=alphabet, show_progress=False)
    return lambda texts: tokenizer.train_from_iterator(texts, trainer)


def encode_llm101(model: Path) -> Step:
    from llm101.tokenizers import BPE

    bpe = BPE.load(model)
    return lambda texts: [bpe.encode(text) for text in texts]


def encode_tokenizers(model: Path) -> Step:
    from llm101.tokenizers import BPE

    tokenizer = BPE.load(model).to_tokenizers()
    return lambda texts: [tokenizer.encode(text).ids for text in texts]


def encode_batch_tokenizers(model: Path) -> Step:
    from llm101.tokenizers import BPE

    tokenizer = BPE.load(model).to_tokenizers()
    return lambda texts: [found.ids for found in tokenizer.encode_batch(texts)]


def encode_batch_fast_tokenizers(model: Path) -> Step:
    from llm101.tokenizers import BPE

    tokenizer = BPE.load(model).to_tokenizers()
    return lambda texts: [found.ids for found in tokenizer.encode_batch_fast(texts)]


def encode_tiktoken(model: Path) -> Step:
    from llm101.tokenizers import BPE

    encoding = BPE.load(model).to_tiktoken()
    return lambda texts: [encoding.encode_ordinary(text) for text in texts]


TRAINERS = (train_llm101, train_tokenizers)
ENCODERS = (encode_llm101, encode_tokenizers, encode_batch_tokenizers, encode_batch_fast_tokenizers, encode_tiktoken)
STEPS = {step.__name__: step for step in (save_llm101, *TRAINERS, *ENCODERS)}


def varied(megabytes: float) -> list[str]:
    """Text of that size: the sources, and copies of them in which words of seven letters or more are other words."""
    import regex

    from llm101.corpora import pydocs

    texts: list[str] = []
    missing = int(megabytes * 1_000_000)
    for copy in range(26):
        table = str.maketrans("".join(ALPHABETS), "".join(letters[copy:] + letters[:copy] for letters in ALPHABETS))
        for text in pydocs.sources(missing):
            texts.append(regex.sub("[A-Za-z]{7,}", lambda word, table=table: word[0].translate(table), text))
            missing -= len(text.encode())
        if missing < 10_000:  # less than a file is left: `sources` cuts at a line
            break
    return texts


def measure_here(name: str, model: Path, text: str) -> Run:
    """Do one step in this process; `text` is a size in MB, or a character to be repeated a million times."""
    texts = [text * 1_000_000] if len(text) == 1 and not text.isdigit() else varied(float(text))
    step = STEPS[name](model)
    start = time.process_time()
    result = step(texts)
    seconds = time.process_time() - start
    ids = result if name.startswith("encode") else []
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return Run(seconds, peak, sum(map(len, ids)), hashlib.sha256(repr(ids).encode()).hexdigest())


def measure(name: str, model: Path, text: str | float = TEXT_MB) -> Run:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--step", name, "--model", str(model), "--text", str(text)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **ONE_THREAD})
    return Run(*json.loads(done.stdout))


def race(steps: Iterable[Callable], model: Path, repeat: int, text: float = TEXT_MB) -> dict[str, list[Run]]:
    """Each contestant once, then all again, `repeat` times."""
    runs: dict[str, list[Run]] = {step.__name__: [] for step in steps}
    for _ in range(repeat):
        for name, found in runs.items():
            found.append(measure(name, model, text))
    return runs


def seconds(runs: list[Run]) -> float:
    return median(run.seconds for run in runs)


def report(title: str, runs: dict[str, list[Run]]) -> None:
    ours = seconds(next(iter(runs.values())))
    print(f"\n{title}\n{'':32}{'least, s':>9}{'median, s':>11}{'x llm101':>10}{'peak, MB':>10}")
    for name, found in runs.items():
        least, most = min(run.seconds for run in found), max(run.megabytes for run in found)
        print(f"{name:32}{least:9.2f}{seconds(found):11.2f}{seconds(found) / ours:10.2f}{most:10.0f}")


def scaling(model: Path, repeat: int) -> None:
    """Training time at each of SIZES_MB, printed and plotted."""
    raced = {size: race(TRAINERS, model, repeat, size) for size in SIZES_MB}
    for size, runs in raced.items():
        report(f"Training on {size} MB", runs)
    plot({step.__name__: [seconds(runs[step.__name__]) for runs in raced.values()] for step in TRAINERS})


def plot(times: dict[str, list[float]]) -> None:
    """Name -> seconds at each of SIZES_MB, into a file beside this one."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for measured, style, label in zip(
        times.values(), ("o-", "s--"), ("llm101 (Python)", "tokenizers (Rust)"), strict=True
    ):
        axes.plot(SIZES_MB, measured, style, label=label)
    axes.set(xscale="log", yscale="log", xlabel="size of the text (MB)", ylabel="CPU time of training (s)")
    axes.set_xticks(SIZES_MB, [str(size) for size in SIZES_MB])
    axes.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.minorticks_off()
    axes.set_title(f"Learning {VOCAB_SIZE:,} tokens from Python sources, one thread")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(HERE / "bpe_scaling.png", dpi=120, metadata={"Software": None})


def compare(repeat: int, model: Path) -> dict[str, float]:
    """Run and print everything; what the targets are about, by name."""
    print(
        f"{TEXT_MB} MB of Python sources, {VOCAB_SIZE:,} tokens; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    training = race(TRAINERS, model, repeat)
    report("Training", training)
    measure("save_llm101", model)
    encoding = race(ENCODERS, model, repeat)
    report("Encoding, text to ids", encoding)
    ours = encoding["encode_llm101"][0]
    differing = [name for name, runs in encoding.items() if any(run.ids != ours.ids for run in runs)]
    print(
        f"{ours.n_tokens:,} tokens of {TEXT_MB * 1e6 / ours.n_tokens:.2f} bytes; other ids: {', '.join(differing) or 'none'}"
    )
    print("\nOne word of a million characters")
    for char in "a= ":
        print(f"{char!r:32}{measure('encode_llm101', model, char).seconds:9.2f} s")
    scaling(model, min(3, repeat))
    best = min(seconds(runs) for name, runs in encoding.items() if name.endswith("_tokenizers"))
    return {
        "training time": seconds(training["train_llm101"]) / seconds(training["train_tokenizers"]),
        "encoding time": seconds(encoding["encode_llm101"]) / best,
        "training memory, MB": max(run.megabytes for run in training["train_llm101"]),
        "encoders with other ids": len(differing),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5, help="repetitions, taken in turns (default 5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    for hidden in ("--step", "--model", "--text"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(measure_here(options.step, Path(options.model), options.text)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        reached = compare(options.repeat, Path(folder) / "bpe.json")
    print("\nTargets (times as a share of the time of `tokenizers`, in its best way)")
    for name, target in TARGETS.items():
        print(f"{name:32}{reached[name]:9.2f}   at most {target:g}: {'yes' if reached[name] <= target else 'NO'}")
    return int(options.check and any(reached[name] > target for name, target in TARGETS.items()))


if __name__ == "__main__":
    sys.exit(main())
