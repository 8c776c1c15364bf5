"""Slow, obvious versions of the exercises of lesson 05, and the wrong answers that have a name.

Everything here is written to be read, not to be fast, and shares no code with llm101.autograd and llm101.optim.
"""

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

Graph = dict[str, list[tuple[str, float]]]


def array(x: Any) -> Any:
    """A torch answer as numpy, so that both are right, and an array without axes as a number; anything else as it is."""
    x = x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else x
    return x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x


def parts(t: Any, got: Any, names: Sequence[str]) -> list[Any]:
    """The items of a returned tuple, as many as there are names; fails with a sentence if they are not."""
    came = f"{len(got)} values" if isinstance(got, tuple | list) else f"one {type(got).__name__}"
    right = isinstance(got, tuple | list) and len(got) == len(names)
    t.true(right, f"return a tuple of {len(names)}: {', '.join(names)}; yours returned {came}")
    return [array(x) for x in got]


# ------------------------------------------------------------------------------------------- linear regression


def regression_data(seed: int, m: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (m d), y (m), theta (d) from the normal distribution."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, d)), rng.standard_normal(m), rng.standard_normal(d)


def regression_gradient(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """dL/dtheta of L = |x theta - y|² / 2m, one example and one entry at a time."""
    m, d = x.shape
    gradient = np.zeros(d)
    for i in range(m):
        error = sum(x[i, k] * theta[k] for k in range(d)) - y[i]
        for j in range(d):
            gradient[j] += error * x[i, j] / m
    return gradient


# ------------------------------------------------------------------------------------------------------ graphs


def path_sums(graph: Graph, root: str) -> dict[str, float]:
    """d root / d node: a node's turn comes when all its users have had theirs."""
    grads = dict.fromkeys(graph, 0.0) | {root: 1.0}
    waiting = set(graph)
    users = {node: {user for user, edges in graph.items() for parent, _ in edges if parent == node} for node in graph}
    while waiting:
        for node in [node for node in waiting if not users[node] & waiting]:
            waiting.discard(node)
            for parent, slope in graph[node]:
                grads[parent] += grads[node] * slope
    return grads


def random_graph(seed: int, n: int = 13) -> tuple[Graph, str]:
    """A graph of n nodes in no particular order, and a root that does not depend on all of them."""
    rng = random.Random(seed)
    names = [f"n{i}" for i in rng.sample(range(100), n)]
    edges: Graph = {}
    for i, name in enumerate(names):
        parents = rng.choices(names[:i], k=rng.randrange(1, 4)) if i > 2 else []
        edges[name] = [(parent, float(rng.choice([-3, -2, -1, 2, 3, 5]))) for parent in parents]
    return {name: edges[name] for name in rng.sample(names, n)}, names[-2]


# ------------------------------------------------------------------------------------------------ broadcasting


def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Every entry of the small array collects from the places that it was copied to."""
    size = math.prod(shape)
    owner = np.broadcast_to(np.arange(size).reshape(shape), grad.shape)
    collected = [sum(float(g) for g, o in zip(grad.flat, owner.flat, strict=True) if o == i) for i in range(size)]
    return np.array(collected).reshape(shape)


# ------------------------------------------------------------------------------------------- a two-layer network

NAMES = ("the loss", "dw1", "db1", "dw2", "db2")


def network_data(seed: int, m: int, d: int, h: int, k: int) -> dict[str, np.ndarray]:
    """Arguments of `network_gradients`."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (m, d), "y": (m, k), "w1": (d, h), "b1": (h,), "w2": (h, k), "b2": (k,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def network(data: dict[str, np.ndarray]) -> list[Any]:
    """Loss and gradients from torch's own backward."""
    leaf = {name: torch.tensor(value, requires_grad=True) for name, value in data.items()}
    out = torch.tanh(leaf["x"] @ leaf["w1"] + leaf["b1"]) @ leaf["w2"] + leaf["b2"]
    loss = ((out - leaf["y"]) ** 2).sum() / (2 * len(out))
    loss.backward()
    gradients = [leaf[name].grad for name in ("w1", "b1", "w2", "b2")]
    return [loss.item(), *(g.numpy() for g in gradients if g is not None)]


def network_back(data: dict[str, np.ndarray], slope: str) -> tuple[np.ndarray, np.ndarray]:
    """dw1 and db1 with a wrong derivative of tanh: "none" (left out), "of a" (1 - a²), "of h" (1 - tanh(h)²)."""
    a = data["x"] @ data["w1"] + data["b1"]
    dp = (np.tanh(a) @ data["w2"] + data["b2"] - data["y"]) / len(a)
    da = dp @ data["w2"].T * {"none": 1.0, "of a": 1 - a**2, "of h": 1 - np.tanh(np.tanh(a)) ** 2}[slope]
    return data["x"].T @ da, da.sum(0)


# ---------------------------------------------------------------------------------------------------- optimizers


def adam(theta: np.ndarray, gradients: Sequence[np.ndarray], **settings: float) -> list[np.ndarray]:
    """theta after each step of torch.optim.Adam."""
    beta1, beta2 = settings.pop("beta1", 0.9), settings.pop("beta2", 0.999)
    p = torch.tensor(theta, requires_grad=True)
    optimizer = torch.optim.Adam([p], betas=(beta1, beta2), **settings)  # type: ignore[arg-type]
    seen = []
    for g in gradients:
        p.grad = torch.tensor(g)
        optimizer.step()
        seen.append(p.detach().numpy().copy())
    return seen


def learning_rate(step: int, peak: float, warmup: int, total: int, final: float) -> float:
    """Linear up to the peak, half a cosine down to final · peak."""
    if step < warmup:
        return peak * step / warmup
    share = min((step - warmup) / (total - warmup), 1.0)
    return peak * (final + (1 - final) * (1 + math.cos(math.pi * share)) / 2)


def norm_of(gradients: Sequence[np.ndarray]) -> float:
    """Length of all the numbers as one vector."""
    return math.sqrt(sum(float(x) ** 2 for g in gradients for x in g.flat))
