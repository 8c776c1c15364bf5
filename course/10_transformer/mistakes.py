"""Wrong answers that people really give to the exercises of lesson 10, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import math

import torch
from llm101.check.mistakes import right, wrong

# ------------------------------------------------------------------------------------------------- 1 shifted


def _fill(rows, filler):
    longest = max(map(len, rows))
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])


@wrong("10.shifted", "it would learn to copy")
def shifted(sentences):
    rows = [[*ids, 2] for ids in sentences]
    return _fill(rows, 0), _fill(rows, -100)


@wrong("10.shifted", "would never learn to stop")
def shifted(sentences):
    inputs = _fill([[1, *ids] for ids in sentences], 0)
    return inputs, _fill([[*ids, -100] for ids in sentences], -100)


@wrong("10.shifted", "the loss would count the padding")
def shifted(sentences):
    return _fill([[1, *ids] for ids in sentences], 0), _fill([[*ids, 2] for ids in sentences], 0)


@wrong("10.shifted", "-100 is no word")
def shifted(sentences):
    return _fill([[1, *ids] for ids in sentences], -100), _fill(
        [[*ids, 2] for ids in sentences], -100
    )


@wrong("10.shifted", "it comes right behind the last word")
def shifted(sentences):
    longest = max(map(len, sentences))
    labels = [ids + [-100] * (longest - len(ids)) + [2] for ids in sentences]
    return _fill([[1, *ids] for ids in sentences], 0), torch.tensor(labels)


@wrong("10.shifted", "after </s> nothing is to be said")
def shifted(sentences):
    return _fill([[1, *ids, 2] for ids in sentences], 0), _fill(
        [[*ids, 2] for ids in sentences], -100
    )


@wrong("10.shifted", "reads </s> in a shorter sentence")
def shifted(sentences):
    whole = _fill([[1, *ids, 2] for ids in sentences], 0)
    return whole[:, :-1], whole[:, 1:].masked_fill(whole[:, 1:] == 0, -100)


@right("10.shifted", "one long tensor, cut twice")
def shifted(sentences):
    whole = _fill([[1, *ids, 2] for ids in sentences], 0)
    labels = whole[:, 1:].masked_fill(whole[:, 1:] == 0, -100)
    return whole[:, :-1].masked_fill(whole[:, :-1] == 2, 0), labels


# ---------------------------------------------------------------------------------------------- 2 parameters


@wrong("10.parameters", "a decoder layer has two attentions")
def count_parameters(v, d, n, f):
    return v * d + 2 * n * (4 * d * d + 2 * d * f + f + d + 4 * d)


@wrong("10.parameters", "The table was counted twice")
def count_parameters(v, d, n, f):
    return 2 * v * d + n * (12 * d * d + 2 * (2 * d * f + f + d) + 10 * d)


@wrong("10.parameters", "The norms are missing")
def count_parameters(v, d, n, f):
    return v * d + n * (12 * d * d + 2 * (2 * d * f + f + d))


@wrong("10.parameters", "The biases of the feed-forward layers are missing")
def count_parameters(v, d, n, f):
    return v * d + n * (12 * d * d + 4 * d * f + 10 * d)


@wrong("10.parameters", "The attentions have no biases here")
def count_parameters(v, d, n, f):
    return v * d + n * (3 * (4 * d * d + 4 * d) + 2 * (2 * d * f + f + d) + 10 * d)


@right("10.parameters", "by adding up shapes")
def count_parameters(v, d, n, f):
    total = v * d
    for attentions, norms in ((1, 2), (2, 3)):
        shapes = [(d, d)] * 4 * attentions + [(d, f), (f,), (f, d), (d,)] + [(2, d)] * norms
        total += n * sum(math.prod(shape) for shape in shapes)
    return total


# ---------------------------------------------------------------------------------------------------- 3 noam


@wrong("10.noam", "max for min")
def noam_rate(step, d, warmup):
    return d**-0.5 * max(step**-0.5, step * warmup**-1.5)


@wrong("10.noam", "The width is missing")
def noam_rate(step, d, warmup):
    return min(step**-0.5, step * warmup**-1.5)


@wrong("10.noam", "wider models get smaller rates")
def noam_rate(step, d, warmup):
    return d**0.5 * min(step**-0.5, step * warmup**-1.5)


@wrong("10.noam", "There is no falling branch")
def noam_rate(step, d, warmup):
    return d**-0.5 * min(warmup**-0.5, step * warmup**-1.5)


@right("10.noam", "with an if")
def noam_rate(step, d, warmup):
    return step / math.sqrt(d * warmup**3) if step < warmup else 1 / math.sqrt(d * step)


# --------------------------------------------------------------------------------------------------- 4 cross


def _heads(x, memory, w, h):
    parts = (x @ w["q"], memory @ w["k"], memory @ w["v"])
    return (y.unflatten(-1, (h, -1)).transpose(1, 2) for y in parts)


@wrong("10.cross", "not divided by sqrt(k)")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, v = _heads(x, memory, w, n_heads)
    scores = (q @ k.transpose(-1, -2)).masked_fill(~keep[:, None, None], -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ w["o"]


@wrong("10.cross", "1/sqrt(d)")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, v = _heads(x, memory, w, n_heads)
    scores = (q @ k.transpose(-1, -2) / x.shape[-1] ** 0.5).masked_fill(
        ~keep[:, None, None], -math.inf
    )
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ w["o"]


@wrong("10.cross", "All heads were one")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, v = x @ w["q"], memory @ w["k"], memory @ w["v"]
    scores = (q @ k.transpose(-1, -2) / x.shape[-1] ** 0.5).masked_fill(~keep[:, None], -math.inf)
    return scores.softmax(-1) @ v @ w["o"]


@wrong("10.cross", "The padding is looked at")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, v = _heads(x, memory, w, n_heads)
    weights = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
    return (weights @ v).transpose(1, 2).flatten(2) @ w["o"]


@wrong("10.cross", "set to 0 after the softmax")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, v = _heads(x, memory, w, n_heads)
    weights = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1) * keep[:, None, None]
    return (weights @ v).transpose(1, 2).flatten(2) @ w["o"]


@wrong("10.cross", "it still gets weight")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, v = _heads(x, memory * keep[..., None], w, n_heads)
    weights = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
    return (weights @ v).transpose(1, 2).flatten(2) @ w["o"]


@wrong("10.cross", "The output matrix w['o'] is missing")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, v = _heads(x, memory, w, n_heads)
    scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(
        ~keep[:, None, None], -math.inf
    )
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


@wrong("10.cross", "in keep True means that a word may be seen")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, v = _heads(x, memory, w, n_heads)
    scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(
        keep[:, None, None], -math.inf
    )
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ w["o"]


@wrong("10.cross", "keys and values both from memory")
def cross_attention(x, memory, w, n_heads, keep):
    q, k, _ = _heads(x, x, w, n_heads)
    v = (memory @ w["v"]).unflatten(-1, (n_heads, -1)).transpose(1, 2)
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) @ w["o"]


@right("10.cross", "head by head")
def cross_attention(x, memory, w, n_heads, keep):
    k = x.shape[-1] // n_heads
    found = []
    for h in range(n_heads):
        part = slice(h * k, (h + 1) * k)
        q, keys, values = x @ w["q"][:, part], memory @ w["k"][:, part], memory @ w["v"][:, part]
        scores = torch.einsum("btk,bnk->btn", q, keys) / math.sqrt(k)
        scores = torch.where(keep[:, None], scores, torch.full_like(scores, -torch.inf))
        found.append(torch.softmax(scores, -1) @ values)
    return torch.cat(found, -1) @ w["o"]


# -------------------------------------------------------------------------------------------------- 5 greedy


@wrong("10.greedy", "It went on behind the end")
def greedy(log_p, start, end, max_new):
    text = [start]
    for _ in range(max_new):
        text.append(log_p[text[-1]].index(max(log_p[text[-1]])))
    return text


@wrong("10.greedy", "The start token belongs to the text")
def greedy(log_p, start, end, max_new):
    text = [start]
    while len(text) <= max_new and text[-1] != end:
        text.append(log_p[text[-1]].index(max(log_p[text[-1]])))
    return text[1:]


@wrong("10.greedy", "One word too few")
def greedy(log_p, start, end, max_new):
    text = [start]
    while len(text) < max_new and text[-1] != end:
        text.append(log_p[text[-1]].index(max(log_p[text[-1]])))
    return text


@right("10.greedy", "with torch, and cut at the end")
def greedy(log_p, start, end, max_new):
    best = torch.tensor(log_p, dtype=torch.float64).argmax(1).tolist()
    text = [start]
    for _ in range(max_new):
        text.append(best[text[-1]])
    return text[: text.index(end) + 1] if end in text else text


# ---------------------------------------------------------------------------------------------------- 6 beam


def _beam(log_p, start, end, n, max_new, divide, *, replace=False):
    beams, finished = [(0.0, [start])], []
    for m in range(1, max_new + 1):
        every = sorted(
            (
                (score + p, [*ids, word])
                for score, ids in beams
                for word, p in enumerate(log_p[ids[-1]])
                if p > -math.inf
            ),
            reverse=True,
        )
        longer = every[:n]
        finished += [
            (divide(score, ids), ids) for score, ids in longer if ids[-1] == end or m == max_new
        ]
        beams = [pair for pair in (every if replace else longer) if pair[1][-1] != end][:n]
        if not beams:
            break
    return max(finished)[1]


def _wu(alpha, extra=0):
    return lambda score, ids: score / ((5 + len(ids) - 1 + extra) / 6) ** alpha


@wrong("10.beam", "keep n beginnings, not one")
def beam(log_p, start, end, n, max_new, alpha):
    return _beam(log_p, start, end, 1, max_new, _wu(alpha))


@wrong("10.beam", "The length penalty is missing")
def beam(log_p, start, end, n, max_new, alpha):
    return _beam(log_p, start, end, n, max_new, _wu(0.0))


@wrong("10.beam", "multiplying favours short texts")
def beam(log_p, start, end, n, max_new, alpha):
    return _beam(log_p, start, end, n, max_new, _wu(-alpha))


@wrong("10.beam", "The start token belongs to the text")
def beam(log_p, start, end, n, max_new, alpha):
    return _beam(log_p, start, end, n, max_new, _wu(alpha))[1:]


@wrong("10.beam", "m is one too large")
def beam(log_p, start, end, n, max_new, alpha):
    return _beam(log_p, start, end, n, max_new, _wu(alpha, extra=1))


@wrong("10.beam", "m is one too small")
def beam(log_p, start, end, n, max_new, alpha):
    return _beam(log_p, start, end, n, max_new, _wu(alpha, extra=-1))


@wrong("10.beam", "`end` too")
def beam(log_p, start, end, n, max_new, alpha):
    def divide(score, ids):
        return score / ((5 + sum(word not in (start, end) for word in ids)) / 6) ** alpha

    return _beam(log_p, start, end, n, max_new, divide)


@wrong("10.beam", "Finished texts are not replaced")
def beam(log_p, start, end, n, max_new, alpha):
    return _beam(log_p, start, end, n, max_new, _wu(alpha), replace=True)


@right("10.beam", "with heapq and dicts")
def beam(log_p, start, end, n, max_new, alpha):
    import heapq

    beams, finished = {(start,): 0.0}, {}
    for m in range(1, max_new + 1):
        longer = {
            (*ids, word): score + p
            for ids, score in beams.items()
            for word, p in enumerate(log_p[ids[-1]])
            if p != -math.inf
        }
        beams = {}
        for ids in heapq.nlargest(n, longer, key=longer.get):
            if ids[-1] == end or m == max_new:
                finished[ids] = longer[ids] / ((5 + m) / 6) ** alpha
            else:
                beams[ids] = longer[ids]
    return list(max(finished, key=finished.get))


# ---------------------------------------------------------------------------------------------------- 7 bleu


def geometric(precisions):
    return math.prod(precisions) ** 0.25


def penalty(c, r):
    return min(1.0, math.exp(1 - r / c)) if c else 0.0


def _bleu(hypotheses, references, clip=True, brevity=penalty, mean=geometric, without=(0.0,)):
    precisions = []
    for n in range(1, 5):
        hits = total = 0
        for one, other in zip(hypotheses, references):
            ours = [tuple(one[i : i + n]) for i in range(len(one) - n + 1)]
            theirs = [tuple(other[i : i + n]) for i in range(len(other) - n + 1)]
            total += len(ours)
            for gram in set(ours):
                hits += (
                    min(ours.count(gram), theirs.count(gram))
                    if clip
                    else ours.count(gram) * (gram in theirs)
                )
        precisions += [hits / total] if total or without is None else without
    return 100 * mean(precisions) * brevity(sum(map(len, hypotheses)), sum(map(len, references)))


@wrong("10.bleu", "at most as often as the reference has it")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references, clip=False)


@wrong("10.bleu", "The penalty for brevity is missing")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references, brevity=lambda c, r: 1.0)


@wrong("10.bleu", "r and c are turned round")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references, brevity=lambda c, r: penalty(r, c) if c else 0.0)


@wrong("10.bleu", "the arithmetic mean of the precisions")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references, mean=lambda precisions: sum(precisions) / 4)


@wrong("10.bleu", "A long text is not rewarded")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references, brevity=lambda c, r: math.exp(1 - r / c) if c else 0.0)


@wrong("10.bleu", "sum the counts first, and divide once")
def bleu_score(hypotheses, references):
    each = [_bleu([h], [r]) for h, r in zip(hypotheses, references)]
    return sum(each) / len(each)


@wrong("10.bleu", "was passed over; it has no match, so it is 0")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references, without=())


@wrong("10.bleu", "no run of that length at all")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references, without=None)


@wrong("10.bleu", "Count to 100, not to 1")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references) / 100


@right("10.bleu", "with logarithms and Counters")
def bleu_score(hypotheses, references):
    return _bleu(hypotheses, references)
