# ---
# title: Data
# minutes: 180
# cpu_seconds: 50
# ram_mb: 800
# ---

# %% [markdown]
# # 02 · Data
#
# **The question.** A language model becomes what it reads. What does one pick up on the web, what must be thrown away,
# and what goes wrong when one throws?
#
# **You will be able to**
#
# - write the filters that made C4 and MassiveText, and say for each what it takes out wrongly;
# - find duplicates and near duplicates among millions of pages, and choose bands and rows for it;
# - say why a repeated secret is learnt by heart, why a leaked test lies, and whom a quality classifier silences;
# - read the mixture tables of GPT-3, PaLM and LLaMA, and find what does not add up in them.
#
# **Time** three hours, best in three sittings: breaks are marked before step 6 and before step 9. Some cells that only
# count or draw are folded, others can be skimmed; the text says what came out. **You need**
# [lesson 00](00_start_here.ipynb), and from lesson 01 what a training and a test set are. *Tokens here are words and
# signs*; how real models cut text is [lesson 03](03_tokenization.ipynb).

# %%
import math
import random
from collections import Counter
from html import escape

import llm101
import numpy as np
import torch
from IPython.display import HTML, display
from llm101 import show
from llm101.corpora import samples
from llm101.corpora.webpages import entropy_rate, genres, items, pages, words
from llm101.corpora.webpages_junk import BAD_WORDS
from llm101.data import mixtures, packing
from llm101.data.clean import c4, gopher, language, perplexity, pii, quality
from llm101.data.clean.judge import judge
from llm101.data.clean.pipeline import clean
from llm101.data.contamination import decontaminate, overlap
from llm101.data.dedup import lsh
from llm101.data.dedup.exact import drop_repeats, squeeze
from llm101.data.dedup.minhash import MinHash, similarity, standard_error
from llm101.data.dedup.near import drop_near_duplicates
from llm101.data.dedup.seen import InMemory
from llm101.data.dedup.shingles import jaccard, shingles
from llm101.data.dedup.spans import drop_lines
from llm101.lm.neural import BengioMLP
from llm101.models.sizes import published
from llm101.viz.plots import PALETTE, bars, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.sorting import sorting
from llm101.viz.tokens import table
from llm101.viz.widgets import dial
from torch.nn import functional as F

llm101.setup(seed=0)

# %% [markdown]
# ## A first result
#
# Real web pages come without labels: nobody knows which of a billion pages are spam, so nobody knows how good a spam
# filter is. The web of this lesson is **generated, with every flaw planted and written down**. Articles on towns, news,
# recipes and books stand in it, and what else a crawler brings home: spam, menus, copies, other languages, code,
# personal data. (All of it is invented; the "bad words" mean nothing, the addresses are reserved for examples.)

# %%
web = list(pages(1500))
elsewhere = list(pages(1500, seed=1))  # another web, to learn from


def excerpt(page, n=230):
    text = escape(page.text[:n]).replace("\n", "<br>")
    return f'<p style="border-left:3px solid #0072B2;padding-left:8px"><b>{page.kind}</b><br>{text} …</p>'


shown = [next(p for p in web if p.kind == kind) for kind in ("spam", "gibberish", "dialect")]
display(HTML("".join(excerpt(page) for page in [web[0], *shown])))
kinds = Counter(page.kind for page in web)
fig, (axis,) = figure(height=2.8)
bars(axis, dict(kinds.most_common()), y="pages", title="1,500 pages of our web", form="{:.0f}")
axis.tick_params(axis="x", labelsize=8, rotation=30)
for bar in axis.patches:
    bar.set_color(PALETTE[0])
assert sum(kinds.values()) == 1500
assert kinds["article"] < 1500 / 3

# %% [markdown]
# Every page carries the truth about itself. The lesson uses these fields:
#
# | field | what it says |
# |---|---|
# | `.text` | what the crawler brought home, as lines |
# | `.kind`, `.labels` | its kind, one of the eleven above; and whatever else was planted in it, such as `boilerplate` (menus, cookie notices and other text that the site adds to every page) |
# | `.clean` | the lines worth keeping; empty if there are none |
# | `.good` | whether it is an article or in the dialect, and no copy |
# | `.number`, `.source` | its place in the web; for a copy, the number of the original |
# | `.karma` | how many people voted for a link to it |
#
# Less than a third of the pages are articles. Does the rest do harm? We train the same small model twice: once on the
# pages as they came, once on the text worth keeping, *with the same number of words read*. Then both pay for the same
# unseen articles. As in lesson 00, the price is in bits per token, and since the articles come from a grammar we know
# the least that any model can pay.
#
# The model looks at the last six words and gives a probability to every possible next one (lesson 04 takes it apart;
# how it learns is lesson 05). Words that stand in no good article are all written as `<other>`.

# %%
held_out = [
    page.clean
    for page in pages(400, seed=99)
    if page.kind == "article" and page.labels <= {"article", "boilerplate"}
]
good = [page.clean for page in elsewhere if page.kind == "article"]
PEOPLE = words("anna ben clara david emma felix hannah leo mei omar sofia tom")  # for step 7
texts = [*good, *held_out, "the code of is", *PEOPLE]
VOCABULARY = ["<other>", *sorted({w for text in texts for w in words(text)}), "<end>"]
NUMBER = {word: i for i, word in enumerate(VOCABULARY)}
LENGTH = 64


def ids_of(texts):
    """All texts one behind the other as numbers, each closed by <end>."""
    return torch.tensor([NUMBER.get(w, 0) for text in texts for w in [*words(text), "<end>"]])


def train(ids, steps=200, seed=0):
    """A small model that has read 512 tokens of `ids` a step, at places drawn at random."""
    torch.manual_seed(seed)
    model = BengioMLP(len(VOCABULARY), n_context=6, d_model=24, d_hidden=32)
    settings = {"betas": (0.9, 0.95), "weight_decay": 0, "fused": True}
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, **settings)
    for step in range(steps):
        rows = ids[torch.randint(len(ids) - LENGTH - 1, (8, 1)) + torch.arange(LENGTH + 1)]
        optimizer.param_groups[0]["lr"] = 0.02 * min(1, 2 - 2 * step / steps)
        loss = F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


@torch.no_grad()
def bits(model, ids):
    """What the model pays for these tokens, in bits each."""
    n = (len(ids) - 1) // LENGTH * LENGTH
    inputs, targets = ids[:n].view(-1, LENGTH), ids[1 : n + 1]
    return F.cross_entropy(model(inputs).flatten(0, 1), targets).item() / math.log(2)


test = ids_of(held_out)
limit = entropy_rate()
raw = ids_of(page.text for page in web)
first = {
    "pages as they came": bits(train(raw), test),
    "what is worth keeping": bits(train(ids_of(page.clean for page in web if page.good)), test),
}
n_words = [len(words(p.text)) for p in web]
on_junk = sum(n for n, p in zip(n_words, web) if not p.clean) / sum(n_words)
print(f"words on pages with nothing worth keeping: {100 * on_junk:.0f} %")
print(f"limit {limit:.3f} bits a token;", ", ".join(f"{k} ~{v:.2f}" for k, v in first.items()))
assert 0.3 < on_junk < 0.5
assert first["what is worth keeping"] < first["pages as they came"] - 0.4
assert limit < min(first.values())

# %% [markdown]
# **What to see.** Same model, same number of steps, same number of words: the clean text makes a far better model of
# clean text. Two fifths of what the first one read stood on pages with nothing to keep, and menus and copies came on top. The
# rest of this lesson replaces "worth keeping", which only the labels know, by rules that need no labels.

# %% [markdown]
# ## Step 1 · The raw material
#
# *Where does the text come from?* Most of it is **Common Crawl**: a foundation has been downloading the web since 2008
# and publishes what it finds, a few billion pages every time (raw pages as WARC files, their text as WET files). Two
# numbers from the GPT-3 paper ([arXiv:2005.14165](https://arxiv.org/abs/2005.14165), section 2.2) show how much is lost on
# the way, and that published numbers want checking:

# %%
raw_bytes, kept_bytes, kept_tokens = 45e12, 570e9, 400e9  # 41 monthly crawls, 2016 to 2019
rows = [
    ["45 TB of compressed text → 570 GB", f"{100 * kept_bytes / raw_bytes:.2f} % are left"],
    ["570 GB are 400 billion tokens", f"{kept_bytes / kept_tokens:.3f} bytes a token"],
]
display(table(["the paper says", "divide, and"], rows))
assert round(100 * kept_bytes / raw_bytes, 2) == 1.27
assert round(kept_bytes / kept_tokens, 3) == 1.425

# %% [markdown]
# In the first row the real share is smaller still, because only the 45 TB are compressed. The second cannot be right as
# it stands: GPT-3's tokens have about four bytes of English each (you measure it in lesson 03). The paper does not say
# which of its numbers means something else.
#
# Six groups of sources feed most models: **web pages**, **books**, **conversations**, **encyclopedias** and other
# multilingual text, **scientific papers**, **code**. Which would you want for what?

# %%
SOURCES = {  # what a model should be able to do: (source, why)
    "keep a thread over many pages": ("books", "long texts by one author; web pages are short"),
    "answer in turns, and informally": ("conversations", "but with too much of it an instruction is taken for the start of a chat, and followed less well"),
    "close brackets, follow long dependencies": ("code", "programs are strict, and refer to lines far above"),
    "read formulas and cite": ("papers", "with LaTeX and a bibliography: ArXiv"),
    "know a little of everything": ("web", "the widest source, and the dirtiest"),
    "translate and know facts": ("encyclopedia", "edited text on the same subjects in many languages"),
}  # fmt: skip
source_quiz = sorting(
    "Which source?", SOURCES, ["web", "books", "conversations", "encyclopedia", "papers", "code"]
)
source_quiz

# %% [markdown]
# <details><summary><b>The answers</b> (open after the quiz)</summary>
#
# | to be able to | read |
# |---|---|
# | keep a thread over many pages | books (BooksCorpus, Books1, Books2) |
# | answer in turns, and informally | conversations (Reddit and other forums); too much of it harms the following of instructions |
# | close brackets, follow long dependencies | code (GitHub, Stack Exchange) |
# | read formulas and cite | papers (ArXiv) |
# | know a little of everything | web pages (Common Crawl, C4, WebText) |
# | translate and know facts | Wikipedia, in many languages |
#
# The table follows the survey of Zhao et al. ([arXiv:2303.18223](https://arxiv.org/abs/2303.18223), section 4.1.1). What
# code buys is tried in lessons 19 and 29.
# </details>
#
# The usual order of work is the order of this lesson: **filter** (rules, language, quality), **deduplicate**, take out
# **personal data** and **test questions**, **mix** the sources, and only then tokenize and pack.

# %% [markdown]
# ## Step 2 · Rules for lines: C4
#
# *What can be thrown away without understanding a word?* T5's authors made **C4**, the Colossal Clean Crawled Corpus,
# 750 GB from the crawl of April 2019, with rules that fit on a page
# ([arXiv:1910.10683](https://arxiv.org/abs/1910.10683), section 2.2). Three of them, written down:

# %%
page = next(p for p in web if {"boilerplate", "article"} <= p.labels)


def keep(line):
    ends = line.endswith((".", "!", "?", '"')) and not line.endswith("...")
    return ends and len(line.split()) >= 5 and "javascript" not in line.lower()


for line in page.text.split("\n"):
    print("+" if keep(line) else "-", line[:88])

# %% [markdown]
# **What to see.** No rule knows what a menu is. But a menu does not end like a sentence, and prose does. The package
# has each rule as a function, and says why a line went:

# %%
show(c4.line_problem)

# %%
for line in page.text.split("\n"):
    assert (c4.line_problem(line) == "") == (keep(line) and not c4.is_policy_notice(line))
print(Counter(c4.line_problem(line) for p in web for line in p.text.split("\n")).most_common(5))

# %% [markdown]
# Whole pages go if they hold a bad word, "lorem ipsum", or a curly bracket `{` (it stands in most programs and hardly
# ever in prose), or if fewer than three sentences are left. The paper counts *at least 5 words a line and 3 sentences
# a page*, and so does the authors' code. Earlier printings, the one in the journal among them, have it the other way
# round, and some well-known re-implementations follow those.
#
# **Predict.** Which *good* pages will these rules throw away?
#
# To answer that, we need two words that this lesson uses all the time:
#
# $$\text{precision} = \frac{\text{bad things taken out}}{\text{all that was taken out}}, \qquad
# \text{recall} = \frac{\text{bad things taken out}}{\text{all bad things}}.$$
#
# "Bad" is here a page that is not `worth` reading. A copy of a good page *is* worth reading, as long as its original is
# not taken into account; that it is a copy matters from step 6 on.

# %%
rules = c4.c4(BAD_WORDS)
worth = {p.number for p in web if p.good or p.source != p.number}
after_c4 = list(clean(web, {"C4": rules}))
left = {p.number for p in after_c4}
lost = Counter(rules(p.text).reason for p in web if p.number in worth and p.number not in left)

went = []  # lines of good pages: (the line, was it taken out?, is it bad?)
for p in after_c4:
    if p.good:
        kept, clean_lines = p.text.split("\n"), p.clean.split("\n")
        went += [(x, x not in kept, x not in clean_lines) for x in web[p.number].text.split("\n")]
of_lines = judge((out, bad) for _, out, bad in went)
of_pages = judge((p.number not in left, p.number not in worth) for p in web)
of_list = judge((c4.has_bad_word(p.text, BAD_WORDS), p.kind == "toxic") for p in web)
judgements = {"lines of good pages": of_lines, "pages": of_pages, "the word list alone": of_list}
for name, found in judgements.items():
    print(f"{name}: precision {found.precision:.3f}, recall {found.recall:.3f}")
print("good pages lost, by reason:", dict(lost))
victims = {
    rules(p.text).reason: p.text.replace("\n", " ") for p in web if p.good and p.number not in left
}
print("-", *(x for x in victims["curly bracket"].split(". ") if "{" in x))
print("-", *(x for x in victims["bad word"].split(". ") if c4.has_bad_word(x, BAD_WORDS)))
print("boilerplate that stayed:", {line for line, out, bad in went if bad and not out})
assert set(lost) == {"bad word", "curly bracket"}
assert of_lines.precision > 0.99
assert of_list.recall == 1
assert 0.55 < of_list.precision < 0.72
assert 0.5 < of_pages.recall < 0.9

# %% [markdown]
# **What to notice.** *Lines*: next to nothing good is lost; a cookie notice stays that has none of the six wordings on
# the list. *Pages*: a little more than half of the bad ones go; the good ones that are lost hold a set in curly
# brackets, or a word of the list in an innocent sentence on finches. *The word list alone* finds every insult, and more
# than one in three of the pages that it throws away are innocent. On the real web that is no joke: Dodge et al.
# ([arXiv:2104.08758](https://arxiv.org/abs/2104.08758)) found that C4's word list took out 42 % of the documents in
# African American English, 6.2 % of those in White-aligned English, and many harmless texts about minorities.

# %% [markdown]
# ## Step 3 · Statistics of a page: Gopher
#
# *What gives junk away without looking at single lines?* Counting. **MassiveText**, the corpus of Gopher
# ([arXiv:2112.11446](https://arxiv.org/abs/2112.11446), appendix A1.1), keeps a page if
#
# - it has 50 to 100,000 words, of 3 to 10 letters on average;
# - at most one `#` or `...` comes in ten words;
# - at most 90 % of the lines begin with a bullet, at most 30 % end in `...`;
# - 80 % of the words have a letter in them, and two of *the, be, to, of, and, that, have, with* occur (**stop words**,
#   the short ones that every English text is full of);
# - it does not repeat itself: lines, and **n-grams**, which are n words in a row, for n from 2 to 10 (table A1 of the
#   paper has the thresholds).

# %%
rows = []
for kind, n in {
    "article": 1,
    "spam": 3,
    "gibberish": 3,
    "foreign": 1,
    "code": 1,
    "short": 1,
}.items():
    for p in [p for p in web if p.kind == kind][:n]:
        text = rules(p.text).text or p.text  # without the lines that C4 drops, if it leaves any
        found = text.split()
        problem = gopher.quality_problem(text) or gopher.repetition_problem(text)
        again = gopher.duplicate_ngram_share(found, 5)
        length, stop = gopher.mean_word_length(found), gopher.n_stop_words(found)
        rows.append([kind, len(found), f"{length:.1f}", stop, f"{100 * again:.0f} %", problem])
head = ["kind", "words", "letters a word", "stop words", "repeated 5-grams", "first problem"]
assert rows[0][-1] == ""
table(head, rows)

# %% [markdown]
# Filter rules (**heuristics**) come in four families. *Statistics* (this step) and *keywords* (the last one) you have
# seen; *language* (step 4) and *metric* (is a model surprised? step 5) follow. Each catches what the others miss:

# %%
after_rules = list(clean(web, {"C4": rules, "Gopher": gopher.gopher()}))
survivors = Counter(p.kind for p in after_rules)
table(
    ["kind", "pages", "after C4", "after C4 and Gopher"],
    [[k, n, sum(p.kind == k for p in after_c4), survivors[k]] for k, n in kinds.most_common()],
)

# %%
fluent = next(p for p in after_rules if p.kind == "spam")
random_words = next(p for p in after_rules if p.kind == "gibberish")
display(HTML(excerpt(fluent) + excerpt(random_words)))
assert survivors["lorem"] == survivors["code"] == survivors["short"] == 0
assert survivors["spam"] > 0
assert survivors["gibberish"] > 0
assert survivors["dialect"] > 0.9 * kinds["dialect"]

# %% [markdown]
# **What to see.** Code, placeholders and short pages are gone. Two kinds of junk pass every rule about form: spam in
# whole sentences, and gibberish made of real words in random order. For those somebody has to *read*.
#
# C4's lines were never meant to find well-written spam, so a fair judge counts two things for each stage: of **all that
# it took out**, how much was junk (precision); and of the **kinds that it is for**, its *targets*, how much did it take
# out (recall). Every stage from here on is judged like that, and step 9 puts all of them into one table.

# %%
PIPELINE = {}  # stage: (pages before, pages after, its targets)


def judged(before, after, targets):
    """Two judgements of a stage: by all junk (for the precision) and by its targets (for the recall)."""
    left = {p.number for p in after}
    junk = judge((p.number not in left, p.number not in worth or p.kind in targets) for p in before)
    aimed = judge((p.number not in left, p.kind in targets) for p in before)
    return junk, aimed


def add_stage(name, before, after, targets):
    PIPELINE[name] = before, after, targets
    junk, aimed = judged(before, after, targets)
    n = aimed.bad_in + aimed.bad_out
    precision = f"{junk.precision:.3f}" if len(after) < len(before) else "- (nothing went)"
    recall = f"{aimed.recall:.3f} of {n}" if n else "- (nothing there)"
    print(f"{name}: precision {precision}, recall {recall} {' + '.join(targets)}")


add_stage("C4: pages", web, after_c4, ("lorem", "code", "short", "toxic"))
add_stage("Gopher", after_c4, after_rules, ("spam", "gibberish", "foreign"))
junk, aimed = judged(*PIPELINE["Gopher"])
gone = {p.number for p in after_c4} - {p.number for p in after_rules}
reasons = Counter(
    gopher.quality_problem(p.text) or gopher.repetition_problem(p.text)
    for p in after_c4
    if p.number in gone & worth
)
print("good pages that Gopher drops, by reason:", dict(reasons.most_common()))
assert 0.8 < junk.precision < 1
assert 0.5 < aimed.recall < 0.9
assert sum(n for reason, n in reasons.items() if "repeated" in reason) > 0.8 * reasons.total()

# %% [markdown]
# **What to notice.** Gopher's errors are good pages that repeat a phrase a few times: its thresholds for repetition are
# strict, and our articles come from a grammar, which repeats itself more than people do.

# %% [markdown]
# ## Step 4 · Which language is it?
#
# *Can one tell a language without knowing one word of it?* Runs of letters are enough: `sch` is German, `ión` Spanish.
# Count how often each run of one, two or three characters comes in texts of a language; then a new text belongs to the
# language that makes its runs most probable:
#
# $$\log p(\text{language} \mid \text{text}) = \text{constant} + \sum_{\text{runs}} \log p(\text{run} \mid \text{language}).$$
#
# Adding up as if the runs were independent is *naive* (they overlap), hence the name **naive Bayes**. With single
# letters and two languages it fits in three lines:

# %%
counts = {"en": Counter("the cat is here"), "de": Counter("die katze ist hier")}
total = {name: found.total() + 27 for name, found in counts.items()}  # +1 for each of 27 signs
for text in ("the tea", "die zeit"):
    log_p = {n: sum(math.log((counts[n][c] + 1) / total[n]) for c in text) for n in counts}
    print(text, {name: round(value, 2) for name, value in log_p.items()})

# %%
texts = {n: [p.text for p in elsewhere if p.language == n] for n in ("de", "fr", "es")}
texts |= {"en": samples.english("train"), "zh": samples.chinese("train")}
detector = language.LanguageID.train(texts)
show(language.LanguageID.log_joint)

# %% [markdown]
# Its English and Chinese come from 96 sentences each, written by hand for this course; we test it on other ones, cut
# to their first characters. **Predict:** how many characters does it need to be right nine times in ten?

# %%
tests = {"en": samples.english("held_out"), "zh": samples.chinese("held_out")}
lengths = [1, 2, 3, 5, 8, 12, 20, 40]
right = {
    name: [sum(detector.language(t[:k]) == name for t in found) / len(found) for k in lengths]
    for name, found in tests.items()
}
fig, (axis,) = figure(height=2.8)
names = {"en": "English", "zh": "Chinese"}
curves = {names[n]: (lengths, [100 * share for share in r]) for n, r in right.items()}
lines(axis, curves, x="characters of the sentence that are read", y="right (%)")
axis.set_title("A few words are enough", fontsize=10)
print({names[n]: [f"{100 * share:.0f} %" for share in r] for n, r in right.items()})
assert right["en"][0] < 0.9 < right["en"][-1]
assert right["zh"][0] > right["en"][0]


# %%
def in_english(p):
    return detector.probabilities(p.text)["en"] >= 0.99


after_language = list(clean(after_rules, {"language": language.only(detector, "en")}))
first_pages = web[:600], [p for p in after_c4 if p.number < 600]
for name, found in zip(("on 600 pages as they came", "on what C4 left of these"), first_pages):
    kept = [p for p in found if in_english(p)]
    junk, aimed = judged(found, kept, ("foreign",))
    n = aimed.bad_in + aimed.bad_out
    print(f"{name}: precision {junk.precision:.3f}, recall {aimed.recall:.3f} of {n}")
    if found is first_pages[0]:
        missed = [p for p in kept if p.kind == "foreign"]

in_chinese = {True: [], False: []}  # was the page missed? -> share of Chinese among its letters
for p in [p for p in web[:600] if p.language == "zh"]:
    letters = [c for c in p.text[: language.LONGEST] if c.isalpha()]  # what the detector reads
    in_chinese[p in missed].append(sum("一" <= c <= "鿿" for c in letters) / len(letters))
print("one that was missed:", *missed[0].text.split("\n")[2:8], sep=" | ")
for was_missed, shares in in_chinese.items():
    found = f"{100 * min(shares):.0f} to {100 * max(shares):.0f} %"
    print(
        f"{len(shares)} Chinese pages {'missed' if was_missed else 'found'}: {found} of their letters are Chinese"
    )
assert {p.language for p in missed} == {"zh"}
assert max(in_chinese[True]) < 2 / 3 < min(in_chinese[False])
assert junk.precision == aimed.recall == 1
assert not any(p.language == "zh" for p in after_c4)
add_stage("language", after_rules, after_language, ("foreign",))

# %% [markdown]
# **What to notice.** One Chinese character says it all; English reaches nine in ten with eight, a word or two. And yet
# it is *Chinese* pages that are missed on the raw web: what they say in few characters stands in a frame of English
# menus and cookie notices, and where that is a good third of the letters or more, the frame wins. Behind C4's line
# rules the detector makes no error, but there is no Chinese left to find: its sentences end in `。`, which is not on
# C4's list of signs. And behind Gopher there is nothing to do at all, because its English stop words have removed the
# other languages. **Filters overlap, and their order decides who gets the credit**; so a stage is judged on what
# reaches it.

# %% [markdown]
# ## Step 5 · A quality classifier, and whom it hurts
#
# *Can a model learn what "good" is?* GPT-3's authors took texts that people had vouched for (WebText, Wikipedia, books)
# as good, raw Common Crawl as the rest, and trained a logistic regression to tell them apart (lesson 01 has the
# method; appendix A of the paper the details). We do the same: *good* are articles of the other web with at least three
# votes, none of them in the dialect; the rest is whatever comes.

# %%
vouched = [p.clean for p in elsewhere if p.kind == "article" and p.karma >= 3]
classifier = quality.QualityClassifier.train(vouched, [p.text for p in elsewhere[:500]])
scores = {}
for p in after_language:
    scores.setdefault(p.kind, []).append(classifier.score(p.text))

fig, (axis,) = figure(height=3.0)
for i, kind in enumerate(("article", "dialect", "gibberish", "spam")):
    bins = np.linspace(0, 0.8, 41)
    axis.hist(scores[kind], bins, histtype="step", linewidth=1.8, label=kind, color=PALETTE[i])
axis.set(xlabel="score", ylabel="pages")
axis.set_title("What the classifier thinks of the pages that passed all rules", fontsize=10)
axis.legend(frameon=False)
median = {kind: float(np.median(found)) for kind, found in scores.items()}
assert median["spam"] < median["gibberish"] < median["article"]
assert median["spam"] < median["dialect"] < median["article"]

# %% [markdown]
# **What to see.** Spam lies far on the left, articles on the right: the classifier does what no rule could. Between
# them, much closer to the articles, lie *two* kinds on the same spot. One is gibberish, real words in random order. The
# other is the **dialect** of our web, an invented variety of English with a spelling and verbs of its own (`the stok be
# kept in a kool place`), as regular as ours. It is clean, it says the same things. But no good example is written in
# it. **Predict:** at the threshold that loses one article in twenty, how much of the dialect is lost? Then turn the
# dial.

# %% tags=["hide-input"]
thresholds = [round(0.02 * k, 2) for k in range(36)]


def outcome(threshold):
    """Share of each kind that falls below the threshold."""
    return {kind: sum(s < threshold for s in found) / len(found) for kind, found in scores.items()}


def draw(threshold):
    out = outcome(threshold)
    junk = sum(len(scores[k]) * out[k] for k in ("spam", "gibberish"))
    taken = junk + sum(len(scores[k]) * out[k] for k in scores if k not in ("spam", "gibberish"))
    recall = junk / sum(len(scores[k]) for k in ("spam", "gibberish"))
    bar = '<div style="background:{};height:12px;width:{:.0f}px"></div>'
    body = "".join(
        f'<tr><td style="text-align:right">{k} lost&nbsp;</td><td style="width:310px;text-align:left">'
        f"{bar.format(PALETTE[i], 300 * out[k])}</td><td>{100 * out[k]:.0f} %</td></tr>"
        for i, k in enumerate(("article", "dialect", "gibberish", "spam"))
    )
    precision = f"{junk / taken:.2f}" if taken else "–"
    return f"<p>precision {precision}, recall {recall:.2f}</p><table>{body}</table>"


threshold_dial = dial(draw, thresholds, start=0.4, label="threshold")
threshold_dial

# %% [markdown]
# *Without a running kernel the dial is dead; here is all of it.*

# %%
fig, (axis,) = figure(height=3.0)
shown = ("article", "dialect", "gibberish", "spam")
curves = {k: (thresholds, [100 * outcome(t)[k] for t in thresholds]) for k in shown}
lines(
    axis,
    curves,
    x="threshold on the score",
    y="pages lost (%)",
    title="Who pays for a clean corpus",
)
strict = float(np.quantile(scores["article"], 0.05))  # a twentieth of the articles lies below
print(
    f"a threshold that loses 5 % of the articles loses {100 * outcome(strict)['dialect']:.0f} % of the dialect"
)
assert outcome(strict)["dialect"] > 0.3
assert outcome(strict)["dialect"] > 5 * outcome(strict)["article"]
assert max(scores["gibberish"]) > median["dialect"]

# %% [markdown]
# **What to see.** Where one article in twenty goes, two thirds of the dialect go. No threshold takes all the gibberish
# out and leaves the dialect in. The classifier has not
# learnt "good", it has learnt "like the examples". If that is the cause, other examples must change it: we add the
# dialect pages with at least three votes to the good ones, and repeat both classifiers on two more webs.

# %%
dialect_lost, dialect_share = {"articles only": [], "articles and dialect": []}, []
both_rules = {"C4": rules, "Gopher": gopher.gopher()}
for seed in (0, 2, 4):
    fresh = list(clean((p for p in pages(1000, seed=seed) if p.good), both_rules))
    other = list(pages(1000, seed=seed + 1))
    for name, allowed in zip(dialect_lost, (("article",), ("article", "dialect"))):
        examples = [p.clean for p in other if p.kind in allowed and p.karma >= 3]
        model = quality.QualityClassifier.train(examples, [p.text for p in other[:400]], steps=100)
        of_articles = [model.score(p.text) for p in fresh if p.kind == "article"]
        of_dialect = [model.score(p.text) for p in fresh if p.kind == "dialect"]
        dialect_lost[name].append(float(np.mean(of_dialect < np.quantile(of_articles, 0.05))))
    vouched_kinds = [p.kind for p in other if p.good and p.karma >= 3]
    dialect_share.append(vouched_kinds.count("dialect") / len(vouched_kinds))
print("dialect among the good examples, if allowed:", [f"{100 * x:.0f} %" for x in dialect_share])
for name, found in dialect_lost.items():
    print(f"good examples: {name:20}  dialect lost:", [f"{100 * x:.0f} %" for x in found])
assert 0.05 < min(dialect_share) < max(dialect_share) < 0.15
assert min(dialect_lost["articles only"]) > 0.2
assert max(dialect_lost["articles and dialect"]) < 0.25
assert np.mean(dialect_lost["articles only"]) > 3 * np.mean(dialect_lost["articles and dialect"])

# %% [markdown]
# **What to see** (three webs). About one good example in ten is enough to make most of the harm go away: the fault lies
# in the choice of the examples. Gururangan et al. ([arXiv:2201.10474](https://arxiv.org/abs/2201.10474)) rebuilt
# GPT-3's filter and found that it prefers school newspapers from richer and more urban places. *Ours shows the
# mechanism, not their numbers.*
#
# ### Surprise instead of a classifier
#
# **CCNet** ([arXiv:1911.00359](https://arxiv.org/abs/1911.00359)) asks a language model trained on Wikipedia how
# surprised it is (its perplexity, 2 to the power of the bits a word), and cuts the web into head, middle and tail:

# %%
reader = perplexity.NGramModel.train(vouched, n=3)  # counts of three words in a row
surprise = {}
for p in after_language:
    surprise.setdefault(p.kind, []).append(reader.bits(p.text))
borders = perplexity.thirds(b for found in surprise.values() for b in found)
head = ["kind", "median bits a word", "head", "middle", "tail"]
rows = []
for kind in shown:
    parts = Counter(perplexity.bucket(b, borders) for b in surprise[kind])
    rows.append(
        [kind, f"{np.median(surprise[kind]):.1f}", parts["head"], parts["middle"], parts["tail"]]
    )
assert all(row[2] == 0 for row in rows[1:])
table(head, rows)

# %% [markdown]
# The blind spot is the same: all of the dialect lies in the tail. And yet the table holds a better choice for our web.
# The junk that is left costs the reader more than 11 bits a word, the dialect about 7: a border *chosen with the dialect
# in view*, at 10 bits, loses none of it.
#
# ### Draw instead of cut
#
# GPT-3 did not cut at a threshold. It *drew*: a page stays if a random Pareto number, one that exceeds $x$ with
# probability $(1 + x)^{-9}$, exceeds 1 − score. So a page stays with probability $(2 - \text{score})^{-9}$: always for a
# score of 1, one time in 512 for a score of 0. A little of everything stays, so what the classifier does not know is rare
# but not extinct.

# %%
draws = np.random.default_rng(0).pareto(9, size=200_000)
for score in (0.0, 0.5, 0.9, 1.0):
    print(f"score {score}: formula {quality.keep_probability(score):.4f}", end="  ")
    drawn = (draws > 1 - score).mean()
    assert abs(drawn - quality.keep_probability(score)) < 0.005
print()
kept = {k: float(np.mean([quality.keep_probability(s) for s in scores[k]])) for k in shown}
for k in shown:
    print(f"{k:10} kept {100 * kept[k]:5.2f} %")
assert kept["spam"] < kept["dialect"] < kept["article"]
assert 0.6 < kept["dialect"] / kept["gibberish"] < 0.95
assert max(kept.values()) < 0.1

# %% [markdown]
# Our scores are low, because many of "the rest" are good pages too: even a perfect classifier could not be sure. So the
# rule would keep few of our pages: spam the least, and the dialect even a little less readily than the gibberish. For
# our pipeline we take a low threshold for the classifier, and behind it the border at 10 bits:

# %%
after_score = list(clean(after_language, {"quality": quality.above(classifier, 0.35)}))
after_quality = list(
    clean(after_score, {"surprise": perplexity.unsurprising(reader, at_most=2**10)})
)
print("passed the rules   ", dict(Counter(p.kind for p in after_language).most_common()))
print("passed the score   ", dict(Counter(p.kind for p in after_score).most_common()))
print("passed the surprise", dict(Counter(p.kind for p in after_quality).most_common()))
add_stage("quality classifier", after_language, after_score, ("spam", "gibberish"))
add_stage("surprise", after_score, after_quality, ("spam", "gibberish"))
assert min(surprise["spam"] + surprise["gibberish"]) > 11
assert max(surprise["dialect"]) < 10
assert 6 < np.median(surprise["dialect"]) < 8
assert not {"spam", "gibberish"} & {p.kind for p in after_quality}
assert sum(p.kind == "dialect" for p in after_quality) == sum(
    p.kind == "dialect" for p in after_score
)

# %% [markdown]
# ## Step 6 · Duplicates
#
# *(First break: before this line.)* The web repeats itself: mirrors, press releases, licences, templates. Lee et al.
# ([arXiv:2107.06499](https://arxiv.org/abs/2107.06499)) found one sentence of 61 words more than 60,000 times in C4,
# *after* its cleaning. Repetition wastes training, is learnt by heart (step 7), and puts test data into the training
# set. It exists at three sizes: repeated **sentences**, repeated **documents**, and whole data sets that share
# documents.
#
# **Exact copies** are easy: remember a hash, a number computed from the text, of every page seen.

# %%
seen, unique = set(), []
for p in after_quality:
    key = hash(squeeze(p.text))  # squeeze: lower case, single blanks
    if key not in seen:
        unique.append(p)
    seen.add(key)
package = list(drop_repeats(after_quality, document=lambda p: p.text))
assert [p.number for p in unique] == [p.number for p in package]
print(len(after_quality), "pages, of which", len(unique), "are different")
add_stage("exact copies", after_quality, unique, ("duplicate",))

# %% [markdown]
# **Sentences.** C4 works one size smaller: of any *three sentences in a row* that came before, on this page or another,
# only the first occurrence stays. That needs no more than the hashes of all such triples:

# %%
trio = c4.three_sentences_once(InMemory())
print(trio("One. Two. Three. Four.").text, "|", trio("Zero. One. Two. Three. Five. Six.").text)

trio, tally = c4.three_sentences_once(InMemory()), {}
rest = {p.number: p for p in clean(unique, {"three": trio}, tally)}
changed = Counter(p.kind for p in unique if p.number in rest and p.text != rest[p.number].text)
cut = 1 - tally["three"].characters_out / tally["three"].characters_in
print(
    f"gone: {100 * cut:.0f} % of the text, {len(unique) - len(rest)} pages, and parts of {dict(changed)}"
)
found = [p for p in unique if p.kind == "near_duplicate" and p.number in rest]
page = min(found, key=lambda p: len(rest[p.number].text))
print(
    f"of {len(page.text):,} characters of one near duplicate this is left: {rest[page.number].text}"
)
assert changed["near_duplicate"] > 5 * changed["article"]

# %% [markdown]
# **What to notice.** It cuts holes into near duplicates: where a copy differs in a word, that sentence stays, out of its
# context. We do not use it further: to judge whole pages we need a measure of likeness.
#
# **Near copies** escape every exact hash: one changed word, another number. How alike are two texts? Cut both into runs
# of five words (*shingles*; three words here) and compare the two sets: their **Jaccard similarity** is
# $J = |A \cap B| / |A \cup B|$.

# %%
a, b = "the old mill of arden stands by the river", "the old mill of arden lies by the river"
sa, sb = shingles(a, n=3), shingles(b, n=3)
print(f"{len(sa & sb)} shared of {len(sa | sb)}: J = {jaccard(sa, sb):.2f}")
assert jaccard(sa, sb) == 4 / 10

# %% [markdown]
# One word of nine is different, and J is only 0.4: that word sits in three shingles. Now the trick of Broder (1997).
# Shuffle all shingles of the world, and note for each text *which of its shingles comes first*. Two texts note the same
# one with probability $J$ exactly: the first shingle of $A \cup B$ is equally likely to be any of them, and both texts
# note it if it lies in $A \cap B$. Do it with 128 different shuffles: the 128 notes are the **signature** of a text,
# and the share of positions in which two signatures agree estimates $J$, however long the texts are:

# %%
rng = random.Random(0)
everything = sorted(sa | sb)
agree = 0
for _ in range(10_000):
    order = {shingle: rng.random() for shingle in everything}  # a shuffle
    agree += min(sa, key=order.get) == min(sb, key=order.get)
print(f"the same shingle comes first in {agree / 100:.1f} % of 10,000 shuffles")
assert abs(agree / 10_000 - 0.4) < 0.02

# %% [markdown]
# The package replaces a real shuffle of all shingles by an arithmetic one, $h(x) = ax + b$ on hashed shingles; the
# minimum of $h$ is "the one that comes first" (you write that in exercise 4). Does the estimate hold on our near
# duplicates, whose true similarity is known? A share of 128 yes-or-no answers scatters by chance, with a **standard
# error** of $\sqrt{J(1-J)/128}$; about 95 of 100 such shares lie within two of them (the grey band).

# %%
minhash = MinHash(128)
near = [p for p in web if p.kind == "near_duplicate"]
true = [p.jaccard for p in near]
estimated = [similarity(minhash.of(p.text), minhash.of(web[p.source].text)) for p in near]
errors = np.array(estimated) - np.array(true)

fig, (axis,) = figure(height=3.2, width=5.0)
grid = np.linspace(0, 1, 101)
spread = np.array([2 * standard_error(j, 128) for j in grid])
axis.fill_between(grid, grid - spread, grid + spread, color="#cccccc", label="± 2 standard errors")
axis.plot(true, estimated, "o", markersize=3, color=PALETTE[0], label="pairs of pages")
axis.set(xlabel="true Jaccard similarity", ylabel="estimate, 128 hashes")
axis.legend(frameon=False)
inside = np.mean([abs(e) <= 2 * standard_error(j, 128) for e, j in zip(errors, true)])
print(
    f"{len(near)} pairs, mean error {errors.mean():+.3f}, within two standard errors: {100 * inside:.0f} %"
)
assert abs(errors.mean()) < 0.015
assert inside > 0.88

# %% [markdown]
# ### Who is worth comparing? Bands and rows
#
# A million pages have half a trillion pairs. **Locality-sensitive hashing** cuts the 128 numbers into $b$ bands of $r$
# rows, and compares only pages that agree in *all* rows of *some* band. A pair of similarity $s$ agrees in one row with
# probability $s$, in a band with $s^r$, in none of the bands with $(1 - s^r)^b$, so it is found with
#
# $$1 - (1 - s^r)^b.$$
#
# **Predict:** with more rows a band and fewer bands, does the curve move to the left or to the right?

# %% tags=["hide-input"]
SHAPES = {"32 bands of 4": (32, 4), "16 bands of 8": (16, 8), "8 bands of 16": (8, 16)}


def found_share(bands, rows, low, high, repeats=2):
    """Share of the near duplicates with low <= J < high that become candidates."""
    pairs = [p for p in near if low <= p.jaccard < high]
    hits = 0
    for seed in range(repeats):
        one = MinHash(bands * rows, seed=seed)
        for p in pairs:
            keys = lsh.band_keys(
                np.stack([one.of(p.text), one.of(web[p.source].text)]), bands, rows
            )
            hits += bool((keys[0] == keys[1]).any())
    return hits / (repeats * len(pairs)), [p.jaccard for p in pairs]


edges = [0.1, 0.3, 0.45, 0.6, 0.7, 0.8, 0.9, 1.0]
fig, (axis, by_bands) = figure(columns=2, height=3.4)
worst = 0.0
for i, (name, shape) in enumerate(SHAPES.items()):
    axis.plot(grid, lsh.candidate_probability(grid, *shape), color=PALETTE[i], label=name)
    for low, high in zip(edges, edges[1:]):
        share, inside = found_share(*shape, low, high)
        expected = np.mean([lsh.candidate_probability(j, *shape) for j in inside])
        worst = max(worst, abs(share - expected))
        axis.plot(np.mean(inside), share, "o", color=PALETTE[i], markersize=5)
axis.set(xlabel="true Jaccard similarity", ylabel="share found (recall)")
axis.set_title("Recall by similarity", fontsize=10)
axis.legend(frameon=False, fontsize=8)
recalls = {}
for i, rows in enumerate((4, 8, 16)):
    counts = [n for n in (1, 2, 4, 8, 16, 32) if n * rows <= 128]
    recalls[rows] = [found_share(n, rows, 0.7, 1.0)[0] for n in counts]
    pairs = [p.jaccard for p in near if p.jaccard >= 0.7]
    expected = [np.mean([lsh.candidate_probability(j, n, rows) for j in pairs]) for n in counts]
    worst = max(worst, np.abs(np.array(recalls[rows]) - expected).max())
    by_bands.plot(counts, expected, color=PALETTE[i], label=f"{rows} rows a band")
    by_bands.plot(counts, recalls[rows], "o", color=PALETTE[i], markersize=5)
ticks = [1, 2, 4, 8, 16, 32]
by_bands.set(xscale="log", xticks=ticks, xticklabels=ticks, xlabel="bands")
by_bands.minorticks_off()
by_bands.set_title("Recall by bands, pairs from J = 0.7 on", fontsize=10)
by_bands.legend(frameon=False, fontsize=8, loc="lower right")
print(f"largest difference between dot and line: {worst:.2f}")
assert worst < 0.25
assert all(r[-1] > r[0] for r in recalls.values())

# %% [markdown]
# **What to see** (dots: measured on our near duplicates; lines: the formula). *Left*, an S-curve: what is very alike is
# found nearly always, what is unlike nearly never, and bands and rows say where the step lies, near $(1/b)^{1/r}$. More
# rows move it to the right. *Right*: each further band is one more chance to be found, so recall rises with the
# bands, and with it the number of pairs to compare. Two published settings beside ours:

# %%
assert round(lsh.candidate_probability(0.1, 10, 1), 2) == 0.65
settings = {"ours": (16, 8), "GPT-3, if one row a band": (10, 1), "Lee et al. 2022": (450, 20)}
table(
    ["setting", "bands", "rows", "step near", "found at J = 0.5", "at 0.8", "at 0.95"],
    [
        [name, b, r, f"{lsh.threshold_of(b, r):.2f}", *(f"{lsh.candidate_probability(s, b, r):.3f}" for s in (0.5, 0.8, 0.95))]
        for name, (b, r) in settings.items()
    ],
)  # fmt: skip

# %% [markdown]
# Lee et al. use 9,000 hashes, 450 bands of 20 rows. GPT-3's paper says only "10 hashes"; with one row a band even of the
# pairs that share just a tenth of their shingles two in three would be candidates. So a **second comparison** follows:
# of the candidates only those are taken for copies whose signatures agree in at least `threshold` of their positions.
# Ours is 0.5, well below the step at 0.71, so the bands decide, and what lies above 0.7 should be found. The package does
# all of it on a stream, with the signatures on disk; of each cluster of copies the first page stays:

# %%
unique_pages = list(
    drop_near_duplicates(
        unique, minhash=minhash, bands=16, rows=8, threshold=0.5, document=lambda p: p.text
    )
)
before, after = (Counter(p.kind for p in found) for found in (unique, unique_pages))
close = {True: [0, 0], False: [0, 0]}
left = {p.number for p in unique_pages}
for p in unique:
    if p.kind == "near_duplicate":
        close[p.jaccard > 0.7][p.number in left] += 1
print(f"near duplicates with J above 0.7: {close[True][0]} found, {close[True][1]} missed")
print(f"the others: {close[False][0]} found, {close[False][1]} missed")
print("articles lost:", before["article"] - after["article"], "of", before["article"])
add_stage("near copies", unique, unique_pages, ("near_duplicate",))
assert close[True][0] > 5 * close[True][1]
assert before["article"] - after["article"] <= 0.02 * before["article"]

# %% [markdown]
# ## Step 7 · Personal data, and what a model learns by heart
#
# *What if a page holds somebody's telephone number?* Rules find personal data by its form. A card number has a check
# digit (Luhn's rule), so only one random number in ten passes:

# %%
show(pii.luhn)

# %%
print(pii.scrub("Write to anna.brook@example.com from 192.0.2.7, or call (212) 555-0134."))
print(pii.scrub("Card 4111 1111 1111 1111 passes, parcel 4111 1111 1111 1112 does not."))
print(pii.scrub("Write to anna at example dot com. Version 4.10.2.1 is out."))

found, planted = Counter(), Counter()
for p in web:
    found.update((p.number, span.kind, span.text) for span in pii.find(p.text))
    planted.update((p.number, *secret) for secret in p.secrets)
both = (found & planted).total()
of_secrets = (both / found.total(), both / planted.total())
print("precision {:.3f}, recall {:.3f}".format(*of_secrets), "of", planted.total(), "planted")
assert all(0.85 < share < 1 for share in of_secrets)

# %% [markdown]
# The third line shows both errors: who writes "at" for @ is not found, and the version of a program looks like an
# address. So something always slips through. Does a model then *remember* it?
#
# Carlini et al. ([arXiv:1802.08232](https://arxiv.org/abs/1802.08232)) measure that with a **canary**, a secret that is
# planted on purpose: "The code of anna is nine forty six." With twelve number words there are $12^3 = 1728$ such
# codes. After training, rank all of them by the probability that the model gives them. The **exposure** is
#
# $$\text{exposure} = \log_2 1728 - \log_2 \text{rank}.$$
#
# A model that knows nothing puts the true one anywhere (exposure 1.4 bits on average); rank 1 is 10.75 bits, and the
# secret can be read off. We plant twelve canaries in 250 articles, each 1, 4, 16 or 64 times, and train twice: on that
# text as it is, and on the text from which every line that has come before is dropped. **Predict:** how often must a
# secret stand there to be the model's first guess?

# %%
CODES = words("three four five six seven nine twelve fifteen twenty thirty forty sixty")


@torch.no_grad()
def exposure(model, name, code):
    """log2 of 1728 over the rank of the true code among all, in bits."""
    start = [NUMBER[w] for w in [".", "the", "code", "of", name, "is"]]
    digits, total, heads = [NUMBER[w] for w in CODES], torch.zeros(1), [[]]
    for _ in code:
        log_p = model(torch.tensor([start + head for head in heads]))[:, -1].log_softmax(-1)
        total = (total[:, None] + log_p[:, digits]).flatten()
        heads = [[*head, digit] for head in heads for digit in digits]
    place = sum(CODES.index(w) * 12 ** (2 - i) for i, w in enumerate(code))
    rank = 1 + (total > total[place]).sum().item()
    return math.log2(len(total) / rank)


exposures = {(times, when): [] for times in (1, 4, 16, 64) for when in ("before", "after")}
for seed in range(3):
    rng = random.Random(seed)
    canaries = [
        (name, [rng.choice(CODES) for _ in range(3)], 4 ** (i // 3))
        for i, name in enumerate(PEOPLE)
    ]
    articles = list(good[:250])
    for name, code, times in canaries:
        for _ in range(times):
            articles[rng.randrange(250)] += f"\nThe code of {name} is {' '.join(code)}."
    seen_lines = InMemory()
    once = [drop_lines(text, seen_lines) for text in articles]
    for when, found in (("before", articles), ("after", once)):
        model = train(ids_of(found), steps=250, seed=seed)
        for name, code, times in canaries:
            exposures[times, when].append(exposure(model, name, code))

mean = {key: sum(found) / len(found) for key, found in exposures.items()}
fig, (axis,) = figure(height=3.1)
for i, when in enumerate(("before", "after")):
    label = f"{when} deduplication"
    places = [n * (1 + 0.06 * i) for n in (1, 4, 16, 64)]  # side by side
    averages = [mean[n, when] for n in (1, 4, 16, 64)]
    axis.plot(places, averages, "o-", color=PALETTE[i], label=label)
    for x, n in zip(places, (1, 4, 16, 64)):
        axis.plot([x] * 9, exposures[n, when], ".", color=PALETTE[i], alpha=0.35)
axis.axhline(math.log2(1728), color="#666666", linestyle="--", linewidth=1)
axis.text(0.95, math.log2(1728) + 0.15, "the model's first guess", fontsize=9)
axis.set(xscale="log", xticks=[1, 4, 16, 64], xticklabels=[1, 4, 16, 64], xlabel="times in the corpus", ylabel="exposure (bits)")  # fmt: skip
axis.minorticks_off()
axis.legend(frameon=False, loc=(0.03, 0.72), fontsize=9)
for n in (1, 4, 16, 64):
    print(f"{n:2} times: before ~{mean[n, 'before']:.1f} bits, after ~{mean[n, 'after']:.1f}")
singles = [e for n in (1, 4, 16, 64) for e in exposures[n, "after"]]
known = sum(e == math.log2(1728) for e in singles)
print(
    f"standing there once (36 of them): ~{np.mean(singles):.1f} bits on average, ~{known} known outright"
)
deduplicated = np.array([exposures[n, "after"] for n in (1, 4, 16, 64)])
shuffled = np.random.default_rng(0).permuted(np.tile(deduplicated.flatten(), (2000, 1)), axis=1)
by_chance = np.mean(
    np.ptp(shuffled.reshape(2000, 4, 9).mean(2), axis=1) >= np.ptp(deduplicated.mean(1))
)
print(
    f"four averages at random from these 36 lie as far apart in ~{100 * by_chance:.0f} % of all cases"
)
assert by_chance > 0.05
assert mean[64, "before"] > 10
assert sum(e == math.log2(1728) for n in (16, 64) for e in exposures[n, "before"]) >= 14  # of 18
assert mean[1, "before"] < 4
assert mean[64, "after"] < mean[64, "before"] - 4
assert mean[16, "after"] < mean[16, "before"] - 3

# %% [markdown]
# **What to see** (dots: three canaries in each of three trainings). What stands there sixteen times or more is nearly
# always known outright, what stands there once hardly ever. After deduplication every secret stands there once, and it
# shows: the averages of the four columns no longer lie further apart than chance would put them. So deduplication
# protects privacy without knowing what is private. It is no guarantee: compare the 36 secrets that stand there once
# with the 1.4 bits of pure chance, and look how far up some of the dots lie. Kandpal et al.
# ([arXiv:2202.06539](https://arxiv.org/abs/2202.06539)) found a sequence that occurs ten times to be generated about a
# thousand times as often as one that occurs once.

# %% [markdown]
# ## Step 8 · The test in the training set
#
# *What if the exam lies on the web?* Then the model may have read it. GPT-3's authors (appendix C) looked for **13-grams**:
# 13 words in a row that a test item and the training text both have. WebText, GPT-2's corpus, left Wikipedia out for
# the same reason: too many test sets are made from it. Our web hides questions of a test of 60 in some pages:

# %%
questions = items()
print(questions[0], "\n")
reports = overlap([p.text for p in web], questions)
leaked = {q for p in web for q in p.questions}
reported = {r.test for r in reports}
print(
    len(leaked),
    "questions were planted;",
    len(reported),
    "are reported,",
    len(reported & leaked),
    "of them rightly",
)
chance = next(r for r in reports if r.test not in leaked)
print(f"one of the others: {100 * chance.covered:.0f} % of its words are shared")
full = [r for r in reports if r.covered > 0.9]
print(
    f"of those covered by more than 90 %, right are {sum(r.test in leaked for r in full)} of {len(full)}"
)
assert len(reported & leaked) == len(leaked) - 1
assert len(reported) > len(leaked)

# %% [markdown]
# **What to notice.** All but one of the leaked questions are found, and others besides: a sentence of 13
# words that several pages happen to have. GPT-3's authors met the same and said so: an overlap is not yet a leak.
#
# They removed what they found: the 13 words and 200 characters around them, not the whole document.

# %%
pieces = list(decontaminate([p.text for p in web], questions))
still = {r.test for r in overlap(pieces, questions) if r.covered > 0.9}
share_left = sum(map(len, pieces)) / sum(len(p.text) for p in web)
print(f"{len(web):,} pages became {len(pieces):,} pieces with {100 * share_left:.1f} % of the text")
print("questions still covered by more than 90 %:", len(still))
assert not still
assert 0.95 < share_left < 1

# %% [markdown]
# What does a leak do to the score? We put a part of a test into the training text of a model that counts word
# triples, and let it take the test. A second test, as hard but not leaked, shows what the model is really worth.

# %%
leak_rows, inflation = [], {}
for percent in (0, 10, 50, 100):
    leak, fresh = [], []
    for seed in range(3):
        order = random.Random(seed).sample(good, len(good))
        learn, exam, other = order[:150], order[150:180], order[180:210]
        model = perplexity.NGramModel.train(learn + exam[: len(exam) * percent // 100], n=3)
        leak.append(model.bits("\n".join(exam)))
        fresh.append(model.bits("\n".join(other)))
    inflation[percent] = np.mean(fresh) - np.mean(leak)
    spread = f"{min(leak):.2f} to {max(leak):.2f}"
    leak_rows.append([f"{percent} %", f"{np.mean(leak):.2f}", spread, f"{np.mean(fresh):.2f}"])
assert abs(inflation[0]) < 0.15
assert inflation[0] < inflation[10] < inflation[50] < inflation[100]
table(["leaked", "bits a word, leaked test", "three seeds", "bits a word, fresh test"], leak_rows)

# %% [markdown]
# The more of it has leaked, the better the score on the leaked test; on the fresh test, the same model hardly
# improves. *A test that may have been read measures memory.*

# %% [markdown]
# ## Step 9 · The whole pipeline, judged stage by stage
#
# *(Second break: before this line.)* Now the stages for pages in a row, with the numbers that a real pipeline can never
# know; the last two lines of the table were measured on the raw web. Precision and recall are those of step 3 (a copy
# counts as junk for the two stages that look for copies). The last two columns: of the good pages, and of the dialect,
# that came in, how many the stage lost.


# %% tags=["hide-input"]
def percent(share):
    return f"{100 * share:.1f} %"


rows, recalls = [], {}
for name, (before, after, targets) in PIPELINE.items():
    junk, aimed = judged(before, after, targets)
    gone = {p.number for p in before} - {p.number for p in after}
    n_dialect = sum(p.kind == "dialect" for p in before)
    lost = sum(p.kind == "dialect" for p in before if p.number in gone) / n_dialect
    n_targets = aimed.bad_in + aimed.bad_out
    recalls[name] = aimed.recall
    precision = f"{junk.precision:.2f}" if gone else "nothing out"
    recall = f"{aimed.recall:.2f} of {n_targets}" if n_targets else "nothing there"
    rows.append([name, len(before), len(after), precision, recall, percent(junk.wrongly), percent(lost)])  # fmt: skip
n_lines = len(went), of_lines.bad_in + of_lines.good_in
rows.insert(0, ["C4: lines of good pages", *n_lines, f"{of_lines.precision:.2f}", f"{of_lines.recall:.2f} of {of_lines.bad_in + of_lines.bad_out}", percent(of_lines.wrongly), ""])  # fmt: skip
rows.append(["personal data (finds)", "", "", *(f"{share:.2f}" for share in of_secrets), "", ""])
right_ones = len(reported & leaked)
rows.append(["leaked questions", "", "", f"{right_ones / len(reported):.2f}", f"{right_ones / len(leaked):.2f} of {len(leaked)}", "", ""])  # fmt: skip
display(table(["stage", "in", "left", "precision", "recall", "good lost", "dialect lost"], rows))
at_start, at_end = (sum(p.good for p in found) for found in (web, unique_pages))
junk_left = sum(p.number not in worth for p in unique_pages)
print(f"good pages: {at_start} at the start, {at_end} at the end; pages of junk left: {junk_left}")
assert 0.05 < 1 - at_end / at_start < 0.15
assert recalls["C4: pages"] > 0.95
assert recalls["exact copies"] == 1
assert 0.3 < recalls["near copies"] < 1

# %% [markdown]
# **What to see.** Each stage alone looks careful; what it takes wrongly is gone for good, so the losses add up: about one
# good page in twelve is missing at the end, and on the real web nobody would know. *Near
# copies* has a low recall on purpose: more than half of those that were left lie below the step of the S-curve, and
# are not meant to be found. *Leaked questions* has a low precision, because the same 13 words need not be a leak.
#
# Was it worth it? The model of the first result, trained on three versions of the web, three seeds each ("after
# everything" is what the page stages left, with the personal data scrubbed):

# %%
tokens = {
    "raw": raw,
    "after the rules": ids_of(p.text for p in after_language),
    "after everything": ids_of(pii.scrub(p.text) for p in unique_pages),
}
cost = {"raw": [first["pages as they came"]]}  # seed 0: the one of the first result
for name, ids in tokens.items():
    done = cost.setdefault(name, [])
    done += [bits(train(ids, seed=s), test) for s in range(len(done), 3)]
fig, (axis,) = figure(height=3.0)
for i, (name, found) in enumerate(cost.items()):
    axis.bar(name, np.mean(found), color=PALETTE[i], width=0.6)
    axis.plot([name] * 3, found, "k.")
axis.axhline(limit, color="#666666", linestyle="--", linewidth=1)
axis.text(2.43, limit + 0.05, "entropy", fontsize=9)
axis.set_xlim(-0.5, 2.9)
axis.set(ylabel="bits a token, unseen articles")
axis.set_title("Same number of tokens read (dots: three seeds)", fontsize=10)
for name, found in cost.items():
    print(
        f"{name:17} ~{np.mean(found):.2f} bits a token (from ~{min(found):.2f} to ~{max(found):.2f}), limit {limit:.3f}"
    )
assert max(cost["after the rules"]) < min(cost["raw"]) - 0.3
assert max(cost["after everything"]) < min(cost["after the rules"]) - 0.03

# %% [markdown]
# **What to see.** The cheap rules bring most of the gain. Classifier, surprise and deduplication took out fewer pages
# (spam in whole sentences, gibberish, copies) and bring less, but in all three seeds. Raffel et al. report
# the same direction for C4 against its unfiltered version (table 8 of their paper, on tasks instead of bits).

# %% [markdown]
# ## Step 10 · Mixtures
#
# *How much of each source?* In proportion to size, the web would drown everything else. So every model has a **mixture**:
# weights, the share of each source among the tokens that are read. A source of $n$ tokens with the weight $w$ is read
# $w \times \text{budget} / n$ times from end to end, its number of **epochs**. GPT-3's table 2.2, with our division beside it:

# %%
gpt3 = mixtures.GPT3
weights = [source.weight for source in gpt3.sources]
rows, explained = [], {}
for source in gpt3.sources:
    billions = source.tokens / 1e9
    ours = source.weight / 100 * 300 / billions
    low = (source.weight - 0.5) / 100 * 300 / (billions + 0.5)  # both numbers may have been rounded
    high = (source.weight + 0.5) / 100 * 300 / (billions - 0.5)
    explained[source.name] = low - 0.05 <= source.epochs <= high + 0.05
    rows.append([source.name, f"{billions:.0f}", f"{source.weight:.0f} %", f"{ours:.2f}", f"{low:.2f} to {high:.2f}", f"{source.epochs}", "yes" if explained[source.name] else "no"])  # fmt: skip
total = sum(source.tokens for source in gpt3.sources) / 1e9
rows.append(["together", f"{total:.0f}", f"{sum(weights):.0f} %", "", "", "", ""])
head = ["source", "billion tokens", "weight", "epochs, computed", "possible with rounding", "epochs, printed", "possible?"]  # fmt: skip
display(table(head, rows))
assert sum(weights) == 101
assert [row[3] for row in rows[:-1]] == ["0.44", "3.47", "2.00", "0.44", "3.00"]
assert [source.epochs for source in gpt3.sources] == [0.44, 2.9, 1.9, 0.43, 3.4]
assert [name for name, holds in explained.items() if not holds] == ["WebText2"]

# %% [markdown]
# **What does not add up.** The weights sum to 101 %. That may be rounding: 22 % stands for something between 21.5 and
# 22.5, and 19 billion for 18.5 to 19.5. So for each source there is a range of epochs that fit. Four of the five printed
# numbers lie in it, though only Common Crawl's is the one that the division gives. WebText2's 2.9 does not: at least
# 3.3 readings follow from the rest of its row. And the text of the paper says 400 billion tokens of Common Crawl where
# the table says 410.
#
# **Predict:** a sampler that draws documents with these weights: what will it count as the epochs of Wikipedia?

# %%
documents = [4100, 190, 120, 550, 30]  # one for every 100 million tokens
sampler = mixtures.Sampler(weights, documents, round_steps=500)
drawn = Counter(sampler.at(step)[0] for step in range(3000))
measured = [drawn[i] / n for i, n in enumerate(documents)]
print("measured:", {s.name: round(e, 2) for s, e in zip(gpt3.sources, measured)})
expected = mixtures.epochs(weights, documents, 3000)
assert np.allclose(measured, expected, atol=0.05)

# %% [markdown]
# The sampler reads Wikipedia three times: what the weights say, not what the table prints. The three best known mixtures:

# %% tags=["hide-input"]
fig, axes = figure(columns=3, height=3.2, width=9.0)
for axis, (name, mixture) in zip(axes, {"GPT-3": gpt3, "PaLM": mixtures.PALM, "LLaMA": mixtures.LLAMA}.items()):  # fmt: skip
    labels = [s.name.split(" (")[0] for s in mixture.sources][::-1]
    axis.barh(labels, [s.weight for s in mixture.sources][::-1], color=PALETTE[0])
    axis.tick_params(axis="y", labelsize=7)
    axis.set(xlabel="weight (%)", title=f"{name}, {mixture.budget / 1e9:,.0f} billion tokens")
    axis.title.set_fontsize(9)
assert [s.weight for s in mixtures.LLAMA.sources] == [67, 15, 4.5, 4.5, 4.5, 2.5, 2.0]
assert (
    sum(s.weight for s in mixtures.LLAMA.sources)
    == 100
    == sum(s.weight for s in mixtures.PALM.sources)
)

# %%
llama, rows = mixtures.LLAMA, []
for s in llama.sources:
    tokens = s.weight / 100 * llama.budget / s.epochs
    rows.append([s.name, f"{s.weight} %", s.epochs, f"{s.gigabytes * 1e9 / tokens:.1f}"])
assert all(2.7 < float(row[-1]) < 4.1 for row in rows)
table(["LLaMA, table 1", "weight", "epochs", "bytes a token, computed"], rows)

# %% [markdown]
# LLaMA ([arXiv:2302.13971](https://arxiv.org/abs/2302.13971)) used public data only (1.4 trillion tokens for the two
# large models, 1.0 for the small ones). Divide the bytes of a source by its tokens (weight × budget / epochs), and all
# of them have about three to four bytes a token, as they should: this table fits together. PaLM
# ([arXiv:2204.02311](https://arxiv.org/abs/2204.02311)) read 780 billion, half of them conversations from social media.
#
# **WebText** (GPT-2) chose pages in another way: it took the pages that Reddit users had linked to, with at least 3
# **karma** (votes), 45 million links that do *not* include any created after December 2017, and after cleaning 8 million
# documents, 40 GB. Our pages have votes too:

# %%
linked = [p for p in web if p.karma >= 3]
webtext = list(
    drop_repeats((p for p in linked if p.genre != "encyclopedia"), document=lambda p: p.text)
)
share = {
    n: sum(p.number in worth for p in found) / len(found)
    for n, found in (("all", web), ("linked", linked))
}
print(
    f"all pages: {100 * share['all']:.0f} % worth reading; 3 votes or more: {100 * share['linked']:.0f} %"
)
print(f"{len(linked)} linked pages, {len(webtext)} without the encyclopedia and exact copies")
assert share["linked"] > share["all"] + 0.2
assert len(webtext) < len(linked)
from_crawl = {squeeze(rules(p.text).text or "") for p in unique_pages}
twice = sum(squeeze(rules(p.text).text or "") in from_crawl for p in webtext)
print(f"of these {len(webtext)}, {twice} are in our cleaned crawl too")
assert twice > 0.5 * len(webtext)

# %% [markdown]
# People are a good filter, of what those people like. The last line is the third size of repetition, *whole data sets that
# share documents*: who mixes this WebText and this crawl gives most of WebText a second epoch that stands in no table.
# So deduplicate across sources too, or know that you did not. Is a **mixture** of subjects worth anything in itself? We train
# word-triple models on 4,000 words each: all of one genre, or a quarter from each of four. **Predict** the table: who is
# best at what?

# %%
by_genre = {
    g: [p.clean for p in elsewhere if p.kind == "article" and p.genre == g] for g in genres()
}
matrix = {name: np.zeros((3, 4)) for name in (*genres(), "all four")}


def take(texts, n):
    return " ".join([w for text in texts for w in words(text)][:n])


for seed in range(3):
    order = {g: random.Random(seed).sample(found, len(found)) for g, found in by_genre.items()}
    exam = {g: "\n".join(found[:6]) for g, found in order.items()}
    for name, cells in matrix.items():
        n = 1000 if name == "all four" else 4000
        learn = [take(order[g][6:], n) for g in genres() if name in (g, "all four")]
        model = perplexity.NGramModel.train(learn, n=3)
        cells[seed] = [model.bits(exam[g]) for g in genres()]
rows = []
for name, found in matrix.items():
    cells = [f"{m:.1f} ± {s:.1f}" for m, s in zip(found.mean(0), found.std(0))]
    rows.append([name, *cells, f"{found.mean():.1f}"])
for i, g in enumerate(genres()):
    assert (
        matrix[g][:, i].max() < matrix["all four"][:, i].min() < matrix["all four"][:, i].max() < 6
    )
    assert all(matrix["all four"][:, i].max() < matrix[h][:, i].min() for h in genres() if h != g)
table(["trained on", *genres(), "mean"], rows)

# %% [markdown]
# **What to see** (bits a word, three seeds, ± one standard deviation). The specialist wins at home and is lost
# everywhere else; the mixture is second at everything, and by far the best on average. How to set the weights is an open
# craft: by hand, by size to a power, or by a small model that finds out where it learns most (DoReMi,
# [arXiv:2305.10429](https://arxiv.org/abs/2305.10429)).

# %% [markdown]
# ## Step 11 · How much, and how often
#
# *Does more text help, or only more reading?* The same model, the same 150 steps (76,800 tokens read), but from 4,000,
# 16,000 or 76,800 different tokens. And a second question: half of the text is **one part that is repeated** 8, 64 or
# 512 times, while the other half is new. The dashed line is a control: all steps on the new half alone.

# %%
plenty, exam, STEPS = ids_of(good), test[: 125 * LENGTH + 1], 150
BUDGET = STEPS * 8 * LENGTH


def outcomes(corpora, steps=STEPS):
    """Bits on the unseen articles after training on each of three corpora, with seeds 0, 1, 2."""
    return [bits(train(ids, steps, seed=s), exam) for s, ids in enumerate(corpora)]


amount = {n: outcomes([plenty[s * n :][:n] for s in range(3)]) for n in (4_000, 16_000)}
new = plenty[BUDGET // 2 : BUDGET]
parts = {k: plenty[: BUDGET // 2 // k].repeat(k) for k in (1, 8, 64, 512)}
repeated = {k: outcomes([torch.cat([part, new])] * 3) for k, part in parts.items()}
amount[BUDGET] = repeated[1]
alone, briefly = outcomes([new] * 3), outcomes([new] * 3, STEPS // 2)

fig, (left, right) = figure(columns=2, height=3.4)
for axis, found in ((left, amount), (right, repeated)):
    axis.plot(list(found), [np.mean(v) for v in found.values()], "o-", color=PALETTE[0])
    for i, (x, values) in enumerate(found.items()):
        axis.plot([x] * 3, values, ".", color=PALETTE[1], label="" if i else "the three seeds")
    axis.axhline(limit, color="#666666", linestyle=":", linewidth=1.2, label="entropy")
    axis.set(xscale="log", ylim=(0, 4))
right.axhline(
    np.mean(alone),
    color=PALETTE[2],
    linestyle="--",
    linewidth=1.2,
    label="the new half alone, same steps",
)
right.legend(frameon=False, fontsize=8)
left.set(ylabel="bits a token, unseen articles")
left.set(xlabel="different tokens (76,800 read)", title="More text")
left.set(xticks=list(amount), xticklabels=[f"{n:,}" for n in amount])
right.set(xlabel="times that half of the text is repeated", title="The same text again")
right.set(xticks=[1, 8, 64, 512], xticklabels=[1, 8, 64, 512])
for axis in (left, right):
    axis.title.set_fontsize(10)
    axis.minorticks_off()
level = {k: np.mean(v) for k, v in repeated.items()}
print("different tokens:", ", ".join(f"{n:,}: ~{np.mean(v):.2f}" for n, v in amount.items()))
print("repeated:", ", ".join(f"{k} times: ~{m:.2f}" for k, m in level.items()))
print(f"the new half alone: ~{np.mean(alone):.2f}; in half the steps: ~{np.mean(briefly):.2f}")
assert max(alone) < min(repeated[64]) - 0.3
assert np.mean(alone) < level[1] + 0.15
assert min(briefly) > max(repeated[64]) + 0.3
assert max(amount[16_000]) < min(amount[4_000])
assert max(amount[BUDGET]) < min(amount[16_000])

# %%
back_down = max(repeated[512]) < min(repeated[64])  # beyond the spread of the seeds?
print("at 512 repetitions clearly better than at 64:", back_down)
assert max(repeated[1]) < min(repeated[8]) <= max(repeated[8]) < min(repeated[64])
assert not back_down
n_parameters = sum(p.numel() for p in train(plenty, steps=1).parameters())
assert 50_000 < n_parameters < 55_000

# %% [markdown]
# **What to see.** *Left*: 4,000 tokens read 19 times make a bad model, the same reading spread over new text a good
# one. Muennighoff et al. ([arXiv:2305.16264](https://arxiv.org/abs/2305.16264)) found for large models that up to four
# epochs are worth nearly as much as new text; after that less and less. *Right*: where half of the text is one part
# that comes 64 times, the model is clearly worse, though the other half is as new as before. The control says what the
# steps on the repeated part cost: spent on a *second reading of the new half* they would have been worth nearly as much
# as new text. They are not worth nothing: with half the steps, and nothing repeated, the new half makes a worse model
# still (last line).
#
# Hernandez et al. ([arXiv:2205.10487](https://arxiv.org/abs/2205.10487)) found more than lost steps. They let a
# thousandth of the data come a hundred times, a tenth of what was read; a model of 800 million parameters became as bad
# as one of 400 million, though nine tenths of what it read were new. The harm was greatest for a *middle* number of
# repetitions, and the loss could rise and fall again (they call it double descent): a part that is tiny is learnt
# quickly and then costs little. **This run shows neither**: the loss rises up to 64 repetitions and then stays where it
# is, within the spread of the seeds. *† An analogue: half instead of a tenth, and a model of little more than 50,000
# parameters.*
#
# How much text does a model want? By the rule of Chinchilla ([arXiv:2203.15556](https://arxiv.org/abs/2203.15556);
# lesson 15), about 20 tokens for each parameter:

# %%
rows = []
for name, parameters, read in [("a model of 100 billion", 100e9, ""), ("GPT-3", 175e9, 300e9), ("LLaMA-65B", published("LLaMA-65B").counted, 1.4e12)]:  # fmt: skip
    wanted = 20 * parameters
    was = f"{read / 1e12:.1f} trillion" if read else ""
    rows.append([name, f"{wanted / 1e12:.1f} trillion", f"{4 * wanted / 1e12:.0f} TB", was])
assert [row[1:] for row in rows[:2]] == [
    ["2.0 trillion", "8 TB", ""],
    ["3.5 trillion", "14 TB", "0.3 trillion"],
]
table(["", "tokens wanted", "at 4 bytes each", "tokens really read"], rows)

# %% [markdown]
# So "one or two terabytes of clean text are about enough for a model of 100 billion parameters", which one can read, is
# too little by a factor of four or more; and GPT-3 read less than a tenth of what its size asked for.

# %% [markdown]
# ## Step 12 · From documents to batches
#
# *How do pages of any length enter a training that reads blocks of one length?* Write them one behind the other, each
# closed by an **end-of-document token**, and cut: **packing**. No token is lost, and none is wasted on padding but at the
# very end. The labels are the same tokens, moved by one: every place predicts the next.

# %%
three = [[5, 6, 7], [8], [9, 10, 11, 12]]
packed = packing.pack(three, length=4, end=0)
print(packed.ids)
print(packed.documents, "which document (-1: padding)")
assert packing.unpack(packed) == [[*document, 0] for document in three]

# %% [markdown]
# Block 1 is exactly the first document. Block 2 holds all of the second and the beginning of the third, block 3 the
# rest of the third and one 0 that is padding. The end token and the padding are both 0; only `documents` tells them
# apart (-1). May the third document see the second, in block 2? GPT-3 let it, and told the model by the end token only.
# A **mask** forbids it (1: may see; row = who looks, column = who is seen):

# %%
print(packing.mask(packed.documents)[1, 0].int())
assert packing.mask(packed.documents)[1, 0].tolist() == [
    [True, False, False, False],
    [True, True, False, False],
    [False, False, True, False],
    [False, False, True, True],
]

# %% [markdown]
# ## What the papers say, and what we saw

# %% tags=["hide-input"]
drop = {k: level[k] - level[1] for k in (8, 64, 512)}
claims = [  # claim, published, measured here, is it so, the verdict if it is
    ("Heuristic filtering makes the better model (1)", "yes, on every task", f"~{np.mean(cost['raw']) - np.mean(cost['after the rules']):.2f} bits a token", np.mean(cost["after the rules"]) < np.mean(cost["raw"]), "yes"),
    ("Filters hit dialects harder (2)", "42 % against 6.2 % lost", " to ".join(f"{100 * f(dialect_lost['articles only']):.0f}" for f in (min, max)) + " % against 5 %", min(dialect_lost["articles only"]) > 0.1, "yes"),
    ("k hashes estimate Jaccard without bias (3)", "error 0", f"mean error {errors.mean():+.3f}", abs(errors.mean()) < 0.015, "yes"),
    ("What is repeated is memorised; deduplication helps (4)", "10 times less copied text", f"exposure ~{mean[64, 'before']:.0f} to ~{mean[64, 'after']:.0f} bits", mean[64, "after"] < mean[64, "before"] - 4, "yes"),
    ("Repeated data does harm (5)", "800 million as 400 million", f"up to ~{max(drop.values()):.2f} bits a token", max(drop.values()) > 0.2, "partly: against other text; not beyond the lost steps"),
    ("GPT-3's epochs follow from its weights (6)", "2.9 for WebText2", "3.47", explained["WebText2"], "yes"),
]  # fmt: skip
assert [row[3] for row in claims] == [True, True, True, True, True, False]
table(
    ["claim", "published", "measured here", "holds here?"],
    [[*claim[:3], claim[4] if claim[3] else "no"] for claim in claims],
)

# %% [markdown]
# (1) Raffel et al. 2019, table 8 · (2) Dodge et al. 2021; theirs is a word list, ours a classifier · (3) Broder 1997 ·
# (4) Lee et al. 2022, abstract · (5) Hernandez et al. 2022, abstract · (6) Brown et al. 2020, table 2.2. *All of ours
# shows mechanisms on a generated web, with planted shares; the published numbers are about the real one.*

# %% [markdown]
# ## What goes wrong in practice
#
# **Splitting before deduplicating.** If the test set is drawn first, a page and its copy can fall on different sides:

# %%
copies = [p for p in web if p.source != p.number and p.kind == "duplicate"] + [
    p for p in web if p.good
]
random.Random(1).shuffle(copies)
train_part, test_part = copies[: len(copies) * 4 // 5], copies[len(copies) * 4 // 5 :]
learnt = {squeeze(p.text) for p in train_part}
both_sides = sum(squeeze(p.text) in learnt for p in test_part)
print(
    f"split first: {both_sides} of {len(test_part)} test pages stand in the training set word for word"
)
single = list(drop_repeats(copies, document=lambda p: p.text))
learnt = {squeeze(p.text) for p in single[: len(single) * 4 // 5]}
print("deduplicated first:", sum(squeeze(p.text) in learnt for p in single[len(single) * 4 // 5 :]))
assert both_sides > 0.05 * len(test_part)
assert not any(squeeze(p.text) in learnt for p in single[len(single) * 4 // 5 :])

# %% [markdown]
# **Hashing what differs in a blank.** An exact hash sees another text where a mirror has added a space or a capital.
# Normalise first, the same way everywhere:

# %%
text = web[0].text
mirror = text.replace(". ", ".  ").upper()
print(
    "same hash:", hash(text) == hash(mirror), "· after squeeze:", squeeze(text) == squeeze(mirror)
)
assert text != mirror
assert squeeze(text) == squeeze(mirror)

# %% [markdown]
# **Judging a filter by what it keeps.** What is left behind any strict filter looks good. Whom it hurt stands only in
# what it threw away: there lay the dialect of step 5.

# %% [markdown]
# ## Check yourself
#
# Choose an answer; every one has an explanation. (The code is folded, since it holds the answers.)

# %% tags=["hide-input"]
display(quiz("A filter throws away 100 pages; 90 of them are spam. The web has 1,000 pages of spam. Precision and recall?", [
    ("0.90 and 0.09", True, "90 of 100 thrown away are spam; 90 of 1,000 pages of spam are thrown away."),
    ("0.09 and 0.90", False, "The other way round: precision asks about what was thrown away."),
    ("0.90 and 0.90", False, "Recall divides by all the spam there is, 1,000 pages."),
]))  # fmt: skip
display(quiz("You want to find pairs from J = 0.5 on instead of 0.7. Which of these moves the step to the left?", [
    ("More rows a band, fewer bands", False, "More rows must agree at once: the step moves to the right."),
    ("Fewer rows a band, more bands", True, "(1/b)^(1/r) falls; more pairs that are not alike must be compared."),
    ("More shingles a page", False, "The curve depends on bands and rows only."),
]))  # fmt: skip
display(quiz("A telephone number stands once in the corpus. Is it safe?", [
    ("Yes, only repeated text is memorised", False, "Repetition makes it far more likely, but some single canaries lay far above chance too."),
    ("No; deduplication lowers the risk, redaction removes what it finds, and neither is complete", True, "Some single canaries lay far above chance, and the rules for personal data missed some."),
    ("Yes, if the page is in Wikipedia", False, "The source changes nothing about memory."),
]))  # fmt: skip
display(quiz("The quality classifier drops most pages of a dialect. Why?", [
    ("The dialect is of lower quality", False, "It said the same things as cleanly; the labels say so."),
    ("The classifier is too small", False, "A language model had the same blind spot."),
    ("None of the good examples was written in it", True, "The classifier learns to prefer what resembles its examples."),
]))  # fmt: skip

# %% [markdown]
# <details><summary><b>What does preprocessing do?</b></summary>
#
# It turns raw crawls and dumps into a clean stream of tokens: extract the text, identify the language, filter low
# quality (rules, statistics, classifier), remove exact and near duplicates, remove personal data and what overlaps
# with test sets; then tokenize, and pack into blocks of one length.
# </details>
#
# <details><summary><b>What are open sources such as C4 and Common Crawl?</b></summary>
#
# Common Crawl is a public crawl of the web, renewed all the time (raw pages as WARC, extracted text as WET), huge and
# noisy. C4 is the English text that T5's authors extracted from the crawl of April 2019 with simple rules (ends of
# sentences, a list of bad words, three-sentence deduplication, language detection), about 750 GB. Others: WebText and
# OpenWebText, The Pile, ROOTS, RefinedWeb, Wikipedia, BooksCorpus, GitHub.
# </details>
#
# <details><summary><b>How are these data used in training?</b></summary>
#
# Documents are drawn with the weights of a mixture, tokenized, written one behind the other with an end-of-document
# token, cut into blocks, shuffled, and fed in batches. The labels are the tokens themselves: moved by one for a model
# that predicts the next token, the masked ones for BERT and T5. Good sources may be read several times, while GPT-3 did
# not read Common Crawl even once.
# </details>

# %% [markdown]
# ## Exercises
#
# Eight exercises, from C4's line rules to packing, and a question to answer in words wait in
# [your copy](../work/02_data/data.ipynb) (made by `python run.py`; the original is in
# [exercises/](../exercises/02_data/data.ipynb)). Each has a check that tells you what is wrong.
#
# ## Further reading
#
# - Raffel et al. 2019, *T5*, section 2.2 (C4), [arXiv:1910.10683](https://arxiv.org/abs/1910.10683); Rae et al. 2021, *Gopher*, appendix A, [arXiv:2112.11446](https://arxiv.org/abs/2112.11446)
# - Brown et al. 2020, *GPT-3*, section 2.2, appendices A and C, [arXiv:2005.14165](https://arxiv.org/abs/2005.14165); Wenzek et al. 2019, *CCNet*, [arXiv:1911.00359](https://arxiv.org/abs/1911.00359)
# - Lee et al. 2022, *Deduplicating Training Data Makes Language Models Better*, [arXiv:2107.06499](https://arxiv.org/abs/2107.06499); Broder 1997, *On the resemblance and containment of documents*
# - Carlini et al. 2019, *The Secret Sharer*, [arXiv:1802.08232](https://arxiv.org/abs/1802.08232); Kandpal, Wallace, Raffel 2022, [arXiv:2202.06539](https://arxiv.org/abs/2202.06539)
# - Dodge et al. 2021, *Documenting Large Webtext Corpora*, [arXiv:2104.08758](https://arxiv.org/abs/2104.08758); Gururangan et al. 2022, *Whose Language Counts as High Quality?*, [arXiv:2201.10474](https://arxiv.org/abs/2201.10474)
# - Hernandez et al. 2022, *Learning from Repeated Data*, [arXiv:2205.10487](https://arxiv.org/abs/2205.10487); Muennighoff et al. 2023, *Scaling Data-Constrained Language Models*, [arXiv:2305.16264](https://arxiv.org/abs/2305.16264)
# - Xie et al. 2023, *DoReMi*, [arXiv:2305.10429](https://arxiv.org/abs/2305.10429); Zhao et al. 2023, the survey, section 4.1, [arXiv:2303.18223](https://arxiv.org/abs/2303.18223)
#
# ## What you can now read in the package
#
# [`corpora/webpages.py`](../llm101/corpora/webpages.py) (the generated web) ·
# [`data/clean/`](../llm101/data/clean/__init__.py) (rules, classifier, personal data, pipeline) ·
# [`data/dedup/`](../llm101/data/dedup/__init__.py) · [`data/contamination.py`](../llm101/data/contamination.py) ·
# [`data/mixtures.py`](../llm101/data/mixtures.py) · [`data/packing.py`](../llm101/data/packing.py). Next:
# **lesson 03, tokenization**: how text becomes numbers.
