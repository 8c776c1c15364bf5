"""Beam search on chains whose every text can be written down, and on real models."""

import itertools
import math
from functools import partial

import pytest
import torch

from llm101.generate import beam_search, generate, left_pad
from llm101.generate.beam import by_power, wu
from llm101.models import GPT2Config, TransformerConfig, gpt2, transformer

V = 5


class Chain(torch.nn.Module):
    """The next token depends on the last one only, by a table of log-probabilities. It writes down what it was asked."""

    max_len = 29

    def __init__(self, seed=0, table=None):
        super().__init__()
        random = torch.randn(V, V, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 1.5
        self.table = (random if table is None else torch.tensor(table, dtype=torch.float64).log()).log_softmax(-1)
        self.asked = []

    def new_caches(self):
        return []

    def forward(self, ids, *, mask=None, caches=None):
        self.asked.append((tuple(ids.shape), self.training))
        return self.table[ids]


def every_text(chain, start, n, stop):
    """All continuations of n tokens, or shorter ones that end in stop: {text: log-probability}."""
    texts = {}
    for words in itertools.product(range(V), repeat=n):
        text = words[: words.index(stop) + 1] if stop in words else words
        texts[text] = sum(float(chain.table[a, b]) for a, b in itertools.pairwise((start, *text)))
    return texts


def written(row, n_prompt, stop):
    """What stands behind the prompt, up to the first stop."""
    words = row[n_prompt:].tolist()
    return tuple(words[: words.index(stop) + 1] if stop in words else words)


@pytest.mark.parametrize("alpha", [-0.7, 0.0, 0.6, 1.0, 1.7])
def test_a_beam_wide_enough_finds_the_best_texts_there_are(alpha):
    for seed in range(3):
        chain, n, n_beams = Chain(seed), 4, 120
        truth = every_text(chain, 2, n, stop=3)
        scores = sorted((log_p / len(text) ** alpha for text, log_p in truth.items()), reverse=True)
        found = beam_search(
            chain, torch.tensor([[1, 2]]), n, n_beams, length_penalty=alpha, stop=3, early_stopping="never"
        )
        assert found.scores[0].tolist() == pytest.approx(scores[:n_beams], abs=1e-12)
        texts = [written(row, 2, 3) for row in found.ids[0]]
        assert len(set(texts)) == n_beams
        for text, score in zip(texts, found.scores[0].tolist(), strict=True):
            assert score == pytest.approx(truth[text] / len(text) ** alpha, abs=1e-12)


TRAP = [  # greedy takes 1 (0.6) and is lost among four even chances; the best text of two begins with 2 (0.4)
    [1e-9, 0.6, 0.4, 1e-9, 1e-9], [0.2, 0.2, 0.2, 0.2, 0.2], [1e-9, 1e-9, 1e-9, 1.0, 1e-9],
    [0.2, 0.2, 0.2, 0.2, 0.2], [0.2, 0.2, 0.2, 0.2, 0.2],
]  # fmt: skip


def test_two_beams_take_back_what_greedy_regrets():
    chain, start = Chain(table=TRAP), torch.tensor([[0]])
    assert generate(chain, start, 2, temperature=0)[0, 1] == 1
    found = beam_search(chain, start, 2, 2)
    assert found.ids[0, 0].tolist() == [0, 2, 3]
    assert found.scores[0, 0].item() == pytest.approx(math.log(0.4) / 2, abs=1e-6)
    assert beam_search(chain, start, 2, 1).ids[0, 0, 1] == 1


def waiting(p_stop):
    """0 stops (4) with this probability, else goes to 1, which is followed by itself almost surely."""
    low = 1e-9
    return [[low, 1 - p_stop, low, low, p_stop], [low, 0.98, low, low, 0.02], *[[0.2] * 5] * 3]


@pytest.mark.parametrize(
    ("p_stop", "n_beams", "steps"),
    [   # at its present length the beam is worse; a long text could be better
        (0.51, 1, {True: 1, False: 1, "never": 20}),
        # 4 and 1 4 are finished; 1 1 is already better than the second
        (0.45, 2, {True: 2, False: 20, "never": 20}),
    ],
)  # fmt: skip
def test_when_a_row_is_closed(p_stop, n_beams, steps):
    """The mean over a long text is better than that of the short ones which are finished first: who waits finds it."""
    scores = {}
    for early, n_steps in steps.items():
        chain = Chain(table=waiting(p_stop))
        found = beam_search(chain, torch.tensor([[0]]), 20, n_beams, stop=4, early_stopping=early)
        assert (len(chain.asked), found.ids.shape[-1]) == (n_steps, n_steps + 1)
        scores[n_steps] = found.scores[0, 0].item()
    assert scores[20] == pytest.approx((math.log(1 - p_stop) + 19 * math.log(0.98)) / 20, abs=1e-6)
    assert scores[min(scores)] == pytest.approx(math.log(p_stop), abs=1e-6)
    chain = Chain(table=waiting(p_stop))  # where length earns nothing, waiting does not pay, and "never" knows it
    beam_search(chain, torch.tensor([[0]]), 20, 1, stop=4, early_stopping="never", length_penalty=0.0)
    assert len(chain.asked) == (1 if p_stop > 0.5 else 20)


@pytest.mark.parametrize("early", [False, "never"])
def test_where_short_texts_are_favoured_the_present_length_is_the_kinder(early):
    """4 and 1 4 are finished after two steps, and 1 2 4 is still better than both, though a text of 20 never could be."""
    low = 1e-9
    chain = Chain(
        table=[[low, 0.9, low, low, 0.1], [low, low, 0.6, low, 0.4], [low, low, low, low, 1.0], *[[0.2] * 5] * 2]
    )
    found = beam_search(chain, torch.tensor([[0]]), 20, 2, stop=4, early_stopping=early, length_penalty=-1.0)
    assert written(found.ids[0, 0], 1, 4) == (1, 2, 4)
    assert found.scores[0].tolist() == pytest.approx([3 * math.log(0.54), 2 * math.log(0.36)], abs=1e-6)
    assert len(chain.asked) == 3


@pytest.fixture
def tiny():
    torch.manual_seed(0)
    model = gpt2(GPT2Config(vocab_size=11, max_len=23, d_model=12, n_layers=2, n_heads=3, init_std=0.6, dropout=0.5))
    return model.double()


def test_one_beam_is_greedy(tiny):
    ids, keep = left_pad([[1, 2, 3], [4, 5], [6]], pad=9)
    for stop in (None, 7, [2, 7, 10]):
        expected = generate(tiny, ids, 20, temperature=0, stop=stop, keep=keep)
        assert torch.equal(beam_search(tiny, ids, 20, 1, stop=stop, keep=keep).ids[:, 0], expected)
    assert tiny.training


def test_scores_are_those_of_the_model_and_rows_do_not_see_each_other(tiny):
    tiny.eval()
    prompts = [[1, 2, 3, 8], [4, 5], [6]]
    ids, keep = left_pad(prompts, pad=9)
    for penalty, divisor in ((0.6, partial(by_power, alpha=0.6)), (partial(wu, alpha=0.6),) * 2):
        found = beam_search(tiny, ids, 11, 3, length_penalty=penalty, stop=7, keep=keep)
        assert (found.scores.diff(dim=1) <= 0).all()
        for row, prompt in enumerate(prompts):
            alone = beam_search(tiny, torch.tensor([prompt]), 11, 3, length_penalty=penalty, stop=7)
            assert torch.allclose(alone.scores[0], found.scores[row], atol=1e-11, rtol=0)
            for rank in range(3):
                text = written(found.ids[row, rank], 4, 7)
                assert text == written(alone.ids[0, rank], len(prompt), 7)
                whole = torch.tensor([[*prompt, *text]])
                log_p = tiny(whole).log_softmax(-1)[0, len(prompt) - 1 : -1].gather(-1, whole[0, len(prompt) :, None])
                score = log_p.sum().item() / divisor(len(text))
                assert found.scores[row, rank].item() == pytest.approx(score, abs=1e-11)


def test_the_prompt_is_read_once_and_then_only_what_is_new():
    chain = Chain()
    beam_search(chain.train(), torch.tensor([[1, 2, 0], [3, 4, 0]]), 4, 3)
    assert chain.asked == [((2, 3), False), *[((6, 1), False)] * 3]
    assert chain.training


def test_more_beams_than_texts():
    """After one token there are only five texts; the other places stay empty, and are not continued."""
    found = beam_search(Chain(), torch.tensor([[2]]), 1, 7)
    assert found.scores.isfinite().sum() == 5
    assert set(found.ids[0, :5, 1].tolist()) == set(range(5))
    found = beam_search(Chain(), torch.tensor([[2]]), 2, 7)
    assert len({tuple(row) for row in found.ids[0].tolist()}) == 7
    assert found.scores.isfinite().all()


def test_an_encoder_decoder_with_beams_equals_one_source_at_a_time():
    torch.manual_seed(0)
    model = transformer(TransformerConfig(vocab_size=17, d_model=12, n_layers=2, n_heads=3, d_ff=13)).double().eval()
    source, lengths = torch.randint(1, 17, (3, 7)), (7, 4, 2)
    keep = torch.arange(7) < torch.tensor(lengths)[:, None]
    start = torch.tensor([[5, 2]] * 3)
    found = beam_search(model.given(source, source_mask=keep), start, 9, 4, stop=11)
    for row, n in enumerate(lengths):
        alone = beam_search(model.given(source[row : row + 1, :n]), start[:1], 9, 4, stop=11)
        assert torch.allclose(found.scores[row], alone.scores[0], atol=1e-11, rtol=0)
        assert torch.equal(found.ids[row, :, : alone.ids.shape[-1]], alone.ids[0])
    assert not torch.equal(found.ids[0], found.ids[1])
    with pytest.raises(ValueError, match="multiple of the 3 sources; got 7"):
        model.given(source)(torch.ones(7, 2, dtype=torch.int64))


def test_the_length_penalty_of_the_paper():
    assert [wu(n, 0.6) for n in (1, 7, 13)] == pytest.approx([1.0, 2**0.6, 3**0.6])
    assert [by_power(n, 0.5) for n in (1, 4, 9)] == [1.0, 2.0, 3.0]
    assert wu(9, 0.0) == by_power(9, 0.0) == 1.0


def test_bad_calls_are_explained(tiny):
    ids = torch.ones(2, 3, dtype=torch.int64)
    search = partial(beam_search, tiny, ids)
    with pytest.raises(ValueError, match="n_beams must be at least 1; got 0"):
        search(5, 0)
    with pytest.raises(ValueError, match="max_new_tokens must be at least 1; got 0"):
        search(0, 2)
    with pytest.raises(ValueError, match="early_stopping must be True, False or 'never'; got 'always'"):
        search(5, 2, early_stopping="always")
    with pytest.raises(ValueError, match=r"length_penalty must be a finite number in .*; got nan"):
        search(5, 2, length_penalty=math.nan)
    with pytest.raises(ValueError, match=r"3 \+ 21 new tokens do not fit the context of 23; ask for at most 20"):
        search(21, 2)
    with pytest.raises(ValueError, match="row 1 ends in padding"):
        search(5, 2, keep=torch.tensor([[True] * 3, [True, True, False]]))
