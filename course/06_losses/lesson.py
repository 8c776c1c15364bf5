# ---
# title: Losses and regularisation
# minutes: 155
# cpu_seconds: 30
# ram_mb: 1000
# ---

# %% [markdown]
# # 06 · Losses, regularisation, activations
#
# **The question.** A model is wrong: *how* wrong, what does it learn from that, and what stops it from learning the wrong thing?
#
# **You will be able to**
#
# - derive the cross-entropy loss from likelihood, and its gradient $p - y$, on paper;
# - write losses that survive scores of 10,000 and masks of minus infinity;
# - say what label smoothing, weight decay, dropout and early stopping do, with the formula of each;
# - choose an activation and an initial scale, and say why 30 layers of the wrong pair do not learn.
#
# **Time** about two and a half hours; a good place for a break is before step 8. **You need**
# [lesson 05](05_gradient_descent.ipynb): derivatives, gradient descent, Adam and AdamW. From here on torch computes the gradients.

# %%
import math

import llm101
import torch
from IPython.display import HTML, display
from llm101 import show
from llm101.viz.plots import PALETTE, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.tokens import table
from llm101.viz.widgets import dial
from torch import nn
from torch.nn import functional as F

llm101.setup(seed=0)
torch.set_default_dtype(torch.float64)  # 16 digits instead of 7; step 5 goes back to 7

# %% [markdown]
# ## A first result
#
# One unit, one score $z$, and the probability of "yes" is $p = \sigma(z) = 1/(1 + e^{-z})$. The truth is "no", but the
# unit starts out confidently wrong, at $z = 6$: $p = 0.9975$. Gradient descent with rate 1 on two losses: the squared error
# $p^2$, and $-\ln(1 - p)$, the surprise at the truth.


# %%
def descend(slope, z=6.0, steps=250):
    """p after each step of gradient descent on z."""
    path = []
    for _ in range(steps + 1):
        p = 1 / (1 + math.exp(-z))
        path.append(p)
        z -= slope(p)
    return path


squared = descend(lambda p: 2 * p * p * (1 - p))  # derivative of p² by z
surprise = descend(lambda p: p)  # derivative of -ln(1 - p) by z
paths = {"squared error": squared, "surprise": surprise}
half = {name: next(i for i, p in enumerate(path) if p < 0.5) for name, path in paths.items()}
fig, (axis,) = figure(height=3)
curves = {name: (range(251), path) for name, path in paths.items()}
lines(axis, curves, x="step", y="probability of the wrong answer")
axis.set_title("Surely wrong: squared error hardly moves", fontsize=10)
print("steps until p < 0.5:", half)
assert half["surprise"] < 10
assert half["squared error"] > 100

# %% [markdown]
# **What to see.** The squared error has its largest gradient where the unit is *unsure*; where it is surely wrong, it hardly
# moves. The surprise starts at full speed. The second loss is *cross-entropy*, and it is no trick: it follows from one
# question, asked in step 1.

# %% [markdown]
# ## Step 1 · Which model makes the data least surprising?
#
# *Of all values of a parameter, which one should we believe?* Say that of ten reviews seven are positive. If each is
# positive with probability $p$, independently, then these ten have the probability
#
# $$ L(p) = p^7 (1 - p)^3, $$
#
# the **likelihood** of $p$. **Maximum likelihood** takes the $p$ that makes what happened most probable. **Predict:** which
# one is it, and is the curve symmetric around it?

# %%
p = torch.linspace(0.005, 0.995, 199)
likelihood = p**7 * (1 - p) ** 3
nll = -(7 * p.log() + 3 * (1 - p).log())
fig, (left, right) = figure(columns=2, height=3)
lines(left, {"": (p, likelihood)}, x="p", y="likelihood of 7 out of 10")
lines(right, {"": (p, nll)}, x="p", y="negative log-likelihood (nats)")
for axis in (left, right):
    axis.axvline(0.7, color=PALETTE[1], linestyle="--")
print(f"best p: {p[likelihood.argmax()]:.3f} and {p[nll.argmin()]:.3f}")
assert likelihood.argmax() == nll.argmin()
assert likelihood[(p - 0.9).abs().argmin()] < likelihood[(p - 0.5).abs().argmin()]

# %% [markdown]
# Same place, 7/10: the logarithm grows with its argument, so it does not move the maximum. (Symmetric it is not: the curve
# falls faster on the side of the 1.) Everyone works with the right picture, the **negative log-likelihood** (NLL), and not
# only because sums are easier to differentiate than products. Products of many probabilities are too small for a computer:

# %%
print("1100 probabilities of 1/2, multiplied:", 0.5**1100)
print(f"the same as a sum of logarithms: {1100 * math.log(0.5):.2f} nats")
assert 0.5**1100 == 0.0

# %% [markdown]
# Set the derivative of the NLL to zero: $-\frac{7}{p} + \frac{3}{1-p} = 0$ gives $p = \frac{7}{10}$, the share that was
# counted. If targets scatter around $\mu$ like a **Gaussian** with standard deviation $\sigma$, the NLL of one of them is
#
# $$ -\ln\Bigl(\frac{1}{\sigma\sqrt{2\pi}}\, e^{-(y-\mu)^2/2\sigma^2}\Bigr) = \ln\sigma + \frac{(y - \mu)^2}{2\sigma^2} + \ln\sqrt{2\pi}, $$
#
# and the best values have a closed form, too: the mean of the data, and for the variance the mean squared distance from it
# (divided by $N$, not $N-1$). We check both against plain gradient descent on the NLL, the Gaussian on the lengths of fifty
# reviews from our corpus, in words. The code writes $p = \sigma(z)$ (so $1 - p = \sigma(-z)$) and $s = \ln\sigma$, so that no step
# can lead to an impossible value, and leaves out the constant $\ln\sqrt{2\pi}$.

# %%
from llm101.corpora.reviews import reviews

corpus = reviews(4000)
words = torch.tensor([float(len(review.text.split())) for review in corpus[:50]])


def minimise(loss, start, rate, steps=1000):
    """Gradient descent on the parameters in the list `start`."""
    parameters = [torch.tensor(value, requires_grad=True) for value in start]
    for _ in range(steps):
        gradients = torch.autograd.grad(loss(*parameters), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter -= rate * gradient
    return [parameter.detach() for parameter in parameters]


(z,) = minimise(lambda z: -(7 * F.logsigmoid(z) + 3 * F.logsigmoid(-z)) / 10, [0.0], rate=1.0)
mean, log_std = minimise(
    lambda m, s: (s + (words - m) ** 2 / (2 * (2 * s).exp())).mean(), [15.0, 1.5], rate=0.5
)
rows = [
    ["Bernoulli, p", 0.7, torch.sigmoid(z).item()],
    ["Gaussian, mean", words.mean().item(), mean.item()],
    ["Gaussian, standard deviation", words.std(correction=0).item(), log_std.exp().item()],
]
assert all(abs(closed - found) < 1e-6 for _, closed, found in rows)
table(
    ["parameter", "closed form", "gradient descent"],
    [[n, f"{a:.6f}", f"{b:.6f}"] for n, a, b in rows],
)

# %% [markdown]
# **Squared error is a likelihood too.** Put the prediction $f$ of a model in the place of $\mu$ and keep $\sigma$ fixed: the
# NLL of a target $y$ is $\frac{(y - f)^2}{2\sigma^2} + \ln(\sigma\sqrt{2\pi})$, squared error, scaled and shifted. So
# squared error is right for numbers with that kind of noise. A class is not a number with Gaussian noise.

# %%
prediction, target, sigma = torch.randn(7), torch.randn(7), 2.0
gaussian = -torch.distributions.Normal(prediction, sigma).log_prob(target).mean()
shifted = F.mse_loss(prediction, target) / (2 * sigma**2) + math.log(sigma * math.sqrt(2 * math.pi))
assert torch.isclose(gaussian, shifted, rtol=1e-12)
print("Gaussian NLL = MSE / (2 σ²) + ln(σ √(2π))")

# %% [markdown]
# ## Step 2 · Cross-entropy is the same thing
#
# *Where does the name come from?* Ten times we saw a word behind "very": five times `good`, three times `nice`, twice
# `bad`. A model gives each word a probability $q_k$. Its NLL, counted word by word, is the sum of $-\ln q$ of what occurred.
# Sort the ten terms by word: word $k$ occurs $N \hat p_k$ times, where $\hat p_k$ is its share. So
#
# $$ \text{NLL} = -\sum_{i=1}^{N} \ln q_{y_i} = -N \sum_k \hat p_k \ln q_k = N \cdot \text{CE}(\hat p, q). $$
#
# The sum over $k$ is called the **cross-entropy** of $\hat p$ and $q$. Add and subtract $\ln \hat p_k$, and it falls into two
# parts:
#
# $$ \text{CE}(\hat p, q) = \underbrace{-\sum_k \hat p_k \ln \hat p_k}_{H(\hat p)\text{: entropy}} +
#    \underbrace{\sum_k \hat p_k \ln \frac{\hat p_k}{q_k}}_{\text{KL}(\hat p \,\|\, q)\text{: divergence}}. $$
#
# The entropy does not depend on the model. The **Kullback-Leibler divergence** is never negative: $\ln x \le x - 1$ for every
# $x > 0$, so with $x = q_k/\hat p_k$, summed over the $k$ with $\hat p_k > 0$,
#
# $$ -\text{KL} = \sum_k \hat p_k \ln \frac{q_k}{\hat p_k} \le \sum_k \hat p_k \Bigl(\frac{q_k}{\hat p_k} - 1\Bigr)
#    = \sum_k q_k - 1 \le 0, $$
#
# with equality only for $q = \hat p$, since $\ln x = x - 1$ only at $x = 1$. So nothing beats the shares that were counted: they
# are the maximum-likelihood estimate.

# %%
from llm101.nn.losses import cross_entropy, entropy, kl_divergence

seen = ["good", "good", "nice", "bad", "good", "nice", "good", "bad", "good", "nice"]
names = ["good", "nice", "bad"]
share = torch.tensor([seen.count(word) / len(seen) for word in names])
models = {
    "knows nothing": torch.tensor([1 / 3, 1 / 3, 1 / 3]),
    "a guess": torch.tensor([0.6, 0.3, 0.1]),
    "counted": share,
}
rows = []
for name, q in models.items():
    nll = -sum(math.log(q[names.index(word)]) for word in seen)
    parts = entropy(share.log()), kl_divergence(share.log(), q.log())
    assert math.isclose(nll, len(seen) * sum(parts), rel_tol=1e-12)
    rows.append([name, f"{nll:.4f}", *(f"{part:.4f}" for part in parts)])
ids_seen = torch.tensor([names.index(word) for word in seen])
(z,) = minimise(lambda z: cross_entropy(z.expand(10, 3), ids_seen), [[0.0, 0.0, 0.0]], rate=1.0)
assert torch.allclose(F.softmax(z, -1), share, atol=1e-9)
table(["model", "NLL of the ten words (nats)", "entropy H", "divergence KL"], rows)

# %% [markdown]
# Each row: $\text{NLL} = 10\,(H + \text{KL})$, and gradient descent on three free logits ends at the shares, too. **So what is
# the difference between the two?** Maximum likelihood is a *principle* for choosing parameters; cross-entropy is a *loss*
# between two distributions. With counted labels they are the same optimisation. They part when the target is not a count
# (smoothed labels in step 7, a teacher's probabilities in lesson 24), and when the model is not a distribution over classes.
#
# **The divergence has a direction.** $\text{KL}(p \,\|\, q)$ averages over what $p$ does. So it is infinite for a model $q$
# that calls something impossible which happens; the other way round the same pair is finite.

# %%
never_bad = torch.tensor([0.6, 0.4, 0.0])
there = kl_divergence(share.log(), never_bad.log()).item()
back = kl_divergence(never_bad.log(), share.log()).item()
print(f"KL(counted ‖ never bad) = {there} · KL(never bad ‖ counted) = {back:.4f}")
assert there == math.inf
assert 0 < back < 1

# %% [markdown]
# A language model must therefore give every token *some* probability: one impossible token, and the whole text has infinite
# loss. The other direction forgives leaving things out; you will meet it in lesson 22, where it keeps a model near its
# starting point.

# %% [markdown]
# ## Step 3 · Perplexity: the loss of a language model, made readable
#
# *What does a loss of 1.3 nats a token mean?* A language model gives each token a probability, given the ones before it;
# the first GPT maximised $\sum_i \ln P(u_i \mid u_{i-k}, \dots, u_{i-1})$ with a window of $k$ tokens. The mean NLL of a
# token is its loss, and **perplexity** is $e^{\text{loss}}$: the number of equally likely tokens among which the model
# might as well have guessed. A model that knows nothing has the perplexity $V$, the size of its vocabulary. Here it is for
# the counted models of [lesson 04](04_embeddings.ipynb), step 2, by the size of their window:

# %%
from llm101.corpora.reviews import grammar
from llm101.lm.ngram import Counts
from llm101.lm.smoothing import AddK
from llm101.nn.losses import perplexity

texts = [review.text.split() for review in corpus]
counts = Counts(texts[:3000], order=6)
bits = [AddK(counts, window + 1, k=0.01).bits(texts[3000:3600]) for window in range(6)]
measured = [perplexity(torch.tensor(b * math.log(2))).item() for b in bits]  # bits to nats
nothing = perplexity(torch.full((11,), math.log(len(counts.vocab)))).item()
limit = 2 ** grammar().entropy_rate()  # the entropy of the grammar that wrote them, in bits
print(f"knowing nothing: {nothing:.1f} = the {len(counts.vocab)} tokens of the vocabulary")
print("windows of 0 to 5:", *(f"{value:.2f}" for value in measured), f"· limit: {limit:.2f}")
assert measured[0] > 3 * measured[1] > 3 * limit
assert measured.index(min(measured)) == 2
assert measured[5] > 1.2 * measured[2]
assert abs(math.log(measured[2]) - 1.3) < 0.02

# %% [markdown]
# The best of these, 3.71, is the loss of 1.3 nats of the question. One token before saves most, two are best, and then counting
# gets *worse*: the longer the window, the fewer examples of it. Neural models use long windows because they share what they learn between
# similar ones (lessons 04 and 13). Two warnings: average over *tokens*, not over the means of sentences; and compare
# perplexities only with the same tokenizer (lesson 03, step 8).

# %% [markdown]
# ## Step 4 · The gradient is p − y
#
# *What does the loss tell the model?* A network gives each of $K$ classes a score $z_k$, a **logit**. Softmax makes
# probabilities of them, $p_k = e^{z_k} / \sum_j e^{z_j}$, and the loss for the true class $c$ is
#
# $$ \ell = -\ln p_c = \ln \sum_j e^{z_j} - z_c, \qquad
#    \frac{\partial \ell}{\partial z_k} = \frac{e^{z_k}}{\sum_j e^{z_j}} - [k = c] = p_k - y_k, $$
#
# with $y$ = 1 for the true class and 0 elsewhere. No more than that: what you said, minus what was true. Checked against
# autograd, and against a small nudge of each logit (lesson 05):

# %%
logits = torch.tensor([[2.0, 1.0, -1.0, 0.5, 3.0]], requires_grad=True)
truth = torch.tensor([1])
(gradient,) = torch.autograd.grad(F.cross_entropy(logits, truth), logits)
by_formula = F.softmax(logits, -1) - F.one_hot(truth, 5)
nudge = 1e-5 * torch.eye(5)
each = torch.tensor([1, 1, 1, 1, 1])
by_nudging = (F.cross_entropy(logits + nudge, each, reduction="none")
              - F.cross_entropy(logits - nudge, each, reduction="none")) / 2e-5  # fmt: skip
assert torch.allclose(gradient, by_formula, atol=1e-12)
assert torch.allclose(gradient[0], by_nudging, atol=1e-9)
print("p - y:", *(f"{v:+.4f}" for v in by_formula[0].tolist()))
assert by_formula.sum().abs() < 1e-12

# %% [markdown]
# **What to notice.** Only the true class is pushed up, each other one is pushed down by its own probability, and the pushes
# sum to zero. Compare with the first result: for one score $z$ the surprise has the gradient $p - y$, and the squared error
# has $2 (p - y)\, p (1 - p)$. The extra factor $p(1-p)$ vanishes where the unit is sure, right *or wrong*.
#
# Turn the dial. The scores of five words behind "the soup was very" are divided by a **temperature** $T$ before the softmax;
# the true word is `tasty`. The lower $T$, the surer the model. A step of descent goes against the gradient: a bar to the left
# (blue) means that the logit is pushed up, one to the right (orange) that it is pushed down.

# %%
choices = ["good", "tasty", "salty", "late", "purple"]
scores = torch.tensor([3.0, 2.0, 1.5, -1.0, -3.0])


def bar(value, colour):
    style = f"background:{colour};height:12px;display:inline-block;width:{round(150 * value)}px"
    return f'<div style="{style}"></div> {value:.3f}'


def signed_bar(value):
    """A bar from a middle line: to the right if positive, to the left if negative."""
    width = round(75 * abs(value))
    left, colour = (75, "#D55E00") if value > 0 else (75 - width, "#0072B2")
    inner = f"margin-left:{left}px;width:{width}px;height:12px;background:{colour}"
    middle = "linear-gradient(to right,transparent 75px,#000 75px,#000 76px,transparent 76px)"
    outer = f"width:151px;display:inline-block;background:{middle}"
    return f'<div style="{outer}"><div style="{inner}"></div></div> {value:+.3f}'


def softmax_picture(temperature):
    p = F.softmax(scores / temperature, -1)
    y = F.one_hot(torch.tensor(1), 5)
    rows = [
        [word, f"{z / temperature:.2f}", bar(p_k, "#56B4E9"), int(y_k), signed_bar(p_k - y_k)]
        for word, z, p_k, y_k in zip(choices, scores.tolist(), p.tolist(), y.tolist())
    ]
    head = f"T = {temperature}: loss {-p[1].log():.3f} nats"
    titles = ["word", "logit", "p", "y", "p − y (left: pushed up)"]
    return f"{head}{table(titles, rows, raw=True).data}"


dial(softmax_picture, [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0], start=1.0, label="T")

# %% [markdown]
# *Without a running kernel the dial is dead; here are three of its positions.*

# %%
display(HTML("".join(softmax_picture(temperature) for temperature in (0.2, 1.0, 20.0))))
assert F.softmax(scores / 0.2, -1)[0] > 0.99
assert F.softmax(scores / 20.0, -1).max() < 0.25

# %% [markdown]
# At $T = 0.2$ the model is sure of `good`, and wrong: $p - y$ is nearly $+1$ for it and nearly $-1$ for `tasty`. At $T = 20$
# all words are nearly alike, and the gradient says little more than "more of `tasty`".

# %% [markdown]
# ## Step 5 · Numbers that are too large
#
# *Why not simply write the formula down?* Models compute in float32 or less. There $e^{89}$ is already infinite, and
# $e^{-104}$ is zero. Logits of that size do occur. Let us see the plain formula fail: three logits $s, 0, -s$, in float32.


# %%
def softmax_as_written(z):
    return z.exp() / z.exp().sum(-1, keepdim=True)


rows = []
for s in (1.0, 10.0, 40.0, 60.0, 100.0, 1e4):
    z = torch.tensor([s, 0.0, -s], dtype=torch.float32)
    written = [-softmax_as_written(z)[k].log().item() + 0.0 for k in (0, 2)]
    stable = [cross_entropy(z[None], torch.tensor([k])).item() for k in (0, 2)]
    torchs = [F.cross_entropy(z[None], torch.tensor([k])).item() for k in (0, 2)]
    assert torch.allclose(torch.tensor(stable), torch.tensor(torchs), rtol=1e-5, atol=1e-6)
    rows.append([f"{s:g}", *(f"{v:.4g}" for v in written), *(f"{v + 0.0:.4g}" for v in stable)])
assert rows[-1][1:] == ["nan", "inf", "0", "2e+04"]
assert rows[3][2] == "inf"
head = ["s", "as written: first class", "as written: last class", "stable: first", "stable: last"]
table(head, rows)

# %% [markdown]
# **What to see.** At 60 the last class has a probability that rounds to 0, and its loss is infinite instead of 120. From 89 on
# $e^s$ overflows, and $\infty/\infty$ is not a number (`nan`); one such loss, and after the next step every weight that it
# reaches is `nan`. The remedy is one line: softmax does not change when the same number is subtracted from all logits. Subtract
# the largest,
#
# $$ \ln \sum_j e^{z_j} = m + \ln \sum_j e^{z_j - m}, \qquad m = \max_j z_j, $$
#
# then the largest exponent is 0 and the sum is at least 1. This is **log-sum-exp**. And never take the logarithm of a
# probability: compute $\ln p_k = (z_k - m) - \ln \sum_j e^{z_j - m}$ directly.

# %%
from llm101.nn.log_probs import log_softmax, log_sum_exp

show(log_sum_exp)

# %%
batch = 3 * torch.randn(7, 11)
by_loop = [math.log(sum(math.exp(z) for z in row)) for row in batch.tolist()]
assert torch.allclose(log_sum_exp(batch), torch.tensor(by_loop), atol=1e-12)
assert torch.allclose(log_sum_exp(batch), torch.logsumexp(batch, -1), atol=1e-12)
assert torch.allclose(log_softmax(batch), F.log_softmax(batch, -1), atol=1e-12)
huge = torch.tensor([1e4, 1e4])  # two equal scores: their log-sum-exp lies ln 2 above them
assert math.isclose(log_sum_exp(huge).item(), 1e4 + math.log(2), rel_tol=1e-12)

masked = torch.tensor([[2.0, -torch.inf, 1.0]], requires_grad=True)  # the second class is forbidden
(gradient,) = torch.autograd.grad(cross_entropy(masked, torch.tensor([0])), masked)
forbidden = log_softmax(masked)[0, 1].exp().item()
print(f"forbidden class: probability {forbidden}, gradient {gradient[0, 1].item()}")
assert gradient.isfinite().all()

# %% [markdown]
# The loop, the package and torch agree. A score of $-\infty$ is the usual way to forbid something (attention masks, lesson 07);
# it must come out as probability 0 and gradient 0, not as `nan`. So losses take *logits*, never probabilities. The loss of
# all language models of this course has a core of three lines:

# %%
z, ids = 3 * torch.randn(5, 7), torch.tensor([0, 6, 1, 3, 2])
log_p = log_softmax(z)
each = -log_p[torch.arange(5), ids]  # from each row, the log-probability of its own class
assert torch.allclose(each.mean(), cross_entropy(z, ids), rtol=1e-12)
assert torch.allclose(each.mean(), F.cross_entropy(z, ids), rtol=1e-12)

# %% [markdown]
# In the package the same core (it sits in `pick`, with the checks of shape) is surrounded by what training needs: ids of -100 that do not
# count (padding), label smoothing (step 7), and the choice between mean and sum:

# %%
show(cross_entropy)

# %% [markdown]
# ## Step 6 · Other losses for other questions
#
# *What if the target is not a class?* Each loss answers with a different pull. For numbers, with the error $e = x - y$:
# **MSE** $e^2$, **MAE** $|e|$, **Huber**, a parabola $\frac12 e^2$ with straight ends, $|e| - \frac12$ beyond 1. For a decision
# between two answers, called $+1$ and $-1$, with the margin $m = $ right answer · score: **cross-entropy** $\ln(1 + e^{-m})$,
# **hinge** $\max(0, 1 - m)$, and **focal**, $(1 - p)^2$ times cross-entropy, where $p = \sigma(m)$ is the probability of the
# right answer. The upper curves are the loss, the lower ones its derivative.

# %%
from llm101.nn import losses

e = torch.linspace(-4, 4, 401)
one, zero = torch.ones_like(e), torch.zeros_like(e)


def two_logits(m):
    return torch.stack([m, torch.zeros_like(m)], -1)


first = torch.zeros(401, dtype=torch.int64)
numbers = {
    "MSE": lambda x: losses.mse(x, zero, reduction="none"),
    "MAE": lambda x: losses.mae(x, zero, reduction="none"),
    "Huber": lambda x: losses.huber(x, zero, reduction="none"),
}
decisions = {
    "cross-entropy": lambda m: losses.binary_cross_entropy(m, one, reduction="none"),
    "hinge": lambda m: losses.hinge(m, one, reduction="none"),
    "focal": lambda m: losses.focal(two_logits(m), first, reduction="none"),
}


def with_slopes(functions, x):
    """name -> (x, value) and name -> (x, derivative)."""
    x = x.clone().requires_grad_()
    values = {name: function(x) for name, function in functions.items()}
    slopes = {name: torch.autograd.grad(v.sum(), x)[0] for name, v in values.items()}
    at = x.detach()
    return {n: (at, v.detach()) for n, v in values.items()}, {n: (at, v) for n, v in slopes.items()}


number_curves, decision_curves = with_slopes(numbers, e), with_slopes(decisions, e)
fig, axes = figure(columns=2, height=2.9)
for axis, curves, x in zip(axes, (number_curves, decision_curves), ("error", "margin")):
    lines(axis, curves[0], x=x, y="loss", title=f"loss by {x}")
    axis.set_ylim(-0.2, 6)
fig, axes = figure(columns=2, height=2.6)
for axis, curves, x in zip(axes, (number_curves, decision_curves), ("error", "margin")):
    lines(axis, curves[1], x=x, y="derivative", title=f"derivative by {x}")
axes[0].set_ylim(-3, 3)
assert number_curves[1]["MAE"][1].abs().max() == 1
assert (decision_curves[1]["hinge"][1][e > 1.001] == 0).all()

# %% [markdown]
# **What to see.** *Left*: the further off, the harder MSE pulls; MAE pulls equally everywhere, Huber from an error of 1 on. So the best
# constant for MSE is the mean, which one outlier can drag away, and for MAE the median, which it cannot. *Right*: hinge stops
# pulling once the margin is 1; cross-entropy never quite stops; focal loss (made for detectors that see a thousand easy
# "nothing here" for one object) pulls less and less at what is right already. Far on the wrong side all three grow like the
# margin, in a straight line.

# %%
data = torch.tensor([1.0, 2.0, 3.0, 4.0, 100.0])
grid = torch.linspace(0, 110, 11001)
best = {
    name: grid[torch.stack([loss(g.expand(5), data) for g in grid]).argmin()].item()
    for name, loss in (("mean", losses.mse), ("median", losses.mae))
}
print(f"best for MSE: {best['mean']:.2f}, the mean · for MAE: {best['median']:.2f}, the median")
assert abs(best["mean"] - data.mean()) < 0.02
assert abs(best["median"] - data.median()) < 0.02

# %% [markdown]
# **Order instead of value.** A search engine needs the right document *above* the wrong ones; their scores mean nothing by
# themselves. The **margin ranking loss** $\max(0, m - (s_{\text{good}} - s_{\text{bad}}))$ costs nothing once the good one is
# ahead by $m$. (It comes back in lesson 24, where a small ranker learns from a large one and from the true order.)

# %%
good_document, bad_document = torch.tensor([2.0, 1.0, 0.2]), torch.tensor([0.0, 0.9, 1.2])
print("ahead by", [round(v, 1) for v in (good_document - bad_document).tolist()])
cost = losses.margin_ranking(good_document, bad_document, margin=1.0, reduction="none")
print("cost at margin 1:", [round(v, 1) for v in cost.tolist()])
assert torch.allclose(cost, torch.tensor([0.0, 0.9, 2.0]))

# %% [markdown]
# All of them are a few lines in the package, and every one equals torch's, value and gradient, to ten digits. (The hinge is
# torch's ranking loss against 0; focal is not in torch, so it is compared with its formula.)

# %%
u, v, ids = (
    3 * torch.randn(5),
    3 * torch.randn(5),
    torch.tensor([0, 6, -100, 3, 2]),
)  # -100: ignored


def focal_formula(z, ids):
    nll = F.cross_entropy(z, ids, reduction="none")
    return ((1 - (-nll).exp()) ** 2 * nll).sum() / 4


def ranking(x, y, sign=1.0):  # torch's has a third argument: which of the two should win
    return F.margin_ranking_loss(x, y, sign * torch.ones(5), margin=1)


pairs = {  # ours, torch's, the target
    "mse": (losses.mse, F.mse_loss, v),
    "mae": (losses.mae, F.l1_loss, v),
    "huber": (losses.huber, F.huber_loss, v),
    "hinge": (losses.hinge, lambda x, sign: ranking(x, 0 * x, sign), v.sign()),
    "ranking": (lambda x, y: losses.margin_ranking(x, y, margin=1), ranking, v),
    "yes or no": (losses.binary_cross_entropy, F.binary_cross_entropy_with_logits, v.sigmoid()),
    "classes": (cross_entropy, F.cross_entropy, ids),
    "focal": (losses.focal, focal_formula, ids),
}
for ours, theirs, target in pairs.values():
    x = (z if target is ids else u).clone().requires_grad_()
    values = ours(x, target), theirs(x, target)
    assert torch.allclose(*values, rtol=1e-10)
    assert torch.allclose(*(torch.autograd.grad(value, x)[0] for value in values), rtol=1e-10)
print("equal to torch, value and gradient:", ", ".join(pairs))

# %% [markdown]
# ## Step 7 · Label smoothing
#
# *When is a model done with an example?* With cross-entropy, never: $-\ln p$ reaches 0 only at $p = 1$, so the logits grow
# for ever, and the model becomes surer than it has reason to be. **Label smoothing** (Szegedy et al. 2016) mixes the target
# with the uniform distribution: $1 - \varepsilon + \varepsilon/K$ for the true class, $\varepsilon/K$ for each other. Because
# $\text{CE} = H + \text{KL}$, the best a model can do is to say exactly that. With $\varepsilon = 0.1$ and ten classes:
# $0.9 + 0.01 = 0.91$. Free logits, trained to the end, find it:

# %%
K, epsilon = 10, 0.1
free = torch.zeros(1, K, requires_grad=True)
for _ in range(600):
    loss = cross_entropy(free, torch.tensor([3]), label_smoothing=epsilon)
    (gradient,) = torch.autograd.grad(loss, free)
    free.data -= 10.0 * gradient
found = F.softmax(free, -1)[0]
gap = (free[0, 3] - free[0, 0]).item()
print(f"true class {found[3]:.6f}, any other {found[0]:.6f}")
print(f"gap between the logits {gap:.4f}, ln 91 = {math.log(91):.4f}")
assert abs(found[3] - (0.9 + 0.1 / K)) < 1e-6
assert abs(gap - math.log(0.91 / 0.01)) < 1e-4

# %% [markdown]
# So the gap between the logits is finite, and the loss cannot fall below the entropy of the smoothed target (0.5003 nats
# here): a training loss that "stops at 0.5" may be perfect. Turn $\varepsilon$:


# %%
def smoothing_picture(epsilon):
    on, off = 1 - epsilon + epsilon / K, epsilon / K
    floor = -(on * math.log(on) + 9 * off * math.log(off)) if epsilon else 0.0
    wanted = f"{math.log(on / off):.2f}" if epsilon else "∞"
    rows = [["the true class", bar(on, "#0072B2")], ["each of the 9 others", bar(off, "#D55E00")]]
    bars_of = table(["", "target"], rows, raw=True).data
    return f"{bars_of}logit gap wanted: {wanted} · smallest loss: {floor:.4f} nats"


dial(smoothing_picture, [0.0, 0.01, 0.05, 0.1, 0.2, 0.5], start=0.1, label="epsilon")

# %%
display(HTML("<br>".join(smoothing_picture(epsilon) for epsilon in (0.0, 0.1, 0.5))))
assert "0.5003" in smoothing_picture(0.1)

# %% [markdown]
# **Does it make models more honest?** A model is *calibrated* if of the answers that it gives with 80 % confidence, 80 % are
# right. The **expected calibration error** (ECE) sorts the answers into bins by confidence and averages the gap between
# confidence and share of right answers. The task: ten overlapping clouds of points, 500 points to learn from, and a network
# that is large enough to learn all of them by heart. **Predict** what happens to the ECE and to the accuracy as
# $\varepsilon$ grows.


# %%
def calibration_error(p, y, bins=15):
    confidence, answer = p.max(-1)
    right = (answer == y).double()
    place = (confidence * bins).long().clamp(max=bins - 1)
    gaps = [(confidence[place == b] - right[place == b]).sum().abs() for b in range(bins)]
    return (sum(gaps) / len(y)).item()


def clouds(seed, n, d=8):
    """Points around ten random centres, n of them."""
    source = torch.Generator().manual_seed(seed)
    centres = 1.1 * torch.randn(10, d, generator=source)
    y = torch.randint(10, (n,), generator=source)
    return centres[y] + torch.randn(n, d, generator=source), y


def train_with_smoothing(seed, epsilon, steps=200):
    x, y = clouds(seed, 3500)
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(model(x[:500]), y[:500], label_smoothing=epsilon).backward()
        optimizer.step()
    with torch.no_grad():
        p = F.softmax(model(x[500:]), -1)
    accuracy = (p.argmax(-1) == y[500:]).double().mean().item()
    return calibration_error(p, y[500:]), accuracy, p.max(-1).values.mean().item()


strengths = [0.0, 0.05, 0.1, 0.2, 0.3]
outcome = {s: [train_with_smoothing(seed, s) for seed in range(3)] for s in strengths}
mean_of = {s: torch.tensor(runs).mean(0).tolist() for s, runs in outcome.items()}
for s in strengths:
    spread = [run[0] for run in outcome[s]]
    print(
        f"ε = {s:4}: ECE ~{mean_of[s][0]:.3f} (~{min(spread):.3f} to ~{max(spread):.3f}),",
        f"confidence ~{mean_of[s][2]:.3f}, accuracy ~{mean_of[s][1]:.3f}",
    )
assert all(small[0] < 0.7 * none[0] for none, small in zip(outcome[0.0], outcome[0.05]))
assert min(mean_of, key=lambda s: mean_of[s][0]) in (0.05, 0.1)
assert mean_of[0.3][0] > 2 * mean_of[0.1][0]
assert max(outcome[0.0], key=lambda run: run[1]) == outcome[0.0][0], "seed 0: the easiest task"
assert outcome[0.1][0][0] > 2 * outcome[0.05][0][0]
gained = [b[1] - a[1] for a, b in zip(outcome[0.0], outcome[0.1])]
print("accuracy with 0.1, less that with 0:", *(f"~{100 * g:.1f}" for g in gained), "points")
assert max(map(abs, gained)) < 0.03

# %%
fig, (left, right) = figure(columns=2, height=3)
seeds = {f"seed {i}": (strengths, [outcome[s][i][0] for s in strengths]) for i in range(3)}
lines(left, seeds, x="ε", y="calibration error (ECE)", title="More honest, up to a point")
sure = {
    "confidence": (strengths, [mean_of[s][2] for s in strengths]),
    "accuracy": (strengths, [mean_of[s][1] for s in strengths]),
}
right.set_ylim(0.5, 1)
lines(right, sure, x="ε", y="mean of three seeds", title="Confidence falls, accuracy stays")
assert mean_of[0.0][2] > mean_of[0.0][1] + 0.1, "without smoothing: surer than right"
assert mean_of[0.3][2] < mean_of[0.3][1] - 0.1, "with 0.3: the other way round"
too_sure = [100 * (confidence - accuracy) for _, accuracy, confidence in outcome[0.0]]
print("without smoothing, confidence less accuracy:", *(f"~{g:.0f}" for g in too_sure), "points")
assert 6 < min(too_sure) < max(too_sure) < 25

# %% [markdown]
# **What to see.** Without smoothing the network is surer than right in every seed, by 9 to 20 points. A little smoothing takes most of the
# error away; with 0.3 the network is too *modest*, and the error is back. The three seeds are three tasks, and on the easiest
# of them (seed 0) even 0.1 is too much: $\varepsilon$ is a dial whose best place depends on the task. The accuracy moves by a
# point or so, up or down: here smoothing makes the model honest, not clever. Müller et al.
# ([arXiv:1906.02629](https://arxiv.org/abs/1906.02629)) found the same for the calibration of large networks, and that a
# smoothed model is a *worse* teacher for distillation.

# %% [markdown]
# ## Step 8 · Why a network needs bends
#
# *What does an activation do?* Without one, two layers are one layer: $W_2(W_1 x) = (W_2 W_1)\,x$. No depth of linear layers
# computes anything that one matrix cannot, and the product is a poor matrix at that. A matrix stretches space by different
# factors $s_i$ in different directions (its singular values). How many directions count, $\sum_i s_i^2 / s_{\max}^2$, after many
# random layers, each 16 wide?

# %%
source = torch.Generator().manual_seed(0)
layers = [torch.randn(16, 16, generator=source) / 4 for _ in range(100)]
product, directions = torch.eye(16), []
for layer in layers:
    product = layer @ product
    stretch = torch.linalg.svdvals(product)
    directions.append((stretch.square().sum() / stretch[0] ** 2).item())
x, (one, two) = torch.randn(16, generator=source), layers[:2]
assert torch.allclose(two @ (one @ x), (two @ one) @ x)
print("directions that count:", {n: f"~{directions[n - 1]:.2f}" for n in (1, 3, 10, 30, 100)})
assert directions[0] > 3 > 1.5 > directions[99]

# %% [markdown]
# A deep linear stack squashes space onto one line. One bend is enough to leave this world. The smallest case is XOR, which
# lesson 01 solved with steps: the best linear fit says 0.5 to everything, and with relu, which has slopes to learn from, it takes
# two units:

# %%
from llm101.nn.activations import relu

corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
xor = torch.tensor([0.0, 1.0, 1.0, 0.0])
design = torch.cat([corners, torch.ones(4, 1)], 1)
linear = design @ torch.linalg.lstsq(design, xor).solution
total = corners.sum(1)
bent = relu(total) - 2 * relu(total - 1)
print("best linear:", [round(v, 6) for v in linear.tolist()], "· two relu units:", bent.tolist())
assert torch.allclose(linear, torch.full((4,), 0.5))
assert torch.equal(bent, xor)

# %% [markdown]
# With an activation that is no polynomial, one hidden layer, if wide enough, comes as near to any continuous function on a
# bounded region as you like (Leshno et al. 1993). *That* is what activations are for. Some notes say that they "normalise" or
# "avoid vanishing gradients". They do neither: step 10 measures that some of them *cause* vanishing gradients. Initialisation,
# residual connections and norms (lesson 09) are the cure.

# %% [markdown]
# ## Step 9 · The common activations
#
# *Which bend?* Here are eight, and their slopes: what a unit passes on of the gradient that reaches it. (A ninth, softmax, turns
# a row of scores into probabilities; it stands at the end of a network, and inside attention.)

# %%
from llm101.nn import activations

CURVES = {
    "sigmoid": activations.sigmoid,
    "tanh": activations.tanh,
    "ReLU": activations.relu,
    "leaky ReLU": lambda x: activations.leaky_relu(x, 0.1),
    "ELU": activations.elu,
    "softplus": activations.softplus,
    "GELU": activations.gelu,
    "SiLU": activations.silu,
}
points = torch.linspace(-5, 5, 1001)
drawn, slopes = with_slopes(CURVES, points)
for some in (("sigmoid", "tanh", "softplus", "ELU"), ("ReLU", "leaky ReLU", "GELU", "SiLU")):
    fig, (left, right) = figure(columns=2, height=2.8)
    lines(left, {name: drawn[name] for name in some}, x="x", y="activation")
    lines(right, {name: slopes[name] for name in some}, x="x", y="slope")
    left.set_ylim(-1.2, 3)
    if "leaky ReLU" in some:  # it lies on ReLU for x > 0
        for axis in (left, right):
            axis.lines[1].set(linestyle=(0, (4, 3)), linewidth=2.2)

# %%
leaky = lambda x: F.leaky_relu(x, 0.1)
TORCHS = (torch.sigmoid, torch.tanh, F.relu, leaky, F.elu, F.softplus, F.gelu, F.silu)
FAR_LEFT = {"sigmoid": "nears 0", "softplus": "nears 0", "tanh": "nears -1", "ELU": "nears -1"}
FAR_LEFT |= {"ReLU": "0", "leaky ReLU": "none: falls for ever"}
fine = torch.linspace(-8, 8, 160_001)
fine_values, fine_slopes = with_slopes(CURVES, fine)
for ours, theirs in zip((fine_values, fine_slopes), with_slopes(dict(zip(CURVES, TORCHS)), fine)):
    assert all(torch.allclose(ours[name][1], theirs[name][1], atol=1e-12) for name in CURVES)
rows = []
for name in CURVES:
    (at, value), (_, slope) = fine_values[name], fine_slopes[name]
    dips = name in ("GELU", "SiLU")
    lowest = f"{value.min():.5f} at {at[value.argmin()]:.3f}" if dips else FAR_LEFT[name]
    rows.append([name, lowest, f"{slope.min():.3f}", f"{slope.max():.3f}", f"{slope[10_000]:.2g}"])
exact = {"GELU": -0.16997, "SiLU": -0.27846}
assert all(abs(fine_values[n][1].min() - v) < 1e-5 for n, v in exact.items())
assert abs(fine_slopes["sigmoid"][1].max() - 0.25) < 1e-9
table(["activation", "smallest value", "smallest slope", "largest slope", "slope at -7"], rows)

# %% [markdown]
# **What to see.** *Saturation*: sigmoid and tanh go flat on both sides; sigmoid's slope is never above 1/4, so the slopes of
# twenty of them in a row multiply to at most $4^{-20} \approx 10^{-12}$ (large weights can win some of it back, step 10).
# *Half-lines*: ReLU has slope exactly 1 or exactly 0; leaky ReLU never quite 0. *Smooth gates*: GELU and SiLU (also called
# Swish) dip below zero and come back, and their slope exceeds 1 a little. The last column asks what is left for a unit that is far
# on the negative side: leaky ReLU passes on a tenth, SiLU half a percent, GELU next to nothing, ReLU nothing at all (what follows from
# that stands below, under "Units that die"). All eight equal torch's, value and slope: the cell checks it at 160,001 points.

# %% [markdown]
# ### GELU: a coin that is tossed so often that only its mean is left
#
# Dropout (step 11) multiplies a value by a coin of 0 or 1; ReLU multiplies it by 0 or 1 too, depending on its sign. GELU
# (Hendrycks and Gimpel, [arXiv:1606.08415](https://arxiv.org/abs/1606.08415)) lets the coin depend on the value, with
# probability $\Phi(x)$ for 1, the share of a normal distribution below $x$, and takes the *expected* result:
#
# $$ \text{GELU}(x) = \mathbb{E}\,[x \cdot \text{Bernoulli}(\Phi(x))] = x\,\Phi(x) = \tfrac{x}{2}\bigl(1 + \operatorname{erf}(x/\sqrt2)\bigr). $$

# %%
x = torch.tensor([-2.0, -0.75, 0.5, 1.0, 2.0])
n = 200_000
coin = torch.randn(n, 5, generator=torch.Generator().manual_seed(0)) < x  # 1 with probability Φ(x)
tossed = x * coin
standard_error = tossed.std(0) / math.sqrt(n)
print("mean of the tosses:", *(f"~{v:.3f}" for v in tossed.mean(0).tolist()))
print("GELU:              ", *(f"{v:.6f}" for v in activations.gelu(x).tolist()))
assert ((tossed.mean(0) - activations.gelu(x)).abs() < 4.5 * standard_error).all()
assert abs(activations.gelu(torch.tensor(1.0)) - 0.841345) < 5e-7

# %% [markdown]
# For speed the paper gives two approximations: $\frac{x}{2}\bigl(1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715\,x^3))\bigr)$, which
# GPT-1 and GPT-2 use, and $x\,\sigma(1.702\,x)$. Whoever loads published weights must use the same one as the authors.

# %%
error = {
    name: (function(fine) - activations.gelu(fine)).abs().max().item()
    for name, function in (("tanh", activations.gelu_tanh), ("sigmoid", activations.gelu_sigmoid))
}
print("largest error:", {name: f"{value:.2e}" for name, value in error.items()})
assert torch.allclose(activations.gelu_tanh(fine), F.gelu(fine, approximate="tanh"), atol=1e-12)
assert torch.allclose(activations.gelu(fine), F.gelu(fine), atol=1e-12)
assert abs(error["tanh"] - 4.73e-4) < 1e-6
assert abs(error["sigmoid"] - 2.03e-2) < 1e-4

# %% [markdown]
# ### Gated units: one half says how much of the other passes
#
# A **gated linear unit** has two matrices: $\text{GLU}(x) = \sigma(xW) \odot xV$. Shazeer
# ([arXiv:2002.05202](https://arxiv.org/abs/2002.05202)) tried other gates in place of $\sigma$:
#
# | name | gate | used in |
# |---|---|---|
# | GLU | sigmoid | Dauphin et al. 2016, convolutional language models |
# | bilinear | none | |
# | ReGLU | ReLU | |
# | GeGLU | GELU | T5 v1.1, GLM-130B |
# | SwiGLU | Swish, that is SiLU | PaLM, LLaMA |
#
# Two slips that are often copied: GLU is *not* bilinear, because of $\sigma$ (the bilinear unit is the one without); and there
# is no GELU in SwiGLU, the "Swi" is Swish. We ask each unit whether it is linear (sums to sums, multiples to multiples) in one of its
# inputs while the other stays fixed. In LLaMA such a unit is the feed-forward layer, with a third matrix that leads back to the
# width of the model; the package calls it `GatedMLP` and its matrices `gate` ($W$), `up` ($V$) and `down`.

# %%
from llm101.nn.ffn import GatedMLP

a, b, gate, value = torch.randn(4, 7, 5, generator=torch.Generator().manual_seed(0))
assert torch.allclose(activations.glu(gate, value), F.glu(torch.cat([value, gate], -1)), atol=1e-12)


def is_linear(function, **fixed):
    return torch.allclose(
        function(a - 2 * b, **fixed), function(a, **fixed) - 2 * function(b, **fixed)
    )


rows = []
for name in ("glu", "bilinear", "reglu", "geglu", "swiglu"):
    unit = getattr(activations, name)
    in_gate = is_linear(unit, value=value)
    in_value = is_linear(lambda x, unit: unit(gate, x), unit=unit)
    rows.append([name, *("yes" if linear else "no" for linear in (in_gate, in_value))])
assert [row[1:] for row in rows] == [["yes" if n == "bilinear" else "no", "yes"] for n, *_ in rows]

llama_style = GatedMLP(5, 11, F.silu)
hidden = activations.swiglu(llama_style.gate(gate), llama_style.up(gate))
assert torch.allclose(llama_style(gate), llama_style.down(hidden), atol=1e-12)
table(["unit", "linear in the gate", "linear in the value"], rows)

# %% [markdown]
# **What to see.** All are linear in the value. In the gate only the bilinear unit is: where its gate is negative it turns the value
# round, and the others shut it off, wholly or nearly. The last assert checks that LLaMA's layer is SwiGLU with `down` behind it.

# %% [markdown]
# ### Units that die
#
# A ReLU unit whose input is negative for *every* example has slope 0 everywhere: it gets no gradient and never comes back. One
# step that was too large can do that to many at once. We imitate such a step: 64 units, all biases at -3, so that all are
# off for all 200 points; then ordinary training. **Predict:** which activations recover?

# %%
points = torch.randn(200, 8, generator=torch.Generator().manual_seed(1))
wanted = 3 * points[:, :1] + points[:, 1:2] ** 2


def revive(activation, seed, bias, steps=200):
    """Loss after training a layer whose biases all start at `bias`, and how far its weights moved."""
    torch.manual_seed(seed)
    first, second = nn.Linear(8, 64), nn.Linear(64, 1)
    nn.init.constant_(first.bias, bias)
    start = first.weight.detach().clone()
    optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.1)
    for _ in range(steps):
        loss = losses.mse(second(activation(first(points))), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item(), (first.weight - start).abs().max().item()


mean_only = (wanted - wanted.mean()).square().mean().item()
kinds = ("ReLU", "leaky ReLU", "GELU", "SiLU")
revived = {name: [revive(CURVES[name], seed, -3.0) for seed in range(3)] for name in kinds}
for name, runs in revived.items():
    moved = max(m for _, m in runs) > 0
    print(f"{name:11} loss", *(f"~{end:.2f}" for end, _ in runs), "· weights moved:", moved)
print(f"predicting the mean: ~{mean_only:.2f} · ReLU with biases 0: ~{revive(relu, 0, 0.0)[0]:.2f}")
assert all(moved == 0 and abs(end / mean_only - 1) < 0.01 for end, moved in revived["ReLU"])
assert all(end < 0.3 * mean_only for name in kinds[1:] for end, _ in revived[name])
_, slopes_at_minus_10 = with_slopes(CURVES, torch.tensor([-10.0]))
print(f"GELU's slope at -10: {slopes_at_minus_10['GELU'][1].item():.0e}")
assert 0 < slopes_at_minus_10["GELU"][1].abs() < 1e-20
assert all(end > 10 * revive(relu, 0, 0.0)[0] for name in kinds[1:] for end, _ in revived[name])

# %% [markdown]
# **What to see.** The ReLU layer gets a gradient of exactly 0 and does not move. Only the last bias learns, so the network
# predicts the mean. The others still have a slope at -3 and are on their way back: after 200 steps the loss is below a third of
# what it was, though still far above that of the layer that started well. Nor is it a cure for everything: at -10 GELU's slope
# is so small that the unit is as dead as one with ReLU.

# %% [markdown]
# ## Step 10 · Thirty layers
#
# *What happens to a signal on its way through a deep network, and to the gradient on its way back?* Each layer multiplies both
# by some factor. A factor of 0.8 gives $0.8^{30} \approx 0.001$, and 1.25 gives about 800: **vanishing** and **exploding**
# gradients. The factor depends on the activation and on the spread of the initial weights. Let $n$ be the number of inputs of a
# layer, and the weights independent with mean 0. Then the mean square of a pre-activation is $n \cdot \text{Var}(w)$ times the
# mean square of the inputs. To keep it:
#
# - for an activation with slope 1 at 0 (tanh): $\text{Var}(w) = 1/n$. On the way back the gradient of an input is a sum over the
#   layer's $n_{\text{out}}$ *outputs*, so there $1/n_{\text{out}}$ would be right. **Glorot** (or Xavier) initialisation takes
#   the middle: $\text{Var}(w) = 2/(n_{\text{in}} + n_{\text{out}})$.
# - ReLU sets half of the inputs to 0, which halves the mean square, so **He** (or Kaiming) initialisation takes twice as much:
#   $\text{Var}(w) = 2/n_{\text{in}}$.

# %%
from llm101.nn.init import glorot_, he_

show(he_)

# %%
DEPTH, WIDE = 30, 100
STARTS = {
    "N(0, 0.01²)": lambda w, source: w.normal_(0, 0.01, generator=source),
    "Glorot": lambda w, source: glorot_(w, generator=source),
    "He": lambda w, source: he_(w, generator=source),
    "N(0, 0.2²)": lambda w, source: w.normal_(0, 0.2, generator=source),
}
KINDS = {"no activation": lambda x: x} | {
    k: CURVES[k] for k in ("sigmoid", "tanh", "ReLU", "GELU", "SiLU")
}


def gradient_sizes(activation, start, seed):
    """Size (root mean square) of the gradient at every layer's input, against that at the output."""
    source = torch.Generator().manual_seed(seed)
    h = torch.randn(50, WIDE, generator=source, requires_grad=True)
    inputs = [h]
    for _ in range(DEPTH):
        weight = start(torch.empty(WIDE, WIDE), source)
        h = activation(h @ weight.T)
        inputs.append(h)
    gradients = torch.autograd.grad((h * torch.randn(h.shape, generator=source)).sum(), inputs)
    sizes = torch.stack([g.square().mean().sqrt() for g in gradients])
    return (sizes / sizes[-1]).log10()


runs = {
    (kind, begin): torch.stack(
        [gradient_sizes(KINDS[kind], STARTS[begin], seed) for seed in range(3)]
    )
    for kind in KINDS
    for begin in STARTS
}
at_bottom = {key: sizes[:, 0].mean().item() for key, sizes in runs.items()}
spread = max((sizes[:, 0].max() - sizes[:, 0].min()).item() for sizes in runs.values())
print(f"largest spread over three seeds: ~{spread:.1f} powers of ten")
assert spread < 3.5

# %%
fig, (left, right) = figure(columns=2, height=3.9, width=9)
fig.get_layout_engine().set(wspace=0.08)
grid = torch.tensor([[at_bottom[kind, begin] for begin in STARTS] for kind in KINDS])
left.imshow(grid.clamp(-12, 12), cmap="RdBu", vmin=-12, vmax=12, aspect="auto")
left.set_xticks(range(4), list(STARTS), fontsize=8)
left.set_yticks(range(len(KINDS)), list(KINDS), fontsize=9)
left.grid(False)
for (row, column), value in ((divmod(i, 4), v) for i, v in enumerate(grid.flatten().tolist())):
    colour = "white" if abs(value) > 8 else "black"
    text = f"{value:+.0f}" if round(value) else "0"
    left.text(column, row, text, ha="center", va="center", color=colour)
left.set_title("log10 of the gradient 30 layers down", fontsize=10)
shown = [(kind, "Glorot") for kind in ("sigmoid", "GELU", "ReLU", "tanh")] + [("ReLU", "He")]
down = range(DEPTH + 1)
curves = {f"{kind}, {begin}": (down, runs[kind, begin].mean(0).flip(0)) for kind, begin in shown}
lines(right, curves, x="layers below the output", y="log10 of the gradient's size")
right.legend(fontsize=8.5, frameon=False, loc="lower left")
after_20 = runs["sigmoid", "Glorot"][:, DEPTH - 20].mean().item()
print(
    f"sigmoid, 20 layers down: 10^~{after_20:.1f}; 20 slopes of 1/4: 10^{20 * math.log10(0.25):.1f}"
)
assert -21 < at_bottom["sigmoid", "Glorot"] < -17
assert max(at_bottom["sigmoid", begin] for begin in STARTS) < -9
assert -2 < at_bottom["GELU", "He"] < 0 > -2.5 > at_bottom["SiLU", "He"] > -5
assert -6 < at_bottom["ReLU", "Glorot"] < -3.5
assert abs(at_bottom["ReLU", "He"]) < 1.5
assert abs(at_bottom["tanh", "Glorot"]) < 2
assert at_bottom["no activation", "He"] > 3
assert all(at_bottom[kind, "N(0, 0.01²)"] < -25 for kind in KINDS)
wide = {kind: at_bottom[kind, "N(0, 0.2²)"] for kind in KINDS}
assert all(4 < wide[kind] < 10.5 for kind in ("no activation", "ReLU", "GELU", "SiLU"))
assert 1 < wide["tanh"] < 3.5
assert at_bottom["sigmoid", "Glorot"] + 4 < wide["sigmoid"] < -9

# %% [markdown]
# **What to see.** Red vanishes, blue explodes, white is passed on. A fixed small spread kills every activation; Glorot suits
# tanh; ReLU with Glorot loses $\sqrt{1/2}$ a layer, $2^{-15} \approx 10^{-4.5}$ in all, and He puts it right. In the last column
# the weights are twice as large as Glorot's: without an activation the gradient doubles at each layer ($2^{30} \approx 10^9$), ReLU,
# GELU and SiLU explode as well, and tanh far less, because it saturates. Sigmoid is hopeless with any of the four: its slope is at
# most 1/4, and the largest weights win only a part of that back. With He, GELU loses a little and SiLU three to four powers of ten:
# less than half of their mean square is left, so the signal shrinks towards 0, where their slope is only 1/2 (in exercise 8 you
# find their own scale). The lines are nearly straight on a logarithmic axis: about the same factor at each layer.
#
# **Is that only a picture?** He et al. ([arXiv:1502.01852](https://arxiv.org/abs/1502.01852)) report a 30-layer ReLU network that
# learns with their initialisation and does not move with Glorot's. Ours is fully connected, 32 wide, four classes, plain SGD:


# %%
def train_deep(activation, start, seed, make=torch.optim.SGD, rate=0.01, steps=80):
    """Loss at each step of a 30-layer network on four clouds of points."""
    source = torch.Generator().manual_seed(seed)
    centres = torch.randn(4, 32, generator=source)
    y = torch.randint(4, (128,), generator=source)
    x = centres[y] + 0.5 * torch.randn(128, 32, generator=source)
    sizes = [(32, 32)] * DEPTH + [(4, 32)]
    weights = [nn.Parameter(start(torch.empty(*size), source)) for size in sizes]
    optimizer = make(weights, lr=rate)
    history = []
    for _ in range(steps):
        h = x
        for weight in weights[:-1]:
            h = activation(h @ weight.T)
        loss = cross_entropy(h @ weights[-1].T, y)
        history.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history


deep = {
    f"{kind}, {begin}": [train_deep(KINDS[kind], STARTS[begin], seed) for seed in range(3)]
    for kind, begin in (("ReLU", "Glorot"), ("ReLU", "He"), ("tanh", "Glorot"))
}
fig, (axis,) = figure(height=2.8)
curves = {name: (range(80), torch.tensor(runs).mean(0)) for name, runs in deep.items()}
lines(axis, curves, x="step", y="loss (nats), mean of 3", title="30 layers, plain SGD")
for name, runs in deep.items():
    print(f"{name:16} last losses:", *(f"~{run[-1]:.3f}" for run in runs))
with_adam = [
    train_deep(KINDS["ReLU"], STARTS["Glorot"], seed, make=torch.optim.Adam, rate=1e-3)[-1]
    for seed in range(3)
]
print("ReLU, Glorot, Adam last losses:", *(f"~{loss:.3f}" for loss in with_adam))
print(f"guessing: ln 4 = {math.log(4):.3f}")
assert all(abs(run[-1] - math.log(4)) < 0.01 for run in deep["ReLU, Glorot"])
assert all(run[-1] < 1.25 for run in deep["ReLU, He"])
assert max(with_adam) < 1.3
ends = {name: sum(run[-1] for run in runs) / 3 for name, runs in deep.items()}
assert ends["tanh, Glorot"] < ends["ReLU, He"] - 0.1

# %% [markdown]
# **What to see.** With Glorot the ReLU network stays at $\ln 4 = 1.386$, which is guessing; with He it learns in all three
# seeds, though not smoothly. tanh with *its* start ends lower still on average: the pair matters, not the activation alone. ReLU
# became the usual one for other reasons: it costs next to nothing and does not saturate on the positive side (a small
# convolutional network of Krizhevsky et al. 2012 reached the same training error six times faster with it than with tanh). The
# line about Adam is a reminder of lesson 05: Adam divides each gradient by its own size, so a gradient of $10^{-5}$ did not stop
# it in any of the three runs. That is no cure for what has vanished altogether. Transformers rely on residual connections and
# norms as well (lesson 09).

# %% [markdown]
# ## Step 11 · Dropout, penalties, decay
#
# *How do you keep a network from learning its examples by heart?* **Regularisation** is any change that is meant to lower the
# error on *new* data rather than on the training data: penalties, dropout, early stopping, smoothing, noise, more data by
# augmentation. (Cleaning a data set helps too, but that is preparation of data, not regularisation.)
#
# **Dropout** sets each value to 0 with probability $p$ during training, so no unit can rely on one other. *Inverted* dropout
# divides the others by $1 - p$, so that the mean stays $x$ and nothing needs to change afterwards:
#
# $$ \mathbb{E} = (1-p)\cdot\frac{x}{1-p} = x, \qquad \text{Var} = (1-p)\frac{x^2}{(1-p)^2} - x^2 = \frac{p}{1-p}\,x^2. $$

# %%
from llm101.nn.regularize import dropout

show(dropout)

# %%
x, n = torch.tensor([1.0, -2.0, 3.0]), 100_000
rows = []
for p in (0.1, 0.5, 0.8):
    drawn = dropout(x.expand(n, 3), p, generator=torch.Generator().manual_seed(0))
    variance = p / (1 - p) * x**2
    assert ((drawn.mean(0) - x).abs() < 4.5 * (variance / n).sqrt()).all()
    assert torch.allclose(drawn.var(0), variance, rtol=0.05)
    rows.append([p, *(" ".join(f"~{v:.2f}" for v in m.tolist()) for m in (drawn.mean(0), drawn.var(0))),
                 " ".join(f"{v:.2f}" for v in variance.tolist())])  # fmt: skip
assert torch.equal(dropout(x, 0.5, training=False), x)
table(["p", "mean of 100,000 draws (x is 1, -2, 3)", "variance of the draws", "p/(1-p) · x²"], rows)

# %% [markdown]
# GPT-1 and BERT drop 10 % at three places: of the embeddings, of the attention weights, and of what each sub-layer adds to the
# residual stream. That last one is called *residual dropout*; the residual connection itself is no regulariser. (GPT-1 also
# decays all weights but biases and gains, by 0.01.) Large models that see most of their text only once often do without
# dropout; PaLM was pre-trained without.
#
# **L2, L1 and decay.** Why should weights be small? A large weight lets a small change of the input swing the output, and that
# is how a network fits one wrong label amid right neighbours. A penalty makes it pay: what many examples have in common is worth
# a large weight, a single example is not. $\frac{\lambda}{2} \sum w^2$ (**L2**) adds $\lambda w$ to the gradient: large weights are
# pulled most. With plain SGD that is the same as multiplying each weight by $1 - \text{rate} \cdot \lambda$ in each step, **weight
# decay** (lesson 05, step 10). $\lambda \sum |w|$ (**L1**) pulls all weights with the same force $\lambda$, and one that the data
# pull less than that ends at 0. Three weights that the data want at 2, 0.5 and 0.05, each pulled there by its distance:

# %%
wanted, rate, strength = torch.tensor([2.0, 0.5, 0.05]), 0.02, 0.1


def end_of(penalty=lambda w: 0.0, keep=1.0):
    """Descend on (w - wanted)²/2 plus a penalty; each step first multiplies the weights by `keep`."""
    w = torch.ones(3, requires_grad=True)
    for _ in range(1000):
        (gradient,) = torch.autograd.grad(((w - wanted) ** 2 / 2).sum() + penalty(w), w)
        w.data = keep * w.data - rate * gradient
    return w.detach()


pulled = {
    "nothing": end_of(),
    "L2": end_of(lambda w: strength / 2 * w.square().sum()),
    "decay": end_of(keep=1 - rate * strength),
    "L1": end_of(lambda w: strength * w.abs().sum()),
}
assert torch.allclose(pulled["L2"], pulled["decay"], atol=1e-12)
assert torch.allclose(pulled["L2"], wanted / (1 + strength), atol=1e-6)
assert torch.allclose(pulled["L1"], (wanted - strength).clamp(min=0), atol=0.004)
table(
    ["λ = 0.1", *(f"wanted at {w:g}" for w in wanted)],
    [[name, *(f"{abs(v):.2f}" for v in w.tolist())] for name, w in pulled.items()],
)

# %% [markdown]
# **What to notice.** L2 and decay take the same *share* of every weight, L1 the same *amount*: the smallest one is gone. (Descent
# hops around 0 by less than a step; who wants zeros that can be left out cuts off what is tiny.) With Adam none of this is so
# simple: Adam divides the penalty's gradient, too, by the size of the weight's gradients, and spares the weights whose gradients
# are large. **AdamW** decays the weights directly; lesson 05, step 10, has the measurement. In torch, `weight_decay` of `Adam` means
# L2, and of `AdamW` decay.

# %% [markdown]
# ## Step 12 · The experiment: one overfit task, seven remedies
#
# Eighty reviews to learn from (as a list of which of the words occur), and one label in ten is wrong, as happens with real ones.
# Another 1,400, from the same source, tell how well it went: one half to choose the moment to stop (validation), the other for
# the result (test). The strengths of the penalties, of the decay and of the noise were chosen beforehand by the validation loss
# on another draw of the reviews, three or four values each. Dropout is 0.5, and 0.2 at the input, as its authors advise.
# Smoothing 0.2 makes the target of two classes 0.9 and 0.1, which one wrong label in ten deserves. Each method is run on three
# disjoint sets of eighty. The losses are taken on labels of which one in ten is wrong, everywhere; "right" is counted on the true
# labels. (The package's `l2_penalty` is $\sum w^2$, without the half.) **Predict:** as a network overfits, which number
# suffers more, the loss on new data or the share of right answers?
#
# **Early stopping** keeps the weights of the best validation loss and gives up after some evaluations without a better one:

# %%
from llm101.nn.regularize import Dropout, EarlyStopping, l1_penalty, l2_penalty

show(EarlyStopping)

# %%
N_TRAIN, N_HELD, EVERY, STEPS = 80, 700, 10, 160
texts = reviews(3 * N_TRAIN + 2 * N_HELD, negated=0.1)
bag = sorted({word for review in texts for word in review.text.split()})
column = {word: i for i, word in enumerate(bag)}
X = torch.zeros(len(texts), len(bag))
for i, review in enumerate(texts):
    X[i, [column[word] for word in review.text.split()]] = 1.0
flipped = torch.rand(len(texts), generator=torch.Generator().manual_seed(0)) < 0.1
true_label = torch.tensor([review.label for review in texts])
Y = torch.where(flipped, 1 - true_label, true_label)
validation, test = slice(3 * N_TRAIN, 3 * N_TRAIN + N_HELD), slice(3 * N_TRAIN + N_HELD, None)
floor = -(0.1 * math.log(0.1) + 0.9 * math.log(0.9))


def judge(model, rows):
    """Loss on the labels as they are, and share of right answers on the true ones."""
    with torch.no_grad():
        scores = model.eval()(X[rows])
    right = (scores.argmax(-1) == true_label[rows]).double().mean()
    return cross_entropy(scores, Y[rows]).item(), right.item()


def train(seed, *, l1=0.0, l2=0.0, decay=0.0, drop=0.0, noise=0.0, smoothing=0.0):
    torch.manual_seed(seed)
    rows = slice(seed * N_TRAIN, (seed + 1) * N_TRAIN)
    model = nn.Sequential(
        Dropout(0.4 * drop), nn.Linear(len(bag), 32), nn.ReLU(),
        Dropout(drop), nn.Linear(32, 32), nn.ReLU(), Dropout(drop), nn.Linear(32, 2),
    )  # fmt: skip
    matrices = [w for w in model.parameters() if w.ndim == 2]
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=decay)
    stopping = EarlyStopping(patience=STEPS)  # never gives up here: we want to see the rest
    curve = []
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            curve.append((judge(model, rows)[0], judge(model, validation)[0]))
            stopping.update(curve[-1][1], model)
        model.train()
        x = X[rows] + noise * torch.randn(N_TRAIN, len(bag))
        loss = cross_entropy(model(x), Y[rows], label_smoothing=smoothing)
        loss = loss + (l1 * l1_penalty(matrices) if l1 else l2 * l2_penalty(matrices))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    sizes = torch.cat([w.detach().flatten() for w in matrices]).abs()
    sparse = [(sizes < limit).double().mean().item() for limit in (1e-3, 1e-8)]
    loss_end, right_end = judge(model, test)
    stopping.restore(model)
    loss_stopped, right_stopped = judge(model, test)
    return curve, loss_end, loss_stopped, right_end, right_stopped, *sparse, model


METHODS = {
    "nothing": {},
    "L1": {"l1": 0.003},
    "L2": {"l2": 0.03},
    "decoupled decay": {"decay": 10.0},
    "dropout": {"drop": 0.5},
    "noise on the inputs": {"noise": 0.6},
    "label smoothing": {"smoothing": 0.2},
}
trained = {
    name: [train(seed, **settings) for seed in range(3)] for name, settings in METHODS.items()
}


# %%
def mean_curve(name, which):
    return torch.tensor([[point[which] for point in curve] for curve, *_ in trained[name]]).mean(0)


steps = list(range(0, STEPS + 1, EVERY))
fig, (left, right) = figure(columns=2, height=3.4)
halves = (("L1", "L2", "decoupled decay"), ("dropout", "noise on the inputs", "label smoothing"))
titles = ("validation loss: penalties and decay", "validation loss: other remedies")
for axis, some, title in zip((left, right), halves, titles):
    curves = {name: (steps, mean_curve(name, 1)) for name in ("nothing", *some)}
    lines(axis, curves, x="step", y="loss (nats), mean of three sets", title=title)
    for curve in axis.lines:
        curve.set_markersize(3)
    stop = mean_curve("nothing", 1).argmin()
    lowest = steps[stop], mean_curve("nothing", 1)[stop]
    axis.plot(*lowest, "k*", markersize=11, zorder=5, label="nothing: stop here")
    axis.plot(steps, mean_curve("nothing", 0), ":", color="#888888", label="nothing: training loss")
    axis.axhline(floor, color="black", linewidth=0.8, label=f"limit, {floor:.3f}")
    axis.legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1, 0.69))
    axis.set_ylim(0, 2.6)
left.lines[3].set(linestyle="--", markersize=7, markerfacecolor="none")  # it lies on L2
left.legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1, 0.69))


def three(values):
    """Mean of three seeds, and their range."""
    return f"~{sum(values) / 3:.2f} (~{min(values):.2f}…~{max(values):.2f})"


rows, summary = [], {}
for name, runs in trained.items():
    _, *columns, _ = zip(*runs)
    summary[name] = [sum(values) / 3 for values in columns]
    rows.append([name, *map(three, columns[:4]), f"~{100 * summary[name][4]:.0f} %"])
head = ["method", "loss, end", "loss, stopped", "right, end", "right, stopped", "|w| < 0.001"]
display(table(head, rows))
print(f"L1: weights below 1e-8: ~{100 * summary['L1'][5]:.1f} %")
plain = summary["nothing"]
remedies = [name for name in METHODS if name != "nothing"]
lowest_plain = min(run[1] for run in trained["nothing"])
assert plain[0] > 3 * plain[1] > 3 * floor
assert 0.7 < plain[2] < 0.82
assert mean_curve("nothing", 1).argmin() in (1, 2)
assert all(run[1] < 0.8 * lowest_plain for name in remedies for run in trained[name])
assert min(remedies, key=lambda name: summary[name][0]) == "noise on the inputs"
assert all(summary[name][1] > floor for name in METHODS)
first, *others = trained["nothing"]
assert first[4] < first[3] - 0.1, "on set 0 the stopped network is right less often"
assert all(run[4] > run[3] + 0.01 for run in others)
assert all(run[4] > run[3] + 0.03 for run in trained["label smoothing"])
assert 0.85 > summary["L1"][4] > 0.65 > summary["L2"][4] > 0.3 > summary["decoupled decay"][4]
assert summary["decoupled decay"][4] > 0.08 > 0.05 > plain[4]
assert summary["L1"][5] < 0.01

# %% [markdown]
# **What to see.** *Without a remedy* the training loss goes to 0 (dotted) while the validation loss turns after ten or twenty
# steps and climbs far above $\ln 2 = 0.69$, the loss of a coin. Yet three of four answers are right: the network is not so much
# wrong as *sure*, and cross-entropy charges for that. *Early stopping alone* (the star; first row, second number) saves most of
# the loss, for the price of a validation set. It does not promise right answers: on two sets the stopped network is right a
# little more often than the finished one, on the first by twenty points *less*. There its best loss is hardly below a coin's;
# eighty reviews can be unlucky. *Each remedy* lowers the loss at the end, in all three sets. With label smoothing the loss stays
# low but the right answers still decline after the best moment, in all three. Dropout postpones the climb but does not end it, so
# it wants early stopping beside it. Noise on the inputs does best here, on this task, with these strengths: that is no law.
# Nobody gets below the black line on average: one label in ten is wrong.
#
# *The small weights.* L1 leaves three quarters of them below 0.001, but hardly one at 0: Adam's steps have about the same size
# whatever the gradient, so a weight hops around 0 from step to step. L2 is a penalty inside the optimizer here, and makes nearly
# half of the weights tiny, which step 11 did not. That fits lesson 05: where the data hardly pull at a weight, Adam makes a full
# step of the penalty's pull. Decay takes the same share from all, and fewer end there.

# %%
ece = {s: mean_of[s][0] for s in (0.0, 0.1)}
he_ends, glorot_ends = ([run[-1] for run in deep[f"ReLU, {name}"]] for name in ("He", "Glorot"))
plain_ends, dropout_ends = ([run[1] for run in trained[name]] for name in ("nothing", "dropout"))
claims = [  # claim, published, measured here, does it hold
    ("Squared error stalls where a unit is surely wrong", "plateaus ¹",
     f"{half['squared error']} steps against {half['surprise']}", half["squared error"] > 100 > half["surprise"]),
    ("With ε = 0.1 and 10 classes the best p is 0.91", "1 - ε + ε/K ²",
     f"{found[3]:.6f}", abs(found[3].item() - 0.91) < 1e-6),
    ("Label smoothing improves calibration", "yes ³",
     f"ECE ~{ece[0.0]:.2f} to ~{ece[0.1]:.2f}", ece[0.1] < 0.6 * ece[0.0]),
    ("Label smoothing improves accuracy", "by 0.2 points ²",
     f"by ~{100 * min(gained):.1f} to ~{100 * max(gained):.1f}", min(gained) > 0),
    ("30 ReLU layers learn with He's start, not with Glorot's", "yes ⁴",
     f"loss ~{max(he_ends):.2f} or less; ~{min(glorot_ends):.2f}", max(he_ends) + 0.1 < min(glorot_ends)),
    ("Dropout lowers the error on new data", "yes ⁵",
     f"loss ~{summary['nothing'][0]:.2f} to ~{summary['dropout'][0]:.2f}",
     max(dropout_ends) < min(plain_ends)),
    ("L1 makes weights exactly 0", "some of them ⁶",
     f"~{100 * summary['L1'][4]:.0f} % below 0.001, ~{100 * summary['L1'][5]:.0f} % below 1e-8", summary["L1"][5] > 0.1),
]  # fmt: skip
assert [holds for *_, holds in claims] == [True, True, True, False, True, True, False]
rows = [[*claim[:3], "yes" if claim[3] else "no"] for claim in claims]
table(["claim", "published", "measured here", "holds here?"], rows)

# %% [markdown]
# ¹ Glorot and Bengio 2010, section 4.1 · ² Szegedy et al. 2016, section 7
# ([arXiv:1512.00567](https://arxiv.org/abs/1512.00567)) · ³ Müller et al. 2019 · ⁴ He et al. 2015, section 2.2 · ⁵ Srivastava
# et al. 2014, of test error; first in [arXiv:1207.0580](https://arxiv.org/abs/1207.0580) · ⁶ Tibshirani 1996, of linear
# regression solved to the end; ours keep hopping, as said above. The other "no" is a matter of size: 0.2 points cannot be
# seen where the seeds differ by more than two. The others show the mechanism, not the published numbers.

# %% [markdown]
# ## What goes wrong in practice
#
# **Softmax twice.** Many a beginner ends the model in a softmax and then calls a loss that expects logits. Nothing fails; it
# just learns badly. The "logits" now lie between 0 and 1, so with ten classes the loss can never fall below $\ln(e + 9) - 1 =
# 1.46$. And a model that is sure and wrong hears nothing, since the gradient goes through the first softmax, which is as flat
# there as the sigmoid of the first result:

# %%
sure_and_right = torch.zeros(1, 10)
sure_and_right[0, 3] = 50.0
answer = torch.tensor([3])
once = F.cross_entropy(sure_and_right, answer)
twice = F.cross_entropy(F.softmax(sure_and_right, -1), answer)
floor_of_twice = math.log(math.e + 9) - 1
print(f"a perfect answer costs {once:.4f}; with softmax twice {twice:.4f}, the least there is")
assert once < 1e-12
assert abs(twice - floor_of_twice) < 1e-9

sure_and_wrong = torch.zeros(1, 10)
sure_and_wrong[0, 7] = 20.0
sure_and_wrong.requires_grad_()
pulls = {}
for name, loss in (
    ("once", F.cross_entropy(sure_and_wrong, answer)),
    ("twice", F.cross_entropy(F.softmax(sure_and_wrong, -1), answer)),
):
    pulls[name] = torch.autograd.grad(loss, sure_and_wrong)[0].abs().max().item()
print(f"largest gradient when sure and wrong: once {pulls['once']:.3f}, twice {pulls['twice']:.0e}")
assert pulls["once"] > 0.99
assert pulls["twice"] < 1e-7

# %% [markdown]
# **Dropout that stays on.** `model.train()` and `model.eval()` are a switch that somebody must turn. Forget it when judging,
# and the same input gets another answer each time, and a worse one on average. Here are the three networks of step 12 that were
# trained with dropout, judged on their test reviews:

# %%
torch.manual_seed(0)
for *_, judged in trained["dropout"]:
    with torch.no_grad():
        left_on = [cross_entropy(judged.train()(X[test]), Y[test]).item() for _ in range(20)]
        switched_off = [cross_entropy(judged.eval()(X[test]), Y[test]).item() for _ in range(20)]
    print(
        f"left on: loss ~{min(left_on):.3f} to ~{max(left_on):.3f} · off: ~{switched_off[0]:.3f},",
        "each time the same" if len(set(switched_off)) == 1 else "each time another",
    )
    assert len(set(left_on)) == 20
    assert sum(left_on) / 20 > switched_off[0]

# %% [markdown]
# **A mean of means.** Two sentences, of 2 and of 8 tokens, padded to 8. The loss of a token should count the same wherever it
# stands. Three ways to average, of which one is right:

# %%
PAD = -100  # the id that cross_entropy ignores
ids = torch.full((2, 8), PAD)
ids[0, :2], ids[1] = 1, 1
logits = torch.zeros(2, 8, 3)
logits[0, :2, 1], logits[1, :, 1] = -2.0, 2.0  # the short sentence is hard, the long one easy
right = cross_entropy(logits, ids)
of_means = torch.stack([cross_entropy(one, target) for one, target in zip(logits, ids)]).mean()
with_padding = cross_entropy(logits, torch.ones_like(ids))
print(f"by token {right:.3f} · mean of two means {of_means:.3f} · with padding {with_padding:.3f}")
each = cross_entropy(logits, ids, reduction="none")
assert torch.isclose(right, each.sum() / 10)
assert of_means > 1.5 * right
assert with_padding > 1.1 * right

# %% [markdown]
# Sum the losses of all tokens, count the tokens, divide once, at the very end. The same holds when a batch is spread over
# several machines (lesson 17).

# %% [markdown]
# ## Check yourself
#
# Choose an answer; every one has an explanation. (The code is folded, since it holds the answers.)

# %% tags=["hide-input"]
display(quiz("A classifier says 0.7, 0.2, 0.1; the second class is true. What is the gradient by the logits?", [
    ("(0.7, -0.8, 0.1)", True, "p - y: every class is pushed down by its probability, the true one up by what is missing."),
    ("(-0.7, 0.8, -0.1)", False, "That is y - p, the direction of the step; the gradient points the other way."),
    ("(0, -5, 0)", False, "-1/p is the derivative by the probability p; by the logits it is p - y."),
    ("(0.7, 0.2, 0.1)", False, "Without y the model would not learn which class was true."),
]))  # fmt: skip
display(quiz("Training with label smoothing 0.1 and ten classes, the training loss stops at 0.50. What does it mean?", [
    ("The model underfits", False, "It may be perfect: 0.5003 is the entropy of the smoothed target."),
    ("It may well be the best possible", True, "The loss is entropy plus divergence, and the entropy of (0.91, 0.01, ...) is 0.5003."),
    ("The learning rate is too large", False, "A rate that is too large shows as jumping, not as a floor that the formula predicts."),
]))  # fmt: skip
display(quiz("Why does inverted dropout divide by 1 - p?", [
    ("So that the variance stays the same", False, "It does not: the variance grows by p/(1-p) times the square."),
    ("So that the mean stays the same, and nothing changes at test time", True, "(1-p) times x/(1-p) is x."),
    ("So that the gradient does not vanish", False, "The gradient of a dropped value is 0; the others grow by the same factor as the values."),
]))  # fmt: skip
display(quiz("Which of these is a purpose of activation functions?", [
    ("To avoid vanishing gradients", False, "They can cause them: sigmoid's slope is at most 1/4."),
    ("To normalise the values of a layer", False, "That is the work of initialisation and norms; ReLU's outputs are not even centred."),
    ("To make depth mean something", True, "Without a bend any stack of layers is one matrix."),
]))  # fmt: skip

# %% [markdown]
# <details><summary><b>What is a loss function? Implement one.</b></summary>
#
# One number that says how wrong a prediction is; training makes its mean small. Squared error for numbers, cross-entropy for
# classes, hinge for margins. `def mse(x, y): return ((x - y) ** 2).mean()`; exercise 2 is cross-entropy.
# </details>
#
# <details><summary><b>What are cross-entropy and maximum likelihood, and what do they solve?</b></summary>
#
# Cross-entropy $-\sum_k y_k \ln p_k$ scores a predicted distribution against the true one; with softmax its gradient is $p - y$.
# Maximum likelihood chooses the parameters under which what was observed is most probable. Both turn "fit a model of
# probabilities" into a minimisation.
# </details>
#
# <details><summary><b>Derive them.</b></summary>
#
# For independent data the likelihood is $\prod_i p_\theta(y_i \mid x_i)$; its negative logarithm is
# $-\sum_i \ln p_\theta(y_i \mid x_i)$, and with one-hot targets each term is a cross-entropy. With
# $-\ln p_c = \ln\sum_j e^{z_j} - z_c$ the derivative by $z_k$ is $p_k - [k = c]$. With Gaussian noise of fixed variance the NLL is
# squared error, scaled and shifted.
# </details>
#
# <details><summary><b>What is the difference between them?</b></summary>
#
# Maximum likelihood is a principle for parameters, cross-entropy a loss between two distributions. With counted labels the mean
# NLL *is* the cross-entropy: $H(\hat p) + \text{KL}(\hat p \,\|\, q)$. They part with soft targets (smoothing, distillation), and
# with models that are not categorical.
# </details>
#
# <details><summary><b>What is regularisation, and what does it do?</b></summary>
#
# A change that is meant to lower the error on new data rather than on the training data: L2 or decay, L1, dropout, early stopping,
# label smoothing, noise, augmentation, shared parameters. It gives up some of the fit to the training data for that. (The question is
# sometimes answered with "adding noise and cleaning the data": noise is one of many, and cleaning is preparation of data.)
# </details>
#
# <details><summary><b>Write it in code.</b></summary>
#
# L2: `loss + lam * sum((w ** 2).sum() for w in weights)` · L1: the same with `w.abs()` · inverted dropout: `h * (torch.rand_like(h) >= p) / (1 - p)`, in training
# only · label smoothing: the target is `(1 - eps) * one_hot + eps / K` · early stopping: keep the weights with the best validation
# loss.
# </details>
#
# <details><summary><b>Which activation functions are common?</b></summary>
#
# Sigmoid, tanh, ReLU, leaky ReLU, ELU, softplus, GELU, SiLU (Swish); softmax for outputs; in the feed-forward layers of Transformers
# the gated units GLU, GeGLU, SwiGLU.
# </details>
#
# <details><summary><b>Why are they needed, in numbers?</b></summary>
#
# $W_2(W_1 x) = (W_2 W_1) x$: without them any depth is one matrix, XOR is out of reach (the best linear fit says 0.5 four times), and
# with one hidden layer and a bend it is exact. They do *not* by themselves keep gradients alive: sigmoid's slope is at most 1/4, and
# 30 layers of it, with Glorot's start, left $10^{-19}$ of the gradient; nor do they normalise.
# </details>

# %% [markdown]
# ## Exercises
#
# Eight exercises, from a softmax that does not overflow to an initialisation that keeps 30 layers alive, wait in
# [your copy](../work/06_losses/losses.ipynb) (made by `python run.py`; the original is in
# [exercises/](../exercises/06_losses/losses.ipynb)). Each has a check that tells you what is wrong.
#
# ## Further reading
#
# - Glorot, Bengio 2010, *Understanding the difficulty of training deep feedforward neural networks*; He et al. 2015, [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
# - Srivastava et al. 2014, *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, JMLR 15; Hinton et al. 2012, [arXiv:1207.0580](https://arxiv.org/abs/1207.0580)
# - Szegedy et al. 2016, section 7, [arXiv:1512.00567](https://arxiv.org/abs/1512.00567); Müller, Kornblith, Hinton 2019, *When Does Label Smoothing Help?*, [arXiv:1906.02629](https://arxiv.org/abs/1906.02629)
# - Guo et al. 2017, *On Calibration of Modern Neural Networks* (ECE, temperature scaling), [arXiv:1706.04599](https://arxiv.org/abs/1706.04599)
# - Loshchilov, Hutter 2017, *Decoupled Weight Decay Regularization*, [arXiv:1711.05101](https://arxiv.org/abs/1711.05101); Tibshirani 1996, *Regression Shrinkage and Selection via the Lasso*, JRSS B 58
# - Krizhevsky, Sutskever, Hinton 2012, *ImageNet Classification with Deep Convolutional Neural Networks*, NeurIPS 25 (section 3.1: ReLU against tanh)
# - Hendrycks, Gimpel 2016, *Gaussian Error Linear Units*, [arXiv:1606.08415](https://arxiv.org/abs/1606.08415); Dauphin et al. 2016, *Language Modeling with Gated Convolutional Networks*, [arXiv:1612.08083](https://arxiv.org/abs/1612.08083); Shazeer 2020, *GLU Variants Improve Transformer*, [arXiv:2002.05202](https://arxiv.org/abs/2002.05202)
# - Lin et al. 2017, *Focal Loss for Dense Object Detection*, [arXiv:1708.02002](https://arxiv.org/abs/1708.02002)
#
# ## What you can now read in the package
#
# [`nn/log_probs.py`](../llm101/nn/log_probs.py) · [`nn/losses.py`](../llm101/nn/losses.py) ·
# [`nn/activations.py`](../llm101/nn/activations.py) · [`nn/regularize.py`](../llm101/nn/regularize.py) ·
# [`nn/init.py`](../llm101/nn/init.py) · [`nn/ffn.py`](../llm101/nn/ffn.py). Next: **lesson 07, attention**: the softmax of this
# lesson, used to choose what to read.
