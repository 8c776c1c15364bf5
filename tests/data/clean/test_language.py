import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from llm101.corpora import samples
from llm101.data.clean import language
from llm101.data.clean.language import LanguageID, ngrams

TEXTS = {"en": ["the cat is here", "who was that"], "de": ["die katze ist hier"], "zh": ["猫在这里", "那是谁"]}


@pytest.fixture(scope="module")
def model(other_web):
    texts = {name: [page.text for page in other_web if page.language == name] for name in ("de", "fr", "es", "zh")}
    return LanguageID.train({"en": samples.english("train"), **texts})


@pytest.mark.parametrize(("n", "alpha"), [(1, 1.0), (2, 0.1), (3, 0.01)])
def test_the_same_probabilities_as_scikit_learn(n, alpha):
    ours = LanguageID.train(TEXTS, n=n, alpha=alpha)
    rows = [(name, text) for name, texts in TEXTS.items() for text in texts]
    vectors = CountVectorizer(analyzer="char", ngram_range=(1, n))
    bayes = MultinomialNB(alpha=alpha, fit_prior=False).fit(
        vectors.fit_transform([t for _, t in rows]), [name for name, _ in rows]
    )
    for text in ("the katze", "where is the cat", "这是猫"):
        seen = [gram for gram in ngrams(text, n) if gram in vectors.vocabulary_]  # scikit-learn forgets unknown n-grams
        assert seen
        theirs = bayes.predict_joint_log_proba(vectors.transform([text]))[0]
        unknown = sum(times for gram, times in ngrams(text, n).items() if gram not in vectors.vocabulary_)
        expected = dict(zip(bayes.classes_, theirs, strict=True))
        got = ours.log_joint(text) - unknown * ours.unseen
        np.testing.assert_allclose(got, [expected[name] for name in ours.languages], atol=1e-10)


def test_an_unknown_ngram_costs_what_one_of_another_language_costs():
    ours = LanguageID.train(TEXTS, alpha=0.3)
    assert "猫" in ours.table
    english = ours.languages.index("en")
    assert ours.unseen[english] == pytest.approx(ours.table["猫"][english], abs=1e-12)


def test_by_hand():
    """One character each: a stands in x 2 of 3 times, in y 1 of 4 times; c nowhere."""
    ours = LanguageID.train({"x": ["aab"], "y": ["abbb"]}, n=1, alpha=1)
    x, y = (2 + 1) / (3 + 2), (1 + 1) / (4 + 2)
    assert ours.probabilities("A")["x"] == pytest.approx(x / (x + y), abs=1e-12)
    unseen = (x / (3 + 2), y / (4 + 2))
    assert ours.probabilities("ca")["x"] == pytest.approx(unseen[0] / sum(unseen), abs=1e-12)


def test_texts_may_be_streams_and_languages_are_equally_likely():
    once = LanguageID.train({name: iter(texts) for name, texts in TEXTS.items()})
    assert once.probabilities("the katze") == LanguageID.train(TEXTS).probabilities("the katze")
    assert np.exp(once.prior) == pytest.approx([1 / 3] * 3)


def test_probabilities_sum_to_one():
    found = LanguageID.train(TEXTS).probabilities("eine katze")
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)
    assert max(found, key=found.get) == "de"


def test_an_empty_text_says_nothing():
    assert list(LanguageID.train(TEXTS).probabilities("").values()) == pytest.approx([1 / 3] * 3)


def test_ngrams_do_not_see_runs_of_blanks():
    assert ngrams("A \n b", 3) == ngrams("a b", 3)
    assert ngrams("abab", 2) == {"a": 2, "b": 2, "ab": 2, "ba": 1}


def test_known_pages(model, web):
    pages = [page for page in web if page.language and page.kind != "short"]
    right = [model.language(page.clean or page.text) == page.language for page in pages]
    assert sum(right) > 0.97 * len(right)
    dialect = [model.language(page.clean) for page in web if page.kind == "dialect"]
    assert dialect.count("en") > 0.95 * len(dialect)


def test_the_longer_the_surer(model):
    held = samples.english("held_out")

    def right(n):
        return sum(model.language(text[:n]) == "en" for text in held) / len(held)

    assert right(3) < right(40)
    assert right(40) > 0.9


def test_only_keeps_what_is_sure(model):
    stage = language.only(model, "en")
    english = samples.english("held_out")[0]
    assert stage(english).text == english
    assert stage(samples.chinese("held_out")[0]).reason == "more like zh"
    assert language.only(model, "en", at_least=0)("你好").text == "你好"


def test_only_the_first_characters_are_read(model):
    text = samples.english("held_out")[0]
    start = (text + " ") * 40
    assert model.probabilities(start) == model.probabilities(start + samples.chinese()[0] * 50)


def test_wrong_arguments_are_refused(model):
    with pytest.raises(ValueError, match=r"at least 2 languages with texts; got 1, of which without text: \[\]"):
        LanguageID.train({"en": ["a"]})
    with pytest.raises(ValueError, match=r"got 2, of which without text: \['de'\]"):
        LanguageID.train({"en": ["a"], "de": []})
    with pytest.raises(TypeError, match="document must be a str; got int"):
        LanguageID.train({"en": [3], "de": ["a"]})
    with pytest.raises(ValueError, match=r"at_least must be a finite number in \[0, 1\]; got 99"):
        language.only(model, "en", at_least=99)
    with pytest.raises(ValueError, match="n must be at least 1; got 0"):
        LanguageID.train(TEXTS, n=0)
    with pytest.raises(ValueError, match="alpha must be a finite number"):
        LanguageID.train(TEXTS, alpha=0)
    with pytest.raises(ValueError, match="language must be one of en, de, fr, es, zh; got 'it'"):
        language.only(model, "it")
    with pytest.raises(TypeError, match="document must be a str; got bytes"):
        model.language(b"x")
