"""Wrong answers that people really give to the exercises of lesson 04, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import itertools
import math
from collections import Counter, defaultdict

import torch
from llm101.check.mistakes import right, wrong

# -------------------------------------------------------------------------------------------- 1 count_ngrams


def _count(sentences, n, before, after=("<end>",)):
    counts = Counter()
    for sentence in sentences:
        padded = [*before, *sentence, *after]
        counts.update(zip(*(padded[i:] for i in range(n))))
    return dict(counts)


@wrong("04.count_ngrams", "There is one <start> in front")
def count_ngrams(sentences, n):
    return _count(sentences, n, ["<start>"])


@wrong("04.count_ngrams", "One <start> too many")
def count_ngrams(sentences, n):
    return _count(sentences, n, ["<start>"] * n)


@wrong("04.count_ngrams", "<end> is missing")
def count_ngrams(sentences, n):
    return _count(sentences, n, ["<start>"] * (n - 1), [])


@wrong("04.count_ngrams", "A window reached from one sentence into the next")
def count_ngrams(sentences, n):
    row = [w for s in sentences for w in [*["<start>"] * (n - 1), *s, "<end>"]]
    return dict(Counter(tuple(row[i : i + n]) for i in range(len(row) - n + 1)))


@wrong("04.count_ngrams", "Each n-gram counts as often as it occurs")
def count_ngrams(sentences, n):
    counts = Counter()
    for sentence in sentences:
        padded = ["<start>"] * (n - 1) + sentence + ["<end>"]
        counts.update({tuple(padded[i : i + n]) for i in range(len(padded) - n + 1)})
    return dict(counts)


@right("04.count_ngrams", "a window that slides")
def count_ngrams(sentences, n):
    counts = defaultdict(int)
    for sentence in sentences:
        window = ("<start>",) * n
        for word in itertools.chain(sentence, ["<end>"]):
            window = (*window[1:], word)
            counts[window] += 1
    return dict(counts)


# --------------------------------------------------------------------------------------------------- 2 add_k


@wrong("04.add_k", "You added k to the denominator once")
def add_k(ngrams, context, vocab, k):
    total = sum(n for gram, n in ngrams.items() if gram[:-1] == context)
    return {w: (ngrams.get((*context, w), 0) + k) / (total + k) for w in vocab}


@wrong("04.add_k", "You added k for the words that were seen here only")
def add_k(ngrams, context, vocab, k):
    after = {gram[-1]: n for gram, n in ngrams.items() if gram[:-1] == context}
    total = sum(after.values()) + k * len(after)
    return {w: (after.get(w, 0) + k) / total for w in vocab} if after else dict.fromkeys(vocab, 0.0)


@wrong("04.add_k", "You divided by the count of all n-grams")
def add_k(ngrams, context, vocab, k):
    total = sum(ngrams.values()) + k * len(vocab)
    return {w: (ngrams.get((*context, w), 0) + k) / total for w in vocab}


@wrong("04.add_k", "You divided by the plain count of the context")
def add_k(ngrams, context, vocab, k):
    counts = {w: ngrams.get((*context, w), 0) for w in vocab}
    return {w: (n + k) / sum(counts.values()) for w, n in counts.items()}


@wrong("04.add_k", "Zero for every word is no distribution")
def add_k(ngrams, context, vocab, k):
    counts = {w: ngrams.get((*context, w), 0) for w in vocab}
    if not any(counts.values()):
        return dict.fromkeys(vocab, 0.0)
    total = sum(counts.values()) + k * len(vocab)
    return {w: (n + k) / total for w, n in counts.items()}


@right("04.add_k", "counts raised first, divided by their sum")
def add_k(ngrams, context, vocab, k):
    raised = [ngrams.get((*context, w), 0) + k for w in vocab]
    return {w: n / sum(raised) for w, n in zip(vocab, raised)}


# ------------------------------------------------------------------------------------------ 3 bits_per_token


@wrong("04.bits_per_token", "You took the mean of each sentence and then of the sentences")
def bits_per_token(probs):
    means = [sum(-math.log2(p) if p else math.inf for p in row) / len(row) for row in probs]
    bits = sum(means) / len(means)
    return bits, 2**bits


@wrong("04.bits_per_token", "Those are nats")
def bits_per_token(probs):
    flat = [p for row in probs for p in row]
    nats = sum(-math.log(p) if p else math.inf for p in flat) / len(flat)
    return nats, 2**nats


@wrong("04.bits_per_token", "The perplexity of bits is 2 ** bits")
def bits_per_token(probs):
    flat = [p for row in probs for p in row]
    bits = sum(-math.log2(p) if p else math.inf for p in flat) / len(flat)
    return bits, math.exp(bits)


@wrong("04.bits_per_token", "average their logarithms")
def bits_per_token(probs):
    flat = [p for row in probs for p in row]
    mean = sum(flat) / len(flat)
    return -math.log2(mean), 1 / mean


@wrong("04.bits_per_token", "so many are too small for a float")
def bits_per_token(probs):
    flat = [p for row in probs for p in row]
    product = math.prod(flat)
    bits = -math.log2(product) / len(flat) if product else math.inf
    return bits, 2**bits


@wrong("04.bits_per_token", "You left the impossible token out")
def bits_per_token(probs):
    flat = [p for row in probs for p in row if p > 0]
    bits = -sum(map(math.log2, flat)) / len(flat)
    return bits, 2**bits


@right("04.bits_per_token", "with torch")
def bits_per_token(probs):
    flat = torch.tensor([p for row in probs for p in row], dtype=torch.float64)
    bits = -flat.log2().mean()
    return bits.item(), (2**bits).item()


# --------------------------------------------------------------------------------------------- 4 good_turing


@wrong("04.good_turing", "You divided by the number of kinds")
def good_turing(counts):
    n = Counter(counts.values())
    return {r: (r + 1) * n[r + 1] / n[r] for r in list(n)}, n[1] / len(counts)


@wrong("04.good_turing", "The factor r + 1 became r")
def good_turing(counts):
    n = Counter(counts.values())
    return {r: r * n[r + 1] / n[r] for r in list(n)}, n[1] / sum(counts.values())


@wrong("04.good_turing", "you left r out")
def good_turing(counts):
    n = Counter(counts.values())
    adjusted = {r: (r + 1) * n[r + 1] / n[r] for r in list(n) if r + 1 in n}
    return adjusted, n[1] / sum(counts.values())


@wrong("04.good_turing", "you kept r")
def good_turing(counts):
    n = Counter(counts.values())
    adjusted = {r: (r + 1) * n[r + 1] / n[r] if r + 1 in n else float(r) for r in list(n)}
    return adjusted, n[1] / sum(counts.values())


@wrong("04.good_turing", "These are probabilities")
def good_turing(counts):
    n, total = Counter(counts.values()), sum(counts.values())
    return {r: (r + 1) * n[r + 1] / n[r] / total for r in list(n)}, n[1] / total


@right("04.good_turing", "without a Counter")
def good_turing(counts):
    seen = sorted(counts.values())
    adjusted = {r: (r + 1) * seen.count(r + 1) / seen.count(r) for r in set(seen)}
    return adjusted, seen.count(1) / sum(seen)


# ---------------------------------------------------------------------------------------------- 5 kneser_ney


def _kneser_ney(bigrams, context, vocab, discount, lower=None, types=None, clip=True):
    before = Counter(word for _, word in bigrams)
    lower = lower or {w: before[w] / len(bigrams) for w in vocab}
    after = {w: n for (h, w), n in bigrams.items() if h == context}
    if not after:
        return lower
    total = sum(after.values())
    freed = discount * (len(after) if types is None else types(after)) / total
    kept = {w: after.get(w, 0) - discount for w in vocab}
    return {w: (max(kept[w], 0) if clip else kept[w]) / total + freed * lower[w] for w in vocab}


@wrong("04.kneser_ney", "not how often it stands")
def kneser_ney(bigrams, context, vocab, discount):
    tokens = Counter()
    for (_, word), n in bigrams.items():
        tokens[word] += n
    lower = {w: tokens[w] / sum(tokens.values()) for w in vocab}
    return _kneser_ney(bigrams, context, vocab, discount, lower=lower)


@wrong("04.kneser_ney", "by the number of different bigrams, so that the shorter model sums to one")
def kneser_ney(bigrams, context, vocab, discount):
    before = Counter(word for _, word in bigrams)
    lower = {w: before[w] / len(vocab) for w in vocab}
    return _kneser_ney(bigrams, context, vocab, discount, lower=lower)


@wrong("04.kneser_ney", "D for EACH different word")
def kneser_ney(bigrams, context, vocab, discount):
    return _kneser_ney(bigrams, context, vocab, discount, types=lambda after: 1)


@wrong("04.kneser_ney", "you took it for every occurrence")
def kneser_ney(bigrams, context, vocab, discount):
    return _kneser_ney(bigrams, context, vocab, discount, types=lambda after: sum(after.values()))


@wrong("04.kneser_ney", "0 - D is below zero")
def kneser_ney(bigrams, context, vocab, discount):
    return _kneser_ney(bigrams, context, vocab, discount, clip=False)


@wrong("04.kneser_ney", "use the shorter model")
def kneser_ney(bigrams, context, vocab, discount):
    if all(first != context for first, _ in bigrams):
        return dict.fromkeys(vocab, 0.0)
    return _kneser_ney(bigrams, context, vocab, discount)


@right("04.kneser_ney", "with sets of neighbours")
def kneser_ney(bigrams, context, vocab, discount):
    before, after = defaultdict(set), defaultdict(set)
    for first, second in bigrams:
        before[second].add(first)
        after[first].add(second)
    total = sum(bigrams[context, w] for w in after[context])
    p = {}
    for w in vocab:
        p[w] = len(before[w]) / sum(map(len, before.values()))
        if total:
            p[w] *= discount * len(after[context]) / total
            if (context, w) in bigrams:
                p[w] += max(bigrams[context, w] - discount, 0) / total
    return p


# ----------------------------------------------------------------------------------------------- 6 lstm_step


def _parts(x, h, w, u, bias):
    return (x @ w.T + h @ u.T + bias).chunk(4, dim=-1)


@wrong("04.lstm_step", "tanh, not the sigmoid")
def lstm_step(x, h, c, w, u, bias):
    i, f, g, o = torch.sigmoid(x @ w.T + h @ u.T + bias).chunk(4, dim=-1)
    c = f * c + i * g
    return o * torch.tanh(c), c


@wrong("04.lstm_step", "the first is the input gate i, the second the forget gate f")
def lstm_step(x, h, c, w, u, bias):
    f, i, g, o = _parts(x, h, w, u, bias)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


@wrong("04.lstm_step", "The cell goes through tanh before the output gate")
def lstm_step(x, h, c, w, u, bias):
    i, f, g, o = _parts(x, h, w, u, bias)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * c, c


@wrong("04.lstm_step", "h' shows the old cell")
def lstm_step(x, h, c, w, u, bias):
    i, f, g, o = _parts(x, h, w, u, bias)
    return torch.sigmoid(o) * torch.tanh(c), torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)


@wrong("04.lstm_step", "an LSTM has its own gate i")
def lstm_step(x, h, c, w, u, bias):
    i, f, g, o = _parts(x, h, w, u, bias)
    c = torch.sigmoid(f) * c + (1 - torch.sigmoid(f)) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


@wrong("04.lstm_step", "asks for float32")
def lstm_step(x, h, c, w, u, bias):
    i, f, g, o = _parts(*(part.float() for part in (x, h, w, u, bias)))
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


@right("04.lstm_step", "one gate after the other")
def lstm_step(x, h, c, w, u, bias):
    n = h.shape[1]
    part = lambda k: torch.nn.functional.linear(torch.cat([x, h], 1), torch.cat([w, u], 1), bias)[
        :, k * n : (k + 1) * n
    ]
    c = part(1).sigmoid() * c + part(0).sigmoid() * part(2).tanh()
    return part(3).sigmoid() * c.tanh(), c


# --------------------------------------------------------------------------------------- 7 negative_sampling


def _sampling(hidden, target, noise, log=torch.nn.functional.logsigmoid):
    yes, no = hidden @ target, noise @ hidden
    pull, push = torch.sigmoid(yes) - 1, torch.sigmoid(no)
    loss = -log(yes) - log(-no).sum()
    return loss, pull * target + push @ noise, pull * hidden, push[:, None] * hidden


@wrong("04.negative_sampling", "The noise has the wrong sign")
def negative_sampling(hidden, target, noise):
    _, *gradients = _sampling(hidden, target, noise)
    log = torch.nn.functional.logsigmoid
    return -log(hidden @ target) - log(noise @ hidden).sum(), *gradients


@wrong("04.negative_sampling", "The loss SUMS over the noise words")
def negative_sampling(hidden, target, noise):
    _, *gradients = _sampling(hidden, target, noise)
    log = torch.nn.functional.logsigmoid
    return -log(hidden @ target) - log(-(noise @ hidden)).mean(), *gradients


@wrong("04.negative_sampling", "the gradient points uphill")
def negative_sampling(hidden, target, noise):
    loss, *gradients = _sampling(hidden, target, noise)
    return loss, *(-gradient for gradient in gradients)


@wrong("04.negative_sampling", "hidden meets the noise words too")
def negative_sampling(hidden, target, noise):
    loss, _, for_target, for_noise = _sampling(hidden, target, noise)
    return loss, (torch.sigmoid(hidden @ target) - 1) * target, for_target, for_noise


@wrong("04.negative_sampling", "Each noise word has a gradient of its own")
def negative_sampling(hidden, target, noise):
    loss, for_hidden, for_target, for_noise = _sampling(hidden, target, noise)
    return loss, for_hidden, for_target, for_noise.sum(0)


@wrong("04.negative_sampling", "was rounded to 0 before its logarithm was taken")
def negative_sampling(hidden, target, noise):
    return _sampling(hidden, target, noise, log=lambda x: torch.log(torch.sigmoid(x)))


@right("04.negative_sampling", "labels 1 and 0, as in logistic regression")
def negative_sampling(hidden, target, noise):
    rows = torch.cat([target[None], noise])
    labels = torch.zeros(len(rows))
    labels[0] = 1
    scores = rows @ hidden
    loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, labels, reduction="sum")
    error = torch.sigmoid(scores) - labels
    each = error[:, None] * hidden
    return loss, error @ rows, each[0], each[1:]


# ------------------------------------------------------------------------------------------------- 8 analogy


def _unit(table):
    return table / table.norm(dim=1, keepdim=True)


def _best(scores, left_out):
    scores = scores.clone()
    scores[list(left_out)] = -math.inf
    return scores.argmax().item()


@wrong("04.analogy", "leave a, b and c out")
def analogy(table, a, b, c):
    unit = _unit(table)
    return _best(unit @ (unit[b] - unit[a] + unit[c]), [])


@wrong("04.analogy", "You computed a - b + c")
def analogy(table, a, b, c):
    unit = _unit(table)
    return _best(unit @ (unit[a] - unit[b] + unit[c]), [a, b, c])


@wrong("04.analogy", "A long vector won")
def analogy(table, a, b, c):
    return _best(table @ (table[b] - table[a] + table[c]), [a, b, c])


@wrong("04.analogy", "You added the vectors as they are")
def analogy(table, a, b, c):
    return _best(_unit(table) @ (table[b] - table[a] + table[c]), [a, b, c])


@wrong("04.analogy", "with a score of 0")
def analogy(table, a, b, c):
    unit = _unit(table)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = 0
    return scores.argmax().item()


@wrong("04.analogy", "You changed the caller's table")
def analogy(table, a, b, c):
    table /= table.norm(dim=1, keepdim=True)
    return _best(table @ (table[b] - table[a] + table[c]), [a, b, c])


@right(
    "04.analogy", "the nearest point instead of the largest cosine: the same, for vectors one long"
)
def analogy(table, a, b, c):
    unit = _unit(table)
    distances = (unit - (unit[b] - unit[a] + unit[c])).norm(dim=1)
    return min((i for i in range(len(table)) if i not in (a, b, c)), key=distances.__getitem__)


@right("04.analogy", "with cosine_similarity and the three best put aside")
def analogy(table, a, b, c):
    unit = torch.nn.functional.normalize(table, dim=1)
    cosines = torch.cosine_similarity(unit, (unit[b] - unit[a] + unit[c])[None])
    return next(i for i in cosines.argsort(descending=True).tolist() if i not in (a, b, c))
