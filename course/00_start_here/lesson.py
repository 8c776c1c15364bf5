# ---
# title: Start here
# minutes: 90
# cpu_seconds: 50
# ram_mb: 1000
# ---

# %% [markdown]
# # 00 · Start here
#
# **The question.** What is a large language model, and what will you be able to build at the end of this course?
#
# **You will be able to**
#
# - train a small GPT, read its loss in bits, and say how far it is from the best that any model could do;
# - name the task families, the four eras and the three architectures that the rest of the course moves among;
# - recompute how large the well-known models are, and spot the numbers that were copied wrongly;
# - find your way: the map, the exercises, the checks, the hints.
#
# **Time** about 90 minutes, and 40 more for the exercises. **You need** Python: functions, lists, dicts. From
# mathematics: what a probability is, what a logarithm does, how two matrices multiply, what a slope is. The five
# short [exercises](#Exercises) of this lesson test exactly that. You do not need a GPU, an account or, after the
# installation, a network.
#
# **How to study.** Go down before you go wide: take one question, follow it to the bottom until you can explain it to
# somebody, and only then take the next. And know what a thing is *for* before you compute it: every lesson shows the
# phenomenon first, then a picture, then the formula, then the code. If a formula stops you, read on to the cell below
# it, change a number there, and come back.

# %%
import math
import re

import llm101
import torch
from IPython.display import display
from llm101 import show
from llm101.check import check, progress
from llm101.corpora import reviews, stories
from llm101.generate import generate
from llm101.models import GPT2Config, counts, gpt2, sizes, timeline
from llm101.nn import masks
from llm101.syllabus import ASPECTS, LESSONS, by_aspect, written
from llm101.tokenizers import BPE
from llm101.viz.course_map import course_map
from llm101.viz.plots import PALETTE, bars, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.sorting import sorting
from llm101.viz.tokens import table
from llm101.viz.widgets import LivePlot, dial
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

llm101.setup(seed=0)

# %% [markdown]
# ## A first result
#
# Before any theory: we let a small GPT learn to write. Its whole world are stories like this one.

# %%
train_texts, new_texts = stories.stories(6000, seed=1), stories.stories(2500, seed=2)
print(stories.pretty(new_texts[0]))
print(f"\n{len(train_texts)} stories to learn from, {sum(map(len, train_texts)):,} characters")

# %% [markdown]
# A computer wrote them, by a program that draws its choices at random. That has a great advantage: we *know* the
# probability of everything, and so we know the limit. The **entropy** of these stories is the average number of bits
# (yes/no decisions) that the program itself spends on each word. No model, however large, can guess new stories at a
# lower price.
#
# Words become numbers, stories become rows of a matrix. A *language model* gives, for each place in the row, a
# probability to every word that could come next. It pays $-\log_2 p$ bits for the word that does come: 0 bits if it
# was sure and right, 1 bit for a fifty-fifty guess. The average price is the **loss**.

# %%
vocabulary = ["<end>", *sorted({word for text in train_texts for word in text.split()})]
number = {word: i for i, word in enumerate(vocabulary)}


def rows(texts, number=number):
    """A row a text: <end>, its words, <end>; short rows are filled up with -1, which counts for nothing."""
    ids = [torch.tensor([0, *(number[word] for word in text.split()), 0]) for text in texts]
    return pad_sequence(ids, batch_first=True, padding_value=-1)


def bits(model, batch):
    """What the model pays for each next word, in bits, averaged over all words."""
    logits = model(batch[:, :-1].clamp(min=0))
    nats = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten(), ignore_index=-1)
    return nats / math.log(2)


@torch.no_grad()
def measured(model, batch):
    return bits(model, batch).item()


train, new = rows(train_texts), rows(new_texts[:500])
floor = stories.entropy_rate()
know_nothing = math.log2(len(vocabulary))
print(
    f"{len(vocabulary)} words: a model that knows nothing pays {know_nothing:.3f} bits a word; the limit is {floor:.3f}"
)
assert 0 < floor < 1 < know_nothing

# %% [markdown]
# **Predict, then run.** The model starts knowing nothing and sees 400 handfuls of 32 stories. Where does its curve
# begin? How far does it get towards the dashed line: half of the way, 90 %, all of it? (Ten to twenty seconds.)

# %%
story_config = GPT2Config(
    len(vocabulary), max_len=80, d_model=64, n_layers=2, n_heads=4, init_std=0.08
)
model = gpt2(story_config)
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, betas=(0.9, 0.95))
plot = LivePlot(x="step", y="bits a word", floor=floor, floor_name="entropy", redraw_every=25)
display(plot.widget)

for step in range(400):
    loss = bits(model, train[torch.randint(len(train), (32,))])  # 32 stories at random
    optimizer.zero_grad()
    loss.backward()  # in which direction does every parameter make the loss larger?
    optimizer.step()  # a small step in the other one
    plot.add(step, loss.item())

gpt_bits = measured(model, new)  # stories that it has never seen
n_parameters = sum(p.numel() for p in model.parameters())
print(
    f"{n_parameters:,} parameters, on new stories ~{gpt_bits:.3f} bits a word, ~{gpt_bits - floor:.3f} above the limit"
)
assert 0 < gpt_bits - floor < 0.3

# %%
trace = [loss for _, loss in plot.points]
fig, (axis,) = figure(height=3.0)
lines(
    axis,
    {"the tiny GPT": (range(len(trace)), trace)},
    x="step (32 stories each)",
    y="bits a word",
    title="Learning to write",
)
for height, name in ((know_nothing, "knows nothing"), (floor, "entropy of the stories")):
    axis.axhline(height, color=PALETTE[1], linestyle="--", linewidth=1)
    axis.text(400, height - 0.45, name, ha="right", fontsize=9, color=PALETTE[1])
axis.set_ylim(0, 7.5)
assert trace[0] > 5.5
assert sum(trace[-50:]) / 50 < 1.5

# %% [markdown] tags=["what-to-see"]
# **What to see.** The curve begins near $\log_2$ of the number of words and falls fast, first because some words are
# frequent, then because of the grammar. Then it creeps. **A gap stays**, a sixth of a bit or so, with every seed
# that we tried: the stories have a *state of the world* (who is where, who holds what), and a model this small, in
# 400 steps, does not fully keep track of it: the next cell counts how often. It has gone more than nine tenths of the way.
#
# Now it writes. It starts from nothing, draws a word with the probabilities that it has learnt, reads what it has
# written so far, draws the next one, and so on until it draws the end.

# %% tags=["nbval-ignore-output"]
written_ids = generate(
    model,
    torch.zeros(50, 1, dtype=torch.int64),
    70,
    stop=0,
    generator=torch.Generator().manual_seed(0),
)
samples = [" ".join(vocabulary[i] for i in row.tolist() if i) for row in written_ids]
for text in samples[:3]:
    print(stories.pretty(text), "\n")

possible = sum(stories.logprob(text) > -math.inf for text in samples)
print(f"{possible} of {len(samples)} stories could really happen in their world")
assert sum(text.split()[0] in ("one", "last", "on") for text in samples) >= 48, (
    "they begin as stories do"
)
assert possible < 50, "a perfect model would get all of them right"

# %% [markdown]
# **What to notice.** Read them with care. Most sentences are English; what goes wrong is the *world*: somebody takes a
# thing that is not there, or a man becomes a "she". (The program that wrote the corpus can also check a text: it counts
# the stories without any mistake.) The famous
# systems were made in the same way: guess the next word, pay for it, change the parameters a little. They are larger
# by a factor of a million, and they read much of the internet in place of 6,000 stories.
#
# *So that is a large language model: a function with very many parameters, trained on very much text, that gives
# probabilities to the next token.* The rest of the course is: which function, which text, how trained, and how made
# useful, safe and cheap.

# %% [markdown]
# ### A dial: the temperature
#
# What the model puts out are *scores*, one number $z_i$ for each word; the probabilities are made from them by the
# *softmax*, $p_i = e^{z_i/T} / \sum_j e^{z_j/T}$, with a **temperature** $T$ that is normally 1. **Predict:** what happens
# to the probabilities when $T$ is tiny? When it is huge? Then move the dial. (Its last column, truth, is what the
# program that writes the stories would do.)

# %%
opening = "one morning , anna was in the kitchen . ben was in the garden . there was an old key in the kitchen . anna"
truth = stories.next_tokens(opening.split())
with torch.no_grad():
    scores = model(rows([opening])[:, :-1])[0, -1]  # the last row: what comes after "anna"?
top = [vocabulary[i] for i in scores.topk(10).indices.tolist()]


def chances(temperature):
    return (scores / temperature).softmax(0)


def draw(temperature):
    p = chances(temperature)
    line = (
        '<tr><td style="text-align:right;padding-right:8px">{}</td>'
        '<td style="text-align:left;width:330px">{}</td><td>{:.3f}</td><td>{:.3f}</td></tr>'
    )
    bar = '<div style="background:#0072B2;height:12px;width:{:.0f}px"></div>'
    body = "".join(
        line.format(w, bar.format(320 * p[number[w]]), p[number[w]], truth.get(w, 0)) for w in top
    )
    head = f"<tr><th>word</th><th></th><th>model at T = {temperature}</th><th>truth</th></tr>"
    return f"<p>… <i>{opening[-60:]}</i> …</p><table>{head}{body}</table>"


temperature_dial = dial(
    draw, [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0], start=1.0, label="T"
)
temperature_dial

# %% [markdown]
# *Without a running kernel the dial is dead; here are three of its positions.*

# %%
fig, axes = figure(columns=3, height=2.9)
spread = {}
for axis, temperature in zip(axes, (0.25, 1.0, 3.0), strict=True):
    p = chances(temperature)
    spread[temperature] = -(p * p.log2()).sum().item()
    axis.barh(top[::-1], [p[number[word]].item() for word in top[::-1]], color=PALETTE[0])
    axis.set(xlim=(0, 1), xlabel="probability", title=f"T = {temperature}")
print("entropy of the next word:", ", ".join(f"T = {t}: ~{h:.2f} bits" for t, h in spread.items()))
assert spread[0.25] < spread[1.0] < spread[3.0] < know_nothing
assert chances(0.1).argmax() == chances(10.0).argmax() == scores.argmax()

# %% [markdown]
# **What to see.** A low temperature lets only the favourite through (*greedy* decoding is the limit $T \to 0$), a
# high one makes all words alike; the order never changes. At $T = 1$ the model draws as it has learnt. "Creative" and
# "exact" settings of chat programs often turn this dial. You will write this formula, the *softmax*, in the
# exercises.

# %% [markdown]
# ## Step 1 · The whole pipeline in one cell
#
# *What are the stages from raw text to a model with a purpose?* Clean the text, turn it into numbers, choose a model,
# **pre-train** it on much text, then **fine-tune** it on a little text of the kind you care about. Here is all of it:
# 30 lines and five stages, with the loss as soon as there is one. The raw text are web pages with reviews of restaurants
# and of films; the purpose is films, and we pretend to have only 100 of those (300 more are for the test). *Every line
# of this cell becomes a lesson.*

# %%
# fmt: off
# 1 · preprocess: no tags, one case, nothing twice                             lesson 02
raw = [f"<p>{r.text.capitalize()}</p>" for r in reviews.reviews(3000, seed=1)]
raw += raw[:700]  # the web repeats itself
clean = dict.fromkeys(re.sub(r"<.*?>", "", page).lower() for page in raw)
food, film = ([text + "\n" for text in clean if reviews.read(text).about == kind] for kind in ("food", "film"))
few, judged = film[:100], film[100:400]
print(f"1 preprocess   {len(raw)} pages -> {len(food)} restaurant and {len(film)} film reviews")
# 2 · tokenize: text to numbers                                                lesson 03
tokenizer = BPE.train([*food, *few], vocab_size=400)
food, kept = food[:-200], food[-200:]
food, kept, few, judged = (torch.tensor(tokenizer.encode("".join(t))) for t in (food, kept, few, judged))
print(f"2 tokenize     {len(food):,} tokens about restaurants, {len(few):,} about films")
# 3 · optimize: how the parameters are improved                                lessons 05, 06
def windows(ids, starts): return ids[starts[:, None] + torch.arange(49)]
def test(model, ids): return measured(model, windows(ids, torch.arange(0, len(ids) - 49, 48)))
def fit(model, ids, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    for _ in range(steps):
        loss = bits(model, windows(ids, torch.randint(len(ids) - 49, (32,))))
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    return model
# 4 · model: build it, pre-train it on what there is much of                   lessons 07 to 17
config = GPT2Config(tokenizer.vocab_size, max_len=48, d_model=48, n_layers=2, n_heads=2, init_std=0.09)
small, other = gpt2(config), gpt2(config)
print(f"  nothing learnt films ~{test(small, judged):.2f} bits a token")
before = test(fit(small, food, 100), judged)
print(f"4 pre-trained  films ~{before:.2f}, new restaurants ~{test(small, kept):.2f} bits a token")
# 5 · fine-tune on what it is for                                              lessons 18, 21, 22
after, scratch = test(fit(small, few, 20), judged), test(fit(other, few, 20), judged)
print(f"5 fine-tuned   films ~{after:.2f} bits a token (the same without stage 4: ~{scratch:.2f})")
assert after < before - 3
assert after < scratch - 0.15
# fmt: on

# %% [markdown]
# **What to notice.** On restaurants the pre-trained model is good; on films it is hardly better than one that knows nothing:
# it is sure of itself and wrong, because the words of film reviews never came. Twenty steps on a hundred texts mend
# much of that, and end lower than the same twenty steps from nothing: what it knew about sentences carries over. The
# idea of fine-tuning is in these three numbers. (The comparison is at one learning rate and one number of steps. With
# more steps the difference shrinks, because a hundred texts are enough for a language as simple as this: try it.)

# %% [markdown]
# ## Step 2 · The map of the course
#
# Thirty lessons. A box that is a link is written; the others are on their way. "after 08 09" names what to read
# first; a **thick border** marks the ten lessons to read if you read only ten.

# %%
course_map(written())

# %% [markdown]
# Zhao et al. ([arXiv:2303.18223](https://arxiv.org/abs/2303.18223)), the survey that this course can be read along
# with, sees four aspects of large language models: *pre-training*, *adaptation tuning*, *utilization*, and *capacity
# evaluation*. Which lesson is about which? The table is made from the same data as the map.

# %%
groups = by_aspect()
display(
    table(
        ["aspect", "the question", "lessons"],
        [[a, ASPECTS[a], " ".join(entry.number for entry in group)] for a, group in groups.items()],
    )
)
assert list(groups) == ["pre-training", "adaptation", "utilization", "evaluation"]
assert all(groups.values()), "an aspect without a lesson"
assert {entry.number for group in groups.values() for entry in group} == {
    f"{i:02d}" for i in range(30)
}, "a lesson without an aspect"
assert len(LESSONS) == 30

# %% [markdown]
# ## Step 3 · How exercises, checks and hints work
#
# Every lesson has a set of exercises: a notebook in which the bodies of some functions are missing. `python run.py`
# puts a copy of your own into `work/`, so you cannot break anything. Below each function stands one line,
# `check("00.softmax")`. It tells you what is right, shows **one** problem at a time with the expected and the
# received value, and often knows the name of the mistake. `hint("00.softmax")` gives a nudge, the next call a clearer
# one. Nothing is ever sent anywhere. This is what a check says before you have written anything:

# %%
check("00.softmax")

# %% [markdown]
# Your points, from real check results only, for every lesson that has exercises:

# %%
progress()

# %% [markdown]
# In a terminal, in the course's folder with its environment switched on, four commands are worth knowing:
#
# | command | what it does |
# |---|---|
# | `llm101 doctor` | versions, memory, whether your processor (and GPU) compute rightly, how long the course will take here |
# | `llm101 status` | the table above |
# | `llm101 start 03` | a copy of the exercises of lesson 03 if you have none yet; what you have written is never overwritten |
# | `llm101 check 00.softmax` | the check, without opening JupyterLab |
#
# **Numbers with a tilde** (~0.14) come from training on your machine and differ a little from ours. Cells that print
# them also *assert* the main claim beside them: if it were not true on your machine, the cell would stop.

# %% [markdown]
# ## Step 4 · What are language models asked to do?
#
# Three families, by what the answer may depend on (the division is that of Du et al. 2022, the GLM paper,
# [arXiv:2103.10360](https://arxiv.org/abs/2103.10360)). **Understanding** (NLU): the whole input is there, the answer
# is a label or a place in it. **Conditional generation**: write a text *given* another one. **Unconditional
# generation**: just write. Sort these tasks before you look at the table below.

# %%
NLU, GIVEN, FREE = "understanding", "conditional generation", "unconditional generation"
TASKS = {  # task: (input, output, family, why)
    "sentiment of a review": ("a text", "good or bad", NLU, "a label for a text that is seen as a whole"),
    "inference": ("two sentences", "follows, contradicts, neither", NLU, "a label for a pair of texts"),
    "names in a text": ("a sentence", "a tag for each word", NLU, "a label for each word, with both sides in view"),
    "question about a passage": ("question, passage", "the stretch with the answer", NLU, "two places in a given text"),
    "who is 'she'?": ("a text, a pronoun", "the person", NLU, "a choice among what stands in the text"),
    "translation": ("a sentence", "one in another language", GIVEN, "new text, bound to the source"),
    "summary": ("an article", "a few sentences", GIVEN, "new text, bound to the article"),
    "open question": ("a question", "an answer in own words", GIVEN, "the answer depends on the question"),
    "chat": ("the conversation so far", "the next turn", GIVEN, "each turn depends on all before it"),
    "code from a description": ("a description", "a program", GIVEN, "the program must do what was described"),
    "a story from nothing": ("nothing", "a text", FREE, "nothing is given but the start mark, as in our first result"),
    "more text like the corpus": ("nothing", "many texts", FREE, "samples from the model's own distribution"),
}  # fmt: skip
task_quiz = sorting(
    "Which family?",
    {task: (family, why) for task, (_, _, family, why) in TASKS.items()},
    [NLU, GIVEN, FREE],
)
task_quiz

# %% [markdown]
# <details><summary><b>The table</b> (open it after the quiz)</summary>
#
# | task | input | output | family: conditioned on |
# |---|---|---|---|
# | sentiment of a review | a text | good or bad | understanding: all of the text |
# | inference | two sentences | follows, contradicts, neither | understanding: both sentences |
# | names in a text | a sentence | a tag for each word | understanding: words on both sides |
# | question about a passage | question, passage | the stretch with the answer | understanding: question and passage |
# | who is "she"? | a text, a pronoun | the person | understanding: the text |
# | translation | a sentence | one in another language | conditional: the source |
# | summary | an article | a few sentences | conditional: the article |
# | open question | a question | an answer in own words | **conditional: the question** |
# | chat | the conversation so far | the next turn | **conditional: the conversation** |
# | code from a description | a description | a program | conditional: the description |
# | a story from nothing | nothing | a text | unconditional |
# | more text like the corpus | nothing | many texts | unconditional |
#
# **Often told wrong:** question answering and chat are listed as *unconditional* generation in many notes. They are
# conditional: an answer that does not depend on the question is no answer.
# </details>

# %%
families = [family for _, _, family, _ in TASKS.values()]
assert len(TASKS) == 12
assert (families.count(NLU), families.count(GIVEN), families.count(FREE)) == (5, 5, 2)
assert TASKS["open question"][2] == TASKS["chat"][2] == GIVEN
print("12 tasks:", ", ".join(f"{families.count(f)} {f}" for f in (NLU, GIVEN, FREE)))

# %% [markdown]
# ## Step 5 · Four eras
#
# Language models have been **statistical** (tables of counts, until about 2010), **neural** (word vectors and small
# networks), **pre-trained** (ELMo, BERT, GPT-1: one model, then adapted to each task) and **large** (GPT-3 and after:
# no adaptation for many tasks). This division is that of Zhao et al., section 1. The first two fit into a cell
# each; beside them stands our tiny GPT, on the same stories. First the counts: how often does word $b$ follow word $a$?

# %%
pairs = torch.stack([train[:, :-1].flatten(), train[:, 1:].flatten()])
pairs = pairs[:, (pairs >= 0).all(0)]
table_of_counts = torch.full(
    (len(vocabulary), len(vocabulary)), 0.01
)  # a little for what was never seen
table_of_counts.index_put_((pairs[0], pairs[1]), torch.ones(pairs.shape[1]), accumulate=True)
log_p = table_of_counts.div(table_of_counts.sum(1, keepdim=True)).log()

bigram_bits = measured(lambda ids: log_p[ids], new)
print(
    f"after 'the' come most often: {[vocabulary[i] for i in log_p[number['the']].topk(3).indices.tolist()]}"
)
print(f"bigram table: {bigram_bits:.3f} bits a word on new stories")
assert 1.5 < bigram_bits < 2.5

# %% [markdown]
# Then the first neural kind, as Bengio et al. built it in 2003: a vector for each of the last four words, one hidden
# layer, scores for the next word. It knows that `went` and `walked` are alike, and it still forgets everything that
# is five words away.

# %%
WORDS_BACK = 4
contexts = (
    F.pad(train, (WORDS_BACK - 1, 0)).unfold(1, WORDS_BACK + 1, 1).flatten(0, 1)
)  # four words and the next
contexts = contexts[contexts[:, -1] >= 0]
mlp = torch.nn.Sequential(
    torch.nn.Embedding(len(vocabulary), 32),
    torch.nn.Flatten(),
    torch.nn.Linear(WORDS_BACK * 32, 128),
    torch.nn.Tanh(),
    torch.nn.Linear(128, len(vocabulary)),
)
adam = torch.optim.AdamW(mlp.parameters(), lr=4e-3)
for _ in range(600):
    some = contexts[torch.randint(len(contexts), (1024,))]
    loss = F.cross_entropy(mlp(some[:, :-1]), some[:, -1])
    adam.zero_grad()
    loss.backward()
    adam.step()

looking_back = lambda ids: mlp(
    F.pad(ids, (WORDS_BACK - 1, 0)).unfold(1, WORDS_BACK, 1).flatten(0, 1)
).unflatten(0, ids.shape)
mlp_bits = measured(looking_back, new)
print(f"small network, {WORDS_BACK} words back: ~{mlp_bits:.3f} bits a word on new stories")
assert gpt_bits + 0.1 < mlp_bits < bigram_bits - 0.2

# %%
words_a_character = (new[:, 1:] >= 0).sum().item() / sum(len(text) + 1 for text in new_texts[:500])
eras = {
    "statistical:\nbigram table": bigram_bits,
    "neural:\n4 words back": mlp_bits,
    "the tiny GPT:\nall words back": gpt_bits,
    "the limit:\nentropy": floor,
}
fig, (left, right) = figure(columns=2, height=3.6, width=9)
bars(left, eras, y="bits a word, new stories", title="The same text, three models")
bars(
    right,
    {name: value * words_a_character for name, value in eras.items()},
    y="bits a character",
    title="The same in bits a character",
)
for axis in (left, right):
    axis.tick_params(axis="x", labelsize=7.5)
assert floor < gpt_bits < mlp_bits < bigram_bits

# %% [markdown]
# **What to see.** Each era looks further back, and pays less. The right plot is the left one in another unit: bits a
# *character* can be compared between models with different vocabularies, bits a word cannot (lesson 03). What is
# missing is the third era, pre-training and adapting, which your pipeline cell did in small: its honest measure,
# transfer to a task, comes in **lesson 11**. And the step from pre-trained to *large* cannot be shown on a laptop;
# **lesson 15** shows how far it can be computed.

# %% [markdown]
# ## Step 6 · Three families, and one in between
#
# All of these are Transformers. They differ in **who may look at whom**. An *encoder* (BERT) sees everything, a
# *decoder* (GPT, LLaMA, PaLM) sees the past only, an *encoder-decoder* (the 2017 Transformer, T5) has both, and a
# *prefix decoder* (GLM, U-PaLM) sees its first part as an encoder would. Each is a matrix: row = the token that looks
# (query), column = the token that is seen (key). Here for 3 tokens of input and 4 of output:

# %%
n_in, n_out = 3, 4
n = n_in + n_out
everything = masks.causal(n) | masks.causal(n).T
causal = masks.causal(n)
prefix = masks.prefix(n_in, n)
encoder_decoder = torch.zeros(n, n, dtype=torch.bool)
encoder_decoder[:n_in, :n_in] = True  # the encoder sees its input
encoder_decoder[n_in:, n_in:] = masks.causal(n_out)  # the decoder sees what it has written
encoder_decoder[n_in:, :n_in] = True  # and, by cross-attention, the encoder's output

SIGHTS = {
    "encoder\n(BERT)": everything,
    "decoder\n(GPT, LLaMA, PaLM)": causal,
    "encoder-decoder\n(T5)": encoder_decoder,
    "prefix decoder\n(GLM)": prefix,
}
fig, axes = figure(columns=4, height=2.9, width=9)
for axis, (name, sight) in zip(axes, SIGHTS.items(), strict=True):
    kind = sight.int()
    if sight is encoder_decoder:
        kind[n_in:, :n_in] = 2  # another kind of attention, with parameters of its own
    colours = torch.tensor([[1.0, 1, 1], [0, 0.447, 0.698], [0.902, 0.624, 0]])[kind.long()]
    axis.imshow(colours)
    axis.set(
        xticks=range(n), yticks=range(n), xticklabels=range(1, n + 1), yticklabels=range(1, n + 1)
    )
    axis.set_xlabel("key: is seen")
    axis.set_xticks([i - 0.5 for i in range(n + 1)], minor=True)
    axis.set_yticks([i - 0.5 for i in range(n + 1)], minor=True)
    axis.grid(False)
    axis.grid(which="minor", color="#bbbbbb", linewidth=0.6)
    axis.tick_params(which="both", length=0, labelsize=8)
    axis.set_title(name, fontsize=9)
_ = axes[0].set_ylabel("query: looks")

# %% [markdown]
# **What to see.** White: may not look. Blue: attention within one stack. Orange: cross-attention from the decoder to
# the encoder. The last two pictures have the same shape! What a token may see is equal in both; the difference is
# that T5 has *two stacks with parameters of their own*, and a prefix decoder has one. The next cell asks who sees
# whom:

# %%
for query in range(n):
    for key in range(n):
        past, both_in = key <= query, query < n_in and key < n_in
        assert everything[query, key]
        assert causal[query, key] == past
        assert prefix[query, key] == (past or both_in)
assert torch.equal(encoder_decoder, prefix)
assert not torch.equal(prefix, causal)
print(
    "pairs that may look:",
    {name.split("\n")[0]: int(sight.sum()) for name, sight in SIGHTS.items()},
    "of",
    n * n,
)

# %% [markdown]
# **Often told wrong:** GLM stands as an "encoder-decoder" in many lists. It is one Transformer with the mask on the
# right (its blanks are filled one after the other), as its paper says. T5's paper draws these masks in figures 3 and
# 4 ([arXiv:1910.10683](https://arxiv.org/abs/1910.10683)). Lessons **07**, **11**, **12** and **13** build all of
# them.

# %% [markdown]
# ## Step 7 · First shift: one model in place of many tools (2013 to 2020)
#
# Language processing used to be a chain of tools: cut words, tag parts of speech, find names, parse, resolve
# pronouns; each trained on its own labelled data. With pre-training most of these *intermediate tasks* faded. Why?
# Tenney et al. 2019 ([arXiv:1905.05950](https://arxiv.org/abs/1905.05950)) looked inside BERT and found them there,
# learnt by guessing words alone. † *An analogue of that, in small (it shows the mechanism, not the published
# numbers):* does our GPT know what kind of word it reads, a person, a place, a thing, a quality, something one does?
# Nobody ever told it.
#
# Inside, the model turns every word it reads into a vector of 64 numbers, block after block. A **linear probe** is a
# linear classifier on these inner vectors; the model itself stays as it is. We train it
# on half of the words and test it on **words that the probe has never seen**, so it cannot learn the list by heart.
# Beside it: the same architecture with random parameters.

# %%
KINDS = {
    "person": "anna clara emma hannah mei sofia ben david felix leo omar tom",
    "place": "barn forest garden kitchen library park",
    "thing": "apple ball cup hat key letter orange umbrella",
    "quality": "big green lovely old red small unusual yellow",
    "deed": "went walked ran took grabbed dropped gave handed smiled laughed sang told waited read sat",
}
kind_of = torch.full((len(vocabulary),), -1)
for k, words in enumerate(KINDS.values()):
    kind_of[[number[word] for word in words.split()]] = k


@torch.no_grad()
def inner_vectors(model):
    """The vector of every word that has a kind, after the last block, in 300 new stories; and the words."""
    ids = new[:300, :-1].clamp(min=0)
    known = kind_of[ids] >= 0
    return model.stack(model.embed(ids))[known].double(), ids[known]


def probe(vectors, words, seed):
    """Accuracy, averaged over the kinds, on words outside of the probe's half."""
    generator = torch.Generator().manual_seed(seed)
    half = torch.cat(
        [
            group[torch.randperm(len(group), generator=generator)[: len(group) // 2]]
            for group in ((kind_of == k).nonzero()[:, 0] for k in range(5))
        ]
    )
    seen, kind = torch.isin(words, half), kind_of[words]
    x = torch.cat([vectors, torch.ones(len(vectors), 1)], dim=1)
    weight = (1 / kind[seen].bincount())[kind[seen]].double()[:, None]  # every kind counts the same
    y = F.one_hot(kind[seen], 5).double()
    solution = torch.linalg.solve(
        x[seen].T @ (weight * x[seen]) + 0.01 * torch.eye(x.shape[1]), x[seen].T @ (weight * y)
    )
    right = (x[~seen] @ solution).argmax(1) == kind[~seen]
    return sum(right[kind[~seen] == k].double().mean().item() for k in range(5)) / 5


untrained = gpt2(story_config)
accuracy = {}
for name, which in (("trained to guess words", model), ("random parameters", untrained)):
    vectors, words = inner_vectors(which)
    accuracy[name] = [probe(vectors, words, seed) for seed in range(3)]
    print(
        f"{name:24} accuracy on unseen words, three splits:",
        ", ".join(f"~{a:.2f}" for a in accuracy[name]),
    )
assert min(accuracy["trained to guess words"]) > max(accuracy["random parameters"]) + 0.25
assert min(accuracy["trained to guess words"]) > 0.8

# %% [markdown]
# **What to notice.** Chance is 0.2. The random model can be above it, probably because the place in the sentence
# gives something away; the trained one is nearly perfect on words that the probe never saw. To guess the next word one has
# to know what kind of word this is, so the kinds arise by themselves. That is one reason why the chain of tools
# could go.

# %% [markdown]
# ## Step 8 · Second shift: every task becomes writing (from 2020)
#
# With GPT-3 (May 2020) came another idea: do not build a classifier at all, *ask*, and let the model write the
# answer. A generative model can do a task of understanding (compare the scores of the possible answers), whereas a
# classifier cannot write: so "generation contains understanding". Our stories sometimes end in a question. Where is
# the key? There are six places, so it is a classification with six classes. Two ways to answer, with the **same**
# model:
#
# - **generation**: append `it is in the` and see which of the six places has the largest score. No new parameter, no
#   label.
# - **a classification head**: a new linear layer on the model's last inner vector, trained on labelled questions, the
#   model itself kept as it is.

# %%
PLACES = KINDS["place"].split()
place_ids = torch.tensor([number[place] for place in PLACES])
ANSWER = " ? it is in the "


def questions(texts):
    """The stories that end in 'where is the <thing>': the text up to the question, and the number of the place."""
    cut = [text.split(ANSWER) for text in texts if "where is the" in text]
    return [before for before, _ in cut], torch.tensor(
        [PLACES.index(after.split()[0]) for _, after in cut]
    )


@torch.no_grad()
def last_vectors(texts):
    """The model's vector after the last word of each text."""
    ids = rows(texts)[:, :-1]  # without the <end>; a shorter row still has it, behind its last word
    length = torch.tensor([len(text.split()) for text in texts])
    return model.stack(model.embed(ids.clamp(min=0)))[torch.arange(len(texts)), length]


def head(x, y, weight_decay=1.0):
    """A linear classifier, trained to the end: softmax regression with a little weight decay."""
    layer = torch.nn.Linear(x.shape[1], len(PLACES))
    torch.nn.init.zeros_(layer.weight)
    solver = torch.optim.LBFGS(layer.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def closure():
        solver.zero_grad()
        loss = F.cross_entropy(layer(x), y) + weight_decay / len(x) * layer.weight.square().sum()
        loss.backward()
        return loss

    solver.step(closure)
    return layer


asked, place = questions(train_texts)
new_asked, new_place = questions(new_texts)
prompted = last_vectors([text + ANSWER for text in new_asked])
generation = (
    ((model.embed.unembed(prompted)[:, place_ids].argmax(1)) == new_place).double().mean().item()
)
named_last = sum(
    [w for w in text.split() if w in PLACES][-1] == PLACES[p]
    for text, p in zip(new_asked, new_place, strict=True)
) / len(new_asked)

LABELS = [16, 64, 256, 1000]
heads = {"head after the question mark": " ?", "head after the prompt": ANSWER}
for name, suffix in heads.items():
    x, x_new = (
        last_vectors([text + suffix for text in asked]),
        last_vectors([text + suffix for text in new_asked]),
    )
    heads[name] = [
        (head(x[:k], place[:k])(x_new).argmax(1) == new_place).double().mean().item()
        for k in LABELS
    ]
    print(
        f"{name:30}",
        ", ".join(f"{k} labels ~{a:.2f}" for k, a in zip(LABELS, heads[name], strict=True)),
    )
print(
    f"generation, no labels          ~{generation:.2f}    "
    f"({len(new_asked)} new questions; the place named last is right in {named_last:.2f})"
)
assert generation > named_last
assert generation > heads["head after the question mark"][2] + 0.1  # 256 labels
assert generation > heads["head after the prompt"][0]  # 16 labels

# %%
fig, (axis,) = figure(height=3.2)
curves = {name: (LABELS, values) for name, values in heads.items()}
lines(
    axis,
    {**curves, "generation, no labels": (LABELS, [generation] * 4)},
    x="labelled questions for the head",
    y="share of right answers",
    title="The same model asked in two ways",
)
axis.set(xscale="log", xticks=LABELS, xticklabels=LABELS, ylim=(0, 1))
axis.axhline(1 / 6, color="#888888", linestyle=":")
_ = axis.text(16, 1 / 6 - 0.06, "chance", fontsize=9, color="#666666")

# %% tags=["nbval-ignore-output"]
closest = min(
    zip(LABELS, heads["head after the prompt"], strict=True),
    key=lambda pair: abs(pair[1] - generation),
)
sign = "above" if heads["head after the prompt"][-1] > generation else "below"
print(
    f"With 1,000 labels the head after the prompt ends {sign} generation; it comes closest with {closest[0]} labels."
)
assert sign in ("above", "below")

# %% [markdown]
# **What to see.** Asking in words works at once, and better than taking the place that was named last. A head on the
# vector *after the question mark* stays far behind with 256 labels and still climbs at 1,000: there the model is not
# thinking of the place, it is about to write `it`. A head *after the prompt* starts behind, has caught up
# with a hundred labels or so, and in our runs (three seeds) ended a little above; the cell before this one reads off
# how it went in yours.
# **Be fair:** the model had read about a thousand such questions *with their answers* in its training text; "no labels"
# means no labelled data set, not no information. And a head whose model is fine-tuned with it would do better
# (lessons **11** and **13**).
#
# So is a decoder always the better choice? No. Artetxe et al. 2022
# ([arXiv:2205.11726](https://arxiv.org/abs/2205.11726)) found that looking in both directions helps when one
# fine-tunes or fills blanks, and not when one prompts for the next word; Wang et al. 2022
# ([arXiv:2204.05832](https://arxiv.org/abs/2204.05832)) found decoders best for zero-shot use straight after
# pre-training, and encoder-decoders best after multitask fine-tuning. Nor is every large model a GPT: T5, UL2 and GLM
# are not.

# %% [markdown]
# ## Step 9 · Words that people use
#
# **PLM and LLM.** A *pre-trained language model* becomes a *large* one by size. The survey means more by the word:
# size **and** data **and** abilities that small models do not show (it calls them emergent). The border, often put at
# ten billion parameters, is a convention. Whether such abilities appear suddenly, or only look sudden under a
# yes-or-no measure, is disputed: **lesson 15** lets you reproduce the argument.
#
# **Research and engineering.** With models of this size one cannot separate the two: an idea that does not run on a
# thousand processors cannot be tried, and much knowledge is in logbooks and code. That is why this course makes you
# run everything, and has lessons on data (**02**), training at scale (**17**) and evaluation (**28**).
#
# **AGI, GPT-4, New Bing.** In early 2023 a chat model (GPT-4) and a search engine with one inside (New Bing) made
# many people speak of "artificial general intelligence". There is no agreed measure of it. GPT-4's report says that
# it gives no details about architecture or model size; figures that circulate are rumours, and this course prints
# none.

# %% [markdown]
# ## Step 10 · How large are they? Recount, do not copy
#
# The number of parameters follows from a model's published sizes by school arithmetic. For a GPT of width $d$ with
# $L$ layers, $V$ tokens and $P$ positions:
#
# $$ Vd + Pd + L\,(12d^2 + 13d) + 2d. $$
#
# (Tables for tokens and positions; in each layer attention, $4d^2 + 4d$, a small network, $8d^2 + 5d$, and two norms,
# $4d$; one norm at the end. Lessons 07 to 09 explain the words.)
#
# The package has such a formula for each family. We can check it on a real model without any memory: on PyTorch's
# *meta* device tensors have shapes and no numbers.

# %%
show(counts.gpt)

# %%
with torch.device("meta"):
    on_paper = gpt2(GPT2Config())  # the defaults are GPT-2 small
counted = sum(p.numel() for p in on_paper.parameters())
assert (
    counted == counts.gpt(n_layers=12, d_model=768, vocab_size=50257, max_len=1024) == 124_439_808
)
assert n_parameters == counts.gpt(n_layers=2, d_model=64, vocab_size=len(vocabulary), max_len=80)
print(
    f"GPT-2 small: {counted:,} parameters. Its paper said 117M; OpenAI corrected that to 124M later."
)

# %% [markdown]
# Below is a table that circulates in lecture notes and blogs, "language models grow by a factor of 5,000 in four
# years", beside what the papers say and what their sizes add up to. **Predict:** how many of its twelve lines have an
# error?

# %%
lines_of_table = [
    [
        p.model.name,
        p.noted_date,
        timeline.short(p.noted),
        timeline.short(p.model.says),
        f"{p.model.counted:,}" if p.model.exact and p.model.counted else timeline.short(p.size),
        p.correction,
    ]
    for p in timeline.ROAD
]
display(
    table(
        [
            "model",
            "month in the notes",
            "size in the notes",
            "its authors say",
            "counted",
            "correction",
        ],
        lines_of_table,
    )
)
EXACT = {
    "GPT-1": 116_534_784,
    "BERT-large": 335_141_888,
    "XLM": 667_088_896,
    "GPT-2 XL": 1_557_611_200,
    "RoBERTa-large": 355_359_744,
    "T5-11B": 11_307_321_344,
    "GPT-3": 174_604_259_328,
}
for name, expected in EXACT.items():
    assert sizes.published(name).counted == expected, name
assert (
    len(timeline.ROAD) == 12
)  # an error: a wrong month, or a size that is neither the authors' nor the count
wrong = [p.model.name for p in timeline.ROAD if p.correction]
print(len(wrong), "of 12 lines have an error:", ", ".join(wrong))
assert {"Megatron-LM", "XLM", "GPT-1", "GPT-2 XL"} <= set(wrong)

# %% [markdown]
# The second list that goes round: the large models of 2020 to 2022. For those whose sizes are public we recount; the
# leading terms are right to about one per cent.

# %%
display(
    table(
        ["model", "by", "month", "its authors say", "counted"],
        [
            [
                p.model.name,
                p.model.by,
                p.model.date,
                timeline.short(p.model.says),
                timeline.short(p.model.counted) if p.model.counted else "sizes not public",
            ]
            for p in timeline.LARGE
        ],
    )
)
for name, billions in {"LaMDA": 137.4, "PaLM": 540.4, "Gopher": 279.7, "GLM-130B": 128.7}.items():
    assert abs(sizes.published(name).counted / 1e9 - billions) < 0.35, name
assert len(timeline.LARGE) == 8


def year(date):
    return int(date[:4]) + (int(date[5:]) - 0.5) / 12


fig, (axis,) = figure(height=4.6, width=9)
for series, (name, points) in enumerate(
    {"the road from ELMo": timeline.ROAD, "large models of 2020 to 2022": timeline.LARGE}.items()
):
    xs, ys = [year(p.model.date) for p in points], [p.size for p in points]
    axis.plot(
        xs,
        ys,
        "o" if series == 0 else "s",
        color=PALETTE[series],
        label=name,
        markersize=7 if series == 0 else 5,
    )
shift = {
    "Gopher": (8, -4),
    "ERNIE 3.0 Titan": (8, -15),
    "Yuan 1.0": (-52, -3),
    "PanGu-α": (-46, 4),
    "MT-NLG": (-44, 6),
    "XLM": (-6, 8),
    "RoBERTa-large": (8, -3),
    "T5-11B": (8, -10),
    "Megatron-LM": (-70, 4),
    "BERT-large": (-62, 4),
    "GPT-3": (-36, 6),
    "LaMDA": (8, -6),
}
for p in {p.model.name: p for p in (*timeline.ROAD, *timeline.LARGE)}.values():
    axis.annotate(
        p.model.name,
        (year(p.model.date), p.size),
        xytext=shift.get(p.model.name, (8, -3)),
        textcoords="offset points",
        fontsize=8,
    )
axis.set(
    yscale="log",
    xlabel="made public (year)",
    ylabel="parameters (logarithmic)",
    ylim=(3e7, 2e12),
    xlim=(2017.8, 2023.4),
)
axis.legend(frameon=False, loc="lower right")
growth = timeline.ROAD[10].size / timeline.ROAD[0].size
print(f"from ELMo to MT-NLG: {growth:,.0f} times the parameters in under four years")
assert 5000 < growth < 6000

# %% [markdown]
# **What to see.** On the logarithmic axis the front rises by a factor of about ten a year, and nearly stops at the
# end of 2021. Many open models after it were smaller and trained on more text: by the rule that Hoffmann et al. found
# in 2022, models of that time had read too little (**lesson 15**). A caution: these are *dense* counts and published ones
# only; parameters of closed models after 2022 are mostly unknown.

# %% [markdown]
# ## Step 11 · Open and closed, and why copies of GPT-3 disappointed
#
# | closed (use by service only) | open weights |
# |---|---|
# | GPT-3, InstructGPT; PaLM, Flan-PaLM | OPT-175B, OPT-IML; BLOOM-176B, BLOOMZ; GLM-130B |
#
# OPT and BLOOM were built to be what GPT-3 is, and trailed it on many tasks. "All replications failed" is too strong:
# GLM-130B is a different, bilingual model, and reports beating GPT-3 on several tasks. Four explanations go round:
# **(a)** the *data* were less clean or less diverse; **(b)** *half precision*: fp16 overflows where bf16 does not;
# **(c)** *restarts* in the middle, with changed settings; **(d)** other hyper-parameters. OPT's logbook, the BLOOM
# paper ([arXiv:2211.05100](https://arxiv.org/abs/2211.05100)) and section 3 of the GLM-130B paper
# ([arXiv:2210.02414](https://arxiv.org/abs/2210.02414)) tell about all of them. They are **hypotheses**: nobody has
# trained a 175B model twice to find out. † What a laptop can show is that the first three *mechanisms* exist.
#
# **(a) Noise in the data, at equal numbers of tokens.** In the noisy corpus 15 % of the words are replaced by random
# ones. Both models are tested on clean reviews.

# %%
opinions = [r.text for r in reviews.reviews(3500, seed=1)]
words_of_reviews = ["<end>", *sorted({word for text in opinions for word in text.split()})]
review_rows = rows(opinions, {word: i for i, word in enumerate(words_of_reviews)})
clean_rows, test_rows = review_rows[:3000], review_rows[3000:]
review_floor = reviews.grammar().entropy_rate()


def short_run(model, optimizer, data, steps, seed):
    """Train on batches of 32 drawn with this seed; the loss before each step."""
    generator, losses = torch.Generator().manual_seed(seed), []
    for _ in range(steps):
        loss = bits(model, data[torch.randint(len(data), (32,), generator=generator)])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def tiny(seed):
    config = GPT2Config(
        vocab_size=len(words_of_reviews),
        max_len=64,
        d_model=32,
        n_layers=1,
        n_heads=2,
        init_std=0.11,
    )
    fresh = gpt2(config, generator=torch.Generator().manual_seed(seed))
    return fresh, torch.optim.AdamW(fresh.parameters(), lr=4e-3)


with_noise = {"clean": [], "noisy": []}
trained_on_clean = []
for seed in range(3):
    hit = (torch.rand(clean_rows.shape) < 0.15) & (clean_rows > 0)
    noisy_rows = torch.where(
        hit, torch.randint(1, len(words_of_reviews), clean_rows.shape), clean_rows
    )
    for name, data in (("clean", clean_rows), ("noisy", noisy_rows)):
        learner = tiny(seed)
        short_run(*learner, data, 150, seed)
        with_noise[name].append(measured(learner[0], test_rows))
        if name == "clean":
            trained_on_clean.append(learner)
for name, values in with_noise.items():
    print(
        f"trained on {name} text, bits a word on clean text, three seeds:",
        ", ".join(f"~{v:.2f}" for v in values),
    )
print(f"limit: {review_floor:.3f}")
assert min(with_noise["noisy"]) > max(with_noise["clean"]) + 0.1

# %% [markdown]
# **What to notice.** The noisy model pays more, with all seeds. Part of it is what noise *must* cost (a model that
# expects 15 % nonsense gives each right word at most 85 %, so it pays $-\log_2 0.85 = 0.23$ bits for every word); the
# rest, probably, is that it has learnt less from the same number of words.
#
# **(b) Half precision.** Both formats use 16 bits. fp16 spends more of them on digits, bf16 more on range:

# %%
x = torch.tensor([65504.0, 65536.0, 1e-8, 1 + 2**-9])
display(
    table(
        ["number", "in fp16", "in bf16"],
        [
            [label, f"{a:g}", f"{b:g}"]
            for label, a, b in zip(
                ["65,504", "65,536", "0.00000001", "1 + 1/512"],
                x.half().tolist(),
                x.bfloat16().tolist(),
                strict=True,
            )
        ],
    )
)
assert torch.finfo(torch.float16).max == 65504
assert x.half()[1] == math.inf
assert x.bfloat16()[1] == 65536
assert x.half()[2] == 0
assert x.bfloat16()[2] > 0
assert x.half()[3] == 1 + 2**-9
assert x.bfloat16()[3] == 1

# %% [markdown]
# **What to notice.** fp16 ends at 65,504: a product of attention scores or a sum of squares of a large model can be
# beyond it, and then is infinite; a gradient of $10^{-8}$ is gone. bf16 reaches further in both directions and rounds more coarsely: 65,504
# becomes 65,536, and $1 + 1/512$ becomes 1. OPT trained in fp16, BLOOM in bf16; GLM-130B in fp16, with measures against its instabilities
# (**lesson 17**).
#
# **(c) A restart that forgets.** Adam keeps two running averages for each parameter (its *moments*). Suppose that a
# run crashes and is restarted from the weights alone. We continue the three clean runs twice on the same batches:
# with the moments, and without.

# %%
difference = torch.zeros(3, 40)
for seed, (learner, adam) in enumerate(trained_on_clean):
    weights = {name: value.clone() for name, value in learner.state_dict().items()}
    kept = short_run(learner, adam, clean_rows, 40, 100 + seed)
    learner.load_state_dict(weights)
    reset = short_run(
        learner, torch.optim.AdamW(learner.parameters(), lr=4e-3), clean_rows, 40, 100 + seed
    )
    difference[seed] = torch.tensor(reset) - torch.tensor(kept)

fig, (axis,) = figure(height=3.0)
lines(
    axis,
    {f"seed {s}": (range(40), difference[s].tolist()) for s in range(3)},
    x="steps after the restart",
    y="extra loss (bits a word)",
    title="Moments forgotten: a bump that heals",
)
axis.axhline(0, color="#888888", linewidth=1)
bump, later = difference[:, 1:6].mean(1), difference[:, 30:].mean(1)
print(
    "extra loss in steps 1 to 5:",
    ", ".join(f"~{b:.3f}" for b in bump.tolist()),
    "· in steps 30 to 39:",
    ", ".join(f"~{b:.3f}" for b in later.tolist()),
)
assert difference[:, 0].abs().max() < 1e-6, "before the first step nothing differs"
assert bump.min() > 0
assert later.abs().max() < bump.mean()

# %% [markdown]
# **What to see.** The curve is above zero right after the restart, with all three seeds: Adam's first step has the
# full size for *every* parameter, also for those that had long settled. The bump is small and fades
# within thirty steps. So forgetting the moments hurts, and it heals *here*; that such restarts spoiled a large model
# is not shown by this.

# %% [markdown]
# ## What was claimed, what we measured


# %%
def mean(values):
    return sum(values) / len(values)


probe_gap = min(accuracy["trained to guess words"]) - max(accuracy["random parameters"])
noise_costs = mean(with_noise["noisy"]) - mean(with_noise["clean"])
shannon, zhao, early = "theorem (Shannon 1948)", "Zhao et al., section 1", "GPT-1, BERT (2018)"
tenney, brown, copies = "Tenney et al. 2019 (BERT)", "GPT-3 (2020)", "hypothesis on replications"
CLAIMS = [
    ["no loss below the entropy (consistent)", shannon, f"~{gpt_bits - floor:.2f} bits above", gpt_bits > floor],
    ["statistical < neural < Transformer", zhao, f"~{bigram_bits:.2f}, ~{mlp_bits:.2f}, ~{gpt_bits:.2f} bits a word",
     bigram_bits > mlp_bits > gpt_bits],
    ["pre-training helps where texts are few", early, f"~{scratch:.2f} to ~{after:.2f} bits a token", after < scratch],
    ["word classes arise unsupervised †", tenney, f"probe ~{probe_gap:.2f} above a random model", probe_gap > 0.25],
    ["a generative model classifies, no head", brown, f"~{generation:.2f} right, by the place named last {named_last:.2f}",
     generation > named_last],
    ["noisy data cost quality, equal tokens †", copies, f"~{noise_costs:.2f} bits a word", noise_costs > 0],
    ["fp16 overflows where bf16 does not", "the two formats", "65,536 is inf in fp16", x.half()[1] == math.inf],
    ["lost Adam moments spoil a run †", copies, f"a bump of ~{bump.mean():.2f} bits that heals", False],
]  # fmt: skip
display(
    table(
        ["claim", "published", "measured here", "holds?"],
        [[*row, "yes" if holds else "only the bump"] for *row, holds in CLAIMS],
    )
)
assert [bool(holds) for *_, holds in CLAIMS] == [True] * 7 + [False]

# %% [markdown]
# † An analogue: it shows the mechanism at the size of a laptop, not the published number.

# %% [markdown]
# ## What goes wrong in practice
#
# **"I have beaten the limit!" (1): nats for bits.** PyTorch's `cross_entropy` answers in *nats* (natural logarithm).
# The same model, the same stories:

# %%
in_nats = gpt_bits * math.log(2)
print(f"cross_entropy says ~{in_nats:.3f}, the entropy is {floor:.3f} bits: 'below the limit'?")
print(
    f"in one unit: ~{in_nats / math.log(2):.3f} bits against {floor:.3f} bits, "
    f"or ~{in_nats:.3f} nats against {floor * math.log(2):.3f} nats"
)
assert in_nats < floor < in_nats / math.log(2), "the wrong unit looks like a miracle"

# %% [markdown]
# **"I have beaten the limit!" (2): measured on the training text.** A model can learn few texts by heart. That is not
# the same as knowing the language:

# %%
handful = clean_rows[:20]
parrot, adam = tiny(seed=5)
short_run(parrot, adam, handful, 300, seed=5)
by_heart, honest = measured(parrot, handful), measured(parrot, test_rows)
print(
    f"after 300 steps on the same 20 reviews: ~{by_heart:.2f} bits a word on those, "
    f"~{honest:.2f} on new ones (limit {review_floor:.2f})"
)
assert by_heart < review_floor < honest - 0.5

# %% [markdown]
# **"I have beaten the limit!" (3): the model sees the answer.** Forget the causal mask, and every word may look at
# the next one, the one that it is to guess. On *new* text, in the right unit, the loss falls below the entropy: **a
# loss below the entropy, on enough new text and in the right unit, means a leak**.

# %%
sees_all = torch.ones(1, 1, review_rows.shape[1] - 1, review_rows.shape[1] - 1, dtype=torch.bool)
cheat, adam = tiny(seed=7)
looks_ahead = lambda ids: cheat(ids, mask=sees_all)
for _ in range(150):
    loss = bits(looks_ahead, clean_rows[torch.randint(len(clean_rows), (32,))])
    adam.zero_grad()
    loss.backward()
    adam.step()
leaked = measured(looks_ahead, test_rows)
print(
    f"without the causal mask: ~{leaked:.2f} bits a word on new reviews, the limit is {review_floor:.2f}"
)
assert leaked < review_floor - 0.1

# the test for a leak: change the last word; no earlier score may change
sentence = test_rows[:1, :9].clone()
changed = sentence.clone()
changed[0, -1] = (changed[0, -1] + 1) % len(words_of_reviews)
with torch.no_grad():
    short_mask = sees_all[..., :9, :9]
    moved = (cheat(sentence, mask=short_mask) - cheat(changed, mask=short_mask))[0, :-1].abs().max()
    still = (cheat(sentence) - cheat(changed))[0, :-1].abs().max()
print(
    "a later word changes earlier scores: without the mask",
    bool(moved > 1e-3),
    "· with it",
    bool(still > 1e-5),
)
assert moved > 1e-3
assert still < 1e-5

# %% [markdown]
# ## Check yourself

# %% tags=["hide-input"]
display(quiz("The loss of a model is 1.0 bit a word. On average, how surprised is it by a word?", [
    ("As by a fair coin", True, "One bit is one yes-or-no decision: like two equally likely words."),
    ("Not at all, a loss of 1 is perfect", False, "Perfect would be 0 bits, or the entropy where the text is not certain."),
    ("It gives the right word 1 %", False, "-log2(0.01) is 6.6 bits."),
]))  # fmt: skip
display(quiz("A model reaches 0.80 bits a word on new stories whose entropy is 0.884. What do you conclude?", [
    ("It is better than the program that wrote them", False, "The entropy is a limit for every model, on average over many new stories."),
    ("Something leaks, or the unit or the average is another one", True, "Below the entropy there is always a mistake: look for it before you celebrate."),
    ("It has many parameters", False, "Size does not move the limit."),
]))  # fmt: skip
display(quiz("Which family does a chat program belong to?", [
    ("Unconditional generation", False, "Its answer depends on what you wrote: that is a condition."),
    ("Conditional generation", True, "Each turn is written given the conversation so far."),
    ("Understanding", False, "It writes new text; it does not choose a label."),
]))  # fmt: skip
display(quiz("Which token may the 2nd of 7 tokens look at in a prefix decoder with a prefix of 3?", [
    ("1 and 2", False, "That is the causal mask; inside the prefix one also looks ahead."),
    ("1, 2 and 3", True, "The prefix sees itself in both directions, and nothing behind it."),
    ("All seven", False, "That is an encoder."),
]))  # fmt: skip
display(quiz("Temperature 0.1 in place of 1: what changes?", [
    ("The model learns more slowly", False, "Temperature acts when words are drawn; the parameters stay."),
    ("The order of the words by probability", False, "Dividing all scores by the same number keeps their order."),
    ("The favourite word takes nearly all the probability", True, "Differences between scores grow ten times before the softmax."),
]))  # fmt: skip
display(quiz("Which statement about GLM is right?", [
    ("It is an encoder-decoder like T5", False, "It has one stack of layers, not two."),
    ("It is one Transformer with a prefix mask", True, "The given text is seen in both directions; what is written, from left to right."),
    ("It cannot generate text", False, "It fills blanks word by word, and a blank at the end is free text."),
]))  # fmt: skip
display(quiz("GPT-2's paper says 117M, our count 124,439,808. Why?", [
    ("We count the embeddings twice", False, "The table is used twice and counted once: 50,257 x 768 is in there one time."),
    ("The paper's figure is wrong; OpenAI corrected it", True, "Their repository says so: 124M, 355M, 774M, 1558M."),
    ("They trained with fewer tokens", False, "Training tokens do not change the number of parameters."),
]))  # fmt: skip

# %% [markdown]
# <details><summary><b>What is a language model?</b></summary>
#
# A function that gives a probability to every possible next token, given the tokens before. Multiplied along a text
# these give the probability of the text; drawn from one after the other they write a text.
# </details>
#
# <details><summary><b>Why can we say how good the best possible model would be?</b></summary>
#
# Because a program with known probabilities wrote the corpus. Its entropy per word is the smallest average price. For
# real text nobody knows that limit.
# </details>
#
# <details><summary><b>What distinguishes the four eras?</b></summary>
#
# Statistical: counts of short word sequences. Neural: learnt word vectors and networks. Pre-trained: one model learns
# from plain text, then is adapted to each task. Large: the same at a scale at which many tasks need no adaptation,
# only a description in words.
# </details>
#
# <details><summary><b>What distinguishes encoder, decoder, encoder-decoder and prefix decoder?</b></summary>
#
# Who may look at whom: all at all; each at its past; a seeing-all encoder and a causal decoder that also looks at the
# encoder; one stack that sees its first part in both directions and the rest causally.
# </details>
#
# <details><summary><b>Why did tagging and parsing fade as separate tasks?</b></summary>
#
# A pre-trained model carries what they compute, because it needs it to guess words; a probe can read it off. The end
# task can then be learnt directly.
# </details>
#
# <details><summary><b>Is an LLM just a PLM with more parameters?</b></summary>
#
# It is larger, has read more, and does things that small ones do not, without being trained for each. Where the
# border lies is a convention.
# </details>
#
# <details><summary><b>Why did copies of GPT-3 trail it?</b></summary>
#
# Nobody knows for sure. Data, numeric formats, restarts and hyper-parameters are hypotheses; three of the mechanisms exist in small,
# none was tested at full size. GLM-130B is not a copy, and beat GPT-3 on some tasks.
# </details>

# %% [markdown]
# ## Exercises
#
# Five short exercises and a question in words wait in [your copy](../work/00_start_here/start_here.ipynb) (made by
# `python run.py`; the original is in [exercises/](../exercises/00_start_here/start_here.ipynb)). They are the
# mathematics that the course needs, about 40 minutes.
#
# ## Further reading
#
# - Zhao et al. 2023, *A Survey of Large Language Models*, [arXiv:2303.18223](https://arxiv.org/abs/2303.18223):
#   section 1 for the four eras
# - Shannon 1948, *A Mathematical Theory of Communication*: entropy, and the first generated English
# - Bengio et al. 2003, *A Neural Probabilistic Language Model*, JMLR 3
# - Vaswani et al. 2017, *Attention Is All You Need*, [arXiv:1706.03762](https://arxiv.org/abs/1706.03762)
# - Tenney, Das, Pavlick 2019, *BERT Rediscovers the Classical NLP Pipeline*,
#   [arXiv:1905.05950](https://arxiv.org/abs/1905.05950)
# - Raffel et al. 2019, T5, [arXiv:1910.10683](https://arxiv.org/abs/1910.10683), figures 3 and 4; Du et al. 2022,
#   GLM, [arXiv:2103.10360](https://arxiv.org/abs/2103.10360)
# - Brown et al. 2020, *Language Models are Few-Shot Learners* (GPT-3),
#   [arXiv:2005.14165](https://arxiv.org/abs/2005.14165)
# - Zhang et al. 2022, OPT, [arXiv:2205.01068](https://arxiv.org/abs/2205.01068), with its logbook; BLOOM,
#   [arXiv:2211.05100](https://arxiv.org/abs/2211.05100); GLM-130B,
#   [arXiv:2210.02414](https://arxiv.org/abs/2210.02414)
#
# ## What you can now read in the package
#
# [`corpora/stories_world.py`](../llm101/corpora/stories_world.py) (the program that writes the stories) ·
# [`nn/masks.py`](../llm101/nn/masks.py) · [`models/gpt2.py`](../llm101/models/gpt2.py) (a GPT in ten lines of parts)
# · [`models/counts.py`](../llm101/models/counts.py) · [`generate/decode.py`](../llm101/generate/decode.py) ·
# [`syllabus.py`](../llm101/syllabus.py). Next: **lesson 01**, how a machine learns from examples; or, for those in a
# hurry, [lesson 03](03_tokenization.ipynb).
