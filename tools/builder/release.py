"""Cut an exercise out of a solution, with nbgrader's own steps, so that its `generate_assignment` agrees."""

import copy
from pathlib import Path

import nbformat
from nbgrader import preprocessors
from traitlets.config import PyFileConfigLoader

from builder.source import ROOT

# What `nbgrader generate_assignment` runs, less the steps that need its database.
STEPS = (
    preprocessors.IncludeHeaderFooter,
    preprocessors.LockCells,
    preprocessors.ClearSolutions,
    preprocessors.ClearOutput,
    preprocessors.CheckCellMetadata,
    preprocessors.ClearHiddenTests,
    preprocessors.ClearMarkScheme,
    preprocessors.ComputeChecksums,
    preprocessors.CheckCellMetadata,
)


def release(solution: nbformat.NotebookNode, root: Path = ROOT) -> nbformat.NotebookNode:
    """The notebook that the learner gets: bodies replaced by a stub, outputs and mark schemes gone, checks locked."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    notebook = copy.deepcopy(solution)
    resources: dict = {}
    notebook.metadata.pop("widgets", None)
    for step in STEPS:
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return notebook
