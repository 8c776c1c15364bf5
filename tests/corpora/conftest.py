import hashlib
import http.server
import itertools
import math
import threading
import time

import pytest

from llm101.corpora.agreement import Word
from llm101.corpora.downloads import Dataset
from llm101.corpora.grammar import Grammar

BODY = bytes(range(256)) * 1237  # 316,672 bytes: several chunks


def enumerate_sentences(grammar, most_steps):
    """The oracle: every leftmost derivation, followed one by one. sentence -> probability, summed over derivations.

    Only for grammars whose derivations all end within most_steps rewrites.
    """
    found = {}
    todo = [((grammar.start,), 1.0, 0)]
    while todo:
        form, p, steps = todo.pop()
        place = next((i for i, s in enumerate(form) if not isinstance(s, Word)), None)
        if place is None:
            key = tuple(map(str, form))
            found[key] = found.get(key, 0.0) + p
            continue
        assert steps < most_steps, "this grammar is too large to enumerate"
        for rule in grammar.rules[form[place]]:
            todo.append((form[:place] + rule.right + form[place + 1 :], p * rule.probability, steps + 1))
    return found


@pytest.fixture(scope="session")
def enumerated():
    return enumerate_sentences


# An unambiguous grammar with agreement, an empty rule, a unit rule, and right-hand sides of 1 to 5 entries.
FINITE = {
    "S": {"When NP[n] VP[n] .": 0.7, "NP[m] and NP[n] V[pl] together .": 0.3},
    "When": {"": 0.5, "today": 0.2, "on the Day": 0.3},
    "Day": {"first": 0.25, "last": 0.75},
    "NP[n]": {"the N[n]": 0.6, "Name[n]": 0.1, "the Colour N[n] here": 0.3},
    "Name[sg]": ["'Anna'", "'Ben'"],
    "Name[pl]": ["they"],
    "Colour": {"red": 0.5, "old": 0.25, "very old": 0.25},
    "N[sg]": {"bird": 0.5, "dog": 0.25, "cat": 0.25},
    "N[pl]": {"birds": 0.3, "dogs": 0.2, "fish": 0.5},
    "VP[n]": {"V[n]": 0.75, "V[n] Very loudly": 0.25},
    "Very": {"": 0.9, "very": 0.1},
    "V[sg]": ["sings"],
    "V[pl]": ["sing"],
}
# The same sentence in several ways: empty rules on both sides, unit chains, two bracketings.
AMBIGUOUS = {
    "S": {"A B": 0.5, "B A": 0.25, "A": 0.25},
    "A": {"x": 0.5, "B": 0.25, "": 0.25},
    "B": {"x": 0.4, "x y": 0.3, "": 0.2, "C C C": 0.1},
    "C": {"y": 0.5, "": 0.5},
}


@pytest.fixture(scope="session")
def finite():
    return Grammar(FINITE, features={"n": {"sg": 0.7, "pl": 0.3}, "m": ["sg", "pl"]})


@pytest.fixture(scope="session")
def ambiguous():
    return Grammar(AMBIGUOUS)


@pytest.fixture(scope="session")
def catalan():
    """S -> S S | a | nothing: left recursion, infinitely many derivations of every sentence, a closed form."""
    return Grammar({"S": {"S S": 0.3, "a": 0.5, "": 0.2}})


@pytest.fixture(scope="session")
def series():
    """P(n times a) for `catalan`, from its generating function g = .3 g² + .5 x + .2, by Newton's binomial series."""

    def probability(n):
        # g = (1 - sqrt(1 - 4·.3·(.2 + .5x))) / (2·.3) = (1 - sqrt(.76) sqrt(1 - (.6/.76) x)) / .6
        c, coefficient = 0.6 / 0.76, 1.0
        for k in range(n):
            coefficient *= (0.5 - k) / (k + 1) * -c
        value = -math.sqrt(0.76) * coefficient
        return (1 + value) / 0.6 if n == 0 else value / 0.6

    return probability


@pytest.fixture(scope="session")
def all_texts():
    """Every sequence over an alphabet up to a length."""
    return lambda words, most: (t for n in range(most + 1) for t in itertools.product(words, repeat=n))


class Site:
    """A web site on this machine that can misbehave; `plan` says how, answer by answer."""

    def __init__(self):
        self.body, self.plan, self.requests = BODY, [], []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.answer(self)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def answer(self, handler):
        wanted = handler.headers.get("Range")
        self.requests.append(wanted)
        how = self.plan.pop(0) if self.plan else "ok"
        if isinstance(how, int):
            handler.send_error(how)
            return
        start = int(wanted[6:-1]) if wanted and how != "ignore range" else 0
        if start >= len(self.body):
            handler.send_error(416)
            return
        data = self.body[start:]
        handler.send_response(206 if start else 200)
        if start:
            shown = start + 1 if how == "wrong range" else start
            handler.send_header("Content-Range", f"bytes {shown}-{len(self.body) - 1}/{len(self.body)}")
        if how != "no length":
            handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        if isinstance(how, tuple):
            data = data[: how[1]]
        if how == "slow":
            time.sleep(0.3)
        handler.wfile.write(data)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    site = Site()
    yield site
    site.close()


@pytest.fixture
def data(site):
    url = f"http://127.0.0.1:{site.server.server_port}/x.txt"
    return Dataset("x", url, "x.bin", len(BODY), hashlib.sha256(BODY).hexdigest(), "A test.")
