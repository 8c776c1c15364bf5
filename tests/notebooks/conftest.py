"""The texts of the course, read once."""

from pathlib import Path

import pytest
from builder import source

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [lesson.folder for lesson in source.lessons(root=ROOT)]


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name, scope="session")
def folder(request):
    """One folder of course/."""
    return request.param


@pytest.fixture(scope="session")
def lesson(folder):
    """Its lesson as a notebook without outputs."""
    return source.read(folder / "lesson.py")


@pytest.fixture(scope="session")
def root():
    return ROOT
