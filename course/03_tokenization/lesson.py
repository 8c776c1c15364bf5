# ---
# title: Tokenization
# minutes: 120
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
# - run byte-pair encoding (BPE), WordPiece and the unigram model by hand on a few words, and read their code;
# - predict how a tokenizer cuts numbers, spaces, capitals, Chinese and emoji, and recognise the bugs that follow;
# - turn sentences of unequal length into one batch, without letting the padding count.
#
# **Time** about two hours. **You need** [lesson 00](00_start_here.ipynb) and Python; no mathematics beyond logarithms.

# %%
import math
from collections import Counter

import llm101
import torch
from IPython.display import HTML, display
from llm101 import show
from llm101.corpora import pydocs, samples
from llm101.viz.plots import bars, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.tokens import table, token_row, token_table, visible
from llm101.viz.widgets import stepper

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

sentence = "Tokenizers split unbelievably long words, but not the short ones."
ids = tokenizer.encode(sentence)
assert tokenizer.decode(ids) == sentence
assert len(ids) < len(sentence) / 2
display(HTML(token_row(tokenizer.tokens(sentence), ids)))

# %% [markdown]
# **What to see.** Each box is one *token*, the small number is its *id*, and the dot is a blank: most tokens begin
# with the blank before the word. Frequent words are one box. The rare ones fall into parts, and the parts are often
# meaningful: nobody told the program what a prefix or a plural is. (Your ids differ from those of a friend who has
# another version of Python: the documentation that it learnt from is another text.)

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
assert len(vocabulary) > 50 * len(set(seen)) / 2

# %% [markdown]
# **What to notice.** A word vocabulary is large and still has holes. A word outside of it is *out of vocabulary*
# (OOV): all that a word-level model can do is to call it `[UNK]`, unknown, and a model that reads `[UNK]` has lost the
# word for good. More text does not cure this. Predict before you run the next cell: when we read ten times as much
# text, does the list of distinct words grow two times, five times, or ten times?

# %%
everything = words_of(seen)
sizes = [len(everything) // k for k in (64, 32, 16, 8, 4, 2, 1)]
kinds = [len(set(everything[:n])) for n in sizes]
slope = (math.log(kinds[-1]) - math.log(kinds[0])) / (math.log(sizes[-1]) - math.log(sizes[0]))
print(f"ten times the text has ~{10**slope:.1f} times the distinct words")
assert 0.3 < slope < 0.9

fig, (left, right) = figure(columns=2)
lines(
    left,
    {"distinct words": (sizes, kinds)},
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
# **What to see.** Left: on two logarithmic axes the number of distinct words is nearly a straight line that does not
# bend to a ceiling (Heaps' law). Right: characters close the list at once, but make the sequence four to five times
# as long, and each single one means almost nothing. A Transformer pays for length: attention compares every
# token with every other one (lesson 07), so a sequence five times as long costs 25 times as many comparisons.
#
# **Sub-words** are the way between: frequent words stay whole, rare words are spelled with frequent parts, and nothing
# is ever unknown. The three methods of this lesson differ only in how they choose the parts.

# %% [markdown]
# ### What a model receives: a matrix
#
# A text of $N$ tokens becomes $N$ ids; each id selects one row of a table with $V$ rows and $M$ columns. So a sentence
# becomes an $N \times M$ matrix. Looking a row up is the same as multiplying a one-hot vector by the table:

# %%
embedding = torch.nn.Embedding(
    num_embeddings=tokenizer.vocab_size, embedding_dim=7
)  # V = 4096 rows, M = 7
matrix = embedding(torch.tensor(ids))
one_hot = torch.nn.functional.one_hot(torch.tensor(ids), tokenizer.vocab_size).float()
assert matrix.shape == (len(ids), 7)
assert torch.equal(one_hot @ embedding.weight, matrix)
print(
    "rows of the matrix = tokens of the sentence:",
    matrix.shape[0] == len(ids),
    "· columns:",
    matrix.shape[1],
)

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
from llm101.tokenizers.classic import count_pairs, learn_bpe

FOUR_WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
merges, states = learn_bpe(FOUR_WORDS, 10)
print(merges[:5])
assert merges[:5] == [("e", "s"), ("es", "t"), ("est", "</w>"), ("l", "o"), ("lo", "w")]

# %% [markdown]
# `e s` occurs 6 + 3 = 9 times, as do `s t` and `t </w>`; among equals our rule takes the pair that sorts first. Step
# through the merges yourself: move the slider, and before each step say which pair comes next.


# %%
def draw(step):
    rows = "".join(
        f'<tr><td style="text-align:right;padding-right:10px">{FOUR_WORDS[word]} ×</td>'
        f'<td style="text-align:left">{token_row(symbols)}</td></tr>'
        for word, symbols in states[step].items()
    )
    counts = count_pairs(states[step], FOUR_WORDS)
    top = sorted(counts, key=lambda pair: (-counts[pair], pair))[:4]
    ahead = (
        ", ".join(f"<code>{a} {b}</code> {counts[a, b]}" for a, b in top) or "nothing left to join"
    )
    done = (
        "nothing yet" if step == 0 else "joined last: <code>{} {}</code>".format(*merges[step - 1])
    )
    return f"<p><b>{step} merges</b> · {done}</p><table>{rows}</table><p>most frequent pairs now: {ahead}</p>"


merge_steps = stepper(draw, last=len(merges), start=3, label="merges")
merge_steps

# %% [markdown]
# *Without a running kernel the slider is dead; here are four of its positions as a table.*

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
# **Encoding replays training.** To cut a new word, spell it, then make the merges *in the order in which they were
# learnt*: of all pairs in the word, the one that was learnt first goes first. Not the leftmost, and not the longest.

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
# The loop reads the whole text for each merge, so 4,000 merges over a megabyte take minutes. The package does three
# things differently and gets the same merges: it counts each distinct word only once; it remembers in which words a
# pair occurs, so a merge touches only those; and it keeps the pairs in a heap, so the most frequent is at the top.

# %%
from llm101.tokenizers.bpe_train import count_words, learn_merges, learn_merges_naive

show(learn_merges)

# %% [markdown]
# Same merges, same order? A claim like this is checked, not believed. `learn_merges_naive` of the package is the
# obvious loop, word by word; the fast one must agree with it on real text:

# %%
words = count_words(documents[:200])
slow, quick = learn_merges_naive(words, 150), learn_merges(words, 150)
assert slow == quick
assert quick == list(BPE.train(documents[:200], vocab_size=256 + 150).merges)
print("naive and fast agree on", len(quick), "merges")

# %% [markdown]
# **How many merges?** The size of the vocabulary is a dial. Predict: from 512 to 1,024 tokens the text gets shorter by
# some amount; do the next 1,024 tokens, and the next 2,048, gain more, the same, or less?

# %%
held_out = "\n".join(samples.english())
largest = BPE.train(documents, vocab_size=8192)
sizes = [256, 512, 1024, 2048, 4096, 8192]
bytes_per_token = []
for size in sizes:
    smaller = BPE.from_merges(
        largest.merges[: size - 256]
    )  # the first merges of a large training are a small one
    bytes_per_token.append(len(held_out.encode()) / len(smaller.encode(held_out)))

fig, (axis,) = figure()
lines(
    axis,
    {"BPE on held-out English": (sizes, bytes_per_token)},
    x="vocabulary (tokens)",
    y="bytes a token",
)
axis.set(
    xscale="log",
    xticks=sizes,
    xticklabels=sizes,
    title="Every doubling gains less than the one before",
)
gains = [b / a for a, b in zip(bytes_per_token, bytes_per_token[1:])]
assert bytes_per_token[0] == 1.0
assert gains[0] > gains[-1] > 1.0
print("gain of each doubling:", " ".join(f"~{gain:.2f}x" for gain in gains))

# %% [markdown]
# **What to see.** 256 tokens are the bare bytes, one byte a token. The first doublings gain most, the last one a few
# per cent. Each token also costs a row of the embedding table, so at some point a larger vocabulary is a worse buy.
# What the well-known models bought:

# %%
VOCABULARIES = [  # model, tokens, method, width of the model, parameters
    ("GPT-1", 40_478, "BPE, 40,000 merges", 768, 116_534_784),
    ("GPT-2 small", 50_257, "byte-level BPE", 768, 124_439_808),
    ("BERT-base", 30_522, "WordPiece", 768, 109_482_240),
    ("T5-small", 32_128, "Unigram (SentencePiece)", 512, 60_506_624),
    ("LLaMA-7B", 32_000, "BPE (SentencePiece)", 4096, 6_738_415_616),
    ("BLOOM", 250_880, "byte-level BPE", 14336, 176_247_271_424),
    ("GPT-3", 50_257, "byte-level BPE", 12288, 174_604_259_328),
]
shares = {name: 100 * vocab * width / total for name, vocab, _, width, total in VOCABULARIES}
rows = [
    [name, vocab, method, f"{shares[name]:.1f} %"] for name, vocab, method, _, _ in VOCABULARIES
]
display(
    table(["model", "vocabulary", "method", "share of all parameters in one embedding table"], rows)
)
assert 256 + 50_000 + 1 == 50_257, "GPT-2: bytes, merges and <|endoftext|>"
assert round(shares["GPT-2 small"], 1) == 31.0
assert shares["GPT-3"] < 0.4

# %% [markdown]
# GPT-2's odd number is bytes + merges + one special token that ends a document: $256 + 50{,}000 + 1 = 50{,}257$. In a
# small model the table is a third of all parameters, in a large one it is nothing: larger models can afford larger
# vocabularies. (BART and RoBERTa use GPT-2's tokens; T5 and mBART use Unigram; the BERT family uses WordPiece.)

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
# A tokenizer that has read English documentation has learnt no Chinese merges, so each Chinese character costs it
# three tokens. We have the same sentences in both languages (written for this course), so we can count what the same
# *meaning* costs. **Fertility** is the number of tokens a word, or for Chinese, a character.

# %%
en, zh = samples.english("held_out"), samples.chinese("held_out")
mixed = BPE.train(documents + 20 * list(samples.chinese("train")), vocab_size=4096)


def cost(tok, texts):
    return sum(len(tok.encode(text)) for text in texts)


results = []
for name, tok in (("English only", tokenizer), ("English + Chinese", mixed)):
    premium = cost(tok, zh) / cost(tok, en)
    fertility = cost(tok, zh) / sum(map(len, zh))
    results.append((name, cost(tok, en), cost(tok, zh), premium, fertility))
    print(
        f"{name:18} English ~{cost(tok, en)} tokens, Chinese ~{cost(tok, zh)}: "
        f"~{premium:.2f} times as many; ~{fertility:.2f} a character"
    )
assert results[0][3] > 1.5, (
    "without Chinese in training, the same meaning costs much more in Chinese"
)
assert results[1][3] < 0.8 * results[0][3], "Chinese in training lowers the premium"
display(
    token_table(
        [
            (name, tok.tokens("我喜欢水果。"))
            for name, tok in (("English only", tokenizer), ("English + Chinese", mixed))
        ]
    )
)

# %% [markdown]
# **What to notice.** The first row shows single bytes as `\xe6` and so on: tokens need not be characters. Users pay
# by the token and a model's memory is counted in tokens, so a tokenizer decides who gets less for the same price.
# Petrov et al. ([arXiv:2305.15425](https://arxiv.org/abs/2305.15425)) measured such differences between languages for
# real models. What you read here depends on our small mixture; the mechanism does not.

# %% [markdown]
# ## Step 5 · Borders that no merge may cross
#
# *Why is ` dog.` not one token?* It is frequent enough. GPT-2 first cuts the text with a regular expression, and
# merges happen only inside the cuts. Otherwise the vocabulary fills with `dog.`, `dog!`, `dog?`.

# %%
from llm101.tokenizers.patterns import GPT2_PATTERN, GPT4_PATTERN, split

print("GPT-2:", GPT2_PATTERN)
print("GPT-4:", GPT4_PATTERN)
examples = [
    "It's 2024, isn't it?",
    "ISN'T IT",
    "price: 1234567",
    "def f(x):\n    return x",
    "one  two   three",
]
for text in examples:
    display(
        token_table(
            [
                (f"GPT-2  {visible(text)}", split(text, GPT2_PATTERN)),
                ("GPT-4", split(text, GPT4_PATTERN)),
            ],
            count="pieces",
        )
    )
    assert "".join(split(text, GPT2_PATTERN)) == "".join(split(text, GPT4_PATTERN)) == text

# %% [markdown]
# **What to see.** Three differences, each the repair of a nuisance. *Contractions*: GPT-2 knows `'t` but not `'T`, so
# shouting changed the tokens. *Numbers*: GPT-2 takes any run of digits, GPT-4 three at most, because long numbers cut
# at random are hard to calculate with. *Blanks*: GPT-4 keeps line breaks together, which makes code cheaper.
#
# **SentencePiece** (Kudo and Richardson, [arXiv:1808.06226](https://arxiv.org/abs/1808.06226)) draws no such borders by
# regular expression. It writes the blank as a visible character, `▁` (U+2581), and treats the text as one row of
# characters, which suits languages without blanks. LLaMA's tokenizer is BPE in this style: every digit is a token of
# its own, and a character outside the vocabulary falls back to its bytes. A vocabulary of a few pieces shows all three
# (a piece that was learnt earlier has a higher score):

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
# BERT's method is older than BPE in language processing (Schuster and Nakajima, 2012) and looks like it, with two
# differences. **Training** joins not the most frequent pair but the pair with the largest
#
# $$ \text{score}(a, b) = \frac{\text{count}(ab)}{\text{count}(a)\,\text{count}(b)}, $$
#
# the gain in likelihood when `a` and `b` stop being independent. **Encoding** forgets the merges: it takes the longest
# piece that fits, then the longest that fits the rest. Pieces inside a word carry `##`.
#
# **Predict:** will WordPiece's first pieces be frequent, like BPE's, or rare? (Put two letters into the formula that
# occur three times in the whole text, always side by side; then `t` and `h`.)

# %%
from llm101.tokenizers import WordPiece

wordpiece = WordPiece.train(documents, vocab_size=4096)
bpe_first = [visible(tokenizer.id_to_token(256 + i)) for i in range(10)]
bare = [piece.removeprefix("##") for piece in wordpiece.pieces]
wp_first = [
    piece
    for piece, letters in zip(wordpiece.pieces, bare, strict=True)
    if len(letters) > 1 and piece[0] != "["
][:10]
display(
    table(
        ["merge", "BPE", "WordPiece"],
        [[i + 1, a, b] for i, (a, b) in enumerate(zip(bpe_first, wp_first, strict=True))],
    )
)

count = Counter(words_of(seen.lower()))


def occurrences(piece):
    return sum(n for word, n in count.items() if piece.strip("·#") in word)


assert max(map(occurrences, wp_first)) < min(map(occurrences, bpe_first[:5]))
HTML(token_row(wordpiece.tokens("Tokenizers split unbelievably long words")))

# %% [markdown]
# **What to notice.** BPE begins with what is frequent everywhere, WordPiece with oddities: strings whose letters are
# hardly ever seen without each other. With `count(a) = count(b) = count(ab)` the score is $1/\text{count}$, so the
# rarest such pair wins; the package therefore ignores pairs that occur only once. Frequent pairs have to wait: how much
# of the two vocabularies is the same in the end, and how long are their tokens?

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
# BPE's merges). What is certain is the *encoding*, and there the package gives the same ids as Hugging Face's
# BERT tokenizer for any vocabulary. One more fact that is often told wrong: WordPiece is not "an improved BPE"; it
# was described in 2012, four years before BPE was used for words.
#
# Greedy matching can fail where BPE cannot: a character that is in no piece makes the whole word `[UNK]`.

# %%
print(wordpiece.tokens("unhappy ☃ snowman"))
assert "[UNK]" in wordpiece.tokens("☃")
assert tokenizer.decode(tokenizer.encode("☃")) == "☃"

# %% [markdown]
# ## Step 7 · Unigram: from the top down, with probabilities
#
# Kudo ([arXiv:1804.10959](https://arxiv.org/abs/1804.10959)) turns the question round. Start with far too many pieces.
# Give each a probability; a segmentation $x_1 \dots x_m$ of a text has the probability $\prod_i p(x_i)$. Then
#
# 1. **E step**: with the present probabilities, how often is each piece used, averaged over *all* segmentations?
# 2. **M step**: make these expected counts the new probabilities. The likelihood of the text cannot fall.
# 3. **Prune**: drop the pieces whose loss would hurt the likelihood least; keep all single characters. Repeat.
#
# A word of $n$ characters has $2^{n-1}$ segmentations. For a small one we can look at all of them:

# %%
from llm101.tokenizers import Unigram

pieces = {
    "h": 0.05,
    "u": 0.1,
    "g": 0.05,
    "s": 0.1,
    "hu": 0.15,
    "ug": 0.2,
    "hug": 0.15,
    "gs": 0.1,
    "ugs": 0.1,
}
assert math.isclose(sum(pieces.values()), 1.0)


def segmentations(text):
    if not text:
        return [[]]
    return [[text[:i], *rest] for i in range(1, len(text) + 1) for rest in segmentations(text[i:])]


ways = {tuple(s): math.prod(pieces.get(p, 0) for p in s) for s in segmentations("hugs")}
total = sum(ways.values())
best = sorted(ways, key=ways.get, reverse=True)
rows = [
    [token_row(way), f"{ways[way]:.6f}", f"{100 * ways[way] / total:.1f} %"] for way in best[:5]
]
display(table(["segmentation of hugs", "probability", "share"], rows, raw=True))
assert len(ways) == 2 ** (len("hugs") - 1)
assert best[0] in (("hu", "gs"), ("hug", "s"), ("h", "ugs"))

# %% [markdown]
# Enumerating works for four letters, not for forty. The **Viterbi algorithm** finds the best one in $O(n^2)$: the best
# segmentation of a prefix is a best shorter prefix plus one piece. You will write it in the exercises. The package
# computes the same numbers without listing anything:

# %%
# SentencePiece's convention puts a blank, ▁, before the text; with probability 1 it costs nothing here.
small = Unigram(
    [("<unk>", 0.0), ("▁", 0.0), *((piece, math.log(p)) for piece, p in pieces.items())],
    special_tokens=["<unk>"],
)
found = [tuple(small.id_to_token(i) for i in ids[1:]) for ids, _ in small.n_best("hugs", 3)]
assert found == best[:3]
assert math.isclose(small.log_prob("hugs"), math.log(total))
print("the three best:", found)
print(
    f"log-probability of 'hugs', summed over all segmentations: {small.log_prob('hugs'):.4f} nats"
)

# %% [markdown]
# Now train one on the documentation, and watch it. Training reports every turn: the likelihood, how many pieces were
# left, and which were dropped.

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
# each time until it has the wanted size.
#
# A probability model can do what a merge table cannot: *sample* a segmentation. Training a model on a different cut of
# the same word each time (**subword regularisation**) teaches it that they mean the same.

# %%
import random

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
# kind. What is measured: tokens a word (fertility; for Chinese, a character) and bytes a token.

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
head = [
    "tokenizer",
    "vocabulary",
    "English: tokens a word",
    "bytes a token",
    "Chinese: tokens a character",
    "bytes a token",
    "code: tokens a word",
    "bytes a token",
]
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
# nothing. The next cell counts those. *A table of averages needs a look at what was averaged.*

# %%
pieces_of = {
    kind: [t for text in texts for t in trained["WordPiece"].tokens(text)]
    for kind, texts in tests.items()
}
unknown = {kind: pieces.count("[UNK]") for kind, pieces in pieces_of.items()}
print("WordPiece's [UNK] in the held-out text:", {kind: f"~{n}" for kind, n in unknown.items()})
assert unknown["Chinese"] > 10
for name in ("BPE", "Unigram"):
    back = [trained[name].decode(trained[name].encode(text)) for text in en + zh]
    assert back == list(en + zh)
print("BPE and Unigram (with its byte fallback) give every sentence back unchanged")

# %% [markdown]
# ### Loss per token is not comparable; bits per byte is
#
# A model over $V$ tokens that knows nothing pays $\ln V$ nats for each token: with GPT-2's vocabulary 10.825. So a
# larger vocabulary starts with a larger loss, and stays there: its tokens are longer and each is harder to guess. The
# same model quality therefore shows as different losses. What can be compared is what the *text* costs:
#
# $$ \text{bits per byte} = \frac{\text{loss per token in nats}}{\ln 2} \times \frac{\text{tokens}}{\text{bytes}}. $$
#
# The simplest model there is guesses each token by its frequency. On the same text:

# %%
text = "\n".join(documents[cut:])
n_bytes = len(text.encode())
losses, per_byte = [], []
for size in sizes:
    ids = BPE.from_merges(largest.merges[: size - 256]).encode(text)
    counts = Counter(ids)
    loss = -sum(n * math.log(n / len(ids)) for n in counts.values()) / len(ids)
    losses.append(loss)
    per_byte.append(loss / math.log(2) * len(ids) / n_bytes)
fig, (left, right) = figure(columns=2)
lines(
    left,
    {"": (sizes, losses)},
    x="vocabulary (tokens)",
    y="loss (nats a token)",
    title="The loss rises …",
)
lines(
    right,
    {"": (sizes, per_byte)},
    x="vocabulary (tokens)",
    y="bits a byte",
    title="… while the text gets cheaper",
)
for axis in (left, right):
    axis.set(xscale="log", xticks=[256, 1024, 4096], xticklabels=[256, 1024, 4096])
assert losses == sorted(losses)
assert per_byte == sorted(per_byte, reverse=True)
print(
    f"ln 50257 = {math.log(50257):.3f}, ln 30522 = {math.log(30522):.3f}, ln 32000 = {math.log(32000):.3f}"
)

# %% [markdown]
# **A paper to check.** The GPT-3 paper says that its filtered Common Crawl is 570 GB of text and roughly 400 billion
# BPE tokens. That is $570/400 = 1.43$ bytes a token. GPT-2's tokenizer, which GPT-3 uses, has about four bytes a token
# on English, and even our small one has more than two. So the two figures cannot describe the same plain text; the
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
claims = [
    (
        "the list of distinct words grows without limit (Heaps' law)",
        "exponent 0.4 to 0.8",
        f"~{slope:.2f}",
        0.4 <= slope <= 0.8,
    ),
    (
        "a token of English is about four characters",
        "4 (50,257 tokens)",
        f"~{shorter:.1f} (4,096 tokens)",
        shorter > 3.5,
    ),
    (
        "a language missing from training pays more for the same meaning",
        "up to 15 times",
        f"~{premium:.1f} times",
        premium > 1.5,
    ),
    (
        "570 GB of text are 400 billion tokens",
        "1.43 bytes a token",
        f"~{ours:.1f} with 8,192 tokens",
        ours < 1.6,
    ),
]
assert [holds for *_, holds in claims] == [True, False, True, False]
table(
    ["claim", "published", "measured here", "holds here?"],
    [[a, b, c, "yes" if d else "no"] for a, b, c, d in claims],
)

# %% [markdown]
# Two "no", and both say something: four characters a token need GPT-2's 50,257 tokens, not our 4,096; and the last row
# is the paper's pair of numbers that cannot both be right.

# %% [markdown]
# ## Step 9 · Your tokenizer in a production engine
#
# `tiktoken` is the engine that OpenAI's models use, written in Rust. It needs three things: the pattern, the tokens as
# bytes with their ranks, and the special tokens. Ours has all three:

# %%
show(BPE.to_tiktoken)

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
rng = random.Random(0)
rng.shuffle(rows)
SIZE_OF_BATCH = 8


def wasted(batches):
    """Share of positions that are padding."""
    cells = sum(len(batch) * max(map(len, batch)) for batch in batches)
    return 1 - sum(len(row) for batch in batches for row in batch) / cells


def batches_of(rows):
    return [rows[i : i + SIZE_OF_BATCH] for i in range(0, len(rows), SIZE_OF_BATCH)]


waste = {
    "padded as they come": wasted(batches_of(rows)),
    "bucketed": wasted(batches_of(sorted(rows, key=len))),
}
stream = [token for row in rows for token in [*row, 0]]  # 0 stands for the end token
waste["packed"] = (len(stream) % 32) / len(
    stream
)  # only the rest behind the last block of 32 is lost
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
# the mean of its embeddings; padding with row 0 of the table shifts that mean unless the mask is applied:

# %%
short = torch.tensor(rows[0])
padded = torch.cat([short, torch.zeros(5, dtype=torch.int64)])
mask = torch.arange(len(padded)) < len(short)
alone = embedding(short).mean(0)
careless = embedding(padded).mean(0)
masked = (embedding(padded) * mask[:, None]).sum(0) / mask.sum()
assert torch.allclose(masked, alone, atol=1e-6)
assert not torch.allclose(careless, alone, atol=1e-2)
print("with the mask the padded sentence gives the same mean; without it another")

# %% [markdown]
# The same holds for a small GPT like that of lesson 00, whose insides come later. Padded on the left (as one does to
# continue several texts at once), it gives other outputs, unless the mask says which tokens are real:

# %%
from llm101.models import GPT2Config, gpt2

model = gpt2(
    GPT2Config(vocab_size=tokenizer.vocab_size, d_model=32, n_layers=2, n_heads=2, max_len=128)
).eval()
left_padded = torch.cat([torch.zeros(5, dtype=torch.int64), short])
real = torch.arange(len(left_padded)) >= 5
with torch.no_grad():
    plain = model(short[None])
    with_mask = model(left_padded[None], mask=real[None])[:, 5:]
    without = model(left_padded[None])[:, 5:]
assert torch.allclose(with_mask, plain, atol=1e-5)
assert not torch.allclose(without, plain, atol=1e-3)
print("logits at the real tokens: unchanged with the mask, changed without")

# %% [markdown]
# ## What goes wrong in practice
#
# Most "strange" behaviour of language models that people report is a tokenizer at work. Five that you will meet:

# %%
oddities = {
    "a blank in front": ["dog", " dog"],
    "capitals": ["hello", "Hello", "HELLO"],
    "numbers": ["7", "77", "777", "7777", "77777"],
    "a blank at the end": ["The answer is", "The answer is "],
    "spelling": ["strawberry", "s t r a w b e r r y"],
}
for name, texts in oddities.items():
    display(
        token_table(
            [(name if i == 0 else "", tokenizer.tokens(text)) for i, text in enumerate(texts)]
        )
    )
assert tokenizer.encode("dog") != tokenizer.encode(" dog")
assert tokenizer.encode("The answer is ")[:-1] == tokenizer.encode("The answer is")

# %% [markdown]
# - **A blank in front** makes another token: `dog` and `·dog` have nothing in common for the model.
# - **Capitals** cost more tokens, and share none with the small letters.
# - **Numbers** are cut where frequency put a border, so the same digit stands in different tokens.
# - **A blank at the end** of a prompt is a token by itself; the model has hardly ever seen a word follow it, since in
#   training the blank belonged to the word. Prompts should not end in a blank.
# - **Spelling**: the model sees one or two ids for a word, not its letters. It cannot count them by looking.
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
# ### The real GPT-2 vocabulary, where there is a network
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
# Choose an answer; every one has an explanation.

# %%
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
