"""The checks of lesson 04, vectors: a step of an LSTM, negative sampling with its gradients, and analogies."""

import torch

from llm101.check import exercise
from llm101.checks.embeddings import oracles as o

HIDE = ("llm101.lm",)

# -------------------------------------------------------------------------------------------------- lstm_step
ex = exercise(
    "04.lstm_step",
    title="One step of an LSTM",
    points=3,
    names=("lstm_step",),
    mask=HIDE,
    forbid=("torch.nn.LSTM", "torch.nn.LSTMCell", "torch.lstm", "torch.lstm_cell"),
    hints=[
        "All four parts at once: x @ w.T + h @ u.T + bias is (b, 4n). Then cut it into four blocks of n columns.",
        "i, f, g, o = (...).chunk(4, dim=-1); i, f and o go through sigmoid, g through tanh.",
        "c = sigmoid(f) * c + sigmoid(i) * tanh(g), then h = sigmoid(o) * tanh(c) with the NEW c.",
    ],
)

SLIPS = {
    "g is no gate but the proposal, between -1 and 1: tanh, not the sigmoid.": "sigmoid g",
    "The proposal comes in without its gate: c' = f c + i g.": "no i",
    "You let 1 - f of the proposal in (that is how a GRU does it); an LSTM has its own gate i.": "1 - f",
    "The cell goes through tanh before the output gate: h' = o tanh(c').": "no tanh",
    "h' shows the old cell: compute c' first, and use it.": "old c",
    "The old state h has no influence on your gates: add h @ u.T.": "no h",
    "The bias is missing.": "no bias",
}
ORDERS = {
    "Two blocks are exchanged: the first is the input gate i, the second the forget gate f.": "figo",
    "Two blocks are exchanged: the third is the proposal g, the fourth the output gate o.": "ifog",
}


def lstm_mistakes(parts: o.LSTMParts, which: int) -> dict[str, torch.Tensor]:
    """The wrong answers that have a name, their h (which = 0) or c (which = 1)."""
    slips = {text: o.lstm_step(parts, slip=slip)[which] for text, slip in SLIPS.items()}
    return slips | {text: o.lstm_step(parts, order=order)[which] for text, order in ORDERS.items()}


@ex.check("the example", hint="All weights 0: σ(0) = 0.5 for each gate and tanh(0) = 0 for the proposal.")
def _(s, t):
    zeros = (
        torch.zeros(1, 3),
        torch.zeros(1, 1),
        torch.tensor([[2.0]]),
        torch.zeros(4, 3),
        torch.zeros(4, 1),
        torch.zeros(4),
    )
    h, c = s.lstm_step(*zeros)
    t.close(c, torch.tensor([[1.0]]), "c'", mistakes={
        "You returned c' and h'; wanted is h' first.": o.lstm_step(zeros)[0],
        "g is no gate but the proposal, between -1 and 1: tanh, not the sigmoid.": o.lstm_step(zeros, slip="sigmoid g")[1],
    })  # fmt: skip
    t.close(h, o.lstm_step(zeros)[0], "h'", mistakes={
        text: o.lstm_step(zeros, slip=slip)[0] for text, slip in SLIPS.items() if slip in ("no tanh", "old c")
    })  # fmt: skip


@ex.check("random numbers", hint="The blocks of n rows stand in the order i, f, g, o; c' = f c + i g, h' = o tanh(c').")
def _(s, t):
    for seed, (b, i, n) in enumerate([(2, 3, 5), (1, 7, 2), (5, 2, 3)]):
        parts = o.lstm_parts(seed, b, i, n)
        h, c = s.lstm_step(*parts)
        want_h, want_c = o.lstm_step(parts)
        t.close(c, want_c, f"c' for b = {b}, i = {i}, n = {n}", mistakes=lstm_mistakes(parts, 1))
        t.close(h, want_h, f"h' for b = {b}, i = {i}, n = {n}", mistakes=lstm_mistakes(parts, 0))


@ex.check("equal to torch.nn.LSTMCell in double precision", hint="Which operation loses digits, or asks for float32?")
def _(s, t):
    x, h, c, w, u, bias = (part.double() for part in o.lstm_parts(11, 3, 2, 7))
    cell = torch.nn.LSTMCell(2, 7).double()
    cell.load_state_dict({"weight_ih": w, "weight_hh": u, "bias_ih": bias, "bias_hh": torch.zeros(28).double()})
    want_h, want_c = (part.detach() for part in cell(x, (h, c)))
    got_h, got_c = s.lstm_step(x, h, c, w, u, bias)
    t.close(got_h, want_h, "h'", rtol=1e-10, atol=1e-10)
    t.close(got_c, want_c, "c'", rtol=1e-10, atol=1e-10)


@ex.check(
    "the claim: an open gate keeps the cell", hint="f multiplies the old cell: with a bias of 3 it is σ(3) = 0.95."
)
def _(s, t):
    for open_by, name in ((0.0, "as initialised"), (3.0, "opened by 3")):
        bias = torch.tensor([0.0, open_by, 0.0, 0.0])
        h, c = torch.zeros(1, 1), torch.ones(1, 1)
        for _ in range(20):
            h, c = s.lstm_step(torch.zeros(1, 1), h, c, torch.zeros(4, 1), torch.zeros(4, 1), bias)
        want = o.sigmoid(torch.tensor([[open_by]])) ** 20
        t.close(c, want, f"what is left of a cell of 1 after 20 steps, the forget gate {name}", rtol=1e-4, atol=1e-9)


# ------------------------------------------------------------------------------------------ negative_sampling
ex = exercise(
    "04.negative_sampling",
    title="Negative sampling and its gradient",
    points=4,
    names=("negative_sampling",),
    mask=HIDE,
    forbid=("torch.autograd.grad", "Tensor.backward", "torch.func"),
    hints=[
        "Two kinds of scores: yes = hidden · target, one number; no = noise @ hidden, k numbers.",
        "d(-log σ(x))/dx = σ(x) - 1, and d(-log σ(-x))/dx = σ(x). The rest is the chain rule through a dot product.",
        "g = σ(yes) - 1 and q = σ(no): hidden gets g * target + q @ noise, target gets g * hidden, noise gets q[:, None] * hidden.",
    ],
)


@ex.check("the loss", hint="-log σ(hidden · target) - Σ log σ(-noise_k · hidden): the true word up, the noise down.")
def _(s, t):
    for seed in range(3):
        hidden, target, noise = o.vectors(seed, (3,), (3,), (5, 3))
        yes, no = hidden @ target, noise @ hidden
        up, down = torch.nn.functional.softplus(-yes), torch.nn.functional.softplus(no)
        want = o.negative_sampling(hidden, target, noise)[0].item()
        t.close(s.negative_sampling(hidden, target, noise)[0], want, "the loss", mistakes={
            "The noise has the wrong sign: σ(-noise · hidden), for the answer to be learnt is no.":
                up + torch.nn.functional.softplus(-no).sum(),
            "The true word has the wrong sign: σ(hidden · target) should be large.":
                torch.nn.functional.softplus(yes) + down.sum(),
            "That is the log-likelihood; the loss is minus it.": -(up + down.sum()),
            "The loss SUMS over the noise words; you took their mean.": up + down.mean(),
            "Only the true word is in your loss: the noise belongs to it.": up,
            "The logarithms are missing.": -o.sigmoid(yes) - o.sigmoid(-no).sum(),
        })  # fmt: skip


@ex.check("the gradients", hint="The derivative of -log σ(x) is σ(x) - 1; that of -log σ(-x) is σ(x).")
def _(s, t):
    hidden, target, noise = o.vectors(3, (3,), (3,), (5, 3))
    _, want_h, want_t, want_n = o.negative_sampling(hidden, target, noise)
    _, got_h, got_t, got_n = s.negative_sampling(hidden, target, noise)
    g, q = o.sigmoid(hidden @ target) - 1, o.sigmoid(noise @ hidden)
    t.close(got_t, want_t, "the gradient of target", mistakes={
        "The sign is turned: you gave the direction to go, the gradient points uphill.": -want_t,
        "That is target's own vector times its factor; the derivative of hidden · target by target is hidden.": g * target,
        "The factor is σ(x) - 1, not σ(x): a right answer needs no push.": (g + 1) * hidden,
    })  # fmt: skip
    t.close(got_n, want_n, "the gradient of noise", mistakes={
        "The sign is turned: you gave the direction to go, the gradient points uphill.": -want_n,
        "The factor of noise is σ(x): σ(x) - 1 belongs to the true word.": (q - 1)[:, None] * hidden,
        "Each noise word has a gradient of its own: shape (k, d), not their sum.": (q[:, None] * hidden).sum(0),
        "That is each noise word's own vector times its factor; the derivative of noise · hidden by noise is hidden.":
            q[:, None] * noise,
    })  # fmt: skip
    t.close(got_h, want_h, "the gradient of hidden", mistakes={
        "The sign is turned: you gave the direction to go, the gradient points uphill.": -want_h,
        "hidden meets the noise words too: add their part.": g * target,
        "You took the mean over the noise words; the loss sums over them.": g * target + (q[:, None] * noise).mean(0),
    })  # fmt: skip


@ex.check("other sizes", hint="d numbers a vector, k noise words; k may be 1.")
def _(s, t):
    for seed, (d, k) in enumerate([(2, 1), (7, 3), (5, 5), (11, 2)]):
        hidden, target, noise = o.vectors(seed, (d,), (d,), (k, d))
        names = ("the loss", "the gradient of hidden", "the gradient of target", "the gradient of noise")
        for got, want, name in zip(
            s.negative_sampling(hidden, target, noise), o.negative_sampling(hidden, target, noise), names, strict=True
        ):
            t.close(got, want if want.dim() else want.item(), f"{name} for d = {d}, k = {k}")


@ex.check(
    "large scores",
    hint="torch.log(torch.sigmoid(x)) is -inf for x = -1000; torch.nn.functional.logsigmoid(x) is -1000.",
)
def _(s, t):
    hidden = torch.tensor([30.0, -10.0])
    loss, grad, *_ = s.negative_sampling(hidden, -hidden, hidden[None])
    t.close(loss, 2000.0, "the loss where everything is as wrong as can be", mistakes={
        "σ(x) was rounded to 0 before its logarithm was taken: use logsigmoid, or softplus.": torch.tensor(torch.inf),
        "σ(x) was rounded to 0 or 1 before its logarithm was taken: use logsigmoid, or softplus.": torch.tensor(torch.nan),
    })  # fmt: skip
    t.close(grad, 2 * hidden, "the gradient of hidden there")


# ---------------------------------------------------------------------------------------------------- analogy
ex = exercise(
    "04.analogy",
    title="Analogies by cosine",
    points=3,
    names=("analogy",),
    mask=HIDE,
    hints=[
        "Make every vector one long first: table / table.norm(dim=1, keepdim=True). Then a dot product is a cosine.",
        "direction = unit[b] - unit[a] + unit[c]; unit @ direction has one number a word.",
        "Set the scores of a, b and c to -inf (in the scores, not in the table) and take argmax; .item() makes it an int.",
    ],
)

QUESTIONS = [(0, 1, 2), (2, 3, 0), (3, 1, 5)]


def named(table: torch.Tensor, a: int, b: int, c: int) -> dict[str, int | torch.Tensor]:
    """The wrong answers that have a name."""
    unit = table / table.norm(dim=1, keepdim=True)
    direction, raw = unit[b] - unit[a] + unit[c], table[b] - table[a] + table[c]
    return {
        "That is one of the three words of the question: leave a, b and c out.": o.nearest(unit, direction),
        "That is one of the three words of the question: you left out c only.": o.nearest(unit, direction, (c,)),
        "You computed a - b + c: the step goes from a to b, so it is b - a.":
            o.nearest(unit, unit[a] - unit[b] + unit[c], (a, b, c)),
        "You added the vectors as they are; make them one long first, or the longest of the three decides.":
            o.nearest(unit, raw, (a, b, c)),
        "A long vector won: compare cosines, so divide every row of the table by its length.":
            o.nearest(table, direction, (a, b, c), "dot"),
        "A long vector won: divide every row of the table by its length before you add and before you compare.":
            o.nearest(table, raw, (a, b, c), "dot"),
        "Return the number of the word as an int: .item().": torch.tensor(o.analogy(table, a, b, c)),
    }  # fmt: skip


def planted(seed: int) -> torch.Tensor:
    """17 words of 13 numbers, of lengths between 0.5 and 5; word 4 is what 1 - 0 + 2 points at, roughly."""
    table, lengths = o.vectors(seed, (17, 13), (17, 1))
    unit = table / table.norm(dim=1, keepdim=True)
    unit[4] = unit[2] + 0.6 * (unit[1] - unit[0])
    return unit / unit[:, :1].abs().clamp(min=0.2) * (0.5 + lengths.abs())


@ex.check(
    "not one of the three words", hint="What is nearest to b - a + c is mostly b or c itself: leave all three out."
)
def _(s, t):
    unit = o.vectors(1, (11, 7))[0]
    unit = unit / unit.norm(dim=1, keepdim=True)
    for a, b, c in QUESTIONS:
        t.eq(
            s.analogy(unit, a, b, c),
            o.analogy(unit, a, b, c),
            f"the word in '{a} is to {b} as {c} is to …'",
            mistakes=named(unit, a, b, c),
        )


@ex.check("vectors of different lengths", hint="Divide every row by its length first; then dot products are cosines.")
def _(s, t):
    for seed in range(5):
        table = planted(seed)
        for a, b, c in QUESTIONS:
            t.eq(
                s.analogy(table, a, b, c),
                o.analogy(table, a, b, c),
                f"the word in '{a} is to {b} as {c} is to …'",
                mistakes=named(table, a, b, c),
            )


@ex.check("all other cosines are below zero", hint="A cosine may be negative: what is left out must be below them all.")
def _(s, t):
    table = torch.tensor([[-2.0, 0.5, 0.0], [0.8, 0.6, 0.0], [1.0, 0.0, 0.0], [0.8, -0.6, 0.0], [-1.0, 0.0, 5.0]])
    t.eq(s.analogy(table, 2, 1, 3), 4, "the word in '2 is to 1 as 3 is to …'", mistakes={
        "You left the three words out with a score of 0; a cosine may be below 0: use -math.inf.": 1,
        **named(table, 2, 1, 3),
    })  # fmt: skip


@ex.check("the table stays as it was", hint="Set the scores of the three words to -inf, not their vectors.")
def _(s, t):
    table = planted(7)
    t.close(s.run("analogy(table, 0, 1, 2); result = table", table=table), table, "the table after the call", mistakes={
        "You changed the caller's table (table /= … divides in place): make a new one.":
            table / table.norm(dim=1, keepdim=True),
    })  # fmt: skip
