"""Every story is English and true to its world, says a reader that shares no code with the package."""

import re
from collections import Counter

import pytest

from llm101.corpora.stories import stories

# An independent reader: it knows English and the rules of the world, and shares no code with the package.
SHE = {"anna", "clara", "emma", "hannah", "mei", "sofia"}
HE = {"ben", "david", "felix", "leo", "omar", "tom"}
PLACES = {"barn", "forest", "garden", "kitchen", "library", "park"}
THINGS = {"apple", "ball", "cup", "hat", "key", "letter", "orange", "umbrella"}
GO = r"(went|walked|ran) to the (\w+)"
TAKE = r"(took|picked up|grabbed) the (\w+)"
PUT = r"(put down|dropped) the (\w+)"
GIVE = r"(gave|handed) the (\w+) to (\w+)"
REST = "smiled laughed|sang a song|told a joke|waited for a while|read a book|sat down|had a rest".replace(
    "smiled ", "smiled|"
)


class Reader:
    """Follows a story sentence by sentence and asserts that each is possible."""

    def __init__(self, story):
        assert story == story.lower().strip()
        assert "  " not in story
        self.at, self.of, self.subject, self.touched, self.last = {}, {}, None, None, None
        when, rest = re.fullmatch(r"((?:one|last|on) \w+) , (.*)", story).groups()
        assert when.split()[1] in {"day", "morning", "evening", "summer", "winter", "monday", "sunday"}
        self.sentences = re.findall(r"[^.?]+ [.?]", rest)
        assert "".join(self.sentences) == rest
        for sentence in (s.strip() for s in self.sentences):
            self.read(sentence)

    def read(self, s):
        if m := re.fullmatch(r"(\w+) and (\w+) were in the (\w+) \.", s):
            self.people({m[1]: m[3], m[2]: m[3]})
        elif m := re.fullmatch(r"(\w+) was in the (\w+) \.", s):
            assert m[2] not in self.at.values()
            self.people({m[1]: m[2]})
        elif s.startswith("there was"):
            self.things(s)
        elif s.endswith("?"):
            self.question = s
        elif hasattr(self, "question"):
            self.answer(s)
        else:
            self.event(s.removesuffix(" ."))

    def people(self, new):
        for name, place in new.items():
            assert name in SHE | HE
            assert name not in self.at
            assert place in PLACES
            self.at[name] = place
        assert not self.of

    def things(self, s):
        assert len(self.at) == 2
        found = re.findall(r"(?:there was|and) (a|an) (\w+) (\w+) in the (\w+)", s)
        assert s == "there was " + " and ".join(f"{a} {k} {t} in the {p}" for a, k, t, p in found) + " ."
        assert len(found) in (1, 2)
        for article, kind, thing, place in found:
            assert article == ("an" if kind[0] in "aeiou" else "a")
            assert thing in THINGS - set(self.of)
            assert place in self.at.values()
            self.of[thing] = place

    def event(self, s):
        word, rest = s.split(" ", 1)
        if word in ("she", "he"):
            assert self.subject in (SHE if word == "she" else HE)
            who, again = self.subject, True
        else:
            assert word in self.at
            assert word != self.subject
            who, again = word, False
        other = next(n for n in self.at if n != who)
        touched, kind = None, "rest"
        if m := re.fullmatch(GO, rest):
            kind = "go"
            assert m[2] in PLACES - {self.at[who]}
            assert not (again and self.last == "go")
            self.at[who] = m[2]
        elif m := re.fullmatch(TAKE, rest):
            kind, touched = "take", m[2]
            assert self.of[touched] == self.at[who]
            self.of[touched] = who
        elif m := re.fullmatch(PUT, rest):
            kind, touched = "put", m[2]
            assert self.of[touched] == who
            self.of[touched] = self.at[who]
        elif m := re.fullmatch(GIVE, rest):
            kind, touched = "give", m[2]
            assert self.of[touched] == who
            assert m[3] == other
            assert self.at[who] == self.at[other]
            self.of[touched] = other
        elif m := re.fullmatch(r"thanked (her|him)", rest):
            kind = "thank"
            assert other in (SHE if m[1] == "her" else HE)
            assert self.last == "give"
            assert not again
        else:
            assert re.fullmatch(REST, rest), rest
            assert self.last != "rest"
        assert touched is None or touched != self.touched
        self.subject, self.touched, self.last = who, touched, kind

    def answer(self, s):
        q = self.question
        if m := re.fullmatch(r"where are (\w+) and (\w+) \?", q):
            assert self.at[m[1]] == self.at[m[2]]
            assert s == f"they are in the {self.at[m[1]]} ."
        elif m := re.fullmatch(r"where is the (\w+) \?", q):
            place = self.of[m[1]]
            assert s == f"it is in the {self.at.get(place, place)} ."
        elif m := re.fullmatch(r"who has the (\w+) \?", q):
            holder = self.of[m[1]]
            assert s == f"{holder if holder in self.at else 'nobody'} has it ."
        else:
            name = re.fullmatch(r"where is (\w+) \?", q)[1]
            assert s == f"{'she' if name in SHE else 'he'} is in the {self.at[name]} ."


@pytest.fixture(scope="module")
def many():
    return stories(5000, seed=17)


def test_every_story_is_english_and_true(many):
    kinds = Counter()
    for story in many:
        reader = Reader(story)
        assert 4 <= len(reader.sentences) <= 8
        kinds[hasattr(reader, "question")] += 1
    assert 0.5 < kinds[True] / len(many) < 0.7


def test_the_reader_sees_mistakes(many):
    """The checker itself: changed stories are refused."""
    story = "one day , anna was in the park . ben was in the barn . there was an old key in the park . anna took the key . she ran to the barn ."
    Reader(story)
    for old, new in [
        ("an old", "a old"),
        ("ben was", "ben were"),
        ("she ran", "he ran"),
        ("to the barn", "to the park"),
        ("anna took", "ben took"),
        ("in the park . anna", "in the garden . anna"),
        ("anna took the key", "anna dropped the key"),
        ("she ran", "she  ran"),
    ]:
        with pytest.raises(AssertionError):
            Reader(story.replace(old, new))


def test_vocabulary(many):
    words = Counter(word for story in many for word in story.split())
    assert 80 <= len(words) <= 150
    assert min(words.values()) > 20  # every word is seen often enough to be learnt
    assert len(set(many)) == len(many)
