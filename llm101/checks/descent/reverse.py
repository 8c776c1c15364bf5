"""The checks of lesson 05, the way back: through a graph, through broadcasting, through a network. Mistakes stand beside
the values that they give."""

import numpy as np

from llm101.check import exercise
from llm101.checks.descent import oracles as o

HIDE = ("llm101.autograd", "llm101.optim")
BY_HAND = ("torch.autograd", "Tensor.backward", "torch.func")

# --------------------------------------------------------------------------------------------------- backward
ex = exercise(
    "05.backward",
    title="Backwards through a graph",
    points=4,
    names=("backward",),
    mask=HIDE,
    hints=[
        "Start with 1.0 at the root. A node hands on to each parent: its own gradient times the slope. What arrives is added.",
        "A node may hand on only when everything has arrived. How many edges lead from the root's part of the graph to it? Count them first, and let it wait until so many have come.",
        "Two walks with a list as stack. One from the root to collect the nodes it depends on, and for each the number of edges that arrive. Then again from [root]: pop a node, hand on along its edges, lower the parents' counts, and append a parent to the list when its count is 0.",
    ],
)
SKIP: o.Graph = {
    "a": [],
    "b": [("a", 11.0)],
    "c": [("b", 7.0)],
    "d": [("c", 5.0)],
    "e": [("d", 2.0), ("b", 3.0)],
}


@ex.check("a chain", hint="Along a chain the slopes multiply. The root has gradient 1.")
def _(s, t):
    graph: o.Graph = {"x": [], "y": [("x", 3.0)], "z": [("y", -5.0)], "loss": [("z", 2.0)]}
    t.close(s.backward(graph, "loss"), {"x": -30.0, "y": -10.0, "z": 2.0, "loss": 1.0}, "the gradients", mistakes={
        "Every node got its own slope only: multiply it by the gradient of the node it leads to.": {"x": 3.0, "y": -5.0, "z": 2.0, "loss": 1.0},
        "The root is missing: d loss / d loss is 1.": {"x": -30.0, "y": -10.0, "z": 2.0},
        "The root's own gradient is 1, not 0.": {"x": -30.0, "y": -10.0, "z": 2.0, "loss": 0.0},
        "Along a path slopes multiply; you added them.": {"x": 1.0, "y": -2.0, "z": 3.0, "loss": 1.0},
    })  # fmt: skip


@ex.check("two paths add up", hint="What arrives at a node is added to what is there: +=, not =.")
def _(s, t):
    graph: o.Graph = {"a": [], "b": [("a", 2.0)], "c": [("a", 3.0)], "d": [("b", 5.0), ("c", 7.0)]}
    want = {"a": 31.0, "b": 5.0, "c": 7.0, "d": 1.0}
    t.close(s.backward(graph, "d"), want, "the gradients", mistakes={
        "Two paths lead to a; the second overwrote the first. Their products add up: use +=.": want | {"a": 10.0},
        "Two paths lead to a; the second overwrote the first. Their products add up (use +=).": want | {"a": 21.0},
    })  # fmt: skip
    square: o.Graph = {"x": [], "y": [("x", 3.0), ("x", 3.0)]}
    t.close(s.backward(square, "y"), {"x": 6.0, "y": 1.0}, "the gradients of y = x · x at 3", mistakes={
        "x stands twice among the parents of y, once for each use: both count.": {"x": 3.0, "y": 1.0},
    })  # fmt: skip


@ex.check(
    "a node waits until everything has arrived",
    hint="In e = 2d + 3b, with d made from b by way of c, b must not hand on before c has had its turn.",
)
def _(s, t):
    for order in ("abcde", "edcba", "cebad"):
        graph = {node: SKIP[node] for node in order}
        want = {"a": 803.0, "b": 73.0, "c": 10.0, "d": 2.0, "e": 1.0}
        t.close(s.backward(graph, "e"), want, "the gradients", mistakes={
            "b handed on too early, before the path through d and c had arrived: parents must come after ALL nodes that use them.": want | {"a": 33.0},
            "b handed on twice, the first share again with the second: a node has one turn, when everything has arrived.": want | {"a": 836.0},
            "You went by the order of the dict; it may be any. Find an order from the edges.": wrong_by_order(graph, "e"),
        })  # fmt: skip


def wrong_by_order(graph: o.Graph, root: str) -> dict[str, float]:
    """A mistake: walks the dict from its end."""
    grads = dict.fromkeys(graph, 0.0) | {root: 1.0}
    for node in reversed(graph):
        for parent, slope in graph[node]:
            grads[parent] += grads[node] * slope
    return grads


@ex.check(
    "random graphs",
    hint="A node that the root does not depend on has gradient 0.0, and is in the result; nothing may wait for it.",
)
def _(s, t):
    for seed in range(7):
        graph, root = o.random_graph(seed)
        want = o.path_sums(graph, root)
        t.close(s.backward(graph, root), want, "the gradients", mistakes={
            "Nodes on which the root does not depend are missing: their gradient is 0.0.": {n: g for n, g in want.items() if n in needed(graph, root)},
        })  # fmt: skip


def needed(graph: o.Graph, root: str) -> set[str]:
    """The nodes on which the root depends, itself included."""
    found = {root}
    while more := {parent for node in found for parent, _ in graph[node]} - found:
        found |= more
    return found


@ex.check(
    "a chain of 5,000 nodes, and 2⁵⁰ paths",
    hint="A function that calls itself is stopped after about 1,000 levels, and walking every path takes for ever: use a list as your own stack, and visit each node once.",
)
def _(s, t):
    graph: o.Graph = {f"x{i}": [(f"x{i - 1}", 1.0)] if i else [] for i in range(5000)}
    try:
        t.close(s.backward(graph, "x4999")["x0"], 1.0, "the gradient at the end of the chain")
    except RecursionError:
        t.true(
            False,
            "your function called itself for every node, and Python stops that after about 1,000: use a list as your own stack",
        )
    ladder: o.Graph = {f"x{i}": [(f"x{i - 1}", 0.5)] * 2 if i else [] for i in range(51)}
    t.close(s.backward(ladder, "x50")["x0"], 1.0, "the gradient at the end of 2⁵⁰ paths")


# ------------------------------------------------------------------------------------------------ unbroadcast
ex = exercise(
    "05.unbroadcast",
    title="Undo broadcasting",
    points=2,
    names=("unbroadcast",),
    mask=HIDE,
    forbid=("Tensor.sum_to_size", "torch.autograd", "Tensor.backward"),
    hints=[
        "(5, 3) + (3,): each of the three numbers was used in five rows. What arrives at it from each of the five?",
        "Two cases: axes that broadcasting put in front (there are grad.ndim - len(shape)), and axes of length 1 that were stretched.",
        "First: while grad.ndim > len(shape): grad = grad.sum(axis=0). Then for every axis with shape[axis] == 1: grad = grad.sum(axis=axis, keepdims=True).",
    ],
)


@ex.check("an axis that was put in front", hint="A vector that was added to every row collects from every row.")
def _(s, t):
    grad = np.arange(1.0, 16.0).reshape(5, 3)
    t.close(o.array(s.unbroadcast(grad, (3,))), grad.sum(0), "the gradient by an array of shape (3,)", mistakes={
        "That is the mean over the copies; every copy moves the loss, so their gradients add up.": grad.mean(0),
        "You took the gradient of one copy; all five count.": grad[0],
        "You took the gradient of one copy (the last); all five count.": grad[-1],
    })  # fmt: skip
    cube = np.arange(1.0, 31.0).reshape(5, 2, 3)
    t.close(o.array(s.unbroadcast(cube, (3,))), cube.sum((0, 1)), "the gradient by an array of shape (3,)", mistakes={
        "Only one of the two axes in front was summed.": cube.sum(0),
    })  # fmt: skip


@ex.check(
    "an axis of length 1 that was stretched",
    hint="Shape (5, 1) against a gradient of (5, 3): sum over axis 1 and keep it.",
)
def _(s, t):
    grad = np.arange(1.0, 16.0).reshape(5, 3)
    want = grad.sum(1, keepdims=True)
    t.close(o.array(s.unbroadcast(grad, (5, 1))), want, "the gradient by an array of shape (5, 1)", mistakes={
        "The sum took the axis away; it must stay, with length 1: keepdims=True.": grad.sum(1),
        "The axis of length 1 was not summed: its number was used three times in each row.": grad,
        "You took the gradient of one copy; all three count.": grad[:, :1],
        "That is the mean over the copies; their gradients add up.": grad.mean(1, keepdims=True),
    })  # fmt: skip
    cube = np.arange(1.0, 31.0).reshape(5, 2, 3)
    t.close(
        o.array(s.unbroadcast(cube, (2, 1))), cube.sum((0, 2)).reshape(2, 1), "the gradient by an array of shape (2, 1)"
    )


@ex.check("all shapes", hint="Print both shapes: which axes are new, which were stretched, which are as they were?")
def _(s, t):
    rng = np.random.default_rng(0)
    for shape in [(2, 3), (), (1,), (1, 3), (1, 1), (7, 1, 3), (1, 2, 1), (7, 2, 3)]:
        grad = rng.standard_normal(np.broadcast_shapes(shape, (7, 2, 3) if len(shape) != 2 else (2, 3)))
        t.close(
            o.array(s.unbroadcast(grad, shape)),
            o.unbroadcast(grad, shape),
            f"the gradient by an array of shape {shape}",
        )


# ------------------------------------------------------------------------------------------ network_gradients
ex = exercise(
    "05.network_gradients",
    title="Backpropagation by hand",
    points=4,
    names=("network_gradients",),
    mask=HIDE,
    forbid=BY_HAND,
    hints=[
        "Go forwards and keep a, h and p. Then backwards: dp first, from it dw2, db2 and dh; from dh da; from da dw1 and db1.",
        "dp = (p - y) / m. If C = A @ B, then dA = dC @ B.T and dB = A.T @ dC. The derivative of tanh is 1 - tanh².",
        "dw2 = h.T @ dp; db2 = dp.sum(axis=0); da = (dp @ w2.T) * (1 - h**2); dw1 and db1 are made from x and da in the same way.",
    ],
)


@ex.check("the loss", hint="Half the squared error, summed over the outputs, its mean over the m rows.")
def _(s, t):
    data = o.network_data(0, 7, 2, 5, 3)
    loss, *_ = o.parts(t, s.network_gradients(**data), o.NAMES)
    want = o.network(data)[0]
    t.close(loss, want, "the loss", rtol=1e-8, mistakes={
        "The half is missing: divide by 2m.": 2 * want,
        "Divide by 2m, where m is the number of rows.": 7 * want,
        "You took the mean over the outputs too: sum over them; m is the number of rows.": want / 3,
        "You took the mean of all squares: sum them, and divide by 2m with m the number of rows.": want * 2 / 3,
    })  # fmt: skip


@ex.check(
    "the second layer",
    hint="dp = (p - y) / m, then the rule of the matrix product for h @ w2. b2 was added to every row.",
)
def _(s, t):
    for seed, sizes in enumerate([(7, 3, 5, 2), (3, 2, 2, 2), (1, 1, 1, 1)]):
        data = o.network_data(seed, *sizes)
        _, _, _, dw2, db2 = o.parts(t, s.network_gradients(**data), o.NAMES)
        want = o.network(data)
        mistakes = {
            "The loss is a mean: dp = (p - y) / m.": sizes[0],
            "Twice too large: the 2 of the square cancels the half.": 2.0,
            "The sign: p - y, not y - p.": -1.0,
        }
        t.close(dw2, want[3], "dw2", rtol=1e-8, mistakes={text: k * want[3] for text, k in mistakes.items()})
        t.close(db2, want[4], "db2", rtol=1e-8, mistakes={
            "b2 was added to every row, so its gradients ADD up over the rows; you took their mean.": want[4] / sizes[0],
            "The loss is a mean: dp = (p - y) / m.": sizes[0] * want[4],
        })  # fmt: skip


@ex.check(
    "the first layer",
    hint="dh = dp @ w2.T; then the derivative of tanh, entry by entry; then as in the second layer.",
)
def _(s, t):
    for seed, sizes in enumerate([(7, 3, 5, 2), (3, 2, 2, 2), (1, 1, 1, 1)]):
        data = o.network_data(seed, *sizes)
        _, dw1, db1, _, _ = o.parts(t, s.network_gradients(**data), o.NAMES)
        want = o.network(data)
        t.close(dw1, want[1], "dw1", rtol=1e-8, mistakes={
            "The derivative of tanh is missing: multiply by 1 - h**2.": o.network_back(data, "none")[0],
            "The derivative of tanh is 1 - tanh(a)², that is 1 - h**2, not 1 - a**2.": o.network_back(data, "of a")[0],
            "h is already the tanh of a; you took the tanh a second time.": o.network_back(data, "of h")[0],
        })  # fmt: skip
        t.close(db1, want[2], "db1", rtol=1e-8, mistakes={
            "b1 was added to every row, so its gradients ADD up over the rows; you took their mean.": want[2] / sizes[0],
            "The derivative of tanh is missing: multiply by 1 - h**2.": o.network_back(data, "none")[1],
        })  # fmt: skip


@ex.check(
    "right again, and the arguments are left alone",
    hint="The gradients belong to the weights that came in: change none of them.",
)
def _(s, t):
    data = o.network_data(3, 5, 2, 7, 3)
    got, kept = s.run("result = [network_gradients(**data), data]", data=data)
    t.close(o.parts(t, got, o.NAMES)[1], o.network(data)[1], "dw1")
    t.eq({name: o.array(x) for name, x in kept.items()}, data, "the arguments after the call")
