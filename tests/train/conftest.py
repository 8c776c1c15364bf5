"""A run that is small enough to be started twenty times."""

import numpy as np
import pytest

from llm101.train import write_tokens

TINY = """
[run]
folder = "{folder}"
steps = 6
seed = 3
max_norm = 0.5

[model]
vocab_size = 13
d_model = 6
n_layers = 2
n_heads = 3
init_std = 0.26

[data]
train = "{data}/train.npy"
valid = "{data}/valid.npy"
context = 7
batch_size = 4
micro_batch = 1

[optimizer]
lr = 1e-2

[schedule]
warmup = 2

[compute]
device = "cpu"
threads = 1

[evaluation]
every = 3
steps = 2

[checkpoint]
every = 3
"""


@pytest.fixture
def tiny(tmp_path):
    """write(folder) -> path of a TOML file whose run goes to that folder; the data are random and made once."""
    ids = np.random.default_rng(0)
    for name, n in (("train", 20), ("valid", 5)):
        write_tokens(tmp_path / f"{name}.npy", ids.integers(1, 13, (n, 17)).tolist(), end=0, vocab_size=13)

    def write(name="run", more=""):
        path = tmp_path / f"{name}.toml"
        path.write_text(TINY.format(folder=(tmp_path / name).as_posix(), data=tmp_path.as_posix()) + more)
        return path

    return write
