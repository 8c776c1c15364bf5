"""The checks of lesson 06, from log-softmax to KL. What each wrong answer is called stands beside the value it gives."""

import math

import torch

from llm101.check import exercise
from llm101.checks.losses import oracles as o

HIDE = ("llm101.nn", "llm101.lm")
SOFTMAXES = ("torch.log_softmax", "torch.logsumexp", "torch.softmax", "torch.LogSoftmax", "torch.logaddexp")
LOSSES = (
    "torch.cross_entropy",
    "torch.nll_loss",
    "torch.CrossEntropyLoss",
    "torch.NLLLoss",
    "torch.kl_div",
    "torch.KLDivLoss",
)
AUTOGRAD = ("torch.autograd", "torch.backward", "torch.func", "torch.requires_grad_")
TIGHT = {"rtol": 1e-9, "atol": 1e-10}
ONE_MAXIMUM = (
    "Subtract from each row its own largest score: one maximum for the whole tensor underflows in rows far below it."
)

# ------------------------------------------------------------------------------------------------ log_softmax
ex = exercise(
    "06.log_softmax",
    title="Log-softmax that survives",
    points=2,
    names=("log_softmax",),
    mask=HIDE,
    forbid=SOFTMAXES,
    hints=[
        "Softmax does not change when the same number is subtracted from all scores of a row. Which number makes exp safe?",
        "shifted = logits - logits.amax(-1, keepdim=True): now the largest score is 0.",
        "Then the logarithm of p_k is shifted_k minus the logarithm of the sum of exp(shifted), along the last axis.",
    ],
)


@ex.check(
    "log-probabilities of ordinary scores",
    hint="Add up exp of your result along the last axis: is each row 1? If types or shapes do not fit: max(-1) returns a pair "
    "(take .values, or use amax), and keepdim=True keeps the axis along which you subtract.",
)
def _(s, t):
    for seed, shape in enumerate([(7,), (3, 5), (2, 3, 5), (5, 5)]):
        z = o.scores(seed, *shape)
        want = o.log_softmax(z)
        other = o.log_softmax(z.transpose(0, -1)).transpose(0, -1)
        t.close(s.log_softmax(z), want, **TIGHT, mistakes={
            "These are probabilities; take their logarithm (without computing them first).": want.exp(),
            "The sign is turned round: log-probabilities are never positive.": -want,
            "You went along the first axis; the classes stand on the last one, dim=-1.": other,
            "You summed over the whole tensor: each row has a sum of its own, dim=-1, keepdim=True.": z - z.exp().sum().log(),
            "The sum is not taken off: that is the score minus the largest score.": z - z.amax(-1, keepdim=True),
        })  # fmt: skip


@ex.check("scores of 10,000", hint="Which exponential overflows, and which logarithm is taken of 0?")
def _(s, t):
    z = torch.tensor([[1e4, 1e4 - 1, 0.0], [-1e4, -1e4, -1e4], [50.0, 0.0, -1e3]], dtype=torch.float64)
    got, want = s.log_softmax(z), o.log_softmax(z)
    t.true(
        not (torch.is_tensor(got) and got.isnan().any()),
        "There is nan in the result: exp of a large score is inf, and inf / inf is nan. Subtract each row's largest score first.",
    )
    t.close(got, want, **TIGHT, mistakes={
        "A probability became 0 before you took its logarithm: compute score minus log of the sum, never log(softmax).":
            want.exp().log(),
        ONE_MAXIMUM: o.one_maximum(z),
    })  # fmt: skip


@ex.check(
    "each row has its own largest score", hint="One maximum for the whole tensor underflows in rows far below it."
)
def _(s, t):
    z = torch.tensor([[1000.0, 999.0], [-1000.0, -1001.0]], dtype=torch.float64)
    t.close(s.log_softmax(z), o.log_softmax(z), **TIGHT, mistakes={ONE_MAXIMUM: o.one_maximum(z)})


@ex.check("a forbidden class", hint="exp(-inf) is 0 and does no harm; do not replace it by something else.")
def _(s, t):
    z = torch.tensor([[2.0, -o.inf, 1.0], [-o.inf, 7.0, -o.inf]], dtype=torch.float64)
    want = torch.tensor([[-math.log1p(math.exp(-1)), -o.inf, -1 - math.log1p(math.exp(-1))], [-o.inf, 0.0, -o.inf]])
    t.close(s.log_softmax(z), want.double(), rtol=1e-6, atol=1e-7)


# ------------------------------------------------------------------------------------------------- token_loss
ex = exercise(
    "06.token_loss",
    title="The loss of a language model",
    points=3,
    names=("token_loss",),
    mask=HIDE,
    forbid=(*SOFTMAXES, *LOSSES),
    hints=[
        "First throw away the rows of padding: keep = ids != -100. What is left is an ordinary mean.",
        "log_p.gather(1, ids[:, None]) picks from each row the log-probability of its id.",
        "The smoothed loss of a row is -((1 - ε) · log p of the right class + ε · mean of all log p of the row).",
    ],
)


@ex.check("without padding or smoothing", hint="Minus the log-probability of the right class, averaged over the rows.")
def _(s, t):
    for seed, (n, v) in enumerate([(7, 3), (2, 11), (5, 5)]):
        z, ids = o.scores(seed, n, v), o.classes(seed, n, v)
        want = o.token_loss(z, ids)
        t.close(s.token_loss(z, ids), want, **TIGHT, mistakes={
            "The sign: a loss is minus the log-probability.": -want,
            "That is the sum; divide by the number of rows.": n * want,
            "You divided by the number of classes as well: the mean is over rows only.": want / v,
            "That is one loss a row: return their mean.": torch.tensor(o.row_losses(z, ids), dtype=torch.float64),
        })  # fmt: skip


@ex.check(
    "padding costs nothing and does not count",
    hint="-100 is no class: leave those rows out before indexing, and divide by the number of rows that are NOT padding.",
)
def _(s, t):
    z, ids = o.scores(3, 7, 5), torch.tensor([4, -100, 0, -100, 1, 3, -100])
    want = o.token_loss(z, ids)
    as_zero = o.row_losses(z, ids.clamp(min=0))
    t.close(s.token_loss(z, ids), want, "the loss with 3 of 7 rows padded", **TIGHT, mistakes={
        "Padding costs nothing, but it was counted: divide by the 4 rows that are real, not by 7.": want * 4 / 7,
        "The padding was turned into class 0 and still costs something: leave those rows out.":
            torch.tensor(sum(as_zero) / 7, dtype=torch.float64),
    })  # fmt: skip


@ex.check("label smoothing", hint="The target is 1 - ε + ε/v for the right class and ε/v for EVERY other one.")
def _(s, t):
    for seed, (n, v, eps) in enumerate([(3, 5, 0.1), (7, 2, 0.3), (2, 11, 1.0)]):
        z, ids = o.scores(seed, n, v), o.classes(seed, n, v)
        want, plain = o.token_loss(z, ids, eps), o.token_loss(z, ids)
        uniform = -o.log_softmax(z).mean()
        t.close(s.token_loss(z, ids, eps), want, f"the loss with smoothing {eps}", **TIGHT, mistakes={
            "`smoothing` was not used.": plain,
            "ε was shared among the v - 1 other classes; here all v classes get ε/v, the right one too.":
                o.token_loss(z, ids, eps, others_only=True),
            "The right class kept its full weight 1: it gets 1 - ε, and then ε/v like the others.": plain + eps * uniform,
            "The uniform part is summed over the classes, not averaged: ε times the MEAN log-probability.":
                (1 - eps) * plain + eps * v * uniform,
        })  # fmt: skip


@ex.check("padding, smoothing and large scores together", hint="Leave the padding out before the smoothing, not after.")
def _(s, t):
    z, ids = o.scores(5, 11, 7, size=500.0), o.classes(5, 11, 7)
    ids[[0, 3, 10]] = -100
    t.close(s.token_loss(z, ids, 0.2), o.token_loss(z, ids, 0.2), **TIGHT)


# ---------------------------------------------------------------------------------------------- loss_gradient
ex = exercise(
    "06.loss_gradient",
    title="Its gradient, by hand",
    points=2,
    names=("loss_gradient",),
    mask=HIDE,
    forbid=(*AUTOGRAD, *LOSSES),
    hints=[
        "For one row: the derivative of log Σ exp(z) by z_k is p_k, and that of -z_c is -1 for k = c.",
        "The mean over n rows: every row's gradient is divided by n.",
        "p[torch.arange(n), ids] -= 1 takes 1 from exactly one place in each row.",
    ],
)


@ex.check(
    "p minus y, divided by n",
    hint="Do the entries of each row sum to 0? Is only the right class negative? If shapes do not fit: one_hot(ids) has as many "
    "columns as the largest id asks for; one_hot(ids, v) has v.",
)
def _(s, t):
    for seed, (n, v) in enumerate([(5, 3), (2, 7), (3, 3)]):
        z, ids = o.scores(seed, n, v), o.classes(seed + 1, n, v)
        want = o.gradient(z, ids)
        p = o.log_softmax(z).exp()
        y = torch.nn.functional.one_hot(ids, v).double()
        t.close(s.loss_gradient(z, ids), want, "the gradient", **TIGHT, mistakes={
            "The mean over the rows divides each row's gradient by n.": n * want,
            "The sign: the gradient is p - y; y - p is the direction of the step.": -want,
            "You divided by n · v: the mean is over rows only.": want / v,
            "1 was taken from every row at every id: index with torch.arange(n) and ids together.": o.all_rows_changed(z, ids),
            "That is the derivative by the probability, -1/p; by the logits it is p - y.": -y / p / n,
            "y is missing: subtract 1 at the right class.": p / n,
        })  # fmt: skip


@ex.check(
    "one row, and a sure one",
    hint="A row that is sure and right has a gradient of nearly 0. If shapes do not fit: say one_hot(ids, v), not one_hot(ids).",
)
def _(s, t):
    z = torch.tensor([[1e4, 0.0, -1e4]], dtype=torch.float64)
    for right in range(3):
        ids = torch.tensor([right])
        t.close(s.loss_gradient(z, ids), o.gradient(z, ids), "the gradient", **TIGHT, mistakes={
            "y has a single column and was spread over all classes: say one_hot(ids, v), with the number of classes.":
                o.log_softmax(z).exp() - 1,
        })  # fmt: skip


@ex.check(
    "the logits stay as they were", hint="`-=` on the logits themselves changes the caller's tensor; make a new one."
)
def _(s, t):
    z, ids = o.scores(7, 3, 5), o.classes(7, 3, 5)
    after = s.run("loss_gradient(logits, ids); result = logits", logits=z, ids=ids)
    t.close(after, z, "the logits after the call", rtol=0, atol=0)


# ------------------------------------------------------------------------------------------------ categorical
ex = exercise(
    "06.categorical",
    title="Count, and compare two distributions",
    points=3,
    names=("fit_categorical", "kl"),
    mask=HIDE,
    forbid=("torch.kl_div", "torch.KLDivLoss", "torch.distributions"),
    hints=[
        "The best probabilities for data that were counted are the shares that were counted, also 0 for what never occurred.",
        "torch.bincount(torch.tensor(ids), minlength=v) counts all v classes.",
        "For kl go through the pairs (p_k, q_k): skip p_k = 0, return inf for q_k = 0, else add p_k · log(p_k / q_k).",
    ],
)


@ex.check("counts become shares", hint="v numbers that sum to 1; a class that never occurred gets 0.")
def _(s, t):
    for ids, v in (([0, 2, 0, 2], 3), ([4], 7), ([1, 1, 0, 4, 1, 2, 4], 5)):
        want = o.shares(ids, v)
        t.close(s.fit_categorical(ids, v), want, f"the probabilities of {ids} with v = {v}", rtol=1e-6, mistakes={
            "These are counts; divide by how many ids there are.": want * len(ids),
            "1 was added to every count: that is smoothing; maximum likelihood gives 0 to what never occurred.": o.shares(ids, v, 1),
            "Classes that never occurred are missing: the result has v entries (minlength=v).":
                torch.tensor([x for x in want.tolist() if x], dtype=torch.float64),
            "You divided by the number of classes, not by the number of ids.": want * len(ids) / v,
            "Classes behind the largest id are missing: the result has v entries (minlength=v).": want[: max(ids) + 1],
        })  # fmt: skip


@ex.check("the divergence", hint="Σ p · (log p - log q): which of the two stands in front, and which is averaged over?")
def _(s, t):
    for seed, v in enumerate((2, 5, 11)):
        p, q = o.distribution(seed, v), o.distribution(seed + 50, v)
        want = o.kl(p, q)
        t.close(s.kl(p, q), want, "KL(p ‖ q)", rtol=1e-6, atol=1e-8, mistakes={
            "That is KL(q ‖ p): the average is over p, the FIRST argument.": o.kl(q, p),
            "That is the cross-entropy; take off the entropy of p: log(p / q), not log q alone.":
                -sum(a * math.log(b) for a, b in zip(p.tolist(), q.tolist(), strict=True)),
            "The logarithm has base 2: nats have the natural one.": want / math.log(2),
            "That is the mean over the classes: KL is the sum.": want / v,
            "The sign is turned round: KL is never negative.": -want,
            "The terms of the sum lost their signs: single ones may be negative.":
                sum(abs(a * math.log(a / b)) for a, b in zip(p.tolist(), q.tolist(), strict=True)),
        })  # fmt: skip


@ex.check(
    "zeros",
    hint="0 · log 0 counts as 0. Where q = 0 but p > 0 the divergence is infinite: a small number added to q only hides it.",
)
def _(s, t):
    half, sure = torch.tensor([0.5, 0.0, 0.5], dtype=torch.float64), torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    t.close(s.kl(sure, half), math.log(2), "KL of (1, 0, 0) and (.5, 0, .5)", mistakes={
        "0 · log 0 is nan in floating point: leave out the classes with p = 0.": math.nan,
    })  # fmt: skip
    t.eq(s.kl(half, sure), o.inf, "KL of (.5, 0, .5) and (1, 0, 0)", mistakes={
        "Classes with q = 0 were left out: only those with p = 0 may be.": 0.5 * math.log(0.5),
        "0 · log 0 is nan in floating point: leave out the classes with p = 0.": math.nan,
    })  # fmt: skip
    t.close(s.kl(half, half), 0.0, "KL of a distribution with itself")
