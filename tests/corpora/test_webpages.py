import re
import tracemalloc
from collections import Counter
from itertools import islice
from math import isclose, log2, perm

import pytest

from llm101.corpora import webpages, webpages_prose
from llm101.corpora.webpages_foreign import LANGUAGES
from llm101.corpora.webpages_junk import BAD_WORDS, NOTICES
from llm101.corpora.webpages_planted import CARDS, DECOYS, items
from llm101.data.dedup.shingles import jaccard, shingles  # the other definition of the same thing

N = 1501


@pytest.fixture(scope="module")
def web():
    return list(webpages.pages(N, seed=3))


def test_the_beginning_is_the_same_for_every_n(web):
    assert list(webpages.pages(37, seed=3)) == web[:37]
    assert webpages.page(1499, seed=3) == web[1499]
    other = list(webpages.pages(37, seed=4))
    assert sum(a.text == b.text for a, b in zip(other, web, strict=False)) < 5


def test_kinds_come_as_often_as_stated(web):
    counts = Counter(page.kind for page in web)
    assert isclose(sum(webpages.KINDS.values()), 1)
    for kind, share in webpages.KINDS.items():
        assert abs(counts[kind] / N - share) < 4 * (share * (1 - share) / N) ** 0.5, kind


def test_the_stream_needs_no_memory():
    def peak(n):
        tracemalloc.start()
        for _ in webpages.pages(n):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    webpages.page(0), peak(50)  # grammars and tables are made once
    assert peak(400) < peak(50) + 300_000


def test_hosts_lead_nowhere(web):
    for page in web:
        assert re.match(r"https://[a-z0-9.]+\.example/\d+$", page.url), page.url
        for host in re.findall(r"(?:www\.|@)[a-z][\w.-]+", page.text):
            assert re.search(r"\.example$|example\.(com|org|net)$|@riverwatch$", host.rstrip(".")), host


def test_clean_prose_is_what_the_grammar_drew(web):
    page = next(p for p in web if p.labels == {"article"})
    assert page.clean == page.text
    assert page.clean.count(".") >= 9
    assert all(line[0].isupper() and line.endswith((".", "?")) for line in page.clean.splitlines())


def test_the_clean_lines_of_a_page_stand_in_its_text(web):
    for page in web:
        if page.good:
            assert set(page.clean.splitlines()) <= set(page.text.splitlines())
            assert ("boilerplate" in page.labels) == (page.clean != page.text)
        elif page.source == page.number:
            assert page.clean == ""


def test_planted_secrets_are_where_they_should_be(web):
    pii = [page for page in web if "pii" in page.labels]
    assert len(pii) > 50
    assert {secret.kind for page in pii for secret in page.secrets} == {"email", "phone", "ip", "card"}
    for page in pii:
        assert all(secret.text in page.text for secret in page.secrets), page
    assert all(not page.secrets for page in web if "pii" not in page.labels)


def test_secrets_are_reserved_ones(web):
    for page in web:
        for kind, text in page.secrets:
            assert {
                "email": lambda t: re.search(r"(@| at ).*example", t),
                "phone": lambda t: re.search(r"555[- ]01\d\d$", t),
                "ip": lambda t: t.startswith(("192.0.2.", "198.51.100.", "203.0.113.")),
                "card": lambda t: t in CARDS,
            }[kind](text), text


def test_copies_name_their_source(web):
    for page in web:
        source = web[page.source]
        if page.kind == "duplicate":
            assert (page.text, page.jaccard) == (source.text, 1)
            assert page.source < page.number
        elif page.kind == "near_duplicate":
            assert page.text != source.text
            assert source.good
            assert page.jaccard == pytest.approx(jaccard(shingles(page.text), shingles(source.text)), abs=1e-12)
        else:
            assert page.source == page.number


def test_near_duplicates_are_of_every_degree(web):
    found = sorted(page.jaccard for page in web if page.kind == "near_duplicate")
    assert found[0] < 0.3
    assert found[-1] > 0.9
    assert all(sum(low <= j < low + 0.2 for j in found) > 5 for low in (0.2, 0.4, 0.6, 0.8))


def test_some_pages_are_copied_often(web):
    copies = Counter(page.source for page in web if page.source != page.number)
    assert max(copies.values()) >= 10
    assert sum(n == 1 for n in copies.values()) > 50


def test_contaminated_pages_hold_thirteen_words_of_a_question(web):
    tests = [shingles(item, 13) for item in items()]
    by_chance, kinds = 0, set()
    for page in web:
        runs = shingles(page.text, 13)
        hits = {i for i, test in enumerate(tests) if test & runs}
        assert set(page.questions) <= hits, page.number
        assert ("contaminated" in page.labels) == bool(page.questions)
        if hits - set(page.questions):
            by_chance += 1
            kinds.add(page.kind)
    assert sum(bool(page.questions) for page in web) > 25
    assert 0.02 * N < by_chance < 0.08 * N, "phrases that many pages use: one page in twenty"
    assert kinds <= {"article", "dialect", *webpages.COPIES}, "only prose says what the grammar says"


def test_questions_are_three_short_sentences_and_what_is_asked():
    sentences = [re.split(r"(?<=[.?]) ", item) for item in items()]
    assert len(set(items())) == 60
    assert {(len(parts), parts[-1]) for parts in sentences} == {(4, "What kind of page is this from?")}
    short = [len(re.findall(r"\w+", part)) < 13 for parts in sentences for part in parts[:-1]]
    assert (sum(short), len(short)) == (171, 180)


def test_bad_words_are_where_the_labels_say(web):
    for page in web:
        found = any(word in page.text for word in BAD_WORDS)
        assert found == ("toxic" in page.labels or "mention" in page.labels)


def test_labels_and_languages(web):
    for page in web:
        assert page.kind in page.labels
        assert (page.language in LANGUAGES) == (page.kind == "foreign")
        assert ("{" in page.text) == ("braces" in page.labels or (page.kind == "code" and "<script>" in page.text))
        decoy = any(d in page.text for d in DECOYS)
        assert not decoy or "decoy" in page.labels
        assert any(n in page.text for n in NOTICES) <= ("boilerplate" in page.labels or page.kind == "foreign")


def test_the_dialect_is_regular_and_keeps_names_and_length():
    from llm101.corpora.webpages_planted import in_dialect

    plain = webpages.words("Fenwick is known for its market, which has not been sold in March.")
    [other] = in_dialect([plain])
    assert " ".join(other) == "fenwick be known for its market , hwich hev nit bin sold in march ."
    assert in_dialect([plain, plain])[0] == other


def test_people_vote_for_good_pages(web):
    mean = {k: [p.karma for p in web if p.kind == k] for k in ("article", "spam")}
    assert sum(mean["article"]) / len(mean["article"]) > 5 * sum(mean["spam"]) / len(mean["spam"])
    assert any(page.karma >= 3 for page in web if not page.good)


def can_say(grammar, sentence):
    return set(sentence) <= set(grammar.vocabulary) and grammar.logprob(sentence) > -1e9


def score(genre, sentences):
    """The oracle: bits of an article, from what it says alone."""
    kind = webpages_prose.genre(genre)
    names = [name for name in kind.names if name in sentences[0]]
    assert len(names) == 1
    plain = [["NAME" if token == names[0] else token for token in s] for s in sentences]
    n, left = len(plain) - 1, list(kind.patterns)
    bits = log2(len(kind.names)) - kind.first.logprob(plain[0]) + log2(webpages_prose.MOST - webpages_prose.LEAST + 1)
    for sentence in plain[1:]:
        [pattern] = [p for p in left if can_say(p, sentence)]
        bits += log2(len(left)) - pattern.logprob(sentence)
        left.remove(pattern)
    assert len(left) == len(kind.patterns) - n
    return bits


@pytest.mark.parametrize("genre", webpages_prose.genres())
def test_the_entropy_is_the_mean_cost_of_articles(genre):
    import random

    rng = random.Random(11)
    drawn = [webpages_prose.article(rng, webpages_prose.genre(genre)) for _ in range(43)]
    bits = [score(genre, sentences) for sentences in drawn]
    mean, spread = sum(bits) / 43, (sum(b * b for b in bits) / 43 - (sum(bits) / 43) ** 2) ** 0.5
    assert abs(mean - webpages_prose.entropy(genre)) < 4 * spread / 43**0.5
    lengths = [sum(map(len, sentences)) for sentences in drawn]
    assert sum(lengths) / 43 == pytest.approx(webpages_prose.expected_length(genre), rel=0.07)


@pytest.mark.parametrize("genre", webpages_prose.genres())
def test_the_entropy_is_that_of_an_ordered_choice_of_patterns(genre):
    kind = webpages_prose.genre(genre)
    lengths = range(8, 17)
    orders = sum(log2(perm(len(kind.patterns), n)) for n in lengths) / 9
    inside = 12 * sum(pattern.entropy() for pattern in kind.patterns) / len(kind.patterns)
    assert webpages_prose.entropy(genre) == pytest.approx(
        log2(24 * 9) + kind.first.entropy() + orders + inside, rel=1e-12
    )


def test_the_rate_of_all_genres_is_the_ratio_of_the_sums():
    genres = webpages_prose.genres()
    bits = sum(webpages_prose.entropy(g) + 2 for g in genres)
    tokens = sum(webpages_prose.expected_length(g) + 1 for g in genres)
    assert webpages.entropy_rate() == pytest.approx(bits / tokens, rel=1e-12)
    assert 0.5 < webpages.entropy_rate() < 1.2


def test_no_genre_shares_a_name_with_another():
    names = [name for g in webpages_prose.genres() for name in webpages_prose.genre(g).names]
    assert len(names) == len(set(names)) == 96


def test_words_give_back_what_was_printed():
    import random

    sentences = webpages_prose.article(random.Random(5), webpages_prose.genre("news"))
    text = " ".join(map(webpages_prose.printed, sentences))
    assert webpages.words(text) == [token for sentence in sentences for token in sentence]


def test_a_sentence_stands_in_one_pattern_only():
    import random

    rng = random.Random(2)
    for name in webpages_prose.genres():
        patterns = webpages_prose.genre(name).patterns
        for i, pattern in enumerate(patterns):
            sentence = pattern.sample(rng)
            assert [j for j, other in enumerate(patterns) if can_say(other, sentence)] == [i]


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="n must be at least 0; got -3"):
        webpages.pages(-3)
    with pytest.raises(TypeError, match=r"seed must be an integer; got 1\.5"):
        webpages.pages(3, seed=1.5)
    with pytest.raises(ValueError, match="name must be one of encyclopedia, news, guides, books; got 'new'"):
        webpages_prose.genre("new")
    with pytest.raises(TypeError, match="page must be a str; got bytes"):
        webpages.words(b"x")


def test_pages_is_lazy():
    assert next(islice(webpages.pages(10**9), 2, None)).number == 2
