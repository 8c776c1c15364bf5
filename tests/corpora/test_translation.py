import math
import random
from itertools import pairwise

import pytest

from llm101.corpora.translation import Pair, grammar, pairs
from llm101.corpora.translation_words import NOUNS, PLACES, TIMES, VERBS

GOLD = """\
yesterday the doctor read two letters . | 那位医生昨天读了两封信。
the boys read these letters every day . | 那些男孩每天读这些信。
tomorrow an old woman will buy a new bicycle at the station . | 一个年老的女人明天会在火车站买一辆新自行车。
the girl is playing the violin . | 那个女孩正在拉小提琴。
the girl is playing football in the park . | 那个女孩正在公园里踢足球。
the teachers never play chess . | 那些老师从来不下象棋。
last week the students did not play the piano at school . | 那些学生上周没有在学校弹钢琴。
the worker is not eating the egg . | 那个工人没有在吃那个鸡蛋。
does an uncle visit the writer on sundays ? | 一位叔叔星期天拜访那位作家吗？
did the girl who is wearing a red hat feed the old dog last night ? | 那个戴着红色帽子的女孩昨晚喂了那条老狗吗？
what are the boys who are wearing a white shirt drawing ? | 那些穿着白色衬衫的男孩正在画什么？
what did this friend sell yesterday ? | 这个朋友昨天卖了什么？
who will help five tired doctors next week ? | 谁下周会帮助五位疲倦的医生？
where does the student read the newspaper ? | 那个学生在哪里读那份报纸？
where will three friends wash the skirts tonight ? | 三个朋友今晚会在哪里洗那些裙子？
tonight the boy will not look for the old umbrella . | 那个男孩今晚不会找那把旧雨伞。
"""
MANY = {noun.many for noun in NOUNS if noun.measure}
ONE = {noun.one for noun in NOUNS if noun.measure}
OF = {noun.one: noun for noun in NOUNS} | {noun.many: noun for noun in NOUNS if noun.many}


@pytest.fixture(scope="module")
def many():
    return pairs(4000, seed=7)


@pytest.mark.parametrize("line", GOLD.splitlines())
def test_translations_written_by_hand(line):
    english, chinese = line.split(" | ")
    assert ["".join(c) for c in grammar().translations(english.split())] == [chinese]


@pytest.mark.parametrize(
    "wrong",
    [
        "the girls is reading a book .",
        "the girl are reading a book .",
        "the girl read a book every day .",  # the past wants a time of the past
        "a apple is eating the boy .",
        "the boy is eating a apple .",
        "the boy is eating an banana .",
        "the boy is eating two apple .",
        "these boy is eating an apple .",
        "did the girl bought a book yesterday ?",
        "tomorrow the girl will buys a book .",
        "the girl does not reads the book .",
        "the boy is reading an apple .",
        "the old football is new .",
    ],
)
def test_what_is_not_english_is_refused(wrong):
    assert grammar().translations(wrong.split()) == []


def test_one_translation_each_and_it_is_the_one_that_was_drawn(many):
    for pair in many[:400]:
        assert grammar().translations(pair.english) == [pair.chinese]
    seen = {}
    for pair in many:
        assert seen.setdefault(tuple(pair.english), pair.chinese) == pair.chinese


def test_verbs_agree_with_their_subjects(many):
    """Read off the words: what stands before the verb must be singular for `is`, `does` and an s, plural otherwise."""
    third = {verb.s.split()[0] for verb in VERBS}
    base = {verb.base.split()[0] for verb in VERBS} - {verb.past for verb in VERBS}
    for pair in many:
        words = pair.english
        if words[-1] == "." and "wearing" not in words:
            subject = next(w for w in words if w in ONE | MANY)
            after = words[words.index(subject) + 1 :]
            verb = after[1] if after[0] == "never" else after[0]
            if verb == "is" or verb in third:
                assert subject in ONE, words
            elif verb == "are" or (verb in base and not {"will", "did"} & set(words)):
                assert subject in MANY, words
        for place, word in enumerate(words):
            if word in ("does", "do") and "who" not in words:
                subject = next(w for w in words[place:] if w in ONE | MANY)
                assert (subject in ONE) == (word == "does"), words


def test_articles_and_numbers_agree(many):
    for pair in many:
        words = pair.english
        for word, following in pairwise(words):
            if word in ("a", "an"):
                assert (word == "an") == (following[0] in "aeiou"), words
        for place, word in enumerate(words):
            noun = next((w for w in words[place + 1 :] if w in ONE | MANY), None)
            if word in ("a", "an", "this"):
                assert noun in ONE, words
            elif word in ("two", "three", "four", "five", "ten", "many", "these"):
                assert noun in MANY, words


def test_every_noun_has_its_measure_word(many):
    measures = {noun.measure for noun in NOUNS} - {""}
    by_chinese = {noun.chinese: noun.measure for noun in NOUNS}
    counted = 0
    for pair in many:
        words = pair.chinese
        for place, word in enumerate(words):
            if word in ("一", "两", "三", "四", "五", "十", "这", "那") and words[place + 1] in measures:
                head = next(w for w in words[place + 2 :] if w in by_chinese)
                if "着" in words[place + 2 : place + 4]:  # 那 个 戴 着 红色 帽子 的 女孩: its noun is the next but one
                    head = next(w for w in words[words.index(head, place) + 1 :] if w in by_chinese)
                assert by_chinese[head] == words[place + 1], words
                counted += 1
        assert "二" not in words
    assert counted > 3000


def test_the_verb_of_the_sentence_follows_the_noun(many):
    """play, old and wearing: the Chinese word is the noun's choice."""
    play = {"钢琴": "弹", "吉他": "弹", "小提琴": "拉", "足球": "踢", "象棋": "下"}
    wear = {"帽子": "戴", "手表": "戴", "大衣": "穿", "衬衫": "穿"}
    n_played = n_worn = 0
    for pair in many:
        for noun, verb in play.items():
            if noun in pair.chinese:
                assert pair.chinese[pair.chinese.index(noun) - 1] in (verb, "了")
                assert verb in pair.chinese
                n_played += 1
        if "着" in pair.chinese:
            at = pair.chinese.index("着")
            assert wear[pair.chinese[at + 2]] == pair.chinese[at - 1]
            n_worn += 1
    assert n_played > 300
    assert n_worn > 200


def test_time_and_place_stand_before_the_verb(many):
    times = {c.split()[0] for kind in TIMES.values() for c in kind.values()}
    places = {c.split()[0] for c in PLACES.values()}
    verbs = {verb.chinese for verb in VERBS}
    for pair in many:
        spots = [i for i, w in enumerate(pair.chinese) if w in times | places]
        verb = max(i for i, w in enumerate(pair.chinese) if w in verbs)
        assert all(i < verb for i in spots), pair
    assert all(
        pair.chinese[-2] == "吗" for pair in many if pair.english[0] in ("is", "are", "did", "will", "do", "does")
    )


def test_aspect(many):
    for pair in many:
        english, chinese = set(pair.english), set(pair.chinese)
        past = bool(english & {"yesterday"} or "last" in english)
        assert ("了" in chinese) == (past and "not" not in english), pair
        assert ("会" in chinese) == ("will" in english), pair
        if "not" in english:
            assert ("没有" in chinese) == ("will" not in english), pair


def test_the_entropy_is_that_of_the_text(many):
    left = grammar().left
    bits = [-left.logprob(pair.english) for pair in many[:60]]
    mean = sum(bits) / len(bits)
    error = math.sqrt(sum((b - mean) ** 2 for b in bits) / (len(bits) - 1) / len(bits))
    assert abs(mean - left.entropy()) < 3 * error
    assert error < 0.6


def test_sizes():
    english, chinese = grammar().vocabularies
    assert 150 <= len(english) <= 190
    assert 120 <= len(chinese) <= 160


def test_nothing_of_the_test_is_in_the_training():
    test = pairs(31, seed=1)
    train = pairs(2000, seed=0, without=test)
    assert not {tuple(p.english) for p in test} & {tuple(p.english) for p in train}
    first = pairs(5)
    assert pairs(5, without=first[:2])[:3] == first[2:]


def test_the_start_of_a_list_does_not_depend_on_its_length():
    assert pairs(5, seed=3) == pairs(17, seed=3)[:5]
    assert pairs(5, seed=3) != pairs(5, seed=4)
    assert pairs(0) == []
    assert isinstance(pairs(1)[0], Pair)
    assert grammar().sample(random.Random(3)) == (pairs(1, seed=3)[0].english, pairs(1, seed=3)[0].chinese)


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"translation: n must be at least 0; got -2"):
        pairs(-2)
    with pytest.raises(TypeError, match=r"translation: seed must be an integer; got 1.5"):
        pairs(1, seed=1.5)
