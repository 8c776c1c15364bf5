"""The checks of lesson 04, the basics: n-grams, a smoothed distribution, bits per token."""

import math

from llm101.check import exercise
from llm101.checks.embeddings import oracles as o

HIDE = ("llm101.lm",)

# ----------------------------------------------------------------------------------------------- count_ngrams
ex = exercise(
    "04.count_ngrams",
    title="Count n-grams with padding",
    points=2,
    names=("count_ngrams",),
    mask=HIDE,
    hints=[
        "What stands before the first word, so that it too has n - 1 tokens of context? What comes after the last?",
        'padded = ["<start>"] * (n - 1) + sentence + ["<end>"], anew for each sentence.',
        "The windows are tuple(padded[i : i + n]) for i in range(len(padded) - n + 1): one for each word, one for <end>.",
    ],
)


@ex.check(
    "bigrams of one sentence", hint="Pad the sentence of the call by hand and slide a window of two tokens over it."
)
def _(s, t):
    sentences = [["so", "it", "goes"]]
    t.eq(s.count_ngrams(sentences, 2), o.count_ngrams(sentences, 2), "the dict of bigrams", mistakes={
        "<end> is missing: the model must learn where sentences end.": o.count_ngrams(sentences, 2, end=False),
        "<start> is missing: the first word has a context too.": o.count_ngrams(sentences, 2, starts=0),
        "Both marks are missing: the first word has a context too, and the end is predicted like a word.":
            o.count_ngrams(sentences, 2, starts=0, end=False),
        "One <start> too many: with n of them you count <start> itself as something to predict.":
            o.count_ngrams(sentences, 2, starts=2),
    })  # fmt: skip


@ex.check("trigrams and unigrams", hint="n - 1 times <start> in front: two for trigrams, none for unigrams.")
def _(s, t):
    sentences = [["a", "b"], ["a", "b", "b"]]
    t.eq(s.count_ngrams(sentences, 3), o.count_ngrams(sentences, 3), "the dict of trigrams", mistakes={
        "There is one <start> in front; a trigram's first word needs two, in general n - 1.":
            o.count_ngrams(sentences, 3, starts=1),
        "One <start> too many: n - 1 of them are enough.": o.count_ngrams(sentences, 3, starts=3),
        "A window reached from one sentence into the next: start anew with each.": o.ngrams_across(sentences, 3),
    })  # fmt: skip
    t.eq(s.count_ngrams(sentences, 1), o.count_ngrams(sentences, 1), "the dict of unigrams", mistakes={
        "<start> is never predicted, so it is no unigram: n - 1 of them are none for n = 1.":
            o.count_ngrams(sentences, 1, starts=1),
        "Each n-gram counts as often as it occurs, not once a sentence.": o.count_ngrams(sentences, 1, once=True),
        "A window reached from one sentence into the next: start anew with each.": o.ngrams_across(sentences, 1),
    })  # fmt: skip


@ex.check("each sentence stands alone", hint="Pad every sentence by itself; never join two of them.")
def _(s, t):
    sentences = [["a"], ["b", "a"], []]
    t.eq(s.count_ngrams(sentences, 2), o.count_ngrams(sentences, 2), "the dict of bigrams", mistakes={
        "A window reached from one sentence into the next: start anew with each.": o.ngrams_across(sentences, 2),
        "An empty sentence counts too: <start> <end>.": o.count_ngrams(sentences[:2], 2),
    })  # fmt: skip


@ex.check(
    "random sentences", hint="The counts of all n-grams add up to the number of words plus one for each sentence."
)
def _(s, t):
    for seed in range(5):
        sentences = o.random_sentences(seed)
        for n in (1, 2, 4):
            t.eq(s.count_ngrams(sentences, n), o.count_ngrams(sentences, n), f"the dict of n-grams for n = {n}", mistakes={
                "Each n-gram counts as often as it occurs, not once a sentence.": o.count_ngrams(sentences, n, once=True),
            })  # fmt: skip


# ------------------------------------------------------------------------------------------------------ add_k
ex = exercise(
    "04.add_k",
    title="A distribution with add-k",
    points=2,
    names=("add_k",),
    mask=HIDE,
    hints=[
        "First the counts of (*context, word) for every word of vocab; .get(..., 0) for what was never seen.",
        "Every word gets k more. How much more must the denominator then be, so that all probabilities sum to one?",
        "p = (count + k) / (sum of the counts + k * len(vocab)).",
    ],
)

BIGRAMS = o.count_ngrams(o.SENTENCES, 2)
VOCAB = o.vocabulary(o.SENTENCES)


@ex.check("after a context that was seen", hint="Do your probabilities sum to one? If not, look at the denominator.")
def _(s, t):
    for context, k in ((("the",), 1.0), (("took",), 0.5)):
        t.close(s.add_k(BIGRAMS, context, VOCAB, k), o.add_k(BIGRAMS, context, VOCAB, k), f"after {context[0]!r}", mistakes={
            "You added k to the denominator once; every word of the vocabulary got it, so it is k times len(vocab).":
                o.add_k(BIGRAMS, context, VOCAB, k, share="once"),
            "You added k for the words that were seen here only; every word of the vocabulary got it.":
                o.add_k(BIGRAMS, context, VOCAB, k, share="seen"),
            "You divided by the plain count of the context: what the words got for nothing must be in the denominator.":
                o.add_k(BIGRAMS, context, VOCAB, k, share="none"),
            "You divided by the count of all n-grams; only those that begin with the context belong in the denominator.":
                o.add_k(BIGRAMS, context, VOCAB, k, joint=True),
        })  # fmt: skip


@ex.check(
    "after a context that was never seen", hint="All counts are 0 there: (0 + k) / (0 + k v) is the same for all."
)
def _(s, t):
    want = {word: 1 / len(VOCAB) for word in VOCAB}
    t.close(s.add_k(BIGRAMS, ("zebra",), VOCAB, 0.1), want, "after 'zebra'", mistakes={
        "Zero for every word is no distribution: after an unseen context all words are equally likely.":
            dict.fromkeys(VOCAB, 0.0),
    })  # fmt: skip


@ex.check("unigrams and trigrams", hint="context may be () or a tuple of two words; the n-gram is (*context, word).")
def _(s, t):
    for n, context in ((1, ()), (3, (o.START, o.START)), (3, ("took", "the"))):
        ngrams = o.count_ngrams(o.SENTENCES, n)
        t.close(s.add_k(ngrams, context, VOCAB, 0.3), o.add_k(ngrams, context, VOCAB, 0.3), f"after {context}")


@ex.check("it sums to one, always", hint="Over vocab, for every context and every k above 0.")
def _(s, t):
    for seed in range(5):
        sentences = o.random_sentences(seed)
        ngrams, vocab = o.count_ngrams(sentences, 2), [*"abcde", o.END]
        for context in ("a", o.START, "e"):
            p = s.add_k(ngrams, (context,), vocab, 0.01)
            t.close(p, o.add_k(ngrams, (context,), vocab, 0.01), f"after {context!r}")


# --------------------------------------------------------------------------------------------- bits_per_token
ex = exercise(
    "04.bits_per_token",
    title="Bits per token and perplexity",
    points=2,
    names=("bits_per_token",),
    mask=HIDE,
    hints=[
        "A token of probability p costs -log2 p bits. Over which tokens do you take the mean?",
        "Put the probabilities of all sentences into one list; sum(-log2 p) / their number.",
        "The perplexity is 2 ** bits. A p of 0 costs infinitely many bits: math.log2(0) raises, so look first.",
    ],
)


@ex.check("the example", hint="0.5 costs 1 bit, 0.25 costs 2, 0.125 costs 3: three tokens.")
def _(s, t):
    probs = [[0.5, 0.25], [0.125]]
    t.close(s.bits_per_token(probs), (2.0, 4.0), "the pair (bits, perplexity)", mistakes={
        "You took the mean of each sentence and then of the sentences; long sentences have more tokens, so take one mean over all.":
            o.mean_of_means(probs),
        "Those are nats: the logarithm to base 2 gives bits.": (2 * math.log(2), 2 ** (2 * math.log(2))),
        "Those are nats: the logarithm to base 2 gives bits (the perplexity is right).": (2 * math.log(2), 4.0),
        "The perplexity of bits is 2 ** bits, not e ** bits.": (2.0, math.exp(2.0)),
        "You averaged the probabilities; average their logarithms.": (-math.log2(0.875 / 3), 3 / 0.875),
        "That is the sum over all tokens: divide by their number.": (6.0, 64.0),
        "Probabilities have negative logarithms: bits are minus their mean.": (-2.0, 0.25),
    })  # fmt: skip


@ex.check("a long text", hint="The product of thousands of probabilities is 0 in floating point: add logarithms.")
def _(s, t):
    probs = [[0.25] * 997, [0.0625] * 997]
    t.close(s.bits_per_token(probs), (3.0, 8.0), "the pair (bits, perplexity) of 1994 tokens", mistakes={
        "You multiplied the probabilities, and so many are too small for a float: add their logarithms.":
            (math.inf, math.inf),
    })  # fmt: skip


@ex.check("something impossible happened", hint="One token of probability 0 makes both numbers math.inf.")
def _(s, t):
    t.eq(s.bits_per_token([[0.5, 0.0, 0.5]]), (math.inf, math.inf), "the pair (bits, perplexity) with a probability of 0", mistakes={
        "You left the impossible token out; then the worst mistake of a model costs nothing.": (1.0, 2.0),
        "A token of probability 0 costs infinitely many bits, not 0.": (2 / 3, 2 ** (2 / 3)),
    })  # fmt: skip


@ex.check("sentences of different lengths", hint="One mean over all tokens; every token counts the same.")
def _(s, t):
    for seed in range(5):
        rows = [[(1 + i * j % 7) / 11 for j in range(1, 2 + (seed + i) % 5)] for i in range(1, 6)]
        t.close(s.bits_per_token(rows), o.bits_per_token(rows), "the pair (bits, perplexity)", mistakes={
            "You took the mean of each sentence and then of the sentences: take one mean over all tokens.":
                o.mean_of_means(rows),
        })  # fmt: skip
