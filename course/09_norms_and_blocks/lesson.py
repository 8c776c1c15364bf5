# ---
# title: Norms and blocks
# minutes: 150
# cpu_seconds: 45
# ram_mb: 1000
# ---

# %% [markdown]
# # 09 · Norms and blocks
#
# **The question.** One layer of attention learns something. What has to stand around it so that sixteen layers, or ninety-six,
# learn too?
#
# **You will be able to**
#
# - write LayerNorm, RMSNorm and DeepNorm, and say why a language model does not use BatchNorm;
# - draw the post, pre, sandwich and parallel block, and measure what each does to signals, gradients and training;
# - choose the scale at which weights start, for a matrix, for a branch and for a whole model;
# - compare feed-forward layers fairly, at equal parameters, and build a mixture of experts that does not collapse.
#
# **Time** about two and a half hours; a good place for a break is before step 7. **You need** [lesson 06](06_losses.ipynb)
# (initialisation, GELU, gated units) and [lesson 07](07_attention.ipynb) (attention).

# %%
import math
from functools import partial

import llm101
import torch
from IPython.display import HTML, display
from llm101 import show
from llm101.viz.plots import PALETTE, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.tokens import table
from llm101.viz.widgets import dial, stepper
from torch import nn
from torch.nn import functional as F

llm101.setup(seed=0)


def random(*shape):
    return torch.randn(*shape, dtype=torch.float64)


# %% [markdown]
# ## A first result
#
# Two language models read our reviews, word by word. Both have 16 blocks; a block has two **branches**, attention and a
# feed-forward layer, whose outputs are added to their input. The models have the same starting values (matrices by
# Glorot's rule of lesson 06, word vectors of size 1), the same data in the same order, the same optimizer with the same
# rate. They differ in the place of the norm: in one it stands *before* each branch, in the other *behind* each sum.
# (The first has one norm more, at the top: 64 of its 207,136 weights. You need not understand the cell yet.)

# %%
from llm101.corpora.reviews import reviews
from llm101.models.assemblies import CausalLM
from llm101.nn.absolute import LearnedPositions
from llm101.nn.attention import Attention
from llm101.nn.blocks import ParallelBlock, PostNormBlock, PreNormBlock, SandwichBlock, Stack
from llm101.nn.embed import Embedder
from llm101.nn.ffn import MLP
from llm101.nn.init import transformer_init
from llm101.nn.norms import LayerNorm

texts = [review.text.split() for review in reviews(4000)]
VOCAB = ["<end>", *sorted({word for text in texts for word in text})]
number = {word: i for i, word in enumerate(VOCAB)}
stream = torch.tensor([number[word] for text in texts for word in [*text, "<end>"]])


def batch(generator, n=8, length=16):
    """n pieces of the reviews: ids (n, length), and the ids that come next (n, length)."""
    start = torch.randint(len(stream) - length, (n, 1), generator=generator)
    pieces = stream[start + torch.arange(length + 1)]
    return pieces[:, :-1], pieces[:, 1:]


def nats(model, pieces):
    """Mean loss of a word."""
    ids, following = pieces
    return F.cross_entropy(model(ids).flatten(0, 1), following.flatten())


def model_of(block, seed, layers=16, width=32, ends_in_norm=False, gain=1.0):
    """A language model of equal blocks; a norm follows the last one unless a block ends in one."""
    norm = partial(LayerNorm, width)
    make = lambda: block(Attention(width, 4), MLP(width, 4 * width, F.gelu), norm)
    stack = Stack(make, layers, norm=nn.Identity if ends_in_norm else norm)
    places = LearnedPositions(32, width)
    model = CausalLM(Embedder(len(VOCAB), width, positions=places, scale=math.sqrt(width)), stack)
    transformer_init(model, gain=gain, generator=torch.Generator().manual_seed(seed))
    return model


def train(model, seed, rate=6e-3, steps=50, warm_up=1, size=(8, 16)):
    """The loss at each step."""
    generator, curve = torch.Generator().manual_seed(seed), []
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.0, fused=True)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * min(1, (step + 1) / warm_up)
        loss = nats(model, batch(generator, *size))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        curve.append(loss.item())
    return curve


def end(curve):
    """Mean of the last ten losses."""
    return sum(curve[-10:]) / 10


pre = model_of(PreNormBlock, seed=0)
post = model_of(PostNormBlock, seed=0, ends_in_norm=True)
assert sum(p.numel() for p in pre.parameters()) == 207_136
assert sum(p.numel() for p in post.parameters()) == 207_136 - 64
curves = {"post-norm": [train(post, seed=0)], "pre-norm": [train(pre, seed=0)]}
fig, (axis,) = figure(height=3)
lines(axis, {k: (range(50), c[0]) for k, c in curves.items()}, x="step", y="loss (nats a word)")
share = torch.bincount(stream) / len(stream)
UNIGRAM = -(share * share.log()).sum().item()
axis.axhline(UNIGRAM, color="#888888", linestyle=":")
axis.set_title("16 layers, rate 0.006; dotted: knowing only how frequent words are", fontsize=10)
print(f"frequencies alone: {UNIGRAM:.2f} nats")
print(*(f"{name}: ~{end(c[0]):.2f} nats" for name, c in curves.items()), sep=" · ")
assert end(curves["pre-norm"][0]) < 2.5
assert end(curves["post-norm"][0]) > 3.0

# %% [markdown]
# **What to see.** The post-norm model learns how frequent each word is and stops there, as if it could not read at all. The
# pre-norm model reads. That is one seed; step 6 trains three of each, and the other placements, and finds the reason
# before the first step of training. First: what is a norm?

# %% [markdown]
# ## Step 1 · LayerNorm: every token to the same size
#
# *How large are the numbers inside a network?* Nobody promised anything. Lesson 06 saw signals that shrink or grow from
# layer to layer; a good start helps, but training moves the weights, and sizes drift again. **Layer normalisation**
# (Ba, Kiros and Hinton 2016, [arXiv:1607.06450](https://arxiv.org/abs/1607.06450)) fixes the size whatever the weights
# do. It takes the $d$ numbers of *one* token, subtracts their mean, divides by their standard deviation, and then lets
# training choose a gain $g$ and an offset $b$ for each channel:
#
# $$ \text{LN}(x)_i = g_i\, \frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}} + b_i, \qquad
#    \mu = \frac1d \sum_j x_j, \qquad \sigma^2 = \frac1d \sum_j (x_j - \mu)^2. $$
#
# The small $\varepsilon$ (1e-5) keeps a token whose numbers are all equal from dividing by 0. As loops, as the
# package's formula, as its module, and as torch has it:

# %%
from llm101.nn.norms import layer_norm


def layer_norm_by_loops(x, g, b, eps=1e-5):
    out = torch.zeros_like(x)
    for i, token in enumerate(x.tolist()):
        mean = sum(token) / len(token)
        variance = sum((value - mean) ** 2 for value in token) / len(token)
        for j, value in enumerate(token):
            out[i, j] = g[j] * (value - mean) / math.sqrt(variance + eps) + b[j]
    return out


x, g, b = 3 * random(5, 7) + 2, random(7), random(7)
module = LayerNorm(7).double()
with torch.no_grad():
    module.weight.copy_(g)
    module.bias.copy_(b)
want = layer_norm_by_loops(x, g, b)
for got in (layer_norm(x, g, b), module(x), F.layer_norm(x, (7,), g, b)):
    assert torch.allclose(got, want, rtol=1e-10, atol=1e-12)
print("loops = formula = module = torch:", tuple(want.shape))
show(layer_norm)

# %% [markdown]
# **A picture of it.** Subtracting the mean puts the vector on the (hyper)plane of vectors with sum 0; dividing puts it on the
# sphere of radius $\sqrt d$ in that plane. Only the *direction* of $x$ within the plane survives. So adding the same
# number to all channels of a token changes nothing, nor does multiplying the token by a positive number. And what
# cannot change the output gets no gradient: the gradient by $x$ is orthogonal to $(1, \dots, 1)$ and to $x$ itself.
# Make $x$ ten times as large, and its gradient is a tenth:

# %%
one = torch.ones(7, dtype=torch.float64)
plain = partial(F.layer_norm, normalized_shape=(7,), eps=0.0)
assert torch.allclose(plain(10 * x + 3), plain(x), rtol=1e-10)
assert torch.allclose(plain(x).square().sum(-1), torch.full((5,), 7.0).double(), rtol=1e-10)

pull = random(5, 7)  # any gradient that comes from above


def gradient_through(norm, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad((norm(x) * pull).sum(), x)[0]


slope = gradient_through(plain, x)
assert (slope @ one).abs().max() < 1e-12
assert (slope * x).sum(-1).abs().max() < 1e-12
assert torch.allclose(gradient_through(plain, 10 * x), slope / 10, rtol=1e-9)
print("gradient · (1, ..., 1) = 0 · gradient · x = 0 · ten times x, a tenth of the gradient")

# %% [markdown]
# The last line is a safety valve. If a step was too large and the numbers in front of a norm have grown, the output of the norm
# has not, and the next gradients are *smaller*. Lesson 06's networks had nothing like that.

# %% [markdown]
# ## Step 2 · Why not BatchNorm?
#
# *Could we norm in the other direction?* **Batch normalisation** (Ioffe and Szegedy 2015,
# [arXiv:1502.03167](https://arxiv.org/abs/1502.03167)) was the standard in image networks: the same formula, but mean and
# variance are taken for one *channel* over all examples of the batch. Some notes ask why the Transformer uses it. It does not:
# the paper says $\text{LayerNorm}(x + \text{Sublayer}(x))$. Let us see what batch norm would do to text. One review, in the
# company of three others, and in other company, and with padding behind it. **Predict:** for which norm does the review's own
# result change?

# %%
from llm101.nn.norms import BatchNorm, batch_norm

g, b = torch.ones(5, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
review, friends, others = random(1, 6, 5), random(3, 6, 5), 2 * random(3, 6, 5)
padding = torch.zeros(4, 9, 5, dtype=torch.float64)
companies = {
    "other batch mates": torch.cat([review, others]),
    "padded from 6 to 15": torch.cat([torch.cat([review, friends]), padding], dim=1),
    "alone": review,
}
at_first = torch.cat([review, friends])
rows = []
for name, company in companies.items():
    moved = [
        (norm(company, g, b)[0, :6] - norm(at_first, g, b)[0]).abs().max().item()
        for norm in (batch_norm, layer_norm)
    ]
    rows.append([name, *(f"{m:.2f}" for m in moved)])
    assert moved[0] > 0.1
    assert moved[1] < 1e-12
table(["the same review", "batch norm: largest change", "layer norm: largest change"], rows)

# %% [markdown]
# With batch norm a word's vector depends on strangers. In training that is noise, and a leak: one example gets to know about
# another. In generation, one word at a time, there is no batch to take a mean of: each channel would be
# $(x - x)/\sqrt{0 + \varepsilon} = 0$. Batch norm's answer is a running average of mean and variance, collected in training and
# used afterwards. So the layer is *two* functions, and the fewer tokens a batch has, the more they differ. (Here and below, the
# *size* of many numbers is their root mean square, rms: the root of the mean of their squares.)

# %%
gaps = {}
for tokens in (2, 8, 32, 128, 512):
    norm, source = BatchNorm(32), torch.Generator().manual_seed(0)
    for _ in range(200):
        norm(torch.randn(1, tokens, 32, generator=source) + 1)
    probe = torch.randn(1, tokens, 32, generator=source) + 1
    in_training = norm.train()(probe)
    gaps[tokens] = (in_training - norm.eval()(probe)).square().mean().sqrt().item()
fig, (axis,) = figure(height=2.8)
lines(
    axis,
    {"": (list(gaps), list(gaps.values()))},
    x="tokens in a batch",
    y="training minus evaluation (rms)",
)
axis.set(xscale="log", yscale="log")
axis.set_title("Batch norm is two functions; a value has size 1", fontsize=10)
assert list(gaps.values()) == sorted(gaps.values(), reverse=True)
assert gaps[2] > 0.3
assert gaps[2] > 5 * gaps[512]

# %% [markdown]
# Layer norm has no such switch: it is the same function in training, in evaluation and in generation, and no token knows of
# another. That is why text has it.

# %% [markdown]
# ## Step 3 · RMSNorm: leave the mean alone
#
# *Which half of LayerNorm does the work?* Zhang and Sennrich (2019, [arXiv:1910.07467](https://arxiv.org/abs/1910.07467)) left
# out the mean and the offset and did as well in their experiments:
#
# $$ \text{RMSNorm}(x)_i = g_i\, \frac{x_i}{\sqrt{\frac1d \sum_j x_j^2 + \varepsilon}}. $$
#
# T5, LLaMA and most models since have it: one pass over the numbers instead of two, and half the parameters of a norm.

# %%
from llm101.nn.norms import RMSNorm, rms_norm

x, g = 3 * random(5, 7) + 2, random(7)
by_hand = torch.tensor(
    [[gi * v / math.sqrt(sum(u * u for u in t) / 7 + 1e-6) for gi, v in zip(g.tolist(), t)] for t in x.tolist()]
).double()  # fmt: skip
assert torch.allclose(rms_norm(x, g), by_hand, rtol=1e-6)
assert torch.allclose(rms_norm(x, g), F.rms_norm(x, (7,), g, eps=1e-6), rtol=1e-10)

one = torch.ones(7, dtype=torch.float64)
centred = x - x.mean(-1, keepdim=True)
assert torch.allclose(
    rms_norm(centred, one, eps=1e-5), layer_norm(centred, one, eps=1e-5), rtol=1e-10
)
assert torch.allclose(rms_norm(10 * x, one, eps=0), rms_norm(x, one, eps=0), rtol=1e-10)
assert not torch.allclose(rms_norm(x + 3, one), rms_norm(x, one), atol=0.1)
print(
    "equal to LayerNorm where the mean is 0; keeps its result when x is scaled, not when x is shifted"
)
print(
    "parameters at width 4096:",
    {n.__name__: sum(p.numel() for p in n(4096).parameters()) for n in (LayerNorm, RMSNorm)},
)
show(rms_norm)

# %% [markdown]
# Six channels to look at. Turn the dial: it adds the same number to all of them. **Predict** what RMSNorm makes of a
# large shift. (Each row is drawn to its own scale; read the numbers.)

# %%
SIX = torch.tensor([2.0, -1.0, 0.5, -0.5, 1.0, -2.0], dtype=torch.float64)


def norm_picture(shift):
    """Bars of x and of both norms of it, each row to its own scale."""
    x = SIX + shift
    ones = torch.ones(6, dtype=torch.float64)
    rows = [("x", x), ("LayerNorm", layer_norm(x, ones)), ("RMSNorm", rms_norm(x, ones))]
    bar = '<td style="width:58px;height:84px;vertical-align:bottom;padding:0 3px"><div style="position:relative;height:80px">{}</div></td>'
    html = f"x + {shift:g}<table>"
    for name, values in rows:
        cells = ""
        for value in values.tolist():
            height = 36 * abs(value) / max(2, values.abs().max().item())
            top = 40 - height if value > 0 else 40
            colour = PALETTE[0] if value > 0 else PALETTE[1]
            box = f'<div style="position:absolute;top:{top:.0f}px;height:{height:.0f}px;width:26px;background:{colour}"></div>'
            cells += bar.format(
                box
                + f'<div style="position:absolute;left:28px;top:32px;font-size:11px">{value:.2f}</div>'
            )
        html += f'<tr><td style="text-align:right;padding-right:8px">{name}</td>{cells}</tr>'
    return html + "</table>"


dial(norm_picture, [0, 0.5, 1, 2, 5, 10], start=0, label="add")

# %% [markdown]
# *Without a running kernel the dial is dead; here are two of its positions.*

# %%
display(HTML(norm_picture(0) + norm_picture(5)))
ones = torch.ones(6, dtype=torch.float64)
assert torch.allclose(layer_norm(SIX + 5, ones), layer_norm(SIX, ones))
assert rms_norm(SIX + 10, ones).std() < 0.2
assert torch.allclose(rms_norm(SIX, ones), layer_norm(SIX, ones), rtol=1e-4)

# %% [markdown]
# With a large mean RMSNorm gives nearly the same number to all channels, and the differences drown. Why does that not hurt? The
# layer in front can learn to keep the mean small, if that helps; nothing forces it. Step 10 compares the two in training.

# %% [markdown]
# ## Step 4 · The residual stream
#
# *How does a signal get through many layers?* Lesson 06 had one way: start so that each layer keeps the size. He et al. (2015,
# [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)) found a stronger one: let each layer *add* to its input instead of
# replacing it, $x + f(x)$. The derivative of that is $1 + f'$: even a layer that passes on nothing lets the gradient through.
# Twenty-four layers without any norm, with the start that torch gives a layer (small), with and without the addition:


# %%
class Layer(nn.Module):
    def __init__(self, residual, width=32):
        super().__init__()
        self.inner, self.residual = MLP(width, 4 * width, F.gelu), residual

    def forward(self, x):
        return x + self.inner(x) if self.residual else self.inner(x)


def gradient_at_each_layer(residual, layers=24):
    torch.manual_seed(0)
    net = [Layer(residual) for _ in range(layers)]
    states = [torch.randn(64, 32, requires_grad=True)]
    for layer in net:
        states.append(layer(states[-1]))
    loss = (states[-1] * torch.randn(64, 32)).sum()
    gradients = torch.autograd.grad(loss, states)
    return [gradient.norm().item() / gradients[-1].norm().item() for gradient in gradients]


through = {name: gradient_at_each_layer(r) for name, r in (("x + f(x)", True), ("f(x)", False))}
fig, (axis,) = figure(height=2.8)
lines(
    axis,
    {k: (range(25), v) for k, v in through.items()},
    x="after layer",
    y="size of the gradient (top: 1)",
)
axis.set_yscale("log")
axis.set_title("24 layers: what is left of the gradient on the way down", fontsize=10)
assert 0.5 < through["x + f(x)"][0] < 20
assert through["f(x)"][0] < 1e-12

# %% [markdown]
# There is a second way to read $x + f(x)$. In the pre-norm model nothing ever replaces $x$; each branch reads it,
# through a norm, and adds something. So what comes out at the top is *exactly* the embedding plus the sum of all $16
# \times 2 = 32$ branches. One calls $x$ the **residual stream**: a bus with as many channels as the model is wide (here
# 32 as well, by chance), on which layers write and later layers read. We check the sum on the model of the first
# result:


# %%
@torch.no_grad()
def states_and_branches(model, ids):
    """The stream before each block and after the last (l + 1 of them), and what each branch added (2 l)."""
    states, added, hooks = [model.embed(ids)], [], []
    for block in model.stack.blocks:
        for part in (block.attention, block.ffn):
            hooks.append(part.register_forward_hook(lambda _, __, out: added.append(out)))
        hooks.append(block.register_forward_hook(lambda _, __, out: states.append(out)))
    model(ids)
    for hook in hooks:
        hook.remove()
    return states, added


pieces = batch(torch.Generator().manual_seed(99), n=64)
states, added = states_and_branches(pre, pieces[0])
total = states[0] + sum(added)
assert len(added) == 32
assert torch.allclose(total, states[-1], rtol=1e-4, atol=1e-4)
print("stream at the top = embedding +", len(added), "branches")

# %% [markdown]
# Because it is one stream all the way, we can stop anywhere and ask the output head what it would say *now*: take the stream
# after block $l$, apply the last norm and the head (nostalgebraist 2020 called it the *logit lens*). Move the slider up through
# the model:


# %%
@torch.no_grad()
def lens(model, state):
    """Probabilities of the next word, read off the stream (b t v)."""
    return model.embed.unembed(model.stack.norm(state)).softmax(-1)


SENTENCE = "the soup was"
sentence_states, _ = states_and_branches(pre, torch.tensor([[number[w] for w in SENTENCE.split()]]))


def lens_picture(layer):
    """What the head would say after so many blocks."""
    p = lens(pre, sentence_states[layer])[0, -1]
    best = p.topk(5)
    rows = [
        [
            VOCAB[i],
            f'<div style="background:{PALETTE[0]};height:12px;width:{round(300 * q)}px;display:inline-block"></div> {q:.2f}',
        ]
        for q, i in zip(best.values.tolist(), best.indices.tolist())
    ]
    return (
        f"“{SENTENCE} …”, after {layer} of 16 blocks"
        + table(["next word", "probability"], rows, raw=True).data
    )


display(stepper(lens_picture, 16, label="blocks"))

# %% [markdown]
# With no blocks at all it answers with the word itself, since the head is the embedding table used backwards, and every
# word is most like itself. The blocks have to turn "what I am" into "what comes next". *Without a running kernel the
# slider is dead; here are three of its positions.*

# %% tags=["nbval-ignore-output"]
display(HTML(lens_picture(0) + lens_picture(8) + lens_picture(16)))
assert VOCAB[lens(pre, sentence_states[0])[0, -1].argmax()] == "was"
assert lens(pre, sentence_states[16])[0, -1, number["was"]] < 0.5


# %%
def loss_at(state):
    """Loss of what the head would say of this state of the stream."""
    return -lens(pre, state).gather(-1, pieces[1][..., None]).log().mean().item()


@torch.no_grad()
def without(left_out):
    """Loss of the model with one block left out; None = with all of them."""
    x = pre.embed(pieces[0])
    sight = pre.stack.sight(x, None, n_cached=0)  # who may see whom: causal, as in the model itself
    for i, block in enumerate(pre.stack.blocks):
        x = x if i == left_out else block(x, sight)
    return loss_at(x)


lens_loss = [loss_at(state) for state in states]
assert abs(without(None) - lens_loss[16]) < 1e-4  # nothing left out: the loss of the model
missing = [without(i) - lens_loss[16] for i in range(16)]
assert (
    abs(missing[15] - (lens_loss[15] - lens_loss[16])) < 1e-4
)  # without the last: the lens before it
fig, (left, right) = figure(columns=2, height=3)
lens_curve = {"": (range(17), lens_loss)}
lines(left, lens_curve, x="blocks", y="loss (nats a word)", title="Stopping early: the lens")
right.bar(range(1, 17), missing, color=PALETTE[0])
right.set(xlabel="block left out", ylabel="rise of the loss (nats)", xticks=range(1, 17, 3))
right.set_title("Leaving one block out", fontsize=10)
print(f"lens: ~{lens_loss[0]:.2f} at the embedding, ~{lens_loss[16]:.2f} at the top")
print(
    f"one block less costs ~{missing[0]:.2f} nats (the first), ~{sorted(missing)[8]:.3f} (median)"
)
assert lens_loss[0] > lens_loss[16] + 1
assert max(missing) == missing[0] > 0.06
assert max(missing[1:]) < 0.06
assert sorted(missing)[8] < 0.03

# %% [markdown]
# The same question for 64 pieces of reviews, as a loss, is the left picture. **What to see.** *Left*: the stream is
# turned from the word itself into the next word bit by bit. *Right*: any block can be left out, one at a time, and the
# model still works; only the first is missed. In a network without the addition that would cut the wire. Veit, Wilber
# and Belongie (2016, [arXiv:1605.06431](https://arxiv.org/abs/1605.06431)) found the same in image networks and read it
# like this: a residual network is a sum over many paths, and most of them are short.

# %% [markdown]
# ## Step 5 · Four places for a norm
#
# *Where should the norm stand?* With $f$ for attention or feed-forward layer:
#
# | placement | formula | used in |
# |---|---|---|
# | post | $\text{norm}(x + f(x))$ | Transformer 2017, GPT-1, BERT |
# | pre | $x + f(\text{norm}(x))$ | GPT-2, GPT-3, T5, LLaMA, most since |
# | sandwich | $x + \text{norm}(f(\text{norm}(x)))$ | CogView (Ding et al. 2021) |
# | parallel | $x + \text{attention}(\text{norm}(x)) + \text{ffn}(\text{norm}(x))$ | GPT-J, PaLM, Falcon |
#
# In the picture the stream is the vertical line, read from below:

# %%
ATTENTION, FFN = ("attention", "#56B4E9"), ("ffn", "#66C2A5")
NORM, PLUS = ("norm", "#E69F00"), ("+", "#ffffff")


def block_picture(name, items):
    """One block as SVG: items are (column 0 = stream, 1 and 2 = branches; height; (label, colour))."""
    x_of, svg = {0: 36, 1: 104, 2: 174}, ""
    paths = {  # where a branch leaves the stream and where it comes back
        "post": [(1, 20, 105), (1, 160, 235)],
        "sandwich": [(1, 20, 140), (1, 155, 270)],
        "parallel": [(1, 20, 250), (2, 60, 250)],
    }
    for column, low, high in paths.get(name, [(1, 20, 120), (1, 150, 250)]):
        begin = x_of[column - 1]  # the second branch of the parallel block leaves behind the norm
        svg += f'<path d="M{begin} {300 - low} H{x_of[column]} V{300 - high} H36" fill="none" stroke="#777"/>'
    svg += '<path d="M36 300 V6" stroke="#333" stroke-width="3"/>'
    svg += '<path d="M30 14 L36 4 L42 14" fill="none" stroke="#333" stroke-width="2"/>'
    for column, height, (label, colour) in items:
        box = 18 if label == "+" else 66
        left, top = x_of[column] - box / 2, 290 - height
        svg += f'<rect x="{left}" y="{top}" width="{box}" height="20" rx="4" fill="{colour}" stroke="#333"/>'
        svg += f'<text x="{x_of[column]}" y="{top + 14}" font-size="12" text-anchor="middle" fill="#000">{label}</text>'
    wide = 210 if name == "parallel" else 140
    return f'<div style="display:inline-block;margin:4px"><b>{name}</b><br><svg width="{wide}" height="306" style="background:#fff">{svg}</svg></div>'


pictures = {
    "post": [(1, 62, ATTENTION), (0, 105, PLUS), (0, 132, NORM), (1, 197, FFN), (0, 235, PLUS), (0, 262, NORM)],
    "pre": [(1, 50, NORM), (1, 85, ATTENTION), (0, 120, PLUS), (1, 180, NORM), (1, 215, FFN), (0, 250, PLUS)],
    "sandwich": [(1, 45, NORM), (1, 75, ATTENTION), (1, 105, NORM), (0, 140, PLUS),
                 (1, 178, NORM), (1, 208, FFN), (1, 238, NORM), (0, 270, PLUS)],
    "parallel": [(1, 60, NORM), (1, 140, ATTENTION), (2, 140, FFN), (0, 250, PLUS)],
}  # fmt: skip
display(HTML("".join(block_picture(name, items) for name, items in pictures.items())))
assert [sum(i[2] is NORM for i in items) for items in pictures.values()] == [2, 2, 4, 1]

# %%
display(show(PostNormBlock.forward), show(PreNormBlock.forward))

# %% [markdown]
# What the formulas promise: in *post*, every number on the stream has passed every norm, so it has size 1 at every
# depth, but no path is free of norms. In *pre* and *parallel* the stream is free and grows, since every branch adds
# something. A *sandwich* limits what a branch can add, however large its weights get (multiply the branch's last matrix
# by 100: same result). And a model of pre-norm blocks needs one more norm at the top, since the stream arrives there
# with any size. (Some notes say that GPT-2 has "pre and post layer norm": it has pre-norm blocks and this one norm at
# the top.)


# %%
def one_block(kind, seed=0, width=16, **options):
    torch.manual_seed(seed)
    parts = Attention(width, 2), MLP(width, 4 * width, F.gelu, bias=False)
    return kind(*parts, partial(LayerNorm, width, eps=0.0), **options).double()


x = random(2, 5, 16)
blocks = {"pre": one_block(PreNormBlock), "sandwich": one_block(SandwichBlock)}
changes = {}
for name, block in blocks.items():
    before = block(x)
    with torch.no_grad():
        block.ffn.down.weight.mul_(100)
    changes[name] = (block(x) - before).abs().max().item()
print("change of the output when the last matrix grows a hundredfold: pre > 10, sandwich 0")
assert changes["pre"] > 10
assert changes["sandwich"] < 1e-9

# %% [markdown]
# **Parallel** blocks differ from pre-norm ones: the feed-forward layer does not see what attention has just found. What
# is gained is speed: both branches read the same vector, so the four input matrices (queries, keys, values, up) are one
# large matrix product instead of four. PaLM's authors ([arXiv:2204.02311](https://arxiv.org/abs/2204.02311), section 2)
# report about 15 % faster training at large sizes, a small loss of quality at 8 billion parameters and none at 62
# billion. That one product gives the same numbers:

# %%
block = one_block(ParallelBlock)
attend, ffn = block.attention, block.ffn
normed = block.attention_norm(x)
matrices = [attend.q_proj, attend.k_proj, attend.v_proj]
fused_weight = torch.cat([m.weight for m in matrices] + [ffn.up.weight])
fused_bias = torch.cat([m.bias for m in matrices] + [torch.zeros(64, dtype=torch.float64)])
q, k, v, wide = (normed @ fused_weight.T + fused_bias).split([16, 16, 16, 64], dim=-1)
assert torch.allclose(q, attend.q_proj(normed), rtol=1e-10)
assert torch.allclose(ffn.down(F.gelu(wide)), ffn(normed), rtol=1e-10)
assert torch.allclose(block(x), x + attend(normed) + ffn.down(F.gelu(wide)), rtol=1e-10)
print("one product of", tuple(fused_weight.shape), "= four smaller ones")

# %% [markdown]
# ## Step 6 · What depth does to signals, gradients and training
#
# *Why did post-norm fail?* The answer can be measured before the first step of training. We build models of 2, 12 and
# 48 blocks, send one batch forward and backward, and look at every block: how long are the gradients of the matrix in
# which the feed-forward layer ends, and of the matrix that makes the queries? **Predict:** which of the two is in
# trouble?

# %%
KINDS = {  # block, and what else model_of needs
    "post": (PostNormBlock, {"ends_in_norm": True}),
    "pre": (PreNormBlock, {}),
    "sandwich": (SandwichBlock, {}),
    "parallel": (ParallelBlock, {}),
}


def likeness(state):
    """Mean cosine of two different tokens of a text, for a stream (b t d)."""
    unit, t = F.normalize(state, dim=-1), state.shape[1]
    return (t * (unit @ unit.mT).mean().item() - 1) / (t - 1)  # without each token's 1 with itself


def at_the_start(kind, layers):
    """Gradients (of ffn.down, of the queries), size of the stream, likeness of its tokens; each by block."""
    block, options = KINDS[kind]
    model = model_of(block, seed=0, layers=layers, **options)
    pieces = batch(torch.Generator().manual_seed(0))
    states, _ = states_and_branches(model, pieces[0])
    nats(model, pieces).backward()
    return {
        "down": [b.ffn.down.weight.grad.norm().item() for b in model.stack.blocks],
        "queries": [b.attention.q_proj.weight.grad.norm().item() for b in model.stack.blocks],
        "size": [state.square().mean().sqrt().item() for state in states],
        "cosine": [likeness(state) for state in states],
    }


start = {(kind, layers): at_the_start(kind, layers) for kind in KINDS for layers in (2, 12, 48)}
fig, axes = figure(columns=2, height=3.1)
for axis, what, title in zip(axes, ("down", "queries"), ("feed-forward, last matrix", "queries")):
    curves_of = {kind: (range(1, 49), start[kind, 48][what]) for kind in KINDS}
    lines(axis, curves_of, x="block (of 48)", y="length of the gradient", title=title)
    axis.set_yscale("log")
axes[0].get_legend().remove()  # the colours are those of its neighbour
fig, axes = figure(columns=2, height=3.1)
for axis, what, y, title in (
    (axes[0], "size", "size of a number (rms)", "the stream grows, or does not"),
    (axes[1], "cosine", "mean cosine of two tokens", "how alike the tokens are"),
):
    curves_of = {kind: (range(49), start[kind, 48][what]) for kind in KINDS}
    lines(axis, curves_of, x="blocks passed (of 48)", y=y, title=title)
last = {kind: [start[kind, n]["down"][-1] for n in (2, 12, 48)] for kind in KINDS}
rows = [[kind, *(f"~{v:.2f}" for v in values)] for kind, values in last.items()]
assert last["pre"][0] / last["pre"][2] > 3
assert last["post"][0] / last["post"][2] < 2
assert all(max(start[k, 48]["down"]) < 15 * min(start[k, 48]["down"]) for k in KINDS)
middle = {kind: sorted(start[kind, 48]["queries"])[24] for kind in KINDS}
assert middle["post"] < 1e-3 * min(v for kind, v in middle.items() if kind != "post")
assert start["post", 48]["cosine"][12] > 0.9
assert start["post", 48]["cosine"][-1] > 0.99
assert start["pre", 48]["cosine"][-1] < 0.9
assert abs(start["post", 48]["size"][-1] - 1) < 1e-3
assert start["pre", 48]["size"][-1] > 4
table(["gradient of the last block's ffn.down", "2 blocks", "12 blocks", "48 blocks"], rows)

# %% [markdown]
# **What to see.** Two different things.
#
# *The table*: the gradient of the topmost feed-forward layer. In post-norm it is no smaller with 12 or 48 blocks than
# with 2. In pre-norm it falls with the depth $L$, about like $1/\sqrt L$ (from 2 to 48 blocks: $\sqrt{24} = 4.9$): the
# stream has grown, and step 1's safety valve divides by its size. Xiong et al. (2020,
# [arXiv:2002.04745](https://arxiv.org/abs/2002.04745)) proved just this, for the start of training, and concluded: with
# post-norm the gradients near the output are so large that the first steps have to be small, which is what a warm-up
# does; with pre-norm one can do without it.
#
# *The pictures* (the curves of pre and parallel nearly coincide). Feed-forward gradients grow towards the top in
# post-norm and fall in the others, but stay within a factor of ten or so in each model. The queries are in trouble: in
# the deep post-norm model they get hardly any gradient, in the median block less than a thousandth of what they get in
# the others. The last picture fits that. Attention at the start takes means over tokens, a mean makes tokens more
# alike, and post-norm passes the mean on at full strength, layer after layer. After a dozen blocks the mean cosine
# between two tokens is above 0.9, at the top it is 1: all tokens have become *the same vector*. Then it does not matter
# where one looks, and queries and keys have nothing to learn from. (Dong, Cordonnier and Loukas 2021,
# [arXiv:2103.03404](https://arxiv.org/abs/2103.03404), called it *rank collapse*; Noci et al. 2022,
# [arXiv:2206.03126](https://arxiv.org/abs/2206.03126), showed that it takes the gradient of queries and keys away.) In
# pre-norm each branch is a smaller and smaller part of a growing stream, and the tokens stay apart for longer. (The
# sandwich's stream grows fastest: each of its branches adds a vector of size 1, whatever the weights.)
#
# Now the training. Three seeds of each placement, 16 blocks, and one newcomer, DeepNorm, which step 7 explains. Two
# more settings look for what ails post-norm. One has only 4 blocks (three seeds). One has a **warm-up**, the usual
# medicine: the rate grows from 0 to 0.006 over the first 25 of 50 steps (one seed). To tell an effect from luck we need
# a rule. Ours, for the whole lesson: compare seed by seed; an effect is *clear* if its mean is larger than its range,
# the largest less the smallest of the three. Three seeds make a weak rule, but the same for all.

# %%
from llm101.nn.norms import deepnorm


def deep(layers):
    """DeepNorm for so many layers, as an entry of KINDS."""
    alpha, beta = deepnorm(layers)
    return partial(PostNormBlock, alpha=alpha), {"ends_in_norm": True, "gain": beta}


KINDS["DeepNorm"] = deep(16)


def placed(kind, seed, layers=16, warm_up=1):
    """The loss curve of one placement."""
    block, extra = KINDS[kind]
    return train(model_of(block, seed, layers=layers, **extra), seed, warm_up=warm_up)


runs = {"post": curves["post-norm"], "pre": curves["pre-norm"]}
for seed in range(3):
    for kind in KINDS:
        done = runs.setdefault(kind, [])
        if len(done) == seed:
            done.append(placed(kind, seed))
runs["post, warm-up"] = [placed("post", 0, warm_up=25)]
runs["post, 4 blocks"] = [placed("post", seed, layers=4) for seed in range(3)]
ends = {kind: [end(curve) for curve in some] for kind, some in runs.items()}
fig, (axis,) = figure(height=3.4)
lines(
    axis,
    {k: (range(50), torch.tensor(c).mean(0)) for k, c in runs.items()},
    x="step",
    y="loss (nats a word, mean of the seeds)",
)
axis.axhline(UNIGRAM, color="#888888", linestyle=":")
axis.set_title("16 blocks (one curve: 4), rate 0.006", fontsize=10)
stuck = [kind for kind, e in ends.items() if min(e) > 2.8]
assert stuck == ["post", "post, warm-up"], stuck
assert all(abs(v - UNIGRAM) < 0.25 for kind in stuck for v in ends[kind])
assert all(max(e) < 2.7 for kind, e in ends.items() if kind not in stuck)
trained = likeness(states_and_branches(post, pieces[0])[0][-1])
print(f"post-norm, trained: cosine of two tokens ~{trained:.2f}")
assert trained > 0.99


def is_clear(effect):
    """Whether the mean of an effect is larger than its range over the seeds."""
    return abs(sum(effect) / len(effect)) > max(effect) - min(effect)


def difference(of, to):
    """Loss less loss, seed by seed."""
    return [a - b for a, b in zip(of, to)]


def signed(values):
    """Three changes of the loss, to print."""
    return "  ".join(f"~{round(v, 3) + 0:+.3f}" for v in values)  # + 0: no minus in front of zero


beside_pre = {k: difference(ends[k], ends["pre"]) for k in ("sandwich", "parallel", "DeepNorm")}
assert [k for k, effect in beside_pre.items() if is_clear(effect)] == ["parallel"]
assert max(beside_pre["parallel"]) < 0
rows = [
    [
        kind,
        "  ".join(f"~{v:.2f}" for v in e),
        signed(beside_pre[kind]) if kind in beside_pre else "",
    ]
    for kind, e in ends.items()
]
table(["placement", "last loss, seeds 0, 1, 2", "less pre's (negative = better)"], rows)

# %% [markdown]
# **What to see.** Two groups. Pre, sandwich, parallel and DeepNorm all learn, in every seed. By our rule pre, sandwich
# and DeepNorm are ties. Parallel ends about 0.12 below pre, which is clear: here, after 50 steps at one rate. (PaLM's
# tests of far larger models found no such gain.) Post-norm stays on the dotted line in every seed. Its tokens are as
# good as equal at the top, after training as before it, so it can say nothing that depends on the text. *Depth is what
# hurts it*: with 4 blocks it learns in every seed. *The warm-up did not help* our 16 blocks. Published recipes for
# post-norm models have one, at 6 to 24 layers, with wider models, smaller rates and thousands of steps; what it does
# there our 50 steps cannot show.
#
# **Which is better, then?** A rule of thumb in study notes says "pre-norm makes a network shallow and wide and costs quality,
# post-norm weakens the residual". It is a heuristic, and the reports differ: most large models are pre-norm; the GLM-130B team
# saw pre-norm *fail* in its own tests and went to DeepNorm ([arXiv:2210.02414](https://arxiv.org/abs/2210.02414)); where
# post-norm trains at all, it has sometimes ended better. What is sure is what we measured: at the start of training a deep
# post-norm stack is a bad place to be.

# %% [markdown]
# ## Step 7 · DeepNorm: a louder residual
#
# *Can post-norm be saved?* In $\text{norm}(x + f(x))$ stream and branch are equally loud. **DeepNorm** (Wang et al. 2022,
# [arXiv:2203.00555](https://arxiv.org/abs/2203.00555)) makes the stream louder and the branch quieter:
#
# $$ x \leftarrow \text{LayerNorm}(\alpha x + f(x)), \qquad \alpha = (2N)^{1/4}, \qquad \text{starting weights} \times \beta = (8N)^{-1/4} $$
#
# for one stack of $N$ layers ($\beta$ not for queries and keys: they choose where to look, not how much is added). It is not a
# new norm: the norm is LayerNorm; what is new is the $\alpha$, and the smaller start. The authors trained 1,000 layers with it.
# The idea: one step of the optimizer should change the output of the whole model by a bounded amount, *however deep it is*. We
# measure that: one step of Adam, and how much the vectors at the top have moved.

# %%
assert [round(v, 3) for v in (*deepnorm(12), *deepnorm(24), *deepnorm(70))] == [
    2.213,
    0.319,
    2.632,
    0.269,
    3.440,
    0.206,
]
print(
    f"N = 70, the depth of GLM-130B: α = {deepnorm(70)[0]:.3f}; GLM-130B took √(2N) = {math.sqrt(140):.2f}"
)


def moved_by_one_step(model, rate=1e-3):
    """Size of the change at the top of the stack; a number there has size 1."""
    pieces = batch(torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(model.stack.parameters(), lr=rate)
    tops = []
    for _ in range(2):
        with torch.no_grad():
            tops.append(model.stack(model.embed(pieces[0])))
        nats(model, pieces).backward()
        optimizer.step()
    return (tops[1] - tops[0]).square().mean().sqrt().item()


depths, moved = [2, 6, 12, 24, 48], {"α = 1": [], "DeepNorm": []}
for layers in depths:
    a, b = deepnorm(layers)
    for name, (alpha, gain) in {"α = 1": (1.0, 1.0), "DeepNorm": (a, b)}.items():
        block = partial(PostNormBlock, alpha=alpha)
        moved[name].append(
            moved_by_one_step(model_of(block, 0, layers, ends_in_norm=True, gain=gain))
        )
fig, (axis,) = figure(height=2.9)
lines(axis, {k: (depths, v) for k, v in moved.items()}, x="blocks", y="change of the output (rms)")
axis.lines[1].set_color(PALETTE[4])  # the colour of DeepNorm in step 6
axis.legend(frameon=False, fontsize=9)
axis.set(xscale="log", yscale="log", xticks=depths, xticklabels=depths)
axis.minorticks_off()
axis.set_title(
    "One step of Adam; the output has size 1, two unrelated outputs differ by 1.4", fontsize=10
)
print(
    *(f"{name}: " + " ".join(f"~{v:.2f}" for v in values) for name, values in moved.items()),
    sep=" · ",
)
assert all(deep < plain / 3 for deep, plain in zip(moved["DeepNorm"], moved["α = 1"]))
assert moved["α = 1"][2] > 0.7
assert moved["DeepNorm"][4] < 0.35

# %% [markdown]
# **What to see.** With $\alpha = 1$ a *single* step of a usual size makes something quite different of the output of 12 layers
# or more. With DeepNorm the change is less than a third of that at every depth. (It still grows with depth here: the paper's
# bound is about plain gradient descent, and Adam's step moves every weight by the full rate.)
#
# The likeness of the tokens, step 6's other trouble, is gone too: what attention mixes in is small beside $\alpha x$.

# %%
for layers in (16, 48):
    KINDS["DeepNorm"] = deep(layers)
    alike = {kind: at_the_start(kind, layers)["cosine"][-1] for kind in ("post", "DeepNorm")}
    print(
        f"cosine of two tokens after {layers} blocks:", {k: f"~{v:.2f}" for k, v in alike.items()}
    )
    assert alike["post"] > 0.9
    assert alike["DeepNorm"] < 0.2

# %% [markdown]
# ## Step 8 · How large should weights be at the start?
#
# *Norms fix the size of what goes into each branch. Does the start still matter?* Lesson 06 had the rule for one matrix:
# variance $1/n_{\text{in}}$, give or take a factor. Transformer code rarely says it like that. It says `std=0.02`. For GPT-2's
# width 768 that is $0.55/\sqrt{768}$: near the rule. Copied into a model of width 64 it is $0.16/\sqrt{64}$, a sixth of it. Two
# layers of width 64, five starts, three seeds. (The last matrix of each branch starts smaller still; why, we shall see below.)

# %%
from llm101.nn.init import gpt2_init, normal_init


def started(std, seed):
    """Loss curve at width 64; matrices start with spread std, ends of branches with half."""
    model = model_of(PreNormBlock, seed, layers=2, width=64)
    model.embed.scale = 1.0
    gpt2_init(model, std=std, n_layers=2, generator=torch.Generator().manual_seed(seed))
    return train(model, seed, rate=4e-3)


SEEDS = ("#000000", "#777777", "#bbbbbb")  # grey: other colours have meanings
spreads = [0.005, 0.02, 0.08, 0.32, 1.0]
begun = {std: [started(std, seed) for seed in range(3)] for std in spreads}
fig, (left, right) = figure(columns=2, height=3.1)
shown = {f"std {std:g}": (range(50), torch.tensor(c).mean(0)) for std, c in begun.items()}
lines(left, shown, x="step", y="loss (nats, mean of 3 seeds)", title="Five starts")
left.set_ylim(0.8, 8)
left.legend(frameon=False, fontsize=8, ncol=3, loc="upper center", bbox_to_anchor=(0.5, -0.22))
u_curve = {
    f"seed {seed}": (spreads, [end(begun[std][seed]) for std in spreads]) for seed in range(3)
}
lines(
    right,
    u_curve,
    x="std of the start",
    y="loss after 50 steps (nats)",
    title="Too small, right, too large",
)
right.set_xscale("log")
for line, grey in zip(right.lines, SEEDS):
    line.set_color(grey)
right.legend(frameon=False, fontsize=9)
for std in spreads:
    print(
        f"std {std:5}: first loss ~{begun[std][0][0]:.2f}, last",
        *(f"~{end(c):.2f}" for c in begun[std]),
    )
print(f"ln {len(VOCAB)} = {math.log(len(VOCAB)):.2f}")
best = {std: sum(end(c) for c in three) / 3 for std, three in begun.items()}
assert min(best, key=best.get) == 0.08
assert best[0.02] > best[0.08] + 0.1
assert all(best[std] > best[0.08] + 0.5 for std in (0.005, 0.32, 1.0))
assert max(end(c) for c in begun[0.08]) - min(end(c) for c in begun[0.08]) < 0.15
assert all(abs(c[0] - math.log(len(VOCAB))) < 0.1 for c in begun[0.005])
assert min(c[0] for c in begun[1.0]) > 12

# %% [markdown]
# **What to see.** A valley. *Too small* (0.02 and below): the model starts at $\ln 87$, knowing nothing, and stays near
# the frequencies for a while: a branch is a product of two or three small matrices, so both what it adds and the
# gradient that it gets are tiny. How long it stays depends on the seed. *Too large*: the first loss is far above that
# of guessing. The head is the embedding table, the last norm gives it vectors of length $\sqrt{64}$, so the logits
# start with a spread of 8 times `std`: the model is sure and wrong. *Right*: 0.08, which is $0.64/\sqrt{64}$, and the
# three seeds agree. We measured that at width 64 only. As a rule of thumb for small widths the package's `gpt2_init`
# makes of it: take about $0.64/\sqrt d$.
#
# **The ends of branches.** $2L$ branches add to the stream. If each adds a vector of about the same size in an
# independent direction, the stream's size grows like $\sqrt{2L}$. GPT-2 starts the last matrix of each branch smaller
# by $1/\sqrt{N}$, where $N = 2L$ is the number of residual branches; then the sum stays bounded:


# %%
def stream_size(layers, begin):
    """Size of the stream at the top of a new model."""
    model = model_of(PreNormBlock, 0, layers=layers, width=64)
    model.embed.scale = 1.0
    begin(model, generator=torch.Generator().manual_seed(0))
    states, _ = states_and_branches(model, batch(torch.Generator().manual_seed(0))[0])
    return states[-1].square().mean().sqrt().item()


sizes = {
    "all alike": [stream_size(n, partial(normal_init, std=0.08)) for n in depths],
    "ends / √(2L)": [stream_size(n, partial(gpt2_init, std=0.08, n_layers=n)) for n in depths],
}
fig, (axis,) = figure(height=2.8)
lines(
    axis,
    {k: (depths, v) for k, v in sizes.items()},
    x="blocks",
    y="size (rms)",
    title="The stream at the top, before training",
)
assert sizes["all alike"][-1] > 3 * sizes["all alike"][0]
assert sizes["ends / √(2L)"][-1] < 1.5 * sizes["ends / √(2L)"][0]

# %% [markdown]
# **What to see.** Without the shrinking 48 blocks make the stream several times as large as two do; with it the size is nearly
# the same at every depth. So a deep GPT starts where a shallow one starts.

# %% [markdown]
# ## Step 9 · The other half of a block, at equal parameters
#
# *Attention moves things between tokens; what works on them?* The **feed-forward layer**: each token alone, to a wide
# layer, through a bend, and back. Lesson 06 met the bends; here are the layers. The plain one has two matrices,
# $\text{act}(xW_{\text{up}})\,W_{\text{down}}$, with width $f = 4d$. A gated one has three,
# $(\text{act}(xW_{\text{gate}}) \odot xW_{\text{up}})\,W_{\text{down}}$. At the same $f$ it would be half as large
# again, and any comparison unfair. So its width is two thirds: $\frac23 \cdot 4d = \frac83 d$, $8d^2$ weights for both.
# LLaMA rounds up to a multiple of 256; the GeGLU layers of GLM-130B, of width 12,288, have exactly $\frac83 \cdot
# 12{,}288 = 32{,}768$ channels:

# %%
from llm101.nn.ffn import GatedMLP, gated_width

widths = {d: gated_width(4 * d, multiple_of=256) for d in (4096, 5120, 6656, 8192)}
assert list(widths.values()) == [11008, 13824, 17920, 22016]
print("LLaMA's feed-forward widths:", widths)


def size(module):
    return sum(p.numel() for p in module.parameters())


LAYERS = {  # each has 8 d² weights (a gated one about that, if 3 does not divide 8 d)
    "ReLU": lambda d: MLP(d, 4 * d, F.relu, bias=False),
    "GELU": lambda d: MLP(d, 4 * d, F.gelu, bias=False),
    "GeGLU": lambda d: GatedMLP(d, gated_width(4 * d), F.gelu),
    "SwiGLU": lambda d: GatedMLP(d, gated_width(4 * d), F.silu),
}
counts = {name: size(make(48)) for name, make in LAYERS.items()}
assert set(counts.values()) == {8 * 48**2}
assert gated_width(4 * 12288) == 32768  # GLM-130B: GeGLU
assert [size(make(32)) for make in LAYERS.values()] == [8192, 8192, 8160, 8160]  # 85 for 85.33
print("width 48:", counts)
show(GatedMLP.forward)

# %% [markdown]
# **Without biases.** PaLM leaves them out everywhere, in norms too, and reports more stable training of large models.
# In weights it hardly matters. Four in attention, one of $4d$ and one of $d$ in the feed-forward layer, two in the
# norms make $11d$, beside $12d^2$ in the matrices:


# %%
def whole_block(d, bias):
    attention, ffn = Attention(d, 4, bias=bias), MLP(d, 4 * d, F.gelu, bias=bias)
    return PreNormBlock(attention, ffn, partial(LayerNorm, d, bias=bias))


for d in (48, 768):
    with_them, without_them = size(whole_block(d, True)), size(whole_block(d, False))
    assert with_them - without_them == 11 * d
    assert without_them == 12 * d**2 + 2 * d  # the gains of two norms
    print(f"width {d}: {with_them:,} weights, of which {with_them - without_them:,} are biases")

# %% [markdown]
# **What is a gate?** A switch for each of the $f$ channels (lesson 06 has the family: GLU's gate is a sigmoid, so it is *not*
# bilinear; SwiGLU's is SiLU, and there is no GELU in it). Held shut it lets nothing pass, whatever `up` says; held wide open,
# where SiLU is the identity, it multiplies:

# %%
unit, x = LAYERS["SwiGLU"](6).double(), random(1, 3, 6)
with torch.no_grad():
    unit.gate.weight.zero_()
assert unit(x).abs().max() == 0
held = F.silu(torch.tensor([-50.0, 0.0, 50.0], dtype=torch.float64))
assert held[0].abs() < 1e-15
assert held[2] == 50
print(
    "gate 0 or far below: shut. Gate far above, 50: passes", held[2].item(), "times what `up` says"
)

# %% [markdown]
# ## Step 10 · The recommended stack, taken apart
#
# *What should one build today?* A survey (Zhao et al. 2023, [arXiv:2303.18223](https://arxiv.org/abs/2303.18223)) sums
# up the field's advice: pre-norm with RMSNorm, SwiGLU or GeGLU, RoPE or ALiBi (lesson 08), and *no* norm right after
# the embeddings, which Scao et al. (2022, [arXiv:2210.15424](https://arxiv.org/abs/2210.15424)) found to cost quality
# in zero-shot tasks (tasks that a model was not trained for). (BLOOM has one all the same.) "Pre-SwiGLU replaces GELU",
# as one note has it, mixes up two changes: pre-norm replaced post-norm, and SwiGLU replaced GELU. Three yes-or-no
# questions are $2 \times 2 \times 2 = 8$ models; with three seeds, 24 trainings. **Predict:** does any of the three
# questions matter in a model of two layers and width 32?


# %%
def configured(norm, ffn, norm_after_embedding, seed, layers=2, width=32):
    """The block as a list of answers: which norm, which feed-forward layer, a norm after the embedding or none."""
    make_norm = partial(norm, width)
    make = lambda: PreNormBlock(Attention(width, 4, bias=False), LAYERS[ffn](width), make_norm)
    places = LearnedPositions(32, width)
    after = make_norm if norm_after_embedding else nn.Identity
    embed = Embedder(len(VOCAB), width, positions=places, scale=math.sqrt(width), norm=after)
    model = CausalLM(embed, Stack(make, layers, norm=make_norm))
    transformer_init(model, generator=torch.Generator().manual_seed(seed))
    return model


answers = [
    (n, f, e) for n in (LayerNorm, RMSNorm) for f in ("GELU", "SwiGLU") for e in (False, True)
]
ablated = {
    a: [end(train(configured(*a, seed), seed, steps=60)) for seed in range(3)] for a in answers
}
rows = [
    [
        n.__name__,
        f,
        "yes" if e else "no",
        "  ".join(f"~{v:.3f}" for v in losses),
        f"~{sum(losses) / 3:.3f}",
    ]
    for (n, f, e), losses in ablated.items()
]
assert all(max(losses) < 2.4 for losses in ablated.values())
table(["norm", "feed-forward", "norm after embedding", "loss, seeds 0, 1, 2", "mean"], rows)


# %%
def effect(place):
    """Mean difference, second answer minus first, in each seed, over the four settings of the other two."""
    first = answers[0][place]
    signed = [(1 if a[place] != first else -1, losses) for a, losses in ablated.items()]
    return [sum(s * losses[seed] for s, losses in signed) / 4 for seed in range(3)]


names = ("RMSNorm instead of LayerNorm", "SwiGLU instead of GELU", "norm after the embedding")
effects = {name: effect(place) for place, name in enumerate(names)}
spread = max(max(losses) - min(losses) for losses in ablated.values())
print(f"largest difference between two seeds of one model: ~{spread:.3f} nats")
assert all(abs(v) < spread for e in effects.values() for v in e)
assert not any(map(is_clear, effects.values()))
rows = [[name, signed(e)] for name, e in effects.items()]
table(["change", "change of the loss (nats; negative = better), seeds 0, 1, 2"], rows)

# %% [markdown]
# And all four feed-forward layers, with LayerNorm and no norm after the embedding. At width 32 the plain ones have
# 8,192 weights, the gated ones 8,160:

# %%
bends = {f: ablated[LayerNorm, f, False] for f in ("GELU", "SwiGLU")}
for f in ("ReLU", "GeGLU"):
    models = [configured(LayerNorm, f, False, seed) for seed in range(3)]
    bends[f] = [end(train(model, seed, steps=60)) for seed, model in enumerate(models)]
means = {f: sum(bends[f]) / 3 for f in LAYERS}
published = {"ReLU": 1.997, "GELU": 1.983, "GeGLU": 1.942, "SwiGLU": 1.944}
beside_gelu = {f: difference(bends[f], bends["GELU"]) for f in ("ReLU", "GeGLU", "SwiGLU")}
rows = [
    [
        f,
        "  ".join(f"~{v:.3f}" for v in bends[f]),
        signed(beside_gelu.get(f, [])),
        f"{published[f]:.3f}",
    ]
    for f in LAYERS
]
assert [f for f, e in beside_gelu.items() if is_clear(e)] == ["ReLU"]
assert 0.005 < sum(beside_gelu["ReLU"]) / 3 < 0.04
assert max(means.values()) - min(means.values()) < spread
table(["feed-forward", "loss, seeds 0, 1, 2", "less GELU's", "Shazeer 2020, T5-base"], rows)

# %% [markdown]
# **What to see.** Mostly ties. *First tables*: no change moves the loss by as much as another seed does, and none is
# clear by the rule of step 6: with other seeds the signs could be others. *Last table*: ReLU ends a little above GELU
# in each seed, which is clear by the rule, if small; both gated layers tie with GELU. That is no argument against the
# advice: it was measured on models of a hundred million weights and more, where differences of 0.04 nats are large and
# can be seen. The last column is Shazeer's (2020, [arXiv:2002.05202](https://arxiv.org/abs/2002.05202), table 1). His
# paper ends: "We offer no explanation as to why these architectures seem to work; we attribute their success, as all
# else, to divine benevolence." The authors of GLM-130B report a test perplexity of 22.95 with GELU and of 22.31 with
# GeGLU, for a smaller GLM with RoPE. The norm after the embedding cannot do much in a pre-norm model of two layers; it
# was blamed for worse zero-shot results of a model with 1.3 billion weights. At this size, RMSNorm is chosen because it
# is simpler and costs less, not because it learns better.

# %% [markdown]
# ## Step 11 · A mixture of experts
#
# *Must every token use every weight?* The feed-forward layers hold two thirds of a block's weights, and each token
# passes through all of them. A **mixture of experts** (Shazeer et al. 2017,
# [arXiv:1701.06538](https://arxiv.org/abs/1701.06538)) has $E$ feed-forward layers side by side and a **router**, one
# small matrix that gives each token a probability for each expert. The token visits the best one or two; their outputs
# count by that probability, the **gate**:
#
# $$ p = \text{softmax}(x W_r), \qquad y = \sum_{i \in \text{best}(p)} p_i\, \text{expert}_i(x). $$
#
# The gate is not decoration: the choice itself has no slope, so the gate is the only way in which the loss reaches the router.
# Five tokens and three experts, of which each takes at most two tokens (its **capacity**):

# %%
from llm101.nn.moe import MoE, balance_loss, route

scores = torch.tensor([[2.0, 0, 0], [1.0, 0, 0.5], [3.0, 0, 0], [0, 0, 1.0], [0, 0.5, 0]])
routing = route(scores, 1, capacity=2)
rows = [
    [i, " ".join(f"{v:.2f}" for v in p), e[0], f"{g[0]:.2f}", "yes" if k[0] else "no: expert full"]
    for i, (p, e, g, k) in enumerate(zip(*(part.tolist() for part in routing)))
]
assert routing.n_dropped == 1
assert routing.counts.tolist() == [3, 1, 1]
display(table(["token", "router's probabilities", "expert", "gate", "served?"], rows))
show(MoE.forward)

# %% [markdown]
# Token 2 comes too late; its branch adds nothing, and it goes on with its residual alone. (In the code, `capacity` is
# that limit; `renormalize` makes the gates of a token's chosen experts sum to 1.) By hand, without both, for two
# experts a token:

# %%
layer = MoE(6, 4, partial(MLP, 6, 11, F.relu), n_choices=2).double()
x = random(2, 5, 6)
p = layer.router(x).softmax(-1)
by_hand = torch.zeros_like(x)
for row in range(2):
    for t in range(5):
        for i in p[row, t].topk(2).indices.tolist():
            by_hand[row, t] += p[row, t, i] * layer.experts[i](x[row, t][None, None])[0, 0]
assert torch.allclose(layer(x), by_hand, rtol=1e-6)
print(
    "token by token = package; of",
    size(layer),
    "weights a token uses",
    size(layer.router) + 2 * size(layer.experts[0]),
)

# %% [markdown]
# **What it is good for, and what goes wrong.** 512 facts: each of 512 fixed random vectors belongs to one of 32 answers. Real
# hidden states share a large common part, so we add one to all of them. Four layers learn the facts: a small dense one; eight
# experts of that size, one a token, so hardly more work; the same with a **balance loss** (Fedus, Zoph and Shazeer 2021,
# [arXiv:2101.03961](https://arxiv.org/abs/2101.03961), equation 4),
#
# $$ E \sum_i f_i P_i \qquad f_i: \text{share of tokens that went to expert } i, \quad P_i: \text{its mean probability}, $$
#
# which is 1 when all are used alike and up to $E$ when one gets everything (it is added to the loss, times 0.1); and a
# dense layer as large as all eight. **Predict** what happens to the experts without the balance loss.


# %%
def learn_facts(ffn, seed, balance=0.0, common=2.0, facts=512, width=16, steps=150):
    """Share of facts known at the end, and how many facts each expert got."""
    source = torch.Generator().manual_seed(seed)
    own, shared = (torch.randn(*shape, generator=source) for shape in ((facts, width), (width,)))
    things = own + common * shared
    answer = torch.randint(32, (facts,), generator=source)
    torch.manual_seed(seed)
    branch, head = ffn(), nn.Linear(width, 32)
    optimizer = torch.optim.Adam([*branch.parameters(), *head.parameters()], lr=1e-2)
    for _ in range(steps):
        some = torch.randint(facts, (128,), generator=source)
        x = things[some][None]
        loss = F.cross_entropy(head(x + branch(x))[0], answer[some])
        if balance:
            loss = loss + balance * balance_loss(branch.routing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        known = head(things + branch(things[None])[0]).argmax(-1) == answer
    loads = branch.routing.counts.tolist() if isinstance(branch, MoE) else []
    return known.double().mean().item(), loads


small = partial(MLP, 16, 8, F.relu)
experts = partial(MoE, 16, 8, small)
trials = {
    "dense": (small, 0.0),
    "8 experts": (experts, 0.0),
    "8 experts, balanced": (experts, 0.1),
    "dense, 8 times as large": (partial(MLP, 16, 64, F.relu), 0.0),
}
known = {
    name: [learn_facts(ffn, seed, weight) for seed in range(3)]
    for name, (ffn, weight) in trials.items()
}
share_known = {name: [k for k, _ in three] for name, three in known.items()}
rows = [
    [name, size(trials[name][0]()), "  ".join(f"~{k:.2f}" for k in ks)]
    for name, ks in share_known.items()
]
fig, axes = figure(columns=2, height=2.8)
for axis, name in zip(axes, ("8 experts", "8 experts, balanced")):
    for seed, (_, load) in enumerate(known[name]):
        axis.bar(
            [i + 0.27 * (seed - 1) for i in range(1, 9)],
            sorted(load, reverse=True),
            0.25,
            color=SEEDS[seed],
            label=f"seed {seed}",
        )
    axis.legend(frameon=False, fontsize=9)
    axis.axhline(64, color="#888888", linestyle=":")
    axis.set(xlabel="expert, busiest first", ylabel="facts (of 512)", ylim=(0, 520))
    axis.set_title(f"{name} (dotted: even)", fontsize=10)
busiest = {
    name: [max(load) for _, load in known[name]] for name in ("8 experts", "8 experts, balanced")
}
busiest["8 experts, before training"] = [max(learn_facts(experts, s, steps=0)[1]) for s in range(3)]
busiest["nothing in common"] = [max(learn_facts(experts, s, common=0.0)[1]) for s in range(3)]
assert min(busiest["8 experts, before training"]) > 200
assert min(busiest["8 experts"]) > 250
assert max(busiest["8 experts, balanced"]) < 150
assert max(busiest["nothing in common"]) < 150
for name, loads in busiest.items():
    print(f"{name}: the busiest expert got", *(f"~{n}" for n in loads), "of 512")
pairs = zip(share_known["dense"], share_known["8 experts, balanced"])
assert all(balanced > dense + 0.05 for dense, balanced in pairs)
pairs = zip(share_known["8 experts, balanced"], share_known["dense, 8 times as large"])
assert all(large > balanced for balanced, large in pairs)
table(["layer", "weights", "facts known (share), seeds 0, 1, 2"], rows)

# %% [markdown]
# **What to see.** Left alone, the router sends most facts to one expert. The common part gives all tokens similar
# scores, so about half of them or more go to one expert before the first step (third line printed), and nothing in the
# loss evens that out. (The last line is a check of that reason: take the common part away, and eight experts share the
# facts without any balance loss. So the collapse is no law; it depends on how alike the tokens are, and step 6 has
# shown that inside a deep network they can be.) With the balance loss all experts work, and the layer knows more in
# every seed than a dense one that does about the same work a token. It does *not* reach the dense layer with about as
# many weights: an expert sees only its own facts, and the router cannot choose the best split. So experts are a way to
# buy weights without paying for work, at some discount. Switch is built like this, with one expert a token; Mixtral
# takes two, whose gates sum to 1, and has no capacity. Lesson 29 comes back to it.

# %% [markdown]
# ## What was claimed, and what we saw

# %%
fall = {kind: last[kind][0] / last[kind][2] for kind in ("pre", "post")}
best_worst = {kind: (min(e), max(e)) for kind, e in ends.items()}
span = lambda kind: " to ".join(f"~{v:.2f}" for v in dict.fromkeys(best_worst[kind]))
rms_effect, glu_effect, after_effect = effects.values()
claims = [  # claim, published, measured here, does it hold
    ("Pre-norm trains at once where post-norm does not", "yes ¹", f"{span('pre')} against {span('post')}",
     best_worst["pre"][1] + 1 < best_worst["post"][0]),
    ("Pre-norm's top gradient falls like 1/√L", "÷ 4.9 from 2 to 48 ¹", f"÷ ~{fall['pre']:.1f}; post ÷ ~{fall['post']:.1f}",
     3 < fall["pre"] < 8 and fall["post"] < 2),
    ("Warm-up lets post-norm train", "yes ¹", span("post, warm-up"), best_worst["post, warm-up"][1] < 2.5),
    ("Deep post-norm: all tokens become alike", "yes ²", f"cosine ~{start['post', 48]['cosine'][-1]:.3f}",
     start["post", 48]["cosine"][-1] > 0.99),
    ("DeepNorm makes deep post-norm train", "1,000 layers ³", span("DeepNorm"), best_worst["DeepNorm"][1] < 2.5),
    ("RMSNorm is as good as LayerNorm", "yes ⁴", "loss " + signed(rms_effect),
     max(map(abs, rms_effect)) < 0.1),
    ("SwiGLU beats GELU at equal parameters", "1.944, 1.983 ⁵", "loss " + signed(glu_effect),
     is_clear(glu_effect) and sum(glu_effect) < 0),
    ("A norm after the embedding costs quality", "yes ⁶", "loss " + signed(after_effect),
     is_clear(after_effect) and sum(after_effect) > 0),
    ("Without a balance loss, one expert gets most", "yes ⁷", f"busiest ~{min(busiest['8 experts'])} to ~{max(busiest['8 experts'])} of 512",
     min(busiest["8 experts"]) > 250),
    ("The same, tokens without a common part", "not claimed", f"busiest ~{min(busiest['nothing in common'])} to ~{max(busiest['nothing in common'])} of 512",
     min(busiest["nothing in common"]) > 250),
]  # fmt: skip
holds = [c[3] for c in claims]
assert holds == [True, True, False, True, True, True, False, False, True, False], holds
table(
    ["claim", "published", "measured here", "holds here?"],
    [[*c[:3], "yes" if c[3] else "no"] for c in claims],
)

# %% [markdown]
# ¹ Xiong et al. 2020 · ² Noci et al. 2022 · ³ Wang et al. 2022 · ⁴ Zhang and Sennrich 2019 · ⁵ Shazeer 2020, table 1:
# log-perplexity of T5-base after 65,536 steps of pre-training · ⁶ Scao et al. 2022, zero-shot tasks · ⁷ Shazeer et al. 2017. The
# four "no" are of three kinds. Warm-up is about *our* post-norm model, which is deep, narrow and trained briefly. SwiGLU and the
# norm after the embedding are about sizes that a notebook does not have: here the effect is not clear by step 6's rule. ("As good
# as" is another kind of claim, and easier to meet: RMSNorm's row asks that no seed loses 0.1 nats.) The last one shows where the
# claim above it ends.

# %% [markdown]
# ## What goes wrong in practice
#
# **A norm over too many axes.** `F.layer_norm(x, x.shape[1:])` looks right, runs, and takes mean and variance over all *tokens*
# of a text as well. In a language model that is a leak: the future changes the past. The test is simple, change the last token
# and look at the first:

# %%
x = random(1, 6, 4)
later = x.clone()
later[:, -1] += 1
leak = (F.layer_norm(later, (6, 4)) - F.layer_norm(x, (6, 4)))[0, 0].abs().max().item()
safe = (F.layer_norm(later, (4,)) - F.layer_norm(x, (4,)))[0, 0].abs().max().item()
print(f"first token, after a change of the last: both axes {leak:.2f}, last axis {safe:.2f}")
assert leak > 0.005
assert safe == 0

# %% [markdown]
# **A norm in 16 bits.** float16 ends at 65,504, so the square of any number from 256 on is infinite. Written as on
# paper, RMSNorm then answers 0; worse than an error. The package computes in float32 inside and casts back:

# %%
x = torch.tensor([[300.0, 1.0, -2.0, 4.0]]).half()
on_paper = x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt()
package = rms_norm(x, torch.ones(4).half())
print("on paper:", on_paper[0].tolist(), "· package:", [round(v, 3) for v in package[0].tolist()])
assert on_paper.abs().max() == 0
assert abs(package[0, 0].item() - 2) < 0.01

# %% [markdown]
# **The forgotten last norm.** A pre-norm model without the norm at the top runs without an error. But its logits depend on the
# size of the stream, and the size grows with depth:


# %%
def first_loss(layers, norm_at_top):
    model = model_of(PreNormBlock, 0, layers=layers, ends_in_norm=not norm_at_top)
    return nats(model, batch(torch.Generator().manual_seed(0), n=32)).item()


first = {at_top: [first_loss(n, at_top) for n in (2, 12, 48)] for at_top in (True, False)}
print("loss before training, 2, 12, 48 blocks, with:", *(f"~{v:.1f}" for v in first[True]))
print("                                     without:", *(f"~{v:.1f}" for v in first[False]))
assert first[False][2] > first[True][2] + 3

# %% [markdown]
# ## Check yourself
#
# Choose an answer; every one has an explanation. (The code is folded, since it holds the answers.)

# %% tags=["hide-input"]
display(quiz("Why does the Transformer use batch norm rather than layer norm?", [
    ("Because batches of text are large", False, "It does not use batch norm at all; the paper has LayerNorm(x + Sublayer(x))."),
    ("It does not: it uses layer norm", True, "Statistics per token: independent of batch mates, length and padding; equal in training and generation."),
    ("Because batch norm is faster", False, "The premise is wrong: it uses layer norm."),
]))  # fmt: skip
display(quiz("A token's vector is multiplied by 5, then 2 is added to each channel. Whose output stays the same?", [
    ("LayerNorm's", True, "It removes the mean and the scale (up to ε)."),
    ("RMSNorm's", False, "It removes the scale, not the shift."),
    ("Both", False, "RMSNorm leaves the mean where it is, so the shift shows."),
]))  # fmt: skip
display(quiz("What is DeepNorm?", [
    ("A norm of its own, like RMSNorm", False, "The norm inside is LayerNorm."),
    ("Post-norm with a louder residual and a smaller start", True, "LayerNorm(αx + f(x)), and the branches' weights times β."),
    ("Pre-norm with more layers", False, "It keeps the norm behind the sum: post-norm."),
]))  # fmt: skip
display(quiz("You replace a GELU layer of width 4d with SwiGLU and keep the number of weights. Its width?", [
    ("4d", False, "Three matrices of width 4d are half as many weights again."),
    ("8d/3", True, "3 · d · 8d/3 = 8d² = 2 · d · 4d."),
    ("2d", False, "3 · d · 2d = 6d²: too small."),
]))  # fmt: skip
display(quiz("A router sends all tokens to one of 8 experts. How large is the balance loss E Σ f P, if its probability is nearly 1?", [
    ("1", False, "That is the even case."),
    ("8", True, "f = P = 1 for that expert, times E = 8."),
    ("0", False, "0 would mean that the expert that is used has probability 0."),
]))  # fmt: skip

# %% [markdown]
# <details><summary><b>Why does the paper use batch norm instead of layer norm?</b></summary>
#
# It does not. The paper has $\text{LayerNorm}(x + \text{Sublayer}(x))$. Layer norm takes its statistics from one token:
# independent of batch size, text length and padding, the same in training and inference, usable one token at a time. Batch
# statistics over texts of different lengths are noisy and leak between examples.
# </details>
#
# <details><summary><b>Post-norm or pre-norm: what is the difference, and which is better?</b></summary>
#
# $\text{norm}(x + f(x))$ against $x + f(\text{norm}(x))$. Pre-norm leaves a free path from the top to the embedding,
# starts with gradients that suit its depth, and trains without warm-up; it needs a norm at the top. Post-norm keeps the
# stream at size 1; deep stacks of it want DeepNorm. (Published recipes have a warm-up and a small rate; the warm-up did
# not help our 16 blocks.) "Pre is shallow and wide, post weakens the residual" is a rule of thumb, not a law:
# GLM-130B's team saw pre-norm collapse, most large models use it.
# </details>
#
# <details><summary><b>LayerNorm, DeepNorm, RMSNorm: three norms?</b></summary>
#
# Two norms and a placement. RMSNorm is LayerNorm without the mean and the offset. DeepNorm is LayerNorm after a weighted sum,
# $\text{LayerNorm}(\alpha x + f(x))$, with a smaller start of the branches.
# </details>
#
# <details><summary><b>Is a gated linear unit bilinear? Is there a GELU in SwiGLU?</b></summary>
#
# Twice no. GLU is $\sigma(xW + b) \odot (xV + c)$; the bilinear layer is the one without $\sigma$. SwiGLU's gate is
# Swish (SiLU); GeGLU's is GELU.
# </details>

# %% [markdown]
# ## Exercises
#
# Exercises, from a norm by hand to a router with capacity, wait in [your
# copy](../work/09_norms_and_blocks/norms_and_blocks.ipynb) (made by `python run.py`; the original is in
# [exercises/](../exercises/09_norms_and_blocks/norms_and_blocks.ipynb)). Each has a check that tells you what is wrong.
#
# ## Further reading
#
# - Ba, Kiros, Hinton 2016, *Layer Normalization*, [arXiv:1607.06450](https://arxiv.org/abs/1607.06450); Zhang, Sennrich
#   2019, *Root Mean Square Layer Normalization*, [arXiv:1910.07467](https://arxiv.org/abs/1910.07467)
# - Ioffe, Szegedy 2015, *Batch Normalization*, [arXiv:1502.03167](https://arxiv.org/abs/1502.03167)
# - He et al. 2015, *Deep Residual Learning for Image Recognition*,
#   [arXiv:1512.03385](https://arxiv.org/abs/1512.03385); Veit, Wilber, Belongie 2016,
#   [arXiv:1605.06431](https://arxiv.org/abs/1605.06431)
# - Xiong et al. 2020, *On Layer Normalization in the Transformer Architecture*,
#   [arXiv:2002.04745](https://arxiv.org/abs/2002.04745)
# - Dong, Cordonnier, Loukas 2021, *Attention is Not All You Need*,
#   [arXiv:2103.03404](https://arxiv.org/abs/2103.03404); Noci et al. 2022,
#   [arXiv:2206.03126](https://arxiv.org/abs/2206.03126)
# - Wang et al. 2022, *DeepNet: Scaling Transformers to 1,000 Layers*,
#   [arXiv:2203.00555](https://arxiv.org/abs/2203.00555); Zeng et al. 2022, *GLM-130B*,
#   [arXiv:2210.02414](https://arxiv.org/abs/2210.02414)
# - Ding et al. 2021, *CogView* (sandwich, section 2.4), [arXiv:2105.13290](https://arxiv.org/abs/2105.13290); Chowdhery
#   et al. 2022, *PaLM* (parallel, section 2), [arXiv:2204.02311](https://arxiv.org/abs/2204.02311)
# - Shazeer 2020, *GLU Variants Improve Transformer*, [arXiv:2002.05202](https://arxiv.org/abs/2002.05202); Scao et al.
#   2022, [arXiv:2210.15424](https://arxiv.org/abs/2210.15424); Zhao et al. 2023,
#   [arXiv:2303.18223](https://arxiv.org/abs/2303.18223)
# - Shazeer et al. 2017, *Outrageously Large Neural Networks*, [arXiv:1701.06538](https://arxiv.org/abs/1701.06538);
#   Fedus, Zoph, Shazeer 2021, *Switch Transformers*, [arXiv:2101.03961](https://arxiv.org/abs/2101.03961)
#
# ## What you can now read in the package
#
# [`nn/norms.py`](../llm101/nn/norms.py) · [`nn/blocks.py`](../llm101/nn/blocks.py) · [`nn/cross.py`](../llm101/nn/cross.py) ·
# [`nn/ffn.py`](../llm101/nn/ffn.py) · [`nn/moe.py`](../llm101/nn/moe.py) · [`nn/init.py`](../llm101/nn/init.py). Next: **lesson
# 10, the Transformer**: the blocks of this lesson, with the attention of lesson 07 and the positions of lesson 08, put together
# into a model that translates.
