"""The checks of lesson 03, what comes after the merges: streams, segmentation, padding."""

import math

import torch

from llm101.check import exercise
from llm101.checks.tokenization import oracles as o

HIDE = ("llm101.tokenizers",)

# ---------------------------------------------------------------------------------------------- stream_decode
ex = exercise(
    "03.stream_decode",
    title="Decode a stream of byte tokens",
    points=3,
    names=("stream_decode",),
    mask=HIDE,
    hints=[
        "A character of 2 to 4 bytes may be spread over several tokens: something has to be remembered between them.",
        "By hand: keep the bytes so far, and return only what decodes beyond what you returned before. Or search the standard library's `codecs` for a decoder that works in pieces.",
        "decoder = codecs.getincrementaldecoder('utf-8')(errors='replace'); decoder.decode(piece, final=...) a piece.",
    ],
)


@ex.check("whole characters pass at once", hint="Plain ASCII tokens decode one by one.")
def _(s, t):
    t.eq(s.stream_decode([b"to", b"ken", b"s"]), ["to", "ken", "s"], "the texts", mistakes={
        "You returned the whole text so far each time: return only what is new.": ["to", "token", "tokens"],
    })  # fmt: skip
    t.eq(s.stream_decode([]), [], "the texts of no tokens")


@ex.check(
    "a split character appears once it is complete", hint="Hold the first bytes back until the last one is there."
)
def _(s, t):
    pieces = [b"\xe4\xbd", b"\xa0\xe5", b"\xa5\xbd"]
    t.eq(s.stream_decode(pieces), ["", "你", "好"], "the texts of 你好 cut into three", mistakes={
        "Each token was decoded on its own, so its half characters became �.": [p.decode("utf-8", "replace") for p in pieces],
        "Each token was decoded on its own and its half characters were dropped.": [p.decode("utf-8", "ignore") for p in pieces],
        "The character came one token too late.": ["", "", "你好"],
    })  # fmt: skip


@ex.check(
    "bytes that can never be valid become �", hint="0xff begins no character: do not wait for more, show � at once."
)
def _(s, t):
    t.eq(s.stream_decode([b"\xff", b"a"]), ["�", "a"], "the texts", mistakes={
        "You waited for the rest of a character that 0xff cannot begin.": ["", "�a"],
        "Bytes that are not valid were dropped; the reader should see that something is broken.": ["", "a"],
    })  # fmt: skip


@ex.check("bytes left over at the end become one �", hint="Flush what was held back with the last token: final=True.")
def _(s, t):
    t.eq(s.stream_decode([b"ok ", b"\xf0\x9f"]), ["ok ", "�"], "the texts of a stream that ends within a character", mistakes={
        "The unfinished bytes at the end vanished: the reader should see that something was cut.": ["ok ", ""],
        "The flushed text came as an extra item: add it to the last one.": ["ok ", "", "�"],
    })  # fmt: skip


@ex.check("random cuts", hint="Joined together, the texts must equal b''.join(pieces).decode('utf-8', 'replace').")
def _(s, t):
    for seed in range(7):
        pieces = o.random_pieces(seed)
        t.eq(s.stream_decode(pieces), o.stream(pieces), "the texts")


# ---------------------------------------------------------------------------------------------- longest_match
ex = exercise(
    "03.longest_match",
    title="WordPiece's longest match first",
    points=2,
    names=("longest_match",),
    mask=HIDE,
    hints=[
        "Try the whole rest of the word; while it is not in the vocabulary, drop its last letter.",
        "Only the first piece stands bare; every later one is looked up, and returned, with '##' in front.",
        "When not even one letter is found, the whole word is ['[UNK]'], whatever was found before.",
    ],
)

PIECES = {
    "u",
    "un",
    "##a",
    "##aff",
    "##able",
    "##ff",
    "##ffable",
    "##b",
    "##e",
    "##f",
    "##l",
    "play",
    "##ing",
    "##i",
    "##n",
    "##g",
}


@ex.check("longest piece first", hint="Start from the longest candidate and shorten it.")
def _(s, t):
    t.eq(s.longest_match("unaffable", PIECES), o.longest_match("unaffable", PIECES), "the pieces of 'unaffable'", mistakes={
        "You took the shortest piece that fits: start with the longest.": o.longest_match("unaffable", PIECES, shortest=True),
        "Pieces inside a word are looked up with '##' in front.": o.longest_match("unaffable", PIECES, mark=""),
        "The first piece stands bare, without '##'.": ["##" + p.strip("#") for p in o.longest_match("unaffable", PIECES)],
        "The '##' is missing from the pieces you return.": ["un", "aff", "able"],
    })  # fmt: skip
    t.eq(s.longest_match("play", PIECES), ["play"], "the pieces of a word that is in the vocabulary")


@ex.check("a word that cannot be cut is one [UNK]", hint="A half that fits does not help: the whole word is unknown.")
def _(s, t):
    t.eq(s.longest_match("playz", PIECES), ["[UNK]"], "the pieces of 'playz'", mistakes={
        "The pieces found before the gap must go: the whole word becomes one [UNK].": ["play", "[UNK]"],
        "You skipped the letter that has no piece: then decoding loses it silently.": ["play"],
        "The unknown letter was passed on as it is; it has no id.": ["play", "##z"],
    })  # fmt: skip


@ex.check(
    "random vocabularies",
    hint="Follow the call by hand: the longest prefix first, later pieces only with '##', and no way back.",
)
def _(s, t):
    for seed in range(7):
        text = "abacabada"[seed:] + "abc"
        probs = o.random_log_probs(seed, text)
        vocab = {piece if i % 3 else "##" + piece for i, piece in enumerate(sorted(probs))} | {"a", "b", "##a", "##b"}
        t.eq(s.longest_match(text, vocab), o.longest_match(text, vocab), f"the pieces of {text!r}")


# ---------------------------------------------------------------------------------------------------- viterbi
ex = exercise(
    "03.viterbi",
    title="The best segmentation",
    points=4,
    names=("viterbi",),
    mask=HIDE,
    hints=[
        "best[j]: the highest log-probability of any segmentation of text[:j]. What is best[0]?",
        "best[j] = max over i < j of best[i] + log_probs[text[i:j]]; remember the i that won.",
        "Walk back from j = len(text): the last piece is text[back[j]:j], then go on at back[j]; reverse at the end.",
    ],
)

CLASSIC_TRAP = {"a": -1.0, "b": -1.5, "ab": -6.0, "abc": -4.5, "bc": -2.0, "c": -2.5}


@ex.check("the most probable, not the longest", hint="List the four ways to cut 'abc' with their sums, and compare.")
def _(s, t):
    pieces, score = s.viterbi("abc", CLASSIC_TRAP)
    t.eq(pieces, ["a", "bc"], "the pieces of 'abc'", mistakes={
        "That is the longest match first: it never compares the alternatives.": o.longest_first("abc", CLASSIC_TRAP),
        "The pieces come in reverse order: you walked back and did not turn the list round.": ["bc", "a"],
        "Every character became a piece, though longer pieces would give a larger sum.": ["a", "b", "c"],
        "That is the way with the SMALLEST sum: log-probabilities are negative, the one nearest to 0 is best.": ["ab", "c"],
    })  # fmt: skip
    t.close(score, -3.0, "the log-probability of 'abc'", mistakes={
        "You multiplied log-probabilities; probabilities multiply, their logarithms add.": 2.0,
        "You divided by the number of pieces: the sum itself is the score.": -1.5,
        "The score is a probability: return its logarithm, as the input has it.": math.exp(-3.0),
    })  # fmt: skip


@ex.check("nothing fits, and nothing to do", hint="best[0] = 0.0; what cannot be reached stays at -inf.")
def _(s, t):
    t.eq(s.viterbi("", CLASSIC_TRAP), ([], 0.0), "the result for the empty text")
    t.eq(s.viterbi("axb", CLASSIC_TRAP), ([], -math.inf), "the result for a text with an unknown character")


@ex.check("against all segmentations", hint="Do you try every start i for every end j?")
def _(s, t):
    for seed in range(5):
        text = "banabandana"[: 7 + seed % 5]
        probs = o.random_log_probs(seed, text)
        want, score = o.best_segmentation(text, probs)
        pieces, got = s.viterbi(text, probs)
        t.eq(pieces, want, f"the pieces of {text!r}", mistakes={
            "That is the segmentation with the fewest pieces: compare sums of log-probabilities.": o.fewest_pieces(text, probs),
            "That is the longest match first: it never compares the alternatives.": o.longest_first(text, probs),
        })  # fmt: skip
        t.close(got, score, f"the log-probability of {text!r}")


@ex.check("fast enough for a long word", hint="Trying all 2^n segmentations takes for ever: fill a table instead.")
def _(s, t):
    pieces, score = s.viterbi("ab" * 150, {"a": -9.0, "b": -9.0, "ab": -12.0, "aba": -40.0})
    t.eq(len(pieces), 150, "the number of pieces of 'ab' * 150")
    t.close(score, -1800.0, "the log-probability of 'ab' * 150", mistakes={
        "Probabilities multiplied over so many pieces are too small for a float: add logarithms.": -math.inf,
    })  # fmt: skip


# -------------------------------------------------------------------------------------------------- pad_batch
ex = exercise(
    "03.pad_batch",
    title="Pad a batch and say what is real",
    points=2,
    names=("pad_batch",),
    mask=HIDE,
    forbid=("pad_sequence",),
    hints=[
        "How wide is the batch? As wide as its longest sequence.",
        "Fill a tensor with pad_id (torch.full), then write each sequence into the start of its row.",
        "Do the same with torch.zeros(..., dtype=torch.bool): set True where you wrote. Do not derive it from the ids.",
    ],
)

ROWS = [[5, 7], [11], [2, 3, 5]]


@ex.check("ids and mask of three sequences", hint="ids: int64 of shape (3, 3); mask: bool, True where a token is real.")
def _(s, t):
    ids, mask = s.pad_batch(ROWS, 0)
    t.close(ids, torch.tensor([[5, 7, 0], [11, 0, 0], [2, 3, 5]]), "ids", mistakes={
        "You padded on the left; the task pads on the right.": torch.tensor([[0, 5, 7], [0, 0, 11], [2, 3, 5]]),
        "The batch was cut to the shortest sequence: it must be as wide as the longest.": torch.tensor([[5], [11], [2]]),
    })  # fmt: skip
    want = torch.tensor([[True, True, False], [True, False, False], [True, True, True]])
    t.close(mask, want, "mask", mistakes={
        "The mask is the wrong way round: True marks what is real.": ~want,
    })  # fmt: skip


@ex.check("a real token may equal pad_id", hint="Many pad with the end token: the ids alone do not tell what is real.")
def _(s, t):
    ids, mask = s.pad_batch([[7, 7, 7], [3]], 7)
    t.close(ids, torch.tensor([[7, 7, 7], [3, 7, 7]]), "ids")
    t.close(mask, torch.tensor([[True, True, True], [True, False, False]]), "mask", mistakes={
        "The mask was made by comparing ids with pad_id, so real tokens with that id vanish: use the lengths.":
            torch.tensor([[False, False, False], [True, False, False]]),
    })  # fmt: skip


@ex.check("the caller's lists stay as they were", hint="Make new rows; do not append to the lists that were handed in.")
def _(s, t):
    t.eq(
        s.run("rows = [[2, 3], [5]]; pad_batch(rows, 7); result = rows"),
        [[2, 3], [5]],
        "the list of sequences after the call",
    )


@ex.check("one sequence, and an empty one", hint="max(..., default=0) helps; an empty row is all padding.")
def _(s, t):
    ids, mask = s.pad_batch([[], [2, 3, 5, 7, 11]], 13)
    t.close(ids, torch.tensor([[13] * 5, [2, 3, 5, 7, 11]]), "ids")
    t.close(mask, torch.tensor([[False] * 5, [True] * 5]), "mask")
