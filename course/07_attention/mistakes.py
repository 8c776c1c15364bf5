"""Wrong answers that people really give to the exercises of lesson 07, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import math

import torch
from llm101.check.mistakes import right, wrong

# ----------------------------------------------------------------------------------------------- 1 make_mask


def _parts(keep):
    place = torch.arange(keep.shape[1])
    return place, place[:, None] - place


@wrong("07.make_mask", "with width 1 a token sees itself only")
def make_mask(keep, n_prefix, width):
    place, back = _parts(keep)
    return (((back >= 0) & (back <= width)) | (place < n_prefix)) & keep[:, None, :]


@wrong("07.make_mask", "The window reaches into the future")
def make_mask(keep, n_prefix, width):
    place, back = _parts(keep)
    return ((back.abs() < width) | (place < n_prefix)) & keep[:, None, :]


@wrong("07.make_mask", "The prefix is open only to queries inside it")
def make_mask(keep, n_prefix, width):
    place, back = _parts(keep)
    square = (place[:, None] < n_prefix) & (place < n_prefix)
    return (((back >= 0) & (back < width)) | square) & keep[:, None, :]


@wrong("07.make_mask", "it says which KEYS may be seen")
def make_mask(keep, n_prefix, width):
    place, back = _parts(keep)
    return (((back >= 0) & (back < width)) | (place < n_prefix)) & keep[:, :, None]


@wrong("07.make_mask", "binds tighter")
def make_mask(keep, n_prefix, width):
    place, back = _parts(keep)
    return (place < n_prefix) | ((back >= 0) & (back < width)) & keep[:, None, :]


@wrong("07.make_mask", "Queries and keys are exchanged")
def make_mask(keep, n_prefix, width):
    place, back = _parts(keep)
    return (((back <= 0) & (back > -width)) | (place[:, None] < n_prefix)) & keep[:, None, :]


@wrong("07.make_mask", "Rows of padding were emptied")
def make_mask(keep, n_prefix, width):
    place, back = _parts(keep)
    near = (back >= 0) & (back < width)
    return (near | (place < n_prefix)) & keep[:, None, :] & keep[:, :, None]


@right("07.make_mask", "three loops")
def make_mask(keep, n_prefix, width):
    b, t = keep.shape
    mask = torch.zeros(b, t, t, dtype=torch.bool)
    for row in range(b):
        for i in range(t):
            for j in range(t):
                mask[row, i, j] = keep[row, j] and (j < n_prefix or i - width < j <= i)
    return mask


# -------------------------------------------------------------------------------------------------- 2 attend


def _attend(q, k, v, mask=None, scale=None):
    scores = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if mask is None:
        return scores.softmax(-1) @ v
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
    return weights.masked_fill(~mask, 0.0) @ v


@wrong("07.attend", "were not divided by √k")
def attend(q, k, v, mask=None):
    return _attend(q, k, v, mask, scale=1.0)


@wrong("07.attend", "it is its root")
def attend(q, k, v, mask=None):
    return _attend(q, k, v, mask, scale=1 / q.shape[-1])


@wrong("07.attend", "The softmax runs over the queries")
def attend(q, k, v, mask=None):
    return (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-2) @ v


@wrong("07.attend", "The mask is turned round")
def attend(q, k, v, mask=None):
    return _attend(q, k, v, None if mask is None else ~mask)


@wrong("07.attend", "You masked after the softmax")
def attend(q, k, v, mask=None):
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1)
    return (weights if mask is None else weights * mask) @ v


@wrong("07.attend", "e to the 0 is 1")
def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores * mask).softmax(-1) @ v


@wrong("07.attend", "There is nan in the result")
def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores.masked_fill(~mask, -math.inf)).softmax(-1) @ v


@wrong("07.attend", "got the mean of all values")
def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores.masked_fill(~mask, -1e9)).softmax(-1) @ v


@wrong("07.attend", "here -10000 does not")
def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ v
    return scores.masked_fill(~mask, -1e4).softmax(-1).masked_fill(~mask, 0.0) @ v


@wrong("07.attend", "work for any number of axes")
def attend(q, k, v, mask=None):
    scores = q @ k.T / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(-1).nan_to_num(0.0) @ v


@wrong("07.attend", "exp(10,000) is infinite")
def attend(q, k, v, mask=None):
    powers = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).exp()
    powers = powers if mask is None else powers * mask
    return powers / powers.sum(-1, keepdim=True).clamp(min=1e-300) @ v


@wrong("07.attend", "do not")
def attend(q, k, v, mask=None):
    q /= math.sqrt(q.shape[-1])
    return _attend(q, k, v, mask, scale=1.0)


@right("07.attend", "-inf, and nan made zero")
def attend(q, k, v, mask=None):
    scores = torch.einsum("...tk,...sk->...ts", q, k) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return torch.softmax(scores, -1).nan_to_num(0.0) @ v


@right("07.attend", "the maximum taken off by hand")
def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    powers = (scores - scores.max(-1, keepdim=True).values).exp()
    if mask is not None:
        lowest = torch.where(mask, scores, torch.full_like(scores, -1e300))
        powers = (lowest - lowest.max(-1, keepdim=True).values).exp() * mask
    total = powers.sum(-1, keepdim=True)
    return powers / torch.where(total == 0, 1.0, total) @ v


# ------------------------------------------------------------------------------------- 3 attention_gradients


def _gradients(q, k, v, g, by_scores=None, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    w = (q @ k.T * q.shape[-1] ** -0.5).softmax(-1)
    by_w = g @ v.T
    by_scores = by_scores or (lambda w, b: w * (b - (w * b).sum(-1, keepdim=True)))
    ds = by_scores(w, by_w)
    return ds @ k * scale, ds.T @ q * scale, w.T @ g


@wrong("07.attention_gradients", "The factor 1/√k is missing")
def attention_gradients(q, k, v, g):
    return _gradients(q, k, v, g, scale=1.0)


@wrong("07.attention_gradients", "The sum that belongs to the whole row is missing")
def attention_gradients(q, k, v, g):
    return _gradients(q, k, v, g, lambda w, b: w * b)


@wrong("07.attention_gradients", "it is the sum weighted by w")
def attention_gradients(q, k, v, g):
    return _gradients(q, k, v, g, lambda w, b: w * (b - b.mean(-1, keepdim=True)))


@wrong("07.attention_gradients", "dim=-1, not over the queries")
def attention_gradients(q, k, v, g):
    return _gradients(q, k, v, g, lambda w, b: w * (b - (w * b).sum(0)))


@wrong("07.attention_gradients", "A score also moves the OTHER weights of its row")
def attention_gradients(q, k, v, g):
    return _gradients(q, k, v, g, lambda w, b: w * (1 - w) * b)


@wrong("07.attention_gradients", "g · o is one number a ROW")
def attention_gradients(q, k, v, g):
    return _gradients(q, k, v, g, lambda w, b: w * (b - (g * (w @ v)).sum()))


@wrong("07.attention_gradients", "The softmax was passed over")
def attention_gradients(q, k, v, g):
    return _gradients(q, k, v, g, lambda w, b: b)


@wrong("07.attention_gradients", "sum over the queries")
def attention_gradients(q, k, v, g):
    dq, dk, _ = _gradients(q, k, v, g)
    return dq, dk, (q @ k.T / math.sqrt(q.shape[-1])).softmax(-1) @ g


@right(
    "07.attention_gradients",
    "a loop over the queries, with the matrix of derivatives of each softmax",
)
def attention_gradients(q, k, v, g):
    dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
    root = math.sqrt(q.shape[1])
    for i in range(len(q)):
        w = (k @ q[i] / root).softmax(0)
        dv += torch.outer(w, g[i])
        slopes = torch.diag(w) - torch.outer(w, w)
        ds = slopes @ (v @ g[i])
        dq[i] = ds @ k / root
        dk += torch.outer(ds, q[i]) / root
    return dq, dk, dv


# ---------------------------------------------------------------------------------------------- 4 multi_head


def _split(y, n):
    return y.unflatten(-1, (n, -1)).transpose(1, 2)


def _causal(n, s=None):
    s = n if s is None else s
    return torch.ones(n, s, dtype=torch.bool).tril(s - n)


@wrong("07.multi_head", "mixes tokens")
def multi_head(x, w_q, w_k, w_v, w_o, n_heads, n_kv_heads):
    b, t, _ = x.shape
    q = (x @ w_q).reshape(b, n_heads, t, -1)
    k, v = ((x @ w).reshape(b, n_kv_heads, t, -1) for w in (w_k, w_v))
    k, v = (y.repeat_interleave(n_heads // n_kv_heads, dim=1) for y in (k, v))
    return _attend(q, k, v, _causal(t)).transpose(1, 2).flatten(2) @ w_o


@wrong("07.multi_head", "The heads were joined without swapping back")
def multi_head(x, w_q, w_k, w_v, w_o, n_heads, n_kv_heads):
    b, t, _ = x.shape
    q, k, v = _split(x @ w_q, n_heads), _split(x @ w_k, n_kv_heads), _split(x @ w_v, n_kv_heads)
    k, v = (y.repeat_interleave(n_heads // n_kv_heads, dim=1) for y in (k, v))
    return _attend(q, k, v, _causal(t)).reshape(b, t, -1) @ w_o


@wrong("07.multi_head", "heads of a GROUP are neighbours")
def multi_head(x, w_q, w_k, w_v, w_o, n_heads, n_kv_heads):
    q, k, v = _split(x @ w_q, n_heads), _split(x @ w_k, n_kv_heads), _split(x @ w_v, n_kv_heads)
    k, v = (y.repeat(1, n_heads // n_kv_heads, 1, 1) for y in (k, v))
    return _attend(q, k, v, _causal(x.shape[1])).transpose(1, 2).flatten(2) @ w_o


@wrong("07.multi_head", "There is no causal mask")
def multi_head(x, w_q, w_k, w_v, w_o, n_heads, n_kv_heads):
    q, k, v = _split(x @ w_q, n_heads), _split(x @ w_k, n_kv_heads), _split(x @ w_v, n_kv_heads)
    k, v = (y.repeat_interleave(n_heads // n_kv_heads, dim=1) for y in (k, v))
    return _attend(q, k, v).transpose(1, 2).flatten(2) @ w_o


@wrong("07.multi_head", "mend that first")
def multi_head(x, w_q, w_k, w_v, w_o, n_heads, n_kv_heads):
    def attend(q, k, v, mask):  # their own, wrong for more than two axes
        scores = (q @ k.T / math.sqrt(q.shape[-1])).masked_fill(~mask, -math.inf)
        return scores.softmax(-1) @ v

    q, k, v = _split(x @ w_q, n_heads), _split(x @ w_k, n_kv_heads), _split(x @ w_v, n_kv_heads)
    k, v = (y.repeat_interleave(n_heads // n_kv_heads, dim=1) for y in (k, v))
    return attend(q, k, v, _causal(x.shape[1])).transpose(1, 2).flatten(2) @ w_o


@wrong("07.multi_head", "the width of ONE head")
def multi_head(x, w_q, w_k, w_v, w_o, n_heads, n_kv_heads):
    q, k, v = _split(x @ w_q, n_heads), _split(x @ w_k, n_kv_heads), _split(x @ w_v, n_kv_heads)
    k, v = (y.repeat_interleave(n_heads // n_kv_heads, dim=1) for y in (k, v))
    scale = w_q.shape[1] ** -0.5
    return _attend(q, k, v, _causal(x.shape[1]), scale).transpose(1, 2).flatten(2) @ w_o


@wrong("07.multi_head", "w_o is missing")
def multi_head(x, w_q, w_k, w_v, w_o, n_heads, n_kv_heads):
    q, k, v = _split(x @ w_q, n_heads), _split(x @ w_k, n_kv_heads), _split(x @ w_v, n_kv_heads)
    k, v = (y.repeat_interleave(n_heads // n_kv_heads, dim=1) for y in (k, v))
    return _attend(q, k, v, _causal(x.shape[1])).transpose(1, 2).flatten(2)


@right("07.multi_head", "one head at a time, added up through its rows of w_o")
def multi_head(x, w_q, w_k, w_v, w_o, n_heads, n_kv_heads):
    width, out = w_q.shape[1] // n_heads, 0
    for i in range(n_heads):
        j = i * n_kv_heads // n_heads
        mine, theirs = slice(i * width, (i + 1) * width), slice(j * width, (j + 1) * width)
        mixed = _attend(
            x @ w_q[:, mine], x @ w_k[:, theirs], x @ w_v[:, theirs], _causal(x.shape[1])
        )
        out = out + mixed @ w_o[mine]
    return out


# -------------------------------------------------------------------------------------------------- 5 extend


def _grown(x, cache, w_k, w_v):
    k, v = x @ w_k, x @ w_v
    return (k, v) if cache is None else (torch.cat([cache[0], k]), torch.cat([cache[1], v]))


@wrong("07.extend", "The mask starts at the first key")
def extend(x, cache, w_q, w_k, w_v):
    k, v = _grown(x, cache, w_k, w_v)
    return _attend(x @ w_q, k, v, torch.ones(len(x), len(k), dtype=torch.bool).tril()), (k, v)


@wrong("07.extend", "a new token may not see the new ones behind it")
def extend(x, cache, w_q, w_k, w_v):
    k, v = _grown(x, cache, w_k, w_v)
    return _attend(x @ w_q, k, v), (k, v)


@wrong("07.extend", "within a piece the mask is causal")
def extend(x, cache, w_q, w_k, w_v):
    k, v = _grown(x, cache, w_k, w_v)
    return _attend(x @ w_q, k, v, _causal(len(x)) if cache is None else None), (k, v)


@wrong("07.extend", "New keys stand in front")
def extend(x, cache, w_q, w_k, w_v):
    k, v = x @ w_k, x @ w_v
    if cache is not None:
        k, v = torch.cat([k, cache[0]]), torch.cat([v, cache[1]])
    return _attend(x @ w_q, k, v, _causal(len(x), len(k))), (k, v)


@wrong("07.extend", "Only the newest key is kept")
def extend(x, cache, w_q, w_k, w_v):
    k, v = _grown(x, cache, w_k, w_v)
    return _attend(x @ w_q, k, v, _causal(len(x), len(k))), (x @ w_k, x @ w_v)


@wrong("07.extend", "The two are exchanged")
def extend(x, cache, w_q, w_k, w_v):
    k, v = _grown(x, None if cache is None else cache[::-1], w_k, w_v)
    return _attend(x @ w_q, k, v, _causal(len(x), len(k))), (v, k)


@wrong("07.extend", "keep keys and values")
def extend(x, cache, w_q, w_k, w_v):
    seen = x if cache is None else torch.cat([cache[0], x])
    return _attend(x @ w_q, seen @ w_k, seen @ w_v, _causal(len(x), len(seen))), (seen, seen)


@wrong("07.extend", "The old cache has grown")
def extend(x, cache, w_q, w_k, w_v):
    k, v = _grown(x, cache, w_k, w_v)
    if cache is not None:
        cache[0].data, cache[1].data = k, v  # writes into the tensors that the caller still holds
        k, v = cache
    return _attend(x @ w_q, k, v, _causal(len(x), len(k))), (k, v)


@right("07.extend", "one new token at a time")
def extend(x, cache, w_q, w_k, w_v):
    results = []
    for row in x:
        cache = _grown(row[None], cache, w_k, w_v)
        results.append(_attend(row[None] @ w_q, *cache))
    return torch.cat(results), cache


# ----------------------------------------------------------------------------------------- 6 tiled_attention


def _tiles(q, k, v, tile, *, total_too=True, mixed_too=True, maximum=True, rest=True):
    largest = torch.full_like(q[:, :1], -math.inf)
    total, mixed = torch.zeros_like(largest), q.new_zeros(len(q), v.shape[1])
    for start in range(0, len(k) if rest else len(k) - tile + 1, tile):
        scores = q @ k[start : start + tile].T / math.sqrt(q.shape[1])
        larger = (
            torch.maximum(largest, scores.amax(-1, keepdim=True))
            if maximum
            else torch.zeros_like(largest)
        )
        weights = (scores - larger).exp()
        shrink = (largest - larger).exp() if maximum else 1
        total = total * (shrink if total_too else 1) + weights.sum(-1, keepdim=True)
        mixed = mixed * (shrink if mixed_too else 1) + weights @ v[start : start + tile]
        largest = larger
    return mixed / total


@wrong("07.tiled_attention", "The mix so far was not scaled down")
def tiled_attention(q, k, v, tile):
    return _tiles(q, k, v, tile, mixed_too=False)


@wrong("07.tiled_attention", "The sum so far was not scaled down")
def tiled_attention(q, k, v, tile):
    return _tiles(q, k, v, tile, total_too=False)


@wrong("07.tiled_attention", "Nothing was scaled down")
def tiled_attention(q, k, v, tile):
    return _tiles(q, k, v, tile, total_too=False, mixed_too=False)


@wrong("07.tiled_attention", "Each tile subtracted its OWN maximum")
def tiled_attention(q, k, v, tile):
    total, mixed = 0, 0
    for start in range(0, len(k), tile):
        scores = q @ k[start : start + tile].T / math.sqrt(q.shape[1])
        powers = (scores - scores.amax(-1, keepdim=True)).exp()
        total = total + powers.sum(-1, keepdim=True)
        mixed = mixed + powers @ v[start : start + tile]
    return mixed / total


@wrong("07.tiled_attention", "the tiles were averaged")
def tiled_attention(q, k, v, tile):
    starts = range(0, len(k), tile)
    return torch.stack([_attend(q, k[a : a + tile], v[a : a + tile]) for a in starts]).mean(0)


@wrong("07.tiled_attention", "The keys of the last, smaller tile were left out")
def tiled_attention(q, k, v, tile):
    return _tiles(q, k, v, tile, rest=False)


@wrong("07.tiled_attention", "There is nan or inf in the result")
def tiled_attention(q, k, v, tile):
    return _tiles(q, k, v, tile, maximum=False)


@wrong("07.tiled_attention", "work on one tile of keys at a time")
def tiled_attention(q, k, v, tile):
    return _attend(q, k, v)


@right("07.tiled_attention", "the logarithm of the sum instead of maximum and sum")
def tiled_attention(q, k, v, tile):
    out, lse = None, None
    for k_tile, v_tile in zip(k.split(tile), v.split(tile)):
        scores = q @ k_tile.T / math.sqrt(q.shape[1])
        part, part_lse = scores.softmax(-1) @ v_tile, scores.logsumexp(-1, keepdim=True)
        if out is None:
            out, lse = part, part_lse
            continue
        both = torch.logaddexp(lse, part_lse)
        out, lse = out * (lse - both).exp() + part * (part_lse - both).exp(), both
    return out


# ----------------------------------------------------------------------------------------------- 7 induction


def _one(ids, n):
    return torch.nn.functional.one_hot(ids, n).double()


def _copy(match, onehot, blank=None):
    n = onehot.shape[1]
    counts = match.sum(-1, keepdim=True)
    copied = match.double() @ onehot / counts.clamp(min=1)
    return torch.where(
        counts == 0, torch.full_like(copied, 1 / n) if blank is None else blank, copied
    )


def _behind(ids):
    same = (ids[:, None] == ids).tril(-1)
    return torch.cat([torch.zeros(len(ids), 1, dtype=torch.bool), same[:, :-1]], dim=1)


@wrong("07.induction", "Tokens that are new got zeros")
def induction(ids, n_tokens):
    onehot = _one(ids, n_tokens)
    return _copy(_behind(ids), onehot, torch.zeros_like(onehot))


@wrong("07.induction", "got the mean of what stands before them")
def induction(ids, n_tokens):
    onehot = _one(ids, n_tokens)
    before = torch.cat([torch.zeros(1, n_tokens).double(), onehot[:-1]])
    scores = 1e4 * onehot @ before.T
    future = torch.ones(len(ids), len(ids), dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -math.inf).softmax(-1) @ onehot


@wrong("07.induction", "The token itself was copied")
def induction(ids, n_tokens):
    onehot = _one(ids, n_tokens)
    return _copy((ids[:, None] == ids).tril(), onehot)


@wrong("07.induction", "Only the last occurrence was used")
def induction(ids, n_tokens):
    match = _behind(ids)
    last = match & (match.flip(-1).cumsum(-1).flip(-1) == 1)
    return _copy(last, _one(ids, n_tokens))


@wrong("07.induction", "roll wraps around")
def induction(ids, n_tokens):
    onehot = _one(ids, n_tokens)
    before = onehot.roll(1, 0)
    return _copy((onehot @ before.T > 0.5).tril(), onehot)


@wrong("07.induction", "The future was seen")
def induction(ids, n_tokens):
    onehot = _one(ids, n_tokens)
    before = torch.cat([torch.zeros(1, n_tokens).double(), onehot[:-1]])
    return _copy(onehot @ before.T > 0.5, onehot)


@wrong("07.induction", "A token that follows itself was left out")
def induction(ids, n_tokens):
    return _copy(_behind(ids).tril(-1), _one(ids, n_tokens))


@right("07.induction", "counted in a loop, without attention")
def induction(ids, n_tokens):
    out = torch.full((len(ids), n_tokens), 1 / n_tokens, dtype=torch.float64)
    for t, token in enumerate(ids.tolist()):
        after = [ids[s + 1].item() for s in range(t) if ids[s] == token]
        if after:
            out[t] = torch.bincount(torch.tensor(after), minlength=n_tokens).double() / len(after)
    return out


@right("07.induction", "large scores and a softmax, and new tokens found by their row of zeros")
def induction(ids, n_tokens):
    onehot = _one(ids, n_tokens)
    before = torch.cat([torch.zeros(1, n_tokens).double(), onehot[:-1]])
    raw = (onehot @ before.T).tril()
    copied = (1e4 * raw).softmax(-1) @ onehot
    return torch.where(
        raw.amax(-1, keepdim=True) > 0, copied, torch.full_like(copied, 1 / n_tokens)
    )
