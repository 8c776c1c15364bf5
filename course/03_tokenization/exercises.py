# ---
# title: "Exercises 03: tokenization"
# minutes: 130
# cpu_seconds: 20
# ram_mb: 900
# ---

# %% [markdown]
# # Exercises 03: tokenization
#
# Eight small functions, from counting pairs to the segmenter inside T5's tokenizer. Everything you need stands in
# [lesson 03](../../lessons/03_tokenization.ipynb). About 130 minutes; each exercise says how hard it is
# (★ warm-up, ★★ needs a moment, ★★★ needs paper) and why it matters.
#
# Write your code where it says `raise NotImplementedError`, run the cell, then run the check below it. A check shows
# one problem at a time. Stuck? Run `hint("03.count_pairs")` in a cell of your own: every call reveals one more hint.

# %%
import math

import llm101
import torch
from llm101.check import check, hint

llm101.setup(seed=0)

# %% [markdown]
# ## 1 · Count adjacent pairs
#
# ★ · 5 minutes · *Why it matters: this count is the whole statistics that byte-pair encoding ever looks at.*
#
# `words` maps a word, spelled as a tuple of symbols, to how often it occurs. Return a dict from a pair of
# neighbouring symbols to how often it occurs in all words together.
#
# ```python
# count_pairs({("l", "o", "w"): 5, ("l", "o", "g"): 2})
# # {("l", "o"): 7, ("o", "w"): 5, ("o", "g"): 2}
# ```


# %%
def count_pairs(words: dict[tuple[str, ...], int]) -> dict[tuple[str, str], int]:
    ### BEGIN SOLUTION
    counts = {}
    for word, n in words.items():
        for pair in zip(word, word[1:]):
            counts[pair] = counts.get(pair, 0) + n
    return counts
    ### END SOLUTION


# %%
check("03.count_pairs")

# %% [markdown]
# ## 2 · Merge a pair everywhere in a word
#
# ★ · 10 minutes · *Why it matters: one wrong index here and a tokenizer silently loses text.*
#
# Replace every occurrence of `pair` by the joined symbol. Go from left to right; a symbol that was merged is used up.
#
# ```python
# merge_pair(("l", "o", "w", "l", "o"), ("l", "o"))   # ("lo", "w", "lo")
# merge_pair(("a", "a", "a"), ("a", "a"))             # ("aa", "a")
# ```


# %%
def merge_pair(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    ### BEGIN SOLUTION
    merged, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)
    ### END SOLUTION


# %%
check("03.merge_pair")

# %% [markdown]
# ## 3 · Learn the merges
#
# ★★ · 15 minutes · *Why it matters: this loop, run 50,000 times, made GPT-2's vocabulary.*
#
# Spell every word as its letters followed by the symbol `"</w>"`. Then `n_merges` times: count the pairs (each as
# often as its word), take the most frequent one, merge it in every word. **Of equally frequent pairs the one that
# sorts first wins** (Python compares tuples of strings letter by letter). Stop early when no pair is left. Return the
# merges in the order in which you learnt them. Use your `count_pairs` and `merge_pair`.
#
# ```python
# learn_bpe({"ab": 3}, 10)      # [("a", "b"), ("ab", "</w>")]
# ```


# %%
def learn_bpe(word_counts: dict[str, int], n_merges: int) -> list[tuple[str, str]]:
    ### BEGIN SOLUTION
    words = {(*word, "</w>"): n for word, n in word_counts.items()}
    merges = []
    while len(merges) < n_merges:
        counts = count_pairs(words)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        words = {merge_pair(word, best): n for word, n in words.items()}
        merges.append(best)
    return merges
    ### END SOLUTION


# %%
check("03.learn_bpe")

# %% [markdown]
# ## 4 · Encode a new word
#
# ★★ · 15 minutes · *Why it matters: training happens once, this runs on every prompt that anybody ever types.*
#
# Spell `word` as letters and `"</w>"`. While some pair of neighbours has a merge, take the pair **that was learnt
# first** (that stands first in `merges`) and merge it everywhere in the word; then look at all pairs again. Return the
# list of symbols that remains. `merges` may be any list of pairs, not only one that `learn_bpe` made: then a late merge
# can make an earlier one possible, so going through the list once is not enough.
#
# ```python
# bpe_encode("abc", [("b", "c"), ("a", "b")])   # ["a", "bc", "</w>"]
# ```


# %%
def bpe_encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    ### BEGIN SOLUTION
    rank = {pair: i for i, pair in enumerate(merges)}
    symbols = (*word, "</w>")
    while True:
        known = [pair for pair in zip(symbols, symbols[1:]) if pair in rank]
        if not known:
            return list(symbols)
        symbols = merge_pair(symbols, min(known, key=rank.get))
    ### END SOLUTION


# %%
check("03.bpe_encode")

# %% [markdown]
# ## 5 · Decode a stream of byte tokens
#
# ★★ · 15 minutes · *Why it matters: chat programs print token by token, and 你 may arrive in two of them.*
#
# A byte-level tokenizer's tokens are pieces of bytes. Return one string a piece: the text that became complete with
# it. Bytes that begin a character are held back until its last byte has come. What is still incomplete after the
# last piece is shown as `"\ufffd"` (�) at the end of the last string. Bytes that can never be valid become � too,
# as `bytes.decode("utf-8", "replace")` has it. No pieces give no strings: `stream_decode([])` is `[]`. You may look for
# help in the standard library.
#
# ```python
# stream_decode([b"\xe4\xbd", b"\xa0!"])   # ["", "你!"]
# ```


# %%
def stream_decode(pieces: list[bytes]) -> list[str]:
    ### BEGIN SOLUTION
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    return [decoder.decode(piece, final=i == len(pieces) - 1) for i, piece in enumerate(pieces)]
    ### END SOLUTION


# %%
check("03.stream_decode")

# %% [markdown]
# ## 6 · WordPiece's longest match first
#
# ★★ · 10 minutes · *Why it matters: this is all that BERT's tokenizer does with a word.*
#
# Cut `word` greedily: the longest prefix that is in `vocab`, then the longest prefix of the rest, and so on. Every
# piece but the first is looked up and returned with `"##"` in front. When at some place not even one letter fits,
# the whole word is `["[UNK]"]`.
#
# ```python
# longest_match("unable", {"un", "##able", "##a"})   # ["un", "##able"]
# ```


# %%
def longest_match(word: str, vocab: set[str]) -> list[str]:
    ### BEGIN SOLUTION
    pieces, start = [], 0
    while start < len(word):
        mark = "##" if start else ""
        end = len(word)
        while end > start and mark + word[start:end] not in vocab:
            end -= 1
        if end == start:
            return ["[UNK]"]
        pieces.append(mark + word[start:end])
        start = end
    return pieces
    ### END SOLUTION


# %%
check("03.longest_match")

# %% [markdown]
# ## 7 · The best segmentation
#
# ★★★ · 40 minutes · *Why it matters: the Viterbi algorithm is the encoder of T5's tokenizer, and you will meet it
# again wherever one best path among exponentially many is wanted.*
#
# `log_probs` holds the log-probability of every piece. Among all ways to cut `text` into pieces of that table, find
# the one with the greatest **sum** of log-probabilities. Return its pieces and that sum. When no way exists return
# `([], -math.inf)`; the empty text is `([], 0.0)`. A text of 300 characters must take milliseconds.
#
# ```python
# viterbi("abc", {"a": -1.0, "b": -1.5, "ab": -4.0, "bc": -2.0, "c": -2.5})   # (["a", "bc"], -3.0)
# ```


# %%
def viterbi(text: str, log_probs: dict[str, float]) -> tuple[list[str], float]:
    ### BEGIN SOLUTION
    best, back = [0.0], [0]
    for j in range(1, len(text) + 1):
        scores = [best[i] + log_probs.get(text[i:j], -math.inf) for i in range(j)]
        best.append(max(scores))
        back.append(scores.index(best[j]))
    if best[-1] == -math.inf:
        return [], best[-1]
    pieces, j = [], len(text)
    while j > 0:
        pieces.append(text[back[j] : j])
        j = back[j]
    return pieces[::-1], best[-1]
    ### END SOLUTION


# %%
check("03.viterbi")

# %% [markdown]
# ## 8 · Pad a batch and say what is real
#
# ★★ · 15 minutes · *Why it matters: from here on every model of the course takes exactly these two tensors.*
#
# Return `ids` (int64, one row a sequence, as wide as the longest, padded on the right with `pad_id`) and `mask`
# (bool, same shape, True where a token is real). A real token may have the id `pad_id`: GPT-2 has no padding token, so
# many people pad with its end-of-text token. Write it with plain tensors, without `pad_sequence`:
# `torch.full((2, 3), 7)` makes a 2 × 3 tensor of sevens, `torch.zeros(2, 3, dtype=torch.bool)` one of False, and
# `ids[0, :2] = torch.tensor([5, 7])` writes into the first two places of row 0.
#
# ```python
# pad_batch([[5, 7], [11]], pad_id=0)
# # tensor([[ 5,  7],      tensor([[ True,  True],
# #         [11,  0]])             [ True, False]])
# ```


# %%
def pad_batch(sequences: list[list[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    ### BEGIN SOLUTION
    width = max((len(sequence) for sequence in sequences), default=0)
    ids = torch.full((len(sequences), width), pad_id)
    mask = torch.zeros(len(sequences), width, dtype=torch.bool)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence, dtype=torch.int64)
        mask[row, : len(sequence)] = True
    return ids, mask
    ### END SOLUTION


# %%
check("03.pad_batch")

# %% [markdown]
# ## 9 · In your own words
#
# ★★ · 10 minutes · 3 points: why it does not follow, what to compare, how to compute it.
#
# A colleague trains the same model with two tokenizers on the same text. Tokenizer A has 1,000 tokens and reaches a
# loss of 2.9 nats a token; tokenizer B has 8,000 tokens and reaches 4.1. "A is better," she says. In three or four
# sentences: why does this not follow, which number would you compare instead, and what else than the loss must you know
# to compute it? (Write below. An instructor marks this one; alone, compare with the solution.)

# %% [markdown]
# === POINTS 3 ===
# *Your answer here.*
#
# === BEGIN MARK SCHEME ===
# 1 point: the loss is per token, and B's tokens are longer: it pays more for each but needs fewer of them for the
# same text. 1 point: compare per unit of text that does not depend on the tokenizer: bits per byte (or per
# character), on the same held-out text. 1 point: bits per byte = loss / ln 2 × tokens / bytes. (With 2.2 bytes a
# token A pays 2.9 / 0.693 / 2.2 ≈ 1.90 bits per byte, B with 3.4 bytes a token 4.1 / 0.693 / 3.4 ≈ 1.74: B is better.)
# === END MARK SCHEME ===
