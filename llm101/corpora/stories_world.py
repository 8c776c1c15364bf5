"""The state machine behind the stories: what can be written next in a world, how likely, and what it changes.

Rules of the language: the subject of the sentence before is "she" or "he"; nobody goes twice in a row, or touches what
was touched in the sentence before; no two pauses follow each other; thanks come right after a gift.
"""

from typing import NamedTuple

from llm101.corpora.stories_words import (
    GIVE,
    GO,
    HER_HIM,
    KINDS,
    NAMES,
    PAUSE,
    PLACES,
    PUT,
    SHE_HE,
    TAKE,
    THINGS,
    WHEN,
    a,
)

LEAST, MOST = 2, 3  # events in a story
TOGETHER = 0.4  # both people start in one place
SECOND = 0.5  # there are two things
GO_ON, ASK = 0.5, 0.3  # another event, a question; the story simply ends otherwise
SAME = 0.5  # the subject stays the same
LIKELY = {"go": 2, "take": 6, "put": 1, "give": 6, "thank": 6, "pause": 1}  # weight of an event that is possible

Places = tuple[tuple[str, str], ...]


class World(NamedTuple):
    """Everything that the rest of a story depends on; "" where nothing is known yet.

    Args:
        stage: what is written next, a key of STAGES, or "over".
        people: (name, place), in order of appearance.
        things: (name, the place where it lies or the person who holds it), in order of appearance.
        subject: of the last sentence.
        actor: subject of the sentence that has just begun.
        last: kind of the last event.
        touched: the thing in the last event.
        events: how many there have been.
    """

    stage: str = "when"
    people: Places = ()
    things: Places = ()
    subject: str = ""
    actor: str = ""
    last: str = ""
    touched: str = ""
    events: int = 0


class Choice(NamedTuple):
    """A piece of text (tokens with spaces between them), its probability, and the world after it."""

    text: str
    probability: float
    world: World


def choices(world: World) -> list[Choice]:
    """Everything that can be written next; the probabilities sum to 1.

    No text is the beginning of another one in the list (the empty text, which ends a story, ends the text too), so
    a story tells which choices were made.
    """
    return STAGES[world.stage](world)


def evenly(options: list[tuple[str, World]]) -> list[Choice]:
    """Choices of the same probability."""
    return [Choice(text, 1 / len(options), world) for text, world in options]


# --- the opening: who is where, and what lies there


def when(world: World) -> list[Choice]:
    """`one morning ,`"""
    return evenly([(f"{time} ,", world._replace(stage="who")) for time in WHEN])


def who(world: World) -> list[Choice]:
    """`anna`"""
    return evenly([(name, world._replace(stage="alone", people=((name, ""),), subject=name)) for name in NAMES])


def alone(world: World) -> list[Choice]:
    """`and` a friend, or `was`: is the first person alone?"""
    return [
        Choice("and", TOGETHER, world._replace(stage="friend")),
        Choice("was", 1 - TOGETHER, world._replace(stage="where")),
    ]


def friend(world: World) -> list[Choice]:
    """`ben were` in the same place, or `ben was` in another one."""
    together = world.people[0][1] == ""
    free = [name for name in NAMES if name != world.people[0][0]]
    verb = "were" if together else "was"
    return evenly(
        [(f"{name} {verb}", world._replace(stage="where", people=(*world.people, (name, "")))) for name in free]
    )


def where(world: World) -> list[Choice]:
    """`in the kitchen .` for everybody who has no place yet; two people apart are in different places."""
    options = []
    for place in PLACES:
        if place not in dict(world.people).values():
            people = tuple((name, at or place) for name, at in world.people)
            stage = "kind" if len(people) == 2 else "friend"
            options.append((f"in the {place} .", world._replace(stage=stage, people=people, subject="")))
    return evenly(options)


def kind(world: World) -> list[Choice]:
    """`there was an old`, or `and a red` for the second thing."""
    start = "and" if world.things else "there was"
    return evenly([(f"{start} {a(word)}", world._replace(stage="thing")) for word in KINDS])


def thing(world: World) -> list[Choice]:
    """`key in the kitchen`: things lie where people are."""
    free = [name for name in THINGS if name not in dict(world.things)]
    around = dict.fromkeys(place for _, place in world.people)
    stage = "more" if not world.things else "start"
    return evenly(
        [
            (f"{name} in the {place}", world._replace(stage=stage, things=(*world.things, (name, place))))
            for name in free
            for place in around
        ]
    )


def more(world: World) -> list[Choice]:
    """A full stop, or a second thing."""
    second = [Choice(c.text, SECOND * c.probability, c.world) for c in kind(world)]
    return [Choice(".", 1 - SECOND, world._replace(stage="event")), *second]


def start(world: World) -> list[Choice]:
    """The full stop behind the second thing."""
    return [Choice(".", 1.0, world._replace(stage="event"))]


# --- events


def event(world: World) -> list[Choice]:
    """The next sentence begins: its subject; or, after enough events, a question or the end."""
    share = 1.0 if world.events < LEAST else 0.0 if world.events == MOST else GO_ON
    found = [Choice(text, share * p, after) for text, p, after in subjects(world)] if share else []
    if share < 1:
        asked = ASK / (1 - GO_ON) * (1 - share)
        found += [Choice(text, asked * p, after) for text, p, after in questions(world)]
        found.append(Choice("", 1 - share - asked, world._replace(stage="over")))
    return found


def subjects(world: World) -> list[Choice]:
    """`anna`, or `she` if she was the subject of the sentence before."""
    found = []
    for name, _ in world.people:
        p = 0.5 if not world.subject else SAME if name == world.subject else 1 - SAME
        word = SHE_HE[name] if name == world.subject else name
        found.append(Choice(word, p, world._replace(stage="act", actor=name)))
    return found


def act(world: World) -> list[Choice]:
    """What the actor does: kinds of events by weight, then its variants evenly."""
    kinds = {kind: options for kind, options in possible(world).items() if options}
    total = sum(LIKELY[kind] for kind in kinds)
    done = world._replace(stage="event", actor="", subject=world.actor, touched="", events=world.events + 1)
    found = []
    for kind, options in kinds.items():
        for text, changes in options:
            after = done._replace(last=kind, **changes)
            found.append(Choice(f"{text} .", LIKELY[kind] / total / len(options), after))
    return found


def possible(world: World) -> dict[str, list[tuple[str, dict]]]:
    """kind of event -> its variants: text, and what changes in the world."""
    me, here = world.actor, dict(world.people)[world.actor]
    other, there = next((name, place) for name, place in world.people if name != me)
    again = me == world.subject
    lying = [name for name, at in world.things if at == here and name != world.touched]
    held = [name for name, at in world.things if at == me and name != world.touched]

    def moved(name: str, to: str) -> dict:
        return {"touched": name, "things": tuple((n, to if n == name else at) for n, at in world.things)}

    def walked(to: str) -> dict:
        return {"people": tuple((n, to if n == me else at) for n, at in world.people)}

    trips = [place for place in PLACES if place != here and not (again and world.last == "go")]
    thanks = world.last == "give" and not again
    return {
        "go": [(f"{verb} to the {place}", walked(place)) for verb in GO for place in trips],
        "take": [(f"{verb} the {name}", moved(name, me)) for verb in TAKE for name in lying],
        "put": [(f"{verb} the {name}", moved(name, here)) for verb in PUT for name in held],
        "give": [(f"{v} the {name} to {other}", moved(name, other)) for v in GIVE for name in held if here == there],
        "thank": [(f"thanked {HER_HIM[other]}", {})] if thanks else [],
        "pause": [(text, {}) for text in PAUSE] if world.last != "pause" else [],
    }


# --- the question at the end


def questions(world: World) -> list[Choice]:
    """Every question about the world, with its answer."""
    at = dict(world.people)
    (first, here), (second, there) = world.people
    texts = [f"where is {name} ? {SHE_HE[name]} is in the {place} ." for name, place in world.people]
    if here == there:
        texts.append(f"where are {first} and {second} ? they are in the {here} .")
    for name, where in world.things:
        texts.append(f"where is the {name} ? it is in the {at.get(where, where)} .")
        texts.append(f"who has the {name} ? {where if where in at else 'nobody'} has it .")
    return evenly([(text, world._replace(stage="over")) for text in texts])


STAGES = {f.__name__: f for f in (when, who, alone, friend, where, kind, thing, more, start, event, act)}
