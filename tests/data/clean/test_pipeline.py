import subprocess
import sys
import tracemalloc
from itertools import islice, pairwise
from typing import NamedTuple

import pytest

from llm101.corpora import webpages
from llm101.corpora.webpages_junk import BAD_WORDS
from llm101.data.clean import c4, gopher, pii
from llm101.data.clean.pipeline import Verdict, clean, dropping, rewriting


class Page(NamedTuple):
    text: str
    number: int = 0


def test_stages_run_in_order_and_the_rest_of_a_document_goes_along():
    stages = {
        "shout": rewriting(str.upper),
        "no A": dropping(lambda text: "A" if "A" in text else ""),
        "strip": rewriting(str.strip),
    }
    pages = [Page(" one ", 2), Page("a", 3), Page("  ", 5), Page("TWO", 7)]
    report = {}
    assert list(clean(pages, stages, report)) == [Page("ONE", 2), Page("TWO", 7)]
    assert [(name, t.seen, t.kept, t.changed) for name, t in report.items()] == [
        ("shout", 4, 3, 2),
        ("no A", 3, 2, 0),
        ("strip", 2, 2, 1),
    ]
    assert report["shout"].reasons == {"nothing left": 1}
    assert report["no A"].reasons == {"A": 1}
    assert (report["shout"].characters_in, report["shout"].characters_out) == (11, 9)


def test_an_unchanged_document_is_the_same_object():
    page = Page("one")
    assert next(clean([page], {"as it is": rewriting(str)})) is page


def test_notes_are_counted():
    report = {}
    list(clean([Page("x"), Page("y")], {"s": lambda text: Verdict(text, "", ("n", "n", text))}, report))
    assert report["s"].notes == {"n": 4, "x": 1, "y": 1}


def test_it_is_lazy_and_counts_what_was_read():
    report = {}
    endless = (Page("x", n) for n in iter(int, 1))
    assert len(list(islice(clean(endless, {"s": rewriting(str)}, report), 5))) == 5
    assert report["s"].seen == 5


def test_stages_without_documents_are_in_the_report():
    report = {}
    assert list(clean([], {"s": rewriting(str)}, report)) == []
    assert report["s"].seen == 0


def test_a_report_used_again_counts_on():
    report = {}
    for text in ("a", "b", ""):
        list(clean([Page(text)], {"s": rewriting(str)}, report))
    assert (report["s"].seen, report["s"].kept, report["s"].reasons) == (3, 2, {"nothing left": 1})


def test_a_stage_that_gives_a_text_is_refused_by_name():
    with pytest.raises(TypeError, match=r"stage 'lower' must give a Verdict; got str. Wrap .* in rewriting\(\)"):
        list(clean([Page("A")], {"strip": rewriting(str.strip), "lower": str.lower}))


def test_every_document_is_counted_once(web):
    report = {}
    stages = {"c4": c4.c4(BAD_WORDS), "gopher": gopher.gopher(), "pii": rewriting(pii.scrub)}
    kept = list(clean(web, stages, report))
    counts = list(report.values())
    assert counts[0].seen == len(web)
    assert counts[-1].kept == len(kept)
    for one, after in pairwise(counts):
        assert one.kept == after.seen
        assert one.seen == one.kept + one.reasons.total()
        assert one.characters_out == after.characters_in


@pytest.mark.slow
def test_the_memory_does_not_grow_with_the_stream():
    stages = {"c4": c4.c4(BAD_WORDS), "gopher": gopher.gopher(), "pii": rewriting(pii.scrub)}

    def peak(n):
        tracemalloc.start()
        sum(1 for _ in clean(webpages.pages(n), stages))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(20)  # tables that are made once
    small, large = peak(60), peak(600)
    assert large < small + 400_000, (small, large)


MEMORY = """
import resource, sys
from llm101.corpora.webpages import pages
from llm101.data.clean import c4, gopher, language, perplexity, pii, quality
from llm101.data.clean.pipeline import clean, rewriting
from llm101.data.dedup.exact import drop_repeats
from llm101.data.dedup.minhash import MinHash
from llm101.data.dedup.near import drop_near_duplicates
from llm101.data.dedup.seen import Bloom
good = [page.clean for page in pages(200, seed=1) if page.kind == "article"]
foreign = [page.text for page in pages(200, seed=1) if page.kind == "foreign"]
stages = {
    "C4": c4.c4(),
    "Gopher": gopher.gopher(),
    "language": language.only(language.LanguageID.train({"en": good, "other": foreign}, n=1), "en"),
    "quality": quality.above(quality.QualityClassifier.train(good, foreign, bits=10, steps=30), 0.3),
    "perplexity": perplexity.unsurprising(perplexity.NGramModel.train(good, n=2), at_most=1000),
    "personal data": rewriting(pii.scrub),
    "once": c4.three_sentences_once(Bloom(50_000)),
}
def kept(n):
    distinct = drop_repeats(clean(pages(n), stages), seen=Bloom(10_000), document=lambda page: page.text)
    settings = dict(minhash=MinHash(32), bands=8, rows=4, document=lambda page: page.text)
    return sum(1 for _ in drop_near_duplicates(distinct, **settings))
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
few = kept(500)
before = peak()
print(few, kept(4_000), before, peak())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is POSIX only")
def test_eight_times_the_stream_takes_no_more_memory():
    """Every stage, both deduplications, 4.3 MB of pages; 3 MB for the heap's own holes; keeping them takes 8 more.

    benchmarks/dedup.py measures the same at 10, 50 and 100 MB.
    """
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    few, many, before, after = map(float, done.stdout.split())
    assert 150 < few < many / 5
    assert after - before < 5.0, f"{before} MB, then {after} MB"
