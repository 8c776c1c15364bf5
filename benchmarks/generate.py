"""Greedy generation beside transformers: speed, cost of a token against its place in the text, and memory.

    python benchmarks/generate.py [--repeat 15] [--threads 2] [--check]

GPT-2's architecture: 4 layers, width 128, 4 heads, vocabulary 1,024, the same random weights in both, float32.

Speed: 200 tokens behind a prompt of 16, one row, `llm101.generate.generate(temperature=0)` beside
`GPT2LMHeadModel.generate(do_sample=False)` with sdpa, each with its cache. Wall time; the two take turns in one process,
so that a busy machine slows both, and the ratio is taken turn by turn. Both must write the same tokens.

Place: median time of a token in each quarter of these 200, and, with a context of 1,024, in each tenth of 1,000; beside
it, what a token costs without a cache. Memory: 32 rows of 500 tokens, a process each; its peak above what it held with
the model, after a short text as warm-up.

`--check` exits with 1 if a target is missed or the tokens differ.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from statistics import median

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import transformers
from _race import options, peak_of, peaks, ratio, turns, verdict, where
from torch import Tensor

from llm101.generate import extend, generate, greedy
from llm101.models.names import from_transformers

SIZES = {"vocab_size": 1024, "n_embd": 128, "n_layer": 4, "n_head": 4}
PROMPT, NEW, CONTEXT = 16, 200, 256
LONG, LONG_CONTEXT = 1000, 1024
ROWS, EACH = 32, 500  # for memory
AT_LEAST, FLAT, MEMORY = 2.0, 1.25, 1.0


class Clock(transformers.LogitsProcessor):
    """Looks at the time whenever a token is about to be chosen."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        self.times.append(time.perf_counter())
        return scores


def made(context: int) -> tuple[transformers.GPT2LMHeadModel, torch.nn.Module]:
    """Theirs, and ours with the same weights."""
    config = transformers.GPT2Config(
        **SIZES, n_positions=context, attn_implementation="sdpa", bos_token_id=0, eos_token_id=0, pad_token_id=0
    )
    torch.manual_seed(0)
    theirs = transformers.GPT2LMHeadModel(config).eval()
    return theirs, from_transformers(theirs)


def prompt(rows: int = 1) -> Tensor:
    return torch.randint(SIZES["vocab_size"], (rows, PROMPT), generator=torch.Generator().manual_seed(1))


def acts(context: int) -> dict[str, Callable]:
    """(ids, new tokens, clock or None) -> ids, for each contestant."""
    theirs, ours = made(context)

    def llm101(ids: Tensor, n: int, clock: Clock | None = None) -> Tensor:
        if clock is None:
            return generate(ours, ids, n, temperature=0)
        return extend(ours, ids, n, lambda logits, ids: greedy(clock(ids, logits), ids))

    def peer(ids: Tensor, n: int, clock: Clock | None = None) -> Tensor:
        watched = transformers.LogitsProcessorList([clock] if clock else [])
        return theirs.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, do_sample=False, eos_token_id=None,
            logits_processor=watched,
        )  # fmt: skip

    return {"llm101": llm101, "transformers": peer}


def speed(repeat: int) -> tuple[float, bool]:
    """Print tokens a second and the ratio; return the ratio and whether both wrote the same."""
    both, ids = acts(CONTEXT), prompt()
    texts = [act(ids, NEW) for act in both.values()]
    seconds = turns({name: lambda act=act: act(ids, NEW) for name, act in both.items()}, repeat)
    print(f"\n{NEW} tokens, one row, {repeat} turns\n{'':14}{'least, s':>10}{'median, s':>11}{'tokens a second':>17}")
    for name, each in seconds.items():
        print(f"{name:14}{min(each):10.3f}{median(each):11.3f}{NEW / median(each):17.0f}")
    found, same = ratio(seconds["transformers"], seconds["llm101"]), torch.equal(*texts)
    print(f"times as fast: {found} by quartiles; the same tokens: {'yes' if same else 'NO'}")
    return found.middle, same


def places(context: int, n: int, parts: int, repeat: int) -> dict[str, list[float]]:
    """Median seconds of a token in each part of a text of n new tokens."""
    both, ids, each = acts(context), prompt(), n // parts
    gaps: dict[str, list[list[float]]] = {name: [[] for _ in range(parts)] for name in both}
    for turn in range(repeat + 1):  # the first one warms up
        for name, act in both.items():
            clock = Clock()
            act(ids, n, clock)
            for i, (before, after) in enumerate(zip(clock.times, clock.times[1:], strict=False)):
                if turn:
                    gaps[name][i // each].append(after - before)
    return {name: [median(part) for part in found] for name, found in gaps.items()}


def uncached(ours: torch.nn.Module, n: int) -> float:
    """Median seconds of the n-th token without a cache."""
    ids, seconds = torch.zeros(1, n, dtype=torch.int64), []
    with torch.inference_mode():
        for _ in range(5):
            start = time.perf_counter()
            ours(ids)[:, -1].argmax(-1)
            seconds.append(time.perf_counter() - start)
    return median(seconds)


def by_place(repeat: int) -> float:
    """Print microseconds a token against its place; return the last quarter as a multiple of the first, ours."""
    _, model = made(LONG_CONTEXT)
    for context, n, parts, times in ((CONTEXT, NEW, 4, repeat), (LONG_CONTEXT, LONG, 10, max(1, repeat // 5))):
        found, each = places(context, n, parts, times), n // parts
        print(
            f"\nmicroseconds a token, context {context}\n{'tokens':14}{'llm101':>10}{'transformers':>14}{'no cache':>12}"
        )
        for i in range(parts):
            ours, theirs = (found[name][i] * 1e6 for name in ("llm101", "transformers"))
            naive = uncached(model, PROMPT + each * i + each // 2) * 1e6
            print(f"{f'{each * i + 1} to {each * (i + 1)}':14}{ours:10.0f}{theirs:14.0f}{naive:12.0f}")
        if context == CONTEXT:
            flat = found["llm101"][-1] / found["llm101"][0]
    return flat


def peak(name: str) -> float:
    """MB of a contestant above what it holds with the model."""
    act, ids = acts(LONG_CONTEXT)[name], prompt(ROWS)
    act(ids, 3)
    return peak_of(lambda: act(ids, EACH))


def main() -> int:
    said = options(__doc__, repeat=15)
    if said.peak:
        print(json.dumps(peak(said.peak)))
        return 0
    print(where(said.threads))
    faster, same = speed(said.repeat)
    flat = by_place(said.repeat)
    memory = peaks(__file__, ["llm101", "transformers"], said.threads, 3)
    print(f"\npeak memory of {ROWS} rows of {EACH} tokens, MB: " + ", ".join(f"{k} {v:.0f}" for k, v in memory.items()))
    fine = verdict([
        ("speed, times that of transformers", faster, ">=", AT_LEAST),
        ("a token of the last quarter, times one of the first", flat, "<=", FLAT),
        ("peak memory, share of transformers'", memory["llm101"] / memory["transformers"], "<=", MEMORY),
    ])  # fmt: skip
    return int(said.check and not (fine and same))


if __name__ == "__main__":
    sys.exit(main())
