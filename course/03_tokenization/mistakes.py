"""Wrong answers that people really give to the exercises of lesson 03, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import itertools
import math
from collections import Counter

import torch
from llm101.check.mistakes import right, wrong

# --------------------------------------------------------------------------------------------- 1 count_pairs


@wrong("03.count_pairs", "You added 1 for a word instead of its count")
def count_pairs(words):
    return dict(Counter(pair for word in words for pair in itertools.pairwise(word)))


@wrong("03.count_pairs", "You counted a pair at most once per word")
def count_pairs(words):
    counts = Counter()
    for word, n in words.items():
        for pair in set(itertools.pairwise(word)):
            counts[pair] += n
    return dict(counts)


@wrong("03.count_pairs", "You counted single symbols")
def count_pairs(words):
    counts = {}
    for word, n in words.items():
        for symbol in word:
            counts[symbol] = counts.get(symbol, 0) + n
    return counts


@wrong("03.count_pairs", "You left out the last pair")
def count_pairs(words):
    counts = {}
    for word, n in words.items():
        for i in range(len(word) - 2):
            counts[word[i], word[i + 1]] = counts.get((word[i], word[i + 1]), 0) + n
    return counts


@wrong("03.count_pairs", "across their borders")
def count_pairs(words):
    return dict(Counter(itertools.pairwise(symbol for word in words for symbol in word)))


@right("03.count_pairs", "a Counter, with indices")
def count_pairs(words):
    counts = Counter()
    for word, n in words.items():
        for i in range(len(word) - 1):
            counts[(word[i], word[i + 1])] += n
    return counts


# ---------------------------------------------------------------------------------------------- 2 merge_pair


@wrong("03.merge_pair", "You kept the second half of the pair")
def merge_pair(word, pair):
    return tuple(
        pair[0] + pair[1] if word[i : i + 2] == pair else symbol for i, symbol in enumerate(word)
    )


@wrong("03.merge_pair", "returned a list")
def merge_pair(word, pair):
    return list(_greedy(word, pair))


@wrong("03.merge_pair", "The last symbol got lost")
def merge_pair(word, pair):
    out, i = [], 0
    while i < len(word) - 1:
        if (word[i], word[i + 1]) == pair:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return tuple(out)


@wrong("03.merge_pair", "Only the first occurrence was merged")
def merge_pair(word, pair):
    for i in range(len(word) - 1):
        if word[i : i + 2] == pair:
            return word[:i] + (pair[0] + pair[1],) + word[i + 2 :]
    return word


@wrong("03.merge_pair", "The middle symbol was used twice")
def merge_pair(word, pair):
    out = []
    for i, symbol in enumerate(word):
        if word[i : i + 2] == pair:
            out.append(pair[0] + pair[1])
        elif i > 0 and word[i - 1 : i + 1] == pair:
            continue
        else:
            out.append(symbol)
    return tuple(out)


@wrong("03.merge_pair", "You replaced text in the joined word")
def merge_pair(word, pair):
    return tuple(" ".join(word).replace(" ".join(pair), "".join(pair)).split())


def _greedy(word, pair):
    out, i = [], 0
    while i < len(word):
        step = 2 if word[i : i + 2] == pair else 1
        out.append("".join(word[i : i + step]))
        i += step
    return tuple(out)


@right("03.merge_pair", "recursion")
def merge_pair(word, pair):
    def merged(rest):
        for i in range(len(rest) - 1):
            if (rest[i], rest[i + 1]) == tuple(pair):
                return (*rest[:i], "".join(pair), *merged(rest[i + 2 :]))
        return tuple(rest)

    return merged(word)


@right("03.merge_pair", "an iterator that skips")
def merge_pair(word, pair):
    return _greedy(word, pair)


# ----------------------------------------------------------------------------------------------- 3 learn_bpe


def _learn(word_counts, n_merges, *, ending="</w>", weigh=lambda n: n, choose=None):
    choose = choose or (lambda counts: min(counts, key=lambda pair: (-counts[pair], pair)))
    words = {(*word, *([ending] if ending else [])): n for word, n in word_counts.items()}
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for word, n in words.items():
            for pair in itertools.pairwise(word):
                counts[pair] += weigh(n)
        if not counts:
            break
        best = choose(counts)
        words = {_greedy(word, best): n for word, n in words.items()}
        merges.append(best)
    return merges


@wrong("03.learn_bpe", "counted once per distinct word")
def learn_bpe(word_counts, n_merges):
    return _learn(word_counts, n_merges, weigh=lambda n: 1)


@wrong("03.learn_bpe", "the one that sorts FIRST wins")
def learn_bpe(word_counts, n_merges):
    return _learn(
        word_counts,
        n_merges,
        choose=lambda counts: max(counts, key=lambda pair: (counts[pair], pair)),
    )


@wrong("03.learn_bpe", "The end-of-word mark")
def learn_bpe(word_counts, n_merges):
    return _learn(word_counts, n_merges, ending="")


@wrong("03.learn_bpe", "count again after every merge")
def learn_bpe(word_counts, n_merges):
    counts = Counter()
    for word, n in word_counts.items():
        for pair in itertools.pairwise((*word, "</w>")):
            counts[pair] += n
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[:n_merges]


@wrong("03.learn_bpe", "the one that was counted first")
def learn_bpe(word_counts, n_merges):
    return _learn(word_counts, n_merges, choose=lambda counts: max(counts, key=counts.get))


@wrong("03.learn_bpe", "No pair left to count")
def learn_bpe(word_counts, n_merges):
    words = {(*word, "</w>"): n for word, n in word_counts.items()}
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for word, n in words.items():
            for pair in itertools.pairwise(word):
                counts[pair] += n
        best = min(
            counts, key=lambda pair: (-counts[pair], pair)
        )  # min() of nothing raises ValueError
        words = {_greedy(word, best): n for word, n in words.items()}
        merges.append(best)
    return merges


@right("03.learn_bpe", "sorted instead of min")
def learn_bpe(word_counts, n_merges):
    return _learn(
        word_counts,
        n_merges,
        choose=lambda counts: sorted(counts, key=lambda p: (-counts[p], p))[0],
    )


# ---------------------------------------------------------------------------------------------- 4 bpe_encode


@wrong("03.bpe_encode", "The end-of-word mark is missing")
def bpe_encode(word, merges):
    symbols = tuple(word)
    while known := [p for p in itertools.pairwise(symbols) if p in merges]:
        symbols = _greedy(symbols, min(known, key=merges.index))
    return list(symbols)


@wrong("03.bpe_encode", "Another pair than the one learnt first was merged")
def bpe_encode(word, merges):
    symbols = (*word, "</w>")
    while known := [p for p in itertools.pairwise(symbols) if p in merges]:
        symbols = _greedy(symbols, known[0])
    return list(symbols)


@wrong("03.bpe_encode", "You went through the merges once, in order")
def bpe_encode(word, merges):
    symbols = (*word, "</w>")
    for pair in merges:
        symbols = _greedy(symbols, pair)
    return list(symbols)


@wrong("03.bpe_encode", "Only one merge was made")
def bpe_encode(word, merges):
    symbols = (*word, "</w>")
    known = [p for p in itertools.pairwise(symbols) if p in merges]
    return list(_greedy(symbols, min(known, key=merges.index)) if known else symbols)


@wrong("03.bpe_encode", "the one learnt last?")
def bpe_encode(word, merges):
    symbols = (*word, "</w>")
    while known := [p for p in itertools.pairwise(symbols) if p in merges]:
        symbols = _greedy(symbols, max(known, key=merges.index))
    return list(symbols)


@right("03.bpe_encode", "a table of ranks and an infinite default")
def bpe_encode(word, merges):
    ranks, symbols = {pair: i for i, pair in enumerate(merges)}, (*word, "</w>")
    while len(symbols) > 1:
        best = min(itertools.pairwise(symbols), key=lambda pair: ranks.get(pair, math.inf))
        if best not in ranks:
            break
        symbols = _greedy(symbols, best)
    return list(symbols)


# ------------------------------------------------------------------------------------------- 5 stream_decode


@wrong("03.stream_decode", "its half characters became")
def stream_decode(pieces):
    return [piece.decode("utf-8", "replace") for piece in pieces]


@wrong("03.stream_decode", "its half characters were dropped")
def stream_decode(pieces):
    return [piece.decode("utf-8", "ignore") for piece in pieces]


@wrong("03.stream_decode", "The unfinished bytes at the end vanished")
def stream_decode(pieces):
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return [decoder.decode(piece) for piece in pieces]


@wrong("03.stream_decode", "return only what is new")
def stream_decode(pieces):
    return [b"".join(pieces[: i + 1]).decode("utf-8", "replace") for i in range(len(pieces))]


@wrong("03.stream_decode", "Bytes that are not valid were dropped")
def stream_decode(pieces):
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    return [decoder.decode(piece, final=i == len(pieces) - 1) for i, piece in enumerate(pieces)]


@wrong("03.stream_decode", "extra item")
def stream_decode(pieces):
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    texts = [decoder.decode(piece) for piece in pieces]
    rest = decoder.decode(b"", final=True)
    return texts + ([rest] if rest else [])


@right("03.stream_decode", "one decoder, flushed into the last text")
def stream_decode(pieces):
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    texts = [decoder.decode(piece) for piece in pieces]
    if texts:
        texts[-1] += decoder.decode(b"", final=True)
    return texts


# ------------------------------------------------------------------------------------------- 6 longest_match


def _match(word, vocab, *, mark="##", order=reversed, unknown=lambda pieces, rest: ["[UNK]"]):
    pieces, rest = [], word
    while rest:
        prefix = mark if pieces else ""
        n = next((i for i in order(range(1, len(rest) + 1)) if prefix + rest[:i] in vocab), 0)
        if not n:
            return unknown(pieces, rest)
        pieces.append(prefix + rest[:n])
        rest = rest[n:]
    return pieces


@wrong("03.longest_match", "You took the shortest piece")
def longest_match(word, vocab):
    return _match(word, vocab, order=iter)


@wrong("03.longest_match", "Pieces inside a word are looked up with")
def longest_match(word, vocab):
    return _match(word, vocab, mark="")


@wrong("03.longest_match", "is missing from the pieces you return")
def longest_match(word, vocab):
    return [piece.removeprefix("##") for piece in _match(word, vocab)]


@wrong("03.longest_match", "The pieces found before the gap must go")
def longest_match(word, vocab):
    return _match(word, vocab, unknown=lambda pieces, rest: [*pieces, "[UNK]"])


@wrong("03.longest_match", "decoding loses it silently")
def longest_match(word, vocab):
    return _match(word, vocab, unknown=lambda pieces, rest: pieces)


@right("03.longest_match", "recursion over the rest")
def longest_match(word, vocab):
    def match(rest, mark):
        for end in range(len(rest), 0, -1):
            if mark + rest[:end] in vocab:
                later = match(rest[end:], "##")
                return ["[UNK]"] if later == ["[UNK]"] else [mark + rest[:end], *later]
        return ["[UNK]"] if rest else []

    return match(word, "")


# ------------------------------------------------------------------------------------------------- 7 viterbi


def _table(text, log_probs, score=lambda before, piece: before + piece):
    best, back = [0.0], [0]
    for j in range(1, len(text) + 1):
        scores = [score(best[i], log_probs.get(text[i:j], -math.inf)) for i in range(j)]
        best.append(max(scores))
        back.append(scores.index(best[j]))
    return best, back


def _walk(text, back):
    pieces, j = [], len(text)
    while j:
        pieces.append(text[back[j] : j])
        j = back[j]
    return pieces


@wrong("03.viterbi", "That is the longest match first")
def viterbi(text, log_probs):
    pieces, rest, total = [], text, 0.0
    while rest:
        n = next((n for n in range(len(rest), 0, -1) if rest[:n] in log_probs), 0)
        if not n:
            return [], -math.inf
        pieces.append(rest[:n])
        total += log_probs[rest[:n]]
        rest = rest[n:]
    return pieces, total


@wrong("03.viterbi", "you walked back and did not turn the list round")
def viterbi(text, log_probs):
    best, back = _table(text, log_probs)
    return (_walk(text, back), best[-1]) if best[-1] > -math.inf else ([], -math.inf)


@wrong("03.viterbi", "The score is a probability")
def viterbi(text, log_probs):
    best, back = _table(text, log_probs)
    return _walk(text, back)[::-1], math.exp(best[-1])


@wrong("03.viterbi", "the way with the SMALLEST sum")
def viterbi(text, log_probs):
    best, back = [0.0], [0]
    for j in range(1, len(text) + 1):
        scores = [best[i] + log_probs.get(text[i:j], math.inf) for i in range(j)]
        best.append(min(scores))
        back.append(scores.index(best[j]))
    return (_walk(text, back)[::-1], best[-1]) if best[-1] < math.inf else ([], -math.inf)


@wrong("03.viterbi", "Every character became a piece")
def viterbi(text, log_probs):
    return list(text), sum(log_probs.get(c, -math.inf) for c in text)


@wrong("03.viterbi", "fill a table instead")
def viterbi(text, log_probs):
    def best(rest):
        if not rest:
            return 0.0, []
        options = [(-math.inf, [])]
        for n in range(1, len(rest) + 1):
            if rest[:n] in log_probs:
                score, pieces = best(rest[n:])
                options.append((score + log_probs[rest[:n]], [rest[:n], *pieces]))
        return max(options, key=lambda option: option[0])

    score, pieces = best(text)
    return (pieces, score) if score > -math.inf else ([], -math.inf)


@right("03.viterbi", "from the right, remembering results")
def viterbi(text, log_probs):
    best = {len(text): (0.0, [])}
    for i in reversed(range(len(text))):
        ways = [
            (log_probs[text[i:j]] + best[j][0], [text[i:j], *best[j][1]])
            for j in range(i + 1, len(text) + 1)
            if text[i:j] in log_probs
        ]
        best[i] = max(ways, key=lambda way: way[0], default=(-math.inf, []))
    score, pieces = best[0]
    return (pieces, score) if score > -math.inf else ([], -math.inf)


# ----------------------------------------------------------------------------------------------- 8 pad_batch


def _pad(sequences, pad_id, width, left=False):
    rows = [list(s)[:width] for s in sequences]
    fill = [[pad_id] * (width - len(row)) for row in rows]
    full = [f + r if left else r + f for f, r in zip(fill, rows, strict=True)]
    real = [
        [False] * len(f) + [True] * len(r) if left else [True] * len(r) + [False] * len(f)
        for f, r in zip(fill, rows, strict=True)
    ]
    return torch.tensor(full), torch.tensor(real)


@wrong("03.pad_batch", "You padded on the left")
def pad_batch(sequences, pad_id):
    return _pad(sequences, pad_id, max(map(len, sequences)), left=True)


@wrong("03.pad_batch", "The batch was cut to the shortest")
def pad_batch(sequences, pad_id):
    return _pad(sequences, pad_id, min(map(len, sequences)))


@wrong("03.pad_batch", "The mask is the wrong way round")
def pad_batch(sequences, pad_id):
    ids, mask = _pad(sequences, pad_id, max(map(len, sequences)))
    return ids, ~mask


@wrong("03.pad_batch", "The mask was made by comparing ids with pad_id")
def pad_batch(sequences, pad_id):
    ids, _ = _pad(sequences, pad_id, max(map(len, sequences)))
    return ids, ids != pad_id


@wrong("03.pad_batch", "ids: int64")
def pad_batch(sequences, pad_id):
    ids, mask = _pad(sequences, pad_id, max(map(len, sequences)))
    return ids.float(), mask


@wrong("03.pad_batch", "do not append to the lists")
def pad_batch(sequences, pad_id):
    lengths = [len(s) for s in sequences]
    width = max(lengths, default=0)
    for row in sequences:
        while len(row) < width:
            row.append(pad_id)
    return torch.tensor(sequences), torch.arange(width) < torch.tensor(lengths)[:, None]


@right("03.pad_batch", "lists first, tensors at the end")
def pad_batch(sequences, pad_id):
    return _pad(sequences, pad_id, max((len(s) for s in sequences), default=0))


@right("03.pad_batch", "mask from the lengths by comparison")
def pad_batch(sequences, pad_id):
    lengths = torch.tensor([len(s) for s in sequences])
    width = int(lengths.max())
    ids = torch.stack([torch.tensor(list(s) + [pad_id] * (width - len(s))) for s in sequences])
    return ids, torch.arange(width) < lengths[:, None]
