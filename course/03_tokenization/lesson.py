# ---
# title: Tokenization
# minutes: 180
# cpu_seconds: 45
# ram_mb: 1200
# ---

# %% [markdown]
# # 03 · Tokenization
#
# **The question.** A model computes with numbers. How does a text become numbers, and what does the choice cost?
#
# **You will be able to**
#
# - say why a model reads neither letters nor words but something in between, with the numbers that decide it;
# - say how byte-pair encoding (BPE), WordPiece and the unigram model choose their pieces, and work each out on a few words;
# - predict how a tokenizer cuts numbers, spaces, capitals, Chinese and emoji, and recognise the bugs that follow;
# - turn sentences of unequal length into one batch, without letting the padding count.
#
# **Time** about three hours; a good place for a break is before step 6. **You need** [lesson 00](00_start_here.ipynb) and Python; no mathematics beyond logarithms.

# %%
import math
import random
from collections import Counter

import llm101
import torch
from IPython.display import HTML, display
from llm101 import show
from llm101.corpora import pydocs, samples
from llm101.viz.merges import merge_stepper
from llm101.viz.plots import bars, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.tokens import table, token_row, token_table, visible

llm101.setup(seed=0)

# %% [markdown]
# ## A first result
#
# Before any theory: we train a tokenizer on text that lies on every computer with Python, the documentation inside
# Python's own standard library. It takes about a second. Then we let it read sentences that it has never seen.

# %%
from llm101.tokenizers import BPE

documents = list(pydocs.docstrings(1_000_000))
tokenizer = BPE.train(documents, vocab_size=4096)

sentence = "Unexpected arguments are ignored, and nobody understands the returned values."
ids = tokenizer.encode(sentence)
assert tokenizer.decode(ids) == sentence
assert len(ids) < len(sentence) / 2
display(HTML(token_row(tokenizer.tokens(sentence), ids)))

# %% [markdown]
# **What to see.** Each box is one *token*, the small number is its *id*, and the dot is a blank: most tokens begin
# with the blank before the word. Frequent words are one box. Rare ones fall into parts. Some of these mean something
# (`Un`, `body`), though nobody told the program what a prefix is; others do not. (The ids 0 to 255 are the single
# bytes, printable ones first, so `!` is 0. All other ids differ from those of a friend with another version of Python:
# the documentation that it learnt from is another text.)

# %% [markdown]
# ## Step 1 · Why split at all?
#
# *Could a model not simply read sentences?* A model has one row of numbers for each thing that it can read (lesson 04
# is about those rows). Things that never repeat cannot be learnt, and sentences hardly ever repeat. So we need
# *pieces* from a closed list, the **vocabulary**. The two obvious choices are words and characters.

# %%
import regex


def words_of(text):
    return regex.findall(r"\w+|[^\w\s]", text)


cut = int(0.8 * len(documents))
seen, unseen = "\n".join(documents[:cut]), "\n".join(documents[cut:])

vocabulary = set(words_of(seen))
new = [word for word in words_of(unseen) if word not in vocabulary]
oov = len(new) / len(words_of(unseen))
print(
    f"distinct words in the first 80 %: ~{len(vocabulary)}, distinct characters: ~{len(set(seen))}"
)
print(f"words of the last 20 % that are not among them: ~{100 * oov:.1f} %")
assert 0.01 < oov < 0.25
assert len(vocabulary) > 25 * len(set(seen))

# %% [markdown]
# **What to notice.** A word vocabulary is large and still has holes. A word outside of it is *out of vocabulary*
# (OOV): all that a word-level model can do is to call it `[UNK]`, unknown, and a model that reads `[UNK]` has lost the
# word for good. More text does not cure this. Predict before you run the next cell: when we read ten times as much
# text, does the list of distinct words grow two times, five times, or ten times?

# %%
mixed_up = random.Random(0).sample(
    documents, len(documents)
)  # so that no subject comes in one piece
everything = words_of("\n".join(mixed_up))
read = [len(everything) // k for k in (64, 32, 16, 8, 4, 2, 1)]
kinds = [len(set(everything[:n])) for n in read]
slope = (math.log(kinds[-1]) - math.log(kinds[0])) / (math.log(read[-1]) - math.log(read[0]))
print(f"ten times the text has ~{10**slope:.1f} times the distinct words")
assert 0.3 < slope < 0.9

fig, (left, right) = figure(columns=2)
lines(
    left,
    {
        "counted": (read, kinds),
        "straight line": (read, [kinds[0] * (n / read[0]) ** slope for n in read]),
    },
    x="words read",
    y="distinct words",
    title="The list never closes",
)
left.set(xscale="log", yscale="log")
english = "\n".join(samples.english())
lengths = {
    "characters": len(english),
    "words": len(words_of(english)),
    "BPE, 4096": len(tokenizer.encode(english)),
}
bars(
    right,
    lengths,
    y="tokens for the same text",
    title="Characters make long sequences",
    form="{:,.0f}",
)
assert lengths["words"] < lengths["BPE, 4096"] < lengths["characters"] / 2

# %% [markdown]
# **What to see.** Left: on two logarithmic axes the number of distinct words follows a straight line closely and does
# not bend to a ceiling (Heaps' law). Right: characters close the list at once, but make the sequence four to five times
# as long, and each single one means almost nothing. A Transformer pays for length: attention compares every
# token with every other one (lesson 07), so a sequence five times as long costs 25 times as many comparisons.
#
# **Sub-words** are the way between: frequent words stay whole, rare words are spelled with frequent parts, and nothing
# is ever unknown. The three methods of this lesson differ only in how they choose the parts.

# %% [markdown]
# ### What a model receives: a matrix
#
# A text of $N$ tokens becomes $N$ ids; each id selects one row of a table with $V$ rows (one for each token of the
# vocabulary) and $d$ columns. So a text becomes an $N \times d$ matrix. With $V = 5$ and $d = 3$:

# %%
small_table = torch.tensor([[0, 0, 0], [1, 2, 3], [2, 4, 6], [3, 6, 9], [7, 7, 7]])  # V x d = 5 x 3
chosen = torch.tensor([4, 1, 1])  # three ids
print(small_table[chosen])

one_hot = torch.nn.functional.one_hot(
    chosen, num_classes=5
)  # a row a token: 1 at its id, 0 elsewhere
print(one_hot)
assert torch.equal(one_hot @ small_table, small_table[chosen])

embedding = torch.nn.Embedding(num_embeddings=tokenizer.vocab_size, embedding_dim=7)
matrix = embedding(torch.tensor(ids))
assert matrix.shape == (len(ids), 7)

# %% [markdown]
# Looking a row up is the same as multiplying a *one-hot* vector by the table. `torch.nn.Embedding` is that table, with
# random numbers at the start; training will change them (lesson 04).

# %% [markdown]
# ## Step 2 · Byte-pair encoding by hand
#
# *How do you find good parts without a dictionary?* In 1994 Philip Gage published a method to compress files: replace
# the most frequent pair of neighbouring bytes by a new byte, and repeat. In 2016 Sennrich, Haddow and Birch
# ([arXiv:1508.07909](https://arxiv.org/abs/1508.07909)) used the same loop to build vocabularies:
#
# 1. spell every word as characters, plus a mark for the end of the word, `</w>`;
# 2. count all pairs of neighbours, each as often as its word occurs;
# 3. join the most frequent pair everywhere: that is one *merge*, and one new token;
# 4. repeat until the vocabulary is as large as you want.
#
# Here is the example of their paper: four words and how often each occurs.
#
# | word | low | lower | newest | widest |
# |---|---|---|---|---|
# | occurs | 5 | 2 | 6 | 3 |
#
# **Predict:** which pair is joined first? (Count `e s`, `l o`, `w e` on paper: each word counts as often as it occurs.)

# %%
from llm101.tokenizers.classic import learn_bpe

FOUR_WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
merges, states = learn_bpe(FOUR_WORDS, 10)
print(merges[:5])
assert merges[:5] == [("e", "s"), ("es", "t"), ("est", "</w>"), ("l", "o"), ("lo", "w")]

# %% [markdown]
# `e s` occurs 6 + 3 = 9 times, as do `s t` and `t </w>`; among equals our rule takes the pair that sorts first. Step
# through the merges yourself: move the slider, and before each step say which pair comes next.

# %%
merge_steps = merge_stepper(FOUR_WORDS, merges, states, start=3)
merge_steps

# %% [markdown]
# *Without a running kernel the slider is dead; here are five of its positions as a table.*

# %%
shown = (0, 1, 3, 5, 10)
rows = [[word, *(token_row(states[step][word]) for step in shown)] for word in FOUR_WORDS]
display(table(["word", *(f"{step} merges" for step in shown)], rows, raw=True))
assert states[3]["newest"] == ("n", "e", "w", "est</w>")
assert states[5]["low"] == ("low", "</w>")

# %% [markdown]
# **What to notice.** After three merges `est</w>` is a token: the ending of both superlatives, found by counting alone.
# After five, `low` is one token in `low` and in `lower`. And a word that was never seen is spelled with these parts:

# %%
from llm101.tokenizers.classic import apply_bpe

print("lowest ->", *apply_bpe("lowest", merges[:5]))
print("slow   ->", *apply_bpe("slow", merges[:5]))
assert apply_bpe("lowest", merges[:5]) == ("low", "est</w>")

# %% [markdown]
# **Encoding replays training.** To cut a new word, spell it; then, as long as some pair of neighbours has a merge, join
# *the pair that was learnt first*. Not the leftmost pair, and not the one that makes the longest token. With the
# merges `b c` and then `a b`, the word `abc` is `a bc`, though `ab` stands further left:

# %%
assert apply_bpe("abc", [("b", "c"), ("a", "b")]) == ("a", "bc", "</w>")
assert apply_bpe("abc", [("a", "b"), ("b", "c")]) == ("ab", "c", "</w>")
print("the order in which the merges were learnt decides")

# %% [markdown]
# ## Step 3 · The same loop on real text, with bytes
#
# *What are the characters that we start from?* Unicode has about 150,000 of them. GPT-2 (2019) starts from the **256
# bytes** instead: text is bytes already (UTF-8), every text in every language is spelled with them, and nothing is
# ever unknown. The naive loop fits in ten lines:


# %%
def train_naive(text, n_merges):
    """Merges over the bytes of one text: count all pairs, join the most frequent, start again."""
    ids, merges = list(text.encode("utf-8")), []
    while len(merges) < n_merges:
        counts = Counter(zip(ids, ids[1:]))
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        new, out, i = 255 + len(merges), [], 0
        while i < len(ids):
            hit = tuple(ids[i : i + 2]) == pair
            out.append(new if hit else ids[i])
            i += 2 if hit else 1
        ids = out
    return merges


tiny = train_naive("the cat sat on the mat", 3)
names = {i: bytes([i]) for i in range(256)}
for n, (a, b) in enumerate(tiny):
    names[256 + n] = names[a] + names[b]
    print(f"merge {n}: {names[a]!r} + {names[b]!r} -> id {256 + n}, {names[256 + n]!r}")
assert names[256] == b"at"

# %% [markdown]
# The loop reads the whole text again for each merge, so 4,000 merges over a megabyte would take the better part of an
# hour. And it joins across blanks: its second merge is `e` with the blank behind it, as in `the cat`. The package cuts
# the text into words first (step 5 shows where), and then does three things differently:
#
# 1. it counts each *distinct* word once: a text of a million words has some ten thousand of them;
# 2. it remembers in which words each pair occurs, so a merge touches only those;
# 3. it keeps the pairs in a heap, a list that always has the most frequent one at the top.
#
# Same merges, same order, as the obvious loop over the same words? Such a claim is checked, not believed:

# %%
from llm101.tokenizers.bpe_train import count_words, learn_merges, learn_merges_naive

show(learn_merges_naive)

# %%
word_counts = count_words(documents[:200])
slow, quick = learn_merges_naive(word_counts, 150), learn_merges(word_counts, 150)
assert slow == quick
assert quick == list(BPE.train(documents[:200], vocab_size=256 + 150).merges)
print("the obvious loop and the fast one agree on", len(quick), "merges")

# %% [markdown]
# (The fast one, `learn_merges`, stands below the obvious one in
# [tokenizers/bpe_train.py](../llm101/tokenizers/bpe_train.py); it is worth reading once you have done the exercises.)

# %% [markdown]
# **How many merges?** The size of the vocabulary is a dial. Predict: from 512 to 1,024 tokens the text gets shorter by
# some amount; do the next 1,024 tokens, and the next 2,048, gain more, the same, or less?

# %%
held_out = "\n".join(samples.english())
largest = BPE.train(documents, vocab_size=8192)
sizes = [256, 512, 1024, 2048, 4096, 8192]
bytes_per_token = []
for size in sizes:
    first_merges = BPE.from_merges(
        largest.merges[: size - 256]
    )  # a smaller training is its beginning
    bytes_per_token.append(len(held_out.encode()) / len(first_merges.encode(held_out)))
gains = [100 * (b / a - 1) for a, b in zip(bytes_per_token, bytes_per_token[1:])]

fig, (left, right) = figure(columns=2)
lines(left, {"": (sizes, bytes_per_token)}, x="vocabulary (tokens)", y="bytes a token")
left.set(xscale="log", xticks=sizes, xticklabels=sizes)
left.minorticks_off()
left.tick_params(axis="x", labelsize=8)
names_of_gains = [f"{a}→{b}" for a, b in zip(sizes, sizes[1:])]
bars(right, dict(zip(names_of_gains, gains)), y="gain (% more bytes a token)", form="{:.0f} %")
right.tick_params(axis="x", labelsize=6)
assert bytes_per_token[0] == 1.0
assert gains[0] > 2 * gains[1]
assert all(gain > 3 for gain in gains)
assert gains[-1] < gains[1]
print("gain of each doubling:", " ".join(f"~{gain:.0f}%" for gain in gains))

# %% [markdown]
# **What to see.** 256 tokens are the bare bytes, one byte a token. The first doubling gains by far the most; after it
# every doubling gains about a tenth. Each token also costs a row of the embedding table, twice as many with each
# doubling, so at some point a larger vocabulary is a worse buy. What the well-known models bought:

# %%
from llm101.models.sizes import published

USERS = [  # model, tokens, method, width of its table
    ("GPT-1", 40_478, "BPE, 40,000 merges", 768),
    ("GPT-2 small", 50_257, "byte-level BPE", 768),
    ("BERT-base", 30_522, "WordPiece", 768),
    ("T5-small", 32_128, "Unigram (SentencePiece)", 512),
    ("LLaMA-7B", 32_000, "BPE (SentencePiece)", 4096),
    ("BLOOM", 250_880, "byte-level BPE", 14336),
    ("GPT-3", 50_257, "byte-level BPE", 12288),
]
shares = {name: 100 * rows * width / published(name).counted for name, rows, _, width in USERS}
display(
    table(
        ["model", "vocabulary", "method", "embedding table: share of all parameters"],
        [[name, rows, method, f"{shares[name]:.1f} %"] for name, rows, method, _ in USERS],
    )
)
assert 256 + 50_000 + 1 == 50_257, "GPT-2: bytes, merges and <|endoftext|>"
assert 20 < shares["BERT-base"] < shares["GPT-2 small"] < 33
assert max(shares["LLaMA-7B"], shares["BLOOM"], shares["GPT-3"]) < 2.1

# %% [markdown]
# GPT-2's odd number is bytes + merges + one special token that ends a document: $256 + 50{,}000 + 1 = 50{,}257$. In
# these small models the table is a fifth to a third of all parameters, in the large ones two per cent or less: larger
# models can afford larger vocabularies. (BART and RoBERTa use GPT-2's tokens; T5 and mBART use Unigram; the BERT family uses WordPiece.)

# %% [markdown]
# ## Step 4 · Bytes: nothing is unknown, but not everybody pays the same
#
# UTF-8 spells ASCII with one byte, é with two, most Chinese characters with three, and emoji with four.

# %%
rows = [
    [char, len(char.encode()), " ".join(f"{b:02x}" for b in char.encode())]
    for char in ("a", "é", "你", "🙂")
]
display(table(["character", "bytes", "in UTF-8 (hexadecimal)"], rows))

for text in ("naïve", "我是一个人类，我喜欢水果。", "🙂 ok", "", "   "):
    assert tokenizer.decode(tokenizer.encode(text)) == text
print("every text comes back unchanged")

# %% [markdown]
# A tokenizer that has read English documentation has learnt no Chinese merges, so a Chinese character costs it three
# tokens. We have the same sentences in both languages (written for this course), so we can count what the same
# *meaning* costs. A second tokenizer also reads some Chinese: only 96 sentences, so it gets each of them 20 times, or
# they would drown. **Fertility** is the number of tokens a word, or for Chinese, a character.

# %%
en, zh = samples.english("held_out"), samples.chinese("held_out")
mixed = BPE.train(documents + 20 * list(samples.chinese("train")), vocab_size=4096)


def cost(tok, texts):
    return sum(len(tok.encode(text)) for text in texts)


languages = []
for name, tok in (("English only", tokenizer), ("English + Chinese", mixed)):
    premium = cost(tok, zh) / cost(tok, en)
    fertility = cost(tok, zh) / sum(map(len, zh))
    languages.append(premium)
    print(
        f"{name:18} English ~{cost(tok, en)} tokens, Chinese ~{cost(tok, zh)}: "
        f"~{premium:.2f} times as many; ~{fertility:.2f} a character"
    )
assert languages[0] > 1.5, "without Chinese in training the same meaning costs much more"
assert languages[1] < 0.8 * languages[0], "Chinese in training lowers the premium"
assert cost(mixed, en) > cost(tokenizer, en), "and English pays for it"
both = (("English only", tokenizer), ("English + Chinese", mixed))
shortest = min(zh, key=len)
display(token_table([(name, tok.tokens(shortest)) for name, tok in both]))

# %% [markdown]
# **What to notice.** The first row shows single bytes as `\xe6` and so on: tokens need not be whole characters. (The
# fertility is a little below three because some Chinese sentences hold digits and names in Latin letters.) The second
# tokenizer spends some of its 4,096 tokens on Chinese, so English becomes a little dearer: nobody gets tokens for
# nothing. Users pay by the token and a model's memory is counted in tokens, so a tokenizer decides who gets less for
# the same price.
# Petrov et al. ([arXiv:2305.15425](https://arxiv.org/abs/2305.15425)) measured such differences between languages for
# real models. What you read here depends on our small mixture; the mechanism does not.

# %% [markdown]
# ## Step 5 · Borders that no merge may cross
#
# *What would happen without borders between words?* Let us look: the same training, with a pattern that takes the
# whole text as one word.

# %%
from llm101.tokenizers.patterns import GPT2_PATTERN, GPT4_PATTERN, split

borderless = BPE.train(documents[:400], vocab_size=700, pattern=r"(?s:.+)")
bordered = BPE.train(documents[:400], vocab_size=700)
display(
    token_table(
        [
            (name, [tok.id_to_token(i) for i in range(256, 296)])
            for name, tok in (("without", borderless), ("with GPT-2's", bordered))
        ],
        count="first merges",
    )
)


def across(tok):
    """Tokens in which something stands before a blank."""
    spelled = [tok.id_to_token(i) for i in range(256, 700)]
    return sum(bool(regex.search(r"\S\s", token)) for token in spelled)


print(f"of 444 merges cross a border: without ~{across(borderless)}, with {across(bordered)}")
assert across(borderless) > 50
assert across(bordered) == 0

# %% [markdown]
# Without borders the vocabulary fills with pieces of neighbouring words and with signs glued to letters: `e·`, `·a`,
# `Decimal(`. So GPT-2 first cuts the text with a regular expression, and merges happen only inside the cuts. It is a
# list of alternatives, tried from left to right (in both, `\p{L}` is any letter, `\p{N}` any digit, `\s` any blank):

# %%
PARTS = {
    r"'(?:[sdmt]|ll|ve|re)": "an English contraction: 's, 'll",
    r" ?\p{L}+": "letters, with the one blank before them",
    r" ?\p{N}+": "digits, with the one blank before them",
    r" ?[^\s\p{L}\p{N}]+": "signs, with the one blank before them",
    r"\s+(?!\S)": "a run of blanks, except the last one before a word",
    r"\s+": "other blanks",
}
assert "|".join(PARTS) == GPT2_PATTERN
table(["part of GPT-2's pattern", "what it takes"], PARTS.items())

# %% [markdown]
# GPT-4's pattern is a repair of this one. Where do the two differ?

# %%
examples = ["It's 2024, isn't it?", "ISN'T IT", "price: 1234567", "def f(x):\n    return x"]
for text in examples:
    first, second = split(text, GPT2_PATTERN), split(text, GPT4_PATTERN)
    display(token_table([(f"GPT-2: {visible(text)}", first), ("GPT-4", second)], count="pieces"))
    assert "".join(first) == "".join(second) == text
assert "'T" not in split("ISN'T IT", GPT2_PATTERN)
assert "'T" in split("ISN'T IT", GPT4_PATTERN)
assert max(map(len, split("price: 1234567", GPT4_PATTERN)[2:])) == 3
assert "):\n" in split(examples[3], GPT4_PATTERN)

# %% [markdown]
# **What to see.** *Contractions*: GPT-2 knows `'t` but not `'T`, so shouting changed the tokens. *Numbers*: GPT-2 takes
# any run of digits, GPT-4 three at most: long numbers in one frequent lump are hard to calculate with. *Line breaks*: GPT-4
# leaves a line break with the signs before it, `):⏎`, which suits code. The price is more pieces in some places.
#
# **SentencePiece** (Kudo and Richardson, [arXiv:1808.06226](https://arxiv.org/abs/1808.06226)) draws no such borders by
# regular expression. It writes the blank as a visible character, `▁` (U+2581), and treats the text as one row of
# characters, which suits languages without blanks. LLaMA's tokenizer is BPE in this style: every digit is a token of
# its own, and a character outside the vocabulary falls back to its bytes. A vocabulary of a few pieces shows it: the
# visible blank (one more stands before the text, so that a word at the start is the same piece as in the middle),
# single digits, and the three bytes of 年. A piece that was learnt earlier has a higher score.

# %%
from llm101.tokenizers.sentencepiece_bpe import SentencePieceBPE
from llm101.tokenizers.text import escape_spaces, unescape_spaces

print(escape_spaces("to be or 不"))
assert unescape_spaces(escape_spaces("to be or 不")) == "to be or 不"

learnt = ["▁i", "▁in", "ar", "ear", "▁y", "▁year"]
singles = list("▁inyear0123456789")
scored = [("<unk>", 0.0)] + [(f"<0x{byte:02X}>", 0.0) for byte in range(256)]
scored += [(piece, -float(rank)) for rank, piece in enumerate(learnt + singles)]
llama_style = SentencePieceBPE(scored, special_tokens=["<unk>"])
strip = llama_style.tokens("in year 2024 年")
assert strip[:2] == ["▁in", "▁year"]
assert strip[3:7] == ["2", "0", "2", "4"]
assert strip[8:] == ["<0xE5>", "<0xB9>", "<0xB4>"]
assert llama_style.decode(llama_style.encode("in year 2024 年")) == "in year 2024 年"
HTML(token_row(strip))

# %% [markdown]
# ## Step 6 · WordPiece: join what belongs together
#
# BERT's method was described before BPE was used for words (Schuster and Nakajima, 2012) and looks like it, with two
# differences. **Training** joins not the most frequent pair but the pair with the largest
#
# $$ \text{score}(a, b) = \frac{\text{count}(ab)}{\text{count}(a)\,\text{count}(b)}, $$
#
# that is, how much more often the two stand together than chance would have it. (*Likelihood* is the probability that
# a model gives to the whole text; larger is better. Joining the pair with this score raises it most.) **Encoding**
# forgets the merges: it takes the longest piece that fits, then the longest that fits the rest. Pieces inside a word
# carry `##`.
#
# **Predict,** on paper, for the four words of step 2: `e s` occurs 9 times, and `e` 17 times, `s` 9 times; `i d` occurs 3
# times, and so do `i` and `d`. Which of the two does BPE join first, which WordPiece?

# %%
from itertools import islice

from llm101.tokenizers.wordpiece_train import learn_merges as learn_wordpiece

steps = list(islice(learn_wordpiece(FOUR_WORDS), 4))
display(
    table(
        ["pair", "occurs", "score"],
        [[f"{m.left} {m.right}", m.frequency, f"{m.score:.3f}"] for m in steps],
    )
)
assert steps[0].piece == "##id"
assert steps[0].score == 3 / (3 * 3) > 9 / (17 * 9)

# %% [markdown]
# BPE takes `e s`, WordPiece `i d`: rare, but never apart. The same on the documentation, the first ten merges of each:

# %%
from llm101.tokenizers import WordPiece

wordpiece = WordPiece.train(documents, vocab_size=4096)
counts = Counter(words_of(seen.lower()))
first_wordpiece = list(islice(learn_wordpiece(counts, min_frequency=2), 10))
first_bpe = [tokenizer.id_to_token(256 + i) for i in range(10)]
in_text = [sum(n * word.count(p.strip()) for word, n in counts.items()) for p in first_bpe]
display(
    table(
        ["merge", "BPE", "occurs about", "WordPiece", "occurs"],
        [
            [i + 1, visible(first_bpe[i]), f"~{in_text[i]}", m.piece, f"~{m.frequency}"]
            for i, m in enumerate(first_wordpiece)
        ],
    )
)
assert max(m.frequency for m in first_wordpiece) < min(n for n in in_text if n) / 10

# %% [markdown]
# **What to notice.** BPE begins with what is frequent everywhere, WordPiece with oddities: runs of the same digit, and
# other strings whose parts are seldom seen apart. If two parts occur only together, the score is $1/\text{count}$: the
# rarer, the better. (The package ignores pairs that occur only once.) Frequent pairs have to wait. How much of the two
# vocabularies is the same in the end, and how long are their tokens?

# %%
as_word = {piece.removeprefix("##") for piece in wordpiece.pieces if len(piece.strip("#")) > 1}
as_bpe = {tokenizer.id_to_token(i).strip().lower() for i in range(256, 4096)}
common = len(as_word & as_bpe) / len(as_word)
per_word = {
    name: sum(len(tok.encode(text)) for text in samples.english()) / len(words_of(english))
    for name, tok in (("BPE", tokenizer), ("WordPiece", wordpiece))
}
print(f"WordPiece's pieces that BPE has too: ~{100 * common:.0f} %")
print("tokens a word:", {name: f"~{n:.2f}" for name, n in per_word.items()})
assert common < 0.5
assert per_word["WordPiece"] > per_word["BPE"]

# %% [markdown]
# With the same number of tokens, this WordPiece needs many more of them for a word. BERT's real vocabulary does not look
# like that: it is full of frequent words. But Google never published its trainer, so nobody can say what it does
# besides this formula; every open trainer follows a description (and Hugging Face's `WordPieceTrainer` in fact runs
# BPE's merges). The *encoding* is certain, and the package's tests compare it with Hugging Face's, id by id. One more
# fact that is often told wrong: WordPiece is not "an improved BPE", it was there first.
#
# A vocabulary of characters can fail where one of bytes cannot: a character that was never seen has no piece, and the
# whole word becomes `[UNK]`.

# %%
print(wordpiece.tokens("unhappy ☃ snowman"))
assert "[UNK]" in wordpiece.tokens("☃")
assert tokenizer.decode(tokenizer.encode("☃")) == "☃"

# %% [markdown]
# ## Step 7 · Unigram: from the top down, with probabilities
#
# BPE and WordPiece build up from characters. Kudo ([arXiv:1804.10959](https://arxiv.org/abs/1804.10959)) goes down
# from the top: start with far too many pieces (every substring that occurs at least twice), give each a probability,
# and throw away what is not needed. A way to cut a text into pieces $x_1 \dots x_m$ has the probability
# $p(x_1)\,p(x_2) \cdots p(x_m)$; a text, the sum over all ways to cut it.
#
# A word of $n$ characters can be cut in $2^{n-1}$ ways. For `hugs` we can look at all eight:

# %%
from llm101.tokenizers import Unigram

pieces = {"h": 0.05, "u": 0.1, "g": 0.05, "s": 0.1, "hu": 0.15, "ug": 0.22}
pieces |= {"hug": 0.15, "gs": 0.08, "ugs": 0.1}
assert math.isclose(sum(pieces.values()), 1.0)


def segmentations(text):
    if not text:
        return [[]]
    return [[text[:i], *rest] for i in range(1, len(text) + 1) for rest in segmentations(text[i:])]


def probabilities(text):
    """Way to cut -> probability, likeliest first."""
    ways = {tuple(s): math.prod(pieces.get(x, 0) for x in s) for s in segmentations(text)}
    return dict(sorted(ways.items(), key=lambda way: -way[1]))


ways = probabilities("hugs")
total = sum(ways.values())
shares = {way: p / total for way, p in ways.items()}
shown_ways = [[token_row(way), f"{p:.6f}", f"{100 * shares[way]:.1f} %"] for way, p in ways.items()]
display(table(["a way to cut hugs", "probability", "share"], shown_ways[:6], raw=True))
assert len(ways) == 2 ** (len("hugs") - 1)
assert next(iter(ways)) == ("hug", "s")

# %% [markdown]
# **Training: expectation-maximisation, EM.** Nobody tells us how the text was cut. So
#
# 1. **E step**: count each piece in *all* ways to cut, each way weighted by its share;
# 2. **M step**: the new probability of a piece is its count, divided by the sum of all counts.
#
# The likelihood of the text cannot fall in such a turn (a theorem of 1977). Here is one turn, for a text that consists
# of the one word `hugs`:

# %%
expected = {x: sum(share * way.count(x) for way, share in shares.items()) for x in pieces}
updated = {x: n / sum(expected.values()) for x, n in expected.items()}
rows = [[x, pieces[x], f"{expected[x]:.3f}", f"{updated[x]:.3f}"] for x in pieces]
display(table(["piece", "p before", "expected count", "p after"], rows))
before, pieces = pieces, updated
after_turn = sum(probabilities("hugs").values())
pieces = before
print(f"probability of the text: before {total:.4f}, after {after_turn:.4f}")
assert after_turn > total

# %% [markdown]
# 3. **Prune**: after a few turns, drop the quarter of the pieces whose loss would lower the likelihood least (single
#    characters stay), and go on until the vocabulary is as small as you want.
#
# **Encoding** takes the likeliest way. For forty letters nobody lists $2^{39}$ ways; the **Viterbi algorithm** goes
# through the word from left to right and keeps, for every prefix, only the best way to cut it:

# %%
rows = []
for n in range(1, 5):
    way, p = next(iter(probabilities("hugs"[:n]).items()))
    rows.append(["hugs"[:n], token_row(way), f"{p:.4f}"])
display(table(["prefix", "best way to cut it", "probability"], rows, raw=True))

# %% [markdown]
# The last row needs only the rows above it: `hugs` ends in `s`, `gs`, `ugs` or `hugs`, so its best way is the best way
# for `hug`, `hu`, `h` or nothing, and that last piece: 0.15 × 0.1, 0.15 × 0.08, 0.05 × 0.1, or 0. The largest wins. You
# will write it in the exercises. The package does the same with logarithms, and agrees with our lists:

# %%
# Pieces and their log-probabilities, log p. `<unk>` stands for unknown characters and takes no part here; the ▁ that
# SentencePiece puts before every text gets p = 1, so that it costs nothing (log 1 = 0).
scored = [("<unk>", 0.0), ("▁", 0.0), *((x, math.log(p)) for x, p in pieces.items())]
small = Unigram(scored, special_tokens=["<unk>"])
found = [tuple(small.id_to_token(i) for i in ids[1:]) for ids, _ in small.n_best("hugs", 3)]
assert found == list(ways)[:3]  # ids[1:]: without the ▁
assert math.isclose(small.log_prob("hugs"), math.log(total))
print("the three best:", found)
print(f"log-probability of 'hugs', all ways together: {small.log_prob('hugs'):.4f} nats")

# %% [markdown]
# Now train one on the documentation, and watch it. Training reports every turn: the log-likelihood of the whole text (in
# nats; 1 nat is 1.44 bits), how many pieces were left, and which were dropped. Of the 2,000 ids, 256 are kept for
# single bytes, as a last resort for characters without a piece, and three for special tokens.

# %%
trace = []
unigram = Unigram.train(documents[: len(documents) // 3], vocab_size=2000, on_step=trace.append)
fig, (left, right) = figure(columns=2)
turn = list(range(len(trace)))
likelihood = [step.log_likelihood / 1000 for step in trace]
lines(left, {"": (turn[1:], likelihood[1:])}, x="turn of EM", y="log-likelihood (thousand nats)")
lines(right, {"": (turn, [step.n_pieces for step in trace])}, x="turn of EM", y="pieces left")
left.set_title("EM climbs, pruning costs", fontsize=10)
right.set(yscale="log", title="A quarter of the pieces goes each time")
for before, after in zip(trace, trace[1:]):
    if not before.pruned:
        assert after.log_likelihood >= before.log_likelihood - 1e-6 * abs(before.log_likelihood)
print("no turn between two prunings lowers the likelihood")

# %% [markdown]
# **What to see.** Left (without the very first turn, which starts from raw counts): between two prunings the curve
# rises, as the mathematics of EM guarantees and the cell checks; each pruning lowers it, at first by nothing that can
# be seen, because the least useful pieces go first, later by more. Right: the vocabulary shrinks by the same factor
# each time until the wanted number is left.
#
# A probability model can do what a merge table cannot: *sample* a way to cut. A model that sees a different cut of the
# same word each time learns that they mean the same (**subword regularisation**). A way is drawn with a chance
# proportional to its probability to the power alpha: 1 is the model's own, 0 makes all ways alike.

# %%
word = "tokenization"
rng = random.Random(0)
drawn = Counter(tuple(unigram.sample(word, alpha=0.3, rng=rng)) for _ in range(200))
assert all(unigram.decode(ids) == word for ids in drawn)
assert len(drawn) > 1
for ids, times in drawn.most_common(3):
    display(HTML(token_row([unigram.id_to_token(i) for i in ids]) + f" &nbsp; ~{times} times"))
print("different cuts of one word in 200 draws: ~", len(drawn), sep="")

# %% [markdown]
# ## Step 8 · The experiment: the three compared
#
# One training text (English documentation, Python code, some Chinese), one size of vocabulary, held-out text of each
# kind. What is measured: tokens a word (fertility; for Chinese, a character) and bytes a token. One warning before: the
# three do not do quite the same job. This WordPiece, like BERT's "uncased" one, lower-cases, drops accents and blanks,
# and cuts Chinese into single characters first; the other two give every text back as it was.

# %%
code = list(pydocs.sources(400_000))
mixture = documents[: cut // 2] + code + 20 * list(samples.chinese("train"))
SIZE = 3000
trained = {
    "BPE": BPE.train(mixture, vocab_size=SIZE),
    "WordPiece": WordPiece.train(mixture, vocab_size=SIZE),
    "Unigram": Unigram.train(mixture, vocab_size=SIZE),
}
tests = {"English": en, "Chinese": zh, "code": samples.python()}


def measure(tok, texts, unit):
    n_tokens = sum(len(tok.encode(text)) for text in texts)
    n_bytes = sum(len(text.encode()) for text in texts)
    n_units = sum(len(unit(text)) for text in texts)
    return n_tokens / n_units, n_bytes / n_tokens


results = {}
rows = []
for name, tok in trained.items():
    row = [name, f"~{tok.vocab_size}"]
    for kind, texts in tests.items():
        results[name, kind] = fertility, density = measure(
            tok, texts, list if kind == "Chinese" else words_of
        )
        row += [f"~{fertility:.2f}", f"~{density:.2f}"]
    rows.append(row)
head = ["", "vocabulary", "English: tokens a word", "bytes a token"]
head += ["Chinese: tokens a character", "bytes a token", "code: tokens a word", "bytes a token"]
assert results["BPE", "English"][0] < results["Unigram", "English"][0]
assert results["Unigram", "English"][0] < results["WordPiece", "English"][0]
table(head, rows)

# %%
fig, (axis,) = figure()
for i, name in enumerate(trained):
    heights = [results[name, kind][1] for kind in tests]
    axis.bar([g + 0.25 * i for g in range(3)], heights, width=0.23, label=name)
axis.set_xticks([g + 0.25 for g in range(3)], list(tests))
axis.set(ylabel="bytes a token (higher is shorter)", ylim=(0, 4))
axis.set_title("Same size of vocabulary, three methods", fontsize=10)
axis.legend(frameon=False, ncols=3, loc="upper left")
assert results["BPE", "English"][1] > results["WordPiece", "English"][1]

# %% [markdown]
# **What to see.** On English and code BPE makes the shortest sequences: it is the only one of the three that is trained
# to shorten. Unigram is trained for likelihood instead; Kudo's point was not length but that it can sample. On Chinese
# WordPiece seems to win, and that is a trap: a character that it has never seen becomes `[UNK]`, one cheap token that says
# nothing. Let us count them, and charge what BPE would pay for such a character, its three bytes:

# %%
pieces_of = {
    kind: [t for text in texts for t in trained["WordPiece"].tokens(text)]
    for kind, texts in tests.items()
}
unknown = {kind: found.count("[UNK]") for kind, found in pieces_of.items()}
honest = (len(pieces_of["Chinese"]) + 2 * unknown["Chinese"]) / sum(map(len, zh))
print("WordPiece's [UNK] in the held-out text:", {kind: f"~{n}" for kind, n in unknown.items()})
print(f"Chinese at three tokens for an [UNK]: ~{honest:.2f} a character")
assert unknown["Chinese"] > 10
assert honest > results["BPE", "Chinese"][0]
for name in ("BPE", "Unigram"):
    back = [trained[name].decode(trained[name].encode(text)) for text in en + zh]
    assert back == list(en + zh)
print("BPE and Unigram (with its byte fallback) give every sentence back unchanged")

# %% [markdown]
# WordPiece's win is gone. *A table of averages needs a look at what was averaged.*

# %% [markdown]
# ### Loss per token is not comparable; bits per byte is
#
# A model over $V$ tokens that knows nothing pays $\ln V$ nats for each token: with GPT-2's vocabulary 10.825. So a
# larger vocabulary starts with a larger loss, and stays there: its tokens are longer and each is harder to guess. The
# same model quality therefore shows as different losses. What can be compared is what the *text* costs:
#
# $$ \text{bits per byte} = \frac{\text{loss per token in nats}}{\ln 2} \times \frac{\text{tokens}}{\text{bytes}}. $$
#
# The simplest model there is guesses each token by its frequency. We count on the first 80 % of the documentation (plus
# one for every token, so that none is impossible) and pay on the last 20 %:

# %%
of_seen = BPE.train(documents[:cut], vocab_size=8192)
n_bytes = len(unseen.encode())
losses, per_byte = [], []
for size in sizes:
    tok = BPE.from_merges(of_seen.merges[: size - 256])
    learnt_from, paid_on = tok.encode(seen), tok.encode(unseen)
    frequency = Counter(learnt_from)
    share = {i: (frequency[i] + 1) / (len(learnt_from) + size) for i in range(size)}
    losses.append(-sum(math.log(share[i]) for i in paid_on) / len(paid_on))
    per_byte.append(losses[-1] / math.log(2) * len(paid_on) / n_bytes)
fig, (left, right) = figure(columns=2)
lines(left, {"": (sizes, losses)}, x="vocabulary (tokens)", y="loss (nats a token)")
lines(right, {"": (sizes, per_byte)}, x="vocabulary (tokens)", y="bits a byte")
left.set_title("The loss rises …", fontsize=10)
right.set_title("… while the text gets cheaper", fontsize=10)
for axis in (left, right):
    axis.set(xscale="log", xticks=[256, 1024, 4096], xticklabels=["256", "1,024", "4,096"])
    axis.minorticks_off()
assert losses == sorted(losses)
assert per_byte == sorted(per_byte, reverse=True)
for name, size in (("GPT-2", 50_257), ("BERT", 30_522), ("LLaMA", 32_000)):
    print(f"knowing nothing, {name}: ln {size} = {math.log(size):.3f} nats a token")

# %% [markdown]
# **A paper to check.** The GPT-3 paper says that its filtered Common Crawl is 570 GB of text and roughly 400 billion
# BPE tokens. That is $570/400 = 1.43$ bytes a token. GPT-2's tokenizer, which GPT-3 uses, has about four bytes a token
# on English, and even our small one has more than two. So the two figures can hardly describe the same plain text; the
# paper does not say which of them is to be read differently. Checking a number takes one division.

# %%
claimed = 570e9 / 400e9
ours = bytes_per_token[-1]
print(f"claimed: {claimed:.3f} bytes a token · our 8,192 tokens on held-out English: ~{ours:.2f}")
assert round(claimed, 3) == 1.425
assert ours > 2

# %%
shorter = lengths["characters"] / lengths["BPE, 4096"]
premium = cost(tokenizer, zh) / cost(tokenizer, en)
claims = [  # claim, published, measured here, does it hold
    (
        "Distinct words grow without limit",
        "exponent 0.4 to 0.8 ¹",
        f"~{slope:.2f}",
        0.4 <= slope <= 0.8,
    ),
    (
        "A token of English is about four characters",
        "4 (50,257 tokens) ²",
        f"~{shorter:.1f} (4,096)",
        shorter > 3.5,
    ),
    (
        "A language missing in training pays more",
        "up to 15 times ³",
        f"~{premium:.1f} times",
        premium > 1.5,
    ),
    (
        "570 GB of text are 400 billion tokens",
        "1.43 bytes a token ⁴",
        f"~{ours:.1f} (8,192)",
        ours < 1.6,
    ),
]
assert [holds for *_, holds in claims] == [True, False, True, False]
table(
    ["claim", "published", "measured here", "holds here?"],
    [[*claim[:3], "yes" if claim[3] else "no"] for claim in claims],
)

# %% [markdown]
# ¹ usual range for English (Heaps 1978; Manning, Raghavan and Schütze 2008, section 5.1.1) · ² OpenAI's rule of thumb for its
# tokenizers · ³ Petrov et al. 2023, abstract · ⁴ GPT-3 paper ([arXiv:2005.14165](https://arxiv.org/abs/2005.14165)),
# section 2.2. Two "no", and both say something: four characters a token need a vocabulary of tens of thousands, and the
# last row is the pair of numbers from above.

# %% [markdown]
# ## Step 9 · Your tokenizer in a production engine
#
# `tiktoken` is the engine that OpenAI's models use, written in Rust. It needs three things: the pattern, the bytes of
# each token with its rank, and the special tokens. Ours has all three, so the export is short:

# %%
from llm101.tokenizers.export import bpe_to_tiktoken

show(bpe_to_tiktoken)

# %%
engine = tokenizer.to_tiktoken()
checked = [*documents[:200], *zh, "🙂 naïve café", " ", "\n\n\t x", "1234567890"]
assert all(engine.encode_ordinary(text) == tokenizer.encode(text) for text in checked)
print("same ids as tiktoken on", len(checked), "texts")

# %% [markdown]
# ## Step 10 · Sentences of unequal length
#
# *A batch is one matrix. How do sentences of 3 and of 30 tokens fit in?* Three ways:
#
# - **pad** each to the longest with a dummy token, and pass a **mask** that says what is real;
# - sort into **buckets** of similar length first, then pad;
# - **pack**: write all sentences one after the other, with an end token between, and cut into equal blocks.

# %%
rows = [tokenizer.encode(text) for text in en]
random.Random(0).shuffle(rows)
BATCH, BLOCK = 8, 32  # sequences in a batch, tokens in a packed block


def wasted(batches):
    """Share of positions that are padding."""
    cells = sum(len(batch) * max(map(len, batch)) for batch in batches)
    return 1 - sum(len(row) for batch in batches for row in batch) / cells


def batches_of(rows):
    return [rows[i : i + BATCH] for i in range(0, len(rows), BATCH)]


waste = {
    "padded as they come": wasted(batches_of(rows)),
    "bucketed": wasted(batches_of(sorted(rows, key=len))),
}
END = tokenizer.vocab_size  # one more id, for the end of a sentence
stream = [token for row in rows for token in [*row, END]]
waste["packed"] = (len(stream) % BLOCK) / len(stream)  # the rest that fills no block is dropped
fig, (axis,) = figure(height=2.8)
bars(
    axis,
    {name: 100 * share for name, share in waste.items()},
    y="positions wasted (%)",
    title="Padding, bucketing, packing",
    form="{:.0f} %",
)
assert waste["padded as they come"] > waste["bucketed"]
assert waste["padded as they come"] > waste["packed"]

# %% [markdown]
# The mask must reach the model, or the padding changes the answer. The simplest model that reads a whole sentence is
# the mean of its embeddings; padding shifts that mean unless the mask takes it out:

# %%
short = torch.tensor(rows[0])
padded = torch.cat([short, torch.zeros(5, dtype=torch.int64)])  # five times the id 0 behind it
mask = torch.arange(len(padded)) < len(short)  # True where a token is real
alone = embedding(short).mean(0)
careless = embedding(padded).mean(0)
masked = (embedding(padded) * mask[:, None]).sum(0) / mask.sum()  # [:, None]: a column, for all 7
assert torch.allclose(masked, alone, atol=1e-6)
assert not torch.allclose(careless, alone, atol=1e-2)
print("with the mask the padded sentence gives the same mean; without it another")

# %% [markdown]
# The same holds for a small GPT like that of lesson 00, whose insides come later. Texts that are to be *continued* are
# padded on the left, so that all end at the same place; the model counts positions from the first real token. It must
# know which tokens are real, or its outputs (*logits*, a score for each possible next token) change:

# %%
from llm101.models import GPT2Config, gpt2

model = gpt2(
    GPT2Config(vocab_size=tokenizer.vocab_size, d_model=32, n_layers=2, n_heads=2, max_len=128)
).eval()  # random weights, no dropout
left_padded = torch.cat([torch.zeros(5, dtype=torch.int64), short])
real = torch.arange(len(left_padded)) >= 5
with torch.no_grad():  # [None]: a batch of one
    plain = model(short[None])
    with_mask = model(left_padded[None], mask=real[None])[:, 5:]
    without = model(left_padded[None])[:, 5:]
change = {"with": (with_mask - plain).abs().max(), "without": (without - plain).abs().max()}
assert change["with"] < 1e-5
assert change["without"] > 1e-3
print("largest change of a logit, with the mask: none · without it:", f"~{change['without']:.2f}")

# %% [markdown]
# ## What goes wrong in practice
#
# Some strange behaviour of language models comes from the tokenizer. Five cases to recognise:

# %%
oddities = {
    "a blank in front": ["print", " print"],
    "capitals": [" value", " Value", " VALUE"],
    "numbers": [" 2024", " 2025", " 1999", " 1234567"],
    "a blank at the end": ["The answer is", "The answer is "],
    "spelling": ["strawberry", "s t r a w b e r r y"],
}
for name, texts in oddities.items():
    cut_up = [(name if i == 0 else "", tokenizer.tokens(text)) for i, text in enumerate(texts)]
    display(token_table(cut_up))


def n_tokens(text):
    return len(tokenizer.encode(text))


assert n_tokens("print") == n_tokens(" print") == 1
assert tokenizer.encode("print") != tokenizer.encode(" print")
assert n_tokens(" value") < n_tokens(" VALUE")
assert tokenizer.encode("The answer is ")[:-1] == tokenizer.encode("The answer is")
assert n_tokens("strawberry") < len("strawberry") / 2

# %% [markdown]
# - **A blank in front** makes another token. For the model `print` and `·print` are two ids that have nothing in common
#   until training teaches it so.
# - **Capitals**: a word in capitals is rarer than the same in small letters, so it falls into more pieces.
# - **Numbers** are cut where frequency put a border: the same digits stand in different tokens, and in groups from the
#   left, while people group them from the right.
# - **A blank at the end** of a prompt is a token by itself. In training the blank belonged to the word behind it, so the
#   model has hardly ever seen a word follow a lone blank. Do not end a prompt with one.
# - **Spelling**: the model gets a few ids for a word, not its letters. It cannot count letters by looking.
#
# Two that are bugs in programs. **User text that contains a special token**: if `<|endoftext|>` typed by a user became the
# real one, a user could end your document. Ours never parses it unless told to:

# %%
guarded = BPE.train(documents[:100], vocab_size=600, special_tokens=["<|endoftext|>"])
typed = "please ignore <|endoftext|> this"
end = guarded.special_tokens["<|endoftext|>"]
assert end not in guarded.encode(typed)
assert end in guarded.encode(typed, allowed_special={"<|endoftext|>"})
print(
    "typed by a user:",
    len(guarded.encode(typed)),
    "tokens, none of them special ·",
    "allowed by the program:",
    len(guarded.encode(typed, allowed_special={"<|endoftext|>"})),
    "tokens",
)

# %% [markdown]
# **Decoding token by token**: a token may end in the middle of a character. Decoded alone, each half becomes �, the
# replacement character; you will write the decoder that waits in the exercises.

# %%
halves = tokenizer.encode("你好")
print(
    "together:",
    tokenizer.decode(halves),
    "· one by one:",
    "".join(tokenizer.decode([i]) for i in halves),
)
assert tokenizer.decode(halves) == "你好"
assert "�" in "".join(tokenizer.decode([i]) for i in halves)

# %% [markdown]
# ### The real GPT-2 vocabulary, if you have a network
#
# The next cell needs `tiktoken`'s file of GPT-2's merges, which is downloaded once. Without network it says so and
# nothing else in the course misses it.

# %% tags=["nbval-ignore-output"]
from llm101.tokenizers import gpt2 as gpt2_vocabulary

try:
    real = gpt2_vocabulary()
    assert real.vocab_size == 50_257
    display(
        token_table(
            [
                (f"{name}, {tok.vocab_size:,} tokens", tok.tokens(sentence))
                for name, tok in (("GPT-2", real), ("ours", tokenizer))
            ]
        )
    )
except ConnectionError as error:
    print("skipped:", error)

# %% [markdown]
# ## Check yourself
#
# Choose an answer; every one has an explanation. (The code is folded, since it holds the answers.)

# %% tags=["hide-input"]
display(quiz("What does encoding with BPE do first in a new word?", [
    ("It joins the leftmost pair that has a merge", False, "Position does not matter; the order of learning does."),
    ("It joins the pair that was learnt first", True, "Encoding replays training, so the result is the one that training would have given."),
    ("It looks for the longest token that fits", False, "That is WordPiece: longest match first."),
    ("It computes the most probable segmentation", False, "That is Unigram, with the Viterbi algorithm."),
]))  # fmt: skip
display(quiz("Two models report 3.0 and 3.5 nats a token on the same text. Which is better?", [
    ("The first: its loss is lower", False, "Only if both use the same tokenizer."),
    ("Nobody can say without the numbers of tokens", True, "Convert to bits per byte: loss / ln 2 × tokens / bytes."),
    ("The second: a larger loss means a larger vocabulary", False, "It may, but a larger vocabulary is not a better model."),
]))  # fmt: skip
display(quiz("Why did GPT-2 start from bytes instead of characters?", [
    ("Bytes make shorter sequences", False, "Longer ones, if anything: most characters have more than one byte."),
    ("256 symbols spell every text, so nothing is unknown", True, "Unicode has about 150,000 characters; a vocabulary of characters has holes or is huge."),
    ("Bytes carry more meaning", False, "A single byte of a Chinese character means nothing."),
]))  # fmt: skip
display(quiz("A batch is padded with token 0, and token 0 is also a real token. What is the mask made from?", [
    ("From ids != 0", False, "Then real tokens with id 0 vanish as well."),
    ("From the lengths of the sequences", True, "The lengths are known before padding; the ids do not tell."),
    ("No mask is needed if the loss ignores token 0", False, "The padding would still be read, and real zeros would have no loss."),
]))  # fmt: skip

# %% [markdown]
# <details><summary><b>What does tokenization do?</b></summary>
#
# It maps a text to a row of ids from a finite vocabulary, and back; with byte-level schemes exactly, so that
# `decode(encode(s)) == s`. Each id selects a row of the embedding table.
# </details>
#
# <details><summary><b>Why split a sentence into tokens?</b></summary>
#
# A model needs discrete units from a closed list. Whole sentences never repeat, and one vector for a sentence would
# throw its structure away. Words make a huge vocabulary that still has holes, characters very long sequences;
# sub-words trade the two off.
# </details>
#
# <details><summary><b>What are the principles of BPE, WordPiece and Unigram?</b></summary>
#
# *BPE*: from characters or bytes, join the most frequent pair again and again; encode by replaying the merges in order.
# *WordPiece*: also from the bottom up, but joins the pair with the largest count(ab) / (count(a) count(b)); encodes by
# longest match first, with `##` inside words. *Unigram*: from the top down; fit probabilities of very many pieces with
# EM, drop those whose loss hurts least; encode the most probable segmentation (Viterbi), or sample one.
# </details>
#
# <details><summary><b>What is a word embedding?</b></summary>
#
# A learnt vector for each token, stored as a row of a $V \times d$ table; looking it up equals multiplying a one-hot
# vector by the table. Training moves tokens used in similar contexts towards each other (lesson 04).
# </details>
#
# <details><summary><b>Sentences differ in length: how do we make matrices of equal size?</b></summary>
#
# Pad to the longest in the batch (or cut to a maximum) and pass a mask, so that padding gets no attention and no loss;
# or bucket by length first; or, for pre-training, write documents one after the other and cut equal blocks.
# </details>

# %% [markdown]
# ## Exercises
#
# Eight exercises, from counting pairs to the Viterbi segmenter, wait in
# [your copy](../work/03_tokenization/tokenization.ipynb) (made by `python run.py`; the original is in
# [exercises/](../exercises/03_tokenization/tokenization.ipynb)). Each has a check that tells you what is wrong.
#
# ## Further reading
#
# - Sennrich, Haddow, Birch 2016, *Neural Machine Translation of Rare Words with Subword Units*, [arXiv:1508.07909](https://arxiv.org/abs/1508.07909)
# - Schuster, Nakajima 2012, *Japanese and Korean Voice Search* (WordPiece); Wu et al. 2016, [arXiv:1609.08144](https://arxiv.org/abs/1609.08144)
# - Kudo 2018, *Subword Regularization*, [arXiv:1804.10959](https://arxiv.org/abs/1804.10959); Kudo, Richardson 2018, *SentencePiece*, [arXiv:1808.06226](https://arxiv.org/abs/1808.06226)
# - Radford et al. 2019, *Language Models are Unsupervised Multitask Learners* (GPT-2), section 2.2
# - Petrov et al. 2023, *Language Model Tokenizers Introduce Unfairness Between Languages*, [arXiv:2305.15425](https://arxiv.org/abs/2305.15425)
#
# ## What you can now read in the package
#
# [`tokenizers/text.py`](../llm101/tokenizers/text.py) (patterns) · [`bpe.py`](../llm101/tokenizers/bpe.py) ·
# [`wordpiece.py`](../llm101/tokenizers/wordpiece.py) · [`unigram.py`](../llm101/tokenizers/unigram.py) ·
# [`export.py`](../llm101/tokenizers/export.py). Next: **lesson 04, embeddings**: what a row of the table comes to mean.
