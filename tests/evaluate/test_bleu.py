import math
import random

import pytest
import sacrebleu

from llm101.evaluate import bleu, sentence_bleu
from llm101.evaluate.bleu import brevity_penalty, nearest_length

CAT = ["the", "cat", "is", "on", "the", "mat"]
THERE = ["there", "is", "a", "cat", "on", "the", "mat"]


def slow(hypotheses, references, order=4):
    """The oracle: counted with lists, one n-gram after the other, as one would with a pencil."""
    logs = 0.0
    for n in range(1, order + 1):
        matched = total = 0
        for hypothesis, refs in zip(hypotheses, references, strict=True):
            runs = [" ".join(hypothesis[i : i + n]) for i in range(len(hypothesis) - n + 1)]
            total += len(runs)
            for run in set(runs):
                there = [[" ".join(r[i : i + n]) for i in range(len(r) - n + 1)].count(run) for r in refs]
                matched += min(runs.count(run), max(there))
        if not matched:
            return 0.0
        logs += math.log(matched / total) / order
    c = sum(map(len, hypotheses))
    r = 0
    for hypothesis, refs in zip(hypotheses, references, strict=True):
        best = sorted(refs, key=len)[0]
        for ref in sorted(refs, key=len):
            if abs(len(ref) - len(hypothesis)) < abs(len(best) - len(hypothesis)):
                best = ref
        r += len(best)
    return 100 * math.exp(logs) * (1 if c >= r else math.exp(1 - r / c))


def random_corpus(rng, n=7, words="abcde"):
    draw = lambda low, high: [rng.choice(words) for _ in range(rng.randint(low, high))]  # noqa: E731
    return [draw(5, 13) for _ in range(n)], [[draw(5, 13) for _ in range(rng.randint(1, 3))] for _ in range(n)]


def test_the_papers_example_of_clipping():
    """Papineni et al. 2002, example 2: `the` seven times; modified unigram precision 2/7."""
    found = bleu([["the"] * 7], [[CAT, THERE]], order=1)
    assert found.precisions[0] == pytest.approx(200 / 7)
    assert bleu([["the"] * 7], [[THERE]], order=1).precisions[0] == pytest.approx(100 / 7)


def test_the_papers_example_1():
    """Candidates 1 and 2 of the paper: modified unigram precisions 17/18 and 8/14, bigrams 10/17 and 1/13."""
    one = "It is a guide to action which ensures that the military always obeys the commands of the party"
    two = "It is to insure the troops forever hearing the activity guidebook that party direct"
    references = [
        "It is a guide to action that ensures that the military will forever heed Party commands",
        "It is the guiding principle which guarantees the military forces always being under the command of the Party",
        "It is the practical guide for the army always to heed the directions of the party",
    ]
    refs = [r.lower().split() for r in references]
    first, second = (bleu([c.lower().split()], [refs]) for c in (one, two))
    assert first.precisions[:2] == pytest.approx((100 * 17 / 18, 100 * 10 / 17))
    assert second.precisions[:2] == pytest.approx((100 * 8 / 14, 100 * 1 / 13))
    assert first.score > second.score == 0


def test_by_hand_with_brevity():
    hypothesis, reference = ["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "e", "f", "g"]
    found = bleu([hypothesis], [[reference]])
    assert found.precisions == (100, 100, 100, 100)
    assert found.brevity_penalty == pytest.approx(math.exp(1 - 7 / 5))
    assert found.score == pytest.approx(100 * math.exp(-0.4))
    assert (found.length, found.reference_length) == (5, 7)


@pytest.mark.parametrize("seed", range(11))
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_against_the_slow_count(seed, order):
    hypotheses, references = random_corpus(random.Random(seed))
    assert bleu(hypotheses, references, order=order).score == pytest.approx(
        slow(hypotheses, references, order), abs=1e-10
    )


def test_counts_are_summed_before_dividing():
    hypotheses, references = random_corpus(random.Random(3))
    single = [bleu([h], [r]).score for h, r in zip(hypotheses, references, strict=True)]
    assert abs(bleu(hypotheses, references).score - sum(single) / len(single)) > 1


def test_properties():
    rng = random.Random(5)
    hypotheses, references = random_corpus(rng)
    assert bleu(hypotheses, [[h] for h in hypotheses]).score == pytest.approx(100)
    assert bleu(hypotheses[::-1], references[::-1]) == bleu(hypotheses, references)
    assert bleu(hypotheses, [r[::-1] for r in references]) == bleu(hypotheses, references)
    more = [[*r, h] for h, r in zip(hypotheses, references, strict=True)]
    assert bleu(hypotheses, more).score == pytest.approx(100)
    assert bleu([["x", "y", "z", "w", "v"]], [[["a", "b"]]]).score == 0


def test_smoothing():
    hypothesis, reference = ["a", "b", "x", "c", "d"], ["a", "b", "y", "c", "d"]  # 4/5, 2/4, 0/3, 0/2
    assert bleu([hypothesis], [[reference]]).score == 0
    exp = bleu([hypothesis], [[reference]], smoothing="exp")
    assert exp.precisions == pytest.approx((80, 50, 100 / 6, 100 / 8))
    assert exp.score == pytest.approx(100 * (0.8 * 0.5 / 6 / 8) ** 0.25)
    add = bleu([hypothesis], [[reference]], smoothing="add-one")
    assert add.precisions == pytest.approx((80, 60, 25, 100 / 3))
    assert sentence_bleu(hypothesis, [reference]) == exp.score


def test_short_and_empty_hypotheses():
    assert bleu([["a", "b", "c"]], [[["a", "b", "c"]]]).score == 0  # there is no 4-gram
    assert bleu([["a", "b", "c"]], [[["a", "b", "c"]]], order=3).score == pytest.approx(100)
    assert bleu([[]], [[["a"]]]) == (0, (0, 0, 0, 0), 0, 0, 1)
    assert brevity_penalty(0, 3) == 0


def test_nearest_length():
    assert nearest_length(5, [["a"] * 7, ["a"] * 3]) == 3
    assert nearest_length(5, [["a"] * 7, ["a"] * 2, ["a"] * 11]) == 7


@pytest.mark.parametrize(("ours", "theirs"), [("none", "none"), ("exp", "exp")])
def test_against_sacrebleu(ours, theirs):
    for seed in range(5):
        hypotheses, references = random_corpus(random.Random(seed))
        references = [(refs * 2)[:2] for refs in references]
        expected = sacrebleu.corpus_bleu(
            [" ".join(h) for h in hypotheses],
            [[" ".join(refs[k]) for refs in references] for k in range(2)],
            tokenize="none",
            smooth_method=theirs,
        )
        found = bleu(hypotheses, references, smoothing=ours)
        assert found.score == pytest.approx(expected.score, abs=1e-9)
        assert found.brevity_penalty == pytest.approx(expected.bp)


@pytest.mark.parametrize(
    ("hypotheses", "references", "settings", "error", "message"),
    [
        ([], [], {}, ValueError, r"at least one; got 0 and 0"),
        ([["a"]], [[["a"]], [["b"]]], {}, ValueError, r"got 2 and 1"),
        ([["a"], ["b"]], [[["a"]], []], {}, ValueError, r"sentence 1 needs at least 1 reference; got 0"),
        (
            [["a"], "b c"],
            [[["a"]], [["b"]]],
            {},
            TypeError,
            r"sentence 1: expected lists of tokens; got the string 'b c'",
        ),
        ([["a"]], [["a b"]], {}, TypeError, r"sentence 0: .* 'a b'"),
        ([["a"]], ["a b"], {}, TypeError, r"sentence 0: .* 'a b'"),
        ([["a"]], [[["a"]]], {"order": 0}, ValueError, r"order must be at least 1; got 0"),
        ([["a"]], [[["a"]]], {"smoothing": "ad-one"}, ValueError, r"got 'ad-one'. Did you mean 'add-one'"),
    ],
)
def test_wrong_arguments(hypotheses, references, settings, error, message):
    with pytest.raises(error, match=message):
        bleu(hypotheses, references, **settings)
