"""Wrong answers that people really give to the exercises of lesson 09, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import math

import torch
from llm101.check.mistakes import right, wrong
from torch.nn import functional as F

# ------------------------------------------------------------------------------------------- 1 layer_norm


@wrong("09.layer_norm", "The variance divided by d - 1")
def layer_norm(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + eps).sqrt() * weight + bias


@wrong("09.layer_norm", "That is batch norm")
def layer_norm(x, weight, bias, eps=1e-5):
    centred = x - x.mean((0, 1))
    return centred / (centred.square().mean((0, 1)) + eps).sqrt() * weight + bias


@wrong("09.layer_norm", "That is RMSNorm")
def layer_norm(x, weight, bias, eps=1e-5):
    return x / (x.square().mean(-1, keepdim=True) + eps).sqrt() * weight + bias


@wrong("09.layer_norm", "eps stands outside of the root")
def layer_norm(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1, keepdim=True)) / (
        x.std(-1, correction=0, keepdim=True) + eps
    ) * weight + bias


@wrong("09.layer_norm", "The gain was added to the offset as well")
def layer_norm(x, weight, bias, eps=1e-5):
    centred = x - x.mean(-1, keepdim=True)
    return (centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt() + bias) * weight


@wrong("09.layer_norm", "The mean ran over the tokens of a text as well")
def layer_norm(x, weight, bias, eps=1e-5):
    centred = x - x.mean((1, 2), keepdim=True)
    return centred / (centred.square().mean((1, 2), keepdim=True) + eps).sqrt() * weight + bias


@wrong("09.layer_norm", "keepdim=True")
def layer_norm(x, weight, bias, eps=1e-5):
    centred = x - x.mean(-1)
    return centred / (centred.square().mean(-1) + eps).sqrt() * weight + bias


@right("09.layer_norm", "variance as the mean square less the squared mean")
def layer_norm(x, weight, bias, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    variance = (x * x).mean(-1, keepdim=True) - mean**2
    return weight * ((x - mean) * torch.rsqrt(variance + eps)) + bias


# --------------------------------------------------------------------------------------------- 2 rms_norm


@wrong("09.rms_norm", "a square became infinite in float16")
def rms_norm(x, weight, eps=1e-6):
    return x / (x.square().mean(-1, keepdim=True) + eps).sqrt() * weight


@wrong("09.rms_norm", "The result stayed in float32")
def rms_norm(x, weight, eps=1e-6):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    return wide / (wide.square().mean(-1, keepdim=True) + eps).sqrt() * weight


@wrong("09.rms_norm", "That is LayerNorm")
def rms_norm(x, weight, eps=1e-6):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    wide = wide - wide.mean(-1, keepdim=True)
    return (wide / (wide.square().mean(-1, keepdim=True) + eps).sqrt() * weight).to(x.dtype)


@wrong("09.rms_norm", "The SUM of the squares")
def rms_norm(x, weight, eps=1e-6):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    return (wide / (wide.square().sum(-1, keepdim=True) + eps).sqrt() * weight).to(x.dtype)


@wrong("09.rms_norm", "eps stands outside of the root")
def rms_norm(x, weight, eps=1e-6):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    return (wide / (wide.square().mean(-1, keepdim=True).sqrt() + eps) * weight).to(x.dtype)


@wrong("09.rms_norm", "computed in float32")
def rms_norm(x, weight, eps=1e-6):
    wide = x.float()
    return (wide / (wide.square().mean(-1, keepdim=True) + eps).sqrt() * weight).to(x.dtype)


@right("09.rms_norm", "in float64 throughout")
def rms_norm(x, weight, eps=1e-6):
    wide = x.double()
    return (wide * torch.rsqrt((wide * wide).mean(-1, keepdim=True) + eps) * weight).to(x.dtype)


# --------------------------------------------------------------------------------------- 3 token_likeness


@wrong("09.token_likeness", "Each token's cosine with itself")
def token_likeness(x):
    unit = x / x.norm(dim=-1, keepdim=True)
    return (unit @ unit.transpose(-2, -1)).mean()


@wrong("09.token_likeness", "Tokens of different texts")
def token_likeness(x):
    unit = (x / x.norm(dim=-1, keepdim=True)).flatten(0, 1)
    n = len(unit)
    return ((unit @ unit.T).sum() - n) / (n * (n - 1))


@wrong("09.token_likeness", "These are dot products")
def token_likeness(x):
    b, t, _ = x.shape
    dots = x @ x.transpose(-2, -1)
    return (dots.sum() - dots.diagonal(dim1=1, dim2=2).sum()) / (b * t * (t - 1))


@wrong("09.token_likeness", "not by t²")
def token_likeness(x):
    b, t, _ = x.shape
    unit = x / x.norm(dim=-1, keepdim=True)
    return ((unit @ unit.transpose(-2, -1)).sum() - b * t) / (b * t * t)


@wrong("09.token_likeness", "divide by the number of texts, too")
def token_likeness(x):
    b, t, _ = x.shape
    unit = x / x.norm(dim=-1, keepdim=True)
    return ((unit @ unit.transpose(-2, -1)).sum() - b * t) / (t * (t - 1))


@right("09.token_likeness", "pair by pair")
def token_likeness(x):
    found = []
    for text in x:
        for i in range(len(text)):
            for j in range(i):
                found.append(F.cosine_similarity(text[i], text[j], dim=0).item())
    return sum(found) / len(found)


# ----------------------------------------------------------------------------------------------- 4 branch


@wrong("09.branch", "This is the pre-norm formula")
def branch(x, f, norm, placement, alpha=1.0):
    return x + f(norm(x))


@wrong("09.branch", "The residual is missing")
def branch(x, f, norm, placement, alpha=1.0):
    known = {"post": norm(x + f(x)), "pre": f(norm(x))}
    return known[placement]


@wrong("09.branch", "alpha belongs to the stream x")
def branch(x, f, norm, placement, alpha=1.0):
    known = {"post": norm(x + f(x)), "pre": x + f(norm(x)), "sandwich": x + norm(f(norm(x)))}
    return known.get(placement, norm(x + alpha * f(x)))


@wrong("09.branch", "a sandwich norms its input as well")
def branch(x, f, norm, placement, alpha=1.0):
    known = {"post": norm(x + f(x)), "pre": x + f(norm(x)), "sandwich": x + norm(f(x))}
    return known.get(placement, norm(alpha * x + f(x)))


@wrong("09.branch", "The last norm stands around the sum")
def branch(x, f, norm, placement, alpha=1.0):
    known = {"post": norm(x + f(x)), "pre": x + f(norm(x)), "sandwich": norm(x + f(norm(x)))}
    return known.get(placement, norm(alpha * x + f(x)))


@wrong("09.branch", "The residual was normed, too")
def branch(x, f, norm, placement, alpha=1.0):
    if placement == "post":
        return norm(x + f(x))
    x = norm(x)
    return x + f(x)


@right("09.branch", "a dictionary of functions")
def branch(x, f, norm, placement, alpha=1.0):
    formulas = {
        "post": lambda: norm(x + f(x)),
        "pre": lambda: x + f(norm(x)),
        "sandwich": lambda: x + norm(f(norm(x))),
        "deepnorm": lambda: norm(x * alpha + f(x)),
    }
    if placement not in formulas:
        raise ValueError(f"unknown placement {placement}")
    return formulas[placement]()


# -------------------------------------------------------------------------------------------- 5 start_std


@wrong("09.start_std", "0.02 suits GPT-2's width")
def start_std(name, d_model, n_layers):
    return 0.02


@wrong("09.start_std", "The ends of branches (o_proj, down) start smaller")
def start_std(name, d_model, n_layers):
    return 0.64 / math.sqrt(d_model)


@wrong("09.start_std", "Only the ends of branches")
def start_std(name, d_model, n_layers):
    return 0.64 / math.sqrt(d_model) / math.sqrt(2 * n_layers)


@wrong("09.start_std", "A block has TWO branches")
def start_std(name, d_model, n_layers):
    last = "o_proj." in name or ".down." in name
    return 0.64 / math.sqrt(d_model) / (math.sqrt(n_layers) if last else 1)


@wrong("09.start_std", "Divide by the ROOT of the number of branches")
def start_std(name, d_model, n_layers):
    last = "o_proj." in name or ".down." in name
    return 0.64 / math.sqrt(d_model) / (2 * n_layers if last else 1)


@wrong("09.start_std", "divided by the ROOT of the width")
def start_std(name, d_model, n_layers):
    last = "o_proj." in name or ".down." in name
    return 0.64 / d_model / (math.sqrt(2 * n_layers) if last else 1)


@right("09.start_std", "as a variance")
def start_std(name, d_model, n_layers):
    variance = 0.64**2 / d_model
    if name.endswith((".o_proj.weight", ".down.weight")):
        variance /= 2 * n_layers
    return variance**0.5


# ----------------------------------------------------------------------------------------- 6 swiglu_layer


@wrong("09.swiglu_layer", "Gate and up are exchanged")
def swiglu_layer(x, gate, up, down):
    return (x @ gate.T * F.silu(x @ up.T)) @ down.T


@wrong("09.swiglu_layer", "That gate is a sigmoid (GLU)")
def swiglu_layer(x, gate, up, down):
    return (torch.sigmoid(x @ gate.T) * (x @ up.T)) @ down.T


@wrong("09.swiglu_layer", "There is no GELU in SwiGLU")
def swiglu_layer(x, gate, up, down):
    return (F.gelu(x @ gate.T) * (x @ up.T)) @ down.T


@wrong("09.swiglu_layer", "Both were added")
def swiglu_layer(x, gate, up, down):
    return (F.silu(x @ gate.T) + x @ up.T) @ down.T


@wrong("09.swiglu_layer", "Rounded down to the multiple")
def fair_width(d_ff, multiple_of=1):
    return 2 * d_ff // 3 // multiple_of * multiple_of


@wrong("09.swiglu_layer", "Two thirds is missing")
def fair_width(d_ff, multiple_of=1):
    return math.ceil(d_ff / multiple_of) * multiple_of


@wrong("09.swiglu_layer", "Always one multiple more")
def fair_width(d_ff, multiple_of=1):
    return (2 * d_ff // 3 // multiple_of + 1) * multiple_of


@wrong("09.swiglu_layer", "rounded DOWN to a whole number")
def fair_width(d_ff, multiple_of=1):
    return math.ceil(d_ff * 2 / 3 / multiple_of) * multiple_of


@right("09.swiglu_layer", "with F.linear and silu written out")
def swiglu_layer(x, gate, up, down):
    g = F.linear(x, gate)
    return F.linear(g * torch.sigmoid(g) * F.linear(x, up), down)


@right("09.swiglu_layer", "LLaMA's own line")
def fair_width(d_ff, multiple_of=1):
    hidden = int(2 * d_ff / 3)
    return multiple_of * ((hidden + multiple_of - 1) // multiple_of)


# ------------------------------------------------------------------------------------------------ 7 route


@wrong("09.route", "The softmax ran over the tokens")
def route(logits, capacity):
    experts = logits.argmax(-1)
    gates = logits.softmax(0).gather(-1, experts[:, None])[:, 0]
    return experts, gates, torch.ones(len(logits), dtype=torch.bool)


@wrong("09.route", "The gate is a probability, not the raw score")
def route(logits, capacity):
    gates, experts = logits.max(-1)
    return experts, gates, torch.ones(len(logits), dtype=torch.bool)


@wrong("09.route", "Nobody was turned away")
def route(logits, capacity):
    gates, experts = logits.softmax(-1).max(-1)
    return experts, gates, torch.ones(len(logits), dtype=torch.bool)


@wrong("09.route", "One token too many")
def route(logits, capacity):
    gates, experts = logits.softmax(-1).max(-1)
    queue = F.one_hot(experts, logits.shape[1])
    return experts, gates, (queue.cumsum(0) * queue).sum(-1) <= capacity + 1


@wrong("09.route", "The capacity was taken for all experts together")
def route(logits, capacity):
    gates, experts = logits.softmax(-1).max(-1)
    return experts, gates, torch.arange(len(logits)) < capacity


@wrong("09.route", "True and False are exchanged")
def route(logits, capacity):
    gates, experts = logits.softmax(-1).max(-1)
    queue = F.one_hot(experts, logits.shape[1])
    return experts, gates, (queue.cumsum(0) * queue).sum(-1) > capacity


@right("09.route", "token by token")
def route(logits, capacity):
    taken, experts, gates, kept = {}, [], [], []
    for p in logits.softmax(-1):
        best = int(p.argmax())
        experts.append(best)
        gates.append(p[best])
        kept.append(taken.get(best, 0) < capacity)
        taken[best] = taken.get(best, 0) + 1
    return torch.tensor(experts), torch.stack(gates), torch.tensor(kept)


# ---------------------------------------------------------------------------------------------- 8 balance


@wrong("09.balance", "The factor E is missing")
def balance(probabilities, experts):
    shares = torch.bincount(experts, minlength=probabilities.shape[1]) / len(experts)
    return (shares * probabilities.mean(0)).sum()


@wrong("09.balance", "Off by the number of tokens")
def balance(probabilities, experts):
    counts = torch.bincount(experts, minlength=probabilities.shape[1])
    return probabilities.shape[1] * (counts * probabilities.mean(0)).sum()


@wrong("09.balance", "Only P was used")
def balance(probabilities, experts):
    return probabilities.shape[1] * probabilities.mean(0).square().sum()


@wrong("09.balance", "Only f was used")
def balance(probabilities, experts):
    shares = torch.bincount(experts, minlength=probabilities.shape[1]) / len(experts)
    return probabilities.shape[1] * shares.square().sum()


@right("09.balance", "with one-hot vectors")
def balance(probabilities, experts):
    e = probabilities.shape[1]
    return e * F.one_hot(experts, e).to(probabilities.dtype).mean(0) @ probabilities.mean(0)
