"""Training: one loop for every model, from a laptop to many machines.

    fit(model, optimizer, batch_at, loss, FitConfig(steps=1000))         in a notebook
    python -m llm101.train laptop                                        from a TOML file
    torchrun --nproc-per-node 8 -m llm101.train CONFIG.toml              on eight GPUs

Reading order: loop, losses, precision, guard; batches, token_file; snapshot, checkpoint; distributed; log, progress,
flops; settings, config, build, stopping, run, __main__. Ready configurations: configs/README.md.

>>> weight = torch.nn.Linear(3, 1, bias=False)
>>> class SquaredError:
...     def count(self, batch):
...         return len(batch[0])
...     def sum(self, model, batch):
...         return (model(batch[0]) - batch[1]).square().sum()
>>> x = torch.eye(3)
>>> optimizer = torch.optim.SGD(weight.parameters(), lr=1.0)
>>> state = fit(weight, optimizer, lambda step: [(x, x.sum(1, True))], SquaredError(), FitConfig(steps=50, max_norm=None))
>>> state.step, [round(value, 3) for value in weight.weight[0].tolist()]
(50, [1.0, 1.0, 1.0])
"""

from llm101.train.batches import Blocks
from llm101.train.checkpoint import latest, load, save
from llm101.train.flops import flops_per_token, utilisation
from llm101.train.guard import NotFiniteError
from llm101.train.log import Log
from llm101.train.loop import FitConfig, State, Step, fit
from llm101.train.losses import IGNORED, Loss, TokenLoss, Tokens, evaluate
from llm101.train.progress import Progress
from llm101.train.token_file import open_tokens, write_tokens

__all__ = [
    "IGNORED",
    "Blocks",
    "FitConfig",
    "Log",
    "Loss",
    "NotFiniteError",
    "Progress",
    "State",
    "Step",
    "TokenLoss",
    "Tokens",
    "evaluate",
    "fit",
    "flops_per_token",
    "latest",
    "load",
    "open_tokens",
    "save",
    "utilisation",
    "write_tokens",
]
