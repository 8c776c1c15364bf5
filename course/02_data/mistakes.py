"""Wrong answers that people really give to the exercises of lesson 02, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

from collections import Counter

import numpy as np
import torch
from llm101.check.mistakes import right, wrong

SIGNS = ".,!?;:\"'()"
ENDS = (".", "!", "?", '"')

# ------------------------------------------------------------------------------------------------ 1 c4_lines


def _c4(page, bad_words, *, line_ok=None, page_bad=None, shown=str.strip):
    def prose(line):
        line = line.strip()
        return line.endswith(ENDS) and len(line.split()) >= 5 and "javascript" not in line.lower()

    def condemned(page):
        words = {word.strip(SIGNS).lower() for word in page.split()}
        return "{" in page or bool(words & bad_words)

    if (page_bad or condemned)(page):
        return ""
    return "\n".join(shown(line) for line in page.split("\n") if (line_ok or prose)(line))


@wrong("02.c4_lines", "You kept only lines that end in a full stop")
def c4_lines(page, bad_words):
    return _c4(
        page, bad_words, line_ok=lambda line: line.strip().endswith(".") and len(line.split()) >= 5
    )


@wrong("02.c4_lines", "Five words are enough")
def c4_lines(page, bad_words):
    return _c4(
        page,
        bad_words,
        line_ok=lambda line: (
            line.strip().endswith(ENDS)
            and len(line.split()) > 5
            and "javascript" not in line.lower()
        ),
    )


@wrong("02.c4_lines", "compare the line in lower case")
def c4_lines(page, bad_words):
    return _c4(
        page,
        bad_words,
        line_ok=lambda line: (
            line.strip().endswith(ENDS) and len(line.split()) >= 5 and "javascript" not in line
        ),
    )


@wrong("02.c4_lines", "strip the line first")
def c4_lines(page, bad_words):
    return _c4(
        page,
        bad_words,
        line_ok=lambda line: (
            line.endswith(ENDS) and len(line.split()) >= 5 and "javascript" not in line.lower()
        ),
        shown=str,
    )


@wrong("02.c4_lines", "You found a bad word inside another word")
def c4_lines(page, bad_words):
    return _c4(
        page,
        bad_words,
        page_bad=lambda page: "{" in page or any(bad in page.lower() for bad in bad_words),
    )


@wrong("02.c4_lines", "Only the line with `{` was dropped")
def c4_lines(page, bad_words):
    lines = [line for line in page.split("\n") if "{" not in line]
    return _c4("\n".join(lines), bad_words)


@wrong("02.c4_lines", "you wrote the lesson's stricter rule")
def c4_lines(page, bad_words):
    def prose(line):
        line = line.strip()
        ends = line.endswith(ENDS) and not line.endswith("...")
        return ends and len(line.split()) >= 5 and "javascript" not in line.lower()

    return _c4(page, bad_words, line_ok=prose)


@right("02.c4_lines", "with continue instead of one condition")
def c4_lines(page, bad_words):
    if "{" in page:
        return ""
    for word in page.lower().split():
        if word.strip(SIGNS) in bad_words:
            return ""
    kept = []
    for line in page.split("\n"):
        line = line.strip()
        if not line or line[-1] not in '.!?"':
            continue
        if len(line.split()) < 5:
            continue
        if "javascript" in line.lower():
            continue
        kept.append(line)
    return "\n".join(kept)


# --------------------------------------------------------------------------------------------------- 2 judge


def _counts(dropped, bad):
    pairs = Counter(zip(map(bool, dropped), map(bool, bad)))
    return pairs[True, True], pairs[True, False], pairs[False, True], pairs[False, False]


@wrong("02.judge", "Precision and recall are the wrong way round")
def judge(dropped, bad):
    bad_out, good_out, bad_in, good_in = _counts(dropped, bad)
    precision = bad_out / (bad_out + good_out) if bad_out + good_out else 1.0
    recall = bad_out / (bad_out + bad_in) if bad_out + bad_in else 1.0
    return recall, precision, good_out / (good_out + good_in) if good_out + good_in else 0.0


@wrong("02.judge", "`wrongly` divides by the good pages, not by the dropped ones")
def judge(dropped, bad):
    bad_out, good_out, bad_in, good_in = _counts(dropped, bad)
    precision = bad_out / (bad_out + good_out) if bad_out + good_out else 1.0
    recall = bad_out / (bad_out + bad_in) if bad_out + bad_in else 1.0
    return precision, recall, 1 - precision


@wrong("02.judge", "(accuracy), not the precision")
def judge(dropped, bad):
    bad_out, good_out, bad_in, good_in = _counts(dropped, bad)
    accuracy = (bad_out + good_in) / len(bad) if bad else 1.0
    recall = bad_out / (bad_out + bad_in) if bad_out + bad_in else 1.0
    return accuracy, recall, good_out / (good_out + good_in) if good_out + good_in else 0.0


@wrong("02.judge", "You judged the pages that were kept")
def judge(dropped, bad):
    bad_out, good_out, bad_in, good_in = _counts(dropped, bad)
    return good_in / (good_in + bad_in), good_in / (good_in + good_out), bad_in / (bad_in + bad_out)


@wrong("02.judge", "so the precision is 1.0 by agreement")
def judge(dropped, bad):
    bad_out, good_out, bad_in, good_in = _counts(dropped, bad)
    precision = bad_out / (bad_out + good_out) if bad_out + good_out else 0.0
    recall = bad_out / (bad_out + bad_in) if bad_out + bad_in else 1.0
    return precision, recall, good_out / (good_out + good_in) if good_out + good_in else 0.0


@wrong("02.judge", "each of the three denominators")
def judge(dropped, bad):
    bad_out, good_out, bad_in, good_in = _counts(dropped, bad)
    return (
        bad_out / (bad_out + good_out),
        bad_out / (bad_out + bad_in),
        good_out / (good_out + good_in),
    )


@right("02.judge", "with arrays")
def judge(dropped, bad):
    dropped, bad = np.array(dropped, bool), np.array(bad, bool)
    precision = bad[dropped].mean() if dropped.any() else 1.0
    recall = dropped[bad].mean() if bad.any() else 1.0
    wrongly = dropped[~bad].mean() if (~bad).any() else 0.0
    return float(precision), float(recall), float(wrongly)


# ------------------------------------------------------------------------------------------------- 3 jaccard


def _runs(words, n):
    if len(words) < n:
        return [tuple(words)] if words else []
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def _share(first, second, below=None):
    first, second = set(first), set(second)
    if not first | second:
        return 1.0
    return len(first & second) / (below(first, second) if below else len(first | second))


@wrong("02.jaccard", "a union counts each once")
def jaccard(a, b, n):
    return _share(
        _runs(a.lower().split(), n), _runs(b.lower().split(), n), lambda x, y: len(x) + len(y)
    )


@wrong("02.jaccard", "A run is missing at the end")
def jaccard(a, b, n):
    first, second = (
        {tuple(words[i : i + n]) for i in range(len(words) - n)}
        for words in (a.lower().split(), b.lower().split())
    )
    return len(first & second) / len(first | second) if first | second else 1.0


@wrong("02.jaccard", "You counted runs of n characters")
def jaccard(a, b, n):
    return _share(
        {a[i : i + n] for i in range(len(a) - n + 1)}, {b[i : i + n] for i in range(len(b) - n + 1)}
    )


@wrong("02.jaccard", "You counted a repeated shingle twice")
def jaccard(a, b, n):
    first, second = Counter(_runs(a.lower().split(), n)), Counter(_runs(b.lower().split(), n))
    return (first & second).total() / (first | second).total()


@wrong("02.jaccard", "Capital letters made a difference")
def jaccard(a, b, n):
    return _share(_runs(a.split(), n), _runs(b.split(), n))


@wrong("02.jaccard", "one shingle")
def jaccard(a, b, n):
    first, second = (
        {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}
        for words in (a.lower().split(), b.lower().split())
    )
    return len(first & second) / len(first | second) if first | second else 1.0


@right("02.jaccard", "strings instead of tuples, and counting instead of set operations")
def jaccard(a, b, n):
    sets = []
    for text in (a, b):
        words = text.lower().split()
        k = min(n, len(words))
        sets.append({" ".join(words[i : i + k]) for i in range(len(words) - k + 1)} if k else set())
    both = sum(x in sets[1] for x in sets[0])
    either = len(sets[0]) + len(sets[1]) - both
    return both / either if either else 1.0


# ------------------------------------------------------------------------------------------------- 4 minhash


@wrong("02.minhash", "You forgot `% prime`")
def signature(items, orders, prime):
    return [min(a * x + b for x in items) for a, b in orders]


@wrong("02.minhash", "You took the place of the smallest item")
def signature(items, orders, prime):
    return [(a * min(items) + b) % prime for a, b in orders]


@wrong("02.minhash", "You returned the item that comes first")
def signature(items, orders, prime):
    return [min(items, key=lambda x: (a * x + b) % prime) for a, b in orders]


@wrong("02.minhash", "not one for each order")
def signature(items, orders, prime):
    return [min((a * x + b) % prime for a, b in orders) for x in sorted(items)]


@wrong("02.minhash", "You compared the sets of numbers")
def estimate(first, second):
    return len(set(first) & set(second)) / len(set(first) | set(second))


@wrong("02.minhash", "You returned how many agree")
def estimate(first, second):
    return float(sum(x == y for x, y in zip(first, second)))


@right("02.minhash", "with an array for all places at once")
def signature(items, orders, prime):
    x = np.array(sorted(items), np.int64)
    a, b = np.array(orders, np.int64).T
    return ((a[:, None] * x + b[:, None]) % prime).min(axis=1).tolist()


@right("02.minhash", "with an array")
def estimate(first, second):
    return float((np.array(first) == np.array(second)).mean())


# -------------------------------------------------------------------------------------------- 5 choose_bands


@wrong("02.choose_bands", "You multiplied the probability of one band")
def found(s, bands, rows):
    return bands * s**rows


@wrong("02.choose_bands", "probability that NO band agrees")
def found(s, bands, rows):
    return (1 - s**rows) ** bands


@wrong("02.choose_bands", "Rows and bands are the wrong way round")
def found(s, bands, rows):
    return 1 - (1 - s**bands) ** rows


@wrong("02.choose_bands", "The order is (bands, rows)")
def choose_bands(k, s, recall):
    for rows in range(k, 0, -1):
        if k % rows == 0 and 1 - (1 - s**rows) ** (k // rows) >= recall:
            return rows, k // rows
    return None


@wrong("02.choose_bands", "That shape finds the most pairs")
def choose_bands(k, s, recall):
    for rows in range(1, k + 1):
        if k % rows == 0 and 1 - (1 - s**rows) ** (k // rows) >= recall:
            return k // rows, rows
    return None


@wrong("02.choose_bands", "bands * rows must be exactly k")
def choose_bands(k, s, recall):
    for rows in range(k, 0, -1):
        if 1 - (1 - s**rows) ** (k // rows) >= recall:
            return k // rows, rows
    return None


@wrong("02.choose_bands", "`recall` or more")
def choose_bands(k, s, recall):
    for rows in range(k, 0, -1):
        if k % rows == 0 and 1 - (1 - s**rows) ** (k // rows) > recall:
            return k // rows, rows
    return None


@right("02.choose_bands", "by looking at all shapes")
def choose_bands(k, s, recall):
    good = [
        (k // rows, rows)
        for rows in range(1, k + 1)
        if k % rows == 0 and 1 - (1 - s**rows) ** (k // rows) >= recall
    ]
    return good[-1] if good else None


@right("02.choose_bands", "a loop over the bands")
def found(s, bands, rows):
    none_agrees = 1.0
    for _ in range(bands):
        none_agrees *= 1 - s**rows
    return 1 - none_agrees


# -------------------------------------------------------------------------------------------------- 6 leaked


def _words(text, *, lower=True, signs=SIGNS, keep_empty=False):
    words = [word.strip(signs) for word in (text.lower() if lower else text).split()]
    return words if keep_empty else [word for word in words if word]


def _grams(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def _leaked(train, test, n, words=_words, grams=_grams, known=None):
    known = (
        {gram for text in train for gram in grams(words(text), n)}
        if known is None
        else known(train)
    )
    shares = []
    for item in test:
        own = grams(words(item), n)
        shares.append(sum(gram in known for gram in own) / len(own) if own else 0.0)
    return shares


@wrong("02.leaked", "Capital letters made a difference")
def leaked(train, test, n):
    return _leaked(train, test, n, words=lambda text: _words(text, lower=False))


@wrong("02.leaked", "Signs made a difference")
def leaked(train, test, n):
    return _leaked(train, test, n, words=lambda text: text.lower().split())


@wrong("02.leaked", "You joined the training documents")
def leaked(train, test, n):
    return _leaked([" ".join(train)], test, n)


@wrong("02.leaked", "no set there")
def leaked(train, test, n):
    known = {gram for text in train for gram in _grams(_words(text), n)}
    shares = []
    for item in test:
        own = set(_grams(_words(item), n))
        shares.append(len(own & known) / len(own) if own else 0.0)
    return shares


@wrong("02.leaked", "Its last n-gram is missing")
def leaked(train, test, n):
    return _leaked(
        train, test, n, grams=lambda w, n: [tuple(w[i : i + n]) for i in range(len(w) - n)]
    )


@wrong("02.leaked", "inside other words")
def leaked(train, test, n):
    documents = [" ".join(_words(text)) for text in train]
    shares = []
    for item in test:
        own = [" ".join(gram) for gram in _grams(_words(item), n)]
        hits = sum(any(gram in document for document in documents) for gram in own)
        shares.append(hits / len(own) if own else 0.0)
    return shares


@wrong("02.leaked", "must not walk through a list")
def leaked(train, test, n):
    return _leaked(
        train,
        test,
        n,
        known=lambda train: [gram for text in train for gram in _grams(_words(text), n)],
    )


@right("02.leaked", "strings instead of tuples, joined by a sign that no word has")
def leaked(train, test, n):
    def grams(text):
        words = _words(text)
        return [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]

    known = set()
    for text in train:
        known.update(grams(text))
    return [sum(gram in known for gram in own) / max(len(own), 1) for own in map(grams, test)]


# -------------------------------------------------------------------------------------------------- 7 epochs


@wrong("02.epochs", "divide by their sum instead of 100")
def epochs(weights, tokens, budget):
    return {name: weights[name] / 100 * budget / tokens[name] for name in weights}


@wrong("02.epochs", "That is upside down")
def epochs(weights, tokens, budget):
    total = sum(weights.values())
    return {name: tokens[name] / (weights[name] / total * budget) for name in weights}


@wrong("02.epochs", "You returned the tokens drawn")
def epochs(weights, tokens, budget):
    total = sum(weights.values())
    return {name: weights[name] / total * budget for name in weights}


@wrong("02.epochs", "You multiplied the weights by the sizes")
def epochs(weights, tokens, budget):
    total = sum(weights[name] * tokens[name] for name in weights)
    return {name: weights[name] * budget / total for name in weights}


@wrong("02.epochs", "You rounded")
def epochs(weights, tokens, budget):
    total = sum(weights.values())
    return {name: round(weights[name] / total * budget / tokens[name], 2) for name in weights}


@wrong("02.epochs", "every source the same weight")
def by_size(tokens):
    return {name: 1 / len(tokens) for name in tokens}


@right("02.epochs", "with arrays")
def epochs(weights, tokens, budget):
    w = np.array(list(weights.values()), float)
    read = w / w.sum() * budget / np.array([tokens[name] for name in weights])
    return dict(zip(weights, read.tolist()))


@right("02.epochs", "with arrays")
def by_size(tokens):
    sizes = np.array(list(tokens.values()), float)
    return dict(zip(tokens, (sizes / sizes.sum()).tolist()))


# ---------------------------------------------------------------------------------------------------- 8 pack


def _blocks(ids, source, length, end, fill=-1):
    missing = -len(ids) % length
    rows = ids + [end] * missing, source + [fill] * missing
    return tuple(torch.tensor(row, dtype=torch.int64).reshape(-1, length) for row in rows)


def _stream(documents, end, *, first=0, own=True):
    ids, source = [], []
    for number, document in enumerate(documents, first):
        ids += [*document, end]
        source += [number] * len(document) + [number if own else -1]
    return ids, source


@wrong("02.pack", "it belongs behind it")
def pack(documents, length, end):
    ids, source = [], []
    for number, document in enumerate(documents):
        ids += [end, *document]
        source += [number] * (len(document) + 1)
    return _blocks(ids, source, length, end)


@wrong("02.pack", "The tokens that did not fill the last block are lost")
def pack(documents, length, end):
    ids, source = _stream(documents, end)
    full = len(ids) // length * length
    return _blocks(ids[:full], source[:full], length, end)


@wrong("02.pack", "documents follow each other without a gap")
def pack(documents, length, end):
    ids, source = [], []
    for number, document in enumerate(documents):
        row = [*document, end]
        missing = -len(row) % length
        ids += row + [end] * missing
        source += [number] * len(row) + [-1] * missing
    return _blocks(ids, source, length, end)


@wrong("02.pack", "if the last block is full nothing is missing")
def pack(documents, length, end):
    ids, source = _stream(documents, end)
    missing = length - len(ids) % length
    return _blocks(ids + [end] * missing, source + [-1] * missing, length, end)


@wrong("02.pack", "You found the borders by looking for `end`")
def pack(documents, length, end):
    ids, source = _stream(documents, end)
    number, found = 0, []
    for token in ids:
        found.append(number)
        number += token == end
    return _blocks(ids, found, length, end)


@wrong("02.pack", "it is float32")
def pack(documents, length, end):
    ids, source = _stream(documents, end)
    missing = -len(ids) % length
    rows = ids + [end] * missing, source + [-1] * missing
    return tuple(torch.tensor(row).reshape(-1, length) for row in rows)


@wrong("02.pack", "You appended `end` to the caller's own lists")
def pack(documents, length, end):
    ids, source = [], []
    for number, document in enumerate(documents):
        document.append(end)
        ids += document
        source += [number] * len(document)
    return _blocks(ids, source, length, end)


@right("02.pack", "tensors joined with torch.cat, and split")
def pack(documents, length, end):
    parts = [torch.tensor([*document, end], dtype=torch.int64) for document in documents]
    flat = torch.cat([torch.zeros(0, dtype=torch.int64), *parts])
    sizes = torch.tensor([len(part) for part in parts], dtype=torch.int64)
    numbers = torch.repeat_interleave(torch.arange(len(parts)), sizes)
    n_blocks = (len(flat) + length - 1) // length
    ids = torch.full((n_blocks * length,), end, dtype=torch.int64)
    source = torch.full((n_blocks * length,), -1, dtype=torch.int64)
    ids[: len(flat)] = flat
    source[: len(flat)] = numbers
    return ids.view(n_blocks, length), source.view(n_blocks, length)
