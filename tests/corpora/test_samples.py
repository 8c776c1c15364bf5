import re

import pytest

from llm101.corpora.samples import chinese, english, pairs, python

FULL = "，。！？：；“”《》（）、…·"


def test_120_pairs_split_by_a_fixed_rule():
    assert len(pairs()) == 120
    assert pairs()[0].zh == "我是一个人类，我喜欢水果。"
    assert len(set(english())) == len(set(chinese())) == 120
    assert pairs("held_out") == pairs()[4::5]
    assert set(pairs("train")) | set(pairs("held_out")) == set(pairs())
    assert len(pairs("train")) == 96
    assert english("held_out") == tuple(p.en for p in pairs("held_out"))
    assert chinese("train")[0] == pairs()[0].zh


def test_the_writing_is_clean():
    for en, zh in pairs():
        assert en == en.strip()
        assert zh == zh.strip()
        assert "  " not in en
        assert " " not in zh, zh
        assert en.isascii(), en
        assert re.search(r'[.!?"]$', en), en
        assert re.search(r"[。！？”]$", zh), zh
        assert not re.search(r"[!?;:()\"]|(?<!\d)[,.]|[,.](?!\d)", zh), zh  # Chinese sentences have Chinese signs
        assert all("\u4e00" <= c <= "\u9fff" or c in FULL or c.isascii() for c in zh), zh
        assert zh.count("“") == zh.count("”")
        assert not set("個們說這國學會來時過為麼點還後開話見讓覺") & set(zh), zh  # simplified, not traditional


def test_numbers_are_the_same_in_both():
    skip = {"300,000", "100,000", "8.6", "31-47"}  # 30万, 十万, 860万, 第31至47
    for en, zh in pairs():
        numbers = set(re.findall(r"\d[\d,.:-]*\d|\d", en))
        if numbers & skip:
            continue
        theirs = set(re.findall(r"\d[\d,.:-]*\d|\d", re.sub(r"\d+月", "", zh)))
        plain = {n.replace(",", "") for n in numbers}
        for piece in theirs:
            assert piece in plain or any(piece in n.split(":") for n in plain), (en, zh)


def test_they_are_varied():
    lengths = [len(e.split()) for e in english()]
    assert min(lengths) <= 3
    assert max(lengths) >= 35
    assert sum(n >= 18 for n in lengths) >= 6
    assert sum('"' in e for e in english()) >= 6
    assert sum(bool(re.search(r"\d", e)) for e in english()) >= 20
    assert len(set("".join(chinese()))) > 600


def test_the_snippets_run():
    for code in python():
        compile(code, "<snippet>", "exec")
        assert code.endswith("\n")
    space: dict = {}
    exec(python()[0], space)
    assert space["fibonacci"](7) == [0, 1, 1, 2, 3, 5, 8]
    exec(python()[1], space)
    with pytest.raises(IndexError, match="empty stack"):
        space["Stack"]().pop()
    exec(python()[-1], space)


def test_a_wrong_split():
    with pytest.raises(
        ValueError, match=r"pairs: split must be one of all, train, held_out; got 'heldout'. Did you mean 'held_out'"
    ):
        pairs("heldout")
