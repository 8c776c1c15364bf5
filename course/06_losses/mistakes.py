"""Wrong answers that people really give to the exercises of lesson 06, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import math

import torch
from llm101.check.mistakes import right, wrong

# -------------------------------------------------------------------------------------------- 1 log_softmax


@wrong("06.log_softmax", "There is nan in the result")
def log_softmax(logits):
    return logits - logits.exp().sum(-1, keepdim=True).log() + 0 * logits.exp()


@wrong("06.log_softmax", "A probability became 0 before you took its logarithm")
def log_softmax(logits):
    shifted = (logits - logits.amax(-1, keepdim=True)).exp()
    return (shifted / shifted.sum(-1, keepdim=True)).log()


@wrong("06.log_softmax", "the classes stand on the last one")
def log_softmax(logits):
    shifted = logits - logits.amax(0, keepdim=True)
    return shifted - shifted.exp().sum(0, keepdim=True).log()


@wrong("06.log_softmax", "Subtract from each row its own largest score")
def log_softmax(logits):
    shifted = logits - logits.max()
    return shifted - shifted.exp().sum(-1, keepdim=True).log()


@wrong("06.log_softmax", "take .values, or use amax")
def log_softmax(logits):
    shifted = logits - logits.max(-1)
    return shifted - shifted.exp().sum(-1, keepdim=True).log()


@wrong("06.log_softmax", "keepdim=True keeps the axis")
def log_softmax(logits):
    shifted = logits - logits.amax(-1)
    return shifted - shifted.exp().sum(-1).log()


@right("06.log_softmax", "with max and its values")
def log_softmax(logits):
    top = logits.max(dim=-1, keepdim=True).values
    return logits - (top + torch.log(torch.sum(torch.exp(logits - top), dim=-1, keepdim=True)))


@right("06.log_softmax", "row by row")
def log_softmax(logits):
    rows = []
    for row in logits.reshape(-1, logits.shape[-1]):
        row = row - max(row.tolist())
        rows.append(row - math.log(sum(math.exp(z) for z in row.tolist())))
    return torch.stack(rows).reshape(logits.shape)


# --------------------------------------------------------------------------------------------- 2 token_loss


def _log_p(logits):
    shifted = logits - logits.amax(-1, keepdim=True)
    return shifted - shifted.exp().sum(-1, keepdim=True).log()


@wrong("06.token_loss", "it was counted: divide by the 4 rows that are real")
def token_loss(logits, ids, smoothing=0.0):
    keep = ids != -100
    log_p = _log_p(logits)
    each = (1 - smoothing) * log_p[
        torch.arange(len(ids)), ids.clamp(min=0)
    ] + smoothing * log_p.mean(1)
    return -(each * keep).sum() / len(ids)


@wrong("06.token_loss", "ε was shared among the v - 1 other classes")
def token_loss(logits, ids, smoothing=0.0):
    keep = ids != -100
    log_p, v = _log_p(logits[keep]), logits.shape[1]
    hit = log_p[torch.arange(len(log_p)), ids[keep]]
    return -((1 - smoothing) * hit + smoothing * (log_p.sum(1) - hit) / (v - 1)).mean()


@wrong("06.token_loss", "The padding was turned into class 0")
def token_loss(logits, ids, smoothing=0.0):
    log_p = _log_p(logits)
    hit = log_p.gather(1, ids.clamp(min=0)[:, None])[:, 0]
    return -((1 - smoothing) * hit + smoothing * log_p.mean(1)).mean()


@wrong("06.token_loss", "-100 is no class: leave those rows out before indexing")
def token_loss(logits, ids, smoothing=0.0):
    hit = _log_p(logits)[torch.arange(len(ids)), ids]
    return -hit[ids != -100].mean()


@wrong("06.token_loss", "The right class kept its full weight 1")
def token_loss(logits, ids, smoothing=0.0):
    keep = ids != -100
    log_p = _log_p(logits[keep])
    return -(log_p.gather(1, ids[keep][:, None])[:, 0] + smoothing * log_p.mean(1)).mean()


@wrong("06.token_loss", "`smoothing` was not used")
def token_loss(logits, ids, smoothing=0.0):
    keep = ids != -100
    return -_log_p(logits[keep]).gather(1, ids[keep][:, None]).mean()


@right("06.token_loss", "with the whole target written out")
def token_loss(logits, ids, smoothing=0.0):
    v, total, n = logits.shape[1], 0.0, 0
    for row, c in zip(_log_p(logits), ids.tolist()):
        if c == -100:
            continue
        target = torch.full((v,), smoothing / v, dtype=logits.dtype)
        target[c] += 1 - smoothing
        total, n = total - (target * row).sum(), n + 1
    return total / n


# ------------------------------------------------------------------------------------------ 3 loss_gradient


@wrong("06.loss_gradient", "divides each row's gradient by n")
def loss_gradient(logits, ids):
    return torch.softmax(logits, -1) - torch.nn.functional.one_hot(ids, logits.shape[1])


@wrong("06.loss_gradient", "one_hot(ids, v)")
def loss_gradient(logits, ids):
    return (torch.softmax(logits, -1) - torch.nn.functional.one_hot(ids)) / len(ids)


@wrong("06.loss_gradient", "the gradient is p - y")
def loss_gradient(logits, ids):
    y = torch.nn.functional.one_hot(ids, logits.shape[1])
    return (y - torch.softmax(logits, -1)) / len(ids)


@wrong("06.loss_gradient", "1 was taken from every row at every id")
def loss_gradient(logits, ids):
    gradient = torch.softmax(logits, -1)
    gradient[:, ids] -= 1
    return gradient / len(ids)


@wrong("06.loss_gradient", "That is the derivative by the probability")
def loss_gradient(logits, ids):
    p = torch.softmax(logits, -1)
    return -torch.nn.functional.one_hot(ids, logits.shape[1]) / p / len(ids)


@wrong("06.loss_gradient", "`-=` on the logits themselves")
def loss_gradient(logits, ids):
    logits -= logits.amax(-1, keepdim=True)
    p = torch.softmax(logits, -1)
    return (p - torch.nn.functional.one_hot(ids, logits.shape[1])) / len(ids)


@right("06.loss_gradient", "a loop over the rows")
def loss_gradient(logits, ids):
    rows = []
    for z, c in zip(logits, ids):
        e = (z - z.max()).exp()
        p = e / e.sum()
        p[c] = p[c] - 1
        rows.append(p)
    return torch.stack(rows) / len(rows)


# -------------------------------------------------------------------------------------------- 4 categorical


@wrong("06.categorical", "1 was added to every count")
def fit_categorical(ids, v):
    counts = torch.bincount(torch.tensor(ids), minlength=v).double() + 1
    return counts / counts.sum()


@wrong("06.categorical", "Classes that never occurred are missing")
def fit_categorical(ids, v):
    return torch.tensor([ids.count(k) / len(ids) for k in sorted(set(ids))], dtype=torch.float64)


@wrong("06.categorical", "the average is over p, the FIRST argument")
def kl(p, q):
    return sum(b * math.log(b / a) if a else math.inf for a, b in zip(p.tolist(), q.tolist()) if b)


@wrong("06.categorical", "That is the cross-entropy")
def kl(p, q):
    return sum(-a * math.log(b) if b else math.inf for a, b in zip(p.tolist(), q.tolist()) if a)


@wrong("06.categorical", "0 · log 0 is nan in floating point")
def kl(p, q):
    return (p * (p.log() - q.log())).sum().item()


@wrong("06.categorical", "a small number added to q only hides it")
def kl(p, q):
    q = q + 1e-12
    return sum(a * math.log(a / b) for a, b in zip(p.tolist(), q.tolist()) if a > 0)


@right("06.categorical", "with tensors, zeros taken out first")
def kl(p, q):
    there = p > 0
    return float((p[there] * (p[there].log() - q[there].log())).sum())


@right("06.categorical", "a loop that counts")
def fit_categorical(ids, v):
    shares = torch.zeros(v, dtype=torch.float64)
    for k in ids:
        shares[k] += 1 / len(ids)
    return shares


# --------------------------------------------------------------------------------------- 5 inverted_dropout


@wrong("06.inverted_dropout", "p = 0 must drop nothing")
def inverted_dropout(x, p, noise, training):
    return x * (noise > p) / (1 - p) if training else x


@wrong("06.inverted_dropout", "What is kept has to grow")
def inverted_dropout(x, p, noise, training):
    return x * (noise >= p) if training else x


@wrong("06.inverted_dropout", "You kept what should be dropped")
def inverted_dropout(x, p, noise, training):
    return x * (noise < p) / (1 - p) if training else x


@wrong("06.inverted_dropout", "inverted dropout does all its scaling in training")
def inverted_dropout(x, p, noise, training):
    return x * (noise >= p) / (1 - p) if training else x * (1 - p)


@wrong("06.inverted_dropout", "Scaled by the share that this mask happens to keep")
def inverted_dropout(x, p, noise, training):
    keep = noise >= p
    return x * keep * keep.numel() / keep.sum() if training else x


@wrong("06.inverted_dropout", "change the caller's tensor")
def inverted_dropout(x, p, noise, training):
    if training:
        x[noise < p] = 0.0
        return x / (1 - p)
    return x


@right("06.inverted_dropout", "a copy, with zeros put in")
def inverted_dropout(x, p, noise, training):
    if not training:
        return x
    kept = x.clone()
    kept[noise < p] = 0.0
    return kept / (1 - p)


@right("06.inverted_dropout", "with where")
def inverted_dropout(x, p, noise, training):
    if training:
        x = torch.where(noise < p, torch.zeros_like(x), x / (1 - p))
    return x


# ------------------------------------------------------------------------------------------- 6 when_to_stop


def _stop(losses, patience, better):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if better(losses, epoch, best):
            best, waited = epoch, 0
        else:
            waited += 1
        if waited >= patience:
            return best, epoch
    return best, len(losses) - 1


@wrong("06.when_to_stop", "compare with the best so far")
def when_to_stop(losses, patience):
    best, last = _stop(losses, patience, lambda x, i, best: x[i] < x[i - 1])
    return losses.index(min(losses[: last + 1])), last


@wrong("06.when_to_stop", "You waited one epoch too long")
def when_to_stop(losses, patience):
    return _stop(losses, patience + 1, lambda x, i, best: x[i] < x[best])


@wrong("06.when_to_stop", "An equal loss counted as a new best")
def when_to_stop(losses, patience):
    return _stop(losses, patience, lambda x, i, best: x[i] <= x[best])


@wrong("06.when_to_stop", "what comes after the stop is never seen")
def when_to_stop(losses, patience):
    return losses.index(min(losses)), _stop(losses, patience, lambda x, i, best: x[i] < x[best])[1]


@wrong("06.when_to_stop", "You looked at epochs after the stop")
def when_to_stop(losses, patience):
    best = losses.index(min(losses))
    for epoch in range(len(losses)):
        if epoch - best >= patience:
            break
    return best, epoch


@wrong("06.when_to_stop", "a new best starts the count again")
def when_to_stop(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            waited += 1
        if waited >= patience:
            return best, epoch
    return best, len(losses) - 1


@right("06.when_to_stop", "the definition, word by word")
def when_to_stop(losses, patience):
    for last in range(len(losses)):
        best = losses.index(min(losses[: last + 1]))
        if last - best >= patience:
            break
    return best, last


# ----------------------------------------------------------------------------------------- 7 gelu_and_slope


def _below(x):
    return 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def _density(x):
    return torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)


@wrong("06.gelu_and_slope", "erf takes x / √2, not x")
def gelu_and_slope(x):
    below = 0.5 * (1 + torch.erf(x))
    return x * below, below + x * _density(x)


@wrong("06.gelu_and_slope", "That is the tanh approximation")
def gelu_and_slope(x):
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner)), _below(x) + x * _density(x)


@wrong("06.gelu_and_slope", "Φ(x) is only half of it")
def gelu_and_slope(x):
    return x * _below(x), _below(x)


@wrong("06.gelu_and_slope", "φ must be multiplied by x")
def gelu_and_slope(x):
    return x * _below(x), _below(x) + _density(x)


@wrong("06.gelu_and_slope", "The density is not normalised")
def gelu_and_slope(x):
    return x * _below(x), _below(x) + x * torch.exp(-x * x / 2)


@wrong("06.gelu_and_slope", "the half is missing")
def gelu_and_slope(x):
    return x * _below(x), _below(x) + x * torch.exp(-x * x) / math.sqrt(2 * math.pi)


@right("06.gelu_and_slope", "with torch's normal distribution")
def gelu_and_slope(x):
    normal = torch.distributions.Normal(torch.zeros_like(x), 1)
    below = normal.cdf(x)
    return x * below, below + x * normal.log_prob(x).exp()


# --------------------------------------------------------------------------------------------- 8 weight_std


def _mean(values, z):
    return (values * _density(z)).sum().item() * (z[1] - z[0]).item()


_GRID = torch.linspace(-10, 10, 4001, dtype=torch.float64)


@wrong("06.weight_std", "You took the variance of f(z)")
def weight_std(f, n_in):
    a = f(_GRID)
    return 1 / math.sqrt(n_in * (_mean(a**2, _GRID) - _mean(a, _GRID) ** 2))


@wrong("06.weight_std", "He's √(2/n) for every activation")
def weight_std(f, n_in):
    same = torch.equal(f(_GRID), _GRID)
    return math.sqrt((1 if same else 2) / n_in)


@wrong("06.weight_std", "not weighted by the density")
def weight_std(f, n_in):
    return 1 / math.sqrt(n_in * (f(_GRID) ** 2).sum().item() * (_GRID[1] - _GRID[0]).item())


@wrong("06.weight_std", "say dtype=torch.float64 in linspace")
def weight_std(f, n_in):
    z = torch.linspace(-10, 10, 20_001)
    return 1 / math.sqrt(n_in * _mean(f(z) ** 2, z))


@wrong("06.weight_std", "random numbers are not precise enough")
def weight_std(f, n_in):
    return 1 / math.sqrt(n_in * f(torch.randn(100_000, dtype=torch.float64)).square().mean().item())


@wrong("06.weight_std", "× 0.005 is missing")
def weight_std(f, n_in):
    return 1 / math.sqrt(n_in * (f(_GRID) ** 2 * _density(_GRID)).sum().item())


@right("06.weight_std", "the trapezium rule of torch")
def weight_std(f, n_in):
    z = torch.linspace(-12, 12, 50_001, dtype=torch.float64)
    return float((n_in * torch.trapezoid(f(z) ** 2 * _density(z), z)) ** -0.5)


@right("06.weight_std", "a plain loop")
def weight_std(f, n_in):
    step, total = 0.005, 0.0
    for i in range(-2000, 2000):
        z = torch.tensor((i + 0.5) * step, dtype=torch.float64)
        total += f(z).item() ** 2 * math.exp(-(z.item() ** 2) / 2) / math.sqrt(2 * math.pi) * step
    return 1 / math.sqrt(n_in * total)
