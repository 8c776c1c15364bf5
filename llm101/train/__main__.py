"""python -m llm101.train CONFIG.toml [--resume | --fresh] [section.key=value ...]

    python -m llm101.train laptop                                        a ready configuration of configs/, by its name
    torchrun --nproc-per-node 2 -m llm101.train my.toml compute.strategy=ddp

Exit status: 0 the last step is made; 2 the configuration or the folder is wrong, nothing was trained; 3 the loss or its
gradient was not finite; 75 a signal came, a checkpoint is written, the same line with --resume goes on; 130 Ctrl-C twice.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from llm101.train.checkpoint import TornError
from llm101.train.config import Config, read_config
from llm101.train.distributed import process_group
from llm101.train.guard import NotFiniteError
from llm101.train.run import choose, prepare, set_up
from llm101.train.stopping import Stopping

DONE, WRONG, NOT_FINITE, STOPPED, INTERRUPTED = 0, 2, 3, 75, 130
READY = Path(__file__).parent / "configs"


def main(words: Sequence[str] | None = None) -> int:
    """The command line; the exit status."""
    arguments = parser().parse_intermixed_args(words)  # changes may stand anywhere
    start = "resume" if arguments.resume else "fresh" if arguments.fresh else "new"
    try:
        config = read_config(find(arguments.config), arguments.changes)
    except ValueError as error:
        say(str(error))
        return WRONG
    try:
        with Stopping() as stopping:
            return train(config, start, stopping)
    except KeyboardInterrupt:
        say("stopped at once; the last checkpoint stays")
        return INTERRUPTED


def train(config: Config, start: str, stopping: Stopping) -> int:
    """Prepare and go."""
    try:
        set_up(config)
        with process_group(choose(config.compute.device)) as device:
            run = prepare(config, device, start, stopping, say)
            return go(run, config)
    except (ValueError, FileNotFoundError, TornError) as error:
        say(str(error))
        return WRONG


def go(run, config: Config) -> int:
    """Train, and say how it ended."""
    try:
        state = run.go()
    except NotFiniteError as error:
        say(str(error))
        return NOT_FINITE
    if state.step < config.run.steps:
        say(
            f"{state.stop}: stopped after step {state.step} of {config.run.steps} with a checkpoint; go on with --resume"
        )
        return STOPPED
    say(f"done: {state.step} steps, {state.n_targets:,} tokens; see {config.run.folder}")
    return DONE


def find(name: str) -> Path:
    """A file, or the ready configuration of that name."""
    path, ready = Path(name), READY / f"{name}.toml"
    return ready if not path.exists() and ready.is_file() else path


def parser() -> argparse.ArgumentParser:
    """What may stand on the command line."""
    p = argparse.ArgumentParser(prog="python -m llm101.train", description="Train a model as a TOML file says.")
    p.add_argument("config", help=f"a TOML file, or one of: {', '.join(sorted(f.stem for f in READY.glob('*.toml')))}")
    p.add_argument("changes", nargs="*", help="section.key=value, for example optimizer.lr=1e-3")
    how = p.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="go on from the newest whole checkpoint, if there is one")
    how.add_argument("--fresh", action="store_true", help="remove the earlier run in the folder and begin anew")
    return p


def say(text: str) -> None:
    """A line on standard error, once for all ranks."""
    if os.environ.get("RANK", "0") == "0":
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
