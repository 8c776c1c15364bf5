import math
import random
import re
import sys
from collections import Counter

import pytest

from llm101.corpora import stories as module
from llm101.corpora import stories_world
from llm101.corpora.stories import (
    END,
    entropy,
    entropy_per_token,
    entropy_rate,
    expected_length,
    logprob,
    next_tokens,
    pretty,
    stories,
)
from llm101.corpora.stories_words import NAMES
from llm101.corpora.stories_world import STAGES, World, choices


@pytest.fixture(scope="module")
def many():
    return stories(5000, seed=17)


def worlds_seen(n, seed=0):
    rng, seen = random.Random(seed), []
    for _ in range(n):
        world = World()
        while world.stage != "over":
            seen.append(world)
            world = rng.choice(choices(world)).world
    return seen


def test_choices_are_a_distribution_that_the_text_tells_apart():
    stages = set()
    for world in worlds_seen(300):
        found = choices(world)
        stages.add(world.stage)
        assert math.fsum(c.probability for c in found) == pytest.approx(1, abs=1e-12)
        assert all(c.probability > 0 for c in found)
        texts = [c.text.split() for c in found if c.text]
        assert len(texts) >= len(found) - 1  # at most one empty text: the end
        for i, one in enumerate(texts):
            assert not any(two[: len(one)] == one for j, two in enumerate(texts) if j != i), (world, one)
    assert stages == set(STAGES)


def opening_of(story):
    """The probability of the opening, from the text and the rules as they are described; the events; the question."""
    t = " " + story
    people, things = len(re.findall(r" \w+ was in the| and \w+ were", t)), len(re.findall(r"(?:there was|and) an? ", t))
    p = 1 / 7 / 12 / 11 / 6
    apart = " were in the" not in t
    assert people == 1 + apart
    p *= 0.6 / 5 if apart else 0.4
    p *= (1 / 8 / 8) / (2 if apart else 1) * 0.5
    if things == 2:
        p *= (1 / 8 / 7) / (2 if apart else 1)
    events, question = re.search(r"there was [^.]*\.(.*?)((?:where|who) .*)?$", t).groups()
    return p, [e.strip() for e in re.findall(r"[^.]+\.", events)], question


def test_logprob_of_one_story_by_hand():
    story = (
        "on monday , anna was in the park . ben was in the barn . there was an old key in the park and a red hat in the barn . "
        "anna took the key . she went to the barn . she gave the key to ben . who has the key ? ben has it ."
    )
    opening, events, question = opening_of(story)
    assert (events, question) == (
        ["anna took the key .", "she went to the barn .", "she gave the key to ben ."],
        "who has the key ? ben has it .",
    )
    take = 1 / 2 * 6 / (2 + 6 + 1) / 3  # anna; go, take or pause; three verbs, one thing
    walk = (
        1 / 2 * 2 / (2 + 1) / (3 * 5)
    )  # again she; the key was just touched, so go or pause; three verbs, five places
    give = 1 / 2 * 6 / (6 + 1 + 6 + 1) / 2  # after 'went' no second walk: take the hat, put, give or pause; two verbs
    third = 0.5  # a third event after the second
    ask = 0.6 / 7  # after three events: ask or end; 2 people, both together, 2 things twice
    assert 2 ** logprob(story) == pytest.approx(opening * take * walk * third * give * ask, rel=1e-9)


@pytest.fixture
def tiny_world(monkeypatch):
    """Two names, two places, one thing, one word for each act: small enough to list every story."""
    words = {
        "NAMES": ("anna", "ben"),
        "PLACES": ("park", "barn"),
        "THINGS": ("key",),
        "KINDS": ("old",),
        "WHEN": ("one day",),
    }
    words |= {"GO": ("went",), "TAKE": ("took",), "PUT": ("dropped",), "GIVE": ("gave",), "PAUSE": ("smiled",)}
    for name, value in words.items():
        monkeypatch.setattr(stories_world, name, value)
        if hasattr(module, name):
            monkeypatch.setattr(module, name, value)
    monkeypatch.setitem(STAGES, "more", STAGES["start"])  # never a second thing
    module.totals.cache_clear()
    yield
    module.totals.cache_clear()


def test_logprob_sums_to_one_over_a_tiny_world(tiny_world):
    """Every story is listed, and each scored."""
    paths = [((), World(), 1.0)]
    table = Counter()
    while paths:
        text, world, p = paths.pop()
        if world.stage == "over":
            table[" ".join(text)] += p
            continue
        for c in choices(world):
            paths.append((text + tuple(c.text.split()), c.world, p * c.probability))
    assert len(table) > 500
    assert math.fsum(table.values()) == pytest.approx(1, abs=1e-12)
    for story, p in table.items():
        assert logprob(story) == pytest.approx(math.log2(p), abs=1e-9)
    bits = -math.fsum(p * math.log2(p) for p in table.values())
    length = math.fsum(p * len(s.split()) for s, p in table.items())
    assert entropy() == pytest.approx(bits, abs=1e-9)
    assert expected_length() == pytest.approx(length, abs=1e-9)
    assert entropy_rate() == pytest.approx(bits / (length + 1))
    prefix = next(iter(table)).split()[:11]
    follows = Counter()
    for story, p in table.items():
        tokens = [*story.split(), END]
        if tokens[:11] == prefix:
            follows[tokens[11]] += p
    assert next_tokens(prefix) == pytest.approx({t: p / sum(follows.values()) for t, p in follows.items()}, abs=1e-12)


def test_entropy_is_exact():
    """Names do not matter: the entropy over canonical worlds equals the mean bits of samples."""
    rate, error = entropy_per_token(1500, seed=5)
    assert 0 < error < 0.01
    assert abs(rate - entropy_rate()) < 3 * error
    assert entropy_rate() == pytest.approx(0.8836, abs=1e-4)
    assert expected_length() == pytest.approx(45.452, abs=1e-3)


def test_the_standard_error_is_the_spread_of_repeated_estimates():
    runs = [entropy_per_token(150, seed=s) for s in range(20)]
    mean = sum(r for r, _ in runs) / 20
    spread = math.sqrt(sum((r - mean) ** 2 for r, _ in runs) / 19)
    assert 0.6 < spread / (sum(e for _, e in runs) / 20) < 1.6


def test_frequencies_follow_the_probabilities(many):
    """Chi-square of the first event's kind among stories whose people start together, each with its own probability."""
    firsts = Counter()
    for story in many:
        m = re.search(r"there was [^.]*and[^.]*\. (\w+) (\w+)", story)
        if " were in" in story and m:
            firsts[
                "take"
                if m[2] in ("took", "picked", "grabbed")
                else "go"
                if m[2] in ("went", "walked", "ran")
                else "pause"
            ] += 1
    n = sum(firsts.values())
    chi2 = sum((firsts[k] - n * w / 9) ** 2 / (n * w / 9) for k, w in (("take", 6), ("go", 2), ("pause", 1)))
    assert n > 500
    assert chi2 < 13.8  # 0.1 % with 2 degrees of freedom


def test_chain_rule(many):
    for story in many[:40]:
        tokens = story.split()
        steps = [next_tokens(tokens[:k])[t] for k, t in enumerate([*tokens, END])]
        assert math.fsum(map(math.log2, steps)) == pytest.approx(logprob(story), abs=1e-9)


def test_next_tokens_are_a_distribution_over_what_can_follow():
    follows = next_tokens(["one", "day", ",", "anna", "was", "in", "the", "park", ".", "ben", "was", "in", "the"])
    assert follows == pytest.approx(dict.fromkeys({"barn", "forest", "garden", "kitchen", "library"}, 0.2))
    assert next_tokens(["one", "day", ",", "anna", "and"]).keys() == set(NAMES) - {"anna"}


def test_impossible_stories_have_no_probability(many):
    for story in many[:50]:
        assert logprob(story) > -math.inf
        assert logprob(story + " .") == logprob(story.rsplit(" ", 1)[0]) == -math.inf
    assert logprob("") == logprob("hello") == -math.inf


def test_seeds():
    assert stories(3, seed=2) == stories(5, seed=2)[:3]
    assert stories(3, seed=2) != stories(3, seed=3)
    assert stories(1, seed=0) == [
        "on monday , leo was in the forest . sofia was in the kitchen . there was an unusual cup in the forest . sofia read a book . she went to the park . who has the cup ? nobody has it ."
    ]
    assert stories(0) == []


def test_only_random_random_is_called(monkeypatch):
    """The one method whose results Python promises to keep."""

    class Strict(random.Random):
        def random(self):
            return super().random()

        def _no(self, *args, **kwargs):
            raise AssertionError("not kept from version to version")

        choice = choices = sample = shuffle = randrange = getrandbits = uniform = _no

    assert module.sample(Strict(5)) == stories(1, seed=5)[0]
    assert sys.version_info >= (3, 11)


def test_pretty(many):
    assert pretty("last summer , anna and tom were in the park . who has it ? anna has it .") == (
        "Last summer, Anna and Tom were in the park. Who has it? Anna has it."
    )
    for story in many[:200]:
        shown = pretty(story)
        assert re.fullmatch(r"[A-Z][^.?]*[.?]( [A-Z][^.?]*[.?])+", shown)
        assert not re.search(r"\b(anna|ben|monday|sunday)\b", shown)
        assert re.sub(r"([.,?])", r" \1", shown).lower() == story
    assert pretty("") == ""


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"stories: n must be at least 0; got -2"):
        stories(-2)
    with pytest.raises(ValueError, match=r"stories: n must be at least 2; got 1. A standard error needs two stories"):
        entropy_per_token(1)
    with pytest.raises(TypeError, match=r"stories.logprob: story must be a str; got list"):
        logprob(["one", "day"])
    with pytest.raises(TypeError, match=r"stories.pretty: story must be a str; got list"):
        pretty(["one", "day"])
    with pytest.raises(TypeError, match=r"next_tokens: expected a list of tokens; got the string 'one day'"):
        next_tokens("one day")
    with pytest.raises(ValueError, match=r"no story has 'were' as token 5; expected one of and, was"):
        next_tokens(["one", "day", ",", "anna", "were", "in"])
