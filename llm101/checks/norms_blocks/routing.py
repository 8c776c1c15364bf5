"""The checks of lesson 09: the router, and what keeps it even."""

import torch

from llm101.check import exercise
from llm101.checks.norms_blocks import oracles as o

HIDE = ("llm101.nn",)
TIGHT = {"rtol": 1e-9, "atol": 1e-10}
LOOSE = {"rtol": 1e-5, "atol": 1e-6}  # counts / m is float32 in torch

# ------------------------------------------------------------------------------------------------------ route
ex = exercise(
    "09.route",
    title="A router with capacity",
    points=3,
    names=("route",),
    mask=HIDE,
    hints=[
        "probabilities = logits.softmax(-1); gates, experts = probabilities.max(-1).",
        "kept: walk through the tokens and count how many each expert has taken so far.",
        "In one line: (F.one_hot(experts, e).cumsum(0))[row, experts[row]] is the place of a token in its expert's queue.",
    ],
)
CALL = "e, g, k = route(logits, capacity); result = (e, g, k)"


@ex.check("the best expert and its probability", hint="softmax over the experts, then the largest.")
def _(s, t):
    logits = o.numbers(0, 11, 5)
    experts, gates, _ = o.route(logits, 11)
    got = s.run(CALL, logits=logits, capacity=11)
    second = logits.topk(2).indices[:, 1]
    t.eq(got[0].tolist(), experts, "experts", mistakes={
        "That is the worst expert: take the largest probability.": logits.argmin(-1).tolist(),
        "That is the second best expert.": second.tolist(),
        "The best TOKEN of each expert was taken; each token chooses (the last axis).": logits.argmax(0).tolist(),
    })  # fmt: skip
    want = torch.tensor(gates, dtype=torch.float64)
    t.close(got[1], want, "gates", **TIGHT, mistakes={
        "The softmax ran over the tokens; each token's probabilities sum to 1.":
            logits.softmax(0).gather(-1, torch.tensor(experts)[:, None])[:, 0],
        "The gate is a probability, not the raw score.": logits.amax(-1),
        "A gate of 1 has no slope: the router would never learn.": torch.ones_like(want),
        "The softmax was taken twice.": logits.softmax(-1).softmax(-1).amax(-1),
    })  # fmt: skip


@ex.check(
    "a full expert turns tokens away", hint="The first `capacity` tokens that chose an expert are kept, in order."
)
def _(s, t):
    for seed, capacity in ((1, 2), (2, 1), (3, 3)):
        logits = o.numbers(seed, 13, 3)
        logits[:, 0] += 2  # a favourite
        experts, _, kept = o.route(logits, capacity)
        got = s.run(CALL, logits=logits, capacity=capacity)
        seen = [experts[:i].count(e) for i, e in enumerate(experts)]
        later = [experts[i + 1 :].count(e) for i, e in enumerate(experts)]
        t.eq(got[2].tolist(), kept, f"kept with capacity {capacity}, for the experts {experts}", mistakes={
            "One token too many: an expert with `capacity` tokens is full.": [n <= capacity for n in seen],
            "One token too few: the token itself does not count before it comes.": [n + 1 < capacity for n in seen],
            "The LAST tokens were kept; it is first come, first served.": [n < capacity for n in later],
            "Nobody was turned away.": [True] * 13,
            "The capacity was taken for all experts together.": [i < capacity for i in range(13)],
            "True and False are exchanged: True = kept.": [not k for k in kept],
        })  # fmt: skip


# ---------------------------------------------------------------------------------------------------- balance
ex = exercise(
    "09.balance",
    title="The balance loss",
    points=2,
    names=("balance",),
    mask=HIDE,
    hints=[
        "f: torch.bincount(experts, minlength=e) divided by the number of tokens.",
        "P: the mean of the probabilities over the tokens, one number an expert.",
        "e * (f * P).sum().",
    ],
)


@ex.check("E Σ f P", hint="f counts choices, P averages probabilities; both have one entry an expert.")
def _(s, t):
    for seed, (m, n) in enumerate([(11, 3), (7, 5), (13, 2)]):
        p = o.numbers(seed, m, n).softmax(-1)
        experts = torch.randint(n, (m,), generator=torch.Generator().manual_seed(seed))
        want = o.balance(p, experts.tolist())
        f = torch.bincount(experts, minlength=n) / m
        t.close(s.balance(p, experts), want, f"balance of {m} tokens and {n} experts", **LOOSE, mistakes={
            "The factor E is missing: an even router gives 1.": want / n,
            "Off by the number of tokens: f is a SHARE of them, P is a MEAN over them.": want * m,
            "Only P was used; f says where the tokens really went.": (n * p.mean(0).square().sum()).item(),
            "Only f was used; it has no slope, so the router would learn nothing.": (n * f.square().sum()).item(),
        })  # fmt: skip


@ex.check("even is 1, and an expert without tokens counts", hint="bincount needs minlength=e.")
def _(s, t):
    even = torch.full((6, 3), 1 / 3, dtype=torch.float64)
    t.close(s.balance(even, torch.tensor([0, 1, 2, 0, 1, 2])), 1.0, "balance of an even router", **LOOSE)
    p = torch.tensor([[0.9, 0.06, 0.04]] * 5, dtype=torch.float64)
    t.close(s.balance(p, torch.zeros(5, dtype=torch.int64)), 2.7, "balance when expert 0 of 3 gets everything", **LOOSE)


@ex.check("the probabilities get a gradient", hint="Stay with tensors: .item() and .tolist() cut the slope.")
def _(s, t):
    code = "p.requires_grad_(); loss = balance(p, e); loss.backward(); result = p.grad"
    p, e = o.numbers(5, 7, 3).softmax(-1), torch.tensor([0, 0, 0, 1, 2, 0, 0])
    want = (3 / 7 * torch.tensor([5, 1, 1], dtype=torch.float64) / 7).expand(7, 3)
    t.close(s.run(code, p=p, e=e), want, "gradient by the probabilities", **LOOSE)
