"""The page that a student gets back: nbgrader's, but it asks nothing of the network and can run no script.

nbgrader's own page loads MathJax from a content delivery network. Feedback is read on trains and tells nobody who
reads it, so that script goes, and the page forbids itself every other one. Formulas show as TeX.
"""

import re
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'"
)
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'


class FeedbackPage(HTMLExporter):
    """Set as `c.GenerateFeedback.exporter_class`."""

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **options: Any) -> tuple[Any, Any]:
        """The notebook as HTML without scripts."""
        page, resources = super().from_notebook_node(nb, resources, **options)
        return without_scripts(page), resources


def without_scripts(page: str) -> str:
    """`page` with no script element, and a policy that stops what a script could hide in.

    Raises:
        ValueError: there is no <head>, so the policy has no place.
    """
    page, n = re.subn(r"<head>", lambda _: f"<head>\n{META}", SCRIPT.sub("", page), count=1)
    if n != 1:
        raise ValueError("feedback: the page has no <head>; has nbgrader's template changed?")
    return page
