"""Slow, obvious versions of the exercises of lesson 08, and the wrong answers that have a name.

Plain Python loops over single numbers, sharing no code with llm101.nn.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Spans = Sequence[tuple[int, int]]


def normal(seed: int, *shape: int) -> Tensor:
    """Random float64 numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def double(rows: Sequence) -> Tensor:
    """Numbers as a float64 tensor."""
    return torch.tensor(rows, dtype=torch.float64)


def speed(pair: float, width: int, base: float = 10000.0) -> float:
    """Radians a place of one pair, base^(-2i / width)."""
    return base ** (-2 * pair / width)


def waves(places: Sequence[int], d: int, speed_of: Callable[[int, int], float]) -> list[list[tuple[float, float]]]:
    """Sine and cosine of every pair at every place."""
    return [[(math.sin(p * speed_of(i, d)), math.cos(p * speed_of(i, d))) for i in range(d // 2)] for p in places]


def sinusoids(places: Sequence[int], d: int, speed_of: Callable[[int, int], float] = speed) -> Tensor:
    """Sine and cosine next to each other."""
    return double([[number for pair in row for number in pair] for row in waves(places, d, speed_of)])


def sinusoids_apart(places: Sequence[int], d: int) -> Tensor:
    """A mistake here (and the layout of some programs): all sines, then all cosines."""
    return double([[pair[part] for part in (0, 1) for pair in row] for row in waves(places, d, speed)])


def sinusoids_swapped(places: Sequence[int], d: int) -> Tensor:
    """A mistake: the cosine stands first."""
    return double([[number for s, c in row for number in (c, s)] for row in waves(places, d, speed)])


def sinusoids_each(places: Sequence[int], d: int) -> Tensor:
    """A mistake: every channel has a speed of its own, so that no two of them are a pair."""
    waves_of = (math.sin, math.cos)
    return double([[waves_of[c % 2](p * 10000 ** (-c / d)) for c in range(d)] for p in places])


def span_places(
    n: int, spans: Spans, *, first: int = 1, start_token: int = 1, collapse: str = "in the text", grow: int = 0
) -> tuple[list[int], list[int]]:
    """GLM's two ids, by writing the input out token by token.

    `first`, `start_token`, `collapse` and `grow` are for mistakes: the number of [S], whether it is there, which spans are shortened
    before the place of a mask is read off, and whether the place in the text grows inside a span.
    """
    starts = dict(spans)
    row, masks, old = 0, {}, 0
    while old < n:
        masks[old] = row
        row, old = row + 1, old + starts.get(old, 1)
    in_text, in_span = list(range(row)), [0] * row
    for order, (start, length) in enumerate(spans):
        place = {
            "in the text": masks[start],
            "never": start,
            "in the list": start - sum(other - 1 for _, other in spans[:order]),
            "without masks": start - sum(other for begin, other in spans if begin < start),
        }[collapse]
        many = length + start_token
        in_text += [place + grow * i for i in range(many)]
        in_span += range(first, first + many)
    return in_text, in_span


def shaw(q: Tensor, keys: Tensor, table: Tensor, index: Callable[[int, int], int] | None = None) -> Tensor:
    """Pair by pair. `index(j - i, m)` says which vector; None = clipped, with the offset."""
    m, width = (len(table) - 1) // 2, q.shape[1]
    which = index or (lambda ahead, m: max(-m, min(m, ahead)) + m)
    rows = []
    for i, query in enumerate(q.tolist()):
        relative = [table[which(j - i, m)].tolist() for j in range(len(keys))]
        sums = [
            math.fsum(a * (b + c) for a, b, c in zip(query, key, extra, strict=True))
            for key, extra in zip(keys.tolist(), relative, strict=True)
        ]
        rows.append([x / math.sqrt(width) for x in sums])
    return double(rows)


def slide(by_distance: Tensor, column: Callable[[int, int, int, int], int] | None = None) -> Tensor:
    """Entry by entry: query i at place s - t + i, key j at place j. A column outside of the row reads 0."""
    t, m = by_distance.shape
    s = m - t + 1
    where = column or (lambda i, j, t, s: (s - 1) - ((s - t + i) - j))
    cells = by_distance.tolist()
    read = [[where(i, j, t, s) for j in range(s)] for i in range(t)]
    return double([[cells[i][c] if 0 <= c < m else 0.0 for c in row] for i, row in enumerate(read)])


def t5_half(far: int, n: int, longest: int) -> int:
    """One direction, in whole numbers: the last bucket e + j whose first distance e (longest / e)^(j / (n - e)) is <= far."""
    e = n // 2
    if far < e:
        return far
    j = 0
    while e + j < n - 1 and far ** (n - e) * e ** (j + 1) >= longest ** (j + 1) * e ** (n - e):
        j += 1
    return e + j


def t5_bucket(back: int, n_buckets: int, longest: int, both_ways: bool) -> int:
    """The bucket of a distance, computed without logarithms."""
    if not both_ways:
        return t5_half(max(back, 0), n_buckets, longest)
    half = n_buckets // 2
    return t5_half(abs(back), half, longest) + (half if back < 0 else 0)


def on_an_edge(far: int, n: int, longest: int) -> bool:
    """Whether a logarithm could fall on either side: the distance is exactly the first of a bucket of the second half."""
    e = n // 2
    return any(far ** (n - e) * e**j == longest**j * e ** (n - e) for j in range(1, n - e))


def slopes(h: int) -> list[float]:
    """ALiBi's, one by one."""
    below = 1
    while 2 * below <= h:
        below *= 2
    first = [2.0 ** (-8 * i / below) for i in range(1, below + 1)]
    return first + [2.0 ** (-8 * i / (2 * below)) for i in range(1, 2 * below + 1, 2)][: h - below]


def alibi(of: Sequence[float], t: int, *, sign: int = -1, mask: str = "later") -> Tensor:
    """Slopes -> (h t t). `mask`: 'later', 'none', 'diagonal' (hidden as well) or 'earlier'."""
    hidden = {
        "later": lambda i, j: j > i,
        "none": lambda i, j: False,
        "diagonal": lambda i, j: j >= i,
        "earlier": lambda i, j: j < i,
    }[mask]
    return double(
        [[[-math.inf if hidden(i, j) else sign * m * (i - j) for j in range(t)] for i in range(t)] for m in of]
    )


def pairs(width: int, interleaved: bool) -> list[tuple[int, int]]:
    """Which channels turn together."""
    return [(2 * i, 2 * i + 1) if interleaved else (i, i + width // 2) for i in range(width // 2)]


def rotate(
    x: Tensor,
    places: Sequence[int],
    interleaved: bool,
    *,
    sign: int = 1,
    speed_of: Callable[[int, int], float] = speed,
    to: bool | None = None,
) -> Tensor:
    """Pair by pair; `to` is the layout of the result, None = the same."""
    width, rows = x.shape[1], []
    into = pairs(width, interleaved if to is None else to)
    for p, row in zip(places, x.tolist(), strict=True):
        new = [0.0] * width
        for i, ((a, b), (to_a, to_b)) in enumerate(zip(pairs(width, interleaved), into, strict=True)):
            angle = sign * p * speed_of(i, width)
            new[to_a] = row[a] * math.cos(angle) - row[b] * math.sin(angle)
            new[to_b] = row[a] * math.sin(angle) + row[b] * math.cos(angle)
        rows.append(new)
    return double(rows)


def rotate_mixed(x: Tensor, places: Sequence[int]) -> Tensor:
    """A mistake: the angles lie as for halves, 0 1 2 0 1 2, and the partners are neighbours."""
    width, rows = x.shape[1], []
    for p, row in zip(places, x.tolist(), strict=True):
        angles = [p * speed(c % (width // 2), width) for c in range(width)]
        partner = [-row[c + 1] if c % 2 == 0 else row[c - 1] for c in range(width)]
        rows.append([row[c] * math.cos(a) + partner[c] * math.sin(a) for c, a in enumerate(angles)])
    return double(rows)


def attend(q: Tensor, k: Tensor, v: Tensor, first: int, *, causal: bool = True, scale: float | None = None) -> Tensor:
    """Query i stands at place first + i; one head, row by row."""
    scale = 1 / math.sqrt(q.shape[1]) if scale is None else scale
    rows = []
    for i, query in enumerate(q.tolist()):
        seen = min(first + i + 1, len(k)) if causal else len(k)
        scores = [scale * math.fsum(a * b for a, b in zip(query, key, strict=True)) for key in k[:seen].tolist()]
        top = max(scores)
        weights = [math.exp(x - top) for x in scores]
        columns = zip(*v[:seen].tolist(), strict=True)
        rows.append([math.fsum(w * x for w, x in zip(weights, c, strict=True)) / sum(weights) for c in columns])
    return double(rows)


def rope_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    interleaved: bool = False,
    from_zero: bool = False,
    turn: str = "qk",
    causal: bool = True,
    scale: float | None = None,
    first_seen: int | None = None,
) -> Tensor:
    """Turn, then attend; every keyword is for a mistake."""
    first = len(k) - len(q)
    start = 0 if from_zero else first
    q = rotate(q, range(start, start + len(q)), interleaved) if "q" in turn else q
    k = rotate(k, range(len(k)), interleaved) if "k" in turn else k
    v = rotate(v, range(len(v)), interleaved) if "v" in turn else v
    return attend(q, k, v, first if first_seen is None else first_seen, causal=causal, scale=scale)


def angles(places: Sequence[int], r: int, *, base: float = 10000.0, divide: float = 1.0) -> Tensor:
    """Place by place and pair by pair."""
    return double([[p * speed(i, r, base) / divide for i in range(r // 2)] for p in places])
