"""One small web with known labels for all tests of the rules."""

import pytest

from llm101.corpora import webpages


@pytest.fixture(scope="package")
def web():
    return list(webpages.pages(1103, seed=7))


@pytest.fixture(scope="package")
def other_web():
    """To learn from: no page of it is in `web`."""
    return list(webpages.pages(701, seed=8))
