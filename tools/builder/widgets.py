"""ipywidgets draws a random id for every model; number them by first appearance instead, so that bytes repeat."""

import hashlib
import json
import re

import nbformat

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
REFERENCE = re.compile(r"IPY_MODEL_([0-9a-f]{32})")


def stable_ids(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Rename the models that the page shows (and what they refer to) and drop the others."""
    if "widgets" not in notebook.metadata:
        return notebook
    state = notebook.metadata["widgets"][STATE]["state"]
    order = reachable(shown(notebook), state)
    for unused in set(state) - set(order):
        del state[unused]
    text = json.dumps(notebook)
    for i, model in enumerate(order):
        text = text.replace(model, hashlib.md5(f"{name}{i}".encode()).hexdigest())
    renamed = nbformat.reads(text, 4)
    states = renamed.metadata["widgets"][STATE]["state"]
    renamed.metadata["widgets"][STATE]["state"] = {key: states[key] for key in sorted(states)}
    return renamed


def shown(notebook: nbformat.NotebookNode) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output["data"][VIEW]["model_id"] for output in outputs if VIEW in output.get("data", {})]


def reachable(start: list[str], state: dict) -> list[str]:
    """Breadth first through the references, in the order of appearance."""
    order: list[str] = []
    queue = list(start)
    while queue:
        model = queue.pop(0)
        if model in state and model not in order:
            order.append(model)
            queue += REFERENCE.findall(json.dumps(state[model], sort_keys=True))
    return order
