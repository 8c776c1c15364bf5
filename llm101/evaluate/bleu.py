"""BLEU: how many runs of one to four words a translation shares with a reference, and whether it is too short.

Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation", ACL 2002 (P02-1040).
Text comes as tokens here. A score depends on how the text was cut, so compare only scores with the same tokens
(Post 2018, arXiv:1804.08771, who wrote sacreBLEU for this reason). From 0 to 100, as in sacreBLEU; the paper counts to 1.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from llm101.expect import integer, one_of

Tokens = Sequence[str]
Smoothing = Literal["none", "add-one", "exp"]
SMOOTHINGS = ("none", "add-one", "exp")


class Bleu(NamedTuple):
    """A score with its parts."""

    score: float  # 0 to 100
    precisions: tuple[float, ...]  # of 1-grams, 2-grams, ...: 0 to 100, after smoothing
    brevity_penalty: float  # 0 to 1
    length: int  # tokens of the hypotheses
    reference_length: int  # tokens of the references that are nearest in length


def bleu(
    hypotheses: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    *,
    order: int = 4,
    smoothing: Smoothing = "none",
) -> Bleu:
    """BLEU of a whole corpus: counts are summed over all sentences before anything is divided.

        brevity · (p1 p2 p3 p4)^(1/4)            p_n = clipped matches / n-grams of the hypotheses
        brevity = min(1, exp(1 - r/c))           c tokens of the hypotheses, r of the references

    A match is clipped: an n-gram counts at most as often as in the reference that has it most often. r takes from each
    sentence's references the one nearest in length, of two equally near the shorter one.

    Args:
        hypotheses: a translation for each sentence, as tokens.
        references: for each sentence one or more right translations.
        order: longest n-gram.
        smoothing: what to do with an order without a match. "none" = the score is 0, as in the paper. "add-one" = add 1 to
            matches and totals of every order above 1 (Lin & Och 2004). "exp" = the k-th such order counts 1/2^k matches
            (sacreBLEU's default; NIST). An order of which there is no n-gram at all makes the score 0 unless it is
            smoothed with "add-one".

    Returns:
        See Bleu.

    Raises:
        ValueError: there is no sentence, the lists differ in length, a sentence has no reference, order is below 1.
        TypeError: a sentence is a string; split it first.

    >>> bleu(["the cat sat on the mat".split()], [["the cat sat on a mat".split()]]).precisions
    (83.33333333333334, 60.0, 50.0, 33.33333333333333)
    """
    integer("bleu", "order", order, at_least=1)
    one_of("bleu", "smoothing", smoothing, SMOOTHINGS)
    refuse_nonsense(hypotheses, references)
    matches, totals = [0] * order, [0] * order
    for hypothesis, refs in zip(hypotheses, references, strict=True):
        for n in range(order):
            found = ngrams(hypothesis, n + 1)
            matches[n] += sum(clipped(found, [ngrams(ref, n + 1) for ref in refs]).values())
            totals[n] += sum(found.values())
    c = sum(len(hypothesis) for hypothesis in hypotheses)
    r = sum(nearest_length(len(h), refs) for h, refs in zip(hypotheses, references, strict=True))
    shares = smoothed(matches, totals, smoothing)
    brevity = brevity_penalty(c, r)
    mean = math.exp(sum(math.log(p) for p in shares) / order) if all(shares) else 0.0
    return Bleu(100 * brevity * mean, tuple(100 * p for p in shares), brevity, c, r)


def sentence_bleu(hypothesis: Tokens, references: Sequence[Tokens], *, order: int = 4) -> float:
    """BLEU of one sentence, "exp"-smoothed: one order without a match would make it 0.

    Only for looking at single sentences: the mean of these is not the corpus's BLEU.

    >>> round(sentence_bleu("那 只 猫".split(), ["那 只 猫".split()], order=3), 6)
    100.0
    """
    return bleu([hypothesis], [references], order=order, smoothing="exp").score


def ngrams(tokens: Tokens, n: int) -> Counter[tuple[str, ...]]:
    """Every run of n tokens, with how often it comes.

    >>> ngrams("to be or to be".split(), 2)[("to", "be")]
    2
    """
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def clipped(found: Counter, references: Sequence[Counter]) -> Counter:
    """The n-grams of a hypothesis that count: each at most as often as in the reference that has most of it."""
    most: Counter = Counter()
    for reference in references:
        most |= reference  # the larger of two counts
    return found & most  # the smaller


def brevity_penalty(c: int, r: int) -> float:
    """1 if c, the hypotheses, are as long as r, the references; below that less. No hypotheses at all: 0.

    >>> brevity_penalty(12, 10), round(brevity_penalty(5, 10), 4)
    (1.0, 0.3679)
    """
    if c >= r:
        return 1.0
    return math.exp(1 - r / c) if c else 0.0


def nearest_length(length: int, references: Sequence[Tokens]) -> int:
    """The reference length that is nearest; of two the shorter."""
    return min((len(reference) for reference in references), key=lambda n: (abs(n - length), n))


def smoothed(matches: Sequence[int], totals: Sequence[int], smoothing: str) -> list[float]:
    """The share of each order, from 0 to 1."""
    shares, misses = [], 0
    for n, (matched, total) in enumerate(zip(matches, totals, strict=True)):
        extra = 1 if smoothing == "add-one" and n else 0
        misses += smoothing == "exp" and not matched and total > 0
        top = matched + extra if matched or smoothing != "exp" else 2.0**-misses
        shares.append(top / (total + extra) if total + extra else 0.0)
    return shares


def refuse_nonsense(hypotheses: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> None:
    """Sentences as tokens, and at least one reference for each."""
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(
            f"bleu: expected as many lists of references as hypotheses, at least one; got {len(references)} and "
            f"{len(hypotheses)}"
        )
    for i, (hypothesis, refs) in enumerate(zip(hypotheses, references, strict=True)):
        texts = [hypothesis, *([refs] if isinstance(refs, str) else refs)]
        text = next((text for text in texts if isinstance(text, str)), None)
        if text is not None:
            raise TypeError(f"bleu: sentence {i}: expected lists of tokens; got the string {text!r}. Use .split()")
        if not refs:
            raise ValueError(f"bleu: sentence {i} needs at least 1 reference; got 0")
