"""PAPERS.md, ERRATA.md and README.md say what is true of the tree."""

import re
from pathlib import Path

from llm101.syllabus import LESSONS, written

ROOT = Path(__file__).resolve().parents[2]
NUMBER = re.compile(r"(?<![\d.])((?:0[7-9]|[12]\d)(?:0[1-9]|1[0-2])\.\d{4,5})(?!\d|\.\d)")  # year, month, paper


def text(name):
    return (ROOT / name).read_text("utf-8")


def test_the_papers_are_those_of_package_and_lessons():
    sources = [*ROOT.glob("llm101/**/*.py"), *ROOT.glob("course/**/*.py")]
    cited = {number for path in sources for number in NUMBER.findall(path.read_text("utf-8"))}
    listed = NUMBER.findall(text("PAPERS.md"))
    assert len(listed) == len(set(listed))
    assert set(listed) == cited


def test_files_named_in_the_tables_exist():
    for name in ("PAPERS.md", "ARCHITECTURE.md"):
        for path in re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)`", text(name)):
            places = [ROOT / path, ROOT / "llm101" / path, ROOT / "tests" / path]
            ignored = path in ("work/", "grading/")
            assert ignored or any(place.exists() for place in places), f"{name}: {path}"


def test_errata_name_lessons_that_exist():
    rows = re.findall(r"\| (\d\d) \|$", text("ERRATA.md"), re.M)
    assert rows
    assert set(rows) <= set(written(ROOT))


def test_the_readme_lists_the_lessons_of_the_syllabus():
    rows = re.findall(
        r"^\| (?:\[(\d\d \w+)\]\(lessons/(\S+)\)|(\d\d \w+)) \| (.*?) \| (.*?) \| (ready|planned) \|$",
        text("README.md"),
        re.M,
    )
    assert len(rows) == len(LESSONS) == 30
    for lesson, (linked, target, plain, title, part, state) in zip(LESSONS, rows, strict=True):
        assert (linked or plain) == f"{lesson.number} {lesson.name}"
        assert (title, part) == (lesson.title, lesson.part)
        assert (state == "ready") == bool(linked) == (lesson.number in written(ROOT))
        assert not linked or (target == lesson.notebook and (ROOT / "lessons" / target).exists())


def test_links_of_the_pages_lead_somewhere():
    for page in ROOT.glob("*.md"):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s#]+)", page.read_text("utf-8")):
            assert (ROOT / target).exists(), f"{page.name}: {target}"
