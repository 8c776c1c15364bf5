"""Generation on a model whose every word is known, and on a real one."""

from functools import partial

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from llm101.generate import beam_search, extend, generate, greedy, left_pad
from llm101.models import GPT2Config, LlamaConfig, gpt2, llama

V = 11


class Counter(torch.nn.Module):
    """After n comes n + 1 (mod 11), with probability 3/4; n + 2 otherwise. It writes down what it was asked."""

    max_len = 29

    def __init__(self):
        super().__init__()
        self.asked = []

    def new_caches(self):
        return []

    def forward(self, ids, *, mask=None, caches=None):
        self.asked.append((tuple(ids.shape), self.training))
        logits = torch.full((*ids.shape, V), -torch.inf)
        logits.scatter_(-1, (ids[..., None] + 2) % V, torch.tensor(0.25).log().item())
        return logits.scatter(-1, (ids[..., None] + 1) % V, torch.tensor(0.75).log().item())


def test_greedy_takes_the_likeliest_and_runs_only_what_is_new():
    model = Counter()
    out = generate(model, torch.tensor([[3, 4], [8, 9]]), 4, temperature=0)
    assert out.tolist() == [[3, 4, 5, 6, 7, 8], [8, 9, 10, 0, 1, 2]]
    assert [shape for shape, _ in model.asked] == [(2, 2), (2, 1), (2, 1), (2, 1)]


def test_sampling_follows_the_model_the_temperature_and_the_rules():
    ids, n = torch.zeros(5000, 1, dtype=torch.int64), 5000

    def share_of_one(**rules):
        out = generate(Counter(), ids, 1, generator=torch.Generator().manual_seed(0), **rules)
        assert set(out[:, 1].tolist()) <= {1, 2}
        return (out[:, 1] == 1).sum().item() / n

    assert share_of_one() == pytest.approx(0.75, abs=0.02)
    assert share_of_one(temperature=0.5) == pytest.approx(0.9, abs=0.015)  # 9 : 1
    assert share_of_one(temperature=3) == pytest.approx(3 ** (1 / 3) / (1 + 3 ** (1 / 3)), abs=0.025)
    assert share_of_one(top_k=1) == share_of_one(top_p=0.7) == 1
    assert share_of_one(top_p=0.8) < 1


def test_rows_stop_on_their_own_and_all_stopped_is_the_end():
    model = Counter()
    out = generate(model, torch.tensor([[0], [4], [6]]), 20, temperature=0, stop=7)
    assert out.tolist() == [[0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7, 7, 7, 7, 7], [6, 7, 7, 7, 7, 7, 7, 7]]
    assert len(model.asked) == 7
    out = generate(model, torch.tensor([[0], [6]]), 9, temperature=0, stop=[9, 2])
    assert out.tolist() == [[0, 1, 2, 2], [6, 7, 8, 9]]
    assert generate(model, torch.tensor([[7]]), 2, temperature=0, stop=7).tolist() == [[7, 8, 9]]  # a prompt may end so


def test_stop_token_zero_is_a_token():
    assert generate(Counter(), torch.tensor([[9]]), 9, temperature=0, stop=0).tolist() == [[9, 10, 0]]


def test_the_mode_is_restored_even_after_an_error():
    model = Counter().train()
    generate(model, torch.tensor([[1]]), 2)
    assert [training for _, training in model.asked] == [False, False]
    assert model.training

    def fails(logits, ids):
        raise KeyError("no")

    with pytest.raises(KeyError):
        extend(model, torch.tensor([[1]]), 2, fails)
    assert model.training


@pytest.fixture
def tiny():
    torch.manual_seed(0)
    model = gpt2(GPT2Config(vocab_size=V, max_len=23, d_model=12, n_layers=2, n_heads=3, init_std=0.6, dropout=0.5))
    return model.double()


def without_cache(model, ids, n):
    for _ in range(n):
        ids = torch.cat([ids, model(ids)[:, -1:].argmax(-1)], dim=1)
    return ids


def test_cached_equals_the_naive_loop_and_a_filled_prefix_too(tiny):
    ids = torch.randint(V, (3, 4))
    tiny.eval()
    expected = without_cache(tiny, ids, 19)
    assert torch.equal(generate(tiny.train(), ids, 19, temperature=0), expected)
    tiny.eval()
    prefix = tiny.new_caches()
    tiny(ids[:1, :2], caches=prefix)
    shared = torch.cat([ids[:1, :2].expand(3, -1), ids[:, 2:]], dim=1)
    for _ in range(2):  # the prefix is not used up
        out = extend(tiny, ids[:, 2:], 7, greedy, caches=prefix)
        assert torch.equal(out[:, 2:], without_cache(tiny, shared, 7)[:, 4:])


def test_a_padded_batch_equals_its_rows_alone(tiny):
    tiny.eval()
    prompts = [[1, 2, 3, 4, 5], [6], [7, 8, 9]]
    ids, keep = left_pad(prompts, pad=10)
    out = extend(tiny, ids, 9, greedy, keep=keep)
    for row, prompt in zip(out, prompts, strict=True):
        assert torch.equal(row[5:], without_cache(tiny, torch.tensor([prompt]), 9)[0, len(prompt) :])


def test_padding_is_no_word_to_the_pick(tiny):
    """The pad's id may be a word; it must not be punished as a repeat."""
    seen = []

    def pick(logits, ids):
        seen.append(ids.tolist())
        return logits.argmax(-1)

    ids, keep = left_pad([[1, 2, 3], [4]], pad=8)
    out = extend(tiny, ids, 2, pick, keep=keep)
    assert seen == [[[1, 2, 3], [-1, -1, 4]], [out[0, :4].tolist(), [-1, -1, *out[1, 2:4].tolist()]]]
    assert out[1, :2].tolist() == [8, 8]
    free = [
        generate(tiny, ids, 12, temperature=0, repetition_penalty=3.0, keep=keep) for ids in (ids, ids.clamp(max=5))
    ]
    assert torch.equal(free[0][:, 3:], free[1][:, 3:])


def test_a_filled_prefix_and_padding_together(tiny):
    tiny.eval()
    prefix = tiny.new_caches()
    tiny(torch.tensor([[9, 10, 9]]), caches=prefix)
    ids, keep = left_pad([[1, 2, 3, 4], [6]], pad=7)
    keep = torch.cat([torch.ones(2, 3, dtype=torch.bool), keep], dim=1)
    out = extend(tiny, ids, 9, greedy, keep=keep, caches=prefix)
    for row, prompt in zip(out, [[1, 2, 3, 4], [6]], strict=True):
        whole = without_cache(tiny, torch.tensor([[9, 10, 9, *prompt]]), 9)[0]
        assert torch.equal(row[4:], whole[3 + len(prompt) :])


def test_what_a_pick_keeps_can_be_trained_on(tiny):
    kept = []

    def pick(logits, ids):
        kept.append((logits, logits.log_softmax(-1)))
        return greedy(logits, ids)

    extend(tiny, torch.tensor([[1, 2]]), 3, pick)
    weight = torch.ones((), dtype=torch.float64, requires_grad=True)
    sum((a * weight + b * weight).exp().sum() for a, b in kept).backward()
    assert weight.grad.isfinite()


@pytest.mark.parametrize("family", [gpt2, llama])
def test_a_token_late_in_the_text_costs_what_an_early_one_costs(family):
    """Numbers that go into or come out of matrix products with weights, and numbers copied, per step."""
    if family is gpt2:
        model = gpt2(GPT2Config(vocab_size=V, max_len=601, d_model=12, n_layers=2, n_heads=3))
    else:
        model = llama(LlamaConfig(vocab_size=V, d_model=12, n_layers=2, n_heads=3, d_ff=13))

    def work(n):
        with Count() as count:
            generate(model, torch.tensor([[1, 2, 3]]), n, generator=torch.Generator().manual_seed(0))
        return count.products, count.copied

    (products, copied), (later_products, later_copied) = work(150), work(600 - 3)
    assert later_products / 597 == pytest.approx(products / 150, rel=0.05)
    assert later_copied / 597 < 1.5 * copied / 150  # with torch.cat it would be nearly four times as much


class Count(TorchDispatchMode):
    """Counts the outputs of products with weights, and of operations that only move numbers."""

    def __init__(self):
        super().__init__()
        self.products = self.copied = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out, name = func(*args, **kwargs or {}), func.overloadpacket.__name__
        if name in ("addmm", "mm"):
            self.products += out.numel()
        elif name in ("cat", "copy_", "clone", "index_select"):
            self.copied += out.numel()
        return out


def test_inference_mode_only_where_nobody_else_keeps_what_the_model_makes(monkeypatch):
    modes = []

    class Spy(Counter):
        def forward(self, *args, **more):
            modes.append((torch.is_inference_mode_enabled(), torch.is_grad_enabled()))
            return super().forward(*args, **more)

    generate(Spy(), torch.tensor([[1]]), 1)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)  # FSDP
    generate(Spy(), torch.tensor([[1]]), 1)
    assert modes == [(True, False), (False, False)]


def test_its_ids_can_be_trained_on(tiny):
    out = generate(tiny, torch.tensor([[1, 2]]), 5)
    tiny(out).sum().backward()
    assert out.dtype == torch.int64
    assert tiny.embed.tokens.weight.grad is not None


def test_nothing_to_do():
    assert generate(Counter(), torch.tensor([[1, 2]]), 0).tolist() == [[1, 2]]


def test_left_pad():
    ids, keep = left_pad([[5, 6, 7], [8]], pad=9)
    assert ids.tolist() == [[5, 6, 7], [9, 9, 8]]
    assert keep.tolist() == [[True, True, True], [False, False, True]]


def test_bad_calls_are_explained(tiny):
    with pytest.raises(ValueError, match=r"20 \+ 4 new tokens do not fit the context of 23; ask for at most 3"):
        generate(tiny, torch.ones(1, 20, dtype=torch.int64), 4)
    prefix = tiny.new_caches()
    tiny(torch.ones(1, 5, dtype=torch.int64), caches=prefix)
    with pytest.raises(ValueError, match=r"20 \+ 4 new tokens do not fit the context of 23"):
        extend(tiny, torch.ones(1, 15, dtype=torch.int64), 4, greedy, caches=prefix)
    for wrong, what in [
        (torch.tensor([1, 2]), r"\(2,\) torch.int64"), (torch.tensor(1), r"\(\) torch.int64"),
        (torch.ones(2, 0).long(), r"\(2, 0\) torch.int64"), (torch.ones(0, 2).long(), r"\(0, 2\) torch.int64"),
        (torch.ones(1, 2), r"\(1, 2\) torch.float32"), ([[1, 2]], "a list"),
    ]:  # fmt: skip
        for search in (generate, partial(beam_search, n_beams=2)):
            with pytest.raises(ValueError, match=rf"integers of shape \(b t\) with at least one token; got {what}"):
                search(tiny, wrong, max_new_tokens=1)
    with pytest.raises(ValueError, match="max_new_tokens must be at least 0; got -1"):
        generate(tiny, torch.tensor([[1]]), -1)
    with pytest.raises(ValueError, match=r"temperature must be a finite number in \[0, inf\]; got -0.5"):
        generate(tiny, torch.tensor([[1]]), 1, temperature=-0.5)
    keep = torch.tensor([[True, True], [True, False]])
    with pytest.raises(ValueError, match="row 1 ends in padding; pad on the left"):
        extend(tiny, torch.ones(2, 2, dtype=torch.int64), 1, greedy, keep=keep)
    with pytest.raises(ValueError, match=r"at least one token; got 3 prompts, empty: \[1\]"):
        left_pad([[1], [], [2]])
    with pytest.raises(ValueError, match=r"got 0 prompts, empty: \[\]"):
        left_pad([])
    for wrong, what in ((torch.ones(2, 3), r"\(2, 3\) torch.float32"), (keep, r"\(2, 2\) torch.bool")):
        with pytest.raises(ValueError, match=rf"keep must be bool of shape \(b s\) = \(2, 3\), .*; got {what}"):
            generate(tiny, torch.ones(2, 3, dtype=torch.int64), 1, keep=wrong)
    with pytest.raises(ValueError, match="stop must be at least 0; got -1"):
        generate(tiny, torch.tensor([[1]]), 1, stop=-1)
    with pytest.raises(TypeError, match=r"stop must be an integer; got '.'"):
        generate(tiny, torch.tensor([[1]]), 1, stop=".")
