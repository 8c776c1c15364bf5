"""English sentences and their Chinese translations, from a synchronous grammar: the truth of every pair is known.

    yesterday the old teacher bought two books in the park .    那 位 年老 的 老师 昨天 在 公园 里 买 了 两 本 书 。
    what is the girl who is wearing a red hat drawing ?         那 个 戴 着 红色 帽子 的 女孩 正在 画 什么 ？

Each English sentence has exactly one translation here, so the entropy of the Chinese given the English is 0. What makes
it more than a dictionary:

- **order**: time and place move in front of the verb, a relative clause in front of its noun, a question word stays
  where its answer would stand;
- **choice**: `play` is 弹, 拉, 踢 or 下, `old` is 年老 的, 老 or 旧, `wear` is 穿 or 戴, as the noun demands; every noun has its
  measure word (两 本 书, two books);
- **endings that become words**: `bought` is 买 了, `is drawing` is 正在 画, `did not buy` is 没有 买, and whether
  `read` is past, `yesterday` says.

Differs from real translation: a few dozen nouns, whole words as tokens, and one right answer only.
"""

import random
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from llm101.corpora.agreement import Weights
from llm101.corpora.synchronous import Synchronous
from llm101.corpora.translation_words import ADJECTIVES, GROUPS, NOUNS, PLACES, TIMES, VERBS, WORN, Noun
from llm101.expect import integer

FORMS = ("base", "s", "past", "ing", "asked")  # asked: the bare form, in a question about the past
WHICH = ("any", "the")  # which objects: any, or the definite ones
ARTICLES = ("a", "an")  # what an adjective wants in front of it
NUMBERS = ("two || 两", "three || 三", "four || 四", "five || 五", "ten || 十")


class Pair(NamedTuple):
    """One sentence in both languages."""

    english: list[str]
    chinese: list[str]


def sentence_rules() -> dict[str, Weights]:
    """The kinds of sentences. Time stands first in English and behind the subject in Chinese; place moves too."""
    return {
        "S": {
            "Statement[t,n] . || Statement[t,n] 。": 0.55,
            "Denial[t,n] . || Denial[t,n] 。": 0.15,
            "Question[t,n] ? || Question[t,n] ？": 0.2,
            "Asked[t,n] ? || Asked[t,n] ？": 0.1,
        },
        "Statement[habit,sg]": {"Subject[sg] Act[s,any] Habit || Subject[sg] Habit Act[s,any]": 1},
        "Statement[habit,pl]": {"Subject[pl] Act[base,any] Habit || Subject[pl] Habit Act[base,any]": 1},
        "Statement[past,n]": two_ways("{0} Subject[n] Act[past,any]", "Subject[n] {0} {1}Act[past,any]", "Past"),
        "Statement[future,n]": two_ways("{0} Subject[n] will Act[base,any]", "Subject[n] {0} 会 {1}Act[base,any]", "Future"),
        "Statement[now,n]": {
            "Subject[n] Is[n] Act[ing,any] || Subject[n] Is[n] 正在 Act[ing,any]": 0.6,
            "Subject[n] Is[n] Act[ing,any] Place || Subject[n] Is[n] 正 Place Act[ing,any]": 0.4,
        },
        "Denial[habit,sg]": {"Subject[sg] never Act[s,the] || Subject[sg] 从来 不 Act[s,the]": 1},
        "Denial[habit,pl]": {"Subject[pl] never Act[base,the] || Subject[pl] 从来 不 Act[base,the]": 1},
        "Denial[past,n]": two_ways("{0} Subject[n] did not Act[base,the]", "Subject[n] {0} 没有 {1}Act[base,the]", "Past"),
        "Denial[future,n]": two_ways("{0} Subject[n] will not Act[base,the]", "Subject[n] {0} 不 会 {1}Act[base,the]", "Future"),
        "Denial[now,n]": {"Subject[n] Is[n] not Act[ing,the] || Subject[n] Is[n] 没有 在 Act[ing,the]": 1},
    }  # fmt: skip


def two_ways(english: str, chinese: str, time: str) -> dict[str, float]:
    """A rule without and with a place: {0} is the time, {1} where the place goes in Chinese; last in English."""
    return {
        f"{english} || {chinese}".format(time, ""): 0.7,
        f"{english} Place || {chinese}".format(time, "Place "): 0.3,
    }


def question_rules() -> dict[str, Weights]:
    """Questions for yes or no end in 吗; who, what and where stand where the answer would."""
    return {
        "Question[habit,n]": {"Do[n] Subject[n] Act[base,any] Habit || Do[n] Subject[n] Habit Act[base,any] 吗": 1},
        "Question[past,n]": {"did Subject[n] Act[asked,any] Past || Subject[n] Past Act[asked,any] 吗": 1},
        "Question[future,n]": {"will Subject[n] Act[base,any] Future || Subject[n] Future 会 Act[base,any] 吗": 1},
        "Question[now,n]": {"Is[n] Subject[n] Act[ing,any] || Is[n] Subject[n] 正在 Act[ing,any] 吗": 1},
        "Asked[habit,n]": {
            "what Do[n] Subject[n] Thing[base] Habit || Do[n] Subject[n] Habit Thing[base] 什么": 0.5,
            "where Do[n] Subject[n] Act[base,the] || Do[n] Subject[n] 在 哪里 Act[base,the]": 0.5,
        },
        "Asked[past,n]": {
            "what did Subject[n] Thing[asked] Past || Subject[n] Past Thing[asked] 什么": 0.5,
            "who Act[past,any] Past || 谁 Past Act[past,any]": 0.5,
        },
        "Asked[future,n]": {
            "who will Act[base,any] Future || 谁 Future 会 Act[base,any]": 0.5,
            "where will Subject[n] Act[base,the] Future || Subject[n] Future 会 在 哪里 Act[base,the]": 0.5,
        },
        "Asked[now,n]": {
            "what Is[n] Subject[n] Thing[ing] || Is[n] Subject[n] 正在 Thing[ing] 什么": 0.5,
            "who is Act[ing,any] || 谁 正在 Act[ing,any]": 0.5,
        },
        "Is[sg]": ["is ||"],
        "Is[pl]": ["are ||"],
        "Do[sg]": ["does ||"],
        "Do[pl]": ["do ||"],
    }


def place_and_time_rules() -> dict[str, Weights]:
    """Where and when."""
    times: dict[str, Weights] = {
        kind: [f"{english} || {chinese}" for english, chinese in words.items()] for kind, words in TIMES.items()
    }
    return times | {"Place": [f"{english} || 在 {chinese}" for english, chinese in PLACES.items()]}


def action_rules() -> dict[str, Weights]:
    """Verbs with their objects: Act[form,which objects], and Thing[form], a verb that `what` can ask about."""
    uses = [(form, "any") for form in FORMS] + [(form, "the") for form in ("base", "s", "ing")]
    table: dict[str, Weights] = {
        f"Act[{form},{which}]": [both(f"{verb.symbol}[{form}] {verb.objects}[{which}]") for verb in VERBS]
        for form, which in uses
    }
    askable = [verb.symbol for verb in VERBS if verb.what]
    table |= {f"Thing[{form}]": [both(f"{symbol}[{form}]") for symbol in askable] for form in ("base", "asked", "ing")}
    for form in FORMS:
        ending = " 了" if form in ("past", "asked") else ""
        table |= {f"{verb.symbol}[{form}]": [f"{verb.form(form)} || {verb.chinese}{ending}"] for verb in VERBS}
    return table


def both(symbols: str) -> str:
    """A rule whose two sides are alike."""
    return f"{symbols} || {symbols}"


def noun_rules() -> dict[str, Weights]:
    """Objects and subjects: a kind of noun, then one of its nouns, then one of its phrases."""
    table: dict[str, Weights] = {"Number": NUMBERS}
    for kind, words in ADJECTIVES.items():
        table |= {f"Adj{kind}[{a}]": [f"{e} || {c}" for e, c in words.items() if article(e) == a] for a in ARTICLES}
    kinds = dict.fromkeys(noun.kind for noun in NOUNS)
    for kind in kinds:
        nouns = [noun for noun in NOUNS if noun.kind == kind]
        for which in WHICH:
            table[f"{kind}[{which}]"] = [both(f"{noun.symbol}[n,{which}]") for noun in nouns]
    for group, members in GROUPS.items():
        table |= {f"{group}[{which}]": [both(f"{kind}[{which}]") for kind in members] for which in WHICH}
    people = [noun for noun in NOUNS if noun.kind == "Person"]
    for n in ("sg", "pl"):
        plain = {both(f"{noun.symbol}[{n},any]"): 0.85 / len(people) for noun in people}
        table[f"Subject[{n}]"] = plain | {both(f"Dressed[{n}]"): 0.15}
    return table | clause_rules(people) | {k: v for noun in NOUNS for k, v in phrases(noun).items()}


def clause_rules(people: list[Noun]) -> dict[str, Weights]:
    """`the girl who is wearing a red hat`: the clause goes in front of the noun, behind its measure word."""
    worn = [
        f"{article(adjective)} {adjective} {noun.one} || {verb} 着 {colour.removesuffix(' 的')} {noun.chinese}"
        for noun, verb in WORN
        for adjective, colour in ADJECTIVES["Thing"].items()
        if colour.endswith("的")
    ]
    one = [f"the {p.one} who is wearing Worn || 那 {p.measure} Worn 的 {p.chinese}" for p in people]
    many = [f"the {p.many} who are wearing Worn || 那些 Worn 的 {p.chinese}" for p in people]
    return {"Worn": worn, "Dressed[sg]": one, "Dressed[pl]": many}


def phrases(noun: Noun) -> dict[str, Weights]:
    """All phrases of one noun; `the` alone has the definite ones, because 没有 买 一 本 书 is hardly said."""
    one, many, chinese, m, adj = noun.one, noun.many, noun.chinese, noun.measure, f"Adj{noun.qualities}"
    if not m:  # football, the piano: always the same
        fixed = [f"{one} || {chinese}"]
        return {f"{noun.symbol}[{n},{which}]": fixed for n in ("sg", "pl") for which in WHICH}
    definite = {
        "sg": {f"the {one} || 那 {m} {chinese}": 0.5, f"this {one} || 这 {m} {chinese}": 0.25}
        | {f"the {adj}[{a}] {one} || 那 {m} {adj}[{a}] {chinese}": p for a, p in (("a", 0.2), ("an", 0.05))},
        "pl": {f"the {many} || 那些 {chinese}": 0.5, f"these {many} || 这些 {chinese}": 0.25}
        | {f"the {adj}[{a}] {many} || 那些 {adj}[{a}] {chinese}": p for a, p in (("a", 0.2), ("an", 0.05))},
    }
    indefinite = {
        "sg": {f"{article(one)} {one} || 一 {m} {chinese}": 0.5}
        | {f"{a} {adj}[{a}] {one} || 一 {m} {adj}[{a}] {chinese}": p for a, p in (("a", 0.4), ("an", 0.1))},
        "pl": {f"Number {many} || Number {m} {chinese}": 0.5, f"many {many} || 很多 {chinese}": 0.2}
        | {f"Number {adj}[{a}] {many} || Number {m} {adj}[{a}] {chinese}": p for a, p in (("a", 0.24), ("an", 0.06))},
    }
    table: dict[str, Weights] = {}
    for n in ("sg", "pl"):
        halves = [(rule, p / 2) for half in (definite[n], indefinite[n]) for rule, p in half.items()]
        table |= {f"{noun.symbol}[{n},the]": definite[n], f"{noun.symbol}[{n},any]": dict(halves)}
    return table


def article(word: str) -> str:
    """a or an.

    >>> article("apple"), article("new")
    ('an', 'a')
    """
    return "an" if word[0] in "aeiou" else "a"


@cache
def grammar() -> Synchronous:
    """The synchronous grammar. `.left` is the English one, unambiguous: its entropy is exact, and is that of the pair.

    >>> grammar().translations("yesterday the doctor read two letters .".split())
    [['那', '位', '医生', '昨天', '读', '了', '两', '封', '信', '。']]
    """
    rules = sentence_rules() | question_rules() | place_and_time_rules() | action_rules() | noun_rules()
    tense = {"habit": 0.2, "past": 0.3, "future": 0.2, "now": 0.3}
    features: dict[str, Weights] = {"t": tense, "n": {"sg": 0.6, "pl": 0.4}}
    return Synchronous(rules, features=features | {"form": FORMS, "which": WHICH, "article": ARTICLES})


def pairs(n: int, *, seed: int = 0, without: Iterable[Pair] = ()) -> list[Pair]:
    """n pairs, drawn independently; the first k of n are the same for every n.

    Args:
        n: how many, 0 or more.
        seed: of the random numbers.
        without: pairs whose English sentences must not come: keep the test out of the training.

    Raises:
        TypeError, ValueError: n or seed is not an integer, or n is negative.

    >>> pairs(1)[0].english, "".join(pairs(1)[0].chinese)
    (['is', 'a', 'worker', 'selling', 'ten', 'magazines', '?'], '一个工人正在卖十本杂志吗？')
    """
    integer("translation", "n", n, at_least=0)
    rng, source = random.Random(integer("translation", "seed", seed)), grammar()
    found: list[Pair] = []
    refused = {tuple(pair.english) for pair in without}
    while len(found) < n:
        pair = Pair(*source.sample(rng))
        if tuple(pair.english) not in refused:
            found.append(pair)
    return found
