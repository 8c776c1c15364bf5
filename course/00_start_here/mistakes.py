"""Wrong answers that people really give to the exercises of lesson 00, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import itertools
import math

from llm101.check.mistakes import right, wrong

# ------------------------------------------------------------------------------------------- 1 product_shape


@wrong("00.product_shape", "You returned the inner numbers")
def product_shape(a, b):
    if a[1] != b[0]:
        raise ValueError(f"{a[1]} columns do not meet {b[0]} rows")
    return (a[1], b[0])


@wrong("00.product_shape", "Rows and columns are swapped")
def product_shape(a, b):
    if a[1] != b[0]:
        raise ValueError(f"{a[1]} columns do not meet {b[0]} rows")
    return (b[1], a[0])


@wrong("00.product_shape", "do not return, print or assert it")
def product_shape(a, b):
    return (a[0], b[1])


@wrong("00.product_shape", "do not return, print or assert it")
def product_shape(a, b):
    assert a[1] == b[0], f"{a[1]} columns do not meet {b[0]} rows"
    return (a[0], b[1])


@right("00.product_shape", "unpacked into names")
def product_shape(a, b):
    (rows, inner), (other, columns) = a, b
    if inner == other:
        return rows, columns
    raise ValueError(f"inner sizes {inner} and {other} differ")


# ------------------------------------------------------------------------------------------------- 2 softmax


@wrong("00.softmax", "divide by the sum of all powers")
def softmax(scores):
    return [math.exp(z - max(scores)) for z in scores]


@wrong("00.softmax", "Subtract the largest score from all of them")
def softmax(scores):
    total = sum(math.exp(z) for z in scores)
    return [math.exp(z) / total for z in scores]


@wrong("00.softmax", "After subtracting the LARGEST score")
def softmax(scores):
    powers = [math.exp(z - min(scores)) for z in scores]
    return [p / sum(powers) for p in powers]


@wrong("00.softmax", "the powers are missing")
def softmax(scores):
    return [z / (sum(scores) or 1.0) for z in scores]


@wrong("00.softmax", "A minus too many")
def softmax(scores):
    powers = [math.exp(min(scores) - z) for z in scores]
    return [p / sum(powers) for p in powers]


@wrong("00.softmax", "Build a new list")
def softmax(scores):
    largest = max(scores)
    for i in range(len(scores)):
        scores[i] = math.exp(scores[i] - largest)
    total = sum(scores)
    for i in range(len(scores)):
        scores[i] /= total
    return scores


@right("00.softmax", "through the logarithm of the sum")
def softmax(scores):
    top = max(scores)
    log_total = top + math.log(sum(math.exp(z - top) for z in scores))
    return [math.exp(z - log_total) for z in scores]


# ----------------------------------------------------------------------------------------------- 3 text_bits


@wrong("00.text_bits", "That is in nats")
def text_bits(probabilities):
    return sum(-math.log(p) if p else math.inf for p in probabilities)


@wrong("00.text_bits", "That is the mean per word")
def text_bits(probabilities):
    return sum(-math.log2(p) if p else math.inf for p in probabilities) / max(1, len(probabilities))


@wrong("00.text_bits", "a cost is positive")
def text_bits(probabilities):
    return sum(math.log2(p) if p else -math.inf for p in probabilities)


@wrong("00.text_bits", "add logarithms, do not multiply probabilities")
def text_bits(probabilities):
    product = math.prod(probabilities)
    return -math.log2(product) if product else math.inf


@wrong("00.text_bits", "You left the impossible word out")
def text_bits(probabilities):
    return sum(-math.log2(p) for p in probabilities if p > 0)


@wrong("00.text_bits", "Look for a 0 before taking logarithms")
def text_bits(probabilities):
    return sum(-math.log2(p) for p in probabilities)


@right("00.text_bits", "fsum, and a guard inside the sum")
def text_bits(probabilities):
    return math.fsum(math.inf if p == 0 else math.log2(1 / p) for p in probabilities)


# --------------------------------------------------------------------------------------------------- 4 slope


def _moved(x, i, h):
    return [value + h if j == i else value for j, value in enumerate(x)]


@wrong("00.slope", "divide by 2h, not by h")
def slope(f, x, i, h=1e-4):
    return (f(_moved(x, i, h)) - f(_moved(x, i, -h))) / h


@wrong("00.slope", "That is the forward difference")
def slope(f, x, i, h=1e-4):
    return (f(_moved(x, i, h)) - f(x)) / h


@wrong("00.slope", "All entries moved")
def slope(f, x, i, h=1e-4):
    return (f([v + h for v in x]) - f([v - h for v in x])) / (2 * h)


@wrong("00.slope", "You did not use the argument h")
def slope(f, x, i, h=1e-4):
    return (f(_moved(x, i, 1e-4)) - f(_moved(x, i, -1e-4))) / 2e-4


@wrong("00.slope", "up minus down, not down minus up")
def slope(f, x, i, h=1e-4):
    return (f(_moved(x, i, -h)) - f(_moved(x, i, h))) / (2 * h)


@wrong("00.slope", "Work on a copy")
def slope(f, x, i, h=1e-4):
    x[i] += h
    up = f(x)
    x[i] -= 2 * h
    return (up - f(x)) / (2 * h)


@right("00.slope", "mean of the forward and the backward difference")
def slope(f, x, i, h=1e-4):
    forward = (f(_moved(x, i, h)) - f(x)) / h
    backward = (f(x) - f(_moved(x, i, -h))) / h
    return (forward + backward) / 2


# -------------------------------------------------------------------------------------------------- 5 greedy


def _best(followers):
    return min(followers, key=lambda word: (-followers[word], word))


@wrong("00.greedy", "n words are ADDED")
def greedy(counts, start, n):
    words = [start]
    while len(words) < n and counts.get(words[-1]):
        words.append(_best(counts[words[-1]]))
    return words


@wrong("00.greedy", "The start is missing")
def greedy(counts, start, n):
    words, word = [], start
    for _ in range(n):
        if not counts.get(word):
            break
        word = _best(counts[word])
        words.append(word)
    return words


@wrong("00.greedy", "Nothing was ever seen after that word")
def greedy(counts, start, n):
    words = [start]
    for _ in range(n):
        words.append(_best(counts[words[-1]]))
    return words


@wrong("00.greedy", "max() keeps the first it meets")
def greedy(counts, start, n):
    words = [start]
    while len(words) <= n and counts.get(words[-1]):
        followers = counts[words[-1]]
        words.append(max(followers, key=followers.get))
    return words


@wrong("00.greedy", "prefers the later word")
def greedy(counts, start, n):
    words = [start]
    while len(words) <= n and counts.get(words[-1]):
        followers = counts[words[-1]]
        words.append(max(followers, key=lambda word: (followers[word], word)))
    return words


@wrong("00.greedy", "You went on from the start each time")
def greedy(counts, start, n):
    return [start] + [_best(counts[start]) for _ in range(n) if counts.get(start)]


@right("00.greedy", "recursion")
def greedy(counts, start, n):
    def rest(word, left):
        if left == 0 or not counts.get(word):
            return []
        following = _best(counts[word])
        return [following, *rest(following, left - 1)]

    return [start, *rest(start, n)]


@right("00.greedy", "a sorted list of followers")
def greedy(counts, start, n):
    words = [start]
    for _ in itertools.repeat(None, n):
        ordered = sorted(counts.get(words[-1], {}).items(), key=lambda item: (-item[1], item[0]))
        if not ordered:
            return words
        words.append(ordered[0][0])
    return words
