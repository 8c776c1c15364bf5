"""The rules of C4, the corpus that T5 was trained on: mostly about single lines.

Raffel et al. 2019, section 2.2, arXiv:1910.10683. Three versions of one rule are in circulation: the arXiv text of today
and the authors' code (tensorflow_datasets, text/c4_utils.py) drop lines of fewer than 5 words and pages of fewer than 3
sentences; earlier printings of the paper, among them the one in JMLR 21, have the two numbers the other way round.
Differs from the paper: deduplication of three-sentence spans cuts the span out and keeps the rest of the page, which the
paper leaves open (the authors' code drops repeated lines instead); languages are left to language.py. Left out
is what stands in the authors' code only: that lines with a word of more than 1,000 characters go.
"""

import re
from collections.abc import Callable, Collection
from functools import lru_cache

from llm101.data.clean.pipeline import Stage, Verdict
from llm101.data.dedup.seen import Seen
from llm101.data.dedup.spans import drop_sentences, sentences
from llm101.expect import integer

LEAST_WORDS, LEAST_SENTENCES = 5, 3
TERMINAL = (".", "!", "?", '"', "”")
POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")


def ends_like_a_sentence(line: str) -> bool:
    """Whether the line ends in a full stop, exclamation mark, question mark or closing quotation mark.

    Like the authors' code, and unlike the paper's words, it refuses an ellipsis written with three full stops.

    >>> [ends_like_a_sentence(line) for line in ("It rains.", "Contact", "Read on ...")]
    [True, False, False]
    """
    line = line.rstrip()
    return line.endswith(TERMINAL) and not line.endswith("...")


def has_enough_words(line: str, least: int = LEAST_WORDS) -> bool:
    """Whether the line has at least so many words, counted between blanks.

    >>> has_enough_words("It rains in the north."), has_enough_words("It rains.")
    (True, False)
    """
    return len(line.split()) >= least


def mentions_javascript(line: str) -> bool:
    """Whether the word Javascript stands in the line, in any case: most often in "please enable Javascript"."""
    return "javascript" in line.lower()


def is_policy_notice(line: str) -> bool:
    """Whether the line speaks of cookies, terms of use or privacy, in one of six wordings."""
    lower = line.lower()
    return any(notice in lower for notice in POLICIES)


def is_lorem_ipsum(page: str) -> bool:
    """Whether the placeholder "lorem ipsum" stands anywhere on the page."""
    return "lorem ipsum" in page.lower()


def has_curly_bracket(page: str) -> bool:
    """Whether there is a `{`: in most programming languages, and hardly ever in prose."""
    return "{" in page


def has_bad_word(page: str, bad_words: Collection[str]) -> bool:
    """Whether a word of the list stands on the page, as a whole word and in any case.

    Raises:
        TypeError: bad_words is one str, whose letters would be the words.
        ValueError: one of the words is empty or blank; it would stand on every page.

    >>> has_bad_word("A Zonk!", ["zonk"]), has_bad_word("Zonkers", ["zonk"])
    (True, False)
    """
    return bool(bad_word_pattern(bad_words).search(page.lower())) if bad_words else False


def bad_word_pattern(bad_words: Collection[str]) -> re.Pattern[str]:
    """Matches any of the words in a lower-case text, with no letter before or behind. For the errors see `has_bad_word`."""
    if isinstance(bad_words, str):
        raise TypeError(f"c4: bad_words must be a collection of words; got the str {bad_words!r}. Put it in a list.")
    return _compiled(frozenset(bad_words))


@lru_cache(maxsize=8)
def _compiled(bad_words: frozenset[str]) -> re.Pattern[str]:
    """The pattern, made once for a list and not for every page."""
    if empty := sum(not word.strip() for word in bad_words):
        raise ValueError(f"c4: bad_words must be words; got {empty} empty among {len(bad_words)}. Leave it out.")
    words = "|".join(re.escape(word.lower()) for word in sorted(bad_words))
    return re.compile(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])")


def without_citations(line: str) -> str:
    """Without the marks of Wikipedia.

    >>> without_citations("It rains.[1][citation needed]")
    'It rains.'
    """
    return CITATION.sub("", line)


def line_problem(line: str, least_words: int = LEAST_WORDS) -> str:
    """Why this line goes, or "" if it stays.

    >>> line_problem("Home"), line_problem("This is a line of prose.")
    ('no end of a sentence', '')
    """
    if not ends_like_a_sentence(line):
        return "no end of a sentence"
    if not has_enough_words(line, least_words):
        return "too few words"
    if mentions_javascript(line):
        return "javascript"
    return "policy" if is_policy_notice(line) else ""


def page_problem(page: str, bad_words: Collection[str] = ()) -> str:
    """Why the whole page goes, judged before its lines are cut; "" if it may stay."""
    if is_lorem_ipsum(page):
        return "lorem ipsum"
    if has_curly_bracket(page):
        return "curly bracket"
    return "bad word" if has_bad_word(page, bad_words) else ""


def c4(
    bad_words: Collection[str] = (), *, least_words: int = LEAST_WORDS, least_sentences: int = LEAST_SENTENCES
) -> Stage:
    """All rules but deduplication and language, as a stage of a pipeline.

    Differs from the authors' code: lorem ipsum, brackets and bad words are looked for on the whole page, as the paper
    says; the code looks only at lines that it has not dropped before.

    Args:
        bad_words: whole words that damn a page, in any case; (), none.
        least_words: of a line.
        least_sentences: of what is left of a page.

    Raises:
        TypeError, ValueError: bad_words as in `has_bad_word`; a number that is no integer, or negative.

    >>> c4()("Home | About\\nIt rains in the north. It snows. Nobody is surprised by that.")
    Verdict(text='It rains in the north. It snows. Nobody is surprised by that.', reason='', notes=('no end of a sentence',))
    """
    least_words = integer("c4", "least_words", least_words, at_least=0)
    least_sentences = integer("c4", "least_sentences", least_sentences, at_least=0)
    bad_word_pattern(bad_words)  # complains now, not at the first page
    bad_words = frozenset(bad_words)

    def stage(page: str) -> Verdict:
        if problem := page_problem(page, bad_words):
            return Verdict(None, problem)
        lines = [without_citations(line).strip() for line in page.splitlines()]
        problems = [line_problem(line, least_words) for line in lines]
        kept = "\n".join(line for line, problem in zip(lines, problems, strict=True) if not problem)
        notes = tuple(problem for problem in problems if problem)
        enough = len(sentences(kept)) >= least_sentences
        return Verdict(kept, "", notes) if enough else Verdict(None, "too few sentences", notes)

    return stage


def three_sentences_once(seen: Seen, *, least_sentences: int = LEAST_SENTENCES) -> Stage:
    """C4's deduplication as a stage: of three sentences in a row that have come before, nothing stays.

    Args:
        seen: what has come before; `Bloom` and `OnDisk` of dedup/seen.py keep the memory constant.
        least_sentences: what must be left of a page from which something was cut.

    >>> from llm101.data.dedup.seen import InMemory
    >>> stage = three_sentences_once(InMemory())
    >>> stage("One. Two. Three. Four.").text, stage("Zero. One. Two. Three.").reason
    ('One. Two. Three. Four.', 'repeated')
    """

    def stage(page: str) -> Verdict:
        rest = drop_sentences(page, seen)
        if len(rest.split()) == len(page.split()):  # nothing was cut: the page stays, with its lines
            return Verdict(page)
        return Verdict(rest) if len(sentences(rest)) >= least_sentences else Verdict(None, "repeated")

    return stage


RULES: dict[str, Callable[[str], bool]] = {  # rule -> True if the line or page passes
    "ends like a sentence": ends_like_a_sentence,
    "at least 5 words": has_enough_words,
    "no javascript": lambda line: not mentions_javascript(line),
    "no policy notice": lambda line: not is_policy_notice(line),
    "no lorem ipsum": lambda page: not is_lorem_ipsum(page),
    "no curly bracket": lambda page: not has_curly_bracket(page),
}
