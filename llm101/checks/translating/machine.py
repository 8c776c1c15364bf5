"""The checks of lesson 10, first half: what the decoder reads, what it is made of, how it looks back."""

import torch

from llm101.check import exercise
from llm101.checks.translating import oracles as o

HIDE = ("llm101.nn", "llm101.models", "llm101.generate", "llm101.evaluate", "llm101.optim", "llm101.train")

# ---------------------------------------------------------------------------------------------------- shifted
ex = exercise(
    "10.shifted",
    title="What the decoder reads",
    points=2,
    names=("shifted",),
    mask=HIDE,
    hints=[
        "Every sentence of n words gives n + 1 places: it reads <s> and the n words, and says the n words and </s>.",
        "Make both lists of each sentence first; then fill them up to the longest, with another filler in each.",
        "[1, *ids] + [0] * missing, and [*ids, 2] + [-100] * missing, with missing = longest - len(ids).",
    ],
)


@ex.check("one sentence", hint="shifted([[5, 6]]) is ([[1, 5, 6]], [[5, 6, 2]]): reading 1, say 5.")
def _(s, t):
    for ids in ([5, 6, 7], [9], [3, 4, 3, 4, 3]):
        inputs, labels = o.shifted([ids])
        got = s.shifted([ids])
        t.eq(got[0], inputs, what="what is read", mistakes={
            "The decoder reads the word that it has to say: it would learn to copy. Put <s> in front.": labels,
            "The end of the sentence is read, too: after </s> nothing is to be said.": torch.tensor([[1, *ids, 2]]),
        })  # fmt: skip
        t.eq(got[1], labels, what="what is said", mistakes={
            "The labels begin with <s>: nobody has to say it.": torch.tensor([[1, *ids]]),
            "The labels lack </s>: the model would never learn to stop.": torch.tensor([[*ids, -100]]),
        })  # fmt: skip


@ex.check(
    "several sentences, filled up",
    hint="Both tensors are (b, longest + 1). Behind its last word a shorter sentence reads 0 only, and says </s> and then -100.",
)
def _(s, t):
    for sentences in ([[5, 6, 7], [8]], [[3], [4, 5], [6, 7, 8, 9, 10]]):
        inputs, labels = o.shifted(sentences)
        got = s.shifted(sentences)
        t.eq(got[0], inputs, what="what is read", mistakes={
            "-100 is no word: it fills the labels; what is read is filled with 0.": inputs.masked_fill(inputs == 0, -100),
            "The decoder reads </s> in a shorter sentence: harmless, but it is not asked for; fill with 0 there.": end_read(sentences),
        })  # fmt: skip
        t.eq(got[1], labels, what="what is said", mistakes={
            "The labels are filled with 0, and the loss would count the padding: fill them with -100.": labels.masked_fill(labels == -100, 0),
            "</s> stands at the end of the padding; it comes right behind the last word.": last_end(labels),
        })  # fmt: skip


def end_read(sentences: list[list[int]]) -> torch.Tensor:
    """What the slice `whole[:, :-1]` reads: the end token too, where the sentence is not the longest."""
    rows = [[1, *ids, 2] for ids in sentences]
    longest = max(len(row) for row in rows)
    return torch.tensor([(row + [0] * (longest - len(row)))[:-1] for row in rows])


def last_end(labels: torch.Tensor) -> torch.Tensor:
    """The labels with the end token in the last column."""
    moved = labels.masked_fill(labels == 2, -100)
    moved[:, -1] = 2
    return moved


# ------------------------------------------------------------------------------------------------- parameters
ex = exercise(
    "10.parameters",
    title="Count it",
    points=2,
    names=("count_parameters",),
    mask=HIDE,
    hints=[
        "An attention has four matrices d x d and no bias. A feed-forward layer has two matrices and two biases.",
        "A norm has 2 d. An encoder layer has two norms, a decoder layer three.",
        "The decoder layer has two attentions. The table is counted once: it is shared.",
    ],
)


@ex.check("base, big, and small ones", hint="Base is 63,045,632 and big 214,171,648, both with a vocabulary of 37,000.")
def _(s, t):
    # the small ones first: where f = 4 d, the norms are as many as the biases
    for v, d, n, f in ((11, 6, 2, 7), (101, 30, 3, 53), (37000, 512, 6, 2048), (37000, 1024, 6, 4096)):
        layer = 4 * d * d + 2 * d
        norms, biases = n * 5 * 2 * d, n * 2 * (f + d)
        t.eq(s.count_parameters(v, d, n, f), o.parameters(v, d, n, f), mistakes={
            "The cross-attention with its norm is missing: a decoder layer has two attentions and three norms.": o.parameters(v, d, n, f) - n * layer,
            "The table was counted twice: source, target and output share one.": o.parameters(v, d, n, f) + v * d,
            "The table was counted three times: source, target and output share one.": o.parameters(v, d, n, f) + 2 * v * d,
            "The norms are missing: 2 d each, a gain and a bias.": o.parameters(v, d, n, f) - norms,
            "The biases of the feed-forward layers are missing: f and d.": o.parameters(v, d, n, f) - biases,
            "The attentions have no biases here.": o.parameters(v, d, n, f) + n * 3 * 4 * d,
            "The norm of the cross-attention is missing.": o.parameters(v, d, n, f) - n * 2 * d,
        })  # fmt: skip


# ------------------------------------------------------------------------------------------------------- noam
ex = exercise(
    "10.noam",
    title="Up, then down",
    points=1,
    names=("noam_rate",),
    mask=HIDE,
    hints=[
        "Two branches, one that rises with the step and one that falls. They meet at step = warmup. Which function picks the lower one?",
        "The rising one is step * warmup ** -1.5, the falling one step ** -0.5.",
        "min(step ** -0.5, step * warmup ** -1.5), times d ** -0.5.",
    ],
)


@ex.check("the rate at many steps", hint="At step = warmup both branches give (d * warmup) ** -0.5.")
def _(s, t):
    for d, warmup in ((512, 4000), (1024, 8000), (7, 11)):
        for step in (1, 5, warmup // 2, warmup, warmup + 1, 3 * warmup, 100_000):
            want = o.noam(step, d, warmup)
            t.close(s.noam_rate(step, d, warmup), want, rtol=1e-9, atol=0, mistakes={
                "max for min: the rate would start near infinity.": d**-0.5 * max(step**-0.5, step * warmup**-1.5),
                "The width is missing: d ** -0.5.": want * d**0.5,
                "Multiply by d ** -0.5: wider models get smaller rates.": want * d,
                "The rising branch is step * warmup ** -1.5, so that both meet at the warm-up.": d**-0.5 * min(step**-0.5, step / warmup),
                "There is no falling branch: after the warm-up it is step ** -0.5.": d**-0.5 * min(warmup**-0.5, step * warmup**-1.5),
            })  # fmt: skip


# ------------------------------------------------------------------------------------------------------ cross
ex = exercise(
    "10.cross",
    title="The bridge",
    points=3,
    names=("cross_attention",),
    mask=HIDE,
    forbid=("torch.scaled_dot_product_attention", "torch.MultiheadAttention"),
    hints=[
        "Queries from x, keys and values from memory: q is (b t d), k and v are (b n d).",
        "y.unflatten(-1, (n_heads, -1)).transpose(1, 2) makes (b h t k). Scores are (b h t n), divided by sqrt(k).",
        "keep[:, None, None, :] has the shape (b 1 1 n). masked_fill(~keep, -inf) before the softmax over the last axis; then "
        "(weights @ v).transpose(1, 2).flatten(2) @ w['o'].",
    ],
)
CLOSE = {"rtol": 1e-8, "atol": 1e-9}


def one_head(x, memory, w, keep, k):
    """Without dividing into heads, with the scale of a head."""
    scores = (x @ w["q"]) @ (memory @ w["k"]).transpose(1, 2) / k**0.5
    return scores.masked_fill(~keep[:, None], -torch.inf).softmax(-1) @ (memory @ w["v"]) @ w["o"]


@ex.check(
    "one head, nothing padded",
    hint="Queries from x (b t d), keys and values both from memory (b n d): scores are (b h t n). The result has the shape of x.",
)
def _(s, t):
    for seed in range(3):
        a = o.random_cross(seed, h=1)
        a["keep"][:] = True
        want = o.cross(*a.values())
        k = a["x"].shape[-1]
        weights = ((a["x"] @ a["w"]["q"]) @ (a["memory"] @ a["w"]["k"]).transpose(1, 2)).softmax(-1)
        plain = weights @ (a["memory"] @ a["w"]["v"]) @ a["w"]["o"]
        whole = one_head(a["x"], a["memory"], a["w"], a["keep"], k)
        t.close(s.cross_attention(*a.values()), want, **CLOSE, mistakes={
            "Every word is forbidden, and the softmax of nothing is nan: in keep True means that a word may be seen.": torch.full_like(want, torch.nan),
            "The scores are not divided by sqrt(k).": plain,
            "The output matrix w['o'] is missing.": torch.linalg.solve(a["w"]["o"].T, whole.transpose(1, 2)).transpose(1, 2),
            "That is self-attention: keys and values come from the memory.": o.cross(a["x"], a["x"], a["w"], 1, a["keep"][:, :3]),
        })  # fmt: skip


@ex.check("several heads", hint="Each head has its own columns: divide the last axis into (h, k), in this order.")
def _(s, t):
    for seed, h in enumerate((2, 3, 5)):
        a = o.random_cross(seed, h=h)
        a["keep"][:] = True
        d = a["x"].shape[-1]
        t.close(s.cross_attention(*a.values()), o.cross(*a.values()), **CLOSE, mistakes={
            "All heads were one: each takes its own softmax over its own k = d / h columns.": one_head(a["x"], a["memory"], a["w"], a["keep"], d),
            "The scale is 1/sqrt(k) with k = d / h, not 1/sqrt(d).": o.cross(a["x"], a["memory"], a["w"] | {"q": a["w"]["q"] / h**0.5}, h, a["keep"]),
        })  # fmt: skip


@ex.check("padding is not seen", hint="keep is (b n), True = a real word; forbid the others before the softmax.")
def _(s, t):
    for seed in range(3):
        a = o.random_cross(seed)
        unmasked = o.cross(a["x"], a["memory"], a["w"], a["n_heads"], torch.ones_like(a["keep"]))
        emptied = a["memory"] * a["keep"][..., None]
        t.close(s.cross_attention(*a.values()), o.cross(*a.values()), **CLOSE, mistakes={
            "The padding is looked at: use keep.": unmasked,
            "The weights of the padding were set to 0 after the softmax, so the rest no longer sums to 1.": after_softmax(**a),
            "The memory of the padding was emptied; a score of 0 is not forbidden, it still gets weight.": o.cross(a["x"], emptied, a["w"], a["n_heads"], torch.ones_like(a["keep"])),
        })  # fmt: skip


def after_softmax(x, memory, w, n_heads, keep):
    """The mistake of masking too late."""
    q, k, v = (y.unflatten(-1, (n_heads, -1)).transpose(1, 2) for y in (x @ w["q"], memory @ w["k"], memory @ w["v"]))
    weights = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1) * keep[:, None, None]
    return (weights @ v).transpose(1, 2).flatten(2) @ w["o"]
