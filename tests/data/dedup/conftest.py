"""Texts whose similarities are known: random words, and copies in which some words are replaced."""

import random

import pytest


def random_text(rng, n_words, vocabulary=5_003):
    return " ".join(f"w{rng.randrange(vocabulary)}" for _ in range(n_words))


def edited(rng, text, share):
    """A copy in which about this share of the words are words that no other text has."""
    return " ".join(f"x{rng.random()}" if rng.random() < share else word for word in text.split())


@pytest.fixture(scope="session")
def make_text():
    return random_text


@pytest.fixture(scope="session")
def edit():
    return edited


@pytest.fixture(scope="session")
def corpus():
    """307 texts: 101 originals, 101 copies edited by 0 to 15 %, 105 others, shuffled."""
    rng = random.Random(7)
    originals = [random_text(rng, rng.randint(30, 211)) for _ in range(101)]
    copies = [edited(rng, text, 0.15 * i / 100) for i, text in enumerate(originals)]
    texts = originals + copies + [random_text(rng, 97) for _ in range(105)]
    rng.shuffle(texts)
    return texts
