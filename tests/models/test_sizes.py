"""The facts about published models agree with themselves."""

import re

import pytest

from llm101.models.sizes import PUBLISHED, published
from llm101.models.timeline import LARGE, ROAD, short

EARLIER_THAN_ITS_PAPER = {"MT-NLG", "Falcon-7B", "Falcon-40B"}
CORRECTED_LATER = {"GPT-2 small": 0.07, "GPT-2 medium": 0.03, "Baichuan2-7B": 0.08, "Baichuan2-13B": 0.07}


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda m: m.name)
def test_dates_and_sizes_are_plausible(model):
    assert re.fullmatch(r"20(1[7-9]|2[0-3])-(0[1-9]|1[0-2])", model.date)
    if model.arxiv:
        month = f"20{model.arxiv[:2]}-{model.arxiv[2:4]}"
        assert re.fullmatch(r"\d{4}\.\d{5}", model.arxiv)
        assert model.date < month if model.name in EARLIER_THAN_ITS_PAPER else model.date == month
    if model.counted:
        assert model.counted == pytest.approx(model.says, rel=CORRECTED_LATER.get(model.name, 0.05))


def test_in_order_and_without_twins():
    assert [m.date for m in PUBLISHED] == sorted(m.date for m in PUBLISHED)
    assert len({m.name for m in PUBLISHED}) == len(PUBLISHED)


def test_the_nearest_name_is_suggested():
    with pytest.raises(ValueError, match=r"got 'BERT-bse'.* Did you mean 'BERT-base'\?"):
        published("BERT-bse")


def test_the_road_and_its_corrections():
    assert len(ROAD) == 12
    for point in ROAD:
        wrong_date = point.noted_date != point.model.date
        assert wrong_date == ("20" in point.correction), point.model.name
        wrong_size = all(abs(point.noted / known - 1) > 0.014 for known in (point.model.says, point.size))
        assert wrong_size == (short(point.noted) in point.correction) or point.model.name == "GPT-2 XL"
    assert {p.model.name for p in ROAD if p.correction} == {"GPT-1", "XLM", "GPT-2 XL", "Megatron-LM"}


def test_the_large_ones():
    assert len(LARGE) == 8
    assert all(point.noted == point.model.says and point.noted_date is None for point in LARGE)
    assert [short(p.size) for p in LARGE] == ["175B", "138B", "540B", "280B", "129B", "200B", "260B", "245B"]


@pytest.mark.parametrize(("n", "text"), [(124_439_808, "124M"), (1_557_611_200, "1.56B"), (11_683_584, "11.7M")])
def test_short(n, text):
    assert short(n) == text
