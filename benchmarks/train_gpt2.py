"""Training a small GPT-2 beside transformers: tokens a second and peak memory, float32 and bf16.

    python benchmarks/train_gpt2.py [--repeat 9] [--threads 2] [--check]

GPT-2's architecture: 4 layers, width 128, 4 heads, context 128, vocabulary 1,024, batches of 32 rows, the same random
weights and batches in both. `llm101.train.fit` as it is beside the plain loop that one writes around
`GPT2LMHeadModel` with sdpa: both with torch.optim.AdamW (fused), gradients clipped at 1, cross-entropy of torch, no
dropout, and the loss read in every step. A turn is 4 steps; wall time; the contestants take turns in one process, so that
a busy machine slows all of them, and ratios are taken turn by turn. Memory: a process each; the peak over 4 steps, above
what it held with model and optimizer.

bf16 (`FitConfig(precision="bf16")`, autocast) is run where the processor has instructions for it (avx512_bf16 or
amx_bf16), and compared with transformers in float32. The first losses of all must agree.

`--check` exits with 1 if a target is missed or the losses differ.
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import transformers
from _race import options, peak_of, peaks, ratio, turns, verdict, where
from torch import Tensor
from torch.nn import functional as F

from llm101.models.names import from_transformers
from llm101.train import FitConfig, State, TokenLoss, Tokens, fit

V, CONTEXT, ROWS, LR = 1024, 128, 32, 1e-3
A_TURN = 4  # steps
FP32, BF16, MEMORY = 1.0, 1.3, 1.0
TOLERANCE = {"fp32": 1e-4, "bf16": 0.02}  # of the first losses

Act = Callable[[], list[float]]


def peer() -> transformers.GPT2LMHeadModel:
    """The same weights at each call."""
    config = transformers.GPT2Config(
        vocab_size=V, n_positions=CONTEXT, n_embd=128, n_layer=4, n_head=4, bos_token_id=None, eos_token_id=None, attn_implementation="sdpa",
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip
    torch.manual_seed(0)
    return transformers.GPT2LMHeadModel(config).train()


def batch_at(step: int) -> list[Tokens]:
    """Rows of a counting text with noise, so that there is something to learn."""
    source = torch.Generator().manual_seed(step)
    rows = torch.randint(V, (ROWS, 1), generator=source) + torch.arange(CONTEXT + 1)
    rows = (rows + (torch.rand(rows.shape, generator=source) < 0.1) * 7) % V
    return [Tokens(rows[:, :-1], rows[:, 1:])]


def optimizer_of(model: torch.nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=LR, fused=True)


def ours(precision: str) -> Act:
    """Four steps at each call, through `fit`; the losses."""
    model = from_transformers(peer())
    optimizer, state, losses = optimizer_of(model), State(), []

    def turn() -> list[float]:
        config = FitConfig(steps=state.step + A_TURN, precision=precision, max_norm=1.0)
        fit(model, optimizer, batch_at, TokenLoss(), config, state, lambda step: losses.append(step.loss))
        return losses

    return turn


def theirs() -> Act:
    """Four steps at each call, through a plain loop; the losses."""
    model = peer()
    optimizer, losses = optimizer_of(model), []

    def turn() -> list[float]:
        for _ in range(A_TURN):
            ids, targets = batch_at(len(losses))[0]
            optimizer.zero_grad()
            logits: Tensor = model(ids, use_cache=False).logits
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        return losses

    return turn


CONTESTANTS: dict[str, Callable[[], Act]] = {
    "llm101, fp32": lambda: ours("fp32"), "llm101, bf16": lambda: ours("bf16"), "transformers, fp32": theirs,
}  # fmt: skip


def has_bf16() -> bool:
    """Whether the processor multiplies in bf16: without such instructions it is emulated, and slow."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return any(name in flags for name in ("avx512_bf16", "amx_bf16", " bf16"))  # x86; the last is Arm's


def same_losses(acts: dict[str, Act]) -> bool:
    """Whether the first losses of all agree."""
    first = {name: act()[:A_TURN] for name, act in acts.items()}
    reference, fine = first["transformers, fp32"], True
    for name, losses in first.items():
        gap = max(abs(a - b) for a, b in zip(losses, reference, strict=True))
        fine = fine and gap <= TOLERANCE[name[-4:]]
        print(f"{name:20} first losses {', '.join(f'{loss:.4f}' for loss in losses)}; largest difference {gap:.1e}")
    return fine


def peak(name: str) -> float:
    """MB of a contestant above what it holds with model and optimizer."""
    return peak_of(CONTESTANTS[name]())


def main() -> int:
    said = options(__doc__, repeat=9)
    if said.peak:
        print(json.dumps(peak(said.peak)))
        return 0
    print(where(said.threads))
    names = [name for name in CONTESTANTS if has_bf16() or "bf16" not in name]
    if not has_bf16():
        print(f"bf16 is skipped: this processor ({platform.machine()}) has no avx512_bf16 or amx_bf16")
    acts = {name: CONTESTANTS[name]() for name in names}
    same = same_losses(acts)
    seconds = turns(acts, said.repeat)
    ratios = {name: ratio(seconds["transformers, fp32"], seconds[name]) for name in names}
    print(f"\n{'':20}{'tokens a second':>17}{'times transformers':>26}")
    for name in names:
        print(f"{name:20}{A_TURN * ROWS * CONTEXT / median(seconds[name]):17,.0f}{ratios[name]!s:>26}")
    memory = peaks(__file__, names, said.threads, 3)
    print(f"\npeak memory of {A_TURN} steps, MB: " + ", ".join(f"{k} {v:.0f}" for k, v in memory.items()))
    targets = [("fp32, times transformers' speed", ratios["llm101, fp32"].middle, ">=", FP32)]
    if has_bf16():
        targets.append(("bf16, times transformers' speed in fp32", ratios["llm101, bf16"].middle, ">=", BF16))
    share = memory["llm101, fp32"] / memory["transformers, fp32"]
    targets.append(("peak memory in fp32, share of transformers'", share, "<=", MEMORY))
    fine = verdict(targets)
    return int(said.check and not (fine and same))


if __name__ == "__main__":
    sys.exit(main())
