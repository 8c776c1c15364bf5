import math
import random

import pytest
import torch
from torch import nn

from llm101.corpora import analogies
from llm101.lm.word2vec import Settings, Word2Vec, cbow_loss, negative_sampling_loss, skip_gram_loss

B, K, D, W = 5, 3, 7, 4


@pytest.fixture
def vectors():
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)

    return draw


def by_hand(hidden, target, noise):
    """The formula with Python floats, pair by pair."""
    total = 0.0
    for b in range(len(hidden)):
        dot = sum(x * y for x, y in zip(hidden[b].tolist(), target[b].tolist(), strict=True))
        total += math.log1p(math.exp(-dot))
        for k in range(noise.shape[1]):
            dot = sum(x * y for x, y in zip(hidden[b].tolist(), noise[b, k].tolist(), strict=True))
            total += math.log1p(math.exp(dot))
    return total / len(hidden)


def test_the_skip_gram_loss_is_the_formula(vectors):
    centre, neighbour, noise = vectors(B, D), vectors(B, D), vectors(B, K, D)
    assert skip_gram_loss(centre, neighbour, noise).item() == pytest.approx(
        by_hand(centre, neighbour, noise), abs=1e-12
    )


def test_it_is_k_plus_one_logistic_regressions(vectors):
    """Oracle: binary cross-entropy of torch, label 1 for the true word and 0 for noise."""
    centre, neighbour, noise = vectors(B, D), vectors(B, D), vectors(B, K, D)
    scores = torch.cat([(centre * neighbour).sum(1, keepdim=True), (noise @ centre[:, :, None])[..., 0]], dim=1)
    labels = torch.zeros(B, K + 1, dtype=torch.float64)
    labels[:, 0] = 1
    expected = nn.functional.binary_cross_entropy_with_logits(scores, labels, reduction="sum") / B
    assert torch.allclose(skip_gram_loss(centre, neighbour, noise), expected, atol=1e-12)


def test_the_cbow_loss_is_that_of_the_mean(vectors):
    neighbours, centre, noise = vectors(B, W, D), vectors(B, D), vectors(B, K, D)
    keep = torch.tensor([[1, 1, 1, 1], [1, 0, 0, 0], [0, 1, 1, 0], [1, 1, 0, 1], [0, 0, 0, 1]]).bool()
    mean = torch.stack([neighbours[b][keep[b]].mean(0) for b in range(B)])
    assert cbow_loss(neighbours, keep, centre, noise).item() == pytest.approx(by_hand(mean, centre, noise), abs=1e-12)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_gradients_by_finite_differences(vectors, which):
    parts = [vectors(B, D), vectors(B, D), vectors(B, K, D)]
    negative_sampling_loss(*parts).backward()
    gradient, step = parts[which].grad, 1e-5
    with torch.no_grad():
        for place in [(0,) * parts[which].ndim, tuple(n - 1 for n in parts[which].shape)]:
            sides = []
            for sign in (1, -1):
                moved = [part.clone() for part in parts]
                moved[which][place] += sign * step
                sides.append(negative_sampling_loss(*moved).item())
            assert gradient[place].item() == pytest.approx((sides[0] - sides[1]) / (2 * step), abs=1e-8)


def test_padding_has_no_gradient(vectors):
    neighbours, keep = vectors(B, W, D), torch.tensor([[True, False, True, False]] * B)
    cbow_loss(neighbours, keep, vectors(B, D), vectors(B, K, D)).backward()
    assert (neighbours.grad[:, [1, 3]] == 0).all()
    assert (neighbours.grad[:, [0, 2]] != 0).all()


# ---------------------------------------------------------------- the vectors


def test_similarity_and_neighbours_are_cosines():
    model = Word2Vec("abcde", [[3.0, 0, 0], [1, 1, 0], [0, 0, 2], [-2, 0, 0], [5, 0.1, 0]])
    assert model.similarity("a", "b") == pytest.approx(math.sqrt(0.5))
    assert model.similarity("a", "d") == pytest.approx(-1)
    assert [word for word, _ in model.most_similar("a", 9)] == ["e", "b", "c", "d"]
    assert [word for word, _ in model.most_similar("a", 2, without=["e"])] == ["b", "c"]
    near = model.most_similar(torch.tensor([0.0, 0, 1]), 1)
    assert near == [("c", pytest.approx(1.0))]


def test_analogy_by_brute_force():
    generator = torch.Generator().manual_seed(1)
    words = [f"w{i}" for i in range(23)]
    model = Word2Vec(words, torch.randn(23, 5, generator=generator))
    unit = {w: v / v.norm() for w, v in zip(words, model.vectors.double(), strict=True)}
    rng = random.Random(0)
    for _ in range(50):
        a, b, c = rng.sample(words, 3)
        point = unit[b] - unit[a] + unit[c]
        others = [w for w in words if w not in (a, b, c)]
        assert model.analogy(a, b, c)[0][0] == max(others, key=lambda w, p=point: float(unit[w] @ p))


def test_accuracy_counts_first_answers():
    model = Word2Vec(["man", "woman", "king", "queen"], [[0.0, 1], [1, 1], [0, 2], [1, 2]])
    assert model.accuracy([("man", "woman", "king", "queen")]) == 1
    assert model.accuracy([("man", "woman", "king", "queen"), ("man", "king", "woman", "king")]) == 0.5


# ---------------------------------------------------------------- training

SMALL = Settings()


@pytest.fixture(scope="module")
def corpus():
    return analogies.sentences(3000, seed=1)


@pytest.mark.parametrize("method", ["skip-gram", "cbow"])
def test_planted_analogies_are_found_and_chance_is_found_without_context(corpus, method):
    settings = SMALL._replace(epochs=8 if method == "skip-gram" else 24)
    questions = [q[1:] for q in analogies.questions()]
    assert Word2Vec.train(corpus, settings, method=method).accuracy(questions) > 0.9
    assert Word2Vec.train(analogies.shuffled(corpus), settings, method=method).accuracy(questions) < 0.05


def test_a_seed_decides_everything(corpus):
    state = torch.get_rng_state()
    one, same, other = (Word2Vec.train(corpus[:200], SMALL, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(one.vectors, same.vectors)
    assert not torch.equal(one.vectors, other.vectors)
    assert torch.equal(torch.get_rng_state(), state)


def test_every_pass_is_reported(corpus):
    seen = []
    model = Word2Vec.train(corpus[:300], SMALL, on_epoch=lambda n, loss, m: seen.append((n, loss, m)))
    assert [n for n, _, _ in seen] == list(range(9))
    assert math.isnan(seen[0][1])
    assert seen[-1][1] < seen[1][1]
    assert torch.equal(seen[-1][2].vectors, model.vectors)
    assert len({m.vectors[0, 0].item() for _, _, m in seen}) == 9  # snapshots, not views of what goes on changing


def test_wrong_arguments(corpus):
    with pytest.raises(ValueError, match=r"method must be one of skip-gram, cbow; got 'skipgram'.*'skip-gram'"):
        Word2Vec.train(corpus, method="skipgram")
    with pytest.raises(TypeError, match=r"expected a list of tokens; got the string 'the cat'"):
        Word2Vec.train(["the cat"])
    with pytest.raises(ValueError, match=r"at least two words; got 2 sentences, all shorter"):
        Word2Vec.train([["a"], []])
    with pytest.raises(ValueError, match=r"window must be at least 1; got 0"):
        Word2Vec.train(corpus, Settings(window=0))
    with pytest.raises(ValueError, match=r"subsample must be above 0; got 0"):
        Word2Vec.train(corpus, Settings(subsample=0))
    with pytest.raises(ValueError, match=r"one vector for each of the 2 words; got \(3, 2\)"):
        Word2Vec("ab", torch.zeros(3, 2))
    model = Word2Vec(["king", "queen"], torch.eye(2))
    with pytest.raises(ValueError, match=r"none of the 2 words is 'kingg'. Did you mean 'king'\?"):
        model.vector("kingg")
    with pytest.raises(ValueError, match=r"at least one question \(a, b, c, d\); got 0"):
        model.accuracy([])
