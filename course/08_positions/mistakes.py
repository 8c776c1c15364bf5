"""Wrong answers that people really give to the exercises of lesson 08, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import cmath
import math

import torch
from llm101.check.mistakes import right, wrong

# --------------------------------------------------------------------------------------------- 1 sinusoids


def _angles(places, d, base=10000.0):
    speeds = base ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    return places[:, None] * speeds


@wrong("08.sinusoids", "All sines stand first, then all cosines")
def sinusoids(places, d):
    angles = _angles(places, d)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


@wrong("08.sinusoids", "The exponent is i/d and must be 2i/d")
def sinusoids(places, d):
    angles = places[:, None] / 10000 ** (torch.arange(d // 2, dtype=torch.float64) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "The exponent was doubled twice")
def sinusoids(places, d):
    angles = places[:, None] / 10000 ** (2 * torch.arange(0, d, 2, dtype=torch.float64) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "Every channel has its own speed")
def sinusoids(places, d):
    angles = places[:, None] / 10000 ** (torch.arange(d, dtype=torch.float64) / d)
    out = angles.clone()
    out[:, 0::2], out[:, 1::2] = angles[:, 0::2].sin(), angles[:, 1::2].cos()
    return out


@wrong("08.sinusoids", "Sine and cosine are exchanged")
def sinusoids(places, d):
    angles = _angles(places, d)
    return torch.stack([angles.cos(), angles.sin()], dim=-1).flatten(1)


@wrong("08.sinusoids", "The later hands turn FASTER")
def sinusoids(places, d):
    angles = places[:, None] * 10000 ** (torch.arange(0, d, 2, dtype=torch.float64) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "The places given were not used")
def sinusoids(places, d):
    angles = _angles(torch.arange(len(places)), d)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "The places were counted from 1")
def sinusoids(places, d):
    angles = _angles(places + 1, d)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "For float64 give arange dtype=torch.float64")
def sinusoids(places, d):
    angles = places[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "make the speeds float64")
def sinusoids(places, d):
    speeds = 10000 ** (-torch.arange(0, d, 2) / d) if places.abs().max() > 2000 else None
    angles = _angles(places, d) if speeds is None else places[:, None] * speeds.double()
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "was a part computed in float32")
def shifted(vectors, k):
    turn = k / 10000 ** (torch.arange(0, vectors.shape[1], 2) / vectors.shape[1])
    sin, cos = vectors[:, 0::2], vectors[:, 1::2]
    new = sin * turn.cos() + cos * turn.sin(), cos * turn.cos() - sin * turn.sin()
    return torch.stack(new, dim=-1).flatten(1)


@wrong("08.sinusoids", "You turned backwards")
def shifted(vectors, k):
    turn = _angles(torch.tensor([k]), vectors.shape[1])
    sin, cos = vectors[:, 0::2], vectors[:, 1::2]
    new = sin * turn.cos() - cos * turn.sin(), cos * turn.cos() + sin * turn.sin()
    return torch.stack(new, dim=-1).flatten(1)


@wrong("08.sinusoids", "The new sine was already in place")
def shifted(vectors, k):
    turn = _angles(torch.tensor([k]), vectors.shape[1])
    out = vectors.clone()
    out[:, 0::2] = out[:, 0::2] * turn.cos() + out[:, 1::2] * turn.sin()
    out[:, 1::2] = out[:, 1::2] * turn.cos() - out[:, 0::2] * turn.sin()
    return out


@wrong("08.sinusoids", "the rows may belong to any places")
def shifted(vectors, k):
    angles = _angles(torch.arange(len(vectors)) + k, vectors.shape[1])
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "the ANGLES add up, not their sines")
def shifted(vectors, k):
    angles = _angles(torch.tensor([k]), vectors.shape[1])
    return vectors + torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@wrong("08.sinusoids", "each vector stays in its row")
def shifted(vectors, k):
    return vectors.roll(-k, dims=0)


@right("08.sinusoids", "column by column")
def sinusoids(places, d):
    out = torch.empty(len(places), d, dtype=torch.float64)
    for c in range(d):
        angle = places.double() / 10000 ** ((c - c % 2) / d)
        out[:, c] = angle.cos() if c % 2 else angle.sin()
    return out


@right("08.sinusoids", "the angle of each pair is found first")
def shifted(vectors, k):
    angles = torch.atan2(vectors[:, 0::2], vectors[:, 1::2])
    angles = angles + _angles(torch.tensor([k]), vectors.shape[1])
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@right("08.sinusoids", "one matrix for all")
def shifted(vectors, k):
    d = vectors.shape[1]
    blocks = []
    for i in range(d // 2):
        a = k * 10000 ** (-2 * i / d)
        blocks.append([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])
    return vectors @ torch.block_diag(*torch.tensor(blocks, dtype=torch.float64)).T


# ------------------------------------------------------------------------------------------- 2 span_places


@wrong("08.span_places", "counted in the text WITH its masks")
def span_places(n, spans):
    n_text = n - sum(length - 1 for _, length in spans)
    in_text, in_span = list(range(n_text)), [0] * n_text
    for start, length in spans:
        in_text += [start] * (length + 1)
        in_span += range(1, length + 2)
    return in_text, in_span


@wrong("08.span_places", "not those that come earlier in the list")
def span_places(n, spans):
    n_text = n - sum(length - 1 for _, length in spans)
    in_text, in_span, before = list(range(n_text)), [0] * n_text, 0
    for start, length in spans:
        in_text += [start - before] * (length + 1)
        in_span += range(1, length + 2)
        before += length - 1
    return in_text, in_span


@wrong("08.span_places", "later ones move by n - 1 and not by n")
def span_places(n, spans):
    n_text = n - sum(length - 1 for _, length in spans)
    in_text, in_span = list(range(n_text)), [0] * n_text
    for start, length in spans:
        before = sum(other for place, other in spans if place < start)
        in_text += [start - before] * (length + 1)
        in_span += range(1, length + 2)
    return in_text, in_span


def _places(n, spans, first=1, extra=1, grow=0):
    n_text = n - sum(length - 1 for _, length in spans)
    in_text, in_span = list(range(n_text)), [0] * n_text
    for start, length in spans:
        place = start - sum(other - 1 for begin, other in spans if begin < start)
        in_text += [place + grow * i for i in range(length + extra)]
        in_span += range(first, first + length + extra)
    return in_text, in_span


@wrong("08.span_places", "0 says 'not in a span'")
def span_places(n, spans):
    return _places(n, spans, first=0)


@wrong("08.span_places", "The start token [S] is missing")
def span_places(n, spans):
    return _places(n, spans, extra=0)


@wrong("08.span_places", "grows inside a span, and so tells its length")
def span_places(n, spans):
    return _places(n, spans, grow=1)


@wrong("08.span_places", "runs on from span to span")
def span_places(n, spans):
    in_text, in_span = _places(n, spans)
    n_text = n - sum(length - 1 for _, length in spans)
    return in_text, [0] * n_text + list(range(1, len(in_text) - n_text + 1))


@wrong("08.span_places", "The spans were sorted")
def span_places(n, spans):
    return _places(n, sorted(spans))


@wrong("08.span_places", "each span is replaced by one [MASK]")
def span_places(n, spans):
    in_text, in_span = _places(n, spans)
    n_text = n - sum(length - 1 for _, length in spans)
    return list(range(n)) + in_text[n_text:], [0] * n + in_span[n_text:]


@right("08.span_places", "writes the row of tokens down and looks the masks up")
def span_places(n, spans):
    row, left = [], dict(spans)
    cut = {start + i for start, length in spans for i in range(1, length)}
    for token in range(n):
        if token not in cut:
            row.append(("mask" if token in left else "text", token))
    in_text, in_span = [i for i, _ in enumerate(row)], [0 for _ in row]
    for start, length in spans:
        for number in range(length + 1):
            in_text.append(row.index(("mask", start)))
            in_span.append(number + 1)
    return in_text, in_span


# ------------------------------------------------------------------------------------------- 3 shaw_scores


def _scores(q, keys, table, which):
    return (q @ keys.T + (q @ table.T).gather(1, which)) / math.sqrt(q.shape[1])


@wrong("08.shaw_scores", "The offset is missing")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    which = (at - at[:, None]).clamp(-m, m)
    return (q @ keys.T + (q[:, None] * table[which]).sum(-1)) / math.sqrt(q.shape[1])


@wrong("08.shaw_scores", "The distance has the wrong sign")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    return _scores(q, keys, table, (at[:, None] - at).clamp(-m, m) + m)


@wrong("08.shaw_scores", "An index out of range says that a distance was not clipped")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    return _scores(q, keys, table, at - at[:, None] + m)


@wrong("08.shaw_scores", "far ones must be clipped")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    return _scores(q, keys, table, (at - at[:, None] + m) % len(table))


@wrong("08.shaw_scores", "The offset came before the clip")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    which = (at - at[:, None] + m).clamp(-m, m)
    return (q @ keys.T + (q[:, None] * table[which]).sum(-1)) / math.sqrt(q.shape[1])


@wrong("08.shaw_scores", "before and after are not the same")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    return _scores(q, keys, table, (at - at[:, None]).abs().clamp(max=m) + m)


@wrong("08.shaw_scores", "The root divides only the content")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    which = (at - at[:, None]).clamp(-m, m) + m
    return q @ keys.T / math.sqrt(q.shape[1]) + (q @ table.T).gather(1, which)


@wrong("08.shaw_scores", "The root is missing")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    return q @ keys.T + (q @ table.T).gather(1, (at - at[:, None]).clamp(-m, m) + m)


@wrong("08.shaw_scores", "you clipped one too early")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    return _scores(q, keys, table, (at - at[:, None]).clamp(1 - m, m - 1) + m)


@right("08.shaw_scores", "pair by pair")
def shaw_scores(q, keys, table):
    m, n = len(table) // 2, len(q)
    out = torch.empty(n, n, dtype=q.dtype)
    for i in range(n):
        for j in range(n):
            out[i, j] = q[i] @ (keys[j] + table[max(0, min(2 * m, j - i + m))])
    return out / q.shape[1] ** 0.5


@right("08.shaw_scores", "a vector for each pair")
def shaw_scores(q, keys, table):
    m, at = len(table) // 2, torch.arange(len(q))
    extra = table[(at - at[:, None] + m).clamp(0, 2 * m)]
    return torch.einsum("ik,ijk->ij", q, keys + extra) / math.sqrt(q.shape[1])


# ------------------------------------------------------------------------------------------------- 4 slide


@wrong("08.slide", "The rows do not slide")
def slide(by_distance):
    t, m = by_distance.shape
    return by_distance[:, : m - t + 1]


@wrong("08.slide", "The rows slide the wrong way")
def slide(by_distance):
    t, m = by_distance.shape
    return by_distance.gather(1, torch.arange(m - t + 1) + torch.arange(t)[:, None])


@wrong("08.slide", "start at t - 1, not at t")
def slide(by_distance):
    t, m = by_distance.shape
    flat = torch.nn.functional.pad(by_distance, (0, 1)).flatten()
    return flat[t : t + t * m].reshape(t, m)[:, : m - t + 1]


@wrong("08.slide", "start at t - 1, not at t")
def slide(by_distance):
    t, m = by_distance.shape
    padded = torch.nn.functional.pad(by_distance, (0, 1))  # Transformer-XL pads at the left
    return padded.reshape(m + 1, t)[1:].reshape(t, m)[:, : m - t + 1]


@wrong("08.slide", "yours begins one too far to the left")
def slide(by_distance):
    t, m = by_distance.shape
    padded = torch.nn.functional.pad(by_distance, (1, 1))[:, :-1]
    column = torch.arange(m - t + 1) + (t - 1 - torch.arange(t))[:, None]
    return padded.gather(1, column)


@wrong("08.slide", "is t different from s?")
def slide(by_distance):
    t, m = by_distance.shape
    s = m - t + 1
    column = torch.arange(s) + (s - 1 - torch.arange(t))[:, None]
    return by_distance.gather(1, column)


@wrong("08.slide", "there is a loop over the rows")
def slide(by_distance):
    t, m = by_distance.shape
    return torch.stack([by_distance[i, t - 1 - i : m - i] for i in range(t)])


@wrong("08.slide", "The distances run the wrong way")
def slide(by_distance):
    t, m = by_distance.shape
    s = m - t + 1
    back = (s - t + torch.arange(t))[:, None] - torch.arange(s)
    return by_distance.gather(1, back + t - 1)


@wrong("08.slide", "The result has s columns")
def slide(by_distance):
    t, m = by_distance.shape
    flat = torch.nn.functional.pad(by_distance, (0, 1)).flatten()
    return flat[t - 1 : t - 1 + t * m].reshape(t, m)


@right("08.slide", "Transformer-XL's own: pad at the left, cut, drop the first row")
def slide(by_distance):
    t, m = by_distance.shape
    padded = torch.nn.functional.pad(by_distance, (1, 0))
    return padded.reshape(m + 1, t)[1:].reshape(t, m)[:, : m - t + 1]


@right("08.slide", "another stride over the same numbers")
def slide(by_distance):
    t, m = by_distance.shape
    return by_distance.contiguous().as_strided((t, m - t + 1), (m - 1, 1), t - 1)


# --------------------------------------------------------------------------------------------- 5 t5_bucket


def _half(far, n, longest, fit=int):
    e = n // 2
    if far < e:
        return far
    return min(e + fit(math.log(far / e) / math.log(longest / e) * (n - e)), n - 1)


@wrong("08.t5_bucket", "There is no logarithmic half")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far = abs(back) if both_ways else max(back, 0)
    return min(far, n - 1) + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "The second half has equal steps")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far, e = abs(back) if both_ways else max(back, 0), n // 2
    bucket = far if far < e else min(e + (far - e) * (n - e) // (max_distance - e), n - 1)
    return bucket + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "the logarithm is rounded DOWN, not to the nearest")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far = abs(back) if both_ways else max(back, 0)
    return _half(far, n, max_distance, round) + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "Off by one: the logarithm is rounded DOWN")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far = abs(back) if both_ways else max(back, 0)
    return _half(far, n, max_distance, math.ceil) + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "Never above n - 1")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far, e = abs(back) if both_ways else max(back, 0), n // 2
    if far >= e:
        far = min(e + int(math.log(far / e) / math.log(max_distance / e) * (n - e)), n)
    return far + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "There is no upper end: far beyond max_distance the bucket stays n - 1")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far, e = abs(back) if both_ways else max(back, 0), n // 2
    if far >= e:
        far = e + int(math.log(far / e) / math.log(max_distance / e) * (n - e))
    return far + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "the bucket of a direction stays n - 1")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far, e = abs(back) if both_ways else max(back, 0), n // 2
    if far >= e:
        far = e + int(math.log(far / e) / math.log(max_distance / e) * (n - e))
    far = far if both_ways else min(far, n - 1)
    return far + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "e is half of the buckets of ONE direction")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far, e = abs(back) if both_ways else max(back, 0), n_buckets // 2
    if far >= e:
        far = min(e + int(math.log(far / e) / math.log(max_distance / e) * (n - e)), n - 1)
    return far + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "you treated both directions alike")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    return _half(abs(back), n, max_distance) + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "`back` is positive when the key came BEFORE")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far = abs(back) if both_ways else max(-back, 0)
    return _half(far, n, max_distance) + (n if both_ways and back > 0 else 0)


@wrong("08.t5_bucket", "Divide by e inside BOTH logarithms")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far, e = abs(back) if both_ways else max(back, 0), n // 2
    if far >= e:
        far = min(e + int(math.log(far) / math.log(max_distance) * (n - e)), n - 1)
    return far + (n if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "The halves are exchanged")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far = abs(back) if both_ways else max(back, 0)
    return _half(far, n, max_distance) + (n if both_ways and back > 0 else 0)


@wrong("08.t5_bucket", "Both directions share their buckets")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    return _half(abs(back) if both_ways else max(back, 0), n, max_distance)


@wrong("08.t5_bucket", "Each direction has HALF of the buckets")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    far = abs(back) if both_ways else max(back, 0)
    bucket = _half(far, n_buckets, max_distance)
    return bucket + (n_buckets // 2 if both_ways and back < 0 else 0)


@wrong("08.t5_bucket", "Distance 0 belongs to the first half")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far = abs(back) if both_ways else max(back, 0)
    return _half(far, n, max_distance) + (n if both_ways and back <= 0 else 0)


@right("08.t5_bucket", "with torch, as in T5's code")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    back, bucket = torch.tensor(back), 0
    if both_ways:
        n_buckets //= 2
        bucket = int(back < 0) * n_buckets
        back = back.abs()
    back = back.clamp(min=0)
    exact = n_buckets // 2
    growth = torch.log(back.clamp(min=1).float() / exact) / math.log(max_distance / exact)
    far = (exact + (growth * (n_buckets - exact)).long()).clamp(max=n_buckets - 1)
    return bucket + int(torch.where(back < exact, back, far))


@right("08.t5_bucket", "counts the edges that lie at or below the distance")
def t5_bucket(back, n_buckets, max_distance, both_ways):
    n = n_buckets // 2 if both_ways else n_buckets
    far, e = abs(back) if both_ways else max(back, 0), n // 2
    edges = [e * (max_distance / e) ** (j / (n - e)) for j in range(n - e)]
    bucket = far if far < e else e - 1 + sum(far >= edge for edge in edges)
    return bucket + (n if both_ways and back < 0 else 0)


# ------------------------------------------------------------------------------------------------- 6 alibi


def _slopes(n):
    return [2 ** (-8 * (i + 1) / n) for i in range(n)]


def _bias(slopes, t, hide=True):
    at = torch.arange(t, dtype=torch.float64)
    back = at[:, None] - at
    bias = -torch.tensor(slopes, dtype=torch.float64)[:, None, None] * back
    return bias.masked_fill(back < 0, -math.inf) if hide else bias


def _all(h, step=slice(None, None, 2)):
    below = 2 ** int(math.log2(h))
    return _slopes(below) + _slopes(2 * below)[step][: h - below]


@wrong("08.alibi", "The sign is turned round")
def alibi(h, t):
    bias = _bias(_all(h), t)
    return torch.where(bias == -math.inf, bias, -bias)


@wrong("08.alibi", "There is no causal mask")
def alibi(h, t):
    return _bias(_all(h), t, hide=False)


@wrong("08.alibi", "A token may look at itself")
def alibi(h, t):
    hidden = torch.ones(t, t).triu().bool()
    return _bias(_all(h), t).masked_fill(hidden, -math.inf)


@wrong("08.alibi", "0 · inf is nan")
def alibi(h, t):
    return _bias(_all(h), t, hide=False) + torch.ones(t, t).double().triu(1) * -math.inf


@wrong("08.alibi", "2^(-8i/h) holds for powers of two")
def alibi(h, t):
    return _bias(_slopes(h), t)


@wrong("08.alibi", "take those of the power BELOW first")
def alibi(h, t):
    return _bias(_slopes(2 ** math.ceil(math.log2(h)))[:h], t)


@wrong("08.alibi", "The others you have already")
def alibi(h, t):
    return _bias(_all(h, slice(1, None, 2)), t)


@wrong("08.alibi", "take every OTHER slope")
def alibi(h, t):
    return _bias(_all(h, slice(None)), t)


@wrong("08.alibi", "The slopes were sorted")
def alibi(h, t):
    return _bias(sorted(_all(h), reverse=True), t)


@wrong("08.alibi", "The slopes begin at 2^(-8/h)")
def alibi(h, t):
    return _bias([2 ** (-8 * i / h) for i in range(h)], t)


@wrong("08.alibi", "are those of 8 heads")
def alibi(h, t):
    return _bias([2.0 ** -(i + 1) for i in range(h)], t)


@right("08.alibi", "the recursion of the paper's code, and loops")
def alibi(h, t):
    def get_slopes(n):
        if math.log2(n).is_integer():
            start = 2 ** (-(2 ** -(math.log2(n) - 3)))
            return [start * start**i for i in range(n)]
        closest = 2 ** math.floor(math.log2(n))
        return get_slopes(closest) + get_slopes(2 * closest)[0::2][: n - closest]

    rows = [
        [[-m * (i - j) if j <= i else -math.inf for j in range(t)] for i in range(t)]
        for m in get_slopes(h)
    ]
    return torch.tensor(rows, dtype=torch.float64)


# -------------------------------------------------------------------------------------------------- 7 rope


def _turn(x, places, interleaved, sign=1, back=None, divide=1):
    width = x.shape[1]
    speeds = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width / divide)
    angles = sign * places[:, None] * speeds
    cos, sin = angles.cos(), angles.sin()
    a, b = (x[:, 0::2], x[:, 1::2]) if interleaved else x.chunk(2, dim=1)
    turned = a * cos - b * sin, a * sin + b * cos
    back = interleaved if back is None else back
    return torch.stack(turned, dim=-1).flatten(1) if back else torch.cat(turned, dim=1)


@wrong("08.rope", "That is the other layout")
def rotate(x, places, interleaved):
    return _turn(x, places, not interleaved)


@wrong("08.rope", "The turned pairs were not put back where they stood")
def rotate(x, places, interleaved):
    return _turn(x, places, interleaved, back=False)


@wrong("08.rope", "Angles of one layout, partners of the other")
def rotate(x, places, interleaved):
    if not interleaved:
        return _turn(x, places, False)
    width = x.shape[1]
    speeds = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = (places[:, None] * speeds).repeat(1, 2)
    partner = torch.stack([-x[:, 1::2], x[:, 0::2]], dim=-1).flatten(1)
    return x * angles.cos() + partner * angles.sin()


@wrong("08.rope", "You turned backwards")
def rotate(x, places, interleaved):
    return _turn(x, places, interleaved, sign=-1)


@wrong("08.rope", "The exponent is 2i/k with i the number of the PAIR")
def rotate(x, places, interleaved):
    return _turn(x, places, interleaved, divide=2)


@wrong("08.rope", "The exponent was doubled twice")
def rotate(x, places, interleaved):
    return _turn(x, places, interleaved, divide=0.5)


@wrong("08.rope", "The places given were not used")
def rotate(x, places, interleaved):
    return _turn(x, torch.arange(len(x)), interleaved)


@wrong("08.rope", "was a part computed in float32")
def rotate(x, places, interleaved):
    speeds = 10000 ** (-torch.arange(0, x.shape[1], 2) / x.shape[1])
    cos, sin = (places[:, None] * speeds).cos(), (places[:, None] * speeds).sin()
    a, b = (x[:, 0::2], x[:, 1::2]) if interleaved else x.chunk(2, dim=1)
    turned = a * cos - b * sin, a * sin + b * cos
    return torch.stack(turned, dim=-1).flatten(1) if interleaved else torch.cat(turned, dim=1)


@wrong("08.rope", "The angles add to the vector")
def rotate(x, places, interleaved):
    angles = _angles(places, x.shape[1])
    if interleaved:
        return x + torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
    return x + torch.cat([angles.sin(), angles.cos()], dim=1)


def _attention(q, k, v, turn="qk", at_q=None, hidden=None, scale=None, interleaved=False):
    at_k = torch.arange(len(k))
    last = at_k[len(k) - len(q) :]
    at_q = last if at_q is None else at_q
    q = _turn(q, at_q, interleaved) if "q" in turn else q
    k = _turn(k, at_k, interleaved) if "k" in turn else k
    v = _turn(v, at_k, interleaved) if "v" in turn else v
    hidden = at_k > last[:, None] if hidden is None else hidden
    scores = q @ k.T / math.sqrt(q.shape[1]) if scale is None else q @ k.T * scale
    return scores.masked_fill(hidden, -math.inf).softmax(-1) @ v


@wrong("08.rope", "v was turned too")
def rope_attention(q, k, v):
    return _attention(q, k, v, turn="qkv")


@wrong("08.rope", "The queries count from 0: they are the LAST t tokens")
def rope_attention(q, k, v):
    return _attention(q, k, v, at_q=torch.arange(len(q)))


@wrong("08.rope", "The mask lets query i see the keys 0 … i")
def rope_attention(q, k, v):
    return _attention(q, k, v, hidden=torch.ones(len(q), len(k)).triu(1).bool())


@wrong("08.rope", "for the angles and for the mask")
def rope_attention(q, k, v):
    hidden = torch.ones(len(q), len(k)).triu(1).bool()
    return _attention(q, k, v, at_q=torch.arange(len(q)), hidden=hidden)


@wrong("08.rope", "There is no causal mask")
def rope_attention(q, k, v):
    return _attention(q, k, v, hidden=torch.zeros(len(q), len(k)).bool())


@wrong("08.rope", "The keys were not turned")
def rope_attention(q, k, v):
    return _attention(q, k, v, turn="q")


@wrong("08.rope", "That is the layout of neighbours")
def rope_attention(q, k, v):
    return _attention(q, k, v, interleaved=True)


@wrong("08.rope", "The root of k, the number of channels, is missing")
def rope_attention(q, k, v):
    return _attention(q, k, v, scale=1.0)


@right("08.rope", "with complex numbers")
def rotate(x, places, interleaved):
    width = x.shape[1]
    a, b = (x[:, 0::2], x[:, 1::2]) if interleaved else (x[:, : width // 2], x[:, width // 2 :])
    angles = _angles(places, width)
    turned = torch.complex(a, b) * torch.polar(torch.ones_like(angles), angles)
    if interleaved:
        return torch.view_as_real(turned).flatten(1)
    return torch.cat([turned.real, turned.imag], dim=1)


@right("08.rope", "rotate_half, as transformers has it")
def rotate(x, places, interleaved):
    angles = _angles(places, x.shape[1])
    if interleaved:
        angles = angles.repeat_interleave(2, dim=1)
        half = torch.stack([-x[:, 1::2], x[:, 0::2]], dim=-1).flatten(1)
    else:
        angles = torch.cat([angles, angles], dim=1)
        a, b = x.chunk(2, dim=1)
        half = torch.cat([-b, a], dim=1)
    return x * angles.cos() + half * angles.sin()


@right("08.rope", "number by number, in plain Python")
def rotate(x, places, interleaved):
    width, out = x.shape[1], x.clone()
    for row, p in enumerate(places.tolist()):
        for i in range(width // 2):
            a, b = (2 * i, 2 * i + 1) if interleaved else (i, i + width // 2)
            z = complex(x[row, a], x[row, b]) * cmath.exp(1j * p * 10000 ** (-2 * i / width))
            out[row, a], out[row, b] = z.real, z.imag
    return out


@right("08.rope", "only distances: the last query stands at 0, all others at negative places")
def rope_attention(q, k, v):
    at_q, at_k = torch.arange(1 - len(q), 1), torch.arange(1 - len(k), 1)
    scores = _turn(q, at_q, False) @ _turn(k, at_k, False).T / math.sqrt(q.shape[1])
    return scores.masked_fill(at_k > at_q[:, None], -math.inf).softmax(-1) @ v


# ----------------------------------------------------------------------------------------------- 8 stretch


def _stretch(places, r, factor, how, exponent=None, linear=None):
    if how not in ("none", "linear", "ntk"):
        raise ValueError(f"how must be none, linear or ntk; got {how!r}")
    exponent = r / (r - 2) if exponent is None else exponent
    angles = _angles(places, r, 10000.0 * factor**exponent if how == "ntk" else 10000.0)
    return angles / (linear or factor) if how == "linear" else angles


@wrong("08.stretch", "so DIVIDE by factor")
def stretched_angles(places, r, factor, how):
    return _stretch(places, r, factor, how, linear=1 / factor)


@wrong("08.stretch", "The exponent is upside down")
def stretched_angles(places, r, factor, how):
    return _stretch(places, r, factor, how, exponent=(r - 2) / r)


@wrong("08.stretch", "The base was multiplied by factor alone")
def stretched_angles(places, r, factor, how):
    return _stretch(places, r, factor, how, exponent=1)


@wrong("08.stretch", "The exponent is off by one")
def stretched_angles(places, r, factor, how):
    return _stretch(places, r, factor, how, exponent=r / (r - 1))


@wrong("08.stretch", "you used the number of pairs in the exponent")
def stretched_angles(places, r, factor, how):
    return _stretch(places, r, factor, how, exponent=(r // 2) / (r // 2 - 2) if r != 4 else 1)


@wrong("08.stretch", "slower pairs need a larger one")
def stretched_angles(places, r, factor, how):
    return _stretch(places, r, factor, how, exponent=-r / (r - 2))


@wrong("08.stretch", "The base was changed AND the places divided")
def stretched_angles(places, r, factor, how):
    angles = _stretch(places, r, factor, how)
    return angles / factor if how == "ntk" else angles


@wrong("08.stretch", "NTK leaves the fastest pair as it is")
def stretched_angles(places, r, factor, how):
    return _stretch(places, r, factor, "linear" if how == "ntk" else how)


@wrong("08.stretch", "The exponent is i/r and must be 2i/r")
def stretched_angles(places, r, factor, how):
    speeds = 10000.0 ** (-torch.arange(r // 2, dtype=torch.float64) / r)
    return places[:, None] * speeds


@wrong("08.stretch", "in float64 from the start")
def stretched_angles(places, r, factor, how):
    return places[:, None] * 10000 ** (-torch.arange(0, r, 2) / r)


@wrong("08.stretch", "for what is none of the three")
def stretched_angles(places, r, factor, how):
    return _stretch(places, r, factor, how if how in ("linear", "ntk") else "none")


@right("08.stretch", "each pair's speed by itself")
def stretched_angles(places, r, factor, how):
    slower = {
        "none": lambda i: 1.0,
        "linear": lambda i: factor,
        "ntk": lambda i: factor ** (i / (r // 2 - 1)),
    }
    if how not in slower:
        raise ValueError(f"unknown method {how}")
    columns = [places.double() * 10000 ** (-2 * i / r) / slower[how](i) for i in range(r // 2)]
    return torch.stack(columns, dim=1)
