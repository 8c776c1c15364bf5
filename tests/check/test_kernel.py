"""check() in a real Jupyter kernel: the notebook's names, the HTML output, the time limit on its main thread."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

DEFINE = """
from llm101.check import exercise, check, core
ex = exercise("97.loop", points=1, names=("loop",))
@ex.check("ends")
def _(s, t):
    t.eq(s.loop(), 1)
real = core.time_limit
core.time_limit = lambda seconds: real(0.3)
"""


@pytest.mark.filterwarnings("ignore")  # the kernel's own start-up talk about TCP and event loops
def test_a_notebook_in_a_kernel(tmp_path):
    """To do, then an endless loop that catches everything, then right; no cell fails."""
    cells = [
        DEFINE,
        'check("97.loop")',
        "def loop():\n    while True:\n        try: pass\n        except Exception: pass",
    ]
    cells += ['check("97.loop")', "def loop(): return 1", 'check("97.loop")']
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    env = {**os.environ, "IPYTHONDIR": str(tmp_path), "PYTHONWARNINGS": "ignore"}
    NotebookClient(nb, timeout=60, kernel_name="python3").execute(env=env, cwd=str(tmp_path))
    shown = [c.outputs[0].data for c in nb.cells if c.source.startswith("check(")]
    assert "`loop` is not defined yet" in shown[0]["text/plain"]
    assert "TimeoutError: no result after 0.3 s: is there an infinite loop?" in shown[1]["text/plain"]
    assert shown[2]["text/plain"].splitlines()[0] == "97.loop: 1/1 points"
    assert all("max-width:760px" in data["text/html"] for data in shown)
