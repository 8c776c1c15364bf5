"""Date against size, 2018 to 2022: the models of the course's source notes, with the numbers corrected.

Two series, as in the notes: the road to half a trillion parameters (ROAD), and the large models of 2020 to 2022
(LARGE). Where the notes differ from the papers, both values are kept, so that a lesson can show the correction.
"""

from dataclasses import dataclass

from llm101.models.sizes import Published, published


@dataclass(frozen=True)
class Point:
    """One dot of the plot.

    Args:
        model: the published facts.
        noted: parameters as the source notes give them.
        noted_date: year and month in the notes, "2018-09"; None = the notes give none.
        correction: what the notes have wrong; "" = nothing.
    """

    model: Published
    noted: float
    noted_date: str | None = None
    correction: str = ""

    @property
    def size(self) -> float:
        """Parameters, by the best number known: the count, else what the authors say."""
        return self.model.says if self.model.counted is None else float(self.model.counted)


ROAD = (
    Point(published("ELMo"), 94e6, "2018-02"),
    Point(published("GPT-1"), 110e6, "2018-06", "110M, in fact 117M; the notes have both"),
    Point(published("BERT-large"), 340e6, "2018-10"),
    Point(published("XLM"), 655e6, "2019-01", "655M, in fact 667M"),
    Point(published("GPT-2 XL"), 1500e6, "2019-03", "March 2019, in fact February"),
    Point(published("RoBERTa-large"), 355e6, "2019-07"),
    Point(published("Megatron-LM"), 8.3e9, "2018-09", "September 2018, in fact 2019"),
    Point(published("T5-11B"), 11e9, "2019-10"),
    Point(published("Turing-NLG"), 17e9, "2020-02"),
    Point(published("GPT-3"), 175e9, "2020-05"),
    Point(published("MT-NLG"), 530e9, "2021-10"),
    Point(published("Gopher"), 280e9, "2021-12"),
)

LARGE = (
    Point(published("GPT-3"), 175e9),
    Point(published("LaMDA"), 137e9),
    Point(published("PaLM"), 540e9),
    Point(published("Gopher"), 280e9, correction="written Gogher"),
    Point(published("GLM-130B"), 130e9),
    Point(published("PanGu-α"), 200e9),
    Point(published("ERNIE 3.0 Titan"), 260e9),
    Point(published("Yuan 1.0"), 245e9),
)


def short(n_parameters: float) -> str:
    """Three digits and a letter, as model names have them.

    >>> short(124_439_808), short(1.75e11)
    ('124M', '175B')
    """
    scale, letter = (1e9, "B") if n_parameters >= 1e9 else (1e6, "M")
    return f"{n_parameters / scale:.3g}{letter}"
