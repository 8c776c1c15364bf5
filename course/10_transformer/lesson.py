# ---
# title: The Transformer
# minutes: 120
# cpu_seconds: 58
# ram_mb: 1000
# ---

# %% [markdown]
# # 10 · The Transformer
#
# **The question.** You know the parts: embeddings, attention, positions, norms. How did the paper of 2017 put them together
# into a machine that translates, and how does what it read in one language reach the words it writes in another?
#
# **You will be able to**
#
# - draw the encoder-decoder of *Attention Is All You Need* from memory, and count its parameters;
# - follow one sentence from the source to the loss, and the gradient on its way back;
# - explain teacher forcing, label smoothing, the schedule with warm-up, greedy and beam search, and BLEU, each with a
#   number of your own.
#
# **Time** about two hours, without the exercises; a good place for a break is before step 7. **You need** lessons
# [07](07_attention.ipynb) (attention, masks), [08](08_positions.ipynb) (positions) and [09](09_norms_and_blocks.ipynb)
# (norms, blocks), and the cross-entropy of [lesson 06](06_losses.ipynb).

# %%
import copy
import math
import random
from functools import partial
from html import escape

import llm101
import torch
from IPython.display import HTML, display
from llm101 import show
from llm101.viz.plots import PALETTE, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.tokens import table
from llm101.viz.widgets import dial, stepper
from torch import nn
from torch.nn import functional as F

llm101.setup(seed=0)

# %% [markdown]
# ## A first result
#
# A program draws pairs of sentences, English and Chinese, from a grammar that is written in both languages at once. A
# small Transformer reads some 14,000 such pairs; then it translates sentences that it has never seen. (You need no
# Chinese: the grammar knows the one right answer to each sentence, and we only compare.)

# %%
from llm101.corpora.translation import grammar, pairs

test = pairs(500, seed=1)
train = pairs(20_000, seed=0, without=test)  # no test sentence is in the training
for pair in test[:6]:
    print(" ".join(pair.english), "→", " ".join(pair.chinese))
assert not {tuple(p.english) for p in test} & {tuple(p.english) for p in train}

# %% [markdown]
# The next four cells are long, and only prepare: words become numbers, sentences go into batches, a loop trains. Skim
# them now, and come back after step 6. Two things in them have steps of their own: the label smoothing (step 8) and the
# warm-up (step 9).

# %%
from llm101.models.transformer import TransformerConfig, transformer
from llm101.optim.schedules import noam, warmup_cosine
from llm101.train.loop import FitConfig, fit
from llm101.viz.live_training import LiveTraining

PAD, START, END = 0, 1, 2
names = [
    "<pad>",
    "<s>",
    "</s>",
    *sorted({word for pair in train for side in pair for word in side}),
]
number_of = {name: i for i, name in enumerate(names)}


def padded(sentences):
    """Lists of ids, of unequal length -> one tensor (b n), filled with PAD at the right."""
    rows = [torch.tensor(ids) for ids in sentences]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)


def batch(some):
    """Pairs -> source (b n), target (b t): <s> the Chinese words </s>."""
    english = [[number_of[w] for w in pair.english] for pair in some]
    chinese = [[START, *(number_of[w] for w in pair.chinese), END] for pair in some]
    return padded(english), padded(chinese)


class TranslationLoss:
    """Cross-entropy of each target token, given the true ones before it; padding costs nothing."""

    def __init__(self, smoothing=0.0):
        self.smoothing = smoothing

    def count(self, batch):
        return int((batch[1][:, 1:] != PAD).sum())

    def sum(self, model, batch):
        source, target = batch
        real = source != PAD
        logits = model(source, target[:, :-1], source_mask=None if real.all() else real)
        return F.cross_entropy(
            logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD,
            label_smoothing=self.smoothing, reduction="sum",
        )  # fmt: skip


# %% [markdown]
# Sentences of about the same length go into one batch, as in the paper (section 5.1): little padding, little waste. We sort 512
# pairs at a time and not all of them, or every batch would hold one kind of sentence only.

# %%


def in_batches(some, size=48, chunk=512):
    """Pairs -> full batches of `size`, sorted by length within each `chunk`."""
    near = []
    for i in range(0, len(some), chunk):
        near += sorted(some[i : i + chunk], key=lambda pair: (len(pair.chinese), len(pair.english)))
    return [batch(near[i : i + size]) for i in range(0, len(near) - size + 1, size)]


def padding(batches):
    """Share of all places, of sources and targets, that hold no word."""
    places = torch.cat([side.flatten() for one in batches for side in one])
    return (places == PAD).float().mean().item()


batches = in_batches(train)
sorted_so, unsorted = padding(batches), padding(in_batches(train, chunk=1))
print(f"padding: {100 * sorted_so:.0f} % of all places; unsorted {100 * unsorted:.0f} %")
assert sorted_so < unsorted / 2

# %% [markdown]
# The optimizer is the paper's Adam. `fit` is the training loop of lesson 05, made ready for more; it also shortens
# gradients that are longer than 1. Two layers a stack, width 64, and a feed-forward layer of twice the width (the
# paper: four times): small enough for seconds.

# %%
SMALL = TransformerConfig(len(names), d_model=64, n_layers=2, n_heads=4, d_ff=128, dropout=0.0)
STEPS = 300


def trained(
    seed, *, steps=STEPS, until=None, config=SMALL, smoothing=0.1, warmup=50, peak=6e-3, watch=None
):
    """A Transformer after `steps`, or stopped at `until`; up in `warmup` steps, a cosine down."""
    rng, order = random.Random(seed), []
    while len(order) < steps:
        order += rng.sample(range(len(batches)), len(batches))
    model = transformer(config, generator=torch.Generator().manual_seed(seed))
    optimizer = torch.optim.Adam(
        model.parameters(), lr=peak, betas=(0.9, 0.98), eps=1e-9, fused=True
    )
    rate = partial(warmup_cosine, warmup=warmup, total=steps, final=0.02)
    how = FitConfig(steps=until or steps, seed=seed, schedule=rate)
    hook = (lambda step: None) if watch is None else partial(watch, model)
    fit(
        model,
        optimizer,
        lambda i: [batches[order[i]]],
        TranslationLoss(smoothing),
        how,
        on_step=hook,
    )
    return model.eval()


live, earlier, losses = LiveTraining(every=20), {}, {0: []}


def watch(model, step):
    """Draws the loss, notes it, and keeps a copy of the half-trained model."""
    live(step)
    losses[0].append(step.loss)
    if step.step in (120, 180):
        earlier[step.step] = copy.deepcopy(model).eval()


display(live.widget)
model = trained(0, watch=watch)
assert losses[0][-1] < losses[0][0] / 3

# %% [markdown]
# To translate, the model writes the likeliest word, again and again, until `</s>` comes (step 10).
# `model.given(source)` is the decoder with this source already read; `generate` asks it for one word after the other.

# %%
from llm101.generate import generate


def words(ids):
    """Ids -> words, up to </s>, without <s>."""
    found = [names[i] for i in ids]
    found = found[: found.index("</s>")] if "</s>" in found else found
    return [word for word in found if word != "<s>"]


def translate(model, sentences):
    """Greedy: the likeliest word each time. Lists of English words -> lists of Chinese words."""
    source = padded([[number_of[w] for w in sentence] for sentence in sentences])
    given = model.given(source, source_mask=source != PAD)
    start = torch.full((len(source), 1), START)
    return [words(ids) for ids in generate(given, start, 24, temperature=0, stop=END).tolist()]


def exact_match(model, some):
    """Share of the sentences whose translation is right in every word."""
    found = translate(model, [pair.english for pair in some])
    return sum(one == pair.chinese for one, pair in zip(found, some)) / len(some)


right = exact_match(model, test)
print(f"exactly right: ~{100 * right:.1f} % of {len(test)} sentences that the model has never seen")
assert right > 0.95

# %% [markdown]
# Was that luck? A seed decides the first weights and the order of the batches. And we found the settings above by trying a
# dozen of them on these very sentences, which flatters (lesson 01). So two more models, from the beginning, and 500 more
# sentences, by which nothing was chosen:

# %%
unseen = pairs(500, seed=2, without=[*train, *test])
shares = {0: exact_match(model, unseen)}
for seed in (1, 2):
    losses[seed] = []
    other = trained(seed, watch=lambda model, step, seed=seed: losses[seed].append(step.loss))
    shares[seed] = exact_match(other, unseen)
for seed, share in shares.items():
    print(f"seed {seed}: ~{100 * share:.1f} % exactly right")
assert min(shares.values()) > 0.95

# %% [markdown]
# Exactly right means every word and the order of all words. Look at what that takes: in the sentences below the time
# moves behind the subject, the clause moves in front of its noun, `play` becomes one of four verbs as the thing that is
# played demands (拉 for the violin, 踢 for football), and `is drawing` becomes 正在 画.

# %%
mine = """the girl who is wearing a red hat is drawing two elephants .
yesterday the old doctor played the violin in the garden .
tomorrow the old doctor will play football at school .
what did these students buy last week ?""".splitlines()
found = translate(model, [line.split() for line in mine])
truths = [grammar().translations(line.split())[0] for line in mine]
for line, truth in zip(mine, truths):
    print(line, "→", " ".join(truth))
assert sum(one == truth for one, truth in zip(found, truths)) >= 3

# %% [markdown]
# (The cell prints the grammar's answers, so that the page is the same on every computer, and asserts that the model
# agrees on at least three of four. Put in sentences of your own; `grammar().vocabularies[0]` lists the words.)

# %% [markdown]
# ## Step 1 · What is to be learnt, and what is known about it
#
# *How good can a translator be?* The English side is an ordinary grammar, so its entropy is exact. And each English
# sentence has one translation here, so the Chinese, **given** the English, has entropy 0: a perfect model would have
# the loss 0. Without the English nobody could get there. (Real languages are not like that: a sentence has many good
# translations, and no model can know which one the reference has.)

# %%
english, chinese = grammar().vocabularies
left = grammar().left
print(
    f"{len(english)} English words, {len(chinese)} Chinese;",
    f"{len(names)} tokens with <pad>, <s>, </s>",
)
print(f"an English sentence: {left.expected_length():.1f} words, {left.entropy():.1f} bits")
typical = round(left.entropy())
print(f"so about 2^{typical} = {2**typical:,} typical sentences; read in training: {48 * STEPS:,}")
for pair in test[:100]:
    assert grammar().translations(pair.english) == [pair.chinese]

# %% [markdown]
# Some fourteen thousand sentences out of millions, and the test sentences were kept out. But a test sentence may have a
# near neighbour in the training. How many differ from a training sentence in a single word?

# %%


def with_gaps(sentence):
    """The sentence with each of its words in turn blanked out."""
    return [(*sentence[:i], "_", *sentence[i + 1 :]) for i in range(len(sentence))]


seen = {gaps for pair in train for gaps in with_gaps(pair.english)}
near = sum(not seen.isdisjoint(with_gaps(pair.english)) for pair in test)
print(f"{near} of {len(test)} test sentences are one word away from a sentence of the training")
assert near < len(test) / 2

# %% [markdown]
# Two thirds have no such neighbour, and of all 500 the model has more than 95 % right. That takes the *rules*, not a
# good memory.

# %% [markdown]
# ## Step 2 · The whole machine
#
# *How do the parts fit together?* Two stacks. The **encoder** reads the source, all of it at once. The **decoder**
# writes the target, each word from the words before it and from what the encoder says.
#
# ```text
#    the girl is reading                     <s> 那 个 女孩 正在
#             |                                       |
#   embedding · √d + sinusoids              embedding · √d + sinusoids
#             |                                       |
#    ┌────────┴───────┐                    ┌──────────┴────────────┐
#    │ self-attention │                    │ masked self-attention │  sees the past only
#    │ add, LayerNorm │                    │ add, LayerNorm        │
#    │                │      memory        │                       │
#    │ feed-forward   │    ┌──────────────►│ cross-attention       │  queries from here,
#    │ add, LayerNorm │    │               │ add, LayerNorm        │  keys and values from there
#    └────────┬───────┘×N  │               │ feed-forward          │
#             └────────────┘               │ add, LayerNorm        │
#                                          └──────────┬────────────┘×N
#                                          the table, used backwards
#                                                     |
#                                                  softmax
#                                                     |
#                                           那 个 女孩 正在 读     the next word, at each place
# ```
#
# One table of token vectors serves both sides, and the output. Dropout (0.1 in the base model, 0 in our small one) acts
# on the two sums at the bottom and on what each sub-layer gives, before it is added.
#
# In the base model $N = 6$, $d = 512$, 8 heads of 64, and the feed-forward layer is 2,048 wide. The whole forward pass,
# written out:

# %%


def by_hand(model, source, target):
    """The forward pass of `model`, written out: no dropout, no padding."""
    d = model.embed.tokens.embedding_dim

    def embed(ids):
        return (
            model.embed.tokens(ids) * math.sqrt(d)
            + model.embed.positions(torch.arange(ids.shape[1])).float()
        )

    def attend(layer, x, memory, mask=None):
        q, k, v = layer.q_proj(x), layer.k_proj(memory), layer.v_proj(memory)
        q, k, v = (
            y.unflatten(-1, (layer.n_heads, -1)).transpose(1, 2) for y in (q, k, v)
        )  # (b h t k)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        scores = scores if mask is None else scores.masked_fill(~mask, -math.inf)
        return layer.o_proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))

    x = embed(source)
    for block in model.encoder.blocks:
        x = block.attention_norm(x + attend(block.attention, x, x))
        x = block.ffn_norm(x + block.ffn(x))
    memory, y = x, embed(target)
    earlier = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).tril()
    for block in model.decoder.blocks:
        y = block.attention_norm(y + attend(block.attention, y, y, earlier))
        y = block.cross_norm(y + attend(block.cross, y, memory))
        y = block.ffn_norm(y + block.ffn(y))
    return y @ model.embed.tokens.weight.T


source, target = batch(test[:1])
with torch.no_grad():
    difference = (by_hand(model, source, target) - model(source, target)).abs().max()
assert difference < 1e-3
print("written by hand and built from parts: the same logits")

# %% [markdown]
# In the package the same model is a builder of a few lines: each part is built and handed to the next. Read it beside
# the picture. (`alpha` is 1 here; it is DeepNorm's factor, lesson 09. `sight` is the mask and `cache` keeps keys and
# values for generation, both lesson 07.)

# %%
from llm101.nn.cross import PostNormDecoderBlock

display(show(transformer))
display(show(PostNormDecoderBlock.forward))

# %% [markdown]
# **Predict:** table 3 of the paper says 65 million parameters for the base model and 213 million for the big one. Count
# the base model roughly in your head: the table of 37,000 tokens, then 4 d² for an attention and 8 d² for a
# feed-forward layer.

# %%
from llm101.models.transformer import TRANSFORMER_BASE, TRANSFORMER_BIG

rows = []
for name, config, said in (("base", TRANSFORMER_BASE, 65), ("big", TRANSFORMER_BIG, 213)):
    d, f = config.d_model, 4 * config.d_model
    attention, mlp, norm = 4 * d * d, 2 * d * f + f + d, 2 * d
    encoder, decoder = 6 * (attention + mlp + 2 * norm), 6 * (2 * attention + mlp + 3 * norm)
    total = config.vocab_size * d + encoder + decoder
    with torch.device("meta"):  # shapes without memory
        built = transformer(config)
    assert total == sum(weight.numel() for weight in built.parameters())
    assert decoder - encoder == 6 * (attention + norm)
    rows.append([name, config.vocab_size * d, encoder, decoder, total, f"{said} million"])
assert [row[4] for row in rows] == [63_045_632, 214_171_648]
table(["model", "embedding", "encoder", "decoder", "counted", "table 3"], rows)

# %% [markdown]
# **What to notice.** The count is 3 % below the paper's for base and 0.6 % above it for big. The paper gives no exact
# vocabulary ("about 37000 tokens") and rounds; biases in attention, which its formulas do not have, would add 0.06 % to
# base and 0.03 % to big. And *per layer* the decoder differs from the encoder by one attention and one norm, $4d^2 +
# 2d$: nothing else.

# %% [markdown]
# ## Step 3 · Embeddings: learnt, shared, and multiplied by √d
#
# *Which embedding does the paper use?* A learnt table (lesson 04), the **same** for the source, the target and, used
# backwards, for the output (section 3.4), plus fixed sinusoids for the place (lesson 08). Why the factor $\sqrt d$? As
# an output layer the table wants small entries, about $1/\sqrt d$, or the logits at the start would be far apart. As an
# input it stands beside sinusoids of size about 0.7. Times $\sqrt d$, both are right:

# %%
fresh = transformer(
    TransformerConfig(len(names), d_model=512, n_layers=1, n_heads=8),
    generator=torch.Generator().manual_seed(0),
)
vectors = fresh.embed.tokens.weight.detach()
place = fresh.embed.positions(torch.arange(20))
token_size, place_size = vectors.norm(dim=1).mean().item(), place.norm(dim=1).mean().item()
print(
    f"length of a token's vector: ~{token_size:.1f}, times √512: ~{token_size * 512**0.5:.1f};",
    end=" ",
)
print(f"of a place's: {place_size:.1f}")
assert abs(token_size - 1) < 0.1
assert math.isclose(place_size, 16, rel_tol=1e-6)  # √(d/2)

changed, stop, question = copy.deepcopy(model), number_of["。"], number_of["？"]
assert sum(w.numel() == len(names) * 64 for w in changed.parameters()) == 1  # one table
with torch.no_grad():
    before = changed(source, target)
    changed.embed.tokens.weight[stop] = changed.embed.tokens.weight[question]  # one row of it
    after = changed(source, target)
others = [i for i in range(len(names)) if i != stop]
moved = (after - before)[0, :, others].abs().amax(1)  # of all other words, at each place
reads = target[0].tolist().index(stop)
assert torch.allclose(
    after[..., stop], after[..., question], atol=1e-4
)  # written: as if it were ？
assert (
    moved[:reads].max() < 1e-3 < 1e-2 < moved[reads]
)  # read: other words' logits change, from there on
print("one table: a row of it changes what is read and what is written")

# %% [markdown]
# Without the factor the place would be sixteen times as long as the token: the model could first have to learn to look past it.

# %% [markdown]
# ## Step 4 · Layer norm, and not batch norm
#
# *"Why does the Transformer use batch norm?"* is a question that goes round. It does not: every sub-layer is
# $\text{LayerNorm}(x + \text{Sublayer}(x))$, section 3.1. [Lesson 09](09_norms_and_blocks.ipynb) has the two side by
# side; here is the one property that decides it. A batch norm takes its mean over the batch, so in training what one
# sentence gets depends on its **neighbours**, padding included:

# %%
generator = torch.Generator().manual_seed(0)
sentence = torch.randn(1, 7, 5, generator=generator)  # one of ours: seven tokens, width five
others = torch.randn(2, 7, 5, generator=generator)  # its neighbours in the batch


def first_of(norm, neighbours):
    """What our sentence becomes in a batch with these neighbours."""
    x = torch.cat([sentence, neighbours])
    return norm(x.flatten(0, 1)).unflatten(0, x.shape[:2])[0]


moved = {}
for name, norm in (("layer norm", nn.LayerNorm(5)), ("batch norm", nn.BatchNorm1d(5))):
    difference = first_of(norm, others) - first_of(norm, 3 * others)
    moved[name] = difference.abs().max().item()
print(f"other neighbours move our sentence by {moved['layer norm']} with layer norm,")
print(f"and by ~{moved['batch norm']:.2f} with batch norm")
assert moved["layer norm"] == 0
assert moved["batch norm"] > 0.2

# %% [markdown]
# Layer norm looks at one token at a time: independent of the batch, of the length, of padding, and the same in training
# and when one word after another is written.

# %% [markdown]
# ## Step 5 · Sentences of any length: masks
#
# *How does the paper handle sentences of unequal length?* Attention and the feed-forward layers have no weight that
# belongs to a place, so any length works; sinusoids exist for every place. To compute many sentences at once they are
# **padded** to one length, and nobody may attend to the padding. In the source a mask sees to that. In the target the
# fillers stand at the right, where the causal mask hides them from every real word already; their own places are left
# out of the loss. What must hold: padding changes nothing.

# %%
source, target = batch(test[:1])
wide_source, wide_target = F.pad(source, (0, 5), value=PAD), F.pad(target, (0, 3), value=PAD)
t, loss = target.shape[1], TranslationLoss()
with torch.no_grad():
    alone = model(source, target)
    among = model(wide_source, wide_target, source_mask=wide_source != PAD)[:, :t]
    unmasked = model(wide_source, wide_target)[:, :t]
    sums = [loss.sum(model, pair).item() for pair in ((source, target), (wide_source, wide_target))]
assert torch.allclose(alone, among, atol=1e-3)
assert math.isclose(*sums, abs_tol=1e-3)
assert loss.count((source, target)) == loss.count((wide_source, wide_target))
assert (alone - unmasked).abs().max() > 0.1
print(
    "masked, five fillers change nothing; without the mask the logits move by",
    f"~{(alone - unmasked).abs().max():.1f}",
)

# %% [markdown]
# Two masks make BERT and GPT; the Transformer needs both, and a third between its stacks. In each picture a row is a
# token that asks, and ■ is what it may see. (The third has five rows for five words of the target, and four columns for
# four of the source.)

# %%
from llm101.nn import masks


def picture(mask):
    return "<br>".join("".join("■ " if seen else "· " for seen in row) for row in mask.tolist())


everything, causal = torch.ones(5, 5, dtype=torch.bool), masks.causal(5)
across = torch.ones(5, 4, dtype=torch.bool)
display(
    table(
        ["", "encoder, BERT", "decoder, GPT", "decoder to encoder"],
        [["may see", *(f"<code>{picture(mask)}</code>" for mask in (everything, causal, across))]],
        raw=True,
    )
)
assert causal.sum() == 15

# %% [markdown]
# | | Transformer (2017) | BERT (lesson 11) | GPT (lesson 13) |
# |---|---|---|---|
# | stacks | encoder and decoder | encoder only | decoder only, without cross-attention |
# | sees | source: all; target: the past | all | the past |
# | trained to | translate | fill in masked words, tell neighbours | predict the next token |
# | positions | sinusoids | learnt, 512 | learnt, 512 (GPT-1) |
# | activation | ReLU | GELU | GELU |
# | embedding | shared by both languages and the output | with segments; output tied | output tied |

# %% [markdown]
# ## Step 6 · From the encoder's output to the loss: one sentence
#
# *How does what the encoder computes get into the decoder and the error?* Follow one sentence. The decoder's input is
# the target **shifted right**: at each place it has read the true words so far, and must say the next. That is
# **teacher forcing**: all places are trained at once, in one pass.

# %%
sentence = ["the", "girl", "is", "playing", "the", "violin", "."]
(truth,) = grammar().translations(sentence)
source = padded([[number_of[w] for w in sentence]])
target = padded([[START, *(number_of[w] for w in truth), END]])
with torch.no_grad():
    memory = model.encode(source)
    logits = model.decode(target[:, :-1], memory)
parts = {"source": source, "→ memory": memory, "→ logits": logits}
print(*(f"{name} {tuple(part.shape)}" for name, part in parts.items()))
costs = F.cross_entropy(logits[0], target[0, 1:], reduction="none").tolist()
rows = [
    [names[read], names[said], names[best], f"~{cost:.2f}"]
    for read, said, best, cost in zip(
        target[0, :-1].tolist(), target[0, 1:].tolist(), logits[0].argmax(-1).tolist(), costs
    )
]
display(table(["decoder reads", "shall say", "says", "cost (nats)"], rows))
print(f"the loss of this sentence, their mean: ~{sum(costs) / len(costs):.2f} nats")
assert [row[1] for row in rows] == [row[2] for row in rows]
assert min(costs) > 0.02
assert max(costs) < 1
assert math.isclose(sum(costs), TranslationLoss().sum(model, (source, target)).item(), rel_tol=1e-3)

# %% [markdown]
# (No cost comes near 0, though every word is right: the model was trained with smoothed labels, and claims about 0.9
# for a word that it is sure of. $-\ln 0.9$ is 0.11. More in step 8.)
#
# The memory, (1, 7, 64): one vector for each English word, computed **once**. In *every* decoder layer the
# cross-attention makes queries from the decoder's own vectors, and keys and values from the memory. That is the only
# bridge. Cut it, and the gradient of the loss cannot reach the encoder:

# %%


def encoder_gradient(cut):
    """Length of the gradient in the encoder; `cut` = the memory comes without its history."""
    model.zero_grad()
    memory = model.encode(source)
    logits = model.decode(target[:, :-1], memory.detach() if cut else memory)
    F.cross_entropy(logits[0], target[0, 1:]).backward()
    found = [w.grad for w in model.encoder.parameters() if w.grad is not None]
    return sum(g.square().sum() for g in found) ** 0.5 if found else 0


print(
    "gradient in the encoder:",
    "some" if encoder_gradient(cut=False) > 0 else "none",
    "· with the bridge cut:",
    encoder_gradient(cut=True),
)
assert encoder_gradient(cut=False) > 0
assert encoder_gradient(cut=True) == 0
model.zero_grad()

# %% [markdown]
# What does the decoder look at when it writes? We record the cross-attention. Step through the Chinese words; the
# darker the English word, the more weight it has (mean over the heads of the last layer):

# %%
from llm101.nn.attention import attention_weights


def cross_attention(model, source, target):
    """The weights of every decoder layer: (l h t n)."""
    maps = []

    def recording(q, k, v, mask=None, bias=None, *, causal=False, scale=None):
        maps.append(attention_weights(q, k, mask, bias, causal=causal, scale=scale)[0])
        return maps[-1] @ v

    looking = copy.deepcopy(model)
    for block in looking.decoder.blocks:
        block.cross.attend = recording
    with torch.no_grad():
        looking(source, target)
    return torch.stack(maps)


weights = cross_attention(model, source, target[:, :-1])
assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-4)
last_layer = weights[-1].mean(0)
read_words = sentence  # names that no later cell uses again: the slider lives on
said_words = [*truth, "</s>"]


def looks(step):
    style = "padding:3px 6px;margin:2px;border:1px solid #ccc;background:rgba(0,114,178,{:.2f})"
    boxes = "".join(
        f'<span style="{style.format(0.7 * w)}">{word}</span>'
        for word, w in zip(read_words, last_layer[step].tolist())
    )
    said = f"about to write <b>{escape(said_words[step])}</b>"
    return f'<span style="display:inline-block;width:11em">{said}</span>{boxes}'


assert len(said_words) == len(last_layer)
looking = stepper(looks, last=len(truth), start=3, label="word")
looking

# %% tags=["nbval-ignore-output"]
display(HTML("<br>".join(looks(step) for step in range(len(truth) + 1))))
for noun in (("女孩", "girl"), ("小提琴", "violin")):
    assert last_layer[truth.index(noun[0]), sentence.index(noun[1])] > 0.3
of_verb = dict(zip(sentence, last_layer[truth.index("拉")].tolist()))
assert of_verb["playing"] + of_verb["violin"] > 0.6

# %% [markdown]
# **What to see.** 女孩 looks at `girl`, and so does, in the run kept with this page, the measure word 个 before it: the
# noun that comes next decides which measure word it is. And 拉, to play a stringed instrument, divides its weight
# between `playing` and `violin`. That is sensible: the one says that somebody plays, the other with which verb Chinese
# says so. Weights are a hint and not a proof (lesson 07), so test it: change what is played in the source, and keep the
# Chinese words before the verb. (About 0.9 is all that the model claims for any word, as above.)

# %%
verbs = {}
played = {"the violin": "拉", "the piano": "弹", "football": "踢", "chess": "下"}
for thing, verb in played.items():
    other = padded([[number_of[w] for w in f"the girl is playing {thing} .".split()]])
    with torch.no_grad():
        p = model(other, target[:, : 1 + truth.index("拉")])[0, -1].softmax(-1)
    verbs[thing] = names[p.argmax()], p[number_of[verb]].item()
    print(f"playing {thing}: {verb} ~{verbs[thing][1]:.2f}")
    assert p[number_of[verb]] > 0.5

# %% [markdown]
# ## Step 7 · Teacher forcing, and what happens without the teacher
#
# *The model trains on true beginnings. What if a beginning is wrong?* When it translates, it reads its own words.
# Errors can then lead to errors: this is called **exposure bias**, because the model was never exposed to its mistakes.
# First count without any error, with the teacher: what share of the words is right, and of the sentences? A sentence
# needs all of its words, `</s>` too. So beside it stands the share of sentences that would be right if errors fell
# independently of one another: $p^{n}$ for a sentence of $n$ words, with the share $p$ of right words.

# %%


@torch.no_grad()
def right_words(model, some):
    """With the teacher: which words are right, and which places hold a word (two times b t)."""
    source, target = batch(some)
    best = model(source, target[:, :-1], source_mask=source != PAD).argmax(-1)
    return best == target[:, 1:], target[:, 1:] != PAD


stages = {**{f"{n} steps": one for n, one in earlier.items()}, "the end": model}
rows = []
for name, one in stages.items():
    hits, real = right_words(one, test)
    p = hits[real].float().mean().item()
    independent = (p ** real.sum(1)).mean().item()
    rows.append([name, p, independent, exact_match(one, test)])
    assert rows[-1][1] > rows[-1][3] - 0.005
display(table(["model after", "words right", "so sentences, if independent", "sentences right"],
              [[row[0], *(f"~{100 * v:.1f} %" for v in row[1:])] for row in rows]))  # fmt: skip
assert rows[0][1] > rows[0][3] + 0.2
assert rows[0][3] > rows[0][2] + 0.03

# %% [markdown]
# Words are right far more often than sentences. But early in the training *more* sentences are right than independent
# errors would leave: errors sit together in the same sentences.
#
# Now put an error in on purpose: at a random place the decoder reads a random word in place of the true one. How often
# are the words *behind* that place right?

# %%


@torch.no_grad()
def forced(model, some, spoil=False):
    """Share of right words behind a random place; `spoil` = a wrong word is read there."""
    source, target = batch(some)
    read, rng = target.clone(), random.Random(0)
    scored = target[:, 1:] != PAD
    for row, pair in enumerate(some):
        at = rng.randrange(1, len(pair.chinese) - 2)
        wrong = rng.choice([word for word in chinese if word != pair.chinese[at - 1]])
        scored[row, :at] = False
        if spoil:
            read[row, at] = number_of[wrong]
    hits = model(source, read[:, :-1], source_mask=source != PAD).argmax(-1) == target[:, 1:]
    return (hits & scored).sum().item() / scored.sum().item()


rows = []
for name, one in stages.items():
    rows.append([name, forced(one, test), forced(one, test, spoil=True)])
    assert rows[-1][1] > rows[-1][2] + 0.05
display(table(["model after", "right behind a true word", "right behind a wrong word"],
              [[row[0], *(f"~{100 * v:.1f} %" for v in row[1:])] for row in rows]))  # fmt: skip

# %% [markdown]
# **What to notice.** One wrong word costs the words behind it dear, in the good model too: it has learnt from true
# beginnings only. (A wrong word can also make another continuation a sensible one; we count the true one.)
#
# Now a small riddle. **Predict:** with the teacher, count the sentences in which *every* word is the likeliest one.
# Without the teacher, count the sentences that greedy translation gets exactly right. Which count is higher?

# %%
half = earlier[120]
hits, real = right_words(half, test)
with_teacher = (hits | ~real).all(1)
alone = [
    ours == pair.chinese for ours, pair in zip(translate(half, [p.english for p in test]), test)
]
assert 0.05 < with_teacher.float().mean() < 0.9
differ = sum(one != bool(other) for one, other in zip(alone, with_teacher))
assert differ <= 2  # of 500; ties may be rounded apart
print("the same sentences")

# %% [markdown]
# Neither: as long as all words are right, the model reads what the teacher would have given it. So exposure does not
# cost a single sentence that would have been *exactly* right. It makes wrong ones worse, and that can be measured, too:
# take the sentences that the model gets wrong, and look behind its own first error, word by word in place (so what is
# shifted by one place counts as wrong). Beside it the same places with the teacher:

# %%


def behind_own_error(model, some):
    """Share of right words behind the first error: in the model's own text, with the teacher."""
    taught, own_hits, taught_hits, places = right_words(model, some)[0], 0, 0, 0
    for row, (pair, ours) in enumerate(zip(some, translate(model, [p.english for p in some]))):
        true, ours = [*pair.chinese, "</s>"], [*ours, "</s>"]
        if ours != true:
            first = next(i for i, (one, other) in enumerate(zip(ours, true)) if one != other)
            own_hits += sum(
                one == other for one, other in zip(ours[first + 1 :], true[first + 1 :])
            )
            taught_hits += int(taught[row, first + 1 : len(true)].sum())
            places += len(true) - first - 1
    return own_hits / places, taught_hits / places


rows = []
for name in list(stages)[:2]:  # the good model makes too few errors to count
    rows.append([name, *behind_own_error(stages[name], test)])
    assert rows[-1][2] > rows[-1][1] + 0.2
display(table(["model after", "behind its own first error", "the same places, with the teacher"],
              [[row[0], *(f"~{100 * v:.1f} %" for v in row[1:])] for row in rows]))  # fmt: skip

# %% [markdown]
# Scheduled sampling (Bengio et al. 2015) mixes the model's own words into the training; large models are mostly trained
# with the teacher, and judged without.

# %% [markdown]
# ## Step 8 · Label smoothing
#
# *Why tell the model that it should not be sure?* The paper trains with $\varepsilon = 0.1$: the target is $1 -
# \varepsilon$ on the true word and $\varepsilon$ spread over all $V$ (lesson 06). The lowest loss is then no longer 0
# but the entropy of that target:

# %%
eps, v = 0.1, len(names)
target_p = torch.full((v,), eps / v, dtype=torch.float64)
target_p[0] += 1 - eps
floor = -(target_p * target_p.log()).sum().item()
print(f"the lowest smoothed loss with {v} tokens: {floor:.3f} nats")
best = F.cross_entropy(target_p.log()[None], torch.tensor([0]), label_smoothing=eps).item()
assert math.isclose(floor, best)
ours = sum(losses[0][-20:]) / 20
print(f"our training ended at ~{ours:.3f} nats (mean of the last 20 steps)")
assert floor < ours < floor + 0.15
gap = (target_p[0] / target_p[1]).log().item()
print(f"at the lowest loss the true word's logit lies {gap:.1f} above all others,", end=" ")
print(f"and its probability is {target_p[0]:.4f}")

# %% [markdown]
# That is the answer to *why*. Without smoothing every further step apart lowers the loss of a word that is right
# already, so the logits go on growing, without end. With it there is a best distance, and behind it being surer costs.
# (So a loss of 0.96 or so is a good one here, and the 0.9 of step 6 is all that a perfect model would claim.)
#
# "This hurts perplexity, as the model learns to be more unsure, but improves accuracy and BLEU score" (section 5.4). We
# train a smaller model (one layer a stack, width 48) from three seeds, with and without, for 60 steps. It is *not*
# finished; that is where a difference could show.

# %%
FEW = TransformerConfig(len(names), d_model=48, n_layers=1, n_heads=4, d_ff=96, dropout=0.0)


def judge(model, some):
    """Perplexity (no smoothing), and the share of words that are right, both with the teacher."""
    source, target = batch(some)
    with torch.no_grad():
        logits = model(source, target[:, :-1], source_mask=source != PAD)
    real = target[:, 1:] != PAD
    nats = F.cross_entropy(logits[real], target[:, 1:][real]).item()
    return math.exp(nats), (logits.argmax(-1) == target[:, 1:])[real].float().mean().item()


seeds = (0, 1, 2)
judged = {
    (smoothing, seed): judge(trained(seed, steps=60, config=FEW, smoothing=smoothing), test)
    for smoothing in (0.0, 0.1)
    for seed in seeds
}
for which, head, form in ((0, "perplexity", "~{:.2f}"), (1, "words right (%)", "~{:.1f}")):
    values = {
        smoothing: [judged[smoothing, seed][which] * (100 if which else 1) for seed in seeds]
        for smoothing in (0.0, 0.1)
    }
    rows = [
        [f"smoothing {smoothing}", *(form.format(x) for x in (*row, sum(row) / 3))]
        for smoothing, row in values.items()
    ]
    display(table([head, *(f"seed {seed}" for seed in seeds), "mean"], rows))
gains = [judged[0.1, seed][1] - judged[0.0, seed][1] for seed in seeds]
assert all(judged[0.1, seed][0] > judged[0.0, seed][0] for seed in seeds)
assert sum(gains) / 3 < 0.02

# %% [markdown]
# **What to see.** Smoothing hurts perplexity in all three seeds, as the paper says. (Both are judged without smoothing,
# on the test sentences.) That it helps to get more words right, we cannot confirm at this size. There is one right
# translation here and nothing to be unsure about; with real sentences, of which there are many good translations, it
# may well be otherwise.

# %% [markdown]
# ## Step 9 · The schedule: up, then down
#
# *Which learning rate?* Equation 3 of the paper, which the code calls "Noam" after one of the authors:
#
# $$ \text{rate} = d^{-0.5} \cdot \min(\text{step}^{-0.5},\; \text{step} \cdot \text{warmup}^{-1.5}). $$
#
# Up in a straight line for 4,000 steps, then down with the root of the step. The two branches meet at step = warmup,
# where the rate is $(d \cdot \text{warmup})^{-0.5}$.

# %%
display(show(noam))
steps = range(0, 40_001, 100)
fig, (axis,) = figure()
curves = {
    f"d = {d}, warm-up {w:,}": (steps, [1000 * noam(s, d, w) for s in steps])
    for d, w in ((512, 4000), (512, 8000), (1024, 4000))
}
lines(
    axis,
    curves,
    x="step",
    y="learning rate (thousandths)",
    title="wider models and longer warm-ups have lower peaks",
)
axis.get_lines()[1].set(linestyle="--", zorder=3)  # from step 8,000 it lies on the first
peak = noam(4000, 512)
print(f"peak of the base model: {peak:.2e} at step 4,000")
assert math.isclose(peak, (512 * 4000) ** -0.5)
assert max(range(1, 9000), key=lambda s: noam(s, 512)) == 4000

# %% [markdown]
# The two curves of $d = 512$ are one behind step 8,000: there the warm-up is forgotten. Before you move the dial: halve
# the warm-up. How much higher is the peak? (By the factor $\sqrt 2$, and it comes in half the time.)

# %%


def rate_at(warmup):
    rates = {
        f"step {s:,}": 1000 * noam(s, 512, int(warmup)) for s in (100, 1000, 4000, 16_000, 100_000)
    }
    peak = f"peak {1000 * noam(int(warmup), 512, int(warmup)):.2f} thousandths"
    return " · ".join(
        [f"{peak} at step {int(warmup):,}", *(f"{k}: {v:.2f}" for k, v in rates.items())]
    )


display(dial(rate_at, [500, 1000, 2000, 4000, 8000, 16_000], start=4000, label="warm-up"))

# %% [markdown]
# Our run is too short for the second half of that curve: 300 steps with a warm-up of 50 would end at $\sqrt{50/300} =
# 41$ % of the peak. So we go up for 50 steps as the paper does, and then down by half a cosine (lesson 05), which ends
# at 2 %.
#
# *Is the warm-up needed?* Adam divides the size of the gradient away: its first step moves every weight that has a
# gradient by the full rate, however small that gradient is (lesson 05). And all it knows of the direction comes from
# one noisy batch. Small first steps make less of such steps. (Xiong et al. 2020 give another reason: in a post-norm
# model the first gradients near the output are large, lesson 09. That is an argument about size, and with Adam, which
# divides by it, it cannot be the whole story.) **Predict:** our three seeds against the same three without it,
# everything else equal, for their first 80 steps. Where is the loss then? And with a third of the peak rate, without
# and with it?

# %%


def first_steps(seed, **how):
    """The loss of each of the first 80 steps."""
    kept = []
    trained(seed, until=80, watch=lambda model, step: kept.append(step.loss), **how)
    return kept


def ends(curve):
    """Mean loss of steps 61 to 80."""
    return sum(curve[60:80]) / 20


cold = {seed: first_steps(seed, warmup=0) for seed in losses}
low = [first_steps(0, peak=2e-3), first_steps(0, peak=2e-3, warmup=0)]
rows = [[f"0.006, seed {s}", f"~{ends(losses[s]):.2f}", f"~{ends(cold[s]):.2f}"] for s in losses]
rows.append(["0.002, seed 0", *(f"~{ends(curve):.2f}" for curve in low)])
display(table(["loss of steps 61 to 80 (nats), peak", "50 steps of warm-up", "none"], rows))
assert all(ends(cold[seed]) > ends(losses[seed]) + 0.1 for seed in losses)
assert ends(low[0]) > ends(low[1]) + 0.1
assert ends(low[1]) > ends(losses[0]) + 0.1

# %%


def smooth(curve, n=10):
    """Steps and running means over n of them."""
    return range(n, len(curve) + 1), [sum(curve[i - n : i]) / n for i in range(n, len(curve) + 1)]


fig, (axis,) = figure()
curves = {f"warm-up, seed {s}": smooth(losses[s][:80]) for s in losses}
curves |= {f"none, seed {s}": smooth(cold[s]) for s in cold}
lines(
    axis,
    curves,
    x="step",
    y="loss (nats per target, smoothed labels)",
    title="peak 0.006: without a warm-up the loss begins lower, then lags",
)
for i, line in enumerate(axis.get_lines()):
    line.set(color=PALETTE[i // 3], linestyle=("-", "--", ":")[i % 3])
legend = axis.legend(frameon=False, fontsize=9)

# %% [markdown]
# **What to see.** At this peak the loss without the warm-up is higher after 80 steps, in each of three seeds. It begins
# lower: it has made large steps where the other has made small ones. At a third of the peak (one seed here) it is the
# other way round: there the small first steps only cost time. But both of those runs are behind the warmed-up one at
# 0.006. **What a warm-up buys is a higher peak.** And it is no cure-all: the sixteen narrow blocks of [lesson
# 09](09_norms_and_blocks.ipynb) were not saved by one.

# %% [markdown]
# ## Step 10 · Greedy and beam search
#
# *The likeliest word each time: is that the likeliest sentence?* No. A tiny language with two beginnings:

# %%
from llm101.generate import beam_search
from llm101.generate.beam import wu


class Table:
    """A language model that looks up the next word's probabilities by the last word."""

    # These two, new_caches and train are only what beam_search asks of a model.
    training, max_len = False, None

    def __init__(self, p):
        self.log_p = torch.tensor(p).log()

    def new_caches(self):
        return []

    def train(self, mode=True):
        return self

    def __call__(self, ids, *, mask=None, caches=None):
        return self.log_p[ids]


#                  <s>   a    b    x    y   </s>
toy = Table([[0.0, 0.6, 0.4, 0.0, 0.0, 0.0],   # <s>
             [0.0, 0.0, 0.0, 0.55, 0.45, 0.0],  # a: two ways to go on
             [0.0, 0.0, 0.0, 0.9, 0.1, 0.0],   # b: nearly sure
             [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
             [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
             [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]])  # fmt: skip
start = torch.tensor([[0]])
for n in (1, 2):
    found = beam_search(toy, start, 3, n, length_penalty=0.0, stop=5)
    text = " ".join(["<s>", "a", "b", "x", "y", "</s>"][i] for i in found.ids[0, 0].tolist())
    print(f"{n} beam{'s' * (n > 1)}: {text}, probability {found.scores[0, 0].exp():.2f}")
assert beam_search(toy, start, 3, 2, length_penalty=0.0, stop=5).ids[0, 0].tolist() == [0, 2, 3, 5]

# %% [markdown]
# Greedy takes `a` (0.6) and ends with 0.6 · 0.55 = 0.33; `b x` has 0.4 · 0.9 = 0.36. A **beam** of $n$ keeps the $n$
# best beginnings, so it can take a first word back. It still promises nothing: the best sentence may hide behind a
# beginning that fell out of the beam.
#
# **The length penalty.** Every further word multiplies the probability by a number below 1, so the likeliest sentence
# tends to be *short*. Wu et al. (2016) therefore divide the log-probability by $((5 + m)/6)^\alpha$ for $m$ words,
# `</s>` counted in; the Transformer takes $n = 4$ beams and $\alpha = 0.6$. Two candidates with log-probabilities -4.0
# (5 words) and -4.6 (9 words):

# %%


def compare(alpha):
    short, long = -4.0 / wu(5, alpha), -4.6 / wu(9, alpha)
    return (
        f"short {short:.2f} · long {long:.2f} · <b>{'short' if short > long else 'long'} wins</b>"
    )


display(dial(compare, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], start=0.6, label="α"))
for alpha in (0.0, 0.6, 1.0):
    print(f"α = {alpha}: short {-4.0 / wu(5, alpha):.2f}, long {-4.6 / wu(9, alpha):.2f}")
assert -4.0 / wu(5, 0.0) > -4.6 / wu(9, 0.0)
assert -4.0 / wu(5, 0.6) < -4.6 / wu(9, 0.6)

# %% [markdown]
# **Predict:** our good model is right nearly always. Where could a beam of four help more, with the good model or with
# a half-trained one? (We take $\alpha = 0$, so that likelier is exactly what the beam looks for.)

# %%


def beam_translate(model, some, n=4, alpha=0.6):
    """The best translation of each that beam search finds."""
    source, _ = batch(some)
    given = model.given(source, source_mask=source != PAD)
    start = torch.full((len(source), 1), START)
    found = beam_search(given, start, 24, n, length_penalty=partial(wu, alpha=alpha), stop=END)
    return [words(ids) for ids in found.ids[:, 0].tolist()]


@torch.no_grad()
def log_probability(model, some, translations):
    """Of each translation with its </s>, in nats: (b)."""
    source, target = batch(
        [pair._replace(chinese=found) for pair, found in zip(some, translations)]
    )
    log_p = model(source, target[:, :-1], source_mask=source != PAD).log_softmax(-1)
    picked = log_p.gather(-1, target[:, 1:, None])[..., 0]
    return picked.masked_fill(target[:, 1:] == PAD, 0).sum(1)


rows, some = [], test[:200]
for name, one in stages.items():
    plain, beams = translate(one, [p.english for p in some]), beam_translate(one, some, alpha=0.0)
    gain = log_probability(one, some, beams) - log_probability(one, some, plain)
    before, after = (
        torch.tensor([f == p.chinese for f, p in zip(found, some)]) for found in (plain, beams)
    )
    likelier = gain > 1e-3
    counts = [likelier, likelier & ~before & after, likelier & before & ~after, gain < -1e-3]
    n_likelier, n_mended, n_spoilt, n_less = (int(which.sum()) for which in counts)
    shares = (f"~{100 * which.float().mean():.1f} %" for which in (before, after))
    rows.append([name, *shares, *(f"~{n}" for n in (n_likelier, n_mended, n_spoilt, n_less))])
    assert gain.mean() > -1e-3
    assert n_mended < n_likelier / 2 or n_likelier < 30
heads = ["greedy right", "beam right", "likelier", "became right", "became wrong", "less likely"]
display(table(["model after", *heads], rows))

# %% [markdown]
# **What to see.** The beam finds a likelier sentence where the model is unsure, and now and then a less likely one.
# (The greedy sentence can fall out of the beam. "Beam search is always at least as good" is not a theorem.) But
# **likelier is mostly not right**: of the sentences that the beam makes likelier for the model of 120 steps, most were
# wrong and stay wrong; some become right, and some that were right become wrong. What a model has wrong, it has wrong
# as a model, and a better search mends little of that. With the good model greedy search does as well, and reads one
# beginning where the beam reads four.

# %% [markdown]
# ## Step 11 · BLEU
#
# *How good is a translation that is not exactly right?* BLEU (Papineni et al. 2002) counts the runs of one to four
# words that it shares with the reference, each at most as often as the reference has it. The **precision** $p_n$ is the
# share of the translation's runs of $n$ words that are such. Few but safe words would have a high precision, so a
# translation of $c$ words that is shorter than its reference of $r$ words is punished:
#
# $$ \text{BLEU} = \min\bigl(1, e^{1 - r/c}\bigr) \cdot (p_1 p_2 p_3 p_4)^{1/4}. $$

# %%
from llm101.evaluate import bleu

hypothesis, reference = (
    ["the", "cat", "sat", "on", "the", "mat"],
    ["the", "cat", "sat", "on", "a", "mat"],
)
parts = bleu([hypothesis], [[reference]])
print("precisions:", *(f"{p:.1f} %" for p in parts.precisions), f"· BLEU {parts.score:.1f}")
assert parts.precisions == tuple(100 * p for p in (5 / 6, 3 / 5, 2 / 4, 1 / 3))
assert math.isclose(parts.score, 100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
short = bleu([reference[:5]], [[reference]])
print(f"five words of six, all right: brevity {short.brevity_penalty:.3f}, BLEU {short.score:.1f}")
assert math.isclose(short.score, 100 * math.exp(1 - 6 / 5))
show(bleu)

# %% [markdown]
# One wrong word of six: BLEU 53.7. Counts are summed over **all** sentences before anything is divided, so the BLEU of
# a test set is not the mean of its sentences' BLEUs. And it depends on how the text is cut into tokens: compare only
# numbers with the same tokenization (Post 2018; the tool `sacreBLEU` fixes it).

# %%
rows = []
for name, one in stages.items():
    found = translate(one, [p.english for p in some])
    score = bleu(found, [[p.chinese] for p in some]).score
    rows.append([name, score, 100 * sum(f == p.chinese for f, p in zip(found, some)) / len(some)])
display(
    table(
        ["model after", "BLEU", "sentences right (%)"],
        [[r[0], f"~{r[1]:.1f}", f"~{r[2]:.1f}"] for r in rows],
    )
)
assert all(score >= exact - 1e-9 for _, score, exact in rows)

# %% [markdown]
# **What to see.** BLEU is kinder than exact match, and says nothing about *which* words are wrong: a lost `没有` (did
# not) is counted like any other word.

# %% [markdown]
# ## Step 12 · What we claim
#
# | claim | published | measured here | holds here? |
# |---|---|---|---|
# | base has 65M, big 213M parameters | table 3 | 63,045,632 and 214,171,648 with 37,000 tokens | to 3 % and 0.6 % |
# | translates new sentences | 27.3 BLEU (base), 28.4 (big), English-German | over 95 % exactly right in 3 of 3 seeds, on a grammar of 304 words | the mechanism, not the number |
# | the rate goes up first, for 4,000 steps | section 5.3, not compared | without the warm-up a higher loss after 80 steps, in 3 of 3 seeds; at a third of the peak a lower one (1 seed) | yes, at this peak |
# | smoothing hurts perplexity | section 5.4 | in 3 of 3 seeds | yes |
# | smoothing improves accuracy and BLEU | section 5.4 | words right in step 8: not more; BLEU not measured | not confirmed at this size |
# | beam search with 4 beams finds likelier texts | used in section 6.1, not compared | likelier in many, less likely in hardly any sentences of the half-trained model | yes |
# | and better ones | not compared | a few more of 200 right with the half-trained model, none with the good one | hardly, here |

# %% [markdown]
# ## What goes wrong in practice
#
# **The target is not shifted.** If the decoder reads the word that it has to say, it learns to copy: the training loss
# falls close to 0 within sixty steps, and the model can translate nothing.

# %%
copying = transformer(FEW, generator=torch.Generator().manual_seed(0))
optimizer = torch.optim.Adam(copying.parameters(), lr=3e-3)
for i in range(60):
    src, tgt = batches[(37 * i) % len(batches)]
    logits = copying(src, tgt[:, 1:], source_mask=src != PAD)  # should be tgt[:, :-1]
    cost = F.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten(), ignore_index=PAD)
    optimizer.zero_grad()
    cost.backward()
    optimizer.step()
share = exact_match(copying.eval(), test[:50])
print(f"training loss ~{cost.item():.2f}, sentences right: {100 * share:.0f} %")
assert cost.item() < 1.0
assert share == 0

# %% [markdown]
# **The padding is not masked.** Then a translation depends on the longest sentence in its batch. Our model, which was
# trained with the mask, judged without:

# %%
source, _ = batch(test[:100])
given, start = model.given(source), torch.full((100, 1), START)
sloppy = [words(ids) for ids in generate(given, start, 24, temperature=0, stop=END).tolist()]
share = sum(f == p.chinese for f, p in zip(sloppy, test)) / 100
print(f"exactly right without the mask: ~{100 * share:.0f} %")
assert share < right - 0.05

# %% [markdown]
# ## Check yourself

# %% tags=["hide-input"]
display(quiz("Where do keys and values of the cross-attention come from?", [
    ("From the decoder's masked self-attention", False, "The queries come from there."),
    ("From the last encoder layer, in every decoder layer", True, "The memory is computed once; each decoder layer projects it with its own matrices."),
    ("From the encoder layer of the same number", False, "A natural guess, and not the paper's: all decoder layers look at the last encoder layer."),
]))  # fmt: skip
display(quiz("Which norm does the Transformer of 2017 use, and where?", [
    ("Batch norm, before each sub-layer", False, "A common error: it is layer norm."),
    ("Layer norm, before each sub-layer", False, "That is pre-norm, which came later (GPT-2)."),
    ("Layer norm, after adding the sub-layer's output", True, "LayerNorm(x + Sublayer(x))."),
]))  # fmt: skip
display(quiz("A decoder layer has how many parameters more than an encoder layer?", [
    ("An attention and a norm", True, "4d² + 2d: the cross-attention and its norm."),
    ("None: only the mask differs", False, "The mask differs too, but it has no parameters."),
    ("Twice as many", False, "12d² against 16d², about a third more."),
]))  # fmt: skip
display(quiz("Training loss near 0.05 after fifty steps, and translations are nonsense. What do you suspect?", [
    ("The learning rate is too low", False, "Then the loss would not be low."),
    ("The decoder reads the word that it should predict", True, "The target was not shifted: copying is easy, and there is nothing to copy at translation time."),
    ("The vocabulary is too small", False, "Then words would be missing, not all order."),
]))  # fmt: skip

# %% [markdown]
# <details><summary><b>Which embeddings does the Transformer use? Why positions, and how are they made?</b></summary>
#
# Learnt token embeddings, shared by encoder, decoder and output and multiplied by √d, plus fixed sinusoids.
# Self-attention is permutation-equivariant: without positions word order cannot be seen. $PE(p, 2i) =
# \sin(p/10000^{2i/d})$, $PE(p, 2i+1) = \cos$ of the same; a shift turns each pair by a fixed angle.
# </details>
#
# <details><summary><b>How does the paper handle variable-length input?</b></summary>
#
# No weight belongs to a place, so any length works; sentences of similar length share a batch, are padded, and the
# padding is masked in attention and left out of the loss. Sinusoids exist for every place.
# </details>
#
# <details><summary><b>What is the architecture?</b></summary>
#
# Encoder: 6 layers of self-attention and feed-forward. Decoder: 6 layers of masked self-attention, cross-attention,
# feed-forward. Each sub-layer is LayerNorm(x + Sublayer(x)), dropout 0.1. Base: d = 512, feed-forward 2,048, 8 heads of
# 64, 65M parameters (63.0M counted). Then the table, used backwards, and softmax.
# </details>
#
# <details><summary><b>What is self-attention, and its formula? Why three projections? Could K and Q share one? Why divide by √d_k?</b></summary>
#
# Each place makes a query, a key and a value from its own vector and receives a weighted mean of all values:
# $\text{softmax}(QK^\top/\sqrt{d_k})V$ with $Q = XW_Q$, $K = XW_K$, $V = XW_V$. Asking, being found and what is
# delivered are different roles. With $W_Q = W_K$ the scores are symmetric and each token tends to find itself; it works
# as a constrained model (Reformer). Independent q and k of unit variance have a dot product of variance $d_k$; the
# division keeps the softmax out of saturation. All of it is measured in [lesson 07](07_attention.ipynb).
# </details>
#
# <details><summary><b>What is multi-head attention, why, and why lower the dimension?</b></summary>
#
# h attentions side by side on projections of width d/h, joined and mixed by $W_O$. Heads can look at different places
# at once, which one softmax mean cannot; with d/h the parameters ($4d^2$) and the cost do not depend on h ([lesson
# 07](07_attention.ipynb)).
# </details>
#
# <details><summary><b>What is the attention mask for?</b></summary>
#
# It forbids places, before the softmax: padding, the future (so that all next-word losses train in parallel), and in
# other models prefixes or windows.
# </details>
#
# <details><summary><b>How do encoder and decoder differ?</b></summary>
#
# The encoder sees all the input, both ways. The decoder's self-attention is causal, it has cross-attention besides (4d² + 2d more parameters a layer), ends in the softmax over the vocabulary, and when translating runs a word at a time.
# </details>
#
# <details><summary><b>In translation, how does the encoder's output get into the decoder and the error?</b></summary>
#
# The memory H is computed once; in every decoder layer Q comes from the decoder and $K = HW_K$, $V = HW_V$. With
# teacher forcing the decoder reads the target shifted right; the logits at t are compared with word t by smoothed
# cross-entropy, a mean over all words that are not padding, and the gradient flows through the cross-attention into the
# encoder.
# </details>
#
# <details><summary><b>Why does the paper use batch norm rather than layer norm?</b></summary>
#
# It does not; the premise is false (step 4).
# </details>

# %% [markdown]
# ## Exercises
#
# Seven exercises and a written answer, from the shift of the target to beam search and BLEU, wait in
# [your copy](../work/10_transformer/transformer.ipynb) (made by `python run.py`; the original is in
# [exercises/](../exercises/10_transformer/transformer.ipynb)).
#
# ## Further reading
#
# - Vaswani et al. 2017, *Attention Is All You Need*, [arXiv:1706.03762](https://arxiv.org/abs/1706.03762); Rush 2018,
#   *The Annotated Transformer*
# - Sutskever, Vinyals, Le 2014, *Sequence to Sequence Learning with Neural Networks*,
#   [arXiv:1409.3215](https://arxiv.org/abs/1409.3215); Bahdanau, Cho, Bengio 2014,
#   [arXiv:1409.0473](https://arxiv.org/abs/1409.0473)
# - Wu et al. 2016, *Google's Neural Machine Translation System* (length penalty),
#   [arXiv:1609.08144](https://arxiv.org/abs/1609.08144)
# - Szegedy et al. 2016, [arXiv:1512.00567](https://arxiv.org/abs/1512.00567) (label smoothing); Press, Wolf 2016,
#   [arXiv:1608.05859](https://arxiv.org/abs/1608.05859) (shared table)
# - Bengio et al. 2015, *Scheduled Sampling*, [arXiv:1506.03099](https://arxiv.org/abs/1506.03099); Xiong et al. 2020,
#   *On Layer Normalization in the Transformer Architecture*, [arXiv:2002.04745](https://arxiv.org/abs/2002.04745)
# - Papineni et al. 2002, *BLEU*, ACL 2002; Post 2018, *A Call for Clarity in Reporting BLEU Scores*,
#   [arXiv:1804.08771](https://arxiv.org/abs/1804.08771)
#
# ## What you can now read in the package
#
# [`models/transformer.py`](../llm101/models/transformer.py) · [`models/assemblies.py`](../llm101/models/assemblies.py)
# · [`nn/cross.py`](../llm101/nn/cross.py) · [`generate/beam.py`](../llm101/generate/beam.py) ·
# [`evaluate/bleu.py`](../llm101/evaluate/bleu.py) · [`corpora/translation.py`](../llm101/corpora/translation.py) ·
# [`optim/schedules.py`](../llm101/optim/schedules.py). Next: **lesson 11, BERT**: the encoder alone, and what it can
# learn from text without labels.
