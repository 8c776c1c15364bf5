# ---
# title: Attention
# minutes: 180
# cpu_seconds: 45
# ram_mb: 1000
# ---

# %% [markdown]
# # 07 · Attention
#
# **The question.** A token's vector says what the token is. How does it find out what the *other* tokens say?
#
# **You will be able to**
#
# - write attention down, as a formula and as code, and say what each part is for: queries, keys, values, $\sqrt{d_k}$,
#   masks, heads;
# - count what it costs in operations and memory, and say what the KV cache, MQA, GQA, sparse patterns and FlashAttention save;
# - find out what a head of a trained model does, and say what an attention map does *not* prove.
#
# **Time** three hours; a good place for a break is before step 8 (the cache). At a first reading, skim the published
# models (step 9) and sparse patterns (step 10). **You need** [lesson 06](06_losses.ipynb) (softmax, cross-entropy) and
# dot products ([lesson 04](04_embeddings.ipynb)).

# %%
import math
from contextlib import ExitStack
from functools import partial

import llm101
import torch
from IPython.display import HTML, display
from llm101 import show
from llm101.viz.plots import PALETTE, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.tokens import table, token_row
from llm101.viz.widgets import dial
from torch import nn
from torch.nn import functional as F

llm101.setup(seed=0)

# %% [markdown]
# ## A first result
#
# We draw 8 to 16 different words from a list of 32, in random order, and repeat them until the line has 32 words.
# Practically no line comes twice. A model sees 11,200 such lines and predicts each next word. When a word appears for
# the first time, nobody could know it. When the words come round again, a reader *can* know. One way: look where this
# word stood last time, and say what came after it.

# %%
NAMES = """ant bee cat dog elk fox gnu hen ape bat cod cow crab crow deer dove
duck eel emu frog goat hare ibex jay kite lark lion lynx mole moth newt owl"""
WORDS = NAMES.split()


def songs(n, generator, low=8, high=16, length=32):
    """n lines of ids (n, length), and whether each word can be known (n, length)."""
    period = torch.randint(low, high + 1, (n, 1), generator=generator)
    order = torch.rand(n, 32, generator=generator).argsort(1)  # the words, shuffled for each line
    place = torch.arange(length).expand(n, length)
    return order.gather(1, place % period), place > period


ids, known = songs(3, torch.Generator().manual_seed(1))
for line, can_tell in zip(ids.tolist(), known.tolist()):
    print(*(WORDS[i].upper() if k else WORDS[i] for i, k in zip(line[:22], can_tell)), "...")
assert not (ids[0][:8, None] == ids[0][:8]).fill_diagonal_(False).any()

# %% [markdown]
# (In capitals: what a reader can know. The very first repeated word is not among them: when a line starts again is
# random.) Now the model: two layers of attention, nothing else. You need not understand this cell yet. After this
# lesson you will understand its attention; lessons 08 to 10 bring the rest.

# %%
from llm101.models.assemblies import CausalLM
from llm101.nn.attention import Attention
from llm101.nn.blocks import Stack
from llm101.nn.embed import Embedder
from llm101.nn.norms import LayerNorm
from llm101.nn.rotary import Rotary


class OnlyAttention(nn.Module):
    """A layer of a Transformer without its other half: x + attention(norm(x))."""

    def __init__(self):
        super().__init__()
        self.norm, self.attention = LayerNorm(64), Attention(64, 4)  # width 64, 4 heads

    def forward(self, x, sight, cache=None):
        return x + self.attention(self.norm(x), sight, cache)


def singer(seed, low=8, high=16, steps=350, layers=2):
    """A model trained on songs, and its loss (nats) on new and on knowable words at each step."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    last_norm = partial(LayerNorm, 64)
    stack = Stack(OnlyAttention, layers, position=Rotary(16), norm=last_norm)  # Rotary: lesson 08
    model, curve = CausalLM(Embedder(32, 64), stack), []
    for weight in model.parameters():
        if weight.ndim == 2:
            nn.init.normal_(weight, std=0.08, generator=generator)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.0)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 6e-3 * min(1, step / 20, 3 * (1 - step / steps))
        ids, known = songs(32, generator, low, high)
        loss = F.cross_entropy(model(ids)[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
        optimizer.zero_grad()
        loss.mean().backward()
        optimizer.step()
        curve.append((loss[~known[:, 1:]].mean().item(), loss[known[:, 1:]].mean().item()))
    return model, curve


model, curve = singer(seed=0)
new, again = (torch.tensor(curve[-20:]).mean(0)).tolist()
print(f"loss on new words: ~{new:.2f} nats · on words that can be known: ~{again:.3f} nats")
fig, (axis,) = figure(height=3)
curves = {"new words": [c[0] for c in curve], "words that can be known": [c[1] for c in curve]}
lines(axis, {k: (range(len(c)), c) for k, c in curves.items()}, x="step", y="loss (nats a word)")
axis.axhline(math.log(32), color="#888888", linestyle=":")
axis.set_title("dotted: one of 32 words, guessed", fontsize=10)
assert new > 3.0
assert again < 0.3

# %% [markdown]
# **What to see.** The loss on new words stays near $\ln 32 = 3.47$, that of a plain guess, and above it as long as the
# model takes new words for known ones. The loss on the others sinks slowly for a hundred steps or more, then fast, to
# nearly nothing. No table of counts (lesson 04) can do that: every line has its own order, so over all lines every pair
# of words is equally frequent. The model did not learn which word follows which. It learnt to *look it up* in the line.
# The operation that looks up is **attention**.

# %% [markdown]
# ## Step 1 · A dictionary that answers approximately
#
# *What is a lookup that can be trained?* A Python dictionary compares your query with its keys and returns the value of
# the key that is equal. There is no slope in that: a slightly different key gives nothing at all. Soften it in two
# moves. Let queries and keys be vectors and compare them with a **dot product**, which is large where they point the
# same way. And return not one value but a mix of all, with **softmax** weights. Three fruits, with a vector and a price
# each, and the query "like an apple":

# %%
keys = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], dtype=torch.float64)  # apple, pear, plum
prices = torch.tensor([3.0, 5.0, 2.0], dtype=torch.float64)
query = torch.tensor([1.0, 0.0], dtype=torch.float64)


def soft_lookup(query, keys, values, sharpness=1.0):
    scores = [sharpness * sum(q * k for q, k in zip(query, key)) for key in keys.tolist()]
    total = sum(math.exp(s) for s in scores)
    weights = [math.exp(s) / total for s in scores]
    return scores, weights, sum(w * v for w, v in zip(weights, values))


scores, weights, price = soft_lookup(query.tolist(), keys, prices.tolist())
print("scores ", *(f"{s:.1f}" for s in scores))
print("weights", *(f"{w:.3f}" for w in weights))
print(f"answer  {price:.3f} = " + " + ".join(f"{w:.3f} × {v:g}" for w, v in zip(weights, prices)))
in_one_line = (query @ keys.T).softmax(-1) @ prices
assert math.isclose(price, in_one_line.item(), rel_tol=1e-12)

# %% [markdown]
# The whole lookup is `(query @ keys.T).softmax(-1) @ values`, and every part of it has a gradient. How sharp it is
# depends on the size of the scores. **Predict** before you turn the dial: what is the answer when all scores are
# multiplied by 0, and what when they are multiplied by 20?


# %%
def lookup_picture(sharpness):
    _, weights, price = soft_lookup(query.tolist(), keys, prices.tolist(), sharpness)
    bar = '<div style="background:{};height:12px;width:{}px;display:inline-block"></div> {:.3f}'
    fruits = zip(("apple", "pear", "plum"), prices.tolist(), weights)
    rows = [[n, f"{v:g}", bar.format(PALETTE[5], round(200 * w), w)] for n, v, w in fruits]
    head = f"scores × {sharpness:g}: the answer is {price:.3f}"
    return head + table(["key", "value", "weight"], rows, raw=True).data


dial(lookup_picture, [0, 0.5, 1, 2, 5, 10, 20, 50], start=1, label="scores ×")

# %% [markdown]
# *Without a running kernel the dial is dead; here are three of its positions.*

# %%
display(HTML("".join(lookup_picture(sharpness) for sharpness in (0, 20, 50))))
assert math.isclose(soft_lookup([1, 0], keys, prices.tolist(), 0)[2], 10 / 3, rel_tol=1e-12)
assert abs(soft_lookup([1, 0], keys, prices.tolist(), 50)[2] - 3) < 1e-3

# %% [markdown]
# At 0 it is the plain mean, at 20 nearly the hard dictionary, at 50 practically that. Training can choose anything
# between, since the size of the query is in its hands.

# %% [markdown]
# ## Step 2 · Self-attention: every token asks every token
#
# *Who asks, who answers, and with what?* The tokens themselves. Each token's vector $x_i$ is multiplied by three matrices:
#
# - its **query** $q_i = x_i W_Q$: what it is looking for;
# - its **key** $k_i = x_i W_K$: what it can be found by;
# - its **value** $v_i = x_i W_V$: what it hands over when found.
#
# With one row a token the whole of it is the formula of the paper (Vaswani et al. 2017, equation 1):
#
# $$ \text{Attention}(Q, K, V) = \text{softmax}\Bigl(\frac{Q K^\top}{\sqrt{d_k}}\Bigr) V, \qquad Q = X W_Q,\; K = X W_K,\; V = X W_V. $$
#
# $d_k$ is the width of a query and of a key; step 4 is about the root. Three tokens with two numbers each, to follow on paper:

# %%
X = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
W_Q = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
W_K = torch.tensor([[0.0, 2.0], [1.0, 0.0]], dtype=torch.float64)
W_V = torch.tensor([[1.0, 0.0], [0.0, 10.0]], dtype=torch.float64)

Q, K, V = X @ W_Q, X @ W_K, X @ W_V
raw = Q @ K.T  # row i: the scores of query i
A = (raw / math.sqrt(2)).softmax(-1)
head = ["token", "q", "k", "v", "scores q·k", "weights", "result"]
rows = [
    [i, *(" ".join(f"{n:g}" for n in m[i].tolist()) for m in (Q, K, V, raw))]
    + [" ".join(f"{n:.2f}" for n in m[i].tolist()) for m in (A, A @ V)]
    for i in range(3)
]
assert raw.tolist() == [[0, 1, 1], [2, 0, 2], [2, 1, 3]]
assert torch.allclose(A.sum(-1), torch.ones(3, dtype=torch.float64))
table(head, rows)

# %% [markdown]
# Row 1 has the scores 2, 0, 2: it takes equal parts of tokens 0 and 2 and little of itself. Now the same for any sizes,
# three times: as loops that a beginner would write, as the formula, and as the package has it, beside torch. (`fused`
# calls torch's *kernel*, a compiled program.)

# %%
from llm101.nn.attention import fused, scaled_dot_product


def attention_by_loops(q, k, v):
    out = torch.zeros(len(q), v.shape[1], dtype=q.dtype)
    for i in range(len(q)):
        scores = [sum(a * b for a, b in zip(q[i], key)) / math.sqrt(q.shape[1]) for key in k]
        total = sum(math.exp(s) for s in scores)
        for score, value in zip(scores, v):
            out[i] += math.exp(score) / total * value
    return out


def attention(q, k, v):
    return (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1) @ v


def random(*shape):
    return torch.randn(*shape, dtype=torch.float64)


q, k, v = random(5, 3), random(7, 3), random(7, 2)  # 5 ask, 7 answer
want = attention_by_loops(q, k, v)
batched = [x[None, None] for x in (q, k, v)]  # the package has axes for batch and heads in front
for got in (attention(q, k, v), scaled_dot_product(*batched)[0, 0], fused(*batched)[0, 0]):
    assert torch.allclose(got, want, rtol=1e-10, atol=1e-12)
assert torch.allclose(F.scaled_dot_product_attention(q, k, v), want, rtol=1e-10, atol=1e-12)
print("loops = formula = package, written out and fused = torch:", tuple(want.shape))

# %% [markdown]
# **Any length, no order.** Nothing in the three matrices depends on how many tokens there are: the same weights read
# three words or thirty. And nothing depends on where a token stands. Shuffle the tokens, and the results are the same,
# shuffled (*permutation equivariance*). So attention alone takes "dog bites man" for "man bites dog"; positions are put
# in separately, in lesson 08.

# %%
W = [random(4, 4) for _ in range(3)]


def self_attention(x):
    return attention(*(x @ w for w in W))


x = random(11, 4)
order = torch.tensor([3, 0, 10, 7, 1, 9, 2, 8, 4, 6, 5])
assert torch.allclose(self_attention(x[order]), self_attention(x)[order], rtol=1e-10, atol=1e-12)
assert self_attention(random(30, 4)).shape == (30, 4)
print("shuffled in, shuffled out; 11 tokens or 30, the same three matrices")

# %% [markdown]
# ## Step 3 · Why three matrices?
#
# *Could one matrix serve for queries and keys?* Then $W_Q = W_K = W$, and the scores are $X W W^\top X^\top$, a
# symmetric matrix: token $i$ asks token $j$ exactly as strongly as $j$ asks $i$. And since $|q_i - q_j|^2 \ge 0$,
# always $s_{ii} + s_{jj} \ge 2 s_{ij}$: two tokens can never both prefer each other to themselves.

# %%
x, W_1, W_2 = random(7, 5), random(5, 3), random(5, 3)
tied, untied = (x @ W_1) @ (x @ W_1).T, (x @ W_1) @ (x @ W_2).T
own = tied.diagonal()
assert torch.allclose(tied, tied.T)
assert not torch.allclose(untied, untied.T)
assert (own[:, None] + own >= 2 * tied - 1e-9).all()
print(f"largest |s_ij - s_ji|, one matrix: 0 · two: {(untied - untied.T).abs().max():.1f}")

# %% [markdown]
# Does that hurt? A game that needs a direction. Eight people stand in a row in random order. Each has a number from 0
# to 7 on the shirt and holds a card with one of eight colours. Everyone must name the colour held by *the next number*
# (7 asks 0). So 3 looks for 4, but 4 does not look for 3. We train one attention layer on it with three matrices, with
# $W_K = W_V$, and with $W_Q = W_K$. **Predict:** which of the three fails?


# %%
class Lookup(nn.Module):
    """Numbers and colours (b, t, 2) -> scores of colours (b, t, questions, 8)."""

    def __init__(self, heads=1, questions=1, people=8, width=32, scale=None, tie=None):
        super().__init__()
        self.number, self.colour = nn.Embedding(people, width), nn.Embedding(8, width)
        self.attention = Attention(width, heads, bias=False, scale=scale)
        self.answer = nn.Linear(width, 8 * questions)
        for weight in self.attention.parameters():
            nn.init.normal_(weight, std=width**-0.5)  # keeps the variance of what passes
        if tie == "W_Q = W_K":
            self.attention.k_proj = self.attention.q_proj
        if tie == "W_K = W_V":
            self.attention.v_proj = self.attention.k_proj

    def forward(self, cards):
        x = self.number(cards[..., 0]) + self.colour(cards[..., 1])
        return self.answer(self.attention(x)).unflatten(-1, (-1, 8))


def deal(n, people=8, questions=1):
    """n games: cards (n, people, 2), and the right answers (n, people, questions)."""
    number = torch.rand(n, people).argsort(1)
    colour = torch.randint(8, (n, people))
    held_by = torch.empty_like(colour).scatter_(1, number, colour)  # colour by number
    right = [held_by.gather(1, (number + i + 1) % people) for i in range(questions)]
    return torch.stack([number, colour], -1), torch.stack(right, -1)


def play(seed, steps=200, lr=5e-3, people=8, questions=1, **options):
    """Train on fresh games; returns the model and its share of right answers on new ones."""
    torch.manual_seed(seed)
    model = Lookup(people=people, questions=questions, **options)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    for _ in range(steps):
        cards, right = deal(64, people, questions)
        loss = F.cross_entropy(model(cards).flatten(0, 2), right.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, accuracy(model, people, questions)


@torch.no_grad()
def accuracy(model, people=8, questions=1):
    cards, right = deal(500, people, questions)
    return (model(cards).argmax(-1) == right).double().mean((0, 1))


# %%
names = ("three matrices", "W_K = W_V", "W_Q = W_K")
tied_models = {name: [play(seed, tie=name) for seed in range(3)] for name in names}
tied_runs = {name: [share.item() for _, share in runs] for name, runs in tied_models.items()}

rows, guessed = [], {name: [] for name in names}
for name, runs in tied_models.items():
    for seed, (each, share) in enumerate(runs):
        cards, right = deal(500)
        good = (each(cards).argmax(-1) == right)[..., 0]
        by_number = [good[cards[..., 0] == n].double().mean().item() for n in range(8)]
        guessed[name].append(sum(share < 0.3 for share in by_number))
        rows.append([name, seed, *(f"~{x:.2f}" for x in (share.item(), *by_number))])
assert min(tied_runs["three matrices"]) > 0.98
assert min(tied_runs["W_K = W_V"]) > 0.9
assert max(tied_runs["W_Q = W_K"]) < 0.95
assert min(guessed["W_Q = W_K"]) >= 1 > max(guessed["three matrices"] + guessed["W_K = W_V"])
table(["right", "seed", "all", *(f"no. {n}" for n in range(8))], rows)

# %% [markdown]
# **What to notice.** With one matrix for asking and being asked the game could not be learnt completely, and one can
# see why. Every number would have to score the next one higher than the one before: $s_{i,i+1} > s_{i,i-1} =
# s_{i-1,i}$. So the scores would have to rise from each number to the next, all the way round the circle, which is
# impossible. But the circle can be cut at one number, and the scores rise along the rest: seven numbers right and one
# guessed is $(7 + 1/8)/8 = 0.89$. Some runs cut it at more places. Sharing $W_K = W_V$ did no harm *here*: there is
# room in 32 numbers for what a card is found by and for what it hands over. So three matrices are three *roles*:
# asking, being asked, and what is delivered. The experiment shows that the first two must differ for tasks with a
# direction; it does not show that the third must. (Reformer shares $W_Q = W_K$ on purpose, with unit keys and hardly
# any looking at oneself, and reports no loss on its data: [arXiv:2001.04451](https://arxiv.org/abs/2001.04451).)

# %% [markdown]
# ## Step 4 · Why divide by √d_k?
#
# *What happens to dot products when vectors get longer?* If the components of $q$ and $k$ are independent with mean 0
# and variance 1, then $q \cdot k = \sum_{j} q_j k_j$ is a sum of $d_k$ terms, each with mean 0 and variance 1.
# Variances of independent terms add, so $q \cdot k$ has variance $d_k$: its typical size grows like $\sqrt{d_k}$. A
# softmax over scores of size 16 ($d_k = 256$) is nearly a hard maximum, and the more it is one, the less it changes
# when a score changes. Lesson 06 found the slope of $-\ln w_j$ by a score $s_m$: it is $w_m - [j = m]$, where $[j = m]$
# is 1 if $j = m$ and else 0. And the slope of $\ln w$ is that of $w$, divided by $w$. So
#
# $$ \frac{\partial w_j}{\partial s_m} = w_j \bigl( [j = m] - w_m \bigr): $$
#
# $w_j (1 - w_j)$ by its own score, $-w_j w_m$ by each other one. When one weight is nearly 1 and the others nearly 0,
# all of these are nearly 0.

# %%
widths = [16, 64, 256, 1024]
facts = {}
for d_k in widths:
    q, k = random(64, d_k), random(64, d_k)
    dots = q @ k.T
    for name, scores in (("q·k", dots), ("q·k / √d_k", dots / math.sqrt(d_k))):
        w = scores.softmax(-1)
        facts[name, d_k] = {
            "variance of the score": scores.var().item(),
            "entropy of the weights (nats)": -(w * w.log()).sum(-1).mean().item(),
            "slopes, Σ w (1 - w)": (w * (1 - w)).sum(-1).mean().item(),
        }
for d_k in widths:
    assert abs(facts["q·k", d_k]["variance of the score"] / d_k - 1) < 0.25
    assert abs(facts["q·k / √d_k", d_k]["variance of the score"] - 1) < 0.25
    assert facts["q·k / √d_k", d_k]["entropy of the weights (nats)"] > 3.4  # ln 64 = 4.16
assert facts["q·k", 1024]["entropy of the weights (nats)"] < 0.5
assert facts["q·k", 1024]["slopes, Σ w (1 - w)"] < 0.3

fig, axes = figure(columns=3, width=9, height=3)
for axis, what in zip(axes, facts["q·k", 16]):
    curves = {n: (widths, [facts[n, d][what] for d in widths]) for n in ("q·k", "q·k / √d_k")}
    lines(axis, curves, x="d_k", y=what)
    axis.set_xscale("log", base=2)
axes[0].set_yscale("log")
for axis in axes[1:]:
    axis.get_legend().remove()

# %% [markdown]
# **What to see.** Random queries over 64 random keys. Unscaled, the variance is $d_k$ (left, both axes logarithmic),
# the entropy falls towards 0 (one key takes all, before anything was learnt), and the slopes fall with it. Divided by
# $\sqrt{d_k}$, nothing depends on $d_k$.
#
# Is it only a matter of the start? The game again, with sixteen people and $d_k = 64$: with the root, and without it
# (`scale=1`), three seeds; and once more without it, with four times the steps. **Predict** who wins, and by how much.

# %%
game = {"people": 16, "width": 64, "lr": 1e-3}
ways = [("with √d_k", None, 100), ("without", 1.0, 100), ("without", 1.0, 400)]
scaled = {
    f"{name}, {steps} steps": [play(seed, steps=steps, scale=scale, **game) for seed in range(3)]
    for name, scale, steps in ways
}
scaled_runs = {name: [share.item() for _, share in runs] for name, runs in scaled.items()}
stages = ([play(seed, steps=0, **game) for seed in range(3)], scaled["without, 400 steps"])
W_sizes = [[each.attention.q_proj.weight.norm().item() for each, _ in runs] for runs in stages]
for name, shares in scaled_runs.items():
    print(f"{name:22}", *(f"~{share:.2f}" for share in shares))
for name, W_size in zip(("before", "after 400 steps"), W_sizes):
    print(f"size of W_Q without √d_k, {name:15}", *(f"~{size:.2f}" for size in W_size))
assert all(after > before for before, after in zip(*W_sizes))
assert min(scaled_runs["with √d_k, 100 steps"]) > 0.98
assert max(scaled_runs["without, 100 steps"]) < 0.95
for short, long in zip(scaled_runs["without, 100 steps"], scaled_runs["without, 400 steps"]):
    assert long > max(0.8, short + 0.04)

# %% [markdown]
# Same model, same learning rate, same games: with the root it is done after 100 steps, without it many answers are
# still wrong. With four times the steps it gets there as well, or nearly. So at this size the root does not decide what
# can be learnt but how fast. In principle a smaller $W_Q$ undoes the factor. Here training did not do that: $W_Q$ even
# grew a little. The layer learnt with large scores, only later, as one expects of slopes that are small at first. (T5
# leaves the root out and starts with a $W_Q$ that is smaller by the same factor.)

# %% [markdown]
# ## Step 5 · Masks are data
#
# *Who may look at whom?* A mask is a table of booleans, one row a query, one column a key: `True` = may look. Where it
# says no, the score becomes $-\infty$ before the softmax, so the weight becomes exactly 0 and the others still sum to 1.
# Masks are made by small functions and combined with `&` and `|`.

# %%
from llm101.nn import masks

show(masks.causal)

# %%
keep = torch.tensor([[True] * 7 + [False] * 2])  # a row of 9 places, the last two are padding
nine = {
    "padding: encoder": masks.padding(keep)[0, 0].expand(9, 9),
    "causal: decoder": masks.causal(9),
    "prefix of 4": masks.prefix(4, 9),
    "window 3, causal": masks.window(9, width=3) & masks.causal(9),
    "causal & padding": (masks.causal(9) & masks.padding(keep))[0, 0],
    "cross: 5 ask 7 of 9": masks.padding(keep)[0, 0].expand(5, 9),
}
assert nine["prefix of 4"][:4, :4].all()
assert torch.equal(nine["prefix of 4"][4:], masks.causal(9)[4:])
assert nine["window 3, causal"].sum(1).tolist() == [1, 2, 3, 3, 3, 3, 3, 3, 3]

fig, axes = figure(columns=6, width=9, height=1.9)
for axis, (name, mask) in zip(axes, nine.items()):
    axis.pcolormesh(mask.flip(0).numpy(), cmap="Blues", vmin=0, vmax=1.4, edgecolor="white")
    axis.set_title(name, fontsize=8)
    axis.set(xticks=[], yticks=[], aspect="equal")
    axis.grid(False)
_ = axes[0].set(xlabel="key", ylabel="query")

# %% [markdown]
# **What to see.** Blue = may look. These masks are most of the difference between the families of models. An *encoder*
# (BERT) sees everything but padding. A *decoder* (GPT) sees the past. A *prefix* model (GLM, which is one stack, not an
# encoder and a decoder) reads the beginning in both directions and the rest causally. In an *encoder-decoder* (the
# Transformer of 2017, T5) the decoder has a causal mask for itself and a padding mask for the encoder's tokens (step
# 7).
#
# Two rules for the code. The mask acts *before* the softmax. And a query that may look at nothing must give something
# defined: the package gives zeros.

# %%
from llm101.nn.attention import attention_weights

show(attention_weights)

# %% [markdown]
# (`share_heads` comes in step 9, `bias` in lesson 08.) Does the mask keep its promise? The gradient of output $t$ by
# input $s$ must be zero exactly where the mask says no. The same for a popular mistake: masking *after* the softmax.
# Its forbidden weights are 0, too.


# %%
def mask_before(q, k, v, mask):
    return scaled_dot_product(q[None, None], k[None, None], v[None, None], mask)[0, 0]


def mask_after(q, k, v, mask):
    return ((q @ k.T / math.sqrt(q.shape[-1])).softmax(-1) * mask) @ v


def depends(masked, mask):
    """(t, s): does output t change with input s?"""
    slopes = torch.autograd.functional.jacobian(
        lambda x: masked(*(x @ w for w in W), mask), random(9, 4)
    )  # (t, d, s, d)
    return slopes.abs().sum((1, 3)) > 0


for name in ("causal: decoder", "prefix of 4", "window 3, causal"):
    assert torch.equal(depends(mask_before, nine[name]), nine[name])
assert depends(mask_after, nine["causal: decoder"]).all()
print("masked before the softmax: outputs depend on what the mask allows, and on nothing else")
print("masked after it: every output depends on every token, the future included")

# %% [markdown]
# After the softmax is too late: the forbidden scores are in the denominator.
#
# **Why decoders train fast.** Because position $t$ cannot see what follows, one pass over 32 tokens gives the 32
# predictions that 32 separate passes over the beginnings would give, and 31 of them have a next token to compare with.
# The model of the first result:

# %%
line, _ = songs(1, torch.Generator().manual_seed(7))
with torch.no_grad():
    at_once = model(line)
    one_by_one = torch.cat([model(line[:, : t + 1])[:, -1:] for t in range(32)], dim=1)
assert torch.allclose(at_once, one_by_one, atol=1e-3)
print("one pass =", one_by_one.shape[1], "passes over the beginnings")

# %% [markdown]
# **Padding.** Sentences of a batch have different lengths, so the shorter ones are filled up (lesson 03, step 10). With
# the mask the fillers are not there; without it they are read as if they were words:

# %%
sentences = [list("猫坐在垫子上"), list("狗叫")]  # the cat sits on the mat; the dog barks
width = max(map(len, sentences))
display(HTML("<br>".join(token_row(s + ["[PAD]"] * (width - len(s))) for s in sentences)))
keep = torch.arange(width) < torch.tensor([[len(s)] for s in sentences])
x = random(2, width, 4)  # a vector for every place, the padding too
q, k, v = ((x @ w)[:, None] for w in W)  # (b h t k), one head
with_mask = scaled_dot_product(q, k, v, masks.padding(keep))[1, 0, :2]
without = scaled_dot_product(q, k, v)[1, 0, :2]
alone = self_attention(x[1, :2])
assert torch.allclose(with_mask, alone, rtol=1e-10)
assert not torch.allclose(without, alone, atol=0.05)
print("with the mask 狗叫 gets the vectors that it gets alone; without it, others")

# %% [markdown]
# ## Step 6 · Several heads
#
# *What can one attention not do?* It makes one weighted mean for each token. If a token needs two things from two
# places, one mean must hold both, and nothing says which part came from where. **Multi-head attention** runs $h$
# attentions beside each other, each with its own queries, keys and values, and joins their results with one more
# matrix, $W_O$.
#
# The game with four questions: name the colours of the next *four* numbers, in order. **Predict** the share of right
# answers with 1, 2, 4 and 8 heads.

# %%
head_counts = (1, 2, 4, 8)
settings = {"questions": 4, "steps": 150, "lr": 1e-2}
four = {h: [play(seed, heads=h, **settings) for seed in range(3)] for h in head_counts}
shares = {h: [result.mean().item() for _, result in runs] for h, runs in four.items()}
fig, (axis,) = figure(height=2.8)
for seed in range(3):
    beside = [i + 0.08 * (seed - 1) for i in range(4)]
    axis.plot(beside, [shares[h][seed] for h in head_counts], "o", color=PALETTE[0], alpha=0.7)
axis.set_xticks(range(4), [f"{h} × {32 // h}" for h in head_counts])
axis.set(xlabel="heads × width of a head", ylabel="right answers (share)", ylim=(0, 1.05))
axis.axhline(1 / 8, color="#888888", linestyle=":")
axis.set_title("Four heads answer four questions; fewer do not, in 150 steps", fontsize=10)
for h in (1, 2):
    each = [" ".join(f"~{share:.2f}" for share in result.tolist()) for _, result in four[h]]
    print(f"heads: {h} ·", " · ".join(each))  # seeds 0, 1, 2: the share right of each question
assert max(shares[1]) < 0.6
assert max(shares[2]) < 0.95
assert min(shares[4]) > 0.97
assert max(shares[1]) < min(shares[2]) < min(shares[4])

# %% [markdown]
# **What to see.** Three seeds beside each other; dotted: guessing. Above it: each question alone. One head answers one
# question and is right about a quarter of the time at the others. Two heads answer two or three. From four heads on all
# is answered.
#
# **Why the width is divided.** A head of width $d_k = d / h$ costs $1/h$ of a full one. So $h$ heads together have the
# parameters and the operations of one full-width head: more heads are not paid for, they are a different use of the
# same budget. Counted:

# %%
from torch.utils.flop_counter import FlopCounterMode


def operations(run):
    """Multiplications and additions in matrix products, counted while `run()` runs."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    return counter.get_total_flops()


head_costs, x = [], torch.zeros(1, 24, 32)
for h in head_counts:
    layer = Attention(32, h, bias=False, attend=scaled_dot_product)
    n_parameters = sum(weight.numel() for weight in layer.parameters())
    head_costs.append([h, 32 // h, n_parameters, operations(lambda layer=layer: layer(x))])
    assert head_costs[-1][2:] == [4 * 32**2, 8 * 24 * 32**2 + 4 * 24**2 * 32]
table(["heads", "width of each", "parameters: 4 d²", "operations for 24 tokens"], head_costs)

# %% [markdown]
# ($8 t d^2$ for the four projections, $4 t^2 d$ for scores and mix, whatever $h$ is. The softmaxes, over $h t^2$
# scores, are not counted.)
#
# In code the heads are an axis: one projection of width $d$, cut into $h$ pieces, and attention over all pieces at
# once. By hand, head by head; the package; and torch's own module with the same weights. (`sight` holds mask and
# positions; `memory`: step 7; `cache`: step 8.)

# %%
three_heads = Attention(12, 3).double()
x = random(2, 5, 12)
own = {n: getattr(three_heads, f"{n}_proj") for n in "qkvo"}
pieces = []
for h in range(3):
    part = slice(4 * h, 4 * h + 4)  # the columns of head h
    q, k, v = (own[n](x)[..., part] for n in "qkv")
    pieces.append(attention(q, k, v))
by_hand = own["o"](torch.cat(pieces, dim=-1))

torchs = nn.MultiheadAttention(12, 3, batch_first=True).double()
with torch.no_grad():
    torchs.in_proj_weight.copy_(torch.cat([own[n].weight for n in "qkv"]))
    torchs.in_proj_bias.copy_(torch.cat([own[n].bias for n in "qkv"]))
    torchs.out_proj.weight.copy_(own["o"].weight)
    torchs.out_proj.bias.copy_(own["o"].bias)
assert torch.allclose(three_heads(x), by_hand, rtol=1e-10, atol=1e-12)
assert torch.allclose(three_heads(x), torchs(x, x, x)[0], rtol=1e-10, atol=1e-12)
show(Attention.forward)

# %% [markdown]
# **Who does what?** Take one head away at a time (its part of $W_O$ set to 0) and ask the four questions again. Then,
# of eight heads, take away all at once that could be spared alone:

# %%
from llm101.viz.attention_maps import without_head


def ablation(model, heads):
    with_all, rows = accuracy(model, questions=4), []
    for head in range(heads):
        with without_head(model, layer=0, head=head):
            rows.append(accuracy(model, questions=4))
    return with_all, torch.stack(rows)


fig, axes = figure(columns=2, height=3)
lost = {}
for axis, heads in zip(axes, (4, 8)):
    with_all, rows = ablation(four[heads][0][0], heads)
    lost[heads] = with_all - rows
    axis.imshow(rows.numpy(), cmap="Blues", vmin=0, vmax=1.4, aspect="auto")
    for i, row in enumerate(rows.tolist()):
        for j, share in enumerate(row):
            ink = "white" if share > 0.6 else "black"
            axis.text(j, i, f"{share:.2f}", ha="center", va="center", fontsize=8, color=ink)
    axis.set_xticks(range(4), ["+1", "+2", "+3", "+4"])
    axis.set(yticks=range(heads), xlabel="question: colour of number …", ylabel="without head …")
    axis.set_title(f"{heads} heads: share right", fontsize=10)
    axis.grid(False)
assert torch.equal((lost[4] > 0.5).sum(0), torch.ones(4, dtype=torch.int64))
assert torch.equal((lost[4] > 0.5).sum(1), torch.ones(4, dtype=torch.int64))
spare, worst_left = [], []  # heads that can be spared alone; the worst share without all of these
for seed, (each, _) in enumerate(four[8]):
    with_all, rows = ablation(each, 8)
    alone = [head for head in range(8) if (with_all - rows[head]).max() < 0.1]
    with ExitStack() as away:
        for head in alone:
            away.enter_context(without_head(each, 0, head))
        worst_left.append(accuracy(each, questions=4).min().item())
    spare.append(len(alone))
    said = f"~{spare[-1]} cost less than 0.1 alone; without all of these"
    print(f"8 heads, seed {seed}: {said} the worst question is right in ~{worst_left[-1]:.2f}")
assert min(spare) >= 2
assert min(worst_left) < 0.4

# %% [markdown]
# **What to see.** Left: four heads divided the work, one question each; nobody told them to. Right (seed 0): with more
# heads than needed, several can be removed one at a time and hardly anything is lost. Not all of them are idle,
# though. Where the last number is low (seeds 0 and 1), some of them *share* a question: any one can go, all together
# cannot. In seed 2 all three can go. Michel, Levy and Neubig (2019)
# found in a translation model and in BERT that most heads can be removed one at a time, after training
# ([arXiv:1905.10650](https://arxiv.org/abs/1905.10650)). They also removed many at once; ours is weaker.

# %% [markdown]
# ## Step 7 · Cross-attention
#
# *Can a text look at another text?* Nothing in the formula says that keys and values come from where the queries come
# from. In **cross-attention** a decoder asks and an encoder's output answers: $Q = X W_Q$, but $K = M W_K$ and $V = M
# W_V$ with the *memory* $M$. That is how a translation looks at its source (lesson 10), and how attention came into
# translation (Bahdanau, Cho and Bengio 2014, [arXiv:1409.0473](https://arxiv.org/abs/1409.0473), with another formula
# for the score). A miniature: the memory is nine random letters, each with a vector for its place; nine queries, one
# for each place of the output, must copy the letters, or reverse them.


# %%
class Writer(nn.Module):
    """Letters (b, 9) -> scores of letters for each of 9 places (b, 9, 11)."""

    def __init__(self):
        super().__init__()
        self.letter, self.place = nn.Embedding(11, 32), nn.Embedding(9, 32)
        self.asks = nn.Parameter(torch.randn(1, 9, 32))
        self.cross, self.answer = Attention(32, 1), nn.Linear(32, 11)

    def forward(self, ids):
        memory = self.letter(ids) + self.place.weight
        return self.answer(self.cross(self.asks.expand(len(ids), -1, -1), memory=memory))


def write(task, steps=200):
    torch.manual_seed(0)
    writer = Writer()
    optimizer = torch.optim.AdamW(writer.parameters(), lr=1e-2, weight_decay=0.0)
    for _ in range(steps):
        ids = torch.randint(11, (32, 9))
        loss = F.cross_entropy(writer(ids).transpose(1, 2), task(ids))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return writer


from llm101.viz.attention_maps import attention_maps

unseen = torch.randint(11, (200, 9), generator=torch.Generator().manual_seed(1))
fig, axes = figure(columns=2, width=6, height=2.8)
for axis, (name, task) in zip(axes, {"copy": lambda x: x, "reverse": lambda x: x.flip(-1)}.items()):
    writer = write(task)
    weights = attention_maps(writer, unseen)[0].mean((0, 1))  # over 200 texts and the only head
    axis.imshow(weights.numpy(), cmap="Blues", vmin=0, vmax=1)
    axis.set(xlabel="letter of the memory", ylabel="place of the output")
    axis.set_title(name, fontsize=10)
    axis.grid(False)
    right = (writer(unseen).argmax(-1) == task(unseen)).double().mean().item()
    assert right > 0.99
    assert task(weights).diagonal().min() > 0.8

# %% [markdown]
# **What to see.** The weights are the *alignment*: the diagonal for copying, the anti-diagonal for reversing. Nobody
# told the layer which letter belongs to which place; the loss on the output did.
#
# In training, the gradient of that loss flows through $K$ and $V$ back into the memory, and so into the encoder that
# made it; there is no other connection.

# %% [markdown]
# ## Step 8 · The KV cache
#
# *How much of the work is done twice?* A model that writes adds one token at a time. With causal masks the keys and
# values of the earlier tokens never change: what comes later cannot reach them. So keep them. Each new token then
# computes *its* query, key and value, and asks all the keys that are kept. First: is the answer the same?

# %%
x = random(9, 4)
q, k, v = (x @ w for w in W)
kept_k, kept_v, results = k[:0], v[:0], []  # nothing is kept yet
for t in range(9):
    kept_k, kept_v = torch.cat([kept_k, k[t : t + 1]]), torch.cat([kept_v, v[t : t + 1]])
    results.append(attention(q[t : t + 1], kept_k, kept_v))  # one query, t + 1 keys, no mask
full = scaled_dot_product(q[None, None], k[None, None], v[None, None], causal=True)[0, 0]
assert torch.allclose(torch.cat(results), full, rtol=1e-10)
print("one query at a time over what was kept = all at once with a causal mask")

# %% [markdown]
# And a whole model, with a cache for each layer (the package's keeps room for more tokens, so that it need not copy at
# every step):

# %%
with torch.no_grad():
    caches = model.new_caches()  # one a layer
    step_by_step = [model(line[:, t : t + 1], caches=caches) for t in range(32)]
    in_pieces = model.new_caches()
    pieces = [model(line[:, :13], caches=in_pieces), model(line[:, 13:], caches=in_pieces)]
assert torch.allclose(torch.cat(step_by_step, dim=1), at_once, atol=1e-3)
assert torch.allclose(torch.cat(pieces, dim=1), at_once, atol=1e-3)
assert len(caches[0]) == 32
print("cached = full, token by token and in pieces of 13 and 19")

# %% [markdown]
# **Predict:** to write 256 tokens one after the other, how many times fewer operations does the cache need? Counted on
# a GPT-2 with two layers of width 64:

# %%
from llm101.models import GPT2Config, gpt2

small = gpt2(
    GPT2Config(vocab_size=97, max_len=256, d_model=64, n_layers=2, n_heads=4),
    attend=scaled_dot_product,  # written out, so that every product is counted
)
lengths = [32, 64, 128, 256]


def step_cost(n, cached):
    """Operations for the n-th token: the whole text again, or one token beside a full cache."""
    text = torch.zeros(1, n, dtype=torch.int64)
    if not cached:
        return operations(lambda: small(text))
    caches = small.new_caches()
    with torch.no_grad():
        small(text[:, :-1], caches=caches)
    return operations(lambda: small(text[:, -1:], caches=caches))


costs = {
    name: [step_cost(n, cached) for n in lengths]
    for name, cached in {"whole text again": False, "with a cache": True}.items()
}
weights_cost = 2 * (24 * 64**2) + 2 * 64 * 97  # a token, in two layers and the output: see step 10
look_cost = 2 * (4 * 64)  # one query at one key, in two layers
assert costs["whole text again"] == [n * weights_cost + n * n * look_cost for n in lengths]
assert costs["with a cache"] == [weights_cost + n * look_cost for n in lengths]
one_token = [weights_cost + n * look_cost for n in range(1, 257)]
ratio = sum(n * cost for n, cost in enumerate(one_token, start=1)) / sum(one_token)
fig, (axis,) = figure(height=2.8)
curves = {name: (lengths, [c / 1e6 for c in cost]) for name, cost in costs.items()}
lines(axis, curves, x="length (tokens)", y="million operations", title="Cost of one more token")
axis.set(xscale="log", yscale="log", xticks=lengths, xticklabels=lengths)
axis.minorticks_off()
assert costs["whole text again"][-1] > 8 * costs["whole text again"][0]
assert costs["with a cache"][-1] < 1.6 * costs["with a cache"][0]
print(f"256 tokens: {ratio:.0f} times fewer operations with the cache")
assert 100 < ratio < 200

# %% [markdown]
# **What to see.** Both axes are logarithmic. Reading the whole text again costs more with every token; with the cache
# the line is nearly flat (what rises a little is the one query that looks at more keys). Without it 1 + 2 + … + 256
# tokens are read, 128.5 times as many; the rest is looking.
#
# **The price is memory.** Each token of each text leaves $2 \cdot \text{layers} \cdot g \cdot d_k$ numbers behind: a
# key and a value in each layer, for each of $g$ key heads. In 16 bits, two bytes each. LLaMA-2-7B has 32 layers of 32
# heads of 128:

# %%
from llm101.nn.cache import KVCache

per_token = 2 * 32 * 32 * 128 * 2
print(f"{per_token:,} bytes a token · {per_token * 4096 / 2**30:g} GiB for a text of 4,096 tokens")
assert per_token == 524_288
one_layer = KVCache()
one_layer.update(*torch.zeros(2, 1, 32, 5, 128, dtype=torch.float16))  # (k and v, b, g, t, d_k)
assert 32 * sum(kept.nbytes for kept in one_layer.contents()) == 5 * per_token

# %% [markdown]
# The weights of that model are 13.5 GB in 16 bits. Seven long texts at a time, and the cache is larger than the model.

# %% [markdown]
# ## Step 9 · Fewer keys: MQA and GQA
#
# *Does every head need keys of its own?* In **multi-query attention** (MQA; Shazeer 2019,
# [arXiv:1911.02150](https://arxiv.org/abs/1911.02150)) all query heads share one key head and one value head. In
# **grouped-query attention** (GQA; Ainslie et al. 2023, [arXiv:2305.13245](https://arxiv.org/abs/2305.13245)) each
# group of query heads does. In code it is one number, `n_kv_heads`, and this function:

# %%
from llm101.nn.attention import share_heads

show(share_heads)

# %%
x = random(2, 7, 24)
rows = []
for name, g in (("MHA", 6), ("GQA", 3), ("GQA", 2), ("MQA", 1)):
    layer = Attention(24, 6, n_kv_heads=g, bias=False).double()
    cache = KVCache()
    out = layer(x, cache=cache)
    full = Attention(24, 6, bias=False).double()  # the same with every key head written out
    full.load_state_dict(layer.state_dict() | {
        f"{n}_proj.weight": getattr(layer, f"{n}_proj").weight.unflatten(0, (g, 4))
        .repeat_interleave(6 // g, dim=0).flatten(0, 1) for n in "kv"
    })  # fmt: skip
    assert torch.allclose(out, full(x), rtol=1e-10, atol=1e-12)
    n_parameters = sum(weight.numel() for weight in layer.parameters())
    rows.append([name, 6, g, n_parameters, 2 * cache.contents()[0][0, :, 0].numel()])
assert [row[-1] for row in rows] == [48, 24, 16, 8]
table(["", "query heads", "key heads", "parameters", "numbers kept for each token"], rows)

# %% [markdown]
# So MQA and GQA are MHA with repeated keys: they can say nothing that MHA cannot, and they keep less. In published
# models, with 16 bits a number (of LLaMA-2 only the 34B and 70B models have grouped queries; ChatGLM2's announcement
# says "multi-query", its configuration has two groups):

# %%
USERS = [  # model, layers, query heads, key heads, width of a head
    ("GPT-3", 96, 96, 96, 128),
    ("LLaMA-7B, LLaMA-2-7B", 32, 32, 32, 128),
    ("LLaMA-2-70B", 80, 64, 8, 128),
    ("Falcon-7B", 32, 71, 1, 64),
    ("Falcon-40B", 60, 128, 8, 64),
    ("ChatGLM2-6B", 28, 32, 2, 128),
]
rows = []
for name, layers, heads, kv_heads, head_dim in USERS:
    kind = {heads: "MHA", 1: "MQA"}.get(kv_heads, "GQA")
    bytes_each = 2 * layers * kv_heads * head_dim * 2
    rows.append([name, kind, heads, kv_heads, bytes_each, f"1/{heads // kv_heads}"])
found = {row[0]: row[4] for row in rows}
assert (found["GPT-3"], found["LLaMA-2-70B"], found["Falcon-7B"]) == (4_718_592, 327_680, 8_192)
table(["model", "", "query heads", "key heads", "cache: bytes a token", "share of MHA's"], rows)

# %% [markdown]
# ## Step 10 · What it costs when texts grow
#
# *Why is a long context expensive?* A layer of width $d$ has $12 d^2$ weights, a third of them in attention's
# projections and two thirds in the feed-forward half (lesson 09). Each is multiplied and added once a token: $24 d^2$
# operations. Scores and mix take $4 t d$ more, with $t$ tokens to look at. The second part is smaller as long as $t <
# 6d$. **Predict:** GPT-2 small has $d = 768$ and texts of 1,024 tokens; what share of a layer's work is the $t^2$ part?

# %%
d = 64
block = gpt2(
    GPT2Config(vocab_size=2, max_len=768, d_model=d, n_layers=1, n_heads=1),
    attend=scaled_dot_product,
).stack.blocks[0]
lengths = [24, 48, 96, 192, 384, 768]
counted = [operations(lambda t=t: block(torch.zeros(1, t, d))) for t in lengths]
by_weights = [24 * d * d * t for t in lengths]
by_looking = [4 * d * t * t for t in lengths]
assert counted == [a + b for a, b in zip(by_weights, by_looking)]
assert by_weights[lengths.index(6 * d)] == by_looking[lengths.index(6 * d)]
share = 4 * 1024 * 768 / (4 * 1024 * 768 + 24 * 768**2)
print(f"width {d}: equal at t = 6 d = {6 * d} · GPT-2 small: equal at {6 * 768:,}")
print(f"GPT-2 small at 1,024 tokens: {100 * share:.0f} % of a layer's work is looking")
assert 0.18 < share < 0.19

# %% [markdown]
# (Counted for the whole table; a kernel, that is, a compiled program for one operation, that skips what a causal mask
# forbids saves half of the second part.)
#
# Memory is worse. The table of scores has $t^2$ numbers a head, and in training it is kept for the backward pass. We
# count the bytes that are alive at the worst moment (`footprint` watches every tensor), and fit the exponent: the slope
# on two logarithmic axes.

# %%
from llm101.nn.flash import flash
from llm101.nn.footprint import footprint


def peak(attend, t):
    """Bytes alive at the worst moment, beside queries, keys and values of width 16."""
    q, k, v = torch.zeros(3, 1, 1, t, 16).unbind(0)
    return footprint(lambda: attend(q, k, v))[0]


def exponent(xs, ys):
    """Slope of the straight line through the points on two logarithmic axes, by least squares."""
    x, y = torch.tensor(xs).double().log(), torch.tensor(ys).double().log()
    return (((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()).item()


sizes = [128, 256, 512, 1024]
memory = [peak(scaled_dot_product, t) for t in sizes]
memory_power, looking_power = exponent(sizes, memory), exponent(lengths, by_looking)
print(f"exponent of t: {memory_power:.2f} for bytes, {looking_power:.2f} for scores and mix")
print(f"t = 1,024: {memory[-1]:,} bytes for one head of one text: scores and weights, two tables")
assert memory[-1] == 2 * 4 * 1024**2
assert abs(memory_power - 2) < 0.05
assert abs(looking_power - 2) < 1e-9

# %% [markdown]
# And time? The next cell measures it, on your machine; its output is not compared with anybody else's.

# %% tags=["nbval-ignore-output"]
from torch.utils.benchmark import Timer

times = []
for t in sizes:
    q, k, v = torch.randn(3, 1, 4, t, 16).unbind(0)
    run = Timer("attend(q, k, v)", globals={"attend": scaled_dot_product, "q": q, "k": k, "v": v})
    times.append(1000 * run.timeit(7).median)
fig, (axis,) = figure(height=2.6)
square = [times[-1] * (t / sizes[-1]) ** 2 for t in sizes]
curves = {"measured": (sizes, times), "exactly t²": (sizes, square)}
title = f"from 512 to 1,024 tokens: time grows like $t^{{{exponent(sizes[2:], times[2:]):.1f}}}$"
lines(axis, curves, x="t (tokens)", y="milliseconds", title=title)
axis.set(xscale="log", yscale="log", xticks=sizes, xticklabels=sizes)
axis.minorticks_off()
assert times[-1] > 4 * times[0]  # eight times the text: 64 times the work

# %% [markdown]
# **What to see.** Time grows about like $t^2$. Short texts may cost less than the line says, since their table fits
# into the processor's fast memory; where it no longer does, time may grow faster than $t^2$ for a while.
#
# **Sparse patterns.** If each token may look at few others, fewer scores are needed. The Sparse Transformer (Child et
# al. 2019, [arXiv:1904.10509](https://arxiv.org/abs/1904.10509)) takes the last $l$ tokens and every $l$-th one before
# ("strided"), or the own block of $l$ and the last token of every block ("fixed"). With $l \approx \sqrt{t}$ that is at
# most about $2\sqrt{t}$ keys a query, and the total grows like $t\sqrt{t}$. The price is reach: what cannot be seen in one layer must come
# through a token in between.

# %%
patterns = {
    "full": masks.causal,
    "window of √t": lambda t: masks.window(t, width=math.isqrt(t)) & masks.causal(t),
    "strided, √t": lambda t: masks.strided(t, stride=math.isqrt(t)) & masks.causal(t),
    "fixed, √t": lambda t: masks.fixed(t, size=math.isqrt(t)) & masks.causal(t),
    "window + 1 global": lambda t: masks.with_global(1, t, width=math.isqrt(t)) & masks.causal(t),
}
fig, axes = figure(columns=5, width=9, height=2.1)
rows, powers = [], {}
for axis, (name, pattern) in zip(axes, patterns.items()):
    axis.imshow(pattern(36).numpy(), cmap="Blues", vmin=0, vmax=1.4)
    axis.set(xticks=[], yticks=[])
    axis.set_title(name, fontsize=8)
    axis.grid(False)
    allowed = pattern(36).double()
    two_layers = (allowed @ allowed) > 0  # there is a token in between (or none is needed)
    reach = two_layers.sum().item() / masks.causal(36).sum().item()
    pairs = [pattern(t).sum().item() for t in (64, 256, 1024)]
    powers[name] = exponent((64, 256, 1024), pairs)
    rows.append([name, *pairs, f"t<sup>{powers[name]:.2f}</sup>", f"{100 * reach:.0f} %"])
assert powers["full"] > 1.97
assert all(1.4 < powers[name] < 1.6 for name in list(patterns)[1:])
assert [row[-1] for row in rows][2:4] == ["100 %", "100 %"]
assert rows[1][-1] != "100 %"
masked = partial(scaled_dot_product, mask=patterns["strided, √t"](256))
assert peak(masked, 256) > peak(scaled_dot_product, 256)
reached = "past reached in 2 layers (t = 36)"
table(["pairs looked at", "t = 64", "256", "1,024", "grows like", reached], rows, raw=True)

# %% [markdown]
# **What to notice.** A window alone reaches $2(l-1)$ back in two layers, one more window with each layer (Mistral 7B: a
# window of 4,096, 32 layers, [arXiv:2310.06825](https://arxiv.org/abs/2310.06825)). Strided and fixed reach every
# earlier token in two. One global token in front adds little for a decoder: everyone sees it, but it sees nothing of
# what comes after itself. (It helps encoders: Longformer, [arXiv:2004.05150](https://arxiv.org/abs/2004.05150).) GPT-3
# alternates full layers with "locally banded" ones; its one change of attention against GPT-2.
#
# Lower *complexity* is not yet *speed*. A mask only throws away scores that were computed, and needs room itself
# (asserted above); to save anything, a kernel must skip them.

# %% [markdown]
# ## Step 11 · FlashAttention: the same numbers without the table
#
# *Must the $t \times t$ table exist at all?* Each result needs one row of it, and of that only a weighted sum. But the
# softmax divides by the sum over the *whole* row, and for safety subtracts the maximum of the whole row (lesson 06,
# step 5). The way out is to keep running numbers: the largest score so far $m$ and the sum of $e^{s - m}$ so far. When
# a larger one comes, what was summed is scaled down by $e^{m_\text{old} - m_\text{new}}$. This is the **online
# softmax** (Milakov and Gimelshein 2018, [arXiv:1805.02867](https://arxiv.org/abs/1805.02867)). The mix of values is
# treated alike:

# %%
scores, values = [1.0, 3.0, 2.0, 5.0], [10.0, 20.0, 30.0, 40.0]
largest, total, mixed, rows = -math.inf, 0.0, 0.0, []
for s, v in zip(scores, values):
    new = max(largest, s)
    shrink = math.exp(largest - new)
    total = total * shrink + math.exp(s - new)
    mixed = mixed * shrink + math.exp(s - new) * v
    largest = new
    exact = [f"{x:.4f}" for x in (shrink, total, mixed, mixed / total)]
    rows.append([f"{s:g}", f"{v:g}", f"{largest:g}", *exact])
at_once_ = (torch.tensor(scores).double().softmax(0) @ torch.tensor(values).double()).item()
assert math.isclose(mixed / total, at_once_, rel_tol=1e-12)
table(["score", "value", "largest", "shrink by", "sum", "mix", "mix / sum"], rows)

# %% [markdown]
# The last line is the softmax-weighted mean of all four, and no list of four weights was ever kept. FlashAttention (Dao
# et al. 2022, [arXiv:2205.14135](https://arxiv.org/abs/2205.14135)) does it with *tiles*, say 64 queries by 64 keys, in
# one kernel, so that scores never leave the small fast memory of a GPU. The package's forward pass:

# %%
from llm101.nn.flash import tiled_forward

show(tiled_forward)

# %% [markdown]
# **Backward.** The table is gone, but the gradient needs the weights. They are computed again, a tile at a time, from
# $Q$, $K$ and *one* number a row that was kept, the logarithm of its sum: $w_{ij} = e^{s_{ij} - \text{lse}_i}$. For one
# query $q$ with the result $o = \sum_j w_j v_j$ and the gradient $g$ that arrives at $o$:
#
# $$ \frac{\partial \ell}{\partial v_j} = w_j\, g, \qquad \frac{\partial \ell}{\partial w_j} = g \cdot v_j. $$
#
# A score $s_m$ moves *all* weights of its row, $\partial w_j / \partial s_m = w_j([j = m] - w_m)$ (step 4). Add up what
# comes through each of them:
#
# $$ \frac{\partial \ell}{\partial s_m} = \sum_j (g \cdot v_j)\, w_j \bigl( [j = m] - w_m \bigr) = w_m\, g \cdot v_m - w_m \sum_j w_j\, g \cdot v_j = w_m \bigl( g \cdot v_m - g \cdot o \bigr). $$
#
# From there it is the dot product $s_m = q \cdot k_m / \sqrt{d_k}$: $\partial \ell / \partial q = \sum_m \frac{\partial
# \ell}{\partial s_m} k_m / \sqrt{d_k}$, and $k_m$ receives $\frac{\partial \ell}{\partial s_m} q / \sqrt{d_k}$ from
# every query (as $v_j$ receives $w_j g$). The sum over the whole row has turned into $g \cdot o$, one more number a
# row. So backward, too, can go tile by tile (`tiled_backward`, below the other in the file). Is it exact? Against the
# plain form and autograd, with a causal mask and lengths that are no multiple of the tile:

# %%
q, k, v = (random(2, 3, t, 8).requires_grad_() for t in (37, 53, 53))
g = random(2, 3, 37, 8)
results = {}
for name, attend in (("plain", scaled_dot_product), ("flash", partial(flash, tile=16))):
    out = attend(q, k, v, causal=True)
    results[name] = [out, *torch.autograd.grad(out, (q, k, v), g)]
worst = max((a - b).abs().max().item() for a, b in zip(*results.values()))
assert worst < 1e-12
print("forward and three gradients agree to 12 digits: exact, not an approximation")

# %%
plain_peak, flash_peak = ([peak(form, t) for t in sizes] for form in (scaled_dot_product, flash))
per_token = (flash_peak[-1] - flash_peak[0]) / (sizes[-1] - sizes[0])


def peak_training(attend, t):
    q, k, v = (torch.zeros(1, 1, t, 16, requires_grad=True) for _ in range(3))
    return footprint(lambda: attend(q, k, v).sum().backward())[0]


few = sizes[:3]
training = [[peak_training(form, t) for t in few] for form in (scaled_dot_product, flash)]
fig, axes = figure(columns=2, height=3)
plots = (("forward", sizes, plain_peak, flash_peak), ("forward and backward", few, *training))
for axis, (title, xs, plain, tiled) in zip(axes, plots):
    curves = {"plain": plain, "flash, tile 64": tiled}
    curves = {name: (xs, [b / 1024 for b in ys]) for name, ys in curves.items()}
    lines(axis, curves, x="t (tokens)", y="peak (KiB)", title=title)
    axis.set(xscale="log", yscale="log", xticks=xs, xticklabels=xs, ylim=(50, 20_000))
    axis.minorticks_off()
assert per_token == 4 * (16 + 1)
for peaks, ts in ((flash_peak, sizes), (training[1], few)):  # straight lines: equal slopes
    slopes = [(b - a) / (t - s) for a, b, s, t in zip(peaks, peaks[1:], ts, ts[1:])]
    assert max(slopes) < 1.02 * min(slopes)
assert training[0][2] > 3.5 * training[0][1]
assert plain_peak[-1] > 50 * flash_peak[-1]
print(f"flash, forward: {per_token:.0f} bytes more for each token (16 results and one sum)")
print(f"t = 1,024: plain {plain_peak[-1]:,} bytes, flash {flash_peak[-1]:,}")

# %% [markdown]
# **What to see.** On these axes the plain form is a line of slope 2: four times the memory for twice the text. The
# tiled one has a constant part (a tile) and a linear one. The number of *operations* is not smaller; in the backward
# pass it is larger, since scores are computed twice. FlashAttention is fast because on a GPU moving the table to and
# from the large slow memory costs more time than computing it. This one, in Python, is slow and for reading; torch's
# own kernel stands behind `fused`.

# %% [markdown]
# ## Step 12 · What did the model learn?
#
# *Back to the first result: how does it look things up?* Here are all its heads on one new song.

# %%
from llm101.viz.attention_maps import after_last_time, attention_maps, head_scores, previous
from llm101.viz.head_explorer import head_explorer, head_grid

ids, known = songs(100, torch.Generator().manual_seed(99))
maps = attention_maps(model, ids)  # (layers, texts, heads, queries, keys)
jobs = {
    "looks one back": head_scores(maps, previous(ids)),
    "after last time": head_scores(maps, after_last_time(ids)),
}
head_grid(maps[:, 0], jobs)
assert jobs["after last time"][1].max() > 0.4
assert jobs["after last time"][0].max() < 0.1

# %% [markdown]
# Look for yourself. Choose a layer and a head, and slide through the words; the frame is the word that asks. The two
# buttons jump to the head with the highest score for a job: *looks one back*, and *after last time*, the mean weight on
# places that come right after an earlier occurrence of the asking word.

# %%
head_explorer(maps[:, 0], [WORDS[i] for i in ids[0].tolist()], jobs)

# %% [markdown]
# *Without a running kernel the buttons are dead; the picture above it shows all eight heads.*
#
# **What to see.** In layer 0 head 0 looks mostly one word back, heads 1 and 3 share their weight between the word
# itself and the one before, and head 2 looks only at the word itself (remember it). In layer 1 the heads have slanted
# lines further left: the second time round, `dog` looks at the word that stood *after* the first `dog`, and that is the
# word that must be predicted. (A third time round there are two such places. The first time there is none, and the
# weights must go somewhere: mostly to the word itself, the upper line.) These are **induction heads**; with a head of
# layer 0 that looks back they form an induction *circuit* (Elhage et al. 2021; Olsson et al. 2022,
# [arXiv:2209.11895](https://arxiv.org/abs/2209.11895)), and it takes two layers:
#
# 1. in layer 0 each token fetches the token before it and writes it into its own vector: "I am `bee`, and before me
#    stood `dog`";
# 2. in layer 1 the query of the second `dog` is "who has `dog` before it?", and the key of `bee` answers. Its
#    value says `bee`.
#
# A query can only match what a key *holds*. In layer 0 no key holds its predecessor yet; so no head of layer 0 can do
# this. Is it so in other runs, and do the heads matter? Two more seeds, and for each head the loss without it:

# %%
models = {0: (model, curve)} | {seed: singer(seed) for seed in (1, 2)}


@torch.no_grad()
def loss_known(model, ids=ids, known=known):
    loss = F.cross_entropy(model(ids)[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
    return loss[known[:, 1:]].mean().item()


rows, induction, damage, one_back, itself = [], {}, {}, {}, {}
for seed, (each, _) in models.items():
    each_maps = attention_maps(each, ids)
    induction[seed] = head_scores(each_maps, after_last_time(ids))
    one_back[seed] = head_scores(each_maps, previous(ids))
    itself[seed] = each_maps.diagonal(dim1=-2, dim2=-1).mean((1, 3))
    damage[seed] = torch.zeros(2, 4)
    for head in range(4):
        for layer in range(2):
            with without_head(each, layer, head):
                damage[seed][layer, head] = loss_known(each)
        first = (one_back[seed][0], itself[seed][0], damage[seed][0])
        numbers = [x[head].item() for x in (*first, induction[seed][1], damage[seed][1])]
        rows.append([f"{seed}: ~{loss_known(each):.3f}", head, *(f"~{x:.2f}" for x in numbers)])
for seed, (each, _) in models.items():
    assert loss_known(each) < 0.3
    assert induction[seed][1].max() > 0.4
    assert induction[seed][0].max() < 0.1
    assert (damage[seed] > loss_known(each)).sum() >= 7
assert one_back[0][0].argmax() == 0
assert itself[0][0, 2] > 0.8
head = ["seed: loss", "head", "layer 0: one back", "at itself", "loss without it"]
table([*head, "layer 1: after last time", "loss without it"], rows)

# %% [markdown]
# In all three runs heads of layer 1 look at "after last time", and none of layer 0 does (each less than 0.1). Now the
# losses. In layer 1 the heads share the job, so without one of them the others still do most of it. Which head of layer
# 0 is missed most?

# %%
for seed in models:
    worst = int(damage[seed][0].argmax())
    loss, back, own = (x[seed][0, worst].item() for x in (damage, one_back, itself))
    print(f"seed {seed}: the loss is ~{loss:.1f} without a head of layer 0 whose weight is")
    print(f"   ~{back:.2f} on the word before and ~{own:.2f} on the word itself")
    assert loss > 1.0
    assert own > 0.8

# %% [markdown]
# In all three runs it is one that looks at the word itself. It moves nothing between tokens: it acts as one more matrix
# on each token alone, and in a model without a feed-forward half that is probably its use. No map would have told you
# that it matters; taking it away did.
#
# ### Would one layer do?
#
# The explanation says: not in this way. A single layer, with almost three times the steps, and a question at which two
# explanations differ. We sing 12 words and then *jump* back to one of words 3 to 6 (counted from 0) and sing on from
# there. An induction head answers what followed last time. But in our songs one can also be right with "the word not
# heard for longest comes next"; after the jump that is still word 0.

# %%
generator = torch.Generator().manual_seed(3)
order = torch.rand(400, 32, generator=generator).argsort(1)[:, :12]
target = torch.randint(3, 7, (400, 1), generator=generator)
jumps = torch.cat([order, order.gather(1, target + torch.arange(5))], 1)  # 12 words and 5 more

single, _ = singer(seed=0, layers=1, steps=1000)
singers = {"1": single} | {f"2, seed {seed}": each for seed, (each, _) in models.items()}
rows, answers, best_score = [], {}, {}
for name, each in singers.items():
    with torch.no_grad():
        said = each(jumps)[:, 12:16].argmax(-1)  # asked after the jump
    follows, oldest = said == jumps[:, 13:], said == jumps[:, :1]
    answers[name] = (follows.double().mean().item(), oldest.double().mean().item())
    best_score[name] = head_scores(attention_maps(each, ids), after_last_time(ids)).max().item()
    numbers = (loss_known(each), best_score[name], *answers[name])
    rows.append([name, *(f"~{x:.2f}" for x in numbers)])
assert answers["1"][0] < 0.1 < 0.3 < answers["1"][1]
assert best_score["1"] < 0.2
for name in list(singers)[1:]:
    assert answers[name][1] < 0.1 < 0.8 < answers[name][0]
    assert best_score[name] > 0.4
table(
    ["layers", "loss", "best 'after last time'", "says: followed last time", "longest unheard"],
    rows,
)

# %% [markdown]
# One layer learns too, slowly. But it has no induction head. After the jump it practically never says what followed
# last time; about every second time it says the word that the other rule names. For that rule no key need know its
# neighbour; it is enough to add up the words heard, weighed by their distance. That a loss falls does not tell which
# rule was found.

# %% [markdown]
# ### A map is not an explanation
#
# Attention maps are pleasant to look at, so here is a warning with a proof. A head passes on $\sum_j w_j v_j$, and in
# layer 0 the value of a word does not depend on its place: both `dog`s have the same $v$. So all the weight on the
# second `dog` may as well lie on the first one. We do that for every word and head of layer 0, and let the model read
# on:

# %%
same = ids[:, :, None] == ids[:, None, :]
first = same.double().argmax(-1)  # where each word stood first (b s)


def move(weights):
    """All weight on a word (b h t s) goes to where that word stood first."""
    onto = first[:, None, None].expand_as(weights)
    return torch.zeros_like(weights).scatter_add_(-1, onto, weights)


def moved(q, k, v, *sight, **named):
    """Scaled dot-product attention with moved weights."""
    return move(attention_weights(q, k, *sight, **named)) @ v


weights = attention_maps(model, ids)[0]  # layer 0
late = previous(ids) & (known & known.roll(1, 1))[:, :, None]  # asked the second time round
look = [head_scores(m[None], late).max().item() for m in (weights, move(weights))]
before = loss_known(model)
layer_0 = model.stack.blocks[0].attention
layer_0.attend = moved
after = loss_known(model)
layer_0.attend = fused
print("asked from the second time round on:")
print(f"best score for 'looks one back': ~{look[0]:.2f}, with moved weights ~{look[1]:.2f}")
print(f"loss: ~{before:.4f}, with moved weights ~{after:.4f}")
assert look[0] > 0.25
assert look[1] < 0.01
assert abs(after - before) < 1e-3

# %% [markdown]
# Another map, the same model outputs. Jain and Wallace (2019, [arXiv:1902.10186](https://arxiv.org/abs/1902.10186))
# found very different attention distributions with equivalent predictions (in recurrent models with attention), and
# concluded that attention is not explanation; Wiegreffe and Pinter answered that it depends on what one asks of an
# explanation ([arXiv:1908.04626](https://arxiv.org/abs/1908.04626)). Take from it: a map is a *hypothesis*. Test it by
# intervening: remove the head, change the input, and see whether what should happen happens.

# %%
variance = facts["q·k", 1024]["variance of the score"] / 1024
root = [sum(runs) / 3 for runs in scaled_runs.values()][:2]
sharing = [sum(tied_runs[name]) / 3 for name in ("three matrices", "W_Q = W_K")]
claims = [
    ("q·k has variance d_k", "footnote 4 ¹",
     f"~{variance:.2f} d_k (d_k = 1,024)", abs(variance - 1) < 0.25),
    ("Without √d_k large d_k learn more slowly", "suspected ¹",
     f"right: ~{root[0]:.2f}, without ~{root[1]:.2f}", root[0] > root[1] + 0.03),
    ("h heads cost about as much as one of full width", "similar ¹",
     "equal, to the operation", len({row[3] for row in head_costs}) == 1),
    ("Single heads can be removed after training", "most of them ²",
     "~{} of 8".format(", ~".join(map(str, spare))), min(spare) >= 2),
    ("Sharing queries and keys does no harm", "not worse ³",
     f"right: ~{sharing[1]:.2f} against ~{sharing[0]:.2f}", sharing[1] > 0.95),
    ("Strided attention costs t√t", "exponent 1.5 ⁴",
     f"exponent {powers['strided, √t']:.2f}", abs(powers["strided, √t"] - 1.5) < 0.06),
    ("FlashAttention is exact, with memory linear in t", "yes ⁵",
     f"{per_token:.0f} bytes a token", per_token == 68),
    ("Induction heads need two layers", "none with one ⁶",
     f"after a jump: right ~{answers['1'][0]:.2f} with one, ~{answers['2, seed 0'][0]:.2f} with two",
     answers["1"][0] < 0.1 and best_score["1"] < 0.2),
]  # fmt: skip
assert [holds for *_, holds in claims] == [True] * 4 + [False] + [True] * 3
rows = [[*said, "yes" if holds else "no"] for *said, holds in claims]
table(["claim", "published", "measured here", "holds here?"], rows)

# %% [markdown]
# ¹ Vaswani et al. 2017, sections 3.2.1 and 3.2.2 · ² Michel et al. 2019, who found it for most heads of a
# model and also removed many at once; with eight heads for four questions it holds for 5, 5 and 3 of 8, and in two of our
# three runs these cannot all go together · ³ Reformer, on pictures and on the text of Wikipedia; our game was made to need a direction, so the "no"
# says that the restriction *can* hurt, not that it must · ⁴ Child et al. 2019 · ⁵ Dao et al. 2022, theorem 1 · ⁶ Olsson
# et al. 2022, for attention-only models. The published effects are from far larger models; what is shown here is the
# mechanism.

# %% [markdown]
# ## What goes wrong in practice
#
# **True means two things.** In `F.scaled_dot_product_attention` and in this package `True` means *may look*. In
# `nn.MultiheadAttention` it means *must not*. The same causal mask (the package's layer takes it as a `Sight`, which
# holds what may be seen):

# %%
from llm101.nn.attention import Sight

x = random(1, 4, 12)
correct = torchs(x, x, x, attn_mask=~masks.causal(4))[0]
wrong = torchs(x, x, x, attn_mask=masks.causal(4))[0]
assert torch.allclose(correct, three_heads(x, Sight(causal=True)), rtol=1e-9, atol=1e-12)
print("last row with the mask turned round:", wrong[0, -1, :3].tolist())
assert wrong[0, -1].isnan().all()
assert correct.isfinite().all()

# %% [markdown]
# The last query may see nothing, so its softmax is 0/0. The other rows are worse: they look like results, and see the
# future only.
#
# **"Causal" after a cache.** With 2 new queries and 5 keys, torch's `is_causal` puts the first query at the first key,
# so the two newest tokens see one and two of the oldest keys:

# %%
zeros, eye = torch.zeros(1, 1, 5, 5), torch.eye(5)[None, None]
new_two = zeros[:, :, :2]  # equal scores, so each weight is 1 / (keys seen); the values show them
torchs_way = F.scaled_dot_product_attention(new_two, zeros, eye, is_causal=True)[0, 0]
ours = fused(new_two, zeros, eye, causal=True)[0, 0]
print("torch:  ", [[round(w, 2) for w in row] for row in torchs_way.tolist()])
print("llm101: ", [[round(w, 2) for w in row] for row in ours.tolist()])
assert torch.equal(torchs_way > 0, torch.ones(2, 5).tril().bool())
assert torch.equal(ours > 0, masks.causal(2, 5))

# %% [markdown]
# **Heads cut the wrong way.** `(b, t, d)` must become `(b, h, t, k)` by cutting the *last* axis and then swapping two.
# A bare `reshape` has the right shape and mixes tokens. No error, no warning; the causal mask means nothing any more:

# %%
x = torch.arange(12.0).reshape(1, 3, 4)  # 3 tokens of width 4: token t holds 4 t to 4 t + 3
right = x.unflatten(-1, (2, 2)).transpose(1, 2)  # (b h t k)
wrong = x.reshape(1, 2, 3, 2)
print("head 0, right:", right[0, 0].tolist())
print("head 0, wrong:", wrong[0, 0].tolist(), "<- its token 1 holds the other half of token 0")
assert right.shape == wrong.shape
assert right[0, 0].tolist() == [[0, 1], [4, 5], [8, 9]]

# %% [markdown]
# **A score with two explanations.** We train the same model on songs that *all* have 12 words. Its best head scores
# higher than before for "after last time". Then we sing it songs of 11:

# %%
always_12, _ = singer(seed=0, low=12, high=12, steps=150)
tests = {p: songs(100, torch.Generator().manual_seed(5), p, p) for p in (12, 11)}
losses = {period: loss_known(always_12, *test) for period, test in tests.items()}
song, _ = tests[12]
fooled = head_scores(attention_maps(always_12, song), after_last_time(song)).max().item()
with torch.no_grad():
    said = always_12(tests[11][0])[:, 12:-1].argmax(-1)
as_11_back = (said == tests[11][0][:, 1:-12]).double().mean().item()
print(f"score ~{fooled:.2f} · loss on 12 words ~{losses[12]:.2f}, on 11 words ~{losses[11]:.1f}")
print(f"songs of 11 words: ~{100 * as_11_back:.1f} % of its answers are the word 11 places back")
assert fooled > max(best_score.values())
assert as_11_back > 0.95
assert losses[12] < 0.3
assert losses[11] > 3

# %% [markdown]
# It looks 11 places back, whatever stands there. On songs of 12 words that *is* the place after the last time, so the
# score cannot tell the two apart. As with the jump: measure where the explanations differ. That is why our songs have 8
# to 16 words.

# %% [markdown]
# ## Check yourself
#
# Choose an answer; every one has an explanation. (The code is folded, since it holds the answers.)

# %% tags=["hide-input"]
display(quiz("Why are the scores divided by √d_k?", [
    ("So that the weights of a row sum to 1", False, "The softmax does that for scores of any size."),
    ("Because q·k has variance d_k for components of variance 1, and large scores saturate the softmax", True, "After the division the variance is 1 for any width, and the slopes stay alive."),
    ("To make the scores symmetric", False, "Dividing by a number changes no symmetry."),
]))  # fmt: skip
display(quiz("A layer of width 512 is changed from 8 heads of 64 to 1 head of 512. Its projections now have", [
    ("an eighth of the weights", False, "W_Q is 512 × 512 in both cases; heads are pieces of it."),
    ("as many weights as before", True, "4 d² whatever h is. The work of scores and mix stays 4 t² d, too."),
    ("eight times the weights", False, "They would have, if each of the 8 heads had had width 512."),
]))  # fmt: skip
display(quiz("A causal model of 10 tokens is given an eleventh, with a KV cache. What is computed?", [
    ("One query, one key, one value; one row of scores", True, "The ten older keys and values are kept, and the older outputs cannot change."),
    ("Eleven rows of scores, as the table has one more column", False, "The new column is masked for the older queries: it is later than they."),
    ("Nothing new but the last softmax", False, "The new token needs its own query, key and value in each layer."),
]))  # fmt: skip
display(quiz("What does FlashAttention approximate?", [
    ("The softmax, by a running maximum", False, "The running maximum only keeps exponentials small; the result is the exact softmax."),
    ("Far tokens, which it leaves out", False, "That would be a sparse pattern."),
    ("Nothing", True, "It computes the same numbers in another order, tile by tile, and keeps no table."),
]))  # fmt: skip
display(quiz("A head puts 0.9 of its weight on the previous token. What follows?", [
    ("The previous token is what the model's answer rests on", False, "The value may hold nothing of use, and other heads may do the work: take the head away and see."),
    ("Without the head the loss must rise", False, "Often it does not: see the eight heads of step 6."),
    ("Where the head looks, not what it is good for", True, "A map is a hypothesis; an intervention tests it."),
]))  # fmt: skip

# %% [markdown]
# <details><summary><b>What is self-attention? The exact formula?</b></summary>
#
# Each position makes a query, a key and a value of its own vector and receives a weighted mean of all values; the
# weights are a softmax of the query's dot products with all keys: softmax(QKᵀ/√d_k) V, with Q = XW_Q, K = XW_K, V =
# XW_V.
# </details>
#
# <details><summary><b>Why three projections? Could K and Q share a weight? Why divide by √d_k?</b></summary>
#
# To ask, to be asked and what is delivered are three roles. With W_Q = W_K the scores are symmetric, and no two tokens
# can both prefer each other to themselves: tasks with a direction suffer (step 3), though it works as a restriction
# where that does no harm (Reformer). With independent components of variance 1, q·k has variance d_k; divided by √d_k
# the scores stay of size 1, the softmax is not saturated, and gradients do not vanish.
# </details>
#
# <details><summary><b>What is multi-head attention, why, and why with a smaller width?</b></summary>
#
# h attentions beside each other on projections of width d/h, joined and mixed by W_O. One softmax gives one mean;
# several heads can look at several places or relations at once. With d_k = d/h parameters (4d²) and operations are
# those of one head of full width.
# </details>
#
# <details><summary><b>What is the attention mask for?</b></summary>
#
# It says which query may look at which key: scores of forbidden pairs become −∞ before the softmax. Padding masks hide
# fillers; causal masks hide the future, so that all next-token losses are trained in one pass; prefix and cross masks
# make other architectures. After the softmax is too late: the forbidden scores are in the denominator.
# </details>
#
# <details><summary><b>How does the 2017 paper handle inputs of different length?</b></summary>
#
# Attention has no weight that depends on the length (nor has the feed-forward half), so any length works. Sentences of
# similar length are put into one batch, padded, and the padding is masked, in attention and in the loss.
# </details>
#
# <details><summary><b>How do encoder and decoder differ in their attention?</b></summary>
#
# The encoder sees its whole input in both directions. The decoder's self-attention is causal, and it has a second
# attention whose queries come from the decoder and whose keys and values come from the encoder's output. When it
# writes, it goes one token at a time, with a cache.
# </details>
#
# <details><summary><b>How does the encoder's output get into the decoder, and the error back?</b></summary>
#
# It is computed once; in each decoder layer cross-attention takes Q from the decoder's state and K = MW_K, V = MW_V
# from the encoder's output M. The loss of the target tokens sends gradients back through K and V into the encoder.
# (Lesson 10 traces one sentence.)
# </details>
#
# <details><summary><b>What do a long context and a large batch cost, and what helps against which?</b></summary>
#
# Scores and mix: 4 t d operations a token and layer, more than the weights from t = 6 d on; against it, sparse patterns
# and windows. Memory of the t × t table: FlashAttention, exactly. Memory of the KV cache, 2 · layers · key heads ·
# width of a head for each token: MQA, GQA, windows.
# </details>

# %% [markdown]
# ## Exercises
#
# Eight exercises, from a mask to an induction head made by hand, wait in [your
# copy](../work/07_attention/attention.ipynb) (made by `python run.py`; the original is in
# [exercises/](../exercises/07_attention/attention.ipynb)). Each has a check that tells you what is wrong.
#
# ## Further reading
#
# - Vaswani et al. 2017, *Attention Is All You Need*, [arXiv:1706.03762](https://arxiv.org/abs/1706.03762): section 3.2
#   is this lesson's core
# - Bahdanau, Cho, Bengio 2014, *Neural Machine Translation by Jointly Learning to Align and Translate*,
#   [arXiv:1409.0473](https://arxiv.org/abs/1409.0473)
# - Dao et al. 2022, *FlashAttention*, [arXiv:2205.14135](https://arxiv.org/abs/2205.14135); Dao 2023,
#   *FlashAttention-2*, [arXiv:2307.08691](https://arxiv.org/abs/2307.08691)
# - Elhage et al. 2021, *A Mathematical Framework for Transformer Circuits*; Olsson et al. 2022, *In-context Learning
#   and Induction Heads*, [arXiv:2209.11895](https://arxiv.org/abs/2209.11895)
# - Jain, Wallace 2019, *Attention is not Explanation*, [arXiv:1902.10186](https://arxiv.org/abs/1902.10186); Wiegreffe,
#   Pinter 2019, *Attention is not not Explanation*, [arXiv:1908.04626](https://arxiv.org/abs/1908.04626)
#
# ## What you can now read in the package
#
# [`nn/masks.py`](../llm101/nn/masks.py) · [`nn/attention.py`](../llm101/nn/attention.py) ·
# [`nn/cache.py`](../llm101/nn/cache.py) · [`nn/flash.py`](../llm101/nn/flash.py) ·
# [`nn/footprint.py`](../llm101/nn/footprint.py) · [`viz/attention_maps.py`](../llm101/viz/attention_maps.py). Next:
# **lesson 08, positions**: how attention learns where a token stands.
