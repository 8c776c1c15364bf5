"""The words of the stories, and nothing else. Each list is drawn from evenly, so its length is its cost in bits."""

GIRLS = ("anna", "clara", "emma", "hannah", "mei", "sofia")
BOYS = ("ben", "david", "felix", "leo", "omar", "tom")
NAMES = GIRLS + BOYS
PLACES = ("barn", "forest", "garden", "kitchen", "library", "park")  # all go with "in the" and "to the"
THINGS = ("apple", "ball", "cup", "hat", "key", "letter", "orange", "umbrella")
KINDS = ("big", "green", "lovely", "old", "red", "small", "unusual", "yellow")

WHEN = ("one day", "one morning", "one evening", "last summer", "last winter", "on monday", "on sunday")
GO = ("went", "walked", "ran")
TAKE = ("took", "picked up", "grabbed")
PUT = ("put down", "dropped")
GIVE = ("gave", "handed")
PAUSE = (
    "smiled",
    "laughed",
    "sang a song",
    "told a joke",
    "waited for a while",
    "read a book",
    "sat down",
    "had a rest",
)

CAPITALS = frozenset([*NAMES, "monday", "sunday"])
SHE_HE = {name: "she" if name in GIRLS else "he" for name in NAMES}
HER_HIM = {name: "her" if name in GIRLS else "him" for name in NAMES}


def a(phrase: str) -> str:
    """With its article: `an old key`, `a red apple`."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"
