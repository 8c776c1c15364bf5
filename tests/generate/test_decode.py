"""Generation on a model whose every word is known, and on a real one."""

import pytest
import torch

from llm101.generate import extend, generate, left_pad
from llm101.generate.decode import greedy
from llm101.models import GPT2Config, gpt2

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
    for wrong, shape in [
        (torch.tensor([1, 2]), r"\(2,\)"),
        (torch.ones(2, 0).long(), r"\(2, 0\)"),
        (torch.ones(1, 2), "float32"),
    ]:
        with pytest.raises(ValueError, match=rf"integers of shape \(b t\) with at least one token; got .*{shape}"):
            generate(tiny, wrong, 1)
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
